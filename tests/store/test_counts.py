"""Counts that sources tell and people record, with what they were before."""

import asyncio
from datetime import datetime

import pytest

from bot.domain.counting import CountOn
from bot.domain.pulls import Pull, PullState
from bot.store.counts import CountStore
from bot.store.database import Database
from bot.store.deeds import Deeds
from bot.store.pulls import Pulls
from tests.store.examples import NOON, TODAY, later


@pytest.fixture
def counts(database: Database) -> CountStore:
    return CountStore(database)


def numbers(counts: list[CountOn]) -> list[tuple[int, int, int | None, str]]:
    return [(each.day, each.customers, each.new, each.by) for each in counts]


async def believe(database: Database, *told: CountOn, now: datetime = NOON) -> Pull:
    pull = await Pulls(database).begin("file", "d", now)
    return await CountStore(database).believe(pull, told, today=TODAY, now=now)


async def test_at_first_nothing_is_counted(counts: CountStore) -> None:
    assert await counts.known("file") == []
    assert await counts.newest() == {}


async def test_what_a_source_tells_is_known_and_how_fresh(
    database: Database, counts: CountStore
) -> None:
    pull = await believe(database, CountOn(1, 150), CountOn(31, 200, 80))

    assert numbers(await counts.known("file")) == [(1, 150, None, ""), (31, 200, 80, "")]
    assert (pull.state, pull.records, pull.customers) == (PullState.BELIEVED, 2, 200)
    assert (await Pulls(database).freshness())["file"].believed == pull


async def test_a_correction_keeps_the_old_count(database: Database, counts: CountStore) -> None:
    await believe(database, CountOn(1, 150), CountOn(31, 200, 80))
    await believe(database, CountOn(1, 150), CountOn(31, 198, 80), now=later(days=1))

    now = await counts.known("file")
    assert numbers(now) == [(1, 150, None, ""), (31, 198, 80, "")]
    assert numbers(await counts.known("file", later(hours=1)))[1] == (31, 200, 80, "")
    assert {day: was.customers for day, was in (await counts.before("file", now)).items()} == {
        31: 200
    }


async def test_the_same_again_is_no_correction(database: Database, counts: CountStore) -> None:
    for day in range(3):
        await believe(database, CountOn(1, 150), now=later(days=day))

    [count] = await counts.known("file")
    assert count.known_from == NOON
    assert await counts.before("file", [count]) == {}


async def test_a_line_that_is_gone_is_known_no_more(database: Database, counts: CountStore) -> None:
    await believe(database, CountOn(1, 150), CountOn(2, 151))
    await believe(database, CountOn(1, 150), now=later(days=1))

    assert numbers(await counts.known("file")) == [(1, 150, None, "")]
    assert len(await counts.known("file", NOON)) == 2


async def test_what_a_person_recorded_stands_against_the_file(
    database: Database, counts: CountStore
) -> None:
    await believe(database, CountOn(1, 150), CountOn(31, 200, 80))

    was = await counts.record("file", CountOn(31, 199, 79, "U1"), later(hours=1))
    await believe(database, CountOn(1, 140), now=later(hours=2))

    assert was is not None
    assert was.customers == 200
    assert numbers(await counts.known("file")) == [(1, 140, None, ""), (31, 199, 79, "U1")]


async def test_who_recorded_what_stands_in_the_audit(
    database: Database, counts: CountStore
) -> None:
    assert await counts.record("counts", CountOn(20_000, 5, 1, "U1"), NOON) is None
    await counts.record("counts", CountOn(20_000, 5, 1, "U2"), later(hours=1))
    await counts.record("counts", CountOn(20_000, 6, None, "U2"), later(hours=2))

    deeds = [(deed.person, deed.what, deed.about) for deed in await Deeds(database).since(NOON)]
    assert deeds == [
        ("U1", "recorded a count", "counts: 2024-10-04, 5 customers, 1 new"),
        ("U2", "recorded a count", "counts: 2024-10-04, 6 customers"),
    ]


async def test_a_pull_that_was_overtaken_changes_nothing(
    database: Database, counts: CountStore
) -> None:
    slow = await Pulls(database).begin("file", "d", NOON)
    await believe(database, CountOn(1, 150))

    ended = await counts.believe(slow, [CountOn(1, 1)], today=TODAY, now=later(hours=1))

    assert ended.state is PullState.FAILED
    assert numbers(await counts.known("file")) == [(1, 150, None, "")]


async def test_sources_are_kept_apart(database: Database, counts: CountStore) -> None:
    await believe(database, CountOn(1, 150))
    await counts.record("recorded counts", CountOn(1, 7, None, "U1"), NOON)

    assert numbers(await counts.known("file")) == [(1, 150, None, "")]
    assert numbers(await counts.known("recorded counts")) == [(1, 7, None, "U1")]


async def test_two_who_record_at_once_leave_one_count(
    database: Database, replica: Database
) -> None:
    both = CountStore(database), CountStore(replica)

    await asyncio.gather(
        *(
            each.record("counts", CountOn(1, number, None, "U1"), NOON)
            for number, each in enumerate(both)
        )
    )

    assert len(await both[0].known("counts")) == 1
