"""A sandbox per test, and a small bolt app that is connected to it with unmodified libraries."""

from collections.abc import AsyncIterator, Awaitable
from dataclasses import replace
from typing import Any

import pytest
from slack_bolt.adapter.socket_mode.aiohttp import AsyncSocketModeHandler
from slack_bolt.async_app import AsyncApp
from slack_sdk.errors import SlackApiError
from slack_sdk.web.async_client import AsyncWebClient
from slack_sdk.web.async_slack_response import AsyncSlackResponse

from bot.sandbox.server import Sandbox
from bot.sandbox.settings import Rates, Settings, Timing

QUICK = Timing(retries=(0.0, 0.05), warning=0.05, server_ping=0.1)
"""Slack's patience, shortened, but for an ack: a busy machine may need its three seconds."""


@pytest.fixture
def settings() -> Settings:
    """Without rate limits, which have tests of their own."""
    return Settings(timing=QUICK, rates=Rates(enabled=False))


@pytest.fixture
async def slack(settings: Settings) -> AsyncIterator[Sandbox]:
    async with Sandbox(settings) as sandbox:
        yield sandbox


@pytest.fixture
def client(slack: Sandbox) -> AsyncWebClient:
    return client_of(slack)


def client_of(slack: Sandbox, token: str = "xoxb-sandbox", **more: Any) -> AsyncWebClient:
    return AsyncWebClient(token, base_url=slack.api_url, timeout=20, **more)


def bolt(slack: Sandbox) -> AsyncApp:
    return AsyncApp(client=client_of(slack), signing_secret=slack.settings.app.signing_secret)


class Connected:
    """A bolt app on a socket of its own, for as long as `async with` lasts."""

    def __init__(self, app: AsyncApp, slack: Sandbox, *, ping_interval: float = 0.2) -> None:
        self._app = app
        self._slack = slack
        self._ping_interval = ping_interval

    async def __aenter__(self) -> AsyncSocketModeHandler:
        before = self._slack.sockets.connected
        self.handler = AsyncSocketModeHandler(
            self._app,
            self._slack.settings.app.app_token,
            ping_interval=self._ping_interval,
        )
        await self.handler.connect_async()  # type: ignore[no-untyped-call]  # bolt has no types here
        await self._slack.sockets.wait_until_connected(before + 1)
        return self.handler

    async def __aexit__(self, *_: object) -> None:
        await self.handler.close_async()  # type: ignore[no-untyped-call]  # bolt has no types here


def granted(settings: Settings, *scopes: str) -> Settings:
    """With these scopes on top."""
    return replace(settings, app=replace(settings.app, scopes=settings.app.scopes | set(scopes)))


def impatient(slack: Sandbox) -> None:
    """From now on an ack is late after a tenth of a second, where none is to come."""
    settings = slack.workspace.settings
    slack.workspace.settings = replace(settings, timing=replace(settings.timing, ack=0.1))


async def refusal(call: Awaitable[AsyncSlackResponse]) -> dict[str, Any]:
    """The body of an answer that must be a no."""
    with pytest.raises(SlackApiError) as raised:
        await call
    body = raised.value.response.data
    assert isinstance(body, dict)
    return body


BUTTONS: list[dict[str, Any]] = [
    {"type": "section", "text": {"type": "mrkdwn", "text": "How likely?"}},
    {
        "type": "actions",
        "block_id": "nps",
        "elements": [
            {
                "type": "button",
                "text": {"type": "plain_text", "text": str(score)},
                "action_id": f"score:{score}",
                "value": f"ask1:{score}",
            }
            for score in range(11)
        ],
    },
]

COMMENT: dict[str, Any] = {
    "type": "modal",
    "callback_id": "comment",
    "private_metadata": "ask1",
    "title": {"type": "plain_text", "text": "Thank you"},
    "submit": {"type": "plain_text", "text": "Send"},
    "blocks": [
        {
            "type": "input",
            "block_id": "why",
            "label": {"type": "plain_text", "text": "Why?"},
            "element": {"type": "plain_text_input", "action_id": "text", "multiline": True},
        }
    ],
}

HOME: dict[str, Any] = {
    "type": "home",
    "blocks": [{"type": "section", "text": {"type": "mrkdwn", "text": "Retention 80 %"}}],
}
