"""The list of rules, the form for one, and what the past says of it."""

from dataclasses import fields, replace
from datetime import date
from typing import Any

import pytest

from bot.domain.backtest import BackTest, Episode, Suggestion
from bot.domain.detection import Level, Reason, Settings, Sight, Verdict
from bot.domain.lines import Point, Shape
from bot.domain.period import Kind
from bot.domain.watching import Figure, Rule
from bot.errors import Misunderstood
from bot.messages.blocks import Block, Message
from bot.messages.rules import (
    backtest_answer,
    read_rule,
    read_suggestion,
    rule_form,
    rule_gone,
    rule_kept,
    rules_list,
    what_it_saw,
    what_it_sees,
)
from tests.messages.conftest import Golden
from tests.messages.figures import DEFINITION, NASTY, period

BY_LUCK = Rule("Retention dropped", "C0SUCCESS", segments=("region", "plan"))
LINE = Rule(
    "NRR below 100",
    "C0SUCCESS",
    figure=Figure.NRR,
    shape=Shape.BELOW,
    limit=100,
    only=(("plan", "pro"),),
    made_by="U1",
)
PAUSED = replace(LINE, name=NASTY, shape=Shape.FALL_PERCENT, limit=2.5, periods=3, paused=True)
ANSWERS = replace(LINE, name="NPS of pro", figure=Figure.NPS, limit=20)
SIGHT = Sight(50, 2.5, 4.2, 0.02)
MONTHS = [period(Kind.MONTH, date(2026, n, 1)) for n in range(1, 11)]
VERDICTS = tuple(
    Verdict(
        Reason.DROPPED if n == 8 else Reason.NORMAL, month, 50, 12 if n == 8 else 2, sight=SIGHT
    )
    for n, month in enumerate(MONTHS)
)
TESTED = BackTest(Settings(), VERDICTS, (Episode(VERDICTS[8], None),))
QUIET = replace(TESTED, episodes=())
FINE, STILL = Suggestion(Settings(), TESTED, TESTED), Suggestion(Settings(), QUIET, QUIET)
LOUD = Suggestion(Settings(Level.QUIET, unexplained=0.06), TESTED, QUIET)
NOTHING = BackTest(Settings(), (), ())

SHOWN: dict[str, Message | Block] = {
    "rules": rules_list([BY_LUCK], [LINE, PAUSED]),
    "rules-none": rules_list([], []),
    "rules-many": rules_list([replace(BY_LUCK, name=f"Rule {n}") for n in range(30)], []),
    "rule-form-new": rule_form(None, "C0SUCCESS"),
    "rule-form-change": rule_form(LINE, "C0OTHER"),
    "rule-kept": rule_kept(BY_LUCK, what_it_sees(SIGHT, BY_LUCK)),
    "rule-kept-blind": rule_kept(BY_LUCK, what_it_sees(replace(SIGHT, opening=5), BY_LUCK)),
    "rule-kept-too-early": rule_kept(BY_LUCK, what_it_sees(None, BY_LUCK)),
    "rule-kept-line": rule_kept(LINE, what_it_saw(LINE, Point(MONTHS[-1], 97.5, 40), nobody=0)),
    "rule-kept-answers": rule_kept(
        ANSWERS, what_it_saw(ANSWERS, Point(MONTHS[-1], -50, 12), nobody=1)
    ),
    "rule-kept-nothing-seen": rule_kept(
        ANSWERS, what_it_saw(ANSWERS, Point(MONTHS[-1], None, 0), nobody=3)
    ),
    "rule-gone": rule_gone(NASTY),
    "backtest": backtest_answer(BY_LUCK, TESTED, FINE, DEFINITION),
    "backtest-suggests": backtest_answer(BY_LUCK, TESTED, LOUD, DEFINITION),
    "backtest-suggests-own": backtest_answer(
        replace(BY_LUCK, made_by="U1"), TESTED, LOUD, DEFINITION
    ),
    "backtest-quiet": backtest_answer(BY_LUCK, QUIET, STILL, DEFINITION),
    "backtest-nothing": backtest_answer(
        BY_LUCK, NOTHING, Suggestion(Settings(), NOTHING, NOTHING), DEFINITION
    ),
}  # fmt: skip


@pytest.mark.parametrize("name", SHOWN)
def test_looks_as_it_did(name: str, golden: Golden) -> None:
    golden(name, SHOWN[name])


def sent(form: Any, **typed: Any) -> dict[str, Any]:
    """What the form sends, as it is but for what was typed."""
    values: dict[str, Any] = {}
    for block in form["blocks"]:
        element = block["element"]
        values[block["block_id"]] = {
            "chosen": {
                "value": element.get("initial_value"),
                "selected_option": element.get("initial_option"),
                "selected_conversation": element.get("initial_conversation"),
            }
        }
    for name, value in typed.items():
        values[name]["chosen"]["value"] = value
    return {"view": {"state": {"values": values}}, "user": {"id": "U1"}}


@pytest.mark.parametrize(
    "rule",
    [
        LINE,
        BY_LUCK,
        replace(PAUSED, name="x"),
        replace(BY_LUCK, remind_days=0, settle_days=3, unexplained=0.06, expected_crr=0.9),
        replace(LINE, made_by="U2", periods=12),
    ],
)
def test_a_form_that_is_sent_as_it_was_shown_changes_nothing(rule: Rule) -> None:
    assert read_rule(sent(rule_form(rule, "C0OTHER")), rule) == rule


def test_a_new_rule_is_of_who_made_it() -> None:
    made = read_rule(sent(rule_form(None, "C0"), name="Mine"), None)

    assert made == Rule("Mine", "C0", made_by="U1")


@pytest.mark.parametrize(
    ("typed", "field"),
    [
        ({"name": " "}, "name"),
        ({"limit": "much"}, "limit"),
        ({"limit": "nan"}, "limit"),
        ({"limit": "inf"}, "limit"),
        ({"base": "0"}, "base"),
        ({"base": ""}, "base"),
        ({"base": "²"}, "base"),
        ({"periods": "0"}, "periods"),
        ({"periods": "61"}, "periods"),
        ({"remind": "-1"}, "remind"),
        ({"settle": "61"}, "settle"),
        ({"unexplained": "-0.1"}, "unexplained"),
        ({"unexplained": "1.1"}, "unexplained"),
        ({"unexplained": "some"}, "unexplained"),
        ({"expected": "0"}, "expected"),
        ({"expected": "100"}, "expected"),
        ({"expected": "nan"}, "expected"),
    ],
)
def test_what_is_wrong_is_told_at_its_field(typed: dict[str, str], field: str) -> None:
    wrong = read_rule(sent(rule_form(LINE, "C0"), **typed), None)

    assert isinstance(wrong, dict)
    assert list(wrong) == [field]


def test_a_comma_is_as_good_as_a_point() -> None:
    made = read_rule(sent(rule_form(LINE, "C0"), limit="2,5"), None)

    assert isinstance(made, Rule)
    assert made.limit == 2.5


def test_what_is_left_out_is_as_usual() -> None:
    form = rule_form(replace(LINE, unexplained=0.06, expected_crr=0.9), "C0")
    left_out = dict.fromkeys(("periods", "remind", "settle", "unexplained", "expected"), "")
    made = read_rule(sent(form, **left_out), LINE)

    assert isinstance(made, Rule)
    assert (made.periods, made.remind_days, made.settle_days) == (1, 7, 0)
    assert (made.unexplained, made.expected_crr) == (0, None)


def test_what_a_detection_assumes_is_typed_too() -> None:
    made = read_rule(sent(rule_form(BY_LUCK, "C0"), unexplained="0,0625", expected="94.7"), None)

    assert isinstance(made, Rule)
    assert (made.unexplained, made.expected_crr) == (0.0625, 0.947)


def test_every_setting_of_a_rule_is_in_the_form() -> None:
    """But for what a button sets, and who made it. `only` stands among the segments."""
    blocks = {block["block_id"] for block in rule_form(None, "C0")["blocks"]}
    by_block = {
        "name": "name", "channel": "channel", "figure": "figure", "kind": "period",
        "shape": "kind", "level": "level", "limit": "limit", "periods": "periods",
        "minimum_base": "base", "segments": "segments", "only": "segments",
        "remind_days": "remind", "settle_days": "settle", "unexplained": "unexplained",
        "expected_crr": "expected",
    }  # fmt: skip

    assert {f.name for f in fields(Rule)} == {*by_block, "paused", "made_by"}
    assert set(by_block.values()) == blocks


def test_what_a_test_suggests_is_read_from_its_button() -> None:
    own = replace(BY_LUCK, name=NASTY, made_by="U1")
    shown = backtest_answer(own, TESTED, LOUD, DEFINITION)
    [buttons] = [block for block in shown.blocks if block["type"] == "actions"]
    pressed = {"actions": buttons["elements"]}

    assert read_suggestion(pressed) == (NASTY, Level.QUIET, 0.06)


def test_a_rule_of_config_yaml_has_no_button_that_sets_it() -> None:
    shown = backtest_answer(BY_LUCK, TESTED, LOUD, DEFINITION)

    assert not [block for block in shown.blocks if block["type"] == "actions"]


@pytest.mark.parametrize("value", ["", "{}", '{"rule": "x", "level": "loud", "unexplained": 0}'])
def test_a_click_that_suggests_nothing_is_refused(value: str) -> None:
    with pytest.raises(Misunderstood):
        read_suggestion({"actions": [{"value": value}]})


def test_a_form_of_something_else_is_refused() -> None:
    with pytest.raises(Misunderstood):
        read_rule({"view": {}}, None)
