"""Microsoft Dynamics 365: the accounts of Dataverse that are customers, by type or won deals.

Customer: an account; what makes it one is said by `evidence`.
`today`: it is active, and its `property` (customertypecode at first) has one of `values` now.
`won`: it has a won opportunity.
`purchases`: each won opportunity is a purchase.
Since: of `today` the column named in `since`, else the day of the first pull; else the
`actualclosedate` of the first won opportunity.
Until: of `won` the account's column named in `until`, and one who wins again after that day is won
back. Dataverse does not say when an account was deactivated: without that column, and of `today`,
who is deactivated or missing in a later pull has left.
Revenue: the account's column named in `amount`, `every` month or year, in `currency`, a code for
all of them. It holds from the day of the pull on.
History: `purchases` and, with `until`, `won` tell all of the past; else nothing is told but since
when those who are still there are customers.
Ticket: an incident (case); solved is the end of its last resolution, as long as it is resolved.

Auth: an application user with a client secret of Microsoft Entra, and a security role that may read
accounts and, where they are in use, opportunities, contacts, incidents and case resolutions.
Limits: 6,000 requests in five minutes of one user, 52 at once; 10 a second is the default here.
Traps: a count ends at 5,000 and is never asked for; pages are followed by their links. Choices are
numbers (3 is Customer), of which the labels are shown in figures. Of two merged accounts one is
deactivated and lives on in the other. Deleted accounts are noticed by a full pull alone.

https://learn.microsoft.com/en-us/power-apps/developer/data-platform/webapi/query/page-results
https://learn.microsoft.com/en-us/power-apps/developer/data-platform/webapi/query/count-rows
https://learn.microsoft.com/en-us/power-apps/developer/data-platform/webapi/merge-entity-using-web-api
https://learn.microsoft.com/en-us/power-apps/developer/data-platform/api-limits
https://learn.microsoft.com/en-us/dynamics365/sales/developer/entities/account
https://learn.microsoft.com/en-us/dynamics365/customer-engagement/developer/entities/incident
"""

import re
from collections import Counter
from collections.abc import AsyncGenerator, Iterable, Iterator, Mapping, Sequence
from datetime import UTC, datetime, timedelta
from typing import Any, ClassVar, Literal, Self

import httpx
import msgspec
from pydantic import Field, SecretStr, model_validator

from integrations import base, crm
from integrations.errors import CredentialsRejected, IntegrationError, UnexpectedResponse
from integrations.http import Access, Http, Trail, same_host
from integrations.records import LeftOut, Moment, OtherPage, Page, Record, Ticket

PAGE = 5000
SOME = 50
"""Ids that one question may name: some 2 kB of its URL."""

OVERLAP = timedelta(minutes=5)

_GUID = re.compile(r"[0-9a-fA-F-]{36}")
_NAME = re.compile(r"[A-Za-z_]\w*")
_SHOWN = "@OData.Community.Display.V1.FormattedValue"
_OF_KIND = "@Microsoft.Dynamics.CRM.lookuplogicalname"

Row = dict[str, Any]


class Settings(crm.DealSettings):
    """Which accounts of a Dynamics 365 environment are customers."""

    requests_per_second_default: ClassVar[float] = 10.0
    reads_default: ClassVar[tuple[base.Reading, ...] | None] = ("customers",)

    url: base.Address = Field(
        description="The environment, such as https://acme.crm4.dynamics.com."
    )
    tenant: str = Field(pattern=r"^[\w.-]+$", description="The directory's id, or its domain.")
    client_id: str = Field(description="The application's id in Microsoft Entra.")
    client_secret: base.Token = Field(description="A client secret of that application.")
    login: base.Address = Field(
        default="https://login.microsoftonline.com", description="Where tokens are given."
    )
    evidence: Literal["today", "won", "purchases"] = Field(
        default="today", description="What makes a customer."
    )
    property: str = Field(
        default="customertypecode", description="today: the account's column that says who is one."
    )
    values: tuple[str, ...] = Field(
        default=("3",),
        min_length=1,
        description="Values of that column that make a customer; of a choice its number.",
    )

    @model_validator(mode="after")
    def _can_be_asked_for(self) -> Self:
        named = [self.property, self.since, self.until, self.amount, *self.fields.values()]
        if not all(_NAME.fullmatch(name) for name in named if name is not None):
            raise ValueError("name columns by their logical names, such as industrycode")
        return self


class _Found(msgspec.Struct):
    value: list[Row]
    next: str | None = msgspec.field(default=None, name="@odata.nextLink")


async def customers(settings: Settings, http: Http, after: str = "") -> AsyncGenerator[Page, None]:
    org = _Environment(settings, http)
    won: dict[str, list[Moment]] = {}
    undated = Counter[LeftOut]()
    if settings.evidence != "today":
        won = await _won(org, "", undated)
        if not won:
            return
    merged = await _merged(org)
    async for rows, mark in org.pages("accounts", "accountid", _accounts(settings), after):
        records = list(_records(rows, won, merged, settings))
        yield Page(records, mark=mark, left_out=crm.no_customers(len(rows), records))
    if undated:
        yield Page([], left_out=undated)


async def changes(settings: Settings, http: Http, since: datetime) -> AsyncGenerator[Page, None]:
    org = _Environment(settings, http)
    after = f"modifiedon ge {_literal(since - OVERLAP)}"
    touched: set[str] = set()
    asked = {"$select": "accountid,_masterid_value", "$filter": after}
    async for rows in org.read("accounts", "accountid", asked):
        for row in rows:
            touched |= {row["accountid"], row["_masterid_value"] or row["accountid"]}
    if settings.evidence != "today":
        asked = {"$select": "opportunityid,_parentaccountid_value,_customerid_value"}
        asked["$filter"] = after
        async for rows in org.read("opportunities", "opportunityid", asked):
            touched |= {id for row in rows if (id := _account(row))}
    if not touched:
        return
    merged = await _merged(org)
    left = set(touched)
    for some in crm.some(sorted(touched), SOME):
        of_these = f" and ({_in('parentaccountid', some)} or {_in('customerid', some)})"
        won = {} if settings.evidence == "today" else await _won(org, of_these, Counter())
        async for rows in org.read("accounts", "accountid", _accounts(settings, some)):
            records = list(_records(rows, won, merged, settings))
            left -= {id for record in records for id in (record.customer, *record.was)}
            yield Page(records)
    yield Page([], gone=sorted(left))


async def tickets(
    settings: Settings, http: Http, since: datetime
) -> AsyncGenerator[OtherPage, None]:
    asked = {
        "$select": "incidentid,title,createdon,modifiedon,statecode,_customerid_value,"
        "_primarycontactid_value,_ownerid_value",
        "$expand": "primarycontactid($select=emailaddress1),"
        "Incident_IncidentResolutions($select=actualend)",
        "$filter": f"modifiedon ge {_literal(since - OVERLAP)}",
        "$orderby": "modifiedon",
    }
    async for rows in _Environment(settings, http).read("incidents", "incidentid", asked):
        told = [to_ticket(row) for row in rows]
        yield OtherPage(told, up_to=told[-1].changed if told else None)


def to_ticket(row: Row) -> Ticket:
    place = f"case {row['incidentid']}"
    customer, kind = row["_customerid_value"] or "", row.get(f"_customerid_value{_OF_KIND}")
    contact, is_account = row["primarycontactid"] or {}, kind == "account"
    ends = [each["actualend"] for each in row["Incident_IncidentResolutions"] if each["actualend"]]
    changed = _moment(row["modifiedon"], place, "modifiedon")
    solved = max((_moment(end, place, "actualend") for end in ends), default=changed)
    return Ticket(
        row["incidentid"],
        row["_primarycontactid_value"] or customer,
        _moment(row["createdon"], place, "createdon"),
        account=customer if is_account else "",
        account_name=row.get(f"_customerid_value{_SHOWN}") or "" if is_account else "",
        email=contact.get("emailaddress1") or "",
        agent=row["_ownerid_value"] or "",
        agent_name=row.get(f"_ownerid_value{_SHOWN}") or "",
        subject=row["title"] or "",
        solved=solved if row["statecode"] == 1 else None,
        times_solved=len(ends) or None,
        changed=changed,
        place=place,
    )


class _Environment:
    """Tables of one environment."""

    def __init__(self, settings: Settings, http: Http) -> None:
        self._http = http
        self._url = f"{settings.url}/api/data/v9.2"
        fields: dict[str, str | SecretStr] = {
            "grant_type": "client_credentials",
            "client_id": settings.client_id,
            "client_secret": settings.client_secret,
            "scope": f"{settings.url}/.default",
        }
        token_url = f"{settings.login}/{settings.tenant}/oauth2/v2.0/token"
        self._access = Access(http, token_url, fields)

    async def read(
        self, table: str, key: str, asked: Mapping[str, str]
    ) -> AsyncGenerator[list[Row], None]:
        """Rows, each once."""
        async for rows, _ in self.pages(table, key, asked):
            yield rows

    async def pages(
        self, table: str, key: str, asked: Mapping[str, str], after: str = ""
    ) -> AsyncGenerator[tuple[list[Row], str], None]:
        """The same, and the link to the next ones, which holds the last one's id; or those that
        such a link leads to."""
        url = following = f"{self._url}/{table}"
        params: Mapping[str, str] | None = asked
        if after:
            following, params = same_host(url, after), None
        trail = Trail(url)
        seen: set[str] = set()
        while True:
            headers = {
                **await self._access.headers(),
                "Prefer": f'odata.maxpagesize={PAGE},odata.include-annotations="*"',
                "OData-Version": "4.0",
            }
            found = await self._http.get(
                following, shape=_Found, headers=headers, params=params, refused=_refused
            )
            if found.next and not found.value:
                raise UnexpectedResponse(f"{url} gave an empty page and says that there is more")
            if not all(_GUID.fullmatch(str(row.get(key))) for row in found.value):
                raise UnexpectedResponse(f"{url} gave a row without its {key}; report it to us")
            fresh = [row for row in found.value if row[key] not in seen]
            seen |= {row[key] for row in fresh}
            yield fresh, found.next or ""
            if not found.next:
                return
            following, params = same_host(url, trail.follow(found.next)), None


async def _won(
    org: _Environment, condition: str, undated: Counter[LeftOut]
) -> dict[str, list[Moment]]:
    """When each account won opportunities; those that do not say it are counted in `undated`."""
    won: dict[str, list[Moment]] = {}
    asked = {
        "$select": "opportunityid,_parentaccountid_value,_customerid_value,actualclosedate",
        "$filter": f"statecode eq 1{condition}",
    }
    async for rows in org.read("opportunities", "opportunityid", asked):
        for row in rows:
            account = _account(row)
            if (why := crm.undated(account, row["actualclosedate"])) is not None:
                undated[why] += 1
            else:
                place = f"opportunity {row['opportunityid']}"
                on = crm.moment(row["actualclosedate"], place, "actualclosedate")
                won.setdefault(account, []).append(on)
    return won


async def _merged(org: _Environment) -> dict[str, list[str]]:
    """Ids of the accounts that were merged into one that is there, by its id."""
    asked = {"$select": "accountid,_masterid_value", "$filter": "merged eq true"}
    into: dict[str, str] = {}
    async for rows in org.read("accounts", "accountid", asked):
        into |= {r["accountid"]: r["_masterid_value"] for r in rows if r["_masterid_value"]}
    return crm.absorbed(into)


def _account(row: Row) -> str:
    """The id of an opportunity's account; that of a person, of whom there is no account, is no
    account's."""
    return str(row["_parentaccountid_value"] or row["_customerid_value"] or "")


def _accounts(settings: Settings, some: Sequence[str] | None = None) -> dict[str, str]:
    wanted = ["accountid", "name", "websiteurl", "emailaddress1", "_parentaccountid_value"]
    wanted += ["statecode", *settings.fields.values()]
    wanted += filter(None, (settings.since, settings.until, settings.amount))
    where = [] if some is None else [_in("accountid", some)]
    if settings.evidence == "today":
        values = " or ".join(f"{settings.property} eq {_value(v)}" for v in settings.values)
        where += ["statecode eq 0", f"({values})"]
    elif settings.until is None and settings.evidence == "won":
        where.append("statecode eq 0")
    filters = {"$filter": " and ".join(where)} if where else {}
    return {"$select": ",".join(dict.fromkeys(wanted)), **filters}


def _records(
    rows: Iterable[Row],
    won: Mapping[str, Sequence[Moment]],
    merged: Mapping[str, Sequence[str]],
    settings: Settings,
) -> Iterator[Record]:
    for row in rows:
        company = to_company(row, merged.get(row["accountid"], ()), settings)
        yield from crm.of_evidence(company, row, won.get(company.id, []), settings)


def to_company(row: Row, was: Sequence[str], settings: Settings) -> crm.Company:
    place = f"account {row['accountid']}"
    told = {n: row.get(f"{n}{_SHOWN}", row.get(n)) for n in settings.fields.values()}
    return crm.Company(
        id=row["accountid"],
        name=row["name"] or row["accountid"],
        place=place,
        fields=crm.split(settings.fields, told),
        **crm.paid(row, settings, place),
        emails=[row["emailaddress1"]] if row["emailaddress1"] else [],
        domains=crm.domains(row["websiteurl"]),
        parent=row["_parentaccountid_value"] or "",
        was=was,
    )


def _in(column: str, ids: Sequence[str]) -> str:
    values = ",".join(f"'{id}'" for id in ids)
    return f"Microsoft.Dynamics.CRM.In(PropertyName='{column}',PropertyValues=[{values}])"


def _value(told: str) -> str:
    """A number as it is, a text in quotes."""
    return told if told.isdigit() else "'" + told.replace("'", "''") + "'"


def _moment(told: str, place: str, what: str) -> datetime:
    read = crm.moment(told, place, what)
    return (
        read
        if isinstance(read, datetime)
        else datetime(read.year, read.month, read.day, tzinfo=UTC)
    )


def _literal(moment: datetime) -> str:
    return f"{moment.astimezone(UTC):%Y-%m-%dT%H:%M:%SZ}"


def _refused(status: int, headers: httpx.Headers, body: bytes) -> IntegrationError | None:
    if status != 403:
        return None
    return CredentialsRejected(
        "Dynamics answered 403: the application user may not read this; give it a security role"
        " with the read scopes that the documentation lists"
    )
