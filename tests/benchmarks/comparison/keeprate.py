"""Keeprate, by the functions that the product computes with."""

from collections.abc import Sequence
from dataclasses import replace

import numpy as np

from bot.domain.cohorts import cohorts
from bot.domain.columns import PARTS, Codes, Columns, Revenue
from bot.domain.definition import Definition
from bot.domain.period import Kind, Period
from bot.domain.revenue_sweep import figures_grid
from tests.benchmarks import stays
from tests.benchmarks.comparison.work import (
    AGES,
    CELLS,
    Cohorts,
    CohortTable,
    Figures,
    Retention,
    Stays,
    figures,
)


def retention(of: Stays) -> Retention:
    columns = in_columns(of)
    cells, periods = of.cell, stays.periods(Definition())

    def compute() -> Figures:
        return computed(columns, cells, periods)

    return compute


def cohort_table(of: Stays) -> Cohorts:
    columns = replace(in_columns(of), revenue=None)
    definition = Definition()
    months = stays.cohort_months(definition)

    def compute() -> CohortTable:
        found = cohorts(
            columns,
            by=Kind.MONTH,
            months=AGES - 1,
            today=months[-1].last,
            definition=definition,
            first=months[0].first,
        )
        return CohortTable(found.kept)

    return compute


def in_columns(of: Stays) -> Columns:
    """With a row of revenue for each stay, as a source of subscriptions gives them."""
    amount = of.mrr.astype(np.int64) * (PARTS // 100)
    currency = np.zeros(len(of), np.int32)
    revenue = Revenue(of.customer, of.since, of.until, amount, currency, ("EUR",))
    return Columns(of.customer, of.since, of.until, revenue=revenue)


def computed(columns: Columns, cells: Codes, periods: Sequence[Period]) -> Figures:
    counts, moved = figures_grid(columns, periods, today=stays.TODAY, cells=cells, cell_count=CELLS)
    assert moved is not None, "the columns have revenue"
    stayed = moved.opening - moved.contraction - moved.churned
    return figures(
        opening=counts.opening,
        lost=counts.lost,
        new=counts.new,
        won_back=counts.won_back,
        paid=moved.opening,
        paid_by_kept=stayed + moved.expansion,
        paid_at_most=stayed,
    )
