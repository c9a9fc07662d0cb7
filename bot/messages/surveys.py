"""Questions in a channel, and what customers read who answer them, in their language.

Every action_id, callback_id and value of a question, its forms and its thanks is written here and
read here.
"""

import re
from collections.abc import Mapping
from datetime import date, datetime
from types import MappingProxyType
from typing import Any, NamedTuple

from bot.domain.surveys import (
    Answer,
    Ask,
    Band,
    Direction,
    Layout,
    Scale,
    Style,
    is_nameless,
)
from bot.errors import Misunderstood
from bot.messages import limits
from bot.messages.blocks import (
    Block,
    Message,
    actions,
    bold,
    button,
    context,
    escape_lines,
    modal,
    plain_input,
    saying,
    section,
    select_input,
    static_select,
    unescape,
)
from bot.messages.languages import ENGLISH, day, later, said, spoken

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
        raise Misunderstood(UNREADABLE) from error
    if not ask or not re.fullmatch(r"[0-9]{1,2}", score):
        raise Misunderstood(UNREADABLE)
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
        raise Misunderstood(UNREADABLE) from error


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
        raise Misunderstood(UNREADABLE) from error
    if not re.fullmatch(r"[0-9]{1,2}", str(chosen)):
        raise Misunderstood(UNREADABLE)
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
        raise Misunderstood(UNREADABLE)
    return ask, word or person


def already_answered(language: str = ENGLISH) -> Message:
    """To who clicks again on an anonymous question."""
    return saying(
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
        raise Misunderstood(UNREADABLE) from error


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
        raise Misunderstood(UNREADABLE) from error


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
    return saying(said(language, "You may be asked again. Thank you."))


def not_on_scale(scale: Scale, language: str = ENGLISH) -> Message:
    scores = scale.scores
    return saying(
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
    return saying(_comment_is_over(language))


def _comment_is_over(language: str) -> str:
    return said(
        language,
        "The time to add or change a comment is over. What you answered stays as it is.",
    )


def not_stored(language: str = ENGLISH) -> Message:
    """The store did not take the answer in time."""
    return saying(
        said(language, "Your answer could not be stored. Please click again in a minute.")
    )


def typed_openly(language: str = ENGLISH) -> Message:
    """To who typed a number under an anonymous question."""
    return saying(
        said(
            language,
            "This question is answered without names, and everybody can read what is typed here."
            " So your number was not taken; please click.",
        )
    )


def unreadable(language: str = ENGLISH) -> Message:
    """To who clicked on what no button of ours sends."""
    return saying(said(language, UNREADABLE))


def went_wrong(language: str = ENGLISH) -> Message:
    """To a customer, when something broke that nobody foresaw."""
    return saying(said(language, "That did not work. Please try again in a minute."))


def closed(language: str = ENGLISH, *, expired: bool = False) -> Message:
    if expired:
        return saying(
            said(
                language,
                "The time to answer this survey is over, so your answer was not stored. Thank you"
                " all the same.",
            )
        )
    return saying(
        said(
            language,
            "This survey is closed, so your answer was not stored. Thank you all the same.",
        )
    )


def unknown(language: str = ENGLISH) -> Message:
    """An ask that the store does not know, such as one of another installation."""
    return saying(
        said(language, "This survey is not known any more, so your answer was not stored.")
    )


UNREADABLE = later("This click could not be read. Please click again.")


def _who(body: dict[str, Any]) -> tuple[str, str]:
    """The person and their workspace, which in a shared channel is not the one we are in."""
    try:
        user = body["user"]
        return str(user["id"]), str(user.get("team_id") or (body.get("team") or {}).get("id", ""))
    except (KeyError, TypeError, AttributeError) as error:
        raise Misunderstood(UNREADABLE) from error
