"""One call of a Web API method: its arguments, however they came, and what it may touch."""

import base64
import binascii
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Any

from bot.sandbox import blocks
from bot.sandbox.capabilities import Triggers
from bot.sandbox.errors import Refused
from bot.sandbox.workspace import Conversation, Post, Workspace

Answer = dict[str, Any]


@dataclass(frozen=True, slots=True)
class Call:
    arguments: dict[str, Any]
    workspace: Workspace
    triggers: Triggers
    open_socket: Callable[[], str]
    """Makes a wss URL that works once."""
    base: str
    """Where the sandbox answers, for upload URLs."""

    def text(self, name: str, default: str = "") -> str:
        value = self.arguments.get(name)
        return default if value is None else str(value)

    def required(self, name: str) -> str:
        if not self.text(name):
            raise Refused("invalid_arguments", messages=[f"[ERROR] missing required field: {name}"])
        return self.text(name)

    def flag(self, name: str, *, default: bool = False) -> bool:
        value = self.arguments.get(name)
        return default if value is None else str(value).lower() in ("1", "true")

    def number(self, name: str, default: int) -> int:
        try:
            return int(self.text(name) or default)
        except ValueError:
            raise Refused(
                "invalid_arguments", messages=[f"[ERROR] must be an integer: {name}"]
            ) from None

    def json(self, name: str) -> Any:
        return blocks.parsed(self.arguments.get(name), error="invalid_arguments")

    def need(self, *scopes: str) -> None:
        """Raises Refused("missing_scope") unless one of them is granted."""
        if not self.workspace.scopes.intersection(scopes):
            raise Refused("missing_scope", needed=",".join(scopes), provided=self.provided())

    def provided(self) -> str:
        return ",".join(sorted(self.workspace.scopes))

    def conversation(self, name: str = "channel") -> Conversation:
        """Raises Refused("channel_not_found") for what the app can't see."""
        found = self.workspace.conversation(self.required(name))
        if found is None:
            raise Refused("channel_not_found")
        return found

    def target(self) -> Conversation:
        """Where a message may be posted: a channel that the app is in, or a person."""
        reference = self.required("channel")
        person = self.workspace.user(reference)
        if person is not None and not person.bot:
            if self.workspace.stranger(person):
                raise Refused("channel_not_found")
            return self.workspace.direct(person.id)
        found = self.conversation()
        if found.archived:
            raise Refused("is_archived")
        public = found.kind == "public_channel" and "chat:write.public" in self.workspace.scopes
        if not self.workspace.invited(found) and not public:
            raise Refused("not_in_channel")
        return found

    def own_message(self, error: str) -> Post:
        """The app's message at `channel` and `ts`. Raises Refused(error) for somebody else's."""
        post = self.conversation().posts.get(self.required("ts"))
        if post is None:
            raise Refused("message_not_found")
        if post.bot_id != self.workspace.settings.app.bot_id:
            raise Refused(error)
        return post

    def page(
        self, items: Sequence[Any], *, default: int, most: int = 1000
    ) -> tuple[list[Any], str]:
        """The items of the asked page, and the cursor of the next one or ""."""
        limit = self.number("limit", default)
        if not 1 <= limit <= most:
            raise Refused("invalid_limit")
        start = self._offset()
        end = start + limit
        more = base64.b64encode(f"next:{end}".encode()).decode() if end < len(items) else ""
        return list(items[start:end]), more

    def _offset(self) -> int:
        cursor = self.text("cursor")
        if not cursor:
            return 0
        try:
            word, _, offset = base64.b64decode(cursor, validate=True).decode().partition(":")
            if word != "next":
                raise ValueError(word)
            return int(offset)
        except (ValueError, binascii.Error, UnicodeDecodeError):
            raise Refused("invalid_cursor") from None


@dataclass(frozen=True, slots=True)
class Method:
    act: Callable[[Call], Answer]
    scopes: tuple[str, ...] = ()
    """One of these must be granted; none needed if empty."""
    tier: int = 3
    """Of Slack's rate limits; 5 is "special"."""
    app_token: bool = False
    """Called with the xapp- token, not with the bot's."""


def next_page(cursor: str) -> Answer:
    return {"response_metadata": {"next_cursor": cursor}}
