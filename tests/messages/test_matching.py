"""How sources that fit together, or do not, are told of."""

from datetime import UTC, datetime

import pytest

from bot.domain.matching import Ambiguity, By, Enriching, Matched, Report
from bot.messages.matching import match_line, match_report, numbers, rows
from tests.messages.conftest import Golden
from tests.messages.figures import DEFINITION, NASTY

AT = datetime(2026, 11, 2, 2, 15, tzinfo=UTC)
NAMES = {number: f"Company {number}" for number in range(1, 100)} | {7: NASTY}

WHOLE = Report(
    Enriching("stripe", By.DOMAIN),
    "hubspot",
    AT,
    Matched({11: 1, 12: 2}, (), (), ()),
    today=frozenset({1, 2, 11, 12}),
)
HOLES = Report(
    Enriching("stripe", By.EMAIL),
    "hubspot",
    AT,
    Matched(
        pairs={11: 1, 12: 1, 13: 2},
        ambiguous=(
            Ambiguity((7,), (3, 4), ("acme.com", "acme.nl")),
            Ambiguity((21, 22), (5,), ()),
        ),
        unmatched=(31, 32, *range(50, 62)),
        firsts_unmatched=(6, 8),
    ),
    today=frozenset({1, 2, 3, 4, 5, 6, 7, 11, 13, 21, 22, 31, *range(50, 62)}),
    same={1: (11, 12)},
)
FIELD = Report(
    Enriching("billing", By.FIELD, "crm_id"),
    "hubspot",
    None,
    Matched({}, (), (31,), (1,)),
    today=frozenset({1, 31}),
)

CASES = {
    "match-nothing-to-do": match_report([], [], {}, DEFINITION),
    "match-all-found": match_report([WHOLE], [], NAMES, DEFINITION),
    "match-holes": match_report([HOLES, FIELD], ["partners"], NAMES, DEFINITION),
    "match-alone": match_report([], ["partners", "resellers"], NAMES, DEFINITION),
}


@pytest.mark.parametrize("name", CASES)
def test_looks_as_it_did(name: str, golden: Golden) -> None:
    golden(name, CASES[name])


def test_who_is_no_customer_today_is_not_counted() -> None:
    assert match_line(HOLES) == (
        "stripe by e-mail: 2 of 18 customers today found in hubspot, 13 not found, 3 could be"
        " several and are none; 1 of 6 customers of hubspot not there"
    )


def test_everybody_is_in_the_whole_list_once() -> None:
    told = rows(HOLES)

    assert len({row.number for row in told}) == len(told) == 3 + 3 + 14 + 2
    assert {row.found for row in told} == {"matched", "ambiguous", "not found"}
    assert [row.others for row in told if row.number == 7] == [(3, 4)]
    assert [row.today for row in told if row.number in (6, 8)] == [True, False]
    assert numbers([HOLES]) == {row.number for row in told} | {1, 2, 3, 4, 5}
