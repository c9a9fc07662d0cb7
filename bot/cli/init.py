"""`keeprate init`: from a token to the first figure, and a config.yaml that gives it again."""

import difflib
import os
import re
import shlex
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, Literal, get_args, get_origin

import yaml
from pydantic import SecretStr, ValidationError
from pydantic.fields import FieldInfo
from rich.console import Console
from rich.markup import escape

import integrations
from bot import config as configuration
from bot.cli.check import sources_tried
from bot.cli.figures import figure, in_words
from bot.cli.pulling import pull_all
from bot.config import Config
from bot.domain.period import Kind
from bot.domain.retention import Unknown
from bot.parts import Clock
from integrations import base

SLACK = {"SLACK_BOT_TOKEN": "xoxb-later", "SLACK_APP_TOKEN": "xapp-later"}
"""Stand for Slack's tokens, which the first figure does not need."""

ZONE = "definition"
"""Where a fault is that another time zone would mend."""

HEAD = """\
# Written by keeprate init. config.example.yaml has every setting, docs/integrations.md those of
# sources. ${NAME} is taken from the environment, or else from the file .env beside this one.

slack:
  # `keeprate manifest` prints the app that gives these two; docs/slack.md says how.
  bot_token: ${SLACK_BOT_TOKEN}
  app_token: ${SLACK_APP_TOKEN}

"""

AGAIN = (
    "What was refused is asked for again: type another one, or the same once it may read all that"
    " is needed."
)
"""Before the secrets are."""

Ask = Callable[[str, bool], str]
"""Shows a question; what was typed, "" for nothing. The second says whether it must not be seen."""


@dataclass
class Answers:
    """What somebody said of a source, as config.yaml would have it."""

    kind: str
    section: dict[str, Any] = field(default_factory=dict)
    secrets: dict[str, str] = field(default_factory=dict)
    """What the environment must hold."""

    def put(self, name: str, typed: str) -> None:
        """One setting; a secret goes into the environment, and its name into the section."""
        told = self.fields()[name]
        self.section.pop(name, None)
        if not typed:
            return
        if _is_secret(told):
            variable = re.sub(r"\W", "_", f"{self.kind}_{name}").upper()
            self.secrets[variable] = typed
            self.section[name] = f"${{{variable}}}"
        else:
            self.section[name] = _read(typed, told)

    def fields(self) -> dict[str, FieldInfo]:
        """The settings of this kind, by name."""
        return integrations.load(self.kind).Settings.model_fields

    def filled_in(self) -> dict[str, Any]:
        """The section with the secrets in place."""
        known = {f"${{{name}}}": value for name, value in self.secrets.items()}
        told = {
            name: known.get(value, value) if isinstance(value, str) else value
            for name, value in self.section.items()
        }
        return {"kind": self.kind, **told}

    def settings(self, folder: Path) -> base.Settings:
        """Checked. Raises ValidationError."""
        model = integrations.load(self.kind).Settings
        return model.model_validate(self.filled_in(), context={"folder": folder})


async def init(path: Path, *, ask: Ask, clock: Clock, out: Console, err: Console) -> bool:
    """Whether a config.yaml was written that works."""
    if not _may_be_written(path, ask):
        out.print(f"{escape(str(path))} stays as it is. With --config another one can be written.")
        return False
    answers = Answers(_which_system(ask, out))
    _ask_for(answers, _needed(answers), ask, out)
    zone = ask("Time zone in which your days begin, such as Europe/Amsterdam [UTC]", False) or "UTC"
    while True:
        config, wanted = _config(answers, path.parent, zone, out)
        if config is not None:
            well, wanted = await _gives_customers(config, answers, out)
            if well:
                break
        if ZONE in wanted:
            zone = ask("Time zone", False)
        elif not _ask_for(answers, wanted, ask, out, otherwise="to change something else"):
            name = ask("Which setting is to be changed? Its name, or nothing to stop", False)
            if not name:
                out.print("Nothing was written.")
                return False
            if name == "zone" and name not in answers.fields():
                zone = ask("Time zone", False) or "UTC"
            else:
                _ask_for(answers, [name], ask, out)
    believed = await pull_all(config, "", clock=clock, out=out, err=err)
    if believed:
        out.print(escape(await _first_figure(config, clock)))
    _write(path, answers, zone)
    configuration.load(path, {**SLACK, **answers.secrets})
    out.print(f"[green]{escape(str(path))} is written.[/green]")
    _keep(answers.secrets, path.parent / ".env", ask, out)
    out.print(
        "Next: `keeprate manifest` prints the Slack app, docs/slack.md says what to do with it;"
        " then `keeprate check` and `keeprate run`."
    )
    return believed


async def _first_figure(config: Config, clock: Clock) -> str:
    """Last month's; or, of a system that tells of today alone, from when on there are some."""
    try:
        found = await figure(config, "", Kind.MONTH, None, [], clock=clock)
    except Unknown as unknown:
        return f"There is no CRR yet. {unknown}{_more_of_the_past(config)}"
    return in_words(found, config.definition.definition())


def _more_of_the_past(config: Config) -> str:
    """Which settings would tell of more, if any would."""
    kind = config.sources[0].kind
    told = integrations.load(kind).Settings.model_fields.get("evidence")
    words = [word for each in _types(told.annotation) for word in _words(each)] if told else []
    if getattr(config.sources[0], "evidence", "") != "today" or len(words) < 2:
        return ""
    others = " or ".join(word for word in words if word != "today")
    return (
        f" It was read with evidence: today. With {others} {kind} may tell of the past:"
        " docs/integrations.md says how."
    )


def _may_be_written(path: Path, ask: Ask) -> bool:
    return not path.exists() or _yes(
        ask, f"{path} is there already. Write it anew at the end?", "n"
    )


def _which_system(ask: Ask, out: Console) -> str:
    kinds = integrations.available()
    for kind in kinds:
        title = (integrations.load(kind).__doc__ or "").partition("\n")[0]
        out.print(f"  [bold]{kind:12}[/bold] {escape(title)}")
    while True:
        typed = ask("Where do your customers stand?", False).strip().casefold()
        if typed in kinds:
            return typed
        if not typed:
            out.print("Type a word of the first column.")
            continue
        near = difflib.get_close_matches(typed, kinds, n=1)
        hint = f"; did you mean {near[0]}?" if near else "; type a word of the first column"
        out.print(f'There is no "{escape(typed[:40])}"{hint}')


def _needed(answers: Answers) -> list[str]:
    """What must be said, first where the system is; and secrets, for few do without."""
    own = integrations.load(answers.kind).Settings.__annotations__
    return [
        name
        for name, told in sorted(answers.fields().items(), key=lambda field: field[0] not in own)
        if name not in base.Settings.model_fields and (told.is_required() or _is_secret(told))
    ]


def _ask_for(
    answers: Answers, names: list[str], ask: Ask, out: Console, *, otherwise: str = ""
) -> bool:
    """Whether anything was said. `otherwise` is what nothing means, and then all stays as it is."""
    said = False
    for name in names:
        fields = answers.fields()
        if name not in fields:
            near = difflib.get_close_matches(name, fields, n=1)
            known = f"did you mean {near[0]}?" if near else f"there are {', '.join(sorted(fields))}"
            out.print(f'There is no setting "{escape(name[:40])}"; {escape(known)}')
            continue
        told = fields[name]
        words = [word for kind in _types(told.annotation) for word in _words(kind)]
        choice = f" One of: {', '.join(words)}." if words else ""
        nothing = otherwise or ("" if told.is_required() else "if it does not apply")
        nothing = f" (nothing, {nothing})" if nothing else ""
        out.print(f"[dim]{escape((told.description or '') + choice)}{nothing}[/dim]")
        typed = ask(name, _is_secret(told)).strip()
        if typed or not otherwise:
            answers.put(name, typed)
        said = said or bool(typed)
    return said


def _config(
    answers: Answers, folder: Path, zone: str, out: Console
) -> tuple[Config | None, list[str]]:
    """Everything that a pull needs; or None, and which settings are wrong. It was said why."""
    wanted: list[str] = []
    try:
        source = answers.settings(folder)
        made = {
            "slack": {"bot_token": SLACK["SLACK_BOT_TOKEN"], "app_token": "xapp-later"},
            "sources": [source],
            "definition": {"zone": zone},
        }
        return Config.model_validate(made), []
    except ValidationError as error:
        # Never the input: it may be a token.
        for fault in error.errors(include_input=False, include_url=False):
            where = ".".join(str(part) for part in fault["loc"]) or answers.kind
            told = fault["msg"].removeprefix("Value error, ")
            out.print(f"[red]{escape(where)}: {escape(told)}[/red]")
            wanted += [name for name in (where, *fault["loc"][:1]) if name in answers.fields()]
            wanted += [ZONE] if where == ZONE else []
        return None, list(dict.fromkeys(wanted))


async def _gives_customers(
    config: Config, answers: Answers, out: Console
) -> tuple[bool, list[str]]:
    """Whether the source does; else the settings that would mend it, where that is clear."""
    secrets = [name for name, told in answers.fields().items() if _is_secret(told)]
    well, wanted = True, list[str]()
    async for finding in sources_tried(config):
        mark = "[green]ok[/green]  " if finding.ok else "[red]FAIL[/red]"
        # There is no config.yaml yet: what would stand in it is asked for again.
        said = finding.sentence.replace(" into config.yaml", " below")
        out.print(f"{mark}  {escape(finding.what)}: {escape(said)}")
        well = well and finding.ok
        if finding.setting:
            wanted.append(finding.setting)
        elif finding.refused and (given := [name for name in secrets if name in answers.section]):
            wanted += given
            out.print(AGAIN)
    return well, list(dict.fromkeys(wanted))


def _write(path: Path, answers: Answers, zone: str) -> None:
    rest = {
        "definition": {"zone": zone},
        "sources": [{"kind": answers.kind, **answers.section}],
    }
    told = yaml.safe_dump(rest, sort_keys=False, allow_unicode=True, width=100)
    path.write_text(HEAD + told, encoding="utf-8")


def _keep(secrets: dict[str, str], path: Path, ask: Ask, out: Console) -> None:
    """Into a file that only its owner may read, or told to be exported."""
    if not secrets:
        return
    names = ", ".join(secrets)
    if _yes(ask, f"Add {names} to {path}, which only you can read?", "y"):
        before = path.read_text(encoding="utf-8") if path.exists() else ""
        kept = [line for line in before.splitlines() if line.partition("=")[0] not in secrets]
        lines = [*kept, *(f"{name}={shlex.quote(value)}" for name, value in secrets.items())]
        descriptor = os.open(path, os.O_WRONLY | os.O_CREAT | os.O_TRUNC, 0o600)
        os.fchmod(descriptor, 0o600)
        with os.fdopen(descriptor, "w", encoding="utf-8") as file:
            file.write("\n".join(lines) + "\n")
        out.print("They are read from there whenever config.yaml is.")
    else:
        for name in secrets:
            out.print(f"Before other commands, in each terminal: export {name}=…")


def _yes(ask: Ask, question: str, usual: str) -> bool:
    typed = ask(f"{question} [{'Y/n' if usual == 'y' else 'y/N'}]", False).strip().casefold()
    return (typed or usual).startswith("y")


def _is_secret(told: FieldInfo) -> bool:
    return SecretStr in _types(told.annotation)


def _words(kind: Any) -> tuple[str, ...]:
    """What may be said, where it is one of a few words."""
    is_choice = get_origin(kind) is Literal
    return tuple(str(word) for word in get_args(kind)) if is_choice else ()


def _types(annotation: Any) -> Iterator[Any]:
    yield annotation
    for inner in get_args(annotation):
        yield from _types(inner)


def _read(typed: str, told: FieldInfo) -> Any:
    """As config.yaml would read it; a text stays one, whatever it looks like."""
    kinds = list(_types(told.annotation))
    if str in kinds and not any(kind in kinds for kind in (dict, list, tuple, int)):
        return typed
    try:
        found = yaml.safe_load(typed)
    except yaml.YAMLError:
        return typed
    lists = any(getattr(kind, "__origin__", None) in (tuple, list) for kind in kinds)
    if lists and not isinstance(found, list | dict):
        return [part.strip() for part in typed.split(",")]
    return found
