"""Asking a channel: on schedule, or because somebody typed it."""

import secrets
from datetime import datetime

from sqlalchemy import Connection

from bot.domain.surveys import Ask, Scale
from bot.jobs.once import Turn
from bot.jobs.schedule import Occurrence
from bot.messages.surveys import default_question, question
from bot.store.database import Database
from bot.store.deliveries import Audience, Delivery
from bot.store.deliveries import put as put_delivery
from bot.store.surveys import put_ask


def delivery_key(ask: str) -> str:
    """Of the delivery that asks it."""
    return f"ask:{ask}"


async def ask_channel(
    database: Database,
    scale: Scale,
    text: str | None,
    *,
    channel: str,
    asked_by: str,
    now: datetime,
) -> Ask:
    """An ask and the delivery that shows it; neither is stored without the other."""
    ask = Ask(
        id=secrets.token_urlsafe(12),
        scale=scale,
        question=text or default_question(scale),
        channel=channel,
        asked_by=asked_by,
        asked_at=now,
    )
    delivery = Delivery(
        key=delivery_key(ask.id),
        channel=channel,
        message=question(ask),
        created_at=now,
        audience=Audience.CUSTOMERS,
    )

    def put(connection: Connection) -> None:
        put_ask(connection, ask)
        put_delivery(connection, delivery)

    await database.write(put)
    return ask


async def survey_round(
    occurrence: Occurrence,
    *,
    name: str,
    scale: Scale,
    text: str | None,
    channel: str,
    database: Database,
    turn: Turn,
) -> None:
    """Ask once for this occurrence."""

    async def put() -> bool:
        await ask_channel(database, scale, text, channel=channel, asked_by="", now=turn.clock())
        return True

    await turn.once("survey round", f"{name} {channel}", occurrence.key, put)
