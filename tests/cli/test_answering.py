"""`keeprate answers`: what leaves, and that it is written down."""

import json
from datetime import UTC, date, datetime
from pathlib import Path

import pytest

from bot.cli.answering import answers, as_text, write
from bot.config import Config, load
from bot.domain.surveys import Answer, Ask, Scale
from bot.errors import ConfigError
from bot.parts import Clock, stores

NOON = datetime(2026, 11, 16, 12, tzinfo=UTC)


@pytest.fixture
def config(tmp_path: Path) -> Config:
    (tmp_path / "customers.csv").write_text("customer,since\n")
    (tmp_path / "config.yaml").write_text(
        "slack: {bot_token: xoxb-1, app_token: xapp-1}\n"
        f"store: {{url: 'sqlite:///{tmp_path}/keeprate.db'}}\n"
        "definition: {zone: Europe/Amsterdam}\n"
        "sources: [{kind: csv, path: customers.csv, evidence: stays}]\n"
    )
    return load(tmp_path / "config.yaml", {})


async def answered(config: Config, comment: str) -> None:
    async with stores(config) as kept:
        await kept.surveys.put_ask(Ask("a", Scale.NPS, "How?", "C1", "U1", NOON))
        await kept.surveys.put_answer(Answer("a", "U7", "T2", 3, NOON, comment))


async def test_a_comment_stays_a_comment_in_either_format(config: Config) -> None:
    await answered(config, '=HYPERLINK("x"),\n"né"')

    found = await answers(config, scale=None, since=None, clock=Clock())

    [heading, *rest] = as_text(found, "csv").split("\r\n")
    assert heading.startswith("at,origin,scale,direction,score")
    assert rest[0].startswith("2026-11-16T12:00:00+00:00,slack,nps,higher,3,0,10,\"'=HYPERLINK(")
    [line] = as_text(found, "jsonl").splitlines()
    assert json.loads(line)["comment"] == '=HYPERLINK("x"),\n"né"'
    assert json.loads(line)["person"] == "U7"


async def test_an_export_is_written_down_without_what_was_said(config: Config) -> None:
    await answered(config, "secret words")

    await answers(config, scale=Scale.NPS, since=date(2026, 11, 16), clock=Clock())
    assert await answers(config, scale=Scale.CSAT, since=None, clock=Clock()) == []
    assert await answers(config, scale=None, since=date(2026, 11, 17), clock=Clock()) == []

    async with stores(config) as kept:
        deeds = await kept.deeds.since(datetime(2020, 1, 1, tzinfo=UTC))
    assert [(deed.what, deed.about) for deed in deeds] == [
        ("answers exported", "nps, 1 rows"),
        ("answers exported", "csat, 0 rows"),
        ("answers exported", "all scales, 0 rows"),
    ]


def test_a_file_that_is_there_stays(tmp_path: Path) -> None:
    path = tmp_path / "answers.csv"
    write(path, "one\n")

    with pytest.raises(ConfigError, match="is there already"):
        write(path, "two\n")
    with pytest.raises(ConfigError, match="cannot be written"):
        write(tmp_path / "no" / "answers.csv", "two\n")
    assert path.read_text() == "one\n"
