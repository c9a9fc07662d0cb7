"""`keeprate alerts backtest`: what rules would have said, before they are switched on."""

from datetime import date
from pathlib import Path

import pytest

from bot.config import Config, load
from bot.domain.watching import Rule
from bot.errors import ConfigError
from bot.jobs.pull import Outcome
from bot.messages.rules import in_letters
from bot.parts import Clock, backtests, offline
from bot.store.database import Database
from bot.store.rules import Rules
from tests.end_to_end.running import at
from tests.end_to_end.test_episode import BAD, write

NOW = at("2026-11-01T10:00")
RULES = """
rules:
  - {name: by luck, channel: C0SUCCESS}
  - {name: each week, channel: C0SUCCESS, period: week}
  - {name: a line, channel: C0SUCCESS, kind: below, limit: 90}
"""


@pytest.fixture
async def company(tmp_path: Path) -> Config:
    """Nobody left before September 2024, and four in each month from then on."""
    write(tmp_path, BAD, known=date(2026, 11, 1))
    (tmp_path / "config.yaml").write_text(
        "slack: {bot_token: xoxb-1, app_token: xapp-1}\n"
        "definition: {zone: Europe/Amsterdam}\n"
        f"store: {{url: 'sqlite:///{tmp_path}/keeprate.db'}}\n"
        "sources:\n"
        "  - {kind: csv, name: crm, path: customers.csv, evidence: stays, customer: id,\n"
        f"     customer_name: name, since: since, until: until}}\n{RULES}"
    )
    config = load(tmp_path / "config.yaml", {})
    async with offline(config, clock=Clock.beginning(NOW)) as reader:
        assert (await reader.pull("crm")).outcome is Outcome.BELIEVED
    return config


async def test_every_detection_is_tested_and_no_line(company: Config) -> None:
    month, week = await backtests(company, "", clock=Clock.beginning(NOW))

    assert "it would have spoken once: September 2024." in month.text
    assert "Back-test of each week" in str(week.blocks)


async def test_one_is_tested_by_its_name_also_if_it_was_made_in_slack(company: Config) -> None:
    database = Database.open(company.store.url.get_secret_value())
    made = Rule("from slack", "C0SUCCESS", made_by="U1")
    await Rules(database).put(made, by="U1", now=NOW)
    await database.close()

    [told] = await backtests(company, "from slack", clock=Clock.beginning(NOW))
    assert "Back-test of from slack" in str(told.blocks)


@pytest.mark.parametrize("name", ["a line", "nothing"])
async def test_what_is_no_detection_is_said_with_those_that_are(company: Config, name: str) -> None:
    with pytest.raises(ConfigError, match="there is by luck, each week"):
        await backtests(company, name, clock=Clock.beginning(NOW))


async def test_before_it_happened_nothing_is_told(company: Config) -> None:
    [told] = await backtests(company, "by luck", clock=Clock.beginning(at("2024-09-01T10:00")))

    assert "it would not have spoken once" in told.text


async def test_in_a_terminal_the_chart_is_in_letters(company: Config) -> None:
    [told] = await backtests(company, "by luck", clock=Clock.beginning(NOW))
    [rows] = in_letters(told)

    assert "`" not in rows
    last = rows.splitlines()[-1].split()
    assert last[:3] == ["Oct", "2026", "87.7"]
    assert last[3:5] == ["fires", "at"]
