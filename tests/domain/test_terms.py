"""Which ends of terms are known, after a pull that tells all of them or the next one alone."""

from datetime import date

import pytest
from hypothesis import given
from hypothesis import strategies as st

from bot.domain.definition import Definition
from bot.domain.period import day_number
from bot.domain.stays import Known, from_dates, from_presence
from bot.domain.terms import ends_of_terms
from integrations.records import DatedStay, Present

DEFINITION = Definition()
TODAY = date(2026, 10, 15)
NOW = day_number(TODAY)


@pytest.mark.parametrize(
    ("told", "expected"),
    [
        pytest.param([], (NOW - 9, NOW), id="none any more"),
        pytest.param([[]], (NOW - 9, NOW), id="none any more, of a record"),
        pytest.param([[NOW + 365]], (NOW - 9, NOW, NOW + 365), id="the next one alone"),
        pytest.param([[NOW + 1], [NOW + 2]], (NOW - 9, NOW, NOW + 1, NOW + 2), id="two contracts"),
        pytest.param([[NOW - 8, NOW + 365]], (NOW - 8, NOW + 365), id="all, one corrected"),
    ],
)
def test_what_has_passed_is_remembered_where_only_the_next_is_told(
    told: list[list[int]], expected: tuple[int, ...]
) -> None:
    assert ends_of_terms(told, (NOW - 9, NOW, NOW + 30), NOW) == expected


def test_without_a_day_nothing_has_passed() -> None:
    assert ends_of_terms([[5]], (1, 2)) == (5,)


@given(st.lists(st.lists(st.integers(0, 9)), max_size=4))
def test_all_that_is_told_is_known_once_and_in_order(told: list[list[int]]) -> None:
    found = ends_of_terms(told, (3,), 5)

    assert list(found) == sorted(set(found))
    assert {day for record in told for day in record} <= set(found)


def stay(*ends: date, until: date | None = None) -> DatedStay:
    return DatedStay("a", "Acme", date(2024, 10, 1), until, term_ends=ends)


def terms(found: dict[str, Known]) -> list[int]:
    """In days from today."""
    return [end - NOW for end in found["a"].terms]


class TestDatedStays:
    def test_the_ends_of_all_their_records_are_the_customers(self) -> None:
        found = from_dates([stay(TODAY), stay(date(2026, 10, 5), TODAY)], DEFINITION)

        assert terms(found) == [-10, 0]

    def test_who_left_in_the_middle_of_a_term_is_known_to_have_had_it(self) -> None:
        ends = (TODAY, date(2026, 10, 16))

        assert terms(from_dates([stay(*ends, until=TODAY)], DEFINITION)) == [0, 1]

    def test_a_contract_that_was_ended_does_not_come_to_its_end_under_another_one(self) -> None:
        ended = stay(date(2026, 10, 14), TODAY, until=date(2026, 10, 14))
        other = stay(date(2026, 12, 1))

        assert terms(from_dates([ended, other], DEFINITION)) == [-1, 47]

    def test_it_is_kept_where_the_other_one_ended_before(self) -> None:
        ended = stay(date(2026, 10, 20), until=TODAY)
        other = stay(until=date(2026, 10, 19))

        assert terms(from_dates([ended, other], DEFINITION)) == [5]

    def test_the_renewal_date_that_moved_on_leaves_the_old_one_behind(self) -> None:
        before = from_dates([stay(TODAY)], DEFINITION)

        found = from_dates([stay(date(2027, 10, 15))], DEFINITION, known=before, today=TODAY)

        assert terms(found) == [0, 365]

    def test_one_that_moved_before_it_passed_is_taken_as_corrected(self) -> None:
        before = from_dates([stay(date(2026, 10, 16))], DEFINITION)

        found = from_dates([stay(date(2027, 10, 16))], DEFINITION, known=before, today=TODAY)

        assert terms(found) == [366]


class TestPresence:
    def listed(self, *ends: date, before: dict[str, Known] | None = None) -> dict[str, Known]:
        records = [Present("a", "Acme", term_ends=ends)]
        return from_presence(records, before or {}, TODAY, DEFINITION)

    def test_are_those_of_the_list_and_those_that_passed(self) -> None:
        before = self.listed(TODAY)

        assert terms(self.listed(date(2027, 10, 15), before=before)) == [0, 365]

    def test_who_is_gone_is_known_to_have_had_them(self) -> None:
        before = self.listed(TODAY, date(2026, 10, 16))

        assert terms(from_presence([], before, TODAY, DEFINITION)) == [0, 1]

    def test_who_is_back_has_those_that_are_told(self) -> None:
        gone = from_presence([], self.listed(TODAY, date(2026, 10, 16)), TODAY, DEFINITION)

        assert terms(self.listed(date(2027, 1, 1), before=gone)) == [0, 78]
