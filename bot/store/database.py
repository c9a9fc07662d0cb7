"""The database: opened, brought up to date, written to and read from."""

import asyncio
import threading
from concurrent.futures import ThreadPoolExecutor
from contextvars import copy_context
from typing import Self

from sqlalchemy import URL

from bot.errors import StoreUnavailable
from bot.store import engines
from bot.store.faults import named
from bot.store.upgrade import upgrade
from bot.store.writers import Asked, GroupCommit, SideBySide, T, Work, Writer


class Database:
    """One SQLite file or PostgreSQL database, for many tasks of one process.

    Several processes may have the same one open.
    """

    def __init__(self, url: URL) -> None:
        """Use `open`, which sees to it that the tables are there."""
        self.url = url
        self.name = engines.label(url)
        self._write_engine = engines.writing(url)
        self._read_engine = engines.reading(url)
        self._writer: Writer = (
            GroupCommit(self._write_engine)
            if url.get_backend_name() == "sqlite"
            else SideBySide(self._write_engine, threads=engines.WRITERS)
        )
        self._readers = ThreadPoolExecutor(engines.READERS, thread_name_prefix="store-reader")
        self._door = threading.Lock()
        self._closed = False

    @classmethod
    def open(cls, url: str) -> Self:
        """Makes or upgrades the tables where needed. Blocks: call it before the loop runs.

        Raises ConfigError for a URL that cannot be, StoreUnavailable for a database that is not
        there, may not be written, or was written by a newer Keeprate.
        """
        where = engines.read_url(url)
        engine = engines.writing(where)
        try:
            with named(engines.label(where)):
                upgrade(engine, engines.label(where))
        finally:
            engine.dispose()
        return cls(where)

    async def write(self, work: Work[T]) -> T:
        """What `work(connection)` returns, after its COMMIT has reached the disk.

        `work` runs in a transaction in another thread, with the caller's context variables. It may
        be run twice (a deadlock on PostgreSQL), so it does nothing but SQL. A caller that is
        cancelled does not take it back.
        """
        loop, context = asyncio.get_running_loop(), copy_context()
        asked = Asked(lambda connection: context.run(work, connection), loop.create_future(), loop)
        with self._door:
            self._check_open()
            self._writer.put(asked)
        with named(self.name):
            result: T = await asked.future
        return result

    async def read(self, work: Work[T]) -> T:
        """What `work(connection)` returns; all that it reads is of one moment."""
        self._check_open()
        with named(self.name):
            return await asyncio.get_running_loop().run_in_executor(self._readers, self._read, work)

    async def close(self) -> None:
        """Returns when everything that was asked for has been written."""
        with self._door:
            if self._closed:
                return
            self._closed = True
        await asyncio.to_thread(self._close)

    def _close(self) -> None:
        self._writer.close()
        self._readers.shutdown(wait=True)
        self._write_engine.dispose()
        self._read_engine.dispose()

    def _read(self, work: Work[T]) -> T:
        with self._read_engine.connect() as connection, connection.begin():
            return work(connection)

    def _check_open(self) -> None:
        if self._closed:
            raise StoreUnavailable(f"{self.name} has been closed, because the bot is stopping.")
