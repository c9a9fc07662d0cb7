"""The weekly post: whether customers stayed, against the period before, and who left."""

from collections.abc import Sequence
from dataclasses import dataclass

from bot.domain.comparison import Compared
from bot.domain.definition import Definition
from bot.domain.period import Period, SoFar
from bot.domain.pulls import Freshness
from bot.domain.retention import Counts, Unknown
from bot.messages import limits, wording
from bot.messages.blocks import (
    Block,
    Message,
    context,
    escape,
    header,
    line_chart,
    section,
)


@dataclass(frozen=True, slots=True)
class Line:
    """One finished period beside the one before it."""

    period: Period
    counts: Counts | None
    """None where we can't tell; then `why` says why."""
    before: Counts | None
    """Of the period before; None where we can't tell."""
    why: str = ""
    so_far: SoFar | None = None
    """How far the newest data reaches into the period; `before` then reaches as far into its own.
    None where it is all of it."""
    note: str = ""
    """What was said of the period before; escaped."""


def line(period: Period, found: Compared | Unknown, note: str = "") -> Line:
    """A finished period as it was found."""
    if isinstance(found, Unknown):
        return Line(period, None, None, str(found))
    before = found.before.counts if found.before else None
    return Line(period, found.now.counts, before, so_far=found.now.so_far, note=note)


def against(line: Line) -> str:
    """How the line differs from the period before, of which as many days are counted."""
    if line.counts is None:
        return ""
    reached = f" by day {line.so_far.day}" if line.so_far else ""
    return wording.change(line.counts, line.before, f"the {line.period.kind} before{reached}")


@dataclass(frozen=True, slots=True)
class Point:
    """One period of the chart."""

    period: Period
    counts: Counts | None


def weekly_post(
    lines: Sequence[Line],
    *,
    left: Sequence[str],
    freshness: Sequence[Freshness],
    history: Sequence[Point],
    definition: Definition,
    news: str = "",
    revenue: str = "",
    renewals: str = "",
    segment: Sequence[tuple[str, str]] = (),
) -> Message:
    """The post about `lines`: week, month, quarter; the first is what the headline is about.

    `left` are the names of who left in the first line's period, ten being enough; how many they
    were is in its counts. `history` are the periods of the chart, oldest first. `news` is what
    else is to be known of the figures, `revenue` what the customers of one of them pay, `renewals`
    how many of them renewed and whose term ends soon; all are escaped. With a `segment`, all of it
    is of the customers in it.
    """
    first = lines[0]
    headline = _headline(first, definition)
    if segment:
        headline = f"Customers with {wording.segment(segment)}: {headline}"
    lost = first.counts.lost if first.counts else 0
    who = f"Left: {wording.names(left, lost)}." if lost else ""
    above = [
        header(
            ", ".join(
                ["Customer retention", _title(first), *(f"{n}={label}" for n, label in segment)]
            )
        ),
        section("\n".join([headline, *_movements(first)])),
        *([section(fields=[_field(line) for line in lines[1:]])] if lines[1:] else []),
    ]
    below = [
        *([section(f"*Left:* {wording.names(left, lost)}")] if lost else []),
        *([section(f"*Renewals:* {renewals}")] if renewals else []),
        *([section(f"*Revenue:* {revenue}")] if revenue else []),
        *([section(news)] if news else []),
        *notes(lines),
        context(*_small_print(freshness, definition)),
    ]
    chart, table = _chart(history), _table(history)
    return Message(
        text="\n".join(
            [
                " ".join([headline, *_movements(first), *filter(None, [first.note])]),
                *(_line(line) for line in lines[1:]),
                *([who] if who else []),
                *([f"Renewals: {_sentence(renewals)}"] if renewals else []),
                *([f"Revenue: {_sentence(revenue)}"] if revenue else []),
                *([news] if news else []),
                *(_sentence(wording.freshness(f, definition)) for f in freshness),
            ]
        ),
        blocks=(*above, *chart, *below),
        fallback=(*above, *table, *below) if chart else None,
    )


def _headline(line: Line, definition: Definition) -> str:
    counts = line.counts
    when = f"{wording.in_period(line.period)} {wording.so_far(line.so_far)}".rstrip()
    if counts is None:
        return f"There is no figure for {wording.period(line.period)}: {escape(line.why)}"
    if not counts.opening:
        eve = wording.day(line.period.eve, weekday=True)
        gained = counts.new + counts.won_back
        joined = wording.number(gained, "customer") if gained else "nobody"
        return f"Nobody was a customer on {eve}, so there is no rate; {joined} joined {when}."
    if not counts.lost:
        everybody = wording.number(counts.opening, "customer")
        told = (
            f"All {everybody} stayed {when}."
            if counts.opening > 1
            else f"The one customer stayed {when}."
        )
    else:
        told = (
            f"{counts.kept:,} of {wording.number(counts.opening, 'customer')} stayed {when}:"
            f" CRR {wording.percent(counts.kept, counts.opening)}"
        )
        changed = against(line)
        told += f", {changed}." if changed else "."
    return " ".join(filter(None, (told, wording.small_base(counts, definition))))


def _movements(line: Line) -> list[str]:
    """A sentence, or none where we can't tell."""
    return [wording.movements(line.counts) + "."] if line.counts else []


def notes(lines: Sequence[Line]) -> list[Block]:
    """What was said of the figures before, in small print."""
    told = [f"*{wording.capital(_title(line))}:* {line.note}" for line in lines if line.note]
    return [context(*told)] if told else []


def _sentence(told: str) -> str:
    return told if told.endswith(".") else f"{told}."


def _line(line: Line) -> str:
    title = wording.capital(f"{wording.period(line.period)} {wording.so_far(line.so_far)}".rstrip())
    if line.counts is None:
        return f"{title}: {escape(line.why)}"
    told = ", ".join(filter(None, (wording.crr(line.counts), against(line))))
    return f"{title}: {told}; {wording.movements(line.counts)}. {line.note}".rstrip()


def _field(line: Line) -> str:
    title = f"*{wording.capital(_title(line))}*"
    if line.counts is None:
        return f"{title}\n{escape(line.why)}"
    told = [wording.crr(line.counts), against(line), wording.movements(line.counts)]
    return "\n".join([title, *filter(None, told)])


def _title(line: Line) -> str:
    title = wording.period(line.period).removeprefix("the ")
    return f"{title} {wording.so_far(line.so_far)}".rstrip()


def _known(history: Sequence[Point]) -> list[tuple[Period, Counts, float]]:
    return [
        (point.period, point.counts, point.counts.crr)
        for point in history[-limits.CHART_CATEGORIES :]
        if point.counts is not None and point.counts.crr is not None
    ]


def _chart(history: Sequence[Point]) -> list[Block]:
    """A line needs two points; a period without a rate has none."""
    known = _known(history)
    if len(known) < 2:
        return []
    kind = known[0][0].kind
    return [
        line_chart(
            f"CRR of the last {len(known)} {kind}s",
            {"CRR in %": [round(100 * rate, 1) for _, _, rate in known]},
            [wording.short(period) for period, _, _ in known],
            x_label=f"{kind.capitalize()} that began on" if kind == "week" else kind.capitalize(),
            y_label="% of customers kept",
        )
    ]


def _table(history: Sequence[Point]) -> list[Block]:
    """The chart's numbers in letters of one width."""
    known = _known(history)
    if len(known) < 2:
        return []
    rows = [
        (
            wording.short(period),
            wording.percent(counts.kept, counts.opening),
            f"{counts.kept:,} of {counts.opening:,}",
        )
        for period, counts, _ in known
    ]
    widths = [max(len(row[i]) for row in rows) for i in range(3)]
    lines = [
        f"{name:<{widths[0]}}  {rate:>{widths[1]}}  {stayed:>{widths[2]}}"
        for name, rate, stayed in rows
    ]
    title = f"*CRR of the last {len(known)} {known[0][0].kind}s*"
    return [section(title + "\n```\n" + "\n".join(lines) + "\n```")]


def _small_print(freshness: Sequence[Freshness], definition: Definition) -> list[str]:
    """At most ten pieces fit, so the sources after the eighth are counted."""
    told = [wording.freshness(f, definition) for f in freshness[:8]]
    if len(freshness) > 8:
        told.append(f"and {wording.number(len(freshness) - 8, 'more source')}")
    return [*told, f"CRR = kept / opening. Days of {definition.zone}."]
