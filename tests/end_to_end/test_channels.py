"""What becomes of channels, people and the app in Slack, and what the bot does about it."""

import asyncio
from typing import Any

import pytest

from bot.domain.watching import Rule
from bot.errors import SlackUnavailable
from bot.messages.blocks import Message
from bot.sandbox.server import Sandbox
from bot.store.deliveries import Delivery
from tests.end_to_end import companies
from tests.end_to_end.running import (
    NOTICES,
    SHARED,
    SUCCESS,
    Place,
    at,
    next_post,
    running,
    told,
)

FRIDAY = at("2026-10-30T10:00")
MONDAY = at("2026-11-02T09:00")
ADMINS = {"viewers": "everybody", "admins": ["U0ADMIN", "S0CS"]}
QUARTERLY = {"name": "quarterly nps", "scale": "nps", "channel": SHARED, "cron": "0 10 1 jan *"}


def friday(place: Place, **sections: Any) -> Any:
    companies.write(place.folder)
    settings = {"sources": [companies.SOURCE], "people": ADMINS, "surveys": [QUARTERLY], **sections}
    return running(place.config(**settings), FRIDAY)


async def test_an_archived_channel_is_told_and_the_post_that_is_lost_too(
    place: Place, slack: Sandbox
) -> None:
    async with friday(place) as bot:
        await bot.pulled()
        slack.admin.archive(SUCCESS)
        notice = await next_post(place, bot, NOTICES, "was archived")
        await bot.move(MONDAY)
        lost = await next_post(place, bot, NOTICES, "weekly post")

    assert "so the weekly post cannot go there" in notice.text
    assert "is archived" in lost.text or "archived" in lost.text


async def test_what_befell_the_notices_channel_itself_is_told_to_each_admin(
    place: Place, slack: Sandbox
) -> None:
    async with friday(place) as bot:
        await bot.pulled()
        slack.admin.remove(NOTICES, "U0KEEP")
        notice = await next_post(place, bot, slack.workspace.direct("U0ADMIN").id, "taken out of")

    assert "notices like this one" in notice.text


async def test_figures_stay_out_of_a_channel_that_customers_were_let_into(
    place: Place, slack: Sandbox
) -> None:
    async with friday(place) as bot:
        await bot.pulled()
        slack.admin.share(SUCCESS, "T0ACME")
        notice = await next_post(place, bot, NOTICES, "shared with people from outside now")
        await bot.move(MONDAY)

    assert "the weekly post will not be posted there" in notice.text
    assert not place.posts(SUCCESS, "CRR")


async def test_a_customers_channel_without_the_customer_is_told(
    place: Place, slack: Sandbox
) -> None:
    async with friday(place) as bot:
        await bot.pulled()
        slack.admin.unshare(SHARED, "T0ACME")
        notice = await next_post(place, bot, NOTICES, "not shared with another company")

    assert "“quarterly nps”" in notice.text


async def test_posts_follow_a_channel_to_its_new_id(place: Place, slack: Sandbox) -> None:
    async with friday(place) as bot:
        await bot.pulled()
        slack.admin.change_id(SUCCESS, "C0NEW")
        notice = await next_post(place, bot, NOTICES, "C0NEW")
        await bot.move(MONDAY)
        post = await next_post(place, bot, "C0NEW", "CRR")

    assert "Write the new id into config.yaml" in notice.text
    assert post.channel == "C0NEW"


async def test_what_befalls_a_channel_that_has_moved_is_told_of_all_that_goes_there(
    place: Place, slack: Sandbox
) -> None:
    async with friday(place, language="nl") as bot:
        await bot.pulled()
        await told(slack, "U0LEAD", "/keeprate subscribe monthly plan=pro")
        await bot.bot.kept.rules.put(Rule("A & B", SUCCESS), by="U0LEAD", now=FRIDAY)
        slack.admin.change_id(SUCCESS, "C0NEW")
        await next_post(place, bot, NOTICES, "C0NEW")
        slack.admin.archive("C0NEW")
        notice = await next_post(place, bot, NOTICES, "gearchiveerd")

    for what in ("het weekbericht", "het maandbericht (plan=pro)", "de meldingen van “A &amp; B”"):
        assert what in notice.text


async def test_what_befalls_a_channel_that_is_for_nothing_is_no_news(
    place: Place, slack: Sandbox
) -> None:
    async with friday(place) as bot:
        await bot.pulled()
        slack.admin.archive("C0GENERAL")
        slack.admin.rename(SUCCESS, "cs")
        await bot.settle()

    assert place.posts(NOTICES) == []


async def test_who_has_left_sees_nothing_any_more(place: Place, slack: Sandbox) -> None:
    async with friday(place) as bot:
        await bot.pulled()
        before = await told(slack, "U0LEAD", "/crr month")
        slack.admin.deactivate("U0LEAD")
        async with asyncio.timeout(20):
            while "CRR" in (after := await told(slack, "U0LEAD", "/crr month")).text:  # noqa: ASYNC110
                await asyncio.sleep(0.02)

    assert "CRR" in before.text
    assert "guests" in after.text


@pytest.mark.parametrize("way", ["revoke_token", "uninstall"])
async def test_an_app_that_was_removed_ends_and_says_why(
    place: Place, slack: Sandbox, way: str
) -> None:
    async def removed() -> None:
        async with friday(place) as bot:
            await bot.pulled()
            getattr(slack.admin, way)()
            async with asyncio.timeout(20):
                await asyncio.wait([bot.task])

    with pytest.raises(SlackUnavailable, match="Install the app again"):
        await removed()


async def test_what_one_person_could_not_be_told_is_told_to_nobody_else(place: Place) -> None:
    """It may be of their accounts alone; the log has it."""
    async with friday(place) as bot:
        for channel, others in (("U0LEAD", False), (SUCCESS, True)):
            lost = Delivery("low score:1", channel, Message("Only for you."), FRIDAY)
            instead = await bot.bot.elsewhere.instead(lost, "The person is gone.")
            assert bool(instead.posts) is others
