"""What answers say over a period, what they are about, and who stays."""

from dataclasses import replace
from datetime import datetime, timedelta
from typing import Any

from bot.sandbox.server import Sandbox
from integrations import records
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


def helped(
    id: str, opened: datetime, *, hours: float, account: str = "", name: str = ""
) -> list[records.Other]:
    """A ticket of Ada's, and the five stars that she got for it."""
    solved = opened + timedelta(hours=hours)
    ticket = records.Ticket(id, "r", opened, agent="7", agent_name="Ada", solved=solved)
    rating = records.Rating(id, solved, 5, 1, 5, agent="7", agent_name="Ada")
    return [replace(each, account=account, account_name=name) for each in (ticket, rating)]


async def test_agents_are_shown_with_what_they_solved_from_so_many_answers_on(
    place: Place,
) -> None:
    survey = {"name": "solved", "scale": "csat", "after_ticket_hours": 1}
    settings = config(place, surveys=[survey], results={"agent_minimum": 3})
    async with running(settings, NOW) as bot:
        await bot.pulled()
        await linked(place.slack, bot)
        tickets = bot.bot.kept.tickets
        two = [*helped("a", NOW, hours=2, account="c2"), *helped("b", NOW, hours=4, account="c2")]
        await tickets.put("desk", two)
        await bot.move(NOW + timedelta(hours=5))
        few = await told(place.slack, "U0LEAD", "/csat results")
        await tickets.put("desk", helped("c", NOW, hours=6, account="c1")[:1])
        await bot.move(NOW + timedelta(hours=8))
        [question] = place.posts(SHARED)
        await clicked(place.slack, "U0ACME", question, 1)
        enough = await told(place.slack, "U0LEAD", "/csat results")

    assert "Ada" not in few.words()
    assert "CSAT 66.7 %* from 3 answers" in enough.text
    assert "Ada: 66.7 % from 3 answers, 3 solved, 4 hours to solve" in enough.text
    [table] = [block for block in enough.blocks if block["type"] == "table"]
    assert [cell["text"] for cell in table["rows"][1]] == ["Ada", "66.7 %", "3", "3", "4 hours"]
    assert "one voice for each account: *50.0 %* from 2 accounts" in enough.text
    assert "Given in Slack: 1; elsewhere: 2 from desk." in enough.text


async def test_who_is_satisfied_is_for_config_yaml_to_say_and_it_is_told(place: Place) -> None:
    settings = config(place, results={"csat_from": 5})
    async with running(settings, NOW) as bot:
        await bot.pulled()
        await clicked(place.slack, "U0ACME", await asked(place.slack, "/csat ask"), 4)
        here = await told(place.slack, "U0LEAD", "/csat results", SHARED)
        quarter = await told(place.slack, "U0LEAD", "/csat results this quarter")

    assert "CSAT 0 %: 0 of 1 answer gave 5, mean 4.0." in here.text
    assert "CSAT 0.0 %* from 1 answer, mean 4.0. Satisfied is who gave 5." in quarter.text


async def test_how_it_went_is_a_native_chart_with_its_numbers_for_who_sees_none(
    place: Place,
) -> None:
    async with running(config(place), at("2026-09-15T10:00")) as bot:
        await bot.pulled()
        await answered(place.slack, 3)
        await bot.move(at("2026-10-15T10:00"))
        await answered(place.slack, 9)
        found = await told(place.slack, "U0LEAD", "/nps results 2026-10")

    [chart] = [block for block in found.blocks if block["type"] == "data_visualization"]
    [series] = chart["chart"]["series"]
    assert [point["value"] for point in series["data"]] == [-100, 100]


async def test_who_stays_is_told_by_how_fast_the_first_ticket_was_solved(place: Place) -> None:
    settings = config(place)
    async with running(settings, at("2026-10-01T10:00")) as bot:
        await bot.pulled()
        since = at("2026-10-01T09:00")
        solved = [
            *helped("a", since, hours=2, account="c3"),  # who left on 5 October
            *helped("b", since, hours=3, name="company 4"),
            *helped("c", since, hours=100, account="c1"),
            *helped("d", since + timedelta(days=7), hours=1, account="c1"),
        ]
        await bot.bot.kept.tickets.put("desk", solved)
        await bot.move(at("2027-01-05T10:00"))
        found = await told(place.slack, "U0LEAD", "/csat outcomes")

    assert "under 4 hours: after 90 days 50.0 %, 1 of 2" in found.text
    assert "over 3 days: after 90 days 100 %, 1 of 1" in found.text


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
