"""Who was named in Slack, and what is written down of it."""

from datetime import UTC, datetime

import pytest

from bot.domain.roles import Named
from bot.store.database import Database
from bot.store.named import NamedInSlack
from tests.store.examples import deeds

NOW = datetime(2026, 11, 2, 10, tzinfo=UTC)
LEA = Named(viewers=frozenset({"U1"}))
BOTH = Named(viewers=frozenset({"U1", "U2"}), channels=frozenset({"C1"}))


@pytest.fixture
def named(database: Database) -> NamedInSlack:
    return NamedInSlack(database)


async def test_the_newest_names_hold_and_each_change_is_written_down(
    named: NamedInSlack, database: Database
) -> None:
    assert await named.all() == Named()
    await named.put(LEA, shown=Named(), by="U0A", at=NOW)
    await named.put(BOTH, shown=LEA, by="U0B", at=NOW)

    assert await named.all() == BOTH
    assert await deeds(database) == [
        ("U0A", "people named", "viewers +U1"),
        ("U0B", "people named", "viewers +U2, channels +C1"),
    ]


async def test_who_names_the_same_again_has_changed_nothing(
    named: NamedInSlack, database: Database
) -> None:
    await named.put(LEA, shown=Named(), by="U0A", at=NOW)
    await named.put(LEA, shown=Named(), by="U0B", at=NOW)

    assert len(await deeds(database)) == 1


async def test_what_another_has_named_meanwhile_stays(named: NamedInSlack) -> None:
    await named.put(BOTH, shown=Named(), by="U0A", at=NOW)
    await named.put(LEA, shown=BOTH, by="U0A", at=NOW)
    await named.put(Named(operators=frozenset({"U3"})), shown=BOTH, by="U0B", at=NOW)

    assert await named.all() == Named(operators=frozenset({"U3"}))


async def test_nobody_is_named_whose_deed_cannot_be_written_down(
    named: NamedInSlack, database: Database
) -> None:
    with pytest.raises(AttributeError):
        await named.put(LEA, shown=Named(), by="U0A", at=None)  # type: ignore[arg-type]  # it has no time

    assert await named.all() == Named()


async def test_a_channel_is_followed_and_others_stay(named: NamedInSlack) -> None:
    await named.put(BOTH, shown=Named(), by="U0A", at=NOW)
    await named.follow("C1", "C9")
    await named.follow("C2", "C8")

    assert await named.all() == Named(BOTH.viewers, channels=frozenset({"C9"}))
