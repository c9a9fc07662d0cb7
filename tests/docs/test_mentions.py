"""What the pages name is there: files, commands, settings, scopes; and nothing is left out."""

import re
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
import typer
import yaml
from pydantic import BaseModel, SecretStr
from pydantic.fields import FieldInfo

import integrations
from bot.cli.commands import cli
from bot.config import Config
from bot.slack.manifest import APP_SCOPES, COMMANDS, OPTIONAL_SCOPES, SCOPES
from bot.slack.webserver import EVENTS, HEALTH
from integrations import base
from tests.docs.pages import PAGES, ROOT, blocks, name, prose

OPERATIONS = ROOT / "docs/operations.md"
SLACK = ROOT / "docs/slack.md"
EXAMPLE = ROOT / "config.example.yaml"

COMMAND_LINE = {
    command: {option for each in made.params for option in (*each.opts, *each.secondary_opts)}
    for command, made in typer.main.get_group(cli).commands.items()
}
"""The options of each command of `keeprate`."""


_TYPED = re.compile(r"(?:(?<![\w/@.-])|(?<=/bin/))keeprate ([a-z]+[^\n`]*)")
"""A command of ours, also by its path; not the name of a file or a user."""


def sections(model: type[BaseModel], at: str = "") -> Iterator[tuple[str, FieldInfo]]:
    """Every setting of config.yaml but those of sources, with dots: `slack.port`."""
    for key, field in model.model_fields.items():
        inner = [m for m in _models(field.annotation) if m.__module__ == "bot.config"]
        if inner:
            yield from sections(inner[0], f"{at}{key}.")
        elif key != "sources":
            yield f"{at}{key}", field


def _models(annotation: Any) -> list[type[BaseModel]]:
    if isinstance(annotation, type):
        return [annotation] if issubclass(annotation, BaseModel) else []
    return [model for inner in getattr(annotation, "__args__", ()) for model in _models(inner)]


SETTINGS = dict(sections(Config))
SECTIONS = {setting.partition(".")[0] for setting in SETTINGS} | {"sources"}


def quoted(page: Path) -> list[str]:
    """What stands in backticks."""
    return re.findall(r"`([^`\n]+)`", prose(page))


@pytest.mark.parametrize("page", PAGES, ids=name)
def test_every_link_to_a_file_leads_somewhere(page: Path) -> None:
    for target in re.findall(r"\]\(([^)\s]+)\)", prose(page)):
        if not re.match(r"https?://", target):
            path, _, anchor = target.partition("#")
            there = (page.parent / path).resolve() if path else page
            assert there.exists(), f"{name(page)} links to {target}, which is not there"
            assert not anchor or anchor in anchors(there), f"{name(page)}: no heading {target}"


def anchors(page: Path) -> set[str]:
    titles = re.findall(r"^#+ (.+)$", page.read_text(), flags=re.MULTILINE)
    return {re.sub(r"[^\w\- ]", "", title.lower()).replace(" ", "-") for title in titles}


@pytest.mark.parametrize("page", PAGES, ids=name)
def test_every_file_that_is_named_is_there(page: Path) -> None:
    for words in quoted(page):
        if re.match(r"(bot|integrations|tests|docs)/[\w./]*$", words):
            assert (ROOT / words).exists(), f"{name(page)} names {words}, which is not there"


@pytest.mark.parametrize("page", PAGES, ids=name)
def test_every_command_and_option_exists(page: Path) -> None:
    typed = [b.text for b in blocks(page) if b.language in ("console", "ini", "cron")]
    for text in (*quoted(page), *typed):
        for words in _TYPED.findall(text):
            command, *rest = words.split()
            assert command in COMMAND_LINE, f"{name(page)}: there is no keeprate {command}"
            for option in re.findall(r"(?<=\s)(--?[a-z][a-z-]*)", " ".join(["", *rest])):
                assert option in COMMAND_LINE[command], f"{name(page)}: keeprate {words}"


@pytest.mark.parametrize("page", PAGES, ids=name)
def test_every_setting_that_is_named_with_its_section_exists(page: Path) -> None:
    for words in quoted(page):
        found = re.fullmatch(rf"({'|'.join(sorted(SECTIONS))})\.([a-z_]+)", words)
        if found and found[1] != "sources" and found[2] not in ("yaml", "db"):
            assert words in SETTINGS, f"{name(page)} names {words}, which is no setting"


def test_every_command_of_the_terminal_is_explained() -> None:
    text = " ".join(quoted(OPERATIONS))
    assert [c for c in COMMAND_LINE if f"keeprate {c}" not in text] == []


def test_every_setting_is_explained() -> None:
    cells = set(re.findall(r"^\| `([a-z_.]+)` \|", OPERATIONS.read_text(), re.MULTILINE))
    dotted = {cell for cell in cells if "." in cell and cell.partition(".")[0] in SECTIONS}
    rows = dotted | (cells & SETTINGS.keys())
    assert SETTINGS.keys() - rows == set(), "not explained"
    assert rows - SETTINGS.keys() == set(), "not there any more"


@pytest.mark.parametrize("setting", SETTINGS)
def test_what_is_taken_where_a_setting_is_left_out_is_told(setting: str) -> None:
    row = re.search(
        rf"^\| `{re.escape(setting)}` \| (.*?) \|", OPERATIONS.read_text(), re.MULTILINE
    )
    assert row is not None, f"{setting} is not explained"
    told, field = row[1], SETTINGS[setting]
    assert (told == "must be given") == field.is_required()
    default = field.get_default(call_default_factory=True)
    if isinstance(default, SecretStr):
        default = default.get_secret_value()
    if told.startswith("`"):
        default = list(default) if isinstance(default, tuple) else default
        shown = (
            f"{default:g}" if isinstance(default, float) else str(default).replace("False", "false")
        )
        assert told == f"`{shown}`"
    elif default not in (None, (), {}) and not field.is_required():
        assert setting == "slack.api_url", f"{setting}: its default is not told"


def test_the_addresses_of_http_mode_are_those_that_are_served() -> None:
    shown = " ".join(block.text for block in blocks(SLACK)) + SLACK.read_text()
    assert f"example.com{EVENTS}" in shown
    assert f"location = {EVENTS} " in shown
    assert f"3000{HEALTH}" in shown


def test_every_scope_and_command_of_the_app_is_explained() -> None:
    text = SLACK.read_text()
    for scope in (*SCOPES, *OPTIONAL_SCOPES, *APP_SCOPES):
        assert f"`{scope}`" in text, f"the scope {scope} is not explained"
    for command, _, _ in COMMANDS:
        assert f"`{command}" in text, f"{command} is not explained"


@pytest.mark.parametrize("kind", integrations.available())
def test_the_example_shows_every_setting_of_every_source(kind: str) -> None:
    # A setting that few need may stand in a comment.
    shown = re.split(r"^ *(?:# )?- kind: ", EXAMPLE.read_text(), flags=re.MULTILINE)
    text = next(part for part in shown if re.match(rf"{kind}\b", part))
    common = EXAMPLE.read_text().partition("sources:")[2].partition("\npull:")[0]
    for setting in integrations.load(kind).Settings.model_fields:
        where = common if setting in base.Settings.model_fields else text
        assert re.search(rf"\b{setting}:", where), f"{kind}: {setting} is not shown"


def test_the_example_is_yaml_without_its_comments_too() -> None:
    assert set(yaml.safe_load(EXAMPLE.read_text())) == set(Config.model_fields)
