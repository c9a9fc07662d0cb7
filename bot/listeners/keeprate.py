"""/keeprate: how things stand, and all that is done by a word rather than by a button."""

from collections.abc import Awaitable, Callable, Sequence
from dataclasses import dataclass
from functools import partial
from typing import Any, Protocol

from slack_bolt.async_app import AsyncAck, AsyncApp

from bot.domain.commands import (
    Export,
    Help,
    KeeprateCommand,
    LinkChannel,
    ListLinks,
    ListMerges,
    ListRules,
    ListSources,
    MergeRecords,
    PullNow,
    ShowSettings,
    Status,
    UndoMerge,
    UnlinkChannel,
    read_keeprate,
)
from bot.domain.definition import Definition
from bot.domain.roles import Role
from bot.domain.subscriptions import (
    ListSubscriptions,
    Subscribe,
    SubscriptionCommand,
    Unsubscribe,
)
from bot.errors import Misunderstood
from bot.listeners.mentions import Spoken, Tell
from bot.listeners.people import People
from bot.messages import keeprate as messages
from bot.messages import links, matching, merges, sources
from bot.messages.blocks import Message, read_first, unescape
from bot.slack.poster import Slack


class Listed(Protocol):
    """Sources from the one of this number on, with buttons for who may use them."""

    async def __call__(self, first: int, *, may_pull: bool, may_list: bool) -> Message: ...


@dataclass(frozen=True, slots=True)
class KeeprateDesk:
    slack: Slack
    people: People
    sources: Sequence[str]
    definition: Definition
    status: Callable[[], Awaitable[messages.Status]]
    pull: Callable[[Sequence[str], Tell], Awaitable[Message]]
    """Begins to pull these sources, says so, and tells how each went."""
    rules: Callable[[], Awaitable[Message]]
    """All of them, with buttons."""
    note: Callable[[str, str, str], Awaitable[None]]
    """Writes down who did what, to what."""
    merge: Callable[[MergeRecords | UndoMerge, str], Awaitable[Message]]
    """On the word of this person."""
    merges: Callable[[int], Awaitable[Message]]
    """Those after so many."""
    link: Callable[[LinkChannel | UnlinkChannel, str], Awaitable[Message]]
    """On the word of this person."""
    links: Callable[[int], Awaitable[Message]]
    """Those after so many."""
    subscribe: Callable[[SubscriptionCommand, str, str], Awaitable[Message]]
    """On the word of this person, in this channel if no other is named."""

    listed: Listed
    unfit: Callable[[str, int], Awaitable[Message]]
    """Who of this source does not fit to the first one, after so many."""
    settings: Callable[[Role], Awaitable[Message]]
    """With buttons to what a person of this role can change."""
    export: Callable[[Export, str], Awaitable[Message]]
    """Sends a file to this person, and says so. Raises Misunderstood."""
    lists: Role = Role.VIEWER
    """Who sees lists of customers by name, at least."""

    async def answer(self, words: str, *, person: str, channel: str, tell: Tell) -> Message:
        await self.people.role(person, channel)  # slips are told in their language too
        try:
            return await self._do(read_keeprate(words, self.sources), person, channel, tell)
        except Misunderstood as error:
            return messages.misunderstood(error.sentence, help="/keeprate help")

    async def sources_from(self, first: int, role: Role) -> Message:
        return await self.listed(first, may_pull=role >= Role.OPERATOR, may_list=role >= self.lists)

    async def _do(self, command: KeeprateCommand, person: str, channel: str, tell: Tell) -> Message:
        match command:
            case Help():
                return messages.keeprate_help()
            case ListMerges() | ListLinks():
                needed = self.lists
            case LinkChannel() | UnlinkChannel():
                needed = max(Role.OPERATOR, self.lists)
            case Export():
                needed = max(Role.OPERATOR, self.lists)
            case Status() | ListSources() | ShowSettings():
                needed = Role.VIEWER
            case PullNow() | ListRules():
                needed = Role.OPERATOR
            case ListSubscriptions() | Subscribe() | Unsubscribe():
                needed = Role.OPERATOR
            case MergeRecords() | UndoMerge():
                needed = Role.ADMIN
        role = await self.people.role(person, channel)
        if role < needed:
            return messages.refusal(role, needed)
        match command:
            case Status():
                return messages.status_answer(await self.status(), self.definition)
            case ListSources():
                return await self.sources_from(0, role)
            case ShowSettings():
                return await self.settings(role)
            case Export():
                return await self.export(command, person)
            case ListRules():
                return await self.rules()
            case ListMerges():
                return await self.merges(0)
            case MergeRecords() | UndoMerge():
                return await self.merge(command, person)
            case LinkChannel() | UnlinkChannel():
                return await self.link(command, person)
            case ListLinks():
                return await self.links(0)
            case ListSubscriptions() | Subscribe() | Unsubscribe():
                return await self.subscribe(command, person, channel)
            case PullNow(source):
                await self.note(person, "pull started", source or "all sources")
                return await self.pull([source] if source else self.sources, tell)


def register(app: AsyncApp, desk: KeeprateDesk) -> None:
    app.command("/keeprate")(partial(on_keeprate, desk=desk))
    app.action(sources.PULL)(partial(on_source, desk=desk))
    app.action(sources.MORE)(partial(on_more_sources, desk=desk))
    app.action(matching.UNFIT)(partial(on_unfit, desk=desk))
    app.action(merges.MORE)(partial(on_more, listed=desk.merges, desk=desk))
    app.action(links.MORE)(partial(on_more, listed=desk.links, desk=desk))


def spoken(desk: KeeprateDesk) -> Spoken:
    """The command as it is answered after a mention."""

    async def say(words: str, person: str, channel: str, tell: Tell) -> tuple[Message, bool]:
        return await desk.answer(words, person=person, channel=channel, tell=tell), False

    return say


async def on_keeprate(ack: AsyncAck, body: dict[str, Any], desk: KeeprateDesk) -> None:
    await ack()
    tell = partial(desk.slack.respond, body["response_url"])
    words, person, channel = unescape(body.get("text", "")), body["user_id"], body["channel_id"]
    await tell(await desk.answer(words, person=person, channel=channel, tell=tell))


async def on_source(ack: AsyncAck, body: dict[str, Any], desk: KeeprateDesk) -> None:
    """As /keeprate pull NAME."""
    await ack()
    person, channel = body["user"]["id"], body.get("channel", {}).get("id", "")
    tell = partial(desk.slack.answer, body)
    words = f"pull {sources.read_source(body)}"
    await tell(await desk.answer(words, person=person, channel=channel, tell=tell))


async def on_more(
    ack: AsyncAck,
    body: dict[str, Any],
    listed: Callable[[int], Awaitable[Message]],
    desk: KeeprateDesk,
) -> None:
    """The next of a list of customers."""
    await ack()
    await _answer(body, partial(listed, read_first(body)), desk)


async def _answer(
    body: dict[str, Any], listed: Callable[[], Awaitable[Message]], desk: KeeprateDesk
) -> None:
    """With customers' names, for who may see them."""
    role = await desk.people.role(body["user"]["id"], body.get("channel", {}).get("id", ""))
    told = messages.refusal(role, desk.lists) if role < desk.lists else await listed()
    await desk.slack.answer(body, told)


async def on_unfit(ack: AsyncAck, body: dict[str, Any], desk: KeeprateDesk) -> None:
    """Some of those who do not fit, for who asks alone."""
    await ack()
    source, first = matching.read_unfit(body)
    await _answer(body, partial(desk.unfit, source, first), desk)


async def on_more_sources(ack: AsyncAck, body: dict[str, Any], desk: KeeprateDesk) -> None:
    await ack()
    role = await desk.people.role(body["user"]["id"], body.get("channel", {}).get("id", ""))
    if role < Role.VIEWER:
        await desk.slack.answer(body, messages.refusal(role, Role.VIEWER))
        return
    await desk.slack.answer(body, await desk.sources_from(read_first(body), role))
