"""@Keeprate crr month: the commands where Slack takes none, as in threads."""

import re
from collections.abc import Awaitable, Callable, Mapping
from functools import partial
from typing import Any

from slack_bolt.async_app import AsyncApp

from bot.messages.blocks import Message, unescape
from bot.messages.keeprate import mention_help
from bot.slack.poster import Slack

Tell = Callable[[Message], Awaitable[None]]
Spoken = Callable[[str, str, str, Tell], Awaitable[tuple[Message, bool]]]
"""Answers (the words after the command, who asks, the channel, a way to tell more later): with the
answer, and whether everybody may see it."""

_MENTION = re.compile(r"<@[UW][A-Z0-9]+(\|[^>]*)?>")


def register(app: AsyncApp, slack: Slack, me: str, commands: Mapping[str, Spoken]) -> None:
    """`commands` by their names with the slash; `me` is the bot's own user."""
    app.event("app_mention")(partial(on_mention, slack=slack, me=me, commands=commands))


async def on_mention(
    event: dict[str, Any], slack: Slack, me: str, commands: Mapping[str, Spoken]
) -> None:
    """The person alone sees the answer, where they asked, unless they say `public`."""
    person, channel = event.get("user", ""), event["channel"]
    if not person or person == me or event.get("bot_id"):
        return
    thread = event.get("thread_ts")

    async def tell(message: Message) -> None:
        await slack.ephemeral(channel, person, message, thread_ts=thread)

    name, words = read_mention(unescape(_MENTION.sub(" ", event.get("text", ""))))
    command = commands.get(name)
    if command is None:
        await tell(mention_help(sorted(commands)))
        return
    message, public = await command(words, person, channel, tell)
    if public:
        key = f"mention:{channel}:{event['ts']}"
        await slack.post(channel, message, key=key, thread_ts=thread)
    else:
        await tell(message)


def read_mention(text: str) -> tuple[str, str]:
    """The command, with its slash, and the words after it."""
    name, _, words = text.strip().partition(" ")
    return f"/{name.strip().removeprefix('/').casefold()}", words.strip()
