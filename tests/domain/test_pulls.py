"""When changes are enough, and when everything is read."""

from dataclasses import replace
from datetime import UTC, datetime, timedelta

import pytest

from bot.domain.pulls import Pull, PullState, Running, to_add_to

NOW = datetime(2026, 11, 16, 3, 15, tzinfo=UTC)
FULL = Pull(
    1, "crm", "d", NOW - timedelta(days=3), PullState.BELIEVED, evidence="dates", asked="a"
)  # fmt: skip
NEWEST = replace(FULL, id=2, started_at=NOW - timedelta(days=1), base=1)


def found(believed: Pull | None, full: Pull | None, days: float = 7) -> Pull | None:
    return to_add_to(
        believed, full, definition="d", asked="a", now=NOW, full_every=timedelta(days=days)
    )


def test_changes_are_added_to_the_newest_believed_pull() -> None:
    assert found(FULL, FULL) == FULL
    assert found(NEWEST, FULL) == NEWEST


@pytest.mark.parametrize(
    "believed",
    [
        pytest.param(None, id="the first pull"),
        pytest.param(replace(NEWEST, evidence=""), id="of an older Keeprate"),
        pytest.param(replace(NEWEST, definition="other"), id="another definition"),
        pytest.param(replace(NEWEST, asked="other"), id="other settings"),
        pytest.param(replace(NEWEST, started_at=NOW + timedelta(1)), id="clock went back"),
    ],
)
def test_everything_is_read_where_what_is_known_says_nothing_of_now(believed: Pull | None) -> None:
    assert found(believed, FULL) is None


def test_everything_is_read_where_nothing_ever_was() -> None:
    assert found(NEWEST, None) is None


@pytest.mark.parametrize(("days", "full"), [(2, True), (3, True), (3.04, True), (3.05, False)])
def test_everything_is_read_when_it_was_so_long_ago_give_or_take_an_hour(
    days: float, full: bool
) -> None:
    assert (found(NEWEST, FULL, days) is None) == full


@pytest.mark.parametrize(
    ("running", "a_second", "left"),
    [
        pytest.param(Running("crm"), None, None, id="just begun"),
        pytest.param(Running("crm", 500, None, 5), 100, None, id="of nobody knows how many"),
        pytest.param(Running("crm", 500, 1_500, 5), 100, 10, id="of so many"),
        pytest.param(Running("crm", 500, 400, 5), 100, 0, id="more than was said"),
        pytest.param(Running("crm", 500, 1_500, 0), None, None, id="in no time"),
        pytest.param(Running("crm", 900, 1_500, 5, before=400), 100, 6, id="gone on with"),
        pytest.param(Running("crm", 400, 1_500, 5, before=400), None, None, id="nothing new yet"),
    ],
)
def test_how_long_it_takes_is_told_from_what_came(
    running: Running, a_second: float | None, left: float | None
) -> None:
    assert (running.a_second, running.seconds_left) == (a_second, left)
