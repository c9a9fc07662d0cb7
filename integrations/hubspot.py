"""HubSpot: the companies whose lifecycle stage says that they are customers.

Customer: a company of which `lifecyclestage` is one of `stages` (`customer` at first; stages can
be renamed and added, so give the internal value that HubSpot shows under Settings, Objects,
Companies, Lifecycle stage). `property` names another property to go by.
Since: the property named in `since`; HubSpot itself keeps `hs_v2_date_entered_customer`, the day
on which the company entered that stage. Where it is empty, the day of the first pull.
Until: of `evidence: today` HubSpot does not say: a company that is missing from a later pull has
left. Of `history` when the property became another value, or the company was archived.
Revenue: the property named in `amount`, `every` month or year, in `currency`, a code for all of
them; HubSpot has no such property of its own. It holds from the day of the pull on.
History: of `today` none before the first pull, but for `since` of those who are still there. Of
`history` all that HubSpot kept of the property since each company was made, of archived ones too.
Ticket: a ticket of the help desk, with the first of its contacts and its primary company; solved is
its close date, which is empty again while it is open again.

Auth: the access token of a private app with the scope `crm.objects.companies.read`; for tickets
also `tickets`, `crm.objects.contacts.read` and `crm.objects.owners.read`.
Limits: five searches a second for the whole account; 4 is the default here.
Identity: `domain` and `hs_additional_domains`. When companies are merged, HubSpot names the old ids
in `hs_merged_object_ids` of the one that remains, whose own id may be new: no customer is lost.
Traps: a search gives no more than 10,000 rows, so each page asks for the ids above the last one
instead of counting on. It does not find archived companies, and lags some seconds behind changes.
Of a property that changed more than 20 times the first values are forgotten.
Broken off: companies go on after the last page. Tickets that changed begin anew: they are read in
the order of ids, for in the order of changes who changes meanwhile moves others off their page.

https://developers.hubspot.com/docs/api-reference/search/guide
https://developers.hubspot.com/docs/api-reference/crm-companies-v3/guide
https://developers.hubspot.com/docs/api-reference/crm-tickets-v3/guide
https://developers.hubspot.com/docs/api-reference/crm-associations-v4/guide
https://knowledge.hubspot.com/properties/stage-calculated-properties
"""

from collections.abc import AsyncGenerator, Callable, Iterable, Iterator, Mapping, Sequence
from contextlib import aclosing
from datetime import UTC, datetime, timedelta
from operator import ge
from typing import Any, ClassVar, Literal

import msgspec
from pydantic import Field

from integrations import base, crm
from integrations.errors import UnexpectedResponse
from integrations.http import Http, Trail, bearer, side_by_side
from integrations.records import DatedStay, OtherPage, Page, Present, Ticket

PAGE = 200
CAP = 10_000
"""Rows beyond this cannot be had from one search, and a `total` of it may be more in truth."""

SOME = 50
"""Companies of which the history may be asked for at once."""

OVERLAP = timedelta(minutes=5)
"""How far the search index may lag behind changes."""

_WHO = ("domain", "hs_additional_domains", "hs_merged_object_ids")
"""Properties of every account that say who a company is elsewhere, and which it was before."""


class Settings(crm.CompanySettings):
    """Which companies of a HubSpot account are customers."""

    requests_per_second_default: ClassVar[float] = 4.0
    reads_default: ClassVar[tuple[base.Reading, ...] | None] = ("customers",)

    token: base.Token = Field(description="A private app's token: crm.objects.companies.read.")
    url: base.Address = Field(
        default="https://api.hubapi.com", description="Where the API is; change it for tests only."
    )
    evidence: Literal["today", "history"] = Field(
        default="today", description="Whether to read what the property is, or what it was too."
    )
    property: str = Field(
        default="lifecyclestage", description="The company property that says who is a customer."
    )
    stages: tuple[str, ...] = Field(
        default=("customer",),
        min_length=1,
        max_length=5,
        description="Internal values of that property that make a customer.",
    )
    since: str | None = Field(
        default="hs_v2_date_entered_customer",
        description="The company property with the day they became a customer.",
    )


class _Version(msgspec.Struct):
    value: str | None
    timestamp: str


class _Company(msgspec.Struct):
    """A company, or anything else of which HubSpot tells properties."""

    id: str
    properties: dict[str, str | None]
    history: dict[str, list[_Version]] = msgspec.field(
        default_factory=dict, name="propertiesWithHistory"
    )
    archived_at: str | None = msgspec.field(default=None, name="archivedAt")


class _Next(msgspec.Struct):
    after: str


class _Paging(msgspec.Struct):
    next: _Next | None = None


class _Found(msgspec.Struct):
    total: int
    results: list[_Company]
    paging: _Paging | None = None

    @property
    def has_more(self) -> bool:
        return self.paging is not None and self.paging.next is not None


class _Listed(msgspec.Struct):
    results: list[_Company]
    paging: _Paging | None = None


class _Read(msgspec.Struct):
    results: list[_Company]


class _To(msgspec.Struct):
    toObjectId: int
    associationTypes: list[dict[str, Any]] = msgspec.field(default_factory=list)


class _From(msgspec.Struct):
    id: str


class _Association(msgspec.Struct):
    source: _From = msgspec.field(name="from")
    to: list[_To]


class _Associations(msgspec.Struct):
    results: list[_Association]


class _Owner(msgspec.Struct):
    id: str
    firstName: str | None = None
    lastName: str | None = None
    email: str | None = None


class _Owners(msgspec.Struct):
    results: list[_Owner]
    paging: _Paging | None = None


async def customers(settings: Settings, http: Http, after: str = "") -> AsyncGenerator[Page, None]:
    if settings.evidence == "history":
        told, _, cursor = after.partition(" ")
        for archived in ("true",) if told == "true" else ("false", "true"):
            pages = _listed(settings, http, archived, cursor if told == archived else "")
            async for rows, following in pages:
                stays = [stay for row in rows for stay in to_stays(row, settings)]
                mark = f"{archived} {following}" if following else ""
                yield Page(stays, mark=mark, left_out=crm.no_customers(len(rows), stays))
        return

    def asked(above: int) -> dict[str, object]:
        return question(settings, above=above)

    async for rows, total, last in _found(settings, http, "companies", asked, above=after):
        yield Page([to_present(row, settings) for row in rows], of=total, mark=last)


async def changes(settings: Settings, http: Http, since: datetime) -> AsyncGenerator[Page, None]:
    wanted = _wanted(settings)

    def asked(above: int) -> dict[str, object]:
        return _changed("hs_lastmodifieddate", since, above, [*wanted, settings.property])

    async for rows, _, _ in _found(settings, http, "companies", asked):
        records: Sequence[Present | DatedStay]
        if settings.evidence == "history":
            told = await _with_history(rows, settings, http)
            records = [stay for row in told for stay in to_stays(row, settings)]
        else:
            held = [r for r in rows if r.properties.get(settings.property) in settings.stages]
            records = [to_present(row, settings) for row in held]
        there = {record.customer for record in records}
        yield Page(records, gone=[row.id for row in rows if row.id not in there])


async def tickets(
    settings: Settings, http: Http, since: datetime
) -> AsyncGenerator[OtherPage, None]:
    def asked(above: int) -> dict[str, object]:
        return _changed("hs_lastmodifieddate", since, above, _OF_TICKETS)

    owners = await _owners(settings, http)
    async for rows, total, _ in _found(settings, http, "tickets", asked):
        ids = [row.id for row in rows]
        companies = await _associated("companies", ids, settings, http)
        contacts = await _associated("contacts", ids, settings, http)
        names = await _told("companies", companies.values(), ["name", "domain"], settings, http)
        people = await _told("contacts", contacts.values(), ["email"], settings, http)
        yield OtherPage(
            [to_ticket(row, companies, contacts, names, people, owners) for row in rows], of=total
        )


_OF_TICKETS = [
    "subject", "createdate", "closed_date", "first_agent_reply_date", "hubspot_owner_id",
    "hs_lastmodifieddate",
]  # fmt: skip

_Told = Mapping[str, Mapping[str, str | None]]


def to_ticket(
    row: _Company,
    companies: Mapping[str, str],
    contacts: Mapping[str, str],
    names: _Told,
    people: _Told,
    owners: Mapping[str, str],
) -> Ticket:
    told, place = row.properties, f"ticket {row.id}"
    company, contact = companies.get(row.id, ""), contacts.get(row.id, "")
    owner = told.get("hubspot_owner_id") or ""
    named = names.get(company, {})

    def at(name: str) -> datetime | None:
        read = crm.optional(told.get(name), place, name)
        if read is None or isinstance(read, datetime):
            return read
        return datetime(read.year, read.month, read.day, tzinfo=UTC)

    opened = at("createdate")
    if opened is None:
        raise UnexpectedResponse(f"{place} has no createdate; report it to us")
    return Ticket(
        row.id,
        contact,
        opened,
        account=company,
        account_name=named.get("name") or named.get("domain") or "",
        email=people.get(contact, {}).get("email") or "",
        agent=owner,
        agent_name=owners.get(owner, ""),
        subject=told.get("subject") or "",
        first_reply=at("first_agent_reply_date"),
        solved=at("closed_date"),
        changed=at("hs_lastmodifieddate"),
        place=place,
    )


async def _found(
    settings: Settings,
    http: Http,
    of: str,
    asked: Callable[[int], dict[str, object]],
    *,
    above: str = "",
) -> AsyncGenerator[tuple[list[_Company], int | None, str], None]:
    """What a search finds, in the order of ids, how many there are where it says so, and the id
    above which there are more, with how many came until there."""
    url = f"{settings.url}/crm/v3/objects/{of}/search"
    begin, _, before = above.partition(" ")
    last, read = int(begin or 0), int(before or 0)
    while True:
        found = await http.post(url, shape=_Found, headers=bearer(settings.token), json=asked(last))
        ids = [id for row in found.results if (id := int(row.id)) > last]
        new = len(ids) == len(found.results)
        rows = found.results if new else [row for row in found.results if int(row.id) > last]
        if any(map(ge, ids, ids[1:])) or (found.results and not rows):
            raise UnexpectedResponse(
                f"{url} gave records again, or not in the order of their ids; the pull is thrown"
                " away: report it to us if the next one ends so too"
            )
        # Counted from here on, so it stays right while companies come and go during the pull.
        total = read + found.total if found.total < CAP else None
        read += len(rows)
        has_more = found.has_more or found.total > len(found.results)
        yield rows, total, f"{rows[-1].id} {read}" if rows and has_more else ""
        if not has_more:
            return
        if not rows:
            raise UnexpectedResponse(f"{url} gave an empty page and says that there is more")
        last = ids[-1]


async def _listed(
    settings: Settings, http: Http, archived: str, after: str
) -> AsyncGenerator[tuple[list[_Company], str], None]:
    """All companies with the history of the property, each once; and where the next ones are."""
    url = f"{settings.url}/crm/v3/objects/companies"
    params: dict[str, str | int] = {
        "limit": SOME,
        "archived": archived,
        "properties": ",".join(_wanted(settings)),
        "propertiesWithHistory": settings.property,
        **({"after": after} if after else {}),
    }
    trail = Trail(url)
    seen: set[str] = set()
    while True:
        found = await http.get(url, shape=_Listed, headers=bearer(settings.token), params=params)
        following = found.paging.next if found.paging else None
        if following and not found.results:
            raise UnexpectedResponse(f"{url} gave an empty page and says that there is more")
        rows = [row for row in found.results if row.id not in seen]
        seen |= {row.id for row in rows}
        yield rows, following.after if following else ""
        if following is None:
            return
        params = {**params, "after": trail.follow(following.after)}


async def _with_history(rows: Sequence[_Company], settings: Settings, http: Http) -> list[_Company]:
    url = f"{settings.url}/crm/v3/objects/companies/batch/read"
    more = {"properties": _wanted(settings), "propertiesWithHistory": [settings.property]}
    asks = (
        http.post(
            url,
            shape=_Read,
            headers=bearer(settings.token),
            json={**more, "inputs": [{"id": row.id} for row in some]},
        )
        for some in crm.some(list(rows), SOME)
    )
    async with aclosing(side_by_side(asks)) as answers:
        return [row async for answer in answers for row in answer.results]


async def _associated(
    of: str, ids: Sequence[str], settings: Settings, http: Http
) -> dict[str, str]:
    """The company or contact of each ticket: the one that is called primary, or the first."""
    if not ids:
        return {}
    url = f"{settings.url}/crm/v4/associations/tickets/{of}/batch/read"
    asked = {"inputs": [{"id": id} for id in ids]}
    found = await http.post(url, shape=_Associations, headers=bearer(settings.token), json=asked)
    chosen: dict[str, str] = {}
    for each in found.results:
        primary = [to for to in each.to if any(_is_primary(t) for t in to.associationTypes)]
        for to in [*primary, *each.to][:1]:
            chosen[each.source.id] = str(to.toObjectId)
    return chosen


def _is_primary(told: Mapping[str, Any]) -> bool:
    return str(told.get("label") or "").lower() == "primary"


async def _told(
    of: str, ids: Iterable[str], wanted: Sequence[str], settings: Settings, http: Http
) -> dict[str, dict[str, str | None]]:
    """Properties of some companies or contacts, by id."""
    url = f"{settings.url}/crm/v3/objects/{of}/batch/read"
    told: dict[str, dict[str, str | None]] = {}
    for some in crm.some(sorted(set(ids)), 100):
        asked = {"properties": wanted, "inputs": [{"id": id} for id in some]}
        found = await http.post(url, shape=_Read, headers=bearer(settings.token), json=asked)
        told |= {row.id: row.properties for row in found.results}
    return told


async def _owners(settings: Settings, http: Http) -> dict[str, str]:
    """What the users are called who may own tickets, by id."""
    url = f"{settings.url}/crm/v3/owners"
    params: dict[str, str | int] = {"limit": 500}
    trail = Trail(url)
    named: dict[str, str] = {}
    while True:
        found = await http.get(url, shape=_Owners, headers=bearer(settings.token), params=params)
        following = found.paging.next if found.paging else None
        if following and not found.results:
            raise UnexpectedResponse(f"{url} gave an empty page and says that there is more")
        for each in found.results:
            if not each.id.isdigit():
                raise UnexpectedResponse(f"{url} gave an id that is none; report it to us")
            full = " ".join(filter(None, (each.firstName, each.lastName)))
            named[each.id] = full or each.email or ""
        if following is None:
            return named
        params = {**params, "after": trail.follow(following.after)}


def _changed(by: str, since: datetime, above: int, wanted: Sequence[str]) -> dict[str, object]:
    """One search of what changed since: the next ones in the order of their ids."""
    after = str(int((since - OVERLAP).timestamp() * 1000))
    return {
        "filterGroups": [
            {
                "filters": [
                    {"propertyName": by, "operator": "GTE", "value": after},
                    {"propertyName": "hs_object_id", "operator": "GT", "value": str(above)},
                ]
            }
        ],
        "sorts": ['{"propertyName": "hs_object_id", "direction": "ASCENDING"}'],
        "properties": list(dict.fromkeys(wanted)),
        "limit": PAGE,
        "after": 0,
    }


def _wanted(settings: Settings) -> list[str]:
    wanted = ["name", *_WHO, *settings.fields.values()]
    wanted += filter(None, (settings.since, settings.amount))
    return list(dict.fromkeys(wanted))


def question(settings: Settings, *, above: int) -> dict[str, object]:
    """One search: the next companies in the order of their ids."""
    newer = {"propertyName": "hs_object_id", "operator": "GT", "value": str(above)}
    return {
        "filterGroups": [  # one or another of them
            {
                "filters": [
                    {"propertyName": settings.property, "operator": "EQ", "value": stage},
                    newer,
                ]
            }
            for stage in settings.stages
        ],
        # A string that holds JSON: the form in which HubSpot's own clients send it.
        "sorts": ['{"propertyName": "hs_object_id", "direction": "ASCENDING"}'],
        "properties": _wanted(settings),
        "limit": PAGE,
        "after": 0,
    }


def to_present(row: _Company, settings: Settings) -> Present:
    """Without a `crm.Company` in between, for each of a hundred thousand passes here."""
    told, place = row.properties, f"company {row.id}"
    since = told.get(settings.since) if settings.since else None
    monthly = crm.monthly(told.get(settings.amount), settings, place) if settings.amount else None
    return Present(
        row.id,
        _name(row),
        crm.moment(since, place, "the field named in since:") if since else None,
        _fields(told, settings) if settings.fields else {},
        place,
        monthly,
        settings.currency or "" if monthly is not None else "",
        domains=_domains(told),
        was=_was(row),
    )


def to_stays(row: _Company, settings: Settings) -> Iterator[DatedStay]:
    """The times in which the property made them a customer."""
    place = f"company {row.id}"
    versions = row.history.get(settings.property, [])
    held = sorted(
        ((_at(each.timestamp, place), each.value or "") for each in reversed(versions)),
        key=lambda change: change[0],
    )
    if row.archived_at:
        held.append((_at(row.archived_at, place), ""))
    return crm.from_history(to_company(row, settings), held, settings.stages)


def _at(told: str, place: str) -> datetime:
    return crm.instant(told, place, "the timestamp of a value")


def to_company(row: _Company, settings: Settings) -> crm.Company:
    told, place = row.properties, f"company {row.id}"
    return crm.Company(
        id=row.id,
        name=_name(row),
        place=place,
        fields=_fields(told, settings),
        **crm.paid(told, settings, place),
        domains=_domains(told),
        was=_was(row),
    )


def _name(row: _Company) -> str:
    return row.properties.get("name") or row.properties.get("domain") or row.id


def _fields(told: Mapping[str, str | None], settings: Settings) -> dict[str, str]:
    return {word: value for word, name in settings.fields.items() if (value := told.get(name))}


def _domains(told: Mapping[str, str | None]) -> tuple[str, ...]:
    return _several(told.get("domain")) + _several(told.get("hs_additional_domains"))


def _was(row: _Company) -> tuple[str, ...]:
    old = _several(row.properties.get("hs_merged_object_ids"))
    return tuple(id for id in old if id != row.id) if old else ()


def _several(told: str | None) -> tuple[str, ...]:
    """HubSpot parts the values of one property by semicolons."""
    if not told:
        return ()
    if ";" not in told:
        return (value,) if (value := told.strip()) else ()
    return tuple(filter(None, (value.strip() for value in told.split(";"))))
