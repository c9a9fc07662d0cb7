"""Whoever is compared with Keeprate gives the same numbers."""

from dataclasses import replace
from importlib import import_module

import numpy as np
import pytest

from bot.domain.columns import FOREVER
from bot.domain.period import day_number
from tests.benchmarks import comparing, stays
from tests.benchmarks.comparison.work import Arrays, CohortTable, Figures, Stays, differing

OTHERS = [tool for tool in comparing.MODULES if tool != "Keeprate"]


@pytest.fixture(scope="module")
def usual() -> Stays:
    return Stays.generated(2_000)


@pytest.fixture(scope="module")
def restless() -> Stays:
    """Customers who come and go, often twice a week, some for no day at all."""
    random = np.random.default_rng(7)
    customers, most = 400, 12
    number = np.arange(customers * most)
    lasts = random.choice([0, 1, 2, 5, 7, 30, 31, 92], len(number))
    gap = random.choice([1, 2, 3, 6, 7, 28, 60], len(number))
    steps = (lasts + gap).reshape(customers, most)
    begins = day_number(stays.TODAY) - random.integers(0, 1200, (customers, 1))
    since = (begins + np.cumsum(steps, axis=1) - steps).ravel()
    of = Stays(
        customer=(number // most * 3).astype(np.int32),
        since=since.astype(np.int32),
        until=np.where(number % 11, since + lasts, FOREVER).astype(np.int32),
        cell=(number // most % 7).astype(np.int32),
        mrr=random.choice([100, 100, 250], len(number)).astype(np.int32),
    )
    last = np.maximum.accumulate(np.where(of.until == FOREVER, of.customer, -1))
    before = np.append(-1, last[:-1]) != of.customer  # nothing follows a stay without an end
    return Stays(**{name: array[before] for name, array in of.arrays().items()})


@pytest.mark.parametrize("tool", OTHERS)
@pytest.mark.parametrize("crowd", ["usual", "restless"])
def test_everybody_gives_the_figures_of_keeprate(
    tool: str, crowd: str, request: pytest.FixtureRequest
) -> None:
    given = request.getfixturevalue(crowd)

    ours, theirs = (answer(each, "retention", given) for each in ("Keeprate", tool))

    assert isinstance(ours, Figures)
    assert ours.crr.shape == (204, 54)
    assert ours.won_back.any()
    assert differing(ours, theirs) == []


@pytest.mark.parametrize("tool", ["polars", "SQLite"])
def test_everybody_gives_the_cohorts_of_keeprate(tool: str, usual: Stays) -> None:
    ours, theirs = (answer(each, "cohort_table", usual) for each in ("Keeprate", tool))

    assert isinstance(ours, CohortTable)
    assert ours.kept.shape == (60, 61)
    assert ours.kept[0, 59] > 0
    assert differing(ours, theirs) == []


def test_a_comparison_with_other_numbers_is_refused(usual: Stays) -> None:
    ours = answer("Keeprate", "retention", usual)
    assert isinstance(ours, Figures)
    new = ours.new.copy()
    new[203, 53] += 1

    with pytest.raises(RuntimeError, match=r"DuckDB gives other numbers: churn, new$"):
        comparing.refuse_others("DuckDB", ours, replace(ours, new=new, churn=ours.crr))


def answer(tool: str, work: str, given: Stays) -> Arrays:
    module = import_module(f"tests.benchmarks.comparison.{comparing.MODULES[tool]}")
    found: Arrays = getattr(module, work)(given)()
    return found
