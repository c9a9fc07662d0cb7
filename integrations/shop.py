"""From an order in a shop to a purchase: what the shops have in common. No I/O of its own.

A buyer is an account, or a guest, who is told by an e-mail address. A guest with the address of an
account is the one who has it.
"""

from collections.abc import AsyncGenerator, Callable, Iterable, Sequence
from dataclasses import replace
from typing import TypeVar

from integrations.records import Page, Purchase

Order = TypeVar("Order")


class Buyers:
    """Who bought. What guests bought is held back until all accounts are known."""

    def __init__(self) -> None:
        self._accounts: dict[str, str] = {}
        self._guests: list[Purchase] = []

    def with_account(self, purchases: Iterable[Purchase]) -> list[Purchase]:
        """Those of accounts. What has an address and no customer is a guest's."""
        known = []
        for purchase in purchases:
            if not purchase.customer:
                self._guests.append(purchase)
                continue
            known.append(purchase)
            for email in purchase.emails:
                self._accounts.setdefault(email, purchase.customer)
        return known

    def guests(self) -> list[Purchase]:
        """What was held back, now that every account is known."""
        return [self._owned(purchase) for purchase in self._guests]

    def _owned(self, purchase: Purchase) -> Purchase:
        [email] = purchase.emails
        if account := self._accounts.get(email):
            return replace(purchase, customer=account, was=(email,))
        return replace(purchase, customer=email)


def address(told: str | None) -> str:
    """An e-mail address as it tells somebody, however it was typed; "" for what is none."""
    found = (told or "").strip().casefold()
    return found if "@" in found else ""


def who(account: str, email: str) -> tuple[str, ...]:
    """What tells the buyer of an order: the account before the address; nothing of nobody's."""
    return tuple(filter(None, (account, email)))


async def all_orders(
    changed: Iterable[Order],
    who: Callable[[Order], Sequence[str]],
    orders_of: Callable[[Sequence[str]], AsyncGenerator[Iterable[Order], None]],
) -> tuple[list[Order], set[str]]:
    """All orders of whoever placed one that changed, some of them twice, and what tells them.

    `orders_of` finds the orders of accounts and addresses. The orders of an account tell its
    addresses, under which it may have bought as a guest, and those of an address its account: so
    it is asked again until nothing new comes.
    """
    wanted = {one for order in changed for one in who(order)}
    asked: set[str] = set()
    found: list[Order] = []
    while unread := sorted(wanted - asked):
        async for orders in orders_of(unread):
            found.extend(orders)
        asked.update(unread)
        for order in found:
            if not wanted.isdisjoint(who(order)):
                wanted.update(who(order))
    return found, wanted


def changes(
    purchases: Iterable[Purchase], owners: Iterable[Sequence[str]], wanted: set[str]
) -> Page:
    """The page of those who are told by `wanted`, given all that they bought.

    `owners` are what tells the buyer of each order, also of those that are no purchases: who has
    such alone is gone.
    """
    buyers = Buyers()
    known = buyers.with_account(purchases)
    records = [record for record in [*known, *buyers.guests()] if record.customer in wanted]
    there = {record.customer for record in records}.union(*(record.was for record in records))
    had = {owner[0] for owner in owners if owner}
    return Page(records, gone=sorted((had & wanted) - there))
