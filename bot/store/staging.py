"""What a pull has read so far, kept in the store until the pull has ended.

So a pull of millions of records never has more of them in memory than a part, and one that a
restart broke off goes on after its last page, where the source's own marks outlive that.
"""

import asyncio
import os
import socket
import zlib
from collections import Counter
from collections.abc import AsyncGenerator, AsyncIterator, Callable, Mapping, Sequence, Set
from contextlib import suppress
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from functools import partial
from uuid import uuid4

from sqlalchemy import Connection, Row, delete, insert, select, update

from bot.domain.pulls import Pull, PullState
from bot.domain.stays import Evidence, evidence_of
from bot.store.database import Database
from bot.store.packing import Entry, entries, pack, repack, unpack
from bot.store.pull_rows import close, read_left_out, write_left_out
from bot.store.schema import pulls, readings, staged
from bot.store.times import from_ms, to_ms
from integrations.records import Page, Record

BUFFER = 2_000
"""Records that wait to be written together, where a page has no mark."""

PART = 10_000
"""Records of which stays are made at once: some 25 MB while it is done."""

GOES_ON = timedelta(hours=6)
"""After a longer pause a reading begins anew: too much may have changed on the pages read."""

SILENT = timedelta(minutes=10)
"""A process elsewhere that wrote nothing for so long is taken for dead."""

_AS_IT_CAME = -1
_ROWS = 50
"""Rows deleted in one transaction; each may hold 100 kB."""

_RUN = uuid4().hex[:12]


class TakenOver(Exception):
    """Another process went on with the reading."""


@dataclass(eq=False)
class Reading:
    """One reading of a source, which one pull after another may go on with."""

    database: Database
    id: int
    pull: Pull
    holder: str
    begun_at: datetime
    part: int = PART
    """As of `PART`."""
    mark: str = ""
    """Where it goes on: of the last page that is in the store."""
    complete: bool = False
    records: int = 0
    kinds: set[Evidence] = field(default_factory=set)
    was: dict[str, set[str]] = field(default_factory=dict)
    """As the records tell it."""
    parents: dict[str, str] = field(default_factory=dict)
    trusted_from: int | None = None
    """The latest day that a page told as its own `trusted_from`."""
    left: set[str] = field(default_factory=set)
    """Of changes: of whom the source has nothing left."""
    left_out: Counter[str] = field(default_factory=Counter)
    """What the pages told of what they left out."""
    _waiting: list[Record] = field(default_factory=list)
    _next_mark: str = ""
    _now: datetime | None = None
    _parts: int = 0
    _writing: asyncio.Task[None] | None = None

    async def add(self, page: Page, now: datetime, trusted_from: int | None = None) -> None:
        """Returns before the page is on the disk: it is written while the next one is asked for.
        `trusted_from` is the local day of what the page tells."""
        self._note(page.records)
        self.left.update(page.gone)
        if trusted_from is not None:
            self.trusted_from = max(trusted_from, self.trusted_from or trusted_from)
        self.left_out.update(page.left_out)
        self._waiting.extend(page.records)
        self._next_mark, self._now = page.mark, now
        is_busy = self._writing is not None and not self._writing.done()
        if len(self._waiting) >= BUFFER or (page.mark and not is_busy):
            await self._flush()

    async def put_aside(self, now: datetime) -> None:
        """Nothing more comes now, and another pull may go on."""
        await self.settle()
        if self._is_behind():
            self._now = now
            await self._flush()
            await self.settle()

    async def finish(self, now: datetime) -> None:
        """The last page has come."""
        if self.complete:
            return
        self._now = now
        await self._flush()
        await self.settle()
        await self.database.write(partial(self._advance, complete=True, now=now))
        self.complete = True

    async def settle(self) -> None:
        """Until what is being written is on the disk."""
        if self._writing is not None:
            # Who is told to stop meanwhile leaves it to be written.
            await asyncio.shield(self._writing)
            self._writing = None

    def _note(self, records: Sequence[Record]) -> None:
        self.records += len(records)
        self.kinds.update(map(evidence_of, {type(each): each for each in records}.values()))
        for each in records:
            if each.was:
                self.was.setdefault(each.customer, set()).update(each.was)
            if each.parent and each.parent != each.customer:
                self.parents[each.customer] = each.parent
            elif self.parents and evidence_of(each) is Evidence.PRESENCE:
                self.parents.pop(each.customer, None)

    async def _flush(self) -> None:
        await self.settle()
        self._writing = asyncio.create_task(self._write())

    async def _write(self) -> None:
        """All that waits; what comes meanwhile as well, where it can be gone on from there."""
        while True:
            records, self._waiting = self._waiting, []
            # Of the pages up to the mark alone: those after it are read again by who goes on.
            await self._put(records, self._next_mark, dict(self.left_out))
            if not self._is_behind():
                return

    def _is_behind(self) -> bool:
        return bool(self._next_mark) and self._next_mark != self.mark

    async def _put(self, records: Sequence[Record], mark: str, left_out: Mapping[str, int]) -> None:
        packed = await asyncio.to_thread(pack, records) if records else None

        def write(connection: Connection) -> None:
            if packed is not None:
                row = {"reading": self.id, "bucket": _AS_IT_CAME, "part": self._parts}
                _insert(connection, row=row, packed=packed)
            self._advance(
                connection,
                mark=mark,
                left_out=left_out,
                parts=self._parts + 1,
                now=self._now or self.begun_at,
            )

        await self.database.write(write)
        self.mark = mark
        self._parts += 1

    def _advance(
        self,
        connection: Connection,
        *,
        now: datetime,
        mark: str = "",
        left_out: Mapping[str, int] | None = None,
        parts: int | None = None,
        complete: bool = False,
    ) -> None:
        changed = connection.execute(
            update(readings)
            .where(
                readings.c.id == self.id,
                readings.c.pull == self.pull.id,
                readings.c.holder == self.holder,
            )
            .values(
                mark=mark,
                left_out=write_left_out(self.left_out if left_out is None else left_out),
                parts=self._parts if parts is None else parts,
                complete=int(complete),
                trusted_from=self.trusted_from,
                touched_at=to_ms(now),
            )
        )
        if not changed.rowcount:
            raise TakenOver

    def starts_at(self, part: int) -> None:
        self._parts = part

    async def recall(self) -> None:
        """What was noted of the records by whoever read them."""
        async for records in self._staged(_AS_IT_CAME):
            self._note(records)

    async def listed(self, among: Set[str]) -> set[str]:
        """Those of these ids of which there is a record."""
        found: set[str] = set()
        async for some in self._entries():
            found.update(id for id, _ in some if id in among)
        return found

    async def parts(
        self, into: Mapping[str, str]
    ) -> AsyncGenerator[tuple[list[Record], set[str]], None]:
        """All records, and who left, with everything of one customer in one part; `into` says whom
        some belong to, and those are in one part too."""
        if self.records <= self.part:
            found = [each async for some in self._staged(_AS_IT_CAME) for each in some]
            yield found, self.left
            return
        count = -(-self.records // self.part)

        def bucket(id: str) -> int:
            return zlib.crc32(into.get(id, id).encode(errors="replace")) % count

        await self._sort_into(count, bucket)
        for number in range(count):
            found = [each async for some in self._staged(number) for each in some]
            yield found, {id for id in self.left if bucket(id) == number}

    async def _sort_into(self, count: int, bucket: Callable[[str], int]) -> None:
        await _delete_staged(self.database, self.id, sorted_only=True)
        sorted_: list[list[Entry]] = [[] for _ in range(count)]
        held = part = 0

        async def put() -> None:
            for number, some in enumerate(sorted_):
                if some:
                    row = {"reading": self.id, "bucket": number, "part": part}
                    packed = await asyncio.to_thread(repack, some)
                    await self.database.write(partial(_insert, row=row, packed=packed))
                    some.clear()

        async for some in self._entries():
            for entry in some:
                sorted_[bucket(entry[0])].append(entry)
            held += len(some)
            if held >= self.part:
                await put()
                held, part = 0, part + 1
        await put()

    async def _entries(self) -> AsyncIterator[list[Entry]]:
        async for packed in self._blobs(_AS_IT_CAME):
            yield await asyncio.to_thread(entries, packed)

    async def _staged(self, bucket: int) -> AsyncIterator[list[Record]]:
        async for packed in self._blobs(bucket):
            yield await asyncio.to_thread(unpack, packed)

    async def _blobs(self, bucket: int) -> AsyncIterator[bytes]:
        last = -1
        while True:
            rows = await self.database.read(
                partial(_blobs, reading=self.id, bucket=bucket, above=last)
            )
            for part, records in rows:
                last = part
                yield records
            if not rows:
                return

    async def forget(self) -> None:
        """The pull has ended: nobody goes on with it."""
        with suppress(TakenOver):
            await self.settle()
        await forget(self.database, [self.id])

    @property
    def can_go_on(self) -> bool:
        return self.complete or bool(self.mark)


@dataclass(frozen=True, slots=True)
class Unfinished:
    """A reading that nobody goes on with."""

    id: int
    pull: int
    holder: str
    begun_at: datetime
    mark: str
    """"" where it was read to the end."""
    complete: bool
    parts: int
    left_out: Mapping[str, int]
    trusted_from: int | None = None


async def begin(
    database: Database, pull: Pull, asked: str, now: datetime, part: int = PART
) -> Reading:
    """An empty one. What is left of others of the source, which nobody goes on with, is deleted."""
    left = await database.read(partial(_abandoned, source=pull.source, now=now))
    await forget(database, [row.id for row in left if row.pull < pull.id])
    holder = _holder()
    query = (
        insert(readings)
        .values(
            source=pull.source,
            pull=pull.id,
            holder=holder,
            asked=asked,
            begun_at=to_ms(now),
            touched_at=to_ms(now),
        )
        .returning(readings.c.id)
    )
    id = await database.write(lambda c: c.execute(query).scalar_one())
    return Reading(database, id, pull, holder, now, part)


async def unfinished(
    database: Database, source: str, asked: str, now: datetime
) -> Unfinished | None:
    """The newest of the source that can be gone on with: read with the same settings, not long ago,
    by a pull that ended or whose process died, and nothing was believed since."""
    for row in await database.read(partial(_abandoned, source=source, now=now)):
        fresh = timedelta() <= now - from_ms(row.touched_at) < GOES_ON
        if row.newest or not fresh or row.asked != asked or row.base is not None:
            continue
        if row.mark or row.complete:
            return Unfinished(
                row.id,
                row.pull,
                row.holder,
                from_ms(row.begun_at),
                row.mark,
                bool(row.complete),
                row.parts,
                read_left_out(row.left_out),
                row.trusted_from,
            )
    return None


async def go_on(
    database: Database, pull: Pull, left: Unfinished, now: datetime, part: int = PART
) -> Reading | None:
    """From now on it is the pull's; None where somebody else was quicker."""
    holder = _holder()

    def take(connection: Connection) -> bool:
        taken = connection.execute(
            update(readings)
            .where(
                readings.c.id == left.id,
                readings.c.pull == left.pull,
                readings.c.holder == left.holder,
            )
            .values(pull=pull.id, holder=holder, touched_at=to_ms(now))
        )
        if taken.rowcount:
            before = connection.execute(select(pulls.c.state).where(pulls.c.id == left.pull))
            if before.scalar() == PullState.RUNNING:
                sentence = "It was broken off, and the next one went on with it."
                close(connection, left.pull, PullState.FAILED, now, sentence=sentence)
        return bool(taken.rowcount)

    if not await database.write(take):
        return None
    reading = Reading(
        database, left.id, pull, holder, left.begun_at, part, left.mark, left.complete
    )
    reading.starts_at(left.parts)
    reading.trusted_from = left.trusted_from
    reading.left_out.update(left.left_out)
    await reading.recall()
    return reading


async def forget(database: Database, ids: Sequence[int]) -> None:
    for id in ids:
        await database.write(partial(_forget, id=id))
        await _delete_staged(database, id)


def _insert(connection: Connection, *, row: Mapping[str, int], packed: bytes) -> None:
    connection.execute(insert(staged).values(**row, records=packed))


def _blobs(
    connection: Connection, *, reading: int, bucket: int, above: int
) -> list[tuple[int, bytes]]:
    """A few, in the order of their parts."""
    query = (
        select(staged.c.part, staged.c.records)
        .where(staged.c.reading == reading, staged.c.bucket == bucket, staged.c.part > above)
        .order_by(staged.c.part)
        .limit(20)
    )
    return [(part, records) for part, records in connection.execute(query)]


def _forget(connection: Connection, *, id: int) -> None:
    connection.execute(delete(readings).where(readings.c.id == id))


async def _delete_staged(database: Database, id: int, *, sorted_only: bool = False) -> None:
    own = [staged.c.reading == id]
    if sorted_only:
        own.append(staged.c.bucket != _AS_IT_CAME)

    def some(connection: Connection) -> int:
        query = select(staged.c.bucket, staged.c.part).where(*own).limit(_ROWS)
        rows = connection.execute(query).all()
        for bucket, part in rows:
            row = (staged.c.reading == id, staged.c.bucket == bucket, staged.c.part == part)
            connection.execute(delete(staged).where(*row))
        return len(rows)

    while await database.write(some):
        pass


def _abandoned(connection: Connection, *, source: str, now: datetime) -> list[Row[tuple[object]]]:
    """Readings of the source whose pull has ended, or whose process is dead; the newest first.
    `newest` says whether a pull was believed since."""
    later = pulls.alias()
    newer = (
        select(later.c.id)
        .where(later.c.source == source, later.c.state == PullState.BELIEVED)
        .where(later.c.id > readings.c.pull)
        .limit(1)
        .scalar_subquery()
    )
    query = (
        select(readings, pulls.c.state, pulls.c.base, newer.label("newest"))
        .join(pulls, pulls.c.id == readings.c.pull)
        .where(readings.c.source == source)
        .order_by(readings.c.id.desc())
    )
    return [
        row
        for row in connection.execute(query)
        if row.state != PullState.RUNNING or not _lives(row.holder, from_ms(row.touched_at), now)
    ]


def _holder() -> str:
    """Names this process: where it runs, under which number, and a word of its own."""
    return f"{socket.gethostname()} {os.getpid()} {_RUN}"


def _lives(holder: str, touched_at: datetime, now: datetime) -> bool:
    """Whether the process may still be reading. One of this machine is looked for; one elsewhere
    is known by what it writes. This one asks before it reads, so it is not reading."""
    host, number, _ = holder.split(" ")
    if host != socket.gethostname():
        return now - touched_at < SILENT
    if int(number) == os.getpid():
        return False
    try:
        os.kill(int(number), 0)
    except ProcessLookupError:
        return False
    except PermissionError:
        return True
    return True
