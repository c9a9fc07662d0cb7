"""Retention over identities: against the reference, against hand-made months, at its edges."""

from datetime import date, timedelta

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from bot.domain.period import Kind, Period
from bot.domain.retention import Counts, Unknown, crr_from_counts, retention, retentions
from bot.errors import Misunderstood
from tests.domain import reference
from tests.domain.companies import Company, columns_of, companies, days, periods
from tests.domain.reference import Stay

OCTOBER = Period(date(2026, 10, 1), date(2026, 11, 1), Kind.MONTH)
NAMES = ("opening", "closing", "kept", "lost", "new", "won_back", "early_losses")
LONG_AGO = date(2025, 1, 1)


def october(day: int) -> date:
    return date(2026, 10, day)


def a_month_of_everything() -> Company:
    """100 at the start; 8 leave, 2 leave and return; 20 join for the first time, of whom 3 leave
    again; 4 earlier leavers come back and stay. 113 at the end."""
    company: list[list[Stay]] = []
    company += [[(LONG_AGO, None)] for _ in range(90)]
    company += [[(LONG_AGO, october(2 + number))] for number in range(8)]
    company += [[(LONG_AGO, october(5)), (october(20), None)] for _ in range(2)]
    company += [[(october(1 + number), None)] for number in range(17)]
    company += [[(october(9), october(25))] for _ in range(3)]
    company += [[(LONG_AGO, date(2026, 3, 1)), (october(15), None)] for _ in range(4)]
    return dict(enumerate(company))


class TestOneMonthByEveryFormula:
    counts = retention(columns_of(a_month_of_everything()), OCTOBER).counts

    def test_counts_each_kind(self) -> None:
        assert self.counts == Counts(
            opening=100, closing=113, kept=92, lost=8, new=17, won_back=4, early_losses=3
        )

    def test_keeps_92_percent_by_identity(self) -> None:
        assert self.counts.crr == pytest.approx(0.92)

    @pytest.mark.parametrize(
        ("what_new_means", "new", "crr"),
        [
            ("first-time joins", 20, 0.93),
            ("joins and win-backs", 24, 0.89),
            ("first-time joins who are still here", 17, 0.96),
            ("at the end and not at the start", 21, 0.92),
        ],
    )
    def test_the_formula_of_counts_depends_on_what_new_means(
        self, what_new_means: str, new: int, crr: float
    ) -> None:
        assert crr_from_counts(100, 113, new) == pytest.approx(crr), what_new_means

    def test_churn_of_others_follows_from_the_same_counts(self) -> None:
        left_and_returned = 2
        exits = self.counts.lost + self.counts.early_losses
        joins = self.counts.new + self.counts.early_losses

        assert self.counts.lost / self.counts.opening == pytest.approx(0.08)
        assert exits / self.counts.opening == pytest.approx(0.11)
        assert (exits + left_and_returned) / self.counts.opening == pytest.approx(0.13)
        stripe = (exits + left_and_returned) / (self.counts.opening + joins)
        assert stripe == pytest.approx(0.108, abs=0.0005)


class TestEdges:
    def test_a_company_without_customers_has_no_rate(self) -> None:
        found = retention(columns_of({}), OCTOBER).counts

        assert found == Counts(0, 0, 0, 0, 0, 0, 0)
        assert found.crr is None

    def test_a_company_that_begins_has_no_rate(self) -> None:
        found = retention(columns_of({7: [(october(3), None)]}), OCTOBER).counts

        assert (found.new, found.crr) == (1, None)

    @pytest.mark.parametrize(
        ("stays", "where"),
        [
            ([(date(2026, 9, 30), None)], {"opening", "closing", "kept"}),
            ([(date(2026, 10, 1), None)], {"closing", "new"}),
            ([(date(2026, 10, 31), None)], {"closing", "new"}),
            ([(date(2026, 11, 1), None)], set()),
            ([(LONG_AGO, date(2026, 9, 30))], set()),
            ([(LONG_AGO, date(2026, 10, 1))], {"opening", "lost"}),
            ([(LONG_AGO, date(2026, 10, 31))], {"opening", "lost"}),
            ([(LONG_AGO, date(2026, 11, 1))], {"opening", "closing", "kept"}),
            ([(october(9), october(9))], {"early_losses"}),
            ([(october(31), date(2026, 11, 1))], {"closing", "new"}),
            ([(october(1), october(31))], {"early_losses"}),
            ([(LONG_AGO, october(9)), (october(9), None)], {"opening", "closing", "kept"}),
            ([(october(2), october(3)), (october(4), None)], {"closing", "new"}),
            ([(LONG_AGO, LONG_AGO), (october(4), None)], {"closing", "won_back"}),
            ([(LONG_AGO, october(2)), (october(3), october(4))], {"opening", "lost"}),
        ],
    )
    def test_each_stay_is_where_it_belongs(self, stays: list[Stay], where: set[str]) -> None:
        company = {5: stays}
        one, grid = (
            retention(columns_of(company), OCTOBER),
            retentions(columns_of(company), [OCTOBER]),
        )

        assert {name for name in NAMES if len(getattr(one, name))} == where
        assert grid.counts(0) == one.counts


STIRRING: Company = {
    1: [(LONG_AGO, october(8))],
    2: [(LONG_AGO, october(20))],
    3: [(october(9), None)],
    4: [(october(10), None)],
}


class TestUnfinished:
    def test_is_measured_today_and_says_so(self) -> None:
        found = retention(columns_of(STIRRING), OCTOBER, today=october(9))

        assert found.so_far is not None
        assert (found.so_far.day, found.so_far.of) == (9, 31)
        assert found.measured_on == october(9)
        assert (found.lost.tolist(), found.kept.tolist(), found.new.tolist()) == ([1], [2], [3])

    def test_is_whole_on_its_last_day_and_after(self) -> None:
        for today in (october(31), date(2026, 12, 24), None):
            found = retention(columns_of(STIRRING), OCTOBER, today=today)

            assert found.so_far is None
            assert found.measured_on == october(31)

    def test_reaches_no_further_than_the_newest_pull(self) -> None:
        columns = columns_of(STIRRING, known_to=october(8))

        found = retention(columns, OCTOBER, today=date(2026, 11, 2))

        assert found.measured_on == october(8)
        assert found.so_far is not None
        assert found.new.tolist() == []

    def test_is_unknown_before_it_begins(self) -> None:
        with pytest.raises(Unknown, match="has not begun: it is 2026-09-30"):
            retention(columns_of(STIRRING), OCTOBER, today=date(2026, 9, 30))

    def test_is_unknown_when_the_newest_pull_lies_before_it(self) -> None:
        columns = columns_of(STIRRING, known_to=date(2026, 9, 30))

        with pytest.raises(Unknown, match="newest data is of 2026-09-30"):
            retention(columns, OCTOBER)

    def test_is_unknown_when_the_eve_lies_before_the_first_pull(self) -> None:
        columns = columns_of(STIRRING, known_from=october(1))

        with pytest.raises(Unknown, match="begin on 2026-10-02 or later"):
            retention(columns, OCTOBER)

    def test_is_known_from_the_day_after_the_first_pull(self) -> None:
        columns = columns_of(STIRRING, known_from=date(2026, 9, 30))

        assert retention(columns, OCTOBER).counts.opening == 2

    def test_grids_say_which_periods_are_unknown(self) -> None:
        november = Period(date(2026, 11, 1), date(2026, 12, 1), Kind.MONTH)
        columns = columns_of(STIRRING, known_from=date(2026, 10, 5))

        grid = retentions(columns, [OCTOBER, november])

        assert grid.known.tolist() == [False, True]
        assert grid.counts(0) is None
        assert grid.opening[0].tolist() == [0]
        assert grid.counts(1) == retention(columns, november).counts


@given(companies, periods())
def test_equals_the_reference(company: Company, period: Period) -> None:
    found = retention(columns_of(company), period)

    wanted = reference.figures(company, period.first, period.last)
    assert {name: getattr(found, name).tolist() for name in NAMES} == {
        name: sorted(customers) for name, customers in wanted.items()
    }


@given(companies, periods(), days)
def test_equals_the_reference_while_unfinished(
    company: Company, period: Period, today: date
) -> None:
    if today < period.first:
        with pytest.raises(Unknown):
            retention(columns_of(company), period, today=today)
        return

    found = retention(columns_of(company), period, today=today)

    wanted = reference.figures(company, period.first, min(period.last, today))
    assert {name: set(getattr(found, name).tolist()) for name in NAMES} == wanted


@given(companies, periods())
def test_the_numbers_add_up(company: Company, period: Period) -> None:
    found = retention(columns_of(company), period).counts

    assert found.opening == found.kept + found.lost
    assert found.closing == found.kept + found.new + found.won_back
    assert found.closing == found.opening - found.lost + found.new + found.won_back
    if found.crr is None:
        assert found.opening == 0
    else:
        assert 0 <= found.crr <= 1
        gained = found.new + found.won_back
        assert crr_from_counts(found.opening, found.closing, gained) == pytest.approx(found.crr)


@given(companies, st.lists(periods(), max_size=12), st.data())
def test_the_grid_counts_what_retention_does(
    company: Company, several: list[Period], data: st.DataObject
) -> None:
    columns = columns_of(company)
    cell_of = {who: data.draw(st.integers(0, 2)) for who in company}
    cells = np.array([cell_of[who] for who in columns.customer.tolist()], dtype=np.int32)

    grid = retentions(columns, several, cells=cells, cell_count=3)

    assert grid.opening.shape == (len(several), 3)
    assert grid.opening.dtype == np.int64
    for number, period in enumerate(several):
        assert grid.counts(number) == retention(columns, period).counts
        for cell in range(3):
            alone = retention(columns, period, within=cells == cell)
            assert grid.counts(number, cell) == alone.counts


@given(companies, st.lists(periods(), min_size=1, max_size=5), days)
def test_the_grid_measures_unfinished_periods_as_retention_does(
    company: Company, several: list[Period], today: date
) -> None:
    columns = columns_of(company)

    grid = retentions(columns, several, today=today)

    for number, period in enumerate(several):
        if today < period.first:
            assert grid.counts(number) is None
        else:
            alone = retention(columns, period, today=today)
            assert grid.counts(number) == alone.counts
            assert grid.measured_on[number] == alone.measured_on


def test_the_grid_does_not_care_where_rows_are_parted(monkeypatch: pytest.MonkeyPatch) -> None:
    several = [
        Period(OCTOBER.first + timedelta(days=7 * number), OCTOBER.last, Kind.DAYS)
        for number in range(4)
    ]
    columns = columns_of(a_month_of_everything())
    whole = retentions(columns, several)

    for rows in (1, 2, 3, 50, len(columns) - 1, len(columns)):
        monkeypatch.setattr("bot.domain.timeline._ROWS_AT_ONCE", rows)
        parted = retentions(columns, several)
        for number in range(len(several)):
            assert parted.counts(number) == whole.counts(number)


def test_periods_of_the_grid_may_share_a_day() -> None:
    shared = october(10)
    several = [
        Period(october(1), shared + timedelta(days=1), Kind.DAYS),
        Period(shared, october(20), Kind.DAYS),
        Period(shared, shared + timedelta(days=1), Kind.DAYS),
    ]
    columns = columns_of(
        {
            1: [(LONG_AGO, shared)],
            2: [(shared, shared)],
            3: [(LONG_AGO, october(2)), (shared, None)],
            4: [(october(3), shared), (october(12), None)],
        }
    )

    grid = retentions(columns, several)

    for number, period in enumerate(several):
        assert grid.counts(number) == retention(columns, period).counts


def test_the_grid_reaches_to_before_1970() -> None:
    several = [
        Period(date(1969, 11, 1), date(1969, 12, 1), Kind.MONTH),
        Period(date(1969, 12, 1), date(1970, 2, 1), Kind.DAYS),
    ]
    columns = columns_of(
        {
            1: [(date(1960, 1, 1), None)],
            2: [(date(1969, 11, 30), date(1970, 1, 1))],
            3: [(date(1960, 1, 1), date(1969, 11, 9)), (date(1970, 1, 31), None)],
        }
    )

    grid = retentions(columns, several)

    for number, period in enumerate(several):
        assert grid.counts(number) == retention(columns, period).counts


def test_the_grid_of_no_periods_is_empty() -> None:
    grid = retentions(columns_of(a_month_of_everything()), [])

    assert grid.opening.shape == (0, 1)


@pytest.mark.parametrize("cells", [[0], [0, 3], [-1, 0]])
def test_cells_that_fit_no_row_are_refused(cells: list[int]) -> None:
    columns = columns_of({1: [(LONG_AGO, None)], 2: [(LONG_AGO, None)]})

    with pytest.raises(ValueError, match="cells"):
        retentions(columns, [OCTOBER], cells=np.array(cells, np.int32), cell_count=3)


class TestCountsAlone:
    def test_keeps_80_percent_of_150_when_80_of_200_are_new(self) -> None:
        assert crr_from_counts(150, 200, 80) == pytest.approx(0.80)

    def test_nobody_at_the_start_has_no_rate(self) -> None:
        assert crr_from_counts(0, 20, 20) is None

    def test_more_than_all_shows_that_new_was_counted_otherwise(self) -> None:
        assert crr_from_counts(100, 113, 5) == pytest.approx(1.08)

    @pytest.mark.parametrize("counts", [(-1, 2, 1), (1, -2, 0), (1, 2, -1), (150, 80, 200)])
    def test_what_cannot_be_is_refused(self, counts: tuple[int, int, int]) -> None:
        with pytest.raises(Misunderstood):
            crr_from_counts(*counts)
