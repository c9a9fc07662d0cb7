"""The rule evaluated every week over companies that live day by day, on the product's own counts.

A week's evaluation stands on the 2nd, 9th, 16th or 23rd of a month, so that each of the four has
its own run of rolling months; that makes 48 a year. (Not on the 1st: of a company that begins on
the first of a month nobody left on that day, which is no history that a real one has.)
"""

from collections.abc import Sequence
from dataclasses import dataclass, replace

import numpy as np
from numpy.typing import NDArray

from bot.domain.columns import FOREVER, Columns
from bot.domain.expected import Model, expected
from bot.domain.exposure import Exposure, exposure, rolling_months
from bot.domain.lateness import recording
from bot.domain.period import day_number, from_day_number
from bot.domain.scan import ROLLING, earliest_start, scan
from tests.benchmarks.watching import MINIMUM_BASE
from tests.benchmarks.worlds import HISTORY, WATCHED, Lived, start_of

Floats = NDArray[np.float64]
Counts = NDArray[np.int64]

DAYS = (2, 9, 16, 23)
PER_YEAR = 12 * len(DAYS)
_MONTHS = HISTORY + WATCHED - 1
"""The life of a company, but for the part of a month that the days of evaluation leave over."""
_LATE = 6
"""Months after which everything is recorded."""


@dataclass(frozen=True, eq=False, slots=True)
class Weekly:
    """Shape (runs, evaluations), in the order of time."""

    least: Floats
    """The chance of the window that luck explains least."""
    since: Counts
    """Days from the change to the evaluation; negative before it."""


def weekly(lives: Sequence[Lived], model: Model, *, late: bool = False) -> Weekly:
    """Every evaluation after the history; with `late` by what is recorded, corrected for that."""
    found = [_of_day(lives, day, model, late=late) for day in DAYS]
    least, since = (
        np.stack([getattr(each, name) for each in found], axis=-1).reshape(len(lives), -1)
        for name in ("least", "since")
    )
    return Weekly(least, since)


def _of_day(lives: Sequence[Lived], day: int, model: Model, *, late: bool) -> Weekly:
    """The evaluations of one day of the month."""
    ends = [from_day_number(start_of(life, _MONTHS) + day - 1) for life in lives]
    counted = [
        exposure(life.columns, rolling_months(end, _MONTHS))
        for life, end in zip(lives, ends, strict=True)
    ]
    opening = np.concatenate([each.opening for each in counted])
    lost = np.concatenate([each.lost for each in counted])
    start = earliest_start(HISTORY)
    made = expected(opening, lost, model, first=start)
    least, since = [], []
    for t in range(HISTORY, _MONTHS):
        days = [day_number(each.periods[t].next) for each in counted]
        seen_lost, share, of = lost, None, made
        if late:
            seen_opening, seen_lost = _as_known(lives, counted, t)
            share = np.stack([_share(*each, t) for each in zip(lives, counted, strict=True)])
            of = expected(seen_opening, seen_lost, model, first=t - max(ROLLING) + 1)
        found = scan(seen_lost, of, t, lengths=ROLLING, start=start, recorded=share)
        small = (opening[:, t].sum(axis=-1) < MINIMUM_BASE) | (found.expected[:, -1] < 1)
        least.append(np.where(small, 1.0, found.least))
        since.append([d - life.changed for d, life in zip(days, lives, strict=True)])
    return Weekly(np.stack(least, axis=1), np.array(since).T)


def _as_known(lives: Sequence[Lived], counted: Sequence[Exposure], t: int) -> tuple[Counts, Counts]:
    """Opening and lost up to period `t` without what is recorded after its end."""
    opening = np.concatenate([each.opening[:, : t + 1] for each in counted])
    lost = np.concatenate([each.lost[:, : t + 1] for each in counted])
    for run, (life, each) in enumerate(zip(lives, counted, strict=True)):
        periods = each.periods[t - _LATE + 1 : t + 1]
        end = day_number(periods[-1].next)
        unseen = (life.columns.until <= end) & (life.recorded > end)
        them = _rows(life.columns, unseen)
        forever = np.full(len(them), FOREVER, np.int32)
        without = exposure(replace(them, until=forever), periods)
        with_them = exposure(them, periods)
        opening[run, -_LATE:] += without.opening[0] - with_them.opening[0]
        lost[run, -_LATE:] -= with_them.lost[0]
    return opening, lost


def _share(life: Lived, counted: Exposure, t: int) -> Floats:
    """What is usually recorded by now of each period, by what was when the rule was switched on."""
    switched_on = day_number(counted.periods[HISTORY].first)
    left = life.recorded <= switched_on
    known = recording(life.columns.until[left], life.recorded[left], asked=switched_on)
    periods = counted.periods[: t + 1]
    if known is None:
        return np.ones(len(periods))
    return known.at(day_number(periods[-1].next)).shares(periods)


def _rows(columns: Columns, wanted: NDArray[np.bool_]) -> Columns:
    return Columns(columns.customer[wanted], columns.since[wanted], columns.until[wanted])
