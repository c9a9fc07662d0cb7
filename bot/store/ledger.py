"""What happens once: claimed before it is done, marked when it is done."""

from datetime import datetime, timedelta

from sqlalchemy import Connection, TextClause, text

from bot.store.database import Database
from bot.store.times import to_ms

# Both databases understand it, and one statement is one decision: of two that ask at the same
# moment one gets the row back.
_CLAIM = text("""
    INSERT INTO ledger (what, place, period, holder, leased_until)
    VALUES (:what, :place, :period, :holder, :leased_until)
    ON CONFLICT (what, place, period) DO UPDATE
    SET holder = excluded.holder, leased_until = excluded.leased_until
    WHERE ledger.done_at IS NULL AND ledger.leased_until <= :now
    RETURNING holder
""")
_EXTEND = text("""
    UPDATE ledger SET leased_until = :leased_until
    WHERE what = :what AND place = :place AND period = :period
    AND holder = :holder AND done_at IS NULL
    RETURNING holder
""")
_FINISH = text("""
    INSERT INTO ledger (what, place, period, holder, leased_until, done_at)
    VALUES (:what, :place, :period, '', 0, :now)
    ON CONFLICT (what, place, period) DO UPDATE
    SET done_at = coalesce(ledger.done_at, excluded.done_at)
""")
_FIRST = text("""
    INSERT INTO ledger (what, place, period, holder, leased_until, done_at)
    VALUES (:what, :place, :period, '', 0, :now)
    ON CONFLICT (what, place, period) DO NOTHING
    RETURNING done_at
""")
_RELEASE = text("""
    UPDATE ledger SET leased_until = 0
    WHERE what = :what AND place = :place AND period = :period
    AND holder = :holder AND done_at IS NULL
""")
_DONE = text("""
    SELECT done_at IS NOT NULL FROM ledger
    WHERE what = :what AND place = :place AND period = :period
""")

_FORGET = text("DELETE FROM ledger WHERE done_at < :before")


def finish(connection: Connection, what: str, where: str, period: str, now: datetime) -> None:
    """For a transaction that also writes what was done. The first `now` stays."""
    connection.execute(_FINISH, {**_key(what, where, period), "now": to_ms(now)})


def first(connection: Connection, what: str, where: str, period: str, now: datetime) -> bool:
    """The same, and whether this is the first time. Of two transactions at the same moment the
    other waits until this one has ended."""
    values = {**_key(what, where, period), "now": to_ms(now)}
    return connection.scalar(_FIRST, values) is not None


class Ledger:
    """`what`, `where` and `period` name a happening: ("weekly", "C024BE91L", "2026-11-16")."""

    def __init__(self, database: Database) -> None:
        self._database = database

    async def claim(
        self,
        what: str,
        where: str,
        period: str,
        *,
        holder: str,
        now: datetime,
        lease: timedelta,
    ) -> bool:
        """Whether it is now this holder's to do: not done yet, and nobody has a lease on it.

        A holder that has it already does not get it again, so that two tasks of one process are
        as good as two processes. A lease that runs out makes room for the next.
        """
        return await self._is_mine(_CLAIM, what, where, period, holder, now, lease)

    async def extend(
        self,
        what: str,
        where: str,
        period: str,
        *,
        holder: str,
        now: datetime,
        lease: timedelta,
    ) -> bool:
        """For what takes long: whether it is still this holder's, and then for `lease` more."""
        return await self._is_mine(_EXTEND, what, where, period, holder, now, lease)

    async def finish(self, what: str, where: str, period: str, now: datetime) -> None:
        await self._database.write(lambda c: finish(c, what, where, period, now))

    async def release(self, what: str, where: str, period: str, *, holder: str) -> None:
        """It could not be done: anybody may try at once."""
        values = {**_key(what, where, period), "holder": holder}
        await self._database.write(lambda c: c.execute(_RELEASE, values).close())

    async def done(self, what: str, where: str, period: str) -> bool:
        values = _key(what, where, period)
        return bool(await self._database.read(lambda c: c.scalar(_DONE, values)))

    async def forget(self, before: datetime) -> int:
        """Delete what was done before then, of which nobody will ask again. Says how many."""
        values = {"before": to_ms(before)}
        return await self._database.write(lambda c: c.execute(_FORGET, values).rowcount)

    async def _is_mine(
        self,
        statement: TextClause,
        what: str,
        where: str,
        period: str,
        holder: str,
        now: datetime,
        lease: timedelta,
    ) -> bool:
        values = _key(what, where, period) | {
            "holder": holder,
            "now": to_ms(now),
            "leased_until": to_ms(now + lease),
        }
        return await self._database.write(lambda c: c.scalar(statement, values) is not None)


def _key(what: str, where: str, period: str) -> dict[str, str | int]:
    return {"what": what, "place": where, "period": period}
