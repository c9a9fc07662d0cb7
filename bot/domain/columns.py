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
    known_to: int | None = None
    """The last day that the newest believed pull can speak of; None before any pull."""
    dimensions: Mapping[str, Dimension] = field(default_factory=dict)

    def __len__(self) -> int:
        return len(self.since)
