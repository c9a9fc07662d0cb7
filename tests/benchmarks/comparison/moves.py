"""How everybody but Keeprate gets at the figures: who arrived and who left in which period.

Months, weeks and quarters each part time without gaps, so that a day is in one period of a kind,
and counting is a GROUP BY. Who is there at the edges are running sums of a few thousand numbers.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from itertools import pairwise
from typing import Self

import numpy as np

from bot.domain.columns import Codes, Days
from bot.domain.definition import Definition
from bot.domain.period import Period, day_number
from tests.benchmarks import stays
from tests.benchmarks.comparison.work import (
    AGES,
    CELLS,
    Arrays,
    CohortTable,
    Counts,
    Figures,
    figures,
)


@dataclass(frozen=True, eq=False, slots=True)
class Calendar:
    """Which period of one kind each day is in."""

    low: int
    """The day before all of them."""
    slot: Codes
    """Of the days from `low` on, up to the first after all periods: 0 before them, 1 in the first
    of them, and so on."""

    @classmethod
    def of(cls, periods: Sequence[Period]) -> Self:
        """Of periods that follow one another."""
        edges = [day_number(period.first) for period in periods]
        edges.append(day_number(periods[-1].next))
        lengths = [1, *(after - before for before, after in pairwise(edges)), 1]
        slot = np.repeat(np.arange(len(lengths), dtype=np.int32), lengths)
        return cls(edges[0] - 1, slot)

    @property
    def high(self) -> int:
        """The day after all periods."""
        return self.low + len(self.slot) - 1

    @property
    def slots(self) -> int:
        return int(self.slot[-1]) + 1

    def slot_of(self, days: Days) -> Codes:
        found: Codes = self.slot[np.clip(days, self.low, self.high) - self.low]
        return found


def calendars() -> dict[str, Calendar]:
    """Of months, weeks and quarters."""
    kinds: dict[str, list[Period]] = {}
    for period in stays.periods(Definition()):
        kinds.setdefault(period.kind, []).append(period)
    return {kind: Calendar.of(periods) for kind, periods in kinds.items()}


def cohort_calendar() -> Calendar:
    return Calendar.of(stays.cohort_months(Definition()))


@dataclass(frozen=True, eq=False, slots=True)
class Moves(Arrays):
    """Each array is of shape (slots, cells): the slots of one calendar.

    Who is there before the first period arrives in slot 0. A stay that begins and ends in one slot
    is in none of this.
    """

    arrived: Counts
    arrived_paying: Counts
    new: Counts
    """Who of the arrived first joined in the same slot."""
    left: Counts
    left_paying: Counts
    back: Counts
    """Who left and arrived in the same slot, and so was kept."""
    back_paying: Counts
    """What they pay in the stay that began."""
    back_at_most: Counts
    """The same, but nobody more than in the stay that ended."""

    @classmethod
    def none(cls, calendar: Calendar) -> Self:
        return cls(*np.zeros((8, calendar.slots, CELLS), np.int64))


def from_moves(kinds: list[Moves]) -> Figures:
    """In the order of `calendars`."""
    counted = [_counted(of) for of in kinds]
    return figures(
        **{name: np.concatenate([each[name] for each in counted]) for name in counted[0]}
    )


def _counted(of: Moves) -> dict[str, Counts]:
    inside = slice(1, -1)  # without the slots before and after all periods
    opening = np.cumsum(of.arrived - of.left, axis=0)[:-2]
    paid = np.cumsum(of.arrived_paying - of.left_paying, axis=0)[:-2]
    paid_by_staying = paid - of.left_paying[inside]
    return {
        "opening": opening,
        "lost": (of.left - of.back)[inside],
        "new": of.new[inside],
        "won_back": (of.arrived - of.back - of.new)[inside],
        "paid": paid,
        "paid_by_kept": paid_by_staying + of.back_paying[inside],
        "paid_at_most": paid_by_staying + of.back_at_most[inside],
    }


def cohorts_from_moves(arrived: Counts, left: Counts) -> CohortTable:
    """Of rows of the slots of the cohort and of the move, and a number: shape (rows, 3)."""
    months = cohort_calendar().slots
    moved = np.zeros((2, months, months), np.int64)
    for table, (cohort, month, number) in zip(moved, (arrived.T, left.T), strict=True):
        table[cohort, month] = number
    there = np.cumsum(moved[0] - moved[1], axis=1)
    cohort = np.arange(1, months - 1)[:, np.newaxis]
    month = cohort + np.arange(AGES)
    reached = month < months - 1
    return CohortTable(np.where(reached, there[cohort, np.where(reached, month, 0)], 0))
