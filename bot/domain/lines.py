"""Plain rules for those who want them: below a line, a fall of X points, a fall of X %.

They know nothing of luck, and work for every figure that is a number with a base: CRR, NRR, GRR,
NPS, CSAT, the share who answer. Figures are in the units that people say: CRR 94.5, NPS -12.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date
from enum import StrEnum

from bot.domain.period import Period

_ALMOST = 1e-9
"""Fractions of counts are not exact: a fall from 95 to 90 is no more than 5 points."""


class Shape(StrEnum):
    BELOW = "below"
    """The figure is below `limit`."""
    FALL_POINTS = "fall_points"
    """It fell by more than `limit` points."""
    FALL_PERCENT = "fall_percent"
    """It fell by more than `limit` percent of what it was."""


class LineReason(StrEnum):
    """Why there is an alert, or none."""

    CROSSED = "crossed"
    FINE = "fine"
    BACK = "back"
    """Of an open incident: it is over."""
    STILL = "still"
    """Of an open incident: it goes on."""
    NO_DATA = "no_data"
    """No period, or no figure of it."""
    SHORT_HISTORY = "short_history"
    """Too few periods to compare with."""
    SMALL_BASE = "small_base"
    """Too few customers, or too few answers."""
    NOTHING_TO_FALL_FROM = "nothing_to_fall_from"
    """What it was is 0 or less, of which nothing is a percentage: use points for NPS."""


@dataclass(frozen=True, slots=True)
class Line:
    shape: Shape
    limit: float
    minimum_base: int = 30
    """Customers at opening, or answers; periods of fewer are neither judged nor compared with."""
    periods: int = 1
    """For a fall: the mean of so many periods before is what it fell from."""


@dataclass(frozen=True, slots=True)
class Point:
    """One finished period."""

    period: Period
    value: float | None
    """In the units that people say; None where it is not defined."""
    base: int


@dataclass(frozen=True, slots=True)
class LineVerdict:
    reason: LineReason
    now: Point | None = None
    compared_with: float | None = None
    """What it fell from, or the line itself."""
    by: float | None = None
    """How far below it is, in points or in percent as the rule has it; negative where above."""


def cross(line: Line, history: Sequence[Point], *, opened: date | None = None) -> LineVerdict:
    """The verdict on the last of `history` (finished periods, oldest first).

    While an incident is open, `opened` is the first day of the period that opened it, and only
    periods before that one are compared with: a drop that lasts would become what is usual. It is
    over when the figure is no longer below the line, or has made good half of the fall.
    """
    is_open = opened is not None
    now = history[-1] if history else None
    if now is None or now.value is None:
        return LineVerdict(LineReason.NO_DATA, now)
    if now.base < line.minimum_base:
        return LineVerdict(LineReason.SMALL_BASE, now)
    if line.shape is Shape.BELOW:
        return _verdict(now, line.limit, by=line.limit - now.value, limit=0.0, is_open=is_open)
    before_it = [p for p in history[:-1] if opened is None or p.period.first < opened]
    known = [p.value for p in before_it if p.value is not None and p.base >= line.minimum_base]
    if len(known) < line.periods:
        return LineVerdict(LineReason.SHORT_HISTORY, now)
    before = sum(known[-line.periods :]) / line.periods
    by = before - now.value
    if line.shape is Shape.FALL_PERCENT:
        if before <= 0:
            return LineVerdict(LineReason.NOTHING_TO_FALL_FROM, now, before)
        by = 100 * by / before
    limit = line.limit / 2 if is_open else line.limit
    return _verdict(now, before, by=by, limit=limit, is_open=is_open)


def _verdict(
    now: Point, compared_with: float, *, by: float, limit: float, is_open: bool
) -> LineVerdict:
    crossed = by > limit + _ALMOST
    if is_open:
        reason = LineReason.STILL if crossed else LineReason.BACK
    else:
        reason = LineReason.CROSSED if crossed else LineReason.FINE
    return LineVerdict(reason, now, compared_with, by)
