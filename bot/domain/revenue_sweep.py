"""Revenue movements of many periods and cells in one pass: `movements`, but counted only.

What customers pay is cut into pieces: parts of their stays in which it is the same. Pieces are
counted as stays are in `sweep`, by their amounts. Where a piece ends and another of the customer
begins in one period, nobody came or went, and the two amounts say what moved.
"""

from collections.abc import Mapping
from dataclasses import dataclass, fields, replace

import numpy as np
from numpy.typing import NDArray

from bot.domain.columns import Amounts, Codes, Columns, Days, Mask, Revenue
from bot.domain.period import day_number
from bot.domain.retention import CountsGrid
from bot.domain.revenue import NO_RATES, RevenueSums, in_one_currency, rows_in_stays, rows_of
from bot.domain.timeline import Days64, Places, Slots, Spells, Table, Timeline, runs_of_customers

Grid = NDArray[np.int64]
Sums = NDArray[np.float64]


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
    first = np.array([day_number(period.first) for period in of.periods], np.int64)
    next_ = np.array([day_number(last) + 1 for last in of.measured_on], np.int64)
    summing = _Summing(Timeline(first, next_, of.opening.shape[1]))
    for run in runs_of_customers(columns.customer):
        part = replace(
            columns,
            customer=columns.customer[run],
            since=columns.since[run],
            until=columns.until[run],
        )
        pieces = _pieces(part, rows_of(revenue, part))
        summing.add(pieces, None if cells is None else cells[run][pieces.stay])
    known = of.known[:, np.newaxis]
    return RevenueGrid(
        of,
        revenue.currencies[0] if revenue.currencies else None,
        **{name: (sums * known).astype(np.int64) for name, sums in summing.sums().items()},
    )


class _Summing:
    """What was summed up of the customers so far."""

    def __init__(self, timeline: Timeline) -> None:
        self._timeline = timeline
        in_slots, in_periods = (
            (size, timeline.cells) for size in (timeline.slots, timeline.periods)
        )
        self._begun = np.zeros(in_slots)
        self._begun_again = np.zeros(in_slots)
        """By pieces that are not their customer's first."""
        self._ended = np.zeros(in_slots)
        self._inside = np.zeros(in_periods)
        """By pieces that begin and end in the period."""
        self._inside_again = np.zeros(in_periods)
        self._kept_before = np.zeros(in_periods)
        """By those who were kept, in the piece that ended in the period."""
        self._kept_after = np.zeros(in_periods)
        """By the same, in the piece that began in it."""
        self._rejoined = np.zeros(in_periods)
        """By who first joined in the period and did not stay as they were."""
        self._of_kept = np.zeros((4, *in_periods))
        """New, reactivated, expansion, contraction."""

    def add(self, pieces: "_Pieces", cell: Codes | None) -> None:
        """Sum up some pieces, which are all that their customers have."""
        timeline, amount = self._timeline, pieces.amount
        spells = Spells(timeline, pieces.customer, pieces.since, pieces.until)
        again = spells.again
        self._begun += timeline.sum(spells.begins, cell, amount, timeline.slots)
        self._begun_again += timeline.sum(
            spells.begins[again], _of(cell, again), amount[again], timeline.slots
        )
        self._ended += timeline.sum(spells.ends, cell, amount, timeline.slots)
        for table in timeline.tables:
            row, period = spells.inside(table)
            again = np.flatnonzero(spells.is_again[row])
            self._inside += self._sum(period, _of(cell, row), amount[row])
            row, period = row[again], period[again]
            self._inside_again += self._sum(period, _of(cell, row), amount[row])
            self._add_returns(pieces, spells, table, cell)

    def sums(self) -> dict[str, Sums]:
        timeline = self._timeline
        opening, closing = timeline.at_edges(self._begun - self._ended)
        came = timeline.in_periods(self._begun) - self._inside - self._kept_after
        came_again = timeline.in_periods(self._begun_again) - self._inside_again - self._kept_after
        came_again -= self._rejoined
        new, reactivated, expansion, contraction = self._of_kept
        return {
            "opening": opening,
            "closing": closing,
            "new": came - came_again + new,
            "reactivated": came_again + reactivated,
            "expansion": expansion,
            "contraction": contraction,
            "churned": timeline.in_periods(self._ended) - self._inside - self._kept_before,
        }

    def _add_returns(
        self, pieces: "_Pieces", spells: Spells, table: Table, cell: Codes | None
    ) -> None:
        found = spells.returns(table)
        joined, kept = np.flatnonzero(found.joined), np.flatnonzero(found.kept)
        row, period = found.row[joined], found.period[joined]
        self._rejoined += self._sum(period, _of(cell, row), pieces.amount[row])

        row, period, before = found.row[kept], found.period[kept], found.before[kept]
        paid, pays, own = pieces.amount[before], pieces.amount[row], _of(cell, row)
        self._kept_before += self._sum(period, own, paid)
        self._kept_after += self._sum(period, own, pays)
        begins = (paid == 0) & (pays > 0)
        paid_earlier = np.zeros(len(row), np.bool_)
        paid_earlier[begins] = pieces.ever_paid(before[begins])
        for to, which in zip(
            self._of_kept,
            (begins & ~paid_earlier, begins & paid_earlier, ~begins & (pays > paid), pays < paid),
            strict=True,
        ):
            change = np.abs(pays - paid)[which]
            to += self._sum(period[which], None if own is None else own[which], change)

    def _sum(self, period: Slots, cell: Codes | None, amount: Amounts) -> Sums:
        return self._timeline.sum(period, cell, amount, self._timeline.periods)


@dataclass(frozen=True, eq=False, slots=True)
class _Pieces:
    """Parts of stays, all of them together, in which the same is paid: by customer, then since."""

    stay: Places | slice
    """Of each piece the row of its stay; a slice where these are one and the same."""
    customer: Codes
    since: Days
    until: Days
    amount: Amounts

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


def _of(cell: Codes | None, row: Places) -> Codes | None:
    return None if cell is None else cell[row]
