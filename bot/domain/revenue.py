"""Monthly recurring revenue (MRR): what the customers of the opening pay later, and why it moved.

Who is a customer is told by the stays, never by the amounts: MRR counts on days as a customer.
Amounts are whole numbers of parts (see `columns.PARTS`), so that sums are exact and movements add
up to what they move.
"""

import math
from collections.abc import Mapping
from dataclasses import dataclass, replace
from datetime import date
from enum import StrEnum

import numpy as np
from numpy.typing import NDArray

from bot.domain.columns import Amounts, Codes, Columns, Days, Mask, Revenue
from bot.domain.period import Period, SoFar, day_number
from bot.domain.retention import Retention, retention
from bot.errors import ConfigError, Sentence

Places = NDArray[np.intp]

NO_RATES: Mapping[str, float] = {}

_DIGITS = {
    0: "BIF CLP DJF GNF ISK JPY KMF KRW PYG RWF UGX UYI VND VUV XAF XOF XPF",
    3: "BHD IQD JOD KWD LYD OMR TND",
    4: "CLF UYW",
}
"""How many decimal places a currency has where these are not two: ISO 4217, list one."""


class RatesMissing(ConfigError):
    """Amounts of several currencies that nobody told us how to add."""

    def __init__(self, missing: tuple[str, ...], sentence: str, /, **values: str) -> None:
        super().__init__(sentence, **values)
        self.missing = missing


class Movement(StrEnum):
    """What became of what one customer pays."""

    NEW = "new"
    REACTIVATED = "reactivated"
    EXPANSION = "expansion"
    CONTRACTION = "contraction"
    CHURNED = "churned"
    UNCHANGED = "unchanged"


MOVEMENTS = tuple(Movement)


@dataclass(frozen=True, slots=True)
class RevenueSums:
    """A month's worth, in parts of the currency; each is 0 or more.

    closing = opening + new + reactivated + expansion - contraction - churned.
    """

    opening: int
    """What the customers of the opening paid on the eve."""
    closing: int
    """What the customers of the closing pay on the day that it is measured on."""
    new: int
    """Paid at closing by who is new, or was a customer on the eve and had never paid."""
    reactivated: int
    """Paid at closing by who was won back, or was a customer on the eve who had paid before but
    paid nothing then."""
    expansion: int
    """By how much more those pay who paid on the eve and were kept."""
    contraction: int
    """By how much less those pay who paid on the eve and were kept, be it nothing now."""
    churned: int
    """What those who were lost paid on the eve."""

    @property
    def nrr(self) -> float | None:
        """Net revenue retention: what those who paid on the eve pay at closing / what they paid.

        (opening + expansion - contraction - churned) / opening. What is new or reactivated is not
        in it, as with Baremetrics; ChartMogul counts reactivation too. None if nothing was paid.
        """
        return (self._kept + self.expansion) / self.opening if self.opening else None

    @property
    def grr(self) -> float | None:
        """Gross revenue retention: as `nrr`, but nobody counts for more than they paid on the eve.

        (opening - contraction - churned) / opening, from 0 to 1. None if nothing was paid.
        """
        return self._kept / self.opening if self.opening else None

    @property
    def _kept(self) -> int:
        return self.opening - self.contraction - self.churned


@dataclass(frozen=True, eq=False, slots=True)
class RevenueMovements:
    """What every customer of the opening or the closing paid then and pays now."""

    of: Retention
    currency: str | None
    """None where nobody ever paid."""
    customer: Codes
    """Sorted."""
    before: Amounts
    """On the eve; 0 for who was not a customer then."""
    after: Amounts
    """On the day that it is measured on; 0 for who is not a customer then."""
    movement: Codes
    """Index into `MOVEMENTS`."""
    unattached: Codes
    """Who pays on one of the two days and is no customer on it: in none of the sums."""

    @property
    def so_far(self) -> SoFar | None:
        return self.of.so_far

    @property
    def sums(self) -> RevenueSums:
        change = np.abs(self.after - self.before)
        moved = {what: int(change[self._is(what)].sum()) for what in MOVEMENTS}
        return RevenueSums(
            opening=int(self.before.sum()),
            closing=int(self.after.sum()),
            new=moved[Movement.NEW],
            reactivated=moved[Movement.REACTIVATED],
            expansion=moved[Movement.EXPANSION],
            contraction=moved[Movement.CONTRACTION],
            churned=moved[Movement.CHURNED],
        )

    def who(self, movement: Movement) -> Codes:
        """The customers of one movement, those with the largest change first."""
        rows = np.flatnonzero(self._is(movement))
        change = np.abs(self.after[rows] - self.before[rows])
        return self.customer[rows[np.argsort(-change, kind="stable")]]

    def _is(self, movement: Movement) -> Mask:
        found: Mask = self.movement == MOVEMENTS.index(movement)
        return found


def movements(
    columns: Columns,
    period: Period,
    *,
    today: date | None = None,
    currency: str | None = None,
    rates: Mapping[str, float] = NO_RATES,
    within: Mask | None = None,
) -> RevenueMovements | None:
    """What the customers of `retention` for the same arguments pay; None where no amounts are told.

    Both ends are days, the eve and the day that the figure is measured on: what changes and
    changes back between them moves nothing. Customers without revenue, or with 0, are customers
    who pay 0. Raises RatesMissing for several currencies without rates, Unknown as `retention`.
    """
    if columns.revenue is None:
        return None
    revenue = in_one_currency(columns.revenue, currency, rates)
    of = retention(columns, period, today=today, within=within)
    everyone = np.sort(np.concatenate([of.opening, of.new, of.won_back]), kind="stable")
    eve, last = day_number(period.eve), day_number(of.measured_on)
    on_eve, on_last = mrr(revenue, eve), mrr(revenue, last)
    unattached = np.union1d(
        np.setdiff1d(on_eve.customer, of.opening, assume_unique=True),
        np.setdiff1d(on_last.customer, of.closing, assume_unique=True),
    )
    if within is not None:
        unattached = np.intersect1d(unattached, columns.customer[within])
    was_there, is_there = _among(everyone, of.opening), _among(everyone, of.closing)
    before, after = on_eve.of(everyone) * was_there, on_last.of(everyone) * is_there
    free = everyone[was_there & (before == 0) & (after > 0)]
    paid_earlier = _among(everyone, _who_paid(revenue, columns, free, eve))
    again = np.where(was_there, paid_earlier, _among(everyone, of.won_back))
    return RevenueMovements(
        of=of,
        currency=revenue.currencies[0] if revenue.currencies else None,
        customer=everyone,
        before=before,
        after=after,
        movement=_movement(before, after, is_there=is_there, again=again),
        unattached=unattached,
    )


def _who_paid(revenue: Revenue, columns: Columns, customers: Codes, day: int) -> Codes:
    """Who of the customers ever paid, on that day or before it, as a customer."""
    rows = np.isin(revenue.customer, customers) & (revenue.amount > 0) & (revenue.since <= day)
    some = replace(
        revenue,
        customer=revenue.customer[rows],
        since=revenue.since[rows],
        until=revenue.until[rows],
        amount=revenue.amount[rows],
        currency=revenue.currency[rows],
    )
    during = during_stays(some, columns)
    return np.unique(during.customer[during.since <= day])


def _movement(before: Amounts, after: Amounts, *, is_there: Mask, again: Mask) -> Codes:
    begins = (before == 0) & (after > 0)
    found = [
        (Movement.NEW, begins & ~again),
        (Movement.REACTIVATED, begins & again),
        (Movement.EXPANSION, (before > 0) & (after > before)),
        (Movement.CONTRACTION, is_there & (after < before)),
        (Movement.CHURNED, ~is_there & (before > 0)),
    ]
    return np.select(
        [mask for _, mask in found],
        [np.int32(MOVEMENTS.index(movement)) for movement, _ in found],
        np.int32(MOVEMENTS.index(Movement.UNCHANGED)),
    )


@dataclass(frozen=True, eq=False, slots=True)
class Payers:
    """Who pays on one day, and how much."""

    customer: Codes
    """Sorted; only who pays more than 0."""
    amount: Amounts

    def of(self, customers: Codes) -> Amounts:
        """What each of these pays; 0 for who is not among the payers."""
        if not len(self.customer):
            return np.zeros(len(customers), np.int64)
        place = np.minimum(np.searchsorted(self.customer, customers), len(self.customer) - 1)
        return np.where(self.customer[place] == customers, self.amount[place], 0)


def mrr(revenue: Revenue, day: int) -> Payers:
    """The sum of the rows that cover the day, by customer; all in one currency."""
    covers = (revenue.since <= day) & (revenue.until > day) & (revenue.amount > 0)
    customer, amount = revenue.customer[covers], revenue.amount[covers]
    if not len(customer):
        return Payers(customer, amount)
    starts = np.flatnonzero(np.append(True, customer[1:] != customer[:-1]))
    return Payers(customer[starts], np.add.reduceat(amount, starts))


def in_one_currency(
    revenue: Revenue, currency: str | None = None, rates: Mapping[str, float] = NO_RATES
) -> Revenue:
    """All amounts in `currency`, or in the only one that there is if that is None.

    A rate says how many of `currency` one of the other is worth, in the units that people say: 0.9
    for 1 USD in EUR, 0.006 for 1 JPY. Each amount is rounded once, to the nearest part. One rate
    holds for all of time, so that a change of rates is no change of revenue. Raises RatesMissing,
    with the currencies for which there is no rate.
    """
    names = _used(revenue)
    if currency is None:
        if len(names) > 1:
            raise RatesMissing(
                tuple(names),
                "Revenue comes in {names}, which can't be added up as they are. Set"
                " definition.rates in config.yaml: 1 for the currency to add them up in, and what"
                " one of each other is worth in it.",
                names=_and(names),
            )
        currency = names[0] if names else None
    if currency is None:
        return replace(revenue, currencies=())
    missing = [name for name in names if name != currency and name not in rates]
    if missing:
        raise RatesMissing(
            tuple(missing),
            "Revenue in {names} can't be added up in {currency} without a rate. Set in"
            " definition.rates of config.yaml how many {currency} one {missing} is worth.",
            names=_and(missing),
            currency=currency,
            missing=missing[0],
        )
    factor = np.array(
        [_factor(name, currency, rates) for name in revenue.currencies], dtype=np.float64
    )
    amount = revenue.amount
    if names != [currency]:
        amount = np.rint(amount * factor[revenue.currency]).astype(np.int64)
    return replace(
        revenue,
        amount=amount,
        currency=np.zeros_like(revenue.currency),
        currencies=(currency,),
    )


def during_stays(revenue: Revenue, columns: Columns) -> Revenue:
    """The rows cut to the days on which their customer is one; what lies outside is left out."""
    row, _, since, until = rows_in_stays(revenue, columns)
    return replace(
        revenue,
        customer=revenue.customer[row],
        since=since,
        until=until,
        amount=revenue.amount[row],
        currency=revenue.currency[row],
    )


def rows_in_stays(revenue: Revenue, columns: Columns) -> tuple[Places, Places, Days, Days]:
    """Rows of revenue, the stays that they are paid in, and the days on which they are both.

    Sorted by stay, then since. A row that spans two stays comes twice, one outside of all not.
    """
    low, count = stays_of(columns, revenue.customer)
    begins = np.cumsum(count) - count
    # As np.repeat(..., count), which is five times as slow.
    total = int(count.sum())
    row = np.cumsum(np.bincount(begins, minlength=total + 1)[:total]) - 1
    stay = np.arange(total) + (low - begins)[row]
    since = np.maximum(revenue.since[row], columns.since[stay])
    until = np.minimum(revenue.until[row], columns.until[stay])
    some = np.flatnonzero(since < until)
    row, stay, since, until = row[some], stay[some], since[some], until[some]
    key = (stay << 32) + since
    if (key[1:] < key[:-1]).any():
        order = np.argsort(key, kind="stable")
        row, stay, since, until = row[order], stay[order], since[order], until[order]
    return row, stay, since, until


def rows_of(revenue: Revenue, columns: Columns) -> Revenue:
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


def stays_of(columns: Columns, customers: Codes) -> tuple[Places, Places]:
    """For each of these customers, where in the columns their stays begin, and how many there are.

    Customers are numbered as they come, so that a table of all numbers is small, and ten times as
    quick as a search; where the numbers have large gaps it is a search.
    """
    everyone = columns.customer
    numbers = int(everyone[-1]) - int(everyone[0]) + 1 if len(everyone) else 0
    if numbers > 8 * len(everyone) or not numbers:
        low = np.searchsorted(everyone, customers, side="left")
        return low, np.searchsorted(everyone, customers, side="right") - low
    counts = np.bincount(everyone - everyone[0], minlength=numbers + 1)
    begins = np.cumsum(counts) - counts
    known = (customers >= everyone[0]) & (customers <= everyone[-1])
    place = np.where(known, customers - everyone[0], numbers)
    return begins[place], counts[place]


def decimals(currency: str) -> int:
    """How many decimal places amounts of a currency are written with."""
    return next((digits for digits, names in _DIGITS.items() if currency in names.split()), 2)


def _among(customers: Codes, some: Codes) -> Mask:
    return np.isin(customers, some, assume_unique=True)


def _used(revenue: Revenue) -> list[str]:
    """The currencies that there are rows in."""
    if len(revenue.currencies) < 2:
        return list(revenue.currencies) if len(revenue) else []
    codes = np.flatnonzero(np.bincount(revenue.currency)).tolist()
    return sorted({revenue.currencies[code] for code in codes})


def _factor(name: str, currency: str, rates: Mapping[str, float]) -> float:
    """How many of `currency` one of `name` is worth."""
    if name == currency:
        return 1.0
    if name not in rates:
        return 0.0  # no row has it, or it would have been missed
    rate = rates[name]
    if not 0 < rate < math.inf:
        raise ConfigError(f"The rate of {name} must be a number above 0, not {rate}.")
    return float(rate)


def _and(names: list[str]) -> str:
    if len(names) == 1:
        return names[0]
    return Sentence("{names} and {last}", names=", ".join(names[:-1]), last=names[-1])
