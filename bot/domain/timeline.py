"""Time cut into slots by the edges of periods, and spells counted in them: under both sweeps.

A spell is an unbroken time of one customer: a stay, or a part of one that is paid alike. What
begins and ends in a period are differences of running sums over the slots. That says all about most
customers; looked at one by one are only spells inside one period, and spells that begin in the
period in which their customer's spell before ended.
"""

from collections.abc import Iterator
from dataclasses import dataclass, replace
from functools import cached_property
from itertools import pairwise

import numpy as np
from numpy.typing import NDArray

from bot.domain.columns import FOREVER, Amounts, Codes, Columns, Days, Mask

Days64 = NDArray[np.int64]
Slots = NDArray[np.int32]
Places = NDArray[np.intp]
Counts = NDArray[np.int64]
Grid = NDArray[np.int64]
Table = NDArray[np.int32]
"""The period of each slot, or -1: periods that do not overlap."""

_ROWS_AT_ONCE = 1 << 17
"""How many rows are looked at together: few enough for the processor's caches, and so that what
counting takes in memory does not grow with the number of customers."""
_BYTES_KEPT = 1 << 23
"""The C library keeps as much of what is freed as was once freed in one piece, twice. Left alone it
hands the arrays of some rows back to the system, and gets them for the next page by page."""


class ByDay:
    """A number for each day: days before the first and after the last have those of these two."""

    def __init__(self, first: int, numbers: Slots) -> None:
        # From 1970 on, so that days are places as they are, unless that is too late.
        self._low, self._high = min(first, 0), first + len(numbers) - 1
        earlier = np.full(first - self._low, numbers[0], np.int32)
        self._numbers = np.append(earlier, numbers).astype(np.int32, copy=False)
        self.days = len(self._numbers)

    def of(self, days: Days) -> Slots:
        if self._low:
            days = np.minimum(days, np.int32(self._high)) - np.int32(self._low)
        return self._numbers.take(days, mode="clip")

    def place(self, days: Days) -> Places:
        """The place of each day in a row of all the days."""
        within = np.clip(days, np.int32(self._low), np.int32(self._high))
        return (within - np.int32(self._low) if self._low else within).astype(np.intp)

    def summed(self, by_place: Counts, size: int) -> Counts:
        """What there is at the places of days, by the numbers of these days."""
        sums = np.zeros(size, np.int64)
        add(sums, self._numbers.astype(np.intp), by_place)
        return sums


class Timeline:
    """The slots of some periods, which may overlap and stand in any order.

    `first` and `next_` are the edges of the periods in day numbers, half-open.
    """

    def __init__(self, first: Days64, next_: Days64, cell_count: int) -> None:
        cuts = np.unique(np.concatenate([first, next_])) if len(first) else np.zeros(1, np.int64)
        eve = int(cuts[0]) - 1
        cut = np.zeros(int(cuts[-1]) - eve + 1, np.int32)
        cut[cuts - eve] = 1
        self._slots = ByDay(eve, np.cumsum(cut, dtype=np.int32))
        """Slot 0 holds the days before all periods, the last slot those after all of them."""
        self._first = np.searchsorted(cuts, first) + 1
        self._next = np.searchsorted(cuts, next_) + 1
        self.slots = len(cuts) + 1
        self.periods = len(first)
        self.cells = cell_count
        self._longest = int((self._next - self._first).max(initial=0))
        """In slots."""
        self.tables = [self._table(row) for row in rows_without_overlap(first, next_)]

    def slot(self, days: Days) -> Slots:
        return self._slots.of(days)

    def in_slots(self) -> Grid:
        """Nothing yet, in each slot and cell."""
        return np.zeros((self.slots, self.cells), np.int64)

    def in_periods(self) -> Grid:
        """Nothing yet, in each period and cell."""
        return np.zeros((self.periods, self.cells), np.int64)

    def place(self, index: Slots, cell: Codes | None) -> Places:
        """Where in a grid of slots or periods each index and cell is, counted row by row."""
        place = index if cell is None else index * np.int32(self.cells) + cell
        return place.astype(np.intp)

    def near(self, slot: Slots, later: Slots) -> Mask:
        """Whether some period may hold both."""
        found: Mask = later - slot < self._longest
        found &= (slot > 0) & (later < self.slots - 1)
        return found

    def moved(self, moves: Grid) -> Grid:
        """What moved in each period, of what moved in each slot."""
        running = _running(moves)
        moved: Grid = running[self._next] - running[self._first]
        return moved

    def at_edges(self, moves: Grid) -> tuple[Grid, Grid]:
        """What had moved before each period, and by its end."""
        running = _running(moves)
        return running[self._first], running[self._next]

    def _table(self, periods: list[int]) -> Table:
        table = np.full(self.slots, -1, np.int32)
        for period in periods:
            table[self._first[period] : self._next[period]] = period
        return table


@dataclass(frozen=True, eq=False, slots=True)
class Inside:
    """Spells that begin and end in one period."""

    row: Places
    period: Slots
    again: Mask
    """They are not their customer's first."""
    follows: Mask
    """The customer's spell before ended in the period too."""


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
    """Rows that hold all the spells of their customers, in the order of time.

    What is added up is either their number or an amount for each row.
    """

    def __init__(
        self, timeline: Timeline, customer: Codes, since: Days, until: Days, cell: Codes | None
    ) -> None:
        self._timeline, self._customer, self._cell = timeline, customer, cell
        self._begins = timeline.slot(since)
        self._ended = np.flatnonzero(until != FOREVER)
        """The rows of spells that have an end. Most have none, and need no second look."""
        ends = timeline.slot(until.take(self._ended))
        self._ends = np.full(len(customer), timeline.slots - 1, np.int32)
        self._ends[self._ended] = ends

        followed = before_others(customer, self._ended)
        self._again = followed + 1
        """The rows that are not their customer's first."""
        left, back = self._ends.take(followed), self._begins.take(self._again)
        soon = np.flatnonzero(timeline.near(left, back))
        self._back_soon = self._again.take(soon)
        self._left_slot, self._back_slot = left.take(soon), back.take(soon)

        begins = self._begins.take(self._ended)
        brief = np.flatnonzero(timeline.near(begins, ends))
        self._brief = self._ended.take(brief)
        self._brief_begins, self._brief_ends = begins.take(brief), ends.take(brief)

        self._begun_at = timeline.place(self._begins, cell)
        self._begun_again_at = self._begun_at.take(self._again)
        self._ended_at = timeline.place(ends, _of(cell, self._ended))

    def add_begun(self, to: Grid, amount: Amounts | None = None) -> None:
        """To the slots in which spells begin."""
        add(to, self._begun_at, amount)

    def add_begun_again(self, to: Grid, amount: Amounts | None = None) -> None:
        """The same of spells that are not their customer's first."""
        add(to, self._begun_again_at, None if amount is None else amount.take(self._again))

    def add_ended(self, to: Grid, amount: Amounts | None = None) -> None:
        """To the slots in which spells end."""
        add(to, self._ended_at, None if amount is None else amount.take(self._ended))

    def at(self, row: Places, period: Slots) -> Places:
        """Where in a grid of periods these rows are to be added up."""
        return self._timeline.place(period, _of(self._cell, row))

    @cached_property
    def in_tables(self) -> tuple[tuple["Inside", "Returns"], ...]:
        """What is to be looked at one by one, for each table of the timeline."""
        tables = self._timeline.tables
        return tuple((self._inside(table), self._returns(table)) for table in tables)

    def _inside(self, table: Table) -> Inside:
        period = table.take(self._brief_begins)
        both = np.flatnonzero((period >= 0) & (period == table.take(self._brief_ends)))
        row, period = self._brief.take(both), period.take(both)
        again = self._is_again(row)
        return Inside(row, period, again, again & (table[self._ends[row - 1]] == period))

    def _returns(self, table: Table) -> Returns:
        period = table.take(self._back_slot)
        some = np.flatnonzero((period >= 0) & (period == table.take(self._left_slot)))
        row, period = self._back_soon.take(some), period.take(some)
        goes_on = np.flatnonzero(table.take(self._ends.take(row)) != period)
        row, period = row.take(goes_on), period.take(goes_on)

        before = row - 1
        follows_inside = inside = table[self._begins[before]] == period
        while (over := inside & self._is_again(before)).any():
            before = before - over
            begins, ends = self._begins[before], self._ends[before]
            inside = (table[begins] == period) & (table[ends] == period)
        kept = (table[self._ends[before]] == period) & ~inside
        return Returns(row, period, before, kept, inside, follows_inside)

    def _is_again(self, row: Places) -> Mask:
        """Which rows are not their customer's first."""
        # What comes before the first of all rows is the last one: another customer, or itself.
        found: Mask = (self._customer.take(row) == self._customer[row - 1]) & (row > 0)
        return found


def add(to: Counts, at: Places, amount: Amounts | None = None) -> None:
    """Add up what comes at each place of a grid, row by row: how often, or the amounts."""
    # Quicker than bincount, which makes floats of amounts and grid after grid to be added.
    np.add.at(to.reshape(-1), at, 1 if amount is None else amount)


def _of(cell: Codes | None, row: Places) -> Codes | None:
    return None if cell is None else cell.take(row)


def before_others(customer: Codes, ended: Places) -> Places:
    """Of the rows that have an end, those after which another of the customer comes."""
    followed = ended[: np.searchsorted(ended, len(customer) - 1)]
    is_next_own = customer[1:] == customer[:-1]
    return those(followed, is_next_own.take(followed))


def those(places: Places, are_so: Mask) -> Places:
    """Those of the places; several times as quick as an index of truth values."""
    return places.take(np.flatnonzero(are_so))


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


@dataclass(frozen=True, eq=False, slots=True)
class Part:
    """Some of the customers, with all their stays."""

    columns: Columns
    """Their stays; what else there is of the source is of everybody."""
    cell: Codes | None
    stays: Spells


def parts(timeline: Timeline, columns: Columns, cells: Codes | None) -> Iterator[Part]:
    """`cells` gives the cell of every row of the columns, or is None where there is but one."""
    for run in runs_of_customers(columns.customer):
        customer, since, until = columns.customer[run], columns.since[run], columns.until[run]
        cell = None if cells is None else cells[run]
        yield Part(
            replace(columns, customer=customer, since=since, until=until),
            cell,
            Spells(timeline, customer, since, until, cell),
        )


def runs_of_customers(customer: Codes) -> Iterator[slice]:
    """Runs of rows, none of which parts the rows of a customer."""
    np.empty(_BYTES_KEPT, np.uint8)
    wanted = customer[_ROWS_AT_ONCE::_ROWS_AT_ONCE]
    edges = {0, *np.searchsorted(customer, wanted).tolist(), len(customer)}
    return (slice(start, stop) for start, stop in pairwise(sorted(edges)))


def _running(moves: Grid) -> Grid:
    """At [i]: what moved in the slots before slot i."""
    running = np.zeros((len(moves) + 1, moves.shape[1]), moves.dtype)
    np.cumsum(moves, axis=0, out=running[1:])
    return running
