"""ERPNext: what was invoiced, what is subscribed, or who is in the list of customers.

Customer: a Customer; `evidence` says what makes one.
`invoices`: each submitted Sales Invoice is a purchase, on its posting date. Returns are left out,
and invoices that a credit note took back.
`subscriptions`: each Subscription of a Customer is a stay, from `start_date`, or the day after its
trial, until it is cancelled (`cancelation_date`) or completed (the day after `end_date`).
`today`: every Customer that is not disabled. Leads and prospects are lists of their own.
Since, until: as said there; a purchase keeps its customer for the configured number of days. Of
`today` since the first pull that sees them, until one that does not.
Terms: of subscriptions, the day after the `end_date` that is set.
History: complete for invoices and subscriptions; none before the first pull for `today`.

Auth: the API key and the API secret of a user (User, Settings, API Access) with a role that may
read Customer and, by what is read, Sales Invoice or Subscription.
Limits: none published for servers of one's own; 4 requests a second is the default here.
Traps: without a page size a list ends after 20 rows and says nothing of it. Times are those of the
site, without a zone: name it in `zone`, or changes of half a day more are asked for each time. The
id of a Customer may be the company's name, and whoever renames the one changes the other: that
looks like one who left and one who came. A user may be allowed to see some Customers only, who
then look like all. What is deleted between full pulls goes unnoticed.

https://docs.frappe.io/framework-git/rest-api/listing-documents
https://docs.frappe.io/framework-git/rest-api/filters-fields-pagination
https://docs.frappe.io/framework/user/en/api/rest
https://docs.frappe.io/erpnext/user/manual/en/subscription
https://docs.frappe.io/erpnext/user/manual/en/sales-invoice
"""

import json
import re
from collections.abc import AsyncGenerator, Iterable, Iterator, Mapping, Sequence
from datetime import UTC, date, datetime, timedelta
from typing import Any, ClassVar, Literal
from zoneinfo import ZoneInfo

import msgspec
from pydantic import Field, field_validator

from integrations import base, crm
from integrations.errors import (
    BadRecord,
    CredentialsRejected,
    backwards,
    dateless,
    unknown_status,
)
from integrations.http import Http, Trail
from integrations.records import DatedStay, LeftOut, Page, Present, Purchase, Record, sorted_out

PAGE = 500
SOME = 30
"""Customers that one question names: they travel in the address."""

OVERLAP = timedelta(minutes=10)
ANY_ZONE = timedelta(hours=12)
"""So far a site's clock may be behind Greenwich."""

Row = dict[str, Any]
Filter = Sequence[Any]

_DOCTYPES = {"invoices": "Sales Invoice", "subscriptions": "Subscription"}
_OWNER = {"invoices": "customer", "subscriptions": "party"}
_READ = {
    "invoices": ["name", "customer", "posting_date"],
    "subscriptions": [
        "name", "party", "status", "start_date", "end_date", "cancelation_date", "trial_period_end",
    ],
}  # fmt: skip
_OURS: dict[str, list[Filter]] = {
    "invoices": [],
    "subscriptions": [["party_type", "=", "Customer"]],
}
_COUNTED: dict[str, list[Filter]] = {
    "invoices": [
        ["docstatus", "=", 1], ["is_return", "=", 0], ["status", "!=", "Credit Note Issued"],
    ],
    "subscriptions": [["status", "!=", "Trialling"]],
    "today": [["disabled", "=", 0]],
}  # fmt: skip
_ENDS = {"Cancelled": "cancelation_date", "Completed": "end_date"}
"""What says when a subscription ended, by the status that it has then."""

_SERIES = re.compile(r"[\w./#-]{1,60}")


class Settings(base.Settings):
    """What makes a customer in an ERPNext site."""

    requests_per_second_default: ClassVar[float] = 4.0

    url: base.Address = Field(description="The site: https://erp.example.com.")
    key: base.Token = Field(description="The API key of a user.")
    secret: base.Token = Field(description="The API secret of the same user.")
    evidence: Literal["invoices", "subscriptions", "today"] = Field(
        default="invoices", description="What makes a customer; see above."
    )
    zone: str | None = Field(
        default=None, description="The site's time zone (System Settings), such as Asia/Kolkata."
    )
    fields: base.Fields = Field(
        default_factory=dict,
        description="What figures can be split by: our word, then the Customer's field.",
    )

    @field_validator("zone")
    @classmethod
    def _is_a_zone(cls, zone: str | None) -> str | None:
        try:
            ZoneInfo(zone or "UTC")
        except (LookupError, ValueError, OSError) as error:
            raise ValueError("is not a time zone such as Asia/Kolkata") from error
        return zone


class _Found(msgspec.Struct):
    data: list[Row]


async def customers(settings: Settings, http: Http, after: str = "") -> AsyncGenerator[Page, None]:
    async for told, last in _records(settings, http, [], after):
        records: list[Record]
        records, left_out = sorted_out(told)
        yield Page(records, mark=last, left_out=left_out)


async def changes(settings: Settings, http: Http, since: datetime) -> AsyncGenerator[Page, None]:
    changed: set[str] = set()
    newer = ["modified", ">=", _clock(since - OVERLAP, settings)]
    async for rows in _read(settings, http, "Customer", ["name"], [newer]):
        changed.update(row["name"] for row in rows)
    if settings.evidence != "today":
        doctype, owner = _DOCTYPES[settings.evidence], _OWNER[settings.evidence]
        ours = [*_OURS[settings.evidence], newer]
        async for rows in _read(settings, http, doctype, ["name", owner], ours):
            changed.update(row[owner] for row in rows)
    for some in crm.some(sorted(changed), SOME):
        found: list[Record] = []
        async for records, _ in _records(settings, http, some):
            found.extend(each for each in records if not isinstance(each, LeftOut))
        there = {record.customer for record in found}
        yield Page(found, gone=[id for id in some if id not in there])


async def _records(
    settings: Settings, http: Http, some: Sequence[str], last: str = ""
) -> AsyncGenerator[tuple[list[Record | LeftOut], str], None]:
    """What there is about all customers, or about some, and the name of the last document."""
    named = [["name", "in", list(some)]] if some else []
    if settings.evidence == "today":
        counted = [*_COUNTED["today"], *named]
        wanted = _wanted(settings)
        async for rows, name in _pages(settings, http, "Customer", wanted, counted, last):
            yield [Present(**_identity(row["name"], row, settings)) for row in rows], name
        return
    known: dict[str, Row] = {}
    async for rows in _read(settings, http, "Customer", _wanted(settings), named):
        known.update((row["name"], row) for row in rows)
    kind = settings.evidence
    counted = [*_OURS[kind], *_COUNTED[kind], *([[_OWNER[kind], "in", list(some)]] if some else [])]
    async for rows, name in _pages(settings, http, _DOCTYPES[kind], _READ[kind], counted, last):
        yield list(_told(rows, known, settings)), name


def _told(
    rows: Iterable[Row], known: Mapping[str, Row], settings: Settings
) -> Iterator[Purchase | DatedStay | LeftOut]:
    for row in rows:
        customer = known.get(row[_OWNER[settings.evidence]])
        if customer is None:
            raise CredentialsRejected(
                f"{settings.url} hides a Customer who has documents from the user of the key; let"
                " that user read all Customers, or pull again if it has just been made"
            )
        if settings.evidence == "invoices":
            yield to_purchase(row, customer, settings)
        else:
            yield to_stay(row, customer, settings)


def to_purchase(row: Row, customer: Row, settings: Settings) -> Purchase:
    place = _place("invoice", row)
    on = _day(row, "posting_date", place)
    if on is None:
        raise dateless(place, "posting_date", where="ERPNext")
    return Purchase(on=on, place=place, **_identity(row["customer"], customer, settings))


def to_stay(row: Row, customer: Row, settings: Settings) -> DatedStay | LeftOut:
    """The stay that a subscription is, if it did not end with its trial."""
    place = _place("subscription", row)
    since, ends = _day(row, "start_date", place), _day(row, "end_date", place)
    trial = _day(row, "trial_period_end", place)
    if since is None:
        raise dateless(place, "start_date", where="ERPNext")
    after_end = None if ends is None else ends + timedelta(days=1)
    match row["status"]:
        case "Active" | "Past Due Date" | "Grace Period" | "Unpaid":
            until = None
        case "Cancelled":
            until = _day(row, _ENDS["Cancelled"], place)
        case "Completed":
            until = after_end
        case unknown:
            raise unknown_status(place, str(unknown))
    if until is None and row["status"] in _ENDS:
        raise dateless(place, _ENDS[row["status"]], status=row["status"], where="ERPNext")
    if trial is not None:
        since = max(since, trial + timedelta(days=1))
        if until is not None and until <= since:
            return LeftOut.TRIAL
    if until is not None and until < since:
        raise backwards(place, str(row["party"]), since, until, where="ERPNext")
    return DatedStay(
        since=since,
        until=until,
        place=place,
        term_ends=(after_end,) if after_end is not None else (),
        **_identity(row["party"], customer, settings),
    )


def _identity(id: str, customer: Row, settings: Settings) -> dict[str, Any]:
    email = (customer.get("email_id") or "").strip().lower()
    return {
        "customer": id,
        "name": customer.get("customer_name") or id,
        "fields": crm.split(settings.fields, customer),
        "emails": (email,) if email else (),
        "domains": crm.domains(customer.get("website")),
    }


def _place(what: str, row: Row) -> str:
    """A document by its number; one that is named otherwise may be called after a customer."""
    return f"{what} {row['name']}" if _SERIES.fullmatch(str(row["name"])) else f"one {what}"


def _day(row: Row, field: str, place: str) -> date | None:
    told = row[field]
    if told is None or told == "":
        return None
    try:
        return date.fromisoformat(str(told))
    except ValueError as error:
        raise BadRecord(f"{place}: {field} does not hold a date; look at it in ERPNext") from error


def _clock(moment: datetime, settings: Settings) -> str:
    """A moment as the site's clock shows it, or one before it where the zone is not known."""
    if settings.zone is None:
        return f"{moment.astimezone(UTC) - ANY_ZONE:%Y-%m-%d %H:%M:%S}"
    return f"{moment.astimezone(ZoneInfo(settings.zone)):%Y-%m-%d %H:%M:%S}"


def _wanted(settings: Settings) -> list[str]:
    own = ["name", "customer_name", "email_id", "website"]
    return list(dict.fromkeys([*own, *settings.fields.values()]))


async def _read(
    settings: Settings, http: Http, doctype: str, fields: Sequence[str], filters: Sequence[Filter]
) -> AsyncGenerator[list[Row], None]:
    async for rows, _ in _pages(settings, http, doctype, fields, filters):
        yield rows


async def _pages(
    settings: Settings,
    http: Http,
    doctype: str,
    fields: Sequence[str],
    filters: Sequence[Filter],
    last: str = "",
) -> AsyncGenerator[tuple[list[Row], str], None]:
    """All documents in the order of their names, and the last name. Only an empty page is the last
    one."""
    url = f"{settings.url}/api/resource/{doctype}"
    key, secret = settings.key.get_secret_value(), settings.secret.get_secret_value()
    asked = {
        "fields": json.dumps(list(fields)),
        "order_by": "name asc",
        "limit_page_length": str(PAGE),
    }
    trail, seen = Trail(url), set[str]()
    while True:
        above = [["name", ">", last]] if last else []
        found = await http.get(
            url,
            shape=_Found,
            headers={"Authorization": f"token {key}:{secret}"},
            params={**asked, "filters": json.dumps([*filters, *above])},
        )
        if not found.data:
            return
        crm.whole(found.data, fields, url)
        last = str(found.data[-1]["name"])
        yield [row for row in found.data if row["name"] not in seen], last
        seen |= {row["name"] for row in found.data}
        trail.follow(last)
