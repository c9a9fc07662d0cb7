"""Reading tickets and ratings because it is due or somebody asked, and telling what went wrong.

Unlike a pull, every page is kept as it comes: what changed is asked for, and what comes twice is
one. From where the next reading goes on is written down when the end was reached; before that only
of a source that tells changes in their order.
"""

import asyncio
from collections import defaultdict
from collections.abc import AsyncGenerator, Awaitable, Callable, Mapping
from contextlib import aclosing
from dataclasses import dataclass, field
from datetime import datetime, timedelta

import structlog

from bot.domain.definition import Definition
from bot.domain.tickets import (
    LastRead,
    What,
    ask_from,
    newest_change,
    not_read,
    read_to_the_end,
    read_up_to,
)
from bot.jobs.once import Turn
from bot.jobs.schedule import Occurrence
from bot.messages import alerts
from bot.store.deliveries import Deliveries, Delivery
from bot.store.tickets import Tickets
from integrations.errors import IntegrationError, SourceUnavailable
from integrations.records import OtherPage, Rating, Ticket

log = structlog.get_logger()

Helpdesk = Callable[[datetime], AsyncGenerator[OtherPage, None]]
"""Begins to read what changed since then."""

Progress = Callable[[int, int | None], None]
"""Told after every page: records so far, and how many there are if the source says so."""


@dataclass(frozen=True, slots=True)
class Read:
    """How a reading ended."""

    last: LastRead
    ok: bool
    records: int
    """Those that came, also before it failed."""
    again: bool = False
    """Whether it may go better soon, with nobody doing anything."""


@dataclass(frozen=True, slots=True)
class Helpdesks:
    """Reads one thing of one source at a time."""

    helpdesks: Mapping[tuple[str, What], Helpdesk]
    """By the source's name and what is read of it."""
    tickets: Tickets
    deliveries: Deliveries
    definition: Definition
    turn: Turn
    back: timedelta
    """How far the first reading goes back."""
    notices: Callable[[], Awaitable[str | None]]
    """The channel for what went wrong, if there is one now."""
    turns: defaultdict[tuple[str, What], asyncio.Lock] = field(
        default_factory=lambda: defaultdict(asyncio.Lock)
    )

    def of(self, source: str) -> list[What]:
        """What is read of a source."""
        return [what for name, what in self.helpdesks if name == source]

    async def due(self, occurrence: Occurrence) -> None:
        """Read everything once for this occurrence; what was not there is tried again soon."""
        for source, what in self.helpdesks:

            async def work(source: str = source, what: What = what) -> bool:
                return not (await self.read(source, what)).again

            await self.turn.once(what, source, occurrence.key, work)

    async def first(self) -> None:
        """Read what was never read to the end, so that there is something from the start."""
        for source, what in self.helpdesks:

            async def work(source: str = source, what: What = what) -> bool:
                return (await self.read(source, what)).ok

            if (await self.tickets.last_read(source, what)).finished_at is None:
                await self.turn.once(f"first {what}", source, "", work)

    async def read(
        self, source: str, what: What, progress: Progress = lambda read, of: None
    ) -> Read:
        """Read what changed now. Failing is a result, not an error."""
        async with self.turns[source, what]:
            return await self._read(source, what, progress)

    async def _read(self, source: str, what: What, progress: Progress) -> Read:
        last = await self.tickets.last_read(source, what)
        begun = self.turn.clock()
        changes: list[datetime | None] = []
        count = 0
        pages = self.helpdesks[source, what](ask_from(last, now=begun, back=self.back))
        try:
            async with aclosing(pages):
                async for page in pages:
                    await self.tickets.put(source, page.records)
                    if page.up_to is not None:
                        last = read_up_to(last, page.up_to, begun)
                        await self.tickets.note(last)
                    # Tickets may bring ratings along, which say nothing about the tickets' changes.
                    of_these = Ticket if what is What.TICKETS else Rating
                    changes += [each.changed for each in page.records if isinstance(each, of_these)]
                    count += len(page.records)
                    progress(count, page.of)
        except IntegrationError as error:
            told = not_read(last, str(error), now=self.turn.clock())
            await self.tickets.note(told)
            log.warning("helpdesk not read", source=source, what=what, why=str(error))
            await self._tell(told)
            return Read(told, ok=False, records=count, again=isinstance(error, SourceUnavailable))
        newest = newest_change(last, changes, begun)
        told = read_to_the_end(last, newest, now=self.turn.clock(), count=count)
        await self.tickets.note(told)
        log.info("helpdesk read", source=source, what=what, records=count)
        return Read(told, ok=True, records=count)

    async def _tell(self, last: LastRead) -> None:
        """Once, until it could be read again."""
        notices = await self.notices()
        if notices is None or last.failed_at is None:
            return
        since = last.finished_at.isoformat() if last.finished_at else "the start"
        await self.deliveries.put(
            Delivery(
                key=f"{last.what} failed:{last.source}:after {since}",
                channel=notices,
                message=alerts.not_read_notice(last, self.definition),
                created_at=self.turn.clock(),
            )
        )
