"""The button under an alert."""

from collections.abc import Awaitable, Callable
from datetime import datetime
from functools import partial
from typing import Any

from slack_bolt.async_app import AsyncAck, AsyncApp

from bot.domain.incidents import Incident
from bot.messages import alerts
from bot.store.incidents import Incidents

Show = Callable[[Incident], Awaitable[None]]
"""Brings the message of an incident up to date."""


def register(
    app: AsyncApp, incidents: Incidents, show: Show, clock: Callable[[], datetime]
) -> None:
    listener = partial(on_acknowledge, incidents=incidents, show=show, clock=clock)
    app.action(alerts.ACKNOWLEDGE)(listener)


async def on_acknowledge(
    ack: AsyncAck,
    body: dict[str, Any],
    incidents: Incidents,
    show: Show,
    clock: Callable[[], datetime],
) -> None:
    """Stored, then acknowledged: a click that Slack repeats changes nothing."""
    incident, person = alerts.read_acknowledgement(body)
    acknowledged = await incidents.acknowledge(int(incident), person, clock())
    await ack()
    await show(acknowledged)
