"""Tickets and ratings: each once, found by when, whose and by whom."""

import asyncio
from dataclasses import replace

import pytest

from bot.domain.matching import nameless
from bot.domain.surveys import Scale
from bot.domain.tickets import LastRead, What
from bot.store.database import Database
from bot.store.tickets import Tickets
from integrations.records import Count, Rating, Ticket
from tests.store.examples import NOON, later

SOLVED = Ticket(
    "1", "ann", NOON, "acme", "Acme", "ann@acme.example", "jo", "Jo", "It is slow",
    later(minutes=5), later(hours=1), 1, later(hours=1),
)  # fmt: skip
GOOD = Rating(
    "r1", later(hours=2), 5, 1, 5, "csat", "ann", "acme", "Acme", "ann@acme.example", "jo", "Jo",
    "1", "Thanks", later(hours=2),
)  # fmt: skip


@pytest.fixture
def tickets(database: Database) -> Tickets:
    return Tickets(database)


async def solved(tickets: Tickets, begins: float, ends: float, **of: str) -> list[str]:
    found = await tickets.solved(later(hours=begins), later(hours=ends), **of)
    return [f"{one.source} {one.id}" for one in found]


async def test_nothing_is_known_at_first(tickets: Tickets) -> None:
    assert await tickets.ticket("desk", "1") is None
    assert await solved(tickets, -1, 99) == []
    assert await tickets.given(NOON, later(days=1)) == []
    assert await tickets.last_reads() == []
    assert await tickets.last_read("desk", What.TICKETS) == LastRead("desk", What.TICKETS)


async def test_a_ticket_is_found_as_it_was_told_without_who_wrote(tickets: Tickets) -> None:
    await tickets.put("desk", [SOLVED, GOOD])
    [one] = await tickets.solved(NOON, later(days=1))
    [given] = await tickets.given(NOON, later(days=1))

    assert await tickets.ticket("desk", "1") == one
    for name in Ticket.__dataclass_fields__:
        if name not in ("place", "email"):
            assert getattr(one, name) == getattr(SOLVED, name)
    assert one.last_solved == one.solved
    for name in Rating.__dataclass_fields__:
        if name not in ("place", "email"):
            assert getattr(given, name) == getattr(GOOD, name)
    assert one.email == given.email == nameless("ann@acme.example")


async def test_a_requester_who_is_an_address_is_no_better_known(tickets: Tickets) -> None:
    mail = "Ann@Acme.example"
    await tickets.put("desk", [replace(SOLVED, requester=mail), replace(GOOD, requester=mail)])

    [one] = await tickets.solved(NOON, later(days=1))
    [given] = await tickets.given(NOON, later(days=1))
    assert one.requester == given.requester == nameless("ann@acme.example")


async def test_a_page_that_comes_twice_is_one(tickets: Tickets) -> None:
    for _ in range(2):
        await tickets.put("desk", [SOLVED, GOOD, SOLVED])

    assert await solved(tickets, 0, 2) == ["desk 1"]
    assert len(await tickets.given(NOON, later(days=1))) == 1


async def test_two_sources_may_have_the_same_ids(tickets: Tickets) -> None:
    await tickets.put("desk", [SOLVED])
    await tickets.put("chat", [SOLVED])

    assert await solved(tickets, 0, 2) == ["chat 1", "desk 1"]
    assert await solved(tickets, 0, 2, source="chat") == ["chat 1"]


async def test_a_moment_is_in_one_span_and_not_in_the_next(tickets: Tickets) -> None:
    await tickets.put("desk", [SOLVED])

    assert await solved(tickets, 0, 1) == []
    assert await solved(tickets, 1, 2) == ["desk 1"]


async def test_a_ticket_that_is_opened_and_solved_again_moves(tickets: Tickets) -> None:
    opened = replace(SOLVED, solved=None, times_solved=None, changed=later(hours=3))
    await tickets.put("desk", [replace(SOLVED, times_solved=None)])
    await tickets.put("desk", [opened])
    assert await solved(tickets, 0, 99) == []

    await tickets.put("desk", [replace(opened, solved=later(hours=5), changed=later(hours=5))])
    assert await solved(tickets, 0, 4) == []
    assert await solved(tickets, 4, 99) == ["desk 1"]
    one = await tickets.ticket("desk", "1")
    assert one is not None
    assert one.times_solved == 2


async def test_finds_those_of_an_account_and_of_an_agent(tickets: Tickets) -> None:
    other = replace(SOLVED, id="2", account="post", agent="al", solved=later(hours=2))
    await tickets.put("desk", [other, SOLVED, GOOD, replace(GOOD, id="r2", agent="al")])

    assert await solved(tickets, 0, 9) == ["desk 1", "desk 2"]
    assert await solved(tickets, 0, 9, account="post") == ["desk 2"]
    assert await solved(tickets, 0, 9, agent="jo") == ["desk 1"]
    assert await solved(tickets, 0, 9, agent="jo", account="post") == []
    assert await solved(tickets, 0, 9, account="") == []
    given = await tickets.given(NOON, later(days=1), agent="al")
    assert [one.id for one in given] == ["r2"]
    assert await tickets.given(NOON, later(days=1), account="post") == []


async def test_texts_that_a_database_refuses_are_stored_all_the_same(tickets: Tickets) -> None:
    odd = replace(SOLVED, id="1\0", times_solved=None, subject="\ud800 \0", account_name="\0")
    await tickets.put("desk", [odd])
    await tickets.put("desk", [odd])
    one = await tickets.ticket("desk", "1")

    assert await solved(tickets, 0, 9) == ["desk 1"]
    assert one is not None
    assert one.times_solved == 1


async def test_more_than_one_transaction_takes(tickets: Tickets) -> None:
    await tickets.put("desk", [replace(SOLVED, id=str(n)) for n in range(1_201)])

    assert len(await tickets.solved(NOON, later(days=1))) == 1_201


async def test_two_who_write_the_same_at_once_do_not_hinder_each_other(tickets: Tickets) -> None:
    older = replace(SOLVED, solved=None, changed=NOON)
    await asyncio.gather(*(tickets.put("desk", [one]) for one in [SOLVED, older] * 5))

    assert await solved(tickets, 0, 9) == ["desk 1"]


async def test_what_is_neither_is_left_alone(tickets: Tickets) -> None:
    await tickets.put("desk", [Count(NOON.date(), 3)])

    assert await solved(tickets, 0, 9) == []


async def test_a_source_may_give_scores_on_any_scale_until_it_has_given_some(
    tickets: Tickets,
) -> None:
    assert await tickets.may_rate("desk", Scale.NPS)

    await tickets.put("desk", [GOOD])
    await tickets.put("other", [replace(GOOD, scale="nps", highest=10)])

    assert await tickets.may_rate("desk", Scale.CSAT)
    assert not await tickets.may_rate("desk", Scale.NPS)
    assert await tickets.may_rate("other", Scale.NPS)


async def test_how_it_stands_with_reading_is_kept(tickets: Tickets) -> None:
    one = LastRead("desk", What.TICKETS, NOON, later(minutes=1), 7, later(minutes=9), "401")
    await tickets.note(replace(one, sentence="503"))
    await tickets.note(one)
    await tickets.note(LastRead("desk", What.RATINGS))

    assert await tickets.last_read("desk", What.TICKETS) == one
    assert await tickets.last_reads() == [one, LastRead("desk", What.RATINGS)]
