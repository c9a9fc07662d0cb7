"""What people did is kept in order, and told by moment and person."""

import pytest
from sqlalchemy import Connection

from bot.domain.audit import Deed
from bot.store.database import Database
from bot.store.deeds import Deeds, put
from tests.store.examples import NOON, later

FIRST = Deed(NOON, "U0LEAD", "held pull believed", "crm, pull 7")
SECOND = Deed(later(hours=1), "terminal:root", "customers exported")


@pytest.fixture
def deeds(database: Database) -> Deeds:
    return Deeds(database)


async def test_nobody_did_anything_at_first(deeds: Deeds) -> None:
    assert await deeds.since(NOON) == []


async def test_deeds_are_told_as_they_were_in_their_order(deeds: Deeds) -> None:
    await deeds.put(FIRST)
    await deeds.put(SECOND)

    assert await deeds.since(NOON) == [FIRST, SECOND]


async def test_what_came_before_the_moment_is_left_out(deeds: Deeds) -> None:
    await deeds.put(FIRST)
    await deeds.put(SECOND)

    assert await deeds.since(later(milliseconds=1)) == [SECOND]


async def test_one_person_can_be_asked_for(deeds: Deeds) -> None:
    await deeds.put(FIRST)
    await deeds.put(SECOND)

    assert await deeds.since(NOON, person="U0LEAD") == [FIRST]


async def test_a_deed_that_was_not_done_is_not_told(database: Database) -> None:
    def fail(connection: Connection) -> None:
        put(connection, FIRST)
        raise LookupError

    with pytest.raises(LookupError):
        await database.write(fail)

    assert await Deeds(database).since(NOON) == []
