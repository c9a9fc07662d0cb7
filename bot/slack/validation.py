"""What Slack would refuse, found before it is sent.

One bad block makes Slack refuse a whole message, and its answer comes too late to mend it. So
every message and view is held against the same limits first; the sandbox refuses by them too.
Slack has no schema to download: this table follows its documentation, in its own words
(https://docs.slack.dev/reference/block-kit).
"""

from collections import Counter
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from bot.messages import limits
from bot.messages.blocks import Block
from bot.messages.limits import Surface


@dataclass(frozen=True, slots=True)
class Problem:
    """One thing that Slack would refuse."""

    pointer: str
    """A JSON pointer: /blocks/0/text/text."""
    message: str

    def __str__(self) -> str:
        return f"{self.message} [json-pointer:{self.pointer}]"


Check = Callable[[Any, str], Iterator[Problem]]
"""A value and the pointer to it, to what is wrong with it."""


def problems(blocks: Sequence[Block], *, surface: Surface) -> list[Problem]:
    """Everything that Slack would refuse about the blocks of a message or view."""
    most = limits.MESSAGE_BLOCKS if surface == "message" else limits.VIEW_BLOCKS
    found = list(_items(_block, most=most, least=0)(blocks, "/blocks"))
    if not isinstance(blocks, list | tuple):
        return found
    typed = (isinstance(b, dict) and isinstance(b.get("type"), str) for b in blocks)
    known = [(i, b) for i, (b, is_typed) in enumerate(zip(blocks, typed, strict=True)) if is_typed]
    found += [
        Problem(f"/blocks/{i}/type", f"unsupported type on a {surface}: {block['type']}")
        for i, block in known
        if block["type"] in _BLOCKS and block["type"] not in limits.BLOCKS[surface]
    ]
    found += _same_block_ids(blocks)
    if surface == "message":
        found += _message_totals([block for _, block in known])
    return found


def view_problems(view: Any) -> list[Problem]:
    """Everything that Slack would refuse about a modal or an App Home view."""
    if not isinstance(view, dict):
        return [Problem("", "must be an object")]
    kind = view.get("type")
    if kind not in ("modal", "home"):
        return [Problem("/type", f"unsupported type: {kind}")]
    found = list(_VIEWS[kind](view, ""))
    if "blocks" in view:
        found += problems(view["blocks"], surface=kind)
    if kind == "modal" and "submit" not in view and _asks(view.get("blocks")):
        found.append(Problem("", "missing required field: submit"))
    return found


def _asks(blocks: Any) -> bool:
    return isinstance(blocks, list | tuple) and any(
        isinstance(block, dict) and block.get("type") == "input" for block in blocks
    )


def _message_totals(blocks: Sequence[Block]) -> Iterator[Problem]:
    """What holds for all blocks of a message together."""
    of = Counter(block["type"] for block in blocks)
    if of["data_visualization"] > limits.MESSAGE_CHARTS:
        yield Problem("/blocks", f"no more than {limits.MESSAGE_CHARTS} data_visualization blocks")
    for kind, most in (
        ("markdown", limits.MESSAGE_MARKDOWN),
        ("table", limits.MESSAGE_TABLES),
        ("data_table", limits.MESSAGE_DATA_TABLES),
    ):
        length = sum(_text_length(block) for block in blocks if block["type"] == kind)
        if length > most:
            yield Problem("/blocks", f"{kind} text must be less than {most + 1} characters in all")
    told = [block for block in blocks if block["type"] not in ("table", "data_table")]
    if sum(_text_length(block) for block in told) > limits.MESSAGE_BLOCK_TEXT:
        yield Problem("/blocks", f"msg_blocks_too_long: over {limits.MESSAGE_BLOCK_TEXT}")


def _text_length(value: Any) -> int:
    if isinstance(value, dict):
        return sum(
            len(inner) if key == "text" and isinstance(inner, str) else _text_length(inner)
            for key, inner in value.items()
        )
    if isinstance(value, list | tuple):
        return sum(_text_length(inner) for inner in value)
    return 0


def _same_block_ids(blocks: Sequence[Any]) -> Iterator[Problem]:
    seen: set[str] = set()
    for i, block in enumerate(blocks):
        block_id = block.get("block_id") if isinstance(block, dict) else None
        if not isinstance(block_id, str):
            continue
        if block_id in seen:
            yield Problem(f"/blocks/{i}/block_id", "block_id already exists")
        seen.add(block_id)


# The words in which the table below is written.


def _string(most: int, least: int = 1) -> Check:
    def check(value: Any, at: str) -> Iterator[Problem]:
        if not isinstance(value, str):
            yield Problem(at, "must be a string")
        elif len(value) > most:
            yield Problem(at, f"must be less than {most + 1} characters")
        elif len(value) < least:
            yield Problem(at, f"must be more than {least - 1} characters")

    return check


def _number(low: float = float("-inf"), high: float = float("inf")) -> Check:
    def check(value: Any, at: str) -> Iterator[Problem]:
        if isinstance(value, bool) or not isinstance(value, int | float):
            yield Problem(at, "must be a number")
        elif not low <= value <= high or value in (float("inf"), float("-inf")):
            yield Problem(at, f"must be between {low} and {high}")

    return check


def _over_zero(value: Any, at: str) -> Iterator[Problem]:
    yield from _number()(value, at)
    if isinstance(value, int | float) and value <= 0:
        yield Problem(at, "must be greater than 0")


def _flag(value: Any, at: str) -> Iterator[Problem]:
    if not isinstance(value, bool):
        yield Problem(at, "must be a boolean")


def _anything(_value: Any, _at: str) -> Iterator[Problem]:
    yield from ()


def _choice(*allowed: str) -> Check:
    def check(value: Any, at: str) -> Iterator[Problem]:
        if value not in allowed:
            yield Problem(at, f"must be a valid enum value: {', '.join(allowed)}")

    return check


def _items(check: Check, *, most: int, least: int = 1) -> Check:
    def each(value: Any, at: str) -> Iterator[Problem]:
        if not isinstance(value, list | tuple):
            yield Problem(at, "must be an array")
            return
        if len(value) > most:
            yield Problem(at, f"no more than {most} items allowed")
        if len(value) < least:
            yield Problem(at, f"no fewer than {least} items allowed")
        for i, item in enumerate(value):
            yield from check(item, f"{at}/{i}")

    return each


def _shape(
    required: Mapping[str, Check],
    optional: Mapping[str, Check] | None = None,
    *also: Check,
) -> Check:
    """An object with these fields and no others (and `type`, which chose the shape)."""
    known = {**(optional or {}), **required}

    def check(value: Any, at: str) -> Iterator[Problem]:
        if not isinstance(value, dict):
            yield Problem(at, "must be an object")
            return
        for name in required:
            if name not in value:
                yield Problem(at, f"missing required field: {name}")
        for name, inner in value.items():
            if name in known:
                yield from known[name](inner, f"{at}/{name}")
            elif name != "type":
                yield Problem(at, f"invalid additional property: {name}")
        for rule in also:
            yield from rule(value, at)

    return check


def _by_type(shapes: Mapping[str, Check], allowed: frozenset[str] | None = None) -> Check:
    def check(value: Any, at: str) -> Iterator[Problem]:
        if not isinstance(value, dict):
            yield Problem(at, "must be an object")
            return
        kind = value.get("type")
        if kind is None:
            yield Problem(at, "missing required field: type")
        elif not isinstance(kind, str) or kind not in shapes or (allowed and kind not in allowed):
            yield Problem(f"{at}/type", f"unsupported type: {kind}")
        else:
            yield from shapes[kind](value, at)

    return check


def _one_of(*names: str) -> Check:
    """At least one of these fields."""

    def check(value: Any, at: str) -> Iterator[Problem]:
        if not any(name in value for name in names):
            yield Problem(at, f"missing required field: {' or '.join(names)}")

    return check


def _only_one_of(*names: str) -> Check:
    def check(value: Any, at: str) -> Iterator[Problem]:
        if sum(name in value for name in names) != 1:
            yield Problem(at, f"must have exactly one of: {', '.join(names)}")

    return check


def _not_both(one: str, other: str) -> Check:
    def check(value: Any, at: str) -> Iterator[Problem]:
        if one in value and other in value:
            yield Problem(at, f"must not have both: {one}, {other}")

    return check


def _different(field: str, name: str, message: str) -> Check:
    """No two of the objects in `field` have the same `name`."""

    def check(value: Any, at: str) -> Iterator[Problem]:
        seen: set[str] = set()
        items = value.get(field)
        for i, item in enumerate(items if isinstance(items, list | tuple) else ()):
            own = item.get(name) if isinstance(item, dict) else None
            if isinstance(own, str) and own in seen:
                yield Problem(f"{at}/{field}/{i}/{name}", message)
            if isinstance(own, str):
                seen.add(own)

    return check


# Text.


def _plain(most: int) -> Check:
    return _by_type({"plain_text": _shape({"text": _string(most)}, {"emoji": _flag})})


def _text(most: int) -> Check:
    plain = _shape({"text": _string(most)}, {"emoji": _flag})
    mrkdwn = _shape({"text": _string(most)}, {"verbatim": _flag})
    return _by_type({"plain_text": plain, "mrkdwn": mrkdwn})


_RICH_TEXT = _items(_anything, most=limits.TEXT, least=0)
_SLACK_FILE = _shape(
    {}, {"id": _string(255), "url": _string(limits.URL)}, _only_one_of("id", "url")
)

# Elements.

_ACTION_ID = {"action_id": _string(limits.ACTION_ID)}
_CONFIRM = _shape(
    {
        "title": _plain(limits.CONFIRM_TITLE),
        "text": _text(limits.CONFIRM_TEXT),
        "confirm": _plain(limits.CONFIRM_BUTTON),
        "deny": _plain(limits.CONFIRM_BUTTON),
    },
    {"style": _choice("primary", "danger")},
)
_STYLE = {"style": _choice("primary", "danger")}
_LABEL = {"accessibility_label": _string(limits.ACCESSIBILITY_LABEL)}
_OPTION = _shape(
    {"text": _text(limits.OPTION_TEXT), "value": _string(limits.OPTION_VALUE)},
    {"description": _text(limits.OPTION_DESCRIPTION), "url": _string(limits.URL)},
)
_ASKS = {**_ACTION_ID, "focus_on_load": _flag}
_PLACEHOLDER = {"placeholder": _plain(limits.PLACEHOLDER)}
_SELECT = {**_ASKS, **_PLACEHOLDER, "confirm": _CONFIRM}
_DISPATCH = _shape(
    {"trigger_actions_on": _items(_choice("on_enter_pressed", "on_character_entered"), most=2)}
)
_STATIC = {
    "options": _items(_OPTION, most=limits.SELECT_ITEMS),
    "option_groups": _items(
        _shape(
            {
                "label": _plain(limits.OPTION_GROUP_LABEL),
                "options": _items(_OPTION, most=limits.SELECT_ITEMS),
            }
        ),
        most=limits.SELECT_ITEMS,
    ),
}
_CONVERSATIONS = {"default_to_current_conversation": _flag, "filter": _anything}
_ANSWERABLE = {"response_url_enabled": _flag}
_MANY = {"max_selected_items": _number(1)}
_IDS = _items(_string(255), most=limits.SELECT_ITEMS, least=0)
_TYPED = {**_ASKS, **_PLACEHOLDER, "dispatch_action_config": _DISPATCH}


def _choices(**also: Check) -> Check:
    return _shape(
        {"options": _items(_OPTION, most=limits.CHOICES_ITEMS)},
        {**_ASKS, "confirm": _CONFIRM, **also},
    )


_CHOSEN = _items(_OPTION, most=limits.SELECT_ITEMS)
_QUERY = {"min_query_length": _number(0)}

_ELEMENTS: dict[str, Check] = {
    "plain_text": _plain(limits.TEXT),
    "mrkdwn": _text(limits.TEXT),
    "button": _shape(
        {"text": _plain(limits.BUTTON_TEXT)},
        {
            **_ACTION_ID,
            **_STYLE,
            **_LABEL,
            "value": _string(limits.BUTTON_VALUE),
            "url": _string(limits.URL),
            "confirm": _CONFIRM,
        },
    ),
    "workflow_button": _shape(
        {"text": _plain(limits.BUTTON_TEXT), "workflow": _anything},
        {**_ACTION_ID, **_STYLE, **_LABEL},
    ),
    "image": _shape(
        {"alt_text": _string(limits.ALT_TEXT)},
        {"image_url": _string(limits.URL), "slack_file": _SLACK_FILE},
        _only_one_of("image_url", "slack_file"),
    ),
    "static_select": _shape(
        {}, {**_SELECT, **_STATIC, "initial_option": _OPTION}, _only_one_of(*_STATIC)
    ),
    "multi_static_select": _shape(
        {}, {**_SELECT, **_STATIC, **_MANY, "initial_options": _CHOSEN}, _only_one_of(*_STATIC)
    ),
    "external_select": _shape({}, {**_SELECT, **_QUERY, "initial_option": _OPTION}),
    "multi_external_select": _shape({}, {**_SELECT, **_QUERY, **_MANY, "initial_options": _CHOSEN}),
    "users_select": _shape({}, {**_SELECT, "initial_user": _string(255)}),
    "multi_users_select": _shape({}, {**_SELECT, **_MANY, "initial_users": _IDS}),
    "conversations_select": _shape(
        {},
        {**_SELECT, **_CONVERSATIONS, **_ANSWERABLE, "initial_conversation": _string(255)},
    ),
    "multi_conversations_select": _shape(
        {}, {**_SELECT, **_CONVERSATIONS, **_MANY, "initial_conversations": _IDS}
    ),
    "channels_select": _shape({}, {**_SELECT, **_ANSWERABLE, "initial_channel": _string(255)}),
    "multi_channels_select": _shape({}, {**_SELECT, **_MANY, "initial_channels": _IDS}),
    "overflow": _shape(
        {"options": _items(_OPTION, most=limits.OVERFLOW_ITEMS)},
        {**_ACTION_ID, "confirm": _CONFIRM},
    ),
    "checkboxes": _choices(initial_options=_items(_OPTION, most=limits.CHOICES_ITEMS)),
    "radio_buttons": _choices(initial_option=_OPTION),
    "datepicker": _shape({}, {**_SELECT, "initial_date": _string(10, 10)}),
    "timepicker": _shape({}, {**_SELECT, "initial_time": _string(5, 5), "timezone": _string(255)}),
    "datetimepicker": _shape({}, {**_ASKS, "confirm": _CONFIRM, "initial_date_time": _number(0)}),
    "plain_text_input": _shape(
        {},
        {
            **_TYPED,
            "initial_value": _string(limits.TYPED_TEXT, 0),
            "multiline": _flag,
            "min_length": _number(0, limits.TYPED_TEXT),
            "max_length": _number(1, limits.TYPED_TEXT),
        },
    ),
    "rich_text_input": _shape({}, {**_TYPED, "initial_value": _anything}),
    "email_text_input": _shape({}, {**_TYPED, "initial_value": _string(limits.TYPED_TEXT, 0)}),
    "url_text_input": _shape({}, {**_TYPED, "initial_value": _string(limits.TYPED_TEXT, 0)}),
    "number_input": _shape(
        {"is_decimal_allowed": _flag},
        {
            **_TYPED,
            "initial_value": _string(255),
            "min_value": _string(255),
            "max_value": _string(255),
        },
    ),
    "file_input": _shape(
        {},
        {
            **_ACTION_ID,
            "filetypes": _items(_string(255), most=limits.SELECT_ITEMS),
            "max_files": _number(1, limits.FILE_INPUT_FILES),
        },
    ),
    "feedback_buttons": _shape(
        {
            name: _shape(
                {"text": _plain(limits.BUTTON_TEXT), "value": _string(limits.BUTTON_VALUE)}, _LABEL
            )
            for name in ("positive_button", "negative_button")
        },
        _ACTION_ID,
    ),
    "icon_button": _shape(
        {"icon": _choice("trash"), "text": _plain(limits.BUTTON_TEXT)},
        {
            **_ACTION_ID,
            **_LABEL,
            "value": _string(limits.BUTTON_VALUE),
            "confirm": _CONFIRM,
            "visible_to_user_ids": _items(_string(255), most=10),
        },
    ),
}


def _element(block: str) -> Check:
    return _by_type(_ELEMENTS, limits.ELEMENTS[block])


# Charts and tables.

_AXES = _shape(
    {"categories": _items(_string(limits.CHART_LABEL), most=limits.CHART_CATEGORIES)},
    {"x_label": _string(limits.CHART_AXIS), "y_label": _string(limits.CHART_AXIS)},
)
_SERIES = _shape(
    {
        "name": _string(limits.CHART_LABEL),
        "data": _items(
            _shape({"label": _string(limits.CHART_LABEL), "value": _number()}),
            most=limits.CHART_CATEGORIES,
        ),
    }
)


def _points_match_categories(chart: Any, at: str) -> Iterator[Problem]:
    axes, series = chart.get("axis_config"), chart.get("series")
    categories = axes.get("categories") if isinstance(axes, dict) else None
    if not isinstance(categories, list | tuple) or not isinstance(series, list | tuple):
        return
    if len({str(c) for c in categories}) < len(categories):
        yield Problem(f"{at}/axis_config/categories", "categories must be unique")
    for i, one in enumerate(series):
        data = one.get("data") if isinstance(one, dict) else None
        points = data if isinstance(data, list | tuple) else ()
        labels = [p.get("label") for p in points if isinstance(p, dict)]
        if sorted(map(str, labels)) != sorted(map(str, categories)):
            where = f"{at}/series/{i}/data"
            yield Problem(where, "must have exactly one point for every category")


_XY = _shape(
    {"series": _items(_SERIES, most=limits.CHART_SERIES), "axis_config": _AXES},
    {},
    _different("series", "name", "series names must be unique"),
    _points_match_categories,
)
_SEGMENT = _shape({"label": _string(limits.CHART_LABEL), "value": _over_zero})
_PIE = _shape({"segments": _items(_SEGMENT, most=limits.CHART_SEGMENTS)})

_CELL = {
    "raw_text": _shape({"text": _string(limits.MESSAGE_DATA_TABLES)}, {"emoji": _flag}),
    "raw_number": _shape({"value": _number()}, {"text": _string(limits.MESSAGE_DATA_TABLES)}),
    "rich_text": _shape({"elements": _RICH_TEXT}, {"block_id": _string(limits.BLOCK_ID)}),
}
_COLUMN = _shape({}, {"align": _choice("left", "center", "right"), "is_wrapped": _flag})


def _column(value: Any, at: str) -> Iterator[Problem]:
    if value is not None:  # null skips a column
        yield from _COLUMN(value, at)


def _cells_length(most: int) -> Check:
    def check(value: Any, at: str) -> Iterator[Problem]:
        if _text_length(value.get("rows")) > most:
            yield Problem(f"{at}/rows", f"must be less than {most + 1} characters in all")

    return check


def _even_rows(value: Any, at: str) -> Iterator[Problem]:
    rows = value.get("rows")
    rows = rows if isinstance(rows, list | tuple) else ()
    if len({len(row) for row in rows if isinstance(row, list | tuple)}) > 1:
        yield Problem(f"{at}/rows", "all rows must have the same number of cells")
    first = rows[0] if rows and isinstance(rows[0], list | tuple) else ()
    for i, cell in enumerate(first):
        if isinstance(cell, dict) and cell.get("type") == "rich_text":
            yield Problem(f"{at}/rows/0/{i}/type", "unsupported type in a header: rich_text")


# Blocks.

_CARD_BUTTONS = _items(
    _by_type(_ELEMENTS, frozenset({"button"})), most=limits.CARD_ACTIONS_ITEMS, least=0
)
_SAME_ACTION = "action_id already exists in this block"


def _laid(
    required: Mapping[str, Check], optional: Mapping[str, Check] | None = None, *also: Check
) -> Check:
    """A block: a shape that may carry a block_id."""
    return _shape(required, {"block_id": _string(limits.BLOCK_ID), **(optional or {})}, *also)


_CARD = _laid(
    {},
    {
        "title": _text(limits.CARD_TITLE),
        "subtitle": _text(limits.CARD_TITLE),
        "body": _text(limits.CARD_BODY),
        "subtext": _text(limits.CARD_BODY),
        "actions": _CARD_BUTTONS,
        "icon": _ELEMENTS["image"],
        "slack_icon": _anything,
        "hero_image": _ELEMENTS["image"],
    },
    _one_of("title", "body", "hero_image", "actions"),
    _not_both("icon", "slack_icon"),
)
_TASK = _laid(
    {"task_id": _string(255), "title": _string(limits.TEXT)},
    {"status": _choice("pending", "in_progress", "complete", "error")}
    | dict.fromkeys(("details", "output", "sources"), _anything),
)

_BLOCKS: dict[str, Check] = {
    "header": _laid({"text": _plain(limits.HEADER)}, {"level": _number(1, limits.HEADER_LEVELS)}),
    "section": _laid(
        {},
        {
            "text": _text(limits.SECTION),
            "fields": _items(_text(limits.FIELD), most=limits.FIELDS_ITEMS),
            "accessory": _element("section"),
            "expand": _flag,
        },
        _one_of("text", "fields"),
    ),
    "context": _laid({"elements": _items(_element("context"), most=limits.CONTEXT_ITEMS)}),
    "context_actions": _laid(
        {"elements": _items(_element("context_actions"), most=limits.CONTEXT_ACTIONS_ITEMS)}
    ),
    "divider": _laid({}),
    "actions": _laid(
        {"elements": _items(_element("actions"), most=limits.ACTIONS_ITEMS)},
        {},
        _different("elements", "action_id", _SAME_ACTION),
    ),
    "input": _laid(
        {"label": _plain(limits.INPUT_LABEL), "element": _element("input")},
        {"hint": _plain(limits.INPUT_HINT), "optional": _flag, "dispatch_action": _flag},
    ),
    "image": _laid(
        {"alt_text": _string(limits.ALT_TEXT)},
        {
            "image_url": _string(limits.URL),
            "slack_file": _SLACK_FILE,
            "title": _plain(limits.IMAGE_TITLE),
        },
        _only_one_of("image_url", "slack_file"),
    ),
    "video": _laid(
        {
            "alt_text": _string(limits.ALT_TEXT),
            "title": _plain(limits.VIDEO_TITLE),
            "thumbnail_url": _string(limits.URL),
            "video_url": _string(limits.URL),
        },
        {
            "author_name": _string(limits.VIDEO_NAME),
            "provider_name": _string(limits.VIDEO_NAME),
            "provider_icon_url": _string(limits.URL),
            "title_url": _string(limits.URL),
            "description": _plain(limits.VIDEO_TITLE),
        },
    ),
    "file": _laid({"external_id": _string(255), "source": _choice("remote")}),
    "rich_text": _laid({"elements": _RICH_TEXT}),
    "markdown": _laid({"text": _string(limits.MESSAGE_MARKDOWN)}),
    "alert": _laid(
        {"text": _text(limits.ALERT)},
        {"level": _choice("default", "info", "warning", "error", "success")},
    ),
    "card": _CARD,
    "carousel": _laid({"elements": _items(_by_type({"card": _CARD}), most=limits.CAROUSEL_ITEMS)}),
    "plan": _laid(
        {"title": _string(limits.TEXT)},
        {"tasks": _items(_by_type({"task_card": _TASK}), most=limits.PLAN_ITEMS, least=0)},
    ),
    "task_card": _TASK,
    "table": _laid(
        {
            "rows": _items(
                _items(_by_type(_CELL), most=limits.TABLE_COLUMNS), most=limits.TABLE_ROWS
            )
        },
        {"column_settings": _items(_column, most=limits.TABLE_COLUMNS, least=0)},
        _cells_length(limits.MESSAGE_TABLES),
    ),
    "data_table": _laid(
        {
            "caption": _string(limits.TEXT),
            "rows": _items(
                _items(_by_type(_CELL), most=limits.DATA_TABLE_COLUMNS),
                most=limits.DATA_TABLE_ROWS,
                least=2,
            ),
        },
        {
            "page_size": _number(1, limits.DATA_TABLE_PAGE),
            "row_header_column_index": _number(0, limits.DATA_TABLE_COLUMNS - 1),
        },
        _even_rows,
        _cells_length(limits.MESSAGE_DATA_TABLES),
    ),
    "data_visualization": _laid(
        {
            "title": _string(limits.CHART_TITLE),
            "chart": _by_type({"pie": _PIE, "line": _XY, "bar": _XY, "area": _XY}),
        }
    ),
}


def _child_block(value: Any, at: str) -> Iterator[Problem]:
    """What may stand in a container: no cards, charts or tables that page, and no container."""
    no = {"alert", "card", "carousel", "container", "data_table", "data_visualization"}
    yield from _by_type(_BLOCKS, frozenset(_BLOCKS) - no)(value, at)


_BLOCKS["container"] = _laid(
    {"child_blocks": _items(_child_block, most=limits.CONTAINER_ITEMS)},
    {
        "title": _plain(limits.CONTAINER_TITLE),
        "subtitle": _text(limits.CONTAINER_TITLE),
        **dict.fromkeys(
            (
                "rich_text_title",
                "width",
                "icon",
                "slack_icon",
                "is_collapsible",
                "default_collapsed",
                "has_header_divider",
            ),
            _anything,
        ),
    },
    _only_one_of("title", "rich_text_title"),
)
_block = _by_type(_BLOCKS)

# Views. Their blocks are checked by `problems`, which knows the surface.

_VIEW = {
    "private_metadata": _string(limits.PRIVATE_METADATA, 0),
    "callback_id": _string(limits.CALLBACK_ID),
    "external_id": _string(limits.CALLBACK_ID, 0),
}
_VIEWS = {
    "modal": _shape(
        {"title": _plain(limits.VIEW_TITLE), "blocks": _anything},
        {
            **_VIEW,
            "submit": _plain(limits.VIEW_BUTTON),
            "close": _plain(limits.VIEW_BUTTON),
            "clear_on_close": _flag,
            "notify_on_close": _flag,
            "submit_disabled": _flag,
        },
    ),
    "home": _shape({"blocks": _anything}, _VIEW),
}
