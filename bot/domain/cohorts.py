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

from bot.domain.columns import Amounts, Codes, Columns, Days, Mask
from bot.domain.definition import Definition
from bot.domain.period import Kind, Period, between, day_number, from_day_number, period_of
from bot.domain.revenue import during_stays, in_one_currency
from bot.errors import Misunderstood

Grid = NDArray[np.int64]
Moves = NDArray[np.float64] | NDArray[np.intp]
Slots = NDArray[np.intp]

_ROWS_AT_ONCE = 1 << 17
"""Few enough for the processor's caches."""


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
    """What they paid a month on that day; None without amounts."""
    unplaced: int
    """Customers who are in no cohort, because they joined before we could tell who joins."""

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
    days as a customer, and must be in one currency. `by` is a month, quarter or year.
    """
    if by in (Kind.WEEK, Kind.DAYS):
        raise Misunderstood(f"Cohorts are made by month, quarter or year, not by {by}.")
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
    newcomer = _newcomers(columns.customer)
    joined = columns.since[newcomer]
    earliest = _first_known(columns, by, definition)
    periods = _periods(joined, by, (earliest, first), reached, definition)
    calendar = _Calendar(periods, months, reached, definition)
    cohort = calendar.cohort(joined)
    return Cohorts(
        by=by,
        periods=periods,
        measured_on=from_day_number(reached),
        size=np.bincount(cohort, minlength=len(periods) + 1)[:-1],
        reached=calendar.reached,
        kept=_kept(columns, newcomer, cohort, calendar),
        revenue=_revenue(columns, columns.customer[newcomer], cohort, calendar),
        unplaced=0 if earliest is None else int(np.count_nonzero(joined < day_number(earliest))),
    )


class _Calendar:
    """Which cohort a first day belongs to, and which of a cohort's ages a day comes before."""

    def __init__(
        self, periods: tuple[Period, ...], months: int, reached: int, definition: Definition
    ) -> None:
        self._cohorts, self._ages = len(periods), months + 1
        self._low = day_number(periods[0].first) - 1 if periods else reached
        self._high = reached + 1
        lasts = np.array([day_number(period.last) for period in periods], np.int64)
        ends = _month_ends(periods, months, definition)
        days = np.arange(self._low, self._high + 1)
        self._cohort_of_day = np.searchsorted(lasts, days)
        self._cohort_of_day[[0, -1]] = self._cohorts  # before the first, and still to come: none
        self._month_of_day = np.searchsorted(ends, days)
        self._month_of_day[-1] = len(ends)
        base = np.searchsorted(ends, lasts)
        self._base = np.append(base, 0)
        """The month on whose last day each cohort is of age 0."""
        self.reached: Mask = ends[base[:, np.newaxis] + np.arange(self._ages)] <= reached

    def cohort(self, joined: Days) -> Slots:
        """Of each first day; the number of cohorts stands for none."""
        return self._cohort_of_day[np.clip(joined, self._low, self._high) - self._low]

    def moves(self, since: Days, until: Days, cohort: Slots, amount: Amounts | None) -> Moves:
        """What begins less what ends before the day of each age: (cohorts + 1, ages + 1)."""
        shape = (self._cohorts + 1, self._ages + 1)
        row, base = cohort * shape[1], self._base[cohort]
        moves = np.bincount(row + self._age(since, base), amount, shape[0] * shape[1])
        moves = moves - np.bincount(row + self._age(until, base), amount, shape[0] * shape[1])
        return moves.reshape(shape)

    def there(self, moves: Moves) -> Grid:
        """What is there on the day of each age."""
        running = np.cumsum(moves, axis=1)[:-1, :-1].astype(np.int64)
        return np.where(self.reached, running, 0)

    def _age(self, days: Days, base: Slots) -> Slots:
        """The first age whose day is not before this day."""
        months = self._month_of_day[np.clip(days, self._low, self._high) - self._low]
        age: Slots = np.clip(months - base, 0, self._ages)
        return age


def _kept(columns: Columns, newcomer: Mask, cohort: Slots, calendar: _Calendar) -> Grid:
    moves: Moves = np.zeros(1)
    done = 0
    for start in range(0, max(len(columns), 1), _ROWS_AT_ONCE):
        part = slice(start, start + _ROWS_AT_ONCE)
        who = done - 1 + np.cumsum(newcomer[part])
        moves = moves + calendar.moves(columns.since[part], columns.until[part], cohort[who], None)
        done = int(who[-1]) + 1 if len(who) else done
    return calendar.there(moves)


def _revenue(columns: Columns, customers: Codes, cohort: Slots, calendar: _Calendar) -> Grid | None:
    if columns.revenue is None:
        return None
    rows = during_stays(in_one_currency(columns.revenue), columns)
    who = np.searchsorted(customers, rows.customer)
    return calendar.there(calendar.moves(rows.since, rows.until, cohort[who], rows.amount))


def _newcomers(customer: Codes) -> Mask:
    """Which rows are the first of their customer."""
    newcomer = np.ones(len(customer), np.bool_)
    newcomer[1:] = customer[1:] != customer[:-1]
    return newcomer


def _first_known(columns: Columns, by: Kind, definition: Definition) -> date | None:
    """The first day of the first period on whose eve it was known who is a customer."""
    if columns.known_from is None:
        return None
    known = from_day_number(columns.known_from + 1)
    period = period_of(by, known, definition)
    return known if period.first == known else period.next


def _periods(
    joined: Days,
    by: Kind,
    not_before: tuple[date | None, ...],
    reached: int,
    definition: Definition,
) -> tuple[Period, ...]:
    joined = joined[joined <= reached]
    if not len(joined):
        return ()
    begins = max([from_day_number(joined.min()), *filter(None, not_before)])
    if day_number(begins) > reached:
        return ()
    return between(by, begins, from_day_number(reached), definition)


def _month_ends(
    periods: tuple[Period, ...], months: int, definition: Definition
) -> NDArray[np.int64]:
    """The last day of each month from the first cohort on, up to the last cohort's last age."""
    if not periods:
        return np.zeros(0, np.int64)
    found = list(between(Kind.MONTH, periods[0].first, periods[-1].last, definition))
    for _ in range(months):
        found.append(period_of(Kind.MONTH, found[-1].next, definition))
    return np.array([day_number(month.last) for month in found], np.int64)
