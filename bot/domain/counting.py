"""CRR of a company that counts its customers and does not say who they are: an estimate.

(end - new) / start is the CRR only if everybody at the end who was not there at the start counts as
new. Win-backs make it too high and customers who joined and left too low, and counts show neither.
"""

from bisect import bisect_left
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import date, datetime

from bot.domain.bridge import Counted
from bot.domain.definition import Definition
from bot.domain.period import (
    Kind,
    Period,
    SoFar,
    day_number,
    from_day_number,
    last_finished,
    so_far,
)
from bot.domain.retention import Unknown
from bot.errors import Misunderstood, Sentence, one_after_another
from integrations.errors import BadRecord
from integrations.records import Count

MOST = 10**12


@dataclass(frozen=True, slots=True)
class CountOn:
    """What is known of one day."""

    day: int
    """Its number; counted at its end."""
    customers: int
    new: int | None = None
    """Since the count before; None where it was not told."""
    by: str = ""
    """Who recorded it, as the audit names people; "" where a source told it."""
    known_from: datetime | None = None


@dataclass(frozen=True, slots=True)
class CountFigure:
    """The counts of one period."""

    period: Period
    measured_on: date
    counts: Counted

    @property
    def crr(self) -> float | None:
        """(end - new) / start, which may lie outside of 0..1; None where nobody was there."""
        counts = self.counts
        return (counts.end - counts.new) / counts.start if counts.start else None

    @property
    def impossible(self) -> bool:
        """Whether no retention can be so."""
        return self.crr is not None and not 0 <= self.crr <= 1

    @property
    def so_far(self) -> SoFar | None:
        return so_far(self.period, self.measured_on)


@dataclass(frozen=True, slots=True)
class CountsCompared:
    """A figure, and the one before it of the same kind, where that is known to its end."""

    now: CountFigure
    before: CountFigure | None


def checked(records: Iterable[Count]) -> list[CountOn]:
    """The counts by day. Raises BadRecord for what is no count, and for a day told twice."""
    found: dict[int, CountOn] = {}
    for record in records:
        where = f"{record.place}: " if record.place else ""
        day = day_number(record.on)
        if day in found:
            raise BadRecord(f"{where}{record.on} is counted twice; keep one of the two")
        for what, count in (("customers", record.customers), ("new ones", record.new)):
            if count is not None and not 0 <= count <= MOST:
                raise BadRecord(f"{where}{count} {what} on {record.on} can't be; correct it")
        found[day] = CountOn(day, record.customers, record.new)
    return [found[day] for day in sorted(found)]


def count_figure(counts: Sequence[CountOn], period: Period, *, today: date) -> CountFigure:
    """From counts sorted by day. An unfinished period, or one of which the end was not counted, is
    measured on the last day in it that was.

    Raises Unknown where the eve was not counted, or nothing in the period was, or where how many
    were new is missing.
    """
    days = [count.day for count in counts]
    eve, last = day_number(period.eve), day_number(min(period.last, today))
    if period.first > today:
        raise Unknown(
            "The period {first} to {last} has not begun: it is {today}.",
            first=str(period.first),
            last=str(period.last),
            today=str(today),
        )
    place = bisect_left(days, eve)
    if place == len(days) or days[place] != eve:
        raise Unknown(_not_counted(days, eve, period.eve))
    inside = [count for count in counts[place + 1 :] if count.day <= last]
    if not inside:
        raise Unknown(
            "Nobody counted from {first} to {last}. Record it: /crr record {last} 200 customers"
            " 80 new",
            first=str(period.first),
            last=str(min(period.last, today)),
        )
    new = 0
    for count in inside:
        if count.new is None:
            on = from_day_number(count.day)
            raise Unknown(
                "How many of the {customers} customers on {day} are new was not told, so there is"
                " no rate. Record it: /crr record {day} {plain} customers 80 new",
                customers=count.customers,
                day=str(on),
                plain=str(count.customers),
            )
        new += count.new
    end = inside[-1]
    counted = Counted(counts[place].customers, end.customers, new)
    return CountFigure(period, from_day_number(end.day), counted)


def counts_compared(
    counts: Sequence[CountOn], period: Period, *, today: date, definition: Definition
) -> CountsCompared:
    """Raises Unknown as `count_figure` does for the period itself."""
    now = count_figure(counts, period, today=today)
    before = None
    if period.kind is not Kind.DAYS and now.so_far is None:
        try:
            earlier = count_figure(
                counts, last_finished(period.kind, period.first, definition), today=today
            )
        except Unknown:
            return CountsCompared(now, None)
        before = earlier if earlier.so_far is None else None
    return CountsCompared(now, before)


def reported(counts: Sequence[CountOn], period: Period, *, today: date) -> Counted | None:
    """What was counted of a period, to its end or to today; None where that is not known."""
    try:
        found = count_figure(counts, period, today=today)
    except Unknown:
        return None
    return found.counts if found.measured_on == min(period.last, today) else None


def known_by(counts: Iterable[CountOn], used: CountFigure) -> list[CountOn]:
    """Those of `counts` that a figure is made of."""
    first, last = day_number(used.period.eve), day_number(used.measured_on)
    return [count for count in counts if first <= count.day <= last]


def one_count(on: date, customers: int, new: int | None, *, today: date) -> Count:
    """What a person records. Raises Misunderstood for a day to come, or what can't be."""
    if on > today:
        raise Misunderstood(
            "How many customers there are on {day} nobody knows yet: it is {today}.",
            day=str(on),
            today=str(today),
        )
    if customers > MOST or (new or 0) > MOST:
        raise Misunderstood(
            "{n} customers are too many to be counted.", n=str(max(customers, new or 0))
        )
    if (new or 0) > customers:
        raise Misunderstood(
            "{new} new customers can't be among {customers} at the end of {day}. Nothing was"
            " recorded.",
            new=str(new),
            customers=str(customers),
            day=str(on),
        )
    return Count(on, customers, new)


def _not_counted(days: Sequence[int], eve: int, on: date) -> Sentence:
    near = sorted(days, key=lambda day: abs(day - eve))[:1]
    known = near and Sentence("The nearest count is of {day}.", day=str(from_day_number(near[0])))
    return one_after_another(
        Sentence(
            "Nobody counted the customers at the end of {day}, so there is no rate for what follows"
            " it.",
            day=str(on),
        ),
        known or "",
        Sentence("Record it: /crr record {day} 150 customers", day=str(on)),
    )
