"""App Home: what each person is shown, within a hundred blocks."""

import re
from dataclasses import replace
from datetime import UTC, date, datetime
from typing import Any

import pytest

from bot.domain.loops import Loop, LoopState, Low, Rated
from bot.domain.period import Kind, Period
from bot.domain.pulls import Pull, PullState
from bot.domain.retention import Counts
from bot.domain.roles import Role
from bot.domain.subscriptions import Edition, Subscription
from bot.domain.surveys import Direction, Scale
from bot.domain.tickets import LastRead, What
from bot.domain.watching import Rule
from bot.messages import home, limits
from bot.messages.blocks import Block, Message
from bot.messages.home import Account, Failed, Home, Mine, Open, home_view, unnamed_view
from bot.messages.rules import rules_list
from bot.messages.subscriptions import Planned, subscriptions_list
from bot.slack.validation import view_problems
from tests.messages.conftest import Golden
from tests.messages.figures import DEFINITION, FRESH, FRIDAY, LINES, NASTY, read_as_markup

OCTOBER = Period(date(2026, 10, 1), date(2026, 11, 1), Kind.MONTH)
MINE = Mine(
    customers=12,
    month=OCTOBER,
    counts=Counts(opening=12, closing=12, kept=11, lost=1, new=1, won_back=0, early_losses=0),
    left=["Acme", NASTY],
    left_count=14,
    ending=[("Globex", date(2026, 12, 9)), (NASTY, date(2026, 12, 12))],
    ending_count=2,
)
LINK = "https://brightside.slack.com/archives/C0SUCCESS/p1795316446778861"
OURS = Open(1, "CRR drop", "Retention dropped in October 2026: CRR 90.0 %.", LINK, "U0LEAD")
THEIRS = Open(2, NASTY, "Retention is still down.", "", "U0OMAR", "U0OWNER")
NOBODYS = Open(3, "NPS", "NPS dropped.", LINK)
LOW = Low("ask", "U0ACME", Scale.NPS, 3, Direction.HIGHER, "C0ACME", FRIDAY)
LOOP = Loop(7, LOW, FRIDAY)
RATED = Low(
    "", "", Scale.CSAT, 1, Direction.HIGHER, "", FRIDAY, customer=3,
    rated=Rated("feedback", "R1", 1, 5, ticket="4681", agent="Tom"),
)  # fmt: skip
TAKEN = replace(LOOP, id=8, state=LoopState.TAKEN, taken_by="U0LEAD")
HELD = Pull(
    4, "hubspot", "d", FRIDAY, PullState.HELD, FRIDAY, sentence=f"40 of 80 are gone {NASTY}."
)
LOST = Failed("weekly-post:C0OLD:2026-11-09", "The weekly post", "C0OLD", "It is archived.", FRIDAY)
UNSURE = Failed("alert:1", "An alert", "U0LEAD", NASTY, FRIDAY, is_uncertain=True)
RULE = Rule("CRR drop", "C0SUCCESS")


def full(**more: Any) -> Home:
    told: dict[str, Any] = {
        "person": "U0LEAD",
        "role": Role.ADMIN,
        "lines": LINES,
        "mine": MINE,
        "incidents": [THEIRS, NOBODYS, OURS],
        "loops": [LOOP, TAKEN],
        "other_loops": 2,
        "freshness": [FRESH],
        "helpdesks": [LastRead("zendesk", What.TICKETS, FRIDAY, FRIDAY, 12)],
        "held": [HELD],
        "failed": [LOST, UNSURE],
        "settings": rules_list([RULE], []).blocks,
        **more,
    }
    return Home(**told)


CASES: dict[str, Message | Block] = {
    "home": home_view(full(), DEFINITION),
    "home-mine": home_view(full(figures_of=home.MINE, loops=[]), DEFINITION),
    "home-rated": home_view(
        full(loops=[replace(LOOP, of=RATED)], names={3: NASTY}, incidents=[], settings=()),
        DEFINITION,
    ),
    "home-viewer": home_view(full(role=Role.VIEWER, settings=()), DEFINITION),
    "home-without-accounts": home_view(
        full(role=Role.OPERATOR, mine=None, incidents=[], loops=[], other_loops=0), DEFINITION
    ),
    "home-empty": home_view(Home("U0LEAD", Role.VIEWER), DEFINITION),
    "home-turned": home_view(
        full(
            failed=[replace(LOST, key=f"key {n}") for n in range(9)],
            turned={"failed": 4},
            settings=(),
        ),
        DEFINITION,
    ),
    "home-counted": home_view(
        Home("U0LEAD", Role.VIEWER, counted=["October 2026: CRR 80.0 % by counts, an estimate."]),
        DEFINITION,
    ),
    "home-guest": unnamed_view(Role.OUTSIDE),
    "home-unnamed": unnamed_view(Role.COLLEAGUE),
    "home-accounts": home.accounts_view(
        [Account("Acme", date(2024, 3, 1)), Account(NASTY, date(2025, 1, 1), date(2026, 12, 9))],
        20,
        45,
    ),
    "home-accounts-none": home.accounts_view([], 0, 0),
    "home-sent-again": home.decided("The weekly post", "C0OLD", again=True),
    "home-dismissed": home.decided("An alert", "U0LEAD", again=False),
    "home-not-waiting": home.not_waiting(),
}


@pytest.mark.parametrize("name", CASES)
def test_looks_as_it_did(name: str, golden: Golden) -> None:
    golden(name, CASES[name])


@pytest.mark.parametrize("name", CASES)
def test_never_rings_anybody(name: str) -> None:
    assert not any("<!" in text for text in read_as_markup(CASES[name]))


def words(view: Block) -> str:
    return "\n".join(read_as_markup(view))


def test_what_is_theirs_comes_first_and_what_others_look_after_last() -> None:
    shown = words(home_view(full(), DEFINITION))

    assert shown.index("CRR drop") < shown.index("NPS dropped") < shown.index("still down")


def test_only_admins_see_held_pulls_and_what_failed() -> None:
    for role in (Role.VIEWER, Role.OPERATOR):
        shown = words(home_view(full(role=role), DEFINITION))
        assert "40 of 80" not in shown
        assert "archived" not in shown


def test_who_only_looks_has_no_buttons_that_change_anything() -> None:
    view = home_view(full(role=Role.VIEWER, settings=(), loops=[]), DEFINITION)

    pressed = {
        each["action_id"]
        for block in view["blocks"]
        if block["type"] == "actions"
        for each in block["elements"]
    }
    assert pressed == {home.ACCOUNTS, home.FIGURES_OF}


def test_however_much_there_is_all_parts_are_within_the_limit() -> None:
    rules = [replace(RULE, name=f"rule {n}") for n in range(30)]
    posts = [Planned(Subscription("C0SUCCESS", Edition.WEEKLY, id=n), FRIDAY) for n in range(9)]
    crowded = full(
        incidents=[replace(OURS, id=n) for n in range(50)],
        loops=[replace(LOOP, id=n) for n in range(50)],
        freshness=[replace(FRESH, source=f"source {n}") for n in range(40)],
        held=[replace(HELD, id=n) for n in range(20)],
        failed=[replace(LOST, key=f"key {n}") for n in range(50)],
        settings=(
            *subscriptions_list(posts, DEFINITION, most=4).blocks,
            *rules_list([], rules, most=4).blocks,
        ),
    )
    lists = {"alerts": 4, "loops": 4, "held": 3, "failed": 4, "sources": 10}
    for turned in ({}, lists):
        view = home_view(replace(crowded, turned=turned), DEFINITION)

        assert len(view["blocks"]) < limits.VIEW_BLOCKS
        assert view_problems(view) == []
        assert set(turning(view, home.MORE)) == set(lists)
        assert set(turning(view, home.EARLIER)) == set(turned)
        assert "`/keeprate help`" in words(view)


def turning(view: Block, action_id: str) -> dict[str, tuple[str, dict[str, int]]]:
    """By list, the label of such a button below it and the parts that it leads to."""
    return {
        block["block_id"].removeprefix("turn "): (
            each["text"]["text"],
            home.read_turned({"actions": [each]}),
        )
        for block in view["blocks"]
        if block["type"] == "actions"
        for each in block["elements"]
        if each["action_id"] == action_id
    }


def test_turning_one_list_shows_each_of_it_once_and_leaves_the_others() -> None:
    failed = [replace(LOST, key=f"key {n}", why=f"Reason {n}.") for n in range(9)]
    freshness = [replace(FRESH, source=f"source {n}") for n in range(11)]
    told = full(failed=failed, freshness=freshness, turned={"sources": 10})
    seen: list[str] = []
    labels: list[str] = []
    while True:
        view = home_view(told, DEFINITION)
        assert "source 10" in words(view)
        assert "source 9" not in words(view)
        seen += re.findall(r"Reason \d", words(view))
        if "failed" not in (on := turning(view, home.MORE)):
            break
        label, turned = on["failed"]
        labels.append(label)
        told = replace(told, turned=turned)

    assert seen == [f"Reason {n}" for n in range(9)]
    assert labels == ["Show 4 more", "Show 1 more"]
    assert turning(view, home.EARLIER)["failed"] == ("Earlier", {"sources": 10, "failed": 4})


def test_a_list_that_has_become_shorter_shows_its_last_part() -> None:
    failed = [replace(LOST, key=f"key {n}", why=f"Reason {n}.") for n in range(5)]
    view = home_view(full(failed=failed, turned={"failed": 40}), DEFINITION)
    assert re.findall(r"Reason \d", words(view)) == ["Reason 4"]

    view = home_view(full(failed=failed[:4], turned={"failed": 4}), DEFINITION)
    assert re.findall(r"Reason \d", words(view)) == [f"Reason {n}" for n in range(4)]
    assert "failed" not in {**turning(view, home.MORE), **turning(view, home.EARLIER)}


def test_what_is_pressed_and_chosen_is_read_back() -> None:
    def click(**action: Any) -> dict[str, Any]:
        return {"actions": [action]}

    assert home.read_first(click(value="20")) == 20
    assert home.read_first(click(value="-1")) == 0
    assert home.read_first(click()) == 0
    assert home.read_figures_of(click(selected_option={"value": "mine"})) == home.MINE
    assert home.read_figures_of(click(selected_option={"value": "x"})) == home.EVERYBODY
    assert home.read_figures_of(click(selected_option=None)) == home.EVERYBODY


def test_names_that_may_not_be_told_are_counted() -> None:
    nameless = replace(MINE, left=[], ending=[])
    shown = words(home_view(full(mine=nameless), DEFINITION))

    assert "Left since 1 Oct 2026: 14 customers." in shown
    assert "Terms that end soon: 2 customers." in shown


def test_the_moment_of_a_low_score_is_local() -> None:
    late = replace(LOOP, opened_at=datetime(2026, 11, 20, 23, 30, tzinfo=UTC))

    assert "Saturday 21 Nov 2026, 00:30" in words(home_view(full(loops=[late]), DEFINITION))
