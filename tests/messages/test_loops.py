"""A low score in every state that it can be in, and the forms under it."""

from dataclasses import replace
from datetime import date, timedelta
from functools import partial
from typing import Any

import pytest

from bot.domain.loops import Loop, LoopState, Low, Rated
from bot.domain.surveys import Direction, Scale
from bot.errors import Misunderstood
from bot.messages import loops
from bot.messages.blocks import Block, Message
from bot.messages.loops import Account
from tests.messages.conftest import Golden
from tests.messages.figures import DEFINITION, FRIDAY, NASTY, read_as_markup

LOW = Low(
    "k7Jq2w", "U0ACME", Scale.NPS, 3, Direction.HIGHER, "C0ACME", FRIDAY,
    "The price came without a word.\nAnd nobody answered.", customer=4,
)  # fmt: skip
OPEN = Loop(17, LOW, FRIDAY, told_at=FRIDAY, owner="U0OWNER")
TAKEN = replace(OPEN, state=LoopState.TAKEN, taken_by="U0OWNER", taken_at=FRIDAY)
CLOSED = replace(
    TAKEN, state=LoopState.CLOSED, closed_by="U0OWNER", closed_at=FRIDAY,
    cause="Price or contract", action="Called them.",
)  # fmt: skip
ACCOUNT = Account(
    "Acme", date(2024, 9, 12), (("plan", "business"), ("region", "dach"), ("size", "")),
    "2,400 EUR", 2, (replace(LOW, score=9, at=FRIDAY - timedelta(days=90)),),
)  # fmt: skip


def rating(of: Rated, *, score: float = 0, comment: str = "Still broken.") -> Low:
    return replace(
        LOW, ask="", person="", channel="", scale=Scale.CSAT, score=score, comment=comment, rated=of
    )


RATED = replace(OPEN, of=rating(Rated("desk", "5", 0, 1, "7", "4711", "Ann")))
EFFORT = replace(LOW, scale=Scale.CES, score=6, direction=Direction.LOWER)
low_score = partial(
    loops.low_score, question="How likely are you to recommend us?", definition=DEFINITION
)

CASES: dict[str, Message | Block] = {
    "low-score-open": low_score(OPEN, ACCOUNT, up_to="<@U0LEAD>"),
    "low-score-effort": low_score(
        replace(OPEN, of=EFFORT),
        Account("Acme", earlier=(replace(EFFORT, score=2),)),
        up_to="",
        question="How much effort did it take you?",
    ),
    "low-score-of-nobody-known": low_score(
        replace(OPEN, owner="", of=replace(LOW, comment="", customer=None)), Account(), up_to=""
    ),
    "low-score-taken": low_score(TAKEN, ACCOUNT, up_to="<@U0LEAD>"),
    "low-score-replied": low_score(replace(TAKEN, replied_at=FRIDAY), ACCOUNT, up_to=""),
    "low-score-closed": low_score(CLOSED, ACCOUNT, up_to=""),
    "loop-closed-before": loops.closed_before(CLOSED),
    "low-score-withdrawn": low_score(
        replace(OPEN, state=LoopState.WITHDRAWN, of=replace(LOW, score=10)), ACCOUNT, up_to=""
    ),
    "low-score-markup": loops.low_score(
        replace(CLOSED, cause=NASTY, action=NASTY * 40, of=replace(LOW, comment=NASTY * 200)),
        Account(NASTY, None, ((NASTY, NASTY),) * 40, NASTY),
        question=NASTY * 30,
        up_to="",
        definition=DEFINITION,
    ),
    "low-score-rated": low_score(RATED, ACCOUNT, up_to="<@U0LEAD>", question=""),
    "low-score-rated-by-nobody-known": low_score(
        replace(RATED, owner="", of=rating(Rated("desk", "6", -3, 3), score=-2, comment="")),
        Account(),
        up_to="",
        question="",
    ),
    "low-score-rated-markup": low_score(
        replace(RATED, of=rating(Rated(NASTY, NASTY, 0, 10, ticket=NASTY, agent=NASTY))),
        Account(),
        up_to="",
        question="",
    ),
    "low-score-rated-without-ticket": low_score(
        replace(TAKEN, of=rating(Rated("desk", "6", 1, 5, agent="Ann"), score=2)),
        Account(earlier=(RATED.of, LOW)),
        up_to="",
        question="",
    ),
    "low-score-rated-reply": loops.answered_elsewhere(),
    "low-score-reply": loops.reply(OPEN, "U0OWNER", "I call you at two.\n<!channel> *now*"),
    "low-score-reply-form": loops.reply_form(OPEN, "C0SUCCESS"),
    "low-score-close-form": loops.close_form(OPEN, "C0SUCCESS", ("Price", "Fault")),
    "low-score-unknown": loops.unknown(),
    "low-score-not-yours": loops.not_yours(),
}


@pytest.mark.parametrize("name", CASES)
def test_looks_as_it_did(name: str, golden: Golden) -> None:
    golden(name, CASES[name])


def test_what_customers_write_rings_nobody() -> None:
    for text in read_as_markup(list(CASES.values())):
        assert "<!" not in text
        assert "</b>" not in text


def test_the_customer_is_not_told_of_their_score_or_the_cause() -> None:
    said = loops.reply(CLOSED, "U0OWNER", "I call you at two.")

    assert "3" not in said.text
    assert "Price" not in said.text


def test_a_click_and_a_form_say_which_loop_who_and_where() -> None:
    click = {"actions": [{"value": "17"}], "user": {"id": "U1"}, "channel": {"id": "C1"}}
    form = {
        "user": {"id": "U1"},
        "view": {
            "private_metadata": "17:C1",
            "state": {
                "values": {
                    "cause": {"cause": {"selected_option": {"value": "Price"}}},
                    "action": {"action": {"value": "Called."}},
                    "text": {"text": {"value": "Hello"}},
                }
            },
        },
    }

    assert loops.read_click(click) == loops.read_form(form) == (17, "U1", "C1")
    assert loops.read_done(form) == ("Price", "Called.")
    assert loops.read_reply(form) == "Hello"


@pytest.mark.parametrize("body", [{}, {"actions": []}, {"actions": [{"value": "x"}]}, {"view": {}}])
def test_what_is_no_click_is_not_understood(body: dict[str, Any]) -> None:
    for read in (loops.read_click, loops.read_form, loops.read_done, loops.read_reply):
        with pytest.raises(Misunderstood):
            read(body)
