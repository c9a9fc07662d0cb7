"""How sources that fit together, or do not, are told of."""

from dataclasses import replace
from datetime import UTC, datetime

import pytest

from bot.domain.matching import Ambiguity, By, Enriching, Matched, Report
from bot.messages.matching import (
    UNFIT_AT_ONCE,
    all_fit,
    match_line,
    match_report,
    numbers,
    read_unfit,
    rows,
    unfit,
    unfit_button,
    unfit_list,
)
from bot.slack.poster import message_problems
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
    "unfit": unfit_list(HOLES, unfit(HOLES)[:UNFIT_AT_ONCE], NAMES, first=0, total=21),
    "unfit-end": unfit_list(FIELD, unfit(FIELD), NAMES, first=20, total=22),
    "unfit-nobody": unfit_list(WHOLE, unfit(WHOLE), NAMES, first=0, total=0),
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


def test_who_does_not_fit_is_who_is_a_customer_today_and_was_not_found_there() -> None:
    told = unfit(HOLES)

    assert [row.number for row in told] == [7, 21, 22, 31, *range(50, 62), 6]
    assert [row.source for row in told] == ["stripe"] * 16 + ["hubspot"]
    assert unfit(WHOLE) == []
    assert all_fit(WHOLE) is True
    assert all_fit(HOLES) is all_fit(FIELD) is False
    assert all_fit(replace(HOLES, today=frozenset())) is True


def test_the_list_goes_on_where_it_was_left() -> None:
    long = replace(HOLES, today=HOLES.today | {32, 8})
    shown = unfit_list(long, unfit(long)[:5], NAMES, first=0, total=len(unfit(long)))

    pressed = shown.blocks[-1]["elements"][0]
    assert read_unfit({"actions": [unfit_button("stripe")]}) == ("stripe", 0)
    assert read_unfit({"actions": [pressed]}) == ("stripe", 5)
    assert pressed["text"]["text"] == "Show 14 more"


def test_no_name_of_a_customer_is_longer_than_its_line() -> None:
    """Whatever 20 customers are called, Slack takes the list and no line is lost."""
    long = dict.fromkeys(range(1, 100), "&" * 300)
    shown = unfit_list(HOLES, unfit(HOLES), long, first=0, total=17)

    assert message_problems(shown) == []
    lines = "\n".join(block["text"]["text"] for block in shown.blocks if "text" in block)
    assert lines.count("•") == 17
