"""Closed figures: what a finished period came to when its data had settled, and what changed since.

A closed figure is kept for good. When late data, a merge or a correction changes who is in one of
its lists, it gets a further version and a restatement says who is responsible. What is compared is
stays under one definition: under another one the same period is another figure.
"""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, fields
from datetime import date, datetime, time, timedelta
from enum import IntEnum
from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

from bot.domain.columns import Codes, Columns, Mask
from bot.domain.definition import Definition
from bot.domain.period import Kind, Period, last_finished, run_up
from bot.domain.retention import Counts, Retention, retention

LOOK_BACK = {Kind.WEEK: 156, Kind.MONTH: 60, Kind.QUARTER: 20, Kind.YEAR: 5}
"""How many finished periods of each kind are closed; what is closed once is compared for good."""


class Place(IntEnum):
    """Which list of a period a customer is in; the lists share nobody."""

    NOWHERE = 0
    """No customer in the period, or none that is known."""
    KEPT = 1
    LOST = 2
    NEW = 3
    WON_BACK = 4
    EARLY_LOSS = 5


Places = NDArray[np.int8]


@dataclass(frozen=True, slots=True)
class Closed:
    """One version of what a period came to.

    Who was in which list is not repeated here: it follows from the stays as they were known after
    the pull, which are never forgotten.
    """

    source: str
    period: Period
    definition: str
    """Its hash."""
    version: int
    """1 as the period was closed; one more with every restatement."""
    counts: Counts
    pull: int
    """The newest believed one of that moment: what the figure rests on."""
    closed_at: datetime
    """When this version was made (aware)."""
    by_merges: bool = False
    """Whether it differs from the version before only because records are one customer now, or are
    not any more, and nobody was or is lost in it: that needs no post."""


class After(NamedTuple):
    """What closed figures are known after."""

    pull: int
    last_merge: int = 0
    """The newest word of a person about merges."""


@dataclass(frozen=True, slots=True)
class Regrouped:
    """Which records belong to another customer than before."""

    into: Mapping[int, int]
    """Each of them, and whom it belongs to now: itself, where a merge was taken back."""
    everybody: frozenset[int] = frozenset()
    """They, and those that they belonged to or belong to now."""

    @classmethod
    def between(cls, before: Mapping[int, int], now: Mapping[int, int]) -> "Regrouped":
        moved = {
            old: now.get(old, old)
            for old in {*before, *now}
            if before.get(old, old) != now.get(old, old)
        }
        return cls(moved, frozenset({*moved, *moved.values(), *(before.get(o, o) for o in moved)}))


NOBODY_REGROUPED = Regrouped({})


@dataclass(frozen=True, eq=False, slots=True)
class Restatement:
    """A closed figure that is not so any more."""

    was: Closed
    now: Counts
    customers: Codes
    """Everybody who is in another list than before, sorted."""
    places_before: Places
    """The list that each of them was in, a `Place`."""
    places_now: Places
    regrouped: Regrouped = NOBODY_REGROUPED

    @property
    def only_merges(self) -> bool:
        """Whether all of it is that records became one customer, or several again, and nobody who
        was said to be lost is not, or the other way round."""
        if Place.LOST in self.places_before or Place.LOST in self.places_now:
            return False
        return self.regrouped.everybody.issuperset(self.customers.tolist())

    @property
    def only_early_losses(self) -> bool:
        """Whether no list but the early losses has changed."""
        others = (Place.NOWHERE, Place.EARLY_LOSS)
        return bool(
            np.isin(self.places_before, others).all() and np.isin(self.places_now, others).all()
        )


def finished(today: date, definition: Definition) -> list[Period]:
    """The periods that `LOOK_BACK` reaches from `today`, oldest first within a kind."""
    return [
        period
        for kind, reach in LOOK_BACK.items()
        for period in run_up(last_finished(kind, today, definition), reach, definition)
    ]


def is_settled(
    period: Period,
    *,
    covered: datetime | None,
    newest: datetime,
    now: datetime,
    settle: timedelta,
    definition: Definition,
) -> bool:
    """Whether nothing more is waited for before `period` is closed.

    A pull covers a period if it was made on a day after its last. `covered` is when the first of
    these was believed, None if there is none yet, and `newest` when the newest pull was. A period
    is settled when `settle` has passed since `covered`; and at once if a pull that covers it came
    so long after its end, as the first pull of a source does for all that is long over.
    """
    if covered is None:
        return False
    # In UTC, because a local time plus 24 hours is not 24 hours later in the nights of the clocks.
    end = datetime.combine(period.next, time(), definition.zone_info)
    return now - covered >= settle or newest.timestamp() - end.timestamp() >= settle.total_seconds()


def changed(before: Columns, after: Columns) -> tuple[Columns, Columns]:
    """Both without the customers whose stays are the same in the two.

    Nothing but stays is compared, so the days that a source can speak of are left out.
    """
    some, others = _stays_alone(before), _stays_alone(after)
    who = np.union1d(
        before.customer[~_rows_among(some, others)], after.customer[~_rows_among(others, some)]
    )
    return _of(some, who), _of(others, who)


def restated(
    closed: Closed, before: Columns, after: Columns, regrouped: Regrouped = NOBODY_REGROUPED
) -> Restatement | None:
    """What became of a closed figure; None if everybody is in the list where they were.

    `before` are the stays that it rests on and `after` those that are known now, of at least the
    customers in which the two differ (see `changed`).
    """
    was, now = retention(before, closed.period), retention(after, closed.period)
    highest = int(max(before.customer.max(initial=0), after.customer.max(initial=0)))
    then, today = _places(was, highest), _places(now, highest)
    moved = np.flatnonzero(then != today)
    if not len(moved):
        return None
    counts = Counts(
        **{
            each.name: getattr(closed.counts, each.name)
            + len(getattr(now, each.name))
            - len(getattr(was, each.name))
            for each in fields(Counts)
        }
    )
    return Restatement(closed, counts, moved.astype(np.int32), then[moved], today[moved], regrouped)


def most_important_first(restatements: Sequence[Restatement]) -> list[Restatement]:
    """By how far the rate moved; then months before quarters, years and weeks; then the newest.

    Where the rate stands, whose other numbers moved comes first, then where customers changed
    places with each other, and last where only early losses did.
    """
    return sorted(restatements, key=_importance)


@dataclass(frozen=True, slots=True)
class Responsible:
    """One customer behind restatements, and what changed for them where it matters most."""

    customer: int
    period: Period
    was: Place
    now: Place
    merged_into: int | None = None
    """Whom the record belongs to now, where that is another than before: itself, where a merge was
    taken back."""


def responsible(restatements: Sequence[Restatement], most: int) -> tuple[list[Responsible], int]:
    """At most `most` customers behind the restatements, in their order, and how many all are.

    Of several periods that a customer is behind, the first counts.
    """
    told: list[Responsible] = []
    known = np.empty(0, dtype=np.int32)
    for each in restatements:
        told.extend(_first(each, known, most - len(told)))
        known = np.union1d(known, each.customers).astype(np.int32)
    return told, len(known)


@dataclass(frozen=True, slots=True)
class Earlier:
    """What was said of a period before, and is not what is said now."""

    closed: Closed
    """As it was said."""
    restated_at: datetime | None = None
    """When it was said that it is otherwise; None if that was not said yet."""
    other_definition: bool = False
    by_merges: bool = False
    """Whether all versions since then are so because of merges alone."""


def earlier(versions: Sequence[Closed], counts: Counts, definition: str) -> Earlier | None:
    """How `counts` differ from what the period was closed with; None if they do not.

    `versions` are all closed figures of the period under all definitions. Under `definition` (a
    hash) the first version counts; where it says the same, or there is none, the newest under
    another definition does.
    """
    own = sorted((c for c in versions if c.definition == definition), key=lambda c: c.version)
    if own and own[0].counts != counts:
        said = own[-1].version > 1 and own[-1].counts == counts
        merges = said and all(version.by_merges for version in own[1:])
        return Earlier(own[0], own[-1].closed_at if said else None, by_merges=merges)
    others = [c for c in versions if c.definition != definition]
    if others:
        newest = max(others, key=lambda c: (c.closed_at, c.version))
        if newest.counts != counts:
            return Earlier(newest, other_definition=True)
    return None


_FIELD = {
    Place.KEPT: "kept",
    Place.LOST: "lost",
    Place.NEW: "new",
    Place.WON_BACK: "won_back",
    Place.EARLY_LOSS: "early_losses",
}
_KINDS = (Kind.MONTH, Kind.QUARTER, Kind.YEAR, Kind.WEEK, Kind.DAYS)
_TOLD_FIRST = (
    Place.LOST,
    Place.KEPT,
    Place.NOWHERE,
    Place.WON_BACK,
    Place.NEW,
    Place.EARLY_LOSS,
)
"""In which order the customers of one restatement are named, by the list that they are in now."""


def _importance(of: Restatement) -> tuple[int, float, int, int]:
    was, now = of.was.counts, of.now
    moved = abs((now.crr or 0.0) - (was.crr or 0.0))
    if of.only_early_losses:
        rank = 3
    elif was == now:
        rank = 2
    else:
        rank = 0 if moved or (was.crr is None) != (now.crr is None) else 1
    period = of.was.period
    return rank, -round(moved, 6), _KINDS.index(period.kind), -period.first.toordinal()


def _first(of: Restatement, known: Codes, most: int) -> Iterator[Responsible]:
    order = np.array([_TOLD_FIRST.index(place) for place in Place])[of.places_now]
    fresh = ~np.isin(of.customers, known)
    for index in np.flatnonzero(fresh)[np.argsort(order[fresh], kind="stable")][: max(most, 0)]:
        yield Responsible(
            customer=int(of.customers[index]),
            period=of.was.period,
            was=Place(of.places_before[index]),
            now=Place(of.places_now[index]),
            merged_into=of.regrouped.into.get(int(of.customers[index])),
        )


def _places(of: Retention, highest: int) -> Places:
    """By customer's number, from 0 to `highest`."""
    places = np.zeros(highest + 1, dtype=np.int8)
    for place, name in _FIELD.items():
        places[getattr(of, name)] = place
    return places


def _stays_alone(columns: Columns) -> Columns:
    return Columns(columns.customer, columns.since, columns.until, source=columns.source)


def _rows_among(some: Columns, others: Columns) -> Mask:
    """Which stays of `some` are in `others` too; a customer has one stay that begins on a day."""
    if not len(others):
        return np.zeros(len(some), np.bool_)
    wanted, there = _key(some), _key(others)
    place = np.minimum(np.searchsorted(there, wanted), len(there) - 1)
    found: Mask = (there[place] == wanted) & (others.until[place] == some.until)
    return found


def _key(columns: Columns) -> NDArray[np.int64]:
    """One number that sorts by customer, then day."""
    return (columns.customer.astype(np.int64) << 32) + columns.since + 2**31


def _of(columns: Columns, customers: Codes) -> Columns:
    rows = np.isin(columns.customer, customers)
    return Columns(
        columns.customer[rows], columns.since[rows], columns.until[rows], source=columns.source
    )
