"""When a Paddle subscription makes a customer, from when to when, and what it pays."""

from collections.abc import Mapping
from datetime import UTC, datetime
from typing import Any

import httpx
import msgspec
import pytest

from integrations import paddle
from integrations.errors import BadRecord, UnexpectedResponse
from integrations.http import Http
from integrations.records import DatedStay, LeftOut, Page, sorted_out
from tests.integrations.vendor import Asked, says, vendor


def day(month: int) -> str:
    return f"2026-{month:02}-01T00:00:00Z"


def item(amount: str = "1000", quantity: int = 1, **other: Any) -> dict[str, Any]:
    price = {
        "id": "pri_1",
        "unit_price": {"amount": amount, "currency_code": other.pop("currency", "USD")},
        "billing_cycle": {"interval": "month", "frequency": 1},
        **other.pop("price", {}),
    }
    return {"price": price, "quantity": quantity, **other}


def row(**other: Any) -> dict[str, Any]:
    """One dull subscription, but for what the test changes."""
    told = {
        "id": "sub_1",
        "status": "active",
        "customer_id": "ctm_1",
        "currency_code": "USD",
        "created_at": day(1),
        "started_at": day(1),
        "first_billed_at": day(1),
        "canceled_at": None,
        "items": [item()],
    }
    return {**told, **other}


def settings(**other: Any) -> paddle.Settings:
    return paddle.Settings(kind="paddle", token="key", **other)


def told(
    known: dict[str, Any] | None = None,
    customer: dict[str, Any] | None = None,
    worth: dict[str, Any] | None = None,
    **other: Any,
) -> tuple[list[DatedStay], Mapping[LeftOut, int]]:
    who = msgspec.convert({"id": "ctm_1", **(customer or {})}, paddle._Customer)
    off = {"id": "dsc_1", "type": "percentage", "amount": "20", "recur": True, **(worth or {})}
    discounts = {"dsc_1": msgspec.convert(off, paddle._Discount)}
    read = msgspec.convert(row(**other), paddle._Subscription)
    return sorted_out(paddle.to_stays(read, who, discounts, settings(**(known or {}))))


def stays(
    known: dict[str, Any] | None = None,
    customer: dict[str, Any] | None = None,
    worth: dict[str, Any] | None = None,
    **other: Any,
) -> list[DatedStay]:
    return told(known, customer, worth, **other)[0]


@pytest.mark.parametrize(
    ("other", "why"),
    [
        ({"status": "trialing", "first_billed_at": None, "next_billed_at": day(2)}, LeftOut.TRIAL),
        ({"status": "canceled", "canceled_at": day(2), "first_billed_at": day(2)}, LeftOut.TRIAL),
        ({"status": "canceled", "canceled_at": day(1)}, LeftOut.NO_TIME),
        ({"items": [item("0")]}, LeftOut.FREE),
    ],
)
def test_why_it_makes_no_customer_is_told(other: dict[str, Any], why: LeftOut) -> None:
    assert told(**{"status": "active", **other}) == ([], {why: 1})
    assert told()[1] == {}


def pieces(found: list[DatedStay]) -> list[tuple[int, int | None, str | None]]:
    """From which month to which how much is paid."""
    return [
        (
            stay.since.month,
            stay.until.month if stay.until else None,
            None if stay.monthly is None else f"{stay.monthly:.2f}",
        )
        for stay in found
    ]


@pytest.mark.parametrize(
    ("told", "until"),
    [
        pytest.param({}, None, id="runs"),
        pytest.param({"status": "canceled", "canceled_at": day(3)}, 3, id="canceled"),
        pytest.param(
            {"scheduled_change": {"action": "cancel", "effective_at": day(4)}}, 4, id="set to end"
        ),
        pytest.param(
            {"scheduled_change": {"action": "pause", "effective_at": day(4)}}, None, id="to pause"
        ),
    ],
)
def test_it_lasts_to_its_end(told: dict[str, Any], until: int | None) -> None:
    assert pieces(stays(**told)) == [(1, until, "10.00")]


def test_a_status_from_the_future_is_not_guessed_at() -> None:
    with pytest.raises(UnexpectedResponse, match=r"sub_1 has a status.*dormant"):
        stays(status="dormant")


@pytest.mark.parametrize(
    "broken",
    [{"canceled_at": None}, {"canceled_at": "2025-12-31T00:00:00Z"}],
    ids=["canceled without an end", "ends before it begins"],
)
def test_a_subscription_that_cannot_be_true_is_named(broken: dict[str, Any]) -> None:
    with pytest.raises(BadRecord, match=r"^sub_1 .* look at it in Paddle$"):
        stays(status="canceled", **broken)


TRIAL = item(trial_dates={"starts_at": day(1), "ends_at": day(2)})


@pytest.mark.parametrize(
    ("told", "paying", "counted"),
    [
        pytest.param(
            {"status": "trialing", "first_billed_at": None},
            [],
            [(1, 2, "0.00"), (2, None, "10.00")],
            id="on it",
        ),
        pytest.param(
            {"first_billed_at": day(2)},
            [(2, None, "10.00")],
            [(1, 2, "0.00"), (2, None, "10.00")],
            id="became paid",
        ),
        pytest.param(
            {"first_billed_at": None, "status": "canceled", "canceled_at": day(2)},
            [],
            [(1, 2, "0.00")],
            id="left with it",
        ),
    ],
)
def test_a_trial_is_no_customer_yet(told: dict[str, Any], paying: Any, counted: Any) -> None:
    assert pieces(stays(items=[TRIAL], **told)) == paying
    assert pieces(stays({"trials": True}, items=[TRIAL], **told)) == counted


def test_what_was_imported_without_a_first_bill_began_with_its_start() -> None:
    assert pieces(stays(first_billed_at=None)) == [(1, None, "10.00")]
    assert pieces(stays(first_billed_at=None, started_at=None, created_at=day(2)))[0][0] == 2


def test_a_pause_is_not_paid_for_and_may_be_an_end() -> None:
    pause: dict[str, Any] = {"status": "paused", "paused_at": day(3)}

    assert pieces(stays(**pause)) == [(1, 3, "10.00"), (3, None, "0.00")]
    assert pieces(stays({"paused": False}, **pause)) == [(1, 3, "10.00")]


LATE: dict[str, Any] = {
    "status": "past_due",
    "current_billing_period": {"starts_at": day(3), "ends_at": day(4)},
}


def test_a_period_that_is_not_paid_may_be_an_end() -> None:
    assert pieces(stays(**LATE)) == [(1, None, "10.00")]
    assert pieces(stays({"past_due": False}, **LATE)) == [(1, 3, "10.00")]


GERMAN = {
    "unit_price_overrides": [
        {"unit_price": {"amount": "700", "currency_code": "EUR"}},
        {"unit_price": {"amount": "600", "currency_code": "GBP"}},
    ]
}


@pytest.mark.parametrize(
    ("told", "monthly"),
    [
        pytest.param({"items": [item(quantity=3)]}, "30.00", id="three seats"),
        pytest.param({"items": [item(), item("500")]}, "15.00", id="two items"),
        pytest.param({"items": [item(), item("500", recurring=False)]}, "10.00", id="one once"),
        pytest.param(
            {
                "items": [
                    item("12000", price={"billing_cycle": {"interval": "year", "frequency": 1}})
                ]
            },
            "10.00",
            id="a year",
        ),
        pytest.param(
            {"items": [item("3000", currency="JPY")], "currency_code": "JPY"}, "3000.00", id="yen"
        ),
        pytest.param(
            {"items": [item(price=GERMAN)], "currency_code": "EUR"}, "7.00", id="of a country"
        ),
        pytest.param({"items": [item()], "currency_code": "CHF"}, None, id="another currency"),
        pytest.param({"items": [item(price={"billing_cycle": None})]}, None, id="no cycle"),
    ],
)
def test_a_months_worth_of_all_items(told: dict[str, Any], monthly: str | None) -> None:
    assert pieces(stays(**told)) == [(1, None, monthly)]


@pytest.mark.parametrize(
    ("held", "worth", "paid"),
    [
        pytest.param({}, {}, [(1, None, "16.00")], id="for good"),
        pytest.param(
            {"starts_at": day(2), "ends_at": day(4)},
            {},
            [(1, 2, "20.00"), (2, 4, "16.00"), (4, None, "20.00")],
            id="for two months",
        ),
        pytest.param({"starts_at": None}, {}, [(1, None, "20.00")], id="never applied"),
        pytest.param({}, {"recur": False}, [(1, None, "20.00")], id="once"),
        pytest.param({}, {"type": "flat", "amount": "300"}, [(1, None, "17.00")], id="an amount"),
        pytest.param(
            {}, {"type": "flat_per_seat", "amount": "300"}, [(1, None, "14.00")], id="per seat"
        ),
        pytest.param({}, {"restrict_to": ["pri_other"]}, [(1, None, "20.00")], id="of another"),
        pytest.param({}, {"restrict_to": ["pro_1"]}, [(1, None, "16.00")], id="of the product"),
        pytest.param({}, {"amount": "100"}, [], id="all of it is a free plan"),
        pytest.param(
            {"ends_at": day(3)}, {"amount": "100"}, [(3, None, "20.00")], id="free at first"
        ),
        pytest.param(
            {"starts_at": day(3)},
            {"type": "flat", "amount": "9000"},
            [(1, 3, "20.00"), (3, None, "0.00")],
            id="free later is no loss",
        ),
    ],
)
def test_discounts_are_taken_off_while_they_last(held: Any, worth: Any, paid: Any) -> None:
    found = stays(
        items=[item(quantity=2, price={"product_id": "pro_1"})],
        discount={"id": "dsc_1", "starts_at": day(1), "ends_at": None, **held},
        worth=worth,
    )

    assert pieces(found) == paid


def test_what_costs_nothing_makes_no_customer() -> None:
    assert stays(items=[item("0")]) == []
    assert pieces(stays({"free": True}, items=[item("0")])) == [(1, None, "0.00")]


def test_who_it_is_and_when_they_could_leave() -> None:
    [stay] = stays(
        {"account": "company", "domain": "site", "fields": {"region": "r", "tier": "t"}},
        customer={
            "name": "Jo",
            "email": "jo@acme.example",
            "custom_data": {"company": 42, "site": "acme.example", "r": "emea"},
        },
        custom_data={"t": "gold"},
        items=[item(product={"name": "Pro"})],
        current_billing_period={"starts_at": day(1), "ends_at": day(4)},
    )

    assert (stay.customer, stay.name) == ("42", "Jo")
    assert (stay.emails, stay.domains) == (["jo@acme.example"], ["acme.example"])
    assert stay.fields == {"plan": "Pro", "currency": "USD", "region": "emea", "tier": "gold"}
    assert stay.term_ends == [datetime(2026, 4, 1, tzinfo=UTC)]


@pytest.mark.parametrize(
    ("customer", "name"),
    [({"name": None, "email": "jo@acme.example"}, "jo@acme.example"), ({}, "ctm_1")],
)
def test_a_customer_is_called_by_the_best_name_there_is(customer: Any, name: str) -> None:
    [stay] = stays(customer=customer)

    assert stay.name == name


async def account(asked: Asked) -> Any:
    """One subscription, one customer, and events that are all of today."""
    data: dict[str, list[dict[str, Any]]] = {
        "/subscriptions": [row()],
        "/customers": [{"id": "ctm_1", "name": "Acme"}],
        "/events": [
            {
                "event_id": "evt_1",
                "event_type": "subscription.updated",
                "occurred_at": day(6),
                "data": {"id": "sub_1", "customer_id": "ctm_1"},
            }
        ],
    }
    meta = {"pagination": {"has_more": False, "next": ""}}
    return await says({"data": data[asked.request.path], "meta": meta})(asked)


@pytest.mark.parametrize(
    ("own", "since", "asked"),
    [
        pytest.param({}, 6, ["/events", "/subscriptions", "/customers"], id="before all events"),
        pytest.param({"account": "x"}, 7, ["/subscriptions", "/customers"], id="one of several"),
    ],
)
async def test_changes_that_cannot_be_told_apart_are_read_with_everything(
    own: dict[str, Any], since: int, asked: list[str]
) -> None:
    async with vendor(account) as served:
        got = await _changes(settings(url=served.url, **own), since)

    assert [record.name for page in got for record in page.records] == ["Acme"]
    assert [each.request.path for each in served.asked] == asked
    assert "customer_id" not in served.asked[-2].request.query


async def test_where_nothing_changed_nobody_is_asked_about() -> None:
    async with vendor(account) as served:
        assert await _changes(settings(url=served.url), 7) == []

    assert len(served.asked) == 1


async def _changes(own: paddle.Settings, month: int) -> list[Page]:
    async with httpx.AsyncClient() as client:
        http = Http(client, requests_per_second=10_000)
        since = datetime(2026, month, 1, tzinfo=UTC)
        return [page async for page in paddle.changes(own, http, since)]


def test_who_owes_or_has_paused_is_told_since_when_unless_the_section_has_its_own_word() -> None:
    pause: dict[str, Any] = {"status": "paused", "paused_at": day(3)}

    def told(settings: dict[str, Any] | None = None, **row: Any) -> list[object]:
        last = stays(settings, **row)[-1]
        return [last.unpaid_since, last.paused_since]

    assert [str(each)[:10] for each in told(**pause)] == ["None", "2026-03-01"]
    assert [str(each)[:10] for each in told(**LATE)] == ["2026-03-01", "None"]
    assert told({"paused": True}, **pause) == [None, None]
    assert told({"past_due": True}, **LATE) == [None, None]
    assert told() == [None, None]
