"""A low score told to the person who looks after the account, and what they do about it.

Every action_id, callback_id and value of it is written here and read here.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date
from typing import Any, NamedTuple

from bot.domain.definition import Definition
from bot.domain.loops import Loop, LoopState, Low, Rated
from bot.domain.surveys import Direction, Scale
from bot.errors import Misunderstood
from bot.messages import causes as known_causes
from bot.messages import limits, wording
from bot.messages.blocks import (
    Block,
    Message,
    actions,
    advising,
    button,
    context,
    cut,
    escape,
    escape_lines,
    header,
    modal,
    option,
    plain_input,
    saying,
    section,
)
from bot.messages.languages import later, tr
from bot.messages.results import out_of

TAKE = "loop:take"
REPLY = "loop:reply"
CLOSE = "loop:close"
"""The action_ids of the buttons; their value is the loop's id."""
REPLY_FORM = "loop:reply_form"
CLOSE_FORM = "loop:close_form"
"""The callback_ids of the forms; their private_metadata is the loop's id and the channel in which
the button was pressed."""

_TEXT, _CAUSE, _ACTION = "text", "cause", "action"
_COMMENT_LONGEST = 1500
"""Characters of a comment in the message; all of it is in the export."""
_NAMES = {Scale.NPS: "NPS", Scale.CSAT: "CSAT", Scale.CES: "CES"}


@dataclass(frozen=True, slots=True)
class Account:
    """What is known of who gave a low score."""

    name: str = ""
    """The customer's; "" where nobody said whose channel it is."""
    since: date | None = None
    fields: tuple[tuple[str, str], ...] = ()
    """Such as ("plan", "pro")."""
    revenue: str = ""
    """What they pay a month, as it is said: "2,400 EUR"."""
    tickets: int | None = None
    """Open ones; None where no helpdesk is read."""
    earlier: tuple[Low, ...] = ()
    """Scores that they gave before, the newest first."""


class Pressed(NamedTuple):
    """A button under a loop, who pressed it, and where."""

    loop: int
    person: str
    channel: str


class Done(NamedTuple):
    """What was submitted in the form under Done."""

    cause: str
    action: str


def low_score(
    loop: Loop, account: Account, *, question: str, up_to: str, definition: Definition
) -> Message:
    """The message of a loop in the state that it is in. `up_to` is the place to which it goes up
    next, "" where it goes no higher."""
    low = loop.of
    title = f"{_NAMES[low.scale]} {score(low)}"
    if account.name:
        title = tr("{score} from {customer}", score=title, customer=account.name)
    if low.rated:
        told = rated(low.rated, f"*{score(low)}*")
        plain = rated(low.rated, escape(title))
    else:
        told = tr(
            "{person} answered {score} in {channel} to “{question}”",
            person=f"<@{escape(low.person)}>",
            score=f"*{score(low)}*",
            channel=f"<#{escape(low.channel)}>",
            question=escape(question),
        )
        plain = tr("{score}, to “{question}”.", score=escape(title), question=escape(question))
    known = _known(account, definition)
    state = _state(loop, up_to, definition)
    return Message(
        text="\n".join(
            filter(None, [plain, _comment(low), known, _without_marks(loop, definition)])
        ),
        blocks=(
            header(title),
            section("\n".join(filter(None, [told, _comment(low)]))),
            *([context(known)] if known else []),
            section(state),
            *buttons(loop),
        ),
    )


def reply_form(loop: Loop, channel: str) -> Block:
    return modal(
        tr("Reply"),
        (
            section(
                tr(
                    "This goes to {channel}, where everybody can read it, and names you and"
                    " {person}. Their score is not told.",
                    channel=f"<#{escape(loop.of.channel)}>",
                    person=f"<@{escape(loop.of.person)}>",
                )
            ),
            plain_input(
                tr("What do you want to say?"), block_id=_TEXT, action_id=_TEXT, multiline=True
            ),
        ),
        callback_id=REPLY_FORM,
        submit=tr("Send"),
        close=tr("Cancel"),
        private_metadata=f"{loop.id}:{channel}",
    )


def reply(loop: Loop, person: str, text: str) -> Message:
    """In the channel in which the customer was asked."""
    words = escape_lines(text)
    quoted = "\n".join(f">{line}" for line in words.splitlines())
    told = tr(
        "{person}, {colleague} writes:",
        person=f"<@{escape(loop.of.person)}>",
        colleague=f"<@{escape(person)}>",
    )
    return Message(
        text=f"{told} {words}",
        blocks=(section(f"{told}\n{quoted}"),),
    )


def close_form(loop: Loop, channel: str, causes: Sequence[str]) -> Block:
    """Closing a loop asks for a cause and an action: a list of causes is what the next plan is
    made of."""
    chosen: Block = {
        "type": "static_select",
        "action_id": _CAUSE,
        "options": [
            option(known_causes.named(cause), cause) for cause in causes[: limits.SELECT_ITEMS]
        ],
    }
    return modal(
        tr("Done"),
        (
            {
                "type": "input",
                "block_id": _CAUSE,
                "label": {"type": "plain_text", "text": tr("What was the cause?"), "emoji": True},
                "element": chosen,
            },
            plain_input(
                tr("What was done about it?"), block_id=_ACTION, action_id=_ACTION, multiline=True
            ),
        ),
        callback_id=CLOSE_FORM,
        submit=tr("Close the loop"),
        close=tr("Cancel"),
        private_metadata=f"{loop.id}:{channel}",
    )


def read_click(body: dict[str, Any]) -> Pressed:
    """Of a click on one of the buttons."""
    try:
        loop = int(body["actions"][0]["value"])
        channel = body.get("channel", {}).get("id", "")  # in App Home there is none
        return Pressed(loop, str(body["user"]["id"]), str(channel))
    except (KeyError, IndexError, TypeError, ValueError) as error:
        raise Misunderstood(tr("This click does not say which score it is about.")) from error


def read_form(body: dict[str, Any]) -> Pressed:
    """Of the button under which a submitted form was opened."""
    try:
        loop, _, channel = str(body["view"]["private_metadata"]).partition(":")
        return Pressed(int(loop), str(body["user"]["id"]), channel)
    except (KeyError, TypeError, ValueError) as error:
        raise Misunderstood(tr(_UNREADABLE)) from error


def read_reply(body: dict[str, Any]) -> str:
    try:
        return str(body["view"]["state"]["values"][_TEXT][_TEXT]["value"])
    except (KeyError, TypeError) as error:
        raise Misunderstood(tr(_UNREADABLE)) from error


def read_done(body: dict[str, Any]) -> Done:
    try:
        values = body["view"]["state"]["values"]
        cause = values[_CAUSE][_CAUSE]["selected_option"]["value"]
        return Done(str(cause), str(values[_ACTION][_ACTION]["value"]))
    except (KeyError, TypeError) as error:
        raise Misunderstood(tr(_UNREADABLE)) from error


_UNREADABLE = later("This form does not say which score it is about.")


def unknown() -> Message:
    told = tr("This score is not known any more.")
    return saying(told)


def not_yours() -> Message:
    """To a colleague who is neither the owner nor an operator."""
    told = tr(
        "Only the account's owner and the operators of Keeprate may do that: `people.operators` in"
        " config.yaml names them."
    )
    return advising(told)


def answered_elsewhere() -> Message:
    """To who wants to reply to what was given in a helpdesk."""
    told = tr("This was given in the helpdesk: reply to it there.")
    return saying(told)


def closed_before(loop: Loop) -> Message:
    """To who fills in what was done while somebody else has said it."""
    told = tr(
        "{who} has closed it while you were writing. What you wrote is not kept.",
        who=f"<@{loop.closed_by}>",
    )
    return saying(told)


def reply_not_stored() -> dict[str, str]:
    """Under the field of the form, which stays open with what was typed."""
    return {_TEXT: tr(_AGAIN)}


def close_not_stored() -> dict[str, str]:
    """As `reply_not_stored`."""
    return {_ACTION: tr(_AGAIN)}


_AGAIN = later("That could not be stored. Please press the button again in a minute.")


def score(low: Low) -> str:
    """3 out of 10; on a scale that does not begin at 0 or 1 with both ends, and where the low end
    is the good one with that, because 6 out of 7 looks like praise."""
    told = _on_its_scale(low)
    if low.direction is Direction.LOWER:
        return tr("{score} (low is good)", score=told)
    return told


def _on_its_scale(low: Low) -> str:
    if low.rated is None:
        return out_of(low.score, low.scale.scores[-1])
    if low.rated.lowest in (0, 1):
        return out_of(low.score, low.rated.highest)
    return tr(
        "{score} ({lowest} to {highest})",
        score=wording.plain(low.score),
        lowest=wording.plain(low.rated.lowest),
        highest=wording.plain(low.rated.highest),
    )


def rated(of: Rated, score: str) -> str:
    """Where it was given, and about what."""
    if of.ticket and of.agent:
        return tr(
            "{score} in {helpdesk}, for ticket {ticket}, which {agent} looked after",
            score=score,
            helpdesk=escape(of.source),
            ticket=escape(of.ticket),
            agent=escape(of.agent),
        )
    if of.ticket:
        return tr(
            "{score} in {helpdesk}, for ticket {ticket}",
            score=score,
            helpdesk=escape(of.source),
            ticket=escape(of.ticket),
        )
    if of.agent:
        return tr(
            "{score} in {helpdesk}, for {agent}",
            score=score,
            helpdesk=escape(of.source),
            agent=escape(of.agent),
        )
    return tr("{score} in {helpdesk}", score=score, helpdesk=escape(of.source))


def _comment(low: Low) -> str:
    """Quoted, a line for a line."""
    if not low.comment:
        return ""
    shown = cut(escape_lines(low.comment), _COMMENT_LONGEST)
    return "\n".join(f">{line}" for line in shown.splitlines())


def _known(account: Account, definition: Definition) -> str:
    told = []
    if account.since:
        told.append(tr("Customer since {day}", day=wording.day(account.since)))
    told += [f"{escape(name)} {escape(label)}" for name, label in account.fields if label]
    if account.revenue:
        told.append(tr("{amount} a month", amount=escape(account.revenue)))
    if account.tickets is not None:
        told.append(wording.number(account.tickets, "open ticket"))
    if account.earlier:
        scores = ", ".join(
            tr(
                "{score} on {day}",
                score=_briefly(low),
                day=wording.day(low.at.astimezone(definition.zone_info).date()),
            )
            for low in account.earlier
        )
        told.append(tr("before: {scores}", scores=scores))
    return " · ".join(told)


def _briefly(low: Low) -> str:
    told_whole = low.rated is not None or low.direction is Direction.LOWER
    return score(low) if told_whole else wording.plain(low.score)


def _state(loop: Loop, up_to: str, definition: Definition) -> str:
    by = f"<@{escape(loop.taken_by)}>"
    match loop.state:
        case LoopState.OPEN:
            told = [tr("Who takes it?")]
            if loop.owner:
                told = [tr("{owner}, this is yours.", owner=f"<@{escape(loop.owner)}>")]
            if up_to:
                told.append(tr("If nobody takes it, it goes to {place} next.", place=up_to))
            return " ".join(told)
        case LoopState.TAKEN:
            when = wording.moment(loop.taken_at, definition) if loop.taken_at else ""
            if loop.replied_at:
                return tr("{person} took it on {moment} and has replied.", person=by, moment=when)
            return tr("{person} took it on {moment}.", person=by, moment=when)
        case LoopState.CLOSED:
            closed = tr("Closed by {person}.", person=f"<@{escape(loop.closed_by)}>")
            return f":white_check_mark: {closed} {_outcome(loop)}"
        case LoopState.WITHDRAWN:
            return tr("Their answer is not a low one any more, so nothing needs to be done.")


def _outcome(loop: Loop) -> str:
    return tr(
        "Cause: {cause}. Done: {action}",
        cause=escape(known_causes.named(loop.cause)),
        action=escape(loop.action),
    )


def _without_marks(loop: Loop, definition: Definition) -> str:
    match loop.state:
        case LoopState.OPEN:
            return tr("Nobody has taken it yet.")
        case LoopState.TAKEN:
            when = wording.moment(loop.taken_at, definition) if loop.taken_at else ""
            return tr("It was taken on {moment}.", moment=when)
        case LoopState.CLOSED:
            return f"{tr('Closed.')} {_outcome(loop)}"
        case LoopState.WITHDRAWN:
            return tr("Their answer is not a low one any more.")


def buttons(loop: Loop, *, block_id: str = "loop") -> Sequence[Block]:
    """What may be done about it; nothing where it is over."""
    if loop.state in (LoopState.CLOSED, LoopState.WITHDRAWN):
        return ()
    value = str(loop.id)
    take = button(
        tr("Take it"),
        action_id=TAKE,
        value=value,
        style="primary",
        accessibility_label=tr("Take this score: you look after it"),
    )
    answer = button(
        tr("Reply in the channel"),
        action_id=REPLY,
        value=value,
        accessibility_label=tr("Write to the customer in the channel"),
    )
    return (
        actions(
            *([take] if loop.state is LoopState.OPEN else []),
            *([] if loop.of.rated else [answer]),
            button(
                tr("Done …"),
                action_id=CLOSE,
                value=value,
                accessibility_label=tr("Close this loop with cause and action"),
            ),
            block_id=block_id,
        ),
    )
