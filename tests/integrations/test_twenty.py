"""Twenty's companies and opportunities, page by page after the server's own cursor."""

import json
import re
from collections.abc import Iterable
from datetime import UTC, datetime
from decimal import Decimal
from typing import Any

import httpx
import pytest
from aiohttp import web

from integrations import twenty
from integrations.http import Http
from integrations.records import DatedStay, Page, Present
from tests.integrations.recordings import records
from tests.integrations.vendor import Asked, says, vendor

TODAY = {"evidence": "today", "property": "status", "values": ["CUSTOMER", "VIP"]}


def settings(url: str = "https://api.twenty.com", **section: Any) -> twenty.Settings:
    return twenty.Settings.model_validate({"kind": "twenty", "token": "t1", "url": url, **section})


def company(id: str, **other: Any) -> dict[str, Any]:
    told = {"name": f"Company {id}", "domainName": {"primaryLinkUrl": ""}, "status": "CUSTOMER"}
    now = {"updatedAt": "2026-10-31T11:50:00.000Z", "deletedAt": None, "leftOn": None}
    return {"id": id, **told, **now, **other}


def deal(id: str, company: str | None, day: str | None, **other: Any) -> dict[str, Any]:
    told = {"companyId": company, "closeDate": day, "stage": "CUSTOMER"}
    return {"id": id, **told, "updatedAt": "2026-01-01T00:00:00.000Z", "deletedAt": None, **other}


class Twenty:
    """The REST API: filters that are joined by commas, cursors, and a bin that hides its rows."""

    def __init__(self, companies: Iterable[Any], deals: Iterable[Any] = ()) -> None:
        self.rows = {"companies": list(companies), "opportunities": list(deals)}

    async def __call__(self, asked: Asked) -> web.StreamResponse:
        query = asked.request.query
        assert (query["limit"], query["depth"]) == ("60", "0")
        what, told = asked.request.path.rpartition("/")[2], query.get("filter", "")
        found = self.rows[what]
        if "deletedAt" not in told:
            found = [row for row in found if row["deletedAt"] is None]
        for name, operator, value in re.findall(r'(\w+)\[(\w+)\]:(\[[^]]*\]|"[^"]*")', told):
            wanted = json.loads(value)
            found = [
                row
                for row in found
                if (row[name] in wanted if operator == "in" else (row[name] or "") >= wanted)
            ]
        found = sorted(found, key=lambda row: str(row["id"]))
        at = int(query.get("starting_after", "0"))
        more = at + 60 < len(found)
        body = {
            "data": {what: found[at : at + 60]},
            "totalCount": len(found),
            "pageInfo": {"hasNextPage": more, "endCursor": str(at + 60)},
        }
        return await says(body)(asked)


async def read(answer: Twenty, **section: Any) -> Any:
    async with vendor(answer) as served:
        return await records(settings(served.url, **section))


async def changes(answer: Twenty, **section: Any) -> Page:
    since = datetime(2026, 10, 31, 12, tzinfo=UTC)
    async with vendor(answer) as served, httpx.AsyncClient() as client:
        out = Http(client, requests_per_second=10_000)
        reading = twenty.changes(settings(served.url, **section), out, since)
        pages = [page async for page in reading]
    told = [record for page in pages for record in page.records]
    return Page(told, gone=[id for page in pages for id in page.gone])


@pytest.mark.parametrize("count", [0, 1, 59, 60, 61, 200])
async def test_reads_every_company_at_the_edges_of_a_page(count: int) -> None:
    rows = [company(f"{number:04}") for number in range(count)]
    got = await read(Twenty([*rows, company("x", status="LEAD")]), **TODAY)

    assert [record.customer for record in got] == [row["id"] for row in rows]


async def test_won_opportunities_make_customers_of_today_or_stays_or_purchases() -> None:
    deals = [
        deal("a", "1", "2025-03-31T22:00:00.000Z"),
        deal("b", "1", "2024-02-29T12:00:00.000Z"),
        deal("c", "2", "2025-01-01T12:00:00.000Z", stage="PROPOSAL"),
        deal("d", None, "2025-01-01T12:00:00.000Z"),
        deal("e", "3", None),
    ]
    crm = Twenty([company("1", leftOn="2026-01-31"), company("2"), company("3")], deals)
    present, stays = await read(crm), await read(crm, until="leftOn")
    bought = await read(crm, evidence="purchases")

    first = datetime(2024, 2, 29, 12, tzinfo=UTC)
    assert [(p.customer, p.since) for p in present if isinstance(p, Present)] == [("1", first)]
    assert [s.since for s in stays if isinstance(s, DatedStay)] == [first]
    assert str(stays[0].until) == "2026-01-31"
    assert [p.on.year for p in bought] == [2024, 2025]


@pytest.mark.parametrize(
    ("told", "monthly"),
    [({"amountMicros": 1200000000, "currencyCode": "EUR"}, 100), (1200.5, "100.04"), (None, None)],
)
async def test_an_amount_is_a_number_or_millionths(told: Any, monthly: Any) -> None:
    paid = {"amount": "mrr", "currency": "EUR", "every": "year"}
    [record] = await read(Twenty([company("1", mrr=told)]), **TODAY, **paid)

    got = None if record.monthly is None else round(record.monthly, 2)
    assert got == (None if monthly is None else Decimal(monthly))


async def test_changes_tell_of_companies_their_opportunities_and_the_bin() -> None:
    old = {"updatedAt": "2026-10-31T11:49:59.000Z"}
    binned = {"deletedAt": "2026-10-31T11:55:00.000Z"}
    rows = [
        company("1", **old), company("2"), company("3", **old), company("4", **old, **binned),
        company("5", **old), company("6", **old),
    ]  # fmt: skip
    deals = [
        deal("a", "1", "2024-02-29T12:00:00.000Z", updatedAt="2026-10-31T11:50:00.000Z"),
        deal("b", "1", "2025-02-28T12:00:00.000Z"),
        deal("c", "3", "2025-02-28T12:00:00.000Z"),
        deal("d", "4", "2025-02-28T12:00:00.000Z"),
        deal("e", "5", "2025-02-28T12:00:00.000Z", **binned),
        deal("f", "6", "2025-02-28T12:00:00.000Z"),
    ]
    page = await changes(Twenty(rows, deals), evidence="purchases")

    assert [record.customer for record in page.records] == ["1", "1"]
    assert page.gone == ["2", "4", "5"]


@pytest.mark.parametrize(
    "section",
    [
        {"evidence": "today"},
        {"property": "status"},
        {"since": "createdAt"},
        {"evidence": "purchases", "until": "leftOn"},
        {"evidence": "purchases", "amount": "mrr", "currency": "EUR"},
    ],
)
def test_a_setting_that_its_evidence_does_not_use_is_refused(section: Any) -> None:
    with pytest.raises(ValueError, match=r"leave it out|go together"):
        settings(**section)
