"""Why customers left, as people say it: a short list, and words of their own."""

from collections import Counter
from collections.abc import Iterable
from dataclasses import dataclass
from datetime import date

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


@dataclass(frozen=True, slots=True)
class LossReason:
    """Of one customer and one loss; the last who says it is believed."""

    customer: int
    left: date
    """The first day on which they were no customer any more."""
    reason: str
    words: str = ""
    person: str = ""


def table(said: Iterable[LossReason], lost: int) -> list[tuple[str, int]]:
    """How many left for which reason, the most frequent first; last, of whom nobody knows."""
    counts = Counter(each.reason for each in said)
    known = sorted(counts.items(), key=lambda each: (-each[1], each[0]))
    missing = lost - sum(counts.values())
    return [*known, ("not known yet", missing)] if missing > 0 else known
