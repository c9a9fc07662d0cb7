"""WooCommerce's orders: pages by number that may move, and a server that hides the keys."""

from collections.abc import Iterable
from datetime import UTC, datetime
from typing import Any

import httpx
import pytest
from aiohttp import web

from integrations import woocommerce
from integrations.errors import CredentialsRejected, SourceUnavailable, UnexpectedResponse
from integrations.http import Http
from integrations.records import Page, Purchase
from tests.integrations.recordings import pages, records
from tests.integrations.vendor import Answer, Asked, says, vendor


def settings(url: str = "https://shop.example.com", **section: Any) -> woocommerce.Settings:
    return woocommerce.Settings.model_validate(
        {"kind": "woocommerce", "key": "ck_1", "secret": "cs_1", "url": url, **section}
    )


def order(id: int, *, customer: int = 0, email: str = "", status: str = "completed") -> Any:
    return {
        "id": id,
        "number": str(id),
        "status": status,
        "customer_id": customer,
        "billing": {"first_name": "Ann", "last_name": "Archer", "email": email},
        "date_created_gmt": "2026-03-28T23:30:00",
        "currency": "EUR",
    }


def shop(orders: Iterable[Any], changed: Iterable[int] = (), lost: int = 0) -> Answer:
    """WooCommerce's list of orders; `lost` of them are deleted after the first page."""
    listed = list(orders)

    async def answer(asked: Asked) -> web.StreamResponse:
        told = asked.request.query
        assert (told["orderby"], told["order"], told["per_page"]) == ("id", "asc", "100")
        page, status = int(told["page"]), told["status"]
        found = listed[lost:] if page > 1 else listed
        found = [row for row in found if (row["status"] == "trash") == (status == "trash")]
        if "modified_after" in told:
            assert told["dates_are_gmt"] == "true", "or the time is read in the shop's zone"
            found = [row for row in found if row["id"] in set(changed)]
        if "customer" in told:
            found = [row for row in found if str(row["customer_id"]) == told["customer"]]
        if "search" in told:  # as WordPress searches: parts of words too
            found = [row for row in found if told["search"] in row["billing"]["email"].lower()]
        count = -(-len(found) // 100)
        headers = {"X_WP_TotalPages": str(count), "X_WP_Total": str(len(found))}
        return await says(found[(page - 1) * 100 : page * 100], 200, **headers)(asked)

    return answer


async def changes(answer: Answer, **section: Any) -> Page:
    since = datetime(2026, 10, 31, tzinfo=UTC)
    async with vendor(answer) as served, httpx.AsyncClient() as client:
        source = settings(served.url, **section)
        reading = woocommerce.changes(source, Http(client, requests_per_second=10_000), since)
        [page] = [page async for page in reading]
    return page


@pytest.mark.parametrize("count", [0, 1, 99, 100, 101, 200, 1_234])
async def test_reads_every_order_at_the_edges_of_a_page(count: int) -> None:
    async with vendor(shop(order(id, customer=id) for id in range(1, count + 1))) as served:
        got = await records(settings(served.url))

    assert [int(record.customer) for record in got] == list(range(1, count + 1))
    assert len(served.asked) == max(1, -(-count // 100)), "no page is asked for in vain"


async def test_times_are_those_of_greenwich() -> None:
    async with vendor(shop([order(1, customer=7)])) as served:
        [record] = await records(settings(served.url))

    assert record == Purchase(
        customer="7",
        name="Ann Archer",
        on=datetime(2026, 3, 28, 23, 30, tzinfo=UTC),
        fields={"currency": "EUR"},
        place="order 1",
    )


async def test_an_order_that_is_deleted_meanwhile_spoils_the_pull() -> None:
    async with vendor(shop((order(id, customer=id) for id in range(300)), lost=1)) as served:
        with pytest.raises(SourceUnavailable, match=r"lost a row .* next pull tries again"):
            await records(settings(served.url))


async def test_only_the_states_that_are_named_count() -> None:
    states = ["completed", "processing", "pending", "refunded", "cancelled", "trash", "shipped"]
    rows = [order(id, customer=id, status=status) for id, status in enumerate(states, 1)]
    async with vendor(shop(rows)) as served:
        usual = await records(settings(served.url))
        own = await records(settings(served.url, statuses=["shipped"]))

    assert [record.customer for record in usual] == ["1", "2"]
    assert [record.customer for record in own] == ["7"]


async def test_orders_of_nobody_are_left_out() -> None:
    async with vendor(shop([order(1), order(2, email="at the counter")])) as served:
        assert await records(settings(served.url)) == []


async def test_a_proxy_that_drops_the_totals_is_named() -> None:
    async with vendor(says([order(1, customer=1)])) as served:
        with pytest.raises(UnexpectedResponse, match=r"pass on the headers X-WP-TotalPages"):
            await pages(settings(served.url))


async def test_a_server_that_hides_the_keys_from_the_shop_is_named() -> None:
    refusal = says({"code": "woocommerce_rest_cannot_view", "message": "Sorry"}, 401)
    async with vendor(refusal) as served:
        with pytest.raises(CredentialsRejected, match="pass the header Authorization on"):
            await pages(settings(served.url))


async def test_changes_are_all_orders_of_each_buyer_of_whom_one_changed() -> None:
    rows = [order(id, customer=id % 3 + 1, email=f"c{id % 3 + 1}@example.com") for id in range(9)]
    page = await changes(shop(rows, changed=[0, 3]))

    assert [record.place for record in page.records] == ["order 0", "order 3", "order 6"]
    assert {record.customer for record in page.records} == {"1"}
    assert page.gone == []


async def test_what_a_guest_bought_with_the_address_of_an_account_comes_with_it() -> None:
    rows = [
        order(1, email="Ann@example.com"),
        order(2, customer=7, email="ann@example.com"),
        order(3, customer=7, email="ann@work.example"),
        order(4, email="joann@example.com"),
        order(5, email="ann@work.example"),
    ]
    page = await changes(shop(rows, changed=[1]))

    assert {record.customer for record in page.records} == {"7"}
    assert sorted(record.place for record in page.records) == [
        "order 1", "order 2", "order 3", "order 5",
    ]  # fmt: skip
    assert page.gone == []


@pytest.mark.parametrize("status", ["refunded", "trash"])
async def test_whose_only_order_is_one_no_more_is_gone(status: str) -> None:
    rows = [
        order(1, customer=7, email="ann@example.com", status=status),
        order(2, email="bob@example.com", status=status),
        order(3, customer=8),
    ]
    page = await changes(shop(rows, changed=[1, 2]))

    assert (page.records, page.gone) == ([], ["7", "bob@example.com"])
