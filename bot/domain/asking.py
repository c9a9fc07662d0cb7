"""Asking: what a survey is like, who is to be asked, and who is not asked again so soon."""

import hashlib
from collections.abc import Iterable, Mapping, Sequence, Set
from dataclasses import dataclass, field
from datetime import datetime, timedelta, tzinfo
from enum import StrEnum
from types import MappingProxyType

from bot.domain.surveys import Direction, Layout, Scale, Style

EXPIRES_DAYS = 30
SATURDAY = 5


@dataclass(frozen=True, slots=True)
class Design:
    """What a survey asks, and how."""

    scale: Scale
    question: str = ""
    """"" for the usual one."""
    name: str = ""
    """In config.yaml; "" for a question that somebody typed."""
    direction: Direction = Direction.HIGHER
    expires_days: float = EXPIRES_DAYS
    style: Style = Style.NUMBERS
    layout: Layout = Layout.BUTTONS
    follow_ups: tuple[tuple[str, str], ...] = ()
    """By Band, own words for the question that follows the score."""
    anonymous: bool = False


@dataclass(frozen=True, slots=True)
class Target:
    """Who is meant, before anybody looked who that is."""

    channels: tuple[str, ...] = ()
    people: tuple[str, ...] = ()
    """Each in a direct message."""
    groups: tuple[str, ...] = ()
    """User groups: their members, each in a direct message."""
    segment: Mapping[str, str] | None = None
    """Customers of today with these fields, in the channels that are linked with them; all of them
    with {}; None for no customers."""

    def __bool__(self) -> bool:
        return bool(self.channels or self.people or self.groups or self.segment is not None)


@dataclass(frozen=True, slots=True)
class Whom:
    """A channel that may be asked, or a person in a direct message."""

    channel: str
    """Of a person, their id: a message to it goes to them alone."""
    customer: int | None = None
    person: str = ""


@dataclass(frozen=True, slots=True)
class Budget:
    """How long somebody is left in peace after they were asked, over all scales; 0 days: not."""

    person_days: float = 30
    customer_days: float = 30
    """Also of a channel that is no customer's."""


@dataclass(frozen=True, slots=True)
class LastAsks:
    """When somebody was last asked, of all scales and of ratings in the helpdesk; a reminder counts
    as well."""

    channels: Mapping[str, datetime] = field(default_factory=lambda: MappingProxyType({}))
    customers: Mapping[int, datetime] = field(default_factory=lambda: MappingProxyType({}))
    people: Mapping[str, datetime] = field(default_factory=lambda: MappingProxyType({}))


class Why(StrEnum):
    """Why somebody is not asked."""

    LATELY = "was asked lately"
    OPTED_OUT = "does not want to be asked"
    TWICE = "is asked in another channel"
    NOT_DRAWN = "was not drawn"
    NO_CHANNEL = "has no channel that is linked with them"
    NOT_REACHED = "cannot be written to"


@dataclass(frozen=True, slots=True)
class NotAsked:
    whom: Whom
    why: Why
    again: datetime | None = None
    """LATELY: from when on they can be asked."""


@dataclass(frozen=True, slots=True)
class Plan:
    """Who would be asked, and who would not."""

    asked: tuple[Whom, ...] = ()
    not_asked: tuple[NotAsked, ...] = ()
    languages: tuple[str, ...] = ()
    """In which those who are asked read it, or where nobody is those who are not; what most of them
    read comes first."""


@dataclass(frozen=True, slots=True)
class Coming:
    """What a survey of config.yaml asks next, and whom, as far as that is known now."""

    design: Design
    at: datetime | None = None
    """None where no day is set: what it waits for is `after_hours`, or nobody is due."""
    plan: Plan = Plan()
    days: int = 1
    """Working days over which those who are asked are spread."""
    after_hours: float | None = None
    """So long after a ticket was solved it asks, whoever opened it."""


def planned(
    meant: Iterable[Whom],
    last: LastAsks,
    *,
    now: datetime,
    budget: Budget,
    opted_out: Set[str] = frozenset(),
    share: float = 1.0,
    draw: str = "",
) -> Plan:
    """Who of them is asked now. Each is asked once, and a customer in one channel alone.

    Whether somebody is drawn (`share`, a fraction) depends on them and on `draw`, which names the
    round, so that a second look draws the same and another round draws others.
    """
    asked: list[Whom] = []
    not_asked: list[NotAsked] = []
    customers: set[int] = set()
    for whom in dict.fromkeys(meant):
        if whom.person in opted_out and whom.person:
            not_asked.append(NotAsked(whom, Why.OPTED_OUT))
        elif again := _again(whom, last, now, budget):
            not_asked.append(NotAsked(whom, Why.LATELY, again))
        elif whom.customer in customers and not whom.person:
            not_asked.append(NotAsked(whom, Why.TWICE))
        elif _lot(f"{draw}:{whom.customer or whom.channel}") >= share:
            not_asked.append(NotAsked(whom, Why.NOT_DRAWN))
        else:
            asked.append(whom)
            if whom.customer is not None:
                customers.add(whom.customer)
    return Plan(tuple(asked), tuple(not_asked))


def spread_over(whom: Sequence[Whom], days: int, *, begin: datetime) -> list[datetime]:
    """When each is asked: as many on each of so many working days (Monday to Friday), at the local
    time of `begin`, whose day is the first of them whatever it is."""
    moments = [begin]
    while len(moments) < days:
        day = moments[-1] + timedelta(days=1)
        while day.weekday() >= SATURDAY:
            day += timedelta(days=1)
        moments.append(day)
    return [moments[place * len(moments) // len(whom)] for place in range(len(whom))]


def reminder_at(asked_at: datetime, days: float, zone: tzinfo) -> datetime:
    """When who has not answered is reminded: so many days later at the same local time, on Monday
    in place of a day of the weekend."""
    due = asked_at.astimezone(zone) + timedelta(days=days)
    while due.weekday() >= SATURDAY:
        due += timedelta(days=1)
    return due


def _again(whom: Whom, last: LastAsks, now: datetime, budget: Budget) -> datetime | None:
    """From when on they can be asked; None if that is now."""
    person = timedelta(days=budget.person_days)
    account = timedelta(days=budget.customer_days)
    ends: list[datetime] = []
    if whom.person and whom.person in last.people:
        ends.append(last.people[whom.person] + person)
    if not whom.person and whom.channel in last.channels:
        ends.append(last.channels[whom.channel] + account)
    if whom.customer is not None and whom.customer in last.customers:
        ends.append(last.customers[whom.customer] + account)
    return max((end for end in ends if end > now), default=None)


def _lot(name: str) -> float:
    """From 0 to below 1, as good as drawn, and the same for the same name."""
    return int.from_bytes(hashlib.sha256(name.encode()).digest()[:8]) / 2**64
