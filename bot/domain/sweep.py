"""Counting every period and cell in one pass over the stays: the engine under `retentions`."""

import numpy as np
from numpy.typing import NDArray

from bot.domain.columns import Codes, Columns, Days
from bot.domain.timeline import Days64, Places, Slots, Spells, Table, Timeline, runs_of_customers

Grid = NDArray[np.int64]


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
    counting = _Counting(Timeline(first, next_, cell_count))
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

    def __init__(self, timeline: Timeline) -> None:
        self._timeline = timeline
        in_slots, in_periods = (
            (size, timeline.cells) for size in (timeline.slots, timeline.periods)
        )
        self._begun = np.zeros(in_slots, np.int64)
        self._begun_again = np.zeros(in_slots, np.int64)
        """Stays that are not their customer's first."""
        self._ended = np.zeros(in_slots, np.int64)
        self._inside = np.zeros(in_periods, np.int64)
        """Stays that begin and end in the period."""
        self._inside_again = np.zeros(in_periods, np.int64)
        self._kept = np.zeros(in_periods, np.int64)
        """Who left and was back by the end."""
        self._rejoined = np.zeros(in_periods, np.int64)
        """Who first joined in the period, left, and was back by the end."""
        self._early = np.zeros(in_periods, np.int64)

    def add(self, customer: Codes, since: Days, until: Days, cell: Codes | None) -> None:
        """Count some rows, which hold all the stays of their customers."""
        timeline, spells = self._timeline, Spells(self._timeline, customer, since, until)
        again = spells.again
        self._begun += timeline.count(spells.begins, cell, timeline.slots)
        self._begun_again += timeline.count(spells.begins[again], _of(cell, again), timeline.slots)
        self._ended += timeline.count(spells.ends, cell, timeline.slots)
        for table in timeline.tables:
            self._add_inside(spells, table, cell)
            self._add_returns(spells, table, cell)

    def numbers(self) -> Grid:
        timeline = self._timeline
        opening, closing = timeline.at_edges(self._begun - self._ended)
        left = timeline.in_periods(self._ended) - self._inside
        came = timeline.in_periods(self._begun) - self._inside
        came_again = timeline.in_periods(self._begun_again) - self._inside_again
        won_back = came_again - self._kept - self._rejoined
        gained = came - self._kept
        return np.stack(
            [opening, closing, left - self._kept, gained - won_back, won_back, self._early]
        )

    def _add_inside(self, spells: Spells, table: Table, cell: Codes | None) -> None:
        row, period = spells.inside(table)
        again = spells.is_again[row]
        # Several of one customer are one early loss, and none if more than these is in the period.
        first = ~spells.follows(row, period, table)
        self._inside += self._count(row, period, cell)
        self._inside_again += self._count(row[again], period[again], cell)
        self._early += self._count(row[first], period[first], cell)

    def _add_returns(self, spells: Spells, table: Table, cell: Codes | None) -> None:
        found = spells.returns(table)
        stayed = found.follows_inside & ~found.kept  # whom `_add_inside` took for an early loss
        for counted, which, sign in (
            (self._kept, found.kept, 1),
            (self._rejoined, found.joined, 1),
            (self._early, stayed, -1),
        ):
            counted += sign * self._count(found.row[which], found.period[which], cell)

    def _count(self, row: Places, period: Slots, cell: Codes | None) -> Grid:
        return self._timeline.count(period, _of(cell, row), self._timeline.periods)


def _of(cell: Codes | None, row: Places) -> Codes | None:
    return None if cell is None else cell[row]


def _check(columns: Columns, cells: Codes, cell_count: int) -> None:
    if len(cells) != len(columns):
        raise ValueError(f"{len(cells)} cells for {len(columns)} stays")
    if len(cells) and not 0 <= cells.min() <= cells.max() < cell_count:
        raise ValueError(f"cells must be from 0 to {cell_count - 1}")
