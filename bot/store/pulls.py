"""Pulls: begun, believed, held for a person's word, failed; and how fresh each source is."""

import asyncio
from collections.abc import AsyncIterator, Mapping
from datetime import datetime
from functools import partial

from sqlalchemy import Connection, func, insert, select, update

from bot.domain.pulls import Freshness, Pull, PullState
from bot.domain.stays import Known
from bot.store import held, staging
from bot.store.believing import Findings, believe, kept
from bot.store.database import Database
from bot.store.dialects import chunks
from bot.store.pull_rows import (
    close,
    discard_older,
    forget_held,
    newest_believed,
    read_pull,
    write_left_out,
)
from bot.store.schema import pulls
from bot.store.staging import PART, Reading, TakenOver, Unfinished
from bot.store.times import from_ms, to_ms


class Pulls:
    def __init__(self, database: Database, *, part: int = PART) -> None:
        """Of so many records stays are made at once."""
        self._database = database
        self.part = part

    async def begin(
        self,
        source: str,
        definition: str,
        now: datetime,
        *,
        base: Pull | None = None,
        asked: str = "",
    ) -> Pull:
        """A running pull. Others of the source that run, or died running, are not waited for:
        the one that is believed first with the highest id stands. One that adds changes to `base`
        stands only while that is the newest believed one."""
        query = (
            insert(pulls)
            .values(
                source=source,
                definition=definition,
                state=PullState.RUNNING,
                started_at=to_ms(now),
                base=base and base.id,
                asked=asked,
            )
            .returning(pulls)
        )
        return await self._database.write(lambda c: read_pull(c.execute(query).one()))

    async def unfinished(self, source: str, asked: str, now: datetime) -> Unfinished | None:
        """What a pull of the source, read with the same settings, can go on with."""
        return await staging.unfinished(self._database, source, asked, now)

    async def reading(self, pull: Pull, now: datetime, left: Unfinished | None = None) -> Reading:
        """Where the pull puts what it reads. Raises TakenOver where another process was quicker to
        go on with what was left."""
        if left is None:
            return await staging.begin(self._database, pull, pull.asked, now, self.part)
        reading = await staging.go_on(self._database, pull, left, now, self.part)
        if reading is None:
            raise TakenOver
        return reading

    async def fail(self, pull: Pull, sentence: str, now: datetime, *, records: int = 0) -> Pull:
        def fail(connection: Connection) -> Pull:
            forget_held(connection, pull)
            found = {"sentence": sentence, "records": records}
            return close(connection, pull.id, PullState.FAILED, now, **found)

        return await self._database.write(fail)

    async def keep(self, pull: Pull, part: int, customers: Mapping[str, Known]) -> None:
        """Some of what the pull makes, each customer once, for `hold` or `Customers.believe`."""
        packed = await asyncio.to_thread(held.pack, list(customers.values()))
        await self._database.write(partial(held.keep, pull=pull.id, part=part, packed=packed))

    def kept(self, pull: Pull) -> AsyncIterator[list[Known]]:
        return kept(self._database, pull.id)

    async def hold(
        self,
        pull: Pull,
        customers: Mapping[str, Known] | None = None,
        *,
        today: int,
        known_from: int | None,
        trusted_from: int | None = None,
        sentence: str,
        now: datetime,
        records: int = 0,
        vanished: int = 0,
        evidence: str = "",
        count: int = 0,
        left_out: Mapping[str, int] | None = None,
    ) -> Pull:
        """Keeps the evidence until it is accepted, discarded, or a newer pull is held or believed.

        Without `customers` it is what `keep` has kept, of `count` customers. `today`, `known_from`
        and `trusted_from` are those that `Customers.believe` would have been given.
        """
        if customers is not None:
            count = len(customers)
            for part, some in enumerate(chunks(customers.items(), held.PART)):
                await self.keep(pull, part, dict(some))

        def hold(connection: Connection) -> Pull:
            discard_older(connection, pull, "A newer pull is held.", now)
            return close(
                connection,
                pull.id,
                PullState.HELD,
                now,
                customers=count,
                records=records,
                vanished=vanished,
                today=today,
                known_from=known_from,
                trusted_from=trusted_from,
                sentence=sentence,
                evidence=evidence,
                left_out=None if left_out is None else write_left_out(left_out),
            )

        return await self._database.write(hold)

    async def accept(self, pull: Pull, now: datetime) -> Pull:
        """Believes a held pull on a person's word.

        Twice is once, and one that is not held any more stays what it is: look at the state of
        what is returned.
        """

        def take(connection: Connection) -> Pull | None:
            row = connection.execute(
                update(pulls)
                .where(pulls.c.id == pull.id, pulls.c.state == PullState.HELD)
                .values(state=PullState.RUNNING)
                .returning(pulls)
            ).first()
            return None if row is None else read_pull(row)

        taken = await self._database.write(take)
        if taken is None or taken.today is None:
            return await self.get(pull.id)
        findings = Findings(
            today=taken.today,
            known_from=taken.known_from,
            trusted_from=taken.trusted_from,
            records=taken.records,
            vanished=taken.vanished,
            evidence=taken.evidence,
            left_out=taken.left_out,
        )
        return await believe(self._database, taken, lambda: self.kept(pull), findings, now)

    async def discard(self, pull: Pull, now: datetime) -> Pull:
        """A held pull that a person does not believe; any other stays what it is."""

        def discard(connection: Connection) -> Pull:
            row = connection.execute(select(pulls).where(pulls.c.id == pull.id)).one()
            if row.state != PullState.HELD:
                return read_pull(row)
            forget_held(connection, pull)
            return close(connection, pull.id, PullState.DISCARDED, now)

        return await self._database.write(discard)

    async def get(self, id: int) -> Pull:
        query = select(pulls).where(pulls.c.id == id)
        return await self._database.read(lambda c: read_pull(c.execute(query).one()))

    async def newest(self, source: str) -> Pull | None:
        """In whatever state."""
        return await self._one(source)

    async def newest_believed(self, source: str, *, by: datetime | None = None) -> Pull | None:
        """With `by`, the one that was the newest at that moment."""
        return await self._database.read(lambda c: newest_believed(c, source, by=by))

    async def newest_full(self, source: str, *, by: datetime | None = None) -> Pull | None:
        """The newest believed one that read everything; with `by`, that was it at that moment."""
        query = (
            select(pulls)
            .where(
                pulls.c.source == source,
                pulls.c.state == PullState.BELIEVED,
                pulls.c.base.is_(None),
            )
            .order_by(pulls.c.id.desc())
            .limit(1)
        )
        if by is not None:
            query = query.where(pulls.c.finished_at <= to_ms(by))
        row = await self._database.read(lambda c: c.execute(query).first())
        return None if row is None else read_pull(row)

    async def first_believed(self, source: str) -> list[tuple[int, datetime]]:
        """Each day that a believed pull speaks of, and when the first of that day was believed;
        the earliest day first."""
        query = (
            select(pulls.c.today, func.min(pulls.c.finished_at))
            .where(pulls.c.source == source, pulls.c.state == PullState.BELIEVED)
            .group_by(pulls.c.today)
            .order_by(pulls.c.today)
        )
        return await self._database.read(
            lambda c: [(day, from_ms(at)) for day, at in c.execute(query)]
        )

    async def held(self, source: str) -> Pull | None:
        """The pull that waits for a person's word; there is at most one."""
        return await self._one(source, PullState.HELD)

    async def all_held(self) -> list[Pull]:
        """Those of all sources, the oldest first."""
        query = select(pulls).where(pulls.c.state == PullState.HELD).order_by(pulls.c.id)
        return await self._database.read(lambda c: [read_pull(row) for row in c.execute(query)])

    async def freshness(self) -> dict[str, Freshness]:
        """By source, for every source that was ever pulled."""
        return await self._database.read(_freshness)

    async def freshness_at(self, source: str, moment: datetime) -> Freshness | None:
        """What was the newest at that moment; None before any pull was believed."""
        pull = await self.newest_believed(source, by=moment)
        full = await self.newest_full(source, by=moment)
        return None if pull is None else Freshness(source, pull, pull, full)

    async def _one(self, source: str, state: PullState | None = None) -> Pull | None:
        query = select(pulls).where(pulls.c.source == source).order_by(pulls.c.id.desc()).limit(1)
        if state is not None:
            query = query.where(pulls.c.state == state)
        row = await self._database.read(lambda c: c.execute(query).first())
        return None if row is None else read_pull(row)


def _freshness(connection: Connection) -> dict[str, Freshness]:
    newest = select(func.max(pulls.c.id)).group_by(pulls.c.source)
    believed = newest.where(pulls.c.state == PullState.BELIEVED)
    full = believed.where(pulls.c.base.is_(None))
    wanted = pulls.c.id.in_(newest) | pulls.c.id.in_(believed) | pulls.c.id.in_(full)
    query = select(pulls).where(wanted)
    freshness: dict[str, Freshness] = {}
    for pull in map(read_pull, connection.execute(query.order_by(pulls.c.id))):
        is_believed = pull.state is PullState.BELIEVED
        before = freshness.get(pull.source)
        freshness[pull.source] = Freshness(
            source=pull.source,
            newest=pull,
            believed=pull if is_believed else before.believed if before else None,
            full=pull if is_believed and pull.base is None else before.full if before else None,
        )
    return freshness
