"""The list of subscriptions, the form, and what is said of both."""

from datetime import UTC, datetime
from typing import Any

import pytest

from bot.domain.subscriptions import Edition, Subscription
from bot.errors import Misunderstood
from bot.messages.blocks import Block, Message
from bot.messages.subscriptions import (
    Planned,
    gone,
    in_config,
    just_sent,
    no_such,
    not_there,
    read_button,
    read_subscription_form,
    sent,
    subscribed,
    subscription_form,
    subscriptions_list,
    unsubscribed,
)
from tests.messages.conftest import Golden
from tests.messages.figures import DEFINITION

NEXT = datetime(2026, 11, 9, 8, tzinfo=UTC)
FIXED = Subscription("C0SUCCESS", zone="Europe/Amsterdam", cron="0 9 * * mon")
WEEKLY = Subscription("C0BOARD", zone="Europe/Amsterdam", id=3)
MONTHLY = Subscription(
    "C0TOKYO",
    Edition.MONTHLY,
    "fri",
    "17:00",
    "Asia/Tokyo",
    "nl",
    (("plan", "<!here>"),),
    paused=True,
    id=4,
)
MANY = [Planned(Subscription(f"C{n}", id=n), NEXT) for n in range(1, 18)]

CASES: dict[str, Message | Block] = {
    "subscriptions": subscriptions_list(
        [Planned(FIXED, NEXT), Planned(WEEKLY, NEXT), Planned(MONTHLY, None)], DEFINITION
    ),
    "subscriptions-none": subscriptions_list([], DEFINITION),
    "subscriptions-many": subscriptions_list(MANY, DEFINITION),
    "subscription-form": subscription_form(None, "C0BOARD", "Europe/Amsterdam"),
    "subscription-form-change": subscription_form(MONTHLY, "C0BOARD", "Europe/Amsterdam"),
    "subscribed": subscribed(Planned(WEEKLY, NEXT), DEFINITION),
    "unsubscribed": unsubscribed(MONTHLY),
    "unsubscribed-nothing": no_such(
        Subscription("C0BOARD", Edition.QUARTERLY), [FIXED, WEEKLY, MONTHLY]
    ),
    "subscription-gone": gone(),
    "subscription-in-config": in_config(),
    "subscription-sent": sent(WEEKLY),
    "subscription-just-sent": just_sent(WEEKLY),
    "subscription-not-there": not_there("<#C0BOARD>", "I am not in it."),
}


@pytest.mark.parametrize("name", CASES)
def test_looks_as_it_did(name: str, golden: Golden) -> None:
    golden(name, CASES[name])


def sent_form(**fields: Any) -> dict[str, Any]:
    usual = {
        "channel": {"selected_conversation": "C0BOARD"},
        "edition": {"selected_option": {"value": "monthly"}},
        "weekday": {"selected_option": {"value": "fri"}},
        "at": {"value": "8:30"},
        "zone": {"value": "europe/amsterdam"},
        "language": {"selected_option": {"value": "nl"}},
        "segment": {"value": 'plan=pro, region="North Sea"'},
    }
    values = {block: {"chosen": value} for block, value in (usual | fields).items()}
    return {"user": {"id": "U1"}, "view": {"state": {"values": values}}}


def test_the_form_is_read() -> None:
    assert read_subscription_form(sent_form(), None) == Subscription(
        "C0BOARD",
        Edition.MONTHLY,
        "fri",
        "08:30",
        "Europe/Amsterdam",
        "nl",
        (("plan", "pro"), ("region", "North Sea")),
        made_by="U1",
    )


def test_a_change_keeps_whose_it_is_and_that_it_is_paused() -> None:
    before = Subscription("C9", paused=True, made_by="U9", id=4)

    found = read_subscription_form(sent_form(segment={"value": None}), before)

    assert isinstance(found, Subscription)
    assert (found.id, found.paused, found.made_by) == (4, True, "U9")
    assert found.segment == ()


def test_what_is_wrong_is_told_at_its_field() -> None:
    found = read_subscription_form(
        sent_form(at={"value": "nine"}, zone={"value": "Amsterdam"}, segment={"value": "pro"}), None
    )

    assert isinstance(found, dict)
    assert found.keys() == {"at", "zone", "segment"}
    assert "Europe/Amsterdam" in found["zone"]


@pytest.mark.parametrize("body", [{}, {"actions": []}, {"actions": [{"value": "x"}]}])
def test_a_click_that_says_nothing_is_not_understood(body: dict[str, Any]) -> None:
    with pytest.raises(Misunderstood):
        read_button(body)


def test_a_form_that_says_nothing_is_not_understood() -> None:
    with pytest.raises(Misunderstood):
        read_subscription_form({}, None)
