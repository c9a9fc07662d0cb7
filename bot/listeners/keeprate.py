"""/keeprate: help, status, pull."""

from collections.abc import Awaitable, Callable, Sequence
from dataclasses import dataclass
from functools import partial
from typing import Any

from slack_bolt.async_app import AsyncAck, AsyncApp

from bot.domain.commands import Help, PullNow, Status, read_keeprate
from bot.domain.definition import Definition
from bot.errors import Misunderstood
from bot.listeners.colleagues import Colleagues
from bot.messages import keeprate as messages
from bot.messages.blocks import Message, unescape
from bot.slack.poster import Slack

Tell = Callable[[Message], Awaitable[None]]


@dataclass(frozen=True, slots=True)
class KeeprateDesk:
    slack: Slack
    colleagues: Colleagues
    sources: Sequence[str]
    definition: Definition
    admins: frozenset[str]
    """Who may start a pull; nobody named means everybody."""
    status: Callable[[], Awaitable[messages.Status]]
    pull: Callable[[Sequence[str], Tell], Awaitable[Message]]
    """Begins to pull these sources, says so, and tells how each went."""

    async def answer(self, words: str, *, person: str, tell: Tell) -> Message:
        try:
            command = read_keeprate(words, self.sources)
        except Misunderstood as error:
            return messages.misunderstood(str(error), help="/keeprate help")
        match command:
            case Help():
                return messages.keeprate_help()
            case _ if not await self.colleagues.have(person):
                return messages.only_colleagues()
            case Status():
                return messages.status_answer(await self.status(), self.definition)
            case PullNow() if self.admins and person not in self.admins:
                return messages.only_admins()
            case PullNow(source):
                return await self.pull([source] if source else self.sources, tell)


def register(app: AsyncApp, desk: KeeprateDesk) -> None:
    app.command("/keeprate")(partial(on_keeprate, desk=desk))


async def on_keeprate(ack: AsyncAck, body: dict[str, Any], desk: KeeprateDesk) -> None:
    await ack()
    tell = partial(desk.slack.respond, body["response_url"])
    await tell(await desk.answer(unescape(body.get("text", "")), person=body["user_id"], tell=tell))
