"""Whose channel it is: said, said anew, taken back, and what was asked there."""

from dataclasses import replace
from datetime import UTC

import pytest

from bot.domain.links import Candidate
from bot.domain.surveys import Answer, Ask, Scale, nameless
from bot.errors import Misunderstood
from bot.messages.blocks import Message
from bot.store.database import Database
from bot.store.deeds import Deeds
from bot.store.deliveries import Deliveries, Delivery
from bot.store.links import Links
from bot.store.merges import Merges
from bot.store.surveys import Surveys
from tests.store.examples import NOON, believe, known, later

ASK = Ask("a1", Scale.NPS, "How likely?", "C1", "U1", NOON)
ANSWER = Answer("a1", "U9", "T9", 9, later(minutes=1))


@pytest.fixture
async def links(database: Database) -> Links:
    await believe(
        database,
        known("1", (0, None), name="Acme Inc"),
        known("2", (0, None), name="Globex", domain="glx-systems.example"),
        known("3", (0, None), name="100% Pure_Oil"),
    )
    return Links(database)


async def link(links: Links, customer: str, **at: int) -> int | None:
    return (await links.link("crm", "C1", customer, by="U1", now=later(**at))).customer


async def test_nobody_said_anything(links: Links) -> None:
    assert await links.customer_of("C1") is None
    assert await links.all() == []
    assert await links.of("C1") == []


async def test_the_newest_word_counts_and_all_are_kept(links: Links, database: Database) -> None:
    first = await link(links, "acme inc", hours=1)
    second = await link(links, "2", hours=2)
    await links.unlink("C1", by="U2", now=later(hours=3))

    assert first != second
    assert await links.customer_of("C1") is None
    assert [(w.name, w.said_by) for w in await links.of("C1")] == [
        ("Acme Inc", "U1"),
        ("Globex", "U1"),
        ("", "U2"),
    ]
    told = [(d.what, d.about) for d in await Deeds(database).since(NOON)]
    assert told == [
        ("channel linked", "C1: crm 1"),
        ("channel linked", "C1: crm 2"),
        ("channel unlinked", "C1: 2"),
    ]


async def test_two_channels_may_be_one_customer_s(links: Links) -> None:
    await link(links, "1")
    await links.link("crm", "C2", "1", by="U1", now=later(hours=1))

    assert [each.channel for each in await links.all()] == ["C1", "C2"]


async def test_what_was_asked_while_it_was_nobody_s_becomes_theirs(
    links: Links, database: Database
) -> None:
    surveys = Surveys(database)
    for ask in (ASK, replace(ASK, id="a2", channel="C2")):
        await surveys.put_ask(ask)
        await surveys.put_answer(replace(ANSWER, ask=ask.id))

    acme = await link(links, "1", hours=1)

    found = await surveys.ask("a1")
    assert found is not None
    assert (found.customer, found.of_customers) == (acme, True)
    assert [a.customer for a in await surveys.answers("a1")] == [acme]
    assert [a.customer for a in await surveys.answers("a2")] == [None]


async def test_what_people_of_ours_answered_while_it_was_nobody_s_stays_nobody_s(
    links: Links, database: Database
) -> None:
    """As one does who tries it out; also where only that they took part is kept."""
    surveys = Surveys(database)
    for ask in ("tried", "nameless", "theirs"):
        await surveys.put_ask(replace(ASK, id=ask, anonymous=ask == "nameless"))
    await surveys.put_answer(replace(ANSWER, ask="tried", person="U1"))
    await surveys.put_answer(replace(ANSWER, ask="tried"))
    await surveys.put_answer(replace(ANSWER, ask="theirs"))
    word = nameless(replace(ANSWER, ask="nameless"), "a-word", UTC)
    await surveys.put_nameless(word, "U2", NOON)
    assert await links.answered("C1") == {"U1", "U2", "U9"}
    assert await links.answered("C2") == set()

    ours = {"U1", "U2"}
    acme = await links.link("crm", "C1", "1", by="U1", now=later(hours=1), ours=ours)

    whose = {ask: await surveys.ask(ask) for ask in ("tried", "nameless", "theirs")}
    assert {ask: of and of.customer for ask, of in whose.items()} == {
        "tried": None,
        "nameless": None,
        "theirs": acme.customer,
    }
    assert {a.customer for a in await surveys.answers("tried")} == {None}
    assert await links.answered("C1") == {"U1", "U2", "U9"}


async def test_what_was_another_customer_s_stays_so(links: Links, database: Database) -> None:
    surveys = Surveys(database)
    acme = await link(links, "1")
    await surveys.put_ask(replace(ASK, asked_at=later(hours=1), customer=acme))
    await surveys.put_ask(replace(ASK, id="lost", asked_at=later(hours=1)))
    await surveys.put_answer(ANSWER)
    await links.unlink("C1", by="U1", now=later(hours=2))

    await link(links, "2", hours=3)

    assert [a.customer for a in await surveys.answers("a1")] == [acme]
    lost = await surveys.ask("lost")
    assert lost is not None
    assert lost.customer is None


@pytest.mark.parametrize("customer", ["Acme", "", "%", "1' OR 1=1 --"])
async def test_nobody_is_guessed(links: Links, customer: str) -> None:
    with pytest.raises(Misunderstood, match="knows no customer"):
        await link(links, customer)
    assert await links.all() == []


async def test_what_is_said_already_is_not_said_again(links: Links) -> None:
    await link(links, "1")

    with pytest.raises(Misunderstood, match="already"):
        await link(links, "Acme Inc")
    with pytest.raises(Misunderstood, match="not linked"):
        await links.unlink("C2", by="U1", now=NOON)
    assert len(await links.of("C1")) == 1


async def test_a_merged_customer_s_channel_is_that_of_whom_they_are_now(
    links: Links, database: Database
) -> None:
    merges = Merges(database)
    acme, globex = await link(links, "1"), (await links.link("crm", "C2", "2", by="U1", now=NOON))
    await merges.merge("crm", "1", "2", by="U1", now=later(hours=1))

    assert [(each.channel, each.id, each.name) for each in await links.all()] == [
        ("C1", "2", "Globex"),
        ("C2", "2", "Globex"),
    ]
    assert await links.customer_of("C1") == globex.customer
    assert [each.id for each in await links.of("C1")] == ["2"]
    with pytest.raises(Misunderstood, match="already"):
        await link(links, "2", hours=2)

    # Who is their own again has the channel again: what was said is not changed.
    await merges.undo("crm", "1", by="U1", now=later(hours=3))
    assert await links.customer_of("C1") == acme


async def test_a_channel_keeps_its_customer_and_its_questions_under_a_new_id(
    links: Links, database: Database
) -> None:
    surveys, deliveries = Surveys(database), Deliveries(database)
    acme = await link(links, "1")
    for ask in (ASK, replace(ASK, id="a2", channel="C2")):
        await surveys.put_ask(ask)
        await deliveries.put(Delivery(f"ask:{ask.id}", ask.channel, Message("?", ()), NOON))
        await deliveries.sent(f"ask:{ask.id}", "1.1", NOON)
    await deliveries.put(Delivery("weekly-post:C1", "C1", Message("?", ()), NOON))

    for _ in range(2):  # Slack may tell it twice
        await links.follow("C1", "C9")

    assert await links.customer_of("C9") == acme
    assert await links.customer_of("C1") is None
    asked = await surveys.newest_ask(Scale.NPS, "C9", NOON)
    assert asked == replace(ASK, channel="C9")
    assert await surveys.asked_in("C9", "1.1") == asked
    assert await surveys.asked_in("C2", "1.1") == replace(ASK, id="a2", channel="C2")
    post = await deliveries.get("weekly-post:C1")
    assert post is not None
    assert post.channel == "C1"  # whose id config.yaml has, and `Elsewhere` knows better


async def test_customers_are_found_by_words_of_name_and_domain(links: Links) -> None:
    assert await links.like("crm", "ext-acme") == [Candidate("1", "Acme Inc")]
    assert await links.like("crm", "glx") == [Candidate("2", "Globex", "glx-systems.example")]
    assert await links.like("crm", "pure-") == [Candidate("3", "100% Pure_Oil")]
    assert await links.like("crm", "shared") == []
    assert await links.like("other", "acme") == []
