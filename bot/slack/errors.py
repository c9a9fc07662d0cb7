"""Slack's errors in our names: who has to act, and whether Slack took the request.

Slack's words for them: https://docs.slack.dev/reference/methods/chat.postMessage#errors. A word
that is not in the table means that Slack understood and refused, and that we must look at it.
"""

from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from typing import Any

import aiohttp
from slack_sdk.errors import SlackApiError, SlackRequestError

from bot.errors import (
    BlocksRefused,
    ChannelUnreachable,
    OutcomeUnknown,
    SlackError,
    SlackRejected,
    SlackUnavailable,
)

_RENEW = "put a valid token into config.yaml (the app's page, OAuth & Permissions)"
_INVITE = "invite the bot there (/invite @Keeprate) or name another channel"

_MEANING: Mapping[str, tuple[type[SlackError], str]] = {
    **dict.fromkeys(
        ("invalid_auth", "not_authed", "account_inactive", "token_revoked", "token_expired"),
        (SlackRejected, _RENEW),
    ),
    "not_allowed_token_type": (SlackRejected, "xoxb- is the bot's token, xapp- is the app's"),
    "missing_scope": (SlackRejected, "add the scope to the app and install it again"),
    "no_permission": (SlackRejected, "add the scope to the app and install it again"),
    "access_denied": (SlackRejected, "ask an admin of the workspace to allow the app"),
    "ekm_access_denied": (SlackRejected, "ask an admin of the workspace to allow the app"),
    "org_login_required": (SlackRejected, "ask an admin of the workspace to allow the app"),
    "team_access_not_granted": (SlackRejected, "ask an admin of the workspace to allow the app"),
    "team_added_to_org": (SlackRejected, "install the app again: the workspace joined an org"),
    "forbidden_team": (SlackRejected, "install the app in this workspace"),
    "not_enabled": (SlackRejected, "switch it on in the app's settings"),
    "metadata_must_be_sent_from_app": (SlackRejected, "use the token of a bot"),
    "channel_not_found": (ChannelUnreachable, _INVITE),
    "not_in_channel": (ChannelUnreachable, _INVITE),
    "is_archived": (ChannelUnreachable, "name a channel that is not archived"),
    "channel_is_archived": (ChannelUnreachable, "name a channel that is not archived"),
    **dict.fromkeys(
        (
            "restricted_action",
            "restricted_action_read_only_channel",
            "restricted_action_thread_only_channel",
            "restricted_action_non_threadable_channel",
        ),
        (ChannelUnreachable, "an admin has limited who may post there"),
    ),
    "user_not_in_channel": (ChannelUnreachable, "the person is not in the channel"),
    "users_not_found": (SlackRejected, "nobody in this workspace has that address"),
    "user_not_found": (ChannelUnreachable, "Slack does not know this person"),
    "cannot_dm_bot": (ChannelUnreachable, "name a person"),
    "invalid_blocks": (BlocksRefused, "the same goes out in older blocks"),
    "invalid_blocks_format": (BlocksRefused, "the same goes out in older blocks"),
    "msg_blocks_too_long": (BlocksRefused, "the message must say less"),
    **dict.fromkeys(
        ("expired_trigger_id", "exchanged_trigger_id", "trigger_expired", "trigger_exchanged"),
        (SlackRejected, "the click is too old; click again"),
    ),
    **dict.fromkeys(
        ("used_url", "expired_url"), (SlackRejected, "half an hour or five answers have passed")
    ),
    "message_not_found": (SlackRejected, "the message was deleted"),
    "cant_update_message": (SlackRejected, "the message is not the bot's own"),
    **dict.fromkeys(
        (
            "ratelimited",
            "rate_limited",
            "message_limit_exceeded",
            "request_timeout",
            "service_unavailable",
            "team_quota_exceeded",
        ),
        (SlackUnavailable, "it is tried again later"),
    ),
}

_UNSURE = frozenset({"fatal_error", "internal_error"})
"""Slack's documentation: "it's possible some aspect of the operation succeeded"."""


@contextmanager
def named(what: str) -> Iterator[None]:
    """Run one call to Slack; what goes wrong leaves as a SlackError that says `what` failed."""
    try:
        yield
    except SlackApiError as error:
        raise refusal(what, *_parts(error.response)) from error
    except AttributeError as error:
        # slack_sdk trips over an answer of plain text with status 200: a proxy's, not Slack's.
        raise OutcomeUnknown(
            f"{what}: the answer is none of Slack's; check slack.api_url and the proxy"
        ) from error
    except SlackRequestError as error:
        raise SlackRejected(f"{what}: the request could not be made ({error})") from error
    except _NEVER_LEFT as error:
        raise SlackUnavailable(
            f"{what}: Slack can't be reached ({type(error).__name__}); it is tried again later"
        ) from error
    except (TimeoutError, aiohttp.ClientError, OSError) as error:
        raise OutcomeUnknown(
            f"{what}: the connection to Slack broke ({type(error).__name__}),"
            " and Slack may have taken it"
        ) from error


_NEVER_LEFT = (
    aiohttp.ClientConnectorError,
    aiohttp.ConnectionTimeoutError,
    aiohttp.InvalidURL,
)
"""No connection stood when it went wrong, so that the request has not left."""


def refusal(
    what: str, status: int, body: Mapping[str, Any], headers: Mapping[str, str]
) -> SlackError:
    """Slack's answer, where it was not "ok", as one of our errors."""
    code = str(body.get("error", ""))
    if status == 429 or code in ("ratelimited", "rate_limited"):
        return SlackUnavailable(
            f"{what}: Slack asks us to wait",
            code=code or "ratelimited",
            retry_after=_seconds(headers),
        )
    if code in _UNSURE or (not code and (status >= 500 or status == 200)):
        return OutcomeUnknown(
            f"{what}: Slack answered {status} {code}".rstrip() + ", and may have taken it",
            code=code,
        )
    if not code and status >= 300:
        return SlackRejected(
            f"{what}: {status} is no answer of Slack's; check slack.api_url and the proxy"
        )
    meaning, remedy = _MEANING.get(code, (SlackRejected, "see Slack's documentation of this error"))
    return meaning(f"{what}: Slack says {code}{_details(body)}: {remedy}", code=code)


def _details(body: Mapping[str, Any]) -> str:
    """What Slack adds: the scope that is needed, the block that is wrong. Never what we sent."""
    if body.get("needed"):
        return f" (needs {body['needed']})"
    messages = (body.get("response_metadata") or {}).get("messages") or body.get("errors") or []
    told = "; ".join(m for m in messages if isinstance(m, str) and "json-pointer" in m)
    return f" ({told})" if told else ""


def _parts(response: Any) -> tuple[int, Mapping[str, Any], Mapping[str, str]]:
    """Status, body and headers, of slack_sdk's response or of aiohttp's where the body was none."""
    status = getattr(response, "status_code", None) or getattr(response, "status", None) or 200
    data = getattr(response, "data", response)
    body = data if isinstance(data, dict) else {}
    return int(status), body, getattr(response, "headers", None) or {}


def _seconds(headers: Mapping[str, str]) -> float | None:
    for name, value in headers.items():
        if name.lower() == "retry-after":
            try:
                return float(value)
            except ValueError:
                return None
    return None
