"""The posts that come by themselves: what happened, whether luck explains it, and who.

A leader reads them in a minute: of everything there is the beginning, and a button to the rest.
"""

from collections.abc import Callable, Sequence
from dataclasses import dataclass, field, replace

from bot.domain.anniversaries import Anniversary
from bot.domain.comparison import Compared
from bot.domain.definition import Definition
from bot.domain.detection import Expectation
from bot.domain.incidents import Incident
from bot.domain.loops import Loop, LoopState
from bot.domain.period import Kind, Period, SoFar, before
from bot.domain.pulls import Freshness
from bot.domain.reasons import Cause
from bot.domain.results import Result, value
from bot.domain.retention import Counts, Unknown
from bot.domain.surveys import Nps
from bot.messages import limits, wording
from bot.messages.alerts import Leaver, known_of
from bot.messages.blocks import (
    PICTURE,
    Block,
    Message,
    Picture,
    actions,
    button,
    context,
    cut,
    escape,
    header,
    line_chart,
    saying,
    section,
    slack_image,
)
from bot.messages.joined import list_buttons
from bot.messages.languages import later, retold, tr, trn
from bot.messages.reasons import named, reasons_in_letters, reasons_table, reasons_told
from bot.messages.results import signed

REST = "post:rest"
"""The button that shows all of what a post shows the beginning of."""
SHOWN = 5
"""How many people of a kind a post names."""
ALL = 60
"""How many of a kind the rest has; one message holds no more, and lists that page have all."""
_ANNIVERSARIES = 3
_ALL_TOGETHER = 2900
"""Characters of one paragraph."""


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
    usual: Expectation | None = None
    """How many leavers luck explains; None where nobody can tell."""


def line(
    period: Period, found: Compared | Unknown, note: str = "", usual: Expectation | None = None
) -> Line:
    """A finished period as it was found."""
    if isinstance(found, Unknown):
        return Line(period, None, None, found.sentence)
    before = found.before.counts if found.before else None
    so_far = found.now.so_far
    return Line(
        period,
        found.now.counts,
        before,
        so_far=so_far,
        note=note,
        usual=None if so_far else usual,
    )


_BEFORE = {
    Kind.WEEK: (later("the week before"), later("the week before by day {day}")),
    Kind.MONTH: (later("the month before"), later("the month before by day {day}")),
    Kind.QUARTER: (later("the quarter before"), later("the quarter before by day {day}")),
    Kind.YEAR: (later("the year before"), later("the year before by day {day}")),
    Kind.DAYS: (later("the days before"), later("the days before by day {day}")),
}


def against(line: Line) -> str:
    """How the line differs from the period before, of which as many days are counted."""
    if line.counts is None:
        return ""
    whole, part = _BEFORE[line.period.kind]
    before = tr(part, day=line.so_far.day) if line.so_far else tr(whole)
    return wording.change(line.counts, line.before, before)


def luck(line: Line) -> str:
    """Whether luck explains the figure: "within luck"; "" where nobody can tell."""
    if line.counts is None or line.usual is None:
        return ""
    if line.counts.lost > line.usual.most:
        return tr("lower than luck explains")
    return tr(
        "higher than luck explains" if line.counts.lost < line.usual.fewest else "within luck"
    )


@dataclass(frozen=True, slots=True)
class Point:
    """One period of the chart."""

    period: Period
    counts: Counts | None
    usual: Expectation | None = None


@dataclass(frozen=True, slots=True)
class Moved:
    """Who came or went: the first of them, and how many they are."""

    first: Sequence[Leaver] = ()
    count: int = 0


@dataclass(frozen=True, slots=True)
class Coming:
    """Whose anniversary comes: the first of them, and how many they are."""

    first: Sequence[Anniversary] = ()
    count: int = 0


@dataclass(frozen=True, slots=True)
class Post:
    """All that a post tells. What is text is escaped, and "" where there is nothing to say."""

    lines: Sequence[Line]
    """The first is what the headline is about."""
    freshness: Sequence[Freshness]
    history: Sequence[Point] = ()
    """The periods of the chart, oldest first."""
    left: Moved = field(default_factory=Moved)
    back: Moved = field(default_factory=Moved)
    joined: Moved = field(default_factory=Moved)
    anniversaries: Coming = field(default_factory=Coming)
    renewals: str = ""
    """How many renewed, and whose term ends soon."""
    scores: str = ""
    open: Sequence[str] = ()
    """Alerts and low scores that somebody must still see to."""
    revenue: str = ""
    """What the customers of one of the periods pay."""
    sight: str = ""
    """What would not show yet."""
    news: str = ""
    """What else is to be known of the figures."""
    parts: Sequence[Message] = ()
    """What a longer edition adds, each with its own title."""
    cohorts: Message | None = None
    """The first of them: a title, a table, and small print."""
    picture: bytes = b""
    """The cohorts as PNG, in the place of the table."""
    in_words: str = ""
    """The picture, for those who cannot see it."""
    segment: Sequence[tuple[str, str]] = ()
    """All of it is of the customers in it."""
    rest: str = ""
    """What the button to the rest carries."""


def post(of: Post, definition: Definition) -> Message:
    """What goes to the channel."""
    first = of.lines[0]
    headline = _headline(first, definition)
    if of.segment:
        headline = tr(
            "Customers with {segment}: {told}", segment=wording.segment(of.segment), told=headline
        )
    people = _people(of, SHOWN)
    also = _also(of)
    # Why there are no figures at all is said once.
    others = [line for line in of.lines[1:] if line.counts or line.why != first.why]
    above = [
        header(_heading(of)),
        section("\n".join([headline, *_movements(first)])),
        *([section(fields=[_field(line) for line in others])] if others else []),
    ]
    below = [
        *([section(_with_titles(people))] if people else []),
        *(section(_with_titles([each])) for each in also),
        *([section(of.news)] if of.news else []),
        *notes(of.lines),
    ]
    small = [
        *([context(of.sight)] if of.sight else []),
        context(*_small_print(of, definition)),
        *_button(of),
    ]
    chart, table = _chart(of.history), _table(of.history)
    parts = [*([of.cohorts] if of.cohorts else []), *of.parts]
    newer = [block for part in of.parts for block in part.blocks]
    older = [
        block
        for part in parts
        for block in (part.blocks if part.fallback is None else part.fallback)
    ]
    has_fallback = bool(chart) or any(part.fallback is not None for part in parts)
    return Message(
        text="\n".join(
            [
                " ".join([headline, *_movements(first), *filter(None, [first.note])]),
                *(_line(line) for line in others),
                *(f"{title}: {_sentence(told)}" for title, told in (*people, *also)),
                *([of.news] if of.news else []),
                *(part.text for part in parts),
                *_in_words(of.history),
                *([of.sight] if of.sight else []),
                *map(_sentence, _fresh(of, definition)),
            ]
        ),
        blocks=(*above, *chart, *below, *_cohorts(of), *newer, *small),
        fallback=(*above, *table, *below, *older, *small) if has_fallback else None,
        picture=_picture(of),
    )


def _cohorts(of: Post) -> tuple[Block, ...]:
    """With the picture in the place of the table, where there is one."""
    if of.cohorts is None:
        return ()
    if not of.picture:
        return of.cohorts.blocks
    title, _, small = of.cohorts.blocks
    return title, slack_image(PICTURE, of.in_words), small


def _picture(of: Post) -> Picture | None:
    if of.cohorts is None or not of.picture:
        return None
    _, table, _ = of.cohorts.blocks
    return Picture("cohorts.png", of.picture, of.in_words, (table,))


def the_rest(of: Post) -> Message:
    """Everybody whom the post only begins to name; for one who asks."""
    people = [(title, cut(told, _ALL_TOGETHER)) for title, told in _people(of, ALL)]
    coming = _anniversaries(of, ALL)
    if coming:
        people.append((tr("Anniversaries"), cut(coming, _ALL_TOGETHER)))
    if not people:
        told = tr("Nobody came or went {when}.", when=wording.in_period(of.lines[0].period))
        return saying(told)
    return Message(
        "\n".join([f"{_heading(of)}:", *(f"{title}: {told}" for title, told in people)]),
        (
            header(_heading(of)),
            *(section(_with_titles([each])) for each in people),
            *_whole_lists(of),
        ),
    )


def _whole_lists(of: Post) -> tuple[Block, ...]:
    """Buttons to the lists that page, where one message does not hold everybody."""
    period = of.lines[0].period
    segment = (f'{name}="{label}"' for name, label in of.segment)
    words = " ".join([f"{period.first}..{period.last}", *segment])
    is_cut = any(len(told) > _ALL_TOGETHER for _, told in _people(of, ALL))
    came = of.joined.count + of.back.count
    return list_buttons(
        words,
        left=of.left.count if is_cut or of.left.count > ALL else 0,
        joined=came if is_cut or max(of.joined.count, of.back.count) > ALL else 0,
    )


def open_lines(alerts: Sequence[tuple[Incident, Period]], loops: Sequence[Loop]) -> list[str]:
    """Alerts, each with the period that opened it, and low scores that somebody must still see to.
    Nobody is called: they have been."""
    told = []
    for incident, opened in alerts:
        named = {
            "rule": escape(incident.rule),
            "channel": f"<#{incident.channel}>" if incident.channel else tr("its channel"),
            "period": wording.period(opened),
        }
        looked_after = incident.acknowledged_by or incident.assigned_to
        told.append(
            tr("alert “{rule}” in {channel}, of {period}", **named)
            if looked_after
            else tr(
                "alert “{rule}” in {channel}, of {period}, which nobody has acknowledged",
                **named,
            )
        )
    waiting = sum(each.state is LoopState.OPEN for each in loops)
    if waiting:
        told.append(
            trn(
                "{n} low score that nobody has taken",
                "{n} low scores that nobody has taken",
                waiting,
            )
        )
    if len(loops) > waiting:
        taken = len(loops) - waiting
        told.append(
            trn("{n} low score taken and not closed", "{n} low scores taken and not closed", taken)
        )
    return told


def score_line(results: Sequence[Result]) -> str:
    """NPS +12 ± 20 points from 34 answers; CSAT 90.0 % ± 12 points from 20 answers; "" of none."""
    told = []
    for each in results:
        if each.found is None:
            continue
        is_nps = isinstance(each.found, Nps)
        told.append(
            tr(
                "{scale} {value} ± {margin} from {answers}",
                scale=each.scale.upper(),
                value=signed(value(each.found)) if is_nps else wording.rate(value(each.found)),
                margin=wording.number_of_points(
                    round(each.found.margin if is_nps else 100 * each.found.margin, 1)
                ),
                answers=wording.number(each.found.answers, "answer"),
            )
        )
    return "; ".join(told)


def why_they_left(causes: Sequence[Cause], currency: str = "") -> Message | None:
    """A part of a post, with its table; None where nobody has said anything."""
    told, title = reasons_told(causes, currency), tr("Why customers left")
    if not told:
        return None
    above = section(f"*{title}*")
    return Message(
        f"{title}: {told}.",
        (above, *reasons_table(causes, currency)),
        (above, *reasons_in_letters(causes, currency)),
    )


def _heading(of: Post) -> str:
    segment = "".join(f", {name}={label}" for name, label in of.segment)
    return tr("Customer retention, {period}", period=_title(of.lines[0])) + segment


def _headline(line: Line, definition: Definition) -> str:
    """One sentence that says what happened, and one more where that says little."""
    counts = line.counts
    when = f"{wording.in_period(line.period)} {wording.so_far(line.so_far)}".rstrip()
    if counts is None:
        return tr(
            "There is no figure for {period}: {why}",
            period=wording.period(line.period),
            why=escape(retold(line.why)),
        )
    if not counts.opening:
        eve = wording.day(line.period.eve, weekday=True)
        gained = counts.new + counts.won_back
        return tr(
            "Nobody was a customer on {day}, so there is no rate; {joined} joined {when}.",
            day=eve,
            joined=wording.number(gained, "customer") if gained else tr("nobody"),
            when=when,
        )
    return " ".join(
        filter(None, (_told(line, counts, when), wording.small_base(counts, definition)))
    )


def _told(line: Line, counts: Counts, when: str) -> str:
    beside = f", {luck(line)}" if luck(line) else ""
    if not counts.lost and counts.opening == 1:
        return tr("The one customer stayed {when}.", when=when)
    everybody = wording.number(counts.opening, "customer")
    if counts.opening == 1:
        return tr(
            "The one customer left {when}: CRR {share}{change}{luck}.",
            when=when,
            share=wording.percent(0, 1),
            change=f", {against(line)}" if against(line) else "",
            luck=beside,
        )
    if not counts.lost:
        return tr(
            "All {customers} stayed {when}{luck}.", customers=everybody, when=when, luck=beside
        )
    changed = f", {against(line)}" if against(line) else ""
    return tr(
        "{kept} of {customers} stayed {when}: CRR {share}{change}{luck}.",
        kept=counts.kept,
        customers=everybody,
        when=when,
        share=wording.percent(counts.kept, counts.opening),
        change=changed,
        luck=beside,
    )


def _movements(line: Line) -> list[str]:
    """A sentence, or none where we can't tell."""
    return [wording.movements(line.counts) + "."] if line.counts else []


def _people(of: Post, most: int) -> list[tuple[str, str]]:
    """Who left, came back and joined, each with its title."""
    named = (
        (tr("Left ({n})", n=of.left.count), of.left, _one),
        (tr("Came back ({n})", n=of.back.count), of.back, _returned),
        (tr("Joined ({n})", n=of.joined.count), of.joined, _one),
    )
    return [(title, _moved(who, most, named_as)) for title, who, named_as in named if who.count]


def _moved(who: Moved, most: int, named_as: Callable[[Leaver], str]) -> str:
    """Acme (1,200 EUR a month, Lena; price), Globex and 3 more."""
    first = [named_as(each) for each in who.first[:most]]
    more = who.count - len(first)
    if not first:
        return wording.number(more, "customer")
    return wording.and_more(first, more) if more else wording.listed(first)


def _one(who: Leaver) -> str:
    name, known = escape(cut(who.name, wording.NAME_LONGEST)), known_of(who)
    return f"{name} ({known})" if known else name


def _returned(who: Leaver) -> str:
    """With why they had left, if somebody said it then."""
    if who.reason is None:
        return _one(who)
    name = escape(cut(who.name, wording.NAME_LONGEST))
    reason = tr("had left: {reason}", reason=escape(named(who.reason.reason)))
    known = "; ".join(filter(None, [known_of(replace(who, reason=None)), reason]))
    return f"{name} ({known})"


def _also(of: Post) -> list[tuple[str, str]]:
    """The rest of what is told in a line each."""
    coming = _anniversaries(of, _ANNIVERSARIES)
    return [
        (title, told)
        for title, told in (
            (tr("Anniversaries"), coming),
            (tr("Renewals"), of.renewals),
            (tr("Revenue"), of.revenue),
            (tr("Scores"), of.scores),
            (tr("Open"), "; ".join(of.open)),
        )
        if told
    ]


def _anniversaries(of: Post, most: int) -> str:
    """Acme: 3 years on Thursday; Globex: 1 year on Friday; and 4 more. With dates where more than
    a week is looked ahead."""
    coming, weekly = of.anniversaries, of.lines[0].period.kind is Kind.WEEK
    told = [
        trn(
            "{name}: {n} year on {day}{owner}",
            "{name}: {n} years on {day}{owner}",
            each.years,
            name=escape(cut(each.name, wording.NAME_LONGEST)),
            day=wording.weekdays()[each.day.weekday()]
            if weekly
            else wording.day_of_month(each.day),
            owner=f" ({escape(cut(each.owner, wording.NAME_LONGEST))})" if each.owner else "",
        )
        for each in coming.first[:most]
    ]
    if more := coming.count - len(told):
        told.append(trn("and {n} more", "and {n} more", more))
    return "; ".join(told)


def _with_titles(told: Sequence[tuple[str, str]]) -> str:
    return "\n".join(f"*{title}:* {line}" for title, line in told)


def _button(of: Post) -> list[Block]:
    """Where more came or went than a post names."""
    many = any(who.count > SHOWN for who in (of.left, of.back, of.joined))
    if not of.rest or not (many or of.anniversaries.count > _ANNIVERSARIES):
        return []
    label = tr("Show everybody")
    return [actions(button(label, action_id=REST, value=of.rest), block_id="post")]


def notes(lines: Sequence[Line]) -> list[Block]:
    """What was said of the figures before, in small print."""
    told = [f"*{wording.capital(_title(line))}:* {line.note}" for line in lines if line.note]
    return [context(*told)] if told else []


def _sentence(told: str) -> str:
    return told if told.endswith((".", "…")) else f"{told}."


def _line(line: Line) -> str:
    title = wording.capital(f"{wording.period(line.period)} {wording.so_far(line.so_far)}".rstrip())
    if line.counts is None:
        return f"{title}: {escape(retold(line.why))}"
    told = ", ".join(filter(None, (wording.crr(line.counts), against(line), _in_luck(line))))
    return f"{title}: {told}; {wording.movements(line.counts)}. {line.note}".rstrip()


def _field(line: Line) -> str:
    title = f"*{wording.capital(_title(line))}*"
    if line.counts is None:
        return f"{title}\n{escape(retold(line.why))}"
    moved = _in_luck(line) or wording.movements(line.counts)
    told = [wording.crr(line.counts), against(line), moved]
    return "\n".join([title, *filter(None, told)])


def _in_luck(line: Line) -> str:
    """With the leavers that luck explains."""
    if line.counts is None or line.usual is None:
        return ""
    if not line.usual.most:
        return tr(
            "{luck}: {lost} left, usually nobody does", luck=luck(line), lost=line.counts.lost
        )
    if line.usual.fewest == line.usual.most:
        return trn(
            "{luck}: {lost} left, {n} is usual",
            "{luck}: {lost} left, {n} are usual",
            line.usual.most,
            luck=luck(line),
            lost=line.counts.lost,
        )
    return tr(
        "{luck}: {lost} left, {fewest} to {most} are usual",
        luck=luck(line),
        lost=line.counts.lost,
        fewest=line.usual.fewest,
        most=line.usual.most,
    )


def _title(line: Line) -> str:
    title = wording.titled(line.period)
    return f"{title} {wording.so_far(line.so_far)}".rstrip()


def _known(history: Sequence[Point]) -> list[tuple[Point, Counts, float]]:
    return [
        (point, point.counts, point.counts.crr)
        for point in history[-limits.CHART_CATEGORIES :]
        if point.counts is not None and point.counts.crr is not None
    ]


_CHARTS = {
    Kind.WEEK: (later("CRR of the last {n} weeks"), later("Week that began on")),
    Kind.MONTH: (later("CRR of the last {n} months"), later("Month")),
    Kind.QUARTER: (later("CRR of the last {n} quarters"), later("Quarter")),
    Kind.YEAR: (later("CRR of the last {n} years"), later("Year")),
}


def _chart(history: Sequence[Point]) -> list[Block]:
    """A line needs two points; a period without a rate has none. The band of what luck explains is
    drawn where it is known of all of them."""
    known = _known(history)
    if len(known) < 2:
        return []
    title, x_label = _CHARTS[known[0][0].period.kind]
    series: dict[str, list[float]] = {
        tr("CRR in %"): [round(100 * rate, 1) for _, _, rate in known]
    }
    bands = [_band(point) for point, _, _ in known]
    if all(band is not None for band in bands):
        series[tr("expected at least")] = [band[0] for band in bands if band]
        series[tr("expected at most")] = [band[1] for band in bands if band]
    return [
        line_chart(
            tr(title, n=len(known)),
            series,
            [wording.short(point.period) for point, _, _ in known],
            x_label=tr(x_label),
            y_label=tr("% of customers kept"),
        )
    ]


def _band(point: Point) -> tuple[float, float] | None:
    """The least and the most CRR that luck explains, in percent."""
    usual = point.usual
    if usual is None or not usual.opening:
        return None
    low, high = (100 * (1 - left / usual.opening) for left in (usual.most, usual.fewest))
    return round(max(0.0, low), 1), round(high, 1)


def _table(history: Sequence[Point]) -> list[Block]:
    """The chart's numbers in letters of one width."""
    known = _known(history)
    if len(known) < 2:
        return []
    rows = _rows(known)
    widths = [max(len(row[i]) for row in rows) for i in range(4)]
    lines = [
        f"{name:<{widths[0]}}  {rate:>{widths[1]}}  {stayed:>{widths[2]}}  {expected}".rstrip()
        for name, rate, stayed, expected in rows
    ]
    title, _ = _CHARTS[known[0][0].period.kind]
    return [section(f"*{tr(title, n=len(known))}*\n```\n" + "\n".join(lines) + "\n```")]


def _rows(known: Sequence[tuple[Point, Counts, float]]) -> list[tuple[str, str, str, str]]:
    return [
        (
            wording.short(point.period),
            wording.percent(counts.kept, counts.opening),
            tr("{kept} of {opening}", kept=counts.kept, opening=counts.opening),
            _expected(point),
        )
        for point, counts, _ in known
    ]


def _in_words(history: Sequence[Point]) -> list[str]:
    """The chart, for those who only have the text."""
    known = _known(history)
    if len(known) < 2:
        return []
    title, _ = _CHARTS[known[0][0].period.kind]
    told = [
        f"{name} {rate} ({', '.join(filter(None, (stayed, expected)))})"
        for name, rate, stayed, expected in _rows(known)
    ]
    return [f"{tr(title, n=len(known))}: {'; '.join(told)}."]


def _expected(point: Point) -> str:
    band = _band(point)
    if band is None:
        return ""
    low, high = (wording.decimal(share) for share in band)
    return tr("expected {low} to {high}", low=low, high=high)


def _fresh(of: Post, definition: Definition) -> list[str]:
    """How old what it tells is, by source."""
    if of.parts or of.cohorts is not None:
        # These follow who joined long ago.
        return [wording.freshness(each, definition) for each in of.freshness]
    told = [before(line.period, definition) for line in of.lines if line.counts]
    told += [point.period for point in of.history if point.counts]
    eve = min((period.eve for period in told), default=None)
    return [wording.freshness(each, definition, reaching=eve) for each in of.freshness]


def _small_print(of: Post, definition: Definition) -> list[str]:
    """At most ten pieces fit, so the sources after the eighth are counted."""
    fresh = _fresh(of, definition)
    told = fresh[:8]
    if more := len(fresh[8:]):
        told.append(trn("and {n} more source", "and {n} more sources", more))
    return [*told, tr("CRR = kept / opening. Days of {zone}.", zone=definition.zone)]
