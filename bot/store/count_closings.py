"""Closed figures by counts, of which each version stays as it was written."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from sqlalchemy import Connection, Row, insert, select

from bot.domain.bridge import Counted
from bot.domain.count_closing import CountClosed, CountedBefore, counted_before
from bot.domain.counting import CountFigure, CountOn
from bot.domain.period import Kind, Period, day_number, from_day_number
from bot.store.counts import known_counts
from bot.store.database import Database
from bot.store.deliveries import Delivery
from bot.store.deliveries import put as put_delivery
from bot.store.dialects import lock
from bot.store.schema import count_closings, counts
from bot.store.times import from_ms, to_ms


@dataclass(frozen=True, slots=True)
class Decided:
    """What is to be written, and told."""

    versions: Sequence[CountClosed]
    told: Delivery | None = None


Known = tuple[Sequence[CountOn], Sequence[CountOn], Sequence[CountClosed]]
"""The counts that the newest versions rest on, those of now, and the newest versions."""


class CountClosings:
    def __init__(self, database: Database) -> None:
        self._database = database

    async def bring_up_to_date(
        self, source: str, definition: str, decide: Callable[[Known], Decided]
    ) -> Decided:
        """Write what `decide` makes of what is known. No count changes in between, and what one
        process has written no other writes again."""

        def write(connection: Connection) -> Decided:
            lock(connection, counts)
            newest = _newest(connection, source, definition)
            last = max((each.closed_at for each in newest), default=None)
            now = list(known_counts(connection, source, None).values())
            before = list(known_counts(connection, source, last).values()) if last else now
            decided = decide((before, now, newest))
            if decided.versions:
                connection.execute(insert(count_closings), list(map(_values, decided.versions)))
            if decided.told is not None:
                put_delivery(connection, decided.told)
            return decided

        return await self._database.write(write)

    async def known_when(self, source: str, definition: str, at: datetime) -> Known:
        """What was brought up to date at that moment: as `bring_up_to_date` saw it."""

        def read(connection: Connection) -> Known:
            newest = _newest(connection, source, definition, before=at)
            last = max((each.closed_at for each in newest), default=at)
            before, now = (
                list(known_counts(connection, source, moment).values()) for moment in (last, at)
            )
            return before, now, newest

        return await self._database.read(read)

    async def versions(self, source: str, period: Period) -> list[CountClosed]:
        """What a period was closed with under all definitions, oldest first."""
        table = count_closings.c
        query = (
            select(count_closings)
            .where(table.source == source, table.kind == period.kind)
            .where(table.first == day_number(period.first))
            .order_by(table.closed_at, table.version)
        )
        return await self._database.read(lambda c: [_read(row) for row in c.execute(query)])

    async def before(
        self, source: str, figure: CountFigure, definition: str
    ) -> CountedBefore | None:
        """As `bot.domain.count_closing.counted_before`, of what is kept of the figure's period."""
        if figure.so_far is not None:
            return None
        versions = await self.versions(source, figure.period)
        return counted_before(versions, figure.counts, definition)


def _newest(
    connection: Connection, source: str, definition: str, before: datetime | None = None
) -> list[CountClosed]:
    table = count_closings.c
    query = (
        select(count_closings)
        .where(table.source == source, table.definition == definition)
        .order_by(table.version)
    )
    if before is not None:
        query = query.where(table.closed_at < to_ms(before))
    newest = {each.period: each for each in map(_read, connection.execute(query))}
    return list(newest.values())


def _values(closed: CountClosed) -> dict[str, Any]:
    period, told = closed.period, closed.counts
    return {
        "source": closed.source,
        "definition": closed.definition,
        "kind": period.kind.value,
        "first": day_number(period.first),
        "next": day_number(period.next),
        "version": closed.version,
        "start": told and told.start,
        "end": told and told.end,
        "new": told and told.new,
        "closed_at": to_ms(closed.closed_at),
    }


def _read(row: Row[Any]) -> CountClosed:
    return CountClosed(
        source=row.source,
        period=Period(from_day_number(row.first), from_day_number(row.next), Kind(row.kind)),
        definition=row.definition,
        version=row.version,
        counts=None if row.start is None else Counted(row.start, row.end, row.new),
        closed_at=from_ms(row.closed_at),
    )
