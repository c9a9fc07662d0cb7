"""The demo: a sandbox with its page, and the real bot in it, at work for Brightside since October.

Everything is what a company would run: CSV files that are exported anew each night, a config.yaml,
Socket Mode, a store on disk, the schedule. Only the time is the sandbox's own, and can be moved.
"""

import asyncio
import os
from collections.abc import AsyncIterator, Callable, Collection, Iterator, Sequence
from contextlib import asynccontextmanager, contextmanager, suppress
from dataclasses import replace
from datetime import date, datetime, timedelta
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any, assert_never

from bot import config as configuration
from bot.app import Keeprate
from bot.config import Config
from bot.domain.subscriptions import Edition, Subscription
from bot.errors import ConfigError
from bot.jobs.schedule import next_occurrence
from bot.messages import loops
from bot.parts import Clock
from bot.process import run
from bot.sandbox import scenes, support
from bot.sandbox.clock import SandboxClock
from bot.sandbox.guide import Guide, is_by_schedule
from bot.sandbox.scenes import Answered, FollowedUp, Said, Scene
from bot.sandbox.server import Sandbox
from bot.sandbox.stage import Move, Step
from bot.sandbox.story import ENDS, brightside

CUSTOMERS = "customers.csv"
TICKETS = "tickets.csv"
RATINGS = "ratings.csv"

CONFIG = f"""\
# The settings of the demo, as a company would write them.
slack:
  bot_token: xoxb-sandbox
  app_token: xapp-sandbox
  signing_secret: sandbox-signing-secret
  mode: {{mode}}
  port: {{port}}
  api_url: {{api_url}}

store:
  url: sqlite:///{{folder}}/keeprate.db

definition:
  zone: {scenes.ZONE.key}

sources:
  - kind: csv
    name: brightside
    path: {CUSTOMERS}
    evidence: stays
    customer: id
    customer_name: name
    parent: parent  # who belongs to whom; `parents: top` above would count groups
    term_ends: renews
    was: merged
    amount: mrr_eur
    currency: EUR
    fields: [plan, region, owner]
  - kind: csv
    name: helpdesk
    path: {TICKETS}
    tickets:
      id: ticket
      account: customer
      account_name: company
      requester: email
      email: email
      subject: subject
      agent: agent
      agent_name: agent
      opened: opened
      first_reply: first_reply
      solved: solved
      zone: {scenes.ZONE.key}
  - kind: csv
    name: feedback
    path: {RATINGS}
    ratings:
      id: rating
      ticket: ticket
      account: customer
      account_name: company
      requester: email
      email: email
      agent: agent
      agent_name: agent
      on: given
      score: stars
      comment: comment
      lowest: 1
      highest: 5
      zone: {scenes.ZONE.key}

pull:
  cron: "15 3 * * *"

tickets:
  cron: "45 7 * * *"
  back_days: 180

people:
  viewers: everybody

weekly_post:
  channel: {scenes.SUCCESS}
  cron: "0 9 * * mon"

rules:
  - name: Retention dropped
    channel: {scenes.SUCCESS}
    cron: "30 8 * * mon-fri"
    kind: detection
    level: normal
    segments: [region, plan]
    remind_days: 30

surveys:
  - name: quarterly nps of Acme
    scale: nps
    channel: {scenes.ACME_SHARED}
    cron: "0 10 1 jan,apr,jul,oct *"
  - name: quarterly nps of Globex
    scale: nps
    channel: {scenes.GLOBEX_SHARED}
    cron: "0 10 1 jan,apr,jul,oct *"

loop:
  channel: {scenes.SUCCESS}
  people:
    Omar Haddad: U0OWNER
    Noor Visser: U0NOOR
    Lea Lindqvist: U0LEAD
  hours: 24
  up: [U0LEAD]

log:
  level: warning
"""

_FAR = {"day": timedelta(days=1), "week": timedelta(weeks=1), "next": timedelta(days=8)}
"""How far each move goes; `next` ends at the first post, and there is one each week."""

_PATIENCE = 30.0
"""Seconds for the bot's answer to a person; a slow machine makes the demo slow, not broken."""

_EVENTFUL = frozenset(
    {scenes.INSTALLED.date(), *(scenes.OPENS.date() - timedelta(weeks=w) for w in range(5))}
)
"""The days before the opening on which the bot asks or posts."""

_NOON = "0 12 * * *"

_LAST = datetime.combine(ENDS, datetime.min.time(), scenes.ZONE)
"""Nothing happens in the story from here on."""


class SharedClock(Clock):
    """The sandbox's time, for the bot."""

    def __init__(self, clock: SandboxClock) -> None:
        super().__init__()
        self._clock = clock

    def __call__(self) -> datetime:
        return self._clock.now()


class Demo:
    """The bot in its sandbox, and the time in which both live."""

    def __init__(self, slack: Sandbox, bot: Keeprate, exports: "Exports") -> None:
        self.slack = slack
        self.bot = bot
        self._exports = exports
        self._guide: Guide | None = None
        self._moving = asyncio.Lock()

    @property
    def moves(self) -> Sequence[Move]:
        """None while it is not open yet, and none when the story is at its end."""
        open_ = self._guide is not None and self._now() < _LAST
        return ("day", "week", "next") if open_ else ()

    @property
    def read_until(self) -> str:
        """People were last at their desks before the day on which the demo opens."""
        morning = scenes.OPENS.replace(hour=0, minute=0)
        return f"{morning.timestamp():.6f}"

    def guide(self) -> Sequence[Step]:
        return self._guide.steps() if self._guide else ()

    async def begin(self) -> None:
        """All that happened before the demo opens: posts, questions, answers, talk.

        To be quick, the bot works on the days only on which it asks or posts; what was due in
        between it catches up with, as one that was switched off.
        """
        # It knows its jobs from its first look on, and makes up for nothing that was due before.
        await self._set(scenes.INSTALLED)
        for scene in scenes.SCENES:
            await self._work(until=scene.at, days=_EVENTFUL)
            await self._advance(scene.at)
            await self._play(scene)
        await self._subscribe()
        await self._work(until=scenes.OPENS, days=_EVENTFUL)
        await self._set(scenes.OPENS)
        self._forget_whispers()
        self._guide = Guide(self.slack.journal)

    async def _subscribe(self) -> None:
        """From November on the board reads of each month, and from January of each quarter."""
        for edition in (Edition.MONTHLY, Edition.QUARTERLY):
            of = Subscription(scenes.BOARD, edition, zone=scenes.ZONE.key, made_by="U0LEAD")
            await self.bot.kept.subscriptions.put(of, by="U0LEAD", now=self._now())

    async def move(self, to: Move) -> None:
        async with self._moving:
            # In days by the calendar, so that nine o'clock stays nine o'clock in March.
            wanted = self._now().astimezone(scenes.ZONE) + _FAR[to]
            target = min(wanted, max(_LAST, self._now()))
            if not await self._work(until=target, posts=to == "next"):
                await self._set(target)

    async def _work(
        self, *, until: datetime, posts: bool = False, days: Collection[date] | None = None
    ) -> bool:
        """Do what is due, each at its own time; whether that ended with a post, if it was to.

        With `days`, only what is due on one of them, and nobody is written to at noon.
        """
        before = self._posts()
        for due in self._due(self._now(), until, at_noon=days is None):
            if days is None or due.date() in days:
                await self._set(due)
            if posts and self._posts() > before:
                return True
        return False

    async def _set(self, moment: datetime) -> None:
        await self._advance(moment)
        await asyncio.to_thread(self._exports.write, moment)
        await self.bot.clock_moved()

    async def _advance(self, moment: datetime) -> None:
        # Whoever waits for an answer gets it first: in a week it would be too late for one.
        await self.bot.in_flight.settle(_PATIENCE)
        self.slack.clock.advance(max((moment - self._now()).total_seconds(), 0.0))

    async def _play(self, scene: Scene) -> None:
        person = self.slack.person(scene.person)
        match scene:
            case Said():
                person.say(scene.channel, scene.text)
            case Answered():
                question = self.slack.messages(scene.channel)[0]
                await person.click(question, f"score:{scene.score}")
                form = await person.modal(timeout=_PATIENCE)
                [field] = [block["block_id"] for block in form.blocks if block["type"] == "input"]
                if scene.comment:
                    await person.submit(form, {field: scene.comment})
                else:
                    await person.close(form)
            case FollowedUp():
                await self._follow_up(scene)
            case _:
                assert_never(scene)

    async def _follow_up(self, scene: FollowedUp) -> None:
        await self.bot.clock_moved()
        person = self.slack.person(scene.person)
        told = self.slack.messages(scene.channel)[-1]
        await person.click(told, loops.TAKE)
        await person.click(told, loops.REPLY)
        form = await person.modal(timeout=_PATIENCE)
        await person.submit(form, {"text": scene.reply})
        await person.click(told, loops.CLOSE)
        form = await person.modal(timeout=_PATIENCE)
        await person.submit(form, {"cause": scene.cause, "action": scene.action})

    def _forget_whispers(self) -> None:
        """What was shown to one person in October is in nobody's client any more."""
        for channel in self.slack.workspace.conversations.values():
            for post in list(channel.ephemerals):
                self.slack.workspace.remove(post)

    def _due(self, after: datetime, until: datetime, *, at_noon: bool) -> Iterator[datetime]:
        """When one or more of the bot's jobs are due, local times in their order.

        Jobs that look every few minutes catch up whenever another is due, and `at_noon`, when
        people may be written to: a week of their looks would take an hour.
        """
        jobs = [
            replace(job, cron=_NOON) if job.every_hour else job
            for job in self.bot.jobs
            if at_noon or not job.every_hour
        ]
        while True:
            found = (next_occurrence(job, after) for job in jobs)
            after = min(occurrence.at for occurrence in found if occurrence)
            if after > until:
                return
            yield after

    def _posts(self) -> int:
        """How many messages the schedule has brought."""
        channels = self.slack.workspace.conversations.values()
        return sum(is_by_schedule(post) for each in channels for post in each.posts.values())

    def _now(self) -> datetime:
        return self.slack.clock.now()


class Exports:
    """The files that Brightside's own systems write each night."""

    def __init__(self, folder: Path) -> None:
        self._folder = folder
        self._story = brightside()
        self._requests = support.requests(self._story)

    def write(self, moment: datetime) -> None:
        """The files as they are at that moment, each of them if that differs from what is there."""
        local = moment.astimezone(scenes.ZONE)
        self._put(CUSTOMERS, self._story.export(local.date()))
        self._put(TICKETS, support.tickets(self._requests, local.replace(tzinfo=None)))
        self._put(RATINGS, support.ratings(self._requests, local.replace(tzinfo=None)))

    def _put(self, name: str, export: bytes) -> None:
        path = self._folder / name
        if path.exists() and path.read_bytes() == export:
            return
        new = path.with_suffix(".new")
        new.write_bytes(export)
        os.replace(new, path)


async def show(
    *,
    port: int,
    stop: asyncio.Event,
    configured: Callable[[Config], None],
    opened: Callable[[str], None],
) -> None:
    """Run the demo until `stop`; `opened` is told its address when everything is there.

    Raises ConfigError if the port is taken or there is no folder to write in.
    """
    with suppress(Stopped):
        async with staged(port=port, stop=stop, configured=configured) as demo:
            beginning = asyncio.create_task(demo.begin())
            stopping = asyncio.create_task(stop.wait())
            await asyncio.wait({beginning, stopping}, return_when=asyncio.FIRST_COMPLETED)
            if beginning.done():
                await beginning
                opened(demo.slack.url)
                await stopping
            beginning.cancel()


@asynccontextmanager
async def staged(
    *,
    port: int = 0,
    http_port: int = 0,
    stop: asyncio.Event | None = None,
    configured: Callable[[Config], None] = lambda config: None,
) -> AsyncIterator[Demo]:
    """The demo with its bot connected, before its first scene; gone without a trace afterwards.

    The bot is in Socket Mode, or listens on `http_port` in HTTP mode if one is given.
    `configured` is told its settings. If the bot ends before its time, `stop` is set. Raises
    Stopped when that is before it was connected.
    """
    clock = SandboxClock.beginning(scenes.INSTALLED)
    with _folder() as folder:
        async with Sandbox(scenes.workspace(), port=port, clock=clock) as slack:
            exports = await asyncio.to_thread(Exports, folder)
            if http_port:
                slack.deliver_to(f"http://127.0.0.1:{http_port}/slack/events")
            config = await asyncio.to_thread(_set_up, exports, folder, slack.api_url, http_port)
            configured(config)
            async with _running(config, SharedClock(clock), stop or asyncio.Event()) as bot:
                slack.stage = demo = Demo(slack, bot, exports)
                yield demo


class Stopped(Exception):
    """The bot was told to stop before it was connected."""


@asynccontextmanager
async def _running(config: Config, clock: Clock, stop: asyncio.Event) -> AsyncIterator[Keeprate]:
    connected: asyncio.Future[Keeprate] = asyncio.get_running_loop().create_future()
    work = asyncio.create_task(run(config, stop=stop, clock=clock, ready=connected.set_result))
    work.add_done_callback(lambda _: stop.set())
    try:
        either: set[asyncio.Future[Any]] = {work, connected}
        await asyncio.wait(either, return_when=asyncio.FIRST_COMPLETED)
        if work.done():
            work.result()
        if not connected.done():
            raise Stopped
        yield await connected
    finally:
        stop.set()
        await work


@contextmanager
def _folder() -> Iterator[Path]:
    """Gone afterwards, with everything in it."""
    try:
        folder = TemporaryDirectory(prefix="keeprate-demo-", ignore_cleanup_errors=True)
    except OSError as error:
        raise _unwritable(error) from error
    with folder as name:
        yield Path(name)


def _set_up(exports: Exports, folder: Path, api_url: str, http_port: int) -> Config:
    """What a company would have to write: its customers and its settings."""
    file = folder / "config.yaml"
    mode, port = ("http", http_port) if http_port else ("socket", 3000)
    text = CONFIG.format(api_url=api_url, folder=folder, mode=mode, port=port)
    try:
        exports.write(scenes.INSTALLED)
        file.write_text(text, encoding="utf-8")
    except OSError as error:
        raise _unwritable(error) from error
    return configuration.load(file, environment={})


def _unwritable(error: OSError) -> ConfigError:
    return ConfigError(
        f"The demo needs a folder to write in while it runs, and can't: {error.strerror or error}."
        " Name one that has room: TMPDIR=/a/folder keeprate demo"
    )
