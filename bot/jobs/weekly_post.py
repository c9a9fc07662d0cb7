"""What the posts tell, gathered from what the store knows."""

import asyncio
from collections.abc import Awaitable, Callable, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import date

from bot.domain.columns import Codes
from bot.domain.comparison import EVERYBODY, Compared
from bot.domain.evaluation import by_revenue
from bot.domain.outcomes import Outcome, anybody
from bot.domain.period import EPOCH, Kind, Period, day_number, last_finished, run_up
from bot.domain.retention import Unknown
from bot.domain.subscriptions import Edition
from bot.domain.surveys import Scale
from bot.jobs.rules import opened_in
from bot.messages import weekly
from bot.messages.blocks import Message
from bot.messages.closing import note
from bot.messages.cohorts import cohort_piece
from bot.messages.counting import Line as CountLine
from bot.messages.counting import count_note, count_post
from bot.messages.heatmap import draw, drawable, in_words
from bot.messages.lifetime import lifetime_piece
from bot.messages.renewals import renewal_line, upcoming_line
from bot.messages.results import outcomes_piece, themes_piece
from bot.messages.revenue import revenue_line
from bot.messages.weekly import Coming, Line, Moved, Point, Post, line
from bot.messages.wording import NAMES_SHOWN, capital, period
from bot.store.closings import Closings
from bot.store.count_figures import CountFigures
from bot.store.figures import Figures
from bot.store.incidents import Incidents
from bot.store.leavers import causes, leavers
from bot.store.loops import Loops
from bot.store.pulls import Pulls
from bot.store.reasons import Reasons
from bot.store.scores import Scores

KINDS = {
    Edition.WEEKLY: (Kind.WEEK, Kind.MONTH, Kind.QUARTER),
    Edition.MONTHLY: (Kind.MONTH, Kind.QUARTER, Kind.YEAR),
    Edition.QUARTERLY: (Kind.QUARTER, Kind.YEAR),
}
"""The periods that are told; the first is what the post is about."""
CHART_PERIODS = 12
RENEWALS_AHEAD = 14
"""Days: this week's, and next week's, which somebody may still prepare for."""
_COHORT_MONTHS = {Edition.WEEKLY: 12, Edition.MONTHLY: 12, Edition.QUARTERLY: 24}
"""How far cohorts are followed."""
_AHEAD = {Edition.WEEKLY: 7, Edition.MONTHLY: 30, Edition.QUARTERLY: 30}
"""Days in which anniversaries are told."""


async def lines(
    figures: Figures,
    closings: Closings,
    *,
    today: date,
    edition: Edition = Edition.WEEKLY,
    wanted: Mapping[str, str] = EVERYBODY,
    luck: bool = False,
) -> list[Line]:
    """The last finished week, month and quarter (of the weekly edition), with what was said of
    them before, which is only ever said of everybody; with `luck`, whether that explains them,
    which takes a second of a million customers."""
    definition = figures.definition
    told = []
    for kind in KINDS[edition]:
        found = await figures.finished(kind, today=today, wanted=wanted)
        finished, said = last_finished(kind, today, definition), ""
        if isinstance(found, Compared) and found.now.so_far is None and not wanted:
            now = found.now
            was = await closings.earlier(figures.source, now.period, now.counts, definition.hash)
            said = note(was, now.counts, definition)
        usual = None
        if luck:
            usual = (await figures.usual(finished, today=today, wanted=wanted)).get(finished)
        told.append(line(finished, found, said, usual))
    return told


@dataclass(frozen=True, slots=True)
class Material:
    """What posts are made of."""

    figures: Figures
    pulls: Pulls
    closings: Closings
    reasons: Reasons
    scores: Scores
    incidents: Incidents
    loops: Loops
    sight: Callable[[date], Awaitable[str]]
    """What would not show yet in the newest month, in a sentence."""

    async def post(
        self,
        edition: Edition,
        *,
        today: date,
        news: str = "",
        wanted: Mapping[str, str] = EVERYBODY,
        most: int = weekly.SHOWN,
    ) -> Post:
        """The post as of `today`, of the customers in the segments; `most` people of each kind."""
        figures, definition = self.figures, self.figures.definition
        columns = await figures.columns()
        finished = last_finished(edition.kind, today, definition)
        found = await figures.finished(edition.kind, today=today, wanted=wanted)
        periods = run_up(finished, CHART_PERIODS, definition)
        history = await figures.history(periods, today=today, wanted=wanted)
        usual = await figures.usual(finished, today=today, wanted=wanted)
        told = Post(
            lines=await lines(
                figures, self.closings, today=today, edition=edition, wanted=wanted, luck=True
            ),
            freshness=list((await self.pulls.freshness()).values()),
            # A week of which the data reaches to Friday is no point beside whole ones.
            history=[
                Point(each, counts, usual.get(each))
                for each, counts in zip(periods, history, strict=True)
                if columns.known_to is None or day_number(each.last) <= columns.known_to
            ],
            anniversaries=Coming(
                *await figures.anniversaries(
                    today=today, days=_AHEAD[edition], most=most, wanted=wanted
                )
            ),
            renewals=await _renewals(figures, today, wanted),
            revenue=await _revenue(figures, today, wanted),
            news=news,
            segment=tuple(wanted.items()),
        )
        if isinstance(found, Compared):
            lost = by_revenue(columns, found.lost, finished, definition)
            told = replace(
                told,
                left=await self._moved(lost, finished, most),
                back=await self._returned(found.won_back, finished, most),
                joined=await self._moved(found.new, finished, most),
            )
        if edition is not Edition.WEEKLY and most == weekly.SHOWN:
            told = await self._longer(told, edition, today, wanted, found)
        if wanted:
            return told
        opened = [(each, opened_in(each, definition)) for each in await self.incidents.open_ones()]
        return replace(
            told,
            scores=await self._scores(finished),
            open=weekly.open_lines(opened, await self.loops.open_ones()),
            sight=await self.sight(today),
        )

    async def _longer(
        self,
        told: Post,
        edition: Edition,
        today: date,
        wanted: Mapping[str, str],
        found: Compared | Unknown,
    ) -> Post:
        """With cohorts, reasons, themes, what becomes of whom by score, and how long they stay."""
        figures, definition = self.figures, self.figures.definition
        period, segment = told.lines[0].period, tuple(wanted.items())
        if isinstance(found, Unknown):
            return told
        months = _COHORT_MONTHS[edition]
        cohorts = await figures.cohorts(edition.kind, months=months, today=today, wanted=wanted)
        piece = cohort_piece(cohorts, definition=definition, segment=segment)
        picture = b""
        if piece is not None and drawable(cohorts):
            picture = await asyncio.to_thread(draw, cohorts)
        lifetime = await figures.lifetime(today=today, wanted=wanted)
        why, currency = await causes(figures, self.reasons, found.lost, period)
        parts = [
            weekly.why_they_left(why, currency),
            themes_piece(await self.scores.themes(None, period, wanted=wanted)),
            await self._outcomes() if not wanted else None,
            lifetime_piece(lifetime, definition=definition, segment=segment),
        ]
        return replace(
            told,
            cohorts=piece,
            picture=picture,
            in_words=in_words(cohorts, piece.text.splitlines()[0]) if piece else "",
            parts=[part for part in parts if part is not None],
        )

    async def _outcomes(self) -> Message | None:
        """Of the first scale of which anybody can be followed, and by the time to solve."""
        by_speed: Sequence[Outcome] = ()
        for scale in Scale:
            by_score, by_speed = await self.scores.outcomes(scale)
            if anybody(by_score):
                return outcomes_piece(scale, by_score, by_speed)
        return outcomes_piece(Scale.NPS, (), by_speed)

    async def _moved(self, who: Codes, period: Period, most: int) -> Moved:
        results = self.scores.results
        first = await leavers(self.figures, self.reasons, results, who[:most], period)
        return Moved(first, len(who))

    async def _returned(self, who: Codes, period: Period, most: int) -> Moved:
        """With why they had left, whenever that was."""
        back = await self._moved(who, period, most)
        reasons = await self.reasons.of(
            [each.customer for each in back.first], since=EPOCH, until=period.next
        )
        named = [replace(each, reason=reasons.get(each.customer)) for each in back.first]
        return Moved(named, back.count)

    async def _scores(self, period: Period) -> str:
        return weekly.score_line([await self.scores.result(scale, period) for scale in Scale])


async def count_lines(counted: CountFigures, *, today: date) -> list[CountLine]:
    """The last finished month, quarter and year as they were counted; weeks only if they were."""
    told = []
    for kind in (Kind.MONTH, Kind.QUARTER, Kind.YEAR, Kind.WEEK):
        found = await counted.finished(kind, today=today)
        period = last_finished(kind, today, counted.definition)
        if not isinstance(found, Unknown):
            was = await counted.before(found.now)
            said = count_note(was, found.now.crr, counted.definition) if was else ""
            told.append(CountLine(period, found, note=said))
        elif kind is Kind.MONTH:
            told.append(CountLine(period, None, found.sentence))
    return told


async def render_counts(
    counted: CountFigures, pulls: Pulls, *, today: date, news: str = ""
) -> Message:
    """The post of a company that only counts, as of `today`."""
    return count_post(
        await count_lines(counted, today=today),
        history=await counted.history(Kind.MONTH, CHART_PERIODS, today=today),
        freshness=list((await pulls.freshness()).values()),
        source=counted.source,
        definition=counted.definition,
        news=news,
    )


async def _revenue(figures: Figures, today: date, wanted: Mapping[str, str]) -> str:
    """Of the last finished month: what is paid a month hardly moves in a week."""
    month = last_finished(Kind.MONTH, today, figures.definition)
    try:
        told = revenue_line(await figures.revenue(month, today=today, wanted=wanted))
    except Unknown:
        return ""  # the line of the month says why
    return f"{capital(period(month))}: {told}" if told else ""


async def _renewals(figures: Figures, today: date, wanted: Mapping[str, str]) -> str:
    """Of the last finished month, in which enough terms end; and those to come."""
    month = last_finished(Kind.MONTH, today, figures.definition)
    try:
        told = renewal_line(await figures.renewals(month, today=today, wanted=wanted))
    except Unknown:
        told = ""
    if wanted:
        return f"{capital(period(month))}: {told}" if told else ""
    found = await figures.upcoming(today=today, days=RENEWALS_AHEAD, most=NAMES_SHOWN)
    coming = upcoming_line(*found, RENEWALS_AHEAD) if found else ""
    return " ".join(filter(None, [f"{capital(period(month))}: {told}" if told else "", coming]))
