"""Rows for a spreadsheet."""

import csv
import io
from collections.abc import Iterable, Sequence

_FORMULAS = ("=", "+", "-", "@", "\t", "\r")
"""A cell that begins so is a program to a spreadsheet."""


def as_csv(heading: Sequence[str], rows: Iterable[Sequence[str]]) -> str:
    """With a line for each, in which no cell is a formula."""
    file = io.StringIO(newline="")
    writer = csv.writer(file)
    writer.writerow(heading)
    writer.writerows([cell(text) for text in row] for row in rows)
    return file.getvalue()


def cell(text: str) -> str:
    """Made harmless: words to a spreadsheet, whatever they begin with. A number below 0 is one."""
    if not text.startswith(_FORMULAS):
        return text
    try:
        float(text)
    except ValueError:
        return f"'{text}"
    return text.strip()
