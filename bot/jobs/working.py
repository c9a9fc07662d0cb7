"""What runs in this process, apart from each other, until it is told to stop."""

import asyncio
from collections.abc import Awaitable, Callable, Coroutine, Iterable
from dataclasses import dataclass, field
from time import monotonic
from typing import Any

import structlog

from bot.errors import KeeprateError

log = structlog.get_logger()


@dataclass(frozen=True, slots=True)
class Working:
    tasks: set[asyncio.Task[Any]] = field(default_factory=set)

    def start(self, work: Coroutine[Any, Any, None]) -> None:
        """Beside all that runs."""
        task = asyncio.create_task(work)
        self.tasks.add(task)
        task.add_done_callback(self.tasks.discard)

    async def end(self, seconds: float) -> None:
        """Let everything that runs end; what takes longer is broken off."""
        end = monotonic() + seconds
        while self.tasks and monotonic() < end:
            await asyncio.wait(set(self.tasks), timeout=end - monotonic())
        late = set(self.tasks)
        for task in late:
            task.cancel()
        await asyncio.gather(*late, return_exceptions=True)


async def guarded(name: str, work: Callable[[], Awaitable[object]]) -> None:
    """One of two places that catch everything: one job that fails must not end the others."""
    try:
        await work()
    except KeeprateError as error:
        log.warning("job failed", job=name, why=str(error))
    except Exception:
        log.exception("job failed", job=name)


async def again_and_again(
    work: Callable[[], Awaitable[object]],
    pauses: Iterable[float],
    stop: asyncio.Event,
    wake: asyncio.Event | None = None,
) -> None:
    """Until `stop`; between two times, wait for so many seconds, or for `wake`."""
    wake = wake or asyncio.Event()
    for seconds in pauses:
        if stop.is_set():
            return
        wake.clear()
        await guarded(getattr(work, "__name__", "work"), work)
        either = [asyncio.create_task(event.wait()) for event in (stop, wake)]
        await asyncio.wait(either, timeout=seconds, return_when=asyncio.FIRST_COMPLETED)
        for waiting in either:
            waiting.cancel()
