"""Scores that were given elsewhere, from the vendor's own pages or a file to what results say."""

import io
from dataclasses import replace
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import pytest
import stamina
import yaml
from rich.console import Console

from bot.cli.answering import answers, as_text
from bot.cli.pulling import pull_all
from bot.cli.scoring import Answered, results
from bot.config import Config, load
from bot.domain.surveys import Answer, Ask, Direction, Scale
from bot.parts import Clock, stores
from tests.integrations.recordings import read, readings, replay

NOW = datetime(2026, 1, 8, 12, tzinfo=UTC)
CUSTOMERS = (
    "id,name,web,since,until\n"
    "c1,Acme,acme.example,2025-01-01,\n"
    "c2,Blue,bloggs.example,2025-01-01,\n"
)
CRM = {
    "kind": "csv", "name": "crm", "path": "customers.csv", "evidence": "stays", "customer": "id",
    "customer_name": "name", "since": "since", "until": "until", "domains": "web",
}  # fmt: skip


def config(folder: Path, helpdesk: dict[str, Any]) -> Config:
    folder.mkdir(exist_ok=True)
    (folder / "customers.csv").write_text(CUSTOMERS)
    sections = {
        "slack": {"bot_token": "xoxb-1", "app_token": "xapp-1"},
        "store": {"url": f"sqlite:///{folder}/keeprate.db"},
        "results": {"agent_minimum": 2},
        "sources": [CRM, helpdesk],
    }
    (folder / "config.yaml").write_text(yaml.safe_dump(sections))
    return load(folder / "config.yaml", {})


async def pulled(config: Config) -> None:
    said = io.StringIO()
    out, err = Console(file=said, width=200), Console(file=said)
    with stamina.set_testing(True, attempts=1):
        well = await pull_all(config, "", clock=Clock.beginning(NOW), out=out, err=err)
    assert well, said.getvalue()


async def told(config: Config, scale: Scale, *words: str) -> Answered:
    clock = Clock.beginning(NOW)
    return await results(config, scale, words or ("2026-Q1",), clock=clock, exported=False)


async def of_vendor(folder: Path, kind: str, scale: Scale, **also: Any) -> Answered:
    """What results say when the vendor's recorded ratings were read by the whole program."""
    [reading] = [each for each in readings(kind) if each.name == "ratings"]
    async with replay(reading) as served:
        section = {**read(kind)["settings"], **reading.section.get("settings", {}), **also}
        own = {name: value for name, value in section.items() if value is not None}
        matched = {"name": "desk", "reads": ["ratings"], "matches": "domain", "url": served.url}
        unspared = {"requests_per_second": 1000}
        settings = config(folder, {**own, **matched, **unspared})
        await pulled(settings)
    return await told(settings, scale)


@pytest.mark.parametrize(
    ("kind", "scale", "also", "text"),
    [
        ("zendesk", Scale.CSAT, {}, "CSAT 50.0 % from 2 answers, mean 3."),
        ("intercom", Scale.CSAT, {}, "CSAT 50.0 % from 2 answers, mean 2.5."),
        (
            "freshdesk",
            Scale.CSAT,
            {"scores": {103: 5, 102: 4, 100: 3, -102: 2, -103: 1}},
            "CSAT 50.0 % from 2 answers, mean 3.5.",
        ),
        ("questionpro", Scale.NPS, {}, "NPS +100 from 1 answer."),
    ],
)
async def test_ratings_of_a_helpdesk_are_in_results_with_the_account_that_gave_them(
    tmp_path: Path, kind: str, scale: Scale, also: dict[str, Any], text: str
) -> None:
    found = await of_vendor(tmp_path, kind, scale, **also)

    assert text in found.text
    assert found.json["by_account"]["accounts"] == 1
    assert found.json["origins"] == {"desk": found.json["answers"]}
    assert found.json["on_other_scales"] == []


async def test_a_scale_that_is_not_ours_is_told_and_not_stretched(tmp_path: Path) -> None:
    found = await of_vendor(tmp_path, "freshdesk", Scale.CSAT)

    assert found.json["answers"] == 0
    assert "2 ratings from desk count in no figure: they are on a scale from -3 to 3." in found.text


FILE: dict[str, Any] = {
    "kind": "csv", "name": "old", "path": "answers.csv",
    "ratings": {
        "id": "id", "on": "at", "score": "score", "account": "customer", "account_name": "name",
        "agent_name": "agent", "ticket": "ticket", "comment": "comment", "direction": "direction",
    },
}  # fmt: skip
ENDS = {Scale.NPS: (0, 10), Scale.CSAT: (1, 5), Scale.CES: (1, 7)}


@pytest.mark.parametrize("scale", Scale)
async def test_an_export_that_is_read_back_gives_the_same_results(
    tmp_path: Path, scale: Scale
) -> None:
    lowest, highest = ENDS[scale]
    way = Direction.LOWER if scale is Scale.CES else Direction.HIGHER
    ends = {"lowest": lowest, "highest": highest, "scale": scale.value}
    here = config(tmp_path / "here", {**FILE, "ratings": {**FILE["ratings"], **ends}})
    (tmp_path / "here" / "answers.csv").write_text(
        "id,at,score,customer,name,agent,ticket,comment,direction\n"
        f"1,2026-01-03T10:00:00Z,{highest},c2,Blue,Ann,7,=1+1,higher\n"
        f"2,2026-01-04T10:00:00Z,{lowest},,Nobody Known,Ann,8,,{way}\n"
    )
    await pulled(here)
    async with stores(here) as kept:
        [acme] = await kept.customers.find("crm", "c1")
        for n, score in enumerate((lowest, highest - 1, highest)):
            ask = Ask(f"a{n}", scale, "How?", "C1", "U1", NOW, customer=acme.number, agent="Ann")
            ask = replace(ask, direction=way)
            await kept.surveys.put_ask(ask)
            await kept.surveys.put_answer(Answer(ask.id, "U7", "T2", score, NOW, '+Slow, "dear"'))
    there = config(tmp_path / "there", {**FILE, "ratings": {**FILE["ratings"], **ends}})
    left = await answers(here, scale=None, since=None, clock=Clock.beginning(NOW))
    (tmp_path / "there" / "answers.csv").write_text(as_text(left, "csv"))

    await pulled(there)
    was, now = await told(here, scale), await told(there, scale)

    same = (
        "answers",
        "value",
        "direction",
        "turned_around",
        "margin",
        "counts",
        "by_account",
        "of_unknown_accounts",
        "agents",
    )
    assert {name: now.json[name] for name in same} == {name: was.json[name] for name in same}
    assert now.json["answers"] == 5
    assert now.json["by_account"]["accounts"] == 2
    assert now.json["origins"] == {"old": 5}
    async with stores(there) as kept:
        comments = {each.comment for each in await kept.results.exported(NOW.replace(day=1), None)}
    assert comments == {"'=1+1", '\'+Slow, "dear"', ""}, "a spreadsheet would run them"
