"""Requests for help, and what people said of them elsewhere, as they are known now.

A helpdesk tells how a ticket stands. It may be solved, opened again and solved again; it may come
twice, and late. What is known of it is made of what was known and what is told, whatever the order.
"""

from collections.abc import Iterable
from dataclasses import dataclass, fields, replace
from datetime import datetime, timedelta
from enum import StrEnum
from typing import Any

from bot.domain.matching import nameless
from integrations import records

OVERLAP = timedelta(minutes=10)
"""Asked for again each time, for a helpdesk may show a change some minutes after it was made."""


class What(StrEnum):
    """What is read of a helpdesk."""

    TICKETS = "tickets"
    RATINGS = "ratings"


@dataclass(frozen=True, slots=True, kw_only=True)
class Ticket(records.Ticket):
    """As it is known now. Of the requester's address there is what `nameless` leaves."""

    source: str
    last_solved: datetime | None = None
    """The newest solving that is known, also of one that is open again."""
    times_solved: int = 0
    """As the source counts, or as often as we saw it solved at another moment."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Rating(records.Rating):
    """As it is known now; of the address as in `Ticket`."""

    source: str


@dataclass(frozen=True, slots=True)
class LastRead:
    """How it stands with reading one thing of one source."""

    source: str
    what: What
    newest: datetime | None = None
    """When the newest change that was read was made, of those before which all were read; None
    before the first reading to the end, or to a page that told so."""
    finished_at: datetime | None = None
    """When it was last read to the end."""
    records: int = 0
    """How many came then."""
    failed_at: datetime | None = None
    """Since when it can't be read; None while it can."""
    sentence: str = ""
    """Why, and what to do."""


def ticket(source: str, told: records.Ticket, known: Ticket | None = None) -> Ticket:
    """The ticket as it is known now that the source tells this of it.

    Of an older change than the one known, nothing is taken over.
    """
    if known is not None and _older(told.changed, known.changed):
        return known
    before = known.last_solved if known else None
    last = max(filter(None, (told.solved, before)), default=None)
    times = known.times_solved if known else 0
    if told.times_solved is not None:
        times = told.times_solved
    elif told.solved is not None and told.solved != before:
        times += 1
    solvings = {"last_solved": last, "times_solved": max(times, int(told.solved is not None))}
    return Ticket(**{**_same(told), **solvings, "source": source})


def rating(source: str, told: records.Rating, known: Rating | None = None) -> Rating:
    """The rating as it is known now that the source tells this of it."""
    if known is not None and _older(told.changed, known.changed):
        return known
    return Rating(**_same(told), source=source)


def _same(told: records.Ticket | records.Rating) -> dict[str, Any]:
    """What is kept as it is told: all but who the person is, and where the record stands."""
    kept = {each.name: getattr(told, each.name) for each in fields(told)}
    is_address = "@" in told.requester
    requester = nameless(told.requester) if is_address else told.requester
    return {**kept, "email": nameless(told.email), "requester": requester, "place": ""}


def ask_from(last: LastRead, *, now: datetime, back: timedelta) -> datetime:
    """From when on to ask for changes: since the newest one, or from so long ago the first time."""
    return now - back if last.newest is None else last.newest - OVERLAP


def newest_change(last: LastRead, changes: Iterable[datetime | None], begun: datetime) -> datetime:
    """What the next reading goes on from, after one that began then and reached the end.

    Where a source does not tell when something changed, that is when the reading began. A moment
    after it is a clock that is ahead, and would leave a gap.
    """
    told = list(changes)
    if not told:
        return last.newest or begun
    if any(change is None for change in told):
        return begun
    newest = max(change for change in told if change is not None)
    return min(max(newest, last.newest or newest), begun)


def read_up_to(last: LastRead, up_to: datetime, begun: datetime) -> LastRead:
    """After a page of a reading that began then: every change until that moment has come, so a
    reading that is broken off goes on from there."""
    reached = min(up_to, begun)
    return (
        last
        if last.newest is not None and reached <= last.newest
        else replace(last, newest=reached)
    )


def read_to_the_end(last: LastRead, newest: datetime, *, now: datetime, count: int) -> LastRead:
    return replace(last, newest=newest, finished_at=now, records=count, failed_at=None, sentence="")


def not_read(last: LastRead, sentence: str, *, now: datetime) -> LastRead:
    """What was known stays; the first of several failures is when it began."""
    return replace(last, failed_at=last.failed_at or now, sentence=sentence)


def _older(told: datetime | None, known: datetime | None) -> bool:
    return told is not None and known is not None and told < known
