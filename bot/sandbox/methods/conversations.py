"""Channels and direct messages: what they are, who is in them, what was said."""

from typing import Any

from bot.sandbox.errors import Refused
from bot.sandbox.methods.call import Answer, Call, Method, next_page
from bot.sandbox.workspace import Conversation, Post

_READ = {"public_channel": "channels:read", "private_channel": "groups:read", "im": "im:read"}
_HISTORY = {
    "public_channel": "channels:history",
    "private_channel": "groups:history",
    "im": "im:history",
}


def info(call: Call) -> Answer:
    conversation = call.conversation()
    call.need(_READ[conversation.kind])
    shown = described(call, conversation)
    if call.flag("include_num_members"):
        shown["num_members"] = len(conversation.members)
    return {"channel": shown}


def list_(call: Call) -> Answer:
    kinds = call.text("types", "public_channel").replace(" ", "").split(",")
    for kind in kinds:
        if kind not in (*_READ, "mpim"):
            raise Refused("invalid_types")
        call.need(_READ.get(kind, "mpim:read"))
    found = [c for c in _seen(call) if c.kind in kinds]
    if call.flag("exclude_archived"):
        found = [c for c in found if not c.archived]
    page, more = call.page(found, default=100)
    return {"channels": [described(call, c) for c in page], **next_page(more)}


def mine(call: Call) -> Answer:
    """users.conversations: those that the app, or `user`, is in."""
    kinds = call.text("types", "public_channel").replace(" ", "").split(",")
    for kind in kinds:
        call.need(_READ.get(kind, "mpim:read"))
    who = call.text("user", call.workspace.settings.app.bot_user)
    found = [c for c in _seen(call) if c.kind in kinds and who in c.members]
    page, more = call.page(found, default=100)
    return {"channels": [described(call, c) for c in page], **next_page(more)}


def members(call: Call) -> Answer:
    conversation = call.conversation()
    call.need(_READ[conversation.kind])
    page, more = call.page(sorted(conversation.members), default=100)
    return {"members": page, **next_page(more)}


def history(call: Call) -> Answer:
    conversation = _readable(call)
    posts = [p for p in conversation.posts.values() if not p.thread_ts or p.thread_ts == p.ts]
    return _said(call, conversation, sorted(_within(call, posts), key=lambda p: p.ts, reverse=True))


def replies(call: Call) -> Answer:
    conversation = _readable(call)
    parent = call.required("ts")
    if parent not in conversation.posts:
        raise Refused("thread_not_found")
    posts = [p for p in conversation.posts.values() if parent in (p.ts, p.thread_ts)]
    return _said(call, conversation, sorted(_within(call, posts), key=lambda p: p.ts))


def join(call: Call) -> Answer:
    conversation = call.conversation()
    if conversation.kind != "public_channel":
        raise Refused("method_not_supported_for_channel_type")
    if conversation.archived:
        raise Refused("is_archived")
    call.workspace.join(conversation, call.workspace.settings.app.bot_user)
    return {"channel": described(call, conversation)}


def open_(call: Call) -> Answer:
    users = [one for one in call.text("users").replace(" ", "").split(",") if one]
    if not users:
        existing = call.conversation()
        return {"channel": {"id": existing.id}, "already_open": True}
    if len(users) > 1:
        call.need("mpim:write")
        raise Refused("method_not_supported_for_channel_type")
    person = call.workspace.user(users[0])
    if person is None:
        raise Refused("user_not_found")
    if person.bot or call.workspace.stranger(person):
        raise Refused("cannot_dm_bot" if person.bot else "user_not_visible")
    opened = call.workspace.direct(person.id)
    whole = described(call, opened) if call.flag("return_im") else {"id": opened.id}
    return {"channel": whole, "no_op": True, "already_open": True}


def described(call: Call, conversation: Conversation) -> dict[str, Any]:
    """The conversation object."""
    if conversation.im_with:
        return {
            "id": conversation.id,
            "is_im": True,
            "is_channel": False,
            "is_archived": False,
            "user": conversation.im_with,
            "is_org_shared": False,
        }
    team = call.workspace.team.id
    shared = bool(conversation.shared_with)
    return {
        "id": conversation.id,
        "name": conversation.name,
        "name_normalized": conversation.name,
        "is_channel": not conversation.private,
        "is_group": conversation.private,
        "is_im": False,
        "is_mpim": False,
        "is_private": conversation.private,
        "is_archived": conversation.archived,
        "is_general": conversation.name == "general",
        "is_member": call.workspace.invited(conversation),
        "is_shared": shared,
        "is_ext_shared": shared,
        "is_org_shared": False,
        "is_pending_ext_shared": False,
        "context_team_id": team,
        "shared_team_ids": [team, *sorted(conversation.shared_with)],
        "connected_team_ids": sorted(conversation.shared_with),
        "topic": {"value": conversation.topic, "creator": "", "last_set": 0},
        "purpose": {"value": "", "creator": "", "last_set": 0},
        "num_members": len(conversation.members),
    }


def _seen(call: Call) -> list[Conversation]:
    every = call.workspace.conversations.values()
    return [c for c in every if c.kind == "public_channel" or call.workspace.invited(c)]


def _readable(call: Call) -> Conversation:
    conversation = call.conversation()
    call.need(_HISTORY[conversation.kind])
    if not call.workspace.invited(conversation):
        raise Refused("not_in_channel")
    return conversation


def _within(call: Call, posts: list[Post]) -> list[Post]:
    oldest, latest = call.text("oldest", "0"), call.text("latest")
    inclusive = call.flag("inclusive")
    try:
        low, high = float(oldest or 0), float(latest or "inf")
    except ValueError:
        raise Refused("invalid_ts_oldest") from None
    return [
        p for p in posts if low < float(p.ts) < high or (inclusive and float(p.ts) in (low, high))
    ]


def _said(call: Call, conversation: Conversation, posts: list[Post]) -> Answer:
    page, more = call.page(posts, default=100, most=999)
    whole: Any = "all" if call.flag("include_all_metadata") else "type"
    found = []
    for post in page:
        shown = post.payload(metadata=whole)
        answers = [p for p in conversation.posts.values() if p.thread_ts == post.ts != p.ts]
        if answers:
            shown |= {"thread_ts": post.ts, "reply_count": len(answers)}
        found.append(shown)
    return {"messages": found, "has_more": bool(more), **next_page(more)}


_ANY_READ = ("channels:read", "groups:read", "im:read", "mpim:read")
_ANY_HISTORY = ("channels:history", "groups:history", "im:history", "mpim:history")
METHODS = {
    "conversations.info": Method(info, _ANY_READ, tier=3),
    "conversations.list": Method(list_, _ANY_READ, tier=2),
    "conversations.members": Method(members, _ANY_READ, tier=4),
    "conversations.history": Method(history, _ANY_HISTORY, tier=3),
    "conversations.replies": Method(replies, _ANY_HISTORY, tier=3),
    "conversations.join": Method(join, ("channels:join",), tier=3),
    "conversations.open": Method(open_, ("im:write", "mpim:write"), tier=3),
    "users.conversations": Method(mine, _ANY_READ, tier=3),
}
