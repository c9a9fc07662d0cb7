"""Periods: weeks, months, quarters, years, in every calendar a company may keep."""

from datetime import date, timedelta
from itertools import pairwise

import pytest
from hypothesis import given
from hypothesis import strategies as st

from bot.domain.definition import Definition, Weekday
from bot.domain.period import (
    Kind,
    Period,
    SoFar,
    before,
    between,
    day_number,
    from_day_number,
    last_finished,
    period_of,
    quarter_of,
    run_up,
    so_far,
    week_number,
    week_of,
    year_of,
)
from tests.domain.companies import definitions

ISO = Definition()
KINDS = [Kind.WEEK, Kind.MONTH, Kind.QUARTER, Kind.YEAR]
some_day = st.dates(date(1950, 1, 1), date(2150, 12, 31))


def edges(period: Period) -> tuple[str, str]:
    """First and last day."""
    return str(period.first), str(period.last)


def test_a_period_has_an_eve_a_last_day_and_a_length() -> None:
    february = Period(date(2024, 2, 1), date(2024, 3, 1), Kind.MONTH)

    assert (february.eve, february.last) == (date(2024, 1, 31), date(2024, 2, 29))
    assert february.days == 29


@pytest.mark.parametrize("next_", [date(2026, 1, 1), date(2025, 12, 31)])
def test_a_period_without_days_is_refused(next_: date) -> None:
    with pytest.raises(ValueError, match="must end after it begins"):
        Period(date(2026, 1, 1), next_, Kind.DAYS)


@pytest.mark.parametrize(
    ("kind", "day", "definition", "wanted"),
    [
        (Kind.WEEK, date(2027, 1, 1), ISO, ("2026-12-28", "2027-01-03")),
        (
            Kind.WEEK,
            date(2026, 11, 1),
            Definition(first_weekday=Weekday.SUNDAY),
            ("2026-11-01", "2026-11-07"),
        ),
        (
            Kind.WEEK,
            date(2026, 10, 31),
            Definition(first_weekday=Weekday.SUNDAY),
            ("2026-10-25", "2026-10-31"),
        ),
        (Kind.MONTH, date(2024, 2, 29), ISO, ("2024-02-01", "2024-02-29")),
        (Kind.MONTH, date(2100, 2, 28), ISO, ("2100-02-01", "2100-02-28")),
        (Kind.MONTH, date(2026, 12, 31), ISO, ("2026-12-01", "2026-12-31")),
        (Kind.QUARTER, date(2026, 12, 31), ISO, ("2026-10-01", "2026-12-31")),
        (
            Kind.QUARTER,
            date(2026, 1, 15),
            Definition(fiscal_year_start=2),
            ("2025-11-01", "2026-01-31"),
        ),
        (Kind.YEAR, date(2026, 1, 1), ISO, ("2026-01-01", "2026-12-31")),
        (
            Kind.YEAR,
            date(2026, 3, 31),
            Definition(fiscal_year_start=4),
            ("2025-04-01", "2026-03-31"),
        ),
        (
            Kind.YEAR,
            date(2026, 12, 1),
            Definition(fiscal_year_start=12),
            ("2026-12-01", "2027-11-30"),
        ),
    ],
)
def test_a_day_is_in_one_period_of_each_kind(
    kind: Kind, day: date, definition: Definition, wanted: tuple[str, str]
) -> None:
    assert edges(period_of(kind, day, definition)) == wanted


def test_two_dates_are_of_no_calendar() -> None:
    with pytest.raises(ValueError, match="two dates"):
        period_of(Kind.DAYS, date(2026, 1, 1), ISO)


@given(st.sampled_from(KINDS), some_day, definitions)
def test_periods_of_a_kind_follow_without_gap_or_overlap(
    kind: Kind, day: date, definition: Definition
) -> None:
    period = period_of(kind, day, definition)

    assert period.first <= day < period.next
    assert period_of(kind, period.first, definition) == period
    assert period_of(kind, period.last, definition) == period
    assert period_of(kind, period.next, definition).first == period.next
    assert before(period, definition).next == period.first
    if kind is Kind.WEEK:
        assert period.first.weekday() == definition.first_weekday
        assert period.days == 7
    else:
        assert period.first.day == 1
    if kind in (Kind.QUARTER, Kind.YEAR):
        months = 3 if kind is Kind.QUARTER else 12
        assert (period.first.month - definition.fiscal_year_start) % months == 0


@pytest.mark.parametrize(
    ("kind", "today", "wanted"),
    [
        (Kind.WEEK, date(2026, 11, 1), ("2026-10-19", "2026-10-25")),
        (Kind.WEEK, date(2026, 11, 2), ("2026-10-26", "2026-11-01")),
        (Kind.MONTH, date(2026, 10, 31), ("2026-09-01", "2026-09-30")),
        (Kind.MONTH, date(2026, 11, 1), ("2026-10-01", "2026-10-31")),
        (Kind.YEAR, date(2026, 12, 31), ("2025-01-01", "2025-12-31")),
    ],
)
def test_the_last_finished_period_has_seen_its_last_day_pass(
    kind: Kind, today: date, wanted: tuple[str, str]
) -> None:
    assert edges(last_finished(kind, today, ISO)) == wanted


def test_before_two_dates_are_as_many_days() -> None:
    days = Period(date(2026, 10, 5), date(2026, 10, 15), Kind.DAYS)

    assert edges(before(days, ISO)) == ("2026-09-25", "2026-10-04")


@given(st.sampled_from(KINDS), some_day, st.integers(1, 30), definitions)
def test_a_run_up_is_the_periods_that_lead_there(
    kind: Kind, day: date, count: int, definition: Definition
) -> None:
    period = period_of(kind, day, definition)

    run = run_up(period, count, definition)

    assert len(run) == count
    assert run[-1] == period
    assert all(one.next == two.first for one, two in pairwise(run))
    assert between(kind, run[0].first, day, definition) == run


def test_between_the_ends_of_one_period_is_that_period() -> None:
    [month] = between(Kind.MONTH, date(2026, 10, 1), date(2026, 10, 31), ISO)

    assert edges(month) == ("2026-10-01", "2026-10-31")


class TestSoFar:
    october = Period(date(2026, 10, 1), date(2026, 11, 1), Kind.MONTH)

    @pytest.mark.parametrize(
        ("day", "wanted"),
        [
            (date(2026, 9, 30), SoFar(0, 31)),
            (date(2026, 10, 1), SoFar(1, 31)),
            (date(2026, 10, 9), SoFar(9, 31)),
            (date(2026, 10, 30), SoFar(30, 31)),
            (date(2026, 10, 31), None),
            (date(2026, 11, 1), None),
        ],
    )
    def test_counts_its_own_day_and_ends_with_the_last(
        self, day: date, wanted: SoFar | None
    ) -> None:
        assert so_far(self.october, day) == wanted

    def test_knows_leap_years(self) -> None:
        assert so_far(year_of(2024, ISO), date(2024, 3, 1)) == SoFar(61, 366)


class TestWeeks:
    @pytest.mark.parametrize(
        ("year", "week", "wanted"),
        [
            (2026, 40, ("2026-09-28", "2026-10-04")),
            (2026, 1, ("2025-12-29", "2026-01-04")),
            (2026, 53, ("2026-12-28", "2027-01-03")),
            (2020, 53, ("2020-12-28", "2021-01-03")),
        ],
    )
    def test_have_the_numbers_of_iso_8601(
        self, year: int, week: int, wanted: tuple[str, str]
    ) -> None:
        found = week_of(year, week, ISO)

        assert edges(found) == wanted
        assert week_number(found) == (year, week)

    @pytest.mark.parametrize(("year", "week"), [(2025, 53), (2026, 54), (2026, 0)])
    def test_that_the_year_does_not_have_are_refused(self, year: int, week: int) -> None:
        with pytest.raises(ValueError, match=f"Invalid week: {week}"):
            week_of(year, week, ISO)

    @given(some_day, st.sampled_from(Weekday))
    def test_have_one_number_whatever_their_first_day(self, day: date, first: Weekday) -> None:
        definition = Definition(first_weekday=first)
        week = period_of(Kind.WEEK, day, definition)

        year, number = week_number(week)

        assert week_of(year, number, definition) == week
        iso = week_of(year, number, ISO)
        shared = min(week.next, iso.next) - max(week.first, iso.first)
        assert shared.days >= 4


class TestFiscalYears:
    april = Definition(fiscal_year_start=4)

    def test_are_named_for_the_year_in_which_they_begin(self) -> None:
        assert edges(year_of(2026, self.april)) == ("2026-04-01", "2027-03-31")

    @pytest.mark.parametrize(
        ("quarter", "wanted"),
        [
            (1, ("2026-04-01", "2026-06-30")),
            (3, ("2026-10-01", "2026-12-31")),
            (4, ("2027-01-01", "2027-03-31")),
        ],
    )
    def test_have_four_quarters(self, quarter: int, wanted: tuple[str, str]) -> None:
        assert edges(quarter_of(2026, quarter, self.april)) == wanted

    @pytest.mark.parametrize("quarter", [0, 5])
    def test_have_no_others(self, quarter: int) -> None:
        with pytest.raises(ValueError, match="quarter"):
            quarter_of(2026, quarter, ISO)

    @given(st.integers(1950, 2150), st.integers(1, 12))
    def test_are_their_quarters(self, year: int, start: int) -> None:
        definition = Definition(fiscal_year_start=start)
        whole = year_of(year, definition)

        quarters = [quarter_of(year, number, definition) for number in range(1, 5)]

        assert list(between(Kind.QUARTER, whole.first, whole.last, definition)) == quarters
        assert whole == period_of(Kind.YEAR, whole.last, definition)


@given(st.dates())
def test_day_numbers_count_from_1970_and_back(day: date) -> None:
    assert from_day_number(day_number(day)) == day
    assert date(1970, 1, 1) + timedelta(days=day_number(day)) == day
