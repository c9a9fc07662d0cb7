"""The bot in a process of its own, which ends itself by SIGKILL at a chosen COMMIT.

The processes are forked from one that has everything imported, so that many of them are cheap.
"""

import asyncio
import multiprocessing
import os
import signal
import threading
from collections.abc import Callable
from contextlib import suppress
from dataclasses import dataclass
from datetime import datetime
from multiprocessing.process import BaseProcess
from pathlib import Path
from typing import Any, Literal

from sqlalchemy import Engine, event, text
from sqlalchemy.engine.default import DefaultDialect

from bot import config as configuration
from bot.app import Keeprate
from bot.parts import Clock
from bot.process import run

_processes = multiprocessing.get_context("forkserver")
_processes.set_forkserver_preload([__name__])

Moment = Literal["before", "after"]


CLAIM, MARK = "attempts=", "sent_at="
"""In the statements that claim a delivery, and that mark it as sent."""


@dataclass(frozen=True, slots=True)
class Death:
    """When to die: before or after the n-th COMMIT of a write, counted from 1; 0 is never."""

    number: int = 0
    moment: Moment = "before"
    of: str = ""
    """Counts only commits after an UPDATE of deliveries with this in it."""


def begin(config: Path, moment: datetime, death: Death, *, sent: int = 0) -> BaseProcess:
    """A bot that runs from the moment until it dies, is told to stop by SIGTERM, or has brought
    `sent` messages to Slack (0: it waits for the signal)."""
    process = _processes.Process(target=_live, args=(config, moment, death, sent), daemon=True)
    process.start()
    return process


async def ended(process: BaseProcess, *, within: float = 60.0) -> int:
    """Its exit code; -9 if it killed itself."""
    async with asyncio.timeout(within):
        while process.exitcode is None:  # noqa: ASYNC110
            await asyncio.sleep(0.02)
    return process.exitcode


def _live(config: Path, moment: datetime, death: Death, sent: int) -> None:
    if death.number:
        _count_commits(death)
    asyncio.run(_serve(config, moment, sent))


async def _serve(config: Path, moment: datetime, sent: int) -> None:
    stop = asyncio.Event()
    asyncio.get_running_loop().add_signal_handler(signal.SIGTERM, stop.set)
    watching: list[asyncio.Task[None]] = []

    def ready(bot: Keeprate) -> None:
        if sent:
            watching.append(asyncio.create_task(_stop_when(bot, sent, stop)))

    settings = configuration.load(config, {})
    await run(settings, stop=stop, clock=Clock.beginning(moment), ready=ready)


async def _stop_when(bot: Keeprate, sent: int, stop: asyncio.Event) -> None:
    count = text("SELECT count(*) FROM deliveries WHERE state = 'sent'")

    def sent_by_now(connection: Any) -> int:
        return int(connection.scalar(count))

    while await bot.kept.database.read(sent_by_now) < sent:  # noqa: ASYNC110
        await asyncio.sleep(0.02)
    stop.set()


def _count_commits(death: Death) -> None:
    """Readers commit too, and change nothing; only the threads that write are counted."""
    commit: Callable[..., None] = DefaultDialect.do_commit
    seen, door = 0, threading.Lock()
    meant = threading.local()

    def look(_c: Any, _cursor: Any, statement: str, *_: Any) -> None:
        if statement.startswith("UPDATE deliveries") and death.of in statement:
            meant.here = True

    event.listen(Engine, "before_cursor_execute", look)

    def do_commit(self: DefaultDialect, connection: Any) -> None:
        nonlocal seen
        writes = threading.current_thread().name.startswith("store-writer")
        if not writes or (death.of and not getattr(meant, "here", False)):
            commit(self, connection)
            return
        with door:
            seen += 1
            mine = seen == death.number
        if mine and death.moment == "before":
            _die()
        commit(self, connection)
        if mine:
            _die()

    DefaultDialect.do_commit = do_commit  # type: ignore[method-assign]


def _die() -> None:
    with suppress(ProcessLookupError):
        os.kill(os.getpid(), signal.SIGKILL)
