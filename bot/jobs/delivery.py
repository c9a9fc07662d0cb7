"""Bringing what was decided to Slack: claimed, posted, then marked.

Slack has no idempotency key. So a delivery is claimed in the store first; then it is posted, with
its key in the message's metadata; then it is marked as sent. A process that dies in between leaves
a claim that runs out, and the next one looks in the channel for the key before it does anything.
Where it may not look, the delivery is given up and a person is told: never silently repeated, never
silently dropped.
"""

import asyncio
from collections.abc import Awaitable, Callable
from datetime import datetime, timedelta

import structlog

from bot.errors import (
    ChannelUnreachable,
    OutcomeUnknown,
    SlackError,
    SlackRejected,
    SlackUnavailable,
)
from bot.slack.poster import Channel, Poster
from bot.store.deliveries import Audience, Deliveries, Delivery, Instead, Kind

log = structlog.get_logger()

LEASE = timedelta(minutes=2)
"""Longer than Slack may take to answer; a claim this old is of a process that died."""

SETTLE = timedelta(seconds=20)
"""Slack may still be busy with a request whose connection broke: we look for it after that."""

SIDE_BY_SIDE = 4
"""Posts on their way at once. Each channel takes one a second; others need not wait for it."""

_MANY = 10
"""Posts for which channels are looked at all at once."""
_SEEN_FOR = 30.0
"""Seconds for which that is good. Slack tells us when a channel is shared, too."""

_PAUSES = (5.0, 15.0, 60.0, 300.0, 900.0)
"""Seconds to wait before each further try; the last is repeated."""

Where = Callable[[str], Awaitable[str]]

Lost = Callable[[Delivery, str], Awaitable[Instead]]
"""Says what is posted instead of a delivery that nothing more will be done for, and why."""


async def _as_named(channel: str) -> str:
    return channel


class Outbox:
    """Brings waiting deliveries to Slack; several processes may do so side by side."""

    def __init__(
        self,
        deliveries: Deliveries,
        poster: Poster,
        *,
        holder: str,
        clock: Callable[[], datetime],
        lost: Lost,
        where: Where = _as_named,
    ) -> None:
        """`where` tells under which id a channel is known now."""
        self._deliveries = deliveries
        self._poster = poster
        self._holder = holder
        self._clock = clock
        self._lost = lost
        self._where = where
        self._seen: dict[str, Channel] = {}
        """Channels as they were told all at once, by id, for a short while."""
        self._seen_at = 0.0

    async def deliver_waiting(self) -> None:
        """Post everything that is due, and look up what nobody knows the outcome of."""
        await self._deliveries.expired(self._clock())
        await self._drain(self._claim_uncertain, self._look_up)
        due = await self._deliveries.next_due()
        if due is not None and due <= self._clock():
            await self._look_at_all()
            drains = (self._drain(self._claim, self._deliver) for _ in range(SIDE_BY_SIDE))
            await asyncio.gather(*drains)

    def look_anew(self) -> None:
        """Something has become of a channel: what is known of them says nothing any more."""
        self._seen = {}

    async def _look_at_all(self) -> None:
        """Of many channels at once: Slack tells of one alone fifty times a minute and no more."""
        if await self._deliveries.due_posts(self._clock()) < _MANY:
            return
        self._seen_at = asyncio.get_running_loop().time()
        try:
            self._seen = {each.id: each for each in await self._poster.channels()}
        except SlackError as error:
            log.info("channels not listed", why=str(error))

    async def _drain(
        self,
        claim: Callable[[], Awaitable[Delivery | None]],
        handle: Callable[[Delivery], Awaitable[None]],
    ) -> None:
        while delivery := await claim():
            await handle(delivery)

    async def _claim(self) -> Delivery | None:
        return await self._deliveries.claim_next(self._holder, self._clock(), LEASE)

    async def _claim_uncertain(self) -> Delivery | None:
        return await self._deliveries.claim_uncertain(self._holder, self._clock(), LEASE)

    async def _deliver(self, delivery: Delivery) -> None:
        try:
            ts = await self._send(delivery)
        except SlackUnavailable as error:
            await self._again(delivery, error)
        except OutcomeUnknown as error:
            log.warning("delivery uncertain", key=delivery.key, why=str(error))
            when = self._clock() + SETTLE
            await self._deliveries.uncertain(delivery.key, when, str(error), holder=self._holder)
        except SlackError as error:
            await self._give_up(delivery, error)
        else:
            await self._deliveries.sent(delivery.key, ts, now=self._clock())

    async def _send(self, delivery: Delivery) -> str:
        """Where it stands in Slack."""
        channel = await self._where(delivery.channel)
        if delivery.audience is Audience.COMPANY:
            await self._refuse_strangers(channel)
        if delivery.kind is Kind.UPDATE:
            await self._poster.update(channel, delivery.ts, delivery.message)
            return delivery.ts
        return await self._poster.post(
            channel,
            delivery.message,
            key=delivery.key,
            thread_ts=delivery.thread_ts or None,
        )

    async def _refuse_strangers(self, channel: str) -> None:
        """A channel may have been shared since config.yaml was written. Only admins are written to
        by themselves, and they are ours."""
        if channel.startswith(("U", "W")):
            return
        info = await self._info(channel)
        if info.is_ext_shared:
            raise ChannelUnreachable(
                f"#{info.name} is shared with people from outside, who must not see figures. Name"
                " another channel in config.yaml.",
                code="is_ext_shared",
            )

    async def _info(self, channel: str) -> Channel:
        if self._seen and asyncio.get_running_loop().time() - self._seen_at > _SEEN_FOR:
            self._seen = {}
            await self._look_at_all()
        return self._seen.get(channel) or await self._poster.channel_info(channel)

    async def _look_up(self, delivery: Delivery) -> None:
        """Find out what became of a delivery whose outcome nobody knows."""
        thread = delivery.thread_ts or None
        try:
            channel = await self._where(delivery.channel)
            ts = await self._poster.find(
                channel, delivery.key, delivery.created_at, thread_ts=thread
            )
        except (SlackUnavailable, OutcomeUnknown) as error:
            # The claim runs out, and with it the wait for another look.
            log.info("delivery not looked up yet", key=delivery.key, why=str(error))
        except SlackRejected as error:
            scopes = "channels:history (groups:history in private channels)"
            sentence = (
                "Slack may have taken it or not, and the bot may not look for it. Please look"
                f" yourself. With the scope {scopes} it looks by itself."
            )
            await self._give_up(delivery, SlackRejected(sentence, code=error.code))
        except SlackError as error:
            await self._give_up(delivery, error)
        else:
            if ts is None:
                await self._deliver(delivery)
            else:
                await self._deliveries.sent(delivery.key, ts, now=self._clock())

    async def _again(self, delivery: Delivery, error: SlackUnavailable) -> None:
        pause = error.retry_after
        if pause is None:
            pause = _PAUSES[min(delivery.attempts, len(_PAUSES)) - 1]
        log.info("delivery waits", key=delivery.key, seconds=pause, why=str(error))
        when = self._clock() + timedelta(seconds=pause)
        await self._deliveries.retry_at(delivery.key, when, str(error), holder=self._holder)

    async def _give_up(self, delivery: Delivery, error: SlackError) -> None:
        log.warning("delivery failed", key=delivery.key, channel=delivery.channel, why=str(error))
        instead = await self._lost(delivery, str(error))
        await self._deliveries.failed(
            delivery.key, str(error), holder=self._holder, instead=instead
        )
