"""A turn: once among replicas, and again when it was not done."""

import asyncio

import pytest

from bot.jobs import once
from bot.jobs.once import LEASE, Turn
from bot.store.database import Database
from bot.store.ledger import Ledger
from tests.fakes import FakeClock
from tests.store.examples import NOON


class Work:
    """Counts how often it is done, and ends as it is told."""

    def __init__(self, *ends: bool | Exception) -> None:
        self.ends = list(ends)
        self.times = 0

    async def __call__(self) -> bool:
        self.times += 1
        await asyncio.sleep(0)
        end = self.ends.pop(0) if self.ends else True
        if isinstance(end, Exception):
            raise end
        return end


@pytest.fixture
def clock() -> FakeClock:
    return FakeClock(NOON)


@pytest.fixture
def turns(database: Database, replica: Database, clock: FakeClock) -> tuple[Turn, Turn]:
    """Of two processes."""
    return Turn(Ledger(database), "one", clock), Turn(Ledger(replica), "two", clock)


async def test_what_was_done_is_not_done_again(turns: tuple[Turn, Turn]) -> None:
    work = Work()

    assert await turns[0].once("post", "C1", "monday", work)
    assert not await turns[0].once("post", "C1", "monday", work)
    assert not await turns[1].once("post", "C1", "monday", work)
    assert work.times == 1


async def test_another_place_or_period_is_another_thing(turns: tuple[Turn, Turn]) -> None:
    work = Work()
    for name in (("post", "C1", "1"), ("post", "C2", "1"), ("post", "C1", "2"), ("ask", "C1", "1")):
        assert await turns[0].once(*name, work)

    assert work.times == 4


async def test_of_many_at_the_same_moment_one_does_it(turns: tuple[Turn, Turn]) -> None:
    work = Work()
    ran = await asyncio.gather(
        *(turn.once("post", "C1", "monday", work) for _ in range(5) for turn in turns)
    )

    assert sum(ran) == 1
    assert work.times == 1


@pytest.mark.parametrize("end", [False, RuntimeError("boom")])
async def test_what_was_not_done_may_be_done_at_once_by_anybody(
    turns: tuple[Turn, Turn], end: bool | Exception
) -> None:
    work = Work(end)
    await asyncio.gather(turns[0].once("post", "C1", "monday", work), return_exceptions=True)

    assert await turns[1].once("post", "C1", "monday", work)
    assert work.times == 2


async def test_who_is_told_to_stop_gives_the_claim_back(turns: tuple[Turn, Turn]) -> None:
    begun = asyncio.Event()

    async def endless() -> bool:
        begun.set()
        await asyncio.Event().wait()
        return True

    task = asyncio.create_task(turns[0].once("pull", "crm", "1", endless))
    await begun.wait()
    assert not await turns[1].once("pull", "crm", "1", Work())
    task.cancel()
    await asyncio.gather(task, return_exceptions=True)

    assert await turns[1].once("pull", "crm", "1", Work())


async def test_a_claim_of_one_that_died_runs_out(
    turns: tuple[Turn, Turn], clock: FakeClock
) -> None:
    ledger = turns[0].ledger
    assert await ledger.claim("post", "C1", "1", holder="dead", now=clock(), lease=LEASE)

    assert not await turns[1].once("post", "C1", "1", Work())
    clock.now += LEASE
    assert await turns[1].once("post", "C1", "1", Work())


async def test_long_work_keeps_its_claim(
    turns: tuple[Turn, Turn], clock: FakeClock, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Longer than a lease: it is extended while it lasts."""
    monkeypatch.setattr(once, "_EXTEND_EVERY", 0.01)
    others: list[bool] = []

    async def long() -> bool:
        for _ in range(4):
            clock.now += LEASE / 2
            await asyncio.sleep(0.2)
            others.append(await turns[1].once("pull", "crm", "1", Work()))
        return True

    assert await turns[0].once("pull", "crm", "1", long)
    assert others == [False] * 4
