"""Bands: against a slow count customer by customer, and at their edges."""

from dataclasses import replace
from datetime import date, timedelta

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from bot.domain.bands import bands, size_labels, tenure_labels, whole_months
from bot.domain.columns import PARTS
from bot.domain.definition import Definition
from bot.domain.period import Kind, Period, day_number
from bot.domain.retention import retention
from bot.domain.segments import segment, segments
from bot.errors import Misunderstood
from tests.domain.companies import Company, columns_of, companies, dimension_of, periods
from tests.domain.payments import Payments, payments, revenue_of
from tests.domain.reference import is_customer

DEFINITION = Definition()
OCTOBER = Period(date(2026, 10, 1), date(2026, 11, 1), Kind.MONTH)
EVE = OCTOBER.eve
LONG_AGO = date(2025, 1, 1)


def months_between(first: date, last: date) -> int:
    """Counted month by month: over on the same day, or the day after where there is none."""
    count = 0
    while True:
        year, month = divmod(first.year * 12 + first.month - 1 + count + 1, 12)
        try:
            over = date(year, month + 1, first.day)
        except ValueError:
            over = date(year, month + 2, 1)  # no short month is the last of a year
        if over > last:
            return count
        count += 1


def own_day(company: Company, who: int, eve: date) -> date:
    if is_customer(company[who], eve):
        return eve
    return min((since for since, _ in company[who] if since > eve), default=eve)


@given(companies, periods())
def test_tenure_is_what_a_loop_finds(company: Company, period: Period) -> None:
    columns = columns_of(company)
    definition = Definition(tenure_bands=(1, 2, 12))
    expected = {
        who: sum(
            months_between(
                min(since for since, _ in company[who]),
                max(own_day(company, who, period.eve), min(since for since, _ in company[who])),
            )
            >= cut
            for cut in (1, 2, 12)
        )
        for who in company
    }

    for index, label in enumerate(("0", "1", "2-11", "12+")):
        mask = segment(columns, "tenure", label, on=period.eve, definition=definition)
        found = set(columns.customer[mask].tolist())
        assert found == {who for who, band in expected.items() if band == index}


@given(companies, payments, periods())
def test_size_is_what_a_loop_finds_and_sizes_add_up(
    company: Company, paid: Payments, period: Period
) -> None:
    more = {
        who: [(since, until, amount * PARTS) for since, until, amount in rows]
        for who, rows in paid.items()
    }
    columns = replace(columns_of(company), revenue=revenue_of(more))
    definition = Definition(size_bands=(500, 1000))

    def band(who: int) -> int:
        day = own_day(company, who, period.eve)
        pays = sum(
            amount
            for since, until, amount in paid.get(who, [])
            if since <= day and (until is None or day < until)
        )
        return 0 if not pays else 1 + (pays >= 500) + (pays >= 1000)

    parts = []
    for index, label in enumerate(("none", "0-500", "500-1000", "1000+")):
        mask = segment(columns, "size", label, on=period.eve, definition=definition)
        assert set(columns.customer[mask].tolist()) == {w for w in company if band(w) == index}
        parts.append(retention(columns, period, within=mask).counts)
    total = retention(columns, period).counts
    for name in total.__slots__:
        assert getattr(total, name) == sum(getattr(part, name) for part in parts)


days = st.dates(date(2015, 1, 1), date(2027, 1, 1))


@given(days, days)
def test_months_are_whole_ones(one: date, other: date) -> None:
    first, last = sorted((one, other))

    [found] = whole_months(
        np.array([day_number(first)], np.int32), np.array([day_number(last)], np.int32)
    ).tolist()

    assert found == months_between(first, last)


@pytest.mark.parametrize(
    ("joined", "months"),
    [
        (date(2026, 9, 30), 0),
        (date(2026, 8, 31), 0),
        (date(2026, 8, 30), 1),
        (date(2026, 7, 1), 2),
        (date(2026, 6, 30), 3),
        (date(2025, 10, 1), 11),
        (date(2025, 9, 30), 12),
    ],
)
def test_the_day_before_the_period_decides(joined: date, months: int) -> None:
    columns = columns_of({1: [(joined, None)]})
    label = "0-2" if months < 3 else "3-11" if months < 12 else "12+"

    assert segment(columns, "tenure", label, on=EVE, definition=DEFINITION).all()


def test_who_comes_back_joined_when_they_first_came() -> None:
    columns = columns_of({1: [(LONG_AGO, date(2026, 2, 1)), (date(2026, 10, 9), None)]})

    assert segment(columns, "tenure", "12+", on=EVE, definition=DEFINITION).all()


def test_who_is_new_in_the_period_has_been_there_for_no_time() -> None:
    columns = columns_of({1: [(LONG_AGO, None)], 2: [(date(2026, 10, 9), None)]})

    within = segments(columns, {"Tenure": "0-2"}, on=EVE, definition=DEFINITION)

    found = retention(columns, OCTOBER, within=within)
    assert (found.new.tolist(), found.opening.tolist()) == ([2], [])


def test_who_pays_exactly_a_cut_is_in_the_band_that_begins_there() -> None:
    paid = {n: [(LONG_AGO, None, PARTS * 100 + n - 1)] for n in range(3)}
    columns = replace(
        columns_of({n: [(LONG_AGO, None)] for n in range(3)}), revenue=revenue_of(paid)
    )

    below = segment(columns, "size", "0-100", on=EVE, definition=DEFINITION)
    from_there = segment(columns, "size", "100-1000", on=EVE, definition=DEFINITION)

    assert below.tolist() == [True, False, False]
    assert from_there.tolist() == [False, True, True]


@pytest.mark.parametrize(("until", "size"), [(EVE, "none"), (OCTOBER.first, "0-100")])
def test_the_first_day_no_longer_paid_for_is_not_paid_for(until: date, size: str) -> None:
    paid = revenue_of({1: [(LONG_AGO, until, PARTS * 9)]})
    columns = replace(columns_of({1: [(LONG_AGO, None)]}), revenue=paid)

    assert segment(columns, "size", size, on=EVE, definition=DEFINITION).all()


def test_labels_are_what_people_type() -> None:
    assert tenure_labels(DEFINITION) == ("0-2", "3-11", "12+")
    assert tenure_labels(Definition(tenure_bands=())) == ("0+",)
    assert size_labels(DEFINITION) == ("none", "0-100", "100-1000", "1000-10000", "10000+")
    assert size_labels(Definition(size_bands=())) == ("none", "0+")


def test_sizes_exist_where_the_source_tells_amounts() -> None:
    columns = columns_of({1: [(LONG_AGO, None)]})

    assert list(bands(columns, DEFINITION)) == ["tenure"]
    with pytest.raises(Misunderstood, match="no size, because the source tells no amounts"):
        segment(columns, "size", "none", on=EVE, definition=DEFINITION)
    with pytest.raises(Misunderstood, match=r'No customer has tenure "4"\. There is .*0-2'):
        segment(columns, "tenure", "4", on=EVE, definition=DEFINITION)


def test_sizes_need_rates_for_several_currencies() -> None:
    revenue = revenue_of({1: [(LONG_AGO, None, PARTS * 100)], 2: [(LONG_AGO, None, PARTS * 100)]})
    mixed = replace(revenue, currency=np.array([0, 1], dtype=np.int32), currencies=("EUR", "USD"))
    columns = replace(columns_of({1: [(LONG_AGO, None)], 2: [(LONG_AGO, None)]}), revenue=mixed)

    with pytest.raises(Misunderstood, match=r"no size\. Revenue comes in EUR and USD"):
        segment(columns, "size", "none", on=EVE, definition=DEFINITION)
    rates = Definition(rates=(("EUR", 1.0), ("USD", 0.92)))
    found = segment(columns, "size", "0-100", on=EVE, definition=rates)
    assert found.tolist() == [False, True]


def test_a_field_of_the_source_takes_the_place_of_bands() -> None:
    columns = columns_of(
        {1: [(LONG_AGO, None)]}, dimensions={"Size": dimension_of([(1, LONG_AGO, "large")])}
    )

    for name in ("Size", "size"):
        assert segment(columns, name, "LARGE", on=EVE, definition=DEFINITION).all()


def test_a_company_without_customers_has_nobody_in_any_band() -> None:
    nobody = replace(columns_of({}), revenue=revenue_of({1: [(LONG_AGO, None, 5)]}))

    for name, label in (("tenure", "0-2"), ("size", "none")):
        assert segment(nobody, name, label, on=EVE, definition=DEFINITION).tolist() == []


def test_years_later_is_long_enough() -> None:
    columns = columns_of({1: [(date(2000, 2, 29), None)]})

    on = date(2000, 2, 29) + timedelta(days=365)
    assert segment(columns, "tenure", "3-11", on=on - timedelta(1), definition=DEFINITION).all()
    assert segment(columns, "tenure", "12+", on=on + timedelta(1), definition=DEFINITION).all()
