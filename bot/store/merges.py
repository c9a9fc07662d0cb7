"""Which records of a source belong to another customer: what pulls brought and people said.

Nothing is ever changed or deleted: each row is a word about one record, and the newest counts; a
person's counts more than that of any pull. So what held after a pull, and at a moment, is known for
good.
"""

from collections.abc import Iterable, Sequence
from datetime import datetime
from typing import NamedTuple

from sqlalchemy import Connection, and_, exists, func, insert, or_, select

from bot.domain.audit import Deed
from bot.domain.merges import Into, Merge, Merged, resolved
from bot.domain.pulls import Pull
from bot.domain.segments import nearest
from bot.domain.stays import Stay
from bot.errors import Misunderstood, Sentence, one_after_another
from bot.store.database import Database
from bot.store.deeds import put as put_deed
from bot.store.dialects import NAMES_AT_ONCE, among, chunks, having, lock
from bot.store.pull_rows import believed_by, newest_believed
from bot.store.schema import customers, endings, merges, stays
from bot.store.times import from_ms, to_ms


class Word(NamedTuple):
    id: int
    customer: int
    belongs_to: int | None
    """None: it is a customer of its own again."""
    known_from: int | None
    """The pull that brought it; None: a person said so."""
    said_at: int
    said_by: str


class Record(NamedTuple):
    """One of a source."""

    number: int
    id: str
    name: str


def last_merge(connection: Connection, source: str, *, by: datetime | None = None) -> int:
    """The newest word of a person, at a moment or now; 0 before any."""
    query = select(func.max(merges.c.id)).where(
        merges.c.source == source, merges.c.known_from.is_(None)
    )
    if by is not None:
        query = query.where(merges.c.said_at <= to_ms(by))
    return connection.scalar(query) or 0


def words(connection: Connection, source: str, newest: int, last: int) -> list[Word]:
    """The word that counts of each record, after the pull `newest` and a person's word `last`; the
    one that counts least first."""
    believed = believed_by(source, newest)
    by_hand = merges.c.known_from.is_(None)
    query = (
        select(
            merges.c.id,
            merges.c.customer,
            merges.c.belongs_to,
            merges.c.known_from,
            merges.c.said_at,
            merges.c.said_by,
        )
        .where(merges.c.source == source)
        .where(or_(merges.c.known_from.in_(believed), and_(by_hand, merges.c.id <= last)))
        .order_by(by_hand, merges.c.id)
    )
    newest_of: dict[int, Word] = {}
    for word in (Word(*row) for row in connection.execute(query)):
        newest_of.pop(word.customer, None)
        newest_of[word.customer] = word
    return list(newest_of.values())


def into(connection: Connection, source: str, newest: int, last: int) -> Into:
    """As `bot.domain.merges.resolved`, of what counts then."""
    return _resolved(words(connection, source, newest, last))


def _resolved(counts: Sequence[Word]) -> Into:
    return resolved([(w.customer, w.belongs_to) for w in counts if w.belongs_to is not None])


def ends_of(connection: Connection, numbers: Iterable[int]) -> Into:
    """Whom these customers belong to by now, whose numbers were written down some time ago; those
    who are still their own are not in it."""
    query = select(customers.c.source).distinct()
    sources = {row.source for row in having(connection, query, customers.c.number, set(numbers))}
    ends: Into = {}
    for source in sources:
        ends = {**ends, **_now(connection, source)}
    return ends


def untold(
    connection: Connection, source: str, newest: int, was: Sequence[tuple[int, int]]
) -> list[tuple[int, int]]:
    """Those of `was` (old, new), which a pull tells, that are not known and no person spoke of."""
    counts = words(connection, source, newest, last_merge(connection, source))
    known = {w.customer: (w.belongs_to, w.known_from) for w in counts}
    return [
        (old, new)
        for old, new in was
        if old not in known or (known[old][1] is not None and known[old][0] != new)
    ]


class Merges:
    def __init__(self, database: Database) -> None:
        self._database = database

    async def newest(self, source: str) -> int:
        """The number of the last word that a person said; 0 before any."""
        return await self._database.read(lambda c: last_merge(c, source))

    async def known(self, source: str, *, by: datetime | None = None) -> list[Merged]:
        """The records that belong to another customer, at a moment or now; the newest first."""

        def read(connection: Connection) -> list[Merged]:
            pull = newest_believed(connection, source, by=by)
            last = last_merge(connection, source, by=by)
            counts = words(connection, source, pull.id if pull else 0, last)
            ends = _resolved(counts)
            table = customers.c
            who = {*ends, *ends.values()}
            query = select(table.number, table.id, table.name)
            called = {row.number: row for row in having(connection, query, table.number, who)}
            own = _stays(connection, source, pull, sorted(who))
            return [
                Merged(
                    Merge(
                        old=w.customer,
                        new=ends[w.customer],
                        at=from_ms(w.said_at),
                        pull=w.known_from,
                        by=w.said_by,
                        stays=tuple(own.get(w.customer, ())),
                        new_stays=tuple(own.get(ends[w.customer], ())),
                    ),
                    old_id=called[w.customer].id,
                    old=called[w.customer].name,
                    new=called[ends[w.customer]].name,
                )
                for w in sorted(counts, key=lambda w: -w.id)
                if w.customer in ends
            ]

        return await self._database.read(read)

    async def merge(self, source: str, old: str, new: str, *, by: str, now: datetime) -> Merged:
        """From now on the record `old` belongs to the customer `new`; both by id or name.

        Raises Misunderstood for somebody who is not known, or where it would say nothing new or
        lead in a circle.
        """

        def write(connection: Connection) -> None:
            lock(connection, merges)
            one, other = found(connection, source, old), found(connection, source, new)
            ends = _now(connection, source)
            end = ends.get(other.number, other.number)
            if one.number == other.number:
                raise Misunderstood(
                    '"{one}" and "{other}" are one record already.', one=old[:60], other=new[:60]
                )
            if ends.get(one.number) == end:
                raise Misunderstood(
                    '"{one}" belongs to "{other}" already.',
                    one=one.name[:60],
                    other=other.name[:60],
                )
            if end == one.number:
                raise Misunderstood(
                    '"{other}" belongs to "{one}", so it cannot be the other way round as well.'
                    " First undo that: keeprate merge --undo {id}",
                    other=other.name[:60],
                    one=one.name[:60],
                    id=other.id[:60],
                )
            _say(connection, source, one.number, other.number, by, now)
            about = f"{source}: {one.id} into {other.id}"
            put_deed(connection, Deed(now, by, "merged records", about))

        await self._database.write(write)
        return await self._one(source, old)

    async def undo(self, source: str, old: str, *, by: str, now: datetime) -> Merged:
        """From now on the record is a customer of its own again; the merge that was taken back.

        Raises Misunderstood for a record that belongs to nobody else.
        """
        was = await self._one(source, old)
        deed = Deed(now, by, "took a merge back", f"{source}: {was.old_id}")

        def write(connection: Connection) -> None:
            _say(connection, source, was.of.old, None, by, now)
            put_deed(connection, deed)

        await self._database.write(write)
        return was

    async def _one(self, source: str, old: str) -> Merged:
        record = await self._database.read(lambda c: found(c, source, old))
        known = await self.known(source)
        for each in known:
            if each.of.old == record.number:
                return each
        near = ", ".join(each.old_id for each in known[:5])
        raise Misunderstood(
            one_after_another(
                Sentence('"{word}" belongs to no other customer.', word=old[:60]),
                Sentence("These do: {names}.", names=near) if near else Sentence("None does."),
            )
        )


def _stays(
    connection: Connection, source: str, pull: Pull | None, numbers: Sequence[int]
) -> dict[int, list[Stay]]:
    """Those that the records have of their own, as they were known after the pull."""
    own: dict[int, list[Stay]] = {}
    if pull is None:
        return own
    believed = believed_by(source, pull.id)
    ended = exists().where(endings.c.stay == stays.c.id, endings.c.known_to.in_(believed))
    query = select(stays.c.customer, stays.c.since, stays.c.until).where(
        stays.c.known_from.in_(believed), ~ended
    )
    for some in chunks(numbers, NAMES_AT_ONCE):
        for customer, since, until in connection.execute(
            query.where(among(connection, stays.c.customer, some)).order_by(
                stays.c.customer, stays.c.since
            )
        ):
            own.setdefault(customer, []).append((since, until))
    return own


def _now(connection: Connection, source: str) -> Into:
    pull = newest_believed(connection, source)
    return into(connection, source, pull.id if pull else 0, last_merge(connection, source))


def _say(
    connection: Connection, source: str, old: int, new: int | None, by: str, now: datetime
) -> None:
    connection.execute(
        insert(merges).values(
            source=source, customer=old, belongs_to=new, said_at=to_ms(now), said_by=by
        )
    )


def found(connection: Connection, source: str, text: str) -> Record:
    """The record with this id, or else the only one with this name. Raises Misunderstood."""
    table = customers.c
    query = select(table.number, table.id, table.name).where(table.source == source)
    by_id = connection.execute(query.where(table.id == text)).first()
    if by_id is not None:
        return Record(*by_id)
    named = connection.execute(query.where(func.lower(table.name) == text.lower()).limit(6)).all()
    if len(named) == 1:
        return Record(*named[0])
    if named:
        ids = ", ".join(row.id for row in named[:5])
        raise Misunderstood(
            '{n} records are called "{word}": name one by its id, of {ids}.',
            n=len(named),
            word=text[:60],
            ids=ids,
        )
    alike = connection.execute(
        query.where(
            or_(table.name.istartswith(text[:3], autoescape=True), table.id.startswith(text[:2]))
        )
        .order_by(table.name, table.number)
        .limit(50)
    ).all()
    near = nearest(text, [word for row in alike for word in (row.id, row.name)])[:3]
    raise Misunderstood(
        one_after_another(
            Sentence(
                '{source} knows no customer "{word}", by id or name.', source=source, word=text[:60]
            ),
            Sentence("Near it: {names}.", names=", ".join(near)) if near else "",
        )
    )
