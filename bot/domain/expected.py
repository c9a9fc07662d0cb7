"""How many leavers a period leads to expect, and how far luck alone strays from that.

Expected are the leavers that the last 24 complete periods would have given with the customers of
this one: by tenure group, so that many newcomers are no surprise (indirect standardisation, as in
risk-adjusted control charts: Steiner, Cook, Farewell and Treasure 2000, Biostatistics 1:441), and
by the time of year, so that January is none (as Farrington and others 1996, JRSS-A 159:547, whose
baseline leaves out the newest periods as well). Luck strays more than tossing coins would, because
customers of one account leave together and months differ for no reason that anybody can tell: the
dispersion phi is estimated and drawn to a prior, strongly where few leave (Spiegelhalter and others
2012, JRSS-A 175:1).

All arrays may have axes in front (many companies, many segments), which are treated alike:
opening and lost are of shape (..., periods, groups), results of shape (..., periods).
"""

from collections.abc import Collection, Iterable
from dataclasses import dataclass

import numpy as np
from numpy.typing import ArrayLike, NDArray

Floats = NDArray[np.float64]
Grid = NDArray[np.float64] | NDArray[np.int64]

BASELINE = 24
"""Periods that expectations are made of."""
GAP = 3
"""Periods just before the judged one that are not: a drop must not become what is expected."""
LEAST = 6
"""With fewer periods of baseline than this the gap is 1."""
YEAR = 12
"""Periods after which the time of year is the same."""
SEASON = 30
"""The weight of 1 against what other years had at this time, in leavers over phi0."""
USUAL_CLUSTERING = 1.5
"""phi_g where no source tells which customers belong together."""

_OF_CHI2 = 9
"""The most that one period adds to chi2, in phi0: a past incident does not blunt the rule."""
_PULL = 2
"""Leavers with whose weight a group's rate is drawn to everybody's."""


@dataclass(frozen=True, slots=True)
class Model:
    """What is taken as given of how luck works at a company."""

    clustering: float | Floats = USUAL_CLUSTERING
    """phi_g: how many customers leave together; one for each row of the axes in front, or for
    all."""
    unexplained: float | Floats = 0.0
    """The least kappa: the square of the month-to-month variation that nobody can explain. 0.01
    is 10 %, 0.0625 is 25 %. What a short history needs for itself is more where it is more."""
    year: int = YEAR
    """Periods after which the time of year is the same: 52 for weeks, 4 for quarters; 0 for years,
    which have none."""


@dataclass(frozen=True, eq=False, slots=True)
class Expected:
    """What was expected of each period before it began; nan where there was nothing to go by."""

    leavers: Floats
    """E: with the time of year in it."""
    season: Floats
    """f: this time of year against the whole of it; 1 where that is not known."""
    dispersion: Floats
    """phi: how many times as far as by tossing coins luck strays (in squares)."""
    evidence: Floats
    """A: how many independent leavers the expectation is made of."""
    season_error: Floats
    """The variance that not knowing f better adds to E."""
    prior_dispersion: Floats
    """phi0: what was taken for phi before looking."""
    rates: Floats
    """h: share of a tenure group that leaves in a period; shape (..., periods, groups)."""
    used: NDArray[np.int64]
    """m: how many periods the expectation is made of; shape (periods,)."""


def expected(
    opening: Grid,
    lost: Grid,
    model: Model | None = None,
    *,
    first: int = 1,
    without: Collection[int] = (),
) -> Expected:
    """What each period from number `first` on led to expect, from those before it alone.

    `without` are the numbers of periods that expectations are not made of, because they were part
    of an incident; too few others (fewer than 6) and they are used all the same.
    """
    customers, leavers = np.asarray(opening, np.float64), np.asarray(lost, np.float64)
    history = _History(
        customers, leavers, customers.sum(axis=-1), leavers.sum(axis=-1), frozenset(without)
    )
    shape = customers.shape[:-1]
    leavers_, season, dispersion, evidence, season_error, prior = np.full((6, *shape), np.nan)
    rates, used = np.full(customers.shape, np.nan), np.zeros(shape[-1], np.int64)
    for t in range(max(first, 1), shape[-1]):
        of = _of_period(history, t, model or Model())
        leavers_[..., t], season[..., t], season_error[..., t] = of.E, of.f, of.f_error
        dispersion[..., t], evidence[..., t], prior[..., t] = of.phi, of.A, of.phi0
        rates[..., t, :], used[t] = of.h, of.m
    return Expected(leavers_, season, dispersion, evidence, season_error, prior, rates, used)


def baseline(t: int) -> tuple[int, int]:
    """The first period that expectations of period `t` are made of, and the first no longer."""
    gap = GAP if t - GAP >= LEAST else 1
    return max(0, t - gap - BASELINE), max(1, t - gap)


def unexplained(t: int) -> float:
    """kappa with `t` periods of history: how much months are taken to differ for no reason."""
    if t < YEAR:
        return 0.05
    return 0.02 if t < 2 * YEAR else 0.01


def clustering(account_sizes: ArrayLike) -> float:
    """phi_g of accounts with so many customers each: those of one leave together.

    The mean size of the account that a customer belongs to. `USUAL_CLUSTERING` without any.
    """
    sizes = np.asarray(account_sizes, np.float64)
    if not sizes.sum():
        return USUAL_CLUSTERING
    return float((sizes**2).sum() / sizes.sum())


@dataclass(frozen=True, eq=False, slots=True)
class _History:
    customers: Floats
    leavers: Floats
    S: Floats
    """Customers of all groups."""
    C: Floats
    """Leavers of all groups."""
    without: frozenset[int]

    def good(self, periods: Iterable[int], least: int) -> list[int]:
        """Those that were part of no incident, unless fewer than `least` are left."""
        numbers = list(periods)
        outside = [u for u in numbers if u not in self.without]
        return outside if len(outside) >= min(least, len(numbers)) else numbers


@dataclass(frozen=True, eq=False, slots=True)
class _Period:
    """One period; the letters are those of the formulas."""

    h: Floats
    f: Floats
    f_error: Floats
    E: Floats
    phi0: Floats
    phi: Floats
    A: Floats
    m: int


def _of_period(history: _History, t: int, model: Model) -> _Period:
    used = history.good(range(*baseline(t)), LEAST)
    S_u, C_u = history.customers[..., used, :], history.leavers[..., used, :]
    S_b, C_b = S_u.sum(axis=-2), C_u.sum(axis=-2)
    S, C, m = S_b.sum(axis=-1), C_b.sum(axis=-1), len(used)
    h = _rates(S_b, C_b, S, C)
    kappa = np.maximum(unexplained(t), model.unexplained)
    phi0 = np.asarray(model.clustering + kappa * C / m, np.float64)
    phi = _dispersion((S_u * h[..., np.newaxis, :]).sum(axis=-1), history.C[..., used], phi0, C / m)
    E = (history.customers[..., t, :] * h).sum(axis=-1)
    f, f_error = np.ones_like(phi0), np.zeros_like(phi0)
    years = (1, 2, 3) if model.year else ()
    same_time = history.good((u for n in years if (u := t - n * model.year) >= 0), 1)
    if same_time:
        O_m = history.C[..., same_time].sum(axis=-1)
        E_m = (history.customers[..., same_time, :] * h[..., np.newaxis, :]).sum(axis=(-2, -1))
        f = (O_m + SEASON * phi0) / (E_m + SEASON * phi0)
        E = f * E
        M = C / np.maximum(S, 1) * history.S[..., same_time].sum(axis=-1)
        f_error = E**2 * phi * M / (M + SEASON * phi) ** 2
    return _Period(h, f, f_error, E, phi0, phi, np.maximum(C, 0.5) / phi, m)


def _rates(S_b: Floats, C_b: Floats, S: Floats, C: Floats) -> Floats:
    """Of each group, drawn to everybody's; together they expect what the baseline had."""
    p = ((C + 0.5) / (S + 1))[..., np.newaxis]
    h = (C_b + _PULL) / (S_b + _PULL / p)
    made = (S_b * h).sum(axis=-1)
    scale = np.divide(C, made, out=np.zeros_like(made), where=made > 0)[..., np.newaxis]
    return np.where(C[..., np.newaxis] > 0, h * scale, np.broadcast_to(p, h.shape))


def _dispersion(E: Floats, observed: Floats, phi0: Floats, mean: Floats) -> Floats:
    """phi: how far the baseline strayed, drawn to phi0 with the weight of nu periods."""
    most = _OF_CHI2 * phi0[..., np.newaxis]
    chi2 = np.minimum((observed - E) ** 2 / np.maximum(E, 0.25), most).sum(axis=-1)
    nu = 6 + 18 * np.minimum(1, 20 / np.maximum(mean, 1e-9))
    m = observed.shape[-1]
    drawn: Floats = (nu * phi0 + chi2) / (nu + max(m - 1, 1))
    # m - 1, because the rates were made so that the baseline expects what it had.
    return np.maximum(1.0, drawn)
