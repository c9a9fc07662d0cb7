"""How renewals are said."""

from datetime import date

import pytest

from bot.domain.period import Kind
from bot.domain.renewals import Ending, RenewalCounts
from bot.messages.renewals import renewal_line, upcoming_line
from tests.messages.figures import NAMES, NASTY, period, read_as_markup

OCTOBER = period(Kind.MONTH, date(2026, 10, 1))


def line(eligible: int, kept: int, early: int = 0, without: int = 0, opening: int = 400) -> str:
    return renewal_line(RenewalCounts(OCTOBER, opening, eligible, kept, early, without))


@pytest.mark.parametrize(
    ("said", "expected"),
    [
        (renewal_line(None), ""),
        (line(0, 0, opening=0), ""),
        (line(31, 28), "Of the 31 whose term ended, 28 renewed (90.3 %)."),
        (line(31, 31), "Of the 31 whose term ended, 31 renewed (100 %)."),
        (line(31, 0), "Of the 31 whose term ended, 0 renewed (0 %)."),
        (line(1, 1), "The one whose term ended renewed."),
        (line(1, 0), "The one whose term ended left."),
        (
            line(1000, 999, 2, 1200),
            "Of the 1,000 whose term ended, 999 renewed (99.9 %); 2 left in the middle of a term;"
            " 1,200 have no known term.",
        ),
        (
            line(0, 0, without=1),
            "No term ended, so nobody was to renew; 1 has no known term.",
        ),
    ],
)
def test_says(said: str, expected: str) -> None:
    assert said == expected


def ending(name: str = "Acme", owner: str = "", *, leaving: bool = False) -> Ending:
    return Ending(name, date(2026, 11, 4), owner, leaving)


@pytest.mark.parametrize(
    ("said", "expected"),
    [
        (upcoming_line([], 0, 14), ""),
        (upcoming_line([ending()], 1, 14), "In the next 14 days: Acme (4 Nov)"),
        (
            upcoming_line([ending(owner="Lena"), ending("Globex", leaving=True)], 2, 14),
            "In the next 14 days: Acme (4 Nov, Lena) and Globex (4 Nov, leaving)",
        ),
        (
            upcoming_line([ending("Acme", "Lena", leaving=True), ending("Globex")], 9, 7),
            "In the next 7 days: Acme (4 Nov, Lena, leaving), Globex (4 Nov) and 7 more",
        ),
    ],
)
def test_tells_whose_term_ends_soon(said: str, expected: str) -> None:
    assert said == expected


def test_ten_names_are_enough() -> None:
    told = upcoming_line([ending(name) for name in NAMES * 2], 18, 14)

    assert told.count("(4 Nov)") == 10
    assert told.endswith(" and 8 more")


def test_a_nasty_name_or_owner_is_no_markup() -> None:
    told = upcoming_line([ending(NASTY, NASTY)], 1, 14)

    assert not list(read_as_markup(told))
