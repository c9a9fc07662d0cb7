"""The digest of answers."""

from dataclasses import replace
from datetime import date

import pytest

from bot.domain.loops import Loop, LoopState, Low
from bot.domain.period import Kind, Period
from bot.domain.results import Given, result
from bot.domain.surveys import Direction, Scale
from bot.domain.themes import Said
from bot.messages.blocks import Message
from bot.messages.digest import SHOWN, Digest, digest_post
from bot.slack.poster import message_problems
from tests.messages.conftest import Golden
from tests.messages.figures import DEFINITION, FRIDAY, NASTY, read_as_markup

WEEKEND = Period(date(2026, 11, 13), date(2026, 11, 16), Kind.DAYS)
FRIDAY_ALONE = Period(date(2026, 11, 13), date(2026, 11, 14), Kind.DAYS)
LOW = Low("a1", "U0ACME", Scale.NPS, 3, Direction.HIGHER, "C0ACME", FRIDAY, "Too slow.", 1)
LOOP = Loop(1, LOW, FRIDAY)
NAMES = {1: "Acme", 2: NASTY}
SAID = Said("Great <!here> & fast.\nThanks.", False, True, FRIDAY, score=9, customer=2)
RESULTS = [
    result(Scale.NPS, [Given(Scale.NPS, 3, FRIDAY, customer=1), Given(Scale.NPS, 9, FRIDAY)]),
    result(Scale.CSAT, []),
]
DIGEST = Digest(WEEKEND, RESULTS, [LOOP], [SAID], 2, NAMES)
BUSY = replace(
    DIGEST,
    low=[
        replace(LOOP, state=LoopState.TAKEN, taken_by="U0OWNER"),
        replace(LOOP, state=LoopState.TAKEN, taken_by="U0OWNER", replied_at=FRIDAY),
        replace(LOOP, state=LoopState.CLOSED, closed_by="U0LEAD", cause=NASTY),
        replace(LOOP, of=replace(LOW, customer=None, comment="")),
    ],
    comments=[replace(SAID, customer=None), *[SAID] * SHOWN],
    waiting=1,
)
CASES = {
    "digest": digest_post(DIGEST, DEFINITION),
    "digest-busy": digest_post(BUSY, DEFINITION),
    "digest-waiting": digest_post(replace(DIGEST, results=[], low=[], comments=[]), DEFINITION),
    "digest-one-day": digest_post(
        replace(
            DIGEST, period=Period(date(2026, 11, 13), date(2026, 11, 14), Kind.DAYS), waiting=0
        ),
        DEFINITION,
    ),
}


@pytest.mark.parametrize("name", CASES)
def test_looks_as_it_did(name: str, golden: Golden) -> None:
    golden(name, CASES[name])


def test_names_and_comments_ring_nobody() -> None:
    for text in read_as_markup(list(CASES.values())):
        assert "<!" not in text
        assert "</b>" not in text


@pytest.mark.parametrize("name", CASES)
def test_the_text_alone_says_all(name: str) -> None:
    told: Message = CASES[name]

    for block in told.blocks[1:-1]:
        assert block["text"]["text"] in told.text


def test_the_longest_comments_still_fit() -> None:
    long = "&" * 3000
    many = [replace(LOOP, of=replace(LOW, comment=long)) for _ in range(99)]
    told = digest_post(
        replace(DIGEST, low=many, comments=[replace(SAID, text=long)] * 99, names={1: long}),
        DEFINITION,
    )

    assert not message_problems(told)
    assert "89 more are in the export." in told.text


def test_nothing_is_told_of_days_on_which_nothing_was_said() -> None:
    empty = Digest(WEEKEND, [result(Scale.NPS, [], asked=4)], [], [], 0, {})

    assert empty.is_empty
    assert not replace(empty, waiting=1).is_empty
    assert not replace(empty, results=RESULTS).is_empty
    assert not replace(empty, comments=[SAID]).is_empty
