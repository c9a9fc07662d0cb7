"""When a job is due, and what the ledger calls each time."""

import asyncio
from datetime import UTC, datetime, timedelta
from zoneinfo import ZoneInfo

import pytest

from bot.jobs.schedule import (
    Job,
    Occurrence,
    look_again,
    newest_occurrence,
    next_occurrence,
    scheduler,
)

AMSTERDAM = ZoneInfo("Europe/Amsterdam")


async def nothing(occurrence: Occurrence) -> None:
    pass


def job(cron: str, zone: str = "Europe/Amsterdam") -> Job:
    return Job("job", cron, zone, nothing)


def key(cron: str, now: datetime) -> str | None:
    found = newest_occurrence(job(cron), now)
    return found.key if found else None


def test_an_occurrence_is_due_at_its_very_minute_and_not_before() -> None:
    monday = "0 9 * * mon"

    assert key(monday, datetime(2026, 11, 23, 9, 0, tzinfo=AMSTERDAM)) == "2026-11-23T09:00"
    before = datetime(2026, 11, 23, 8, 59, 59, tzinfo=AMSTERDAM)
    assert key(monday, before) == "2026-11-16T09:00"


def test_mon_means_monday() -> None:
    found = newest_occurrence(job("0 9 * * mon"), datetime(2026, 11, 26, tzinfo=UTC))

    assert found is not None
    assert found.at.strftime("%A") == "Monday"


def test_the_zone_of_the_schedule_decides_and_not_that_of_now() -> None:
    now = datetime(2026, 7, 6, 7, 30, tzinfo=UTC)  # half past nine in Amsterdam

    assert key("0 9 * * mon", now) == "2026-07-06T09:00"
    assert newest_occurrence(job("0 9 * * mon", "UTC"), now) != newest_occurrence(
        job("0 9 * * mon"), now
    )


def test_the_hour_that_comes_twice_is_one_occurrence() -> None:
    first = datetime(2026, 10, 25, 2, 45, tzinfo=AMSTERDAM, fold=0)
    second = datetime(2026, 10, 25, 2, 45, tzinfo=AMSTERDAM, fold=1)
    assert first.timestamp() + 3600 == second.timestamp()

    assert key("30 2 * * *", first.astimezone(UTC)) == "2026-10-25T02:30"
    assert key("30 2 * * *", second.astimezone(UTC)) == "2026-10-25T02:30"


def test_what_is_due_every_hour_is_due_in_both_of_them() -> None:
    first = datetime(2026, 10, 25, 2, 45, tzinfo=AMSTERDAM, fold=0)
    second = datetime(2026, 10, 25, 2, 45, tzinfo=AMSTERDAM, fold=1)

    assert key("30 * * * *", first.astimezone(UTC)) != key("30 * * * *", second.astimezone(UTC))


def test_the_hour_that_does_not_come_is_still_one_occurrence_that_day() -> None:
    noon = datetime(2026, 3, 29, 12, 0, tzinfo=AMSTERDAM)

    assert key("30 2 * * *", noon) == "2026-03-29T02:30"


@pytest.mark.parametrize(
    ("cron", "expected"),
    [
        ("*/5 * * * *", "2026-11-21T20:40"),
        ("0 9 1 * *", "2026-11-01T09:00"),
        ("0 9 1 jan,apr,jul,oct *", "2026-10-01T09:00"),
        ("0 9 1 jan *", "2026-01-01T09:00"),
        ("0 9 29 2 *", "2024-02-29T09:00"),
    ],
)
def test_the_newest_occurrence_is_found_however_rare_it_is(cron: str, expected: str) -> None:
    now = datetime(2026, 11, 21, 20, 44, tzinfo=AMSTERDAM)

    found = newest_occurrence(job(cron), now)

    assert found is not None
    assert found.key.startswith(expected)


def test_what_never_comes_has_no_occurrence() -> None:
    assert key("0 9 31 2 *", datetime(2026, 11, 21, tzinfo=UTC)) is None
    assert next_occurrence(job("0 9 31 2 *"), datetime(2026, 11, 21, tzinfo=UTC)) is None


def test_the_next_occurrence_is_after_now_and_not_at_it() -> None:
    found = next_occurrence(job("0 9 * * mon"), datetime(2026, 11, 23, 9, 0, tzinfo=AMSTERDAM))

    assert found is not None
    assert found.key == "2026-11-30T09:00"


async def test_the_scheduler_calls_what_is_late_once_however_late_it_is() -> None:
    async def run(job: Job) -> None:
        pass

    made = scheduler([job("0 9 * * mon")], run, lambda: datetime.now(UTC))
    made.start(paused=True)
    [added] = made.get_jobs()

    assert added.coalesce
    assert added.misfire_grace_time is None
    assert added.max_instances == 1
    made.shutdown(wait=False)


async def test_a_job_runs_when_its_clock_says_so_which_need_not_be_the_machines() -> None:
    ran = asyncio.Event()

    async def run(job: Job) -> None:
        ran.set()

    ahead = datetime(1997, 5, 5, 8, 59, 59, 500000, tzinfo=AMSTERDAM) - datetime.now(UTC)
    made = scheduler([job("0 9 * * mon")], run, lambda: datetime.now(UTC) + ahead)
    made.start()

    await asyncio.wait_for(ran.wait(), 5)

    [next_run] = [each.next_run_time for each in made.get_jobs()]
    expected = datetime(1997, 5, 12, 9, 0, tzinfo=AMSTERDAM)
    assert abs(next_run + ahead - expected) < timedelta(seconds=1)
    made.shutdown(wait=False)


async def test_after_the_clock_was_moved_a_job_is_due_anew() -> None:
    ran = asyncio.Event()

    async def run(job: Job) -> None:
        ran.set()

    begun = datetime(2026, 11, 3, 12, 0, tzinfo=AMSTERDAM)
    ahead = begun - datetime.now(UTC)
    made = scheduler([job("0 9 * * mon")], run, lambda: datetime.now(UTC) + ahead)
    made.start()
    ahead += datetime(2026, 11, 9, 8, 59, 59, 700000, tzinfo=AMSTERDAM) - begun

    look_again(made)

    await asyncio.wait_for(ran.wait(), 5)
    made.shutdown(wait=False)
