"""What people type after /nps, /csat and /keeprate."""

import pytest

from bot.domain.commands import (
    AskNow,
    Close,
    Help,
    KeeprateCommand,
    Preview,
    PullNow,
    Results,
    Status,
    SurveyCommand,
    read_keeprate,
    read_survey,
)
from bot.errors import Misunderstood


@pytest.mark.parametrize(
    ("words", "expected"),
    [
        ("", Preview()),
        ("   ", Preview()),
        ("ask", AskNow()),
        ("Ask  How was\nonboarding?", AskNow("How was onboarding?")),
        ("How was it?", Preview("How was it?")),
        ("Well?", Preview("Well?")),
        ("tell us what you think", Preview("tell us what you think")),
        ("results", Results()),
        ("RESULTS ", Results()),
        ("close", Close()),
        ("help", Help()),
        ("?", Help()),
        ("results of the last quarter", Preview("results of the last quarter")),
    ],
)
def test_reads_a_survey_command(words: str, expected: SurveyCommand) -> None:
    assert read_survey(words) == expected


def test_nothing_that_is_not_the_word_ask_asks_at_once() -> None:
    for words in ("", "a", "asked", "asks our customers", "NPS?"):
        try:
            command = read_survey(words)
        except Misunderstood:
            continue
        assert not isinstance(command, AskNow)


@pytest.mark.parametrize(("words", "guess"), [("reslts", "results"), ("hlep", "help")])
def test_a_typo_is_answered_with_what_is_near(words: str, guess: str) -> None:
    with pytest.raises(Misunderstood, match=f'Did you mean "{guess}"'):
        read_survey(words)


def test_a_question_that_nobody_would_read_is_refused() -> None:
    assert read_survey("ask " + "x" * 1000) == AskNow("x" * 1000)
    with pytest.raises(Misunderstood, match="1,001 characters"):
        read_survey("ask " + "x" * 1001)


@pytest.mark.parametrize(
    ("words", "expected"),
    [
        ("", Help()),
        ("help", Help()),
        ("status", Status()),
        ("pull", PullNow()),
        ("pull Shop", PullNow("shop")),
        ("PULL my crm", PullNow("My CRM")),
    ],
)
def test_reads_a_keeprate_command(words: str, expected: KeeprateCommand) -> None:
    assert read_keeprate(words, ["shop", "My CRM"]) == expected


def test_an_unknown_source_is_answered_with_the_known_ones_nearest_first() -> None:
    with pytest.raises(Misunderstood, match=r'no source "shp"\. There is shop, billing\.'):
        read_keeprate("pull shp", ["billing", "shop"])


def test_an_unknown_word_is_answered_with_what_is_near() -> None:
    with pytest.raises(Misunderstood, match='Did you mean "status"'):
        read_keeprate("statsu", ["shop"])
