"""Stand-ins for the world outside. They behave, and keep a record; nothing of ours is replaced."""

import asyncio
from collections import deque
from collections.abc import AsyncGenerator, Awaitable, Callable, Mapping, Sequence
from dataclasses import dataclass, field, replace
from datetime import datetime, timedelta

from bot.messages.blocks import Message
from bot.slack.poster import Channel
from integrations.records import LeftOut, Page, Record


@dataclass
class FakeClock:
    """Stands still until it is moved."""

    now: datetime

    def __call__(self) -> datetime:
        return self.now

    def move(self, **amount: float) -> None:
        self.now += timedelta(**amount)


def always(channel: str | None) -> Callable[[], Awaitable[str | None]]:
    """A choice of channel that nobody changes."""

    async def chosen() -> str | None:
        return channel

    return chosen


@dataclass(frozen=True)
class Posted:
    channel: str
    message: Message
    key: str
    ts: str


SUCCESS = Channel("C1", "success", is_ext_shared=False, is_archived=False, is_member=True)


@dataclass
class FakePoster:
    """A Slack that takes every message, or meets the next one with what is in `trouble`.

    With `takes_it`, it has taken the message before the trouble.
    """

    channel: Channel = SUCCESS
    posts: list[Posted] = field(default_factory=list)
    updates: list[tuple[str, Message]] = field(default_factory=list)
    trouble: deque[Exception] = field(default_factory=deque)
    blind: Exception | None = None
    """What looking for a post comes to."""
    takes_it: bool = False
    looks: int = 0
    listed: Sequence[Channel] = ()
    """What it is told of all channels at once."""
    listings: int = 0
    looked_at: list[str] = field(default_factory=list)

    async def post(
        self, channel: str, message: Message, *, key: str, thread_ts: str | None = None
    ) -> str:
        await asyncio.sleep(0)
        posted = Posted(channel, message, key, f"1700000000.{len(self.posts):06}")
        if self.trouble:
            if self.takes_it:
                self.posts.append(posted)
            raise self.trouble.popleft()
        self.posts.append(posted)
        return posted.ts

    async def update(self, channel: str, ts: str, message: Message) -> None:
        if self.trouble:
            raise self.trouble.popleft()
        self.updates.append((ts, message))

    async def find(
        self, channel: str, key: str, since: datetime, *, thread_ts: str | None = None
    ) -> str | None:
        self.looks += 1
        if self.blind:
            raise self.blind
        return next((post.ts for post in self.posts if post.key == key), None)

    async def channel_info(self, channel: str) -> Channel:
        self.looked_at.append(channel)
        return replace(self.channel, id=channel)

    async def channels(self) -> list[Channel]:
        self.listings += 1
        return list(self.listed)


async def pages(
    *records: Sequence[Record],
    error: BaseException | None = None,
    of: int | None = None,
    left_out: Mapping[LeftOut, int] | None = None,
) -> AsyncGenerator[Page, None]:
    """A source with these pages, which may break after the last, and what each leaves out."""
    for some in records:
        yield Page(list(some), of, left_out=left_out or {})
    if error:
        raise error
