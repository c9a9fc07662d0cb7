"""Records of one source that are one customer: what was said of them, and what that makes of stays.

A record that was merged into another is no customer who left. What is known of each record stays as
it was, so that a merge can be taken back; figures see one customer with the stays of both.
"""

from collections.abc import Iterable, Mapping, Sequence, Set
from dataclasses import dataclass, replace
from datetime import datetime

import numpy as np
from numpy.typing import NDArray

from bot.domain.columns import FOREVER, Codes, Columns, Dimension, Occasions, Revenue
from bot.domain.stays import Known, Stay, gone, joined
from integrations.records import Record

Into = Mapping[int, int]
"""The number of the customer that each merged record belongs to, in the end."""


@dataclass(frozen=True, slots=True)
class Merge:
    """A record that is another customer's now."""

    old: int
    """The store's number of the record, and of the customer that it belongs to in the end."""
    new: int
    at: datetime
    """When it became known."""
    pull: int | None = None
    """The pull that brought it; None where a person said so."""
    by: str = ""
    """Who said so, as the audit names people: a Slack id, or terminal:NAME."""
    stays: tuple[Stay, ...] = ()
    """Of the record alone."""
    new_stays: tuple[Stay, ...] = ()
    """Of the customer's own record alone."""


@dataclass(frozen=True, slots=True)
class Merged:
    """A merge with the names of both."""

    of: Merge
    old_id: str
    old: str
    new: str


def counted_more_than_once(merges: Iterable[Merge], day: int) -> list[int]:
    """A customer for each record beyond the first that was there on that day."""
    records: dict[int, dict[int, Sequence[Stay]]] = {}
    for each in merges:
        records.setdefault(each.new, {each.new: each.new_stays})[each.old] = each.stays
    return [
        customer
        for customer, own in sorted(records.items())
        for _ in range(sum(_is_there(stays, day) for stays in own.values()) - 1)
    ]


def _is_there(stays: Sequence[Stay], day: int) -> bool:
    return any(since <= day and (until is None or day < until) for since, until in stays)


def resolved(said: Sequence[tuple[int, int]]) -> dict[int, int]:
    """Where each record ends up. `said` are (old, new), the oldest word first, one of each old.

    Chains are followed to their end. Of words that contradict each other by leading back to where
    they began, the newer ones hold.
    """
    into: dict[int, int] = {}
    for old, new in reversed(said):
        if _end(into, new) != old:
            into[old] = new
    return {old: _end(into, old) for old in into}


def _end(into: Mapping[int, int], of: int) -> int:
    while of in into:
        of = into[of]
    return of


def told_by(records: Iterable[Record]) -> dict[str, set[str]]:
    """By id, the ids that a customer had before; without those that stand there on their own."""
    listed: set[str] = set()
    was: dict[str, set[str]] = {}
    for record in records:
        listed.add(record.customer)
        if record.was:
            was.setdefault(record.customer, set()).update(record.was)
    return without_listed(was, listed)


def without_listed(was: Mapping[str, set[str]], listed: Set[str]) -> dict[str, set[str]]:
    found = {id: ids - listed for id, ids in was.items()}
    return {id: ids for id, ids in found.items() if ids}


def with_merged(
    seen: Mapping[str, Known],
    was: Mapping[str, set[str]],
    known: Mapping[str, Known],
    merged: Set[str],
    today: int,
) -> dict[str, Known]:
    """What a pull says, with the records that it does not have any more because they were merged.

    `was` is what it told of them and `merged` are those that were merged before. Their stays are
    kept as they were known; one that had not ended ends today, because from now on the customer
    that they belong to says whether they are there.
    """
    everyone = dict(seen)
    for id, ids in was.items():
        everyone[id] = replace(everyone[id], was=tuple(sorted(ids)))
    for id in set(merged).union(*was.values()):
        if id in known and id not in everyone:
            record = gone(known[id], today)
            # Their next renewal is told by the customer that they belong to.
            passed = tuple(end for end in record.terms if end <= today)
            everyone[id] = replace(record, terms=passed)
    return everyone


def as_one(columns: Columns, into: Into, grace_days: int) -> Columns:
    """The columns with every merged record as part of the customer that it belongs to.

    Stays become their union, in which at most `grace_days` are bridged. What both pay adds up. What
    a customer is (plan, region) is what their own record says, and before its first word what the
    others said.
    """
    if not len(columns) or not into:
        return columns
    number = _renumbered(columns, into)
    customer = number[columns.customer]
    affected = np.isin(customer, np.unique(customer[customer != columns.customer]))
    if not affected.any():
        return columns
    rows = [
        (who, since, FOREVER if until is None else until)
        for who, stays in _by_customer(customer[affected], columns, affected).items()
        for since, until in joined(stays, grace_days)
    ]
    whole = np.array(rows, dtype=np.int64).reshape(len(rows), 3).astype(np.int32)
    customer = np.concatenate((customer[~affected], whole[:, 0]))
    since = np.concatenate((columns.since[~affected], whole[:, 1]))
    until = np.concatenate((columns.until[~affected], whole[:, 2]))
    order = np.lexsort((since, customer))
    return replace(
        columns,
        customer=customer[order],
        since=since[order],
        until=until[order],
        dimensions={name: _dimension(each, number) for name, each in columns.dimensions.items()},
        revenue=None if columns.revenue is None else _revenue(columns.revenue, number),
        terms=_occasions(columns.terms, number),
        purchases=_occasions(columns.purchases, number),
    )


def _renumbered(columns: Columns, into: Into) -> Codes:
    """For each number, the one that it belongs to."""
    highest = max(int(columns.customer.max()), *into, *into.values())
    if columns.revenue is not None:
        highest = max(highest, int(columns.revenue.customer.max(initial=0)))
    for each in columns.dimensions.values():
        highest = max(highest, int(each.customer.max(initial=0)))
    for found in filter(None, (columns.terms, columns.purchases)):
        highest = max(highest, int(found.customer.max(initial=0)))
    number = np.arange(highest + 1, dtype=np.int32)
    number[list(into)] = list(into.values())
    return number


def _by_customer(
    customer: Codes, columns: Columns, rows: NDArray[np.bool_]
) -> dict[int, list[tuple[int, int | None]]]:
    found: dict[int, list[tuple[int, int | None]]] = {}
    for who, since, until in zip(
        customer.tolist(), columns.since[rows].tolist(), columns.until[rows].tolist(), strict=True
    ):
        found.setdefault(who, []).append((since, None if until == FOREVER else until))
    return found


def _revenue(revenue: Revenue, number: Codes) -> Revenue:
    customer = number[revenue.customer]
    order = np.lexsort((revenue.currency, revenue.until, revenue.since, customer))
    return replace(
        revenue,
        customer=customer[order],
        since=revenue.since[order],
        until=revenue.until[order],
        amount=revenue.amount[order],
        currency=revenue.currency[order],
    )


def _occasions(found: Occasions | None, number: Codes) -> Occasions | None:
    return None if found is None else replace(found, customer=number[found.customer])


def _dimension(dimension: Dimension, number: Codes) -> Dimension:
    customer = number[dimension.customer]
    own = customer == dimension.customer
    # The first day on which their own record says something; never, where it says nothing.
    first = np.full(len(number), FOREVER, dtype=np.int32)
    np.minimum.at(first, customer[own], dimension.since[own])
    keep = own | (dimension.since < first[customer])
    customer, since, label = customer[keep], dimension.since[keep], dimension.label[keep]
    order = np.lexsort((label, since, customer))
    customer, since, label = customer[order], since[order], label[order]
    last = np.ones(len(customer), np.bool_)  # of one day, one word
    last[:-1] = (customer[1:] != customer[:-1]) | (since[1:] != since[:-1])
    return replace(dimension, customer=customer[last], since=since[last], label=label[last])
