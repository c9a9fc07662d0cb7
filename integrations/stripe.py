"""Stripe Billing: the subscriptions of a Stripe account, past and present.

Customer: a Stripe Customer with a subscription. Several subscriptions of one Customer are one
customer with several stays. Where one company has several Customers, name in `account` the
metadata key that tells them together.
Since: the subscription's `start_date`, or `trial_end` if it began with a trial (set `trials` to
count trials).
Until: `ended_at`. Not `canceled_at`, which is when the end was asked for and may be months before.
Left out: `incomplete` and `incomplete_expired` (the first payment never came), trials that did not
become paid, and, unless `free` is set, subscriptions of which every price is zero.
`past_due`, `unpaid` and paused subscriptions count until they end: Stripe tells no date on which
they stopped to be customers, and an invented one would move. Let Stripe cancel after its last
retry, or name in `statuses` those to count; what is left out is left out of the past too.
History: complete, from the first subscription on.

Auth: a restricted key with Read on Subscriptions, Customers and Prices (`rk_live_…`), sent as a
bearer token. Limits: 25 requests a second to one endpoint; 20 is the default here.
Traps: without `status=all` those who left are not listed; a deleted Customer keeps its
subscriptions but loses its name; a plan or price changed later is told for the whole stay.

https://docs.stripe.com/api/subscriptions/list
https://docs.stripe.com/api/subscriptions/object
https://docs.stripe.com/rate-limits
"""

from collections.abc import AsyncGenerator, Iterator
from datetime import UTC, datetime
from typing import ClassVar, Literal

from msgspec import Struct, field
from pydantic import Field

from integrations import base
from integrations.errors import BadRecord, UnexpectedResponse
from integrations.http import Http, Trail, bearer
from integrations.records import DatedStay, Page

VERSION = "2024-06-20"
"""Of the API. Pinned, so that the account's own default cannot change what fields mean."""

Counted = Literal["active", "past_due", "unpaid", "paused"]


class Settings(base.Settings):
    """What to read of a Stripe account."""

    requests_per_second_default: ClassVar[float] = 20.0

    token: base.Token = Field(description="A restricted key: Read on Subscriptions, Customers.")
    url: base.Address = Field(
        default="https://api.stripe.com", description="Where the API is; change it for tests only."
    )
    trials: bool = Field(
        default=False, description="Whether somebody on a trial is a customer already."
    )
    free: bool = Field(
        default=False, description="Whether a subscription that costs nothing makes a customer."
    )
    statuses: tuple[Counted, ...] = Field(
        default=("active", "past_due", "unpaid", "paused"),
        description="Which running subscriptions make a customer; ended ones count by their dates.",
    )
    account: str = Field(
        default="",
        description="Metadata key of the Customer that holds your own id of the company.",
    )
    fields: base.Fields = Field(
        default_factory=dict,
        description="More to split figures by, beside plan and currency: our word, then the"
        " metadata key of the subscription or else of the Customer.",
    )


class _Price(Struct):
    id: str
    nickname: str | None = None
    lookup_key: str | None = None
    product: str | None = None
    unit_amount: int | None = None
    unit_amount_decimal: str | None = None
    billing_scheme: str = "per_unit"


class _Plan(Struct):
    """What came before prices; older accounts and test servers still give it."""

    id: str
    nickname: str | None = None
    product: str | None = None
    amount: int | None = None
    billing_scheme: str | None = "per_unit"


class _Item(Struct):
    price: _Price | None = None
    plan: _Plan | None = None


class _Items(Struct):
    data: list[_Item]


class _Customer(Struct):
    id: str
    deleted: bool = False
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
    currency: str | None = None
    metadata: dict[str, str] = field(default_factory=dict)


class _Subscriptions(Struct):
    data: list[_Subscription]
    has_more: bool


async def customers(settings: Settings, http: Http) -> AsyncGenerator[Page, None]:
    url = f"{settings.url}/v1/subscriptions"
    headers = {**bearer(settings.token), "Stripe-Version": VERSION}
    params = {"status": "all", "limit": "100", "expand[]": "data.customer"}
    trail = Trail(url)
    before: set[str] = set()
    while True:
        page = await http.get(url, shape=_Subscriptions, headers=headers, params=params)
        rows = [row for row in page.data if row.id not in before]
        yield Page([stay for row in rows for stay in to_stays(row, settings)])
        if not page.has_more:
            return
        if not page.data:
            raise UnexpectedResponse(f"{url} gave an empty page and says that there is more")
        before = {row.id for row in page.data}
        params["starting_after"] = trail.follow(page.data[-1].id)


def to_stays(row: _Subscription, settings: Settings) -> Iterator[DatedStay]:
    """The stay that a subscription is, if it is one."""
    if row.status == "canceled" and row.ended_at is None:
        raise BadRecord(f"{row.id} is canceled but has no ended_at; look at it in Stripe")
    since, until = row.start_date, row.ended_at
    # A trial given later, to move the day of billing, does not undo that they had been paying.
    begins_with_trial = row.trial_start is None or row.trial_start <= row.start_date
    if row.trial_end is not None and begins_with_trial and not settings.trials:
        since = max(since, row.trial_end)
        if row.status == "trialing" or (until is not None and until <= since):
            return
    if not _counts(row, settings) or not (settings.free or _costs(row)):
        return
    if until is not None and until < since:
        raise BadRecord(f"{row.id} ends before it begins; look at it in Stripe")
    who = row.customer
    yield DatedStay(
        customer=who.metadata.get(settings.account) or who.id,
        name=who.name or who.description or who.email or who.id,
        since=_moment(since),
        until=None if until is None else _moment(until),
        fields=_fields(row, settings),
        place=row.id,
    )


def _counts(row: _Subscription, settings: Settings) -> bool:
    match row.status:
        case "canceled" | "trialing":
            return True
        case "incomplete" | "incomplete_expired":
            return False
        case "active" | "past_due" | "unpaid" | "paused":
            return row.status in settings.statuses
        case unknown:
            raise UnexpectedResponse(
                f"{row.id} has a status that we do not know ({unknown[:40]!r}); report it to us"
            )


def _costs(row: _Subscription) -> bool:
    """Whether any price of it may be above zero; a price in tiers may."""
    return not row.items.data or any(_item_costs(item) for item in row.items.data)


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
