"""Why customers left, as people say it: a short list, and words of their own."""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from datetime import date
from types import MappingProxyType
from typing import NamedTuple

USUAL = (
    "price",
    "product",
    "service",
    "champion left",
    "out of business",
    "competitor",
)
OTHER = "other"
"""Always on the list: with words."""
UNKNOWN = ""
"""Stands for the reason where nobody has said one."""


@dataclass(frozen=True, slots=True)
class LossReason:
    """Of one customer and one loss; the last who says it is believed."""

    customer: int
    left: date
    """The first day on which they were no customer any more."""
    reason: str
    words: str = ""
    person: str = ""


class Cause(NamedTuple):
    """A line of the table of reasons."""

    reason: str
    """`UNKNOWN` of those of whom nobody has said one."""
    customers: int
    monthly: float | None
    """What they paid a month, in the currency of all amounts; None where that is not told."""


def table(
    said: Iterable[LossReason],
    lost: Iterable[int],
    paid: Mapping[int, float] = MappingProxyType({}),
) -> list[Cause]:
    """How many of the `lost` left for which reason, the most frequent first; last, of whom nobody
    knows.

    `paid` is what each of them paid a month, where the source tells it.
    """
    reason_of = {each.customer: each.reason for each in said}
    of: dict[str, list[int]] = {}
    for customer in lost:
        of.setdefault(reason_of.get(customer, UNKNOWN), []).append(customer)
    causes = [
        Cause(reason, len(who), sum(paid.get(each, 0.0) for each in who) if paid else None)
        for reason, who in of.items()
    ]
    return sorted(causes, key=lambda c: (c.reason == UNKNOWN, -c.customers, c.reason))
