"""Whom a question would reach, that it is there, and what the answers said."""

from dataclasses import replace
from datetime import UTC, datetime
from typing import Any

import pytest

from bot.domain.asking import Coming, Design, NotAsked, Plan, Whom, Why
from bot.domain.definition import Definition
from bot.domain.surveys import Ask, Direction, Scale
from bot.errors import Misunderstood
from bot.messages import asking
from bot.messages.blocks import Block, Message
from bot.messages.languages import in_force
from bot.messages.surveys import default_question
from tests.messages.conftest import Golden
from tests.messages.figures import NASTY, clicked, read_as_markup

NOW = datetime(2026, 11, 20, 9, tzinfo=UTC)
SPOKEN = in_force()
NPS = Ask(
    "q7-Zk_1", Scale.NPS, default_question(Scale.NPS, SPOKEN), "C0123", "U01LEAD", NOW,
    language=SPOKEN,
)  # fmt: skip
CSAT = replace(NPS, scale=Scale.CSAT, question=default_question(Scale.CSAT, SPOKEN))
CES = replace(NPS, scale=Scale.CES, question=default_question(Scale.CES, SPOKEN))
EFFORT = replace(CES, question="How much effort did it take you?", direction=Direction.LOWER)
ROUND = Coming(
    Design(Scale.NPS, name="quarterly"),
    NOW,
    Plan(
        (Whom("C0123", 4), Whom("C0124")),
        (
            NotAsked(Whom("C0125"), Why.NOT_DRAWN),
            NotAsked(Whom("U02", person="U02"), Why.OPTED_OUT),
        ),
        ("nl", "en"),
    ),
    days=5,
)
MANY_PLANNED = replace(
    ROUND,
    plan=Plan(
        tuple(Whom(f"C{n}", n) for n in range(16)),
        (
            *(NotAsked(Whom("", n), Why.NO_CHANNEL) for n in range(16, 22)),
            *(NotAsked(Whom(f"C{n}", n), Why.LATELY, NOW) for n in range(22, 30)),
        ),
    ),
)
CALLED = {n: NASTY if n == 3 else f"Company {n}" for n in range(30)}
MANY = [10] * 12 + [9] * 20 + [8] * 9 + [7] * 4 + [6] * 3 + [0] * 2
COMMENTS = [(9, "Fast answers, every time."), (0, NASTY), *[(6, "x" * 3000)] * 5]

CASES: dict[str, Message | Block] = {
    "preview": asking.preview(Scale.NPS, "", "C0123"),
    "preview-elsewhere": asking.preview(Scale.NPS, "", "C0123", language="fr"),
    "coming": asking.coming(ROUND, called={4: "Acme"}, definition=Definition()),
    "coming-many": asking.coming(MANY_PLANNED, called=CALLED, definition=Definition()),
    "plan-many": asking.plan_preview(
        Scale.NPS, "", "customers", MANY_PLANNED.plan, called=CALLED, definition=Definition()
    ),
    "plan-everybody": asking.plan_list(
        Scale.NPS, "customers", MANY_PLANNED.plan, 0, called=CALLED, definition=Definition()
    ),
    "plan-everybody-end": asking.plan_list(
        Scale.NPS, "customers", MANY_PLANNED.plan, 25, called=CALLED, definition=Definition()
    ),
    "comments-more": asking.comments_list(NPS, COMMENTS, 1),
    "comments-none": asking.comments_list(NPS, [], 0),
    "asked-before": asking.asked_before(),
    "coming-after-ticket": asking.coming(
        Coming(Design(Scale.CES, name="after a ticket"), after_hours=1.5),
        called={},
        definition=Definition(),
    ),
    "wants-peace": asking.wants_peace("U09"),
    "preview-anonymous": asking.preview(Scale.NPS, "", "C0123", typed="anonymous", anonymous=True),
    "too-few": asking.too_few(NPS, 4),
    "preview-markup": asking.preview(Scale.CSAT, NASTY, "C0123"),
    "not-asked": asking.not_asked("posting to C0ACME: Slack asks us to wait", "C0ACME"),
    "never-asked": asking.never_asked(Scale.NPS),
    "now-closed": asking.now_closed(NPS),
    "asked": asking.asked(NPS),
    "results-none": asking.results(NPS, []),
    "results-one": asking.results(NPS, [9]),
    "results-nps": asking.results(NPS, MANY, COMMENTS),
    "results-csat": asking.results(CSAT, [5, 5, 4, 3, 1]),
    "results-ces": asking.results(CES, [7, 7, 6, 5, 3, 1]),
    "results-effort": asking.results(EFFORT, [7, 7, 6, 5, 3, 1]),
    "not-for-ours": asking.not_for_ours(),
    "nps-help": asking.help_for(Scale.NPS),
}


@pytest.mark.parametrize("name", CASES)
def test_looks_as_it_did(name: str, golden: Golden) -> None:
    golden(name, CASES[name])


@pytest.mark.parametrize("name", CASES)
def test_never_rings_anybody(name: str) -> None:
    assert not any("<!" in text for text in read_as_markup(CASES[name]))


@pytest.mark.parametrize("asked", ["", "Happy?", "Rate us: 1:5", NASTY])
def test_the_button_under_a_preview_asks_what_it_showed(asked: str) -> None:
    button = asking.preview(Scale.CSAT, asked, "C0123").blocks[1]["elements"][0]

    assert button["action_id"] == asking.ASK_HERE
    assert asking.read_ask_here(clicked(button)) == (Scale.CSAT, asked)


@pytest.mark.parametrize("body", [{}, {"actions": [{"value": "sus:"}]}, {"actions": [{}]}], ids=str)
def test_a_button_of_no_preview_is_refused(body: dict[str, Any]) -> None:
    with pytest.raises(Misunderstood):
        asking.read_ask_here(body)


def test_no_answers_is_not_a_score_of_0() -> None:
    assert "No answers yet" in asking.results(NPS, []).text
    assert "NPS 0" not in asking.results(NPS, []).text


def test_results_say_count_score_and_margin_in_words() -> None:
    text = asking.results(NPS, MANY).text

    assert "from 50 answers" in text
    assert "32 promoters, 13 passives, 5 detractors" in text
    assert "NPS +54" in text
    assert "Margin of error" in text
    assert "20 gave 9" in text
