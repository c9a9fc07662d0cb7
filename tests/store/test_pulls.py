"""Pulls: from their beginning to believed, held, failed or discarded."""

import asyncio
from collections.abc import Sequence
from dataclasses import replace

import pytest
from sqlalchemy import func, select

from bot.domain.pulls import Freshness, Pull, PullState
from bot.domain.stays import Known
from bot.store.customers import Customers
from bot.store.database import Database
from bot.store.pulls import Pulls
from bot.store.schema import held
from tests.store.examples import NOON, TODAY, believe, everybody, known, later


@pytest.fixture
def pulls(database: Database) -> Pulls:
    return Pulls(database)


async def hold(
    pulls: Pulls, customers: Sequence[Known] = (known("a"),), source: str = "crm"
) -> Pull:
    return await pulls.hold(
        await pulls.begin(source, "d41d8cd98f00", NOON),
        everybody(*customers),
        today=TODAY,
        known_from=TODAY - 9,
        sentence="700 of 800 customers are gone.",
        now=later(minutes=1),
        records=1,
        vanished=700,
    )


async def parts_kept(database: Database) -> int | None:
    return await database.read(lambda c: c.scalar(select(func.count()).select_from(held)))


async def test_a_source_that_was_never_pulled_has_none(pulls: Pulls) -> None:
    assert await pulls.newest("crm") is None
    assert await pulls.newest_believed("crm") is None
    assert await pulls.held("crm") is None
    assert await pulls.freshness() == {}


async def test_a_pull_begins_running(pulls: Pulls) -> None:
    pull = await pulls.begin("crm", "d41d8cd98f00", NOON)

    assert pull == Pull(id=pull.id, source="crm", definition="d41d8cd98f00", started_at=NOON)
    assert await pulls.newest("crm") == pull
    assert await pulls.newest("shop") is None


async def test_a_pull_that_fails_says_why_and_changes_nothing(
    pulls: Pulls, database: Database
) -> None:
    believed = await believe(database, known("a"))
    pull = await pulls.begin("crm", "d41d8cd98f00", NOON)

    failed = await pulls.fail(pull, "crm: 503 after 10 pages", later(minutes=1))

    assert failed == replace(
        pull,
        state=PullState.FAILED,
        sentence="crm: 503 after 10 pages",
        finished_at=later(minutes=1),
    )
    assert await pulls.newest("crm") == failed
    assert await pulls.newest_believed("crm") == believed


async def test_what_is_believed_cannot_fail_any_more(pulls: Pulls, database: Database) -> None:
    believed = await believe(database, known("a"))

    assert await pulls.fail(believed, "late", later(days=1)) == believed


async def test_a_held_pull_is_not_believed_and_says_why(pulls: Pulls, database: Database) -> None:
    before = await believe(database, known("a"), known("b"))

    waiting = await hold(pulls)

    assert waiting.state is PullState.HELD
    assert waiting.sentence == "700 of 800 customers are gone."
    assert (waiting.records, waiting.customers, waiting.vanished) == (1, 1, 700)
    assert await pulls.held("crm") == waiting
    assert await pulls.newest_believed("crm") == before
    assert set(await Customers(database).known("crm")) == {"a", "b"}


async def test_an_accepted_pull_is_believed_as_if_it_never_waited(
    pulls: Pulls, database: Database
) -> None:
    await believe(database, known("a"), known("b"))
    evidence = [known("a", (1, 5), (9, None), name="Å\0 & Söhne", plan="pro"), known("c")]
    waiting = await hold(pulls, evidence)

    accepted = await pulls.accept(waiting, later(hours=1))

    assert accepted == replace(
        waiting, state=PullState.BELIEVED, finished_at=later(hours=1), customers=2
    )
    assert await Customers(database).known("crm") == everybody(
        replace(evidence[0], name="Å & Söhne"), evidence[1]
    )
    assert await pulls.held("crm") is None
    assert await parts_kept(database) == 0


async def test_the_evidence_of_many_customers_is_kept_whole(
    pulls: Pulls, database: Database, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("bot.store.held.PART", 7)
    evidence = [known(f"{n:03}") for n in range(50)]

    waiting = await hold(pulls, evidence)

    assert await parts_kept(database) == 8
    await pulls.accept(waiting, later(hours=1))
    assert await Customers(database).known("crm") == everybody(*evidence)


async def test_a_pull_is_accepted_once_by_two_people(
    pulls: Pulls, database: Database, replica: Database
) -> None:
    waiting = await hold(pulls, [known(f"{n}") for n in range(100)])

    await asyncio.gather(
        *(each.accept(waiting, later(hours=1)) for each in (pulls, Pulls(replica)))
    )

    assert (await pulls.get(waiting.id)).state is PullState.BELIEVED
    assert len(await Customers(database).columns("crm")) == 100


async def test_a_discarded_pull_leaves_no_evidence(pulls: Pulls, database: Database) -> None:
    waiting = await hold(pulls)

    discarded = await pulls.discard(waiting, later(hours=1))

    assert discarded.state is PullState.DISCARDED
    assert await parts_kept(database) == 0
    assert await pulls.held("crm") is None
    assert await pulls.accept(waiting, later(hours=2)) == discarded


async def test_what_is_not_held_is_not_discarded(pulls: Pulls, database: Database) -> None:
    believed = await believe(database, known("a"))

    assert await pulls.discard(believed, later(hours=1)) == believed


async def test_a_newer_held_pull_takes_the_place_of_the_older(
    pulls: Pulls, database: Database
) -> None:
    elsewhere = await hold(pulls, source="shop")
    older = await hold(pulls)
    newer = await hold(pulls)

    assert await pulls.held("crm") == newer
    assert (await pulls.get(older.id)).state is PullState.DISCARDED
    assert await pulls.held("shop") == elsewhere
    assert await parts_kept(database) == 2


async def test_a_newer_believed_pull_discards_what_is_held(
    pulls: Pulls, database: Database
) -> None:
    waiting = await hold(pulls)

    await believe(database, known("b"))
    accepted = await pulls.accept(waiting, later(hours=1))

    assert accepted.state is PullState.DISCARDED
    assert set(await Customers(database).known("crm")) == {"b"}
    assert await parts_kept(database) == 0


async def test_a_pull_whose_process_died_does_not_block_the_next(
    pulls: Pulls, database: Database
) -> None:
    dead = await pulls.begin("crm", "d41d8cd98f00", NOON)
    elsewhere = await pulls.begin("shop", "d41d8cd98f00", NOON)

    believed = await believe(database, known("a"))

    assert believed.state is PullState.BELIEVED
    assert (await pulls.get(dead.id)).state is PullState.FAILED
    assert (await pulls.get(elsewhere.id)).state is PullState.RUNNING


async def test_freshness_tells_what_is_believed_and_what_is_wrong(
    pulls: Pulls, database: Database
) -> None:
    believed = await believe(database, known("a"))
    failed = await pulls.fail(await pulls.begin("crm", "d41d8cd98f00", NOON), "token expired", NOON)
    await believe(database, known("a"), source="shop")
    shop = await believe(database, known("b"), source="shop")
    new = await pulls.begin("new", "d41d8cd98f00", NOON)

    assert await pulls.freshness() == {
        "crm": Freshness("crm", newest=failed, believed=believed, full=believed),
        "shop": Freshness("shop", newest=shop, believed=shop, full=shop),
        "new": Freshness("new", newest=new, believed=None),
    }


async def test_missing_from_a_held_pull_is_who_would_be_a_customer_no_more(
    pulls: Pulls, database: Database
) -> None:
    """Not who had left before, is of another source, or was merged into somebody in it; but who
    is in it with an end, and whose record is still listed beside the one that names it."""
    stays, ended = (100, None), (100, TODAY)
    await believe(
        database,
        *(known(id, stays) for id in ("there", "away", "ends", "old", "double")),
        known("left", (100, TODAY - 5)),
    )
    await believe(database, known("other"), source="shop")
    there = replace(known("there", stays), was=("old", "double"))
    pull = await hold(
        pulls, [there, known("ends", ended), known("new", stays), known("double", ended)]
    )

    names = await Customers(database).names(await Customers(database).missing_from(pull))

    assert sorted(names.values()) == ["Away", "Double", "Ends"]


async def test_nobody_is_missing_from_what_is_held_at_first(
    pulls: Pulls, database: Database
) -> None:
    assert await Customers(database).missing_from(await hold(pulls)) == []
