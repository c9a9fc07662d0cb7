"""`keeprate init`, driven as somebody types, against vendors on this machine."""

import io
import os
import stat
from collections.abc import Sequence
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import pytest
import stamina
import yaml
from aiohttp import web
from pydantic import Field, create_model
from rich.console import Console
from typer.testing import CliRunner

import integrations
from bot.cli.commands import cli
from bot.cli.init import init
from bot.config import load
from bot.parts import Clock
from integrations import base
from tests.integrations import localstripe
from tests.integrations.recordings import readings, replay
from tests.integrations.vendor import Asked, says, vendor

NOW = datetime(2026, 11, 16, 12, tzinfo=UTC)
CUSTOMERS = "id,company,since,until\na,Acme,2026-01-01,\nb,Lamp,2026-01-01,2026-10-09\n"
SLACK = {"SLACK_BOT_TOKEN": "xoxb-1", "SLACK_APP_TOKEN": "xapp-1"}


@pytest.fixture(autouse=True)
def folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    monkeypatch.chdir(tmp_path)
    return tmp_path


class Somebody:
    """Answers a question by the first of these words that is in it, or is the setting asked for."""

    def __init__(self, *answers: tuple[str, str]) -> None:
        self._answers = list(answers)
        self.asked: list[str] = []
        self.hidden: list[str] = []
        self.out = Console(file=io.StringIO(), width=300)

    def __call__(self, question: str, hidden: bool) -> str:
        self.asked.append(question)
        if hidden:
            self.hidden.append(question)
        for at, (word, answer) in enumerate(self._answers):
            if question == word or (" " in question and word in question):
                del self._answers[at]
                return answer
        return ""

    @property
    def saw(self) -> str:
        assert isinstance(self.out.file, io.StringIO)
        return self.out.file.getvalue()

    def left(self) -> Sequence[tuple[str, str]]:
        return self._answers


async def begun(somebody: Somebody, path: Path) -> bool:
    with stamina.set_testing(True, attempts=1):
        return await init(
            path,
            ask=somebody,
            clock=Clock.beginning(NOW),
            out=somebody.out,
            err=Console(file=io.StringIO()),
        )


CONTRACTS = [
    {"id": n, "since": "2025-01-01", "until": "2026-10-09" if n == 7 else None} for n in range(40)
]
LIST = "{path: /contracts, evidence: stays, customer: id, since: since, until: until}"


async def test_from_a_token_to_the_first_figure(folder: Path) -> None:
    async with vendor(says(CONTRACTS)) as served:
        somebody = Somebody(
            ("Where do your customers stand", "jason"),
            ("Where do your customers stand", "json"),
            ("url", served.url),
            ("token", "hush#hush"),
            ("Time zone", "Europe/Amsterdam"),
            ("Which setting", "customer"),
            ("Which setting", "customers"),
            ("customers", LIST),
        )
        assert await begun(somebody, folder / "config.yaml")

    assert somebody.left() == []
    assert "did you mean json?" in somebody.saw
    assert "  json         JSON: any HTTP API" in somebody.saw
    assert "needs a list: customers:, tickets: or ratings:" in somebody.saw
    assert 'There is no setting "customer"; did you mean customers?' in somebody.saw
    assert "ok    source json: gives customers" in somebody.saw
    assert "believed  json: 40 records, 39 customers today" in somebody.saw
    assert "97.5" in somebody.saw, "the CRR of October"
    assert "config.yaml is written" in somebody.saw
    assert served.asked[0].request.headers["Authorization"] == "Bearer hush#hush"


async def test_what_is_secret_is_hidden_and_stays_out_of_config_yaml(
    folder: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    async with vendor(says(CONTRACTS)) as served:
        somebody = Somebody(
            ("stand", "json"), ("url", served.url), ("token", "hush#hush"),
            ("Which setting", "customers"), ("customers", LIST),
        )  # fmt: skip
        await begun(somebody, folder / "config.yaml")

    assert somebody.hidden == ["token", "refresh_token"]
    assert "hush#hush" not in somebody.saw
    written = (folder / "config.yaml").read_text()
    assert "hush#hush" not in written
    assert yaml.safe_load(written)["sources"] == [
        {
            "kind": "json",
            "url": served.url,
            "token": "${JSON_TOKEN}",
            "customers": yaml.safe_load(LIST),
        }
    ]
    kept = folder / ".env"
    assert kept.read_text() == "JSON_TOKEN='hush#hush'\n"
    assert stat.S_IMODE(kept.stat().st_mode) == 0o600
    for name, value in SLACK.items():
        monkeypatch.setenv(name, value)
    assert load(folder / "config.yaml").truth.token.get_secret_value() == "hush#hush"  # type: ignore[attr-defined]
    config = load(folder / "config.yaml", {**SLACK, "JSON_TOKEN": "hush#hush"})
    assert config.definition.zone == "UTC"


async def test_a_token_that_is_refused_can_be_given_again(folder: Path) -> None:
    async def guarded(asked: Asked) -> web.StreamResponse:
        right = asked.request.headers["Authorization"] == "Bearer right-hush"
        return await says(CONTRACTS if right else {}, 200 if right else 401)(asked)

    async with vendor(guarded) as served:
        somebody = Somebody(
            ("stand", "json"), ("url", served.url), ("token", "wrong-hush"),
            ("Which setting", "customers"), ("customers", LIST),
            ("token", "right-hush"),
        )  # fmt: skip
        assert await begun(somebody, folder / "config.yaml")

    assert "FAIL  source json: " in somebody.saw
    assert "the token is not accepted; put a valid one below" in somebody.saw
    assert "What was refused is asked for again: type another one" in somebody.saw
    assert "put a valid one into config.yaml" not in somebody.saw, "there is none yet"
    assert somebody.asked.count("token") == 2
    assert "hush" not in somebody.saw
    assert (folder / ".env").read_text() == "JSON_TOKEN=right-hush\n"


async def test_asks_for_what_a_module_needs_whatever_it_is(folder: Path) -> None:
    [odoo] = [reading for reading in readings("odoo") if reading.name == "customers"]
    async with replay(odoo) as served:
        somebody = Somebody(("stand", "odoo"), ("url", served.url), ("token", "hush"))
        await begun(somebody, folder / "config.yaml")

    assert "ok    source odoo: gives customers" in somebody.saw
    assert load(folder / "config.yaml", {**SLACK, "ODOO_TOKEN": "hush"}).truth.kind == "odoo"


EXPORT = """Account,Plan,Start Date,Cancelled On
Acme,Pro,31/01/2025,
Lamp,Basic,15/02/2025,09/10/2026
Post,Pro,01/03/2025,
"""


async def test_a_file_of_whatever_columns_is_asked_for_one_after_another(folder: Path) -> None:
    (folder / "export.csv").write_text(EXPORT)
    somebody = Somebody(
        ("stand", "csv"), ("path", "exports.csv"), ("evidence", "stay"), ("evidence", "stays"),
        ("path", "export.csv"), ("customer", "Account"), ("since", "Start Date"),
        ("until", "Cancelled On"), ("dates", "%d/%m/%Y"),
    )  # fmt: skip
    assert await begun(somebody, folder / "config.yaml")

    assert somebody.left() == []
    assert "One of: stays, purchases, today." in somebody.saw
    assert "Which setting" not in " ".join(somebody.asked)
    assert 'mend the line or set dates: "%d/%m/%Y"' in somebody.saw
    assert "October 2026: CRR 66.7 % (2 of 3 stayed)" in somebody.saw
    assert yaml.safe_load((folder / "config.yaml").read_text())["sources"] == [
        {
            "kind": "csv",
            "path": "export.csv",
            "evidence": "stays",
            "customer": "Account",
            "since": "Start Date",
            "until": "Cancelled On",
            "dates": "%d/%m/%Y",
        }
    ]


async def test_what_is_not_mended_stays_as_it_is_while_something_else_is_changed(
    folder: Path,
) -> None:
    (folder / "export.csv").write_text(EXPORT.replace("Account", "customer"))
    somebody = Somebody(
        ("stand", "csv"), ("path", "exports.csv"), ("evidence", "stays"),
        ("path", ""), ("Which setting", "separator"), ("separator", ","),
        ("path", "export.csv"), ("since", "Start Date"), ("until", "Cancelled On"),
        ("dates", "%d/%m/%Y"),
    )  # fmt: skip
    assert await begun(somebody, folder / "config.yaml")

    assert "(nothing, to change something else)" in somebody.saw
    assert somebody.saw.count("there is no file") == 2


def at(kind: str, url: str, there: pytest.MonkeyPatch) -> None:
    """The system is at this address, if nothing else is said."""
    module = integrations.load(kind)
    told = module.Settings.model_fields["url"].description
    here = create_model(
        "Settings",
        __base__=module.Settings,
        __module__=module.Settings.__module__,
        url=(base.Address, Field(default=url, description=told)),
    )
    there.setattr(module, "Settings", here)


@pytest.mark.parametrize("kind", ["hubspot", "shopify", "recurly", "pipedrive"])
async def test_a_token_is_enough_where_a_system_knows_the_rest(
    folder: Path, kind: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    [reading] = [each for each in readings(kind) if each.name == "customers"]
    async with replay(reading) as served:
        token = reading.settings(url=served.url).model_dump()["token"].get_secret_value()
        at(kind, served.url, monkeypatch)
        somebody = Somebody(("stand", kind), ("token", token))
        await begun(somebody, folder / "config.yaml")

    assert "token" in somebody.hidden
    assert token not in somebody.saw
    assert f"ok    source {kind}: " in somebody.saw
    assert f"believed  {kind}: " in somebody.saw
    assert "config.yaml is written" in somebody.saw
    if kind in ("hubspot", "pipedrive"):  # which forget who left
        assert "There is no CRR yet. Who was a customer on 2026-09-30 is not known" in somebody.saw
    if kind == "hubspot":
        assert "With history hubspot may tell of the past" in somebody.saw


@pytest.mark.parametrize(
    ("kind", "told", "named"),
    [
        ("hubspot", {"requiredGranularScopes": ["crm.objects.companies.read"]}, "give it crm.obj"),
        ("pipedrive", {"success": False, "error": "Scope and URL mismatch"}, "the documentation"),
    ],
)
async def test_a_token_that_may_not_read_is_told_what_it_takes(
    folder: Path, kind: str, told: Any, named: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    async with vendor(says(told, 403)) as served:
        at(kind, served.url, monkeypatch)
        somebody = Somebody(("stand", kind), ("token", "hush"))
        assert not await begun(somebody, folder / "config.yaml")

    assert named in somebody.saw
    assert "or the same once it may read" in somebody.saw
    assert f"What it takes: {integrations.access(kind)}" in " ".join(somebody.saw.split())


async def test_a_key_of_stripe_is_all_that_the_first_figure_takes(
    folder: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    with localstripe.serving() as url:
        account = localstripe.Account(url)
        for name in ("Acme", "Lamp", "Post"):
            account.subscribe(account.customer(name), datetime(2026, 1, 5, tzinfo=UTC))
        account.close()
        at("stripe", url, monkeypatch)
        somebody = Somebody(("stand", "stripe"), ("token", localstripe.KEY))
        assert await begun(somebody, folder / "config.yaml")

    assert "believed  stripe: 3 records, 3 customers today" in somebody.saw
    assert "October 2026: CRR 100 % (3 of 3 stayed)" in somebody.saw


async def test_nothing_is_written_where_somebody_stops(folder: Path) -> None:
    somebody = Somebody(
        ("stand", "csv"), ("path", "nobody.csv"), ("evidence", "stays"),
        ("Time zone", "Mars/Olympus"), ("Time zone", "UTC"),
    )  # fmt: skip
    assert not await begun(somebody, folder / "config.yaml")

    assert 'zone "Mars/Olympus" is not known' in somebody.saw
    assert "there is no file" in somebody.saw
    assert "Nothing was written." in somebody.saw
    assert os.listdir(folder) == []


async def test_a_config_that_is_there_is_not_overwritten_unasked(folder: Path) -> None:
    path = folder / "config.yaml"
    path.write_text("mine: true\n")
    somebody = Somebody()
    assert not await begun(somebody, path)

    assert path.read_text() == "mine: true\n"
    assert "stays as it is" in somebody.saw
    assert len(somebody.asked) == 1


async def test_a_config_that_is_there_is_written_anew_where_that_is_wanted(folder: Path) -> None:
    (folder / "customers.csv").write_text(CUSTOMERS)
    path = folder / "config.yaml"
    path.write_text("mine: true\n")
    somebody = Somebody(
        ("there already", "y"), ("stand", "csv"), ("evidence", "stays"), ("path", "customers.csv"),
        ("customer", "id"),
    )  # fmt: skip
    assert await begun(somebody, path)

    assert 'no column "customer"; it has id, company, since, until' in somebody.saw
    assert load(path, SLACK).truth.name == "csv"
    assert not (folder / ".env").exists(), "there is no secret"


async def test_secrets_may_be_kept_elsewhere(folder: Path) -> None:
    async with vendor(says(CONTRACTS)) as served:
        somebody = Somebody(
            ("stand", "json"), ("url", served.url), ("token", "hush"),
            ("Which setting", "customers"), ("customers", LIST), ("Add JSON_TOKEN", "n"),
        )  # fmt: skip
        await begun(somebody, folder / "config.yaml")

    assert "export JSON_TOKEN=…" in somebody.saw
    assert not (folder / ".env").exists()


async def test_what_stands_in_env_already_is_kept(folder: Path) -> None:
    (folder / ".env").write_text("SLACK_BOT_TOKEN=xoxb-1\nJSON_TOKEN=old\n")
    async with vendor(says(CONTRACTS)) as served:
        somebody = Somebody(
            ("stand", "json"), ("url", served.url), ("token", "new"),
            ("Which setting", "customers"), ("customers", LIST),
        )  # fmt: skip
        await begun(somebody, folder / "config.yaml")

    assert (folder / ".env").read_text() == "SLACK_BOT_TOKEN=xoxb-1\nJSON_TOKEN=new\n"


async def test_a_pull_that_is_not_believed_leaves_a_config_to_go_on_with(folder: Path) -> None:
    pages = [says(CONTRACTS), says([])]
    async with vendor(*pages) as served:
        somebody = Somebody(
            ("stand", "json"), ("url", served.url), ("token", "hush"),
            ("Which setting", "customers"), ("customers", LIST),
        )  # fmt: skip
        assert not await begun(somebody, folder / "config.yaml")

    assert "failed" in somebody.saw
    assert (folder / "config.yaml").exists()


def test_in_a_terminal(folder: Path) -> None:
    (folder / "customers.csv").write_text(CUSTOMERS.replace("id,", "customer,"))
    typed = ["csv", "customers.csv", "stays", ""]
    told = CliRunner().invoke(cli, ["init"], input="\n".join(typed) + "\n")

    assert told.exit_code == 0, told.output
    assert "Where do your customers stand?" in told.output
    assert "What a row is: a stay with its dates" in told.output
    assert "believed  csv: 2 records, 1 customer today" in told.output
    assert load(folder / "config.yaml", SLACK).truth.kind == "csv"
