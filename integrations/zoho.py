"""Zoho CRM: the accounts that are customers, by their type or their won deals.

Customer: an Account; what makes it one is said by `evidence`.
`today`: its `property` (Account_Type at first) has one of `values` now.
`won`: it has a Deal in one of `stages`.
`purchases`: each such Deal is a purchase.
Since: of `today` the field named in `since`, else the day of the first pull; else the
`Closing_Date` of the first won Deal.
Until: of `won` the Account's field named in `until`, and one who wins again after that day is won
back; without that field, and of `today`, who is missing from a later pull has left.
Revenue: the Account's field named in `amount`, `every` month or year, in `currency`, a code for all
of them. It holds from the day of the pull on.
History: `purchases` and, with `until`, `won` tell all of the past; else nothing is told but since
when those who are still there are customers.

Auth: a self client of api-console.zoho.com: its id and secret, and a refresh token with the scopes
`ZohoCRM.modules.accounts.READ` and, but for `today`, `ZohoCRM.modules.deals.READ`. Of a data centre
outside the US set `login` and `url` (accounts.zoho.eu, www.zohoapis.eu).
Limits: 50,000 requests a day and more in paid editions, 10 at once; 5 a second is the default here.
Traps: pages by number end at 2,000 rows and those by token at 100,000; beyond these the list goes
on from the time of the last change. Fields go by their API names, not their labels. Of two merged
accounts one is deleted without a trace. An empty list is no list but an answer without content.

https://www.zoho.com/crm/developer/docs/api/v8/get-records.html
https://www.zoho.com/crm/developer/docs/api/v8/get-deleted-records.html
https://www.zoho.com/crm/developer/docs/api/v8/get-related-records.html
https://www.zoho.com/crm/developer/docs/api/v8/api-limits.html
https://www.zoho.com/crm/developer/docs/api/v8/multi-dc.html
https://help.zoho.com/portal/en/community/topic/kaizen-60-get-records-search-records-query-and-bulk-read-apis
"""

from collections import Counter
from collections.abc import AsyncGenerator, Iterable, Iterator, Mapping, Sequence
from contextlib import aclosing
from datetime import UTC, datetime, timedelta
from typing import Any, ClassVar, Literal, Self

import httpx
import msgspec
from pydantic import Field, SecretStr, model_validator

from integrations import base, crm
from integrations.errors import CredentialsRejected, IntegrationError, UnexpectedResponse
from integrations.http import Access, Http, Trail, side_by_side
from integrations.records import LeftOut, Moment, Page, Record

PAGE = 200
SOME = 100
"""Ids that one question may name."""

OVERLAP = timedelta(minutes=5)
Row = dict[str, Any]


class Settings(crm.DealSettings):
    """Which accounts of a Zoho CRM organization are customers."""

    requests_per_second_default: ClassVar[float] = 5.0

    client_id: str = Field(description="The self client's id.")
    client_secret: base.Token = Field(description="The self client's secret.")
    refresh_token: base.Token = Field(description="A refresh token with the scopes above.")
    login: base.Address = Field(
        default="https://accounts.zoho.com", description="Where the data centre gives tokens."
    )
    url: base.Address = Field(
        default="https://www.zohoapis.com", description="Where the data centre has its API."
    )
    evidence: Literal["today", "won", "purchases"] = Field(
        default="today", description="What makes a customer."
    )
    property: str = Field(
        default="Account_Type", description="today: the Account's field that says who is one."
    )
    values: tuple[str, ...] = Field(
        default=("Customer",),
        min_length=1,
        description="Values of that field that make a customer.",
    )
    stages: tuple[str, ...] = Field(
        default=("Closed Won",), min_length=1, description="won, purchases: stages of a won Deal."
    )

    @model_validator(mode="after")
    def _can_be_asked_for(self) -> Self:
        if len(_wanted(self)) > 50:
            raise ValueError("Zoho gives at most 50 fields at once; name fewer")
        return self


class _Info(msgspec.Struct):
    more_records: bool
    next_page_token: str | None = None


class _Found(msgspec.Struct):
    data: list[Row]
    info: _Info


class _Nothing(IntegrationError):
    """204 and 304: there is nothing to tell, which is no error to anybody."""


async def customers(settings: Settings, http: Http, after: str = "") -> AsyncGenerator[Page, None]:
    zoho = _Crm(settings, http)
    won: dict[str, list[Moment]] = {}
    undated = Counter[LeftOut]()
    if settings.evidence != "today":
        async for rows in zoho.read("Deals", _OF_DEALS):
            _gather(rows, won, undated, settings)
        if not won:
            return
    told, _, token = after.partition(" ")
    since = datetime.fromisoformat(told) if told else None
    async for rows, mark in zoho.pages("Accounts", _wanted(settings), since, token):
        records = list(_records(rows, won, settings))
        yield Page(records, mark=mark, left_out=crm.no_customers(len(rows), records))
    if undated:
        yield Page([], left_out=undated)


async def changes(settings: Settings, http: Http, since: datetime) -> AsyncGenerator[Page, None]:
    zoho = _Crm(settings, http)
    after = since - OVERLAP
    touched: set[str] = set()
    async for rows in zoho.read("Accounts", ["id", "Modified_Time"], after):
        touched |= {row["id"] for row in rows}
    async for rows in zoho.read("Accounts/deleted", [], after):
        touched |= {row["id"] for row in rows}
    if settings.evidence != "today":
        async for rows in zoho.read("Deals", _OF_DEALS, after):
            touched |= {id for row in rows if (id := _account(row))}
    if not touched:
        return
    left = set(touched)
    for some in crm.some(sorted(touched), SOME):
        won: dict[str, list[Moment]] = {}
        if settings.evidence != "today":
            async with aclosing(side_by_side(zoho.deals(id) for id in some)) as each:
                async for rows in each:
                    _gather(rows, won, Counter(), settings)
        found = await zoho.page("Accounts", {"ids": ",".join(some), **_asking(_wanted(settings))})
        records = list(_records(found.data, won, settings))
        left -= {record.customer for record in records}
        yield Page(records)
    yield Page([], gone=sorted(left))


class _Crm:
    """Lists of one organization."""

    def __init__(self, settings: Settings, http: Http) -> None:
        self._http = http
        self._url = f"{settings.url}/crm/v8"
        fields: dict[str, str | SecretStr] = {
            "grant_type": "refresh_token",
            "client_id": settings.client_id,
            "client_secret": settings.client_secret,
            "refresh_token": settings.refresh_token,
        }
        url = f"{settings.login}/oauth/v2/token"
        self._access = Access(http, url, fields, scheme="Zoho-oauthtoken")

    async def read(
        self, what: str, fields: Sequence[str], since: datetime | None = None
    ) -> AsyncGenerator[list[Row], None]:
        """Rows, each once, in the order in which they were changed."""
        async for rows, _ in self.pages(what, fields, since):
            yield rows

    async def pages(
        self, what: str, fields: Sequence[str], since: datetime | None = None, token: str = ""
    ) -> AsyncGenerator[tuple[list[Row], str], None]:
        """The same, and where the next ones are: since when, and the token, which lasts a day."""
        url, page = f"{self._url}/{what}", 1
        trail, slices = Trail(url), Trail(url)
        seen: set[str] = set()
        asked = {**_asking(fields), "per_page": str(PAGE)}
        if what == "Accounts/deleted":
            asked |= {"type": "all"}
        else:
            asked |= {"sort_by": "Modified_Time", "sort_order": "asc"}
        params = {**asked, "page_token": token} if token else asked
        while True:
            found = await self.page(what, params, since)
            if found.info.more_records and not found.data:
                raise UnexpectedResponse(f"{url} gave an empty page and says that there is more")
            fresh = [row for row in found.data if row["id"] not in seen]
            seen |= {row["id"] for row in fresh}
            if not found.info.more_records:
                yield fresh, ""
                return
            if token := found.info.next_page_token or "":
                yield fresh, f"{since.isoformat() if since else ''} {token}"
                params = {**asked, "page_token": trail.follow(token)}
            elif what == "Accounts/deleted":
                yield fresh, ""
                page += 1
                params = {**asked, "page": str(page)}
                if not fresh:
                    trail.follow("nothing new")
            else:
                # As far as a token goes: go on from the last change.
                told = crm.moment(str(found.data[-1].get("Modified_Time")), what, "Modified_Time")
                slices.follow(str(told))
                since = told if isinstance(told, datetime) else since
                yield fresh, f"{since.isoformat() if since else ''} "
                trail, params = Trail(url), asked

    async def page(
        self, what: str, params: Mapping[str, str], since: datetime | None = None
    ) -> _Found:
        headers = await self._access.headers()
        if since is not None:
            headers["If-Modified-Since"] = since.astimezone(UTC).isoformat(timespec="seconds")
        try:
            url = f"{self._url}/{what}"
            found = await self._http.get(
                url, shape=_Found, headers=headers, params=params, refused=_refused
            )
        except _Nothing:
            return _Found([], _Info(more_records=False))
        if not all(str(row.get("id", "")).isdigit() for row in found.data):
            raise UnexpectedResponse(f"{url} gave a row without its id; report it to us")
        return found

    async def deals(self, account: str) -> list[Row]:
        """All deals of one account."""
        rows: list[Row] = []
        async for found in self.read(f"Accounts/{account}/Deals", _OF_DEALS):
            rows += found
        return rows


_OF_DEALS = ["id", "Account_Name", "Stage", "Closing_Date", "Modified_Time"]


def _gather(
    rows: Iterable[Row],
    won: dict[str, list[Moment]],
    undated: Counter[LeftOut],
    settings: Settings,
) -> None:
    for row in rows:
        account = _account(row)
        if row["Stage"] not in settings.stages:
            continue
        if (why := crm.undated(account, row["Closing_Date"])) is not None:
            undated[why] += 1
        else:
            on = crm.moment(row["Closing_Date"], f"deal {row['id']}", "Closing_Date")
            won.setdefault(account, []).append(on)


def _records(
    rows: Iterable[Row], won: Mapping[str, Sequence[Moment]], settings: Settings
) -> Iterator[Record]:
    for row in rows:
        company = to_company(row, settings)
        if settings.evidence != "today" or row.get(settings.property) in settings.values:
            yield from crm.of_evidence(company, row, won.get(company.id, []), settings)


def to_company(row: Row, settings: Settings) -> crm.Company:
    place = f"account {row['id']}"
    told = {name: _said(row.get(name)) for name in settings.fields.values()}
    parent = row["Parent_Account"]
    return crm.Company(
        id=row["id"],
        name=row["Account_Name"] or row["id"],
        place=place,
        fields=crm.split(settings.fields, told),
        **crm.paid(row, settings, place),
        domains=crm.domains(row["Website"]),
        parent=parent["id"] if parent else "",
    )


def _account(row: Row) -> str:
    """The id of a deal's account; "" where there is none."""
    return str(row["Account_Name"]["id"]) if row["Account_Name"] else ""


def _said(value: Any) -> Any:
    """A lookup is told by its name, several values one after the other."""
    match value:
        case dict():
            return value.get("name")
        case list():
            return ", ".join(str(_said(each)) for each in value)
        case _:
            return value


def _wanted(settings: Settings) -> list[str]:
    wanted = ["id", "Account_Name", "Website", "Parent_Account", "Modified_Time"]
    wanted += [settings.property] if settings.evidence == "today" else []
    wanted += filter(None, (settings.since, settings.until, settings.amount))
    return list(dict.fromkeys([*wanted, *settings.fields.values()]))


def _asking(fields: Sequence[str]) -> dict[str, str]:
    return {"fields": ",".join(fields)} if fields else {}


def _refused(status: int, headers: httpx.Headers, body: bytes) -> IntegrationError | None:
    if status in (204, 304):
        return _Nothing()
    if status == 403 or (status == 401 and b"OAUTH_SCOPE_MISMATCH" in body):
        return CredentialsRejected(
            f"Zoho answered {status}: the refresh token may not read this; make one with the scopes"
            " ZohoCRM.modules.accounts.READ and ZohoCRM.modules.deals.READ"
        )
    return None
