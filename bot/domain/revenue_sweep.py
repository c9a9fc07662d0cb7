"""Revenue movements of many periods and cells in one pass: `movements`, but counted only.

What customers pay is cut into pieces: parts of their stays in which it is the same. Pieces are
counted as stays are in `sweep`, by their amounts. Where a piece ends and another of the customer
begins in one period, nobody came or went, and the two amounts say what moved.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, fields
from datetime import date

import numpy as np

from bot.domain.columns import Amounts, Codes, Columns, Days, Mask, Revenue
from bot.domain.period import Period
from bot.domain.retention import CountsGrid, measured, retentions
from bot.domain.revenue import NO_RATES, RevenueSums, in_one_currency, rows_in_stays, rows_of
from bot.domain.sweep import sweep
from bot.domain.timeline import (
    Days64,
    Grid,
    Inside,
    Part,
    Places,
    Returns,
    Spells,
    Timeline,
    add,
    those,
)


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


def figures_grid(
    columns: Columns,
    periods: Sequence[Period],
    *,
    today: date | None = None,
    currency: str | None = None,
    rates: Mapping[str, float] = NO_RATES,
    cells: Codes | None = None,
    cell_count: int = 1,
) -> tuple[CountsGrid, RevenueGrid | None]:
    """What `retentions` counts and what `movements` sums up, for the same periods, days and cells.

    In one pass, because both look at the same stays; without amounts there is nothing to sum up.
    `cells` must be the same for all rows of a customer. Raises RatesMissing for several currencies
    without rates.
    """
    if columns.revenue is None:
        return retentions(columns, periods, today=today, cells=cells, cell_count=cell_count), None
    revenue = in_one_currency(columns.revenue, currency, rates)
    asked = measured(columns, periods, today)
    timeline = asked.timeline(cell_count)
    summing = _Summing(timeline, revenue)
    counted = asked.grid(sweep(columns, timeline, cells=cells, also=summing.add))
    known = asked.known[:, np.newaxis]
    return counted, RevenueGrid(
        counted,
        revenue.currencies[0] if revenue.currencies else None,
        **{name: sums * known for name, sums in summing.sums().items()},
    )


class _Summing:
    """What was summed up of the customers so far."""

    def __init__(self, timeline: Timeline, revenue: Revenue) -> None:
        self._timeline, self._revenue = timeline, revenue
        self._begun = timeline.in_slots()
        self._begun_again = timeline.in_slots()
        """By pieces that are not their customer's first."""
        self._ended = timeline.in_slots()
        self._inside = timeline.in_periods()
        """By pieces that begin and end in the period."""
        self._inside_again = timeline.in_periods()
        self._kept_before = timeline.in_periods()
        """By those who were kept, in the piece that ended in the period."""
        self._kept_after = timeline.in_periods()
        """By the same, in the piece that began in it."""
        self._rejoined = timeline.in_periods()
        """By who first joined in the period and did not stay as they were."""
        self._new = timeline.in_periods()
        """By those who were kept, and so are the next three."""
        self._reactivated = timeline.in_periods()
        self._expansion = timeline.in_periods()
        self._contraction = timeline.in_periods()

    def add(self, part: Part) -> None:
        """Sum up what some of the customers pay."""
        pieces = _pieces(part.columns, rows_of(self._revenue, part.columns))
        amount, spells = pieces.amount, pieces.spells(self._timeline, part)
        spells.add_begun(self._begun, amount)
        spells.add_begun_again(self._begun_again, amount)
        spells.add_ended(self._ended, amount)
        for inside, returns in spells.in_tables:
            self._add_inside(inside, spells.at(inside.row, inside.period), amount)
            self._add_returns(returns, pieces, spells)

    def sums(self) -> dict[str, Grid]:
        timeline = self._timeline
        opening, closing = timeline.at_edges(self._begun - self._ended)
        came = timeline.moved(self._begun) - self._inside - self._kept_after
        came_again = timeline.moved(self._begun_again) - self._inside_again - self._kept_after
        came_again -= self._rejoined
        return {
            "opening": opening,
            "closing": closing,
            "new": came - came_again + self._new,
            "reactivated": came_again + self._reactivated,
            "expansion": self._expansion,
            "contraction": self._contraction,
            "churned": timeline.moved(self._ended) - self._inside - self._kept_before,
        }

    def _add_inside(self, found: Inside, at: Places, amount: Amounts) -> None:
        add(self._inside, at, amount.take(found.row))
        again = np.flatnonzero(found.again)
        add(self._inside_again, at.take(again), amount.take(found.row.take(again)))

    def _add_returns(self, found: Returns, pieces: "_Pieces", spells: Spells) -> None:
        joined, kept = np.flatnonzero(found.joined), np.flatnonzero(found.kept)
        row = found.row.take(joined)
        at = spells.at(row, found.period.take(joined))
        add(self._rejoined, at, pieces.amount.take(row))

        row, before = found.row.take(kept), found.before.take(kept)
        at = spells.at(row, found.period.take(kept))
        paid, pays = pieces.amount.take(before), pieces.amount.take(row)
        add(self._kept_before, at, paid)
        add(self._kept_after, at, pays)
        add(self._contraction, at, np.maximum(paid - pays, 0))
        expansion = np.maximum(pays - paid, 0)
        begins = np.flatnonzero((paid == 0) & (pays > 0))
        paid_earlier = pieces.ever_paid(before.take(begins))
        for to, which in ((self._new, ~paid_earlier), (self._reactivated, paid_earlier)):
            some = those(begins, which)
            add(to, at.take(some), pays.take(some))
        expansion[begins] = 0
        add(self._expansion, at, expansion)


@dataclass(frozen=True, eq=False, slots=True)
class _Pieces:
    """Parts of stays, all of them together, in which the same is paid: by customer, then since."""

    stay: Places | slice
    """Of each piece the row of its stay; a slice where these are one and the same."""
    customer: Codes
    since: Days
    until: Days
    amount: Amounts

    def spells(self, timeline: Timeline, part: Part) -> Spells:
        if isinstance(self.stay, slice):
            return part.stays
        cell = None if part.cell is None else part.cell[self.stay]
        return Spells(timeline, self.customer, self.since, self.until, cell)

    def ever_paid(self, row: Places) -> Mask:
        """Whether the customer paid in this piece or one before it."""
        if not len(row):
            return np.zeros(0, np.bool_)
        paying = np.append(0, np.cumsum(self.amount > 0))
        first = np.searchsorted(self.customer, self.customer[row], side="left")
        ever: Mask = paying[row + 1] > paying[first]
        return ever


def _pieces(columns: Columns, revenue: Revenue) -> _Pieces:
    # Where each stay comes with one amount, the two are the same rows.
    if (
        np.array_equal(revenue.customer, columns.customer)
        and np.array_equal(revenue.since, columns.since)
        and np.array_equal(revenue.until, columns.until)
    ):
        return _Pieces(slice(None), revenue.customer, revenue.since, revenue.until, revenue.amount)
    row, stay, since, until = rows_in_stays(revenue, columns)
    amount = revenue.amount[row]
    unpaid = np.ones(len(columns), np.bool_)
    unpaid[stay] = False
    uneven = np.zeros(len(columns), np.bool_)
    uneven[stay[~_on_time(columns, stay, since, until)]] = True
    if unpaid.any() or uneven.any():
        free, some = np.flatnonzero(unpaid), uneven[stay]
        cut = _evened(columns, uneven, stay[some], since[some], until[some], amount[some])
        stay = np.concatenate([stay[~some], free, cut[0]])
        since = np.concatenate([since[~some], columns.since[free], cut[1]])
        until = np.concatenate([until[~some], columns.until[free], cut[2]])
        amount = np.concatenate([amount[~some], np.zeros(len(free), np.int64), cut[3]])
        order = np.argsort(_key(stay, since), kind="stable")
        stay, since, until, amount = stay[order], since[order], until[order], amount[order]
    return _Pieces(stay, columns.customer[stay], since, until, amount)


def _on_time(columns: Columns, stay: Places, since: Days, until: Days) -> Mask:
    """Whether each row begins as the one before ends, and the first and last of a stay with it.

    Where all rows of a stay do, they neither overlap nor leave a day out.
    """
    first = np.append(True, stay[1:] != stay[:-1])[: len(stay)]
    last = np.append(first[1:], True)[: len(stay)]
    begins = since == np.where(first, columns.since[stay], np.roll(until, 1))
    on_time: Mask = begins & (~last | (until == columns.until[stay]))
    return on_time


def _evened(
    columns: Columns,
    which: Mask,
    stay: Places,
    since: Days,
    until: Days,
    amount: Amounts,
) -> tuple[Places, Days, Days, Amounts]:
    """Pieces of stays whose rows overlap or leave days out: cut wherever anything changes."""
    whole = np.flatnonzero(which)
    nought = np.zeros(len(whole), np.int64)
    who = np.concatenate([whole, whole, stay, stay])
    day = np.concatenate([columns.since[whole], columns.until[whole], since, until])
    change = np.concatenate([nought, nought, amount, -amount])
    order = np.argsort(_key(who, day), kind="stable")
    who, day, pays = who[order], day[order], np.cumsum(change[order])
    real = np.flatnonzero((who[1:] == who[:-1]) & (day[1:] > day[:-1]))
    return who[real], day[real], day[real + 1], pays[real]


def _key(stay: Places, day: Days) -> Days64:
    """One number that sorts by stay, then day."""
    return (stay.astype(np.int64) << 32) + day
