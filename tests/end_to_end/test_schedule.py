"""Once, whoever does it and however often they start."""

import asyncio
from datetime import datetime
from pathlib import Path

import pytest

from bot.jobs.schedule import Job, Occurrence
from bot.sandbox.server import Sandbox
from tests.end_to_end import companies
from tests.end_to_end.running import NOTICES, SHARED, SUCCESS, Place, at, running

SUNDAY, NINE = at("2026-11-01T10:00"), at("2026-11-02T09:00:01")


@pytest.fixture
def place(slack: Sandbox, database_url: str, tmp_path: Path) -> Place:
    """On SQLite and on PostgreSQL."""
    companies.write(tmp_path)
    return Place(tmp_path, database_url, slack)


async def test_two_replicas_post_once(place: Place) -> None:
    survey = {"name": "monthly", "scale": "nps", "channel": SHARED, "cron": "0 9 2 * *"}
    config = place.config(sources=[companies.SOURCE], surveys=[survey])
    async with running(config, SUNDAY) as one, running(config, SUNDAY) as two:
        await one.pulled()
        await two.pulled()
        await asyncio.gather(one.move(NINE), two.move(NINE))
        await asyncio.gather(one.settle(), two.settle())

    assert len(place.posts(SUCCESS)) == 1
    assert len(place.posts(SHARED)) == 1
    assert place.posts(NOTICES) == []


async def test_a_restart_does_not_post_again(place: Place) -> None:
    config = place.config(sources=[companies.SOURCE])
    for moment in (SUNDAY, NINE, NINE, at("2026-11-04T09:00")):
        async with running(config, SUNDAY) as bot:
            await bot.pulled()
            await bot.move(moment)

    assert len(place.posts(SUCCESS)) == 1


async def test_a_monday_that_was_missed_is_made_up_for_at_start(place: Place) -> None:
    config = place.config(sources=[companies.SOURCE])
    async with running(config, SUNDAY) as bot:
        await bot.pulled()
    # Down from Sunday to Tuesday of the week after the next.
    async with running(config, at("2026-11-10T14:00")) as bot:
        await bot.settle()

    [post] = place.posts(SUCCESS)
    assert "2 to 8 Nov 2026" in post.words()
    assert "crm as of Tuesday 10 Nov 2026, 14:00" in post.words()


async def test_a_first_start_makes_up_for_nothing(place: Place) -> None:
    async with running(place.config(sources=[companies.SOURCE]), at("2026-11-03T14:00")) as bot:
        await bot.pulled()

    assert place.posts(SUCCESS) == []


async def test_the_hour_that_comes_twice_asks_once(place: Place) -> None:
    survey = {"name": "nightly", "scale": "csat", "channel": SHARED, "cron": "30 2 * * *"}
    config = place.config(sources=[companies.SOURCE], surveys=[survey], weekly_post=None)
    first = datetime.fromisoformat("2026-10-25T02:31:00+02:00")
    second = datetime.fromisoformat("2026-10-25T02:31:00+01:00")
    async with running(config, at("2026-10-24T10:00")) as bot:
        await bot.pulled()
        await bot.move(first)
        assert len(place.posts(SHARED)) == 1
        await bot.move(second)
        assert len(place.posts(SHARED)) == 1
        await bot.move(at("2026-10-26T02:31"))

    assert len(place.posts(SHARED)) == 2


async def test_a_job_that_fails_does_not_stop_the_others(
    place: Place,
) -> None:
    async def explode(occurrence: Occurrence) -> None:
        raise RuntimeError("boom")

    async with running(place.config(sources=[companies.SOURCE]), SUNDAY) as bot:
        await bot.pulled()
        bot.bot.jobs.insert(0, Job("broken", "0 9 * * mon", "Europe/Amsterdam", explode))
        await bot.bot.kept.memory.put("job since: broken", SUNDAY.isoformat())
        await bot.move(NINE)

    assert len(place.posts(SUCCESS)) == 1
