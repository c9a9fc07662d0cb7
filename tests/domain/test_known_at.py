"""The moment of the past as of which a figure is asked for."""

from datetime import UTC, date, datetime
from zoneinfo import ZoneInfo

import pytest

from bot.domain.definition import Definition
from bot.domain.period import Kind, Period
from bot.domain.questions import CrrQuestion, ExplainQuestion, known_at, read_crr
from bot.errors import Misunderstood

AMSTERDAM = ZoneInfo("Europe/Amsterdam")
DEFINITION = Definition(zone="Europe/Amsterdam")
TODAY = date(2026, 11, 9)
SEPTEMBER = Period(date(2026, 9, 1), date(2026, 10, 1), Kind.MONTH)


def moment(text: str, today: date = TODAY) -> datetime:
    return known_at(text, today=today, definition=DEFINITION)


def asked(words: str) -> CrrQuestion:
    question = read_crr(words, today=TODAY, definition=DEFINITION)
    assert isinstance(question, CrrQuestion)
    return question


def test_a_day_is_its_end_in_the_configured_zone() -> None:
    assert moment("2026-10-05").astimezone(UTC) == datetime(
        2026, 10, 5, 21, 59, 59, 999_999, tzinfo=UTC
    )


def test_a_local_time_is_that_minute() -> None:
    assert moment("2026-10-05T12:00") == datetime(2026, 10, 5, 10, tzinfo=UTC)


def test_a_time_with_an_offset_is_taken_as_it_is() -> None:
    assert moment("2026-10-05T12:00+00:00") == datetime(2026, 10, 5, 12, tzinfo=UTC)


def test_of_the_hour_that_comes_twice_the_first_is_meant() -> None:
    assert moment("2026-10-25T02:30").astimezone(UTC) == datetime(2026, 10, 25, 0, 30, tzinfo=UTC)


def test_the_day_of_25_hours_ends_at_its_end() -> None:
    assert moment("2026-10-25").astimezone(UTC).hour == 22


def test_today_is_as_it_is_known_now() -> None:
    assert moment("2026-11-09").date() == TODAY


@pytest.mark.parametrize("text", ["2026-11-10", "2026-11-10T00:00", "2030-01-01"])
def test_what_will_be_known_is_not_known(text: str) -> None:
    with pytest.raises(Misunderstood, match="nobody knows yet: it is 2026-11-09"):
        moment(text)


@pytest.mark.parametrize("text", ["", "yesterday", "2026-13-01", "2026-10-05T25:00", "5.10.2026"])
def test_what_is_no_moment_is_told_how_to_write_one(text: str) -> None:
    with pytest.raises(Misunderstood, match=r"is no moment\. Write it like 2026-10-05"):
        moment(text)


def test_it_stands_anywhere_in_the_question_beside_segments() -> None:
    question = asked("known=2026-10-05 2026-09 plan=pro")

    assert question == CrrQuestion(
        SEPTEMBER, {"plan": "pro"}, known_at=datetime(2026, 10, 5, 23, 59, 59, 999_999, AMSTERDAM)
    )
    assert asked("2026-09 Known = 2026-10-05").known_at == question.known_at


def test_the_last_finished_month_is_the_one_of_then() -> None:
    assert asked("known=2026-10-05").period == SEPTEMBER


def test_a_period_that_had_not_begun_then_is_refused() -> None:
    with pytest.raises(Misunderstood, match="has not begun: it is 2026-10-05"):
        asked("2026-11 known=2026-10-05")


def test_an_explanation_can_be_of_the_past() -> None:
    question = read_crr("explain 2026-09 known=2026-10-05", today=TODAY, definition=DEFINITION)

    assert isinstance(question, ExplainQuestion)
    assert question.about.known_at is not None


def test_one_moment_at_a_time() -> None:
    with pytest.raises(Misunderstood, match="Only one moment"):
        asked("2026-09 known=2026-10-05 known=2026-10-06")


def test_as_it_is_known_now_by_default() -> None:
    assert asked("2026-09").known_at is None
