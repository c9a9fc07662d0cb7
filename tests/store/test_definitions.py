"""Which definition is news, and until when."""

from bot.store.database import Database
from bot.store.definitions import Definitions
from tests.store.examples import NOON, later

A, B = {"grace_days": 7}, {"grace_days": 30}


async def test_the_first_definition_is_no_news(database: Database) -> None:
    definitions = Definitions(database)
    assert await definitions.news() is None

    await definitions.note("a", A, NOON)
    await definitions.note("a", A, later(days=1))

    assert await definitions.news() is None


async def test_another_one_is_news_until_it_was_announced(database: Database) -> None:
    definitions = Definitions(database)
    await definitions.note("a", A, NOON)
    await definitions.note("b", B, later(days=1))
    await definitions.note("b", B, later(days=2))

    news = await definitions.news()

    assert news is not None
    was, now = news
    assert (was.hash, was.settings) == ("a", A)
    assert (now.hash, now.settings, now.since) == ("b", B, later(days=1))
    await definitions.announced(now.id, later(days=3))
    assert await definitions.news() is None


async def test_what_came_after_the_announced_one_stays_news(database: Database) -> None:
    definitions = Definitions(database)
    await definitions.note("a", A, NOON)
    await definitions.note("b", B, later(days=1))
    news = await definitions.news()
    assert news is not None
    await definitions.note("a", A, later(days=2))

    await definitions.announced(news[1].id, later(days=3))

    after = await definitions.news()
    assert after is not None
    assert [each.hash for each in after] == ["b", "a"]


async def test_replicas_note_a_change_once(database: Database, replica: Database) -> None:
    here, there = Definitions(database), Definitions(replica)
    await here.note("a", A, NOON)
    await here.note("b", B, later(days=1))
    await there.note("b", B, later(days=2))

    news = await there.news()

    assert news is not None
    assert news[1].since == later(days=1)
