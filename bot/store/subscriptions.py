"""Subscriptions: of a channel, an edition and a segment one; that of config.yaml is not here."""

from collections.abc import Sequence
from datetime import datetime
from typing import Any

import msgspec
from sqlalchemy import Connection, Row, delete, insert, select, update

from bot.domain.audit import Deed
from bot.domain.subscriptions import Edition, Subscription
from bot.store.database import Database
from bot.store.deeds import put as put_deed
from bot.store.dialects import lock
from bot.store.schema import subscriptions
from bot.store.texts import storable
from bot.store.times import from_ms, to_ms


class Subscriptions:
    def __init__(self, database: Database) -> None:
        self._database = database

    async def put(
        self, of: Subscription, *, by: str, now: datetime, what: str = ""
    ) -> Subscription:
        """A new one, or in the place of the one with its id, or of the one of the same channel,
        edition and segment; and who did it, together. `what` is what is written down of it.

        One that is new, changed or goes on makes up for nothing that was due before now.
        """

        def work(connection: Connection) -> Subscription:
            lock(connection, subscriptions)
            id = _same(connection, of) or of.id
            values = {**_values(of), "since": to_ms(now), "changed_by": storable(by)}
            changed = bool(id) and (
                connection.execute(
                    update(subscriptions).where(subscriptions.c.id == id).values(**values)
                ).rowcount
            )
            if not changed:
                made = insert(subscriptions).values(**values).returning(subscriptions.c.id)
                id = connection.scalars(made).one()
            told = what or ("subscription changed" if changed else "subscription made")
            put_deed(connection, Deed(now, by, told, f"{of.name} in {of.channel}"))
            one = select(subscriptions).where(subscriptions.c.id == id)
            return _read(connection.execute(one).one())

        return await self._database.write(work)

    async def end(self, id: int, *, by: str, now: datetime) -> Subscription | None:
        """The one that has ended; None where it had before."""

        def work(connection: Connection) -> Subscription | None:
            one = subscriptions.c.id == id
            row = connection.execute(select(subscriptions).where(one)).first()
            if row is None or not connection.execute(delete(subscriptions).where(one)).rowcount:
                return None
            of = _read(row)
            about = f"{of.name} in {of.channel}"
            put_deed(connection, Deed(now, by, "subscription ended", about))
            return of

        return await self._database.write(work)

    async def all(self) -> Sequence[Subscription]:
        """In the order in which they were made."""
        query = select(subscriptions).order_by(subscriptions.c.id)
        return await self._database.read(lambda c: [_read(row) for row in c.execute(query)])

    async def get(self, id: int) -> Subscription | None:
        query = select(subscriptions).where(subscriptions.c.id == id)
        row = await self._database.read(lambda c: c.execute(query).first())
        return None if row is None else _read(row)

    async def of(
        self, channel: str, edition: Edition, segment: Sequence[tuple[str, str]] = ()
    ) -> Subscription | None:
        """The one of this channel, edition and segment."""
        wanted = Subscription(channel, edition, segment=tuple(segment))
        id = await self._database.read(lambda c: _same(c, wanted))
        return await self.get(id) if id else None


def _same(connection: Connection, of: Subscription) -> int:
    """The id of the one that says the same of channel, edition and segment; 0 of none."""
    query = select(subscriptions.c.id).where(
        subscriptions.c.channel == of.channel,
        subscriptions.c.edition == of.edition,
        subscriptions.c.segment == _segment(of),
    )
    return connection.scalar(query) or 0


def _segment(of: Subscription) -> str:
    return storable(msgspec.json.encode(sorted(of.segment)).decode())


def _values(of: Subscription) -> dict[str, Any]:
    return {
        "channel": of.channel,
        "edition": of.edition,
        "segment": _segment(of),
        "weekday": of.weekday,
        "at": of.at,
        "zone": of.zone,
        "language": of.language,
        "paused": int(of.paused),
        "made_by": storable(of.made_by),
    }


def _read(row: Row[Any]) -> Subscription:
    return Subscription(
        id=row.id,
        channel=row.channel,
        edition=Edition(row.edition),
        segment=msgspec.json.decode(row.segment, type=tuple[tuple[str, str], ...]),
        weekday=row.weekday,
        at=row.at,
        zone=row.zone,
        language=row.language,
        paused=bool(row.paused),
        since=from_ms(row.since),
        made_by=row.made_by,
    )
