"""Asking when a person says so, who wants to know whether the question is there."""

import asyncio
from collections.abc import Awaitable, Callable
from dataclasses import dataclass

from bot.domain.asking import Design, Plan, Target
from bot.domain.surveys import Ask
from bot.errors import ChannelUnreachable
from bot.jobs.asking import Asking, delivery_key
from bot.messages.asking import is_archived, not_let_in, slack_is_slow
from bot.slack.poster import Slack
from bot.store.deliveries import Deliveries, Delivery, DeliveryState

_LOOKS, _BETWEEN = 100, 0.1
"""How often it is looked whether a question has been posted, and seconds between."""


@dataclass(frozen=True, slots=True)
class AskedByHand:
    asking: Asking
    deliveries: Deliveries
    slack: Slack
    deliver: Callable[[], Awaitable[object]]
    """Posts what waits."""
    note: Callable[[str, str, str], Awaitable[None]]
    """Writes down who did what, to what."""

    async def ask(
        self, design: Design, target: Target, person: str
    ) -> tuple[list[tuple[Ask, str]], Plan]:
        """Ask now. The asks, each with why the question is not there yet, or ""."""
        made, plan = await self.asking.ask(design, target, asked_by=person)
        if made:
            about = f"{design.scale} {design.name}: {len(made)} asked"
            await self.note(person, "questions asked", about)
        await self.deliver()
        return [(ask, await self._why_not_there(ask)) for ask in made], plan

    async def _why_not_there(self, ask: Ask) -> str:
        delivery = await self._posted(delivery_key(ask.id))
        if delivery is None or delivery.state is DeliveryState.SENT:
            return ""
        if delivery.state is DeliveryState.FAILED and not ask.person:
            try:
                channel = await self.slack.channel_info(ask.channel)
            except ChannelUnreachable:
                return not_let_in()
            if channel.is_archived:
                return is_archived()
            if not channel.is_member:
                return not_let_in()
        return delivery.sentence or slack_is_slow()

    async def _posted(self, key: str) -> Delivery | None:
        """As it is when nobody is posting it any more; it may have been claimed elsewhere."""
        for _ in range(_LOOKS):
            delivery = await self.deliveries.get(key)
            if delivery is None or delivery.state is not DeliveryState.POSTING:
                break
            await asyncio.sleep(_BETWEEN)
        return delivery
