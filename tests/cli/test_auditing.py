"""`keeprate audit`: who did what, read where it is done."""

from datetime import UTC, date, datetime
from pathlib import Path

import pytest

from bot.cli.auditing import NOTHING, as_rows, deeds, in_words, whoever_types
from bot.config import Config, load
from bot.domain.audit import TERMINAL, Deed
from bot.parts import stores


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


async def done(config: Config, *found: Deed) -> None:
    async with stores(config) as kept:
        for deed in found:
            await kept.deeds.put(deed)


async def test_nothing_was_done(config: Config) -> None:
    assert in_words(await deeds(config, since=None, person=""), config) == NOTHING


async def test_local_days_and_times_are_meant_and_told(config: Config) -> None:
    before = Deed(datetime(2026, 11, 15, 22, 59, tzinfo=UTC), "U1", "rule changed")
    after = Deed(datetime(2026, 11, 15, 23, 0, tzinfo=UTC), "U1", "customers exported", "2026-10")
    await done(config, before, after)

    found = await deeds(config, since=date(2026, 11, 16), person="")

    assert found == [after]
    assert (
        in_words(found, config) == "2026-11-16 00:00  U1                customers exported: 2026-10"
    )
    assert as_rows(found) == [("2026-11-15T23:00:00+00:00", "U1", "customers exported", "2026-10")]


def test_who_types_has_a_name(monkeypatch: pytest.MonkeyPatch) -> None:
    for variable in ("LOGNAME", "USER", "LNAME", "USERNAME"):
        monkeypatch.setenv(variable, "ada")

    assert whoever_types() == f"{TERMINAL}ada"
