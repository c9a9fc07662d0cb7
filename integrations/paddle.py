"""Paddle Billing: the subscriptions of a Paddle account, past and present.

Customer: a Paddle customer with a subscription. Several subscriptions of one are one customer with
several stays. Where one company is several customers, name in `account` the key of their custom
data that tells them together.
Since: the day of the first bill, `first_billed_at`, which comes after a trial; with `trials` the
start, `started_at`.
Until: `canceled_at`; of a subscription that is set to be canceled, the day that is set for it.
Left out: trials that did not become paid and, unless `free` is set, what costs nothing. Paused
subscriptions and those that are past due count as long as the definition says, from the day of the
pause on, or the first one of the billing period that is not paid; with `paused` or `past_due` false
they end with that day, and with true they count until they end.
Revenue: unit price x quantity of each item, a month's worth of its interval (a year has 12 months,
52 weeks, 365 days), less the discount while it lasts, if it is one that recurs. Prices are before
or with tax, as your account has them. A price with another currency for some countries counts where
there is one price in the currency of the subscription, or else is not told. Today's price alone is
told: another one counts from the day of the pull that saw it. A discount of all of it is a free
plan: who begins with one is a customer when it ends. Nothing is paid on a trial or in a pause.
Terms: the end of the current billing period if it is longer than a month. Earlier ends are those
that earlier pulls saw.
History: complete, but for pauses that are over, which leave no trace.

Auth: an API key with `subscription.read`, `customer.read` and `discount.read`, and
`notification.read` for what changed; sent as a bearer token.
Limits: 240 requests a minute from one address; 3 a second is the default here.
Traps: archived customers are listed only when asked for. A subscription names its customer by id:
names are asked for page by page. The name is that of a person; the company's, a business in Paddle,
cannot be listed. Totals are estimates and never used. Events are kept for 90 days; what changed
before is found by reading everything. A key of the sandbox needs its address in `url`.

https://developer.paddle.com/api-reference/subscriptions/list-subscriptions
https://developer.paddle.com/api-reference/subscriptions/overview
https://developer.paddle.com/api-reference/customers/list-customers
https://developer.paddle.com/api-reference/discounts/get-discount
https://developer.paddle.com/api-reference/events/list-events
https://developer.paddle.com/api-reference/about/permissions
https://developer.paddle.com/api-reference/about/rate-limiting
"""

from collections.abc import AsyncGenerator, Iterable, Iterator, Mapping
from contextlib import aclosing
from datetime import datetime, timedelta
from decimal import Decimal
from itertools import dropwhile
from typing import Any, ClassVar, Generic, TypeVar

from msgspec import Struct
from pydantic import Field

from integrations import base, billing
from integrations.errors import UnexpectedResponse, backwards, dateless, unknown_status
from integrations.http import Http, Trail, bearer, same_host, side_by_side
from integrations.records import DatedStay, LeftOut, Page, sorted_out

OVERLAP = timedelta(minutes=10)
"""What changed so shortly before the last pull is asked for again."""

STATUSES = "active,canceled,past_due,paused,trialing"

PAGE = 100
"""Subscriptions a page; the ids of their customers travel in one address."""


class Settings(billing.OwingSettings):
    """What to read of a Paddle account."""

    requests_per_second_default: ClassVar[float] = 3.0

    token: base.Token = Field(
        description="An API key: subscription.read, customer.read, discount.read,"
        " notification.read."
    )
    url: base.Address = Field(
        default="https://api.paddle.com",
        description="Where the API is; https://sandbox-api.paddle.com for the sandbox.",
    )
    account: str = Field(
        default="",
        description="Key of the customer's custom data that holds your own id of the company.",
    )
    domain: str = Field(
        default="",
        description="Key of the customer's custom data with the company's internet domain.",
    )
    fields: base.Fields = Field(
        default_factory=dict,
        description="More to split figures by, beside plan and currency: our word, then the key of"
        " the custom data of the subscription or else of the customer.",
    )


class _Cycle(Struct):
    interval: str
    frequency: int


class _Money(Struct):
    amount: str
    currency_code: str


class _Override(Struct):
    unit_price: _Money


class _Price(Struct):
    id: str
    unit_price: _Money
    product_id: str | None = None
    name: str | None = None
    billing_cycle: _Cycle | None = None
    unit_price_overrides: list[_Override] = []


class _Product(Struct):
    name: str | None = None


class _Period(Struct):
    starts_at: datetime
    ends_at: datetime


class _Item(Struct):
    price: _Price
    quantity: int = 1
    recurring: bool = True
    trial_dates: _Period | None = None
    product: _Product | None = None


class _Held(Struct):
    """A discount as a subscription has it."""

    id: str
    starts_at: datetime | None = None
    ends_at: datetime | None = None


class _Discount(Struct):
    id: str
    type: str
    amount: str
    recur: bool = False
    restrict_to: list[str] | None = None


class _Change(Struct):
    action: str
    effective_at: datetime


class _Subscription(Struct):
    id: str
    status: str
    customer_id: str
    currency_code: str
    created_at: datetime
    canceled_at: datetime | None
    items: list[_Item]
    started_at: datetime | None = None
    first_billed_at: datetime | None = None
    next_billed_at: datetime | None = None
    paused_at: datetime | None = None
    current_billing_period: _Period | None = None
    scheduled_change: _Change | None = None
    discount: _Held | None = None
    custom_data: dict[str, Any] | None = None


class _Customer(Struct):
    id: str
    name: str | None = None
    email: str | None = None
    custom_data: dict[str, Any] | None = None


class _About(Struct):
    id: str = ""
    customer_id: str | None = None


class _Event(Struct):
    event_id: str
    event_type: str
    occurred_at: datetime
    data: _About

    @property
    def id(self) -> str:
        return self.event_id


class _Pagination(Struct):
    has_more: bool
    next: str = ""


class _Meta(Struct):
    pagination: _Pagination


_Row = TypeVar("_Row", bound=_Subscription | _Customer | _Event)


class _List(Struct, Generic[_Row]):
    data: list[_Row]
    meta: _Meta


class _One(Struct):
    data: _Discount


Discounts = dict[str, _Discount]


async def customers(settings: Settings, http: Http, after: str = "") -> AsyncGenerator[Page, None]:
    wanted = {"order_by": "id[ASC]", **({"after": after} if after else {})}
    async for page in _stays(settings, http, wanted):
        yield page


async def changes(settings: Settings, http: Http, since: datetime) -> AsyncGenerator[Page, None]:
    touched = None if settings.account else await _touched(settings, http, since - OVERLAP)
    if touched is None:
        async for page in customers(settings, http):
            yield page
        return
    for at in range(0, len(touched), PAGE):
        some = touched[at : at + PAGE]
        left = dict.fromkeys(some)
        async for page in _stays(settings, http, {"customer_id": ",".join(some)}):
            for record in page.records:
                left.pop(record.customer, None)
            yield Page(page.records)
        yield Page([], gone=list(left))


async def _touched(settings: Settings, http: Http, since: datetime) -> list[str] | None:
    """Customers of whom anything changed; None where the events do not reach back so far, or all
    of them are later, so that there may have been others. The newest events come first."""
    ids: dict[str, None] = {}
    wanted = {"order_by": "id[DESC]", "per_page": "200"}
    async with aclosing(_lists(settings, http, "events", _List[_Event], wanted)) as lists:
        async for events in lists:
            for event in events.data:
                if event.occurred_at < since:
                    return list(ids)
                if event.event_type.startswith("subscription.") and event.data.customer_id:
                    ids[event.data.customer_id] = None
                elif event.event_type.startswith("customer."):
                    ids[event.data.id] = None
    return None


async def _stays(
    settings: Settings, http: Http, wanted: Mapping[str, str]
) -> AsyncGenerator[Page, None]:
    asked = {"status": STATUSES, "per_page": str(PAGE), **wanted}
    discounts: Discounts = {}
    async for found in _lists(settings, http, "subscriptions", _List[_Subscription], asked):
        rows = found.data
        who: dict[str, _Customer] = {}
        ids = dict.fromkeys(row.customer_id for row in rows)
        if ids:
            named = {"id": ",".join(ids), "status": "active,archived", "per_page": "200"}
            async for names in _lists(settings, http, "customers", _List[_Customer], named):
                who.update((customer.id, customer) for customer in names.data)
        await _learn(settings, http, rows, discounts)
        stays, left_out = sorted_out(
            stay
            for row in rows
            for stay in to_stays(
                row, who.get(row.customer_id) or _Customer(row.customer_id), discounts, settings
            )
        )
        mark = rows[-1].id if rows and found.meta.pagination.has_more else ""
        yield Page(stays, mark=mark, left_out=left_out)


async def _learn(
    settings: Settings, http: Http, rows: Iterable[_Subscription], known: Discounts
) -> None:
    """Ask what the discounts of these are worth that are not known yet."""
    url, headers = f"{settings.url}/discounts", bearer(settings.token)
    new = dict.fromkeys(row.discount.id for row in rows if row.discount is not None)
    if not all(id.isidentifier() for id in new):  # it becomes part of an address
        raise UnexpectedResponse(f"{url} gave an id that is none; report it to us")
    asks = (
        http.get(f"{url}/{id}", shape=_One, headers=headers) for id in new if id not in list(known)
    )
    async with aclosing(side_by_side(asks)) as answers:
        async for one in answers:
            known[one.data.id] = one.data


async def _lists(
    settings: Settings,
    http: Http,
    what: str,
    shape: type[_List[_Row]],
    wanted: Mapping[str, str],
) -> AsyncGenerator[_List[_Row], None]:
    """Each page, without the rows that were on the one before."""
    url = following = f"{settings.url}/{what}"
    params: Mapping[str, str] | None = wanted
    headers, trail, before = bearer(settings.token), Trail(url), set[str]()
    while True:
        found = await http.get(following, shape=shape, headers=headers, params=params)
        rows = {row.id for row in found.data}
        if found.meta.pagination.has_more and not rows:
            raise UnexpectedResponse(f"{url} gave an empty page and says that there is more")
        found.data = [row for row in found.data if row.id not in before]
        yield found
        if not found.meta.pagination.has_more:
            return
        before = rows
        following = trail.follow(same_host(url, found.meta.pagination.next))
        params = None


def to_stays(
    row: _Subscription, who: _Customer, discounts: Discounts, settings: Settings
) -> Iterator[DatedStay | LeftOut]:
    """The stay that a subscription is, in pieces, where what is paid changes; or why it is none."""
    if row.status not in STATUSES.split(","):
        raise unknown_status(row.id, row.status)
    began = row.started_at or row.created_at
    paid_from = _paid_from(row, began)
    until = _end(row, settings)
    if until is not None and until < began:
        raise backwards(row.id, who.id, began, until, where="Paddle")
    since = began if settings.trials else paid_from
    if since is None or (row.status == "trialing" and not settings.trials):
        yield LeftOut.TRIAL
        return
    if until is not None and until <= since:
        yield LeftOut.TRIAL if since > began else LeftOut.NO_TIME
        return
    if not (settings.free or _costs(row)):
        yield LeftOut.FREE
        return
    edges = [paid_from, row.paused_at]
    if row.discount is not None:
        edges += [row.discount.starts_at, row.discount.ends_at]

    def price(at: datetime) -> Decimal | None:
        on_trial = paid_from is None or at < paid_from
        rests = row.status == "paused" and row.paused_at is not None and at >= row.paused_at
        return Decimal(0) if on_trial or rests else _monthly(row, discounts, at)

    def is_free(piece: tuple[datetime, datetime | None, Decimal | None]) -> bool:
        return piece[2] == 0 and paid_from is not None and piece[0] >= paid_from

    pieces = base.same_price(since, until, edges, price)
    some = list(pieces if settings.free else dropwhile(is_free, pieces))
    if not some:
        yield LeftOut.FREE
    period = row.current_billing_period
    for begins, ends, monthly in some:
        yield DatedStay(
            customer=_custom(who, settings.account) or who.id,
            name=who.name or who.email or who.id,
            since=begins,
            until=ends,
            fields=_fields(row, who, settings),
            place=row.id,
            monthly=monthly,
            currency=row.currency_code if monthly is not None else "",
            as_of_now=monthly is not None,
            term_ends=[] if period is None else base.term_end(period.starts_at, period.ends_at),
            unpaid_since=_unpaid_since(row) if settings.past_due is None else None,
            paused_since=_paused_since(row) if settings.paused is None else None,
            emails=[who.email] if who.email else [],
            domains=[domain] if (domain := _custom(who, settings.domain)) else [],
        )


def _paid_from(row: _Subscription, began: datetime) -> datetime | None:
    """When they began to pay, or will; None where a trial ended without it."""
    trials = [item.trial_dates.ends_at for item in row.items if item.trial_dates is not None]
    if row.status == "trialing":
        return max([*trials, *filter(None, [row.next_billed_at])], default=None)
    if row.first_billed_at is not None:
        return max(began, row.first_billed_at)
    return None if trials else began


def _end(row: _Subscription, settings: Settings) -> datetime | None:
    """The first moment that they are no longer a customer, past or to come."""
    if row.status == "canceled":
        if row.canceled_at is None:
            raise dateless(row.id, "canceled_at", status=row.status, where="Paddle")
        return row.canceled_at
    if settings.paused is False and (paused := _paused_since(row)) is not None:
        return paused
    if settings.past_due is False and (unpaid := _unpaid_since(row)) is not None:
        return unpaid
    change = row.scheduled_change
    return change.effective_at if change is not None and change.action == "cancel" else None


def _paused_since(row: _Subscription) -> datetime | None:
    return row.paused_at if row.status == "paused" else None


def _unpaid_since(row: _Subscription) -> datetime | None:
    """The first day of the billing period that is not paid."""
    period = row.current_billing_period
    return period.starts_at if row.status == "past_due" and period is not None else None


def _monthly(row: _Subscription, discounts: Discounts, at: datetime) -> Decimal | None:
    """What all items cost a month; None where no item tells it."""
    amounts = [(item, _item_monthly(item, row)) for item in row.items if item.recurring]
    told = [(item, amount) for item, amount in amounts if amount is not None]
    if not told:
        return None
    total = sum((amount for _, amount in told), Decimal(0))
    held = row.discount
    if held is None or held.starts_at is None or at < held.starts_at:
        return total
    if held.ends_at is not None and at >= held.ends_at:
        return total
    discount = discounts[held.id]
    return max(total - _off(discount, row, told), Decimal(0)) if discount.recur else total


def _off(discount: _Discount, row: _Subscription, told: list[tuple[_Item, Decimal]]) -> Decimal:
    """What a discount takes off a month; a flat one is taken off each bill."""
    only = discount.restrict_to
    on = [
        (item, amount)
        for item, amount in told
        if only is None or item.price.id in only or item.price.product_id in only
    ]
    worth = sum((amount for _, amount in on), Decimal(0))
    if not on:
        return Decimal(0)
    if discount.type == "percentage":
        return worth * Decimal(discount.amount) / 100
    units = sum(item.quantity for item, _ in on) if discount.type == "flat_per_seat" else 1
    cycle = on[0][0].price.billing_cycle
    flat = Decimal(discount.amount) * units / base.unit(row.currency_code)
    return min(worth, base.monthly(flat, cycle.interval, cycle.frequency) if cycle else worth)


def _item_monthly(item: _Item, row: _Subscription) -> Decimal | None:
    cycle, money = item.price.billing_cycle, item.price.unit_price
    amounts = {money.amount}
    if money.currency_code != row.currency_code:
        others = [each.unit_price for each in item.price.unit_price_overrides]
        amounts = {each.amount for each in others if each.currency_code == row.currency_code}
    if cycle is None or len(amounts) != 1:
        return None
    amount = Decimal(amounts.pop()) * item.quantity / base.unit(row.currency_code)
    return base.monthly(amount, cycle.interval, cycle.frequency)


def _costs(row: _Subscription) -> bool:
    """Whether any price of it may be above zero; one that is not told may."""
    amounts = [_item_monthly(item, row) for item in row.items if item.recurring]
    return not amounts or any(amount is None or amount > 0 for amount in amounts)


def _fields(row: _Subscription, who: _Customer, settings: Settings) -> dict[str, str]:
    found = {"plan": _plan(row), "currency": row.currency_code}
    for word, key in settings.fields.items():
        found[word] = _custom(row, key) or _custom(who, key)
    return {word: value for word, value in found.items() if value}


def _plan(row: _Subscription) -> str:
    """What the first item is called."""
    for item in row.items[:1]:
        product = item.product.name if item.product is not None else None
        return product or item.price.name or item.price.id
    return ""


def _custom(of: _Subscription | _Customer, key: str) -> str:
    value = (of.custom_data or {}).get(key)
    return "" if value is None else str(value).strip()
