"""HubSpot: the companies whose lifecycle stage says that they are customers.

Customer: a company of which `lifecyclestage` is one of `stages` (`customer` at first; stages can
be renamed and added, so give the internal value that HubSpot shows under Settings, Objects,
Companies, Lifecycle stage). `property` names another property to go by.
Since: the property named in `since`; HubSpot itself keeps `hs_v2_date_entered_customer`, the day
on which the company entered that stage. Where it is empty, the day of the first pull.
Until: HubSpot does not say. A company that is missing from a later pull has left.
Revenue: the property named in `amount`, `every` month or year, in `currency`, a code for all of
them; HubSpot has no such property of its own. It holds from the day of the pull on.
History: none before the first pull, but for `since` of those who are still there.

Auth: the access token of a private app with the scope `crm.objects.companies.read`.
Limits: five searches a second for the whole account; 4 is the default here.
Identity: `domain` and `hs_additional_domains`. When companies are merged, HubSpot names the old ids
in `hs_merged_object_ids` of the one that remains, whose own id may be new: no customer is lost.
Traps: a search gives no more than 10,000 rows, so each page asks for the ids above the last one
instead of counting on. Archived companies are not found.
The search index lags some seconds behind changes.

https://developers.hubspot.com/docs/api-reference/search/guide
https://knowledge.hubspot.com/properties/stage-calculated-properties
"""

from collections.abc import AsyncGenerator
from datetime import UTC, date, datetime
from decimal import Decimal, InvalidOperation
from typing import ClassVar, Literal, Self

import msgspec
from pydantic import Field, model_validator

from integrations import base
from integrations.errors import BadRecord, UnexpectedResponse
from integrations.http import Http, bearer
from integrations.records import Moment, Page, Present

PAGE = 200
CAP = 10_000
"""Rows beyond this cannot be had from one search, and a `total` of it may be more in truth."""

_WHO = ("domain", "hs_additional_domains", "hs_merged_object_ids")
"""Properties of every account that say who a company is elsewhere, and which it was before."""


class Settings(base.Settings):
    """Which companies of a HubSpot account are customers."""

    requests_per_second_default: ClassVar[float] = 4.0

    token: base.Token = Field(description="A private app's token: crm.objects.companies.read.")
    url: base.Address = Field(
        default="https://api.hubapi.com", description="Where the API is; change it for tests only."
    )
    property: str = Field(
        default="lifecyclestage", description="The company property that says who is a customer."
    )
    stages: tuple[str, ...] = Field(
        default=("customer",),
        min_length=1,
        max_length=5,
        description="Internal values of that property that make a customer.",
    )
    since: str | None = Field(
        default="hs_v2_date_entered_customer",
        description="The company property with the day they became a customer.",
    )
    amount: str | None = Field(
        default=None, description="The company property with what they pay again and again."
    )
    currency: str | None = Field(
        default=None, pattern="^[A-Z]{3}$", description="The currency of all amounts, such as EUR."
    )
    every: Literal["month", "year"] = Field(
        default="month", description="What the amount is for; a year's is divided by 12."
    )
    fields: base.Fields = Field(
        default_factory=dict,
        description="What figures can be split by: our word, then the company property.",
    )

    @model_validator(mode="after")
    def _says_what_the_amount_is(self) -> Self:
        if (self.amount is None) != (self.currency is None):
            raise ValueError("amount and currency go together: set both, or neither")
        return self


class _Company(msgspec.Struct):
    id: str
    properties: dict[str, str | None]


class _Next(msgspec.Struct):
    after: str


class _Paging(msgspec.Struct):
    next: _Next | None = None


class _Found(msgspec.Struct):
    total: int
    results: list[_Company]
    paging: _Paging | None = None

    @property
    def has_more(self) -> bool:
        return self.paging is not None and self.paging.next is not None


async def customers(settings: Settings, http: Http) -> AsyncGenerator[Page, None]:
    url = f"{settings.url}/crm/v3/objects/companies/search"
    last, read = 0, 0
    while True:
        found = await http.post(
            url, shape=_Found, headers=bearer(settings.token), json=question(settings, above=last)
        )
        rows = [row for row in found.results if int(row.id) > last]
        ids = [int(row.id) for row in rows]
        if ids != sorted(set(ids)) or (found.results and not rows):
            raise UnexpectedResponse(
                f"{url} gave companies again, or not in the order of their ids (above {last});"
                " the pull is thrown away: report it to us if the next one ends so too"
            )
        # Counted from here on, so it stays right while companies come and go during the pull.
        total = read + found.total if found.total < CAP else None
        read += len(rows)
        yield Page([to_present(row, settings) for row in rows], of=total)
        if not found.has_more and found.total <= len(found.results):
            return
        if not rows:
            raise UnexpectedResponse(f"{url} gave an empty page and says that there is more")
        last = ids[-1]


def question(settings: Settings, *, above: int) -> dict[str, object]:
    """One search: the next companies in the order of their ids."""
    newer = {"propertyName": "hs_object_id", "operator": "GT", "value": str(above)}
    wanted = ["name", *_WHO, *settings.fields.values()]
    wanted += filter(None, (settings.since, settings.amount))
    return {
        "filterGroups": [  # one or another of them
            {
                "filters": [
                    {"propertyName": settings.property, "operator": "EQ", "value": stage},
                    newer,
                ]
            }
            for stage in settings.stages
        ],
        # A string that holds JSON: the form in which HubSpot's own clients send it.
        "sorts": ['{"propertyName": "hs_object_id", "direction": "ASCENDING"}'],
        "properties": list(dict.fromkeys(wanted)),
        "limit": PAGE,
        "after": 0,
    }


def to_present(row: _Company, settings: Settings) -> Present:
    told = row.properties
    fields = {word: told.get(name) for word, name in settings.fields.items()}
    since = told.get(settings.since) if settings.since else None
    paid = told.get(settings.amount) if settings.amount else None
    monthly = _monthly(paid, settings, f"company {row.id}")
    return Present(
        customer=row.id,
        name=told.get("name") or told.get("domain") or row.id,
        since=_moment(since, f"company {row.id}") if since else None,
        fields={word: value for word, value in fields.items() if value},
        place=f"company {row.id}",
        monthly=monthly,
        currency=settings.currency or "" if monthly is not None else "",
        domains=_several(told.get("domain")) + _several(told.get("hs_additional_domains")),
        was=tuple(id for id in _several(told.get("hs_merged_object_ids")) if id != row.id),
    )


def _several(told: str | None) -> tuple[str, ...]:
    """HubSpot parts the values of one property by semicolons."""
    return tuple(filter(None, (value.strip() for value in (told or "").split(";"))))


def _monthly(told: str | None, settings: Settings, place: str) -> Decimal | None:
    """HubSpot writes numbers with a point and without signs between thousands."""
    if not told:
        return None
    try:
        amount = Decimal(told)
    except InvalidOperation:
        amount = Decimal("NaN")
    if not amount.is_finite() or amount < 0:
        raise BadRecord(
            f"{place}: the property named in amount: does not hold an amount; mend it in HubSpot,"
            " or name another property"
        )
    return amount / 12 if settings.every == "year" else amount


def _moment(told: str, place: str) -> Moment:
    """A date property (2026-10-31), a date and time with a zone, or milliseconds since 1970."""
    try:
        if told.isdigit() and len(told) > 8:
            return datetime.fromtimestamp(int(told) / 1000, UTC)
        if len(told) == 10:
            return date.fromisoformat(told)
        moment = datetime.fromisoformat(told)
    except (ValueError, OverflowError, OSError):
        moment = None
    if moment is None or moment.tzinfo is None:
        raise BadRecord(
            f"{place}: the property named in since: does not hold a date; name another property"
        )
    return moment
