"""The table of 60 monthly cohorts x 61 ages: Keeprate beside polars and a GROUP BY of SQLite."""

from dataclasses import dataclass

from tests.benchmarks.comparing import asked, ratios, times
from tests.benchmarks.result import Result, at_least

FASTER = {"polars": at_least(4), "SQLite": at_least(50)}


@dataclass(frozen=True, slots=True)
class Size:
    customers: tuple[int, ...] = (1_000_000,)
    repeats: int = 7


async def measure(size: Size) -> list[Result]:
    found: list[Result] = []
    for customers in size.customers:
        name = f"cohorts, {customers:,}"
        told = await asked("cohort_table", ["Keeprate", *FASTER], customers, size.repeats)
        found += times(name, told)
        found += ratios(name, told, FASTER)
    return found
