"""What /crr answers about revenue and bands, from what the store knows."""

from datetime import date, timedelta

import pytest

from bot.domain.definition import Definition
from bot.domain.paying import Paid, added_up
from bot.domain.period import day_number
from bot.domain.stays import Known
from bot.listeners.counting import CountDesk
from bot.listeners.crr import Desk
from bot.store.closings import Closings
from bot.store.count_closings import CountClosings
from bot.store.count_figures import CountFigures
from bot.store.counts import CountStore
from bot.store.customers import Customers
from bot.store.database import Database
from bot.store.figures import Figures
from bot.store.pulls import Pulls
from tests.store.examples import NOON, believe

LONG_AGO, AUGUST, LEFT = (
    day_number(date(*day)) for day in ((2025, 1, 1), (2026, 8, 1), (2026, 10, 9))
)


def paying(id: str, since: int, *rows: Paid, until: int | None = None) -> Known:
    return Known(id, id.title(), ((since, until),), {}, added_up(rows))


async def nothing() -> None:
    """Nobody records a count here."""


async def answer(database: Database, words: str, definition: Definition | None = None) -> str:
    definition = definition or Definition()
    figures = Figures("crm", Customers(database), definition)
    pulls, counts = Pulls(database), CountStore(database)
    counted = CountFigures("counts", counts, CountClosings(database), definition)
    counting = CountDesk(counted, counts, pulls, lambda: NOON, nothing)
    desk = Desk(figures, pulls, Closings(database), lambda: NOON, counting)
    return (await desk.answer(words, "U0LEAD"))[0].text


@pytest.fixture
async def company(database: Database) -> Database:
    """One large and old, one small and old that leaves, one of two months."""
    await believe(
        database,
        paying("acme", LONG_AGO, (LONG_AGO, None, 500_00000, "EUR")),
        paying("globex", LONG_AGO, (LONG_AGO, None, 20_00000, "EUR"), until=LEFT),
        paying("hooli", AUGUST, (AUGUST, LEFT, 50_00000, "EUR"), (LEFT, None, 90_00000, "EUR")),
    )
    return database


async def test_a_figure_is_told_with_what_the_same_customers_pay(company: Database) -> None:
    told = await answer(company, "2026-10")

    assert "CRR 66.7 % (2 of 3 stayed)" in told
    assert "NRR 103.5 %, GRR 96.5 % of MRR 570.00 EUR at the start" in told
    assert "+40.00 expansion · -20.00 churned" in told
    assert "1 customer paid on days without a stay" in told
    assert "Revenue: NRR 103.5 %, GRR 96.5 %" in await answer(company, "explain 2026-10")


@pytest.mark.parametrize("words", ["2019", "explain 2019", "as stripe 2019", "who joined 2019",
                                   "compare 2019 2026-10", "compare 2026-10 2019"])  # fmt: skip
async def test_a_year_before_the_first_customer_is_not_known_and_not_nought(
    company: Database, words: str
) -> None:
    told = await answer(company, words)

    assert "Nobody is known to have been a customer before 2025-01-01" in told
    assert "There are figures for periods that begin on 2025-01-02 or later" in told
    assert "%" not in told


@pytest.mark.parametrize(
    "words", ["", "explain", "as stripe", "who joined", "compare 2026-08", "cohorts", "lifetime"]
)
async def test_whatever_is_asked_as_of_the_past_says_so(company: Database, words: str) -> None:
    period = "" if words in ("cohorts", "lifetime") else "2026-09"
    told = await answer(company, f"{words} {period} known=2026-11-16T12:00")
    refused = await answer(company, f"{words} {period} known=2026-11-14")

    assert "had not been pulled yet" in refused
    assert "As it was known on" in told


@pytest.mark.parametrize(
    "words", ["{}", "explain {}", "as stripe {}", "who joined {}", "compare {} 2026-09"]
)
async def test_what_is_not_over_is_marked_wherever_it_is_told(
    company: Database, words: str
) -> None:
    assert "so far (day " in await answer(company, words.format(f"{NOON:%Y-%m}"))


async def test_what_is_not_over_is_never_compared_with_a_whole_period(company: Database) -> None:
    there = await answer(company, "compare 2026-11 2026-10")
    back = await answer(company, "compare 2026-10 2026-11")

    for told in (there, back):
        assert "November 2026 so far (day 16 of 30)" in told
        assert "October 2026 so far (day 16 of 31)" in told


@pytest.mark.parametrize(
    "words", ["2026-10", "explain 2026-10", "as stripe 2026-10", "who joined 2026-10", "cohorts",
              "lifetime", "compare 2026-10 2026-09"]
)  # fmt: skip
async def test_an_unknown_segment_lists_those_there_are(company: Database, words: str) -> None:
    assert "There is tenure, size" in await answer(company, f"{words} plan=pro")


@pytest.mark.parametrize(
    ("words", "stayed", "opening"),
    [
        ("tenure=12+", "1 of 2", "520.00"),
        ("tenure=0-2", "1 of 1", "50.00"),
        ("size=100-1000", "1 of 1", "500.00"),
        ("size=0-100 tenure=12+", "0 of 1", "20.00"),
    ],
)
async def test_bands_are_asked_for_as_any_segment(
    company: Database, words: str, stayed: str, opening: str
) -> None:
    told = await answer(company, f"2026-10 {words}")

    assert f"({stayed} stayed)" in told
    assert f"of MRR {opening} EUR at the start" in told


async def test_a_band_that_is_none_is_answered_with_those_there_are(company: Database) -> None:
    assert "There is 3-11, 0-2, 12+" in await answer(company, "2026-10 tenure=3")
    assert "There is tenure, size" in await answer(company, "2026-10 tenur=3")


async def test_currencies_without_rates_are_named_and_the_figure_is_told(
    company: Database,
) -> None:
    await believe(
        company,
        paying("acme", LONG_AGO, (LONG_AGO, None, 500_00000, "EUR")),
        paying("globex", LONG_AGO, (LONG_AGO, None, 20_00000, "USD")),
    )

    told = await answer(company, "2026-10")
    by_size = await answer(company, "2026-10 size=none")
    rates = Definition(rates=(("EUR", 1.0), ("USD", 0.5)))

    assert "CRR 100 % (2 of 2 stayed)" in told
    assert "Revenue comes in EUR and USD, which can't be added up" in told
    assert "can't be added up" in await answer(company, "explain 2026-10")
    assert "Customers have no size. Revenue comes in EUR and USD" in by_size
    assert "of MRR 510.00 EUR at the start" in await answer(company, "2026-10", rates)


def with_terms(id: str, *ends: tuple[int, int, int], until: int | None = None, plan: str) -> Known:
    terms = tuple(day_number(date(*end)) for end in ends)
    return Known(id, id.title(), ((LONG_AGO, until),), {"plan": plan}, terms=terms)


@pytest.fixture
async def contracts(database: Database) -> Database:
    await believe(
        database,
        with_terms("acme", (2026, 10, 9), plan="pro"),
        with_terms("globex", (2026, 10, 9), until=LEFT, plan="pro"),
        with_terms("hooli", (2026, 12, 1), until=LEFT, plan="free"),
        with_terms("stark", plan="free"),
    )
    return database


@pytest.mark.parametrize(
    ("words", "told"),
    [
        (
            "2026-10",
            "Of the 2 whose term ended, 1 renewed (50.0 %); 1 left in the middle of a"
            " term; 1 has no known term.",
        ),
        ("2026-10 plan=pro", "Of the 2 whose term ended, 1 renewed (50.0 %)."),
        ("2026-09", "No term ended, so nobody was to renew; 1 has no known term."),
        (
            "explain 2026-10",
            "Did not renew (1): Globex\nLeft in the middle of a term (1): Hooli",
        ),
        ("explain 2026-10 plan=pro", "Did not renew (1): Globex\nBy counts alone"),
    ],
)
async def test_who_could_have_left_is_told_beside_the_figure(
    contracts: Database, words: str, told: str
) -> None:
    assert told in await answer(contracts, words)


async def test_a_term_that_was_not_known_then_is_none_of_then(contracts: Database) -> None:
    later = NOON + timedelta(days=1)
    await believe(contracts, with_terms("acme", plan="pro"), now=later)

    now, then = (
        await answer(contracts, "2026-10"),
        await answer(contracts, "2026-10 known=2026-11-16"),
    )

    assert "whose term ended" not in now
    assert "Of the 2 whose term ended" in then


def buying(id: str, *days: date, plan: str = "pro") -> Known:
    bought = tuple(map(day_number, days))
    return Known(id, id.title(), ((bought[0], bought[-1] + 90),), {"plan": plan}, purchases=bought)


@pytest.fixture
async def shop(database: Database) -> Database:
    await believe(
        database,
        buying("acme", date(2026, 1, 1), date(2026, 4, 1)),
        buying("globex", date(2026, 1, 1), date(2026, 4, 2), plan="free"),
        buying("hooli", date(2026, 1, 1), plan="free"),
        buying("stark", date(2026, 11, 1), date(2026, 11, 2)),
    )
    return database


@pytest.mark.parametrize(
    ("words", "told"),
    [
        (
            "lifetime",
            "Of 4 customers who bought, 3 bought again on another day (75.0 %).\nWithin 90 days of"
            " the first purchase it was 1 of 3 (33.3 %); 1 first bought too lately to tell.",
        ),
        (
            "lifetime plan=free",
            "Of 2 customers who bought, 1 bought again on another day (50.0 %).\nWithin 90 days of"
            " the first purchase it was 0 of 2 (0 %).",
        ),
    ],
)
async def test_a_shop_is_told_who_buys_again(shop: Database, words: str, told: str) -> None:
    assert told in await answer(shop, words)


async def test_who_tells_no_purchases_is_told_nothing_of_them(company: Database) -> None:
    assert "bought" not in await answer(company, "lifetime")


async def test_what_cohorts_pay_is_followed(company: Database) -> None:
    told = await answer(company, "cohort year revenue")
    of_small = await answer(company, "cohort by quarter revenue size=0-100")

    assert "2025: 2 joined, MRR 520.00 EUR" in told
    assert "July to September 2026: 1 joined, MRR 50.00 EUR" in of_small


async def test_what_cohorts_pay_in_several_currencies_needs_their_rates(company: Database) -> None:
    await believe(
        company,
        paying("acme", LONG_AGO, (LONG_AGO, None, 500_00000, "EUR")),
        paying("globex", LONG_AGO, (LONG_AGO, None, 20_00000, "USD")),
    )
    rates = Definition(rates=(("EUR", 1.0), ("USD", 0.5)))

    refused = await answer(company, "cohort year revenue")
    told = await answer(company, "cohort year revenue", rates)

    assert refused.startswith("Revenue comes in EUR and USD, which can't be added up")
    assert "2025: 2 joined, MRR 510.00 EUR" in told
    assert "2025: 2 joined" in await answer(company, "cohort year"), "who is there needs no rates"


async def test_cohorts_of_a_source_without_amounts_have_no_revenue(contracts: Database) -> None:
    assert await answer(contracts, "cohort revenue") == (
        "The source tells no amounts, so what cohorts pay is not known."
    )
