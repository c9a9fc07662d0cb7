"""Addresses that are one person's for one question: nobody else makes or changes one."""

from hypothesis import given
from hypothesis import strategies as st

from bot.domain.answer_links import AnswerLink, read_signed, signed

LINK = AnswerLink("q7-Zk_1", "U09", "x_Y-z")
KEY = b"a key that is kept in the store"


def test_a_link_is_read_as_it_was_signed() -> None:
    assert read_signed(signed(LINK, KEY), KEY) == LINK


def test_it_stands_in_an_address_as_it_is() -> None:
    assert set(signed(LINK, KEY)) <= set(
        "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789-_."
    )


def test_another_key_reads_nothing() -> None:
    assert read_signed(signed(LINK, KEY), b"another") is None


@given(st.integers(0, 200), st.characters(codec="ascii", categories=("L", "N")))
def test_one_letter_changed_is_forged(place: int, letter: str) -> None:
    text = signed(LINK, KEY)
    place %= len(text)
    forged = text[:place] + letter + text[place + 1 :]

    # The last letter of each half has bits to spare, which say nothing.
    assert forged == text or read_signed(forged, KEY) in (None, LINK)
    if read_signed(forged, KEY) == LINK:
        assert forged == text or text[place + 1 : place + 2] in ("", ".")


@given(st.text(max_size=300))
def test_whatever_is_typed_is_no_link(text: str) -> None:
    assert read_signed(text, KEY) is None


def test_one_that_is_cut_short_is_none() -> None:
    text = signed(LINK, KEY)

    for end in range(len(text) - 1):
        assert read_signed(text[:end], KEY) is None


def test_the_parts_of_two_links_make_no_third() -> None:
    mine, theirs = signed(LINK, KEY), signed(LINK._replace(person="U0OTHER"), KEY)
    mixed = f"{theirs.partition('.')[0]}.{mine.partition('.')[2]}"

    assert read_signed(mixed, KEY) is None
