"""Sources and settings told in Slack, and exports sent to who asks."""

import csv
import io
import json
from collections.abc import AsyncIterator
from dataclasses import replace

import pytest

from bot.domain.surveys import Answer, Ask, Scale
from bot.sandbox.server import Sandbox
from bot.sandbox.settings import Settings
from tests.end_to_end import companies
from tests.end_to_end.running import Place, Running, at, running, told

NOW = at("2026-11-02T10:00")
PEOPLE = {"viewers": "everybody", "operators": ["U0LEAD", "U0ADMIN"], "admins": ["U0ADMIN"]}


@pytest.fixture
async def bot(place: Place) -> AsyncIterator[Running]:
    companies.write(place.folder)
    config = place.config(sources=[companies.SOURCE], people=PEOPLE)
    async with running(config, NOW) as bot:
        await bot.pulled()
        yield bot


async def test_sources_are_listed_and_operators_pull_them_there(
    bot: Running, slack: Sandbox
) -> None:
    seen = await told(slack, "U0OWNER", "/keeprate sources")
    listed = await told(slack, "U0LEAD", "/keeprate sources")

    assert "42 records in the newest pull that is believed" in listed.words()
    assert "next pull Tuesday 3 Nov 2026, 03:15" in listed.words()
    assert "Pull now" not in seen.words()
    lead = slack.person("U0LEAD")
    since = slack.journal.last
    await lead.click(listed, "source:pull")
    await lead.wait_for_ephemeral(containing="crm was pulled: 42 records", since=since, timeout=20)


async def test_settings_in_force_are_told_without_secrets(bot: Running, slack: Sandbox) -> None:
    answer = (await told(slack, "U0OWNER", "/keeprate settings")).words()

    assert "`zone` Europe/Amsterdam" in answer
    assert "<@U0ADMIN>" in answer
    assert "xoxb" not in answer
    assert slack.settings.app.app_token not in answer


def exported(slack: Sandbox) -> list[dict[str, str]]:
    [file] = slack.workspace.files.values()
    assert file.content is not None
    [place] = file.shared
    assert slack.workspace.conversations[place].im_with == "U0LEAD"
    return list(csv.DictReader(io.StringIO(file.content.decode())))


async def test_the_customers_behind_a_figure_are_sent_and_it_is_written_down(
    bot: Running, slack: Sandbox
) -> None:
    answer = await told(slack, "U0LEAD", "/keeprate export 2026-10 plan=free")
    rows = exported(slack)

    assert "customers.csv with 21 rows" in answer.text
    assert [row["name"] for row in rows if row["list"] == "lost"] == [
        "Company 24",
        "Company 25",
        "Company 26",
    ]
    assert len([row for row in rows if row["list"] == "kept"]) == 17
    [deed] = await bot.bot.kept.deeds.since(NOW)
    assert (deed.person, deed.what) == ("U0LEAD", "customers exported")
    assert deed.about == "crm 2026-10-01 to 2026-10-31, 21 rows"


async def test_answers_are_sent_too(bot: Running, slack: Sandbox) -> None:
    answer = await told(slack, "U0LEAD", "/keeprate export answers")

    assert "answers.csv with 0 rows" in answer.text
    assert exported(slack) == []
    [deed] = await bot.bot.kept.deeds.since(NOW)
    assert deed.what == "answers exported"


async def test_answers_are_sent_as_json_lines_for_programs(bot: Running, slack: Sandbox) -> None:
    put = bot.bot.kept.surveys
    await put.put_ask(Ask("a", Scale.NPS, "How?", "C1", "U1", NOW))
    await put.put_answer(Answer("a", "U7", "T2", 3, NOW, '=HYPERLINK("x")'))

    answer = await told(slack, "U0LEAD", "/keeprate export answers jsonl")
    await told(slack, "U0LEAD", "/keeprate export answers csv")

    assert "answers.jsonl with 1 row" in answer.text
    lines, table = ((f.content or b"").decode() for f in slack.workspace.files.values())
    [row] = map(json.loads, lines.splitlines())
    assert (row["score"], row["comment"]) == (3, '=HYPERLINK("x")')
    [cells] = csv.DictReader(io.StringIO(table))
    assert cells["comment"] == '\'=HYPERLINK("x")'
    assert {name: str(value) for name, value in row.items() if name != "comment"} == {
        name: value for name, value in cells.items() if name != "comment"
    }


async def test_viewers_export_nothing(bot: Running, slack: Sandbox) -> None:
    assert "Only an operator" in (await told(slack, "U0OWNER", "/keeprate export")).text
    assert not slack.workspace.files


@pytest.mark.parametrize("words", ["help", "nonsense", "plan=gold"])
async def test_what_cannot_be_exported_is_told(bot: Running, slack: Sandbox, words: str) -> None:
    answer = await told(slack, "U0LEAD", f"/keeprate export {words}")

    assert "/keeprate help" in answer.text
    assert not slack.workspace.files


class TestWithoutTheRightToSendFiles:
    @pytest.fixture
    def settings(self, settings: Settings) -> Settings:
        scopes = settings.app.scopes - {"files:write"}
        return replace(settings, app=replace(settings.app, scopes=scopes))

    async def test_it_is_said_what_is_missing(self, bot: Running, slack: Sandbox) -> None:
        answer = await told(slack, "U0LEAD", "/keeprate export")

        assert "files:write" in answer.text
        assert not await bot.bot.kept.deeds.since(NOW)


async def test_settings_lead_operators_to_what_can_be_changed_in_slack(
    bot: Running, slack: Sandbox
) -> None:
    seen = await told(slack, "U0OWNER", "/keeprate settings")
    settings = await told(slack, "U0LEAD", "/keeprate settings")
    lead, since = slack.person("U0LEAD"), slack.journal.last
    await lead.click(settings, label="Change posts")
    posts = await lead.wait_for_ephemeral(settings.channel, since=since, timeout=20)
    since = slack.journal.last
    await lead.click(settings, label="Change rules")
    rules = await lead.wait_for_ephemeral(settings.channel, since=since, timeout=20)

    assert "Change posts" not in seen.words()
    assert "every day at 03:15" in settings.words()
    assert "New subscription" in posts.words()
    assert "New rule" in rules.words()
