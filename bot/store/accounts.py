"""Helpdesks' accounts and the customers that they are, made of what is known now."""

import asyncio
from collections.abc import Mapping

from sqlalchemy import Connection, exists, or_, select

from bot.domain.columns import Columns
from bot.domain.matching import Enriching
from bot.domain.merges import Into
from bot.domain.whose import Whose, by_id_or_name, held_alone
from bot.store.customers import Customers, State
from bot.store.database import Database
from bot.store.dialects import stream
from bot.store.identities import Side, matched
from bot.store.merges import into
from bot.store.schema import customers as table
from bot.store.schema import ratings, tickets


class Accounts:
    """Kept until something else is known of the customers."""

    def __init__(
        self,
        database: Database,
        customers: Customers,
        source: str,
        helpdesks: Mapping[str, Enriching | None],
    ) -> None:
        """`source` is the one that says who is a customer; `helpdesks` are, by name, the others
        that tell tickets or ratings, each with how config.yaml says that it matches."""
        self._database = database
        self._customers = customers
        self._source = source
        self._helpdesks = helpdesks
        self._ready: tuple[object, Whose] | None = None
        self._making = asyncio.Lock()

    async def whose(self) -> Whose:
        """Before the first pull it finds nobody, and nobody by an account before helpdesks have
        told of one: the keys of a million customers are not read for nothing."""
        state = await self._customers.state(self._source)
        if state is None:
            return Whose()
        if not await self._database.read(_anybody_wrote):
            return Whose(into=await self._customers.merged_into(state.pull, state.last_merge))
        async with self._making:
            return await self._found(state)

    async def _found(self, state: State) -> Whose:
        theirs = {name: await self._customers.state(name) for name in self._helpdesks}
        known = (state, *theirs.values())
        if self._ready is None or self._ready[0] != known:
            columns = {
                name: await self._customers.columns(name)
                for name, has in theirs.items()
                if has is not None and self._helpdesks[name] is not None
            }
            first = await self._customers.columns(self._source)

            def read(connection: Connection) -> Whose:
                sides = {
                    name: _side(connection, columns[name], has)
                    for name, has in theirs.items()
                    if has is not None and name in columns
                }
                return self._read(connection, _side(connection, first, state), sides)

            self._ready = known, await self._database.read(read)
        return self._ready[1]

    def _read(self, connection: Connection, first: Side, sides: Mapping[str, Side]) -> Whose:
        by_way: dict[Enriching | None, dict[str, int]] = {}
        holders, records = {}, {}
        for name, how in {**self._helpdesks, "": None}.items():
            if how not in by_way:
                by_way[how] = held_alone(_keys(connection, self._source, first, how))
            holders[name] = by_way[how]
            if how is not None and name in sides:
                pairs = matched(first, sides[name], how).pairs
                ids = _ids(connection, name)
                ends = sides[name].into
                records[name] = {
                    ids[number]: pairs[ends.get(number, number)]
                    for number in ids
                    if ends.get(number, number) in pairs
                }
        return Whose(dict(self._helpdesks), holders, records, dict(first.into))


def _anybody_wrote(connection: Connection) -> bool:
    """Whether any ticket or rating was ever read."""
    told = or_(exists(select(tickets.c.id)), exists(select(ratings.c.id)))
    return bool(connection.scalar(select(told)))


def _keys(
    connection: Connection, source: str, first: Side, how: Enriching | None
) -> dict[int, set[str]]:
    if how is not None:
        return first.keys(how, is_first=True)
    query = select(table.c.number, table.c.id, table.c.name).where(table.c.source == source)
    rows = list(stream(connection, query))
    return by_id_or_name(
        {number: id for number, id, _ in rows}, {number: name for number, _, name in rows},
        first.into,
    )  # fmt: skip


def _ids(connection: Connection, source: str) -> dict[int, str]:
    query = select(table.c.number, table.c.id).where(table.c.source == source)
    return dict(stream(connection, query))


def _side(connection: Connection, columns: Columns, state: State) -> Side:
    ends: Into = into(connection, state.pull.source, state.pull.id, state.last_merge)
    return Side(connection, columns, state.pull.id, ends)
