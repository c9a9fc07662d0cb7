"""Companies to count: made of dates for the reference, of columns for the product."""

from collections.abc import Mapping, Sequence
from datetime import date, timedelta
from itertools import pairwise

import numpy as np
from hypothesis import strategies as st

from bot.domain.columns import FOREVER, Columns, Dimension
from bot.domain.definition import Definition, Weekday
from bot.domain.period import Kind, Period, day_number, period_of
from tests.domain.reference import Stay

FIRST = date(2019, 12, 20)
"""The first day on which anything happens in a random company. 2020 is a leap year and has an ISO
week 53."""
SPAN = 420

Company = dict[int, list[Stay]]


def columns_of(
    company: Mapping[int, Sequence[Stay]],
    *,
    dimensions: Mapping[str, Dimension] | None = None,
    known_from: date | None = None,
    known_to: date | None = None,
) -> Columns:
    """The columns that hold these stays."""
    rows = sorted(
        (customer, day_number(since), int(FOREVER) if until is None else day_number(until))
        for customer, stays in company.items()
        for since, until in stays
    )
    customer, since, until = np.array(rows, dtype=np.int32).reshape(-1, 3).T.copy()
    return Columns(
        customer,
        since,
        until,
        dimensions=dimensions or {},
        known_from=None if known_from is None else day_number(known_from),
        known_to=None if known_to is None else day_number(known_to),
    )


def dimension_of(rows: Sequence[tuple[int, date, str]]) -> Dimension:
    """What each customer was from which day on."""
    labels = tuple(sorted({label for _, _, label in rows}))
    ordered = sorted((customer, day_number(since), label) for customer, since, label in rows)
    return Dimension(
        labels,
        np.array([customer for customer, _, _ in ordered], dtype=np.int32),
        np.array([since for _, since, _ in ordered], dtype=np.int32),
        np.array([labels.index(label) for _, _, label in ordered], dtype=np.int32),
    )


days = st.integers(0, SPAN).map(lambda number: FIRST + timedelta(days=number))


@st.composite
def stays(draw: st.DrawFn) -> list[Stay]:
    """One customer's stays: gaps of any length or none, stays of no days, perhaps no end."""
    edges = sorted(draw(st.lists(days, min_size=1, max_size=7)))
    found: list[Stay] = [(a, b) for a, b in list(pairwise(edges))[::2]]
    if len(edges) % 2:
        found.append((edges[-1], None))
    return found


companies: st.SearchStrategy[Company] = st.dictionaries(st.integers(0, 60), stays(), max_size=14)
"""Customers' numbers have holes, as those of one source among several do."""

definitions = st.builds(
    Definition,
    first_weekday=st.sampled_from(Weekday),
    fiscal_year_start=st.integers(1, 12),
)


@st.composite
def periods(draw: st.DrawFn) -> Period:
    kind = draw(st.sampled_from(Kind))
    first = draw(days)
    if kind is Kind.DAYS:
        return Period(first, first + timedelta(days=draw(st.integers(1, 120))), kind)
    return period_of(kind, first, draw(definitions))
