"""What a Stripe subscription pays a month."""

from datetime import UTC, date, datetime
from decimal import Decimal
from typing import Any

import msgspec
import pytest

from integrations import stripe
from integrations.errors import UnexpectedResponse
from integrations.records import DatedStay, sorted_out

JAN, FEB, MARCH, APRIL = (
    int(datetime(2026, month, 1, tzinfo=UTC).timestamp()) for month in (1, 2, 3, 4)
)


def price(amount: int | None = 900, interval: str = "month", **other: Any) -> dict[str, Any]:
    """A price, as a subscription's item holds it."""
    recurring = {"interval": interval, "interval_count": other.pop("count", 1)}
    recurring["usage_type"] = other.pop("usage_type", "licensed")
    return {"id": "price_1", "unit_amount": amount, "recurring": recurring, **other}


def stays(
    *prices: dict[str, Any],
    quantity: int | None = 1,
    settings: dict[str, Any] | None = None,
    **other: Any,
) -> list[DatedStay]:
    items = [{"price": each, "quantity": quantity} for each in prices or (price(),)]
    row = {
        "id": "sub_1",
        "status": "active",
        "currency": "usd",
        "start_date": JAN,
        "ended_at": None,
        "customer": {"id": "cus_1", "name": "Acme"},
        "items": {"data": items},
        **other,
    }
    known = stripe.Settings(kind="stripe", token="sk_test_1", **(settings or {}))
    told = list(stripe.to_stays(msgspec.convert(row, stripe._Subscription), known))
    return sorted_out(told)[0]


def coupon(start: int = JAN, end: int | None = None, **coupon: Any) -> dict[str, Any]:
    """A discount with its coupon."""
    return {"start": start, "end": end, "coupon": {"duration": "forever", **coupon}}


def pieces(*found: DatedStay) -> list[tuple[int, int | None, str | None]]:
    """From which month to which how much is paid."""

    def month(of: date | None) -> int | None:
        return None if of is None else of.month

    return [
        (
            stay.since.month,
            month(stay.until),
            None if stay.monthly is None else f"{stay.monthly:.2f}",
        )
        for stay in found
    ]


@pytest.mark.parametrize(
    ("of", "quantity", "monthly"),
    [
        pytest.param(price(900), 1, "9", id="a month"),
        pytest.param(price(900), 3, "27", id="three seats"),
        pytest.param(price(900), None, "9", id="no quantity is one"),
        pytest.param(price(900), 0, "0", id="no seats"),
        pytest.param(price(12_000, "year"), 1, "10", id="a year"),
        pytest.param(price(24_000, "year", count=2), 1, "10", id="two years"),
        pytest.param(price(3_000, "month", count=3), 1, "10", id="a quarter"),
        pytest.param(price(1_200, "week"), 1, "52", id="a week"),
        pytest.param(price(1_200, "day"), 1, "365", id="a day"),
        pytest.param(price(None, unit_amount_decimal="0.5"), 100, "0.5", id="half cents"),
        pytest.param(price(1, unit_amount_decimal="1.25"), 4, "0.05", id="decimals count"),
        pytest.param(
            price(500, transform_quantity={"divide_by": 10, "round": "up"}), 11, "10", id="packs up"
        ),
        pytest.param(
            price(500, transform_quantity={"divide_by": 10, "round": "down"}), 19, "5", id="down"
        ),
    ],
)
def test_a_months_worth_of_an_item(of: dict[str, Any], quantity: int | None, monthly: str) -> None:
    [stay] = stays(of, quantity=quantity)

    assert stay.monthly is not None
    assert round(stay.monthly, 15) == Decimal(monthly)
    assert stay.currency == "USD"
    assert stay.as_of_now


def test_items_add_up_whatever_their_intervals() -> None:
    [stay] = stays(price(900), price(12_000, "year"))

    assert stay.monthly == Decimal(19)


@pytest.mark.parametrize(
    ("currency", "units"),
    [("usd", "10"), ("jpy", "1000"), ("kwd", "1"), ("isk", "10"), ("ugx", "10"), ("mga", "1000")],
)
def test_amounts_are_in_the_smallest_unit_as_stripe_has_it(currency: str, units: str) -> None:
    [stay] = stays(price(1000), currency=currency)

    assert (stay.monthly, stay.currency) == (Decimal(units), currency.upper())


def test_a_plan_of_older_accounts_tells_as_much() -> None:
    plan = {"id": "gold", "amount": 12_000, "currency": "eur", "interval": "year"}

    [stay] = stays(items={"data": [{"plan": plan, "quantity": 2}]}, currency=None)

    assert (stay.monthly, stay.currency) == (Decimal(20), "EUR")


@pytest.mark.parametrize(
    "untold",
    [
        pytest.param(price(900, usage_type="metered"), id="metered"),
        pytest.param(price(None, billing_scheme="tiered"), id="tiers"),
        pytest.param(price(None), id="no amount"),
        pytest.param({"id": "price_1", "unit_amount": 900}, id="no interval"),
    ],
)
def test_what_the_list_does_not_tell_is_left_out(untold: dict[str, Any]) -> None:
    [alone] = stays(untold)
    [beside] = stays(untold, price(900))

    assert (alone.monthly, alone.currency, alone.as_of_now) == (None, "", False)
    assert beside.monthly == Decimal(9)


TIERS = [
    {"up_to": 10, "unit_amount": 1000, "flat_amount": 500},
    {"up_to": 20, "unit_amount_decimal": "800.5"},
    {"up_to": None, "unit_amount": 0, "flat_amount_decimal": "10000"},
]


@pytest.mark.parametrize(
    ("mode", "quantity", "monthly"),
    [
        ("graduated", 0, "5"),
        ("graduated", 1, "15"),
        ("graduated", 10, "105"),
        ("graduated", 11, "113.005"),
        ("graduated", 20, "185.05"),
        ("graduated", 25, "285.05"),
        ("volume", 1, "15"),
        ("volume", 10, "105"),
        ("volume", 11, "88.055"),
        ("volume", 25, "100"),
    ],
)
def test_a_price_in_tiers_is_worth_what_was_looked_up(
    mode: str, quantity: int, monthly: str
) -> None:
    tiers = {"id": "price_1", "tiers_mode": mode, "tiers": TIERS}

    [stay] = stays(price(None, billing_scheme="tiered", looked_up=tiers), quantity=quantity)

    assert stay.monthly == Decimal(monthly)


def test_tiers_that_end_too_early_are_used_as_far_as_they_go() -> None:
    tiers = {"id": "price_1", "tiers_mode": "graduated", "tiers": TIERS[:1]}

    [stay] = stays(price(None, billing_scheme="tiered", looked_up=tiers), quantity=25)

    assert stay.monthly == Decimal(105)


def items(*own: dict[str, Any], two: bool = True) -> dict[str, Any]:
    """One item at 9 with discounts of its own, and one at 10 without."""
    first = {"price": price(900, product="prod_a"), "quantity": 1, "discounts": list(own)}
    return {"data": [first, *([{"price": price(1000, product="prod_b")}] if two else [])]}


@pytest.mark.parametrize(
    ("own", "of_all", "paid"),
    [
        pytest.param([coupon(percent_off=50)], [], [(1, None, "14.50")], id="of one item"),
        pytest.param(
            [coupon(FEB, MARCH, amount_off=400, currency="usd")],
            [],
            [(1, 2, "19.00"), (2, 3, "15.00"), (3, None, "19.00")],
            id="for a while",
        ),
        pytest.param([coupon(amount_off=5000, currency="usd")], [], [(1, None, "10.00")], id="all"),
        pytest.param(
            [coupon(percent_off=50, duration="once")], [], [(1, None, "19.00")], id="once"
        ),
        pytest.param(
            [coupon(percent_off=50)],
            [coupon(percent_off=10)],
            [(1, None, "13.05")],
            id="and of all",
        ),
        pytest.param(["di_1"], [], [(1, None, "19.00")], id="not told"),
        pytest.param(
            [],
            [coupon(percent_off=50, applies_to={"products": ["prod_b"]})],
            [(1, None, "14.00")],
            id="for a product",
        ),
        pytest.param(
            [],
            [coupon(amount_off=5000, currency="usd", applies_to={"products": ["prod_b"]})],
            [(1, None, "9.00")],
            id="no more than the product costs",
        ),
        pytest.param(
            [],
            [coupon(percent_off=100, applies_to={"products": ["prod_x"]})],
            [(1, None, "19.00")],
            id="for a product not there",
        ),
    ],
)
def test_a_discount_is_taken_off_what_it_is_for(own: Any, of_all: Any, paid: Any) -> None:
    assert pieces(*stays(items=items(*own), discounts=of_all)) == paid


def test_an_item_that_is_free_for_good_is_a_free_plan_where_it_is_alone() -> None:
    free = items(coupon(percent_off=100), two=False)

    assert stays(items=free) == []
    assert pieces(*stays(items=free, settings={"free": True})) == [(1, None, "0.00")]


def test_an_interval_from_the_future_is_not_guessed_at() -> None:
    with pytest.raises(UnexpectedResponse, match="an interval that we do not know"):
        stays(price(900, "decade"))


@pytest.mark.parametrize(
    ("discounts", "monthly"),
    [
        pytest.param([coupon(percent_off=25)], "6.75", id="percent"),
        pytest.param([coupon(percent_off=33.33)], "6.00", id="odd percent"),
        pytest.param([coupon(amount_off=200, currency="usd")], "7.00", id="amount"),
        pytest.param([coupon(amount_off=200, currency="eur")], "9.00", id="other currency"),
        pytest.param(
            [coupon(percent_off=50), coupon(amount_off=200, currency="usd")], "2.50", id="in turn"
        ),
        pytest.param([coupon(percent_off=50, duration="once")], "9.00", id="one invoice only"),
    ],
)
def test_discounts_are_taken_off(discounts: list[dict[str, Any]], monthly: str) -> None:
    assert pieces(*stays(discounts=discounts)) == [(1, None, monthly)]


def test_an_amount_off_is_taken_off_each_invoice() -> None:
    [stay] = stays(price(12_000, "year"), discounts=[coupon(amount_off=1200, currency="usd")])

    assert stay.monthly == Decimal(9)


def test_a_discount_holds_from_its_start_to_its_end() -> None:
    found = stays(discounts=[coupon(FEB, MARCH, percent_off=50, duration="repeating")])

    assert pieces(*found) == [(1, 2, "9.00"), (2, 3, "4.50"), (3, None, "9.00")]
    assert {stay.place for stay in found} == {"sub_1"}


def test_a_discount_outlives_neither_the_subscription_nor_itself() -> None:
    ended = stays(
        status="canceled",
        ended_at=MARCH,
        discounts=[coupon(FEB, APRIL, percent_off=50), coupon(JAN - 9, JAN, percent_off=10)],
    )

    assert pieces(*ended) == [(1, 2, "9.00"), (2, 3, "4.50")]


def test_a_discount_of_the_customer_holds_where_the_subscription_has_none() -> None:
    customer = {"id": "cus_1", "name": "Acme", "discount": coupon(percent_off=10)}

    assert pieces(*stays(customer=customer)) == [(1, None, "8.10")]
    own = stays(customer=customer, discounts=[coupon(percent_off=50)])
    assert pieces(*own) == [(1, None, "4.50")]


@pytest.mark.parametrize(
    "all_of_it",
    [
        {"percent_off": 100},
        {"amount_off": 900, "currency": "usd"},
        {"amount_off": 2000, "currency": "usd"},
    ],
)
class TestAllOff:
    def test_is_a_free_plan(self, all_of_it: dict[str, Any]) -> None:
        discounts = [coupon(**all_of_it)]

        assert stays(discounts=discounts) == []
        counted = stays(discounts=discounts, settings={"free": True})
        assert pieces(*counted) == [(1, None, "0.00")]

    def test_at_first_makes_a_customer_when_it_ends(self, all_of_it: dict[str, Any]) -> None:
        found = stays(discounts=[coupon(JAN, MARCH, **all_of_it)])

        assert pieces(*found) == [(3, None, "9.00")]

    def test_later_is_paid_nothing_for_and_no_loss(self, all_of_it: dict[str, Any]) -> None:
        found = stays(discounts=[coupon(FEB, MARCH, **all_of_it)])

        assert pieces(*found) == [(1, 2, "9.00"), (2, 3, "0.00"), (3, None, "9.00")]

    def test_for_one_invoice_is_not_for_good(self, all_of_it: dict[str, Any]) -> None:
        found = stays(discounts=[coupon(duration="once", **all_of_it)])

        assert pieces(*found) == [(1, None, "9.00")]


def test_an_amount_off_does_not_make_what_is_metered_free() -> None:
    metered = price(5, usage_type="metered")

    found = stays(metered, price(900), discounts=[coupon(amount_off=900, currency="usd")])

    assert pieces(*found) == [(1, None, "0.00")]


class TestTrials:
    def test_are_not_paid_for(self) -> None:
        trial: dict[str, Any] = {"trial_start": JAN, "trial_end": FEB}

        assert pieces(*stays(**trial)) == [(2, None, "9.00")]
        counted = stays(**trial, settings={"trials": True})
        assert pieces(*counted) == [(1, 2, "0.00"), (2, None, "9.00")]

    def test_that_are_running_are_paid_for_from_their_end(self) -> None:
        found = stays(
            status="trialing", trial_start=JAN, trial_end=MARCH, settings={"trials": True}
        )

        assert pieces(*found) == [(1, 3, "0.00"), (3, None, "9.00")]

    def test_given_later_move_no_revenue(self) -> None:
        assert pieces(*stays(trial_start=FEB, trial_end=MARCH)) == [(1, None, "9.00")]

    def test_that_left_a_subscription_paused_are_paid_nothing_for(self) -> None:
        found = stays(status="paused", trial_start=JAN, trial_end=FEB)

        assert pieces(*found) == [(2, None, "0.00")]
