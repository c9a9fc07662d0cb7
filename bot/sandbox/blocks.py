"""Blocks as Slack takes them in: checked, completed with ids, and read by the person's client."""

import json
from collections.abc import Callable, Iterator
from itertools import count
from typing import Any, Literal

from bot.sandbox.errors import NotPossible, Refused
from bot.slack.validation import problems, view_problems

Block = dict[str, Any]
State = dict[str, dict[str, Any]]
"""block_id -> action_id -> {"type": …, the value's key: …}, as in `state.values`."""

NATIVE = frozenset({"data_visualization", "data_table", "table"})

_INPUTS: dict[str, tuple[str, str, Any]] = {
    # element type -> key of its value in `state.values`, key of its initial value, when empty
    "plain_text_input": ("value", "initial_value", None),
    "email_text_input": ("value", "initial_value", None),
    "url_text_input": ("value", "initial_value", None),
    "number_input": ("value", "initial_value", None),
    "rich_text_input": ("rich_text_value", "initial_value", None),
    "static_select": ("selected_option", "initial_option", None),
    "external_select": ("selected_option", "initial_option", None),
    "radio_buttons": ("selected_option", "initial_option", None),
    "checkboxes": ("selected_options", "initial_options", []),
    "multi_static_select": ("selected_options", "initial_options", []),
    "users_select": ("selected_user", "initial_user", None),
    "multi_users_select": ("selected_users", "initial_users", []),
    "conversations_select": ("selected_conversation", "initial_conversation", None),
    "multi_conversations_select": ("selected_conversations", "initial_conversations", []),
    "channels_select": ("selected_channel", "initial_channel", None),
    "multi_channels_select": ("selected_channels", "initial_channels", []),
    "datepicker": ("selected_date", "initial_date", None),
    "timepicker": ("selected_time", "initial_time", None),
    "datetimepicker": ("selected_date_time", "initial_date_time", None),
}

_ids = count(1)


def parsed(value: Any, *, error: str) -> Any:
    """JSON out of a form field, or the value itself out of a JSON body. Raises Refused(error)."""
    if not isinstance(value, str):
        return value
    try:
        return json.loads(value)
    except json.JSONDecodeError:
        raise Refused(error) from None


def message_blocks(value: Any, *, native: bool, file_ready: Callable[[str], bool]) -> list[Block]:
    """The blocks of a message, or Refused("invalid_blocks") with a pointer for each problem."""
    blocks = parsed(value, error="invalid_blocks_format")
    if not isinstance(blocks, list) or not all(isinstance(block, dict) for block in blocks):
        raise Refused("invalid_blocks_format")
    found = [str(problem) for problem in problems(blocks, surface="message")]
    found += [
        f"unsupported type: {block.get('type')} [json-pointer:/blocks/{at}/type]"
        for at, block in enumerate(blocks)
        if not native and block.get("type") in NATIVE
    ]
    found += [
        f"invalid slack file [json-pointer:/blocks/{at}/slack_file/id]"
        for at, block in enumerate(blocks)
        if isinstance(block.get("slack_file"), dict)
        and not file_ready(str(block["slack_file"].get("id", "")))
    ]
    if found:
        raise Refused("invalid_blocks", messages=[f"[ERROR] {one}" for one in found], errors=found)
    return completed(blocks)


def view(value: Any, *, kind: Literal["modal", "home"]) -> dict[str, Any]:
    """A view that Slack would take, its blocks completed. Raises Refused("invalid_arguments")."""
    given = parsed(value, error="invalid_arguments")
    if not isinstance(given, dict):
        raise Refused("invalid_arguments", messages=["[ERROR] missing required field: view"])
    if given.get("type") != kind:
        raise Refused(
            "invalid_arguments",
            messages=[f"[ERROR] must be a {kind} view [json-pointer:/view/type]"],
        )
    found = [f"[ERROR] {p.message} [json-pointer:/view{p.pointer}]" for p in view_problems(given)]
    if found:
        raise Refused("invalid_arguments", messages=found)
    if len(json.dumps(given)) > 250_000:
        raise Refused("view_too_large")
    return {**given, "blocks": completed(given["blocks"])}


def completed(blocks: list[Block]) -> list[Block]:
    """With the block_id and action_id that Slack makes up where the app gave none."""
    done = []
    for block in blocks:
        new = {**block, "block_id": block.get("block_id") or f"b{next(_ids)}"}
        if "elements" in block and block.get("type") in ("actions", "context_actions"):
            new["elements"] = [_with_action_id(element) for element in block["elements"]]
        if isinstance(block.get("element"), dict):
            new["element"] = _with_action_id(block["element"])
        if isinstance(block.get("accessory"), dict):
            new["accessory"] = _with_action_id(block["accessory"])
        done.append(new)
    return done


def _with_action_id(element: Block) -> Block:
    if element.get("type") == "image" or element.get("action_id"):
        return element
    return {**element, "action_id": f"a{next(_ids)}"}


def elements(blocks: list[Block]) -> Iterator[tuple[Block, Block]]:
    """Every interactive element with the block that it stands in."""
    for block in blocks:
        for element in (
            *(block.get("elements") or [] if block.get("type") != "context" else []),
            block.get("element"),
            block.get("accessory"),
        ):
            if isinstance(element, dict) and element.get("action_id"):
                yield block, element
        yield from elements(block.get("child_blocks") or [])


def initial(blocks: list[Block], before: State | None = None) -> State:
    """`state.values` as the client shows it; what was already typed stays under the same ids."""
    state: State = {}
    for block, element in elements(blocks):
        if element["type"] not in _INPUTS:
            continue
        key, first, empty = _INPUTS[element["type"]]
        kept = (before or {}).get(block["block_id"], {}).get(element["action_id"])
        if kept is None or kept["type"] != element["type"]:
            kept = {"type": element["type"], key: element.get(first, empty)}
        state.setdefault(block["block_id"], {})[element["action_id"]] = kept
    return state


def is_input(element: Block) -> bool:
    return element["type"] in _INPUTS


def filled(element: Block, value: Any) -> dict[str, Any]:
    """The element's state after a person gave it `value`: text, or an option's value or label.

    Raises NotPossible for an option that is not there.
    """
    kind = element["type"]
    key = _INPUTS[kind][0]
    match key:
        case "selected_option":
            return {"type": kind, key: None if value is None else option(element, value)}
        case "selected_options":
            return {"type": kind, key: [option(element, one) for one in value]}
        case _:
            return {"type": kind, key: value}


def option(element: Block, wanted: str) -> Block:
    """The option with that value, or else that label. Raises NotPossible."""
    groups = element.get("option_groups") or []
    options = [*(element.get("options") or []), *(o for g in groups for o in g["options"])]
    for one in options:
        if wanted in (one.get("value"), one["text"]["text"]):
            return dict(one)
    known = ", ".join(repr(one["text"]["text"]) for one in options)
    raise NotPossible(f"There is no option {wanted!r}; there are {known}.")


def complaint(block: Block, state: dict[str, Any]) -> str:
    """What the client says under an input that can't be submitted like this, or ""."""
    element = block["element"]
    value = state[_INPUTS[element["type"]][0]]
    if not value:
        return "" if block.get("optional") else "Please complete this required field."
    if element["type"] == "plain_text_input":
        if len(value) < element.get("min_length", 0):
            return f"Must be at least {element['min_length']} characters."
        if len(value) > element.get("max_length", 3000):
            return f"Must be at most {element.get('max_length', 3000)} characters."
    return ""


def words(value: Any) -> str:
    """All text in blocks or a part of them, a line each."""
    match value:
        case str():
            return value
        case list():
            return "\n".join(filter(None, map(words, value)))
        case dict():
            shown = (v for k, v in value.items() if k not in _UNSEEN)
            return "\n".join(filter(None, map(words, shown)))
        case int() | float() if not isinstance(value, bool):
            return str(value)
        case _:
            return ""


_UNSEEN = frozenset({"type", "block_id", "action_id", "value", "style", "private_metadata"})
