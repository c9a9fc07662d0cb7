"""Questions asked in a channel, the clicks on them, and what the answers said.

Every action_id, callback_id and value of a survey is written here and read here.
"""

import json
import math
import re
from collections.abc import Iterable, Mapping, Sequence
from datetime import date, datetime
from types import MappingProxyType
from typing import Any, NamedTuple

from bot.domain.asking import Coming, NotAsked, Plan, Whom, Why
from bot.domain.definition import Definition
from bot.domain.surveys import (
    ANONYMOUS_LEAST,
    TOP_TWO,
    Answer,
    Ask,
    Band,
    Ces,
    Csat,
    Direction,
    Layout,
    Nps,
    Scale,
    Style,
    ces,
    csat,
    is_nameless,
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
    modal,
    more_button,
    plain_input,
    section,
    select_input,
    static_select,
    unescape,
)
from bot.messages.failures import failure
from bot.messages.languages import ENGLISH, day, grouped, later, said, spoken, tr, trn

SCORE = re.compile(r"^score:\d{1,2}$")
"""The action_ids of the buttons: one each, because in a block they must differ."""
SCORE_MENU = "score:menu"
"""The action_id of the menu that stands for the buttons."""
OPEN_FORM = "survey:form"
"""The action_id of the button that opens the form for a score."""
SCORE_FORM = "survey:score_form"
"""The callback_id of that form."""
ADD_COMMENT = "survey:comment"
"""The action_id of the button under the thanks."""
ASK_HERE = "survey:ask_here"
"""The action_id of the button under a preview."""
PLANNED = "survey:planned"
"""The action_id of the button that names all who would be asked, and who not."""
COMMENTS = "survey:comments"
"""The action_id of the button that shows more comments; its value names the question."""
OPT_OUT = "survey:opt_out"
"""The action_id of the button that ends being asked, under a question to one person and under the
thanks."""
OPT_IN = "survey:opt_in"
"""The action_id of the button that takes that back."""
COMMENT_FORM = "survey:comment_form"
"""The callback_id of the comment form."""

_BLOCK, _FIELD = "comment", "text"
_SCORE = "score"
"""The field of the form for a score."""
_CUSTOMERS = (SCORE_MENU, OPEN_FORM, ADD_COMMENT, OPT_OUT, OPT_IN)
_ENDS = {
    Scale.NPS: ("not at all likely", "extremely likely"),
    Scale.CSAT: ("very dissatisfied", "very satisfied"),
    Scale.CES: ("strongly disagree", "strongly agree"),
}
_EFFORT = ("very little effort", "very much effort")
"""What the ends of Scale.CES mean where a low score is the good one."""
_QUESTIONS = {
    Scale.NPS: "How likely are you to recommend us to a friend or colleague?",
    Scale.CSAT: "How satisfied are you with us?",
    Scale.CES: "Do you agree? You made it easy for me to get what I needed.",
}
_FOLLOW_UPS = {
    Band.LOW: "What should we do better?",
    Band.MIDDLE: "What is the main reason for your answer?",
    Band.HIGH: "What do you like best?",
}
_BAR = 20
"""Characters of the longest bar of a spread."""


def is_customers(action_id: str) -> bool:
    """Whether it is of a button that customers have before them."""
    return action_id in _CUSTOMERS or SCORE.fullmatch(action_id) is not None


class Click(NamedTuple):
    """A click on a number."""

    ask: str
    score: int


class Comment(NamedTuple):
    """A comment as it was submitted, or "" to take it away."""

    ask: str
    person: str
    """Or the word that stands for them, of an anonymous answer."""
    team: str
    text: str


def default_question(scale: Scale, language: str = ENGLISH) -> str:
    return said(language, _QUESTIONS[scale])


def question(ask: Ask, *, replies: bool = False, page: str = "") -> Message:
    """The question with one button a score, or with a menu. It stays as it is: many people answer
    it. With `replies` a number can be typed in its thread, too; `page` is the address of a web page
    on which the one person who is asked can answer."""
    language = ask.language
    key = " · ".join(f"{shown} = {meant}" for shown, meant in _ends(ask))
    asked = escape_lines(ask.question)
    notes = [key, _one_click(ask)]
    if replies and not ask.anonymous:
        notes.append(
            said(language, "Or type your number in the thread, where everybody can read it.")
        )
    if ask.expires_at is not None:
        until = day(ask.expires_at.date(), language)
        notes.append(said(language, "Open until {day}.", day=until))
    if page:
        label = said(language, "Answer on a web page, if you cannot click here")
        notes.append(f"<{page}|{label}>")
    return Message(
        text=f"{asked} ({ends(ask)})",
        blocks=(
            section(bold(asked)),
            actions(*_scores(ask), block_id=f"ask:{ask.id}"),
            context(*notes),
            *([actions(_opt_out_button(language), block_id="survey:opt_out")] * bool(ask.person)),
        ),
    )


def reminder(ask: Ask, *, page: str = "") -> Message:
    """The question once more, to who was asked alone."""
    asked = question(ask, page=page)
    told = said(
        ask.language,
        "A reminder, and the only one: this question is still open, if you would like to answer"
        " it.",
    )
    return Message(f"{told} {asked.text}", (section(told), *asked.blocks))


def _one_click(ask: Ask) -> str:
    """How to answer, and who sees it."""
    language = ask.language
    if ask.layout is Layout.FORM:
        return said(
            language,
            "One click opens a form. You answer without your name: nobody can see who answered"
            " what."
            if ask.anonymous
            else "One click opens a form; only the team that asks can see your answer.",
        )
    return said(
        language,
        "One click answers, without your name: nobody can see who answered what."
        if ask.anonymous
        else "One click answers; only the team that asks can see it.",
    )


def ends(ask: Ask) -> str:
    """What the lowest and the highest score mean."""
    (first, low), (last, high) = _ends(ask)
    return said(
        ask.language,
        "{first} is {low}, {last} is {high}",
        first=first,
        last=last,
        low=low,
        high=high,
    )


def _ends(ask: Ask) -> list[tuple[str, str]]:
    """The lowest and the highest score, as they are shown, and what they mean."""
    meant = _EFFORT if ask.direction is Direction.LOWER else _ENDS[ask.scale]
    scores, shown = ask.scale.scores, labels(ask)
    return [
        (
            shown[score] if shown[score] == str(score) else f"{shown[score]} ({score})",
            said(ask.language, end),
        )
        for score, end in zip((scores[0], scores[-1]), meant, strict=True)
    ]


def _scores(ask: Ask) -> list[Block]:
    """A button for each score, one menu of them all, which a phone shows on one line, or a button
    for a form."""
    shown, language = labels(ask), ask.language
    last = ask.scale.scores[-1]
    if ask.layout is Layout.FORM:
        label, value = said(language, "Answer"), f"{ask.id}:form"
        return [button(label, action_id=OPEN_FORM, value=value, style="primary")]
    if ask.layout is Layout.MENU:
        options = {f"{ask.id}:{score}": label for score, label in reversed(shown.items())}
        return [static_select(said(language, "Choose a score"), options, action_id=SCORE_MENU)]
    return [
        button(
            label,
            action_id=f"score:{score}",
            value=f"{ask.id}:{score}",
            accessibility_label=said(language, "{score} out of {last}", score=score, last=last),
        )
        for score, label in shown.items()
    ]


_FACES = ("😠", "🙁", "😐", "🙂", "😀")


def labels(ask: Ask) -> dict[int, str]:
    """What stands for each score that can be given, the lowest first."""
    return labels_of(ask.scale, ask.style)


def labels_of(scale: Scale, style: Style) -> dict[int, str]:
    """The same of a question on this scale in this style."""
    scores = scale.scores
    if scale is Scale.CSAT:
        match style:
            case Style.STARS:
                return {score: "★" * score for score in scores}
            case Style.FACES:
                return dict(zip(scores, _FACES, strict=True))
            case Style.THUMBS:
                return {scores[0]: "👎", scores[-1]: "👍"}
            case Style.NUMBERS:
                pass
    return {score: str(score) for score in scores}


def _opt_out_button(language: str) -> Block:
    return button(
        said(language, "Don't ask me again"),
        action_id=OPT_OUT,
        value=language,
        accessibility_label=said(language, "Do not ask me again, in any survey"),
    )


def read_click(body: dict[str, Any]) -> Click:
    """Which ask was answered with which score. Raises Misunderstood for what no button sends.

    Whether the ask exists, is open, and has this score on its scale is for the caller to see.
    """
    try:
        action = body["actions"][0]
        chosen = action.get("selected_option") or action
        ask, _, score = str(chosen["value"]).rpartition(":")
    except (AttributeError, KeyError, IndexError, TypeError) as error:
        raise Misunderstood(_UNREADABLE) from error
    if not ask or not re.fullmatch(r"[0-9]{1,2}", score):
        raise Misunderstood(_UNREADABLE)
    return Click(ask, int(score))


def read_answer(body: dict[str, Any], now: datetime) -> Answer:
    """A click as an answer, with the person and the workspace that they are of."""
    click = read_click(body)
    person, team = _who(body)
    return Answer(ask=click.ask, person=person, team=team, score=click.score, answered_at=now)


def read_form_request(body: dict[str, Any]) -> str:
    """The ask of a click on the button for the form."""
    try:
        return str(body["actions"][0]["value"]).removesuffix(":form")
    except (KeyError, IndexError, TypeError) as error:
        raise Misunderstood(_UNREADABLE) from error


def score_form(ask: Ask, channel: str, answer: Answer | None = None) -> Block:
    """A form for the score, in which the one that they gave before is chosen. `channel` is where
    they clicked, for the thanks."""
    language, shown = ask.language, labels(ask)
    return modal(
        said(language, "Your answer"),
        (
            section(bold(escape_lines(ask.question))),
            select_input(
                said(language, "Your score"),
                {str(score): label for score, label in reversed(shown.items())},
                block_id=_SCORE,
                action_id=_SCORE,
                chosen=str(answer.score) if answer else "",
                placeholder=said(language, "Choose a score"),
            ),
            context(ends(ask)),
        ),
        callback_id=SCORE_FORM,
        submit=said(language, "Send"),
        close=said(language, "Cancel"),
        private_metadata=f"{ask.id}:{channel}",
    )


def read_scored(body: dict[str, Any], now: datetime) -> tuple[Answer, str]:
    """The answer of a submitted form, and the channel in which they clicked."""
    try:
        view = body["view"]
        ask, _, channel = str(view["private_metadata"]).partition(":")
        chosen = view["state"]["values"][_SCORE][_SCORE]["selected_option"]["value"]
    except (KeyError, TypeError, AttributeError) as error:
        raise Misunderstood(_UNREADABLE) from error
    if not re.fullmatch(r"[0-9]{1,2}", str(chosen)):
        raise Misunderstood(_UNREADABLE)
    person, team = _who(body)
    return Answer(ask=ask, person=person, team=team, score=int(chosen), answered_at=now), channel


def not_taken(reply: Message) -> dict[str, str]:
    """Under the field of the form for a score: why it was not stored."""
    return {_SCORE: reply.text}


def thanks(
    answer: Answer,
    scale: Scale,
    *,
    changed: bool = False,
    comment_until: date | None = None,
    layout: Layout = Layout.BUTTONS,
    style: Style = Style.NUMBERS,
    typed: bool = False,
) -> Message:
    """To the person alone, in the language of the answer. `typed`: in the thread."""
    language = answer.language
    told, hint = (
        _stored(answer, scale, style, changed=changed),
        _to_change(answer, scale, layout, style, typed=typed),
    )
    if comment_until is not None:
        until = day(comment_until, language)
        hint += " " + said(language, "You can add or change a comment until {day}.", day=until)
    label = said(language, "Change your comment" if answer.comment else "Add a comment")
    return Message(
        text=f"{told} {hint}",
        blocks=(
            section(told),
            actions(
                button(label, action_id=ADD_COMMENT, value=_of(answer)),
                _opt_out_button(language),
                block_id="survey:thanks",
            ),
            context(hint),
        ),
    )


def thanks_alone(answer: Answer, scale: Scale, style: Style) -> str:
    """Without what can be done next."""
    return _stored(answer, scale, style, changed=False)


def _stored(answer: Answer, scale: Scale, style: Style, *, changed: bool) -> str:
    language, last = answer.language, scale.scores[-1]
    # Who showed a thumb never saw the numbers that stand for it.
    thumb = labels_of(scale, style).get(answer.score) if style is Style.THUMBS else None
    given = thumb or said(language, "{score} out of {last}", score=answer.score, last=last)
    if is_nameless(answer.person):
        return said(
            language, "Thank you. Your answer, {given}, is stored without your name.", given=given
        )
    return said(
        language,
        "Thank you. Your answer is now {given}."
        if changed
        else "Thank you. Your answer, {given}, is stored.",
        given=given,
    )


def _to_change(answer: Answer, scale: Scale, layout: Layout, style: Style, *, typed: bool) -> str:
    language, last = answer.language, scale.scores[-1]
    if is_nameless(answer.person):
        return said(language, "It cannot be changed, because nobody knows which one is yours.")
    if typed:
        return said(
            language,
            "To change it, write {example} in the thread, or click.",
            example=f"{last}/{last}",
        )
    if layout is not Layout.BUTTONS:
        return said(language, "To change it, answer once more.")
    return said(
        language,
        "To change it, click another number."
        if style is Style.NUMBERS
        else "To change it, click another button.",
    )


def _of(answer: Answer) -> str:
    """Names the answer in what its author alone has before them: where nobody is kept with it, by
    the word that stands for them."""
    return f"{answer.ask}:{answer.person}" if is_nameless(answer.person) else answer.ask


def _read_of(value: str, person: str) -> tuple[str, str]:
    """The ask, and the person or the word for them."""
    ask, _, word = value.partition(":")
    if word and not is_nameless(word):
        raise Misunderstood(_UNREADABLE)
    return ask, word or person


def already_answered(language: str = ENGLISH) -> Message:
    """To who clicks again on an anonymous question."""
    return _say(
        said(
            language,
            "You have answered already. An anonymous answer cannot be changed, because nobody"
            " knows which one is yours.",
        )
    )


def comment_form(
    answer: Answer,
    *,
    of: Band = Band.MIDDLE,
    follow_ups: Mapping[str, str] = MappingProxyType({}),
) -> Block:
    """A form for a sentence or two, with what they wrote before. The score is stored already, so it
    may be closed at will.

    What it asks depends on where the score lies; `follow_ups` are own words for that, by Band.
    """
    language = answer.language
    return modal(
        said(language, "Thank you"),
        (
            section(said(language, "Your answer is stored. Would you like to say why?")),
            plain_input(
                follow_ups.get(of) or follow_up(language, of),
                block_id=_BLOCK,
                action_id=_FIELD,
                initial=answer.comment,
                optional=True,
                multiline=True,
            ),
        ),
        callback_id=COMMENT_FORM,
        submit=said(language, "Send"),
        close=said(language, "Skip"),
        private_metadata=_of(answer),
    )


def follow_up(language: str, of: Band = Band.MIDDLE) -> str:
    return said(language, _FOLLOW_UPS[of])


def read_comment_request(body: dict[str, Any]) -> tuple[str, str]:
    """The ask of a click on "Add a comment", and whose answer: the person's, or the word that
    stands for them."""
    try:
        return _read_of(str(body["actions"][0]["value"]), _who(body)[0])
    except (KeyError, IndexError, TypeError) as error:
        raise Misunderstood(_UNREADABLE) from error


def read_text(event: dict[str, Any]) -> str:
    """What somebody wrote, as they typed it, no longer than a comment may be."""
    return unescape(str(event.get("text", "")))[: limits.TYPED_TEXT]


def read_comment(body: dict[str, Any]) -> Comment:
    """A submitted comment form."""
    try:
        view = body["view"]
        typed = view["state"]["values"][_BLOCK][_FIELD].get("value") or ""
        person, team = _who(body)
        ask, person = _read_of(str(view["private_metadata"]), person)
        return Comment(ask, person, team, typed[: limits.TYPED_TEXT])
    except (KeyError, TypeError, AttributeError) as error:
        raise Misunderstood(_UNREADABLE) from error


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


def comments_list(ask: Ask, comments: Sequence[tuple[int, str]], first: int) -> Message:
    """Some of them, newest first; `first` come before those."""
    shown: list[str] = []
    for quote in _quotes(comments[first : first + _COMMENTS_AT_ONCE]):
        if shown and sum(map(len, shown)) + len(quote) > _WORDS_AT_ONCE:
            break
        shown.append(quote)
    last = first + len(shown)
    which = tr("{first} to {last} of {n}:", first=first + 1, last=last, n=len(comments))
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
            section("\n".join([f"*{told[0]}*", *told[1:]])),
            *([section("\n".join([f"*{not_told[0]}*", *not_told[1:]]))] if refused else []),
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
            *([section("\n".join(lines))] if lines else []),
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
            f"{_whom(Whom(ask.channel, ask.customer, ask.person), called)}: {escape(failure(why))}"
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


def read_language(body: dict[str, Any]) -> str:
    """In which the button that was clicked is written; English for one that says nothing."""
    try:
        return spoken(str(body["actions"][0]["value"]))
    except (KeyError, IndexError, TypeError):
        return ENGLISH


def opted_out(language: str = ENGLISH) -> Message:
    """To the person alone."""
    told = said(language, "You will not be asked any more, by any survey of ours.")
    return Message(
        text=told,
        blocks=(
            section(told),
            actions(
                button(said(language, "Ask me again"), action_id=OPT_IN, value=language),
                block_id="survey:opted_out",
            ),
        ),
    )


def opted_in(language: str = ENGLISH) -> Message:
    return _say(said(language, "You may be asked again. Thank you."))


def read_ask_here(body: dict[str, Any]) -> tuple[Scale, str]:
    """The scale, and what was typed after the command (whom, and the question), of a click on
    "Ask it here"."""
    try:
        scale, _, asked = str(body["actions"][0]["value"]).partition(":")
        return Scale(scale), asked
    except (KeyError, IndexError, TypeError, ValueError) as error:
        raise Misunderstood(_UNREADABLE) from error


def not_asked(why: str, person: str = "") -> Message:
    """The question is not in the channel, or not with the one person who was to be asked."""
    told = tr("The question is not in the channel yet.")
    if person:
        told = tr("The question is not with {person} yet.", person=f"<@{escape(person)}>")
    return _say(f"{told} {escape(failure(why))}")


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
    return _say(
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
    return _say(
        tr(
            "{person} does not want to be asked, so there is no web page for them.",
            person=f"<@{escape(person)}>",
        )
    )


def no_pages() -> Message:
    return _say(
        tr(
            "There is no web page to answer on: `asking.web_url` in config.yaml says where the"
            " bot's web server is reached."
        )
    )


def now_closed(ask: Ask) -> Message:
    return _say(
        tr(
            '"{question}" takes no more answers. {command} shows what was said.',
            question=escape(ask.question),
            command=f"`/{ask.scale} results`",
        )
    )


def not_on_scale(scale: Scale, language: str = ENGLISH) -> Message:
    scores = scale.scores
    return _say(
        said(
            language,
            "That is no answer on a scale from {first} to {last}. Please try again.",
            first=scores[0],
            last=scores[-1],
        )
    )


def comment_not_stored(language: str = ENGLISH) -> dict[str, str]:
    """Under the field of the form, which stays open with what was typed."""
    told = said(language, "Your comment could not be stored. Please press Send again in a minute.")
    return {_BLOCK: told}


def comment_too_late(language: str = ENGLISH) -> dict[str, str]:
    """The same, of a form that was open for too long."""
    return {_BLOCK: _comment_is_over(language)}


def comment_is_over(language: str = ENGLISH) -> Message:
    """To who presses the button for it later."""
    return _say(_comment_is_over(language))


def _comment_is_over(language: str) -> str:
    return said(
        language,
        "The time to add or change a comment is over. What you answered stays as it is.",
    )


def not_stored(language: str = ENGLISH) -> Message:
    """The store did not take the answer in time."""
    return _say(said(language, "Your answer could not be stored. Please click again in a minute."))


def typed_openly(language: str = ENGLISH) -> Message:
    """To who typed a number under an anonymous question."""
    return _say(
        said(
            language,
            "This question is answered without names, and everybody can read what is typed here."
            " So your number was not taken; please click.",
        )
    )


def unreadable(language: str = ENGLISH) -> Message:
    """To who clicked on what no button of ours sends."""
    return _say(said(language, _UNREADABLE))


def went_wrong(language: str = ENGLISH) -> Message:
    """To a customer, when something broke that nobody foresaw."""
    return _say(said(language, "That did not work. Please try again in a minute."))


def closed(language: str = ENGLISH, *, expired: bool = False) -> Message:
    if expired:
        return _say(
            said(
                language,
                "The time to answer this survey is over, so your answer was not stored. Thank you"
                " all the same.",
            )
        )
    return _say(
        said(
            language,
            "This survey is closed, so your answer was not stored. Thank you all the same.",
        )
    )


def not_for_ours() -> Message:
    """To a colleague in a customer's channel, alone."""
    return _say(
        tr(
            "This question is for the customer, and you are of the team that asks: your click does"
            " not count, and the customer does not see it."
        )
    )


def unknown(language: str = ENGLISH) -> Message:
    """An ask that the store does not know, such as one of another installation."""
    return _say(said(language, "This survey is not known any more, so your answer was not stored."))


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
            tr('asks "{question}" here at once', question=tr(_QUESTIONS[scale])),
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


_UNREADABLE = later("This click could not be read. Please click again.")


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


def _who(body: dict[str, Any]) -> tuple[str, str]:
    """The person and their workspace, which in a shared channel is not the one we are in."""
    try:
        user = body["user"]
        return str(user["id"]), str(user.get("team_id") or (body.get("team") or {}).get("id", ""))
    except (KeyError, TypeError, AttributeError) as error:
        raise Misunderstood(_UNREADABLE) from error


def _say(told: str) -> Message:
    return Message(told, (section(told),))
