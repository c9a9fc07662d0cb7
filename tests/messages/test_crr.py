"""What /crr answers."""

from datetime import date

import numpy as np
import pytest

from bot.domain.columns import PARTS
from bot.domain.comparison import Compared, Figure
from bot.domain.period import Kind, Period, SoFar
from bot.domain.recurring import RevenueFigure
from bot.domain.renewals import RenewalCounts
from bot.domain.revenue import RevenueSums
from bot.errors import Misunderstood
from bot.messages.blocks import Message
from bot.messages.crr import (
    calc_answer,
    crr_answer,
    crr_help,
    not_in_front_of_customers,
    shareable,
)
from bot.messages.renewals import renewal_line
from bot.messages.revenue import revenue_line
from tests.messages.conftest import Golden
from tests.messages.figures import DEFINITION, FRESH, NAMES, NASTY, counts, period

OCTOBER = period(Kind.MONTH, date(2026, 10, 1))
PAID = RevenueFigure(
    OCTOBER,
    RevenueSums(*(PARTS * each for each in (12_000, 13_000, 800, 200, 500, 300, 200))),
    "EUR",
    unattached=0,
)
SEPTEMBER = period(Kind.MONTH, date(2026, 9, 1))


def answer(figure: Figure, before: Figure | None = None, **also: object) -> Message:
    return crr_answer(
        Compared(figure, before, np.array([], np.int32)),
        **{"freshness": FRESH, "definition": DEFINITION, **also},  # type: ignore[arg-type]
    )


CASES = {
    "crr": answer(
        Figure(OCTOBER, counts(1180, 31)), Figure(SEPTEMBER, counts(1150, 28)), left=NAMES
    ),
    "crr-shareable": shareable(answer(Figure(OCTOBER, counts(1180, 31))), "2026-10 plan=pro"),
    "crr-revenue": answer(
        Figure(OCTOBER, counts(1180, 31)), left=NAMES, revenue=revenue_line(PAID)
    ),
    "crr-renewals": answer(
        Figure(OCTOBER, counts(1180, 31)),
        left=NAMES,
        renewals=renewal_line(RenewalCounts(OCTOBER, 1180, 31, 28, 2, 940)),
    ),
    "crr-so-far": answer(
        Figure(OCTOBER, counts(1180, 9), SoFar(9, 31)),
        Figure(SEPTEMBER, counts(1150, 12), SoFar(9, 30)),
    ),
    "crr-segment": answer(Figure(OCTOBER, counts(12, 1)), segment=[("plan", "pro"), ("x", NASTY)]),
    "crr-two-dates": answer(
        Figure(Period(date(2025, 12, 30), date(2026, 1, 3), Kind.DAYS), counts(50, 0))
    ),
    "crr-nobody": answer(Figure(OCTOBER, counts(0, 0, new=2, won_back=0))),
    "crr-all-left": answer(Figure(OCTOBER, counts(1, 1, new=0, won_back=0)), left=[NASTY]),
    "crr-no-data": answer(Figure(OCTOBER, counts(0, 0)), freshness=None),
    "crr-not-in-front-of-customers": not_in_front_of_customers(),
    "calc": calc_answer(150, 200, 80),
    "calc-over-100": calc_answer(100, 150, 10),
    "calc-nobody": calc_answer(0, 5, 5),
    "crr-help": crr_help(),
}


@pytest.mark.parametrize("name", CASES)
def test_looks_as_it_did(name: str, golden: Golden) -> None:
    golden(name, CASES[name])


def test_the_formula_of_the_trade_is_shown_with_its_numbers() -> None:
    assert "(200 - 80) / 150 x 100 = 80 %" in calc_answer(150, 200, 80).text


def test_impossible_numbers_are_said_back() -> None:
    with pytest.raises(Misunderstood, match="new"):
        calc_answer(100, 10, 20)


def test_an_unfinished_period_is_marked_and_compared_with_the_same_day() -> None:
    text = CASES["crr-so-far"].text

    assert "so far (day 9 of 31)" in text
    assert "in September 2026 by day 9" in text


def test_a_rate_of_nobody_is_neither_0_nor_100() -> None:
    assert "%" not in CASES["crr-nobody"].text


def test_what_is_too_long_to_travel_in_a_button_is_not_shared_by_one() -> None:
    told = answer(Figure(OCTOBER, counts(1180, 31)))

    assert shareable(told, "x" * 2001) == told
    assert shareable(told, "x" * 2000) != told
