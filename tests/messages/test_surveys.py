"""Questions, clicks, forms, comments and thanks."""

from dataclasses import replace
from datetime import UTC, date, datetime
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from bot.domain.surveys import Answer, Ask, Scale, Style, nameless
from bot.errors import Misunderstood
from bot.messages import surveys
from bot.messages.blocks import Block, Message
from bot.messages.languages import in_force
from tests.messages.conftest import Golden
from tests.messages.figures import NASTY, clicked, read_as_markup

NOW = datetime(2026, 11, 20, 9, tzinfo=UTC)
SPOKEN = in_force()
NPS = Ask(
    "q7-Zk_1", Scale.NPS, surveys.default_question(Scale.NPS, SPOKEN), "C0123", "U01LEAD", NOW,
    language=SPOKEN,
)  # fmt: skip
CSAT = replace(NPS, scale=Scale.CSAT, question=surveys.default_question(Scale.CSAT, SPOKEN))
CES = replace(NPS, scale=Scale.CES, question=surveys.default_question(Scale.CES, SPOKEN))
ANSWER = Answer(NPS.id, "U09", "T09", 9, NOW, language=SPOKEN)

CASES: dict[str, Message | Block] = {
    "ask-nps": surveys.question(NPS),
    "ask-csat": surveys.question(CSAT),
    "ask-ces": surveys.question(CES),
    "ask-markup": surveys.question(replace(NPS, question=NASTY * 60)),
    "ask-anonymous": surveys.question(replace(NPS, anonymous=True)),
    "thanks-nameless": surveys.thanks(
        nameless(ANSWER, "Zk_1-x", UTC), Scale.NPS, comment_until=date(2026, 11, 23)
    ),
    "already-answered": surveys.already_answered(SPOKEN),
    "comment-is-over": surveys.comment_is_over(SPOKEN),
    "went-wrong": surveys.went_wrong(SPOKEN),
    "not-on-scale": surveys.not_on_scale(Scale.CSAT, SPOKEN),
    "thanks": surveys.thanks(ANSWER, Scale.NPS),
    "thanks-changed": surveys.thanks(replace(ANSWER, comment="a"), Scale.NPS, changed=True),
    "thanks-thumb": surveys.thanks(
        replace(ANSWER, score=5), Scale.CSAT, style=Style.THUMBS, comment_until=date(2026, 11, 23)
    ),
    "comment-form": surveys.comment_form(ANSWER),
    "comment-form-again": surveys.comment_form(replace(ANSWER, comment="It was\nfast " * 400)),
    "not-stored": surveys.not_stored(SPOKEN),
    "closed": surveys.closed(SPOKEN),
    "expired": surveys.closed(SPOKEN, expired=True),
    "unknown-ask": surveys.unknown(SPOKEN),
}


@pytest.mark.parametrize("name", CASES)
def test_looks_as_it_did(name: str, golden: Golden) -> None:
    golden(name, CASES[name])


@pytest.mark.parametrize("name", CASES)
def test_never_rings_anybody(name: str) -> None:
    assert not any("<!" in text for text in read_as_markup(CASES[name]))


@pytest.mark.parametrize("ask", [NPS, CSAT, CES], ids=["nps", "csat", "ces"])
def test_every_button_is_read_where_it_is_written(ask: Ask) -> None:
    buttons = surveys.question(ask).blocks[1]["elements"]

    assert [surveys.read_click(clicked(b)) for b in buttons] == [
        (ask.id, s) for s in ask.scale.scores
    ]
    assert all(surveys.SCORE.fullmatch(b["action_id"]) for b in buttons)
    assert (
        buttons[-1]["accessibility_label"]
        == f"{ask.scale.scores[-1]} out of {ask.scale.scores[-1]}"
    )


def test_an_answer_is_of_the_person_and_of_their_own_workspace() -> None:
    button = surveys.question(NPS).blocks[1]["elements"][9]

    assert surveys.read_answer(clicked(button), NOW) == ANSWER


@pytest.mark.parametrize(
    "body",
    [
        {},
        {"actions": []},
        {"actions": ["x"]},
        {"actions": [{"value": "9"}]},
        {"actions": [{"value": ":9"}]},
        {"actions": [{"value": "q7:"}]},
        {"actions": [{"value": "q7:-1"}]},
        {"actions": [{"value": "q7:1e1"}]},
        {"actions": [{"value": "q7:٣"}]},
        {"actions": [{"value": "q7:100"}]},
    ],
    ids=str,
)
def test_a_click_that_no_button_of_ours_sends_is_refused(body: dict[str, Any]) -> None:
    with pytest.raises(Misunderstood):
        surveys.read_click(body)


@given(st.text(min_size=1), st.integers(0, 99))
def test_any_id_of_an_ask_survives_the_button(ask: str, score: int) -> None:
    assert surveys.read_click({"actions": [{"value": f"{ask}:{score}"}]}) == (ask, score)


def test_a_comment_that_was_not_stored_is_told_under_its_field() -> None:
    field = surveys.comment_form(ANSWER)["blocks"][1]["block_id"]

    assert list(surveys.comment_not_stored()) == [field]


def test_a_comment_comes_back_with_its_ask_and_its_person() -> None:
    view = surveys.comment_form(ANSWER)
    block = view["blocks"][1]
    typed = {block["block_id"]: {block["element"]["action_id"]: {"value": "It was fast."}}}
    body = {"user": {"id": "U09", "team_id": "T09"}, "view": {**view, "state": {"values": typed}}}

    assert surveys.read_comment(body) == (NPS.id, "U09", "T09", "It was fast.")


NAMELESS = nameless(ANSWER, "Zk_1-x", UTC)


def test_who_answers_without_a_name_finds_their_answer_by_a_word() -> None:
    thanks, form = surveys.thanks(NAMELESS, Scale.NPS), surveys.comment_form(NAMELESS)
    typed = {"comment": {"text": {"value": "Fast."}}}
    body = {"user": {"id": "U09"}, "view": {**form, "state": {"values": typed}}}

    assert "U09" not in f"{thanks}{form}"
    assert surveys.read_comment_request(clicked(thanks.blocks[1]["elements"][0])) == (
        NPS.id,
        NAMELESS.person,
    )
    assert surveys.read_comment(body) == (NPS.id, NAMELESS.person, "", "Fast.")


def test_no_button_speaks_for_another_person() -> None:
    with pytest.raises(Misunderstood):
        surveys.read_comment_request(clicked({"value": f"{NPS.id}:U0OTHER"}))


def test_an_empty_comment_form_is_an_empty_comment() -> None:
    state = {"values": {"comment": {"text": {"value": None}}}}
    body = {"user": {"id": "U09"}, "team": None, "view": {"private_metadata": "q", "state": state}}

    assert surveys.read_comment(body) == ("q", "U09", "", "")


@pytest.mark.parametrize("body", [{}, {"view": {}}, {"view": {"state": {"values": {}}}}], ids=str)
def test_a_form_that_is_not_ours_is_refused(body: dict[str, Any]) -> None:
    with pytest.raises(Misunderstood):
        surveys.read_comment(body)


def test_the_thanks_lead_to_the_form() -> None:
    button = surveys.thanks(ANSWER, Scale.NPS).blocks[1]["elements"][0]

    assert button["action_id"] == surveys.ADD_COMMENT
    assert surveys.read_comment_request(clicked(button)) == (NPS.id, "U09")
