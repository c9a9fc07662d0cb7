"""Figures from the stored columns, by a process that has just started.

The file is in the system's page cache, where writing it left it. What is cold is the process: it
starts, imports, loads and computes everything once.
"""

import asyncio
import json
import sys
import tempfile
import time
from dataclasses import dataclass, replace
from datetime import UTC, datetime
from pathlib import Path

import numpy as np

from bot.domain.columns import Columns, Dimension
from bot.domain.definition import Definition
from bot.domain.period import day_number
from bot.domain.pulls import Pull, PullState
from bot.store import column_files
from tests.benchmarks import stays
from tests.benchmarks.comparison.keeprate import computed, in_columns
from tests.benchmarks.comparison.work import Stays
from tests.benchmarks.result import Result, Target, at_most, of_repeats

ROOT = Path(__file__).parents[2]
PULL = Pull(
    id=1,
    source="generated",
    definition="",
    started_at=datetime(2026, 11, 2, 6, tzinfo=UTC),
    state=PullState.BELIEVED,
    finished_at=datetime(2026, 11, 2, 7, tzinfo=UTC),
    today=day_number(stays.TODAY),
)


@dataclass(frozen=True, slots=True)
class Size:
    customers: tuple[int, ...] = (100_000, 1_000_000)
    repeats: int = 7


async def measure(size: Size) -> list[Result]:
    found: list[Result] = []
    for customers in size.customers:
        target = at_most(0.3) if customers == 100_000 else None
        found += await _measure(customers, size.repeats, target)
    return found


async def _measure(customers: int, repeats: int, target: Target | None) -> list[Result]:
    with tempfile.TemporaryDirectory(prefix="keeprate-bench-") as folder:
        _keep(Path(folder), customers)
        inside, whole = zip(*[await _once(folder) for _ in range(repeats)], strict=True)
    name = f"stored columns, {customers:,}, new process"
    return [
        of_repeats(f"{name}: load and compute", inside, "s", target),
        of_repeats(f"{name}: with its start and imports", whole, "s"),
    ]


async def _once(folder: str) -> tuple[float, float]:
    """Seconds from the loading on, and from the start of the process on, to the last figure."""
    began = time.perf_counter()
    program = await asyncio.create_subprocess_exec(
        *(sys.executable, "-m", "tests.benchmarks.stored", folder),
        cwd=ROOT,
        stdout=asyncio.subprocess.PIPE,
    )
    said, _ = await program.communicate()
    whole = time.perf_counter() - began
    if program.returncode:
        raise RuntimeError(f"computing from stored columns ended with {program.returncode}")
    return json.loads(said), whole


def _keep(folder: Path, customers: int) -> None:
    of = Stays.generated(customers)
    everybody, rows = np.unique(of.customer, return_index=True)
    joined = of.since[rows]
    split = zip(("plan", "region"), divmod(of.cell[rows], stays.REGIONS), strict=True)
    dimensions = {
        name: Dimension(
            tuple(f"{name}{number}" for number in range(int(label.max()) + 1)),
            everybody.astype(np.int32),
            joined,
            label,
        )
        for name, label in split
    }
    column_files.keep(folder, PULL, replace(in_columns(of), dimensions=dimensions))


def _in_its_own_process(folder: Path) -> None:
    began = time.perf_counter()
    columns = column_files.load(folder, PULL)
    assert columns is not None, "the columns were kept"
    plan, region = (_label(columns, name) for name in ("plan", "region"))
    computed(columns, plan * np.int32(stays.REGIONS) + region, stays.periods(Definition()))
    print(json.dumps(time.perf_counter() - began))


def _label(columns: Columns, name: str) -> np.ndarray[tuple[int], np.dtype[np.int32]]:
    """Of each stay's customer, who never changed it."""
    of = columns.dimensions[name]
    return of.label[np.searchsorted(of.customer, columns.customer)]


if __name__ == "__main__":
    _in_its_own_process(Path(sys.argv[1]))
