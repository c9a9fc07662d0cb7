"""`keeprate results`: what answers say, for people and for programs."""

import asyncio
import csv
import json
import subprocess
import sys
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import pytest

from bot.cli.auditing import deeds
from bot.cli.scoring import Answered, results
from bot.config import Config, load
from bot.domain.surveys import Answer, Ask, Scale
from bot.errors import Misunderstood
from bot.jobs.pull import Outcome
from bot.messages.spreadsheets import cell
from bot.parts import Clock, offline, stores
from integrations import records

NOON = datetime(2026, 11, 16, 12, tzinfo=UTC)
CLOCK = Clock.beginning(NOON)


@pytest.fixture
async def config(tmp_path: Path) -> Config:
    (tmp_path / "customers.csv").write_text(
        "id,name,since,until,plan\n1,Acme,2025-01-01,,pro\n2,Globex,2025-01-01,,free\n"
    )
    (tmp_path / "config.yaml").write_text(
        "slack: {bot_token: xoxb-1, app_token: xapp-1}\n"
        f"store: {{url: 'sqlite:///{tmp_path}/keeprate.db'}}\n"
        "definition: {zone: Europe/Amsterdam}\n"
        "results: {agent_minimum: 2, themes: {speed: [slow]}}\n"
        "sources:\n"
        "  - {kind: csv, name: crm, path: customers.csv, evidence: stays, customer: id,\n"
        "     customer_name: name, since: since, until: until, fields: [plan]}\n"
    )
    config = load(tmp_path / "config.yaml", {})
    async with offline(config, clock=CLOCK) as reader:
        assert (await reader.pull("crm")).outcome is Outcome.BELIEVED
    return config


async def answered(config: Config) -> None:
    async with stores(config) as kept:
        [acme] = await kept.customers.find("crm", "Acme")
        for n, (score, words) in enumerate([(3, "Slow & <b>"), (2, ""), (9, "")]):
            customer = acme.number if n else None
            ask = Ask(f"a{n}", Scale.NPS, "How?", "C1", "U1", NOON, customer=customer)
            await kept.surveys.put_ask(ask)
            await kept.surveys.put_answer(Answer(f"a{n}", f"U{n}", "T2", score, NOON, words))
        rating = records.Rating("r", NOON, 5, 1, 5, account="2", agent_name="Ada", agent="a")
        await kept.tickets.put("desk", [rating, records.Rating("s", NOON, 1, 1, 5, agent="a")])


async def told(config: Config, scale: Scale, *words: str, exported: bool = False) -> Answered:
    return await results(config, scale, words, clock=CLOCK, exported=exported)


async def test_without_answers_it_says_so_and_json_has_no_figure(config: Config) -> None:
    found = await told(config, Scale.NPS)

    assert found.text == "NPS in October to December 2026: no answers."
    assert (found.json["answers"], found.json["value"]) == (0, None)
    assert json.loads(json.dumps(found.json)) == found.json
    assert (await told(config, Scale.NPS, "themes")).json["themes"] == []


async def test_words_and_numbers_say_the_same(config: Config) -> None:
    await answered(config)

    found = await told(config, Scale.NPS, "this", "quarter")

    assert found.text.startswith("NPS in October to December 2026:\nNPS -33 from 3 answers.")
    of: dict[str, Any] = dict(found.json)
    assert (of["answers"], round(of["value"], 1), of["asked"]) == (3, -33.3, 3)
    assert of["period"] == {"kind": "quarter", "first": "2026-10-01", "next": "2027-01-01"}
    assert (of["counts"]["3"], of["of_unknown_accounts"]) == (1, 1)
    assert of["by_account"]["accounts"] == 1
    assert (len(of["trend"]), of["trend"][-1]["answers"]) == (6, 3)
    assert found.rows[-1][:4] == ("2026-10-01", "2027-01-01", 3, of["value"])


async def test_a_segment_and_agents(config: Config) -> None:
    await answered(config)

    of_pro = await told(config, Scale.NPS, "plan=pro")
    csat = await told(config, Scale.CSAT)

    assert (of_pro.json["answers"], of_pro.json["segment"]) == (2, {"plan": "pro"})
    assert (of_pro.json["asked"], "2 of 2 questions asked" in of_pro.text) == (2, True)
    assert (await told(config, Scale.NPS, "themes", "plan=pro")).json["comments"] == 0
    assert csat.json["agents"] == []
    assert csat.json["agents_with_fewer"] == 2
    assert csat.json["origins"] == {"desk": 2}


async def test_themes_with_their_comments_are_written_down_where_they_leave(
    config: Config,
) -> None:
    await answered(config)

    await told(config, Scale.NPS, "themes")
    assert await deeds(config, since=None, person="") == []
    found = await told(config, Scale.NPS, "themes", exported=True)

    assert "Slow & <b>" in found.text
    [theme] = found.json["themes"]
    assert (theme["theme"], theme["comments"], theme["low"]) == ("speed", 1, 1)
    assert theme["examples"] == [{"score": 3, "highest": 10, "text": "Slow & <b>"}]
    assert found.rows == [("speed", 1, 1, 0)]
    assert [(d.what, d.about) for d in await deeds(config, since=None, person="")] == [
        ("comments exported", "nps themes")
    ]


async def test_outcomes_have_a_row_for_each_group_and_time(config: Config) -> None:
    await answered(config)

    found = await told(config, Scale.NPS, "outcomes")

    assert "Nobody can be followed" in found.text
    assert len(found.rows) == (4 + 4) * 3
    assert found.json["outcomes"][0] == {
        "by": "score", "group": "low", "days": 90, "stayed": 0, "of": 0, "share": None,
        "low": None, "high": None,
    }  # fmt: skip


@pytest.mark.parametrize("words", ["ask", "close", "kwarter", "quarter plan=gold", "survey=x"])
async def test_other_words_are_not_understood(config: Config, words: str) -> None:
    with pytest.raises(Misunderstood):
        await told(config, Scale.NPS, *words.split())


async def test_the_file_is_new_and_a_loss_is_a_number(config: Config, tmp_path: Path) -> None:
    await answered(config)
    out = tmp_path / "nps.csv"
    typed = ["results", "nps", "2026-Q4", "-c", str(tmp_path / "config.yaml"), "--csv", str(out)]

    first = await asyncio.to_thread(keeprate, typed)
    again = await asyncio.to_thread(keeprate, typed)

    assert first.returncode == 0, first.stderr
    [*_, last] = csv.reader(out.read_text().splitlines())
    assert float(last[3]) == pytest.approx(-100 / 3)
    assert (again.returncode, "is there already" in again.stderr) == (1, True)


def keeprate(typed: list[str]) -> "subprocess.CompletedProcess[str]":
    return subprocess.run(
        [sys.executable, "-m", "bot", *typed], capture_output=True, text=True, check=False
    )


@pytest.mark.parametrize(
    ("text", "safe"),
    [("-3.5", "-3.5"), ("+1", "+1"), ("-1+1", "'-1+1"), ("=1", "'=1"), ("\t5", "5"), ("a", "a")],
)
def test_a_cell_is_a_number_or_words(text: str, safe: str) -> None:
    assert cell(text) == safe


@pytest.mark.parametrize(
    ("words", "example"),
    [
        (("lastt", "month"), "keeprate results nps 2026-10"),
        (("themes", "lastt", "month"), "keeprate results nps themes 2026-10"),
    ],
)
async def test_a_slip_is_answered_with_what_can_be_typed_here(
    config: Config, words: tuple[str, ...], example: str
) -> None:
    with pytest.raises(Misunderstood) as caught:
        await told(config, Scale.NPS, *words)

    assert example in str(caught.value)
    assert 'Did you mean "last month"?' in str(caught.value)


async def test_names_with_blanks_are_read_as_the_shell_hands_them_over(config: Config) -> None:
    with pytest.raises(Misunderstood, match='under the name "Spring round"'):
        await told(config, Scale.NPS, "survey=Spring round")
