"""One episode of a rule being broken, from open to resolved: what becomes of it, and why.

      nothing ──dropped──▶ open ──a person──▶ acknowledged
                            │  ▲                  │
                            │  └──── reopened ────┤
                            └──── over, or ───────┴──▶ resolved
                                  a person

Snoozed and assigned are not states: who sleeps still has an open incident, and so has who was asked
to look after it. All decisions are functions of the incident and of what was seen.
"""

from dataclasses import dataclass
from datetime import date, datetime, timedelta
from enum import StrEnum

from bot.domain.lines import LineReason

WORSE = 10
"""How many times less likely an open drop must get to be told again."""
NEW_NORMAL = 6
"""Periods after which it is asked whether this is how it is from now on."""


class IncidentState(StrEnum):
    OPEN = "open"
    ACKNOWLEDGED = "acknowledged"
    """A person looks after it; still not resolved."""
    RESOLVED = "resolved"


@dataclass(frozen=True, slots=True)
class Reading:
    """What the rule saw in one finished period."""

    period: date
    """Its first day."""
    observed: float | None
    """The figure; a CRR is a fraction."""
    expected: float | None
    """What the history led to expect."""


@dataclass(frozen=True, slots=True)
class Group:
    """Everybody, or a segment, over the periods that luck explains least."""

    label: str
    """"" for everybody, or "region=dach"."""
    first: date
    next: date
    periods: int
    opening: int
    """Of all the periods, added up."""
    lost: int
    expected: float
    """Leavers."""
    chance: float
    """That luck gives so many leavers or more."""
    dropped: bool = False


@dataclass(frozen=True, slots=True)
class Mark:
    """A point of the chart, in the units that people say, and where it was expected to lie."""

    first: date
    next: date
    value: float
    low: float | None = None
    high: float | None = None


@dataclass(frozen=True, slots=True)
class Evidence:
    """All that the message of an incident shows but for names, which are looked up when it is
    shown: so it can be shown anew at each click, whatever became of the rule."""

    first: date
    """Of the period that was judged."""
    next: date
    value: float | None = None
    """The figure of that period in the units that people say."""
    compared_with: float | None = None
    """Of a plain rule: what it fell from, or the line itself."""
    opening: int = 0
    """Customers at the start of the period, or answers in it."""
    kept: int = 0
    groups: tuple[Group, ...] = ()
    """Of a rule by luck: everybody first, then the segments that dropped, the strongest first."""
    normal_segments: int = 0
    """Segments that were looked at and are as expected."""
    years: float | None = None
    made_of: int = 0
    left: tuple[int, ...] = ()
    """Who was lost in the periods that are told of, those who pay most first; 200 at most."""
    left_count: int = 0
    account: tuple[str, int] | None = None
    """The account that most of them belong to, and how many do."""
    marks: tuple[Mark, ...] = ()
    recorded: float | None = None
    """The share of those who left in the period that is usually recorded by now; None where it is
    all, or not known."""

    @property
    def begins(self) -> date:
        """The first of all days that the message speaks of."""
        group = next((each for each in self.groups if each.dropped), None)
        return group.first if group else self.first


@dataclass(frozen=True, slots=True)
class Evaluation:
    """One look of a rule at the newest finished period."""

    reading: Reading
    evidence: Evidence
    dropped: bool
    over: bool = False
    """Whether what was seen of everybody ends an open incident."""
    still: tuple[str, ...] = ()
    """Labels of the segments of which it would not."""
    chance: float | None = None
    """Of a rule by luck: that luck explains the strongest of it."""
    parts: tuple[str, ...] = ()
    """Labels of the segments that dropped, and "" for everybody."""
    silent: str = ""
    """Why nothing can be said, as `detection.Reason` and `lines.LineReason` have it."""


class Move(StrEnum):
    """What becomes of an incident, or of there being none, by one evaluation."""

    NOTHING = "nothing"
    OPEN = "open"
    UPDATE = "update"
    """It goes on: its message is brought up to date."""
    WORSEN = "worsen"
    """It became clearly worse, which its thread is told."""
    RESOLVE = "resolve"
    RETRACT = "retract"
    """By what is known now of the period that opened it there was nothing to tell of."""


@dataclass(frozen=True, slots=True)
class Incident:
    id: int
    rule: str
    scope: str
    """Always "" since segments are told in the incident of their rule."""
    state: IncidentState
    opened_at: datetime
    opening: Reading
    """Why it was opened; what came before it is the expectation until it is resolved."""
    latest: Reading
    acknowledged_by: str = ""
    acknowledged_at: datetime | None = None
    resolved_at: datetime | None = None
    delivery: str = ""
    """Key of the delivery of its one message, which is updated in place."""
    channel: str = ""
    ts: str = ""
    """Where that message stands; "" until Slack has it."""
    settings: str = ""
    """The rule as it was last seen, as JSON; "" of an incident of an older version."""
    evidence: Evidence | None = None
    periods: int = 1
    """How many were judged since it was opened, the one that opened it among them."""
    told_chance: float | None = None
    told_parts: tuple[str, ...] = ()
    """What people were told last of how unlikely it is, and of which segments."""
    assigned_to: str = ""
    snoozed_until: datetime | None = None
    reminded_at: datetime | None = None
    resolved_by: str = ""
    """A person's id; "" where the figure came back."""
    is_normal: bool = False
    """A person said that this is the new normal."""
    not_normal_at: int = 0
    """Of how many periods it was when a person said that it is not; 0 if nobody did."""


def move(incident: Incident | None, seen: Evaluation, *, closed: Incident | None = None) -> Move:
    """What one evaluation does; `closed` is the newest incident of those that are resolved.

    The same period is seen again when something else is known of it: the message is brought up to
    date, and what got clearly worse by it, or never was, is told.

    By luck nothing is over at the evaluation right after the one that opened it: whoever drops
    below what is expected goes on average back half of the way by luck alone. What a person called
    over is not raised anew by days that they had looked at, unless it got clearly worse.
    """
    if seen.silent:
        return Move.NOTHING
    if incident is None:
        again = closed is not None and _was_called_over(closed, seen)
        return Move.OPEN if seen.dropped and not again else Move.NOTHING
    over = seen.over and not set(seen.still) & set(incident.told_parts)
    if seen.reading.period <= incident.latest.period:
        if seen.reading == incident.latest:
            return Move.NOTHING
        if over and not seen.dropped and seen.reading.period == incident.opening.period:
            return Move.RETRACT
        return Move.WORSEN if _clearly_worse(incident, seen) else Move.UPDATE
    settled = seen.chance is None or incident.periods >= 2
    if over and settled:
        return Move.RESOLVE
    return Move.WORSEN if _clearly_worse(incident, seen) else Move.UPDATE


def is_retracted(incident: Incident) -> bool:
    """Resolved by the figure itself in the very period that opened it."""
    by_itself = incident.state is IncidentState.RESOLVED and not incident.resolved_by
    return by_itself and incident.latest.period == incident.opening.period


def asks_whether_normal(incident: Incident) -> bool:
    """Whether it has been open for so long that it may be how things are now; who says that it is
    not is asked again after as long."""
    lasted = incident.periods - incident.not_normal_at
    return incident.state is not IncidentState.RESOLVED and lasted >= NEW_NORMAL


def reminder_due(incident: Incident, days: int, now: datetime) -> bool:
    """Whether people should hear again of an open incident: `days` after they last did.

    Who snoozed it hears of it when the snooze is over.
    """
    if incident.state is IncidentState.RESOLVED:
        return False
    if incident.snoozed_until is not None:
        return now >= incident.snoozed_until
    last = max(filter(None, (incident.opened_at, incident.acknowledged_at, incident.reminded_at)))
    return days > 0 and now >= last + timedelta(days=days)


def _was_called_over(closed: Incident, seen: Evaluation) -> bool:
    looked_at = seen.evidence.begins <= closed.latest.period
    return bool(closed.resolved_by) and looked_at and not _clearly_worse(closed, seen)


def _clearly_worse(incident: Incident, seen: Evaluation) -> bool:
    """Ten times less likely than what was told last, or somewhere that was not told of."""
    if not seen.dropped:
        return False
    if set(seen.parts) - set(incident.told_parts):
        return True
    told = incident.told_chance
    return told is not None and seen.chance is not None and seen.chance * WORSE <= told


def line_moves(reason: LineReason) -> tuple[bool, bool, str]:
    """Of a plain rule: whether it is crossed, whether it is over, and why it is silent or ""."""
    match reason:
        case LineReason.CROSSED | LineReason.STILL:
            return True, False, ""
        case LineReason.BACK:
            return False, True, ""
        case LineReason.FINE:
            return False, False, ""
        case _:
            return False, False, str(reason)
