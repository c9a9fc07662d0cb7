"""CDNOW by hand: who was a customer, from the file itself, sharing nothing with the product."""

from collections import defaultdict
from collections.abc import Iterable
from datetime import date, timedelta
from functools import cache
from typing import NamedTuple

from tests.end_to_end.running import CDNOW, SHOP, SUCCESS

__all__ = ["CDNOW", "SHOP"]

KEEPS = 90

WEEKLY_DROP = {
    "name": "weekly drop",
    "channel": SUCCESS,
    "period": "week",
    "points": 3,
    "periods": 6,
    "cron": "30 8 * * *",
}
"""Speaks of the week from 15 September 1997."""


class Figure(NamedTuple):
    """What a period comes to."""

    opening: int
    closing: int
    kept: int
    lost: int
    new: int
    won_back: int

    @property
    def crr(self) -> float:
        return self.kept / self.opening

    @property
    def percent(self) -> str:
        return f"{100 * self.crr:.1f} %"


@cache
def bought() -> dict[str, list[date]]:
    """The days of each customer's purchases."""
    days: dict[str, list[date]] = defaultdict(list)
    for line in CDNOW.read_text().splitlines():
        _, customer, day, _, _ = line.split()
        days[customer].append(date(int(day[:4]), int(day[4:6]), int(day[6:])))
    return days


def customers_on(day: date) -> set[str]:
    return {who for who, days in bought().items() if _kept(days, day)}


def counted(first: date, last: date) -> Figure:
    """From `first` to `last`, both included."""
    opening, closing = customers_on(first - timedelta(days=1)), customers_on(last)
    gained = closing - opening
    new = {who for who in gained if min(bought()[who]) >= first}
    return Figure(
        opening=len(opening),
        closing=len(closing),
        kept=len(opening & closing),
        lost=len(opening - closing),
        new=len(new),
        won_back=len(gained - new),
    )


def _kept(days: Iterable[date], on: date) -> bool:
    return any(day <= on < day + timedelta(days=KEEPS) for day in days)
