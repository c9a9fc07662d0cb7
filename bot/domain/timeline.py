"""Time cut into slots by the edges of periods, and spells counted in them: under both sweeps.

A spell is an unbroken time of one customer: a stay, or a part of one that is paid alike. What
begins and ends in a period are differences of running sums over the slots. That says all about most
customers; looked at one by one are only spells inside one period, and spells that begin in the
period in which their customer's spell before ended.
"""

from collections.abc import Iterator
from dataclasses import dataclass
from itertools import pairwise
from typing import TypeVar

import numpy as np
from numpy.typing import NDArray

from bot.domain.columns import Codes, Days, Mask

Days64 = NDArray[np.int64]
Slots = NDArray[np.int32]
Places = NDArray[np.intp]
Sums = NDArray[np.int64] | NDArray[np.float64]
Table = NDArray[np.int32]
"""The period of each slot, or -1: periods that do not overlap."""
T = TypeVar("T", NDArray[np.int64], NDArray[np.float64])

_ROWS_AT_ONCE = 1 << 17
"""How many rows are looked at together: few enough for the processor's caches, and so that what
counting takes in memory does not grow with the number of customers."""


class Timeline:
    """The slots of some periods, which may overlap and stand in any order.

    `first` and `next_` are the edges of the periods in day numbers, half-open.
    """

    def __init__(self, first: Days64, next_: Days64, cell_count: int) -> None:
        cuts = np.unique(np.concatenate([first, next_])) if len(first) else np.zeros(1, np.int64)
        self._low, self._high = int(cuts[0]) - 1, int(cuts[-1])
        days = np.arange(self._low, self._high + 1)
        self._slot_of_day = np.searchsorted(cuts, days, side="right").astype(np.int32)
        """Slot 0 holds the days before all periods, the last slot those after all of them."""
        self._first = np.searchsorted(cuts, first) + 1
        self._next = np.searchsorted(cuts, next_) + 1
        self.slots = len(cuts) + 1
        self.periods = len(first)
        self.cells = cell_count
        self.longest = int((self._next - self._first).max(initial=0))
        """In slots."""
        self.tables = [self._table(row) for row in rows_without_overlap(first, next_)]

    def slot(self, days: Days) -> Slots:
        offset = np.clip(days, self._low, self._high) - self._low
        # Clipped once more, because that is twice as quick as looking whether it is needed.
        return np.take(self._slot_of_day, offset, mode="clip")

    def count(self, index: Slots, cell: Codes | None, size: int) -> NDArray[np.int64]:
        """How often each index came with each cell: shape (size, cells)."""
        count = np.bincount(self._key(index, cell), minlength=size * self.cells)
        return count.astype(np.int64, copy=False).reshape(size, self.cells)

    def sum(
        self, index: Slots, cell: Codes | None, amount: NDArray[np.int64], size: int
    ) -> NDArray[np.float64]:
        """Sums of amounts by index and cell: (size, cells). They are exact up to 2^53."""
        sums = np.bincount(self._key(index, cell), amount, size * self.cells)
        return sums.astype(np.float64, copy=False).reshape(size, self.cells)

    def in_periods(self, moves: T) -> T:
        """What moved in each period, of what moved in each slot."""
        running = _running(moves)
        moved: T = running[self._next] - running[self._first]
        return moved

    def at_edges(self, moves: T) -> tuple[T, T]:
        """What had moved before each period, and by its end."""
        running = _running(moves)
        return running[self._first], running[self._next]

    def _key(self, index: Slots, cell: Codes | None) -> Slots:
        return index if cell is None else index * np.int32(self.cells) + cell

    def _table(self, periods: list[int]) -> Table:
        table = np.full(self.slots, -1, np.int32)
        for period in periods:
            table[self._first[period] : self._next[period]] = period
        return table


@dataclass(frozen=True, eq=False, slots=True)
class Returns:
    """Spells that begin in a period, go on after it, and follow one that ended in it."""

    row: Places
    period: Slots
    before: Places
    """The row of the spell before, spells that lie inside the period passed over."""
    kept: Mask
    """`before` began earlier and ended in the period: nobody left."""
    joined: Mask
    """`before` is the customer's first spell, and inside the period: they are new."""
    follows_inside: Mask
    """The row before lies inside the period."""


class Spells:
    """Rows that hold all the spells of their customers, in the order of time."""

    def __init__(self, timeline: Timeline, customer: Codes, since: Days, until: Days) -> None:
        self._slots = timeline.slots
        self.begins, self.ends = timeline.slot(since), timeline.slot(until)
        self.is_again: Mask = np.zeros(len(customer), np.bool_)
        np.equal(customer[1:], customer[:-1], out=self.is_again[1:])
        self.again = np.flatnonzero(self.is_again)
        """The rows that are not their customer's first."""
        brief = self.ends - self.begins < timeline.longest
        brief &= (self.begins > 0) & (self.ends < timeline.slots - 1)
        self._brief = np.flatnonzero(brief)

    def inside(self, table: Table) -> tuple[Places, Slots]:
        """The rows that begin and end in one period, and which."""
        period = table[self.begins[self._brief]]
        both = (period >= 0) & (period == table[self.ends[self._brief]])
        return self._brief[both], period[both]

    def follows(self, row: Places, period: Slots, table: Table) -> Mask:
        """Whether the customer's spell before ended in the period."""
        found: Mask = self.is_again[row] & (table[self.ends[row - 1]] == period)
        return found

    def returns(self, table: Table) -> Returns:
        period = table[self.begins[self.again]]
        some = (period >= 0) & (period == table[self.ends[self.again - 1]])
        row, period = self.again[some], period[some]
        goes_on = table[self.ends[row]] != period
        row, period = row[goes_on], period[goes_on]

        before = row - 1
        follows_inside = inside = table[self.begins[before]] == period
        while (over := inside & self.is_again[before]).any():
            before = before - over
            inside = (table[self.begins[before]] == period) & (table[self.ends[before]] == period)
        kept = (table[self.ends[before]] == period) & ~inside
        return Returns(row, period, before, kept, inside, follows_inside)


def rows_without_overlap(first: Days64, next_: Days64) -> list[list[int]]:
    """The periods' indices in as few rows as can be, in each of which no two overlap."""
    rows: list[list[int]] = []
    for period in np.argsort(first, kind="stable").tolist():
        for row in rows:
            if next_[row[-1]] <= first[period]:
                row.append(period)
                break
        else:
            rows.append([period])
    return rows


def runs_of_customers(customer: Codes) -> Iterator[slice]:
    """Runs of rows, none of which parts the rows of a customer."""
    wanted = customer[_ROWS_AT_ONCE::_ROWS_AT_ONCE]
    edges = {0, *np.searchsorted(customer, wanted).tolist(), len(customer)}
    return (slice(start, stop) for start, stop in pairwise(sorted(edges)))


def _running(moves: T) -> T:
    """At [i]: what moved in the slots before slot i."""
    running = np.zeros((len(moves) + 1, moves.shape[1]), moves.dtype)
    np.cumsum(moves, axis=0, out=running[1:])
    return running
