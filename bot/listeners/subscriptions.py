"""Subscriptions: made, changed, paused, previewed, sent and ended in Slack."""

from collections.abc import Awaitable, Callable
from dataclasses import dataclass, replace
from datetime import datetime
from functools import partial
from typing import Any

from slack_bolt.async_app import AsyncAck, AsyncApp

from bot.domain.definition import Definition
from bot.domain.roles import Role
from bot.domain.subscriptions import (
    ListSubscriptions,
    Subscribe,
    Subscription,
    SubscriptionCommand,
    Unsubscribe,
)
from bot.errors import Misunderstood
from bot.listeners.people import People
from bot.listeners.places import why_not
from bot.messages import subscriptions as messages
from bot.messages.blocks import Message, notice, read_first
from bot.messages.keeprate import refusal
from bot.messages.languages import retold, tr
from bot.messages.weekly import REST
from bot.slack.poster import Slack
from bot.store.subscriptions import Subscriptions


@dataclass(frozen=True, slots=True)
class SubscriptionDesk:
    subscriptions: Subscriptions
    fixed: Callable[[], Awaitable[Subscription | None]]
    """That of config.yaml, as it is now."""
    slack: Slack
    people: People
    definition: Definition
    language: Callable[[], str]
    """Of what everybody reads, where nobody said another."""
    clock: Callable[[], datetime]
    planned: Callable[[Subscription], messages.Planned]
    """With when it comes next."""
    known: Callable[[Subscription], Awaitable[None]]
    """Raises Misunderstood for a segment that is not known."""
    preview: Callable[[Subscription], Awaitable[Message]]
    rest: Callable[[str], Awaitable[Message]]
    """All of what a post shows the beginning of, for the value of its button."""
    send: Callable[[Subscription], Awaitable[bool]]
    """Post it now; the word makes it once, however often Slack tells of the click."""
    pause_fixed: Callable[[bool, str], Awaitable[None]]
    """That of config.yaml, or let it go on, on the word of this person."""
    where: Callable[[str], Awaitable[str]]
    """Under which id a channel is known now."""
    changed: Callable[[], None]
    note: Callable[[str, str, str], Awaitable[None]]
    """Writes down who did what, to what."""

    async def answer(self, said: SubscriptionCommand, person: str, channel: str) -> Message:
        """What was typed; `channel` is where. Raises Misunderstood."""
        match said:
            case ListSubscriptions():
                return await self.list()
            case Unsubscribe():
                return await self._end(said, person, channel)
            case Subscribe():
                return await self._make(said, person, channel)

    async def list(self, *, first: int = 0, most: int = messages.SHOWN) -> Message:
        fixed = await self.fixed()
        every = [*([fixed] if fixed else []), *await self.subscriptions.all()]
        planned = [self.planned(each) for each in every]
        return messages.subscriptions_list(planned, self.definition, first=first, most=most)

    async def find(self, id: int) -> Subscription | None:
        return await self.subscriptions.get(id) if id else await self.fixed()

    async def put(self, of: Subscription, person: str) -> Message:
        made = await self.subscriptions.put(of, by=person, now=self.clock())
        self.changed()
        return messages.subscribed(self.planned(made), self.definition)

    async def why_not(self, channel: str) -> str:
        """Why nothing can be posted in a channel; "" where it can."""
        return await why_not(await self.where(channel), self.slack)

    async def _make(self, said: Subscribe, person: str, channel: str) -> Message:
        place = said.channel or channel
        if why := await self.why_not(place):
            return messages.not_there(f"<#{place}>", why)
        before = await self.subscriptions.of(place, said.edition, said.segment)
        usual = Subscription(
            place,
            said.edition,
            zone=self.definition.zone,
            language=self.language(),
            segment=said.segment,
            made_by=person,
        )
        wanted = said.over(before or usual)
        await self.known(wanted)
        return await self.put(wanted, person)

    async def _end(self, said: Unsubscribe, person: str, channel: str) -> Message:
        wanted = Subscription(said.channel or channel, said.edition, segment=said.segment)
        found = await self.subscriptions.of(wanted.channel, said.edition, said.segment)
        if found is None:
            fixed = await self.fixed()
            if fixed and (fixed.channel, fixed.name) == (wanted.channel, wanted.name):
                return messages.in_config()
            return messages.no_such(wanted, await self.subscriptions.all())
        await self.subscriptions.end(found.id, by=person, now=self.clock())
        self.changed()
        return messages.unsubscribed(found)


def register(app: AsyncApp, desk: SubscriptionDesk) -> None:
    for action in (messages.NEW, messages.CHANGE):
        app.action(action)(partial(on_form_wanted, action=action, desk=desk))
    for action in (messages.PREVIEW, messages.SEND, messages.PAUSE, messages.END):
        app.action(action)(partial(on_button, action=action, desk=desk))
    app.action(messages.MORE)(partial(on_more, desk=desk))
    app.view(messages.FORM)(partial(on_form, desk=desk))
    app.action(REST)(partial(on_rest, desk=desk))


async def on_form_wanted(
    ack: AsyncAck, body: dict[str, Any], action: str, desk: SubscriptionDesk
) -> None:
    await ack()
    if not await _may(body, desk):
        return
    channel, found = _channel(body), None
    if action == messages.CHANGE:
        found = await desk.find(messages.read_button(body))
        if found is None:
            await desk.slack.answer(body, messages.gone())
            return
    form = messages.subscription_form(found, channel, desk.definition.zone, desk.language())
    await desk.slack.open_view(body["trigger_id"], form)


async def on_more(ack: AsyncAck, body: dict[str, Any], desk: SubscriptionDesk) -> None:
    await ack()
    if await _may(body, desk):
        await desk.slack.answer(body, await desk.list(first=read_first(body)))


async def on_button(
    ack: AsyncAck, body: dict[str, Any], action: str, desk: SubscriptionDesk
) -> None:
    await ack()
    if not await _may(body, desk):
        return
    person = body["user"]["id"]
    found = await desk.find(messages.read_button(body))
    if found is None:
        await desk.slack.answer(body, messages.gone())
    elif action == messages.PREVIEW:
        await desk.slack.answer(body, await desk.preview(found))
    elif action == messages.SEND:
        if why := await desk.why_not(found.channel):
            await desk.slack.answer(body, messages.not_there(f"<#{found.channel}>", why))
            return
        if not await desk.send(found):
            await desk.slack.answer(body, messages.just_sent(found))
            return
        await desk.note(person, "post sent by hand", f"{found.name} in {found.channel}")
        await desk.slack.answer(body, messages.sent(found))
    else:
        await _change(found, action, messages.read_paused(body), person, desk)
        await desk.slack.answer(body, await desk.list(), replace_original=True)


async def _change(
    of: Subscription, action: str, paused: bool | None, person: str, desk: SubscriptionDesk
) -> None:
    """`paused` is what the button said, on which somebody else may have pressed before; None is
    the other of what it is."""
    paused = not of.paused if paused is None else paused
    if action == messages.END:
        await desk.subscriptions.end(of.id, by=person, now=desk.clock())
    elif paused is of.paused:
        return
    elif not of.id:
        await desk.pause_fixed(paused, person)
    else:
        what = "subscription paused" if paused else "subscription goes on"
        changed = replace(of, paused=paused)
        await desk.subscriptions.put(changed, by=person, now=desk.clock(), what=what)
    desk.changed()


async def on_form(ack: AsyncAck, body: dict[str, Any], desk: SubscriptionDesk) -> None:
    """Kept before the form closes; what is wrong is told at its field."""
    (channel, id), person = messages.read_place(body), body["user"]["id"]
    before = await desk.subscriptions.get(int(id)) if id else None
    role = await desk.people.role(person, channel)
    if role < Role.OPERATOR:
        await ack(response_action="update", view=notice(refusal(role, Role.OPERATOR)))
        return
    found = messages.read_subscription_form(body, before)
    if isinstance(found, Subscription):
        wrong = await _wrong(found, desk)
        if not wrong:
            told = await desk.put(found, person)
            await ack()
            await desk.slack.ephemeral(found.channel, person, told)
            return
        found = wrong
    await ack(response_action="errors", errors=found)


async def on_rest(ack: AsyncAck, body: dict[str, Any], desk: SubscriptionDesk) -> None:
    """For who asks alone, below a post that all see."""
    await ack()
    role = await desk.people.role(body["user"]["id"], body["channel"]["id"])
    shown = (
        await desk.rest(str(body["actions"][0]["value"]))
        if role >= Role.VIEWER
        else refusal(role, Role.VIEWER)
    )
    await desk.slack.respond(body["response_url"], shown)


async def _wrong(of: Subscription, desk: SubscriptionDesk) -> dict[str, str]:
    """What can't be, by the field of the form."""
    if why := await desk.why_not(of.channel):
        return {"channel": tr("Nothing can be posted there: {why}", why=why)[:150]}
    try:
        await desk.known(of)
    except Misunderstood as error:
        return {"segment": retold(error.sentence)[:150]}
    same = await desk.subscriptions.of(of.channel, of.edition, of.segment)
    if same is not None and same.id != of.id:
        return {"edition": tr("This channel has a subscription to it already; change that one.")}
    return {}


async def _may(body: dict[str, Any], desk: SubscriptionDesk) -> bool:
    role = await desk.people.role(body["user"]["id"], _channel(body))
    if role < Role.OPERATOR:
        await desk.slack.answer(body, refusal(role, Role.OPERATOR))
    return role >= Role.OPERATOR


def _channel(body: dict[str, Any]) -> str:
    """Where the button was pressed; "" in App Home."""
    return str(body.get("channel", {}).get("id", ""))
