"""Recurring revenue: against a slow count customer by customer, its identities, its edges."""

from dataclasses import replace
from datetime import date, timedelta

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from bot.domain.columns import Columns, Revenue
from bot.domain.period import Kind, Period, from_day_number
from bot.domain.retention import Unknown
from bot.domain.revenue import (
    Movement,
    RatesMissing,
    RevenueMovements,
    RevenueSums,
    decimals,
    during_stays,
    in_one_currency,
    movements,
    mrr,
)
from bot.errors import ConfigError
from tests.domain import reference
from tests.domain.companies import Company, columns_of, companies, periods
from tests.domain.payments import Paid, Payments, payments, revenue_of
from tests.domain.reference import Stay, is_customer

OCTOBER = Period(date(2026, 10, 1), date(2026, 11, 1), Kind.MONTH)
LONG_AGO = date(2025, 1, 1)
MID = date(2026, 10, 15)


def paid_on(rows: list[Paid], day: date) -> int:
    return sum(
        amount for since, until, amount in rows if since <= day and (until is None or day < until)
    )


def paid_before(rows: list[Paid], stays: list[Stay], first: date) -> bool:
    """Whether they paid on some day before, as a customer; the first of all days is known."""
    earliest = min((since for since, _ in stays), default=first)
    days = (earliest + timedelta(days=number) for number in range((first - earliest).days))
    return any(is_customer(stays, day) and paid_on(rows, day) for day in days)


def slow(company: Company, paid: Payments, period: Period) -> dict[str, int]:
    """Every customer by themselves: what they paid, what they pay, and the word for it."""
    who = reference.figures(company, period.first, period.last)
    sums = dict.fromkeys([*Movement, "opening", "closing", "kept_at_most"], 0)
    for customer in who["opening"] | who["closing"]:
        rows = list(paid.get(customer, []))
        before = paid_on(rows, period.eve) if customer in who["opening"] else 0
        after = paid_on(rows, period.last) if customer in who["closing"] else 0
        sums["opening"] += before
        sums["closing"] += after
        sums["kept_at_most"] += min(before, after)
        if customer in who["lost"]:
            sums[Movement.CHURNED] += before
        elif customer in who["new"]:
            sums[Movement.NEW] += after
        elif customer in who["won_back"]:
            sums[Movement.REACTIVATED] += after
        elif before and after > before:
            sums[Movement.EXPANSION] += after - before
        elif before:
            sums[Movement.CONTRACTION] += before - after
        elif paid_before(rows, company[customer], period.first):
            sums[Movement.REACTIVATED] += after
        else:
            sums[Movement.NEW] += after
    return sums


def with_revenue(company: Company, paid: Payments) -> Columns:
    return replace(columns_of(company), revenue=revenue_of(paid))


def moved(columns: Columns, period: Period = OCTOBER) -> RevenueMovements:
    found = movements(columns, period)
    assert found is not None
    return found


@given(companies, payments, periods())
def test_movements_equal_the_slow_count(company: Company, paid: Payments, period: Period) -> None:
    expected = slow(company, paid, period)

    found = moved(with_revenue(company, paid), period)

    sums = found.sums
    assert sums == RevenueSums(
        opening=expected["opening"],
        closing=expected["closing"],
        new=expected[Movement.NEW],
        reactivated=expected[Movement.REACTIVATED],
        expansion=expected[Movement.EXPANSION],
        contraction=expected[Movement.CONTRACTION],
        churned=expected[Movement.CHURNED],
    )
    if sums.opening:
        assert sums.grr == pytest.approx(expected["kept_at_most"] / sums.opening)


@given(companies, payments, periods())
def test_the_parts_add_up_and_the_rates_keep_their_bounds(
    company: Company, paid: Payments, period: Period
) -> None:
    found = moved(with_revenue(company, paid), period)
    sums = found.sums

    assert sums.closing == (
        sums.opening
        + sums.new
        + sums.reactivated
        + sums.expansion
        - sums.contraction
        - sums.churned
    )
    if sums.opening:
        assert sums.grr is not None
        assert sums.nrr is not None
        assert 0 <= sums.grr <= min(1, sums.nrr)
    else:
        assert (sums.grr, sums.nrr) == (None, None)
    everyone = [who for movement in Movement for who in found.who(movement).tolist()]
    assert sorted(everyone) == found.customer.tolist()


@given(companies, payments, periods())
def test_the_rows_during_stays_are_paid_on_days_as_a_customer(
    company: Company, paid: Payments, period: Period
) -> None:
    cut = during_stays(revenue_of(paid), columns_of(company))

    for day in (period.first, period.last):
        on_day = mrr(cut, (day - date(1970, 1, 1)).days)
        expected = {
            who: paid_on(list(rows), day)
            for who, rows in paid.items()
            if is_customer(company.get(who, []), day) and paid_on(list(rows), day)
        }
        assert dict(zip(on_day.customer.tolist(), on_day.amount.tolist(), strict=True)) == expected
    order = list(zip(cut.customer.tolist(), cut.since.tolist(), strict=True))
    assert order == sorted(order)
    assert all(
        from_day_number(since) < from_day_number(min(until, 40_000))
        for since, until in zip(cut.since.tolist(), cut.until.tolist(), strict=True)
    )


def test_rows_that_several_stays_cut_are_sorted_again() -> None:
    day = [date(2026, 1, number) for number in range(1, 32)]
    company: Company = {5: [(day[4], day[6]), (day[10], day[12])]}

    cut = during_stays(revenue_of({5: [(day[0], None, 1), (day[1], None, 2)]}), columns_of(company))

    since = [from_day_number(number) for number in cut.since.tolist()]
    assert list(zip(since, cut.amount.tolist(), strict=True)) == [
        (day[4], 1),
        (day[4], 2),
        (day[10], 1),
        (day[10], 2),
    ]


def of_one(*rows: Paid, stays: tuple[Stay, ...] = ((LONG_AGO, None),)) -> RevenueMovements:
    return moved(with_revenue({5: list(stays)}, {5: list(rows)}))


@pytest.mark.parametrize(
    ("rows", "stays", "movement", "change"),
    [
        ([(LONG_AGO, None, 900)], [(LONG_AGO, None)], Movement.UNCHANGED, 0),
        ([(LONG_AGO, None, 900), (MID, None, 100)], [(LONG_AGO, None)], Movement.EXPANSION, 100),
        (
            [(LONG_AGO, MID, 900), (MID, None, 500)],
            [(LONG_AGO, None)],
            Movement.CONTRACTION,
            -400,
        ),
        ([(LONG_AGO, MID, 900)], [(LONG_AGO, None)], Movement.CONTRACTION, -900),
        ([(LONG_AGO, MID, 900)], [(LONG_AGO, MID)], Movement.CHURNED, -900),
        ([(LONG_AGO, None, 900)], [(LONG_AGO, MID)], Movement.CHURNED, -900),
        ([(MID, None, 900)], [(MID, None)], Movement.NEW, 900),
        ([(MID, None, 900)], [(LONG_AGO, None)], Movement.NEW, 900),
        (
            [(LONG_AGO, date(2025, 3, 1), 900), (MID, None, 900)],
            [(LONG_AGO, None)],
            Movement.REACTIVATED,
            900,
        ),
        (
            [(LONG_AGO, date(2025, 3, 1), 0), (MID, None, 900)],
            [(LONG_AGO, None)],
            Movement.NEW,
            900,
        ),
        ([(LONG_AGO, LONG_AGO, 900), (MID, None, 900)], [(LONG_AGO, None)], Movement.NEW, 900),
        (
            [(MID, None, 900)],
            [(LONG_AGO, date(2025, 3, 1)), (MID, None)],
            Movement.REACTIVATED,
            900,
        ),
        (
            [(LONG_AGO, MID, 900), (date(2026, 10, 20), None, 900)],
            [(LONG_AGO, MID), (date(2026, 10, 20), None)],
            Movement.UNCHANGED,
            0,
        ),
        ([(MID, date(2026, 10, 20), 900)], [(LONG_AGO, None)], Movement.UNCHANGED, 0),
        ([(LONG_AGO, None, 0)], [(LONG_AGO, MID)], Movement.UNCHANGED, 0),
        ([], [(LONG_AGO, None)], Movement.UNCHANGED, 0),
        # On the edges: from the eve, from the first day, from the last day, from the day after.
        ([(date(2026, 9, 30), None, 900)], [(LONG_AGO, None)], Movement.UNCHANGED, 0),
        ([(date(2026, 10, 1), None, 900)], [(LONG_AGO, None)], Movement.NEW, 900),
        ([(date(2026, 10, 31), None, 900)], [(LONG_AGO, None)], Movement.NEW, 900),
        ([(date(2026, 11, 1), None, 900)], [(LONG_AGO, None)], Movement.UNCHANGED, 0),
        ([(LONG_AGO, date(2026, 11, 1), 900)], [(LONG_AGO, None)], Movement.UNCHANGED, 0),
        ([(LONG_AGO, date(2026, 10, 31), 900)], [(LONG_AGO, None)], Movement.CONTRACTION, -900),
        ([(LONG_AGO, date(2026, 10, 1), 900)], [(LONG_AGO, None)], Movement.CONTRACTION, -900),
    ],
)
def test_each_customer_moves_in_one_way(
    rows: list[Paid], stays: list[Stay], movement: Movement, change: int
) -> None:
    found = of_one(*rows, stays=tuple(stays))

    assert found.who(movement).tolist() == [5]
    assert int((found.after - found.before).sum()) == change


class TestRates:
    def test_a_customer_who_doubles_makes_up_for_one_who_leaves_in_net_but_not_in_gross(
        self,
    ) -> None:
        found = moved(
            with_revenue(
                {1: [(LONG_AGO, None)], 2: [(LONG_AGO, MID)]},
                {1: [(LONG_AGO, None, 500), (MID, None, 500)], 2: [(LONG_AGO, None, 500)]},
            )
        ).sums

        assert found.nrr == 1
        assert found.grr == 0.5

    def test_a_free_customer_who_begins_to_pay_is_new_revenue_and_not_in_the_rates(self) -> None:
        found = moved(
            with_revenue(
                {1: [(LONG_AGO, None)], 2: [(LONG_AGO, None)]},
                {1: [(LONG_AGO, None, 500)], 2: [(LONG_AGO, MID, 0), (MID, None, 800)]},
            )
        ).sums

        assert (found.new, found.nrr, found.grr) == (800, 1, 1)

    def test_without_paying_customers_at_the_start_there_is_no_rate(self) -> None:
        found = of_one((MID, None, 900)).sums

        assert (found.nrr, found.grr) == (None, None)

    def test_a_source_without_amounts_has_no_movements(self) -> None:
        assert movements(columns_of({5: [(LONG_AGO, None)]}), OCTOBER) is None

    def test_a_source_in_which_nobody_ever_paid_moves_nothing(self) -> None:
        found = of_one()

        assert found.currency is None
        assert found.sums == RevenueSums(0, 0, 0, 0, 0, 0, 0)

    def test_the_largest_changes_come_first(self) -> None:
        company: Company = {who: [(LONG_AGO, MID)] for who in range(3)}
        paid = {who: [(LONG_AGO, None, amount)] for who, amount in enumerate([5, 900, 70])}

        assert moved(with_revenue(company, paid)).who(Movement.CHURNED).tolist() == [1, 2, 0]


class TestWhoIsLookedAt:
    def test_who_pays_without_being_a_customer_is_named_and_not_counted(self) -> None:
        found = moved(
            with_revenue(
                {1: [(LONG_AGO, MID)]},
                {1: [(LONG_AGO, None, 500)], 9: [(LONG_AGO, None, 700)]},
            )
        )

        assert found.unattached.tolist() == [1, 9]
        assert (found.sums.opening, found.sums.closing) == (500, 0)

    def test_only_the_segment_is_looked_at(self) -> None:
        columns = with_revenue(
            {1: [(LONG_AGO, None)], 2: [(LONG_AGO, MID)]},
            {1: [(LONG_AGO, None, 500)], 2: [(LONG_AGO, None, 700)], 9: [(LONG_AGO, None, 1)]},
        )

        found = movements(columns, OCTOBER, within=columns.customer == 2)

        assert found is not None
        assert found.sums.opening == 700
        assert found.unattached.tolist() == [2]

    def test_an_unfinished_period_is_measured_today(self) -> None:
        columns = with_revenue({5: [(LONG_AGO, None)]}, {5: [(LONG_AGO, MID, 500)]})

        found = [movements(columns, OCTOBER, today=MID + timedelta(days=days)) for days in (-1, 0)]

        assert [one.sums.closing for one in found if one] == [500, 0]
        assert [one.so_far.day for one in found if one and one.so_far] == [14, 15]

    def test_a_period_that_is_not_known_is_refused(self) -> None:
        columns = replace(columns_of({}, known_from=date(2026, 10, 5)), revenue=revenue_of({}))

        with pytest.raises(Unknown):
            movements(columns, OCTOBER)


def in_currencies(*amounts: tuple[str, int]) -> Revenue:
    """A customer each, paying in a currency each."""
    one = revenue_of({who: [(LONG_AGO, None, amount)] for who, (_, amount) in enumerate(amounts)})
    names = tuple(dict.fromkeys(name for name, _ in amounts))
    codes = [names.index(name) for name, _ in amounts]
    return replace(one, currency=np.array(codes, dtype=np.int32), currencies=names)


class TestCurrencies:
    def test_several_are_not_added_up_without_being_told_how(self) -> None:
        with pytest.raises(RatesMissing, match="comes in EUR, SEK and USD") as caught:
            in_one_currency(in_currencies(("USD", 100), ("EUR", 100), ("SEK", 100)))

        assert caught.value.missing == ("EUR", "SEK", "USD")

    def test_the_currencies_without_a_rate_are_named(self) -> None:
        revenue = in_currencies(("USD", 100), ("EUR", 100), ("SEK", 100), ("GBP", 100))

        with pytest.raises(RatesMissing, match="in GBP and SEK can't be added up in EUR") as caught:
            in_one_currency(revenue, "EUR", {"USD": 0.9})

        assert caught.value.missing == ("GBP", "SEK")

    def test_amounts_are_turned_into_one_and_rounded_once(self) -> None:
        found = in_one_currency(
            in_currencies(("EUR", 1001), ("USD", 1001), ("JPY", 1500), ("KWD", 1234)),
            "EUR",
            {"USD": 0.9, "JPY": 0.006, "KWD": 3.0},
        )

        assert found.amount.tolist() == [1001, 901, 9, 3702]
        assert found.currencies == ("EUR",)
        assert found.currency.tolist() == [0, 0, 0, 0]

    def test_one_currency_needs_no_rate(self) -> None:
        revenue = in_currencies(("USD", 100), ("USD", 250))

        found = in_one_currency(revenue)

        assert found.currencies == ("USD",)
        assert found.amount.tolist() == [100, 250]

    def test_one_currency_can_be_shown_in_another(self) -> None:
        assert in_one_currency(in_currencies(("USD", 100)), "EUR", {"USD": 0.5}).amount == [50]

    def test_a_currency_that_nothing_is_paid_in_needs_no_rate(self) -> None:
        revenue = replace(in_currencies(("USD", 100)), currencies=("USD", "SEK"))

        assert in_one_currency(revenue).currencies == ("USD",)
        assert in_one_currency(revenue, "EUR", {"USD": 2}).amount.tolist() == [200]

    def test_no_amounts_are_in_no_currency(self) -> None:
        nothing = replace(revenue_of({}), currencies=())

        assert in_one_currency(nothing).currencies == ()
        found = movements(replace(columns_of({5: [(LONG_AGO, None)]}), revenue=nothing), OCTOBER)
        assert found is not None
        assert found.currency is None

    @pytest.mark.parametrize("rate", [0, -1, float("nan"), float("inf")])
    def test_a_rate_that_can_be_none_is_refused(self, rate: float) -> None:
        with pytest.raises(ConfigError, match="The rate of USD must be a number above 0"):
            in_one_currency(in_currencies(("USD", 100)), "EUR", {"USD": rate})

    def test_currencies_have_their_own_number_of_decimals(self) -> None:
        assert [decimals(name) for name in ("EUR", "JPY", "KWD", "UYW")] == [2, 0, 3, 4]

    @given(st.lists(st.integers(0, 10**9), max_size=9), st.floats(0.001, 1000))
    def test_no_amount_is_off_by_more_than_half_a_unit(
        self, amounts: list[int], rate: float
    ) -> None:
        revenue = in_currencies(*[("USD", amount) for amount in amounts])

        found = in_one_currency(revenue, "EUR", {"USD": rate})

        for before, after in zip(amounts, found.amount.tolist(), strict=True):
            assert abs(before * rate - after) <= 0.5 + 1e-6 * after
