"""CRR by counts: what can be said of a period of which only numbers are known."""

from datetime import date

import pytest
from hypothesis import given
from hypothesis import strategies as st

from bot.domain.bridge import Counted
from bot.domain.counting import (
    CountFigure,
    CountOn,
    checked,
    count_figure,
    counts_compared,
    known_by,
    one_count,
    reported,
)
from bot.domain.definition import Definition
from bot.domain.period import Kind, Period, day_number, from_day_number, period_of
from bot.domain.retention import Unknown
from bot.errors import Misunderstood
from integrations.errors import BadRecord
from integrations.records import Count

DEFINITION = Definition(zone="Europe/Amsterdam")
TODAY = date(2026, 11, 9)
OCTOBER = period_of(Kind.MONTH, date(2026, 10, 1), DEFINITION)


def on(text: str, customers: int, new: int | None = None) -> CountOn:
    return CountOn(day_number(date.fromisoformat(text)), customers, new)


COUNTS = [
    on("2026-08-31", 140),
    on("2026-09-30", 150, 40),
    on("2026-10-31", 200, 80),
    on("2026-11-08", 210, 15),
]


def test_the_formula_of_the_trade() -> None:
    figure = count_figure(COUNTS, OCTOBER, today=TODAY)

    assert figure.counts == Counted(start=150, end=200, new=80)
    assert figure.crr == pytest.approx(0.8)
    assert (figure.impossible, figure.so_far) == (False, None)


def test_new_ones_of_all_counts_inside_add_up() -> None:
    quarterly = [*COUNTS[:2], on("2026-10-15", 160, 30), on("2026-10-31", 200, 50)]

    assert count_figure(quarterly, OCTOBER, today=TODAY).counts == Counted(150, 200, 80)


def test_an_unfinished_period_is_measured_on_the_last_day_that_was_counted() -> None:
    november = period_of(Kind.MONTH, TODAY, DEFINITION)

    figure = count_figure(COUNTS, november, today=TODAY)

    assert figure.counts == Counted(200, 210, 15)
    assert figure.so_far is not None
    assert (figure.so_far.day, figure.so_far.of) == (8, 30)


def test_a_count_of_a_day_to_come_is_not_looked_at() -> None:
    november = period_of(Kind.MONTH, TODAY, DEFINITION)
    later = [*COUNTS, on("2026-11-30", 1, 0)]

    assert count_figure(later, november, today=TODAY).measured_on == date(2026, 11, 8)


@pytest.mark.parametrize(
    ("counts", "first", "sentence"),
    [
        ([], "2026-10-01", "Nobody counted the customers at the end of 2026-09-30"),
        (COUNTS, "2026-07-01", "The nearest count is of 2026-08-31"),
        (COUNTS, "2027-01-01", "has not begun"),
        (COUNTS[:2], "2026-10-01", "Nobody counted from 2026-10-01 to 2026-10-31"),
        (
            [COUNTS[1], on("2026-10-31", 200)],
            "2026-10-01",
            "How many of the 200 customers on 2026-10-31 are new was not told",
        ),
        (
            [COUNTS[1], on("2026-10-15", 1), COUNTS[2]],
            "2026-10-01",
            "Record it: /crr record 2026-10-15 1 customers",
        ),
    ],
)
def test_what_was_not_counted_is_not_guessed(
    counts: list[CountOn], first: str, sentence: str
) -> None:
    period = period_of(Kind.MONTH, date.fromisoformat(first), DEFINITION)

    with pytest.raises(Unknown, match=sentence):
        count_figure(counts, period, today=TODAY)


@pytest.mark.parametrize(
    ("start", "end", "new", "crr", "impossible"),
    [
        (100, 113, 20, 0.93, False),
        (100, 113, 24, 0.89, False),
        (100, 113, 17, 0.96, False),
        (100, 113, 21, 0.92, False),
        (100, 130, 20, 1.1, True),
        (100, 10, 20, -0.1, True),
        (100, 100, 0, 1.0, False),
        (100, 0, 0, 0.0, False),
        (0, 10, 10, None, False),
    ],
)
def test_what_no_retention_can_be_is_seen(
    start: int, end: int, new: int, crr: float | None, impossible: bool
) -> None:
    figure = CountFigure(OCTOBER, OCTOBER.last, Counted(start, end, new))

    assert figure.crr == (None if crr is None else pytest.approx(crr))
    assert figure.impossible is impossible


def test_a_month_is_compared_with_the_one_before_where_that_was_counted() -> None:
    now = counts_compared(COUNTS, OCTOBER, today=TODAY, definition=DEFINITION)
    assert now.before is not None
    assert now.before.counts == Counted(140, 150, 40)

    alone = counts_compared(COUNTS[1:], OCTOBER, today=TODAY, definition=DEFINITION)
    assert alone.before is None


def test_days_of_ones_own_are_compared_with_nothing() -> None:
    days = Period(date(2026, 9, 1), date(2026, 11, 1), Kind.DAYS)

    found = counts_compared(COUNTS, days, today=TODAY, definition=DEFINITION)

    assert found.now.counts == Counted(140, 200, 120)
    assert found.before is None


def test_only_a_count_of_the_same_day_stands_beside_a_figure() -> None:
    november = period_of(Kind.MONTH, TODAY, DEFINITION)

    assert reported(COUNTS, OCTOBER, today=TODAY) == Counted(150, 200, 80)
    assert reported(COUNTS, november, today=TODAY) is None
    assert reported(COUNTS, november, today=date(2026, 11, 8)) == Counted(200, 210, 15)
    assert reported([], OCTOBER, today=TODAY) is None


def test_the_counts_behind_a_figure_are_known() -> None:
    figure = count_figure(COUNTS, OCTOBER, today=TODAY)

    assert known_by(COUNTS, figure) == COUNTS[1:3]


@pytest.mark.parametrize(
    ("records", "sentence"),
    [
        ([Count(TODAY, -1)], "-1 customers on 2026-11-09 can't be"),
        ([Count(TODAY, 1, -2, "line 7")], "line 7: -2 new ones on 2026-11-09 can't be"),
        ([Count(TODAY, 10**13)], "can't be"),
        ([Count(TODAY, 1), Count(TODAY, 1)], "2026-11-09 is counted twice"),
    ],
)
def test_what_can_not_be_a_count_is_refused(records: list[Count], sentence: str) -> None:
    with pytest.raises(BadRecord, match=sentence):
        checked(records)


def test_counts_are_sorted_by_day() -> None:
    told = checked([Count(date(2026, 10, 31), 2), Count(date(2026, 9, 30), 1, 1)])

    assert [(count.customers, count.new) for count in told] == [(1, 1), (2, None)]


def test_nobody_counts_the_future() -> None:
    assert one_count(TODAY, 1, None, today=TODAY) == Count(TODAY, 1)
    with pytest.raises(Misunderstood, match="nobody knows yet"):
        one_count(date(2026, 11, 10), 1, None, today=TODAY)
    with pytest.raises(Misunderstood, match="too many"):
        one_count(TODAY, 1, 10**13, today=TODAY)
    with pytest.raises(Misunderstood, match="3 new customers can't be among 2"):
        one_count(TODAY, 2, 3, today=TODAY)
    assert one_count(TODAY, 2, 2, today=TODAY) == Count(TODAY, 2, 2)


@given(
    st.lists(st.tuples(st.integers(0, 99), st.integers(0, 50)), min_size=1, max_size=20),
    st.integers(0, 99),
)
def test_by_identity_and_by_counts_are_the_same_where_everybody_gained_is_new(
    people: list[tuple[int, int]], start: int
) -> None:
    """Each day some join and some leave; nobody comes back, and nobody leaves who joined inside."""
    there, kept, counts = start, start, [CountOn(0, start)]
    for day, (joining, leaving) in enumerate(people, start=1):
        gone = min(leaving, kept)
        kept, there = kept - gone, there - gone + joining
        counts.append(CountOn(day, there, joining))
    period = Period(from_day_number(1), from_day_number(len(people) + 1), Kind.DAYS)

    figure = count_figure(counts, period, today=date(2000, 1, 1))

    assert figure.crr == (kept / start if start else None)
