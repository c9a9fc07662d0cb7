"""What people did, in the order in which they did it. Nothing changes or deletes it."""

from collections.abc import Sequence
from datetime import datetime

from sqlalchemy import Connection, Row, func, insert, select

from bot.domain.audit import Deed
from bot.store.database import Database
from bot.store.schema import deeds
from bot.store.texts import storable
from bot.store.times import from_ms, to_ms


def put(connection: Connection, deed: Deed) -> None:
    """For the transaction that also does it."""
    connection.execute(
        insert(deeds).values(
            at=to_ms(deed.at),
            person=storable(deed.person),
            what=storable(deed.what),
            about=storable(deed.about),
        )
    ).close()


class Deeds:
    def __init__(self, database: Database) -> None:
        self._database = database

    async def put(self, deed: Deed) -> None:
        """See the function of this name."""
        await self._database.write(lambda c: put(c, deed))

    async def since(self, moment: datetime, *, person: str = "") -> Sequence[Deed]:
        """All of that moment and later, or one person's, the oldest first."""
        query = select(deeds).where(deeds.c.at >= to_ms(moment)).order_by(deeds.c.id)
        if person:
            query = query.where(deeds.c.person == person)
        return await self._database.read(lambda c: [_read(row) for row in c.execute(query)])

    async def newest(self) -> int:
        """A number that grows with each; 0 where nothing was done."""
        return await self._database.read(lambda c: c.scalar(select(func.max(deeds.c.id)))) or 0


def _read(row: Row[tuple[int, int, str, str, str]]) -> Deed:
    return Deed(at=from_ms(row.at), person=row.person, what=row.what, about=row.about)
