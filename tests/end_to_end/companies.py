"""Forty companies with a plan and a region, as a CSV of dated stays.

In October 2026 four of them left: one of the twenty on plan pro, three of the others. Two joined.
"""

from pathlib import Path
from typing import Any

SOURCE: dict[str, Any] = {
    "kind": "csv",
    "name": "crm",
    "path": "customers.csv",
    "evidence": "stays",
    "customer": "id",
    "customer_name": "name",
    "since": "since",
    "until": "until",
    "fields": ["plan", "region"],
}

HEADER = "id,name,since,until,plan,region"
LEFT = {3: "2026-10-05", 24: "2026-10-12", 25: "2026-10-20", 26: "2026-10-31"}


def rows() -> list[str]:
    """A line for each company."""
    found = []
    for number in range(1, 41):
        plan = "pro" if number <= 20 else "free"
        region = "EMEA" if number % 2 else "North America"
        until = LEFT.get(number, "")
        found.append(
            f"c{number},Company {number},2025-01-{number % 28 + 1:02},{until},{plan},{region}"
        )
    found.append("c41,Young One,2026-10-10,,pro,EMEA")
    found.append("c42,<!channel> & Sons,2026-10-11,,free,EMEA")
    return found


def write(folder: Path, lines: list[str] | None = None) -> Path:
    """The file, in one step, as a careful export does it."""
    path = folder / "customers.csv"
    new = folder / "customers.new"
    new.write_text("\n".join([HEADER, *(rows() if lines is None else lines)]) + "\n")
    return new.replace(path)
