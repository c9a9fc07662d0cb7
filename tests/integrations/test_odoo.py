"""Odoo's documents and contacts, through either of its APIs, at a server that reads domains."""

from collections.abc import Iterable
from datetime import UTC, date, datetime
from decimal import Decimal
from typing import Any

import httpx
import pytest
from aiohttp import web

from integrations import odoo
from integrations.errors import (
    BadRecord,
    CredentialsRejected,
    IntegrationError,
    UnexpectedResponse,
)
from integrations.http import Http
from integrations.records import DatedStay, Page
from tests.integrations.recordings import records
from tests.integrations.vendor import Answer, Asked, says, vendor

Rows = list[dict[str, Any]]


def settings(url: str = "https://mycompany.odoo.com", **section: Any) -> odoo.Settings:
    return odoo.Settings.model_validate({"kind": "odoo", "token": "key-1", "url": url, **section})


def contact(id: int, company: int = 0, **other: Any) -> dict[str, Any]:
    return {
        "id": id,
        "name": f"Contact {id}",
        "email": False,
        "parent_id": [company, "its company"] if company else False,
        "commercial_partner_id": [company or id, "its company"],
        "website": False,
        "active": True,
        "customer_rank": 1,
        "write_date": "2026-10-31 12:00:00",
        **other,
    }


def invoice(id: int, who: int, **other: Any) -> dict[str, Any]:
    return {
        "id": id,
        "partner_id": [who, "whoever"] if who else False,
        "name": f"INV/{id}",
        "move_type": "out_invoice",
        "state": "posted",
        "payment_state": "paid",
        "invoice_date": "2026-03-01",
        "write_date": "2026-10-31 12:00:00",
        **other,
    }


def subscription(id: int, who: int, **other: Any) -> dict[str, Any]:
    return {
        "id": id,
        "partner_id": [who, "whoever"],
        "name": f"S{id}",
        "is_subscription": True,
        "subscription_state": "3_progress",
        "start_date": "2025-01-31",
        "end_date": False,
        "next_invoice_date": "2026-11-30",
        "recurring_monthly": 41.67,
        "currency_id": [1, "EUR"],
        "plan_id": [2, "Monthly"],
        "write_date": "2026-10-31 12:00:00",
        **other,
    }


class Odoo:
    """The part of Odoo that reads: domains, ids in order, and what is archived hidden."""

    def __init__(self, *, limit: int = 2, **models: Iterable[dict[str, Any]]) -> None:
        self.models = {name.replace("_", "."): list(rows) for name, rows in models.items()}
        self.limit = limit

    async def __call__(self, asked: Asked) -> web.StreamResponse:
        if asked.request.path == "/jsonrpc":
            told = asked.body["params"]
            if (told["service"], told["method"]) == ("common", "authenticate"):
                assert told["args"] == ["db", "bot@example.com", "key-1", {}]
                return await says({"jsonrpc": "2.0", "id": 1, "result": 2})(asked)
            database, uid, key, model, method, _, question = told["args"]
            assert (database, uid, key, method) == ("db", 2, "key-1", "search_read")
            found = self.search_read(model, question)
            return await says({"jsonrpc": "2.0", "id": 1, "result": found})(asked)
        [_, json2, version, model, method] = asked.request.path.split("/")
        assert (json2, version, method) == ("json", "2", "search_read")
        return await says(self.search_read(model, asked.body))(asked)

    def search_read(self, model: str, question: Any) -> Rows:
        domain = question["domain"]
        if not any(condition[0] == "active" for condition in domain):
            domain = [*domain, ["active", "!=", False]]
        found = [row for row in self.models[model] if all(self.holds(row, *c) for c in domain)]
        found.sort(key=lambda row: int(row["id"]))
        wanted = ["id", *question["fields"]]
        assert question["order"] == "id"
        return [{name: row[name] for name in wanted} for row in found[: self.limit]]

    def holds(self, row: dict[str, Any], name: str, operator: str, value: Any) -> bool:
        told = row.get(name, True if name == "active" else None)
        if name == "partner_id.commercial_partner_id":
            [who] = [c for c in self.models["res.partner"] if c["id"] == row["partner_id"][0]]
            told = who["commercial_partner_id"][0]
        match operator:
            case "=":
                return bool(told == value)
            case "!=":
                return bool(told != value)
            case ">":
                return bool(told > value)
            case ">=":
                return bool(told >= value)
            case "in":
                return told in value
        raise AssertionError(operator)


async def read(answer: Answer, **section: Any) -> Any:
    async with vendor(answer) as served:
        return await records(settings(served.url, **section))


async def changes(answer: Answer, **section: Any) -> Page:
    since = datetime(2026, 10, 31, 12, 5, tzinfo=UTC)
    async with vendor(answer) as served, httpx.AsyncClient() as client:
        source = settings(served.url, **section)
        reading = odoo.changes(source, Http(client, requests_per_second=10_000), since)
        pages = [page async for page in reading]
    return Page(
        [record for page in pages for record in page.records],
        gone=[id for page in pages for id in page.gone],
    )


@pytest.mark.parametrize("count", [0, 1, 2, 3, 4, 5])
@pytest.mark.parametrize("api", ["json2", "jsonrpc"])
async def test_reads_every_invoice_through_either_api(count: int, api: str) -> None:
    people = [contact(id) for id in range(1, 6)]
    server = Odoo(account_move=[invoice(id, id) for id in range(1, count + 1)], res_partner=people)
    section = {"database": "db", "user": "bot@example.com"} if api == "jsonrpc" else {}
    got = await read(server, api=api, **section)

    assert [record.customer for record in got] == [str(id) for id in range(1, count + 1)]


async def test_only_what_was_really_sold_is_a_purchase() -> None:
    moves = [
        invoice(1, 1),
        invoice(2, 2, state="draft"),
        invoice(3, 3, move_type="out_refund"),
        invoice(4, 4, payment_state="reversed"),
        invoice(5, 5, move_type="out_receipt"),
        invoice(6, 6, move_type="in_invoice"),
        invoice(7, 0, move_type="out_receipt"),
    ]
    server = Odoo(account_move=moves, res_partner=[contact(id) for id in range(1, 7)])

    assert [record.place for record in await read(server)] == ["invoice INV/1", "invoice INV/5"]


async def test_contacts_of_a_company_are_that_company_archived_or_not() -> None:
    people = [
        contact(1, name="Acme", email="Info@Acme.example", active=False),
        contact(2, company=1, email="ann@acme.example", active=False),
        contact(3, company=1),
    ]
    server = Odoo(account_move=[invoice(id, id) for id in (2, 3)], res_partner=people)
    got = await read(server)

    assert {(record.customer, record.name) for record in got} == {("1", "Acme")}
    assert list(got[0].emails) == ["info@acme.example", "ann@acme.example"]
    assert got[0].on == date(2026, 3, 1)


async def test_a_contact_that_is_hidden_from_us_is_no_reason_to_lose_a_customer() -> None:
    server = Odoo(account_move=[invoice(1, 1)], res_partner=[])
    with pytest.raises(CredentialsRejected, match=r"hides the contact of INV/1 .* read all"):
        await read(server)


async def test_a_condition_of_ones_own_is_added() -> None:
    moves = [invoice(1, 1, company_id=1), invoice(2, 1, company_id=2)]
    server = Odoo(account_move=moves, res_partner=[contact(1)])
    got = await read(server, domain=[["company_id", "=", 2]])

    assert [record.place for record in got] == ["invoice INV/2"]


async def one(**other: Any) -> DatedStay:
    server = Odoo(sale_order=[subscription(1, 1, **other)], res_partner=[contact(1)])
    [record] = await read(server, evidence="subscriptions")
    assert isinstance(record, DatedStay)
    return record


@pytest.mark.parametrize(
    ("state", "end", "until"),
    [
        ("3_progress", False, None),
        ("3_progress", "2026-12-31", None),
        ("4_paused", False, None),
        ("5_renewed", "2026-01-31", date(2026, 1, 31)),
        ("6_churn", "2025-06-30", date(2025, 6, 30)),
        ("6_churn", "2025-01-31", date(2025, 1, 31)),
        ("6_churn", False, date(2026, 11, 30)),
    ],
)
async def test_a_subscription_ends_when_it_is_closed(
    state: str, end: str | bool, until: date | None
) -> None:
    stay = await one(subscription_state=state, end_date=end)

    assert (stay.since, stay.until) == (date(2025, 1, 31), until)
    assert list(stay.term_ends) == ([date.fromisoformat(end)] if isinstance(end, str) else [])


async def test_a_subscription_tells_what_is_paid_a_month_now() -> None:
    stay = await one()

    assert (stay.monthly, stay.currency, stay.as_of_now) == (Decimal("41.67"), "EUR", True)
    assert stay.fields == {"plan": "Monthly"}
    assert (await one(subscription_state="4_paused")).monthly == 0


@pytest.mark.parametrize("state", ["1_draft", "2_renewal", "7_upsell"])
async def test_a_quotation_is_no_subscription(state: str) -> None:
    server = Odoo(
        sale_order=[subscription(1, 1, subscription_state=state)], res_partner=[contact(1)]
    )

    assert await read(server, evidence="subscriptions") == []


@pytest.mark.parametrize(
    ("other", "sentence"),
    [
        ({"start_date": False}, "S1 has no start_date"),
        (
            {"subscription_state": "6_churn", "end_date": "2025-01-30"},
            "S1 of customer 1 ends on 2025-01-30, before it begins on 2025-01-31;",
        ),
        ({"subscription_state": "6_churn", "next_invoice_date": False}, "S1 is closed but"),
    ],
)
async def test_a_subscription_that_cannot_be_true_is_named(other: Any, sentence: str) -> None:
    with pytest.raises(BadRecord, match=f"{sentence}.* look at it in Odoo"):
        await one(**other)


async def test_customers_of_today_are_those_with_a_rank_or_those_that_a_domain_finds() -> None:
    people = [
        contact(1),
        contact(2, customer_rank=0, industry="Farm"),
        contact(3, active=False),
        contact(4, company=1),
    ]
    server = Odoo(res_partner=people)
    usual = await read(server, evidence="today")
    own = await read(server, evidence="today", domain=[["industry", "=", "Farm"]])

    assert [record.customer for record in usual] == ["1"]
    assert [record.customer for record in own] == ["2"]


async def test_changes_are_all_documents_of_each_customer_of_whom_one_changed() -> None:
    old = {"write_date": "2026-10-31 11:54:59"}
    people = [contact(1), contact(2, company=1), contact(3), contact(4)]
    moves = [
        invoice(1, 1, **old),
        invoice(2, 2),
        invoice(3, 3, **old),
        invoice(4, 4, state="cancel"),
        invoice(5, 1, **old),
    ]
    page = await changes(Odoo(account_move=moves, res_partner=people))

    assert [record.place for record in page.records] == [
        "invoice INV/1", "invoice INV/2", "invoice INV/5",
    ]  # fmt: skip
    assert page.gone == ["4"]


async def test_who_was_archived_is_gone_today() -> None:
    old = {"write_date": "2026-01-01 00:00:00"}
    people = [
        contact(1),
        contact(2, active=False),
        contact(3, customer_rank=0),
        {**contact(4), **old},
    ]
    page = await changes(Odoo(res_partner=people), evidence="today")

    assert [record.customer for record in page.records] == ["1"]
    assert page.gone == ["2", "3"]


@pytest.mark.parametrize(
    ("name", "error", "sentence"),
    [
        ("odoo.exceptions.AccessDenied", CredentialsRejected, "account.move and res.partner"),
        ("odoo.exceptions.AccessError", CredentialsRejected, "account.move and res.partner"),
        ("builtins.ValueError", UnexpectedResponse, "check evidence:"),
        ("odoo.exceptions.MissingError", UnexpectedResponse, "look at its log"),
    ],
)
async def test_errors_that_come_with_status_200_are_named(
    name: str, error: type[IntegrationError], sentence: str
) -> None:
    body = {"error": {"code": 200, "message": "Acme", "data": {"name": name, "message": "Acme"}}}
    with pytest.raises(error, match=sentence) as caught:
        await read(says(body), api="jsonrpc", database="db", user="bot@example.com")

    assert "Acme" not in str(caught.value)


async def test_a_user_who_may_not_come_in_is_told_so() -> None:
    nobody = says({"jsonrpc": "2.0", "id": 1, "result": False})
    with pytest.raises(CredentialsRejected, match="does not let this user in"):
        await read(nobody, api="jsonrpc", database="db", user="bot@example.com")


@pytest.mark.parametrize(
    "section", [{"api": "jsonrpc"}, {"api": "jsonrpc", "database": "db"}, {"user": "bot"}]
)
def test_each_api_needs_its_own_settings(section: Any) -> None:
    with pytest.raises(ValueError, match="jsonrpc"):
        settings(**section)
