"""Intercom: conversations and tickets that were solved, their ratings, and who is a customer.

Ticket: a conversation in which a contact wrote something (a message of yours that nobody answered
is no request), and a ticket of the category Customer; `requests` says which of the two to read. The
account is the first company of the first contact. A conversation is solved when it was closed the
last time, and as often as it was reopened and closed; a ticket when its state became resolved. A
conversation that became a ticket is read as the ticket.
Rating: what a contact chose under a conversation, 1 to 5, with their remark. Ask no second time.
Customer: a company of which `property`, an attribute of your own or `plan`, `tags`, `segments`,
`industry`, is one of `values`. Read only where `reads` names customers: Intercom keeps no record of
who pays, so let it complete a source that does, or be one for want of a better.
Since: the attribute named in `since`; where it is empty, the day of the first pull.
Until: Intercom does not say: a company that is missing from a later pull has left.
History: of customers none before the first pull, but for `since` of those who are still there; of
tickets and ratings as far back as the first reading looks (`tickets.back_days`).

Auth: the access token of an app of your workspace that may read conversations, tickets, admins, and
users and companies.
Limits: 10,000 requests a minute for the app and 25,000 for the workspace, in parts of ten seconds;
20 a second is the default here.
Traps: `url` is https://api.eu.intercom.io or https://api.au.intercom.io for workspaces there. A
contact that was merged into another is not found any more: then the conversation has an address,
and no account. Tickets tell at most 500 events, so of a longer one the first reply or a solving
may be missing; what is closed and does not say when counts as open. Companies without people are
not listed: one that loses the last of them looks like one that left. No more than 10,000 are; the
scroll that gives more is not used, because a page of it that gets lost cannot be asked for again.
Broken off: all begins anew. Companies move while they are listed, and for searches the API
describes no order, so what came says nothing about what is still to come.

https://developers.intercom.com/docs/references/rest-api/api.intercom.io/conversations/searchconversations
https://developers.intercom.com/docs/references/rest-api/api.intercom.io/tickets/searchtickets
https://developers.intercom.com/docs/references/rest-api/api.intercom.io/companies/listallcompanies
https://developers.intercom.com/docs/references/rest-api/api.intercom.io/companies/scrolloverallcompanies
https://developers.intercom.com/docs/build-an-integration/learn-more/rest-apis/pagination
https://developers.intercom.com/docs/references/rest-api/errors/rate-limiting
"""

import re
from collections.abc import AsyncGenerator, Iterable, Sequence
from contextlib import aclosing
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from typing import Any, ClassVar, Literal

import msgspec
from pydantic import Field

from integrations import base, crm
from integrations.errors import SourceUnavailable, UnexpectedResponse
from integrations.http import Http, Trail, bearer, side_by_side
from integrations.records import OtherPage, Page, Present, Rating, Ticket

VERSION = "2.14"
PAGE = 150
CONTACTS = 50
"""Contacts that are asked for at once."""

OVERLAP = timedelta(minutes=5)
"""How far the search index may lag behind changes."""

COMPANIES = 60
CAP = 10_000
"""Companies beyond this are not listed, and a total of it may be more in truth."""

PASSES = 10
"""How often the beginning of a list that moves is read, until it holds still for a page."""

Request = Literal["conversations", "tickets"]


class Settings(crm.MarkedSettings):
    """What of an Intercom workspace is read."""

    requests_per_second_default: ClassVar[float] = 20.0

    token: base.Token = Field(description="The access token of an app of your workspace.")
    url: base.Address = Field(
        default="https://api.intercom.io",
        description="Where the API is; https://api.eu.intercom.io for a workspace in Europe.",
    )
    requests: tuple[Request, ...] = Field(
        default=("conversations", "tickets"),
        min_length=1,
        description="What counts as a request for help.",
    )


class _Next(msgspec.Struct):
    starting_after: str | None = None


class _Pages(msgspec.Struct):
    next: _Next | None = None


class _Contact(msgspec.Struct):
    """A contact: who it is alone, or with what a search tells of it."""

    id: str
    email: str | None = None
    companies: dict[str, Any] | None = None


class _Contacts(msgspec.Struct):
    contacts: list[_Contact]


class _Author(msgspec.Struct):
    type: str = ""
    id: str | int | None = None
    email: str | None = None


class _Source(msgspec.Struct):
    subject: str | None = None
    author: _Author | None = None


class _Statistics(msgspec.Struct):
    first_admin_reply_at: int | None = None
    last_close_at: int | None = None
    count_reopens: int | None = None


class _Reference(msgspec.Struct):
    id: str | int | None = None


class _Rated(msgspec.Struct):
    rating: int | None = None
    remark: str | None = None
    created_at: int | None = None
    updated_at: int | None = None
    contact: _Reference | None = None
    teammate: _Reference | None = None


class _Conversation(msgspec.Struct):
    id: str
    created_at: int
    updated_at: int
    state: str
    contacts: _Contacts
    title: str | None = None
    source: _Source | None = None
    first_contact_reply: dict[str, Any] | None = None
    admin_assignee_id: int | str | None = None
    statistics: _Statistics | None = None
    conversation_rating: _Rated | None = None
    ticket: _Reference | None = None


class _Part(msgspec.Struct):
    part_type: str
    created_at: int
    author: _Author | None = None
    ticket_state: str | None = None
    previous_ticket_state: str | None = None


class _Parts(msgspec.Struct):
    ticket_parts: list[_Part]


class _State(msgspec.Struct):
    category: str


class _Ticket(msgspec.Struct):
    id: str
    created_at: int
    updated_at: int
    contacts: _Contacts
    ticket_state: _State
    ticket_parts: _Parts | None = None
    ticket_attributes: dict[str, Any] = msgspec.field(default_factory=dict)
    admin_assignee_id: int | str | None = None


class _Conversations(msgspec.Struct):
    rows: list[_Conversation] = msgspec.field(name="conversations")
    pages: _Pages | None = None


class _Tickets(msgspec.Struct):
    rows: list[_Ticket] = msgspec.field(name="tickets")
    pages: _Pages | None = None


class _People(msgspec.Struct):
    rows: list[_Contact] = msgspec.field(name="data")
    pages: _Pages | None = None


class _Admin(msgspec.Struct):
    id: str
    name: str | None = None
    email: str | None = None


class _Admins(msgspec.Struct):
    admins: list[_Admin]


class _Company(msgspec.Struct):
    id: str
    name: str | None = None


class _Named(msgspec.Struct):
    name: str | None = None


class _Tags(msgspec.Struct):
    tags: list[_Named] = msgspec.field(default_factory=list)


class _Segments(msgspec.Struct):
    segments: list[_Named] = msgspec.field(default_factory=list)


class _Listing(msgspec.Struct):
    """A company as lists show it."""

    id: str
    company_id: str | None = None
    name: str | None = None
    website: str | None = None
    industry: str | None = None
    size: int | None = None
    plan: _Named | None = None
    tags: _Tags | None = None
    segments: _Segments | None = None
    created_at: int | None = None
    remote_created_at: int | None = None
    last_request_at: int | None = None
    custom_attributes: dict[str, Any] = msgspec.field(default_factory=dict)


class _Numbers(msgspec.Struct):
    page: int
    total_pages: int


class _Companies(msgspec.Struct):
    rows: list[_Listing] = msgspec.field(name="data")
    pages: _Numbers
    total_count: int


@dataclass
class Known:
    """What was read of those who ask and those who answer, each once in a reading."""

    agents: dict[str, str]
    """What they are called."""
    emails: dict[str, str] = field(default_factory=dict)
    """Of the contacts that were looked for, "" where there is none."""
    companies: dict[str, str] = field(default_factory=dict)
    """Of these contacts: their company's id, "" where there is none."""
    names: dict[str, str] = field(default_factory=dict)
    """What the companies are called."""

    def asks(self, contact: str) -> dict[str, Any]:
        """What a record says of who asks."""
        company = self.companies.get(contact, "")
        return {
            "requester": contact,
            "account": company,
            "account_name": self.names.get(company, ""),
        }

    def answers(self, admin: int | str | None) -> dict[str, Any]:
        """What a record says of who answers; Intercom writes 0 for nobody."""
        id = "" if admin in (None, 0, "0") else str(admin)
        return {"agent": id, "agent_name": self.agents.get(id, "")}


async def customers(settings: Settings, http: Http) -> AsyncGenerator[Page, None]:
    async with aclosing(_listed(settings, http)) as pages:
        async for rows in pages:
            told = (to_customer(row, settings) for row in rows)
            found = [customer for customer in told if customer is not None]
            yield Page(found, left_out=crm.no_customers(len(rows), found))


def to_customer(row: _Listing, settings: Settings) -> Present | None:
    """The company, if it is a customer."""
    told: dict[str, Any] = {
        "company_id": row.company_id,
        "plan": row.plan.name if row.plan else None,
        "industry": row.industry,
        "size": row.size,
        "tags": [tag.name for tag in row.tags.tags] if row.tags else [],
        "segments": [segment.name for segment in row.segments.segments] if row.segments else [],
        "created_at": row.created_at,
        "remote_created_at": row.remote_created_at,
        **row.custom_attributes,
    }
    # Of what is called so, a number is seconds since 1970.
    moments = {
        name: _moment(int(value)).isoformat()
        for name, value in told.items()
        if name.endswith("_at") and isinstance(value, int | float) and value
    }
    company = crm.Company(
        id=row.id,
        name=row.name or row.company_id or row.id,
        place=f"company {row.id}",
        domains=crm.domains(row.website),
    )
    return settings.customer(company, {**told, **moments})


async def _listed(settings: Settings, http: Http) -> AsyncGenerator[list[_Listing], None]:
    """The companies, each once. They stand in the order of their last requests, so who makes one
    meanwhile goes to the front, which is read again until it fits on one page."""
    seen: set[str] = set()
    since: int | None = None
    for _ in range(PASSES):
        newest: int | None = None
        number, total = 1, 0
        while True:
            page = await _page(number, settings, http)
            if number > 1 and page.total_count < total:
                raise SourceUnavailable(
                    f"{settings.url}/companies/list lost a row while its pages were read, so"
                    " another one may be missing; the next pull tries again"
                )
            total = page.total_count
            yield [row for row in page.rows if row.id not in seen]
            seen |= {row.id for row in page.rows}
            if number == 1 and page.rows:
                newest = page.rows[0].last_request_at
            if number >= page.pages.total_pages:
                break
            if since is not None and (page.rows[-1].last_request_at or 0) < since:
                break
            number += 1
        if number == 1:
            return
        since = newest or 0
    raise SourceUnavailable(
        f"the companies at {settings.url} change faster than they can be read; the next pull tries"
        " again, and a higher requests_per_second may help"
    )


async def _page(number: int, settings: Settings, http: Http) -> _Companies:
    url = f"{settings.url}/companies/list"
    answer = await http.answer(
        "POST",
        url,
        shape=_Companies,
        headers=_headers(settings),
        params={"page": number, "per_page": COMPANIES, "order": "desc"},
    )
    page = answer.body
    if page.total_count >= CAP:
        raise UnexpectedResponse(
            f"{url} lists no more than {CAP:,} companies, and there may be more of them; read"
            " customers from another source, and leave customers out of reads: here"
        )
    if page.pages.page != number:
        raise UnexpectedResponse(
            f"{url} gave the same page again, or another than page {number}; the pull is thrown"
            " away: report it to us if the next one ends so too"
        )
    if number < page.pages.total_pages and not page.rows:
        raise UnexpectedResponse(f"{url} gave an empty page and says that there is more")
    if not all(_ID.fullmatch(row.id) for row in page.rows):
        raise UnexpectedResponse(f"{url} gave an id that is none; report it to us")
    return page


async def tickets(
    settings: Settings, http: Http, since: datetime
) -> AsyncGenerator[OtherPage, None]:
    changed = ("updated_at", ">", _seconds(since - OVERLAP))
    known = Known(await _agents(settings, http))
    if "conversations" in settings.requests:
        async for talks in _found("conversations", _Conversations, [changed], settings, http):
            asked = [talk for talk in talks if is_request(talk, settings)]
            await _look_up([_who(talk) for talk in asked], known, settings, http)
            yield OtherPage([to_ticket(talk, known) for talk in asked])
    if "tickets" in settings.requests:
        ours = ("category", "=", "request")
        async for rows in _found("tickets", _Tickets, [changed, ours], settings, http):
            await _look_up([_first(row.contacts) for row in rows], known, settings, http)
            yield OtherPage([from_ticket(row, known) for row in rows])


async def ratings(
    settings: Settings, http: Http, since: datetime
) -> AsyncGenerator[OtherPage, None]:
    given = ("conversation_rating.replied_at", ">", _seconds(since - OVERLAP))
    known = Known(await _agents(settings, http))
    async for talks in _found("conversations", _Conversations, [given], settings, http):
        rated = [(talk, said) for talk in talks if (said := talk.conversation_rating) is not None]
        await _look_up([_who(talk) for talk, _ in rated], known, settings, http)
        yield OtherPage(
            [to_rating(talk, said, known) for talk, said in rated if said.rating is not None]
        )


def is_request(talk: _Conversation, settings: Settings) -> bool:
    """Whether somebody asked something, and no ticket tells it better."""
    told_elsewhere = talk.ticket is not None and "tickets" in settings.requests
    return talk.first_contact_reply is not None and not told_elsewhere


def to_ticket(talk: _Conversation, known: Known) -> Ticket:
    told = talk.statistics or _Statistics()
    closed = talk.state == "closed"
    times = None if told.count_reopens is None else told.count_reopens + closed
    subject = talk.title or (talk.source.subject if talk.source else "") or ""
    return Ticket(
        talk.id,
        opened=_moment(talk.created_at),
        email=_email(talk, known),
        subject=_TAG.sub("", subject).strip(),
        first_reply=_optional(told.first_admin_reply_at),
        # Not `updated_at` where this is not told: each later note would solve it once more.
        solved=_optional(told.last_close_at if closed else None),
        times_solved=times,
        changed=_moment(talk.updated_at),
        place=f"conversation {talk.id}",
        **known.asks(_who(talk)),
        **known.answers(talk.admin_assignee_id),
    )


def from_ticket(row: _Ticket, known: Known) -> Ticket:
    contact = _first(row.contacts)
    parts = sorted(row.ticket_parts.ticket_parts, key=_told_at) if row.ticket_parts else []
    solved = [
        part.created_at
        for part in parts
        if part.ticket_state == "resolved" and part.previous_ticket_state != "resolved"
    ]
    replies = [
        part.created_at
        for part in parts
        if part.part_type == "comment" and part.author and part.author.type == "admin"
    ]
    is_solved = row.ticket_state.category == "resolved"
    return Ticket(
        _id_of(row.id),
        opened=_moment(row.created_at),
        email=known.emails.get(contact, ""),
        subject=str(row.ticket_attributes.get("_default_title_") or ""),
        first_reply=_optional(replies[0] if replies else None),
        solved=_optional(max(solved, default=None) if is_solved else None),
        times_solved=len(solved) or None,
        changed=_moment(row.updated_at),
        place=f"ticket {row.id}",
        **known.asks(contact),
        **known.answers(row.admin_assignee_id),
    )


def to_rating(talk: _Conversation, said: _Rated, known: Known) -> Rating:
    when = said.updated_at or said.created_at or talk.updated_at
    by = said.teammate.id if said.teammate else talk.admin_assignee_id
    ticket = talk.ticket.id if talk.ticket else None
    return Rating(
        talk.id,
        _moment(when),
        float(said.rating or 0),
        1.0,
        5.0,
        email=_email(talk, known),
        ticket=talk.id if ticket is None else _id_of(str(ticket)),
        comment=said.remark or "",
        changed=_moment(when),
        place=f"conversation {talk.id}",
        **known.asks(_who(talk)),
        **known.answers(by),
    )


_ID = re.compile(r"[A-Za-z0-9_-]{0,64}")
_TAG = re.compile(r"<[^>]*>")


def _id_of(ticket: str) -> str:
    """Tickets and conversations may be numbered alike."""
    return f"ticket-{ticket}"


def _first(contacts: _Contacts) -> str:
    return contacts.contacts[0].id if contacts.contacts else ""


def _who(talk: _Conversation) -> str:
    """The contact: who wrote first, or the first of several."""
    author = talk.source.author if talk.source else None
    ids = [contact.id for contact in talk.contacts.contacts]
    return str(author.id) if author and author.id in ids else _first(talk.contacts)


def _email(talk: _Conversation, known: Known) -> str:
    author = talk.source.author if talk.source else None
    wrote = author is not None and str(author.id) == _who(talk)
    return known.emails.get(_who(talk)) or (author.email if author and wrote else "") or ""


def _told_at(part: _Part) -> int:
    return part.created_at


def _moment(seconds: int) -> datetime:
    return datetime.fromtimestamp(seconds, UTC)


def _optional(seconds: int | None) -> datetime | None:
    return _moment(seconds) if seconds else None


def _seconds(moment: datetime) -> str:
    return str(int(moment.timestamp()))


def _headers(settings: Settings) -> dict[str, str]:
    return {**bearer(settings.token), "Intercom-Version": VERSION}


async def _found(
    of: str,
    shape: Any,
    filters: Sequence[tuple[str, str, object]],
    settings: Settings,
    http: Http,
    size: int = PAGE,
) -> AsyncGenerator[list[Any], None]:
    """The rows of a search, page after page."""
    url = f"{settings.url}/{of}/search"
    wanted = [{"field": name, "operator": is_, "value": value} for name, is_, value in filters]
    paging: dict[str, object] = {"per_page": size}
    trail = Trail(url)
    while True:
        found = await http.post(
            url,
            shape=shape,
            headers=_headers(settings),
            json={"query": {"operator": "AND", "value": wanted}, "pagination": paging},
        )
        following = found.pages.next.starting_after if found.pages and found.pages.next else None
        if following and not found.rows:
            raise UnexpectedResponse(f"{url} gave an empty page and says that there is more")
        yield found.rows
        if not following:
            return
        paging = {**paging, "starting_after": trail.follow(following)}


async def _agents(settings: Settings, http: Http) -> dict[str, str]:
    """What the teammates are called, by id."""
    url = f"{settings.url}/admins"
    found = await http.get(url, shape=_Admins, headers=_headers(settings))
    if any(not admin.id.isdigit() for admin in found.admins):
        raise UnexpectedResponse(f"{url} gave an id that is none; report it to us")
    return {admin.id: admin.name or admin.email or "" for admin in found.admins}


async def _look_up(contacts: Iterable[str], known: Known, settings: Settings, http: Http) -> None:
    """Learn of these contacts, and of their companies, what is not known yet."""
    url = f"{settings.url}/contacts/search"
    new = sorted({contact for contact in contacts if contact and contact not in known.emails})
    for some in crm.some(new, CONTACTS):
        known.emails |= dict.fromkeys(some, "")
        within = [("id", "IN", list(some))]
        async for people in _found("contacts", _People, within, settings, http, CONTACTS):
            for person in people:
                if person.id not in known.emails:
                    raise UnexpectedResponse(
                        f"{url} gave a contact that was not asked for; report it to us"
                    )
                known.emails[person.id] = person.email or ""
                known.companies[person.id] = _company_of(person, url)
    missing = sorted({id for id in known.companies.values() if id and id not in known.names})
    asks = (_company(id, settings, http) for id in missing)
    async with aclosing(side_by_side(asks)) as told:
        async for company in told:
            known.names[company.id] = company.name or ""


def _company_of(person: _Contact, url: str) -> str:
    told = (person.companies or {}).get("data") or []
    id = str(told[0]["id"]) if told else ""
    if not _ID.fullmatch(id):
        raise UnexpectedResponse(f"{url} gave an id that is none; report it to us")
    return id


async def _company(id: str, settings: Settings, http: Http) -> _Company:
    """A company; without a name if it was deleted since."""
    url = f"{settings.url}/companies/{id}"
    return await http.find(url, shape=_Company, headers=_headers(settings)) or _Company(id)
