"""Who is still there after which score."""

from datetime import date, timedelta

import pytest

from bot.domain.outcomes import (
    GROUPS,
    Never,
    Scored,
    Seen,
    ToSolve,
    outcomes,
    seen_by_score,
    seen_by_speed,
    to_solve,
)
from bot.domain.period import day_number
from bot.domain.surveys import Band, Direction, Scale, wilson
from tests.domain.companies import Company, columns_of

ASKED = date(2025, 1, 10)
DAY = day_number(ASKED)


def scored(customer: int, score: int, *, day: int = DAY, ask: str = "a") -> Scored:
    return Scored(customer, day, ask, Scale.NPS, score)


class TestSeenByScore:
    def test_is_each_customer_once_by_the_lowest_of_its_first_ask(self) -> None:
        found = seen_by_score(
            [scored(1, 10), scored(1, 3, day=DAY + 1), scored(1, 0, day=DAY + 90, ask="b")], {}
        )

        assert found == [Seen(1, DAY, Band.LOW)]

    def test_a_later_low_score_does_not_change_what_was_seen_first(self) -> None:
        found = seen_by_score([scored(1, 0, day=DAY + 90, ask="b"), scored(1, 10)], {})

        assert found == [Seen(1, DAY, Band.HIGH)]

    def test_the_first_ask_is_the_first_by_its_day(self) -> None:
        found = seen_by_score([scored(1, 0, day=DAY + 1, ask="a"), scored(1, 10, ask="b")], {})

        assert found == [Seen(1, DAY, Band.HIGH)]

    def test_who_never_answered_is_seen_from_the_first_ask_on(self) -> None:
        found = seen_by_score([scored(1, 7)], {1: DAY, 2: DAY + 5})

        assert found == [Seen(1, DAY, Band.MIDDLE), Seen(2, DAY + 5, Never.ANSWERED)]

    def test_a_low_effort_is_a_high_band(self) -> None:
        answer = Scored(1, DAY, "a", Scale.CES, 1, Direction.LOWER)

        assert seen_by_score([answer], {}) == [Seen(1, DAY, Band.HIGH)]


class TestOutcomes:
    def test_count_who_is_there_after_so_many_days(self) -> None:
        company: Company = {
            1: [(date(2024, 1, 1), None)],
            2: [(date(2024, 1, 1), ASKED + timedelta(days=90))],
            3: [(date(2024, 1, 1), ASKED + timedelta(days=91))],
        }
        columns = columns_of(company, known_to=date(2026, 12, 31))
        seen = [Seen(n, DAY, Band.LOW) for n in company]

        [found] = outcomes(columns, seen, [Band.LOW])

        # The first day no longer a customer is the ninetieth of the second one.
        assert [(s.stayed, s.of) for s in found.after.values()] == [(2, 3), (1, 3), (1, 3)]
        assert found.after[90].interval == wilson(2, 3)
        assert found.after[90].share == pytest.approx(2 / 3)

    def test_leave_out_who_cannot_be_followed_for_so_long(self) -> None:
        company = {1: [(date(2024, 1, 1), None)]}
        seen = [Seen(1, DAY, Band.LOW)]

        on_the_day = columns_of(company, known_to=ASKED + timedelta(days=90))
        [found] = outcomes(on_the_day, seen, [Band.LOW])
        assert [s.of for s in found.after.values()] == [1, 0, 0]
        the_day_before = columns_of(company, known_to=ASKED + timedelta(days=89))
        [found] = outcomes(the_day_before, seen, [Band.LOW])
        assert [s.of for s in found.after.values()] == [0, 0, 0]
        assert found.after[90].share is None
        assert found.after[90].interval is None

    def test_leave_out_who_was_no_customer_then_or_is_not_known_to_have_been(self) -> None:
        late = {1: [(ASKED + timedelta(days=1), None)]}
        columns = columns_of(late, known_to=date(2026, 12, 31))
        assert outcomes(columns, [Seen(1, DAY, Band.LOW)], [Band.LOW])[0].after[90].of == 0

        early = {1: [(date(2024, 1, 1), None)]}
        columns = columns_of(
            early, known_to=date(2026, 12, 31), known_from=ASKED + timedelta(days=1)
        )
        assert outcomes(columns, [Seen(1, DAY, Band.LOW)], [Band.LOW])[0].after[90].of == 0

    def test_hold_who_is_known_from_that_day_on(self) -> None:
        early = {1: [(date(2024, 1, 1), None)]}
        columns = columns_of(early, known_to=date(2026, 12, 31), known_from=ASKED)

        assert outcomes(columns, [Seen(1, DAY, Band.LOW)], [Band.LOW])[0].after[90].of == 1

    def test_who_left_and_came_back_has_stayed(self) -> None:
        company = {1: [(date(2024, 1, 1), date(2025, 2, 1)), (date(2025, 3, 1), None)]}
        columns = columns_of(company, known_to=date(2026, 12, 31))

        [found] = outcomes(columns, [Seen(1, DAY, Band.LOW)], [Band.LOW])

        assert (found.after[90].stayed, found.after[90].of) == (1, 1)

    def test_are_in_the_order_of_the_groups_though_nobody_is_in_them(self) -> None:
        found = outcomes(columns_of({}), [], GROUPS)

        assert [outcome.group for outcome in found] == ["low", "middle", "high", "never answered"]
        assert all(stayed.of == 0 for outcome in found for stayed in outcome.after.values())


@pytest.mark.parametrize(
    ("hours", "band"),
    [(0, ToSolve.HOURS), (3.99, ToSolve.HOURS), (4, ToSolve.DAY), (24, ToSolve.DAYS),
     (71.9, ToSolve.DAYS), (72, ToSolve.LONGER)],
)  # fmt: skip
def test_time_to_solve_has_its_band(hours: float, band: ToSolve) -> None:
    assert to_solve(timedelta(hours=hours)) is band


def test_by_speed_each_customer_is_seen_once_at_its_first_ticket() -> None:
    solved = [
        (1, DAY + 9, timedelta(hours=1)),
        (1, DAY, timedelta(days=9)),
        (2, DAY, timedelta(hours=5)),
    ]

    assert seen_by_speed(solved) == [Seen(1, DAY, ToSolve.LONGER), Seen(2, DAY, ToSolve.DAY)]
