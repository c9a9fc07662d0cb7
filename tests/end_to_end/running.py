"""The whole bot on a sandbox: a config.yaml, a clock that is moved, and people with hands."""

import asyncio
import socket
from collections.abc import AsyncIterator, Mapping
from contextlib import asynccontextmanager
from dataclasses import dataclass, replace
from datetime import datetime
from pathlib import Path
from typing import Any
from zoneinfo import ZoneInfo

import yaml

from bot import config as configuration
from bot.app import Keeprate
from bot.parts import Clock
from bot.process import run
from bot.sandbox.server import Sandbox
from bot.sandbox.settings import App, Channel, Rates, Settings, Timing
from bot.sandbox.workspace import Post
from bot.slack.manifest import BOT_EVENTS, OPTIONAL_SCOPES, SCOPES

AMSTERDAM = ZoneInfo("Europe/Amsterdam")
CDNOW = Path(__file__).parents[1] / "data" / "cdnow" / "CDNOW_sample.txt"
SUCCESS, SHARED, GENERAL, BOARD = "C0SUCCESS", "C0ACME", "C0GENERAL", "C0BOARD"
NOTICES = "C0NOTICES"

SHOP = {
    "kind": "csv",
    "name": "cdnow",
    "path": str(CDNOW),
    "header": False,
    "separator": "whitespace",
    "evidence": "purchases",
    "customer": 2,
    "on": 3,
    "dates": "%Y%m%d",
}
"""Real purchases as a source."""


def workspace(**changes: Any) -> Settings:
    """The sandbox's workspace with what our manifest asks for and nothing more.

    Rate limits and Slack's long patience have tests of their own.
    """
    default = Settings()
    notices = Channel(NOTICES, "keeprate-notices", ("U0ADMIN", "U0KEEP"))
    app = App(scopes=frozenset({*SCOPES, *OPTIONAL_SCOPES}), events=frozenset(BOT_EVENTS))
    settings = Settings(
        app=app,
        rates=Rates(enabled=False),
        timing=Timing(retries=(0.0, 0.05), warning=0.05),
        channels=(*default.channels, notices),
    )
    return replace(settings, **changes)


def without_history(settings: Settings) -> Settings:
    """In which nobody gave the app the right to look for its posts."""
    scopes = frozenset(SCOPES)
    return replace(settings, app=replace(settings.app, scopes=scopes))


def at(text: str) -> datetime:
    """A moment, as the clocks in Amsterdam show it."""
    return datetime.fromisoformat(text).replace(tzinfo=AMSTERDAM)


@dataclass(frozen=True, slots=True)
class Place:
    """Where a bot is installed: its folder, its database, and the Slack that it speaks to."""

    folder: Path
    database_url: str
    slack: Sandbox

    def config(self, *, http_port: int = 0, **sections: Any) -> Path:
        """Writes config.yaml. The weekly post is on, and the sections are laid over it."""
        app = self.slack.settings.app
        way: dict[str, Any] = {"app_token": app.app_token}
        if http_port:
            way = {"mode": "http", "signing_secret": app.signing_secret, "port": http_port}
            self.slack.deliver_to(f"http://127.0.0.1:{http_port}/slack/events")
        slack = {"bot_token": app.bot_token, "api_url": self.slack.api_url, "notices": NOTICES}
        settings: dict[str, Any] = {
            "slack": {**slack, **way, **sections.pop("slack", {})},
            "store": {"url": self.database_url, "columns": str(self.folder / "columns")},
            "definition": {"zone": "Europe/Amsterdam"},
            "people": {"viewers": "everybody"},
            "asking": {"person_days": 0, "customer_days": 0},
            "sources": [SHOP],
            "weekly_post": {"channel": SUCCESS},
        }
        settings |= sections
        path = self.folder / "config.yaml"
        path.write_text(yaml.safe_dump({k: v for k, v in settings.items() if v is not None}))
        return path

    def posts(self, channel: str, containing: str = "") -> list[Post]:
        return [post for post in self.slack.messages(channel) if containing in post.words()]


def free_port() -> int:
    with socket.socket() as found:
        found.bind(("127.0.0.1", 0))
        return int(found.getsockname()[1])


@dataclass(frozen=True, slots=True)
class Running:
    """A bot that serves, and its clock."""

    bot: Keeprate
    clock: Clock
    task: "asyncio.Task[None]"

    async def pulled(self) -> None:
        """Returns when every source was believed once, and every job is known."""
        async with asyncio.timeout(60):
            for source in self.bot.config.sources:
                while await self.bot.kept.pulls.newest_believed(source.name) is None:  # noqa: ASYNC110
                    await asyncio.sleep(0.02)
        await self.settle()

    async def move(self, to: datetime) -> None:
        """Set the clock forward, and do all that is due then."""
        self.clock.offset += to - self.clock()
        await self.settle()

    async def settle(self) -> None:
        """Do all that is due now, and bring it to Slack, unless Slack wants it later."""
        await self.bot.catch_up()
        await self.bot.outbox.deliver_waiting()
        async with asyncio.timeout(60):
            while await self._is_posting():
                await asyncio.sleep(0.02)
                await self.bot.outbox.deliver_waiting()

    async def _is_posting(self) -> bool:
        """Whether another task of the bot is at it, or was and left something that is due."""
        # In this order: what is claimed between the two looks is seen by one of them.
        due = await self.bot.kept.deliveries.next_due()
        undelivered = await self.bot.kept.deliveries.undelivered()
        is_due = due is not None and due <= self.clock()
        return is_due or any(delivery.claimed_by for delivery in undelivered)


async def next_post(place: Place, bot: Running, channel: str, words: str) -> Post:
    """With these words, once it is there."""
    async with asyncio.timeout(20):
        while not (found := place.posts(channel, words)):
            await asyncio.sleep(0.02)
            await bot.settle()
    return found[-1]


@asynccontextmanager
async def running(
    config: Path, moment: datetime, environment: Mapping[str, str] | None = None
) -> AsyncIterator[Running]:
    """`bot.process.run` from the moment on, until the block ends; it must then stop by itself.

    The workspace has no rate limits, so that no pause is made between posts either.
    """
    stop, clock = asyncio.Event(), Clock.beginning(moment)
    ready: asyncio.Future[Keeprate] = asyncio.get_running_loop().create_future()
    settings = configuration.load(config, environment or {})
    serving = run(
        settings, stop=stop, clock=clock, ready=ready.set_result, seconds_between_posts=0.0
    )
    task = asyncio.create_task(serving)
    task.add_done_callback(lambda _: ready.cancel())
    await asyncio.wait([ready])
    if ready.cancelled():
        await task
    try:
        yield Running(await ready, clock, task)
    finally:
        stop.set()
        await task


async def told(slack: Sandbox, person: str, command: str, channel: str = SUCCESS) -> Post:
    """What the person alone is answered to a command typed in the channel."""
    since = slack.journal.last
    name, _, words = command.partition(" ")
    reply = await slack.person(person).command(name, words, channel=channel)
    assert reply.acked, reply.error
    return await slack.person(person).wait_for_ephemeral(channel, since=since, timeout=20)


async def asked(slack: Sandbox, command: str = "/nps ask", channel: str = SHARED) -> Post:
    """The question, in the channel."""
    since = slack.journal.last
    lead = slack.person("U0LEAD")
    await lead.command(*command.split(" ", 1), channel=channel)
    question = await slack.wait_for_message(channel, since=since, timeout=20)
    await lead.wait_for_ephemeral(channel, containing="The question is in", since=since, timeout=20)
    return question


def ask_of(question: Post) -> str:
    row, *_ = [block for block in question.blocks if block["type"] == "actions"]
    return str(row["elements"][0]["value"]).rpartition(":")[0]


async def clicked(slack: Sandbox, person: str, question: Post, score: int) -> Post:
    """The thanks, or what else the person is told."""
    since = slack.journal.last
    reply = await slack.person(person).click(question, f"score:{score}")
    assert reply.acked, reply.error
    return await slack.person(person).wait_for_ephemeral(since=since, timeout=20)
