"""/crr with 50 commands a second: until the ack, and until the whole answer is at Slack; over the
socket, and over signed requests.

Then the same questions once more, when every figure is ready. That time, too, is from handing over
the command to having its answer, so what the process itself takes is less.
"""

import asyncio
import tempfile
import time
from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import asynccontextmanager
from dataclasses import dataclass
from itertools import cycle, islice
from pathlib import Path
from typing import Any
from urllib.parse import urlencode

import msgspec

from bot.slack.webserver import EVENTS
from tests.benchmarks import stays
from tests.benchmarks.clicks import signed_request
from tests.benchmarks.result import Result, at_most, percentile
from tests.benchmarks.running import configured, free_port, ours, running
from tests.benchmarks.wire import TEAM, Caller, Wire

_CALLERS = 16
"""Connections over which requests come."""

WORDS = (
    "month",
    "week",
    "quarter",
    "year",
    "month plan=plan1",
    "week region=region2",
    "quarter plan=plan3 region=region4",
    "2026-10-01..2026-10-31",
    "2026-07-01..2026-09-30 plan=plan5",
    "calc 150 200 80",
    "last 3 months",
    "since 2026-09",
    "explain month",
    "explain week plan=plan2",
    "who left week",
    "who joined month",
    "compare month",
    "compare plan=plan1 plan=plan2",
    "as stripe month",
    "cohort",
    "cohort quarter plan=plan1",
    "lifetime",
    "month known=2026-11-01",
    "help",
)
"""A question of each kind, and of figures several: a person asks for few others."""


@dataclass(frozen=True, slots=True)
class Size:
    customers: tuple[int, ...] = (100_000, 1_000_000)
    per_second: int = 50
    seconds: float = 10.0


async def measure(size: Size) -> list[Result]:
    found = [result for n in size.customers for result in await _measure(n, size, http=False)]
    return found + await _measure(max(size.customers), size, http=True)


async def _measure(customers: int, size: Size, *, http: bool) -> list[Result]:
    port = free_port() if http else 0
    with tempfile.TemporaryDirectory(prefix="keeprate-bench-") as made:
        folder = Path(made)
        async with Wire() as wire:
            configured(folder, wire, port)
            await asyncio.to_thread(stays.write_csv, folder / "customers.csv", customers)
            began = time.perf_counter()
            await ours(folder, "pull")
            pulled = time.perf_counter() - began
            arguments = ["-m", "bot", "run", "--config", str(folder / "config.yaml")]
            async with running(arguments, wire, port), _way_in(wire, port) as deliver:
                first = await _ask(wire, deliver, "first", WORDS[0])
                asked = await _steadily(wire, deliver, size, "new")
                again = await _steadily(wire, deliver, size, "ready")
    with_ = f"/crr{' by HTTP' if http else ''}, {customers:,} customers"
    found = [
        Result(f"first pull of {customers:,} customers, start to end", pulled, "s"),
        Result(f"{with_}, first question after the start: answer", 1e3 * first[1], "ms"),
    ]
    if http:
        found.clear()  # the way in says nothing of these
    steady = f"{with_}, {size.per_second} a second"
    for what, measured, at, bound in (
        ("ack", asked, 0, at_most(100)),
        ("answer", asked, 1, at_most(700)),
        ("answer of a ready figure", again, 1, at_most(50)),
    ):
        times = sorted(1e3 * each[at] for each in measured)
        found.append(Result(f"{steady}: {what} p50", percentile(times, 0.5), "ms"))
        found.append(Result(f"{steady}: {what} p99", percentile(times, 0.99), "ms", bound))
    return found


Deliver = Callable[[str, dict[str, Any]], Awaitable[float | None]]
"""Hands over what somebody typed, and says after how many seconds it was acknowledged."""


@asynccontextmanager
async def _way_in(wire: Wire, port: int) -> AsyncIterator[Deliver]:
    """Over the socket, or where there is a port, over some connections that stay open."""

    async def by_socket(name: str, payload: dict[str, Any]) -> float | None:
        envelope = {
            "envelope_id": name,
            "type": "slash_commands",
            "accepts_response_payload": True,
            "payload": payload,
        }
        return await wire.deliver(name, msgspec.json.encode(envelope))

    free: asyncio.Queue[Caller] = asyncio.Queue()

    async def by_request(name: str, payload: dict[str, Any]) -> float | None:
        caller = await free.get()
        try:
            return await caller.post(signed_request(EVENTS, urlencode(payload)))
        finally:
            free.put_nowait(caller)

    callers = [await Caller.to(port) for _ in range(_CALLERS if port else 0)]
    for caller in callers:
        free.put_nowait(caller)
    yield by_request if port else by_socket
    for caller in callers:
        caller.close()


async def _steadily(
    wire: Wire, deliver: Deliver, size: Size, name: str
) -> list[tuple[float, float]]:
    """One command after the other in equal steps, whether or not those before were answered."""
    loop, asked = asyncio.get_running_loop(), []
    begun = loop.time()
    for number, words in enumerate(islice(cycle(WORDS), round(size.per_second * size.seconds))):
        await asyncio.sleep(begun + number / size.per_second - loop.time())
        asked.append(asyncio.create_task(_ask(wire, deliver, f"{name}-{number:08d}", words)))
    return list(await asyncio.gather(*asked))


async def _ask(wire: Wire, deliver: Deliver, number: str, words: str) -> tuple[float, float]:
    """Seconds to the ack, and to the answer."""
    payload = {
        "token": "verification",
        "team_id": TEAM,
        "team_domain": "bench",
        "channel_id": "C0BENCH",
        "channel_name": "customers",
        "user_id": "U0LEAD",
        "user_name": "lead",
        "command": "/crr",
        "text": words,
        "api_app_id": "A0BENCH",
        "is_enterprise_install": "false",
        "response_url": f"{wire.url}/response/{number}",
        "trigger_id": f"{number}.1790000000.0123456789abcdef",
    }
    began = time.perf_counter()
    async with asyncio.timeout(30):
        acked = await deliver(f"command-{number}", payload)
        if acked is None:
            raise RuntimeError(f"/crr {words} was not acknowledged")
        await wire.until(lambda: number in wire.answered)
    answer = wire.answered[number]
    if any(slip in answer.body for slip in (b"I can't read", b"did not work", b"not known")):
        raise RuntimeError(f"/crr {words} was answered with {answer.body.decode()}")
    return acked, answer.at - began
