"""What cannot be said where it should be is said where somebody will see it."""

from collections.abc import Awaitable, Callable, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import datetime
from functools import partial
from itertools import chain

import structlog

from bot.config import Config
from bot.domain.channels import Fate, Uses
from bot.messages.alerts import undelivered_notice
from bot.messages.blocks import Message
from bot.messages.channels import alerts_called, channel_notice, post_called
from bot.messages.languages import later
from bot.store.deliveries import Deliveries, Delivery, Instead
from bot.store.deliveries import Kind as DeliveryKind
from bot.store.memory import Memory
from bot.store.rules import Rules
from bot.store.subscriptions import Subscriptions

log = structlog.get_logger()

_MOVED = "channel moved: "
"""In the memory, before a channel's old id: its new one."""

_LOST = "lost:"
"""Begins the key of a notice that a message was lost."""

_NOTICES = (_LOST, "channel ", "pull ")
"""Begin the keys of what goes to the channel of notices."""

_ALERT = "incident:"
"""Begins the key of an alert, of its updates, and of what its thread is told."""

_PEOPLE = ("U", "W")
"""Begin the ids of people; those of channels begin otherwise."""

_CALLED = {
    "weekly-post": later("The weekly post"),
    "monthly-post": later("The monthly post"),
    "quarterly-post": later("The quarterly post"),
    "incident": later("An alert"),
    "ask": later("A question to customers"),
    "remind": later("A reminder to a customer"),
    "digest": later("The digest of answers"),
    "low score": later("A low score"),
    "loop-reply": later("A reply to a customer"),
    "pull held": later("The notice that a pull is held"),
    "pull failed": later("The notice that a pull failed"),
    "tickets failed": later("The notice that tickets could not be read"),
    "ratings failed": later("The notice that ratings could not be read"),
}
"""What a delivery is called in a notice, by what its key begins with."""


def called(key: str) -> str:
    """What people call the delivery with this key."""
    return _CALLED.get(key.removeprefix(_LOST).partition(":")[0], later("A message"))


def followed(channel: str, moves: Mapping[str, str]) -> str:
    """Its id after all its moves; Slack gives no id twice."""
    for _ in moves:
        channel = moves.get(channel, channel)
    return channel


@dataclass(frozen=True, slots=True)
class Elsewhere:
    config: Config
    deliveries: Deliveries
    subscriptions: Subscriptions
    rules: Rules
    memory: Memory
    notices: Callable[[], Awaitable[str | None]]
    """The channel for what went wrong, if there is one now."""
    clock: Callable[[], datetime]
    told: Callable[[], None]
    """Called when there is something to post."""

    async def channel_befell(self, channel: str, fate: Fate, new: str, event: str) -> None:
        """Say what goes there no more, where somebody will see it."""
        moves, notices = await self.memory.beginning(_MOVED), await self.notices()
        ids = [channel, *(was for was in moves if followed(was, moves) == channel)]
        if fate is Fate.MOVED:
            await self.memory.put(f"{_MOVED}{channel}", new)
        if what := (await self._uses(ids, notices)).hurt_by(fate):
            told = channel_notice(fate, channel, what, new)
            lost = notices if notices in ids else channel
            # A channel that moved can still be spoken in.
            lost = "" if fate is Fate.MOVED else lost
            await self.tell_admins(f"channel {fate}:{channel}:{event}", told, lost=lost)

    async def _uses(self, ids: Sequence[str], notices: str | None) -> Uses:
        """What a channel is for that has, or had, these ids, by config.yaml and by people."""
        named = [self.config.uses(id, notices=notices) for id in ids]
        posts = [post_called(of) for of in await self.subscriptions.all() if of.channel in ids]
        rules = [alerts_called(of.name) for of in await self.rules.all() if of.channel in ids]
        figures = (*chain.from_iterable(each.figures for each in named), *posts, *rules)
        return Uses(
            figures=tuple(dict.fromkeys(figures)),
            questions=tuple(chain.from_iterable(each.questions for each in named)),
        )

    async def tell_admins(self, key: str, message: Message, *, lost: str) -> None:
        """In the notices channel; or, where that is lost, to each admin alone."""
        for post in await self._to_admins(key, message, lost=lost):
            await self.deliveries.put(post)
        self.told()

    async def _to_admins(self, key: str, message: Message, *, lost: str) -> tuple[Delivery, ...]:
        notices, now = await self.notices(), self.clock()
        if notices and notices != lost:
            to = [notices]
        else:
            to = [id for id in self.config.people.admins if not id.startswith("S")]
        if not to:
            log.warning("nobody to tell", about=key)
        return tuple(Delivery(f"{key}:{place}", place, message, now) for place in to)

    async def where(self, channel: str) -> str:
        """Under which id a channel that config.yaml names is known now."""
        return followed(channel, await self.memory.beginning(_MOVED))

    async def languages(self) -> Mapping[str, str]:
        """By channel, the language that config.yaml names, also under the id that it has now."""
        named, moves = self.config.asking.languages, await self.memory.beginning(_MOVED)
        return {followed(channel, moves): language for channel, language in named.items()} | named

    async def instead(self, delivery: Delivery, why: str) -> Instead:
        """Raised elsewhere. What even an admin could not be told is in the log alone.

        An alert goes on in the channel of notices; where there is none, each admin has it as it is.
        """
        if delivery.channel.startswith(_PEOPLE):
            return Instead()
        is_alert = delivery.key.startswith(_ALERT)
        key = f"{_LOST}{delivery.key}"
        # Only when a notice or an alert did not arrive is the channel of notices itself in doubt.
        doubtful = (*_NOTICES, _ALERT)
        lost = delivery.channel if delivery.key.startswith(doubtful) else ""
        notices = await self.notices()
        lost = lost if lost == notices else ""
        told = partial(undelivered_notice, called(delivery.key), delivery.channel, why)
        if is_alert and not delivery.answers and notices and notices != lost:
            was = delivery.edits or delivery.key
            moved = replace(
                delivery,
                key=f"{was}@{notices}",
                channel=notices,
                kind=DeliveryKind.POST,
                edits="",
                ts="",
                created_at=self.clock(),
                not_before=None,
            )
            notice = await self._to_admins(key, told(goes_on=True), lost=lost)
            return Instead((*notice, moved), moved=(was, moved.key))
        if is_alert and delivery.kind is DeliveryKind.UPDATE:
            return Instead()  # what is worth telling of it is told in its thread
        message = told(of=delivery.message) if is_alert else told()
        return Instead(await self._to_admins(key, message, lost=lost))
