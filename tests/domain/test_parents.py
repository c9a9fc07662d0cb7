"""Groups as customers: whom each record belongs to, and what becomes of stays and of the past."""

from dataclasses import replace
from datetime import date
from decimal import Decimal

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from bot.domain.columns import Codes
from bot.domain.definition import Definition, Parents
from bot.domain.expected import clustering
from bot.domain.parents import Groups, groups_of, known_under, tops, under
from bot.domain.period import day_number
from bot.domain.stays import Known, from_dates, from_presence
from integrations.records import DatedStay, Present, Purchase

GROUPS = Definition(parents=Parents.TOP)
TODAY = date(2026, 11, 2)
NOW = day_number(TODAY)


def member(id: str, parent: str = "", *, since: int = 0, until: int | None = None) -> DatedStay:
    return DatedStay(
        id,
        id.title(),
        date(2026, 1, 1 + since),
        None if until is None else date(2026, 1, 1 + until),
        {"plan": f"of {id}"},
        parent=parent,
    )


def here(id: str, parent: str = "", *, since: date | None = None, pays: int = 0) -> Present:
    return Present(
        id, id.title(), since, monthly=Decimal(pays), currency="EUR" if pays else "", parent=parent
    )


@pytest.mark.parametrize(
    ("parents", "expected"),
    [
        pytest.param({"a": ""}, {}, id="none"),
        pytest.param({"a": "t", "t": ""}, {"a": "t"}, id="one"),
        pytest.param({"a": "b", "b": "t", "t": ""}, {"a": "t", "b": "t"}, id="chain"),
        pytest.param({"b": "t", "a": "b"}, {"a": "t", "b": "t"}, id="unknown top of a chain"),
        pytest.param({"a": "x", "b": "x"}, {"a": "x", "b": "x"}, id="unknown parent"),
        pytest.param({"a": "a"}, {}, id="its own parent"),
        pytest.param({"b": "a", "a": "b"}, {"b": "a"}, id="circle"),
        pytest.param(
            {"d": "c", "c": "b", "b": "a", "a": "c", "e": "d"},
            {"b": "a", "c": "a", "d": "a", "e": "a"},
            id="into a circle",
        ),
    ],
)
def test_a_record_belongs_to_the_end_of_its_chain(
    parents: dict[str, str], expected: dict[str, str]
) -> None:
    assert tops(member(id, parent) for id, parent in parents.items()) == expected


@given(st.dictionaries(st.sampled_from("abcdef"), st.sampled_from(["", *"abcdefxy"])))
def test_whatever_is_told_nobody_belongs_to_who_belongs_to_another(parents: dict[str, str]) -> None:
    records = [member(id, parent) for id, parent in parents.items()]
    into = tops(records)

    assert not set(into) & set(into.values())
    assert into == tops(reversed(records)), "in any order"
    for id, parent in parents.items():
        if parent:
            assert into.get(id, id) == into.get(parent, parent), "with their parent"


def test_a_group_is_called_and_split_as_its_top() -> None:
    records = [member("b", "t"), member("t"), member("c")]

    [one, top, other] = under(records, tops(records))

    assert (one.customer, one.name, one.fields) == ("t", "T", {"plan": "of t"})
    assert (top, other) == (records[1], records[2])


def test_a_group_whose_top_is_no_customer_has_the_name_of_its_first_member() -> None:
    records = [member("c", "x"), member("b", "x")]

    found = under(records, tops(records))

    assert [(each.customer, each.name) for each in found] == [("x", "B"), ("x", "B")]
    assert [each.fields["plan"] for each in found] == ["of c", "of b"]


def test_the_stays_of_a_group_are_those_of_its_members_together() -> None:
    records = [
        member("a", "t", until=9),
        member("b", "t", since=8, until=20),
        member("t", since=29),
        member("c", until=5),
    ]

    found = from_dates(under(records, tops(records)), GROUPS)

    first = day_number(date(2026, 1, 1))
    assert found["t"].stays == ((first, first + 20), (first + 29, None))
    assert set(found) == {"t", "c"}


def test_purchases_of_members_are_the_groups() -> None:
    records = [Purchase("a", "A", TODAY, parent="t"), Purchase("t", "T", TODAY)]

    assert {each.customer for each in under(records, tops(records))} == {"t"}


class TestTodaysList:
    def after(self, *listed: Present, before: dict[str, Known] | None = None) -> dict[str, Known]:
        into = tops(listed)
        known = known_under(before or {}, into, GROUPS.grace_days)
        return from_presence(under(listed, into), known, TODAY, GROUPS)

    def test_a_group_begins_with_its_first_member_and_pays_for_all(self) -> None:
        found = self.after(
            here("a", "t", since=date(2026, 5, 1), pays=10),
            here("b", "t", since=date(2026, 3, 1), pays=5),
            here("t"),
        )

        assert found["t"].stays == ((day_number(date(2026, 3, 1)), None),)
        assert found["t"].revenue == ((NOW, None, 1_500_000, "EUR"),)

    def test_it_is_there_while_one_of_them_is(self) -> None:
        before = self.after(here("a", "t"), here("b", "t"))

        one = self.after(here("b", "t"), before=before)
        none = self.after(before=one)

        assert one["t"].stays[-1][1] is None
        assert none["t"].stays[-1][1] == NOW

    def test_several_currencies_stand_side_by_side(self) -> None:
        dollars = replace(here("b", "t", pays=7), currency="USD")

        found = self.after(here("a", "t", pays=10), dollars)

        assert [row[2:] for row in found["t"].revenue] == [(1_000_000, "EUR"), (700_000, "USD")]

    def test_who_is_a_member_now_was_one_before(self) -> None:
        """Somebody enters the parent: nobody left for that."""
        before = {
            "a": Known("a", "A", ((1, None),), {}, ((5, None, 3, "EUR"),), terms=(9,)),
            "t": Known("t", "T", ((10, 20),), {}, ((12, 20, 3, "EUR"),), terms=(8,)),
            "z": Known("z", "Z", ((1, None),), {}),
        }

        found = self.after(here("a", "t"), here("t"), here("z"), before=before)

        assert set(found) == {"t", "z"}
        assert found["t"].stays == ((1, None),)
        assert found["t"].terms == (8, 9)
        assert (12, 20, 3, "EUR") in found["t"].revenue
        assert found["z"] == before["z"]

    def test_where_each_is_a_customer_an_id_that_comes_again_is_no_second_one(self) -> None:
        found = from_presence([here("a", pays=1), here("a", pays=2)], {}, TODAY, Definition())

        assert found["a"].revenue == ((NOW, None, 200_000, "EUR"),)


def grouped(id: str, of: str = "") -> Known:
    return Known(id, id.title(), ((0, None),), {}, group=of)


@pytest.mark.parametrize(
    ("records", "expected"),
    [
        pytest.param([member("a")], {}, id="alone"),
        pytest.param([member("a", "t"), member("t")], {"a": "t", "t": "t"}, id="two"),
        pytest.param([member("a", "x"), member("b", "x")], {"a": "x", "b": "x"}, id="no record"),
        pytest.param(
            [member("a", "b"), member("b", "t"), member("t")],
            {"a": "t", "b": "t", "t": "t"},
            id="chain",
        ),
        pytest.param([], {}, id="nobody"),
    ],
)
def test_the_account_is_the_top_and_the_top_is_of_it(
    records: list[DatedStay], expected: dict[str, str]
) -> None:
    assert groups_of(records, {}) == expected


def test_of_changes_alone_what_is_known_of_the_others_holds() -> None:
    known = {each.id: each for each in [grouped("t", "t"), grouped("b", "t"), grouped("c", "t")]}

    assert groups_of([member("a", "b")], known) == {"a": "t"}
    assert groups_of([member("t")], known) == {"t": "t"}
    assert groups_of([member("b")], known) == {"b": ""}
    assert groups_of([member("b", "x")], known) == {"b": "x"}


SOME = Groups(
    np.array([2, 4, 5, 9], np.int32), np.array([0, 1, 1, 0], np.int32), ("Acme", "Globex")
)


def codes(*numbers: int) -> Codes:
    return np.array(numbers, np.int32)


def test_who_is_in_no_account_has_none() -> None:
    assert SOME.of(codes(1, 2, 5, 10)) == {2: 0, 5: 1}
    assert SOME.of(codes()) == {}


def test_who_is_in_no_account_is_one_by_itself() -> None:
    assert sorted(SOME.sizes(codes(1, 2, 4, 5, 7)).tolist()) == [1, 1, 1, 2]
    assert SOME.sizes(codes()).tolist() == []
    assert clustering(SOME.sizes(codes(2, 4, 5, 9))) == 2.0
