"""`keeprate merge` and `keeprate merges`: which records are one customer."""

from bot import parts
from bot.cli.auditing import whoever_types
from bot.config import Config
from bot.domain.commands import MergeRecords, UndoMerge
from bot.messages.blocks import unescape
from bot.messages.merges import merges_list
from bot.parts import Clock, stores


async def merge(config: Config, said: MergeRecords | UndoMerge, *, clock: Clock) -> str:
    """Raises Misunderstood for records that are not known, or where there is nothing to say."""
    async with parts.at_rest(config, clock=clock) as kept:
        told = await parts.merge(config, kept, said, by=whoever_types(), clock=clock)
    return unescape(told.text)


async def merges(config: Config) -> str:
    async with stores(config) as kept:
        known = await kept.merges.known(config.truth.name)
    return unescape(merges_list(known, config.definition.definition(), most=None).text)
