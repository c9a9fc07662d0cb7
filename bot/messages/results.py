"""What answers said over a period: the figure twice, how sure it is, and how it went before."""

from collections.abc import Sequence
from datetime import timedelta

from bot.domain.definition import Definition
from bot.domain.loops import Rates
from bot.domain.outcomes import AFTER, Never, Outcome, ToSolve, anybody
from bot.domain.period import Period
from bot.domain.results import ASKED_HERE, ByAccount, Found, Result, RollUp, Told, value
from bot.domain.surveys import Csat, Direction, Nps, Scale
from bot.domain.themes import EXAMPLES, Theme, Themes
from bot.messages import causes, wording
from bot.messages.blocks import (
    Align,
    Block,
    Message,
    context,
    cut,
    escape,
    header,
    line_chart,
    saying,
    section,
    table,
)
from bot.messages.languages import grouped, later, tr, trn

_RULES = {
    RollUp.MEAN: later("An account speaks by the mean of its answers."),
    RollUp.WORST: later("An account speaks by its lowest score."),
    RollUp.NEWEST: later("An account speaks by its newest answer."),
}
_GROUPS: dict[Scale, dict[str, str]] = {
    Scale.NPS: {
        "low": later("detractors"),
        "middle": later("passives"),
        "high": later("promoters"),
    },
    Scale.CSAT: {"low": later("1 and 2"), "middle": "3", "high": later("4 and 5")},
    Scale.CES: {
        "low": later("found it hard"),
        "middle": later("in between"),
        "high": later("found it easy"),
    },
}
_OTHER_GROUPS: dict[str, str] = {
    Never.ANSWERED: later("never answered"),
    ToSolve.HOURS: later("under 4 hours"),
    ToSolve.DAY: later("4 to 24 hours"),
    ToSolve.DAYS: later("1 to 3 days"),
    ToSolve.LONGER: later("over 3 days"),
}
_UNKNOWN = later("Of {answers} the account is not known: the channel is linked with no customer.")
_UNKNOWN_ELSEWHERE = later(
    "Of {answers} the account is not known: the channel is linked with no customer, or the"
    " helpdesk's account was not found."
)
_SATISFIED = {
    3: later("Satisfied is who gave 3, 4 or 5."),
    4: later("Satisfied is who gave 4 or 5."),
    5: later("Satisfied is who gave 5."),
}
_NOTHING_TELLS = later("No word sets low scores apart from high ones yet.")
_QUOTE_LONGEST = 300
_MOST_BLOCKS = 45


def results_answer(told: Told, definition: Definition) -> Message:
    result, scale = told.result, told.result.scale
    about = f"{scale.upper()} {wording.in_period(told.period)}"
    if told.segment:
        about += f", {wording.segment(told.segment)}"
    if told.survey:
        about += f", {tr('survey {name}', name=escape(told.survey))}"
    if result.found is None:
        line = tr("{period}: no answers.", period=about)
        if result.asked:
            line = trn(
                "{period}: no answers of {n} question asked.",
                "{period}: no answers of {n} questions asked.",
                result.asked,
                period=about,
            )
        line = "\n".join([line, *_unplaced(told)])
        return saying(line)
    lines = [
        f"{figure(scale, result.found)} {_groups(result)}",
        f"{sure(result.found)}",
        *([_account(result.by_account, result.found)] if result.by_account else []),
        *_notes(result),
        *_unplaced(told),
        *([_loops(told.loops)] if told.loops and told.loops.low else []),
    ]
    chart = _chart(told)
    agents = _agents(told)
    trend = [_trend_in_words(told)] if chart else []
    text = "\n".join([f"{about}:", *lines, *trend, *_agent_lines(told)])
    older = (
        *map(section, trend),
        *([section("\n".join(_agent_lines(told)))] if told.agents else []),
    )
    head = (header(_title(about)), section("\n".join(lines)))
    foot = (
        context(
            tr(
                "Days of {zone}. Answers count on the day on which they are given.",
                zone=definition.zone,
            )
        ),
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
        return tr("{score} from {answers}.", score=f"*NPS {signed(found.score)}*", answers=answers)
    return tr(
        "{score} from {answers}, mean {mean}.",
        score=f"*{scale.upper()} {wording.rate(found.share)}*",
        answers=answers,
        mean=wording.decimal(found.mean),
    )


def signed(points: float) -> str:
    rounded = round(points)
    return f"{rounded:+d}" if rounded else "0"


def out_of(score: float, highest: float) -> str:
    """3 out of 10; of two thumbs, good or bad."""
    if highest == 1:
        return tr("good") if score else tr("bad")
    return tr(
        "{score} out of {highest}", score=wording.plain(score), highest=wording.plain(highest)
    )


def sure(found: Found) -> str:
    if isinstance(found, Nps):
        low, high = signed(found.low), signed(found.high)
        margin = found.margin
    else:
        low, high = wording.rate(found.low), wording.rate(found.high)
        margin = 100 * found.margin
    return tr(
        "Margin of error {points}: with 95 % confidence between {low} and {high}.",
        points=wording.number_of_points(margin),
        low=low,
        high=high,
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
    line = tr(
        "Nobody wrote a comment with {scale} {period}.",
        scale=scale.upper(),
        period=wording.in_period(period),
    )
    return saying(line)


def themes_answer(scale: Scale, period: Period, before: Period, found: Themes) -> Message:
    title = tr(
        "What comments with {scale} are about {period}",
        scale=scale.upper(),
        period=wording.in_period(period),
    )
    earlier = f"{grouped(found.before)} {wording.in_period(before)}"
    count = f"{wording.number(found.comments, 'comment')}, {earlier}."
    lines = [*(_theme(each, found) for each in found.named), *_no_theme(found), *_telling(found)]
    why = tr(
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
    title = trn("What {n} comment is about", "What {n} comments are about", found.comments)
    return Message("\n".join([f"{title}:", *lines]), (section(f"*{title}*"), *map(section, lines)))


def _theme(theme: Theme, found: Themes, examples: int = EXAMPLES) -> str:
    line = tr(
        "{theme}: in {comments}, {low} with a low score",
        theme=f"*{escape(theme.name)}*",
        comments=_of(theme.comments, found.comments),
        low=theme.low,
    )
    if found.before:
        was = tr("before in {comments}", comments=_of(theme.before, found.before))
        line = f"{line}; {was}"
    quotes = [
        f">{out_of(said.score, said.highest)}: “{escape(cut(said.text, _QUOTE_LONGEST))}”"
        for said in theme.examples[:examples]
    ]
    return "\n".join([line, *quotes])


def _no_theme(found: Themes) -> list[str]:
    if not found.named:
        nothing = [] if found.telling else [tr(_NOTHING_TELLS)]
        return [tr("No theme of config.yaml (results.themes) is in any of them."), *nothing]
    return [
        trn("{n} comment about none of these.", "{n} comments about none of these.", found.other)
    ]


def _telling(found: Themes) -> list[str]:
    low = [each for each in found.telling if each.z > 0]
    high = [each for each in found.telling if each.z < 0]
    return [
        tr(
            told,
            words=", ".join(
                tr("{word} ({low} to {high})", word=escape(w.word), low=w.low, high=w.high)
                for w in words[:10]
            ),
        )
        for told, words in (
            (later("Words of low scores: {words}."), low),
            (later("Words of high scores: {words}."), high),
        )
        if words
    ]


def outcomes_answer(
    scale: Scale, by_score: Sequence[Outcome], by_speed: Sequence[Outcome]
) -> Message:
    title = tr("Who is still a customer after {scale}", scale=scale.upper())
    tables = _tables(scale, by_score, by_speed)
    nobody = tr(
        "Nobody can be followed for 90 days yet: this needs questions in channels that are"
        " linked with a customer, and time. /keeprate link links them."
    )
    if not tables:
        return saying(nobody)
    blocks, older, lines = _told(tables)
    if not anybody(by_score):
        title = tr("Who is still a customer after a ticket")
        lines = [f"{scale.upper()}: {nobody}", *lines]
        blocks, older = [section(lines[0]), *blocks], [section(lines[0]), *older]
    how = tr(
        "Each customer once: by the lowest score in its first answered question or rating"
        " elsewhere, from that day on; who never answered, from the day they were first asked. Only"
        " those who can be followed for so long. In brackets the 95 % interval (Wilson). Who scores"
        " low may leave for the same reason that made them score low: this tells whom to look"
        " after, not what a score causes."
    )
    return Message(
        text="\n".join([f"{title}:", *lines]),
        blocks=(header(title), *blocks, context(how)),
        fallback=(header(title), *older, context(how)),
    )


def outcomes_piece(
    scale: Scale, by_score: Sequence[Outcome], by_speed: Sequence[Outcome] = ()
) -> Message | None:
    """The same as a part of a post, as far as anybody could be followed; None where nobody could be
    for long enough yet."""
    tables = _tables(scale, by_score, by_speed, is_whole=False)
    if not tables:
        return None
    title = tr("Still a customer after a ticket, with 95 % intervals")
    if anybody(by_score):
        title = tr("Still a customer after {scale}, with 95 % intervals", scale=scale.upper())
    blocks, older, lines = _told(tables)
    return Message(
        text="\n".join([f"{title}:", *lines]),
        blocks=(section(f"*{title}*"), *blocks),
        fallback=(section(f"*{title}*"), *older),
    )


def _tables(
    scale: Scale,
    by_score: Sequence[Outcome],
    by_speed: Sequence[Outcome],
    *,
    is_whole: bool = True,
) -> list[list[list[str]]]:
    """The rows of a table for scores and one for tickets, of those in which somebody is; `is_whole`
    with the times for which nobody could be followed yet."""
    found = []
    parts = ((tr("Score"), by_score), (tr("First ticket solved in"), by_speed))
    for name, outcomes in parts:
        if anybody(outcomes):
            times = [d for d in AFTER if is_whole or any(o.after[d].of for o in outcomes)]
            head = [name, *(tr("after {days} days", days=days) for days in times)]
            rows = ([_group(scale, o.group), *(_cell(o, d) for d in times)] for o in outcomes)
            found.append([head, *rows])
    return found


def _told(tables: Sequence[list[list[str]]]) -> tuple[list[Block], list[Block], list[str]]:
    """Blocks with tables, older ones without, and lines of text."""
    blocks, older, lines = [], [], []
    for rows in tables:
        [head, *rest] = rows
        numbers: list[Align] = ["right"] * (len(head) - 1)
        said = [
            f"{row[0]}: "
            + "; ".join(f"{when} {cell}" for when, cell in zip(head[1:], row[1:], strict=True))
            for row in rest
        ]
        blocks.append(table(rows, align=["left", *numbers]))
        older.append(section("\n".join([f"*{head[0]}*", *said])))
        lines += said if len(tables) == 1 and head[0] == tr("Score") else [f"{head[0]}:", *said]
    return blocks, older, lines


def _group(scale: Scale, group: str) -> str:
    named = _GROUPS[scale].get(group) or _OTHER_GROUPS.get(group)
    return tr(named) if named else group


def _cell(outcome: Outcome, days: int) -> str:
    stayed = outcome.after[days]
    if not stayed.of or stayed.interval is None:
        return tr("nobody yet")
    low, high = stayed.interval
    return tr(
        "{share}, {stayed} of {of} ({low}-{high} %)",
        share=wording.percent(stayed.stayed, stayed.of),
        stayed=stayed.stayed,
        of=stayed.of,
        low=f"{100 * low:.0f}",
        high=f"{100 * high:.0f}",
    )


def _groups(result: Result) -> str:
    found = result.found
    if isinstance(found, Nps):
        n = found.answers
        return tr(
            "Promoters {promoters}, passives {passives}, detractors {detractors}.",
            promoters=_share(found.promoters, n),
            passives=_share(found.passives, n),
            detractors=_share(found.detractors, n),
        )
    if isinstance(found, Csat):
        return tr(_SATISFIED[found.least])
    if result.direction is Direction.LOWER:
        return tr("It was easy for who gave 1 to 3: here a low number is a good one.")
    return tr("It was easy for who gave 5 to 7: here a high number is a good one.")


def _share(some: int, every: int) -> str:
    return f"{wording.percent(some, every)} ({grouped(some)})"


def _account(of: ByAccount, found: Found) -> str:
    shown = f"NPS {signed(of.value)}" if isinstance(found, Nps) else f"{wording.rate(of.value)}"
    points, widest = of.margin, 200.0
    if not isinstance(found, Nps):
        points, widest = 100 * of.margin if of.margin is not None else None, 100.0
    accounts = wording.number(of.accounts, "account")
    if points is None or points >= widest:
        told = tr(
            "With one voice for each account: {score} from {accounts}, too few for a margin of"
            " error.",
            score=f"*{shown}*",
            accounts=accounts,
        )
    else:
        told = tr(
            "With one voice for each account: {score} from {accounts}, margin of error {points}.",
            score=f"*{shown}*",
            accounts=accounts,
            points=wording.number_of_points(points),
        )
    return f"{told} {tr(_RULES[of.rule])}"


def _voices(result: Result) -> str:
    """Beside the answers what the accounts say, where that differs from what the answers say."""
    of, found = result.by_account, result.found
    if of is None or found is None or of.accounts == found.answers:
        return ""
    shown = signed(of.value) if isinstance(found, Nps) else wording.rate(of.value)
    accounts = wording.number(of.accounts, "account")
    return " " + tr("By account {score} from {accounts}.", score=shown, accounts=accounts)


def _notes(result: Result) -> list[str]:
    notes = []
    if result.asked:
        notes.append(
            trn(
                "{n} of {questions} asked was answered ({share}).",
                "{n} of {questions} asked were answered ({share}).",
                result.answered,
                questions=wording.number(result.asked, "question"),
                share=wording.percent(result.answered, result.asked),
            )
        )
    if result.unknown:
        notes.append(
            tr(
                _UNKNOWN_ELSEWHERE if _elsewhere(result) else _UNKNOWN,
                answers=wording.number(result.unknown, "answer"),
            )
        )
    if result.turned:
        notes.append(
            trn(
                "{n} answer to a question that runs the other way was turned around.",
                "{n} answers to a question that runs the other way were turned around.",
                result.turned,
            )
        )
    others = {name: count for name, count in result.origins.items() if name != ASKED_HERE}
    if others:
        told = [
            tr("{n} from {source}", n=count, source=escape(name))
            for name, count in sorted(others.items())
        ]
        notes.append(
            tr(
                "Given in Slack: {here}; elsewhere: {others}.",
                here=result.origins.get(ASKED_HERE, 0),
                others=wording.listed(told),
            )
        )
    return notes


def _unplaced(told: Told) -> list[str]:
    return [
        trn(
            "{n} rating from {source} counts in no figure: it is on a scale from {lowest} to"
            " {highest}.",
            "{n} ratings from {source} count in no figure: they are on a scale from {lowest} to"
            " {highest}.",
            each.ratings,
            source=escape(each.source),
            lowest=wording.plain(each.lowest),
            highest=wording.plain(each.highest),
        )
        for each in told.unplaced
    ]


def _elsewhere(result: Result) -> bool:
    return bool(set(result.origins) - {ASKED_HERE})


def _loops(rates: Rates) -> str:
    line = tr(
        "{closed} of {scores} followed up to the end ({share})",
        closed=rates.closed,
        scores=wording.number(rates.low, "low score"),
        share=wording.percent(rates.closed, rates.low),
    )
    if rates.to_close:
        line = f"{line} {tr('in {time} (median)', time=duration(rates.to_close))}"
    if rates.taken:
        line = f"{line}; {tr('{n} taken', n=rates.taken)}"
    if rates.open:
        line = f"{line}; {tr('{n} waiting for somebody', n=rates.open)}"
    told = [line]
    if rates.asked_again:
        told.append(
            trn(
                "Of {authors} who answered again, {n} no longer gives a low score",
                "Of {authors} who answered again, {n} no longer give a low score",
                rates.recovered,
                authors=wording.number(rates.asked_again, "author"),
            )
        )
    if rates.causes:
        found = [
            f"{escape(causes.named(cause))} {grouped(count)}" for cause, count in rates.causes[:5]
        ]
        told.append(tr("Causes: {causes}", causes=", ".join(found)))
    return f"{'. '.join(told)}."


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
    unit = tr("points") if told.result.scale is Scale.NPS else "%"
    values = [_shown(found) for _, found in points]
    labels = [wording.short(period) for period, _ in points]
    return (line_chart(tr("{scale} over time", scale=name), {name: values}, labels, y_label=unit),)


def _shown(found: Found) -> float:
    return round(value(found) if isinstance(found, Nps) else 100 * value(found), 1)


def _trend_in_words(told: Told) -> str:
    points = [
        f"{wording.short(point.period)}: {wording.plain(_shown(point.found))}"
        f" ({grouped(point.found.answers)})"
        for point in told.trend
        if point.found is not None
    ]
    return tr("Over time, with the number of answers: {points}.", points=", ".join(points))


def _agents(told: Told) -> tuple[Block, ...]:
    if not told.agents:
        return ()
    rows = [
        [
            tr("Agent"),
            told.result.scale.upper(),
            tr("answers"),
            tr("solved"),
            tr("time to solve (median)"),
        ]
    ]
    rows += [
        [
            each.agent,
            _value(each.found),
            grouped(each.found.answers),
            grouped(each.solved),
            duration(each.to_solve) if each.to_solve else "-",
        ]
        for each in told.agents
    ]
    align: list[Align] = ["left", "right", "right", "right", "right"]
    return (table(rows, align=align), *([context(_few(told))] if told.fewer else []))


def _agent_lines(told: Told) -> list[str]:
    lines = [
        tr(
            "{agent}: {score} from {answers}, {n} solved",
            agent=escape(each.agent),
            score=_value(each.found),
            answers=wording.number(each.found.answers, "answer"),
            n=each.solved,
        )
        + (f", {tr('{time} to solve', time=duration(each.to_solve))}" if each.to_solve else "")
        for each in told.agents
    ]
    return [*lines, _few(told)] if told.agents and told.fewer else lines


def _few(told: Told) -> str:
    return trn(
        "{n} agent with fewer than {minimum} answers not shown.",
        "{n} agents with fewer than {minimum} answers not shown.",
        told.fewer,
        minimum=told.minimum,
    )


def _value(found: Found) -> str:
    return signed(found.score) if isinstance(found, Nps) else wording.rate(found.share)


def _of(some: int, every: int) -> str:
    """Of comments."""
    return tr(
        "{some} of {comments} ({share})",
        some=some,
        comments=wording.number(every, "comment"),
        share=wording.percent(some, every),
    )


def _title(text: str) -> str:
    return cut(text, 150)
