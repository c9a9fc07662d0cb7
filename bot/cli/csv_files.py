"""Rows for a spreadsheet."""

import csv
from collections.abc import Iterable, Sequence
from pathlib import Path

from bot.errors import ConfigError

_FORMULAS = ("=", "+", "-", "@", "\t", "\r")
"""A cell that begins so is a program to a spreadsheet."""


def write_csv(path: Path, heading: Sequence[str], rows: Iterable[Sequence[str]]) -> None:
    """Into a new file, in which no cell is a formula. Raises ConfigError if it can't be."""
    try:
        with path.open("x", newline="", encoding="utf-8") as file:
            writer = csv.writer(file)
            writer.writerow(heading)
            writer.writerows([cell(text) for text in row] for row in rows)
    except FileExistsError:
        raise ConfigError(f"{path} is there already; name a new file.") from None
    except OSError as error:
        raise ConfigError(f"{path} cannot be written: {error.strerror}.") from None


def cell(text: str) -> str:
    """Made harmless: words to a spreadsheet, whatever they begin with. A number below 0 is one."""
    if not text.startswith(_FORMULAS):
        return text
    try:
        float(text)
    except ValueError:
        return f"'{text}"
    return text.strip()
