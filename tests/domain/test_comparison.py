"""A period beside the one before it."""

from datetime import date

import pytest

from bot.domain.comparison import Figure, compared, same_day
from bot.domain.definition import Definition
from bot.domain.period import Kind, Period, SoFar, period_of
from bot.domain.retention import Counts, Unknown
from tests.domain.companies import columns_of

DEFINITION = Definition()
OCTOBER = period_of(Kind.MONTH, date(2026, 10, 1), DEFINITION)
NOVEMBER = period_of(Kind.MONTH, date(2026, 11, 1), DEFINITION)


def stay(since: date, until: date | None = None) -> tuple[date, date | None]:
    return since, until


def test_a_finished_month_is_compared_with_all_of_the_month_before() -> None:
    columns = columns_of(
        {
            1: [stay(date(2026, 1, 1))],
            2: [stay(date(2026, 1, 1), date(2026, 9, 30))],
            3: [stay(date(2026, 1, 1), date(2026, 10, 31))],
        }
    )

    found = compared(columns, OCTOBER, today=date(2026, 11, 9), definition=DEFINITION)

    assert (found.now.counts.opening, found.now.counts.lost) == (2, 1)
    assert found.now.so_far is None
    assert found.before is not None
    assert (found.before.counts.opening, found.before.counts.lost) == (3, 1)


def test_nine_days_of_november_are_compared_with_nine_days_of_october() -> None:
    columns = columns_of(
        {
            1: [stay(date(2026, 1, 1))],
            2: [stay(date(2026, 1, 1), date(2026, 10, 9))],
            3: [stay(date(2026, 1, 1), date(2026, 10, 10))],
        }
    )

    found = compared(columns, NOVEMBER, today=date(2026, 11, 9), definition=DEFINITION)

    assert found.now.so_far == SoFar(9, 30)
    assert found.before is not None
    assert found.before.so_far == SoFar(9, 31)
    assert found.before.counts.lost == 1, "who was gone on the 10th had not left by the 9th"


def test_the_30th_of_march_is_compared_with_all_of_february() -> None:
    columns = columns_of({1: [stay(date(2026, 1, 1), date(2026, 2, 28))]})
    march = period_of(Kind.MONTH, date(2026, 3, 1), DEFINITION)

    found = compared(columns, march, today=date(2026, 3, 30), definition=DEFINITION)

    assert found.now.so_far == SoFar(30, 31)
    assert found.before is not None
    assert found.before.so_far is None
    assert found.before.counts.lost == 1


def test_the_month_before_may_not_be_known_and_then_there_is_none() -> None:
    columns = columns_of({1: [stay(date(2026, 9, 30))]}, known_from=date(2026, 9, 30))

    found = compared(columns, OCTOBER, today=date(2026, 11, 9), definition=DEFINITION)

    assert found.now.counts.crr == 1.0
    assert found.before is None


def test_a_month_that_is_not_known_is_refused() -> None:
    columns = columns_of({1: [stay(date(2026, 10, 5))]}, known_from=date(2026, 10, 5))

    with pytest.raises(Unknown):
        compared(columns, OCTOBER, today=date(2026, 11, 9), definition=DEFINITION)


@pytest.mark.parametrize(
    ("period", "so_far", "day"),
    [
        (period_of(Kind.MONTH, date(2026, 11, 1), DEFINITION), SoFar(9, 30), date(2026, 10, 9)),
        (period_of(Kind.MONTH, date(2026, 11, 1), DEFINITION), None, None),
        (period_of(Kind.WEEK, date(2026, 11, 2), DEFINITION), SoFar(3, 7), None),
    ],
    ids=["the same day", "both are over", "another kind"],
)
def test_what_is_over_is_measured_by_the_same_day_as_what_is_not(
    period: Period, so_far: SoFar | None, day: date | None
) -> None:
    nobody = Counts(0, 0, 0, 0, 0, 0, 0)
    whole = Figure(OCTOBER, nobody, None)

    assert same_day(whole, Figure(period, nobody, so_far)) == day


def test_30_days_of_march_are_all_of_february() -> None:
    nobody = Counts(0, 0, 0, 0, 0, 0, 0)
    february, march = (period_of(Kind.MONTH, date(2026, m, 1), DEFINITION) for m in (2, 3))
    reached = same_day(Figure(february, nobody, None), Figure(march, nobody, SoFar(30, 31)))

    assert reached == date(2026, 2, 28)


def test_a_month_before_all_customers_is_not_known() -> None:
    columns = columns_of({1: [stay(date(2026, 11, 1))], 2: [stay(date(2026, 11, 5))]})

    with pytest.raises(Unknown, match="before 2026-11-01"):
        compared(columns, OCTOBER, today=date(2026, 11, 9), definition=DEFINITION)


def test_the_month_in_which_the_first_one_joined_has_no_rate_and_is_known() -> None:
    columns = columns_of({1: [stay(date(2026, 10, 31))]})

    found = compared(columns, OCTOBER, today=date(2026, 11, 9), definition=DEFINITION)

    assert (found.now.counts.new, found.now.counts.crr) == (1, None)


def test_who_left_is_told_from_the_longest_customer_on() -> None:
    columns = columns_of(
        {
            1: [stay(date(2026, 3, 1), date(2026, 10, 5))],
            2: [stay(date(2025, 1, 1), date(2026, 10, 5))],
            3: [
                stay(date(2024, 1, 1), date(2024, 2, 1)),
                stay(date(2026, 9, 1), date(2026, 10, 5)),
            ],
            4: [stay(date(2020, 1, 1))],
        }
    )

    found = compared(columns, OCTOBER, today=date(2026, 11, 9), definition=DEFINITION)

    assert found.lost.tolist() == [3, 2, 1]
