"""Who sees figures and who asks customers: as it is, and the form with which admins name more."""

from collections.abc import Iterable
from typing import Any

from bot.domain.roles import Access, Named
from bot.messages import wording
from bot.messages.blocks import (
    Block,
    Message,
    actions,
    advising,
    button,
    channels_input,
    context,
    header,
    modal,
    people_input,
    section,
)
from bot.messages.languages import tr

CHANGE = "people:change"
"""The button that opens the form."""
FORM = "people:form"
"""The callback_id of the form."""

_VIEWERS, _OPERATORS, _PEOPLE = "viewers", "operators", "people"
CHANNELS = "channels"
"""The block_id of the channels in the form."""


def named_blocks(access: Access) -> tuple[Block, ...]:
    """For App Home of an admin: who may what, with the button that changes it."""
    return (
        header(tr("Who may what")),
        section("\n".join(named_lines(access))),
        actions(change_button(), block_id="people"),
    )


def named_lines(access: Access) -> list[str]:
    """Four lines, escaped."""
    viewers = tr("everybody") if access.everybody_views else mentioned(access.viewers)
    operators = mentioned(access.operators) or tr("every viewer")
    admins = mentioned(access.admins) or tr("every operator")
    channels = wording.listed([f"<#{id}>" for id in sorted(access.channels)])
    return [
        tr("See figures wherever they ask: {people}.", people=viewers or tr("nobody")),
        tr(
            "In these channels every colleague sees them: {channels}.",
            channels=channels or tr("none"),
        ),
        tr("Ask customers, and change posts and rules: {people}.", people=operators),
        tr("Admins: {people}.", people=admins),
    ]


def mentioned(ids: Iterable[str]) -> str:
    """People and user groups; "" of none."""
    return wording.listed(
        [f"<!subteam^{id}>" if id.startswith("S") else f"<@{id}>" for id in sorted(ids)]
    )


def change_button() -> Block:
    return button(tr("Name people"), action_id=CHANGE, accessibility_label=tr("Name who may what"))


def named_form(of: Named) -> Block:
    """What is of config.yaml is not in it, and stays."""
    return modal(
        tr("Who may what"),
        [
            people_input(
                tr("Who sees figures, beside those of config.yaml"),
                block_id=_VIEWERS,
                action_id=_PEOPLE,
                chosen=sorted(of.viewers),
            ),
            people_input(
                tr("Who asks customers and changes posts and rules, beside those of config.yaml"),
                block_id=_OPERATORS,
                action_id=_PEOPLE,
                chosen=sorted(of.operators),
            ),
            channels_input(
                tr("Channels in which every colleague sees figures, beside those of config.yaml"),
                block_id=CHANNELS,
                action_id=CHANNELS,
                chosen=sorted(of.channels),
            ),
            context(
                tr(
                    "While nobody is named here or in config.yaml to ask customers, everybody who"
                    " sees figures may. Guests and people of other companies see none, also when"
                    " they are named. Where figures are posted every colleague sees them anyway."
                    " User groups and admins are named in config.yaml."
                )
            ),
        ],
        callback_id=FORM,
        submit=tr("Keep"),
        close=tr("Cancel"),
    )


def read_named(body: dict[str, Any]) -> Named:
    """What the form says."""
    values = body["view"]["state"]["values"]

    def chosen(block: str) -> frozenset[str]:
        return frozenset(values[block][_PEOPLE].get("selected_users") or ())

    channels = values.get(CHANNELS, {}).get(CHANNELS, {}).get("selected_conversations")
    return Named(chosen(_VIEWERS), chosen(_OPERATORS), frozenset(channels or ()))


def read_shown(body: dict[str, Any]) -> Named:
    """What the form said when it was opened."""
    blocks = body["view"]["blocks"]
    elements = {block.get("block_id", ""): block.get("element", {}) for block in blocks}

    def first(block: str, of: str) -> frozenset[str]:
        return frozenset(elements.get(block, {}).get(of, ()))

    return Named(
        first(_VIEWERS, "initial_users"),
        first(_OPERATORS, "initial_users"),
        first(CHANNELS, "initial_conversations"),
    )


def kept(access: Access) -> Message:
    """Once the form was sent: who may what from now on."""
    lines = [tr("This holds from now on."), *named_lines(access)]
    return Message("\n".join(lines), (section("\n".join(lines)),))


def admins_first() -> Message:
    """Where nobody is named admin, whoever is named operator would take it from all others."""
    told = tr(
        "Name an admin under `people.admins` in config.yaml first. As long as nobody is, everybody"
        " who may ask customers is one, and naming people here could lock them out."
    )
    return advising(told)
