"""CRR of a million customers in 204 periods and 41 cells: 40 segments and their total.

In a process of its own that loads the columns and computes, so that its peak memory is theirs.
"""

import asyncio
import json
import resource
import sys
import tempfile
import time
import tracemalloc
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

import numpy as np

from bot.domain.columns import Codes, Columns
from bot.domain.definition import Definition
from bot.domain.period import Period
from bot.domain.retention import retentions
from tests.benchmarks import stays
from tests.benchmarks.result import Result, at_most, of_repeats

CELLS = stays.PLANS * stays.REGIONS


@dataclass(frozen=True, slots=True)
class Size:
    customers: int = 1_000_000
    repeats: int = 7


async def measure(size: Size) -> list[Result]:
    with tempfile.TemporaryDirectory(prefix="keeprate-bench-") as folder:
        path = Path(folder) / "columns.npz"
        _write(path, size.customers)
        program = await asyncio.create_subprocess_exec(
            *(sys.executable, "-m", "tests.benchmarks.retention", str(path), str(size.repeats)),
            cwd=Path(__file__).parents[2],
            stdout=asyncio.subprocess.PIPE,
        )
        told, _ = await program.communicate()
    found = json.loads(told)
    name = f"CRR, {size.customers:,} customers x 204 periods x {CELLS + 1} cells"
    return [
        of_repeats(f"{name}, warm", found["ms"], "ms"),
        Result(f"{name}: peak of computing (tracemalloc)", found["computing"], "MB"),
        Result(f"{name}: peak of the process (RSS)", found["process"], "MB", at_most(150)),
    ]


def compute(of: Columns, cell: Codes, periods: Sequence[Period]) -> float | None:
    """All counts of all cells; the CRR of the first period in all cells together."""
    grid = retentions(of, periods, today=stays.TODAY, cells=cell, cell_count=CELLS)
    # With the total in front, as the forty-first cell.
    opening, kept = (np.column_stack([a.sum(axis=1), a]) for a in (grid.opening, grid.kept))
    crr = np.divide(kept, opening, out=np.full(kept.shape, np.nan), where=opening > 0)
    return None if np.isnan(crr[0, 0]) else float(crr[0, 0])


def _write(path: Path, customers: int) -> None:
    of = stays.columns(customers)
    np.savez(path, customer=of.customer, since=of.since, until=of.until, cell=stays.cells(of))


def _in_its_own_process(path: Path, repeats: int) -> None:
    loaded = np.load(path)
    of = Columns(loaded["customer"], loaded["since"], loaded["until"])
    cell, periods = loaded["cell"], stays.periods(Definition())
    compute(of, cell, periods)
    took = []
    for _ in range(repeats):
        began = time.perf_counter()
        compute(of, cell, periods)
        took.append(1e3 * (time.perf_counter() - began))
    process = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024
    tracemalloc.start()
    compute(of, cell, periods)
    computing = tracemalloc.get_traced_memory()[1] / 1e6
    print(json.dumps({"ms": took, "process": process, "computing": computing}))


if __name__ == "__main__":
    _in_its_own_process(Path(sys.argv[1]), int(sys.argv[2]))
