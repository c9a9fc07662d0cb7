"""Figures that are ready, of now and of the past."""

import asyncio
from dataclasses import replace
from datetime import date
from typing import Any

import pytest

from bot.domain.cohorts import Cohorts
from bot.domain.comparison import compared
from bot.domain.definition import Definition
from bot.domain.paying import Paid, added_up
from bot.domain.period import Kind, Period
from bot.domain.recurring import RevenueFigure
from bot.domain.retention import Unknown
from bot.domain.revenue import RatesMissing
from bot.domain.stays import Known
from bot.store.customers import Customers
from bot.store.database import Database
from bot.store.figures import Figures
from tests.store.examples import NOON, TODAY, believe, known, later

OCTOBER = Period(date(2026, 10, 1), date(2026, 11, 1), Kind.MONTH)
HALFWAY = TODAY - 30
"""A day in October."""


@pytest.fixture
def customers(database: Database) -> Customers:
    return Customers(database)


@pytest.fixture
def figures(customers: Customers) -> Figures:
    return Figures("crm", customers, Definition())


async def lost(figures: Figures, **more: object) -> int:
    found = await figures.compared(OCTOBER, today=later(days=9).date(), **more)  # type: ignore[arg-type]
    return found.now.counts.lost


async def two_pulls(database: Database) -> None:
    """The second one knows that Acme left in October."""
    await believe(database, known("acme"), known("globex"))
    await believe(
        database,
        known("acme", (100, HALFWAY)),
        known("globex"),
        now=later(days=1),
        today=TODAY + 1,
    )


async def test_a_figure_is_given_as_it_was_known(database: Database, figures: Figures) -> None:
    await two_pulls(database)

    assert await lost(figures) == 1
    assert await lost(figures, as_known_at=later(hours=23)) == 0
    assert await lost(figures, as_known_at=NOON) == 0
    assert await lost(figures, as_known_at=later(days=1)) == 1


async def test_before_the_first_pull_nothing_was_known(
    database: Database, figures: Figures
) -> None:
    await two_pulls(database)

    with pytest.raises(Unknown, match=r"Nothing was known of crm at 2026-11-15 12:00"):
        await lost(figures, as_known_at=later(days=-1))


async def test_the_same_past_is_read_and_counted_once(
    database: Database, figures: Figures, customers: Customers
) -> None:
    await two_pulls(database)
    then = later(hours=1)

    first = await figures.compared(OCTOBER, today=OCTOBER.next, as_known_at=then)
    again = await figures.compared(OCTOBER, today=OCTOBER.next, as_known_at=later(hours=2))

    assert again is first
    columns = await customers.columns("crm", as_known_at=then)
    assert await customers.columns("crm", as_known_at=later(hours=3)) is columns
    with pytest.raises(ValueError, match="read-only"):
        columns.since[0] = 0


async def test_many_pasts_may_be_asked_for(database: Database, figures: Figures) -> None:
    for day in range(7):
        await believe(
            database,
            *(known(f"c{number}", (100, HALFWAY)) for number in range(day + 1)),
            now=later(days=day),
            today=TODAY + day,
        )

    for day in (0, 3, 6, 1, 0, 5, 6, 2):
        assert await lost(figures, as_known_at=later(days=day)) == day + 1


async def test_a_past_may_be_explained(database: Database, figures: Figures) -> None:
    await two_pulls(database)

    then = await figures.explained(OCTOBER, today=OCTOBER.next, as_known_at=NOON)
    now = await figures.explained(OCTOBER, today=OCTOBER.next)

    assert (len(then.of.lost), len(now.of.lost)) == (0, 1)


async def test_a_month_that_ran_then_is_told_so_far(database: Database, figures: Figures) -> None:
    november = Period(date(2026, 11, 1), date(2026, 12, 1), Kind.MONTH)
    await two_pulls(database)

    found = await figures.compared(november, today=NOON.date(), as_known_at=NOON)

    assert found.now.so_far is not None
    assert (found.now.so_far.day, found.now.so_far.of) == (16, 30)
    assert found.before is not None
    assert found.before.so_far is not None
    assert found.before.so_far.day == 16


async def test_cohorts_and_lifetimes_are_counted_once_for_what_is_known(
    database: Database, figures: Figures
) -> None:
    await two_pulls(database)
    today = later(days=9).date()

    async def cohorts(**also: object) -> Cohorts:
        asked = {"by": Kind.YEAR, "months": 12, "today": today, **also}
        return await figures.cohorts(**asked)  # type: ignore[arg-type]

    table, curve = await cohorts(), await figures.lifetime(today=today)

    assert await cohorts() is table
    assert await figures.lifetime(today=today) is curve
    assert await cohorts(months=24) is not table
    assert await cohorts(by=Kind.MONTH) is not table
    assert (curve.stays, curve.ends) == (2, 1)
    then = await figures.lifetime(today=today, as_known_at=NOON)
    assert (then.stays, then.ends) == (2, 0)
    assert await cohorts(as_known_at=NOON) is not table
    await believe(database, known("acme"), now=later(days=2), today=TODAY + 2)
    assert await cohorts() is not table
    assert (await figures.lifetime(today=today)).stays == 1


async def test_a_segment_has_cohorts_and_lifetimes_of_its_own(
    database: Database, figures: Figures
) -> None:
    await believe(
        database,
        known("acme", plan="pro"),
        known("globex", (100, HALFWAY), plan="free"),
        known("initech", (100, HALFWAY), plan="free"),
    )
    today, free, pro = NOON.date(), {"plan": "free"}, {"plan": "pro"}

    assert (await figures.lifetime(today=today)).stays == 3
    assert (await figures.lifetime(today=today, wanted=free)).ends == 2
    assert (await figures.lifetime(today=today, wanted=pro)).ends == 0
    for wanted, size in ((free, 2), (pro, 1)):
        found = await figures.cohorts(Kind.YEAR, months=0, today=today, wanted=wanted)
        assert found.size.sum() == size


async def test_customers_are_counted_even_where_amounts_cannot_be_added_up(
    database: Database, figures: Figures
) -> None:
    await believe(
        database,
        replace(known("acme"), revenue=((100, None, 9_00000, "EUR"),)),
        replace(known("globex"), revenue=((100, None, 9_00000, "USD"),)),
    )

    found = await figures.cohorts(Kind.YEAR, months=0, today=NOON.date())

    assert (await figures.columns()).revenue is not None
    assert found.size.sum() == 2


def paying(id: str, *rows: Paid) -> Known:
    return replace(known(id), revenue=added_up(rows))


async def test_revenue_is_given_and_given_again_without_computing(
    database: Database, figures: Figures, monkeypatch: pytest.MonkeyPatch
) -> None:
    await believe(
        database,
        paying("acme", (100, HALFWAY, 9_00000, "EUR"), (HALFWAY, None, 12_00000, "EUR")),
        paying("globex", (100, None, 5_00000, "EUR")),
    )
    today = NOON.date()

    found = await figures.revenue(OCTOBER, today=today)
    monkeypatch.setattr("bot.store.figures.revenue_figure", None)

    assert isinstance(found, RevenueFigure)
    assert (found.sums.opening, found.sums.closing) == (14_00000, 17_00000)
    assert await figures.revenue(OCTOBER, today=today) is found


async def test_revenue_is_of_the_segment_and_of_the_moment(
    database: Database, figures: Figures
) -> None:
    await believe(database, paying("acme", (100, None, 500_00000, "EUR")))
    await believe(
        database,
        paying("acme", (100, None, 700_00000, "EUR")),
        paying("globex", (100, None, 5_00000, "EUR")),
        now=later(days=1),
    )
    today, large = NOON.date(), {"size": "100-1000"}

    async def opening(**more: object) -> int:
        found = await figures.revenue(OCTOBER, today=today, **more)  # type: ignore[arg-type]
        assert isinstance(found, RevenueFigure)
        return found.sums.opening

    assert await opening() == 705_00000
    assert await opening(wanted=large) == 700_00000
    assert await opening(wanted=large, as_known_at=NOON) == 500_00000


async def test_revenue_that_cannot_be_added_up_says_which_rates_are_missing(
    database: Database, figures: Figures, customers: Customers
) -> None:
    await believe(
        database,
        paying("acme", (100, None, 9_00000, "EUR")),
        paying("globex", (100, None, 9_00000, "USD")),
    )
    rated = Figures("crm", customers, Definition(rates=(("EUR", 1.0), ("USD", 0.5))))

    missing = await figures.revenue(OCTOBER, today=NOON.date())
    found = await rated.revenue(OCTOBER, today=NOON.date())

    assert isinstance(missing, RatesMissing)
    assert missing.missing == ("EUR", "USD")
    assert isinstance(found, RevenueFigure)
    assert found.sums.opening == 13_50000


async def test_a_source_without_amounts_has_no_revenue(
    database: Database, figures: Figures
) -> None:
    await believe(database, known("acme"))

    assert await figures.revenue(OCTOBER, today=NOON.date()) is None


async def test_what_several_ask_for_at_once_is_computed_once(
    database: Database, monkeypatch: pytest.MonkeyPatch
) -> None:
    await believe(database, Known("acme", "Acme", ((0, None),), {}))
    figures = Figures("crm", Customers(database), Definition())
    threads = 0
    real = asyncio.to_thread

    async def counted(*args: Any, **kwargs: Any) -> Any:
        nonlocal threads
        threads += getattr(args[0], "func", args[0]) is compared
        return await real(*args, **kwargs)

    monkeypatch.setattr(asyncio, "to_thread", counted)
    month = Period(date(2026, 10, 1), date(2026, 11, 1), Kind.MONTH)
    found = await asyncio.gather(
        *(figures.compared(month, today=date(2026, 11, 4)) for _ in range(8))
    )

    assert threads == 1
    assert all(each is found[0] for each in found)
