"""Results: the figure with one voice for each answer, and with one for each account."""

import random
from datetime import UTC, datetime, timedelta
from math import sqrt
from statistics import fmean, stdev

import pytest
from hypothesis import given
from hypothesis import strategies as st

from bot.domain.results import (
    Given,
    RollUp,
    Solved,
    by_account,
    by_agent,
    figure_of,
    result,
    student,
    value,
)
from bot.domain.surveys import Ces, Direction, Nps, Scale, on_our_scale

NOON = datetime(2026, 11, 16, 12, tzinfo=UTC)


def nps(score: int, customer: int | None = None, *, hours: int = 0, agent: str = "") -> Given:
    at = NOON + timedelta(hours=hours)
    return Given(Scale.NPS, score, at, customer=customer, agent=agent)


def test_nothing_comes_of_no_answers() -> None:
    found = result(Scale.NPS, [], asked=3)

    assert found.found is None
    assert found.by_account is None
    assert (found.asked, found.answered) == (3, 0)


def test_answers_on_other_scales_are_left_out() -> None:
    found = result(Scale.NPS, [nps(10), Given(Scale.CSAT, 1, NOON)])

    assert found.found is not None
    assert found.found.answers == 1


@given(
    st.lists(
        st.tuples(
            st.sampled_from([0, 3, 6, 7]),
            st.sampled_from([None, 1, 2]),
            st.sampled_from(list(Direction)),
            st.sampled_from(["", "desk"]),
            st.sampled_from(["", "Ann"]),
        ),
        max_size=30,
    ),
    st.sampled_from(list(RollUp)),
)
def test_what_is_counted_together_says_what_each_says_alone(
    rows: list[tuple[int, int | None, Direction, str, str]], rule: RollUp
) -> None:
    alone = [
        Given(Scale.CES, max(score, 1), NOON + timedelta(hours=n), way, customer, origin, agent)
        for n, (score, customer, way, origin, agent) in enumerate(rows)
    ]
    alike: dict[Given, list[Given]] = {}
    for each in alone:
        alike.setdefault(each._replace(at=NOON), []).append(each)
    together = [of[-1]._replace(times=len(of)) for of in alike.values()]
    told, same = (result(Scale.CES, of, rule=rule) for of in (alone, together))

    assert same.found == told.found == figure_of(Scale.CES, together)
    assert same.counts == told.counts
    assert (same.unknown, same.turned, same.origins) == (told.unknown, told.turned, told.origins)
    assert (same.by_account is None) == (told.by_account is None)
    if same.by_account and told.by_account:
        assert same.by_account.value == pytest.approx(told.by_account.value)
    agents = by_agent(Scale.CES, alone, [], minimum=2)
    assert by_agent(Scale.CES, together, [], minimum=2) == agents


def test_ten_answers_of_one_account_do_not_outvote_nine_others() -> None:
    answers = [nps(0, customer=1) for _ in range(10)] + [nps(10, customer=n) for n in range(2, 11)]

    found = result(Scale.NPS, answers)

    assert isinstance(found.found, Nps)
    assert round(found.found.score) == -5
    assert found.by_account is not None
    assert found.by_account.accounts == 10
    assert found.by_account.value == pytest.approx(80)


def test_who_is_of_no_known_account_has_no_voice_among_accounts_and_is_counted() -> None:
    found = result(Scale.NPS, [nps(10, customer=1), nps(0), nps(0)])

    assert found.unknown == 2
    assert found.by_account is not None
    assert found.by_account.value == 100


@pytest.mark.parametrize(
    ("rule", "score"), [(RollUp.MEAN, 0), (RollUp.WORST, -100), (RollUp.NEWEST, 100)]
)
def test_the_rule_says_how_an_account_speaks(rule: RollUp, score: float) -> None:
    answers = [nps(3, 1, hours=0), nps(10, 1, hours=1)]

    found = by_account(Scale.NPS, answers, Direction.HIGHER, rule)

    assert found is not None
    assert (found.value, found.rule) == (score, rule)


def test_the_worst_of_effort_is_the_highest() -> None:
    answers = [Given(Scale.CES, n, NOON, Direction.LOWER, customer=1) for n in (2, 6)]

    found = by_account(Scale.CES, answers, Direction.LOWER, RollUp.WORST)

    assert found is not None
    assert found.value == 0


def test_one_account_has_no_margin() -> None:
    found = by_account(Scale.NPS, [nps(9, 1), nps(2, 1)], Direction.HIGHER, RollUp.MEAN)

    assert found is not None
    assert found.margin is None


@given(st.lists(st.tuples(st.integers(1, 6), st.integers(0, 10)), min_size=2))
def test_accounts_are_a_sample_whose_mean_has_students_interval(
    answers: list[tuple[int, int]],
) -> None:
    """Against means and deviations of the accounts computed from scratch."""
    found = by_account(Scale.NPS, [nps(s, c) for c, s in answers], Direction.HIGHER, RollUp.MEAN)
    of: dict[int, list[int]] = {}
    for customer, score in answers:
        of.setdefault(customer, []).append(100 * ((score >= 9) - (score <= 6)))
    means = [fmean(points) for points in of.values()]

    assert found is not None
    assert found.value == pytest.approx(fmean(means), abs=1e-9)
    if len(means) > 1:
        t = {2: 12.7062, 3: 4.3027, 4: 3.1824, 5: 2.7764, 6: 2.5706}[len(means)]
        margin = t * stdev(means) / sqrt(len(means))
        assert found.margin == pytest.approx(margin, rel=1e-4, abs=1e-9)


@pytest.mark.parametrize(
    ("freedom", "t"),
    [(1, 12.706), (2, 4.303), (3, 3.182), (7, 2.365), (30, 2.042), (120, 1.980), (9999, 1.960)],
)
def test_students_t_is_that_of_the_tables(freedom: int, t: float) -> None:
    assert student(freedom) == pytest.approx(t, abs=5e-4)


def test_students_interval_holds_the_truth_as_often_as_it_says() -> None:
    draw = random.Random(7)
    held = 0
    for _ in range(2000):
        sample = [draw.gauss(0, 1) for _ in range(5)]
        held += abs(fmean(sample)) <= student(4) * stdev(sample) / sqrt(5)

    assert held / 2000 == pytest.approx(0.95, abs=0.015)


def test_effort_and_ease_are_turned_to_the_side_of_the_many() -> None:
    answers = [Given(Scale.CES, 7, NOON), Given(Scale.CES, 6, NOON)]
    answers.append(Given(Scale.CES, 1, NOON, Direction.LOWER))

    found = result(Scale.CES, answers)

    assert isinstance(found.found, Ces)
    assert (found.direction, found.turned, found.found.easy) == (Direction.HIGHER, 1, 3)
    assert found.counts == (0, 0, 0, 0, 0, 1, 2)


def test_of_as_many_on_either_side_those_of_effort_are_turned() -> None:
    answers = [Given(Scale.CES, 7, NOON), Given(Scale.CES, 1, NOON, Direction.LOWER)]

    found = result(Scale.CES, answers)

    assert (found.direction, found.turned) == (Direction.HIGHER, 1)
    assert found.counts == (0, 0, 0, 0, 0, 0, 2)


def test_each_origin_is_counted() -> None:
    answers = [nps(9), Given(Scale.NPS, 3, NOON, origin="zendesk")]

    assert result(Scale.NPS, answers).origins == {"": 1, "zendesk": 1}


class TestAgents:
    def test_with_few_answers_are_not_shown_but_counted(self) -> None:
        answers = [nps(10, agent="Ada") for _ in range(3)] + [nps(0, agent="Bob") for _ in range(2)]

        told, fewer = by_agent(Scale.NPS, answers, [], minimum=3)

        assert [(each.agent, value(each.found)) for each in told] == [("Ada", 100)]
        assert fewer == 1

    def test_are_shown_with_what_they_solved_and_how_fast(self) -> None:
        solved = [Solved("Ada", timedelta(hours=h)) for h in (1, 2, 9)]
        solved.append(Solved("Bob", timedelta(hours=5)))

        [ada], _ = by_agent(Scale.NPS, [nps(10, agent="Ada")], solved, minimum=1)

        assert (ada.solved, ada.to_solve) == (3, timedelta(hours=2))

    def test_who_solved_nothing_known_has_no_time(self) -> None:
        [ada], _ = by_agent(Scale.NPS, [nps(10, agent="Ada")], [], minimum=1)

        assert (ada.solved, ada.to_solve) == (0, None)


@pytest.mark.parametrize(
    ("score", "lowest", "highest", "scale", "ours"),
    [
        (4, 1, 5, Scale.CSAT, 4),
        (4.5, 1, 5, Scale.CSAT, None),
        (1, 0, 1, Scale.CSAT, 5),
        (0, 0, 1, Scale.CSAT, 1),
        (2, 1, 3, Scale.CSAT, None),
        (80, 0, 100, Scale.CSAT, None),
        (10, 0, 10, Scale.NPS, 10),
        (7, 1, 7, Scale.CES, 7),
    ],
)
def test_what_was_given_elsewhere_is_not_stretched(
    score: float, lowest: float, highest: float, scale: Scale, ours: int | None
) -> None:
    assert on_our_scale(score, lowest, highest, scale) == ours
