"""Close: the leads whose status says that they are or were customers.

Customer: a Lead (a company, in Close's words) whose status is or was one of `statuses`, by label or
by id. Labels are as they were at each change: name the id of a status that was renamed.
Since: when the status became one of these, as the Lead's status changes tell; a Lead that had it
from the beginning, since it was created. Of `evidence: today` the field named in `since`.
Until: when it became another one. Of `today` who is missing from a later pull has left.
Revenue: the custom field named in `amount`, `every` month or year, in `currency`, a code for all of
them. It holds from the day of the pull on.
History: complete of `history`, which is the default, since the Lead was created in Close; changes
that were imported with their time count. `today` tells nothing of the past.

Auth: an API key of a user who sees all Leads, sent as the user of Basic authentication.
Limits: per key and kind of question, and three times that for the organization; 5 requests a second
is the default here. A refusal says how many seconds to wait.
Traps: far pages are refused and searches end at 10,000 rows, so both are sliced by the day of
creation. Custom fields go by `custom.` and their id. Deleted Leads are noticed by a full pull
alone; a Lead that was merged into another lives on in it.

https://developer.close.com/api/overview/pagination
https://developer.close.com/api/overview/rate-limits
https://developer.close.com/api/resources/advanced-filtering/search
https://developer.close.com/api/resources/activities/lead-status-changes
https://developer.close.com/api/resources/activities/lead-merges
"""

import base64
from collections.abc import AsyncGenerator, Iterator, Mapping, Sequence
from datetime import date, datetime, timedelta
from typing import Any, ClassVar, Literal, Self

import httpx
import msgspec
from pydantic import Field, model_validator

from integrations import base, crm
from integrations.errors import IntegrationError, SourceUnavailable, UnexpectedResponse
from integrations.http import Http, Trail
from integrations.records import Page, Record

PAGE = 200
SLICE = 5_000
"""Rows after which a search is begun anew, at the day that it has come to."""

CAP = 10_000
"""Rows beyond this cannot be had from one search."""

DEEPEST = 1_000
"""Rows that a list is asked to skip at most; then it is asked anew up to the last one's time."""

SOME = 50
FIRST = date(2000, 1, 1)
DAY = timedelta(days=1)


class Settings(crm.CompanySettings):
    """Which Leads of a Close organization are customers."""

    requests_per_second_default: ClassVar[float] = 5.0

    token: base.Token = Field(description="An API key of a user who sees all Leads.")
    url: base.Address = Field(
        default="https://api.close.com", description="Where the API is; change it for tests only."
    )
    evidence: Literal["history", "today"] = Field(
        default="history", description="Whether to read what the status was, or what it is."
    )
    statuses: tuple[str, ...] = Field(
        default=("Customer",),
        min_length=1,
        description="Labels or ids of the statuses that make a customer.",
    )
    since: str | None = Field(
        default=None, description="today: the Lead's field with the day they became one."
    )

    @model_validator(mode="after")
    def _uses_since(self) -> Self:
        if self.since is not None and self.evidence != "today":
            raise ValueError("since is for evidence: today; leave it out")
        return self


class _Found(msgspec.Struct):
    data: list[dict[str, Any]]
    cursor: str | None


class _Change(msgspec.Struct):
    id: str
    lead_id: str | None
    date_created: str
    old_status_id: str | None
    new_status_id: str | None
    old_status_label: str | None = None
    new_status_label: str | None = None
    activity_at: str | None = None


class _Merge(msgspec.Struct):
    id: str
    date_created: str
    source_lead_id: str | None
    destination_lead_id: str | None


class _Changes(msgspec.Struct):
    data: list[_Change]
    has_more: bool


class _Merges(msgspec.Struct):
    data: list[_Merge]
    has_more: bool


async def customers(settings: Settings, http: Http, after: str = "") -> AsyncGenerator[Page, None]:
    merged = await _merged(settings, http)
    changed: dict[str, list[_Change]] = {}
    if settings.evidence == "history":
        changed = await _changed(settings, http, {})
    begin = date.fromisoformat(after) if after else FIRST
    async for rows, following in _leads(settings, http, "date_created", begin):
        records = _records(rows, changed, merged, settings)
        yield Page(records, mark=following, left_out=crm.no_customers(len(rows), records))


async def changes(settings: Settings, http: Http, since: datetime) -> AsyncGenerator[Page, None]:
    merged: dict[str, list[str]] | None = None
    # A search knows days alone, those of the key's user: one more is overlap enough.
    async for rows, _ in _leads(settings, http, "date_updated", since.date() - DAY):
        merged = await _merged(settings, http) if merged is None else merged
        changed: dict[str, list[_Change]] = {}
        if settings.evidence == "history":
            for some in crm.some([row["id"] for row in rows], SOME):
                changed |= await _changed(settings, http, {"lead_id": ",".join(some)})
        records = _records(rows, changed, merged, settings)
        yield Page(records, gone=sorted({r["id"] for r in rows} - {r.customer for r in records}))


async def _leads(
    settings: Settings, http: Http, by: str, begin: date
) -> AsyncGenerator[tuple[list[dict[str, Any]], str], None]:
    """Leads, each once, in the order of a date; a search of many is cut into several. With them the
    day to begin at for the rest: nothing is said of how long a cursor lasts."""
    url = f"{settings.url}/api/v1/data/search/"
    seen: set[str] = set()
    while True:
        cursor: str | None = None
        trail, read, last = Trail(url), 0, begin
        while read < SLICE or last <= begin + DAY:
            question = {**_search(settings, by, begin), "cursor": cursor}
            found = await http.post(
                url, shape=_Found, headers=_key(settings), json=question, refused=_refused
            )
            if found.cursor and not found.data:
                raise UnexpectedResponse(f"{url} gave an empty page and says that there is more")
            if not all(str(row.get("id", "")).startswith("lead_") for row in found.data):
                raise UnexpectedResponse(f"{url} gave a row without its id; report it to us")
            fresh = [row for row in found.data if row["id"] not in seen]
            seen |= {row["id"] for row in fresh}
            read += len(found.data)
            if not found.cursor:
                yield fresh, ""
                if read >= CAP:
                    raise UnexpectedResponse(
                        f"{url} gives no more than {CAP:,} Leads of one day; report it to us"
                    )
                return
            last = crm.day(crm.moment(str(found.data[-1].get(by)), "a lead", by))
            # Days of the search are those of a time zone that is not known here.
            yield fresh, (last - DAY).isoformat()
            cursor = trail.follow(found.cursor)
        begin = last - DAY


def _search(settings: Settings, by: str, begin: date) -> dict[str, Any]:
    field = {"type": "regular_field", "object_type": "lead", "field_name": by}
    since = {"type": "fixed_local_date", "value": begin.isoformat(), "which": "start"}
    return {
        "query": {
            "type": "and",
            "queries": [
                {"type": "object_type", "object_type": "lead"},
                {
                    "type": "field_condition",
                    "field": field,
                    "condition": {"type": "moment_range", "on_or_after": since, "before": None},
                },
            ],
        },
        "_fields": {"lead": _wanted(settings)},
        "sort": [{"direction": "asc", "field": field}],
        "_limit": PAGE,
    }


async def _changed(
    settings: Settings, http: Http, asked: Mapping[str, str]
) -> dict[str, list[_Change]]:
    """Status changes by Lead, the oldest first."""
    found: dict[str, list[_Change]] = {}
    url = f"{settings.url}/api/v1/activity/status_change/lead/"
    async for row in _newest(settings, http, url, _Changes, asked):
        if row.lead_id:
            found.setdefault(row.lead_id, []).append(row)
    return {id: sorted(rows, key=lambda row: (_at(row), row.id)) for id, rows in found.items()}


async def _merged(settings: Settings, http: Http) -> dict[str, list[str]]:
    """Ids of the Leads that were merged into one that is there, by its id."""
    url = f"{settings.url}/api/v1/activity/lead_merge/"
    into: dict[str, str] = {}
    async for row in _newest(settings, http, url, _Merges, {}):
        if row.source_lead_id and row.destination_lead_id:
            into[row.source_lead_id] = row.destination_lead_id
    return crm.absorbed(into)


async def _newest(
    settings: Settings,
    http: Http,
    url: str,
    shape: type[_Changes] | type[_Merges],
    asked: Mapping[str, str],
) -> AsyncGenerator[Any, None]:
    """Activities, each once, the newest first, as far back as they go."""
    slices = Trail(url)
    params: dict[str, str | int] = {**asked, "_limit": 100, "_skip": 0}
    seen: set[str] = set()
    last: datetime | None = None
    while True:
        found: _Changes | _Merges = await http.get(
            url, shape=shape, headers=_key(settings), params=params, refused=_refused
        )
        if found.has_more and not found.data:
            raise UnexpectedResponse(f"{url} gave an empty page and says that there is more")
        fresh = [row for row in found.data if row.id not in seen]
        if found.has_more and not fresh and params["_skip"]:
            slices.follow("nothing new")
        for row in fresh:
            at = _instant(row.date_created)
            if last is not None and at > last:
                raise UnexpectedResponse(
                    f"{url} is not in the order of date_created; report it to us"
                )
            seen.add(row.id)
            last = at
            yield row
        if not found.has_more:
            return
        skip = int(params["_skip"]) + len(found.data)
        params = {**params, "_skip": skip}
        if skip >= DEEPEST and last is not None:
            params |= {"_skip": 0, "date_created__lte": slices.follow(last.isoformat())}


def _records(
    rows: Sequence[dict[str, Any]],
    changed: Mapping[str, Sequence[_Change]],
    merged: Mapping[str, Sequence[str]],
    settings: Settings,
) -> list[Record]:
    records: list[Record] = []
    for row in rows:
        company = to_company(row, merged.get(row["id"], ()), settings)
        if settings.evidence == "history":
            held = _held(row, changed.get(row["id"], ()), settings)
            records += crm.from_history(company, held, settings.statuses)
        elif row["status_id"] in settings.statuses or row["status_label"] in settings.statuses:
            told = row.get(settings.since) if settings.since else None
            since = crm.optional(told, company.place, "the field named in since:")
            records.append(company.present(since))
    return records


def _held(
    row: Mapping[str, Any], changed: Sequence[_Change], settings: Settings
) -> Iterator[tuple[datetime, str]]:
    """From when on a Lead had which status."""
    if changed:
        first = changed[0].old_status_id, changed[0].old_status_label
    else:
        first = row["status_id"], row["status_label"]
    created = _instant(row["date_created"])
    # A change that was imported may be older than the Lead.
    yield min([created, *(_at(change) for change in changed)]), _known(*first, settings)
    for change in changed:
        yield _at(change), _known(change.new_status_id, change.new_status_label, settings)


def _known(id: str | None, label: str | None, settings: Settings) -> str:
    """The one of a status's two names that the settings have."""
    return id if id and id in settings.statuses else label or ""


def to_company(row: Mapping[str, Any], was: Sequence[str], settings: Settings) -> crm.Company:
    place = f"lead {row['id']}"
    contacts = row.get("contacts") or []
    emails = [each["email"] for contact in contacts for each in contact.get("emails") or []]
    return crm.Company(
        id=row["id"],
        name=row["display_name"] or row["id"],
        place=place,
        fields=crm.split(settings.fields, row),
        **crm.paid(row, settings, place),
        emails=tuple(dict.fromkeys(emails)),
        domains=crm.domains(row["url"]),
        was=was,
    )


def _wanted(settings: Settings) -> list[str]:
    wanted = ["id", "display_name", "url", "status_id", "status_label", "date_created"]
    wanted += ["date_updated", "contacts", *settings.fields.values()]
    wanted += filter(None, (settings.since, settings.amount))
    return list(dict.fromkeys(wanted))


def _at(change: _Change) -> datetime:
    return _instant(change.activity_at or change.date_created)


def _instant(told: str) -> datetime:
    return crm.instant(told, "a status change", "date_created")


def _key(settings: Settings) -> dict[str, str]:
    key = base64.b64encode(f"{settings.token.get_secret_value()}:".encode()).decode()
    return {"Authorization": f"Basic {key}"}


def _refused(status: int, headers: httpx.Headers, body: bytes) -> IntegrationError | None:
    if status != 429 or "Retry-After" in headers:
        return None
    try:
        told = float(msgspec.json.decode(body)["error"]["rate_reset"])
    except (msgspec.DecodeError, UnicodeDecodeError, LookupError, TypeError, ValueError):
        return None
    wait = max(told, 0.0)
    return SourceUnavailable(
        f"Close answered 429 and asks to wait {wait:.0f} seconds; the next pull tries again",
        retry_after=wait,
    )
