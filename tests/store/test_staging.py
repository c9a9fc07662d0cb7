"""What pulls have read so far, and who goes on with it."""

import asyncio
from datetime import UTC, date, datetime, timedelta

import pytest

from bot.store.database import Database
from bot.store.pulls import Pulls
from bot.store.staging import GOES_ON, Reading, TakenOver
from integrations.records import DatedStay, Page, Record

NOW = datetime(2026, 11, 16, 12, tzinfo=UTC)


def stays(*numbers: int) -> list[Record]:
    return [DatedStay(f"c{n}", f"Company {n}", date(2025, 1, 1)) for n in numbers]


async def begun(pulls: Pulls) -> Reading:
    return await pulls.reading(await pulls.begin("crm", "a definition", NOW), NOW)


async def put_aside(pulls: Pulls) -> Reading:
    """With three records, and a mark after them."""
    reading = await begun(pulls)
    await reading.add(Page(stays(1, 2, 3), mark="3"), NOW)
    await reading.put_aside(NOW)
    return reading


async def everything(reading: Reading) -> list[str]:
    """The customers of all that was read, in the parts in which stays are made."""
    return [record.customer async for records, _ in reading.parts({}) for record in records]


async def test_only_one_goes_on_with_what_was_left(database: Database) -> None:
    pulls = Pulls(database)
    older = await put_aside(pulls)
    left = await pulls.unfinished("crm", "", NOW)
    assert left is not None
    quicker, slower = [await pulls.begin("crm", "a definition", NOW) for _ in range(2)]
    reading = await pulls.reading(quicker, NOW, left)
    with pytest.raises(TakenOver):
        await pulls.reading(slower, NOW, left)

    # Who was taken for dead notices it with the next page, and spoils nothing.
    await older.add(Page(stays(7, 8, 9), mark="9"), NOW)
    with pytest.raises(TakenOver):
        await older.settle()
    await reading.add(Page(stays(4)), NOW)
    await reading.finish(NOW)
    assert sorted(await everything(reading)) == ["c1", "c2", "c3", "c4"]


async def test_a_page_is_on_the_disk_before_its_mark_is_told(
    database: Database, replica: Database
) -> None:
    await put_aside(Pulls(database))
    pulls = Pulls(replica)
    left = await pulls.unfinished("crm", "", NOW)
    assert left is not None
    reading = await pulls.reading(await pulls.begin("crm", "a definition", NOW), NOW, left)

    assert (left.mark, reading.records) == ("3", 3)
    assert await everything(reading) == ["c1", "c2", "c3"]


async def test_all_pages_are_put_aside_that_came_while_one_was_written(database: Database) -> None:
    pulls = Pulls(database)
    reading = await begun(pulls)
    for n in range(1, 6):
        await reading.add(Page(stays(n), mark=str(n)), NOW)
        await asyncio.sleep(0)  # the first one begins to be written
    await reading.put_aside(NOW)
    left = await pulls.unfinished("crm", "", NOW)

    assert left is not None
    assert left.mark == "5"


@pytest.mark.parametrize(
    ("after", "goes_on"),
    [(timedelta(), True), (GOES_ON - timedelta(seconds=1), True), (GOES_ON, False)],
)
async def test_is_gone_on_with_for_some_hours(
    database: Database, after: timedelta, goes_on: bool
) -> None:
    pulls = Pulls(database)
    await put_aside(pulls)

    assert (await pulls.unfinished("crm", "", NOW + after) is not None) is goes_on
    assert await pulls.unfinished("crm", "other settings", NOW + after) is None
    assert await pulls.unfinished("shop", "", NOW + after) is None


async def test_what_belongs_to_one_customer_is_in_one_part(database: Database) -> None:
    pulls = Pulls(database, part=5)
    reading = await begun(pulls)
    members = [f"c{n}" for n in range(40)]
    for _ in range(2):
        await reading.add(Page(stays(*range(40))), NOW)
    await reading.finish(NOW)
    into = {member: f"c{n // 4}" for n, member in enumerate(members)}
    parts = [{record.customer for record in records} async for records, _ in reading.parts(into)]

    assert len(parts) > 1
    assert sorted(who for part in parts for who in part) == sorted(members)
    tops = [{into[who] for who in part} for part in parts]
    assert sum(map(len, tops)) == len(set().union(*tops))
