"""Rules that were made in Slack; those of config.yaml are not here."""

from collections.abc import Sequence
from datetime import datetime

import msgspec
from sqlalchemy import Connection, delete, insert, select

from bot.domain.audit import Deed
from bot.domain.watching import Rule
from bot.store.database import Database
from bot.store.deeds import put as put_deed
from bot.store.schema import rules
from bot.store.texts import storable
from bot.store.times import to_ms


class Rules:
    def __init__(self, database: Database) -> None:
        self._database = database

    async def put(self, rule: Rule, *, by: str, now: datetime) -> None:
        """In the place of the one of this name, if there is one; and who did it, together."""

        def work(connection: Connection) -> None:
            gone = connection.execute(delete(rules).where(rules.c.name == rule.name)).rowcount
            connection.execute(
                insert(rules).values(
                    name=rule.name,
                    settings=storable(msgspec.json.encode(rule).decode()),
                    changed_by=by,
                    changed_at=to_ms(now),
                )
            ).close()
            what = "rule changed" if gone else "rule made"
            put_deed(connection, Deed(now, by, what, rule.name))

        await self._database.write(work)

    async def remove(self, name: str, *, by: str, now: datetime) -> bool:
        """Whether it was there. Its open incident is followed to its end."""

        def work(connection: Connection) -> bool:
            gone = connection.execute(delete(rules).where(rules.c.name == name)).rowcount == 1
            if gone:
                put_deed(connection, Deed(now, by, "rule removed", name))
            return gone

        return await self._database.write(work)

    async def all(self) -> Sequence[Rule]:
        """By name."""
        query = select(rules.c.settings).order_by(rules.c.name)
        found = await self._database.read(lambda c: c.scalars(query).all())
        return [msgspec.json.decode(settings, type=Rule) for settings in found]
