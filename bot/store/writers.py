"""Threads that write: one that commits for many on SQLite, a few side by side on PostgreSQL."""

import asyncio
import random
import sqlite3
import threading
import time
from collections import defaultdict
from collections.abc import Callable, Iterable
from concurrent.futures import ThreadPoolExecutor
from contextlib import suppress
from dataclasses import dataclass
from queue import Empty, SimpleQueue
from typing import Any, Protocol, TypeVar, cast

from sqlalchemy import Connection, Engine
from sqlalchemy.exc import DBAPIError

from bot.store.faults import repeatable

T = TypeVar("T")
Work = Callable[[Connection], T]
"""What one transaction does. It runs in another thread, and touches its connection alone."""

TOGETHER = 256
"""At most so many works share a commit, so that the first does not wait long for the last."""
TRIES = 8


@dataclass(slots=True, eq=False)
class Asked:
    """A work, and who waits for it."""

    work: Work[Any]
    future: asyncio.Future[Any]
    loop: asyncio.AbstractEventLoop
    result: Any = None
    error: Exception | None = None

    def answer(self) -> None:
        """In the loop's thread. Who has been cancelled does not wait any more; the work stands."""
        if self.future.done():
            return
        if self.error is None:
            self.future.set_result(self.result)
        else:
            self.future.set_exception(self.error)


class Writer(Protocol):
    def put(self, asked: Asked) -> None: ...

    def close(self) -> None:
        """Returns when all that was put has been answered. Nothing may be put after it."""


class GroupCommit:
    """SQLite: one thread; whatever came while it committed shares the next commit.

    SQLite takes one writer at a time and a commit waits for the disk, so this is as fast as it
    gets: n works wait for one fsync. Each has its own savepoint, and fails alone.
    """

    def __init__(self, engine: Engine) -> None:
        self._engine = engine
        self._queue: SimpleQueue[Asked | None] = SimpleQueue()
        self._thread = threading.Thread(target=self._run, name="store-writer", daemon=True)
        self._thread.start()

    def put(self, asked: Asked) -> None:
        self._queue.put(asked)

    def close(self) -> None:
        self._queue.put(None)
        self._thread.join()

    def _run(self) -> None:
        open_ = True
        while open_:
            batch, open_ = self._next_batch()
            if batch:
                self._commit(batch)
                _tell(batch)

    def _next_batch(self) -> tuple[list[Asked], bool]:
        """All that waits, at least one; and whether there may be more after it."""
        batch: list[Asked] = []
        asked = self._queue.get()
        while asked is not None:
            batch.append(asked)
            if len(batch) == TOGETHER:
                return batch, True
            try:
                asked = self._queue.get_nowait()
            except Empty:
                return batch, True
        return batch, False

    def _commit(self, batch: list[Asked]) -> None:
        try:
            with self._engine.begin() as connection:
                raw = cast(sqlite3.Connection, connection.connection.driver_connection)
                for asked in batch:
                    _run_in_savepoint(asked, connection, raw)
        except Exception as error:
            # Nothing of the batch is on the disk, so nobody may be told that it is.
            for asked in batch:
                asked.error = asked.error or error


def _run_in_savepoint(asked: Asked, connection: Connection, raw: sqlite3.Connection) -> None:
    raw.execute("SAVEPOINT work")
    try:
        asked.result = asked.work(connection)
    except Exception as error:
        if not raw.in_transaction:  # a full disk makes SQLite give up the whole transaction
            raise
        asked.error = error
        raw.execute("ROLLBACK TO work")
    raw.execute("RELEASE work")


class SideBySide:
    """PostgreSQL: a transaction for each work, so many at once as there are connections."""

    def __init__(self, engine: Engine, *, threads: int) -> None:
        self._engine = engine
        self._threads = ThreadPoolExecutor(threads, thread_name_prefix="store-writer")

    def put(self, asked: Asked) -> None:
        self._threads.submit(self._run, asked)

    def close(self) -> None:
        self._threads.shutdown(wait=True)

    def _run(self, asked: Asked) -> None:
        try:
            asked.result = self._commit(asked.work)
        except Exception as error:
            asked.error = error
        _tell([asked])

    def _commit(self, work: Work[T]) -> T:
        """Runs `work` again where nothing of it can have been kept: it did not reach the commit,
        or PostgreSQL says that it must be repeated."""
        for left in reversed(range(TRIES)):
            committing = False
            try:
                with self._engine.connect() as connection, connection.begin() as transaction:
                    result = work(connection)
                    committing = True
                    transaction.commit()
            except DBAPIError as error:
                lost = error.connection_invalidated and not committing
                if not left or not (lost or repeatable(error)):
                    raise
            else:
                return result
            # So that two that stood in each other's way do not meet again.
            time.sleep(random.uniform(0.0, 0.05))  # noqa: S311
        raise AssertionError("the last try returns or raises")


def _tell(batch: Iterable[Asked]) -> None:
    """One call into each loop, however many in it wait: such a call wakes the loop up."""
    waiting = defaultdict(list)
    for asked in batch:
        waiting[asked.loop].append(asked)
    for loop, told in waiting.items():
        with suppress(RuntimeError):  # the loop has been closed, so nobody waits
            loop.call_soon_threadsafe(_answer, told)


def _answer(told: list[Asked]) -> None:
    for asked in told:
        asked.answer()
