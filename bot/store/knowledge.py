"""What is known after a pull: what believed pulls have brought and no believed one has ended."""

import json
from collections.abc import Collection, Iterable, Mapping, Sequence
from dataclasses import dataclass, fields, replace
from enum import StrEnum
from itertools import chain
from typing import Any, TypeVar

import numpy as np
from numpy.typing import NDArray
from sqlalchemy import Connection, Select, case, exists, func, select

from bot.domain.columns import FOREVER, Amounts, Codes, Columns, Days, Dimension, Occasions, Revenue
from bot.domain.merges import as_one
from bot.domain.paying import Paid
from bot.domain.pulls import Pull
from bot.domain.stays import Known
from bot.store.dialects import having, partitions, stream
from bot.store.groups import group_rows
from bot.store.identities import key_rows
from bot.store.merges import into
from bot.store.pull_rows import believed_by
from bot.store.schema import (
    customers,
    endings,
    occasion_endings,
    occasions,
    profiles,
    revenue_endings,
    revenues,
    stays,
)
from bot.store.texts import storable

NOTHING = "{}"
"""The profile of who has no fields."""


@dataclass(frozen=True, eq=False, slots=True)
class StayRows:
    """Sorted by customer, since, until."""

    id: NDArray[np.int64]
    customer: Codes
    since: Days
    until: Days


def stay_rows(connection: Connection, source: str, newest: int) -> StayRows:
    """The stays known after the pull `newest` of `source`; none if it is 0."""
    believed = believed_by(source, newest)
    ended = exists().where(endings.c.stay == stays.c.id, endings.c.known_to.in_(believed))
    query = select(
        stays.c.id,
        stays.c.customer,
        stays.c.since,
        func.coalesce(stays.c.until, int(FOREVER)),
    ).where(stays.c.known_from.in_(believed), ~ended)
    id, customer, since, until = _integers(connection, query, 4)
    order = np.lexsort((until, since, customer))
    return StayRows(
        id[order],
        customer[order].astype(np.int32),
        since[order].astype(np.int32),
        until[order].astype(np.int32),
    )


@dataclass(frozen=True, eq=False, slots=True)
class ProfileRows:
    """Sorted by customer, then since; for one day of a customer the newest word alone."""

    customer: Codes
    since: Days
    code: Codes
    texts: tuple[str, ...]
    """The JSON that a code stands for; many customers share one."""

    def last(self) -> NDArray[np.intp]:
        """Where the newest row of each customer is."""
        return np.flatnonzero(_ends(self.customer))


def profile_rows(connection: Connection, source: str, newest: int) -> ProfileRows:
    query = select(
        profiles.c.customer, profiles.c.since, profiles.c.known_from, profiles.c.fields
    ).where(profiles.c.known_from.in_(believed_by(source, newest)))
    codes: dict[str, int] = {}
    parts = []
    for rows in partitions(connection, query):
        coded = ((c, s, k, codes.setdefault(text, len(codes))) for c, s, k, text in rows)
        parts.append(_matrix(coded, len(rows), 4))
    customer, since, known_from, code = _joined(parts, 4)
    order = np.lexsort((known_from, since, customer))
    customer, since, code = customer[order], since[order], code[order]
    newest_word = _ends(customer) | _ends(since)
    return ProfileRows(
        customer[newest_word].astype(np.int32),
        since[newest_word].astype(np.int32),
        code[newest_word].astype(np.int32),
        tuple(codes),
    )


@dataclass(frozen=True, eq=False, slots=True)
class RevenueRows:
    """Sorted by customer, since, until, currency."""

    id: NDArray[np.int64]
    customer: Codes
    since: Days
    until: Days
    amount: Amounts
    code: Codes
    """Index into `currencies`, which are sorted."""
    currencies: tuple[str, ...]

    def __len__(self) -> int:
        return len(self.id)


def revenue_rows(connection: Connection, source: str, newest: int) -> RevenueRows:
    """What is known to be paid after the pull `newest` of `source`; nothing if it is 0."""
    believed = believed_by(source, newest)
    ended = exists().where(
        revenue_endings.c.revenue == revenues.c.id, revenue_endings.c.known_to.in_(believed)
    )
    query = select(
        revenues.c.id,
        revenues.c.customer,
        revenues.c.since,
        func.coalesce(revenues.c.until, int(FOREVER)),
        revenues.c.amount,
        revenues.c.currency,
    ).where(revenues.c.known_from.in_(believed), ~ended)
    codes: dict[str, int] = {}
    parts = []
    for rows in partitions(connection, query):
        coded = ((*row, codes.setdefault(text, len(codes))) for *row, text in rows)
        parts.append(_matrix(coded, len(rows), 6))
    id, customer, since, until, amount, code = _joined(parts, 6)
    currencies = sorted(codes)
    code = np.array([currencies.index(name) for name in codes], dtype=np.int64)[code]
    order = np.lexsort((code, until, since, customer))
    return RevenueRows(
        id[order],
        customer[order].astype(np.int32),
        since[order].astype(np.int32),
        until[order].astype(np.int32),
        amount[order],
        code[order].astype(np.int32),
        tuple(currencies),
    )


class What(StrEnum):
    """What befell a customer on a day; the names are those of `Known` and `Columns`."""

    TERMS = "terms"
    PURCHASES = "purchases"


@dataclass(frozen=True, eq=False, slots=True)
class OccasionRows:
    """Sorted by what, customer, day."""

    id: NDArray[np.int64]
    what: Codes
    """Index into `What`."""
    customer: Codes
    day: Days

    def of(self, what: What) -> Occasions | None:
        """None where there is nothing of the kind."""
        own = self.what == list(What).index(what)
        return Occasions(self.customer[own], self.day[own]) if own.any() else None


def occasion_rows(connection: Connection, source: str, newest: int) -> OccasionRows:
    """The days known after the pull `newest` of `source`; none if it is 0."""
    believed = believed_by(source, newest)
    ended = exists().where(
        occasion_endings.c.occasion == occasions.c.id, occasion_endings.c.known_to.in_(believed)
    )
    code = case(*((occasions.c.what == what, index) for index, what in enumerate(What)))
    query = select(occasions.c.id, code, occasions.c.customer, occasions.c.day).where(
        occasions.c.known_from.in_(believed), ~ended
    )
    id, what, customer, day = _integers(connection, query, 4)
    order = np.lexsort((day, customer, what))
    return OccasionRows(
        id[order],
        what[order].astype(np.int32),
        customer[order].astype(np.int32),
        day[order].astype(np.int32),
    )


@dataclass(frozen=True, eq=False, slots=True)
class Snapshot:
    """All that is known of a source after a pull, in columns: some 20 bytes for each stay, as much
    for each thing else that is known of who had it, and no object for anybody."""

    newest: int
    """The pull; 0 for none."""
    stays: StayRows
    told: ProfileRows
    paid: RevenueRows
    befell: OccasionRows

    def everyone(self) -> NDArray[np.int32]:
        """The numbers of all who have a stay, ascending."""
        return self.stays.customer[np.flatnonzero(_begins(self.stays.customer))]

    def of(self, numbers: Iterable[int]) -> "Snapshot":
        """What is known of these customers."""
        who = np.fromiter(numbers, dtype=np.int64)
        arrays = (self.stays.customer, self.told.customer, self.paid.customer, self.befell.customer)
        highest = max(int(array.max(initial=0)) for array in arrays)
        member = np.zeros(highest + 1, dtype=bool)
        member[who[who <= highest]] = True
        return replace(
            self,
            stays=_picked(self.stays, member),
            told=_picked(self.told, member),
            paid=_picked(self.paid, member),
            befell=_picked(self.befell, member),
        )


_Rows = TypeVar("_Rows", StayRows, ProfileRows, RevenueRows, OccasionRows)


def _picked(rows: _Rows, member: NDArray[np.bool_]) -> _Rows:
    """The rows of the customers whose numbers are marked, in their order."""
    index = np.flatnonzero(member[rows.customer])
    columns: dict[str, Any] = {each.name: getattr(rows, each.name) for each in fields(rows)}
    picked = {name: a[index] for name, a in columns.items() if isinstance(a, np.ndarray)}
    return type(rows)(**columns | picked)


def snapshot(connection: Connection, source: str, newest: int) -> Snapshot:
    return Snapshot(
        newest,
        stay_rows(connection, source, newest),
        profile_rows(connection, source, newest),
        revenue_rows(connection, source, newest),
        occasion_rows(connection, source, newest),
    )


def known(connection: Connection, source: str, newest: int) -> dict[str, Known]:
    """By id, everybody with a stay."""
    all = snapshot(connection, source, newest)
    query = select(customers.c.number, customers.c.id, customers.c.name).where(
        customers.c.source == source
    )
    keys, groups = key_rows(connection, source, newest), group_rows(connection, source, newest)
    return as_known(all, stream(connection, query), keys, groups)


def known_by_ids(
    connection: Connection, source: str, of: Snapshot, ids: Collection[str]
) -> dict[int, Known]:
    """By number, those of these ids who have a stay."""
    table = customers.c
    query = select(table.number, table.id, table.name).where(table.source == source)
    rows = having(connection, query, table.id, map(storable, ids))
    return _by_number(connection, source, of, list(rows))


def known_by_numbers(
    connection: Connection, source: str, of: Snapshot, numbers: Sequence[int]
) -> dict[int, Known]:
    """By number, those of these who have a stay."""
    table = customers.c
    query = select(table.number, table.id, table.name)
    rows = having(connection, query, table.number, numbers)
    return _by_number(connection, source, of, list(rows))


def _by_number(
    connection: Connection, source: str, of: Snapshot, rows: Sequence[tuple[int, str, str]]
) -> dict[int, Known]:
    numbers = {id: number for number, id, _ in rows}
    who = numbers.values()
    keys = key_rows(connection, source, of.newest, who)
    found = as_known(of.of(who), rows, keys, group_rows(connection, source, of.newest, who))
    return {numbers[id]: customer for id, customer in found.items()}


def as_known(
    of: Snapshot,
    named: Iterable[tuple[int, str, str]],
    keys: Mapping[int, str],
    groups: Mapping[int, str],
) -> dict[str, Known]:
    """By id, those of `named` (number, id, name) who have a stay."""
    rows = of.stays
    since = rows.since.tolist()
    until = [None if day == FOREVER else day for day in rows.until.tolist()]
    first = np.flatnonzero(_begins(rows.customer))
    start = dict(zip(rows.customer[first].tolist(), first.tolist(), strict=True))
    count = np.diff(np.append(first, len(since)))
    end = dict(zip(start, (first + count).tolist(), strict=True))
    last = of.told.last()
    codes = of.told.code[last].tolist()
    fields = {code: json.loads(of.told.texts[code]) for code in set(codes)}
    profile = dict(zip(of.told.customer[last].tolist(), codes, strict=True))
    paid = _paid(of.paid)
    terms, purchases = _days(of.befell.of(What.TERMS)), _days(of.befell.of(What.PURCHASES))
    return {
        id: Known(
            id=id,
            name=name,
            stays=tuple(
                zip(
                    since[start[number] : end[number]],
                    until[start[number] : end[number]],
                    strict=True,
                )
            ),
            fields=fields[profile[number]] if number in profile else {},
            revenue=paid.get(number, ()),
            terms=terms.get(number, ()),
            purchases=purchases.get(number, ()),
            keys=tuple(json.loads(keys[number])) if number in keys else (),
            group=groups.get(number, ""),
        )
        for number, id, name in named
        if number in start
    }


def _paid(rows: RevenueRows) -> dict[int, tuple[Paid, ...]]:
    """By customer."""
    first = np.flatnonzero(_begins(rows.customer))
    each = list(
        zip(
            rows.since.tolist(),
            (None if day == FOREVER else day for day in rows.until.tolist()),
            rows.amount.tolist(),
            (rows.currencies[code] for code in rows.code.tolist()),
            strict=True,
        )
    )
    last = [*first[1:].tolist(), len(each)]
    return {
        number: tuple(each[start:end])
        for number, start, end in zip(
            rows.customer[first].tolist(), first.tolist(), last[: len(first)], strict=True
        )
    }


def _days(found: Occasions | None) -> dict[int, tuple[int, ...]]:
    """By customer, ascending."""
    if found is None:
        return {}
    first = np.flatnonzero(_begins(found.customer))
    day, ends = found.day.tolist(), [*first[1:].tolist(), len(found)]
    return {
        number: tuple(day[start:end])
        for number, start, end in zip(
            found.customer[first].tolist(), first.tolist(), ends, strict=True
        )
    }


def columns(
    connection: Connection, pull: Pull, last_merge: int = 0, *, grace_days: int = 0
) -> Columns:
    """What was known when `pull`, a believed one, and a person's word on merges were the newest.

    Stays that a merge brought together are one with a gap of at most `grace_days`.
    """
    rows = stay_rows(connection, pull.source, pull.id)
    befell = occasion_rows(connection, pull.source, pull.id)
    made = Columns(
        customer=rows.customer,
        since=rows.since,
        until=rows.until,
        source=pull.source,
        known_at=pull.finished_at,
        known_from=pull.known_from,
        trusted_from=pull.trusted_from,
        known_to=pull.today,
        dimensions=_dimensions(profile_rows(connection, pull.source, pull.id), rows),
        revenue=_revenue(revenue_rows(connection, pull.source, pull.id)),
        terms=befell.of(What.TERMS),
        purchases=befell.of(What.PURCHASES),
    )
    return as_one(made, into(connection, pull.source, pull.id, last_merge), grace_days)


def _revenue(rows: RevenueRows) -> Revenue | None:
    """None where nobody pays anything: the source tells no amounts."""
    if not len(rows):
        return None
    return Revenue(
        customer=rows.customer,
        since=rows.since,
        until=rows.until,
        amount=rows.amount,
        currency=rows.code,
        currencies=rows.currencies,
    )


def _dimensions(told: ProfileRows, rows: StayRows) -> dict[str, Dimension]:
    """One for each field that anybody has.

    What a customer was before we first saw it is not known; the first that we saw holds for all
    of the past, or a company that starts today could not split last year.
    """
    fields = [json.loads(text) for text in told.texts]
    since = _backdated(told, rows)
    names = sorted(set(chain.from_iterable(fields)))
    return {name: _dimension(name, fields, told, since) for name in names}


def _backdated(told: ProfileRows, rows: StayRows) -> Days:
    """`told.since`, with each customer's first moved to their first stay, if that is earlier."""
    since = told.since.copy()
    joins, first = _begins(rows.customer), _begins(told.customer)
    _, here, there = np.intersect1d(
        told.customer[first], rows.customer[joins], assume_unique=True, return_indices=True
    )
    row = np.flatnonzero(first)[here]
    since[row] = np.minimum(since[row], rows.since[joins][there])
    return since


def _dimension(
    name: str, fields: Sequence[dict[str, str]], told: ProfileRows, since: Days
) -> Dimension:
    """Rows only where the value changes; a value that was taken away becomes the label ""."""
    labels = sorted({each.get(name, "") for each in fields})
    number = {label: index for index, label in enumerate(labels)}
    of_code = np.array([number[each.get(name, "")] for each in fields], dtype=np.int32)
    label = of_code[told.code]
    first = _begins(told.customer)
    untold = first & (label == number.get("", -1))
    keep = (first | _begins(label)) & ~untold
    used, index = np.unique(label[keep], return_inverse=True)
    return Dimension(
        labels=tuple(labels[each] for each in used),
        customer=told.customer[keep],
        since=since[keep],
        label=index.astype(np.int32),
    )


def _begins(values: NDArray[Any]) -> NDArray[np.bool_]:
    """Where a run of equal values begins."""
    begins = np.ones(len(values), dtype=bool)
    begins[1:] = values[1:] != values[:-1]
    return begins


def _ends(values: NDArray[Any]) -> NDArray[np.bool_]:
    """Where a run of equal values ends."""
    ends = np.ones(len(values), dtype=bool)
    ends[:-1] = values[1:] != values[:-1]
    return ends


def _integers(connection: Connection, query: Select[Any], width: int) -> list[NDArray[np.int64]]:
    parts = [_matrix(rows, len(rows), width) for rows in partitions(connection, query)]
    return _joined(parts, width)


def _matrix(rows: Iterable[Iterable[int]], count: int, width: int) -> NDArray[np.int64]:
    flat = np.fromiter(chain.from_iterable(rows), dtype=np.int64, count=count * width)
    return flat.reshape(count, width)


def _joined(parts: Sequence[NDArray[np.int64]], width: int) -> list[NDArray[np.int64]]:
    whole = np.concatenate(parts) if parts else np.empty((0, width), dtype=np.int64)
    return [whole[:, column] for column in range(width)]
