"""The digest of answers: of the days since the one before, once, also by two replicas.

What it reaches back to is written down when it is put, so that a morning on which the bot was down
leaves no day untold; the next one covers both.
"""

from datetime import date, timedelta

from bot.domain.loops import LoopState
from bot.domain.period import Kind, Period
from bot.domain.surveys import Scale
from bot.jobs.once import Turn
from bot.jobs.schedule import Job, Occurrence, newest_occurrence
from bot.messages.digest import Digest, digest_post
from bot.store.customers import Customers
from bot.store.deliveries import Deliveries, Delivery
from bot.store.memory import Memory
from bot.store.scores import Scores, moments

UNTIL = "digest until: "
"""In the memory, before the channel: the first day that no digest has told of."""

FARTHEST = timedelta(days=31)
"""What is older is no news; /nps results has it."""


async def post_digest(
    occurrence: Occurrence,
    *,
    cron: str,
    channel: str,
    scores: Scores,
    customers: Customers,
    deliveries: Deliveries,
    memory: Memory,
    turn: Turn,
) -> None:
    """Put the digest of the days up to the occurrence's into the outbox, unless there is nothing to
    tell of them."""
    definition = scores.figures.definition
    today = occurrence.at.astimezone(definition.zone_info).date()

    async def put() -> bool:
        known = await memory.get(f"{UNTIL}{channel}")
        first = date.fromisoformat(known) if known else _before(occurrence, cron, definition.zone)
        first = max(first, today - FARTHEST)
        if first >= today:
            return True
        digest = await collected(scores, customers, Period(first, today, Kind.DAYS))
        if not digest.is_empty:
            await deliveries.put(
                Delivery(
                    key=f"digest:{channel}:{first.isoformat()}",
                    channel=channel,
                    message=digest_post(digest, definition),
                    created_at=turn.clock(),
                )
            )
        await memory.put(f"{UNTIL}{channel}", today.isoformat())
        return True

    await turn.once("digest", channel, occurrence.key, put)


async def collected(scores: Scores, customers: Customers, period: Period) -> Digest:
    """What is told of these days."""
    begins, ends = moments(period, scores.figures.definition)
    opened = await scores.loops.opened(begins, ends)
    low = [loop for loop in opened if loop.state is not LoopState.WITHDRAWN]
    told = {loop.of.key for loop in low}
    said = await scores.results.said(None, begins, ends)
    comments = [each for each in said if each.answer not in told]
    known = {loop.of.customer for loop in low} | {each.customer for each in comments}
    return Digest(
        period=period,
        results=[await scores.result(scale, period) for scale in Scale],
        low=low,
        comments=list(reversed(comments)),
        waiting=sum(loop.opened_at < begins for loop in await scores.loops.open_ones()),
        names=await customers.names(number for number in known if number is not None),
    )


def _before(occurrence: Occurrence, cron: str, zone: str) -> date:
    """The day on which the one before was due; the day before, if there was none."""

    async def nothing(_: Occurrence) -> None: ...

    job = Job("digest", cron, zone, nothing)
    found = newest_occurrence(job, occurrence.at - timedelta(seconds=1))
    day = found.at.date() if found else occurrence.at.date()
    return min(day, occurrence.at.date() - timedelta(days=1))
