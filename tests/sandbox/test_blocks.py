from typing import Any

import pytest

from bot.sandbox import blocks
from bot.sandbox.errors import NotPossible

Body = dict[str, Any]


def plain(text: str) -> Body:
    return {"type": "plain_text", "text": text}


def option(name: str) -> Body:
    return {"text": plain(name.title()), "value": name}


@pytest.mark.parametrize(
    ("element", "value", "complaint"),
    [
        pytest.param({}, "", "Please complete this required field.", id="empty"),
        pytest.param({}, "x", "", id="filled"),
        pytest.param({"min_length": 2}, "x", "Must be at least 2 characters.", id="short"),
        pytest.param({"min_length": 2}, "xx", "", id="just long enough"),
        pytest.param({"max_length": 2}, "xxx", "Must be at most 2 characters.", id="long"),
        pytest.param({"max_length": 2}, "xx", "", id="just short enough"),
        pytest.param({}, "x" * 3001, "Must be at most 3000 characters.", id="over Slack's limit"),
    ],
)
def test_an_input_complains_of_what_cannot_be_sent(
    element: Body, value: str, complaint: str
) -> None:
    text = {"type": "plain_text_input", "action_id": "a", **element}
    block = {"type": "input", "element": text}

    assert blocks.complaint(block, blocks.filled(text, value)) == complaint


def test_an_optional_input_may_be_empty() -> None:
    text = {"type": "plain_text_input", "action_id": "a", "min_length": 5}
    block = {"type": "input", "optional": True, "element": text}

    assert blocks.complaint(block, blocks.filled(text, "")) == ""


def test_an_option_is_found_by_value_or_label_and_in_groups_too() -> None:
    menu = {"type": "static_select", "options": [option("week")]}
    grouped = {"type": "static_select", "option_groups": [{"options": [option("month")]}]}

    assert blocks.option(menu, "week") == blocks.option(menu, "Week") == option("week")
    assert blocks.option(grouped, "Month") == option("month")
    with pytest.raises(NotPossible, match="there are 'Week'"):
        blocks.option(menu, "year")


def test_what_a_form_shows_at_first_is_its_state() -> None:
    boxes = {"type": "checkboxes", "action_id": "c", "options": [option("a")]}
    form: list[Body] = [
        {"type": "input", "block_id": "b", "element": boxes},
        {
            "type": "actions",
            "block_id": "x",
            "elements": [
                {"type": "button", "action_id": "go", "text": plain("Go")},
                {"type": "users_select", "action_id": "who", "initial_user": "U1"},
            ],
        },
    ]

    assert blocks.initial(form) == {
        "b": {"c": {"type": "checkboxes", "selected_options": []}},
        "x": {"who": {"type": "users_select", "selected_user": "U1"}},
    }


def test_elements_are_found_wherever_they_stand() -> None:
    button = {"type": "button", "text": plain("Go")}
    every: list[Body] = [
        {"type": "actions", "elements": [{**button, "action_id": "actions"}]},
        {"type": "section", "accessory": {**button, "action_id": "section"}},
        {"type": "input", "element": {"type": "datepicker", "action_id": "input"}},
        {"type": "context", "elements": [{"type": "mrkdwn", "text": "x"}]},
        {
            "type": "container",
            "child_blocks": [{"type": "actions", "elements": [{**button, "action_id": "inner"}]}],
        },
    ]

    found = [element["action_id"] for _, element in blocks.elements(every)]

    assert found == ["actions", "section", "input", "inner"]


def test_blocks_without_ids_get_different_ones() -> None:
    button = {"type": "button", "text": plain("Go")}

    [first, second] = blocks.completed([{"type": "actions", "elements": [button, button]}] * 2)

    ids = [element["action_id"] for block in (first, second) for element in block["elements"]]
    assert first["block_id"] != second["block_id"]
    assert len(set(ids)) == 4


def test_words_are_what_a_reader_sees() -> None:
    table = {
        "type": "table",
        "block_id": "unseen",
        "rows": [[{"type": "raw_text", "text": "Acme"}, {"type": "raw_text", "text": "lost"}]],
    }

    assert blocks.words([table]) == "Acme\nlost"
