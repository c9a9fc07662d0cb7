"""What customers wrote is let go of after a time, and nothing else."""

from dataclasses import replace
from datetime import datetime

import pytest
from sqlalchemy import Connection, select

from bot.domain.surveys import Answer, Ask, Scale
from bot.store import words as module
from bot.store.database import Database
from bot.store.schema import answers, ratings, tickets
from bot.store.surveys import Surveys
from bot.store.tickets import Tickets
from bot.store.words import Words
from integrations import records
from tests.store.examples import NOON, later

ASK = Ask("a", Scale.NPS, "How?", "C1", "U1", NOON)


async def kept(database: Database) -> dict[str, str]:
    """What is known of what each wrote."""

    def read(connection: Connection) -> dict[str, str]:
        return {
            **{r.person: r.comment for r in connection.execute(select(answers))},
            **{r.id: r.comment for r in connection.execute(select(ratings))},
            **{r.id: r.subject for r in connection.execute(select(tickets))},
        }

    return await database.read(read)


async def wrote(database: Database, person: str, at: datetime) -> None:
    await Surveys(database).put_answer(Answer("a", person, "T2", 3, at, "words"))


async def test_words_of_before_are_forgotten_wherever_they_stand(database: Database) -> None:
    surveys = Surveys(database)
    await surveys.put_ask(replace(ASK, expires_at=None))
    for person, at in (("old", NOON), ("new", later(days=2)), ("edited", NOON)):
        await wrote(database, person, at)
    await surveys.put_comment("a", "edited", "other words", later(days=2), since=NOON)
    rating = records.Rating("r old", NOON, 1, 1, 5, comment="words")
    ticket = records.Ticket("t old", "q", NOON, subject="words")
    await Tickets(database).put(
        "desk",
        [
            rating,
            replace(rating, id="r new", on=later(days=2)),
            ticket,
            replace(ticket, id="t solved", solved=later(days=2)),
            replace(ticket, id="t changed", changed=later(days=2)),
        ],
    )

    forgotten = await Words(database).forget(later(days=1))

    assert forgotten == 3
    assert await kept(database) == {
        "old": "", "new": "words", "edited": "other words", "r old": "", "r new": "words",
        "t old": "", "t solved": "words", "t changed": "words",
    }  # fmt: skip
    assert [each.score for each in await surveys.answers("a")] == [3, 3, 3]
    assert await Words(database).forget(later(days=1)) == 0


async def test_the_moment_itself_is_not_before_it(database: Database) -> None:
    await Surveys(database).put_ask(ASK)
    await wrote(database, "U7", NOON)

    assert await Words(database).forget(NOON) == 0
    assert await Words(database).forget(later(seconds=1)) == 1


async def test_many_are_forgotten_in_several_transactions(
    database: Database, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(module, "AT_ONCE", 2)
    await Surveys(database).put_ask(ASK)
    for n in range(5):
        await wrote(database, f"U{n}", NOON)

    assert await Words(database).forget(later(days=1)) == 5
