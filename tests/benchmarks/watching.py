"""Running the rule over simulated companies, many at once, and scoring what it says.

- False alarms a year: -ln(share of runs without change that stay silent) * 12 / months.
- Found within n: of the runs with no earlier alarm, the share whose first alert from the change on
  comes at its n-th evaluation or before.
"""

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from bot.domain.expected import Model, expected
from bot.domain.scan import MONTHS, earliest_start, scan

Floats = NDArray[np.float64]
Counts = NDArray[np.int64]
Mask = NDArray[np.bool_]

MINIMUM_BASE = 30


@dataclass(frozen=True, eq=False, slots=True)
class Watched:
    """What every window of every evaluation said; shape (runs, evaluations, windows)."""

    lengths: tuple[int, ...]
    chance: Floats
    observed: Floats
    expected: Floats

    @property
    def least(self) -> Floats:
        smallest: Floats = self.chance.min(axis=-1)
        return smallest


def watch(
    opening: Counts,
    lost: Counts,
    model: Model,
    *,
    history: int,
    lengths: Sequence[int] = MONTHS,
) -> Watched:
    """Every month from `history` on judged by what came before it; of (runs, months, groups)."""
    start = earliest_start(history)
    made = expected(opening, lost, model, first=max(1, start))
    shape = (len(opening), opening.shape[1] - history, len(lengths))
    chance, observed, mean = np.ones(shape), np.zeros(shape), np.zeros(shape)
    for number, t in enumerate(range(history, opening.shape[1])):
        found = scan(lost, made, t, lengths=lengths, start=start)
        fitting = len(found.lengths)
        small = (opening[:, t].sum(axis=-1) < MINIMUM_BASE) | (found.expected[:, -1] < 1)
        chance[:, number, :fitting] = np.where(small[:, np.newaxis], 1.0, found.chance)
        observed[:, number, :fitting] = found.observed
        mean[:, number, :fitting] = found.expected
    return Watched(tuple(lengths), chance, observed, mean)


def false_alarms(alerts: Mask, per_year: float = 12) -> float:
    """A year; `alerts` of runs without change, shape (runs, evaluations)."""
    silent = max(1 - alerts.any(axis=1).mean(), 0.5 / len(alerts))
    return float(max(-np.log(silent), 0.0) * per_year / alerts.shape[1])


def threshold(scores: Floats, alarms: float, per_year: float = 12) -> float:
    """The least limit that makes so many false alarms a year; alerts are above it."""
    silent = np.exp(-alarms * scores.shape[1] / per_year)
    highest = np.sort(scores.max(axis=1))
    return float(highest[min(len(highest) - 1, int(np.ceil(silent * len(highest))) - 1)])


def found_within(alerts: Mask, changed: Counts, within: Sequence[int]) -> tuple[float, ...]:
    """Percent; `changed` is the number of the first evaluation after the change."""
    number = np.arange(alerts.shape[1])
    earlier = np.asarray((alerts & (number < changed[:, np.newaxis])).any(axis=1))
    since = number - changed[:, np.newaxis]
    found = [
        np.asarray((alerts & (since >= 0) & (since < n)).any(axis=1))[~earlier] for n in within
    ]
    return tuple(float(100 * each.mean()) if len(each) else float("nan") for each in found)


def holm(total: Floats, segments: Floats, alpha: float) -> Mask:
    """Whether total or any segment is an alert: the first step of Holm's method decides.

    Of (runs, evaluations) and (runs, segments, evaluations).
    """
    count = (segments < 1).sum(axis=1)
    least = segments.min(axis=1)
    alerts: Mask = (total < alpha / 2) | (least < alpha / 2 / np.maximum(count, 1))
    return alerts


@dataclass(frozen=True, slots=True)
class Episodes:
    """Of one run: the evaluations at which an incident opened and was resolved."""

    opened: tuple[int, ...]
    resolved: tuple[int, ...]


def episodes(of: Watched, alpha: float) -> list[Episodes]:
    """Incidents opened and resolved as `Verdict.is_over` and `backtest` have it."""
    one, two = of.lengths.index(1), of.lengths.index(2)
    about = of.observed[..., two] <= 1.15 * of.expected[..., two]
    over = ((of.chance[..., two] >= 0.3) | about) & (of.chance[..., one] >= 0.15)
    found = []
    for run in range(len(of.chance)):
        opened: list[int] = []
        resolved: list[int] = []
        start = -np.inf
        for t in range(of.chance.shape[1]):
            if len(opened) > len(resolved):
                if t > opened[-1] + 1 and over[run, t]:
                    resolved.append(t)
                    start = t - 1
                continue
            fits = [n for n, w in enumerate(of.lengths) if t - w + 1 >= start]
            if of.chance[run, t, fits].min() < alpha:
                opened.append(t)
        found.append(Episodes(tuple(opened), tuple(resolved)))
    return found
