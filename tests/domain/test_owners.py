"""Whose customers they are, by what the source says."""

import pytest

from bot.domain.owners import Colleague, meant

OMAR = Colleague("U0OMAR", "omar@example.com", ("omar", "Omar Haddad", ""))
LABELS = ("Omar Haddad", "OMAR@example.com", "u0omar", "Lea", "cs", "", "  ")


def test_an_id_an_email_and_a_name_mean_the_person() -> None:
    assert meant(LABELS, OMAR, {}) == ("Omar Haddad", "OMAR@example.com", "u0omar")


def test_what_is_known_goes_before_what_it_looks_like() -> None:
    known = {"CS ": "U0OMAR", "omar haddad": "U0OTHER"}

    assert meant(LABELS, OMAR, known) == ("OMAR@example.com", "u0omar", "cs")


def test_a_name_that_anybody_may_take_is_left_out_where_it_matters() -> None:
    assert meant(LABELS, OMAR, {}, by_name=False) == ("OMAR@example.com", "u0omar")


@pytest.mark.parametrize("person", [Colleague("U0NEW"), Colleague("U0NEW", "", ("", " "))])
def test_who_has_no_name_and_no_email_has_nobody(person: Colleague) -> None:
    assert meant(LABELS, person, {}) == ()
