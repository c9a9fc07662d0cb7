"""Retention of those who could have left: customers whose term ended inside the period.

Who has signed for a year can't leave in most weeks, so that their weekly CRR is near 100 % whatever
they think; it moves only in the weeks in which terms end. Whose term ends soon is told before.
"""

from dataclasses import dataclass
from datetime import date

import numpy as np

from bot.domain.columns import FOREVER, Codes, Columns, Days, Mask, Occasions
from bot.domain.period import Period, SoFar, day_number
from bot.domain.retention import Retention, retention


@dataclass(frozen=True, eq=False, slots=True)
class Renewals:
    """Sorted codes of customers; eligible, others who left, and the rest are all of the opening."""

    of: Retention
    eligible: Codes
    """Of the opening, who had a term end inside the period."""
    kept: Codes
    """Of these, who is in the closing."""
    lost: Codes
    """Of these, who is not."""
    lost_early: Codes
    """Who left in the middle of a term: told a term that is wrong, or let go."""
    without_term: Codes
    """Of the opening, who has no end of a term at any time: a plan without one, or not told."""

    @property
    def rate(self) -> float | None:
        """kept / eligible; None when nobody could have left."""
        return len(self.kept) / len(self.eligible) if len(self.eligible) else None

    @property
    def counts(self) -> "RenewalCounts":
        return RenewalCounts(
            period=self.of.period,
            opening=len(self.of.opening),
            eligible=len(self.eligible),
            kept=len(self.kept),
            lost_early=len(self.lost_early),
            without_term=len(self.without_term),
            so_far=self.of.so_far,
        )


@dataclass(frozen=True, slots=True)
class RenewalCounts:
    """How many are in each list of `Renewals`."""

    period: Period
    opening: int
    eligible: int
    kept: int
    lost_early: int
    without_term: int
    so_far: SoFar | None = None

    @property
    def lost(self) -> int:
        return self.eligible - self.kept

    @property
    def rate(self) -> float | None:
        """As that of `Renewals`."""
        return self.kept / self.eligible if self.eligible else None


def renewals(
    columns: Columns,
    period: Period,
    terms: Occasions,
    *,
    today: date | None = None,
    within: Mask | None = None,
) -> Renewals:
    """Who of the customers of `retention` could have left, and who of them did.

    The day of a term's end is the first day that it does not cover, as `until` of a stay: who does
    not renew is no customer from then on. In an unfinished period only the terms count that have
    ended by the day that it is measured on. Raises Unknown as `retention` does.
    """
    of = retention(columns, period, today=today, within=within)
    inside = (terms.day >= day_number(period.first)) & (terms.day <= day_number(of.measured_on))
    ending, bound = np.unique(terms.customer[inside]), np.unique(terms.customer)
    without_term = np.setdiff1d(of.opening, bound, assume_unique=True)
    left = np.setdiff1d(of.lost, ending, assume_unique=True)
    return Renewals(
        of=of,
        eligible=np.intersect1d(of.opening, ending, assume_unique=True),
        kept=np.intersect1d(of.kept, ending, assume_unique=True),
        lost=np.intersect1d(of.lost, ending, assume_unique=True),
        lost_early=np.setdiff1d(left, without_term, assume_unique=True),
        without_term=without_term,
    )


@dataclass(frozen=True, eq=False, slots=True)
class Upcoming:
    """Whose term ends soon, one row a customer, the nearest end first."""

    customer: Codes
    day: Days
    """The first day that the term does not cover."""
    leaving: Mask
    """Who is known to be no customer from that day on, or from a day before it."""

    def __len__(self) -> int:
        return len(self.day)


@dataclass(frozen=True, slots=True)
class Ending:
    """One term that ends soon, as people speak of it."""

    name: str
    """The customer's."""
    day: date
    owner: str = ""
    """Who looks after the customer; "" where the source tells nobody."""
    leaving: bool = False


def upcoming(columns: Columns, terms: Occasions, *, today: date, days: int) -> Upcoming:
    """The customers of `today`, or of the newest day that is known if that is earlier, whose term
    ends on `today` or on one of the days after it, `days` in all; of several ends the first."""
    now = day_number(today)
    on = now if columns.known_to is None else min(now, columns.known_to)
    there = (columns.since <= on) & (columns.until > on)
    soon = (terms.day >= now) & (terms.day < now + days)
    order = np.lexsort((terms.day[soon], terms.customer[soon]))
    ending, first = np.unique(terms.customer[soon][order], return_index=True)
    # A customer is there with one stay: they do not overlap.
    customer, here, its_end = np.intersect1d(
        columns.customer[there], ending, assume_unique=True, return_indices=True
    )
    day, until = terms.day[soon][order][first[its_end]], columns.until[there][here]
    order = np.lexsort((customer, day))
    return Upcoming(customer[order], day[order], ((until != FOREVER) & (until <= day))[order])
