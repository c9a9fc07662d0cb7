"""Why customers left, as a sentence, as a table and in letters."""

import pytest

from bot.domain.reasons import OTHER, UNKNOWN, USUAL, Cause
from bot.messages import causes
from bot.messages.blocks import Message, section
from bot.messages.languages import speaking, tr
from bot.messages.reasons import named, reasons_in_letters, reasons_sentence, reasons_table
from tests.messages.conftest import Golden
from tests.messages.figures import NASTY, read_as_markup

SOME = [Cause("price", 3, 4200.4), Cause("champion left", 1, 80.0), Cause(UNKNOWN, 4, 1234567.0)]
COUNTED = [Cause("price", 3, None), Cause(UNKNOWN, 4, None)]
NOBODY_SAID = [Cause(UNKNOWN, 4, 80.0)]
LONG = [Cause(f"reason {n:02}", 40 - n, 10.0) for n in range(30)]
BAD = [Cause(f"{NASTY}```", 2, 5.0)]


def shown(causes: list[Cause], currency: str = "EUR") -> Message:
    """As a post has it: the table, and what stands for it."""
    above = section(reasons_sentence(causes))
    return Message(
        reasons_sentence(causes, currency),
        (above, *reasons_table(causes, currency)),
        (above, *reasons_in_letters(causes, currency)),
    )


CASES = {
    "reasons": shown(SOME),
    "reasons-no-amounts": shown(COUNTED, ""),
    "reasons-many": shown(LONG),
    "reasons-nasty": shown(BAD),
}


@pytest.mark.parametrize("name", CASES)
def test_each_is_told_as_kept(name: str, golden: Golden) -> None:
    golden(name, CASES[name])


@pytest.mark.parametrize("reason", [*USUAL, OTHER])
def test_a_usual_reason_is_said_in_the_language_of_who_reads_it(reason: str) -> None:
    assert named(reason) == reason
    with speaking("nl"):
        assert named(reason) == tr(reason)


def test_the_usual_ones_are_said_in_dutch() -> None:
    with speaking("nl"):
        assert named("price") == "prijs"
        assert causes.named("Hard to use") == "Lastig te gebruiken"


def test_a_reason_of_ones_own_is_told_as_config_has_it() -> None:
    """Also where the same words are said otherwise somewhere."""
    with speaking("nl"):
        assert named("customer") == "customer"
        assert named("Customers") == "Customers"
        assert causes.named("Customers") == "Customers"


def test_where_nobody_has_said_anything_there_is_nothing_to_show() -> None:
    assert reasons_sentence(NOBODY_SAID) == ""
    assert reasons_table(NOBODY_SAID, "EUR") == ()
    assert reasons_in_letters(NOBODY_SAID, "EUR") == ()


def test_the_rest_of_many_reasons_are_one_row_and_nobody_is_lost() -> None:
    [block] = reasons_table(LONG, "EUR")
    counts = [int(row[1]["text"]) for row in block["rows"][1:]]

    assert len(counts) == 12
    assert sum(counts) == sum(cause.customers for cause in LONG)


def test_reasons_ring_nobody_and_end_no_block_of_letters() -> None:
    texts = read_as_markup(CASES["reasons-nasty"])

    assert not any("<!" in text for text in texts)
    assert all(text.count("```") in (0, 2) for text in texts)
