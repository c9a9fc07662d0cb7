"""A drop from open to resolved, and pulls that are not believed."""

from dataclasses import replace
from datetime import date

import pytest

from bot.domain.period import Kind
from bot.domain.pulls import Pull, PullState
from bot.domain.rules import Drop, Observation
from bot.domain.tickets import LastRead, What
from bot.errors import Misunderstood
from bot.messages.alerts import (
    ACKNOWLEDGE,
    Held,
    Incident,
    failed_notice,
    held_decided,
    held_notice,
    incident_message,
    not_read_notice,
    read_acknowledgement,
    undelivered_notice,
)
from tests.messages.conftest import Golden
from tests.messages.figures import DEFINITION, FRIDAY, NAMES, NASTY, counts, period, read_as_markup

OPENED = Observation(period(Kind.MONTH, date(2026, 9, 1)), counts(150, 24, new=3, won_back=0))
LATER = Observation(period(Kind.MONTH, date(2026, 10, 1)), counts(129, 2))
OPEN = Incident("17", Drop("Monthly retention"), OPENED, 0.941, OPENED, NAMES)
ACKNOWLEDGED = replace(OPEN, acknowledged_by="U01LEAD")


def pull(state: PullState) -> Pull:
    return Pull(7, "hubspot", "", FRIDAY, state, FRIDAY, sentence="40 of 1,204 are missing.")


CASES = {
    "incident-opened": incident_message(OPEN, DEFINITION),
    "incident-acknowledged": incident_message(ACKNOWLEDGED, DEFINITION),
    "incident-still-down": incident_message(replace(OPEN, now=LATER), DEFINITION),
    "incident-resolved": incident_message(
        replace(ACKNOWLEDGED, now=LATER, resolved_on=date(2026, 11, 1)), DEFINITION
    ),
    "incident-markup": incident_message(
        replace(OPEN, rule=Drop(NASTY * 20), left=(NASTY,) * 10), DEFINITION
    ),
    "held": held_notice(Held("hubspot", "40 of 1,204 are missing.", FRIDAY, NAMES, 40), DEFINITION),
    "held-believed": held_decided(pull(PullState.BELIEVED), "U0ADMIN"),
    "held-discarded": held_decided(pull(PullState.DISCARDED), "U0ADMIN"),
    "held-overtaken": held_decided(pull(PullState.FAILED), "U0ADMIN"),
    "held-believed-in-a-terminal": held_decided(pull(PullState.BELIEVED), ""),
    "held-first": held_notice(Held(NASTY, NASTY, None), DEFINITION),
    "pull-failed-notice": failed_notice(
        "stripe", "Stripe answered 401: mend the token.", FRIDAY, DEFINITION
    ),
    "tickets-not-read": not_read_notice(
        LastRead("zendesk", What.TICKETS, FRIDAY, FRIDAY, 12, FRIDAY, "zendesk: 401: mend <it>."),
        DEFINITION,
    ),
    "ratings-never-read": not_read_notice(
        LastRead("desk", What.RATINGS, failed_at=FRIDAY, sentence="desk: 503."), DEFINITION
    ),
    "undelivered": undelivered_notice("The weekly post", "C0123", "the channel is archived."),
}


@pytest.mark.parametrize("name", CASES)
def test_looks_as_it_did(name: str, golden: Golden) -> None:
    golden(name, CASES[name])


@pytest.mark.parametrize("name", CASES)
def test_never_rings_anybody(name: str) -> None:
    assert not any("<!" in text for text in read_as_markup(CASES[name]))


def test_only_an_open_incident_nobody_saw_has_a_button() -> None:
    with_button = [n for n, m in CASES.items() if ACKNOWLEDGE in str(m.blocks)]

    assert with_button == ["incident-opened", "incident-still-down", "incident-markup"]


def test_the_button_is_read_where_it_is_written() -> None:
    button = CASES["incident-opened"].blocks[-1]["elements"][0]

    assert read_acknowledgement({"actions": [button], "user": {"id": "U1"}}) == ("17", "U1")


@pytest.mark.parametrize("body", [{}, {"actions": []}, {"actions": [{"value": "1"}]}])
def test_a_click_that_says_nothing_is_refused(body: dict[str, object]) -> None:
    with pytest.raises(Misunderstood):
        read_acknowledgement(body)
