"""How customers who are only counted are told of."""

from datetime import UTC, date, datetime
from typing import Any

import numpy as np
import pytest

from bot.domain.bridge import Counted, bridge
from bot.domain.count_closing import (
    Corrected,
    CountClosed,
    CountedBefore,
    CountRestatement,
)
from bot.domain.counting import CountFigure, CountOn, CountsCompared
from bot.domain.period import Kind, Period, day_number
from bot.messages.blocks import Message
from bot.messages.counting import (
    Line,
    beside,
    bridge_line,
    count_answer,
    count_explanation,
    count_post,
    count_restatement,
    recorded,
)
from tests.domain.companies import columns_of
from tests.domain.test_retention import a_month_of_everything
from tests.messages.conftest import Golden
from tests.messages.figures import DEFINITION, NASTY, fresh, period

OCTOBER = period(Kind.MONTH, date(2026, 10, 1))
SEPTEMBER = period(Kind.MONTH, date(2026, 9, 1))
NOVEMBER = period(Kind.MONTH, date(2026, 11, 1))
AT = datetime(2026, 11, 2, 9, 30, tzinfo=UTC)


def figure(start: int, end: int, new: int, of: Period = OCTOBER) -> CountFigure:
    return CountFigure(of, of.last, Counted(start, end, new))


def compared(start: int, end: int, new: int) -> CountsCompared:
    return CountsCompared(figure(start, end, new), figure(140, 150, 40, SEPTEMBER))


def on(text: str, customers: int, new: int | None = None, by: str = "") -> CountOn:
    return CountOn(day_number(date.fromisoformat(text)), customers, new, by, AT)


def closed(counts: Counted | None, of: Period = OCTOBER, version: int = 1) -> CountClosed:
    return CountClosed("spreadsheet", of, DEFINITION.hash, version, counts, AT)


SEPTEMBER_30 = on("2026-09-30", 150, 40)
SO_FAR = CountsCompared(CountFigure(NOVEMBER, date(2026, 11, 8), Counted(200, 210, 15)), None)
WAS, IS = on("2026-10-31", 200, 80), on("2026-10-31", 198, 80, "U0ADMIN")


def answer(found: CountsCompared, **more: Any) -> Message:
    return count_answer(
        found, source="spreadsheet", freshness=fresh("spreadsheet"), definition=DEFINITION, **more
    )


CASES = {
    "counts": answer(compared(150, 200, 80)),
    "counts-above": answer(compared(100, 130, 20)),
    "counts-below": answer(compared(100, 10, 20)),
    "counts-nobody": answer(compared(0, 10, 10)),
    "counts-so-far": answer(SO_FAR),
    "counts-corrected": answer(compared(150, 198, 80), corrected=[(WAS, IS)]),
    "counts-known-at": answer(compared(150, 200, 80), known_at=AT),
    "counts-explained": count_explanation(
        figure(150, 198, 80),
        [on("2026-09-30", 150, 40), on("2026-10-15", 170, 30, "terminal:lea"), IS],
        {IS.day: WAS},
        source="spreadsheet",
        freshness=None,
        definition=DEFINITION,
    ),
    "count-recorded": recorded(IS, None, source=NASTY),
    "count-corrected": recorded(IS, WAS, source="counts"),
    "count-as-known": recorded(IS, IS, source="counts"),
    "counts-restated": count_restatement(
        [
            CountRestatement(closed(Counted(150, 200, 80)), Counted(150, 198, 80)),
            CountRestatement(closed(Counted(140, 150, 40), SEPTEMBER, 2), None),
            CountRestatement(closed(None, SEPTEMBER), Counted(140, 150, 40)),
        ],
        [Corrected(WAS.day, WAS, IS), Corrected(SEPTEMBER_30.day, SEPTEMBER_30, None)],
        source=NASTY,
        definition=DEFINITION,
    ),
    "counts-restated-once": count_restatement(
        [CountRestatement(closed(Counted(0, 200, 80)), Counted(0, 198, 80))],
        [Corrected(day, None, on("2026-10-05", 9)) for day in range(12)],
        source="counts",
        definition=DEFINITION,
    ),
    "counts-noted": answer(
        compared(150, 198, 80), closed=CountedBefore(closed(Counted(150, 200, 80)), AT)
    ),
    "counts-changed": answer(
        compared(150, 198, 80), closed=CountedBefore(closed(Counted(150, 200, 80)), None)
    ),
    "counts-post": count_post(
        [Line(OCTOBER, compared(150, 200, 80)), Line(SEPTEMBER, None, "Nobody <counted>.")],
        history=[figure(140, 150, 40, SEPTEMBER), figure(150, 200, 80), SO_FAR.now],
        freshness=[fresh("spreadsheet")],
        source="spreadsheet",
        definition=DEFINITION,
        news="The definition changed.",
    ),
    "counts-post-nothing": count_post(
        [Line(OCTOBER, None, "Nobody counted the customers at the end of 2026-09-30.")],
        history=[],
        freshness=[],
        source="recorded counts",
        definition=DEFINITION,
    ),
}


@pytest.mark.parametrize("name", CASES)
def test_looks_as_it_did(name: str, golden: Golden) -> None:
    golden(name, CASES[name])


def test_beside_a_figure_stands_one_line_or_none() -> None:
    assert beside(figure(150, 200, 80), "the board's <counts>") == (
        "By the board's &lt;counts&gt;: 80.0 %, an estimate; `/crr explain` names the difference."
    )
    assert beside(figure(0, 200, 80), "counts") == ""


class TestTheBridge:
    """The month of facts that every definition reads otherwise, in one line."""

    def test_names_why_counting_gives_another_rate(self) -> None:
        columns = columns_of(a_month_of_everything())

        line = bridge_line(bridge(columns, OCTOBER), "spreadsheet")

        assert line == (
            "By counts: spreadsheet gives 93.0 % in October 2026, an estimate, where it is 92.0 %"
            " by identity: 4 came back (+4 points) and 3 joined and left (-3 points)."
        )

    def test_names_what_the_source_counts_otherwise(self) -> None:
        columns = columns_of(a_month_of_everything())
        reported = Counted(start=101, end=114, new=17)

        line = bridge_line(bridge(columns, OCTOBER, reported=reported), "sheet & co")

        assert "sheet &amp; co gives 96.0 %" in line
        assert "1 counted otherwise at the end (+1 point)" in line
        assert "3 counted otherwise as new (+3 points)" in line
        assert "1 counted otherwise at the start (-1 point)" in line

    def test_names_merged_records(self) -> None:
        columns = columns_of(a_month_of_everything())
        reported, merged = Counted(start=102, end=113, new=21), np.array([1, 1], np.int32)

        line = bridge_line(bridge(columns, OCTOBER, reported=reported, merged=merged), "crm")

        assert "2 merged records (" in line

    def test_is_not_there_where_both_are_the_same(self) -> None:
        columns = columns_of(a_month_of_everything())

        same = bridge(columns, OCTOBER, reported=Counted(start=100, end=113, new=21))

        assert bridge_line(same, "crm") == ""

    def test_is_not_there_where_there_is_no_rate(self) -> None:
        nobody = columns_of({})

        assert bridge_line(bridge(nobody, OCTOBER), "crm") == ""
        counted = Counted(start=3, end=3, new=0)
        assert bridge_line(bridge(nobody, OCTOBER, reported=counted), "crm") == ""
