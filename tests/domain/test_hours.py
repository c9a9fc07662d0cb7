"""Quiet hours and days off, in the zone where people work."""

from datetime import datetime, time
from zoneinfo import ZoneInfo

import pytest

from bot.domain.hours import Hours

AMSTERDAM = ZoneInfo("Europe/Amsterdam")
OFFICE = Hours(time(9), time(17), frozenset(range(5)))


def local(text: str) -> datetime:
    return datetime.fromisoformat(text).replace(tzinfo=AMSTERDAM)


@pytest.mark.parametrize(
    ("asked", "opens"),
    [
        pytest.param("2026-11-02T09:00", "2026-11-02T09:00", id="the first moment"),
        pytest.param("2026-11-02T16:59:59", "2026-11-02T16:59:59", id="the last moment"),
        pytest.param("2026-11-02T17:00", "2026-11-03T09:00", id="the evening"),
        pytest.param("2026-11-02T08:59", "2026-11-02T09:00", id="the morning"),
        pytest.param("2026-10-30T17:00", "2026-11-02T09:00", id="over a weekend"),
        pytest.param("2026-10-31T12:00", "2026-11-02T09:00", id="on a Saturday"),
        pytest.param("2028-02-28T18:00", "2028-02-29T09:00", id="into a leap day"),
    ],
)
def test_what_comes_at_another_time_waits(asked: str, opens: str) -> None:
    assert OFFICE.next_open(local(asked), AMSTERDAM) == local(opens)


def test_without_hours_nothing_waits() -> None:
    moment = local("2026-11-01T03:00")

    assert Hours().next_open(moment, AMSTERDAM) == moment


def test_one_day_of_the_week_is_found_from_the_day_after_it() -> None:
    mondays = Hours(time(9), time(10), frozenset({0}))

    assert mondays.next_open(local("2026-11-02T10:00"), AMSTERDAM) == local("2026-11-09T09:00")


def test_hours_keep_to_the_wall_clock_when_clocks_are_set_back() -> None:
    opens = Hours(time(9)).next_open(local("2026-10-25T00:30"), AMSTERDAM)

    assert opens.isoformat() == "2026-10-25T09:00:00+01:00"
