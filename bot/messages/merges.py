"""Records that are one customer: said, taken back, and listed."""

from collections.abc import Sequence

from bot.domain.definition import Definition
from bot.domain.merges import Merged
from bot.messages import wording
from bot.messages.blocks import Message, context, cut, escape, header, section
from bot.messages.languages import tr, trn

MERGES_SHOWN = 20


def merged(of: Merged) -> Message:
    return _say(
        tr(
            "{old} ({id}) is {new} from now on: figures see one customer with the stays of both. If"
            " that changes who was lost in a closed period, a restatement says so.",
            old=_name(of.old),
            id=_name(of.old_id),
            new=_name(of.new),
        )
    )


def taken_back(of: Merged) -> Message:
    return _say(
        tr(
            "{old} ({id}) is a customer of its own again, and not {new}, whatever the source says.",
            old=_name(of.old),
            id=_name(of.old_id),
            new=_name(of.new),
        )
    )


def merges_list(known: Sequence[Merged], definition: Definition) -> Message:
    if not known:
        return _say(tr("No record is part of another customer."))
    title = trn(
        "{n} record part of another customer", "{n} records part of another customer", len(known)
    )
    lines = [_line(each, definition) for each in known[:MERGES_SHOWN]]
    if len(known) > MERGES_SHOWN:
        lines.append(tr("and {more} more", more=len(known) - MERGES_SHOWN))
    return Message(
        text="\n".join([f"{title}:", *lines]),
        blocks=(
            header(wording.capital(title)),
            section("\n".join(lines)),
            context(tr("`/keeprate merge undo ID` takes one back.")),
        ),
    )


def _line(of: Merged, definition: Definition) -> str:
    return tr(
        "{old} ({id}) is {new}: said by {who} on {day}",
        old=_name(of.old),
        id=_name(of.old_id),
        new=_name(of.new),
        who=tr("the source") if of.of.pull is not None else wording.who(of.of.by),
        day=wording.day(of.of.at.astimezone(definition.zone_info).date()),
    )


def _name(text: str) -> str:
    return escape(cut(text, wording.NAME_LONGEST))


def _say(told: str) -> Message:
    return Message(told, (section(told),))
