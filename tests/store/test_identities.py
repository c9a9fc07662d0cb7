"""What finds customers in other sources: kept with care, and as it was known."""

from dataclasses import replace
from pathlib import Path

import pytest
from sqlalchemy import select

from bot.domain.matching import By, Enriching
from bot.domain.pulls import PullState
from bot.store.customers import Customers
from bot.store.database import Database
from bot.store.merges import Merges
from bot.store.pulls import Pulls
from bot.store.schema import identities
from tests.store.examples import NOON, TODAY, believe, everybody, known, later

BY_DOMAIN = {"crm": (Enriching("billing", By.DOMAIN),)}
BY_ID = {"crm": (Enriching("billing", By.ID),)}
ACME = replace(known("1", name="Acme"), keys=("domain:acme.com",))
HOOLI = replace(known("2", name="Hooli"), keys=("domain:hooli.com",))
PAYS = replace(known("b1", plan="pro"), keys=("domain:acme.com",))


async def written(database: Database) -> int:
    return len(await database.read(lambda c: c.execute(select(identities.c.id)).all()))


async def plans(customers: Customers, **asked: object) -> dict[str, str]:
    columns = await customers.columns("crm", **asked)  # type: ignore[arg-type]
    dimension = columns.dimensions.get("plan")
    if dimension is None:
        return {}
    names = await customers.names(dimension.customer.tolist())
    return {
        names[who]: dimension.labels[label]
        for who, label in zip(dimension.customer.tolist(), dimension.label.tolist(), strict=True)
    }


async def test_keys_are_known_again_and_written_once(database: Database) -> None:
    for day in range(3):
        await believe(database, ACME, HOOLI, known("3"), now=later(days=day))

    assert await Customers(database).known("crm") == everybody(ACME, HOOLI, known("3"))
    assert await written(database) == 2


async def test_keys_that_changed_find_nobody_any_more(database: Database) -> None:
    await believe(database, ACME)
    await believe(database, PAYS, source="billing")
    customers = Customers(database, enriching=BY_DOMAIN)
    assert await plans(customers) == {"Acme": "pro"}

    await believe(database, replace(ACME, keys=("domain:acme.nl",)), now=later(days=1))

    assert await plans(customers) == {}
    assert await plans(customers, as_known_at=later(hours=1)) == {"Acme": "pro"}


async def test_without_keys_nothing_is_written(database: Database) -> None:
    await believe(database, known("1"), known("2"))

    assert await written(database) == 0


async def test_a_held_pull_keeps_its_keys(database: Database) -> None:
    pulls = Pulls(database)
    begun = await pulls.begin("crm", "d", NOON)
    held = await pulls.hold(
        begun, everybody(ACME), today=TODAY, known_from=None, sentence="?", now=NOON
    )
    assert (await pulls.accept(held, NOON)).state is PullState.BELIEVED

    assert (await Customers(database).known("crm"))["1"].keys == ACME.keys


async def test_what_another_source_says_stands_in_the_columns_on_disk_too(
    database: Database, tmp_path: Path
) -> None:
    await believe(database, ACME)
    folder = tmp_path / "columns"

    def opened() -> Customers:
        return Customers(database, folder=folder, enriching=BY_DOMAIN)

    assert await plans(opened()) == {}
    await believe(database, PAYS, source="billing", now=later(hours=1))
    assert await plans(opened()) == {"Acme": "pro"}
    assert await plans(opened()) == {"Acme": "pro"}
    await believe(
        database, replace(PAYS, fields={"plan": "free"}), source="billing", now=later(hours=2)
    )
    assert (await plans(opened()))["Acme"] == "free"
    assert await plans(Customers(database, folder=folder, enriching=BY_ID)) == {}


async def test_a_merged_customer_has_what_either_record_is_found_by(database: Database) -> None:
    await believe(database, ACME, HOOLI)
    await believe(database, PAYS, source="billing")
    await Merges(database).merge("crm", "1", "2", by="U1", now=NOON)

    assert await plans(Customers(database, enriching=BY_DOMAIN)) == {"Hooli": "pro"}


async def test_the_report_says_who_is_a_customer_today(database: Database) -> None:
    gone = replace(known("b2", (0, 50)), keys=("domain:hooli.com",))
    await believe(database, ACME, HOOLI)
    await believe(database, PAYS, gone, known("b3"), source="billing")
    customers = Customers(database, enriching=BY_DOMAIN)

    [report] = await customers.reports("crm")

    ids = await customers.ids([*report.matched.pairs, *report.today])
    assert {ids[other]: first for other, first in report.matched.pairs.items()} == {
        "b1": 1,
        "b2": 2,
    }
    assert sorted(ids[number] for number in report.today) == ["1", "2", "b1", "b3"]


@pytest.mark.parametrize("enriching", [{}, BY_DOMAIN])
async def test_a_source_that_was_never_pulled_says_nothing(
    database: Database, enriching: dict[str, tuple[Enriching, ...]]
) -> None:
    customers = Customers(database, enriching=enriching)
    assert await customers.reports("crm") == []

    await believe(database, ACME)

    assert await customers.reports("crm") == []
    assert len(await customers.columns("crm")) == 1
