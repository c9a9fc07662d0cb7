"""What answers and ratings say, put together from the store."""

from datetime import UTC, date, datetime, timedelta

import pytest

from bot.domain.definition import Definition
from bot.domain.period import Kind, period_of
from bot.domain.surveys import Answer, Ask, Direction, Scale
from bot.store.accounts import Accounts
from bot.store.customers import Customers
from bot.store.database import Database
from bot.store.figures import Figures
from bot.store.loops import Loops
from bot.store.results import Results
from bot.store.scores import Scores
from bot.store.surveys import Surveys
from bot.store.tickets import Tickets
from integrations import records

NOON = datetime(2026, 11, 16, 12, tzinfo=UTC)
DEFINITION = Definition(zone="Europe/Amsterdam")
QUARTER = period_of(Kind.QUARTER, date(2026, 11, 1), DEFINITION)
BEFORE = NOON - timedelta(days=80)


@pytest.fixture
async def scores(database: Database) -> Scores:
    accounts = Accounts(database, Customers(database), "crm", {})
    return Scores(
        Results(database, accounts),
        Loops(database, accounts),
        Figures("crm", Customers(database), DEFINITION),
        named={"invoices": ["invoic*"], "speed": ["slow"]},
    )


async def wrote(database: Database, scale: Scale, score: int, comment: str, at: datetime) -> None:
    surveys, id = Surveys(database), f"{scale} {at} {comment}"
    await surveys.put_ask(Ask(id, scale, "How?", "C1", "U1", at, survey="Spring"))
    await surveys.put_answer(Answer(id, "U7", "T2", score, at, comment))


async def rated(database: Database, score: float, highest: float, comment: str) -> None:
    told = records.Rating(comment, NOON, score, 1, highest, comment=comment)
    await Tickets(database).put("desk", [told])


async def test_themes_are_of_one_scale_or_of_all_and_of_the_helpdesk_too(
    database: Database, scores: Scores
) -> None:
    await wrote(database, Scale.NPS, 2, "The invoices are wrong", NOON)
    await wrote(database, Scale.CSAT, 5, "Invoicing works", NOON)
    await wrote(database, Scale.NPS, 3, "Slow", BEFORE)
    await rated(database, 1, 5, "Invoice came late")

    of_nps = await scores.themes(Scale.NPS, QUARTER)
    of_csat = await scores.themes(Scale.CSAT, QUARTER)
    of_all = await scores.themes(None, QUARTER)
    of_spring = await scores.themes(Scale.CSAT, QUARTER, survey="spring")

    assert [(t.name, t.comments, t.low, t.before) for t in of_nps.named] == [
        ("invoices", 1, 1, 0),
        ("speed", 0, 0, 1),
    ]
    assert [(t.name, t.comments, t.low) for t in of_csat.named] == [("invoices", 2, 1)]
    assert [(e.score, e.highest) for e in of_csat.named[0].examples] == [(1, 5), (5, 5)]
    assert (of_all.comments, of_all.before) == (3, 1)
    assert of_spring.comments == 1


async def test_a_rating_on_another_scale_is_of_neither_end(
    database: Database, scores: Scores
) -> None:
    await rated(database, 2, 3, "Invoices, well")

    found = await scores.themes(Scale.CSAT, QUARTER)

    assert [(t.comments, t.low, t.examples[0].score) for t in found.named] == [(1, 0, 2)]


async def test_a_period_without_answers_has_a_result_that_says_so(scores: Scores) -> None:
    found = await scores.result(Scale.NPS, QUARTER)

    assert (found.found, found.asked) == (None, 0)
    assert await scores.outcomes(Scale.NPS) == await scores.outcomes(Scale.CES)


@pytest.mark.parametrize("whole", [False, True])
async def test_a_rating_and_an_answer_keep_which_end_is_the_good_one(
    database: Database, scores: Scores, whole: bool
) -> None:
    surveys, lower = Surveys(database), Direction.LOWER
    for n, (way, score) in enumerate(((lower, 6), (lower, 6), (Direction.HIGHER, 6))):
        ask = Ask(f"a{n}", Scale.CES, "How?", "C1", "U1", NOON, direction=way)
        await surveys.put_ask(ask)
        await surveys.put_answer(Answer(ask.id, "U7", "T2", score, NOON, "Slow"))
    told = records.Rating("r1", NOON, 7, 1, 7, "ces", comment="Slow", direction="lower")
    await Tickets(database).put("desk", [told])

    ends = NOON - timedelta(days=1), NOON + timedelta(days=1)
    given = await scores.results.given(Scale.CES, *ends, whole=whole)
    [slow] = [t for t in (await scores.themes(Scale.CES, QUARTER)).named if t.name == "speed"]
    exported = await scores.results.exported(ends[0], Scale.CES)

    assert sorted((each.direction, each.score, each.times) for each in given) == [
        ("higher", 6, 1),
        ("lower", 6, 2),
        ("lower", 7, 1),
    ]
    assert (slow.comments, slow.low) == (4, 3)
    assert sorted(each.direction for each in exported) == ["higher", "lower", "lower", "lower"]
