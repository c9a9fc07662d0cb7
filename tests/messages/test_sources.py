"""What /keeprate sources and settings answer, and an export says of itself."""

from dataclasses import replace

import pytest

from bot.domain.tickets import LastRead, What
from bot.messages import sources as messages
from bot.messages.blocks import Message, read_first
from bot.messages.sources import Source, settings_answer, sources_list
from tests.messages.conftest import Golden
from tests.messages.figures import DEFINITION, FRESH, FRIDAY, NASTY, read_as_markup

FIRST = Source("hubspot", "hubspot", is_first=True, freshness=FRESH, next_pull=FRIDAY)
BILLING = Source(
    "billing",
    "stripe",
    is_first=False,
    freshness=replace(FRESH, source="billing"),
    fits="billing: 4 of 5 are found in hubspot",
    all_fit=False,
)
DESK = Source(
    NASTY, "zendesk", False, helpdesks=[LastRead("zendesk", What.TICKETS, FRIDAY, FRIDAY, 12)]
)
NEVER = Source("shop", "csv", is_first=False)
MANY = [replace(NEVER, name=f"shop {n}") for n in range(20)]
CASES: dict[str, Message] = {
    "sources": sources_list(
        [FIRST, BILLING, DESK, NEVER], DEFINITION, may_pull=True, may_list=True
    ),
    "sources-viewer": sources_list([FIRST, BILLING], DEFINITION, may_pull=False),
    "sources-part": sources_list(MANY, DEFINITION, first=8, may_pull=False),
    "settings": settings_answer([("Definition", ["`zone` UTC"]), ("People", ["`admins` <@U0A>"])]),
    "settings-admin": settings_answer([], may_change=True, may_choose=True, may_name=True),
    "settings-operator": settings_answer([("Definition", ["`zone` UTC"])], may_change=True),
    "exported": messages.exported("customers.csv", 1204),
    "not-exported": messages.not_exported(),
}


@pytest.mark.parametrize("name", CASES)
def test_looks_as_it_did(name: str, golden: Golden) -> None:
    golden(name, CASES[name])


@pytest.mark.parametrize("name", CASES)
def test_never_rings_anybody(name: str) -> None:
    assert not any("<!channel" in text for text in read_as_markup(CASES[name]))


def test_what_each_source_left_out_is_told_with_its_reasons() -> None:
    believed = FRESH.believed
    assert believed is not None
    full = replace(believed, left_out={"trial": 3, "paused for too long": 1})
    told = sources_list(
        [replace(FIRST, freshness=replace(FRESH, full=full)), BILLING], DEFINITION, may_pull=False
    )

    assert "Left out when all was read (Friday 20 Nov 2026, 03:15): trial (3)." in told.text
    assert "Not counted by the definition: paused for too long (1)." in told.text
    assert told.text.count("eft out") == 1, "of the other one it was not written down"


def test_what_is_pressed_is_read_back() -> None:
    assert messages.read_source({"actions": [{"value": "shop"}]}) == "shop"
    assert read_first({"actions": [{"value": "8"}]}) == 8
    assert read_first({"actions": [{"value": "x"}]}) == 0


def test_the_last_part_has_no_button_for_more() -> None:
    last = sources_list(MANY, DEFINITION, first=16, may_pull=False)

    assert "shop 19" in last.text
    assert not [block for block in last.blocks if block["type"] == "actions"]
