"""App Home, in Slack: what each person is shown, and what they do there."""

from collections.abc import AsyncIterator
from datetime import timedelta
from typing import Any

import pytest

from bot.domain.incidents import Reading
from bot.messages.blocks import Message, section
from bot.sandbox.server import Sandbox
from bot.sandbox.workspace import View
from bot.store.deliveries import Delivery, DeliveryState
from tests.end_to_end import companies
from tests.end_to_end.running import SUCCESS, Place, Running, at, running

NOW = at("2026-11-02T10:00")
PEOPLE = {"viewers": "everybody", "operators": ["U0ADMIN", "U0LEAD"], "admins": ["U0ADMIN"]}
OWNED = {**companies.SOURCE, "fields": ["plan", "region", "owner"]}


def owned() -> list[str]:
    """Every fourth company is Omar's, who left and who stayed; the others are an id's."""
    lines = companies.rows()
    return [f"{line},{_owner(number)}" for number, line in enumerate(lines, start=1)]


def _owner(number: int) -> str:
    return "Omar Haddad" if number % 4 == 0 else "cs@example.com"


@pytest.fixture
async def bot(place: Place) -> AsyncIterator[Running]:
    path = place.folder / "customers.csv"
    path.write_text("\n".join([f"{companies.HEADER},owner", *owned()]) + "\n")
    people = {**PEOPLE, "owners": {"cs@example.com": "U0LEAD"}}
    config = place.config(sources=[OWNED], people=people)
    async with running(config, NOW) as bot:
        await bot.pulled()
        yield bot


async def home_of(slack: Sandbox, person: str, containing: str = "") -> View:
    since = slack.journal.last
    who = slack.person(person)
    who.open_home()
    return await who.wait_for_home(containing=containing, since=since, timeout=20)


async def test_everybody_sees_their_own_accounts(bot: Running, slack: Sandbox) -> None:
    omars = (await home_of(slack, "U0OWNER")).words()
    leas = (await home_of(slack, "U0LEAD")).words()
    adas = (await home_of(slack, "U0ADMIN")).words()

    # Of the companies 4, 8, … 40 number 24 left; of the others 3, 25 and 26, and two joined.
    assert "You look after 9 customers." in omars
    assert "October 2026: CRR 90.0 % (9 of 10 stayed)." in omars
    assert "Left since 1 Oct 2026: Company 24." in omars
    assert "Company 25" not in omars
    assert "October 2026: CRR 90.0 % (27 of 30 stayed)." in leas
    assert "You look after" not in adas
    assert "36 of 40 stayed" in adas


async def test_accounts_are_listed_page_by_page(bot: Running, slack: Sandbox) -> None:
    lead = slack.person("U0LEAD")
    home = await home_of(slack, "U0LEAD")
    await lead.click(home, "home:accounts")
    first = await lead.modal()
    assert "1 to 20 of 29." in first.words()
    assert "Company 1, since" in first.words()

    second = await turned(slack, first, "More")
    assert "21 to 29 of 29." in second.words()
    assert second.id == first.id, "the list changes where it is"
    assert "1 to 20 of 29." in (await turned(slack, second, "Earlier")).words()


async def turned(slack: Sandbox, page: View, button: str) -> View:
    """The page after the click."""
    since, lead = slack.journal.last, slack.person("U0LEAD")
    await lead.click(page, label=button)
    await slack.journal.wait_for(lambda entry: entry.kind == "view_changed", since=since)
    return await lead.modal()


async def test_the_figures_of_their_own_accounts_may_be_chosen(
    bot: Running, slack: Sandbox
) -> None:
    omar = slack.person("U0OWNER")
    home = await home_of(slack, "U0OWNER", "36 of 40 stayed")
    since = slack.journal.last
    await omar.choose(home, "home:figures", "Figures of your accounts")
    shown = await omar.wait_for_home(containing="9 of 10 stayed", since=since)
    assert "36 of 40" not in shown.words()

    again = await home_of(slack, "U0OWNER")
    assert "36 of 40" not in again.words(), "the choice is kept"


async def failed(bot: Running) -> str:
    """The key of a message that did not arrive."""
    deliveries, now = bot.bot.kept.deliveries, bot.clock()
    told = Message("Late news.", (section("Late news."),))
    await deliveries.put(Delivery("news:1", SUCCESS, told, created_at=now))
    claimed = await deliveries.claim_next("test", now, timedelta(minutes=2))
    assert claimed is not None
    await deliveries.failed("news:1", "The channel is archived.", holder="test")
    return "news:1"


async def test_home_shows_by_itself_what_has_changed(bot: Running, slack: Sandbox) -> None:
    admin = await home_of(slack, "U0ADMIN")
    assert "did not arrive" not in admin.words()
    since = slack.journal.last
    await failed(bot)

    shown = await slack.person("U0ADMIN").wait_for_home(
        containing="The channel is archived.", since=since, timeout=20
    )
    assert "Messages that did not arrive" in shown.words()


async def test_long_lists_turn_where_they_are(bot: Running, slack: Sandbox) -> None:
    for number in range(5):
        reading = Reading(NOW.date(), 0.9, 0.97)
        await bot.bot.kept.incidents.open(
            f"rule {number}", "", reading, delivery=f"x{number}", now=NOW
        )
    lead = slack.person("U0LEAD")
    home = await home_of(slack, "U0LEAD", "rule 0")
    assert "rule 4" not in home.words()

    since = slack.journal.last
    await lead.click(home, "home:more")
    turned = await lead.wait_for_home(containing="rule 4", since=since)
    assert "rule 0" not in turned.words()

    since = slack.journal.last
    await bot.bot.kept.incidents.open("rule 5", "", reading, delivery="x5", now=NOW)
    kept = await lead.wait_for_home(containing="rule 5", since=since, timeout=20)
    assert "rule 0" not in kept.words(), "what changes by itself stays where it was"

    assert "rule 4" not in (await home_of(slack, "U0LEAD")).words(), "opened, it begins anew"


@pytest.mark.parametrize(
    ("button", "state"),
    [("delivery:again", DeliveryState.SENT), ("delivery:dismiss", DeliveryState.DISMISSED)],
)
async def test_what_failed_is_sent_again_or_dismissed(
    bot: Running, slack: Sandbox, button: str, state: DeliveryState
) -> None:
    key = await failed(bot)
    admin = slack.person("U0ADMIN")
    home = await home_of(slack, "U0ADMIN", "archived")
    await admin.click(home, button)
    assert "A message for" in (await admin.modal()).words()
    await bot.settle()

    delivery = await bot.bot.kept.deliveries.get(key)
    assert delivery is not None
    assert delivery.state is state
    assert len(slack.messages(SUCCESS)) == (state is DeliveryState.SENT)
    [deed] = [each for each in await bot.bot.kept.deeds.since(NOW) if each.about == key]
    assert deed.person == "U0ADMIN"

    await admin.close(await admin.modal())
    await clicked(slack, "U0ADMIN", key)  # which somebody else still sees
    assert "does not wait" in (await admin.modal()).words()


async def test_nobody_else_may(bot: Running, slack: Sandbox) -> None:
    key = await failed(bot)
    lead = slack.person("U0LEAD")
    home = await home_of(slack, "U0LEAD")
    assert "archived" not in home.words()

    await clicked(slack, "U0LEAD", key)
    assert "Only an admin" in (await lead.modal()).words()
    delivery = await bot.bot.kept.deliveries.get(key)
    assert delivery is not None
    assert delivery.state is DeliveryState.FAILED


async def clicked(slack: Sandbox, person: str, key: str) -> None:
    """A click on a button that they are not shown, or not any more."""
    around = slack.person(person)._around
    payload: dict[str, Any] = {
        "type": "block_actions",
        "team": {"id": "T0KEEP"},
        "user": {"id": person, "team_id": "T0KEEP"},
        "trigger_id": around.triggers.issue(person),
        "container": {"type": "view", "view_id": "V1"},
        "actions": [{"action_id": "delivery:again", "block_id": "b", "value": key}],
    }
    reply = await around.delivery.deliver("interactive", payload)
    assert reply.acked


async def test_an_alert_is_acknowledged_from_home(bot: Running, slack: Sandbox) -> None:
    reading = Reading(NOW.date(), 0.9, 0.97)
    incidents = bot.bot.kept.incidents
    incident, _ = await incidents.open("CRR drop", "", reading, delivery="x", now=NOW)
    lead = slack.person("U0LEAD")
    home = await home_of(slack, "U0LEAD", "CRR drop")
    since = slack.journal.last
    await lead.click(home, "incident:acknowledge")

    await lead.wait_for_home(containing="Yours.", since=since, timeout=20)
    seen = await incidents.get(incident.id)
    assert seen is not None
    assert seen.acknowledged_by == "U0LEAD"


async def test_a_held_pull_is_decided_from_home(bot: Running, slack: Sandbox, place: Place) -> None:
    path = place.folder / "customers.csv"
    path.write_text("\n".join([f"{companies.HEADER},owner", *owned()[:20]]) + "\n")
    await bot.bot.reader.pull("crm")
    admin = slack.person("U0ADMIN")
    home = await home_of(slack, "U0ADMIN", "Held pulls")
    since = slack.journal.last
    await admin.click(home, "pull:discard")

    assert "discarded" in (await admin.modal()).words()
    shown = await admin.wait_for_home(since=since, timeout=20)
    assert "Held pulls" not in shown.words()


async def test_a_guest_sees_what_there_is_for_guests(bot: Running, slack: Sandbox) -> None:
    shown = (await home_of(slack, "U0GUEST")).words()

    assert "answer questions" in shown
    assert "%" not in shown
