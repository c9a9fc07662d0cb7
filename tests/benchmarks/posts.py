"""The weekly post to many channels: until the last one has it, against what Slack's limits allow.

The bot posts to a sandbox with Slack's limits: one message a second in a channel, and so many a
minute in the workspace, of which no more than three seconds' worth come at once.
"""

import tempfile
import time
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path
from zoneinfo import ZoneInfo

from bot.domain.subscriptions import Subscription
from bot.sandbox.server import Sandbox
from bot.sandbox.settings import Channel, Rates, Settings
from tests.benchmarks import stays
from tests.benchmarks.result import Result, at_most
from tests.end_to_end.running import Place, running, workspace

ZONE = "Europe/Amsterdam"
SUNDAY, EARLY, NINE = (
    datetime.fromisoformat(moment).replace(tzinfo=ZoneInfo(ZONE))
    for moment in ("2026-11-01T20:00", "2026-11-02T08:00", "2026-11-02T09:00:01")
)


@dataclass(frozen=True, slots=True)
class Size:
    customers: int = 100_000
    channels: int = 200
    posts_per_minute: int = 300

    @property
    def burst(self) -> int:
        """How many are let through at once."""
        return max(1, self.posts_per_minute // 20)


async def measure(size: Size) -> list[Result]:
    """Seconds, and how many times what the limits allow that is."""
    seconds = await _seconds(size)
    allowed = max(1, size.channels - size.burst) / (size.posts_per_minute / 60)
    what = f"weekly post to {size.channels:,} channels, {size.posts_per_minute} a minute"
    return [
        Result(f"{what}: until the last", seconds, "s"),
        Result(f"{what}: against the limit", seconds / allowed, "times", at_most(1.1)),
    ]


def _settings(size: Size) -> Settings:
    usual = workspace()
    rates = Rates(
        workspace_posts_per_minute=size.posts_per_minute,
        workspace_post_burst=size.burst,
    )
    many = tuple(
        Channel(_channel(n), f"team-{n}", ("U0LEAD", "U0KEEP")) for n in range(size.channels)
    )
    return workspace(rates=rates, channels=(*usual.channels, *many))


def _channel(number: int) -> str:
    return f"C0TEAM{number:04}"


async def _seconds(size: Size) -> float:
    with tempfile.TemporaryDirectory(prefix="keeprate-bench-") as made:
        folder = Path(made)
        stays.write_csv(folder / "customers.csv", size.customers)
        async with Sandbox(_settings(size)) as slack:
            place = Place(folder, f"sqlite:///{folder}/keeprate.db", slack)
            source = {
                "kind": "csv",
                "name": "crm",
                "path": "customers.csv",
                "evidence": "stays",
                "customer": "id",
                "customer_name": "name",
                "since": "since",
                "until": "until",
                "fields": ["plan", "region"],
            }
            async with running(place.config(sources=[source], weekly_post=None), SUNDAY) as bot:
                await bot.pulled()
                for n in range(size.channels):
                    of = Subscription(_channel(n), zone=ZONE, made_by="U0LEAD")
                    await bot.bot.kept.subscriptions.put(of, by="U0LEAD", now=SUNDAY)
                await bot.move(EARLY)
                began = time.perf_counter()
                await bot.move(NINE)
                while (
                    sum(len(place.posts(_channel(n))) for n in range(size.channels)) < size.channels
                ):
                    await bot.settle()
                return time.perf_counter() - began
