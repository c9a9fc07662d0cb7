"""NPS and CSAT: the scores, and how sure they are."""

import math
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from statistics import fmean, pvariance
from zoneinfo import ZoneInfo

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from bot.domain.surveys import (
    Answer,
    Ask,
    Band,
    Direction,
    Scale,
    band,
    ces,
    csat,
    is_nameless,
    nameless,
    nps,
    read_typed,
    spread,
    wilson,
)


def test_no_answers_are_no_score() -> None:
    assert nps([]) is None
    assert csat([]) is None


class TestNps:
    @pytest.mark.parametrize(
        ("score", "group"),
        [
            *((score, "detractors") for score in range(7)),
            *((score, "passives") for score in (7, 8)),
            *((score, "promoters") for score in (9, 10)),
        ],
    )
    def test_each_score_has_its_group(self, score: int, group: str) -> None:
        found = nps([score])

        assert found is not None
        groups = ("promoters", "passives", "detractors")
        assert {name: getattr(found, name) for name in groups} == {
            name: int(name == group) for name in groups
        }

    @pytest.mark.parametrize(
        ("scores", "score"),
        [([10], 100), ([0], -100), ([7, 8], 0), ([9, 6], 0), ([10] * 5 + [8] * 3 + [3] * 2, 30)],
    )
    def test_is_promoters_less_detractors_in_points(self, scores: list[int], score: float) -> None:
        found = nps(scores)

        assert found is not None
        assert found.score == pytest.approx(score)
        assert found.answers == len(scores)

    @pytest.mark.parametrize(("answers", "margin"), [(20, 32), (30, 27), (100, 15), (400, 8)])
    def test_twelve_answers_look_like_twelve_answers(self, answers: int, margin: int) -> None:
        """50 % promoters, 20 % detractors. Without the adjustment: 34, 28, 15 and 8."""
        found = nps([10] * (answers // 2) + [5] * (answers // 5) + [7] * (answers * 3 // 10))

        assert found is not None
        assert round(found.margin) == margin

    @pytest.mark.parametrize("answers", [1, 2, 5, 20])
    def test_unanimity_of_few_is_not_certainty(self, answers: int) -> None:
        found = nps([10] * answers)

        assert found is not None
        assert found.margin > 100 / (answers + 3)
        assert found.low < found.score == found.high

    @given(st.lists(st.integers(0, 10), min_size=1, max_size=60))
    def test_the_margin_is_that_of_the_mean_of_ones_and_minus_ones(self, scores: list[int]) -> None:
        """Computed again from a list four times as long, so that quarters of people are whole."""
        found = nps(scores)

        values = [1 if score >= 9 else -1 if score <= 6 else 0 for score in scores]
        padded = values * 4 + [1] * 3 + [-1] * 3 + [0] * 6
        half = 100 * 1.959964 * math.sqrt(pvariance(padded) / (len(scores) + 3))
        assert found is not None
        assert found.margin == pytest.approx(half, rel=1e-6)
        assert found.score == pytest.approx(100 * fmean(values))
        middle = 100 * fmean(padded)
        assert found.low == pytest.approx(min(max(middle - half, -100), found.score), abs=1e-4)
        assert found.high == pytest.approx(max(min(middle + half, 100), found.score), abs=1e-4)
        assert -100 <= found.low <= found.score <= found.high <= 100

    def test_the_interval_holds_the_truth_19_times_in_20(self) -> None:
        random = np.random.default_rng(20260101)
        for promoters, detractors, answers in ((0.5, 0.2, 12), (0.85, 0.05, 25), (0.3, 0.4, 60)):
            truth = 100 * (promoters - detractors)
            shares = [promoters, 1 - promoters - detractors, detractors]
            held = 0
            for p, n, d in random.multinomial(answers, shares, size=2_000).tolist():
                found = nps([10] * p + [8] * n + [2] * d)
                assert found is not None
                held += found.low <= truth <= found.high
            assert 0.93 <= held / 2_000 <= 0.99


class TestCsat:
    def test_is_the_share_of_fours_and_fives(self) -> None:
        found = csat([5, 4, 4, 3, 1])

        assert found is not None
        assert (found.share, found.satisfied, found.answers) == (0.6, 3, 5)
        assert found.mean == pytest.approx(3.4)

    @pytest.mark.parametrize(("least", "satisfied"), [(3, 4), (4, 3), (5, 1)])
    def test_the_rule_says_who_is_satisfied(self, least: int, satisfied: int) -> None:
        found = csat([5, 4, 4, 3, 1], least)

        assert found is not None
        assert (found.satisfied, found.least) == (satisfied, least)
        assert (found.low, found.high) == wilson(satisfied, 5)

    @pytest.mark.parametrize(
        ("chosen", "of", "low", "high"),
        [
            # R. G. Newcombe, Statistics in Medicine 17 (1998) 857-872, table I, method 3.
            (81, 263, 0.2553, 0.3662),
            (15, 148, 0.0624, 0.1605),
            (0, 20, 0.0000, 0.1611),
            (1, 29, 0.0061, 0.1718),
        ],
    )
    def test_its_interval_is_wilson_s_as_published(
        self, chosen: int, of: int, low: float, high: float
    ) -> None:
        assert wilson(chosen, of) == pytest.approx((low, high), abs=0.00005)

    @given(st.lists(st.integers(1, 5), min_size=1, max_size=60))
    def test_its_interval_solves_wilson_s_equation(self, scores: list[int]) -> None:
        """Its ends are the shares from which the one seen lies 1.96 standard errors away."""
        found = csat(scores)

        assert found is not None
        assert found.mean == pytest.approx(fmean(scores))
        assert 0 <= found.low <= found.share + 1e-12
        assert found.share - 1e-12 <= found.high <= 1
        assert found.margin == pytest.approx((found.high - found.low) / 2)
        for end in (found.low, found.high):
            if 1e-9 < end < 1 - 1e-9:
                error = math.sqrt(end * (1 - end) / found.answers)
                assert abs(found.share - end) == pytest.approx(1.959964 * error, rel=1e-4)


class TestCes:
    def test_is_the_share_of_those_who_found_it_easy(self) -> None:
        found = ces([7, 6, 5, 4, 1])

        assert found is not None
        assert (found.easy, found.answers, found.share) == (3, 5, 0.6)
        assert found.mean == pytest.approx(4.6)
        assert (found.low, found.high) == wilson(3, 5)
        assert ces([]) is None

    def test_of_effort_the_low_end_is_easy(self) -> None:
        found = ces([7, 3, 3, 4, 1], Direction.LOWER)

        assert found is not None
        assert (found.easy, found.direction) == (3, Direction.LOWER)

    @given(st.lists(st.integers(1, 7), min_size=1, max_size=60))
    def test_turned_around_it_is_the_same_share(self, scores: list[int]) -> None:
        up, down = ces(scores), ces([8 - score for score in scores], Direction.LOWER)

        assert up is not None
        assert down is not None
        assert up.easy == down.easy
        assert up.mean == pytest.approx(8 - down.mean)


class TestBand:
    @pytest.mark.parametrize(
        ("scale", "bands"),
        [
            (Scale.NPS, "lllllllmmhh"),
            (Scale.CSAT, "llmhh"),
            (Scale.CES, "lllmhhh"),
        ],
    )
    def test_each_score_lies_in_one(self, scale: Scale, bands: str) -> None:
        assert "".join(band(scale, score)[0] for score in scale.scores) == bands

    def test_low_is_always_the_unhappy_end(self) -> None:
        assert band(Scale.CES, 7, Direction.LOWER) is Band.LOW
        assert band(Scale.CES, 1, Direction.LOWER) is Band.HIGH


class TestAsk:
    ASKED = Ask("a", Scale.NPS, "?", "C1", "U1", datetime(2026, 11, 2, 9, tzinfo=UTC))

    def test_takes_answers_until_it_is_closed_or_expires(self) -> None:
        noon = datetime(2026, 11, 2, 12, tzinfo=UTC)
        second = timedelta(seconds=1)

        assert self.ASKED.takes_answers(noon)
        assert not replace(self.ASKED, closed_at=noon).takes_answers(noon)
        assert not replace(self.ASKED, expires_at=noon).takes_answers(noon)
        assert replace(self.ASKED, expires_at=noon).takes_answers(noon - second)

    def test_has_expired_unless_somebody_closed_it_before(self) -> None:
        noon = datetime(2026, 11, 2, 12, tzinfo=UTC)
        second, later = timedelta(seconds=1), noon + timedelta(days=1)
        ends = replace(self.ASKED, expires_at=noon)

        assert not ends.has_expired(noon - second)
        assert ends.has_expired(noon)
        assert ends.has_expired(later)
        assert not replace(ends, closed_at=noon - second).has_expired(later)
        assert replace(ends, closed_at=noon + second).has_expired(later)
        assert not self.ASKED.has_expired(later)


class TestSpread:
    def test_counts_every_score_of_the_scale(self) -> None:
        assert spread(Scale.CSAT, [5, 1, 5]) == (1, 0, 0, 0, 2)
        assert spread(Scale.NPS, [0, 10]) == (1, *[0] * 9, 1)
        assert spread(Scale.CSAT, []) == (0, 0, 0, 0, 0)

    @pytest.mark.parametrize(
        ("scale", "score"), [(Scale.NPS, 11), (Scale.NPS, -1), (Scale.CSAT, 0)]
    )
    def test_refuses_what_is_not_on_the_scale(self, scale: Scale, score: int) -> None:
        with pytest.raises(ValueError, match="not on the scale"):
            spread(scale, [score])


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("9", (9, None, "")),
        (" 0 ", (0, None, "")),
        ("10!", (10, None, "")),
        ("9/10", (9, 10, "")),
        ("7 / 7.", (7, 7, "")),
        ("9, because you are fast", (9, None, "because you are fast")),
        ("3\nToo slow.\nAnd dear.", (3, None, "Too slow.\nAnd dear.")),
        ("99", (99, None, "")),
    ],
)
def test_a_number_in_a_thread_is_an_answer(text: str, expected: tuple[object, ...]) -> None:
    assert read_typed(text) == expected


@pytest.mark.parametrize(
    "text",
    ["", "nine", "9:30 tomorrow", "2 questions first", "1. please mend this", "3-4 weeks", "9.5",
     "100", "-1", "9 10", "٣", "<!channel> 9", "9, ", "$9", "1,000"],
)  # fmt: skip
def test_what_people_say_to_one_another_is_none(text: str) -> None:
    assert read_typed(text) is None


def test_a_nameless_answer_says_neither_who_nor_when() -> None:
    at = datetime(2026, 10, 24, 23, 30, tzinfo=UTC)  # the day after in Amsterdam, with 25 hours
    answer = Answer("a1", "U9", "T9", 3, at, "Slow")
    given = nameless(answer, "Zk_1-x", ZoneInfo("Europe/Amsterdam"))

    assert "U9" not in repr(given)
    assert "T9" not in repr(given)
    assert given.answered_at.isoformat() == "2026-10-25T00:00:00+02:00"
    assert (given.score, given.comment) == (3, "Slow")
    assert is_nameless(given.person)


@pytest.mark.parametrize("person", ["U9", "", "nobody-", "nobody-x y", "nobody", "U0nobody-x"])
def test_a_persons_id_is_no_word_for_one(person: str) -> None:
    assert not is_nameless(person)
