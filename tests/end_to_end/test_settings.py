"""Settings that admins choose in App Home, over config.yaml."""

from io import StringIO
from typing import Any

from rich.console import Console

from bot.cli.pulling import pull_all
from bot.config import load
from bot.domain.choices import Setting
from bot.parts import Clock, stores
from bot.sandbox.people import Reply
from bot.sandbox.server import Sandbox
from bot.sandbox.workspace import View
from tests.end_to_end import companies
from tests.end_to_end.running import (
    GENERAL,
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
ADMINS = {"viewers": [], "admins": ["U0ADMIN"]}


def friday(place: Place, **sections: Any) -> Any:
    companies.write(place.folder)
    settings = {"sources": [companies.SOURCE], "people": ADMINS, **sections}
    return running(place.config(**settings), FRIDAY)


async def home(slack: Sandbox, containing: str) -> View:
    since, admin = slack.journal.last, slack.person("U0ADMIN")
    admin.open_home()
    return await admin.wait_for_home(containing=containing, since=since, timeout=20)


async def chosen(slack: Sandbox, **values: Any) -> Reply:
    """In the form; it stays open where something was wrong with it."""
    admin = slack.person("U0ADMIN")
    await admin.click(await home(slack, "Change settings"), "settings:change")
    done = await admin.submit(await admin.modal(), values)
    slack.person("U0ADMIN")._workspace.modals.clear()
    return done


async def test_an_admin_chooses_where_notices_go_and_goes_back(
    place: Place, slack: Sandbox
) -> None:
    admin = slack.person("U0ADMIN")
    slack.admin.invite(GENERAL, "U0KEEP")
    async with friday(place) as bot:
        await bot.pulled()
        before = await told(slack, "U0LEAD", "/crr", channel=GENERAL)
        assert (await chosen(slack, notices=GENERAL)).acked
        after = await told(slack, "U0LEAD", "/crr", channel=GENERAL)
        slack.admin.archive("C0SUCCESS")
        notice = await next_post(place, bot, GENERAL, "was archived")
    async with friday(place) as bot:
        shown = await home(slack, "chosen by <@U0ADMIN>")
        since = slack.journal.last
        await admin.click(shown, "settings:back")
        await admin.wait_for_home(containing="as config.yaml says", since=since, timeout=20)
        slack.admin.unarchive("C0SUCCESS")
        slack.admin.archive("C0SUCCESS")
        back = await next_post(place, bot, NOTICES, "was archived")
        deeds = [(d.person, d.what, d.about) for d in await bot.bot.kept.deeds.since(FRIDAY)]

    assert "CRR" not in before.text
    assert "CRR 100 %" in after.text, "in the channel for notices colleagues may ask"
    assert "weekly post" in notice.text
    assert "weekly post" in back.text
    assert deeds == [
        ("U0ADMIN", "setting chosen", f"notices {GENERAL}"),
        ("U0ADMIN", "setting as in config.yaml", f"notices, was {GENERAL}"),
    ]


async def test_notices_go_to_no_channel_that_is_shared_or_that_the_bot_is_not_in(
    place: Place, slack: Sandbox
) -> None:
    async with friday(place) as bot:
        await bot.pulled()
        shared = await chosen(slack, notices=SHARED)
        outside = await chosen(slack, notices=GENERAL)
        choices = await bot.bot.kept.choices.all()

    assert "shared with people from outside" in (shared.errors or {})["notices"]
    assert "Type /invite @Keeprate there." in (outside.errors or {})["notices"]
    assert choices == {}


async def test_a_chosen_channel_is_followed_and_what_befalls_it_told_to_each_admin(
    place: Place, slack: Sandbox
) -> None:
    slack.admin.invite(GENERAL, "U0KEEP")
    async with friday(place) as bot:
        await bot.pulled()
        await chosen(slack, notices=GENERAL)
        slack.admin.change_id(GENERAL, "C0MOVED")
        moved = await next_post(place, bot, "C0MOVED", "C0MOVED")
        shown = await home(slack, "chosen by")
        slack.admin.share("C0MOVED", "T0ACME")
        alone = slack.workspace.direct("U0ADMIN").id
        shared = await next_post(place, bot, alone, "shared with people from outside now")

    assert "notices like this one" in moved.text
    assert "<#C0MOVED>, chosen by <@U0ADMIN>" in shown.words()
    assert "notices like this one" in shared.text


async def test_what_was_told_of_a_pull_is_brought_up_to_date_where_it_was_told(
    place: Place, slack: Sandbox
) -> None:
    slack.admin.invite(GENERAL, "U0KEEP")
    async with friday(place) as bot:
        await bot.pulled()
        companies.write(place.folder, companies.rows()[:10])
        await bot.move(MONDAY)
        [held] = place.posts(NOTICES, "was held back")
        await chosen(slack, notices=GENERAL)
        await slack.person("U0ADMIN").click(held, label="Discard it")
        after = await next_post(place, bot, NOTICES, "was discarded by <@U0ADMIN>")

    assert after.ts == held.ts
    assert place.posts(GENERAL) == []


async def test_the_language_of_what_everybody_reads_can_be_chosen(
    place: Place, slack: Sandbox
) -> None:
    async with friday(place) as bot:
        await bot.pulled()
        assert (await chosen(slack, language="nl")).acked
        said = (await told(slack, "U0ADMIN", "/keeprate settings")).words()
        await bot.move(MONDAY)
        [post] = place.posts(SUCCESS, "CRR")
        deeds = [(d.what, d.about) for d in await bot.bot.kept.deeds.since(FRIDAY)]

    assert "klanten" in post.words()
    assert "`language` nl, chosen by <@U0ADMIN>" in said, "who speaks English is answered in it"
    assert f"`notices` <#{NOTICES}>" in said
    assert deeds == [("setting chosen", "language nl")], "the channel is what it was"


async def test_in_a_terminal_it_is_told_as_it_was_chosen(place: Place) -> None:
    companies.write(place.folder)
    path = place.config(sources=[companies.SOURCE], people=ADMINS)
    clock = Clock()
    clock.offset = FRIDAY - clock()
    async with stores(load(path)) as kept:
        for setting, value in ((Setting.NOTICES, GENERAL), (Setting.LANGUAGE, "nl")):
            await kept.choices.put(setting, value, by="U0ADMIN", now=FRIDAY)
    console = Console(file=StringIO())
    assert await pull_all(load(path), "", clock=clock, out=console, err=console)
    companies.write(place.folder, companies.rows()[:10])
    assert not await pull_all(load(path), "", clock=clock, out=console, err=console)
    async with stores(load(path)) as kept:
        [notice] = await kept.deliveries.undelivered()

    assert notice.channel == GENERAL
    assert "tegengehouden" in notice.message.text
