"""`keeprate match`: in words, and everybody as CSV."""

import csv
from datetime import UTC, datetime
from pathlib import Path

import pytest
import yaml

from bot.cli.matching import match
from bot.config import Config, load
from bot.errors import ConfigError
from bot.parts import Clock, offline

NOW = datetime(2026, 11, 2, 9, tzinfo=UTC)
CRM = (
    "id,name,since,until\n1,Acme,2025-01-01,\n2,Globex & <Sons>,2025-01-01,\n3,Hooli,2025-01-01,\n"
)
STRIPE = (
    "id,name,since,until,crm\n"
    "s1,Acme BV,2025-01-01,,1\ns2,Acme Inc,2025-01-01,,1\ns3,=Stark,2025-01-01,2025-06-01,9\n"
)


@pytest.fixture
async def config(tmp_path: Path) -> Config:
    (tmp_path / "crm.csv").write_text(CRM)
    (tmp_path / "stripe.csv").write_text(STRIPE)
    table = {"kind": "csv", "evidence": "stays", "customer": "id"}
    path = tmp_path / "config.yaml"
    settings = {
        "slack": {"bot_token": "xoxb-1", "app_token": "xapp-1"},
        "store": {"url": f"sqlite:///{tmp_path}/keeprate.db"},
        "sources": [
            {**table, "name": "crm", "path": "crm.csv"},
            {
                **table,
                "name": "stripe",
                "path": "stripe.csv",
                "fields": ["crm"],
                "matches": {"field": "crm"},
            },
        ],
    }
    path.write_text(yaml.safe_dump(settings))
    config = load(path, {})
    async with offline(config, clock=Clock.beginning(NOW)) as reader:
        for name in ("crm", "stripe"):
            await reader.pull(name)
    return config


async def test_tells_who_was_found_and_who_was_not(config: Config) -> None:
    told = await match(config, lists=None, clock=Clock())

    assert told == (
        "stripe by its field crm: 2 of 2 customers today found in crm; 2 of 3 customers of crm not"
        " there.\n"
        "Several records each, whose revenue adds up and whose fields are not taken: Acme.\n"
        "Not in stripe: Globex & <Sons> and Hooli.\n"
        "stripe as of Monday 2 Nov 2026, 09:00."
    )


async def test_writes_everybody_for_a_spreadsheet(config: Config, tmp_path: Path) -> None:
    path = tmp_path / "match.csv"

    await match(config, lists=path, clock=Clock())

    with path.open(newline="") as file:
        rows = list(csv.reader(file))
    assert rows[1:] == [
        ["stripe", "s1", "Acme BV", "matched", "yes", "1", "Acme"],
        ["stripe", "s2", "Acme Inc", "matched", "yes", "1", "Acme"],
        ["stripe", "s3", "'=Stark", "not found", "no", "", ""],
        ["crm", "2", "Globex & <Sons>", "not found", "yes", "", ""],
        ["crm", "3", "Hooli", "not found", "yes", "", ""],
    ]
    with pytest.raises(ConfigError, match="is there already"):
        await match(config, lists=path, clock=Clock())
