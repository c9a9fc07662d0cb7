"""Whose channel it probably is, by its name."""

import pytest

from bot.domain.links import Candidate, suggestions, telling

ACME = Candidate("1", "Acme Inc.")
LABS = Candidate("2", "Acme Labs")
GLOBEX = Candidate("3", "Globex BV", "globex-systems.com")
UMBRELLA = Candidate("4", "The Umbrella Group")
BLANK = Candidate("5", "The Company")
ALL = [LABS, ACME, GLOBEX, UMBRELLA, BLANK]


@pytest.mark.parametrize(
    ("channel", "names"),
    [
        ("acme", ["Acme Inc.", "Acme Labs"]),
        ("ext-acme-support", ["Acme Inc.", "Acme Labs"]),
        ("acme-labs", ["Acme Labs", "Acme Inc."]),
        ("acmelabs", ["Acme Labs"]),
        ("shared_globex_systems", ["Globex BV"]),
        ("umbrella-shared", ["The Umbrella Group"]),
        ("customer-support", []),
        ("acm", []),
        ("", []),
    ],
)
def test_a_channel_s_name_speaks_of_customers(channel: str, names: list[str]) -> None:
    assert [found.name for found in suggestions(channel, ALL)] == names


def test_no_more_are_named_than_asked_for() -> None:
    many = [Candidate(str(n), f"Acme {n:02}") for n in range(20)]

    assert [found.id for found in suggestions("acme", many, most=2)] == ["0", "1"]


def test_what_tells_nothing_is_left_out() -> None:
    assert telling("ext-Zürich-Versicherung_AG the") == ("zürich", "versicherung", "ag")
