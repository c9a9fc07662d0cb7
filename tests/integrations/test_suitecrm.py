"""SuiteCRM's accounts, in pages above the last id, at a server that joins conditions as it does."""

from collections.abc import Iterable
from datetime import UTC, date, datetime
from typing import Any

import httpx
import pytest
from aiohttp import web

from integrations import suitecrm
from integrations.errors import BadRecord, UnexpectedResponse
from integrations.http import Http
from integrations.records import Present
from tests.integrations.recordings import pages, records
from tests.integrations.vendor import Asked, says, vendor


def settings(url: str = "https://crm.example.com", **section: Any) -> suitecrm.Settings:
    return suitecrm.Settings.model_validate(
        {"kind": "suitecrm", "client_id": "c1", "client_secret": "s1", "url": url, **section}
    )


def account(id: str, type: str = "Customer", **other: str) -> dict[str, str]:
    told = {"name": f"Account {id}", "website": "", "parent_id": "", "account_type": type}
    return {"id": id, **told, "date_modified": "2026-10-31 11:50:00", **other}


class Suite:
    """The V8 API as its code reads: conditions, an order, and no meta where there is no row."""

    def __init__(self, accounts: Iterable[dict[str, str]]) -> None:
        self.accounts = list(accounts)

    async def __call__(self, asked: Asked) -> web.StreamResponse:
        if asked.request.path == "/Api/access_token":
            return await says({"access_token": "t1", "expires_in": 3600})(asked)
        query = asked.request.query
        assert asked.request.path == "/Api/V8/module/Accounts"
        assert (query["sort"], query["page[number]"]) == ("id", "1")
        found = sorted(self.accounts, key=lambda row: row["id"])
        for name, value in query.items():
            if name.startswith("filter["):
                [field, operator] = name.removeprefix("filter[").removesuffix("]").split("][")
                found = [row for row in found if self.holds(row[field], operator, value)]
        size = int(query["page[size]"])
        wanted = query["fields[Accounts]"].split(",")
        data = [
            {"type": "Account", "id": row["id"], "attributes": {n: row[n] for n in wanted}}
            for row in found[:size]
        ]
        if not data:
            return await says({"data": []})(asked)
        meta = {"total-pages": float(-(-len(found) // size)), "records-on-this-page": len(data)}
        return await says({"meta": meta, "data": data})(asked)

    def holds(self, told: str, operator: str, value: str) -> bool:
        return {"eq": told == value, "gt": told > value, "gte": told >= value}[operator]


async def read(answer: Suite, **section: Any) -> Any:
    async with vendor(answer) as served:
        return await records(settings(served.url, **section))


@pytest.mark.parametrize("count", [0, 1, 99, 100, 101, 350])
async def test_reads_every_account_at_the_edges_of_a_page(count: int) -> None:
    rows = [account(f"{number:04}") for number in range(count)]
    got = await read(Suite([*rows, account("x", "Partner"), account("y", "")]))

    assert [record.customer for record in got] == [row["id"] for row in rows]


async def test_each_value_is_asked_for_by_itself() -> None:
    rows = [account("1"), account("2", "Investor"), account("3", "Reseller")]
    got = await read(Suite(rows), values=["Investor", "Customer", "Investor"])

    assert [record.customer for record in got] == ["2", "1"]


@pytest.mark.parametrize(
    ("told", "since"),
    [
        ("2026-01-31", date(2026, 1, 31)),
        ("2026-01-31T23:30:00+00:00", datetime(2026, 1, 31, 23, 30, tzinfo=UTC)),
        ("", None),
    ],
)
async def test_reads_the_day_on_which_they_became_one(told: str, since: Any) -> None:
    [record] = await read(Suite([account("1", since_c=told)]), since="since_c")

    assert isinstance(record, Present)
    assert record.since == since


async def test_a_day_without_a_zone_is_named() -> None:
    with pytest.raises(BadRecord, match="account 1: the field named in since:"):
        await read(Suite([account("1", since_c="2026-01-31T23:30:00")]), since="since_c")


async def test_rows_without_a_word_on_how_many_pages_there_are_are_not_believed() -> None:
    class Silent(Suite):
        async def __call__(self, asked: Asked) -> web.StreamResponse:
            if asked.request.path == "/Api/access_token":
                return await super().__call__(asked)
            told = {"name": "Acme", "website": "", "parent_id": "", "account_type": "Customer"}
            return await says({"data": [{"id": "1", "attributes": told}]})(asked)

    with pytest.raises(UnexpectedResponse, match="does not say whether there is more"):
        await read(Silent([]))


async def test_changes_tell_who_became_a_customer_and_who_is_none_any_more() -> None:
    old = {"date_modified": "2026-10-31 11:49:59"}
    rows = [account("1"), account("2", "Former"), account("3", **old)]
    since = datetime(2026, 10, 31, 12, tzinfo=UTC)
    async with vendor(Suite(rows)) as served, httpx.AsyncClient() as client:
        out = Http(client, requests_per_second=10_000)
        [page] = [p async for p in suitecrm.changes(settings(served.url), out, since)]

    assert ([record.customer for record in page.records], page.gone) == (["1"], ["2"])


async def test_goes_on_with_the_value_that_it_had_come_to() -> None:
    rows = [account(f"a{at:03}") for at in range(150)]
    rows += [account(f"0{at:03}", "Reseller") for at in range(150)]
    async with vendor(Suite(rows)) as served:
        source = settings(served.url, values=["Customer", "Reseller"])
        read = await pages(source)
        marks = {page.mark: at for at, page in enumerate(read) if page.mark}
        rest = {mark: await pages(source, after=mark) for mark in marks}

    assert list(marks) == ["0 a099", "1 0099"]
    for mark, at in marks.items():
        later = [record for page in read[at + 1 :] for record in page.records]
        assert [record for page in rest[mark] for record in page.records] == later
