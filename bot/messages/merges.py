"""Records that are one customer: said, taken back, and listed."""

from collections.abc import Sequence

from bot.domain.definition import Definition
from bot.domain.merges import Merged
from bot.messages import wording
from bot.messages.blocks import (
    Message,
    context,
    cut,
    escape,
    header,
    more_button,
    saying,
    sections,
)
from bot.messages.languages import tr, trn

MERGES_SHOWN = 20
MORE = "merges:more"
"""The button that shows the next ones."""


def merged(of: Merged) -> Message:
    return saying(
        tr(
            "{old} ({id}) is {new} from now on: figures see one customer with the stays of both. If"
            " that changes who was lost in a closed period, a restatement says so.",
            old=_name(of.old),
            id=_name(of.old_id),
            new=_name(of.new),
        )
    )


def taken_back(of: Merged) -> Message:
    return saying(
        tr(
            "{old} ({id}) is a customer of its own again, and not {new}, whatever the source says.",
            old=_name(of.old),
            id=_name(of.old_id),
            new=_name(of.new),
        )
    )


def merges_list(
    known: Sequence[Merged],
    definition: Definition,
    *,
    first: int = 0,
    most: int | None = MERGES_SHOWN,
) -> Message:
    """`most` of them, or all, after the `first` ones."""
    if not known:
        return saying(tr("No record is part of another customer."))
    title = trn(
        "{n} record part of another customer", "{n} records part of another customer", len(known)
    )
    first = first if first < len(known) else 0  # some were taken back since
    last = len(known) if most is None else min(first + most, len(known))
    lines = [_line(each, definition) for each in known[first:last]]
    if first or last < len(known):
        lines.insert(0, tr("{first} to {last} of {n}:", first=first + 1, last=last, n=len(known)))
    return Message(
        text="\n".join([f"{title}:", *lines]),
        blocks=(
            header(wording.capital(title)),
            *sections(lines),
            context(tr("`/keeprate merge undo ID` takes one back.")),
            *more_button(MORE, last, len(known), at_once=MERGES_SHOWN),
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
