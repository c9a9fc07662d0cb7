"""Whatever we show can be pressed, typed or sent, somebody listens to; and to nothing else."""

import json
from collections.abc import AsyncIterator, Iterator
from pathlib import Path
from typing import Any

import pytest
from slack_bolt.async_app import AsyncApp, AsyncBoltRequest
from slack_bolt.response import BoltResponse

from bot import config as configuration
from bot.parts import Clock
from bot.process import connected
from bot.sandbox.settings import EVENTS, LEAST_SCOPES, Settings
from bot.slack.bolt import InFlight, bolt_app
from bot.slack.manifest import BOT_EVENTS, COMMANDS, OPTIONAL_SCOPES, SCOPES, manifest
from bot.slack.poster import Me
from tests.end_to_end import companies

GOLDEN = Path(__file__).parents[1] / "messages" / "golden"


def dicts(value: Any) -> Iterator[dict[str, Any]]:
    """Every mapping in it, at any depth."""
    if isinstance(value, dict):
        yield value
        for inner in value.values():
            yield from dicts(inner)
    elif isinstance(value, list):
        for inner in value:
            yield from dicts(inner)


def shown() -> Iterator[dict[str, Any]]:
    """All that messages and views show, as their golden files have it."""
    for path in sorted(GOLDEN.glob("*.json")):
        yield from dicts(json.loads(path.read_text()))


BUTTONS = sorted({each["action_id"] for each in shown() if each.get("type") == "button"})
MENUS = sorted(
    {
        each["action_id"]
        for block in shown()
        if block.get("type") in ("actions", "section")
        for each in [*block.get("elements", []), block.get("accessory", {})]
        if each.get("type", "").endswith(("select", "menu")) and "action_id" in each
    }
)
FORMS = sorted({each["callback_id"] for each in shown() if "submit" in each})
TYPED = {"plain_text_input", "static_select", "users_select", "conversations_select"}
"""What is filled in and then sent with the form, and so is not listened to by itself."""


@pytest.fixture
async def app(tmp_path: Path, sqlite_url: str) -> AsyncIterator[AsyncApp]:
    """The real listeners on a Bolt app that nothing is delivered to."""
    companies.write(tmp_path)
    path = tmp_path / "config.yaml"
    path.write_text(
        json.dumps(
            {
                "slack": {"bot_token": "xoxb-1", "app_token": "xapp-1"},
                "store": {"url": sqlite_url},
                "sources": [companies.SOURCE],
            }
        )
    )
    me = Me("T0KEEP", "Brightside", "U0KEEP", "B0KEEP", "", "", frozenset(SCOPES))
    async with connected(configuration.load(path, {}), clock=Clock()) as bot:
        app = bolt_app(bot.client, me, in_flight=InFlight())
        bot.listen(app, me, removed=lambda sentence: None)
        yield app


async def heard(app: AsyncApp, payload: dict[str, Any]) -> int:
    """How many listeners would take it."""
    body = {"team": {"id": "T0KEEP"}, "user": {"id": "U0LEAD"}, **payload}
    request = AsyncBoltRequest(mode="socket_mode", body=body)
    response = BoltResponse(status=200)
    matches = [
        await listener.async_matches(req=request, resp=response)
        for listener in app._async_listeners
    ]
    return sum(map(bool, matches))


def click(action_id: str) -> dict[str, Any]:
    action = {"type": "button", "action_id": action_id, "block_id": "b", "value": "v"}
    return {"type": "block_actions", "actions": [action], "container": {"type": "message"}}


def test_there_is_something_to_press() -> None:
    assert len(BUTTONS) > 11
    assert FORMS


@pytest.mark.parametrize("action_id", BUTTONS)
async def test_every_button_is_listened_to_once(app: AsyncApp, action_id: str) -> None:
    assert await heard(app, click(action_id)) == 1


@pytest.mark.parametrize("action_id", MENUS)
async def test_every_menu_is_listened_to_once(app: AsyncApp, action_id: str) -> None:
    assert await heard(app, click(action_id)) == 1


@pytest.mark.parametrize("callback_id", FORMS)
async def test_every_form_is_listened_to_once(app: AsyncApp, callback_id: str) -> None:
    view = {"type": "modal", "callback_id": callback_id, "state": {"values": {}}}

    assert await heard(app, {"type": "view_submission", "view": view}) == 1


@pytest.mark.parametrize("command", [name for name, _, _ in COMMANDS])
async def test_every_command_of_the_manifest_is_listened_to_once(
    app: AsyncApp, command: str
) -> None:
    assert await heard(app, {"command": command, "text": "", "user_id": "U0LEAD"}) == 1


@pytest.mark.parametrize("event", BOT_EVENTS)
async def test_every_event_of_the_manifest_is_listened_to_once(app: AsyncApp, event: str) -> None:
    assert await heard(app, {"type": "event_callback", "event": {"type": event}}) == 1


@pytest.mark.parametrize("event", sorted(EVENTS - set(BOT_EVENTS)))
async def test_no_other_event_is_listened_to(app: AsyncApp, event: str) -> None:
    assert await heard(app, {"type": "event_callback", "event": {"type": event}}) == 0


@pytest.mark.parametrize("other", ["score:", "score:111", "xscore:1", "score:1x", "incident", ""])
async def test_what_we_never_show_is_not_listened_to(app: AsyncApp, other: str) -> None:
    assert await heard(app, click(other)) == 0


def test_nothing_is_shown_that_would_have_to_be_listened_to_and_is_no_button() -> None:
    inputs = [each["element"] for each in shown() if each.get("type") == "input"]
    kinds = {e["type"] for e in shown() if "action_id" in e and e not in inputs}

    assert kinds <= {"button", *TYPED}


def test_the_sandbox_offers_what_the_manifest_asks_for() -> None:
    """What the bot needs beyond it would work in the sandbox and fail in Slack."""
    app = Settings().app

    assert set(app.commands) == {name for name, _, _ in COMMANDS}
    assert set(SCOPES) <= LEAST_SCOPES
    assert set(BOT_EVENTS) <= EVENTS
    assert manifest()["oauth_config"]["scopes"]["bot_optional"] == list(OPTIONAL_SCOPES)
