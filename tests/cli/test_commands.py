"""What is typed in a terminal: typer's runner, and the sentences that come back."""

import asyncio
import json
import logging
import os
import pty
import subprocess
import sys
from collections.abc import Iterator
from contextlib import suppress
from dataclasses import replace
from datetime import datetime
from pathlib import Path
from typing import Any

import pytest
import structlog
import yaml
from typer.testing import CliRunner, Result

from bot.cli.commands import cli
from bot.domain.choices import Setting
from bot.errors import KeeprateError
from bot.sandbox.server import Sandbox
from bot.sandbox.settings import Settings
from bot.slack.manifest import BOT_EVENTS, COMMANDS, OPTIONAL_SCOPES, REPLY_EVENTS, SCOPES
from bot.store.choices import Choices
from bot.store.database import Database
from tests.end_to_end import companies, shop
from tests.end_to_end.running import GENERAL, NOTICES, SHARED, SUCCESS, Place, workspace

TODAY = "2026-11-02T10:00"


def keeprate(*words: str) -> Result:
    """Its exit code and what it printed; the error, if it raised one of ours."""
    return CliRunner().invoke(cli, list(words))


def refused(*words: str) -> str:
    """The sentence of an error, which `main` prints before it exits with 1."""
    result = keeprate(*words)
    assert isinstance(result.exception, KeeprateError), result.output
    return str(result.exception)


@pytest.fixture(autouse=True)
def logging_as_it_was() -> Iterator[None]:
    """The commands set up logging for a process; this process goes on."""
    before = logging.getLogger().handlers[:], logging.getLogger().level
    yield
    logging.getLogger().handlers[:], level = before[0], before[1]
    logging.getLogger().setLevel(level)
    structlog.reset_defaults()


@pytest.fixture
def config(tmp_path: Path, sqlite_url: str) -> Path:
    companies.write(tmp_path)
    path = tmp_path / "config.yaml"
    path.write_text(
        yaml.safe_dump(
            {
                "slack": {"bot_token": "xoxb-1", "app_token": "xapp-1"},
                "store": {"url": sqlite_url},
                "definition": {"zone": "Europe/Amsterdam"},
                "sources": [companies.SOURCE],
            }
        )
    )
    return path


@pytest.fixture
def pulled(config: Path) -> Path:
    assert keeprate("pull", "-c", str(config), "--at", TODAY).exit_code == 0
    return config


def test_help_names_every_command() -> None:
    result = keeprate("--help")

    assert result.exit_code == 0
    for command in ("run", "check", "pull", "crr", "calc", "manifest", "sandbox"):
        assert command in result.output


def test_calc_shows_the_formula() -> None:
    result = keeprate("calc", "150", "200", "80")

    assert result.exit_code == 0
    assert "(200 - 80) / 150 x 100 = 80 %" in result.output


def test_calc_with_impossible_counts_says_why() -> None:
    assert "20" in refused("calc", "10", "20", "30")


def test_pull_tells_what_came_of_each_source(config: Path) -> None:
    result = keeprate("pull", "-c", str(config), "--at", TODAY)

    assert result.exit_code == 0
    assert "believed  crm: 42 records, 38 customers today" in result.output


def test_a_pull_that_is_held_or_fails_exits_with_one(pulled: Path) -> None:
    companies.write(pulled.parent, companies.rows()[:9])
    held = keeprate("pull", "-c", str(pulled), "--at", "2026-11-03T10:00")
    companies.write(pulled.parent, ["c1,One,2026-99-99,,pro,EMEA"])
    failed = keeprate("pull", "-c", str(pulled), "--at", "2026-11-04T10:00")

    assert (held.exit_code, failed.exit_code) == (1, 1)
    assert "held      crm:" in held.output
    assert "missing from the pull" in held.output
    assert "failed    crm: customers.csv line 2" in failed.output


def test_crr_as_json_has_the_agreed_shape(pulled: Path) -> None:
    result = keeprate(
        "crr", "-c", str(pulled), "--period", "month", "--ending", "2026-10-31", "--json"
    )

    found = json.loads(result.output)
    assert found["period"]["first"] == "2026-10-01"
    assert found["period"]["next"] == "2026-11-01"
    as_of = datetime.fromisoformat(found.pop("as_of"))
    assert as_of.astimezone().strftime("%Y-%m-%d") == "2026-11-02"
    expected = {
        "opening": 40,
        "closing": 38,
        "kept": 36,
        "lost": 4,
        "new": 2,
        "won_back": 0,
        "early_losses": 0,
        "crr": 0.9,
        "basis": "identity",
    }
    assert {name: found[name] for name in expected} == expected


def test_crr_of_a_segment(pulled: Path) -> None:
    words = ("crr", "-c", str(pulled), "--ending", "2026-10-31", "--segment", "plan=pro", "--json")
    found = json.loads(keeprate(*words, "--segment", "region=EMEA").output)

    assert found["segment"] == {"plan": "pro", "region": "EMEA"}
    assert (found["opening"], found["kept"], found["crr"]) == (10, 9, 0.9)


def test_crr_of_an_empty_opening_is_null(pulled: Path) -> None:
    words = ("crr", "-c", str(pulled), "--period", "year", "--ending", "2025-12-31", "--json")

    assert json.loads(keeprate(*words).output)["crr"] is None


def test_crr_in_words_is_what_slack_says(pulled: Path) -> None:
    result = keeprate("crr", "-c", str(pulled), "--ending", "2026-10-31")

    assert "October 2026: CRR 90.0 % (36 of 40 stayed)" in result.output
    assert "crm as of Monday 2 Nov 2026, 10:00" in result.output


def test_crr_of_real_purchases_is_that_of_the_file(config: Path) -> None:
    settings = yaml.safe_load(config.read_text()) | {"sources": [shop.SHOP]}
    config.write_text(yaml.safe_dump(settings))
    assert keeprate("pull", "-c", str(config), "--at", "1998-07-01T08:00").exit_code == 0
    for kind, ending in (
        ("week", "1998-06-28"),
        ("month", "1998-05-31"),
        ("quarter", "1998-03-31"),
    ):
        words = ("crr", "-c", str(config), "--period", kind, "--ending", ending, "--json")
        found = json.loads(keeprate(*words).output)
        first = datetime.fromisoformat(found["period"]["first"]).date()
        slow = shop.counted(first, datetime.fromisoformat(ending).date())
        assert (found["opening"], found["kept"], found["crr"]) == (
            slow.opening,
            slow.kept,
            slow.crr,
        )


@pytest.mark.parametrize(
    ("words", "sentence"),
    [
        (["--segment", "plan"], "write it like plan=pro"),
        (["--segment", "plan=gold"], "pro"),
        (["--source", "hubspt"], "There is crm"),
    ],
)
def test_crr_that_cannot_be_told_says_why(pulled: Path, words: list[str], sentence: str) -> None:
    assert sentence in refused("crr", "-c", str(pulled), "--ending", "2026-10-31", *words)


def test_crr_before_a_pull_says_what_to_do(config: Path) -> None:
    assert "Run: keeprate pull" in refused("crr", "-c", str(config))


def test_words_that_typer_does_not_know_exit_with_two(pulled: Path) -> None:
    assert keeprate("crr", "-c", str(pulled), "--period", "decade").exit_code == 2
    assert keeprate("crrr").exit_code == 2


def test_a_time_that_is_none_is_refused(config: Path) -> None:
    assert "write it like" in refused("pull", "-c", str(config), "--at", "yesterday")


@pytest.mark.parametrize("url", ["", "https://keeprate.example.com/"])
def test_the_manifest_asks_for_the_least(url: str) -> None:
    result = keeprate("manifest", *(["--url", url] if url else []))
    found = yaml.safe_load(result.output)

    assert set(found["oauth_config"]["scopes"]["bot"]) == set(SCOPES)
    assert set(found["oauth_config"]["scopes"]["bot_optional"]) == set(OPTIONAL_SCOPES)
    assert found["settings"]["event_subscriptions"]["bot_events"] == list(BOT_EVENTS)
    commands = found["features"]["slash_commands"]
    assert [command["command"] for command in commands] == [name for name, _, _ in COMMANDS]
    address = "https://keeprate.example.com/slack/events"
    assert found["settings"]["socket_mode_enabled"] is (not url)
    assert (found["settings"]["interactivity"].get("request_url") == address) is bool(url)
    assert {command.get("url") for command in commands} == ({address} if url else {None})


def test_the_manifest_for_typed_answers_asks_to_be_told_of_messages() -> None:
    found = yaml.safe_load(keeprate("manifest", "--replies").output)
    scopes = found["oauth_config"]["scopes"]

    assert found["settings"]["event_subscriptions"]["bot_events"] == [*BOT_EVENTS, *REPLY_EVENTS]
    assert set(REPLY_EVENTS.values()) <= set(scopes["bot"])
    assert not set(scopes["bot"]) & set(scopes["bot_optional"])


class TestCheck:
    """`keeprate check` against a sandbox, which answers it from another loop."""

    def check(self, tmp_path: Path, url: str, settings: Settings, **sections: Any) -> Result:
        companies.write(tmp_path)

        async def checking() -> Result:
            async with Sandbox(settings) as slack:
                config = Place(tmp_path, url, slack).config(
                    **{"sources": [companies.SOURCE], **sections}
                )
                return await asyncio.to_thread(keeprate, "check", "-c", str(config))

        return asyncio.run(checking())

    def test_all_is_well(self, tmp_path: Path, sqlite_url: str) -> None:
        result = self.check(tmp_path, sqlite_url, workspace())

        assert result.exit_code == 0, result.output
        lines = result.output.splitlines()
        assert all(line.startswith("ok") for line in lines)
        for what in (
            "store", "slack.bot_token: is of Brightside", "slack.app_token: opens a socket",
            f"channel {NOTICES} (notices): is #keeprate-notices",
            f"channel {SUCCESS} (weekly post)", "source crm: gives customers",
        ):  # fmt: skip
            assert any(what in line for line in lines), what

    def test_the_channel_that_was_chosen_for_notices_is_tried(
        self, tmp_path: Path, sqlite_url: str
    ) -> None:
        async def chosen() -> None:
            database = Database.open(sqlite_url)
            now = datetime.fromisoformat(f"{TODAY}+01:00")
            await Choices(database).put(Setting.NOTICES, GENERAL, by="U0ADMIN", now=now)
            await database.close()

        asyncio.run(chosen())
        result = self.check(tmp_path, sqlite_url, workspace())

        assert f"FAIL  channel {GENERAL} (notices): the bot is not in #general" in result.output
        assert NOTICES not in result.output

    def test_what_is_missing_is_told_in_a_line_each(self, tmp_path: Path, sqlite_url: str) -> None:
        settings = workspace()
        scopes = frozenset(SCOPES) - {"users:read"}
        settings = replace(settings, app=replace(settings.app, scopes=scopes))
        rules = [
            {"name": "archived", "channel": "C0OLD"},
            {"name": "private", "channel": "C0BOARD"},
            {"name": "shared", "channel": SHARED},
            {"name": "gone", "channel": "C0GONE"},
            {"name": "general", "channel": "C0GENERAL"},
        ]
        surveys = [{"name": "nps", "scale": "nps", "channel": SHARED, "cron": "0 9 1 * *"}]
        source = {**companies.SOURCE, "path": "nowhere.csv"}
        result = self.check(
            tmp_path, sqlite_url, settings, rules=rules, surveys=surveys, sources=[source]
        )

        assert result.exit_code == 1
        for words in (
            "FAIL  scope users:read: is missing",
            "note  scope channels:history: is not given",
            "FAIL  channel C0OLD (rule archived): #old-project is archived",
            "FAIL  channel C0BOARD (rule private)",
            f"FAIL  channel {SHARED} (rule shared): #acme-shared is shared with people from",
            "FAIL  channel C0GONE (rule gone)",
            "FAIL  channel C0GENERAL (rule general): the bot is not in #general; type /invite",
            "FAIL  source crm: there is no file",
            "ok    slack.app_token: opens a socket",
        ):
            assert words in result.output

    def test_wrong_tokens_are_told_and_the_rest_is_tried(
        self, tmp_path: Path, sqlite_url: str
    ) -> None:
        slack = {"bot_token": "xoxb-hush", "app_token": "xapp-hush"}
        result = self.check(tmp_path, sqlite_url, workspace(), slack=slack)

        assert result.exit_code == 1
        for words in ("FAIL  slack.bot_token", "FAIL  slack.app_token", "ok    source crm"):
            assert words in result.output
        assert "hush" not in result.output

    def test_low_scores_and_the_digest_are_for_channels_of_ours(
        self, tmp_path: Path, sqlite_url: str
    ) -> None:
        loop = {"channel": "C0GENERAL", "up": ["U0ADMIN", SHARED]}
        result = self.check(
            tmp_path, sqlite_url, workspace(), loop=loop, digest={"channel": "C0BOARD"}
        )

        assert result.exit_code == 1
        for words in (
            "FAIL  channel C0GENERAL (low scores): the bot is not in #general",
            f"FAIL  channel {SHARED} (low scores): #acme-shared is shared with people from",
            "FAIL  channel C0BOARD (digest)",
        ):
            assert words in result.output
        assert "U0ADMIN" not in result.output

    def test_a_survey_may_be_asked_in_a_shared_channel(
        self, tmp_path: Path, sqlite_url: str
    ) -> None:
        surveys = [{"name": "nps", "scale": "nps", "channel": SHARED, "cron": "0 9 1 * *"}]
        result = self.check(tmp_path, sqlite_url, workspace(), surveys=surveys)

        assert result.exit_code == 0, result.output
        assert f"ok    channel {SHARED} (survey nps): is #acme-shared" in result.output


def test_customers_who_are_only_counted_are_told_of_and_recorded(tmp_path: Path) -> None:
    (tmp_path / "counts.csv").write_text(
        "date,customers,new\n2026-08-31,140,\n2026-09-30,150,40\n2026-10-31,200,80\n"
    )
    config = tmp_path / "config.yaml"
    config.write_text(
        "slack: {bot_token: xoxb-1, app_token: xapp-1}\n"
        f"store: {{url: 'sqlite:///{tmp_path}/keeprate.db'}}\n"
        "sources: [{kind: counts, name: spreadsheet, path: counts.csv}]\n"
    )

    def typed(*words: str) -> str:
        result = keeprate(*words, "--config", str(config))
        assert result.exit_code == 0, result.output
        return result.output

    assert "3 records, 200 customers today" in typed("pull")
    assert "CRR 80.0 % by counts, an estimate" in typed("crr", "--ending", "2026-10-31")
    found = json.loads(typed("crr", "--ending", "2026-10-31", "--json"))
    assert (found["basis"], found["opening"], found["crr"]) == ("counts", 150, 0.8)
    assert "It was 200 customers, 80 new" in typed("record", "2026-10-31", "198", "customers", "80")
    assert "Corrected: on 31 Oct 2026" in typed("crr", "--ending", "2026-10-31")
    assert "198 customers, 80 new, recorded by" in typed("explain", "2026-10")
    assert "recorded a count" in typed("audit")
    assert "not who" in refused("cohorts", "--config", str(config))
    assert "not who" in refused("crr", "--segment", "plan=pro", "--config", str(config))
    assert "not who" in refused(
        "explain", "2026-10", "--csv", str(tmp_path / "x.csv"), "--config", str(config)
    )


def test_records_are_merged_and_taken_apart(config: Path) -> None:
    def typed(*words: str) -> str:
        result = keeprate(*words, "--config", str(config))
        assert result.exit_code == 0, result.output
        return result.output

    typed("pull", "--at", TODAY)

    assert "Company 3 (c3) is Young One from now on" in typed("merge", "c3", "Young One")
    assert "CRR 92.5 % (37 of 40 stayed)" in typed("crr", "--ending", "2026-10-31")
    assert "c3) is Young One: said by" in typed("merges")
    assert "a customer of its own again" in typed("merge", "--undo", "c3")
    assert "No record is part of another customer." in typed("merges")
    audited = typed("audit")
    assert "merged records: crm: c3 into c41" in audited
    assert "pull started: all sources" in audited
    assert "Name two customers" in refused("merge", "c3", "--config", str(config))
    assert "Name two customers" in refused("merge", "c3", "c4", "--undo", "--config", str(config))


def at_a_terminal(*words: str) -> tuple[str, str]:
    """What it prints, and what else comes to the terminal, of a process of its own."""
    ours, theirs = pty.openpty()
    try:
        done = subprocess.run(
            [sys.executable, "-m", "bot", *words],
            stdout=subprocess.PIPE,
            stderr=theirs,
            text=True,
            timeout=60,
            check=False,
        )
    finally:
        os.close(theirs)
    shown = b""
    with suppress(OSError):  # Linux says so at the end
        while some := os.read(ours, 65_536):
            shown += some
    os.close(ours)
    return done.stdout, shown.decode()


@pytest.mark.parametrize(("level", "logs"), [("info", False), ("debug", True)])
def test_at_a_terminal_a_pull_is_told_once_unless_all_is_to_be_known(
    config: Path, level: str, logs: bool
) -> None:
    settings = yaml.safe_load(config.read_text())
    config.write_text(yaml.safe_dump({**settings, "log": {"level": level}}))
    printed, beside = at_a_terminal("pull", "--config", str(config))

    assert "believed  crm: 42 records" in printed
    assert ("pull believed" in beside) is logs


def test_where_nobody_sits_a_pull_is_logged(config: Path) -> None:
    result = keeprate("pull", "--config", str(config))

    assert "believed  crm: 42 records" in result.stdout
    assert "pull believed" in result.stderr
