"""What is told when a closed figure is not so any more."""

from collections.abc import Mapping
from dataclasses import replace
from datetime import UTC, date, datetime

import numpy as np
import pytest

from bot.domain.closing import Closed, Earlier, Place, Restatement, responsible
from bot.domain.definition import Definition
from bot.domain.period import Kind, Period
from bot.domain.redefinition import Changed
from bot.domain.retention import Counts
from bot.messages.blocks import Message
from bot.messages.closing import moved, note, redefinition, restated_list, restatement
from tests.messages.conftest import Golden
from tests.messages.figures import (
    DEFINITION,
    FRIDAY,
    NAMES,
    NASTY,
    counts,
    period,
    read_as_markup,
)

OCTOBER = period(Kind.MONTH, date(2026, 10, 1))
CLOSED_AT = datetime(2026, 11, 2, 3, 0, tzinfo=UTC)
ONE_LATE_LOSS = {1: (Place.KEPT, Place.LOST)}


def restated(
    was: Counts,
    now: Counts,
    of: Period = OCTOBER,
    moves: Mapping[int, tuple[Place, Place]] = ONE_LATE_LOSS,
    version: int = 1,
) -> Restatement:
    return Restatement(
        Closed("hubspot", of, DEFINITION.hash, version, was, 7, CLOSED_AT),
        now,
        np.array(list(moves), dtype=np.int32),
        np.array([was for was, _ in moves.values()], dtype=np.int8),
        np.array([now for _, now in moves.values()], dtype=np.int8),
    )


def post(
    *restatements: Restatement,
    names: Mapping[int, str] | None = None,
    definition: Definition = DEFINITION,
) -> Message:
    behind, everybody = responsible(restatements, 10)
    called = names or {number: name for number, name in enumerate(NAMES, start=1)}
    return restatement(
        restatements,
        [(called[each.customer], each) for each in behind],
        everybody,
        source="hubspot",
        pulled_at=FRIDAY,
        definition=definition,
        which={"after": [6, 0], "now": [7, 0], "at": 1},
    )


WAS, NOW = counts(200, 14), counts(200, 15)
EARLY = {3: (Place.NOWHERE, Place.EARLY_LOSS)}
MANY = [
    restated(WAS, NOW, period(Kind.MONTH, date(2025 + (month > 12), (month - 1) % 12 + 1, 1)))
    for month in range(1, 15)
]

CASES: dict[str, Message] = {
    "restatement": post(restated(WAS, NOW)),
    "restatement-several": post(
        restated(WAS, counts(200, 16, new=11), version=2),
        restated(counts(204, 3), counts(203, 3), period(Kind.WEEK, date(2026, 11, 4))),
        restated(
            WAS,
            WAS,
            period(Kind.QUARTER, date(2026, 7, 1)),
            {2: (Place.LOST, Place.KEPT), 4: (Place.KEPT, Place.LOST)},
        ),
        restated(
            WAS,
            replace(WAS, early_losses=2),
            period(Kind.YEAR, date(2025, 1, 1)),
            EARLY,
        ),
    ),
    "restatement-more-than-fits": post(
        *MANY[:-1],
        restated(
            WAS,
            NOW,
            OCTOBER,
            {number: (Place.KEPT, Place.LOST) for number in range(1, 30)},
        ),
        names={number: f"Customer {number}" for number in range(1, 30)},
    ),
    "restatement-list": restated_list([f"Line {n}" for n in range(50)], {"at": 1}, 20),
    "restatement-list-end": restated_list([f"Line {n}" for n in range(50)], {"at": 1}, 40),
    "restatement-list-unknown": restated_list([], {"at": 1}, 0),
    "restatement-early-losses": post(
        restated(WAS, replace(WAS, early_losses=1), OCTOBER, EARLY),
        restated(WAS, replace(WAS, early_losses=1), period(Kind.QUARTER, date(2026, 7, 1)), EARLY),
    ),
    "restatement-first-customers": post(
        restated(
            counts(0, 0, new=0, won_back=0),
            counts(1, 1, new=0, won_back=0),
            moves={1: (Place.NOWHERE, Place.LOST)},
        )
    ),
    "restatement-nasty-name": post(restated(WAS, NOW), names={1: NASTY * 20}),
}


@pytest.mark.parametrize("case", CASES)
def test_looks_as_it_did(golden: Golden, case: str) -> None:
    golden(case, CASES[case])


@pytest.mark.parametrize("case", CASES)
def test_a_name_rings_nobody(case: str) -> None:
    assert not [text for text in read_as_markup(CASES[case]) if "<!" in text]


def test_the_text_says_all_that_the_blocks_say() -> None:
    text = CASES["restatement"].text

    assert "CRR 93.0 % → 92.5 % (186 of 200 → 185 of 200 stayed), 14 → 15 lost" in text
    assert "Acme: kept → lost in October 2026" in text
    assert "The pull of hubspot of Friday 20 Nov 2026, 03:15 brought it." in text


def test_a_rate_that_looks_the_same_is_said_to_be() -> None:
    assert moved(counts(20_000, 14), counts(20_001, 14)).startswith("CRR 99.9 % as before")


class TestNote:
    closed = Closed("crm", OCTOBER, "h", 1, WAS, 7, CLOSED_AT)

    def test_is_nothing_where_nothing_else_was_said(self) -> None:
        assert note(None, NOW, DEFINITION) == ""

    def test_says_when_it_was_restated_and_from_what(self) -> None:
        told = note(Earlier(self.closed, FRIDAY), NOW, DEFINITION)

        assert told == (
            "Restated on 20 Nov 2026, closed on 2 Nov 2026: CRR 93.0 % → 92.5 %"
            " (186 of 200 → 185 of 200 stayed), 14 → 15 lost."
        )

    def test_says_that_it_was_closed_otherwise_before_that_was_told(self) -> None:
        assert note(Earlier(self.closed), NOW, DEFINITION).startswith(
            "Changed by newer data since it was closed on 2 Nov 2026: CRR 93.0 % → 92.5 %"
        )

    def test_says_that_another_definition_said_something_else(self) -> None:
        told = note(Earlier(self.closed, other_definition=True), NOW, DEFINITION)

        assert told == (
            "Closed on 2 Nov 2026 under another definition: CRR 93.0 % (186 of 200 stayed)."
        )

    def test_is_of_the_local_day(self) -> None:
        """Half past eleven at night in UTC is the next day in Amsterdam."""
        late = replace(self.closed, closed_at=datetime(2026, 11, 2, 23, 30, tzinfo=UTC))

        assert "closed on 3 Nov 2026" in note(Earlier(late), NOW, DEFINITION)


def test_another_definition_is_news_with_its_settings() -> None:
    changed = [Changed("first_weekday", "monday", "sunday"), Changed("grace_days", "7", "30")]

    told = redefinition(changed, FRIDAY, DEFINITION, hash="abc")

    assert told == (
        "The definition changed on 20 Nov 2026: first weekday monday → sunday, grace days 7 → 30."
        " Figures are by the new one (abc); what was closed under the old one stays as it was."
    )


def test_a_definition_that_says_the_same_is_no_news() -> None:
    assert redefinition([], FRIDAY, DEFINITION, hash="abc") == ""
