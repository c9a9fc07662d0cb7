"""The simulated companies are what they say, and the rule does on few of them what it should.

The seeds are fixed, so that nothing here depends on luck.
"""

import json
from pathlib import Path

import numpy as np
import pytest

from bot.domain.expected import Model
from bot.domain.exposure import exposure, rolling_months
from bot.domain.period import from_day_number
from tests.benchmarks import alerts, rivals, worlds
from tests.benchmarks.rolling import weekly
from tests.benchmarks.watching import (
    Watched,
    episodes,
    false_alarms,
    found_within,
    holm,
    threshold,
)
from tests.benchmarks.worlds import CONTRACTS, NO_SEASONS, TUNED, Change, Kind, Late, World

WORLDS = pytest.mark.parametrize("world", [TUNED, NO_SEASONS, CONTRACTS], ids=lambda w: w.name)


@WORLDS
def test_a_company_has_the_size_and_the_retention_that_was_asked_for(world: World) -> None:
    opening, lost = worlds.months(world, 1_000, 0.95, 40, np.random.default_rng(1)).total()

    assert opening[:, worlds.HISTORY].sum(axis=-1).mean() == pytest.approx(1_020, rel=0.05)
    assert 1 - lost.sum() / opening.sum() == pytest.approx(0.95, abs=0.006)
    assert (lost <= opening).all()


@WORLDS
def test_day_by_day_it_is_the_same_company(world: World) -> None:
    life = worlds.days(world, 1_000, 0.95, np.random.default_rng(2))
    end = from_day_number(worlds.start_of(life, worlds.HISTORY))

    counted = exposure(life.columns, rolling_months(end, 12))

    assert counted.opening[0, -1].sum() == pytest.approx(1_000, rel=0.1)
    assert 1 - counted.lost.sum() / counted.opening.sum() == pytest.approx(0.955, abs=0.012)
    assert (life.columns.since < life.columns.until).all()
    if world.month_end:
        left = life.columns.until[life.columns.until < 10**6].astype("datetime64[D]")
        # The first day no longer a customer is the first of a month.
        assert (left == left.astype("datetime64[M]")).all()


def test_a_step_takes_so_many_points_from_then_on() -> None:
    change = Change(Kind.STEP, 0.10)

    found = worlds.months(TUNED, 10_000, 0.95, 60, np.random.default_rng(3), change=change)
    opening, lost = (each.sum(axis=-1) for each in found.total())

    month = np.arange(opening.shape[1])
    after = month >= found.changed[:, np.newaxis]
    first = month == found.changed[:, np.newaxis]
    assert 1 - lost[~after].sum() / opening[~after].sum() == pytest.approx(0.95, abs=0.005)
    assert 1 - lost[first].sum() / opening[first].sum() == pytest.approx(0.85, abs=0.02)


def test_an_incident_ends_and_a_surge_makes_nobody_leave() -> None:
    for kind, size in ((Kind.INCIDENT, 0.10), (Kind.SURGE, 3.0)):
        found = worlds.months(
            NO_SEASONS, 10_000, 0.95, 60, np.random.default_rng(4), change=Change(kind, size)
        )
        opening, lost = (each.sum(axis=-1) for each in found.total())
        since = np.arange(opening.shape[1]) - found.changed[:, np.newaxis]
        later = (since >= 4) & (since < 12)
        churn = lost[later].sum() / opening[later].sum()
        if kind is Kind.INCIDENT:
            assert churn < 0.055
        else:
            assert opening[since == 11].mean() > 1.5 * opening[since == 0].mean()
            assert churn < 0.085  # newcomers leave sooner, and there are many


def test_false_alarms_are_counted_from_runs_that_stay_silent() -> None:
    alarm = np.zeros((100, 24), bool)
    alarm[:63, 5] = True

    assert false_alarms(alarm) == pytest.approx(0.5, abs=0.01)
    assert false_alarms(np.zeros((10, 24), bool)) == 0


def test_a_threshold_is_tuned_to_the_false_alarms_that_are_asked_for() -> None:
    scores = np.random.default_rng(5).normal(size=(2_000, 24))

    limit = threshold(scores, 0.5)

    assert false_alarms(scores > limit) == pytest.approx(0.5, abs=0.01)


def test_what_alarmed_before_the_change_is_not_found() -> None:
    alert = np.zeros((4, 6), bool)
    alert[0, 3] = alert[1, 5] = alert[2, [1, 3]] = True  # the last run never alerts

    assert found_within(alert, np.full(4, 3), (1, 2, 3)) == pytest.approx(
        (100 / 3, 100 / 3, 200 / 3)
    )


def test_total_and_segments_share_alpha() -> None:
    total = np.array([[0.009, 0.011, 0.5, 0.5]])
    segments = np.array([[[0.5, 0.5, 0.0024, 0.0026]], [[0.5] * 4], [[0.5] * 4], [[0.5] * 4]])

    found = holm(total, segments.transpose(1, 0, 2), 0.02)

    assert found.tolist() == [[True, False, True, False]]


def test_episodes_open_resolve_and_do_not_look_back() -> None:
    chance = np.full((1, 8, 2), 0.5)
    chance[0, [1, 2], 0] = 0.001
    chance[0, 1:5, 1] = 0.001  # of two months: still low when the one by itself is good
    seen = np.ones((1, 8, 2))

    (found,) = episodes(Watched((1, 2), chance, 2 * seen, seen), 0.02)

    assert found.opened == (1,)
    assert found.resolved == (5,)


@pytest.mark.parametrize("rival", rivals.SHIPPED, ids=lambda rival: rival.name)
def test_every_rival_sees_a_collapse_and_not_a_calm(rival: rivals.Rival) -> None:
    random = np.random.default_rng(6)
    opening = np.full((20, 48), 2_000)
    lost = random.binomial(opening, 0.05)
    collapse = lost.copy()
    collapse[:, 30] = 400

    calm, bad = (rival.score(opening, each, 24) for each in (lost, collapse))

    assert calm.shape == (20, 24)
    assert (calm > rival.limit).mean() < 0.06
    assert (bad[:, 6] > rival.limit).all()


def test_the_rule_is_quiet_and_finds_a_drop() -> None:
    size = alerts.TINY
    setting = alerts.Setting(TUNED, 200)

    calm = alerts.run(setting, size.runs)
    bad = alerts.run(setting.of(Kind.STEP, 0.10), size.runs)

    assert calm.alarms() < 1
    assert bad.found(alerts.ALPHA)[1] > 85


def test_what_varies_more_than_assumed_is_calibrated() -> None:
    setting = alerts.Setting(CONTRACTS, 10_000)

    default, calibrated = (alerts.run(setting, 60, calibrated=each) for each in (False, True))

    assert calibrated.alarms() < default.alarms()


def test_churn_that_is_recorded_late_is_found_all_the_same() -> None:
    random = np.random.default_rng(7)
    lives = [worlds.days(NO_SEASONS, 400, 0.95, random, step=0.10, late=Late()) for _ in range(4)]

    found = weekly(lives, Model(NO_SEASONS.clustering), late=True)

    assert found.least.shape == found.since.shape
    soon = (found.since > 0) & (found.since <= 90)
    assert ((found.least < alerts.WEEKLY_ALPHA) & soon).any(axis=1).all()


def test_the_whole_benchmark_runs(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setattr(alerts, "QUICK", alerts.TINY)
    written = tmp_path / "build" / "alerts.json"

    alerts.main(["--quick", "--json", str(written)])

    goals = json.loads(written.read_text())
    assert {str(number) for number in (1, 2, 7, 8, 9, 10, 11, 12)} == {
        goal["name"].partition(".")[0] for goal in goals
    }
    told = capsys.readouterr().out
    assert f"Seed {alerts.SEED}" in told
    assert "Goals not met:" in told
