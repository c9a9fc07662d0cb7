"""The buttons under a low score: taking it, replying to the customer, closing the loop."""

from collections.abc import Awaitable, Callable, Sequence
from dataclasses import dataclass
from datetime import datetime
from functools import partial
from typing import Any

from slack_bolt.async_app import AsyncAck, AsyncApp

from bot.domain.loops import Loop, LoopState, closed, replied, taken
from bot.domain.roles import Role
from bot.errors import StoreUnavailable
from bot.listeners.people import People
from bot.messages import loops as messages
from bot.messages.blocks import Block, Message, notice
from bot.messages.keeprate import refusal
from bot.messages.loops import Pressed
from bot.slack.poster import Slack
from bot.store.loops import Loops


@dataclass(frozen=True, slots=True)
class LoopDesk:
    loops: Loops
    slack: Slack
    people: People
    causes: Sequence[str]
    concerns: Callable[[Loop, str], bool]
    """Whether this person was told of the loop themselves."""
    reply: Callable[[Loop, str, str, str], Awaitable[None]]
    """Brings (loop, person, text, key) to the customer, once a key."""
    show: Callable[[], Awaitable[None]]
    """Brings the messages up to date."""
    note: Callable[[str, str, str], Awaitable[None]]
    clock: Callable[[], datetime]

    async def refused(self, loop: Loop | None, pressed: Pressed) -> Message | None:
        """Why this person may not do anything about it; None where they may."""
        if loop is None:
            return messages.unknown()
        role = await self.people.role(pressed.person, pressed.channel)
        if role is Role.OUTSIDE:
            return refusal(role, Role.OPERATOR)
        if role < Role.OPERATOR and not self.concerns(loop, pressed.person):
            return messages.not_yours()
        return None

    async def done(self, pressed: Pressed, what: str) -> None:
        """What follows when it is stored."""
        await self.note(pressed.person, what, str(pressed.loop))
        await self.show()


def register(app: AsyncApp, desk: LoopDesk) -> None:
    app.action(messages.TAKE)(partial(on_take, desk=desk))
    app.action(messages.REPLY)(partial(on_form, desk=desk, form=messages.reply_form))
    close_form = partial(messages.close_form, causes=desk.causes)
    app.action(messages.CLOSE)(partial(on_form, desk=desk, form=close_form))
    app.view(messages.REPLY_FORM)(partial(on_reply, desk=desk))
    app.view(messages.CLOSE_FORM)(partial(on_close, desk=desk))


async def on_take(ack: AsyncAck, body: dict[str, Any], desk: LoopDesk) -> None:
    """Stored, then acknowledged: a click that Slack repeats changes nothing."""
    pressed = messages.read_click(body)
    refused = await desk.refused(await desk.loops.get(pressed.loop), pressed)
    if refused is not None:
        await ack()
        await desk.slack.answer(body, refused)
        return
    change = partial(taken, person=pressed.person, now=desk.clock())
    await desk.loops.change(pressed.loop, change)
    await ack()
    await desk.done(pressed, "low score taken")


async def on_form(
    ack: AsyncAck,
    body: dict[str, Any],
    desk: LoopDesk,
    form: Callable[[Loop, str], Block],
) -> None:
    await ack()
    pressed = messages.read_click(body)
    loop = await desk.loops.get(pressed.loop)
    refused = await desk.refused(loop, pressed)
    if loop is None or refused is not None:
        await desk.slack.answer(body, refused or messages.unknown())
        return
    if form is messages.reply_form and loop.of.rated:
        await desk.slack.answer(body, messages.answered_elsewhere())
        return
    await desk.slack.open_view(body["trigger_id"], form(loop, pressed.channel))


async def on_reply(ack: AsyncAck, body: dict[str, Any], desk: LoopDesk) -> None:
    """Stored before the form closes. Slack may send it twice: its key is the form's own id."""
    pressed, text = messages.read_form(body), messages.read_reply(body)
    loop = await desk.loops.get(pressed.loop)
    refused = await desk.refused(loop, pressed)
    if loop is not None and loop.of.rated:
        refused = refused or messages.answered_elsewhere()
    if loop is None or refused is not None:
        told = refused or messages.unknown()
        await ack(response_action="update", view=notice(told))
        return
    try:
        await desk.reply(loop, pressed.person, text, str(body["view"]["id"]))
    except StoreUnavailable:
        await ack(response_action="errors", errors=messages.reply_not_stored())
        return
    await ack()
    change = partial(replied, person=pressed.person, now=desk.clock())
    await desk.loops.change(pressed.loop, change)
    await desk.done(pressed, "low score replied to")


async def on_close(ack: AsyncAck, body: dict[str, Any], desk: LoopDesk) -> None:
    pressed, done = messages.read_form(body), messages.read_done(body)
    refused = await desk.refused(await desk.loops.get(pressed.loop), pressed)
    if refused is not None:
        await ack(response_action="update", view=notice(refused))
        return
    change = partial(
        closed, person=pressed.person, cause=done.cause, action=done.action, now=desk.clock()
    )
    try:
        loop = await desk.loops.change(pressed.loop, change)
    except StoreUnavailable:
        await ack(response_action="errors", errors=messages.close_not_stored())
        return
    if loop and loop.state is LoopState.CLOSED and loop.closed_by != pressed.person:
        await ack(response_action="update", view=notice(messages.closed_before(loop)))
        return
    await ack()
    await desk.done(pressed, "low score closed")
