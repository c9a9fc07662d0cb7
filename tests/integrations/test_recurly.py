"""When a Recurly subscription makes a customer, from when to when, and what it pays."""

from collections.abc import Mapping
from datetime import UTC, datetime
from typing import Any

import httpx
import msgspec
import pytest

from integrations import recurly
from integrations.errors import BadRecord, SourceUnavailable, UnexpectedResponse
from integrations.http import Http
from integrations.records import DatedStay, LeftOut, sorted_out
from tests.integrations import recordings
from tests.integrations.vendor import says, vendor

PLANS = {
    "month": recurly._Plan("month", "months", 1),
    "year": recurly._Plan("year", "months", 12),
    "days": recurly._Plan("days", "days", 73),
    "untold": recurly._Plan("untold"),
}


def day(month: int) -> str:
    return f"2026-{month:02}-01T00:00:00Z"


def told(
    known: dict[str, Any] | None = None,
    account: dict[str, Any] | None = None,
    plan: str = "month",
    **other: Any,
) -> tuple[list[DatedStay], Mapping[LeftOut, int]]:
    """What becomes of one dull subscription, but for what the test changes."""
    row = {
        "id": "sub1",
        "state": "active",
        "account": {"id": "acc1", **(account or {})},
        "plan": {"id": plan},
        "currency": "USD",
        "activated_at": day(1),
        "expires_at": None,
        "unit_amount": 10.0,
        **other,
    }
    own = recurly.Settings(kind="recurly", token="key", **(known or {}))
    return sorted_out(recurly.to_stays(msgspec.convert(row, recurly._Subscription), PLANS, own))


def stays(
    known: dict[str, Any] | None = None,
    account: dict[str, Any] | None = None,
    plan: str = "month",
    **other: Any,
) -> list[DatedStay]:
    return told(known, account, plan, **other)[0]


@pytest.mark.parametrize(
    ("other", "why"),
    [
        ({"state": "future", "activated_at": None}, LeftOut.NOT_BEGUN),
        ({"state": "failed", "activated_at": None}, LeftOut.NEVER_PAID),
        ({"trial_ends_at": day(2), "current_period_ends_at": day(2)}, LeftOut.TRIAL),
        ({"state": "expired", "expires_at": day(2), "trial_ends_at": day(2)}, LeftOut.TRIAL),
        ({"state": "expired", "expires_at": day(1)}, LeftOut.NO_TIME),
        ({"unit_amount": 0.0}, LeftOut.FREE),
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


def test_it_lasts_until_it_expires_not_to_the_day_it_was_canceled() -> None:
    asked: dict[str, Any] = {"canceled_at": day(2), "expires_at": day(4)}

    assert pieces(stays()) == [(1, None, "10.00")]
    assert pieces(stays(state="canceled", **asked)) == [(1, 4, "10.00")]
    assert pieces(stays(state="expired", **asked)) == [(1, 4, "10.00")]


@pytest.mark.parametrize("state", ["future", "failed"])
def test_what_never_began_is_no_stay(state: str) -> None:
    assert stays(state=state, activated_at=None) == []


def test_a_state_from_the_future_is_not_guessed_at() -> None:
    with pytest.raises(UnexpectedResponse, match=r"sub1 has a status.*dormant"):
        stays(state="dormant")


@pytest.mark.parametrize(
    "broken",
    [
        {"activated_at": None},
        {"state": "expired"},
        {"state": "expired", "expires_at": "2025-12-31T00:00:00Z"},
    ],
    ids=["never begun", "expired without an end", "ends before it begins"],
)
def test_a_subscription_that_cannot_be_true_is_named(broken: dict[str, Any]) -> None:
    with pytest.raises(BadRecord, match=r"^sub1 .* look at it in Recurly$"):
        stays(**broken)


@pytest.mark.parametrize(
    ("told", "paying", "counted"),
    [
        pytest.param(
            {"current_period_ends_at": day(2)}, [], [(1, 2, "0.00"), (2, None, "10.00")], id="on it"
        ),
        pytest.param(
            {"current_period_ends_at": day(3)},
            [(2, None, "10.00")],
            [(1, 2, "0.00"), (2, None, "10.00")],
            id="became paid",
        ),
        pytest.param(
            {"state": "expired", "expires_at": day(2), "current_period_ends_at": day(2)},
            [],
            [(1, 2, "0.00")],
            id="left with it",
        ),
        pytest.param(
            {
                "trial_started_at": day(2),
                "trial_ends_at": day(3),
                "current_period_ends_at": day(4),
            },
            [(1, None, "10.00")],
            [(1, None, "10.00")],
            id="given later",
        ),
    ],
)
def test_a_trial_is_no_customer_yet(told: dict[str, Any], paying: Any, counted: Any) -> None:
    trial = {"trial_started_at": day(1), "trial_ends_at": day(2), **told}

    assert pieces(stays(**trial)) == paying
    assert pieces(stays({"trials": True}, **trial)) == counted


def test_a_pause_is_not_paid_for_and_may_be_an_end() -> None:
    assert pieces(stays(state="paused", paused_at=day(3))) == [(1, 3, "10.00"), (3, None, "0.00")]
    assert pieces(stays({"paused": False}, state="paused", paused_at=day(3))) == [(1, 3, "10.00")]
    assert pieces(stays(paused_at=day(3))) == [(1, None, "10.00")], "only set for later"


@pytest.mark.parametrize(
    ("told", "monthly"),
    [
        pytest.param({"quantity": 3}, "30.00", id="three seats"),
        pytest.param({"add_ons_total": 2.5}, "12.50", id="add-ons"),
        pytest.param({"plan": "year"}, "0.83", id="a year"),
        pytest.param({"plan": "days"}, "4.17", id="a fifth of a year"),
        pytest.param({"plan": "untold"}, None, id="no interval told"),
        pytest.param({"plan": "gone"}, None, id="a plan that is not listed"),
        pytest.param({"unit_amount": None}, None, id="no price told"),
    ],
)
def test_a_months_worth_of_price_and_add_ons(told: dict[str, Any], monthly: str | None) -> None:
    assert pieces(stays(**told)) == [(1, None, monthly)]


def test_the_steps_of_a_ramp_have_their_days() -> None:
    steps = [
        {"starting_on": day(1), "ending_on": day(3), "unit_amount": 5},
        {"starting_on": day(3), "ending_on": None, "unit_amount": 8},
    ]

    assert pieces(stays(ramp_intervals=steps)) == [(1, 3, "5.00"), (3, None, "8.00")]


def redeemed(since: int = 1, state: str = "active", **discount: Any) -> list[dict[str, Any]]:
    coupon = {"discount": {"type": "percent", **discount}}
    return [{"coupon": coupon, "state": state, "created_at": day(since)}]


@pytest.mark.parametrize(
    ("redemptions", "paid"),
    [
        pytest.param(redeemed(percent=25), [(1, None, "7.50")], id="percent"),
        pytest.param(redeemed(3, percent=25), [(1, 3, "10.00"), (3, None, "7.50")], id="from then"),
        pytest.param(redeemed(percent=25, state="inactive"), [(1, None, "10.00")], id="over"),
        pytest.param(
            redeemed(type="fixed", currencies=[{"currency": "USD", "amount": 4}]),
            [(1, None, "6.00")],
            id="an amount",
        ),
        pytest.param(
            redeemed(type="fixed", currencies=[{"currency": "EUR", "amount": 4}]),
            [(1, None, "10.00")],
            id="in another currency",
        ),
        pytest.param(redeemed(type="free_trial"), [(1, None, "10.00")], id="a trial"),
        pytest.param(redeemed(percent=100), [], id="all of it is a free plan"),
        pytest.param(
            redeemed(3, percent=100), [(1, 3, "10.00"), (3, None, "0.00")], id="later no loss"
        ),
        pytest.param([{"state": "active"}], [(1, None, "10.00")], id="nothing told"),
    ],
)
def test_coupons_are_taken_off_from_their_day_on(redemptions: Any, paid: Any) -> None:
    assert pieces(stays(coupon_redemptions=redemptions)) == paid


@pytest.mark.parametrize("free", [{"unit_amount": 0}, {"unit_amount": 0, "add_ons_total": 0}])
def test_what_costs_nothing_makes_no_customer(free: dict[str, Any]) -> None:
    assert stays(**free) == []
    assert pieces(stays({"free": True}, **free)) == [(1, None, "0.00")]
    assert pieces(stays(**{**free, "add_ons_total": 3})) == [(1, None, "3.00")]


def test_who_it_is_and_when_they_could_leave() -> None:
    [stay] = stays(
        {"fields": {"region": "Region", "owner": "Owner"}},
        account={"company": "Acme", "email": "a@acme.example", "parent_account_id": "group"},
        plan="month",
        custom_fields=[{"name": "Region", "value": "emea"}, {"name": "Owner"}],
        current_term_started_at=day(1),
        current_term_ends_at=day(4),
    )

    assert (stay.customer, stay.name, stay.parent) == ("acc1", "Acme", "group")
    assert stay.emails == ["a@acme.example"]
    assert stay.fields == {"plan": "month", "currency": "USD", "region": "emea"}
    assert stay.term_ends == [datetime(2026, 4, 1, tzinfo=UTC)]


@pytest.mark.parametrize(
    ("who", "name"),
    [
        ({"first_name": "Jo", "last_name": "Doe", "email": "j@x.example"}, "Jo Doe"),
        ({"email": "j@x.example", "code": "jo"}, "j@x.example"),
        ({"code": "jo"}, "jo"),
        ({}, "acc1"),
    ],
)
def test_an_account_is_called_by_the_best_name_there_is(who: dict[str, Any], name: str) -> None:
    [stay] = stays(account=who)

    assert stay.name == name


async def test_a_limit_is_waited_for_as_long_as_recurly_says() -> None:
    now = datetime(2026, 1, 1, tzinfo=UTC)
    headers = {
        "Date": now.strftime("%a, %d %b %Y %H:%M:%S GMT"),
        "X-RateLimit-Reset": str(int(now.timestamp()) + 9),
    }
    async with vendor(says({}, 429, **headers)) as served:
        source = recordings.settings("recurly", url=served.url)
        with pytest.raises(SourceUnavailable, match="asks to wait 9 seconds") as caught:
            await recordings.records(source, patience=5.0)

    assert caught.value.retry_after == 9
    assert len(served.asked) == 1


@pytest.mark.parametrize(
    ("status", "headers"),
    [
        (429, {"X-RateLimit-Reset": "soon", "Date": "Thu, 01 Jan 2026 00:00:00 GMT"}),
        (429, {"X-RateLimit-Reset": "1767225609"}),
        (429, {"Retry-After": "3", "X-RateLimit-Reset": "1767225609"}),
        (503, {"X-RateLimit-Reset": "1767225609", "Date": "Thu, 01 Jan 2026 00:00:00 GMT"}),
    ],
)
def test_what_recurly_does_not_say_is_left_to_all_sources(
    status: int, headers: dict[str, str]
) -> None:
    assert recurly._too_many(status, httpx.Headers(headers), b"") is None


async def test_an_id_that_would_lead_elsewhere_is_refused() -> None:
    rows = {"object": "list", "has_more": False, "data": [{"id": "../plans"}]}
    none = {**rows, "data": []}
    async with vendor(says(none), says(none), says(rows)) as served:
        source = recurly.Settings(kind="recurly", token="key", url=served.url)
        async with httpx.AsyncClient() as client:
            http = Http(client, requests_per_second=10_000)
            with pytest.raises(UnexpectedResponse, match="gave an id that is none"):
                async for _ in recurly.changes(source, http, datetime(2026, 1, 1, tzinfo=UTC)):
                    pass

    assert len(served.asked) == 3


def test_who_has_paused_is_told_since_when_unless_the_section_has_its_own_word() -> None:
    pause: dict[str, Any] = {"state": "paused", "paused_at": day(3)}

    def told(settings: dict[str, Any] | None = None, **row: Any) -> str:
        return str(stays(settings, **row)[-1].paused_since)[:10]

    assert told(**pause) == "2026-03-01"
    assert told({"paused": True}, **pause) == "None"
    assert told(paused_at=day(3)) == "None"
