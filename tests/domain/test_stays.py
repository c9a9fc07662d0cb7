"""Evidence becomes stays: dates, purchases and today's list, and the pull that is not believed."""

import math
from dataclasses import replace
from datetime import UTC, date, datetime, timedelta, timezone
from decimal import Decimal
from itertools import pairwise
from zoneinfo import ZoneInfo

import pytest
from hypothesis import given
from hypothesis import strategies as st

from bot.domain.definition import Definition
from bot.domain.period import day_number, from_day_number
from bot.domain.stays import (
    Evidence,
    Known,
    Stay,
    evidence_of,
    from_dates,
    from_presence,
    from_purchases,
    implausible,
    joined,
    local_day,
)
from integrations.errors import BadRecord
from integrations.records import DatedStay, Moment, Present, Purchase
from tests.domain import reference

AMSTERDAM = ZoneInfo("Europe/Amsterdam")
DEFINITION = Definition(grace_days=7, purchase_keeps_days=90)
TODAY = date(2026, 11, 2)
NOW = day_number(TODAY)


def october(day: int) -> date:
    return date(2026, 10, day)


def dated(since: Moment, until: Moment | None = None, *, id: str = "a", **more: str) -> DatedStay:
    return DatedStay(id, more.pop("name", "Ann"), since, until, more, place="line 17")


def days(known: Known) -> list[tuple[str, str | None]]:
    """The stays as people write them."""
    return [
        (str(from_day_number(since)), None if until is None else str(from_day_number(until)))
        for since, until in known.stays
    ]


def told(known: Known) -> list[tuple[str, str]]:
    return [(str(from_day_number(since)), fields["plan"]) for since, fields in known.earlier]


class TestLocalDay:
    def test_takes_a_date_as_it_is(self) -> None:
        assert local_day(date(1970, 1, 2), AMSTERDAM) == 1

    @pytest.mark.parametrize(
        ("moment", "day"),
        [
            # On the night in March an hour is missing, on the one in October it comes twice.
            (datetime(2026, 3, 28, 22, 59, tzinfo=UTC), date(2026, 3, 28)),
            (datetime(2026, 3, 28, 23, 0, tzinfo=UTC), date(2026, 3, 29)),
            (datetime(2026, 3, 29, 21, 59, tzinfo=UTC), date(2026, 3, 29)),
            (datetime(2026, 3, 29, 22, 0, tzinfo=UTC), date(2026, 3, 30)),
            (datetime(2026, 10, 24, 21, 59, tzinfo=UTC), date(2026, 10, 24)),
            (datetime(2026, 10, 24, 22, 0, tzinfo=UTC), date(2026, 10, 25)),
            (datetime(2026, 10, 25, 22, 59, tzinfo=UTC), date(2026, 10, 25)),
            (datetime(2026, 10, 25, 23, 0, tzinfo=UTC), date(2026, 10, 26)),
        ],
    )
    def test_days_have_23_or_25_hours_when_the_clocks_change(
        self, moment: datetime, day: date
    ) -> None:
        assert local_day(moment, AMSTERDAM) == day_number(day)
        assert local_day(moment.astimezone(timezone(timedelta(hours=-9))), AMSTERDAM) == (
            day_number(day)
        )

    def test_refuses_a_time_without_a_zone(self) -> None:
        with pytest.raises(ValueError, match="without a zone"):
            local_day(datetime(2026, 10, 1, 9), AMSTERDAM)  # noqa: DTZ001

    @given(
        st.datetimes(datetime(1900, 1, 1), datetime(2100, 1, 1), timezones=st.just(UTC)),  # noqa: DTZ001
        st.timezones(),
    )
    def test_is_the_date_on_the_wall_there(self, moment: datetime, zone: ZoneInfo) -> None:
        offset = zone.utcoffset(moment.astimezone(zone))
        assert offset is not None

        assert from_day_number(local_day(moment, zone)) == (moment + offset).date()


class TestDates:
    def test_of_no_records_are_no_customers(self) -> None:
        assert from_dates([], DEFINITION) == {}

    def test_are_taken_as_they_are(self) -> None:
        found = from_dates([dated(october(1), october(9)), dated(october(20))], DEFINITION)

        assert days(found["a"]) == [("2026-10-01", "2026-10-09"), ("2026-10-20", None)]

    def test_of_several_subscriptions_are_one_customer(self) -> None:
        records = [dated(october(5), october(9)), dated(october(1), october(6)), dated(october(9))]

        assert days(from_dates(records, DEFINITION)["a"]) == [("2026-10-01", None)]

    @pytest.mark.parametrize(
        ("grace", "again", "stays"),
        [
            (7, 9, 1),  # away from the 2nd to the 8th: seven days
            (7, 10, 2),
            (0, 2, 1),  # on the day of the end itself there is no gap
            (0, 3, 2),
        ],
    )
    def test_with_a_short_gap_are_one_stay(self, grace: int, again: int, stays: int) -> None:
        records = [dated(october(1), october(2)), dated(october(again), october(31))]

        found = from_dates(records, Definition(grace_days=grace))

        assert len(found["a"].stays) == stays

    def test_that_end_before_they_begin_are_refused_with_place_and_both_days(self) -> None:
        with pytest.raises(BadRecord) as refused:
            from_dates([dated(october(9), october(8))], DEFINITION)

        for part in ("'a'", "line 17", "2026-10-09", "2026-10-08", "Correct"):
            assert part in str(refused.value)
        assert "Ann" not in str(refused.value)

    def test_without_a_zone_are_refused_with_the_remedy(self) -> None:
        with pytest.raises(BadRecord, match=r"'a' \(line 17\).*with its offset"):
            from_dates([dated(datetime(2026, 10, 1, 9))], DEFINITION)  # noqa: DTZ001

    def test_at_the_end_of_the_calendar_are_refused(self) -> None:
        moment = datetime.max.replace(tzinfo=timezone(timedelta(hours=-9)))

        with pytest.raises(BadRecord, match="line 17"):
            from_dates([dated(moment)], DEFINITION)

    def test_that_end_on_the_day_they_begin_are_a_stay_of_no_days(self) -> None:
        found = from_dates([dated(october(9), october(9))], DEFINITION)

        assert days(found["a"]) == [("2026-10-09", "2026-10-09")]
        assert not found["a"].is_there(day_number(october(9)))

    def test_to_come_are_kept(self) -> None:
        found = from_dates([dated(date(2030, 1, 1), date(2031, 1, 1))], DEFINITION)

        assert days(found["a"]) == [("2030-01-01", "2031-01-01")]

    def test_are_days_in_the_zone_of_the_company(self) -> None:
        evening = datetime(2026, 9, 30, 22, 30, tzinfo=UTC)

        found = from_dates([dated(evening)], Definition(zone="Europe/Amsterdam"))

        assert days(found["a"]) == [("2026-10-01", None)]

    def test_name_and_fields_are_of_the_newest_record(self) -> None:
        found = from_dates(
            [
                dated(october(20), name="Ann Ltd", plan="pro"),
                dated(october(1), october(2), name="Ann", plan="free"),
            ],
            DEFINITION,
        )

        assert (found["a"].name, found["a"].fields) == ("Ann Ltd", {"plan": "pro"})

    def test_what_older_records_say_held_until_the_next_one(self) -> None:
        found = from_dates(
            [
                dated(october(20), plan="pro"),
                dated(october(1), october(5), plan="free"),
                dated(october(10), october(20), plan="pro"),
                dated(october(5), october(10), plan="free"),
            ],
            DEFINITION,
        )

        assert told(found["a"]) == [("2026-10-01", "free"), ("2026-10-10", "pro")]

    def test_of_records_that_say_the_same_nothing_is_told_of_before(self) -> None:
        records = [dated(october(day), plan="pro") for day in (1, 5, 9)]

        assert from_dates(records, DEFINITION)["a"].earlier == ()
        assert from_dates(records[:1], DEFINITION)["a"].earlier == ()

    @given(st.lists(st.tuples(st.integers(1, 31), st.sampled_from("xyz")), min_size=1, max_size=6))
    def test_on_each_day_the_newest_record_that_had_begun_says_what_they_were(
        self, said: list[tuple[int, str]]
    ) -> None:
        found = from_dates([dated(october(on), plan=plan) for on, plan in said], DEFINITION)["a"]

        known = found.earlier or ((0, found.fields),)
        for day in range(min(on for on, _ in said), 32):
            newest = max((on, n) for n, (on, _) in enumerate(said) if on <= day)
            then = [fields for since, fields in known if since <= day_number(october(day))]
            assert then[-1] == {"plan": said[newest[1]][1]}
        assert known[-1][1] == found.fields
        assert [since for since, _ in known] == sorted({since for since, _ in known})

    def test_of_the_same_day_the_last_record_names(self) -> None:
        found = from_dates([dated(october(1), name="x"), dated(october(1), name="y")], DEFINITION)

        assert found["a"].name == "y"

    def test_without_a_name_are_called_by_their_id(self) -> None:
        assert from_dates([dated(october(1), name="")], DEFINITION)["a"].name == "a"


edges = st.integers(0, 60)
raw = st.lists(
    st.tuples(edges, st.none() | st.integers(0, 25)).map(
        lambda pair: (pair[0], None if pair[1] is None else pair[0] + pair[1])
    ),
    min_size=1,
    max_size=6,
)


@given(raw, st.integers(0, 10))
def test_any_two_stays_that_lie_close_become_one(stays: list[Stay], grace: int) -> None:
    left = [(since, math.inf if until is None else until) for since, until in stays]
    done = []
    while left:
        one = left.pop()
        close = [other for other in left if max(one[0], other[0]) - min(one[1], other[1]) <= grace]
        if close:
            left.remove(close[0])
            left.append((min(one[0], close[0][0]), max(one[1], close[0][1])))
        else:
            done.append(one)

    found = joined(stays, grace)

    assert [(since, math.inf if until is None else until) for since, until in found] == sorted(done)


class TestPurchases:
    def test_keep_for_so_many_days_and_that_day_counts(self) -> None:
        found = from_purchases(
            [Purchase("a", "Ann", october(1))], Definition(purchase_keeps_days=3)
        )

        assert [
            number for number in range(1, 7) if found["a"].is_there(day_number(october(number)))
        ] == [
            1,
            2,
            3,
        ]

    def test_that_touch_are_one_stay_and_no_grace_is_added(self) -> None:
        definition = Definition(purchase_keeps_days=3, grace_days=7)
        bought = [Purchase("a", "Ann", october(day)) for day in (1, 4, 8, 8)]

        found = from_purchases(bought, definition)

        assert days(found["a"]) == [("2026-10-01", "2026-10-07"), ("2026-10-08", "2026-10-11")]

    def test_name_and_fields_are_of_the_latest(self) -> None:
        found = from_purchases(
            [
                Purchase("a", "New", october(9), {"shop": "web"}),
                Purchase("a", "Old", october(1), {"shop": "mall"}),
            ],
            DEFINITION,
        )

        assert (found["a"].name, found["a"].fields) == ("New", {"shop": "web"})
        assert found["a"].earlier == (
            (day_number(october(1)), {"shop": "mall"}),
            (day_number(october(9)), {"shop": "web"}),
        )

    def test_without_a_zone_are_refused(self) -> None:
        with pytest.raises(BadRecord, match="row 3"):
            from_purchases(
                [Purchase("a", "Ann", datetime(2026, 10, 1), place="row 3")],  # noqa: DTZ001
                DEFINITION,
            )

    @given(st.lists(st.integers(0, 300), min_size=1, max_size=8), st.integers(1, 120))
    def test_a_customer_is_who_bought_within_the_last_days(
        self, bought: list[int], keeps: int
    ) -> None:
        first = date(2020, 1, 1)
        records = [Purchase("a", "Ann", first + timedelta(days=number)) for number in bought]

        found = from_purchases(records, Definition(purchase_keeps_days=keeps))["a"]

        for number in range(450):
            there = any(0 <= number - day < keeps for day in bought)
            assert found.is_there(day_number(first) + number) is there


def present(id: str = "a", since: Moment | None = None, **more: str) -> Present:
    return Present(id, more.pop("name", "Ann"), since, more)


def known(*stays: tuple[date, date | None], id: str = "a", name: str = "Ann") -> dict[str, Known]:
    numbers = tuple(
        (day_number(since), None if until is None else day_number(until)) for since, until in stays
    )
    return {id: Known(id, name, numbers, {})}


class TestPresence:
    def after(
        self, listed: list[Present], before: dict[str, Known]
    ) -> list[tuple[str, str | None]]:
        return days(from_presence(listed, before, TODAY, DEFINITION)["a"])

    def test_begins_today(self) -> None:
        assert self.after([present()], {}) == [("2026-11-02", None)]

    def test_begins_when_the_source_says(self) -> None:
        assert self.after([present(since=october(1))], {}) == [("2026-10-01", None)]

    def test_begins_today_when_the_source_names_a_day_to_come(self) -> None:
        assert self.after([present(since=date(2027, 1, 1))], {}) == [("2026-11-02", None)]

    def test_stays(self) -> None:
        assert self.after([present()], known((october(1), None))) == [("2026-10-01", None)]

    def test_leaves_on_the_first_day_of_absence(self) -> None:
        assert self.after([], known((october(1), None))) == [("2026-10-01", "2026-11-02")]

    def test_that_came_and_went_today_is_a_stay_of_no_days(self) -> None:
        assert self.after([], known((TODAY, None))) == [("2026-11-02", "2026-11-02")]

    def test_does_not_leave_twice(self) -> None:
        before = known((october(1), october(9)))

        assert self.after([], before) == [("2026-10-01", "2026-10-09")]

    def test_never_left_when_back_within_the_grace_days(self) -> None:
        before = known((october(1), october(26)))

        assert self.after([present()], before) == [("2026-10-01", None)]

    def test_returns_after_more_than_the_grace_days(self) -> None:
        before = known((october(1), october(25)))

        assert self.after([present()], before) == [
            ("2026-10-01", "2026-10-25"),
            ("2026-11-02", None),
        ]

    @pytest.mark.parametrize(
        ("told", "begins"),
        [(october(20), "2026-10-20"), (october(8), "2026-11-02"), (TODAY, "2026-11-02")],
    )
    def test_returns_when_the_source_says_unless_that_was_the_first_time(
        self, told: date, begins: str
    ) -> None:
        before = known((october(1), october(9)))

        assert self.after([present(since=told)], before) == [
            ("2026-10-01", "2026-10-09"),
            (begins, None),
        ]

    def test_moves_its_beginning_back_but_never_on(self) -> None:
        before = known((october(10), None))

        assert self.after([present(since=october(1))], before) == [("2026-10-01", None)]
        assert self.after([present(since=october(20))], before) == [("2026-10-10", None)]

    def test_does_not_move_its_beginning_back_into_an_earlier_stay(self) -> None:
        before = known((date(2026, 1, 1), date(2026, 3, 1)), (october(10), None))

        assert self.after([present(since=date(2026, 1, 1))], before) == [
            ("2026-01-01", "2026-03-01"),
            ("2026-10-10", None),
        ]

    def test_listed_twice_is_one_customer_as_last_said(self) -> None:
        found = from_presence(
            [present(name="x", plan="free"), present(name="y", plan="pro")], {}, TODAY, DEFINITION
        )

        assert list(found) == ["a"]
        assert (found["a"].name, found["a"].fields) == ("y", {"plan": "pro"})

    def test_keeps_name_and_fields_of_who_left(self) -> None:
        before = {"a": Known("a", "Ann", ((1, None),), {"plan": "pro"})}

        found = from_presence([present("b")], before, TODAY, DEFINITION)

        assert set(found) == {"a", "b"}
        assert (found["a"].name, found["a"].fields) == ("Ann", {"plan": "pro"})

    def test_without_a_zone_is_refused(self) -> None:
        with pytest.raises(BadRecord):
            self.after([present(since=datetime(2026, 10, 1))], {})  # noqa: DTZ001

    @given(st.lists(st.booleans(), min_size=1, max_size=40), st.integers(0, 5))
    def test_read_daily_gives_the_days_seen_and_the_short_gaps(
        self, seen: list[bool], grace: int
    ) -> None:
        first = date(2026, 1, 1)
        definition = Definition(grace_days=grace)
        found: dict[str, Known] = {}
        for number, there in enumerate(seen):
            today = first + timedelta(days=number)
            found = from_presence([present()] if there else [], found, today, definition)

        stays = [
            (from_day_number(since), None if until is None else from_day_number(until))
            for since, until in (found["a"].stays if found else ())
        ]
        last = first + timedelta(days=len(seen) - 1)
        wanted = {first + timedelta(days=number) for number, there in enumerate(seen) if there}
        got = reference.days_as_customer(stays, first, last)
        assert wanted <= got
        for (_, left), (back, _) in pairwise(stays):
            assert left is not None
            assert (back - left).days > grace
        filled = sorted(got - wanted)
        for day in filled:
            around = [abs((day - other).days) for other in wanted]
            assert min(around) <= grace


@pytest.mark.parametrize(
    ("record", "evidence"),
    [
        (dated(TODAY), Evidence.DATES),
        (Purchase("a", "Ann", TODAY), Evidence.PURCHASES),
        (present(), Evidence.PRESENCE),
    ],
)
def test_each_record_is_one_kind_of_evidence(
    record: DatedStay | Purchase | Present, evidence: Evidence
) -> None:
    assert evidence_of(record) is evidence


def everyone(count: int, stay: Stay = (0, None)) -> dict[str, Known]:
    return {str(number): Known(str(number), "", (stay,), {}) for number in range(count)}


def without(customers: dict[str, Known], count: int) -> dict[str, Known]:
    """What a pull gives when the first `count` have vanished from the records."""
    return dict(list(customers.items())[count:])


def left(customers: dict[str, Known], count: int, on: int = NOW) -> dict[str, Known]:
    """What a pull gives when the first `count` have left on a day."""
    gone = {id: Known(id, "", ((0, on),), {}) for id in list(customers)[:count]}
    return customers | gone


class TestPlausible:
    @pytest.mark.parametrize("evidence", Evidence)
    def test_is_a_first_pull_whatever_it_says(self, evidence: Evidence) -> None:
        assert implausible({}, {}, TODAY, evidence) is None
        assert implausible({}, everyone(2), TODAY, evidence) is None

    @pytest.mark.parametrize("evidence", Evidence)
    @pytest.mark.parametrize("count", [1, 2, 40])
    def test_is_no_empty_pull_after_customers_were_known(
        self, evidence: Evidence, count: int
    ) -> None:
        customers = everyone(count)
        seen = left(customers, count) if evidence is Evidence.PRESENCE else {}

        held = implausible(customers, seen, TODAY, evidence)

        assert held is not None
        assert f"none of the {count} customers" in held

    def test_is_no_empty_pull_when_all_had_left_before(self) -> None:
        assert implausible(everyone(4, (0, 9)), {}, TODAY, Evidence.DATES) is not None

    @pytest.mark.parametrize(("base", "allowed"), [(40, 3), (150, 3), (500, 10), (50_000, 1_000)])
    def test_are_a_few_dated_customers_without_a_record(self, base: int, allowed: int) -> None:
        customers = everyone(base)

        assert implausible(customers, without(customers, allowed), TODAY, Evidence.DATES) is None
        held = implausible(customers, without(customers, allowed + 1), TODAY, Evidence.DATES)
        assert held is not None
        assert f"{allowed + 1:,} of {base:,} customers are missing" in held
        assert f"more than {allowed:,} at once" in held

    def test_are_any_number_who_leave_with_an_end_date(self) -> None:
        customers = everyone(500)

        assert implausible(customers, left(customers, 400), TODAY, Evidence.DATES) is None

    def test_are_any_number_without_a_record_who_had_left_before(self) -> None:
        customers = everyone(500) | {
            f"old {number}": Known("", "", ((0, 9),), {}) for number in range(500)
        }

        assert implausible(customers, everyone(500), TODAY, Evidence.DATES) is None

    def test_purchases_cannot_be_taken_back_by_many(self) -> None:
        customers = everyone(500, (NOW - 10, NOW + 80))

        for count, held in ((10, False), (11, True)):
            seen = left(customers, count, NOW - 5)
            assert (implausible(customers, seen, TODAY, Evidence.PURCHASES) is not None) is held

    @pytest.mark.parametrize(
        ("base", "days", "allowed"),
        [
            (40, 1, 3),
            (500, 1, 13),
            (50_000, 1, 1_110),
            (40, 7, 3),
            (500, 7, 23),
            (40, 30, 7),
            (500, 30, 50),
            (50_000, 30, 3_650),
        ],
    )
    def test_absence_may_be_ordinary_churn_since_the_last_pull(
        self, base: int, days: int, allowed: int
    ) -> None:
        customers = everyone(base)
        last_pull = TODAY - timedelta(days=days)

        for count, held in ((allowed, False), (allowed + 1, True)):
            sentence = implausible(
                customers, left(customers, count), TODAY, Evidence.PRESENCE, last_pull=last_pull
            )
            assert (sentence is not None) is held

    def test_absence_of_many_is_believed_where_contracts_end_together(self) -> None:
        customers = everyone(500) | {
            f"old {number}": Known("", "", ((0, NOW - 30),), {}) for number in range(40)
        }

        assert implausible(customers, left(customers, 60), TODAY, Evidence.PRESENCE) is None
        assert implausible(customers, left(customers, 61), TODAY, Evidence.PRESENCE) is not None

    def test_a_worst_day_is_forgotten_after_a_year(self) -> None:
        customers = everyone(500) | {
            f"old {number}": Known("", "", ((0, NOW - 366),), {}) for number in range(40)
        }

        assert implausible(customers, left(customers, 14), TODAY, Evidence.PRESENCE) is not None

    def test_the_share_can_be_chosen(self) -> None:
        customers = everyone(500)
        seen = without(customers, 100)

        assert implausible(customers, seen, TODAY, Evidence.DATES, share=0.2) is None
        assert implausible(customers, seen, TODAY, Evidence.DATES, share=0.19) is not None


class TestDoubt:
    """Who owes, or has paused: a customer for so many days, where the source tells since when."""

    def until(
        self,
        definition: Definition,
        *,
        before: str | None = None,
        same_definition: bool = True,
        today: date = TODAY,
        **told: date | None,
    ) -> str | None:
        record = DatedStay("a", "Ann", october(1), **told)  # type: ignore[arg-type]
        known = {}
        if before is not None:
            until = date.fromisoformat(before)
            known = {"a": Known("a", "Ann", ((day_number(october(1)), day_number(until)),), {})}
        found = from_dates(
            [record], definition, known=known, today=today, same_definition=same_definition
        )
        [(_, told_until)] = days(found["a"])
        return told_until

    @pytest.mark.parametrize(
        ("within", "until"), [(None, None), (0, "2026-10-05"), (30, "2026-11-04")]
    )
    def test_counts_for_the_days_of_the_definition(
        self, within: int | None, until: str | None
    ) -> None:
        owes, rests = Definition(past_due_days=within), Definition(paused_days=within)

        assert self.until(owes, unpaid_since=october(5)) == until
        assert self.until(rests, paused_since=october(5)) == until
        assert self.until(owes, paused_since=october(5)) is None
        assert self.until(rests, unpaid_since=october(5)) is None

    def test_of_both_the_earlier_end_counts_and_that_of_the_source_too(self) -> None:
        both = Definition(past_due_days=10, paused_days=20)

        def told(until: date | None) -> str | None:
            return self.until(both, unpaid_since=october(15), paused_since=october(1), until=until)

        assert told(None) == "2026-10-21"
        assert told(october(20)) == "2026-10-20"
        assert told(october(28)) == "2026-10-21"

    def test_a_day_that_moves_on_with_each_unpaid_period_moves_nobody_back(self) -> None:
        """Stripe tells the newest period that is not paid."""
        month = Definition(past_due_days=10)

        assert self.until(month, before="2026-10-11", unpaid_since=TODAY) == "2026-10-11"
        longer = Definition(past_due_days=45)
        assert self.until(longer, before="2026-11-15", unpaid_since=TODAY) == "2026-11-15"

    def test_who_pays_is_back_as_if_they_had_not_been_away(self) -> None:
        assert self.until(Definition(past_due_days=10), before="2026-10-11") is None

    def test_other_days_are_counted_anew_for_everybody(self) -> None:
        month = Definition(past_due_days=30)

        found = self.until(
            month, before="2026-10-11", same_definition=False, unpaid_since=october(1)
        )

        assert found == "2026-10-31"

    def test_an_end_from_before_this_subscription_is_none_of_it(self) -> None:
        month = Definition(past_due_days=10, grace_days=0)

        assert self.until(month, before="2026-09-30", unpaid_since=october(20)) == "2026-10-30"

    def test_pieces_after_the_end_are_none_and_a_stay_that_was_over_at_once_has_no_days(
        self,
    ) -> None:
        pieces = [
            replace(dated(october(1), october(10)), monthly=Decimal(9), currency="EUR"),
            replace(dated(october(10)), monthly=Decimal(5), currency="EUR"),
            dated(october(9), id="b"),
        ]
        pieces = [replace(each, unpaid_since=october(5)) for each in pieces]

        found = from_dates(pieces, Definition(past_due_days=2))

        assert days(found["a"]) == [("2026-10-01", "2026-10-07")]
        assert [row[:2] for row in found["a"].revenue] == [
            (day_number(october(1)), day_number(october(7)))
        ]
        assert days(found["b"]) == [("2026-10-09", "2026-10-09")]
