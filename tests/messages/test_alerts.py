"""A drop from open to resolved, and pulls that are not believed."""

from dataclasses import replace
from datetime import date
from typing import Any

import pytest

from bot.domain.incidents import Evidence, Group, Incident, IncidentState, Mark, Move, Reading
from bot.domain.lines import Shape
from bot.domain.period import Kind
from bot.domain.pulls import Pull, PullState
from bot.domain.reasons import LossReason
from bot.domain.surveys import Scale
from bot.domain.tickets import LastRead, What
from bot.domain.watching import Figure, Rule
from bot.errors import Misunderstood, Sentence
from bot.messages.alerts import (
    ACKNOWLEDGE,
    Alert,
    Held,
    Leaver,
    can_not_look,
    failed_notice,
    held_decided,
    held_notice,
    incident_message,
    left_list,
    missing_list,
    normal_asked,
    not_read_notice,
    read_acknowledgement,
    read_part,
    story_of,
    undelivered_notice,
)
from tests.messages.conftest import Golden
from tests.messages.figures import DEFINITION, FRIDAY, NAMES, NASTY, read_as_markup

SEPTEMBER, OCTOBER = (
    Reading(date(2026, 9, 1), 0.862, 0.941),
    Reading(date(2026, 10, 1), 0.985, 0.941),
)
PLAIN = Rule("Monthly retention", "C0SUCCESS", shape=Shape.FALL_POINTS, limit=5, periods=6)
BY_LUCK = Rule("Retention dropped", "C0SUCCESS", segments=("region", "plan"))
MISSING = (
    "40 of 1,204 customers are missing from the pull; more than 24 at once are not believed. Check"
    " the filter of the source and the rights of its token."
)
REFUSED = (
    "stripe: https://api.stripe.com/v1/subscriptions answered 403: the token may not read this;"
    " give it rak_subscription_read"
)
ARCHIVED = "posting to C0123: Slack says is_archived: name a channel that is not archived"
LEFT = tuple(Leaver(n, name) for n, name in enumerate(NAMES))
KNOWN = (
    Leaver(1, "Acme", "Omar Haddad", 1200.0, "EUR", LossReason(1, date(2026, 9, 12), "price")),
    Leaver(2, NASTY, NASTY, 80.5, "EUR", scores=((Scale.NPS, 3), (Scale.CSAT, 2))),
    Leaver(3, "Hooli", scores=((Scale.NPS, 10),)),
)


def at(month: int, kept: int, opening: int, **changes: Any) -> Evidence:
    first = date(2026, month, 1)
    lost = opening - kept
    told = Evidence(
        first,
        date(2026, month + 1, 1),
        value=100 * kept / opening,
        compared_with=94.1,
        opening=opening,
        kept=kept,
        left=tuple(range(lost)),
        left_count=lost,
    )
    return replace(told, **changes)


def marks(count: int, *, band: bool) -> tuple[Mark, ...]:
    ends = [(date(2025, n, 1), date(2025, n + 1, 1)) for n in range(1, count + 1)]
    low, high = (90.1, 98.0) if band else (None, None)
    return tuple(Mark(*end, 95.5, low, high) for end in ends)


def group(label: str, opening: int = 0, lost: int = 0, **changes: Any) -> Group:
    usual = Group(
        label, date(2026, 9, 1), date(2026, 10, 1), 1, opening, lost, opening * 0.06, 0.0037, True
    )
    return replace(usual, **changes)


INCIDENT = Incident(
    17, "Monthly retention", "", IncidentState.OPEN, FRIDAY, SEPTEMBER, SEPTEMBER, periods=1
)
OPEN = Alert(INCIDENT, PLAIN, at(9, 150, 174), LEFT)
SEEN = replace(INCIDENT, state=IncidentState.ACKNOWLEDGED, acknowledged_by="U01LEAD")
ACKNOWLEDGED = replace(OPEN, incident=SEEN)
STILL = replace(
    OPEN, incident=replace(INCIDENT, latest=OCTOBER), evidence=at(10, 129, 131), left=LEFT[:2]
)
BACK = replace(
    STILL, incident=replace(SEEN, latest=OCTOBER, state=IncidentState.RESOLVED, resolved_at=FRIDAY)
)
DETECTED = Alert(
    INCIDENT,
    BY_LUCK,
    at(
        9,
        41,
        50,
        groups=(group("", 50, 9),),
        years=8.2,
        made_of=24,
        normal_segments=7,
        marks=marks(11, band=True),
        left_count=9,
    ),
    KNOWN,
)
WINDOW: dict[str, Any] = {
    "first": date(2026, 7, 1),
    "periods": 3,
    "opening": 150,
    "lost": 24,
    "expected": 9.0,
}
IN_SEGMENTS = replace(
    DETECTED,
    evidence=at(
        9,
        941,
        1000,
        groups=(
            group("", 1000, 59, dropped=False, chance=0.2),
            group("region=EMEA", 46, 8, chance=0.0048),
            group(f"plan={NASTY}", **WINDOW),
        ),
        normal_segments=6,
        marks=marks(11, band=True),
        left_count=8,
    ),
)


def pull(state: PullState) -> Pull:
    return Pull(7, "hubspot", "", FRIDAY, state, FRIDAY, sentence=MISSING)


GONE = [Leaver(n, f"Company {n}") for n in range(25)]

CASES = {
    "incident-left": left_list(7, GONE, 25, 0),
    "incident-left-end": left_list(7, GONE, 300, 20),
    "incident-left-unknown": left_list(7, [], 25, 0),
    "incident-opened": incident_message(OPEN, DEFINITION),
    "incident-acknowledged": incident_message(ACKNOWLEDGED, DEFINITION),
    "incident-still-down": incident_message(STILL, DEFINITION),
    "incident-resolved": incident_message(BACK, DEFINITION),
    "incident-markup": incident_message(
        replace(
            OPEN,
            rule=replace(PLAIN, name=NASTY * 20),
            left=tuple(Leaver(n, NASTY) for n in range(10)),
        ),
        DEFINITION,
    ),
    "incident-of-an-older-version": incident_message(replace(OPEN, evidence=None), DEFINITION),
    "incident-by-luck": incident_message(DETECTED, DEFINITION),
    "incident-by-luck-over-months": incident_message(
        replace(
            DETECTED,
            evidence=at(9, 41, 50, groups=(group("", **WINDOW),), years=2.4, made_of=24),
        ),
        DEFINITION,
    ),
    "incident-in-segments": incident_message(IN_SEGMENTS, DEFINITION),
    "incident-of-one-account": incident_message(
        replace(
            DETECTED,
            evidence=at(
                9,
                41,
                50,
                groups=(group("", 50, 9),),
                years=8.2,
                made_of=24,
                account=(NASTY, 6),
                recorded=0.834,
            ),
        ),
        DEFINITION,
    ),
    "incident-of-nps": incident_message(
        replace(
            OPEN,
            rule=replace(PLAIN, figure=Figure.NPS, shape=Shape.BELOW, limit=20),
            evidence=at(
                9,
                0,
                64,
                value=12.5,
                compared_with=20.0,
                left=(),
                left_count=0,
                marks=marks(4, band=False),
            ),
            left=(),
        ),
        DEFINITION,
    ),
    "incident-changed": incident_message(
        replace(
            DETECTED,
            incident=replace(
                DETECTED.incident, latest=replace(DETECTED.incident.latest, observed=0.80)
            ),
        ),
        DEFINITION,
    ),
    "incident-of-luck-now": incident_message(replace(DETECTED, evidence=at(9, 45, 50)), DEFINITION),
    "incident-taken-back": incident_message(
        replace(
            DETECTED,
            incident=replace(DETECTED.incident, state=IncidentState.RESOLVED),
            evidence=at(9, 47, 50),
        ),
        DEFINITION,
    ),
    "alert-story-taken-back": story_of(Move.RETRACT, INCIDENT, PLAIN),
    "incident-that-lasts": incident_message(
        replace(DETECTED, incident=replace(DETECTED.incident, periods=6)), DEFINITION
    ),
    "alert-normal-asked": normal_asked(
        replace(INCIDENT, periods=12, assigned_to="U2"), replace(PLAIN, kind=Kind.WEEK)
    ),
    "rule-can-not-look": can_not_look(
        replace(PLAIN, name=NASTY),
        Sentence(
            'No customer has {name} "{label}". There is {known}.',
            name="plan",
            label="trial",
            known="free, pro",
        ),
    ),
    "held": held_notice(Held("hubspot", MISSING, FRIDAY, NAMES, 40), DEFINITION),
    "held-missing": missing_list(
        pull(PullState.HELD), [*NAMES, *(f"Company {n}" for n in range(40 - len(NAMES)))], 45, 0
    ),
    "held-missing-end": missing_list(pull(PullState.HELD), ["Globex", NASTY], 42, 40),
    "held-missing-none": missing_list(pull(PullState.HELD), [], 0, 0),
    "held-believed": held_decided(pull(PullState.BELIEVED), "U0ADMIN"),
    "held-discarded": held_decided(pull(PullState.DISCARDED), "U0ADMIN"),
    "held-overtaken": held_decided(pull(PullState.FAILED), "U0ADMIN"),
    "held-believed-in-a-terminal": held_decided(pull(PullState.BELIEVED), ""),
    "held-first": held_notice(Held(NASTY, NASTY, None), DEFINITION),
    "pull-failed-notice": failed_notice("stripe", REFUSED, FRIDAY, DEFINITION),
    "tickets-not-read": not_read_notice(
        LastRead("zendesk", What.TICKETS, FRIDAY, FRIDAY, 12, FRIDAY, "zendesk: 401: mend <it>."),
        DEFINITION,
    ),
    "ratings-never-read": not_read_notice(
        LastRead("desk", What.RATINGS, failed_at=FRIDAY, sentence="desk: 503."), DEFINITION
    ),
    "undelivered": undelivered_notice("The weekly post", "C0123", ARCHIVED),
}


@pytest.mark.parametrize("name", CASES)
def test_looks_as_it_did(name: str, golden: Golden) -> None:
    golden(name, CASES[name])


@pytest.mark.parametrize("name", CASES)
def test_never_rings_anybody(name: str) -> None:
    assert not any("<!" in text for text in read_as_markup(CASES[name]))


def test_only_an_open_incident_nobody_saw_has_a_button() -> None:
    with_button = [n for n, m in CASES.items() if ACKNOWLEDGE in str(m.blocks)]

    assert with_button == [
        "incident-opened",
        "incident-still-down",
        "incident-markup",
        "incident-of-an-older-version",
        "incident-by-luck",
        "incident-by-luck-over-months",
        "incident-in-segments",
        "incident-of-one-account",
        "incident-of-nps",
        "incident-changed",
        "incident-of-luck-now",
        "incident-that-lasts",
    ]


def test_the_button_is_read_where_it_is_written() -> None:
    button = CASES["incident-opened"].blocks[-1]["elements"][0]

    assert read_acknowledgement({"actions": [button], "user": {"id": "U1"}}) == ("17", "U1")


@pytest.mark.parametrize("body", [{}, {"actions": []}, {"actions": [{"value": "1"}]}])
def test_a_click_that_says_nothing_is_refused(body: dict[str, object]) -> None:
    with pytest.raises(Misunderstood):
        read_acknowledgement(body)


def test_the_list_of_who_left_names_each_once() -> None:
    pages = [left_list(7, GONE, 25, first).text for first in (0, 20)]

    named = [line for page in pages for line in page.splitlines() if line.startswith("• ")]
    assert named == [f"• Company {n}" for n in range(25)]
    assert read_part({"actions": [{"value": "7:20"}]}) == ("7", 20)
    assert read_part({"actions": [{"value": "7"}]}) == ("7", 0)
