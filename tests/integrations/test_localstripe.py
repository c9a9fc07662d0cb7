"""Against localstripe, a stand-in for Stripe that other people wrote and that keeps state."""

from collections.abc import Iterator, Mapping, Sequence
from datetime import UTC, datetime, timedelta
from typing import Any

import httpx
import numpy as np
import pytest

import integrations
from bot.domain.columns import FOREVER, PARTS, Columns
from bot.domain.definition import Definition
from bot.domain.period import Kind, Period
from bot.domain.recurring import RevenueFigure
from bot.domain.retention import retention
from bot.domain.revenue import RevenueSums
from bot.domain.stays import Known, from_dates
from bot.jobs.pull import Outcome, pull
from bot.store.customers import Customers
from bot.store.database import Database
from bot.store.figures import Figures
from bot.store.pulls import Pulls
from integrations import stripe
from integrations.errors import CredentialsRejected
from integrations.http import Http
from integrations.records import DatedStay
from tests.integrations.localstripe import KEY, Account, serving
from tests.integrations.recordings import pages, records


@pytest.fixture(scope="module")
def server() -> Iterator[str]:
    with serving() as url:
        yield url


@pytest.fixture
def account(server: str) -> Iterator[Account]:
    filled = Account(server)
    yield filled
    filled.close()


def settings(server: str, **section: Any) -> stripe.Settings:
    return stripe.Settings.model_validate(
        {"kind": "stripe", "token": KEY, "url": server, "fields": ["region"], **section}
    )


def day(number: int) -> datetime:
    return datetime(2026, 1, number, 12, tzinfo=UTC)


async def test_the_customers_who_left_are_read_as_well(server: str, account: Account) -> None:
    stayed, left = account.customer("Stayed"), account.customer("Left")
    first = account.subscribe(stayed, day(1))
    second = account.subscribe(left, day(2))
    account.cancel(second)

    got = {r.place: r for r in await records(settings(server)) if isinstance(r, DatedStay)}

    assert set(got) == {first, second}
    assert (got[first].customer, got[first].name) == (stayed, "Stayed")
    assert (got[first].since, got[first].until) == (day(1), None)
    assert got[first].fields == {"plan": "Pro", "region": "emea"}
    assert got[second].since == day(2)
    assert got[second].until is not None


async def test_retention_over_the_days_in_which_one_of_four_left(
    server: str, account: Account
) -> None:
    """One has two subscriptions and ends one of them: still a customer. One ends the only one."""
    names = {name: account.customer(name) for name in ("A", "B", "C", "D")}
    subscribed = {name: account.subscribe(id, day(1)) for name, id in names.items()}
    account.subscribe(names["B"], day(5))
    account.cancel(subscribed["B"])
    account.cancel(subscribed["C"])

    got = [r for r in await records(settings(server)) if isinstance(r, DatedStay)]
    ended = max(r.until for r in got if isinstance(r.until, datetime)).date()
    known = from_dates(got, Definition(zone="UTC"))
    period = Period(ended, ended + timedelta(days=1), Kind.DAYS)
    order = sorted(known)
    result = retention(columns(known, order), period)

    assert len(known) == 4
    assert result.counts.opening == 4
    assert result.counts.crr == 3 / 4
    assert [order[number] for number in result.lost] == [names["C"]]


def columns(known: Mapping[str, Known], order: Sequence[str]) -> Columns:
    rows = [(at, *stay) for at, id in enumerate(order) for stay in known[id].stays]
    return Columns(
        customer=np.array([at for at, _, _ in rows], dtype=np.int32),
        since=np.array([since for _, since, _ in rows], dtype=np.int32),
        until=np.array([FOREVER if u is None else u for _, _, u in rows], dtype=np.int32),
    )


async def test_the_revenue_of_two_customers_of_whom_one_takes_more_and_one_less(
    server: str, account: Account, sqlite_url: str
) -> None:
    """Through the pull and the store: Stripe has forgotten the old price, and we have not."""
    grows, shrinks = account.customer("Grows"), account.customer("Shrinks")
    small = account.subscribe(grows, day(1), quantity=2)
    account.subscribe(shrinks, day(5), "team")
    extra = account.subscribe(shrinks, day(9))
    database = Database.open(sqlite_url)
    figures = Figures("stripe", Customers(database), Definition())
    today = datetime.now(UTC)

    async def pull_on(moment: datetime) -> None:
        async with httpx.AsyncClient() as client:
            pulled = await pull(
                "stripe",
                integrations.customers(settings(server), Http(client, requests_per_second=999)),
                definition=Definition(),
                clock=lambda: moment,
                pulls=Pulls(database),
                customers=Customers(database),
                hold_share=1,
            )
        assert pulled.outcome is Outcome.BELIEVED

    async def paid_over(first: datetime, days: int) -> RevenueSums:
        period = Period(first.date(), first.date() + timedelta(days=days), Kind.DAYS)
        found = await figures.revenue(period, today=period.next)
        assert isinstance(found, RevenueFigure)
        assert found.currency == "USD"
        return found.sums

    try:
        await pull_on(today)
        january = await paid_over(day(8), 3)
        account.change(small, "team", 3)
        account.cancel(extra)
        await pull_on(today + timedelta(days=5))
        january_again = await paid_over(day(8), 3)
        now = await paid_over(today - timedelta(days=1), 7)
    finally:
        await database.close()

    # 2 x 10 a month, and 360 a year, which is 30 a month; then 10 more from the 9th on.
    assert (january.opening, january.closing) == (50 * PARTS, 60 * PARTS)
    assert january.expansion == 10 * PARTS
    assert january_again == january, "a price of today changes nothing in January"
    # 3 x 30 in place of 2 x 10, and 10 less.
    assert (now.opening, now.closing) == (60 * PARTS, 120 * PARTS)
    assert (now.expansion, now.contraction) == (70 * PARTS, 10 * PARTS)


async def test_follows_the_pages_to_the_end(server: str, account: Account) -> None:
    customer = account.customer("Many")
    made = {account.subscribe(customer, day(1)) for _ in range(105)}

    got = await pages(settings(server))

    assert len(got) == 2
    assert {r.place for page in got for r in page.records} == made
    assert {r.customer for page in got for r in page.records} == {customer}


async def test_an_account_without_subscriptions_is_empty(server: str, account: Account) -> None:
    assert await records(settings(server)) == []


async def test_a_key_that_the_server_does_not_take(server: str, account: Account) -> None:
    with pytest.raises(CredentialsRejected, match="401"):
        await records(settings(server, token="pk_wrong"))
