"""When a Chargebee subscription makes a customer, from when to when, and what it pays."""

from collections.abc import Mapping
from datetime import UTC, datetime
from typing import Any

import httpx
import msgspec
import pytest

from integrations import chargebee
from integrations.errors import BadRecord, UnexpectedResponse
from integrations.http import Http
from integrations.records import DatedStay, LeftOut, Page, sorted_out
from tests.integrations.vendor import Answer, Asked, says, vendor

JAN, FEB, MARCH, APRIL = (
    int(datetime(2026, month, 1, tzinfo=UTC).timestamp()) for month in (1, 2, 3, 4)
)


def item(amount: int | None = 1000, **other: Any) -> dict[str, Any]:
    return {"item_price_id": "basic-USD", "item_type": "plan", "amount": amount, **other}


def row(customer: dict[str, Any] | None = None, **other: Any) -> dict[str, Any]:
    """One dull subscription, but for what the test changes."""
    told = {
        "id": "sub_1",
        "status": "active",
        "currency_code": "USD",
        "customer_id": "c1",
        "started_at": JAN,
        "billing_period": 1,
        "billing_period_unit": "month",
        "subscription_items": [item()],
    }
    return {"subscription": {**told, **other}, "customer": {"id": "c1", **(customer or {})}}


def settings(**other: Any) -> chargebee.Settings:
    return chargebee.Settings(
        kind="chargebee", url="https://acme.chargebee.com", token="key", **other
    )


def told(
    known: dict[str, Any] | None = None, customer: dict[str, Any] | None = None, **other: Any
) -> tuple[list[DatedStay], Mapping[LeftOut, int]]:
    own = settings(**(known or {}))
    [read] = msgspec.convert({"list": [row(customer, **other)]}, chargebee._with_custom(own)).rows
    return sorted_out(chargebee.to_stays(read, own))


def stays(
    known: dict[str, Any] | None = None, customer: dict[str, Any] | None = None, **other: Any
) -> list[DatedStay]:
    return told(known, customer, **other)[0]


@pytest.mark.parametrize(
    ("other", "why"),
    [
        ({"status": "future", "started_at": None}, LeftOut.NOT_BEGUN),
        ({"status": "transferred"}, LeftOut.MOVED),
        ({"status": "in_trial", "trial_start": JAN, "trial_end": FEB}, LeftOut.TRIAL),
        ({"status": "cancelled", "trial_end": FEB, "cancelled_at": FEB}, LeftOut.TRIAL),
        ({"status": "cancelled", "cancelled_at": JAN}, LeftOut.NO_TIME),
        ({"subscription_items": [item(0)]}, LeftOut.FREE),
        (
            {"discounts": [{"percentage": 100, "created_at": JAN, "duration_type": "forever"}]},
            LeftOut.FREE,
        ),
    ],
)
def test_why_it_makes_no_customer_is_told(other: dict[str, Any], why: LeftOut) -> None:
    assert told(**other) == ([], {why: 1})
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
        pytest.param({"status": "active"}, None, id="runs"),
        pytest.param({"status": "cancelled", "cancelled_at": MARCH}, 3, id="cancelled"),
        pytest.param({"status": "non_renewing", "cancelled_at": APRIL}, 4, id="set to end"),
        pytest.param({"status": "non_renewing", "current_term_end": FEB}, 2, id="with its term"),
        pytest.param({"deleted": True, "updated_at": FEB}, 2, id="deleted while it ran"),
        pytest.param(
            {"deleted": True, "updated_at": APRIL, "status": "cancelled", "cancelled_at": FEB},
            2,
            id="deleted after its end",
        ),
    ],
)
def test_it_lasts_to_its_end(told: dict[str, Any], until: int | None) -> None:
    assert pieces(stays(**told)) == [(1, until, "10.00")]


@pytest.mark.parametrize("status", ["future", "transferred"])
def test_what_has_not_begun_or_went_elsewhere_is_no_stay(status: str) -> None:
    assert stays(status=status, started_at=None) == []


def test_a_status_from_the_future_is_not_guessed_at() -> None:
    with pytest.raises(UnexpectedResponse, match=r"sub_1 has a status.*dormant"):
        stays(status="dormant")


@pytest.mark.parametrize(
    "broken",
    [
        {"started_at": None},
        {"status": "cancelled"},
        {"status": "cancelled", "cancelled_at": JAN - 1},
    ],
    ids=["never begun", "cancelled without an end", "ends before it begins"],
)
def test_a_subscription_that_cannot_be_true_is_named(broken: dict[str, Any]) -> None:
    with pytest.raises(BadRecord, match=r"^sub_1 .* look at it in Chargebee$"):
        stays(**broken)


@pytest.mark.parametrize(
    ("told", "paying", "counted"),
    [
        pytest.param({"status": "in_trial"}, [], [(1, 2, "0.00"), (2, None, "10.00")], id="on it"),
        pytest.param({}, [(2, None, "10.00")], [(1, 2, "0.00"), (2, None, "10.00")], id="paid"),
        pytest.param(
            {"status": "cancelled", "cancelled_at": FEB}, [], [(1, 2, "0.00")], id="left with it"
        ),
        pytest.param(
            {"trial_start": FEB, "trial_end": MARCH},
            [(1, None, "10.00")],
            [(1, None, "10.00")],
            id="given later",
        ),
    ],
)
def test_a_trial_is_no_customer_yet(told: dict[str, Any], paying: Any, counted: Any) -> None:
    trial = {"trial_start": JAN, "trial_end": FEB, **told}

    assert pieces(stays(**trial)) == paying
    assert pieces(stays({"trials": True}, **trial)) == counted


def test_a_pause_is_not_paid_for_and_may_be_an_end() -> None:
    pause: dict[str, Any] = {"status": "paused", "pause_date": MARCH}

    assert pieces(stays(**pause)) == [(1, 3, "10.00"), (3, None, "0.00")]
    assert pieces(stays({"paused": False}, **pause)) == [(1, 3, "10.00")]
    assert pieces(stays(pause_date=MARCH)) == [(1, None, "10.00")], "only set for later"


def test_an_unpaid_invoice_may_be_an_end() -> None:
    assert pieces(stays(due_since=MARCH)) == [(1, None, "10.00")]
    assert pieces(stays({"past_due": False}, due_since=MARCH)) == [(1, 3, "10.00")]


@pytest.mark.parametrize(
    ("told", "monthly"),
    [
        pytest.param({"billing_period_unit": "year"}, "0.83", id="a year"),
        pytest.param({"billing_period": 3}, "3.33", id="a quarter"),
        pytest.param({"billing_period_unit": "week"}, "43.33", id="a week"),
        pytest.param({"currency_code": "JPY"}, "1000.00", id="yen"),
        pytest.param({"currency_code": "KWD"}, "1.00", id="three decimals"),
        pytest.param(
            {"subscription_items": [item(), item(500, item_price_id="a", item_type="addon")]},
            "15.00",
            id="an addon",
        ),
        pytest.param(
            {"subscription_items": [item(), item(500, item_price_id="c", item_type="charge")]},
            "10.00",
            id="a charge comes once",
        ),
        pytest.param(
            {"subscription_items": [item(None, amount_in_decimal="12.345")]}, "12.34", id="decimals"
        ),
        pytest.param(
            {"subscription_items": [item(2400, billing_period=2, billing_period_unit="year")]},
            "1.00",
            id="a period of its own",
        ),
        pytest.param({"subscription_items": [item(None)]}, None, id="metered"),
        pytest.param({"billing_period_unit": None}, None, id="no period told"),
        pytest.param(
            {
                "subscription_items": [],
                "plan_id": "gold",
                "plan_unit_price": 900,
                "plan_quantity": 2,
                "addons": [{"id": "a", "unit_price": 100}],
            },
            "19.00",
            id="the older catalog",
        ),
        pytest.param({"mrr": 700}, "10.00", id="mrr lags behind"),
        pytest.param({"mrr": 700, "coupons": [{"coupon_id": "X"}]}, "7.00", id="but knows coupons"),
        pytest.param({"coupons": [{"coupon_id": "X"}]}, "10.00", id="where it is told"),
    ],
)
def test_a_months_worth_of_what_comes_again(told: dict[str, Any], monthly: str | None) -> None:
    assert pieces(stays(**told)) == [(1, None, monthly)]


def discount(**other: Any) -> dict[str, Any]:
    return {"id": "d1", "type": "percentage", "percentage": 20, "created_at": JAN, **other}


@pytest.mark.parametrize(
    ("of", "paid"),
    [
        pytest.param({}, [(1, None, "8.00")], id="for good"),
        pytest.param({"created_at": FEB}, [(1, 2, "10.00"), (2, None, "8.00")], id="from a day"),
        pytest.param({"apply_till": MARCH}, [(1, 3, "8.00"), (3, None, "10.00")], id="to a day"),
        pytest.param({"duration_type": "one_time"}, [(1, None, "10.00")], id="once"),
        pytest.param({"type": "fixed_amount", "amount": 250}, [(1, None, "7.50")], id="an amount"),
        pytest.param({"type": "fixed_amount", "amount": 2500}, [], id="more than all"),
        pytest.param({"type": "offer_quantity", "quantity": 1}, [(1, None, "10.00")], id="units"),
        pytest.param({"item_price_id": "other"}, [(1, None, "8.00")], id="of an item not there"),
        pytest.param({"percentage": 100}, [], id="all of it is a free plan"),
        pytest.param(
            {"percentage": 100, "apply_till": MARCH}, [(3, None, "10.00")], id="free at first"
        ),
        pytest.param(
            {"percentage": 100, "created_at": FEB},
            [(1, 2, "10.00"), (2, None, "0.00")],
            id="free later is no loss",
        ),
    ],
)
def test_discounts_are_taken_off_while_they_last(of: dict[str, Any], paid: Any) -> None:
    assert pieces(stays(discounts=[discount(**of)])) == paid


def test_a_discount_of_one_item_leaves_the_others() -> None:
    two = [item(), item(500, item_price_id="a", item_type="addon")]

    found = stays(subscription_items=two, discounts=[discount(item_price_id="a")])

    assert pieces(found) == [(1, None, "14.00")]


def test_what_costs_nothing_makes_no_customer() -> None:
    free: dict[str, Any] = {"subscription_items": [item(0)]}

    assert stays(**free) == []
    assert pieces(stays({"free": True}, **free)) == [(1, None, "0.00")]


A_QUARTER = {"current_term_start": JAN, "current_term_end": APRIL}


@pytest.mark.parametrize(
    ("told", "end"),
    [
        (A_QUARTER, [4]),
        ({"current_term_start": JAN, "current_term_end": FEB}, []),
        ({"current_term_end": APRIL}, []),
        ({**A_QUARTER, "contract_term": {"status": "active", "contract_end": MARCH}}, [3]),
        ({**A_QUARTER, "contract_term": {"status": "completed", "contract_end": FEB}}, [4]),
        ({**A_QUARTER, "status": "cancelled", "cancelled_at": MARCH}, [4]),
        ({**A_QUARTER, "status": "paused", "pause_date": FEB}, []),
    ],
    ids=["a quarter", "a month", "no beginning", "a contract", "one that is over", "left", "pause"],
)
def test_when_they_could_leave(told: dict[str, Any], end: list[int]) -> None:
    ends = {tuple(moment.month for moment in stay.term_ends) for stay in stays(**told)}

    assert ends == {tuple(end)}


def test_who_it_is() -> None:
    [stay] = stays(
        {"account": "cf_company", "domain": "site", "fields": {"region": "cf_region", "tier": "t"}},
        customer={
            "company": "Acme",
            "email": "a@acme.example",
            "cf_company": 42,
            "cf_region": "emea",
            "meta_data": {"site": "acme.example"},
            "contacts": [{"email": "a@acme.example"}, {"email": "b@acme.example"}, {}],
            "relationship": {"parent_id": "group"},
        },
        cf_region="apac",
        meta_data={"t": 1},
    )

    assert (stay.customer, stay.name, stay.parent) == ("42", "Acme", "")
    assert (stay.emails, stay.domains) == (["a@acme.example", "b@acme.example"], ["acme.example"])
    assert stay.fields == {
        "plan": "basic-USD",
        "currency": "USD",
        "region": "apac",
        "tier": "1",
    }


@pytest.mark.parametrize(
    ("who", "name"),
    [
        ({"first_name": "Jo", "last_name": "Doe", "email": "j@x.example"}, "Jo Doe"),
        ({"email": "j@x.example"}, "j@x.example"),
        ({}, "c1"),
    ],
)
def test_a_customer_is_called_by_the_best_name_there_is(who: dict[str, Any], name: str) -> None:
    [stay] = stays(customer=who)

    assert stay.name == name


def test_who_pays_for_themselves_has_no_parent() -> None:
    [own] = stays(customer={"relationship": {"parent_id": "c1"}})
    [child] = stays(customer={"relationship": {"parent_id": "group"}})

    assert (own.parent, child.parent) == ("", "group")


def lists(**named: Any) -> Answer:
    """Rows by what is asked for: subscriptions, customers, or those of some customers."""

    async def answer(asked: Asked) -> Any:
        what = asked.request.path.rpartition("/")[2]
        key = "theirs" if "customer_id[in]" in asked.request.query else what
        return await says({"list": named.get(key, [])})(asked)

    return answer


SINCE = datetime(2026, 3, 1, 12, 0, tzinfo=UTC)


async def changes(own: chargebee.Settings, url: str) -> list[Page]:
    there = own.model_copy(update={"url": url})
    async with httpx.AsyncClient() as client:
        http = Http(client, requests_per_second=10_000)
        return [page async for page in chargebee.changes(there, http, SINCE)]


async def test_changes_are_all_that_there_is_of_those_who_changed() -> None:
    changed = row(customer={"id": "c1"}, customer_id="c1")
    answer = lists(
        subscriptions=[changed, row(customer={"id": "c3"}, id="sub_3", customer_id="c3")],
        customers=[{"customer": {"id": "c2"}}, {"customer": {"id": "c1"}}],
        theirs=[changed, row(id="sub_old", status="cancelled", cancelled_at=FEB)],
    )
    async with vendor(answer) as served:
        got = await changes(settings(), served.url)

    assert [record.place for page in got for record in page.records] == ["sub_1", "sub_old"]
    assert [id for page in got for id in page.gone] == ["c3", "c2"]
    first, second, third = (asked.request.query for asked in served.asked)
    assert first["updated_at[after]"] == second["updated_at[after]"] == "1772365800"
    assert third["customer_id[in]"] == '["c1","c3","c2"]'
    assert third["include_deleted"] == "true"


async def test_without_changes_nobody_is_asked_about() -> None:
    async with vendor(lists()) as served:
        got = await changes(settings(), served.url)

    assert got == []
    assert len(served.asked) == 2


async def test_where_several_are_one_company_changes_read_all() -> None:
    own = settings(account="cf_company")
    async with vendor(lists(subscriptions=[row()])) as served:
        got = await changes(own, served.url)

    assert len(got) == len(served.asked) == 1
    assert "updated_at[after]" not in served.asked[0].request.query


def test_who_owes_or_has_paused_is_told_since_when_unless_the_section_has_its_own_word() -> None:
    pause: dict[str, Any] = {"status": "paused", "pause_date": MARCH}

    def told(settings: dict[str, Any] | None = None, **row: Any) -> list[object]:
        last = stays(settings, **row)[-1]
        return [last.unpaid_since, last.paused_since]

    assert [str(each)[:10] for each in told(**pause)] == ["None", "2026-03-01"]
    assert [str(each)[:10] for each in told(due_since=MARCH)] == ["2026-03-01", "None"]
    assert told({"paused": True}, **pause) == [None, None]
    assert told({"past_due": True}, due_since=MARCH) == [None, None]
    assert told() == [None, None]
