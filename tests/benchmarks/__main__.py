"""Run the benchmarks, print a table, write build/bench.json."""

import argparse
import json
import os
import platform
import sqlite3
from collections.abc import Callable, Coroutine, Iterable
from importlib.metadata import version
from pathlib import Path
from typing import Any

import uvloop
from rich.console import Console
from rich.table import Table

from tests.benchmarks import (
    answered,
    at_home,
    clicks,
    cohort_table,
    commands,
    costs,
    demo,
    kills,
    looks,
    posts,
    pulls,
    retention,
    stored,
)
from tests.benchmarks.result import Result

Sizes = tuple[int, ...]
"""Numbers of customers, as asked for; none where those are meant that the targets are for."""
Measure = Callable[[Sizes], Coroutine[Any, Any, list[Result]]]

BENCHMARKS: dict[str, Measure] = {
    "retention": lambda n: retention.measure(
        retention.Size(customers=n, alone=None) if n else retention.Size()
    ),
    "cohorts": lambda n: cohort_table.measure(
        cohort_table.Size(customers=n) if n else cohort_table.Size()
    ),
    "stored": lambda n: stored.measure(stored.Size(customers=n) if n else stored.Size()),
    "at home": lambda n: at_home.measure(at_home.Size(customers=n) if n else at_home.Size()),
    "commands": lambda n: commands.measure(commands.Size(customers=n) if n else commands.Size()),
    "pulls": lambda n: pulls.measure(
        pulls.Size(customers=n[0], compared=min(n[0], 10_000)) if n else pulls.Size()
    ),
    "looks": lambda n: looks.measure(looks.Size(customers=n) if n else looks.Size()),
    "posts": lambda n: posts.measure(posts.Size(customers=n[0]) if n else posts.Size()),
    "answered": lambda _: answered.measure(answered.Size()),
    "clicks": lambda _: clicks.measure(clicks.Size()),
    "kills": lambda _: kills.measure(kills.Size()),
    "costs": lambda n: costs.measure(costs.Size(customers=n) if n else costs.Size()),
    "demo": lambda _: demo.measure(demo.Size()),
}
WRITTEN = Path("build/bench.json")
out = Console(highlight=False, width=max(Console().width, 132))


def main() -> None:
    parser = argparse.ArgumentParser(prog="python -m tests.benchmarks", description=__doc__)
    parser.add_argument("--only", choices=sorted(BENCHMARKS), action="append", help="Run this one.")
    parser.add_argument(
        "--customers", type=int, nargs="+", default=(), help="With so many, where there are any."
    )
    words = parser.parse_args()
    out.print(*machine(), sep="\n")
    sizes = tuple(words.customers)
    results = [
        result
        for name in words.only or BENCHMARKS
        for result in uvloop.run(BENCHMARKS[name](sizes))
    ]
    out.print(table(results))
    WRITTEN.parent.mkdir(parents=True, exist_ok=True)
    WRITTEN.write_text(json.dumps([result.as_json() for result in results], indent=2) + "\n")
    missed = [result.name for result in results if result.met is False]
    if missed:
        out.print(f"Not met: {'; '.join(missed)}.")


def machine() -> Iterable[str]:
    """What the figures hold for."""
    bot = ("numpy", "slack-bolt", "slack-sdk", "aiohttp", "SQLAlchemy", "aiosqlite", "uvloop")
    names = (*bot, "numba", "polars", "pandas", "duckdb")
    yield f"{platform.platform()}, {os.cpu_count()} cores"
    yield f"load {os.getloadavg()[0]:.1f}: with others at work, trust ratios more than times"
    yield f"Python {platform.python_version()}, SQLite {sqlite3.sqlite_version}"
    yield ", ".join(f"{name} {version(name)}" for name in names)


def table(results: Iterable[Result]) -> Table:
    made = Table(box=None)
    for heading in ("what", "measured", "unit", "least to most", "target", "met"):
        right = heading == "measured"
        made.add_column(heading, justify="right" if right else "left", no_wrap=heading != "what")
    for result in results:
        spread = result.spread
        made.add_row(
            result.name,
            _number(result.measured),
            result.unit,
            f"{_number(spread[0])} to {_number(spread[1])}" if spread else "",
            str(result.target or ""),
            {None: "", True: "[green]yes[/green]", False: "[red]NO[/red]"}[result.met],
        )
    return made


def _number(value: float) -> str:
    """Three digits, or all of a large number."""
    return f"{value:,.0f}" if abs(value) >= 100 else f"{value:.3g}"


if __name__ == "__main__":
    main()
