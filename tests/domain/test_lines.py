"""Plain rules: a line, a fall in points, a fall in percent."""

from datetime import date

import pytest
from hypothesis import given
from hypothesis import strategies as st

from bot.domain.definition import Definition
from bot.domain.lines import Line, LineReason, Point, Shape, cross
from bot.domain.period import Kind, period_of, run_up

OCTOBER = period_of(Kind.MONTH, date(2026, 10, 1), Definition())


def points(*values: float | None, base: int = 100) -> list[Point]:
    months = run_up(OCTOBER, len(values), Definition()) if values else ()
    return [Point(month, value, base) for month, value in zip(months, values, strict=True)]


def told(line: Line, *values: float | None, is_open: bool = False) -> LineReason:
    """With `is_open` an incident is open since the last of the periods."""
    opened = OCTOBER.first if is_open else None
    return cross(line, points(*values), opened=opened).reason


LINE = Line(Shape.BELOW, 90)
FALL = Line(Shape.FALL_POINTS, 5)
PERCENT = Line(Shape.FALL_PERCENT, 10)


@pytest.mark.parametrize(
    ("value", "reason"),
    [(90.1, LineReason.FINE), (90, LineReason.FINE), (89.9, LineReason.CROSSED)],
)
def test_a_line_is_crossed_below_it(value: float, reason: LineReason) -> None:
    assert told(LINE, value) is reason


@pytest.mark.parametrize(("value", "reason"), [(89, LineReason.STILL), (90, LineReason.BACK)])
def test_what_is_no_longer_below_the_line_is_back(value: float, reason: LineReason) -> None:
    assert told(LINE, value, is_open=True) is reason


@pytest.mark.parametrize(
    ("value", "reason"),
    [(91, LineReason.FINE), (90, LineReason.FINE), (89.99, LineReason.CROSSED)],
)
def test_a_fall_is_of_more_than_the_points(value: float, reason: LineReason) -> None:
    assert told(FALL, 95, value) is reason


def test_fractions_that_are_not_exact_are_no_fall() -> None:
    assert 1.1 - 1.0 > 0.1
    assert told(Line(Shape.FALL_POINTS, 0.1), 1.1, 1.0) is LineReason.FINE


@pytest.mark.parametrize(
    ("value", "reason"), [(93, LineReason.BACK), (92.5, LineReason.BACK), (92.4, LineReason.STILL)]
)
def test_half_of_the_fall_made_good_is_back(value: float, reason: LineReason) -> None:
    assert told(FALL, 95, value, is_open=True) is reason


@pytest.mark.parametrize(("value", "reason"), [(45, LineReason.FINE), (44, LineReason.CROSSED)])
def test_a_fall_in_percent_is_of_what_it_was(value: float, reason: LineReason) -> None:
    assert told(PERCENT, 50, value) is reason


def test_of_nothing_there_is_no_percentage() -> None:
    assert told(PERCENT, 0, -5) is LineReason.NOTHING_TO_FALL_FROM
    assert told(PERCENT, -10, -50) is LineReason.NOTHING_TO_FALL_FROM
    assert told(FALL, -10, -50) is LineReason.CROSSED


def test_it_falls_from_the_mean_of_the_periods_that_say_something() -> None:
    line = Line(Shape.FALL_POINTS, 5, periods=2)
    history = points(10, 90, 94, None, 20, 80)
    history[4] = Point(history[4].period, 20, base=29)

    verdict = cross(line, history)

    assert verdict.compared_with == pytest.approx(92)
    assert verdict.by == pytest.approx(12)
    assert verdict.now == history[-1]


def test_without_enough_periods_before_there_is_nothing_to_fall_from() -> None:
    assert told(FALL, 10) is LineReason.SHORT_HISTORY
    assert told(FALL, None, 10) is LineReason.SHORT_HISTORY
    assert told(LINE, 10) is LineReason.CROSSED


def test_no_period_or_no_figure_is_no_data() -> None:
    assert told(LINE) is LineReason.NO_DATA
    assert told(LINE, 95, None) is LineReason.NO_DATA


@pytest.mark.parametrize(
    ("base", "reason"), [(29, LineReason.SMALL_BASE), (30, LineReason.CROSSED)]
)
def test_a_small_base_is_not_judged(base: int, reason: LineReason) -> None:
    assert cross(LINE, points(10, base=base)).reason is reason


def test_a_drop_that_lasts_does_not_become_what_is_compared_with() -> None:
    months = points(95, 95, 80, 80, 80)

    lasting = cross(FALL, months, opened=months[2].period.first)
    assert lasting.reason is LineReason.STILL
    assert lasting.compared_with == 95
    assert cross(FALL, months).reason is LineReason.FINE


def test_the_period_that_opened_it_can_be_judged_again() -> None:
    months = points(95, 95, 80)

    assert cross(FALL, months, opened=months[2].period.first).reason is LineReason.STILL


@given(
    st.lists(st.floats(0, 100), min_size=1, max_size=12),
    st.sampled_from(Shape),
    st.floats(0.1, 20),
    st.booleans(),
)
def test_what_is_open_goes_on_or_is_back_and_what_is_not_is_crossed_or_fine(
    values: list[float], shape: Shape, limit: float, is_open: bool
) -> None:
    reason = told(Line(shape, limit), *values, is_open=is_open)

    silent = {LineReason.SHORT_HISTORY, LineReason.NOTHING_TO_FALL_FROM}
    open_ones, closed = {LineReason.STILL, LineReason.BACK}, {LineReason.CROSSED, LineReason.FINE}
    assert reason in silent | (open_ones if is_open else closed)
