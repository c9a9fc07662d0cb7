"""Channels that subscribe to a post: by words and by a form, once, and as long as they want it."""

import asyncio
from collections.abc import AsyncIterator
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest

from bot.messages import subscriptions as messages
from bot.sandbox.server import Sandbox
from bot.sandbox.settings import Settings
from bot.sandbox.workspace import Post
from tests.end_to_end import companies
from tests.end_to_end.running import (
    GENERAL,
    NOTICES,
    SHARED,
    SUCCESS,
    Place,
    Running,
    at,
    running,
    told,
    workspace,
)

FRIDAY, MONDAY = at("2026-10-30T10:00"), at("2026-11-02T09:00:01")


def friday(place: Place, moment: datetime = FRIDAY, **sections: Any) -> Any:
    companies.write(place.folder)
    settings = {"sources": [companies.SOURCE], "weekly_post": None, **sections}
    return running(place.config(**settings), moment)


async def clicked(slack: Sandbox, listed: Post, action: str) -> str:
    """What the person is then told, or what the list has become."""
    since, before = slack.journal.last, listed.text
    lead = slack.person("U0LEAD")
    reply = await lead.click(listed, action)
    assert reply.acked, reply.error
    if action in (messages.PAUSE, messages.END):
        async with asyncio.timeout(20):
            while listed.text == before:  # noqa: ASYNC110
                await asyncio.sleep(0.02)
        return listed.text
    return (await lead.wait_for_ephemeral(since=since, timeout=20)).text


async def test_a_channel_gets_what_it_subscribed_to_once(place: Place, slack: Sandbox) -> None:
    async with friday(place) as one, friday(place) as two:
        await one.pulled()
        answer = await told(slack, "U0LEAD", "/keeprate subscribe monthly")
        assert "Monthly post in" in answer.text
        await asyncio.gather(one.move(MONDAY), two.move(MONDAY))
        await asyncio.gather(one.settle(), two.settle())

    [post] = place.posts(SUCCESS)
    assert "customers stayed in October 2026" in post.text


async def test_who_asks_for_the_status_is_told_what_is_posted_next(
    place: Place, slack: Sandbox
) -> None:
    async with friday(place, weekly_post={"channel": GENERAL}) as bot:
        await bot.pulled()
        await told(slack, "U0LEAD", "/keeprate subscribe monthly")
        before = await told(slack, "U0LEAD", "/keeprate status")
        await bot.bot.subscribed.pause_fixed(True, "U0LEAD")
        paused = await told(slack, "U0LEAD", "/keeprate status")

    monthly = f"Monthly post in <#{SUCCESS}>: Monday 2 Nov 2026, 09:00"
    weekly = "weekly post: Monday 2 Nov 2026, 09:00"
    assert weekly in before.text
    assert monthly in before.text
    assert monthly in paused.text
    assert weekly not in paused.text


async def test_what_was_due_while_nothing_ran_is_made_up_for(place: Place, slack: Sandbox) -> None:
    async with friday(place) as bot:
        await bot.pulled()
        await told(slack, "U0LEAD", "/keeprate subscribe weekly")
    async with friday(place, at("2026-11-03T14:00")) as bot:
        await bot.settle()
    async with friday(place, at("2026-11-03T15:00")) as bot:
        await bot.settle()

    [post] = place.posts(SUCCESS)
    assert "26 Oct to 1 Nov 2026" in post.text


async def test_what_was_due_before_it_was_wanted_is_not(place: Place, slack: Sandbox) -> None:
    async with friday(place, at("2026-11-02T12:00")) as bot:
        await bot.pulled()
        await told(slack, "U0LEAD", "/keeprate subscribe weekly")
        await bot.settle()
        assert place.posts(SUCCESS) == []
        await bot.move(at("2026-11-09T09:00:01"))

    assert len(place.posts(SUCCESS)) == 1


@pytest.mark.parametrize(
    ("words", "night"),
    [
        ("weekly sun 02:30", "2026-10-25T03:30"),  # the hour comes twice
        ("weekly sun 02:30", "2027-03-28T04:30"),  # and here not at all
    ],
)
async def test_the_nights_in_which_clocks_are_moved_bring_one_post(
    place: Place, slack: Sandbox, words: str, night: str
) -> None:
    async with friday(place, at(night).replace(hour=0, minute=10)) as bot:
        await bot.pulled()
        await told(slack, "U0LEAD", f"/keeprate subscribe {words}")
        for minutes in range(0, 300, 30):
            await bot.move(datetime.fromtimestamp(at(night).timestamp() - 7200 + minutes * 60, UTC))

    assert len(place.posts(SUCCESS)) == 1


async def test_it_comes_when_it_is_nine_where_its_readers_are(place: Place, slack: Sandbox) -> None:
    async with friday(place) as bot:
        await bot.pulled()
        await told(slack, "U0LEAD", "/keeprate subscribe weekly mon 9:00 Asia/Tokyo")
        await bot.move(at("2026-11-02T00:59"))
        assert place.posts(SUCCESS) == []
        await bot.move(at("2026-11-02T01:01"))

    assert len(place.posts(SUCCESS)) == 1


async def test_a_segment_has_a_post_of_its_own(place: Place, slack: Sandbox) -> None:
    async with friday(place) as bot:
        await bot.pulled()
        await told(slack, "U0LEAD", "/keeprate subscribe monthly plan=pro")
        unknown = await told(slack, "U0LEAD", "/keeprate subscribe monthly plan=gold")
        await bot.move(MONDAY)

    [post] = place.posts(SUCCESS)
    assert "19 of 20 customers stayed in October 2026" in post.text
    assert "plan=pro" in post.text
    assert "gold" in unknown.text


async def test_two_segments_in_one_channel_are_two_posts(place: Place, slack: Sandbox) -> None:
    async with friday(place) as bot:
        await bot.pulled()
        await told(slack, "U0LEAD", "/keeprate subscribe monthly plan=pro")
        await told(slack, "U0LEAD", "/keeprate subscribe monthly plan=free")
        await bot.move(MONDAY)

    assert len(place.posts(SUCCESS, "plan=pro")) == 1
    assert len(place.posts(SUCCESS, "plan=free")) == 1


async def test_a_post_is_in_the_language_of_its_channel(place: Place, slack: Sandbox) -> None:
    async with friday(place) as bot:
        await bot.pulled()
        await told(slack, "U0LEAD", "/keeprate subscribe monthly nl")
        await told(slack, "U0LEAD", "/keeprate subscribe monthly plan=pro")
        await bot.move(MONDAY)

    [dutch] = place.posts(SUCCESS, "Klantbehoud")
    [english] = place.posts(SUCCESS, "Customer retention")
    assert "klanten zijn gebleven in oktober 2026" in dutch.text
    assert "customers stayed in October 2026" in english.text


async def test_the_list_previews_sends_pauses_and_ends(place: Place, slack: Sandbox) -> None:
    async with friday(place) as bot:
        await bot.pulled()
        await told(slack, "U0LEAD", "/keeprate subscribe weekly")
        listed = await told(slack, "U0LEAD", "/keeprate subscribe")

        preview = await clicked(slack, listed, messages.PREVIEW)
        assert "19 to 25 Oct 2026" in preview
        assert place.posts(SUCCESS) == []

        await clicked(slack, listed, messages.SEND)
        await bot.settle()
        [post] = place.posts(SUCCESS)
        assert post.text == preview

        paused = await clicked(slack, listed, messages.PAUSE)
        assert "It is paused." in paused
        await bot.move(MONDAY)
        assert len(place.posts(SUCCESS)) == 1

        going = await clicked(slack, listed, messages.PAUSE)
        assert "Next on Monday 9 Nov 2026" in going
        await bot.settle()
        assert len(place.posts(SUCCESS)) == 1  # what was due while it paused is not made up for

        ended = await clicked(slack, listed, messages.END)
        assert "Nothing is posted" in ended
        deeds = [deed.what for deed in await bot.bot.kept.deeds.since(FRIDAY)]
        await bot.move(at("2026-11-09T09:00:01"))

    assert len(place.posts(SUCCESS)) == 1
    assert deeds == [
        "subscription made",
        "post sent by hand",
        "subscription paused",
        "subscription goes on",
        "subscription ended",
    ]


async def test_what_was_sent_by_hand_does_not_come_again_by_itself(
    place: Place, slack: Sandbox
) -> None:
    async with friday(place, at("2026-11-02T08:00")) as bot:
        await bot.pulled()
        await told(slack, "U0LEAD", "/keeprate subscribe weekly")
        listed = await told(slack, "U0LEAD", "/keeprate subscribe")
        await clicked(slack, listed, messages.SEND)
        await bot.move(MONDAY)
        assert len(place.posts(SUCCESS)) == 1

        await clicked(slack, listed, messages.SEND)  # but again by hand
        await bot.settle()

    assert len(place.posts(SUCCESS)) == 2


async def test_two_who_press_at_the_same_moment_send_one_post(place: Place, slack: Sandbox) -> None:
    async with friday(place) as bot:
        await bot.pulled()
        await told(slack, "U0LEAD", "/keeprate subscribe weekly")
        lists = [await told(slack, each, "/keeprate subscribe") for each in ("U0LEAD", "U0ADMIN")]
        for minutes, posts in ((0, 1), (2, 2)):  # each time they mean it
            await bot.move(FRIDAY + timedelta(minutes=minutes))
            since = slack.journal.last
            await asyncio.gather(
                *(slack.person(each.to).click(each, messages.SEND) for each in (*lists, lists[0]))
            )
            refused = [entry async for entry in answers(slack, 3, since)]
            await bot.settle()
            assert len(place.posts(SUCCESS)) == posts
            assert sum("just now" in told for told in refused) == 2


async def answers(slack: Sandbox, count: int, since: int) -> AsyncIterator[str]:
    """So many messages to somebody alone."""
    for _ in range(count):
        entry = await slack.journal.wait_for(
            lambda each: each.kind == "ephemeral", since=since, timeout=20
        )
        since = entry.number
        yield entry.data["post"].text


async def test_two_who_press_pause_at_the_same_moment_have_paused_it(
    place: Place, slack: Sandbox
) -> None:
    async with friday(place, weekly_post={"channel": GENERAL}) as bot:
        await bot.pulled()
        lists = [await told(slack, each, "/keeprate subscribe") for each in ("U0LEAD", "U0ADMIN")]
        for paused in (True, False):
            before = [each.text for each in lists]
            await asyncio.gather(
                *(slack.person(each.to).click(each, messages.PAUSE) for each in lists)
            )
            async with asyncio.timeout(20):
                while any(each.text in before for each in lists):  # noqa: ASYNC110
                    await asyncio.sleep(0.02)
            assert all(("It is paused." in each.text) == paused for each in lists)
        deeds = [deed.what for deed in await bot.bot.kept.deeds.since(FRIDAY)]

    assert {"subscription paused", "subscription goes on"} <= {*deeds}


async def test_that_of_config_is_listed_and_can_be_paused(place: Place, slack: Sandbox) -> None:
    async with friday(place, weekly_post={"channel": SUCCESS}) as bot:
        await bot.pulled()
        listed = await told(slack, "U0LEAD", "/keeprate subscribe")
        assert "of config.yaml" in listed.text
        refused = await told(slack, "U0LEAD", "/keeprate unsubscribe weekly")
        assert "config.yaml" in refused.text

        await clicked(slack, listed, messages.PAUSE)
        await bot.move(MONDAY)
        assert place.posts(SUCCESS) == []
        await clicked(slack, listed, messages.PAUSE)
        await bot.settle()
        assert place.posts(SUCCESS) == []
        await bot.move(at("2026-11-09T09:00:01"))

    assert len(place.posts(SUCCESS)) == 1


async def test_the_form_makes_and_changes_one(place: Place, slack: Sandbox) -> None:
    lead = slack.person("U0LEAD")
    async with friday(place) as bot:
        await bot.pulled()
        empty = await told(slack, "U0LEAD", "/keeprate subscribe")
        await lead.click(empty, messages.NEW)
        form = await lead.modal()
        wrong = await lead.submit(form, {"segment": "plan=gold"})
        assert "gold" in wrong.errors["segment"]
        since = slack.journal.last
        reply = await lead.submit(form, {"edition": "monthly", "at": "8:00", "segment": "plan=pro"})
        assert reply.acked, reply.error
        made = await lead.wait_for_ephemeral(SUCCESS, since=since, timeout=20)
        assert "Monthly post, plan=pro" in made.text

        listed = await told(slack, "U0LEAD", "/keeprate subscribe")
        await lead.click(listed, messages.CHANGE)
        since = slack.journal.last
        await lead.submit(await lead.modal(), {"segment": ""})
        changed = await lead.wait_for_ephemeral(SUCCESS, since=since, timeout=20)
        await bot.move(at("2026-11-02T08:00:01"))

    assert "plan" not in changed.text
    assert len(place.posts(SUCCESS, "36 of 40")) == 1


async def test_where_figures_must_not_go_nothing_is_subscribed_to(
    place: Place, slack: Sandbox
) -> None:
    async with friday(place) as bot:
        await bot.pulled()
        shared = await told(slack, "U0LEAD", "/keeprate subscribe weekly", channel=SHARED)
        absent = await told(slack, "U0LEAD", f"/keeprate subscribe weekly <#{GENERAL}|general>")
        assert await bot.bot.kept.subscriptions.all() == []

    assert "people from outside" in shared.text
    assert "/invite" in absent.text


async def test_a_channel_that_is_shared_later_is_told_and_gets_no_figures(
    place: Place, slack: Sandbox
) -> None:
    async with friday(place) as bot:
        await bot.pulled()
        await told(slack, "U0LEAD", "/keeprate subscribe monthly")
        slack.admin.share(SUCCESS, "T0ACME")
        await _until(place, bot, NOTICES, "the monthly post will not be posted there")
        await bot.move(MONDAY)

    assert not place.posts(SUCCESS, "CRR")


async def test_only_operators_subscribe(place: Place, slack: Sandbox) -> None:
    people = {"viewers": "everybody", "operators": ["U0OWNER"]}
    async with friday(place, people=people) as bot:
        await bot.pulled()
        refused = await told(slack, "U0LEAD", "/keeprate subscribe weekly")
        made = await told(slack, "U0OWNER", "/keeprate subscribe weekly")

    assert "people.operators" in refused.text
    assert "Weekly post in" in made.text


async def test_colleagues_see_figures_where_they_are_posted(place: Place, slack: Sandbox) -> None:
    people = {"operators": ["U0OWNER"]}
    async with friday(place, people=people) as bot:
        await bot.pulled()
        before = await told(slack, "U0LEAD", "/crr month")
        await told(slack, "U0OWNER", "/keeprate subscribe weekly")
        await bot.settle()
        after = await told(slack, "U0LEAD", "/crr month")

    assert "CRR" not in before.text
    assert "CRR" in after.text


def growing(place: Place) -> None:
    """A company to which five came each month of a year, of whom some have left."""
    lines = [
        f"c{month}-{n},Company {month}-{n},2025-{month:02}-1{n},"
        f"{f'2026-{month % 9 + 1:02}-05' if n == 3 else ''},pro,EMEA"
        for month in range(1, 13)
        for n in range(5)
    ]
    companies.write(place.folder, lines)


def monthly(place: Place) -> Any:
    growing(place)
    return running(place.config(sources=[companies.SOURCE], weekly_post=None), FRIDAY)


async def posted_monthly(place: Place, slack: Sandbox) -> Post:
    async with monthly(place) as bot:
        await bot.pulled()
        await told(slack, "U0LEAD", "/keeprate subscribe monthly")
        await bot.move(MONDAY)
        await _until(place, bot, SUCCESS, "October 2026")
    [post] = place.posts(SUCCESS)
    return post


def pictures(post: Post) -> list[str]:
    return [block["slack_file"]["id"] for block in post.blocks if block["type"] == "image"]


async def test_the_monthly_post_has_the_cohorts_as_a_picture(place: Place, slack: Sandbox) -> None:
    post = await posted_monthly(place, slack)

    [id] = pictures(post)
    file = slack.workspace.files[id]
    assert (file.content or b"").startswith(b"\x89PNG")
    assert "A table of 12 cohorts" in file.alt_text
    assert "Cohorts by month" in post.text
    assert "How long customers stay" in post.text
    assert not any(block["type"] == "table" for block in post.blocks)


class TestWhereFilesMayNotBeWritten:
    @pytest.fixture
    def settings(self) -> Settings:
        settings = workspace()
        scopes = settings.app.scopes - {"files:write"}
        return replace(settings, app=replace(settings.app, scopes=scopes))

    async def test_the_cohorts_are_a_table_and_the_chart_stays(
        self, place: Place, slack: Sandbox
    ) -> None:
        post = await posted_monthly(place, slack)

        kinds = [block["type"] for block in post.blocks]
        assert pictures(post) == []
        assert kinds.count("table") == 1
        assert kinds.count("data_visualization") == 1


class TestWhereSlackLooksAtFilesForAWhile:
    @pytest.fixture
    def settings(self) -> Settings:
        settings = workspace()
        return replace(settings, timing=replace(settings.timing, file_processing=0.7))

    async def test_the_post_waits_for_it(self, place: Place, slack: Sandbox) -> None:
        post = await posted_monthly(place, slack)

        assert len(pictures(post)) == 1


class TestWhereSlackTakesNoCharts:
    @pytest.fixture
    def settings(self) -> Settings:
        return workspace(native_blocks=False)

    async def test_the_whole_post_is_in_older_blocks(self, place: Place, slack: Sandbox) -> None:
        post = await posted_monthly(place, slack)

        kinds = {block["type"] for block in post.blocks}
        assert kinds <= {"header", "section", "context", "actions"}
        assert "Joined in" in post.words()


async def _until(place: Place, bot: Running, channel: str, words: str) -> None:
    async with asyncio.timeout(20):
        while not place.posts(channel, words):
            await asyncio.sleep(0.02)
            await bot.settle()
