"""Shopify: the orders of a shop, each of them a purchase.

Customer: whoever placed an order. Of a B2B order that is the company, of any other one Shopify's
Customer, of one without a Customer the e-mail address; where a Customer has the same address, it
is theirs. An order without any of these (sold at a till) is nobody's.
Since, until: the day of an order (`processedAt`, which imported orders keep) begins a stay; it
ends when no other one follows within the days that a purchase keeps its customer.
Left out: canceled orders, test orders, and those whose payment is in a state that `statuses` does
not name (at first those that nobody paid or agreed to pay, and those refunded in full).
History: complete, from the first order on.

Auth: an app of your own with the scopes `read_orders`, `read_all_orders` and `read_customers`, and
access to protected customer data (name, email). Of an app made in the Dev Dashboard give the client
id and the secret; of one made in the shop's admin before 2026, the token.
Limits: by cost: 100 points a second on the smallest plan. All orders are read in one bulk
operation, which costs next to nothing; what changed is read page by page, as fast as the points
that Shopify says are left allow.
Traps: without `read_all_orders` the orders of the last 60 days look like all there are, and
whoever bought before like a customer who left: such a token is refused. Being asked too often is
answered with status 200. The bulk operation of a large shop may take an hour; it goes on while the
bot restarts, and is picked up then.

https://shopify.dev/docs/api/usage/bulk-operations/queries
https://shopify.dev/docs/api/admin-graphql/latest/queries/orders
https://shopify.dev/docs/api/admin-graphql/latest/objects/BulkOperation
https://shopify.dev/docs/api/usage/rate-limits
https://shopify.dev/docs/api/usage/access-scopes
https://shopify.dev/docs/apps/build/orders-fulfillment/order-management-apps/attribute-b2b-orders
https://shopify.dev/docs/apps/build/authentication-authorization/client-credentials-grant
"""

import asyncio
from collections.abc import AsyncGenerator, Iterable, Iterator, Sequence
from contextlib import aclosing
from datetime import UTC, datetime, timedelta
from functools import partial
from typing import Annotated, Any, ClassVar, Generic, Literal, Self, TypeVar

import httpx
import msgspec
from msgspec import Meta, Struct
from pydantic import Field, model_validator

from integrations import base, shop
from integrations.errors import (
    CredentialsRejected,
    IntegrationError,
    SourceUnavailable,
    UnexpectedResponse,
)
from integrations.http import Access, Http, Trail, address, decode, same_host
from integrations.records import LeftOut, Page, Purchase, sorted_out

VERSION = "2026-10"
"""Of the API. Shopify answers with the oldest that it still knows when this one is gone."""

PAGE = 100
"""Orders of one page that is asked for; more would cost more than a query may."""

SLICE = 1_000
"""Lines of a bulk operation's file that make a page."""

AT_ONCE = 20
"""Customers whose orders one search asks for."""

OVERLAP = timedelta(minutes=10)
"""The search index of orders lags behind their changes."""

COMPANY = "gid://shopify/Company/"
NEEDED = ("read_orders", "read_all_orders", "read_customers")

_ORDER = """
  id name processedAt cancelledAt test displayFinancialStatus email sourceName currencyCode
  customer { id displayName }
  purchasingEntity { ... on PurchasingCompany { company { id name } } }
"""
_RIGHTS = "{ currentAppInstallation { accessScopes { handle } } }"
_BEGIN = "mutation ($query: String!) { bulkOperationRunQuery(query: $query) {\
 bulkOperation { id } userErrors { code } } }"
_STATE = "query ($id: ID!) { node(id: $id) { ... on BulkOperation {\
 status errorCode objectCount url } } }"
_ALL = f"{{ orders {{ edges {{ node {{ {_ORDER} }} }} }} }}"
_PAGE = f"orders(first: {PAGE}, after: $after, sortKey: ID"
_FOUND = f"query ($search: String!, $after: String) {{ {_PAGE}, query: $search) {{\
 nodes {{ {_ORDER} }} pageInfo {{ hasNextPage endCursor }} }} }}"
_OF_COMPANY = f"query ($id: ID!, $after: String) {{ company(id: $id) {{ {_PAGE}) {{\
 nodes {{ {_ORDER} }} pageInfo {{ hasNextPage endCursor }} }} }} }}"

Status = Literal[
    "AUTHORIZED", "EXPIRED", "PAID", "PARTIALLY_PAID", "PARTIALLY_REFUNDED", "PENDING",
    "REFUNDED", "VOIDED",
]  # fmt: skip


class Settings(base.Settings):
    """Which orders of a shop are purchases."""

    requests_per_second_default: ClassVar[float] = 4.0

    url: base.Address = Field(description="The shop's own: https://NAME.myshopify.com.")
    token: base.Token | None = Field(
        default=None, description="The Admin API token (shpat_…) of an app made in the shop."
    )
    client_id: str = Field(default="", description="Of an app made in the Dev Dashboard.")
    client_secret: base.Token | None = Field(default=None, description="Of the same app.")
    statuses: tuple[Status, ...] = Field(
        default=("AUTHORIZED", "PAID", "PARTIALLY_PAID", "PARTIALLY_REFUNDED"),
        min_length=1,
        description="States of payment in which an order is a purchase; add PENDING where"
        " companies pay on account.",
    )

    @model_validator(mode="after")
    def _can_come_in(self) -> Self:
        app = bool(self.client_id), self.client_secret is not None
        if any(app) and not all(app):
            raise ValueError("client_id and client_secret go together: set both")
        if (self.token is None) == (self.client_secret is None):
            raise ValueError("set either token, or client_id and client_secret")
        return self


class _Customer(Struct, rename="camel"):
    id: str
    display_name: str | None = None


class _Company(Struct):
    id: str
    name: str | None = None


class _Entity(Struct):
    """Empty for an order that no company placed."""

    company: _Company | None = None


class _Order(Struct, rename="camel"):
    id: str
    name: str
    processed_at: Annotated[datetime, Meta(tz=True)]
    cancelled_at: str | None
    test: bool
    display_financial_status: str | None
    email: str | None
    customer: _Customer | None
    source_name: str | None = None
    currency_code: str | None = None
    purchasing_entity: _Entity | None = None


class _Throttle(Struct, rename="camel"):
    currently_available: float
    restore_rate: float


class _Cost(Struct, rename="camel"):
    requested_query_cost: float
    throttle_status: _Throttle

    def wait(self) -> float:
        """Seconds until there are points enough for the same question again."""
        lacking = self.requested_query_cost - self.throttle_status.currently_available
        return max(0.0, lacking / max(self.throttle_status.restore_rate, 1.0))


class _Extensions(Struct):
    cost: _Cost | None = None


Data = TypeVar("Data")


class _Answer(Struct, Generic[Data]):
    data: Data
    extensions: _Extensions | None = None


class _Scope(Struct):
    handle: str


class _Installation(Struct, rename="camel"):
    access_scopes: list[_Scope]


class _Rights(Struct, rename="camel"):
    current_app_installation: _Installation


class _Id(Struct):
    id: str


class _UserError(Struct):
    code: str | None = None


class _Run(Struct, rename="camel"):
    bulk_operation: _Id | None
    user_errors: list[_UserError]


class _Begun(Struct, rename="camel"):
    bulk_operation_run_query: _Run


class _Bulk(Struct, rename="camel"):
    status: str
    object_count: str
    error_code: str | None = None
    url: str | None = None


class _State(Struct):
    node: _Bulk | None


class _PageInfo(Struct, rename="camel"):
    has_next_page: bool
    end_cursor: str | None = None


class _Orders(Struct, rename="camel"):
    nodes: list[_Order]
    page_info: _PageInfo


class _Found(Struct):
    orders: _Orders


class _Bought(Struct):
    company: _Found | None


class _Kind(Struct):
    code: str = ""


class _Error(Struct):
    extensions: _Kind | None = None


class _Refusal(Struct):
    """The body of an answer that refuses, with whatever status."""

    errors: list[_Error] = msgspec.field(default_factory=list)
    extensions: _Extensions | None = None


async def customers(settings: Settings, http: Http, after: str = "") -> AsyncGenerator[Page, None]:
    await _may_read_all(settings, http)
    operation, _, given = after.partition(" ")
    bulk = await _finished(settings, http, operation) if operation else None
    if bulk is None:  # not begun yet, or so long ago that its result is gone
        given = "0"
        operation = await _begin(settings, http)
        yield Page([], mark=f"{operation} 0")
        bulk = await _finished(settings, http, operation)
    if bulk is None:
        raise SourceUnavailable(
            f"the bulk operation at {settings.url} was canceled or its result is gone;"
            " the next pull begins another one"
        )
    buyers, read = shop.Buyers(), 0
    async with aclosing(_lines(settings, http, bulk)) as slices:
        async for orders in slices:
            read += len(orders)
            purchases, left_out = sorted_out(to_purchases(orders, settings))
            known = buyers.with_account(purchases)
            # After a restart the file is read from its beginning, to know whose address is whose.
            if read > int(given):
                yield Page(known, mark=f"{operation} {read}", left_out=left_out)
    if read != int(bulk.object_count):
        raise UnexpectedResponse(
            f"the bulk operation at {settings.url} says that it has {bulk.object_count} orders and"
            f" gave {read}; the pull is thrown away"
        )
    yield Page(buyers.guests())


async def changes(settings: Settings, http: Http, since: datetime) -> AsyncGenerator[Page, None]:
    await _may_read_all(settings, http)
    moment = (since - OVERLAP).astimezone(UTC)
    changed: list[_Order] = []
    async for orders in _found(settings, http, f"updated_at:>='{moment:%Y-%m-%dT%H:%M:%SZ}'"):
        changed.extend(orders)
    found, wanted = await shop.all_orders(changed, _who, partial(_orders_of, settings, http))
    each = {order.id: order for order in found}.values()
    yield shop.changes(sorted_out(to_purchases(each, settings))[0], map(_who, each), wanted)


def to_purchases(orders: Iterable[_Order], settings: Settings) -> Iterator[Purchase | LeftOut]:
    """Each order that counts, of a Customer or company, or of nobody yet but an address; or why it
    does not."""
    for order in orders:
        if (why := _why_not(order, settings)) is not None:
            yield why
            continue
        account, email = _account(order), shop.address(order.email)
        fields = {"channel": order.source_name or "", "currency": order.currency_code or ""}
        yield Purchase(
            customer=account,
            name=_name(order) or email or account,
            on=order.processed_at,
            fields={word: value for word, value in fields.items() if value},
            place=f"order {order.name}",
            emails=(email,) if email else (),
        )


def _why_not(order: _Order, settings: Settings) -> LeftOut | None:
    if order.test:
        return LeftOut.TEST
    if order.cancelled_at:
        return LeftOut.CANCELED
    if order.display_financial_status not in settings.statuses:
        return LeftOut.STATUS
    return None if _who(order) else LeftOut.NO_BUYER


def _account(order: _Order) -> str:
    """The id of the company, or else of the Customer; "" of a guest."""
    if order.purchasing_entity is not None and order.purchasing_entity.company is not None:
        return order.purchasing_entity.company.id
    return order.customer.id if order.customer is not None else ""


def _name(order: _Order) -> str:
    if order.purchasing_entity is not None and order.purchasing_entity.company is not None:
        return order.purchasing_entity.company.name or ""
    return (order.customer.display_name or "") if order.customer is not None else ""


def _who(order: _Order) -> tuple[str, ...]:
    return shop.who(_account(order), shop.address(order.email))


def _term(who: str) -> str:
    """What finds the orders of a Customer or of an address."""
    if who.startswith("gid://"):
        return f"customer_id:{who.rpartition('/')[2]}"
    quoted = who.replace("\\", "\\\\").replace("'", "\\'")
    return f"email:'{quoted}'"


async def _may_read_all(settings: Settings, http: Http) -> None:
    """Refuse a token that sees some of the orders: it would tell of customers who left."""
    answer = await _ask(settings, http, _Answer[_Rights], _RIGHTS)
    scopes = {scope.handle for scope in answer.current_app_installation.access_scopes}
    # Who may write may read.
    scopes |= {f"read_{name.removeprefix('write_')}" for name in scopes}
    if lacking := [name for name in NEEDED if name not in scopes]:
        why = " (without it, orders older than 60 days are hidden)" if NEEDED[1] in lacking else ""
        raise CredentialsRejected(
            f"the token for {settings.url} may not read all orders; give it"
            f" {', '.join(lacking)}{why}"
        )


async def _begin(settings: Settings, http: Http) -> str:
    """The id of a bulk operation that gathers all orders."""
    begun = await _ask(settings, http, _Answer[_Begun], _BEGIN, query=_ALL)
    run = begun.bulk_operation_run_query
    if run.bulk_operation is not None:
        return run.bulk_operation.id
    codes = {error.code for error in run.user_errors}
    if codes & {"OPERATION_IN_PROGRESS", "LIMIT_REACHED"}:
        raise SourceUnavailable(
            f"{settings.url} has other bulk operations under way; the next pull tries again"
        )
    raise UnexpectedResponse(f"{settings.url} does not take our bulk operation; report it to us")


async def _finished(settings: Settings, http: Http, operation: str) -> _Bulk | None:
    """The operation when it is over; None if it was canceled or its result is gone."""
    pause = 0.1
    while True:
        state = (await _ask(settings, http, _Answer[_State], _STATE, id=operation)).node
        match state.status if state is not None else "EXPIRED":
            case "COMPLETED":
                return state
            case "CREATED" | "RUNNING" | "CANCELING":
                await asyncio.sleep(pause)
                pause = min(2 * pause, 10.0)
            case "CANCELED" | "EXPIRED":
                return None
            case _:
                denied = state is not None and state.error_code == "ACCESS_DENIED"
                if denied:
                    raise CredentialsRejected(_denied(settings.url))
                raise SourceUnavailable(
                    f"the bulk operation at {settings.url} failed; the next pull begins another one"
                )


async def _lines(settings: Settings, http: Http, bulk: _Bulk) -> AsyncGenerator[list[_Order], None]:
    """The orders of a finished operation. Its file lies on another host, which sees no token."""
    if bulk.url is None:  # there is none where there are no orders
        return
    safe = bulk.url.startswith("https://")
    url = bulk.url if safe else same_host(settings.url, bulk.url)
    orders: list[_Order] = []
    async with aclosing(http.lines(url, refused=partial(_withheld, address(url)))) as lines:
        async for line in lines:
            orders.append(decode(line, _Order, address(url)))
            if len(orders) == SLICE:
                yield orders
                orders = []
    if orders:
        yield orders


def _withheld(
    url: str, status: int, headers: httpx.Headers, body: bytes
) -> IntegrationError | None:
    """The file is signed, not asked for with the token: nothing in a refusal is about that."""
    if status != 403:
        return None
    return CredentialsRejected(
        f"{url} answered 403: it does not give out the orders that were gathered; pull again, and"
        " give the app its scopes anew if it stays so"
    )


async def _found(settings: Settings, http: Http, search: str) -> AsyncGenerator[list[_Order], None]:
    trail, after = Trail(settings.url), None
    while True:
        answer = await _ask(settings, http, _Answer[_Found], _FOUND, search=search, after=after)
        yield answer.orders.nodes
        if not (after := _next(answer.orders, trail)):
            return


async def _orders_of(
    settings: Settings, http: Http, buyers: Sequence[str]
) -> AsyncGenerator[list[_Order], None]:
    people = [who for who in buyers if not who.startswith(COMPANY)]
    for at in range(0, len(people), AT_ONCE):
        async for orders in _found(
            settings, http, " OR ".join(map(_term, people[at : at + AT_ONCE]))
        ):
            yield orders
    for company in buyers:
        if company.startswith(COMPANY):
            async for orders in _of_company(settings, http, company):
                yield orders


async def _of_company(
    settings: Settings, http: Http, id: str
) -> AsyncGenerator[list[_Order], None]:
    trail, after = Trail(settings.url), None
    while True:
        answer = await _ask(settings, http, _Answer[_Bought], _OF_COMPANY, id=id, after=after)
        if answer.company is None:  # it was deleted
            return
        yield answer.company.orders.nodes
        if not (after := _next(answer.company.orders, trail)):
            return


def _next(page: _Orders, trail: Trail) -> str | None:
    if not page.page_info.has_next_page:
        return None
    return trail.follow(page.page_info.end_cursor or "")


async def _ask(
    settings: Settings, http: Http, shape: type[_Answer[Data]], question: str, **variables: Any
) -> Data:
    answer = await http.post(
        f"{settings.url}/admin/api/{VERSION}/graphql.json",
        shape=shape,
        json={"query": question, "variables": variables},
        headers={"X-Shopify-Access-Token": await _token(settings, http)},
        refused=lambda status, headers, body: refused(settings, status, body),
    )
    if answer.extensions is not None and answer.extensions.cost is not None:
        http.rest(answer.extensions.cost.wait())
    return answer.data


async def _token(settings: Settings, http: Http) -> str:
    if settings.token is not None:
        return settings.token.get_secret_value()
    access = Access(
        http,
        f"{settings.url}/admin/oauth/access_token",
        {
            "grant_type": "client_credentials",
            "client_id": settings.client_id,
            "client_secret": settings.client_secret or "",
        },
    )
    return (await access.headers())["Authorization"].removeprefix("Bearer ")


def refused(settings: Settings, status: int, body: bytes) -> IntegrationError | None:
    """What GraphQL says with status 200, where another API would say 403 or 429."""
    if status != 200:
        return None
    try:
        said = msgspec.json.decode(body, type=_Refusal)
    except (msgspec.DecodeError, RecursionError):
        return None
    codes = {error.extensions.code for error in said.errors if error.extensions is not None}
    if "THROTTLED" in codes:
        cost = said.extensions.cost if said.extensions is not None else None
        return SourceUnavailable(
            f"{settings.url} was asked too often; the next pull tries again",
            retry_after=None if cost is None else cost.wait(),
        )
    if "ACCESS_DENIED" in codes:
        return CredentialsRejected(_denied(settings.url))
    if "INTERNAL_SERVER_ERROR" in codes:
        return SourceUnavailable(f"{settings.url} failed inside; the next pull tries again")
    if said.errors:
        return UnexpectedResponse(f"{settings.url} does not take our question; report it to us")
    return None


def _denied(url: str) -> str:
    return (
        f"the token for {url} may not read this; give it {', '.join(NEEDED)} and, in the app's"
        " settings, access to the name and email of customers"
    )
