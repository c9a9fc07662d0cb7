"""What was measured, and what it should be."""

from collections.abc import Sequence
from dataclasses import dataclass
from statistics import median
from typing import Any


@dataclass(frozen=True, slots=True)
class Target:
    """A bound that a figure should keep."""

    bound: float
    most: bool
    """Whether the figure may be at most `bound`; otherwise it must be at least that."""

    def kept_by(self, measured: float) -> bool:
        return measured <= self.bound if self.most else measured >= self.bound

    def __str__(self) -> str:
        return f"{'at most' if self.most else 'at least'} {self.bound:,g}"


def at_most(bound: float) -> Target:
    return Target(bound, most=True)


def at_least(bound: float) -> Target:
    return Target(bound, most=False)


@dataclass(frozen=True, slots=True)
class Result:
    """One line of the table."""

    name: str
    measured: float
    unit: str
    target: Target | None = None
    spread: tuple[float, float] | None = None
    """The least and the most of the repeats, of which `measured` is the median."""

    @property
    def met(self) -> bool | None:
        """None where there is no target."""
        return None if self.target is None else self.target.kept_by(self.measured)

    def as_json(self) -> dict[str, Any]:
        return {
            "name": self.name,
            "measured": self.measured,
            "unit": self.unit,
            "target": None if self.target is None else str(self.target),
            "met": self.met,
        }


def of_repeats(
    name: str, repeats: Sequence[float], unit: str, target: Target | None = None
) -> Result:
    """The median, with the least and the most beside it."""
    return Result(name, median(repeats), unit, target, (min(repeats), max(repeats)))


def percentile(sorted_values: Sequence[float], share: float) -> float:
    """The value that `share` (0-1) of them do not exceed; nearest rank."""
    rank = max(0, min(len(sorted_values) - 1, round(share * len(sorted_values)) - 1))
    return sorted_values[rank]
