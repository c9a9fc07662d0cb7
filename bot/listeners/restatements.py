"""The button below a restatement that does not name all."""

from collections.abc import Awaitable, Callable, Mapping
from dataclasses import dataclass
from functools import partial
from typing import Any

from slack_bolt.async_app import AsyncAck, AsyncApp

from bot.domain.roles import Role
from bot.listeners.people import People
from bot.messages import closing
from bot.messages.blocks import Message
from bot.messages.keeprate import refusal
from bot.slack.poster import Slack


@dataclass(frozen=True, slots=True)
class RestatementDesk:
    slack: Slack
    people: People
    listed: Callable[[Mapping[str, Any], int], Awaitable[Message]]
    """All that a restatement was about, from the line of this number on."""


def register(app: AsyncApp, desk: RestatementDesk) -> None:
    app.action(closing.MORE)(partial(on_more, desk=desk))


async def on_more(ack: AsyncAck, body: dict[str, Any], desk: RestatementDesk) -> None:
    """For who asks alone, below a post that all see."""
    await ack()
    role = await desk.people.role(body["user"]["id"], body["channel"]["id"])
    if role < Role.VIEWER:
        shown = refusal(role, Role.VIEWER)
    else:
        shown = await desk.listed(*closing.read_more(body))
    await desk.slack.respond(body["response_url"], shown)
