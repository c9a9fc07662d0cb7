"""Who joined, a part at a time."""

from dataclasses import replace
from datetime import date

import pytest

from bot.domain.period import Kind, Period, SoFar
from bot.messages.blocks import Message
from bot.messages.churn import read_more
from bot.messages.joined import Joined, Joiner, joined_answer
from tests.messages.conftest import Golden
from tests.messages.figures import DEFINITION, FRESH, NASTY, read_as_markup

OCTOBER = Period(date(2026, 10, 1), date(2026, 11, 1), Kind.MONTH)
ACME = Joiner("Acme", date(2026, 10, 5), "Omar Haddad")
BACK = Joiner(NASTY, date(2026, 10, 9), NASTY, came_back=True)
TWO = Joined(OCTOBER, None, new=1, won_back=1, early=0, shown=[ACME, BACK], first=0)


def answer(found: Joined, words: str = "who joined october") -> Message:
    return joined_answer(found, words=words, freshness=FRESH, definition=DEFINITION)


CASES = {
    "joined": answer(TWO),
    "joined-part": answer(replace(TWO, new=44, early=1, shown=[ACME] * 20, first=20)),
    "joined-last": answer(replace(TWO, new=44, early=2, shown=[ACME] * 5, first=40)),
    "joined-nobody": answer(replace(TWO, new=0, won_back=0, shown=[])),
    "joined-nobody-stayed": answer(replace(TWO, new=0, won_back=0, early=2, shown=[])),
    "joined-new": answer(replace(TWO, won_back=0, shown=[ACME])),
    "joined-back": answer(replace(TWO, new=0, shown=[BACK])),
    "joined-so-far": answer(replace(TWO, so_far=SoFar(9, 31))),
}


@pytest.mark.parametrize("name", CASES)
def test_looks_as_it_did(name: str, golden: Golden) -> None:
    golden(name, CASES[name])


@pytest.mark.parametrize("name", CASES)
def test_never_rings_anybody(name: str) -> None:
    assert not any("<!" in text for text in read_as_markup(CASES[name]))


def test_the_button_says_what_was_typed_and_how_far_one_is() -> None:
    [row] = [block for block in CASES["joined-part"].blocks if block["type"] == "actions"]

    assert read_more({"actions": row["elements"]}) == ("who joined october", 40)
    assert not [b for b in CASES["joined-last"].blocks if b["type"] == "actions"]


def test_what_is_too_long_for_a_button_has_none() -> None:
    long = answer(replace(TWO, new=44), "who joined " + "plan=" * 500)

    assert not [block for block in long.blocks if block["type"] == "actions"]
