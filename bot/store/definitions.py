"""Which definitions were in force since when, so that a change can be told once."""

import json
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from sqlalchemy import Connection, Row, insert, select, update

from bot.store.database import Database
from bot.store.dialects import lock
from bot.store.schema import definitions
from bot.store.times import from_ms, to_ms


@dataclass(frozen=True, slots=True)
class InForce:
    """A definition, as it stood in config.yaml from some moment on."""

    id: int
    hash: str
    settings: dict[str, Any]
    since: datetime


class Definitions:
    def __init__(self, database: Database) -> None:
        self._database = database

    async def note(self, hash: str, settings: dict[str, Any], now: datetime) -> None:
        """This definition is in force; the very first one is no news."""

        def note(connection: Connection) -> None:
            lock(connection, definitions)
            newest = _newest(connection)
            if newest is not None and newest.hash == hash:
                return
            values = {
                "hash": hash,
                "settings": json.dumps(settings, sort_keys=True),
                "since": to_ms(now),
                "announced_at": to_ms(now) if newest is None else None,
            }
            connection.execute(insert(definitions).values(values)).close()

        await self._database.write(note)

    async def news(self) -> tuple[InForce, InForce] | None:
        """The definition that was announced last and the one in force now; None if that is the
        same one, or there is none."""

        def read(connection: Connection) -> tuple[InForce, InForce] | None:
            newest, known = _newest(connection), _newest(connection, announced=True)
            if newest is None or known is None or newest.id == known.id:
                return None
            return _in_force(known), _in_force(newest)

        return await self._database.read(read)

    async def announced(self, id: int, now: datetime) -> None:
        """The definition with this id, and with it all before it, is no news any more."""
        query = (
            update(definitions)
            .where(definitions.c.id <= id, definitions.c.announced_at.is_(None))
            .values(announced_at=to_ms(now))
        )
        await self._database.write(lambda c: c.execute(query).close())


def _newest(connection: Connection, *, announced: bool = False) -> Row[Any] | None:
    query = select(definitions).order_by(definitions.c.id.desc()).limit(1)
    if announced:
        query = query.where(definitions.c.announced_at.is_not(None))
    return connection.execute(query).first()


def _in_force(row: Row[Any]) -> InForce:
    return InForce(row.id, row.hash, json.loads(row.settings), from_ms(row.since))
