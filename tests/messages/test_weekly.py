"""What leaders read on Monday."""

from collections.abc import Sequence
from dataclasses import replace
from datetime import UTC, date, datetime
from typing import Any

import pytest

from bot.domain.anniversaries import Anniversary
from bot.domain.definition import Definition
from bot.domain.detection import Expectation
from bot.domain.incidents import Incident, IncidentState, Reading
from bot.domain.loops import Loop, LoopState, Low
from bot.domain.period import Kind
from bot.domain.pulls import Freshness
from bot.domain.reasons import Cause, LossReason
from bot.domain.results import Given, result
from bot.domain.surveys import Direction, Scale
from bot.messages.alerts import Leaver
from bot.messages.blocks import Message
from bot.messages.cohorts import cohort_piece
from bot.messages.weekly import (
    Coming,
    Line,
    Moved,
    Point,
    Post,
    luck,
    open_lines,
    post,
    score_line,
    the_rest,
    why_they_left,
)
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
from tests.messages.test_heatmap import cohorts

WHY = [Cause("price", 3, 4200.0), Cause("product", 1, 80.0), Cause("", 4, 60.0)]


def weekly_post(
    lines: Sequence[Line],
    *,
    left: Sequence[str],
    freshness: Sequence[Freshness],
    history: Sequence[Point],
    definition: Definition,
    **also: Any,
) -> Message:
    """A post in which these have left, of whom nothing but the name is known."""
    counts = lines[0].counts
    gone = Moved([Leaver(n, name) for n, name in enumerate(left)], counts.lost if counts else 0)
    return post(
        Post(lines=lines, left=gone, freshness=freshness, history=history, **also), definition
    )


def expected(of: Line, fewest: int, most: int) -> Line:
    """With what luck explains of it."""
    assert of.counts is not None
    mean = (fewest + most) / 2
    usual = Expectation(of.period, of.counts.opening, of.counts.lost, mean, fewest, most)
    return replace(of, usual=usual)


def band(of: Point) -> Point:
    assert of.counts is not None
    usual = Expectation(of.period, of.counts.opening, of.counts.lost, 7.0, 2, 13)
    return replace(of, usual=usual)


LEAVERS = [
    Leaver(
        n,
        name,
        owner="Lena" if n % 2 else "",
        monthly=1200.0 - n if n < 3 else None,
        currency="EUR" if n < 3 else "",
        reason=LossReason(n, date(2026, 11, 11), "price") if n == 0 else None,
        scores=((Scale.NPS, 3),) if n == 1 else (),
    )
    for n, name in enumerate(NAMES)
]
INCIDENT = Incident(
    1,
    "Retention dropped",
    "",
    IncidentState.OPEN,
    FRIDAY,
    Reading(date(2026, 10, 1), 0.9, 0.95),
    Reading(date(2026, 10, 1), 0.9, 0.95),
    channel="C0SUCCESS",
)
LOW = Low("ask", "U1", Scale.NPS, 3, Direction.HIGHER, "C0ACME", FRIDAY, "", 1)
FULL = Post(
    lines=[expected(LINES[0], 2, 13), expected(LINES[1], 12, 28), expected(LINES[2], 101, 140)],
    freshness=[FRESH],
    history=[band(point) for point in history()],
    left=Moved(LEAVERS[:5], 8),
    back=Moved([replace(LEAVERS[5], reason=LossReason(5, date(2026, 3, 1), "price"))], 1),
    joined=Moved(LEAVERS[2:7], 12),
    anniversaries=Coming(
        [
            Anniversary("Acme", date(2026, 11, 19), 3),
            Anniversary("Globex", date(2026, 11, 20), 1, "Lena"),
        ],
        2,
    ),
    renewals="In the next 14 days: Acme (23 Nov, Lena)",
    scores=score_line(
        [
            result(Scale.NPS, [Given(Scale.NPS, n % 11, FRIDAY) for n in range(40)]),
            result(Scale.CSAT, [Given(Scale.CSAT, 5 - n % 3, FRIDAY) for n in range(20)]),
            result(Scale.CES, []),
        ]
    ),
    open=open_lines(
        [
            (INCIDENT, period(Kind.MONTH, INCIDENT.opening.period)),
            (replace(INCIDENT, id=2, rule="EMEA", acknowledged_by="U1"), period()),
        ],
        [
            Loop(1, LOW, FRIDAY),
            Loop(2, LOW, FRIDAY, state=LoopState.TAKEN),
            Loop(3, LOW, FRIDAY),
        ],
    ),
    sight="48 of 50 customers stayed in October 2026, 47 expected: as usual. Drops under 13 points"
    " would not show yet.",
    rest='["weekly"]',
)

UNKNOWN = Line(period(), None, None, "Who was a customer on 2026-11-08 is not known.")
STALE = fresh(
    "stripe",
    datetime(2026, 10, 25, 0, 30, tzinfo=UTC),
    "40 of 1,204 customers are missing from the pull.",
)
RESTATED = "Restated on 19 Oct 2026: CRR 97.7 % → 97.4 % (1,153 → 1,149 of 1,180 stayed)."

COHORTS = cohort_piece(cohorts(6), definition=DEFINITION)
MONTHLY = replace(
    FULL,
    lines=[expected(LINES[1], 12, 28), expected(LINES[2], 101, 140)],
    cohorts=COHORTS,
    parts=[part for part in [why_they_left(WHY, "EUR")] if part],
)

MANY = Moved([Leaver(n, f"Company {n}") for n in range(60)], 61)

CASES: dict[str, Message] = {
    "monthly": post(replace(MONTHLY, picture=b"PNG", in_words="A table of 6 cohorts."), DEFINITION),
    "monthly-no-picture": post(MONTHLY, DEFINITION),
    "weekly-full": post(FULL, DEFINITION),
    "weekly-segment": post(replace(FULL, segment=(("plan", "pro"),)), DEFINITION),
    "weekly-rest": the_rest(replace(FULL, left=Moved(LEAVERS[:8], 8))),
    "weekly-rest-many": the_rest(
        replace(FULL, left=Moved([Leaver(n, "x" * 90) for n in range(60)], 10_000))
    ),
    "weekly-rest-lists": the_rest(replace(FULL, joined=MANY, segment=(("plan", "pro plus"),))),
    "weekly-rest-nobody": the_rest(Post(lines=LINES, freshness=[FRESH])),
    "weekly": weekly_post(
        LINES, left=NAMES[:8], freshness=[FRESH], history=history(), definition=DEFINITION
    ),
    "weekly-nothing-known": weekly_post(
        [Line(each.period, None, None, "Nothing is known of crm yet.") for each in LINES],
        left=[],
        freshness=[STALE],
        history=[],
        definition=DEFINITION,
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


@pytest.mark.parametrize(
    ("lost", "told"),
    [
        (1, "higher than luck explains"),
        (2, "within luck"),
        (13, "within luck"),
        (14, "lower than luck explains"),
    ],
)
def test_luck_explains_what_lies_in_the_band_and_on_its_edges(lost: int, told: str) -> None:
    assert luck(expected(line(now=counts(100, lost)), 2, 13)) == told


def test_of_what_nobody_can_tell_luck_is_not_spoken_of() -> None:
    assert luck(line()) == ""
    assert "luck" not in CASES["weekly"].text


def test_the_chart_has_the_band_where_it_is_known_of_all_periods() -> None:
    def series(of: Message) -> int:
        [chart] = [b for b in of.blocks if b["type"] == "data_visualization"]
        return len(chart["chart"]["series"])

    assert series(CASES["weekly-full"]) == 3
    one_unknown = [replace(FULL.history[0], usual=None), *FULL.history[1:]]
    assert series(post(replace(FULL, history=one_unknown), DEFINITION)) == 1


def test_the_button_is_there_only_where_there_is_more_to_show() -> None:
    def has_button(of: Post) -> bool:
        return any(b["type"] == "actions" for b in post(of, DEFINITION).blocks)

    few = replace(FULL, left=Moved(LEAVERS[:2], 2), joined=Moved(LEAVERS[:5], 5))
    assert has_button(FULL)
    assert not has_button(few)
    assert has_button(replace(few, anniversaries=replace(few.anniversaries, count=4)))
    assert not has_button(replace(FULL, rest=""))


def test_a_picture_stands_in_the_place_of_the_table_and_the_other_way_round() -> None:
    drawn, table = CASES["monthly"], CASES["monthly-no-picture"]

    assert drawn.picture is not None
    assert drawn.showing(None).blocks == table.blocks
    [image] = [b for b in drawn.showing("F1").blocks if b["type"] == "image"]
    assert image["slack_file"] == {"id": "F1"}
    assert drawn.showing("F1").picture is None


def test_nobody_is_called_by_name_every_monday() -> None:
    assert not any("<@" in text for text in read_as_markup(CASES["weekly-full"]))


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
            told = sentence.casefold()
            counted = any(word in told for word in (" of ", " from ", " joined"))
            assert "%" not in sentence or counted


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


def test_anniversaries_that_are_not_named_are_counted() -> None:
    few = replace(FULL, anniversaries=replace(FULL.anniversaries, count=4))

    assert "Globex: 1 year on Friday (Lena); and 2 more" in post(few, DEFINITION).text


@pytest.mark.parametrize(
    ("fewest", "most", "told"),
    [
        (0, 0, "usually nobody does"),
        (1, 1, "1 is usual"),
        (2, 2, "2 are usual"),
        (0, 1, "0 to 1 are usual"),
    ],
)
def test_what_is_usual_is_said_as_people_say_it(fewest: int, most: int, told: str) -> None:
    lines = [LINES[0], expected(LINES[1], fewest, most)]
    text = weekly_post(lines, left=[], freshness=[], history=[], definition=DEFINITION).text

    assert told in text
