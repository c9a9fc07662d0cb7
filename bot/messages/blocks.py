"""The Block Kit shapes we use, as plain dicts, cut to Slack's limits.

What a maker calls `text` is mrkdwn, in which everything that came from outside has gone through
`escape()`; titles, labels and names of buttons are plain text and need none.
"""

import re
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Literal

from bot.messages import limits
from bot.messages.languages import tr

Block = dict[str, Any]
Align = Literal["left", "center", "right"]

NOTHING = "-"
"""Stands where Slack wants a character and there is none."""

_ENTITIES = str.maketrans({"&": "&amp;", "<": "&lt;", ">": "&gt;"})
_CONTROL = re.compile(r"[\x00-\x08\x0b-\x1f\x7f-\x9f\u202a-\u202e\u2066-\u2069\ud800-\udfff]")
"""Control characters, the marks that turn the direction of text, and lone surrogates."""
_BROKEN_ENTITY = re.compile(r"&[a-z]{0,3}$")


PICTURE = "F0PICTURE"
"""Stands for the id of a message's picture, which Slack gives when it is uploaded."""


@dataclass(frozen=True, slots=True)
class Picture:
    """What Slack cannot draw: uploaded when its message is posted."""

    name: str
    """Of the file."""
    content: bytes
    """PNG."""
    alt_text: str
    instead: tuple[Block, ...]
    """The same in blocks, where it cannot be uploaded."""


@dataclass(frozen=True, slots=True)
class Message:
    """What is posted. `text` is what phones and screen readers show, so it says the whole thing."""

    text: str
    blocks: tuple[Block, ...] = ()
    fallback: tuple[Block, ...] | None = None
    """The same in older blocks, for a Slack that refuses charts or tables."""
    picture: Picture | None = None
    """Shown where `blocks` have the image PICTURE; the fallback has none."""

    def showing(self, file_id: str | None) -> "Message":
        """With its picture uploaded under that id, or with what stands for it."""
        if self.picture is None:
            return self
        shown: list[Block] = []
        for block in self.blocks:
            if (block.get("slack_file") or {}).get("id") != PICTURE:
                shown.append(block)
            elif file_id is None:
                shown += self.picture.instead
            else:
                shown.append({**block, "slack_file": {"id": file_id}})
        return Message(self.text, tuple(shown), self.fallback)


def saying(told: str) -> Message:
    """A sentence, or a few of them."""
    return Message(told, (section(told),))


def advising(told: str) -> Message:
    """The same with `words` to type, whose marks the text goes without."""
    return Message(told.replace("`", ""), (section(told),))


def escape(text: str) -> str:
    """Words from outside, made harmless: `<!channel>` in a customer's name rings nobody.

    One line comes out: a name cannot begin a line of its own. Bold and italic marks stay.
    """
    return " ".join(_clean(text).split()).translate(_ENTITIES)


def unescape(text: str) -> str:
    """What somebody typed: Slack sends it escaped, of which a plan called R&D knows nothing."""
    return text.replace("&lt;", "<").replace("&gt;", ">").replace("&amp;", "&")


def escape_lines(text: str) -> str:
    """`escape` for what people wrote in several lines."""
    return _clean(text).translate(_ENTITIES)


def bold(text: str) -> str:
    """In bold, unless it holds what would end the bold in the middle."""
    return text if not text or "*" in text or "\n" in text else f"*{text}*"


def cut(text: str, longest: int) -> str:
    """At most `longest` characters, the last one "…" if something is missing.

    No entity (`&amp;`) is cut in two.
    """
    if len(text) <= longest:
        return text
    return _BROKEN_ENTITY.sub("", text[: longest - 1]).rstrip() + "…"


def cut_lines(text: str, longest: int) -> str:
    """As `cut`, but whole lines go, so that no mark or link stays open."""
    if len(text) <= longest:
        return text
    whole = text[: longest - 1].rpartition("\n")[0]
    return f"{whole}\n…" if whole else cut(text, longest)


def sections(lines: Iterable[str]) -> tuple[Block, ...]:
    """The lines in as few paragraphs as take them whole: of one that is too long Slack would show
    the beginning, and nobody would miss the names behind it."""
    parts: list[str] = []
    for line in lines:
        if parts and len(parts[-1]) + 1 + len(line) <= limits.SECTION:
            parts[-1] += f"\n{line}"
        else:
            parts.append(line)
    return tuple(section(part) for part in parts)


def header(text: str) -> Block:
    return {"type": "header", "text": _plain(text, limits.HEADER)}


def section(
    text: str = "",
    *,
    fields: Sequence[str] = (),
    accessory: Block | None = None,
    block_id: str = "",
) -> Block:
    """A paragraph, up to ten fields in two columns, or both. Text of no characters is left out."""
    block: Block = {"type": "section"}
    if text:
        block["text"] = _mrkdwn(text, limits.SECTION)
    if fields:
        block["fields"] = [_mrkdwn(f, limits.FIELD) for f in fields[: limits.FIELDS_ITEMS]]
    if accessory:
        block["accessory"] = accessory
    return _named(block, block_id)


def context(*texts: str) -> Block:
    """Small grey print."""
    return {
        "type": "context",
        "elements": [_mrkdwn(t, limits.TEXT) for t in texts[: limits.CONTEXT_ITEMS]],
    }


def divider() -> Block:
    return {"type": "divider"}


def actions(*elements: Block, block_id: str = "") -> Block:
    return _named({"type": "actions", "elements": list(elements[: limits.ACTIONS_ITEMS])}, block_id)


def button(
    text: str,
    *,
    action_id: str,
    value: str = "",
    style: Literal["primary", "danger"] | None = None,
    accessibility_label: str = "",
    url: str = "",
    confirm: str = "",
) -> Block:
    """`value` and `url` are never cut: cut ones would mean something else. With `confirm` Slack
    asks once more, in these words."""
    block: Block = {
        "type": "button",
        "text": _plain(text, limits.BUTTON_TEXT),
        "action_id": action_id,
    }
    if value:
        block["value"] = value
    if style:
        block["style"] = style
    if accessibility_label:
        block["accessibility_label"] = _label(accessibility_label, limits.ACCESSIBILITY_LABEL)
    if url:
        block["url"] = url
    if confirm:
        block["confirm"] = {
            "title": _plain(text, limits.CONFIRM_TITLE),
            "text": _plain(confirm, limits.CONFIRM_TEXT),
            "confirm": _plain(tr("Yes"), limits.CONFIRM_BUTTON),
            "deny": _plain(tr("No"), limits.CONFIRM_BUTTON),
        }
    return block


def more_button(
    action_id: str, first: int, total: int, *, at_once: int, value: str = ""
) -> tuple[Block, ...]:
    """Below a long list: its next part begins after `first`, which is the button's value, unless
    more must be known and `value` tells it; nothing where the list has ended, or Slack takes no
    such value."""
    value = value or str(first)
    if first >= total or len(value) > limits.BUTTON_VALUE:
        return ()
    label = tr("Show {n} more", n=min(at_once, total - first))
    return (actions(button(label, action_id=action_id, value=value), block_id=action_id),)


def read_first(body: dict[str, Any]) -> int:
    """From where on to show, of a click on such a button."""
    value = str(body["actions"][0].get("value", ""))
    return int(value) if value.isdigit() else 0


def static_select(
    placeholder: str, options: Mapping[str, str], *, action_id: str, chosen: str = ""
) -> Block:
    """A menu; `options` are label by value, of which the first hundred are shown."""
    shown = {v: option(label, v) for v, label in list(options.items())[: limits.SELECT_ITEMS]}
    block: Block = {
        "type": "static_select",
        "placeholder": _plain(placeholder, limits.PLACEHOLDER),
        "action_id": action_id,
        "options": list(shown.values()),
    }
    if chosen in shown:
        block["initial_option"] = shown[chosen]
    return block


def option(label: str, value: str) -> Block:
    return {"text": _plain(label, limits.OPTION_TEXT), "value": value}


def plain_input(
    label: str,
    *,
    block_id: str,
    action_id: str,
    hint: str = "",
    placeholder: str = "",
    initial: str = "",
    optional: bool = False,
    multiline: bool = False,
    longest: int = limits.TYPED_TEXT,
) -> Block:
    """A field to type into."""
    element: Block = {
        "type": "plain_text_input",
        "action_id": action_id,
        "multiline": multiline,
        "max_length": longest,
    }
    if placeholder:
        element["placeholder"] = _plain(placeholder, limits.PLACEHOLDER)
    if initial:
        element["initial_value"] = cut(_clean(initial), longest)
    block = {**_input(label, block_id, element), "optional": optional}
    if hint:
        block["hint"] = _plain(hint, limits.INPUT_HINT)
    return block


def select_input(
    label: str,
    options: Mapping[str, str],
    *,
    block_id: str,
    action_id: str,
    chosen: str = "",
    placeholder: str = "",
    optional: bool = False,
) -> Block:
    """A menu in a form, sent with it; `options` as in `static_select`."""
    told = placeholder or tr("Choose")
    menu = static_select(told, options, action_id=action_id, chosen=chosen)
    return {**_input(label, block_id, menu), "optional": optional}


def person_input(label: str, *, block_id: str, action_id: str, chosen: str = "") -> Block:
    """A person of the workspace, chosen in a form."""
    element: Block = {"type": "users_select", "action_id": action_id}
    if chosen:
        element["initial_user"] = chosen
    return _input(label, block_id, element)


def people_input(label: str, *, block_id: str, action_id: str, chosen: Sequence[str] = ()) -> Block:
    """Any number of people of the workspace, chosen in a form; nobody is also an answer."""
    element: Block = {"type": "multi_users_select", "action_id": action_id}
    if chosen:
        element["initial_users"] = list(chosen)
    return {**_input(label, block_id, element), "optional": True}


def channels_input(
    label: str, *, block_id: str, action_id: str, chosen: Sequence[str] = ()
) -> Block:
    """Any number of channels, by their ids, chosen in a form; none is also an answer."""
    element: Block = {"type": "multi_conversations_select", "action_id": action_id}
    if chosen:
        element["initial_conversations"] = list(chosen)
    return {**_input(label, block_id, element), "optional": True}


def channel_input(
    label: str, *, block_id: str, action_id: str, chosen: str = "", optional: bool = False
) -> Block:
    """A channel, by its id, chosen in a form."""
    element: Block = {"type": "conversations_select", "action_id": action_id}
    if chosen:
        element["initial_conversation"] = chosen
    block = _input(label, block_id, element)
    return {**block, "optional": True} if optional else block


def _input(label: str, block_id: str, element: Block) -> Block:
    return {
        "type": "input",
        "block_id": block_id,
        "label": _plain(label, limits.INPUT_LABEL),
        "element": element,
    }


def image(url: str, alt_text: str, *, title: str = "") -> Block:
    block: Block = {
        "type": "image",
        "image_url": url,
        "alt_text": _label(alt_text, limits.ALT_TEXT),
    }
    if title:
        block["title"] = _plain(title, limits.IMAGE_TITLE)
    return block


def slack_image(file_id: str, alt_text: str) -> Block:
    """A picture that was uploaded to Slack."""
    return {
        "type": "image",
        "slack_file": {"id": file_id},
        "alt_text": _label(alt_text, limits.ALT_TEXT),
    }


def table(rows: Sequence[Sequence[str]], *, align: Sequence[Align] = ()) -> Block:
    """Rows of plain cells, the heading first; at most a hundred rows of twenty cells.

    An empty cell becomes a dash, because Slack refuses the whole message for one. Rows that would
    take the table over ten thousand characters are left out.
    """
    kept: list[list[Block]] = []
    room = limits.MESSAGE_TABLES
    for row in rows[: limits.TABLE_ROWS]:
        cells = [_line(cell) or NOTHING for cell in row[: limits.TABLE_COLUMNS]]
        room -= sum(len(cell) for cell in cells)
        if room < 0:
            break
        kept.append([{"type": "raw_text", "text": cell} for cell in cells])
    block: Block = {"type": "table", "rows": kept}
    if align:
        block["column_settings"] = [{"align": a} for a in align[: limits.TABLE_COLUMNS]]
    return block


def line_chart(
    title: str,
    series: Mapping[str, Sequence[float]],
    categories: Sequence[str],
    *,
    x_label: str = "",
    y_label: str = "",
) -> Block:
    """A native chart; every series has one value a category.

    The newest twenty categories and the first six series are shown. Raises ValueError when a
    series is of another length.
    """
    return _chart("line", title, series, categories, x_label, y_label)


def bar_chart(
    title: str,
    series: Mapping[str, Sequence[float]],
    categories: Sequence[str],
    *,
    x_label: str = "",
    y_label: str = "",
) -> Block:
    """As `line_chart`, in bars."""
    return _chart("bar", title, series, categories, x_label, y_label)


def modal(
    title: str,
    blocks: Iterable[Block],
    *,
    callback_id: str,
    submit: str = "",
    close: str = "",
    private_metadata: str = "",
) -> Block:
    """A form or a notice in front of one person. `private_metadata` is never cut."""
    view: Block = {
        "type": "modal",
        "callback_id": callback_id,
        "title": _plain(title, limits.VIEW_TITLE),
        "close": _plain(close or tr("Close"), limits.VIEW_BUTTON),
        "blocks": list(blocks)[: limits.VIEW_BLOCKS],
    }
    if submit:
        view["submit"] = _plain(submit, limits.VIEW_BUTTON)
    if private_metadata:
        view["private_metadata"] = private_metadata
    return view


def notice(message: Message) -> Block:
    """A message before one person, where it can't stand in a channel."""
    allowed = limits.BLOCKS["modal"]
    fitting = [
        blocks
        for blocks in (message.blocks, message.fallback or ())
        if blocks and all(block["type"] in allowed for block in blocks)
    ]
    shown = fitting[0] if fitting else (section(message.text),)
    return modal("Keeprate", shown, callback_id=NOTICE)


NOTICE = "notice"
"""The callback_id of what is only read."""


def home(blocks: Iterable[Block]) -> Block:
    """App Home of one person."""
    return {"type": "home", "blocks": list(blocks)[: limits.VIEW_BLOCKS]}


def _chart(
    kind: str,
    title: str,
    series: Mapping[str, Sequence[float]],
    categories: Sequence[str],
    x_label: str,
    y_label: str,
) -> Block:
    if any(len(values) != len(categories) for values in series.values()):
        raise ValueError("every series of a chart needs one value for every category")
    newest = -limits.CHART_CATEGORIES
    labels = _unique(categories[newest:], limits.CHART_LABEL)
    shown = list(series.items())[: limits.CHART_SERIES_SAFE]
    names = _unique([name for name, _ in shown], limits.CHART_LABEL)
    axes: Block = {"categories": labels}
    if x_label:
        axes["x_label"] = _label(x_label, limits.CHART_AXIS)
    if y_label:
        axes["y_label"] = _label(y_label, limits.CHART_AXIS)
    return {
        "type": "data_visualization",
        "title": _label(title, limits.CHART_TITLE),
        "chart": {
            "type": kind,
            "series": [
                {
                    "name": name,
                    "data": [
                        {"label": label, "value": value}
                        for label, value in zip(labels, values[newest:], strict=True)
                    ],
                }
                for name, (_, values) in zip(names, shown, strict=True)
            ],
            "axis_config": axes,
        },
    }


def _unique(labels: Sequence[str], longest: int) -> list[str]:
    """Each cut, and told apart by a number where two became the same."""
    taken: set[str] = set()
    unique = []
    for label in labels:
        wanted = _label(label, longest)
        candidate, number = wanted, 2
        while candidate in taken:
            mark = f" ({number})"
            candidate, number = wanted[: longest - len(mark)] + mark, number + 1
        taken.add(candidate)
        unique.append(candidate)
    return unique


def _plain(text: str, longest: int) -> Block:
    return {"type": "plain_text", "text": _label(text, longest), "emoji": True}


def _mrkdwn(text: str, longest: int) -> Block:
    """`verbatim`, so that a customer called booking.com or #general is not made a link."""
    shown = cut_lines(_clean(text), longest)
    return {"type": "mrkdwn", "text": shown if shown.strip() else NOTHING, "verbatim": True}


def _label(text: str, longest: int) -> str:
    """One line of at least one character."""
    return cut(_line(text), longest) or NOTHING


def _named(block: Block, block_id: str) -> Block:
    return {**block, "block_id": block_id} if block_id else block


def _line(text: str) -> str:
    return " ".join(_clean(text).split())


def _clean(text: str) -> str:
    return _CONTROL.sub("", text.replace("\r\n", "\n").replace("\r", "\n"))
