"""Who cannot click in Slack answers on a web page, once."""

import asyncio
import re
from collections.abc import AsyncIterator
from dataclasses import replace
from datetime import timedelta
from pathlib import Path
from typing import Any

import aiohttp
import pytest

from bot.domain.surveys import Scale
from bot.sandbox.server import Sandbox
from tests.end_to_end import companies
from tests.end_to_end.running import (
    SHARED,
    Place,
    Running,
    asked,
    at,
    clicked,
    free_port,
    running,
    told,
)
from tests.end_to_end.test_surveys import locked

NOW = at("2026-11-02T10:00")


def config(place: Place, http_port: int, **asking: Any) -> Path:
    """Pages are served by the port of HTTP mode, or by that of health."""
    companies.write(place.folder)
    port = http_port or free_port()
    return place.config(
        http_port=http_port,
        slack={} if http_port else {"health_port": port},
        sources=[companies.SOURCE],
        weekly_post=None,
        asking={"web_url": f"http://127.0.0.1:{port}", **asking},
    )


@pytest.fixture
async def web() -> AsyncIterator[aiohttp.ClientSession]:
    async with aiohttp.ClientSession() as session:
        yield session


async def link_for(slack: Sandbox, person: str = "U0ACME", scale: Scale = Scale.NPS) -> str:
    handed = await told(slack, "U0LEAD", f"/{scale} link <@{person}>", SHARED)
    [found] = re.findall(r"http://\S+/answer/[\w.-]+", handed.text)
    return str(found)


async def send(web: aiohttp.ClientSession, url: str, **form: str) -> tuple[int, str]:
    async with web.post(url, data=form) as answer:
        return answer.status, await answer.text()


async def stored(bot: Running, scale: Scale = Scale.NPS) -> list[tuple[str, int, str]]:
    ask = await bot.bot.kept.surveys.newest_ask(scale, SHARED, bot.clock())
    assert ask is not None
    return [(a.person, a.score, a.comment) for a in await bot.bot.kept.surveys.answers(ask.id)]


async def test_one_answers_once_and_looking_is_no_answer(
    place: Place, web: aiohttp.ClientSession, http_port: int
) -> None:
    path = config(place, http_port, languages={SHARED: "nl"})
    async with running(path, NOW) as bot:
        await bot.pulled()
        await asked(place.slack)
        url = await link_for(place.slack)
        for _ in range(3):  # as scanners of mail do
            async with web.get(url) as page:
                assert page.status == 200
                assert page.headers["Cache-Control"] == "no-store"
                assert "Hoe waarschijnlijk is het" in await page.text()
            async with web.head(url) as head:
                assert head.status == 200
        assert await stored(bot) == []

        for score in ("", "11", "-1"):
            assert (await send(web, url, score=score))[0] == 422
        status, thanks = await send(web, url, score="3", comment="<!channel> " + "x" * 10_000)
        assert (status, "Uw antwoord, 3 van 10, is bewaard." in thanks) == (200, True)
        [(person, score_, comment)] = await stored(bot)
        assert (person, score_, len(comment)) == ("U0ACME", 3, 3000)

        assert (await send(web, url, score="10"))[0] == 410
        async with web.get(url) as used:
            assert (used.status, "al gebruikt" in await used.text()) == (410, True)
        assert await stored(bot) == [(person, score_, comment)]


async def test_of_several_at_the_same_moment_one_is_taken(
    place: Place, web: aiohttp.ClientSession
) -> None:
    path = config(place, free_port(), customer_days=0, person_days=0)
    async with running(path, NOW) as bot:
        await bot.pulled()
        for scale, how in ((Scale.NPS, "ask"), (Scale.CSAT, "ask anonymous")):
            await asked(place.slack, f"/{scale} {how}")
            url = await link_for(place.slack, scale=scale)
            sent = {score: send(web, url, score=str(score)) for score in range(1, 6)}
            answers = zip(sent, await asyncio.gather(*sent.values()), strict=True)
            statuses = {score: status for score, (status, _) in answers}

            refused = 409 if "anonymous" in how else 410
            assert sorted(statuses.values()) == [200, *[refused] * 4]
            [taken] = [score for score, status in statuses.items() if status == 200]
            assert [score for _, score, _ in await stored(bot, scale)] == [taken]


async def test_what_nobody_signed_answers_nothing(place: Place, web: aiohttp.ClientSession) -> None:
    async with running(config(place, free_port()), NOW) as bot:
        await bot.pulled()
        await asked(place.slack)
        url, other = await link_for(place.slack), await link_for(place.slack, "U0GUEST")
        said, signature = url.rpartition(".")[0], other.rpartition(".")[2]
        for forged in (f"{said}.{signature}", url[:-2], f"{said}.", f"{url}x/../.."):
            assert (await send(web, forged, score="9"))[0] == 404
        assert await stored(bot) == []


async def test_a_link_ends_with_its_question(place: Place, web: aiohttp.ClientSession) -> None:
    async with running(config(place, free_port()), NOW) as bot:
        await bot.pulled()
        await asked(place.slack)
        url = await link_for(place.slack)
        await bot.move(NOW + timedelta(days=30, minutes=5))
        status, page = await send(web, url, score="9")
        assert (status, "The time to answer this survey is over" in page) == (410, True)

        await asked(place.slack)
        url = await link_for(place.slack)
        await told(place.slack, "U0LEAD", "/nps close", SHARED)
        status, page = await send(web, url, score="9")
        assert (status, "This survey is closed" in page) == (410, True)
        assert await stored(bot) == []


async def test_ours_cannot_answer_for_a_customer_there_either(
    place: Place, web: aiohttp.ClientSession
) -> None:
    async with running(config(place, free_port()), NOW) as bot:
        await bot.pulled()
        await asked(place.slack)
        status, page = await send(web, await link_for(place.slack, "U0OWNER"), score="10")
        assert (status, "does not count" in page) == (409, True)
        assert await stored(bot) == []


async def test_a_question_to_one_person_has_a_link_and_both_ways_are_one_answer(
    place: Place, web: aiohttp.ClientSession
) -> None:
    slack = place.slack
    path = config(place, free_port())
    async with running(path, NOW) as bot:
        await bot.pulled()
        await told(slack, "U0LEAD", "/csat ask <@U0OWNER>")
        [question] = slack.messages(slack.workspace.direct("U0OWNER").id)
        [url] = re.findall(r"http://[^|>]+/answer/[^|>]+", question.words())
        await clicked(slack, "U0OWNER", question, 2)
        assert (await send(web, url, score="5"))[0] == 200
        ask = question.blocks[1]["elements"][0]["value"].partition(":")[0]
        answers = await bot.bot.kept.surveys.answers(ask)
        assert [(a.person, a.score) for a in answers] == [("U0OWNER", 5)]

    # After a restart the key is the same, and the link stays used.
    async with running(path, NOW):
        assert (await send(web, url, score="1"))[0] == 410


async def test_who_wants_no_more_questions_says_so_on_the_page(
    place: Place, web: aiohttp.ClientSession
) -> None:
    async with running(config(place, free_port()), NOW) as bot:
        await bot.pulled()
        await asked(place.slack)
        status, page = await send(web, await link_for(place.slack), opt_out="1")
        assert (status, "You will not be asked any more" in page) == (200, True)
        assert await bot.bot.kept.opt_outs.among(["U0ACME"]) == {"U0ACME"}
        refused = await told(place.slack, "U0LEAD", "/nps link <@U0ACME>", SHARED)
        assert "<@U0ACME> does not want to be asked" in refused.text


async def test_while_the_store_is_stuck_the_link_is_not_used_up(
    place: Place, web: aiohttp.ClientSession
) -> None:
    impatient = replace(place, database_url=f"{place.database_url}?timeout=1")
    async with running(config(impatient, free_port()), NOW) as bot:
        await bot.pulled()
        await asked(place.slack)
        url = await link_for(place.slack)
        with locked(place):
            status, _ = await send(web, url, score="9")
        assert status == 503
        assert (await send(web, url, score="9"))[0] == 200
        assert [(person, score) for person, score, _ in await stored(bot)] == [("U0ACME", 9)]


async def test_where_no_pages_are_served_there_is_no_link(place: Place) -> None:
    companies.write(place.folder)
    path = place.config(sources=[companies.SOURCE], weekly_post=None)
    async with running(path, NOW) as bot:
        await bot.pulled()
        await asked(place.slack)
        refused = await told(place.slack, "U0LEAD", "/nps link <@U0ACME>", SHARED)
        assert "asking.web_url" in refused.text
