"""Slack sends what people type escaped; what they mean is not."""

from tests.end_to_end import companies
from tests.end_to_end.running import SHARED, Place, asked, at, running, told


async def test_a_plan_and_a_question_with_an_ampersand_are_what_was_typed(place: Place) -> None:
    rows = [row.replace(",pro,", ",R&D,") for row in companies.rows()]
    companies.write(place.folder, rows)
    async with running(place.config(sources=[companies.SOURCE]), at("2026-11-02T08:00")) as bot:
        await bot.pulled()
        figure = await told(place.slack, "U0LEAD", "/crr 2026-10 plan=R&amp;D")
        question = await asked(place.slack, "/nps ask How is our R&amp;D?", SHARED)

    assert "October 2026, plan=R&amp;D: CRR" in figure.text
    assert "19 of 20 stayed" in figure.text
    assert "How is our R&amp;D?" in question.text
    assert "amp;amp" not in question.words()
