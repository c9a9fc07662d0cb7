"""Many clicks at once, and how long the app took to acknowledge each."""

import asyncio
from collections.abc import Callable, Coroutine
from dataclasses import dataclass
from time import perf_counter
from typing import Any

from bot.sandbox.people import Reply


@dataclass(frozen=True, slots=True)
class Load:
    seconds: float
    """From the first to the last."""
    latencies: tuple[float, ...]
    """Milliseconds from envelope to ack, sorted; of acknowledged ones only."""
    failed: int

    @property
    def per_second(self) -> float:
        return len(self.latencies) / self.seconds

    def percentile(self, share: float) -> float:
        """The latency that `share` (0-1) of the acks did not exceed; nearest rank."""
        rank = max(0, min(len(self.latencies) - 1, round(share * len(self.latencies)) - 1))
        return self.latencies[rank]


async def load(
    act: Callable[[int], Coroutine[Any, Any, Reply]], *, count: int, at_once: int
) -> Load:
    """Do `act(0)` … `act(count - 1)`, at most `at_once` at a time."""
    numbers = iter(range(count))
    replies: list[Reply] = []

    async def one_after_the_other() -> None:
        for number in numbers:
            reply = await act(number)
            replies.append(reply)

    started = perf_counter()
    await asyncio.gather(*(one_after_the_other() for _ in range(at_once)))
    seconds = perf_counter() - started
    acked = sorted(reply.ms for reply in replies if reply.acked and not reply.error)
    return Load(seconds, tuple(acked), count - len(acked))
