"""Names of customers, where they are for owners: everybody else is told how many they are."""

import re
from collections.abc import AsyncIterator

import pytest

from bot.sandbox.server import Sandbox
from bot.sandbox.workspace import Post
from tests.end_to_end import companies
from tests.end_to_end.running import (
    NOTICES,
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
from tests.end_to_end.test_home import OWNED, home_of, owned

NOW = at("2026-11-02T10:00")
PEOPLE = {
    "viewers": "everybody",
    "operators": ["U0LEAD", "U0ADMIN"],
    "admins": ["U0ADMIN"],
    "names": "owners",
    # Omar Haddad looks after every fourth company by his name alone, which anybody could take.
    "owners": {"cs@example.com": "U0LEAD"},
}
NAMED = re.compile(r"Company \d+|Young One|& Sons")
RULE = {"name": "drop", "channel": SUCCESS, "kind": "below", "limit": 99, "minimum_base": 5}


@pytest.fixture
async def bot(place: Place) -> AsyncIterator[Running]:
    path = place.folder / "customers.csv"
    path.write_text("\n".join([f"{companies.HEADER},owner", *owned()]) + "\n")
    config = place.config(sources=[OWNED], people=PEOPLE, rules=[RULE])
    async with running(config, NOW) as bot:
        await bot.pulled()
        yield bot


ASKED = (
    "/crr",
    "/crr who left",
    "/crr who joined",
    "/crr explain 2026-10",
    "/churn",
    "/churn 2026-10 plan=free",
    "/keeprate status",
)


@pytest.mark.parametrize("command", ASKED)
async def test_others_are_told_counts(bot: Running, slack: Sandbox, command: str) -> None:
    answer = (await told(slack, "U0OWNER", command)).words()

    assert not NAMED.search(answer)
    assert re.search(r"\d", answer)


async def test_owners_are_told_their_own_and_admins_all(bot: Running, slack: Sandbox) -> None:
    lead = (await told(slack, "U0LEAD", "/crr")).words()
    admin = (await told(slack, "U0ADMIN", "/crr")).words()

    assert "Left: Company 3, Company 25, Company 26 and 1 more" in lead.replace(
        " and Comp", ", Comp"
    )
    assert "Company 24" in admin


async def test_nobody_is_named_in_front_of_everybody(bot: Running, slack: Sandbox) -> None:
    admin = slack.person("U0ADMIN")
    for words in (
        "public",
        "who left public",
        "who joined public",
        "explain 2026-10 public",
        "Public!",
        "month `public`",
        "openbaar.",
    ):
        since = slack.journal.last
        await admin.command("/crr", words, channel=SUCCESS)
        post = await slack.wait_for_message(SUCCESS, since=since, timeout=20)
        assert not NAMED.search(post.words()), words
    since = slack.journal.last
    answer = await told(slack, "U0ADMIN", "/crr")
    await admin.click(answer, "crr_share")
    post = await slack.wait_for_message(SUCCESS, since=since, timeout=20)
    assert "4 lost" in post.words()
    assert not NAMED.search(post.words())


async def test_posts_and_alerts_name_nobody_whoever_follows_them_up(
    bot: Running, slack: Sandbox
) -> None:
    await bot.move(at("2026-11-09T09:01"))
    assert not [post for post in all_posts(slack) if NAMED.search(post.words())]
    [alert] = [p for p in slack.messages(SUCCESS) if p.text.startswith("Retention dropped")]
    assert "4 customers" in alert.text
    since = slack.journal.last
    await slack.person("U0ADMIN").click(alert, "incident:acknowledge")
    await slack.journal.wait_for(
        lambda entry: entry.kind == "message_changed" and "Acknowledged" in entry.data["post"].text,
        since=since,
        timeout=20,
    )

    assert not [post for post in all_posts(slack) if NAMED.search(post.words())]


async def test_a_subscription_that_is_sent_by_hand_names_nobody(
    bot: Running, slack: Sandbox
) -> None:
    admin = slack.person("U0ADMIN")
    listed = await told(slack, "U0ADMIN", "/keeprate subscribe")
    await admin.click(listed, "subscription:send")
    await slack.wait_for_message(SUCCESS, timeout=20)
    await bot.settle()

    assert slack.messages(SUCCESS)
    assert not [post for post in all_posts(slack) if NAMED.search(post.words())]


async def test_a_held_pull_names_nobody(bot: Running, slack: Sandbox, place: Place) -> None:
    path = place.folder / "customers.csv"
    path.write_text("\n".join([f"{companies.HEADER},owner", *owned()[:20]]) + "\n")
    await bot.bot.reader.pull("crm")
    await bot.settle()

    assert slack.messages(NOTICES)
    assert not [post for post in all_posts(slack) if NAMED.search(post.words())]


async def test_app_home_names_to_each_their_own(bot: Running, slack: Sandbox) -> None:
    lead = (await home_of(slack, "U0LEAD")).words()
    omar = (await home_of(slack, "U0OWNER")).words()

    assert "Company 3" in lead
    assert "Company 24" not in lead
    assert not NAMED.search(omar)
    assert "Left since 1 Oct 2026: 1 customer." in omar


async def test_a_low_score_names_the_customer_to_its_owner_alone(
    place: Place, slack: Sandbox
) -> None:
    path = place.folder / "customers.csv"
    path.write_text("\n".join([f"{companies.HEADER},owner", *owned()]) + "\n")
    loop = {"channel": SUCCESS, "hours": 4, "up": [NOTICES]}
    digest = {"channel": SUCCESS, "cron": "0 9 * * *"}
    config = place.config(
        sources=[OWNED], people=PEOPLE, weekly_post=None, loop=loop, digest=digest
    )
    async with running(config, NOW) as bot:
        await bot.pulled()
        await bot.bot.kept.links.link("crm", SHARED, "c1", by="U0LEAD", now=bot.clock())
        await clicked(slack, "U0ACME", await asked(slack), 3)
        await bot.settle()
        await bot.move(at("2026-11-02T15:00"))
        await bot.move(at("2026-11-03T09:01"))

    [direct] = slack.messages(slack.workspace.direct("U0LEAD").id)
    [up], [digest_post] = slack.messages(NOTICES), slack.messages(SUCCESS)
    assert "NPS 3 out of 10 from Company 1" in direct.text
    assert "NPS 3 out of 10 from a customer" in up.text
    assert "*NPS 3 out of 10* from a customer" in digest_post.text
    assert not [post for post in all_posts(slack) if NAMED.search(post.words())]


@pytest.mark.parametrize("command", ["/keeprate links", "/keeprate merges"])
async def test_lists_of_names_are_for_admins(bot: Running, slack: Sandbox, command: str) -> None:
    assert "Only an admin" in (await told(slack, "U0LEAD", command)).text
    assert "Only an admin" not in (await told(slack, "U0ADMIN", command)).text


def all_posts(slack: Sandbox) -> list[Post]:
    return [post for channel in (SUCCESS, NOTICES, SHARED) for post in slack.messages(channel)]
