"""Rows for a spreadsheet, or for a program."""

import csv
import io
import json
from collections.abc import Iterable, Mapping, Sequence
from typing import Any

_FORMULAS = ("=", "+", "-", "@", "\t", "\r")
"""A cell that begins so is a program to a spreadsheet."""


def as_csv(heading: Sequence[str], rows: Iterable[Sequence[str]]) -> str:
    """With a line for each, in which no cell is a formula."""
    file = io.StringIO(newline="")
    writer = csv.writer(file)
    writer.writerow(heading)
    writer.writerows([cell(text) for text in row] for row in rows)
    return file.getvalue()


def as_json_lines(rows: Iterable[Mapping[str, Any]]) -> str:
    """An object a line, by the names of its columns."""
    return "".join(json.dumps(row, ensure_ascii=False) + "\n" for row in rows)


def cell(text: str) -> str:
    """Made harmless: words to a spreadsheet, whatever they begin with. A number below 0 is one."""
    if not text.startswith(_FORMULAS):
        return text
    try:
        float(text)
    except ValueError:
        return f"'{text}"
    return text.strip()
