"""Closed figures: when a period has settled, and what a later truth does to it."""

from collections.abc import Mapping
from dataclasses import fields
from datetime import UTC, date, datetime, timedelta

import numpy as np
import pytest
from hypothesis import given

from bot.domain.closing import (
    LOOK_BACK,
    Closed,
    Earlier,
    Place,
    Regrouped,
    Restatement,
    changed,
    earlier,
    finished,
    is_settled,
    most_important_first,
    responsible,
    restated,
)
from bot.domain.definition import Definition, Weekday
from bot.domain.period import Kind, Period, period_of
from bot.domain.retention import Counts, retention
from tests.domain import reference
from tests.domain.companies import Company, columns_of, companies, periods

DEFINITION = Definition(zone="Europe/Amsterdam")
OCTOBER = period_of(Kind.MONTH, date(2026, 10, 1), DEFINITION)
LONG_AGO = date(2025, 1, 1)
NOVEMBER_4 = datetime(2026, 11, 4, 2, 15, tzinfo=UTC)
NOTHING = Counts(opening=0, closing=0, kept=0, lost=0, new=0, won_back=0, early_losses=0)


def october(day: int) -> date:
    return date(2026, 10, day)


def closed(period: Period = OCTOBER, counts: Counts = NOTHING, **more: object) -> Closed:
    values: dict[str, object] = {
        "source": "crm",
        "period": period,
        "definition": DEFINITION.hash,
        "version": 1,
        "counts": counts,
        "pull": 1,
        "closed_at": NOVEMBER_4,
        **more,
    }
    return Closed(**values)  # type: ignore[arg-type]  # as the test wants them


def closed_of(company: Company, period: Period = OCTOBER) -> Closed:
    return closed(period, retention(columns_of(company), period).counts)


def restatement_of(before: Company, now: Company, period: Period = OCTOBER) -> Restatement | None:
    return restated(closed_of(before, period), *changed(columns_of(before), columns_of(now)))


def told(of: Restatement) -> dict[int, tuple[Place, Place]]:
    return {
        int(customer): (Place(was), Place(now))
        for customer, was, now in zip(of.customers, of.places_before, of.places_now, strict=True)
    }


STAYS_ON: Company = {1: [(LONG_AGO, None)], 2: [(LONG_AGO, None)]}


class TestSettled:
    day = timedelta(hours=24)
    end = datetime(2026, 11, 1, tzinfo=DEFINITION.zone_info)

    def settled(
        self, *, covered: datetime | None, now: datetime, newest: datetime | None = None
    ) -> bool:
        return is_settled(
            OCTOBER,
            covered=covered,
            newest=newest or covered or now,
            now=now,
            settle=self.day,
            definition=DEFINITION,
        )

    def test_waits_for_a_pull_that_has_seen_the_whole_period(self) -> None:
        assert not self.settled(covered=None, now=self.end + timedelta(days=300))

    def test_waits_a_day_after_the_first_pull_that_has(self) -> None:
        pulled = self.end + timedelta(hours=3)

        assert not self.settled(covered=pulled, now=pulled + self.day - timedelta(seconds=1))
        assert self.settled(covered=pulled, now=pulled + self.day)

    def test_pulls_that_come_every_hour_do_not_put_it_off(self) -> None:
        pulled = self.end + timedelta(hours=1)
        now = pulled + self.day

        assert self.settled(covered=pulled, newest=now, now=now)

    def test_is_at_once_what_a_first_pull_finds_long_over(self) -> None:
        pulled = self.end + timedelta(days=40)

        assert self.settled(covered=pulled, now=pulled)

    def test_a_first_pull_right_after_the_end_still_waits(self) -> None:
        pulled = self.end + self.day - timedelta(seconds=1)

        assert not self.settled(covered=pulled, now=pulled)
        assert self.settled(covered=pulled + timedelta(seconds=1), now=pulled + self.day)

    def test_a_day_is_24_hours_in_the_night_that_has_25(self) -> None:
        """The week ends when Sunday, the day of 25 hours, begins in Amsterdam."""
        definition = Definition(zone="Europe/Amsterdam", first_weekday=Weekday.SUNDAY)
        week = period_of(Kind.WEEK, date(2026, 10, 20), definition)
        assert week.next == date(2026, 10, 25)
        pulled = datetime(2026, 10, 24, 22, 0, tzinfo=UTC) + self.day

        def settled(at: datetime) -> bool:
            return is_settled(
                week, covered=at, newest=at, now=at, settle=self.day, definition=definition
            )

        assert settled(pulled)
        assert not settled(pulled - timedelta(seconds=1))

    def test_without_a_delay_the_first_pull_closes(self) -> None:
        at = self.end + timedelta(seconds=1)
        assert is_settled(
            OCTOBER, covered=at, newest=at, now=at, settle=timedelta(), definition=DEFINITION
        )


def test_looks_back_over_finished_periods_of_each_kind() -> None:
    today = date(2026, 11, 4)
    found = finished(today, DEFINITION)

    assert {kind: sum(p.kind is kind for p in found) for kind in LOOK_BACK} == LOOK_BACK
    assert all(period.next <= today for period in found)
    assert OCTOBER in found


class TestOneCustomer:
    @pytest.mark.parametrize(
        ("before", "now", "was", "is_"),
        [
            ([(LONG_AGO, None)], [(LONG_AGO, october(20))], Place.KEPT, Place.LOST),
            ([(LONG_AGO, october(20))], [(LONG_AGO, None)], Place.LOST, Place.KEPT),
            ([], [(october(9), None)], Place.NOWHERE, Place.NEW),
            ([(october(9), None)], [], Place.NEW, Place.NOWHERE),
            ([], [(october(9), october(20))], Place.NOWHERE, Place.EARLY_LOSS),
            ([(october(9), None)], [(october(9), october(20))], Place.NEW, Place.EARLY_LOSS),
            (
                [(october(9), None)],
                [(LONG_AGO, date(2026, 2, 1)), (october(9), None)],
                Place.NEW,
                Place.WON_BACK,
            ),
            ([(october(9), None)], [(LONG_AGO, None)], Place.NEW, Place.KEPT),
            ([(LONG_AGO, None)], [(LONG_AGO, date(2026, 9, 9))], Place.KEPT, Place.NOWHERE),
        ],
        ids=lambda value: str(value.name) if isinstance(value, Place) else "",
    )
    def test_is_told_with_the_list_before_and_now(
        self,
        before: list[tuple[date, date | None]],
        now: list[tuple[date, date | None]],
        was: Place,
        is_: Place,
    ) -> None:
        found = restatement_of({**STAYS_ON, 3: before}, {**STAYS_ON, 3: now})

        assert found is not None
        assert told(found) == {3: (was, is_)}

    def test_who_left_and_returned_within_the_period_is_where_they_were(self) -> None:
        before: Company = {1: [(LONG_AGO, None)]}
        now: Company = {1: [(LONG_AGO, october(9)), (october(20), None)]}

        assert restatement_of(before, now) is None

    def test_who_left_after_the_period_changes_nothing_in_it(self) -> None:
        assert restatement_of({1: [(LONG_AGO, None)]}, {1: [(LONG_AGO, date(2026, 11, 1))]}) is None

    def test_early_losses_alone_are_known_as_such(self) -> None:
        found = restatement_of(STAYS_ON, {**STAYS_ON, 3: [(october(9), october(20))]})
        other = restatement_of(STAYS_ON, {**STAYS_ON, 3: [(october(9), None)]})

        assert found is not None
        assert found.only_early_losses
        assert other is not None
        assert not other.only_early_losses


def test_the_same_stays_restate_nothing() -> None:
    assert restatement_of(STAYS_ON, STAYS_ON) is None
    assert restatement_of({}, {}) is None


def test_two_customers_who_change_places_leave_the_counts_and_are_told() -> None:
    before: Company = {1: [(LONG_AGO, october(9))], 2: [(LONG_AGO, None)]}
    now: Company = {2: [(LONG_AGO, october(9))], 1: [(LONG_AGO, None)]}

    found = restatement_of(before, now)

    assert found is not None
    assert found.now == found.was.counts
    assert told(found) == {1: (Place.LOST, Place.KEPT), 2: (Place.KEPT, Place.LOST)}


def test_a_day_that_a_source_cannot_speak_of_yet_is_no_difference() -> None:
    before = columns_of(STAYS_ON, known_from=october(1), known_to=october(31))
    now = columns_of({1: STAYS_ON[1]}, known_from=october(9), known_to=october(20))

    found = restated(closed_of(STAYS_ON), *changed(before, now))

    assert found is not None
    assert told(found) == {2: (Place.KEPT, Place.NOWHERE)}


IN_OPENING = (Place.KEPT, Place.LOST)
IN_CLOSING = (Place.KEPT, Place.NEW, Place.WON_BACK)
LISTS = {
    "opening": IN_OPENING,
    "closing": IN_CLOSING,
    "kept": (Place.KEPT,),
    "lost": (Place.LOST,),
    "new": (Place.NEW,),
    "won_back": (Place.WON_BACK,),
    "early_losses": (Place.EARLY_LOSS,),
}


@given(before=companies, now=companies, period=periods())
def test_the_customers_named_explain_the_change_of_each_count_exactly(
    before: Company, now: Company, period: Period
) -> None:
    """Against the slow reference: the new counts, and each list moved by those who are named."""
    last = period.last
    was = reference.figures(before, period.first, last)
    is_ = reference.figures(now, period.first, last)

    found = restatement_of(before, now, period)

    moved = {
        who
        for who in {*before, *now}
        if any((who in was[name]) != (who in is_[name]) for name in LISTS)
    }
    if found is None:
        assert not moved
        return
    assert set(told(found)) == moved
    for each in fields(Counts):
        places = LISTS[each.name]
        came = sum(now in places and was not in places for was, now in told(found).values())
        went = sum(was in places and now not in places for was, now in told(found).values())
        assert getattr(found.now, each.name) == len(is_[each.name])
        assert getattr(found.now, each.name) - getattr(found.was.counts, each.name) == came - went


one_a_day = companies.map(
    lambda company: {who: list({stay[0]: stay for stay in found}.values())
                     for who, found in company.items()}
)  # fmt: skip
"""As the store keeps them: a customer has one stay that begins on a day."""


@given(before=one_a_day, now=one_a_day)
def test_only_customers_with_other_stays_are_looked_at(before: Company, now: Company) -> None:
    then, today = changed(columns_of(before), columns_of(now))

    everybody = {*before, *now}
    differ = {who for who in everybody if sorted_(before.get(who)) != sorted_(now.get(who))}
    assert set(then.customer.tolist()) == {who for who in differ if before.get(who)}
    assert set(today.customer.tolist()) == {who for who in differ if now.get(who)}


def sorted_(stays: list[tuple[date, date | None]] | None) -> list[tuple[date, str]]:
    return sorted((since, str(until)) for since, until in stays or [])


@given(before=companies, now=companies, period=periods())
def test_a_correction_that_is_taken_back_restates_back(
    before: Company, now: Company, period: Period
) -> None:
    there = restatement_of(before, now, period)
    if there is None:
        return
    as_restated = closed(period, there.now, version=2, pull=2)

    back = restated(as_restated, *changed(columns_of(now), columns_of(before)))

    assert back is not None
    assert back.now == there.was.counts
    assert {who: (now, was) for who, (was, now) in told(there).items()} == told(back)


def counts(opening: int, lost: int, *, new: int = 0, early_losses: int = 0) -> Counts:
    return Counts(
        opening=opening,
        closing=opening - lost + new,
        kept=opening - lost,
        lost=lost,
        new=new,
        won_back=0,
        early_losses=early_losses,
    )


def changing(
    was: Counts,
    now: Counts,
    period: Period = OCTOBER,
    moves: Mapping[int, tuple[Place, Place]] | None = None,
) -> Restatement:
    moves = moves or {1: (Place.KEPT, Place.LOST)}
    return Restatement(
        closed(period, was),
        now,
        np.array(list(moves), dtype=np.int32),
        np.array([was for was, _ in moves.values()], dtype=np.int8),
        np.array([now for _, now in moves.values()], dtype=np.int8),
    )


class TestOrder:
    def test_is_by_how_far_the_rate_moved(self) -> None:
        little = changing(counts(100, 5), counts(100, 6))
        much = changing(counts(100, 5), counts(100, 9), period_of(Kind.YEAR, LONG_AGO, DEFINITION))

        assert most_important_first([little, much]) == [much, little]

    def test_puts_a_month_before_a_week_and_the_newer_first(self) -> None:
        moved = counts(100, 5), counts(100, 6)
        week = changing(*moved, period_of(Kind.WEEK, october(20), DEFINITION))
        month = changing(*moved)
        older = changing(*moved, period_of(Kind.MONTH, date(2026, 9, 1), DEFINITION))

        assert most_important_first([week, older, month]) == [month, older, week]

    def test_puts_other_numbers_swaps_and_early_losses_last(self) -> None:
        early = {1: (Place.NOWHERE, Place.EARLY_LOSS)}
        swap = {1: (Place.KEPT, Place.LOST), 2: (Place.LOST, Place.KEPT)}
        rate = changing(counts(1000, 5), counts(1000, 6))
        only_early = changing(counts(10, 1), counts(10, 1, early_losses=1), moves=early)
        swapped = changing(counts(10, 1), counts(10, 1), moves=swap)
        new = changing(counts(10, 1), counts(10, 1, new=2), moves={1: (Place.NOWHERE, Place.NEW)})

        assert most_important_first([only_early, swapped, new, rate]) == [
            rate,
            new,
            swapped,
            only_early,
        ]

    def test_a_rate_that_there_was_none_of_is_a_move(self) -> None:
        appeared = changing(counts(0, 0), counts(1, 1))
        new = changing(counts(10, 1), counts(10, 1, new=2), moves={1: (Place.NOWHERE, Place.NEW)})

        assert most_important_first([new, appeared]) == [appeared, new]


class TestResponsible:
    september = period_of(Kind.MONTH, date(2026, 9, 1), DEFINITION)

    def test_names_nobody_when_nothing_changed(self) -> None:
        assert responsible([], 10) == ([], 0)

    def test_names_each_once_where_it_matters_most(self) -> None:
        first = changing(
            counts(10, 1), counts(10, 2), self.september, {7: (Place.KEPT, Place.LOST)}
        )
        second = changing(
            counts(10, 1),
            counts(9, 1),
            moves={7: (Place.KEPT, Place.NOWHERE), 8: (Place.NEW, Place.WON_BACK)},
        )

        told, everybody = responsible([first, second], 10)

        assert everybody == 2
        assert [(each.customer, each.period, each.now) for each in told] == [
            (7, self.september, Place.LOST),
            (8, OCTOBER, Place.WON_BACK),
        ]

    def test_names_who_is_lost_first_and_counts_the_rest(self) -> None:
        moves = {n: (Place.NOWHERE, Place.NEW) for n in range(1, 6)}
        moves |= {9: (Place.KEPT, Place.LOST)}

        told, everybody = responsible([changing(counts(9, 1), counts(9, 2), moves=moves)], 3)

        assert [each.customer for each in told] == [9, 1, 2]
        assert everybody == 6

    def test_names_no_more_than_asked_for_over_all(self) -> None:
        restatements = [
            changing(
                counts(9, 1),
                counts(9, 2),
                moves={n: (Place.KEPT, Place.LOST), n + 1: (Place.NEW, Place.EARLY_LOSS)},
            )
            for n in (1, 3, 5)
        ]

        told, everybody = responsible(restatements, 3)

        assert [each.customer for each in told] == [1, 2, 3]
        assert everybody == 6


class TestEarlier:
    was, now = counts(10, 1), counts(10, 2)
    later = NOVEMBER_4 + timedelta(days=9)

    def test_is_nothing_where_nothing_was_closed(self) -> None:
        assert earlier([], self.now, "h") is None

    def test_is_nothing_where_the_same_was_said(self) -> None:
        assert earlier([closed(counts=self.now, definition="h")], self.now, "h") is None

    def test_is_the_first_version_with_the_day_on_which_it_was_restated(self) -> None:
        first = closed(counts=self.was, definition="h")
        second = closed(counts=self.now, definition="h", version=2, closed_at=self.later)

        assert earlier([first, second], self.now, "h") == Earlier(first, self.later)

    def test_is_not_said_to_be_restated_before_it_was(self) -> None:
        first = closed(counts=self.was, definition="h")

        assert earlier([first], self.now, "h") == Earlier(first)

    def test_of_what_came_after_the_newest_version_no_day_is_told(self) -> None:
        first = closed(counts=self.was, definition="h")
        second = closed(counts=counts(10, 3), definition="h", version=2, closed_at=self.later)

        assert earlier([first, second], self.now, "h") == Earlier(first)

    def test_is_nothing_once_a_correction_was_taken_back(self) -> None:
        versions = [
            closed(counts=self.was, definition="h"),
            closed(counts=self.now, definition="h", version=2),
            closed(counts=self.was, definition="h", version=3),
        ]

        assert earlier(versions, self.was, "h") is None

    def test_is_the_newest_under_another_definition(self) -> None:
        old = closed(counts=counts(10, 5), definition="old")
        older = closed(
            counts=self.was, definition="older", closed_at=NOVEMBER_4 - timedelta(days=1)
        )
        own = closed(counts=self.now, definition="h", closed_at=self.later)

        assert earlier([older, own, old], self.now, "h") == Earlier(old, other_definition=True)


@pytest.mark.parametrize(
    ("before", "now", "into", "everybody"),
    [
        ({}, {}, {}, set()),
        ({3: 7}, {3: 7}, {}, set()),
        ({}, {3: 7}, {3: 7}, {3, 7}),
        ({3: 7}, {}, {3: 3}, {3, 7}),
        ({3: 7}, {3: 8}, {3: 8}, {3, 7, 8}),
    ],
    ids=["nothing", "as it was", "merged", "taken back", "into another one"],
)
def test_records_are_regrouped_where_they_belong_to_another_one_than_before(
    before: dict[int, int], now: dict[int, int], into: dict[int, int], everybody: set[int]
) -> None:
    found = Regrouped.between(before, now)

    assert (dict(found.into), set(found.everybody)) == (into, everybody)
