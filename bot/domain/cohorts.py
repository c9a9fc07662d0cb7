"""Those who first joined in the same month or quarter, and how many of them are there later.

Age 0 is the last day of the cohort's own period, age n the last day of the n-th month after it: a
customer who joined in January is of age 2 on 31 March. These are the days on which monthly figures
are closed, so that the column of cohorts for one day adds up to the closing of that month, and the
28th, 30th and 31st need no rule of their own, as anniversaries would.
"""

from dataclasses import dataclass, replace
from datetime import date

import numpy as np
from numpy.typing import NDArray

from bot.domain.columns import FOREVER, Amounts, Columns, Days, Mask, Revenue
from bot.domain.definition import Definition
from bot.domain.period import Kind, Period, between, day_number, from_day_number, period_of
from bot.domain.revenue import in_one_currency, rows_in_stays, rows_of
from bot.domain.timeline import ByDay, Grid, Places, add, before_others, runs_of_customers, those
from bot.errors import Misunderstood


@dataclass(frozen=True, eq=False, slots=True)
class Cohorts:
    """Arrays of shape (cohorts, ages); where `reached` is false they hold zeros without meaning."""

    by: Kind
    periods: tuple[Period, ...]
    """When each cohort first joined; without a gap, a cohort may be empty."""
    measured_on: date
    """The newest day that is known; the last cohort may still be growing on it."""
    size: NDArray[np.int64]
    """Who first joined in the period, early losses among them: shape (cohorts,)."""
    reached: Mask
    """Whether the day of that age has passed."""
    kept: Grid
    """Who of the cohort was a customer on that day; who had left and is back by then counts."""
    revenue: Grid | None
    """What they paid a month on that day, in `currency`; None without amounts."""
    unplaced: int
    """Customers who are in no cohort, because they joined before we could tell who joins."""
    currency: str | None = None
    """None where nobody pays anything."""

    def share(self, cohort: int, age: int) -> float | None:
        """kept / size; None where that age lies ahead or nobody joined."""
        if not self.reached[cohort, age] or not self.size[cohort]:
            return None
        return int(self.kept[cohort, age]) / int(self.size[cohort])

    def revenue_share(self, cohort: int, age: int) -> float | None:
        """Revenue at that age / at age 0, so above 1 where those who stay pay more."""
        if self.revenue is None or not self.reached[cohort, age] or not self.revenue[cohort, 0]:
            return None
        return int(self.revenue[cohort, age]) / int(self.revenue[cohort, 0])

    def together(self, age: int) -> tuple[int, int]:
        """Kept and size of all cohorts that have reached that age."""
        reached = self.reached[:, age]
        return int(self.kept[reached, age].sum()), int(self.size[reached].sum())

    def revenue_together(self, age: int) -> tuple[int, int]:
        """Revenue at that age and at age 0 of all cohorts that have reached that age."""
        if self.revenue is None:
            return 0, 0
        reached = self.reached[:, age]
        return int(self.revenue[reached, age].sum()), int(self.revenue[reached, 0].sum())

    def mean(self, age: int) -> float | None:
        """The share of all who have reached that age: large cohorts weigh more than small ones."""
        kept, size = self.together(age)
        return kept / size if size else None


def cohorts(
    columns: Columns,
    *,
    by: Kind,
    months: int,
    today: date,
    definition: Definition,
    first: date | None = None,
    within: Mask | None = None,
) -> Cohorts:
    """Everybody by the period of their first stay, at the ages of 0 to `months` months.

    The table ends on `today`, or on the newest day that a pull can speak of. It begins with the
    period of the first who ever joined, or of `first` if that is later. Where the source could not
    always tell who is a customer, it begins with the first period after the day from which it
    could: of those who joined before, only the ones who stayed are known. Revenue is counted on
    days as a customer, and in the definition's currency. `by` is a month, quarter or year. Raises
    RatesMissing for amounts in several currencies without their rates.
    """
    if by in (Kind.WEEK, Kind.DAYS):
        raise Misunderstood("Cohorts are made by month, quarter or year, not by {by}.", by=str(by))
    if months < 0:
        raise ValueError(f"months must be 0 or more, not {months}")
    if within is not None:
        columns = replace(
            columns,
            customer=columns.customer[within],
            since=columns.since[within],
            until=columns.until[within],
        )
    reached = day_number(today)
    if columns.known_to is not None:
        reached = min(reached, columns.known_to)
    revenue = columns.revenue
    if revenue is not None:
        revenue = in_one_currency(revenue, definition.currency, dict(definition.rates))
    earliest = _first_known(columns, by, definition)
    periods = _periods(columns.since, by, (earliest, first), reached, definition)
    calendar = _Calendar(periods, months, reached)
    counting = _Counting(calendar)
    for run in runs_of_customers(columns.customer):
        part = replace(
            columns,
            customer=columns.customer[run],
            since=columns.since[run],
            until=columns.until[run],
        )
        counting.add(part, None if revenue is None else rows_of(revenue, part))
    joined = counting.joined
    return Cohorts(
        by=by,
        periods=periods,
        measured_on=from_day_number(reached),
        size=joined[:-1],
        reached=calendar.reached,
        kept=calendar.there(joined[:, np.newaxis] + np.cumsum(counting.moves, axis=1)),
        revenue=None if revenue is None else calendar.there(np.cumsum(counting.paid, axis=1)),
        unplaced=0 if earliest is None else _joined_before(columns, earliest),
        currency=next(iter(revenue.currencies), None) if revenue is not None else None,
    )


class _Calendar:
    """Which cohort a first day belongs to, and which month's last day a day comes before."""

    def __init__(self, periods: tuple[Period, ...], months: int, reached: int) -> None:
        eve = day_number(periods[0].first) - 1 if periods else reached
        lasts = np.array([day_number(period.last) for period in periods], np.int64)
        ends = _month_ends(periods, months)
        days = np.arange(eve, reached + 2)
        cohort = np.searchsorted(lasts, days).astype(np.int32)
        cohort[[0, -1]] = len(periods)  # before the first, and still to come: none
        month = np.searchsorted(ends, days).astype(np.int32)
        month[-1] = len(ends)
        self.cohort_of, self.month_of = ByDay(eve, cohort), ByDay(eve, month)
        """The cohort of each first day, the last of all stands for none; and the first month whose
        last day is not before a day."""
        self.cohorts, self.months = len(periods) + 1, len(ends) + 1
        self._at = np.searchsorted(ends, lasts)[:, np.newaxis] + np.arange(months + 1)
        """For each cohort the months on whose last days it is of each age."""
        self.reached: Mask = ends[self._at] <= reached

    def there(self, running: Grid) -> Grid:
        """On the day of each age, of what is there at the ends of months."""
        at_age = np.take_along_axis(running[:-1], self._at, axis=1)
        return np.where(self.reached, at_age, 0)


class _Counting:
    """Who joined, came back and left so far, by cohort and month."""

    def __init__(self, calendar: _Calendar) -> None:
        self._calendar = calendar
        shape = (calendar.cohorts, calendar.months)
        self._begun = np.zeros(calendar.cohort_of.days, np.int64)
        """Stays that began on each day."""
        self._back = np.zeros(calendar.cohort_of.days, np.int64)
        """The same of those that are not their customer's first."""
        self._came = np.zeros(shape, np.int64)
        self._went = np.zeros(shape, np.int64)
        self.paid = np.zeros(shape, np.int64)
        """What begins less what ends to be paid."""

    @property
    def joined(self) -> NDArray[np.int64]:
        return self._calendar.cohort_of.summed(self._begun - self._back, self._calendar.cohorts)

    @property
    def moves(self) -> Grid:
        """Who came back less who left."""
        return self._came - self._went

    def add(self, columns: Columns, revenue: Revenue | None) -> None:
        """Count some customers, with all their stays and rows."""
        place, since, until = self._calendar.cohort_of.place, columns.since, columns.until
        ended = np.flatnonzero(until != FOREVER)
        again = before_others(columns.customer, ended) + 1
        first = _first_stay(again)
        add(self._begun, place(since))
        add(self._back, place(since.take(again)))
        self._add(self._came, since.take(first), since.take(again))
        self._add(self._went, since.take(ended), until.take(ended))
        # Of who left once more, it is not the last stay that says when they first joined.
        later = those(np.arange(len(again)), until.take(again) != FOREVER)
        left = until.take(again.take(later))
        self._add(self._went, since.take(first.take(later)), left)
        self._add(self._came, since.take(again.take(later)), left)
        if revenue is not None:
            joined = since.copy()
            joined[again] = since.take(first)
            row, stay, begins, ends = rows_in_stays(revenue, columns)
            amount = revenue.amount.take(row)
            self._add(self.paid, joined.take(stay), begins, amount)
            self._add(self.paid, joined.take(stay), ends, -amount)

    def _add(self, to: Grid, joined: Days, days: Days, amount: Amounts | None = None) -> None:
        """To the cohorts of who first joined on these days, in the months of the others."""
        calendar = self._calendar
        at = calendar.cohort_of.of(joined) * np.int32(calendar.months)
        at += calendar.month_of.of(days)
        add(to, at.astype(np.intp), amount)


def _first_stay(again: Places) -> Places:
    """Of stays that are not their customer's first, the row of the one that is."""
    first = again - 1
    further = np.append(False, again[1:] == again[:-1] + 1)[: len(again)]
    if further.any():
        places = np.maximum.accumulate(np.where(further, 0, np.arange(len(again))))
        first = first.take(places)
    return first


def _joined_before(columns: Columns, day: date) -> int:
    newcomer = np.append(True, columns.customer[1:] != columns.customer[:-1])[: len(columns)]
    return int(np.count_nonzero(newcomer & (columns.since < day_number(day))))


def _first_known(columns: Columns, by: Kind, definition: Definition) -> date | None:
    """The first day of the first period on whose eve it was known who is a customer."""
    if columns.known_from is None:
        return None
    known = from_day_number(columns.known_from + 1)
    period = period_of(by, known, definition)
    return known if period.first == known else period.next


def _periods(
    since: Days,
    by: Kind,
    not_before: tuple[date | None, ...],
    reached: int,
    definition: Definition,
) -> tuple[Period, ...]:
    earliest = int(since.min()) if len(since) else reached + 1
    if earliest > reached:
        return ()
    begins = max([from_day_number(earliest), *filter(None, not_before)])
    if day_number(begins) > reached:
        return ()
    return between(by, begins, from_day_number(reached), definition)


def _month_ends(periods: tuple[Period, ...], months: int) -> NDArray[np.int64]:
    """The last day of each month from the first cohort on, up to the last cohort's last age."""
    if not periods:
        return np.zeros(0, np.int64)
    first, last = (np.datetime64(day, "M") for day in (periods[0].first, periods[-1].last))
    following = np.arange(first, last + months + 1) + 1
    return following.astype("datetime64[D]").astype(np.int64) - 1
