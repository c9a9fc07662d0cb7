"""Attio: the end of a list that nothing marks, and what a status was."""

from datetime import UTC, date, datetime, timedelta
from typing import Any

import pytest
from aiohttp import web

from integrations import attio
from integrations.errors import UnexpectedResponse
from integrations.records import DatedStay, Present
from tests.integrations.recordings import records
from tests.integrations.vendor import Answer, Asked, says, vendor

BEGUN = "2023-01-01T15:00:00.000000000Z"


def settings(url: str = "https://api.attio.com", **section: Any) -> attio.Settings:
    named = {"property": "status", "values": ["Customer"]}
    return attio.Settings.model_validate(
        {"kind": "attio", "token": "hush", "url": url, **named, **section}
    )


def value(begun: str = BEGUN, ended: str | None = None, **told: Any) -> dict[str, Any]:
    return {"active_from": begun, "active_until": ended, **told}


def status(title: str, begun: str = BEGUN, ended: str | None = None) -> dict[str, Any]:
    return value(begun, ended, status={"title": title})


def record(id: str, at: str = "2024-02-29", **values: list[dict[str, Any]]) -> dict[str, Any]:
    return {"id": {"record_id": id}, "created_at": f"{at}T00:00:00.000000000Z", "values": values}


def workspace(rows: list[dict[str, Any]], **histories: list[dict[str, Any]]) -> Answer:
    async def answer(asked: Asked) -> web.StreamResponse:
        if asked.request.method == "GET":
            return await says({"data": histories[asked.request.path.split("/")[5]]})(asked)
        since = asked.body.get("filter", {}).get("created_at", {}).get("$gte", "")
        begin, limit = asked.body["offset"], asked.body["limit"]
        found = sorted((r for r in rows if r["created_at"] >= since), key=_created_at)
        return await says({"data": found[begin : begin + limit]})(asked)

    return answer


def _created_at(row: dict[str, Any]) -> str:
    return str(row["created_at"])


@pytest.mark.parametrize("made_a_day", [1, 7, 499, 500, 501, 2000])
@pytest.mark.parametrize("count", [0, 1, 499, 500, 501, 1200])
async def test_reads_every_record_at_the_edges_of_a_page(count: int, made_a_day: int) -> None:
    days = [date(2020, 1, 1) + timedelta(id // made_a_day) for id in range(count)]
    rows = [record(str(id), f"{day}", status=[status("Customer")]) for id, day in enumerate(days)]
    async with vendor(workspace(rows)) as served:
        got = await records(settings(served.url, evidence="today"))

    assert [r.customer for r in got] == [str(id) for id in range(count)]


async def test_a_record_that_is_deleted_meanwhile_hides_no_other() -> None:
    days = [date(2020, 1, 1) + timedelta(id) for id in range(600)]
    rows = [record(str(id), f"{day}", status=[status("Customer")]) for id, day in enumerate(days)]
    shrinks = workspace(rows)

    async def answer(asked: Asked) -> web.StreamResponse:
        if asked.number == 1:
            del rows[:100]
        return await shrinks(asked)

    async with vendor(answer) as served:
        got = await records(settings(served.url, evidence="today"))

    assert [r.customer for r in got] == [str(id) for id in range(600)]


async def test_a_status_of_today_says_since_when_it_was_set() -> None:
    rows = [
        record("a", status=[status("Customer")], name=[value(value="Acme")]),
        record("b", status=[status("Lost")]),
        record("c", status=[]),
        record("d"),
        record("e", status=[value(option={"title": "Customer"})], on=[value(value="2024-02-29")]),
    ]
    async with vendor(workspace(rows)) as served:
        got = await records(settings(served.url, evidence="today"))
        named = await records(settings(served.url, evidence="today", since="on"))

    begun = datetime(2023, 1, 1, 15, tzinfo=UTC)
    assert [(r.name, r.since) for r in got if isinstance(r, Present)] == [
        ("Acme", begun),
        ("e", begun),
    ]
    assert [r.since for r in named if isinstance(r, Present)] == [None, date(2024, 2, 29)]


async def test_a_status_that_was_taken_away_and_given_again_makes_two_stays() -> None:
    ended, again = "2024-02-29T10:00:00Z", "2025-01-01T00:00:00Z"
    history = [status("Customer", BEGUN, ended), status("Customer", again)]
    rows = [record("a", status=[status("Customer", again)])]
    async with vendor(workspace(rows, a=history)) as served:
        got = await records(settings(served.url))

    assert [(r.since, r.until) for r in got if isinstance(r, DatedStay)] == [
        (datetime(2023, 1, 1, 15, tzinfo=UTC), datetime(2024, 2, 29, 10, tzinfo=UTC)),
        (datetime(2025, 1, 1, tzinfo=UTC), None),
    ]


async def test_from_one_counted_status_to_another_is_one_stay() -> None:
    then = "2024-02-29T10:00:00Z"
    history = [status("Trial", BEGUN, then), status("Customer", then)]
    rows = [record("a", status=[status("Customer", then)])]
    async with vendor(workspace(rows, a=history)) as served:
        [stay] = await records(settings(served.url, values=["Customer", "Trial"]))

    assert isinstance(stay, DatedStay)
    assert (stay.since, stay.until) == (datetime(2023, 1, 1, 15, tzinfo=UTC), None)


async def test_a_status_without_any_history_is_refused() -> None:
    rows = [record("a", status=[status("Customer")])]
    async with vendor(workspace(rows, a=[])) as served:
        with pytest.raises(UnexpectedResponse, match="gave no value"):
            await records(settings(served.url))


def test_reads_a_value_of_each_type_in_the_words_that_people_see() -> None:
    told = [
        attio._Value(BEGUN, value=True),
        attio._Value(BEGUN, value=4.5),
        attio._Value(BEGUN, domain="acme.com"),
        attio._Value(BEGUN, currency_value=12.5),
        attio._Value(BEGUN, email_address="a@acme.com"),
        attio._Value(BEGUN, full_name="Ada L"),
        attio._Value(BEGUN),
    ]
    said = [value.said for value in told]

    assert said == ["True", "4.5", "acme.com", "12.5", "a@acme.com", "Ada L", ""]


@pytest.mark.parametrize(
    "section", [{"since": "x"}, {"values": []}, {"property": "a/b"}, {"object": "../x"}]
)
def test_a_setting_that_cannot_be_asked_for_is_refused(section: dict[str, Any]) -> None:
    with pytest.raises(ValueError, match=r"since is for|at least 1|pattern"):
        settings(**section)
