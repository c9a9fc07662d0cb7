"""What people type, in Slack, and what they are told."""

from collections.abc import AsyncIterator
from dataclasses import replace

import pytest

from bot.sandbox.errors import NotPossible
from bot.sandbox.server import Sandbox
from bot.sandbox.settings import Settings
from tests.end_to_end import companies
from tests.end_to_end.running import (
    BOARD,
    GENERAL,
    SHARED,
    SUCCESS,
    Place,
    Running,
    at,
    running,
    told,
)

NOW = at("2026-11-02T10:00")
ONE_OPERATOR = {"viewers": "everybody", "operators": ["U0ADMIN", "U0LEAD"]}
FIGURES = ("36 of 40", "90.0 %")


@pytest.fixture
async def bot(place: Place) -> AsyncIterator[Running]:
    companies.write(place.folder)
    config = place.config(sources=[companies.SOURCE], people=ONE_OPERATOR)
    async with running(config, NOW) as bot:
        await bot.pulled()
        yield bot


@pytest.mark.parametrize(
    ("words", "expected"),
    [
        ("", "October 2026: CRR 90.0 % (36 of 40 stayed)"),
        ("month", "October 2026: CRR 90.0 % (36 of 40 stayed)"),
        ("MONTH", "October 2026: CRR 90.0 % (36 of 40 stayed)"),
        ("last month", "October 2026: CRR 90.0 % (36 of 40 stayed)"),
        ("2026-10", "October 2026: CRR 90.0 % (36 of 40 stayed)"),
        ("2026-10-01..2026-10-31", "CRR 90.0 % (36 of 40 stayed)"),
        ("week", "26 Oct to 1 Nov 2026: CRR 97.4 % (38 of 39 stayed)"),
        ("quarter", "CRR 100 % (40 of 40 stayed)"),
        ("this quarter", "so far (day 33 of 92): CRR 90.0 % (36 of 40 stayed)"),
        ("year", "Nobody was a customer on Tuesday 31 Dec 2024"),
        ("month plan=pro", "plan=pro: CRR 95.0 % (19 of 20 stayed)"),
        ("plan=free month", "plan=free: CRR 85.0 % (17 of 20 stayed)"),
        ('region="North America"', "region=North America"),
        ("plan=pro region=EMEA", "CRR 90.0 % (9 of 10 stayed)"),
        ("calc 150 200 80", "(200 - 80) / 150 x 100 = 80 %"),
        ("calc 0 10 10", "Nobody was there at the start"),
        ("calc 150 200", "/crr calc 150 200 80"),
        ("calc 10 20 30", "20"),
        ("help", "/crr calc 150 200 80"),
        ("who left", "October 2026: 4 of 40 left"),
        ("who left october plan=pro", "1 of 20 left"),
        ("who joined", "October 2026: 2 customers joined."),
        ("who joined october", "Young One, since 10 Oct 2026"),
        ("compare", "CRR is down 10 points from 100 %, which luck explains"),
        ("compare plan=pro plan=free", "CRR is up 10 points from 85.0 %, which luck explains"),
        ("compare 2026-10 nonsense", "/crr month"),
        ("mnth", 'Did you mean "month"?'),
        ("plan=gold", "pro"),
        ("colour=red", "plan"),
        ("2026-13", "2026-13"),
        ("2026-10-31..2026-10-01", "Write the earlier day first"),
        ("2027-01", "has not begun"),
        ("1999", "Nobody is known to have been a customer before 2025-01-01"),
        ('plan="pro', "quotation mark"),
        ("<!channel>", "Leave @channel out"),
        ("x<!channel>", "x&lt;!channel&gt;"),
        ("x" * 3000, "For example: /crr month"),
    ],
)
async def test_every_question_is_answered(
    bot: Running, slack: Sandbox, words: str, expected: str
) -> None:
    answer = await told(slack, "U0LEAD", f"/crr {words}".strip())

    assert expected in answer.text
    assert "<!channel>" not in answer.words()
    assert slack.messages(SUCCESS) == []


async def test_the_answer_shows_who_left_and_how_fresh_it_is(bot: Running, slack: Sandbox) -> None:
    answer = await told(slack, "U0LEAD", "/crr")

    for words in (
        "36 kept / 40 at opening = 90.0 %",
        "4 lost",
        "2 new",
        "Company 3",
        "crm as of Monday 2 Nov 2026, 10:00",
        "CRR = kept / opening",
    ):
        assert words in answer.words()


async def test_public_is_said_to_everybody(bot: Running, slack: Sandbox) -> None:
    await slack.person("U0LEAD").command("/crr", "month public", channel=SUCCESS)

    post = await slack.wait_for_message(SUCCESS)
    assert "36 of 40" in post.text


async def test_figures_are_never_said_in_front_of_customers(bot: Running, slack: Sandbox) -> None:
    answer = await told(slack, "U0LEAD", "/crr month public", SHARED)

    assert "shared with people from outside" in answer.text
    assert slack.messages(SHARED) == []
    assert slack.person("U0ACME").ephemerals(SHARED) == []
    assert not any(figure in answer.words() for figure in FIGURES)
    # To the colleague alone they may be.
    assert FIGURES[0] in (await told(slack, "U0LEAD", "/crr", SHARED)).text


async def test_nor_in_a_channel_that_the_bot_cannot_see(bot: Running, slack: Sandbox) -> None:
    answer = await told(slack, "U0ADMIN", "/crr public", BOARD)

    assert "/invite @Keeprate" in answer.text
    assert not any(figure in answer.words() for figure in FIGURES)


async def test_public_in_an_open_channel_without_the_bot(bot: Running, slack: Sandbox) -> None:
    await slack.person("U0LEAD").command("/crr", "public", channel=GENERAL)

    assert FIGURES[0] in (await slack.wait_for_message(GENERAL)).text


@pytest.mark.parametrize(
    "command", ["/crr", "/crr calc 1 2 1", "/nps", "/nps ask", "/csat results", "/keeprate status"]
)
async def test_guests_see_no_figures_and_ask_nobody(
    bot: Running, slack: Sandbox, command: str
) -> None:
    answer = await told(slack, "U0GUEST", command, SHARED)

    assert "not for its guests" in answer.text
    assert slack.messages(SHARED) == []
    assert "plan" not in answer.words()


async def test_people_of_another_workspace_have_no_commands(bot: Running, slack: Sandbox) -> None:
    with pytest.raises(NotPossible, match="is not a command of"):
        await slack.person("U0ACME").command("/crr", channel=SHARED)


async def test_status_says_what_is_fresh_and_what_comes_next(bot: Running, slack: Sandbox) -> None:
    answer = await told(slack, "U0LEAD", "/keeprate status")

    for words in (
        "crm as of Monday 2 Nov 2026, 10:00",
        "pull: Tuesday 3 Nov 2026, 03:15",
        "weekly post: Monday 9 Nov 2026, 09:00",
        "all were delivered",
        "Europe/Amsterdam",
    ):
        assert words in answer.words()


@pytest.mark.parametrize("words", ["", "help", "HELP", "?"])
async def test_help_lists_every_command(bot: Running, slack: Sandbox, words: str) -> None:
    answer = await told(slack, "U0LEAD", f"/keeprate {words}".strip())

    for command in slack.settings.app.commands:
        assert command in answer.text


@pytest.mark.parametrize(
    ("command", "expected"),
    [
        ("/keeprate stauts", 'Did you mean "status"?'),
        ("/keeprate pull nothing", "There is crm."),
        ("/keeprate 💥", "There is status, sources"),
        ("/keeprate link #acme", "link #acme Acme. /keeprate help lists all."),
        ("/crr calc 150 200", "/crr calc 150 200 80. /crr help lists all."),
        ("/nps resluts", 'Did you mean "results"?'),
        ("/csat wat", "There is ask, preview, results"),
        ("/nps help", "/nps results"),
        ("/csat help", "/csat close"),
        ("/nps results", "no answers"),
        ("/csat close", "Nothing was asked in this channel yet"),
        ("/nps ask " + "why " * 300, "at most 1,000"),
    ],
)
async def test_unknown_words_get_a_helpful_answer(
    bot: Running, slack: Sandbox, command: str, expected: str
) -> None:
    assert expected in (await told(slack, "U0LEAD", command)).text


async def test_only_operators_start_a_pull(bot: Running, slack: Sandbox) -> None:
    assert "Only an operator" in (await told(slack, "U0OWNER", "/keeprate pull")).text


async def test_a_pull_is_told_when_it_begins_and_when_it_is_done(
    bot: Running, slack: Sandbox, place: Place
) -> None:
    companies.write(place.folder, [*companies.rows(), "c43,Newest,2026-11-01,,pro,EMEA"])
    begun = await told(slack, "U0ADMIN", "/keeprate pull crm")
    done = await slack.person("U0ADMIN").wait_for_ephemeral(SUCCESS, containing="was pulled")

    assert "Pulling crm" in begun.text
    assert "crm was pulled: 43 records, 39 customers" in done.text
    assert "37 of" not in begun.text


async def test_two_pulls_at_once_are_one(bot: Running, slack: Sandbox) -> None:
    admin = slack.person("U0ADMIN")
    before = await bot.bot.kept.pulls.newest("crm")
    for _ in range(2):
        await admin.command("/keeprate", "pull", channel=SUCCESS)
    await admin.wait_for_ephemeral(SUCCESS, containing="is running already")
    await admin.wait_for_ephemeral(SUCCESS, containing="was pulled")

    after = await bot.bot.kept.pulls.newest("crm")
    assert before is not None
    assert after is not None
    assert after.id == before.id + 1


async def test_home_shows_figures_to_colleagues(bot: Running, slack: Sandbox) -> None:
    lead = slack.person("U0LEAD")
    lead.open_home()

    home = await lead.wait_for_home()
    assert "90.0 %" in home.words()
    assert "crm as of" in home.words()


async def test_home_shows_none_to_guests(bot: Running, slack: Sandbox) -> None:
    guest = slack.person("U0GUEST")
    guest.open_home()

    assert "%" not in (await guest.wait_for_home()).words()


async def test_a_command_before_any_data_says_so(place: Place) -> None:
    config = place.config(sources=[companies.SOURCE])
    async with running(config, NOW):
        answer = await told(place.slack, "U0LEAD", "/crr")

    assert "Nothing is known of crm yet" in answer.text
    assert "CRR" not in answer.text


class TestWithoutTheRightToSeePeople:
    """An app that was installed before the scope was asked for."""

    @pytest.fixture
    def settings(self, settings: Settings) -> Settings:
        scopes = settings.app.scopes - {"users:read"}
        return replace(settings, app=replace(settings.app, scopes=scopes))

    async def test_no_figure_is_shown_and_the_person_is_told(
        self, bot: Running, slack: Sandbox
    ) -> None:
        answer = await told(slack, "U0LEAD", "/crr")

        assert "did not work" in answer.text
        assert FIGURES[0] not in answer.words()
