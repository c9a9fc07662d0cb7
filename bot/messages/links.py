"""Which channel is whose: said, taken back, and listed."""

from collections.abc import Sequence

from bot.domain.definition import Definition
from bot.domain.links import Link, Unlinked
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

LINKS_SHOWN = 30
MORE = "links:more"
"""The button that shows the next ones."""


def linked(link: Link) -> Message:
    return saying(
        tr(
            "{channel} is {customer}'s channel from now on: what is answered there counts as"
            " theirs, and your own colleagues cannot answer for them.",
            channel=f"<#{escape(link.channel)}>",
            customer=_name(link.name),
        )
    )


def unlinked(was: Link) -> Message:
    return saying(
        tr(
            "{channel} is no customer's channel any more. What was answered there so far stays with"
            " {customer}.",
            channel=f"<#{escape(was.channel)}>",
            customer=_name(was.name),
        )
    )


def links_list(
    known: Sequence[Link], unlinked: Sequence[Unlinked], definition: Definition, *, first: int = 0
) -> Message:
    """Those that are linked, and the shared channels that are not, with whom they may be of; of
    each those after the `first` ones."""
    title = trn(
        "{n} channel linked with a customer", "{n} channels linked with a customer", len(known)
    )
    if not known:
        title = tr("No channel is linked with a customer")
    lines = [
        tr(
            "{channel} is {customer}: said by {who} on {day}",
            channel=f"<#{escape(each.channel)}>",
            customer=_name(each.name),
            who=wording.who(each.said_by),
            day=wording.day(each.said_at.astimezone(definition.zone_info).date()),
        )
        for each in known[first : first + LINKS_SHOWN]
    ]
    open_ = [_open(each) for each in unlinked[first : first + LINKS_SHOWN]]
    told = tr("Shared channels of which nobody said whose they are:")
    return Message(
        text="\n".join([f"{title}.", *lines, *([told, *open_] if open_ else [])]),
        blocks=(
            header(title),
            *sections(lines),
            *sections([f"*{told}*", *open_] if open_ else []),
            context(
                tr("`/keeprate link #channel CUSTOMER` says whose it is; `unlink #channel` not.")
            ),
            *more_button(
                MORE,
                first + LINKS_SHOWN,
                max(len(known), len(unlinked)),
                at_once=LINKS_SHOWN,
            ),
        ),
    )


def _open(of: Unlinked) -> str:
    channel = f"<#{escape(of.channel)}>"
    if not of.perhaps:
        return tr("{channel}: no customer is called like it", channel=channel)
    [best, *others] = of.perhaps
    first = f"{_name(best.name)} ({_name(best.id)})"
    told = tr("{channel}: perhaps {customer}", channel=channel, customer=first)
    if not others:
        return told
    return f"{told}; {tr('or {customers}', customers=', '.join(_name(o.name) for o in others))}"


def _name(text: str) -> str:
    return escape(cut(text, wording.NAME_LONGEST))
