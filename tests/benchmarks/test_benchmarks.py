"""Every benchmark runs, on tiny sizes; how fast it was is nobody's business here."""

import json
import math
from pathlib import Path

import pytest

from tests.benchmarks import __main__ as program
from tests.benchmarks import (
    answered,
    at_home,
    clicks,
    cohort_table,
    commands,
    comparing,
    costs,
    demo,
    kills,
    looks,
    posts,
    pulls,
    retention,
    stored,
)
from tests.benchmarks.result import Result, at_least, at_most, of_repeats, percentile


async def test_the_retention_benchmark_runs() -> None:
    found = await retention.measure(retention.Size(customers=(2_000,), alone=3_000, repeats=2))

    names = [result.name for result in found]
    assert len(set(names)) == len(names)
    assert all(f"retention, 2,000: {tool}" in names for tool in comparing.MODULES)
    assert all(result.measured > 0 for result in found if result.unit != "MB")


async def test_the_cohorts_benchmark_runs() -> None:
    found = await cohort_table.measure(cohort_table.Size(customers=(2_000,), repeats=2))

    assert [result.unit for result in found] == ["ms", "ms", "ms", "x", "x"]
    assert all(result.measured > 0 for result in found)


async def test_the_stored_benchmark_runs() -> None:
    found = await stored.measure(stored.Size(customers=(2_000,), repeats=1))

    loading, whole = (result.measured for result in found)
    assert 0 < loading < whole


async def test_the_benchmark_of_a_rules_look_runs() -> None:
    found = await looks.measure(looks.Size(customers=(2_000,), repeats=1))

    assert [result.unit for result in found] == ["ms"] * 3
    assert all(result.measured > 0 for result in found)


async def test_the_benchmark_of_results_runs() -> None:
    found = await answered.measure(answered.Size(answers=(400,), repeats=1))

    assert [result.unit for result in found] == ["ms"] * 5
    assert all(result.measured > 0 for result in found)


async def test_the_pulls_benchmark_runs() -> None:
    found = await pulls.measure(
        pulls.Size(customers=600, compared=300, latency=0.001, limit=50, limited=1_000, repeats=1)
    )

    told = {result.name: result.measured for result in found}
    assert told["a limit: refusals (429)"] == 0
    grows = [name for name in told if "further record" in name]
    assert all(told[name] > 0 for name in told if name not in grows and "429" not in name)


async def test_the_benchmark_of_app_home_runs() -> None:
    size = at_home.Size(customers=(300,), people=3, per_second=20)

    found = await at_home.measure(size)

    assert [result.unit for result in found] == ["s", "MB", "MB", "ms", "ms", "ms", "ms"]
    assert all(result.measured > 0 for result in found)


async def test_the_commands_benchmark_runs() -> None:
    size = commands.Size(customers=(300,), per_second=40, seconds=0.5)

    found = await commands.measure(size)

    assert [result.unit for result in found] == ["s", *["ms"] * 13]
    assert all(result.measured > 0 for result in found)


async def test_the_clicks_benchmark_runs_in_both_modes_with_every_answer_stored() -> None:
    found = await clicks.measure(clicks.Size(clicks=20, repeats=1))

    names = [result.name for result in found]
    assert len(set(names)) == len(names)
    assert {name.split(", ")[1].partition(":")[0] for name in names} == {"Socket Mode", "HTTP"}
    assert all(result.measured > 0 for result in found)
    assert sum(result.target is not None for result in found) == 6


async def test_what_was_acknowledged_outlives_kill_9_in_both_modes_on_both_databases() -> None:
    found = await kills.measure(kills.Size(per_second=40, seconds=1.5))

    told = {result.name: result.measured for result in found}
    assert len(told) == 16
    lost = [told[name] for name in told if "not in the store" in name]
    acknowledged = [told[name] for name in told if name.endswith(": acknowledged")]
    assert lost == [0, 0, 0, 0]
    assert all(count > 0 for count in acknowledged)


async def test_the_posts_benchmark_runs_within_the_limits() -> None:
    found = await posts.measure(posts.Size(customers=200, channels=12, posts_per_minute=600))

    assert [result.unit for result in found] == ["s", "times"]
    assert all(result.measured > 0 for result in found)


async def test_the_benchmark_of_costs_runs() -> None:
    found = await costs.measure(costs.Size(customers=(300,)))

    assert [result.unit for result in found] == ["MB"] * 5
    assert all(result.measured > 0 for result in found)


async def test_the_demo_benchmark_runs() -> None:
    found = await demo.measure(demo.Size(repeats=1))

    assert [result.unit for result in found] == ["s", "MB"]
    assert all(result.measured > 0 for result in found)


def test_what_is_written_is_what_other_programs_expect(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    async def measured(_: tuple[int, ...]) -> list[Result]:
        return [Result("a", 1.5, "ms", at_most(2)), of_repeats("b", [3.0, 1.0, 2.0], "x")]

    monkeypatch.setattr(program, "BENCHMARKS", {"one": measured})
    monkeypatch.setattr(program, "WRITTEN", tmp_path / "build" / "bench.json")
    monkeypatch.setattr("sys.argv", ["bench"])

    program.main()

    assert json.loads((tmp_path / "build" / "bench.json").read_text()) == [
        {"name": "a", "measured": 1.5, "unit": "ms", "target": "at most 2", "met": True},
        {"name": "b", "measured": 2.0, "unit": "x", "target": None, "met": None},
    ]


def test_it_is_measured_with_as_many_customers_as_asked_for(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    asked: list[tuple[int, ...]] = []

    async def measured(customers: tuple[int, ...]) -> list[Result]:
        asked.append(customers)
        return []

    monkeypatch.setattr(program, "BENCHMARKS", {"one": measured, "other": measured})
    monkeypatch.setattr(program, "WRITTEN", tmp_path / "build" / "bench.json")
    monkeypatch.setattr("sys.argv", ["bench", "--only", "one", "--customers", "10", "300"])

    program.main()

    assert asked == [(10, 300)]


def test_a_target_that_is_missed_is_named_at_the_end(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    async def measured(_: tuple[int, ...]) -> list[Result]:
        return [Result("slow", 1.0, "x", at_least(2)), Result("fast", 3.0, "x", at_least(2))]

    monkeypatch.setattr(program, "BENCHMARKS", {"one": measured})
    monkeypatch.setattr(program, "WRITTEN", tmp_path / "build" / "bench.json")
    monkeypatch.setattr("sys.argv", ["bench", "--only", "one"])

    program.main()

    assert "Not met: slow." in capsys.readouterr().out


@pytest.mark.parametrize(("measured", "met"), [(39.9, True), (40.0, True), (40.1, False)])
def test_at_most_is_met_by_the_bound_itself(measured: float, met: bool) -> None:
    assert Result("a", measured, "ms", at_most(40)).met is met


@pytest.mark.parametrize(("measured", "met"), [(0.79, False), (0.8, True), (math.inf, True)])
def test_at_least_is_met_by_the_bound_itself(measured: float, met: bool) -> None:
    assert Result("a", measured, "x", at_least(0.8)).met is met


@pytest.mark.parametrize(("share", "value"), [(0.0, 1.0), (0.5, 2.0), (0.75, 3.0), (1.0, 4.0)])
def test_a_percentile_is_a_value_that_was_measured(share: float, value: float) -> None:
    assert percentile([1.0, 2.0, 3.0, 4.0], share) == value
