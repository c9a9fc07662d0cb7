"""What Slack tells of channels, of people, and of the app itself."""

from collections.abc import Awaitable, Callable
from functools import partial
from typing import Any

import structlog
from slack_bolt.async_app import AsyncApp

from bot.domain.channels import Fate
from bot.listeners.people import People

log = structlog.get_logger()

Befell = Callable[[str, Fate, str, str], Awaitable[None]]
"""Told of a channel, what became of it, its new id or "", and Slack's name of the event."""

_FATES = {
    "channel_archive": Fate.ARCHIVED,
    "group_archive": Fate.ARCHIVED,
    "channel_left": Fate.LEFT,
    "group_left": Fate.LEFT,
    "channel_shared": Fate.SHARED,
}

REMOVED = (
    "Keeprate was removed from the workspace, or its token was revoked. Install the app again, put"
    " its token into config.yaml, and start anew."
)


def register(
    app: AsyncApp, people: People, me: str, befell: Befell, removed: Callable[[str], None]
) -> None:
    """`me` is the bot's own user; `removed` is told that nothing can be done in Slack any more."""
    for event, fate in _FATES.items():
        app.event(event)(partial(on_fate, fate=fate, befell=befell))
    app.event("channel_unshared")(partial(on_unshared, befell=befell))
    app.event("channel_id_changed")(partial(on_moved, befell=befell))
    app.event("user_change")(partial(on_person, people=people))
    app.event("tokens_revoked")(partial(on_revoked, me=me, removed=removed))
    app.event("app_uninstalled")(partial(on_uninstalled, removed=removed))


async def on_fate(event: dict[str, Any], fate: Fate, befell: Befell) -> None:
    await befell(event["channel"], fate, "", event["event_ts"])


async def on_unshared(event: dict[str, Any], befell: Befell) -> None:
    """With one company; others may still be there."""
    if not event.get("is_ext_shared"):
        await befell(event["channel"], Fate.UNSHARED, "", event["event_ts"])


async def on_moved(event: dict[str, Any], befell: Befell) -> None:
    await befell(event["old_channel_id"], Fate.MOVED, event["new_channel_id"], event["event_ts"])


async def on_person(event: dict[str, Any], people: People) -> None:
    """Somebody became a guest, or was let go: what they may is looked up anew."""
    people.forget(event["user"]["id"])


async def on_revoked(event: dict[str, Any], me: str, removed: Callable[[str], None]) -> None:
    """Of the tokens that were revoked, one may be ours."""
    if me in event.get("tokens", {}).get("bot", []):
        removed(REMOVED)


async def on_uninstalled(removed: Callable[[str], None]) -> None:
    removed(REMOVED)
