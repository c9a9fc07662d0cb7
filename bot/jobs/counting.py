"""Reading how many customers there are from a source that does not say who."""

import asyncio
from collections.abc import AsyncGenerator, Callable
from contextlib import aclosing
from datetime import datetime

import structlog

from bot.domain.counting import checked
from bot.domain.definition import Definition
from bot.domain.period import day_number
from bot.domain.pulls import PullState
from bot.jobs.pull import Outcome, Pulled
from bot.store.counts import CountStore
from bot.store.pulls import Pulls
from integrations.errors import IntegrationError, SourceUnavailable
from integrations.records import Count, OtherPage

log = structlog.get_logger()


async def pull_counts(
    source: str,
    pages: AsyncGenerator[OtherPage, None],
    *,
    definition: Definition,
    clock: Callable[[], datetime],
    pulls: Pulls,
    counts: CountStore,
) -> Pulled:
    """Read `pages` to the end; the counts change in one step. Failing is a result, not an error."""
    begun = await pulls.begin(source, definition.hash, clock())
    records: list[Count] = []
    try:
        async with aclosing(pages):
            async for page in pages:
                records += [record for record in page.records if isinstance(record, Count)]
        told = checked(records)
    except IntegrationError as error:
        text = str(error)
        sentence = text if text.startswith(source) else f"{source}: {text}"
        failed = await pulls.fail(begun, sentence, clock(), records=len(records))
        log.warning("pull failed", source=source, records=len(records), why=sentence)
        again = isinstance(error, SourceUnavailable)
        return Pulled(failed, Outcome.FAILED, len(records), sentence=sentence, again=again)
    except BaseException as error:
        sentence = f"{source}: the pull was broken off ({type(error).__name__})"
        await asyncio.shield(pulls.fail(begun, sentence, clock(), records=len(records)))
        raise
    now = clock()
    today = day_number(now.astimezone(definition.zone_info).date())
    ended = await counts.believe(begun, told, today=today, now=now)
    if ended.state is not PullState.BELIEVED:
        return Pulled(ended, Outcome.OVERTAKEN, len(records), sentence=ended.sentence)
    log.info("counts believed", source=source, records=len(records), customers=ended.customers)
    return Pulled(ended, Outcome.BELIEVED, len(records), customers=ended.customers)
