"""Which channel is whose: said, taken back, and listed."""

from collections.abc import Sequence

from bot.domain.definition import Definition
from bot.domain.links import Link, Unlinked
from bot.messages import wording
from bot.messages.blocks import Message, context, cut, escape, header, section

LINKS_SHOWN = 30


def linked(link: Link) -> Message:
    return _say(
        f"<#{escape(link.channel)}> is {_name(link.name)}'s channel from now on: what is answered"
        " there counts as theirs, and your own colleagues cannot answer for them."
    )


def unlinked(was: Link) -> Message:
    return _say(
        f"<#{escape(was.channel)}> is no customer's channel any more. What was answered there so"
        f" far stays with {_name(was.name)}."
    )


def links_list(
    known: Sequence[Link], unlinked: Sequence[Unlinked], definition: Definition
) -> Message:
    """Those that are linked, and the shared channels that are not, with whom they may be of."""
    title = wording.capital(f"{wording.number(len(known), 'channel')} linked with a customer")
    lines = [
        f"<#{escape(each.channel)}> is {_name(each.name)}: said by"
        f" {wording.who(each.said_by)} on"
        f" {wording.day(each.said_at.astimezone(definition.zone_info).date())}"
        for each in known[:LINKS_SHOWN]
    ]
    if len(known) > LINKS_SHOWN:
        lines.append(f"and {len(known) - LINKS_SHOWN:,} more")
    open_ = [_open(each) for each in unlinked[:LINKS_SHOWN]]
    if len(unlinked) > LINKS_SHOWN:
        open_.append(f"and {len(unlinked) - LINKS_SHOWN:,} more")
    told = "Shared channels of which nobody said whose they are:"
    return Message(
        text="\n".join([f"{title}.", *lines, *([told, *open_] if open_ else [])]),
        blocks=(
            header(title),
            *([section("\n".join(lines))] if lines else []),
            *([section("\n".join([f"*{told}*", *open_]))] if open_ else []),
            context("`/keeprate link #channel CUSTOMER` says whose it is; `unlink #channel` not."),
        ),
    )


def _open(of: Unlinked) -> str:
    channel = f"<#{escape(of.channel)}>"
    if not of.perhaps:
        return f"{channel}: no customer is called like it"
    [best, *others] = of.perhaps
    others_told = f"; or {', '.join(_name(o.name) for o in others)}" if others else ""
    return f"{channel}: perhaps {_name(best.name)} ({_name(best.id)}){others_told}"


def _name(text: str) -> str:
    return escape(cut(text, wording.NAME_LONGEST))


def _say(told: str) -> Message:
    return Message(told, (section(told),))
