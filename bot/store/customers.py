"""Customers: who they are, their stays as known at any moment, and the columns made of them."""

import asyncio
import hashlib
from collections import defaultdict
from collections.abc import AsyncIterator, Collection, Iterable, Mapping, Sequence
from datetime import datetime
from functools import partial
from pathlib import Path
from types import MappingProxyType
from typing import Any, NamedTuple

import numpy as np
from numpy.typing import NDArray
from sqlalchemy import Connection, or_, select

from bot.domain.columns import Columns
from bot.domain.matching import Enriching, Report, enriched, several
from bot.domain.merges import Into, Merged
from bot.domain.parents import Groups
from bot.domain.pulls import Pull
from bot.domain.stays import Known
from bot.messages.wording import unnamed
from bot.store import column_files, groups, knowledge
from bot.store.believing import Findings, believe, by_id, kept
from bot.store.database import Database
from bot.store.dialects import having
from bot.store.identities import Side, matched
from bot.store.knowledge import Snapshot
from bot.store.lateness import Recorded, recorded
from bot.store.merges import Merges, into, last_merge
from bot.store.naming import Allowed
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


class State(NamedTuple):
    """What columns are made of: whatever is known is known after this."""

    pull: Pull
    """The newest believed one."""
    last_merge: int
    """The newest word of a person about merges; 0 for none."""
    others: tuple["State", ...] = ()
    """Of the sources that say more about these customers, in the order of config.yaml."""


class Customers:
    def __init__(
        self,
        database: Database,
        *,
        folder: Path | None = None,
        grace_days: int = 7,
        enriching: Mapping[str, Sequence[Enriching]] = MappingProxyType({}),
    ) -> None:
        """`folder` keeps columns between starts; beside an SQLite file if none is named. Without
        one, which PostgreSQL leaves it to, they are made anew at the first question.

        `grace_days` are bridged between the stays of merged records; `enriching` are, by source,
        the others that say more about its customers."""
        self._allowed: Allowed | None = None
        self._database = database
        self._folder = folder or _beside(database)
        self._grace_days = grace_days
        self._enriching = enriching
        self._newest: dict[str, tuple[State, Columns]] = {}
        self._past: dict[State, Columns] = {}
        """The one that was asked for last at the end."""
        self._asides: dict[str, tuple[int, tuple[Groups | None, Recorded]]] = {}
        self._turns: defaultdict[str, asyncio.Lock] = defaultdict(asyncio.Lock)

    async def believe(
        self,
        pull: Pull,
        customers: Mapping[str, Known] | None = None,
        *,
        today: int,
        known_from: int | None,
        trusted_from: int | None = None,
        now: datetime,
        records: int = 0,
        vanished: int = 0,
        evidence: str = "",
        note: str = "",
        left_out: Mapping[str, int] | None = None,
    ) -> Pull:
        """From now on, `customers` are what is known of the pull's source, or without them what
        `Pulls.keep` has kept of it; only what differs is written. Who is not among them, or has no
        stay, is not known any more.

        Nothing of it is seen before all of it is. The pull comes back believed, or failed where a
        newer one of the source was believed while this one ran. `note` and `left_out` are kept with
        it.
        """
        findings = Findings(
            today=today,
            known_from=known_from,
            trusted_from=trusted_from,
            records=records,
            vanished=vanished,
            evidence=evidence,
            note=note,
            left_out=left_out,
        )

        async def given() -> AsyncIterator[Iterable[Known]]:
            if customers:
                yield customers.values()

        def parts() -> AsyncIterator[Iterable[Known]]:
            return kept(self._database, pull.id) if customers is None else given()

        return await believe(self._database, pull, parts, findings, now)

    async def known(self, source: str) -> dict[str, Known]:
        """By id, as of the newest believed pull; the fields are the newest."""

        def read(connection: Connection) -> dict[str, Known]:
            pull = newest_believed(connection, source)
            return knowledge.known(connection, source, pull.id) if pull else {}

        return await self._database.read(read)

    async def snapshot(self, source: str) -> Snapshot:
        """As of the newest believed pull, in columns."""

        def read(connection: Connection) -> Snapshot:
            pull = newest_believed(connection, source)
            return knowledge.snapshot(connection, source, pull.id if pull else 0)

        return await self._database.read(read)

    async def missing_from(self, pull: Pull) -> list[int]:
        """The numbers, ascending, of those who are customers by what is believed and would be none
        any more if this held pull were; who was merged into somebody in it is not missing."""
        rows, day = (await self.snapshot(pull.source)).stays, pull.today or 0
        of_today = set(rows.customer[(rows.since <= day) & (rows.until > day)].tolist())
        listed, there, was = set[int](), set[int](), set[int]()
        async for part in kept(self._database, pull.id):
            ids = [id for each in part for id in (each.id, *each.was)]
            numbers = await self._database.read(partial(by_id, source=pull.source, ids=ids))
            listed.update(numbers[each.id] for each in part if each.id in numbers)
            there.update(numbers.get(each.id, 0) for each in part if each.is_there(day))
            was.update(numbers[id] for each in part for id in each.was if id in numbers)
        return sorted(of_today - there - (was - listed))

    async def known_by_ids(
        self, source: str, of: Snapshot, ids: Collection[str]
    ) -> dict[int, Known]:
        """By number, those of a snapshot who have one of these ids."""
        return await self._database.read(
            partial(knowledge.known_by_ids, source=source, of=of, ids=ids)
        )

    async def known_by_numbers(
        self, source: str, of: Snapshot, numbers: Sequence[int]
    ) -> dict[int, Known]:
        return await self._database.read(
            partial(knowledge.known_by_numbers, source=source, of=of, numbers=numbers)
        )

    async def columns(self, source: str, as_known_at: datetime | None = None) -> Columns:
        """All stays of the source; with `as_known_at`, as this method gave them at that moment.

        The arrays are shared by all who ask, and cannot be written to.
        """
        state = await self.state(source, as_known_at)
        if state is None:
            return _nobody(source)
        if as_known_at is not None and await self.state(source) != state:
            return await self._of_the_past(state)
        async with self._turns[source]:
            ready = self._newest.get(source)
            if ready is None or ready[0] != state:
                ready = state, await self._make(state)
                self._newest[source] = ready
        return ready[1]

    async def state(self, source: str, as_known_at: datetime | None = None) -> State | None:
        """What is known of the source, at a moment or now; None before any pull was believed."""

        def read(connection: Connection) -> State | None:
            found = _state(connection, source, as_known_at)
            if found is None:
                return None
            others = (
                _state(connection, how.source, as_known_at)
                for how in self._enriching.get(source, ())
            )
            return found._replace(others=tuple(each for each in others if each is not None))

        return await self._database.read(read)

    async def groups(self, source: str) -> Groups | None:
        """Who belongs together; None where the source does not tell it, or nobody does."""
        return (await self._aside(source))[0]

    async def recorded(self, source: str) -> Recorded:
        """When losses happened, and when they were entered."""
        return (await self._aside(source))[1]

    async def _aside(self, source: str) -> tuple[Groups | None, Recorded]:
        """What rules ask for beside the columns; read once a pull."""
        pull = await self._database.read(partial(newest_believed, source=source))
        id = pull.id if pull else 0
        kept = self._asides.get(source)
        if kept is None or kept[0] != id:

            def read(connection: Connection) -> tuple[Groups | None, Recorded]:
                return groups.read(connection, source, id), recorded(connection, source, id)

            kept = id, await self._database.read(read)
            self._asides[source] = kept
        return kept[1]

    async def columns_after(self, pull: Pull, last_merge: int = 0) -> Columns:
        """All stays as `pull`, a believed one, and a person's word about merges left them,
        whatever came after. What other sources say of the customers is not among it."""
        state = State(pull, last_merge)
        if state == await self.state(pull.source):
            return await self.columns(pull.source)  # which keeps them for the next start
        return await self._of_the_past(state)

    async def _of_the_past(self, state: State) -> Columns:
        source = state.pull.source
        async with self._turns[source]:
            ready = self._newest.get(source)
            if ready is not None and ready[0] == state:
                return ready[1]
            columns = self._past.pop(state, None)
            if columns is None:
                columns = await self._database.read(partial(self._read, state=state))
                _freeze(columns)
                while len(self._past) >= _PASTS:
                    del self._past[next(iter(self._past))]
            self._past[state] = columns
        return columns

    async def merges(self, source: str, as_known_at: datetime | None = None) -> list[Merged]:
        """The records that belong to another customer, the newest first."""
        return await Merges(self._database).known(source, by=as_known_at)

    async def merged(self, source: str) -> set[str]:
        """The ids of the records that belong to another customer now."""
        state = await self.state(source)
        ends = await self.merged_into(state.pull, state.last_merge) if state else {}
        return set((await self.ids(ends)).values())

    async def merged_into(self, pull: Pull, last_merge: int) -> Into:
        """Whom merged records belonged to then, by their numbers."""
        return await self._database.read(lambda c: into(c, pull.source, pull.id, last_merge))

    async def names(self, numbers: Iterable[int]) -> dict[int, str]:
        """By number; numbers that nobody has are left out. In the place of a name that may not be
        told now stands what is said of a customer who is not named."""
        numbers = list(numbers)
        found = {each.number: each.name for each in await self._numbered(numbers)}
        if self._allowed is None:
            return found
        allowed = await self._allowed(numbers)
        return {who: name if who in allowed else unnamed() for who, name in found.items()}

    def limit_names(self, allowed: Allowed) -> None:
        """From here on, only names that may be told are."""
        self._allowed = allowed

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

    async def _make(self, state: State) -> Columns:
        folder, also = self._folder, _also(state, self._enriching.get(state.pull.source, ()))
        columns = None
        if folder is not None:
            columns = await asyncio.to_thread(column_files.load, folder, state.pull, also)
        if columns is None:
            columns = await self._database.read(partial(self._read, state=state))
            if folder is not None:
                await asyncio.to_thread(column_files.keep, folder, state.pull, columns, also)
        _freeze(columns)
        return columns

    def _read(self, connection: Connection, *, state: State) -> Columns:
        columns = knowledge.columns(
            connection, state.pull, state.last_merge, grace_days=self._grace_days
        )
        first = None
        for how, other in self._others(state):
            first = first or _side(connection, columns, state)
            theirs = self._read(connection, state=other)
            found = matched(first, _side(connection, theirs, other), how)
            columns = enriched(columns, theirs, found.pairs, how)
        return columns

    def _others(self, state: State) -> list[tuple[Enriching, State]]:
        known = {other.pull.source: other for other in state.others}
        hows = self._enriching.get(state.pull.source, ())
        return [(how, known[how.source]) for how in hows if how.source in known]

    async def reports(self, source: str) -> list[Report]:
        """How the sources that say more about the customers of this one fit to it."""
        state = await self.state(source)
        if state is None or not state.others:
            return []

        def read(connection: Connection) -> list[Report]:
            columns = knowledge.columns(
                connection, state.pull, state.last_merge, grace_days=self._grace_days
            )
            first = _side(connection, columns, state)
            found = []
            for how, other in self._others(state):
                theirs = self._read(connection, state=other)
                match = matched(first, _side(connection, theirs, other), how)
                found.append(
                    Report(
                        how,
                        source,
                        other.pull.finished_at,
                        match,
                        today=_there(columns) | _there(theirs),
                        same=several(match.pairs),
                    )
                )
            return found

        return await self._database.read(read)

    async def _numbered(self, numbers: Iterable[int]) -> list[Customer]:
        table = customers.c

        def read(connection: Connection) -> list[Customer]:
            return [
                Customer(*row)
                for row in having(
                    connection,
                    select(table.number, table.id, table.name),
                    table.number,
                    map(int, numbers),
                )
            ]

        return await self._database.read(read)


def _beside(database: Database) -> Path | None:
    if database.url.get_backend_name() != "sqlite" or database.url.database is None:
        return None
    return Path(f"{database.url.database}.columns")


def _state(connection: Connection, source: str, by: datetime | None) -> State | None:
    pull = newest_believed(connection, source, by=by)
    return None if pull is None else State(pull, last_merge(connection, source, by=by))


def _side(connection: Connection, columns: Columns, state: State) -> Side:
    ends = into(connection, state.pull.source, state.pull.id, state.last_merge)
    return Side(connection, columns, state.pull.id, ends)


def _there(columns: Columns) -> frozenset[int]:
    """Who is a customer on the last day that is known."""
    day = columns.known_to or 0
    return frozenset(columns.customer[(columns.since <= day) & (columns.until > day)].tolist())


def _also(state: State, enriching: Sequence[Enriching]) -> str:
    """What columns depend on beside the pull, short."""
    if not state.others:
        return str(state.last_merge or "")
    known = [(each.pull.source, each.pull.id, each.last_merge) for each in state.others]
    hows = [(how.source, how.by, how.field, sorted(how.gives or "-")) for how in enriching]
    return hashlib.sha256(repr((state.last_merge, known, hows)).encode()).hexdigest()[:16]


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
    for found in filter(None, (columns.terms, columns.purchases)):
        yield from (found.customer, found.day)
