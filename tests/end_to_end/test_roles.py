"""Who sees figures, and who is told why not."""

import asyncio
from collections.abc import Sequence

import pytest

from bot.domain.roles import Named
from bot.sandbox.server import Sandbox
from bot.sandbox.workspace import View
from tests.end_to_end import companies
from tests.end_to_end.running import SHARED, SUCCESS, Place, at, running, told

NOW = at("2026-11-02T10:00")


async def said(place: Place, slack: Sandbox, people: dict[str, object], *asked: str) -> list[str]:
    """What /crr answers to U0LEAD in each of these channels."""
    companies.write(place.folder)
    config = place.config(sources=[companies.SOURCE], people=people)
    async with running(config, NOW) as bot:
        await bot.pulled()
        return [(await told(slack, "U0LEAD", "/crr", channel=channel)).text for channel in asked]


async def test_where_nobody_is_named_figures_stay_in_their_channels(
    place: Place, slack: Sandbox
) -> None:
    there, elsewhere = await said(place, slack, {}, SUCCESS, "C0GENERAL")

    assert "CRR 90.0 %" in there
    assert "people.viewers" in elsewhere
    assert "90.0" not in elsewhere


@pytest.mark.parametrize("id", ["U0LEAD", "S0CS"])
async def test_who_is_named_alone_or_in_a_group_sees_them_anywhere(
    place: Place, slack: Sandbox, id: str
) -> None:
    [elsewhere] = await said(place, slack, {"viewers": [id]}, "C0GENERAL")

    assert "CRR 90.0 %" in elsewhere


async def test_a_group_that_is_gone_has_nobody_in_it(place: Place, slack: Sandbox) -> None:
    [elsewhere] = await said(place, slack, {"viewers": ["S0GONE"]}, "C0GENERAL")

    assert "people.viewers" in elsewhere


async def test_an_admin_names_people_in_app_home(place: Place, slack: Sandbox) -> None:
    companies.write(place.folder)
    config = place.config(sources=[companies.SOURCE], people={"admins": ["U0ADMIN"]})
    elsewhere = "C0GENERAL"
    async with running(config, NOW) as bot:
        await bot.pulled()
        before = await told(slack, "U0LEAD", "/crr", channel=elsewhere)
        await named(slack, viewers=["U0LEAD", "U0GUEST"])
        after = await told(slack, "U0LEAD", "/crr", channel=elsewhere)
        guest = await told(slack, "U0GUEST", "/crr", channel=SHARED)
        settings = await told(slack, "U0ADMIN", "/keeprate settings")
        deeds = await bot.bot.kept.deeds.since(NOW)
    async with running(config, NOW) as bot:
        again = await told(slack, "U0LEAD", "/crr", channel=elsewhere)
        await named(slack, viewers=[])
        gone = await told(slack, "U0LEAD", "/crr", channel=elsewhere)

    assert "in App Home or under `people.viewers`" in before.text
    assert "CRR 90.0 %" in after.text
    assert "CRR 90.0 %" in again.text, "a restart forgets nobody"
    assert "90.0" not in gone.text
    assert "not for its guests" in guest.text
    assert "viewers <@U0GUEST> and <@U0LEAD>" in settings.words().replace("`", "")
    assert [(each.person, each.what, each.about) for each in deeds] == [
        ("U0ADMIN", "people named", "viewers +U0GUEST, viewers +U0LEAD")
    ]


async def form_of_names(slack: Sandbox) -> View:
    admin, since = slack.person("U0ADMIN"), slack.journal.last
    admin.open_home()
    home = await admin.wait_for_home(containing="Who may what", since=since, timeout=20)
    await admin.click(home, "people:change")
    return await admin.modal()


async def named(
    slack: Sandbox, *, viewers: Sequence[str] = (), channels: Sequence[str] = ()
) -> None:
    admin, form, since = slack.person("U0ADMIN"), await form_of_names(slack), slack.journal.last
    chosen = {"viewers": list(viewers), "operators": [], "channels": list(channels)}
    await admin.submit(form, chosen)
    await slack.journal.wait_for(lambda entry: entry.kind == "view_changed", since=since)
    assert "This holds from now on." in (await admin.modal()).words()
    await admin.close(await admin.modal())


async def test_two_admins_who_name_people_at_once_are_both_heard(
    place: Place, slack: Sandbox
) -> None:
    companies.write(place.folder)
    config = place.config(sources=[companies.SOURCE], people={"admins": ["U0ADMIN"]})
    async with running(config, NOW) as bot:
        await bot.pulled()
        admin, form = slack.person("U0ADMIN"), await form_of_names(slack)
        other = Named(operators=frozenset({"U0ADMIN"}), channels=frozenset({"C0GENERAL"}))
        await bot.bot.name_people(Named(), other, "U0OTHER")
        assert (await admin.submit(form, {"viewers": ["U0LEAD"]})).acked
        kept = await bot.bot.kept.named.all()

    assert kept == Named(frozenset({"U0LEAD"}), other.operators, other.channels)


async def test_an_admin_names_channels_in_app_home(place: Place, slack: Sandbox) -> None:
    companies.write(place.folder)
    config = place.config(sources=[companies.SOURCE], people={"admins": ["U0ADMIN"]})
    async with running(config, NOW) as bot:
        await bot.pulled()
        await named(slack, channels=["C0GENERAL"])
        there = await told(slack, "U0LEAD", "/crr", channel="C0GENERAL")
        slack.admin.invite("C0GENERAL", "U0KEEP")
        slack.admin.change_id("C0GENERAL", "C0MOVED")
        async with asyncio.timeout(20):
            while "C0MOVED" not in (await bot.bot.kept.named.all()).channels:  # noqa: ASYNC110
                await asyncio.sleep(0.02)
        moved = await told(slack, "U0LEAD", "/crr", channel="C0MOVED")
        settings = await told(slack, "U0ADMIN", "/keeprate settings")
        deeds = [deed.about for deed in await bot.bot.kept.deeds.since(NOW)]
        await named(slack)
        gone = await told(slack, "U0LEAD", "/crr", channel="C0MOVED")

    assert "CRR 90.0 %" in there.text
    assert "CRR 90.0 %" in moved.text
    assert "<#C0MOVED>" in settings.words()
    assert deeds == ["channels +C0GENERAL"]
    assert "CRR" not in gone.text


async def test_figures_are_for_no_channel_that_customers_read(place: Place, slack: Sandbox) -> None:
    companies.write(place.folder)
    config = place.config(sources=[companies.SOURCE], people={"admins": ["U0ADMIN"]})
    async with running(config, NOW) as bot:
        await bot.pulled()
        admin, form = slack.person("U0ADMIN"), await form_of_names(slack)
        shared = await admin.submit(form, {"channels": ["C0GENERAL", SHARED]})
        closed = await admin.submit(form, {"channels": ["C0BOARD"]})
        alone = slack.workspace.direct("U0ADMIN").id
        direct = await admin.submit(form, {"channels": ["C0GENERAL", alone]})
        kept = await bot.bot.kept.named.all()

    assert (shared.errors or {})["channels"].startswith("#acme-shared is shared with people")
    assert "Type /invite @Keeprate there first." in (closed.errors or {})["channels"]
    assert "One of these is a direct message." in (direct.errors or {})["channels"]
    assert kept == Named()


async def test_where_nobody_is_named_admin_nobody_can_be_locked_out(
    place: Place, slack: Sandbox
) -> None:
    companies.write(place.folder)
    config = place.config(sources=[companies.SOURCE], people={"viewers": ["U0LEAD"]})
    async with running(config, NOW) as bot:
        await bot.pulled()
        lead, since = slack.person("U0LEAD"), slack.journal.last
        lead.open_home()
        home = await lead.wait_for_home(containing="New rule", since=since, timeout=20)

    assert "Who may what" not in home.words()


@pytest.mark.parametrize("words", ["/crr month public", "/churn Public.", "/crr calc 3 2 1 public"])
async def test_in_front_of_customers_it_is_refused_before_anything_is_known(
    place: Place, slack: Sandbox, words: str
) -> None:
    """Also while the first pull still runs: what is said there never depends on the figures."""
    async with running(place.config(sources=[companies.SOURCE], weekly_post=None), NOW):
        answer = await told(slack, "U0LEAD", words, SHARED)

    assert answer.text.startswith("This channel is shared with people from outside, who must not")


@pytest.mark.parametrize(
    ("words", "why"),
    [
        ("/crr public", "in which nothing is shown to others"),
        ("/churn openbaar", "in which nothing is shown to others"),
        ("/keeprate subscribe weekly", "it is a direct message. Name a channel"),
    ],
)
async def test_in_a_direct_message_there_is_nobody_to_show_it_to(
    place: Place, slack: Sandbox, words: str, why: str
) -> None:
    alone = slack.workspace.direct("U0LEAD").id
    async with running(place.config(sources=[companies.SOURCE], weekly_post=None), NOW):
        answer = await told(slack, "U0LEAD", words, alone)

    assert why in answer.text
