"""The alert rule once more, slow and obvious: one company, one period, loops and dictionaries.

Written apart from the product, of which nothing is used here.
"""

import math
from collections.abc import Sequence
from datetime import date, timedelta

from tests.domain.reference import Company, figures

Periods = Sequence[Sequence[int]]
"""For each period a number for each tenure group."""


def tenure_group(joined: date, eve: date) -> int:
    """0-2, 3-11, 12 and more whole months, or the month of an anniversary: 0 to 3."""
    months = 0
    while months_later(joined, months + 1) <= eve:
        months += 1
    if months % 12 == 11:
        return 3
    return 0 if months < 3 else 1 if months < 12 else 2


def months_later(day: date, months: int) -> date:
    """Whole months later; the first of the month after one that has no such day."""
    index = day.year * 12 + day.month - 1 + months
    try:
        return date(index // 12, index % 12 + 1, day.day)
    except ValueError:
        return date((index + 1) // 12, (index + 1) % 12 + 1, 1)


def exposure(company: Company, first: date, last: date) -> tuple[list[int], list[int]]:
    """Opening and lost of each tenure group."""
    found = figures(company, first, last)
    opening, lost = [0] * 4, [0] * 4
    for who, stays in company.items():
        if who in found["opening"]:
            group = tenure_group(min(since for since, _ in stays), first - timedelta(days=1))
            opening[group] += 1
            lost[group] += who in found["lost"]
    return opening, lost


class Of:
    """What was expected of period t."""

    def __init__(self, S: Periods, C: Periods, t: int, phi_g: float) -> None:
        groups = range(len(S[0]))
        g = 3 if t - 3 >= 6 else 1
        base = list(range(max(0, t - g - 24), max(1, t - g)))
        m = len(base)
        total_s = sum(sum(S[u]) for u in base)
        total_c = sum(sum(C[u]) for u in base)
        p = (total_c + 0.5) / (total_s + 1)
        pulled = [
            (sum(C[u][b] for u in base) + 2) / (sum(S[u][b] for u in base) + 2 / p) for b in groups
        ]
        if total_c:
            made = sum(S[u][b] * pulled[b] for u in base for b in groups)
            h = [rate * total_c / made for rate in pulled]
        else:
            h = [p for _ in groups]
        kappa = 0.05 if t < 12 else 0.02 if t < 24 else 0.01
        phi0 = phi_g + kappa * total_c / m

        def plain(u: int) -> float:
            return sum(S[u][b] * h[b] for b in groups)

        years = [u for u in (t - 12, t - 24, t - 36) if u >= 0]
        f = 1.0
        if years:
            seen = sum(sum(C[u]) for u in years)
            f = (seen + 30 * phi0) / (sum(plain(u) for u in years) + 30 * phi0)
        chi2 = sum(min((sum(C[u]) - plain(u)) ** 2 / max(plain(u), 0.25), 9 * phi0) for u in base)
        nu = 6 + 18 * min(1, 20 / (total_c / m)) if total_c else 24
        self.phi = max(1.0, (nu * phi0 + chi2) / (nu + max(m - 1, 1)))
        self.E = f * plain(t)
        self.A = max(total_c, 0.5) / self.phi
        self.f_error = 0.0
        if years:
            M = total_c / total_s * sum(sum(S[u]) for u in years) if total_s else 0.0
            self.f_error = self.E**2 * self.phi * M / (M + 30 * self.phi) ** 2


def window(S: Periods, C: Periods, t: int, w: int, phi_g: float) -> tuple[int, float, float, float]:
    """O, E, V and p of the w periods that end with t."""
    each = [Of(S, C, u, phi_g) for u in range(t - w + 1, t + 1)]
    observed = sum(sum(C[u]) for u in range(t - w + 1, t + 1))
    mean = sum(of.E for of in each)
    variance = each[-1].phi * mean + mean**2 / each[0].A + sum(of.f_error for of in each)
    return observed, mean, variance, luck(observed, mean, variance)


def luck(left: int, mean: float, variance: float) -> float:
    """The mid-p value, added up term by term from nobody on."""
    if left <= 0:
        return 1.0
    if mean <= 0:
        return 0.0
    fewer = sum(point(k, mean, variance) for k in range(left))
    return 1 - fewer - point(left, mean, variance) / 2


def point(k: int, mean: float, variance: float) -> float:
    """P(X = k) of the negative binomial distribution, or of Poisson's."""
    if variance <= mean * 1.000001:
        return math.exp(k * math.log(mean) - mean - math.lgamma(k + 1))
    size = mean**2 / (variance - mean)
    log = math.lgamma(size + k) - math.lgamma(size) - math.lgamma(k + 1)
    return math.exp(
        log + size * math.log(mean / variance) + k * math.log((variance - mean) / variance)
    )
