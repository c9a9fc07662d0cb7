"""The bot is spoken to in a thread; and an answer is shown to everybody."""

import asyncio
from collections.abc import AsyncIterator

import pytest

from bot.domain.choices import Setting
from bot.sandbox.server import Sandbox
from bot.sandbox.workspace import Post
from tests.end_to_end import companies
from tests.end_to_end.running import SHARED, SUCCESS, Place, Running, at, running, told

NOW = at("2026-11-02T10:00")
FIGURE = "CRR 90.0 % (36 of 40 stayed)"


@pytest.fixture
async def bot(place: Place) -> AsyncIterator[Running]:
    companies.write(place.folder)
    async with running(place.config(sources=[companies.SOURCE]), NOW) as bot:
        await bot.pulled()
        yield bot


async def spoken(
    slack: Sandbox, words: str, person: str = "U0LEAD", channel: str = SUCCESS, thread: str = ""
) -> Post:
    """What the person alone is answered to a mention."""
    since = slack.journal.last
    slack.person(person).mention(channel, words, thread_ts=thread)
    return await slack.person(person).wait_for_ephemeral(channel, since=since, timeout=20)


async def test_in_a_thread_the_same_is_answered_there_to_who_asked(
    bot: Running, slack: Sandbox
) -> None:
    above = slack.person("U0LEAD").say(SUCCESS, "How was October?")

    answer = await spoken(slack, "crr 2026-10", thread=above.ts)

    assert FIGURE in answer.text
    assert (answer.to, answer.thread_ts) == ("U0LEAD", above.ts)


async def test_who_says_public_is_answered_in_front_of_everybody(
    bot: Running, slack: Sandbox, place: Place
) -> None:
    above = slack.person("U0LEAD").say(SUCCESS, "How was October?")
    slack.person("U0LEAD").mention(SUCCESS, "/CRR 2026-10 public", thread_ts=above.ts)
    async with asyncio.timeout(20):
        while not (found := place.posts(SUCCESS, "CRR 90.0 %")):  # noqa: ASYNC110
            await asyncio.sleep(0.02)

    assert found[0].thread_ts == above.ts


@pytest.mark.parametrize(
    ("words", "expected"),
    [
        ("", "Write a command behind my name"),
        ("thank you!", "Write a command behind my name"),
        ("crr moth", 'Did you mean "month"?'),
        ("keeprate status", "crm"),
        ("nps help", "/nps results"),
        (", CRR 2026-10 please", "CRR 90.0 %"),
        ("`crr` 2026-10", "CRR 90.0 %"),
        ("crrr week", "Did you mean @Keeprate crr week?"),
        ("Churm", "Did you mean @Keeprate churn?"),
    ],
)
async def test_what_is_said_is_answered_like_a_command(
    bot: Running, slack: Sandbox, words: str, expected: str
) -> None:
    assert expected in (await spoken(slack, words)).text


@pytest.mark.parametrize(
    "said", ["hey <@U0KEEP> crr 2026-10", "crr 2026-10 <@U0KEEP>", "<@U0KEEP>: crr\u00a02026-10"]
)
async def test_our_name_may_stand_anywhere(bot: Running, slack: Sandbox, said: str) -> None:
    since, lead = slack.journal.last, slack.person("U0LEAD")
    lead.say(SUCCESS, said)

    answer = await lead.wait_for_ephemeral(SUCCESS, since=since, timeout=20)
    assert FIGURE in answer.text


async def test_who_is_named_after_a_command_is_meant_alone(
    bot: Running, slack: Sandbox, place: Place
) -> None:
    """Without the name everybody in the channel would be asked."""
    since, lead = slack.journal.last, slack.person("U0LEAD")
    lead.mention(SHARED, "nps ask <@U0ACME>")
    await lead.wait_for_ephemeral(SHARED, since=since, timeout=20)
    await bot.settle()

    assert [p for p in slack.messages(SHARED) if p.user == "U0KEEP"] == []
    [question] = slack.messages(slack.workspace.direct("U0ACME").id)
    assert question.text.startswith("How likely are you to recommend us")


@pytest.mark.parametrize(
    "words", ["crr 2026-10 public", "crr help", "keeprate help", "churn", "nps help", "thanks!", ""]
)
async def test_customers_hear_no_figure_and_no_command_from_a_mention(
    bot: Running, slack: Sandbox, words: str
) -> None:
    answer = await spoken(slack, words, person="U0ACME", channel=SHARED)

    assert "not for its guests" in answer.text
    for private in ("90.0", "churn", "crr"):
        assert private not in answer.words()


async def test_customers_are_refused_in_the_language_that_an_admin_chose(
    bot: Running, slack: Sandbox
) -> None:
    await bot.bot.kept.choices.put(Setting.LANGUAGE, "nl", by="U0ADMIN", now=NOW)
    await bot.bot.follow_settings()

    answer = await spoken(slack, "crr", person="U0ACME", channel=SHARED)

    assert "niet voor gasten" in answer.text


async def test_public_is_refused_in_front_of_customers(bot: Running, slack: Sandbox) -> None:
    answer = await spoken(slack, "crr 2026-10 public", channel=SHARED)

    assert "shared with people from outside" in answer.text


async def test_a_private_answer_is_shared_with_a_button(
    bot: Running, slack: Sandbox, place: Place
) -> None:
    private = await told(slack, "U0LEAD", "/crr 2026-10 plan=pro")
    await slack.person("U0LEAD").click(private, label="Share in channel")
    async with asyncio.timeout(20):
        while not (found := place.posts(SUCCESS, "plan=pro")):  # noqa: ASYNC110
            await asyncio.sleep(0.02)

    assert found[0].to == ""
    assert found[0].text == private.text
    assert "Share in channel" not in found[0].words()


async def test_no_answer_is_shared_in_front_of_customers(
    bot: Running, slack: Sandbox, place: Place
) -> None:
    private = await told(slack, "U0LEAD", "/crr 2026-10", channel=SHARED)
    since = slack.journal.last
    await slack.person("U0LEAD").click(private, label="Share in channel")
    refused = await slack.person("U0LEAD").wait_for_ephemeral(SHARED, since=since, timeout=20)

    assert "shared with people from outside" in refused.text
    assert not place.posts(SHARED, "CRR")


async def test_help_has_nothing_to_share(bot: Running, slack: Sandbox) -> None:
    assert "Share" not in (await told(slack, "U0LEAD", "/crr help")).words()
    assert "Share" not in (await told(slack, "U0LEAD", "/crr moth")).words()
