"""The test: over which of several windows that end now luck explains the leavers least.

A window of w periods is judged by the negative binomial distribution of its leavers, whose variance
has three parts: luck itself, the expectation being made of few leavers, and the time of year being
known from few years. Scanning windows of several lengths finds a deep drop at once and a shallow
one in time (Naus and Wallenstein 2006, Statistics in Medicine 25:311).

As in `expected`, arrays may have axes in front.
"""

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from bot.domain.expected import Expected, Grid
from bot.domain.luck import luck

Floats = NDArray[np.float64]

MONTHS = (1, 2, 3, 6, 12)
"""Window lengths where finished months are judged."""
ROLLING = (1, 2, 3, 6)
"""The same of months that are counted back from any day: 30, 60, 90 and 180 days."""
FIRST_START = 2
"""No window begins before this period: nothing was expected of the first two."""
REACH = 6
"""How many periods a window may begin before the first evaluation ever made."""


@dataclass(frozen=True, eq=False, slots=True)
class Scan:
    """Each window that ends with one period; arrays of shape (..., windows)."""

    lengths: tuple[int, ...]
    """Those that fit into the history; perhaps none."""
    observed: Floats
    expected: Floats
    variance: Floats
    chance: Floats
    """That luck gives so many leavers or more."""

    @property
    def least(self) -> Floats:
        """The chance of the window that luck explains least; 1 where there is no window."""
        if not self.lengths:
            return np.ones(self.chance.shape[:-1])
        smallest: Floats = self.chance.min(axis=-1)
        return smallest


def scan(
    lost: Grid,
    of: Expected,
    t: int,
    *,
    lengths: Sequence[int] = MONTHS,
    start: int = FIRST_START,
    recorded: Floats | None = None,
) -> Scan:
    """The windows that end with period `t` and do not begin before period `start`.

    `recorded` is, for each period, the share of its leavers that are recorded by now, where churn
    is recorded late: no more than that share of what was expected can have been seen.
    """
    fitting = tuple(w for w in lengths if t - w + 1 >= start)
    leavers = np.asarray(lost, np.float64).sum(axis=-1)
    front = leavers.shape[:-1]
    if not fitting:
        nothing = np.zeros((*front, 0))
        return Scan((), nothing, nothing, nothing, nothing)
    share = np.ones(leavers.shape[-1]) if recorded is None else recorded
    longest = slice(t - max(fitting) + 1, t + 1)

    def over(values: Floats) -> Floats:
        """Sums over the last 1, 2, … periods, of which those of the windows are picked."""
        backward = np.cumsum(values[..., longest][..., ::-1], axis=-1)
        picked: Floats = backward[..., [w - 1 for w in fitting]]
        return picked

    observed, mean = over(leavers), over(of.leavers * share)
    evidence = of.evidence[..., [t - w + 1 for w in fitting]]
    variance = of.dispersion[..., [t]] * mean + mean**2 / evidence
    variance = variance + over(of.season_error * share**2)
    return Scan(fitting, observed, mean, variance, luck(observed, mean, variance))


def of_single_periods(of: Expected, recorded: Floats) -> tuple[Floats, Floats]:
    """The mean and the variance of the leavers of every period by itself, as `scan` has them of
    windows of one; how likely they are is not asked."""
    mean = of.leavers * recorded
    variance = of.dispersion * mean + mean**2 / of.evidence + of.season_error * recorded**2
    return mean, variance


def earliest_start(first_evaluation: int) -> int:
    """The first period in which a window may begin, after the first evaluation ever made."""
    return max(FIRST_START, first_evaluation - REACH)
