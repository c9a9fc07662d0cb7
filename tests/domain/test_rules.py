"""The rule on drops: when it speaks, when it keeps quiet, and how an incident ends."""

from collections.abc import Sequence
from datetime import date

import pytest
from hypothesis import given
from hypothesis import strategies as st

from bot.domain.definition import Definition
from bot.domain.period import Kind, run_up
from bot.domain.period import period_of as period_with
from bot.domain.retention import Counts
from bot.domain.rules import Drop, Observation, Reason, Verdict, judge

RULE = Drop("months", points=5, periods=3, minimum_base=30)
OCTOBER = period_with(Kind.MONTH, date(2026, 10, 1), Definition())


def history(*kept: int, opening: int = 100) -> list[Observation]:
    """Months that end with October, in each of which so many of `opening` were kept."""
    months = run_up(OCTOBER, len(kept), Definition()) if kept else ()
    return [
        Observation(month, counts(opening, number))
        for month, number in zip(months, kept, strict=True)
    ]


def counts(opening: int, kept: int) -> Counts:
    return Counts(opening, kept, kept, opening - kept, 0, 0, 0)


def told(observed: Sequence[Observation], *, is_open: bool = False) -> Reason:
    return judge(RULE, observed, is_open=is_open).reason


def test_nothing_is_no_data() -> None:
    assert judge(RULE, [], is_open=False) == Verdict(Reason.NO_DATA, None, None)


def test_a_period_with_nobody_to_keep_is_no_data() -> None:
    observed = [*history(95, 95, 95), Observation(OCTOBER, counts(0, 0))]

    assert told(observed) is Reason.NO_DATA


def test_a_small_base_never_alerts() -> None:
    observed = [*history(95, 95, 95), Observation(OCTOBER, counts(29, 0))]

    assert told(observed) is Reason.SMALL_BASE
    assert told(observed, is_open=True) is Reason.SMALL_BASE


def test_the_smallest_base_that_may_alert_does() -> None:
    assert told([*history(95, 95, 95), Observation(OCTOBER, counts(30, 20))]) is Reason.DROPPED


def test_a_short_history_expects_nothing() -> None:
    assert told(history(10)) is Reason.SHORT_HISTORY
    assert told(history(95, 95, 10)) is Reason.SHORT_HISTORY
    assert told(history(95, 95, 95, 10)) is Reason.DROPPED


@pytest.mark.parametrize("past", [counts(0, 0), counts(29, 1)])
def test_periods_that_say_nothing_are_passed_over(past: Counts) -> None:
    observed = history(95, 95, 95, 50, 89)
    observed[3] = Observation(observed[3].period, past)

    verdict = judge(RULE, observed, is_open=False)

    assert verdict.expected == pytest.approx(0.95)
    assert verdict.reason is Reason.DROPPED
    assert told(observed[1:]) is Reason.SHORT_HISTORY


def test_expected_is_the_plain_mean_of_the_last_periods() -> None:
    observed = [*history(10, 90, 94), Observation(OCTOBER, counts(1_000, 980)), *history(93)]

    verdict = judge(RULE, observed, is_open=False)

    assert verdict.expected == pytest.approx((0.90 + 0.94 + 0.98) / 3)
    assert verdict.observed == observed[-1]


@pytest.mark.parametrize(
    ("kept", "reason"),
    [(100, Reason.NORMAL), (91, Reason.NORMAL), (90, Reason.NORMAL), (89, Reason.DROPPED)],
)
def test_a_fall_of_more_than_the_points_speaks(kept: int, reason: Reason) -> None:
    assert told(history(95, 95, 95, kept)) is reason


@pytest.mark.parametrize(
    ("kept", "reason"),
    [
        (80, Reason.STILL_DOWN),
        (90, Reason.STILL_DOWN),
        (92, Reason.STILL_DOWN),
        (93, Reason.RECOVERED),
        (99, Reason.RECOVERED),
    ],
)
def test_an_open_incident_ends_at_half_of_the_points(kept: int, reason: Reason) -> None:
    assert told(history(95, 95, 95, kept), is_open=True) is reason


def test_half_of_the_points_exactly_is_back() -> None:
    rule = Drop("months", points=6, periods=3)

    assert judge(rule, history(95, 95, 95, 92), is_open=True).reason is Reason.RECOVERED


def test_a_long_incident_does_not_become_what_is_expected() -> None:
    observed = history(95, 95, 95, 80, 80, 80, 80)
    opened = observed[3].period.first

    verdict = judge(RULE, observed, is_open=True, opened=opened)

    assert verdict.reason is Reason.STILL_DOWN
    assert verdict.expected == pytest.approx(0.95)
    assert judge(RULE, observed, is_open=True).reason is Reason.RECOVERED


def test_the_period_that_opened_an_incident_can_be_judged_again() -> None:
    observed = history(95, 95, 95, 94)

    verdict = judge(RULE, observed, is_open=True, opened=observed[3].period.first)

    assert verdict.reason is Reason.RECOVERED
    assert verdict.expected == pytest.approx(0.95)


@given(
    st.lists(st.tuples(st.integers(0, 90), st.integers(0, 90)), max_size=8),
    st.booleans(),
)
def test_a_verdict_always_fits_the_state(pairs: list[tuple[int, int]], is_open: bool) -> None:
    months = run_up(OCTOBER, max(len(pairs), 1), Definition())
    observed = [
        Observation(month, counts(max(pair), min(pair)))
        for month, pair in zip(months, pairs, strict=False)
    ]

    verdict = judge(RULE, observed, is_open=is_open)

    silent = {Reason.NO_DATA, Reason.SHORT_HISTORY, Reason.SMALL_BASE}
    of_state = {Reason.STILL_DOWN, Reason.RECOVERED} if is_open else {Reason.NORMAL, Reason.DROPPED}
    assert verdict.reason in silent | of_state
    assert (verdict.expected is None) is (verdict.reason in silent)
