"""CRR, churn, new, won back, NRR and GRR in 204 periods x 54 segments: Keeprate beside others."""

from collections.abc import Mapping
from dataclasses import dataclass

from tests.benchmarks.comparing import Told, asked, ratios, times
from tests.benchmarks.result import Result, at_least, at_most

LARGE = 1_000_000
"""How many customers the targets are for."""
FASTER = {
    "polars": at_least(4),
    "pandas": at_least(7),
    "DuckDB": at_least(20),
    "SQLite": None,
}


@dataclass(frozen=True, slots=True)
class Size:
    customers: tuple[int, ...] = (LARGE // 10, LARGE)
    """Everybody computes these."""
    alone: int | None = 5 * LARGE
    """Keeprate alone computes these as well."""
    repeats: int = 7


async def measure(size: Size) -> list[Result]:
    found: list[Result] = []
    of_keeprate = {}
    for customers in size.customers:
        name = f"retention, {customers:,}"
        tools = ("Keeprate", "compiled kernel", *FASTER)
        told = await asked("retention", tools, customers, size.repeats)
        of_keeprate[customers] = told["Keeprate"]
        found += times(name, told)
        found += _ratios(name, told, customers)
        found += _memory(name, told, customers)
    if size.alone is not None:
        fewer = max(of_keeprate)
        found += await _alone(size.alone, size.repeats, fewer, of_keeprate[fewer])
    return found


async def _alone(customers: int, repeats: int, fewer: int, took: Told) -> list[Result]:
    name = f"retention, {customers:,}"
    told = await asked("retention", ["Keeprate"], customers, repeats)
    growth = told["Keeprate"].typical / took.typical / (customers / fewer)
    return [
        *times(name, told),
        Result(f"{name}: growth from {fewer:,}, 1 is linear", growth, "x", at_most(3)),
        *_memory(name, told, customers),
    ]


def _ratios(name: str, told: Mapping[str, Told], customers: int) -> list[Result]:
    of_large = customers == LARGE
    kernel = told["Keeprate"].typical / told["compiled kernel"].typical
    return [
        *ratios(name, told, {t: target if of_large else None for t, target in FASTER.items()}),
        Result(
            f"{name}: Keeprate / compiled kernel", kernel, "x", at_most(4) if of_large else None
        ),
    ]


def _memory(name: str, told: Mapping[str, Told], customers: int) -> list[Result]:
    """Of whole processes, with what they loaded: nobody's way of keeping stays is left out."""
    keeprate = told["Keeprate"]
    return [
        *(
            Result(
                f"{name}: {tool}, peak memory of the process",
                each.peak,
                "MB",
                at_most(150) if tool == "Keeprate" and customers == LARGE else None,
            )
            for tool, each in told.items()
        ),
        Result(f"{name}: Keeprate, of which to compute", keeprate.peak - keeprate.loaded, "MB"),
    ]
