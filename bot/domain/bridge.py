"""From the CRR over identities to what ((E - N) / S) says, step by step, with the customers.

Each step changes one number and names who is behind it. The first rate is the CRR by identity, the
last what the formula gives; the steps between them add up to the difference exactly.
"""

from dataclasses import dataclass
from datetime import date
from enum import StrEnum

import numpy as np

from bot.domain.columns import Codes, Columns, Mask
from bot.domain.events import events
from bot.domain.period import Period
from bot.domain.retention import Retention, retention
from bot.errors import Misunderstood


@dataclass(frozen=True, slots=True)
class Counted:
    """What a source itself reports of a period."""

    start: int
    end: int
    new: int
    """Created in the period, in whatever sense the source has."""


class Cause(StrEnum):
    """Why counting differs from looking who it is."""

    WON_BACK = "won_back"
    """At the end, not at the start, and not new: the formula takes them for kept."""
    JOINED_AND_LEFT = "joined_and_left"
    """New, and gone by the end: the formula takes a kept customer away for each."""
    MERGED = "merged"
    """Several records at the start and one now: the formula takes the others for lost."""
    MERGED_SINCE = "merged_since"
    """Several records at the end that are known to be one customer: the formula counts each."""
    END_DIFFERS = "end_differs"
    """The source counts another number at the end, for reasons that counts don't show."""
    NEW_DIFFERS = "new_differs"
    """It counts another number as new."""
    START_DIFFERS = "start_differs"
    """It counts another number at the start."""

    @property
    def moves_start(self) -> bool:
        """Whether it changes the number at the start; the others change that of the kept."""
        return self in (Cause.MERGED, Cause.START_DIFFERS)


@dataclass(frozen=True, eq=False, slots=True)
class Step:
    """One reason why the two rates differ."""

    cause: Cause
    by: int
    """How many customers more the formula takes for kept, or for there at the start."""
    customers: Codes
    """Sorted; empty where counts don't show who it is."""
    rate: float
    """What the formula gives with this step and those before it."""
    change: float
    """By how much this step moved it."""


@dataclass(frozen=True, eq=False, slots=True)
class Bridge:
    of: Retention
    counts: Counted
    """What the source reports; what we know ourselves where it reports nothing."""
    by_identity: float | None
    by_counts: float | None
    """(end - new) / start: an estimate, which may lie outside of 0..1."""
    steps: tuple[Step, ...]
    """From `by_identity` to `by_counts`; empty where one of them is not defined."""

    @property
    def impossible(self) -> bool:
        """Whether counting gives what no retention can be."""
        return self.by_counts is not None and not 0 <= self.by_counts <= 1


def bridge(
    columns: Columns,
    period: Period,
    *,
    reported: Counted | None = None,
    merged: Codes | None = None,
    merged_since: Codes | None = None,
    today: date | None = None,
    within: Mask | None = None,
) -> Bridge:
    """CRR by counts beside CRR by identity.

    Without `reported`, counting is done with what we know: new is who first joined inside the
    period, which is what "created" means in most systems. `merged` holds a customer for each
    record beyond the first that was merged into theirs after the start and that the source had
    counted there, which explains a higher count; `merged_since` the same of the end. Both say
    nothing without `reported`. Raises Unknown as `retention` does, and Misunderstood for counts
    that can't be counts.
    """
    of = retention(columns, period, today=today, within=within)
    joined = events(columns, of, within=within).joined
    known = Counted(len(of.opening), len(of.closing), len(joined))
    counts = known if reported is None else reported
    if min(counts.start, counts.end, counts.new) < 0:
        raise Misunderstood(
            "The source reports {start} customers at the start, {end} at the end and {new} new"
            " ones: none of these can be below 0. Correct it there.",
            start=counts.start,
            end=counts.end,
            new=counts.new,
        )
    # More new than are there at the end is no mistake here: they may have left again.
    by_counts = (counts.end - counts.new) / counts.start if counts.start else None
    steps: tuple[Step, ...] = ()
    if by_counts is not None and known.start:
        nobody = np.zeros(0, np.int32)
        twice = (nobody, nobody) if reported is None else (merged, merged_since)
        at_start, at_end = (nobody if each is None else each for each in twice)
        steps = _steps(of, joined, known, counts, at_start, at_end)
    return Bridge(of, counts, of.counts.crr, by_counts, steps)


def _steps(
    of: Retention,
    joined: Codes,
    known: Counted,
    counts: Counted,
    records: Codes,
    records_at_end: Codes,
) -> tuple[Step, ...]:
    nobody = np.zeros(0, np.int32)
    left_again = np.intersect1d(joined, of.early_losses, assume_unique=True)
    moves = [
        (Cause.WON_BACK, len(of.won_back), of.won_back),
        (Cause.JOINED_AND_LEFT, -len(left_again), left_again),
        (Cause.MERGED_SINCE, len(records_at_end), np.unique(records_at_end)),
        (Cause.END_DIFFERS, counts.end - known.end - len(records_at_end), nobody),
        (Cause.NEW_DIFFERS, known.new - counts.new, nobody),
        (Cause.MERGED, len(records), np.unique(records)),
        (Cause.START_DIFFERS, counts.start - known.start - len(records), nobody),
    ]
    kept, start = len(of.kept), known.start
    steps: list[Step] = []
    before = kept / start
    for cause, by, customers in moves:
        if cause.moves_start:
            start += by
        else:
            kept += by
        rate = kept / start
        if by:
            steps.append(Step(cause, by, customers, rate, rate - before))
        before = rate
    return tuple(steps)
