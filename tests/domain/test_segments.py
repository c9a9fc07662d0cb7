"""Segments: by the value at opening, found by the words that people type."""

from datetime import date, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from bot.domain.definition import Definition
from bot.domain.period import Kind, Period
from bot.domain.retention import retention
from bot.domain.segments import joined_as, nearest, segment, segments
from bot.errors import Misunderstood
from tests.domain.companies import FIRST, Company, columns_of, companies, dimension_of, periods
from tests.domain.reference import Stay, is_customer

DEFINITION = Definition()
EVE = date(2026, 9, 30)
OCTOBER = Period(date(2026, 10, 1), date(2026, 11, 1), Kind.MONTH)
LONG_AGO = date(2025, 1, 1)


def is_pro(stays: list[Stay], changes: list[tuple[date, str]]) -> bool:
    """Whether somebody with these stays and plans, among three others, is in plan=pro."""
    rows = [(7, since, plan) for since, plan in changes]
    others = [(3, LONG_AGO, "pro"), (8, LONG_AGO, "pro"), (9, LONG_AGO, "free"), (9, EVE, "basic")]
    columns = columns_of(
        {3: [(LONG_AGO, None)], 7: stays, 8: [(LONG_AGO, None)], 9: [(LONG_AGO, None)]},
        dimensions={"plan": dimension_of(rows + others)},
    )
    mask = segment(columns, "plan", "pro", on=EVE, definition=DEFINITION).tolist()
    assert (mask[0], mask[-2:]) == (True, [True, False])
    [found] = set(mask[1:-2])
    return bool(found)


@pytest.mark.parametrize(
    ("stays", "changes", "pro"),
    [
        ([(LONG_AGO, None)], [(LONG_AGO, "pro")], True),
        ([(LONG_AGO, None)], [(LONG_AGO, "free"), (EVE, "pro")], True),
        ([(LONG_AGO, None)], [(LONG_AGO, "pro"), (OCTOBER.first, "free")], True),
        ([(LONG_AGO, None)], [(LONG_AGO, "free"), (OCTOBER.first, "pro")], False),
        # Nothing was known at opening: what was known first counts.
        ([(LONG_AGO, None)], [(date(2026, 10, 9), "pro"), (date(2026, 10, 10), "free")], True),
        ([(LONG_AGO, None)], [], False),
        # Not there on the eve: what they were when they joined counts.
        (
            [(date(2026, 10, 5), None)],
            [(date(2026, 10, 5), "pro"), (date(2026, 10, 9), "free")],
            True,
        ),
        (
            [(LONG_AGO, date(2026, 1, 1)), (date(2026, 10, 5), None)],
            [(LONG_AGO, "pro"), (date(2026, 10, 5), "free")],
            False,
        ),
        (
            [(date(2026, 10, 5), date(2026, 10, 6)), (date(2026, 10, 20), None)],
            [(date(2026, 10, 5), "pro"), (date(2026, 10, 20), "free")],
            True,
        ),
        # Gone before: what they were on the day still counts for them.
        ([(LONG_AGO, date(2026, 1, 1))], [(LONG_AGO, "pro")], True),
    ],
)
def test_the_value_at_opening_counts(
    stays: list[Stay], changes: list[tuple[date, str]], pro: bool
) -> None:
    assert is_pro(stays, changes) is pro


def test_a_change_inside_the_period_is_neither_a_loss_nor_a_gain() -> None:
    plans = dimension_of([(1, LONG_AGO, "pro"), (1, date(2026, 10, 9), "free"), (2, EVE, "free")])
    columns = columns_of({1: [(LONG_AGO, None)], 2: [(LONG_AGO, None)]}, dimensions={"plan": plans})

    pro = retention(
        columns,
        OCTOBER,
        within=segments(columns, {"plan": "pro"}, on=OCTOBER.eve, definition=DEFINITION),
    )
    free = retention(
        columns,
        OCTOBER,
        within=segments(columns, {"plan": "free"}, on=OCTOBER.eve, definition=DEFINITION),
    )

    assert (pro.kept.tolist(), pro.lost.tolist(), pro.new.tolist()) == ([1], [], [])
    assert (free.kept.tolist(), free.lost.tolist(), free.new.tolist()) == ([2], [], [])


plans = st.lists(
    st.tuples(st.integers(-30, 450), st.sampled_from(["free", "basic", "pro"])), max_size=4
)


@given(companies, periods(), st.data())
def test_segments_are_what_a_loop_finds_and_add_up(
    company: Company, period: Period, data: st.DataObject
) -> None:
    changes = {who: sorted(dict(data.draw(plans)).items()) for who in company}
    everybody = {
        who: [(FIRST + timedelta(days=day), plan) for day, plan in changes[who] or [(0, "free")]]
        for who in company
    }
    rows = [(who, since, plan) for who, own in everybody.items() for since, plan in own]
    rows.append((999, FIRST, "free"))
    columns = columns_of(company, dimensions={"plan": dimension_of(rows)})

    def plan_of(who: int) -> str:
        day = period.eve
        if not is_customer(company[who], day):
            day = min((since for since, _ in company[who] if since > day), default=day)
        before = [plan for since, plan in everybody[who] if since <= day]
        return before[-1] if before else everybody[who][0][1]

    total = retention(columns, period).counts
    parts = []
    for plan in columns.dimensions["plan"].labels:
        mask = segment(columns, "plan", plan, on=period.eve, definition=DEFINITION)
        assert set(columns.customer[mask].tolist()) == {
            who for who in company if plan_of(who) == plan
        }
        parts.append(retention(columns, period, within=mask).counts)
    for name in total.__slots__:
        assert getattr(total, name) == sum(getattr(part, name) for part in parts)


class TestWords:
    columns = columns_of(
        {1: [(LONG_AGO, None)], 2: [(LONG_AGO, None)]},
        dimensions={
            "Plan": dimension_of([(1, LONG_AGO, "Pro"), (2, LONG_AGO, "pro")]),
            "region": dimension_of([(1, LONG_AGO, "Benelux"), (2, LONG_AGO, "Nordics")]),
        },
    )

    def test_are_found_whatever_their_case(self) -> None:
        assert segment(
            self.columns, "REGION", "benelux", on=EVE, definition=DEFINITION
        ).tolist() == [True, False]

    def test_mean_what_is_written_exactly_so_first(self) -> None:
        assert segment(self.columns, "Plan", "pro", on=EVE, definition=DEFINITION).tolist() == [
            False,
            True,
        ]
        assert segment(self.columns, "plan", "PRO", on=EVE, definition=DEFINITION).tolist() == [
            True,
            True,
        ]

    def test_all_have_to_hold(self) -> None:
        both = segments(
            self.columns, {"plan": "PRO", "region": "nordics"}, on=EVE, definition=DEFINITION
        )

        assert both is not None
        assert both.tolist() == [False, True]

    def test_none_is_no_restriction(self) -> None:
        assert segments(self.columns, {}, on=EVE, definition=DEFINITION) is None

    def test_that_nobody_knows_are_answered_with_the_nearest(self) -> None:
        with pytest.raises(Misunderstood, match=r'"regoin"\. There is region, .*Plan'):
            segment(self.columns, "regoin", "x", on=EVE, definition=DEFINITION)
        with pytest.raises(Misunderstood, match=r'region "nordic"\. There is Nordics, Benelux'):
            segment(self.columns, "region", "nordic", on=EVE, definition=DEFINITION)

    def test_say_when_there_is_nothing_to_split_by(self) -> None:
        with pytest.raises(Misunderstood, match=r"There is tenure\. Name the columns to split by"):
            segment(columns_of({}), "plan", "pro", on=EVE, definition=DEFINITION)

    def test_of_a_company_without_customers_choose_nobody(self) -> None:
        nobody = columns_of({}, dimensions={"plan": dimension_of([(1, LONG_AGO, "pro")])})

        assert segment(nobody, "plan", "pro", on=EVE, definition=DEFINITION).tolist() == []

    def test_list_ten_and_count_the_rest(self) -> None:
        rows = [(number, LONG_AGO, f"owner {number:02}") for number in range(14)]
        columns = columns_of({1: [(LONG_AGO, None)]}, dimensions={"owner": dimension_of(rows)})

        with pytest.raises(Misunderstood, match=r"owner 00, .* and 4 more\.$"):
            segment(columns, "owner", "nobody", on=EVE, definition=DEFINITION)

    def test_nearest_come_first_and_ties_by_the_alphabet(self) -> None:
        assert nearest("mnth", ["week", "quarter", "month"])[0] == "month"
        assert nearest("", ["b", "a"]) == ["a", "b"]


def test_who_joined_as_what_is_not_changed_by_what_they_became() -> None:
    plans = dimension_of(
        [
            (1, LONG_AGO, "free"),
            (1, EVE, "pro"),
            (2, LONG_AGO, "pro"),
            (2, EVE, "free"),
            (3, LONG_AGO, "free"),
            (3, OCTOBER.first, "pro"),
            (4, EVE, "pro"),
        ]
    )
    columns = columns_of(
        {
            1: [(LONG_AGO, None)],
            2: [(LONG_AGO, date(2025, 6, 1)), (OCTOBER.first, None)],
            3: [(OCTOBER.first, None)],
            4: [(LONG_AGO, None)],  # of whom nothing is known so long ago
            5: [(LONG_AGO, None)],
        },
        dimensions={"plan": plans},
    )

    within = joined_as(columns, {"plan": "pro"}, definition=DEFINITION)

    assert within is not None
    assert within.tolist() == [False, True, True, True, True, False]
    assert joined_as(columns, {}, definition=DEFINITION) is None
