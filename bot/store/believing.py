"""Believing a pull: its difference to what is known, written down, then made true in one step.

A million customers take many seconds to write, and SQLite has one writer, so it is done in short
transactions. Nobody sees any of their rows until the last one sets the pull's state (see schema).
If the process dies before that, the pull never happened.
"""

import asyncio
from collections.abc import AsyncIterator, Callable, Iterable, Iterator, Mapping, Sequence, Sized
from dataclasses import dataclass, field, fields
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
from bot.store import held
from bot.store.database import Database
from bot.store.dialects import CHUNK, chunks, having, insert_many, lock
from bot.store.groups import new_groups
from bot.store.identities import new_keys
from bot.store.knowledge import (
    NOTHING,
    ProfileRows,
    RevenueRows,
    Snapshot,
    What,
    snapshot,
)
from bot.store.merges import untold
from bot.store.pull_rows import OVERTAKEN, close, newest_believed, overtake, write_left_out
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

Parts = Callable[[], AsyncIterator[Iterable[Known]]]
"""All customers of a pull, some after the others, each in one part; as often as they are asked for.
So that a pull of millions needs no more memory than its largest part."""


@dataclass(frozen=True, slots=True)
class Findings:
    """What a pull brought, beside the customers."""

    today: int
    known_from: int | None
    records: int
    vanished: int
    trusted_from: int | None = None
    evidence: str = ""
    note: str = ""
    """What an admin should know of it."""
    left_out: Mapping[str, int] | None = None
    """As of `Pull`."""


@dataclass(frozen=True, eq=False, slots=True)
class Seen:
    """What a pull says, in arrays: a million tuples would stop the process for collections of
    garbage, and one call that turns them over would keep every other thread waiting."""

    stays: NDArray[np.int64]
    """Rows of customer, since, until; each once."""
    customer: Codes
    code: Codes
    """Of each customer: which of `texts` they are."""
    earlier: NDArray[np.int64]
    """Rows of customer, since, and which of `texts` they were from then on, of those who were
    something else before; sorted."""
    texts: Sequence[str]
    paid: NDArray[np.int64]
    """Rows of customer, since, until, amount, and which of `currencies`; each once."""
    currencies: Sequence[str]
    befell: NDArray[np.int64]
    """Rows of which `What`, customer, day; each once."""
    keys: Mapping[int, Sequence[str]]
    """What finds each customer in other sources; empty where nobody is looked for."""
    groups: Mapping[int, str]
    """Of each customer that is in one."""


def _none() -> NDArray[np.int64]:
    return np.empty((0, 3), dtype=np.int64)


@dataclass(frozen=True, eq=False, slots=True)
class Difference:
    """What is not known yet of some customers."""

    ended: NDArray[np.int64] = field(default_factory=_none)
    """Rows of the table `stays` that are not so any more."""
    begun: NDArray[np.int64] = field(default_factory=_none)
    """Rows of customer, since, until."""
    told: NDArray[np.int64] = field(default_factory=_none)
    """Rows of customer, since, and which of the texts in `Seen`."""
    unpaid: NDArray[np.int64] = field(default_factory=_none)
    """Rows of the table `revenues` that are not so any more."""
    paid: NDArray[np.int64] = field(default_factory=_none)
    """As in `Seen`."""
    was: Sequence[tuple[int, int]] = ()
    """Records that were merged, and the customers that they belong to."""
    not_befallen: NDArray[np.int64] = field(default_factory=_none)
    """Rows of the table `occasions` that are not so any more."""
    befell: NDArray[np.int64] = field(default_factory=_none)
    """As in `Seen`."""
    keys: Sequence[tuple[int, str]] = ()
    groups: Sequence[tuple[int, str]] = ()

    def all(self) -> Iterator[Sized]:
        return (getattr(self, each.name) for each in fields(self))


async def kept(database: Database, pull: int) -> AsyncIterator[list[Known]]:
    """The parts that were kept of a pull."""
    for part in await database.read(partial(held.parts, pull=pull)):
        yield await database.read(partial(held.read, pull=pull, part=part))


async def believe(
    database: Database, pull: Pull, parts: Parts, findings: Findings, now: datetime
) -> Pull:
    """The pull as it ended: believed, or failed because a newer one was believed meanwhile."""
    while True:
        known = await database.read(partial(_snapshot, source=pull.source))
        work = _Work(database, pull, known, findings.today, now)
        if known.newest < pull.id:
            async for part in parts():
                await work.write(part)
            await work.end_the_others()
            await work.merge()
        ended = await database.write(
            partial(
                _make_true,
                pull=pull,
                after=known.newest,
                count=work.count,
                findings=findings,
                now=now,
            )
        )
        if ended is not None:
            break
        await _take_back(database, [pull.id])
    for some in chunks(work.renamed if ended.state is PullState.BELIEVED else []):
        await database.write(partial(_rename, renamed=some))
    await _take_back(database, await database.read(partial(_left_behind, source=pull.source)))
    return ended


def _snapshot(connection: Connection, *, source: str) -> Snapshot:
    believed = newest_believed(connection, source)
    return snapshot(connection, source, believed.id if believed else 0)


@dataclass(eq=False)
class _Work:
    """Writing down what differs, part by part; nobody sees it before the pull is believed."""

    database: Database
    pull: Pull
    known: Snapshot
    today: int
    now: datetime
    count: int = 0
    renamed: list[tuple[int, str]] = field(default_factory=list)
    was: list[tuple[str, str]] = field(default_factory=list)
    """Ids of records that were merged, and of the customers that they belong to."""
    seen: NDArray[np.bool_] = field(default_factory=lambda: np.zeros(0, dtype=bool))
    """By number, who was in a part."""
    marked: bool = False

    async def write(self, part: Iterable[Known]) -> None:
        everyone = [known for known in part if known.stays]
        if not everyone:
            return
        numbers, renamed = await _numbers(self.database, self.pull.source, everyone)
        self.count += len(everyone)
        self.renamed += renamed
        self.was += [(old, known.id) for known in everyone for old in known.was]
        own = list(numbers.values())
        self._see(own)
        seen = await asyncio.to_thread(_seen, everyone, numbers)
        known = await asyncio.to_thread(self.known.of, own)
        await self._write(
            await self.database.read(
                partial(
                    _difference,
                    source=self.pull.source,
                    seen=seen,
                    known=known,
                    today=self.today,
                )
            ),
            seen,
        )

    async def end_the_others(self) -> None:
        """Who is known and in no part is not known any more."""
        everyone = self.known.everyone()
        self._make_room(int(everyone.max(initial=0)))
        others = self.known.of(everyone[~self.seen[everyone]])
        difference = Difference(
            ended=others.stays.id, unpaid=others.paid.id, not_befallen=others.befell.id
        )
        await self._write(difference, _nothing_seen())

    async def merge(self) -> None:
        if not self.was:
            return
        ids = sorted({storable(id) for pair in self.was for id in pair})
        numbers = await self.database.read(partial(by_id, source=self.pull.source, ids=ids))
        told = [
            (numbers[storable(old)], numbers[storable(new)])
            for old, new in self.was
            if self._saw(numbers.get(storable(old)))
        ]
        was = await self.database.read(
            partial(untold, source=self.pull.source, newest=self.known.newest, was=told)
        )
        await self._write(Difference(was=was), _nothing_seen())

    def _see(self, numbers: Sequence[int]) -> None:
        self._make_room(max(numbers))
        self.seen[list(numbers)] = True

    def _make_room(self, number: int) -> None:
        if number >= len(self.seen):
            more = max(number + 1, 2 * len(self.seen)) - len(self.seen)
            self.seen = np.concatenate((self.seen, np.zeros(more, dtype=bool)))

    def _saw(self, number: int | None) -> bool:
        return number is not None and number < len(self.seen) and bool(self.seen[number])

    async def _write(self, difference: Difference, seen: Seen) -> None:
        if not any(map(len, difference.all())):
            return
        if not self.marked:
            await self.database.write(partial(_mark_written, ids=[self.pull.id], written=1))
            self.marked = True
        await _write(self.database, self.pull, difference, seen, self.now)


async def _numbers(
    database: Database, source: str, everyone: Sequence[Known]
) -> tuple[Numbers, list[tuple[int, str]]]:
    """The number of each customer, who gets one where they had none; and who has a new name."""
    names = {storable(known.id): storable(known.name) for known in everyone}
    numbers, renamed, top = await database.read(partial(_numbered, source=source, names=names))
    for some in chunks(item for item in names.items() if item[0] not in numbers):
        added, top = await database.write(partial(_number, source=source, named=some, top=top))
        numbers.update((id, number) for id, number in added.items() if id in names)
    return numbers, renamed


def _numbered(
    connection: Connection, *, source: str, names: Mapping[str, str]
) -> tuple[Numbers, list[tuple[int, str]], int]:
    """Also the highest number that anybody has."""
    table = customers_table.c
    query = select(table.number, table.id, table.name).where(table.source == source)
    numbers: Numbers = {}
    renamed = []
    top = _top(connection)
    for number, id, name in having(connection, query, table.id, names if top else ()):
        numbers[id] = number
        if name != names[id]:
            renamed.append((number, names[id]))
    return numbers, renamed, top


def by_id(connection: Connection, *, source: str, ids: Sequence[str]) -> Numbers:
    """The store's numbers of those of the ids that somebody has."""
    table = customers_table.c
    query = select(table.number, table.id).where(table.source == source)
    return {id: number for number, id in having(connection, query, table.id, ids)}


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
    earlier = [
        (number, day, code(fields))
        for number, known in zip(customer.tolist(), everyone, strict=True)
        for day, fields in known.earlier
    ]
    return Seen(
        stays=_distinct(stays),
        customer=customer,
        code=np.fromiter((code(known.fields) for known in everyone), dtype=np.int32),
        earlier=_distinct(np.array(earlier, dtype=np.int64).reshape(-1, 3)),
        texts=list(texts),
        paid=paid,
        currencies=currencies,
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


def _nothing_seen() -> Seen:
    return _seen([], {})


def _difference(
    connection: Connection, *, source: str, seen: Seen, known: Snapshot, today: int
) -> Difference:
    ended, begun = _changed(known.stays.id, _stays_matrix(known), seen.stays)
    unpaid, paid = _paid_changed(known.paid, seen)
    days = known.befell
    befallen = np.stack((days.what, days.customer, days.day), axis=1).astype(np.int64)
    not_befallen, befell = _changed(days.id, befallen, seen.befell)
    return Difference(
        ended=ended,
        begun=begun,
        told=_fields_changed(known.told, seen, today),
        unpaid=unpaid,
        paid=paid,
        not_befallen=not_befallen,
        befell=befell,
        keys=new_keys(connection, source, known.newest, seen.keys) if seen.keys else [],
        groups=new_groups(connection, source, known.newest, seen.groups, seen.customer),
    )


def _stays_matrix(known: Snapshot) -> NDArray[np.int64]:
    """Rows of customer, since, until."""
    rows = known.stays
    return np.stack((rows.customer, rows.since, rows.until), axis=1).astype(np.int64)


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
    # Of who was told of before, what is remembered stands: only what is new is from today on.
    is_first = ~np.isin(seen.earlier[:, 0], told.customer)
    first = seen.earlier[is_first]
    changed = seen.code != known[seen.customer]
    changed &= ~np.isin(seen.customer, first[:, 0])
    customer = seen.customer[changed]
    # A day that went back (another zone) must not hide behind the newest that is known.
    day = np.maximum(since[customer], today)
    newest = np.stack((customer, day, seen.code[changed]), axis=1).astype(np.int64)
    return np.concatenate((first, newest))


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
        trusted_from=findings.trusted_from,
        evidence=findings.evidence,
        note=findings.note,
        left_out=None if findings.left_out is None else write_left_out(findings.left_out),
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
