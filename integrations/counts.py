"""Counts: how many customers there were on which day, and how many of them were new.

Customer: nobody by name. A CSV file has one line for each day that was counted; without a file,
what people record (`/crr record 2026-10-31 200 customers 80 new`) is all there is.
Since, until: of nobody. How many are new is told beside how many there are, and who left is what
that leaves.
History: all days in the file. A line that changes is a correction; the old count is kept.

Auth: none; the user that runs Keeprate must be allowed to read the file, which is in UTF-8.
Limits: ten million bytes, which is a line a day for a thousand years.
Traps: a count is of the end of its day, so the counts of two last days of months make a month's
figure. New are those since the line before. The figure is an estimate: nobody can tell from counts
who came back.

https://docs.python.org/3/library/csv.html
"""

import csv
from collections.abc import AsyncGenerator, Sequence
from datetime import date, datetime
from pathlib import Path

from pydantic import Field, ValidationInfo, field_validator

from integrations import base
from integrations.errors import BadRecord, CredentialsRejected, SourceUnavailable
from integrations.http import Http
from integrations.records import Count, OtherPage

LARGEST = 10_000_000
"""Bytes; a line a day for a thousand years."""


class Settings(base.Settings):
    """Which column holds what."""

    path: Path | None = Field(
        default=None,
        description="The file, seen from config.yaml's folder; none where people record counts.",
    )
    on: str = Field(default="date", description="The column with the day.")
    customers: str = Field(default="customers", description="The column with how many there are.")
    new: str = Field(
        default="new", description="The column with how many are new since the line before."
    )
    dates: str = Field(
        default="iso", description="How days are written: iso, or a pattern such as %d/%m/%Y."
    )

    @field_validator("path")
    @classmethod
    def _beside_the_config(cls, path: Path | None, info: ValidationInfo) -> Path | None:
        folder = (info.context or {}).get("folder")
        if path is None or folder is None:
            return path
        return Path(folder) / path.expanduser()


async def counts(settings: Settings, http: Http) -> AsyncGenerator[OtherPage, None]:
    if settings.path is None:
        yield OtherPage([])
        return
    yield OtherPage(_counts(_text(settings.path), settings, settings.path.name))


def _text(path: Path) -> str:
    try:
        if path.stat().st_size > LARGEST:
            raise BadRecord(f"{path.name} is too large for a line a day; set path: to the counts")
        return path.read_text(encoding="utf-8-sig")
    except FileNotFoundError as error:
        raise SourceUnavailable(
            f"there is no file {path}; put it there or set path:, the next pull tries again"
        ) from error
    except PermissionError as error:
        raise CredentialsRejected(
            f"{path} may not be read; give the user that runs Keeprate the right to"
        ) from error
    except UnicodeDecodeError as error:
        raise BadRecord(f"{path.name} is not written in UTF-8; export it again as that") from error
    except OSError as error:
        raise SourceUnavailable(
            f"{path} cannot be opened ({error.strerror}); the next pull tries again"
        ) from error


def _counts(text: str, settings: Settings, where: str) -> list[Count]:
    lines = text.splitlines()
    if not any(line.strip() for line in lines):
        raise BadRecord(f"{where} is empty; export it again, or set path: to another file")
    separator = max(",;\t", key=lines[0].count)
    try:
        rows = list(csv.reader(lines, delimiter=separator, strict=True, skipinitialspace=True))
    except csv.Error as error:
        raise BadRecord(f"{where} cannot be read as a table ({error}); mend its quotes") from error
    header = [cell.strip().casefold() for cell in rows[0]]
    day, customers = (_column(header, name, where) for name in (settings.on, settings.customers))
    new = header.index(settings.new.casefold()) if settings.new.casefold() in header else None
    found = []
    for number, row in enumerate(rows[1:], start=2):
        if not any(cell.strip() for cell in row):
            continue
        place = f"{where} line {number}"
        if len(row) != len(header):
            raise BadRecord(
                f"{place} has {len(row)} columns where the first line has {len(header)};"
                " mend the line"
            )
        count = _number(row, customers, place, settings.customers)
        if count is None:
            raise BadRecord(f'{place}, column "{settings.customers}" is empty; a count needs it')
        newer = None if new is None else _number(row, new, place, settings.new)
        found.append(Count(_day(row[day], settings, place), count, newer, place))
    return found


def _column(header: Sequence[str], name: str, where: str) -> int:
    if name.casefold() not in header:
        raise BadRecord(
            f'{where} has no column "{name}"; it has {", ".join(header[:20])}. Mend the settings'
            " of this source, or the header"
        )
    return header.index(name.casefold())


def _number(row: Sequence[str], column: int, place: str, name: str) -> int | None:
    told = row[column].strip()
    if not told:
        return None
    if not (told.isascii() and told.isdigit() and len(told) <= 12):
        raise BadRecord(f'{place}, column "{name}": "{told:.20}" is no count like 1200; mend it')
    return int(told)


def _day(told: str, settings: Settings, place: str) -> date:
    try:
        if settings.dates == "iso":
            return date.fromisoformat(told.strip())
        return datetime.strptime(told.strip(), settings.dates).date()  # noqa: DTZ007
    except ValueError as error:
        raise BadRecord(
            f'{place}, column "{settings.on}": "{told.strip():.20}" is not a date like 2026-10-31;'
            " mend the line or set dates:"
        ) from error
