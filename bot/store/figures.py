"""Figures that are ready: computed from the newest columns when first asked for, then kept.

A pull makes new columns, and with them everything begins anew; so nothing here can be stale.
"""

import asyncio
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass, field, replace
from datetime import date, datetime
from functools import partial
from typing import Any, TypeVar, cast

import numpy as np

from bot.domain.anniversaries import Anniversaries, Anniversary, anniversaries
from bot.domain.bridge import Counted
from bot.domain.cohorts import Cohorts, cohorts
from bot.domain.columns import Codes, Columns
from bot.domain.comparison import EVERYBODY, Compared, compared
from bot.domain.definition import Definition
from bot.domain.detection import Expectation
from bot.domain.evaluation import Background
from bot.domain.explanation import Explanation, as_peer, explanation
from bot.domain.lateness import recording
from bot.domain.lifetime import Lifetime, Repeats, lifetime, repeats
from bot.domain.matching import Report
from bot.domain.merges import Merge
from bot.domain.peers import Peer, PeerFigure
from bot.domain.period import Kind, Period, day_number, from_day_number, last_finished
from bot.domain.portfolio import Portfolio, of_owner, owners, portfolio
from bot.domain.recurring import RevenueFigure, revenue_figure
from bot.domain.renewals import Ending, RenewalCounts, Renewals, renewals, upcoming
from bot.domain.retention import (
    Counts,
    Retention,
    Unknown,
    refuse_before_all,
    retention,
    retentions,
)
from bot.domain.revenue import RatesMissing
from bot.domain.segments import joined_as, labels_on, of_today, segments
from bot.domain.usual import usual
from bot.store.customers import Customers

T = TypeVar("T")

OWNER = "owner"
"""The field of a source that names who looks after a customer."""

_KEPT = 512
"""Answers kept for one set of columns; each is a few numbers and who left."""
_AT_ONCE = 2
"""Figures that are computed at the same time."""
_LONG_KEPT = 16
"""Of those that name everybody, of which each takes four bytes a customer."""
_PASTS = 3
"""How many moments of the past have their answers kept."""


@dataclass(frozen=True, eq=False, slots=True)
class _Ready:
    columns: Columns
    answers: dict[tuple[object, ...], object] = field(default_factory=dict)
    computing: dict[tuple[object, ...], asyncio.Future[Any]] = field(default_factory=dict)
    """What is on its way to the answers."""


class Figures:
    """The figures of one source under one definition."""

    def __init__(
        self,
        source: str,
        customers: Customers,
        definition: Definition,
        *,
        counts_only: bool = False,
    ) -> None:
        """`counts_only`: the source counts customers and does not say who they are, which is no
        reason to take them for nobody."""
        self.source = source
        self.definition = definition
        self._customers = customers
        self._counts_only = counts_only
        self._ready: _Ready | None = None
        self._turns = asyncio.Semaphore(_AT_ONCE)
        self._pasts: list[_Ready] = []

    async def columns(self) -> Columns:
        """The newest believed ones."""
        return (await self._newest()).columns

    async def load(self) -> None:
        """Have at hand what every answer begins with, so that no question waits for it."""
        if not self._counts_only:
            await self.reports()

    async def background(self) -> Background:
        """What rules by luck are told beside the columns."""
        columns = await self.columns()
        found = await self._customers.recorded(self.source)
        asked = columns.known_to
        return Background(
            recording=None
            if asked is None
            else recording(found.left, found.said, asked=asked, earliest=found.earliest),
            groups=await self._customers.groups(self.source),
        )

    async def of_today(self, wanted: Mapping[str, str], *, today: date) -> frozenset[int]:
        """As `bot.domain.segments.of_today`."""
        work = partial(of_today, wanted=wanted, today=today, definition=self.definition)
        return await asyncio.to_thread(work, await self.columns())

    async def compared(
        self,
        period: Period,
        *,
        today: date,
        wanted: Mapping[str, str] = EVERYBODY,
        as_known_at: datetime | None = None,
    ) -> Compared:
        """As `bot.domain.comparison.compared`, which see for what is raised.

        With `as_known_at` (aware), as it was known at that moment; Unknown before the first pull.
        """
        return await self._of_period(compared, period, today, wanted, as_known_at)

    async def revenue(
        self,
        period: Period,
        *,
        today: date,
        wanted: Mapping[str, str] = EVERYBODY,
        as_known_at: datetime | None = None,
    ) -> RevenueFigure | RatesMissing | None:
        """What the customers of `compared` for the same arguments pay, or why it can't be added
        up; None where the source tells no amounts. Raises as `compared`."""
        if (await self._at(as_known_at)).columns.revenue is None:
            return None
        return await self._of_period(_revenue, period, today, wanted, as_known_at)

    async def renewals(
        self,
        period: Period,
        *,
        today: date,
        wanted: Mapping[str, str] = EVERYBODY,
        as_known_at: datetime | None = None,
    ) -> RenewalCounts | None:
        """How many of the customers of `compared` for the same arguments could have left, and did
        not; None where the source tells no ends of terms. Raises as `compared`."""
        if (await self._at(as_known_at)).columns.terms is None:
            return None
        return await self._of_period(_renewal_counts, period, today, wanted, as_known_at)

    async def _of_period(
        self,
        compute: Callable[..., T],
        period: Period,
        today: date,
        wanted: Mapping[str, str],
        as_known_at: datetime | None,
    ) -> T:
        """Kept by what computes it."""
        about: dict[str, Any] = {"period": period, "today": today, "wanted": wanted}
        return await self._kept(
            (compute.__name__, period, today, *sorted(wanted.items())),
            partial(compute, definition=self.definition, **about),
            as_known_at,
        )

    async def who_renewed(
        self,
        period: Period,
        *,
        today: date,
        wanted: Mapping[str, str] = EVERYBODY,
        as_known_at: datetime | None = None,
    ) -> Renewals | None:
        """The same with everybody behind the numbers."""
        work = partial(
            _renewals, period=period, today=today, definition=self.definition, wanted=wanted
        )
        return await asyncio.to_thread(work, (await self._at(as_known_at)).columns)

    async def upcoming(
        self, *, today: date, days: int, most: int
    ) -> tuple[Sequence[Ending], int] | None:
        """The first `most` whose term ends on `today` or on a day after it, of so many days, and
        how many there are; None where the source tells no ends of terms."""
        columns = await self.columns()
        if columns.terms is None:
            return None
        found = await asyncio.to_thread(upcoming, columns, columns.terms, today=today, days=days)
        first = found.customer[:most]
        named = zip(
            await self.names(first, most),
            map(from_day_number, found.day[:most].tolist()),
            labels_on(columns, OWNER, first, today),
            found.leaving[:most].tolist(),
            strict=True,
        )
        return [Ending(*each) for each in named], len(found)

    async def joined(
        self,
        period: Period,
        *,
        today: date,
        wanted: Mapping[str, str] = EVERYBODY,
        as_known_at: datetime | None = None,
    ) -> Retention:
        """Everybody behind the figure of `compared` for the same arguments. Raises as it does."""
        return await self._kept(
            ("joined", period, today, *sorted(wanted.items())),
            partial(_joined, period=period, today=today, definition=self.definition, wanted=wanted),
            as_known_at,
            most=_LONG_KEPT,
        )

    async def since(
        self, customers: Codes, on: date, as_known_at: datetime | None = None
    ) -> list[date]:
        """The first day of the newest stay that each of them had begun by that day."""
        columns = (await self._at(as_known_at)).columns
        begun = columns.since <= day_number(on)
        customer, since = columns.customer[begun], columns.since[begun]
        newest = np.searchsorted(customer, customers, side="right") - 1
        return [from_day_number(int(day)) for day in since[newest]]

    async def owners(self, field: str, *, today: date) -> tuple[Codes, Codes, tuple[str, ...]]:
        """As `bot.domain.portfolio.owners`."""
        return await self._kept(("owners", field, today), partial(owners, field=field, today=today))

    async def portfolio(
        self, field: str, labels: Sequence[str], *, today: date, ahead: int
    ) -> Portfolio:
        """As `bot.domain.portfolio.portfolio`, of the customers of whoever the labels mean."""
        mine = of_owner(*await self.owners(field, today=today), wanted=labels)
        return await self._kept(
            ("portfolio", field, *sorted(labels), today, ahead),
            partial(portfolio, mine=mine, today=today, definition=self.definition, ahead=ahead),
        )

    async def explained(
        self,
        period: Period,
        *,
        today: date,
        wanted: Mapping[str, str] = EVERYBODY,
        as_known_at: datetime | None = None,
        reported: Counted | None = None,
    ) -> Explanation:
        """As `bot.domain.explanation.explanation`."""
        merges = await self._customers.merges(self.source, as_known_at)
        work = partial(
            explanation,
            period=period,
            today=today,
            definition=self.definition,
            wanted=wanted,
            merges=[each.of for each in merges],
            reported=reported,
        )
        about = ("explained", period, today, reported, *sorted(wanted.items()))
        return await self._kept(about, work, as_known_at, most=_LONG_KEPT)

    async def as_peer(
        self,
        peer: Peer,
        period: Period,
        *,
        today: date,
        wanted: Mapping[str, str] = EVERYBODY,
        as_known_at: datetime | None = None,
    ) -> PeerFigure:
        """As `bot.domain.explanation.as_peer`."""
        work = partial(
            as_peer,
            period=period,
            peer=peer,
            today=today,
            definition=self.definition,
            wanted=wanted,
        )
        about = ("as peer", peer, period, today, *sorted(wanted.items()))
        return await self._kept(about, work, as_known_at)

    async def cohorts(
        self,
        by: Kind,
        *,
        months: int,
        today: date,
        wanted: Mapping[str, str] = EVERYBODY,
        as_known_at: datetime | None = None,
    ) -> Cohorts:
        """As `bot.domain.cohorts.cohorts`, without revenue, of who joined in the segments."""
        return await self._kept(
            ("cohorts", by, months, today, *sorted(wanted.items())),
            self._cohorts_of(_cohorts, by, months, today, wanted),
            as_known_at,
        )

    async def revenue_cohorts(
        self,
        by: Kind,
        *,
        months: int,
        today: date,
        wanted: Mapping[str, str] = EVERYBODY,
        as_known_at: datetime | None = None,
    ) -> Cohorts | RatesMissing | None:
        """The same with what they pay, or why it can't be added up; None where the source tells no
        amounts."""
        return await self._kept(
            ("revenue cohorts", by, months, today, *sorted(wanted.items())),
            self._cohorts_of(_revenue_cohorts, by, months, today, wanted),
            as_known_at,
        )

    def _cohorts_of(
        self,
        compute: Callable[..., T],
        by: Kind,
        months: int,
        today: date,
        wanted: Mapping[str, str],
    ) -> Callable[[Columns], T]:
        return partial(
            compute,
            by=by,
            months=months,
            today=today,
            definition=self.definition,
            wanted=wanted,
        )

    async def lifetime(
        self,
        *,
        today: date,
        wanted: Mapping[str, str] = EVERYBODY,
        as_known_at: datetime | None = None,
    ) -> Lifetime:
        """As `bot.domain.lifetime.lifetime`, of who joined in the segments."""
        return await self._kept(
            ("lifetime", today, *sorted(wanted.items())),
            partial(_lifetime, today=today, definition=self.definition, wanted=wanted),
            as_known_at,
        )

    async def repeats(
        self,
        *,
        today: date,
        wanted: Mapping[str, str] = EVERYBODY,
        as_known_at: datetime | None = None,
    ) -> Repeats | None:
        """As `bot.domain.lifetime.repeats`, of who joined in the segments, soon being as long as a
        purchase keeps a customer; None where the source gives no purchases."""
        if (await self._at(as_known_at)).columns.purchases is None:
            return None
        return await self._kept(
            ("repeats", today, *sorted(wanted.items())),
            partial(_repeats, today=today, definition=self.definition, wanted=wanted),
            as_known_at,
        )

    async def finished(
        self, kind: Kind, *, today: date, wanted: Mapping[str, str] = EVERYBODY
    ) -> Compared | Unknown:
        """The last finished period of a kind, or why nothing is known of it."""
        period = last_finished(kind, today, self.definition)
        try:
            return await self.compared(period, today=today, wanted=wanted)
        except Unknown as unknown:
            return unknown

    async def history(
        self, periods: Sequence[Period], *, today: date, wanted: Mapping[str, str] = EVERYBODY
    ) -> list[Counts | None]:
        """The counts of each period; None where they are not known. Raises Misunderstood for an
        unknown segment."""
        if self._counts_only or (await self._newest()).columns.known_at is None:
            return [None] * len(periods)
        return await self._kept(
            ("history", *periods, today, *sorted(wanted.items())),
            partial(
                _history, periods=periods, today=today, definition=self.definition, wanted=wanted
            ),
        )

    async def usual(
        self, period: Period, *, today: date, wanted: Mapping[str, str] = EVERYBODY
    ) -> dict[Period, Expectation]:
        """As `bot.domain.usual.usual`, by period; nothing of one that `today` has not seen end."""
        if self._counts_only or (await self._newest()).columns.known_at is None:
            return {}
        if today < period.next:
            return {}
        found = await self._kept(
            ("usual", period, *sorted(wanted.items())),
            partial(usual, period=period, definition=self.definition, wanted=wanted),
        )
        return {each.period: each for each in found}

    async def anniversaries(
        self, *, today: date, days: int, most: int, wanted: Mapping[str, str] = EVERYBODY
    ) -> tuple[Sequence[Anniversary], int]:
        """The first `most` of `bot.domain.anniversaries.anniversaries`, and how many there are."""
        columns = await self.columns()
        work = partial(_anniversaries, today=today, days=days, definition=self.definition)
        found = await asyncio.to_thread(work, columns, wanted=wanted)
        first = found.customer[:most]
        named = zip(
            await self.names(first, most),
            map(from_day_number, found.day[:most].tolist()),
            found.years[:most].tolist(),
            labels_on(columns, OWNER, first, today),
            strict=True,
        )
        return [Anniversary(*each) for each in named], len(found)

    async def names(self, customers: Codes, most: int) -> list[str]:
        """The names of the first `most` of these customers, in their order."""
        numbers = [int(number) for number in customers[:most]]
        names = await self._customers.names(numbers)
        return [names[number] for number in numbers]

    async def named(self, customers: Iterable[int | None]) -> dict[int, str]:
        """The names of those that are known, by number."""
        return await self._customers.names({number for number in customers if number is not None})

    async def reports(self) -> list[Report]:
        """How other sources fit to this one, as is known now."""
        ready = await self._newest()
        if ("reports",) not in ready.answers:
            ready.answers["reports",] = await self._customers.reports(self.source)
        return cast(list[Report], ready.answers["reports",])

    async def both_names(self, merges: Sequence[Merge]) -> list[tuple[str, str]]:
        """Of each record, and of the customer that it belongs to."""
        who = {number for each in merges for number in (each.old, each.new)}
        names = await self._customers.names(who)
        return [(names[each.old], names[each.new]) for each in merges]

    async def _in_turn(self, compute: Callable[[Columns], T], columns: Columns) -> T:
        """Not all at once: on few cores that would only make everybody wait, clicks as well."""
        async with self._turns:
            return await asyncio.to_thread(compute, columns)

    async def _newest(self) -> _Ready:
        columns = await self._customers.columns(self.source)
        if self._ready is None or self._ready.columns is not columns:
            self._ready = _Ready(columns)
        return self._ready

    async def _at(self, as_known_at: datetime | None) -> _Ready:
        if self._counts_only:
            raise Unknown(
                "{source} counts customers and does not say who they are, so nobody can be"
                " followed. /crr tells what can be said by counts.",
                source=self.source,
            )
        if as_known_at is None:
            return await self._newest()
        columns = await self._customers.columns(self.source, as_known_at=as_known_at)
        if columns.known_at is None:
            local = as_known_at.astimezone(self.definition.zone_info)
            raise Unknown(
                "Nothing was known of {source} at {moment}: it had not been pulled yet. Ask for a"
                " later moment.",
                source=self.source,
                moment=f"{local:%Y-%m-%d %H:%M}",
            )
        if self._ready is not None and self._ready.columns is columns:
            return self._ready
        for ready in self._pasts:
            if ready.columns is columns:
                return ready
        self._pasts = [*self._pasts[1 - _PASTS :], _Ready(columns)]
        return self._pasts[-1]

    async def _kept(
        self,
        key: tuple[object, ...],
        compute: Callable[[Columns], T],
        as_known_at: datetime | None = None,
        *,
        most: int = _KEPT,
    ) -> T:
        """Of answers that begin as this one does, at most so many are kept."""
        ready = await self._at(as_known_at)
        if ready.columns.known_at is None:
            raise Unknown(
                "Nothing is known of {source} yet: no pull of it has reached its end."
                " /keeprate status says how it is.",
                source=self.source,
            )
        if key not in ready.answers:
            # In a thread: a million customers take long enough to keep clicks waiting. And once,
            # however many ask for it at the same time.
            running = ready.computing.get(key)
            if running is None:
                running = ready.computing[key] = asyncio.ensure_future(
                    self._in_turn(compute, ready.columns)
                )
                running.add_done_callback(partial(_computed, ready, key))
            answer = await asyncio.shield(running)
            alike = [other for other in ready.answers if other[0] == key[0]]
            for other in alike[: max(0, len(alike) - most + 1)]:
                ready.answers.pop(other, None)
            while len(ready.answers) >= _KEPT:
                ready.answers.pop(next(iter(ready.answers)), None)
            ready.answers[key] = answer
        return cast(T, ready.answers[key])


def _computed(ready: _Ready, key: tuple[object, ...], done: asyncio.Future[Any]) -> None:
    ready.computing.pop(key, None)
    if not done.cancelled():
        done.exception()  # whoever waits for it is told; where nobody does, nobody need hear


def _history(
    columns: Columns,
    *,
    periods: Sequence[Period],
    today: date,
    definition: Definition,
    wanted: Mapping[str, str],
) -> list[Counts | None]:
    if not wanted:
        grid = retentions(columns, periods, today=today)
        return [grid.counts(i) for i in range(len(periods))]

    def counted(period: Period) -> Counts | None:
        # A customer is in the segments by what they were on the eve, of each period anew.
        within = segments(columns, wanted, on=period.eve, definition=definition)
        try:
            return retention(columns, period, today=today, within=within).counts
        except Unknown:
            return None

    return [counted(period) for period in periods]


def _joined(
    columns: Columns,
    *,
    period: Period,
    today: date,
    definition: Definition,
    wanted: Mapping[str, str],
) -> Retention:
    refuse_before_all(columns, period)
    within = segments(columns, wanted, on=period.eve, definition=definition)
    return retention(columns, period, today=today, within=within)


def _anniversaries(
    columns: Columns,
    *,
    today: date,
    days: int,
    definition: Definition,
    wanted: Mapping[str, str],
) -> Anniversaries:
    within = segments(columns, wanted, on=today, definition=definition)
    return anniversaries(columns, today=today, days=days, within=within)


def _revenue(
    columns: Columns,
    *,
    period: Period,
    today: date,
    definition: Definition,
    wanted: Mapping[str, str],
) -> RevenueFigure | RatesMissing | None:
    try:
        return revenue_figure(columns, period, today=today, definition=definition, wanted=wanted)
    except RatesMissing as missing:
        return missing


def _renewals(
    columns: Columns,
    *,
    period: Period,
    today: date,
    definition: Definition,
    wanted: Mapping[str, str],
) -> Renewals | None:
    if columns.terms is None:
        return None
    within = segments(columns, wanted, on=period.eve, definition=definition)
    return renewals(columns, period, columns.terms, today=today, within=within)


def _renewal_counts(
    columns: Columns,
    *,
    period: Period,
    today: date,
    definition: Definition,
    wanted: Mapping[str, str],
) -> RenewalCounts | None:
    found = _renewals(columns, period=period, today=today, definition=definition, wanted=wanted)
    return found.counts if found else None


def _cohorts(
    columns: Columns,
    *,
    by: Kind,
    months: int,
    today: date,
    definition: Definition,
    wanted: Mapping[str, str],
    revenue: bool = False,
) -> Cohorts:
    within = joined_as(columns, wanted, definition=definition)
    return cohorts(
        # Amounts in several currencies need not keep customers from being counted.
        columns if revenue else replace(columns, revenue=None),
        by=by,
        months=months,
        today=today,
        definition=definition,
        within=within,
    )


def _revenue_cohorts(columns: Columns, **about: Any) -> Cohorts | RatesMissing | None:
    if columns.revenue is None:
        return None
    try:
        return _cohorts(columns, revenue=True, **about)
    except RatesMissing as missing:
        return missing


def _lifetime(
    columns: Columns, *, today: date, definition: Definition, wanted: Mapping[str, str]
) -> Lifetime:
    within = joined_as(columns, wanted, definition=definition)
    return lifetime(columns, today=today, within=within)


def _repeats(
    columns: Columns, *, today: date, definition: Definition, wanted: Mapping[str, str]
) -> Repeats | None:
    if columns.purchases is None:
        return None
    return repeats(
        columns,
        columns.purchases,
        today=today,
        days=definition.purchase_keeps_days,
        within=joined_as(columns, wanted, definition=definition),
    )
