"""When a Stripe subscription makes a customer, and from when to when."""

from collections.abc import Mapping
from datetime import UTC, date, datetime
from typing import Any

import httpx
import msgspec
import pytest

from integrations import stripe
from integrations.errors import BadRecord, UnexpectedResponse
from integrations.http import Http
from integrations.records import DatedStay, LeftOut, sorted_out
from tests.integrations import recordings
from tests.integrations.vendor import Asked, says, vendor

JAN, FEB, MARCH = (int(datetime(2026, month, 1, tzinfo=UTC).timestamp()) for month in (1, 2, 3))


def price(**other: Any) -> dict[str, Any]:
    return {"price": {"id": "price_1", "product": "prod_1", "unit_amount": 900, **other}}


def told(
    settings: dict[str, Any] | None = None, **other: Any
) -> tuple[list[DatedStay], Mapping[LeftOut, int]]:
    """What becomes of one dull subscription, but for what the test changes."""
    row = {
        "id": "sub_1",
        "status": "active",
        "start_date": JAN,
        "ended_at": None,
        "customer": {"id": "cus_1", "name": "Acme"},
        "items": {"data": [price()]},
        **other,
    }
    known = stripe.Settings(kind="stripe", token="sk_test_1", **(settings or {}))
    return sorted_out(stripe.to_stays(msgspec.convert(row, stripe._Subscription), known))


def stays(settings: dict[str, Any] | None = None, **other: Any) -> list[DatedStay]:
    return told(settings, **other)[0]


@pytest.mark.parametrize(
    ("other", "why"),
    [
        ({"status": "trialing", "trial_end": FEB}, LeftOut.TRIAL),
        ({"status": "canceled", "trial_end": FEB, "ended_at": FEB}, LeftOut.TRIAL),
        ({"status": "incomplete"}, LeftOut.NEVER_PAID),
        ({"status": "incomplete_expired"}, LeftOut.NEVER_PAID),
        ({"items": {"data": [price(unit_amount=0)]}}, LeftOut.FREE),
        ({"status": "paused", "settings": {"statuses": ["active"]}}, LeftOut.STATUS),
    ],
)
def test_why_it_makes_no_customer_is_told(other: dict[str, Any], why: LeftOut) -> None:
    assert told(**other) == ([], {why: 1})
    assert told()[1] == {}


def moment(of: date) -> float:
    assert isinstance(of, datetime)
    return of.timestamp()


def test_it_lasts_from_its_start_to_its_end_not_to_the_day_it_was_canceled() -> None:
    [running] = stays(cancel_at_period_end=True, canceled_at=FEB)
    [ended] = stays(status="canceled", canceled_at=FEB, ended_at=MARCH)

    assert (running.since, running.until) == (datetime(2026, 1, 1, tzinfo=UTC), None)
    assert ended.until == datetime(2026, 3, 1, tzinfo=UTC)


@pytest.mark.parametrize(
    ("status", "counts"),
    [
        ("active", True),
        ("past_due", True),
        ("unpaid", True),
        ("paused", True),
        ("incomplete", False),
        ("incomplete_expired", False),
    ],
)
def test_which_statuses_count_until_told_otherwise(status: str, counts: bool) -> None:
    assert bool(stays(status=status)) == counts


def test_what_counts_can_be_narrowed_but_the_past_of_those_who_ended_stays() -> None:
    narrow = {"statuses": ("active",)}

    assert not stays(narrow, status="unpaid")
    assert stays(narrow, status="active")
    assert stays(narrow, status="canceled", ended_at=MARCH)


def test_a_status_from_the_future_is_not_guessed_at() -> None:
    with pytest.raises(UnexpectedResponse, match=r"sub_1 has a status.*dormant"):
        stays(status="dormant")


@pytest.mark.parametrize(
    ("trial", "since"),
    [
        pytest.param({"status": "trialing", "trial_end": MARCH}, None, id="on trial"),
        pytest.param({"trial_end": FEB}, FEB, id="became paid"),
        pytest.param(
            {"status": "canceled", "trial_end": FEB, "ended_at": FEB}, None, id="left with it"
        ),
        pytest.param(
            {"status": "canceled", "trial_end": FEB, "ended_at": JAN + 9}, None, id="left before"
        ),
        pytest.param({"status": "canceled", "trial_end": FEB, "ended_at": MARCH}, FEB, id="later"),
    ],
)
def test_a_trial_is_no_customer_yet(trial: dict[str, Any], since: int | None) -> None:
    got = stays(trial_start=JAN, **trial)

    assert [moment(stay.since) for stay in got] == ([] if since is None else [since])
    [counted] = stays({"trials": True}, trial_start=JAN, **trial)
    assert moment(counted.since) == JAN


def test_a_trial_given_later_does_not_undo_that_they_paid() -> None:
    [stay] = stays(status="trialing", trial_start=FEB, trial_end=MARCH)

    assert stay.since == datetime(2026, 1, 1, tzinfo=UTC)


@pytest.mark.parametrize(
    ("items", "costs"),
    [
        pytest.param([price(unit_amount=0)], False, id="zero"),
        pytest.param([price(unit_amount=0), price()], True, id="zero and more"),
        pytest.param([price(unit_amount=None, billing_scheme="tiered")], True, id="tiers"),
        pytest.param([price(unit_amount=None, unit_amount_decimal="0.05")], True, id="decimals"),
        pytest.param([price(unit_amount=0, unit_amount_decimal="0")], False, id="decimal zero"),
        pytest.param([{"plan": {"id": "old", "amount": 0}}], False, id="a plan of zero"),
        pytest.param([{"plan": {"id": "old", "amount": 5}}], True, id="a plan"),
        pytest.param([{}], True, id="nothing told"),
        pytest.param([], True, id="no items"),
    ],
)
def test_what_costs_nothing_makes_no_customer(items: list[Any], costs: bool) -> None:
    assert bool(stays(items={"data": items})) == costs
    assert stays({"free": True}, items={"data": items})


@pytest.mark.parametrize(
    ("customer", "name"),
    [
        ({"id": "cus_1", "name": "Acme", "email": "a@example.com"}, "Acme"),
        ({"id": "cus_1", "name": None, "description": "Acme Ltd"}, "Acme Ltd"),
        ({"id": "cus_1", "name": "", "email": "a@example.com"}, "a@example.com"),
        ({"id": "cus_1", "deleted": True}, "cus_1"),
    ],
)
def test_a_customer_is_called_by_the_best_name_there_is(customer: Any, name: str) -> None:
    [stay] = stays(customer=customer)

    assert (stay.customer, stay.name) == ("cus_1", name)


def test_several_customers_of_stripe_may_be_one_of_ours() -> None:
    settings = {"account": "company"}
    [one] = stays(settings, customer={"id": "cus_1", "metadata": {"company": "42"}})
    [two] = stays(settings, customer={"id": "cus_2", "metadata": {"company": "42"}})
    [none] = stays(settings, customer={"id": "cus_3", "metadata": {}})

    assert (one.customer, two.customer, none.customer) == ("42", "42", "cus_3")


@pytest.mark.parametrize(
    ("item", "plan"),
    [
        (price(nickname="Pro", lookup_key="pro_m"), "Pro"),
        (price(nickname=None, lookup_key="pro_m"), "pro_m"),
        (price(), "prod_1"),
        (price(product=None), "price_1"),
        ({"plan": {"id": "gold", "nickname": None}}, "gold"),
    ],
)
def test_a_plan_is_called_as_people_call_it(item: Any, plan: str) -> None:
    [stay] = stays(items={"data": [item]})

    assert stay.fields["plan"] == plan


def test_fields_come_from_the_subscription_then_from_the_customer() -> None:
    [stay] = stays(
        {"fields": {"region": "r", "owner": "o", "tier": "t"}},
        currency="eur",
        metadata={"r": "emea"},
        customer={"id": "cus_1", "metadata": {"r": "apac", "o": "kim"}},
    )

    assert stay.fields == {"plan": "prod_1", "currency": "eur", "region": "emea", "owner": "kim"}


@pytest.mark.parametrize(
    "broken",
    [{"status": "canceled", "ended_at": None}, {"status": "canceled", "ended_at": JAN - 1}],
    ids=["canceled without an end", "ends before it begins"],
)
def test_a_subscription_that_cannot_be_true_is_named(broken: dict[str, Any]) -> None:
    with pytest.raises(BadRecord, match=r"^sub_1 .* look at it in Stripe$"):
        stays(**broken)


def test_an_end_before_the_beginning_is_told_with_both_moments() -> None:
    with pytest.raises(BadRecord) as told:
        stays(status="canceled", ended_at=JAN - 60)

    assert str(told.value) == (
        "sub_1 of customer cus_1 ends on 2025-12-31 23:59, before it begins on 2026-01-01 00:00;"
        " look at it in Stripe"
    )


def test_who_it_is_elsewhere() -> None:
    customer = {"id": "cus_1", "email": "a@acme.example", "metadata": {"site": "acme.example"}}

    [stay] = stays({"domain": "site"}, customer=customer)
    [none] = stays(customer={"id": "cus_1", "email": ""})

    assert (stay.emails, stay.domains) == (["a@acme.example"], ["acme.example"])
    assert (none.emails, none.domains) == ([], [])


def event(created: int, type: str = "customer.updated") -> dict[str, Any]:
    return {"id": "evt_1", "type": type, "created": created, "data": {"object": {"id": "cus_1"}}}


@pytest.mark.parametrize(
    ("own", "events", "asked"),
    [
        pytest.param({}, [event(MARCH), event(JAN)], 2, id="of whom it changed"),
        pytest.param({}, [event(MARCH)], 2, id="events that do not go back so far"),
        pytest.param(
            {}, [event(MARCH, "customer.deleted"), event(JAN)], 2, id="somebody was deleted"
        ),
        pytest.param({"account": "company"}, [event(JAN)], 1, id="several are one company"),
    ],
)
async def test_what_changed_is_read_with_everything_where_it_cannot_be_told(
    own: dict[str, Any], events: list[dict[str, Any]], asked: int, request: pytest.FixtureRequest
) -> None:
    async def answer(asked: Asked) -> Any:
        of = events if asked.request.path.endswith("events") else []
        return await says({"data": of, "has_more": False})(asked)

    async with vendor(answer) as served, httpx.AsyncClient() as client:
        known = stripe.Settings(kind="stripe", token="sk_test_1", url=served.url, **own)
        http = Http(client, requests_per_second=10_000)
        since = datetime(2026, 2, 1, tzinfo=UTC)
        pages = [page async for page in stripe.changes(known, http, since)]

    gone = ["cus_1"] if "of whom" in request.node.name else []
    assert [id for page in pages for id in page.gone] == gone
    assert len(served.asked) == asked
    assert served.asked[-1].request.query.get("customer", "") == "".join(gone)


async def test_a_price_in_tiers_is_looked_up_once_and_only_where_its_id_is_one() -> None:
    recurring = {"interval": "month", "usage_type": "licensed"}
    tiered = price(billing_scheme="tiered", unit_amount=None, recurring=recurring)
    rows = [
        {"id": f"sub_{n}", "status": "active", "start_date": JAN, "ended_at": None}
        | {"customer": {"id": "cus_1"}, "items": {"data": [tiered]}, "currency": "eur"}
        for n in (1, 2)
    ]
    tiers = {"id": "price_1", "tiers_mode": "volume", "tiers": [{"unit_amount": 700}]}
    first, second = ({"data": [row], "has_more": row is rows[0]} for row in rows)
    async with vendor(says(first), says(tiers), says(second)) as served:
        got = await recordings.records(recordings.settings("stripe", url=served.url))

    assert [stay.monthly for stay in got if isinstance(stay, DatedStay)] == [7, 7]
    assert [asked.request.path.split("/")[2] for asked in served.asked] == [
        "subscriptions",
        "prices",
        "subscriptions",
    ]

    tiered["price"]["id"] = "../customers"
    async with vendor(says({"data": rows, "has_more": False})) as served:
        with pytest.raises(UnexpectedResponse, match="gave an id that is none"):
            await recordings.records(recordings.settings("stripe", url=served.url))


@pytest.mark.parametrize("status", ["past_due", "unpaid"])
def test_who_owes_is_told_with_the_first_day_that_is_not_paid(status: str) -> None:
    [stay] = stays(status=status, current_period_start=FEB)

    assert (stay.unpaid_since, stay.paused_since) == (datetime(2026, 2, 1, tzinfo=UTC), None)


def test_who_has_paused_is_told_with_the_end_of_the_trial() -> None:
    [stay] = stays({"trials": True}, status="paused", trial_end=FEB, current_period_start=JAN)

    assert (stay.unpaid_since, stay.paused_since) == (None, datetime(2026, 2, 1, tzinfo=UTC))


def test_who_neither_owes_nor_has_paused_is_told_without() -> None:
    [stay] = stays(current_period_start=FEB, trial_end=JAN)

    assert (stay.unpaid_since, stay.paused_since) == (None, None)


def test_a_list_of_statuses_has_its_own_word() -> None:
    every = {"statuses": ("active", "past_due", "unpaid", "paused")}

    [stay] = stays(every, status="past_due", current_period_start=FEB)

    assert stay.unpaid_since is None
