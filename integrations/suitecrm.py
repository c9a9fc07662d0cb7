"""SuiteCRM: the accounts whose type says that they are customers.

Customer: an Account of which `property` (`account_type` at first) is one of `values` now.
Since: the field named in `since`; without it, or where it is empty, the day of the first pull
(`date_entered` is the day on which somebody typed the account in, perhaps as a lead).
Until: SuiteCRM does not say. An account that is missing from a later pull has left.
Revenue: the field named in `amount`, `every` month or year, in `currency`, a code for all of them.
It holds from the day of the pull on.
History: none before the first pull, but for `since` of those who are still there: the log of
changes has no API.

Auth: an OAuth2 client of the kind Client Credentials (Admin, OAuth2 Clients and Tokens), with a
user who may see all Accounts; its id and secret. The server needs its OAuth2 keys made once.
Limits: none of SuiteCRM's own; each row costs its server several queries, so 2 requests a second is
the default here, in pages of 100.
Traps: of SuiteCRM 8 the address ends in /legacy. Conditions that are joined by "or" find deleted
accounts and all the others, so each value is asked for by itself. Pages by number move while
accounts are added; here each asks for the ids above the last one. What is deleted between full
pulls goes unnoticed.

https://docs.suitecrm.com/developer/api/developer-setup-guide/json-api/
https://github.com/salesagility/SuiteCRM/blob/hotfix/Api/V8/Service/ModuleService.php
https://github.com/salesagility/SuiteCRM/blob/hotfix/Api/V8/JsonApi/Repository/Filter.php
"""

from collections.abc import AsyncGenerator, Mapping
from datetime import UTC, datetime, timedelta
from functools import partial
from typing import Any, ClassVar

import httpx
import msgspec
from pydantic import Field

from integrations import base, crm
from integrations.errors import CredentialsRejected, IntegrationError, UnexpectedResponse
from integrations.http import Access, Http, Trail
from integrations.records import Page, Present

PAGE = 100
OVERLAP = timedelta(minutes=10)
"""The clocks of bot and server differ."""


class Settings(crm.CompanySettings):
    """Which accounts of a SuiteCRM are customers."""

    requests_per_second_default: ClassVar[float] = 2.0

    url: base.Address = Field(description="Where it is; of SuiteCRM 8 with /legacy at the end.")
    client_id: str = Field(description="The OAuth2 client's id.")
    client_secret: base.Token = Field(description="The OAuth2 client's secret.")
    property: str = Field(
        default="account_type", description="The Account's field that says who is a customer."
    )
    values: tuple[str, ...] = Field(
        default=("Customer",),
        min_length=1,
        description="Values of that field that make a customer, as the database has them.",
    )
    since: str | None = Field(
        default=None, description="The Account's field with the day they became one."
    )


class _Account(msgspec.Struct):
    id: str
    attributes: dict[str, Any]


class _Meta(msgspec.Struct):
    pages: float = msgspec.field(name="total-pages")


class _Found(msgspec.Struct):
    data: list[_Account]
    meta: _Meta | None = None
    """Missing where there is no row."""


async def customers(settings: Settings, http: Http, after: str = "") -> AsyncGenerator[Page, None]:
    values = list(dict.fromkeys(settings.values))
    begin, _, last = after.partition(" ")
    for at in range(int(begin or 0), len(values)):
        of_value = {f"filter[{settings.property}][eq]": values[at]}
        async for rows, id in _pages(settings, http, of_value, last):
            there = [to_present(row, settings) for row in rows]
            yield Page(there, mark=f"{at} {id}" if id else "")
        last = ""


async def changes(settings: Settings, http: Http, since: datetime) -> AsyncGenerator[Page, None]:
    moment = f"{(since - OVERLAP).astimezone(UTC):%Y-%m-%d %H:%M:%S}"
    async for rows in _read(settings, http, {"filter[date_modified][gte]": moment}):
        there = [row for row in rows if row.attributes[settings.property] in settings.values]
        gone = [row.id for row in rows if row not in there]
        yield Page([to_present(row, settings) for row in there], gone=gone)


def to_present(row: _Account, settings: Settings) -> Present:
    told, place = row.attributes, f"account {row.id}"
    company = crm.Company(
        id=row.id,
        name=told["name"] or row.id,
        place=place,
        fields=crm.split(settings.fields, told),
        **crm.paid(told, settings, place),
        domains=crm.domains(told["website"]),
        parent=told["parent_id"] or "",
    )
    since = told.get(settings.since) if settings.since else None
    return company.present(crm.optional(since, place, "the field named in since:"))


async def _read(
    settings: Settings, http: Http, condition: Mapping[str, str]
) -> AsyncGenerator[list[_Account], None]:
    async for rows, _ in _pages(settings, http, condition):
        yield rows


async def _pages(
    settings: Settings, http: Http, condition: Mapping[str, str], last: str = ""
) -> AsyncGenerator[tuple[list[_Account], str], None]:
    """All accounts that fit, in the order of their ids, each page those above the last one, and its
    id."""
    url = f"{settings.url}/Api/V8/module/Accounts"
    wanted = ["name", "website", "parent_id", settings.property]
    wanted += [*filter(None, (settings.since, settings.amount)), *settings.fields.values()]
    wanted = list(dict.fromkeys(wanted))
    params = {
        **condition,
        "fields[Accounts]": ",".join(wanted),
        "sort": "id",
        "page[size]": str(PAGE),
        "page[number]": "1",
        **({"filter[id][gt]": last} if last else {}),
    }
    access = Access(
        http,
        f"{settings.url}/Api/access_token",
        {
            "grant_type": "client_credentials",
            "client_id": settings.client_id,
            "client_secret": settings.client_secret,
        },
    )
    trail, seen = Trail(url), set[str]()
    while True:
        headers = await access.headers()
        found = await http.get(
            url, shape=_Found, headers=headers, params=params, refused=partial(_refused, url)
        )
        has_more = found.meta is not None and found.meta.pages > 1
        if has_more and not found.data:
            raise UnexpectedResponse(f"{url} gave an empty page and says that there is more")
        crm.whole([{"id": row.id, **row.attributes} for row in found.data], wanted, url)
        if found.data and found.meta is None:
            raise UnexpectedResponse(
                f"{url} does not say whether there is more (total-pages); report it to us"
            )
        last = found.data[-1].id if has_more else ""
        yield [row for row in found.data if row.id not in seen], last
        if not has_more:
            return
        seen |= {row.id for row in found.data}
        params["filter[id][gt]"] = trail.follow(last)


def _refused(url: str, status: int, headers: httpx.Headers, body: bytes) -> IntegrationError | None:
    if status != 403:
        return None
    return CredentialsRejected(
        f"{url} answered 403: the user of the OAuth2 client may not see Accounts; give that user a"
        " role that may, or the client the scopes"
    )
