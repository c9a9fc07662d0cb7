"""What Slack hands the app for a short time: trigger ids and response URLs."""

from dataclasses import dataclass, field
from itertools import count
from secrets import token_hex
from typing import Any

from bot.sandbox import blocks
from bot.sandbox.clock import SandboxClock
from bot.sandbox.errors import Refused
from bot.sandbox.settings import Timing
from bot.sandbox.workspace import Conversation, Post, View, Workspace


@dataclass(slots=True)
class Trigger:
    person: str
    made: float
    view: View | None
    """The modal that the interaction came from."""
    used: bool = False


class Triggers:
    """Each opens one modal within three seconds."""

    def __init__(self, clock: SandboxClock, timing: Timing) -> None:
        self._clock = clock
        self._timing = timing
        self._made: dict[str, Trigger] = {}
        self._numbers = count(1)

    def __len__(self) -> int:
        return len(self._made)

    def issue(self, person: str, view: View | None = None) -> str:
        if len(self._made) > 5000:  # the oldest have expired long ago
            for old in list(self._made)[:2500]:
                del self._made[old]
        name = f"{next(self._numbers)}.{abs(hash(person)) % 10**10}.{token_hex(16)}"
        self._made[name] = Trigger(person, self._clock.now().timestamp(), view)
        return name

    def exchange(self, name: str) -> Trigger:
        """Raises Refused for one that is unknown, used or too old."""
        trigger = self._made.get(name)
        if trigger is None:
            raise Refused("invalid_trigger_id")
        if trigger.used:
            raise Refused("exchanged_trigger_id")
        if self._clock.now().timestamp() - trigger.made > self._timing.trigger:
            raise Refused("expired_trigger_id")
        trigger.used = True
        return trigger


@dataclass(slots=True, eq=False)
class ResponseUrl:
    """A way to answer one interaction, whatever the app may post elsewhere."""

    url: str
    person: str
    channel: str
    made: float
    original: Post | None
    """The message that the interaction came from; a command has none."""
    uses: int = 0
    posts: list[Post] = field(default_factory=list)
    """What was said through it, the ack's own answer included."""


class ResponseUrls:
    def __init__(self, workspace: Workspace) -> None:
        self._workspace = workspace
        self._made: dict[str, ResponseUrl] = {}
        self.base = ""
        """Where the server answers, without a slash at the end."""

    def __len__(self) -> int:
        return len(self._made)

    def issue(self, person: str, channel: str, original: Post | None = None) -> ResponseUrl:
        if len(self._made) > 5000:
            for old in list(self._made)[:2500]:
                del self._made[old]
        secret = token_hex(12)
        now = self._workspace.clock.now().timestamp()
        kind = "actions" if original else "commands"
        url = f"{self.base}/response/{kind}/{self._workspace.team.id}/{secret}"
        made = ResponseUrl(url, person, channel, now, original)
        self._made[secret] = made
        return made

    def use(self, secret: str, body: dict[str, Any]) -> Post | None:
        """Do what the app asked for. Raises Refused."""
        found = self._made.get(secret)
        timing = self._workspace.settings.timing
        if found is None:
            raise Refused("invalid_url")
        if self._workspace.clock.now().timestamp() - found.made > timing.response_url:
            raise Refused("expired_url")
        if found.uses >= timing.response_url_uses:
            raise Refused("used_url")
        post = self.answer(found, body)
        found.uses += 1
        return post

    def answer(self, found: ResponseUrl, body: dict[str, Any]) -> Post | None:
        """Post, replace or delete; also how the answer inside an ack is said."""
        workspace = self._workspace
        original = found.original
        standing = original is not None and not original.deleted
        if body.get("delete_original"):
            if standing and original is not None:
                workspace.remove(original)
            return None
        content = content_of(body, workspace)
        if body.get("replace_original") and standing and original is not None:
            original.text, original.blocks = content["text"], content["blocks"]
            if not original.to or content["metadata"]:
                original.metadata = content["metadata"] or original.metadata
            workspace.changed(original)
            return original
        ephemeral = body.get("response_type", "ephemeral") != "in_channel"
        post = workspace.by_app(
            workspace.conversations[found.channel],
            thread_ts=str(body.get("thread_ts") or ""),
            to=found.person if ephemeral else "",
            **content,
        )
        found.posts.append(post)
        return post


def content_of(body: dict[str, Any], workspace: Workspace) -> dict[str, Any]:
    """Text, blocks, attachments and metadata of a message to be, checked. Raises Refused."""
    text = body.get("text") or ""
    given = body.get("blocks")
    attachments = blocks.parsed(body.get("attachments") or [], error="invalid_attachments")
    if not isinstance(text, str):
        raise Refused("invalid_arguments", messages=["[ERROR] must be a string: text"])
    if len(text) > 40_000:
        raise Refused("msg_too_long")
    if isinstance(attachments, list) and len(attachments) > 100:
        raise Refused("too_many_attachments")
    checked = (
        blocks.message_blocks(
            given, native=workspace.native_blocks, file_ready=workspace.file_ready
        )
        if given
        else []
    )
    if not text and not checked and not attachments:
        raise Refused("no_text")
    return {
        "text": text,
        "blocks": checked,
        "attachments": attachments,
        "metadata": metadata_of(body.get("metadata")),
    }


def metadata_of(value: Any) -> dict[str, Any] | None:
    """Message metadata: an event_type and a flat event_payload. Raises Refused."""
    if not value:
        return None
    given = blocks.parsed(value, error="invalid_metadata_format")
    if not isinstance(given, dict) or not isinstance(given.get("event_type"), str):
        raise Refused("invalid_metadata_format")
    payload = given.get("event_payload")
    if not isinstance(payload, dict):
        raise Refused("invalid_metadata_format")
    flat = (str, int, float, bool)
    for part in payload.values():
        inner = part.values() if isinstance(part, dict) else part if isinstance(part, list) else ()
        if not isinstance(part, (*flat, dict, list)) or any(
            not isinstance(one, flat) for one in inner
        ):
            raise Refused("invalid_metadata_schema")
    if len(str(given)) > 16_000:
        raise Refused("metadata_too_large")
    return given


def visible(conversation: Conversation, person: str) -> list[Post]:
    """What a person reads in a conversation, oldest first, their ephemeral messages among it."""
    own = [post for post in conversation.ephemerals if post.to == person]
    return sorted([*conversation.posts.values(), *own], key=lambda post: post.ts)
