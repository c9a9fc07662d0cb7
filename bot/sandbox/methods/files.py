"""Uploads in three steps: an URL, the bytes, and the word that they are complete."""

import mimetypes
from secrets import token_hex
from typing import Any

from bot.sandbox.errors import Refused
from bot.sandbox.methods.call import Answer, Call, Method
from bot.sandbox.workspace import File


def upload_url(call: Call) -> Answer:
    length = call.number("length", 0)
    if length < 1:
        raise Refused("invalid_arguments", messages=["[ERROR] must be greater than 0: length"])
    alt_text = call.text("alt_txt")
    if len(alt_text) > 1000:
        raise Refused("alt_txt_too_large")
    name = call.required("filename")
    file = File(call.workspace.fresh("F"), name, length, token_hex(12), alt_text=alt_text)
    call.workspace.files[file.id] = file
    return {"upload_url": f"{call.base}/upload/v1/{file.secret}", "file_id": file.id}


def receive(call: Call, secret: str, content: bytes) -> File:
    """The second step, which is no method: the bytes come to the upload URL. Raises Refused."""
    for file in call.workspace.files.values():
        if file.secret == secret:
            break
    else:
        raise Refused("file_not_found")
    if len(content) != file.length:
        raise Refused("file_upload_size_mismatch")
    file.content = content
    return file


def complete(call: Call) -> Answer:
    given = call.json("files")
    if not isinstance(given, list) or not given:
        raise Refused("invalid_arguments", messages=["[ERROR] missing required field: files"])
    workspace = call.workspace
    target = _share_with(call)
    files = [_uploaded(call, one) for one in given]
    now = workspace.clock.now().timestamp()
    for file, one in zip(files, given, strict=True):
        file.title = str(one.get("title") or file.name)
        file.usable_at = now + workspace.settings.timing.file_processing
        workspace.journal.add("file", file=file.id, name=file.name)
    shown = [described(call, file) for file in files]
    if target is not None:
        post = workspace.by_app(
            target, text=call.text("initial_comment"), files=shown, thread_ts=call.text("thread_ts")
        )
        for file in files:
            file.shared.append(post.channel)
    return {"files": shown}


def info(call: Call) -> Answer:
    file = call.workspace.files.get(call.required("file"))
    if file is None or not file.usable_at:
        raise Refused("file_not_found")
    return {"file": described(call, file)}


def described(call: Call, file: File) -> dict[str, Any]:
    """The file object; its type is known only when Slack has looked at it."""
    ready = call.workspace.file_ready(file.id)
    kind = mimetypes.guess_type(file.name)[0] or "application/octet-stream"
    return {
        "id": file.id,
        "name": file.name,
        "title": file.title,
        "alt_txt": file.alt_text,
        "size": file.length,
        "mimetype": kind if ready else "",
        "filetype": file.name.rpartition(".")[2] if ready else "",
        "user": call.workspace.settings.app.bot_user,
        "url_private": f"{call.base}/sandbox/files/{file.id}",
        "permalink": f"https://{call.workspace.team.domain}.slack.com/files/{file.id}",
        "channels": list(file.shared),
    }


def _share_with(call: Call) -> Any:
    channel = call.text("channel_id") or call.text("channels").split(",")[0]
    if not channel:
        return None
    conversation = call.workspace.conversation(channel)
    if conversation is None:
        raise Refused("channel_not_found")
    if conversation.archived:
        raise Refused("is_archived")
    if not call.workspace.invited(conversation):
        raise Refused("not_in_channel")
    return conversation


def _uploaded(call: Call, given: Any) -> File:
    file = call.workspace.files.get(str(given.get("id", ""))) if isinstance(given, dict) else None
    if file is None or file.content is None:
        raise Refused("file_not_found")
    return file


METHODS = {
    "files.getUploadURLExternal": Method(upload_url, ("files:write",), tier=4),
    "files.completeUploadExternal": Method(complete, ("files:write",), tier=4),
    "files.info": Method(info, ("files:read",), tier=4),
}
