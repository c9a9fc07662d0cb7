"""One look of a rule by luck: from columns to what an incident shows."""

from dataclasses import replace
from datetime import date, timedelta

import numpy as np
import pytest

from bot.domain.columns import PARTS, Columns, Revenue
from bot.domain.definition import Definition, Parents
from bot.domain.detection import Past, Reason
from bot.domain.evaluation import (
    Background,
    by_revenue,
    evaluate,
    history,
    monthly,
    settings_here,
    splits,
)
from bot.domain.lateness import Recording
from bot.domain.parents import Groups
from bot.domain.period import Kind, day_number, period_of, run_up
from bot.domain.watching import Rule
from bot.errors import Misunderstood
from tests.domain.companies import Company, columns_of, dimension_of

DEFINITION = Definition(zone="Europe/Amsterdam")
OCTOBER = period_of(Kind.MONTH, date(2026, 10, 1), DEFINITION)
NOVEMBER = period_of(Kind.MONTH, date(2026, 11, 1), DEFINITION)
RULE = Rule("dropped", "C1")
JOINED = date(2020, 1, 15)
MONTHS = run_up(OCTOBER, 30, DEFINITION)


def company(*leaving: int, usual: int = 4, staying: int = 600) -> Company:
    """Of whom `usual` leave in each of 30 months, and so many as are named in the last of them."""
    made: Company = {}
    losses = [usual] * (len(MONTHS) - len(leaving)) + list(leaving)
    for month, lost in zip(MONTHS, losses, strict=True):
        for n in range(lost):
            made[len(made)] = [(JOINED, month.first + timedelta(days=2 + n % 20))]
    for _ in range(staying):
        made[len(made)] = [(JOINED, None)]
    return made


def columns(of: Company, **known: date) -> Columns:
    plans = dimension_of([(who, JOINED, "ab"[who % 2]) for who in of])
    return columns_of(of, dimensions={"plan": plans}, **known)


def test_a_drop_is_told_with_its_counts_its_band_and_who_left() -> None:
    found = columns(company(30))
    seen, verdict = evaluate(found, RULE, OCTOBER, definition=DEFINITION, past=Past())

    assert verdict.reason is Reason.DROPPED
    assert seen.dropped
    assert not seen.over
    assert seen.silent == ""
    assert seen.parts == ("",)
    evidence = seen.evidence
    assert (evidence.opening, evidence.kept) == (630, 600)
    assert evidence.value == pytest.approx(100 * 600 / 630)
    assert evidence.left_count == 30
    assert len(evidence.left) == 30
    assert evidence.made_of == 24
    [everybody] = evidence.groups
    assert (everybody.label, everybody.opening, everybody.lost) == ("", 630, 30)
    assert len(evidence.marks) == 13
    newest = evidence.marks[-1]
    assert newest.low is not None
    assert newest.value < newest.low
    assert seen.reading.observed == pytest.approx(600 / 630)
    assert seen.reading.expected == pytest.approx(626 / 630, abs=0.003)


def test_a_usual_month_is_not_told() -> None:
    seen, verdict = evaluate(columns(company(3)), RULE, OCTOBER, definition=DEFINITION, past=Past())

    assert verdict.reason is Reason.NORMAL
    assert not seen.dropped
    assert seen.over
    assert seen.parts == ()
    assert seen.evidence.years is None


def test_the_segment_that_fell_is_named_with_its_own_leavers() -> None:
    """All who leave in October have plan a; nobody of plan b does."""
    of = company(usual=4)
    fallen = [n for n in range(len(of), len(of) + 60)]
    for n in fallen:
        of[n] = [(JOINED, date(2026, 10, 5) if n % 4 == 0 else None)]
    rule = replace(RULE, segments=("plan", "nowhere"))
    seen, _ = evaluate(columns(of), rule, OCTOBER, definition=DEFINITION, past=Past())

    assert seen.dropped
    assert "plan=a" in seen.parts
    assert "plan=b" not in seen.parts
    labels = [group.label for group in seen.evidence.groups]
    assert labels[0] == ""
    assert "plan=a" in labels
    assert seen.evidence.normal_segments == 1


def test_a_field_that_nobody_has_is_split_by_nothing() -> None:
    found = columns(company())

    assert splits(found, replace(RULE, segments=("region",)), OCTOBER, DEFINITION) == []
    [split] = splits(found, replace(RULE, segments=("PLAN",)), OCTOBER, DEFINITION)
    assert (split.dimension, split.labels) == ("plan", ("a", "b"))


def test_of_one_segment_alone_nobody_else_is_counted() -> None:
    of = company(30)
    rule = replace(RULE, only=(("plan", "a"),))
    seen, _ = evaluate(columns(of), rule, OCTOBER, definition=DEFINITION, past=Past())

    there = [who for who, [(_, until)] in of.items() if until is None or until > OCTOBER.first]
    assert seen.evidence.opening == sum(who % 2 == 0 for who in there)
    assert all(who % 2 == 0 for who in seen.evidence.left)


@pytest.mark.parametrize("only", [("plan", "z"), ("region", "dach"), ("tenure", "0-2")])
def test_a_segment_that_is_not_known_is_said_to_be_so(only: tuple[str, str]) -> None:
    with pytest.raises(Misunderstood):
        history(columns(company()), replace(RULE, only=(only,)), OCTOBER, DEFINITION)


def test_a_month_of_which_the_end_is_not_known_has_no_history() -> None:
    found = columns(company(), known_to=date(2026, 11, 1))

    assert len(history(found, RULE, OCTOBER, DEFINITION)) == 60
    assert len(history(found, RULE, NOVEMBER, DEFINITION)) == 0
    seen, verdict = evaluate(found, RULE, NOVEMBER, definition=DEFINITION, past=Past())
    assert verdict.reason is Reason.NO_DATA
    assert (seen.dropped, seen.silent) == (False, "no_data")


def test_months_before_we_could_tell_are_no_history() -> None:
    found = columns(company(), known_from=date(2026, 3, 15))

    assert len(history(found, RULE, OCTOBER, DEFINITION)) == 7


def test_a_week_is_judged_by_the_months_that_end_with_it() -> None:
    weekly, week = (
        replace(RULE, kind=Kind.WEEK),
        period_of(Kind.WEEK, date(2026, 11, 4), DEFINITION),
    )
    counted = history(columns(company(), known_to=week.next), weekly, week, DEFINITION)

    assert counted.periods[-1].next == week.next
    assert counted.periods[-1].first == date(2026, 10, 9)


def test_of_nobody_nothing_is_said() -> None:
    seen, verdict = evaluate(columns_of({}), RULE, OCTOBER, definition=DEFINITION, past=Past())

    assert verdict.reason is Reason.NO_DATA
    assert seen.evidence.groups == ()
    assert seen.evidence.left == ()


def one_group(of: Company, *members: int) -> Groups:
    codes = np.array(sorted(members), np.int32)
    return Groups(codes, np.zeros(len(codes), np.int32), ("Acme Group",))


def test_customers_of_one_account_who_left_together_are_named_as_one() -> None:
    of = company(14)
    gone = [w for w, [(_, until)] in of.items() if until is not None and until > OCTOBER.first]
    together = Background(groups=one_group(of, *gone[:9]))
    alone, _ = evaluate(columns(of), RULE, OCTOBER, definition=DEFINITION, past=Past())
    seen, _ = evaluate(
        columns(of), RULE, OCTOBER, definition=DEFINITION, past=Past(), background=together
    )

    assert alone.evidence.account is None
    assert seen.evidence.account == ("Acme Group", 9)
    assert alone.chance is not None
    assert seen.chance is not None


def test_where_customers_leave_together_luck_strays_further() -> None:
    of = company(14)
    groups = one_group(of, *range(len(of) - 40, len(of)))
    found = columns(of)
    settings = settings_here(found, RULE, OCTOBER, DEFINITION, groups)

    there = 600 + 14
    assert settings.clustering == pytest.approx((40**2 + there - 40) / there)
    assert settings_here(found, RULE, OCTOBER, DEFINITION, None) == RULE.settings
    top = replace(DEFINITION, parents=Parents.TOP)
    assert settings_here(found, RULE, OCTOBER, top, None).clustering == 1.0
    loud, _ = evaluate(found, RULE, OCTOBER, definition=DEFINITION, past=Past())
    calm, _ = evaluate(
        found,
        RULE,
        OCTOBER,
        definition=DEFINITION,
        past=Past(),
        background=Background(None, groups),
    )
    assert loud.chance is not None
    assert calm.chance is not None
    assert loud.chance < calm.chance


def test_what_is_recorded_late_is_not_waited_for_and_that_is_said() -> None:
    """Half of who left is recorded; nine are known of whom four were expected."""
    by_age = np.where(np.arange(200) < 32, 0.5, 1.0)
    half = Recording(by_age, day_number(NOVEMBER.first))
    found = columns(company(9))
    plain, _ = evaluate(found, RULE, OCTOBER, definition=DEFINITION, past=Past())
    seen, _ = evaluate(
        found, RULE, OCTOBER, definition=DEFINITION, past=Past(), background=Background(half)
    )

    assert plain.evidence.recorded is None
    assert seen.evidence.recorded == pytest.approx(0.5)
    assert seen.evidence.groups[0].expected < 0.6 * plain.evidence.groups[0].expected
    assert seen.chance is not None
    assert plain.chance is not None
    assert seen.chance < plain.chance
    low = [evidence.marks[-1].low for evidence in (plain.evidence, seen.evidence)]
    assert None not in low
    assert low[0] < low[1]  # type: ignore[operator]


def test_what_is_recorded_at_once_needs_no_word() -> None:
    whole = Background(Recording(np.ones(200), day_number(NOVEMBER.first)))
    seen, _ = evaluate(
        columns(company(30)), RULE, OCTOBER, definition=DEFINITION, past=Past(), background=whole
    )

    assert seen.evidence.recorded is None


def paying(amounts: dict[int, int], currency: str = "EUR") -> Revenue:
    codes = np.array(sorted(amounts), np.int32)
    count = len(codes)
    return Revenue(
        codes,
        np.full(count, day_number(JOINED), np.int32),
        np.full(count, 2**31 - 1, np.int32),
        np.array([PARTS * amounts[code] for code in codes.tolist()], np.int64),
        np.zeros(count, np.int32),
        (currency,),
    )


def test_who_paid_most_comes_first() -> None:
    found = replace(columns(company()), revenue=paying({1: 50, 2: 900, 3: 50}))
    wanted = np.array([1, 2, 3, 4], np.int32)

    assert by_revenue(found, wanted, OCTOBER, DEFINITION).tolist() == [2, 1, 3, 4]
    told = monthly(found, wanted, OCTOBER, DEFINITION)
    assert told is not None
    assert ((told[0] // PARTS).tolist(), told[1]) == ([50, 900, 50, 0], "EUR")


def test_amounts_that_cannot_be_added_up_are_not_told() -> None:
    found = columns(company())
    dollars = replace(found, revenue=paying({1: 50}, "USD"))
    euros = replace(DEFINITION, rates=(("EUR", 1.0),))

    assert monthly(found, np.array([1], np.int32), OCTOBER, DEFINITION) is None
    assert monthly(dollars, np.array([1], np.int32), OCTOBER, euros) is None
