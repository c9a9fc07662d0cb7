"""What is told of customers who are only counted: an estimate, and always called one."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import date, datetime, time, timedelta

from bot.domain.counting import CountFigure, CountOn, CountsCompared
from bot.domain.definition import Definition
from bot.domain.period import Period, from_day_number
from bot.domain.pulls import Freshness
from bot.messages import limits, wording
from bot.messages.blocks import (
    Block,
    Message,
    bold,
    context,
    divider,
    escape,
    header,
    line_chart,
    section,
)

WHAT_IT_IS = (
    "An estimate: (at the end - new) / at the start is exact only if everybody at the end who was"
    " not there at the start counts as new. Who came back makes it too high, who joined and left"
    " again too low."
)


@dataclass(frozen=True, slots=True)
class Line:
    """A finished period as it was counted, or why there is no figure."""

    period: Period
    found: CountsCompared | None
    why: str = ""


def count_answer(
    found: CountsCompared,
    *,
    source: str,
    freshness: Freshness | None,
    definition: Definition,
    corrected: Sequence[tuple[CountOn, CountOn]] = (),
    known_at: datetime | None = None,
) -> Message:
    """The figure against the one before it. `corrected` are counts behind it, as they were before
    and as they are."""
    figure = found.now
    title = f"{wording.period(figure.period)} {wording.so_far(figure.so_far)}".rstrip()
    told = f"{wording.capital(title)}: {_against(found)}."
    lines = [formula(figure), *warnings(figure), *_corrected(corrected)]
    if known_at:
        lines.append(f"As it was known on {wording.moment(known_at, definition)}.")
    small = [_fresh(source, freshness, definition), WHAT_IT_IS]
    return Message(
        text="\n".join([told, *lines, *small]),
        blocks=(
            header(f"{wording.capital(title)}, by counts"),
            section("\n".join([bold(told), *lines])),
            context(*small, f"Days of {definition.zone}."),
        ),
    )


def count_explanation(
    found: CountFigure,
    used: Sequence[CountOn],
    before: Mapping[int, CountOn],
    *,
    source: str,
    freshness: Freshness | None,
    definition: Definition,
) -> Message:
    """Every count behind the figure, who told it and what it was before."""
    period = found.period
    parts = [
        ("The formula", [formula(found), *warnings(found), WHAT_IT_IS]),
        (
            "The days",
            [
                f"From {_edge(period.first, definition)} until before"
                f" {_edge(period.next, definition)}, {definition.zone}. A count is of the end of"
                " its day."
            ],
        ),
        ("The counts", [_count(each, before.get(each.day), definition) for each in used]),
        ("The data", [_fresh(source, freshness, definition)]),
        ("The definition", [f"Hash {definition.hash}."]),
    ]
    title = f"Explained: CRR by counts {wording.in_period(period)}"
    blocks: list[Block] = []
    for name, lines in parts:
        blocks += [divider()] if blocks else []
        blocks.append(section("\n".join([f"*{name}*", *lines[:40]])))
    return Message(
        text="\n".join([title, *(f"{name}: " + "\n".join(lines) for name, lines in parts)]),
        blocks=(header(title), *blocks),
    )


def recorded(count: CountOn, was: CountOn | None, *, source: str) -> Message:
    on = wording.day(from_day_number(count.day), weekday=True)
    told = f"Recorded for {on}: {_said(count)}, under {escape(source)}."
    if was is not None and (was.customers, was.new) != (count.customers, count.new):
        told += f" It was {_said(was)}, which is kept as what was known before."
    elif was is not None:
        told = f"For {on}, {_said(was)} were known already."
    return Message(told, (section(told),))


def beside(figure: CountFigure, source: str) -> str:
    """One line under a figure by identity, of what was counted of the same period. Escaped."""
    crr = figure.crr
    if crr is None:
        return ""
    return (
        f"By {escape(source)}: {wording.rate(crr)}, an estimate; `/crr explain` names the"
        " difference."
    )


def count_post(
    lines: Sequence[Line],
    *,
    history: Sequence[CountFigure],
    freshness: Sequence[Freshness],
    source: str,
    definition: Definition,
    news: str = "",
) -> Message:
    """Monday's post of a company that counts. The first line of which anything is known is what
    the headline is about; where nothing is, it says why of the first."""
    known = [line for line in lines if line.found]
    first = known[0] if known else lines[0]
    others = [line for line in lines if line is not first]
    small = [_fresh(source, None, definition, freshness), WHAT_IT_IS]
    about = [_line(first)]
    if first.found:
        about += [formula(first.found.now), *warnings(first.found.now)]
    title = wording.period(first.period).removeprefix("the ")
    above = (
        header(f"Customer retention by counts, {title}"),
        section("\n".join([bold(about[0]), *about[1:]])),
        *([section("\n".join(map(_line, others)))] if others else []),
    )
    below = (*([section(news)] if news else []), context(*small, f"Days of {definition.zone}."))
    chart = _chart(history)
    return Message(
        text="\n".join([*about, *map(_line, others), *([news] if news else []), *small]),
        blocks=(*above, *chart, *below),
        fallback=(*above, *below) if chart else None,
    )


def home_lines(lines: Sequence[Line]) -> list[str]:
    """For App Home, one of each period. Escaped."""
    return [_line(line) for line in lines]


def formula(of: CountFigure) -> str:
    counts = of.counts
    told = f"({counts.end:,} - {counts.new:,}) / {counts.start:,} x 100"
    return f"{told} = {wording.rate(of.crr)}" if of.crr is not None else told


def warnings(of: CountFigure) -> list[str]:
    """Why the figure can't be true, where it can't."""
    crr = of.crr
    if crr is None:
        return ["Nobody was there at the start, so there is no rate."]
    if crr > 1:
        return [
            "More than 100 % can't be: some of those at the end were neither there at the start nor"
            " counted as new, such as customers who came back. Count them as new."
        ]
    if crr < 0:
        return [
            "Less than 0 % can't be: more were counted as new than are there at the end. Count as"
            " new only who is still there."
        ]
    return []


def _line(of: Line) -> str:
    title = wording.capital(wording.period(of.period))
    return f"{title}: {_against(of.found)}." if of.found else f"{title}: {escape(of.why)}"


def _against(found: CountsCompared) -> str:
    now, before = found.now.crr, found.before.crr if found.before else None
    counts = found.now.counts
    if now is None:
        return "no CRR by counts: nobody was counted at the start"
    told = (
        f"CRR {wording.rate(now)} by counts, an estimate ({counts.start:,} at the start,"
        f" {counts.end:,} at the end, {counts.new:,} new)"
    )
    if before is None or found.before is None:
        return told
    points = round(100 * now, 1) - round(100 * before, 1)
    was = f"{wording.rate(before)} {wording.in_period(found.before.period)}"
    if abs(points) < 0.05:
        return f"{told}; unchanged from {was}"
    direction = "up" if points > 0 else "down"
    return f"{told}; {direction} {wording.number_of_points(abs(points))} from {was}"


def _corrected(corrected: Sequence[tuple[CountOn, CountOn]]) -> list[str]:
    return [
        f"Corrected: on {wording.day(from_day_number(now.day))} {_said(was)} → {_said(now)}."
        for was, now in corrected[: wording.NAMES_SHOWN]
    ]


def _count(of: CountOn, was: CountOn | None, definition: Definition) -> str:
    by = f", recorded by {_person(of.by)}" if of.by else ""
    at = f" on {wording.moment(of.known_from, definition)}" if of.by and of.known_from else ""
    before = f"; before that {_said(was)}" if was else ""
    on = wording.day(from_day_number(of.day), weekday=True)
    return f"{on}: {_said(of)}{by}{at}{before}"


def _person(by: str) -> str:
    name, terminal, user = by.partition("terminal:")
    return f"{escape(user)} in a terminal" if terminal and not name else f"<@{escape(by)}>"


def _said(of: CountOn) -> str:
    new = f", {of.new:,} new" if of.new is not None else ""
    return f"{wording.number(of.customers, 'customer')}{new}"


def _fresh(
    source: str,
    freshness: Freshness | None,
    definition: Definition,
    several: Sequence[Freshness] = (),
) -> str:
    told = [wording.freshness(each, definition) for each in (freshness, *several) if each]
    return "; ".join(told) or f"{escape(source)}: recorded by people"


def _edge(day: date, definition: Definition) -> str:
    at = datetime.combine(day, time(), definition.zone_info)
    minutes = round((at.utcoffset() or timedelta()).total_seconds() / 60)
    hours, rest = divmod(abs(minutes), 60)
    sign = "-" if minutes < 0 else "+"
    return f"{wording.day(day, weekday=True)}, 00:00 (UTC{sign}{hours:02}:{rest:02})"


def _chart(history: Sequence[CountFigure]) -> list[Block]:
    known = [
        (figure, figure.crr)
        for figure in history[-limits.CHART_CATEGORIES :]
        if figure.crr is not None and figure.so_far is None and not figure.impossible
    ]
    if len(known) < 2:
        return []
    kind = known[0][0].period.kind
    return [
        line_chart(
            f"CRR of {kind}s by counts",
            {"CRR in %, estimated": [round(100 * crr, 1) for _, crr in known]},
            [wording.short(figure.period) for figure, _ in known],
            x_label=kind.capitalize(),
            y_label="% of customers kept",
        )
    ]
