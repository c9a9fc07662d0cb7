"""Closed figures: versions that stay, written by one of several processes, or not at all."""

import asyncio
from dataclasses import replace
from datetime import date

import pytest

from bot.domain.closing import After, Closed
from bot.domain.period import Kind, Period
from bot.domain.retention import Counts
from bot.messages.blocks import Message
from bot.store.closings import Closings
from bot.store.database import Database
from bot.store.deliveries import Deliveries, Delivery
from tests.store.examples import NOON, later

OCTOBER = Period(date(2026, 10, 1), date(2026, 11, 1), Kind.MONTH)
DAYS = Period(OCTOBER.first, OCTOBER.next, Kind.DAYS)
COUNTS = Counts(opening=10, closing=11, kept=9, lost=1, new=1, won_back=1, early_losses=2)
FIRST = Closed("crm", OCTOBER, "h", 1, COUNTS, pull=1, closed_at=NOON)
SECOND = replace(FIRST, version=2, counts=replace(COUNTS, lost=2), pull=2, closed_at=later(days=1))
POST = Delivery("restatement:crm:h:2", "C1", Message("Restated"), created_at=NOON)


@pytest.fixture
def closings(database: Database) -> Closings:
    return Closings(database)


async def test_nothing_is_closed_at_first(closings: Closings) -> None:
    assert await closings.newest("crm", "h") == ([], None)
    assert await closings.versions("crm", OCTOBER) == []


async def test_what_was_closed_is_given_back_with_its_pull(closings: Closings) -> None:
    assert await closings.record("crm", "h", [FIRST], after=None, now=After(1))

    assert await closings.newest("crm", "h") == ([FIRST], After(1))
    assert await closings.versions("crm", OCTOBER) == [FIRST]
    assert await closings.versions("crm", DAYS) == []


async def test_a_restatement_is_a_further_version_and_the_first_stays(closings: Closings) -> None:
    await closings.record("crm", "h", [FIRST], after=None, now=After(1))
    await closings.record("crm", "h", [SECOND], after=After(1), now=After(2))

    assert await closings.newest("crm", "h") == ([SECOND], After(2))
    assert await closings.versions("crm", OCTOBER) == [FIRST, SECOND]


async def test_the_post_is_put_with_the_versions_or_not_at_all(
    closings: Closings, database: Database
) -> None:
    deliveries = Deliveries(database)
    await closings.record("crm", "h", [FIRST], after=None, now=After(1))

    assert not await closings.record("crm", "h", [SECOND], after=None, now=After(2), told=POST)
    assert await deliveries.undelivered() == []
    assert await closings.newest("crm", "h") == ([FIRST], After(1))

    assert await closings.record("crm", "h", [SECOND], after=After(1), now=After(2), told=POST)
    [put] = await deliveries.undelivered()
    assert put.key == POST.key


async def test_of_two_processes_one_writes(database: Database, replica: Database) -> None:
    both = Closings(database), Closings(replica)
    await both[0].record("crm", "h", [FIRST], after=None, now=After(1))
    posts = [replace(POST, key=key) for key in ("one", "other")]

    written = await asyncio.gather(
        *(
            each.record("crm", "h", [SECOND], after=After(1), now=After(2), told=post)
            for each, post in zip(both, posts, strict=True)
        )
    )

    assert sorted(written) == [False, True]
    assert len(await Deliveries(database).undelivered()) == 1


async def test_what_two_processes_close_for_the_same_pull_is_closed_once(
    database: Database, replica: Database
) -> None:
    both = Closings(database), Closings(replica)
    await both[0].record("crm", "h", [], after=None, now=After(1))
    other = replace(FIRST, closed_at=later(seconds=1))

    await asyncio.gather(
        both[0].record("crm", "h", [FIRST], after=After(1), now=After(1)),
        both[1].record("crm", "h", [other], after=After(1), now=After(1)),
    )

    [kept] = await both[0].versions("crm", OCTOBER)
    assert kept in (FIRST, other)


async def test_sources_definitions_and_periods_are_kept_apart(closings: Closings) -> None:
    week = Period(date(2026, 10, 5), date(2026, 10, 12), Kind.WEEK)
    quarter = Period(OCTOBER.first, date(2027, 1, 1), Kind.QUARTER)
    others = [replace(FIRST, period=week), replace(FIRST, period=quarter)]
    shop = replace(FIRST, source="shop")
    redefined = replace(FIRST, definition="i", closed_at=later(days=3))
    await closings.record("crm", "h", [FIRST, *others], after=None, now=After(1))
    await closings.record("shop", "h", [shop], after=None, now=After(4))
    await closings.record("crm", "i", [redefined], after=None, now=After(3))

    mine, after = await closings.newest("crm", "h")
    assert {each.period for each in mine} == {OCTOBER, week, quarter}
    assert after == After(1)
    assert await closings.newest("shop", "h") == ([shop], After(4))
    assert await closings.newest("crm", "i") == ([redefined], After(3))
    assert await closings.versions("crm", OCTOBER) == [FIRST, redefined]


async def test_says_what_a_figure_was_closed_with_before(closings: Closings) -> None:
    await closings.record("crm", "h", [FIRST], after=None, now=After(1))
    await closings.record("crm", "h", [SECOND], after=After(1), now=After(2))

    found = await closings.earlier("crm", OCTOBER, SECOND.counts, "h")

    assert found is not None
    assert (found.closed, found.restated_at) == (FIRST, SECOND.closed_at)
    assert await closings.earlier("crm", OCTOBER, FIRST.counts, "h") is None
