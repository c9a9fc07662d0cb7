"""Who was kept, who was lost, who is new: the customer retention rate over identities."""

from collections.abc import Sequence
from dataclasses import dataclass, fields
from datetime import date

import numpy as np
from numpy.typing import NDArray

from bot.domain.columns import Codes, Columns, Mask
from bot.domain.period import Period, SoFar, day_number, from_day_number, so_far
from bot.domain.sweep import sweep
from bot.domain.timeline import Grid, Timeline
from bot.errors import Misunderstood, Sentence


class Unknown(Misunderstood):
    """We can't tell who was a customer then, which is neither 0 % nor 100 %."""


@dataclass(frozen=True, slots=True)
class Counts:
    """The numbers of one period."""

    opening: int
    closing: int
    kept: int
    lost: int
    new: int
    won_back: int
    early_losses: int

    @property
    def crr(self) -> float | None:
        """kept / opening, a fraction; None when there was nobody to keep."""
        return self.kept / self.opening if self.opening else None

    @property
    def churn(self) -> float | None:
        """lost / opening, a fraction: what is left of 1 beside the CRR."""
        return self.lost / self.opening if self.opening else None


@dataclass(frozen=True, eq=False, slots=True)
class Retention:
    """Who makes up the numbers of one period: sorted codes of customers, each at most once."""

    period: Period
    measured_on: date
    """The day whose customers are `closing`: the last of the period, or the newest that is known
    while the period has not ended or the source has not been pulled since."""
    opening: Codes
    closing: Codes
    kept: Codes
    lost: Codes
    new: Codes
    won_back: Codes
    early_losses: Codes

    @property
    def counts(self) -> Counts:
        return Counts(
            opening=len(self.opening),
            closing=len(self.closing),
            kept=len(self.kept),
            lost=len(self.lost),
            new=len(self.new),
            won_back=len(self.won_back),
            early_losses=len(self.early_losses),
        )

    @property
    def so_far(self) -> SoFar | None:
        """How far into the period the figures reach; None when they are of the whole of it."""
        return so_far(self.period, self.measured_on)


@dataclass(frozen=True, eq=False, slots=True)
class CountsGrid:
    """The numbers of many periods and cells: each array is of shape (periods, cells).

    Where `known` is false the arrays hold zeros that mean nothing: read them through `counts`.
    """

    periods: tuple[Period, ...]
    known: NDArray[np.bool_]
    """For each period, whether we can tell at all."""
    measured_on: tuple[date, ...]
    """For each period, the day whose customers are `closing`."""
    opening: Grid
    closing: Grid
    kept: Grid
    lost: Grid
    new: Grid
    won_back: Grid
    early_losses: Grid

    def counts(self, period: int, cell: int | None = None) -> Counts | None:
        """The numbers of one period (its index) and cell, of all cells together if that is None.

        None where they are not known.
        """
        if not self.known[period]:
            return None
        return Counts(
            **{
                name: int(row.sum() if cell is None else row[cell])
                for name, row in ((f.name, getattr(self, f.name)[period]) for f in fields(Counts))
            }
        )


@dataclass(frozen=True, eq=False, slots=True)
class Measured:
    """Many periods, and until which day each of them can be told."""

    periods: tuple[Period, ...]
    known: NDArray[np.bool_]
    """For each period, whether we can tell at all."""
    on: tuple[date, ...]
    """For each period, the day whose customers are in closing."""

    def timeline(self, cell_count: int) -> Timeline:
        return Timeline(
            np.array([day_number(period.first) for period in self.periods], np.int64),
            np.array([day_number(last) + 1 for last in self.on], np.int64),
            cell_count,
        )

    def grid(self, swept: Grid) -> CountsGrid:
        """Of what `sweep` found over this timeline."""
        opening, closing, lost, new, won_back, early_losses = swept * self.known[:, np.newaxis]
        return CountsGrid(
            periods=self.periods,
            known=self.known,
            measured_on=self.on,
            opening=opening,
            closing=closing,
            kept=opening - lost,
            lost=lost,
            new=new,
            won_back=won_back,
            early_losses=early_losses,
        )


def retention(
    columns: Columns, period: Period, *, today: date | None = None, within: Mask | None = None
) -> Retention:
    """Who was kept, lost and gained over one period, among the stays where `within` is true.

    Opening is who is a customer on the eve, closing who is one on the last day; who leaves and is
    back by then was kept. Of those in closing alone, who had no stay before the period is new, the
    others are won back. An early loss began a stay inside the period (perhaps one of no days) and
    is in neither list.

    A period that `today` has not seen the end of is measured on `today`, and one that reaches past
    the newest believed pull on the day that this knew. Raises `Unknown` where the eve lies before
    what the source can tell, or the period has not begun.
    """
    measured_on = _measured_on(columns, period, today)
    if isinstance(measured_on, Sentence):
        raise Unknown(measured_on)
    first, last = day_number(period.first), day_number(measured_on)
    customer, since, until = columns.customer, columns.since, columns.until

    began_before = since < first
    at_opening = began_before & (until >= first)
    at_closing = (since <= last) & (until > last)
    began_inside = ~began_before & (since <= last)
    if within is not None:
        at_opening &= within
        at_closing &= within
        began_inside &= within

    opening, closing = customer[at_opening], customer[at_closing]
    # Most stays cover both days; only the others need to be looked up among each other.
    ended, begun = customer[at_opening & ~at_closing], customer[at_closing & ~at_opening]
    returned = np.intersect1d(ended, begun, assume_unique=True)
    gained = np.setdiff1d(begun, returned, assume_unique=True)
    was_before = since[np.searchsorted(customer, gained)] < first
    joined = np.unique(customer[began_inside & ~at_closing])
    return Retention(
        period=period,
        measured_on=measured_on,
        opening=opening,
        closing=closing,
        kept=_merged(customer[at_opening & at_closing], returned),
        lost=np.setdiff1d(ended, returned, assume_unique=True),
        new=gained[~was_before],
        won_back=gained[was_before],
        early_losses=joined[~_among(joined, opening) & ~_among(joined, closing)],
    )


def refuse_before_all(columns: Columns, period: Period) -> None:
    """Raises `Unknown` for a period that was over before the first stay of all began: nothing is
    known of it, which is not the same as that nobody left."""
    begins = int(columns.since.min()) if len(columns) else None
    if begins is not None and day_number(period.last) < begins:
        raise Unknown(
            "Nobody is known to have been a customer before {first}. There are figures for periods"
            " that begin on {earliest} or later.",
            first=str(from_day_number(begins)),
            earliest=str(from_day_number(begins + 1)),
        )


def measured(columns: Columns, periods: Sequence[Period], today: date | None) -> Measured:
    found = [_measured_on(columns, period, today) for period in periods]
    return Measured(
        tuple(periods),
        np.array([isinstance(day, date) for day in found], dtype=np.bool_),
        tuple(
            day if isinstance(day, date) else period.last
            for day, period in zip(found, periods, strict=True)
        ),
    )


def retentions(
    columns: Columns,
    periods: Sequence[Period],
    *,
    today: date | None = None,
    cells: Codes | None = None,
    cell_count: int = 1,
) -> CountsGrid:
    """The numbers of many periods at once, split into cells, in one sweep over the stays.

    Each number is what `retention` counts. `cells` gives one code from 0 to `cell_count` - 1 for
    every row of `columns`, the same for all rows of a customer: a cell is what a customer is
    throughout. Periods may be of all kinds, overlap, and stand in any order.
    """
    asked = measured(columns, periods, today)
    return asked.grid(sweep(columns, asked.timeline(cell_count), cells=cells))


def crr_from_counts(start: int, end: int, new: int) -> float | None:
    """(end - new) / start, the formula of the trade; None when nobody was there at the start.

    It is the CRR only if `new` counts exactly those at the end who were not there at the start. A
    result above 1 proves that it does not (won-back customers were left out of it): an estimate
    to be shown with that warning. Raises Misunderstood for counts that cannot be counts.
    """
    if min(start, end, new) < 0:
        raise Misunderstood("Customers can't be fewer than none: give three numbers from 0 up.")
    if new > end:
        raise Misunderstood(
            "{new} new customers can't be among {end} at the end. The order is: at the start, at"
            " the end, and how many of those at the end are new.",
            new=new,
            end=end,
        )
    return (end - new) / start if start else None


def _measured_on(columns: Columns, period: Period, today: date | None) -> date | Sentence:
    """The day whose customers are in closing, or the sentence that says why there is none."""
    if columns.known_from is not None and day_number(period.eve) < columns.known_from:
        earliest = from_day_number(columns.known_from + 1)
        return Sentence(
            "Who was a customer on {day} is not known. There are figures for periods that begin on"
            " {earliest} or later.",
            day=str(period.eve),
            earliest=str(earliest),
        )
    if today is not None and today < period.first:
        return Sentence(
            "The period {first} to {last} has not begun: it is {today}.",
            first=str(period.first),
            last=str(period.last),
            today=str(today),
        )
    last = period.last if today is None else min(period.last, today)
    if columns.known_to is not None and day_number(last) > columns.known_to:
        last = from_day_number(columns.known_to)
        if last < period.first:
            return Sentence(
                "The newest data is of {newest}, before the period {first} to {last}. There will be"
                " figures after the next pull.",
                newest=str(last),
                first=str(period.first),
                last=str(period.last),
            )
    return last


def _merged(some: Codes, others: Codes) -> Codes:
    """All of both, sorted; no customer is in both."""
    if not len(others):
        return some
    return np.insert(some, np.searchsorted(some, others), others)


def _among(codes: Codes, everyone: Codes) -> Mask:
    """Which of `codes` are in `everyone`; both sorted."""
    if not len(everyone):
        return np.zeros(len(codes), np.bool_)
    places = np.minimum(np.searchsorted(everyone, codes), len(everyone) - 1)
    found: Mask = everyone[places] == codes
    return found
