"""/crr with 50 commands a second: until the ack, and until the whole answer is at Slack.

Then the same questions once more, when every figure is ready. That time, too, is from handing over
the command to having its answer, so what the process itself takes is less.
"""

import asyncio
import tempfile
import time
from dataclasses import dataclass
from itertools import cycle, islice
from pathlib import Path

import msgspec

from tests.benchmarks import stays
from tests.benchmarks.result import Result, at_most, percentile
from tests.benchmarks.running import configured, ours, running
from tests.benchmarks.wire import TEAM, Wire

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
)


@dataclass(frozen=True, slots=True)
class Size:
    customers: tuple[int, ...] = (100_000, 1_000_000)
    per_second: int = 50
    seconds: float = 10.0


async def measure(size: Size) -> list[Result]:
    return [result for n in size.customers for result in await _measure(n, size)]


async def _measure(customers: int, size: Size) -> list[Result]:
    with tempfile.TemporaryDirectory(prefix="keeprate-bench-") as made:
        folder = Path(made)
        async with Wire() as wire:
            configured(folder, wire, 0)
            await asyncio.to_thread(stays.write_csv, folder / "customers.csv", customers)
            began = time.perf_counter()
            await ours(folder, "pull")
            pulled = time.perf_counter() - began
            arguments = ["-m", "bot", "run", "--config", str(folder / "config.yaml")]
            async with running(arguments, wire):
                first = await _ask(wire, "first", WORDS[0])
                asked = await _steadily(wire, size, "new")
                again = await _steadily(wire, size, "ready")
    with_ = f"/crr, {customers:,} customers"
    found = [
        Result(f"first pull of {customers:,} customers, start to end", pulled, "s"),
        Result(f"{with_}, first question after the start: answer", 1e3 * first[1], "ms"),
    ]
    steady = f"{with_}, {size.per_second} a second"
    busy = 100_000  # how many customers the bounds for figures that are not ready are for
    for what, measured, at, bound in (
        ("ack", asked, 0, at_most(100) if customers <= busy else None),
        ("answer", asked, 1, at_most(700) if customers <= busy else None),
        ("answer of a ready figure", again, 1, at_most(50)),
    ):
        times = sorted(1e3 * each[at] for each in measured)
        found.append(Result(f"{steady}: {what} p50", percentile(times, 0.5), "ms"))
        found.append(Result(f"{steady}: {what} p99", percentile(times, 0.99), "ms", bound))
    return found


async def _steadily(wire: Wire, size: Size, name: str) -> list[tuple[float, float]]:
    """One command after the other in equal steps, whether or not those before were answered."""
    loop, asked = asyncio.get_running_loop(), []
    begun = loop.time()
    for number, words in enumerate(islice(cycle(WORDS), round(size.per_second * size.seconds))):
        await asyncio.sleep(begun + number / size.per_second - loop.time())
        asked.append(asyncio.create_task(_ask(wire, f"{name}-{number:08d}", words)))
    return list(await asyncio.gather(*asked))


async def _ask(wire: Wire, number: str, words: str) -> tuple[float, float]:
    """Seconds to the ack, and to the answer."""
    envelope = {
        "envelope_id": f"command-{number}",
        "type": "slash_commands",
        "accepts_response_payload": True,
        "payload": {
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
        },
    }
    began = time.perf_counter()
    async with asyncio.timeout(30):
        acked = await wire.deliver(f"command-{number}", msgspec.json.encode(envelope))
        if acked is None:
            raise RuntimeError(f"/crr {words} was not acknowledged")
        await wire.until(lambda: number in wire.answered)
    answer = wire.answered[number]
    if b"%" not in answer.body:
        raise RuntimeError(f"/crr {words} was answered with {answer.body.decode()}")
    return acked, answer.at - began
