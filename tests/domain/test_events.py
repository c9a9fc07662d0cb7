"""Moves inside a period: against a walk through its days."""

from datetime import date, timedelta

import pytest
from hypothesis import given

from bot.domain.events import Events, events
from bot.domain.period import Kind, Period
from bot.domain.retention import retention
from tests.domain.companies import Company, columns_of, companies, periods
from tests.domain.reference import Stay, is_customer

OCTOBER = Period(date(2026, 10, 1), date(2026, 11, 1), Kind.MONTH)


def moves(company: Company, period: Period) -> Events:
    columns = columns_of(company)
    return events(columns, retention(columns, period))


def ends(stays: list[Stay], period: Period) -> int:
    """How many days of the period begin a time of not being a customer, or end a stay of none."""
    count = 0
    for number in range(period.days):
        day = period.first + timedelta(days=number)
        if not is_customer(stays, day):
            count += is_customer(stays, day - timedelta(days=1)) or any(
                since == until == day for since, until in stays
            )
    return count


@given(companies, periods())
def test_departures_are_those_of_a_walk_through_the_days(company: Company, period: Period) -> None:
    found = moves(company, period)

    assert found.departures.tolist() == [
        who for who in sorted(company) for _ in range(ends(company[who], period))
    ]
    assert found.joined.tolist() == [
        who
        for who in sorted(company)
        if period.first <= min(since for since, _ in company[who]) <= period.last
    ]


@pytest.mark.parametrize(
    ("stays", "joined", "departures"),
    [
        ([(date(2026, 9, 30), date(2026, 10, 1))], 0, 1),
        ([(date(2026, 9, 1), date(2026, 11, 1))], 0, 0),
        ([(date(2026, 10, 31), date(2026, 11, 1))], 1, 0),
        ([(date(2026, 10, 9), date(2026, 10, 9))], 1, 1),
        ([(date(2026, 9, 1), date(2026, 10, 9)), (date(2026, 10, 9), None)], 0, 0),
        ([(date(2026, 9, 1), date(2026, 10, 9)), (date(2026, 10, 10), None)], 0, 1),
        ([(date(2026, 10, 1), date(2026, 10, 9)), (date(2026, 10, 12), date(2026, 10, 15))], 1, 2),
        ([(date(2026, 11, 1), None)], 0, 0),
    ],
)
def test_each_move_is_counted_once(stays: list[Stay], joined: int, departures: int) -> None:
    found = moves({5: stays}, OCTOBER)

    assert (len(found.joined), len(found.departures)) == (joined, departures)
    assert found.left.tolist() == ([5] if departures else [])


def test_moves_of_other_segments_are_left_out() -> None:
    columns = columns_of(
        {1: [(date(2026, 10, 2), date(2026, 10, 3))], 2: [(date(2026, 10, 2), date(2026, 10, 3))]}
    )
    within = columns.customer == 2

    found = events(columns, retention(columns, OCTOBER, within=within), within=within)

    assert found.joined.tolist() == found.departures.tolist() == [2]


def test_an_unfinished_period_has_the_moves_up_to_its_last_known_day() -> None:
    columns = columns_of(
        {1: [(date(2026, 9, 1), date(2026, 10, 9))], 2: [(date(2026, 10, 10), None)]}
    )

    on_8, on_9 = (
        events(columns, retention(columns, OCTOBER, today=date(2026, 10, day))) for day in (8, 9)
    )

    assert (len(on_8.departures), len(on_9.departures)) == (0, 1)
    assert len(on_9.joined) == 0
