"""Renewal-eligible retention: against sets of dates, and at its edges."""

from datetime import date

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from bot.domain.columns import Occasions
from bot.domain.period import Kind, Period, day_number
from bot.domain.renewals import Renewals, renewals
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
    assert set(found.lost_early.tolist()) == who["lost"] - ending
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
