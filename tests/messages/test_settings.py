"""What admins choose over config.yaml, as App Home shows it, and the form that changes it."""

from typing import Any

import pytest

from bot.domain.choices import Choice, Setting
from bot.messages import settings
from bot.messages.blocks import Block, Message, home
from tests.messages.conftest import Golden

CONFIGURED = {Setting.NOTICES: "C0SUCCESS"}
NOWHERE = {Setting.NOTICES: ""}
CHOSEN = {Setting.NOTICES: Choice("C0GENERAL", "U0ADMIN")}
CASES: dict[str, Message | Block] = {
    "settings-home": home(settings.settings_blocks({}, CONFIGURED)),
    "settings-home-nothing": home(settings.settings_blocks({}, NOWHERE)),
    "settings-home-chosen": home(settings.settings_blocks(CHOSEN, CONFIGURED)),
    "settings-home-chosen-over-nothing": home(settings.settings_blocks(CHOSEN, NOWHERE)),
    "settings-form": settings.settings_form("C0SUCCESS"),
    "settings-form-empty": settings.settings_form(""),
    "settings-kept": settings.kept(CHOSEN, CONFIGURED),
}


@pytest.mark.parametrize("name", CASES)
def test_looks_as_it_did(name: str, golden: Golden) -> None:
    golden(name, CASES[name])


def sent(channel: str | None) -> dict[str, Any]:
    values = {"notices": {"chosen": {"selected_conversation": channel}}}
    return {"view": {"state": {"values": values}}}


def test_what_was_chosen_is_read_and_what_was_left_empty_is_not() -> None:
    assert settings.read_settings(sent("C0GENERAL")) == {Setting.NOTICES: "C0GENERAL"}
    assert settings.read_settings(sent(None)) == {}


@pytest.mark.parametrize(("value", "meant"), [("notices", Setting.NOTICES), ("zone", None)])
def test_only_what_can_be_chosen_goes_back(value: str, meant: Setting | None) -> None:
    assert settings.read_back({"actions": [{"value": value}]}) == meant
