"""What was said of merged records: by whom, since when, taken back, and as it was known."""

from dataclasses import replace

import pytest
from sqlalchemy import Connection, insert

from bot.domain.merges import Merged
from bot.domain.pulls import PullState
from bot.errors import Misunderstood
from bot.store.customers import Customers
from bot.store.database import Database
from bot.store.merges import Merges
from bot.store.pulls import Pulls
from bot.store.schema import merges as merges_table
from tests.store.examples import NOON, TODAY, believe, everybody, known, later

ACME = known("1", (0, 50), name="Acme Inc", plan="basic")
GLOBEX = known("2", (40, None), name="Acme", plan="pro")
HOOLI = known("3", (0, None), name="Hooli")


@pytest.fixture
def merges(database: Database) -> Merges:
    return Merges(database)


async def stays(database: Database, **asked: object) -> list[tuple[str, int]]:
    """Name and first day of each stay."""
    customers = Customers(database)
    columns = await customers.columns("crm", **asked)  # type: ignore[arg-type]
    names = await customers.names(columns.customer.tolist())
    return [
        (names[who], since)
        for who, since in zip(columns.customer.tolist(), columns.since.tolist(), strict=True)
    ]


def told(merges: list[Merged]) -> list[tuple[str, str, str]]:
    return [(each.old_id, each.new, each.of.by) for each in merges]


async def test_figures_see_one_customer_from_then_on_and_two_before(
    database: Database, merges: Merges
) -> None:
    await believe(database, ACME, GLOBEX, HOOLI)

    await merges.merge("crm", "1", "Acme", by="U1", now=later(hours=2))

    assert await stays(database) == [("Acme", 0), ("Hooli", 0)]
    assert len(await stays(database, as_known_at=later(hours=1))) == 3
    assert told(await merges.known("crm")) == [("1", "Acme", "U1")]
    assert await merges.known("crm", by=later(hours=1)) == []


async def test_taken_back_it_is_as_if_it_had_not_been_and_is_known_to_have_been(
    database: Database, merges: Merges
) -> None:
    await believe(database, ACME, GLOBEX)
    await merges.merge("crm", "1", "2", by="U1", now=later(hours=2))

    was = await merges.undo("crm", "Acme Inc", by="U2", now=later(hours=4))

    assert (was.old, was.new) == ("Acme Inc", "Acme")
    assert len(await stays(database)) == 2
    assert len(await stays(database, as_known_at=later(hours=3))) == 1
    assert await merges.known("crm") == []


async def test_a_pull_brings_merges_when_it_is_believed(database: Database, merges: Merges) -> None:
    await believe(database, ACME, GLOBEX)
    pull = await believe(
        database, ACME, replace(GLOBEX, was=("1", "never known")), now=later(days=1)
    )

    assert await stays(database) == [("Acme", 0)]
    assert len(await stays(database, as_known_at=NOON)) == 2
    [merge] = await merges.known("crm")
    assert (merge.of.pull, merge.of.stays) == (pull.id, ((0, 50),))


async def test_the_same_is_written_once(database: Database, merges: Merges) -> None:
    for day in range(3):
        pull = await believe(database, ACME, replace(GLOBEX, was=("1",)), now=later(days=day))

    [merge] = await merges.known("crm")
    assert merge.of.pull == pull.id - 2


async def test_a_held_pull_keeps_its_merges_until_somebody_believes_it(
    database: Database, merges: Merges
) -> None:
    await believe(database, ACME, GLOBEX)
    pulls = Pulls(database)
    begun = await pulls.begin("crm", "d", NOON)
    seen = everybody(ACME, replace(GLOBEX, was=("1",)))
    held = await pulls.hold(begun, seen, today=TODAY, known_from=None, sentence="?", now=NOON)
    assert await merges.known("crm") == []

    accepted = await pulls.accept(held, later(hours=1))

    assert accepted.state is PullState.BELIEVED
    assert told(await merges.known("crm")) == [("1", "Acme", "")]


async def test_what_a_person_said_holds_against_later_pulls(
    database: Database, merges: Merges
) -> None:
    await believe(database, ACME, replace(GLOBEX, was=("1",)), HOOLI)
    await merges.undo("crm", "1", by="U1", now=later(hours=1))

    await believe(database, ACME, replace(GLOBEX, was=("1",)), HOOLI, now=later(days=1))
    assert await merges.known("crm") == []

    await merges.merge("crm", "1", "3", by="U1", now=later(days=2))
    await believe(database, ACME, replace(GLOBEX, was=("1",)), HOOLI, now=later(days=3))
    assert told(await merges.known("crm")) == [("1", "Hooli", "U1")]


async def test_a_word_of_a_person_counts_more_than_that_of_a_pull_which_came_at_the_same_time(
    database: Database, merges: Merges
) -> None:
    pull = await believe(database, ACME, GLOBEX, HOOLI)
    await merges.merge("crm", "1", "3", by="U1", now=NOON)
    customers = {each.id: each.number for each in await Customers(database).find("crm", "")}

    def written_late(connection: Connection) -> None:
        row = {"customer": customers["1"], "belongs_to": customers["2"], "known_from": pull.id}
        connection.execute(insert(merges_table).values(source="crm", said_at=0, **row))

    await database.write(written_late)

    assert told(await merges.known("crm")) == [("1", "Hooli", "U1")]


async def test_chains_are_followed(database: Database, merges: Merges) -> None:
    await believe(database, ACME, GLOBEX, HOOLI)
    await merges.merge("crm", "2", "3", by="", now=NOON)
    await merges.merge("crm", "1", "2", by="", now=NOON)

    assert await stays(database) == [("Hooli", 0)]
    assert told(await merges.known("crm")) == [("1", "Hooli", ""), ("2", "Hooli", "")]


@pytest.mark.parametrize(
    ("old", "new", "sentence"),
    [
        ("1", "1", "are one record already"),
        ("1", "Acme Inc", "are one record already"),
        ("Acmee", "2", r'crm knows no customer "Acmee", by id or name\. Near it: Acme'),
        ("1", "4", 'crm knows no customer "4"'),
        ("2", "3", 'belongs to "Hooli" already'),
        ("3", "2", r"First undo that: keeprate merge --undo 2"),
    ],
)
async def test_what_can_not_be_said_is_refused(
    database: Database, merges: Merges, old: str, new: str, sentence: str
) -> None:
    await believe(database, ACME, GLOBEX, HOOLI)
    await merges.merge("crm", "2", "3", by="", now=NOON)

    with pytest.raises(Misunderstood, match=sentence):
        await merges.merge("crm", old, new, by="", now=NOON)

    assert told(await merges.known("crm")) == [("2", "Hooli", "")]


async def test_a_name_that_two_have_is_not_guessed_at(database: Database, merges: Merges) -> None:
    await believe(database, known("1", name="Acme"), known("2", name="acme"), HOOLI)

    with pytest.raises(Misunderstood, match=r'2 records are called "Acme": .* of 1, 2\.'):
        await merges.merge("crm", "Acme", "3", by="", now=NOON)


async def test_what_was_never_merged_can_not_be_taken_back(
    database: Database, merges: Merges
) -> None:
    await believe(database, ACME, GLOBEX, HOOLI)
    with pytest.raises(Misunderstood, match=r'"1" belongs to no other customer\. None does\.'):
        await merges.undo("crm", "1", by="", now=NOON)
    await merges.merge("crm", "1", "2", by="", now=NOON)

    with pytest.raises(Misunderstood, match=r"These do: 1\."):
        await merges.undo("crm", "2", by="", now=NOON)


async def test_sources_are_kept_apart(database: Database, merges: Merges) -> None:
    await believe(database, ACME, GLOBEX)
    await believe(database, ACME, GLOBEX, source="billing")

    await merges.merge("billing", "1", "2", by="", now=NOON)

    assert await merges.known("crm") == []
    assert len(await stays(database)) == 2


async def test_columns_on_disk_follow_what_people_say(
    database: Database, merges: Merges, tmp_path: object
) -> None:
    await believe(database, ACME, GLOBEX)
    first = Customers(database)
    assert len(await first.columns("crm")) == 2
    await merges.merge("crm", "1", "2", by="", now=later(hours=1))

    assert len(await Customers(database).columns("crm")) == 1
    assert len(await first.columns("crm")) == 1
    await merges.undo("crm", "1", by="", now=later(hours=2))
    assert len(await Customers(database).columns("crm")) == 2
