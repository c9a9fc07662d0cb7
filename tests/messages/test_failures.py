"""What was stored of a failure is said in Dutch: each sentence that the code can make is known."""

import ast
import re
from collections.abc import Iterator
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

import bot
import integrations
from bot.domain.definition import Definition
from bot.domain.pulls import Freshness, Pull, PullState
from bot.errors import OutcomeUnknown, SlackError
from bot.messages import wording
from bot.messages.failures import _SENTENCES, failure
from bot.messages.languages import speaking, tr
from bot.slack.errors import _MEANING, refusal
from tests.messages.figures import FRIDAY

BOT, INTEGRATIONS = Path(bot.__file__).parent, Path(integrations.__file__).parent
SAID_IN = (
    *(
        INTEGRATIONS / f"{name}.py"
        for name in ("refusals", "http", "paging", "errors", "__init__", "sql")
    ),
    *(BOT / "slack" / f"{name}.py" for name in ("errors", "poster")),
    *(BOT / "jobs" / f"{name}.py" for name in ("pull", "counting", "delivery")),
    *(BOT / "store" / f"{name}.py" for name in ("deliveries", "staging", "counts")),
)
RAISED = re.compile(
    r"BadRecord|CredentialsRejected|NotAccepted|NotThere|SourceUnavailable|UnexpectedResponse"
    r"|SlackRejected|ChannelUnreachable|BlocksRefused|SlackUnavailable|OutcomeUnknown|SlackError"
)
NOBODY_HEARS = {"there is nothing of the kind"}
"""Caught where it is raised."""


def dutch(sentence: str) -> str:
    with speaking("nl"):
        return failure(sentence)


def sentences(path: Path) -> Iterator[str]:
    """What the module raises or stores, with stand-ins for its values."""
    for node in ast.walk(ast.parse(path.read_text(encoding="utf-8"))):
        match node:
            case ast.Call(func=ast.Name(id=name), args=[said, *_]) if RAISED.fullmatch(name):
                yield from _text(said)
            case ast.keyword(arg="sentence", value=said):
                yield from _text(said)
            case ast.Assign(targets=[ast.Name(id="sentence")], value=said):
                yield from _text(said)


_STANDS_FOR = {
    "said": "https://api.example.com/v1 answered 503",
    "what": "posting to C0SUCCESS",
    "then": "begins anew",
    "why": "because the bot was stopped",
    "remedy": "give it crm.read",
    "asked": " and asks to wait 30 seconds",
}


def _text(node: ast.expr) -> Iterator[str]:
    match node:
        case ast.Constant(value=str(said)) if said:
            yield said
        case ast.JoinedStr(values=parts):
            yield "".join(
                str(part.value) if isinstance(part, ast.Constant) else _value(part)
                for part in parts
            )


def _value(part: ast.expr) -> str:
    assert isinstance(part, ast.FormattedValue)
    match part.value:
        case ast.Name(id=name):
            return _STANDS_FOR.get(name, "crm")
        case _:
            return "7"


EVERY = sorted(
    {said for path in SAID_IN for said in sentences(path)} - NOBODY_HEARS - {"crm", "crm: crm"}
)


@pytest.mark.parametrize("said", EVERY)
def test_every_sentence_that_is_stored_is_said_in_dutch(said: str) -> None:
    assert dutch(said) != said
    assert failure(said) == said, "in English it is as it was stored"


@pytest.mark.parametrize("code", _MEANING)
def test_every_word_of_slacks_is_explained_in_dutch(code: str) -> None:
    said = refusal("posting to C0OLD", 200, {"error": code}, {}).sentence
    told = dutch(said)

    assert told.startswith("plaatsen in C0OLD: Slack ")
    assert said.rpartition(": ")[2] not in told


@pytest.mark.parametrize(
    ("stored", "told"),
    [
        ("", ""),
        ("Nobody knows this.", "Nobody knows this."),
        ("crm: nobody knows this.", "crm: nobody knows this."),
        (
            "1,204 of 90,000 customers are missing from the pull; more than 1,800 at once are not"
            " believed. Check the filter of the source and the rights of its token.",
            "1.204 van 90.000 klanten ontbreken in wat is opgehaald; meer dan 1.800 tegelijk worden"
            " niet geloofd. Controleer het filter van de bron en de rechten van haar token.",
        ),
        (
            "All was read, because its changes cannot be. crm: https://api.example.com answered"
            " 429 and asks to wait 30 seconds; the next pull tries again",
            "Alles is gelezen, omdat alleen de wijzigingen niet te lezen zijn. crm:"
            " https://api.example.com antwoordde 429 en vraagt 30 seconden te wachten; de volgende"
            " keer wordt het opnieuw geprobeerd",
        ),
        (
            "posting to C0OLD: Slack says missing_scope (needs chat:write): add the scope to the"
            " app and install it again",
            "plaatsen in C0OLD: Slack zegt missing_scope (needs chat:write): geef de app de scope"
            " en installeer haar opnieuw",
        ),
        (
            "crm: another process went on with the pull.",
            "crm: een ander proces ging verder met ophalen.",
        ),
    ],
)
def test_values_stay_what_they_were(stored: str, told: str) -> None:
    assert dutch(stored) == told


@given(st.text())
def test_whatever_is_stored_is_told(stored: str) -> None:
    told = dutch(stored)
    assert bool(told) == bool(stored)


def test_no_sentence_is_taken_for_another() -> None:
    """A wide one that stands before a narrow one would tell half of it."""
    for text in _SENTENCES:
        values = {name: "7" for name in re.findall(r"\{(\w+)\}", text)}
        with speaking("nl"):
            assert failure(text.format(**values)) == tr(text, **values), text


def test_status_says_it_in_dutch() -> None:
    why = "crm: https://api.example.com answered 401: the token is not accepted; put a valid one"
    failed = Pull(
        5, "crm", "d", FRIDAY, PullState.FAILED, FRIDAY, sentence=f"{why} into config.yaml"
    )
    with speaking("nl"):
        told = wording.freshness(Freshness("crm", failed, None), Definition())

    assert "het token wordt niet aanvaard" in told
    assert "answered" not in told


def test_slack_that_does_not_tell_is_said_in_dutch() -> None:
    unsure: SlackError = refusal("posting to C0OLD", 503, {}, {})

    assert isinstance(unsure, OutcomeUnknown)
    assert dutch(unsure.sentence) == (
        "plaatsen in C0OLD: Slack antwoordde 503, en kan het hebben aangenomen"
    )
