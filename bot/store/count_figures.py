"""Figures of customers who are only counted. They are so few numbers that none is kept ready."""

from collections.abc import Sequence
from datetime import date, datetime

from bot.domain.count_closing import CountedBefore
from bot.domain.counting import (
    CountFigure,
    CountOn,
    CountsCompared,
    count_figure,
    counts_compared,
    known_by,
    reported,
)
from bot.domain.definition import Definition
from bot.domain.period import Kind, Period, last_finished, run_up
from bot.domain.retention import Unknown
from bot.store.count_closings import CountClosings
from bot.store.counts import CountStore


class CountFigures:
    """Of the counts that go by one name, under one definition."""

    def __init__(
        self, source: str, counts: CountStore, closings: CountClosings, definition: Definition
    ) -> None:
        self.source = source
        self.definition = definition
        self._counts = counts
        self._closings = closings

    async def compared(
        self, period: Period, *, today: date, as_known_at: datetime | None = None
    ) -> CountsCompared:
        """As `bot.domain.counting.counts_compared`."""
        counts = await self._counts.known(self.source, as_known_at)
        return counts_compared(counts, period, today=today, definition=self.definition)

    async def of(self, period: Period, *, today: date) -> CountFigure | Unknown:
        """The figure of a period, or why nothing is known of it."""
        try:
            return count_figure(await self._counts.known(self.source), period, today=today)
        except Unknown as unknown:
            return unknown

    async def finished(self, kind: Kind, *, today: date) -> CountsCompared | Unknown:
        """The last finished period of a kind, or why nothing is known of it."""
        try:
            return await self.compared(last_finished(kind, today, self.definition), today=today)
        except Unknown as unknown:
            return unknown

    async def history(self, kind: Kind, count: int, *, today: date) -> list[CountFigure]:
        """Of the last finished periods, those that are known, oldest first."""
        counts = await self._counts.known(self.source)
        found = []
        for period in run_up(last_finished(kind, today, self.definition), count, self.definition):
            try:
                found.append(count_figure(counts, period, today=today))
            except Unknown:
                continue
        return found

    async def beside(
        self, period: Period, *, today: date, as_known_at: datetime | None = None
    ) -> CountFigure | None:
        """What was counted of a period up to the same day as its customers are known; None where
        nobody did."""
        counts = await self._counts.known(self.source, as_known_at)
        if reported(counts, period, today=today) is None:
            return None
        return count_figure(counts, period, today=today)

    async def behind(
        self, figure: CountFigure, as_known_at: datetime | None = None
    ) -> tuple[list[CountOn], dict[int, CountOn]]:
        """The counts that the figure is made of, and what those were before that were corrected."""
        used = known_by(await self._counts.known(self.source, as_known_at), figure)
        before = {} if as_known_at else await self._counts.before(self.source, used)
        return used, before

    async def corrected(self, figure: CountFigure) -> Sequence[tuple[CountOn, CountOn]]:
        """The counts behind it that were corrected: as they were before, and as they are."""
        used, before = await self.behind(figure)
        return [(before[count.day], count) for count in used if count.day in before]

    async def before(self, figure: CountFigure) -> CountedBefore | None:
        """What its period was closed with, where that was something else."""
        return await self._closings.before(self.source, figure, self.definition.hash)
