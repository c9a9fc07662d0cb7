"""What Slack sends the app: slash commands, interactions and events, as they look on the wire."""

from typing import Any

from bot.sandbox import blocks
from bot.sandbox.settings import User
from bot.sandbox.workspace import Conversation, Event, Post, View, Workspace

VERIFICATION = "sandbox-verification"
"""The legacy `token` field, which nobody should look at."""


def slash_command(
    workspace: Workspace,
    *,
    user: User,
    conversation: Conversation,
    command: str,
    text: str,
    response_url: str,
    trigger_id: str,
) -> dict[str, Any]:
    names = {"im": "directmessage", "private_channel": "privategroup"}
    return {
        "token": VERIFICATION,
        "team_id": workspace.team.id,
        "team_domain": workspace.team.domain,
        "channel_id": conversation.id,
        "channel_name": names.get(conversation.kind, conversation.name),
        "user_id": user.id,
        "user_name": user.name,
        "command": command,
        "text": text,
        "api_app_id": workspace.settings.app.id,
        "is_enterprise_install": "false",
        "response_url": response_url,
        "trigger_id": trigger_id,
    }


def message_action(
    workspace: Workspace,
    *,
    user: User,
    post: Post,
    action: dict[str, Any],
    state: blocks.State,
    response_url: str,
    trigger_id: str,
) -> dict[str, Any]:
    """block_actions in a message. Of an ephemeral message, Slack sends no copy along."""
    conversation = workspace.conversations[post.channel]
    container: dict[str, Any] = {
        "type": "message",
        "message_ts": post.ts,
        "channel_id": post.channel,
        "is_ephemeral": bool(post.to),
    }
    if post.thread_ts:
        container["thread_ts"] = post.thread_ts
    found = {
        **_interaction(workspace, "block_actions", user, workspace.team.id, trigger_id),
        "container": container,
        "channel": {"id": conversation.id, "name": conversation.name or "directmessage"},
        "state": {"values": state},
        "response_url": response_url,
        "actions": [action],
    }
    if not post.to:
        found["message"] = post.payload()
    return found


def view_action(
    workspace: Workspace, *, user: User, view: View, action: dict[str, Any], trigger_id: str
) -> dict[str, Any]:
    """block_actions in a modal or a home tab."""
    return {
        **_interaction(workspace, "block_actions", user, workspace.team.id, trigger_id),
        "container": {"type": "view", "view_id": view.id},
        "view": view.payload(),
        "actions": [action],
    }


def view_submission(
    workspace: Workspace, *, user: User, view: View, trigger_id: str
) -> dict[str, Any]:
    """`team` is the workspace of who submits, which for a customer is not the app's."""
    return {
        **_interaction(workspace, "view_submission", user, user.team, trigger_id),
        "view": view.payload(),
        "response_urls": [],
    }


def view_closed(workspace: Workspace, *, user: User, view: View, cleared: bool) -> dict[str, Any]:
    found = _interaction(workspace, "view_closed", user, user.team, "")
    del found["trigger_id"]
    return {**found, "view": view.payload(), "is_cleared": cleared}


def _interaction(
    workspace: Workspace, type: str, user: User, team: str, trigger_id: str
) -> dict[str, Any]:
    return {
        "type": type,
        "team": {"id": team, "domain": workspace.teams[team].domain},
        "user": {
            "id": user.id,
            "username": user.name,
            "name": user.name,
            "team_id": user.team,
        },
        "api_app_id": workspace.settings.app.id,
        "token": VERIFICATION,
        "trigger_id": trigger_id,
        "enterprise": None,
        "is_enterprise_install": False,
    }


def action(block: blocks.Block, element: blocks.Block, chosen: Any, *, ts: str) -> dict[str, Any]:
    """An entry of `actions`; `chosen` is what state the element is in after it."""
    found: dict[str, Any] = {
        "action_id": element["action_id"],
        "block_id": block["block_id"],
        "type": element["type"],
        "action_ts": ts,
    }
    if element["type"] in ("button", "icon_button"):
        found["text"] = element["text"]
        if "value" in element:
            found["value"] = element["value"]
        if "style" in element:
            found["style"] = element["style"]
    return found | (chosen or {})


def event_callback(workspace: Workspace, event: Event) -> dict[str, Any]:
    app = workspace.settings.app
    conversation = workspace.conversations.get(_channel(event))
    return {
        "token": VERIFICATION,
        "team_id": workspace.team.id,
        "context_team_id": workspace.team.id,
        "context_enterprise_id": None,
        "api_app_id": app.id,
        "event": event,
        "type": "event_callback",
        "event_id": workspace.fresh("Ev"),
        "event_time": int(workspace.clock.now().timestamp()),
        "authorizations": [
            {
                "enterprise_id": None,
                "team_id": workspace.team.id,
                "user_id": app.bot_user,
                "is_bot": True,
                "is_enterprise_install": False,
            }
        ],
        "is_ext_shared_channel": bool(conversation and conversation.shared_with),
        "event_context": f"4-{workspace.fresh('ctx')}",
    }


def _channel(event: Event) -> str:
    channel = event.get("channel")
    return str(channel.get("id")) if isinstance(channel, dict) else str(channel)
