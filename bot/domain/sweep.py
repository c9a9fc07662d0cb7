"""Counting every period and cell in one pass over the stays: the engine under `retentions`."""

from collections.abc import Callable

import numpy as np

from bot.domain.columns import Codes, Columns
from bot.domain.timeline import (
    Grid,
    Inside,
    Part,
    Places,
    Returns,
    Spells,
    Timeline,
    add,
    parts,
    those,
)


def sweep(
    columns: Columns,
    timeline: Timeline,
    *,
    cells: Codes | None = None,
    also: Callable[[Part], None] | None = None,
) -> Grid:
    """Opening, closing, lost, new, won back and early losses: shape (6, periods, cells).

    `cells` gives the cell of every row, one of those of the timeline, or is None where all are in
    cell 0. `also` is given every part of the customers in turn, so that they need not be gone
    through once more.
    """
    if cells is not None:
        _check(columns, cells, timeline.cells)
    counting = _Counting(timeline)
    for part in parts(timeline, columns, cells):
        counting.add(part.stays)
        if also is not None:
            also(part)
    return counting.numbers()


class _Counting:
    """What was counted in the rows so far."""

    def __init__(self, timeline: Timeline) -> None:
        self._timeline = timeline
        self._begun = timeline.in_slots()
        self._begun_again = timeline.in_slots()
        """Stays that are not their customer's first."""
        self._ended = timeline.in_slots()
        self._inside = timeline.in_periods()
        """Stays that begin and end in the period."""
        self._inside_again = timeline.in_periods()
        self._kept = timeline.in_periods()
        """Who left and was back by the end."""
        self._rejoined = timeline.in_periods()
        """Who first joined in the period, left, and was back by the end."""
        self._early = timeline.in_periods()
        self._stayed = timeline.in_periods()
        """Who are counted as early, but were back by the end."""

    def add(self, stays: Spells) -> None:
        stays.add_begun(self._begun)
        stays.add_begun_again(self._begun_again)
        stays.add_ended(self._ended)
        for inside, returns in stays.in_tables:
            self._add_inside(inside, stays.at(inside.row, inside.period))
            self._add_returns(returns, stays.at(returns.row, returns.period))

    def numbers(self) -> Grid:
        timeline = self._timeline
        opening, closing = timeline.at_edges(self._begun - self._ended)
        left = timeline.moved(self._ended) - self._inside
        came = timeline.moved(self._begun) - self._inside
        came_again = timeline.moved(self._begun_again) - self._inside_again
        won_back = came_again - self._kept - self._rejoined
        gained, early = came - self._kept, self._early - self._stayed
        return np.stack([opening, closing, left - self._kept, gained - won_back, won_back, early])

    def _add_inside(self, found: Inside, at: Places) -> None:
        add(self._inside, at)
        add(self._inside_again, those(at, found.again))
        # Several of one customer are one early loss, and none if more than these is in the period.
        add(self._early, those(at, ~found.follows))

    def _add_returns(self, found: Returns, at: Places) -> None:
        add(self._kept, those(at, found.kept))
        add(self._rejoined, those(at, found.joined))
        # Whom `_add_inside` took for an early loss.
        add(self._stayed, those(at, found.follows_inside & ~found.kept))


def _check(columns: Columns, cells: Codes, cell_count: int) -> None:
    if len(cells) != len(columns):
        raise ValueError(f"{len(cells)} cells for {len(columns)} stays")
    if len(cells) and not 0 <= cells.min() <= cells.max() < cell_count:
        raise ValueError(f"cells must be from 0 to {cell_count - 1}")
