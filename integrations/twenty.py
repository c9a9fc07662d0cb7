"""Twenty: the companies with a won opportunity, or with a field that says that they are customers.

Customer: a company; what makes it one is said by `evidence`.
`won`: it has an opportunity in one of `stages` (`CUSTOMER` at first).
`purchases`: each such opportunity is a purchase, on its close date.
`today`: its `property`, a select field of your own, has one of `values` now.
Since: the `closeDate` of the first such opportunity; of `today` the field named in `since`, else
the day of the first pull.
Until: of `won` the company's field named in `until`, and one who wins again after that day is won
back; without that field, and of `today`, who is missing from a later pull has left.
Revenue: the company's field named in `amount`, a number or of the type Currency, `every` month or
year, in `currency`, a code for all of them. It holds from the day of the pull on.
History: `purchases` and, with `until`, `won` tell all of the past; else nothing is told but since
when those who are still there are customers.

Auth: an API key (Settings, API & Webhooks) with a role that may read companies and opportunities.
Limits: 50 to 100 requests a minute in the cloud, by plan; 0.75 a second is the default here, in
pages of 60. On a server of your own more is allowed: set `requests_per_second`.
Traps: fields and stages go by their API names (`annualRevenue`, `CUSTOMER`), not their labels.
Opportunities without a close date tell no day and are left out. Deleted companies are not listed;
those in the bin are found between full pulls, those that were destroyed are not.

https://docs.twenty.com/developers/extend/api
https://docs.twenty.com/user-guide/data-migration/how-tos/import-data-via-api
https://github.com/twentyhq/twenty/blob/main/packages/twenty-server/src/engine/api/rest/core/handlers/rest-api-find-many.handler.ts
"""

import json
from collections import Counter
from collections.abc import AsyncGenerator, Iterable, Iterator, Mapping, Sequence
from datetime import UTC, datetime, timedelta
from decimal import Decimal
from typing import Any, ClassVar, Literal, Self

import msgspec
from pydantic import Field, model_validator

from integrations import base, crm
from integrations.errors import UnexpectedResponse
from integrations.http import Http, Trail, bearer
from integrations.records import LeftOut, Moment, Page, Record

PAGE = 60
SOME = 50
"""Companies that one question names: they travel in the address."""

OVERLAP = timedelta(minutes=10)
Row = dict[str, Any]


class Settings(crm.DealSettings):
    """Which companies of a Twenty workspace are customers."""

    requests_per_second_default: ClassVar[float] = 0.75

    url: base.Address = Field(
        default="https://api.twenty.com", description="Where the API is, of your own server too."
    )
    token: base.Token = Field(description="An API key that may read.")
    evidence: Literal["today", "won", "purchases"] = Field(
        default="won", description="What makes a customer."
    )
    stages: tuple[str, ...] = Field(
        default=("CUSTOMER",), min_length=1, description="won, purchases: stages that are won."
    )
    property: str | None = Field(
        default=None, description="today: the company's field that says who is a customer."
    )
    values: tuple[str, ...] = Field(
        default=("CUSTOMER",),
        min_length=1,
        description="today: values of that field that make a customer.",
    )

    @model_validator(mode="after")
    def _names_the_field_of_today(self) -> Self:
        if (self.property is not None) != (self.evidence == "today"):
            raise ValueError("evidence: today and property go together: set both, or neither")
        return self


class _PageInfo(msgspec.Struct, rename="camel"):
    has_next_page: bool
    end_cursor: str | None = None


class _Found(msgspec.Struct, rename="camel"):
    data: dict[str, list[Row]]
    page_info: _PageInfo


async def customers(settings: Settings, http: Http, after: str = "") -> AsyncGenerator[Page, None]:
    undated = Counter[LeftOut]()
    won = {} if settings.evidence == "today" else await _won(settings, http, undated)
    async for rows, mark in _pages(settings, http, "companies", _counted(settings), after):
        records = list(_records(rows, won, settings))
        yield Page(records, mark=mark, left_out=crm.no_customers(len(rows), records))
    if undated:
        yield Page([], left_out=undated)


async def changes(settings: Settings, http: Http, since: datetime) -> AsyncGenerator[Page, None]:
    moment = json.dumps(f"{(since - OVERLAP).astimezone(UTC):%Y-%m-%dT%H:%M:%S.000Z}")
    touched: set[str] = set()
    for which in ("updatedAt", "deletedAt"):
        async for rows in _read(settings, http, "companies", f"{which}[gte]:{moment}"):
            touched |= {row["id"] for row in rows}
        if settings.evidence != "today":
            async for rows in _read(settings, http, "opportunities", f"{which}[gte]:{moment}"):
                touched |= {row["companyId"] for row in rows if row["companyId"]}
    for some in crm.some(sorted(touched), SOME):
        own = _one_of("companyId", some)
        won = {} if settings.evidence == "today" else await _won(settings, http, Counter(), own)
        records: list[Record] = []
        these = [_one_of("id", some), *_counted(settings)]
        async for rows in _read(settings, http, "companies", *these):
            records.extend(_records(rows, won, settings))
        there = {record.customer for record in records}
        yield Page(records, gone=[id for id in some if id not in there])


def _counted(settings: Settings) -> list[str]:
    """Which companies may be customers: all, where their opportunities say it."""
    return [_one_of(settings.property, settings.values)] if settings.property else []


async def _won(
    settings: Settings, http: Http, undated: Counter[LeftOut], *where: str
) -> dict[str, list[Moment]]:
    """The days on which opportunities of each company were won; `undated` counts those that do
    not say it."""
    won: dict[str, list[Moment]] = {}
    wins = [_one_of("stage", settings.stages), *where]
    async for rows in _read(settings, http, "opportunities", *wins):
        for row in rows:
            if (why := crm.undated(row["companyId"], row["closeDate"])) is not None:
                undated[why] += 1
            else:
                day = crm.moment(row["closeDate"], f"opportunity {row['id']}", "closeDate")
                won.setdefault(row["companyId"], []).append(day)
    return won


def _records(
    rows: Iterable[Row], won: Mapping[str, Sequence[Moment]], settings: Settings
) -> Iterator[Record]:
    for row in rows:
        company = to_company(row, settings)
        yield from crm.of_evidence(company, row, won.get(company.id, []), settings)


def to_company(row: Row, settings: Settings) -> crm.Company:
    place = f"company {row['id']}"
    amount = {name: _amount(row[name]) for name in (settings.amount,) if name}
    site = row["domainName"]
    return crm.Company(
        id=row["id"],
        name=row["name"] or row["id"],
        place=place,
        fields=crm.split(settings.fields, row),
        **crm.paid(amount, settings, place),
        domains=crm.domains(site.get("primaryLinkUrl") if isinstance(site, dict) else site),
    )


def _amount(told: Any) -> Any:
    """A number, or what a field of the type Currency holds: millionths."""
    if not isinstance(told, dict):
        return told
    micros = told.get("amountMicros")
    return None if micros is None else Decimal(str(micros)) / 1_000_000


def _one_of(field: str, values: Sequence[str]) -> str:
    return f"{field}[in]:{json.dumps(list(values), separators=(',', ':'))}"


async def _read(
    settings: Settings, http: Http, what: str, *where: str
) -> AsyncGenerator[list[Row], None]:
    async for rows, _ in _pages(settings, http, what, where):
        yield rows


async def _pages(
    settings: Settings, http: Http, what: str, where: Sequence[str], after: str = ""
) -> AsyncGenerator[tuple[list[Row], str], None]:
    """Rows, each once, and the cursor of the last one."""
    url = f"{settings.url}/rest/{what}"
    wanted = ["id", "companyId", "closeDate"] if what == "opportunities" else _wanted(settings)
    params = {"limit": str(PAGE), "depth": "0"}
    if where:
        params["filter"] = ",".join(where)
    if after:
        params["starting_after"] = after
    trail, seen = Trail(url), set[str]()
    while True:
        found = await http.get(url, shape=_Found, headers=bearer(settings.token), params=params)
        rows = found.data[what]
        crm.whole(rows, wanted, url)
        cursor = (found.page_info.end_cursor or "") if found.page_info.has_next_page else ""
        yield [row for row in rows if row["id"] not in seen], cursor
        if not found.page_info.has_next_page:
            return
        if not rows:
            raise UnexpectedResponse(f"{url} gave an empty page and says that there is more")
        seen |= {row["id"] for row in rows}
        params["starting_after"] = trail.follow(cursor)


def _wanted(settings: Settings) -> list[str]:
    own = ["id", "name", "domainName"]
    own += filter(None, (settings.property, settings.since, settings.until, settings.amount))
    return [*own, *settings.fields.values()]
