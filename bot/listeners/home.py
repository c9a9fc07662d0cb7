"""App Home, drawn anew whenever somebody opens it."""

from collections.abc import Awaitable, Callable
from functools import partial
from typing import Any

from slack_bolt.async_app import AsyncApp

from bot.listeners.colleagues import Colleagues
from bot.messages.blocks import Block
from bot.messages.home import guest_view
from bot.slack.poster import Slack

Draw = Callable[[], Awaitable[Block]]


def register(app: AsyncApp, slack: Slack, colleagues: Colleagues, draw: Draw) -> None:
    app.event("app_home_opened")(partial(on_opened, slack=slack, colleagues=colleagues, draw=draw))


async def on_opened(
    event: dict[str, Any], slack: Slack, colleagues: Colleagues, draw: Draw
) -> None:
    """People from other workspaces, and guests, see no figures."""
    if event.get("tab") != "home":
        return
    trusted = await colleagues.have(event["user"])
    await slack.publish_home(event["user"], await draw() if trusted else guest_view())
