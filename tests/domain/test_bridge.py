"""From identity to counts: one month in every sense of "new", and steps that always add up."""

from datetime import date

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from bot.domain.bridge import Bridge, Cause, Counted, bridge
from bot.domain.period import Period
from bot.domain.retention import Unknown
from bot.errors import Misunderstood
from tests.domain import reference
from tests.domain.companies import Company, columns_of, companies, periods
from tests.domain.test_retention import OCTOBER, a_month_of_everything

COLUMNS = columns_of(a_month_of_everything())


def causes(of: Bridge) -> list[tuple[Cause, int]]:
    return [(step.cause, step.by) for step in of.steps]


class TestOneMonth:
    """100 at the start; 8 leave, 2 leave and return, 20 join, 3 of them leave, 4 are won back."""

    def test_counting_gives_93_where_92_were_kept(self) -> None:
        found = bridge(COLUMNS, OCTOBER)

        assert found.by_identity == pytest.approx(0.92)
        assert found.by_counts == pytest.approx(0.93)
        assert found.counts == Counted(start=100, end=113, new=20)
        assert causes(found) == [(Cause.WON_BACK, 4), (Cause.JOINED_AND_LEFT, -3)]

    def test_the_customers_of_each_step_are_named(self) -> None:
        won_back, joined_and_left = bridge(COLUMNS, OCTOBER).steps

        assert won_back.customers.tolist() == [120, 121, 122, 123]
        assert won_back.rate == pytest.approx(0.96)
        assert won_back.change == pytest.approx(0.04)
        assert joined_and_left.customers.tolist() == [117, 118, 119]
        assert joined_and_left.change == pytest.approx(-0.03)

    @pytest.mark.parametrize(
        ("what_new_means", "new", "crr"),
        [
            ("first-time joins", 20, 0.93),
            ("joins and win-backs", 24, 0.89),
            ("first-time joins who are still here", 17, 0.96),
            ("at the end and not at the start", 21, 0.92),
        ],
    )
    def test_every_sense_of_new_is_bridged(self, what_new_means: str, new: int, crr: float) -> None:
        found = bridge(COLUMNS, OCTOBER, reported=Counted(100, 113, new))

        assert found.by_counts == pytest.approx(crr), what_new_means
        assert found.steps[-1].rate == pytest.approx(crr)
        assert found.by_identity == pytest.approx(0.92)

    def test_merged_records_explain_what_the_source_had_more_at_the_start(self) -> None:
        merged = np.array([3, 3, 7], dtype=np.int32)
        found = bridge(COLUMNS, OCTOBER, reported=Counted(103, 113, 20), merged=merged)

        assert causes(found)[2:] == [(Cause.MERGED, 3)]
        assert found.steps[-1].customers.tolist() == [3, 7]
        assert found.by_counts == pytest.approx(93 / 103)

    def test_what_merges_do_not_explain_is_said_too(self) -> None:
        merged = np.array([3], dtype=np.int32)
        found = bridge(COLUMNS, OCTOBER, reported=Counted(105, 112, 21), merged=merged)

        assert causes(found)[2:] == [
            (Cause.END_DIFFERS, -1),
            (Cause.NEW_DIFFERS, -1),
            (Cause.MERGED, 1),
            (Cause.START_DIFFERS, 4),
        ]
        assert found.by_counts == pytest.approx((112 - 21) / 105)

    def test_merges_say_nothing_where_no_source_counts(self) -> None:
        found = bridge(COLUMNS, OCTOBER, merged=np.array([3], dtype=np.int32))

        assert causes(found) == [(Cause.WON_BACK, 4), (Cause.JOINED_AND_LEFT, -3)]
        assert found.by_counts == pytest.approx(0.93)


class TestEdges:
    def test_nobody_at_the_start_has_no_rate_and_no_bridge(self) -> None:
        found = bridge(columns_of({}), OCTOBER)

        assert found.by_identity is None
        assert found.by_counts is None
        assert found.steps == ()
        assert not found.impossible

    def test_a_source_that_counts_nobody_at_the_start_has_no_rate(self) -> None:
        assert bridge(COLUMNS, OCTOBER, reported=Counted(0, 113, 20)).by_counts is None

    def test_counts_of_customers_whom_we_do_not_know_are_an_estimate_without_a_bridge(
        self,
    ) -> None:
        found = bridge(columns_of({}), OCTOBER, reported=Counted(150, 200, 80))

        assert found.by_counts == pytest.approx(0.8)
        assert found.by_identity is None
        assert found.steps == ()

    @pytest.mark.parametrize(
        ("counts", "impossible"),
        [
            (Counted(100, 130, 20), True),
            (Counted(100, 120, 20), False),
            (Counted(100, 20, 20), False),
            (Counted(100, 19, 20), True),
        ],
    )
    def test_a_rate_that_no_retention_can_be_is_marked(
        self, counts: Counted, impossible: bool
    ) -> None:
        assert bridge(COLUMNS, OCTOBER, reported=counts).impossible is impossible

    def test_fewer_than_none_are_refused(self) -> None:
        with pytest.raises(Misunderstood, match="-1 new"):
            bridge(COLUMNS, OCTOBER, reported=Counted(100, 113, -1))

    def test_a_period_that_is_not_known_has_no_bridge(self) -> None:
        with pytest.raises(Unknown):
            bridge(columns_of({}, known_from=date(2026, 10, 5)), OCTOBER)

    def test_who_came_back_and_left_again_was_never_new(self) -> None:
        company: Company = {
            1: [(date(2025, 1, 1), None)],
            2: [
                (date(2025, 1, 1), date(2025, 2, 1)),
                (date(2026, 10, 5), date(2026, 10, 9)),
            ],
        }

        assert bridge(columns_of(company), OCTOBER).steps == ()


@given(
    companies,
    periods(),
    st.none() | st.builds(Counted, st.integers(0, 20), st.integers(0, 20), st.integers(0, 20)),
    st.lists(st.integers(0, 60), max_size=3),
)
def test_the_steps_lead_from_identity_to_counts(
    company: Company, period: Period, reported: Counted | None, merged: list[int]
) -> None:
    found = bridge(
        columns_of(company),
        period,
        reported=reported,
        merged=np.array(merged, dtype=np.int32),
    )
    who = reference.figures(company, period.first, period.last)
    joined = {
        number
        for number, stays in company.items()
        if period.first <= min(since for since, _ in stays) <= period.last
    }
    expected = reported or Counted(len(who["opening"]), len(who["closing"]), len(joined))

    assert found.counts == expected
    if expected.start:
        assert found.by_counts == pytest.approx((expected.end - expected.new) / expected.start)
    if found.by_identity is not None and found.by_counts is not None:
        change = sum(step.change for step in found.steps)
        assert found.by_identity + change == pytest.approx(found.by_counts)
        assert all(step.by for step in found.steps)
    for step in found.steps:
        if step.cause is Cause.WON_BACK:
            assert set(step.customers.tolist()) == who["won_back"]
        if step.cause is Cause.JOINED_AND_LEFT:
            assert set(step.customers.tolist()) == joined & who["early_losses"]
