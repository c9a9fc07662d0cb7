"""What `/keeprate sources` and `/keeprate settings` answer, and what an export says of itself."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from bot.domain.definition import Definition
from bot.domain.pulls import Freshness
from bot.domain.tickets import LastRead
from bot.messages import rules, settings, subscriptions, wording
from bot.messages.blocks import (
    Block,
    Message,
    actions,
    advising,
    bold,
    button,
    context,
    cut,
    escape,
    header,
    more_button,
    saying,
    section,
)
from bot.messages.languages import tr, trn
from bot.messages.matching import unfit_button
from bot.messages.named import change_button

PULL = "source:pull"
"""The button that pulls one source; its value is the source's name."""
MORE = "source:more"
"""The button that shows the next sources; its value is how many were shown before."""
AT_ONCE = 8


@dataclass(frozen=True, slots=True)
class Source:
    """One source as it stands."""

    name: str
    kind: str
    is_first: bool
    """Who is a customer is what it says."""
    freshness: Freshness | None = None
    helpdesks: Sequence[LastRead] = ()
    fits: str = ""
    """How it fits to the first one; escaped."""
    all_fit: bool = True
    """Whether each of the two knows all customers of today of the other."""
    next_pull: datetime | None = None


def sources_list(
    sources: Sequence[Source],
    definition: Definition,
    *,
    first: int = 0,
    may_pull: bool,
    may_list: bool = False,
) -> Message:
    """Some of the sources, of which `first` were shown before; operators may pull each, and who
    sees customers' names may list who does not fit."""
    shown = sources[first : first + AT_ONCE]
    blocks: list[Block] = [header(tr("Sources"))]
    told: list[str] = []
    for each in shown:
        lines = _source(each, definition)
        told.append(" ".join(f"{line.removesuffix('.')}." for line in lines))
        blocks.append(section("\n".join([bold(lines[0]), *lines[1:]])))
        buttons = []
        if may_pull:
            label = tr("Pull {source}", source=each.name)
            buttons.append(
                button(tr("Pull now"), action_id=PULL, value=each.name, accessibility_label=label)
            )
        if may_list and not each.all_fit:
            buttons.append(unfit_button(each.name))
        if buttons:
            blocks.append(actions(*buttons, block_id=f"source:{each.name}"[:255]))
    blocks += more_button(MORE, first + len(shown), len(sources), at_once=AT_ONCE)
    return Message("\n".join(told), tuple(blocks))


def read_source(body: dict[str, Any]) -> str:
    """The source of a click."""
    return str(body["actions"][0].get("value", ""))


def settings_answer(
    parts: Sequence[tuple[str, Sequence[str]]],
    *,
    may_change: bool = False,
    may_choose: bool = False,
    may_name: bool = False,
) -> Message:
    """What is in force: titles that say where it is changed and their lines (escaped), and for who
    may change posts and rules, choose settings, or name people, the buttons that do."""
    where = tr(
        "config.yaml is read at start. What is posted where, and what is watched, is changed by"
        " `/keeprate subscribe` and `/keeprate alerts`, or in App Home. Your own language is that"
        " of your Slack."
    )
    shown = [
        button(tr("Change posts"), action_id=subscriptions.MORE, value="0"),
        button(tr("Change rules"), action_id=rules.MORE, value="0"),
        *([settings.change_button()] if may_choose else []),
        *([change_button()] if may_name else []),
    ]
    return Message(
        text="\n".join([*(f"{title}: {'; '.join(of)}." for title, of in parts), where]).replace(
            "`", ""
        ),
        blocks=(
            header(tr("Settings")),
            *(section("\n".join([f"*{title}*", *of])) for title, of in parts),
            *([actions(*shown, block_id="settings")] if may_change else []),
            context(where),
        ),
    )


def exported(file: str, rows: int) -> Message:
    """It went to the person alone."""
    told = trn(
        "{file} with {n} row is in your conversation with Keeprate. That it was exported is"
        " written down.",
        "{file} with {n} rows is in your conversation with Keeprate. That it was exported is"
        " written down.",
        rows,
        file=escape(file),
    )
    return saying(told)


def not_exported() -> Message:
    told = tr(
        "Slack lets the app send no files: an admin of the workspace must give it the scope"
        " `files:write`. In a terminal, `keeprate answers` and `keeprate explain --lists` write the"
        " same."
    )
    return advising(told)


def _source(of: Source, definition: Definition) -> list[str]:
    name = escape(of.name)
    what = (
        tr("{source} ({kind})", source=name, kind=escape(of.kind)) if of.kind != of.name else name
    )
    lines = (
        [f"{what}, " + tr("the first: who is a customer is what it says")]
        if of.is_first
        else [what]
    )
    if of.freshness is not None:
        lines.append(wording.freshness(of.freshness, definition))
        believed = of.freshness.believed
        if believed is not None:
            records = wording.number(believed.records, "record")
            lines.append(tr("{records} in the newest pull that is believed", records=records))
            lines += wording.left_out(of.freshness, definition)
    elif not of.helpdesks:
        lines.append(tr("never pulled yet"))
    lines += [wording.helpdesk(each, definition) for each in of.helpdesks]
    if of.fits:
        lines.append(of.fits)
    if of.next_pull is not None:
        when = wording.moment(of.next_pull, definition)
        lines.append(tr("next pull {moment}", moment=when))
    return [cut(line, 600) for line in lines]
