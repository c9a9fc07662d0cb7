"""Believing a pull: its difference to what is known, written down, then made true in one step.

A million customers take many seconds to write, and SQLite has one writer, so it is done in short
transactions. Nobody sees any of their rows until the last one sets the pull's state (see schema).
If the process dies before that, the pull never happened.
"""

from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from functools import partial
from itertools import chain

import msgspec
import numpy as np
from sqlalchemy import Connection, Table, bindparam, delete, func, select, update

from bot.domain.columns import FOREVER
from bot.domain.pulls import Pull, PullState
from bot.domain.stays import Known
from bot.store.database import Database
from bot.store.dialects import CHUNK, chunks, insert_many, lock, stream
from bot.store.knowledge import NOTHING, ProfileRows, StayRows, profile_rows, stay_rows
from bot.store.pull_rows import OVERTAKEN, close, newest_believed, overtake
from bot.store.schema import customers as customers_table
from bot.store.schema import endings, profiles, pulls, stays
from bot.store.texts import storable

Numbers = dict[str, int]
"""The store's number of each customer, by id."""


@dataclass(frozen=True, slots=True)
class Findings:
    """What a pull brought, beside the customers."""

    today: int
    known_from: int | None
    records: int
    vanished: int


@dataclass(frozen=True, slots=True)
class Difference:
    """What `after` (a believed pull, 0 for none) does not know yet."""

    after: int
    ended: list[int]
    """Rows of `stays` that are not so any more."""
    begun: list[tuple[int, int, int | None]]
    """customer, since, until"""
    told: list[tuple[int, int, str]]
    """customer, since, fields"""


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
    while True:
        difference = await database.read(
            partial(
                _difference,
                source=pull.source,
                everyone=everyone,
                numbers=numbers,
                today=findings.today,
            )
        )
        if difference.after < pull.id:
            await _write(database, pull, difference)
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
    for some in chunks([item for item in names.items() if item[0] not in numbers]):
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


def _difference(
    connection: Connection,
    *,
    source: str,
    everyone: Sequence[Known],
    numbers: Numbers,
    today: int,
) -> Difference:
    believed = newest_believed(connection, source)
    after = believed.id if believed else 0
    ended, begun = _stays_changed(stay_rows(connection, source, after), everyone, numbers)
    told = _fields_changed(profile_rows(connection, source, after), everyone, numbers, today)
    return Difference(after=after, ended=ended, begun=begun, told=told)


def _stays_changed(
    rows: StayRows, everyone: Sequence[Known], numbers: Numbers
) -> tuple[list[int], list[tuple[int, int, int | None]]]:
    flat = np.fromiter(chain.from_iterable(_spans(everyone, numbers)), dtype=np.int64)
    new = np.unique(flat.reshape(-1, 3), axis=0)
    old = np.stack((rows.customer, rows.since, rows.until), axis=1).astype(np.int64)
    is_new = np.repeat((False, True), (len(old), len(new)))
    both = np.concatenate((old, new))
    order = np.lexsort((is_new, both[:, 2], both[:, 1], both[:, 0]))
    same_as_next = np.zeros(len(both), dtype=bool)
    same_as_next[:-1] = (both[order][1:] == both[order][:-1]).all(axis=1)
    unchanged = same_as_next.copy()
    unchanged[1:] |= same_as_next[:-1]
    changed = order[~unchanged]
    ended = rows.id[changed[~is_new[changed]]]
    begun = both[changed[is_new[changed]]]
    return ended.tolist(), [
        (customer, since, None if until == FOREVER else until)
        for customer, since, until in begun.tolist()
    ]


def _spans(everyone: Iterable[Known], numbers: Numbers) -> Iterator[tuple[int, int, int]]:
    for known in everyone:
        number = numbers[storable(known.id)]
        for since, until in known.stays:
            yield number, since, int(FOREVER) if until is None else until


def _fields_changed(
    told: ProfileRows, everyone: Sequence[Known], numbers: Numbers, today: int
) -> list[tuple[int, int, str]]:
    last = told.last()
    now = dict(zip(told.customer[last].tolist(), told.code[last].tolist(), strict=True))
    since = dict(zip(told.customer[last].tolist(), told.since[last].tolist(), strict=True))
    texts = {text: code for code, text in enumerate(told.texts)}
    written: dict[tuple[tuple[str, str], ...], str] = {}
    changed = []
    for known in everyone:
        number, key = numbers[storable(known.id)], tuple(known.fields.items())
        text = written.get(key) or written.setdefault(key, _as_json(known.fields))
        before = now.get(number)
        if before is None and text == NOTHING:
            continue
        if before is None or texts.get(text) != before:
            # A day that went back (another zone) must not hide behind the newest that is known.
            changed.append((number, max(today, since.get(number, today)), text))
    return changed


def _as_json(fields: Mapping[str, str]) -> str:
    clean = {storable(name): storable(value) for name, value in fields.items()}
    return msgspec.json.encode(clean, order="sorted").decode()


async def _write(database: Database, pull: Pull, difference: Difference) -> None:
    """Nothing of it is seen before the pull is believed."""
    if difference.ended or difference.begun or difference.told:
        await database.write(partial(_mark_written, ids=[pull.id], written=1))
    for table, names, rows in (
        (endings, ("stay", "known_to"), ((stay, pull.id) for stay in difference.ended)),
        (
            stays,
            ("customer", "since", "until", "known_from"),
            ((*stay, pull.id) for stay in difference.begun),
        ),
        (
            profiles,
            ("customer", "since", "fields", "known_from"),
            ((*profile, pull.id) for profile in difference.told),
        ),
    ):
        for some in chunks(rows):
            await database.write(partial(insert_many, table=table, columns=names, rows=some))


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
    if believed is not None and believed.id > pull.id:
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
    for table in (stays, profiles):
        while await database.write(partial(_delete_some, table=table, ids=ids)):
            pass
    await database.write(partial(_mark_written, ids=ids, written=0))


def _delete_endings(connection: Connection, *, ids: Sequence[int]) -> None:
    connection.execute(delete(endings).where(endings.c.known_to.in_(ids)))


def _delete_some(connection: Connection, *, table: Table, ids: Sequence[int]) -> int:
    some = select(table.c.id).where(table.c.known_from.in_(ids)).limit(CHUNK)
    return connection.execute(delete(table).where(table.c.id.in_(some))).rowcount


def _mark_written(connection: Connection, *, ids: Sequence[int], written: int) -> None:
    connection.execute(update(pulls).where(pulls.c.id.in_(ids)).values(written=written))
