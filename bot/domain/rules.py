"""When to speak of a drop: a rule and a history in, a reason out."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date
from enum import StrEnum

from bot.domain.period import Kind, Period
from bot.domain.retention import Counts

_ALMOST = 1e-9
"""Fractions of counts are not exact: a fall from 95 % to 90 % is no more than 5 points."""


class Reason(StrEnum):
    NO_DATA = "no_data"
    """Nothing to judge: no period, or nobody to keep in it."""
    SHORT_HISTORY = "short_history"
    """Too few periods to expect anything from."""
    SMALL_BASE = "small_base"
    """So few customers at opening that one of them moves the figure by points."""
    NORMAL = "normal"
    DROPPED = "dropped"
    """An incident begins."""
    STILL_DOWN = "still_down"
    """The open incident goes on."""
    RECOVERED = "recovered"
    """The open incident is over."""


@dataclass(frozen=True, slots=True)
class Observation:
    """One finished period and its counts."""

    period: Period
    counts: Counts


@dataclass(frozen=True, slots=True)
class Drop:
    """Fires when CRR falls more than `points` under the mean of the `periods` before."""

    name: str
    kind: Kind = Kind.MONTH
    points: float = 5.0
    """Percentage points: 5.0 is a fall from 95 % to 90 %."""
    periods: int = 6
    minimum_base: int = 30


@dataclass(frozen=True, slots=True)
class Verdict:
    """Why to speak, or not, and the evidence that the message shows."""

    reason: Reason
    observed: Observation | None
    expected: float | None
    """The CRR that the history led to expect, a fraction; None where none was made out."""


def judge(
    rule: Drop, history: Sequence[Observation], *, is_open: bool, opened: date | None = None
) -> Verdict:
    """The verdict on the last of `history` (finished periods, oldest first).

    Expected is the plain mean of the CRR of the last `periods` before it that had `minimum_base`
    customers at opening: the mean that a reader takes from the chart, so every period weighs the
    same. Periods below the base, or with nobody at opening, are passed over.

    While an incident is open, `opened` is the first day of the period that opened it, and only
    periods before that one are in the mean: else an incident that lasts would become what is
    expected, and resolve by itself. Give a history that reaches `periods` back from there.

    An incident opens when CRR lies more than `points` under the expectation, and is over when it
    lies at most half of them under it: a figure that hovers about the line speaks once.
    """
    if not history:
        return Verdict(Reason.NO_DATA, None, None)
    observed = history[-1]
    crr = observed.counts.crr
    if crr is None:
        return Verdict(Reason.NO_DATA, observed, None)
    if observed.counts.opening < rule.minimum_base:
        return Verdict(Reason.SMALL_BASE, observed, None)
    before = [past for past in history[:-1] if opened is None or past.period.first < opened]
    rates = [
        past.counts.crr
        for past in before
        if past.counts.crr is not None and past.counts.opening >= rule.minimum_base
    ][-rule.periods :]
    if len(rates) < rule.periods:
        return Verdict(Reason.SHORT_HISTORY, observed, None)
    expected = sum(rates) / len(rates)
    fall = (expected - crr) * 100
    return Verdict(_reason(fall, rule.points, is_open=is_open), observed, expected)


def _reason(fall: float, points: float, *, is_open: bool) -> Reason:
    if is_open:
        return Reason.RECOVERED if fall <= points / 2 + _ALMOST else Reason.STILL_DOWN
    return Reason.DROPPED if fall > points + _ALMOST else Reason.NORMAL
