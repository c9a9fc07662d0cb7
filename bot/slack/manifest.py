"""The Slack app that the bot needs, with the least scopes, ready to be pasted at api.slack.com.

https://docs.slack.dev/reference/app-manifest
"""

from collections.abc import Mapping
from types import MappingProxyType
from typing import Any

from bot.slack.webserver import EVENTS

SCOPES: Mapping[str, str] = MappingProxyType(
    {
        "commands": "to answer /crr, /churn, /nps, /csat, /ces and /keeprate",
        "chat:write": "to post where it was invited",
        "channels:read": "to see whether a channel is archived or shared with customers",
        "groups:read": "the same for private channels",
        "app_mentions:read": "to answer in threads, where Slack takes no commands",
        "users:read": "to tell colleagues from guests and customers",
        "im:write": "to bring up to date what it wrote to one colleague alone",
    }
)
"""What the bot can't do without, and why."""

OPTIONAL_SCOPES: Mapping[str, str] = MappingProxyType(
    {
        "channels:history": "to look whether a post arrived when the connection broke",
        "groups:history": "the same for private channels",
        "usergroups:read": "to know who is in a user group that people: names",
        "users:read.email": "to find who looks after a customer by e-mail, and to leave in peace"
        " who has just rated a ticket",
        "files:write": "to show cohorts as a picture in posts, and to send exports to who asks",
    }
)
"""Without the first two a post whose outcome is unknown is told to a person instead of looked up;
without `usergroups:read` user groups cannot be named in config.yaml, without `users:read.email` an
e-mail in a customer's owner field means nobody, and without the last one cohorts are a table."""

APP_SCOPES: Mapping[str, str] = MappingProxyType(
    {"connections:write": "to open the socket over which Slack sends events"}
)

COMMANDS = (
    (
        "/crr",
        "Are our customers staying?",
        "[week|month|quarter|year|dates] [plan=pro] | cohort | lifetime | explain | calc | help",
    ),
    ("/churn", "Who left, and why?", "[week|month|quarter|year|dates] [plan=pro] | help"),
    ("/nps", "How likely are they to recommend us?", "[ask|results|themes|outcomes|close|help]"),
    ("/csat", "How satisfied are they?", "[ask|results|themes|outcomes|close|help]"),
    ("/ces", "How easy did we make it?", "[ask|results|themes|outcomes|close|help]"),
    (
        "/keeprate",
        "How the bot is doing",
        "status | pull | subscribe | link #channel CUSTOMER | help",
    ),
)

BOT_EVENTS = (
    "app_home_opened",
    "app_mention",
    "app_uninstalled",
    "channel_archive",
    "channel_id_changed",
    "channel_left",
    "channel_shared",
    "channel_unshared",
    "group_archive",
    "group_left",
    "tokens_revoked",
    "user_change",
)


REPLY_EVENTS: Mapping[str, str] = MappingProxyType(
    {"message.channels": "channels:history", "message.groups": "groups:history"}
)
"""What Slack must tell for `asking.replies`, and the scope without which it does not."""


def escapes(command: str) -> bool:
    """Whether Slack sends channels and people in what is typed after it by their ids."""
    return command != "/crr"


def manifest(url: str = "", *, replies: bool = False) -> dict[str, Any]:
    """For Socket Mode, or with the address at which Slack reaches us for HTTP mode. `replies`: for
    answers that are typed in threads."""
    needed = [*SCOPES, *(REPLY_EVENTS.values() if replies else ())]
    optional = [scope for scope in OPTIONAL_SCOPES if scope not in needed]
    events = [*BOT_EVENTS, *(REPLY_EVENTS if replies else ())]
    request_url = url.rstrip("/") + EVENTS if url else ""
    reached: dict[str, Any] = {"request_url": request_url} if url else {}
    return {
        "display_information": {
            "name": "Keeprate",
            "description": "Tells whether customers are staying, and asks them how it goes.",
            "background_color": "#1f4d3a",
        },
        "features": {
            "app_home": {
                "home_tab_enabled": True,
                "messages_tab_enabled": True,
                "messages_tab_read_only_enabled": True,
            },
            "bot_user": {"display_name": "Keeprate", "always_online": True},
            "slash_commands": [
                {
                    "command": command,
                    "description": description,
                    "usage_hint": hint,
                    "should_escape": escapes(command),
                    **({"url": request_url} if url else {}),
                }
                for command, description, hint in COMMANDS
            ],
        },
        "oauth_config": {
            "scopes": {"bot": needed, "bot_optional": optional},
        },
        "settings": {
            "event_subscriptions": {**reached, "bot_events": events},
            "interactivity": {"is_enabled": True, **reached},
            "org_deploy_enabled": False,
            "socket_mode_enabled": not url,
            "token_rotation_enabled": False,
        },
    }
