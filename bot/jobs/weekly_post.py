"""Monday's post, from what the store knows."""

from collections.abc import Mapping
from datetime import date

from bot.domain.comparison import EVERYBODY, Compared
from bot.domain.period import Kind, day_number, last_finished, run_up
from bot.domain.retention import Unknown
from bot.domain.subscriptions import Edition
from bot.messages.blocks import Message
from bot.messages.closing import note
from bot.messages.counting import Line as CountLine
from bot.messages.counting import count_note, count_post
from bot.messages.renewals import renewal_line, upcoming_line
from bot.messages.revenue import revenue_line
from bot.messages.weekly import Line, Point, line, weekly_post
from bot.messages.wording import NAMES_SHOWN, capital, period
from bot.store.closings import Closings
from bot.store.count_figures import CountFigures
from bot.store.figures import Figures
from bot.store.pulls import Pulls

KINDS = {
    Edition.WEEKLY: (Kind.WEEK, Kind.MONTH, Kind.QUARTER),
    Edition.MONTHLY: (Kind.MONTH, Kind.QUARTER, Kind.YEAR),
    Edition.QUARTERLY: (Kind.QUARTER, Kind.YEAR),
}
"""The periods that are told; the first is what the post is about."""
CHART_PERIODS = 12
RENEWALS_AHEAD = 14
"""Days: this week's, and next week's, which somebody may still prepare for."""


async def lines(
    figures: Figures,
    closings: Closings,
    *,
    today: date,
    edition: Edition = Edition.WEEKLY,
    wanted: Mapping[str, str] = EVERYBODY,
) -> list[Line]:
    """The last finished week, month and quarter (of the weekly edition), with what was said of
    them before, which is only ever said of everybody."""
    definition = figures.definition
    told = []
    for kind in KINDS[edition]:
        found = await figures.finished(kind, today=today, wanted=wanted)
        said = ""
        if isinstance(found, Compared) and found.now.so_far is None and not wanted:
            now = found.now
            was = await closings.earlier(figures.source, now.period, now.counts, definition.hash)
            said = note(was, now.counts, definition)
        told.append(line(last_finished(kind, today, definition), found, said))
    return told


async def render(
    figures: Figures,
    pulls: Pulls,
    closings: Closings,
    *,
    today: date,
    news: str = "",
    edition: Edition = Edition.WEEKLY,
    wanted: Mapping[str, str] = EVERYBODY,
) -> Message:
    """The post as of `today`, from what the store knows of the customers in the segments."""
    definition = figures.definition
    columns = await figures.columns()
    newest = await figures.finished(edition.kind, today=today, wanted=wanted)
    periods = run_up(last_finished(edition.kind, today, definition), CHART_PERIODS, definition)
    history = await figures.history(periods, today=today, wanted=wanted)
    left = await figures.names(newest.lost, NAMES_SHOWN) if isinstance(newest, Compared) else []
    return weekly_post(
        await lines(figures, closings, today=today, edition=edition, wanted=wanted),
        left=left,
        freshness=list((await pulls.freshness()).values()),
        # A week of which the data reaches to Friday is no point beside whole ones.
        history=[
            Point(period, counts)
            for period, counts in zip(periods, history, strict=True)
            if columns.known_to is None or day_number(period.last) <= columns.known_to
        ],
        definition=definition,
        news=news,
        revenue=await _revenue(figures, today, wanted),
        renewals=await _renewals(figures, today, wanted),
        segment=tuple(wanted.items()),
    )


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
            told.append(CountLine(period, None, str(found)))
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
