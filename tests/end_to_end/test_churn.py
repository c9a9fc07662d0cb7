"""/churn, as the customer-success lead asks it."""

from collections.abc import AsyncIterator

import pytest

from bot.sandbox.server import Sandbox
from tests.end_to_end import companies
from tests.end_to_end.running import SHARED, SUCCESS, Place, Running, at, running, told

NOW = at("2026-11-02T10:00")


@pytest.fixture
async def bot(place: Place) -> AsyncIterator[Running]:
    companies.write(place.folder)
    async with running(place.config(sources=[companies.SOURCE]), NOW) as bot:
        await bot.pulled()
        yield bot


async def test_who_left_is_told_with_the_rate(bot: Running, slack: Sandbox) -> None:
    answer = await told(slack, "U0LEAD", "/churn 2026-10")

    assert "October 2026: 4 of 40 left (churn rate 10.0 %)" in answer.text
    assert answer.text.count("•") == 4
    assert "Nobody has said why they left" in answer.text


async def test_it_agrees_with_the_retention_of_the_same_days(bot: Running, slack: Sandbox) -> None:
    kept = await told(slack, "U0LEAD", "/crr october plan=pro")
    left = await told(slack, "U0LEAD", "/churn october plan=pro")

    assert "CRR 95.0 % (19 of 20 stayed)" in kept.text
    assert "1 of 20 left (churn rate 5.0 %)" in left.text


@pytest.mark.parametrize(
    ("words", "expected"),
    [("help", "/churn week"), ("moth", 'Did you mean "month"?'), ("plan=prp", "pro")],
)
async def test_help_and_slips_are_answered(
    bot: Running, slack: Sandbox, words: str, expected: str
) -> None:
    assert expected in (await told(slack, "U0LEAD", f"/churn {words}")).text


async def test_no_name_is_told_in_front_of_customers(bot: Running, slack: Sandbox) -> None:
    answer = await told(slack, "U0LEAD", "/churn 2026-10 public", channel=SHARED)

    assert "shared with people from outside" in answer.text


async def test_it_is_shown_to_everybody_with_a_button(bot: Running, slack: Sandbox) -> None:
    answer = await told(slack, "U0LEAD", "/churn why october plan=pro")
    since = slack.journal.last
    await slack.person("U0LEAD").click(answer, label="Share in channel")
    post = await slack.wait_for_message(SUCCESS, since=since, timeout=20)

    assert post.text == answer.text
    assert post.to == ""


async def test_a_mention_answers_the_same(bot: Running, slack: Sandbox) -> None:
    since = slack.journal.last
    slack.person("U0LEAD").mention(SUCCESS, "churn 2026-10")
    answer = await slack.person("U0LEAD").wait_for_ephemeral(SUCCESS, since=since, timeout=20)

    assert "4 of 40 left" in answer.text


async def test_a_long_list_goes_on_behind_a_button(place: Place, slack: Sandbox) -> None:
    rows = [f"c{n},Company {n:03},2025-01-01,2026-10-{1 + n % 28:02},pro,EMEA" for n in range(45)]
    companies.write(place.folder, [*rows, "d,Stays,2025-01-01,,pro,EMEA"])
    async with running(place.config(sources=[companies.SOURCE]), NOW) as bot:
        await bot.pulled()
        first = await told(slack, "U0LEAD", "/churn 2026-10")
        since = slack.journal.last
        await slack.person("U0LEAD").click(first, label="Show 20 more")
        second = await slack.person("U0LEAD").wait_for_ephemeral(SUCCESS, since=since, timeout=20)

    assert "1 to 20 of 45:" in first.text
    assert "• Company 019" in first.text
    assert "• Company 020" not in first.text
    assert "21 to 40 of 45:" in second.text
    assert "• Company 020" in second.text


@pytest.mark.parametrize("words", ["/crr 2026-10 plan=pro", "/crr explain 2026-10 plan=pro"])
async def test_a_figure_that_names_ten_lists_all_behind_a_button(
    place: Place, slack: Sandbox, words: str
) -> None:
    left = [f"c{n},Company {n:03},2025-01-01,2026-10-{1 + n % 28:02},pro,EMEA" for n in range(15)]
    new = [f"n{n},Newcomer {n:03},2026-10-{1 + n % 28:02},,basic,EMEA" for n in range(15)]
    companies.write(place.folder, [*left, *new, "d,Stays,2025-01-01,,pro,EMEA"])
    async with running(place.config(sources=[companies.SOURCE]), NOW) as bot:
        await bot.pulled()
        figure = await told(slack, "U0LEAD", words)
        since = slack.journal.last
        await slack.person("U0LEAD").click(figure, label="List who left")
        listed = await slack.person("U0LEAD").wait_for_ephemeral(SUCCESS, since=since, timeout=20)

    assert "and 5 more" in figure.text
    assert listed.text.count("Company") == 15
    assert "List who joined" not in figure.words()  # nobody of plan=pro did


async def test_who_joined_is_listed_behind_a_button_too(place: Place, slack: Sandbox) -> None:
    new = [f"n{n},Newcomer {n:03},2026-10-{1 + n % 28:02},,pro,EMEA" for n in range(15)]
    companies.write(place.folder, [*new, "d,Stays,2025-01-01,,pro,EMEA"])
    async with running(place.config(sources=[companies.SOURCE]), NOW) as bot:
        await bot.pulled()
        figure = await told(slack, "U0LEAD", "/crr explain 2026-10")
        since = slack.journal.last
        await slack.person("U0LEAD").click(figure, label="List who joined")
        listed = await slack.person("U0LEAD").wait_for_ephemeral(SUCCESS, since=since, timeout=20)

    assert listed.text.count("Newcomer") == 15
