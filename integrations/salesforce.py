"""Salesforce: the accounts that are customers, by their type, deals, contracts or history.

Customer: an Account; what makes it one is said by `evidence`.
`today`: its `property` (Type at first) has one of `values` now.
`won`: it has a won Opportunity.
`purchases`: each won Opportunity is a purchase.
`contracts`: it has a Contract that was activated.
`history`: its `property` had one of `values`, as AccountHistory remembers.
Since: of `today` the field named in `since`, else the day of the first pull; the `CloseDate` of the
first won Opportunity; the Contract's `StartDate`; when the property changed.
Until: of `won` the Account's field named in `until`, and one who wins again after that day is won
back; without that field who is missing from a later pull has left. Of `contracts` the day after
`EndDate`, or the Contract's own field named in `until` where it ended earlier. Else as since.
Revenue: the Account's field named in `amount` (of `contracts` the Contract's), `every` month or
year, in `currency`, a code for all of them. Salesforce has no such field of its own.
Terms: of `contracts` the day after each `EndDate`.
History: `contracts`, `purchases` and, with `until`, `won` tell all of the past. `history` tells it
from the first change on that is still there: Salesforce keeps 18 to 24 months, and only where
field history tracking is on for the property. `today` tells nothing of it.
Ticket: a Case; solved is `ClosedDate`, which is empty again while a Case is reopened.

Auth: the consumer key and secret of an external client app with the client credentials flow, the
scope `api`, and a user who may read the objects and fields in use. `url` is your My Domain.
Limits: 100,000 requests a day and more for the whole organization, 25 long ones at once; 5 a second
is the default here. Queries of more than `bulk_above` rows are read with Bulk API 2.0.
Traps: a page may be shorter than asked for. Deleted Accounts are not listed but for changes; one
that was merged into another lives on in it. A field that the user may not see does not exist for
them. Values in AccountHistory are labels as they were then.
Broken off: Accounts go on after the last page, for as long as Salesforce keeps where that was, in
bulk too. Cases go on from the last change that was read; in bulk, where they come in no order, they
begin anew.

https://developer.salesforce.com/docs/platform/api-rest/guide/resources-query.md
https://developer.salesforce.com/docs/platform/api-rest/guide/resources-query-more-results.md
https://developer.salesforce.com/docs/platform/api-asynch/guide/queries.html
https://developer.salesforce.com/docs/atlas.en-us.254.0.api_asynch.meta/api_asynch/query_get_job_results.htm
https://developer.salesforce.com/docs/atlas.en-us.object_reference.meta/object_reference/sforce_api_objects_contract.htm
https://developer.salesforce.com/docs/atlas.en-us.securityImplGuide.meta/securityImplGuide/tracking_field_history.htm
https://help.salesforce.com/apex/HTViewHelpDoc?id=xcloud.remoteaccess_oauth_client_credentials_flow.htm
"""

import asyncio
import csv
import io
import re
from collections.abc import AsyncGenerator, Collection, Iterable, Iterator, Mapping, Sequence
from dataclasses import replace
from datetime import UTC, date, datetime, timedelta
from operator import itemgetter
from typing import Annotated, Any, ClassVar, Literal, Self

import httpx
import msgspec
from pydantic import Field, SecretStr, model_validator

from integrations import base, crm
from integrations.errors import (
    CredentialsRejected,
    IntegrationError,
    SourceUnavailable,
    UnexpectedResponse,
    unknown_status,
)
from integrations.http import Access, Http, Trail, same_host
from integrations.records import DatedStay, Moment, OtherPage, Page, Record, Ticket

VERSION = "v62.0"
OVERLAP = timedelta(minutes=5)
"""Changes are visible some time after the moment that they are stamped with."""

SOME = 200
"""Ids that one query asks for: some 4 kB of a URL that may have 16."""

AT_A_TIME = 50_000
"""Rows of one part of a bulk query's result."""

LONGEST_JOB = 3600.0
"""Seconds that a bulk query may take to be ready."""

_ID = re.compile(r"[A-Za-z0-9]{3,18}")
_NAME = re.compile(r"[A-Za-z]\w*(\.[A-Za-z]\w*){0,4}")
Name = Annotated[str, Field(pattern=f"^{_NAME.pattern}$")]
Row = dict[str, Any]
"""A row, its fields by the names they were asked by, such as `Owner.Name`."""


class Settings(crm.DealSettings):
    """Which accounts of a Salesforce organization are customers."""

    requests_per_second_default: ClassVar[float] = 5.0
    uses: ClassVar[Mapping[str, Sequence[str]]] = {
        "since": ("today",),
        "until": ("won", "contracts"),
    }
    reads_default: ClassVar[tuple[base.Reading, ...] | None] = ("customers",)

    url: base.Address = Field(description="My Domain, such as https://acme.my.salesforce.com.")
    client_id: str = Field(description="The external client app's consumer key.")
    client_secret: base.Token = Field(description="The external client app's consumer secret.")
    evidence: Literal["today", "won", "purchases", "contracts", "history"] = Field(
        default="today", description="What makes a customer."
    )
    property: Name = Field(
        default="Type", description="today, history: the Account's field that says who is one."
    )
    values: tuple[str, ...] = Field(
        default=("Customer", "Customer - Direct", "Customer - Channel"),
        min_length=1,
        description="Values of that field that make a customer.",
    )
    since: Name | None = Field(
        default=None, description="today: the Account's field with the day they became one."
    )
    until: Name | None = Field(
        default=None,
        description="won: the Account's field with the day they left; contracts: the Contract's"
        " field with the day it ended before its EndDate.",
    )
    bulk_above: int = Field(
        default=100_000, ge=0, description="Read with Bulk API 2.0 what has more rows than this."
    )

    @model_validator(mode="after")
    def _can_be_asked_for(self) -> Self:
        for name in (*self.fields.values(), *filter(None, [self.amount])):
            if not _NAME.fullmatch(name):
                raise ValueError("fields and amount: name fields such as Industry or Owner.Name")
        return self


class _Answer(msgspec.Struct):
    totalSize: int
    done: bool
    records: list[Row]
    nextRecordsUrl: str | None = None


class _Job(msgspec.Struct):
    id: str
    state: str


_BULK = "bulk "
"""What the mark of a page read in bulk begins with."""


class _Part(msgspec.Struct):
    """A part of the result of a bulk query; not each has a header of its own."""

    job: str
    locator: str = ""
    columns: list[str] = msgspec.field(default_factory=list)

    def mark(self) -> str:
        return _BULK + msgspec.json.encode(self).decode()


async def customers(settings: Settings, http: Http, after: str = "") -> AsyncGenerator[Page, None]:
    org = _Org(settings, http)
    merged = await _merged(org)
    told, first = await _evidence(org, settings)
    async for rows, total, following in org.pages(_accounts(settings), after=after):
        records = list(_records(rows, told, merged, settings))
        # Of the list of today alone is each row a record.
        of = total if settings.evidence == "today" else None
        left_out = crm.no_customers(len(rows), records)
        yield Page(records, of=of, trusted_from=first, mark=following, left_out=left_out)


async def changes(settings: Settings, http: Http, since: datetime) -> AsyncGenerator[Page, None]:
    org = _Org(settings, http)
    after = f"SystemModstamp >= {_literal(since - OVERLAP)}"
    touched: set[str] = set()
    async for rows, _ in org.read(
        f"SELECT Id, MasterRecordId FROM Account WHERE {after}", deleted=True
    ):
        for row in rows:
            touched |= {row["Id"], row["MasterRecordId"] or row["Id"]}
    if (about := _ABOUT.get(settings.evidence)) is not None:
        soql = f"SELECT Id, AccountId FROM {about} WHERE {after} AND AccountId != null"
        async for rows, _ in org.read(soql, deleted=True):
            touched |= {row["AccountId"] for row in rows}
    if not touched:
        return
    merged = await _merged(org)
    left = set(touched)
    for some in crm.some(sorted(touched), SOME):
        told, _ = await _evidence(org, settings, some)
        async for rows, _ in org.read(_accounts(settings, some)):
            records = list(_records(rows, told, merged, settings))
            left -= {id for record in records for id in (record.customer, *record.was)}
            yield Page(records)
    yield Page([], gone=sorted(left))


async def tickets(
    settings: Settings, http: Http, since: datetime
) -> AsyncGenerator[OtherPage, None]:
    soql = (
        "SELECT Id, Subject, CreatedDate, ClosedDate, SystemModstamp, ContactId, Contact.Email,"
        " SuppliedEmail, AccountId, Account.Name, OwnerId, Owner.Name FROM Case"
        f" WHERE SystemModstamp >= {_literal(since - OVERLAP)} ORDER BY SystemModstamp"
    )
    async for rows, total, following in _Org(settings, http).pages(soql):
        told = [to_ticket(row) for row in rows]
        # In bulk they come in no order.
        in_order = told and following and not following.startswith(_BULK)
        reached = told[-1].changed if in_order else None
        yield OtherPage(told, of=total, up_to=reached)


def to_ticket(row: Row) -> Ticket:
    place = f"case {row['Id']}"
    email = row.get("Contact.Email") or row["SuppliedEmail"] or ""
    return Ticket(
        row["Id"],
        row["ContactId"] or email,
        _moment(row, "CreatedDate", place),
        account=row["AccountId"] or "",
        account_name=row.get("Account.Name") or "",
        email=email,
        agent=row["OwnerId"] or "",
        agent_name=row.get("Owner.Name") or "",
        subject=row["Subject"] or "",
        solved=_moment(row, "ClosedDate", place) if row["ClosedDate"] else None,
        changed=_moment(row, "SystemModstamp", place),
        place=place,
    )


class _Org:
    """Queries of one organization, over REST or, where there are many rows, in bulk."""

    def __init__(self, settings: Settings, http: Http) -> None:
        self._http = http
        self._above = settings.bulk_above
        self._url = settings.url
        self._data = f"{settings.url}/services/data/{VERSION}"
        fields: dict[str, str | SecretStr] = {
            "grant_type": "client_credentials",
            "client_id": settings.client_id,
            "client_secret": settings.client_secret,
        }
        self._access = Access(http, f"{settings.url}/services/oauth2/token", fields)

    async def read(
        self, soql: str, *, deleted: bool = False
    ) -> AsyncGenerator[tuple[list[Row], int | None], None]:
        """Rows, each once, and how many there are in all."""
        async for rows, total, _ in self.pages(soql, deleted=deleted):
            yield rows, total

    async def pages(
        self, soql: str, *, deleted: bool = False, after: str = ""
    ) -> AsyncGenerator[tuple[list[Row], int | None, str], None]:
        """The same with where the next page is, while Salesforce keeps it; or those after it."""
        seen: set[str] = set()
        async for rows, total, following in self._pages(soql, deleted=deleted, after=after):
            fresh = []
            for row in rows:
                if not _ID.fullmatch(str(row.get("Id") or "")):
                    raise UnexpectedResponse(
                        f"{self._url} gave a row without its Id; report it to us"
                    )
                if row["Id"] not in seen:
                    seen.add(row["Id"])
                    fresh.append(row)
            yield fresh, total, following

    async def _pages(
        self, soql: str, *, deleted: bool, after: str
    ) -> AsyncGenerator[tuple[list[Row], int | None, str], None]:
        url = f"{self._data}/{'queryAll' if deleted else 'query'}"
        if after.startswith(_BULK):
            begun = msgspec.json.decode(after.removeprefix(_BULK), type=_Part)
            async for rows, following in self._results(begun):
                yield rows, None, following
            return
        if after:
            found = await self._get(same_host(url, after), _Answer)
        else:
            found = await self._get(url, _Answer, {"q": soql})
        if not after and not found.done and found.totalSize > self._above:
            job = await self._job(soql, deleted=deleted)
            yield [], found.totalSize, job.mark()  # it may take an hour
            async for rows, following in self._results(job):
                yield rows, found.totalSize, following
            return
        trail = Trail(url)
        while True:
            if not found.done and not found.records:
                raise UnexpectedResponse(f"{url} gave an empty page and says that there is more")
            more = "" if found.done else found.nextRecordsUrl or ""
            yield [_flat(row) for row in found.records], found.totalSize, more
            if found.done:
                return
            if not found.nextRecordsUrl:
                raise UnexpectedResponse(
                    f"{url} says that there is more, and not where; report it to us"
                )
            following = same_host(url, trail.follow(found.nextRecordsUrl))
            found = await self._get(following, _Answer)

    async def _job(self, soql: str, *, deleted: bool) -> "_Part":
        """A query in bulk. It is in no order: to ask for one keeps Salesforce from cutting the
        query into parts, and lets it run out of time."""
        unordered, _, _ = soql.partition(" ORDER BY ")
        question = {"operation": "queryAll" if deleted else "query", "query": unordered}
        job = await self._http.post(
            f"{self._data}/jobs/query",
            shape=_Job,
            headers=await self._access.headers(),
            json=question,
            refused=_refused,
        )
        return _Part(job.id)

    async def _results(self, at: "_Part") -> AsyncGenerator[tuple[list[Row], str], None]:
        """The rows from a part on, and where the next ones are."""
        url = f"{self._data}/jobs/query/{at.job}"
        await self._ready(url)
        trail = Trail(url)
        while True:
            where = {"locator": at.locator} if at.locator else {}
            part = await self._http.answer(
                "GET",
                f"{url}/results",
                shape=bytes,
                headers=await self._access.headers(),
                params={"maxRecords": AT_A_TIME, **where},
                refused=_refused,
            )
            lines = csv.reader(io.StringIO(part.body.decode(), newline=""))
            rows = [line for line in lines if line]
            columns = at.columns or rows[0]
            locator = part.headers.get("Sforce-Locator", "null")
            told = [dict(zip(columns, row, strict=True)) for row in rows if row != columns]
            if locator == "null":
                yield told, ""
                return
            at = _Part(at.job, trail.follow(locator), columns)
            yield told, at.mark()

    async def _ready(self, url: str) -> None:
        waited, pause = 0.0, 0.0
        while waited <= LONGEST_JOB:
            await asyncio.sleep(pause)
            waited += pause
            match (await self._get(url, _Job)).state:
                case "JobComplete":
                    return
                case "UploadComplete" | "InProgress":
                    pause = min(2 * pause + 0.5, 30.0)
                case "Failed" | "Aborted" as state:
                    raise SourceUnavailable(
                        f"{url}: the bulk query is over ({state}); the next pull tries again"
                    )
                case unknown:
                    raise unknown_status(url, unknown)
        raise SourceUnavailable(
            f"{url}: the bulk query is not ready after an hour; the next pull tries again"
        )

    async def _get(self, url: str, shape: Any, params: Mapping[str, Any] | None = None) -> Any:
        headers = await self._access.headers()
        return await self._http.get(
            url, shape=shape, headers=headers, params=params, refused=_refused
        )


_ABOUT = {"won": "Opportunity", "purchases": "Opportunity", "contracts": "Contract"}
"""What beside the Account says who is a customer."""


def _accounts(settings: Settings, some: Sequence[str] | None = None) -> str:
    wanted = ["Id", "Name", "Website", "ParentId", *settings.fields.values()]
    where = [] if some is None else [f"Id IN ({_quoted(some)})"]
    match settings.evidence:
        case "today":
            wanted += filter(None, [settings.since])
            where.append(f"{settings.property} IN ({_quoted(settings.values)})")
        case "history":
            wanted += ["CreatedDate", settings.property]
        case "contracts":
            where.append("Id IN (SELECT AccountId FROM Contract WHERE ActivatedDate != null)")
        case _:
            wanted += filter(None, [settings.until])
            where.append("Id IN (SELECT AccountId FROM Opportunity WHERE IsWon = true)")
    if settings.evidence != "contracts":
        wanted += filter(None, [settings.amount])
    condition = f" WHERE {' AND '.join(where)}" if where else ""
    return f"SELECT {', '.join(dict.fromkeys(wanted))} FROM Account{condition}"


async def _merged(org: _Org) -> dict[str, list[str]]:
    """Ids of the accounts that were merged into one that is there, by its id."""
    into: dict[str, str] = {}
    soql = (
        "SELECT Id, MasterRecordId FROM Account WHERE IsDeleted = true AND MasterRecordId != null"
    )
    async for rows, _ in org.read(soql, deleted=True):
        into |= {row["Id"]: row["MasterRecordId"] for row in rows}
    return crm.absorbed(into)


async def _evidence(
    org: _Org, settings: Settings, some: Sequence[str] | None = None
) -> tuple[dict[str, list[Any]], datetime | None]:
    """What is told about accounts beside themselves, by their ids, and since when it is."""
    about = f" AND AccountId IN ({_quoted(some)})" if some else ""
    told: dict[str, list[Any]] = {}
    match settings.evidence:
        case "today":
            return told, None
        case "won" | "purchases":
            soql = "SELECT Id, AccountId, CloseDate FROM Opportunity WHERE IsWon = true"
        case "contracts":
            more = "".join(f", {name}" for name in (settings.until, settings.amount) if name)
            soql = (
                f"SELECT Id, AccountId, StartDate, EndDate{more} FROM Contract"
                " WHERE ActivatedDate != null AND StartDate != null"
            )
        case "history":
            soql = (
                "SELECT Id, AccountId, CreatedDate, OldValue, NewValue FROM AccountHistory"
                f" WHERE Field = {_quoted([settings.property])}{about} ORDER BY CreatedDate"
            )
            about = ""
    async for rows, _ in org.read(f"{soql}{about}", deleted=settings.evidence == "history"):
        for row in rows:
            told.setdefault(row["AccountId"], []).append(_part(row, settings))
    if settings.evidence != "history":
        return told, None
    for changed in told.values():
        changed.sort(key=itemgetter(0))  # in bulk they come in no order
    if some:
        return told, None
    if not told:
        raise UnexpectedResponse(
            f"Salesforce remembers no change of {settings.property}: turn on field history tracking"
            " for it, or set evidence: to something else"
        )
    return told, min(changed[0][0] for changed in told.values())


def _part(row: Row, settings: Settings) -> Any:
    """What one row beside the account tells: a day, a contract, or a change."""
    match settings.evidence:
        case "contracts":
            return row
        case "history":
            place = f"account {row['AccountId']}"
            return _moment(row, "CreatedDate", place), row["OldValue"], row["NewValue"]
        case _:
            return crm.moment(row["CloseDate"], f"opportunity {row['Id']}", "CloseDate")


def _records(
    rows: Iterable[Row],
    told: Mapping[str, list[Any]],
    merged: Mapping[str, list[str]],
    settings: Settings,
) -> Iterator[Record]:
    for row in rows:
        company = _company(row, merged.get(row["Id"], []), settings)
        yield from _of(company, row, told.get(row["Id"], []), settings)


def _of(company: crm.Company, row: Row, told: list[Any], settings: Settings) -> Iterator[Record]:
    match settings.evidence:
        case "today" | "won" | "purchases":
            yield from crm.of_evidence(company, row, told, settings)
        case "contracts":
            for contract in told:
                yield from _contract(company, contract, settings)
        case "history":
            created = _moment(row, "CreatedDate", company.place)
            begun = told[0][1] if told else row[settings.property]
            held = [(created, begun or ""), *((moment, new or "") for moment, _, new in told)]
            yield from crm.from_history(company, held, settings.values)


def _contract(company: crm.Company, row: Row, settings: Settings) -> Iterator[DatedStay]:
    place = f"contract {row['Id']}"
    since = crm.moment(row["StartDate"], place, "StartDate")
    term = date.fromisoformat(row["EndDate"]) + timedelta(days=1) if row["EndDate"] else None
    told = row.get(settings.until) if settings.until else None
    until: Moment | None = crm.optional(told, place, "the field named in until:") or term
    if until is not None and crm.day(until) < crm.day(since):
        return  # called off before it began
    paid = crm.monthly(row.get(settings.amount), settings, place) if settings.amount else None
    yield replace(
        company.stay(since, until),
        place=place,
        monthly=paid,
        currency=settings.currency or "" if paid is not None else "",
        as_of_now=False,
        term_ends=(term,) if term else (),
    )


def _company(row: Row, was: Sequence[str], settings: Settings) -> crm.Company:
    place = f"account {row['Id']}"
    return crm.Company(
        id=row["Id"],
        name=row["Name"] or row["Id"],
        place=place,
        fields=crm.split(settings.fields, row),
        **crm.paid(row, settings, place),
        domains=crm.domains(row["Website"]),
        parent=row["ParentId"] or "",
        was=was,
    )


def _flat(row: Row, prefix: str = "") -> Row:
    """{"Owner": {"Name": "Ada"}} as {"Owner.Name": "Ada"}, as the CSV of a bulk query has it."""
    flat: Row = {}
    for name, value in row.items():
        if name == "attributes":
            continue
        if isinstance(value, dict):
            flat |= _flat(value, f"{prefix}{name}.")
        else:
            flat[f"{prefix}{name}"] = value
    return flat


def _moment(row: Row, name: str, place: str) -> datetime:
    return crm.instant(row[name], place, name)


def _literal(moment: datetime) -> str:
    return f"{moment.astimezone(UTC):%Y-%m-%dT%H:%M:%SZ}"


def _quoted(values: Collection[str]) -> str:
    """Texts as SOQL writes them."""
    escaped = (value.replace("\\", r"\\").replace("'", r"\'") for value in values)
    return ", ".join(f"'{value}'" for value in escaped)


_NO_SUCH = re.compile(r"No such column '([\w.]{1,80})' on entity '(\w{1,80})'")


def _refused(status: int, headers: httpx.Headers, body: bytes) -> IntegrationError | None:
    """Salesforce's own code of what is wrong, which its statuses do not tell apart."""
    if status < 400:
        return None
    try:
        codes = {
            each.errorCode: each.message for each in msgspec.json.decode(body, type=list[_Said])
        }
    except (msgspec.DecodeError, UnicodeDecodeError, RecursionError):
        codes = {}
    if "REQUEST_LIMIT_EXCEEDED" in codes:
        return SourceUnavailable(
            f"Salesforce answered {status}: the organization's limit of API requests is used up;"
            " the next pull tries again"
        )
    if {"QUERY_TIMEOUT", "OPERATION_TOO_LARGE"} & codes.keys():
        return SourceUnavailable(
            f"Salesforce answered {status}: the query took too long; the next pull tries again, and"
            " bulk_above: 0 gives it more time"
        )
    if found := _NO_SUCH.search(codes.get("INVALID_FIELD", "")):
        return CredentialsRejected(
            f"Salesforce answered {status}: there is no field {found[1]} of {found[2]}, or the user"
            " may not see it; mend the setting, or let the user read the field"
        )
    if {"INVALID_FIELD", "INVALID_TYPE"} & codes.keys():
        return CredentialsRejected(
            f"Salesforce answered {status}: an object or field does not exist, or the user may not"
            " see it; mend the settings, or let the user read it"
        )
    if status == 403:
        return CredentialsRejected(
            "Salesforce answered 403: the user may not read this; give them the permission API"
            " Enabled and the objects in use, and the app the scopes that the documentation lists"
        )
    return None


class _Said(msgspec.Struct):
    errorCode: str
    message: str = ""
