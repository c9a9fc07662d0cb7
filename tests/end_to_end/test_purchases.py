"""A shop's real purchases, from the file to what is said, against a count that shares nothing."""

import json
from collections import defaultdict
from datetime import date, timedelta
from pathlib import Path

import pytest

from bot.cli import staying
from bot.cli.counting import count_desk
from bot.config import Config, load
from bot.domain.period import Kind
from bot.jobs.pull import Outcome
from bot.listeners.crr import Desk
from bot.parts import Clock, Stores, offline, stores
from bot.store.figures import Figures
from tests.end_to_end.running import at

FILE = Path(__file__).parents[1] / "data" / "cdnow" / "CDNOW_sample.txt"
KEEPS = 90
NOW = at("1998-07-01T03:15")
LAST = date(1998, 6, 30)


def bought(by: date = LAST) -> dict[str, set[date]]:
    """On which days each customer bought."""
    days: dict[str, set[date]] = defaultdict(set)
    for line in FILE.read_text().splitlines():
        _, customer, day, _, _ = line.split()
        on = date(int(day[:4]), int(day[4:6]), int(day[6:]))
        if on <= by:
            days[customer].add(on)
    return days


def counted(days: dict[str, set[date]], soon: int | None, today: date) -> tuple[int, int, int]:
    """Customers, those who bought again, and those of whom it cannot be told yet."""
    told = again = too_recent = 0
    for own in days.values():
        first, *others = sorted(own)
        if soon is not None and first + timedelta(days=soon) > today:
            too_recent += 1
            continue
        told += 1
        again += any(soon is None or (day - first).days <= soon for day in others)
    return told, again, too_recent


@pytest.fixture(scope="module")
def shop(tmp_path_factory: pytest.TempPathFactory) -> Config:
    folder = tmp_path_factory.mktemp("shop")
    (folder / "config.yaml").write_text(
        "slack: {bot_token: xoxb-1, app_token: xapp-1}\n"
        f"definition: {{zone: America/New_York, purchase_keeps_days: {KEEPS}}}\n"
        f"store: {{url: 'sqlite:///{folder}/keeprate.db'}}\n"
        "sources:\n"
        f"  - {{kind: csv, name: shop, path: '{FILE}', header: false, separator: whitespace,\n"
        "     evidence: purchases, customer: 2, on: 3, dates: '%Y%m%d'}\n"
    )
    return load(folder / "config.yaml", {})


@pytest.fixture
async def pulled(shop: Config) -> Config:
    async with offline(shop, clock=Clock.beginning(NOW)) as reader:
        assert (await reader.pull("shop")).outcome is Outcome.BELIEVED
    return shop


async def lifetime(config: Config) -> tuple[str, dict[str, dict[str, float]]]:
    async with staying.asked(config, clock=Clock.beginning(NOW)) as (figures, about):
        found, again = await staying.lifetime(figures, about)
        told = json.loads(json.dumps(staying.lifetime_as_json(found, again, about)))
        return staying.lifetime_in_words(found, again, about), told["repeat_purchase"]


async def test_who_buys_again_is_told_as_a_count_of_the_file_has_it(pulled: Config) -> None:
    words, told = await lifetime(pulled)
    customers, again, _ = counted(bought(), None, date(1998, 7, 1))
    in_time, soon, too_recent = counted(bought(), KEEPS, date(1998, 7, 1))

    assert (customers, again) == (2357, 1139)
    assert f"Of {customers:,} customers who bought, {again:,} bought again on another day" in words
    assert f"Within 90 days of the first purchase it was {soon:,} of {in_time:,}" in words
    assert told["ever"] == {
        "customers": customers,
        "again": again,
        "rate": round(again / customers, 6),
        "too_recent": 0,
    }
    assert told["soon"] == {
        "days": KEEPS,
        "customers": in_time,
        "again": soon,
        "rate": round(soon / in_time, 6),
        "too_recent": too_recent,
    }


async def test_slack_is_told_the_same(pulled: Config) -> None:
    def desk(kept: Stores) -> Desk:
        definition = pulled.definition.definition()
        figures = Figures("shop", kept.customers, definition)
        counting = count_desk(pulled, kept, "counts", Clock.beginning(NOW))
        return Desk(figures, kept.pulls, kept.closings, lambda: NOW, counting)

    words, _ = await lifetime(pulled)
    async with stores(pulled) as kept:
        message, _ = await desk(kept).answer("lifetime", "U0LEAD")

    assert message.text == words


@pytest.mark.parametrize("by", [Kind.MONTH, Kind.QUARTER])
async def test_cohorts_are_those_of_the_file(pulled: Config, by: Kind) -> None:
    months = 1 if by is Kind.MONTH else 3
    cohorts: dict[date, list[set[date]]] = defaultdict(list)
    for days in bought().values():
        first = min(days)
        begins = first.replace(day=1, month=first.month - (first.month - 1) % months)
        cohorts[begins].append(days)

    async with staying.asked(pulled, clock=Clock.beginning(NOW)) as (figures, about):
        table = staying.cohorts_as_json(await staying.cohorts(figures, about, by, 12), about)

    found = {
        date.fromisoformat(each["first"]): each for each in table["cohorts"] if each["customers"]
    }
    assert set(found) == set(cohorts)
    for begins, members in cohorts.items():
        assert found[begins]["customers"] == len(members)
        for age in range(13):
            month = begins.month - 1 + months + age
            last = date(begins.year + month // 12, month % 12 + 1, 1) - timedelta(days=1)
            there = sum(
                any(day <= last < day + timedelta(days=KEEPS) for day in days) for days in members
            )
            assert found[begins]["kept"][age] == there
