"""What is repeated to somebody is in the letters in which they typed it."""

from collections.abc import Callable
from datetime import date

import pytest
from hypothesis import given
from hypothesis import strategies as st

from bot.domain.commands import read_keeprate, read_survey
from bot.domain.definition import Definition
from bot.domain.questions import read_churn, read_crr, read_results
from bot.domain.repeated import as_typed, repeating
from bot.errors import Misunderstood, Sentence

TODAY, DEFINITION = date(2026, 11, 22), Definition()
READS: dict[str, Callable[[str], object]] = {
    "/crr": lambda words: read_crr(words, today=TODAY, definition=DEFINITION),
    "/churn": lambda words: read_churn(words, today=TODAY, definition=DEFINITION),
    "/nps results": lambda words: read_results(
        words, command="/nps results", today=TODAY, definition=DEFINITION
    ),
    "/nps": read_survey,
    "/keeprate": lambda words: read_keeprate(words, ["HubSpot"]),
}


def told(command: str, words: str) -> str:
    with pytest.raises(Misunderstood) as refused:
        READS[command](words)
    return str(refused.value.sentence)


@pytest.mark.parametrize(
    ("command", "words", "repeated"),
    [
        ("/crr", "2026-W60", '"2026-W60" is not in the calendar'),
        ("/crr", "explain 2026-W60 public", '"2026-W60" is not'),
        ("/crr", "2026-W60 to 2026-W61", '"2026-W60" is not'),
        ("/crr", "compare 2026-W60 with 2026-W50", '"2026-W60" is not'),
        ("/crr", "FY2026-W60", '"2026-W60" is not'),
        ("/crr", "Octobre?", 'read "Octobre". Did you mean "october"?'),
        ("/crr", "October Publik", 'read "Publik". Did you mean "October public"?'),
        ("/crr", "Region:EMEA", 'read "Region:EMEA". Did you mean "Region=EMEA"?'),
        ("/crr", "Week 2026-10", 'After "Week" comes a day'),
        ("/crr", "as Stripy", 'No rule of "Stripy" is known'),
        ("/crr", "cohort Weekly", 'can\'t read "Weekly"'),
        ("/crr", "lifetime of October", 'can\'t read "October"'),
        ("/churn", "who left BOARD", 'can\'t read "BOARD"'),
        ("/nps results", "2026-Q9", '"2026-Q9" is not'),
        ("/nps", "Resulst", 'can\'t read "Resulst"'),
        ("/keeprate", "pull Hubspott", 'no source "Hubspott"'),
        ("/keeprate", "subscribe Weekely", 'can\'t read "Weekely"'),
    ],
)
def test_what_cannot_be_read_is_repeated_as_it_was_typed(
    command: str, words: str, repeated: str
) -> None:
    assert repeated in told(command, words)


def test_what_is_known_keeps_its_own_letters() -> None:
    assert "There is stripe, " in told("/crr", "as Stripe1 STRIPE")


@pytest.mark.parametrize(
    ("said", "words", "expected"),
    [
        ("since octobre", "Since OCTOBRE", "Since OCTOBRE"),
        ("since octobre", "OCTOBRE Since", "Since OCTOBRE"),
        ("2026-q9", "Q9 of 2026", "2026-Q9"),
        ("maart", "March", "maart"),
        ("oct", "Rocto OCT", "OCT"),
        ("a..b", "A-B", "A..B"),
        ("", "A", ""),
    ],
)
def test_words_are_found_among_those_that_were_typed(said: str, words: str, expected: str) -> None:
    assert as_typed(said, words) == expected


ALPHABET = "abxABX wqWQ0129.:=-é"


@given(st.text(ALPHABET), st.text(ALPHABET))
def test_only_the_letters_change(said: str, words: str) -> None:
    assert as_typed(said, words).casefold().replace(":", "=") == said.casefold().replace(":", "=")


def test_a_sentence_within_a_sentence_is_mended_too() -> None:
    inner = Sentence('Did you mean "{guess}"?', guess="october")
    with pytest.raises(Misunderstood) as refused, repeating("OCTOBER"):
        raise Misunderstood("{s0} {known}", s0=inner, known="october")

    assert str(refused.value) == 'Did you mean "OCTOBER"? october'
