"""Odoo: what was invoiced, what is subscribed, or who is marked as a customer.

Customer: a company, or a person without one: Odoo's commercial entity of the contact on the
document. Contacts and addresses of a company are that company. `evidence` says what makes one:
  - `invoices`: each posted customer invoice or sales receipt is a purchase, on its invoice date.
    Invoices that a credit note reversed in full are left out.
  - `subscriptions`: each subscription is a stay (Odoo Enterprise, version 17 and later), from its
    `start_date` until its `end_date` once it is churned or renewed, of which Odoo keeps the price
    of today. Quotations and upsells are none. A paused one counts until it ends; nothing is paid.
  - `today`: contacts with a `customer_rank` above 0, or those that `domain` finds. Who is archived
    or missing later has left. Odoo never takes the rank back, so with it alone nobody leaves but by
    being archived: name a domain of your own.
Since, until: as said there; a purchase keeps its customer for the configured number of days.
Revenue: of subscriptions the monthly recurring amount, without tax, in the currency of the order.
Terms: of subscriptions, the `end_date` that is set in advance.
History: complete for invoices and subscriptions, as far back as they are in the database; none
before the first pull for `today`.

Auth: an API key of a user (Preferences, Account Security), sent as a bearer token; it ends after
three months at the latest. Give that user read access to Contacts and, by what is read,
Invoicing or Sales alone. Odoo 14 to 18 have no such API: set `api: jsonrpc`, `database` and `user`.
Odoo Online has an external API on Custom plans only.
Limits: none published; 4 a second is the default here, in pages of 1,000.
Traps: archived contacts are hidden unless asked for, which this does for the names of those who
bought. Pages are asked for by the last id, so what is added or deleted meanwhile moves nothing.
Merged contacts lose their old id. Between full pulls a deleted document goes unnoticed.

https://www.odoo.com/documentation/19.0/developer/reference/external_api.html
https://www.odoo.com/documentation/19.0/developer/reference/external_rpc_api.html
https://www.odoo.com/documentation/19.0/developer/reference/backend/orm.html#search-domains
https://www.odoo.com/documentation/19.0/applications/sales/subscriptions.html
"""

from collections.abc import AsyncGenerator, Sequence
from datetime import UTC, date, datetime, timedelta
from decimal import Decimal
from functools import partial
from typing import Any, ClassVar, Literal, Self, TypeVar

import httpx
import msgspec
from msgspec import Raw, Struct
from pydantic import Field, model_validator

from integrations import base, crm
from integrations.errors import (
    CredentialsRejected,
    IntegrationError,
    UnexpectedResponse,
    backwards,
    dateless,
)
from integrations.http import Http, address, bearer, decode
from integrations.records import DatedStay, LeftOut, Page, Present, Purchase, Record, sorted_out

PAGE = 1_000
SOME = 500
"""Customers of whom one question asks for everything."""

OVERLAP = timedelta(minutes=10)
"""A transaction is dated by its beginning and seen at its end."""

_MODELS = {"invoices": "account.move", "subscriptions": "sale.order", "today": "res.partner"}
_ENDED = ("5_renewed", "6_churn")

Domain = list[Any]
"""Conditions such as ["state", "=", "sale"], all of which hold, or "|" and "&" before two."""

_SOLD: Domain = [["move_type", "in", ["out_invoice", "out_receipt"]]]
_SUBSCRIBED: Domain = [["is_subscription", "=", True]]
_COUNTED: dict[str, Domain] = {
    "invoices": [*_SOLD, ["state", "=", "posted"], ["payment_state", "!=", "reversed"]],
    "subscriptions": [
        *_SUBSCRIBED,
        ["subscription_state", "in", ["3_progress", "4_paused", *_ENDED]],
    ],
    "today": [["customer_rank", ">", 0], ["parent_id", "=", False]],
}
_READ = {
    "invoices": ["partner_id", "name", "invoice_date"],
    "subscriptions": [
        "partner_id", "name", "subscription_state", "start_date", "end_date", "next_invoice_date",
        "recurring_monthly", "currency_id", "plan_id",
    ],
    "today": [],
}  # fmt: skip


class Settings(base.Settings):
    """What makes a customer in an Odoo database."""

    requests_per_second_default: ClassVar[float] = 4.0

    url: base.Address = Field(description="Where Odoo is: https://mycompany.odoo.com.")
    token: base.Token = Field(description="An API key of a user who may read what is read.")
    api: Literal["json2", "jsonrpc"] = Field(
        default="json2", description="json2 for Odoo 19 and later, jsonrpc for 14 to 18."
    )
    database: str = Field(
        default="", description="Its name: for jsonrpc, and where one server has several."
    )
    user: str = Field(default="", description="jsonrpc: the login of the user whose key it is.")
    evidence: Literal["invoices", "subscriptions", "today"] = Field(
        default="invoices", description="What makes a customer; see above."
    )
    domain: Domain = Field(
        default_factory=list,
        description="More conditions for the invoices or subscriptions; of today, those for the"
        " contacts in place of ours. As Odoo writes them: [[company_id, =, 1]].",
    )
    fields: base.Fields = Field(
        default_factory=dict,
        description="What figures can be split by: our word, then the contact's field.",
    )

    @model_validator(mode="after")
    def _knows_the_database(self) -> Self:
        if self.api == "jsonrpc" and not (self.database and self.user):
            raise ValueError("api: jsonrpc needs database and user: set both")
        if self.api == "json2" and self.user:
            raise ValueError("user is for api: jsonrpc; a key alone tells json2 whose it is")
        return self

    def counted(self) -> Domain:
        """Which documents, or contacts, make a customer."""
        if self.evidence == "today" and self.domain:
            return self.domain
        return [*_COUNTED[self.evidence], *self.domain]


Named = tuple[int, str | bool] | bool
"""A record that another one names: its id and what it is called; False for none."""


class _Document(Struct, kw_only=True):
    id: int
    partner_id: Named
    name: str | bool = False
    invoice_date: date | bool = False
    subscription_state: str | bool = False
    start_date: date | bool = False
    end_date: date | bool = False
    next_invoice_date: date | bool = False
    recurring_monthly: Decimal | bool = False
    currency_id: Named = False
    plan_id: Named = False


Contact = dict[str, Any]
"""A contact, with whatever fields figures are split by; an empty one is False."""


class _Result(Struct):
    result: Raw


Row = TypeVar("Row")


async def customers(settings: Settings, http: Http, after: str = "") -> AsyncGenerator[Page, None]:
    odoo = await _open(settings, http)
    async for told, last in odoo.records(settings.counted(), int(after or 0)):
        records: list[Record]
        records, left_out = sorted_out(told)
        yield Page(records, mark=str(last), left_out=left_out)


async def changes(settings: Settings, http: Http, since: datetime) -> AsyncGenerator[Page, None]:
    odoo = await _open(settings, http)
    moment = (since - OVERLAP).astimezone(UTC)
    changed = await odoo.changed(["write_date", ">=", f"{moment:%Y-%m-%d %H:%M:%S}"])
    own = "id" if settings.evidence == "today" else "partner_id.commercial_partner_id"
    for at in range(0, len(changed), SOME):
        some = changed[at : at + SOME]
        records: list[Record] = []
        async for page, _ in odoo.records([*settings.counted(), [own, "in", some]]):
            records.extend(each for each in page if not isinstance(each, LeftOut))
        there = {record.customer for record in records}
        yield Page(records, gone=[str(id) for id in some if str(id) not in there])


async def _open(settings: Settings, http: Http) -> "_Odoo":
    """Raises CredentialsRejected if the user of jsonrpc may not come in."""
    odoo = _Odoo(settings, http)
    if settings.api == "jsonrpc":
        who = [settings.database, settings.user, settings.token.get_secret_value(), {}]
        uid = await odoo.rpc("common", "authenticate", who, int | bool)
        if uid is False:
            raise CredentialsRejected(
                f"{settings.url} does not let this user in; put a valid user, database and token"
                " into config.yaml"
            )
        odoo.uid = int(uid)
    return odoo


class _Odoo:
    """One database, asked by the API that it has."""

    def __init__(self, settings: Settings, http: Http) -> None:
        self.uid = 0
        self._settings = settings
        self._http = http
        self._contacts: dict[int, Contact] = {}

    async def records(
        self, domain: Domain, last: int = 0
    ) -> AsyncGenerator[tuple[list[Record | LeftOut], int], None]:
        """What the documents or contacts of a domain tell, a page at a time, and the last id."""
        evidence, settings = self._settings.evidence, self._settings
        if evidence == "today":
            people = self._pages("res.partner", domain, self._wanted(), Contact, last)
            async for contacts in people:
                found: list[Record | LeftOut] = [
                    to_present(contact, settings) for contact in contacts
                ]
                yield found, _row_id(contacts[-1])
            return
        model, fields = _MODELS[evidence], _READ[evidence]
        async for rows in self._pages(model, domain, fields, _Document, last):
            await self._learn({_id(row.partner_id) for row in rows})
            to_record = to_purchase if evidence == "invoices" else to_stay
            yield (
                [
                    to_record(row, *self._parties(row), settings)
                    if _id(row.partner_id)
                    else LeftOut.NO_BUYER
                    for row in rows
                ],
                rows[-1].id,
            )

    async def changed(self, condition: Domain) -> list[int]:
        """The ids of customers of whom a document, or who themselves, fit the condition."""
        if self._settings.evidence == "today":
            domain = [condition, ["active", "in", [True, False]]]
            return [
                int(contact["id"])
                async for contacts in self._pages("res.partner", domain, ["id"], Contact)
                for contact in contacts
            ]
        invoices = self._settings.evidence == "invoices"
        domain = [*(_SOLD if invoices else _SUBSCRIBED), condition]
        found: set[int] = set()
        model = _MODELS[self._settings.evidence]
        async for rows in self._pages(model, domain, ["partner_id"], _Document):
            people = {_id(row.partner_id) for row in rows}
            await self._learn(people)
            found |= {_company_id(self._contacts[id]) for id in people if id in self._contacts}
        return sorted(found)

    async def _learn(self, ids: set[int]) -> None:
        """Know these contacts, and the companies that they belong to."""
        for _ in range(2):
            unknown = sorted(ids - self._contacts.keys() - {0})
            for at in range(0, len(unknown), PAGE):
                some = ["id", "in", unknown[at : at + PAGE]]
                question = {
                    "domain": [some, ["active", "in", [True, False]]],
                    "fields": self._wanted(),
                    "order": "id",
                    "limit": PAGE,
                }
                found = await self._search_read("res.partner", question, Contact)
                self._contacts.update((_row_id(contact), contact) for contact in found)
            ids = {_company_id(self._contacts[id]) for id in ids if id in self._contacts}

    def _parties(self, row: _Document) -> tuple[Contact, Contact]:
        """The contact on a document, and the company that it belongs to."""
        who = self._contacts.get(_id(row.partner_id))
        company = None if who is None else self._contacts.get(_company_id(who))
        if who is None or company is None:
            raise CredentialsRejected(
                f"{self._settings.url} hides the contact of {row.name or row.id} from the user of"
                " the token; let that user read all contacts"
            )
        return who, company

    def _wanted(self) -> list[str]:
        own = ["name", "email", "parent_id", "commercial_partner_id", "website"]
        return list(dict.fromkeys([*own, *self._settings.fields.values()]))

    async def _pages(
        self, model: str, domain: Domain, fields: Sequence[str], row: type[Row], last: int = 0
    ) -> AsyncGenerator[list[Row], None]:
        """All rows above an id, in their order. Only an empty page is the last one."""
        while True:
            question = {
                "domain": [*domain, ["id", ">", last]],
                "fields": list(fields),
                "order": "id",
                "limit": PAGE,
            }
            page = await self._search_read(model, question, row)
            if not page:
                return
            rows = [each for each in page if _row_id(each) > last]
            ids = [_row_id(each) for each in rows]
            if ids != sorted(set(ids)) or not rows:
                raise UnexpectedResponse(
                    f"{self._settings.url} gave records again, or not in the order of their ids;"
                    " the pull is thrown away: report it to us if the next one ends so too"
                )
            yield rows
            last = ids[-1]

    async def _search_read(self, model: str, question: Any, row: type[Row]) -> list[Row]:
        settings = self._settings
        shape: Any = list[row]  # type: ignore[valid-type]  # a type only known here
        if settings.api == "jsonrpc":
            key = settings.token.get_secret_value()
            args = [settings.database, self.uid, key, model, "search_read", [], question]
            found: list[Row] = await self.rpc("object", "execute_kw", args, shape)
            return found
        named = {"X-Odoo-Database": settings.database} if settings.database else {}
        found = await self._http.post(
            f"{settings.url}/json/2/{model}/search_read",
            shape=shape,
            json=question,
            headers={**bearer(settings.token), **named},
            refused=partial(refused, settings),
        )
        return found

    async def rpc(self, service: str, method: str, args: list[Any], shape: Any) -> Any:
        url = f"{self._settings.url}/jsonrpc"
        answer = await self._http.post(
            url,
            shape=_Result,
            json={
                "jsonrpc": "2.0",
                "method": "call",
                "id": 1,
                "params": {"service": service, "method": method, "args": args},
            },
            refused=partial(refused, self._settings),
        )
        return decode(bytes(answer.result), shape, address(url))


def to_purchase(row: _Document, who: Contact, company: Contact, settings: Settings) -> Purchase:
    place = _place(row, "invoice")
    if not isinstance(row.invoice_date, date):
        raise dateless(place, "invoice_date", status="posted", where="Odoo")
    return Purchase(on=row.invoice_date, place=place, **_identity(who, company, settings))


def to_stay(row: _Document, who: Contact, company: Contact, settings: Settings) -> DatedStay:
    place = _place(row, "subscription")
    until, ends = None, row.end_date if isinstance(row.end_date, date) else None
    if row.subscription_state in _ENDED:
        # What is closed without a date was paid until the invoice that was due next.
        until = ends or row.next_invoice_date or None
        if until is None:
            raise dateless(place, "end_date", status="closed", where="Odoo")
    if not isinstance(row.start_date, date):
        raise dateless(place, "start_date", where="Odoo")
    if isinstance(until, date) and until < row.start_date:
        customer = _identity(who, company, settings)["customer"]
        raise backwards(place, customer, row.start_date, until, where="Odoo")
    monthly = None if isinstance(row.recurring_monthly, bool) else row.recurring_monthly
    currency = _text(row.currency_id)
    if monthly is not None and row.subscription_state == "4_paused":
        monthly = Decimal(0)
    told = _identity(who, company, settings)
    plan = _text(row.plan_id)
    return DatedStay(
        since=row.start_date,
        until=until if isinstance(until, date) else None,
        place=place,
        monthly=monthly if currency else None,
        currency=currency if monthly is not None else "",
        as_of_now=monthly is not None and bool(currency),
        term_ends=(ends,) if ends is not None else (),
        **{**told, "fields": {**({"plan": plan} if plan else {}), **told["fields"]}},
    )


def to_present(contact: Contact, settings: Settings) -> Present:
    place = f"contact {_row_id(contact)}"
    return Present(place=place, **_identity(contact, contact, settings))


def _identity(who: Contact, company: Contact, settings: Settings) -> dict[str, Any]:
    """Who the customer of a document is, of which `who` is the contact that it names."""
    id, parent = _row_id(company), _id(_told(company, "parent_id"))
    split = {word: _text(company.get(name)) for word, name in settings.fields.items()}
    return {
        "customer": str(id),
        "name": _text(_told(company, "name")) or _text(company.get("email")) or str(id),
        "fields": {word: value for word, value in split.items() if value},
        "emails": tuple(dict.fromkeys(filter(None, (_email(company), _email(who))))),
        "domains": crm.domains(_text(company.get("website"))),
        "parent": str(parent) if parent else "",
    }


def _place(row: _Document, what: str) -> str:
    return f"{what} {row.name or row.id}"


def _email(contact: Contact) -> str:
    return _text(contact.get("email")).strip().lower()


def _text(value: Any) -> str:
    """A field as a label: the name of the record that it names; "" for Odoo's False."""
    if isinstance(value, list | tuple):
        return str(value[1]) if len(value) == 2 and value[1] else ""
    return "" if value is False or value is None else str(value)


def _id(named: Any) -> int:
    """The id of a record that another one names; 0 for none."""
    return int(named[0]) if isinstance(named, list | tuple) and named else 0


def _row_id(row: Any) -> int:
    return int(_told(row, "id")) if isinstance(row, dict) else int(row.id)


def _company_id(contact: Contact) -> int:
    """The id of its commercial entity, which is itself if it belongs to none."""
    return _id(_told(contact, "commercial_partner_id")) or _row_id(contact)


def _told(contact: Contact, name: str) -> Any:
    if name not in contact:
        raise UnexpectedResponse(f"Odoo gave a row without its {name}; report it to us")
    return contact[name]


class _Data(Struct):
    name: str = ""


class _Error(Struct):
    data: _Data | None = None


class _Refusal(Struct):
    """What both APIs say when something went wrong: json2 with a status, jsonrpc with 200."""

    name: str = ""
    error: _Error | None = None


def refused(
    settings: Settings, status: int, headers: httpx.Headers, body: bytes
) -> IntegrationError | None:
    if body[:1] != b"{":
        return None
    try:
        said = msgspec.json.decode(body, type=_Refusal)
    except (msgspec.DecodeError, RecursionError):
        return None
    inner = said.error.data if said.error is not None else None
    kind = (said.name if inner is None else inner.name).rpartition(".")[2]
    if kind in ("AccessDenied", "AccessError"):
        model = _MODELS[settings.evidence]
        return CredentialsRejected(
            f"{settings.url} answered {status}: the user of the token may not read this; give it"
            f" read access to {model} and res.partner"
        )
    if kind in ("ValueError", "KeyError"):
        return UnexpectedResponse(
            f"{settings.url} answered {status}: it does not know something that we ask for; check"
            " evidence:, domain: and fields: of this source"
        )
    if said.error is not None:
        return UnexpectedResponse(
            f"{settings.url} failed inside; look at its log, and report it to us if it is in order"
        )
    return None
