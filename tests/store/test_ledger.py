"""What happens once, whoever tries and how often."""

import asyncio
from datetime import datetime, timedelta

import pytest
from sqlalchemy import Connection

from bot.store.database import Database
from bot.store.ledger import Ledger, finish
from tests.store.examples import NOON, later

LEASE = timedelta(minutes=5)
MONDAY = ("weekly", "C1", "2026-11-16")


@pytest.fixture
def ledger(database: Database) -> Ledger:
    return Ledger(database)


async def claim(ledger: Ledger, holder: str = "one", now: datetime = NOON) -> bool:
    return await ledger.claim(*MONDAY, holder=holder, now=now, lease=LEASE)


async def test_the_first_to_claim_gets_it(ledger: Ledger) -> None:
    assert await claim(ledger, "one")
    assert not await claim(ledger, "two")


async def test_a_holder_does_not_get_twice_what_it_has(ledger: Ledger) -> None:
    assert await claim(ledger)
    assert not await claim(ledger)


@pytest.mark.parametrize(
    "other",
    [("monthly", "C1", "2026-11-16"), ("weekly", "C2", "2026-11-16"), ("weekly", "C1", "2026")],
    ids=["what", "where", "period"],
)
async def test_another_happening_is_claimed_by_itself(
    ledger: Ledger, other: tuple[str, str, str]
) -> None:
    await claim(ledger)

    assert await ledger.claim(*other, holder="one", now=NOON, lease=LEASE)


async def test_of_many_that_race_one_wins(database: Database, replica: Database) -> None:
    ledgers = [Ledger(database), Ledger(replica)]

    for week in range(10):
        won = await asyncio.gather(
            *(
                ledgers[n % 2].claim(
                    "weekly", "C1", f"{week}", holder=f"{n}", now=NOON, lease=LEASE
                )
                for n in range(16)
            )
        )

        assert sum(won) == 1


async def test_a_lease_that_ran_out_makes_room_for_one(ledger: Ledger) -> None:
    await claim(ledger, "dead")

    assert not await claim(ledger, "two", later(minutes=4, seconds=59))
    assert await claim(ledger, "two", later(minutes=5))
    assert not await claim(ledger, "three", later(minutes=5))


async def test_what_is_done_is_never_claimed_again(ledger: Ledger) -> None:
    await claim(ledger)
    assert not await ledger.done(*MONDAY)

    await ledger.finish(*MONDAY, later(minutes=1))

    assert await ledger.done(*MONDAY)
    assert not await claim(ledger, "two", later(days=400))


async def test_what_was_never_claimed_is_not_done(ledger: Ledger) -> None:
    assert not await ledger.done(*MONDAY)


async def test_what_is_released_is_free_at_once(ledger: Ledger) -> None:
    await claim(ledger)
    await ledger.release(*MONDAY, holder="one")

    assert await claim(ledger, "two")


async def test_only_its_holder_releases_it(ledger: Ledger) -> None:
    await claim(ledger)
    await ledger.release(*MONDAY, holder="two")

    assert not await claim(ledger, "two")


async def test_releasing_does_not_undo_what_is_done(ledger: Ledger) -> None:
    await claim(ledger)
    await ledger.finish(*MONDAY, NOON)
    await ledger.release(*MONDAY, holder="one")

    assert await ledger.done(*MONDAY)
    assert not await claim(ledger, "two", later(days=1))


async def test_what_takes_long_keeps_its_lease(ledger: Ledger) -> None:
    await claim(ledger)

    assert await ledger.extend(*MONDAY, holder="one", now=later(minutes=4), lease=LEASE)
    assert not await claim(ledger, "two", later(minutes=8))
    assert await claim(ledger, "two", later(minutes=9))


async def test_who_lost_its_lease_learns_it(ledger: Ledger) -> None:
    await claim(ledger)
    await claim(ledger, "two", later(minutes=6))

    assert not await ledger.extend(*MONDAY, holder="one", now=later(minutes=6), lease=LEASE)


async def test_a_happening_is_done_in_the_transaction_that_does_it(database: Database) -> None:
    ledger = Ledger(database)
    await claim(ledger)

    def act_and_fail(connection: Connection) -> None:
        finish(connection, *MONDAY, NOON)
        raise ZeroDivisionError

    with pytest.raises(ZeroDivisionError):
        await database.write(act_and_fail)

    assert not await ledger.done(*MONDAY)


async def test_what_was_done_long_ago_is_forgotten_and_nothing_else(ledger: Ledger) -> None:
    await ledger.finish("weekly", "C1", "2026-11-09", NOON)
    await ledger.finish("weekly", "C1", "2026-11-16", later(days=7))
    await ledger.claim("pull", "shop", "2026-11-09", holder="one", now=NOON, lease=LEASE)

    assert await ledger.forget(later(days=7)) == 1

    assert not await ledger.done("weekly", "C1", "2026-11-09")
    assert await ledger.done("weekly", "C1", "2026-11-16")
    assert await ledger.extend(
        "pull", "shop", "2026-11-09", holder="one", now=later(minutes=1), lease=LEASE
    )
