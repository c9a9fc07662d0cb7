"""Choosing settings over config.yaml, by admins, in a form; and going by config.yaml again."""

from collections.abc import Awaitable, Callable, Mapping
from dataclasses import dataclass
from datetime import datetime
from functools import partial
from typing import Any

from slack_bolt.async_app import AsyncAck, AsyncApp

from bot.domain.choices import Setting
from bot.domain.roles import Role
from bot.listeners.people import People
from bot.listeners.places import why_not
from bot.messages import settings as messages
from bot.messages.blocks import notice
from bot.messages.keeprate import refusal
from bot.messages.languages import tr
from bot.slack.poster import Slack
from bot.store.choices import Choices


@dataclass(frozen=True, slots=True)
class SettingsDesk:
    slack: Slack
    people: People
    choices: Choices
    value: Callable[[Setting], Awaitable[str]]
    """What holds now; "" for nothing."""
    configured: Mapping[Setting, str]
    """What holds where nobody chose."""
    follow: Callable[[], Awaitable[None]]
    """Called when something was chosen, so that it holds."""
    where: Callable[[str], Awaitable[str]]
    """Under which id a channel is known now."""
    clock: Callable[[], datetime]

    async def in_force(self, setting: Setting) -> str:
        value = await self.value(setting)
        return await self.where(value) if value and setting is Setting.NOTICES else value


def register(app: AsyncApp, desk: SettingsDesk) -> None:
    app.action(messages.CHANGE)(partial(on_change, desk=desk))
    app.action(messages.BACK)(partial(on_back, desk=desk))
    app.view(messages.FORM)(partial(on_form, desk=desk))


async def on_change(ack: AsyncAck, body: dict[str, Any], desk: SettingsDesk) -> None:
    await ack()
    if await _may(body, desk):
        form = messages.settings_form({each: await desk.in_force(each) for each in Setting})
        await desk.slack.open_view(body["trigger_id"], form)


async def on_back(ack: AsyncAck, body: dict[str, Any], desk: SettingsDesk) -> None:
    """App Home shows by itself what has become of it."""
    await ack()
    if not await _may(body, desk):
        return
    if setting := messages.read_back(body):
        await desk.choices.end(setting, by=body["user"]["id"], now=desk.clock())
        await desk.follow()
    told = messages.kept(await desk.choices.all(), desk.configured)
    await desk.slack.answer(body, told)


async def on_form(ack: AsyncAck, body: dict[str, Any], desk: SettingsDesk) -> None:
    """Kept before the form says so; what can't be is told at its field."""
    person = body["user"]["id"]
    role = await desk.people.role(person)
    if role < Role.ADMIN:
        await ack(response_action="update", view=notice(refusal(role, Role.ADMIN)))
        return
    wanted = messages.read_settings(body)
    channel = wanted.get(Setting.NOTICES)
    if channel and (why := await why_not(channel, desk.slack)):
        told = tr("Nothing can be posted there: {why}", why=why)
        await ack(response_action="errors", errors={str(Setting.NOTICES): told[:150]})
        return
    for setting, value in wanted.items():
        await desk.choices.put(setting, value, by=person, now=desk.clock())
    await desk.follow()
    kept = messages.kept(await desk.choices.all(), desk.configured)
    await ack(response_action="update", view=notice(kept))


async def _may(body: dict[str, Any], desk: SettingsDesk) -> bool:
    channel = (body.get("channel") or {}).get("id", "")
    role = await desk.people.role(body["user"]["id"], channel)
    if role < Role.ADMIN:
        await desk.slack.answer(body, refusal(role, Role.ADMIN))
    return role >= Role.ADMIN
