"""What admins chose in Slack, kept among the small facts, each change with its deed."""

import json
from collections.abc import Mapping
from datetime import datetime

from sqlalchemy import Connection, delete, select

from bot.domain.audit import Deed
from bot.domain.choices import Choice, Setting
from bot.store.database import Database
from bot.store.deeds import put as put_deed
from bot.store.memory import PUT
from bot.store.schema import memory

_CHOSEN = "chosen: "
"""In the memory, before the name of a setting."""


class Choices:
    def __init__(self, database: Database) -> None:
        self._database = database

    async def all(self) -> Mapping[Setting, Choice]:
        """Those that hold."""
        query = select(memory).where(memory.c.key.in_([_key(each) for each in Setting]))
        rows = await self._database.read(lambda c: c.execute(query).all())
        found = {row.key: Choice(**json.loads(row.value)) for row in rows}
        return {each: found[_key(each)] for each in Setting if _key(each) in found}

    async def put(self, setting: Setting, value: str, *, by: str, now: datetime) -> None:
        """From now on it is that, whatever config.yaml says."""

        def work(connection: Connection) -> None:
            was = _read(connection, setting)
            if was is not None and was.value == value:
                return
            _write(connection, setting, Choice(value, by))
            before = f", was {was.value}" if was else ""
            put_deed(connection, Deed(now, by, "setting chosen", f"{setting} {value}{before}"))

        await self._database.write(work)

    async def end(self, setting: Setting, *, by: str, now: datetime) -> None:
        """It is what config.yaml says again."""

        def work(connection: Connection) -> None:
            was = _read(connection, setting)
            if was is None:
                return
            one = memory.c.key == _key(setting)
            connection.execute(delete(memory).where(one)).close()
            about = f"{setting}, was {was.value}"
            put_deed(connection, Deed(now, by, "setting as in config.yaml", about))

        await self._database.write(work)

    async def follow(self, channel: str, new: str) -> None:
        """A channel that was chosen has another id now."""

        def work(connection: Connection) -> None:
            was = _read(connection, Setting.NOTICES)
            if was is not None and was.value == channel:
                _write(connection, Setting.NOTICES, Choice(new, was.by))

        await self._database.write(work)


def _key(setting: Setting) -> str:
    return f"{_CHOSEN}{setting}"


def _read(connection: Connection, setting: Setting) -> Choice | None:
    value = connection.scalar(select(memory.c.value).where(memory.c.key == _key(setting)))
    return None if value is None else Choice(**json.loads(value))


def _write(connection: Connection, setting: Setting, choice: Choice) -> None:
    value = json.dumps({"value": choice.value, "by": choice.by})
    connection.execute(PUT, {"key": _key(setting), "value": value}).close()
