"""The digest of answers: once, of all days since the one before, and low scores before it."""

from typing import Any

from bot.sandbox.server import Sandbox
from tests.end_to_end import companies
from tests.end_to_end.running import (
    NOTICES,
    SHARED,
    SUCCESS,
    Place,
    asked,
    at,
    clicked,
    running,
)

FRIDAY = at("2026-11-06T10:00")
DIGEST = {"channel": SUCCESS, "cron": "0 9 * * mon-fri"}


def config(place: Place, **sections: Any) -> Any:
    companies.write(place.folder)
    settings: dict[str, Any] = {"weekly_post": None, "digest": DIGEST, **sections}
    return place.config(sources=[companies.SOURCE], **settings)


async def answered(slack: Sandbox, score: int, comment: str = "") -> None:
    question = await asked(slack)
    await clicked(slack, "U0ACME", question, score)
    form = await slack.person("U0ACME").modal(timeout=20)
    await slack.person("U0ACME").submit(form, {"comment": comment})


async def test_mondays_digest_has_the_weekend_and_what_became_of_low_scores(
    place: Place,
) -> None:
    slack = place.slack
    async with running(config(place, loop={"channel": NOTICES}), FRIDAY) as bot:
        await bot.pulled()
        await bot.bot.kept.links.link("crm", SHARED, "c1", by="U0LEAD", now=bot.clock())
        await answered(slack, 3, "Too slow.")
        await bot.settle()
        [low] = place.posts(NOTICES)
        assert "NPS 3 out of 10" in low.text, "it does not wait for the digest"
        assert place.posts(SUCCESS) == []
        await slack.person("U0OWNER").click(low, "loop:take")
        await slack.wait_for_message(NOTICES, containing="took it on", timeout=20)
        await bot.move(at("2026-11-08T22:00"))
        await answered(slack, 9, "Great <!channel>!")
        await bot.move(at("2026-11-09T09:01"))

    [post] = place.posts(SUCCESS)
    assert "What customers answered from 6 to 8 Nov 2026" in post.text
    assert "*NPS 0* from 2 answers. Margin of error" in post.text
    assert "*NPS 3 out of 10* from Company 1: <@U0OWNER> has taken it.\n>Too slow." in post.text
    assert "*9 out of 10* from Company 1:\n>Great &lt;!channel&gt;!" in post.text
    assert post.text.count("Too slow.") == 1


async def test_what_waits_is_told_until_somebody_closes_it(place: Place) -> None:
    async with running(config(place, loop={"channel": NOTICES}), FRIDAY) as bot:
        await bot.pulled()
        await answered(place.slack, 3)
        await bot.settle()
        await bot.move(at("2026-11-09T09:01"))
        await bot.move(at("2026-11-10T09:01"))

    [_, tuesday] = place.posts(SUCCESS)
    assert "No answers.\n1 low score from before is not closed yet." in tuesday.text


async def test_mornings_that_were_missed_are_in_the_next_one(place: Place) -> None:
    settings = config(place)
    async with running(settings, FRIDAY) as bot:
        await bot.pulled()
        await answered(place.slack, 9)
        await bot.move(at("2026-11-09T09:01"))
        await answered(place.slack, 8)
    async with running(settings, at("2026-11-12T11:00")) as bot:
        await bot.settle()
        await answered(place.slack, 7)
    async with running(settings, at("2026-11-12T12:00")) as bot:
        await bot.settle()

    [monday, thursday] = place.posts(SUCCESS)
    assert "from 6 to 8 Nov" in monday.text
    assert "from 9 to 11 Nov" in thursday.text
    assert "from 1 answer" in thursday.text


async def test_where_nothing_was_said_there_is_none_and_a_mended_score_is_not_low(
    place: Place,
) -> None:
    async with running(config(place, loop={"channel": NOTICES}), FRIDAY) as bot:
        await bot.pulled()
        question = await asked(place.slack)
        await clicked(place.slack, "U0ACME", question, 0)
        await bot.settle()
        await clicked(place.slack, "U0ACME", question, 10)
        await bot.move(at("2026-11-09T09:01"))
        await bot.move(at("2026-11-10T09:01"))

    [monday] = place.posts(SUCCESS)
    assert "NPS +100* from 1 answer" in monday.text
    assert "low score" not in monday.text


async def test_after_a_long_sleep_it_tells_of_a_month(place: Place) -> None:
    settings = config(place)
    async with running(settings, FRIDAY) as bot:
        await bot.pulled()
        await bot.move(at("2026-11-09T09:01"))
        await answered(place.slack, 9)
    async with running(config(place, digest=None), at("2027-02-10T08:00")):
        await answered(place.slack, 8)
    async with running(config(place), at("2027-03-01T08:00")) as bot:
        await bot.settle()

    [post] = place.posts(SUCCESS)
    assert "from 26 Jan to 25 Feb 2027" in post.text
    assert "from 1 answer" in post.text


async def test_two_replicas_put_one(place: Place) -> None:
    settings = config(place)
    async with running(settings, FRIDAY) as one, running(settings, FRIDAY) as other:
        await one.pulled()
        await other.pulled()
        await answered(place.slack, 9)
        one.clock.offset += at("2026-11-09T09:01") - one.clock()
        other.clock.offset += at("2026-11-09T09:01") - other.clock()
        await one.settle()
        await other.settle()

    assert len(place.posts(SUCCESS)) == 1


async def test_a_week_s_digest_has_the_week_and_the_hour_that_comes_twice_is_one(
    place: Place,
) -> None:
    weekly = {"channel": SUCCESS, "cron": "30 2 * * sun"}
    async with running(config(place, digest=weekly), at("2026-10-20T10:00")) as bot:
        await bot.pulled()
        await answered(place.slack, 9)
        await bot.move(at("2026-10-25T02:31"))
        await bot.move(at("2026-10-25T02:31").replace(fold=1))
        await bot.move(at("2026-10-25T12:00"))

    [post] = place.posts(SUCCESS)
    assert "from 18 to 24 Oct 2026" in post.text
