"""Why customers left: one reason of each customer and loss, the last that was said."""

from collections.abc import Callable, Iterable, Sequence
from datetime import date, datetime

from sqlalchemy import Connection, Row, select, text

from bot.domain.period import day_number, from_day_number
from bot.domain.reasons import LossReason
from bot.store.database import Database
from bot.store.schema import reasons
from bot.store.texts import storable
from bot.store.times import to_ms

_AT_ONCE = 500


_PUT = text("""
    INSERT INTO reasons (customer, "left", reason, words, incident, person, at)
    VALUES (:customer, :left, :reason, :words, :incident, :person, :at)
    ON CONFLICT (customer, "left") DO UPDATE
    SET reason = excluded.reason, words = excluded.words, incident = excluded.incident,
        person = excluded.person, at = excluded.at
    WHERE reasons.reason <> excluded.reason OR reasons.words <> excluded.words
    RETURNING customer
""")


def put(connection: Connection, said: LossReason, *, incident: int, now: datetime) -> bool:
    """In the place of what was said of this loss before; whether that was something else."""
    values = {
        "customer": said.customer,
        "left": day_number(said.left),
        "reason": storable(said.reason),
        "words": storable(said.words),
        "incident": incident,
        "person": storable(said.person),
        "at": to_ms(now),
    }
    return connection.scalar(_PUT, values) is not None


class Reasons:
    def __init__(self, database: Database) -> None:
        self._database = database

    async def put(
        self,
        said: Sequence[LossReason],
        *,
        incident: int,
        now: datetime,
        also: Callable[[Connection], None] = lambda connection: None,
    ) -> None:
        """All of them or none; and with them `also`, if any of it was not known."""

        def work(connection: Connection) -> None:
            new = [put(connection, each, incident=incident, now=now) for each in said]
            if any(new):
                also(connection)

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
