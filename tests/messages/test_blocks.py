"""Whatever is put in, what the makers make is what Slack takes."""

from itertools import pairwise
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from bot.messages import blocks, limits
from bot.slack.validation import problems, view_problems

ANYTHING = st.text(max_size=4000)
LINES = st.text(alphabet="ab &<\n", max_size=4000)
LABELS = st.lists(st.text(max_size=30), min_size=1, max_size=40)


@given(ANYTHING)
def test_escaped_words_ring_nobody_and_stay_in_their_line(words: str) -> None:
    escaped = blocks.escape(words)

    assert not set("<>\n\r\x00\x1b\u202e") & set(escaped)


@pytest.mark.parametrize(
    ("words", "escaped"),
    [
        ("<!channel>", "&lt;!channel&gt;"),
        ("<@U123|you>", "&lt;@U123|you&gt;"),
        ("R&D", "R&amp;D"),
        ("&lt;", "&amp;lt;"),
        ("a\r\nb\tc\x00\x1b[31m", "a b c[31m"),
        ("abc\u202edef", "abcdef"),
        ("\ud83d", ""),
        ("Café 北京 🙂", "Café 北京 🙂"),
        ("", ""),
    ],
)
def test_escape(words: str, escaped: str) -> None:
    assert blocks.escape(words) == escaped


def test_escape_lines_keeps_the_lines() -> None:
    assert blocks.escape_lines("a\r\n<b>\rc") == "a\n&lt;b&gt;\nc"


@given(ANYTHING, st.integers(1, 50))
def test_a_cut_text_is_as_long_as_it_may_be_and_says_that_it_is_cut(text: str, most: int) -> None:
    cut = blocks.cut(text, most)

    assert len(cut) <= most
    assert cut == text or cut.endswith("…")


def test_no_entity_is_cut_in_two() -> None:
    for most in range(3, 12):
        assert "&" not in blocks.cut("ab &amp; cd", most).replace("&amp;", "")


@given(LINES, st.integers(1, 50))
def test_lines_are_cut_whole(text: str, most: int) -> None:
    assert len(blocks.cut_lines(text, most)) <= most


def test_a_list_that_is_too_long_ends_after_a_whole_line() -> None:
    assert blocks.cut_lines("*one*\n*two*\n*three*", 14) == "*one*\n*two*\n…"


@pytest.mark.parametrize(
    ("text", "shown"),
    [("a", "*a*"), ("", ""), ("a*b", "a*b"), ("a\nb", "a\nb")],
)
def test_bold_is_left_out_where_it_would_break(text: str, shown: str) -> None:
    assert blocks.bold(text) == shown


@given(text=ANYTHING, many=st.lists(ANYTHING, min_size=1, max_size=12))
def test_every_maker_makes_what_slack_takes(text: str, many: list[str]) -> None:
    made = [
        blocks.header(text),
        blocks.section(text or "a", fields=many, block_id="a"),
        blocks.section(accessory=blocks.button(text, action_id="a"), text="a"),
        blocks.context(*many),
        blocks.divider(),
        blocks.actions(
            blocks.button(text, action_id="a", accessibility_label=text, style="danger"),
            blocks.static_select(
                text, {str(n): label for n, label in enumerate(many)}, action_id="b", chosen="0"
            ),
            block_id="b",
        ),
        blocks.plain_input(
            text, block_id="c", action_id="a", hint=text, placeholder=text, initial=text
        ),
        blocks.image("https://example.com/a.png", text, title=text),
        blocks.slack_image("F0123ABCD", text),
    ]

    # All of it in one message would be over the sum of its text: one at a time.
    assert not [p for block in made for p in problems([block], surface="message")]


@given(st.lists(st.lists(st.text(max_size=300), min_size=1, max_size=30), min_size=1, max_size=130))
def test_every_table_is_one_that_slack_takes(rows: list[list[str]]) -> None:
    table = blocks.table(rows, align=["left"] * 30)

    assert not problems([table], surface="message")


def test_a_table_leaves_out_the_rows_that_are_too_many() -> None:
    rows = [["x" * 100] * 10] * 50

    assert len(blocks.table(rows)["rows"]) == 10


@given(LABELS, st.lists(st.text(max_size=30), min_size=1, max_size=8, unique=True))
def test_every_chart_is_one_that_slack_takes(categories: list[str], names: list[str]) -> None:
    series = {name: [float(i) for i in range(len(categories))] for name in names}
    chart = blocks.bar_chart("t" * 80, series, categories, x_label="x" * 80, y_label="y" * 80)

    assert not problems([chart], surface="message")
    assert len(chart["chart"]["series"]) <= limits.CHART_SERIES_SAFE


def test_a_chart_shows_the_newest_points_and_tells_equal_labels_apart() -> None:
    chart = blocks.line_chart("CRR", {"a": list(range(30))}, ["Oct"] * 30)["chart"]

    assert chart["series"][0]["data"][-1] == {"label": "Oct (20)", "value": 29}
    assert chart["axis_config"]["categories"][:2] == ["Oct", "Oct (2)"]


def test_a_series_of_another_length_is_refused() -> None:
    with pytest.raises(ValueError, match="one value"):
        blocks.line_chart("CRR", {"a": [1.0]}, ["Oct", "Nov"])


@given(ANYTHING)
def test_every_view_is_one_that_slack_takes(text: str) -> None:
    fields = [blocks.section(text or "a")] * 120
    views: list[dict[str, Any]] = [
        blocks.modal(text, fields, callback_id="a", submit=text, close=text),
        blocks.home(fields),
    ]

    assert not [problem for view in views for problem in view_problems(view)]


def test_names_are_not_made_links() -> None:
    assert blocks.section("booking.com")["text"]["verbatim"] is True


@given(st.text(alphabet="ab&<>;ltgamp", max_size=200))
def test_what_was_escaped_is_read_as_it_was_typed(words: str) -> None:
    assert blocks.unescape(blocks.escape(words)) == words


@given(st.lists(st.text("ab", min_size=1, max_size=limits.SECTION), max_size=30))
def test_sections_keep_every_line_whole_and_are_as_few_as_can_be(lines: list[str]) -> None:
    texts = [block["text"]["text"] for block in blocks.sections(lines)]

    assert "\n".join(texts).split("\n") == (lines or [""])
    for text, following in pairwise(texts):
        assert len(text) + 1 + len(following.split("\n")[0]) > limits.SECTION
