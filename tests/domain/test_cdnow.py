"""Real purchases: the figures equal a slow computation that shares nothing with the product.

The file is read here with plain Python, days are dates, and who is a customer is decided from the
purchases themselves, not from stays.
"""

from collections import defaultdict
from datetime import date, timedelta
from functools import cache
from pathlib import Path

import numpy as np
import pytest

from bot.domain.columns import Columns
from bot.domain.definition import Definition
from bot.domain.lines import Line, LineReason, Point, Shape, cross
from bot.domain.period import Kind, Period, between, day_number
from bot.domain.retention import retention, retentions
from bot.domain.stays import from_purchases
from integrations.records import Purchase
from tests.domain.companies import columns_of

FILE = Path(__file__).parents[1] / "data" / "cdnow" / "CDNOW_sample.txt"
KEEPS = 90
DEFINITION = Definition(purchase_keeps_days=KEEPS)
FIRST, LAST = date(1997, 1, 1), date(1998, 6, 30)


@cache
def purchases() -> dict[int, list[date]]:
    """Each customer's purchases, from the file."""
    bought: dict[int, list[date]] = defaultdict(list)
    for line in FILE.read_text().splitlines():
        _, customer, day, _, _ = line.split()
        bought[int(customer)].append(date(int(day[:4]), int(day[4:6]), int(day[6:])))
    return bought


def bought_lately(days: list[date], on: date) -> bool:
    return any(day <= on < day + timedelta(days=KEEPS) for day in days)


@cache
def columns() -> Columns:
    """What the product makes of the same purchases."""
    records = (
        Purchase(str(customer), "", day) for customer, days in purchases().items() for day in days
    )
    found = from_purchases(records, DEFINITION)
    epoch = date(1970, 1, 1)
    return columns_of(
        {
            int(id): [
                (
                    epoch + timedelta(days=since),
                    None if until is None else epoch + timedelta(days=until),
                )
                for since, until in customer.stays
            ]
            for id, customer in found.items()
        }
    )


def test_the_file_is_the_one_described() -> None:
    assert len(purchases()) == 2_357
    assert sum(map(len, purchases().values())) == 6_919
    assert (min(map(min, purchases().values())), max(map(max, purchases().values()))) == (
        FIRST,
        LAST,
    )


@pytest.mark.parametrize("kind", [Kind.MONTH, Kind.WEEK, Kind.QUARTER, Kind.YEAR])
def test_figures_equal_those_from_the_purchases_themselves(kind: Kind) -> None:
    periods = between(kind, FIRST, LAST, DEFINITION)
    grid = retentions(columns(), periods)

    for number, period in enumerate(periods):
        eve, last = period.first - timedelta(days=1), period.next - timedelta(days=1)
        opening = {who for who, days in purchases().items() if bought_lately(days, eve)}
        closing = {who for who, days in purchases().items() if bought_lately(days, last)}
        earlier = {who for who, days in purchases().items() if min(days) < period.first}
        one = retention(columns(), period)

        assert set(one.opening.tolist()) == opening
        assert set(one.closing.tolist()) == closing
        assert set(one.kept.tolist()) == opening & closing
        assert set(one.lost.tolist()) == opening - closing
        assert set(one.new.tolist()) == closing - opening - earlier
        assert set(one.won_back.tolist()) == (closing - opening) & earlier
        assert grid.counts(number) == one.counts
        if opening:
            assert one.counts.crr == pytest.approx(len(opening & closing) / len(opening))
        else:
            assert one.counts.crr is None


def test_cohorts_by_month_of_first_purchase_have_the_counts_of_the_file() -> None:
    cohort_of = {who: min(days).month - 1 for who, days in purchases().items()}
    assert set(cohort_of.values()) == {0, 1, 2}
    months = between(Kind.MONTH, FIRST, LAST, DEFINITION)
    cells = np.array([cohort_of[who] for who in columns().customer.tolist()], dtype=np.int32)

    grid = retentions(columns(), months, cells=cells, cell_count=3)

    for number, month in enumerate(months):
        last = month.next - timedelta(days=1)
        for cohort in range(3):
            still = sum(
                bought_lately(days, last)
                for who, days in purchases().items()
                if cohort_of[who] == cohort
            )
            assert grid.closing[number, cohort] == still


def told(rule: Line) -> dict[str, LineReason]:
    """What the rule says of each month, with its incident carried from one to the next."""
    months = between(Kind.MONTH, FIRST, LAST, DEFINITION)
    grid = retentions(columns(), months)
    history: list[Point] = []
    reasons: dict[str, LineReason] = {}
    opened: date | None = None
    for number, month in enumerate(months):
        counts = grid.counts(number)
        assert counts is not None
        rate = None if counts.crr is None else 100 * counts.crr
        history.append(Point(month, rate, counts.opening))
        reason = cross(rule, history, opened=opened).reason
        if reason is LineReason.CROSSED:
            opened = month.first
        elif reason is LineReason.BACK:
            opened = None
        reasons[f"{month.first:%Y-%m}"] = reason
    return reasons


def test_the_rule_speaks_when_the_first_purchases_run_out() -> None:
    """Everybody first bought in the first quarter of 1997 and is kept for 90 days by that. From
    April on those are lost who bought once, and the 100 % of before never comes back."""
    reasons = told(Line(Shape.FALL_POINTS, 5, periods=2))

    assert list(reasons.items())[:4] == [
        ("1997-01", LineReason.NO_DATA),
        ("1997-02", LineReason.SHORT_HISTORY),
        ("1997-03", LineReason.SHORT_HISTORY),
        ("1997-04", LineReason.CROSSED),
    ]
    assert set(list(reasons.values())[4:]) == {LineReason.STILL}


def test_a_fall_from_half_a_year_speaks_once_when_the_last_month_falls() -> None:
    """June 1998 kept 244 of 344, 70.9 %; the six months before kept 80.0 % in the mean."""
    reasons = told(Line(Shape.FALL_POINTS, 5, periods=6))

    crossed = [month for month, reason in reasons.items() if reason is LineReason.CROSSED]
    assert crossed == ["1998-06"]
    judged = [reason for month, reason in reasons.items() if "1997-08" <= month < "1998-06"]
    assert set(judged) == {LineReason.FINE}


def test_a_customer_of_one_purchase_is_lost_after_ninety_days() -> None:
    who, [day] = next((who, days) for who, days in purchases().items() if len(days) == 1)
    last_day = day + timedelta(days=KEEPS - 1)
    kept = retention(columns(), Period(last_day, last_day + timedelta(days=1), Kind.DAYS))
    lost = retention(
        columns(), Period(last_day + timedelta(days=1), last_day + timedelta(days=2), Kind.DAYS)
    )

    assert who in kept.kept
    assert who in lost.lost
    assert day_number(last_day) + 1 in columns().until[columns().customer == who]
