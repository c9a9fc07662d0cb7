"""Counting every period and cell in one pass over the stays: the engine under `retentions`.

The edges of all periods cut time into slots, and both days of every stay become slots by a table.
Arrivals and departures are counted per slot and cell; their running sums say how many were there
at any edge. For a customer of one stay they say who joined and who left as well, but for stays
that begin and end within one period, which are few and counted by themselves. A customer of
several stays is read as events in the order of time: the first and the last event inside a period
tell what the customer was at its two ends.
"""

from collections.abc import Iterator
from itertools import pairwise

import numpy as np
from numpy.typing import NDArray

from bot.domain.columns import Codes, Columns, Days, Mask

Days64 = NDArray[np.int64]
Slots = NDArray[np.intp]
Grid = NDArray[np.int64]

_ROWS_AT_ONCE = 1 << 17
"""How many stays are looked at together: few enough for the processor's caches, and so that what
counting takes in memory does not grow with the number of customers."""

_KEPT, _LOST, _NEW, _WON_BACK, _EARLY = range(5)


def sweep(
    columns: Columns,
    first: Days64,
    next_: Days64,
    *,
    cells: Codes | None = None,
    cell_count: int = 1,
) -> Grid:
    """Opening, closing, lost, new, won back and early losses: shape (6, periods, cells).

    `first` and `next_` are the edges of the periods in day numbers, half-open. `cells` gives the
    cell of every row, from 0 to `cell_count` - 1, or is None where all are in cell 0.
    """
    if cells is not None:
        _check(columns, cells, cell_count)
    if not len(first):
        return np.zeros((6, 0, cell_count), np.int64)
    counting = _Counting(first, next_, cell_count)
    for part in runs_of_customers(columns.customer):
        counting.add(
            columns.customer[part],
            columns.since[part],
            columns.until[part],
            None if cells is None else cells[part],
        )
    return counting.numbers()


class _Counting:
    """What was counted in the rows so far."""

    def __init__(self, first: Days64, next_: Days64, cell_count: int) -> None:
        cuts = np.unique(np.concatenate([first, next_]))
        self._low, self._high = int(cuts[0]) - 1, int(cuts[-1])
        self._slot_of_day = np.searchsorted(
            cuts, np.arange(self._low, self._high + 1), side="right"
        )
        """Slot 0 holds the days before all periods, the last slot those after all of them."""
        self._first = np.searchsorted(cuts, first) + 1
        self._next = np.searchsorted(cuts, next_) + 1
        self._longest = int((self._next - self._first).max())
        self._slots = len(cuts) + 1
        self._periods = len(first)
        self._cells = cell_count
        self._period_of_slot = [self._table(row) for row in rows_without_overlap(first, next_)]
        """For each row of periods that do not overlap: the period of a slot, or -1."""

        self._moves = np.zeros((2, self._slots, cell_count), np.int64)
        """Arrivals and departures of everybody."""
        self._moves_of_several = np.zeros_like(self._moves)
        """The same, of customers with several stays only."""
        self._inside = np.zeros((self._periods, cell_count), np.int64)
        """Customers of one stay, which begins and ends in the period."""
        self._several = np.zeros((5, self._periods, cell_count), np.int64)
        """Customers of several stays, by what became of them in the period."""

    def add(self, customer: Codes, since: Days, until: Days, cell: Codes | None) -> None:
        """Count some rows, which hold all the stays of their customers."""
        begins, ends = self._slot(since), self._slot(until)
        newcomer = np.ones(len(customer), np.bool_)
        newcomer[1:] = customer[1:] != customer[:-1]
        single = newcomer.copy()
        single[:-1] &= newcomer[1:]

        self._add_moves(self._moves, begins, ends, cell)
        self._add_inside(single, begins, ends, cell)
        several = np.flatnonzero(~single)
        if len(several):
            cell = None if cell is None else cell[several]
            self._add_several(newcomer[several], begins[several], ends[several], cell)

    def numbers(self) -> Grid:
        opening, closing = self._present(self._first), self._present(self._next)
        of_one = self._running(self._moves - self._moves_of_several)
        joined, left = of_one[:, self._next] - of_one[:, self._first]
        return np.stack(
            [
                opening,
                closing,
                left - self._inside + self._several[_LOST],
                joined - self._inside + self._several[_NEW],
                self._several[_WON_BACK],
                self._inside + self._several[_EARLY],
            ]
        )

    def _add_moves(self, moves: Grid, begins: Slots, ends: Slots, cell: Codes | None) -> None:
        moves[0] += self._count(begins, cell, self._slots)
        moves[1] += self._count(ends, cell, self._slots)

    def _add_inside(self, single: Mask, begins: Slots, ends: Slots, cell: Codes | None) -> None:
        short = single & (begins > 0) & (ends < self._slots - 1)
        short &= ends - begins < self._longest
        rows = np.flatnonzero(short)
        begins, ends = begins[rows], ends[rows]
        for table in self._period_of_slot:
            period = table[begins]
            both = (period >= 0) & (period == table[ends])
            part = None if cell is None else cell[rows[both]]
            self._inside += self._count(period[both], part, self._periods)

    def _add_several(self, newcomer: Mask, begins: Slots, ends: Slots, cell: Codes | None) -> None:
        self._add_moves(self._moves_of_several, begins, ends, cell)
        who = np.cumsum(newcomer)
        events = np.stack([begins, ends], axis=1).ravel()
        for table in self._period_of_slot:
            period = table[events]
            inside = np.flatnonzero(period >= 0)
            if not len(inside):
                continue
            period = period[inside]
            run = who[inside >> 1] * self._periods + period
            edges = np.flatnonzero(run[1:] != run[:-1]) + 1
            starts = np.concatenate([[0], edges])
            stops = np.concatenate([edges, [len(run)]]) - 1

            row = inside[starts] >> 1
            was_there = (inside[starts] & 1).astype(np.bool_)  # the first event is an end
            is_gone = (inside[stops] & 1).astype(np.bool_)  # the last one is
            became = np.where(
                was_there,
                np.where(is_gone, _LOST, _KEPT),
                np.where(is_gone, _EARLY, np.where(newcomer[row], _NEW, _WON_BACK)),
            )
            counted = self._count(
                became * self._periods + period[starts],
                None if cell is None else cell[row],
                5 * self._periods,
            )
            self._several += counted.reshape(self._several.shape)

    def _slot(self, days: Days) -> Slots:
        return self._slot_of_day[np.clip(days, self._low, self._high) - self._low]

    def _count(self, index: Slots, cell: Codes | None, size: int) -> Grid:
        """How often each index came with each cell: shape (size, cells)."""
        key = index if cell is None else index * self._cells + cell
        count = np.bincount(key, minlength=size * self._cells)
        return count.astype(np.int64, copy=False).reshape(size, self._cells)

    def _present(self, slots: Slots) -> Grid:
        """How many are customers at the moment before each slot begins."""
        arrived, departed = self._running(self._moves)[:, slots]
        present: Grid = arrived - departed
        return present

    def _running(self, moves: Grid) -> Grid:
        """At [i]: what moved in the slots before slot i."""
        running = np.zeros((2, self._slots + 1, self._cells), np.int64)
        np.cumsum(moves, axis=1, out=running[:, 1:])
        return running

    def _table(self, periods: list[int]) -> Slots:
        table = np.full(self._slots, -1, np.intp)
        for period in periods:
            table[self._first[period] : self._next[period]] = period
        return table


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


def _check(columns: Columns, cells: Codes, cell_count: int) -> None:
    if len(cells) != len(columns):
        raise ValueError(f"{len(cells)} cells for {len(columns)} stays")
    if len(cells) and not 0 <= cells.min() <= cells.max() < cell_count:
        raise ValueError(f"cells must be from 0 to {cell_count - 1}")
