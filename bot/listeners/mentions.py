"""@Keeprate crr month: the commands where Slack takes none, as in threads."""

import re
from collections.abc import Awaitable, Callable, Mapping
from functools import partial
from typing import Any

from slack_bolt.async_app import AsyncAck, AsyncApp, AsyncBoltRequest

from bot.domain.roles import Role
from bot.domain.segments import like
from bot.listeners.people import People
from bot.messages.blocks import Message, unescape
from bot.messages.keeprate import mention_help, only_colleagues
from bot.slack.poster import Slack

Tell = Callable[[Message], Awaitable[None]]
Spoken = Callable[[str, str, str, Tell], Awaitable[tuple[Message, bool]]]
"""Answers (the words after the command, who asks, the channel, a way to tell more later): with the
answer, and whether everybody may see it."""

_MENTION = re.compile(r"<@[UW][A-Z0-9]+(\|[^>]*)?>")


Answered = Callable[[dict[str, Any], str, bool], Awaitable[Message | None]]
"""Takes (the event, the words after the mention, whether Slack delivers it once more) for an answer
to the question above, and says what to tell the person; None where it is none."""


def register(
    app: AsyncApp,
    slack: Slack,
    people: People,
    me: str,
    commands: Mapping[str, Spoken],
    answered: Answered,
) -> None:
    """`commands` by their names with the slash; `me` is the bot's own user."""
    listen = partial(
        on_mention, slack=slack, people=people, me=me, commands=commands, answered=answered
    )
    app.event("app_mention")(listen)


async def on_mention(
    ack: AsyncAck,
    event: dict[str, Any],
    request: AsyncBoltRequest,
    slack: Slack,
    people: People,
    me: str,
    commands: Mapping[str, Spoken],
    answered: Answered,
) -> None:
    """The person alone sees the answer, where they asked, unless they say `public`. What answers a
    question to customers is kept before Slack is told that it arrived."""
    person, channel = event.get("user", ""), event["channel"]
    if not person or person == me or event.get("bot_id"):
        await ack()
        return
    text = event.get("text", "")
    words = unescape(_MENTION.sub(" ", text)).strip()
    taken = await answered(event, words, is_repeated(request))
    await ack()
    thread = event.get("thread_ts")

    async def tell(message: Message) -> None:
        await slack.ephemeral(channel, person, message, thread_ts=thread)

    if taken is not None:
        await tell(taken)
        return
    if await people.role(person, channel) is Role.OUTSIDE:  # from here on in their language
        await tell(only_colleagues())  # not even what else there would be
        return
    name, words = read_mention(unescape(said_to(me, text)))
    command = commands.get(name)
    if command is None:
        guess = like(name, commands).removeprefix("/") if len(name) > 1 else ""
        await tell(mention_help(sorted(commands), f"{guess} {words}".strip() if guess else ""))
        return
    message, public = await command(words, person, channel, tell)
    if public:
        key = f"mention:{channel}:{event['ts']}"
        await slack.post(channel, message, key=key, thread_ts=thread)
    else:
        await tell(message)


def is_repeated(request: AsyncBoltRequest) -> bool:
    """Whether Slack delivers an event once more, because nobody said that it arrived."""
    told = request.headers.get("x-slack-retry-num") or ["0"]
    return told[0] not in ("", "0")


def said_to(me: str, text: str) -> str:
    """What follows our own name, or comes before it where nothing follows. Others who are
    mentioned stay: "nps ask @carla" is not asked of everybody."""
    before, *after = re.split(rf"<@{re.escape(me)}(?:\|[^>]*)?>", text)
    following = " ".join(after).strip(" \u00a0,;:.-\u2013\u2014")
    return following or before.strip(" \u00a0,;:")


def read_mention(text: str) -> tuple[str, str]:
    """The command, with its slash, and the words after it."""
    name, _, words = text.replace("\u00a0", " ").strip().partition(" ")
    return f"/{name.strip('`*!?.,').removeprefix('/').casefold()}", words.strip()
