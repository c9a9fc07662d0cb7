"""Generated customers, the same for everybody who is compared."""

from datetime import date, timedelta
from pathlib import Path

import numpy as np

from bot.domain.columns import FOREVER, Codes, Columns
from bot.domain.definition import Definition
from bot.domain.period import Kind, Period, day_number, last_finished, run_up

TODAY = date(2026, 11, 2)
PLANS, REGIONS = 8, 5
SEED = 20261102


def columns(customers: int) -> Columns:
    """1.1 stays a customer, over five years; three of ten have left."""
    random = np.random.default_rng(SEED)
    today = day_number(TODAY)
    since = random.integers(today - 1800, today, customers)
    lasted = np.where(random.random(customers) < 0.3, random.integers(1, 1200, customers), 10**5)
    until = since + lasted
    back = np.flatnonzero((until < today - 60) & (random.random(customers) < 0.5))
    again = until[back] + random.integers(8, 200, len(back))
    all_customers = np.concatenate([np.arange(customers), back])
    all_since = np.concatenate([since, again])
    all_until = np.concatenate([until, np.full(len(back), 10**6)])
    here = all_since < today
    order = np.lexsort((all_since[here], all_customers[here]))
    all_until = np.where(all_until > today, int(FOREVER), all_until)
    return Columns(
        customer=all_customers[here][order].astype(np.int32),
        since=all_since[here][order].astype(np.int32),
        until=all_until[here][order].astype(np.int32),
        source="generated",
    )


def cells(of: Columns) -> Codes:
    """For each stay the cell of its customer: a plan and a region."""
    random = np.random.default_rng(SEED + 1)
    many = int(of.customer.max(initial=-1)) + 1
    cell: Codes = random.integers(0, PLANS * REGIONS, many).astype(np.int32)[of.customer]
    return cell


def mrr(of: Columns) -> Codes:
    """For each stay what it pays a month, in cents."""
    random = np.random.default_rng(SEED + 2)
    paid: Codes = random.integers(2_000, 50_000, len(of)).astype(np.int32)
    return paid


def cohort_months(definition: Definition) -> tuple[Period, ...]:
    """The 60 months in which they joined; the few who joined later are in none of them."""
    return run_up(last_finished(Kind.MONTH, TODAY, definition), 60, definition)


def periods(definition: Definition) -> list[Period]:
    """36 months, 156 weeks and 12 quarters, the last ones that are over."""
    found: list[Period] = []
    for kind, count in ((Kind.MONTH, 36), (Kind.WEEK, 156), (Kind.QUARTER, 12)):
        found += run_up(last_finished(kind, TODAY, definition), count, definition)
    return found


def write_csv(path: Path, customers: int) -> None:
    """The same as a file that a source can be."""
    of = columns(customers)
    cell = cells(of)
    epoch = date(1970, 1, 1)
    with path.open("w") as file:
        file.write("id,name,since,until,plan,region\n")
        for number, since, until, where in zip(
            of.customer.tolist(), of.since.tolist(), of.until.tolist(), cell.tolist(), strict=True
        ):
            left = "" if until == FOREVER else (epoch + timedelta(days=until)).isoformat()
            began = (epoch + timedelta(days=since)).isoformat()
            plan, region = divmod(where, REGIONS)
            file.write(f"c{number},Customer {number},{began},{left},plan{plan},region{region}\n")
