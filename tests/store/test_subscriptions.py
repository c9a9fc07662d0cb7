"""Subscriptions, kept with who made them."""

from dataclasses import replace
from datetime import UTC, datetime, timedelta

import pytest

from bot.domain.subscriptions import Edition, Subscription
from bot.store.database import Database
from bot.store.subscriptions import Subscriptions
from tests.store.examples import deeds

NOW = datetime(2026, 11, 2, 9, tzinfo=UTC)
LATER = NOW + timedelta(hours=1)
WANTED = Subscription(
    "C1",
    Edition.MONTHLY,
    "fri",
    "08:30",
    "Europe/Amsterdam",
    "nl",
    (("plan", "pro"),),
    made_by="U1",
)


@pytest.fixture
def subscriptions(database: Database) -> Subscriptions:
    return Subscriptions(database)


async def test_one_is_found_as_it_was_put(subscriptions: Subscriptions) -> None:
    made = await subscriptions.put(WANTED, by="U1", now=NOW)

    assert made == replace(WANTED, id=made.id, since=NOW)
    assert await subscriptions.all() == [made]
    assert await subscriptions.get(made.id) == made
    assert await subscriptions.of("C1", Edition.MONTHLY, WANTED.segment) == made


async def test_nothing_else_is_found(subscriptions: Subscriptions) -> None:
    await subscriptions.put(WANTED, by="U1", now=NOW)

    assert await subscriptions.of("C2", Edition.MONTHLY, WANTED.segment) is None
    assert await subscriptions.of("C1", Edition.WEEKLY, WANTED.segment) is None
    assert await subscriptions.of("C1", Edition.MONTHLY) is None
    assert await subscriptions.get(404) is None


async def test_the_same_again_changes_it(subscriptions: Subscriptions, database: Database) -> None:
    made = await subscriptions.put(WANTED, by="U1", now=NOW)

    changed = await subscriptions.put(replace(WANTED, at="10:00"), by="U2", now=LATER)

    assert changed == replace(made, at="10:00", since=LATER)
    assert await subscriptions.all() == [changed]
    assert await deeds(database) == [
        ("U1", "subscription made", "monthly post plan=pro in C1"),
        ("U2", "subscription changed", "monthly post plan=pro in C1"),
    ]


async def test_segments_in_another_order_are_the_same(subscriptions: Subscriptions) -> None:
    one = replace(WANTED, segment=(("region", "EMEA"), ("plan", "pro")))
    await subscriptions.put(one, by="U1", now=NOW)

    await subscriptions.put(replace(one, segment=one.segment[::-1]), by="U1", now=LATER)

    assert len(await subscriptions.all()) == 1


async def test_one_may_move_to_another_channel(subscriptions: Subscriptions) -> None:
    made = await subscriptions.put(WANTED, by="U1", now=NOW)

    moved = await subscriptions.put(replace(made, channel="C2"), by="U1", now=LATER)

    assert moved.id == made.id
    assert await subscriptions.all() == [moved]


async def test_one_that_ended_in_between_is_made_anew(subscriptions: Subscriptions) -> None:
    made = await subscriptions.put(WANTED, by="U1", now=NOW)
    await subscriptions.end(made.id, by="U2", now=NOW)

    again = await subscriptions.put(made, by="U1", now=LATER)

    assert await subscriptions.all() == [again]


async def test_it_ends_once(subscriptions: Subscriptions, database: Database) -> None:
    made = await subscriptions.put(WANTED, by="U1", now=NOW)

    assert await subscriptions.end(made.id, by="U2", now=LATER) == made
    assert await subscriptions.end(made.id, by="U2", now=LATER) is None
    assert await subscriptions.all() == []
    assert (await deeds(database))[-1][:2] == ("U2", "subscription ended")
    assert len(await deeds(database)) == 2


async def test_a_pause_is_written_down_by_its_name(
    subscriptions: Subscriptions, database: Database
) -> None:
    made = await subscriptions.put(WANTED, by="U1", now=NOW)

    paused = await subscriptions.put(
        replace(made, paused=True), by="U2", now=LATER, what="subscription paused"
    )

    assert paused.paused
    assert (await deeds(database))[-1][:2] == ("U2", "subscription paused")
