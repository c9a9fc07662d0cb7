"""Retention of those who could have left: customers whose term ended inside the period.

Who has signed for a year can't leave in most weeks, so that their weekly CRR is near 100 % whatever
they think; it moves only in the weeks in which terms end.
"""

from dataclasses import dataclass
from datetime import date

import numpy as np

from bot.domain.columns import Codes, Columns, Mask, Occasions
from bot.domain.period import Period, day_number
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
    """Who left although no term of theirs ended: told a term that is wrong, or let go."""
    without_term: Codes
    """Of the opening, who has no end of a term at any time: a plan without one, or not told."""

    @property
    def rate(self) -> float | None:
        """kept / eligible; None when nobody could have left."""
        return len(self.kept) / len(self.eligible) if len(self.eligible) else None


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
    ending = np.unique(terms.customer[inside])
    return Renewals(
        of=of,
        eligible=np.intersect1d(of.opening, ending, assume_unique=True),
        kept=np.intersect1d(of.kept, ending, assume_unique=True),
        lost=np.intersect1d(of.lost, ending, assume_unique=True),
        lost_early=np.setdiff1d(of.lost, ending, assume_unique=True),
        without_term=np.setdiff1d(of.opening, np.unique(terms.customer), assume_unique=True),
    )
