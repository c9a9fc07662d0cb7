"""Asking: an ask and the delivery that shows it, stored together."""

import secrets
from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime, timedelta

from sqlalchemy import Connection

from bot.domain.asking import Design
from bot.domain.surveys import Ask
from bot.errors import SlackError
from bot.messages.surveys import default_question, question
from bot.slack.poster import Poster
from bot.store.database import Database
from bot.store.deliveries import Audience, Delivery
from bot.store.deliveries import put as put_delivery
from bot.store.links import customer_of
from bot.store.surveys import put_ask


def delivery_key(ask: str) -> str:
    """Of the delivery that asks it."""
    return f"ask:{ask}"


@dataclass(frozen=True, slots=True)
class Asking:
    """Asks, in channels."""

    database: Database
    poster: Poster
    clock: Callable[[], datetime]

    async def ask_channel(self, design: Design, channel: str, *, asked_by: str) -> Ask:
        """An ask and the delivery that shows it; neither is stored without the other."""
        now = self.clock()
        shared = await self._is_shared(channel)

        def put(connection: Connection) -> Ask:
            customer = customer_of(connection, channel)
            ask = Ask(
                id=secrets.token_urlsafe(12),
                scale=design.scale,
                question=design.question or default_question(design.scale),
                channel=channel,
                asked_by=asked_by,
                asked_at=now,
                expires_at=now + timedelta(days=design.expires_days),
                survey=design.name,
                customer=customer,
                of_customers=shared or customer is not None,
                direction=design.direction,
            )
            delivery = Delivery(
                key=delivery_key(ask.id),
                channel=channel,
                message=question(ask),
                created_at=now,
                audience=Audience.CUSTOMERS,
            )
            put_ask(connection, ask)
            put_delivery(connection, delivery)
            return ask

        return await self.database.write(put)

    async def _is_shared(self, channel: str) -> bool:
        """Where Slack does not tell, as if it were: nobody of ours then answers for a customer."""
        try:
            return (await self.poster.channel_info(channel)).is_ext_shared
        except SlackError:
            return True
