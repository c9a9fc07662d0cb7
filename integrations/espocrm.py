"""EspoCRM: the accounts that are customers, by their type or their won opportunities.

Customer: an Account; what makes it one is said by `evidence`.
`today`: its `property` (type at first) has one of `values` now.
`won`: it has an Opportunity in one of `stages`.
`purchases`: each such Opportunity is a purchase.
Since: of `today` the field named in `since`, else the day of the first pull (`createdAt` is the day
on which somebody typed the account in, perhaps as a lead); else the `closeDate` of the first won
Opportunity.
Until: of `won` the Account's field named in `until`, and one who wins again after that day is won
back; without that field, and of `today`, who is missing from a later pull has left.
Revenue: the Account's field named in `amount`, `every` month or year, in `currency`, a code for all
of them. It holds from the day of the pull on.
History: `purchases` and, with `until`, `won` tell all of the past; else nothing is told but since
when those who are still there are customers.

Auth: the key of an API user (Administration, API Users) with a role that may read all Accounts
and, but for `today`, all Opportunities.
Limits: none of EspoCRM's own; 5 a second is the default here.
Traps: a page has at most 200 rows. The total may be -1 or -2, which say whether there is more.
Times are those of Greenwich, written without a zone. What is deleted leaves no trace, so between
full pulls it goes unnoticed. A role that may read own accounts alone shows a part as the whole.

https://docs.espocrm.com/development/api/
https://docs.espocrm.com/development/api/crud/
https://docs.espocrm.com/development/api-search-params/
"""

from collections import Counter
from collections.abc import AsyncGenerator, Iterable, Iterator, Mapping, Sequence
from datetime import UTC, datetime, timedelta
from typing import Any, Literal

import msgspec
from pydantic import Field

from integrations import base, crm
from integrations.errors import UnexpectedResponse
from integrations.http import Http, Trail
from integrations.records import LeftOut, Moment, Page, Record

PAGE = 200
SOME = 50
"""Ids that one question names: they travel in the address."""

OVERLAP = timedelta(minutes=10)
"""The clocks of bot and server differ."""

Row = dict[str, Any]
Where = tuple[str, str, str | Sequence[str]]
"""A condition: its type, the attribute, and the value or values."""


class Settings(crm.DealSettings):
    """Which accounts of an EspoCRM are customers."""

    url: base.Address = Field(description="Where EspoCRM is: https://crm.example.com.")
    token: base.Token = Field(description="The key of an API user.")
    evidence: Literal["today", "won", "purchases"] = Field(
        default="today", description="What makes a customer."
    )
    property: str = Field(
        default="type", description="today: the Account's field that says who is one."
    )
    values: tuple[str, ...] = Field(
        default=("Customer",),
        min_length=1,
        description="Values of that field that make a customer.",
    )
    stages: tuple[str, ...] = Field(
        default=("Closed Won",), min_length=1, description="won, purchases: stages that are won."
    )


class _Found(msgspec.Struct):
    total: int
    rows: list[Row] = msgspec.field(name="list")

    @property
    def has_more(self) -> bool:
        """Of a list that is not counted, -1 says that there is more and -2 that there is not."""
        return self.total == -1 or self.total > len(self.rows)


async def customers(settings: Settings, http: Http, after: str = "") -> AsyncGenerator[Page, None]:
    undated = Counter[LeftOut]()
    won = {} if settings.evidence == "today" else await _won(settings, http, undated)
    async for rows, last in _pages(settings, http, "Account", _counted(settings), after):
        records = list(_records(rows, won, settings))
        yield Page(records, mark=last, left_out=crm.no_customers(len(rows), records))
    if undated:
        yield Page([], left_out=undated)


async def changes(settings: Settings, http: Http, since: datetime) -> AsyncGenerator[Page, None]:
    moment = f"{(since - OVERLAP).astimezone(UTC):%Y-%m-%d %H:%M:%S}"
    newer: list[Where] = [("greaterThanOrEquals", "modifiedAt", moment)]
    touched: set[str] = set()
    async for rows in _read(settings, http, "Account", newer):
        touched |= {row["id"] for row in rows}
    if settings.evidence != "today":
        async for rows in _read(settings, http, "Opportunity", newer):
            touched |= {row["accountId"] for row in rows if row["accountId"]}
    for some in crm.some(sorted(touched), SOME):
        own: Where = ("in", "accountId", some)
        won = {} if settings.evidence == "today" else await _won(settings, http, Counter(), own)
        records: list[Record] = []
        these: list[Where] = [("in", "id", some), *_counted(settings)]
        async for rows in _read(settings, http, "Account", these):
            records.extend(_records(rows, won, settings))
        there = {record.customer for record in records}
        yield Page(records, gone=[id for id in some if id not in there])


def _counted(settings: Settings) -> list[Where]:
    """Which accounts may be customers: all, where their deals say it."""
    today = settings.evidence == "today"
    return [("in", settings.property, settings.values)] if today else []


async def _won(
    settings: Settings, http: Http, undated: Counter[LeftOut], *where: Where
) -> dict[str, list[Moment]]:
    """The days on which opportunities of each account were won; `undated` counts those that do
    not say it."""
    won: dict[str, list[Moment]] = {}
    wins: list[Where] = [("in", "stage", settings.stages), *where]
    async for rows in _read(settings, http, "Opportunity", wins):
        for row in rows:
            if (why := crm.undated(row["accountId"], row["closeDate"])) is not None:
                undated[why] += 1
            else:
                day = crm.moment(
                    _in_greenwich(row["closeDate"]), f"opportunity {row['id']}", "closeDate"
                )
                won.setdefault(row["accountId"], []).append(day)
    return won


def _records(
    rows: Iterable[Row], won: Mapping[str, Sequence[Moment]], settings: Settings
) -> Iterator[Record]:
    for row in rows:
        company = to_company(row, settings)
        told = {
            name: _in_greenwich(row.get(name)) for name in (settings.since, settings.until) if name
        }
        yield from crm.of_evidence(company, told, won.get(company.id, []), settings)


def to_company(row: Row, settings: Settings) -> crm.Company:
    place = f"account {row['id']}"
    email = (row["emailAddress"] or "").strip().lower()
    return crm.Company(
        id=row["id"],
        name=row["name"] or row["id"],
        place=place,
        fields=crm.split(settings.fields, row),
        **crm.paid(row, settings, place),
        emails=(email,) if email else (),
        domains=crm.domains(row["website"]),
    )


def _in_greenwich(told: Any) -> str:
    """A day as it is; a time of Greenwich, which does not say so, with its zone."""
    text = str(told or "")
    return f"{text}+00:00" if len(text) > 10 else text


async def _read(
    settings: Settings, http: Http, entity: str, where: Sequence[Where]
) -> AsyncGenerator[list[Row], None]:
    async for rows, _ in _pages(settings, http, entity, where):
        yield rows


async def _pages(
    settings: Settings, http: Http, entity: str, where: Sequence[Where], last: str = ""
) -> AsyncGenerator[tuple[list[Row], str], None]:
    """All rows in the order of their ids, each page those above the last one, and its id."""
    url = f"{settings.url}/api/v1/{entity}"
    headers = {"X-Api-Key": settings.token.get_secret_value()}
    wanted = _OF_DEALS if entity == "Opportunity" else _wanted(settings)
    params = {"maxSize": str(PAGE), "orderBy": "id", "order": "asc", "select": ",".join(wanted)}
    trail, seen = Trail(url), set[str]()
    while True:
        above: list[Where] = [("greaterThan", "id", last)] if last else []
        asked = {**params, **_asked([*where, *above])}
        found = await http.get(url, shape=_Found, headers=headers, params=asked)
        crm.whole(found.rows, wanted, url)
        last = found.rows[-1]["id"] if found.rows and found.has_more else ""
        yield [row for row in found.rows if row["id"] not in seen], last
        if not found.has_more:
            return
        if not found.rows:
            raise UnexpectedResponse(f"{url} gave an empty page and says that there is more")
        seen |= {row["id"] for row in found.rows}
        trail.follow(last)


def _asked(where: Sequence[Where]) -> dict[str, str | list[str]]:
    """Conditions as PHP reads them from an address."""
    asked: dict[str, str | list[str]] = {}
    for at, (kind, attribute, value) in enumerate(where):
        asked[f"where[{at}][type]"] = kind
        asked[f"where[{at}][attribute]"] = attribute
        if isinstance(value, str):
            asked[f"where[{at}][value]"] = value
        else:
            asked[f"where[{at}][value][]"] = list(value)
    return asked


_OF_DEALS = ["id", "accountId", "closeDate", "stage"]


def _wanted(settings: Settings) -> list[str]:
    wanted = ["id", "name", "website", "emailAddress"]
    wanted += [settings.property] if settings.evidence == "today" else []
    wanted += filter(None, (settings.since, settings.until, settings.amount))
    return list(dict.fromkeys([*wanted, *settings.fields.values()]))
