"""What answers say over a period, what they are about, and who stays."""

from typing import Any

from bot.sandbox.server import Sandbox
from tests.end_to_end import companies
from tests.end_to_end.running import (
    SHARED,
    SUCCESS,
    Place,
    Running,
    asked,
    at,
    clicked,
    running,
    told,
)

NOW = at("2026-11-02T10:00")


def config(place: Place, **sections: Any) -> Any:
    companies.write(place.folder)
    return place.config(sources=[companies.SOURCE], weekly_post=None, **sections)


async def answered(slack: Sandbox, score: int, comment: str = "") -> None:
    question = await asked(slack)
    await clicked(slack, "U0ACME", question, score)
    form = await slack.person("U0ACME").modal(timeout=20)
    await slack.person("U0ACME").submit(form, {"comment": comment})


async def linked(slack: Sandbox, bot: Running) -> None:
    links = bot.bot.kept.links
    await links.link("crm", SHARED, "c1", by="U0LEAD", now=bot.clock())


async def test_results_of_a_quarter_are_told_by_answer_and_by_account(place: Place) -> None:
    slack = place.slack
    async with running(config(place), NOW) as bot:
        await bot.pulled()
        nothing = await told(slack, "U0LEAD", "/nps results this quarter")
        await answered(slack, 3)
        await linked(slack, bot)
        await bot.move(at("2026-12-01T10:00"))
        await answered(slack, 9)
        found = await told(slack, "U0LEAD", "/nps results this quarter")
        month = await told(slack, "U0LEAD", "/nps results this month plan=pro")
        free = await told(slack, "U0LEAD", "/nps results this quarter plan=free")
        wrong = await told(slack, "U0LEAD", "/nps results survey=spring")

    assert "no answers" in nothing.text
    assert "NPS 0* from 2 answers." in found.text
    assert "With one voice for each account: *NPS 0* from 1 account, too few" in found.text
    assert "2 of 2 questions asked were answered (100 %)." in found.text
    assert "NPS +100* from 1 answer." in month.text
    assert "no answers" in free.text
    assert 'Nothing was asked under the name "spring".' in wrong.text


async def test_themes_are_the_words_that_config_yaml_names(place: Place) -> None:
    settings = config(place, results={"themes": {"invoices": ["invoic*"], "speed": ["slow"]}})
    async with running(settings, NOW) as bot:
        await bot.pulled()
        await answered(place.slack, 2, "Each <!channel> invoice needs three e-mails.")
        found = await told(place.slack, "U0LEAD", "/nps themes this quarter")
        none = await told(place.slack, "U0LEAD", "/csat themes")

    assert "*invoices*: in 1 of 1 comment (100 %), 1 with a low score" in found.text
    assert "Each &lt;!channel&gt; invoice needs three e-mails." in found.words()
    assert "speed" not in found.text
    assert "Nobody wrote a comment" in none.text


async def test_outcomes_follow_customers_for_ninety_days(place: Place) -> None:
    async with running(config(place), NOW) as bot:
        await bot.pulled()
        await linked(place.slack, bot)
        await answered(place.slack, 2)
        early = await told(place.slack, "U0LEAD", "/nps outcomes")
        await bot.move(at("2027-03-02T10:00"))
        found = await told(place.slack, "U0LEAD", "/nps outcomes", SUCCESS)

    assert "Nobody can be followed for 90 days yet" in early.text
    assert "detractors: after 90 days 100 %, 1 of 1 (21-100 %)" in found.text
    assert "after 180 days nobody yet" in found.text


async def test_words_are_forgotten_in_the_night_and_scores_are_not(place: Place) -> None:
    settings = config(place, store={"url": place.database_url, "words_days": 40})
    async with running(settings, NOW) as bot:
        await bot.pulled()
        await answered(place.slack, 2, "Each invoice needs three e-mails.")
        await bot.move(at("2026-12-11T10:00"))
        before = await told(place.slack, "U0LEAD", "/nps results")
        themes = await told(place.slack, "U0LEAD", "/nps themes 2026-Q4")
        await bot.move(at("2026-12-13T10:00"))
        after = await told(place.slack, "U0LEAD", "/nps results")
        forgotten = await told(place.slack, "U0LEAD", "/nps themes 2026-Q4")

    assert after.text == before.text
    assert "1 comment" in themes.text
    assert "Nobody wrote a comment" in forgotten.text
