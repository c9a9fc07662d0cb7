"""What people read who ask customers: whom a question would reach, that it is there, its results.

Every action_id and value of these messages is written here and read here.
"""

import json
import math
from collections.abc import Iterable, Mapping, Sequence
from typing import Any

from bot.domain.asking import Coming, NotAsked, Plan, Whom, Why
from bot.domain.definition import Definition
from bot.domain.surveys import (
    ANONYMOUS_LEAST,
    TOP_TWO,
    Ask,
    Ces,
    Csat,
    Direction,
    Nps,
    Scale,
    ces,
    csat,
    nps,
    spread,
)
from bot.errors import Misunderstood
from bot.messages import limits, wording
from bot.messages.blocks import (
    Block,
    Message,
    actions,
    bold,
    button,
    context,
    cut,
    escape,
    escape_lines,
    header,
    more_button,
    saying,
    section,
    sections,
)
from bot.messages.failures import failure
from bot.messages.languages import ENGLISH, grouped, in_force, later, tr, trn
from bot.messages.surveys import UNREADABLE, default_question

ASK_HERE = "survey:ask_here"
"""The action_id of the button under a preview."""
PLANNED = "survey:planned"
"""The action_id of the button that names all who would be asked, and who not."""
COMMENTS = "survey:comments"
"""The action_id of the button that shows more comments; its value names the question."""
_BAR = 20
"""Characters of the longest bar of a spread."""


def asked(ask: Ask) -> Message:
    """To the person who asked, when the question is in the channel."""
    plain = tr("The question is in the channel.")
    told = tr("The question is in {channel}.", channel=f"<#{escape(ask.channel)}>")
    hint = _results_hint(ask.scale)
    if ask.person:
        person = f"<@{escape(ask.person)}>"
        plain = told = tr("The question is with {person}, in a direct message.", person=person)
        hint = _results_hint(ask.scale, "this quarter")
    return Message(
        text=f"{plain} {hint}".replace("`", ""),
        blocks=(section(told), context(hint)),
    )


def results(
    ask: Ask,
    scores: Sequence[int],
    comments: Sequence[tuple[int, str]] = (),
    *,
    satisfied: int = TOP_TWO,
) -> Message:
    """Count, score, spread and margin; `comments` are (score, text), newest first. Of CSAT,
    `satisfied` is from which score on somebody is."""
    title = f"{ask.scale.upper()}: {ask.question}"
    summary = _summary(ask.scale, scores, ask.direction, satisfied)
    if not scores:
        return Message(
            text=f"{escape_lines(title)}\n{summary}",
            blocks=(header(title), section(summary)),
        )
    quotes = _quotes(comments[:_COMMENTS_FIRST])
    return Message(
        text="\n".join([escape_lines(title), summary, _spread_in_words(ask.scale, scores)]),
        blocks=(
            header(title),
            section(summary),
            section(_bars(ask.scale, scores)),
            *(section(_quote(quote)) for quote in quotes),
            *_more_comments(ask, _COMMENTS_FIRST, len(comments)),
        ),
    )


def asked_before() -> Message:
    """To who presses once more the button that asked."""
    told = tr("This was asked with that button already. Nobody was asked again.")
    return saying(told)


def comments_list(ask: Ask, comments: Sequence[tuple[int, str]], first: int) -> Message:
    """Some of them, newest first; `first` come before those."""
    shown: list[str] = []
    for quote in _quotes(comments[first : first + _COMMENTS_AT_ONCE]):
        if shown and sum(map(len, shown)) + len(quote) > _WORDS_AT_ONCE:
            break
        shown.append(quote)
    last = first + len(shown)
    which = (
        tr("{first} to {last} of {n}:", first=first + 1, last=last, n=len(comments))
        if shown
        else tr("There are no comments, or no more.")
    )
    title = f"{ask.scale.upper()}: {ask.question}"
    return Message(
        text="\n".join([escape_lines(title), which, *shown]),
        blocks=(
            header(title),
            context(which),
            *(section(_quote(quote)) for quote in shown),
            *_more_comments(ask, last, len(comments)),
        ),
    )


def _quotes(comments: Sequence[tuple[int, str]]) -> list[str]:
    return [f"{score}: “{escape(text)}”" for score, text in comments]


def _more_comments(ask: Ask, first: int, total: int) -> tuple[Block, ...]:
    value = json.dumps({"of": ask.id, "first": first})
    return more_button(COMMENTS, first, total, at_once=_COMMENTS_AT_ONCE, value=value)


def read_more_comments(body: dict[str, Any]) -> tuple[str, int]:
    """The question's id, and from which comment on to show."""
    value = json.loads(body["actions"][0]["value"])
    return str(value["of"]), int(value["first"])


def preview(
    scale: Scale,
    asked: str,
    channel: str,
    *,
    typed: str = "",
    anonymous: bool = False,
    language: str = ENGLISH,
) -> Message:
    """To the person who thinks of asking: what people would see, and a button that asks it.

    `typed` is what was typed after the command, for the button, where that is not `asked` alone;
    `language` is that of the channel.
    """
    words = asked or default_question(scale, language)
    told = tr(
        "This would be asked in {channel}, of everybody there:", channel=f"<#{escape(channel)}>"
    )
    return Message(
        text=tr("This would be asked here: {question}", question=escape_lines(words)),
        blocks=(
            section(f"{told}\n>{escape(words)}"),
            *_costs(anonymous),
            _ask_button(
                tr("Ask it here"),
                f"{scale}:{typed or asked}",
                tr("Ask this question in this channel"),
            ),
            context(_only_you(scale, "ask")),
        ),
    )


def plan_preview(
    scale: Scale,
    asked: str,
    typed: str,
    plan: Plan,
    *,
    called: Mapping[int, str],
    definition: Definition,
    anonymous: bool = False,
) -> Message:
    """The same of several, or of one who is not asked now: who would be asked, who not and why.

    `typed` is what was typed after the command, for the button; `called` are customers' names.
    """
    shown = _planned(scale, asked, plan, called, definition)
    pressed = tr("Ask {n} of them", n=len(plan.asked))
    everybody = _everybody_button(plan, scale, typed)
    fits = len(typed) < limits.BUTTON_VALUE - 10
    return Message(
        text=shown.text,
        blocks=(
            *shown.blocks,
            *everybody,
            *_costs(anonymous),
            *(
                [_ask_button(pressed, f"{scale}:{typed}", tr("Ask this question of them"))]
                if plan.asked and fits
                else []
            ),
            context(_only_you(scale, "ask …")),
        ),
    )


def _planned(
    scale: Scale, asked: str, plan: Plan, called: Mapping[int, str], definition: Definition
) -> Message:
    """The question, in the languages of those who would be asked, who they are, and who not."""
    languages = plan.languages or (ENGLISH,)
    words = [asked] if asked else [default_question(scale, each) for each in languages]
    whom = trn("{n} would be asked:", "{n} would be asked:", len(plan.asked))
    told = [whom, *_some(_whom(each, called) for each in plan.asked)]
    if not plan.asked:
        told = [tr("Nobody would be asked.")]
    refused = _refusals(plan, called, definition)
    not_told = [tr("Not asked:"), *refused] if refused else []
    asking = tr("The question:")
    plain = " · ".join(escape_lines(each) for each in words)
    return Message(
        text="\n".join([f"{asking} {plain}", *told, *not_told]),
        blocks=(
            section("\n".join([asking, *(f">{escape(each)}" for each in words)])),
            *sections([f"*{told[0]}*", *told[1:]]),
            *sections([f"*{not_told[0]}*", *not_told[1:]] if refused else []),
        ),
    )


def plan_list(
    scale: Scale,
    typed: str,
    plan: Plan,
    first: int,
    *,
    called: Mapping[int, str],
    definition: Definition,
) -> Message:
    """Some of those who would be asked and, after them, of those who would not, each with why;
    `first` come before those."""
    count = len(plan.asked)
    whom = [
        *(tr("{whom}: would be asked", whom=_whom(each, called)) for each in plan.asked),
        *(
            f"{_whom(each.whom, called)}: {tr(_WHY[each.why])}{_from_when(each, definition)}"
            for each in sorted(plan.not_asked, key=lambda each: [*Why].index(each.why))
        ),
    ]
    shown = whom[first : first + _WHOM_AT_ONCE]
    last = first + len(shown)
    told = tr("{n} would be asked, {others} not.", n=count, others=len(whom) - count)
    which = tr("{first} to {last} of {n}:", first=first + 1, last=last, n=len(whom))
    lines = [which, *shown] if shown else []
    following = json.dumps({"scale": scale, "typed": typed, "first": last})
    return Message(
        text="\n".join([told, *lines]),
        blocks=(
            section(bold(told)),
            *sections(lines),
            *more_button(PLANNED, last, len(whom), at_once=_WHOM_AT_ONCE, value=following),
            context(tr("Only you see this, and it asks nobody.")),
        ),
    )


def _everybody_button(plan: Plan, scale: Scale, typed: str) -> tuple[Block, ...]:
    """Where not all are named."""
    told = max((sum(each.why is why for each in plan.not_asked) for why in Why), default=0)
    value = json.dumps({"scale": scale, "typed": typed, "first": 0})
    if (len(plan.asked) <= _LINES and told <= _TOLD) or len(value) > limits.BUTTON_VALUE:
        return ()
    label = tr("Show everybody")
    return (actions(button(label, action_id=PLANNED, value=value), block_id=PLANNED),)


def read_planned(body: dict[str, Any]) -> tuple[Scale, str, int]:
    """The scale, what names those who are meant, and from whom on to show."""
    value = json.loads(body["actions"][0]["value"])
    return Scale(value["scale"]), str(value["typed"]), int(value["first"])


def coming(of: Coming, *, called: Mapping[int, str], definition: Definition) -> Message:
    """What a survey of config.yaml asks next, whom, and whom not; nobody is asked by that."""
    design = of.design
    name = bold(escape(design.name))
    if of.after_hours is not None:
        when = tr(
            "{survey} asks in the channel of the account {hours} h after a ticket was solved,"
            " unless it was opened again.",
            survey=name,
            hours=wording.plain(of.after_hours),
        )
    elif of.at is None:
        when = tr("{survey} does not come any more.", survey=name)
    else:
        when = tr("{survey} comes {moment}.", survey=name, moment=wording.moment(of.at, definition))
    if of.days > 1:
        days = wording.number(of.days, "working day")
        when += " " + tr("Those who are asked are spread over {days}.", days=days)
    shown = _planned(design.scale, design.question, of.plan, called, definition)
    by_then = tr(
        "As it is known now, and if nobody of them is asked until then. Only you see this, and it"
        " asks nobody."
    )
    plan: tuple[Block, ...] = ()
    if of.at is not None:
        asked = f'survey="{design.name}"'
        plan = (*shown.blocks, *_everybody_button(of.plan, design.scale, asked))
    return Message(
        text="\n".join([when.replace("*", ""), *([shown.text] if plan else [])]),
        blocks=(
            section(when),
            *plan,
            *_costs(design.anonymous),
            *([context(by_then)] if plan else []),
        ),
    )


def _costs(anonymous: bool) -> list[Block]:
    return [context(costs())] if anonymous else []


def _only_you(scale: Scale, command: str) -> str:
    return tr(
        "Only you see this. {ask} asks at once; {help} lists all.",
        ask=f"`/{scale} {command}`",
        help=f"`/{scale} help`",
    )


def _results_hint(scale: Scale, period: str = "") -> str:
    command = f"/{scale} results {period}".strip()
    return tr("{command} shows the answers, to you alone.", command=f"`{command}`")


def asked_several(
    scale: Scale,
    asked: Sequence[tuple[Ask, str]],
    plan: Plan,
    *,
    called: Mapping[int, str],
    definition: Definition,
) -> Message:
    """To the person who asked: who was, who was not and why, and who will be."""
    late = [(ask, why) for ask, why in asked if why]
    there = len(asked) - len(late)
    told = tr(
        "The question is with {there} of {n} who were to be asked.", there=there, n=len(asked)
    )
    if not asked:
        told = tr("Nobody was asked.")
    lines = [
        *(
            f"{_whom(Whom(ask.channel, ask.customer, ask.person), called)}:"
            f" {escape(failure(why, of=f'posting to {ask.channel}'))}"
            for ask, why in late
        ),
        *_refusals(plan, called, definition, most=_TOLD_AT_LAST),
    ]
    hint = _results_hint(scale)
    return Message(
        text="\n".join([told, *_some(lines)]),
        blocks=(
            section(told),
            *(section(line) for line in _some(lines)),
            *([context(hint)] if asked else []),
        ),
    )


def _ask_button(label: str, value: str, read_out: str) -> Block:
    return actions(
        button(
            label, action_id=ASK_HERE, value=value, style="primary", accessibility_label=read_out
        ),
        block_id="survey:preview",
    )


_LINES = 15
_WHOM_AT_ONCE = 25
_COMMENTS_FIRST, _COMMENTS_AT_ONCE = 5, 10
_WORDS_AT_ONCE = 9000
"""Characters of comments that stand in one message."""


def _some(lines: Iterable[str]) -> list[str]:
    every = list(lines)
    more = len(every) - _LINES
    return [*every[:_LINES], *([tr("and {more} more", more=more)] if more > 0 else [])]


def _whom(whom: Whom, called: Mapping[int, str]) -> str:
    if whom.person:
        return f"<@{escape(whom.person)}>"
    name = "" if whom.customer is None else called.get(whom.customer, "")
    name = escape(cut(name, wording.NAME_LONGEST))
    if not whom.channel:
        return name or tr("a customer")
    return f"<#{escape(whom.channel)}>" + (f" ({name})" if name else "")


_WHY = {
    Why.LATELY: later("was asked lately"),
    Why.OPTED_OUT: later("does not want to be asked"),
    Why.TWICE: later("is asked in another channel"),
    Why.NOT_DRAWN: later("was not drawn"),
    Why.NO_CHANNEL: later("has no channel that is linked with them"),
    Why.NOT_REACHED: later("cannot be written to"),
}
_TOLD = 5
"""Names that are told of those who are not asked for one reason, where a button shows all."""
_TOLD_AT_LAST = 30
"""The same once others were asked, when nobody can look again who was not."""


def _refusals(
    plan: Plan, called: Mapping[int, str], definition: Definition, *, most: int = _TOLD
) -> list[str]:
    """A line for each reason, with some names; those who were asked lately with the day from which
    they can be asked again."""
    lines: list[str] = []
    for why in Why:
        of_it = [each for each in plan.not_asked if each.why is why]
        if not of_it:
            continue
        names = [_whom(each.whom, called) + _from_when(each, definition) for each in of_it]
        more = len(names) - most
        listed = ", ".join([*names[:most], *([tr("{more} more", more=more)] if more > 0 else [])])
        lines.append(f"{wording.capital(tr(_WHY[why]))}: {listed}")
    return lines


def _from_when(refused: NotAsked, definition: Definition) -> str:
    if refused.again is None:
        return ""
    again = tr("again from {moment}", moment=wording.moment(refused.again, definition))
    return f" ({again})"


def read_ask_here(body: dict[str, Any]) -> tuple[Scale, str]:
    """The scale, and what was typed after the command (whom, and the question), of a click on
    "Ask it here"."""
    try:
        scale, _, asked = str(body["actions"][0]["value"]).partition(":")
        return Scale(scale), asked
    except (KeyError, IndexError, TypeError, ValueError) as error:
        raise Misunderstood(UNREADABLE) from error


def not_asked(why: str, channel: str, person: str = "") -> Message:
    """The question is not in the channel, or not with the one person who was to be asked."""
    told = tr("The question is not in the channel yet.")
    if person:
        told = tr("The question is not with {person} yet.", person=f"<@{escape(person)}>")
    because = wording.capital(failure(why, of=f"posting to {channel}"))
    return saying(f"{told} {escape(because)}")


def not_let_in() -> str:
    """Why a question is not in a channel that the bot is not in."""
    return tr("The bot is not in it: /invite @Keeprate there, or name another channel.")


def is_archived() -> str:
    """The same of one that is archived."""
    return tr("It is archived: name another channel.")


def slack_is_slow() -> str:
    """Why a question is not there yet, where nothing is wrong."""
    return tr("Slack is slow; the question follows.")


def never_asked(scale: Scale) -> Message:
    return saying(
        tr(
            "Nothing was asked in this channel yet. {command} shows what would be.",
            command=f"`/{scale}`",
        )
    )


def page_for(ask: Ask, person: str, page: str) -> Message:
    """To who hands the address on."""
    told = tr(
        "With this address {person} answers “{question}” on a web page, once. Whoever has it"
        " answers for them, so send it to them alone.",
        person=f"<@{escape(person)}>",
        question=escape(ask.question),
    )
    return Message(text=f"{told}\n{page}", blocks=(section(told), section(f"```{page}```")))


def wants_peace(person: str) -> Message:
    """To who would hand an address on."""
    return saying(
        tr(
            "{person} does not want to be asked, so there is no web page for them.",
            person=f"<@{escape(person)}>",
        )
    )


def no_pages() -> Message:
    return saying(
        tr(
            "There is no web page to answer on: `asking.web_url` in config.yaml says where the"
            " bot's web server is reached."
        )
    )


def now_closed(ask: Ask) -> Message:
    return saying(
        tr(
            '"{question}" takes no more answers. {command} shows what was said.',
            question=escape(ask.question),
            command=f"`/{ask.scale} results`",
        )
    )


def not_for_ours() -> Message:
    """To a colleague in a customer's channel, alone."""
    return saying(
        tr(
            "This question is for the customer, and you are of the team that asks: your click does"
            " not count, and the customer does not see it."
        )
    )


def too_few(ask: Ask, answers: int) -> Message:
    """In place of the results of an anonymous question, as long as few have answered it."""
    so_far = trn("{n} answer so far.", "{n} answers so far.", answers)
    from_ = tr(
        "The question is anonymous: nothing of its answers is shown before there are {least}.",
        least=ANONYMOUS_LEAST,
    )
    return Message(
        text=f"{escape_lines(ask.question)}\n{so_far} {from_}",
        blocks=(header(ask.question), section(f"{so_far} {from_}")),
    )


def costs() -> str:
    """To who asks without names."""
    return tr(
        "Anonymous: no person is kept with an answer. So nobody can come back to those who are"
        " unhappy, answers tell nothing of who stays, nobody can change theirs, and nothing is"
        " shown before {least} have answered.",
        least=ANONYMOUS_LEAST,
    )


def help_lines(scale: Scale) -> Sequence[tuple[str, str]]:
    """Each command and what it does."""
    command = f"/{scale}"
    return (
        (command, tr("shows you what would be asked here, with a button that asks it")),
        (f"{command} Your own question?", tr("the same with your own words")),
        (
            f"{command} ask",
            tr('asks "{question}" here at once', question=default_question(scale, in_force())),
        ),
        (
            f"{command} #channel",
            tr("the same there; also @person, @group, plan=pro, customers"),
        ),
        (f"{command} survey=NAME", tr("whom a survey of config.yaml asks next, and whom not")),
        (f"{command} anonymous", tr("the same without names, and what that costs")),
        (f"{command} results", tr("shows you what was answered here")),
        (
            f"{command} results quarter plan=pro",
            tr("the same of all channels, periods as in /crr"),
        ),
        (f"{command} themes", tr("what comments are about")),
        (f"{command} outcomes", tr("who is still a customer after which score")),
        (f"{command} link @person", tr("a web page for who cannot click in Slack")),
        (f"{command} close", tr("takes no more answers to the newest question here")),
        (f"{command} help", tr("this list")),
    )


def help_for(scale: Scale) -> Message:
    command, lines = f"/{scale}", help_lines(scale)
    title = tr("What {command} does", command=command)
    shown = tr("What {command} does", command=f"`{command}`")
    return Message(
        text="\n".join([f"{title}:", *(f"{c}: {what}" for c, what in lines)]),
        blocks=(section("\n".join([f"*{shown}*", *(f"`{c}`  {what}" for c, what in lines)])),),
    )


def _summary(scale: Scale, scores: Sequence[int], direction: Direction, satisfied: int) -> str:
    match scale:
        case Scale.NPS:
            return _nps(nps(scores))
        case Scale.CSAT:
            return _csat(csat(scores, satisfied))
        case Scale.CES:
            return _ces(ces(scores, direction))


def _nps(found: Nps | None) -> str:
    if found is None:
        return tr("No answers yet.")
    low, high = _signed(found.low), _signed(found.high)
    told = tr(
        "{score} from {answers}: {promoters}, {passives}, {detractors}.",
        score=f"NPS {_signed(found.score)}",
        answers=wording.number(found.answers, "answer"),
        promoters=wording.number(found.promoters, "promoter"),
        passives=wording.number(found.passives, "passive"),
        detractors=wording.number(found.detractors, "detractor"),
    )
    return f"{told} {_sure(found.margin, low, high)}"


def _sure(points: float, low: str, high: str) -> str:
    return tr(
        "Margin of error {points}: with 95 % confidence between {low} and {high}.",
        points=wording.number_of_points(points),
        low=low,
        high=high,
    )


_GOOD = {3: later("3, 4 or 5"), 4: later("4 or 5"), 5: "5"}


def _csat(found: Csat | None) -> str:
    if found is None:
        return tr("No answers yet.")
    told = tr(
        "CSAT {share}: {n} of {answers} gave {scores}, mean {mean}.",
        share=wording.percent(found.satisfied, found.answers),
        n=found.satisfied,
        answers=wording.number(found.answers, "answer"),
        scores=tr(_GOOD[found.least]),
        mean=wording.decimal(found.mean),
    )
    return f"{told} {_sure(100 * found.margin, wording.rate(found.low), wording.rate(found.high))}"


def _ces(found: Ces | None) -> str:
    if found is None:
        return tr("No answers yet.")
    told = tr(
        "CES {share} found it easy: {n} of {answers} gave {scores}, mean {mean}.",
        share=wording.percent(found.easy, found.answers),
        n=found.easy,
        answers=wording.number(found.answers, "answer"),
        scores=tr("5 to 7") if found.direction is Direction.HIGHER else tr("1 to 3"),
        mean=wording.decimal(found.mean),
    )
    return f"{told} {_sure(100 * found.margin, wording.rate(found.low), wording.rate(found.high))}"


def _signed(points: float) -> str:
    rounded = round(points)
    return f"{rounded:+d}" if rounded else "0"


def _bars(scale: Scale, scores: Sequence[int]) -> str:
    """One line a score, the highest first, in letters of one width."""
    counts = dict(zip(scale.scores, spread(scale, scores), strict=True))
    most = max(counts.values())
    lines = [
        f"{score:>2}  {'█' * math.ceil(_BAR * count / most):<{_BAR}}  {grouped(count)}"
        for score, count in reversed(counts.items())
    ]
    return "```\n" + "\n".join(lines) + "\n```"


def _spread_in_words(scale: Scale, scores: Sequence[int]) -> str:
    counts = dict(zip(scale.scores, spread(scale, scores), strict=True))
    told = [
        tr("{n} gave {score}", n=count, score=score)
        for score, count in reversed(counts.items())
        if count
    ]
    return ", ".join(told) + "."


def _quote(text: str) -> str:
    return f">{text}"
