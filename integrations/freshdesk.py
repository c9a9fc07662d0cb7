"""Freshdesk: the tickets that its agents resolved, how they were rated, and who is a customer.

Ticket: a ticket that is neither spam nor deleted, with its requester and company. It is solved
while its status is one of `solved` (4 is resolved, 5 is closed), since its `resolved_at`. Freshdesk
does not count how often; every solving that is seen is counted.
Rating: the answer to the first question of a satisfaction survey, from -3 (extremely unhappy) by 0
(neutral) to 3 (extremely happy), with what was written beside it. Each answer is one of its own.
With `scores` the answers of a survey that shows five faces become 1 to 5; on no such scale they are
kept, and count in no result.

Customer: a company of which the custom field named in `property` is one of `values`. Read only
where `reads` names customers: Freshdesk keeps no record of who pays, so let it complete a source
that does, or be one for want of a better.
Since: the custom field named in `since`; where it is empty, the day of the first pull.
Until: Freshdesk does not say: a company that is missing from a later pull has left.
History: none before the first pull, but for `since` of those who are still there.

Auth: the API key of an admin, who may see agents, contacts and companies.
Limits: 100 to 700 requests a minute by plan, and lists of tickets from 20 a minute on; what is
included with tickets counts as more of them. 0.3 a second is the default here.
Identity: the domains of the company.
Traps: without a day to begin with, Freshdesk lists the last 30 days alone; one is always sent. No
list goes further than 300 pages, and pages shift while tickets change: so each page is asked for by
the time of the last change on the one before it.
Broken off: tickets go on from the last change that was read. Companies and ratings begin anew:
their pages have numbers alone, and no order that holds is promised.

https://developers.freshdesk.com/api/#list_all_tickets
https://developers.freshdesk.com/api/#view_all_satisfaction_ratings
https://developers.freshdesk.com/api/#list_all_agents
https://developers.freshdesk.com/api/#list_all_companies
https://developers.freshdesk.com/api/#ratelimit
"""

from collections.abc import AsyncGenerator, Iterable
from contextlib import aclosing
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from typing import Any, ClassVar

import msgspec
from pydantic import Field

from integrations import base, crm
from integrations.errors import BadRecord, UnexpectedResponse
from integrations.http import Http, Trail, basic, link, repeated, side_by_side
from integrations.records import OtherPage, Page, Present, Rating, Ticket

PAGE = 100
DEEPEST = 300
"""Pages beyond this cannot be had from one list."""

OVERLAP = timedelta(minutes=5)
AGAIN = timedelta(seconds=1)
"""Times are told in seconds, and it is not said whether the moment asked from is itself in."""

POINTS = {103: 3, 102: 2, 101: 1, 100: 0, -101: -1, -102: -2, -103: -3}
"""Freshdesk's own values of an answer, and what they are of seven."""


class Settings(crm.MarkedSettings):
    """What of a Freshdesk account is read."""

    requests_per_second_default: ClassVar[float] = 0.3

    token: base.Token = Field(description="The API key of an admin, from Profile settings.")
    url: base.Address = Field(description="Where your account is: https://acme.freshdesk.com.")
    solved: tuple[int, ...] = Field(
        default=(4, 5), min_length=1, description="The statuses of a solved ticket."
    )
    scores: dict[int, int] = Field(
        default_factory=lambda: dict(POINTS),
        min_length=2,
        description="What Freshdesk's values of an answer, 103 to -103, are on your scale.",
    )


class _Requester(msgspec.Struct):
    email: str | None = None


class _Stats(msgspec.Struct):
    resolved_at: str | None = None
    closed_at: str | None = None
    first_responded_at: str | None = None


class _Ticket(msgspec.Struct):
    id: int
    status: int
    created_at: str
    updated_at: str
    stats: _Stats
    requester_id: int | None = None
    responder_id: int | None = None
    company_id: int | None = None
    subject: str | None = None
    requester: _Requester | None = None


class _Rated(msgspec.Struct):
    id: int
    created_at: str
    ratings: dict[str, int]
    updated_at: str | None = None
    user_id: int | None = None
    agent_id: int | None = None
    ticket_id: int | None = None
    feedback: str | None = None


class _Person(msgspec.Struct):
    name: str | None = None
    email: str | None = None


class _Agent(msgspec.Struct):
    id: int
    contact: _Person


class _Contact(msgspec.Struct):
    id: int
    email: str | None = None
    company_id: int | None = None


class _Company(msgspec.Struct):
    id: int
    name: str | None = None
    domains: list[str] | None = None
    custom_fields: dict[str, Any] | None = None


@dataclass
class Known:
    """Who answers, who asks, and their companies, each looked up once in a reading."""

    agents: dict[int, str]
    companies: dict[int, str] = field(default_factory=dict)
    contacts: dict[int, _Contact] = field(default_factory=dict)

    def told(self, requester: int | None, agent: int | None, company: int | None) -> dict[str, Any]:
        """What a record says of them."""
        return {
            "requester": str(requester or ""),
            "account": str(company or ""),
            "account_name": self.companies.get(company or 0, ""),
            "agent": str(agent or ""),
            "agent_name": self.agents.get(agent or 0, ""),
        }


async def customers(settings: Settings, http: Http) -> AsyncGenerator[Page, None]:
    seen: set[int] = set()
    async for rows in _listed("companies", list[_Company], {}, settings, http):
        new = [row for row in rows if row.id not in seen]
        seen |= {row.id for row in new}
        told = (to_customer(row, settings) for row in new)
        found = [customer for customer in told if customer is not None]
        yield Page(found, left_out=crm.no_customers(len(new), found))


def to_customer(row: _Company, settings: Settings) -> Present | None:
    """The company, if it is a customer."""
    company = crm.Company(
        id=str(row.id),
        name=row.name or str(row.id),
        place=f"company {row.id}",
        domains=crm.domains(*row.domains or ()),
    )
    return settings.customer(company, row.custom_fields or {})


async def tickets(
    settings: Settings, http: Http, since: datetime
) -> AsyncGenerator[OtherPage, None]:
    known = Known(await _agents(settings, http))
    async for rows in _changed(since - OVERLAP, settings, http):
        await _name([row.company_id for row in rows], known, settings, http)
        told = [to_ticket(row, settings, known) for row in rows]
        yield OtherPage(told, up_to=told[-1].changed if told else None)


async def ratings(
    settings: Settings, http: Http, since: datetime
) -> AsyncGenerator[OtherPage, None]:
    known = Known(await _agents(settings, http))
    which = {"created_since": _written(since - OVERLAP)}
    async for rows in _listed("surveys/satisfaction_ratings", list[_Rated], which, settings, http):
        rated: list[_Rated] = [row for row in rows if "default_question" in row.ratings]
        await _meet([row.user_id for row in rated], known, settings, http)
        companies = [known.contacts[row.user_id].company_id for row in rated if row.user_id]
        await _name(companies, known, settings, http)
        yield OtherPage([to_rating(row, settings, known) for row in rated])


def to_ticket(row: _Ticket, settings: Settings, known: Known) -> Ticket:
    place = f"ticket {row.id}"
    solved = row.stats.resolved_at or row.stats.closed_at
    is_solved = row.status in settings.solved
    replied = row.stats.first_responded_at
    return Ticket(
        str(row.id),
        opened=_at(row.created_at, place),
        email=(row.requester.email if row.requester else None) or "",
        subject=row.subject or "",
        first_reply=_at(replied, place) if replied else None,
        solved=_at(solved, place) if solved and is_solved else None,
        changed=_at(row.updated_at, place),
        place=place,
        **known.told(row.requester_id, row.responder_id, row.company_id),
    )


def to_rating(row: _Rated, settings: Settings, known: Known) -> Rating:
    place = f"rating {row.id}"
    score = settings.scores.get(row.ratings["default_question"])
    if score is None:
        raise BadRecord(
            f"{place} has an answer that is not in scores: of this source; add its value there"
        )
    contact = known.contacts.get(row.user_id or 0)
    when = _at(row.created_at, place)
    return Rating(
        str(row.id),
        when,
        float(score),
        float(min(settings.scores.values())),
        float(max(settings.scores.values())),
        email=(contact.email if contact else None) or "",
        ticket=str(row.ticket_id or ""),
        comment=row.feedback or "",
        changed=_at(row.updated_at, place) if row.updated_at else when,
        place=place,
        **known.told(row.user_id, row.agent_id, contact.company_id if contact else None),
    )


def _at(told: str, place: str) -> datetime:
    return crm.instant(told, place, "a time in Freshdesk's answer")


def _written(moment: datetime) -> str:
    return moment.astimezone(UTC).strftime("%Y-%m-%dT%H:%M:%SZ")


def _headers(settings: Settings) -> dict[str, str]:
    return basic(settings.token, "X")


async def _changed(
    since: datetime, settings: Settings, http: Http
) -> AsyncGenerator[list[_Ticket], None]:
    """What changed since then, in that order; a ticket that changes meanwhile comes again."""
    url = f"{settings.url}/api/v2/tickets"
    seen: set[tuple[int, str]] = set()
    page = 1
    while True:
        answer = await http.answer(
            "GET",
            url,
            shape=list[_Ticket],
            headers=_headers(settings),
            params={
                "updated_since": _written(since),
                "include": "stats,requester",
                "order_by": "updated_at",
                "order_type": "asc",
                "per_page": PAGE,
                "page": page,
            },
        )
        rows = [row for row in answer.body if (row.id, row.updated_at) not in seen]
        times = [_at(row.updated_at, f"ticket {row.id}") for row in answer.body]
        if times != sorted(times):
            raise UnexpectedResponse(f"{url} is not in the order of updated_at; report it to us")
        if link(answer.headers, "next") is None:
            yield rows
            return
        if not times:
            raise UnexpectedResponse(f"{url} gave an empty page and says that there is more")
        if page > 1 and not rows:
            raise repeated(url, page)
        seen |= {(row.id, row.updated_at) for row in rows}
        yield rows
        if times[-1] - AGAIN > since:
            since, page = times[-1] - AGAIN, 1
        elif page < DEEPEST:
            page += 1
        else:
            raise UnexpectedResponse(
                f"{url} has more than {DEEPEST * PAGE} tickets that changed within a second, which"
                " is more than it lists; report it to us"
            )


async def _listed(
    of: str, shape: Any, which: dict[str, Any], settings: Settings, http: Http
) -> AsyncGenerator[Any, None]:
    """The pages of a list."""
    url = f"{settings.url}/api/v2/{of}"
    trail = Trail(url)
    page = 1
    while True:
        answer = await http.answer(
            "GET",
            url,
            shape=shape,
            headers=_headers(settings),
            params={**which, "per_page": PAGE, "page": page},
        )
        following = link(answer.headers, "next")
        if following and not answer.body:
            raise UnexpectedResponse(f"{url} gave an empty page and says that there is more")
        yield answer.body
        if following is None:
            return
        trail.follow(following)
        page += 1


async def _agents(settings: Settings, http: Http) -> dict[int, str]:
    """What the agents are called, by id."""
    named: dict[int, str] = {}
    async for agents in _listed("agents", list[_Agent], {}, settings, http):
        for agent in agents:
            named[agent.id] = agent.contact.name or agent.contact.email or ""
    return named


async def _name(ids: Iterable[int | None], known: Known, settings: Settings, http: Http) -> None:
    """Learn what these companies are called."""
    url = f"{settings.url}/api/v2/companies"
    new = sorted({id for id in ids if id is not None and id not in known.companies})
    asks = (http.find(f"{url}/{id}", shape=_Company, headers=_headers(settings)) for id in new)
    known.companies |= dict.fromkeys(new, "")  # of one that was deleted since
    async with aclosing(side_by_side(asks)) as told:
        known.companies |= {each.id: each.name or "" async for each in told if each is not None}


async def _meet(ids: Iterable[int | None], known: Known, settings: Settings, http: Http) -> None:
    """Learn who these contacts are."""
    url = f"{settings.url}/api/v2/contacts"
    new = sorted({id for id in ids if id is not None and id not in known.contacts})
    asks = (http.find(f"{url}/{id}", shape=_Contact, headers=_headers(settings)) for id in new)
    known.contacts |= {id: _Contact(id) for id in new}
    async with aclosing(side_by_side(asks)) as told:
        known.contacts |= {each.id: each async for each in told if each is not None}
