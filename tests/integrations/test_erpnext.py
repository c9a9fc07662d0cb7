"""ERPNext's documents, at a server that gives 20 rows unless it is asked for more."""

import json
from collections.abc import Iterable
from datetime import UTC, date, datetime
from typing import Any

import httpx
import pytest
from aiohttp import web

from integrations import erpnext
from integrations.errors import BadRecord, CredentialsRejected, UnexpectedResponse
from integrations.http import Http
from integrations.records import DatedStay, Page
from tests.integrations.recordings import records
from tests.integrations.vendor import Asked, says, vendor

OLD = "2026-10-30 00:00:00"


def settings(url: str = "https://erp.example.com", **section: Any) -> erpnext.Settings:
    return erpnext.Settings.model_validate(
        {"kind": "erpnext", "key": "k1", "secret": "s1", "url": url, **section}
    )


def customer(name: str, **other: Any) -> dict[str, Any]:
    told = {"customer_name": f"{name} Ltd", "email_id": None, "website": None, "disabled": 0}
    return {"name": name, **told, "modified": "2026-10-31 12:00:00", **other}


def invoice(number: int, customer: str, **other: Any) -> dict[str, Any]:
    told = {"docstatus": 1, "is_return": 0, "status": "Paid", "posting_date": "2026-03-01"}
    name, modified = f"SINV-{number:05}", "2026-10-31 12:00:00"
    return {"name": name, "customer": customer, **told, "modified": modified, **other}


def subscription(status: str = "Active", **other: Any) -> dict[str, Any]:
    told = {"party_type": "Customer", "party": "Acme", "status": status}
    days = {"start_date": "2025-01-31", "end_date": None, "cancelation_date": None}
    return {"name": "SUB-1", **told, **days, "trial_period_end": None, "modified": OLD, **other}


class Site:
    """Frappe's lists: filters, an order, and 20 rows where nothing else is said."""

    def __init__(self, most: int = 3, **doctypes: Iterable[dict[str, Any]]) -> None:
        self.rows = {name.replace("_", " "): list(rows) for name, rows in doctypes.items()}
        self.most = most

    async def __call__(self, asked: Asked) -> web.StreamResponse:
        query = asked.request.query
        assert query["order_by"] == "name asc"
        limit = min(int(query.get("limit_page_length", "20")), self.most)
        found = self.rows.get(asked.request.path.rpartition("/")[2], [])
        for name, operator, value in json.loads(query["filters"]):
            found = [row for row in found if self.holds(row[name], operator, value)]
        found = sorted(found, key=lambda row: str(row["name"]))[:limit]
        wanted = json.loads(query["fields"])
        return await says({"data": [{name: row[name] for name in wanted} for row in found]})(asked)

    def holds(self, told: Any, operator: str, value: Any) -> bool:
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


async def read(answer: Site, **section: Any) -> Any:
    async with vendor(answer) as served:
        return await records(settings(served.url, **section))


async def changes(answer: Site, **section: Any) -> Page:
    since = datetime(2026, 10, 31, 12, tzinfo=UTC)
    async with vendor(answer) as served, httpx.AsyncClient() as client:
        out = Http(client, requests_per_second=10_000)
        reading = erpnext.changes(settings(served.url, **section), out, since)
        pages = [page async for page in reading]
    told = [record for page in pages for record in page.records]
    return Page(told, gone=[id for page in pages for id in page.gone])


@pytest.mark.parametrize("count", [0, 1, 499, 500, 501, 1_001])
async def test_reads_more_than_the_twenty_rows_that_a_list_gives_by_itself(count: int) -> None:
    site = Site(
        500,
        Customer=[customer("Acme")],
        Sales_Invoice=[invoice(number, "Acme") for number in range(count)],
    )

    assert len(await read(site)) == count


async def test_only_what_was_really_sold_is_a_purchase() -> None:
    invoices = [
        invoice(1, "Acme"),
        invoice(2, "Acme", docstatus=0),
        invoice(3, "Acme", docstatus=2),
        invoice(4, "Acme", is_return=1),
        invoice(5, "Acme", status="Credit Note Issued"),
        invoice(6, "Acme", status="Overdue"),
    ]
    got = await read(Site(Customer=[customer("Acme")], Sales_Invoice=invoices))

    assert [record.place for record in got] == ["invoice SINV-00001", "invoice SINV-00006"]
    assert {(record.customer, record.name) for record in got} == {("Acme", "Acme Ltd")}
    assert got[0].on == date(2026, 3, 1)


async def test_a_customer_that_is_hidden_from_us_is_no_reason_to_lose_one() -> None:
    with pytest.raises(CredentialsRejected, match="let that user read all Customers") as caught:
        await read(Site(Customer=[], Sales_Invoice=[invoice(1, "Acme")]))

    assert "Acme" not in str(caught.value)


async def test_a_document_that_is_called_after_a_customer_is_not_named_in_an_error() -> None:
    spoilt = invoice(1, "Acme", name="Acme Secret Ltd", posting_date="soon")
    with pytest.raises(BadRecord, match=r"^erpnext: one invoice: posting_date") as caught:
        await read(Site(Customer=[customer("Acme")], Sales_Invoice=[spoilt]))

    assert "Acme" not in str(caught.value)


async def stays(*rows: dict[str, Any]) -> Any:
    site = Site(Customer=[customer("Acme")], Subscription=rows)
    return await read(site, evidence="subscriptions")


@pytest.mark.parametrize(
    ("row", "since", "until"),
    [
        (subscription(), date(2025, 1, 31), None),
        (subscription("Unpaid"), date(2025, 1, 31), None),
        (subscription("Past Due Date", end_date="2026-01-30"), date(2025, 1, 31), None),
        (
            subscription("Cancelled", cancelation_date="2025-06-30"),
            date(2025, 1, 31),
            date(2025, 6, 30),
        ),
        (subscription("Completed", end_date="2026-01-30"), date(2025, 1, 31), date(2026, 1, 31)),
        (subscription(trial_period_end="2025-02-28"), date(2025, 3, 1), None),
    ],
)
async def test_a_subscription_is_a_stay(row: Any, since: date, until: date | None) -> None:
    [stay] = await stays(row)

    assert isinstance(stay, DatedStay)
    assert (stay.since, stay.until) == (since, until)
    assert list(stay.term_ends) == ([date(2026, 1, 31)] if row["end_date"] else [])


async def test_a_trial_that_was_all_there_was_is_no_stay() -> None:
    ended = subscription("Cancelled", trial_period_end="2025-02-28", cancelation_date="2025-02-15")
    supplier = subscription(party_type="Supplier")

    assert await stays(subscription("Trialling"), ended, supplier) == []


@pytest.mark.parametrize(
    ("row", "sentence"),
    [
        (subscription(start_date=None), "no start_date;"),
        (subscription("Cancelled"), "is Cancelled but has no cancelation_date;"),
        (subscription("Cancelled", cancelation_date="2025-01-30"), "of customer Acme ends on"),
    ],
)
async def test_a_subscription_that_cannot_be_true_is_named(row: Any, sentence: str) -> None:
    with pytest.raises(BadRecord, match=f"subscription SUB-1 .*{sentence}.* look at it"):
        await stays(row)


async def test_a_status_that_nobody_knows_is_not_guessed() -> None:
    with pytest.raises(UnexpectedResponse, match="SUB-1 has a status that we do not know"):
        await stays(subscription("Dormant"))


async def test_customers_of_today_are_those_that_are_not_disabled() -> None:
    site = Site(Customer=[customer("Acme"), customer("Bluth", disabled=1)])

    assert [record.customer for record in await read(site, evidence="today")] == ["Acme"]


@pytest.mark.parametrize(
    ("zone", "from_moment"),
    [
        ("Asia/Kolkata", "2026-10-31 17:20:00"),
        ("America/New_York", "2026-10-31 07:50:00"),
        (None, "2026-10-30 23:50:00"),
    ],
)
async def test_changes_are_asked_for_by_the_clock_of_the_site(
    zone: str | None, from_moment: str
) -> None:
    late, early = {"modified": from_moment}, {"modified": "2026-10-30 23:49:59"}
    site = Site(
        Customer=[customer(name, modified=OLD[:10]) for name in ("Acme", "Bluth", "Cyber")],
        Sales_Invoice=[
            invoice(1, "Acme", **late),
            invoice(2, "Acme", modified=OLD[:10]),
            invoice(3, "Bluth", **early),
            invoice(4, "Cyber", docstatus=2, **late),
        ],
    )
    page = await changes(site, zone=zone)

    assert [record.place for record in page.records] == ["invoice SINV-00001", "invoice SINV-00002"]
    assert page.gone == ["Cyber"]


async def test_who_was_disabled_is_gone_today() -> None:
    rows = [customer("Acme"), customer("Bluth", disabled=1), customer("Cyber", modified=OLD)]
    page = await changes(Site(Customer=rows), evidence="today", zone="UTC")

    assert ([record.customer for record in page.records], page.gone) == (["Acme"], ["Bluth"])


def test_a_zone_that_is_none_is_refused() -> None:
    with pytest.raises(ValueError, match="is not a time zone"):
        settings(zone="Mars/Olympus")
