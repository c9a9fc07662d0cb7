"""Dull customers, moments and pulls, so that a test says only what it is about."""

from datetime import UTC, datetime, timedelta

from bot.domain.pulls import Pull
from bot.domain.stays import Known, Stay
from bot.store.customers import Customers
from bot.store.database import Database
from bot.store.deeds import Deeds
from bot.store.pulls import Pulls

NOON = datetime(2026, 11, 16, 12, tzinfo=UTC)
TODAY = 20_773
"""The day of NOON."""


def later(**amount: float) -> datetime:
    return NOON + timedelta(**amount)


def known(id: str, *stays: Stay, name: str = "", **fields: str) -> Known:
    return Known(id=id, name=name or id.title(), stays=stays or ((100, None),), fields=fields)


def everybody(*customers: Known) -> dict[str, Known]:
    return {each.id: each for each in customers}


async def believe(
    database: Database,
    *customers: Known,
    source: str = "crm",
    today: int = TODAY,
    known_from: int | None = None,
    now: datetime = NOON,
) -> Pull:
    pull = await Pulls(database).begin(source, "d41d8cd98f00", now)
    return await Customers(database).believe(
        pull, everybody(*customers), today=today, known_from=known_from, now=now
    )


async def deeds(database: Database) -> list[tuple[str, str, str]]:
    """All that were written down: who did what, to what."""
    every = await Deeds(database).since(datetime(2000, 1, 1, tzinfo=UTC))
    return [(deed.person, deed.what, deed.about) for deed in every]
