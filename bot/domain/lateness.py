"""Churn that is recorded late: how much of it can have been seen by now.

Who left last week is often entered next month. Expectations are made of periods that were recorded
to the end, so a new period always looks better than it is. What is expected of each is multiplied
by the share of churn that is usually recorded by its age: nowcasting the other way round (McGough
and others 2020, PLoS Computational Biology e1007735).

We know only that a loss was entered after one pull and before the next. Who is pulled once a month
sees most losses first weeks after they happened, and yet all of them at each pull: taken for late,
half of what is to be expected would be left out. So the delays are estimated from the spans in
which they lie (Turnbull 1976, Journal of the Royal Statistical Society B 38:290).
"""

from collections.abc import Sequence
from dataclasses import dataclass, field, replace

import numpy as np
from numpy.typing import NDArray

from bot.domain.columns import Days
from bot.domain.period import Period, day_number

HORIZON = 120
"""Days after which whatever will be recorded has been."""
LEAST = 30
"""Leavers of whom we must know both days; with fewer nothing is corrected."""


_FROM_START = 15
"""Days of a month that are counted from its start; the others from its end, of which there are 16.
Many books put all leavers on one of the two."""
_ROUNDS, _STILL = 200, 1e-5
"""How often an estimate is made better at most, and what is no change."""
_EVENLY = 31
"""Leavers with whose weight the days of a month are taken to be alike."""


@dataclass(frozen=True, eq=False, slots=True)
class Recording:
    """How late churn is recorded here, and on which day we look."""

    within: NDArray[np.float64]
    """At [d]: the share of churn that is recorded on the d-th day after it or before."""
    asked: int
    """Number of the last day of which records can speak."""
    of_day: NDArray[np.float64] = field(default_factory=lambda: np.ones(_FROM_START + 16))
    """How much churn falls on a day of the month, against other days: 15 from its start, then 16
    from its end, the last day first."""

    def shares(self, periods: Sequence[Period]) -> NDArray[np.float64]:
        """Of each period, the share of its churn that is recorded by now.

        Of days to come nothing is. Churn falls on the days of a period as it usually does on the
        days of a month.
        """
        if not periods:
            return np.zeros(0)
        first = np.array([day_number(period.first) for period in periods])
        next_ = np.array([day_number(period.next) for period in periods])
        low = int(first.min())
        days = np.arange(low, int(next_.max()))
        age = np.clip(self.asked - days, -1, len(self.within) - 1)
        weight = self.of_day[_place(days)]
        seen = np.where(age < 0, 0.0, self.within[age]) * weight
        upto_seen, upto = (np.concatenate([[0.0], np.cumsum(each)]) for each in (seen, weight))
        spans = next_ - low, first - low
        share: NDArray[np.float64] = upto_seen[spans[0]] - upto_seen[spans[1]]
        share /= upto[spans[0]] - upto[spans[1]]
        return share

    def at(self, asked: int) -> "Recording":
        """The same, looked at on another day."""
        return replace(self, asked=asked)


def recording(
    left: Days, recorded: Days, *, asked: int, earliest: Days | None = None
) -> Recording | None:
    """What leavers of whom both days are known tell of how late churn is recorded.

    `left` is the first day no longer a customer, `recorded` the day on which we, or the source,
    first had it so; a record from before the day itself was not late. It may have been entered on
    any day from `earliest` on. Only those who left `HORIZON` days before `asked` or earlier are
    counted: of later ones, those that are recorded late are not among them yet. None where these
    are fewer than `LEAST`.
    """
    old = left <= asked - HORIZON
    late = np.clip(recorded[old] - left[old], 0, None)
    known = late <= HORIZON
    late, days = late[known], left[old][known]
    if len(late) < LEAST:
        return None
    begins = late
    if earliest is not None:
        begins = np.clip(earliest[old][known] - days, 0, late)
    falls = np.bincount(_place(days), minlength=_FROM_START + 16) + _EVENLY / (_FROM_START + 16)
    return Recording(np.cumsum(_delays(begins, late)), asked, falls / falls.mean())


def _delays(begins: Days, ends: Days) -> NDArray[np.float64]:
    """The share of losses that is entered so many days late, of which each lies in a span from
    `begins` to `ends`, both in it: the self-consistent estimate."""
    spans, weight = np.unique(np.stack([begins, ends]), axis=1, return_counts=True)
    low, high = spans[0], spans[1]
    share = np.full(HORIZON + 1, 1 / (HORIZON + 1))
    for _ in range(_ROUNDS):
        upto = np.concatenate([[0.0], np.cumsum(share)])
        each = weight / np.maximum(upto[high + 1] - upto[low], 1e-300)
        starts = np.bincount(low, each, HORIZON + 2) - np.bincount(high + 1, each, HORIZON + 2)
        better = share * np.cumsum(starts)[:-1] / len(begins)
        better = np.maximum(better, 0) / max(better.sum(), 1e-300)
        moved, share = float(np.abs(better - share).max()), better
        if moved < _STILL:
            break
    return share


def _place(days: NDArray[np.int64] | Days) -> NDArray[np.int64]:
    """Where the day of the month stands in `of_day`."""
    day = days.astype("datetime64[D]")
    month = day.astype("datetime64[M]")
    from_start = (day - month).astype(np.int64)
    from_end = ((month + 1).astype("datetime64[D]") - day).astype(np.int64) - 1
    place: NDArray[np.int64] = np.where(
        from_start < _FROM_START, from_start, _FROM_START + from_end
    )
    return place
