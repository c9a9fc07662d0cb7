"""What the digest says of the newest month, and of what would not show."""

from dataclasses import replace
from datetime import date

import pytest

from bot.domain.detection import Reason, Sight, Verdict, Window
from bot.domain.period import Kind, Period
from bot.messages.sight import sight_sentence
from tests.messages.figures import period

SEPTEMBER = period(Kind.MONTH, date(2026, 9, 1))
OCTOBER = period(Kind.MONTH, date(2026, 10, 1))
WEEKLY = Period(date(2026, 10, 9), date(2026, 11, 9), Kind.DAYS)
SIGHT = Sight(50, 2.5, 5.0, 0.02)
ONE = Window((OCTOBER,), 50, 2, 2.5, 5.0, 0.6)
TWO = Window((SEPTEMBER, OCTOBER), 100, 17, 5.0, 10.0, 0.001)
FINE = Verdict(Reason.NORMAL, OCTOBER, 50, 2, (ONE,), 0.02, 1.0, SIGHT, 24, 21)


def test_a_usual_month_is_told_with_what_would_not_show() -> None:
    assert sight_sentence(FINE) == (
        "48 of 50 customers stayed in October 2026, 48 expected: as usual."
        f" Drops under {SIGHT.drop:.0f} points would not show yet."
    )
    assert SIGHT.drop == 13


def test_a_drop_is_told_over_the_months_that_luck_explains_least() -> None:
    dropped = replace(FINE, reason=Reason.DROPPED, windows=(ONE, TWO))

    told = sight_sentence(dropped)
    assert told.startswith("83 of 100 stayed over the last 2 months, 95 expected: fewer than luck")


def test_a_usual_month_after_bad_ones_is_told_by_itself() -> None:
    assert sight_sentence(replace(FINE, windows=(ONE, TWO))).startswith("48 of 50 customers")


def test_a_rule_that_looks_each_week_speaks_of_the_month_up_to_its_last_day() -> None:
    weekly = replace(FINE, period=WEEKLY, windows=(replace(ONE, periods=(WEEKLY,)),))

    assert "stayed in the month up to 8 Nov 2026," in sight_sentence(weekly)


@pytest.mark.parametrize(
    ("reason", "told"),
    [
        (Reason.SHORT_HISTORY, "Too few months are known yet to tell a bad one from bad luck."),
        (Reason.SMALL_BASE, "With 50 customers nobody can tell a bad month from bad luck."),
    ],
)
def test_what_cannot_be_judged_is_said_so(reason: Reason, told: str) -> None:
    silent = replace(FINE, reason=reason, windows=(), sight=None, made_of=0)

    assert sight_sentence(silent) == told


def test_one_customer_is_one() -> None:
    few = replace(FINE, reason=Reason.SMALL_BASE, opening=1, windows=(), sight=None, made_of=0)

    assert sight_sentence(few) == "With 1 customer nobody can tell a bad month from bad luck."


def test_who_cannot_see_anything_says_so() -> None:
    told = sight_sentence(replace(FINE, sight=replace(SIGHT, opening=5)))

    assert told.endswith("no drop would show in one.")


@pytest.mark.parametrize(
    "verdict", [None, Verdict(Reason.NO_DATA), Verdict(Reason.NO_DATA, OCTOBER, 0, 0)]
)
def test_where_there_is_no_month_nothing_is_said(verdict: Verdict | None) -> None:
    assert sight_sentence(verdict) == ""
