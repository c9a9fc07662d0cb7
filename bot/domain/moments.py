"""Moments in a customer's time at which it is asked: so long after it joined, or before it renews.

Everybody is found for a week from the day on which it is due, so that a weekend, a bot that was
down or a channel that is linked late loses nobody; that each is asked once is for the ledger.
"""

from dataclasses import dataclass
from datetime import date
from enum import StrEnum

import numpy as np

from bot.domain.columns import Columns, Occasions
from bot.domain.period import day_number, from_day_number
from bot.domain.renewals import upcoming

LATE_DAYS = 7
"""So many days from the due one on; later the question would surprise."""


class Moment(StrEnum):
    JOINED = "joined"
    RENEWAL = "renewal"


@dataclass(frozen=True, slots=True)
class Due:
    """A customer who is to be asked."""

    customer: int
    """The store's number."""
    day: date
    """On which they joined, or the first that their term does not cover."""


def due(moment: Moment, columns: Columns, *, today: date, days: int) -> list[Due]:
    """Who is at that moment, by so many days, on `today` or became so within a week before it."""
    match moment:
        case Moment.JOINED:
            return after_joining(columns, today=today, days=days)
        case Moment.RENEWAL:
            return before_renewal(columns, columns.terms, today=today, days=days)


def after_joining(columns: Columns, *, today: date, days: int) -> list[Due]:
    """The customers of today whose stay began that many days ago. Who comes back joins again; of
    who was there when the source was first read it is not known when they joined."""
    now = day_number(today)
    on = now if columns.known_to is None else min(now, columns.known_to)
    ago = now - columns.since
    found = (columns.since <= on) & (columns.until > on) & (ago >= days) & (ago < days + LATE_DAYS)
    if columns.known_from is not None:
        found &= columns.since > columns.known_from
    return _listed(columns.customer[found].tolist(), columns.since[found].tolist())


def before_renewal(
    columns: Columns, terms: Occasions | None, *, today: date, days: int
) -> list[Due]:
    """The customers whose term ends in that many days, or in up to a week less. Who is known to
    leave by then renews nothing; without ends of terms there is nobody."""
    if terms is None:
        return []
    soon = upcoming(columns, terms, today=today, days=days + 1)
    ahead = soon.day - day_number(today)
    found = ~soon.leaving & (ahead > days - LATE_DAYS) & (ahead > 0)
    return _listed(soon.customer[found].tolist(), soon.day[found].tolist())


def _listed(customers: list[int], days: list[int]) -> list[Due]:
    """In the order of the days, then of the customers."""
    order = np.lexsort((customers, days)).tolist()
    return [Due(customers[i], from_day_number(days[i])) for i in order]
