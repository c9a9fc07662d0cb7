"""Pulling the sources because it is due or somebody asked, and telling what went wrong."""

import asyncio
from collections import defaultdict
from collections.abc import AsyncGenerator, Awaitable, Callable, Mapping, Set
from contextlib import aclosing
from dataclasses import dataclass, field, replace
from datetime import datetime, timedelta

from bot.domain.audit import TERMINAL, Deed
from bot.domain.definition import Definition, Parents
from bot.domain.matching import By
from bot.domain.pulls import OVERLAP, Pull, PullState, Running, to_add_to
from bot.jobs.counting import pull_counts
from bot.jobs.once import Turn
from bot.jobs.pull import Outcome, Progress, Pulled, pull
from bot.jobs.schedule import Occurrence
from bot.messages import alerts
from bot.messages.blocks import Message
from bot.store.counts import CountStore
from bot.store.customers import Customers
from bot.store.deeds import Deeds
from bot.store.deliveries import Deliveries, Delivery, Kind
from bot.store.pulls import Pulls
from integrations.records import OtherPage, Page


@dataclass(frozen=True, slots=True)
class Source:
    """One source of customers, as it is set up."""

    everything: Callable[[], AsyncGenerator[Page, None]]
    """Begins to read it."""
    changes: Callable[[datetime], AsyncGenerator[Page, None]] | None = None
    """Begins to read what changed since a moment; None where it cannot be asked for that."""
    asked: str = ""
    """Stands for its settings: under others, what is known says nothing about what is now."""
    after: Callable[[str], AsyncGenerator[Page, None]] | None = None
    """Begins to read what comes after a page with this mark; None where that cannot be asked."""


async def _nothing() -> AsyncGenerator[Page, None]:
    """The rest of what was read to the end."""
    nothing: tuple[Page, ...] = ()
    for page in nothing:
        yield page


@dataclass(frozen=True, slots=True)
class Reader:
    """Pulls one source at a time, and each source by one process at a time."""

    sources: Mapping[str, Source]
    """By name."""
    counting: Mapping[str, Callable[[], AsyncGenerator[OtherPage, None]]]
    """Those that tell counts, by the name of the counts: begins to read them."""
    counts: CountStore
    definition: Definition
    definitions: Mapping[str, Definition]
    """Of sources of customers, by name, with what their own settings say of who is one."""
    customers: Customers
    pulls: Pulls
    deliveries: Deliveries
    deeds: Deeds
    turn: Turn
    hold_share: float
    full_every: timedelta
    """How often everything is read where changes can be asked for."""
    kept_keys: Set[By]
    """What is kept of customers to find them in other sources."""
    notices: Callable[[], Awaitable[str | None]]
    """The channel for what went wrong, if there is one now."""
    names: bool = True
    """Whether customers are named where many read it."""
    running: set[str] = field(default_factory=set)
    """Names of sources that this process reads now."""
    begun: dict[str, tuple[datetime, Running]] = field(default_factory=dict)
    """When the reading of a source that runs here began, and how far it has come."""
    paging: dict[str, "asyncio.Task[object]"] = field(default_factory=dict)
    """Who reads the pages of a source here now, until the last one has come."""
    turns: defaultdict[str, asyncio.Lock] = field(default_factory=lambda: defaultdict(asyncio.Lock))
    """Who comes while a source is read waits, and then reads it anew."""

    async def due(self, occurrence: Occurrence) -> None:
        """Pull every source once for this occurrence; what was not there is tried again soon.

        What changed is enough, most of the time, of a source that can be asked for it."""
        for name in (*self.sources, *self.counting):

            async def work(name: str = name) -> bool:
                return not (await self.pull(name, changes=True)).again

            await self.turn.once("pull", name, occurrence.key, work)

    async def first(self) -> None:
        """Pull what was never pulled, so that there is something to see from the start."""
        for name in (*self.sources, *self.counting):

            async def work(name: str = name) -> bool:
                return (await self.pull(name)).outcome is Outcome.BELIEVED

            if await self.pulls.newest_believed(name) is None and name not in self.running:
                await self.turn.once("first pull", name, "", work)

    async def pull(
        self, name: str, progress: Progress = lambda read, of: None, *, changes: bool = False
    ) -> Pulled:
        """Read the source to the end now, whenever it was read before; with `changes`, only what
        changed since then, where that is enough."""
        async with self.turns[name]:
            self.running.add(name)
            try:
                base = await self._to_add_to(name) if changes else None
                pulled = await self._read(name, progress, base)
                if pulled.lost_its_place and pulled.outcome is Outcome.FAILED and not pulled.again:
                    # The source does not know the mark any more.
                    pulled = await self._read(name, progress)
                if base is not None and pulled.outcome is Outcome.FAILED and not pulled.again:
                    why = f"All was read, because its changes cannot be. {pulled.sentence}"
                    pulled = await self._read(name, progress, note=why)
            finally:
                self.running.discard(name)
                self.begun.pop(name, None)
        if pulled.outcome in (Outcome.HELD, Outcome.FAILED):
            await self._tell(pulled)
        return pulled

    def break_off(self) -> None:
        """End at once the readings that the next start goes on with: the bot is to stop. One of a
        single page may be at its end, and one that must begin anew too."""
        for name, task in self.paging.items():
            if (
                name in self.begun
                and self.begun[name][1].records
                and self.sources[name].after is not None
            ):
                task.cancel()

    async def _noted(
        self, name: str, pages: AsyncGenerator[Page, None]
    ) -> AsyncGenerator[Page, None]:
        if (task := asyncio.current_task()) is not None:
            self.paging[name] = task
        try:
            async with aclosing(pages):
                async for page in pages:
                    yield page
        finally:
            self.paging.pop(name, None)

    def so_far(self) -> list[Running]:
        """What this process reads now, by name."""
        now = self.turn.clock()
        return [
            replace(running, seconds=(now - since).total_seconds())
            for name in sorted(self.running)
            for since, running in [self.begun.get(name, (now, Running(name)))]
        ]

    async def _to_add_to(self, name: str) -> Pull | None:
        # One member that changed says nothing of the others in its group.
        in_groups = self.definition.parents is Parents.TOP
        if name in self.counting or in_groups or self.sources[name].changes is None:
            return None
        return to_add_to(
            await self.pulls.newest_believed(name),
            await self.pulls.newest_full(name),
            definition=self.definitions[name].hash,
            asked=self.sources[name].asked,
            now=self.turn.clock(),
            full_every=self.full_every,
        )

    async def _read(
        self, name: str, progress: Progress, base: Pull | None = None, note: str = ""
    ) -> Pulled:
        if name in self.counting:
            return await pull_counts(
                name,
                self.counting[name](),
                definition=self.definition,
                clock=self.turn.clock,
                pulls=self.pulls,
                counts=self.counts,
            )
        source = self.sources[name]
        since = self.turn.clock()

        def came(records: int, of: int | None) -> None:
            at, so_far = self.begun.get(name) or (
                self.turn.clock(),
                Running(name, before=records),
            )
            self.begun[name] = at, replace(so_far, records=records, of=of)
            progress(records, of)

        left, pages = None, None
        if base is not None and source.changes is not None:
            pages = source.changes(base.started_at - OVERLAP)
        else:
            base = None
            left = await self.pulls.unfinished(name, source.asked, since)
            if left is not None and left.complete:
                pages = _nothing()
            elif left is not None and source.after is not None:
                pages = source.after(left.mark)
            else:
                left = None
        return await pull(
            name,
            self._noted(name, source.everything() if pages is None else pages),
            definition=self.definitions[name],
            clock=self.turn.clock,
            pulls=self.pulls,
            customers=self.customers,
            hold_share=self.hold_share,
            progress=came,
            kept_keys=self.kept_keys,
            base=base,
            asked=source.asked,
            note=note,
            left=left,
        )

    async def decide(self, id: int, *, believe: bool, person: str) -> Message:
        """Believe or discard a held pull on a person's word (a Slack id, or as `Deed` has it).

        Whoever speaks first is heard; the message says what the pull has become.
        """
        held = await self.pulls.get(id)
        now = self.turn.clock()
        decided = await (self.pulls.accept(held, now) if believe else self.pulls.discard(held, now))
        if held.state is PullState.HELD:
            what = "held pull believed" if believe else "held pull discarded"
            await self.deeds.put(Deed(now, person, what, f"{held.source}, pull {held.id}"))
        in_slack = held.state is PullState.HELD and not person.startswith(TERMINAL)
        by = person if in_slack else ""
        message = alerts.held_decided(replace(decided, sentence=held.sentence), by)
        key = f"pull {Outcome.HELD}:{held.source}:{held.id}"
        # Where it was told, which may be another channel than that of today.
        if (told := await self.deliveries.get(key)) is not None:
            await self.deliveries.put(
                Delivery(
                    key=f"{key}:{decided.state}",
                    channel=told.channel,
                    message=message,
                    created_at=now,
                    kind=Kind.UPDATE,
                    edits=key,
                )
            )
        return message

    async def missing(self, id: int, first: int) -> Message:
        """Who would be a customer no more if this held pull were believed, after the first ones."""
        held = await self.pulls.get(id)
        if held.state is not PullState.HELD:
            return alerts.held_decided(held, "")
        gone = await self.customers.missing_from(held)
        shown = gone[first : first + alerts.MISSING_AT_ONCE]
        names = await self.customers.names(shown)
        return alerts.missing_list(held, [names[each] for each in shown], len(gone), first)

    async def _tell(self, pulled: Pulled) -> None:
        if (notices := await self.notices()) is None:
            return
        believed = await self.pulls.newest_believed(pulled.pull.source)
        as_of = believed.finished_at if believed else None
        # A source that is lost is told once, until it was back; a held pull each time.
        episode = f"after {believed.id}" if believed else "from the start"
        message: Message
        definition = self.definition
        if pulled.outcome is Outcome.HELD:
            held = alerts.Held(
                pulled.pull.source,
                pulled.sentence,
                as_of,
                pulled.missing if self.names else (),
                pulled.missing_count,
                pulled.pull.id,
            )
            message = alerts.held_notice(held, definition)
            episode = str(pulled.pull.id)
        else:
            message = alerts.failed_notice(pulled.pull.source, pulled.sentence, as_of, definition)
        await self.deliveries.put(
            Delivery(
                key=f"pull {pulled.outcome}:{pulled.pull.source}:{episode}",
                channel=notices,
                message=message,
                created_at=self.turn.clock(),
            )
        )
