"""Chargebee: the subscriptions of a Chargebee site, past and present.

Customer: a Chargebee customer with a subscription. Several subscriptions of one are one customer
with several stays. The parent in an account hierarchy is told as the parent; where one company is
several customers without one, name in `account` the field that tells them together.
Since: `started_at`, or `trial_end` if it began with a trial (set `trials` to count trials).
Until: `cancelled_at`; of a subscription that will not renew, the day that is set for its end, or
the end of the current term. A deleted subscription ends when it was deleted, if not before.
Left out: those that have not begun (`future`), those that moved to another business entity
(`transferred`, which go on there), trials that did not become paid, and, unless `free` is set, what
costs nothing. Paused subscriptions and those with unpaid invoices count as long as the definition
says, from `pause_date` or `due_since` on; with `paused` or `past_due` false they end with that day,
and with true they count until they end.
Revenue: what plan and addons cost in a billing period, a month's worth of it (a year has 12 months,
52 weeks, 365 days), less the discounts of the subscription while they last. What coupons take off
is not told: with one, `mrr` counts, which Chargebee computes. Charges do not come again and are
left out, as is what is metered. Today's price alone is told: another one counts from the day of the
pull that saw it. A discount of all of it is a free plan: who begins with one is a customer when it
ends. Nothing is paid on a trial or in a pause.
Terms: the end of the contract term, or else of the current billing term if it is longer than a
month. Earlier ends are those that earlier pulls saw.
History: complete, but for what Chargebee forgets: a subscription that was cancelled and reactivated
is one stay from its start, and a pause that is over leaves no trace.

Auth: a read-only API key (Settings, Configure Chargebee, API keys), sent as the user of Basic
authentication.
Limits: 150 requests a minute on test sites and the smallest plan, 1,000 and 3,500 on others; 2 a
second is the default here.
Traps: deleted subscriptions are listed only when asked for. Amounts are in the smallest unit of the
currency, or as decimals where the site prices so. `activated_at` moves with every reactivation.

https://apidocs.chargebee.com/docs/api/subscriptions/subscription-object
https://apidocs.chargebee.com/docs/api/subscriptions/list-subscriptions
https://apidocs.chargebee.com/docs/api/list-ops
https://apidocs.chargebee.com/docs/api/customers/customer-object
https://apidocs.chargebee.com/docs/api/currencies
https://chargebee.com/docs/2.0/site-configuration/articles-and-faq/what-are-the-chargebee-api-limits.html
"""

from collections.abc import AsyncGenerator, Iterator, Mapping
from datetime import UTC, datetime, timedelta
from decimal import Decimal
from itertools import dropwhile
from typing import Any, ClassVar, Generic, TypeVar, cast

import msgspec
from msgspec import Struct, field
from pydantic import Field

from integrations import base, billing
from integrations.errors import UnexpectedResponse, backwards, dateless, unknown_status
from integrations.http import Http, Trail, basic
from integrations.records import DatedStay, LeftOut, Page, sorted_out

OVERLAP = timedelta(minutes=10)
"""What changed so shortly before the last pull is asked for again."""

AT_ONCE = 50
"""Customers whose subscriptions are asked for at once; their ids, 50 letters at most, travel in the
address."""


class Settings(billing.OwingSettings):
    """What to read of a Chargebee site."""

    requests_per_second_default: ClassVar[float] = 2.0

    token: base.Token = Field(description="An API key, read-only.")
    url: base.Address = Field(description="The site, such as https://acme.chargebee.com.")
    account: str = Field(
        default="",
        description="Field (`cf_…`) or metadata key of the customer that holds your own id of the"
        " company.",
    )
    domain: str = Field(
        default="",
        description="Field or metadata key of the customer with the company's internet domain.",
    )
    fields: base.Fields = Field(
        default_factory=dict,
        description="More to split figures by, beside plan and currency: our word, then the field"
        " (`cf_…`) or metadata key of the subscription or else of the customer.",
    )


class _Item(Struct):
    item_price_id: str
    item_type: str
    amount: int | None = None
    amount_in_decimal: str | None = None
    billing_period: int | None = None
    billing_period_unit: str | None = None


class _Addon(Struct):
    """Of the older product catalog, as `plan_…` of the subscription is."""

    id: str
    amount: int | None = None
    unit_price: int | None = None
    quantity: int | None = None


class _Discount(Struct):
    type: str = "percentage"
    percentage: float | None = None
    amount: int | None = None
    duration_type: str = "forever"
    apply_on: str = "invoice_amount"
    item_price_id: str | None = None
    created_at: int | None = None
    apply_till: int | None = None

    def holds_at(self, moment: float) -> bool:
        return (self.created_at or 0) <= moment and (
            self.apply_till is None or moment < self.apply_till
        )


class _Coupon(Struct):
    coupon_id: str


class _Contract(Struct):
    status: str
    contract_end: int


class _Subscription(Struct):
    id: str
    status: str
    currency_code: str
    customer_id: str
    started_at: int | None = None
    trial_start: int | None = None
    trial_end: int | None = None
    cancelled_at: int | None = None
    current_term_start: int | None = None
    current_term_end: int | None = None
    pause_date: int | None = None
    due_since: int | None = None
    updated_at: int | None = None
    deleted: bool = False
    billing_period: int | None = None
    billing_period_unit: str | None = None
    mrr: int | None = None
    subscription_items: list[_Item] = field(default_factory=list)
    plan_id: str | None = None
    plan_amount: int | None = None
    plan_unit_price: int | None = None
    plan_quantity: int | None = None
    addons: list[_Addon] = field(default_factory=list)
    discounts: list[_Discount] = field(default_factory=list)
    coupons: list[_Coupon] = field(default_factory=list)
    contract_term: _Contract | None = None
    meta_data: dict[str, Any] = field(default_factory=dict)


class _Contact(Struct):
    email: str | None = None


class _Relationship(Struct):
    parent_id: str | None = None


class _Customer(Struct):
    id: str
    company: str | None = None
    first_name: str | None = None
    last_name: str | None = None
    email: str | None = None
    contacts: list[_Contact] = field(default_factory=list)
    billing_address: _Contact | None = None
    relationship: _Relationship | None = None
    meta_data: dict[str, Any] = field(default_factory=dict)


class _Row(Struct):
    subscription: _Subscription
    customer: _Customer

    @property
    def id(self) -> str:
        return self.subscription.id


class _Named(Struct):
    customer: _Customer

    @property
    def id(self) -> str:
        return self.customer.id


_Kind = TypeVar("_Kind", bound=_Row | _Named)


class _List(Struct, Generic[_Kind]):
    rows: list[_Kind] = field(name="list")
    next_offset: str | None = None


async def customers(settings: Settings, http: Http, after: str = "") -> AsyncGenerator[Page, None]:
    wanted = {"offset": after} if after else {}
    pages = _pages(settings, http, "subscriptions", _with_custom(settings), wanted)
    async for rows, following in pages:
        stays, left_out = sorted_out(stay for row in rows for stay in to_stays(row, settings))
        yield Page(stays, mark=following, left_out=left_out)


async def changes(settings: Settings, http: Http, since: datetime) -> AsyncGenerator[Page, None]:
    if settings.account:  # others of the same company may not have changed, and can't be asked for
        async for page in customers(settings, http):
            yield page
        return
    later = {"updated_at[after]": str(int((since - OVERLAP).timestamp()))}
    touched: dict[str, None] = {}
    async for rows in _lists(settings, http, "subscriptions", _List[_Row], later):
        touched.update(dict.fromkeys(row.subscription.customer_id for row in rows))
    async for named in _lists(settings, http, "customers", _List[_Named], later):
        touched.update(dict.fromkeys(row.id for row in named))
    ids = list(touched)
    for at in range(0, len(ids), AT_ONCE):
        some = ids[at : at + AT_ONCE]
        theirs = {"customer_id[in]": msgspec.json.encode(some).decode()}
        left = dict.fromkeys(some)
        async for rows in _lists(settings, http, "subscriptions", _with_custom(settings), theirs):
            stays, _ = sorted_out(stay for row in rows for stay in to_stays(row, settings))
            for stay in stays:
                left.pop(stay.customer, None)
            yield Page(stays)
        yield Page([], gone=list(left))


async def _lists(
    settings: Settings,
    http: Http,
    what: str,
    shape: type[_List[_Kind]],
    wanted: Mapping[str, str] | None = None,
) -> AsyncGenerator[list[_Kind], None]:
    """The rows of each page, without those that were on the one before."""
    async for rows, _ in _pages(settings, http, what, shape, wanted):
        yield rows


async def _pages(
    settings: Settings,
    http: Http,
    what: str,
    shape: type[_List[_Kind]],
    wanted: Mapping[str, str] | None = None,
) -> AsyncGenerator[tuple[list[_Kind], str], None]:
    """The rows of each page, without those that were on the one before, and the next offset."""
    url = f"{settings.url}/api/v2/{what}"
    params = {"limit": "100", "include_deleted": "true", "sort_by[asc]": "created_at"}
    params.update(wanted or {})
    trail = Trail(url)
    before: set[str] = set()
    while True:
        found = await http.get(url, shape=shape, headers=basic(settings.token), params=params)
        yield [row for row in found.rows if row.id not in before], found.next_offset or ""
        if found.next_offset is None:
            return
        if not found.rows:
            raise UnexpectedResponse(f"{url} gave an empty page and says that there is more")
        before = {row.id for row in found.rows}
        params["offset"] = trail.follow(found.next_offset)


def _with_custom(settings: Settings) -> type[_List[_Row]]:
    """The shape of a list, with the custom fields that the settings name."""
    named = {settings.account, settings.domain, *settings.fields.values()}
    custom = [(name, Any, None) for name in sorted(named) if name.startswith("cf_")]
    subscription = msgspec.defstruct("_Subscription", custom, bases=(_Subscription,))
    customer = msgspec.defstruct("_Customer", custom, bases=(_Customer,))
    parts = [("subscription", subscription), ("customer", customer)]
    row = cast(type[_Row], msgspec.defstruct("_Row", parts, bases=(_Row,)))
    return _List[row]  # type: ignore[valid-type]


def to_stays(row: _Row, settings: Settings) -> Iterator[DatedStay | LeftOut]:
    """The stay that a subscription is, in pieces, where what is paid changes; or why it is none."""
    told, who = row.subscription, row.customer
    if not _has_begun(told):
        yield LeftOut.NOT_BEGUN if told.status == "future" else LeftOut.MOVED
        return
    began = since = paid_from = _required(told, "started_at")
    # A trial given later does not undo that they had been paying.
    if told.trial_end is not None and (told.trial_start is None or told.trial_start <= began):
        paid_from = max(since, told.trial_end)
    until = _end(told, settings)
    if until is not None and until < began:
        raise backwards(told.id, who.id, began, until, where="Chargebee")
    if not settings.trials:
        since = paid_from
        if told.status == "in_trial":
            yield LeftOut.TRIAL
            return
    if until is not None and until <= since:
        yield LeftOut.TRIAL if since > began else LeftOut.NO_TIME
        return
    if not (settings.free or _costs(told)):
        yield LeftOut.FREE
        return
    edges = [paid_from, told.pause_date]
    for discount in told.discounts:
        edges += [discount.created_at, discount.apply_till]

    def price(at: int) -> Decimal | None:
        pauses = told.status == "paused" and told.pause_date is not None and at >= told.pause_date
        return Decimal(0) if at < paid_from or pauses else _monthly(told, at)

    def is_free(piece: tuple[int, int | None, Decimal | None]) -> bool:
        return piece[2] == 0 and piece[0] >= paid_from and not told.coupons

    pieces = base.same_price(since, until, edges, price)
    some = list(pieces if settings.free else dropwhile(is_free, pieces))
    if not some:
        yield LeftOut.FREE
    for begins, ends, monthly in some:
        yield DatedStay(
            customer=_text(who, settings.account) or who.id,
            name=_name(who),
            since=_moment(begins),
            until=None if ends is None else _moment(ends),
            fields=_fields(row, settings),
            place=told.id,
            monthly=monthly,
            currency=told.currency_code.upper() if monthly is not None else "",
            as_of_now=monthly is not None,
            term_ends=_term_ends(told),
            unpaid_since=_unpaid_since(told, settings),
            paused_since=_paused_since(told, settings),
            emails=_emails(who),
            domains=[domain] if (domain := _text(who, settings.domain)) else [],
            parent="" if settings.account else _parent(who),
        )


def _has_begun(told: _Subscription) -> bool:
    match told.status:
        case "in_trial" | "active" | "non_renewing" | "paused" | "cancelled":
            return True
        case "future" | "transferred":
            return False
        case unknown:
            raise unknown_status(told.id, unknown)


def _end(told: _Subscription, settings: Settings) -> int | None:
    """The first moment that they are no longer a customer, past or to come."""
    ends: list[int | None] = []
    if told.status == "cancelled":
        ends.append(_required(told, "cancelled_at"))
    elif told.deleted:
        ends.append(_required(told, "updated_at"))
    if told.status == "non_renewing":
        ends.append(told.cancelled_at or told.current_term_end)
    if told.status == "paused" and settings.paused is False:
        ends.append(_required(told, "pause_date"))
    if told.status in ("active", "non_renewing") and settings.past_due is False:
        ends.append(told.due_since)
    return min((end for end in ends if end is not None), default=None)


def _unpaid_since(told: _Subscription, settings: Settings) -> datetime | None:
    """Of a setting that has its own word, nothing is left to say."""
    owes = told.status in ("active", "non_renewing") and settings.past_due is None
    return _moment(told.due_since) if owes and told.due_since is not None else None


def _paused_since(told: _Subscription, settings: Settings) -> datetime | None:
    rests = told.status == "paused" and settings.paused is None
    return _moment(told.pause_date) if rests and told.pause_date is not None else None


def _term_ends(told: _Subscription) -> list[datetime]:
    contract = told.contract_term
    if contract is not None and contract.status == "active":
        return [_moment(contract.contract_end)]
    begins, ends = told.current_term_start, told.current_term_end
    if begins is None or ends is None or told.status == "paused":
        return []
    return base.term_end(_moment(begins), _moment(ends))


def _monthly(told: _Subscription, at: int) -> Decimal | None:
    """What comes again costs a month; None where nothing of it is told."""
    if told.coupons and told.mrr is not None:
        return Decimal(told.mrr) / base.unit(told.currency_code)
    amounts = {id: amount for id, amount in _recurring(told) if amount is not None}
    if not amounts:
        return None
    total = sum(amounts.values(), Decimal(0))
    for discount in told.discounts:
        if discount.duration_type == "one_time" or not discount.holds_at(at):
            continue
        of = total if discount.item_price_id is None else amounts.get(discount.item_price_id, total)
        total = max(total - _off(discount, of, told), Decimal(0))
    return total


def _off(discount: _Discount, of: Decimal, told: _Subscription) -> Decimal:
    """What a discount takes off an amount; units given away are not counted."""
    match discount.type:
        case "percentage":
            return of * Decimal(str(discount.percentage or 0)) / 100
        case "fixed_amount":
            return min(of, _a_month(told, _units(discount.amount, told)) or Decimal(0))
        case _:
            return Decimal(0)


def _recurring(told: _Subscription) -> Iterator[tuple[str, Decimal | None]]:
    """Plan and addons with what each costs a month; None where it is not told."""
    for item in told.subscription_items:
        if item.item_type == "charge":
            continue
        of = item if item.billing_period_unit is not None else told
        if item.amount_in_decimal is not None:
            yield item.item_price_id, _a_month(of, Decimal(item.amount_in_decimal))
        else:
            yield item.item_price_id, _a_month(of, _units(item.amount, told))
    if told.plan_id is not None:
        amount, price = told.plan_amount, told.plan_unit_price
        amount = (
            price * (told.plan_quantity or 1) if amount is None and price is not None else amount
        )
        yield told.plan_id, _a_month(told, _units(amount, told))
    for addon in told.addons:
        amount, price = addon.amount, addon.unit_price
        amount = price * (addon.quantity or 1) if amount is None and price is not None else amount
        yield addon.id, _a_month(told, _units(amount, told))


def _units(amount: int | None, told: _Subscription) -> Decimal | None:
    return None if amount is None else Decimal(amount) / base.unit(told.currency_code)


def _a_month(of: _Item | _Subscription, amount: Decimal | None) -> Decimal | None:
    if amount is None or of.billing_period_unit is None:
        return None
    return base.monthly(amount, of.billing_period_unit, of.billing_period or 1)


def _costs(told: _Subscription) -> bool:
    """Whether any price of it may be above zero; one that is not told may."""
    amounts = [amount for _, amount in _recurring(told)]
    return not amounts or any(amount is None or amount > 0 for amount in amounts)


def _fields(row: _Row, settings: Settings) -> dict[str, str]:
    told = row.subscription
    plans = [item.item_price_id for item in told.subscription_items if item.item_type == "plan"]
    found = {"plan": told.plan_id or next(iter(plans), ""), "currency": told.currency_code}
    for word, key in settings.fields.items():
        found[word] = _text(told, key) or _text(row.customer, key)
    return {word: value for word, value in found.items() if value}


def _text(of: _Subscription | _Customer, key: str) -> str:
    """A custom field or a value of the metadata; "" where there is none."""
    value = getattr(of, key) if key.startswith("cf_") else of.meta_data.get(key)
    return "" if value is None else str(value).strip()


def _name(who: _Customer) -> str:
    person = " ".join(filter(None, (who.first_name, who.last_name)))
    return who.company or person or who.email or who.id


def _emails(who: _Customer) -> list[str]:
    told = [who.email, *(each.email for each in who.contacts)]
    if who.billing_address is not None:
        told.append(who.billing_address.email)
    return list(dict.fromkeys(address for address in told if address))


def _parent(who: _Customer) -> str:
    parent = who.relationship.parent_id if who.relationship is not None else None
    return parent if parent is not None and parent != who.id else ""


def _required(told: _Subscription, name: str) -> int:
    moment: int | None = getattr(told, name)
    if moment is None:
        raise dateless(told.id, name, status=told.status, where="Chargebee")
    return moment


def _moment(epoch: int) -> datetime:
    return datetime.fromtimestamp(epoch, UTC)
