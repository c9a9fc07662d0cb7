"""Zoho: the caps on pages, answers without content, and what makes an account a customer."""

from collections.abc import Sequence
from datetime import UTC, date, datetime, timedelta
from typing import Any

import pytest
from aiohttp import web

from integrations import zoho
from integrations.errors import CredentialsRejected, UnexpectedResponse
from integrations.records import Present, Purchase
from tests.integrations.recordings import pages, records
from tests.integrations.vendor import Answer, Asked, says, vendor


def settings(url: str = "https://www.zohoapis.com", **section: Any) -> zoho.Settings:
    keys = {"client_id": "1000.X", "client_secret": "hush", "refresh_token": "fresh"}
    return zoho.Settings.model_validate(
        {"kind": "zoho", "url": url, "login": url, **keys, **section}
    )


def account(id: int, **told: Any) -> dict[str, Any]:
    changed = datetime(2026, 1, 1, tzinfo=UTC) + timedelta(seconds=id // 3)
    row = {"Account_Name": f"Account {id}", "Website": None, "Parent_Account": None}
    return {
        "id": str(id),
        "Account_Type": "Customer",
        "Modified_Time": changed.isoformat(),
        **row,
        **told,
    }


def organization(
    accounts: Sequence[dict[str, Any]], deals: Sequence[dict[str, Any]] = (), *, cap: int = 100_000
) -> Answer:
    """Get Records as its page describes it: 200 rows a page, tokens that end at a cap, and 204."""

    async def answer(asked: Asked) -> web.StreamResponse:
        if asked.request.path == "/oauth/v2/token":
            return await says({"access_token": "1000.token", "expires_in": 3600})(asked)
        query = asked.request.query
        rows = [*(deals if asked.request.path.endswith("Deals") else accounts)]
        if since := asked.request.headers.get("If-Modified-Since"):
            begin = datetime.fromisoformat(since)
            rows = [row for row in rows if datetime.fromisoformat(row["Modified_Time"]) >= begin]
        at = int(query.get("page_token", "t0")[1:])
        per_page = int(query["per_page"])
        if not rows[at:]:
            return await says(b"", 204)(asked)
        end = at + per_page
        token = f"t{end}" if end < min(cap, len(rows)) else None
        info = {"more_records": end < len(rows), "next_page_token": token}
        return await says({"data": rows[at:end], "info": info})(asked)

    return answer


@pytest.mark.parametrize("count", [0, 1, 199, 200, 201, 400, 1001])
async def test_reads_on_from_the_last_change_where_tokens_end(count: int) -> None:
    accounts = [account(id) for id in range(1, count + 1)]
    async with vendor(organization(accounts, cap=400)) as served:
        got = await records(settings(served.url))

    assert [int(r.customer) for r in got] == list(range(1, count + 1))


async def test_more_rows_of_one_moment_than_tokens_reach_are_refused() -> None:
    accounts = [account(id, Modified_Time="2026-01-01T00:00:00+00:00") for id in range(1, 500)]
    async with vendor(organization(accounts, cap=400)) as served:
        with pytest.raises(UnexpectedResponse, match="thrown away"):
            await records(settings(served.url))


async def test_accounts_of_a_customers_type_are_customers_now() -> None:
    accounts = [
        account(1, Since="2024-02-29", Tags=["A", {"name": "B"}]),
        account(2, Account_Type="Prospect"),
        account(3, Account_Type=None),
        account(4, Account_Type="Partner", Account_Name=None, Since=None),
    ]
    section = {"since": "Since", "values": ["Customer", "Partner"], "fields": {"tags": "Tags"}}
    async with vendor(organization(accounts)) as served:
        got = await records(settings(served.url, **section))

    assert [(r.customer, r.name, r.since) for r in got if isinstance(r, Present)] == [
        ("1", "Account 1", date(2024, 2, 29)),
        ("4", "4", None),
    ]
    assert got[0].fields == {"tags": "A, B"}
    asked = served.asked[1].request.query["fields"].split(",")
    assert {"Account_Type", "Since", "Tags", "Modified_Time"} <= set(asked)


async def test_each_won_deal_may_be_a_purchase_and_stages_are_a_setting() -> None:
    deals: list[dict[str, Any]] = [
        {"id": "7", "Account_Name": {"id": "1"}, "Stage": "Signed", "Closing_Date": "2024-02-29"},
        {"id": "8", "Account_Name": {"id": "1"}, "Stage": "Signed", "Closing_Date": None},
        {"id": "9", "Account_Name": {"id": "1"}, "Stage": "Won", "Closing_Date": "2024-03-01"},
    ]
    section = {"evidence": "purchases", "stages": ["Signed"]}
    async with vendor(organization([account(1), account(2)], deals)) as served:
        got = await records(settings(served.url, **section))

    assert [(r.customer, r.on) for r in got if isinstance(r, Purchase)] == [
        ("1", date(2024, 2, 29))
    ]


@pytest.mark.parametrize(
    ("status", "code"), [(401, "OAUTH_SCOPE_MISMATCH"), (403, "NO_PERMISSION")]
)
async def test_a_token_without_the_scopes_says_which(status: int, code: str) -> None:
    token = says({"access_token": "1000.token"})
    async with vendor(token, says({"code": code, "status": "error"}, status)) as served:
        with pytest.raises(CredentialsRejected, match=r"ZohoCRM\.modules\.accounts\.READ"):
            await records(settings(served.url))


@pytest.mark.parametrize(
    ("section", "told"),
    [
        ({"since": "x", "evidence": "won"}, "since is for evidence: today"),
        ({"until": "x"}, "until is for evidence: won"),
        ({"amount": "x", "currency": "EUR", "evidence": "purchases"}, "amount is not for"),
        ({"fields": [f"f{n}" for n in range(50)]}, "at most 50 fields"),
    ],
)
def test_a_setting_that_cannot_be_asked_for_is_refused(section: dict[str, Any], told: str) -> None:
    with pytest.raises(ValueError, match=told):
        settings(**section)


async def test_goes_on_beyond_the_end_of_tokens() -> None:
    """A token does not reach further than the cap; then the time of the last change does."""
    accounts = [account(id) for id in range(1, 1001)]
    async with vendor(organization(accounts, cap=400)) as served:
        source = settings(served.url)
        read = await pages(source)
        marks = {page.mark: at for at, page in enumerate(read) if page.mark}
        rest = {mark: await pages(source, after=mark) for mark in marks}

    assert {mark.endswith(" ") for mark in marks} == {True, False}
    assert {mark.startswith(" ") for mark in marks} == {True, False}
    for mark, at in marks.items():
        later = {record.customer for page in read[at + 1 :] for record in page.records}
        got = {record.customer for page in rest[mark] for record in page.records}
        assert later <= got
        assert len(got) < len(later) + 10, "what came before is left out"
