"""What /nps, /csat and /ces tell of answers: results of a period, themes, and outcomes."""

import re
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field, replace
from datetime import UTC, date, datetime, time

from bot.domain.definition import Definition
from bot.domain.loops import Rates, rates
from bot.domain.outcomes import GROUPS, ToSolve, outcomes, seen_by_score, seen_by_speed
from bot.domain.period import Kind, Period, before, period_of, run_up
from bot.domain.questions import CrrQuestion, read_crr
from bot.domain.results import Given, RollUp, by_agent, result
from bot.domain.segments import nearest, segments
from bot.domain.surveys import Scale
from bot.domain.themes import themes
from bot.errors import Misunderstood
from bot.messages import results as messages
from bot.messages.blocks import Message
from bot.store.figures import Figures
from bot.store.loops import Loops
from bot.store.results import Results

TREND = 6
"""Periods in the chart."""

_SURVEY = re.compile(r"""(?:^|\s)survey\s*=\s*("[^"]*"|\S+)""", re.IGNORECASE)


@dataclass(frozen=True, slots=True)
class ResultsDesk:
    results: Results
    loops: Loops
    figures: Figures
    clock: Callable[[], datetime]
    rule: RollUp = RollUp.MEAN
    agent_minimum: int = 10
    themes: Mapping[str, Sequence[str]] = field(default_factory=dict)

    async def period(self, scale: Scale, words: str) -> Message:
        """Raises Misunderstood for words that name no period, segment or survey."""
        question, survey = await self._question(words)
        period, definition = question.period, self.figures.definition
        within = await self._customers(question)
        trend = []
        for each in self._run_up(period):
            then = result(scale, await self._given(scale, each, survey, within))
            trend.append(messages.Point(each, then.found))
        given = await self._given(scale, period, survey, within)
        begins, ends = _moments(period, definition)
        asked = await self.results.asked(scale, begins, ends, survey=survey)
        if within is not None:
            asked = asked._replace(asked=0, answered=0)
        solved = await self.results.solved(begins, ends)
        agents, fewer = by_agent(scale, given, solved, minimum=self.agent_minimum)
        told = messages.Told(
            period=period,
            result=result(scale, given, asked=asked.asked, answered=asked.answered, rule=self.rule),
            segment=tuple(question.segments.items()),
            survey=survey,
            trend=trend,
            agents=agents,
            fewer=fewer,
            minimum=self.agent_minimum,
            loops=await self._rates(scale, begins, ends),
        )
        return messages.results_answer(told, definition)

    async def about(self, scale: Scale, words: str) -> Message:
        """Themes. Raises as `period`."""
        question, _ = await self._question(words)
        definition = self.figures.definition
        earlier = before(question.period, definition)
        now = await self.results.said(scale, *_moments(question.period, definition))
        was = await self.results.said(scale, *_moments(earlier, definition))
        if not now:
            return messages.no_comments(scale, question.period)
        found = themes(now, was, self.themes)
        return messages.themes_answer(scale, question.period, earlier, found)

    async def stayed(self, scale: Scale) -> Message:
        """Outcomes."""
        zone, columns = self.figures.definition.zone_info, await self.figures.columns()
        scored = await self.results.scored(scale, zone)
        asked = await self.results.first_asked(scale, zone)
        by_score = outcomes(columns, seen_by_score(scored, asked), GROUPS)
        solved = seen_by_speed(await self.results.solved_for(zone))
        return messages.outcomes_answer(
            scale, by_score, outcomes(columns, solved, [str(each) for each in ToSolve])
        )

    async def _question(self, words: str) -> tuple[CrrQuestion, str]:
        """The period, which is the quarter that runs if none is named, and the survey or ""."""
        definition, survey = self.figures.definition, ""
        if found := _SURVEY.search(words):
            survey = await self._survey(found[1].strip('"'))
            words = words[: found.start()] + words[found.end() :]
        today = self.clock().astimezone(definition.zone_info).date()
        question = read_crr(words, today=today, definition=definition)
        if not isinstance(question, CrrQuestion) or question.known_at is not None:
            raise Misunderstood(
                "Results are of a period, and of segments, such as: results quarter plan=pro."
            )
        if not any("=" not in word for word in words.split()):
            question = replace(question, period=period_of(Kind.QUARTER, today, definition))
        return question, survey

    async def _survey(self, name: str) -> str:
        known = await self.results.surveys()
        for each in known:
            if each.casefold() == name.casefold():
                return each
        shown = ", ".join(nearest(name, known)[:10]) or "none yet"
        raise Misunderstood(f'Nothing was asked under the name "{name:.40}". There is {shown}.')

    async def _customers(self, question: CrrQuestion) -> set[int] | None:
        """Who is in the segments on the last day of the period; None for everybody."""
        if not question.segments:
            return None
        columns = await self.figures.columns()
        on: date = question.period.last
        within = segments(columns, question.segments, on=on, definition=self.figures.definition)
        return set() if within is None else set(columns.customer[within].tolist())

    async def _given(
        self, scale: Scale, period: Period, survey: str, within: set[int] | None
    ) -> list[Given]:
        begins, ends = _moments(period, self.figures.definition)
        given = await self.results.given(scale, begins, ends, survey=survey)
        return [each for each in given if within is None or each.customer in within]

    def _run_up(self, period: Period) -> Sequence[Period]:
        if period.kind is Kind.DAYS:
            return ()
        return run_up(period, TREND, self.figures.definition)

    async def _rates(self, scale: Scale, begins: datetime, ends: datetime) -> Rates:
        opened = await self.loops.opened(begins, ends, scale)
        people = sorted({loop.of.person for loop in opened})
        later = await self.loops.later(scale, begins, people) if people else []
        return rates(opened, later)


def _moments(period: Period, definition: Definition) -> tuple[datetime, datetime]:
    """The local midnights at which it begins and ends."""
    zone = definition.zone_info
    begins, ends = (datetime.combine(day, time(), zone) for day in (period.first, period.next))
    return begins.astimezone(UTC), ends.astimezone(UTC)
