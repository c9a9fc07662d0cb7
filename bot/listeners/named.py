"""Naming who sees figures and who asks customers, by admins, in a form."""

from collections.abc import Awaitable, Callable, Sequence
from dataclasses import dataclass
from functools import partial
from typing import Any

from slack_bolt.async_app import AsyncAck, AsyncApp

from bot.domain.roles import Named, Role
from bot.errors import ChannelUnreachable, SlackError
from bot.listeners.people import People
from bot.listeners.places import is_direct
from bot.messages import named as messages
from bot.messages.blocks import notice
from bot.messages.failures import failure
from bot.messages.keeprate import refusal
from bot.messages.languages import tr
from bot.slack.poster import Slack


@dataclass(frozen=True, slots=True)
class NamedDesk:
    slack: Slack
    people: People
    named: Callable[[], Awaitable[Named]]
    """Who was named here so far."""
    name: Callable[[Named, Named, str], Awaitable[None]]
    """Keeps what this person made of who they were shown: those, and whom they want."""


def register(app: AsyncApp, desk: NamedDesk) -> None:
    app.action(messages.CHANGE)(partial(on_change, desk=desk))
    app.view(messages.FORM)(partial(on_form, desk=desk))


async def on_change(ack: AsyncAck, body: dict[str, Any], desk: NamedDesk) -> None:
    await ack()
    channel = (body.get("channel") or {}).get("id", "")
    role = await desk.people.role(body["user"]["id"], channel)
    if role < Role.ADMIN:
        await desk.slack.answer(body, refusal(role, Role.ADMIN))
    elif not desk.people.access.admins:
        await desk.slack.answer(body, messages.admins_first())
    else:
        form = messages.named_form(await desk.named())
        await desk.slack.open_view(body["trigger_id"], form)


async def on_form(ack: AsyncAck, body: dict[str, Any], desk: NamedDesk) -> None:
    """Kept before the form says so."""
    person = body["user"]["id"]
    role = await desk.people.role(person)
    if role < Role.ADMIN:
        await ack(response_action="update", view=notice(refusal(role, Role.ADMIN)))
        return
    if desk.people.access.admins:
        shown, wanted = messages.read_shown(body), messages.read_named(body)
        new = sorted(wanted.channels - shown.channels)
        if why := await _why_not(new, desk.slack):
            await ack(response_action="errors", errors={messages.CHANNELS: why[:150]})
            return
        await desk.name(shown, wanted, person)
        told = messages.kept(desk.people.access)
    else:
        told = messages.admins_first()
    await ack(response_action="update", view=notice(told))


async def _why_not(channels: Sequence[str], slack: Slack) -> str:
    """Why figures must not be seen in one of these, in plain words; "" where they may."""
    if any(map(is_direct, channels)):
        return tr("One of these is a direct message. Choose channels, such as #board.")
    for channel in channels:
        try:
            found = await slack.channel_info(channel)
        except ChannelUnreachable:
            return tr("One of these is closed to me. Type /invite @Keeprate there first.")
        except SlackError as error:
            return failure(error.sentence)
        if found.is_ext_shared:
            return tr(
                "#{name} is shared with people from outside, who must not see figures.",
                name=found.name,
            )
    return ""
