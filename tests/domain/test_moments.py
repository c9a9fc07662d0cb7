"""Who is asked so long after joining, or before a term ends: each for a week, nobody by mistake."""

from dataclasses import replace
from datetime import date, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from bot.domain.columns import Columns
from bot.domain.moments import LATE_DAYS, Due, Moment, due
from tests.domain.test_anniversaries import columns
from tests.domain.test_renewals import terms_of

TODAY = date(2026, 11, 16)
JOINED = date(2026, 10, 17)


def joined(of: Columns, today: date = TODAY, days: int = 30) -> list[tuple[int, date]]:
    return [(one.customer, one.day) for one in due(Moment.JOINED, of, today=today, days=days)]


def renewing(of: Columns, today: date = TODAY, days: int = 60) -> list[tuple[int, date]]:
    return [(one.customer, one.day) for one in due(Moment.RENEWAL, of, today=today, days=days)]


def with_terms(*ends: tuple[int, date], until: date | None = None) -> Columns:
    return replace(columns((1, date(2025, 1, 1), until)), terms=terms_of(list(ends)))


@given(st.integers(0, 400), st.integers(-40, 40))
def test_each_is_found_on_the_day_and_for_a_week(days: int, offset: int) -> None:
    since = TODAY - timedelta(days=days)
    today = TODAY + timedelta(days=offset)

    found = joined(columns((1, since, None)), today=today, days=days)

    assert found == ([(1, since)] if 0 <= offset < LATE_DAYS else [])


@given(st.integers(1, 366), st.integers(-40, 400))
def test_before_a_renewal_too_and_never_after_it(days: int, offset: int) -> None:
    end = TODAY + timedelta(days=days)
    today = TODAY + timedelta(days=offset)

    found = renewing(with_terms((1, end)), today=today, days=days)

    assert found == ([(1, end)] if 0 <= offset < min(LATE_DAYS, days) else [])


def test_nobody_joins_and_nobody_renews() -> None:
    assert joined(columns()) == []
    assert renewing(columns()) == []
    assert renewing(columns((1, JOINED, None))) == []


def test_who_left_again_is_not_asked() -> None:
    assert joined(columns((1, JOINED, date(2026, 11, 1)))) == []
    assert joined(columns((1, JOINED, TODAY))) == []
    assert joined(columns((1, JOINED, TODAY + timedelta(days=1)))) == [(1, JOINED)]


def test_who_came_back_joined_again() -> None:
    assert joined(columns((1, date(2025, 1, 1), date(2025, 6, 1)), (1, JOINED, None))) == [
        (1, JOINED)
    ]


@pytest.mark.parametrize(("known_from", "asked"), [(JOINED, False), (date(2026, 10, 16), True)])
def test_who_was_there_when_we_first_looked_joined_who_knows_when(
    known_from: date, asked: bool
) -> None:
    assert bool(joined(columns((1, JOINED, None), known_from=known_from))) is asked


def test_a_pull_that_is_days_old_keeps_nobody_out() -> None:
    assert joined(columns((1, JOINED, None), known_to=date(2026, 11, 10))) == [(1, JOINED)]


def test_who_is_known_to_leave_renews_nothing() -> None:
    end = TODAY + timedelta(days=60)

    assert renewing(with_terms((1, end), until=end)) == []
    assert renewing(with_terms((1, end), until=end + timedelta(days=90))) == [(1, end)]


def test_of_several_terms_the_next_one_counts() -> None:
    soon, later = TODAY + timedelta(days=20), TODAY + timedelta(days=60)

    assert renewing(with_terms((1, soon), (1, later))) == []
    assert renewing(with_terms((1, later))) == [(1, later)]


def test_the_earliest_day_comes_first() -> None:
    of = columns((2, JOINED, None), (1, JOINED, None), (3, JOINED - timedelta(days=1), None))

    assert [who for who, _ in joined(of)] == [3, 1, 2]
    assert due(Moment.JOINED, of, today=TODAY, days=31)[0] == Due(3, JOINED - timedelta(days=1))
