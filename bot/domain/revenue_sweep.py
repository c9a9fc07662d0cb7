"""Revenue movements of many periods and cells in one pass: `movements`, but counted only.

Who has one stay and pays one amount throughout it can only be new, churned, or both inside a
period, and is counted by running sums. Everybody else is read as events in the order of time, stays
beside amounts: what is true before and after the events inside a period says how their revenue
moved. Time is cut into slots by the edges of the periods, as in `sweep`.
"""

from collections.abc import Mapping
from dataclasses import dataclass, fields, replace

import numpy as np
from numpy.typing import NDArray

from bot.domain.columns import Amounts, Codes, Columns, Days, Mask, Revenue
from bot.domain.period import day_number
from bot.domain.retention import CountsGrid
from bot.domain.revenue import NO_RATES, RevenueSums, during_stays, in_one_currency, stays_of
from bot.domain.sweep import rows_without_overlap, runs_of_customers

Grid = NDArray[np.int64]
Slots = NDArray[np.intp]

_NOTHING, _NEW, _REACTIVATED, _EXPANSION, _CONTRACTION, _CHURNED = range(6)


@dataclass(frozen=True, eq=False, slots=True)
class RevenueGrid:
    """Amounts in parts of one currency: each array is of shape (periods, cells)."""

    of: CountsGrid
    currency: str | None
    opening: Grid
    closing: Grid
    new: Grid
    reactivated: Grid
    expansion: Grid
    contraction: Grid
    churned: Grid

    def sums(self, period: int, cell: int | None = None) -> RevenueSums | None:
        """Of one period (its index) and cell, of all cells together if that is None.

        None where they are not known.
        """
        if not self.of.known[period]:
            return None
        return RevenueSums(
            **{
                name: int(row.sum() if cell is None else row[cell])
                for name, row in (
                    (f.name, getattr(self, f.name)[period]) for f in fields(RevenueSums)
                )
            }
        )


def movements_grid(
    columns: Columns,
    of: CountsGrid,
    *,
    currency: str | None = None,
    rates: Mapping[str, float] = NO_RATES,
    cells: Codes | None = None,
) -> RevenueGrid | None:
    """What `movements` sums up, for the periods, days and cells of `of`; None without amounts.

    `cells` must be those that `of` was made with, one for every row of `columns`, the same for all
    rows of a customer. Raises RatesMissing for several currencies without rates.
    """
    if columns.revenue is None:
        return None
    revenue = in_one_currency(columns.revenue, currency, rates)
    name = revenue.currencies[0] if revenue.currencies else None
    timeline = _Timeline(of)
    for run in runs_of_customers(columns.customer):
        part = replace(
            columns,
            customer=columns.customer[run],
            since=columns.since[run],
            until=columns.until[run],
        )
        timeline.add(part, _rows_of(revenue, part), None if cells is None else cells[run])
    level, moved = timeline.sums()
    return RevenueGrid(
        of,
        name,
        opening=level[0],
        closing=level[1],
        new=moved[_NEW],
        reactivated=moved[_REACTIVATED],
        expansion=moved[_EXPANSION],
        contraction=moved[_CONTRACTION],
        churned=moved[_CHURNED],
    )


class _Timeline:
    """The slots that the periods cut time into, and what is counted in them."""

    def __init__(self, of: CountsGrid) -> None:
        first = np.array([day_number(period.first) for period in of.periods], np.int64)
        next_ = np.array([day_number(last) + 1 for last in of.measured_on], np.int64)
        cuts = np.unique(np.concatenate([first, next_, [0]]))
        self._low, self._high = int(cuts[0]) - 1, int(cuts[-1])
        days = np.arange(self._low, self._high + 1)
        self._slot_of_day = np.searchsorted(cuts, days, side="right")
        self._first = np.searchsorted(cuts, first) + 1
        self._next = np.searchsorted(cuts, next_) + 1
        self._slots, self._known = len(cuts) + 1, of.known
        self._periods, self._cells = of.opening.shape
        self._period_of_slot = [self._table(row) for row in rows_without_overlap(first, next_)]

        self._begun = np.zeros((2, self._slots, self._cells))
        """What begins and ends to be paid by everybody."""
        self._of_simple = np.zeros_like(self._begun)
        """The same, by those who have one stay and pay one amount throughout."""
        self._moved = np.zeros((6, self._periods, self._cells))
        """By movement: of those who are not simple, less what of the simple is none after all."""

    def add(self, columns: Columns, revenue: Revenue, cells: Codes | None) -> None:
        """Count some customers, with all their stays and rows."""
        paid = during_stays(revenue, columns)
        stay, simple = _only_stay(columns, paid)
        cell = None if cells is None else cells[stay]
        begins, ends = self._slot(paid.since), self._slot(paid.until)
        of_simple = paid.amount * simple
        for number, slots in enumerate((begins, ends)):
            self._begun[number] += self._sum(slots, cell, paid.amount, self._slots)
            self._of_simple[number] += self._sum(slots, cell, of_simple, self._slots)
        inside = self._inside(begins, ends, cell, of_simple)
        self._moved[_NEW] -= inside
        self._moved[_CHURNED] -= inside
        self._add_others(columns, paid, simple, cells)

    def sums(self) -> tuple[Grid, Grid]:
        """Opening and closing; and each movement: shapes (2 or 6, periods, cells)."""
        running = _running(self._begun)
        level = np.stack(
            [running[0, edge] - running[1, edge] for edge in (self._first, self._next)]
        )
        running = _running(self._of_simple)
        moved = self._moved.copy()
        moved[[_NEW, _CHURNED]] += running[:, self._next] - running[:, self._first]
        known = self._known[:, np.newaxis]
        return (level * known).astype(np.int64), (moved * known).astype(np.int64)

    def _inside(
        self, begins: Slots, ends: Slots, cell: Codes | None, amount: Amounts
    ) -> NDArray[np.float64]:
        """What begins and ends within one period."""
        found = np.zeros((self._periods, self._cells))
        short = np.flatnonzero((begins > 0) & (ends < self._slots - 1))
        for table in self._period_of_slot:
            period = table[begins[short]]
            both = (period >= 0) & (period == table[ends[short]])
            rows = short[both]
            own = None if cell is None else cell[rows]
            found += self._sum(period[both], own, amount[rows], self._periods)
        return found

    def _add_others(
        self, columns: Columns, paid: Revenue, simple: Mask, cells: Codes | None
    ) -> None:
        """The movements of those who have several stays, or pay by several rows."""
        rows = np.flatnonzero(~simple)
        if not len(rows):
            return
        stays = np.flatnonzero(np.isin(columns.customer, paid.customer[rows]))
        who = np.concatenate([columns.customer[stays]] * 2 + [paid.customer[rows]] * 2)
        slot = np.concatenate(
            [
                self._slot(columns.since[stays]),
                self._slot(columns.until[stays]),
                self._slot(paid.since[rows]),
                self._slot(paid.until[rows]),
            ]
        )
        order = np.argsort(who.astype(np.int64) * self._slots + slot, kind="stable")
        who, slot = who[order], slot[order]
        one, none = np.ones(len(stays), np.int64), np.zeros(len(stays), np.int64)
        amount, pays = paid.amount[rows], (paid.amount[rows] > 0).astype(np.int64)
        nought = np.zeros_like(amount)
        # There, ever there, pays, ever paid: how each event changes it.
        change = np.array(
            [
                np.concatenate([one, -one, nought, nought]),
                np.concatenate([one, none, nought, nought]),
                np.concatenate([none, none, amount, -amount]),
                np.concatenate([none, none, pays, nought]),
            ]
        )[:, order]
        total = np.zeros((4, len(who) + 1), np.int64)
        np.cumsum(change, axis=1, out=total[:, 1:])
        newcomer = np.append(True, who[1:] != who[:-1])
        begin = np.flatnonzero(newcomer)
        own = np.cumsum(newcomer) - 1
        cell = None
        if cells is not None:
            cell = cells[stays_of(columns, who[begin])[0]]
        for table in self._period_of_slot:
            period = table[slot]
            edges = np.flatnonzero(newcomer[1:] | (period[1:] != period[:-1])) + 1
            starts = np.concatenate([[0], edges])
            stops = np.concatenate([edges, [len(who)]])
            some = period[starts] >= 0
            starts, stops = starts[some], stops[some]
            before = total[:, starts] - total[:, begin[own[starts]]]
            after = total[:, stops] - total[:, begin[own[starts]]]
            movement = _movement(before, after)
            index = movement * self._periods + period[starts]
            self._moved += self._sum(
                index,
                None if cell is None else cell[own[starts]],
                np.abs(after[2] - before[2]),
                6 * self._periods,
            ).reshape(self._moved.shape)

    def _slot(self, days: Days) -> Slots:
        return self._slot_of_day[np.clip(days, self._low, self._high) - self._low]

    def _sum(
        self, index: Slots, cell: Codes | None, amount: Amounts, size: int
    ) -> NDArray[np.float64]:
        """Sums by index and cell: (size, cells). They are exact up to 2^53 parts."""
        key = index if cell is None else index * self._cells + cell
        sums = np.bincount(key, amount, size * self._cells).astype(np.float64, copy=False)
        return sums.reshape(size, self._cells)

    def _table(self, periods: list[int]) -> Slots:
        """The period of each slot, or -1."""
        table = np.full(self._slots, -1, np.intp)
        for period in periods:
            table[self._first[period] : self._next[period]] = period
        return table


def _movement(before: Grid, after: Grid) -> Slots:
    was_there, ever_there, paid, ever_paid = before
    is_there, _, pays, _ = after
    kept = (was_there > 0) & (is_there > 0)
    gained = (was_there == 0) & (is_there > 0)
    begins = kept & (paid == 0) & (pays > 0)
    return np.select(
        [
            (was_there > 0) & (is_there == 0),
            (gained & (ever_there == 0)) | (begins & (ever_paid == 0)),
            gained | begins,
            kept & (pays > paid),
            kept & (pays < paid),
        ],
        [_CHURNED, _NEW, _REACTIVATED, _EXPANSION, _CONTRACTION],
        _NOTHING,
    )


def _rows_of(revenue: Revenue, columns: Columns) -> Revenue:
    """The rows of these customers, who are a run of all of them."""
    rows = slice(
        int(np.searchsorted(revenue.customer, columns.customer[0], side="left")),
        int(np.searchsorted(revenue.customer, columns.customer[-1], side="right")),
    )
    return replace(
        revenue,
        customer=revenue.customer[rows],
        since=revenue.since[rows],
        until=revenue.until[rows],
        amount=revenue.amount[rows],
        currency=revenue.currency[rows],
    )


def _only_stay(columns: Columns, paid: Revenue) -> tuple[Slots, Mask]:
    """The first stay of each row's customer; and whether it is their only one, paid throughout by
    this row alone."""
    stay, count = stays_of(columns, paid.customer)
    simple = count == 1
    simple &= (columns.since[stay] == paid.since) & (columns.until[stay] == paid.until)
    same = paid.customer[1:] == paid.customer[:-1]
    simple[1:] &= ~same
    simple[:-1] &= ~same
    return stay, simple


def _running(moves: NDArray[np.float64]) -> NDArray[np.float64]:
    """At [i]: what moved in the slots before slot i."""
    running = np.zeros((2, moves.shape[1] + 1, moves.shape[2]))
    np.cumsum(moves, axis=1, out=running[:, 1:])
    return running
