"""The customers of one person: how many stayed, who left, and whose term ends soon."""

from collections.abc import Collection
from dataclasses import dataclass, replace
from datetime import date, timedelta

import numpy as np

from bot.domain.columns import Codes, Columns, Days, Occasions
from bot.domain.definition import Definition
from bot.domain.period import Kind, Period, day_number, last_finished
from bot.domain.renewals import upcoming
from bot.domain.retention import Counts, Unknown, retention
from bot.domain.segments import codes_on


@dataclass(frozen=True, eq=False, slots=True)
class Portfolio:
    """Whose owner today, or when they left, is the person."""

    customers: Codes
    """Those of today, or of the newest day that is known if that is earlier."""
    since: Days
    """The first day of the stay that each of them is in."""
    month: Period
    """The last finished one."""
    counts: Counts | None
    """Of that month; None where we can't tell."""
    left: Codes
    """Who was there when it began and is no customer today."""
    ending: Codes
    """Whose term ends soon, the first to end first."""
    ends: Days
    """The day of each."""


def owners(columns: Columns, field: str, today: date) -> tuple[Codes, Codes, tuple[str, ...]]:
    """Each customer once, with an index into the labels that follow, -1 for nobody known."""
    customer = columns.customer
    # They are sorted, and sorting a million of them again would take most of the time.
    each = customer[np.append(True, customer[1:] != customer[:-1])] if len(customer) else customer
    dimension = columns.dimensions.get(field)
    labels = dimension.labels if dimension else ()
    return each, codes_on(columns, field, each, today), labels


def portfolio(
    columns: Columns,
    mine: Codes,
    *,
    today: date,
    definition: Definition,
    ahead: int,
) -> Portfolio:
    """Of the customers `mine` (sorted); terms are those of so many days `ahead`."""
    own = _only(columns, mine)
    day = day_number(today)
    day = day if columns.known_to is None else min(day, columns.known_to)
    month = last_finished(Kind.MONTH, today, definition)
    there = (own.since <= day) & (own.until > day)
    ending = Occasions(np.zeros(0, np.int32), np.zeros(0, np.int32))
    if own.terms is not None:
        ending = _ending(own, own.terms, today, ahead)
    return Portfolio(
        customers=own.customer[there],
        since=own.since[there],
        month=month,
        counts=_counts(own, month, today),
        left=_left(own, month, today),
        ending=ending.customer,
        ends=ending.day,
    )


def _ending(own: Columns, terms: Occasions, today: date, ahead: int) -> Occasions:
    found = upcoming(own, terms, today=today, days=ahead)
    return Occasions(found.customer, found.day)


def _counts(own: Columns, month: Period, today: date) -> Counts | None:
    try:
        return retention(own, month, today=today).counts
    except Unknown:
        return None


def _left(own: Columns, month: Period, today: date) -> Codes:
    try:
        until_now = Period(month.first, today + timedelta(days=1), Kind.DAYS)
        return retention(own, until_now, today=today).lost
    except Unknown:
        return np.zeros(0, np.int32)


def _only(columns: Columns, mine: Codes) -> Columns:
    rows = np.isin(columns.customer, mine)
    terms = columns.terms
    if terms is not None:
        of = np.isin(terms.customer, mine)
        terms = Occasions(terms.customer[of], terms.day[of])
    return replace(
        columns,
        customer=columns.customer[rows],
        since=columns.since[rows],
        until=columns.until[rows],
        dimensions={},
        revenue=None,
        terms=terms,
        purchases=None,
    )


def of_owner(each: Codes, owner: Codes, labels: tuple[str, ...], wanted: Collection[str]) -> Codes:
    """Of what `owners` gives, the customers whose owner is one of those wanted."""
    codes = [index for index, label in enumerate(labels) if label in wanted]
    return each[np.isin(owner, codes)]
