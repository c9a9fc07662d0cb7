"""Monday's post: decided, rendered, and handed to the outbox once per week and channel."""

from datetime import date

from bot.domain.comparison import Compared
from bot.domain.period import Kind, last_finished, run_up
from bot.jobs.once import Turn
from bot.jobs.schedule import Occurrence
from bot.messages.blocks import Message
from bot.messages.weekly import Point, line, weekly_post
from bot.messages.wording import NAMES_SHOWN
from bot.store.deliveries import Deliveries, Delivery
from bot.store.figures import Figures
from bot.store.pulls import Pulls

KINDS = (Kind.WEEK, Kind.MONTH, Kind.QUARTER)
CHART_PERIODS = 12


async def render(figures: Figures, pulls: Pulls, *, today: date) -> Message:
    """The post as of `today`, from what the store knows."""
    definition = figures.definition
    found = {kind: await figures.finished(kind, today=today) for kind in KINDS}
    periods = run_up(last_finished(Kind.WEEK, today, definition), CHART_PERIODS, definition)
    history = await figures.history(periods, today=today)
    newest = found[Kind.WEEK]
    left = await figures.names(newest.lost, NAMES_SHOWN) if isinstance(newest, Compared) else []
    return weekly_post(
        [line(last_finished(kind, today, definition), figure) for kind, figure in found.items()],
        left=left,
        freshness=list((await pulls.freshness()).values()),
        history=[Point(period, counts) for period, counts in zip(periods, history, strict=True)],
        definition=definition,
    )


async def post_weekly(
    occurrence: Occurrence,
    *,
    channel: str,
    figures: Figures,
    pulls: Pulls,
    deliveries: Deliveries,
    turn: Turn,
) -> None:
    """Put the post of the week that was over at the occurrence into the outbox, once.

    The ledger and the delivery are of the week, not of the moment: a post that is late, or whose
    hour was changed in config.yaml, is still that week's one post.
    """
    due = occurrence.at.astimezone(figures.definition.zone_info).date()
    week = last_finished(Kind.WEEK, due, figures.definition).first.isoformat()

    async def put() -> bool:
        message = await render(figures, pulls, today=due)
        await deliveries.put(
            Delivery(
                key=f"weekly-post:{channel}:{week}",
                channel=channel,
                message=message,
                created_at=turn.clock(),
            )
        )
        return True

    await turn.once("weekly post", channel, week, put)
