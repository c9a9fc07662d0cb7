"""App Home, drawn anew whenever somebody opens it."""

from collections.abc import Awaitable, Callable
from functools import partial
from typing import Any

from slack_bolt.async_app import AsyncApp

from bot.domain.roles import Role
from bot.listeners.people import People
from bot.messages.blocks import Block
from bot.messages.home import unnamed_view
from bot.slack.poster import Slack

Draw = Callable[[], Awaitable[Block]]


def register(app: AsyncApp, slack: Slack, people: People, draw: Draw) -> None:
    app.event("app_home_opened")(partial(on_opened, slack=slack, people=people, draw=draw))


async def on_opened(event: dict[str, Any], slack: Slack, people: People, draw: Draw) -> None:
    """Whoever may see no figures is told what there is for them."""
    if event.get("tab") != "home":
        return
    role = await people.role(event["user"])
    view = await draw() if role >= Role.VIEWER else unnamed_view(role)
    await slack.publish_home(event["user"], view)
