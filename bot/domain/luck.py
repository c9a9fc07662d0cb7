"""How often luck alone loses so many customers: tails of the negative binomial distribution.

The numbers of leavers that luck gives have a mean E and a variance V above it. With r = E²/(V - E)
and x = 1 - E/V they are negative binomial, and their tail is an incomplete beta function (NIST
DLMF 8.17.5 with 8.17.22): P(X >= k) = I_x(k, r) = P(X = k) · F, where F is a continued fraction
of at least 1. What is asked for is the mid-p value P(X > k) + P(X = k)/2 = P(X = k) · (F - 1/2),
in which nothing cancels. The fraction is evaluated by the modified Lentz algorithm (Numerical
Recipes, third edition, 5.2 and 6.4).

Written out here because `scipy.special`, which has it, costs 26 MB of memory, an eighth of a second
at each start and 140 MB on disk.
"""

import math
from collections.abc import Callable
from statistics import NormalDist

import numpy as np
from numpy.typing import ArrayLike, NDArray

Floats = NDArray[np.float64]
Counts = NDArray[np.int64]
Mask = NDArray[np.bool_]

_POISSON = 1e-6
"""The least by which a variance lies above its mean, as a share of it: below it the distribution
is Poisson for all that anybody can tell."""
_STIRLING_FROM = 1e4
_TINY = 1e-300
_ENOUGH = 1e-14
_STEPS = 20_000
_NEAR = 2
"""How far from what is sought a guess is taken to lie."""

_log_gamma = np.frompyfunc(math.lgamma, 1, 1)


def luck(left: ArrayLike, expected: ArrayLike, variance: ArrayLike) -> Floats:
    """The mid-p chance of `left` or more leavers where so many are expected; all broadcast.

    1 where nobody left, and 0 where somebody did though nobody was expected to. A variance that is
    not above what is expected makes it a Poisson distribution.
    """
    k, mean, spread = np.broadcast_arrays(
        *(np.asarray(each, np.float64) for each in (left, expected, variance))
    )
    shape = k.shape
    k, mean, spread = k.ravel(), mean.ravel(), spread.ravel()
    chance = np.where(k <= 0, 1.0, 0.0)
    asked = np.flatnonzero((k > 0) & (mean > 0))
    if len(asked):
        chance[asked] = _mid_p(k[asked], mean[asked], spread[asked])
    return chance.reshape(shape)


def fires_at(expected: float, variance: float, alpha: float) -> int:
    """The least number of leavers that luck explains with a chance below `alpha`."""
    return int(_fires_at(np.array([expected]), np.array([variance]), alpha)[0])


def bands(expected: ArrayLike, variance: ArrayLike, alpha: float) -> tuple[Counts, Counts]:
    """The fewest and the most leavers that luck explains, with a chance of `alpha` on each side; of
    many at once, because each step of the search costs as much for one."""
    mean, spread = np.asarray(expected, np.float64), np.asarray(variance, np.float64)
    nobody = np.array([_nobody(*each) for each in zip(mean, spread, strict=True)])
    enough = np.where(nobody / 2 >= alpha, 0, np.ceil(mean).astype(np.int64))

    def explained(k: Counts) -> Mask:
        return (k > 0) & (1 - luck(k, mean, spread) >= alpha)

    low = np.full(mean.shape, -1, np.int64)
    fewest = _least(explained, low, enough, _about(mean, spread, -_deviations(alpha)))
    return fewest, _fires_at(mean, spread, alpha) - 1


def band(expected: float, variance: float, alpha: float) -> tuple[int, int]:
    """The same of one."""
    fewest, most = bands([expected], [variance], alpha)
    return int(fewest[0]), int(most[0])


def _fires_at(mean: Floats, variance: Floats, alpha: float) -> Counts:
    def beyond(k: Counts) -> Mask:
        return luck(k, mean, variance) < alpha

    guess = _about(mean, variance, _deviations(alpha))
    low, high = np.zeros(mean.shape, np.int64), np.maximum(2, guess + _NEAR)
    while (explained := ~beyond(high)).any():
        low, high = np.where(explained, high, low), np.where(explained, 2 * high, high)
    return _least(beyond, low, high, guess)


def _least(holds: Callable[[Counts], Mask], low: Counts, high: Counts, guess: Counts) -> Counts:
    """The least numbers above `low` at which it holds, as it does at `high` and at all numbers
    above one at which it does. Around the guesses first: each step costs a continued fraction."""
    for near in (guess + _NEAR, guess - _NEAR):
        inside = (low < near) & (near < high)
        if inside.any():
            there = holds(np.where(inside, near, high))
            high = np.where(inside & there, near, high)
            low = np.where(inside & ~there, near, low)
    while (open_ := high - low > 1).any():
        middle = (low + high) // 2
        there = holds(middle)
        high = np.where(open_ & there, middle, high)
        low = np.where(open_ & ~there, middle, low)
    return high


def _about(mean: Floats, variance: Floats, deviations: float) -> Counts:
    """The number that lies so many standard deviations above the mean, by the normal distribution
    with the first term of Cornish and Fisher for the skewness of the negative binomial."""
    skewed = np.minimum(2 * variance / np.maximum(mean, _TINY), 100) - 1
    exact = mean + deviations * np.sqrt(variance) + (deviations**2 - 1) / 6 * skewed
    return np.maximum(0, np.rint(exact)).astype(np.int64)


def _deviations(alpha: float) -> float:
    return NormalDist().inv_cdf(1 - alpha)


def _nobody(expected: float, variance: float) -> float:
    """P(X = 0)."""
    above = max(variance - expected, _POISSON * expected)
    if not expected:
        return 1.0
    return math.exp(-(expected**2) / above * math.log1p(above / expected))


def _mid_p(k: Floats, mean: Floats, variance: Floats) -> Floats:
    above = np.maximum(variance - mean, _POISSON * mean)
    size = mean**2 / above  # r
    share = above / (mean + above)  # x
    rest = mean / (mean + above)  # 1 - x
    point = np.exp(_log_point(k, size, share))

    chance = np.empty_like(k)
    upper = share * (k + size + 2) < k + 1  # where the fraction converges fast
    some = np.flatnonzero(upper)
    fraction = _fraction(k[some], size[some], share[some])
    chance[some] = point[some] * (fraction - 0.5)
    some = np.flatnonzero(~upper)
    fraction = _fraction(size[some], k[some], rest[some])
    chance[some] = 1 - point[some] * (fraction * k[some] / size[some] + 0.5)
    return np.clip(chance, 0.0, 1.0)


def _log_point(k: Floats, size: Floats, share: Floats) -> Floats:
    """log P(X = k) = log Γ(r + k)/(Γ(r) k!) + r log(1 - x) + k log x.

    For large r the difference of its log Γ, which would cancel, by Stirling's series (DLMF 5.11.1).
    """
    small = np.minimum(size, _STIRLING_FROM)
    exact = _lgamma(small + k) - _lgamma(small) + k * np.log(share)
    large = np.maximum(size, _STIRLING_FROM)
    series = (large + k - 0.5) * np.log1p(k / large) - k
    series += (1 / (large + k) - 1 / large) / 12 + k * np.log(large * share)
    rising = np.where(size < _STIRLING_FROM, exact, series)
    return rising - _lgamma(k + 1) + size * np.log1p(-share)


def _lgamma(values: Floats) -> Floats:
    return np.asarray(_log_gamma(values), np.float64)


def _fraction(a: Floats, b: Floats, x: Floats) -> Floats:
    """The continued fraction of I_x(a, b), DLMF 8.17.22, for x < (a + 1)/(a + b + 2)."""
    found = np.empty_like(a)
    at: NDArray[np.intp] = np.arange(len(a))
    c = np.ones_like(a)
    d = 1 / _not_zero(1 - (a + b) * x / (a + 1))
    value = d.copy()
    for m in range(1, _STEPS):
        if not len(at):
            break
        even = m * (b - m) * x / ((a + 2 * m - 1) * (a + 2 * m))
        d = 1 / _not_zero(1 + even * d)
        c = _not_zero(1 + even / c)
        value *= c * d
        odd = -(a + m) * (a + b + m) * x / ((a + 2 * m) * (a + 2 * m + 1))
        d = 1 / _not_zero(1 + odd * d)
        c = _not_zero(1 + odd / c)
        step = c * d
        value *= step
        going = np.abs(step - 1) > _ENOUGH
        if not going.all():
            found[at[~going]] = value[~going]
            at = at[going]
            a, b, x, c, d, value = (each[going] for each in (a, b, x, c, d, value))
    found[at] = value
    return found


def _not_zero(values: Floats) -> Floats:
    return np.where(np.abs(values) < _TINY, _TINY, values)
