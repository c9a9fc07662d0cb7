"""All stays of one source as known at one moment: columns, for the arithmetic."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime

import numpy as np
from numpy.typing import NDArray

Days = NDArray[np.int32]
Codes = NDArray[np.int32]
Mask = NDArray[np.bool_]
"""One truth value a row."""
Amounts = NDArray[np.int64]
"""Money in parts, of which `PARTS` make one of what people count in: 1 EUR, 1 JPY."""

PARTS = 100_000
"""Fine enough for a year's price shared out over 12 months, or a day's over a month: a million
customers, each half a part off, are 5 units off together."""

FOREVER = np.int32(2**31 - 1)
"""`until` of a stay that has not ended."""


@dataclass(frozen=True, eq=False, slots=True)
class Dimension:
    """What a field (plan, region) was for whom since when; rows sorted by customer, then since."""

    labels: tuple[str, ...]
    customer: Codes
    since: Days
    label: Codes
    """Index into `labels`."""


@dataclass(frozen=True, eq=False, slots=True)
class Revenue:
    """What customers pay a month; rows sorted by customer, then since.

    The rows that cover a day add up to the customer's monthly recurring revenue on it.
    """

    customer: Codes
    since: Days
    """The first day on which it is paid for."""
    until: Days
    """The first day no longer; `FOREVER` if there is none."""
    amount: Amounts
    """A month's worth, never below 0: a discount is taken off what it is a discount on."""
    currency: Codes
    """Index into `currencies`."""
    currencies: tuple[str, ...]
    """Three letters each, as ISO 4217 has them."""

    def __len__(self) -> int:
        return len(self.since)


@dataclass(frozen=True, eq=False, slots=True)
class Occasions:
    """What befell customers on single days (purchases, ends of terms); rows in any order."""

    customer: Codes
    day: Days

    def __len__(self) -> int:
        return len(self.day)


@dataclass(frozen=True, eq=False, slots=True)
class Columns:
    """One row a stay, sorted by customer, then since; a customer's stays do not overlap."""

    customer: Codes
    """The store's number of the customer."""
    since: Days
    """Days since 1970-01-01: the first day as a customer."""
    until: Days
    """The first day no longer a customer; `FOREVER` if there is none."""
    source: str = ""
    known_at: datetime | None = None
    """When the newest believed pull behind this was believed, UTC."""
    known_from: int | None = None
    """The first day on which we could tell who is a customer; None where the source tells dates
    for all of the past."""
    trusted_from: int | None = None
    """The first day of which the history that the source rebuilt is true; None where all of it is.
    There are figures of days before it, which are told with this day."""
    known_to: int | None = None
    """The last day that the newest believed pull can speak of; None before any pull."""
    dimensions: Mapping[str, Dimension] = field(default_factory=dict)
    revenue: Revenue | None = None
    """None where the source tells no amounts."""
    terms: Occasions | None = None
    """The ends of terms, past and to come: the first day that each does not cover. None where the
    source tells of none."""
    purchases: Occasions | None = None
    """None where the source gives other evidence than purchases."""

    def __len__(self) -> int:
        return len(self.since)
