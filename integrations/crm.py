"""From a company in a CRM to records: what the CRMs have in common. Pure.

A CRM tells who is a customer in one of these ways; a module's `evidence` says which one to read.

today: a field of the company says who is a customer now.
won: the first won deal makes a customer, and a field with a day, if there is one, ends it.
purchases: each won deal is a purchase.
history: the CRM remembers when the field changed.
"""

import re
from collections.abc import Collection, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field, replace
from datetime import UTC, date, datetime
from decimal import Decimal, InvalidOperation
from typing import Any, ClassVar, Literal, Self, TypeVar

from pydantic import Field, model_validator

from integrations import base
from integrations.errors import BadRecord, UnexpectedResponse
from integrations.records import DatedStay, LeftOut, Moment, Present, Purchase, Record

Deals = Literal["won", "purchases"]
Id = TypeVar("Id")

_DOMAIN = re.compile(
    r"(?:[a-z][a-z0-9+.-]*://)?(?:www\.)?((?:[\w-]+\.)+[^\W\d_]{2,})\.?(?:[:/?#].*)?"
)

_ID = re.compile(r"[A-Za-z0-9_-]{1,64}")


class CompanySettings(base.Settings):
    """What the sections of all CRMs have."""

    amount: str | None = Field(
        default=None, description="The company's field with what they pay again and again."
    )
    currency: str | None = Field(
        default=None, pattern="^[A-Z]{3}$", description="The currency of all amounts, such as EUR."
    )
    every: Literal["month", "year"] = Field(
        default="month", description="What the amount is for; a year's is divided by 12."
    )
    fields: base.Fields = Field(
        default_factory=dict,
        description="What figures can be split by: our word, then the company's field.",
    )

    @model_validator(mode="after")
    def _says_what_the_amount_is(self) -> Self:
        if (self.amount is None) != (self.currency is None):
            raise ValueError("amount and currency go together: set both, or neither")
        return self


class DealSettings(CompanySettings):
    """What the sections have of those CRMs whose `evidence` may be won deals."""

    evidence: str
    since: str | None = Field(
        default=None, description="today: the company's field with the day they became one."
    )
    until: str | None = Field(
        default=None, description="won: the company's field with the day they left."
    )

    uses: ClassVar[Mapping[str, Sequence[str]]] = {"since": ("today",), "until": ("won",)}
    """Which evidence looks at a setting, of those that not all do."""

    @model_validator(mode="after")
    def _uses_what_is_set(self) -> Self:
        for word, evidence in self.uses.items():
            if getattr(self, word) is not None and self.evidence not in evidence:
                raise ValueError(f"{word} is for evidence: {' or '.join(evidence)}; leave it out")
        if self.amount is not None and self.evidence == "purchases":
            raise ValueError("amount is not for evidence: purchases; leave it out")
        return self


@dataclass(frozen=True, slots=True, kw_only=True)
class Company:
    """What records about one company share; `monthly` is as of now."""

    id: str
    name: str
    place: str
    fields: Mapping[str, str] = field(default_factory=dict)
    monthly: Decimal | None = None
    currency: str = ""
    emails: Sequence[str] = ()
    domains: Sequence[str] = ()
    parent: str = ""
    was: Sequence[str] = ()

    def present(self, since: Moment | None = None) -> Present:
        """They are a customer now."""
        return Present(since=since, **self._told(), **self._paid())

    def stay(self, since: Moment, until: Moment | None) -> DatedStay:
        """They are or were a customer in that time; what is paid is paid now."""
        paid = self._paid() if until is None else {}
        now = until is None and self.monthly is not None
        return DatedStay(since=since, until=until, as_of_now=now, **self._told(), **paid)

    def purchase(self, on: Moment) -> Purchase:
        return Purchase(on=on, **self._told())

    def _told(self) -> dict[str, Any]:
        return {
            "customer": self.id,
            "name": self.name,
            "fields": self.fields,
            "place": self.place,
            "emails": self.emails,
            "domains": self.domains,
            "parent": self.parent,
            "was": self.was,
        }

    def _paid(self) -> dict[str, Any]:
        return {"monthly": self.monthly, "currency": self.currency}


class MarkedSettings(base.Settings):
    """What the sections of helpdesks have: they know of customers only what somebody noted there.

    Unless `reads` says so, they are asked for tickets and ratings alone.
    """

    reads_default: ClassVar[tuple[base.Reading, ...] | None] = ("tickets", "ratings")

    property: str = Field(
        default="", description="The company's field that says who is a customer, to read those."
    )
    values: tuple[str, ...] = Field(
        default=(), description="Values of that field that make a customer."
    )
    since: str = Field(
        default="", description="The company's field with the day they became a customer."
    )
    fields: base.Fields = Field(
        default_factory=dict,
        description="What figures can be split by: our word, then the company's field.",
    )

    @model_validator(mode="after")
    def _says_who_is_a_customer(self) -> Self:
        if "customers" in self.readings() and not (self.property and self.values):
            raise ValueError("to read customers, set property and values: who is one?")
        return self

    def customer(self, company: Company, told: Mapping[str, Any]) -> Present | None:
        """The company if `told`, its own fields, say that it is a customer now."""
        held = told.get(self.property)
        several = held if isinstance(held, list) else [held]
        if not {_shown(value) for value in several if value is not None} & set(self.values):
            return None
        place = company.place
        day = optional(told.get(self.since), place, "the field named in since:")
        shown = {word: _shown(told[name]) for word, name in self.fields.items() if told.get(name)}
        return replace(company, fields=shown).present(day)


def undated(account: object, day: object) -> LeftOut | None:
    """Why a won deal makes nobody a customer; None where it does."""
    if not account:
        return LeftOut.NO_BUYER
    return None if day else LeftOut.NO_DATE


def no_customers(rows: int, records: Iterable[Record]) -> dict[LeftOut, int]:
    """What a page leaves out, where each of so many rows is a company: those without a record."""
    without = rows - len({record.customer for record in records})
    return {LeftOut.NO_CUSTOMER: without} if without else {}


def _shown(value: Any) -> str:
    return str(value).lower() if isinstance(value, bool) else str(value)


def from_deals(
    company: Company, won: Iterable[Moment], evidence: Deals, *, ends: bool, left: Moment | None
) -> Iterator[DatedStay | Purchase | Present]:
    """What a company's won deals say, in any order.

    `ends`: whether the CRM has a field with the day on which they left; `left` is what it holds. A
    deal won before that day was over with it, one won on that day or later made them a customer
    again. Without such a field nothing says who left, so they are customers as of now alone.
    """
    days = sorted(won, key=_instant)
    if evidence == "purchases":
        yield from (company.purchase(on) for on in days)
    elif not ends:
        yield from (company.present(first) for first in days[:1])
    else:
        before = [won for won in days if left is not None and day(won) < day(left)]
        after = [won for won in days if left is None or day(won) >= day(left)]
        yield from (company.stay(first, left) for first in before[:1])
        yield from (company.stay(first, None) for first in after[:1])


def of_evidence(
    company: Company, told: Mapping[str, Any], won: Sequence[Moment], settings: DealSettings
) -> Iterator[DatedStay | Purchase | Present]:
    """What a company's own fields, as `told`, and its won deals say; of today it is a customer."""
    if settings.evidence == "today":
        day = told.get(settings.since) if settings.since else None
        yield company.present(optional(day, company.place, "the field named in since:"))
        return
    day = told.get(settings.until) if settings.until else None
    left = optional(day, company.place, "the field named in until:")
    evidence: Deals = "purchases" if settings.evidence == "purchases" else "won"
    yield from from_deals(company, won, evidence, ends=settings.until is not None, left=left)


def from_history(
    company: Company, changes: Iterable[tuple[Moment, str]], counted: Collection[str]
) -> Iterator[DatedStay]:
    """The times in which a field held a counted value; `changes` tell from when on it held what,
    in order, and of two at the same moment the later one holds."""
    since: Moment | None = None
    for moment, value in changes:
        if value in counted:
            since = moment if since is None else since
        elif since is not None:
            if since != moment:
                yield company.stay(since, moment)
            since = None
    if since is not None:
        yield company.stay(since, None)


def paid(told: Mapping[str, Any], settings: CompanySettings, place: str) -> dict[str, Any]:
    """What a company pays a month and in which currency, as far as its own fields tell."""
    amount = monthly(told.get(settings.amount) if settings.amount else None, settings, place)
    return {"monthly": amount, "currency": settings.currency or "" if amount is not None else ""}


def monthly(told: Any, settings: CompanySettings, place: str) -> Decimal | None:
    """An amount as an API writes it (1234.5, with no sign between thousands), for a month."""
    if told is None or told == "":
        return None
    try:
        amount = Decimal(str(told).strip())
    except InvalidOperation:
        amount = Decimal("NaN")
    if not amount.is_finite() or amount < 0:
        raise BadRecord(
            f"{place}: the field named in amount: does not hold an amount; mend it there, or name"
            " another field"
        )
    return amount / 12 if settings.every == "year" else amount


def moment(told: str, place: str, what: str) -> Moment:
    """A date (2026-10-31), a date and time with a zone, or milliseconds since 1970.

    `what` says in errors where it stood: "the field named in since:", "CloseDate".
    """
    try:
        if told.isdigit() and len(told) > 8:
            return datetime.fromtimestamp(int(told) / 1000, UTC)
        if len(told) == 10:
            return date.fromisoformat(told)
        read = datetime.fromisoformat(told)
    except (ValueError, OverflowError, OSError):
        read = None
    if read is None or read.tzinfo is None:
        raise BadRecord(
            f"{place}: {what} does not hold a date; mend it there, or name another field"
        )
    return read


def instant(told: str, place: str, what: str) -> datetime:
    """The same of what must have a time."""
    read = moment(told, place, what)
    if not isinstance(read, datetime):
        raise UnexpectedResponse(f"{place}: {what} is a day without a time; report it to us")
    return read


def optional(told: Any, place: str, what: str) -> Moment | None:
    """A moment, or a day, of a field that may be empty."""
    return moment(str(told), place, what) if told else None


def domains(*websites: str | None) -> tuple[str, ...]:
    """`https://www.acme.com/about` is acme.com; what is no address of a site is left out."""
    found = (_DOMAIN.fullmatch(site.strip().lower()) for site in websites if site)
    return tuple(dict.fromkeys(site[1] for site in found if site))


def split(fields: Mapping[str, str], told: Mapping[str, Any]) -> dict[str, str]:
    """What figures can be split by, as far as the company's row has it."""
    found = {word: told.get(name) for word, name in fields.items()}
    return {word: str(value) for word, value in found.items() if value not in (None, "")}


def whole(rows: Iterable[Mapping[str, Any]], wanted: Sequence[str], url: str) -> None:
    """Refuse a row without a field that was asked for (an empty one is there, and empty), or with
    an `id` that is none: it stands in errors, where nothing that customers are called may."""
    for row in rows:
        if "id" in row and not _ID.fullmatch(str(row["id"])):
            raise UnexpectedResponse(f"{url} gave an id that is none; report it to us")
        if lacking := [name for name in wanted if name not in row]:
            raise UnexpectedResponse(
                f"{url} gave a row without {lacking[0]}; check the fields that this source's"
                " settings name, and report it to us if they are right"
            )


def _instant(told: Moment) -> tuple[date, float]:
    """Sorts days and moments among each other."""
    return day(told), told.timestamp() if isinstance(told, datetime) else 0.0


def day(told: Moment) -> date:
    return told.date() if isinstance(told, datetime) else told


def some(ids: Sequence[Id], size: int) -> Iterator[Sequence[Id]]:
    """The ids, so many at a time: no more fit into a question."""
    for at in range(0, len(ids), size):
        yield ids[at : at + size]


def absorbed(into: Mapping[str, str]) -> dict[str, list[str]]:
    """By the id that is left of several merges: all ids that went into it, one after the other."""
    found: dict[str, list[str]] = {}
    for id, master in into.items():
        passed = {id}
        while master in into and master not in passed:
            passed.add(master)
            master = into[master]
        found.setdefault(master, []).append(id)
    return found
