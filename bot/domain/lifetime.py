"""How long customers stay, and how many buy again.

Lifetimes are estimated by Kaplan and Meier's product limit, because most stays have not ended:
leaving those out, or taking them as ended today, makes customers seem to stay too short.

- E. L. Kaplan, P. Meier: Nonparametric Estimation from Incomplete Observations, JASA 53 (1958).
- The interval of a share: Greenwood's variance on the log(-log) scale, which keeps it within 0..1:
  J. P. Klein, M. L. Moeschberger: Survival Analysis, 2nd ed. (2003), section 4.3.
- The interval of the median: R. Brookmeyer, J. Crowley, Biometrics 38 (1982), on the same scale;
  Klein and Moeschberger, section 4.5.
- Stays that began before we could see them: left truncation, section 4.6 there.
"""

from dataclasses import dataclass
from datetime import date
from statistics import NormalDist

import numpy as np
from numpy.typing import NDArray

from bot.domain.columns import Codes, Columns, Mask, Occasions
from bot.domain.period import day_number, from_day_number

YEAR = 366
"""Days after which a customer has stayed for twelve months: who is a customer on this day has gone
past the end of a year's contract, be there a 29 February in it or not."""

_TIE = 1e-9
"""Survival that differs from one half by less is one half: products of shares are not exact."""

Ages = NDArray[np.int64]
Shares = NDArray[np.float64]


@dataclass(frozen=True, slots=True)
class Share:
    """An estimate from 0 to 1 and its confidence interval."""

    value: float
    low: float | None
    high: float | None
    """Both None where nobody or everybody has left: the formula then has nothing to go by."""


@dataclass(frozen=True, slots=True)
class Median:
    """The day of their stay by which half of the customers have left."""

    days: int | None
    """None while more than half stay for as long as we can see."""
    low: int | None
    high: int | None
    """None where that end of the interval lies further on than we can see."""


@dataclass(frozen=True, eq=False, slots=True)
class Lifetime:
    """The survival curve; it falls at each of `age` and is level between."""

    age: Ages
    """The lengths of stays that ended, in days, ascending."""
    at_risk: Ages
    """Stays that were seen at that age and had not ended before it."""
    ended: Ages
    """Stays that ended at that age."""
    survival: Shares
    """The share of stays that are longer than that age."""
    spread: Shares
    """Greenwood's sum over d / (n (n - d)); infinite where nobody is left."""
    seen: Ages
    """How many stays are at risk at each age of 0, 1, … days, whether one ended at it or not."""
    stays: int
    """How many stays it is about."""
    customers: int
    """Whose stays they are."""
    left_out: int
    """Stays whose first day is the first that the source could tell of: they may have begun at
    any time before."""

    @property
    def longest(self) -> int:
        """The greatest age at which a stay was seen; -1 if none was."""
        return len(self.seen) - 1

    @property
    def ends(self) -> int:
        """How many of the stays ended."""
        return int(self.ended.sum())

    def fewest(self, days: int) -> int:
        """The smallest number at risk at any age up to so many days.

        Where only a few are left, or only a few were seen from their beginning, one of them moves
        all of the curve behind them. 0 beyond what was seen.
        """
        return int(self.seen[: days + 1].min()) if 0 <= days <= self.longest else 0

    def seen_by(self, least: int) -> int:
        """The greatest age at which at least so many stays are at risk; -1 if there is none."""
        ages = np.flatnonzero(self.seen >= least)
        return int(ages[-1]) if len(ages) else -1

    def longer_than(self, days: int, *, confidence: float = 0.95) -> Share | None:
        """The share of customers who stay longer than so many days; None beyond what was seen."""
        place = int(np.searchsorted(self.age, days, side="right")) - 1
        value = 1.0 if place < 0 else float(self.survival[place])
        if days > self.longest and value > 0:
            return None
        if place < 0 or value <= 0:
            return Share(value, None, None)
        low, high = self._bounds(confidence)
        return Share(value, float(low[place]), float(high[place]))

    def median(self, *, confidence: float = 0.95) -> Median:
        """The first age at which survival is one half or less, and the same of its two bounds."""
        low, high = self._bounds(confidence)
        return Median(self._half(self.survival), self._half(low), self._half(high))

    def _half(self, curve: Shares) -> int | None:
        below = np.flatnonzero(curve <= 0.5 + _TIE)
        return int(self.age[below[0]]) if len(below) else None

    def _bounds(self, confidence: float) -> tuple[Shares, Shares]:
        """S^θ and S^(1/θ), θ = exp(z sqrt(spread) / -ln S); where S is 0 the formula has none."""
        z = NormalDist().inv_cdf((1 + confidence) / 2)
        some = self.survival > 0
        low, high = np.zeros(len(self.age)), np.ones(len(self.age))
        curve = self.survival[some]
        theta = np.exp(z * np.sqrt(self.spread[some]) / -np.log(curve))
        low[some], high[some] = curve**theta, curve ** (1 / theta)
        return low, high


def lifetime(columns: Columns, *, today: date, within: Mask | None = None) -> Lifetime:
    """How long stays last, as far as `today`, or the newest day that a pull can speak of, has seen.

    Each stay counts as one: who comes back begins anew. A stay lasts `until` - `since` days. One
    that has not ended, or will end by notice, is known to be longer than the days up to today. One
    that began before the source could tell who is a customer is seen from then on only: had it
    been shorter, we would not know of it, so it joins those at risk at the age that it had then.
    """
    reached = day_number(today)
    if columns.known_to is not None:
        reached = min(reached, columns.known_to)
    since, until = columns.since.astype(np.int64), columns.until.astype(np.int64)
    some = since <= reached
    if within is not None:
        some &= within
    began_unseen = np.zeros(len(since), np.bool_)
    entry = np.full(len(since), -1, np.int64)
    if columns.known_from is not None:
        began_unseen = some & (since == columns.known_from)
        some &= ~began_unseen
        entry = np.maximum(columns.known_from - since, -1)
    ended = until <= reached
    age = np.where(ended, until, reached) - since
    some &= entry < age
    return kaplan_meier(
        age[some],
        ended[some],
        entry[some],
        left_out=int(np.count_nonzero(began_unseen)),
        customers=_different(columns.customer[some]),
    )


def _different(customers: Codes) -> int:
    """How many there are among these, which are sorted."""
    return int(np.count_nonzero(customers[1:] != customers[:-1])) + bool(len(customers))


def kaplan_meier(
    age: Ages,
    ended: Mask,
    entry: Ages | None = None,
    *,
    left_out: int = 0,
    customers: int | None = None,
) -> Lifetime:
    """The product limit over whole ages of 0 or more.

    `ended` tells ends from ages at which we lost sight; who was lost sight of at an age is at risk
    at it. `entry` is the age from which each was seen: at risk at the ages after it, up to `age`;
    -1 for from the beginning, which is what None means for all. Who was not seen at any age after
    their entry is not in it. `customers` is None if each has one stay.
    """
    if (age < 0).any():
        raise ValueError("an age must be 0 or more")
    entry = np.full(len(age), -1, np.int64) if entry is None else entry
    seen = entry < age
    age, ended, entry = age[seen], ended[seen], entry[seen]
    if not len(age):
        none, nothing = np.zeros(0, np.int64), np.zeros(0)
        return Lifetime(none, none, none, nothing, nothing, none, 0, 0, left_out)
    longest = int(age.max())
    gone = np.bincount(age, minlength=longest + 1)
    come = np.bincount(entry + 1, minlength=longest + 2)[: longest + 1]
    at_risk = np.cumsum(come) - np.concatenate([[0], np.cumsum(gone)[:-1]])
    d = np.bincount(age[ended], minlength=longest + 1)
    days = np.flatnonzero(d)
    n, d = at_risk[days], d[days]
    with np.errstate(divide="ignore"):
        spread = np.cumsum(d / (n * (n - d)))
    return Lifetime(
        age=days,
        at_risk=n,
        ended=d,
        survival=np.cumprod(1 - d / n),
        spread=spread,
        seen=at_risk,
        stays=len(age),
        customers=len(age) if customers is None else customers,
        left_out=left_out,
    )


@dataclass(frozen=True, slots=True)
class RepeatPurchase:
    """How many of those who bought have bought again."""

    customers: int
    """Who first bought long enough ago to have had their time to come back."""
    again: int
    """Who of them bought again within that time."""
    too_recent: int
    """Who first bought so lately that we can't tell yet: in neither of the two."""

    @property
    def rate(self) -> float | None:
        """again / customers; None where there is nobody to tell of."""
        return self.again / self.customers if self.customers else None


def repeat_purchase(
    purchases: Occasions, *, known_to: date, within_days: int | None = None
) -> RepeatPurchase:
    """Who bought on a second day, at most `within_days` after the first, of those who could have.

    Purchases of one day are one: a basket may be several lines of a file. None as `within_days`
    means up to `known_to`, the newest day that is known; everybody had time for that, if not the
    same. Purchases after that day are not looked at.
    """
    if within_days is not None and within_days < 1:
        raise ValueError(f"within_days must be 1 or more, not {within_days}")
    reached = day_number(known_to)
    known = purchases.day <= reached
    # Sorted by customer, then day, each day of a customer once.
    key = np.unique(
        (purchases.customer[known].astype(np.int64) << 32) + purchases.day[known] + 2**31
    )
    if not len(key):
        return RepeatPurchase(0, 0, 0)
    customer, day = key >> 32, (key & (2**32 - 1)) - 2**31
    starts = np.flatnonzero(np.append(True, customer[1:] != customer[:-1]))
    first, count = day[starts], np.diff(np.append(starts, len(day)))
    second = day[np.minimum(starts + 1, len(day) - 1)]
    in_time = np.ones(len(first), np.bool_)
    if within_days is not None:
        in_time = first + within_days <= reached
    again = count > 1
    if within_days is not None:
        again &= second - first <= within_days
    return RepeatPurchase(
        customers=int(np.count_nonzero(in_time)),
        again=int(np.count_nonzero(in_time & again)),
        too_recent=int(np.count_nonzero(~in_time)),
    )


@dataclass(frozen=True, slots=True)
class Repeats:
    """Who bought on a second day, at any time and soon after the first."""

    ever: RepeatPurchase
    soon: RepeatPurchase
    days: int
    """What soon is: at most so many days after the first."""


def repeats(
    columns: Columns,
    purchases: Occasions,
    *,
    today: date,
    days: int,
    within: Mask | None = None,
) -> Repeats:
    """Of the purchases up to `today`, or up to the newest day that a pull can speak of, by the
    customers of the stays `within`, all of them if that is None."""
    reached = today
    if columns.known_to is not None:
        reached = min(reached, from_day_number(columns.known_to))
    if within is not None:
        own = np.isin(purchases.customer, columns.customer[within])
        purchases = Occasions(purchases.customer[own], purchases.day[own])
    return Repeats(
        ever=repeat_purchase(purchases, known_to=reached),
        soon=repeat_purchase(purchases, known_to=reached, within_days=days),
        days=days,
    )
