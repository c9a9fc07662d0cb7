"""How far two shares are apart, and how far luck alone may have put them apart."""

import math
from dataclasses import dataclass

_Z = 1.959963984540054
"""Of the normal distribution, 95 % lie within so many standard deviations."""


@dataclass(frozen=True, slots=True)
class Difference:
    """All in fractions, the first share less the second."""

    of: float
    low: float
    high: float
    """Between these it lies, with a certainty of 95 %."""

    @property
    def is_luck(self) -> bool:
        """Whether luck explains it: there may be none."""
        return self.low <= 0 <= self.high


def difference(kept: int, opening: int, kept_then: int, opening_then: int) -> Difference:
    """Of kept / opening and kept_then / opening_then, neither of which may be of nobody.

    The interval is method 10 of Newcombe, Interval estimation for the difference between
    independent proportions, Statistics in Medicine 17 (1998), 873-890, pages 876 and 877.
    """
    first, second = kept / opening, kept_then / opening_then
    low, high = _wilson(kept, opening)
    low_then, high_then = _wilson(kept_then, opening_then)
    of = first - second
    return Difference(
        of,
        of - math.hypot(first - low, high_then - second),
        of + math.hypot(high - first, second - low_then),
    )


def _wilson(part: int, whole: int) -> tuple[float, float]:
    """Wilson's interval of a share, on which Newcombe's is built."""
    share, z2 = part / whole, _Z * _Z
    middle = 2 * part + z2
    reach = _Z * math.sqrt(z2 + 4 * whole * share * (1 - share))
    return (middle - reach) / (2 * (whole + z2)), (middle + reach) / (2 * (whole + z2))
