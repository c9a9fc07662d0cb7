"""Whether the bot and its sources are well, for who asks."""

from collections.abc import Awaitable, Callable, Sequence
from dataclasses import dataclass
from datetime import datetime

from bot.config import Config
from bot.domain.definition import Definition
from bot.domain.pulls import Running
from bot.jobs.schedule import Job, next_occurrence
from bot.jobs.subscribed import FIXED
from bot.messages.blocks import Message
from bot.messages.keeprate import Run, Status
from bot.messages.matching import alone_line, match_line
from bot.messages.sources import Source, sources_list
from bot.messages.subscriptions import Planned
from bot.store.deliveries import Deliveries, DeliveryState
from bot.store.figures import Figures
from bot.store.pulls import Pulls
from bot.store.tickets import Tickets


@dataclass(frozen=True, slots=True)
class Health:
    config: Config
    definition: Definition
    pulls: Pulls
    tickets: Tickets
    deliveries: Deliveries
    figures: Figures
    jobs: Sequence[Job]
    so_far: Callable[[], Sequence[Running]]
    """The sources that are being read now."""
    clock: Callable[[], datetime]
    posts: Callable[[], Awaitable[Sequence[Planned]]]
    """What is posted where, and when next."""

    async def status(self) -> Status:
        """What goes on, what is due, and what waits."""
        states = [delivery.state for delivery in await self.deliveries.undelivered()]
        now = self.clock()
        posts = await self.posts()
        is_paused = any(each.of.cron and each.of.paused for each in posts)
        due = (
            (job.name, next_occurrence(job, now))
            for job in self.jobs
            if not (is_paused and job.name == FIXED)
        )
        return Status(
            sources=list((await self.pulls.freshness()).values()),
            next_runs=[Run(name, found.at) for name, found in due if found],
            waiting=states.count(DeliveryState.WAITING) + states.count(DeliveryState.POSTING),
            uncertain=states.count(DeliveryState.UNCERTAIN),
            failed=states.count(DeliveryState.FAILED),
            pulling=self.so_far(),
            helpdesks=await self.tickets.last_reads(),
            matching=list((await self._fits()).values()),
            posts=[each for each in posts if not each.of.cron],
        )

    async def listed(self, first: int, may_pull: bool) -> Message:
        """Sources from the one of this number on, and the buttons of who may pull them."""
        fresh, fits = await self.pulls.freshness(), await self._fits()
        reads = await self.tickets.last_reads()
        pull = next((job for job in self.jobs if job.name == "pull"), None)
        due = next_occurrence(pull, self.clock()) if pull else None
        kinds = {each.name: each.kind for each in self.config.sources}
        found = [
            Source(
                name=name,
                kind=kinds.get(name, name),
                is_first=name == self.config.truth.name,
                freshness=fresh.get(name),
                helpdesks=[each for each in reads if each.source == name],
                fits=fits.get(name, ""),
                next_pull=due.at if due else None,
            )
            for name in self.config.pulled
        ]
        return sources_list(found, self.definition, first=first, may_pull=may_pull)

    async def _fits(self) -> dict[str, str]:
        """By source, how it fits to the first one, or that it stands on its own; escaped."""
        fits = {report.of.source: match_line(report) for report in await self.figures.reports()}
        return fits | {name: alone_line(name, self.config.truth.name) for name in self.config.alone}
