"""A vendor's server, in a process of its own: cursor and offset paging, latency, and a rate limit.

`python -m tests.benchmarks.vendors RECORDS LATENCY LIMIT` prints its address. It answers with 100
rows a page: companies as HubSpot lists and searches them (0.5 KB each), subscriptions as Stripe
does (2.4 KB), and plain rows by offset. Pages are made once and sent as bytes, so that it is not
what is measured.
"""

import asyncio
import json
import sys
import time
from collections.abc import Awaitable, Callable
from functools import cache
from typing import Any

from aiohttp import web

PAGE = 100
Handler = Callable[[web.Request], Awaitable[web.StreamResponse]]


class Vendor:
    def __init__(self, records: int, latency: float, limit: float) -> None:
        """`latency` in seconds from question to answer; at most `limit` requests a second, of which
        a second's worth may come at once; 0 for no limit."""
        self._records, self._latency, self._limit = records, latency, limit
        self._left, self._at = limit, time.monotonic()
        self._first, self._last, self._answered, self._refused = 0.0, 0.0, 0, 0

    def app(self) -> web.Application:
        app = web.Application(middlewares=[self._as_vendors_do])
        app.router.add_post("/crm/v3/objects/companies/search", self._search)
        app.router.add_get("/crm/v3/objects/companies", self._list)
        app.router.add_get("/v1/subscriptions", self._subscriptions)
        app.router.add_get("/rows", self._rows)
        app.router.add_get("/told", self._told)
        return app

    @web.middleware
    async def _as_vendors_do(self, request: web.Request, handler: Handler) -> web.StreamResponse:
        if request.path == "/told":
            return await handler(request)
        now = time.monotonic()
        self._first = self._first or now
        self._left = min(self._limit, self._left + (now - self._at) * self._limit)
        self._at = now
        if self._limit and self._left < 1:
            self._refused += 1
            return web.Response(status=429, headers={"Retry-After": "1"})
        self._left -= 1
        self._last, self._answered = now, self._answered + 1
        answer = await handler(request)
        # What making the page took is part of the wait: no vendor answers later for our machine.
        await asyncio.sleep(max(0.0, now + self._latency - time.monotonic()))
        return answer

    async def _told(self, request: web.Request) -> web.Response:
        seconds = self._last - self._first
        return web.json_response(
            {"answered": self._answered, "refused": self._refused, "seconds": seconds}
        )

    async def _search(self, request: web.Request) -> web.Response:
        filters = (await request.json())["filterGroups"][0]["filters"]
        above = max(int(each["value"]) for each in filters if each["operator"] == "GT")
        return _json(_companies(above, self._records))

    async def _list(self, request: web.Request) -> web.Response:
        return _json(_companies(int(request.query.get("after", 0)), self._records))

    async def _subscriptions(self, request: web.Request) -> web.Response:
        after = request.query.get("starting_after", "sub_0").removeprefix("sub_")
        return _json(_subscription_list(int(after), self._records))

    async def _rows(self, request: web.Request) -> web.Response:
        return _json(_plain(int(request.query.get("offset", 0)), self._records))


def _json(body: bytes) -> web.Response:
    return web.Response(body=body, content_type="application/json")


@cache
def _companies(above: int, records: int) -> bytes:
    numbers = range(above + 1, min(above + PAGE, records) + 1)
    more = {"paging": {"next": {"after": str(above + PAGE)}}} if above + PAGE < records else {}
    page = {"total": records - above, "results": [_company(n) for n in numbers], **more}
    return json.dumps(page).encode()


def _company(number: int) -> dict[str, Any]:
    when = "2026-03-01T09:00:00.000Z"
    return {
        "id": str(number),
        "properties": {
            "name": f"Company {number}",
            "domain": f"company{number}.example",
            "lifecyclestage": "customer",
            "hs_object_id": str(number),
            "hs_v2_date_entered_customer": when,
            "hs_lastmodifieddate": when,
            "createdate": when,
            "city": "Amsterdam",
            "industry": "COMPUTER_SOFTWARE",
        },
        "createdAt": when,
        "updatedAt": when,
        "archived": False,
    }


@cache
def _subscription_list(above: int, records: int) -> bytes:
    numbers = range(above + 1, min(above + PAGE, records) + 1)
    page = {
        "object": "list",
        "url": "/v1/subscriptions",
        "has_more": above + PAGE < records,
        "data": [_subscription(n) for n in numbers],
    }
    return json.dumps(page).encode()


def _subscription(number: int) -> dict[str, Any]:
    began = 1_740_000_000 + number
    price = {
        "id": "price_basic", "object": "price", "active": True, "billing_scheme": "per_unit",
        "created": began, "currency": "eur", "custom_unit_amount": None, "livemode": False,
        "lookup_key": None, "metadata": {}, "nickname": "Basic", "product": "prod_basic",
        "recurring": {"interval": "month", "interval_count": 1, "meter": None,
                      "trial_period_days": None, "usage_type": "licensed"},
        "tax_behavior": "unspecified", "tiers_mode": None, "transform_quantity": None,
        "type": "recurring", "unit_amount": 4900, "unit_amount_decimal": "4900",
    }  # fmt: skip
    return {
        "id": f"sub_{number}", "object": "subscription", "application": None,
        "automatic_tax": {"disabled_reason": None, "enabled": False, "liability": None},
        "billing_cycle_anchor": began, "cancel_at": None, "cancel_at_period_end": False,
        "canceled_at": None, "cancellation_details": {"comment": None, "feedback": None,
                                                      "reason": None},
        "collection_method": "charge_automatically", "created": began, "currency": "eur",
        "customer": {
            "id": f"cus_{number}", "object": "customer", "address": None, "balance": 0,
            "created": began, "currency": "eur", "delinquent": False, "description": None,
            "discount": None, "email": f"billing@company{number}.example",
            "invoice_prefix": f"A{number}", "livemode": False, "metadata": {},
            "name": f"Company {number}", "phone": None, "preferred_locales": [],
            "shipping": None, "tax_exempt": "none", "test_clock": None,
        },
        "days_until_due": None, "default_payment_method": f"pm_{number}", "description": None,
        "discounts": [], "ended_at": None,
        "items": {
            "object": "list", "has_more": False, "total_count": 1,
            "url": f"/v1/subscription_items?subscription=sub_{number}",
            "data": [{
                "id": f"si_{number}", "object": "subscription_item", "created": began,
                "current_period_end": began + 2_592_000, "current_period_start": began,
                "discounts": [], "metadata": {}, "price": price, "quantity": 1,
                "subscription": f"sub_{number}", "tax_rates": [],
            }],
        },
        "latest_invoice": f"in_{number}", "livemode": False, "metadata": {},
        "pending_setup_intent": None, "schedule": None, "start_date": began, "status": "active",
        "trial_end": None, "trial_start": None,
    }  # fmt: skip


@cache
def _plain(offset: int, records: int) -> bytes:
    numbers = range(offset + 1, min(offset + PAGE, records) + 1)
    rows = [_company(n)["properties"] | {"id": str(n)} for n in numbers]
    return json.dumps({"total": records, "rows": rows}).encode()


async def _serve(records: int, latency: float, limit: float) -> None:
    runner = web.AppRunner(Vendor(records, latency, limit).app(), access_log=None)
    await runner.setup()
    site = web.TCPSite(runner, "127.0.0.1", 0)
    await site.start()
    host, port = runner.addresses[0][:2]
    print(f"http://{host}:{port}", flush=True)
    await asyncio.to_thread(sys.stdin.read)  # until whoever started us lets go
    await runner.cleanup()


if __name__ == "__main__":
    asyncio.run(_serve(int(sys.argv[1]), float(sys.argv[2]), float(sys.argv[3])))
