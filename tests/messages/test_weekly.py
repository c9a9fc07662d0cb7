"""What leaders read on Monday."""

from dataclasses import replace
from datetime import UTC, datetime

import pytest

from bot.domain.definition import Definition
from bot.domain.period import Kind
from bot.messages.blocks import Message
from bot.messages.weekly import Line, Point, weekly_post
from tests.messages.conftest import Golden
from tests.messages.figures import (
    DEFINITION,
    FRESH,
    FRIDAY,
    LINES,
    NAMES,
    NASTY,
    counts,
    fresh,
    history,
    line,
    period,
    read_as_markup,
)

UNKNOWN = Line(period(), None, None, "Who was a customer on 2026-11-08 is not known.")
STALE = fresh(
    "stripe",
    datetime(2026, 10, 25, 0, 30, tzinfo=UTC),
    "40 of 1,204 customers are missing from the pull.",
)
RESTATED = "Restated on 19 Oct 2026: CRR 97.7 % → 97.4 % (1,153 → 1,149 of 1,180 stayed)."

CASES: dict[str, Message] = {
    "weekly": weekly_post(
        LINES, left=NAMES[:8], freshness=[FRESH], history=history(), definition=DEFINITION
    ),
    "weekly-restated": weekly_post(
        [LINES[0], replace(LINES[1], note=RESTATED), LINES[2]],
        left=NAMES[:8],
        freshness=[FRESH],
        history=history(),
        definition=DEFINITION,
    ),
    "weekly-revenue": weekly_post(
        LINES,
        left=NAMES[:8],
        freshness=[FRESH],
        history=history(),
        definition=DEFINITION,
        revenue="October 2026: NRR 101.2 %, GRR 96 % of MRR 12,000.00 EUR at the start; MRR"
        " 13,000.00 EUR at the end: +1,000.00 new",
    ),
    "weekly-renewals": weekly_post(
        LINES,
        left=NAMES[:8],
        freshness=[FRESH],
        history=history(),
        definition=DEFINITION,
        renewals="October 2026: Of the 31 whose term ended, 28 renewed (90.3 %). In the next 14"
        " days: Acme (23 Nov, Lena) and Globex (1 Dec, leaving)",
    ),
    "weekly-nobody-left": weekly_post(
        [line(now=counts(lost=0)), *LINES[1:]],
        left=(),
        freshness=[FRESH],
        history=history(),
        definition=DEFINITION,
    ),
    "weekly-no-customers": weekly_post(
        [line(now=counts(0, 0, new=0, won_back=0)), line(Kind.MONTH, counts(0, 0, new=3))],
        left=(),
        freshness=[fresh("hubspot", None)],
        history=[Point(period(), counts(0, 0, new=0))],
        definition=DEFINITION,
    ),
    "weekly-one-customer": weekly_post(
        [line(now=counts(1, 0, new=0, won_back=0), before=counts(1, 0))],
        left=(),
        freshness=[FRESH],
        history=history(1),
        definition=DEFINITION,
    ),
    "weekly-the-one-customer-left": weekly_post(
        [line(now=counts(1, 1, new=0, won_back=0), before=counts(1, 0))],
        left=["Acme"],
        freshness=[FRESH],
        history=history(2),
        definition=DEFINITION,
    ),
    "weekly-ten-thousand-left": weekly_post(
        [line(now=counts(1_000_000, 10_000))],
        left=[f"Customer {n} of the very long name {'x' * 200}" for n in range(10)],
        freshness=[FRESH],
        history=history(),
        definition=DEFINITION,
    ),
    "weekly-markup-in-names": weekly_post(
        [line(now=counts(40, 2))],
        left=[NASTY, "[link](https://evil.example)"],
        freshness=[fresh(NASTY, FRIDAY, NASTY)],
        history=history(),
        definition=DEFINITION,
    ),
    "weekly-unknown": weekly_post(
        [UNKNOWN, *LINES[1:]],
        left=(),
        freshness=[FRESH],
        history=[Point(p.period, None) for p in history()],
        definition=DEFINITION,
    ),
    "weekly-stale-and-small": weekly_post(
        [line(now=counts(20, 1), before=None)],
        left=["Acme"],
        freshness=[STALE, *[fresh(f"source {n}", None) for n in range(11)]],
        history=history(40),
        definition=Definition(zone="America/New_York"),
    ),
}


@pytest.mark.parametrize("name", CASES)
def test_looks_as_it_did(name: str, golden: Golden) -> None:
    golden(name, CASES[name])


@pytest.mark.parametrize("name", CASES)
def test_never_rings_anybody(name: str) -> None:
    assert not any("<!" in text for text in read_as_markup(CASES[name]))


def test_text_says_what_the_blocks_say() -> None:
    text = CASES["weekly"].text

    for told in ("1,196 of 1,204", "99.3 %", "October 2026", "July to September", "Acme", "03:15"):
        assert told in text


def test_what_was_said_before_stands_in_small_print_under_the_name_of_its_period() -> None:
    notes = next(b for b in CASES["weekly-restated"].blocks if b["type"] == "context")

    assert [e["text"] for e in notes["elements"]] == [f"*October 2026:* {RESTATED}"]
    assert RESTATED in CASES["weekly-restated"].text


def test_a_chart_always_has_a_fallback_and_no_chart_needs_none() -> None:
    for message in CASES.values():
        drawn = any(b["type"] == "data_visualization" for b in message.blocks)

        assert drawn == (message.fallback is not None)
        assert not any(b["type"] == "data_visualization" for b in message.fallback or ())


def test_a_percentage_never_stands_without_counts() -> None:
    for message in CASES.values():
        for sentence in message.text.splitlines():
            assert "%" not in sentence or " of " in sentence.casefold()


def test_a_rate_that_is_not_whole_is_not_rounded_to_whole() -> None:
    almost = weekly_post(
        [line(now=counts(100_000, 1))],
        left=["Acme"],
        freshness=[FRESH],
        history=[],
        definition=DEFINITION,
    )

    assert "99.9 %" in almost.text
    assert "100 %" not in almost.text


def test_the_hour_that_comes_twice_is_told_in_local_time() -> None:
    first = fresh("a", datetime(2026, 10, 25, 0, 30, tzinfo=UTC))
    second = fresh("b", datetime(2026, 10, 25, 1, 30, tzinfo=UTC))
    post = weekly_post(LINES, left=(), freshness=[first, second], history=[], definition=DEFINITION)

    assert post.text.count("Sunday 25 Oct 2026, 02:30") == 2
