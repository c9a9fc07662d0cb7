"""Customers: who they are, their stays as known at any moment, and the columns made of them."""

import asyncio
from collections import defaultdict
from collections.abc import Iterable, Mapping
from datetime import datetime
from pathlib import Path
from typing import Any, NamedTuple

import numpy as np
from numpy.typing import NDArray
from sqlalchemy import Connection, or_, select

from bot.domain.columns import Columns
from bot.domain.pulls import Pull
from bot.domain.stays import Known
from bot.store import column_files, knowledge
from bot.store.believing import Findings, believe
from bot.store.database import Database
from bot.store.dialects import NAMES_AT_ONCE, chunks
from bot.store.pull_rows import newest_believed
from bot.store.schema import customers

_PASTS = 3
"""How many earlier columns stay at hand; each takes some 20 bytes a customer."""


class Customer(NamedTuple):
    number: int
    """The store's own: what `Columns.customer` holds."""
    id: str
    """The source's."""
    name: str


class Customers:
    def __init__(self, database: Database, *, folder: Path | None = None) -> None:
        """`folder` keeps columns between starts; beside an SQLite file if none is named. Without
        one, which PostgreSQL leaves it to, they are made anew at the first question."""
        self._database = database
        self._folder = folder or _beside(database)
        self._newest: dict[str, tuple[Pull, Columns]] = {}
        self._past: dict[int, Columns] = {}
        """By pull, the one that was asked for last at the end."""
        self._turns: defaultdict[str, asyncio.Lock] = defaultdict(asyncio.Lock)

    async def believe(
        self,
        pull: Pull,
        customers: Mapping[str, Known],
        *,
        today: int,
        known_from: int | None,
        now: datetime,
        records: int = 0,
        vanished: int = 0,
    ) -> Pull:
        """From now on, `customers` are what is known of the pull's source; only what differs is
        written. Who is not among them, or has no stay, is not known any more.

        Nothing of it is seen before all of it is. The pull comes back believed, or failed where a
        newer one of the source was believed while this one ran.
        """
        findings = Findings(today=today, known_from=known_from, records=records, vanished=vanished)
        return await believe(self._database, pull, customers, findings, now)

    async def known(self, source: str) -> dict[str, Known]:
        """By id, as of the newest believed pull; the fields are the newest."""

        def read(connection: Connection) -> dict[str, Known]:
            pull = newest_believed(connection, source)
            return knowledge.known(connection, source, pull.id) if pull else {}

        return await self._database.read(read)

    async def columns(self, source: str, as_known_at: datetime | None = None) -> Columns:
        """All stays of the source; with `as_known_at`, as this method gave them at that moment.

        The arrays are shared by all who ask, and cannot be written to.
        """
        pull = await self._database.read(lambda c: newest_believed(c, source, by=as_known_at))
        if pull is None:
            return _nobody(source)
        if as_known_at is not None:
            newest = await self._database.read(lambda c: newest_believed(c, source))
            if newest != pull:
                return await self.columns_after(pull)
        async with self._turns[source]:
            ready = self._newest.get(source)
            if ready is None or ready[0] != pull:
                ready = pull, await self._make(pull)
                self._newest[source] = ready
        return ready[1]

    async def columns_after(self, pull: Pull) -> Columns:
        """All stays as `pull`, a believed one, left them, whatever came after it."""
        async with self._turns[pull.source]:
            ready = self._newest.get(pull.source)
            if ready is not None and ready[0] == pull:
                return ready[1]
            columns = self._past.pop(pull.id, None)
            if columns is None:
                columns = await self._database.read(lambda c: knowledge.columns(c, pull))
                _freeze(columns)
                while len(self._past) >= _PASTS:
                    del self._past[next(iter(self._past))]
            self._past[pull.id] = columns
        return columns

    async def names(self, numbers: Iterable[int]) -> dict[int, str]:
        """By number; numbers that nobody has are left out."""
        return {each.number: each.name for each in await self._numbered(numbers)}

    async def ids(self, numbers: Iterable[int]) -> dict[int, str]:
        """The source's ids, by number."""
        return {each.number: each.id for each in await self._numbered(numbers)}

    async def find(self, source: str, text: str, *, limit: int = 20) -> list[Customer]:
        """Whose id is `text`, or whose name has it in it, in any case; by name."""
        table = customers.c
        query = (
            select(table.number, table.id, table.name)
            .where(table.source == source)
            .where(or_(table.id == text, table.name.icontains(text, autoescape=True)))
            .order_by(table.name, table.number)
            .limit(limit)
        )
        return await self._database.read(lambda c: [Customer(*row) for row in c.execute(query)])

    async def _make(self, pull: Pull) -> Columns:
        folder = self._folder
        columns = None
        if folder is not None:
            columns = await asyncio.to_thread(column_files.load, folder, pull)
        if columns is None:
            columns = await self._database.read(lambda c: knowledge.columns(c, pull))
            if folder is not None:
                await asyncio.to_thread(column_files.keep, folder, pull, columns)
        _freeze(columns)
        return columns

    async def _numbered(self, numbers: Iterable[int]) -> list[Customer]:
        table = customers.c

        def read(connection: Connection) -> list[Customer]:
            return [
                Customer(*row)
                for some in chunks(map(int, numbers), NAMES_AT_ONCE)
                for row in connection.execute(
                    select(table.number, table.id, table.name).where(table.number.in_(some))
                )
            ]

        return await self._database.read(read)


def _beside(database: Database) -> Path | None:
    if database.url.get_backend_name() != "sqlite" or database.url.database is None:
        return None
    return Path(f"{database.url.database}.columns")


def _nobody(source: str) -> Columns:
    none = np.empty(0, dtype=np.int32)
    return Columns(customer=none, since=none, until=none, source=source)


def _freeze(columns: Columns) -> None:
    for array in _arrays(columns):
        array.flags.writeable = False


def _arrays(columns: Columns) -> Iterable[NDArray[Any]]:
    yield from (columns.customer, columns.since, columns.until)
    for each in columns.dimensions.values():
        yield from (each.customer, each.since, each.label)
    if (paid := columns.revenue) is not None:
        yield from (paid.customer, paid.since, paid.until, paid.amount, paid.currency)
