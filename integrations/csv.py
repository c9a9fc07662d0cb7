"""CSV: an export from any system, as a file beside the bot.

Customer: whoever stands in the column `customer`. What a row is, `evidence` says:
`stays` - a time as a customer, with `since` and `until` (empty while they are one; the year 9999
counts as empty). One customer may have several rows.
`purchases` - a purchase on a day; it keeps its customer for the configured number of days.
`today` - somebody who is a customer now, each once; who is missing next time has left.
Since, until: the columns of those names, or those that the settings name, by header or position.
Revenue: the column that `amount` names, `every` month or year, in `currency`: a code such as EUR
for all, or a column (by position, if it is called by three capitals). A `stays` row says what was
paid in its days, so a new price is a new row; `today` says what is paid from the pull's day on.
Written 1234.50, 1234,50, 1,234.50 or 1.234,50; empty where it is not known.
Ticket: a row of a file with `tickets` instead of `evidence`, which names the columns.
Rating: a row of a file with `ratings`; `lowest` and `highest` are the ends of its scale, and
`scores` tells what words such as good and bad are worth. Of CES, `direction: lower` says that the
low score is the good one, as where the question asked for effort. A row that comes again with the
same id is the same ticket or rating; one without `changed` is read anew each time.
Terms: the column that `term_ends` names, or several, with the day on which a term ends: the first
day that it does not cover. A cell may hold several days, as 2025-07-01;2026-07-01. Where a column
tells the next end alone, those that have passed since the first pull are remembered.
History: as far back as the rows go; `today` has none before the first pull.

Auth: none; the user that runs Keeprate must be allowed to read the file.
Limits: none but the disk's: a file is read line by line, however long it is, and a line has at most
a million characters.
Files: separated by comma, semicolon, tab, bar or blanks; with a header or without (then columns are
given by position); UTF-8 or as `encoding` says; packed with gzip or not, whatever the name says.
Traps: a file that is still being written is refused, so write it elsewhere and move it there. A
list that was cut off between two lines looks whole: export to the end, then move.
Broken off: a file is read anew; nothing is asked over a network, and it may be another one.

https://docs.python.org/3/library/csv.html
"""

import codecs
import csv
import gzip
import io
import itertools
import os
import re
import zlib
from collections.abc import AsyncGenerator, Callable, Generator, Iterable, Iterator, Sequence
from contextlib import ExitStack, contextmanager
from datetime import datetime
from functools import cache, partial
from pathlib import Path
from typing import Any, Literal, Self

from pydantic import Field, ValidationInfo, field_validator, model_validator

from integrations import base
from integrations.errors import BadRecord, CredentialsRejected, SourceUnavailable
from integrations.helpdesk import (
    DIRECTIONS,
    Cells,
    HelpFields,
    RatingFields,
    TicketFields,
    rating,
    ticket,
)
from integrations.http import Http
from integrations.records import OtherPage, Page, Rating, Ticket
from integrations.rows import Column, Header, Reader, RowFields, RowSettings, in_a_thread

ROWS = 5_000
"""A page: large enough that a thread's turn costs nothing, small enough to stay out of memory."""

LONGEST = 1_000_000
"""Characters of a line; a longer one is no line of a table."""

SEPARATORS = (";", "\t", "|", ",")
"""Looked for in this order when as many of one as of another stand in the first line."""

_LISTS = ("evidence", "tickets", "ratings")
_OF_CUSTOMERS = set(RowFields.model_fields)
_NO_COLUMNS = {"dates", "zone", "scores", "lowest", "highest", "scale", "direction", "solved_if"}
"""Settings of tickets and ratings that name no column, or not always."""

Row = tuple[int, list[str]]
"""The line that a row begins on, and its cells."""


class Settings(RowSettings):
    """Where the file is, how it is written and what is in it."""

    tickets: TicketFields | None = Field(
        default=None, description="Of a file of tickets: the columns, as below."
    )
    ratings: RatingFields | None = Field(
        default=None, description="Of a file of ratings: the columns, as below."
    )
    path: Path = Field(description="The file; a relative path counts from config.yaml's folder.")
    header: bool = Field(default=True, description="Whether the first line names the columns.")
    separator: Literal["auto", "whitespace", ",", ";", "\t", "|"] = Field(
        default="auto", description="What stands between columns; auto looks at the first line."
    )
    encoding: str = Field(
        default="utf-8-sig", description="How characters are written: utf-8-sig, cp1252, utf-16."
    )

    @model_validator(mode="before")
    @classmethod
    def _is_one_list(cls, section: Any) -> Any:
        if not isinstance(section, dict):
            return section
        told = [name for name in _LISTS if section.get(name) is not None]
        if len(told) > 1:
            raise ValueError(
                "needs one of evidence: (a file of customers), tickets: and ratings:, and no more;"
                " another file is another source"
            )
        if not told or told == ["evidence"]:
            return section
        if vain := sorted(section.keys() & _OF_CUSTOMERS):
            raise ValueError(f"is a file of {told[0]}, which has no {vain[0]}: leave it out")
        return {**section, "evidence": "stays"}  # which nobody will look at

    @model_validator(mode="after")
    def _reads_what_it_has(self) -> Self:
        if self.reads is not None and self.reads != self._has():
            raise ValueError(f"is a file of {self._has()[0]}; leave reads: out")
        return self

    def _has(self) -> tuple[base.Reading, ...]:
        if self.tickets is not None:
            return ("tickets",)
        return ("ratings",) if self.ratings is not None else ("customers",)

    def readings(self) -> tuple[base.Reading, ...]:
        return self._has()

    def counting(self) -> tuple[tuple[str, str], ...]:
        return super().counting() if self._has() == ("customers",) else ()

    @field_validator("path")
    @classmethod
    def _beside_the_config(cls, path: Path, info: ValidationInfo) -> Path:
        folder = (info.context or {}).get("folder")
        path = path.expanduser()
        return Path(folder) / path if folder is not None else path

    @field_validator("encoding")
    @classmethod
    def _can_be_read(cls, encoding: str) -> str:
        try:
            "".encode(encoding)
            codecs.lookup(encoding)
        except (LookupError, ValueError) as error:
            raise ValueError("is not an encoding such as utf-8, cp1252 or utf-16") from error
        return encoding


async def customers(settings: Settings, http: Http) -> AsyncGenerator[Page, None]:
    # Reading and parsing block.
    async with in_a_thread(_pages(settings)) as pages:
        async for page in pages:
            yield page


async def tickets(
    settings: Settings, http: Http, since: datetime
) -> AsyncGenerator[OtherPage, None]:
    if (fields := settings.tickets) is None:
        raise _not_of("tickets")
    read = partial(ticket, fields, noun="column")
    async with in_a_thread(_other_pages(settings, read, fields, since)) as pages:
        async for page in pages:
            yield page


async def ratings(
    settings: Settings, http: Http, since: datetime
) -> AsyncGenerator[OtherPage, None]:
    if (fields := settings.ratings) is None:
        raise _not_of("ratings")
    read = partial(rating, fields, noun="column")
    async with in_a_thread(_other_pages(settings, read, fields, since)) as pages:
        async for page in pages:
            yield page


def _not_of(name: str) -> BadRecord:
    return BadRecord(f"{name}: is not described in config.yaml; say there which columns they have")


def _pages(settings: Settings) -> Generator[Page, None, None]:
    with _table(settings) as (header, rows):
        reader = Reader(settings, header)
        while records := reader.records(_whole(itertools.islice(rows, ROWS), header)):
            yield Page(records)


def _other_pages(
    settings: Settings,
    read: Callable[[str, str, Cells], Ticket | Rating],
    fields: HelpFields,
    since: datetime,
) -> Generator[OtherPage, None, None]:
    with _table(settings) as (header, rows):
        _find_all(fields, header)
        index = cache(header.index)
        while some := list(_whole(itertools.islice(rows, ROWS), header)):
            told = (read(header.where, place, _cells(index, cells)) for place, cells in some)
            yield OtherPage(
                [each for each in told if each.changed is None or each.changed >= since]
            )


def _find_all(fields: HelpFields, header: Header) -> None:
    """Raises BadRecord for a column that is not there, also if there is no row to miss it in."""
    kinds = type(fields).model_fields
    named = [getattr(fields, name) for name in kinds if name not in _NO_COLUMNS]
    way = getattr(fields, "direction", None)
    said = None if way in DIRECTIONS else way
    for column in (*named, said, *getattr(fields, "solved_if", ())):
        if column is not None:
            header.index(column)


def _cells(index: Callable[[Column], int], row: Sequence[str]) -> Cells:
    return lambda column: row[index(column)]


@contextmanager
def _table(settings: Settings) -> Iterator[tuple[Header, Iterator[Row]]]:
    where = settings.path.name
    with _opened(settings.path, settings.encoding) as text:
        rows = _rows(_Lines(text, where), settings, where)
        yield _header(rows, settings, where)


@contextmanager
def _opened(path: Path, encoding: str) -> Iterator[io.TextIOWrapper]:
    """The file as text, unpacked if need be. Raises if it changed while it was open."""
    with ExitStack() as stack:
        try:
            if path.exists() and not path.is_file():
                raise BadRecord(f"{path} is not a file; set path: to one", setting="path")
            file = stack.enter_context(path.open("rb"))
        except FileNotFoundError as error:
            raise SourceUnavailable(
                f"there is no file {path}; put it there or set path:, the next pull tries again",
                setting="path",
            ) from error
        except PermissionError as error:
            raise CredentialsRejected(
                f"{path} may not be read; give the user that runs Keeprate the right to"
            ) from error
        except OSError as error:
            raise SourceUnavailable(
                f"{path} cannot be opened ({error.strerror}); the next pull tries again"
            ) from error
        before = os.fstat(file.fileno())
        packed = file.peek(2)[:2] == b"\x1f\x8b"
        binary = stack.enter_context(gzip.GzipFile(fileobj=file)) if packed else file
        yield stack.enter_context(io.TextIOWrapper(binary, encoding, newline=""))
        after = os.fstat(file.fileno())
        if (before.st_size, before.st_mtime_ns) != (after.st_size, after.st_mtime_ns):
            raise SourceUnavailable(
                f"{path.name} changed while it was read; write it elsewhere and move it there"
            )


class _Lines:
    """The lines of a file, counted, each fit to be parsed."""

    def __init__(self, text: io.TextIOWrapper, where: str) -> None:
        self._text = text
        self._where = where
        self.number = 0
        """Of the line that came last; the first is 1."""

    def __iter__(self) -> Iterator[str]:
        return self

    def __next__(self) -> str:
        try:
            line = self._text.readline(LONGEST)
        except UnicodeError as error:
            raise BadRecord(
                f"{self._where} is not written in {self._text.encoding} (from line"
                f" {self.number + 1} on, or a little later); set encoding:, such as cp1252",
                setting="encoding",
            ) from error
        except (EOFError, zlib.error, gzip.BadGzipFile) as error:
            raise BadRecord(
                f"{self._where} is damaged: what gzip packed ends early or does not fit"
                f" (after line {self.number}); copy or export it again"
            ) from error
        except OSError as error:
            raise SourceUnavailable(
                f"{self._where} cannot be read ({error.strerror}); the next pull tries again"
            ) from error
        if not line:
            raise StopIteration
        self.number += 1
        if len(line) >= LONGEST:
            raise BadRecord(
                f"{self._where} line {self.number} is longer than a line can be;"
                " set path: to a table"
            )
        if "\0" in line:
            raise BadRecord(
                f"{self._where} line {self.number} holds a NUL character; export the file again,"
                " or set encoding: utf-16",
                setting="encoding",
            )
        return line


def _rows(lines: _Lines, settings: Settings, where: str) -> Iterator[Row]:
    """The rows that are not blank."""
    first = next((line for line in lines if line.strip()), None)
    if first is None:
        raise BadRecord(f"{where} is empty; export it again, or set path: to another file")
    separator: str = settings.separator
    if separator == "auto":
        separator = _separator(first, header=settings.header)
    begins = lines.number
    text = itertools.chain([first], lines)
    if separator == "whitespace":
        for line in text:
            if cells := line.split():
                yield lines.number, cells
        return
    # strict: a quote that is never closed would swallow the rest of the file as one cell.
    parser = csv.reader(text, delimiter=separator, strict=True, skipinitialspace=True)
    try:
        for cells in parser:
            if len(cells) > 1 or any(cell.strip() for cell in cells):
                yield begins, cells
            begins = lines.number + 1
    except csv.Error as error:
        raise BadRecord(
            f"{where} line {begins} cannot be read as a row ({error}); mend its quotes"
        ) from error


def _separator(line: str, *, header: bool) -> str:
    """What stands between columns, to judge by the first line."""
    bare = re.sub(r'"[^"]*"', "", line)
    best = max(SEPARATORS, key=bare.count)
    if bare.count(best) == 0 and not header and len(bare.split()) > 1:
        return "whitespace"
    return best if bare.count(best) else ","


def _header(rows: Iterator[Row], settings: Settings, where: str) -> tuple[Header, Iterator[Row]]:
    if (first := next(rows, None)) is None:
        raise BadRecord(f"{where} has no cell with anything in it; export it again")
    number, cells = first
    if settings.header:
        return Header(where, len(cells), [cell.strip() for cell in cells]), rows
    return Header(where, len(cells), None), itertools.chain([(number, cells)], rows)


def _whole(rows: Iterable[Row], header: Header) -> Iterator[tuple[str, list[str]]]:
    for number, cells in rows:
        if len(cells) != header.count:
            raise BadRecord(
                f"{header.where} line {number} has {len(cells)} columns where the first line has"
                f" {header.count}; mend the line, or set separator:"
            )
        yield f"line {number}", cells
