"""Reading a vendor: Keeprate beside the vendors' own clients, dlt, and a loop by hand.

Every reading is a process of its own; where its CPU is what counts, it reads everything twice and
is measured the second time. The vendor is another process (vendors.py). What is not installed (the
extra `rivals`) is left out.
"""

import asyncio
import json
import sys
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass
from importlib.util import find_spec
from pathlib import Path
from statistics import median
from typing import NamedTuple

import httpx

from tests.benchmarks.result import Result, at_least, at_most, of_repeats
from tests.benchmarks.vendors import PAGE

ROOT = Path(__file__).parents[2]
FAST = 1e6
"""Requests a second where there is no limit."""


@dataclass(frozen=True, slots=True)
class Size:
    customers: int = 100_000
    """Of all that Keeprate reads alone."""
    compared: int = 10_000
    """Of what is read beside others, who take minutes for more; told per 100,000."""
    latency: float = 0.04
    limit: float = 10.0
    """Requests a second."""
    limited: int = 10_000
    """Customers that are read under the limit."""
    repeats: int = 3


class Took(NamedTuple):
    records: int
    cpu: float
    seconds: float
    peak_mb: float
    refused: int
    asked_a_second: float


async def measure(size: Size) -> list[Result]:
    return [
        *await _cpu(size),
        *await _cursor(size),
        *await _offset(size),
        *await _limit(size),
        *await _whole(size),
    ]


async def _cpu(size: Size) -> list[Result]:
    async def of(tool: str) -> list[float]:
        scale = 100_000 / size.compared
        return [(await _read(tool, size.compared)).cpu * scale for _ in range(size.repeats)]

    ours = {kind: await of(f"keeprate-{kind}") for kind in ("hubspot", "stripe")}
    found = [
        of_repeats(f"reading {kind}, CPU per 100,000: Keeprate", took, "s")
        for kind, took in ours.items()
    ]
    for rival, package, kind, share in (
        ("hubspot", "hubspot", "hubspot", 1 / 8),
        ("stripe", "stripe", "stripe", 1 / 20),
        ("dlt", "dlt", "hubspot", 2 / 3),
    ):
        if find_spec(package) is None:
            continue
        theirs = await of(rival)
        name = {"dlt": "dlt's REST source"}.get(rival, f"{rival}'s client")
        found += [
            of_repeats(f"reading {kind}, CPU per 100,000: {name}", theirs, "s"),
            Result(
                f"reading {kind}, CPU: Keeprate of {name}",
                median(ours[kind]) / median(theirs),
                "x",
                at_most(round(share, 3)),
            ),
        ]
    return found


async def _cursor(size: Size) -> list[Result]:
    took = await _read("keeprate-hubspot", size.customers, latency=size.latency)
    bare = await _read("bare", size.compared, latency=size.latency)
    bound = PAGE / size.latency
    rate, at_most_here = took.records / took.seconds, bare.records / bare.seconds
    return [
        Result(f"cursor, {size.latency * 1000:.0f} ms: Keeprate", rate, "records/s"),
        Result("cursor: of what latency allows", rate / bound, "x", at_least(0.85)),
        # Less than 1 says how busy the machine is.
        Result("cursor: the same of a bare socket that decodes nothing", at_most_here / bound, "x"),
    ]


async def _offset(size: Size) -> list[Result]:
    loop = await _read("loop", size.compared, latency=size.latency)
    ours = await _read("keeprate-offset", size.customers, latency=size.latency)
    by_hand, rate = loop.records / loop.seconds, ours.records / ours.seconds
    return [
        Result("offset: a loop of httpx", by_hand, "records/s"),
        Result("offset: Keeprate", rate, "records/s"),
        Result("offset: Keeprate of the loop", rate / by_hand, "x", at_least(4)),
    ]


async def _limit(size: Size) -> list[Result]:
    took = await _read("keeprate-hubspot", size.limited, limit=size.limit)
    return [
        Result(
            f"a limit of {size.limit:.0f} requests/s: of it used",
            took.asked_a_second / size.limit,
            "x",
            at_least(0.95),
        ),
        Result("a limit: refusals (429)", took.refused, "answers", at_most(0)),
    ]


async def _whole(size: Size) -> list[Result]:
    few = size.customers // 4
    many = await _read("keeprate-whole", size.customers)
    took, asked_for = [
        [await _read("keeprate-whole", customers, how=how) for customers in (few, size.customers)]
        for how in ("cold", "traced")
    ]
    return [
        Result(f"a whole pull, {size.customers:,}: CPU", many.cpu, "s"),
        Result(f"a whole pull, {few:,}: the process at its peak", took[0].peak_mb, "MB"),
        Result(f"a whole pull, {size.customers:,}: the process at its peak", took[1].peak_mb, "MB"),
        Result("a whole pull: of it for each further record", _each(took), "bytes", at_most(150)),
        # Without what the allocator holds back for later, and what SQLite has for itself.
        Result(
            "a whole pull: asked for by Python and numpy for each further record",
            _each(asked_for),
            "bytes",
            at_most(50),
        ),
    ]


def _each(sizes: list[Took]) -> float:
    """Bytes that each record more takes."""
    less, more = sizes
    return (more.peak_mb - less.peak_mb) * 1e6 / max(more.records - less.records, 1)


async def _read(
    tool: str, records: int, *, latency: float = 0.0, limit: float = 0.0, how: str = ""
) -> Took:
    how = how or ("cold" if latency or limit else "warm")
    async with _vendor(records, latency, limit) as url:
        reading = await asyncio.create_subprocess_exec(
            *(sys.executable, "-m", "tests.benchmarks.reading", tool, url),
            *(str(limit or FAST), how),
            cwd=ROOT,
            stdout=asyncio.subprocess.PIPE,
        )
        said, _ = await reading.communicate()
        if reading.returncode:
            raise RuntimeError(f"{tool} did not read to the end")
        async with httpx.AsyncClient() as client:
            told = (await client.get(f"{url}/told")).json()
    took = json.loads(said.splitlines()[-1])
    if took["records"] != records:
        raise RuntimeError(f"{tool} read {took['records']} of {records} records")
    return Took(
        **took,
        refused=told["refused"],
        asked_a_second=(told["answered"] - 1) / max(told["seconds"], 1e-9),
    )


@asynccontextmanager
async def _vendor(records: int, latency: float, limit: float) -> AsyncIterator[str]:
    program = (sys.executable, "-m", "tests.benchmarks.vendors")
    vendor = await asyncio.create_subprocess_exec(
        *(*program, str(records), str(latency), str(limit)),
        cwd=ROOT,
        stdin=asyncio.subprocess.PIPE,
        stdout=asyncio.subprocess.PIPE,
    )
    assert vendor.stdout is not None
    assert vendor.stdin is not None
    try:
        yield (await vendor.stdout.readline()).decode().strip()
    finally:
        vendor.stdin.close()
        await vendor.wait()
