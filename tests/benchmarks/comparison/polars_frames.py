"""polars: lazy, and all grouping in one plan."""

import numpy as np
import polars as pl

from tests.benchmarks.comparison.moves import (
    Calendar,
    Moves,
    calendars,
    cohort_calendar,
    cohorts_from_moves,
    from_moves,
)
from tests.benchmarks.comparison.work import (
    CELLS,
    Cohorts,
    CohortTable,
    Counts,
    Figures,
    Retention,
    Stays,
)


def retention(of: Stays) -> Retention:
    frame = pl.DataFrame(of.arrays())
    kinds = list(calendars().values())

    def compute() -> Figures:
        again = (pl.col("customer") == pl.col("customer").shift()).fill_null(value=False)
        ordered = frame.lazy().with_columns(
            again=again,
            leaves_again=again.shift(-1, fill_value=False),
            joined=pl.when(~again).then("since").forward_fill(),
        )
        found = pl.collect_all([plan for kind in kinds for plan in _plans(ordered, kind)])
        return from_moves([_moves(kind, *found[3 * n : 3 * n + 3]) for n, kind in enumerate(kinds)])

    return compute


def _plans(ordered: pl.LazyFrame, kind: Calendar) -> list[pl.LazyFrame]:
    slots = pl.lit(pl.Series(kind.slot))

    def slot(day: str) -> pl.Expr:
        return slots.gather(pl.col(day).clip(kind.low, kind.high) - kind.low)

    number, paying = pl.len().alias("number"), pl.col("mrr").sum().cast(pl.Int64)
    moving = ordered.with_columns(begin=slot("since"), end=slot("until")).filter(
        pl.col("begin") != pl.col("end")
    )
    arrived = moving.group_by("begin", "cell").agg(
        number, paying, new=(pl.col("begin") == slot("joined")).sum()
    )
    left = moving.group_by("end", "cell").agg(number, paying)
    back = (
        moving.filter("leaves_again")
        .join(
            moving.filter("again").select("customer", "begin", "mrr"),
            left_on=["customer", "end"],
            right_on=["customer", "begin"],
            suffix="_after",
        )
        .group_by("end", "cell")
        .agg(
            number,
            pl.col("mrr_after").sum().cast(pl.Int64),
            at_most=pl.min_horizontal("mrr", "mrr_after").sum().cast(pl.Int64),
        )
    )
    return [arrived, left, back]


def _moves(kind: Calendar, arrived: pl.DataFrame, left: pl.DataFrame, back: pl.DataFrame) -> Moves:
    def table(of: pl.DataFrame, values: str) -> Counts:
        filled = np.zeros((kind.slots, CELLS), np.int64)
        filled[of.to_series(0).to_numpy(), of["cell"].to_numpy()] = of[values].to_numpy()
        return filled

    return Moves(
        arrived=table(arrived, "number"),
        arrived_paying=table(arrived, "mrr"),
        new=table(arrived, "new"),
        left=table(left, "number"),
        left_paying=table(left, "mrr"),
        back=table(back, "number"),
        back_paying=table(back, "mrr_after"),
        back_at_most=table(back, "at_most"),
    )


def cohort_table(of: Stays) -> Cohorts:
    frame, months = pl.DataFrame(of.arrays()), cohort_calendar()
    slots = pl.lit(pl.Series(months.slot))

    def slot(day: str) -> pl.Expr:
        return slots.gather(pl.col(day).clip(months.low, months.high) - months.low)

    def compute() -> CohortTable:
        again = pl.col("customer") == pl.col("customer").shift()
        placed = frame.lazy().select(
            cohort=pl.when(~again.fill_null(value=False)).then(slot("since")).forward_fill(),
            begin=slot("since"),
            end=slot("until"),
        )
        begun, ended = pl.collect_all(
            placed.group_by("cohort", month).agg(pl.len().alias("number"))
            for month in ("begin", "end")
        )
        return cohorts_from_moves(begun.to_numpy(), ended.to_numpy())

    return compute
