"""What is told of customers who are only counted: an estimate, and always called one."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from types import MappingProxyType
from typing import Any

from bot.domain.bridge import Bridge, Cause, Counted, Step
from bot.domain.count_closing import Corrected, CountedBefore, CountRestatement
from bot.domain.counting import CountFigure, CountOn, CountsCompared
from bot.domain.definition import Definition
from bot.domain.period import Kind, Period, from_day_number
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
    saying,
    section,
    sections,
)
from bot.messages.closing import list_button
from bot.messages.languages import grouped, later, retold, tr, trn

PERIODS_SHOWN = 10

WHAT_IT_IS = later(
    "An estimate: (at the end - new) / at the start is exact only if everybody at the end who was"
    " not there at the start counts as new. Who came back makes it too high, who joined and left"
    " again too low."
)


_CHARTS = {
    Kind.WEEK: later("CRR of weeks by counts"),
    Kind.MONTH: later("CRR of months by counts"),
    Kind.QUARTER: later("CRR of quarters by counts"),
    Kind.YEAR: later("CRR of years by counts"),
}


@dataclass(frozen=True, slots=True)
class Line:
    """A finished period as it was counted, or why there is no figure."""

    period: Period
    found: CountsCompared | None
    why: str = ""
    note: str = ""
    """What was said of the period before; escaped."""


def count_answer(
    found: CountsCompared,
    *,
    source: str,
    freshness: Freshness | None,
    definition: Definition,
    corrected: Sequence[tuple[CountOn, CountOn]] = (),
    known_at: datetime | None = None,
    closed: CountedBefore | None = None,
) -> Message:
    """The figure against the one before it. `corrected` are counts behind it, as they were before
    and as they are; `closed` is what was said of the period before."""
    figure = found.now
    title = f"{wording.period(figure.period)} {wording.so_far(figure.so_far)}".rstrip()
    told = f"{wording.capital(title)}: {_against(found)}."
    lines = [formula(figure), *warnings(figure), *_corrected(corrected)]
    if closed:
        lines.append(count_note(closed, figure.crr, definition))
    if known_at:
        lines.append(wording.as_known(known_at, definition))
    small = [_fresh(source, freshness, definition), tr(WHAT_IT_IS)]
    return Message(
        text="\n".join([told, *lines, *small]),
        blocks=(
            header(tr("{period}, by counts", period=wording.capital(title))),
            section("\n".join([bold(told), *lines])),
            context(*small, tr("Days of {zone}.", zone=definition.zone)),
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
        (tr("The formula"), [formula(found), *warnings(found), tr(WHAT_IT_IS)]),
        (
            tr("The days"),
            [
                tr(
                    "From {first} until before {after}, {zone}. A count is of the end of its day.",
                    first=wording.midnight(period.first, definition),
                    after=wording.midnight(period.next, definition),
                    zone=definition.zone,
                )
            ],
        ),
        (tr("The counts"), [_count(each, before.get(each.day), definition) for each in used]),
        (tr("The data"), [_fresh(source, freshness, definition)]),
        (tr("The definition"), [f"Hash {definition.hash}."]),
    ]
    title = tr("Explained: CRR by counts {period}", period=wording.in_period(period))
    blocks: list[Block] = []
    for name, lines in parts:
        blocks += [divider()] if blocks else []
        blocks += sections([f"*{name}*", *lines[:40]])
    return Message(
        text="\n".join([title, *(f"{name}: " + "\n".join(lines) for name, lines in parts)]),
        blocks=(header(title), *blocks),
    )


def count_restatement(
    restatements: Sequence[CountRestatement],
    corrections: Sequence[Corrected],
    *,
    source: str,
    definition: Definition,
    which: Mapping[str, Any] = MappingProxyType({}),
) -> Message:
    """The post about all closed figures that corrected counts changed, the most important first;
    `which` is what the list of all is found again by."""
    title = tr("Restated, by counts: {period}", period=wording.period(restatements[0].was.period))
    if more := len(restatements) - 1:
        title += " " + trn("and {n} more period", "and {n} more periods", more)
    lines = [_restated(each, definition) for each in restatements[:PERIODS_SHOWN]]
    if (others := len(restatements) - PERIODS_SHOWN) > 0:
        lines.append(trn("and {n} more period", "and {n} more periods", others))
    count = len(corrections)
    who = [
        trn(
            "Because of {n} count of {source}:",
            "Because of {n} counts of {source}:",
            count,
            source=escape(source),
        ),
        *(_correction(each, definition) for each in corrections[: wording.NAMES_SHOWN]),
    ]
    if (rest := count - wording.NAMES_SHOWN) > 0:
        who.append(trn("and {n} more count", "and {n} more counts", rest))
    small = [
        tr(WHAT_IT_IS),
        tr("Closed figures are kept as they were. Days of {zone}.", zone=definition.zone),
    ]
    return Message(
        text="\n".join([title, *lines, *who, *small]),
        blocks=(
            header(title),
            section("\n".join([bold(lines[0]), *lines[1:]])),
            section("\n".join([bold(who[0]), *who[1:]])),
            context(*small),
            *(list_button(which, label=tr("Show all")) if others > 0 or rest > 0 else ()),
        ),
    )


def count_restated_lines(
    restatements: Sequence[CountRestatement],
    corrections: Sequence[Corrected],
    definition: Definition,
) -> list[str]:
    """A line for each period and, after them, for each count behind them."""
    return [
        *(_restated(each, definition) for each in restatements),
        *(_correction(each, definition) for each in corrections),
    ]


def count_not_judged(of: Period, why: str) -> Message:
    """No alert comes of a period that was not counted to its end; `why` says what is missing."""
    told = tr(
        "No alert can be raised for {period} yet, because it was not counted to its end.",
        period=wording.period(of),
    )
    told = f"{told} {escape(retold(why))}".rstrip()
    return saying(told)


def count_note(was: CountedBefore, now: float | None, definition: Definition) -> str:
    """What was said of a figure before. Escaped."""
    closed = wording.day(was.closed.closed_at.astimezone(definition.zone_info).date())
    change = _rates(was.closed.crr, now)
    if was.restated_at is None:
        return tr(
            "Changed by newer data since it was closed on {day}: {change}.",
            day=closed,
            change=change,
        )
    restated = wording.day(was.restated_at.astimezone(definition.zone_info).date())
    return tr(
        "Restated on {restated}, closed on {day}: {change}.",
        restated=restated,
        day=closed,
        change=change,
    )


def recorded(count: CountOn, was: CountOn | None, *, source: str) -> Message:
    on = wording.day(from_day_number(count.day), weekday=True)
    told = tr(
        "Recorded for {day}: {count}, under {source}.",
        day=on,
        count=_said(count),
        source=escape(source),
    )
    if was is not None and (was.customers, was.new) != (count.customers, count.new):
        kept = tr("It was {count}, which is kept as what was known before.", count=_said(was))
        told = f"{told} {kept}"
    elif was is not None:
        told = tr("For {day}, {count} were known already.", day=on, count=_said(was))
    return saying(told)


def beside(figure: CountFigure, source: str) -> str:
    """One line under a figure by identity, of what was counted of the same period. Escaped."""
    crr = figure.crr
    if crr is None:
        return ""
    return tr(
        "By {source}: {share}, an estimate; `/crr explain` names the difference.",
        source=escape(source),
        share=wording.rate(crr),
    )


def bridge_line(of: Bridge, source: str) -> str:
    """One line in a post: what the counts of a source give, and why it is another rate than by
    identity; "" where it is the same. Escaped."""
    if of.by_counts is None or of.by_identity is None:
        return ""
    counted, known = wording.rate(of.by_counts), wording.rate(of.by_identity)
    if counted == known:
        return ""
    told = tr(
        "By counts: {source} gives {counted} {when}, an estimate, where it is {known} by identity",
        source=escape(source),
        counted=counted,
        when=wording.in_period(of.of.period),
        known=known,
    )
    return f"{told}: {wording.listed([_step(step) for step in of.steps])}."


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
    small = [_fresh(source, None, definition, freshness), tr(WHAT_IT_IS)]
    about = [_line(first)]
    if first.found:
        about += [formula(first.found.now), *warnings(first.found.now)]
    title = wording.titled(first.period)
    above = (
        header(tr("Customer retention by counts, {period}", period=title)),
        section("\n".join([bold(about[0]), *about[1:]])),
        *([section("\n".join(map(_line, others)))] if others else []),
    )
    zone = tr("Days of {zone}.", zone=definition.zone)
    below = (*([section(news)] if news else []), context(*small, zone))
    chart = _chart(history)
    in_words = _in_words(history)
    said = [*about, *map(_line, others), *([news] if news else []), *in_words, *small]
    return Message(
        text="\n".join(said),
        blocks=(*above, *chart, *below),
        fallback=(*above, *map(section, in_words), *below) if chart else None,
    )


def home_lines(lines: Sequence[Line]) -> list[str]:
    """For App Home, one of each period. Escaped."""
    return [_line(line) for line in lines]


def formula(of: CountFigure) -> str:
    counts = of.counts
    told = f"({grouped(counts.end)} - {grouped(counts.new)}) / {grouped(counts.start)} x 100"
    return f"{told} = {wording.rate(of.crr)}" if of.crr is not None else told


def warnings(of: CountFigure) -> list[str]:
    """Why the figure can't be true, where it can't."""
    crr = of.crr
    if crr is None:
        return [tr("Nobody was there at the start, so there is no rate.")]
    if crr > 1:
        return [
            tr(
                "More than 100 % can't be: some of those at the end were neither there at the start"
                " nor counted as new, such as customers who came back. Count them as new."
            )
        ]
    if crr < 0:
        return [
            tr(
                "Less than 0 % can't be: more were counted as new than are there at the end. Count"
                " as new only who is still there."
            )
        ]
    return []


def _line(of: Line) -> str:
    title = wording.capital(wording.period(of.period))
    told = f"{title}: {_against(of.found)}." if of.found else f"{title}: {escape(retold(of.why))}"
    return f"{told} {of.note}".rstrip()


def _against(found: CountsCompared) -> str:
    now, before = found.now.crr, found.before.crr if found.before else None
    counts = found.now.counts
    if now is None:
        return tr("no CRR by counts: nobody was counted at the start")
    told = tr(
        "CRR {share} by counts, an estimate ({start} at the start, {end} at the end, {new} new)",
        share=wording.rate(now),
        start=counts.start,
        end=counts.end,
        new=counts.new,
    )
    if before is None or found.before is None:
        return told
    points = round(100 * now, 1) - round(100 * before, 1)
    was = f"{wording.rate(before)} {wording.in_period(found.before.period)}"
    if abs(points) < 0.05:
        return f"{told}; {tr('unchanged from {was}', was=was)}"
    by = wording.number_of_points(abs(points))
    if points > 0:
        return f"{told}; {tr('up {points} from {was}', points=by, was=was)}"
    return f"{told}; {tr('down {points} from {was}', points=by, was=was)}"


def _step(of: Step) -> str:
    by = ("-" if of.change < 0 else "+") + wording.number_of_points(abs(100 * of.change))
    count = abs(of.by)
    match of.cause:
        case Cause.WON_BACK:
            return trn("{n} came back ({by})", "{n} came back ({by})", count, by=by)
        case Cause.JOINED_AND_LEFT:
            return trn("{n} joined and left ({by})", "{n} joined and left ({by})", count, by=by)
        case Cause.MERGED | Cause.MERGED_SINCE:
            return trn("{n} merged record ({by})", "{n} merged records ({by})", count, by=by)
        case Cause.END_DIFFERS:
            return tr("{n} counted otherwise at the end ({by})", n=count, by=by)
        case Cause.NEW_DIFFERS:
            return tr("{n} counted otherwise as new ({by})", n=count, by=by)
        case Cause.START_DIFFERS:
            return tr("{n} counted otherwise at the start ({by})", n=count, by=by)


def _restated(of: CountRestatement, definition: Definition) -> str:
    when = wording.capital(wording.period(of.was.period))
    on = wording.day(of.was.closed_at.astimezone(definition.zone_info).date())
    said = tr("last restated on {day}", day=on)
    if of.was.version == 1:
        said = tr("closed on {day}", day=on)
    counts = f"{_counted(of.was.counts)} → {_counted(of.now)}"
    return f"{when}: {_rates(of.was.crr, of.crr)} ({counts}); {said}."


def _rates(was: float | None, now: float | None) -> str:
    before, after = (tr("no rate") if rate is None else wording.rate(rate) for rate in (was, now))
    if before == after:
        return tr("CRR {share} as before", share=after)
    return f"CRR {before} → {after}"


def _counted(of: Counted | None) -> str:
    if of is None:
        return tr("not counted")
    return f"({grouped(of.end)} - {grouped(of.new)}) / {grouped(of.start)}"


def _correction(of: Corrected, definition: Definition) -> str:
    on = wording.day(from_day_number(of.day))
    was, now = (tr("not counted") if each is None else _said(each) for each in (of.was, of.now))
    told = f"{on}: {was} → {now}"
    return f"{told}, {_recorded(of.now, definition)}" if of.now and of.now.by else told


def _corrected(corrected: Sequence[tuple[CountOn, CountOn]]) -> list[str]:
    return [
        tr(
            "Corrected: on {day} {before} → {now}.",
            day=wording.day(from_day_number(now.day)),
            before=_said(was),
            now=_said(now),
        )
        for was, now in corrected[: wording.NAMES_SHOWN]
    ]


def _count(of: CountOn, was: CountOn | None, definition: Definition) -> str:
    on = wording.day(from_day_number(of.day), weekday=True)
    told = f"{on}: {_said(of)}"
    if of.by:
        told += f", {_recorded(of, definition)}"
    return f"{told}; {tr('before that {count}', count=_said(was))}" if was else told


def _recorded(of: CountOn, definition: Definition) -> str:
    if not of.known_from:
        return tr("recorded by {who}", who=wording.who(of.by))
    at = wording.moment(of.known_from, definition)
    return tr("recorded by {who} on {moment}", who=wording.who(of.by), moment=at)


def _said(of: CountOn) -> str:
    customers = wording.number(of.customers, "customer")
    return customers if of.new is None else f"{customers}, {tr('{n} new', n=of.new)}"


def _fresh(
    source: str,
    freshness: Freshness | None,
    definition: Definition,
    several: Sequence[Freshness] = (),
) -> str:
    told = [wording.freshness(each, definition) for each in (freshness, *several) if each]
    return "; ".join(told) or tr("{source}: recorded by people", source=escape(source))


def _known(history: Sequence[CountFigure]) -> list[tuple[CountFigure, float]]:
    return [
        (figure, figure.crr)
        for figure in history[-limits.CHART_CATEGORIES :]
        if figure.crr is not None and figure.so_far is None and not figure.impossible
    ]


def _in_words(history: Sequence[CountFigure]) -> list[str]:
    """The chart, for those who have no charts."""
    known = _known(history)
    if len(known) < 2:
        return []
    title = tr("{chart}, in %", chart=tr(_CHARTS[known[0][0].period.kind]))
    labels = [wording.short(figure.period) for figure, _ in known]
    return [wording.in_words(title, labels, [100 * crr for _, crr in known])]


def _chart(history: Sequence[CountFigure]) -> list[Block]:
    known = _known(history)
    if len(known) < 2:
        return []
    kind = known[0][0].period.kind
    return [
        line_chart(
            tr(_CHARTS[kind]),
            {tr("CRR in %, estimated"): [round(100 * crr, 1) for _, crr in known]},
            [wording.short(figure.period) for figure, _ in known],
            x_label=wording.unit(kind),
            y_label=tr("% of customers kept"),
        )
    ]
