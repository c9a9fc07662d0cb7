"""`keeprate explain`, on a shop of three purchases."""

from datetime import date
from pathlib import Path

import pytest

from bot.cli.auditing import deeds, whoever_types
from bot.cli.explaining import explain
from bot.cli.figures import figure, in_words
from bot.config import Config, load
from bot.domain.period import Kind
from bot.errors import ConfigError, Misunderstood
from bot.jobs.pull import Outcome
from bot.parts import Clock, offline


@pytest.fixture
async def shop(tmp_path: Path) -> Config:
    (tmp_path / "customers.csv").write_text(
        "id,name,since,until,plan\n"
        "1,Acme,2025-01-01,,pro\n"
        "2,=HYPERLINK(1)&co,2025-01-01,2026-10-10,pro\n"
        "3,Globex & <Sons>,2026-10-05,,free\n"
    )
    (tmp_path / "config.yaml").write_text(
        "slack: {bot_token: xoxb-1, app_token: xapp-1}\n"
        f"store: {{url: 'sqlite:///{tmp_path}/keeprate.db'}}\n"
        "sources:\n"
        "  - {kind: csv, name: crm, path: customers.csv, evidence: stays, customer: id,\n"
        "     customer_name: name, since: since, until: until, fields: [plan]}\n"
    )
    config = load(tmp_path / "config.yaml", {})
    async with offline(config, clock=Clock()) as reader:
        assert (await reader.pull("crm")).outcome is Outcome.BELIEVED
    return config


async def told(config: Config, *words: str, lists: Path | None = None) -> str:
    return await explain(config, words, source="", lists=lists, clock=Clock())


async def test_a_pull_leaves_the_columns_ready_for_the_next_question(
    shop: Config, monkeypatch: pytest.MonkeyPatch
) -> None:
    def refuse(*_: object, **__: object) -> None:
        raise AssertionError("the rows were read")

    monkeypatch.setattr("bot.store.knowledge.columns", refuse)

    assert "1 kept / 2 at opening" in await told(shop, "2026-10")


async def test_a_period_is_explained_with_and_without_the_word(shop: Config) -> None:
    assert "1 kept / 2 at opening = 50.0 %" in await told(shop, "2026-10")
    assert await told(shop, "explain", "2026-10") == await told(shop, "2026-10")


async def test_names_are_told_as_they_are(shop: Config) -> None:
    assert "New (1): Globex & <Sons>" in await told(shop, "2026-10")
    found = await figure(shop, "", Kind.MONTH, date(2026, 10, 9), [], clock=Clock())
    assert "Left: =HYPERLINK(1)&co" in in_words(found, shop.definition.definition())


async def test_it_is_told_as_another_product_would(shop: Config) -> None:
    assert "1 churned / (2 at the start + 1 new)" in await told(shop, "as", "stripe", "2026-10")


async def test_everybody_is_written_once_and_no_name_is_a_formula(
    shop: Config, tmp_path: Path
) -> None:
    lists = tmp_path / "lists.csv"

    await told(shop, "2026-10", lists=lists)

    assert lists.read_text().splitlines() == [
        "list,customer,name",
        "kept,1,Acme",
        "lost,2,'=HYPERLINK(1)&co",
        "new,3,Globex & <Sons>",
    ]
    [deed] = await deeds(shop, since=None, person="")
    assert (deed.person, deed.what) == (whoever_types(), "customers exported")
    assert "2026-10" in deed.about


async def test_a_file_that_is_there_is_not_written_over(shop: Config, tmp_path: Path) -> None:
    lists = tmp_path / "lists.csv"
    lists.write_text("mine")

    with pytest.raises(ConfigError, match="is there already"):
        await told(shop, "2026-10", lists=lists)

    assert lists.read_text() == "mine"


@pytest.mark.parametrize("words", ["calc 1 2 3", "help", "kwarter", "2026-10 plan=gold"])
async def test_what_cannot_be_explained_is_refused(shop: Config, words: str) -> None:
    with pytest.raises(Misunderstood):
        await told(shop, *words.split())


async def test_a_source_that_was_not_pulled_says_what_to_do(shop: Config) -> None:
    with pytest.raises(ConfigError, match='no source "other"'):
        await explain(shop, ["2026-10"], source="other", lists=None, clock=Clock())
