"""`keeprate cohorts` and `keeprate lifetime`, for people, programs and spreadsheets."""

import csv
import json
from collections.abc import Sequence
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import pytest

from bot.cli import staying
from bot.config import Config, load
from bot.domain.period import Kind
from bot.domain.revenue import RatesMissing
from bot.errors import ConfigError, Misunderstood
from bot.jobs.pull import Outcome
from bot.parts import Clock, offline
from tests.end_to_end.running import at

NOW = at("2025-11-09T10:00")
"""Borea and Cirrus joined in January 2024, Acme in March; Borea left, and Cirrus was away."""
CUSTOMERS = (
    "id,name,since,until,plan\n"
    "1,Acme,2024-03-01,,pro\n"
    "2,Borea,2024-01-15,2024-02-20,free\n"
    "3,Cirrus,2024-01-31,2024-02-20,pro\n"
    "3,Cirrus,2024-03-20,,pro\n"
    "4,Dorado,2025-11-03,,pro\n"
)


@pytest.fixture
async def company(tmp_path: Path) -> Config:
    (tmp_path / "customers.csv").write_text(CUSTOMERS)
    (tmp_path / "config.yaml").write_text(
        "slack: {bot_token: xoxb-1, app_token: xapp-1}\n"
        "definition: {zone: Europe/Amsterdam}\n"
        f"store: {{url: 'sqlite:///{tmp_path}/keeprate.db'}}\n"
        "sources:\n"
        "  - {kind: csv, name: crm, path: customers.csv, evidence: stays, customer: id,\n"
        "     customer_name: name, since: since, until: until, fields: [plan]}\n"
    )
    config = load(tmp_path / "config.yaml", {})
    async with offline(config, clock=Clock.beginning(NOW)) as reader:
        assert (await reader.pull("crm")).outcome is Outcome.BELIEVED
    return config


def later(text: str = "") -> Clock:
    return Clock.beginning(at(text) if text else NOW)


async def cohorts(
    config: Config, *, by: Kind = Kind.MONTH, months: int | None = None, **also: Any
) -> tuple[str, dict[str, Any]]:
    """In words, and as JSON that was written and read."""
    async with staying.asked(config, clock=later(), **also) as (figures, about):
        found = await staying.cohorts(figures, about, by, months)
        as_json = json.loads(json.dumps(staying.cohorts_as_json(found, about)))
        return staying.cohorts_in_words(found, about), as_json


async def lifetime(config: Config, **also: Any) -> tuple[str, dict[str, Any]]:
    async with staying.asked(config, clock=later(), **also) as (figures, about):
        found, again = await staying.lifetime(figures, about)
        as_json = json.loads(json.dumps(staying.lifetime_as_json(found, again, about)))
        return staying.lifetime_in_words(found, again, about), as_json


async def test_cohorts_are_told_in_columns(company: Config) -> None:
    words, _ = await cohorts(company, months=2)

    assert words.splitlines()[2:7] == [
        "Joined in        Customers       0 mo        1 mo        2 mo",
        "Jan 2024                 2  100 % (2)     0 % (0)  50.0 % (1)",
        "Mar 2024                 1  100 % (1)   100 % (1)   100 % (1)",
        "Nov 2025 so far          1",
        "All 3                    4  100 % (3)  33.3 % (1)  66.7 % (2)",
    ]
    assert words.splitlines()[-1].startswith("crm as of Sunday 9 Nov 2025, 10:00")


async def test_programs_get_counts_fractions_and_null_for_what_lies_ahead(company: Config) -> None:
    _, told = await cohorts(company, months=2)

    assert {name: told[name] for name in ("source", "by", "segment", "measured_on")} == {
        "source": "crm",
        "by": "month",
        "segment": {},
        "measured_on": "2025-11-09",
    }
    assert datetime.fromisoformat(told["as_of"]).replace(microsecond=0, second=0) == datetime(
        2025, 11, 9, 9, 0, tzinfo=UTC
    )
    assert told["as_known_at"] is None
    assert told["unplaced"] == 0
    assert told["mean"] == [1.0, 0.333333, 0.666667]
    assert len(told["cohorts"]) == 23
    assert told["cohorts"][0] == {
        "first": "2024-01-01",
        "next": "2024-02-01",
        "so_far": None,
        "customers": 2,
        "kept": [2, 0, 1],
        "share": [1.0, 0.0, 0.5],
    }
    assert told["cohorts"][1]["share"] == [None, None, None]
    assert told["cohorts"][-1] == {
        "first": "2025-11-01",
        "next": "2025-12-01",
        "so_far": {"day": 9, "of": 30},
        "customers": 1,
        "kept": [None, None, None],
        "share": [None, None, None],
    }


@pytest.mark.parametrize(
    ("by", "months", "cohorts_told", "ages"),
    [(Kind.MONTH, None, 23, 13), (Kind.QUARTER, None, 8, 25), (Kind.YEAR, None, 2, 61),
     (Kind.YEAR, 0, 2, 1)],
)  # fmt: skip
async def test_how_far_they_are_followed_unless_it_is_said(
    company: Config, by: Kind, months: int | None, cohorts_told: int, ages: int
) -> None:
    _, told = await cohorts(company, by=by, months=months)

    assert (len(told["cohorts"]), len(told["mean"])) == (cohorts_told, ages)


async def test_a_spreadsheet_gets_a_line_for_what_was_reached(
    company: Config, tmp_path: Path
) -> None:
    path = tmp_path / "cohorts.csv"
    async with staying.asked(company, clock=later(), segments=["plan=pro"]) as (figures, about):
        found = await staying.cohorts(figures, about, Kind.QUARTER, 3)
    staying.write_cohorts(path, found)

    with path.open(newline="") as file:
        rows = list(csv.DictReader(file))
    assert rows[0] == {
        "first": "2024-01-01",
        "next": "2024-04-01",
        "customers": "2",
        "months": "0",
        "kept": "2",
        "share": "1.0",
    }
    assert [row["months"] for row in rows if row["first"] == "2025-07-01"] == ["0", "1"]
    assert {row["share"] for row in rows if row["first"] == "2024-04-01"} == {""}
    assert not [row for row in rows if row["first"] == "2025-10-01"]
    with pytest.raises(ConfigError, match="is there already"):
        staying.write_cohorts(path, found)


async def test_a_segment_is_who_joined_so(company: Config) -> None:
    words, told = await cohorts(company, segments=["plan=free"])

    assert [each["customers"] for each in told["cohorts"][:2]] == [1, 0]
    assert told["segment"] == {"plan": "free"}
    assert "plan=free: what they were when they first joined." in words


async def test_lifetimes_are_told(company: Config) -> None:
    words, told = await lifetime(company)

    assert "Half of the customers have left after 36 days (interval: 20 days or more)." in words
    assert "5 stays of 4 customers, of which 2 have ended." in words
    assert {name: told[name] for name in ("stays", "customers", "ended", "left_out")} == {
        "stays": 5,
        "customers": 4,
        "ended": 2,
        "left_out": 0,
    }
    assert told["longest"] == 618
    assert told["confidence"] == 0.95
    assert told["median"] == {"days": 36, "low": 20, "high": None}
    year = told["after_12_months"]
    assert (year["days"], year["share"]) == (366, 0.5)
    assert 0 < year["low"] < year["share"] < year["high"] < 1


async def test_what_cannot_be_told_of_a_lifetime_is_null(company: Config) -> None:
    _, told = await lifetime(company, segments=["plan=free"])

    assert told["median"]["days"] == 36
    assert told["after_12_months"] == {"days": 366, "share": 0.0, "low": None, "high": None}


async def test_the_past_is_told_as_it_was_known(company: Config, tmp_path: Path) -> None:
    (tmp_path / "customers.csv").write_text(
        CUSTOMERS.replace("1,Acme,2024-03-01,,pro", "1,Acme,2024-03-01,2024-04-05,pro")
    )
    async with offline(company, clock=Clock.beginning(at("2025-11-20T10:00"))) as reader:
        assert (await reader.pull("crm")).outcome is Outcome.BELIEVED

    async def kept_of_march(**also: str) -> list[int]:
        async with staying.asked(company, clock=later("2025-11-20T12:00"), **also) as each:
            found = await staying.cohorts(*each, Kind.MONTH, 2)
            told = staying.cohorts_as_json(found, each[1])
        kept: list[int] = told["cohorts"][2]["kept"]
        return kept

    assert await kept_of_march() == [1, 0, 0]
    assert await kept_of_march(as_known_at="2025-11-10") == [1, 1, 1]
    then, told = await lifetime(company, as_known_at="2025-11-09T23:00")
    assert told["ended"] == 2
    assert told["as_of"].startswith("2025-11-09")
    assert "As it was known on Sunday 9 Nov 2025, 23:00." in then


@pytest.mark.parametrize(
    ("source", "segments", "known", "error", "part"),
    [
        ("other", [], "", ConfigError, 'no source "other"'),
        ("", ["plan"], "", Misunderstood, "write it like plan=pro"),
        ("", ["plan=gold"], "", Misunderstood, "pro, free"),
        ("", [], "2025-11-01", Misunderstood, "had not been pulled yet"),
        ("", [], "2030-01-01", Misunderstood, "nobody knows yet"),
    ],
)
async def test_what_is_not_there_is_refused(
    company: Config,
    source: str,
    segments: Sequence[str],
    known: str,
    error: type[Exception],
    part: str,
) -> None:
    for asking in (cohorts, lifetime):
        with pytest.raises(error, match=part):
            await asking(company, source=source, segments=segments, as_known_at=known)


@pytest.fixture
async def billing(tmp_path: Path) -> Config:
    (tmp_path / "paid.csv").write_text(
        "customer,since,until,price,money\n"
        "1,2024-03-01,2024-04-15,100,EUR\n"
        "1,2024-04-15,,150,EUR\n"
        "2,2024-03-09,2024-05-20,100,EUR\n"
        "3,2024-05-02,,40,EUR\n"
    )
    (tmp_path / "config.yaml").write_text(
        "slack: {bot_token: xoxb-1, app_token: xapp-1}\n"
        f"store: {{url: 'sqlite:///{tmp_path}/keeprate.db'}}\n"
        "sources:\n"
        "  - {kind: csv, name: billing, path: paid.csv, evidence: stays, amount: price,\n"
        "     currency: money}\n"
    )
    return await pulled(load(tmp_path / "config.yaml", {}))


async def pulled(config: Config) -> Config:
    async with offline(config, clock=Clock.beginning(NOW)) as reader:
        assert (await reader.pull(config.truth.name)).outcome is Outcome.BELIEVED
    return config


def lines(path: Path) -> list[list[str]]:
    return list(csv.reader(path.read_text().splitlines()))


async def paid(config: Config) -> tuple[str, dict[str, Any], list[list[str]]]:
    path = Path(config.store.url.get_secret_value().removeprefix("sqlite:///") + ".csv")
    async with staying.asked(config, clock=later()) as (figures, about):
        found = await staying.cohorts(figures, about, Kind.MONTH, 2, revenue=True)
        staying.write_cohorts(path, found)
        told = json.loads(json.dumps(staying.cohorts_as_json(found, about)))
    return staying.cohorts_in_words(found, about), told, lines(path)


async def test_what_cohorts_pay_is_told_in_columns_to_programs_and_in_a_file(
    billing: Config,
) -> None:
    words, told, rows = await paid(billing)

    assert words.splitlines()[2:6] == [
        "Joined in  MRR EUR     1 mo    2 mo",
        "Mar 2024    200.00  125.0 %  75.0 %",
        "May 2024     40.00    100 %   100 %",
        "All 2       240.00  120.8 %  79.2 %",
    ]
    assert told["currency"] == "EUR"
    assert (told["cohorts"][0]["mrr"], told["cohorts"][0]["mrr_share"]) == (
        [200.0, 250.0, 150.0],
        [1.0, 1.25, 0.75],
    )
    assert rows[:3] == [
        ["first", "next", "customers", "months", "kept", "share", "mrr", "mrr_share"],
        ["2024-03-01", "2024-04-01", "2", "0", "2", "1.0", "200.0", "1.0"],
        ["2024-03-01", "2024-04-01", "2", "1", "2", "1.0", "250.0", "1.25"],
    ]


async def test_several_currencies_are_refused_with_their_names(
    billing: Config, tmp_path: Path
) -> None:
    (tmp_path / "paid.csv").write_text(
        "customer,since,until,price,money\n1,2024-03-01,,9,EUR\n2,2024-03-01,,9,USD\n"
    )
    await pulled(billing)

    with pytest.raises(RatesMissing, match="EUR and USD"):
        await paid(billing)


async def test_amounts_that_are_not_told_are_asked_for_in_vain(company: Config) -> None:
    with pytest.raises(Misunderstood, match="tells no amounts"):
        await paid(company)
