"""HubSpot's companies: any number of them, and the day that each became a customer."""

from collections.abc import Sequence
from datetime import UTC, date, datetime
from typing import Any

import pytest
from aiohttp import web

from integrations import hubspot
from integrations.errors import BadRecord, UnexpectedResponse
from integrations.records import Present
from tests.integrations.recordings import pages, records
from tests.integrations.vendor import Answer, Asked, says, vendor

CAP = 10_000


def settings(url: str = "https://api.hubapi.com", **section: Any) -> hubspot.Settings:
    return hubspot.Settings.model_validate(
        {"kind": "hubspot", "token": "pat-1", "url": url, **section}
    )


def searches(ids: Sequence[int], stages: Sequence[str] = ("customer",)) -> Answer:
    """HubSpot's search as its guide describes it: filters, sorting, paging, and the cap."""

    async def answer(asked: Asked) -> web.StreamResponse:
        [groups, limit, after] = (asked.body[k] for k in ("filterGroups", "limit", "after"))
        wanted = set()
        for group in groups:
            stage, newer = group["filters"]
            assert (newer["propertyName"], newer["operator"]) == ("hs_object_id", "GT")
            wanted |= {
                id for n, id in enumerate(ids)
                if id > int(newer["value"]) and stages[n % len(stages)] == stage["value"]
            }  # fmt: skip
        if limit > 200 or after + limit > CAP:
            return await says({"status": "error", "category": "VALIDATION_ERROR"}, 400)(asked)
        found = sorted(wanted)[after : after + limit]
        more = after + limit < len(wanted)
        body = {
            "total": min(len(wanted), CAP),
            "results": [{"id": str(id), "properties": {"name": f"Company {id}"}} for id in found],
            **({"paging": {"next": {"after": str(after + limit)}}} if more else {}),
        }
        return await says(body)(asked)

    return answer


async def test_reads_more_companies_than_one_search_may_give() -> None:
    ids = range(7, 7 + 3 * 10_450, 3)
    async with vendor(searches(ids)) as served:
        got = await pages(settings(served.url))

    assert [int(r.customer) for page in got for r in page.records] == list(ids)
    assert got[0].of is None, "a total of 10,000 may be more in truth"
    assert got[-1].of == len(ids)


@pytest.mark.parametrize("count", [0, 1, 199, 200, 201, 400])
async def test_reads_every_company_at_the_edges_of_a_page(count: int) -> None:
    async with vendor(searches(range(1, count + 1))) as served:
        got = await pages(settings(served.url))

    assert sum(len(page.records) for page in got) == count
    assert {page.of for page in got} == {count}


async def test_ids_are_ordered_as_numbers() -> None:
    ids = [9, 10, 99, 100, 1_000_000_000_000]
    async with vendor(searches(ids)) as served:
        got = await records(settings(served.url))

    assert [int(r.customer) for r in got] == ids


async def test_several_stages_make_customers() -> None:
    async with vendor(searches(range(1, 10), ["customer", "lead", "evangelist"])) as served:
        got = await records(settings(served.url, stages=["customer", "evangelist"]))

    assert [int(r.customer) for r in got] == [1, 3, 4, 6, 7, 9]


@pytest.mark.parametrize(
    "body",
    [
        pytest.param(
            {"total": 2, "results": [{"id": "9", "properties": {}}, {"id": "8", "properties": {}}]},
            id="not in order",
        ),
        pytest.param({"total": 2, "results": [{"id": "9", "properties": {}}] * 2}, id="twice"),
        pytest.param({"total": 300, "results": []}, id="none of 300"),
    ],
)
async def test_a_search_that_does_not_add_up_is_refused(body: Any) -> None:
    async with vendor(says(body)) as served:
        with pytest.raises(UnexpectedResponse):
            await records(settings(served.url))


async def test_an_id_that_is_no_number_is_refused_without_being_shown() -> None:
    body = {"total": 1, "results": [{"id": "Acme Ltd", "properties": {}}]}
    async with vendor(says(body)) as served:
        with pytest.raises(UnexpectedResponse, match=r"^hubspot: .*report it to us") as caught:
            await records(settings(served.url))

    assert "Acme" not in str(caught.value)


async def test_a_page_that_ends_early_is_read_on_from() -> None:
    short = {"total": 3, "results": [{"id": "5", "properties": {}}]}
    async with vendor(says(short), searches([5, 6, 7])) as served:
        got = await records(settings(served.url))

    assert [r.customer for r in got] == ["5", "6", "7"]


def one(told: str | None, **section: Any) -> Present:
    row = hubspot._Company("512", {"name": "Acme", "hs_v2_date_entered_customer": told})
    return hubspot.to_present(row, settings(**section))


@pytest.mark.parametrize(
    ("told", "since"),
    [
        ("2019-11-02T09:15:00.250Z", datetime(2019, 11, 2, 9, 15, 0, 250_000, tzinfo=UTC)),
        ("2020-02-29", date(2020, 2, 29)),
        ("1572686100250", datetime(2019, 11, 2, 9, 15, 0, 250_000, tzinfo=UTC)),
        ("", None),
        (None, None),
    ],
)
def test_reads_a_day_in_each_of_hubspots_ways(told: str | None, since: date | None) -> None:
    assert one(told).since == since


def test_without_a_property_for_it_nobody_knows_since_when() -> None:
    assert one("2020-02-29", since=None).since is None
    asked = hubspot.question(settings(since=None), above=0)["properties"]
    assert "hs_v2_date_entered_customer" not in str(asked)


@pytest.mark.parametrize("told", ["soon", "2020-02-30", "2020-02-29T10:00:00", "9" * 30, "12"])
def test_a_property_that_holds_no_date_is_named_by_its_company(told: str) -> None:
    with pytest.raises(BadRecord, match=r"^company 512: .*since:.* name another property$"):
        one(told)
