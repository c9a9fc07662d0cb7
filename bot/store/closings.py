"""Closed figures, of which each version stays as it was written.

All closed figures of a source under one definition are what was known after one pull, and one word
of a person about merges, which are kept beside them. So the next comparison is between these and
the newest ones, and whoever brings the figures to a newer pull does so for all of them, in one
transaction, once.
"""

from collections.abc import Sequence
from dataclasses import asdict
from datetime import datetime
from typing import Any

from sqlalchemy import Connection, Row, func, select, text

from bot.domain.closing import After, Closed, Earlier, earlier
from bot.domain.period import Kind, Period, day_number, from_day_number
from bot.domain.retention import Counts
from bot.store.database import Database
from bot.store.deliveries import Delivery
from bot.store.deliveries import put as put_delivery
from bot.store.dialects import lock
from bot.store.schema import closings, compared
from bot.store.times import from_ms, to_ms

_PUT = text("""
    INSERT INTO closings
        (source, definition, kind, first, version, next, opening, closing, kept, lost, "new",
         won_back, early_losses, pull, closed_at, by_merges)
    VALUES
        (:source, :definition, :kind, :first, :version, :next, :opening, :closing, :kept, :lost,
         :new, :won_back, :early_losses, :pull, :closed_at, :by_merges)
    ON CONFLICT (source, definition, kind, first, version) DO NOTHING
""")
_COMPARED = text("""
    INSERT INTO compared (source, definition, pull, last_merge)
    VALUES (:source, :definition, :pull, :last_merge)
    ON CONFLICT (source, definition)
    DO UPDATE SET pull = excluded.pull, last_merge = excluded.last_merge
""")


class Closings:
    def __init__(self, database: Database) -> None:
        self._database = database

    async def newest(
        self, source: str, definition: str, *, before: datetime | None = None
    ) -> tuple[list[Closed], After | None]:
        """The newest version of every period closed under a definition (its hash), and after what
        they were known so; None before anything was closed. The versions may be those of `before`
        a moment of the past."""

        def read(connection: Connection) -> tuple[list[Closed], After | None]:
            table = closings.c
            mine = (table.source == source) & (table.definition == definition)
            if before is not None:
                mine &= table.closed_at < to_ms(before)
            last = (
                select(table.kind, table.first, func.max(table.version).label("version"))
                .where(mine)
                .group_by(table.kind, table.first)
                .subquery()
            )
            query = (
                select(closings)
                .join(
                    last,
                    (last.c.kind == table.kind)
                    & (last.c.first == table.first)
                    & (last.c.version == table.version),
                )
                .where(mine)
                .order_by(table.kind, table.first)
            )
            found = [_read(row) for row in connection.execute(query)]
            return found, _compared(connection, source, definition)

        return await self._database.read(read)

    async def versions(self, source: str, period: Period) -> list[Closed]:
        """What a period was closed with under all definitions, oldest first."""
        table = closings.c
        query = (
            select(closings)
            .where(table.source == source, table.kind == period.kind)
            .where(table.first == day_number(period.first))
            .order_by(table.closed_at, table.version)
        )
        return await self._database.read(lambda c: [_read(row) for row in c.execute(query)])

    async def earlier(
        self, source: str, period: Period, counts: Counts, definition: str
    ) -> Earlier | None:
        """As `bot.domain.closing.earlier`, of what is kept."""
        return earlier(await self.versions(source, period), counts, definition)

    async def record(
        self,
        source: str,
        definition: str,
        versions: Sequence[Closed],
        *,
        after: After | None,
        now: After,
        told: Delivery | None = None,
    ) -> bool:
        """Write all of it, the delivery too; or nothing, and False, if the figures are not those
        of `after` any more, because another process was first."""

        def write(connection: Connection) -> bool:
            lock(connection, compared)
            if _compared(connection, source, definition) != after:
                return False
            known = {"pull": now.pull, "last_merge": now.last_merge}
            connection.execute(
                _COMPARED, {"source": source, "definition": definition, **known}
            ).close()
            for closed in versions:
                connection.execute(_PUT, _values(closed)).close()
            if told is not None:
                put_delivery(connection, told)
            return True

        return await self._database.write(write)


def _compared(connection: Connection, source: str, definition: str) -> After | None:
    row = connection.execute(
        select(compared.c.pull, compared.c.last_merge).where(
            compared.c.source == source, compared.c.definition == definition
        )
    ).first()
    return After(*row) if row else None


def _values(closed: Closed) -> dict[str, Any]:
    period = closed.period
    return {
        "source": closed.source,
        "definition": closed.definition,
        "kind": period.kind.value,
        "first": day_number(period.first),
        "next": day_number(period.next),
        "version": closed.version,
        "pull": closed.pull,
        "closed_at": to_ms(closed.closed_at),
        "by_merges": int(closed.by_merges),
        **asdict(closed.counts),
    }


def _read(row: Row[Any]) -> Closed:
    return Closed(
        source=row.source,
        period=Period(from_day_number(row.first), from_day_number(row.next), Kind(row.kind)),
        definition=row.definition,
        version=row.version,
        counts=Counts(
            opening=row.opening,
            closing=row.closing,
            kept=row.kept,
            lost=row.lost,
            new=row.new,
            won_back=row.won_back,
            early_losses=row.early_losses,
        ),
        pull=row.pull,
        closed_at=from_ms(row.closed_at),
        by_merges=bool(row.by_merges),
    )
