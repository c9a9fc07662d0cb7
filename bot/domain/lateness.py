"""Churn that is recorded late: how much of it can have been seen by now.

Who left last week is often entered next month. Expectations are made of periods that were recorded
to the end, so a new period always looks better than it is. What is expected of each is multiplied
by the share of churn that is usually recorded by its age: nowcasting the other way round (McGough
and others 2020, PLoS Computational Biology e1007735).
"""

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from bot.domain.columns import Days
from bot.domain.period import Period, day_number

HORIZON = 120
"""Days after which whatever will be recorded has been."""
LEAST = 30
"""Leavers of whom we must know both days; with fewer nothing is corrected."""


@dataclass(frozen=True, eq=False, slots=True)
class Recording:
    """How late churn is recorded here, and on which day we look."""

    within: NDArray[np.float64]
    """At [d]: the share of churn that is recorded on the d-th day after it or before."""
    asked: int
    """Number of the last day of which records can speak."""

    def shares(self, periods: Sequence[Period]) -> NDArray[np.float64]:
        """Of each period, the share of its churn that is recorded by now.

        As if churn came evenly over the days of a period; those to come have none recorded.
        """
        known = np.concatenate([[0.0], np.cumsum(self.within)])
        rest = len(self.within)

        def up_to(age: int) -> float:
            """Of the ages 0 to `age` - 1 together."""
            count = max(age, 0)
            return float(known[min(count, rest)]) + max(count - rest, 0)

        return np.array(
            [
                (
                    up_to(self.asked - day_number(period.first) + 1)
                    - up_to(self.asked - day_number(period.next) + 1)
                )
                / period.days
                for period in periods
            ]
        )


def recording(left: Days, recorded: Days, *, asked: int) -> Recording | None:
    """What leavers of whom both days are known tell of how late churn is recorded.

    `left` is the first day no longer a customer, `recorded` the day on which we, or the source,
    first had it so; a record from before the day itself was not late. Only those who left
    `HORIZON` days before `asked` or earlier are counted: of later ones, those that are recorded
    late are not among them yet. None where these are fewer than `LEAST`.
    """
    old = left <= asked - HORIZON
    late = np.clip(recorded[old] - left[old], 0, None)
    late = late[late <= HORIZON]
    if len(late) < LEAST:
        return None
    counted = np.bincount(late, minlength=HORIZON + 1)
    return Recording(np.cumsum(counted) / len(late), asked)
