"""What the weekly post says of revenue, from what the store knows."""

from datetime import date, timedelta

import numpy as np
import pytest

from bot.domain.definition import Definition
from bot.domain.incidents import Reading
from bot.domain.paying import Paid, added_up
from bot.domain.period import Kind, day_number
from bot.domain.reasons import LossReason
from bot.domain.stays import Known
from bot.domain.subscriptions import Edition
from bot.domain.surveys import Answer, Ask, Scale
from bot.jobs.weekly_post import Material
from bot.messages.blocks import Message
from bot.messages.weekly import post
from bot.store.accounts import Accounts
from bot.store.closings import Closings
from bot.store.customers import Customers
from bot.store.database import Database
from bot.store.figures import Figures
from bot.store.incidents import Incidents
from bot.store.loops import Loops
from bot.store.pulls import Pulls
from bot.store.reasons import Reasons
from bot.store.results import Results
from bot.store.scores import Scores
from bot.store.surveys import Surveys
from bot.store.tickets import Tickets
from integrations.records import Ticket
from tests.store.examples import NOON, believe, known, later

OCTOBER_9 = day_number(date(2026, 10, 9))


def paying(id: str, *rows: Paid) -> Known:
    return Known(id, id.title(), ((100, None),), {}, added_up(rows))


async def unseen(today: date) -> str:
    return "Drops under 13 points would not show yet."


def material(database: Database) -> Material:
    customers = Customers(database)
    figures = Figures("crm", customers, Definition())
    accounts = Accounts(database, customers, "crm", {})
    loops = Loops(database, accounts)
    results = Results(database, accounts)
    return Material(
        figures=figures,
        pulls=Pulls(database),
        closings=Closings(database),
        reasons=Reasons(database),
        scores=Scores(results, loops, figures),
        incidents=Incidents(database),
        loops=loops,
        sight=unseen,
    )


async def posted(database: Database, edition: Edition = Edition.WEEKLY) -> Message:
    found = await material(database).post(edition, today=NOON.date())
    return post(found, Definition())


async def revenue(database: Database) -> list[str]:
    message = await posted(database)
    return [line for line in message.text.splitlines() if line.startswith("Revenue")]


async def test_the_last_finished_month_is_told(database: Database) -> None:
    await believe(
        database,
        paying("acme", (100, OCTOBER_9, 9_00000, "EUR"), (OCTOBER_9, None, 12_00000, "EUR")),
        paying("globex", (100, None, 6_00000, "EUR")),
    )

    assert await revenue(database) == [
        "Revenue: October 2026: NRR 120.0 %, GRR 100 % of MRR 15.00 EUR at the start;"
        " MRR 18.00 EUR at the end: +3.00 expansion."
    ]


async def test_what_cannot_be_added_up_is_told_with_the_remedy(database: Database) -> None:
    await believe(
        database,
        paying("acme", (100, None, 9_00000, "EUR")),
        paying("globex", (100, None, 9_00000, "USD")),
    )

    [told] = await revenue(database)

    assert told.startswith("Revenue: October 2026: Revenue comes in EUR and USD, which can't be")
    assert "definition.rates" in told


@pytest.mark.parametrize("amount", [0, None])
async def test_a_source_without_amounts_says_nothing(
    database: Database, amount: int | None
) -> None:
    await believe(database, paying("acme", *([] if amount is None else [(100, None, 0, "EUR")])))

    assert await revenue(database) == []


async def test_a_month_that_is_not_known_is_left_to_its_own_line(database: Database) -> None:
    await believe(
        database, paying("acme", (100, None, 9_00000, "EUR")), known_from=day_number(NOON.date())
    )

    assert await revenue(database) == []


async def renewals(database: Database) -> list[str]:
    message = await posted(database)
    return [line for line in message.text.splitlines() if line.startswith("Renewals")]


def with_terms(id: str, *ends: date, until: date | None = None, **fields: str) -> Known:
    span = (100, None if until is None else day_number(until))
    return Known(id, id.title(), (span,), fields, terms=tuple(map(day_number, ends)))


async def test_who_renewed_last_month_and_whose_term_ends_soon_is_told(database: Database) -> None:
    await believe(
        database,
        with_terms("acme", date(2026, 10, 9), date(2026, 11, 29), owner="Lena"),
        with_terms("globex", date(2026, 10, 9), until=date(2026, 10, 9)),
        with_terms("hooli", date(2026, 11, 16), until=date(2026, 11, 17)),
        with_terms("stark", date(2026, 11, 30)),
    )

    assert await renewals(database) == [
        "Renewals: October 2026: Of the 2 whose term ended, 1 renewed (50.0 %). In the next 14"
        " days: Hooli (16 Nov) and Acme (29 Nov, Lena)."
    ]


async def test_renewals_to_come_are_told_of_a_month_that_is_not_known(database: Database) -> None:
    await believe(
        database,
        with_terms("acme", date(2026, 11, 20), until=date(2026, 11, 18)),
        known_from=day_number(NOON.date()),
    )

    assert await renewals(database) == ["Renewals: In the next 14 days: Acme (20 Nov, leaving)."]


async def test_a_source_without_terms_says_nothing_of_renewals(database: Database) -> None:
    await believe(database, with_terms("acme"))

    assert await renewals(database) == []


def stayed(id: str, since: date, until: date | None = None, **fields: str) -> Known:
    span = (day_number(since), None if until is None else day_number(until))
    return Known(id, id.title(), (span,), {"owner": "Lena", **fields})


async def moved(database: Database) -> None:
    """In the week from 9 to 15 November one left, one came back and one joined; one has an
    anniversary on the Wednesday after it."""
    long_ago = date(2020, 1, 1)
    away = (day_number(long_ago), day_number(date(2026, 3, 1)))
    back = (day_number(date(2026, 11, 10)), None)
    await believe(
        database,
        stayed("acme", long_ago, date(2026, 11, 12)),
        stayed("globex", date(2026, 11, 13)),
        stayed("hooli", date(2023, 11, 18)),
        Known("stark", "Stark", (away, back), {"owner": "Lena"}),
    )


async def test_who_left_came_back_and_joined_is_told_with_who_looked_after_them(
    database: Database,
) -> None:
    await moved(database)
    figures = material(database).figures
    numbers = np.unique((await figures.columns()).customer)
    number_of = dict(zip(await figures.names(numbers, 9), numbers.tolist(), strict=True))
    acme, stark = number_of["Acme"], number_of["Stark"]
    said = [
        LossReason(acme, date(2026, 11, 12), "price"),
        LossReason(stark, date(2026, 3, 1), "product"),
    ]
    await Reasons(database).put(said, incident=1, now=NOON)

    told = (await posted(database)).text

    assert "Left (1): Acme (Lena; price)." in told
    assert "Came back (1): Stark (Lena; had left: product)." in told
    assert "Joined (1): Globex (Lena)." in told
    assert "Anniversaries: Hooli: 3 years on Wednesday (Lena)." in told
    assert "Drops under 13 points would not show yet." in told


async def test_what_is_open_is_told(database: Database) -> None:
    await moved(database)
    reading = Reading(date(2026, 10, 1), 0.9, 0.95)
    await Incidents(database).open("dropped", "", reading, delivery="x", now=NOON)

    assert "Open: alert “dropped”" in (await posted(database)).text


async def test_of_a_segment_neither_scores_nor_what_is_open_nor_sight_is_told(
    database: Database,
) -> None:
    await moved(database)
    reading = Reading(date(2026, 10, 1), 0.9, 0.95)
    await Incidents(database).open("dropped", "", reading, delivery="x", now=NOON)

    found = await material(database).post(
        Edition.WEEKLY, today=NOON.date(), wanted={"owner": "Lena"}
    )

    assert found.left.count == 1
    assert (found.scores, found.open, found.sight) == ("", (), "")


@pytest.mark.parametrize(
    ("edition", "first", "others"),
    [
        (Edition.WEEKLY, Kind.WEEK, [Kind.MONTH, Kind.QUARTER]),
        (Edition.MONTHLY, Kind.MONTH, [Kind.QUARTER, Kind.YEAR]),
        (Edition.QUARTERLY, Kind.QUARTER, [Kind.YEAR]),
    ],
)
async def test_each_edition_is_about_its_own_period(
    database: Database, edition: Edition, first: Kind, others: list[Kind]
) -> None:
    await moved(database)

    found = await material(database).post(edition, today=NOON.date())

    assert [line.period.kind for line in found.lines] == [first, *others]
    assert {point.period.kind for point in found.history} == {first}
    assert (found.cohorts is None) == (edition is Edition.WEEKLY)


async def test_before_anything_is_known_there_is_still_a_post(database: Database) -> None:
    for edition in Edition:
        message = await posted(database, edition)
        assert "There is no figure for" in message.text


async def test_a_quarter_tells_who_stayed_by_score_and_by_the_time_to_solve(
    database: Database,
) -> None:
    await believe(database, known("acme"), known_from=0)
    solved = later(days=-100)
    ticket = Ticket(
        id="1", requester="r", opened=solved - timedelta(hours=2), account="acme", solved=solved
    )
    await Tickets(database).put("desk", [ticket])
    alone = (await posted(database, Edition.QUARTERLY)).text
    [acme] = await Customers(database).find("crm", "acme")
    await Surveys(database).put_ask(
        Ask("a", Scale.NPS, "How?", "C1", "U1", solved, customer=acme.number)
    )
    await Surveys(database).put_answer(Answer("a", "U7", "T2", 3, solved))
    both = (await posted(database, Edition.QUARTERLY)).text

    assert "Still a customer after a ticket, with 95 % intervals" in alone
    assert "under 4 hours: after 90 days 100 %, 1 of 1 (21-100 %)" in alone
    assert "Still a customer after NPS, with 95 % intervals" in both
    assert "detractors: after 90 days 100 %, 1 of 1 (21-100 %)" in both
    assert "First ticket solved in:\nunder 4 hours: after 90 days 100 %, 1 of 1" in both
