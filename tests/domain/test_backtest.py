"""The rule over the company's own history, and what that suggests."""

from datetime import date

import numpy as np
import pytest

from bot.domain.backtest import as_known_now, backtest, suggestion, variation
from bot.domain.detection import Level, Settings
from bot.domain.exposure import Exposure
from tests.domain.test_detection import history

USUAL = Settings(clustering=1.0)


def test_every_period_with_a_history_is_judged_by_what_came_before() -> None:
    of = history(*[5] * 27, 20)

    found = backtest(as_known_now(of), USUAL)

    assert len(found.verdicts) == 25
    assert found.judged == 25
    assert [v.period for v in found.verdicts] == list(of.periods[3:])
    assert found.opened == (of.periods[-1],)
    assert found.episodes[0].resolved is None


def test_a_past_that_was_as_expected_is_silent() -> None:
    assert backtest(as_known_now(history(*[5] * 30)), USUAL).episodes == ()


def test_an_episode_opens_once_and_resolves() -> None:
    of = history(*[5] * 24, 16, 16, 16, 5, 5, 5)

    (episode,) = backtest(as_known_now(of), USUAL).episodes

    assert episode.opened.period == of.periods[24]
    assert episode.resolved is not None
    assert episode.resolved.period == of.periods[28]


def test_what_was_resolved_does_not_open_again_by_itself() -> None:
    of = history(*[5] * 24, 16, 16, 16, 5, 5, 5, 6, 5, 6)

    assert len(backtest(as_known_now(of), USUAL).episodes) == 1


def test_an_episode_is_not_resolved_by_the_evaluation_after_the_one_that_opened_it() -> None:
    of = history(*[5] * 24, *[14] * 4, *[5] * 4)

    found = backtest(as_known_now(of, at_least=29), USUAL)

    first, second, third = found.verdicts
    assert first.dropped
    assert first.is_over
    assert second.is_over
    assert found.episodes[0].resolved is third


def test_after_it_was_resolved_windows_begin_with_the_pair_that_was_good() -> None:
    of = history(*[5] * 24, 16, 16, 16, 5, 5, 5)

    last = backtest(as_known_now(of), USUAL).verdicts[-1]

    assert [len(w.periods) for w in last.windows] == [1, 2, 3]


def test_what_was_known_then_can_be_given_instead() -> None:
    then = [history(*[5] * 27), history(*[5] * 27, 5)]

    assert len(backtest(then, USUAL).verdicts) == 2
    assert backtest([], USUAL).verdicts == ()


def varying(cv: float, base: int, seed: int, months: int = 36) -> Exposure:
    random = np.random.default_rng(seed)
    effect = random.gamma(1 / cv**2, cv**2, months) if cv else np.ones(months)
    lost = random.poisson(0.05 * base * effect)
    return history(*lost.tolist(), opening=base)


@pytest.mark.parametrize("cv", [0.0, 0.1, 0.25])
def test_the_variation_of_a_large_company_is_found(cv: float) -> None:
    found = [
        float(variation(of.opening, of.lost, 1.0)[0])
        for of in (varying(cv, 20_000, seed) for seed in range(60))
    ]

    assert np.mean(found) == pytest.approx(cv**2, rel=0.15, abs=0.0005)


def test_seasons_are_no_unexplained_variation() -> None:
    year = np.array([90, 50, 50, 50, 50, 50, 50, 50, 50, 50, 50, 50])
    of = history(*np.tile(year, 3).tolist(), opening=1_000)

    assert variation(of.opening, of.lost, 1.0).tolist() == [0]


def test_a_single_year_tells_no_variation() -> None:
    of = varying(0.5, 20_000, 1, months=12)

    assert variation(of.opening, of.lost).tolist() == [0]


def test_one_incident_is_not_taken_for_the_usual_variation() -> None:
    calm = varying(0.1, 20_000, 3)
    bad = Exposure(calm.periods, calm.opening, calm.lost.copy())
    bad.lost[0, 20] *= 10

    assert float(variation(bad.opening, bad.lost)[0]) < 0.06


def test_where_months_vary_more_than_assumed_a_larger_kappa_is_suggested() -> None:
    found = suggestion(as_known_now(varying(0.25, 20_000, 8, months=48)), USUAL)

    assert found.changes
    assert 0.15 < found.variation < 0.4
    assert found.settings.unexplained == pytest.approx(found.variation**2)
    assert len(found.after.episodes) <= len(found.before.episodes)


def test_where_nothing_varies_nothing_is_suggested() -> None:
    found = suggestion(as_known_now(history(*[5] * 40)), USUAL)

    assert not found.changes
    assert found.after is found.before
    assert not suggestion([], USUAL).changes


def test_what_the_rule_assumes_anyway_is_not_suggested() -> None:
    """Months that differ by 7 %, where it takes 10 % for granted."""
    of = varying(0.07, 20_000, 8, months=48)

    assert 0 < float(variation(of.opening, of.lost, 1.5)[0]) < 0.01
    assert suggestion(as_known_now(of), USUAL).settings.unexplained == USUAL.unexplained


def test_a_level_that_makes_it_deaf_for_nothing_is_not_suggested() -> None:
    """Two months in which so many left that every level speaks of them."""
    of = history(*[5] * 24, 60, *[5] * 5, 60, *[5] * 5)

    found = suggestion(as_known_now(of), USUAL)

    assert len(found.before.episodes) == len(found.after.episodes) == 2
    assert found.settings.level is USUAL.level


def test_where_alerts_are_still_too_many_a_quieter_level_is_suggested() -> None:
    lost = [5] * 24 + [5, 14, 5, 5] * 6
    of = history(*lost)

    found = suggestion(as_known_now(of), Settings(level=Level.SENSITIVE, clustering=1.0))

    assert found.settings.level is not Level.SENSITIVE
    assert len(found.after.episodes) < len(found.before.episodes)


def test_the_first_evaluation_looks_back_no_further_than_six_periods() -> None:
    first, *_ = backtest(as_known_now(history(*[5] * 30), at_least=24), USUAL).verdicts

    assert [len(w.periods) for w in first.windows] == [1, 2, 3, 6]
    assert first.period is not None
    assert first.period.first > date(2026, 1, 1)
