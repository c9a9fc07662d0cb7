"""`keeprate crr`: the same figure as /crr, for people and for programs."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date
from typing import Any

from bot.app import Clock, Stores, stores
from bot.config import Config
from bot.domain.comparison import Compared
from bot.domain.definition import Definition
from bot.domain.period import Kind, last_finished, period_of
from bot.domain.pulls import Freshness
from bot.errors import ConfigError, Misunderstood
from bot.messages.crr import crr_answer
from bot.messages.wording import NAMES_SHOWN
from bot.store.figures import Figures


@dataclass(frozen=True, slots=True)
class Found:
    """A figure, and how old the data behind it is."""

    compared: Compared
    freshness: Freshness
    left: tuple[str, ...]
    segments: tuple[tuple[str, str], ...]


async def figure(
    config: Config,
    source: str,
    kind: Kind,
    ending: date | None,
    segments: Sequence[str],
    *,
    clock: Clock,
) -> Found:
    """The figure of the period with the day `ending` in it, or of the last finished one.

    Raises ConfigError for a source that is not there or was never pulled, Misunderstood for a
    segment or a period that is not known.
    """
    wanted = _wanted(segments)
    definition = config.definition.definition()
    today = clock().astimezone(definition.zone_info).date()
    period = (
        period_of(kind, ending, definition) if ending else last_finished(kind, today, definition)
    )
    async with stores(config) as kept:
        figures, freshness = await opened(config, kept, source)
        found = await figures.compared(period, today=today, wanted=wanted)
        left = await figures.names(found.lost, NAMES_SHOWN)
    return Found(found, freshness, tuple(left), tuple(wanted.items()))


async def opened(config: Config, kept: Stores, source: str) -> tuple[Figures, Freshness]:
    """The figures of a source by its name, of the first one if that is "", and how old they are.

    Raises ConfigError for a source that is not there or was never pulled.
    """
    names = [settings.name for settings in config.sources]
    name = source or config.truth.name
    if name not in names:
        raise ConfigError(f'There is no source "{name:.40}". There is {", ".join(names)}.')
    freshness = (await kept.pulls.freshness()).get(name)
    if freshness is None or freshness.believed is None:
        raise ConfigError(f"{name} was not pulled yet. Run: keeprate pull")
    return Figures(name, kept.customers, config.definition.definition()), freshness


def as_json(found: Found) -> dict[str, Any]:
    """For programs: dates as ISO 8601, crr a fraction or null, basis `identity` or `counts`."""
    now = found.compared.now
    believed = found.freshness.believed
    return {
        "source": found.freshness.source,
        "period": {
            "kind": now.period.kind.value,
            "first": now.period.first.isoformat(),
            "next": now.period.next.isoformat(),
            "so_far": {"day": now.so_far.day, "of": now.so_far.of} if now.so_far else None,
        },
        "segment": dict(found.segments),
        "opening": now.counts.opening,
        "closing": now.counts.closing,
        "kept": now.counts.kept,
        "lost": now.counts.lost,
        "new": now.counts.new,
        "won_back": now.counts.won_back,
        "early_losses": now.counts.early_losses,
        "crr": now.counts.crr,
        "basis": "identity",
        "as_of": believed.finished_at.isoformat() if believed and believed.finished_at else None,
    }


def in_words(found: Found, definition: Definition) -> str:
    """The same sentences as in Slack."""
    return crr_answer(
        found.compared,
        freshness=found.freshness,
        definition=definition,
        left=found.left,
        segment=found.segments,
    ).text


def _wanted(segments: Sequence[str]) -> dict[str, str]:
    wanted = {}
    for segment in segments:
        name, equals, label = segment.partition("=")
        if not (name and equals and label):
            raise Misunderstood(f'"{segment:.40}" names no segment; write it like plan=pro.')
        wanted[name] = label
    return wanted
