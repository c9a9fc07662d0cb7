"""The same work by several tools, one process after the other, who must agree on every number."""

import asyncio
import json
import sys
import tempfile
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path
from statistics import median

from tests.benchmarks.comparison.work import Arrays, CohortTable, Figures, Stays, differing
from tests.benchmarks.result import Result, Target, of_repeats

MODULES = {
    "Keeprate": "keeprate",
    "compiled kernel": "kernel",
    "polars": "polars_frames",
    "pandas": "pandas_frames",
    "DuckDB": "duckdb_sql",
    "SQLite": "sqlite_sql",
}
"""Where the tools are, in `tests.benchmarks.comparison`."""
ANSWERS: dict[str, type[Arrays]] = {"retention": Figures, "cohort_table": CohortTable}
"""What can be asked of them."""
ROOT = Path(__file__).parents[2]
_SECONDS = 8.0
"""After this nothing is repeated any more."""


@dataclass(frozen=True, slots=True)
class Told:
    """What one tool took."""

    ms: tuple[float, ...]
    """Of each repeat, warm: the stays are loaded, and it was computed once before."""
    peak: float
    """MB of the whole process while it computes: interpreter, libraries, stays and all."""
    loaded: float
    """MB of it that were there before, with the stays loaded."""

    @property
    def typical(self) -> float:
        return median(self.ms)


async def asked(
    work: str, tools: Iterable[str], customers: int, repeats: int
) -> Mapping[str, Told]:
    """What each of the tools took. Raises RuntimeError where one gives other numbers."""
    told, first = {}, None
    with tempfile.TemporaryDirectory(prefix="keeprate-bench-") as made:
        given, answer = Path(made) / "stays.npz", Path(made) / "answer.npz"
        Stays.generated(customers).save(given)
        for tool in tools:
            told[tool] = await _told(MODULES[tool], work, given, answer, repeats)
            found = ANSWERS[work].load(answer)
            first = first or found
            refuse_others(tool, first, found)
    return told


def refuse_others(tool: str, first: Arrays, found: Arrays) -> None:
    """Who computes something else is not to be compared with."""
    if names := differing(first, found):
        raise RuntimeError(f"{tool} gives other numbers: {', '.join(names)}")


def ratios(
    name: str, told: Mapping[str, Told], targets: Mapping[str, Target | None]
) -> Iterator[Result]:
    """How many times as long as Keeprate each of the others takes."""
    for tool, target in targets.items():
        ratio = told[tool].typical / told["Keeprate"].typical
        yield Result(f"{name}: {tool} / Keeprate", ratio, "x", target)


def times(name: str, told: Mapping[str, Told]) -> Iterator[Result]:
    for tool, each in told.items():
        yield of_repeats(f"{name}: {tool}", each.ms, "ms")


async def _told(module: str, work: str, given: Path, answer: Path, repeats: int) -> Told:
    arguments = ["tests.benchmarks.comparison", module, work, given, answer, repeats, _SECONDS]
    program = await asyncio.create_subprocess_exec(
        *(sys.executable, "-m", *map(str, arguments)), cwd=ROOT, stdout=asyncio.subprocess.PIPE
    )
    said, _ = await program.communicate()
    if program.returncode:
        raise RuntimeError(f"{module} ended with {program.returncode}")
    found = json.loads(said)
    return Told(tuple(found["ms"]), found["peak"], found["loaded"])
