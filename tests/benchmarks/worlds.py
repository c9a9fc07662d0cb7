"""Simulated companies whose truth is known: how many leave, and when that changed.

A company is customers in accounts of one, three or six that leave whole. How likely an account is
to leave depends on how long it has been there, on the month of the year, on a chance of the month
that nobody can explain, and on the change that is to be found. Months are simulated for many
companies at once, by counting accounts of each age and size; days one company at a time, customer
by customer, and come out as the columns that the product reads.
"""

from collections.abc import Callable
from dataclasses import dataclass
from datetime import date
from enum import StrEnum

import numpy as np
from numpy.typing import NDArray

from bot.domain.columns import FOREVER, Columns
from bot.domain.exposure import GROUP_COUNT, tenure_group
from bot.domain.period import day_number

Floats = NDArray[np.float64]
Counts = NDArray[np.int64]

HISTORY, WATCHED = 24, 24
"""Months before the rule is switched on, and after."""
AGES = 60
"""Months of tenure that a company begins with."""
SEASONS = (1.45, 1.05, 0.95, 0.95, 0.95, 0.95, 0.90, 0.90, 0.95, 0.95, 1.00, 1.00)
FLAT = (1.0,) * 12
MIDYEAR = (1.0, 0.9, 1.0, 1.0, 1.1, 1.3, 0.9, 0.9, 1.0, 1.0, 0.9, 1.0)


def of_habit(months: NDArray[np.int64]) -> Floats:
    """Newcomers leave sooner, and a contract is thought over when its year is full."""
    usual = np.where(months < 3, 2.0, np.where(months < 12, 1.2, 0.75))
    return np.where(months % 12 == 11, 2.2 * usual, usual)


def of_contracts(months: NDArray[np.int64]) -> Floats:
    """Contracts of twelve months: hardly anybody can leave before one ends."""
    return np.where(months % 12 == 11, 8.0, 0.1)


@dataclass(frozen=True, slots=True)
class World:
    name: str
    hazard: Callable[[NDArray[np.int64]], Floats] = of_habit
    """How likely an account is to leave by its whole months, against others."""
    calendar: tuple[float, ...] = SEASONS
    variation: float = 0.10
    """CV of the chance of a month."""
    growth: float = 0.01
    sizes: tuple[int, ...] = (1, 3, 6)
    shares: tuple[float, ...] = (0.92, 0.06, 0.02)
    """Of accounts, not of customers."""
    month_end: bool = False
    """Whether everybody leaves on the last day of the month (of days only)."""
    at_term: bool = False
    """Whether everybody leaves on a day that makes their months whole (of days only)."""

    @property
    def account(self) -> float:
        """Customers of an account, on average."""
        return float(np.dot(self.sizes, self.shares))

    @property
    def clustering(self) -> float:
        return float(np.dot(np.square(self.sizes), self.shares)) / self.account


TUNED = World("tuned")
"""The one on which the settings of the rule were chosen."""
NO_SEASONS = World("no seasons, month-end", calendar=FLAT, month_end=True)
CONTRACTS = World(
    "contracts, 25 %", hazard=of_contracts, calendar=MIDYEAR, variation=0.25, at_term=True
)


class Kind(StrEnum):
    NONE = "none"
    STEP = "step"
    DRIFT = "drift"
    """The whole of it after a year."""
    INCIDENT = "incident"
    """Four months, then as before."""
    SURGE = "surge"
    """Many more join; nobody leaves sooner for that."""


@dataclass(frozen=True, slots=True)
class Change:
    kind: Kind = Kind.NONE
    size: float = 0.0
    """Points of CRR as a fraction, or by how much the joining is multiplied."""
    part: bool = False
    """Whether only the first of the company's parts changes."""


@dataclass(frozen=True, eq=False, slots=True)
class Simulated:
    """Months of many companies: counts of shape (runs, parts, months, groups)."""

    world: World
    opening: Counts
    lost: Counts
    changed: Counts
    """The month from which on it is different; of no change the months are just not."""

    def total(self) -> tuple[Counts, Counts]:
        return self.opening.sum(axis=1), self.lost.sum(axis=1)


def months(
    world: World,
    base: float,
    crr: float,
    runs: int,
    random: np.random.Generator,
    *,
    change: Change | None = None,
    history: int = HISTORY,
    watched: int = WATCHED,
    parts: int = 1,
) -> Simulated:
    """Companies of about `base` customers after their history, in equal parts."""
    change = change or Change()
    length = history + watched
    scale, mix = _scale(world, crr)
    start = base / (1 + world.growth) ** history / parts
    accounts = start / world.account * np.array(world.shares)
    alive = np.zeros((runs, parts, AGES + length, len(world.sizes)), np.int64)
    alive[:, :, :AGES] = random.poisson(
        mix[:, np.newaxis] * accounts, (runs, parts, AGES, len(world.sizes))
    )
    changed = _changed(change, random, runs, history)
    began = random.integers(0, 12, runs)
    calendar = np.array(world.calendar) / np.mean(world.calendar)
    effect = _effects(world.variation, random, (runs, length))
    ages = np.arange(AGES + length)
    hazard, group = scale * world.hazard(ages), _one_hot(tenure_group(ages))
    sizes = np.array(world.sizes)
    opening = np.zeros((runs, parts, length, GROUP_COUNT), np.int64)
    lost = np.zeros_like(opening)
    for t in range(length):
        harder = calendar[(began + t) % 12] * effect[:, t]
        factor = np.repeat(harder[:, np.newaxis], parts, axis=1)
        factor[:, : 1 if change.part else parts] *= _factor(change, crr, t, changed)[:, np.newaxis]
        chance = 1 - np.exp(-hazard * factor[..., np.newaxis])
        left = random.binomial(alive, chance[..., np.newaxis])
        opening[:, :, t] = (alive @ sizes) @ group
        lost[:, :, t] = (left @ sizes) @ group
        alive -= left
        alive[:, :, 1:] = alive[:, :, :-1]
        joins = accounts * mix[0] * (1 + world.growth) ** t
        surge = np.where(t >= changed, change.size, 1.0) if change.kind is Kind.SURGE else 1.0
        rate = np.multiply.outer(np.broadcast_to(surge, runs), joins)
        alive[:, :, 0] = random.poisson(
            np.repeat(rate[:, np.newaxis], parts, axis=1), (runs, parts, len(sizes))
        )
    return Simulated(world, opening, lost, changed)


def _scale(world: World, crr: float) -> tuple[float, Floats]:
    """s, for which the stationary mix of tenures has this CRR; and the mix, which sums to 1."""
    ages = np.arange(AGES)
    relative = world.hazard(ages)
    before = np.concatenate([[0.0], np.cumsum(relative)[:-1]])
    s = -np.log(crr)
    for _ in range(60):
        mix = np.exp(-s * before) / (1 + world.growth) ** ages
        mix /= mix.sum()
        s *= (1 - crr) / float((mix * (1 - np.exp(-s * relative))).sum())
    mix = np.exp(-s * before) / (1 + world.growth) ** ages
    return float(s), mix / mix.sum()


def _changed(change: Change, random: np.random.Generator, runs: int, history: int) -> Counts:
    first, last = (2, 8) if change.kind is Kind.INCIDENT else (0, 12)
    return random.integers(history + first, history + last, runs)


def _effects(cv: float, random: np.random.Generator, shape: tuple[int, ...]) -> Floats:
    return random.gamma(1 / cv**2, cv**2, shape) if cv else np.ones(shape)


def _factor(change: Change, crr: float, t: int, changed: Counts) -> Floats:
    """How many times as likely leaving is in month t."""
    since = t - changed
    match change.kind:
        case Kind.STEP:
            points = np.where(since >= 0, change.size, 0.0)
        case Kind.DRIFT:
            points = change.size * np.clip((since + 1) / 12, 0, 1)
        case Kind.INCIDENT:
            points = np.where((since >= 0) & (since < 4), change.size, 0.0)
        case _:
            points = np.zeros(len(changed))
    factor: Floats = np.log(crr - points) / np.log(crr)
    return factor


def _one_hot(group: NDArray[np.int64]) -> Counts:
    return np.eye(GROUP_COUNT, dtype=np.int64)[group]


@dataclass(frozen=True, eq=False, slots=True)
class Lived:
    """One company day by day."""

    columns: Columns
    """With every leaver in it, as it will be known in the end."""
    recorded: NDArray[np.int32]
    """For each stay the day on which its end is recorded; the day itself where nothing is late."""
    changed: int
    """The day from which on it is different."""
    first: date
    """The first day of the first month of its history."""


@dataclass(frozen=True, slots=True)
class Late:
    """Churn recorded some days after it happened, some of it much later."""

    mean: float = 10.0
    much_later: float = 0.15
    between: tuple[int, int] = (15, 45)


def days(
    world: World,
    base: float,
    crr: float,
    random: np.random.Generator,
    *,
    step: float = 0.0,
    late: Late | None = None,
    history: int = HISTORY,
    watched: int = WATCHED,
) -> Lived:
    """The same company by days: of the calendar, from 1 January 2021 or a later month of it."""
    length = history + watched
    scale, mix = _scale(world, crr)
    began = int(random.integers(0, 12))
    month_of = np.datetime64("2021-01", "M") + began
    edges = (month_of + np.arange(length + 1)).astype("datetime64[D]").astype(np.int64)
    first, last = int(edges[0]), int(edges[-1])
    changed = int(random.integers(edges[history], edges[history + 12]))
    pressure = _pressure(world, crr, edges, began, changed, step, random)

    start = base / (1 + world.growth) ** history / world.account
    at_first = random.poisson(mix * start)
    age = np.repeat(np.arange(AGES), at_first)
    joined = [first - np.floor((age + random.random(len(age))) * _MONTH).astype(np.int64)]
    for t in range(length):
        rate = start * mix[0] * (1 + world.growth) ** t
        joined.append(random.integers(edges[t], edges[t + 1], random.poisson(rate)))
    since = np.concatenate(joined)
    until = _leaving(world, since, scale, pressure, first, last, random)
    if world.month_end:
        until = _next_month(until)
    size = random.choice(world.sizes, len(since), p=world.shares)
    since, until = np.repeat(since, size), np.repeat(until, size)
    delay = _delays(late, random, len(size))[np.repeat(np.arange(len(size)), size)]
    stays = until <= last
    everybody = Columns(
        customer=np.arange(len(since), dtype=np.int32),
        since=since.astype(np.int32),
        until=np.where(stays, until, int(FOREVER)).astype(np.int32),
    )
    recorded = np.where(stays, until + delay, int(FOREVER)).astype(np.int32)
    return Lived(everybody, recorded, changed, month_of.astype(date))


_MONTH = 365.25 / 12


def _pressure(
    world: World,
    crr: float,
    edges: Counts,
    began: int,
    changed: int,
    step: float,
    random: np.random.Generator,
) -> Floats:
    """Summed from the first day on: how hard each day pulls, in days of an ordinary month."""
    calendar = np.array(world.calendar) / np.mean(world.calendar)
    lengths = np.diff(edges)
    of_month = calendar[(began + np.arange(len(lengths))) % 12]
    of_month = of_month * _effects(world.variation, random, (len(lengths),))
    of_day = np.repeat(of_month, lengths)
    day = np.arange(edges[0], edges[-1])
    of_day = np.where(day >= changed, of_day * np.log(crr - step) / np.log(crr), of_day)
    return np.concatenate([[0.0], np.cumsum(of_day)])


def _leaving(
    world: World,
    since: Counts,
    scale: float,
    pressure: Floats,
    first: int,
    last: int,
    random: np.random.Generator,
) -> Counts:
    """The first day no longer a customer; after `last` for those who stay."""
    ages = np.arange(AGES + HISTORY + WATCHED + 1)
    hazard = scale * world.hazard(ages) / _MONTH
    turns = np.floor(since[:, np.newaxis] + np.append(ages, len(ages)) * _MONTH).astype(np.int64)
    inside = np.clip(turns, first, last) - first
    pulled = np.diff(pressure[inside], axis=1) * hazard
    summed = np.cumsum(pulled, axis=1)
    patience = random.exponential(1.0, len(since))
    place = (summed < patience[:, np.newaxis]).sum(axis=1)
    gone = np.flatnonzero(place < len(ages))
    until = np.full(len(since), last + 1, np.int64)
    at = place[gone]
    before = summed[gone, at] - pulled[gone, at]
    reached = pressure[inside[gone, at]] + (patience[gone] - before) / hazard[at]
    until[gone] = first + np.searchsorted(pressure, reached, side="left")
    if world.at_term:
        until[gone] = turns[gone, at + 1]
    return np.maximum(until, since + 1)


def _next_month(days: Counts) -> Counts:
    """The first day of the month after: everybody was a customer to the end of theirs."""
    month = (days - 1).astype("datetime64[D]").astype("datetime64[M]") + 1
    return month.astype("datetime64[D]").astype(np.int64)


def _delays(late: Late | None, random: np.random.Generator, count: int) -> Counts:
    if late is None:
        return np.zeros(count, np.int64)
    delay = np.floor(random.exponential(late.mean, count)).astype(np.int64)
    more = random.integers(*late.between, count)
    return delay + np.where(random.random(count) < late.much_later, more, 0)


def start_of(lived: Lived, month: int) -> int:
    """Number of the first day of a month of the company's life."""
    first = np.datetime64(lived.first, "M") + month
    return day_number(first.astype("datetime64[D]").astype(date))
