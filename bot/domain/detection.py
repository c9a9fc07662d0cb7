"""Whether retention dropped by more than luck explains: a verdict with all that a message needs.

`judge` says of the newest finished period of a history which window of it luck explains least, what
was expected there, how often luck looks like that, and what could not have been seen. Where it
says nothing, the reason is a value too. The method is in `expected` and `scan`.

The levels were measured on simulated companies (tests/benchmarks/alerts.py): false alarms come
0.44 · (chance/0.02)^0.76 times a year where finished months are judged.
"""

import math
from collections.abc import Collection, Sequence
from dataclasses import dataclass, replace
from datetime import date
from enum import StrEnum

import numpy as np
from numpy.typing import NDArray

from bot.domain.expected import (
    USUAL_CLUSTERING,
    YEAR,
    Expected,
    Model,
    expected,
    unexplained,
)
from bot.domain.exposure import Exposure
from bot.domain.lateness import Recording
from bot.domain.luck import bands, fires_at
from bot.domain.period import Period
from bot.domain.scan import MONTHS, ROLLING, Scan, earliest_start, of_single_periods, scan

SHORTEST = 3
"""Periods of history below which nothing is expected."""
GIVEN_EVIDENCE = 12.0
"""A of an expectation that a person gave."""
_RESOLVED_AT, _GOOD_AT, _ABOUT = 0.3, 0.15, 1.15
_WORSE = 10
"""How many times less likely an open drop must get to be told again."""


class Level(StrEnum):
    """How soon to speak."""

    SENSITIVE = "sensitive"
    """About one false alarm a year."""
    NORMAL = "normal"
    """About one in two years."""
    QUIET = "quiet"
    """About one in seven years."""


class Cadence(StrEnum):
    """How often to look. A week or a day looks back over whole months from where it stands."""

    MONTHLY = "monthly"
    WEEKLY = "weekly"
    DAILY = "daily"


_ALPHA = {Level.SENSITIVE: 0.05, Level.NORMAL: 0.02, Level.QUIET: 0.005}
_PER_LOOK = {Cadence.MONTHLY: 1.0, Cadence.WEEKLY: 0.5, Cadence.DAILY: 0.4}
"""Who looks more often asks more of each look."""


class Reason(StrEnum):
    """Why there is an alert, or none."""

    DROPPED = "dropped"
    NORMAL = "normal"
    """Luck explains what was seen."""
    SHORT_HISTORY = "short_history"
    """Fewer than 3 finished periods before this one, and nobody said what to expect."""
    SMALL_BASE = "small_base"
    """Too few customers; or a segment of which fewer than one leaver is expected in the longest
    window."""
    UNFINISHED = "unfinished"
    """The period has not ended."""
    STALE = "stale"
    """The newest believed pull has not seen the end of the period."""
    HELD = "held"
    """A newer pull is not believed, or did not reach the end."""
    NO_DATA = "no_data"
    """No period, or nobody to keep in it."""


@dataclass(frozen=True, slots=True)
class Settings:
    """What people may set, and what the back-test suggests."""

    level: Level = Level.NORMAL
    cadence: Cadence = Cadence.MONTHLY
    minimum_base: int = 30
    clustering: float = USUAL_CLUSTERING
    """phi_g, of `expected.clustering`."""
    unexplained: float = 0.0
    """The least kappa, of `backtest.calibration`."""
    expected_crr: float | None = None
    """A fraction that a person expects, while the history is too short to tell."""
    year: int = YEAR
    """As `expected.Model` has it."""

    @property
    def alpha(self) -> float:
        """The chance of luck below which there is an alert."""
        return _ALPHA[self.level] * _PER_LOOK[self.cadence]

    @property
    def windows(self) -> tuple[int, ...]:
        return MONTHS if self.cadence is Cadence.MONTHLY else ROLLING

    @property
    def model(self) -> Model:
        return Model(self.clustering, self.unexplained, self.year)

    def years(self, chance: float) -> float:
        """Once in how many years luck gives a signal as strong as this, with all looks counted."""
        usual = 0.44 * (chance / _PER_LOOK[self.cadence] / 0.02) ** 0.76
        return math.inf if usual <= 0 else 1 / usual


@dataclass(frozen=True, slots=True)
class Window:
    """One or several periods that end with the newest, taken together."""

    periods: tuple[Period, ...]
    opening: int
    """Customers at the start of each period, added up: 3 months of 50 are 150."""
    lost: int
    expected: float
    """How many leavers were expected, of those that can be recorded by now."""
    variance: float
    chance: float
    """That luck gives so many leavers or more."""

    @property
    def kept(self) -> int:
        return self.opening - self.lost

    @property
    def expected_kept(self) -> int:
        return round(self.opening - self.expected)

    @property
    def crr(self) -> float:
        return self.kept / self.opening

    @property
    def expected_crr(self) -> float:
        return 1 - self.expected / self.opening

    @property
    def one_in(self) -> int:
        """The chance as people say it, 1 in 270, in two digits that count."""
        return one_in(self.chance)


@dataclass(frozen=True, slots=True)
class Sight:
    """What the rule can see in a period like this one, taken by itself."""

    opening: int
    expected: float
    """Leavers."""
    variance: float
    alpha: float

    @property
    def fires_at(self) -> int:
        """The least number of leavers that is an alert; more than `opening` where none is."""
        return fires_at(self.expected, self.variance, self.alpha)

    @property
    def drop(self) -> float:
        """Points of CRR: drops under this would not show yet in a single period."""
        return 100 * (self.fires_at - self.expected) / self.opening

    @property
    def blind(self) -> bool:
        """Not even the loss of everybody would be an alert."""
        return self.fires_at > self.opening


@dataclass(frozen=True, slots=True)
class Expectation:
    """What was expected of one period by itself: a point of the chart, and its band."""

    period: Period
    opening: int
    lost: int
    expected: float
    fewest: int
    most: int
    """Leavers outside of fewest…most are more than luck explains."""


@dataclass(frozen=True, slots=True)
class Verdict:
    """Why to speak, or not, and the evidence."""

    reason: Reason
    period: Period | None = None
    opening: int = 0
    lost: int = 0
    windows: tuple[Window, ...] = ()
    """Those that were looked at, the shortest first."""
    alpha: float = 0.0
    """The chance below which a window is an alert."""
    years: float | None = None
    """A signal as strong as this is a false alarm about once in so many years."""
    sight: Sight | None = None
    history: int = 0
    """Finished periods before this one."""
    made_of: int = 0
    """How many of them the expectation is made of: "expected from the last 24 months"; 0 where
    they say that hardly anybody leaves."""

    @property
    def strongest(self) -> Window | None:
        """The window that luck explains least, the shortest of several alike."""
        return min(self.windows, key=lambda window: window.chance, default=None)

    @property
    def chance(self) -> float:
        """That luck gives the strongest window; 1 where nothing was looked at."""
        return self.strongest.chance if self.strongest else 1.0

    @property
    def dropped(self) -> bool:
        return self.reason is Reason.DROPPED

    @property
    def looked(self) -> bool:
        """Whether there was enough to look at."""
        return self.reason in (Reason.DROPPED, Reason.NORMAL)

    @property
    def is_over(self) -> bool:
        """Whether an open incident is resolved by this: asks more than that there is no alert.

        The last two periods together are about as expected, and the last one by itself is good.
        Never asked of the evaluation right after the one that opened.
        """
        if not self.looked:
            return False
        last = next((w for w in self.windows if len(w.periods) == 1), None)
        pair = next((w for w in self.windows if len(w.periods) == 2), last)
        if last is None or pair is None:
            return False
        settled = pair.chance >= _RESOLVED_AT or pair.lost <= _ABOUT * pair.expected
        return settled and last.chance >= _GOOD_AT

    def clearly_worse(self, told: float) -> bool:
        """Whether luck explains this ten times less than what was told last, of chance `told`."""
        return self.dropped and self.chance * _WORSE <= told


@dataclass(frozen=True, slots=True)
class Split:
    """Segments to be judged beside the total, of one dimension."""

    dimension: str
    labels: tuple[str, ...]
    """One for each cell of `history`."""
    history: Exposure


@dataclass(frozen=True, slots=True)
class Segment:
    dimension: str
    label: str
    verdict: Verdict


@dataclass(frozen=True, slots=True)
class Findings:
    """One evaluation: the total, and the segments that were watched, the strongest first."""

    total: Verdict
    segments: tuple[Segment, ...] = ()

    @property
    def dropped(self) -> bool:
        return self.total.dropped or any(one.verdict.dropped for one in self.segments)


@dataclass(frozen=True, slots=True)
class Past:
    """What is to be known of how a rule came here."""

    watched_since: date | None = None
    """First day of the period of the first evaluation ever made; None if this is the first."""
    not_before: date | None = None
    """Windows may not reach back before this day: after an incident was resolved, the first day of
    the period before the one that resolved it."""
    incidents: tuple[tuple[date, date], ...] = ()
    """First and last day of what was an incident: nothing is expected from those periods."""
    new_normal: date | None = None
    """Expectations are made of periods from this day on."""


@dataclass(frozen=True, slots=True)
class Data:
    """The state of what the figures are made of."""

    today: date
    known_to: date | None
    """The newest day that a believed pull speaks of."""
    held: bool = False
    """Whether a pull that came after it is held, was partial, or failed."""


MOST_SEGMENTS = 20
"""Of one dimension; the largest are judged."""


def unready(period: Period, data: Data) -> Reason | None:
    """Why a period must not be judged by data like these; None where it may be."""
    if data.today < period.next:
        return Reason.UNFINISHED
    if data.known_to is None or data.known_to < period.next:
        return Reason.HELD if data.held else Reason.STALE
    return Reason.HELD if data.held else None


def judge(
    history: Exposure,
    settings: Settings | None = None,
    *,
    past: Past | None = None,
    recording: Recording | None = None,
    splits: Sequence[Split] = (),
) -> Findings:
    """The verdict on the last of the history's periods, for the total and for segments.

    The history has one cell and the periods of the splits. All of its periods are finished and
    known (`exposure.known_periods`); of rolling months the last ends when it is evaluated.

    Where segments are judged, the total and all of them share alpha by halves, and the segments
    share theirs by Holm's method: the least likely is held to its half over their number, the next
    to it over one fewer, and so on until one is not an alert. False alarms stay as rare as those
    of one rule, whatever the number of segments.
    """
    looking = _Looking(settings or Settings(), past or Past(), recording)
    alpha = looking.settings.alpha / 2 if splits else looking.settings.alpha
    total = looking.at(history, however_rare=True)[0]
    looks = [
        (split.dimension, split.labels[cell], look)
        for split in splits
        for cell, look in zip(*_largest(split, looking), strict=True)
    ]
    return Findings(total.verdict(alpha), _by_holm(looks, alpha))


def expectations(
    history: Exposure,
    settings: Settings | None = None,
    *,
    past: Past | None = None,
    recording: Recording | None = None,
    newest: int = 24,
) -> tuple[Expectation, ...]:
    """What was expected of each period by those before it, for a chart; cell 0, oldest first.

    The band of a period is what luck explains of it by itself, of those who can be recorded by now.
    The `newest` periods at most, of which something was expected.
    """
    settings, past = settings or Settings(), past or Past()
    cut = _cut(history, past)
    first = max(SHORTEST, len(cut) - newest)
    made = _expected(cut, settings, past, first)
    share = recording.shares(cut.periods) if recording else np.ones(len(cut))
    looked = range(first, len(cut))
    means, variances = of_single_periods(made, share)
    mean, variance = means[0, first:], variances[0, first:]
    fewest, most = bands(mean, variance, settings.alpha)
    return tuple(
        Expectation(
            cut.periods[t],
            int(cut.opening[0, t].sum()),
            int(cut.lost[0, t].sum()),
            float(mean[n]),
            int(fewest[n]),
            int(most[n]),
        )
        for n, t in enumerate(looked)
    )


def one_in(chance: float) -> int:
    """1 / chance in two digits that count: 0.00376 is 1 in 270."""
    if chance <= 0:
        return 10**9
    exact = min(1 / chance, 1e9)
    digits = max(0, math.floor(math.log10(exact)) - 1)
    return int(round(exact, -digits))


def _cut(history: Exposure, past: Past) -> Exposure:
    """Without the periods before there were customers, or before what is normal became so."""
    there = np.flatnonzero(history.opening.sum(axis=(0, 2)))
    start = int(there[0]) if len(there) else len(history)
    if past.new_normal is not None:
        normal = [n for n, p in enumerate(history.periods) if p.first >= past.new_normal]
        start = max(start, normal[0] if normal else len(history))
    return Exposure(history.periods[start:], history.opening[:, start:], history.lost[:, start:])


def _expected(history: Exposure, settings: Settings, past: Past, first: int) -> Expected:
    without = _numbers(history.periods, past.incidents)
    return expected(history.opening, history.lost, settings.model, first=first, without=without)


def _numbers(periods: Sequence[Period], incidents: Collection[tuple[date, date]]) -> frozenset[int]:
    """Which of the periods share a day with an incident."""
    return frozenset(
        number
        for number, period in enumerate(periods)
        for first, last in incidents
        if period.first <= last and first <= period.last
    )


@dataclass(frozen=True, eq=False, slots=True)
class _Look:
    """What was seen of one cell, before it is held to an alpha."""

    settings: Settings
    period: Period | None = None
    opening: int = 0
    lost: int = 0
    silent: Reason | None = None
    """Why there is no verdict; None where there is one."""
    windows: tuple[Window, ...] = ()
    mean: float = 0.0
    variance: float = 0.0
    """Of the newest period by itself, with all leavers recorded."""
    history: int = 0
    made_of: int = 0

    @property
    def chance(self) -> float:
        return min((window.chance for window in self.windows), default=1.0)

    def verdict(self, alpha: float) -> Verdict:
        told = Verdict(
            self.silent or (Reason.DROPPED if self.chance < alpha else Reason.NORMAL),
            self.period,
            self.opening,
            self.lost,
            alpha=alpha,
            history=self.history,
        )
        if self.silent:
            return told
        return replace(
            told,
            windows=self.windows,
            years=self.settings.years(self.chance),
            sight=Sight(self.opening, self.mean, self.variance, alpha),
            made_of=self.made_of,
        )


@dataclass(frozen=True, slots=True)
class _Looking:
    settings: Settings
    past: Past
    recording: Recording | None

    def at(self, whole: Exposure, *, however_rare: bool = False) -> list[_Look]:
        """Every cell of a history; with `however_rare`, those too of which hardly anybody leaves.

        Of these the newest period is judged by itself, as if one leaver were usual in it, which is
        more than is: nothing can be told of how much so small a number varies, but who has lost
        300 of 400 customers must not hear that this may be luck.
        """
        history = _cut(whole, self.past)
        t = len(history) - 1
        if t < 0:
            return [_Look(self.settings, silent=Reason.NO_DATA) for _ in whole.opening]
        made = self._expected(history, t)
        if made is None:
            return [self._look(history, cell) for cell in range(len(history.opening))]
        given = t < SHORTEST
        start = t if given else self._start(history, t)
        share = self.recording.shares(history.periods) if self.recording else None
        lengths = (1,) if given else self.settings.windows
        scanned = scan(history.lost, made, t, lengths=lengths, start=start, recorded=share)
        alone = scan(history.lost, made, t, lengths=(1,), start=t)
        rare = None
        if however_rare:
            rare = scan(history.lost, _as_one(history, self.settings), t, lengths=(1,), start=t)
        return [
            self._look(history, cell, scanned, alone, int(made.used[t]), rare)
            for cell in range(len(history.opening))
        ]

    def _expected(self, history: Exposure, t: int) -> Expected | None:
        if t >= SHORTEST:
            first = max(1, t - max(self.settings.windows) + 1)
            return _expected(history, self.settings, self.past, first)
        return _as_given(history, self.settings)

    def _start(self, history: Exposure, t: int) -> int:
        """The first period in which a window may begin."""
        start = earliest_start(_number(history.periods, self.past.watched_since, t))
        if self.past.not_before is not None:
            start = max(start, _number(history.periods, self.past.not_before, t))
        return start

    def _look(
        self,
        history: Exposure,
        cell: int,
        scanned: Scan | None = None,
        alone: Scan | None = None,
        made_of: int = 0,
        rare: Scan | None = None,
    ) -> _Look:
        t = len(history) - 1
        opening = history.opening[cell].sum(axis=-1)
        look = _Look(
            self.settings,
            history.periods[t],
            int(opening[t]),
            int(history.lost[cell, t].sum()),
            history=t,
            made_of=made_of,
        )
        before = np.count_nonzero(opening[:t])
        if not opening[t]:
            return replace(look, silent=Reason.NO_DATA)
        if opening[t] < self.settings.minimum_base:
            return replace(look, silent=Reason.SMALL_BASE)
        if scanned is None or alone is None or (before < SHORTEST and t >= SHORTEST):
            return replace(look, silent=Reason.SHORT_HISTORY)
        if scanned.expected[cell, -1] < 1:
            if rare is None:
                return replace(look, silent=Reason.SMALL_BASE)
            scanned = alone = rare
            look = replace(look, made_of=0)
        return replace(
            look,
            windows=_windows(history.periods, opening, scanned, cell),
            mean=float(alone.expected[cell, 0]),
            variance=float(alone.variance[cell, 0]),
        )


def _windows(
    periods: tuple[Period, ...], opening: NDArray[np.int64], scanned: Scan, cell: int
) -> tuple[Window, ...]:
    return tuple(
        Window(
            periods[-length:],
            int(opening[-length:].sum()),
            int(scanned.observed[cell, number]),
            float(scanned.expected[cell, number]),
            float(scanned.variance[cell, number]),
            float(scanned.chance[cell, number]),
        )
        for number, length in enumerate(scanned.lengths)
    )


def _as_given(history: Exposure, settings: Settings) -> Expected | None:
    """As a person expects it; None if nobody does."""
    if settings.expected_crr is None:
        return None
    opening = history.opening.sum(axis=-1)
    return _sure_of((1 - settings.expected_crr) * opening, history, settings)


def _as_one(history: Exposure, settings: Settings) -> Expected:
    """As if one leaver were usual in each period, as sure as a person would be."""
    return _sure_of(np.ones(history.opening.shape[:-1]), history, settings)


def _sure_of(usual: NDArray[np.float64], history: Exposure, settings: Settings) -> Expected:
    """So many leavers in each period, as sure as if twelve leavers had told it."""
    each = usual / np.maximum(1, history.opening.sum(axis=-1))
    kappa = max(unexplained(0), settings.unexplained)
    phi = np.maximum(1.0, settings.clustering + kappa * usual)
    return Expected(
        leavers=usual,
        season=np.ones_like(usual),
        dispersion=phi,
        evidence=np.full_like(usual, GIVEN_EVIDENCE),
        season_error=np.zeros_like(usual),
        prior_dispersion=phi,
        rates=np.broadcast_to(each[..., np.newaxis], history.opening.shape),
        used=np.zeros(len(history), np.int64),
    )


def _largest(split: Split, looking: _Looking) -> tuple[list[int], list[_Look]]:
    """The cells with most customers now, and what was seen of them."""
    looks = looking.at(split.history)
    by_size = sorted(range(len(looks)), key=lambda cell: (-looks[cell].opening, cell))
    kept = sorted(by_size[:MOST_SEGMENTS])
    return kept, [looks[cell] for cell in kept]


def _by_holm(looks: Sequence[tuple[str, str, _Look]], alpha: float) -> tuple[Segment, ...]:
    """Each held to what Holm's method leaves it of alpha; those that can't be seen don't count."""
    tested = sum(not look.silent for _, _, look in looks)
    found, held = [], 0
    for dimension, label, look in sorted(looks, key=lambda each: each[2].chance):
        verdict = look.verdict(alpha / max(1, tested - held))
        held += verdict.dropped
        found.append(Segment(dimension, label, verdict))
    return tuple(found)


def _number(periods: Sequence[Period], day: date | None, otherwise: int) -> int:
    """The number of the first period that ends after a day."""
    if day is None:
        return otherwise
    return next((n for n, period in enumerate(periods) if day < period.next), otherwise)
