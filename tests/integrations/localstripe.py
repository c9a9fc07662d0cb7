"""localstripe, a stand-in for Stripe that other people wrote and that keeps state."""

import socket
import subprocess
import sys
import time
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import datetime
from typing import Any

import httpx

KEY = "sk_test_12345"

SERVE = """
import sys
from aiohttp import web
from localstripe.resources import Store, Subscription, SubscriptionItem
from localstripe.server import app

# Its own start listens on every interface and keeps its state in one file for the whole machine.
Store.dump_to_disk = lambda self: None
# It speaks the API of 2017, whose subscriptions had one discount; ours have a list of them, and
# so have their items.
Subscription.discounts = []
SubscriptionItem.discounts = []
web.run_app(app, host="127.0.0.1", port=int(sys.argv[1]), print=None)
"""


@contextmanager
def serving() -> Iterator[str]:
    """The address of a server that lives so long."""
    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        port = free.getsockname()[1]
    process = subprocess.Popen([sys.executable, "-W", "ignore", "-c", SERVE, str(port)])
    url = f"http://127.0.0.1:{port}"
    try:
        _wait_for(url, process)
        yield url
    finally:
        process.terminate()
        process.wait(timeout=10)


def _wait_for(url: str, process: subprocess.Popen[bytes]) -> None:
    for _ in range(200):
        assert process.poll() is None, "localstripe did not start"
        try:
            httpx.get(url)
        except httpx.TransportError:
            time.sleep(0.1)
        else:
            return
    raise AssertionError("localstripe did not answer in time")


class Account:
    """A company's Stripe account, filled through Stripe's HTTP API."""

    def __init__(self, url: str) -> None:
        self._client = httpx.Client(base_url=url, auth=(KEY, ""))
        self._client.delete("/_config/data").raise_for_status()
        for name, amount, interval in (("Pro", "1000", "month"), ("Team", "36000", "year")):
            plan = {"amount": amount, "currency": "usd", "interval": interval, "nickname": name}
            self.ask("POST", "/v1/plans", {"id": name.lower(), "product[name]": name, **plan})

    def customer(self, name: str) -> str:
        """The id of a customer who can pay."""
        who = self.ask("POST", "/v1/customers", {"name": name, "metadata[region]": "emea"})
        card = {"number": "4242424242424242", "exp_month": "12", "exp_year": "2040", "cvc": "123"}
        paid = self.ask(
            "POST",
            "/v1/payment_methods",
            {"type": "card", **{f"card[{key}]": value for key, value in card.items()}},
        )
        self.ask("POST", f"/v1/payment_methods/{paid['id']}/attach", {"customer": who["id"]})
        default = {"invoice_settings[default_payment_method]": paid["id"]}
        self.ask("POST", f"/v1/customers/{who['id']}", default)
        return str(who["id"])

    def subscribe(
        self, customer: str, since: datetime, plan: str = "pro", quantity: int = 1
    ) -> str:
        """The id of a subscription that began on a day of the past."""
        row = self.ask(
            "POST",
            "/v1/subscriptions",
            {
                "customer": customer,
                "items[0][plan]": plan,
                "items[0][quantity]": str(quantity),
                "backdate_start_date": str(int(since.timestamp())),
            },
        )
        assert row["status"] == "active"
        return str(row["id"])

    def change(self, subscription: str, plan: str, quantity: int) -> None:
        """From one plan to another, inside the same subscription."""
        form = {"items[0][plan]": plan, "items[0][quantity]": str(quantity)}
        self.ask("POST", f"/v1/subscriptions/{subscription}", form)

    def cancel(self, subscription: str) -> None:
        self.ask("DELETE", f"/v1/subscriptions/{subscription}")

    def ask(self, method: str, path: str, form: dict[str, str] | None = None) -> dict[str, Any]:
        response = self._client.request(method, path, data=form)
        assert response.is_success, response.text
        answer: dict[str, Any] = response.json()
        return answer

    def close(self) -> None:
        self._client.close()
