"""`keeprate crr`, of now, of the past, and of a month that has not ended."""

from datetime import date, datetime
from pathlib import Path
from typing import Any
from zoneinfo import ZoneInfo

import pytest

from bot.cli.figures import Found, as_json, figure, in_words
from bot.config import Config, load
from bot.domain.period import Kind
from bot.domain.retention import Unknown
from bot.errors import Misunderstood
from bot.parts import Clock, offline
from tests.end_to_end import companies

AMSTERDAM = ZoneInfo("Europe/Amsterdam")
OCTOBER = date(2026, 10, 9)


def at(text: str) -> Clock:
    return Clock.beginning(datetime.fromisoformat(text).replace(tzinfo=AMSTERDAM))


async def pulled(config: Config, clock: Clock) -> None:
    async with offline(config, clock=clock) as reader:
        await reader.pull("crm")


@pytest.fixture
async def config(tmp_path: Path) -> Config:
    """Pulled on 3 November, when October was true, and on the 4th, when it knew of a loss more."""
    companies.write(tmp_path)
    (tmp_path / "config.yaml").write_text(
        "slack: {bot_token: xoxb-1, app_token: xapp-1}\n"
        f"store: {{url: 'sqlite:///{tmp_path}/keeprate.db'}}\n"
        "definition: {zone: Europe/Amsterdam}\n"
        "sources:\n"
        "  - {kind: csv, name: crm, path: customers.csv, evidence: stays, customer: id,\n"
        "     customer_name: name, since: since, until: until, fields: [plan, region]}\n"
    )
    config = load(tmp_path / "config.yaml", {})
    await pulled(config, at("2026-11-03T08:00"))
    rows = [r.replace(",,pro", ",2026-10-22,pro", 1) if "c7," in r else r for r in companies.rows()]
    companies.write(tmp_path, rows)
    await pulled(config, at("2026-11-04T08:00"))
    return config


async def found(config: Config, ending: date | None = OCTOBER, known: str = "") -> Found:
    clock = at("2026-11-09T12:00")
    return await figure(config, "", Kind.MONTH, ending, [], clock=clock, as_known_at=known)


async def told(config: Config, ending: date | None = OCTOBER, known: str = "") -> dict[str, Any]:
    return as_json(await found(config, ending, known))


async def test_a_restated_figure_says_what_it_was_closed_with(config: Config) -> None:
    now = await told(config)

    assert (now["opening"], now["kept"], now["lost"], now["crr"]) == (40, 35, 5, 0.875)
    closed = now["closed_as"]
    assert (closed["opening"], closed["kept"], closed["lost"], closed["crr"]) == (40, 36, 4, 0.9)
    assert closed["closed_at"].startswith("2026-11-03T07:00")
    assert closed["restated_at"].startswith("2026-11-04T07:00")
    assert now["as_known_at"] is None
    words = in_words(await found(config), config.definition.definition())
    assert "Restated on 4 Nov 2026, closed on 3 Nov 2026: CRR 90.0 % → 87.5 %" in words


async def test_a_figure_is_given_as_it_was_known(config: Config) -> None:
    then = await told(config, known="2026-11-03")

    assert (then["kept"], then["crr"]) == (36, 0.9)
    assert then["as_known_at"] == "2026-11-03T23:59:59.999999+01:00"
    assert then["as_of"].startswith("2026-11-03T07:00")
    assert then["closed_as"] is None
    assert (await told(config, known="2026-11-04T12:00"))["crr"] == 0.875


async def test_the_last_month_is_the_one_of_then(config: Config) -> None:
    then = await told(config, ending=None, known="2026-11-03")

    assert then["period"]["first"] == "2026-10-01"


async def test_before_the_first_pull_nothing_was_known(config: Config) -> None:
    with pytest.raises(Unknown, match="Nothing was known of crm at 2026-10-20 23:59"):
        await told(config, ending=date(2026, 9, 1), known="2026-10-20")


@pytest.mark.parametrize("known", ["2026-11-10", "yesterday"])
async def test_what_is_no_moment_of_the_past_is_refused(config: Config, known: str) -> None:
    with pytest.raises(Misunderstood):
        await told(config, known=known)


async def test_a_month_that_has_not_ended_stands_beside_the_same_days(config: Config) -> None:
    """The newest pull speaks of 4 November; the figures reach no further."""
    now = await told(config, ending=date(2026, 11, 9))

    assert now["period"]["so_far"] == {"day": 4, "of": 30}
    assert now["before"]["period"]["first"] == "2026-10-01"
    assert now["before"]["period"]["so_far"] == {"day": 4, "of": 31}
    assert (now["before"]["opening"], now["before"]["lost"]) == (40, 0)
    assert now["closed_as"] is None


async def test_a_whole_month_stands_beside_a_whole_one(config: Config) -> None:
    now = await told(config)

    assert now["period"]["so_far"] is None
    assert now["before"]["period"] == {
        "kind": "month",
        "first": "2026-09-01",
        "next": "2026-10-01",
        "so_far": None,
    }


async def test_a_month_that_began_with_nobody_has_no_rate(config: Config) -> None:
    now = await told(config, ending=date(2025, 1, 1))

    assert (now["opening"], now["crr"]) == (0, None)
