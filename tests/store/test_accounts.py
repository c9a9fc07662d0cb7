"""Helpdesks' accounts and the customers that they are."""

from dataclasses import replace

import pytest

from bot.domain.matching import By, Enriching, fingerprint, nameless
from bot.domain.surveys import Scale
from bot.domain.whose import Account
from bot.store.accounts import Accounts
from bot.store.customers import Customers
from bot.store.database import Database
from bot.store.links import Links
from bot.store.merges import Merges
from bot.store.results import Results
from bot.store.tickets import Tickets
from integrations import records
from tests.store.examples import NOON, believe, known, later

ANN = "ann@acme.com"
ACME = replace(
    known("1", name="Acme", desk_id="9"), keys=("domain:acme.com", f"email:{fingerprint(ANN)}")
)
HOOLI = replace(known("2", name="Hooli"), keys=("domain:hooli.com",))
THEIRS = Account("desk", "9", "ACME inc", nameless(ANN))


def accounts(database: Database, how: Enriching | None) -> Accounts:
    return Accounts(database, Customers(database), "crm", {"desk": how})


async def number(database: Database, id: str = "1", source: str = "crm") -> int:
    found = await Customers(database).find(source, id)
    return next(each.number for each in found if each.id == id)


async def wrote(database: Database) -> None:
    """Somebody whom nobody knows has a ticket: from then on helpdesks' accounts are looked up."""
    await Tickets(database).put("desk", [records.Ticket("first", "r", NOON)])


@pytest.mark.parametrize(
    "how",
    [
        Enriching("desk", By.DOMAIN),
        Enriching("desk", By.EMAIL),
        Enriching("desk", By.FIRST, "desk_id"),
    ],
)
async def test_an_account_is_found_as_matches_says(database: Database, how: Enriching) -> None:
    await believe(database, ACME, HOOLI)
    await wrote(database)

    found = await accounts(database, how).whose()

    assert found.customer(THEIRS) == await number(database)
    assert found.customer(Account("desk", "1", "Acme")) is None
    assert found.customer(Account("other", "1")) == await number(database)


async def test_before_the_first_pull_nobody_is_found(database: Database) -> None:
    assert (await accounts(database, None).whose()).customer(THEIRS) is None


async def test_nobody_is_looked_up_before_anybody_wrote(database: Database) -> None:
    await believe(database, ACME, HOOLI)
    await Merges(database).merge("crm", "1", "2", by="U1", now=later(days=1))
    looks = accounts(database, None)

    before = await looks.whose()
    await wrote(database)
    after = await looks.whose()

    assert not before.holders
    assert before.into == after.into != {}
    assert after.customer(Account("desk", "2")) == await number(database, "2")


async def test_what_a_new_pull_and_a_merge_say_is_seen(database: Database) -> None:
    await believe(database, HOOLI)
    await wrote(database)
    looks = accounts(database, None)
    assert (await looks.whose()).customer(THEIRS._replace(name="Acme")) is None

    await believe(database, ACME, HOOLI, now=later(days=1))
    acme, hooli = await number(database), await number(database, "2")
    assert (await looks.whose()).customer(THEIRS._replace(name="Acme")) == acme

    await Merges(database).merge("crm", "1", "2", by="U1", now=later(days=2))
    found = await looks.whose()
    assert found.customer(THEIRS._replace(id="1")) == hooli
    assert found.now(acme) == hooli


async def test_a_helpdesk_that_knows_customers_says_itself_who_they_are(
    database: Database,
) -> None:
    await believe(database, ACME, HOOLI)
    await believe(database, replace(known("9"), keys=("domain:acme.com",)), source="desk")
    await wrote(database)

    found = await accounts(database, Enriching("desk", By.DOMAIN)).whose()

    assert found.customer(Account("desk", "9")) == await number(database)


async def test_the_first_source_s_own_tickets_are_by_its_ids(database: Database) -> None:
    await believe(database, ACME)
    await wrote(database)

    found = await Accounts(database, Customers(database), "crm", {"crm": None}).whose()

    assert found.customer(Account("crm", "1")) == await number(database)


async def test_ratings_tickets_and_exports_are_of_the_matched_customer(
    database: Database,
) -> None:
    await believe(database, ACME, HOOLI)
    rating = records.Rating("r", NOON, 2, 1, 5, account="9", email=ANN, comment="Meh")
    opened = records.Ticket("t", "r", NOON, account="9", email=ANN)
    await Tickets(database).put(
        "desk",
        [
            rating,
            replace(rating, id="s", email="x@gmail.com", account="8"),
            replace(rating, id="earlier", on=later(days=-3)),
            opened,
            replace(opened, id="u", email="bo@acme.com"),
            replace(opened, id="v", email="x@hooli.com"),
            replace(opened, id="w", solved=later(hours=3)),
        ],
    )
    results = Results(database, accounts(database, Enriching("desk", By.DOMAIN)))
    acme = await number(database)

    given = await results.given(Scale.CSAT, NOON, later(days=1))
    said = await results.said(Scale.CSAT, NOON, later(days=1))
    [(who, _, _)] = await results.solved_for(NOON.tzinfo)  # type: ignore[arg-type]

    assert {each.customer for each in given} == {each.customer for each in said} == {acme, None}
    assert who == acme
    assert await results.open_tickets(acme) == 2
    assert await results.last_rated(later(days=-9)) == {acme: NOON}
    assert [each.customer for each in await results.exported(NOON, None)] == ["1", "8"]


async def test_a_customer_has_the_channel_that_was_linked_last(database: Database) -> None:
    await believe(database, ACME, HOOLI)
    links, acme = Links(database), await number(database)
    assert await links.channel_of(acme) is None

    for n, channel in enumerate(("C1", "C2", "C3")):
        await links.link("crm", channel, "1", by="U1", now=later(hours=n))
    await links.unlink("C3", by="U1", now=later(hours=4))

    assert await links.channel_of(acme) == "C2"
