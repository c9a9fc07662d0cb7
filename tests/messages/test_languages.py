"""What customers read, in their language."""

import ast
import re
from dataclasses import replace
from datetime import UTC, date, datetime
from itertools import chain
from pathlib import Path
from typing import Any

import pytest
from babel.messages.pofile import read_po

from bot.domain.commands import read_keeprate
from bot.domain.definition import Definition
from bot.domain.questions import read_crr
from bot.domain.surveys import Answer, Ask, Band, Direction, Layout, Scale, Style, nameless
from bot.errors import Misunderstood, Sentence
from bot.messages import answer_page as pages
from bot.messages import surveys
from bot.messages.blocks import Block, Message
from bot.messages.languages import LANGUAGES, LOCALES, day, retold, said, speaking, spoken
from bot.slack.poster import message_problems
from bot.slack.validation import view_problems
from tests.messages.conftest import Golden

NOW = datetime(2026, 11, 2, 9, tzinfo=UTC)
UNTIL = datetime(2026, 12, 2, 9, tzinfo=UTC)
OTHERS = [language for language in LANGUAGES if language != "en"]


def asked(language: str, scale: Scale = Scale.NPS) -> Ask:
    words = surveys.default_question(scale, language)
    return Ask("a1", scale, words, "U9", "", NOW, None, UNTIL, person="U9", language=language)


def everything(language: str) -> dict[str, Message | Block]:
    """All that a customer can read."""
    answer = Answer("a1", "U9", "T9", 9, NOW, language=language)
    return {
        **{f"question-{scale}": surveys.question(asked(language, scale)) for scale in Scale},
        "menu": surveys.question(replace(asked(language), layout=Layout.MENU)),
        "form-question": surveys.question(replace(asked(language), layout=Layout.FORM)),
        "nameless-form": surveys.question(
            replace(asked(language), layout=Layout.FORM, anonymous=True)
        ),
        "score-form": surveys.score_form(asked(language), "C1", answer),
        "thanks-form": surveys.thanks(answer, Scale.NPS, layout=Layout.FORM),
        "thanks": surveys.thanks(answer, Scale.NPS),
        "changed": surveys.thanks(replace(answer, comment="a"), Scale.NPS, changed=True),
        **{f"form-{band}": surveys.comment_form(answer, of=band) for band in Band},
        "until": surveys.thanks(answer, Scale.NPS, comment_until=date(2026, 11, 5)),
        "nameless": surveys.thanks(nameless(answer, "x", UTC), Scale.NPS),
        "nameless-question": surveys.question(replace(asked(language), anonymous=True)),
        "already-answered": surveys.already_answered(language),
        "comment-is-over": surveys.comment_is_over(language),
        "not-stored": surveys.not_stored(language),
        "unreadable": surveys.unreadable(language),
        "went-wrong": surveys.went_wrong(language),
        "unknown": surveys.unknown(language),
        "closed": surveys.closed(language),
        "expired": surveys.closed(language, expired=True),
        "not-on-scale": surveys.not_on_scale(Scale.NPS, language),
        "with-page": surveys.question(asked(language), page="https://k.example.com/answer/a.b"),
        "reminder": surveys.reminder(asked(language)),
        "replies": surveys.question(asked(language), replies=True),
        "thanks-faces": surveys.thanks(replace(answer, score=4), Scale.CSAT, style=Style.FACES),
        "typed": surveys.thanks(answer, Scale.NPS, typed=True),
        "typed-openly": surveys.typed_openly(language),
        "opted-out": surveys.opted_out(language),
        "opted-in": surveys.opted_in(language),
    }


def texts() -> set[str]:
    """Every text that the code has said in a language."""
    files = [Path(str(module.__file__)) for module in (surveys, pages)]
    modules = [ast.parse(file.read_text(encoding="utf-8")) for file in files]
    found: set[str] = set()
    for node in chain.from_iterable(map(ast.walk, modules)):
        if isinstance(node, ast.Call) and getattr(node.func, "id", "") == "said":
            of = [node.args[1]]
            if getattr(of[0], "id", "") == "UNREADABLE":
                found.add(surveys.UNREADABLE)
            if isinstance(of[0], ast.IfExp):
                of = [of[0].body, of[0].orelse]
            found |= {str(each.value) for each in of if isinstance(each, ast.Constant)}
    ends = {end for pair in (*surveys._ENDS.values(), surveys._EFFORT) for end in pair}
    return {*found, *ends, *surveys._QUESTIONS.values(), *surveys._FOLLOW_UPS.values()}


@pytest.mark.parametrize("language", OTHERS)
def test_every_text_is_translated_with_its_values(language: str) -> None:
    assert len(texts()) > 30
    for text in texts():
        translated = said(language, text)
        braces = r"\{\w+\}"
        assert translated != text or text == "{first} is {low}, {last} is {high}"
        assert sorted(re.findall(braces, translated)) == sorted(re.findall(braces, text))


@pytest.mark.parametrize("language", OTHERS)
def test_the_catalogue_has_nothing_that_nobody_says(language: str) -> None:
    with (LOCALES / language / "LC_MESSAGES" / "customers.po").open("rb") as file:
        catalogue = read_po(file)

    assert {message.id for message in catalogue if message.id} == texts()
    assert [message.id for message in catalogue if message.id and not message.string] == []
    assert catalogue.locale is not None
    assert catalogue.locale.language == language


@pytest.mark.parametrize("language", LANGUAGES)
def test_slack_takes_it_in_every_language(language: str) -> None:
    for shown in everything(language).values():
        found = message_problems(shown) if isinstance(shown, Message) else view_problems(shown)
        assert found == []


@pytest.mark.parametrize("language", OTHERS)
def test_looks_as_it_did(language: str, golden: Golden) -> None:
    golden(f"language-{language}-question", everything(language)["question-nps"])
    golden(f"language-{language}-thanks", everything(language)["thanks"])


@pytest.mark.parametrize(
    ("locale", "language"),
    [("nl-NL", "nl"), ("de_CH", "de"), ("FR", "fr"), ("en-US", "en"), ("ja-JP", "es"), ("", "es")],
)
def test_a_locale_that_we_do_not_speak_is_spoken_to_as_usual(locale: str, language: str) -> None:
    assert spoken(locale, "es") == language


def test_dates_are_written_as_people_write_them() -> None:
    assert [day(date(2026, 12, 2), language) for language in LANGUAGES] == [
        "2 December 2026",
        "2 december 2026",
        "02 Desember 2026",
        "2. Dezember 2026",
        "2 décembre 2026",
        "2 de diciembre de 2026",
    ]


def test_what_stands_for_a_score_and_what_it_sends() -> None:
    def shown(style: Style) -> list[tuple[str, str]]:
        ask = replace(asked("en", Scale.CSAT), style=style)
        buttons = surveys.question(ask).blocks[1]["elements"]
        return [(b["text"]["text"], b["value"]) for b in buttons]

    assert shown(Style.STARS)[2] == ("★★★", "a1:3")
    assert [face for face, _ in shown(Style.FACES)] == ["😠", "🙁", "😐", "🙂", "😀"]
    assert shown(Style.THUMBS) == [("👎", "a1:1"), ("👍", "a1:5")]


def test_the_ends_are_told_as_they_are_shown() -> None:
    def told(scale: Scale, **how: Any) -> tuple[str, str]:
        question = surveys.question(replace(asked("en", scale), **how))
        return question.blocks[2]["elements"][0]["text"], question.text.partition("? (")[2]

    assert told(Scale.CSAT, style=Style.THUMBS)[0] == (
        "👎 (1) = very dissatisfied · 👍 (5) = very satisfied"
    )
    assert told(Scale.CSAT, style=Style.STARS)[1].startswith(
        "★ (1) is very dissatisfied, ★★★★★ (5)"
    )
    # Who is asked for their effort agrees with nothing.
    assert told(Scale.CES, direction=Direction.LOWER)[0] == (
        "1 = very little effort · 7 = very much effort"
    )


def test_a_menu_is_read_as_the_buttons_are() -> None:
    ask = replace(asked("en"), layout=Layout.MENU)
    [menu] = surveys.question(ask).blocks[1]["elements"]

    read = [
        surveys.read_click({"actions": [{"action_id": "score:menu", "selected_option": option}]})
        for option in menu["options"]
    ]

    assert [(click.ask, click.score) for click in read] == [("a1", n) for n in range(10, -1, -1)]


def test_a_survey_s_own_words_follow_the_score() -> None:
    form = surveys.comment_form(
        Answer("a1", "U9", "T9", 2, NOW), of=Band.LOW, follow_ups={"low": "What *went* wrong?"}
    )

    assert form["blocks"][1]["label"]["text"] == "What *went* wrong?"


def test_an_error_is_told_in_the_language_in_force() -> None:
    """With its values, of which some are said in it too, and some are somebody's own words."""
    known = Sentence("{names} and {more} more", names="plan, region", more=1204)
    error = Misunderstood(
        'Customers can\'t be split by "{name}". There is {known}.', name="month", known=known
    )

    assert str(error) == (
        'Customers can\'t be split by "month". There is plan, region and 1,204 more.'
    )
    with speaking("nl"):
        assert retold(error.sentence) == (
            'Klanten zijn niet op "month" te splitsen. Er is plan, region en nog 1.204.'
        )
    assert retold(error.sentence) == str(error)


def test_an_error_of_braces_is_told_as_it_is() -> None:
    with speaking("nl"):
        assert retold(Misunderstood("{n} of {what}?").sentence) == "{n} of {what}?"
        assert retold("") == ""


@pytest.mark.parametrize(
    "words",
    [
        "octobr",
        "2026-13",
        "3026",
        "2026-12",
        "2026-10..",
        "2026-10..2026-09",
        "week month",
        "week 2026",
        "last 0 weeks",
        "last 3 fortnights",
        "since 2027",
        "plan=",
        "plan=pro plan=basic",
        'plan="pro',
        "known=soon",
        "known=2030-01-01",
        "known=2026-10-05 known=2026-10-06",
        "as",
        "as nobody",
        "who",
        "cohort day",
        "lifetime week",
        "calc 1 2",
        "record today",
    ],
)
def test_whatever_crr_cannot_read_is_told_in_dutch_throughout(words: str) -> None:
    with pytest.raises(Misunderstood) as unread:
        read_crr(words, today=date(2026, 11, 18), definition=Definition())

    _no_english(unread.value.sentence)


@pytest.mark.parametrize(
    "words",
    [
        "stats",
        "pull hubspott",
        "merge one",
        'merge "one',
        "link acme",
        "link acme Acme",
        "unlink acme",
        "subscribe wekly",
        "subscribe weekly monthly mon",
        "unsubscribe",
        "unsubscribe weekly now",
    ],
)
def test_whatever_keeprate_cannot_read_is_told_in_dutch_throughout(words: str) -> None:
    with pytest.raises(Misunderstood) as unread:
        read_keeprate(words, ["hubspot"])

    _no_english(unread.value.sentence)


def _no_english(sentence: str) -> None:
    """Each part of it has a row of its own, which says something else."""
    with speaking("nl"):
        told = retold(sentence)
    assert told != str(sentence)
    for english in ("I can't read", "Did you mean", "For example", "There is "):
        assert english not in told
