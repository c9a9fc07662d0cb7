"""The rules that others ship: scores of CRR series, each an alert above what its maker chose.

Nobody else knows tenure or the calendar, so they get what they use: opening and lost of each month,
shape (runs, months). Scores are of the watched months, shape (runs, watched).

- a fall of 2 points against the month before, as dashboards and spreadsheets offer it (Statsig's
  "change", Metabase's and Grafana's thresholds on a difference);
- a fixed line 2 points under the mean of the 12 months before the rule was switched on;
- a z-score below -3 on the last 12 values (Sling, Elementary: 3.0);
- PostHog's default detector: z of the first differences against the 12 before, scored as
  erf(|z|/sqrt 2)^window, flagged above 0.95 (posthog/tasks/alerts/detectors/statistical/zscore.py
  and scoring.py; its default window of 30 would keep quiet for 31 months);
- a p-chart with 3 sigma, its line from the 12 months before.
"""

import math
from collections.abc import Callable
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

Floats = NDArray[np.float64]
Counts = NDArray[np.int64]

BEFORE = 12


Score = Callable[[Counts, Counts, int], Floats]


@dataclass(frozen=True, slots=True)
class Rival:
    name: str
    score: Score
    limit: float
    """An alert above it, as shipped."""


def fixed_line(opening: Counts, lost: Counts, history: int) -> Floats:
    """Points under the CRR of the year before the rule was switched on."""
    before = slice(history - BEFORE, history)
    churn = lost[:, before].sum(axis=1) / np.maximum(opening[:, before].sum(axis=1), 1)
    under: Floats = 100 * (_churn(opening, lost)[:, history:] - churn[:, np.newaxis])
    return under


def fall(opening: Counts, lost: Counts, history: int) -> Floats:
    """Points under the month before."""
    return 100 * np.diff(_churn(opening, lost), axis=1)[:, history - 1 :]


def z_last(opening: Counts, lost: Counts, history: int) -> Floats:
    return _z(_churn(opening, lost), history)


def posthog(opening: Counts, lost: Counts, history: int) -> Floats:
    """Their score, of worsening months alone: 0 for the others."""
    z = _z(np.diff(_churn(opening, lost), axis=1), history - 1)
    inside = np.frompyfunc(lambda each: math.erf(each / math.sqrt(2)) ** BEFORE, 1, 1)
    return np.asarray(inside(np.maximum(z, 0.0)), np.float64)


def p_chart(opening: Counts, lost: Counts, history: int) -> Floats:
    """Standard deviations of tossing coins over the rate of the 12 months before."""
    scores = []
    for t in range(history, opening.shape[1]):
        before = slice(t - BEFORE, t)
        q = lost[:, before].sum(axis=1) / np.maximum(opening[:, before].sum(axis=1), 1)
        base = np.maximum(opening[:, t], 1)
        spread = np.sqrt(np.maximum(q * (1 - q) / base, 1e-12))
        scores.append((lost[:, t] / base - q) / spread)
    return np.stack(scores, axis=1)


SHIPPED = (
    Rival("fall of 2 points", fall, 2.0),
    Rival("fixed line, 2 points", fixed_line, 2.0),
    Rival("z on last 12", z_last, 3.0),
    Rival("PostHog's detector", posthog, 0.95),
    Rival("p-chart", p_chart, 3.0),
)


def _churn(opening: Counts, lost: Counts) -> Floats:
    churn: Floats = lost / np.maximum(opening, 1)
    return churn


def _z(values: Floats, first: int) -> Floats:
    """How far each is above the mean of the 12 before, in their standard deviations."""
    scores = []
    for t in range(first, values.shape[1]):
        before = values[:, t - BEFORE : t]
        spread = np.maximum(before.std(axis=1, ddof=1), 1e-9)
        scores.append((values[:, t] - before.mean(axis=1)) / spread)
    return np.stack(scores, axis=1)
