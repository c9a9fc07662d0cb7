"""How customers who are only counted are told of."""

from datetime import UTC, date, datetime
from typing import Any

import pytest

from bot.domain.bridge import Counted
from bot.domain.counting import CountFigure, CountOn, CountsCompared
from bot.domain.period import Kind, Period, day_number
from bot.messages.blocks import Message
from bot.messages.counting import (
    Line,
    beside,
    count_answer,
    count_explanation,
    count_post,
    recorded,
)
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
