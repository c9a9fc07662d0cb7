"""Attio: the companies whose status says that they are or were customers.

Customer: a record of `object` (companies at first) of which the attribute `property`, a status or a
select, has or had one of `values`. What it is called is up to each workspace, so name both.
Since: when the status became one of these, as Attio remembers; of `evidence: today` the attribute
named in `since`, else when the status was set that they have now.
Until: when it became another one. Of `today` who is missing from a later pull has left.
Revenue: the attribute named in `amount`, `every` month or year, in `currency`, a code for all of
them. It holds from the day of the pull on.
History: of `history`, which is the default, from the first status that was ever set on: Attio keeps
every value with its times. It costs one request for each record with a status. `today` tells
nothing of the past but since when those who are still there are customers.

Auth: an access token with the scopes `record_permission:read` and `object_configuration:read`.
Limits: 100 requests a second for reading; 50 is the default here.
Traps: every value is a list. There is no mark of the last page: it is the one without rows. Rows
move on while others are deleted, so each page asks from the moment at which the last one was made.
A record of which the status is empty now is taken for one that never had any. Nothing says what
changed since, so every pull is a whole one. Two records that are merged become a new one.

https://docs.attio.com/rest-api/endpoint-reference/records/list-records
https://docs.attio.com/rest-api/endpoint-reference/records/list-record-attribute-values
https://docs.attio.com/docs/attribute-types
https://docs.attio.com/docs/attribute-types/attribute-types-timestamp
https://docs.attio.com/rest-api/guides/rate-limiting
"""

from collections.abc import AsyncGenerator, Iterator, Sequence
from contextlib import aclosing
from datetime import datetime
from typing import ClassVar, Literal, Self

import msgspec
from pydantic import Field, model_validator

from integrations import base, crm
from integrations.errors import UnexpectedResponse
from integrations.http import Http, bearer, repeated, side_by_side
from integrations.records import DatedStay, Moment, Page

PAGE = 500


class Settings(crm.CompanySettings):
    """Which records of an Attio workspace are customers."""

    requests_per_second_default: ClassVar[float] = 50.0

    token: base.Token = Field(
        description="An access token: record_permission:read, object_configuration:read."
    )
    url: base.Address = Field(
        default="https://api.attio.com", description="Where the API is; change it for tests only."
    )
    object: str = Field(
        default="companies", pattern=r"^[\w-]+$", description="The object whose records count."
    )
    evidence: Literal["history", "today"] = Field(
        default="history", description="Whether to read what the status was, or what it is."
    )
    property: str = Field(
        pattern=r"^[\w-]+$", description="The slug of the attribute that says who is a customer."
    )
    values: tuple[str, ...] = Field(
        min_length=1, description="Titles of that attribute's values that make a customer."
    )
    since: str | None = Field(
        default=None, description="today: the attribute with the day they became one."
    )

    @model_validator(mode="after")
    def _uses_since(self) -> Self:
        if self.since is not None and self.evidence != "today":
            raise ValueError("since is for evidence: today; leave it out")
        return self


class _Titled(msgspec.Struct):
    title: str


class _Value(msgspec.Struct):
    """One value of an attribute and when it held, of whatever type it is."""

    active_from: str
    active_until: str | None = None
    status: _Titled | None = None
    option: _Titled | None = None
    value: str | int | float | bool | None = None
    domain: str | None = None
    currency_value: float | None = None
    email_address: str | None = None
    full_name: str | None = None

    @property
    def said(self) -> str:
        """In the words that people see."""
        if titled := self.status or self.option:
            return titled.title
        told = (self.value, self.domain, self.currency_value, self.email_address, self.full_name)
        return next((str(each) for each in told if each is not None), "")


class _Id(msgspec.Struct):
    record_id: str


class _Record(msgspec.Struct):
    id: _Id
    created_at: str
    values: dict[str, list[_Value]]


class _Records(msgspec.Struct):
    data: list[_Record]


class _Values(msgspec.Struct):
    data: list[_Value]


async def customers(settings: Settings, http: Http, after: str = "") -> AsyncGenerator[Page, None]:
    begin, _, told = after.partition(" ")
    first = datetime.fromisoformat(told) if told else None
    async for rows, since in _read(settings, http, begin):
        if settings.evidence == "today":
            held = [row for row in rows if _said(row, settings.property) in settings.values]
            there = [_company(row, settings).present(_since(row, settings)) for row in held]
            yield Page(there, mark=since, left_out=crm.no_customers(len(rows), there))
            continue
        known = [row for row in rows if row.values.get(settings.property)]
        records: list[DatedStay] = []
        asked = (_history(row.id.record_id, settings, http) for row in known)
        async with aclosing(side_by_side(asked)) as histories:
            at = 0
            async for history in histories:
                changes = list(_changes(history, f"record {known[at].id.record_id}"))
                first = min(first or changes[0][0], changes[0][0])
                company = _company(known[at], settings)
                records += crm.from_history(company, changes, settings.values)
                at += 1
        mark = f"{since} {first.isoformat()}" if first else since
        yield Page(records, mark=mark, left_out=crm.no_customers(len(rows), records))
    if first is not None:
        yield Page([], trusted_from=first)


async def _read(
    settings: Settings, http: Http, since: str
) -> AsyncGenerator[tuple[list[_Record], str], None]:
    """Records, each once, in the order in which they were made, and when the last one was."""
    url = f"{settings.url}/v2/objects/{settings.object}/records/query"
    offset, seen = 0, set[str]()
    while True:
        question = {
            "sorts": [{"attribute": "created_at", "direction": "asc"}],
            "limit": PAGE,
            "offset": offset,
            # Who is deleted meanwhile moves the rows, but not the moments at which they were made.
            **({"filter": {"created_at": {"$gte": since}}} if since else {}),
        }
        found = await http.post(url, shape=_Records, headers=bearer(settings.token), json=question)
        if not found.data:
            return
        rows = [row for row in found.data if row.id.record_id not in seen]
        if offset and not rows:
            raise repeated(url, offset // PAGE + 1)
        seen |= {row.id.record_id for row in rows}
        last = found.data[-1].created_at
        offset = offset + len(found.data) if last == since else 0
        since = last
        yield rows, since


async def _history(record: str, settings: Settings, http: Http) -> list[_Value]:
    """All values that the attribute ever had, the oldest first."""
    url = (
        f"{settings.url}/v2/objects/{settings.object}/records/{record}"
        f"/attributes/{settings.property}/values"
    )
    asked = {"show_historic": "true"}
    found = await http.get(url, shape=_Values, headers=bearer(settings.token), params=asked)
    if not found.data:
        raise UnexpectedResponse(
            f"{url} gave no value of an attribute that has one; report it to us"
        )
    return found.data


def _changes(history: Sequence[_Value], place: str) -> Iterator[tuple[datetime, str]]:
    for value, following in zip(history, [*history[1:], None], strict=True):
        yield crm.instant(value.active_from, place, "active_from"), value.said
        ended = value.active_until
        if ended and (following is None or following.active_from != ended):
            yield crm.instant(ended, place, "active_until"), ""


def _since(row: _Record, settings: Settings) -> Moment | None:
    place = f"record {row.id.record_id}"
    if settings.since:
        return crm.optional(_said(row, settings.since), place, "the field named in since:")
    return crm.instant(row.values[settings.property][0].active_from, place, "active_from")


def _company(row: _Record, settings: Settings) -> crm.Company:
    id = row.id.record_id
    place = f"record {id}"
    named = [*settings.fields.values(), *filter(None, [settings.amount])]
    told = {name: _said(row, name) for name in named}
    domains = [value.said for value in row.values.get("domains", [])]
    return crm.Company(
        id=id,
        name=_said(row, "name") or (domains[0] if domains else id),
        place=place,
        fields=crm.split(settings.fields, told),
        **crm.paid(told, settings, place),
        domains=crm.domains(*domains),
    )


def _said(row: _Record, name: str) -> str:
    """The values of an attribute, one after the other."""
    return ", ".join(filter(None, (value.said for value in row.values.get(name, []))))
