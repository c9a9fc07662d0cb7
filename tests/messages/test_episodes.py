"""The forms about an alert, what they send, and what its thread is told."""

from dataclasses import replace
from datetime import UTC, date, datetime
from typing import Any

import pytest

from bot.domain.reasons import USUAL, LossReason
from bot.errors import Misunderstood
from bot.messages.alerts import Leaver
from bot.messages.episodes import (
    ASKED_AT_ONCE,
    Said,
    acknowledged,
    another_is_open,
    assign_form,
    assigned,
    gone,
    is_normal,
    is_not_normal,
    read_days,
    read_form,
    read_person,
    read_reasons,
    reasons_form,
    reasons_told,
    reopened,
    resolved,
    snooze_form,
    snoozed,
)
from tests.messages.conftest import Golden
from tests.messages.figures import DEFINITION, NASTY
from tests.messages.test_alerts import INCIDENT, SEEN

SAID = LossReason(2, date(2026, 9, 3), "too far away", "moved to Peru")
LEFT = (Leaver(1, "Acme"), Leaver(2, NASTY, reason=SAID), Leaver(3, "Hooli"))
MANY = [replace(LEFT[n % 2], customer=n, name=f"Company {n}") for n in range(90)]
UNTIL = datetime(2026, 11, 27, 8, 30, tzinfo=UTC)

FORMS = {
    "alert-assign-form": assign_form(SEEN),
    "alert-snooze-form": snooze_form(INCIDENT),
    "alert-reasons-form": reasons_form(INCIDENT, LEFT, USUAL, resolves=False),
    "alert-resolve-form": reasons_form(INCIDENT, LEFT[:1], USUAL, resolves=True),
    "alert-resolve-form-nobody": reasons_form(INCIDENT, (), USUAL, resolves=True),
    "alert-reasons-form-many": reasons_form(INCIDENT, MANY, USUAL, resolves=False),
}
STORY = {
    "alert-story-acknowledged": acknowledged("U1"),
    "alert-story-assigned": assigned("U1", "U2"),
    "alert-story-taken": assigned("U1", "U1"),
    "alert-story-snoozed": snoozed("U1", UNTIL, DEFINITION),
    "alert-story-reasons": reasons_told("U1", [(NASTY, Said(2, "price", "secret"))]),
    "alert-story-resolved": resolved("U1"),
    "alert-story-reopened": reopened("U1"),
    "alert-story-normal": is_normal("U1"),
    "alert-story-not-normal": is_not_normal("U1"),
    "alert-gone": gone(),
    "alert-another-open": another_is_open(),
}


@pytest.mark.parametrize("name", [*FORMS, *STORY])
def test_looks_as_it_did(name: str, golden: Golden) -> None:
    golden(name, FORMS[name] if name in FORMS else STORY[name])


def test_what_people_wrote_is_not_told_in_the_thread() -> None:
    assert "secret" not in str(STORY["alert-story-reasons"])


def test_who_has_no_reason_yet_is_asked_for_first() -> None:
    blocks = FORMS["alert-reasons-form-many"]["blocks"]
    asked = [b["block_id"] for b in blocks if b.get("block_id", "").startswith("why:")]

    assert asked == [f"why:{2 * n}" for n in range(ASKED_AT_ONCE)]


def sent(**values: Any) -> dict[str, Any]:
    state = {block: {"chosen": value} for block, value in values.items()}
    view = {"private_metadata": "17", "state": {"values": state}}
    return {"view": view, "user": {"id": "U1"}}


def option(value: str) -> dict[str, Any]:
    return {"selected_option": {"value": value}}


def test_reasons_are_read_of_those_of_whom_something_was_said() -> None:
    typed = {
        "why:1": option("price"),
        "words:1": {"value": "  too\n dear "},
        "why:2": {"selected_option": None},
        "words:2": {"value": "closed the shop"},
        "why:3": {"selected_option": None},
        "words:3": {"value": None},
    }

    form = read_form(sent(**typed))

    assert (form.incident, form.person) == (17, "U1")
    assert read_reasons(form) == [
        Said(1, "price", "too dear"),
        Said(2, "other", "closed the shop"),
    ]


def test_a_person_and_days_are_read() -> None:
    assert read_person(read_form(sent(person={"selected_user": "U2"}))) == "U2"
    assert read_person(read_form(sent())) == ""
    assert read_days(read_form(sent(days=option("14")))) == 14


@pytest.mark.parametrize("days", ["", "2", "-1", "soon"])
def test_days_that_the_form_never_offers_are_refused(days: str) -> None:
    with pytest.raises(Misunderstood):
        read_days(read_form(sent(days=option(days))))


@pytest.mark.parametrize(
    "body", [{}, {"view": {}}, {"view": {"private_metadata": "x", "state": {"values": {}}}}]
)
def test_a_form_that_says_nothing_is_refused(body: dict[str, Any]) -> None:
    with pytest.raises(Misunderstood):
        read_form(body)
