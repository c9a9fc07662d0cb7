"""What answers say, put together for whoever tells it: a command, a post, a terminal."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import UTC, datetime, time

from bot.domain.definition import Definition
from bot.domain.loops import Rates, rates
from bot.domain.outcomes import GROUPS, Outcome, ToSolve, outcomes, seen_by_score, seen_by_speed
from bot.domain.period import Kind, Period, before, run_up
from bot.domain.results import (
    Found,
    Given,
    Point,
    Result,
    RollUp,
    Told,
    by_agent,
    figure_of,
    result,
)
from bot.domain.segments import segments
from bot.domain.surveys import TOP_TWO, Scale
from bot.domain.themes import Said, Themes, themes
from bot.store.figures import Figures
from bot.store.loops import Loops
from bot.store.results import Asked, Results

TREND = 6
"""Periods in the chart."""

EVERYBODY: Mapping[str, str] = {}


@dataclass(frozen=True, slots=True)
class Scores:
    results: Results
    loops: Loops
    figures: Figures
    rule: RollUp = RollUp.MEAN
    """How an account's answers become its one voice."""
    agent_minimum: int = 10
    """Answers that an agent needs to be told of."""
    satisfied: int = TOP_TWO
    """From which score on somebody is, of CSAT."""
    named: Mapping[str, Sequence[str]] = field(default_factory=dict)
    """Themes to their words."""

    async def told(
        self,
        scale: Scale,
        period: Period,
        *,
        survey: str = "",
        wanted: Mapping[str, str] = EVERYBODY,
    ) -> Told:
        """All of one scale and period; of the customers who are `wanted` on its last day, and of
        one survey, where that is named. Raises Misunderstood for a segment that is not known."""
        within = await self._customers(period, wanted)
        given = await self._given(scale, period, survey, within)
        begins, ends = moments(period, self.figures.definition)
        asked = await self.results.asked(scale, begins, ends, survey=survey, within=within)
        solved = await self.results.solved(begins, ends)
        agents, fewer = by_agent(
            scale, given, solved, minimum=self.agent_minimum, satisfied=self.satisfied
        )
        found = self._result(scale, given, asked)
        trend = [
            Point(each, await self._figure(scale, each, survey, within))
            for each in self._run_up(period)[:-1]
        ]
        return Told(
            period=period,
            result=found,
            segment=tuple(wanted.items()),
            survey=survey,
            trend=[*trend, Point(period, found.found)] if trend else [],
            agents=agents,
            fewer=fewer,
            minimum=self.agent_minimum,
            loops=await self.followed(scale, period),
            unplaced=() if survey else await self.results.unplaced(scale, begins, ends),
        )

    async def result(self, scale: Scale, period: Period) -> Result:
        """What the answers of the period say, and nothing of how it went before."""
        given = await self._given(scale, period, "", None)
        asked = await self.results.asked(scale, *moments(period, self.figures.definition))
        return self._result(scale, given, asked)

    async def themes(
        self,
        scale: Scale | None,
        period: Period,
        *,
        survey: str = "",
        wanted: Mapping[str, str] = EVERYBODY,
    ) -> Themes:
        """What comments are about, of one scale or of all, against the period before; `survey` and
        `wanted` as in `told`."""
        within = await self._customers(period, wanted)
        definition = self.figures.definition

        async def said(of: Period) -> list[Said]:
            found = await self.results.said(scale, *moments(of, definition), survey=survey)
            return [each for each in found if within is None or each.customer in within]

        return themes(await said(period), await said(before(period, definition)), self.named)

    async def outcomes(self, scale: Scale) -> tuple[list[Outcome], list[Outcome]]:
        """Who stayed, by the score that they gave, and by how fast their first ticket was
        solved."""
        zone, columns = self.figures.definition.zone_info, await self.figures.columns()
        scored = await self.results.scored(scale, zone)
        asked = await self.results.first_asked(scale, zone)
        solved = await self.results.solved_for(zone)
        return (
            outcomes(columns, seen_by_score(scored, asked), GROUPS),
            outcomes(columns, seen_by_speed(solved), [str(each) for each in ToSolve]),
        )

    async def followed(self, scale: Scale, period: Period) -> Rates:
        """What became of the low scores of the period."""
        begins, ends = moments(period, self.figures.definition)
        opened = await self.loops.opened(begins, ends, scale)
        later = await self.loops.later(scale, begins, [loop.of for loop in opened])
        return rates(opened, later)

    def _result(self, scale: Scale, given: Sequence[Given], asked: Asked) -> Result:
        return result(
            scale,
            given,
            asked=asked.asked,
            answered=asked.answered,
            rule=self.rule,
            satisfied=self.satisfied,
        )

    async def _customers(self, period: Period, wanted: Mapping[str, str]) -> set[int] | None:
        """Who is in the segments on the last day of the period; None for everybody."""
        if not wanted:
            return None
        columns = await self.figures.columns()
        within = segments(columns, wanted, on=period.last, definition=self.figures.definition)
        return set() if within is None else set(columns.customer[within].tolist())

    async def _figure(
        self, scale: Scale, period: Period, survey: str, within: set[int] | None
    ) -> Found | None:
        given = await self._given(scale, period, survey, within, whole=within is None)
        return figure_of(scale, given, self.satisfied)

    async def _given(
        self,
        scale: Scale,
        period: Period,
        survey: str,
        within: set[int] | None,
        *,
        whole: bool = False,
    ) -> list[Given]:
        begins, ends = moments(period, self.figures.definition)
        given = await self.results.given(scale, begins, ends, survey=survey, whole=whole)
        return [each for each in given if within is None or each.customer in within]

    def _run_up(self, period: Period) -> Sequence[Period]:
        if period.kind is Kind.DAYS:
            return ()
        return run_up(period, TREND, self.figures.definition)


def moments(period: Period, definition: Definition) -> tuple[datetime, datetime]:
    """The local midnights at which it begins and ends, in UTC."""
    zone = definition.zone_info
    begins, ends = (datetime.combine(day, time(), zone) for day in (period.first, period.next))
    return begins.astimezone(UTC), ends.astimezone(UTC)
