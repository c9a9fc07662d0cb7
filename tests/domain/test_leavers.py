"""Who left in the window of a drop."""

from datetime import date

import numpy as np

from bot.domain.definition import Definition
from bot.domain.exposure import exposure
from bot.domain.leavers import largest_account, who_left
from bot.domain.period import Kind, period_of, run_up
from bot.domain.segments import segment
from tests.domain.companies import Company, columns_of, dimension_of

SEPTEMBER, OCTOBER = run_up(period_of(Kind.MONTH, date(2026, 10, 1), Definition()), 2, Definition())
COMPANY: Company = {
    1: [(date(2026, 1, 1), date(2026, 9, 10))],
    2: [(date(2026, 1, 1), date(2026, 10, 10))],
    3: [(date(2026, 1, 1), None)],
    4: [(date(2026, 10, 2), date(2026, 10, 20))],
    5: [
        (date(2026, 1, 1), date(2026, 9, 10)),
        (date(2026, 9, 20), date(2026, 9, 25)),
        (date(2026, 9, 30), date(2026, 10, 5)),
    ],
}


def test_who_left_in_any_period_of_the_window_is_named_once() -> None:
    columns = columns_of(COMPANY)

    found = who_left(columns, (SEPTEMBER, OCTOBER))

    assert found.tolist() == [1, 2, 5]
    assert len(found) == exposure(columns, (SEPTEMBER, OCTOBER)).lost.sum()
    assert who_left(columns, ()).tolist() == []


def test_of_a_segment_its_own_are_named() -> None:
    plans = dimension_of([(n, date(2020, 1, 1), "ab"[n % 2]) for n in COMPANY])
    columns = columns_of(COMPANY, dimensions={"plan": plans})
    masks = [
        segment(columns, "plan", "b", on=period.eve, definition=Definition())
        for period in (SEPTEMBER, OCTOBER)
    ]

    assert who_left(columns, (SEPTEMBER, OCTOBER), masks).tolist() == [1, 5]


def test_the_account_that_took_most_with_it() -> None:
    left = np.array([1, 2, 3, 4, 5], np.int32)

    assert largest_account(left, {1: 70, 2: 71, 4: 71, 5: 71, 9: 70}) == (71, 3)
    assert largest_account(left, {1: 70, 2: 71}) is None
    assert largest_account(left, {}) is None
