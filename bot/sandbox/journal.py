"""Everything that can be seen from outside, in order: calls, envelopes, messages, views, faults.

Append-only and bounded. An entry keeps references, not copies, so that writing one costs little.
"""

import asyncio
from collections import deque
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from bot.sandbox.clock import SandboxClock

PATIENCE = 20.0
"""Seconds to wait for what is to come: most comes at once, and on a busy machine it comes late."""


@dataclass(frozen=True, slots=True)
class Entry:
    number: int
    """Counts up by one from 1; a gap means that entries were forgotten."""
    at: datetime
    kind: str
    data: dict[str, Any]


class Journal:
    def __init__(self, clock: SandboxClock, keep: int) -> None:
        self._clock = clock
        self._entries: deque[Entry] = deque(maxlen=keep)
        self._waiting: list[tuple[Callable[[Entry], bool], asyncio.Future[Entry]]] = []
        self._followers: set[asyncio.Event] = set()
        self.last = 0
        """The number of the newest entry: what to wait `since`."""

    def add(self, kind: str, **data: Any) -> Entry:
        self.last += 1
        entry = Entry(self.last, self._clock.now(), kind, data)
        self._entries.append(entry)
        for match, future in self._waiting:
            if not future.done() and match(entry):
                future.set_result(entry)
        for follower in self._followers:
            follower.set()
        return entry

    def since(self, number: int = 0, *kinds: str) -> list[Entry]:
        """The entries after `number` that are still remembered, oldest first."""
        found = []
        for entry in reversed(self._entries):
            if entry.number <= number:
                break
            if not kinds or entry.kind in kinds:
                found.append(entry)
        return found[::-1]

    async def wait_for(
        self, match: Callable[[Entry], bool], *, since: int = 0, timeout: float = PATIENCE
    ) -> Entry:
        """The first entry after `since` that matches, now or within `timeout` seconds.

        Raises TimeoutError.
        """
        for entry in self.since(since):
            if match(entry):
                return entry
        future = asyncio.get_running_loop().create_future()
        waiting = (match, future)
        self._waiting.append(waiting)
        try:
            return await asyncio.wait_for(future, timeout)
        finally:
            self._waiting.remove(waiting)

    async def follow(self, since: int = 0) -> AsyncIterator[list[Entry]]:
        """Entries after `since` in batches, for ever. A slow reader sees a gap in the numbers."""
        async with self._changes() as changed:
            while True:
                batch = self.since(since)
                if batch:
                    since = batch[-1].number
                    yield batch
                else:
                    await changed.wait()
                    changed.clear()

    @asynccontextmanager
    async def _changes(self) -> AsyncIterator[asyncio.Event]:
        changed = asyncio.Event()
        self._followers.add(changed)
        try:
            yield changed
        finally:
            self._followers.discard(changed)
