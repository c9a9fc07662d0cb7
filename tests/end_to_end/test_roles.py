"""Who sees figures, and who is told why not."""

import pytest

from bot.sandbox.server import Sandbox
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


async def named(slack: Sandbox, *, viewers: list[str]) -> None:
    admin, since = slack.person("U0ADMIN"), slack.journal.last
    admin.open_home()
    home = await admin.wait_for_home(containing="Who may what", since=since, timeout=20)
    await admin.click(home, "people:change")
    form = await admin.modal()
    since = slack.journal.last
    await admin.submit(form, {"viewers": viewers, "operators": []})
    await slack.journal.wait_for(lambda entry: entry.kind == "view_changed", since=since)
    assert "This holds from now on." in (await admin.modal()).words()
    await admin.close(await admin.modal())


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
