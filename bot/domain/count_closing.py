"""Closed figures of customers who are only counted, and what corrected counts make of them.

As with figures by identity, what is closed is kept for good; when a count behind it is corrected,
the period gets a further version and a restatement says which count it was.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date, datetime, timedelta

from bot.domain.bridge import Counted
from bot.domain.closing import finished, is_settled
from bot.domain.counting import CountFigure, CountOn, count_figure, known_by
from bot.domain.definition import Definition
from bot.domain.period import Kind, Period, day_number
from bot.domain.retention import Unknown


@dataclass(frozen=True, slots=True)
class CountClosed:
    """One version of what a period came to by counts."""

    source: str
    period: Period
    definition: str
    """Its hash."""
    version: int
    counts: Counted | None
    """None where a count behind it was taken away, so that nothing is known any more."""
    closed_at: datetime
    """When this version was made (aware): it rests on what was known then."""

    @property
    def crr(self) -> float | None:
        return None if self.counts is None else _crr(self.counts)


@dataclass(frozen=True, slots=True)
class Corrected:
    """A count that is another than it was, or was not there before, or is not there any more."""

    day: int
    was: CountOn | None
    now: CountOn | None


@dataclass(frozen=True, slots=True)
class CountRestatement:
    """A closed figure that is not so any more."""

    was: CountClosed
    now: Counted | None

    @property
    def crr(self) -> float | None:
        return None if self.now is None else _crr(self.now)


def due(
    counts: Sequence[CountOn],
    closed: Sequence[CountClosed],
    *,
    now: datetime,
    settle: timedelta,
    definition: Definition,
) -> list[CountFigure]:
    """What has settled and is not closed yet, of counts sorted by day.

    A period is covered when the last of the counts behind it became known, a correction included.
    """
    known = {each.period for each in closed}
    today = now.astimezone(definition.zone_info).date()
    found = []
    for period in finished(today, definition):
        figure = None if period in known else _whole(counts, period, today)
        if figure is None:
            continue
        covered = max(each.known_from or now for each in known_by(counts, figure))
        if is_settled(
            period,
            covered=covered,
            newest=covered,
            now=now,
            settle=settle,
            definition=definition,
        ):
            found.append(figure)
    return found


def restatements(
    counts: Sequence[CountOn], closed: Sequence[CountClosed], *, today: date
) -> list[CountRestatement]:
    """What became of the newest versions; those of which the rate moved most come first, then
    months before quarters, years and weeks, then the newest."""
    found = []
    for each in closed:
        figure = _whole(counts, each.period, today)
        now = figure.counts if figure else None
        if now != each.counts:
            found.append(CountRestatement(each, now))
    return sorted(found, key=_importance)


def corrections(
    before: Sequence[CountOn], now: Sequence[CountOn], of: Sequence[CountRestatement]
) -> list[Corrected]:
    """The counts in the days of the restatements, from their eve on, that differ; by day."""
    then, today = ({each.day: each for each in some} for some in (before, now))
    spans = [(day_number(each.was.period.eve), day_number(each.was.period.last)) for each in of]
    return [
        Corrected(day, then.get(day), today.get(day))
        for day in sorted({*then, *today})
        if _said(then.get(day)) != _said(today.get(day))
        and any(first <= day <= last for first, last in spans)
    ]


@dataclass(frozen=True, slots=True)
class CountedBefore:
    """What a period was closed with, where that is not what is said now."""

    closed: CountClosed
    restated_at: datetime | None
    """None if it was not said yet that it is otherwise."""


def counted_before(
    versions: Sequence[CountClosed], counts: Counted, definition: str
) -> CountedBefore | None:
    """None where the period was never said to be otherwise under this definition (a hash)."""
    own = sorted((c for c in versions if c.definition == definition), key=lambda c: c.version)
    if not own or own[0].counts == counts:
        return None
    said = own[-1].version > 1 and own[-1].counts == counts
    return CountedBefore(own[0], own[-1].closed_at if said else None)


def _whole(counts: Sequence[CountOn], period: Period, today: date) -> CountFigure | None:
    """The figure of a period that was counted to its end."""
    try:
        figure = count_figure(counts, period, today=today)
    except Unknown:
        return None
    return figure if figure.so_far is None else None


def _said(of: CountOn | None) -> tuple[int, int | None] | None:
    return None if of is None else (of.customers, of.new)


def _crr(of: Counted) -> float | None:
    return (of.end - of.new) / of.start if of.start else None


_KINDS = (Kind.MONTH, Kind.QUARTER, Kind.YEAR, Kind.WEEK, Kind.DAYS)


def _importance(of: CountRestatement) -> tuple[float, int, int]:
    moved = abs((of.crr or 0.0) - (of.was.crr or 0.0))
    period = of.was.period
    return -round(moved, 6), _KINDS.index(period.kind), -period.first.toordinal()
