"""What customers see when they are asked, side by side, for a picture in the docs."""

import base64
import json
from dataclasses import replace
from datetime import UTC, date, datetime
from typing import Any

from bot.domain.surveys import Answer, Ask, Band, Layout, Scale, Style
from bot.messages import answer_page, surveys
from tests.sandbox.page.sheets import DRAW_CARDS
from tests.sandbox.page.visitor import Visitor

NOW = datetime(2026, 11, 2, 9, tzinfo=UTC)
ASK = Ask(
    "a1", Scale.NPS, surveys.default_question(Scale.NPS), "C1", "U1", NOW,
    expires_at=datetime(2026, 12, 2, 9, tzinfo=UTC),
)  # fmt: skip
FACES = replace(
    ASK, scale=Scale.CSAT, question=surveys.default_question(Scale.CSAT), style=Style.FACES
)
ALONE = replace(ASK, person="U9")
ANSWER = Answer("a1", "U9", "T9", 3, NOW)


def cards() -> list[tuple[str, Any]]:
    """What it is, and its blocks."""
    page = "https://keeprate.example.com/answer/x.y"
    thanks = surveys.thanks(ANSWER, Scale.NPS, comment_until=date(2026, 11, 5))
    return [
        ("A button for each score", surveys.question(FACES).blocks),
        ("A menu, for phones", surveys.question(replace(ASK, layout=Layout.MENU)).blocks),
        ("A button for a form", surveys.question(replace(ASK, layout=Layout.FORM)).blocks),
        ("The form behind it", surveys.score_form(ASK, "C1")["blocks"]),
        ("After the score", surveys.comment_form(ANSWER, of=Band.LOW)["blocks"]),
        ("The thanks, to the author alone", thanks.blocks),
        ("Without names", surveys.question(replace(FACES, anonymous=True)).blocks),
        ("A reminder, in a direct message", surveys.reminder(ALONE, page=page).blocks),
    ]


async def draw_ways(visitor: Visitor) -> None:
    """In the place of all that is on the page, which must be open on a sandbox."""
    visitor.page.forgive("of null")  # what its scripts hear of late has no place to be drawn in
    await visitor.page.run(f"({DRAW_CARDS})({json.dumps(cards())})")


async def open_web_page(visitor: Visitor) -> None:
    html = base64.b64encode(answer_page.question_page(ALONE).html.encode()).decode()
    await visitor.page.ask("Page.navigate", url=f"data:text/html;charset=utf-8;base64,{html}")
    await visitor.page.until("document.querySelector('main form')")
