"""Monday's post: decided, rendered, and handed to the outbox once per week and channel."""

from datetime import date

from bot.domain.comparison import Compared
from bot.domain.definition import Definition
from bot.domain.period import Kind, day_number, last_finished, run_up
from bot.domain.redefinition import changed_settings
from bot.domain.retention import Unknown
from bot.jobs.once import Turn
from bot.jobs.schedule import Occurrence
from bot.messages.blocks import Message
from bot.messages.closing import note, redefinition
from bot.messages.counting import Line as CountLine
from bot.messages.counting import count_post
from bot.messages.renewals import renewal_line, upcoming_line
from bot.messages.revenue import revenue_line
from bot.messages.weekly import Line, Point, line, weekly_post
from bot.messages.wording import NAMES_SHOWN, capital, period
from bot.store.closings import Closings
from bot.store.count_figures import CountFigures
from bot.store.definitions import Definitions, InForce
from bot.store.deliveries import Deliveries, Delivery
from bot.store.figures import Figures
from bot.store.pulls import Pulls

KINDS = (Kind.WEEK, Kind.MONTH, Kind.QUARTER)
CHART_PERIODS = 12
RENEWALS_AHEAD = 14
"""Days: this week's, and next week's, which somebody may still prepare for."""


async def lines(figures: Figures, closings: Closings, *, today: date) -> list[Line]:
    """The last finished week, month and quarter, with what was said of them before."""
    definition = figures.definition
    told = []
    for kind in KINDS:
        found = await figures.finished(kind, today=today)
        said = ""
        if isinstance(found, Compared) and found.now.so_far is None:
            now = found.now
            was = await closings.earlier(figures.source, now.period, now.counts, definition.hash)
            said = note(was, now.counts, definition)
        told.append(line(last_finished(kind, today, definition), found, said))
    return told


async def render(
    figures: Figures, pulls: Pulls, closings: Closings, *, today: date, news: str = ""
) -> Message:
    """The post as of `today`, from what the store knows."""
    definition = figures.definition
    columns = await figures.columns()
    week = last_finished(Kind.WEEK, today, definition)
    newest = await figures.finished(Kind.WEEK, today=today)
    periods = run_up(week, CHART_PERIODS, definition)
    history = await figures.history(periods, today=today)
    left = await figures.names(newest.lost, NAMES_SHOWN) if isinstance(newest, Compared) else []
    return weekly_post(
        await lines(figures, closings, today=today),
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
        revenue=await _revenue(figures, today),
        renewals=await _renewals(figures, today),
    )


async def count_lines(counted: CountFigures, *, today: date) -> list[CountLine]:
    """The last finished month, quarter and year as they were counted; weeks only if they were."""
    told = []
    for kind in (Kind.MONTH, Kind.QUARTER, Kind.YEAR, Kind.WEEK):
        found = await counted.finished(kind, today=today)
        period = last_finished(kind, today, counted.definition)
        if not isinstance(found, Unknown):
            told.append(CountLine(period, found))
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


async def _revenue(figures: Figures, today: date) -> str:
    """Of the last finished month: what is paid a month hardly moves in a week."""
    month = last_finished(Kind.MONTH, today, figures.definition)
    try:
        told = revenue_line(await figures.revenue(month, today=today))
    except Unknown:
        return ""  # the line of the month says why
    return f"{capital(period(month))}: {told}" if told else ""


async def _renewals(figures: Figures, today: date) -> str:
    """Of the last finished month, in which enough terms end; and those to come."""
    month = last_finished(Kind.MONTH, today, figures.definition)
    try:
        told = renewal_line(await figures.renewals(month, today=today))
    except Unknown:
        told = ""
    found = await figures.upcoming(today=today, days=RENEWALS_AHEAD, most=NAMES_SHOWN)
    coming = upcoming_line(*found, RENEWALS_AHEAD) if found else ""
    return " ".join(filter(None, [f"{capital(period(month))}: {told}" if told else "", coming]))


async def post_weekly(
    occurrence: Occurrence,
    *,
    channel: str,
    figures: Figures,
    pulls: Pulls,
    closings: Closings,
    definitions: Definitions,
    deliveries: Deliveries,
    turn: Turn,
    counted: CountFigures | None = None,
) -> None:
    """Put the post of the week that was over at the occurrence into the outbox, once.

    The ledger and the delivery are of the week, not of the moment: a post that is late, or whose
    hour was changed in config.yaml, is still that week's one post. With `counted`, nobody knows who
    the customers are.
    """
    due = occurrence.at.astimezone(figures.definition.zone_info).date()
    week = last_finished(Kind.WEEK, due, figures.definition).first.isoformat()

    async def put() -> bool:
        changed = await definitions.news()
        news = _news(changed, figures.definition) if changed else ""
        if counted is not None:
            message = await render_counts(counted, pulls, today=due, news=news)
        else:
            message = await render(figures, pulls, closings, today=due, news=news)
        await deliveries.put(
            Delivery(
                key=f"weekly-post:{channel}:{week}",
                channel=channel,
                message=message,
                created_at=turn.clock(),
            )
        )
        if changed:
            await definitions.announced(changed[1].id, turn.clock())
        return True

    await turn.once("weekly post", channel, week, put)


def _news(changed: tuple[InForce, InForce], definition: Definition) -> str:
    was, now = changed
    return redefinition(
        changed_settings(was.settings, definition), now.since, definition, hash=now.hash
    )
