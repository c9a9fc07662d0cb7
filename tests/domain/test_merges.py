"""Records that are one customer: whom they belong to, and what becomes of all that is known."""

from dataclasses import replace

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from bot.domain.columns import FOREVER, Columns, Dimension, Occasions, Revenue
from bot.domain.definition import Definition
from bot.domain.merges import as_one, resolved, told_by, with_merged
from bot.domain.period import from_day_number
from bot.domain.stays import Evidence, Known, from_dates, from_presence, implausible, joined
from integrations.records import DatedStay, Present

TODAY = 1_000
ALWAYS = int(FOREVER)


def array(*values: int) -> np.ndarray[tuple[int], np.dtype[np.int32]]:
    return np.array(values, dtype=np.int32)


def columns(*rows: tuple[int, int, int], **more: object) -> Columns:
    customer, since, until = zip(*sorted(rows), strict=True)
    return Columns(array(*customer), array(*since), array(*until), **more)  # type: ignore[arg-type]


def rows(of: Columns) -> list[tuple[int, int, int]]:
    return list(zip(of.customer.tolist(), of.since.tolist(), of.until.tolist(), strict=True))


def known(id: str, *stays: tuple[int, int | None], was: tuple[str, ...] = ()) -> Known:
    return Known(id, id.title(), stays, {}, was=was)


@pytest.mark.parametrize(
    ("said", "ends"),
    [
        ([], {}),
        ([(1, 2)], {1: 2}),
        ([(1, 2), (2, 3)], {1: 3, 2: 3}),
        ([(2, 3), (1, 2)], {1: 3, 2: 3}),
        ([(1, 2), (2, 1)], {2: 1}),
        ([(1, 2), (2, 3), (3, 1)], {2: 1, 3: 1}),
        ([(1, 1)], {}),
    ],
    ids=["none", "one", "chain", "chain backwards", "circle of two", "circle of three", "itself"],
)
def test_a_record_belongs_to_the_end_of_its_chain(
    said: list[tuple[int, int]], ends: dict[int, int]
) -> None:
    assert resolved(said) == ends


@given(st.dictionaries(st.integers(1, 6), st.integers(1, 6)))
def test_whatever_is_said_nobody_belongs_to_somebody_who_belongs_to_another(
    said: dict[int, int],
) -> None:
    ends = resolved(list(said.items()))

    assert not set(ends) & set(ends.values())
    assert set(ends) <= set(said)
    if said:
        [*_, (old, new)] = said.items()
        assert old == new or old in ends, "the newest word holds"


def test_stays_of_both_are_one_customers() -> None:
    made = as_one(columns((1, 0, 100), (2, 90, ALWAYS), (3, 5, 6)), {1: 2}, grace_days=0)

    assert rows(made) == [(2, 0, ALWAYS), (3, 5, 6)]


@pytest.mark.parametrize(("gap", "stays"), [(0, 1), (7, 1), (8, 2)])
def test_a_gap_between_records_is_bridged_as_any_other(gap: int, stays: int) -> None:
    made = as_one(columns((1, 0, 100), (2, 100 + gap, ALWAYS)), {1: 2}, grace_days=7)

    assert len(made) == stays
    assert set(made.customer.tolist()) == {2}


def test_nobody_else_is_touched() -> None:
    everyone = columns((1, 0, 9), (1, 20, 30), (5, 0, ALWAYS))

    assert as_one(everyone, {}, 7) is everyone
    assert as_one(everyone, {7: 5, 8: 9}, 7) is everyone


@given(
    st.lists(
        st.tuples(st.integers(1, 5), st.integers(0, 60), st.integers(0, 30)), min_size=1, max_size=8
    ),
    st.dictionaries(st.integers(1, 4), st.just(5)),
    st.integers(0, 5),
)
def test_a_day_is_covered_after_a_merge_when_any_record_covered_it_or_grace_does(
    spans: list[tuple[int, int, int]], into: dict[int, int], grace: int
) -> None:
    own: dict[int, list[tuple[int, int | None]]] = {}
    for who, since, days in spans:
        own.setdefault(who, []).append((since, since + days))
    before = columns(*((who, a, b or 0) for who in own for a, b in joined(own[who], grace)))

    made = as_one(before, into, grace)

    everyone: dict[int, list[tuple[int, int | None]]] = {}
    for who, a, b in rows(before):
        everyone.setdefault(into.get(who, who), []).append((a, b))
    assert rows(made) == [
        (who, a, b) for who in sorted(everyone) for a, b in joined(everyone[who], grace)
    ]


def test_what_both_pay_adds_up_and_stays_in_order() -> None:
    paid = Revenue(
        customer=array(1, 2, 3),
        since=array(0, 50, 0),
        until=array(100, ALWAYS, ALWAYS),
        amount=np.array([5, 7, 9]),
        currency=array(0, 0, 0),
        currencies=("EUR",),
    )
    everyone = columns((1, 0, 100), (2, 50, ALWAYS), (3, 0, ALWAYS), revenue=paid)

    made = as_one(everyone, {3: 1}, grace_days=0).revenue

    assert made is not None
    assert made.customer.tolist() == [1, 1, 2]
    assert sorted(made.amount.tolist()) == [5, 7, 9]
    assert made.amount.tolist()[2] == 7


def test_a_field_is_what_the_own_record_says_and_before_that_what_the_other_said() -> None:
    plan = Dimension(("basic", "pro"), array(1, 1, 2), array(0, 80, 50), array(0, 1, 1))
    other = Dimension(("eu",), array(1), array(0), array(0))
    everyone = columns((1, 0, 100), (2, 50, ALWAYS), dimensions={"plan": plan, "region": other})

    made = as_one(everyone, {1: 2}, grace_days=0).dimensions

    said = made["plan"]
    assert said.customer.tolist() == [2, 2]
    assert said.since.tolist() == [0, 50]
    assert said.label.tolist() == [0, 1]
    assert made["region"].customer.tolist() == [2]


def test_of_one_day_the_own_record_has_the_word() -> None:
    plan = Dimension(("basic", "pro"), array(1, 2), array(50, 50), array(1, 0))
    everyone = columns((1, 0, 100), (2, 50, ALWAYS), dimensions={"plan": plan})

    said = as_one(everyone, {1: 2}, grace_days=0).dimensions["plan"]

    assert (said.customer.tolist(), said.label.tolist()) == ([2], [0])


def test_a_merged_record_that_the_source_still_has_is_as_it_says() -> None:
    before = {"a": known("a", (100, None)), "b": known("b", (500, None))}

    seen = with_merged(before, {}, before, {"a"}, TODAY)

    assert seen == before


def test_a_record_that_stands_there_on_its_own_was_not_merged() -> None:
    records = [
        Present("b", "B", was=("a", "c", "b")),
        Present("c", "C"),
        Present("d", "D"),
    ]

    assert told_by(records) == {"b": {"a"}}


def test_a_dated_record_that_was_merged_keeps_its_stays_and_ends_today() -> None:
    records = [DatedStay("b", "B", from_day_number(500), was=("a",))]
    before = {
        "a": known("a", (100, None)),
        "b": known("b", (500, None)),
        "x": known("x", (1, None)),
    }

    seen = with_merged(from_dates(records, Definition()), told_by(records), before, set(), TODAY)

    assert seen["a"].stays == ((100, TODAY),)
    assert seen["b"].stays == ((500, None),)
    assert seen["b"].was == ("a",)
    assert "x" not in seen, "who just vanished is not kept"


def test_what_was_merged_before_is_kept_though_nobody_says_so_any_more() -> None:
    before = {"a": known("a", (100, 900)), "b": known("b", (500, None))}
    seen = with_merged({"b": before["b"]}, {}, before, {"a"}, TODAY)

    assert seen["a"] == before["a"]


@pytest.mark.parametrize("evidence", [Evidence.DATES, Evidence.PRESENCE])
def test_merged_customers_are_no_vanished_ones(evidence: Evidence) -> None:
    before = {f"c{n}": known(f"c{n}", (0, None)) for n in range(40)}
    today = from_day_number(TODAY)
    records = [Present(f"c{n}", "", was=(f"c{n + 20}",)) for n in range(20)]
    seen = dict(before)
    if evidence is Evidence.DATES:
        seen = {f"c{n}": before[f"c{n}"] for n in range(20)}
    else:
        seen = from_presence(records, before, today, Definition())
    merged = set().union(*told_by(records).values())

    assert implausible(before, seen, today, evidence) is not None
    assert implausible(before, seen, today, evidence, merged=merged) is None
    assert implausible(before, seen, today, evidence, merged=set(list(merged)[4:])) is not None


def test_ends_of_terms_and_purchases_are_the_customers() -> None:
    made = as_one(
        columns(
            (1, 0, 100),
            (2, 90, ALWAYS),
            terms=Occasions(array(1, 9, 2), array(5, 6, 7)),
            purchases=Occasions(array(1, 2), array(8, 9)),
        ),
        {1: 2},
        grace_days=0,
    )

    assert made.terms is not None
    assert made.purchases is not None
    assert made.terms.customer.tolist() == [2, 9, 2]
    assert made.terms.day.tolist() == [5, 6, 7]
    assert made.purchases.customer.tolist() == [2, 2]


def test_a_record_that_was_merged_has_no_renewals_to_come() -> None:
    before = {"old": replace(known("old", (0, None)), terms=(TODAY, TODAY + 1))}

    made = with_merged({"new": known("new", (0, None))}, {"new": {"old"}}, before, set(), TODAY)

    assert made["old"].terms == (TODAY,)
