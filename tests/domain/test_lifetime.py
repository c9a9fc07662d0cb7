"""Lifetimes: against a published table, against fractions added up by hand, at the edges."""

from collections.abc import Sequence
from datetime import date, timedelta
from fractions import Fraction
from math import exp, log, sqrt

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from bot.domain.columns import Occasions
from bot.domain.lifetime import (
    YEAR,
    Lifetime,
    Median,
    RepeatPurchase,
    Repeats,
    Share,
    kaplan_meier,
    lifetime,
    repeat_purchase,
    repeats,
)
from bot.domain.period import day_number
from tests.domain.companies import FIRST, SPAN, Company, columns_of, companies, days
from tests.domain.reference import Stay
from tests.domain.test_cdnow import purchases

Z = 1.959963984540054

# Weeks in remission of leukaemia patients: E. J. Freireich et al., Blood 21 (1963), 699-716;
# negative for those who were still in remission when last seen.
TREATED = [6, 6, 6, 7, 10, 13, 16, 22, 23]
TREATED += [-6, -9, -10, -11, -17, -19, -20, -25, -32, -32, -34, -35]
PLACEBO = [1, 1, 2, 2, 3, 4, 4, 5, 5, 8, 8, 8, 8, 11, 11, 12, 12, 15, 17, 22, 23]


def of_weeks(weeks: Sequence[int]) -> Lifetime:
    numbers = np.array(weeks, dtype=np.int64)
    return kaplan_meier(np.abs(numbers), numbers > 0)


class TestTheLeukaemiaTable:
    """Klein and Moeschberger, Survival Analysis, table 4.1A; SAS and R print the same."""

    treated = of_weeks(TREATED)

    def test_survival_and_its_error_are_as_published(self) -> None:
        error = self.treated.survival * np.sqrt(self.treated.spread)

        assert self.treated.age.tolist() == [6, 7, 10, 13, 16, 22, 23]
        assert self.treated.at_risk.tolist() == [21, 17, 15, 12, 11, 7, 6]
        assert self.treated.ended.tolist() == [3, 1, 1, 1, 1, 1, 1]
        assert [round(float(share), 4) for share in self.treated.survival] == [
            0.8571, 0.8067, 0.7529, 0.6902, 0.6275, 0.5378, 0.4482,
        ]  # fmt: skip
        assert [round(float(one), 4) for one in error] == [
            0.0764, 0.0869, 0.0963, 0.1068, 0.1141, 0.1282, 0.1346,
        ]  # fmt: skip

    def test_the_medians_are_23_and_8_weeks(self) -> None:
        assert self.treated.median().days == 23
        assert of_weeks(PLACEBO).median().days == 8

    def test_the_intervals_are_those_of_the_log_log_scale(self) -> None:
        assert self.treated.median() == Median(23, 13, None)
        assert of_weeks(PLACEBO).median() == Median(8, 4, 11)
        share = self.treated.longer_than(10)
        assert share is not None
        assert share.low == pytest.approx(0.5032, abs=5e-5)
        assert share.high == pytest.approx(0.8894, abs=5e-5)

    def test_survival_is_level_between_ends_and_unknown_beyond_what_was_seen(self) -> None:
        at_5, at_6, at_9 = (self.treated.longer_than(weeks) for weeks in (5, 6, 9))

        assert at_5 == Share(1, None, None)
        assert at_6 is not None
        assert at_6.value == pytest.approx(18 / 21)
        assert at_9 == self.treated.longer_than(7)
        assert self.treated.longer_than(35) == self.treated.longer_than(23)
        assert self.treated.longer_than(36) is None

    def test_nobody_outlives_the_last_end(self) -> None:
        assert of_weeks(PLACEBO).longer_than(23) == Share(0, None, None)
        assert of_weeks(PLACEBO).longer_than(99) == Share(0, None, None)


Seen = tuple[int, int, bool]
"""The age at entry, the age when last seen, and whether it ended then."""


def slow(seen: Sequence[Seen]) -> dict[int, tuple[Fraction, float]]:
    """Survival after each age with an end, and Greenwood's sum; one person, one age at a time."""
    curve: dict[int, tuple[Fraction, float]] = {}
    survival, spread = Fraction(1), 0.0
    for age in range(max((last for _, last, _ in seen), default=-1) + 1):
        at_risk = [one for one in seen if one[0] < age <= one[1]]
        ends = sum(1 for _, last, ended in at_risk if ended and last == age)
        if ends:
            survival *= 1 - Fraction(ends, len(at_risk))
            left = len(at_risk) - ends
            spread += ends / (len(at_risk) * left) if left else float("inf")
            curve[age] = survival, spread
    return curve


@st.composite
def people(draw: st.DrawFn) -> list[Seen]:
    found = []
    for _ in range(draw(st.integers(0, 15))):
        last = draw(st.integers(0, 12))
        entry = draw(st.just(-1) | st.integers(-1, last - 1))
        found.append((entry, last, draw(st.booleans())))
    return found


@given(people())
def test_the_product_limit_equals_one_of_fractions(seen: list[Seen]) -> None:
    curve = slow(seen)

    found = kaplan_meier(
        np.array([last for _, last, _ in seen], dtype=np.int64),
        np.array([ended for *_, ended in seen], dtype=np.bool_),
        np.array([entry for entry, *_ in seen], dtype=np.int64),
    )

    assert found.age.tolist() == list(curve)
    assert found.stays == len(seen)
    assert found.survival.tolist() == pytest.approx([float(share) for share, _ in curve.values()])
    assert found.spread.tolist() == pytest.approx([spread for _, spread in curve.values()])
    half = [age for age, (share, _) in curve.items() if share <= Fraction(1, 2)]
    median = found.median()
    assert median.days == (half[0] if half else None)
    for age, (share, spread) in curve.items():
        one = found.longer_than(age)
        assert one is not None
        if not share:
            assert one == Share(0, None, None)
            continue
        centre, reach = log(-log(share)), Z * sqrt(spread) / -log(share)
        assert one.low is not None
        assert one.high is not None
        assert one.low == pytest.approx(exp(-exp(centre + reach)))
        assert one.high == pytest.approx(exp(-exp(centre - reach)))
        assert 0 <= one.low <= one.value <= one.high <= 1
    if median.days is not None:
        assert median.low is not None
        assert median.low <= median.days <= (median.high or median.days)


@given(st.lists(st.integers(0, 9), min_size=1, max_size=20), st.integers(0, 9))
def test_where_all_have_ended_survival_is_the_plain_share(ages: list[int], age: int) -> None:
    found = kaplan_meier(np.array(ages), np.ones(len(ages), np.bool_))

    share = found.longer_than(age)

    assert share is not None
    assert share.value == pytest.approx(sum(one > age for one in ages) / len(ages))


def stays_seen(company: Company, today: date, known_from: date | None) -> tuple[list[Seen], int]:
    """What is seen of every stay, and how many may have begun at any time."""
    found, unclear = [], 0
    for since, until in (stay for stays in company.values() for stay in stays):
        if since > today:
            continue
        if since == known_from:
            unclear += 1
            continue
        ended = until is not None and until <= today
        last = ((until if until is not None and ended else today) - since).days
        entry = -1
        if known_from is not None and since < known_from:
            entry = (known_from - since).days
        if entry < last:
            found.append((entry, last, ended))
    return found, unclear


@given(companies, days, st.none() | days)
def test_stays_are_seen_from_entry_to_end_or_today(
    company: Company, today: date, known_from: date | None
) -> None:
    seen, unclear = stays_seen(company, today, known_from)
    curve = slow(seen)

    found = lifetime(columns_of(company, known_from=known_from), today=today)

    assert found.age.tolist() == list(curve)
    assert found.survival.tolist() == pytest.approx([float(share) for share, _ in curve.values()])
    assert found.longest == max((last for _, last, _ in seen), default=-1)
    assert (found.stays, found.left_out) == (len(seen), unclear)


TODAY = date(2026, 10, 31)


def of_stays(*stays: Stay, known_from: date | None = None, today: date = TODAY) -> Lifetime:
    company: Company = {number: [stay] for number, stay in enumerate(stays)}
    return lifetime(columns_of(company, known_from=known_from), today=today)


class TestEdges:
    def test_nobody_has_no_lifetime(self) -> None:
        found = of_stays()

        assert found.median() == Median(None, None, None)
        assert found.longer_than(0) is None
        assert found.stays == 0

    def test_one_who_stays_tells_only_of_the_days_so_far(self) -> None:
        found = of_stays((TODAY - timedelta(days=10), None))

        assert found.longer_than(10) == Share(1, None, None)
        assert found.longer_than(11) is None
        assert found.median() == Median(None, None, None)

    def test_one_who_left_is_the_whole_curve(self) -> None:
        found = of_stays((date(2026, 10, 1), date(2026, 10, 11)))

        assert found.longer_than(9) == Share(1, None, None)
        assert found.longer_than(10) == Share(0, None, None)
        assert found.median() == Median(10, 10, None)

    @pytest.mark.parametrize("half", range(1, 20))
    def test_exactly_half_is_half(self, half: int) -> None:
        """23/24 x 22/23 x … x 12/13 is a little more than 0.5 in binary fractions."""
        ages = np.arange(1, 2 * half + 1)

        found = kaplan_meier(ages, ages <= half)

        assert found.median().days == half

    def test_who_was_lost_sight_of_at_an_age_is_at_risk_at_it(self) -> None:
        found = kaplan_meier(np.array([5, 5]), np.array([True, False]))

        assert found.at_risk.tolist() == [2]
        assert found.survival.tolist() == [0.5]

    def test_a_stay_of_no_days_ended_at_age_0(self) -> None:
        found = of_stays((date(2026, 10, 5), date(2026, 10, 5)), (date(2026, 10, 5), None))

        assert found.age.tolist() == [0]
        assert found.at_risk.tolist() == [2]

    def test_who_joins_tomorrow_is_not_in_it(self) -> None:
        assert of_stays((TODAY + timedelta(days=1), None)).stays == 0

    def test_who_has_given_notice_has_not_ended(self) -> None:
        found = of_stays((date(2026, 10, 1), TODAY + timedelta(days=1)))

        assert (found.age.tolist(), found.longest) == ([], 30)

    def test_sight_ends_with_the_newest_pull(self) -> None:
        columns = columns_of(
            {1: [(date(2026, 10, 1), date(2026, 10, 20))]}, known_to=date(2026, 10, 19)
        )

        assert lifetime(columns, today=TODAY).longest == 18

    def test_only_stays_of_the_segment_are_in_it(self) -> None:
        columns = columns_of({1: [(FIRST, None)], 2: [(FIRST, date(2020, 1, 9))]})

        found = lifetime(columns, today=TODAY, within=columns.customer == 1)

        assert (found.stays, found.age.tolist()) == (1, [])

    def test_an_age_below_0_is_refused(self) -> None:
        with pytest.raises(ValueError, match="0 or more"):
            kaplan_meier(np.array([-1]), np.array([True]))


class TestHowManyAreBehindIt:
    def test_customers_are_counted_once_and_their_stays_each(self) -> None:
        columns = columns_of(
            {
                1: [(FIRST, FIRST + timedelta(days=9)), (date(2020, 6, 1), None)],
                2: [(FIRST, None)],
                3: [(TODAY + timedelta(days=1), None)],
            }
        )

        found = lifetime(columns, today=TODAY)

        assert (found.stays, found.customers, found.ends) == (3, 2, 1)

    def test_who_is_left_out_is_no_customer_of_it(self) -> None:
        seen_from = date(2026, 1, 1)
        columns = columns_of(
            {1: [(seen_from, None)], 2: [(date(2026, 3, 1), None)]}, known_from=seen_from
        )

        found = lifetime(columns, today=TODAY)

        assert (found.stays, found.customers, found.left_out) == (1, 1, 1)

    def test_the_fewest_up_to_an_age_are_the_last_where_all_are_seen_from_the_beginning(
        self,
    ) -> None:
        found = of_weeks([2, 4, -4, -6])

        assert found.seen.tolist() == [4, 4, 4, 3, 3, 1, 1]
        assert [found.fewest(age) for age in (0, 2, 3, 6, 7)] == [4, 4, 3, 1, 0]

    def test_or_the_first_where_they_are_not(self) -> None:
        found = kaplan_meier(
            np.array([9, 9, 3]), np.array([True, False, True]), np.array([4, 4, -1])
        )

        assert found.seen.tolist() == [1, 1, 1, 1, 0, 2, 2, 2, 2, 2]
        assert (found.fewest(3), found.fewest(9)) == (1, 0)

    def test_the_greatest_age_at_which_enough_were_seen(self) -> None:
        found = of_weeks([2, 4, -4, -6])

        assert [found.seen_by(least) for least in (1, 2, 3, 4, 5)] == [6, 4, 4, 2, -1]

    def test_of_nobody_there_are_none(self) -> None:
        found = of_weeks([])

        assert (found.longest, found.stays, found.customers, found.ends) == (-1, 0, 0, 0)
        assert (found.fewest(0), found.seen_by(1)) == (0, -1)


class TestTwelveMonths:
    @pytest.mark.parametrize("since", [date(2023, 1, 10), date(2023, 7, 10), date(2024, 3, 1)])
    def test_a_year_that_was_not_renewed_did_not_last(self, since: date) -> None:
        """The second of these years has a 29 February in it and so 366 days."""
        not_renewed = of_stays((since, since.replace(year=since.year + 1)))

        assert not_renewed.longer_than(YEAR) == Share(0, None, None)

    def test_a_year_that_was_renewed_lasted(self) -> None:
        since = date(2023, 7, 10)
        renewed = of_stays((since, None), (since, date(2025, 7, 10)), (since, date(2024, 7, 10)))

        share = renewed.longer_than(YEAR)

        assert share is not None
        assert share.value == pytest.approx(2 / 3)


class TestStaysThatBeganUnseen:
    seen_from = date(2026, 1, 1)

    def test_they_are_at_risk_only_at_the_ages_at_which_we_saw_them(self) -> None:
        """One began 100 days before we could look. When the other left at the age of 50 we had
        not seen the first at that age; those who had left by then we have never seen."""
        found = of_stays(
            (date(2025, 9, 23), date(2026, 2, 10)),
            (date(2026, 3, 1), date(2026, 4, 20)),
            (date(2026, 3, 1), None),
            known_from=self.seen_from,
        )

        assert found.age.tolist() == [50, 140]
        assert found.at_risk.tolist() == [2, 2]

    def test_the_first_list_tells_nobody_s_first_day(self) -> None:
        found = of_stays(
            (self.seen_from, date(2026, 2, 1)), (date(2026, 1, 2), None), known_from=self.seen_from
        )

        assert (found.stays, found.left_out) == (1, 1)
        assert found.age.tolist() == []

    def test_taking_them_as_seen_all_along_would_make_stays_seem_longer(self) -> None:
        """Of a hundred who join each month one in ten leaves a month. A list that begins late holds
        of earlier months those who stayed."""
        company: Company = {}
        for month in range(20):
            joined = FIRST + timedelta(days=30 * month)
            left = 100
            for age in range(1, 20):
                for _ in range(left // 10):
                    company[len(company)] = [(joined, joined + timedelta(days=30 * age))]
                left -= left // 10
            for _ in range(left):
                company[len(company)] = [(joined, None)]
        today = FIRST + timedelta(days=SPAN + 180)
        late = FIRST + timedelta(days=301)
        all_seen = lifetime(columns_of(company), today=today)
        remaining = {
            who: stays
            for who, stays in company.items()
            if stays[0][1] is None or stays[0][1] > late
        }
        naive = lifetime(columns_of(remaining), today=today)
        late_entry = lifetime(columns_of(remaining, known_from=late), today=today)

        share, naive_share, late_share = (
            one.longer_than(150) for one in (all_seen, naive, late_entry)
        )
        assert share is not None
        assert naive_share is not None
        assert late_share is not None
        assert late_share.value == pytest.approx(share.value, abs=0.01)
        assert naive_share.value > share.value + 0.1


def occasions(bought: Sequence[tuple[int, int]]) -> Occasions:
    customer, day = np.array(bought, dtype=np.int32).reshape(-1, 2).T
    return Occasions(customer, day)


class TestRepeatPurchase:
    def rate(
        self, bought: Sequence[tuple[int, int]], known_to: int, within_days: int | None = None
    ) -> RepeatPurchase:
        newest = date(1970, 1, 1) + timedelta(days=known_to)
        return repeat_purchase(occasions(bought), known_to=newest, within_days=within_days)

    def test_nobody_has_no_rate(self) -> None:
        found = self.rate([], 100)

        assert found == RepeatPurchase(0, 0, 0)
        assert found.rate is None

    def test_two_purchases_of_one_day_are_one(self) -> None:
        assert self.rate([(1, 5), (1, 5)], 100).again == 0
        assert self.rate([(1, 5), (1, 6)], 100).again == 1

    @pytest.mark.parametrize(
        ("known_to", "expected"),
        [
            (9, RepeatPurchase(0, 0, 0)),
            (39, RepeatPurchase(0, 0, 1)),
            (40, RepeatPurchase(1, 1, 0)),
        ],
    )
    def test_who_had_no_time_to_come_back_is_not_counted(
        self, known_to: int, expected: RepeatPurchase
    ) -> None:
        """Neither for having come back soon: only the quick would be in it."""
        assert self.rate([(1, 10), (1, 12)], known_to, within_days=30) == expected

    @pytest.mark.parametrize(("second", "again"), [(40, 1), (41, 0)])
    def test_the_last_day_within_counts(self, second: int, again: int) -> None:
        assert self.rate([(1, 10), (1, second)], 100, within_days=30).again == again

    def test_the_order_of_rows_and_days_before_1970_do_not_matter(self) -> None:
        assert self.rate([(7, 3), (2, -9), (7, -4), (2, -9)], 100, within_days=7) == (
            RepeatPurchase(2, 1, 0)
        )

    def test_less_than_a_day_is_refused(self) -> None:
        with pytest.raises(ValueError, match="1 or more"):
            self.rate([], 100, within_days=0)


@given(
    st.lists(st.tuples(st.integers(0, 6), st.integers(-20, 60)), max_size=40),
    st.integers(-25, 65),
    st.none() | st.integers(1, 40),
)
def test_repeat_purchases_equal_a_slow_count(
    bought: list[tuple[int, int]], known_to: int, within_days: int | None
) -> None:
    by_customer: dict[int, set[int]] = {}
    for who, day in bought:
        if day <= known_to:
            by_customer.setdefault(who, set()).add(day)
    had_time = {
        who: own
        for who, own in by_customer.items()
        if within_days is None or min(own) + within_days <= known_to
    }
    again = [
        who
        for who, own in had_time.items()
        if any(0 < day - min(own) <= (within_days or 10_000) for day in own)
    ]

    found = repeat_purchase(
        occasions(bought),
        known_to=date(1970, 1, 1) + timedelta(days=known_to),
        within_days=within_days,
    )

    assert found == RepeatPurchase(len(had_time), len(again), len(by_customer) - len(had_time))


@pytest.mark.parametrize("within_days", [None, 30, 90, 365, 500])
def test_real_purchases_are_repeated_as_often_as_the_file_says(within_days: int | None) -> None:
    last = date(1998, 6, 30)
    customers = again = 0
    for bought in purchases().values():
        first = min(bought)
        if within_days is not None and first + timedelta(days=within_days) > last:
            continue
        customers += 1
        end = last if within_days is None else first + timedelta(days=within_days)
        again += any(first < day <= end for day in bought)

    found = repeat_purchase(
        occasions([(who, day_number(day)) for who, own in purchases().items() for day in own]),
        known_to=last,
        within_days=within_days,
    )

    assert (found.customers, found.again) == (customers, again)
    assert found.too_recent == 2_357 - customers


def test_repeats_are_of_the_customers_of_the_stays_and_of_the_days_that_are_known() -> None:
    def on(day: int) -> date:
        return date(1970, 1, 1) + timedelta(days=day)

    columns = columns_of({1: [(on(0), None)], 2: [(on(0), None)]}, known_to=on(9))
    bought = occasions([(1, 0), (1, 9), (2, 0), (2, 2), (3, 0), (3, 10)])

    everybody = repeats(columns, bought, today=on(30), days=5)
    one = repeats(columns, bought, today=on(8), days=5, within=np.array([True, False]))

    assert everybody == Repeats(RepeatPurchase(3, 2, 0), RepeatPurchase(3, 1, 0), 5)
    assert one == Repeats(RepeatPurchase(1, 0, 0), RepeatPurchase(1, 0, 0), 5)
