"""The buttons under a pull that was held back."""

from collections.abc import Awaitable, Callable
from dataclasses import dataclass
from functools import partial
from typing import Any

from slack_bolt.async_app import AsyncAck, AsyncApp

from bot.domain.roles import Role
from bot.listeners.people import People
from bot.messages import alerts, keeprate
from bot.messages.blocks import Message
from bot.slack.poster import Slack


@dataclass(frozen=True, slots=True)
class PullDesk:
    slack: Slack
    people: People
    decide: Callable[[int, bool, str], Awaitable[Message]]
    """Believes (True) or discards the pull with this id, on this person's word."""
    missing: Callable[[int, int], Awaitable[Message]]
    """Who is missing from the pull with this id, after the first ones."""

    async def answer(self, pull: int, person: str, channel: str, *, believe: bool) -> Message:
        role = await self.people.role(person, channel)
        if role < Role.ADMIN:
            return keeprate.refusal(role, Role.ADMIN)
        return await self.decide(pull, believe, person)


def register(app: AsyncApp, desk: PullDesk) -> None:
    app.action(alerts.BELIEVE)(partial(on_decision, believe=True, desk=desk))
    app.action(alerts.DISCARD)(partial(on_decision, believe=False, desk=desk))
    app.action(alerts.MISSING)(partial(on_missing, desk=desk))


async def on_decision(ack: AsyncAck, body: dict[str, Any], believe: bool, desk: PullDesk) -> None:
    await ack()
    pull, person = alerts.read_decision(body)
    channel = body.get("channel", {}).get("id", "")
    told = await desk.answer(pull, person, channel, believe=believe)
    await desk.slack.answer(body, told)


async def on_missing(ack: AsyncAck, body: dict[str, Any], desk: PullDesk) -> None:
    """For who asks alone."""
    await ack()
    pull, first = alerts.read_part(body)
    role = await desk.people.role(body["user"]["id"], body.get("channel", {}).get("id", ""))
    if role < Role.ADMIN:
        told = keeprate.refusal(role, Role.ADMIN)
    else:
        told = await desk.missing(int(pull), first)
    await desk.slack.answer(body, told)
