"""Messages and reactions."""

from bot.sandbox import blocks
from bot.sandbox.capabilities import content_of, metadata_of
from bot.sandbox.errors import Refused
from bot.sandbox.methods.call import Answer, Call, Method
from bot.sandbox.workspace import Conversation


def post_message(call: Call) -> Answer:
    conversation = call.target()
    content = content_of(call.arguments, call.workspace)
    post = call.workspace.by_app(conversation, thread_ts=_thread(call, conversation), **content)
    return {"channel": conversation.id, "ts": post.ts, "message": post.payload(metadata="all")}


def post_ephemeral(call: Call) -> Answer:
    conversation = call.target()
    user = call.required("user")
    if user not in conversation.members:
        raise Refused("user_not_in_channel")
    post = call.workspace.by_app(
        conversation,
        thread_ts=_thread(call, conversation),
        to=user,
        **content_of(call.arguments, call.workspace),
    )
    return {"message_ts": post.ts}


def update(call: Call) -> Answer:
    """Blocks and metadata that are not given stay as they were; given and empty, they go."""
    post = call.own_message("cant_update_message")
    if call.conversation().archived:
        raise Refused("is_archived")
    given = call.arguments
    workspace = call.workspace
    if not any(given.get(name) for name in ("text", "blocks", "attachments")):
        raise Refused("no_text")
    text = call.text("text") or post.text
    if len(text) > 40_000:
        raise Refused("msg_too_long")
    new = post.blocks
    if given.get("blocks") is not None:
        new = blocks.message_blocks(
            given["blocks"], native=workspace.native_blocks, file_ready=workspace.file_ready
        )
    if given.get("metadata") is not None:
        cleared = blocks.parsed(given["metadata"], error="invalid_metadata_format") == {}
        post.metadata = None if cleared else metadata_of(given["metadata"])
    post.text, post.blocks = text, new
    workspace.changed(post)
    return {"channel": post.channel, "ts": post.ts, "text": text, "message": post.payload()}


def delete(call: Call) -> Answer:
    post = call.own_message("cant_delete_message")
    call.workspace.remove(post)
    return {"channel": post.channel, "ts": post.ts}


def permalink(call: Call) -> Answer:
    conversation = call.conversation()
    ts = call.required("message_ts")
    if ts not in conversation.posts:
        raise Refused("message_not_found")
    link = f"https://{call.workspace.team.domain}.slack.com/archives/{conversation.id}/p"
    return {"channel": conversation.id, "permalink": link + ts.replace(".", "")}


def add_reaction(call: Call) -> Answer:
    post = call.conversation().posts.get(call.required("timestamp"))
    if post is None:
        raise Refused("message_not_found")
    who = post.reactions.setdefault(call.required("name").strip(":"), set())
    bot = call.workspace.settings.app.bot_user
    if bot in who:
        raise Refused("already_reacted")
    who.add(bot)
    call.workspace.journal.add("reaction", post=post, user=bot, name=call.text("name"))
    return {}


def _thread(call: Call, conversation: Conversation) -> str:
    thread = call.text("thread_ts")
    if thread and thread not in conversation.posts:
        raise Refused("thread_not_found")
    return thread


WRITE = ("chat:write",)
METHODS = {
    "chat.postMessage": Method(post_message, WRITE, tier=5),
    "chat.postEphemeral": Method(post_ephemeral, WRITE, tier=4),
    "chat.update": Method(update, WRITE, tier=3),
    "chat.delete": Method(delete, WRITE, tier=3),
    "chat.getPermalink": Method(permalink, tier=5),
    "reactions.add": Method(add_reaction, ("reactions:write",), tier=3),
}
