"""Records that are one customer: said, taken back, and listed."""

from collections.abc import Sequence

from bot.domain.definition import Definition
from bot.domain.merges import Merged
from bot.messages import wording
from bot.messages.blocks import Message, context, cut, escape, header, section

MERGES_SHOWN = 20


def merged(of: Merged) -> Message:
    return _say(
        f"{_name(of.old)} ({_name(of.old_id)}) is {_name(of.new)} from now on: figures see one"
        " customer with the stays of both. If that changes who was lost in a closed period, a"
        " restatement says so."
    )


def taken_back(of: Merged) -> Message:
    return _say(
        f"{_name(of.old)} ({_name(of.old_id)}) is a customer of its own again, and not"
        f" {_name(of.new)}, whatever the source says."
    )


def merges_list(known: Sequence[Merged], definition: Definition) -> Message:
    if not known:
        return _say("No record is part of another customer.")
    title = f"{wording.number(len(known), 'record')} part of another customer"
    lines = [_line(each, definition) for each in known[:MERGES_SHOWN]]
    if len(known) > MERGES_SHOWN:
        lines.append(f"and {len(known) - MERGES_SHOWN:,} more")
    return Message(
        text="\n".join([f"{title}:", *lines]),
        blocks=(
            header(wording.capital(title)),
            section("\n".join(lines)),
            context("`/keeprate merge undo ID` takes one back."),
        ),
    )


def _line(of: Merged, definition: Definition) -> str:
    who = "the source" if of.of.pull is not None else wording.who(of.of.by)
    on = wording.day(of.of.at.astimezone(definition.zone_info).date())
    return f"{_name(of.old)} ({_name(of.old_id)}) is {_name(of.new)}: said by {who} on {on}"


def _name(text: str) -> str:
    return escape(cut(text, wording.NAME_LONGEST))


def _say(told: str) -> Message:
    return Message(told, (section(told),))
