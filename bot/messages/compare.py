"""What `/crr compare` answers: two figures side by side, and whether they differ by luck."""

from dataclasses import dataclass
from datetime import datetime

from bot.domain.comparison import Figure
from bot.domain.definition import Definition
from bot.domain.difference import difference
from bot.domain.pulls import Freshness
from bot.messages import wording
from bot.messages.blocks import Message, bold, context, header, section
from bot.messages.languages import tr


@dataclass(frozen=True, slots=True)
class Side:
    """One of the two: a period, and the segments that it is of."""

    figure: Figure
    segment: tuple[tuple[str, str], ...] = ()


def compare_answer(
    first: Side,
    second: Side,
    *,
    freshness: Freshness | None,
    definition: Definition,
    known_at: datetime | None = None,
) -> Message:
    """As it was known at a moment of the past, or now."""
    titles = [_title(each) for each in (first, second)]
    lines = [
        f"{title}: {wording.crr(each.figure.counts)}; {wording.movements(each.figure.counts)}."
        for title, each in zip(titles, (first, second), strict=True)
    ]
    told = _difference(first, second)
    small = [wording.small_base(each.figure.counts, definition) for each in (first, second)]
    eve = min(each.figure.period.eve for each in (first, second))
    fresh = tr("No data yet")
    if freshness:
        fresh = wording.freshness(freshness, definition, reaching=eve)
    notes = dict.fromkeys([*small, wording.as_known(known_at, definition)])
    shown = [*lines, *filter(None, notes)]
    return Message(
        text="\n".join(filter(None, [told, *shown, fresh])),
        blocks=(
            header(tr("{first} against {second}", first=titles[0], second=titles[1])),
            section("\n".join([bold(told), *shown] if told else shown)),
            context(fresh, tr("CRR = kept / opening. Days of {zone}.", zone=definition.zone)),
        ),
    )


def _title(side: Side) -> str:
    figure = side.figure
    when = f"{wording.period(figure.period)} {wording.so_far(figure.so_far)}".rstrip()
    of = f", {wording.segment(side.segment)}" if side.segment else ""
    return wording.capital(when) + of


def _difference(first: Side, second: Side) -> str:
    """ "" where one of them has no rate."""
    now, then = first.figure.counts, second.figure.counts
    if not now.opening or not then.opening:
        return ""
    found = difference(now.kept, now.opening, then.kept, then.opening)
    apart = wording.change(now, then, "").rstrip()
    low, high = (wording.decimal(100 * each) for each in (found.low, found.high))
    if found.is_luck:
        return tr(
            "CRR is {change}, which luck explains (95 %: {low} to {high} points).",
            change=apart,
            low=low,
            high=high,
        )
    return tr(
        "CRR is {change}, more than luck explains (95 %: {low} to {high} points).",
        change=apart,
        low=low,
        high=high,
    )
