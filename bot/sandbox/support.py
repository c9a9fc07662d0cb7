"""Brightside's helpdesk: who asked for help, how long it took, and what they said of it. Pure.

Tickets fall where the story's customers are, by a chance of their own, so that nothing here changes
who stays. Two of them are talked about in the demo's shared channels.
"""

import csv
import io
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import date, datetime, time, timedelta
from typing import Any

from bot.sandbox.draw import Draw
from bot.sandbox.story import ENDS, SEED, Company, Story

BEGINS = date(2026, 5, 4)
"""The helpdesk is new; who asked before that is not in it."""

AGENTS = ("Priya Nair", "Tom Beck", "Jonas Wolf")

A_DAY = {0: 0.15, 1: 0.3, 2: 0.3, 3: 0.25}
"""How many tickets come on a weekday, and how often."""
HOURS = {(1, 4): 0.42, (5, 24): 0.33, (25, 72): 0.18, (73, 200): 0.07}
"""How long until they are solved, from and to, and how often."""
RATED = 0.4
"""The share of solved tickets about which the customer says how it went."""
SCORES: Mapping[int, Mapping[int, float]] = {
    8: {5: 0.62, 4: 0.28, 3: 0.07, 2: 0.02, 1: 0.01},
    48: {5: 0.38, 4: 0.36, 3: 0.15, 2: 0.08, 1: 0.03},
    10_000: {5: 0.12, 4: 0.26, 3: 0.26, 2: 0.22, 1: 0.14},
}
"""Who waits so many hours or less is content so often."""
SAID: Mapping[int, Sequence[str]] = {
    5: ("Quick and friendly.", "Solved before I had finished my coffee.", ""),
    4: ("Good answer.", "It works again, thank you.", ""),
    3: ("It took a while.", "I had to explain it twice.", ""),
    2: ("Too slow: our invoices were late because of it.", "I had to explain it three times.", ""),
    1: ("A week without exports, and nobody called.", "Far too slow.", ""),
}
SUBJECTS = (
    "Export stops half way", "Invoice went to the wrong address", "How do I add a colleague?",
    "Report shows last month", "Sign-in with our directory", "Import of orders fails",
    "Change of plan", "Reports are slow", "Invoice without order number",
)  # fmt: skip

_NUMBERED = datetime(2026, 10, 8, 14, 20)  # noqa: DTZ001  local, as all times here
_EVERY = timedelta(hours=5, minutes=49)
"""All that asks for a number gets one: the next comes after this."""


@dataclass(frozen=True, slots=True)
class Request:
    """A ticket from its beginning to its end. All times are Brightside's own, without a zone."""

    number: int
    company: Company
    requester: str
    subject: str
    agent: str
    opened: datetime
    first_reply: datetime
    solved: datetime
    score: int | None
    comment: str = ""

    @property
    def rated(self) -> datetime:
        return self.solved + timedelta(hours=1)


def requests(story: Story, seed: int = SEED) -> list[Request]:
    """All tickets that ever come, in their order."""
    draw = Draw(seed + 1)
    found = {request.number: request for request in _told(story)}
    day = BEGINS
    while day <= ENDS:
        here = sorted(
            {c.company.id: c.company for c in story.contracts
             if c.since < day and (c.until is None or day < c.until)}.items()
        )  # fmt: skip
        for _ in range(draw.weighted(A_DAY) if day.weekday() < 5 else 0):
            request = _request(draw.pick(here)[1], day, draw)
            found.setdefault(request.number, request)
        day += timedelta(days=1)
    return [found[number] for number in sorted(found)]


def tickets(told: Iterable[Request], now: datetime) -> bytes:
    """The tickets' file as it is at a moment of Brightside's own time."""
    return _file(
        {
            "ticket": request.number,
            "customer": request.company.id,
            "company": request.company.name,
            "email": request.requester,
            "subject": request.subject,
            "agent": request.agent,
            "opened": _written(request.opened),
            "first_reply": _written(request.first_reply, now),
            "solved": _written(request.solved, now),
        }
        for request in told
        if request.opened <= now
    )


def ratings(told: Iterable[Request], now: datetime) -> bytes:
    """The file of what customers said of solved tickets, likewise."""
    return _file(
        {
            "rating": f"R{request.number}",
            "ticket": request.number,
            "customer": request.company.id,
            "company": request.company.name,
            "email": request.requester,
            "agent": request.agent,
            "given": _written(request.rated),
            "stars": request.score,
            "comment": request.comment,
        }
        for request in told
        if request.score is not None and request.rated <= now
    )


def _told(story: Story) -> Iterator[Request]:
    """Those that the people of the demo speak about."""
    companies = {company.name: company for company in story.companies}
    yield Request(
        4711, companies["Acme"], "ben@acme.example", "Export of orders stops after 1,000 lines",
        AGENTS[0], _at(8, 14, 20), _at(8, 14, 31), _at(8, 16, 2), 5, "Whole again in two hours.",
    )  # fmt: skip
    yield Request(
        4760, companies["Globex"], "hugo@globex.example", "Order numbers on invoices",
        AGENTS[1], _at(20, 11, 15), _at(20, 15, 40), _at(21, 9, 50), None,
    )  # fmt: skip


def _at(day: int, hour: int, minute: int) -> datetime:
    return datetime(2026, 10, day, hour, minute)  # noqa: DTZ001


def _request(company: Company, day: date, draw: Draw) -> Request:
    opened = datetime.combine(day, time(draw.between(8, 17), draw.between(0, 59)))
    hours = draw.between(*draw.weighted(HOURS))
    solved = _at_work(opened + timedelta(hours=hours, minutes=draw.between(0, 59)))
    replied = _at_work(opened + (solved - opened) * (draw.between(5, 60) / 100))
    waited = next(limit for limit in SCORES if hours <= limit)
    score = draw.weighted(SCORES[waited])
    comment = draw.pick(SAID[score])
    rated = draw.chance(RATED)
    return Request(
        4711 + (opened - _NUMBERED) // _EVERY,
        company,
        f"office@{company.id.lower()}.example",
        draw.pick(SUBJECTS),
        draw.pick(AGENTS),
        opened,
        min(replied, solved),
        solved,
        score if rated else None,
        comment if rated else "",
    )


def _at_work(moment: datetime) -> datetime:
    """The next time from then on at which somebody works, to the minute."""
    moment = moment.replace(second=0, microsecond=0)
    if moment.hour >= 18:
        moment = (moment + timedelta(days=1)).replace(hour=9)
    elif moment.hour < 8:
        moment = moment.replace(hour=9)
    return moment + timedelta(days=max(0, 7 - moment.weekday()) if moment.weekday() > 4 else 0)


def _written(moment: datetime, now: datetime | None = None) -> str:
    """The moment, if it has come."""
    return "" if now is not None and now < moment else f"{moment:%Y-%m-%d %H:%M}"


def _file(rows: Iterable[Mapping[str, Any]]) -> bytes:
    file = io.StringIO(newline="")
    writer = csv.writer(file, lineterminator="\n")
    for number, row in enumerate(rows):
        if not number:
            writer.writerow(row)
        writer.writerow(row.values())
    return file.getvalue().encode()
