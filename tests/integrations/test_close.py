"""Close: searches and lists that end before all is told, and what a status was."""

from datetime import UTC, date, datetime, timedelta
from typing import Any

import httpx
import pytest
from aiohttp import web

from integrations import close
from integrations.errors import UnexpectedResponse
from integrations.records import DatedStay, Present
from tests.integrations.recordings import records
from tests.integrations.vendor import Answer, Asked, says, vendor

BEGUN = datetime(2023, 1, 1, 12, tzinfo=UTC)


def settings(url: str = "https://api.close.com", **section: Any) -> close.Settings:
    return close.Settings.model_validate({"kind": "close", "token": "hush", "url": url, **section})


def lead(number: int, status: str = "Customer", *, days: float = 0, **told: Any) -> dict[str, Any]:
    row = {"id": f"lead_{number}", "display_name": f"Lead {number}", "url": None}
    status_is = {"status_id": f"stat_{status}", "status_label": status}
    return {**row, **status_is, "date_created": (BEGUN + timedelta(days=days)).isoformat(), **told}


def change(
    number: int, lead: int, old: str, new: str, *, days: float, **told: Any
) -> dict[str, Any]:
    names = {"old_status_id": f"stat_{old}", "new_status_id": f"stat_{new}"}
    labels = {"old_status_label": old, "new_status_label": new}
    at = (BEGUN + timedelta(days=days)).isoformat()
    return {
        "id": f"acti_{number}",
        "lead_id": f"lead_{lead}",
        "date_created": at,
        **names,
        **labels,
        **told,
    }


def organization(
    leads: list[dict[str, Any]],
    changes: list[dict[str, Any]] | None = None,
    merges: list[dict[str, Any]] | None = None,
) -> Answer:
    """Searches in the order of creation and lists with the newest first; far pages are refused."""

    async def answer(asked: Asked) -> web.StreamResponse:
        if asked.request.path.endswith("/search/"):
            begin = asked.body["query"]["queries"][1]["condition"]["on_or_after"]["value"]
            rows = [r for r in leads if r["date_created"][:10] >= begin][: close.CAP]
            at, size = int(asked.body["cursor"] or 0), asked.body["_limit"]
            more = str(at + size) if at + size < len(rows) else None
            return await says({"data": rows[at : at + size], "cursor": more})(asked)
        query = asked.request.query
        rows = (merges if "merge" in asked.request.path else changes) or []
        rows = sorted(rows, key=lambda row: row["date_created"], reverse=True)
        if until := query.get("date_created__lte"):
            rows = [row for row in rows if row["date_created"] <= until]
        skip, size = int(query["_skip"]), int(query["_limit"])
        if skip >= close.DEEPEST:
            return await says({"error": "max skip"}, 400)(asked)
        told = {"data": rows[skip : skip + size], "has_more": skip + size < len(rows)}
        return await says(told)(asked)

    return answer


@pytest.mark.parametrize("per_day", [1, 3, 40])
async def test_a_search_of_many_is_cut_into_several(
    per_day: int, monkeypatch: pytest.MonkeyPatch
) -> None:
    for name, value in {"PAGE": 7, "SLICE": 20, "CAP": 130}.items():
        monkeypatch.setattr(close, name, value)
    leads = [lead(n, days=n // per_day) for n in range(300)]
    async with vendor(organization(leads)) as served:
        got = await records(settings(served.url, evidence="today"))

    assert [r.customer for r in got] == [f"lead_{n}" for n in range(300)]


async def test_more_leads_of_one_day_than_a_search_gives_are_no_end(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    for name, value in {"PAGE": 7, "SLICE": 20, "CAP": 50}.items():
        monkeypatch.setattr(close, name, value)
    async with vendor(organization([lead(n) for n in range(60)])) as served:
        with pytest.raises(UnexpectedResponse, match="no more than 50 Leads of one day"):
            await records(settings(served.url, evidence="today"))


async def test_changes_further_back_than_a_list_skips_are_read(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr(close, "DEEPEST", 200)
    leads = [lead(n) for n in range(450)]
    changed = [change(n, n, "Potential", "Customer", days=1 + n / 3) for n in range(450)]
    async with vendor(organization(leads, changed)) as served:
        got = await records(settings(served.url))

    begun = [r.since for r in got if isinstance(r, DatedStay)]
    assert begun == [datetime.fromisoformat(row["date_created"]) for row in changed]


async def test_more_changes_of_one_moment_than_a_list_skips_are_refused(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr(close, "DEEPEST", 200)
    changed = [change(n, n, "Potential", "Customer", days=1) for n in range(450)]
    async with vendor(organization([lead(1)], changed)) as served:
        with pytest.raises(UnexpectedResponse, match="thrown away"):
            await records(settings(served.url))


async def test_a_list_in_another_order_is_refused() -> None:
    rows = [change(1, 1, "A", "B", days=1), change(2, 1, "B", "C", days=2)]
    merges = says({"data": [], "has_more": False})
    async with vendor(merges, says({"data": rows, "has_more": False})) as served:
        with pytest.raises(UnexpectedResponse, match="not in the order of date_created"):
            await records(settings(served.url))


def stays(got: list[Any]) -> list[tuple[str, Any, Any]]:
    return [
        (r.customer, (r.since - BEGUN).days, r.until and (r.until - BEGUN).days)
        for r in got
        if isinstance(r, DatedStay)
    ]


async def test_the_history_of_a_lead_begins_with_its_first_status() -> None:
    leads = [lead(1), lead(2, "Lost"), lead(3, "Lost"), lead(4, days=9)]
    changed = [
        change(1, 2, "Customer", "Lost", days=5),
        change(2, 1, "Lost", "Customer", days=8),
        change(3, 1, "Customer", "Lost", days=6),
        # Imported, and older than the lead itself.
        change(4, 4, "Potential", "Customer", days=10, activity_at="2022-12-22T12:00:00+00:00"),
    ]
    async with vendor(organization(leads, changed)) as served:
        got = await records(settings(served.url))

    assert stays(got) == [
        ("lead_1", 0, 6),
        ("lead_1", 8, None),
        ("lead_2", 0, 5),
        ("lead_4", -10, None),
    ]


async def test_a_status_that_was_renamed_is_known_by_its_id() -> None:
    renamed = change(1, 1, "Potential", "Client", days=3, new_status_id="stat_Customer")
    async with vendor(organization([lead(1)], [renamed])) as served:
        by_label = await records(settings(served.url))
        by_id = await records(settings(served.url, statuses=["stat_Customer"]))

    assert (stays(by_label), stays(by_id)) == ([], [("lead_1", 3, None)])


async def test_a_status_of_today_says_since_when_by_a_field() -> None:
    leads = [lead(1) | {"custom.cf_since": "2024-02-29"}, lead(2, "Lost"), lead(3)]
    async with vendor(organization(leads)) as served:
        got = await records(settings(served.url, evidence="today", since="custom.cf_since"))

    assert [(r.customer, r.since) for r in got if isinstance(r, Present)] == [
        ("lead_1", date(2024, 2, 29)),
        ("lead_3", None),
    ]


async def test_waits_as_long_as_the_refusal_says() -> None:
    refused = says({"error": {"rate_limit": 60, "rate_reset": 0.01}}, 429)
    nothing = says({"data": [], "has_more": False})
    async with vendor(refused, nothing, nothing, organization([])) as served:
        assert await records(settings(served.url)) == []

    error = close._refused(429, httpx.Headers(), b'{"error": {"rate_reset": 42}}')
    assert error is not None
    assert "asks to wait 42 seconds" in str(error)
    for body in (b"", b"[]", b'{"error": "slow down"}', b'{"error": {"rate_reset": "soon"}}'):
        assert close._refused(429, httpx.Headers(), body) is None


def test_since_is_for_today_alone() -> None:
    with pytest.raises(ValueError, match="since is for evidence: today"):
        settings(since="custom.cf_since")
