"""What customers pay: from records to rows, and what is remembered where a source forgets."""

from collections.abc import Sequence
from datetime import date, timedelta
from decimal import Decimal

import pytest
from hypothesis import given
from hypothesis import strategies as st

from bot.domain.definition import Definition
from bot.domain.paying import Paid, added_up, parts, paying_now, with_past_prices
from bot.domain.period import day_number
from bot.domain.stays import Known, from_dates, from_presence
from integrations.errors import BadRecord
from integrations.records import DatedStay, Present

DEFINITION = Definition(grace_days=7)
TODAY = date(2026, 10, 20)
NOW = day_number(TODAY)


def paid_on(rows: Sequence[Paid], day: int) -> dict[str, int]:
    """By currency, what the rows that cover the day add up to."""
    sums: dict[str, int] = {}
    for since, until, amount, currency in rows:
        if since <= day and (until is None or day < until) and amount:
            sums[currency] = sums.get(currency, 0) + amount
    return sums


class TestParts:
    @pytest.mark.parametrize(
        ("monthly", "expected"),
        [
            ("0", 0),
            ("1", 100_000),
            ("12.50", 1_250_000),
            ("0.000005", 0),
            ("0.000015", 2),
            ("1000000000000", 10**17),
        ],
    )
    def test_are_rounded_half_to_even(self, monthly: str, expected: int) -> None:
        assert parts(Decimal(monthly), "EUR") == expected

    def test_of_a_years_price_make_the_year_again(self) -> None:
        a_month = parts(Decimal(100) / 12, "EUR")

        assert abs(12 * a_month - parts(Decimal(100), "EUR")) <= 6

    @pytest.mark.parametrize("monthly", ["-0.01", "NaN", "Infinity", "1000000000000.01"])
    def test_are_not_made_of_what_nobody_can_pay(self, monthly: str) -> None:
        with pytest.raises(ValueError, match="is not an amount from 0 to"):
            parts(Decimal(monthly), "EUR")

    @pytest.mark.parametrize("currency", ["", "eur", "EURO", "€UR", "EU1", "ÄÖÜ"])
    def test_have_a_currency(self, currency: str) -> None:
        with pytest.raises(ValueError, match="is not a currency like EUR"):
            parts(Decimal(1), currency)


rows = st.lists(
    st.tuples(
        st.integers(0, 30),
        st.none() | st.integers(0, 40),
        st.sampled_from([0, 1, 500, 10**12]),
        st.sampled_from(["EUR", "USD"]),
    ),
    max_size=6,
)


class TestAddingUp:
    @given(rows)
    def test_says_of_every_day_what_the_rows_said(self, given: list[Paid]) -> None:
        found = added_up(given)

        for day in range(45):
            assert paid_on(found, day) == paid_on(given, day)

    @given(rows, st.randoms())
    def test_gives_the_same_whatever_the_order_and_once_more(
        self, given: list[Paid], random: object
    ) -> None:
        found = added_up(given)

        assert added_up(reversed(given)) == found
        assert added_up(found) == found
        assert len({(since, until, currency) for since, until, _, currency in found}) == len(found)

    def test_of_nothing_is_nothing(self) -> None:
        assert added_up([]) == ()
        assert added_up([(3, 3, 5, "EUR"), (5, 3, 5, "EUR"), (3, None, 0, "EUR")]) == ()


class TestWhoIsOnTodaysList:
    @given(st.lists(st.tuples(st.integers(0, 3), st.sampled_from([0, 5, 9])), max_size=8))
    def test_paid_on_each_day_what_was_told_last_on_it(self, told: list[tuple[int, int]]) -> None:
        """`told` are steps in days and what is told then."""
        found: tuple[Paid, ...] = ()
        day, last = 0, dict[int, int]()
        for step, amount in told:
            day += step
            last[day] = amount
            found = paying_now(found, [(amount, "EUR" if amount else "")], day)

        for each in range(day + 3):
            known = [amount for since, amount in sorted(last.items()) if since <= each]
            expected = {"EUR": known[-1]} if known and known[-1] else {}
            assert paid_on(found, each) == expected

    def test_and_pays_the_same_has_one_row(self) -> None:
        once = paying_now((), [(5, "EUR")], 10)

        assert paying_now(once, [(5, "EUR")], 11) is once
        assert once == ((10, None, 5, "EUR"),)

    def test_and_pays_in_another_currency_has_another(self) -> None:
        found = paying_now(((10, None, 5, "EUR"),), [(5, "USD")], 20)

        assert found == ((10, 20, 5, "EUR"), (20, None, 5, "USD"))


class TestPricesThatTheSourceForgets:
    WAS = ((100, None, 30, "EUR"),)

    def at(self, told: Sequence[Paid], before: Sequence[Paid], today: int) -> tuple[Paid, ...]:
        return with_past_prices(told, before, today)

    def test_count_from_the_day_on_which_another_was_seen(self) -> None:
        found = self.at([(100, None, 50, "EUR")], self.WAS, 200)

        assert found == ((100, 200, 30, "EUR"), (200, None, 50, "EUR"))

    def test_are_not_cut_up_by_the_next_pulls(self) -> None:
        told = [(100, None, 50, "EUR")]
        found = self.at(told, self.WAS, 200)

        assert self.at(told, found, 201) == found
        assert self.at(told, found, 200) == found

    def test_are_remembered_when_the_first_price_comes_back(self) -> None:
        found = self.at([(100, None, 50, "EUR")], self.WAS, 200)
        found = self.at([(100, None, 30, "EUR")], found, 300)

        assert found == ((100, 200, 30, "EUR"), (200, 300, 50, "EUR"), (300, None, 30, "EUR"))

    def test_twice_in_a_day_are_the_last(self) -> None:
        found = self.at([(100, None, 50, "EUR")], self.WAS, 200)
        found = self.at([(100, None, 60, "EUR")], found, 200)

        assert found == ((100, 200, 30, "EUR"), (200, None, 60, "EUR"))

    def test_that_become_nothing_were_paid_until_today(self) -> None:
        assert self.at([(100, None, 0, "")], self.WAS, 200) == ((100, 200, 30, "EUR"),)

    def test_end_when_it_is_told_that_they_ended(self) -> None:
        """Whatever the price was called on the day on which that was seen."""
        for amount in (30, 50):
            assert self.at([(100, 150, amount, "EUR")], self.WAS, 200) == ((100, 150, 30, "EUR"),)

    def test_to_come_are_as_they_are_told(self) -> None:
        found = self.at([(100, 300, 50, "EUR")], self.WAS, 200)

        assert found == ((100, 200, 30, "EUR"), (200, 300, 50, "EUR"))

    def test_of_a_subscription_that_is_new_to_us_hold_from_its_start(self) -> None:
        told = [(100, None, 30, "EUR"), (150, None, 7, "EUR")]

        assert self.at(told, self.WAS, 200) == tuple(told)

    def test_of_another_subscription_are_not_taken_for_the_next_price(self) -> None:
        before = ((100, 150, 30, "EUR"), (150, None, 7, "EUR"))

        found = self.at([(100, 150, 30, "EUR"), (150, None, 9, "EUR")], before, 200)

        assert found == ((100, 150, 30, "EUR"), (150, 200, 7, "EUR"), (200, None, 9, "EUR"))

    def test_changed_on_the_day_on_which_another_began_are_not_counted_twice(self) -> None:
        before = ((100, 150, 30, "EUR"), (150, None, 57, "EUR"))

        found = self.at([(100, None, 50, "EUR"), (150, None, 7, "EUR")], before, 200)

        sums = [paid_on(found, day) for day in (149, 150, 199, 200)]
        assert sums == [{"EUR": 30}, {"EUR": 57}, {"EUR": 57}, {"EUR": 57}]

    def test_of_what_is_yet_to_begin_are_paid_from_then_on(self) -> None:
        told = [(300, None, 50, "EUR")]

        assert self.at(told, ((300, None, 30, "EUR"),), 200) == tuple(told)

    def test_of_a_first_pull_hold_for_all_of_the_past(self) -> None:
        told = [(100, None, 30, "EUR")]

        assert self.at(told, (), 200) == tuple(told)

    def test_of_two_that_began_together_are_told_apart_by_when_they_end(self) -> None:
        found = self.at([(100, None, 10, "EUR"), (100, 150, 20, "EUR")], self.WAS, 200)

        assert found == ((100, 150, 20, "EUR"), (100, None, 10, "EUR"))

    @given(
        st.lists(
            st.tuples(st.integers(0, 9), st.sampled_from([10, 20, 30])), min_size=1, max_size=6
        ),
        st.none() | st.integers(1, 9),
    )
    def test_say_of_each_day_what_the_last_pull_by_then_saw(
        self, seen: list[tuple[int, int]], ends_after: int | None
    ) -> None:
        """One subscription from day 100; `seen` are days between pulls and the price then."""
        found: tuple[Paid, ...] = ()
        today, prices = 100, dict[int, int]()
        for step, amount in seen:
            today += step
            prices[today] = amount
            found = with_past_prices([(100, None, amount, "EUR")], found, today)
        stopped = 10**6
        if ends_after is not None:
            stopped, today = today + ends_after, today + 10
            found = with_past_prices([(100, stopped, 99, "EUR")], found, today)

        for day in range(100, today + 3):
            known = [amount for since, amount in prices.items() if since <= day]
            expected = known[-1] if known else seen[0][1]
            assert paid_on(found, day) == ({"EUR": expected} if day < stopped else {})


def dated(
    since: date, until: date | None = None, monthly: str = "10", **other: object
) -> DatedStay:
    return DatedStay(
        "a",
        "A",
        since,
        until,
        place="line 7",
        monthly=Decimal(monthly),
        currency=str(other.get("currency", "EUR")),
        as_of_now=bool(other.get("as_of_now", False)),
    )


def october(day: int) -> date:
    return date(2026, 10, day)


def told(customer: Known) -> list[tuple[str, str, int, str]]:
    first = date(1970, 1, 1)
    return [
        (
            f"{first + timedelta(days=since):%m-%d}",
            "" if until is None else f"{first + timedelta(days=until):%m-%d}",
            amount // 100_000,
            currency,
        )
        for since, until, amount, currency in customer.revenue
    ]


class TestDatedStays:
    def test_say_what_is_paid_on_their_own_days(self) -> None:
        records = [dated(october(1), october(9)), dated(october(12), monthly="20")]

        found = from_dates(records, DEFINITION)["a"]

        assert len(found.stays) == 1, "the gap is joined"
        assert told(found) == [("10-01", "10-09", 10, "EUR"), ("10-12", "", 20, "EUR")]

    def test_that_overlap_add_up(self) -> None:
        records = [dated(october(1)), dated(october(1)), dated(october(5), currency="USD")]

        assert told(from_dates(records, DEFINITION)["a"]) == [
            ("10-01", "", 20, "EUR"),
            ("10-05", "", 10, "USD"),
        ]

    def test_without_an_amount_pay_nothing(self) -> None:
        records = [DatedStay("a", "A", october(1)), dated(october(1), monthly="0", currency="")]

        assert from_dates(records, DEFINITION)["a"].revenue == ()

    @pytest.mark.parametrize(("monthly", "currency"), [("-1", "EUR"), ("1", ""), ("NaN", "EUR")])
    def test_that_nobody_can_pay_are_refused_with_their_place(
        self, monthly: str, currency: str
    ) -> None:
        with pytest.raises(BadRecord, match=r"Customer 'a' \(line 7\): .*Correct what they pay"):
            from_dates([dated(october(1), monthly=monthly, currency=currency)], DEFINITION)

    def test_as_of_now_keep_what_was_known_of_the_past(self) -> None:
        first = from_dates([dated(october(1), as_of_now=True)], DEFINITION, today=october(2))
        records = [dated(october(1), monthly="25", as_of_now=True)]

        found = from_dates(records, DEFINITION, known=first, today=TODAY)

        assert told(found["a"]) == [("10-01", "10-20", 10, "EUR"), ("10-20", "", 25, "EUR")]

    def test_that_were_corrected_are_as_they_are_told(self) -> None:
        first = from_dates([dated(october(1))], DEFINITION, today=october(2))

        found = from_dates([dated(october(1), monthly="25")], DEFINITION, known=first, today=TODAY)

        assert told(found["a"]) == [("10-01", "", 25, "EUR")]


class TestPresence:
    def test_pays_from_the_day_of_the_pull_and_no_more_when_it_is_gone(self) -> None:
        def pull(day: int, known: dict[str, Known], *monthly: str) -> dict[str, Known]:
            records = [
                Present("a", "A", since=october(1), monthly=Decimal(each), currency="EUR")
                for each in monthly
            ]
            return from_presence(records, known, october(day), DEFINITION)

        found = pull(5, {}, "10")
        found = pull(6, found, "10")
        found = pull(7, found, "15")
        found = pull(9, found)

        assert told(found["a"]) == [("10-05", "10-07", 10, "EUR"), ("10-07", "10-09", 15, "EUR")]

    def test_that_tells_no_amount_any_more_pays_none(self) -> None:
        known = {"a": Known("a", "A", ((NOW - 9, None),), {}, ((NOW - 9, None, 7, "EUR"),))}

        found = from_presence([Present("a", "A")], known, TODAY, DEFINITION)

        assert found["a"].revenue == ((NOW - 9, NOW, 7, "EUR"),)
