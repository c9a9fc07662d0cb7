"""What fits together in a rule, and what does not."""

from dataclasses import replace

import pytest

from bot.domain.detection import Cadence, Level
from bot.domain.lines import Shape
from bot.domain.period import Kind
from bot.domain.watching import Figure, Rule, by_counts, faults, faults_by_counts, of_everybody

BY_LUCK = Rule("dropped", "C1")
LINE = Rule("below", "C1", shape=Shape.BELOW, limit=90)


def test_the_usual_ones_have_no_fault() -> None:
    assert faults(BY_LUCK) == faults(LINE) == ()
    assert faults(replace(LINE, figure=Figure.NPS, limit=-5)) == ()
    assert faults(replace(LINE, figure=Figure.CSAT, only=(("plan", "pro"),))) == ()


@pytest.mark.parametrize(
    "rule",
    [
        pytest.param(replace(BY_LUCK, figure=Figure.NRR), id="luck of revenue"),
        pytest.param(replace(BY_LUCK, kind=Kind.QUARTER), id="luck of quarters"),
        pytest.param(replace(BY_LUCK, only=(("a", "b"), ("c", "d"))), id="two segments"),
        pytest.param(replace(BY_LUCK, only=(("a", "b"),), segments=("c",)), id="both"),
        pytest.param(replace(LINE, segments=("plan",)), id="segments of a line"),
        pytest.param(replace(LINE, shape=Shape.FALL_POINTS, limit=0), id="no fall"),
        pytest.param(
            replace(LINE, figure=Figure.CRR_BY_COUNTS, only=(("a", "b"),)), id="counts of some"
        ),
        pytest.param(replace(LINE, shape=Shape.FALL_PERCENT, figure=Figure.NPS), id="share of NPS"),
    ],
)
def test_what_does_not_fit_is_told_in_one_sentence(rule: Rule) -> None:
    assert len(faults(rule)) == 1


def test_a_week_is_looked_at_with_the_patience_of_a_week() -> None:
    weekly = replace(BY_LUCK, kind=Kind.WEEK, level=Level.QUIET)

    assert weekly.settings.cadence is Cadence.WEEKLY
    assert weekly.settings.alpha == 0.0025
    assert BY_LUCK.settings.alpha == 0.02


def test_a_rule_by_luck_has_no_line() -> None:
    with pytest.raises(ValueError, match="luck"):
        _ = BY_LUCK.line


def test_digests_speak_of_the_first_that_watches_everybody_by_luck() -> None:
    some, weekly = replace(BY_LUCK, only=(("plan", "pro"),)), replace(BY_LUCK, kind=Kind.WEEK)

    assert of_everybody([LINE, some, replace(BY_LUCK, paused=True), weekly, BY_LUCK]) is weekly
    assert of_everybody([LINE]).settings.alpha == 0.02


class TestWhereCustomersAreOnlyCounted:
    def test_a_line_is_held_against_the_estimate(self) -> None:
        assert faults_by_counts(LINE) == ()
        assert by_counts(LINE) == replace(LINE, figure=Figure.CRR_BY_COUNTS)

    def test_answers_are_watched_as_anywhere(self) -> None:
        of_answers = replace(LINE, figure=Figure.NPS)

        assert faults_by_counts(of_answers) == ()
        assert by_counts(of_answers) == of_answers

    def test_luck_is_refused_with_what_works_instead(self) -> None:
        [wrong] = faults_by_counts(BY_LUCK)

        assert "only counted here: use kind below, fall_points or fall_percent" in wrong

    @pytest.mark.parametrize("figure", [Figure.NRR, Figure.GRR])
    def test_revenue_is_refused(self, figure: Figure) -> None:
        [wrong] = faults_by_counts(replace(LINE, figure=figure))

        assert wrong.startswith(f"{figure} is of what each customer pays")

    def test_nobody_is_told_apart(self) -> None:
        [wrong] = faults_by_counts(replace(LINE, only=(("plan", "pro"),)))

        assert "can't be split" in wrong

    def test_nor_whose_answer_it_is(self) -> None:
        [wrong] = faults_by_counts(replace(LINE, figure=Figure.NPS, only=(("plan", "pro"),)))

        assert "nobody knows whose answer it is" in wrong
