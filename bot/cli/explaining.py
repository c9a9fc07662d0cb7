"""`keeprate explain`: the words of /crr, and every customer behind the numbers as CSV."""

from collections.abc import Sequence
from pathlib import Path

from bot.cli.auditing import note, whoever_types
from bot.cli.counting import count_desk, counted, is_counted
from bot.cli.csv_files import write_csv
from bot.cli.figures import opened
from bot.config import Config
from bot.domain.explanation import Explanation
from bot.domain.questions import CrrQuestion, ExplainQuestion, PeerQuestion, read_crr
from bot.errors import Misunderstood
from bot.listeners.crr import Desk
from bot.messages.blocks import unescape
from bot.parts import Clock, Stores, counts_of, stores

LISTS = ("kept", "lost", "new", "won_back", "early_losses")


async def explain(
    config: Config, words: Sequence[str], *, source: str, lists: Path | None, clock: Clock
) -> str:
    """The explanation in words; the customers are written to `lists`, one line each.

    Raises Misunderstood for words that /crr would not take, ConfigError for a source that was not
    pulled or a file that is there already.
    """
    definition = config.definition.definition()
    today = clock().astimezone(definition.zone_info).date()
    text = " ".join(words)
    match read_crr(text, today=today, definition=definition):
        case CrrQuestion() as about:
            asked = f"explain {text}"
        case ExplainQuestion(about) | PeerQuestion(_, about):
            asked = text
        case _:
            raise Misunderstood(
                "Say which period is to be explained, for example: keeprate explain 2026-10"
            )
    if is_counted(config, source):
        return await counted(config, asked, source=source, clock=clock, lists=lists)
    async with stores(config) as kept:
        figures, _ = await opened(config, kept, source)
        found = await figures.explained(
            about.period, today=today, wanted=about.segments, as_known_at=about.known_at
        )
        if lists is not None:
            rows = [row for name in LISTS for row in await _rows(found, name, kept)]
            write_csv(lists, ("list", "customer", "name"), rows)
            await note(kept, clock, "customers exported", f"behind {asked}")
        counting = count_desk(config, kept, counts_of(config, figures.source), clock)
        desk = Desk(figures, kept.pulls, kept.closings, clock, counting)
        message, _ = await desk.answer(asked, whoever_types())
    return unescape(message.text)


async def _rows(found: Explanation, name: str, kept: Stores) -> list[tuple[str, str, str]]:
    codes = [int(code) for code in getattr(found.of, name)]
    ids, names = await kept.customers.ids(codes), await kept.customers.names(codes)
    return [(name, ids[code], names[code]) for code in codes]
