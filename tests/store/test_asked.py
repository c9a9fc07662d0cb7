"""When somebody was last asked, and who does not want to be."""

from dataclasses import replace
from datetime import UTC, datetime

import pytest

from bot.domain.asking import LastAsks
from bot.domain.surveys import Answer, Ask, Scale
from bot.messages.blocks import Message
from bot.store.asked import OptOuts, last_asks, was_reminded
from bot.store.database import Database
from bot.store.deliveries import Deliveries, Delivery
from bot.store.merges import Merges
from bot.store.surveys import Surveys
from tests.store.examples import NOON, believe, known, later

ASK = Ask("a1", Scale.NPS, "How likely?", "C1", "U1", NOON)


@pytest.fixture
async def surveys(database: Database) -> Surveys:
    await believe(
        database, known("1", (0, None), name="Acme"), known("2", (0, None), name="Globex")
    )
    return Surveys(database)


async def asked(
    database: Database, since: datetime = NOON, rated: dict[int, datetime] | None = None
) -> LastAsks:
    return await database.read(lambda c: last_asks(c, since, rated or {}, {}))


async def test_nobody_was_asked(surveys: Surveys, database: Database) -> None:
    assert await asked(database) == LastAsks()


async def test_the_newest_ask_of_each_counts_whatever_the_scale(
    surveys: Surveys, database: Database
) -> None:
    for ask in (
        replace(ASK, customer=1),
        replace(ASK, id="a2", customer=1, channel="C2", asked_at=later(hours=1)),
        replace(ASK, id="a3", scale=Scale.CES, asked_at=later(hours=2)),
        replace(ASK, id="a4", channel="U9", person="U9", asked_at=later(hours=3)),
    ):
        await surveys.put_ask(ask)

    found = await asked(database)

    assert found.channels == {"C1": later(hours=2), "C2": later(hours=1)}
    assert found.customers == {1: later(hours=1)}
    assert found.people == {"U9": later(hours=3)}
    assert await asked(database, later(hours=4)) == LastAsks()


async def test_who_answered_in_a_channel_was_asked_there(
    surveys: Surveys, database: Database
) -> None:
    await surveys.put_ask(ASK)
    await surveys.put_answer(Answer("a1", "U7", "T9", 9, later(days=3)))

    assert (await asked(database)).people == {"U7": NOON}


async def test_who_took_part_without_a_name_was_asked_too(
    surveys: Surveys, database: Database
) -> None:
    await surveys.put_ask(replace(ASK, anonymous=True))
    given = Answer("a1", "nobody-1", "", 9, NOON)
    await surveys.put_nameless(given, "U7", later(days=3))

    assert (await asked(database)).people == {"U7": NOON}


async def test_who_was_reminded_was_asked_anew(surveys: Surveys, database: Database) -> None:
    """Also where the question itself is so old that nobody looks at it any more."""
    await surveys.put_ask(replace(ASK, channel="U9", person="U9"))
    await database.write(lambda c: was_reminded(c, "a1", later(days=20)))

    assert (await asked(database, later(days=10))).people == {"U9": later(days=20)}
    assert (await asked(database, later(days=21))).people == {}


async def test_what_slack_refused_was_not_asked(surveys: Surveys, database: Database) -> None:
    await surveys.put_ask(replace(ASK, customer=1))
    deliveries = Deliveries(database)
    await deliveries.put(Delivery("ask:a1", "C1", Message("?", ()), NOON))
    assert (await asked(database)).customers == {1: NOON}
    await deliveries.claim_next("me", NOON, later(minutes=1) - NOON)

    await deliveries.failed("ask:a1", "It is archived.", holder="me")

    assert await asked(database) == LastAsks()


async def test_a_rating_in_the_helpdesk_counts_where_it_is_newer(
    surveys: Surveys, database: Database
) -> None:
    await surveys.put_ask(replace(ASK, customer=1, asked_at=later(days=2)))

    found = await asked(database, rated={1: later(days=1), 2: later(days=3)})

    assert found.customers == {1: later(days=2), 2: later(days=3)}


async def test_a_merged_customer_was_asked_when_either_record_was(
    surveys: Surveys, database: Database
) -> None:
    await surveys.put_ask(replace(ASK, customer=1))
    await Merges(database).merge("crm", "1", "2", by="U1", now=later(hours=1))

    assert (await asked(database)).customers == {2: NOON}

    await surveys.put_ask(replace(ASK, id="a2", customer=2, asked_at=later(days=-1)))
    assert (await asked(database, later(days=-2))).customers == {2: NOON}


async def test_who_opts_out_is_not_asked_on_a_later_day_of_a_round_either(
    surveys: Surveys, database: Database
) -> None:
    deliveries = Deliveries(database)
    for id, person in (("a1", "U9"), ("a2", "U9"), ("a3", "U8")):
        await surveys.put_ask(replace(ASK, id=id, channel=person, person=person))
        await deliveries.put(Delivery(f"ask:{id}", person, Message("?", ()), NOON))
    await deliveries.sent("ask:a1", "1.1", NOON)

    await OptOuts(database).put("U9", NOON)

    assert [d.key for d in await deliveries.undelivered()] == ["ask:a3"]
    assert await surveys.ask("a2") is None  # nobody has seen it
    assert await surveys.ask("a1") is not None
    assert await surveys.ask("a3") is not None


async def test_only_what_waits_of_surveys_that_are_gone_is_withdrawn(
    surveys: Surveys, database: Database
) -> None:
    deliveries = Deliveries(database)
    for id, survey in (("a1", "old"), ("a2", "old"), ("a3", "kept"), ("a4", "")):
        await surveys.put_ask(replace(ASK, id=id, survey=survey))
        await deliveries.put(Delivery(f"ask:{id}", "C1", Message("?", ()), NOON))
    await deliveries.sent("ask:a1", "1.1", NOON)

    assert await surveys.withdraw_all_but(["kept"]) == 1
    assert await surveys.withdraw_all_but(["kept"]) == 0

    assert [d.key for d in await deliveries.undelivered()] == ["ask:a3", "ask:a4"]
    assert [id for id in ("a1", "a2", "a3", "a4") if await surveys.ask(id) is None] == ["a2"]


async def test_opting_out_is_for_good_until_it_is_taken_back(database: Database) -> None:
    opt_outs = OptOuts(database)
    for _ in range(2):
        await opt_outs.put("U9", datetime(2026, 11, 2, tzinfo=UTC))

    assert await opt_outs.among(["U8", "U9"]) == {"U9"}
    assert await opt_outs.among([]) == set()

    await opt_outs.take_back("U9")
    assert await opt_outs.among(["U8", "U9"]) == set()
