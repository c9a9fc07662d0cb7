"""Whether customers are still there some time after they gave a score, or did not answer."""

from collections import defaultdict
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import timedelta
from enum import StrEnum

import numpy as np

from bot.domain.columns import Columns
from bot.domain.surveys import Band, Direction, Scale, band, wilson

AFTER = (90, 180, 365)
"""Days after which it is looked whether a customer is still there."""


class Never(StrEnum):
    """What stands beside the bands of scores."""

    ANSWERED = "never answered"


class ToSolve(StrEnum):
    """How long it took to solve a ticket."""

    HOURS = "under 4 hours"
    DAY = "4 to 24 hours"
    DAYS = "1 to 3 days"
    LONGER = "over 3 days"


@dataclass(frozen=True, slots=True)
class Seen:
    """A customer in a group from a day on."""

    customer: int
    day: int
    """Days since 1970-01-01."""
    group: str


@dataclass(frozen=True, slots=True)
class Scored:
    """A score of a customer in answer to one ask; a rating elsewhere is one of its own."""

    customer: int
    day: int
    ask: str
    scale: Scale
    score: int
    direction: Direction = Direction.HIGHER


@dataclass(frozen=True, slots=True)
class Stayed:
    """How many of those who could be followed for so long were still customers then."""

    stayed: int
    of: int

    @property
    def share(self) -> float | None:
        """A fraction; None of nobody."""
        return self.stayed / self.of if self.of else None

    @property
    def interval(self) -> tuple[float, float] | None:
        """Wilson's, 95 %; None of nobody."""
        return wilson(self.stayed, self.of) if self.of else None


@dataclass(frozen=True, slots=True)
class Outcome:
    group: str
    after: Mapping[int, Stayed]
    """By days."""


def seen_by_score(scored: Iterable[Scored], asked: Mapping[int, int]) -> list[Seen]:
    """Each customer once: by the lowest band that it gave to the first ask it answered, from the
    day of the first of these answers; or, of those `asked` (customer to the day of the first ask)
    who never answered, from that day."""
    by_customer: dict[int, list[Scored]] = defaultdict(list)
    for each in scored:
        by_customer[each.customer].append(each)
    found = []
    for customer, answers in by_customer.items():
        first = min(answers, key=lambda each: (each.day, each.ask))
        same = [each for each in answers if each.ask == first.ask]
        worst = min((band(s.scale, s.score, s.direction) for s in same), key=_BANDS.index)
        found.append(Seen(customer, first.day, worst))
    silent = asked.keys() - by_customer.keys()
    return found + [Seen(customer, asked[customer], Never.ANSWERED) for customer in sorted(silent)]


def seen_by_speed(solved: Iterable[tuple[int, int, timedelta]]) -> list[Seen]:
    """Each customer once: by its first solved ticket, told as (customer, day, time it took)."""
    first: dict[int, Seen] = {}
    for customer, day, took in sorted(solved):
        first.setdefault(customer, Seen(customer, day, to_solve(took)))
    return list(first.values())


def to_solve(took: timedelta) -> ToSolve:
    hours = took / timedelta(hours=1)
    if hours < 4:
        return ToSolve.HOURS
    if hours < 24:
        return ToSolve.DAY
    return ToSolve.DAYS if hours < 72 else ToSolve.LONGER


def outcomes(
    columns: Columns,
    seen: Iterable[Seen],
    groups: Sequence[str],
    after: Sequence[int] = AFTER,
) -> list[Outcome]:
    """Of each group, in the order of `groups`, who was a customer on the day they were seen, and
    is one so many days later. Who cannot be followed for so long yet is not among them: nobody
    stays by being young. Whoever left and came back by then has stayed, as in CRR."""
    members = list(seen)
    told = []
    for group in groups:
        of = [each for each in members if each.group == group]
        told.append(Outcome(group, {days: _stayed(columns, of, days) for days in after}))
    return told


def anybody(outcomes: Iterable[Outcome]) -> bool:
    """Whether somebody could be followed."""
    return any(stayed.of for outcome in outcomes for stayed in outcome.after.values())


def _stayed(columns: Columns, seen: Sequence[Seen], days: int) -> Stayed:
    if columns.known_to is None:
        return Stayed(0, 0)
    begins = columns.known_from
    followed = [
        each
        for each in seen
        if each.day + days <= columns.known_to
        and (begins is None or each.day >= begins)
        and _is_there(columns, each.customer, each.day)
    ]
    still = sum(_is_there(columns, each.customer, each.day + days) for each in followed)
    return Stayed(still, len(followed))


def _is_there(columns: Columns, customer: int, day: int) -> bool:
    first, last = np.searchsorted(columns.customer, [customer, customer + 1])
    since, until = columns.since[first:last], columns.until[first:last]
    return bool(np.any((since <= day) & (until > day)))


_BANDS = (Band.LOW, Band.MIDDLE, Band.HIGH)
GROUPS = (*_BANDS, Never.ANSWERED)
"""The groups of `seen_by_score`, in the order in which they are shown."""
