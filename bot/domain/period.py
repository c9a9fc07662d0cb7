"""Weeks, months, quarters, years, or any two dates: half-open runs of local days."""

from dataclasses import dataclass
from datetime import date, timedelta
from enum import StrEnum

from bot.domain.definition import Definition


class Kind(StrEnum):
    WEEK = "week"
    MONTH = "month"
    QUARTER = "quarter"
    YEAR = "year"
    DAYS = "days"
    """Any two dates."""


EPOCH = date(1970, 1, 1)


def day_number(day: date) -> int:
    """Days since 1970-01-01: how every array of days counts."""
    return (day - EPOCH).days


def from_day_number(number: int) -> date:
    return EPOCH + timedelta(days=int(number))


@dataclass(frozen=True, slots=True, order=True)
class Period:
    """The local days `first`, …, `next` - 1."""

    first: date
    next: date
    kind: Kind

    def __post_init__(self) -> None:
        if self.next <= self.first:
            raise ValueError(f"a period must end after it begins: {self.first}..{self.next}")

    @property
    def eve(self) -> date:
        """The day before: who is a customer then is in `opening`."""
        return self.first - timedelta(days=1)

    @property
    def last(self) -> date:
        """The last day: who is a customer then is in `closing`."""
        return self.next - timedelta(days=1)

    @property
    def days(self) -> int:
        """How many days it has; a day is a day, be it of 23 or 25 hours."""
        return (self.next - self.first).days


@dataclass(frozen=True, slots=True)
class SoFar:
    """How much of a period has passed: day 9 of 31."""

    day: int
    of: int


def so_far(period: Period, day: date) -> SoFar | None:
    """How far `day` is into the period, its own day counted; None when that is all of it."""
    if day >= period.last:
        return None
    return SoFar(day=max((day - period.first).days + 1, 0), of=period.days)


def period_of(kind: Kind, day: date, definition: Definition) -> Period:
    """The week, month, quarter or year that `day` falls in."""
    match kind:
        case Kind.WEEK:
            first = day - timedelta(days=(day.weekday() - definition.first_weekday) % 7)
            return Period(first, first + timedelta(days=7), kind)
        case Kind.MONTH:
            return _months(kind, day.year, day.month, 1)
        case Kind.QUARTER | Kind.YEAR:
            length = 3 if kind is Kind.QUARTER else 12
            into = (day.month - definition.fiscal_year_start) % length
            return _months(kind, day.year, day.month - into, length)
        case Kind.DAYS:
            raise ValueError("two dates have no period that a day falls in")


def last_finished(kind: Kind, today: date, definition: Definition) -> Period:
    """The newest period of which `today` has seen the last day pass."""
    return before(period_of(kind, today, definition), definition)


def before(period: Period, definition: Definition) -> Period:
    """The period just before; of two dates, as many days before them."""
    if period.kind is Kind.DAYS:
        return Period(period.first - (period.next - period.first), period.first, period.kind)
    return period_of(period.kind, period.eve, definition)


def run_up(period: Period, count: int, definition: Definition) -> tuple[Period, ...]:
    """The `count` periods that end with this one, oldest first."""
    periods = [period]
    while len(periods) < count:
        periods.append(before(periods[-1], definition))
    return tuple(reversed(periods))


def between(kind: Kind, first: date, last: date, definition: Definition) -> tuple[Period, ...]:
    """The periods of a kind from the one with the day `first` to the one with `last`."""
    periods = [period_of(kind, first, definition)]
    while periods[-1].next <= last:
        periods.append(period_of(kind, periods[-1].next, definition))
    return tuple(periods)


def week_of(year: int, week: int, definition: Definition) -> Period:
    """The week that ISO 8601 numbers so; ValueError where the year has no such week.

    ISO weeks begin on Monday and belong to the year of their Thursday. Where weeks begin on
    another day, the week that has this Thursday is meant: it shares at least four days with
    the ISO week, and each week has one number.
    """
    return period_of(Kind.WEEK, date.fromisocalendar(year, week, 4), definition)


def week_number(period: Period) -> tuple[int, int]:
    """The year and number of a week: what `week_of` takes."""
    thursday = period.first + timedelta(days=(3 - period.first.weekday()) % 7)
    return thursday.isocalendar()[:2]


def year_of(year: int, definition: Definition) -> Period:
    """The year, or fiscal year, that begins in the calendar year `year`."""
    return _months(Kind.YEAR, year, definition.fiscal_year_start, 12)


def quarter_of(year: int, quarter: int, definition: Definition) -> Period:
    """A quarter (1-4) of `year_of(year)`."""
    if not 1 <= quarter <= 4:
        raise ValueError("quarter must be in 1..4")
    return _months(Kind.QUARTER, year, definition.fiscal_year_start + 3 * (quarter - 1), 3)


def _months(kind: Kind, year: int, month: int, count: int) -> Period:
    return Period(_month(year, month), _month(year, month + count), kind)


def _month(year: int, month: int) -> date:
    """The first of a month, counted on over the ends of years (month 0 is December before)."""
    return date(year + (month - 1) // 12, (month - 1) % 12 + 1, 1)
