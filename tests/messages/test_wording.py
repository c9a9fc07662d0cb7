"""Numbers, days, periods and lists, at their edges."""

from datetime import date

import pytest
from hypothesis import given
from hypothesis import strategies as st

from bot.domain.definition import Definition
from bot.domain.period import Kind, Period, period_of
from bot.domain.retention import Counts
from bot.messages import limits, wording
from bot.messages.languages import speaking
from tests.messages.figures import counts

FISCAL = Definition(fiscal_year_start=11)


@pytest.mark.parametrize(
    ("shown", "total", "said"),
    [
        ((), 0, ""),
        ((), 1, "1 customer"),
        (("Acme",), 1, "Acme"),
        (("Acme", "Globex"), 2, "Acme and Globex"),
        (("Acme", "Globex"), 3, "Acme, Globex and 1 more"),
        (tuple("abcdefghijk"), 11, "a, b, c, d, e, f, g, h, i, j and 1 more"),
        (tuple("abcdefghij"), 10, "a, b, c, d, e, f, g, h, i and j"),
    ],
)
def test_names_are_listed_up_to_ten(shown: tuple[str, ...], total: int, said: str) -> None:
    assert wording.names(shown, total) == said


@pytest.mark.parametrize(
    ("part", "whole", "said"),
    [
        (0, 1, "0 %"),
        (1, 1, "100 %"),
        (1, 10_000, "0.1 %"),
        (9_999, 10_000, "99.9 %"),
        (1, 3, "33.3 %"),
        (0, 0, "0 %"),
    ],
)
def test_a_share(part: int, whole: int, said: str) -> None:
    assert wording.percent(part, whole) == said


@given(st.integers(1, 10**6), st.data())
def test_only_everybody_is_100_and_only_nobody_is_0(whole: int, data: st.DataObject) -> None:
    part = data.draw(st.integers(0, whole))
    said = wording.percent(part, whole)

    assert (said == "100 %") == (part == whole)
    assert (said == "0 %") == (part == 0)


@pytest.mark.parametrize(
    ("now", "before", "said"),
    [
        (counts(100, 5), counts(100, 5), "unchanged from 95.0 % then"),
        (counts(100, 5), counts(100, 4), "down 1 point from 96.0 % then"),
        (counts(100, 4), counts(100, 5), "up 1 point from 95.0 % then"),
        (counts(1000, 1), counts(1000, 0), "down 0.1 points from 100 % then"),
        (counts(100_000, 1), counts(100_000, 0), "down 0.1 points from 100 % then"),
        (counts(0, 0), counts(100, 0), ""),
        (counts(100, 0), counts(0, 0), ""),
        (counts(100, 0), None, ""),
    ],
)
def test_a_change_is_the_difference_of_what_is_shown(
    now: Counts, before: Counts | None, said: str
) -> None:
    assert wording.change(now, before, "then") == said


@pytest.mark.parametrize(
    ("kind", "on", "said", "short"),
    [
        (Kind.WEEK, date(2026, 12, 30), "the week 28 Dec 2026 to 3 Jan 2027", "28 Dec 2026"),
        (Kind.WEEK, date(2026, 11, 30), "the week 30 Nov to 6 Dec 2026", "30 Nov 2026"),
        (Kind.MONTH, date(2028, 2, 29), "February 2028", "Feb 2028"),
        (Kind.QUARTER, date(2026, 12, 1), "November 2026 to January 2027", "Nov-Jan 2027"),
        (Kind.YEAR, date(2026, 12, 1), "November 2026 to October 2027", "2026/2027"),
    ],
)
def test_a_period_is_named(kind: Kind, on: date, said: str, short: str) -> None:
    period = period_of(kind, on, FISCAL)

    assert wording.period(period) == said
    assert wording.short(period) == short


def test_a_year_that_is_a_year_is_a_number() -> None:
    assert wording.period(period_of(Kind.YEAR, date(2026, 5, 1), Definition())) == "2026"


def test_one_day_is_one_day() -> None:
    day = Period(date(2028, 2, 29), date(2028, 3, 1), Kind.DAYS)

    assert wording.period(day) == "29 Feb 2028"
    assert wording.in_period(day) == "on 29 Feb 2028"


@given(st.dates(date(1980, 1, 1), date(2090, 1, 1)), st.sampled_from(list(Kind)[:4]))
def test_a_short_name_fits_a_chart(on: date, kind: Kind) -> None:
    assert len(wording.short(period_of(kind, on, FISCAL))) <= limits.CHART_LABEL


@pytest.mark.parametrize(("opening", "warns"), [(0, False), (1, True), (29, True), (30, False)])
def test_a_base_is_small_below_the_minimum(opening: int, warns: bool) -> None:
    assert bool(wording.small_base(counts(opening, 0), Definition(minimum_base=30))) == warns


def test_dutch_has_its_own_numbers_days_and_order_of_words() -> None:
    now, before = counts(1180, 31), counts(1150, 28)
    with speaking("nl"):
        assert wording.percent(1, 3) == "33,3%"
        assert wording.percent(3, 3) == "100%"
        assert wording.percent(0, 3) == "0%"
        assert wording.rate(0.9744) == "97,4%"
        assert wording.decimal(1234.5, 2) == "1.234,50"
        assert wording.number_of_points(1.04) == "1 punt"
        assert wording.number_of_points(12.5) == "12,5 punten"
        assert wording.crr(now) == "CRR 97,4% (1.149 van de 1.180 gebleven)"
        assert wording.change(now, before, "in oktober") == "0,2 punten lager dan 97,6% in oktober"
        assert wording.day(date(2026, 3, 9), weekday=True) == "maandag 9 mrt 2026"
        assert wording.month(5) == "mei"
        assert wording.names(["a", "b"], 9) == "a, b en nog 7"
        assert wording.listed(["a", "b", "c"]) == "a, b en c"


@pytest.mark.parametrize(
    ("kind", "day", "told", "label"),
    [
        (Kind.WEEK, date(2026, 11, 9), "in de week van 9 t/m 15 nov 2026", "9 nov 2026"),
        (Kind.WEEK, date(2026, 12, 28), "in de week van 28 dec 2026 t/m 3 jan 2027", "28 dec 2026"),
        (Kind.MONTH, date(2026, 10, 1), "in oktober 2026", "okt 2026"),
        (Kind.QUARTER, date(2026, 7, 1), "in juli t/m september 2026", "jul-sep 2026"),
        (Kind.YEAR, date(2026, 1, 1), "in 2026", "2026"),
    ],
)
def test_periods_in_dutch(kind: Kind, day: date, told: str, label: str) -> None:
    of = period_of(kind, day, Definition())
    with speaking("nl"):
        assert wording.in_period(of) == told
        assert wording.short(of) == label


@pytest.mark.parametrize(
    ("cron", "english", "dutch"),
    [
        ("0 9 * * mon", "every Monday at 09:00", "elke maandag om 09:00"),
        ("30 8 * * mon,thu", "every Monday and Thursday at 08:30", "elke maandag en donderdag"),
        ("0 10 * * mon-fri", "Monday to Friday at 10:00", "maandag tot en met vrijdag om 10:00"),
        ("15 3 * * *", "every day at 03:15", "elke dag om 03:15"),
        ("*/15 * * * *", "every 15 minutes", "elke 15 minuten"),
        ("5 * * * *", "every hour, 5 minutes past", "elk uur, 5 minuten erover"),
        ("0 7 1 * *", "on day 1 of each month at 07:00", "op dag 1 van elke maand om 07:00"),
        ("0 7 1 1 *", "`0 7 1 1 *`", "`0 7 1 1 *`"),
        ("0 9 1-7 * mon", "`0 9 1-7 * mon`", "`0 9 1-7 * mon`"),
        ("0 */2 * * *", "`0 */2 * * *`", "`0 */2 * * *`"),
        ("0 9 * * mon-fri,sun", "`0 9 * * mon-fri,sun`", "`0 9 * * mon-fri,sun`"),
        ("", "``", "``"),
    ],
)
def test_a_schedule_is_told_in_words_where_few_do(cron: str, english: str, dutch: str) -> None:
    assert wording.schedule(cron) == english
    with speaking("nl"):
        assert wording.schedule(cron).startswith(dutch)
