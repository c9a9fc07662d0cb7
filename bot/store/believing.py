"""Believing a pull: its difference to what is known, written down, then made true in one step.

A million customers take many seconds to write, and SQLite has one writer, so it is done in short
transactions. Nobody sees any of their rows until the last one sets the pull's state (see schema).
If the process dies before that, the pull never happened.
"""

import asyncio
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from functools import partial
from itertools import chain
from typing import Any

import msgspec
import numpy as np
from numpy.typing import NDArray
from sqlalchemy import Connection, Table, bindparam, delete, func, select, update

from bot.domain.columns import FOREVER, Codes
from bot.domain.pulls import Pull, PullState
from bot.domain.stays import Known
from bot.store.database import Database
from bot.store.dialects import CHUNK, chunks, insert_many, lock, stream
from bot.store.groups import new_groups
from bot.store.identities import new_keys
from bot.store.knowledge import (
    NOTHING,
    ProfileRows,
    RevenueRows,
    What,
    occasion_rows,
    profile_rows,
    revenue_rows,
    stay_rows,
)
from bot.store.merges import untold
from bot.store.pull_rows import OVERTAKEN, close, newest_believed, overtake
from bot.store.schema import customers as customers_table
from bot.store.schema import (
    endings,
    groups,
    identities,
    merges,
    occasion_endings,
    occasions,
    profiles,
    pulls,
    revenue_endings,
    revenues,
    stays,
)
from bot.store.texts import storable
from bot.store.times import to_ms

Numbers = dict[str, int]
"""The store's number of each customer, by id."""


@dataclass(frozen=True, slots=True)
class Findings:
    """What a pull brought, beside the customers."""

    today: int
    known_from: int | None
    records: int
    vanished: int
    evidence: str = ""
    note: str = ""
    """What an admin should know of it."""


@dataclass(frozen=True, eq=False, slots=True)
class Seen:
    """What a pull says, in arrays: a million tuples would stop the process for collections of
    garbage, and one call that turns them over would keep every other thread waiting."""

    stays: NDArray[np.int64]
    """Rows of customer, since, until; each once."""
    customer: Codes
    code: Codes
    """Of each customer: which of `texts` they are."""
    texts: Sequence[str]
    paid: NDArray[np.int64]
    """Rows of customer, since, until, amount, and which of `currencies`; each once."""
    currencies: Sequence[str]
    was: Sequence[tuple[int, int]]
    """Records that were merged, and the customers that they belong to."""
    befell: NDArray[np.int64]
    """Rows of which `What`, customer, day; each once."""
    keys: Mapping[int, Sequence[str]]
    """What finds each customer in other sources; empty where nobody is looked for."""
    groups: Mapping[int, str]
    """Of each customer that is in one."""


@dataclass(frozen=True, eq=False, slots=True)
class Difference:
    """What `after` (a believed pull, 0 for none) does not know yet."""

    after: int
    ended: NDArray[np.int64]
    """Rows of the table `stays` that are not so any more."""
    begun: NDArray[np.int64]
    """Rows of customer, since, until."""
    told: NDArray[np.int64]
    """Rows of customer, since, and which of the texts in `Seen`."""
    unpaid: NDArray[np.int64]
    """Rows of the table `revenues` that are not so any more."""
    paid: NDArray[np.int64]
    """As in `Seen`."""
    was: Sequence[tuple[int, int]]
    not_befallen: NDArray[np.int64]
    """Rows of the table `occasions` that are not so any more."""
    befell: NDArray[np.int64]
    """As in `Seen`."""
    keys: Sequence[tuple[int, str]]
    groups: Sequence[tuple[int, str]]


async def believe(
    database: Database,
    pull: Pull,
    customers: Mapping[str, Known],
    findings: Findings,
    now: datetime,
) -> Pull:
    """The pull as it ended: believed, or failed because a newer one was believed meanwhile."""
    everyone = [known for known in customers.values() if known.stays]
    numbers, renamed = await _numbers(database, pull.source, everyone)
    seen = await asyncio.to_thread(_seen, everyone, numbers)
    while True:
        difference = await database.read(
            partial(_difference, source=pull.source, seen=seen, today=findings.today)
        )
        if difference.after < pull.id:
            await _write(database, pull, difference, seen, now)
        ended = await database.write(
            partial(
                _make_true,
                pull=pull,
                after=difference.after,
                count=len(everyone),
                findings=findings,
                now=now,
            )
        )
        if ended is not None:
            break
        await _take_back(database, [pull.id])
    for some in chunks(renamed):
        await database.write(partial(_rename, renamed=some))
    await _take_back(database, await database.read(partial(_left_behind, source=pull.source)))
    return ended


async def _numbers(
    database: Database, source: str, everyone: Sequence[Known]
) -> tuple[Numbers, list[tuple[int, str]]]:
    """The number of each customer, who gets one where they had none; and who has a new name."""
    names = {storable(known.id): storable(known.name) for known in everyone}
    numbers, renamed, top = await database.read(partial(_numbered, source=source, names=names))
    for some in chunks(item for item in names.items() if item[0] not in numbers):
        added, top = await database.write(partial(_number, source=source, named=some, top=top))
        numbers.update(added)
    return numbers, renamed


def _numbered(
    connection: Connection, *, source: str, names: Mapping[str, str]
) -> tuple[Numbers, list[tuple[int, str]], int]:
    """Also the highest number that anybody has."""
    table = customers_table.c
    query = select(table.number, table.id, table.name).where(table.source == source)
    numbers: Numbers = {}
    renamed = []
    for number, id, name in stream(connection, query):
        if id in names:
            numbers[id] = number
            if name != names[id]:
                renamed.append((number, names[id]))
    return numbers, renamed, _top(connection)


def _number(
    connection: Connection, *, source: str, named: Sequence[tuple[str, str]], top: int
) -> tuple[Numbers, int]:
    """Numbers for `named` (id, name); those above `top` somebody else may have given just now."""
    lock(connection, customers_table)
    table = customers_table.c
    numbers: Numbers = {
        id: number
        for number, id in connection.execute(
            select(table.number, table.id).where(table.number > top, table.source == source)
        )
    }
    fresh = [(id, name) for id, name in named if id not in numbers]
    first = _top(connection) + 1
    rows = [(first + n, source, id, name) for n, (id, name) in enumerate(fresh)]
    columns = ("number", "source", "id", "name")
    insert_many(connection, table=customers_table, columns=columns, rows=rows)
    numbers |= {id: number for number, _, id, _ in rows}
    return numbers, _top(connection)


def _top(connection: Connection) -> int:
    return connection.scalar(select(func.max(customers_table.c.number))) or 0


def _seen(everyone: Sequence[Known], numbers: Numbers) -> Seen:
    customer = np.fromiter((numbers[storable(known.id)] for known in everyone), dtype=np.int32)
    count = np.fromiter((len(known.stays) for known in everyone), dtype=np.int64)
    spans = [span for known in everyone for span in known.stays]
    texts: dict[str, int] = {}
    codes: dict[tuple[tuple[str, str], ...], int] = {}

    def code(fields: Mapping[str, str]) -> int:
        key = tuple(fields.items())
        if key not in codes:
            codes[key] = texts.setdefault(_as_json(fields), len(texts))
        return codes[key]

    stays = np.empty((len(spans), 3), dtype=np.int64)
    stays[:, 0] = np.repeat(customer, count)
    stays[:, 1] = np.fromiter((since for since, _ in spans), dtype=np.int64)
    stays[:, 2] = np.fromiter(
        (FOREVER if until is None else until for _, until in spans), dtype=np.int64
    )
    paid, currencies = _seen_paid(everyone, customer)
    return Seen(
        stays=_distinct(stays),
        customer=customer,
        code=np.fromiter((code(known.fields) for known in everyone), dtype=np.int32),
        texts=list(texts),
        paid=paid,
        currencies=currencies,
        was=[
            (numbers[storable(old)], numbers[storable(known.id)])
            for known in everyone
            for old in known.was
            if storable(old) in numbers
        ],
        keys=_seen_keys(everyone, numbers),
        groups={
            numbers[storable(known.id)]: storable(known.group) for known in everyone if known.group
        },
        befell=_distinct(np.concatenate([_seen_days(everyone, customer, what) for what in What])),
    )


def _seen_days(everyone: Sequence[Known], customer: Codes, what: What) -> NDArray[np.int64]:
    own: list[tuple[int, ...]] = [getattr(known, what) for known in everyone]
    count = np.fromiter(map(len, own), dtype=np.int64, count=len(own))
    befell = np.empty((int(count.sum()), 3), dtype=np.int64)
    befell[:, 0] = list(What).index(what)
    befell[:, 1] = np.repeat(customer, count)
    befell[:, 2] = np.fromiter(chain.from_iterable(own), dtype=np.int64, count=len(befell))
    return befell


def _seen_keys(everyone: Sequence[Known], numbers: Numbers) -> dict[int, Sequence[str]]:
    if not any(known.keys for known in everyone):
        return {}
    return {
        numbers[storable(known.id)]: [storable(key) for key in known.keys] for known in everyone
    }


def _seen_paid(everyone: Sequence[Known], customer: Codes) -> tuple[NDArray[np.int64], list[str]]:
    count = np.fromiter((len(known.revenue) for known in everyone), dtype=np.int64)
    rows = [row for known in everyone for row in known.revenue]
    codes: dict[str, int] = {}
    paid = np.empty((len(rows), 5), dtype=np.int64)
    paid[:, 0] = np.repeat(customer, count)
    paid[:, 1] = np.fromiter((since for since, *_ in rows), dtype=np.int64)
    paid[:, 2] = np.fromiter(
        (FOREVER if until is None else until for _, until, *_ in rows), dtype=np.int64
    )
    paid[:, 3] = np.fromiter((amount for *_, amount, _ in rows), dtype=np.int64)
    paid[:, 4] = np.fromiter(
        (codes.setdefault(storable(name), len(codes)) for *_, name in rows), dtype=np.int64
    )
    return _distinct(paid), list(codes)


def _difference(connection: Connection, *, source: str, seen: Seen, today: int) -> Difference:
    believed = newest_believed(connection, source)
    after = believed.id if believed else 0
    rows = stay_rows(connection, source, after)
    known = np.stack((rows.customer, rows.since, rows.until), axis=1).astype(np.int64)
    ended, begun = _changed(rows.id, known, seen.stays)
    told = _fields_changed(profile_rows(connection, source, after), seen, today)
    unpaid, paid = _paid_changed(revenue_rows(connection, source, after), seen)
    days = occasion_rows(connection, source, after)
    befallen = np.stack((days.what, days.customer, days.day), axis=1).astype(np.int64)
    not_befallen, befell = _changed(days.id, befallen, seen.befell)
    return Difference(
        after=after,
        ended=ended,
        begun=begun,
        told=told,
        unpaid=unpaid,
        paid=paid,
        was=untold(connection, source, after, seen.was),
        not_befallen=not_befallen,
        befell=befell,
        keys=new_keys(connection, source, after, seen.keys) if seen.keys else [],
        groups=new_groups(connection, source, after, seen.groups, seen.customer),
    )


def _paid_changed(rows: RevenueRows, seen: Seen) -> tuple[NDArray[np.int64], NDArray[np.int64]]:
    codes = {name: code for code, name in enumerate(seen.currencies)}
    # One that is not paid in any more has a code of its own: two rows must not look alike for it.
    as_seen = np.array([codes.setdefault(n, len(codes)) for n in rows.currencies], dtype=np.int64)
    known = (rows.customer, rows.since, rows.until, rows.amount, as_seen[rows.code])
    return _changed(rows.id, np.stack(known, axis=1).astype(np.int64), seen.paid)


def _changed(
    ids: NDArray[np.int64], known: NDArray[np.int64], seen: NDArray[np.int64]
) -> tuple[NDArray[np.int64], NDArray[np.int64]]:
    """The ids of those that are in `known` alone, and those that are in `seen` alone."""
    both = np.concatenate((known, seen))
    order = _sorted(both)
    twice = (both[order][1:] == both[order][:-1]).all(axis=1)
    unchanged = np.zeros(len(both), dtype=bool)
    unchanged[:-1] |= twice
    unchanged[1:] |= twice
    changed = np.sort(order[~unchanged])
    is_new = changed >= len(known)
    return ids[changed[~is_new]], both[changed[is_new]]


def _fields_changed(told: ProfileRows, seen: Seen, today: int) -> NDArray[np.int64]:
    last = told.last()
    highest = max(told.customer.max(initial=0), seen.customer.max(initial=0))
    code_of = {text: code for code, text in enumerate(seen.texts)}
    # Who was never told of is known to have no fields.
    known = np.full(highest + 1, code_of.get(NOTHING, -1), dtype=np.int64)
    since = np.full(highest + 1, today, dtype=np.int64)
    theirs = np.array([code_of.get(text, -2) for text in told.texts], dtype=np.int64)
    known[told.customer[last]] = theirs[told.code[last]]
    since[told.customer[last]] = told.since[last]
    changed = seen.code != known[seen.customer]
    customer = seen.customer[changed]
    # A day that went back (another zone) must not hide behind the newest that is known.
    day = np.maximum(since[customer], today)
    return np.stack((customer, day, seen.code[changed]), axis=1).astype(np.int64)


def _sorted(rows: NDArray[np.int64]) -> NDArray[np.intp]:
    """The order of `rows`; equal ones stay as they are. Other threads go on meanwhile, which
    numpy's own sorting of rows does not let them."""
    return np.lexsort(rows.T[::-1])


def _distinct(rows: NDArray[np.int64]) -> NDArray[np.int64]:
    ordered = rows[_sorted(rows)]
    first = np.ones(len(ordered), dtype=bool)
    first[1:] = (ordered[1:] != ordered[:-1]).any(axis=1)
    return ordered[first]


def _as_json(fields: Mapping[str, str]) -> str:
    clean = {storable(name): storable(value) for name, value in fields.items()}
    return msgspec.json.encode(clean, order="sorted").decode()


async def _write(
    database: Database, pull: Pull, difference: Difference, seen: Seen, now: datetime
) -> None:
    """Nothing of it is seen before the pull is believed."""
    ended = ((stay, pull.id) for stay in _items(difference.ended))
    begun = (
        (customer, since, None if until == FOREVER else until, pull.id)
        for customer, since, until in _items(difference.begun)
    )
    told = (
        (customer, since, seen.texts[code], pull.id)
        for customer, since, code in _items(difference.told)
    )
    unpaid = ((revenue, pull.id) for revenue in _items(difference.unpaid))
    paid = (
        (
            customer,
            since,
            None if until == FOREVER else until,
            amount,
            seen.currencies[code],
            pull.id,
        )
        for customer, since, until, amount, code in _items(difference.paid)
    )
    kinds = list(What)
    not_befallen = ((occasion, pull.id) for occasion in _items(difference.not_befallen))
    befell = (
        (customer, kinds[what], day, pull.id) for what, customer, day in _items(difference.befell)
    )
    of_stays = (difference.ended, difference.begun, difference.told)
    of_revenue = (difference.unpaid, difference.paid)
    of_days = (difference.not_befallen, difference.befell)
    of_who = (difference.was, difference.keys, difference.groups)
    if any(map(len, (*of_stays, *of_revenue, *of_days, *of_who))):
        await database.write(partial(_mark_written, ids=[pull.id], written=1))
    await _insert(database, endings, ("stay", "known_to"), ended)
    await _insert(database, stays, ("customer", "since", "until", "known_from"), begun)
    await _insert(database, profiles, ("customer", "since", "fields", "known_from"), told)
    await _insert(database, revenue_endings, ("revenue", "known_to"), unpaid)
    columns = ("customer", "since", "until", "amount", "currency", "known_from")
    await _insert(database, revenues, columns, paid)
    was = ((pull.source, old, new, pull.id, to_ms(now), "") for old, new in difference.was)
    columns = ("source", "customer", "belongs_to", "known_from", "said_at", "said_by")
    await _insert(database, merges, columns, was)
    await _insert(database, occasion_endings, ("occasion", "known_to"), not_befallen)
    await _insert(database, occasions, ("customer", "what", "day", "known_from"), befell)
    keys = ((customer, text, pull.id) for customer, text in difference.keys)
    await _insert(database, identities, ("customer", "found_by", "known_from"), keys)
    belong = ((customer, group, pull.id) for customer, group in difference.groups)
    await _insert(database, groups, ("customer", "belongs_to", "known_from"), belong)


async def _insert(
    database: Database, table: Table, columns: Sequence[str], rows: Iterable[Sequence[Any]]
) -> None:
    for some in chunks(rows):
        await database.write(partial(insert_many, table=table, columns=columns, rows=some))


def _items(array: NDArray[np.int64]) -> Iterator[Any]:
    """As Python's own integers (lists of them, for rows), few at a time."""
    for first in range(0, len(array), CHUNK):
        yield from array[first : first + CHUNK].tolist()


def _make_true(
    connection: Connection,
    *,
    pull: Pull,
    after: int,
    count: int,
    findings: Findings,
    now: datetime,
) -> Pull | None:
    """None if another pull than `after` is the newest now, so that the difference is not one."""
    lock(connection, pulls)
    believed = newest_believed(connection, pull.source)
    newer = believed is not None and believed.id > pull.id
    # Changes hold for what they were added to; added to anything else they would undo it.
    if newer or (pull.base is not None and (believed is None or believed.id != pull.base)):
        return close(connection, pull.id, PullState.FAILED, now, sentence=OVERTAKEN)
    if after != (believed.id if believed else 0):
        return None
    known_from = findings.known_from
    if known_from is not None and believed is not None and believed.known_from is not None:
        known_from = min(known_from, believed.known_from)
    overtake(connection, pull, now)
    return close(
        connection,
        pull.id,
        PullState.BELIEVED,
        now,
        customers=count,
        records=findings.records,
        vanished=findings.vanished,
        today=findings.today,
        known_from=known_from,
        evidence=findings.evidence,
        note=findings.note,
    )


def _rename(connection: Connection, *, renamed: Sequence[tuple[int, str]]) -> None:
    connection.execute(
        update(customers_table)
        .where(customers_table.c.number == bindparam("who"))
        .values(name=bindparam("called")),
        [{"who": number, "called": name} for number, name in renamed],
    )


def _left_behind(connection: Connection, *, source: str) -> list[int]:
    """Pulls that have written rows and ended otherwise than believed."""
    query = select(pulls.c.id).where(
        pulls.c.source == source,
        pulls.c.written == 1,
        pulls.c.state.not_in((PullState.RUNNING, PullState.BELIEVED)),
    )
    return list(connection.scalars(query))


async def _take_back(database: Database, ids: Sequence[int]) -> None:
    """Deletes what these pulls have written, which nobody has seen."""
    if not ids:
        return
    await database.write(partial(_delete_endings, ids=ids))
    for table in (stays, profiles, revenues, merges, identities, groups, occasions):
        while await database.write(partial(_delete_some, table=table, ids=ids)):
            pass
    await database.write(partial(_mark_written, ids=ids, written=0))


def _delete_endings(connection: Connection, *, ids: Sequence[int]) -> None:
    for table in (endings, revenue_endings, occasion_endings):
        connection.execute(delete(table).where(table.c.known_to.in_(ids)))


def _delete_some(connection: Connection, *, table: Table, ids: Sequence[int]) -> int:
    some = select(table.c.id).where(table.c.known_from.in_(ids)).limit(CHUNK)
    return connection.execute(delete(table).where(table.c.id.in_(some))).rowcount


def _mark_written(connection: Connection, *, ids: Sequence[int], written: int) -> None:
    connection.execute(update(pulls).where(pulls.c.id.in_(ids)).values(written=written))
