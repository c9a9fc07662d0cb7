"""Shopify's orders: all of them from one file, those of some buyers by search, whoever bought."""

import re
from collections.abc import Iterable
from contextlib import aclosing
from datetime import UTC, datetime
from typing import Any

import httpx
import msgspec
import pytest
import stamina
from aiohttp import web

from integrations import shopify
from integrations.errors import (
    CredentialsRejected,
    IntegrationError,
    SourceUnavailable,
    UnexpectedResponse,
)
from integrations.http import Http
from integrations.records import Page, Purchase
from tests.integrations.vendor import Answer, Asked, Vendor, says, vendor

SCOPES = ("read_orders", "read_all_orders", "read_customers")
OPERATION = "gid://shopify/BulkOperation/720918"
NOW = datetime(2026, 10, 31, 12, tzinfo=UTC)


def settings(url: str = "https://acme.myshopify.com", **section: Any) -> shopify.Settings:
    return shopify.Settings.model_validate(
        {"kind": "shopify", "token": "shpat_hushhush", "url": url, **section}
    )


def order(number: int, *, customer: int = 0, email: str | None = None, **other: Any) -> Any:
    return {
        "id": f"gid://shopify/Order/{number}",
        "name": f"#{number}",
        "processedAt": "2026-02-28T23:30:00Z",
        "cancelledAt": None,
        "test": False,
        "displayFinancialStatus": "PAID",
        "email": email,
        "customer": {"id": f"gid://shopify/Customer/{customer}", "displayName": f"C{customer}"}
        if customer
        else None,
        "purchasingEntity": {} if customer else None,
        **other,
    }


def company(number: int) -> Any:
    return {"company": {"id": f"gid://shopify/Company/{number}", "name": f"Company {number}"}}


class Shop:
    """Shopify as its documentation describes it: rights, one bulk operation, and searches."""

    def __init__(self, orders: Iterable[Any], *, scopes: Iterable[str] = SCOPES) -> None:
        self.orders = list(orders)
        self.changed: list[Any] = []
        self.scopes = list(scopes)
        self.states = ["CREATED", "RUNNING", "COMPLETED"]
        self.begun = 0
        self.searches: list[str] = []
        self.refuse = 0
        self.page = 2

    async def __call__(self, asked: Asked) -> web.StreamResponse:
        if asked.request.path == "/files/720918.jsonl":
            assert "X-Shopify-Access-Token" not in asked.request.headers
            lines = b"".join(msgspec.json.encode(row) + b"\n" for row in self.orders)
            return await says(lines)(asked)
        if self.refuse:
            self.refuse -= 1
            return await says(THROTTLED)(asked)
        assert asked.request.path == "/admin/api/2026-10/graphql.json"
        question, variables = asked.body["query"], asked.body["variables"]
        return await says({"data": self.answer(question, variables)})(asked)

    def answer(self, question: str, variables: Any) -> Any:
        if "accessScopes" in question:
            handles = [{"handle": scope} for scope in self.scopes]
            return {"currentAppInstallation": {"accessScopes": handles}}
        if "bulkOperationRunQuery" in question:
            assert "edges { node {" in variables["query"], "as bulk operations want it"
            self.begun += 1
            return {"bulkOperationRunQuery": {"bulkOperation": {"id": OPERATION}, "userErrors": []}}
        if "BulkOperation" in question:
            state = self.states.pop(0) if len(self.states) > 1 else self.states[0]
            done = state == "COMPLETED" and self.orders
            return {
                "node": {
                    "status": state,
                    "errorCode": None,
                    "objectCount": str(len(self.orders)),
                    "url": "/files/720918.jsonl" if done else None,
                }
            }
        if "company(" in question:
            mine = [row for row in self.orders if variables["id"] in str(row["purchasingEntity"])]
            return {"company": {"orders": self.paged(mine, variables["after"])}}
        self.searches.append(variables["search"])
        return {"orders": self.paged(self.found(variables["search"]), variables["after"])}

    def found(self, search: str) -> list[Any]:
        if search.startswith("updated_at:"):
            return self.changed
        ids = {f"gid://shopify/Customer/{n}" for n in re.findall(r"customer_id:(\d+)", search)}
        emails = set(re.findall(r"email:'([^']+)'", search))
        return [
            row
            for row in self.orders
            if (row["customer"] or {}).get("id") in ids or (row["email"] or "").lower() in emails
        ]

    def paged(self, rows: list[Any], after: str | None) -> Any:
        at = int(after or 0)
        more = at + self.page < len(rows)
        info = {"hasNextPage": more, "endCursor": str(at + self.page) if more else None}
        return {"nodes": rows[at : at + self.page], "pageInfo": info}


THROTTLED = {
    "errors": [{"message": "Throttled", "extensions": {"code": "THROTTLED"}}],
    "extensions": {
        "cost": {
            "requestedQueryCost": 70,
            "actualQueryCost": None,
            "throttleStatus": {
                "maximumAvailable": 1000,
                "currentlyAvailable": 66,
                "restoreRate": 50,
            },
        }
    },
}


async def pages(served: Vendor, after: str = "", **section: Any) -> list[Page]:
    with stamina.set_testing(True, attempts=3):
        async with httpx.AsyncClient() as client:
            http = Http(client, requests_per_second=10_000)
            return [
                p async for p in shopify.customers(settings(served.url, **section), http, after)
            ]


async def bought(answer: Answer, **section: Any) -> list[Purchase]:
    async with vendor(answer) as served:
        got = await pages(served, **section)
    return [record for page in got for record in page.records if isinstance(record, Purchase)]


async def changed(answer: Answer) -> Page:
    async with vendor(answer) as served, httpx.AsyncClient() as client:
        http = Http(client, requests_per_second=10_000)
        [page] = [p async for p in shopify.changes(settings(served.url), http, NOW)]
    return page


@pytest.mark.parametrize("count", [0, 1, 999, 1_000, 1_001])
async def test_reads_every_order_of_the_file(count: int) -> None:
    got = await bought(Shop(order(n, customer=n) for n in range(1, count + 1)))

    assert [record.customer for record in got] == [
        f"gid://shopify/Customer/{n}" for n in range(1, count + 1)
    ]


async def test_an_order_keeps_the_moment_on_which_it_was_placed() -> None:
    [record] = await bought(Shop([order(1, customer=7, sourceName="web", currencyCode="EUR")]))

    assert record.on == datetime(2026, 2, 28, 23, 30, tzinfo=UTC)
    assert (record.name, record.place) == ("C7", "order #1")
    assert record.fields == {"channel": "web", "currency": "EUR"}


async def test_what_nobody_paid_or_wanted_is_no_purchase() -> None:
    shop = Shop(
        [
            order(1, customer=1, cancelledAt="2026-03-01T00:00:00Z"),
            order(2, customer=2, test=True),
            order(3, customer=3, displayFinancialStatus="PENDING"),
            order(4, customer=4, displayFinancialStatus="REFUNDED"),
            order(5, customer=5, displayFinancialStatus="PARTIALLY_REFUNDED"),
            order(6, customer=6, displayFinancialStatus=None),
        ]
    )

    assert [record.place for record in await bought(shop)] == ["order #5"]
    shop.states = ["COMPLETED"]
    assert [r.place for r in await bought(shop, statuses=["PENDING"])] == ["order #3"]


async def test_a_company_is_one_customer_whoever_of_it_orders() -> None:
    got = await bought(Shop(order(n, customer=n, purchasingEntity=company(9)) for n in (1, 2)))

    assert {(r.customer, r.name) for r in got} == {("gid://shopify/Company/9", "Company 9")}


async def test_a_guest_is_told_by_address_and_is_the_customer_who_has_the_same() -> None:
    got = await bought(
        Shop(
            [
                order(1, email="Ann@Example.com"),
                order(2, email="bob@example.com"),
                order(3, email=" BOB@example.com"),
                order(4, customer=7, email="ann@example.com "),
                order(5),
            ]
        )
    )

    who = {record.place: (record.customer, list(record.was)) for record in got}
    assert who == {
        "order #1": ("gid://shopify/Customer/7", ["ann@example.com"]),
        "order #2": ("bob@example.com", []),
        "order #3": ("bob@example.com", []),
        "order #4": ("gid://shopify/Customer/7", []),
    }


@pytest.mark.parametrize("lacking", SCOPES)
async def test_a_token_that_hides_orders_is_refused_by_the_name_of_the_scope(lacking: str) -> None:
    shop = Shop([order(1, customer=1)], scopes=[scope for scope in SCOPES if scope != lacking])
    with pytest.raises(CredentialsRejected, match=f"give it {lacking}"):
        await bought(shop)

    assert shop.begun == 0


async def test_who_may_write_may_read() -> None:
    scopes = ("write_orders", "read_all_orders", "write_customers")

    assert len(await bought(Shop([order(1, customer=1)], scopes=scopes))) == 1


async def test_being_asked_too_often_is_told_with_status_200_and_passes() -> None:
    shop = Shop([order(1, customer=1)])
    shop.refuse = 2

    assert len(await bought(shop)) == 1


@pytest.mark.parametrize(
    ("code", "error", "sentence"),
    [
        ("THROTTLED", SourceUnavailable, "asked too often"),
        ("INTERNAL_SERVER_ERROR", SourceUnavailable, "next pull"),
        ("ACCESS_DENIED", CredentialsRejected, "read_all_orders"),
        ("MAX_COST_EXCEEDED", UnexpectedResponse, "report it"),
        ("", UnexpectedResponse, "report it"),
    ],
)
async def test_errors_that_come_with_status_200_are_named(
    code: str, error: type[IntegrationError], sentence: str
) -> None:
    body = {"errors": [{"message": "Acme Secret", "extensions": {"code": code}}]}
    with pytest.raises(error, match=sentence) as caught:
        await bought(says(body))

    assert "Acme" not in str(caught.value)


def test_waits_until_there_are_points_for_the_same_question_again() -> None:
    refusal = shopify.refused(settings(), 200, msgspec.json.encode(THROTTLED))

    assert isinstance(refusal, SourceUnavailable)
    assert refusal.retry_after == pytest.approx((70 - 66) / 50)


async def test_a_file_that_lacks_an_order_is_not_believed() -> None:
    shop = Shop([order(n, customer=n) for n in (1, 2, 3)])

    async def cut(asked: Asked) -> web.StreamResponse:
        if asked.request.path.endswith(".jsonl"):
            return await says(msgspec.json.encode(shop.orders[0]) + b"\n")(asked)
        return await shop(asked)

    with pytest.raises(UnexpectedResponse, match=r"has 3 orders and gave 1; .* thrown away"):
        await bought(cut)


async def test_half_a_line_is_not_believed() -> None:
    shop = Shop([order(1, customer=1)])

    async def cut(asked: Asked) -> web.StreamResponse:
        if asked.request.path.endswith(".jsonl"):
            return await says(msgspec.json.encode(shop.orders[0])[:-20])(asked)
        return await shop(asked)

    with pytest.raises(UnexpectedResponse, match="only the beginning"):
        await bought(cut)


@pytest.mark.parametrize(
    ("state", "error"),
    [
        ("CANCELED", SourceUnavailable),
        ("EXPIRED", SourceUnavailable),
        ("FAILED", SourceUnavailable),
    ],
)
async def test_an_operation_that_comes_to_nothing_is_tried_again_next_time(
    state: str, error: type[IntegrationError]
) -> None:
    shop = Shop([order(1, customer=1)])
    shop.states = [state]
    with pytest.raises(error, match="next pull begins another one"):
        await bought(shop)


async def test_goes_on_with_the_same_operation_after_a_restart() -> None:
    shop = Shop(
        [order(1, email="ann@example.com"), *(order(n, customer=n) for n in range(2, 1500))]
    )
    async with vendor(shop) as served, httpx.AsyncClient() as client:
        http = Http(client, requests_per_second=10_000)
        async with aclosing(shopify.customers(settings(served.url), http)) as reading:
            before = [await anext(reading), await anext(reading)]
        rest = await pages(served, before[-1].mark)

    assert shop.begun == 1, "the operation goes on at Shopify"
    places = [record.place for page in before + rest for record in page.records]
    assert sorted(places) == sorted(f"order #{n}" for n in range(1, 1500)), "each once"


async def test_begins_anew_where_the_result_of_the_operation_is_gone() -> None:
    shop = Shop([order(1, customer=1)])
    shop.states = ["EXPIRED", "COMPLETED"]
    async with vendor(shop) as served:
        got = await pages(served, f"{OPERATION} 0")

    assert shop.begun == 1
    assert sum(len(page.records) for page in got) == 1


async def test_changes_are_all_orders_of_each_buyer_of_whom_one_changed() -> None:
    shop = Shop([order(n, customer=n % 3 + 1) for n in range(1, 10)])
    shop.changed = [shop.orders[0], shop.orders[3]]
    page = await changed(shop)

    assert {record.customer for record in page.records} == {"gid://shopify/Customer/2"}
    assert [record.place for record in page.records] == ["order #1", "order #4", "order #7"]
    assert page.gone == []
    assert shop.searches[0] == "updated_at:>='2026-10-31T11:50:00Z'", "the index lags behind"


async def test_whose_last_order_was_canceled_is_gone() -> None:
    shop = Shop([order(1, customer=7, cancelledAt="2026-10-31T00:00:00Z"), order(2, customer=8)])
    shop.changed = [shop.orders[0]]
    page = await changed(shop)

    assert (page.records, page.gone) == ([], ["gid://shopify/Customer/7"])


async def test_a_guest_whose_address_a_customer_has_brings_all_orders_of_that_customer() -> None:
    shop = Shop(
        [
            order(1, email="ann@example.com"),
            order(2, customer=7, email="ann@example.com"),
            order(3, customer=7, email="ann@work.example"),
            order(4, customer=8, email="bob@example.com"),
        ]
    )
    shop.changed = [shop.orders[0]]
    page = await changed(shop)

    assert {record.customer for record in page.records} == {"gid://shopify/Customer/7"}
    assert sorted(record.place for record in page.records) == ["order #1", "order #2", "order #3"]


async def test_a_changed_order_of_a_company_brings_the_orders_of_that_company() -> None:
    shop = Shop(
        [
            *(order(n, customer=n, purchasingEntity=company(9)) for n in range(1, 6)),
            order(6, customer=1),
        ]
    )
    shop.changed = [shop.orders[0]]
    page = await changed(shop)

    assert {record.customer for record in page.records} == {"gid://shopify/Company/9"}
    assert [record.place for record in page.records] == [f"order #{n}" for n in range(1, 6)]


async def test_nothing_changed_is_nothing_to_ask_for() -> None:
    shop = Shop([order(1, customer=1)])
    page = await changed(shop)

    assert (page.records, page.gone, len(shop.searches)) == ([], [], 1)


async def test_an_address_cannot_widen_the_search() -> None:
    assert shopify._term("o'neil@example.com") == "email:'o\\'neil@example.com'"
    assert shopify._term("gid://shopify/Customer/7") == "customer_id:7"


async def test_an_app_of_the_dev_dashboard_asks_for_its_token() -> None:
    shop = Shop([order(1, customer=1)])
    tokens: list[str] = []

    async def answer(asked: Asked) -> web.StreamResponse:
        if asked.request.path == "/admin/oauth/access_token":
            assert asked.body["client_secret"] == "shpss_quiet"
            return await says({"access_token": "shpat_new", "expires_in": 86399})(asked)
        if not asked.request.path.endswith(".jsonl"):
            tokens.append(asked.request.headers["X-Shopify-Access-Token"])
        return await shop(asked)

    got = await bought(answer, token=None, client_id="c1", client_secret="shpss_quiet")

    assert len(got) == 1
    assert set(tokens) == {"shpat_new"}


@pytest.mark.parametrize(
    "section",
    [
        {"token": None},
        {"client_id": "c1", "client_secret": "shpss_1"},
        {"token": None, "client_id": "c1"},
        {"token": None, "client_secret": "shpss_1"},
    ],
)
def test_there_is_one_way_to_come_in(section: Any) -> None:
    with pytest.raises(ValueError, match=r"set (both|either)"):
        settings(**section)


async def test_a_file_at_another_host_without_https_is_not_fetched() -> None:
    bulk = shopify._Bulk("COMPLETED", "1", None, "http://elsewhere.example/1.jsonl")
    async with httpx.AsyncClient() as client:
        http = Http(client, requests_per_second=100)
        with pytest.raises(UnexpectedResponse, match="another host"):
            [_ async for _ in shopify._lines(settings(), http, bulk)]
