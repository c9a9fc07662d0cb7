"""What is known of one customer on a day, for who is to speak with them."""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date

import numpy as np

from bot.domain.columns import PARTS, Columns
from bot.domain.period import day_number, from_day_number
from bot.domain.segments import labels_on


@dataclass(frozen=True, slots=True)
class Portrait:
    since: date | None
    """The first day of the newest stay that has begun; None of one who never was a customer."""
    until: date | None
    """The first day no longer a customer, if that is known."""
    fields: Mapping[str, str]
    """What each field is on the day; "" where it is not known."""
    revenue: Mapping[str, float]
    """What they pay a month, by currency; empty where the source tells no amounts."""


def portrait(columns: Columns, customer: int, on: date) -> Portrait:
    day = day_number(on)
    first, last = np.searchsorted(columns.customer, [customer, customer + 1])
    begun = [i for i in range(first, last) if columns.since[i] <= day]
    since = from_day_number(int(columns.since[begun[-1]])) if begun else None
    until = int(columns.until[begun[-1]]) if begun else day
    numbers = np.array([customer], np.int32)
    return Portrait(
        since=since,
        until=from_day_number(until) if begun and until <= day else None,
        fields={name: labels_on(columns, name, numbers, on)[0] for name in columns.dimensions},
        revenue=_revenue(columns, customer, day),
    )


def _revenue(columns: Columns, customer: int, day: int) -> dict[str, float]:
    paid = columns.revenue
    if paid is None:
        return {}
    first, last = np.searchsorted(paid.customer, [customer, customer + 1])
    found: dict[str, float] = {}
    for i in range(first, last):
        if paid.since[i] <= day < paid.until[i]:
            currency = paid.currencies[paid.currency[i]]
            found[currency] = found.get(currency, 0.0) + float(paid.amount[i]) / PARTS
    return found
