"""Whose anniversary comes: by the first day ever, in the days ahead, leap days too."""

from datetime import date, timedelta

import numpy as np
from hypothesis import given
from hypothesis import strategies as st

from bot.domain.anniversaries import anniversaries
from bot.domain.columns import FOREVER, Columns
from bot.domain.period import day_number, from_day_number

MONDAY = date(2026, 11, 16)


def columns(
    *stays: tuple[int, date, date | None],
    known_from: date | None = None,
    known_to: date | None = None,
) -> Columns:
    rows = sorted(stays, key=lambda stay: stay[:2])
    return Columns(
        customer=np.array([who for who, _, _ in rows], np.int32),
        since=np.array([day_number(since) for _, since, _ in rows], np.int32),
        until=np.array(
            [FOREVER if until is None else day_number(until) for _, _, until in rows], np.int32
        ),
        known_from=None if known_from is None else day_number(known_from),
        known_to=None if known_to is None else day_number(known_to),
    )


def found(of: Columns, today: date = MONDAY, days: int = 7) -> list[tuple[int, date, int]]:
    told = anniversaries(of, today=today, days=days)
    return [
        (int(who), from_day_number(int(day)), int(years))
        for who, day, years in zip(told.customer, told.day, told.years, strict=True)
    ]


def test_nobody_has_none() -> None:
    assert found(columns()) == []


def test_today_and_the_last_of_the_days_are_in_and_the_next_is_not() -> None:
    of = columns(
        (1, date(2025, 11, 16), None),
        (2, date(2025, 11, 22), None),
        (3, date(2025, 11, 23), None),
        (4, date(2025, 11, 15), None),
    )

    assert found(of) == [(1, MONDAY, 1), (2, date(2026, 11, 22), 1)]


def test_most_years_come_first_and_then_the_nearest_day() -> None:
    of = columns(
        (1, date(2025, 11, 20), None),
        (2, date(2020, 11, 21), None),
        (3, date(2025, 11, 17), None),
        (4, date(2025, 11, 17), None),
    )

    assert [who for who, _, _ in found(of)] == [2, 3, 4, 1]


def test_who_joins_on_the_day_itself_has_none_yet() -> None:
    assert found(columns((1, MONDAY, None))) == []


def test_who_has_left_or_is_not_there_yet_has_none() -> None:
    of = columns((1, date(2024, 11, 17), MONDAY), (2, date(2026, 11, 17), None))

    assert found(of) == []


def test_who_left_and_came_back_is_counted_from_the_first_day_ever() -> None:
    of = columns((1, date(2020, 11, 18), date(2021, 3, 1)), (1, date(2026, 6, 1), None))

    assert found(of) == [(1, date(2026, 11, 18), 6)]


def test_of_who_was_there_when_the_source_was_first_read_nobody_knows_since_when() -> None:
    of = columns(
        (1, date(2025, 11, 17), None),
        (2, date(2025, 11, 18), None),
        known_from=date(2025, 11, 17),
    )

    assert [who for who, _, _ in found(of)] == [2]


def test_who_is_there_on_the_newest_day_that_is_known_counts() -> None:
    of = columns((1, date(2020, 11, 17), date(2026, 11, 14)), known_to=date(2026, 11, 13))

    assert [who for who, _, _ in found(of)] == [1]


def test_a_leap_day_is_kept_on_the_first_of_march_in_other_years() -> None:
    of = columns((1, date(2024, 2, 29), None), (2, date(2023, 3, 1), None))

    assert found(of, date(2027, 2, 28), 2) == [(2, date(2027, 3, 1), 4), (1, date(2027, 3, 1), 3)]
    assert found(of, date(2028, 2, 28), 2) == [(1, date(2028, 2, 29), 4)]


@given(st.dates(date(1990, 1, 1), date(2030, 1, 1)), st.dates(date(2030, 1, 2), date(2034, 1, 1)))
def test_everybody_has_one_a_year(joined: date, today: date) -> None:
    of = columns((1, joined, None))
    days = [found(of, today + timedelta(days=n), 1) for n in range(366)]

    told = [one for each in days for one in each]
    assert len(told) in (1, 2)
    assert all(years == day.year - joined.year for _, day, years in told)
