"""What luck explains of a single period."""

from datetime import date

import numpy as np
import pytest

from bot.domain.columns import Columns, Dimension
from bot.domain.definition import Definition
from bot.domain.detection import Expectation
from bot.domain.period import Kind, Period, day_number, period_of, run_up
from bot.domain.usual import usual
from bot.errors import Misunderstood
from tests.domain.test_anniversaries import columns as stays

DEFINITION = Definition()
NOVEMBER = period_of(Kind.MONTH, date(2026, 11, 1), DEFINITION)


def company(
    kind: Kind, *, periods: int = 40, last: int = 4, each: int = 4
) -> tuple[Columns, Period]:
    """Four hundred customers, of whom four leave in each period and `last` in the last one, all of
    them replaced; and that last period."""
    newest = period_of(kind, date(2026, 11, 1), DEFINITION)
    rows: list[tuple[int, date, date | None]] = []
    number, joined = 0, date(2001, 1, 15)
    for period in run_up(newest, periods, DEFINITION):
        for _ in range(last if period == newest else each):
            number += 1
            rows.append((number, joined, period.first.replace(day=period.first.day)))
            number += 1
            rows.append((number, period.first, None))
    rows += [(number + n, joined, None) for n in range(1, 241)]
    return stays(*rows, known_to=date(2027, 12, 31)), newest


def last(found: tuple[Expectation, ...]) -> Expectation:
    return found[-1]


@pytest.mark.parametrize("kind", [Kind.WEEK, Kind.MONTH, Kind.QUARTER, Kind.YEAR])
def test_what_always_happens_is_usual(kind: Kind) -> None:
    of, newest = company(kind, periods=25)

    told = last(usual(of, newest, definition=DEFINITION, wanted={}))

    assert told.period == newest
    assert told.lost == 4
    assert told.expected == pytest.approx(4, abs=2)
    assert told.fewest <= 4 <= told.most


@pytest.mark.parametrize("kind", [Kind.WEEK, Kind.MONTH, Kind.QUARTER])
def test_what_never_happens_is_not(kind: Kind) -> None:
    of, newest = company(kind, last=25)

    told = last(usual(of, newest, definition=DEFINITION, wanted={}))

    assert told.lost == 25
    assert told.most < 25


def test_of_a_short_history_nothing_is_expected() -> None:
    of, newest = company(Kind.MONTH)
    cut = Columns(of.customer, of.since, of.until, known_from=day_number(date(2026, 8, 30)))

    assert usual(cut, newest, definition=DEFINITION, wanted={}) == ()


def test_of_few_customers_nothing_is_expected() -> None:
    of, newest = company(Kind.MONTH)

    assert usual(of, newest, definition=Definition(minimum_base=10_000), wanted={}) == ()


def test_of_a_period_whose_end_is_not_known_nothing_is_expected() -> None:
    of, newest = company(Kind.MONTH)
    cut = Columns(of.customer, of.since, of.until, known_to=day_number(newest.last))

    assert usual(cut, newest, definition=DEFINITION, wanted={}) == ()


def test_two_dates_are_no_period_that_has_others_before_it() -> None:
    of, _ = company(Kind.MONTH)
    days = Period(date(2026, 11, 1), date(2026, 11, 9), Kind.DAYS)

    assert usual(of, days, definition=DEFINITION, wanted={}) == ()


def halves() -> tuple[Columns, Period]:
    of, newest = company(Kind.MONTH)
    who = np.unique(of.customer)
    since = np.full(len(who), day_number(date(2000, 1, 1)), np.int32)
    plan = Dimension(("Pro", "free"), who, since, (who % 4 >= 2).astype(np.int32))
    return Columns(
        of.customer, of.since, of.until, known_to=of.known_to, dimensions={"plan": plan}
    ), newest


def test_a_segment_is_expected_by_itself() -> None:
    of, newest = halves()

    everybody = last(usual(of, newest, definition=DEFINITION, wanted={}))
    pro = last(usual(of, newest, definition=DEFINITION, wanted={"PLAN": "pro"}))
    free = last(usual(of, newest, definition=DEFINITION, wanted={"plan": "free"}))

    assert pro.opening + free.opening == everybody.opening
    assert pro.lost + free.lost == everybody.lost
    assert 0 < pro.opening < everybody.opening


def test_of_two_segments_at_once_and_of_bands_nothing_is_known() -> None:
    of, newest = halves()

    assert usual(of, newest, definition=DEFINITION, wanted={"plan": "Pro", "tenure": "12+"}) == ()
    assert usual(of, newest, definition=DEFINITION, wanted={"tenure": "12+"}) == ()


def test_a_segment_that_is_not_there_is_not_understood() -> None:
    of, newest = halves()

    with pytest.raises(Misunderstood):
        usual(of, newest, definition=DEFINITION, wanted={"plan": "gold"})


def test_the_time_of_year_is_that_of_the_year_before() -> None:
    """Thirty leave each Christmas week: the next one is no surprise, and a week in May would be."""
    newest = period_of(Kind.WEEK, date(2026, 12, 23), DEFINITION)
    periods = run_up(newest, 160, DEFINITION)
    rows: list[tuple[int, date, date | None]] = []
    number = 0
    for period in periods:
        for _ in range(30 if period.first.month == 12 and 21 <= period.first.day <= 27 else 3):
            number += 1
            rows.append((number, date(2001, 1, 15), period.first))
    rows += [(number + n, date(2001, 1, 15), None) for n in range(1, 2001)]
    of = stays(*rows, known_to=date(2027, 12, 31))

    christmas = last(usual(of, newest, definition=DEFINITION, wanted={}))

    assert christmas.expected > 6  # three times the usual would not be half as much without it
    assert (
        christmas.expected
        > 1.8 * last(usual(of, periods[-20], definition=DEFINITION, wanted={})).expected
    )
