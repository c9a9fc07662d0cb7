"""Every example of the README and of docs/, done as a reader would do it."""

import doctest
import io
from pathlib import Path
from typing import Any

import pytest
import yaml

from bot.config import load
from tests.docs.pages import PAGES, Block, blocks, name, session, shows
from tests.docs.terminal import Terminal

ENVIRONMENT = {
    "ACME_TOKEN": "acme",
    "SLACK_BOT_TOKEN": "xoxb-1",
    "SLACK_APP_TOKEN": "xapp-1",
    "SLACK_SIGNING_SECRET": "s",
    "DB_PASSWORD": "p",
    "CRM_PASSWORD": "p",
    "STRIPE_KEY": "rk_live_1",
    "HUBSPOT_TOKEN": "pat-1",
}
"""What the pages take from the environment."""

WHOLE: dict[str, Any] = {
    "slack": {"bot_token": "xoxb-1", "app_token": "xapp-1"},
    "sources": [{"kind": "csv", "path": "customers.csv", "evidence": "stays"}],
}
"""What stands around a part of a config.yaml that a page shows."""

NOT_RUN = {
    "git clone": "needs the internet, and the reader's own address of the repository",
    "python3 -m venv": "the tests run in what it makes",
    ".venv/bin/pip install": "installs from the internet; `make test` begins with the same",
    "/opt/keeprate/venv/bin/pip install": "installs from the internet, and where only root may",
    ". .venv/bin/activate": "the tests run in what it activates",
    "make": "would run these tests within these tests",
    "sudo": "needs root, and a machine with systemd",
    "pg_dump": "needs a PostgreSQL that stays; the tests have one that goes",
    "createdb": "needs a PostgreSQL that stays; the tests have one that goes",
}
"""Commands that begin so are not run, and why."""

LANGUAGES = {"yaml", "json", "csv", "console", "slack", "python", "text", "ini", "nginx", "cron"}
"""Of the fences; one that is misspelt would not be tried."""


@pytest.mark.timeout(600)  # a page has dozens of commands, and a busy machine takes its time
@pytest.mark.parametrize("page", PAGES, ids=name)
def test_what_the_page_shows_is_what_one_sees(page: Path, tmp_path: Path) -> None:
    with Terminal(tmp_path) as terminal:
        for block in blocks(page):
            match block.language:
                case "yaml" | "csv" | "python" if block.label:
                    terminal.write(block.label, block.text)
                case "console":
                    follow(block, terminal)
                case "slack":
                    follow_in_slack(block, terminal)


@pytest.mark.parametrize("page", PAGES, ids=name)
def test_every_yaml_is_a_config_or_a_part_of_one(page: Path, tmp_path: Path) -> None:
    for block in blocks(page):
        if block.language == "yaml":
            sections = {**WHOLE, **yaml.safe_load(block.text)}
            path = tmp_path / "config.yaml"
            # As it stands there, for a `on` or `no` in it is a word to us.
            rest = {
                key: part for key, part in WHOLE.items() if f"\n{key}:" not in f"\n{block.text}"
            }
            path.write_text(block.text + "\n" + (yaml.safe_dump(rest) if rest else ""))
            assert load(path, ENVIRONMENT).sources, f"{block}: {sorted(sections)}"


@pytest.mark.parametrize("page", PAGES, ids=name)
def test_every_python_example_gives_what_it_shows(page: Path) -> None:
    parser, names = doctest.DocTestParser(), dict[str, Any]()
    for block in blocks(page):
        if block.language == "python" and not block.label:  # a file is run by a command
            assert ">>>" in block.text, f"{block} shows no result"
            example = parser.get_doctest(block.text, names, str(block), block.page, block.line)
            report = io.StringIO()
            runner = doctest.DocTestRunner(verbose=False)
            runner.run(example, out=report.write, clear_globs=False)
            names = example.globs
            assert runner.summarize(verbose=False).failed == 0, report.getvalue()


@pytest.mark.parametrize("page", PAGES, ids=name)
def test_every_fence_says_what_it_holds(page: Path) -> None:
    for block in blocks(page):
        assert block.language in LANGUAGES, f"{block} is of a language that nobody tries"
    assert page.read_text().count("```") == 2 * len(blocks(page)), f"{name(page)}: a fence is open"


def follow(block: Block, terminal: Terminal) -> None:
    typed = list(session(block))
    assert typed, f"{block} has no command; one begins with $"
    for each in typed:
        if not any(each.command.startswith(begin) for begin in NOT_RUN):
            seen = terminal.type(each.command, each.shown)
            assert shows(each.shown, seen), (
                f"{block}: $ {each.command}\nshows\n{each.shown}\nand one sees\n{seen}"
            )


def follow_in_slack(block: Block, terminal: Terminal) -> None:
    """Lines that begin with a name and a channel are typed; the rest is what that person sees."""
    person, channel = "Lea", "#customer-success"
    first, _, rest = block.text.partition("\n")
    if "> " in first:
        who, _, words = first.partition("> ")
        person, _, channel = who.partition(" in ")
        terminal.say(person, channel, words)
    else:
        rest = block.text
    if rest.strip():
        seen = "\n\n".join(message["text"] for message in terminal.messages(person, channel))
        assert terminal.sees(person, channel, rest), (
            f"{block}: {person} should see in {channel}\n{rest}\nand sees\n{seen}"
        )


def test_an_example_that_is_wrong_is_noticed() -> None:
    assert shows("CRR 50.0 % (1 of 2 stayed)\n…", "CRR 50.0 % (1 of 2 stayed)  \nand more\n")
    assert shows("as of …, 03:15", "as of Monday 3 Nov 2025, 03:15")
    assert shows("{\n…\n}", "{\n}")
    assert not shows("CRR 50.0 %", "CRR 50.1 %")
    assert not shows("CRR 50.0 %…", "CRR 50.0 %\nand more")
    assert not shows("CRR 50.0 %", "")
    assert not shows("CRR 50.0 %", "CRR 50.0 %\nand more")
    assert not shows("as of …, 03:15", "as of Monday 3 Nov 2025, 04:15")
