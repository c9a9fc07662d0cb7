"""The work that is compared: what everybody is given, and what everybody must answer."""

from collections.abc import Callable
from dataclasses import dataclass, fields
from pathlib import Path
from typing import Any, Self

import numpy as np
from numpy.typing import NDArray

from bot.domain.columns import Codes, Days
from tests.benchmarks import stays

Counts = NDArray[np.int64]
Shares = NDArray[np.float64]
CELLS = stays.PLANS * stays.REGIONS


@dataclass(frozen=True, eq=False, slots=True)
class Arrays:
    """Arrays of the same length, kept in one file."""

    @classmethod
    def load(cls, path: Path) -> Self:
        with np.load(path) as arrays:
            return cls(**arrays)

    def save(self, path: Path) -> None:
        np.savez(path, **self.arrays())  # type: ignore[arg-type]

    def arrays(self) -> dict[str, NDArray[Any]]:
        return {field.name: getattr(self, field.name) for field in fields(self)}


@dataclass(frozen=True, eq=False, slots=True)
class Stays(Arrays):
    """One row a stay, sorted by customer, then since."""

    customer: Codes
    since: Days
    until: Days
    """The first day no longer; 2^31 - 1 if there is none."""
    cell: Codes
    """The customer's plan and region in one number: plan * 5 + region."""
    mrr: Codes
    """What is paid a month, in cents; who comes back pays something else."""

    @classmethod
    def generated(cls, customers: int) -> Self:
        of = stays.columns(customers)
        return cls(of.customer, of.since, of.until, stays.cells(of), stays.mrr(of))

    def __len__(self) -> int:
        return len(self.since)


@dataclass(frozen=True, eq=False, slots=True)
class Figures(Arrays):
    """Of 36 months, then 156 weeks, then 12 quarters.

    Each array is of shape (periods, 54): all customers, each plan, each region, and each plan in
    each region. A share of nobody is not a number.
    """

    crr: Shares
    churn: Shares
    new: Counts
    won_back: Counts
    nrr: Shares
    grr: Shares


@dataclass(frozen=True, eq=False, slots=True)
class CohortTable(Arrays):
    """Who of those who first joined in each of 60 months is there at the ages of 0 to 60 months.

    Of shape (60, 61); an age is a month's last day, and 0 where it has not come.
    """

    kept: Counts


AGES = 61
Retention = Callable[[], Figures]
Cohorts = Callable[[], CohortTable]


def differing(some: Arrays, others: Arrays) -> list[str]:
    """What the two do not agree on."""
    theirs = others.arrays()
    return [
        name
        for name, array in some.arrays().items()
        if not np.array_equal(array, theirs[name], equal_nan=array.dtype.kind == "f")
    ]


def figures(
    *,
    opening: Counts,
    lost: Counts,
    new: Counts,
    won_back: Counts,
    paid: Counts,
    paid_by_kept: Counts,
    paid_at_most: Counts,
) -> Figures:
    """Of what was counted and summed up by cell, in arrays of shape (periods, 40).

    `paid` is the MRR of the opening, `paid_by_kept` what the kept pay at closing, `paid_at_most`
    the same with nobody counted for more than they paid before.
    """
    opening, lost, new, won_back = map(_segments, (opening, lost, new, won_back))
    paid, paid_by_kept, paid_at_most = map(_segments, (paid, paid_by_kept, paid_at_most))
    return Figures(
        crr=_share(opening - lost, opening),
        churn=_share(lost, opening),
        new=new,
        won_back=won_back,
        nrr=_share(paid_by_kept, paid),
        grr=_share(paid_at_most, paid),
    )


def _segments(by_cell: Counts) -> Counts:
    cube = by_cell.reshape(len(by_cell), stays.PLANS, stays.REGIONS)
    everybody = by_cell.sum(axis=1)[:, np.newaxis]
    return np.hstack([everybody, cube.sum(axis=2), cube.sum(axis=1), by_cell])


def _share(part: Counts, whole: Counts) -> Shares:
    share: Shares = np.full(whole.shape, np.nan)
    return np.divide(part, whole, out=share, where=whole > 0)
