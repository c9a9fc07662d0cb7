"""What a rule would have said in the past, and what that suggests to set.

Before a rule is switched on it is run over the company's own history, each period judged by what
came before it alone. How much the same months of different years differ tells how much variation
nobody can explain; where that is more than the rule assumes, it would cry wolf, and a larger kappa
is suggested.
"""

from collections.abc import Iterable, Iterator
from dataclasses import dataclass, replace

import numpy as np
from numpy.typing import ArrayLike, NDArray

from bot.domain.detection import SHORTEST, Level, Past, Settings, Verdict, judge
from bot.domain.expected import USUAL_CLUSTERING, YEAR, Grid, unexplained
from bot.domain.exposure import Exposure
from bot.domain.period import Period

Floats = NDArray[np.float64]

GOAL = 0.5
"""False alarms a year that are put up with."""
_OF_ONE = 9
"""The most that one period may stray in the estimate, in times of what is usual."""
_MUCH = 0.0625
"""A variation of 25 %, more than most have."""


@dataclass(frozen=True, slots=True)
class Episode:
    """What would have been an incident."""

    opened: Verdict
    resolved: Verdict | None
    """None where it would still be open."""


@dataclass(frozen=True, slots=True)
class BackTest:
    settings: Settings
    verdicts: tuple[Verdict, ...]
    """One for each period that there is a history for, oldest first."""
    episodes: tuple[Episode, ...]

    @property
    def judged(self) -> int:
        """How many evaluations there was enough to look at."""
        return sum(verdict.looked for verdict in self.verdicts)

    @property
    def opened(self) -> tuple[Period, ...]:
        """The periods that would have opened an incident."""
        return tuple(e.opened.period for e in self.episodes if e.opened.period is not None)


@dataclass(frozen=True, slots=True)
class Suggestion:
    """Settings under which the past would have been quiet enough, and what they change."""

    settings: Settings
    before: BackTest
    after: BackTest

    @property
    def changes(self) -> bool:
        return self.settings != self.before.settings

    @property
    def variation(self) -> float:
        """The unexplained difference between months, a fraction: 0.25 is 25 %."""
        return float(np.sqrt(self.settings.unexplained))


def as_known_now(history: Exposure, *, at_least: int = SHORTEST) -> Iterator[Exposure]:
    """The history up to each of its periods in turn, by today's knowledge.

    What was known at the time is a history of its own for each period, ending with it: give those
    to `backtest` instead.
    """
    return (history.until(count) for count in range(at_least + 1, len(history) + 1))


def backtest(histories: Iterable[Exposure], settings: Settings | None = None) -> BackTest:
    """What would have been said at the end of each history, with incidents opened and resolved."""
    settings = settings or Settings()
    past, opened = Past(), None
    verdicts: list[Verdict] = []
    episodes: list[Episode] = []
    for history in histories:
        verdict = judge(history, settings, past=past).total
        if past.watched_since is None and verdict.looked:
            past = replace(past, watched_since=history.periods[-1].first)
        if opened is None and verdict.dropped:
            opened = verdict
        elif opened is not None and verdicts[-1] is not opened and verdict.is_over:
            episodes.append(Episode(opened, verdict))
            opened, past = None, replace(past, not_before=history.periods[-2].first)
        verdicts.append(verdict)
    if opened is not None:
        episodes.append(Episode(opened, None))
    return BackTest(settings, tuple(verdicts), tuple(episodes))


def suggestion(
    histories: Iterable[Exposure], settings: Settings | None = None, *, per_year: int = 12
) -> Suggestion:
    """Settings for which alerts would have been as rare as they should be.

    First kappa, from how much the same months of different years differ; then, if there would still
    have been more than one alert in two years (but for a first one), the quietest level that it
    takes, if that makes them fewer. An alert that was right looks the same to this: a person
    decides. `per_year` is how many of the histories end in a year.
    """
    settings, known = settings or Settings(), list(histories)
    before = backtest(known, settings)
    found = settings
    if known:
        last = known[-1]
        kappa = round(float(variation(last.opening, last.lost, settings.clustering)[0]), 4)
        if kappa > max(settings.unexplained, unexplained(len(last) - 1)):
            found = replace(settings, unexplained=kappa)
    after = before if found == settings else backtest(known, found)
    for level in (Level.NORMAL, Level.QUIET):
        if len(after.episodes) <= max(1, GOAL * after.judged / per_year):
            break
        if after.settings.alpha > replace(settings, level=level).alpha:
            tested = backtest(known, replace(found, level=level))
            if len(tested.episodes) < len(after.episodes):  # else it is deaf for nothing
                found, after = tested.settings, tested
    return Suggestion(found, before, after)


def variation(opening: Grid, lost: Grid, clustering: ArrayLike = USUAL_CLUSTERING) -> Floats:
    """kappa as a history shows it: the square of the variation that nobody can explain.

    Periods are compared with the same time of other years, so that seasons are none of it. With
    rho = O/E of a period, its spread about the mean of its calendar month is phi_g/E + kappa on
    average; what is above phi_g/E is trusted as far as kappa is more than that. 0 where no period
    has another a year before it. Shape (..., periods, groups) in, (...) out.
    """
    customers, leavers = np.asarray(opening, np.float64), np.asarray(lost, np.float64)
    periods = customers.shape[-2]
    phi_g = np.asarray(clustering, np.float64)
    if periods <= YEAR:
        return np.zeros(customers.shape[:-2])
    S_b, C_b = customers.sum(axis=-2), leavers.sum(axis=-2)
    share = np.divide(C_b, S_b, out=np.zeros_like(S_b), where=S_b > 0)[..., np.newaxis, :]
    E = np.maximum((customers * share).sum(axis=-1), 0.25)
    rho = leavers.sum(axis=-1) / E
    squares, freedom, luck = (np.zeros(customers.shape[:-2]) for _ in range(3))
    for month in range(YEAR):
        same = np.arange(month, periods, YEAR)
        n = len(same)
        if n < 2:
            continue
        usual = phi_g / E[..., same].mean(axis=-1)
        strayed = ((rho[..., same] - rho[..., same].mean(axis=-1, keepdims=True)) ** 2).sum(axis=-1)
        squares += np.minimum(strayed, _OF_ONE * (n - 1) * (usual + _MUCH))
        freedom += n - 1
        luck += (n - 1) * usual
    kappa = np.maximum(squares - luck, 0) / freedom
    trusted: Floats = kappa * kappa / np.maximum(kappa + luck / freedom, 1e-12)
    return trusted
