"""App Home: drawn when somebody opens it, and again when what it shows has changed.

Who has it open is not told by Slack, so whoever opened it lately is taken to look at it.
"""

import asyncio
import hashlib
from collections.abc import Awaitable, Callable, Mapping
from dataclasses import dataclass, field
from functools import partial
from typing import Any

import msgspec
import structlog
from slack_bolt.async_app import AsyncAck, AsyncApp

from bot.domain.roles import Role
from bot.errors import SlackError
from bot.listeners.people import People
from bot.messages import home as messages
from bot.messages.blocks import Block, Message
from bot.messages.keeprate import refusal
from bot.slack.poster import Slack

log = structlog.get_logger()

_LOOKS = 12 * 3600.0
"""Seconds after which nobody is taken to look at what they opened."""
_MOST = 500
"""People whose App Home is kept up to date; of more, those who opened it last."""


@dataclass(slots=True)
class _Shown:
    """What somebody was shown last."""

    at: float
    digest: bytes
    turned: Mapping[str, int]
    """Which parts of its lists."""


@dataclass(frozen=True, slots=True)
class HomeDesk:
    slack: Slack
    people: People
    draw: Callable[[str, Role, Mapping[str, int]], Awaitable[Block]]
    """The view for a person of this role, who may see figures, with these parts of its lists."""
    version: Callable[[], Awaitable[object]]
    """Differs when something that is shown has changed."""
    accounts: Callable[[str, int], Awaitable[Block]]
    """The list of a person's accounts, from the one of this number on."""
    choose: Callable[[str, str], Awaitable[None]]
    """Keeps whose figures (person, choice) are to be shown."""
    decide: Callable[[str, bool, str], Awaitable[Message]]
    """Sends the message of this key again (True) or dismisses it, on this person's word."""
    shown: dict[str, _Shown] = field(default_factory=dict)
    seen: list[object] = field(default_factory=list)
    """The newest version that everybody was shown."""
    drawing: asyncio.Lock = field(default_factory=asyncio.Lock)

    async def show(
        self, person: str, *, turned: Mapping[str, int] | None = None, anew: bool = True
    ) -> None:
        """Publish what they may see; not `anew`, only where it is not what they see already.
        Where nothing is said of its lists, they show the same parts as before."""
        role = await self.people.role(person)
        if turned is None:
            turned = self.shown[person].turned if person in self.shown else {}
        if role >= Role.VIEWER:
            view = await self.draw(person, role, turned)
        else:
            view = messages.unnamed_view(role)
        digest = hashlib.sha256(msgspec.json.encode(view)).digest()
        now = asyncio.get_running_loop().time()
        before = self.shown.pop(person, None)
        if anew or before is None or before.digest != digest:
            await self.slack.publish_home(person, view)
        at = now if anew or before is None else before.at
        self.shown[person] = _Shown(at, digest, turned)
        while len(self.shown) > _MOST:
            self.shown.pop(next(iter(self.shown)))

    async def follow(self) -> None:
        """Bring up to date what people look at, if something has changed since."""
        if not self.shown or self.drawing.locked():
            return
        async with self.drawing:
            version = await self.version()
            if [version] == self.seen:
                return
            self.seen[:] = [version]
            now = asyncio.get_running_loop().time()
            for person, last in list(self.shown.items()):
                if now - last.at > _LOOKS:
                    self.shown.pop(person, None)
                    continue
                try:
                    # In a task of its own, because each is spoken to in their language.
                    await asyncio.create_task(self.show(person, anew=False))
                except SlackError as error:
                    log.info("App Home not brought up to date", person=person, why=str(error))


def register(app: AsyncApp, desk: HomeDesk) -> None:
    app.event("app_home_opened")(partial(on_opened, desk=desk))
    app.action(messages.ACCOUNTS)(partial(on_accounts, desk=desk))
    app.action(messages.FIGURES_OF)(partial(on_figures_of, desk=desk))
    app.action(messages.EARLIER)(partial(on_turned, desk=desk))
    app.action(messages.MORE)(partial(on_turned, desk=desk))
    app.action(messages.AGAIN)(partial(on_failed, again=True, desk=desk))
    app.action(messages.DISMISS)(partial(on_failed, again=False, desk=desk))


async def on_opened(event: dict[str, Any], desk: HomeDesk) -> None:
    """Whoever may see no figures is told what there is for them."""
    if event.get("tab") == "home":
        await desk.show(event["user"], turned={})


async def on_accounts(ack: AsyncAck, body: dict[str, Any], desk: HomeDesk) -> None:
    """The list, or another part of it in its place."""
    await ack()
    if not await _may(Role.VIEWER, body, desk):
        return
    view = await desk.accounts(body["user"]["id"], messages.read_first(body))
    if body.get("view", {}).get("callback_id") == messages.ACCOUNTS_VIEW:
        await desk.slack.update_view(body["view"]["id"], view)
    else:
        await desk.slack.open_view(body["trigger_id"], view)


async def on_figures_of(ack: AsyncAck, body: dict[str, Any], desk: HomeDesk) -> None:
    await ack()
    if await _may(Role.VIEWER, body, desk):
        person = body["user"]["id"]
        await desk.choose(person, messages.read_figures_of(body))
        await desk.show(person)


async def on_turned(ack: AsyncAck, body: dict[str, Any], desk: HomeDesk) -> None:
    """Another part of one of its lists."""
    await ack()
    if await _may(Role.VIEWER, body, desk):
        await desk.show(body["user"]["id"], turned=messages.read_turned(body))


async def on_failed(ack: AsyncAck, body: dict[str, Any], again: bool, desk: HomeDesk) -> None:
    await ack()
    if not await _may(Role.ADMIN, body, desk):
        return
    person = body["user"]["id"]
    told = await desk.decide(str(body["actions"][0].get("value", "")), again, person)
    await desk.slack.answer(body, told)
    await desk.follow()


async def _may(needed: Role, body: dict[str, Any], desk: HomeDesk) -> bool:
    channel = body.get("channel", {}).get("id", "")
    role = await desk.people.role(body["user"]["id"], channel)
    if role < needed:
        await desk.slack.answer(body, refusal(role, needed))
    return role >= needed
