"""What becomes of an incident by what is seen, by whom it is followed, and by time."""

from dataclasses import replace
from datetime import UTC, date, datetime, timedelta

import pytest

from bot.domain.incidents import (
    Evaluation,
    Evidence,
    Group,
    Incident,
    IncidentState,
    Move,
    Reading,
    asks_whether_normal,
    is_retracted,
    line_moves,
    move,
    reminder_due,
)
from bot.domain.lines import LineReason

NOON = datetime(2026, 11, 1, 12, tzinfo=UTC)
OCTOBER, NOVEMBER = (
    Reading(date(2026, 10, 1), 0.88, 0.95),
    Reading(date(2026, 11, 1), 0.87, 0.95),
)
OPEN = Incident(
    1, "monthly", "", IncidentState.OPEN, NOON, OCTOBER, OCTOBER, told_chance=0.01, told_parts=("",)
)
TWO_MONTHS = replace(OPEN, periods=2)


def seen(reading: Reading = NOVEMBER, **changes: object) -> Evaluation:
    evidence = Evidence(reading.period, reading.period + timedelta(days=30))
    usual = Evaluation(reading, evidence, dropped=True, chance=0.005, parts=("",))
    return replace(usual, **changes)  # type: ignore[arg-type]  # the fields of an Evaluation


def test_without_an_incident_a_drop_opens_one() -> None:
    assert move(None, seen()) is Move.OPEN
    assert move(None, seen(dropped=False)) is Move.NOTHING


def test_what_a_person_called_over_is_not_raised_anew_by_the_same_days() -> None:
    closed = replace(OPEN, state=IncidentState.RESOLVED, resolved_by="U0LEAD")
    by_itself = replace(closed, resolved_by="")
    since_october = Group("", OCTOBER.period, date(2026, 12, 1), 2, 100, 20, 5, 0.005, dropped=True)
    evidence = Evidence(NOVEMBER.period, date(2026, 12, 1), groups=(since_october,))
    november = replace(evidence, groups=(replace(since_october, first=NOVEMBER.period),))

    assert move(None, seen(evidence=evidence), closed=closed) is Move.NOTHING
    assert move(None, seen(evidence=evidence), closed=by_itself) is Move.OPEN
    assert move(None, seen(evidence=november), closed=closed) is Move.OPEN
    assert move(None, seen(evidence=evidence, chance=0.001), closed=closed) is Move.OPEN
    assert move(None, seen(evidence=evidence, parts=("", "dach")), closed=closed) is Move.OPEN


def test_what_can_not_be_judged_changes_nothing() -> None:
    assert move(None, seen(silent="short_history")) is Move.NOTHING
    assert move(OPEN, seen(silent="small_base", over=True)) is Move.NOTHING


def test_the_same_period_again_only_brings_the_message_up_to_date() -> None:
    assert move(OPEN, seen(OCTOBER)) is Move.NOTHING
    late = replace(OCTOBER, observed=0.87)
    assert move(OPEN, seen(late)) is Move.UPDATE
    assert move(TWO_MONTHS, seen(late, over=True)) is Move.UPDATE
    assert move(OPEN, seen(late, dropped=False)) is Move.UPDATE


def test_the_same_period_is_told_again_when_it_got_clearly_worse_by_what_is_known() -> None:
    late = replace(OCTOBER, observed=0.80)
    assert move(OPEN, seen(late, chance=1e-9)) is Move.WORSEN
    assert move(OPEN, seen(late, parts=("", "a"))) is Move.WORSEN


def test_what_never_was_by_what_is_known_is_taken_back() -> None:
    right = replace(OCTOBER, observed=0.96)
    fine = seen(right, dropped=False, over=True)

    assert move(OPEN, fine) is Move.RETRACT
    assert move(OPEN, replace(fine, chance=None)) is Move.RETRACT
    assert move(replace(OPEN, told_parts=("plan=pro",)), replace(fine, still=("plan=pro",))) is (
        Move.UPDATE
    )
    lasted = replace(TWO_MONTHS, latest=NOVEMBER)
    assert move(lasted, replace(fine, reading=replace(NOVEMBER, observed=0.96))) is Move.UPDATE


def test_only_what_the_figure_resolved_in_its_own_period_was_taken_back() -> None:
    over = replace(OPEN, state=IncidentState.RESOLVED)

    assert is_retracted(over)
    assert not is_retracted(OPEN)
    assert not is_retracted(replace(over, resolved_by="U1"))
    assert not is_retracted(replace(over, latest=NOVEMBER))


def test_by_luck_nothing_is_over_right_after_it_was_opened() -> None:
    assert move(OPEN, seen(over=True, dropped=False)) is Move.UPDATE
    assert move(TWO_MONTHS, seen(over=True, dropped=False)) is Move.RESOLVE


def test_a_plain_rule_is_over_as_soon_as_it_is() -> None:
    assert move(OPEN, seen(over=True, dropped=False, chance=None)) is Move.RESOLVE


def test_a_segment_that_was_told_of_must_be_over_too() -> None:
    told = replace(TWO_MONTHS, told_parts=("", "region=dach"))
    over = seen(over=True, dropped=False)

    assert move(told, replace(over, still=("region=dach",))) is Move.UPDATE
    assert move(told, replace(over, still=("region=uk",))) is Move.RESOLVE


@pytest.mark.parametrize(
    ("chance", "expected"), [(0.001, Move.WORSEN), (0.00101, Move.UPDATE), (0.5, Move.UPDATE)]
)
def test_clearly_worse_is_ten_times_less_likely_than_what_was_told(
    chance: float, expected: Move
) -> None:
    assert move(OPEN, seen(chance=chance)) is expected


def test_a_segment_that_joins_is_clearly_worse_and_one_that_recovers_is_not() -> None:
    both = replace(OPEN, told_parts=("", "region=dach"))

    assert move(OPEN, seen(parts=("", "region=dach"))) is Move.WORSEN
    assert move(both, seen(parts=("",))) is Move.UPDATE
    assert move(OPEN, seen(parts=("plan=pro",), dropped=False)) is Move.UPDATE


def test_after_six_periods_it_is_asked_whether_this_is_normal() -> None:
    assert not asks_whether_normal(replace(OPEN, periods=5))
    assert asks_whether_normal(replace(OPEN, periods=6))
    assert not asks_whether_normal(replace(OPEN, periods=9, state=IncidentState.RESOLVED))


def test_who_said_that_it_is_not_is_asked_again_after_as_long() -> None:
    assert not asks_whether_normal(replace(OPEN, periods=11, not_normal_at=6))
    assert asks_whether_normal(replace(OPEN, periods=12, not_normal_at=6))


def test_a_reminder_comes_days_after_people_last_heard() -> None:
    week = NOON + timedelta(days=7)
    just_before = week - timedelta(seconds=1)

    assert not reminder_due(OPEN, 7, just_before)
    assert reminder_due(OPEN, 7, week)
    assert not reminder_due(OPEN, 0, week)
    assert not reminder_due(replace(OPEN, acknowledged_at=just_before), 7, week)
    assert not reminder_due(replace(OPEN, reminded_at=just_before), 7, week)
    assert not reminder_due(replace(OPEN, state=IncidentState.RESOLVED), 7, week)


def test_who_snoozed_hears_when_that_is_over_and_not_before() -> None:
    month = NOON + timedelta(days=30)
    asleep = replace(OPEN, snoozed_until=month)

    assert not reminder_due(asleep, 7, month - timedelta(seconds=1))
    assert reminder_due(asleep, 7, month)
    assert reminder_due(asleep, 0, month)


def test_every_reason_of_a_plain_rule_moves_something_or_says_why_not() -> None:
    told = {reason: line_moves(reason) for reason in LineReason}

    assert told[LineReason.CROSSED] == told[LineReason.STILL] == (True, False, "")
    assert told[LineReason.BACK] == (False, True, "")
    assert told[LineReason.FINE] == (False, False, "")
    silent = {reason for reason, (_, _, why) in told.items() if why}
    assert silent == set(LineReason) - {
        LineReason.CROSSED,
        LineReason.STILL,
        LineReason.BACK,
        LineReason.FINE,
    }
