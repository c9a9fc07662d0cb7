"""Who and which channels were named in Slack, kept among the small facts, each change with its
deed."""

import json
from dataclasses import fields, replace
from datetime import datetime

from sqlalchemy import Connection, select

from bot.domain.audit import Deed
from bot.domain.roles import Named, named_anew
from bot.store.database import Database
from bot.store.deeds import put as put_deed
from bot.store.memory import PUT
from bot.store.schema import memory

_KEY = "people named in Slack"
"""In the memory."""


class NamedInSlack:
    def __init__(self, database: Database) -> None:
        self._database = database

    async def all(self) -> Named:
        """Those that hold."""
        return await self._database.read(_read)

    async def put(self, wanted: Named, *, shown: Named, by: str, at: datetime) -> None:
        """What this person, who was `shown` some, has added to them and taken from them."""

        def work(connection: Connection) -> None:
            was = _read(connection)
            now = was.changed(shown, wanted)
            about = named_anew(was, now)
            if about:
                _write(connection, now)
                put_deed(connection, Deed(at, by, "people named", about))

        await self._database.write(work)

    async def follow(self, channel: str, new: str) -> None:
        """A channel that was named has another id now."""

        def work(connection: Connection) -> None:
            named = _read(connection)
            if channel in named.channels:
                _write(connection, replace(named, channels=named.channels - {channel} | {new}))

        await self._database.write(work)


def _read(connection: Connection) -> Named:
    value = connection.scalar(select(memory.c.value).where(memory.c.key == _KEY))
    kept = {} if value is None else json.loads(value)
    return Named(**{each.name: frozenset(kept.get(each.name, ())) for each in fields(Named)})


def _write(connection: Connection, named: Named) -> None:
    kept = {each.name: sorted(getattr(named, each.name)) for each in fields(Named)}
    connection.execute(PUT, {"key": _KEY, "value": json.dumps(kept)}).close()
