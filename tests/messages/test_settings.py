"""What admins choose over config.yaml, as App Home shows it, and the form that changes it."""

from typing import Any

import pytest

from bot.domain.choices import Choice, Setting
from bot.messages import settings
from bot.messages.blocks import Block, Message, home
from tests.messages.conftest import Golden

CONFIGURED = {Setting.NOTICES: "C0SUCCESS", Setting.LANGUAGE: "en"}
NOWHERE = {Setting.NOTICES: "", Setting.LANGUAGE: "nl"}
CHOSEN = {
    Setting.NOTICES: Choice("C0GENERAL", "U0ADMIN"),
    Setting.LANGUAGE: Choice("nl", "U0LEAD"),
}
CASES: dict[str, Message | Block] = {
    "settings-home": home(settings.settings_blocks({}, CONFIGURED)),
    "settings-home-nothing": home(settings.settings_blocks({}, NOWHERE)),
    "settings-home-chosen": home(settings.settings_blocks(CHOSEN, CONFIGURED)),
    "settings-home-chosen-over-nothing": home(settings.settings_blocks(CHOSEN, NOWHERE)),
    "settings-form": settings.settings_form(CONFIGURED),
    "settings-form-empty": settings.settings_form(NOWHERE),
    "settings-kept": settings.kept(CHOSEN, CONFIGURED),
}


@pytest.mark.parametrize("name", CASES)
def test_looks_as_it_did(name: str, golden: Golden) -> None:
    golden(name, CASES[name])


def sent(channel: str | None, language: str | None) -> dict[str, Any]:
    option = {"value": language} if language else None
    values = {
        "notices": {"chosen": {"selected_conversation": channel}},
        "language": {"chosen": {"selected_option": option}},
    }
    return {"view": {**settings.settings_form(NOWHERE), "state": {"values": values}}}


def test_what_was_chosen_is_read_and_what_was_left_empty_is_not() -> None:
    assert settings.read_settings(sent("C0GENERAL", "en")) == {
        Setting.NOTICES: "C0GENERAL",
        Setting.LANGUAGE: "en",
    }
    assert settings.read_settings(sent("C0GENERAL", None)) == {Setting.NOTICES: "C0GENERAL"}
    assert settings.read_settings(sent(None, None)) == {}


def test_what_is_as_it_was_shown_was_not_chosen() -> None:
    assert settings.read_settings(sent("C0GENERAL", "nl")) == {Setting.NOTICES: "C0GENERAL"}
    as_shown = sent("C0SUCCESS", "en")
    as_shown["view"]["blocks"] = settings.settings_form(CONFIGURED)["blocks"]
    assert settings.read_settings(as_shown) == {}


@pytest.mark.parametrize(("value", "meant"), [("notices", Setting.NOTICES), ("zone", None)])
def test_only_what_can_be_chosen_goes_back(value: str, meant: Setting | None) -> None:
    assert settings.read_back({"actions": [{"value": value}]}) == meant
