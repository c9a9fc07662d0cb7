"""Cohorts: against a slow table made of dates, against monthly closings, on real purchases."""

from calendar import monthrange
from collections.abc import Mapping, Sequence
from dataclasses import replace
from datetime import date, timedelta

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from bot.domain.cohorts import Cohorts, cohorts
from bot.domain.columns import Revenue
from bot.domain.definition import Definition
from bot.domain.period import Kind, Period, between, day_number
from bot.domain.retention import retention
from bot.domain.revenue import RatesMissing
from bot.errors import Misunderstood
from tests.domain.companies import Company, columns_of, companies, days
from tests.domain.payments import Payments, payments, revenue_of
from tests.domain.reference import Stay, is_customer
from tests.domain.test_cdnow import bought_lately, purchases
from tests.domain.test_cdnow import columns as cdnow_columns

UTC = Definition()


def last_day(year: int, month: int) -> date:
    """Of a month counted on over the ends of years."""
    year, month = year + (month - 1) // 12, (month - 1) % 12 + 1
    return date(year, month, monthrange(year, month)[1])


def cohort_of(day: date, length: int, begins: int) -> tuple[int, int]:
    """The year and month in which the cohort of this day ends, periods being `length` months."""
    into = (day.month - begins) % length
    end = day.month + length - 1 - into
    return day.year + (end - 1) // 12, (end - 1) % 12 + 1


LENGTH = {Kind.MONTH: 1, Kind.QUARTER: 3, Kind.YEAR: 12}


def slow(
    company: Mapping[int, Sequence[Stay]], by: Kind, months: int, today: date, begins: int
) -> tuple[dict[date, int], dict[tuple[date, int], set[int]]]:
    """Sizes by the last day of the cohort, and who is kept at each age that is reached."""
    sizes: dict[date, int] = {}
    kept: dict[tuple[date, int], set[int]] = {}
    for who, stays in company.items():
        joined = min(since for since, _ in stays)
        if joined > today:
            continue
        year, month = cohort_of(joined, LENGTH[by], begins)
        cohort = last_day(year, month)
        sizes[cohort] = sizes.get(cohort, 0) + 1
        for age in range(months + 1):
            day = last_day(year, month + age)
            if day <= today and is_customer(stays, day):
                kept.setdefault((cohort, age), set()).add(who)
    return sizes, kept


def rows(found: Cohorts) -> dict[tuple[date, int], int]:
    """Every number above 0, by the last day of its cohort and its age."""
    return {
        (period.last, age): int(found.kept[row, age])
        for row, period in enumerate(found.periods)
        for age in range(found.kept.shape[1])
        if found.kept[row, age]
    }


@given(
    companies,
    st.sampled_from([Kind.MONTH, Kind.QUARTER, Kind.YEAR]),
    st.integers(0, 15),
    days,
    st.integers(1, 12),
)
def test_a_table_equals_the_slow_one(
    company: Company, by: Kind, months: int, today: date, begins: int
) -> None:
    sizes, kept = slow(company, by, months, today, begins)

    found = cohorts(
        columns_of(company),
        by=by,
        months=months,
        today=today,
        definition=Definition(fiscal_year_start=begins),
    )

    assert {
        period.last: int(size)
        for period, size in zip(found.periods, found.size, strict=True)
        if size
    } == sizes
    assert rows(found) == {place: len(who) for place, who in kept.items()}
    for row, period in enumerate(found.periods):
        for age in range(months + 1):
            day = last_day(period.last.year, period.last.month + age)
            assert bool(found.reached[row, age]) == (day <= today)
    assert found.unplaced == 0


@given(companies, payments, days)
def test_revenue_of_a_cohort_is_what_its_customers_pay_on_that_day(
    company: Company, paid: Payments, today: date
) -> None:
    _, kept = slow(company, Kind.MONTH, 12, today, 1)
    columns = replace(columns_of(company), revenue=revenue_of(paid))

    found = cohorts(columns, by=Kind.MONTH, months=12, today=today, definition=UTC)

    assert found.revenue is not None
    for row, period in enumerate(found.periods):
        for age in range(13):
            day = last_day(period.last.year, period.last.month + age)
            expected = sum(
                amount
                for who in kept.get((period.last, age), set())
                for since, until, amount in paid.get(who, [])
                if since <= day and (until is None or day < until)
            )
            assert found.revenue[row, age] == expected


@given(companies, days)
def test_the_cohorts_at_one_day_add_up_to_the_closing_of_its_month(
    company: Company, today: date
) -> None:
    columns = columns_of(company)
    found = cohorts(columns, by=Kind.MONTH, months=20, today=today, definition=UTC)
    if not found.periods:
        return

    for month in between(Kind.MONTH, found.periods[0].first, today, UTC):
        if month.last > today:
            continue
        number = found.periods.index(month)
        diagonal = sum(int(found.kept[row, number - row]) for row in range(number + 1))
        assert diagonal == retention(columns, month).counts.closing


def of_one(*stays: Stay, by: Kind = Kind.MONTH, today: date, months: int = 3) -> Cohorts:
    return cohorts(columns_of({5: list(stays)}), by=by, months=months, today=today, definition=UTC)


class TestEdges:
    def test_nobody_makes_no_cohort(self) -> None:
        found = cohorts(
            columns_of({}), by=Kind.MONTH, months=2, today=date(2026, 1, 1), definition=UTC
        )

        assert found.periods == ()
        assert found.kept.shape == found.reached.shape == (0, 3)
        assert found.mean(0) is None

    def test_who_joins_tomorrow_is_in_no_cohort_yet(self) -> None:
        found = of_one((date(2026, 1, 2), None), today=date(2026, 1, 1))

        assert found.periods == ()
        assert found.unplaced == 0

    def test_an_age_is_reached_on_the_last_day_of_its_month(self) -> None:
        on_eve = of_one((date(2024, 1, 31), None), today=date(2024, 2, 28))
        on_day = of_one((date(2024, 1, 31), None), today=date(2024, 2, 29))

        assert on_eve.reached[0].tolist() == [True, False, False, False]
        assert on_day.reached[0].tolist() == [True, True, False, False]
        assert on_eve.share(0, 1) is None
        assert on_day.share(0, 1) == 1

    @pytest.mark.parametrize(
        ("until", "kept"),
        [
            (date(2024, 1, 9), [0, 0, 0, 0]),
            (date(2024, 1, 31), [0, 0, 0, 0]),
            (date(2024, 2, 1), [1, 0, 0, 0]),
            (date(2024, 2, 29), [1, 0, 0, 0]),
            (date(2024, 3, 1), [1, 1, 0, 0]),
            (None, [1, 1, 1, 1]),
        ],
    )
    def test_a_customer_is_kept_who_is_there_on_the_last_day(
        self, until: date | None, kept: list[int]
    ) -> None:
        found = of_one((date(2024, 1, 9), until), today=date(2024, 12, 31))

        assert found.size.tolist()[0] == 1
        assert found.kept[0].tolist() == kept

    def test_who_comes_back_is_kept_in_the_cohort_of_the_first_stay(self) -> None:
        found = of_one(
            (date(2024, 1, 9), date(2024, 2, 3)), (date(2024, 3, 5), None), today=date(2024, 4, 30)
        )

        assert found.kept[0].tolist() == [1, 0, 1, 1]
        assert found.size.tolist() == [1, 0, 0, 0]

    def test_the_ages_of_a_quarter_are_counted_from_its_last_month(self) -> None:
        found = of_one(
            (date(2023, 10, 2), date(2024, 2, 15)), by=Kind.QUARTER, today=date(2024, 5, 1)
        )

        assert found.periods[0] == Period(date(2023, 10, 1), date(2024, 1, 1), Kind.QUARTER)
        assert found.kept[0].tolist() == [1, 1, 0, 0]
        assert found.reached[0].tolist() == [True, True, True, True]

    def test_a_cohort_without_customers_has_no_share(self) -> None:
        company: Company = {1: [(date(2024, 1, 9), None)], 2: [(date(2024, 3, 9), None)]}
        found = cohorts(
            columns_of(company), by=Kind.MONTH, months=1, today=date(2024, 4, 30), definition=UTC
        )

        assert found.size.tolist() == [1, 0, 1, 0]
        assert found.share(1, 0) is None

    def test_the_mean_weighs_large_cohorts_more(self) -> None:
        company: Company = {number: [(date(2024, 1, 9), None)] for number in range(9)}
        company[9] = [(date(2024, 2, 9), date(2024, 2, 10))]
        found = cohorts(
            columns_of(company), by=Kind.MONTH, months=3, today=date(2024, 3, 31), definition=UTC
        )

        assert found.mean(0) == pytest.approx(0.9)
        assert found.mean(2) == 1  # of February's cohort nothing is known at that age
        assert found.mean(3) is None

    def test_cohorts_by_week_are_refused(self) -> None:
        with pytest.raises(Misunderstood, match="month, quarter or year"):
            of_one((date(2024, 1, 9), None), by=Kind.WEEK, today=date(2024, 4, 30))

    def test_less_than_no_months_are_refused(self) -> None:
        with pytest.raises(ValueError, match="0 or more"):
            of_one((date(2024, 1, 9), None), today=date(2024, 4, 30), months=-1)


FOUR: Company = {
    1: [(date(2020, 5, 5), None)],
    2: [(date(2024, 2, 10), None)],
    3: [(date(2024, 2, 20), None)],
    4: [(date(2024, 3, 3), None)],
}


class TestWhatIsNotKnown:
    def table(self, known_from: date | None = None, known_to: date | None = None) -> Cohorts:
        columns = columns_of(FOUR, known_from=known_from, known_to=known_to)
        return cohorts(columns, by=Kind.MONTH, months=2, today=date(2024, 4, 30), definition=UTC)

    def test_cohorts_begin_with_the_first_whole_month_that_was_seen(self) -> None:
        found = self.table(known_from=date(2024, 2, 10))

        assert found.periods[0].first == date(2024, 3, 1)
        assert found.size.tolist() == [1, 0]
        assert found.unplaced == 3

    def test_a_month_was_seen_whole_if_its_eve_was(self) -> None:
        found = self.table(known_from=date(2024, 1, 31))

        assert found.periods[0].first == date(2024, 2, 1)
        assert found.size.tolist() == [2, 1, 0]
        assert found.unplaced == 1

    def test_the_month_of_the_first_day_that_was_seen_was_not_seen_whole(self) -> None:
        """Who left on that day, its 1st, is not on the first list."""
        found = self.table(known_from=date(2024, 2, 1))

        assert found.periods[0].first == date(2024, 3, 1)

    def test_who_joins_on_the_first_day_of_the_first_cohort_is_in_it(self) -> None:
        found = cohorts(
            columns_of({1: [(date(2024, 2, 1), None)]}, known_from=date(2024, 1, 31)),
            by=Kind.MONTH,
            months=0,
            today=date(2024, 2, 29),
            definition=UTC,
        )

        assert (found.size.tolist(), found.unplaced) == ([1], 0)

    def test_no_age_is_reached_that_the_newest_pull_has_not_seen(self) -> None:
        found = self.table(known_to=date(2024, 3, 30))

        assert found.measured_on == date(2024, 3, 30)
        assert found.reached[-2].tolist() == [True, False, False]
        assert not found.reached[-1].any()

    def test_nothing_is_known_before_the_first_seen_month_begins(self) -> None:
        found = self.table(known_from=date(2024, 4, 15))

        assert found.periods == ()
        assert found.unplaced == 4

    def test_a_table_may_begin_later(self) -> None:
        found = cohorts(
            columns_of(FOUR),
            by=Kind.MONTH,
            months=2,
            today=date(2024, 4, 30),
            definition=UTC,
            first=date(2024, 2, 15),
        )

        assert found.periods[0].first == date(2024, 2, 1)
        assert found.size.tolist() == [2, 1, 0]
        assert found.unplaced == 0


def test_only_customers_of_the_segment_are_in_the_table() -> None:
    company: Company = {
        1: [(date(2024, 1, 9), date(2024, 1, 20)), (date(2024, 2, 5), None)],
        2: [(date(2024, 1, 9), None)],
    }
    columns = columns_of(company)
    within = columns.customer == 1

    found = cohorts(
        columns, by=Kind.MONTH, months=1, today=date(2024, 2, 29), definition=UTC, within=within
    )

    assert found.size.tolist() == [1, 0]
    assert found.kept[0].tolist() == [0, 1]


ONE_LEAVES: Company = {1: [(date(2024, 1, 9), None)], 2: [(date(2024, 1, 9), date(2024, 2, 9))]}


class TestRevenue:
    def table(self, paid: Payments, currencies: tuple[str, ...] = ("EUR",)) -> Cohorts:
        revenue = replace(revenue_of(paid), currencies=currencies)
        columns = replace(columns_of(ONE_LEAVES), revenue=revenue)
        return cohorts(columns, by=Kind.MONTH, months=1, today=date(2024, 2, 29), definition=UTC)

    def test_a_share_above_one_says_that_those_who_stay_pay_more(self) -> None:
        found = self.table(
            {
                1: [(date(2024, 1, 9), date(2024, 2, 1), 1000), (date(2024, 2, 1), None, 4000)],
                2: [(date(2024, 1, 9), None, 1000)],
            }
        )

        assert found.revenue is not None
        assert found.revenue[0].tolist() == [2000, 4000]
        assert found.revenue_share(0, 1) == 2
        assert found.share(0, 1) == 0.5

    def test_a_cohort_that_paid_nothing_has_no_share(self) -> None:
        assert self.table({}).revenue_share(0, 1) is None

    def test_without_amounts_there_is_no_revenue(self) -> None:
        found = cohorts(
            columns_of(ONE_LEAVES),
            by=Kind.MONTH,
            months=1,
            today=date(2024, 2, 29),
            definition=UTC,
        )

        assert found.revenue is None
        assert found.revenue_share(0, 0) is None

    def test_several_currencies_are_not_added_up(self) -> None:
        columns = columns_of(ONE_LEAVES)
        paid = revenue_of({1: [(date(2024, 1, 9), None, 100)], 2: [(date(2024, 1, 9), None, 100)]})
        mixed = replace(paid, currency=np.array([0, 1], dtype=np.int32), currencies=("EUR", "USD"))

        with pytest.raises(RatesMissing, match="EUR and USD"):
            cohorts(
                replace(columns, revenue=mixed),
                by=Kind.MONTH,
                months=1,
                today=date(2024, 2, 29),
                definition=UTC,
            )


def test_the_table_of_real_purchases_equals_one_made_of_the_purchases_themselves() -> None:
    today = date(1998, 6, 30)
    found = cohorts(cdnow_columns(), by=Kind.MONTH, months=18, today=today, definition=UTC)

    months = [(1997 + number // 12, number % 12 + 1) for number in range(18)]
    assert [(period.first.year, period.first.month) for period in found.periods] == months
    for row, (year, month) in enumerate(months):
        members = [
            bought
            for bought in purchases().values()
            if (min(bought).year, min(bought).month) == (year, month)
        ]
        assert found.size[row] == len(members)
        for age in range(19):
            day = last_day(year, month + age)
            if day <= today:
                assert found.kept[row, age] == sum(bought_lately(own, day) for own in members)
            else:
                assert not found.reached[row, age]
    assert found.size[:3].sum() == 2_357


def test_rows_of_one_customer_may_lie_on_both_sides_of_what_is_counted_together() -> None:
    """More rows than are looked at together; every second customer joins a month later."""
    count = 140_000
    customer = np.repeat(np.arange(count, dtype=np.int32), 2)
    first = day_number(date(2024, 1, 10)) + 31 * (customer % 2)
    since = (first + np.tile(np.array([0, 60], dtype=np.int32), count)).astype(np.int32)

    found = cohorts(
        replace(columns_of({}), customer=customer, since=since, until=since + 30),
        by=Kind.MONTH,
        months=3,
        today=date(2024, 1, 10) + timedelta(days=200),
        definition=UTC,
    )

    assert found.size[:2].tolist() == [count // 2, count // 2]
    assert found.kept[0].tolist() == [count // 2, 0, count // 2, 0]
    assert found.kept[1].tolist() == [count // 2, 0, count // 2, 0]


def test_cohorts_of_before_1970_pay_on_for_ever() -> None:
    """Days are counted from 1970 on, and what has no end from further away than days reach."""
    joined = {1: date(1968, 3, 9), 2: date(1969, 12, 31), 3: date(1970, 1, 1)}
    columns = columns_of({who: [(since, None)] for who, since in joined.items()})
    paid = revenue_of({who: [(since, None, 100)] for who, since in joined.items()})

    found = cohorts(
        replace(columns, revenue=paid),
        by=Kind.YEAR,
        months=12,
        today=date(1971, 1, 31),
        definition=UTC,
    )

    assert found.size.tolist() == [1, 1, 1, 0]
    assert found.kept[:, 0].tolist() == [1, 1, 1, 0]
    assert found.revenue is not None
    assert found.revenue[:, 0].tolist() == [100, 100, 100, 0]
    assert found.revenue[:, 12].tolist() == [100, 100, 0, 0]


def test_revenue_of_several_currencies_is_added_up_by_the_rates_of_the_definition() -> None:
    columns = columns_of({1: [(date(2026, 1, 1), None)], 2: [(date(2026, 1, 1), None)]})
    since = columns.since
    paid = Revenue(
        customer=columns.customer,
        since=since,
        until=columns.until,
        amount=np.array([100, 40], dtype=np.int64),
        currency=np.array([0, 1], dtype=np.int32),
        currencies=("EUR", "USD"),
    )
    rates = Definition(rates=(("EUR", 1.0), ("USD", 0.5)))

    def table(definition: Definition) -> Cohorts:
        return cohorts(
            replace(columns, revenue=paid),
            by=Kind.MONTH,
            months=1,
            today=date(2026, 2, 28),
            definition=definition,
        )

    found = table(rates)

    assert found.revenue is not None
    assert found.currency == "EUR"
    assert found.revenue.tolist()[0] == [120, 120]
    assert found.revenue_together(1) == (120, 120)
    with pytest.raises(RatesMissing, match="EUR and USD"):
        table(Definition())
