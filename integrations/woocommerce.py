"""WooCommerce: the orders of a shop, each of them a purchase.

Customer: whoever placed an order: the shop's account (the order's `customer_id`), or, of a guest,
the e-mail address of the bill; where an account has the same address, it is theirs. An order with
neither is nobody's.
Since, until: the day of an order (`date_created_gmt`) begins a stay; it ends when no other one
follows within the days that a purchase keeps its customer.
Left out: orders in any state that `statuses` does not name: not paid yet, canceled, failed,
refunded, in the bin.
History: complete, from the first order that is still in the shop.

Auth: a REST API key with the permission Read (WooCommerce, Settings, Advanced, REST API), made by
somebody who may see orders: the consumer key and the consumer secret, as Basic authentication.
Limits: none of WooCommerce's own, but the shop serves its visitors from the same machine: 4 a
second is the default here, in pages of 100.
Traps: the list of customers knows no guests and cannot be asked for what changed, and its totals
count every role but two; so orders alone are read. Many web servers drop the header with the keys:
then every request is answered with 401, though the keys are right; Apache needs `CGIPassAuth on`
or `SetEnvIf Authorization "(.*)" HTTP_AUTHORIZATION=$1`, nginx
`fastcgi_param HTTP_AUTHORIZATION $http_authorization`. An order that is deleted while the pages
are read moves the ones after it: such a pull is thrown away.
Broken off: a pull begins anew, for whose a guest's order is shows in all the other orders, and
pages have numbers that say nothing about what was read before.

https://woocommerce.github.io/woocommerce-rest-api-docs/#list-all-orders
https://woocommerce.github.io/woocommerce-rest-api-docs/#order-properties
https://woocommerce.github.io/woocommerce-rest-api-docs/#authentication-over-https
https://developer.wordpress.org/rest-api/using-the-rest-api/pagination/
"""

from collections.abc import AsyncGenerator, Iterable, Iterator, Mapping, Sequence
from contextlib import aclosing
from datetime import UTC, datetime, timedelta
from functools import partial
from typing import ClassVar

import httpx
from msgspec import Struct
from pydantic import Field

from integrations import base, shop
from integrations.errors import (
    CredentialsRejected,
    IntegrationError,
    SourceUnavailable,
    UnexpectedResponse,
)
from integrations.http import Answer, Http, basic, repeated, side_by_side
from integrations.records import LeftOut, Page, Purchase, sorted_out

PAGE = 100
OVERLAP = timedelta(minutes=10)
"""Clocks of shop and bot differ, and an order is written in several steps."""

_FIELDS = "id,number,status,customer_id,billing,date_created_gmt,currency"


class Settings(base.Settings):
    """Which orders of a shop are purchases."""

    requests_per_second_default: ClassVar[float] = 4.0

    url: base.Address = Field(description="The shop's address: https://shop.example.com.")
    key: base.Token = Field(description="The consumer key (ck_…) of a REST API key that may read.")
    secret: base.Token = Field(description="Its consumer secret (cs_…).")
    statuses: tuple[str, ...] = Field(
        default=("processing", "completed"),
        min_length=1,
        description="States of an order that make it a purchase; your own ones too, without wc-.",
    )


class _Bill(Struct):
    first_name: str = ""
    last_name: str = ""
    company: str = ""
    email: str | None = None
    country: str = ""


class _Order(Struct):
    id: int
    status: str
    customer_id: int
    billing: _Bill
    date_created_gmt: datetime
    number: str = ""
    currency: str = ""


async def customers(settings: Settings, http: Http) -> AsyncGenerator[Page, None]:
    buyers = shop.Buyers()
    async with aclosing(_orders(settings, http)) as pages:
        async for orders in pages:
            purchases, left_out = sorted_out(to_purchases(orders, settings))
            yield Page(buyers.with_account(purchases), left_out=left_out)
    yield Page(buyers.guests())


async def changes(settings: Settings, http: Http, since: datetime) -> AsyncGenerator[Page, None]:
    moment = (since - OVERLAP).astimezone(UTC).replace(tzinfo=None).isoformat(timespec="seconds")
    changed: list[_Order] = []
    for status in ("any", "trash"):  # any is not all: what is in the bin is asked for by name
        async for orders in _orders(
            settings, http, status=status, modified_after=moment, dates_are_gmt="true"
        ):
            changed.extend(orders)
    found, wanted = await shop.all_orders(changed, _who, partial(_orders_of, settings, http))
    each = {order.id: order for order in found}.values()
    owners = map(_who, [*changed, *each])
    yield shop.changes(sorted_out(to_purchases(each, settings))[0], owners, wanted)


def to_purchases(orders: Iterable[_Order], settings: Settings) -> Iterator[Purchase | LeftOut]:
    """Each order that counts, of an account, or of nobody yet but an address; or why it is
    none."""
    for order in orders:
        if order.status not in settings.statuses or not _who(order):
            yield LeftOut.NO_BUYER if order.status in settings.statuses else LeftOut.STATUS
            continue
        bill, email = order.billing, shop.address(order.billing.email)
        person = f"{bill.first_name} {bill.last_name}".strip()
        account = _account(order)
        fields = {"country": bill.country, "currency": order.currency}
        yield Purchase(
            customer=account,
            name=bill.company or person or email or account,
            on=order.date_created_gmt.replace(tzinfo=UTC),
            fields={word: value for word, value in fields.items() if value},
            place=f"order {order.number or order.id}",
            emails=(email,) if email else (),
        )


def _account(order: _Order) -> str:
    """A guest's order has customer 0."""
    return str(order.customer_id) if order.customer_id else ""


def _who(order: _Order) -> tuple[str, ...]:
    return shop.who(_account(order), shop.address(order.billing.email))


async def _orders_of(
    settings: Settings, http: Http, buyers: Sequence[str]
) -> AsyncGenerator[list[_Order], None]:
    """Their orders, and some of others: a search for an address looks into other fields too."""
    for who in buyers:
        asked = {"search": who} if "@" in who else {"customer": who}
        async for orders in _orders(settings, http, **asked):
            yield orders


async def _orders(
    settings: Settings, http: Http, **question: str
) -> AsyncGenerator[list[_Order], None]:
    """The pages in the order of ids, several under way at the same time. What is in the bin is
    not among them, unless it is asked for."""
    url = f"{settings.url}/wp-json/wc/v3/orders"
    ask = partial(_page, url, settings, http, {"status": "any", **question})
    first = await ask(1)
    [pages, total] = _told(first, url)
    seen = {order.id for order in first.body}
    yield first.body
    async with aclosing(side_by_side(ask(number) for number in range(2, pages + 1))) as others:
        number = 1
        async for page in others:
            number += 1
            rows = [order for order in page.body if order.id not in seen]
            if not page.body:
                raise UnexpectedResponse(f"{url} gave an empty page and says that there is more")
            if not rows:
                raise repeated(url, number)
            if _told(page, url)[1] < total:
                raise SourceUnavailable(
                    f"{url} lost a row while its pages were read, so another one may be missing;"
                    " the next pull tries again"
                )
            seen.update(order.id for order in rows)
            yield rows


async def _page(
    url: str, settings: Settings, http: Http, question: Mapping[str, str], number: int
) -> Answer[list[_Order]]:
    params = {"per_page": str(PAGE), "orderby": "id", "order": "asc", "_fields": _FIELDS}
    return await http.answer(
        "GET",
        url,
        shape=list[_Order],
        headers=basic(settings.key, settings.secret.get_secret_value()),
        params={**params, **question, "page": str(number)},
        refused=partial(refused, url),
    )


def _told(page: Answer[list[_Order]], url: str) -> tuple[int, int]:
    """How many pages and orders there are."""
    told = [page.headers.get(name, "") for name in ("X-WP-TotalPages", "X-WP-Total")]
    if not all(number.isdecimal() for number in told):
        raise UnexpectedResponse(
            f"{url} does not say how many pages there are; let the shop's proxy pass on the headers"
            " X-WP-TotalPages and X-WP-Total"
        )
    return int(told[0]), int(told[1])


def refused(url: str, status: int, headers: httpx.Headers, body: bytes) -> IntegrationError | None:
    """A shop that does not get to see the keys answers as if they were wrong."""
    if status != 401:
        return None
    return CredentialsRejected(
        f"{url} answered 401: the keys are not accepted; put a valid one into config.yaml, or let"
        " the web server pass the header Authorization on to WordPress"
    )
