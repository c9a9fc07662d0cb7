"""Stripe Billing: the subscriptions of a Stripe account, past and present.

Customer: a Stripe Customer with a subscription. Several subscriptions of one Customer are one
customer with several stays. Where one company has several Customers, name in `account` the
metadata key that tells them together. A Customer's e-mail address is told, and the internet domain
that stands in its metadata under `domain`.
Since: the subscription's `start_date`, or `trial_end` if it began with a trial (set `trials` to
count trials).
Until: `ended_at`. Not `canceled_at`, which is when the end was asked for and may be months before.
Left out: `incomplete` and `incomplete_expired` (the first payment never came), trials that did not
become paid, and, unless `free` is set, subscriptions of which every price is zero.
Revenue: unit price x quantity of each item, a month's worth of its interval (a year has 12 months,
52 weeks, 365 days), less the discounts of each item and those of the subscription, or else of the
Customer, while they last; a coupon for some products is taken off these. Prices in tiers are looked
up, each once in a pull. Coupons for one invoice only are left out, as is what is metered. Stripe
tells today's price alone: another one counts from the day of the pull that saw it. A discount of
100 % is a free plan: who begins with one is a customer when it ends. Nothing is paid on a trial.
`past_due` and `unpaid` subscriptions count until they end, or as long as `past_due_days` of the
definition says. Stripe tells the first day of the period that is not paid, which moves on with each
further one: what the first pull saw counts until they pay. `paused` ones, whose trial ended with
nothing to pay with, have paused since then; where only collection is paused Stripe tells no day, so
these count. A list in `statuses` has its own word: those on it count until they end, and others are
left out of the past too.
Terms: a price for longer than a month has a term, which ends on every anniversary of
`billing_cycle_anchor` up to `current_period_end`. Who pays by the month or the week may leave at
any of these, so CRR says as much and they have no term. An anchor that was moved hides the terms
before it, and the end of a trial or of a first part of a term is not counted as one.
History: complete, from the first subscription on.

Auth: a restricted key with Read on Subscriptions, Customers, Prices and Events (`rk_live_…`), sent
as a bearer token.
Limits: 25 requests a second to one endpoint; 20 is the default here.
Traps: without `status=all` those who left are not listed; a deleted Customer keeps its
subscriptions but loses its name; a plan changed later is told for the whole stay. Events go back 30
days: what changed before, who was deleted, and everything where `account` is set, is found by
reading all. A Customer's own coupon for some products is taken off all of them.

https://docs.stripe.com/api/subscriptions/list
https://docs.stripe.com/api/subscriptions/object
https://docs.stripe.com/api/discounts/object
https://docs.stripe.com/api/prices/object
https://docs.stripe.com/api/events/list
https://docs.stripe.com/expand
https://docs.stripe.com/currencies
https://docs.stripe.com/rate-limits
"""

import calendar
import itertools
from collections.abc import AsyncGenerator, Iterator, Mapping, Sequence
from contextlib import aclosing
from datetime import UTC, datetime, timedelta
from decimal import Decimal
from functools import lru_cache
from typing import ClassVar, Generic, Literal, TypeVar

from msgspec import Struct, field
from pydantic import Field

from integrations import base, billing
from integrations.errors import UnexpectedResponse, backwards, dateless, unknown_status
from integrations.http import Http, Trail, bearer, side_by_side
from integrations.records import DatedStay, LeftOut, Page, sorted_out

VERSION = "2024-06-20"
"""Of the API. Pinned, so that the account's own default cannot change what fields mean."""

_UNITS = {"ISK": 100, "UGX": 100, "MGA": 1}
"""How many of Stripe's smallest units make one, where it has its own mind about it."""

_MONTHS = {"month": 1, "year": 12}
_DAYS = {"day": 1, "week": 7}
_LONGER_THAN_A_MONTH = 31
_DOUBTFUL = ("past_due", "unpaid", "paused")

OVERLAP = timedelta(minutes=10)
"""What changed so shortly before the last pull is asked for again."""

AT_ONCE = 100
"""Customers whose subscriptions make a page of changes."""

Counted = Literal["active", "past_due", "unpaid", "paused"]


class Settings(billing.BillingSettings):
    """What to read of a Stripe account."""

    requests_per_second_default: ClassVar[float] = 20.0

    token: base.Token = Field(
        description="A restricted key: Read on Subscriptions, Customers, Prices and Events."
    )
    url: base.Address = Field(
        default="https://api.stripe.com", description="Where the API is; change it for tests only."
    )
    statuses: tuple[Counted, ...] = Field(
        default=("active", "past_due", "unpaid", "paused"),
        description="Which running subscriptions make a customer; ended ones count by their dates.",
    )
    account: str = Field(
        default="",
        description="Metadata key of the Customer that holds your own id of the company.",
    )
    domain: str = Field(
        default="",
        description="Metadata key of the Customer with the company's internet domain.",
    )
    fields: base.Fields = Field(
        default_factory=dict,
        description="More to split figures by, beside plan and currency: our word, then the"
        " metadata key of the subscription or else of the Customer.",
    )


class _Recurring(Struct):
    interval: str
    interval_count: int = 1
    usage_type: str | None = "licensed"


class _Packages(Struct):
    """Ten seats for the price of one package: quantity / 10, rounded."""

    divide_by: int
    round: str


class _Tier(Struct):
    up_to: int | None = None
    unit_amount: int | None = None
    unit_amount_decimal: str | None = None
    flat_amount: int | None = None
    flat_amount_decimal: str | None = None

    def worth(self, units: int) -> Decimal:
        """What so many units cost in it, in the smallest unit."""
        unit = self.unit_amount_decimal or self.unit_amount or 0
        flat = self.flat_amount_decimal or self.flat_amount or 0
        return Decimal(unit) * units + Decimal(flat)


class _Tiers(Struct):
    """A price, asked for by its id."""

    id: str
    tiers_mode: str
    tiers: list[_Tier]


class _Price(Struct):
    id: str
    currency: str | None = None
    recurring: _Recurring | None = None
    transform_quantity: _Packages | None = None
    nickname: str | None = None
    lookup_key: str | None = None
    product: str | None = None
    unit_amount: int | None = None
    unit_amount_decimal: str | None = None
    billing_scheme: str = "per_unit"
    looked_up: _Tiers | None = None
    """Not in the list; `_learn` puts it here."""

    @property
    def is_in_tiers(self) -> bool:
        licensed = self.recurring is not None and self.recurring.usage_type != "metered"
        return self.billing_scheme == "tiered" and licensed


class _Plan(Struct):
    """What came before prices; older accounts and test servers still give it."""

    id: str
    nickname: str | None = None
    product: str | None = None
    amount: int | None = None
    amount_decimal: str | None = None
    billing_scheme: str | None = "per_unit"
    currency: str | None = None
    interval: str | None = None
    interval_count: int | None = 1
    usage_type: str | None = "licensed"
    transform_usage: _Packages | None = None


class _Products(Struct):
    products: list[str]


class _Coupon(Struct):
    duration: str
    percent_off: float | None = None
    amount_off: int | None = None
    currency: str | None = None
    applies_to: _Products | None = None


class _Discount(Struct):
    coupon: _Coupon
    start: int
    end: int | None = None

    def holds_at(self, moment: int) -> bool:
        return self.start <= moment and (self.end is None or moment < self.end)


class _Item(Struct):
    price: _Price | None = None
    plan: _Plan | None = None
    quantity: int | None = None
    discounts: list[_Discount | str] = field(default_factory=list)
    current_period_end: int | None = None
    """Where newer accounts' test servers have it."""


class _Items(Struct):
    data: list[_Item]


class _Customer(Struct):
    id: str
    deleted: bool = False
    discount: _Discount | None = None
    name: str | None = None
    description: str | None = None
    email: str | None = None
    metadata: dict[str, str] = field(default_factory=dict)


class _Subscription(Struct):
    id: str
    status: str
    start_date: int
    ended_at: int | None
    customer: _Customer
    items: _Items
    trial_start: int | None = None
    trial_end: int | None = None
    billing_cycle_anchor: int | None = None
    current_period_end: int | None = None
    current_period_start: int | None = None
    currency: str | None = None
    discounts: list[_Discount] = field(default_factory=list)
    metadata: dict[str, str] = field(default_factory=dict)


class _Object(Struct):
    """What an event is about."""

    id: str = ""
    customer: str | None = None


class _Data(Struct):
    object: _Object


class _Event(Struct):
    id: str
    type: str
    created: int
    data: _Data


_Row = TypeVar("_Row", bound=_Subscription | _Event)


class _List(Struct, Generic[_Row]):
    data: list[_Row]
    has_more: bool


async def customers(settings: Settings, http: Http, after: str = "") -> AsyncGenerator[Page, None]:
    tiers: dict[str, _Tiers] = {}
    wanted = {"starting_after": after} if after else {}
    async for found in _subscriptions(settings, http, wanted):
        await _learn(settings, http, found.data, tiers)
        stays, left_out = sorted_out(stay for row in found.data for stay in to_stays(row, settings))
        mark = found.data[-1].id if found.has_more and found.data else ""
        yield Page(stays, mark=mark, left_out=left_out)


async def changes(settings: Settings, http: Http, since: datetime) -> AsyncGenerator[Page, None]:
    touched = None if settings.account else await _touched(settings, http, since - OVERLAP)
    if touched is None:
        async for page in customers(settings, http):
            yield page
        return
    tiers: dict[str, _Tiers] = {}
    for at in range(0, len(touched), AT_ONCE):
        some = touched[at : at + AT_ONCE]
        asks = (_of_customer(settings, http, id) for id in some)
        async with aclosing(side_by_side(asks)) as answers:
            rows = [row async for found in answers for row in found]
        await _learn(settings, http, rows, tiers)
        stays, _ = sorted_out(stay for row in rows for stay in to_stays(row, settings))
        left = {stay.customer for stay in stays}
        yield Page(stays, gone=[id for id in some if id not in left])


async def _touched(settings: Settings, http: Http, since: datetime) -> list[str] | None:
    """Customers of whom anything changed; None where that can't be told: the events, the newest of
    which come first, do not go back so far, or somebody was deleted."""
    ids: dict[str, None] = {}
    async with aclosing(_lists(settings, http, "events", _List[_Event], _EVENTS)) as lists:
        async for found in lists:
            for event in found.data:
                if event.created < since.timestamp():
                    return list(ids)
                if event.type == "customer.deleted":
                    return None
                about = event.data.object
                ids[about.customer or about.id] = None
    return None


async def _of_customer(settings: Settings, http: Http, id: str) -> list[_Subscription]:
    pages = _subscriptions(settings, http, {"customer": id})
    return [row async for found in pages for row in found.data]


async def _learn(
    settings: Settings, http: Http, rows: Sequence[_Subscription], known: dict[str, _Tiers]
) -> None:
    """Look up the tiers of prices that are not known yet, and put them where they belong."""
    prices = [item.price for row in rows for item in row.items.data if item.price is not None]
    tiered = [price for price in prices if price.is_in_tiers]
    new = dict.fromkeys(price.id for price in tiered if price.id not in known)
    if not all(id.replace("-", "_").isidentifier() for id in new):  # it becomes part of an address
        raise UnexpectedResponse(f"{settings.url} gave an id that is none; report it to us")
    asks = (
        http.get(
            f"{settings.url}/v1/prices/{id}",
            shape=_Tiers,
            headers=_headers(settings),
            params={"expand[]": "tiers"},
        )
        for id in new
    )
    async with aclosing(side_by_side(asks)) as answers:
        async for found in answers:
            known[found.id] = found
    for price in tiered:
        price.looked_up = known.get(price.id)


_EVENTS = {"type": "customer.*"}
_EXPANDED = [
    "data.customer",
    "data.discounts",
    "data.discounts.coupon.applies_to",
    "data.items.data.discounts",
]


def _subscriptions(
    settings: Settings, http: Http, wanted: Mapping[str, str]
) -> AsyncGenerator[_List[_Subscription], None]:
    asked = {"status": "all", "expand[]": _EXPANDED, **wanted}
    return _lists(settings, http, "subscriptions", _List[_Subscription], asked)


async def _lists(
    settings: Settings,
    http: Http,
    what: str,
    shape: type[_List[_Row]],
    wanted: Mapping[str, str | Sequence[str]],
) -> AsyncGenerator[_List[_Row], None]:
    """Each page, without the rows that were on the one before."""
    url = f"{settings.url}/v1/{what}"
    params = {"limit": "100", **wanted}
    trail, before = Trail(url), set[str]()
    while True:
        found = await http.get(url, shape=shape, headers=_headers(settings), params=params)
        if found.has_more and not found.data:
            raise UnexpectedResponse(f"{url} gave an empty page and says that there is more")
        ids = [row.id for row in found.data]
        found.data = [row for row in found.data if row.id not in before]
        yield found
        if not found.has_more:
            return
        before = set(ids)
        params["starting_after"] = trail.follow(ids[-1])


def _headers(settings: Settings) -> dict[str, str]:
    return {**bearer(settings.token), "Stripe-Version": VERSION}


def to_stays(row: _Subscription, settings: Settings) -> Iterator[DatedStay | LeftOut]:
    """The stay that a subscription is, in pieces, where what is paid changes; or why it is none."""
    if row.status == "canceled" and row.ended_at is None:
        raise dateless(row.id, "ended_at", status=row.status, where="Stripe")
    since, until, paid_from = row.start_date, row.ended_at, row.start_date
    # A trial given later, to move the day of billing, does not undo that they had been paying.
    begins_with_trial = row.trial_start is None or row.trial_start <= row.start_date
    if row.trial_end is not None and begins_with_trial:
        paid_from = max(since, row.trial_end)
    if paid_from > since and not settings.trials:
        since = paid_from
        if row.status == "trialing" or (until is not None and until <= since):
            yield LeftOut.TRIAL
            return
    if (why := _why_not(row, settings)) is not None:
        yield why
        return
    if until is not None and until < since:
        raise backwards(row.id, row.customer.id, since, until, where="Stripe")
    who = row.customer
    currency = _currency(row)
    terms = list(_term_ends(row, paid_from))
    unpaid_since, paused_since = _in_doubt(row, settings)
    pieces = list(_pieces(row, since, until, paid_from, free=settings.free))
    if not pieces:
        yield LeftOut.FREE
    for begins, ends, monthly in pieces:
        yield DatedStay(
            customer=who.metadata.get(settings.account) or who.id,
            name=who.name or who.description or who.email or who.id,
            since=_moment(begins),
            until=None if ends is None else _moment(ends),
            fields=_fields(row, settings),
            place=row.id,
            monthly=monthly,
            currency=currency if monthly is not None else "",
            as_of_now=monthly is not None,
            emails=[who.email] if who.email else [],
            domains=[domain] if (domain := who.metadata.get(settings.domain)) else [],
            unpaid_since=unpaid_since,
            paused_since=paused_since,
            term_ends=[
                # Who was ended inside a term is told with its end.
                _moment(end)
                for end in terms
                if begins < end and (ends == until or ends is None or end <= ends)
            ],
        )


def _term_ends(row: _Subscription, paid_from: int) -> Iterator[int]:
    """The anniversaries of a price for longer than a month, up to the one that comes next."""
    steps = [step for item in row.items.data if (step := _term(item)) is not None]
    if not steps:  # as most are
        return
    told = (row.current_period_end, *(item.current_period_end for item in row.items.data))
    reached = max((end for end in told if end is not None), default=None)
    if reached is None:
        return
    months, days = max(steps, key=lambda step: step[0] * _LONGER_THAN_A_MONTH + step[1])
    anchor = _moment(row.billing_cycle_anchor or paid_from)
    for count in itertools.count(1):
        end = _after(anchor, months * count, days * count)
        if end > reached:
            return
        if end > paid_from:
            yield end


def _term(item: _Item) -> tuple[int, int] | None:
    """Months and days of one term; None for what is paid once a month or more often."""
    interval, every = _interval(item)
    if every == 1 and interval != "year":
        return None
    months, days = _MONTHS.get(interval, 0) * every, _DAYS.get(interval, 0) * every
    return (months, days) if months > 1 or days > _LONGER_THAN_A_MONTH else None


def _after(anchor: datetime, months: int, days: int) -> int:
    """So much later; the 31st is the last day of a month that has no such day."""
    index = anchor.year * 12 + anchor.month - 1 + months
    year, month = index // 12, index % 12 + 1
    last = calendar.monthrange(year, month)[1]
    moved = anchor.replace(year=year, month=month, day=min(anchor.day, last))
    return int((moved + timedelta(days=days)).timestamp())


def _pieces(
    row: _Subscription, since: int, until: int | None, paid_from: int, *, free: bool
) -> Iterator[tuple[int, int | None, Decimal | None]]:
    """From when to when how much is paid a month; without the free ones that come first."""
    discounts = [*_discounts(row), *(each for item in row.items.data for each in _own(item))]
    if not discounts and paid_from <= since:  # as most are
        monthly = _monthly(row, since)
        yield since, until, Decimal(0) if monthly and row.status == "paused" else monthly
        return
    edges = {paid_from, *(d.start for d in discounts), *(d.end for d in discounts if d.end)}
    inside = sorted(edge for edge in edges if since < edge and (until is None or edge < until))
    pieces: list[tuple[int, int | None, Decimal | None]] = []
    for begins, ends in zip([since, *inside], [*inside, until], strict=True):
        monthly = _monthly(row, begins)
        on_trial = begins < paid_from
        if not (pieces or free or on_trial) and _is_free(row, begins, monthly):
            continue
        # A trial that is over with nothing to pay with leaves the subscription paused.
        pays = monthly is not None and not on_trial and row.status != "paused"
        pieces.append((begins, ends, monthly if pays or monthly is None else Decimal(0)))
    for monthly, alike in itertools.groupby(pieces, key=lambda piece: piece[2]):
        run = list(alike)
        yield run[0][0], run[-1][1], monthly


def _discounts(row: _Subscription) -> list[_Discount]:
    """Of the subscription, or else of its Customer, but for those of one invoice."""
    found = row.discounts or ([row.customer.discount] if row.customer.discount else [])
    if not found:
        return found
    return [each for each in found if each.coupon.duration != "once"]


def _own(item: _Item) -> list[_Discount]:
    """Of the item alone."""
    if not item.discounts:
        return []
    told = [each for each in item.discounts if isinstance(each, _Discount)]
    return [each for each in told if each.coupon.duration != "once"]


def _is_free(row: _Subscription, at: int, monthly: Decimal | None) -> bool:
    """Whether the coupons leave nothing to pay."""
    held = [each.coupon for each in _discounts(row) if each.holds_at(at)]
    if any((each.percent_off or 0) >= 100 and each.applies_to is None for each in held):
        return True
    own = any(each.holds_at(at) for item in row.items.data for each in _own(item))
    untold = any(_item_monthly(item, _currency(row)) is None for item in row.items.data)
    return (bool(held) or own) and monthly == 0 and not untold


def _monthly(row: _Subscription, at: int) -> Decimal | None:
    """What all items cost a month from then on; None where no item tells it."""
    currency = _currency(row)
    discounts = _discounts(row)
    if len(row.items.data) == 1 and not (discounts or row.items.data[0].discounts):  # as most are
        return _item_monthly(row.items.data[0], currency)
    amounts: list[tuple[_Item, Decimal]] = []
    for item in row.items.data:
        amount = _item_monthly(item, currency)
        if amount is not None:
            for discount in _own(item):
                if discount.holds_at(at):
                    amount -= _off(discount.coupon, amount, item, currency)
            amounts.append((item, amount))
    if not amounts:
        return None
    total = sum((amount for _, amount in amounts), Decimal(0))
    for discount in discounts:
        if discount.holds_at(at):
            of, only = total, discount.coupon.applies_to
            if only is not None:
                some = [worth for item, worth in amounts if _product(item) in only.products]
                of = min(total, sum(some, Decimal(0)))
            # Taken off each invoice, and these come as often as the first item says.
            total -= _off(discount.coupon, of, row.items.data[0], currency)
    return total


def _off(coupon: _Coupon, of: Decimal, item: _Item, currency: str) -> Decimal:
    """What it takes off an amount a month, where an amount comes as often as the item."""
    if coupon.percent_off is not None:
        return min(of, of * Decimal(str(coupon.percent_off)) / 100)
    if coupon.amount_off is not None and (coupon.currency or "").upper() == currency:
        off = _a_month(item, Decimal(coupon.amount_off) / _unit(currency))
        return min(of, off or Decimal(0))
    return Decimal(0)


def _product(item: _Item) -> str | None:
    of = item.price or item.plan
    return of.product if of is not None else None


def _item_monthly(item: _Item, currency: str) -> Decimal | None:
    """None for what is metered, in tiers that are not told, or without a price of its own."""
    price, plan = item.price, item.plan
    quantity = 1 if item.quantity is None else item.quantity
    if price is not None and price.looked_up is not None and currency:
        return _a_month(item, _in_tiers(price.looked_up, quantity) / _unit(currency))
    packages: _Packages | None
    if price is not None:
        told: str | int | None = price.unit_amount_decimal
        told = price.unit_amount if told is None else told
        metered = price.recurring is not None and price.recurring.usage_type == "metered"
        tiered, packages = price.billing_scheme == "tiered", price.transform_quantity
    elif plan is not None:
        told = plan.amount if plan.amount_decimal is None else plan.amount_decimal
        metered = plan.usage_type == "metered"
        tiered, packages = plan.billing_scheme == "tiered", plan.transform_usage
    else:
        return None
    if told is None or metered or tiered or not currency:
        return None
    if packages is not None:
        left_over = packages.round == "up" and quantity % packages.divide_by > 0
        quantity = quantity // packages.divide_by + left_over
    interval, count = _interval(item)
    return _worth(told, quantity, currency, interval, count) if interval else None


@lru_cache(1024)
def _worth(told: str | int, quantity: int, currency: str, interval: str, count: int) -> Decimal:
    """A month's worth of so many at a price in the smallest unit; prices are few."""
    return base.monthly(Decimal(told) * quantity / _unit(currency), interval, count)


def _in_tiers(price: _Tiers, quantity: int) -> Decimal:
    """What so many cost, in the smallest unit: all by the tier that the last one is in (volume), or
    each by its own (graduated)."""
    total, begin = Decimal(0), 0
    for tier in price.tiers:
        is_last = tier.up_to is None or quantity <= tier.up_to
        if price.tiers_mode == "volume":
            if is_last:
                return tier.worth(quantity)
            continue
        total += tier.worth((quantity if is_last else tier.up_to or 0) - begin)
        if is_last:
            return total
        begin = tier.up_to or 0
    return total


def _a_month(item: _Item, amount: Decimal) -> Decimal | None:
    """A month's worth of what comes as often as the item; None where that does not say."""
    interval, count = _interval(item)
    if not interval:
        return None
    return base.monthly(amount, interval, count)


def _interval(item: _Item) -> tuple[str, int]:
    """What it is paid for, and how many of these at once; "" where it does not say."""
    if item.price is not None and item.price.recurring is not None:
        return item.price.recurring.interval, item.price.recurring.interval_count
    if item.plan is not None and item.plan.interval is not None:
        return item.plan.interval, item.plan.interval_count or 1
    return "", 1


def _currency(row: _Subscription) -> str:
    """Three capitals; "" where it does not say."""
    if row.currency:
        return row.currency.upper()
    found: list[str | None] = []
    for item in row.items.data:
        found += [part.currency for part in (item.price, item.plan) if part is not None]
    return next((name.upper() for name in found if name), "")


def _unit(currency: str) -> int:
    """How many of Stripe's smallest unit make one."""
    return _UNITS.get(currency) or base.unit(currency)


def _why_not(row: _Subscription, settings: Settings) -> LeftOut | None:
    """Why the subscription makes no customer; None where it makes one."""
    match row.status:
        case "incomplete" | "incomplete_expired":
            return LeftOut.NEVER_PAID
        case "active" | "past_due" | "unpaid" | "paused":
            if row.status not in settings.statuses:
                return LeftOut.STATUS
        case "canceled" | "trialing":
            pass
        case unknown:
            raise unknown_status(row.id, unknown)
    return None if settings.free or _costs(row) else LeftOut.FREE


def _in_doubt(row: _Subscription, settings: Settings) -> tuple[datetime | None, datetime | None]:
    """Since when it is not paid, and since when it pauses; a list of statuses has its own word."""
    unpaid = paused = None
    if row.status in _DOUBTFUL and "statuses" not in settings.model_fields_set:
        if row.status in ("past_due", "unpaid"):
            unpaid = row.current_period_start
        elif row.status == "paused":
            paused = row.trial_end
    return (
        None if unpaid is None else _moment(unpaid),
        None if paused is None else _moment(paused),
    )


def _costs(row: _Subscription) -> bool:
    """Whether any price of it may be above zero; a price in tiers may."""
    return not row.items.data or any(map(_item_costs, row.items.data))


def _item_costs(item: _Item) -> bool:
    if (price := item.price) is not None:
        amount = price.unit_amount_decimal or price.unit_amount
        return price.billing_scheme == "tiered" or amount is None or float(amount) > 0
    if (plan := item.plan) is not None:
        return plan.billing_scheme == "tiered" or plan.amount is None or plan.amount > 0
    return True


def _fields(row: _Subscription, settings: Settings) -> dict[str, str]:
    found = {"plan": _plan(row), "currency": row.currency or ""}
    for word, key in settings.fields.items():
        found[word] = row.metadata.get(key) or row.customer.metadata.get(key, "")
    return {word: value for word, value in found.items() if value}


def _plan(row: _Subscription) -> str:
    """What the first item is called, in the words that people use before those of the API."""
    for item in row.items.data[:1]:
        if (price := item.price) is not None:
            return price.nickname or price.lookup_key or price.product or price.id
        if (plan := item.plan) is not None:
            return plan.nickname or plan.id
    return ""


def _moment(epoch: int) -> datetime:
    return datetime.fromtimestamp(epoch, UTC)
