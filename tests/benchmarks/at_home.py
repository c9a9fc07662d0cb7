"""The bot with a million customers: how soon it is there, what it takes, and App Home.

Fifty people open App Home, one after the other in equal steps, five of whom look after many
customers each; then they do so again, when what they are shown is known. The clock stops when the
view has arrived at Slack. Before, what the start brings with it has been done.
"""

import asyncio
import tempfile
from dataclasses import dataclass
from pathlib import Path
from time import perf_counter

import msgspec

from tests.benchmarks import stays
from tests.benchmarks.memory import resident
from tests.benchmarks.result import Result, at_most, percentile
from tests.benchmarks.running import configured, ours, running
from tests.benchmarks.wire import TEAM, Wire

_OWNED = """\
loop:
  channel: C0BENCH
  owner: region
  people: {region0: U0P000, region1: U0P001, region2: U0P002, region3: U0P003, region4: U0P004}
"""


@dataclass(frozen=True, slots=True)
class Size:
    customers: tuple[int, ...] = (1_000_000,)
    people: int = 50
    per_second: float = 10.0
    settles: float = 300.0
    """Seconds after which what the start brings with it must have been done."""


async def measure(size: Size) -> list[Result]:
    return [result for n in size.customers for result in await _measure(n, size)]


async def _measure(customers: int, size: Size) -> list[Result]:
    with tempfile.TemporaryDirectory(prefix="keeprate-bench-") as made:
        folder = Path(made)
        async with Wire() as wire:
            config = configured(folder, wire, 0)
            config.write_text(config.read_text() + _OWNED)
            await asyncio.to_thread(stays.write_csv, folder / "customers.csv", customers)
            await ours(folder, "pull")
            arguments = ["-m", "bot", "run", "--config", str(folder / "config.yaml")]
            began = perf_counter()
            async with running(arguments, wire) as app:
                connected = perf_counter() - began
                await app.settled(size.settles)
                idle = resident(app.pid)
                first = await _opened(wire, size, "first")
                again = await _opened(wire, size, "again")
                used = resident(app.pid)
    with_ = f"{customers:,} customers"
    found = [
        Result(f"{with_}: start to connected", connected, "s", at_most(2)),
        Result(f"{with_}: resident when idle", idle, "MB", at_most(180)),
        Result(f"{with_}: resident after {2 * size.people} App Homes", used, "MB"),
    ]
    for what, times in (("for the first time", first), ("again", again)):
        ordered = sorted(1e3 * each for each in times)
        name = f"App Home, {with_}, {what}"
        found.append(Result(f"{name}: p50", percentile(ordered, 0.5), "ms"))
        found.append(Result(f"{name}: p99", percentile(ordered, 0.99), "ms", at_most(500)))
    return found


async def _opened(wire: Wire, size: Size, name: str) -> list[float]:
    """Seconds until each person saw theirs."""
    loop = asyncio.get_running_loop()
    begun, opened = loop.time(), []
    for number in range(size.people):
        await asyncio.sleep(begun + number / size.per_second - loop.time())
        opened.append(asyncio.create_task(_open(wire, f"U0P{number:03d}", f"{name}-{number}")))
    return list(await asyncio.gather(*opened))


async def _open(wire: Wire, person: str, name: str) -> float:
    event = {
        "type": "app_home_opened",
        "user": person,
        "channel": "D0BENCH",
        "tab": "home",
        "event_ts": "1790000000.000100",
    }
    envelope = {
        "envelope_id": f"home-{name}",
        "type": "events_api",
        "accepts_response_payload": False,
        "payload": {
            "type": "event_callback",
            "team_id": TEAM,
            "api_app_id": "A0BENCH",
            "event_id": f"Ev{name}",
            "event_time": 1790000000,
            "event": event,
        },
    }
    began = perf_counter()
    async with asyncio.timeout(60):
        await wire.deliver(f"home-{name}", msgspec.json.encode(envelope))
        await wire.until(lambda: wire.published.get(person, 0.0) >= began)
    return wire.published[person] - began
