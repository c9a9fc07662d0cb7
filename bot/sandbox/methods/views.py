"""Modals and the App Home."""

from typing import Any

from bot.sandbox import blocks
from bot.sandbox.errors import Refused
from bot.sandbox.methods.call import Answer, Call, Method
from bot.sandbox.workspace import View, Workspace

STACK = 3
"""How many modals may lie on each other."""


def open_(call: Call) -> Answer:
    content = checked(call.workspace, call.json("view"))
    trigger = call.triggers.exchange(call.required("trigger_id"))
    view = call.workspace.make_view(trigger.person, content)
    call.workspace.show_modal(view, onto=False)
    return {"view": view.payload()}


def push(call: Call) -> Answer:
    content = checked(call.workspace, call.json("view"))
    trigger = call.triggers.exchange(call.required("trigger_id"))
    if trigger.view is None or not trigger.view.open:
        raise Refused("not_found")
    return {"view": pushed(call.workspace, trigger.view, content).payload()}


def update(call: Call) -> Answer:
    view = _open_view(call)
    if call.text("hash") and call.text("hash") != view.hash:
        raise Refused("hash_conflict")
    call.workspace.change_view(view, checked(call.workspace, call.json("view"), but=view))
    return {"view": view.payload()}


def publish(call: Call) -> Answer:
    user = call.workspace.user(call.required("user_id"))
    if user is None:
        raise Refused("user_not_found")
    content = blocks.view(call.json("view"), kind="home")
    before = call.workspace.homes.get(user.id)
    if call.text("hash") and before is not None and call.text("hash") != before.hash:
        raise Refused("hash_conflict")
    return {"view": call.workspace.publish(user.id, content).payload()}


def checked(workspace: Workspace, given: Any, *, but: View | None = None) -> dict[str, Any]:
    """A modal's content that may be shown. Raises Refused."""
    content = blocks.view(given, kind="modal")
    external = content.get("external_id")
    if external and any(
        view is not but and view.content.get("external_id") == external
        for view in workspace.views.values()
    ):
        raise Refused("duplicate_external_id")
    return content


def pushed(workspace: Workspace, below: View, content: dict[str, Any]) -> View:
    if len(workspace.modals.get(below.person, [])) >= STACK:
        raise Refused("push_limit_reached")
    view = workspace.make_view(below.person, content, below=below)
    workspace.show_modal(view, onto=True)
    return view


def _open_view(call: Call) -> View:
    external = call.text("external_id")
    for view in call.workspace.views.values():
        if view.content["type"] != "modal":
            continue
        if view.id == call.text("view_id") or (
            external and view.content.get("external_id") == external
        ):
            return view
    raise Refused("not_found")


METHODS = {
    "views.open": Method(open_, tier=4),
    "views.push": Method(push, tier=4),
    "views.update": Method(update, tier=4),
    "views.publish": Method(publish, tier=4),
}
