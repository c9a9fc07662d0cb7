"""The figures once more, slow and obvious: days as dates, customers as sets, a loop for each.

Written apart from the engine, of which nothing is used here.
"""

from collections.abc import Iterable, Mapping
from datetime import date, timedelta

Stay = tuple[date, date | None]
Company = Mapping[int, Iterable[Stay]]
"""Every customer's stays: the first day as a customer, the first day no longer one."""


def is_customer(stays: Iterable[Stay], day: date) -> bool:
    return any(since <= day and (until is None or day < until) for since, until in stays)


def figures(company: Company, first: date, last: date) -> dict[str, set[int]]:
    """Who makes up each number of the days `first` to `last`, both included."""
    eve = first - timedelta(days=1)
    opening = {who for who, stays in company.items() if is_customer(stays, eve)}
    closing = {who for who, stays in company.items() if is_customer(stays, last)}
    before = {who for who, stays in company.items() if any(since < first for since, _ in stays)}
    joined = {
        who for who, stays in company.items() if any(first <= since <= last for since, _ in stays)
    }
    return {
        "opening": opening,
        "closing": closing,
        "kept": opening & closing,
        "lost": opening - closing,
        "new": closing - opening - before,
        "won_back": (closing - opening) & before,
        "early_losses": joined - opening - closing,
    }


def days_as_customer(stays: Iterable[Stay], first: date, last: date) -> set[date]:
    """The days from `first` to `last` on which they were a customer."""
    days = (first + timedelta(days=number) for number in range((last - first).days + 1))
    stays = list(stays)
    return {day for day in days if is_customer(stays, day)}
