"""`keeprate crr`: the same figure as /crr, for people and for programs."""

from collections.abc import Sequence
from dataclasses import asdict, dataclass, fields
from datetime import date, datetime
from typing import Any

from bot.config import Config
from bot.domain.closing import Earlier
from bot.domain.comparison import Compared, Figure
from bot.domain.definition import Definition
from bot.domain.period import Kind, last_finished, period_of
from bot.domain.pulls import Freshness
from bot.domain.questions import known_at
from bot.domain.recurring import RevenueFigure
from bot.domain.renewals import RenewalCounts
from bot.domain.retention import Counts
from bot.domain.revenue import RatesMissing, RevenueSums
from bot.errors import ConfigError, Misunderstood
from bot.messages.blocks import unescape
from bot.messages.closing import note
from bot.messages.crr import crr_answer
from bot.messages.renewals import renewal_line
from bot.messages.revenue import revenue_line, units
from bot.messages.wording import NAMES_SHOWN, trusted_since
from bot.parts import Clock, Stores, stores
from bot.store.figures import Figures


@dataclass(frozen=True, slots=True)
class Found:
    """A figure, and how old the data behind it is."""

    compared: Compared
    freshness: Freshness
    left: tuple[str, ...]
    segments: tuple[tuple[str, str], ...]
    known_at: datetime | None = None
    """As it was known at that moment, where that was asked."""
    earlier: Earlier | None = None
    """What was said of it before, if that was something else."""
    revenue: RevenueFigure | RatesMissing | None = None
    """What the same customers pay, or why it can't be added up."""
    renewals: RenewalCounts | None = None
    """Of the same customers, where the source tells ends of terms."""


async def figure(
    config: Config,
    source: str,
    kind: Kind,
    ending: date | None,
    segments: Sequence[str],
    *,
    clock: Clock,
    as_known_at: str = "",
) -> Found:
    """The figure of the period with the day `ending` in it, or of the last finished one.

    `as_known_at` is a day, at the end of which it was known so, or a local time. Raises
    ConfigError for a source that is not there or was never pulled, Misunderstood for a segment, a
    period or a moment that is not known.
    """
    wanted = named(segments)
    definition = config.definition.definition()
    moment, today = moment_and_day(as_known_at, clock=clock, definition=definition)
    period = (
        period_of(kind, ending, definition) if ending else last_finished(kind, today, definition)
    )
    async with stores(config) as kept:
        figures, freshness = await opened(config, kept, source)
        found = await figures.compared(period, today=today, wanted=wanted, as_known_at=moment)
        left = await figures.names(found.lost, NAMES_SHOWN)
        revenue = await figures.revenue(period, today=today, wanted=wanted, as_known_at=moment)
        renewed = await figures.renewals(period, today=today, wanted=wanted, as_known_at=moment)
        was = None
        if moment:
            freshness = await fresh_by(moment, freshness, kept)
        elif not wanted and not found.now.so_far:
            counts = found.now.counts
            was = await kept.closings.earlier(
                figures.source, period, counts, figures.definition.hash
            )
    return Found(
        found, freshness, tuple(left), tuple(wanted.items()), moment, was, revenue, renewed
    )


async def opened(config: Config, kept: Stores, source: str) -> tuple[Figures, Freshness]:
    """The figures of a source by its name, of the first one if that is "", and how old they are.

    Raises ConfigError for a source that is not there or was never pulled.
    """
    names = config.pulled
    name = source or config.truth.name
    if name not in names:
        raise ConfigError(f'There is no source "{name:.40}". There is {", ".join(names)}.')
    if name in config.counting:
        raise Misunderstood(
            f"{name} says how many customers there are and not who, so nobody can be followed."
        )
    freshness = (await kept.pulls.freshness()).get(name)
    if freshness is None or freshness.believed is None:
        raise ConfigError(f"{name} was not pulled yet. Run: keeprate pull")
    return Figures(name, kept.customers, config.definition_of(name)), freshness


def moment_and_day(
    as_known_at: str, *, clock: Clock, definition: Definition
) -> tuple[datetime | None, date]:
    """The moment as of which is asked, None for now, and the local day on which it was known so.

    Raises Misunderstood for a moment that can't be read or has not come.
    """
    today = clock().astimezone(definition.zone_info).date()
    if not as_known_at:
        return None, today
    moment = known_at(as_known_at, today=today, definition=definition)
    return moment, min(today, moment.astimezone(definition.zone_info).date())


async def fresh_by(moment: datetime, freshness: Freshness, kept: Stores) -> Freshness:
    """How old what was known at that moment is."""
    return await kept.pulls.freshness_at(freshness.source, moment) or freshness


def as_json(found: Found) -> dict[str, Any]:
    """For programs: dates as ISO 8601, crr a fraction or null, basis `identity` or `counts`."""
    before, was = found.compared.before, found.earlier
    return {
        "source": found.freshness.source,
        **_measured(found.compared.now),
        "segment": dict(found.segments),
        "basis": "identity",
        "before": _measured(before) if before else None,
        "revenue": _paid(found.revenue) if found.revenue else None,
        "renewals": _renewed(found.renewals) if found.renewals else None,
        "as_of": as_of(found.freshness),
        "trusted_from": trusted_from(found.freshness),
        "as_known_at": found.known_at.isoformat() if found.known_at else None,
        "closed_as": _closed(was) if was else None,
    }


def as_of(freshness: Freshness) -> str | None:
    believed = freshness.believed
    return believed.finished_at.isoformat() if believed and believed.finished_at else None


def trusted_from(freshness: Freshness) -> str | None:
    """The first day of which the source's history is true; None where all of it is."""
    since = trusted_since(freshness)
    return since.isoformat() if since else None


def _measured(figure: Figure) -> dict[str, Any]:
    period, so_far = figure.period, figure.so_far
    return {
        "period": {
            "kind": period.kind.value,
            "first": period.first.isoformat(),
            "next": period.next.isoformat(),
            "so_far": {"day": so_far.day, "of": so_far.of} if so_far else None,
        },
        **_counted(figure.counts),
    }


def _counted(counts: Counts) -> dict[str, Any]:
    return {**asdict(counts), "crr": counts.crr, "churn": counts.churn}


def _paid(found: RevenueFigure | RatesMissing) -> dict[str, Any]:
    """Amounts a month, in what people count in; all but `missing_rates` null without rates."""
    if isinstance(found, RatesMissing):
        names = ("currency", "nrr", "grr", *(each.name for each in fields(RevenueSums)))
        return {**dict.fromkeys(names), "missing_rates": list(found.missing)}
    return {
        "currency": found.currency,
        "nrr": found.sums.nrr,
        "grr": found.sums.grr,
        **{name: units(amount, found.currency) for name, amount in asdict(found.sums).items()},
        "missing_rates": [],
    }


def _renewed(found: RenewalCounts) -> dict[str, Any]:
    """Whose term ended; `rate` a fraction, null where nobody's did."""
    return {
        "eligible": found.eligible,
        "renewed": found.kept,
        "rate": found.rate,
        "lost_early": found.lost_early,
        "without_term": found.without_term,
    }


def _closed(was: Earlier) -> dict[str, Any]:
    """What the period was closed with, where that is not what is known now."""
    return {
        **_counted(was.closed.counts),
        "closed_at": was.closed.closed_at.isoformat(),
        "restated_at": was.restated_at.isoformat() if was.restated_at else None,
        "definition": was.closed.definition,
    }


def in_words(found: Found, definition: Definition) -> str:
    """The same sentences as in Slack."""
    told = crr_answer(
        found.compared,
        freshness=found.freshness,
        definition=definition,
        left=found.left,
        segment=found.segments,
        known_at=found.known_at,
        note=note(found.earlier, found.compared.now.counts, definition),
        revenue=revenue_line(found.revenue),
        renewals=renewal_line(found.renewals),
    )
    return unescape(told.text)


def named(segments: Sequence[str]) -> dict[str, str]:
    """Dimension to label. Raises Misunderstood for what is not written like plan=pro."""
    wanted = {}
    for segment in segments:
        name, equals, label = segment.partition("=")
        if not (name and equals and label):
            raise Misunderstood(f'"{segment:.40}" names no segment; write it like plan=pro.')
        wanted[name] = label
    return wanted
