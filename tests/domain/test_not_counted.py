"""What the definition leaves out of the evidence."""

from dataclasses import replace
from datetime import date, timedelta

import pytest

from bot.domain.definition import Definition
from bot.domain.not_counted import NotCounted, not_counted
from bot.domain.stays import from_dates
from integrations.records import DatedStay, Purchase

TODAY = date(2026, 11, 16)
STAY = DatedStay("a", "A", date(2025, 1, 1))
STRICT = Definition(past_due_days=10, paused_days=10)


def counted(*records: DatedStay, definition: Definition = STRICT) -> dict[str, int]:
    made = from_dates(records, definition, today=TODAY)
    return dict(not_counted(records, made, definition, TODAY))


def test_of_nothing_nothing_is_left_out() -> None:
    assert counted() == {}
    assert counted(STAY) == {}
    assert not_counted([Purchase("a", "A", TODAY)], {}, STRICT, TODAY) == {}


@pytest.mark.parametrize(("days", "out"), [(9, {}), (10, {NotCounted.OWES: 1})])
def test_who_owes_is_left_out_from_the_day_on_which_they_count_no_more(
    days: int, out: dict[str, int]
) -> None:
    assert counted(replace(STAY, unpaid_since=TODAY - timedelta(days=days))) == out


def test_who_pauses_is_told_apart_and_who_owes_and_pauses_owes() -> None:
    long_ago = date(2026, 9, 1)

    assert counted(replace(STAY, paused_since=long_ago)) == {NotCounted.PAUSED: 1}
    both = replace(STAY, paused_since=long_ago, unpaid_since=long_ago)
    assert counted(both) == {NotCounted.OWES: 1}
    assert counted(both, both) == {NotCounted.OWES: 1}, "a customer, not a record"


def test_who_left_by_themselves_or_pays_for_something_else_is_not_left_out() -> None:
    owes = replace(STAY, unpaid_since=date(2026, 9, 1))

    assert counted(replace(owes, until=TODAY)) == {}
    assert counted(owes, STAY) == {}
    assert counted(owes, definition=Definition()) == {}


@pytest.mark.parametrize(("gap", "gaps"), [(0, 0), (1, 1), (7, 1), (8, 0)])
def test_a_gap_is_counted_while_it_is_no_leaving(gap: int, gaps: int) -> None:
    ended = replace(STAY, until=date(2026, 3, 1))
    back = replace(STAY, since=date(2026, 3, 1) + timedelta(days=gap))

    assert counted(ended, back).get(NotCounted.GAP, 0) == gaps
