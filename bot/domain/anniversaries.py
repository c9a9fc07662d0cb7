"""Whose anniversary as a customer comes: reasons to call that are no trouble."""

from calendar import isleap
from dataclasses import dataclass
from datetime import date, timedelta

import numpy as np

from bot.domain.columns import Codes, Columns, Days, Mask
from bot.domain.period import day_number


@dataclass(frozen=True, eq=False, slots=True)
class Anniversaries:
    """One row a customer, those of most years first, then by day."""

    customer: Codes
    day: Days
    years: Codes

    def __len__(self) -> int:
        return len(self.day)


@dataclass(frozen=True, slots=True)
class Anniversary:
    """One of them, as people speak of it."""

    name: str
    """The customer's."""
    day: date
    years: int
    owner: str = ""
    """Who looks after the customer; "" where the source tells nobody."""


def anniversaries(
    columns: Columns, *, today: date, days: int, within: Mask | None = None
) -> Anniversaries:
    """The customers of `today`, or of the newest day that is known if that is earlier, who first
    joined whole years before `today` or one of the days after it, `days` in all.

    Who joined on 29 February is counted on 1 March in other years, as `bands` counts months. Of who
    was there when the source was first read, nobody knows since when: they have none.
    """
    now = day_number(today)
    on = now if columns.known_to is None else min(now, columns.known_to)
    there = (columns.since <= on) & (columns.until > on)
    if within is not None:
        there &= within
    first = np.append(True, columns.customer[1:] != columns.customer[:-1])[: len(columns)]
    joined = columns.since[first][np.cumsum(first) - 1]
    if columns.known_from is not None:
        there &= joined > columns.known_from
    customer, joined = columns.customer[there], joined[there].astype("datetime64[D]")
    month = joined.astype("datetime64[M]")
    date_in_year = (month.astype(np.int64) % 12) * 32 + (joined - month).astype(np.int64)
    year = month.astype(np.int64) // 12 + 1970
    found: list[tuple[Codes, Days, Codes]] = []
    for ahead in range(days):
        day = today + timedelta(days=ahead)
        is_one = np.isin(date_in_year, _dates(day)) & (year < day.year)
        years = (day.year - year[is_one]).astype(np.int32)
        found.append((customer[is_one], np.full(len(years), day_number(day), np.int32), years))
    who, on_day, years = (
        np.concatenate([each[n] for each in found]) if found else np.zeros(0, np.int32)
        for n in range(3)
    )
    order = np.lexsort((who, on_day, -years))
    return Anniversaries(who[order], on_day[order], years[order])


def _dates(day: date) -> list[int]:
    """The dates in the year of which `day` is the anniversary, as month and day in one number."""
    dates = [(day.month - 1) * 32 + day.day - 1]
    if (day.month, day.day) == (3, 1) and not isleap(day.year):
        dates.append(32 + 28)
    return dates
