"""Which customers belong to one account: as pulls tell it, one after the other."""

from dataclasses import replace

from sqlalchemy import select

from bot.domain.stays import Known
from bot.store.customers import Customers
from bot.store.database import Database
from bot.store.schema import groups
from tests.store.examples import NOON, believe, everybody, known, later

TOP = replace(known("t", name="Acme Group"), group="t")
ONE = replace(known("a", name="Acme BV"), group="t")
TWO = replace(known("b", name="Acme NV"), group="t")
ALONE = known("c", name="Globex")


async def told(database: Database) -> dict[str, str]:
    """By the name of the customer, that of the account."""
    customers = Customers(database)
    found = await customers.groups("crm")
    if found is None:
        return {}
    names = await customers.names(found.customer.tolist())
    pairs = zip(found.customer.tolist(), found.group.tolist(), strict=True)
    return {names[who]: found.names[group] for who, group in pairs}


async def written(database: Database) -> int:
    return len(await database.read(lambda c: c.execute(select(groups.c.id)).all()))


async def test_where_nobody_belongs_to_anybody_there_is_none(database: Database) -> None:
    assert await Customers(database).groups("crm") is None
    await believe(database, ALONE)
    assert await Customers(database).groups("crm") is None


async def test_they_are_known_again_and_written_once(database: Database) -> None:
    everyone = (TOP, ONE, TWO, ALONE)
    for day in range(3):
        await believe(database, *everyone, now=later(days=day))

    assert await Customers(database).known("crm") == everybody(*everyone)
    assert await told(database) == {
        "Acme Group": "Acme Group",
        "Acme BV": "Acme Group",
        "Acme NV": "Acme Group",
    }
    assert await written(database) == 3


async def test_an_account_that_is_no_customer_has_its_id_for_a_name(database: Database) -> None:
    await believe(database, ONE, TWO)

    assert await told(database) == {"Acme BV": "t", "Acme NV": "t"}


async def test_who_moves_or_goes_its_own_way_is_known_to(database: Database) -> None:
    await believe(database, TOP, ONE, TWO, ALONE)
    customers = Customers(database)
    before = await customers.groups("crm")
    alone: Known = replace(TWO, group="")
    await believe(database, TOP, replace(ONE, group="g"), alone, ALONE, now=later(days=1))

    assert before is not None
    assert await told(database) == {"Acme Group": "Acme Group", "Acme BV": "g"}
    after = await customers.groups("crm")
    assert after is not None
    assert len(after.customer) == 2


async def test_who_is_in_the_pull_no_more_stays_in_its_account(database: Database) -> None:
    await believe(database, TOP, ONE, TWO)
    await believe(database, TOP, ONE, now=later(days=1))

    assert len(await told(database)) == 3


async def test_those_of_another_source_are_not_among_them(database: Database) -> None:
    await believe(database, TOP, ONE, source="billing", now=NOON)
    await believe(database, ALONE)

    assert await told(database) == {}
