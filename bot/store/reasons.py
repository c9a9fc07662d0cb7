"""Why customers left: one reason of each customer and loss, the last that was said."""

from collections.abc import Iterable, Sequence
from datetime import date, datetime

from sqlalchemy import Connection, Row, delete, insert, select

from bot.domain.period import day_number, from_day_number
from bot.domain.reasons import LossReason
from bot.store.database import Database
from bot.store.schema import reasons
from bot.store.texts import storable
from bot.store.times import to_ms

_AT_ONCE = 500


def put(connection: Connection, said: LossReason, *, incident: int, now: datetime) -> None:
    """In the place of what was said of this loss before."""
    one = (reasons.c.customer == said.customer) & (reasons.c.left == day_number(said.left))
    connection.execute(delete(reasons).where(one)).close()
    connection.execute(
        insert(reasons).values(
            customer=said.customer,
            left=day_number(said.left),
            reason=storable(said.reason),
            words=storable(said.words),
            incident=incident,
            person=storable(said.person),
            at=to_ms(now),
        )
    ).close()


class Reasons:
    def __init__(self, database: Database) -> None:
        self._database = database

    async def put(self, said: Sequence[LossReason], *, incident: int, now: datetime) -> None:
        """All of them or none."""

        def work(connection: Connection) -> None:
            for each in said:
                put(connection, each, incident=incident, now=now)

        await self._database.write(work)

    async def of(
        self, customers: Iterable[int], *, since: date, until: date
    ) -> dict[int, LossReason]:
        """The newest of each who left from `since` to before `until`."""
        first_day, last_day = day_number(since), day_number(until) - 1

        def read(connection: Connection) -> dict[int, LossReason]:
            found = {}
            wanted = list(customers)
            for first in range(0, len(wanted), _AT_ONCE):
                some = wanted[first : first + _AT_ONCE]
                query = (
                    select(reasons)
                    .where(
                        reasons.c.customer.in_(some), reasons.c.left.between(first_day, last_day)
                    )
                    .order_by(reasons.c.left)
                )
                for row in connection.execute(query):
                    found[row.customer] = _read(row)
            return found

        return await self._database.read(read)


def _read(row: Row[tuple[int, int, str, str, int, str, int]]) -> LossReason:
    return LossReason(
        row.customer, from_day_number(row.left), row.reason, row.words, person=row.person
    )
