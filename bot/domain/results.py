"""What answers say of a period: by person, by account, by agent, and how sure that is.

Scores are asked for in Slack, or were given in a helpdesk or a file; each says where it is from.
"""

import math
from collections import defaultdict
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from enum import StrEnum
from statistics import fmean, median, stdev
from typing import NamedTuple

from bot.domain.loops import Rates
from bot.domain.period import Period
from bot.domain.surveys import (
    TOP_TWO,
    Ces,
    Csat,
    Direction,
    Nps,
    Scale,
    Z,
    ces_of,
    csat_of,
    nps_of,
    tally,
)

Found = Nps | Csat | Ces

ASKED_HERE = ""
"""The origin of what was asked in Slack."""


class RollUp(StrEnum):
    """How the answers of one account become its one voice."""

    MEAN = "mean"
    """Its answers share the voice: of a promoter and a detractor nothing is left."""
    WORST = "worst"
    """Its lowest score speaks for it."""
    NEWEST = "newest"
    """Its newest answer speaks for it."""


class Given(NamedTuple):
    """A score that somebody gave, or several who have all of this in common."""

    scale: Scale
    score: int
    at: datetime
    direction: Direction = Direction.HIGHER
    customer: int | None = None
    """The store's number; None where nobody knows whose answer it is."""
    origin: str = ASKED_HERE
    """The name of the source that told it."""
    agent: str = ""
    """Who solved what it is about."""
    times: int = 1
    """How many times it was given; `at` is the last of them."""


@dataclass(frozen=True, slots=True)
class Solved:
    """A ticket that was solved."""

    agent: str
    took: timedelta
    """From when it was opened until it was solved."""


@dataclass(frozen=True, slots=True)
class ByAccount:
    """The same figure with one voice for each account."""

    accounts: int
    rule: RollUp
    value: float
    """NPS in points; CSAT and CES as a fraction."""
    margin: float | None
    """Half of the width of the 95 % interval, in the same unit; None of a single account."""


@dataclass(frozen=True, slots=True)
class Result:
    scale: Scale
    direction: Direction
    found: Found | None
    """With one voice for each answer; None without answers."""
    counts: tuple[int, ...] = ()
    """How many gave each score, the lowest first."""
    by_account: ByAccount | None = None
    """None where no answer is of a known account."""
    unknown: int = 0
    """Answers of which nobody knows the account."""
    turned: int = 0
    """Answers that were asked for in the other direction, and are turned around."""
    asked: int = 0
    answered: int = 0
    """Of the questions `asked` in the period, those that somebody has answered."""
    origins: Mapping[str, int] = field(default_factory=dict)
    """How many answers each source told; under ASKED_HERE those from Slack."""


@dataclass(frozen=True, slots=True)
class OfAgent:
    agent: str
    found: Found
    solved: int
    to_solve: timedelta | None
    """The median; None where no solved ticket is known."""


@dataclass(frozen=True, slots=True)
class Point:
    """The figure of one period of the trend."""

    period: Period
    found: Found | None


@dataclass(frozen=True, slots=True)
class Unplaced:
    """Ratings of one source that have no place on our scale."""

    source: str
    lowest: float
    highest: float
    """The ends of the scale on which they were given."""
    ratings: int


@dataclass(frozen=True, slots=True)
class Told:
    """All that is told of one scale and period."""

    period: Period
    result: Result
    segment: Sequence[tuple[str, str]] = ()
    survey: str = ""
    trend: Sequence[Point] = ()
    """The oldest first; the last is the period itself."""
    agents: Sequence[OfAgent] = ()
    fewer: int = 0
    """How many agents have fewer answers than are needed to be shown."""
    minimum: int = 0
    """How many are needed."""
    loops: Rates | None = None
    unplaced: Sequence[Unplaced] = ()
    """By source; those of customers outside of the segment too."""


def value(found: Found) -> float:
    """NPS in points, the others as a fraction."""
    return found.score if isinstance(found, Nps) else found.share


def result(
    scale: Scale,
    given: Sequence[Given],
    *,
    asked: int = 0,
    answered: int = 0,
    rule: RollUp = RollUp.MEAN,
    satisfied: int = TOP_TWO,
) -> Result:
    """Of the answers on this scale. Where they were asked for in both directions, those of the
    rarer one are turned around: 2 of 7 for effort is 6 of 7 for ease. Of CSAT, `satisfied` is from
    which score on somebody is."""
    of = [each for each in given if each.scale is scale]
    direction, facing = _all_facing(of)
    origins: dict[str, int] = defaultdict(int)
    for each in facing:
        origins[each.origin] += each.times
    counts = counted(scale, facing)
    return Result(
        scale=scale,
        direction=direction,
        found=figure(scale, counts, direction, satisfied),
        counts=counts,
        by_account=by_account(scale, facing, direction, rule, satisfied),
        unknown=sum(each.times for each in facing if each.customer is None),
        turned=sum(each.times for each in of if each.direction is not direction),
        asked=asked,
        answered=answered,
        origins=dict(origins),
    )


def figure_of(scale: Scale, given: Sequence[Given], satisfied: int = TOP_TWO) -> Found | None:
    """As `result` finds it, and nothing else."""
    direction, facing = _all_facing([each for each in given if each.scale is scale])
    return figure(scale, counted(scale, facing), direction, satisfied)


def counted(scale: Scale, given: Iterable[Given]) -> tuple[int, ...]:
    """How many gave each score of the scale, the lowest first."""
    return tally(scale, ((each.score, each.times) for each in given))


def figure(
    scale: Scale, counts: Sequence[int], direction: Direction, satisfied: int = TOP_TWO
) -> Found | None:
    """Of how many gave each score, the lowest first."""
    match scale:
        case Scale.NPS:
            return nps_of(counts)
        case Scale.CSAT:
            return csat_of(counts, satisfied)
        case Scale.CES:
            return ces_of(counts, direction)


def by_account(
    scale: Scale,
    given: Iterable[Given],
    direction: Direction,
    rule: RollUp,
    satisfied: int = TOP_TWO,
) -> ByAccount | None:
    """One voice for each account: ten answers of one do not outvote nine other accounts.

    Accounts are the sampled units, and their values the sample: the mean over accounts with the
    interval of Student's t on the number of accounts less one (W. G. Cochran, Sampling Techniques,
    3rd ed. 1977, section 2.8, formula 2.20, without the correction for finite populations). That
    answers within an account are alike makes it wider than the interval by answers, as it should.
    """
    accounts: dict[int, list[Given]] = defaultdict(list)
    for each in given:
        if each.customer is not None:
            accounts[each.customer].append(each)
    if not accounts:
        return None
    voices = [_voice(scale, of, direction, rule, satisfied) for of in accounts.values()]
    n, margin = len(voices), None
    if n > 1:
        margin = student(n - 1) * stdev(voices) / math.sqrt(n)
    return ByAccount(n, rule, fmean(voices), margin)


def by_agent(
    scale: Scale,
    given: Iterable[Given],
    solved: Iterable[Solved],
    *,
    minimum: int,
    satisfied: int = TOP_TWO,
) -> tuple[list[OfAgent], int]:
    """The agents with at least `minimum` answers, by name, and how many have fewer. Nobody is
    judged by the two people who happened to answer."""
    answers: dict[str, list[Given]] = defaultdict(list)
    for each in given:
        if each.agent and each.scale is scale:
            answers[each.agent].append(each)
    times: dict[str, list[timedelta]] = defaultdict(list)
    for ticket in solved:
        times[ticket.agent].append(ticket.took)
    told = []
    for agent in sorted(answers):
        found = result(scale, answers[agent], satisfied=satisfied).found
        if found is not None and found.answers >= minimum:
            took = times.get(agent, [])
            told.append(OfAgent(agent, found, len(took), _median(took)))
    return told, len(answers) - len(told)


def _all_facing(given: Sequence[Given]) -> tuple[Direction, list[Given]]:
    """In the direction in which most of them were asked for."""
    lower = sum(each.times for each in given if each.direction is Direction.LOWER)
    every = sum(each.times for each in given)
    direction = Direction.LOWER if 2 * lower > every else Direction.HIGHER
    return direction, [_facing(each, direction) for each in given]


def _facing(given: Given, direction: Direction) -> Given:
    if given.direction is direction:
        return given
    scores = given.scale.scores
    return given._replace(score=scores[0] + scores[-1] - given.score, direction=direction)


def _voice(
    scale: Scale, of: Sequence[Given], direction: Direction, rule: RollUp, satisfied: int
) -> float:
    match rule:
        case RollUp.MEAN:
            speaking = of
        case RollUp.WORST:
            worst = max if direction is Direction.LOWER else min
            speaking = [worst(of, key=_score)]
        case RollUp.NEWEST:
            speaking = [max(of, key=lambda each: each.at)]
    found = figure(scale, counted(scale, speaking), direction, satisfied)
    assert found is not None, "an account has answers"  # noqa: S101
    return value(found)


def student(freedom: int) -> float:
    """How many standard errors on either side hold 95 % of Student's t with so many degrees of
    freedom, at least 1. Found by halving, from the finite series of M. Abramowitz and I. Stegun,
    Handbook of Mathematical Functions (1964), 26.7.3 and 26.7.4."""
    if freedom > _MANY:
        return Z
    low, high = 0.0, 64.0
    for _ in range(60):
        middle = (low + high) / 2
        low, high = (middle, high) if _within(middle, freedom) < 0.95 else (low, middle)
    return high


_MANY = 2000
"""Degrees of freedom from which on Student's t differs from the normal in the fourth digit."""


def _within(t: float, freedom: int) -> float:
    """The share of Student's t that lies between -t and t."""
    angle = math.atan(t / math.sqrt(freedom))
    sine, cosine = math.sin(angle), math.cos(angle)
    odd = freedom % 2
    term, total = (cosine, 0.0) if odd else (1.0, 0.0)
    for k in range(odd + 2, freedom + 1, 2):
        total += term
        term *= cosine * cosine * (k - 1) / k
    return 2 / math.pi * (angle + sine * total) if odd else sine * total


def _median(took: Sequence[timedelta]) -> timedelta | None:
    return timedelta(seconds=median(t.total_seconds() for t in took)) if took else None


def _score(given: Given) -> int:
    return given.score
