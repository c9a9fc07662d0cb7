"""What answers said over a period: the figure twice, how sure it is, and how it went before."""

from collections.abc import Sequence
from datetime import timedelta

from bot.domain.definition import Definition
from bot.domain.loops import Rates
from bot.domain.outcomes import AFTER, Outcome
from bot.domain.period import Period
from bot.domain.results import ASKED_HERE, ByAccount, Found, Result, RollUp, Told, value
from bot.domain.surveys import Direction, Nps, Scale
from bot.domain.themes import EXAMPLES, Theme, Themes
from bot.messages import wording
from bot.messages.blocks import (
    Align,
    Block,
    Message,
    context,
    cut,
    escape,
    header,
    line_chart,
    section,
    table,
)
from bot.messages.languages import tr

_RULES = {
    RollUp.MEAN: "the mean of its answers",
    RollUp.WORST: "its lowest score",
    RollUp.NEWEST: "its newest answer",
}
_QUOTE_LONGEST = 300
_MOST_BLOCKS = 45


def results_answer(told: Told, definition: Definition) -> Message:
    result, scale = told.result, told.result.scale
    about = f"{scale.upper()} {wording.in_period(told.period)}"
    if told.segment:
        about += f", {wording.segment(told.segment)}"
    if told.survey:
        about += f", survey {escape(told.survey)}"
    if result.found is None:
        line = f"{about}: no answers{_asked(result, ' of ')}."
        return Message(line, (section(line),))
    lines = [
        f"{figure(scale, result.found)} {_groups(result)}",
        f"{sure(result.found)}",
        *([_account(result.by_account, result.found)] if result.by_account else []),
        *_notes(result),
        *([_loops(told.loops)] if told.loops and told.loops.low else []),
    ]
    chart = _chart(told)
    agents = _agents(told)
    text = "\n".join([f"{about}:", *lines, *_agent_lines(told)])
    older = (
        *([section(_trend_in_words(told))] if chart else []),
        *([section("\n".join(_agent_lines(told)))] if told.agents else []),
    )
    head = (header(_title(about)), section("\n".join(lines)))
    foot = (
        context(f"Days of {definition.zone}. Answers count on the day on which they are given."),
    )
    return Message(
        text=text,
        blocks=(*head, *chart, *agents, *foot),
        fallback=(*head, *older, *foot) if chart or agents else None,
    )


def figure(scale: Scale, found: Found) -> str:
    """NPS +12 from 34 answers."""
    answers = wording.number(found.answers, "answer")
    if isinstance(found, Nps):
        return f"*NPS {signed(found.score)}* from {answers}."
    return f"*{scale.upper()} {wording.rate(found.share)}* from {answers}, mean {found.mean:.1f}."


def signed(points: float) -> str:
    rounded = round(points)
    return f"{rounded:+d}" if rounded else "0"


def out_of(score: float, highest: float) -> str:
    """3 out of 10."""
    return tr("{score} out of {highest}", score=f"{score:g}", highest=f"{highest:g}")


def sure(found: Found) -> str:
    if isinstance(found, Nps):
        ends = f"{signed(found.low)} and {signed(found.high)}"
        margin = found.margin
    else:
        ends = f"{wording.rate(found.low)} and {wording.rate(found.high)}"
        margin = 100 * found.margin
    return (
        f"Margin of error {wording.number_of_points(margin)}: with 95 % confidence between {ends}."
    )


def scores_piece(results: Sequence[Result]) -> Message | None:
    """A line for each scale of which there are answers; None without any."""
    lines = [
        f"{figure(each.scale, each.found)} {sure(each.found)}{_voices(each)}"
        for each in results
        if each.found is not None
    ]
    if not lines:
        return None
    return Message("\n".join(lines), (section("\n".join(lines)),))


def no_comments(scale: Scale, period: Period) -> Message:
    line = f"Nobody wrote a comment with {scale.upper()} {wording.in_period(period)}."
    return Message(line, (section(line),))


def themes_answer(scale: Scale, period: Period, before: Period, found: Themes) -> Message:
    title = f"What comments with {scale.upper()} are about {wording.in_period(period)}"
    count = (
        f"{wording.number(found.comments, 'comment')}, {found.before:,}"
        f" {wording.in_period(before)}."
    )
    lines = [*(_theme(each, found) for each in found.named), *_no_theme(found), *_telling(found)]
    why = (
        "A word is shown if it comes with one kind of score more than chance explains (log-odds"
        " with a prior, z at least 1.96). In brackets, in how many comments with low and with high"
        " scores."
    )
    blocks = (header(_title(title)), *(section(line) for line in [count, *lines]))
    return Message(
        text="\n".join([f"{title}:", count, *lines]),
        blocks=(*blocks[:_MOST_BLOCKS], *([context(why)] if found.telling else [])),
    )


def themes_piece(found: Themes, *, most: int = 5) -> Message | None:
    """The `most` frequent themes with an example each, and the words of low and of high scores, as
    a part of a post; None where nobody wrote anything that these say something of."""
    lines = [_theme(theme, found, examples=1) for theme in found.named if theme.comments][:most]
    lines += _telling(found)
    if not lines:
        return None
    verb = "is" if found.comments == 1 else "are"
    title = f"What {wording.number(found.comments, 'comment')} {verb} about"
    return Message("\n".join([f"{title}:", *lines]), (section(f"*{title}*"), *map(section, lines)))


def _theme(theme: Theme, found: Themes, examples: int = EXAMPLES) -> str:
    was = f"; before in {_of(theme.before, found.before)}" if found.before else ""
    line = (
        f"*{escape(theme.name)}*: in {_of(theme.comments, found.comments)}, {theme.low:,} with a"
        f" low score{was}"
    )
    quotes = [
        f">{out_of(said.score, said.highest)}: “{escape(cut(said.text, _QUOTE_LONGEST))}”"
        for said in theme.examples[:examples]
    ]
    return "\n".join([line, *quotes])


def _no_theme(found: Themes) -> list[str]:
    return [f"{wording.number(found.other, 'comment')} about none of these."] if found.named else []


def _telling(found: Themes) -> list[str]:
    low = [each for each in found.telling if each.z > 0]
    high = [each for each in found.telling if each.z < 0]
    return [
        f"Words of {name} scores: "
        + ", ".join(f"{escape(w.word)} ({w.low} to {w.high})" for w in words[:10])
        + "."
        for name, words in (("low", low), ("high", high))
        if words
    ]


def outcomes_answer(
    scale: Scale, by_score: Sequence[Outcome], by_speed: Sequence[Outcome]
) -> Message:
    title = f"Who is still a customer after {scale.upper()}"
    tables = _tables(scale, by_score, by_speed)
    if not tables:
        line = (
            "Nobody can be followed for 90 days yet: this needs questions in channels that are"
            " linked with a customer, and time. /keeprate link links them."
        )
        return Message(line, (section(line),))
    blocks, older, lines = _told(tables)
    how = (
        "Each customer once: by the lowest score in its first answered question, from that day on;"
        " who never answered, from the day they were first asked. Only those who can be followed"
        " for so long. In brackets the 95 % interval (Wilson). Who scores low may leave for the"
        " same reason that made them score low: this tells whom to look after, not what a score"
        " causes."
    )
    return Message(
        text="\n".join([f"{title}:", *lines]),
        blocks=(header(title), *blocks, context(how)),
        fallback=(header(title), *older, context(how)),
    )


def outcomes_piece(
    scale: Scale, by_score: Sequence[Outcome], by_speed: Sequence[Outcome] = ()
) -> Message | None:
    """The same as a part of a post; None where nobody can be followed for long enough yet."""
    tables = _tables(scale, by_score, by_speed)
    if not tables:
        return None
    title = f"Still a customer after {scale.upper()}, with 95 % intervals"
    blocks, older, lines = _told(tables)
    return Message(
        text="\n".join([f"{title}:", *lines]),
        blocks=(section(f"*{title}*"), *blocks),
        fallback=(section(f"*{title}*"), *older),
    )


def _tables(
    scale: Scale, by_score: Sequence[Outcome], by_speed: Sequence[Outcome]
) -> list[list[list[str]]]:
    """The rows of a table for scores and one for tickets, of those in which somebody is."""
    parts = (("Score", by_score), ("First ticket solved in", by_speed))
    return [
        [
            [name, *(f"after {days} days" for days in AFTER)],
            *([_group(scale, o.group), *(_cell(o, days) for days in AFTER)] for o in outcomes),
        ]
        for name, outcomes in parts
        if any(stayed.of for outcome in outcomes for stayed in outcome.after.values())
    ]


def _told(tables: Sequence[list[list[str]]]) -> tuple[list[Block], list[Block], list[str]]:
    """Blocks with tables, older ones without, and lines of text."""
    align: list[Align] = ["left", "right", "right", "right"]
    blocks, older, lines = [], [], []
    for rows in tables:
        [head, *rest] = rows
        said = [
            f"{row[0]}: "
            + "; ".join(f"{when} {cell}" for when, cell in zip(head[1:], row[1:], strict=True))
            for row in rest
        ]
        blocks.append(table(rows, align=align))
        older.append(section("\n".join([f"*{head[0]}*", *said])))
        lines += [f"{head[0]}", *said] if len(tables) > 1 else said
    return blocks, older, lines


def _group(scale: Scale, group: str) -> str:
    names = {
        Scale.NPS: {"low": "detractors", "middle": "passives", "high": "promoters"},
        Scale.CSAT: {"low": "1 and 2", "middle": "3", "high": "4 and 5"},
        Scale.CES: {"low": "found it hard", "middle": "in between", "high": "found it easy"},
    }
    return names[scale].get(group, group)


def _cell(outcome: Outcome, days: int) -> str:
    stayed = outcome.after[days]
    if not stayed.of or stayed.interval is None:
        return "nobody yet"
    low, high = stayed.interval
    return (
        f"{wording.percent(stayed.stayed, stayed.of)}, {stayed.stayed:,} of {stayed.of:,}"
        f" ({100 * low:.0f}-{100 * high:.0f} %)"
    )


def _groups(result: Result) -> str:
    found = result.found
    if isinstance(found, Nps):
        n = found.answers
        return (
            f"Promoters {wording.percent(found.promoters, n)} ({found.promoters:,}), passives"
            f" {wording.percent(found.passives, n)} ({found.passives:,}), detractors"
            f" {wording.percent(found.detractors, n)} ({found.detractors:,})."
        )
    if result.scale is Scale.CSAT:
        return "Satisfied is who gave 4 or 5."
    if result.direction is Direction.LOWER:
        return "It was easy for who gave 1 to 3: here a low number is a good one."
    return "It was easy for who gave 5 to 7: here a high number is a good one."


def _account(of: ByAccount, found: Found) -> str:
    shown = f"NPS {signed(of.value)}" if isinstance(found, Nps) else f"{wording.rate(of.value)}"
    points, widest = of.margin, 200.0
    if not isinstance(found, Nps):
        points, widest = 100 * of.margin if of.margin is not None else None, 100.0
    if points is None or points >= widest:
        margin = ", too few for a margin of error"
    else:
        margin = f", margin of error {wording.number_of_points(points)}"
    return (
        f"With one voice for each account: *{shown}* from"
        f" {wording.number(of.accounts, 'account')}{margin}. An account speaks by"
        f" {_RULES[of.rule]}."
    )


def _voices(result: Result) -> str:
    """Beside the answers what the accounts say, where that differs from what the answers say."""
    of, found = result.by_account, result.found
    if of is None or found is None or of.accounts == found.answers:
        return ""
    shown = signed(of.value) if isinstance(found, Nps) else wording.rate(of.value)
    return f" By account {shown} from {wording.number(of.accounts, 'account')}."


def _notes(result: Result) -> list[str]:
    notes = []
    if result.asked:
        notes.append(
            f"{result.answered:,} of {wording.number(result.asked, 'question')} asked"
            f" {'was' if result.answered == 1 else 'were'} answered"
            f" ({wording.percent(result.answered, result.asked)})."
        )
    if result.unknown:
        notes.append(
            f"Of {wording.number(result.unknown, 'answer')} the account is not known: the channel"
            f" is linked with no customer{_elsewhere(result)}."
        )
    if result.turned:
        notes.append(
            f"{wording.number(result.turned, 'answer')} to a question that runs the other way"
            f" {'was' if result.turned == 1 else 'were'} turned around."
        )
    others = {name: count for name, count in result.origins.items() if name != ASKED_HERE}
    if others:
        told = [f"{count:,} from {escape(name)}" for name, count in sorted(others.items())]
        here = result.origins.get(ASKED_HERE, 0)
        notes.append(f"Given in Slack: {here:,}; elsewhere: {wording.listed(told)}.")
    return notes


def _elsewhere(result: Result) -> str:
    told = set(result.origins) - {ASKED_HERE}
    return ", or the helpdesk's account was not found" if told else ""


def _loops(rates: Rates) -> str:
    told = [
        f"{rates.closed:,} of {wording.number(rates.low, 'low score')} followed up to the end"
        f" ({wording.percent(rates.closed, rates.low)})"
    ]
    if rates.to_close:
        told.append(f"in {duration(rates.to_close)} (median)")
    line = " ".join(told)
    if rates.taken:
        line += f"; {rates.taken:,} taken"
    if rates.open:
        line += f"; {rates.open:,} waiting for somebody"
    if rates.asked_again:
        line += (
            f". Of {wording.number(rates.asked_again, 'author')} who answered again,"
            f" {rates.recovered:,} no longer {'gives' if rates.recovered == 1 else 'give'} a low"
            " score"
        )
    if rates.causes:
        causes = [f"{escape(cause)} {count:,}" for cause, count in rates.causes[:5]]
        line += f". Causes: {', '.join(causes)}"
    return f"{line}."


def duration(took: timedelta) -> str:
    hours = took.total_seconds() / 3600
    if hours < 1:
        return wording.number(max(round(60 * hours), 1), "minute")
    if hours < 48:
        return wording.number(round(hours), "hour")
    return wording.number(round(hours / 24), "day")


def _chart(told: Told) -> tuple[Block, ...]:
    points = [(point.period, point.found) for point in told.trend if point.found is not None]
    if len(points) < 2:
        return ()
    name = told.result.scale.upper()
    unit = "points" if told.result.scale is Scale.NPS else "%"
    values = [_shown(found) for _, found in points]
    labels = [wording.short(period) for period, _ in points]
    return (line_chart(f"{name} over time", {name: values}, labels, y_label=unit),)


def _shown(found: Found) -> float:
    return round(value(found) if isinstance(found, Nps) else 100 * value(found), 1)


def _trend_in_words(told: Told) -> str:
    points = [
        f"{wording.short(point.period)}: {_shown(point.found):g} ({point.found.answers:,})"
        for point in told.trend
        if point.found is not None
    ]
    return "Over time, with the number of answers: " + ", ".join(points) + "."


def _agents(told: Told) -> tuple[Block, ...]:
    if not told.agents:
        return ()
    rows = [["Agent", told.result.scale.upper(), "answers", "solved", "time to solve (median)"]]
    rows += [
        [
            each.agent,
            _value(each.found),
            f"{each.found.answers:,}",
            f"{each.solved:,}",
            duration(each.to_solve) if each.to_solve else "-",
        ]
        for each in told.agents
    ]
    align: list[Align] = ["left", "right", "right", "right", "right"]
    return (table(rows, align=align), *([context(_few(told))] if told.fewer else []))


def _agent_lines(told: Told) -> list[str]:
    lines = [
        f"{escape(each.agent)}: {_value(each.found)} from"
        f" {wording.number(each.found.answers, 'answer')}, {each.solved:,} solved"
        + (f", {duration(each.to_solve)} to solve" if each.to_solve else "")
        for each in told.agents
    ]
    return [*lines, _few(told)] if told.agents and told.fewer else lines


def _few(told: Told) -> str:
    return (
        f"{wording.number(told.fewer, 'agent')} with fewer than {told.minimum} answers not shown."
    )


def _value(found: Found) -> str:
    return signed(found.score) if isinstance(found, Nps) else wording.rate(found.share)


def _of(some: int, every: int) -> str:
    """Of comments."""
    return f"{some:,} of {wording.number(every, 'comment')} ({wording.percent(some, every)})"


def _asked(result: Result, of: str) -> str:
    return f"{of}{wording.number(result.asked, 'question')} asked" if result.asked else ""


def _title(text: str) -> str:
    return cut(text, 150)
