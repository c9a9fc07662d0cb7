"""One gentle reminder to who was asked alone and did not answer; in channels nobody is reminded."""

from collections.abc import Callable
from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from zoneinfo import ZoneInfo

from sqlalchemy import Connection

from bot.domain.asking import reminder_at
from bot.domain.surveys import Ask
from bot.jobs.schedule import Occurrence
from bot.messages.surveys import reminder
from bot.store.answer_links import AnswerLinks
from bot.store.asked import silent, was_reminded
from bot.store.database import Database
from bot.store.deliveries import Audience, Delivery
from bot.store.deliveries import put as put_delivery
from bot.store.dialects import lock
from bot.store.schema import asks

EVERY = "*/10 * * * *"
"""When it is looked whose time has come."""

_LATE = timedelta(days=3)
"""So long after its time a reminder that was missed is still sent."""


@dataclass(frozen=True, slots=True)
class Reminders:
    database: Database
    days: float
    """After which somebody is reminded."""
    zone: ZoneInfo
    clock: Callable[[], datetime]
    pages: AnswerLinks | None
    """For web pages on which people can answer; None where none are served."""

    async def remind(self, occurrence: Occurrence) -> None:
        """The word that somebody was reminded and the delivery are stored together, so that neither
        a restart nor a second process reminds twice."""
        now = self.clock()
        sign = await self.pages.signer() if self.pages else None

        def put(connection: Connection) -> None:
            lock(connection, asks)
            for ask in silent(connection, now):
                due = reminder_at(ask.asked_at, self.days, self.zone)
                if not due <= now < due + _LATE:
                    continue
                was_reminded(connection, ask.id, now)
                page = sign(ask.id, ask.person) if sign else ""
                delivery = Delivery(
                    key=f"remind:{ask.id}",
                    channel=ask.person,
                    message=reminder(_local(ask, self.zone), page=page),
                    created_at=now,
                    audience=Audience.CUSTOMERS,
                )
                put_delivery(connection, delivery)

        await self.database.write(put)


def _local(ask: Ask, zone: ZoneInfo) -> Ask:
    """With the day of the question's end as the question told it."""
    ends = ask.expires_at
    return ask if ends is None else replace(ask, expires_at=ends.astimezone(zone))
