"""HubSpot's companies: any number of them, and the day that each became a customer."""

from collections.abc import Sequence
from datetime import UTC, date, datetime
from typing import Any

import pytest
from aiohttp import web

from integrations import hubspot
from integrations.errors import BadRecord, UnexpectedResponse
from integrations.records import DatedStay, Present
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


async def test_what_is_gone_on_with_knows_how_many_there_are_in_all() -> None:
    async with vendor(searches(range(1, 502))) as served:
        whole = await pages(settings(served.url))
        rest = await pages(settings(served.url), after=whole[0].mark)

    assert rest == whole[1:]


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
    with pytest.raises(BadRecord, match=r"^company 512: .*since:.* name another field$"):
        one(told)


def version(value: str | None, on: str) -> dict[str, Any]:
    return {"value": value, "timestamp": f"{on}T10:00:00.000Z", "sourceType": "CRM_UI"}


def remembered(id: str, *versions: dict[str, Any], **told: Any) -> dict[str, Any]:
    """A company as the list tells it: the newest value first."""
    history = {"lifecyclestage": list(versions)}
    return {"id": id, "properties": {"name": id}, "propertiesWithHistory": history, **told}


def lists(live: list[dict[str, Any]], archived: list[dict[str, Any]]) -> Answer:
    async def answer(asked: Asked) -> web.StreamResponse:
        query = asked.request.query
        assert query["propertiesWithHistory"] == "lifecyclestage"
        rows = archived if query["archived"] == "true" else live
        begin, limit = int(query.get("after", "0")), int(query["limit"])
        end = begin + limit
        more = {"paging": {"next": {"after": str(end)}}} if end < len(rows) else {}
        return await says({"results": rows[begin:end], **more})(asked)

    return answer


@pytest.mark.parametrize("count", [0, 1, 49, 50, 51, 120])
async def test_reads_the_history_of_every_company_at_the_edges_of_a_page(count: int) -> None:
    rows = [remembered(str(n), version("customer", "2024-02-29")) for n in range(count)]
    async with vendor(lists(rows, [])) as served:
        got = await records(settings(served.url, evidence="history"))

    assert [r.customer for r in got] == [str(n) for n in range(count)]


async def test_the_history_of_the_stage_tells_who_left_and_came_back() -> None:
    came_back = remembered(
        "1",
        version("customer", "2026-01-02"),
        version("other", "2025-03-04"),
        version("evangelist", "2024-06-01"),
        version("customer", "2024-02-29"),
        version("lead", "2023-01-01"),
    )
    # Of two values at one moment the one that is told first is the newer.
    never = remembered("2", version("lead", "2023-01-01"), version("customer", "2023-01-01"))
    cleared = remembered("4", version(None, "2024-12-31"), version("customer", "2024-02-29"))
    archived = remembered("3", version("customer", "2023-01-01"), archivedAt="2025-05-05T08:00:00Z")
    async with vendor(lists([came_back, never, cleared], [archived])) as served:
        source = settings(served.url, evidence="history", stages=["customer", "evangelist"])
        got = await records(source)

    told = [
        (r.customer, str(r.since)[:10], str(r.until)[:10]) for r in got if isinstance(r, DatedStay)
    ]
    assert told == [
        ("1", "2024-02-29", "2025-03-04"),
        ("1", "2026-01-02", "None"),
        ("4", "2024-02-29", "2024-12-31"),
        ("3", "2023-01-01", "2025-05-05"),
    ]


async def test_what_changed_is_asked_for_with_its_history() -> None:
    ids = [str(n) for n in range(1, 121)]
    found = {"total": 120, "results": [{"id": id, "properties": {}} for id in ids]}

    async def answer(asked: Asked) -> web.StreamResponse:
        if asked.request.path.endswith("/search"):
            return await says(found)(asked)
        assert asked.body["propertiesWithHistory"] == ["lifecyclestage"]
        some = [each["id"] for each in asked.body["inputs"]]
        assert len(some) <= 50
        told = [remembered(id, version("customer", "2024-02-29")) for id in some if id != "7"]
        return await says({"results": told})(asked)

    async with vendor(answer) as served:
        source = settings(served.url, evidence="history")
        [page] = await pages(source, "changes")

    assert [r.customer for r in page.records] == [id for id in ids if id != "7"]
    assert page.gone == ["7"]


async def test_a_ticket_without_a_beginning_is_refused() -> None:
    found = {"total": 1, "results": [{"id": "5", "properties": {}}]}
    nothing = says({"results": []})
    async with vendor(nothing, says(found), nothing, nothing) as served:
        with pytest.raises(UnexpectedResponse, match="ticket 5 has no createdate"):
            await pages(settings(served.url), "tickets")
