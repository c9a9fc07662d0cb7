"""What is known of a ticket, made of what is told in whatever order."""

from dataclasses import replace
from datetime import UTC, datetime, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from bot.domain.tickets import (
    OVERLAP,
    LastRead,
    Rating,
    Ticket,
    What,
    ask_from,
    newest_change,
    not_read,
    rating,
    read_to_the_end,
    ticket,
)
from integrations import records

NOON = datetime(2026, 11, 16, 12, tzinfo=UTC)
BACK = timedelta(days=90)


def at(minutes: float) -> datetime:
    return NOON + timedelta(minutes=minutes)


def told(
    solved: float | None = None, changed: float | None = None, times_solved: int | None = None
) -> records.Ticket:
    return records.Ticket(
        "1",
        "ann",
        at(-60),
        solved=None if solved is None else at(solved),
        changed=None if changed is None else at(changed),
        times_solved=times_solved,
    )


def known(*told: records.Ticket) -> Ticket:
    found = None
    for each in told:
        found = ticket("desk", each, found)
    assert found is not None
    return found


def test_an_open_ticket_was_never_solved() -> None:
    one = known(told())

    assert (one.solved, one.last_solved, one.times_solved) == (None, None, 0)


def test_a_ticket_that_is_opened_again_was_solved_once() -> None:
    one = known(told(0, 0), told(None, 5))

    assert (one.solved, one.last_solved, one.times_solved) == (None, at(0), 1)


def test_a_ticket_that_is_solved_again_was_solved_twice() -> None:
    one = known(told(0, 0), told(None, 5), told(9, 9))

    assert (one.solved, one.last_solved, one.times_solved) == (at(9), at(9), 2)


def test_a_ticket_that_was_solved_again_between_two_readings_was_too() -> None:
    assert known(told(0, 0), told(9, 9)).times_solved == 2


def test_a_change_of_something_else_is_no_solving() -> None:
    assert known(told(0, 0), told(0, 30)).times_solved == 1


def test_where_the_source_counts_its_count_holds() -> None:
    assert known(told(0, 0, times_solved=4)).times_solved == 4
    assert known(told(0, 0, times_solved=4), told(9, 9, times_solved=5)).times_solved == 5
    assert known(told(0, 0, times_solved=0)).times_solved == 1, "it is solved, whatever it counts"


def test_an_older_page_that_comes_late_changes_nothing() -> None:
    newest = known(told(9, 9))

    assert ticket("desk", told(None, 5), newest) == newest
    assert ticket("desk", told(None, 9), newest).solved is None, "of the same moment, the later one"


@given(st.lists(st.sampled_from([told(0, 0), told(None, 5), told(9, 9), told(9, 20)]), max_size=9))
def test_the_newest_change_is_what_is_known_whatever_the_order(given: list[records.Ticket]) -> None:
    one = known(*given, told(9, 20))

    assert (one.solved, one.changed) == (at(9), at(20))


@given(st.lists(st.sampled_from([told(0, 0), told(None, 5), told(9, 9)]), min_size=1, max_size=9))
def test_the_same_twice_is_once(given: list[records.Ticket]) -> None:
    assert known(*given, given[-1]) == known(*given)


def test_a_rating_that_is_changed_is_the_newer_one() -> None:
    first = records.Rating("r", NOON, 1, 1, 5, changed=at(0))
    better = replace(first, score=5, changed=at(5))

    one = rating("desk", better, rating("desk", first))
    assert one == Rating("r", NOON, 5, 1, 5, changed=at(5), source="desk")
    assert rating("desk", first, one) == one


NEVER = LastRead("desk", What.TICKETS)
READ = LastRead("desk", What.TICKETS, newest=at(0), finished_at=at(1), records=3)


def test_the_first_reading_goes_back_and_later_ones_overlap() -> None:
    assert ask_from(NEVER, now=at(60), back=BACK) == at(60) - BACK
    assert ask_from(READ, now=at(60), back=BACK) == at(0) - OVERLAP


@pytest.mark.parametrize(
    ("last", "changes", "newest"),
    [
        (NEVER, [at(3), at(2)], at(3)),
        (READ, [at(3)], at(3)),
        (READ, [at(-3)], at(0)),
        (READ, [], at(0)),
        (NEVER, [], at(60)),
        (READ, [at(3), None], at(60)),
        (READ, [at(999)], at(60)),
    ],
)
def test_the_next_reading_goes_on_from_the_newest_change(
    last: LastRead, changes: list[datetime | None], newest: datetime
) -> None:
    assert newest_change(last, changes, at(60)) == newest


def test_failing_keeps_what_was_known_and_when_it_began_to_fail() -> None:
    failed = not_read(not_read(READ, "401", now=at(5)), "503", now=at(9))

    assert failed == replace(READ, failed_at=at(5), sentence="503")
    assert read_to_the_end(failed, at(20), now=at(21), count=1) == LastRead(
        "desk", What.TICKETS, newest=at(20), finished_at=at(21), records=1
    )
