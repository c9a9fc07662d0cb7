"""Who is asked, who not, and when."""

from collections.abc import Sequence
from datetime import UTC, datetime, timedelta
from zoneinfo import ZoneInfo

import pytest
from hypothesis import given
from hypothesis import strategies as st

from bot.domain.asking import (
    Budget,
    LastAsks,
    NotAsked,
    Whom,
    Why,
    planned,
    reminder_at,
    spread_over,
)

NOW = datetime(2026, 11, 2, 9, tzinfo=UTC)
BUDGET = Budget(person_days=30, customer_days=90)
ACME = Whom("C1", 4)
ACME_TOO = Whom("C2", 4)
GLOBEX = Whom("C3", 5)
NOBODYS = Whom("C4")
LEA = Whom("U1", person="U1")


def ago(**of: float) -> datetime:
    return NOW - timedelta(**of)


NEVER = LastAsks()


def whys(meant: Sequence[Whom], last: LastAsks = NEVER, **also: object) -> list[object]:
    """For each who is meant, why they are not asked, or None."""
    plan = planned(meant, last, now=NOW, budget=BUDGET, **also)  # type: ignore[arg-type]
    refused = {each.whom: each.why for each in plan.not_asked}
    assert {*plan.asked, *refused} == {*meant}
    assert not {*plan.asked} & {*refused}
    return [refused.get(whom) for whom in meant]


def test_nobody_meant_is_nobody_asked() -> None:
    assert whys([]) == []


def test_who_was_never_asked_is_asked() -> None:
    assert whys([ACME, GLOBEX, NOBODYS, LEA]) == [None] * 4


def test_a_customer_is_asked_in_one_of_their_channels() -> None:
    assert whys([ACME, ACME_TOO, GLOBEX]) == [None, Why.TWICE, None]


def test_who_is_named_twice_is_asked_once() -> None:
    assert planned([LEA, LEA], LastAsks(), now=NOW, budget=BUDGET).asked == (LEA,)


def test_each_is_left_in_peace_counted_from_their_own_last_ask() -> None:
    last = LastAsks(
        channels={"C4": ago(days=89)},
        customers={4: ago(days=89), 5: ago(days=90)},
        people={"U1": ago(days=29)},
    )

    plan = planned([ACME, GLOBEX, NOBODYS, LEA], last, now=NOW, budget=BUDGET)

    assert plan.asked == (GLOBEX,)
    day = NOW + timedelta(days=1)
    assert plan.not_asked == tuple(NotAsked(w, Why.LATELY, day) for w in (ACME, NOBODYS, LEA))


@pytest.mark.parametrize(("channel", "customer"), [(10, 80), (80, 10)])
def test_who_was_asked_here_and_elsewhere_waits_for_the_later_of_both(
    channel: int, customer: int
) -> None:
    last = LastAsks(channels={"C1": ago(days=channel)}, customers={4: ago(days=customer)})

    [refused] = planned([ACME], last, now=NOW, budget=BUDGET).not_asked

    assert refused.again == NOW + timedelta(days=80)


def test_a_customer_was_asked_whichever_channel_it_was_in() -> None:
    assert whys([ACME_TOO], LastAsks(customers={4: ago(days=1)})) == [Why.LATELY]


def test_a_channel_was_asked_whoever_s_it_was_then() -> None:
    assert whys([ACME], LastAsks(channels={"C1": ago(days=1)})) == [Why.LATELY]


def test_what_a_person_was_asked_is_no_ask_of_a_channel() -> None:
    assert whys([NOBODYS], LastAsks(people={"U1": ago(days=1)})) == [None]


def test_an_ask_that_is_planned_for_later_counts() -> None:
    assert whys([ACME], LastAsks(customers={4: NOW + timedelta(days=3)})) == [Why.LATELY]


def test_with_no_days_nobody_waits() -> None:
    last = LastAsks(customers={4: NOW}, people={"U1": NOW})

    plan = planned([ACME, LEA], last, now=NOW, budget=Budget(0, 0))

    assert plan.asked == (ACME, LEA)


def test_who_does_not_want_to_be_asked_is_not() -> None:
    assert whys([LEA, ACME], opted_out={"U1"}) == [Why.OPTED_OUT, None]


class TestDrawing:
    MANY = tuple(Whom(f"C{number}", number) for number in range(400))

    def test_all_or_a_share_are_drawn(self) -> None:
        def drawn(share: float) -> int:
            plan = planned(
                self.MANY, LastAsks(), now=NOW, budget=BUDGET, share=share, draw="nps:2026-Q4"
            )
            assert {each.why for each in plan.not_asked} <= {Why.NOT_DRAWN}
            return len(plan.asked)

        assert drawn(1.0) == 400
        assert 70 <= drawn(0.25) <= 130

    def test_the_same_round_draws_the_same_and_another_draws_others(self) -> None:
        def drawn(draw: str) -> tuple[Whom, ...]:
            whole = planned(self.MANY, LastAsks(), now=NOW, budget=BUDGET, share=0.5, draw=draw)
            return whole.asked

        assert drawn("a") == drawn("a")
        assert drawn("a") != drawn("b")


class TestSpreading:
    AMSTERDAM = ZoneInfo("Europe/Amsterdam")
    FRIDAY = datetime(2026, 10, 23, 10, tzinfo=AMSTERDAM)

    def test_as_many_on_each_working_day_at_the_same_local_time(self) -> None:
        """Over a weekend in which the clocks were put back."""
        moments = spread_over([ACME, GLOBEX, NOBODYS, LEA], 2, begin=self.FRIDAY)

        monday = datetime(2026, 10, 26, 10, tzinfo=self.AMSTERDAM)
        assert moments == [self.FRIDAY] * 2 + [monday] * 2
        assert [moment.hour for moment in moments] == [10] * 4

    def test_one_is_asked_on_the_first_day(self) -> None:
        assert spread_over([ACME], 5, begin=self.FRIDAY) == [self.FRIDAY]

    @given(st.integers(1, 60), st.integers(1, 20))
    def test_the_days_differ_by_one_at_most(self, several: int, days: int) -> None:
        whom = [Whom(f"C{n}") for n in range(several)]
        moments = spread_over(whom, days, begin=self.FRIDAY)

        counts = [moments.count(moment) for moment in set(moments)]
        assert moments == sorted(moments)
        assert len(moments) == several
        assert max(counts) - min(counts) <= 1
        assert len(counts) == min(several, days)
        assert all(moment.weekday() < 5 for moment in moments)


AMSTERDAM = ZoneInfo("Europe/Amsterdam")


@pytest.mark.parametrize(
    ("asked", "days", "due"),
    [
        ("2026-11-02T10:00+01:00", 7, "2026-11-09T10:00+01:00"),
        ("2026-11-02T10:00+01:00", 5, "2026-11-09T10:00+01:00"),  # not on a Saturday
        ("2026-11-02T10:00+01:00", 6, "2026-11-09T10:00+01:00"),
        ("2026-10-23T10:00+02:00", 7, "2026-10-30T10:00+01:00"),  # the clocks were set back
        ("2027-03-22T02:30+01:00", 7, "2027-03-29T02:30+02:00"),
        ("2026-11-02T10:00+01:00", 0.5, "2026-11-02T22:00+01:00"),
    ],
)
def test_who_says_nothing_is_reminded_at_the_same_hour_of_a_working_day(
    asked: str, days: float, due: str
) -> None:
    found = reminder_at(datetime.fromisoformat(asked).astimezone(UTC), days, AMSTERDAM)

    assert found == datetime.fromisoformat(due)
