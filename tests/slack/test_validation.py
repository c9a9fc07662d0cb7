"""What Slack would refuse is refused, at its limits, and where others know them, as they do."""

from collections.abc import Callable
from typing import Any

import pytest
import slackblocks._limits as theirs
import slackblocks._surfaces as their_surfaces
from hypothesis import given
from hypothesis import strategies as st
from slack_sdk.errors import SlackObjectFormationError
from slack_sdk.models.blocks import Block as SdkBlock

from bot.messages import limits
from bot.messages.blocks import (
    Block,
    actions,
    button,
    context,
    divider,
    header,
    home,
    line_chart,
    modal,
    plain_input,
    section,
    table,
)
from bot.slack.validation import problems, view_problems


def pointers(*blocks: Any, surface: limits.Surface = "message") -> list[str]:
    return [p.pointer for p in problems(list(blocks), surface=surface)]


def plain(text: str) -> Block:
    return {"type": "plain_text", "text": text}


def mrkdwn(text: str) -> Block:
    return {"type": "mrkdwn", "text": text}


def press(number: int = 0, **also: Any) -> Block:
    return {"type": "button", "text": plain("a"), "action_id": f"a{number}", **also}


def option(text: str = "a", value: str = "a") -> Block:
    return {"text": plain(text), "value": value}


def choose(kind: str, options: int) -> Block:
    return {
        "type": kind,
        "action_id": "a",
        "options": [option(value=str(i)) for i in range(options)],
    }


def acting(*elements: Block) -> Block:
    return {"type": "actions", "elements": list(elements)}


def chart(series: int = 1, points: int = 2, **axes: Any) -> Block:
    labels = [str(i) for i in range(points)]
    return {
        "type": "data_visualization",
        "title": "a",
        "chart": {
            "type": "line",
            "series": [
                {"name": str(n), "data": [{"label": x, "value": 1} for x in labels]}
                for n in range(series)
            ],
            "axis_config": {"categories": labels, **axes},
        },
    }


def pie(*values: float) -> Block:
    segments = [{"label": str(i), "value": v} for i, v in enumerate(values)]
    return {
        "type": "data_visualization",
        "title": "a",
        "chart": {"type": "pie", "segments": segments},
    }


def rows(count: int, cells: int = 1, text: str = "a") -> list[list[Block]]:
    return [[{"type": "raw_text", "text": text}] * cells] * count


def text_of(kind: str, name: str, length: int) -> Block:
    return {"type": kind, name: (plain if kind == "header" else mrkdwn)("x" * length)}


def data_table(of: list[list[Block]]) -> Block:
    return {"type": "data_table", "caption": "a", "rows": of}


def image(**also: Any) -> Block:
    return {"type": "image", "alt_text": "a", **also}


def container(child: Block) -> Block:
    return {"type": "container", "title": plain("a"), "child_blocks": [child]}


SIZES: list[tuple[str, Callable[[int], Block], int, str]] = [
    ("header", lambda n: text_of("header", "text", n), 150, "/text/text"),
    ("level of a header", lambda n: {**header("a"), "level": n}, 4, "/level"),
    ("section", lambda n: text_of("section", "text", n), 3000, "/text/text"),
    ("fields", lambda n: {"type": "section", "fields": [mrkdwn("a")] * n}, 10, "/fields"),
    (
        "field",
        lambda n: {"type": "section", "fields": [mrkdwn("x" * n)]},
        2000,
        "/fields/0/text",
    ),
    ("context", lambda n: {"type": "context", "elements": [mrkdwn("a")] * n}, 10, "/elements"),
    ("actions", lambda n: acting(*map(press, range(n))), 25, "/elements"),
    (
        "button",
        lambda n: acting({**press(), "text": plain("x" * n)}),
        75,
        "/elements/0/text/text",
    ),
    ("value of a button", lambda n: acting(press(value="x" * n)), 2000, "/elements/0/value"),
    (
        "label for screen readers",
        lambda n: acting(press(accessibility_label="x" * n)),
        75,
        "/elements/0/accessibility_label",
    ),
    ("radio buttons", lambda n: acting(choose("radio_buttons", n)), 10, "/elements/0/options"),
    ("checkboxes", lambda n: acting(choose("checkboxes", n)), 10, "/elements/0/options"),
    ("overflow", lambda n: acting(choose("overflow", n)), 5, "/elements/0/options"),
    ("menu", lambda n: acting(choose("static_select", n)), 100, "/elements/0/options"),
    ("block_id", lambda n: {"type": "divider", "block_id": "x" * n}, 255, "/block_id"),
    ("markdown", lambda n: {"type": "markdown", "text": "x" * n}, 12000, "/text"),
    ("rows of a table", lambda n: {"type": "table", "rows": rows(n)}, 100, "/rows"),
    ("cells of a table", lambda n: {"type": "table", "rows": rows(1, n)}, 20, "/rows/0"),
    ("text of a table", lambda n: {"type": "table", "rows": rows(1, 1, "x" * n)}, 10000, "/rows"),
    ("rows of a data table", lambda n: data_table(rows(n)), 201, "/rows"),
    ("text of a data table", lambda n: data_table(rows(2, 1, "x" * (n // 2))), 20001, "/rows"),
    ("series of a chart", lambda n: chart(n), 12, "/chart/series"),
    ("points of a chart", lambda n: chart(1, n), 20, "/chart/axis_config/categories"),
    ("label of an axis", lambda n: chart(x_label="x" * n), 50, "/chart/axis_config/x_label"),
    ("segments of a pie", lambda n: pie(*[1] * n), 12, "/chart/segments"),
    ("card", lambda n: text_of("card", "body", n), 200, "/body/text"),
]
"""What is made in sizes, the largest that Slack takes, and where one more is refused."""


@pytest.mark.parametrize(
    ("make", "most", "at"), [size[1:] for size in SIZES], ids=[size[0] for size in SIZES]
)
def test_the_largest_is_taken_and_one_more_is_refused(
    make: Callable[[int], Block], most: int, at: str
) -> None:
    assert pointers(make(most)) == []
    assert f"/blocks/0{at}" in pointers(make(most + 1))


PAIRS: list[tuple[Block, Block, str]] = [
    (acting(press(style="primary")), acting(press(style="green")), "/elements/0/style"),
    (
        {"type": "table", "rows": rows(1)},
        {"type": "table", "rows": rows(1, 1, "")},
        "/rows/0/0/text",
    ),
    (
        {"type": "table", "rows": rows(1, 2), "column_settings": [None, {"align": "right"}]},
        {"type": "table", "rows": rows(1, 2), "column_settings": [None, {"align": "down"}]},
        "/column_settings/1/align",
    ),
    (data_table(rows(2)), data_table(rows(1)), "/rows"),
    (data_table(rows(2, 2)), data_table([*rows(1, 2), *rows(1, 1)]), "/rows"),
    (chart(1, 2), chart(1, 2, categories=["0", "2"]), "/chart/series/0/data"),
    (chart(1, 2), chart(1, 2, categories=["0", "0"]), "/chart/axis_config/categories"),
    (pie(0.1), pie(0.0), "/chart/segments/0/value"),
    (pie(0.1), pie(float("nan")), "/chart/segments/0/value"),
    (image(image_url="u"), {"type": "image", "image_url": "u"}, ""),
    (image(slack_file={"id": "F1"}), image(slack_file={"id": "F1"}, image_url="u"), ""),
    ({"type": "card", "title": mrkdwn("a")}, {"type": "card", "title": "a"}, "/title"),
    (text_of("card", "body", 1), text_of("card", "subtitle", 1), ""),
    (container(divider()), container(chart()), "/child_blocks/0/type"),
]
"""What is right, what is nearly so, and where it is not."""


@pytest.mark.parametrize(("good", "bad", "at"), PAIRS)
def test_what_is_nearly_right_is_refused(good: Block, bad: Block, at: str) -> None:
    assert pointers(good) == []
    assert f"/blocks/0{at}" in pointers(bad)


@pytest.mark.parametrize(
    ("block", "at"),
    [
        ({"type": "sectoin", "text": mrkdwn("a")}, "/type"),
        ({"text": mrkdwn("a")}, ""),
        ({"type": ["section"]}, "/type"),
        ({"type": "section"}, ""),
        ({"type": "section", "text": "a"}, "/text"),
        ({"type": "section", "text": mrkdwn("")}, "/text/text"),
        ({"type": "section", "text": mrkdwn("a"), "txet": 1}, ""),
        ({"type": "header", "text": mrkdwn("a")}, "/text/type"),
        ({"type": "section", "text": mrkdwn("a"), "accessory": plain("a")}, "/accessory/type"),
        ({"type": "actions", "elements": []}, "/elements"),
        ({"type": "actions", "elements": "a"}, "/elements"),
        ({"type": "actions", "elements": [{"type": "plain_text_input"}]}, "/elements/0/type"),
        ({"type": "input", "label": plain("a"), "element": press()}, "/element/type"),
        ({"type": "context", "elements": [press()]}, "/elements/0/type"),
        ({"type": "alert", "text": mrkdwn("a")}, "/type"),
        (acting({**press(), "value": 9}), "/elements/0/value"),
        (acting(press(1), press(1)), "/elements/1/action_id"),
        ("section", ""),
        (None, ""),
    ],
    ids=str,
)
def test_what_is_no_block_is_refused_where_it_is_wrong(block: Any, at: str) -> None:
    assert pointers(block) == [f"/blocks/0{at}"]


def test_blocks_that_are_no_list_are_refused() -> None:
    assert [p.pointer for p in problems("section", surface="message")] == ["/blocks"]  # type: ignore[arg-type]


def test_no_blocks_are_fine() -> None:
    assert problems([], surface="message") == []


def test_eleven_buttons_stand_in_one_block() -> None:
    assert pointers(actions(*(button(str(n), action_id=f"s{n}") for n in range(11)))) == []


def test_the_same_action_may_be_in_two_blocks_and_the_same_block_id_may_not() -> None:
    assert pointers(acting(press(1)), acting(press(1))) == []
    assert pointers({"type": "divider", "block_id": "a"}, {"type": "divider", "block_id": "a"}) == [
        "/blocks/1/block_id"
    ]


def test_a_message_holds_fifty_blocks_and_a_view_a_hundred() -> None:
    assert pointers(*[divider()] * 50) == []
    assert pointers(*[divider()] * 51) == ["/blocks"]
    assert pointers(*[divider()] * 100, surface="home") == []
    assert pointers(*[divider()] * 101, surface="modal") == ["/blocks"]


def test_a_message_holds_two_charts() -> None:
    assert pointers(chart(), chart()) == []
    assert pointers(chart(), chart(), chart()) == ["/blocks"]


def test_all_text_of_a_message_together_is_limited() -> None:
    assert pointers(*[section("x" * 2640)] * 5) == []
    assert pointers(*[section("x" * 2641)] * 5) == ["/blocks"]
    assert pointers(*[section("x" * 2641)] * 5, surface="home") == []


def test_all_markdown_and_all_tables_of_a_message_together_are_limited() -> None:
    half = {"type": "markdown", "text": "x" * 6000}
    assert pointers(half, half) == []
    assert pointers(half, {**half, "text": "x" * 6001}) == ["/blocks"]
    assert pointers(*[table([["x" * 2500] * 2])] * 2) == []
    assert pointers(table([["x" * 5000]]), table([["x" * 5001]])) == ["/blocks"]


@pytest.mark.parametrize("kind", sorted({k for kinds in limits.BLOCKS.values() for k in kinds}))
@pytest.mark.parametrize("surface", ["message", "modal", "home"])
def test_a_block_stands_only_where_slack_shows_it(kind: str, surface: limits.Surface) -> None:
    found = [p.message for p in problems([{"type": kind}], surface=surface)]

    refused = any(message.startswith("unsupported type") for message in found)
    assert refused == (kind not in limits.BLOCKS[surface])


def test_where_blocks_may_stand_is_what_others_know_too() -> None:
    """slackblocks shows charts in App Home as well; Slack's page of them speaks of messages."""
    for surface, kinds in their_surfaces._BLOCK_TYPES_BY_SURFACE.items():
        assert kinds - limits.BLOCKS[surface] <= {"data_visualization"}
        assert limits.BLOCKS[surface] <= kinds


OURS_AND_THEIRS = {
    "TEXT": "TEXT_MAX_LENGTH",
    "ACTION_ID": "ACTION_ID_MAX_LENGTH",
    "BLOCK_ID": "BLOCK_ID_MAX_LENGTH",
    "BUTTON_TEXT": "BUTTON_TEXT_MAX_LENGTH",
    "BUTTON_VALUE": "BUTTON_VALUE_MAX_LENGTH",
    "ACCESSIBILITY_LABEL": "BUTTON_ACCESSIBILITY_LABEL_MAX_LENGTH",
    "URL": "BUTTON_URL_MAX_LENGTH",
    "CONFIRM_TITLE": "CONFIRMATION_TITLE_MAX_LENGTH",
    "CONFIRM_TEXT": "CONFIRMATION_TEXT_MAX_LENGTH",
    "CONFIRM_BUTTON": "CONFIRMATION_CONFIRM_MAX_LENGTH",
    "OPTION_TEXT": "OPTION_TEXT_MAX_LENGTH",
    "OPTION_VALUE": "OPTION_VALUE_MAX_LENGTH",
    "OPTION_DESCRIPTION": "OPTION_DESCRIPTION_MAX_LENGTH",
    "OPTION_GROUP_LABEL": "OPTION_GROUP_LABEL_MAX_LENGTH",
    "SELECT_ITEMS": "SELECT_OPTIONS_MAX_ITEMS",
    "PLACEHOLDER": "SELECT_PLACEHOLDER_MAX_LENGTH",
    "OVERFLOW_ITEMS": "OVERFLOW_OPTIONS_MAX_ITEMS",
    "CHOICES_ITEMS": "RADIO_BUTTONS_OPTIONS_MAX_ITEMS",
    "FILE_INPUT_FILES": "FILE_INPUT_MAX_FILES_MAX",
    "TYPED_TEXT": "PLAIN_TEXT_INPUT_MAX_LENGTH_MAX",
    "ACTIONS_ITEMS": "ACTIONS_ELEMENTS_MAX_ITEMS",
    "ALERT": "ALERT_TEXT_MAX_LENGTH",
    "CARD_TITLE": "CARD_TITLE_MAX_LENGTH",
    "CARD_BODY": "CARD_BODY_MAX_LENGTH",
    "CARD_ACTIONS_ITEMS": "CARD_ACTIONS_MAX_ITEMS",
    "CAROUSEL_ITEMS": "CAROUSEL_ELEMENTS_MAX_ITEMS",
    "CONTAINER_TITLE": "CONTAINER_TITLE_MAX_LENGTH",
    "CONTAINER_ITEMS": "CONTAINER_CHILD_BLOCKS_MAX_ITEMS",
    "CONTEXT_ITEMS": "CONTEXT_ELEMENTS_MAX_ITEMS",
    "CONTEXT_ACTIONS_ITEMS": "CONTEXT_ACTIONS_ELEMENTS_MAX_ITEMS",
    "TABLE_ROWS": "TABLE_ROWS_MAX_ITEMS",
    "TABLE_COLUMNS": "TABLE_COLUMNS_MAX_ITEMS",
    "DATA_TABLE_ROWS": "DATA_TABLE_ROWS_MAX_ITEMS",
    "DATA_TABLE_COLUMNS": "DATA_TABLE_COLUMNS_MAX_ITEMS",
    "DATA_TABLE_PAGE": "DATA_TABLE_PAGE_SIZE_MAX",
    "MESSAGE_DATA_TABLES": "DATA_TABLE_TOTAL_CONTENT_MAX_LENGTH",
    "CHART_TITLE": "DATA_VISUALIZATION_TITLE_MAX_LENGTH",
    "CHART_SEGMENTS": "DATA_VISUALIZATION_SEGMENTS_MAX_ITEMS",
    "CHART_SERIES": "DATA_VISUALIZATION_SERIES_MAX_ITEMS",
    "CHART_CATEGORIES": "DATA_VISUALIZATION_CATEGORIES_MAX_ITEMS",
    "CHART_LABEL": "DATA_VISUALIZATION_POINT_LABEL_MAX_LENGTH",
    "CHART_AXIS": "DATA_VISUALIZATION_AXIS_LABEL_MAX_LENGTH",
    "HEADER": "HEADER_TEXT_MAX_LENGTH",
    "ALT_TEXT": "IMAGE_ALT_TEXT_MAX_LENGTH",
    "IMAGE_TITLE": "IMAGE_TITLE_MAX_LENGTH",
    "INPUT_LABEL": "INPUT_LABEL_MAX_LENGTH",
    "INPUT_HINT": "INPUT_HINT_MAX_LENGTH",
    "MESSAGE_MARKDOWN": "MARKDOWN_TOTAL_TEXT_MAX_LENGTH",
    "PLAN_ITEMS": "PLAN_TASKS_MAX_ITEMS",
    "SECTION": "SECTION_TEXT_MAX_LENGTH",
    "FIELDS_ITEMS": "SECTION_FIELDS_MAX_ITEMS",
    "FIELD": "SECTION_FIELDS_ITEM_MAX_LENGTH",
    "VIDEO_TITLE": "VIDEO_TITLE_MAX_LENGTH",
    "VIDEO_NAME": "VIDEO_AUTHOR_NAME_MAX_LENGTH",
    "MESSAGE_CHARTS": "MESSAGE_DATA_VISUALIZATIONS_MAX_ITEMS",
    "MESSAGE_BLOCKS": "MESSAGE_BLOCKS_MAX_ITEMS",
    "VIEW_BLOCKS": "VIEW_BLOCKS_MAX_ITEMS",
    "PRIVATE_METADATA": "VIEW_PRIVATE_METADATA_MAX_LENGTH",
    "CALLBACK_ID": "VIEW_CALLBACK_ID_MAX_LENGTH",
    "VIEW_TITLE": "VIEW_TITLE_MAX_LENGTH",
    "VIEW_BUTTON": "VIEW_SUBMIT_MAX_LENGTH",
}


@pytest.mark.parametrize(("ours", "their"), OURS_AND_THEIRS.items())
def test_a_limit_is_what_others_know_too(ours: str, their: str) -> None:
    assert getattr(limits, ours) == getattr(theirs, their)


BREAKABLE: list[Block] = [
    {"type": "header", "text": plain("x" * 151)},
    {"type": "section", "text": mrkdwn("x" * 3001)},
    {"type": "section", "fields": [mrkdwn("a")] * 11},
    {"type": "section"},
    {"type": "context", "elements": [mrkdwn("a")] * 11},
    acting(*map(press, range(26))),
    acting(press(style="green")),
    acting(press(value="x" * 2001)),
    {"type": "divider", "block_id": "x" * 256},
]


@pytest.mark.parametrize("block", BREAKABLE, ids=lambda b: str(b)[:40])
def test_what_slack_sdk_refuses_we_refuse_too(block: Block) -> None:
    parsed = SdkBlock.parse(block)

    assert parsed
    with pytest.raises(SlackObjectFormationError):
        parsed.to_dict()
    assert pointers(block)


JSON = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats() | st.text(max_size=5),
    lambda inner: (
        st.lists(inner, max_size=3)
        | st.dictionaries(
            st.sampled_from(
                ["type", "text", "elements", "fields", "rows", "chart", "block_id", "x"]
            )
            | st.text(max_size=3),
            inner | st.sampled_from(sorted(limits.BLOCKS["message"])),
            max_size=4,
        )
    ),
    max_leaves=12,
)


@given(JSON, st.sampled_from(["message", "modal", "home"]))
def test_whatever_comes_is_judged_and_never_breaks_the_judge(
    value: Any, surface: limits.Surface
) -> None:
    for found in (problems(value, surface=surface), problems([value], surface=surface)):
        assert all(p.pointer.startswith("/blocks") and p.message for p in found)
    view_problems(value)


def test_a_problem_reads_like_slacks() -> None:
    [found] = problems([{"type": "header", "text": plain("x" * 151)}], surface="message")

    assert str(found) == "must be less than 151 characters [json-pointer:/blocks/0/text/text]"


FORM = modal("a", [section("a")], callback_id="c")


@pytest.mark.parametrize(
    ("view", "at"),
    [
        (FORM, []),
        (home([]), []),
        (
            modal(
                "a", [plain_input("a", block_id="b", action_id="a")], callback_id="c", submit="ok"
            ),
            [],
        ),
        (modal("a", [plain_input("a", block_id="b", action_id="a")], callback_id="c"), [""]),
        ({**FORM, "title": plain("x" * 25)}, ["/title/text"]),
        ({**FORM, "private_metadata": "x" * 3001}, ["/private_metadata"]),
        ({**FORM, "blocks": [chart()]}, ["/blocks/0/type"]),
        ({**FORM, "blocks": "a"}, ["/blocks"]),
        ({"type": "modal", "title": plain("a")}, [""]),
        ({**home([]), "title": plain("a")}, [""]),
        ({"type": "dialog"}, ["/type"]),
        ("modal", [""]),
    ],
    ids=lambda v: str(v)[:50],
)
def test_a_view_is_held_to_its_limits(view: Any, at: list[str]) -> None:
    assert [p.pointer for p in view_problems(view)] == at


def test_an_alert_stands_in_a_form_alone() -> None:
    alert = {"type": "alert", "text": mrkdwn("x" * 200), "level": "warning"}

    assert pointers(alert, surface="modal") == []
    assert pointers(alert, context("a"), surface="home") == ["/blocks/0/type"]


def test_the_charts_that_we_make_are_taken() -> None:
    assert pointers(line_chart("CRR", {"a": [1.5, -2]}, ["Oct", "Nov"])) == []
