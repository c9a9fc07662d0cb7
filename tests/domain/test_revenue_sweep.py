"""Revenue of many periods at once: always what `movements` says of each alone."""

from dataclasses import replace
from datetime import date, timedelta

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from bot.domain.columns import Columns
from bot.domain.definition import Definition
from bot.domain.period import Kind, Period, between
from bot.domain.revenue import RatesMissing, RevenueSums, movements
from bot.domain.revenue_sweep import RevenueGrid, figures_grid
from tests.domain.companies import Company, columns_of, companies, days, periods
from tests.domain.payments import Payments, payments, revenue_of

OCTOBER = Period(date(2026, 10, 1), date(2026, 11, 1), Kind.MONTH)
LONG_AGO = date(2025, 1, 1)


def with_revenue(company: Company, paid: Payments) -> Columns:
    return replace(columns_of(company), revenue=revenue_of(paid))


def grid_of(
    columns: Columns, found: list[Period], *, today: date | None = None, cells: int = 1
) -> RevenueGrid:
    """Customers are put into cells by the remainder of their number."""
    codes = (columns.customer % cells).astype(np.int32)
    _, grid = figures_grid(columns, found, today=today, cells=codes, cell_count=cells)
    assert grid is not None
    return grid


def paid_through(company: Company) -> Payments:
    """Everybody pays one amount throughout each stay, as most do."""
    return {
        who: [(since, until, 100 * (who + 1)) for since, until in stays]
        for who, stays in company.items()
    }


@given(
    companies,
    payments,
    st.lists(periods(), min_size=1, max_size=5),
    st.none() | days,
    st.booleans(),
)
def test_each_number_is_that_of_its_period_alone(
    company: Company, paid: Payments, found: list[Period], today: date | None, plain: bool
) -> None:
    columns = with_revenue(company, paid_through(company) if plain else paid)
    grid = grid_of(columns, found, today=today, cells=3)

    for number, period in enumerate(found):
        if today is not None and today < period.first:
            assert grid.sums(number) is None
            continue
        one = movements(columns, period, today=today)
        assert one is not None
        assert grid.sums(number) == one.sums
        for cell in range(3):
            within = columns.customer % 3 == cell
            part = movements(columns, period, today=today, within=within)
            assert part is not None
            assert grid.sums(number, cell) == part.sums


def test_all_periods_of_a_company_at_once() -> None:
    """Many rows: plain customers, some who return, some who change plans, some who are free."""
    random = np.random.default_rng(7)
    company: Company = {}
    paid: dict[int, list[tuple[date, date | None, int]]] = {}
    for who in range(400):
        since = LONG_AGO + timedelta(days=int(random.integers(0, 300)))
        until = since + timedelta(days=int(random.integers(0, 300)))
        company[who] = [(since, until)]
        paid[who] = [(since, until, 100 + who)]
        if who % 5 == 0:
            again = until + timedelta(days=int(random.integers(1, 90)))
            company[who].append((again, None))
            paid[who].append((again + timedelta(days=9), None, 7))
        if who % 7 == 0:
            paid[who] = [(since - timedelta(days=3), None, int(random.integers(0, 2)) * 50)]
        if who % 11 == 0:
            change, end = (since + timedelta(days=days) for days in (20, 45))
            paid[who] = [(since, change, 90), (change, end, 60 + who % 3 * 30)]
        if who % 13 == 0:
            del paid[who]
    columns = with_revenue(company, paid)
    found = [
        period
        for kind in (Kind.WEEK, Kind.MONTH, Kind.QUARTER, Kind.YEAR)
        for period in between(kind, LONG_AGO, date(2026, 6, 30), Definition())
    ]

    grid = grid_of(columns, found)

    for number, period in enumerate(found):
        one = movements(columns, period)
        assert one is not None
        assert grid.sums(number) == one.sums


class TestEdges:
    def test_no_periods_have_no_numbers(self) -> None:
        grid = grid_of(with_revenue({5: [(LONG_AGO, None)]}, {}), [])

        assert grid.opening.shape == grid.churned.shape == (0, 1)

    def test_nobody_pays_nothing(self) -> None:
        grid = grid_of(with_revenue({}, {}), [OCTOBER])

        assert grid.sums(0) == RevenueSums(0, 0, 0, 0, 0, 0, 0)

    def test_a_source_without_amounts_has_no_grid(self) -> None:
        columns = columns_of({5: [(LONG_AGO, None)]})

        assert figures_grid(columns, [OCTOBER])[1] is None

    def test_a_period_that_is_not_known_has_no_sums(self) -> None:
        columns = replace(
            columns_of({5: [(LONG_AGO, None)]}, known_from=date(2026, 10, 5)),
            revenue=revenue_of({5: [(LONG_AGO, None, 100)]}),
        )

        grid = grid_of(columns, [OCTOBER])

        assert grid.sums(0) is None
        assert grid.opening.tolist() == grid.closing.tolist() == [[0]]

    def test_who_stops_paying_and_stays_contracts(self) -> None:
        columns = with_revenue({5: [(LONG_AGO, None)]}, {5: [(LONG_AGO, date(2026, 10, 9), 100)]})

        sums = grid_of(columns, [OCTOBER]).sums(0)

        assert sums == RevenueSums(100, 0, 0, 0, 0, 100, 0)

    def test_who_pays_first_in_the_middle_of_a_stay_is_new(self) -> None:
        columns = with_revenue({5: [(LONG_AGO, None)]}, {5: [(date(2026, 10, 9), None, 100)]})

        sums = grid_of(columns, [OCTOBER]).sums(0)

        assert sums == RevenueSums(0, 100, 100, 0, 0, 0, 0)

    def test_who_pays_again_in_the_middle_of_a_stay_is_reactivated(self) -> None:
        columns = with_revenue(
            {4: [(LONG_AGO, None)], 5: [(LONG_AGO, None)]},
            {5: [(LONG_AGO, date(2026, 9, 1), 100), (date(2026, 10, 9), None, 70)]},
        )

        sums = grid_of(columns, [OCTOBER]).sums(0)

        assert sums == RevenueSums(0, 70, 0, 70, 0, 0, 0)

    def test_who_adds_something_to_what_they_pay_throughout_expands(self) -> None:
        columns = with_revenue(
            {5: [(LONG_AGO, None)]},
            {5: [(LONG_AGO, None, 100), (date(2026, 10, 9), None, 30)]},
        )

        sums = grid_of(columns, [OCTOBER]).sums(0)

        assert sums == RevenueSums(100, 130, 0, 0, 30, 0, 0)

    def test_who_pays_for_the_second_of_two_stays_alone_was_won_back(self) -> None:
        back = date(2026, 10, 9)
        columns = with_revenue(
            {5: [(LONG_AGO, date(2026, 3, 1)), (back, None)]}, {5: [(back, None, 100)]}
        )

        sums = grid_of(columns, [OCTOBER]).sums(0)

        assert sums == RevenueSums(0, 100, 0, 100, 0, 0, 0)

    def test_who_leaves_and_is_back_for_nothing_was_kept_and_contracts(self) -> None:
        left, back = date(2026, 10, 9), date(2026, 10, 20)
        columns = with_revenue({5: [(LONG_AGO, left), (back, None)]}, {5: [(LONG_AGO, left, 100)]})

        sums = grid_of(columns, [OCTOBER]).sums(0)

        assert sums == RevenueSums(100, 0, 0, 0, 0, 100, 0)

    def test_without_cells_everybody_is_together(self) -> None:
        columns = with_revenue({5: [(LONG_AGO, None)]}, {5: [(LONG_AGO, None, 100)]})

        _, grid = figures_grid(columns, [OCTOBER])

        assert grid is not None
        assert grid.opening.tolist() == [[100]]
        assert grid.currency == "EUR"

    def test_several_currencies_are_not_added_up(self) -> None:
        columns = with_revenue(
            {1: [(LONG_AGO, None)], 2: [(LONG_AGO, None)]},
            {1: [(LONG_AGO, None, 100)], 2: [(LONG_AGO, None, 100)]},
        )
        assert columns.revenue is not None
        mixed = replace(
            columns.revenue,
            currency=np.array([0, 1], dtype=np.int32),
            currencies=("EUR", "USD"),
        )

        with pytest.raises(RatesMissing, match="EUR and USD"):
            figures_grid(replace(columns, revenue=mixed), [OCTOBER])


def test_more_customers_than_are_looked_at_together_are_all_counted() -> None:
    count = 70_000
    customer = np.repeat(np.arange(count, dtype=np.int32), 2)
    first = (OCTOBER.first - date(1970, 1, 1)).days
    since = np.tile(np.array([first - 90, first + 9], dtype=np.int32), count)
    until = np.tile(np.array([first - 30, first + 99], dtype=np.int32), count)
    amount = np.arange(2 * count, dtype=np.int64)
    revenue = replace(
        revenue_of({}),
        customer=customer,
        since=since,
        until=until,
        amount=amount,
        currency=np.zeros_like(customer),
    )
    columns = replace(columns_of({}), customer=customer, since=since, until=until, revenue=revenue)

    grid = grid_of(columns, [OCTOBER], cells=2)

    for cell in range(2):
        sums = grid.sums(0, cell)
        assert sums is not None
        assert sums.reactivated == sums.closing == int(amount[1::2][cell::2].sum())
