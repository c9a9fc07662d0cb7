"""Counts of customers: what sources told and people recorded, and what it was before.

A count that is corrected keeps its old row, which ends when the new one begins. What a person
recorded stands until a person records something else.
"""

from collections.abc import Iterable, Sequence
from datetime import datetime

from sqlalchemy import Connection, Row, func, insert, or_, select, update

from bot.domain.audit import Deed
from bot.domain.counting import CountOn
from bot.domain.period import from_day_number
from bot.domain.pulls import Pull, PullState
from bot.store.database import Database
from bot.store.deeds import put as put_deed
from bot.store.dialects import lock
from bot.store.pull_rows import close, newest_believed, overtake
from bot.store.schema import counts, pulls
from bot.store.times import from_ms, to_ms


class CountStore:
    def __init__(self, database: Database) -> None:
        self._database = database

    async def known(self, source: str, as_known_at: datetime | None = None) -> list[CountOn]:
        """All counts by day, as they are known now or were at a moment."""

        def read(connection: Connection) -> list[CountOn]:
            return list(known_counts(connection, source, as_known_at).values())

        return await self._database.read(read)

    async def newest(self) -> dict[str, datetime]:
        """By source, when it was last told or recorded."""
        query = select(counts.c.source, func.max(counts.c.known_from)).group_by(counts.c.source)
        return await self._database.read(
            lambda c: {source: from_ms(at) for source, at in c.execute(query)}
        )

    async def before(self, source: str, some: Sequence[CountOn]) -> dict[int, CountOn]:
        """Of those days that were corrected, what was known last before; by day."""
        days = [count.day for count in some]
        query = (
            select(counts)
            .where(counts.c.source == source, counts.c.day.in_(days))
            .where(counts.c.known_to.is_not(None))
            .order_by(counts.c.known_to)
        )
        now = {count.day: count for count in some}
        found = await self._database.read(lambda c: [_read(row) for row in c.execute(query)])
        return {
            each.day: each
            for each in found
            if (each.customers, each.new) != (now[each.day].customers, now[each.day].new)
        }

    async def record(self, source: str, count: CountOn, now: datetime) -> CountOn | None:
        """What a person (`count.by`) says of a day; what was known of it before."""
        about = f"{source}: {from_day_number(count.day)}, {count.customers} customers"
        if count.new is not None:
            about += f", {count.new} new"

        def write(connection: Connection) -> CountOn | None:
            lock(connection, counts)
            was = known_counts(connection, source, None).get(count.day)
            if was is None or (was.customers, was.new, bool(was.by)) != (
                count.customers,
                count.new,
                True,
            ):
                _replace(connection, source, [count.day], [count], now)
                put_deed(connection, Deed(now, count.by, "recorded a count", about))
            return was

        return await self._database.write(write)

    async def believe(
        self, pull: Pull, told: Sequence[CountOn], *, today: int, now: datetime
    ) -> Pull:
        """From now on these are the source's counts, but for the days of which people spoke."""

        def write(connection: Connection) -> Pull:
            lock(connection, pulls)
            newest = newest_believed(connection, pull.source)
            if newest is not None and newest.id > pull.id:
                sentence = "A newer pull was believed first."
                return close(connection, pull.id, PullState.FAILED, now, sentence=sentence)
            lock(connection, counts)
            known = known_counts(connection, pull.source, None)
            by_people = {day for day, count in known.items() if count.by}
            fresh = [
                count
                for count in told
                if count.day not in by_people and not _same(known.get(count.day), count)
            ]
            gone = known.keys() - by_people - {count.day for count in told}
            _replace(connection, pull.source, [*gone, *(c.day for c in fresh)], fresh, now)
            overtake(connection, pull, now)
            records = len(told)
            customers = told[-1].customers if told else 0
            return close(
                connection,
                pull.id,
                PullState.BELIEVED,
                now,
                records=records,
                customers=customers,
                today=today,
            )

        return await self._database.write(write)


def _same(known: CountOn | None, told: CountOn) -> bool:
    return known is not None and (known.customers, known.new) == (told.customers, told.new)


def known_counts(connection: Connection, source: str, at: datetime | None) -> dict[int, CountOn]:
    query = select(counts).where(counts.c.source == source).order_by(counts.c.day)
    if at is None:
        query = query.where(counts.c.known_to.is_(None))
    else:
        moment = to_ms(at)
        ended_later = or_(counts.c.known_to.is_(None), counts.c.known_to > moment)
        query = query.where(counts.c.known_from <= moment, ended_later)
    return {row.day: _read(row) for row in connection.execute(query)}


def _replace(
    connection: Connection,
    source: str,
    days: Iterable[int],
    fresh: Sequence[CountOn],
    now: datetime,
) -> None:
    ended = list(days)
    for place in range(0, len(ended), 1000):
        connection.execute(
            update(counts)
            .where(counts.c.source == source, counts.c.day.in_(ended[place : place + 1000]))
            .where(counts.c.known_to.is_(None))
            .values(known_to=to_ms(now))
        )
    if fresh:
        connection.execute(
            insert(counts),
            [
                {
                    "source": source,
                    "day": count.day,
                    "customers": count.customers,
                    "new": count.new,
                    "said_by": count.by,
                    "known_from": to_ms(now),
                }
                for count in fresh
            ],
        )


def _read(row: Row[tuple[int, str, int, int, int, str, int, int]]) -> CountOn:
    return CountOn(
        day=row.day,
        customers=row.customers,
        new=row.new,
        by=row.said_by,
        known_from=from_ms(row.known_from),
    )
