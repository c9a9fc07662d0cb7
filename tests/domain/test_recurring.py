"""The revenue of a period, as it is told."""

from dataclasses import replace
from datetime import date, timedelta

import numpy as np
import pytest

from bot.domain.columns import Columns
from bot.domain.comparison import compared
from bot.domain.definition import Definition
from bot.domain.period import Kind, Period
from bot.domain.recurring import RevenueFigure, revenue_figure
from bot.domain.retention import Unknown
from bot.domain.revenue import RatesMissing
from bot.errors import Misunderstood
from tests.domain.companies import columns_of, dimension_of
from tests.domain.payments import Payments, revenue_of

OCTOBER = Period(date(2026, 10, 1), date(2026, 11, 1), Kind.MONTH)
LONG_AGO, MID, LATER = date(2025, 1, 1), date(2026, 10, 15), date(2026, 12, 1)
PLANS = {"plan": dimension_of([(1, LONG_AGO, "pro"), (2, LONG_AGO, "free")])}
PAID: Payments = {1: [(LONG_AGO, MID, 100), (MID, None, 150)], 2: [(LONG_AGO, None, 40)]}


def company(paid: Payments = PAID, **known: date) -> Columns:
    columns = columns_of({1: [(LONG_AGO, None)], 2: [(LONG_AGO, MID)]}, dimensions=PLANS, **known)
    return replace(columns, revenue=revenue_of(paid))


def figure(
    columns: Columns, today: date = LATER, definition: Definition | None = None, **wanted: str
) -> RevenueFigure:
    found = revenue_figure(
        columns, OCTOBER, today=today, definition=definition or Definition(), wanted=wanted
    )
    assert found is not None
    return found


def test_is_of_the_same_customers_as_the_counts() -> None:
    found = figure(company(), plan="pro")

    counts = compared(
        company(), OCTOBER, today=LATER, definition=Definition(), wanted={"plan": "pro"}
    ).now.counts
    assert counts.opening == 1
    assert (found.sums.opening, found.sums.closing, found.sums.churned) == (100, 150, 0)


def test_of_a_period_that_is_not_over_is_of_as_many_days() -> None:
    found = figure(company(), today=MID - timedelta(days=1))

    assert found.so_far is not None
    assert (found.so_far.day, found.sums.closing) == (14, 140)


def test_counts_who_pays_and_is_no_customer() -> None:
    assert figure(company()).unattached == 1


def test_is_none_where_no_amounts_are_told() -> None:
    bare = replace(company(), revenue=None)

    assert revenue_figure(bare, OCTOBER, today=LATER, definition=Definition()) is None
    empty = replace(company(), revenue=replace(revenue_of({}), currencies=()))
    assert revenue_figure(empty, OCTOBER, today=LATER, definition=Definition()) is None


def in_two_currencies() -> Columns:
    revenue = revenue_of(PAID)
    mixed = replace(
        revenue, currency=(revenue.customer == 2).astype(np.int32), currencies=("EUR", "USD")
    )
    return replace(company(), revenue=mixed)


def test_several_currencies_are_added_up_by_the_definition() -> None:
    rates = Definition(rates=(("EUR", 1.0), ("USD", 0.5)))

    found = figure(in_two_currencies(), definition=rates)

    assert (found.currency, found.sums.opening) == ("EUR", 120)
    dollars = Definition(rates=(("EUR", 2.0), ("USD", 1.0)))
    found = figure(in_two_currencies(), definition=dollars)
    assert (found.currency, found.sums.opening) == ("USD", 240)


@pytest.mark.parametrize(
    ("rates", "missing"),
    [((), ("EUR", "USD")), ((("EUR", 1.0),), ("USD",)), ((("GBP", 1.0),), ("EUR", "USD"))],
)
def test_the_currencies_without_a_rate_are_named(
    rates: tuple[tuple[str, float], ...], missing: tuple[str, ...]
) -> None:
    with pytest.raises(RatesMissing, match=r"definition\.rates") as caught:
        figure(in_two_currencies(), definition=Definition(rates=rates))

    assert caught.value.missing == missing


def test_what_is_not_known_is_not_made_up() -> None:
    with pytest.raises(Unknown):
        figure(company(known_from=MID))
    with pytest.raises(Misunderstood):
        figure(company(), plan="gold")
