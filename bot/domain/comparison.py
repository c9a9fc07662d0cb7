"""A period beside the one before it, measured alike."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import date, timedelta
from types import MappingProxyType

import numpy as np

from bot.domain.columns import Codes, Columns
from bot.domain.definition import Definition
from bot.domain.period import Period, SoFar, before
from bot.domain.retention import Counts, Retention, Unknown, refuse_before_all, retention
from bot.domain.segments import segments

EVERYBODY: Mapping[str, str] = MappingProxyType({})


@dataclass(frozen=True, slots=True)
class Figure:
    """The counts of one period."""

    period: Period
    counts: Counts
    so_far: SoFar | None = None
    """How far into the period the counts reach; None when they are of the whole of it."""


@dataclass(frozen=True, eq=False, slots=True)
class Compared:
    """A figure, the one before it, and who left."""

    now: Figure
    before: Figure | None
    """None where nothing is known of that time."""
    lost: Codes
    """Who left, those who had stayed longest first."""
    new: Codes = field(default_factory=lambda: np.zeros(0, np.int32))
    won_back: Codes = field(default_factory=lambda: np.zeros(0, np.int32))
    """Sorted, as `Retention` has them."""


def compared(
    columns: Columns,
    period: Period,
    *,
    today: date,
    definition: Definition,
    wanted: Mapping[str, str] = EVERYBODY,
) -> Compared:
    """The figure of `period` for the segments `wanted`, beside that of the period before.

    An unfinished period is compared with as many days of the one before, never with all of it.
    Raises Unknown where the source can't tell of `period`, Misunderstood for an unknown segment.
    """
    refuse_before_all(columns, period)
    now = _measured(columns, period, today, definition, wanted)
    lost = _longest_first(columns, now.lost)
    earlier = before(period, definition)
    reached = min(earlier.first + (now.measured_on - period.first), earlier.last)
    try:
        day = reached if now.so_far else earlier.last
        then = _figure(_measured(columns, earlier, day, definition, wanted))
    except Unknown:
        then = None
    return Compared(_figure(now), then, lost, now.new, now.won_back)


def same_day(finished: Figure, unfinished: Figure) -> date | None:
    """The day of a finished period up to which it is to be measured beside one of its kind that is
    not over; None where it is measured as a whole, as beside one that is over too."""
    if finished.so_far or not unfinished.so_far or finished.period.kind != unfinished.period.kind:
        return None
    day = finished.period.first + timedelta(days=unfinished.so_far.day - 1)
    return min(day, finished.period.last)


def _measured(
    columns: Columns,
    period: Period,
    today: date,
    definition: Definition,
    wanted: Mapping[str, str],
) -> Retention:
    within = segments(columns, wanted, on=period.eve, definition=definition)
    return retention(columns, period, today=today, within=within)


def _figure(of: Retention) -> Figure:
    return Figure(of.period, of.counts, of.so_far)


def _longest_first(columns: Columns, codes: Codes) -> Codes:
    """Sorted by the first day of each customer's first stay."""
    first_rows = np.searchsorted(columns.customer, codes)
    order = np.argsort(columns.since[first_rows], kind="stable")
    return codes[order]
