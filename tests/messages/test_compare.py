"""Two figures side by side."""

from dataclasses import replace
from datetime import date

import pytest

from bot.domain.comparison import Figure
from bot.domain.period import Kind, Period
from bot.domain.retention import Counts
from bot.messages.blocks import Message
from bot.messages.compare import Side, compare_answer
from tests.messages.conftest import Golden
from tests.messages.figures import DEFINITION, FRESH, NASTY, read_as_markup

OCTOBER = Period(date(2026, 10, 1), date(2026, 11, 1), Kind.MONTH)
SEPTEMBER = Period(date(2026, 9, 1), date(2026, 10, 1), Kind.MONTH)
MANY = Counts(opening=1180, closing=1200, kept=1149, lost=31, new=51, won_back=0, early_losses=0)
FEW = Counts(opening=10, closing=9, kept=8, lost=2, new=1, won_back=0, early_losses=1)
NOBODY = Counts(opening=0, closing=3, kept=0, lost=0, new=3, won_back=0, early_losses=0)


def side(counts: Counts, period: Period = OCTOBER, *segment: tuple[str, str]) -> Side:
    return Side(Figure(period, counts), segment)


def answer(first: Side, second: Side) -> Message:
    return compare_answer(first, second, freshness=FRESH, definition=DEFINITION)


CASES = {
    "compare": answer(side(MANY), side(replace(MANY, kept=1100, lost=80), SEPTEMBER)),
    "compare-luck": answer(side(MANY), side(replace(MANY, kept=1145, lost=35), SEPTEMBER)),
    "compare-segments": answer(
        side(MANY, OCTOBER, ("plan", "pro")), side(FEW, OCTOBER, ("plan", NASTY))
    ),
    "compare-nobody": answer(side(MANY), side(NOBODY, SEPTEMBER)),
}


@pytest.mark.parametrize("name", CASES)
def test_looks_as_it_did(name: str, golden: Golden) -> None:
    golden(name, CASES[name])


@pytest.mark.parametrize("name", CASES)
def test_never_rings_anybody(name: str) -> None:
    assert not any("<!" in text for text in read_as_markup(CASES[name]))
