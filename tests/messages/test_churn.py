"""What /churn answers."""

from datetime import date

import pytest

from bot.domain.comparison import Figure
from bot.domain.period import Kind, SoFar
from bot.domain.reasons import UNKNOWN, Cause, LossReason
from bot.messages.alerts import Leaver
from bot.messages.blocks import Message
from bot.messages.churn import Churn, churn_answer, churn_help
from tests.messages.conftest import Golden
from tests.messages.figures import DEFINITION, FRESH, NASTY, counts, period, read_as_markup

OCTOBER = period(Kind.MONTH, date(2026, 10, 1))
SEPTEMBER = period(Kind.MONTH, date(2026, 9, 1))
PRICE = LossReason(1, date(2026, 10, 3), "price", "too dear for us", "U0LEAD")
ACME = Leaver(1, "Acme", "Omar Haddad", 1200.0, "EUR", PRICE)
GLOBEX = Leaver(2, "Globex")


def answer(churn: Churn, words: str = "2026-10") -> Message:
    return churn_answer(
        churn, words=words, freshness=FRESH, definition=DEFINITION, segment=[("plan", "pro")]
    )


def many(lost: int, first: int, shown: int) -> Churn:
    names = [Leaver(n, f"Customer {n:02}") for n in range(first, first + shown)]
    return Churn(Figure(OCTOBER, counts(1180, lost)), None, names, first, (), None)


CASES = {
    "churn": answer(
        Churn(
            Figure(OCTOBER, counts(1180, 2)),
            Figure(SEPTEMBER, counts(1150, 28)),
            [ACME, GLOBEX],
            0,
            [Cause("price", 1, 1200.0), Cause(UNKNOWN, 1, 0.0)],
            1200.0,
            "EUR",
        )
    ),
    "churn-so-far": answer(
        Churn(
            Figure(OCTOBER, counts(1180, 1), SoFar(9, 31)),
            Figure(SEPTEMBER, counts(1150, 3), SoFar(9, 30)),
            [GLOBEX],
            0,
            (),
            None,
        )
    ),
    "churn-nobody-left": answer(Churn(Figure(OCTOBER, counts(40, 0)), None, (), 0, (), None)),
    "churn-nobody": answer(Churn(Figure(OCTOBER, counts(0, 0)), None, (), 0, (), None)),
    "churn-many": answer(many(45, 0, 20)),
    "churn-many-last": answer(many(45, 40, 5)),
    "churn-nasty": answer(
        Churn(
            Figure(OCTOBER, counts(40, 1)),
            None,
            [Leaver(3, NASTY, NASTY, 5.0, "EUR", LossReason(3, date(2026, 10, 3), NASTY))],
            0,
            [Cause(NASTY, 1, 5.0)],
            5.0,
            "EUR",
        )
    ),
    "churn-help": churn_help(),
}


@pytest.mark.parametrize("name", CASES)
def test_each_is_told_as_kept(name: str, golden: Golden) -> None:
    golden(name, CASES[name])


def test_names_ring_nobody() -> None:
    assert not any("<!" in text for text in read_as_markup(CASES["churn-nasty"]))
