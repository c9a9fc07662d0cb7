"""Tickets and ratings of helpdesks, each once, and how it stands with reading them."""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import asdict
from datetime import datetime
from typing import Any, TypeVar

from sqlalchemy import ColumnElement, Connection, Row, Table, select, text

from bot.domain import tickets as domain
from bot.domain.surveys import Scale
from bot.domain.tickets import LastRead, Rating, Ticket, What
from bot.store.database import Database
from bot.store.dialects import chunks, lock
from bot.store.schema import last_reads, ratings, tickets
from bot.store.texts import storable
from bot.store.times import from_ms, from_ms_or_none, to_ms
from integrations import records

Kept = TypeVar("Kept", Ticket, Rating)
Told = TypeVar("Told", records.Ticket, records.Rating)

_AT_ONCE = 500
"""Records in one transaction: each is looked for before it is written."""


class Tickets:
    def __init__(self, database: Database) -> None:
        self._database = database

    async def put(self, source: str, told: Sequence[records.Other]) -> None:
        """What a source tells, over what it told before. The same twice is once."""
        of_tickets = [each for each in told if isinstance(each, records.Ticket)]
        of_ratings = [each for each in told if isinstance(each, records.Rating)]
        for some in chunks(of_tickets, _AT_ONCE):
            await self._put(tickets, source, some, domain.ticket, _ticket)
        for few in chunks(of_ratings, _AT_ONCE):
            await self._put(ratings, source, few, domain.rating, _rating)

    async def _put(
        self,
        table: Table,
        source: str,
        told: Sequence[Told],
        known_now: Callable[[str, Told, Any], Kept],
        read: Callable[[Row[Any]], Kept],
    ) -> None:
        def put(connection: Connection) -> None:
            lock(connection, table)  # what is written is made of what is read here
            ids = {storable(each.id) for each in told}
            of = (table.c.source == source) & table.c.id.in_(ids)
            known = {row.id: read(row) for row in connection.execute(select(table).where(of))}
            for each in told:
                id = storable(each.id)
                known[id] = known_now(source, each, known.get(id))
            rows = [_row(one) for one in known.values()]
            connection.execute(_UPSERTS[table.name], rows)

        await self._database.write(put)

    async def ticket(self, source: str, id: str) -> Ticket | None:
        of = (tickets.c.source == source) & (tickets.c.id == id)
        query = select(tickets).where(of)
        row = await self._database.read(lambda c: c.execute(query).first())
        return None if row is None else _ticket(row)

    async def solved(
        self,
        begins: datetime,
        ends: datetime,
        *,
        source: str | None = None,
        account: str | None = None,
        agent: str | None = None,
    ) -> list[Ticket]:
        """Tickets that are solved, and were so the last time from `begins` to before `ends`; the
        first solved first. One that is open again is not among them until it is solved again."""
        moment = tickets.c.solved
        of = _of(tickets, moment, begins, ends, source=source, account=account, agent=agent)
        query = select(tickets).where(*of).order_by(moment, tickets.c.source, tickets.c.id)
        return await self._database.read(lambda c: [_ticket(row) for row in c.execute(query)])

    async def given(
        self,
        begins: datetime,
        ends: datetime,
        *,
        source: str | None = None,
        account: str | None = None,
        agent: str | None = None,
    ) -> list[Rating]:
        """Ratings that were given from `begins` to before `ends`, in their order."""
        moment = ratings.c.on
        of = _of(ratings, moment, begins, ends, source=source, account=account, agent=agent)
        query = select(ratings).where(*of).order_by(moment, ratings.c.source, ratings.c.id)
        return await self._database.read(lambda c: [_rating(row) for row in c.execute(query)])

    async def last_read(self, source: str, what: What) -> LastRead:
        """One that was never read has no moments."""
        of = (last_reads.c.source == source) & (last_reads.c.what == what)
        query = select(last_reads).where(of)
        row = await self._database.read(lambda c: c.execute(query).first())
        return LastRead(source, what) if row is None else _last_read(row)

    async def may_rate(self, source: str, scale: Scale) -> bool:
        """Whether a source gives scores on this scale, as far as it has told any; before that it
        may."""
        query = select(ratings.c.scale).where(ratings.c.source == source).distinct()
        told = await self._database.read(lambda c: set(c.scalars(query)))
        return not told or scale in told

    async def last_reads(self) -> list[LastRead]:
        """All that were ever begun and ended, by source."""
        query = select(last_reads).order_by(last_reads.c.source, last_reads.c.what.desc())
        return await self._database.read(lambda c: [_last_read(row) for row in c.execute(query)])

    async def note(self, last: LastRead) -> None:
        def note(connection: Connection) -> None:
            connection.execute(_UPSERTS[last_reads.name], _row(last))

        await self._database.write(note)


def _upsert(table: Table) -> Any:
    names = [column.name for column in table.columns]
    key = [column.name for column in table.primary_key]
    rest = ", ".join(f'"{name}" = excluded."{name}"' for name in names if name not in key)
    return text(
        f"INSERT INTO {table.name} ({', '.join(map(_quoted, names))})"  # noqa: S608  our own names
        f" VALUES ({', '.join(f':{name}' for name in names)})"
        f" ON CONFLICT ({', '.join(map(_quoted, key))}) DO UPDATE SET {rest}"
    )


def _quoted(name: str) -> str:
    return f'"{name}"'


_UPSERTS: Mapping[str, Any] = {
    table.name: _upsert(table) for table in (tickets, ratings, last_reads)
}


def _of(
    table: Table, moment: ColumnElement[Any], begins: datetime, ends: datetime, **only: str | None
) -> list[ColumnElement[bool]]:
    named = [table.c[name] == value for name, value in only.items() if value is not None]
    return [moment >= to_ms(begins), moment < to_ms(ends), *named]


def _row(one: Ticket | Rating | LastRead) -> dict[str, Any]:
    return {name: _cell(value) for name, value in asdict(one).items() if name != "place"}


def _cell(value: Any) -> Any:
    match value:
        case datetime():
            return to_ms(value)
        case str():
            return storable(value)
        case _:
            return value


def _ticket(row: Row[Any]) -> Ticket:
    told = row._asdict()
    for name in ("first_reply", "solved", "last_solved", "changed"):
        told[name] = from_ms_or_none(told[name])
    return Ticket(**{**told, "opened": from_ms(row.opened)})


def _rating(row: Row[Any]) -> Rating:
    told = row._asdict()
    return Rating(**{**told, "on": from_ms(told["on"]), "changed": from_ms_or_none(row.changed)})


def _last_read(row: Row[Any]) -> LastRead:
    told = row._asdict()
    for name in ("newest", "finished_at", "failed_at"):
        told[name] = from_ms_or_none(told[name])
    return LastRead(**{**told, "what": What(row.what)})
