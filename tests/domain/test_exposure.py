"""Who could have left and who did, by tenure: against a slow count customer by customer."""

from dataclasses import replace
from datetime import date, timedelta
from itertools import pairwise

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from bot.domain.definition import Definition
from bot.domain.exposure import (
    ANNIVERSARY,
    NEWCOMERS,
    SETTLED,
    SETTLING,
    exposure,
    in_cells,
    known_periods,
    rolling_months,
)
from bot.domain.period import Kind, Period, day_number, period_of, run_up
from bot.domain.retention import retention
from bot.domain.segments import segment
from tests.domain import detection_reference as reference
from tests.domain.companies import FIRST, Company, columns_of, companies, days, dimension_of

MAY = period_of(Kind.MONTH, date(2026, 5, 1), Definition())


def months(last: date, count: int) -> tuple[Period, ...]:
    return run_up(period_of(Kind.MONTH, last, Definition()), count, Definition())


@st.composite
def runs(draw: st.DrawFn) -> tuple[Period, ...]:
    """Months, weeks or rolling months, perhaps some of each."""
    kind = draw(st.sampled_from([Kind.MONTH, Kind.WEEK, Kind.QUARTER]))
    period = period_of(kind, draw(days), Definition())
    rolling = rolling_months(draw(days), draw(st.integers(0, 14)))
    return (*run_up(period, draw(st.integers(1, 14)), Definition()), *rolling)


@given(companies, runs())
def test_it_counts_what_a_slow_count_does(company: Company, periods: tuple[Period, ...]) -> None:
    found = exposure(columns_of(company), periods)

    slow = [reference.exposure(company, period.first, period.last) for period in periods]
    assert found.opening[0].tolist() == [opening for opening, _ in slow]
    assert found.lost[0].tolist() == [lost for _, lost in slow]


labels = st.sampled_from(["pro", "free", "team"])


@given(
    companies,
    runs(),
    st.dictionaries(st.tuples(st.integers(0, 60), days), labels, min_size=1, max_size=30),
)
def test_each_segment_counts_who_was_in_it_on_the_eve(
    company: Company,
    periods: tuple[Period, ...],
    was: dict[tuple[int, date], str],
) -> None:
    dimension = dimension_of([(customer, since, label) for (customer, since), label in was.items()])
    columns = columns_of(company, dimensions={"plan": dimension})

    found = exposure(
        columns, periods, pieces=in_cells(columns, dimension), cell_count=len(dimension.labels)
    )

    for number, period in enumerate(periods):
        for cell, label in enumerate(dimension.labels):
            within = segment(columns, "plan", label, on=period.eve, definition=Definition())
            slow = retention(columns, period, within=within)
            assert found.opening[cell, number].sum() == len(slow.opening)
            assert found.lost[cell, number].sum() == len(slow.lost)


@pytest.mark.parametrize(
    ("joined", "group"),
    [
        (date(2026, 4, 30), NEWCOMERS),
        (date(2026, 2, 1), NEWCOMERS),
        (date(2026, 1, 31), NEWCOMERS),  # three months are over on the first of May
        (date(2026, 1, 30), SETTLING),
        (date(2025, 7, 1), SETTLING),
        (date(2025, 6, 1), SETTLING),
        (date(2025, 5, 31), SETTLING),
        (date(2025, 5, 30), ANNIVERSARY),
        (date(2025, 5, 1), ANNIVERSARY),  # a term to the last of April ends with the first of May
        (date(2025, 4, 30), SETTLED),
        (date(2024, 5, 15), ANNIVERSARY),
        (date(2024, 4, 15), SETTLED),
        (date(1990, 5, 15), ANNIVERSARY),
        (date(1900, 1, 1), SETTLED),
    ],
)
def test_tenure_is_in_whole_months_on_the_eve(joined: date, group: int) -> None:
    company: Company = {1: [(joined, None)]}

    found = exposure(columns_of(company), [MAY]).opening[0, 0].tolist()

    assert found == [int(number == group) for number in range(4)]
    if joined.year > 1900:
        assert reference.exposure(company, MAY.first, MAY.last)[0] == found


def test_who_ends_a_term_of_a_year_leaves_in_the_month_of_an_anniversary() -> None:
    company: Company = {1: [(date(2025, 5, 1), date(2026, 5, 1))]}

    assert exposure(columns_of(company), [MAY]).lost[0, 0].tolist() == [0, 0, 0, 1]


def test_who_is_won_back_has_been_a_customer_since_the_first_time() -> None:
    company: Company = {1: [(date(2020, 1, 1), date(2020, 3, 1)), (date(2026, 4, 1), None)]}

    assert exposure(columns_of(company), [MAY]).opening[0, 0].tolist() == [0, 0, 1, 0]


def test_who_leaves_and_is_back_by_the_last_day_was_not_lost() -> None:
    back: Company = {1: [(date(2026, 1, 1), date(2026, 5, 5)), (date(2026, 5, 31), None)]}
    twice: Company = {
        1: [
            (date(2026, 1, 1), date(2026, 5, 5)),
            (date(2026, 5, 7), date(2026, 5, 9)),
            (date(2026, 5, 20), None),
        ]
    }

    to_the_last: Company = {
        1: [(date(2026, 1, 1), date(2026, 5, 5)), (date(2026, 5, 20), date(2026, 6, 1))]
    }
    the_day_after: Company = {1: [(date(2026, 1, 1), date(2026, 5, 5)), (date(2026, 6, 1), None)]}

    assert exposure(columns_of(to_the_last), [MAY]).lost.sum() == 0
    assert exposure(columns_of(the_day_after), [MAY]).lost.sum() == 1
    assert exposure(columns_of(back), [MAY]).lost.sum() == 0
    assert exposure(columns_of(twice), [MAY]).lost.sum() == 0


def test_nobody_and_no_period_are_no_trouble() -> None:
    nobody = exposure(columns_of({}), [MAY])
    never = exposure(columns_of({1: [(date(2026, 1, 1), None)]}), [])

    assert nobody.opening.tolist() == [[[0, 0, 0, 0]]]
    assert len(never) == 0


def test_a_segment_that_nothing_is_known_of_is_empty() -> None:
    columns = columns_of({1: [(date(2026, 1, 1), None)]})
    dimension = dimension_of([])

    found = exposure(columns, [MAY], pieces=in_cells(columns, dimension), cell_count=2)

    assert found.opening.sum() == 0


def test_cells_add_up_to_the_total() -> None:
    company: Company = {n: [(date(2026, 1, n + 1), None)] for n in range(9)}
    columns = columns_of(company)
    dimension = dimension_of([(n, date(2020, 1, 1), "ab"[n % 2]) for n in range(9)])

    split = exposure(columns, [MAY], pieces=in_cells(columns, dimension), cell_count=2)

    assert split.total().opening.tolist() == exposure(columns, [MAY]).opening.tolist()
    assert split.cell(0).opening.sum() == 5


def test_periods_are_history_from_the_first_known_eve_to_the_last_day_that_a_pull_saw_pass() -> (
    None
):
    periods = months(date(2026, 5, 1), 4)  # February to May
    columns = columns_of({}, known_from=date(2026, 2, 28), known_to=date(2026, 5, 31))

    assert known_periods(columns, periods) == periods[1:3]
    assert known_periods(columns_of({}, known_to=date(2026, 6, 1)), periods) == periods
    assert known_periods(columns_of({}), periods) == periods


def test_what_lies_before_the_trusted_past_is_no_history() -> None:
    periods = months(date(2026, 5, 1), 4)  # February to May
    trusted = replace(columns_of({}), trusted_from=day_number(date(2026, 2, 28)))

    assert known_periods(trusted, periods) == periods[1:]
    seen_later = replace(trusted, known_from=day_number(date(2026, 3, 31)))
    assert known_periods(seen_later, periods) == periods[2:]


def test_rolling_months_go_back_from_any_day() -> None:
    found = rolling_months(date(2026, 5, 15), 2)

    assert [(p.first, p.next) for p in found] == [
        (date(2026, 3, 15), date(2026, 4, 15)),
        (date(2026, 4, 15), date(2026, 5, 15)),
    ]


@given(days, st.integers(1, 40))
def test_rolling_months_follow_each_other_and_hold_one_month_s_end_each(
    end: date, count: int
) -> None:
    found = rolling_months(end, count)

    assert found[-1].next == end
    assert all(a.next == b.first for a, b in pairwise(found))
    for period in found:
        inside = [period.first + timedelta(days=n) for n in range(period.days)]
        assert sum((day + timedelta(days=1)).day == 1 for day in inside) == 1
        assert 28 <= period.days <= 31


def test_of_a_large_company_counts_are_those_of_the_sweep() -> None:
    random = np.random.default_rng(7)
    company: Company = {}
    for customer in range(3_000):
        since = FIRST + timedelta(days=int(random.integers(-2_000, 400)))
        lasted = timedelta(days=int(random.integers(1, 1_500)))
        company[customer] = [(since, since + lasted)]
    columns, periods = columns_of(company), months(date(2021, 1, 1), 36)

    found = exposure(columns, periods)

    for number, period in enumerate(periods):
        slow = retention(columns, period)
        assert found.opening[0, number].sum() == len(slow.opening)
        assert found.lost[0, number].sum() == len(slow.lost)
