"""Recurly: the subscriptions of a Recurly site, past and present.

Customer: a Recurly account with a subscription. Several subscriptions of one are one customer with
several stays. The account that an account belongs to is told as its parent.
Since: `activated_at`, or `trial_ends_at` if it began with a trial (set `trials` to count trials).
Until: `expires_at`. Not `canceled_at`: a canceled subscription runs until it expires, and counts
until then.
Left out: those that have not begun (`future`) or whose first payment failed (`failed`), trials that
did not become paid, and, unless `free` is set, what costs nothing. Paused subscriptions
count as long as the definition says, from `paused_at` on; with `paused` false they end with the day
of the pause, and with true they count until they expire. Recurly does not tell which are past due:
they count until they expire.
Revenue: unit price x quantity and the add-ons, a month's worth of the plan's interval (a year has
12 months, 365 days), less the coupons of the subscription that hold now, from the day on which they
were redeemed; coupons of the whole account are not told, and no usage. The steps of a ramp are told
with their days. Otherwise today's price alone is told: another one counts from the day of the pull
that saw it. A coupon for all of it is a free plan: who begins with one is a customer when it ends.
Nothing is paid on a trial or in a pause.
Terms: the end of the current term, after which it renews or expires, if it is longer than a month.
Earlier ends are those that earlier pulls saw.
History: complete, but for what Recurly forgets: pauses that are over, and coupons that no longer
hold.

Auth: a private API key (Integrations, API Credentials), sent as the user of Basic authentication.
Limits: 1,000 requests a minute over five minutes, 400 on sandbox sites; 6 a second is the default
here.
Traps: without its version in `Accept`, Recurly refuses every request. Sites in the EU have another
address. How often a plan is paid stands in the plan, so plans are read first.

https://developers.recurly.com/api/v2021-02-25/#operation/list_subscriptions
https://developers.recurly.com/api/v2021-02-25/#operation/list_account_subscriptions
https://developers.recurly.com/api/v2021-02-25/#operation/list_plans
https://developers.recurly.com/api/v2021-02-25/#section/Getting-Started/Limits
https://docs.recurly.com/recurly-subscriptions/reference/lookupsubscriptiondetails
"""

from collections.abc import AsyncGenerator, Iterator, Mapping
from contextlib import aclosing
from datetime import UTC, datetime, timedelta
from decimal import Decimal
from email.utils import parsedate_to_datetime
from itertools import dropwhile
from typing import ClassVar, Generic, TypeVar

import httpx
from msgspec import Struct
from pydantic import Field

from integrations import base, billing
from integrations.errors import (
    SourceUnavailable,
    UnexpectedResponse,
    backwards,
    dateless,
    unknown_status,
)
from integrations.http import Http, Trail, basic, same_host, side_by_side
from integrations.records import DatedStay, LeftOut, Page, sorted_out

VERSION = "application/vnd.recurly.v2021-02-25"

OVERLAP = timedelta(minutes=10)
"""What changed so shortly before the last pull is asked for again."""

AT_ONCE = 100
"""Accounts whose subscriptions make a page of changes."""


class Settings(billing.PausingSettings):
    """What to read of a Recurly site."""

    requests_per_second_default: ClassVar[float] = 6.0

    token: base.Token = Field(description="A private API key.")
    url: base.Address = Field(
        default="https://v3.recurly.com",
        description="Where the API is; https://v3.eu.recurly.com for a site in the EU.",
    )
    fields: base.Fields = Field(
        default_factory=dict,
        description="More to split figures by, beside plan and currency: our word, then the custom"
        " field of the subscription.",
    )


class _Account(Struct):
    id: str
    code: str | None = None
    company: str | None = None
    first_name: str | None = None
    last_name: str | None = None
    email: str | None = None
    parent_account_id: str | None = None


class _Plan(Struct):
    id: str
    interval_unit: str | None = None
    interval_length: int = 1


class _PlanMini(Struct):
    id: str
    code: str | None = None
    name: str | None = None


class _Amount(Struct):
    currency: str
    amount: Decimal


class _Discount(Struct):
    type: str
    percent: Decimal | None = None
    currencies: list[_Amount] | None = None


class _Coupon(Struct):
    discount: _Discount | None = None


class _Redemption(Struct):
    coupon: _Coupon | None = None
    state: str = "active"
    created_at: datetime | None = None


class _Step(Struct):
    """Of a ramp: a price for some billing periods."""

    starting_on: datetime | None = None
    ending_on: datetime | None = None
    unit_amount: Decimal | None = None


class _Custom(Struct):
    name: str
    value: str | None = None


class _Subscription(Struct):
    id: str
    state: str
    account: _Account
    plan: _PlanMini
    currency: str
    activated_at: datetime | None
    expires_at: datetime | None
    trial_started_at: datetime | None = None
    trial_ends_at: datetime | None = None
    current_period_ends_at: datetime | None = None
    current_term_started_at: datetime | None = None
    current_term_ends_at: datetime | None = None
    paused_at: datetime | None = None
    unit_amount: Decimal | None = None
    quantity: int = 1
    add_ons_total: Decimal | None = None
    coupon_redemptions: list[_Redemption] | None = None
    ramp_intervals: list[_Step] | None = None
    custom_fields: list[_Custom] | None = None


_Row = TypeVar("_Row", bound=_Subscription | _Account | _Plan)


class _List(Struct, Generic[_Row]):
    data: list[_Row]
    has_more: bool
    next: str | None = None


Plans = Mapping[str, _Plan]


async def customers(settings: Settings, http: Http, after: str = "") -> AsyncGenerator[Page, None]:
    plans = await _plans(settings, http)
    wanted = {"sort": "created_at", "order": "asc"}
    pages = _pages(settings, http, "subscriptions", _List[_Subscription], wanted, after)
    async for rows, following in pages:
        stays, left_out = sorted_out(s for row in rows for s in to_stays(row, plans, settings))
        yield Page(stays, mark=following, left_out=left_out)


async def changes(settings: Settings, http: Http, since: datetime) -> AsyncGenerator[Page, None]:
    plans = await _plans(settings, http)
    begin = (since - OVERLAP).astimezone(UTC).strftime("%Y-%m-%dT%H:%M:%SZ")
    later = {"sort": "updated_at", "order": "asc", "begin_time": begin}
    touched: dict[str, None] = {}
    async for rows in _lists(settings, http, "subscriptions", _List[_Subscription], later):
        touched.update(dict.fromkeys(row.account.id for row in rows))
    async for accounts in _lists(settings, http, "accounts", _List[_Account], later):
        touched.update(dict.fromkeys(account.id for account in accounts))
    ids = list(touched)
    for at in range(0, len(ids), AT_ONCE):
        some = ids[at : at + AT_ONCE]
        asks = (_of_account(settings, http, id) for id in some)
        async with aclosing(side_by_side(asks)) as answers:
            found = [row async for rows in answers for row in rows]
        stays, _ = sorted_out(stay for row in found for stay in to_stays(row, plans, settings))
        left = {stay.customer for stay in stays}
        yield Page(stays, gone=[id for id in some if id not in left])


async def _of_account(settings: Settings, http: Http, id: str) -> list[_Subscription]:
    if not id.isalnum():
        raise UnexpectedResponse(f"{settings.url} gave an id that is none; report it to us")
    found: list[_Subscription] = []
    what = f"accounts/{id}/subscriptions"
    async for rows in _lists(settings, http, what, _List[_Subscription]):
        found += rows
    return found


async def _plans(settings: Settings, http: Http) -> Plans:
    found: dict[str, _Plan] = {}
    async for plans in _lists(settings, http, "plans", _List[_Plan]):
        found.update((plan.id, plan) for plan in plans)
    return found


async def _lists(
    settings: Settings,
    http: Http,
    what: str,
    shape: type[_List[_Row]],
    wanted: Mapping[str, str] | None = None,
) -> AsyncGenerator[list[_Row], None]:
    async for rows, _ in _pages(settings, http, what, shape, wanted):
        yield rows


async def _pages(
    settings: Settings,
    http: Http,
    what: str,
    shape: type[_List[_Row]],
    wanted: Mapping[str, str] | None = None,
    after: str = "",
) -> AsyncGenerator[tuple[list[_Row], str], None]:
    """The rows of each page, without those that were on the one before; and where the next is."""
    url = following = f"{settings.url}/{what}"
    params: Mapping[str, str] | None = {"limit": "200", **(wanted or {})}
    if after:
        following, params = same_host(url, after), None
    headers = {**basic(settings.token), "Accept": VERSION}
    trail, before = Trail(url), set[str]()
    while True:
        found = await http.get(
            following, shape=shape, headers=headers, params=params, refused=_too_many
        )
        more = found.next or "" if found.has_more else ""
        yield [row for row in found.data if row.id not in before], more
        if not found.has_more:
            return
        if not found.data:
            raise UnexpectedResponse(f"{url} gave an empty page and says that there is more")
        if not found.next:
            raise UnexpectedResponse(
                f"{url} says that there is more, and not where; report it to us"
            )
        before = {row.id for row in found.data}
        following = trail.follow(same_host(url, found.next))
        params = None


def _too_many(status: int, headers: httpx.Headers, body: bytes) -> SourceUnavailable | None:
    """Recurly tells when the limit is lifted, and not how long to wait."""
    if status != 429 or "Retry-After" in headers:
        return None
    try:
        now = parsedate_to_datetime(headers.get("Date", "")).timestamp()
        wait = max(0.0, int(headers.get("X-RateLimit-Reset", "")) - now)
    except (ValueError, TypeError, OverflowError):
        return None
    return SourceUnavailable(
        f"Recurly answered 429 and asks to wait {wait:.0f} seconds; the next pull tries again",
        retry_after=wait,
    )


def to_stays(row: _Subscription, plans: Plans, settings: Settings) -> Iterator[DatedStay | LeftOut]:
    """The stay that a subscription is, in pieces, where what is paid changes; or why it is none."""
    if not _has_begun(row):
        yield LeftOut.NOT_BEGUN if row.state == "future" else LeftOut.NEVER_PAID
        return
    if row.activated_at is None:
        raise dateless(row.id, "activated_at", status=row.state, where="Recurly")
    since = paid_from = row.activated_at
    # A trial given later does not undo that they had been paying.
    if row.trial_ends_at and (row.trial_started_at is None or row.trial_started_at <= since):
        paid_from = max(since, row.trial_ends_at)
    until = _end(row, settings)
    if until is not None and until < since:
        raise backwards(row.id, row.account.id, since, until, where="Recurly")
    if not settings.trials:
        since = paid_from
        if _is_on_trial(row):
            yield LeftOut.TRIAL
            return
    if until is not None and until <= since:
        yield LeftOut.TRIAL if since > row.activated_at else LeftOut.NO_TIME
        return
    if not (settings.free or _costs(row)):
        yield LeftOut.FREE
        return
    edges = [paid_from, row.paused_at, *(each.created_at for each in row.coupon_redemptions or [])]
    for step in row.ramp_intervals or []:
        edges += [step.starting_on, step.ending_on]

    def price(at: datetime) -> Decimal | None:
        rests = row.state == "paused" and row.paused_at is not None and at >= row.paused_at
        return Decimal(0) if at < paid_from or rests else _monthly(row, plans, at)

    def is_free(piece: tuple[datetime, datetime | None, Decimal | None]) -> bool:
        return piece[2] == 0 and piece[0] >= paid_from

    pieces = base.same_price(since, until, edges, price)
    some = list(pieces if settings.free else dropwhile(is_free, pieces))
    if not some:
        yield LeftOut.FREE
    terms = base.term_end(row.current_term_started_at, row.current_term_ends_at)
    who = row.account
    for begins, ends, monthly in some:
        yield DatedStay(
            customer=who.id,
            name=_name(who),
            since=begins,
            until=ends,
            fields=_fields(row, settings),
            place=row.id,
            monthly=monthly,
            currency=row.currency if monthly is not None else "",
            as_of_now=monthly is not None,
            term_ends=terms,
            paused_since=_paused_since(row) if settings.paused is None else None,
            emails=[who.email] if who.email else [],
            parent=who.parent_account_id or "",
        )


def _has_begun(row: _Subscription) -> bool:
    match row.state:
        case "active" | "canceled" | "expired" | "paused":
            return True
        case "future" | "failed":
            return False
        case unknown:
            raise unknown_status(row.id, unknown)


def _is_on_trial(row: _Subscription) -> bool:
    """Whether the current period is the trial: no other one has come yet."""
    trial, period = row.trial_ends_at, row.current_period_ends_at
    if row.state == "expired" or trial is None or period is None:
        return False
    return period <= trial


def _end(row: _Subscription, settings: Settings) -> datetime | None:
    """The first moment that they are no longer a customer, past or to come."""
    if settings.paused is False and (paused := _paused_since(row)) is not None:
        return paused
    if row.state == "expired" and row.expires_at is None:
        raise dateless(row.id, "expires_at", status=row.state, where="Recurly")
    return row.expires_at


def _paused_since(row: _Subscription) -> datetime | None:
    return row.paused_at if row.state == "paused" else None


def _monthly(row: _Subscription, plans: Plans, at: datetime) -> Decimal | None:
    """What it costs a month; None where it is not told, or not how often it is paid."""
    plan, amount = plans.get(row.plan.id), _amount(row, at)
    if amount is None or plan is None or plan.interval_unit is None:
        return None
    total = amount
    for redemption in row.coupon_redemptions or []:
        coupon = redemption.coupon
        held = redemption.created_at is None or redemption.created_at <= at
        if held and redemption.state == "active" and coupon is not None and coupon.discount:
            total = max(total - _off(coupon.discount, total, row.currency), Decimal(0))
    return base.monthly(total, plan.interval_unit.removesuffix("s"), plan.interval_length)


def _amount(row: _Subscription, at: datetime) -> Decimal | None:
    """What is paid in a billing period, before coupons."""
    unit = row.unit_amount
    for step in row.ramp_intervals or []:
        begun = step.starting_on is not None and step.starting_on <= at
        if begun and (step.ending_on is None or at < step.ending_on):
            unit = step.unit_amount
    return None if unit is None else unit * row.quantity + (row.add_ons_total or 0)


def _off(discount: _Discount, total: Decimal, currency: str) -> Decimal:
    """What a coupon takes off a bill."""
    if discount.type == "percent":
        return total * (discount.percent or 0) / 100
    amounts = [each.amount for each in discount.currencies or [] if each.currency == currency]
    return amounts[0] if amounts else Decimal(0)


def _costs(row: _Subscription) -> bool:
    """Whether its price may be above zero; one that is not told may."""
    prices = [row.unit_amount, *(step.unit_amount for step in row.ramp_intervals or [])]
    return bool(row.add_ons_total) or any(price is None or price > 0 for price in prices)


def _name(who: _Account) -> str:
    person = " ".join(filter(None, (who.first_name, who.last_name)))
    return who.company or person or who.email or who.code or who.id


def _fields(row: _Subscription, settings: Settings) -> dict[str, str]:
    custom = {each.name: each.value or "" for each in row.custom_fields or []}
    found = {"plan": row.plan.name or row.plan.code or row.plan.id, "currency": row.currency}
    found.update((word, custom.get(name, "")) for word, name in settings.fields.items())
    return {word: value for word, value in found.items() if value}
