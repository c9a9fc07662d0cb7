"""One reading of a vendor to the end, by one tool, in a process of its own.

`python -m tests.benchmarks.reading TOOL URL REQUESTS_PER_SECOND HOW` prints what it took: where HOW
is "warm" the second time, where it is "traced" too, with the highest memory that Python and numpy
had asked for instead of what the process took.
"""

import asyncio
import http.client
import json
import resource
import sys
import time
import tracemalloc
from collections.abc import Callable
from contextlib import aclosing
from datetime import UTC, datetime
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any
from urllib.parse import urlsplit

import httpx
import uvloop

import integrations
from bot.domain.definition import Definition
from bot.jobs.pull import Outcome, pull
from bot.store.customers import Customers
from bot.store.database import Database
from bot.store.pulls import Pulls
from integrations.http import Http
from tests.benchmarks.vendors import PAGE

Read = Callable[[str, float], int]
"""Reads all there is at an address, at most so many requests a second; how many records came."""


TLS = httpx.create_ssl_context()
"""Made once, as the bot does: it takes 90 ms, which are not the reading's."""


def _settings(kind: str, url: str) -> Any:
    given: dict[str, Any] = {"kind": kind, "url": url}
    if kind == "json":
        given["customers"] = {
            "path": "/rows", "rows": "rows", "pages": "offset", "param": "offset",
            "total": "total", "evidence": "today", "customer": "id", "customer_name": "name",
        }  # fmt: skip
        given["auth"] = "none"
    else:
        given["token"] = "a-token"
    return integrations.load(kind).Settings(**given)


def keeprate(kind: str) -> Read:
    async def read(url: str, pace: float) -> int:
        async with httpx.AsyncClient(verify=TLS) as client:
            pages = integrations.customers(
                _settings(kind, url), Http(client, requests_per_second=pace)
            )
            async with aclosing(pages):
                return sum([len(page.records) async for page in pages])

    # As `keeprate` runs.
    return lambda url, pace: uvloop.run(read(url, pace))


def whole_pull(url: str, pace: float) -> int:
    """Keeprate's pull to its end: read, compared, written, believed."""

    async def read() -> int:
        with TemporaryDirectory() as folder:
            database = Database.open(f"sqlite:///{Path(folder)}/keeprate.db")
            async with httpx.AsyncClient(verify=TLS) as client:
                way = Http(client, requests_per_second=pace)
                pulled = await pull(
                    "crm",
                    integrations.customers(_settings("hubspot", url), way),
                    definition=Definition(),
                    clock=lambda: datetime.now(UTC),
                    pulls=Pulls(database),
                    customers=Customers(database),
                    hold_share=0.02,
                )
            await database.close()
            assert pulled.outcome is Outcome.BELIEVED, pulled.sentence
            return pulled.records

    return uvloop.run(read())


def one_after_the_other(url: str, _: float) -> int:
    """What one would write by hand."""

    async def read() -> int:
        count = 0
        async with httpx.AsyncClient(base_url=url, verify=TLS) as client:
            while True:
                body = (await client.get("/rows", params={"offset": count})).json()
                count += len(body["rows"])
                if count >= body["total"]:
                    return count

    return asyncio.run(read())


def bare(url: str, _: float) -> int:
    """Pages of the same size that nobody decodes: what the machine and the vendor leave to read."""
    there = urlsplit(url)
    assert there.hostname is not None
    connection = http.client.HTTPConnection(there.hostname, there.port)
    count = 0
    while True:
        connection.request("GET", f"/rows?offset={count}")
        body = connection.getresponse().read()
        # It stands at the beginning: {"total": 10000, "rows": …
        total = int(body[:40].partition(b",")[0].rpartition(b":")[2])
        count = min(count + PAGE, total)
        if count == total:
            return count


def hubspots_client(url: str, _: float) -> int:
    from hubspot import HubSpot
    from hubspot.crm.companies import PublicObjectSearchRequest

    client = HubSpot(access_token="a-token")
    api = client.crm.companies.search_api
    api.api_client.configuration.host = url
    count = last = 0
    while True:
        found = api.do_search(
            public_object_search_request=PublicObjectSearchRequest(
                filter_groups=[
                    {
                        "filters": [
                            {
                                "propertyName": "hs_object_id",
                                "operator": "GT",
                                "value": str(last),
                            }
                        ]
                    }
                ],
                sorts=["hs_object_id"],
                properties=["name"],
                limit=100,
                after="0",
            )
        )
        count += len(found.results)
        if found.paging is None:
            return count
        last = int(found.results[-1].id)


def stripes_client(url: str, _: float) -> int:
    import stripe

    client = stripe.StripeClient("sk_test_1", base_addresses={"api": url})
    pages = client.v1.subscriptions.list({"limit": 100, "status": "all"})
    return sum(1 for _ in pages.auto_paging_iter())


def dlts_source(url: str, _: float) -> int:
    from dlt.sources.rest_api import rest_api_source

    source = rest_api_source(
        {
            "client": {
                "base_url": url,
                "paginator": {
                    "type": "cursor",
                    "cursor_path": "paging.next.after",
                    "cursor_param": "after",
                },
            },
            "resources": [
                {
                    "name": "companies",
                    "endpoint": {
                        "path": "crm/v3/objects/companies",
                        "params": {"limit": 100},
                        "data_selector": "results",
                    },
                }
            ],
        }
    )
    return sum(1 for _ in source.resources["companies"])


TOOLS: dict[str, Read] = {
    "keeprate-hubspot": keeprate("hubspot"),
    "keeprate-stripe": keeprate("stripe"),
    "keeprate-offset": keeprate("json"),
    "keeprate-whole": whole_pull,
    "loop": one_after_the_other,
    "bare": bare,
    "hubspot": hubspots_client,
    "stripe": stripes_client,
    "dlt": dlts_source,
}


def main() -> None:
    tool, url, pace, how = sys.argv[1:]
    if how != "cold":
        TOOLS[tool](url, float(pace))  # imports, and what is made once; the server's pages too
    if how == "traced":
        tracemalloc.start()
    cpu, began = time.process_time(), time.perf_counter()
    records = TOOLS[tool](url, float(pace))
    peak = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss * 1024 / 1e6
    if how == "traced":
        peak = tracemalloc.get_traced_memory()[1] / 1e6
    took = {
        "records": records,
        "cpu": time.process_time() - cpu,
        "seconds": time.perf_counter() - began,
        "peak_mb": peak,
    }
    print(json.dumps(took))


if __name__ == "__main__":
    main()
