"""The last score of each customer on each scale: what is known of who left."""

from datetime import datetime

import pytest

from bot.domain.surveys import Answer, Ask, Direction, Scale
from bot.store.accounts import Accounts
from bot.store.customers import Customers
from bot.store.database import Database
from bot.store.results import Results
from bot.store.surveys import Surveys
from bot.store.tickets import Tickets
from integrations.records import Rating
from tests.store.examples import NOON, believe, known, later


@pytest.fixture
async def results(database: Database) -> Results:
    await believe(database, known("acme"), known("globex"), known("hooli"))
    return Results(database, Accounts(database, Customers(database), "crm", {}))


async def number(database: Database, name: str) -> int:
    [found] = await Customers(database).find("crm", name)
    return found.number


async def answered(
    database: Database,
    customer: int | None,
    score: int,
    at: datetime,
    scale: Scale = Scale.NPS,
    *,
    anonymous: bool = False,
) -> None:
    surveys, id = Surveys(database), f"{customer} {scale} {at} {anonymous}"
    ask = Ask(id, scale, "How?", "C1", "U1", at, customer=customer, anonymous=anonymous)
    await surveys.put_ask(ask)
    await surveys.put_answer(Answer(id, "U7", "T2", score, at))


async def last(results: Results, *wanted: int) -> dict[int, list[tuple[Scale, int]]]:
    found = await results.last_of(wanted)
    return {who: [(given.scale, given.score) for given in each] for who, each in found.items()}


async def test_who_never_answered_has_none(results: Results, database: Database) -> None:
    assert await results.last_of([]) == {}
    assert await results.last_of([await number(database, "acme")]) == {}


async def test_it_is_the_newest_on_each_scale_and_nobody_else_s(
    results: Results, database: Database
) -> None:
    acme, globex = await number(database, "acme"), await number(database, "globex")
    await answered(database, acme, 4, later(days=1), Scale.CSAT)
    await answered(database, acme, 3, later(days=2))
    await answered(database, acme, 9, NOON)
    await answered(database, globex, 10, later(days=3))

    assert await last(results, acme) == {acme: [(Scale.NPS, 3), (Scale.CSAT, 4)]}
    assert await last(results, acme, globex) == {
        acme: [(Scale.NPS, 3), (Scale.CSAT, 4)],
        globex: [(Scale.NPS, 10)],
    }


async def test_of_an_anonymous_question_nobody_has_a_score(
    results: Results, database: Database
) -> None:
    acme = await number(database, "acme")
    for hour in range(6):
        await answered(database, acme, 1, later(hours=hour), anonymous=True)

    assert await last(results, acme) == {}


async def test_an_answer_in_a_channel_that_is_nobody_s_is_of_no_customer(
    results: Results, database: Database
) -> None:
    await answered(database, None, 1, NOON)

    assert await last(results, await number(database, "acme")) == {}


async def test_a_rating_in_the_helpdesk_is_one_where_it_has_a_place_on_our_scale(
    results: Results, database: Database
) -> None:
    acme = await number(database, "acme")
    await answered(database, acme, 5, NOON, Scale.CSAT)
    told = [
        Rating("r1", later(days=2), 2, 1, 3, account="acme"),
        Rating("r2", later(days=1), 1, 1, 5, account="acme"),
        Rating("r3", later(days=3), 5, 1, 5, account="else"),
    ]
    await Tickets(database).put("desk", told)

    assert await last(results, acme) == {acme: [(Scale.CSAT, 1)]}


async def test_which_end_was_the_good_one_is_kept(results: Results, database: Database) -> None:
    acme = await number(database, "acme")
    ask = Ask("a", Scale.CES, "Effort?", "C1", "U1", NOON, customer=acme, direction=Direction.LOWER)
    await Surveys(database).put_ask(ask)
    await Surveys(database).put_answer(Answer("a", "U7", "T2", 7, NOON))

    [given] = (await results.last_of([acme]))[acme]
    assert given.direction is Direction.LOWER
