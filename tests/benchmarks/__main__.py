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

from tests.benchmarks import clicks, commands, demo, retention
from tests.benchmarks.result import Result

Measure = Callable[[], Coroutine[Any, Any, list[Result]]]

BENCHMARKS: dict[str, Measure] = {
    "retention": lambda: retention.measure(retention.Size()),
    "commands": lambda: commands.measure(commands.Size()),
    "clicks": lambda: clicks.measure(clicks.Size()),
    "demo": lambda: demo.measure(demo.Size()),
}
WRITTEN = Path("build/bench.json")
out = Console(highlight=False, width=max(Console().width, 132))


def main() -> None:
    parser = argparse.ArgumentParser(prog="python -m tests.benchmarks", description=__doc__)
    parser.add_argument("--only", choices=sorted(BENCHMARKS), action="append", help="Run this one.")
    wanted = parser.parse_args().only or list(BENCHMARKS)
    out.print(*machine(), sep="\n")
    results = [result for name in wanted for result in _run(BENCHMARKS[name])]
    out.print(table(results))
    WRITTEN.parent.mkdir(parents=True, exist_ok=True)
    WRITTEN.write_text(json.dumps([result.as_json() for result in results], indent=2) + "\n")
    missed = [result.name for result in results if result.met is False]
    if missed:
        out.print(f"Not met: {'; '.join(missed)}.")


def machine() -> Iterable[str]:
    """What the figures hold for."""
    names = ("numpy", "slack-bolt", "slack-sdk", "aiohttp", "SQLAlchemy", "aiosqlite", "uvloop")
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


def _run(measure: Measure) -> list[Result]:
    return uvloop.run(measure())


def _number(value: float) -> str:
    """Three digits, or all of a large number."""
    return f"{value:,.0f}" if abs(value) >= 100 else f"{value:.3g}"


if __name__ == "__main__":
    main()
