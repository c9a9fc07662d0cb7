"""`keeprate record`, and the answers of the others where customers are only counted."""

from collections.abc import Sequence
from datetime import date, datetime
from pathlib import Path
from typing import Any

from bot.cli.auditing import whoever_types
from bot.config import Config
from bot.domain.counting import CountFigure
from bot.domain.period import Kind, last_finished, period_of
from bot.domain.questions import RecordQuestion, known_at, read_crr
from bot.errors import Misunderstood
from bot.listeners.counting import CountDesk
from bot.messages.blocks import unescape
from bot.messages.counting import count_answer
from bot.parts import Clock, Stores, count_closing, counts_of, stores
from bot.store.count_figures import CountFigures


def is_counted(config: Config, source: str) -> bool:
    """Whether a source, the first one if it is "", only says how many customers there are."""
    return (source or config.truth.name) in config.counting


def count_desk(config: Config, kept: Stores, name: str, clock: Clock) -> CountDesk:
    """The desk of the counts of this name."""
    figures = CountFigures(name, kept.counts, kept.count_closings, config.definition.definition())
    closing = count_closing(config, kept, clock)
    return CountDesk(figures, kept.counts, kept.pulls, clock, closing.close)


async def record(config: Config, words: Sequence[str], *, clock: Clock) -> str:
    """Keep the count that `words` tell, as after `/crr record`. Raises Misunderstood."""
    definition = config.definition.definition()
    today = clock().astimezone(definition.zone_info).date()
    question = read_crr(" ".join(["record", *words]), today=today, definition=definition)
    if not isinstance(question, RecordQuestion):
        raise Misunderstood(
            "Say a day and a count, for example: keeprate record 2026-10-31 200 customers 80 new"
        )
    async with stores(config) as kept:
        desk = count_desk(config, kept, counts_of(config, config.truth.name), clock)
        return unescape((await desk.record(question, whoever_types())).text)


async def counted(
    config: Config, words: str, *, source: str, clock: Clock, lists: Path | None = None
) -> str:
    """What /crr answers there. Raises Misunderstood for a list of customers, whom nobody knows."""
    if lists is not None:
        raise Misunderstood(
            f"{source or config.truth.name} says how many customers there are and not who, so there"
            " is no list of them."
        )
    async with stores(config) as kept:
        desk = count_desk(config, kept, source or config.truth.name, clock)
        message, _ = await desk.answer(words, whoever_types())
    return unescape(message.text)


async def count_figure(
    config: Config,
    source: str,
    kind: Kind,
    ending: date | None,
    segments: Sequence[str],
    *,
    clock: Clock,
    as_known_at: str = "",
    as_json: bool = False,
) -> str | dict[str, Any]:
    """The figure of the period with the day `ending` in it, or of the last finished one, in words
    or for programs. Raises Misunderstood for segments, Unknown where it was not counted."""
    name, definition = source or config.truth.name, config.definition.definition()
    if segments:
        raise Misunderstood(
            f"{name} says how many customers there are and not who, so they can't be split."
        )
    today = clock().astimezone(definition.zone_info).date()
    moment: datetime | None = None
    if as_known_at:
        moment = known_at(as_known_at, today=today, definition=definition)
        today = min(today, moment.astimezone(definition.zone_info).date())
    period = (
        period_of(kind, ending, definition) if ending else last_finished(kind, today, definition)
    )
    async with stores(config) as kept:
        figures = CountFigures(name, kept.counts, kept.count_closings, definition)
        found = await figures.compared(period, today=today, as_known_at=moment)
        freshness = (await kept.pulls.freshness()).get(name)
        corrected = [] if moment else await figures.corrected(found.now)
        closed = None if moment else await figures.before(found.now)
    if as_json:
        return {
            "source": name,
            **_measured(found.now),
            "segment": {},
            "basis": "counts",
            "before": _measured(found.before) if found.before else None,
            "as_known_at": moment.isoformat() if moment else None,
        }
    told = count_answer(
        found,
        source=name,
        freshness=freshness,
        definition=definition,
        corrected=corrected,
        known_at=moment,
        closed=closed,
    )
    return unescape(told.text)


def _measured(figure: CountFigure) -> dict[str, Any]:
    period, so_far, counts = figure.period, figure.so_far, figure.counts
    return {
        "period": {
            "kind": period.kind.value,
            "first": period.first.isoformat(),
            "next": period.next.isoformat(),
            "so_far": {"day": so_far.day, "of": so_far.of} if so_far else None,
        },
        "opening": counts.start,
        "closing": counts.end,
        "new": counts.new,
        "crr": figure.crr,
        "possible": not figure.impossible,
    }
