"""One look of a rule by luck, from ready columns to what an incident shows.

As the processor's time: others may be at work. Reading and writing the store is not in it, and a
look comes once a day.
"""

import time
from collections.abc import Iterable
from dataclasses import dataclass, replace

import numpy as np

from bot.domain.columns import Codes, Columns, Dimension
from bot.domain.definition import Definition
from bot.domain.detection import Past
from bot.domain.evaluation import Background, evaluate
from bot.domain.lateness import recording
from bot.domain.parents import Groups
from bot.domain.period import Kind, day_number, last_finished, run_up
from bot.domain.watching import Rule
from tests.benchmarks import stays
from tests.benchmarks.result import Result, at_most, of_repeats

DROPPED = 1_200
"""More leave in the newest month, so that there is all to tell that there can be."""


@dataclass(frozen=True, slots=True)
class Size:
    customers: tuple[int, ...] = (100_000,)
    repeats: int = 25


async def measure(size: Size) -> list[Result]:
    return [each for customers in size.customers for each in _measure(customers, size.repeats)]


def _measure(customers: int, repeats: int) -> Iterable[Result]:
    definition = Definition()
    month = last_finished(Kind.MONTH, stays.TODAY, definition)
    columns = with_plans(dropped(stays.columns(customers), share=DROPPED / 100_000))
    past = Past(watched_since=run_up(month, 24, definition)[0].first)
    left = columns.until[columns.until < day_number(stays.TODAY)]
    late = left + np.random.default_rng(stays.SEED).integers(0, 40, len(left)).astype(np.int32)
    everybody, groups = Rule("all", "C1"), groups_of(columns)
    by_plan = replace(everybody, segments=("plan",))
    for name, rule, known in (
        ("the total", everybody, None),
        (f"and {stays.PLANS} segments", by_plan, None),
        (f"and {stays.PLANS} segments, groups and late records", by_plan, groups),
    ):
        took = []
        for _ in range(repeats):
            began = time.process_time()
            recorded = recording(left, late, asked=day_number(stays.TODAY)) if known else None
            background = Background(recorded, known)
            seen, _ = evaluate(
                columns, rule, month, definition=definition, past=past, background=background
            )
            took.append(1e3 * (time.process_time() - began))
            assert seen.dropped, "so many have left"
        target = at_most(50) if customers == 100_000 else None
        yield of_repeats(f"a look, {customers:,} customers: {name}", took, "ms", target)


def dropped(of: Columns, *, share: float) -> Columns:
    """The same, but for some who leave on the last day of October 2026 as well."""
    there = np.flatnonzero((of.since < day_number(stays.TODAY) - 60) & (of.until > 10**6))
    until = of.until.copy()
    until[there[:: max(1, round(len(there) / max(1, share * len(of))))]] = (
        day_number(stays.TODAY) - 2
    )
    return replace(of, until=until)


def with_plans(of: Columns) -> Columns:
    everybody, rows = np.unique(of.customer, return_index=True)
    plan = (stays.cells(of)[rows] // stays.REGIONS).astype(np.int32)
    names = tuple(f"plan{number}" for number in range(stays.PLANS))
    dimension = Dimension(names, everybody.astype(np.int32), of.since[rows], plan)
    return replace(of, dimensions={"plan": dimension})


def groups_of(of: Columns) -> Groups:
    """Three customers of each fifth account, and one of the others, which are in no group."""
    members: Codes = np.unique(of.customer).astype(np.int32)
    members = members[members % 7 < 3]
    numbers = (members // 7).astype(np.int32)
    return Groups(members, numbers, tuple(f"account {n}" for n in range(int(numbers.max()) + 1)))
