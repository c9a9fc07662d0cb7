"""The button under an alert."""

from collections.abc import Awaitable, Callable
from datetime import datetime
from functools import partial
from typing import Any

from slack_bolt.async_app import AsyncAck, AsyncApp

from bot.domain.incidents import Incident
from bot.domain.roles import Role
from bot.listeners.people import People
from bot.messages import alerts
from bot.messages.keeprate import refusal
from bot.slack.poster import Slack
from bot.store.incidents import Incidents

Show = Callable[[Incident], Awaitable[None]]
"""Brings the message of an incident up to date."""


def register(
    app: AsyncApp,
    incidents: Incidents,
    slack: Slack,
    people: People,
    show: Show,
    clock: Callable[[], datetime],
) -> None:
    listener = partial(
        on_acknowledge, incidents=incidents, slack=slack, people=people, show=show, clock=clock
    )
    app.action(alerts.ACKNOWLEDGE)(listener)


async def on_acknowledge(
    ack: AsyncAck,
    body: dict[str, Any],
    incidents: Incidents,
    slack: Slack,
    people: People,
    show: Show,
    clock: Callable[[], datetime],
) -> None:
    """Stored, then acknowledged: a click that Slack repeats changes nothing."""
    incident, person = alerts.read_acknowledgement(body)
    role = await people.role(person, body["channel"]["id"])
    if role < Role.OPERATOR:
        await ack()
        await slack.respond(body["response_url"], refusal(role, Role.OPERATOR))
        return
    acknowledged = await incidents.acknowledge(int(incident), person, clock())
    await ack()
    await show(acknowledged)
