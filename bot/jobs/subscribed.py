"""What channels are subscribed to, posted when it is due: config.yaml's post and people's own."""

from collections.abc import Awaitable, Callable, Iterator
from dataclasses import dataclass, field
from datetime import datetime
from functools import partial

from bot.config import Config
from bot.domain.subscriptions import Subscription
from bot.jobs.editions import Editions
from bot.jobs.schedule import (
    SINCE,
    Occurrence,
    newest_occurrence,
    next_occurrence,
)
from bot.jobs.working import guarded
from bot.messages.blocks import Message
from bot.messages.languages import speaking
from bot.messages.subscriptions import Planned
from bot.store import naming
from bot.store.memory import Memory
from bot.store.subscriptions import Subscriptions

FIXED = "weekly post"
"""The job that posts what config.yaml says."""

_FIXED_PAUSED = "weekly post paused"
"""In the memory: whether the weekly post of config.yaml is."""

_LOOK_EVERY = 30.0
"""Seconds between looks for subscriptions that another process has changed."""


@dataclass(slots=True)
class Subscribed:
    config: Config
    subscriptions: Subscriptions
    memory: Memory
    editions: Editions
    clock: Callable[[], datetime]
    note: Callable[[str, str, str], Awaitable[None]]
    """Writes down who did what, to what."""
    language: Callable[[], str]
    """Of what everybody reads, as it is now."""
    told: Callable[[], None]
    """Called when there is something to post."""
    due: dict[Subscription, datetime | None] = field(default_factory=dict)
    """Those that are not paused, and when each is due next."""

    async def look(self, *, missed: bool = False) -> frozenset[str]:
        """Post what is due of what people subscribed channels to; with `missed`, also what was due
        before this process knew it. The channels that are subscribed to something."""
        now, before = self.clock(), self.due
        every = await self.subscriptions.all()
        self.due = {}
        for of in every:
            if of.paused:
                continue
            job, due = self.editions.job(of), before.get(of)
            if missed or (due is not None and due <= now):
                found = newest_occurrence(job, now)
                if found is not None and (of.since is None or found.at >= of.since):
                    await guarded(of.name, partial(job.run, found))
                    self.told()
            if missed or due is None or due <= now:
                following = next_occurrence(job, now)
                due = None if following is None else following.at
            self.due[of] = due
        return frozenset(of.channel for of in every)

    def until_next(self) -> Iterator[float]:
        """Seconds until the next subscription is due, or it is time to look for new ones."""
        while True:
            now = self.clock()
            waits = [(due - now).total_seconds() for due in self.due.values() if due]
            yield max(0.05, min([_LOOK_EVERY, *waits]))

    async def fixed(self) -> Subscription | None:
        """The weekly post of config.yaml."""
        post = self.config.weekly_post
        if post is None:
            return None
        return Subscription(
            post.channel,
            zone=self.config.definition.zone,
            language=self.language(),
            cron=post.cron,
            paused=bool(await self.memory.get(_FIXED_PAUSED, default=False)),
        )

    async def post_fixed(self, occurrence: Occurrence) -> None:
        of = await self.fixed()
        if of is not None and not of.paused:
            await self.editions.post(of, occurrence)

    async def pause_fixed(self, paused: bool, person: str) -> None:
        """What is due while it is paused is not made up for."""
        await self.memory.put(_FIXED_PAUSED, paused)
        if not paused:
            await self.memory.put(f"{SINCE}{FIXED}", self.clock().isoformat())
        what = "subscription paused" if paused else "subscription goes on"
        await self.note(person, what, "weekly post of config.yaml")

    async def every(self) -> list[Planned]:
        """The post of config.yaml, and those that people subscribed to."""
        fixed = await self.fixed()
        every = [*([fixed] if fixed else []), *await self.subscriptions.all()]
        return [self.planned(each) for each in every]

    def planned(self, of: Subscription) -> Planned:
        if of.paused:
            return Planned(of, None)
        found = next_occurrence(self.editions.job(of), self.clock())
        return Planned(of, None if found is None else found.at)

    async def preview(self, of: Subscription) -> Message:
        """As everybody in the channel would see it, whoever asks."""
        with speaking(self.language()), naming.for_everybody():
            return await self.editions.preview(of)

    async def send(self, of: Subscription) -> bool:
        """Now; False where it just went."""
        with speaking(self.language()), naming.for_everybody():
            sent = await self.editions.send(of)
        self.told()
        return sent

    async def known(self, of: Subscription) -> None:
        """Raises Misunderstood for a segment that no customer is in."""
        if of.segment and not self.config.counts_only:
            zone = self.config.definition.definition().zone_info
            today = self.clock().astimezone(zone).date()
            await self.editions.material.figures.of_today(dict(of.segment), today=today)
