"""What admins choose in App Home over config.yaml: as it is, and the form that changes it."""

from collections.abc import Mapping
from typing import Any

from bot.domain.choices import Choice, Setting
from bot.messages.blocks import (
    Block,
    Message,
    actions,
    button,
    channel_input,
    context,
    header,
    modal,
    section,
    select_input,
)
from bot.messages.languages import OWN_NAMES, tr

CHANGE = "settings:change"
"""The button that opens the form."""
BACK = "settings:back"
"""The buttons that let config.yaml say it again; their value is the setting."""
FORM = "settings:form"
"""The callback_id of the form."""

_FIELD = "chosen"

Choices = Mapping[Setting, Choice]


def settings_blocks(chosen: Choices, configured: Mapping[Setting, str]) -> tuple[Block, ...]:
    """For App Home of an admin: what may be chosen, with the buttons that do and undo it.

    `configured` is what holds where nobody chose, "" for nothing."""
    return (
        header(tr("Settings")),
        *(_shown(each, chosen.get(each), configured[each]) for each in Setting),
        actions(change_button(), block_id="settings"),
    )


def change_button() -> Block:
    return button(tr("Change settings"), action_id=CHANGE)


def settings_form(now: Mapping[Setting, str]) -> Block:
    """With what is in force, "" for no channel."""
    return modal(
        tr("Settings"),
        [
            channel_input(
                tr("Channel for notices: pulls and messages that went wrong"),
                block_id=Setting.NOTICES,
                action_id=_FIELD,
                chosen=now[Setting.NOTICES],
                optional=not now[Setting.NOTICES],
            ),
            select_input(
                tr("Language of posts, alerts and notices"),
                OWN_NAMES,
                block_id=Setting.LANGUAGE,
                action_id=_FIELD,
                chosen=now[Setting.LANGUAGE],
            ),
            context(
                tr(
                    "Subscriptions have a language of their own, and people are answered in that of"
                    " their Slack. What is chosen here wins over config.yaml, until “As in"
                    " config.yaml” in App Home undoes it. `/keeprate settings` says where all else"
                    " is changed."
                )
            ),
        ],
        callback_id=FORM,
        submit=tr("Keep"),
        close=tr("Cancel"),
    )


def read_settings(body: dict[str, Any]) -> dict[Setting, str]:
    """What the form says that is not as it was shown, which somebody else may have changed since;
    what was left empty is not in it."""
    values, shown = body["view"]["state"]["values"], _shown_at_first(body)
    language = values[Setting.LANGUAGE][_FIELD].get("selected_option") or {}
    said = {
        Setting.NOTICES: str(values[Setting.NOTICES][_FIELD].get("selected_conversation") or ""),
        Setting.LANGUAGE: str(language.get("value", "")),
    }
    return {each: value for each, value in said.items() if value not in ("", shown.get(each))}


def _shown_at_first(body: dict[str, Any]) -> dict[str, str]:
    """By block_id, what a form that was sent had in its menus when it was opened."""
    blocks = body["view"]["blocks"]
    menus = {block.get("block_id", ""): block.get("element", {}) for block in blocks}
    return {
        id: str(menu.get("initial_conversation") or menu.get("initial_option", {}).get("value", ""))
        for id, menu in menus.items()
    }


def read_back(body: dict[str, Any]) -> Setting | None:
    """Which setting a click lets config.yaml say again; None of one that is not known."""
    value = str(body["actions"][0].get("value", ""))
    return Setting(value) if value in [*Setting] else None


def kept(chosen: Choices, configured: Mapping[Setting, str]) -> Message:
    """From now on."""
    lines = [tr("This holds from now on.")]
    lines += [_line(each, chosen.get(each), configured[each]) for each in Setting]
    return Message("\n".join(lines).replace("*", ""), (section("\n".join(lines)),))


def _shown(setting: Setting, choice: Choice | None, configured: str) -> Block:
    back = button(
        tr("As in config.yaml"),
        action_id=BACK,
        value=setting,
        accessibility_label=tr("As in config.yaml: {setting}", setting=_called(setting)),
    )
    line = _line(setting, choice, configured)
    return section(line, accessory=back if choice else None, block_id=f"setting:{setting}")


def _line(setting: Setting, choice: Choice | None, configured: str) -> str:
    """Escaped."""
    if choice is None:
        said = tr("{value}, as config.yaml says.", value=_value(setting, configured))
        return f"*{_called(setting)}*: {said if configured else tr('none yet.')}"
    chosen = tr(
        "{value}, chosen by {person}.",
        value=_value(setting, choice.value),
        person=f"<@{choice.by}>",
    )
    other = tr("config.yaml says {value}.", value=_value(setting, configured))
    return f"*{_called(setting)}*: {chosen}{f' {other}' if configured else ''}"


def _called(setting: Setting) -> str:
    return {
        Setting.NOTICES: tr("Channel for notices"),
        Setting.LANGUAGE: tr("Language of posts, alerts and notices"),
    }[setting]


def _value(setting: Setting, value: str) -> str:
    return f"<#{value}>" if setting is Setting.NOTICES else OWN_NAMES.get(value, value)
