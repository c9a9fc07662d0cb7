"""How many could have left and how many did, by how long they had been customers.

What is expected of a period depends on who was there: newcomers leave sooner than others, and
contracts end in the month in which they began. So customers are counted in four tenure groups, by
the whole months k since they first joined, on the eve of the period (as `bands` has it): the month
of an anniversary (k = 11, 23, 35, …), else k < 3, else 3-11, else 12 and more.

The first running sum goes over periods, the second over the days of joining; a tenure group of a
period is then the difference of two places in it. A month counts 31 days on that scale, so that k
is a whole division of a difference, as `whole_months` has it too.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date
from itertools import pairwise

import numpy as np
from numpy.typing import NDArray

from bot.domain.columns import Codes, Columns, Days, Dimension
from bot.domain.period import Kind, Period, day_number
from bot.domain.timeline import rows_without_overlap

Counts = NDArray[np.int64]

GROUPS = ("0-2", "3-11", "12+", "anniversary")
"""The tenure groups, in the order of the last axis of all that is counted here."""
NEWCOMERS, SETTLING, SETTLED, ANNIVERSARY = range(4)
GROUP_COUNT = len(GROUPS)

_MONTH = 31
_OLDEST = 60 * 366
"""Days after which nobody asks any more how long somebody has been a customer."""


@dataclass(frozen=True, eq=False, slots=True)
class Exposure:
    """Customers at the start of each period, and how many of them were lost in it.

    The shape of both is (cells, periods, groups): cell 0 is everybody where there are no segments.
    """

    periods: tuple[Period, ...]
    """Oldest first, each beginning where the one before it ended."""
    opening: Counts
    lost: Counts

    def __len__(self) -> int:
        return len(self.periods)

    def cell(self, number: int) -> "Exposure":
        return Exposure(
            self.periods, self.opening[number : number + 1], self.lost[number : number + 1]
        )

    def total(self) -> "Exposure":
        """All cells as one."""
        return Exposure(
            self.periods,
            self.opening.sum(axis=0, keepdims=True),
            self.lost.sum(axis=0, keepdims=True),
        )

    def until(self, count: int) -> "Exposure":
        """The first `count` periods."""
        return Exposure(self.periods[:count], self.opening[:, :count], self.lost[:, :count])


@dataclass(frozen=True, eq=False, slots=True)
class Pieces:
    """Stays cut where their customer changed cell: what `exposure` counts.

    Rows in the order of the stays, the pieces of one in the order of time.
    """

    stay: NDArray[np.intp]
    """Row of the stay in its columns."""
    since: Days
    until: Days
    """The first day no longer in the cell, or no longer a customer."""
    cell: Codes


def known_periods(columns: Columns, periods: Sequence[Period]) -> tuple[Period, ...]:
    """Those of which both ends are known, without a hole: the newest run of them.

    A period whose eve came before we could tell who is a customer, or before what the source tells
    of it can be trusted, or of which the newest believed pull has not seen the last day pass, is no
    history.
    """
    begins = max(
        (day for day in (columns.known_from, columns.trusted_from) if day is not None), default=None
    )
    known = [
        period
        for period in periods
        if (begins is None or day_number(period.eve) >= begins)
        and (columns.known_to is None or day_number(period.last) < columns.known_to)
    ]
    return tuple(known)


def rolling_months(end: date, count: int) -> tuple[Period, ...]:
    """Months counted back from the day `end`, which is the first day after the newest of them.

    For evaluating every day or week over windows of 30, 60, 90 and 180 days: each of these months
    has every day of the month once, and so one month's end, where many books put their leavers; of
    windows of 30 days some have none and some two. The one twelve before has the same dates.
    """
    edges = [_months_before(end, number) for number in range(count, -1, -1)]
    return tuple(Period(first, next_, Kind.DAYS) for first, next_ in pairwise(edges))


def exposure(
    columns: Columns,
    periods: Sequence[Period],
    *,
    pieces: Pieces | None = None,
    cell_count: int = 1,
) -> Exposure:
    """Opening and lost of many periods, by cell and tenure group, in one pass over the stays.

    Both add up over the groups to what `retention` counts: lost is who was there on the eve and is
    not on the last day. They count in the cell where they were on the eve. `pieces` (of `in_cells`)
    says who is in which cell from 0 to `cell_count` - 1; without it all are in cell 0.
    """
    wanted = tuple(periods)
    shape = (cell_count, len(wanted), GROUP_COUNT)
    opening, lost = np.zeros(shape, np.int64), np.zeros(shape, np.int64)
    if wanted and len(columns):
        counting = _Counting(columns, wanted, pieces or _whole(columns), cell_count)
        counting.opening(opening)
        counting.lost(lost)
    return Exposure(wanted, opening, lost)


def in_cells(columns: Columns, dimension: Dimension) -> Pieces:
    """The cell of every customer at every time: an index into the labels of a dimension.

    As segments are: where nothing was known of a customer yet the first label known after counts,
    and who has none at all is in no cell.
    """
    rows = len(dimension.customer)
    if not rows or not len(columns):
        nothing = np.zeros(0, np.int32)
        return Pieces(np.zeros(0, np.intp), nothing, nothing, nothing)
    place = np.minimum(np.searchsorted(dimension.customer, columns.customer), rows - 1)
    after = np.searchsorted(dimension.customer, columns.customer, side="right")
    count = np.where(dimension.customer[place] == columns.customer, after - place, 0)
    stay = np.repeat(np.arange(len(columns)), count)
    number = np.arange(len(stay)) - np.repeat(np.cumsum(count) - count, count)
    row = place[stay] + number
    is_last = number == count[stay] - 1
    following = dimension.since[np.minimum(row + 1, rows - 1)]
    since = np.where(
        number == 0, columns.since[stay], np.maximum(columns.since[stay], dimension.since[row])
    )
    until = np.where(is_last, columns.until[stay], np.minimum(columns.until[stay], following))
    there = since < until
    return Pieces(stay[there], since[there], until[there], dimension.label[row][there])


class _Counting:
    """The stays and periods as numbers on the scale of months of 31 days."""

    def __init__(
        self, columns: Columns, periods: tuple[Period, ...], pieces: Pieces, cells: int
    ) -> None:
        self._columns, self._pieces, self._cells = columns, pieces, cells
        self._first = np.array([day_number(p.first) for p in periods], np.int64)
        self._next = np.array([day_number(p.next) for p in periods], np.int64)
        self._eve = _scale(self._first - 1)
        newcomer = np.append(True, columns.customer[1:] != columns.customer[:-1])
        low, high = int(self._first.min()) - _OLDEST, int(self._first.max())
        joined = np.clip(columns.since[newcomer], low, high) - low
        customer = np.cumsum(newcomer) - 1
        scaled = _scale(np.arange(low, high + 1))
        self._joined = scaled[joined][customer]
        """When each stay's customer first joined, on the scale."""
        # Whole months turn on the eves' days of the month alone: days between two of them are one.
        self._turns = np.unique(self._eve % _MONTH)
        self._joined_bin = self._bin(scaled)[joined][customer]
        self._base = int(self._joined_bin.min())

    def opening(self, into: Counts) -> None:
        """Who is there on each eve, by running sums over periods and days of joining."""
        order = np.argsort(self._first, kind="stable")
        firsts = self._first[order]
        arrives, departs = self._after(firsts, self._pieces.since, self._pieces.until)
        bins = int(self._joined_bin.max()) - self._base + 1
        periods = len(firsts)
        there = arrives < departs
        row = self._pieces.cell[there].astype(np.int64) * bins
        row += self._joined_bin[self._pieces.stay[there]] - self._base
        row *= periods + 1
        size = self._cells * bins * (periods + 1)
        moves = np.bincount(row + arrives[there], minlength=size)
        moves -= np.bincount(row + departs[there], minlength=size)
        present = np.cumsum(moves.reshape(self._cells, bins, periods + 1)[:, :, :-1], axis=2)
        summed = np.zeros((self._cells, bins + 1, periods), np.int64)
        last_bin = self._bin(self._eve[order]) - self._base
        np.cumsum(present, axis=1, out=summed[:, 1:])

        def joined_by(months: int) -> Counts:
            """Who is there and has been a customer for at least so many months, per period."""
            place = np.clip(last_bin - months * len(self._turns) + 1, 0, bins)
            counted: Counts = summed[:, place, np.arange(periods)]
            return counted

        years = (int(self._eve.max()) - int(self._joined.min())) // (12 * _MONTH) + 1
        of_year = [joined_by(12 * y - 1) - joined_by(12 * y) for y in range(1, years + 1)]
        into[:, order, NEWCOMERS] = summed[:, -1] - joined_by(3)
        into[:, order, SETTLING] = joined_by(3) - joined_by(11)
        into[:, order, SETTLED] = joined_by(12) - sum(of_year[1:])
        into[:, order, ANNIVERSARY] = sum(of_year)

    def lost(self, into: Counts) -> None:
        """Who ended a stay in the period, but for those who are back by its last day."""
        stay = self._pieces.stay
        ends = self._columns.until[stay]
        for row in rows_without_overlap(self._first, self._next):
            period = self._period_of(row, ends)
            self._add(into, period, np.arange(len(stay)), 1)
            for later in self._returned(row):
                back = np.zeros(len(self._columns), np.bool_)
                back[later] = True
                self._add(into, np.where(back[stay], period, -1), np.arange(len(stay)), -1)

    def _bin(self, scaled: NDArray[np.int64]) -> NDArray[np.int64]:
        """Who joined on a day of a lower bin turns a whole month earlier, or on the same eve."""
        month, day = np.divmod(scaled, _MONTH)
        return month * len(self._turns) + np.searchsorted(self._turns, day)

    def _add(self, into: Counts, period: Codes, piece: NDArray[np.intp], how: int) -> None:
        """Count the pieces that were there on the eve of the period that their stay ended in."""
        inside = np.flatnonzero(period >= 0)
        piece, period = piece[inside], period[inside]
        first = self._first[period]
        there = (self._pieces.since[piece] < first) & (self._pieces.until[piece] >= first)
        piece, period = piece[there], period[there]
        months = (self._eve[period] - self._joined[self._pieces.stay[piece]]) // _MONTH
        key = (self._pieces.cell[piece].astype(np.int64) * len(self._first) + period) * GROUP_COUNT
        counted = np.bincount(key + tenure_group(months), minlength=into.size)
        into += how * counted.reshape(into.shape)

    def _returned(self, row: list[int]) -> list[NDArray[np.intp]]:
        """Stays that ended in a period at whose end another stay of the customer covers.

        By how many stays later that is; a customer is back in one of them alone.
        """
        found: list[NDArray[np.intp]] = []
        customer, since, until = self._columns.customer, self._columns.since, self._columns.until
        several = np.flatnonzero(customer[1:] == customer[:-1])
        distance = 1
        while len(several):
            ended, later = several, several + distance
            period = self._period_of(row, until[ended])
            next_ = self._next[period]
            back = (period >= 0) & (since[later] < next_) & (until[later] >= next_)
            found.append(ended[back])
            # Only who came and went again in the same period can be back by a stay after that.
            again = ended[(period >= 0) & (until[later] < next_)]
            distance += 1
            again = again[again + distance < len(customer)]
            several = again[customer[again + distance] == customer[again]]
        return found

    def _period_of(self, row: list[int], days: Days) -> Codes:
        """The period of a row of them in which each day lies, or -1."""
        firsts, nexts = self._first[row], self._next[row]
        low, high = int(firsts.min()), int(nexts.max())
        table = np.full(high - low + 2, -1, np.int32)
        for number, first, next_ in zip(row, firsts - low, nexts - low, strict=True):
            table[first:next_] = number
        table[-1] = -1
        outside = (days < low) | (days >= high)
        return table[np.where(outside, high - low + 1, days - low)]

    def _after(self, firsts: Counts, *days: Days) -> list[NDArray[np.intp]]:
        """For each day the first period that begins after it, by a table."""
        low, high = int(firsts[0]), int(firsts[-1])
        table = np.searchsorted(firsts, np.arange(low - 1, high + 1), side="right")
        return [table[np.clip(each, low - 1, high) - (low - 1)] for each in days]


def tenure_group(months: NDArray[np.int64]) -> NDArray[np.int64]:
    """The group of a customer of so many whole months; nobody is of fewer than 0."""
    group = np.digitize(months, (3, 12)).astype(np.int64)
    group[months % 12 == 11] = ANNIVERSARY
    return group


def _scale(days: NDArray[np.int64] | Days) -> NDArray[np.int64]:
    """Days on a scale on which every month has 31: a whole month more is 31 more."""
    day = days.astype("datetime64[D]")
    month = day.astype("datetime64[M]")
    scaled: NDArray[np.int64] = month.astype(np.int64) * _MONTH
    scaled += (day - month).astype(np.int64)
    return scaled


def _whole(columns: Columns) -> Pieces:
    """Every stay as one piece, all in cell 0."""
    cell = np.zeros(len(columns), np.int32)
    return Pieces(np.arange(len(columns)), columns.since, columns.until, cell)


def _months_before(day: date, months: int) -> date:
    """The same day so many months earlier, or the last of a month that has no such day."""
    index = day.year * 12 + day.month - 1 - months
    first = np.datetime64(index - 1970 * 12, "M")
    length = int(((first + 1).astype("datetime64[D]") - first.astype("datetime64[D]")).astype(int))
    return date(index // 12, index % 12 + 1, min(day.day, length))
