import asyncio

import pytest

from bot.sandbox.clock import SandboxClock
from bot.sandbox.journal import Journal


@pytest.fixture
def journal() -> Journal:
    return Journal(SandboxClock(), keep=3)


async def test_it_forgets_the_oldest_and_keeps_counting(journal: Journal) -> None:
    for n in range(5):
        journal.add("n", n=n)

    assert [entry.number for entry in journal.since()] == [3, 4, 5]
    assert [entry.data["n"] for entry in journal.since(4)] == [4]
    assert journal.since(5) == []
    assert journal.last == 5


async def test_it_finds_what_is_already_there(journal: Journal) -> None:
    journal.add("a")
    journal.add("b")

    assert (await journal.wait_for(lambda entry: entry.kind == "a", timeout=0)).number == 1


async def test_it_waits_for_what_is_to_come(journal: Journal) -> None:
    journal.add("a")
    waiting = asyncio.create_task(
        journal.wait_for(lambda entry: entry.kind == "a", since=journal.last)
    )
    await asyncio.sleep(0)
    journal.add("b")
    journal.add("a")
    journal.add("a")

    assert (await waiting).number == 3


async def test_it_stops_waiting(journal: Journal) -> None:
    with pytest.raises(TimeoutError):
        await journal.wait_for(lambda entry: False, timeout=0.01)

    journal.add("after")


async def test_followers_get_everything_in_order(journal: Journal) -> None:
    seen: list[int] = []

    async def follow() -> None:
        async for batch in journal.follow(1):
            seen.extend(entry.number for entry in batch)
            if seen[-1] == 4:
                return

    journal.add("a")
    journal.add("b")
    following = asyncio.create_task(follow())
    await asyncio.sleep(0)
    journal.add("c")
    journal.add("d")
    await asyncio.wait_for(following, 1)

    assert seen == [2, 3, 4]
