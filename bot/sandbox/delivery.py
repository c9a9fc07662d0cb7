"""From what happened to the app: an envelope, by socket or by HTTP, and an event again if lost."""

import asyncio
from dataclasses import dataclass
from time import perf_counter
from typing import Any, Literal, Protocol
from uuid import uuid4

from bot.sandbox.payloads import event_callback
from bot.sandbox.workspace import Event, Workspace

_SCOPES: dict[str, tuple[str, ...]] = {
    # events that come only where one of these is granted
    "app_mention": ("app_mentions:read",),
    "channel_archive": ("channels:read", "groups:read"),
    "channel_id_changed": ("channels:read", "groups:read"),
    "channel_left": ("channels:read",),
    "channel_rename": ("channels:read",),
    "channel_shared": ("channels:read", "groups:read"),
    "channel_unarchive": ("channels:read", "groups:read"),
    "channel_unshared": ("channels:read", "groups:read"),
    "group_archive": ("groups:read",),
    "group_left": ("groups:read",),
    "group_unarchive": ("groups:read",),
    "member_joined_channel": ("channels:read", "groups:read"),
    "member_left_channel": ("channels:read", "groups:read"),
    "user_change": ("users:read",),
}
_HISTORY = {"channel": "channels:history", "group": "groups:history", "im": "im:history"}


@dataclass(frozen=True, slots=True)
class Envelope:
    id: str
    type: Literal["events_api", "slash_commands", "interactive"]
    payload: dict[str, Any]
    attempt: int = 0
    """0 the first time."""
    reason: str = ""
    """Why it comes again."""


@dataclass(frozen=True, slots=True)
class Outcome:
    acked: bool
    payload: Any = None
    """What the app put into the ack."""
    reason: str = ""
    """Why it was not acked, in the words of `x-slack-retry-reason`."""
    final: bool = False
    """The app asked not to be told again."""
    ms: float = 0.0


class Carrier(Protocol):
    """A way to the app. Returns when it acked or the time for it is over."""

    async def carry(self, envelope: Envelope) -> Outcome: ...


class Delivery:
    def __init__(self, workspace: Workspace, *, sockets: Carrier, webhooks: Carrier) -> None:
        self._workspace = workspace
        self._sockets = sockets
        self._webhooks = webhooks
        self._running: set[asyncio.Task[None]] = set()

    async def deliver(
        self,
        type: Literal["events_api", "slash_commands", "interactive"],
        payload: dict[str, Any],
        *,
        attempt: int = 0,
        reason: str = "",
    ) -> Outcome:
        """Send it once and wait for the ack."""
        carrier = self._webhooks if self._workspace.request_url else self._sockets
        envelope = Envelope(str(uuid4()), type, payload, attempt, reason)
        journal = self._workspace.journal
        journal.add("envelope", id=envelope.id, type=type, attempt=attempt, payload=payload)
        started = perf_counter()
        outcome = await carrier.carry(envelope)
        ms = (perf_counter() - started) * 1000
        journal.add(
            "ack" if outcome.acked else "no_ack",
            id=envelope.id,
            type=type,
            ms=ms,
            payload=outcome.payload,
            reason=outcome.reason,
        )
        return Outcome(outcome.acked, outcome.payload, outcome.reason, outcome.final, ms)

    def event(self, event: Event) -> None:
        """Tell the app, and tell it again until it acks or Slack's patience ends."""
        if not self._wanted(event):
            return
        task = asyncio.get_running_loop().create_task(self._until_acked(event))
        self._running.add(task)
        task.add_done_callback(self._running.discard)

    async def _until_acked(self, event: Event) -> None:
        payload = event_callback(self._workspace, event)
        outcome = await self.deliver("events_api", payload)
        for attempt, wait in enumerate(self._workspace.settings.timing.retries, start=1):
            if outcome.acked or outcome.final:
                return
            await asyncio.sleep(wait)
            outcome = await self.deliver(
                "events_api", payload, attempt=attempt, reason=outcome.reason
            )

    def _wanted(self, event: Event) -> bool:
        """Subscribed to, and allowed by a scope."""
        subscribed = self._workspace.settings.app.events
        if event["type"] == "message":
            kind = event["channel_type"]
            told = f"message.{kind}" if kind == "im" else f"message.{kind}s"
            scope = _HISTORY[kind] in self._workspace.scopes
            return scope and (told in subscribed or "message" in subscribed)
        if event["type"] not in subscribed:
            return False
        needed = _SCOPES.get(event["type"], ())
        return not needed or bool(self._workspace.scopes.intersection(needed))

    async def settled(self) -> None:
        """Wait until no event is under way."""
        while self._running:
            await asyncio.wait(list(self._running))

    async def stop(self) -> None:
        for task in self._running:
            task.cancel()
        await asyncio.gather(*self._running, return_exceptions=True)
