"""Pipedrive: the organizations that won deals made customers.

Customer: an organization; what makes it one is said by `evidence`.
`won`: it has a won deal, archived ones included.
`purchases`: each won deal is a purchase.
`today`: its `property` has one of `values` now: a label, or an option of a field of your own.
Since: the `won_time` of its first won deal; of `today` the field named in `since`, else the day of
the first pull.
Until: of `won` the organization's field named in `until`; one who wins again after that day is won
back. Pipedrive has no such field of its own, and without it nobody leaves but whose organization
or deals are deleted: make a date field for it, or use `purchases`.
Revenue: the organization's field named in `amount`, `every` month or year, in `currency`, a code
for all of them. It holds from the day of the pull on. The value of a deal is no recurring amount.
History: `purchases` and, with `until`, `won` tell all of the past; else nothing is told but since
when those who are still there are customers.

Auth: the API token of a user who sees all deals and organizations, in Personal preferences, API.
Limits: a budget of tokens a day, of which a page costs ten, and 10 requests a second in the
smallest plan; 5 is the default here. A budget that is used up comes back the next day.
Traps: archived deals are a list of their own. Fields of your own go by their key of 40 letters and
digits (company settings, Data fields), and options and labels are told by their number, of which
the names are asked for. Of two merged organizations one is gone without a trace.

https://developers.pipedrive.com/docs/api/v1/Organizations
https://developers.pipedrive.com/docs/api/v1/Deals
https://developers.pipedrive.com/docs/api/v1/OrganizationFields
https://pipedrive.readme.io/docs/pipedrive-api-v2-migration-guide
https://pipedrive.readme.io/docs/core-api-concepts-rate-limiting
https://developers.pipedrive.com/changelog/post/breaking-change-archived-deals-and-leads-will-not-be-returned-in-existing-endpoints-and-will-not-be-editable
"""

from collections import Counter
from collections.abc import AsyncGenerator, Mapping, Sequence
from datetime import UTC, datetime, timedelta
from typing import Any, ClassVar, Literal, Self, TypeVar

import msgspec
from pydantic import Field, model_validator

from integrations import base, crm
from integrations.errors import UnexpectedResponse
from integrations.http import Http, Trail
from integrations.records import LeftOut, Moment, Page, Record

PAGE = 500
SOME = 100
"""Ids that one question may name."""

OVERLAP = timedelta(minutes=10)


class Settings(crm.DealSettings):
    """Which organizations of a Pipedrive company are customers."""

    requests_per_second_default: ClassVar[float] = 5.0

    token: base.Token = Field(description="The API token of a user who sees everything.")
    url: base.Address = Field(
        default="https://api.pipedrive.com",
        description="Where the API is; https://acme.pipedrive.com does as well.",
    )
    evidence: Literal["won", "purchases", "today"] = Field(
        default="won", description="What makes a customer."
    )
    property: str = Field(
        default="label_ids", description="today: the organization's field that says who is one."
    )
    values: tuple[str, ...] = Field(
        default=("Customer",),
        min_length=1,
        description="Labels or options of that field that make a customer.",
    )

    @model_validator(mode="after")
    def _can_be_asked_for(self) -> Self:
        if len(_own(self)) > 15:
            raise ValueError("Pipedrive gives at most 15 fields of your own at once; name fewer")
        return self


class _Deal(msgspec.Struct):
    id: int
    org_id: int | None
    status: str
    won_time: str | None = None


class _Organization(msgspec.Struct):
    id: int
    name: str | None
    label_ids: list[int] = msgspec.field(default_factory=list)
    website: str | None = None
    custom_fields: dict[str, Any] = msgspec.field(default_factory=dict)


class _Option(msgspec.Struct):
    id: int | str | bool
    label: str


class _Field(msgspec.Struct):
    field_code: str
    options: list[_Option] | None = None


class _Next(msgspec.Struct):
    next_cursor: str | None = None


class _Deals(msgspec.Struct):
    data: list[_Deal]
    additional_data: _Next | None = None


class _Organizations(msgspec.Struct):
    data: list[_Organization]
    additional_data: _Next | None = None


class _Fields(msgspec.Struct):
    data: list[_Field]
    additional_data: _Next | None = None


Names = Mapping[str, Mapping[str, str]]
"""Of each field with options: what they are called, by their number."""

_List = TypeVar("_List", _Deals, _Organizations, _Fields)
_Rows = TypeVar("_Rows", _Deals, _Organizations)


async def customers(settings: Settings, http: Http, after: str = "") -> AsyncGenerator[Page, None]:
    undated = Counter[LeftOut]()
    won = {} if settings.evidence == "today" else await _won(settings, http, undated)
    if settings.evidence != "today" and not won:
        return
    names = await _names(settings, http)
    url = f"{settings.url}/api/v2/organizations"
    asked = {**_wanted(settings), **({"cursor": after} if after else {})}
    seen: set[int] = set()
    async for page in _pages(settings, http, url, _Organizations, asked):
        rows = [row for row in page.data if row.id not in seen]
        seen |= {row.id for row in rows}
        records = _records(rows, won, names, settings)
        yield Page(records, mark=_cursor(page) or "", left_out=crm.no_customers(len(rows), records))
    if undated:
        yield Page([], left_out=undated)


async def changes(settings: Settings, http: Http, since: datetime) -> AsyncGenerator[Page, None]:
    after = {"updated_since": f"{(since - OVERLAP).astimezone(UTC):%Y-%m-%dT%H:%M:%SZ}"}
    touched: set[int] = set()
    url = f"{settings.url}/api/v2/organizations"
    async for rows in _read(settings, http, url, _Organizations, after):
        touched |= {each.id for each in rows}
    won: dict[int, list[Moment]] = {}
    if settings.evidence != "today":
        every = {**after, "status": "open,won,lost,deleted"}
        for path in _DEALS:
            async for deals in _read(settings, http, f"{settings.url}{path}", _Deals, every):
                touched |= {deal.org_id for deal in deals if deal.org_id is not None}
        won = await _won(settings, http, Counter()) if touched else {}
    if not touched:
        return
    names = await _names(settings, http)
    left = {str(id) for id in touched}
    for ids in crm.some(sorted(touched), SOME):
        asked = {**_wanted(settings), "ids": ",".join(map(str, ids))}
        async for found in _read(settings, http, url, _Organizations, asked):
            records = _records(found, won, names, settings)
            left -= {record.customer for record in records}
            yield Page(records)
    yield Page([], gone=sorted(left))


_DEALS = ("/api/v2/deals", "/api/v2/deals/archived")


async def _won(
    settings: Settings, http: Http, undated: Counter[LeftOut]
) -> dict[int, list[Moment]]:
    """When each organization won deals; those that do not say it are counted in `undated`."""
    won: dict[int, dict[int, Moment]] = {}
    for path in _DEALS:
        url = f"{settings.url}{path}"
        async for deals in _read(settings, http, url, _Deals, {"status": "won"}):
            for deal in deals:
                if deal.status != "won":
                    continue
                if deal.org_id is None or not deal.won_time:
                    undated[LeftOut.NO_DATE if deal.org_id else LeftOut.NO_BUYER] += 1
                else:
                    on = crm.moment(deal.won_time, f"deal {deal.id}", "won_time")
                    won.setdefault(deal.org_id, {})[deal.id] = on
    return {id: list(deals.values()) for id, deals in won.items()}


async def _names(settings: Settings, http: Http) -> Names:
    """What options are called; asked for only where a field may have some."""
    if not settings.fields and settings.evidence != "today":
        return {}
    url = f"{settings.url}/api/v2/organizationFields"
    return {
        each.field_code: {str(option.id): option.label for option in each.options or []}
        async for found in _pages(settings, http, url, _Fields, {})
        for each in found.data
    }


async def _read(
    settings: Settings, http: Http, url: str, shape: type[_Rows], asked: Mapping[str, str]
) -> AsyncGenerator[list[Any], None]:
    """Rows, each once: they move on to a later page while pages are read."""
    seen: set[int] = set()
    async for found in _pages(settings, http, url, shape, asked):
        rows: list[Any] = [row for row in found.data if row.id not in seen]
        seen |= {row.id for row in rows}
        yield rows


async def _pages(
    settings: Settings, http: Http, url: str, shape: type[_List], asked: Mapping[str, str]
) -> AsyncGenerator[_List, None]:
    headers = {"x-api-token": settings.token.get_secret_value()}
    params: dict[str, str | int] = {**asked, "limit": PAGE}
    trail = Trail(url)
    while True:
        found = await http.get(url, shape=shape, headers=headers, params=params)
        cursor = _cursor(found)
        if cursor and not found.data:
            raise UnexpectedResponse(f"{url} gave an empty page and says that there is more")
        yield found
        if not cursor:
            return
        params["cursor"] = trail.follow(cursor)


def _cursor(found: _List) -> str | None:
    """Of the next page."""
    return found.additional_data.next_cursor if found.additional_data else None


def _records(
    found: Sequence[_Organization],
    won: Mapping[int, Sequence[Moment]],
    names: Names,
    settings: Settings,
) -> list[Record]:
    records: list[Record] = []
    for row in found:
        company = to_company(row, names, settings)
        if settings.evidence == "today" and not _is_customer(row, names, settings):
            continue
        told = {name: _told(row, name) for name in (settings.since, settings.until) if name}
        records += crm.of_evidence(company, told, won.get(row.id, []), settings)
    return records


def to_company(row: _Organization, names: Names, settings: Settings) -> crm.Company:
    place = f"organization {row.id}"
    told = {name: _said(row, name, names) for name in settings.fields.values()}
    amount = {name: _told(row, name) for name in (settings.amount,) if name}
    return crm.Company(
        id=str(row.id),
        name=row.name or str(row.id),
        place=place,
        fields=crm.split(settings.fields, told),
        **crm.paid(amount, settings, place),
        domains=crm.domains(row.website),
    )


def _is_customer(row: _Organization, names: Names, settings: Settings) -> bool:
    told = _told(row, settings.property)
    held = told if isinstance(told, list) else [told]
    called = names.get(settings.property, {})
    return any(
        str(each) in settings.values or called.get(str(each)) in settings.values
        for each in held
        if each is not None
    )


def _told(row: _Organization, name: str) -> Any:
    """What a field holds; of an amount or a day with more to it, the value alone."""
    if name in ("label_ids", "website", "name"):
        return getattr(row, name)
    value = row.custom_fields.get(name)
    return value.get("value") if isinstance(value, dict) else value


def _said(row: _Organization, name: str, names: Names) -> str:
    """The same in the words that people see."""
    told = _told(row, name)
    held = told if isinstance(told, list) else [told]
    called = names.get(name, {})
    return ", ".join(called.get(str(each), str(each)) for each in held if each is not None)


def _own(settings: Settings) -> list[str]:
    """Keys of fields of the company's own."""
    named = [*settings.fields.values(), settings.amount, settings.since, settings.until]
    named += [settings.property] if settings.evidence == "today" else []
    built_in = ("label_ids", "website", "name", None)
    return list(dict.fromkeys(name for name in named if name not in built_in and name))


def _wanted(settings: Settings) -> dict[str, str]:
    return {"custom_fields": ",".join(own)} if (own := _own(settings)) else {}
