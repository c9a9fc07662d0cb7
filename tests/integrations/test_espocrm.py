"""EspoCRM's accounts and opportunities, at a server that counts them or does not."""

from collections.abc import Iterable
from datetime import UTC, date, datetime
from typing import Any

import httpx
import pytest
from aiohttp import web

from integrations import espocrm
from integrations.errors import BadRecord
from integrations.http import Http
from integrations.records import DatedStay, Page, Present
from tests.integrations.recordings import records
from tests.integrations.vendor import Asked, says, vendor


def settings(url: str = "https://crm.example.com", **section: Any) -> espocrm.Settings:
    return espocrm.Settings.model_validate(
        {"kind": "espocrm", "token": "key-1", "url": url, **section}
    )


def account(id: str, type: str | None = "Customer", **other: Any) -> dict[str, Any]:
    told = {"name": f"Account {id}", "website": None, "emailAddress": None, "type": type}
    return {"id": id, **told, "modifiedAt": "2026-10-31 11:50:00", "left": None, **other}


def deal(id: str, account: str | None, day: str, stage: str = "Closed Won") -> dict[str, Any]:
    told = {"accountId": account, "closeDate": day, "stage": stage}
    return {"id": id, **told, "modifiedAt": "2026-10-31 11:49:59"}


class Espo:
    """EspoCRM's lists as they were seen to answer; `counts` is whether totals are told."""

    def __init__(
        self, accounts: Iterable[Any], deals: Iterable[Any] = (), *, counts: bool = True
    ) -> None:
        self.rows = {"Account": list(accounts), "Opportunity": list(deals)}
        self.counts = counts

    async def __call__(self, asked: Asked) -> web.StreamResponse:
        query = asked.request.query
        assert (query["orderBy"], query["order"], query["maxSize"]) == ("id", "asc", "200")
        found = self.rows[asked.request.path.rpartition("/")[2]]
        at = 0
        while f"where[{at}][type]" in query:
            name, kind = query[f"where[{at}][attribute]"], query[f"where[{at}][type]"]
            value, several = query.get(f"where[{at}][value]", ""), f"where[{at}][value][]"
            match kind:
                case "in":
                    found = [row for row in found if row[name] in query.getall(several, [])]
                case "greaterThan":
                    found = [row for row in found if row[name] > value]
                case "greaterThanOrEquals":
                    found = [row for row in found if row[name] >= value]
                case _:
                    raise AssertionError(kind)
            at += 1
        found = sorted(found, key=lambda row: str(row["id"]))
        page = [{name: row[name] for name in query["select"].split(",")} for row in found[:200]]
        total = len(found) if self.counts else (-1 if len(found) > 200 else -2)
        return await says({"total": total, "list": page})(asked)


async def read(answer: Espo, **section: Any) -> Any:
    async with vendor(answer) as served:
        return await records(settings(served.url, **section))


async def changes(answer: Espo, **section: Any) -> Page:
    since = datetime(2026, 10, 31, 12, tzinfo=UTC)
    async with vendor(answer) as served, httpx.AsyncClient() as client:
        out = Http(client, requests_per_second=10_000)
        reading = espocrm.changes(settings(served.url, **section), out, since)
        pages = [page async for page in reading]
    told = [record for page in pages for record in page.records]
    return Page(told, gone=[id for page in pages for id in page.gone])


@pytest.mark.parametrize("count", [0, 1, 199, 200, 201, 400, 555])
@pytest.mark.parametrize("counts", [True, False])
async def test_reads_every_account_whether_they_are_counted_or_not(
    count: int, counts: bool
) -> None:
    rows = [account(f"{id:04}") for id in range(count)]
    got = await read(Espo([*rows, account("x", "Partner"), account("y", None)], counts=counts))

    assert [record.customer for record in got] == [row["id"] for row in rows]


@pytest.mark.parametrize(
    ("told", "since"),
    [
        ("2026-01-31", date(2026, 1, 31)),
        ("2026-01-31 23:30:00", datetime(2026, 1, 31, 23, 30, tzinfo=UTC)),
        (None, None),
    ],
)
async def test_times_without_a_zone_are_those_of_greenwich(told: Any, since: Any) -> None:
    [record] = await read(Espo([account("1", cSince=told)]), since="cSince")

    assert isinstance(record, Present)
    assert record.since == since


async def test_a_day_that_is_none_is_named() -> None:
    with pytest.raises(BadRecord, match=r"account 1: the field named in since: does not hold"):
        await read(Espo([account("1", cSince="some day")]), since="cSince")


async def test_won_opportunities_make_stays_or_purchases() -> None:
    deals = [
        deal("a", "1", "2025-03-01"),
        deal("b", "1", "2024-02-29"),
        deal("c", "2", "2025-01-01", "Negotiation"),
        deal("d", None, "2025-01-01"),
        deal("e", "3", "2025-05-05"),
    ]
    crm = Espo([account("1", left="2026-01-01"), account("2"), account("3")], deals)
    stays = await read(crm, evidence="won", until="left")
    bought = await read(crm, evidence="purchases")

    assert [(s.customer, s.since, s.until) for s in stays if isinstance(s, DatedStay)] == [
        ("1", date(2024, 2, 29), date(2026, 1, 1)),
        ("3", date(2025, 5, 5), None),
    ]
    assert [(p.customer, p.on.isoformat()) for p in bought] == [
        ("1", "2024-02-29"),
        ("1", "2025-03-01"),
        ("3", "2025-05-05"),
    ]


async def test_changes_tell_who_became_a_customer_and_who_is_none_any_more() -> None:
    old = {"modifiedAt": "2026-10-31 11:49:59"}
    page = await changes(Espo([account("1"), account("2", "Former"), account("3", **old)]))

    assert [record.customer for record in page.records] == ["1"]
    assert page.gone == ["2"]


async def test_a_changed_opportunity_brings_all_those_of_its_account() -> None:
    old = {"modifiedAt": "2026-01-01 00:00:00"}
    deals = [{**deal("a", "1", "2024-02-29"), **old}, deal("b", "1", "2025-03-01")]
    deals[1]["modifiedAt"] = "2026-10-31 11:50:00"
    rows = [{**account("1"), **old}, {**account("2"), **old}]
    page = await changes(Espo(rows, deals), evidence="purchases")

    assert [record.place for record in page.records] == ["account 1", "account 1"]


@pytest.mark.parametrize(
    "section",
    [
        {"evidence": "won", "since": "createdAt"},
        {"until": "left"},
        {"evidence": "purchases", "amount": "mrr", "currency": "EUR"},
    ],
)
def test_a_setting_that_its_evidence_does_not_use_is_refused(section: Any) -> None:
    with pytest.raises(ValueError, match="leave it out"):
        settings(**section)
