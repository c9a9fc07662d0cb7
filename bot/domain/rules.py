"""When to speak of a drop: a rule and a history in, a reason out."""

from collections.abc import Sequence
from dataclasses import dataclass
from enum import StrEnum

from bot.domain.period import Kind, Period
from bot.domain.retention import Counts


class Reason(StrEnum):
    NO_DATA = "no_data"
    SHORT_HISTORY = "short_history"
    SMALL_BASE = "small_base"
    NORMAL = "normal"
    DROPPED = "dropped"
    STILL_DOWN = "still_down"
    RECOVERED = "recovered"


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
    """The CRR that the history led to expect, a fraction."""


def judge(rule: Drop, history: Sequence[Observation], *, is_open: bool) -> Verdict:
    """The verdict on the last of `history` (finished periods, oldest first)."""
    raise AssertionError("to be written")
