"""Whether the bot and its sources are well, for who asks."""

import asyncio
from collections.abc import Awaitable, Callable, Sequence
from dataclasses import dataclass
from datetime import datetime

from bot.config import Config
from bot.domain.definition import Definition
from bot.domain.pulls import Running
from bot.errors import Misunderstood
from bot.jobs.schedule import Job, next_occurrence
from bot.jobs.subscribed import FIXED
from bot.messages.blocks import Message
from bot.messages.keeprate import Run, Status
from bot.messages.matching import UNFIT_AT_ONCE, all_fit, alone_line, match_line, unfit, unfit_list
from bot.messages.sources import Source, sources_list
from bot.messages.subscriptions import Planned
from bot.store.customers import Customers
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
    customers: Customers
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

    async def listed(self, first: int, *, may_pull: bool, may_list: bool) -> Message:
        """Sources from the one of this number on, and the buttons of who may pull them, or see who
        does not fit."""
        fresh, fits = await self.pulls.freshness(), await self._fits()
        reports = await self.figures.reports()
        unfitting = {of.of.source for of in reports if not await asyncio.to_thread(all_fit, of)}
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
                all_fit=name not in unfitting,
                next_pull=due.at if due else None,
            )
            for name in self.config.pulled
        ]
        return sources_list(
            found, self.definition, first=first, may_pull=may_pull, may_list=may_list
        )

    async def unfit(self, source: str, first: int) -> Message:
        """Who of this source does not fit, after the first ones. Raises Misunderstood for a source
        that is matched with nothing."""
        known = {report.of.source: report for report in await self.figures.reports()}
        if source not in known:
            raise Misunderstood("{source} is not matched with another source.", source=source)
        every = await asyncio.to_thread(unfit, known[source])
        if first >= len(every):  # since the button was shown, some have come to fit
            first = 0
        shown = every[first : first + UNFIT_AT_ONCE]
        who = {number for row in shown for number in (row.number, *row.others)}
        names = await self.customers.names(who)
        return unfit_list(known[source], shown, names, first=first, total=len(every))

    async def _fits(self) -> dict[str, str]:
        """By source, how it fits to the first one, or that it stands on its own; escaped."""
        fits = {report.of.source: match_line(report) for report in await self.figures.reports()}
        return fits | {name: alone_line(name, self.config.truth.name) for name in self.config.alone}
