"""What it takes to run, as the README tells it: memory of the process, and disk.

First without customers, then while and after it pulls many, then started anew with these.
"""

import asyncio
import tempfile
from dataclasses import dataclass
from pathlib import Path

import msgspec

from tests.benchmarks import stays
from tests.benchmarks.memory import forget_peak, peak, resident
from tests.benchmarks.result import Result
from tests.benchmarks.running import configured, running
from tests.benchmarks.wire import TEAM, Wire


@dataclass(frozen=True, slots=True)
class Size:
    customers: tuple[int, ...] = (100_000,)
    settles: float = 300.0
    """Seconds after which a start or a pull must be over."""


async def measure(size: Size) -> list[Result]:
    return [result for n in size.customers for result in await _measure(n, size)]


async def _measure(customers: int, size: Size) -> list[Result]:
    with tempfile.TemporaryDirectory(prefix="keeprate-bench-") as made:
        folder = Path(made)
        rows = folder / "customers.csv"
        arguments = ["-m", "bot", "run", "--config", str(folder / "config.yaml")]
        async with Wire() as wire:
            configured(folder, wire, 0)
            stays.write_csv(rows, 0)
            async with running(arguments, wire) as app:
                await app.settled(size.settles)
                without = resident(app.pid)
                await asyncio.to_thread(stays.write_csv, rows, customers)
                forget_peak(app.pid)
                await _pull(wire, size.settles)
                await app.settled(size.settles)
                pulling, pulled = peak(app.pid), resident(app.pid)
        async with Wire() as wire:
            configured(folder, wire, 0)
            async with running(arguments, wire) as app:
                await app.settled(size.settles)
                started = resident(app.pid)
        stored = _stored(folder)
    with_ = f"{customers:,} customers"
    return [
        Result("without customers: resident when idle", without, "MB"),
        Result(f"{with_}: resident while they are pulled, at most", pulling, "MB"),
        Result(f"{with_}: resident when they were pulled", pulled, "MB"),
        Result(f"{with_}: resident after a start", started, "MB"),
        Result(f"{with_}: on disk", stored, "MB"),
    ]


def _stored(folder: Path) -> float:
    """MB of all files of the database."""
    return sum(file.stat().st_size for file in folder.glob("keeprate.db*")) / 1e6


async def _pull(wire: Wire, most: float) -> None:
    """As somebody who types /keeprate pull, until told that it is done."""
    payload = {
        "team_id": TEAM,
        "channel_id": "C0BENCH",
        "user_id": "U0LEAD",
        "command": "/keeprate",
        "text": "pull",
        "api_app_id": "A0BENCH",
        "response_url": f"{wire.url}/response/pull",
        "trigger_id": "pull.1790000000.0123456789abcdef",
    }
    envelope = {
        "envelope_id": "pull",
        "type": "slash_commands",
        "accepts_response_payload": True,
        "payload": payload,
    }
    async with asyncio.timeout(most):
        await wire.deliver("pull", msgspec.json.encode(envelope))
        await wire.until(lambda: "pull" in wire.answered and _done(wire.answered["pull"].body))


def _done(answer: bytes) -> bool:
    """Whether this is the second answer, which says what came of it."""
    if b"did not" in answer:
        raise RuntimeError(f"/keeprate pull was answered with {answer.decode()}")
    return b"You will be told" not in answer
