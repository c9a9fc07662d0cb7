"""A low score, from when the right person hears of it until somebody has done something about it.

        told ──▶ open ──take──▶ taken ──close──▶ closed
                   │ └───────────close────────────▲
                   └─(the score is low no more)──▶ withdrawn

While it is open and nobody takes it, it goes up one step after each so many hours. A low score that
its author takes back before anybody has closed the loop is withdrawn; a new low one opens it again.
It may be an answer to a question of ours, or a rating that was given in a helpdesk.
"""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from enum import StrEnum
from statistics import median

from bot.domain.surveys import Band, Direction, Scale, band, on_our_scale


class LoopState(StrEnum):
    OPEN = "open"
    TAKEN = "taken"
    CLOSED = "closed"
    WITHDRAWN = "withdrawn"


@dataclass(frozen=True, slots=True)
class Rated:
    """Where a score was given that nobody asked for here."""

    source: str
    """The helpdesk's name in config.yaml."""
    id: str
    """The rating's, there."""
    lowest: float
    highest: float
    """The ends of the scale on which it was given."""
    requester: str = ""
    """Who gave it, as the helpdesk calls them; "" where it does not tell."""
    ticket: str = ""
    agent: str = ""


@dataclass(frozen=True, slots=True)
class Low:
    """An answer at the unhappy end, as it is now."""

    ask: str
    """"" of a rating, as `person` and `channel`."""
    person: str
    scale: Scale
    score: float
    direction: Direction
    channel: str
    """Where it was asked."""
    at: datetime
    comment: str = ""
    customer: int | None = None
    """The store's number; None where nobody said whose channel it is."""
    rated: Rated | None = None
    """Of a rating that was given in a helpdesk."""

    @property
    def is_low(self) -> bool:
        """On a scale that is not ours, its lowest third is low, as are 1 and 2 of 5 and 1 to 3 of
        7; its highest third where the low end is the good one."""
        if self.rated is None:
            return band(self.scale, round(self.score), self.direction) is Band.LOW
        ends = self.rated.lowest, self.rated.highest
        ours = on_our_scale(self.score, *ends, self.scale)
        if ours is not None:
            return band(self.scale, ours, self.direction) is Band.LOW
        third = (ends[1] - ends[0]) / 3
        if self.direction is Direction.LOWER:
            return self.score >= ends[1] - third
        return self.score <= ends[0] + third

    @property
    def key(self) -> tuple[str, str]:
        """The ask and the person, or the helpdesk and its id of the rating."""
        return (self.ask, self.person) if self.rated is None else (self.rated.source, self.rated.id)

    @property
    def author(self) -> tuple[str, str] | None:
        """Who gave it: the helpdesk, or "" for Slack, and the person there; None where nobody
        tells."""
        if self.rated is None:
            return "", self.person
        return (self.rated.source, self.rated.requester) if self.rated.requester else None


@dataclass(frozen=True, slots=True)
class Loop:
    id: int
    of: Low
    opened_at: datetime
    state: LoopState = LoopState.OPEN
    owner: str = ""
    """The person who looks after the account, or "" where nobody is known to."""
    step: int = 0
    """How often it went up."""
    told_at: datetime | None = None
    """When somebody was told of it last, at first or because it went up."""
    taken_by: str = ""
    taken_at: datetime | None = None
    replied_at: datetime | None = None
    closed_by: str = ""
    closed_at: datetime | None = None
    cause: str = ""
    action: str = ""


def taken(loop: Loop, person: str, now: datetime) -> Loop:
    """The first who takes it has it; one that is over stays as it is."""
    if loop.state is not LoopState.OPEN:
        return loop
    return replace(loop, state=LoopState.TAKEN, taken_by=person, taken_at=now)


def replied(loop: Loop, person: str, now: datetime) -> Loop:
    """Who replies has taken it."""
    return replace(taken(loop, person, now), replied_at=now)


def closed(loop: Loop, person: str, cause: str, action: str, now: datetime) -> Loop:
    """Also one that nobody took. The first to close it stays."""
    if loop.state not in (LoopState.OPEN, LoopState.TAKEN):
        return loop
    return replace(
        loop, state=LoopState.CLOSED, closed_by=person, closed_at=now, cause=cause, action=action
    )


def rescored(loop: Loop, low: Low) -> Loop:
    """With what its author says now."""
    loop = replace(loop, of=low)
    if loop.state is LoopState.CLOSED:
        return loop
    if not low.is_low:
        return replace(loop, state=LoopState.WITHDRAWN)
    if loop.state is LoopState.WITHDRAWN:
        return replace(loop, state=LoopState.TAKEN if loop.taken_by else LoopState.OPEN)
    return loop


def goes_up(loop: Loop, *, after: timedelta, steps: int, now: datetime) -> Loop | None:
    """One step up, if it has waited for so long since somebody was told; None if not."""
    if loop.state is not LoopState.OPEN or loop.step >= steps:
        return None
    if now - (loop.told_at or loop.opened_at) < after:
        return None
    return replace(loop, step=loop.step + 1, told_at=now)


@dataclass(frozen=True, slots=True)
class Rates:
    """What became of low scores."""

    low: int
    """Withdrawn ones are not among them."""
    closed: int
    taken: int
    """By somebody who has not closed it yet."""
    open: int
    to_close: timedelta | None
    """The median of the closed ones."""
    asked_again: int
    """Of the low ones, whose author answered a later question on the same scale."""
    recovered: int
    """Of these, whose newest answer is low no more."""
    causes: tuple[tuple[str, int], ...]
    """What was found to be the cause, the most frequent first."""


def rates(loops: Iterable[Loop], later: Sequence[Low]) -> Rates:
    """`later` are answers given since, high ones too."""
    real = [loop for loop in loops if loop.state is not LoopState.WITHDRAWN]
    done = [loop for loop in real if loop.state is LoopState.CLOSED]
    newest = [found for loop in real if (found := _newest(loop, later))]
    took = [(each.closed_at - each.opened_at).total_seconds() for each in done if each.closed_at]
    causes: dict[str, int] = {}
    for loop in done:
        causes[loop.cause] = causes.get(loop.cause, 0) + 1
    return Rates(
        low=len(real),
        closed=len(done),
        taken=sum(loop.state is LoopState.TAKEN for loop in real),
        open=sum(loop.state is LoopState.OPEN for loop in real),
        to_close=timedelta(seconds=median(took)) if took else None,
        asked_again=len(newest),
        recovered=sum(not each.is_low for each in newest),
        causes=tuple(sorted(causes.items(), key=lambda each: (-each[1], each[0]))),
    )


def _newest(loop: Loop, later: Sequence[Low]) -> Low | None:
    """What the author said last to another question on the scale, after this one."""
    of = [
        each
        for each in later
        if each.author == loop.of.author is not None
        and each.scale is loop.of.scale
        and each.key != loop.of.key
        and each.at > loop.of.at
    ]
    return max(of, key=lambda each: each.at, default=None)
