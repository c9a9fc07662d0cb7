"""How what customers pay is said."""

from datetime import date

import pytest
from hypothesis import given
from hypothesis import strategies as st

from bot.domain.columns import PARTS
from bot.domain.period import Kind, SoFar
from bot.domain.recurring import RevenueFigure
from bot.domain.revenue import RatesMissing, RevenueSums
from bot.messages.revenue import money, revenue_line, units
from tests.messages.figures import period

OCTOBER = period(Kind.MONTH, date(2026, 10, 1))


def sums(opening: float = 0, closing: float = 0, **moved: float) -> RevenueSums:
    names = ("new", "reactivated", "expansion", "contraction", "churned")
    return RevenueSums(
        round(opening * PARTS),
        round(closing * PARTS),
        *(round(moved.get(name, 0) * PARTS) for name in names),
    )


def line(of: RevenueSums, currency: str = "EUR", unattached: int = 0) -> str:
    return revenue_line(RevenueFigure(OCTOBER, of, currency, unattached, SoFar(9, 31)))


MUCH = sums(
    12_000, 13_000, new=800, reactivated=200, expansion=500, contraction=300.5, churned=199.5
)


@pytest.mark.parametrize(
    ("said", "expected"),
    [
        (
            line(MUCH),
            "NRR 100 %, GRR 95.8 % of MRR 12,000.00 EUR at the start; MRR 13,000.00 EUR at the end:"
            " +800.00 new · +200.00 reactivated · +500.00 expansion · -300.50 contraction"
            " · -199.50 churned",
        ),
        (
            line(sums(1000, 2500, expansion=1500), "JPY"),
            "NRR 250.0 %, GRR 100 % of MRR 1,000 JPY at the start; MRR 2,500 JPY at the end:"
            " +1,500 expansion",
        ),
        (
            line(sums(5, 5)),
            "NRR 100 %, GRR 100 % of MRR 5.00 EUR at the start; MRR 5.00 EUR at the end, the same"
            " of everybody",
        ),
        (
            line(sums(0, 9, new=9)),
            "No NRR: nobody paid at the start; MRR 9.00 EUR at the end: +9.00 new",
        ),
        (
            line(sums(9, 0, churned=9), unattached=1),
            "NRR 0 %, GRR 0 % of MRR 9.00 EUR at the start; MRR 0.00 EUR at the end; 1 customer"
            " paid on days without a stay: -9.00 churned",
        ),
        (revenue_line(None), ""),
        (
            revenue_line(RatesMissing(("USD",), "Rates of <USD> & co.")),
            "Rates of &lt;USD&gt; &amp; co.",
        ),
    ],
)
def test_says(said: str, expected: str) -> None:
    assert said == expected


@pytest.mark.parametrize(
    ("churned", "expansion", "nrr"), [(1, 0, "99.9 %"), (0, 1, "100.1 %"), (99_999, 0, "0.1 %")]
)
def test_a_rate_is_never_rounded_to_what_is_not_true(
    churned: int, expansion: int, nrr: str
) -> None:
    closing = 100_000 - churned + expansion

    said = line(sums(100_000, closing, churned=churned, expansion=expansion))

    assert said.startswith(f"NRR {nrr},")


@pytest.mark.parametrize(
    ("amount", "currency", "said"),
    [
        (123_450_000, "EUR", "1,234.50 EUR"),
        (123_450_000, "JPY", "1,234 JPY"),
        (123_456_789, "KWD", "1,234.568 KWD"),
        (0, "USD", "0.00 USD"),
        (499, "EUR", "0.00 EUR"),
        (501, "EUR", "0.01 EUR"),
    ],
)
def test_money_has_the_decimals_of_its_currency(amount: int, currency: str, said: str) -> None:
    assert money(amount, currency) == said


@given(st.integers(0, 10**15))
def test_units_are_off_by_half_a_cent_at_most(amount: int) -> None:
    assert abs(units(amount, "EUR") * PARTS - amount) <= PARTS / 200 + 1
