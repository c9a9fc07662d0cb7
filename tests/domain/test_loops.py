"""A low score from the first word of it to the last."""

from dataclasses import replace
from datetime import UTC, datetime, timedelta

import pytest

from bot.domain.loops import (
    Loop,
    LoopState,
    Low,
    Rated,
    closed,
    goes_up,
    rates,
    replied,
    rescored,
    taken,
)
from bot.domain.surveys import Direction, Scale

NOON = datetime(2026, 11, 16, 12, tzinfo=UTC)
HOUR = timedelta(hours=1)
LOW = Low("ask", "U1", Scale.NPS, 3, Direction.HIGHER, "C1", NOON)
OPEN = Loop(1, LOW, NOON, told_at=NOON)


@pytest.mark.parametrize(
    ("scale", "score", "direction", "is_low"),
    [
        (Scale.NPS, 6, Direction.HIGHER, True),
        (Scale.NPS, 7, Direction.HIGHER, False),
        (Scale.CSAT, 2, Direction.HIGHER, True),
        (Scale.CSAT, 3, Direction.HIGHER, False),
        (Scale.CES, 3, Direction.HIGHER, True),
        (Scale.CES, 3, Direction.LOWER, False),
        (Scale.CES, 5, Direction.LOWER, True),
    ],
)
def test_low_is_the_unhappy_end(
    scale: Scale, score: int, direction: Direction, is_low: bool
) -> None:
    assert replace(LOW, scale=scale, score=score, direction=direction).is_low == is_low


def rating(score: float, *ends: float, id: str = "5", requester: str = "7") -> Low:
    lowest, highest = ends or (1, 5)
    of = Rated("desk", id, lowest, highest, requester)
    return Low("", "", Scale.CSAT, score, Direction.HIGHER, "", NOON, rated=of)


@pytest.mark.parametrize(
    ("score", "lowest", "highest", "is_low"),
    [
        (0, 0, 1, True),
        (1, 0, 1, False),
        (2, 1, 5, True),
        (3, 1, 5, False),
        (-1, -3, 3, True),
        (0, -3, 3, False),
        (1, 1, 3, True),
        (1.7, 1, 3, False),
        (2.3, 1, 5, True),
        (33, 0, 100, True),
        (34, 0, 100, False),
    ],
)
def test_low_in_a_helpdesk_is_the_unhappy_end_of_its_own_scale(
    score: float, lowest: float, highest: float, is_low: bool
) -> None:
    assert rating(score, lowest, highest).is_low == is_low


@pytest.mark.parametrize(
    ("score", "highest", "is_low"),
    [(1, 7, False), (4, 7, False), (5, 7, True), (1, 5, False), (3.6, 5, False), (3.7, 5, True)],
)
def test_low_in_a_helpdesk_that_asks_for_effort_is_a_high_number(
    score: float, highest: float, is_low: bool
) -> None:
    of = replace(rating(score, 1, highest), scale=Scale.CES, direction=Direction.LOWER)

    assert of.is_low == is_low


@pytest.mark.parametrize(("score", "is_low"), [(6, True), (7, False)])
def test_low_of_ten_for_recommending_is_up_to_six_in_a_helpdesk_too(
    score: int, is_low: bool
) -> None:
    assert replace(rating(score, 0, 10), scale=Scale.NPS).is_low == is_low


def test_the_first_who_takes_it_has_it() -> None:
    first = taken(OPEN, "U2", NOON)

    assert (first.state, first.taken_by) == (LoopState.TAKEN, "U2")
    assert taken(first, "U3", NOON + HOUR) == first


def test_who_replies_has_taken_it_unless_somebody_had() -> None:
    assert replied(OPEN, "U2", NOON).taken_by == "U2"
    again = replied(taken(OPEN, "U3", NOON), "U2", NOON + HOUR)
    assert (again.taken_by, again.replied_at) == ("U3", NOON + HOUR)


def test_it_can_be_closed_untaken_and_only_once() -> None:
    done = closed(OPEN, "U2", "Price", "Called.", NOON)

    assert (done.state, done.closed_by, done.cause) == (LoopState.CLOSED, "U2", "Price")
    assert closed(done, "U3", "Other", "Nothing.", NOON) == done
    assert taken(done, "U3", NOON) == done


class TestWhatItsAuthorSaysNow:
    def test_no_longer_low_withdraws_it(self) -> None:
        mended = rescored(OPEN, replace(LOW, score=9))

        assert mended.state is LoopState.WITHDRAWN
        assert mended.of.score == 9
        assert closed(mended, "U2", "Price", "Called.", NOON).state is LoopState.WITHDRAWN

    def test_low_again_opens_it_again(self) -> None:
        mended = rescored(OPEN, replace(LOW, score=9))
        assert rescored(mended, LOW).state is LoopState.OPEN

        was_taken = rescored(taken(OPEN, "U2", NOON), replace(LOW, score=9))
        assert rescored(was_taken, LOW).state is LoopState.TAKEN

    def test_does_not_open_what_is_closed(self) -> None:
        done = closed(OPEN, "U2", "Price", "Called.", NOON)

        assert rescored(done, replace(LOW, score=9)).state is LoopState.CLOSED


class TestGoingUp:
    def test_waits_its_hours_from_when_somebody_was_told(self) -> None:
        late = NOON + 4 * HOUR
        assert goes_up(OPEN, after=4 * HOUR, steps=2, now=late - timedelta(seconds=1)) is None
        first = goes_up(OPEN, after=4 * HOUR, steps=2, now=late)

        assert first is not None
        assert (first.step, first.told_at) == (1, late)
        assert goes_up(first, after=4 * HOUR, steps=2, now=late + HOUR) is None
        second = goes_up(first, after=4 * HOUR, steps=2, now=late + 4 * HOUR)
        assert second is not None
        assert second.step == 2

    def test_ends_at_the_top(self) -> None:
        top = replace(OPEN, step=2)

        assert goes_up(top, after=HOUR, steps=2, now=NOON + 100 * HOUR) is None
        assert goes_up(OPEN, after=HOUR, steps=0, now=NOON + 100 * HOUR) is None

    @pytest.mark.parametrize("state", [LoopState.TAKEN, LoopState.CLOSED, LoopState.WITHDRAWN])
    def test_is_for_what_is_open(self, state: LoopState) -> None:
        loop = replace(OPEN, state=state)

        assert goes_up(loop, after=HOUR, steps=2, now=NOON + 100 * HOUR) is None


class TestRates:
    def test_of_nothing_are_nothing(self) -> None:
        found = rates([], [])

        assert (found.low, found.closed, found.to_close, found.asked_again) == (0, 0, None, 0)

    def test_count_what_became_of_each(self) -> None:
        loops = [
            OPEN,
            taken(OPEN, "U2", NOON),
            closed(OPEN, "U2", "Price", "Called.", NOON + HOUR),
            closed(OPEN, "U2", "Price", "Called.", NOON + 5 * HOUR),
            closed(OPEN, "U2", "Fault", "Mended.", NOON + 3 * HOUR),
            rescored(OPEN, replace(LOW, score=9)),
        ]

        found = rates(loops, [])

        assert (found.low, found.closed, found.taken, found.open) == (5, 3, 1, 1)
        assert found.to_close == 3 * HOUR
        assert found.causes == (("Price", 2), ("Fault", 1))

    def test_recovered_is_whose_newest_later_answer_is_low_no_more(self) -> None:
        def later(score: int, days: int) -> Low:
            return replace(LOW, ask="next", score=score, at=NOON + timedelta(days=days))

        assert rates([OPEN], [later(9, 1)]).recovered == 1
        fell_again = rates([OPEN], [later(9, 1), later(2, 2)])
        assert (fell_again.asked_again, fell_again.recovered) == (1, 0)
        for other in (
            replace(later(9, 1), person="U9"),
            later(9, -1),
            replace(later(9, 1), ask="ask"),
            replace(later(5, 1), scale=Scale.CSAT),
        ):
            assert rates([OPEN], [other]).asked_again == 0

    def test_recovered_is_who_rated_better_in_the_same_helpdesk(self) -> None:
        loop = replace(OPEN, of=rating(1))
        better = replace(rating(5, id="6"), at=NOON + HOUR)

        assert rates([loop], [better]).recovered == 1
        for other in (
            replace(better, at=NOON - HOUR),
            replace(rating(5), at=NOON + HOUR),
            replace(rating(5, id="6", requester="8"), at=NOON + HOUR),
            replace(better, rated=Rated("other desk", "6", 1, 5, "7")),
        ):
            assert rates([loop], [other]).asked_again == 0
        nobody = replace(OPEN, of=rating(1, requester=""))
        unnamed = replace(rating(5, id="6", requester=""), at=NOON + HOUR)
        assert rates([nobody], [unnamed]).asked_again == 0, "nobody tells that it is the same one"
