"""Renewal-eligible retention: against sets of dates, and at its edges."""

from datetime import date, timedelta

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from bot.domain.columns import Occasions
from bot.domain.period import Kind, Period, SoFar, day_number, from_day_number
from bot.domain.renewals import RenewalCounts, Renewals, renewals, upcoming
from bot.domain.retention import Unknown
from tests.domain import reference
from tests.domain.companies import Company, columns_of, companies, days, periods

OCTOBER = Period(date(2026, 10, 1), date(2026, 11, 1), Kind.MONTH)
LONG_AGO = date(2025, 1, 1)
Ends = list[tuple[int, date]]


def terms_of(ends: Ends) -> Occasions:
    return Occasions(
        np.array([who for who, _ in ends], dtype=np.int32),
        np.array([day_number(day) for _, day in ends], dtype=np.int32),
    )


@given(companies, periods(), st.lists(st.tuples(st.integers(0, 60), days), max_size=30))
def test_those_are_eligible_whose_term_ends_inside(
    company: Company, period: Period, ends: Ends
) -> None:
    who = reference.figures(company, period.first, period.last)
    ending = {customer for customer, day in ends if period.first <= day <= period.last}
    told = {customer for customer, _ in ends}

    found = renewals(columns_of(company), period, terms_of(ends))

    assert set(found.eligible.tolist()) == who["opening"] & ending
    assert set(found.kept.tolist()) == who["kept"] & ending
    assert set(found.lost.tolist()) == who["lost"] & ending
    assert set(found.lost_early.tolist()) == (who["lost"] & told) - ending
    assert set(found.without_term.tolist()) == who["opening"] - told
    assert len(found.kept) + len(found.lost) == len(found.eligible)
    assert found.rate is None or 0 <= found.rate <= 1


def of_one(until: date | None, *ends: date, today: date | None = None) -> Renewals:
    terms = terms_of([(5, day) for day in ends])
    return renewals(columns_of({5: [(LONG_AGO, until)]}), OCTOBER, terms, today=today)


class TestEdges:
    def test_nobody_has_no_rate(self) -> None:
        found = renewals(columns_of({}), OCTOBER, terms_of([]))

        assert found.rate is None

    def test_a_month_in_which_no_term_ends_has_no_rate(self) -> None:
        found = of_one(None, date(2026, 11, 1))

        assert found.rate is None
        assert found.without_term.tolist() == []

    @pytest.mark.parametrize(
        ("end", "eligible"),
        [
            (date(2026, 9, 30), 0),
            (date(2026, 10, 1), 1),
            (date(2026, 10, 31), 1),
            (date(2026, 11, 1), 0),
        ],
    )
    def test_a_term_ends_on_the_first_day_that_it_does_not_cover(
        self, end: date, eligible: int
    ) -> None:
        assert len(of_one(None, end).eligible) == eligible

    def test_who_does_not_renew_is_lost_on_the_day_of_the_end(self) -> None:
        found = of_one(date(2026, 10, 1), date(2026, 10, 1))

        assert found.lost.tolist() == [5]
        assert found.rate == 0

    def test_who_leaves_in_the_middle_of_a_term_is_named_apart(self) -> None:
        found = of_one(date(2026, 10, 9), date(2027, 1, 1))

        assert found.lost_early.tolist() == [5]
        assert found.rate is None

    def test_several_terms_of_a_customer_are_one_chance_to_leave(self) -> None:
        found = of_one(None, date(2026, 10, 1), date(2026, 10, 15), date(2026, 10, 15))

        assert found.eligible.tolist() == [5]
        assert found.rate == 1

    def test_a_term_that_ends_later_in_the_month_does_not_count_yet(self) -> None:
        on_14 = of_one(None, date(2026, 10, 15), today=date(2026, 10, 14))
        on_15 = of_one(None, date(2026, 10, 15), today=date(2026, 10, 15))

        assert (on_14.rate, on_15.rate) == (None, 1)

    def test_only_the_segment_is_looked_at(self) -> None:
        columns = columns_of({1: [(LONG_AGO, None)], 2: [(LONG_AGO, None)]})
        terms = terms_of([(1, date(2026, 10, 9)), (2, date(2026, 10, 9))])

        found = renewals(columns, OCTOBER, terms, within=columns.customer == 2)

        assert found.eligible.tolist() == [2]

    def test_a_period_that_is_not_known_is_refused(self) -> None:
        with pytest.raises(Unknown):
            renewals(columns_of({}, known_from=date(2026, 10, 5)), OCTOBER, terms_of([]))

    def test_the_counts_are_those_of_the_lists(self) -> None:
        columns = columns_of(
            {
                1: [(LONG_AGO, None)],
                2: [(LONG_AGO, date(2026, 10, 9))],
                3: [(LONG_AGO, date(2026, 10, 9))],
                4: [(LONG_AGO, None)],
                5: [(date(2026, 10, 2), None)],
            }
        )
        ends = [(1, date(2026, 10, 9)), (2, date(2026, 10, 9)), (3, date(2027, 1, 1))]

        counts = renewals(columns, OCTOBER, terms_of(ends), today=date(2026, 10, 20)).counts

        assert counts == RenewalCounts(
            OCTOBER,
            opening=4,
            eligible=2,
            kept=1,
            lost_early=1,
            without_term=1,
            so_far=SoFar(20, 31),
        )
        assert (counts.lost, counts.rate) == (1, 0.5)


TODAY = date(2026, 11, 2)


def coming(
    company: Company, ends: Ends, *, known_to: date | None = None
) -> list[tuple[int, date, bool]]:
    columns = columns_of(company, known_to=known_to)
    found = upcoming(columns, terms_of(ends), today=TODAY, days=14)
    return [
        (customer, from_day_number(day), leaving)
        for customer, day, leaving in zip(
            found.customer.tolist(), found.day.tolist(), found.leaving.tolist(), strict=True
        )
    ]


class TestUpcoming:
    @pytest.mark.parametrize(
        ("end", "is_told"),
        [
            (date(2026, 11, 1), False),
            (date(2026, 11, 2), True),
            (date(2026, 11, 15), True),
            (date(2026, 11, 16), False),
        ],
    )
    def test_are_those_of_the_days_from_today_on(self, end: date, is_told: bool) -> None:
        assert coming({5: [(LONG_AGO, None)]}, [(5, end)]) == ([(5, end, False)] * is_told)

    def test_come_by_day_and_each_customer_once(self) -> None:
        company: Company = {n: [(LONG_AGO, None)] for n in (1, 2, 3)}
        on_3, on_4, on_5 = (date(2026, 11, day) for day in (3, 4, 5))

        found = coming(company, [(1, on_5), (3, on_4), (2, on_4), (1, on_3), (1, on_3)])

        assert found == [(1, on_3, False), (2, on_4, False), (3, on_4, False)]

    @pytest.mark.parametrize(
        ("until", "leaving"),
        [(date(2026, 11, 4), True), (date(2026, 11, 5), True), (date(2026, 11, 6), False)],
    )
    def test_who_is_known_to_leave_by_then_is_marked(self, until: date, leaving: bool) -> None:
        end = date(2026, 11, 5)

        assert coming({5: [(LONG_AGO, until)]}, [(5, end)]) == [(5, end, leaving)]

    def test_who_is_no_customer_now_renews_nothing(self) -> None:
        end = date(2026, 11, 5)
        company: Company = {
            1: [(LONG_AGO, TODAY)],
            2: [(date(2026, 11, 3), None)],
            3: [(LONG_AGO, date(2026, 1, 1)), (date(2026, 11, 2), None)],
        }

        assert coming(company, [(1, end), (2, end), (3, end), (4, end)]) == [(3, end, False)]

    def test_customers_are_those_of_the_newest_day_that_is_known(self) -> None:
        company: Company = {1: [(LONG_AGO, date(2026, 11, 1))], 2: [(TODAY, None)]}
        end = date(2026, 11, 5)

        found = coming(company, [(1, end), (2, end)], known_to=date(2026, 10, 31))

        assert found == [(1, end, True)]

    @given(companies, st.lists(st.tuples(st.integers(0, 60), days), max_size=30), days)
    def test_equal_a_search_customer_by_customer(
        self, company: Company, ends: Ends, today: date
    ) -> None:
        last = today + timedelta(days=13)
        expected = []
        for customer, stays in company.items():
            own = [day for who, day in ends if who == customer and today <= day <= last]
            untils = [b for a, b in stays if a <= today and (b is None or today < b)]
            if own and untils:
                leaving = untils[0] is not None and untils[0] <= min(own)
                expected.append((min(own), customer, leaving))

        found = upcoming(columns_of(company), terms_of(ends), today=today, days=14)

        assert [
            (from_day_number(day), customer, leaving)
            for customer, day, leaving in zip(
                found.customer.tolist(), found.day.tolist(), found.leaving.tolist(), strict=True
            )
        ] == sorted(expected)
