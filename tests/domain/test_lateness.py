"""Churn that is recorded late: what share of it can have been seen."""

from datetime import date

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from numpy.typing import NDArray

from bot.domain.definition import Definition
from bot.domain.exposure import rolling_months
from bot.domain.lateness import HORIZON, LEAST, Recording, recording
from bot.domain.period import Kind, Period, day_number, period_of

OCTOBER = period_of(Kind.MONTH, date(2026, 10, 1), Definition())
ASKED = day_number(date(2026, 11, 1))


def leavers(delays: list[int], *, age: int = HORIZON) -> Recording | None:
    left = np.full(len(delays), ASKED - age, np.int32)
    return recording(left, left + np.array(delays, np.int32), asked=ASKED)


def test_the_share_that_is_recorded_by_each_age() -> None:
    found = leavers([0] * 10 + [5] * 20 + [30] * 10)

    assert found is not None
    assert found.within[[0, 4, 5, 29, 30, HORIZON]] == pytest.approx([0.25, 0.25, 0.75, 0.75, 1, 1])


def test_too_few_leavers_tell_nothing() -> None:
    assert leavers([3] * (LEAST - 1)) is None
    assert leavers([3] * LEAST) is not None
    assert leavers([]) is None


def test_those_who_left_lately_do_not_count() -> None:
    assert leavers([3] * 50, age=HORIZON - 1) is None


def test_what_was_recorded_before_it_happened_was_not_late() -> None:
    found = leavers([-20] * 40)

    assert found is not None
    assert found.within[0] == 1


def test_what_was_entered_years_later_is_not_waited_for() -> None:
    found = leavers([0] * 40 + [400] * 40)

    assert found is not None
    assert found.within[0] == 1


def pulled_every(gap: int, delays: NDArray[np.int32], *, first: int = 0) -> Recording | None:
    """Who leaves on each of 300 days, as seen by a pull every `gap` days."""
    left = np.arange(300, dtype=np.int32)
    entered = left + np.resize(delays, 300).astype(np.int32)
    said = (first + -(-(entered - first) // gap) * gap).astype(np.int32)
    earliest = np.minimum(said, np.maximum(left, said - gap + 1))
    return recording(left, said, asked=300 + HORIZON, earliest=earliest)


@pytest.mark.parametrize("gap", [1, 7, 14, 31])
def test_what_every_pull_has_to_the_end_is_not_late_however_seldom_it_comes(gap: int) -> None:
    found = pulled_every(gap, np.zeros(1, np.int32))

    assert found is not None
    assert found.within[0] == pytest.approx(1, abs=0.02)


@pytest.mark.parametrize("gap", [1, 7, 14])
def test_what_is_late_is_so_between_pulls_too(gap: int) -> None:
    found = pulled_every(gap, np.full(1, 12, np.int32))

    assert found is not None
    assert found.within[[9, 12]] == pytest.approx([0, 1], abs=0.1)


def test_some_at_once_and_some_late_are_told_apart() -> None:
    found = pulled_every(7, np.array([0, 0, 30], np.int32))

    assert found is not None
    assert found.within[[2, 20, 33]] == pytest.approx([0.67, 0.67, 1], abs=0.05)


@given(st.lists(st.integers(0, 90), min_size=LEAST, max_size=80), st.integers(-40, 150))
def test_a_period_is_recorded_as_its_days_are_on_average(delays: list[int], ago: int) -> None:
    found = leavers(delays)
    assert found is not None
    late = Recording(found.within, day_number(OCTOBER.first) + ago)  # evenly over the month

    slow = np.mean(
        [
            np.mean([delay <= late.asked - day for delay in delays])
            for day in range(day_number(OCTOBER.first), day_number(OCTOBER.next))
        ]
    )
    assert late.shares([OCTOBER]) == pytest.approx([slow])


def test_churn_at_the_end_of_the_month_is_as_old_as_that_end() -> None:
    first_of_june = day_number(date(2026, 6, 1))
    left = np.full(3_000, first_of_june, np.int32)
    delays = np.tile(np.array([0, 20], np.int32), 1_500)
    known = recording(left, left + delays, asked=ASKED)
    assert known is not None

    def recorded(day: date) -> float:
        month_before = rolling_months(day, 1)
        return float(known.at(day_number(day)).shares(month_before)[0])

    assert recorded(date(2026, 10, 8)) == pytest.approx(0.5, abs=0.02)
    assert recorded(date(2026, 10, 22)) == pytest.approx(1, abs=0.02)


def test_no_period_has_no_share() -> None:
    known = leavers([3] * LEAST)
    assert known is not None

    assert known.shares([]).tolist() == []


def test_old_periods_are_recorded_to_the_end() -> None:
    found = leavers([30] * 40)
    assert found is not None
    year = Period(date(2025, 1, 1), date(2026, 1, 1), Kind.YEAR)

    shares = found.shares([year, OCTOBER])

    assert shares[0] == 1
    assert 0 < shares[1] < 1
