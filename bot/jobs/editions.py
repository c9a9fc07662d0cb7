"""The posts that channels subscribe to: rendered, and handed to the outbox once for each period."""

from collections.abc import Iterable
from dataclasses import dataclass, field, replace
from datetime import UTC, date, datetime, timedelta
from typing import Any

import msgspec

from bot.domain.definition import Definition
from bot.domain.period import Period, last_finished
from bot.domain.redefinition import changed_settings
from bot.domain.subscriptions import Edition, Subscription
from bot.jobs import weekly_post
from bot.jobs.counted_beside import counted_beside
from bot.jobs.once import Turn
from bot.jobs.schedule import Job, Occurrence
from bot.jobs.weekly_post import Material
from bot.messages import limits
from bot.messages.blocks import Message
from bot.messages.closing import redefinition
from bot.messages.languages import speaking
from bot.messages.weekly import ALL, post, the_rest
from bot.store.count_figures import CountFigures
from bot.store.definitions import Definitions, InForce
from bot.store.deliveries import Deliveries, Delivery

_TWICE = timedelta(minutes=1)
"""Two clicks within it are one."""

_FRESH = timedelta(minutes=1)
"""How long what was rendered for one channel is good for another."""


@dataclass(frozen=True, slots=True)
class Editions:
    material: Material
    definitions: Definitions
    deliveries: Deliveries
    turn: Turn
    counted: CountFigures | None = None
    """Of a company that only counts: nobody knows who the customers are."""
    beside: CountFigures | None = None
    """What is counted of those whom we know, if anybody does."""
    rendered: dict[tuple[Any, ...], tuple[datetime, Message]] = field(default_factory=dict)
    """What was rendered just now, by all that it depends on: many channels have the same."""

    def job(self, of: Subscription) -> Job:
        """Posts it when it is due."""

        async def run(occurrence: Occurrence) -> None:
            await self.post(of, occurrence)

        return Job(of.name, of.schedule(self._definition.fiscal_year_start), of.zone, run)

    async def post(self, of: Subscription, occurrence: Occurrence) -> None:
        """Put the post of the period that was over at the occurrence into the outbox, once.

        The ledger and the delivery are of the period, not of the moment: a post that is late, or
        whose hour was changed, is still that week's one post.
        """
        due = self._day(occurrence.at)
        await self._once(of, due)

    async def send(self, of: Subscription) -> bool:
        """The same now, for somebody who asks for it, even where the post of the period was there
        before; False where it went within the minute, because who clicks twice wants one."""
        now, sent = self.turn.clock(), False
        today = self._day(now)
        key = self._key(of, self._period(of, today))

        async def put() -> bool:
            nonlocal sent
            if not await self._just_sent((key, _by_hand(key, now - _TWICE)), now):
                sent = True
                if not await self._once(of, today):
                    await self._put(of, today, _by_hand(key, now))
            return True

        where = of.channel + _segment(of)
        await self.turn.once(f"{of.edition} post by hand", where, _minute(now), put)
        return sent

    async def _just_sent(self, keys: Iterable[str], now: datetime) -> bool:
        known = [await self.deliveries.get(key) for key in keys]
        return any(each and now - each.created_at < _TWICE for each in known)

    async def preview(self, of: Subscription) -> Message:
        """What would be posted now."""
        return await self._message(of, self._day(self.turn.clock()), await self.definitions.news())

    async def _once(self, of: Subscription, due: date) -> bool:
        period = self._period(of, due)

        async def put() -> bool:
            await self._put(of, due, self._key(of, period))
            return True

        place = of.channel + _segment(of)
        return await self.turn.once(f"{of.edition} post", place, period.first.isoformat(), put)

    async def _put(self, of: Subscription, due: date, key: str) -> None:
        changed = await self.definitions.news()
        message = await self._shared(of, due, changed)
        now = self.turn.clock()
        await self.deliveries.put(Delivery(key, of.channel, message, created_at=now))
        if changed:
            await self.definitions.announced(changed[1].id, now)

    async def _shared(
        self, of: Subscription, due: date, changed: tuple[InForce, InForce] | None
    ) -> Message:
        """As `_message`, once for all channels that get the same at the same time."""
        now = self.turn.clock()
        for key in [
            k for k, (since, _) in self.rendered.items() if not since <= now < since + _FRESH
        ]:
            del self.rendered[key]
        known_at = (await self.material.figures.columns()).known_at
        key = of.edition, of.segment, of.language, due, known_at
        if key not in self.rendered:
            self.rendered[key] = now, await self._message(of, due, changed)
        return self.rendered[key][1]

    async def _message(
        self, of: Subscription, due: date, changed: tuple[InForce, InForce] | None
    ) -> Message:
        with speaking(of.language):
            return await self._spoken(of, due, changed)

    async def _spoken(
        self, of: Subscription, due: date, changed: tuple[InForce, InForce] | None
    ) -> Message:
        news = _news(changed, self._definition) if changed else ""
        if self.counted is not None:
            pulls = self.material.pulls
            return await weekly_post.render_counts(self.counted, pulls, today=due, news=news)
        if self.beside is not None and not of.segment:
            figures = self.material.figures
            line = await counted_beside(figures, self.beside, edition=of.edition, today=due)
            news = "\n".join(filter(None, [news, line]))
        told = await self.material.post(of.edition, today=due, news=news, wanted=dict(of.segment))
        return post(replace(told, rest=_rest(of, due)), self._definition)

    async def rest(self, value: str) -> Message:
        """Everybody whom a post only begins to name, for the value of its button."""
        edition, due, segment = msgspec.json.decode(value, type=_Rest)
        told = await self.material.post(edition, today=due, wanted=dict(segment), most=ALL)
        return the_rest(told)

    def _period(self, of: Subscription, due: date) -> Period:
        return last_finished(of.edition.kind, due, self._definition)

    def _key(self, of: Subscription, period: Period) -> str:
        return f"{of.edition}-post:{of.channel}{_segment(of)}:{period.first.isoformat()}"

    def _day(self, moment: datetime) -> date:
        return moment.astimezone(self._definition.zone_info).date()

    @property
    def _definition(self) -> Definition:
        return self.material.figures.definition


_Rest = tuple[Edition, date, tuple[tuple[str, str], ...]]


def _rest(of: Subscription, due: date) -> str:
    """What the button carries; nothing where it is too long to be carried."""
    value = msgspec.json.encode((of.edition, due, of.segment)).decode()
    return value if len(value) <= limits.BUTTON_VALUE else ""


def _segment(of: Subscription) -> str:
    return "".join(f" {name}={label}" for name, label in of.segment)


def _news(changed: tuple[InForce, InForce], definition: Definition) -> str:
    was, now = changed
    return redefinition(
        changed_settings(was.settings, definition), now.since, definition, hash=now.hash
    )


def _minute(moment: datetime) -> str:
    return f"{moment.astimezone(UTC):%Y-%m-%dT%H:%M}"


def _by_hand(key: str, moment: datetime) -> str:
    """Of a delivery that somebody asked for in this minute."""
    return f"{key}:{_minute(moment)}"
