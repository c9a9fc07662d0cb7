"""Bands: customers split by how long they have been one, and by what they pay.

Both are measured for each customer on a day of their own, as all segments are: the eve of the
period, or the day on which they next join.
"""

from itertools import pairwise

import numpy as np

from bot.domain.columns import PARTS, Codes, Columns, Days, Revenue
from bot.domain.definition import Definition
from bot.domain.revenue import RatesMissing, in_one_currency
from bot.errors import Misunderstood

TENURE, SIZE = "tenure", "size"
NO_SIZE = "none"
"""The size of who pays nothing."""


def bands(columns: Columns, definition: Definition) -> dict[str, tuple[str, ...]]:
    """The labels of each kind of band that customers can be split by, the smallest first."""
    found = {TENURE: tenure_labels(definition)}
    if columns.revenue is not None:
        found[SIZE] = size_labels(definition)
    return found


def tenure_labels(definition: Definition) -> tuple[str, ...]:
    """0-2, 3-11, 12+: whole months, both ends included."""
    cuts = (0, *definition.tenure_bands)
    closed = [f"{low}-{high - 1}" if high - low > 1 else str(low) for low, high in pairwise(cuts)]
    return (*closed, f"{cuts[-1]}+")


def size_labels(definition: Definition) -> tuple[str, ...]:
    """none, 0-100, 100-1000, 1000+: revenue a month, the end not included."""
    cuts = (0, *definition.size_bands)
    closed = [f"{low}-{high}" for low, high in pairwise(cuts)]
    return (NO_SIZE, *closed, f"{cuts[-1]}+")


def in_band(name: str, columns: Columns, days: Days, definition: Definition) -> Codes:
    """Of each customer, sorted, the index of their band on their day into `bands(...)[name]`.

    Raises Misunderstood for sizes where amounts of several currencies can't be added up.
    """
    starts = np.flatnonzero(np.append(True, columns.customer[1:] != columns.customer[:-1]))
    if name == TENURE:
        return _tenure(columns.since[starts], days, definition)
    if columns.revenue is None:
        raise Misunderstood("Customers have no size, because the source tells no amounts.")
    try:
        revenue = in_one_currency(columns.revenue, definition.currency, dict(definition.rates))
    except RatesMissing as error:
        raise Misunderstood("Customers have no size. {why}", why=error.sentence) from error
    return _size(columns.customer[starts], revenue, days, definition)


def _tenure(joined: Days, days: Days, definition: Definition) -> Codes:
    """By whole months since the first day on which they ever were a customer.

    A month is over on the same day of the next one, or where that has no such day, on the first
    of the month after it.
    """
    months = whole_months(joined, np.maximum(joined, days))
    return np.searchsorted(definition.tenure_bands, months, side="right").astype(np.int32)


def whole_months(begins: Days, ends: Days) -> Codes:
    first, last = begins.astype("datetime64[D]"), ends.astype("datetime64[D]")
    first_month, last_month = first.astype("datetime64[M]"), last.astype("datetime64[M]")
    months: Codes = (last_month - first_month).astype(np.int32)
    not_over = last - last_month < first - first_month  # by the day of the month
    months -= not_over
    return months


def _size(customers: Codes, revenue: Revenue, days: Days, definition: Definition) -> Codes:
    """By what they pay on their day."""
    if not len(customers):
        return np.zeros(0, np.int32)
    place = np.minimum(np.searchsorted(customers, revenue.customer), len(customers) - 1)
    day = days[place]
    covers = (customers[place] == revenue.customer) & (revenue.since <= day) & (revenue.until > day)
    paid = np.zeros(len(customers), np.int64)
    np.add.at(paid, place[covers], revenue.amount[covers])
    cuts = np.array(definition.size_bands, np.int64) * PARTS
    return np.where(paid > 0, 1 + np.searchsorted(cuts, paid, side="right"), 0).astype(np.int32)
