"""How every message looks, read off the golden files: whole without its blocks, and in order."""

import json
import re
from collections.abc import Iterator
from typing import Any

import pytest

from tests.messages.conftest import GOLDEN

NUMBER = re.compile(r"\d[\d.,]*\d|\d")
NO_FIGURES = re.compile(r"<[@#!][^>]*>|```.*?```", re.DOTALL)
"""Ids, and pictures made of letters, which the text says in words."""
SLACKS_NEW_BLOCKS = {"table", "data_visualization"}
CHARTS_AT_MOST = 2


def messages() -> dict[str, dict[str, Any]]:
    read = {path: json.loads(path.read_text()) for path in sorted(GOLDEN.rglob("*.json"))}
    return {
        str(path.relative_to(GOLDEN).with_suffix("")): shown
        for path, shown in read.items()
        if isinstance(shown.get("text"), str)  # a form or App Home has none
    }


MESSAGES = messages()
every_message = pytest.mark.parametrize("name", MESSAGES)


def figures(text: str) -> set[str]:
    found = NUMBER.findall(NO_FIGURES.sub("", text))
    return {re.sub(r"[.,]0$", "", number) for number in found} - {"0"}


def shown(block: dict[str, Any]) -> Iterator[str]:
    """The words of a block that tell something; those of a table without its headings."""
    match block["type"]:
        case "header" | "section":
            if "text" in block:
                yield block["text"]["text"]
            yield from (field["text"] for field in block.get("fields", ()))
        case "data_visualization":
            chart = block["chart"]
            yield from chart.get("axis_config", {}).get("categories", ())
            for series in chart.get("series", ()):
                yield from (f"{point['value']:g}" for point in series["data"])
        case "table":
            for row in block["rows"][1:]:
                yield from (cell.get("text", "") for cell in row)


def of_type(name: str, *types: str) -> list[dict[str, Any]]:
    return [block for block in MESSAGES[name]["blocks"] if block["type"] in types]


def test_there_are_messages_in_both_languages() -> None:
    assert len(MESSAGES) > 300
    assert sum(name.startswith("nl/") for name in MESSAGES) > 150


@every_message
def test_the_text_alone_says_every_figure(name: str) -> None:
    """Phones and screen readers have nothing else."""
    text = MESSAGES[name]["text"]
    assert text.strip()
    told = figures(text)
    if name.startswith("nl/"):
        told |= {number.replace(",", ".") for number in told}
    for block in MESSAGES[name]["blocks"]:
        for words in shown(block):
            assert figures(words) <= told, words


@every_message
def test_there_are_at_most_two_charts(name: str) -> None:
    assert len(of_type(name, "data_visualization")) <= CHARTS_AT_MOST


@every_message
def test_a_slack_that_refuses_charts_and_tables_gets_the_same_in_older_blocks(name: str) -> None:
    new, older = of_type(name, *SLACKS_NEW_BLOCKS), MESSAGES[name]["fallback"]
    if not new:
        assert older is None
        return
    assert not SLACKS_NEW_BLOCKS & {block["type"] for block in older}
    assert older[0] == MESSAGES[name]["blocks"][0]


@every_message
def test_tables_stand_in_order_with_numbers_to_the_right(name: str) -> None:
    for table in of_type(name, "table"):
        widths = {len(row) for row in table["rows"]}
        aligned = [column.get("align", "left") for column in table["column_settings"]]
        assert widths == {len(aligned)}
        assert aligned[0] == "left"
        assert {*aligned[1:]} <= {"right"}


@every_message
def test_pictures_are_described(name: str) -> None:
    for picture in of_type(name, "image"):
        assert picture["alt_text"].strip()


@every_message
def test_emoji_are_few(name: str) -> None:
    words = json.dumps(MESSAGES[name]["blocks"])
    assert len(re.findall(r":[a-z_]+:", words)) <= 1


@pytest.mark.parametrize("name", [name for name in MESSAGES if not name.endswith("markup")])
def test_no_line_of_a_list_is_left_out(name: str) -> None:
    """`cut_lines` ends so, and what a button shows next begins behind it. What ends in "markup" is
    a quote longer than any."""
    assert not [block for block in of_type(name, "section") if words(block).endswith("\n…")]


def words(block: dict[str, Any]) -> str:
    return str(block.get("text", {}).get("text", ""))
