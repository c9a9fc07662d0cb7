"""What happens on the way to Slack, and what people read of it."""

from dataclasses import replace
from datetime import timedelta

import pytest

from bot.sandbox.server import Sandbox
from bot.sandbox.settings import Settings
from tests.end_to_end import companies
from tests.end_to_end.running import (
    NOTICES,
    SHARED,
    SUCCESS,
    Place,
    Running,
    at,
    running,
    told,
    without_history,
    workspace,
)

SUNDAY, NINE = at("2026-11-01T10:00"), at("2026-11-02T09:00:01")


async def monday(place: Place, bot: Running) -> None:
    await bot.pulled()
    await bot.move(NINE)


async def test_a_connection_that_breaks_after_slack_took_it_makes_one_message(
    place: Place,
) -> None:
    companies.write(place.folder)
    async with running(place.config(sources=[companies.SOURCE]), SUNDAY) as bot:
        place.slack.faults.drop_after("chat.postMessage")
        await monday(place, bot)
        assert "uncertain" in (await told(place.slack, "U0LEAD", "/keeprate status")).text
        await bot.move(NINE + timedelta(minutes=1))
        assert "all were delivered" in (await told(place.slack, "U0LEAD", "/keeprate status")).text

    assert len(place.posts(SUCCESS)) == 1
    assert place.posts(NOTICES) == []


async def test_one_that_breaks_before_slack_took_it_makes_one_message(place: Place) -> None:
    companies.write(place.folder)
    async with running(place.config(sources=[companies.SOURCE]), SUNDAY) as bot:
        place.slack.faults.drop_before("chat.postMessage")
        await monday(place, bot)
        assert place.posts(SUCCESS) == []
        await bot.move(NINE + timedelta(minutes=1))

    assert len(place.posts(SUCCESS)) == 1


class TestWithoutTheRightToLook:
    @pytest.fixture
    def settings(self) -> Settings:
        return without_history(workspace())

    async def test_a_person_is_asked_to_look(self, place: Place) -> None:
        companies.write(place.folder)
        async with running(place.config(sources=[companies.SOURCE]), SUNDAY) as bot:
            place.slack.faults.drop_after("chat.postMessage")
            await monday(place, bot)
            await bot.move(NINE + timedelta(minutes=1))
            await bot.move(NINE + timedelta(hours=1))

        assert len(place.posts(SUCCESS)) == 1
        [notice] = place.posts(NOTICES)
        assert "The weekly post could not be posted" in notice.text
        assert "look yourself" in notice.text

    async def test_also_where_notices_and_posts_share_a_channel(self, place: Place) -> None:
        companies.write(place.folder)
        config = place.config(sources=[companies.SOURCE], slack={"notices": SUCCESS})
        async with running(config, SUNDAY) as bot:
            place.slack.faults.drop_after("chat.postMessage")
            await monday(place, bot)
            await bot.move(NINE + timedelta(minutes=1))

        assert ["look yourself" in post.text for post in place.posts(SUCCESS)] == [False, True]


@pytest.mark.parametrize("trouble", ["rate limited", "rate limited for long", "5xx", "ratelimited"])
async def test_what_passes_delays_the_post_and_nothing_else(place: Place, trouble: str) -> None:
    companies.write(place.folder)
    faults = place.slack.faults
    async with running(place.config(sources=[companies.SOURCE]), SUNDAY) as bot:
        match trouble:
            case "rate limited":
                faults.rate_limited("chat.postMessage", retry_after=1)
            case "rate limited for long":
                faults.rate_limited("chat.postMessage", retry_after=100)
            case "5xx":
                faults.status("chat.postMessage", 503)
            case "ratelimited":
                faults.error("chat.postMessage", "ratelimited")
        await monday(place, bot)
        await bot.move(NINE + timedelta(minutes=2))

    assert len(place.posts(SUCCESS)) == 1
    assert place.posts(NOTICES) == []


@pytest.mark.parametrize(
    ("channel", "words"),
    [
        ("C0OLD", "archived"),
        ("C0GONE", "channel_not_found"),
        ("C0BOARD", "/invite"),
        (SHARED, "shared with people from outside"),
    ],
)
async def test_a_channel_that_cannot_be_posted_in_is_told_elsewhere(
    place: Place, channel: str, words: str
) -> None:
    companies.write(place.folder)
    config = place.config(sources=[companies.SOURCE], weekly_post={"channel": channel})
    async with running(config, SUNDAY) as bot:
        await monday(place, bot)
        await bot.settle()
        await bot.settle()
        status = await told(place.slack, "U0LEAD", "/keeprate status")

    [notice] = place.posts(NOTICES)
    assert f"The weekly post could not be posted in <#{channel}>" in notice.text
    assert words in notice.text
    assert "1 message could not be posted" in status.text
    if channel == SHARED:
        assert place.posts(SHARED) == []


async def test_a_channel_that_became_shared_gets_no_more_figures(place: Place) -> None:
    companies.write(place.folder)
    async with running(place.config(sources=[companies.SOURCE]), SUNDAY) as bot:
        await monday(place, bot)
        assert len(place.posts(SUCCESS)) == 1
        place.slack.workspace.conversations[SUCCESS].shared_with.add("T0ACME")
        await bot.move(at("2026-11-09T09:00:01"))
        await bot.settle()

    assert len(place.posts(SUCCESS)) == 1
    [notice] = place.posts(NOTICES)
    assert "shared with people from outside" in notice.text


class TestWhereSlackRefusesCharts:
    @pytest.fixture
    def settings(self) -> Settings:
        return replace(workspace(), native_blocks=False)

    async def test_the_same_goes_out_in_letters_and_that_is_remembered(
        self, place: Place, slack: Sandbox
    ) -> None:
        config = place.config()
        async with running(config, at("1998-06-28T10:00")) as bot:
            await bot.pulled()
            await bot.move(at("1998-06-29T09:00:01"))
        [post] = place.posts(SUCCESS)
        assert "data_visualization" not in str(post.blocks)
        assert "CRR of the last 12 weeks" in post.words()
        assert "22 Jun 1998" in post.words()

        since = slack.journal.last
        async with running(config, at("1998-07-06T08:00")) as bot:
            await bot.pulled()
            await bot.move(at("1998-07-06T09:00:01"))
        calls = [
            entry
            for entry in slack.journal.since(since, "call")
            if entry.data["method"] == "chat.postMessage"
        ]
        assert len(place.posts(SUCCESS)) == 2
        assert len(calls) == 1
