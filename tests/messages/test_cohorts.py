"""Cohorts, as Slack shows them, as they are heard, and in letters."""

from dataclasses import replace
from datetime import date, timedelta

import numpy as np
import pytest

from bot.domain.cohorts import cohorts
from bot.domain.columns import FOREVER, PARTS, Columns, Revenue
from bot.domain.period import Kind
from bot.domain.revenue import RatesMissing
from bot.messages.blocks import Message
from bot.messages.cohorts import MONTHS, cohort_answer, cohorts_in_letters, no_revenue
from tests.domain.companies import columns_of
from tests.domain.reference import Stay
from tests.messages.conftest import Golden
from tests.messages.figures import DEFINITION, FRESH, FRIDAY, NASTY

TODAY = date(2026, 11, 20)


def growing(months: int, each: int) -> dict[int, list[Stay]]:
    """In each of the last months as many join; every third of them leaves after 100 days."""
    company: dict[int, list[Stay]] = {}
    for number in range(months):
        for one in range(each):
            since = date(2026 - (number + 1) // 12, 12 - (number + 1) % 12, one % 20 + 1)
            until = since + timedelta(days=100) if one % 3 == 2 else None
            company[len(company)] = [(since, until)]
    return company


ONE: dict[int, list[Stay]] = {1: [(date(2026, 8, 9), date(2026, 10, 5))]}
WON_BACK = {
    **growing(3, 40),
    200: [(date(2026, 9, 2), date(2026, 9, 9)), (date(2026, 10, 9), None)],
}


def answer(
    columns: Columns, by: Kind = Kind.MONTH, *, today: date = TODAY, **also: object
) -> Message:
    found = cohorts(columns, by=by, months=MONTHS[by], today=today, definition=DEFINITION)
    return cohort_answer(found, **{"freshness": FRESH, "definition": DEFINITION, **also})  # type: ignore[arg-type]


def letters(columns: Columns, by: Kind = Kind.MONTH, *, months: int = 12) -> str:
    found = cohorts(columns, by=by, months=months, today=TODAY, definition=DEFINITION)
    return cohorts_in_letters(found, freshness=FRESH, definition=DEFINITION)


SEEN_FROM = date(2026, 8, 16)
PRESENCE = columns_of(
    {
        **{number: [(SEEN_FROM, None)] for number in range(60)},
        **{100 + number: [(date(2026, 9, 5), None)] for number in range(4)},
        200: [(date(2026, 8, 20), None)],
    },
    known_from=SEEN_FROM,
    known_to=date(2026, 11, 19),
)

CASES = {
    "cohorts": answer(columns_of(growing(18, 40))),
    "cohorts-by-quarter": answer(columns_of(growing(40, 12)), Kind.QUARTER),
    "cohorts-by-year": answer(columns_of(growing(40, 12)), Kind.YEAR),
    "cohorts-long": answer(columns_of(growing(200, 31)), Kind.YEAR),
    "cohorts-nobody": answer(columns_of({}), freshness=None),
    "cohorts-one-customer": answer(columns_of(ONE)),
    "cohorts-too-recent": answer(columns_of({1: [(date(2026, 11, 9), None)]})),
    "cohorts-presence": answer(PRESENCE),
    "cohorts-presence-first-pull": answer(
        replace(PRESENCE, known_to=PRESENCE.known_from), today=SEEN_FROM
    ),
    "cohorts-segment-of-the-past": answer(
        columns_of(growing(3, 40)), segment=[("plan", "pro"), ("x", NASTY)], known_at=FRIDAY
    ),
}


def paying(company: dict[int, list[Stay]], *, rising: bool = True) -> Columns:
    """All pay 10 a month; every second of them 15 from 70 days after they joined on."""
    columns = columns_of(company)
    customers = np.unique(columns.customer)
    first = columns.since[np.searchsorted(columns.customer, customers)]
    later = first + 70
    rises = (customers % 2 == 0) & rising
    revenue = Revenue(
        customer=np.repeat(customers, 2),
        since=np.stack((first, later), axis=1).reshape(-1),
        until=np.stack((later, np.full(len(later), FOREVER)), axis=1).reshape(-1),
        amount=np.stack((np.full(len(first), 10 * PARTS), np.where(rises, 15, 10) * PARTS), axis=1)
        .reshape(-1)
        .astype(np.int64),
        currency=np.zeros(2 * len(customers), np.int32),
        currencies=("EUR",),
    )
    return replace(columns, revenue=revenue)


CASES |= {
    "cohorts-revenue": answer(paying(growing(18, 40)), revenue=True),
    "cohorts-revenue-by-quarter": answer(paying(growing(40, 12)), Kind.QUARTER, revenue=True),
    "cohorts-revenue-one-customer": answer(paying(ONE), revenue=True),
    "cohorts-revenue-too-recent": answer(paying({1: [(date(2026, 11, 9), None)]}), revenue=True),
    "cohorts-revenue-just-joined": answer(
        paying({1: [(date(2026, 10, 9), None)]}), revenue=True, segment=[("plan", NASTY)]
    ),
    "cohorts-revenue-no-amounts": no_revenue(None),
    "cohorts-revenue-no-rates": no_revenue(RatesMissing(("USD",), "Rates of <USD> & co.")),
}


@pytest.mark.parametrize("name", CASES)
def test_looks_as_it_did(name: str, golden: Golden) -> None:
    golden(name, CASES[name])


@pytest.mark.parametrize("name", CASES)
def test_every_share_of_the_table_is_in_the_text_and_in_the_fallback(name: str) -> None:
    message = CASES[name]
    tables = [block for block in message.blocks if block["type"] == "table"]
    fallback = str(message.fallback)
    for table in tables:
        for row in table["rows"][1:-1]:
            for cell in row[2:]:
                assert cell["text"] == "-" or cell["text"] in message.text
                assert cell["text"] == "-" or cell["text"] in fallback


def test_the_twelve_newest_are_shown_and_all_are_counted() -> None:
    message = CASES["cohorts"]
    [table] = [block for block in message.blocks if block["type"] == "table"]
    labels = [row[0]["text"] for row in table["rows"]]

    assert labels[0] == "Joined in"
    assert labels[1:-1] == [
        *["Dec 2025", "Jan 2026", "Feb 2026", "Mar 2026", "Apr 2026", "May 2026"],
        *["Jun 2026", "Jul 2026", "Aug 2026", "Sep 2026", "Oct 2026", "Nov 2026 so far"],
    ]
    assert labels[-1] == "All 18"
    assert "Of 720 customers in 18 cohorts" in message.text
    assert "newest 12 of 18" in message.text


def test_an_age_that_lies_ahead_is_no_share() -> None:
    """Who joined in October is on 20 November of age 0, and who joins now of none."""
    lines = letters(columns_of(growing(3, 40))).splitlines()

    [september] = [line for line in lines if line.startswith("Sep 2026")]
    [october] = [line for line in lines if line.startswith("Oct 2026")]
    [november] = [line for line in lines if line.startswith("Nov 2026 so far")]
    assert (september.count("%"), october.count("%"), november.count("%")) == (2, 1, 0)


def test_the_last_row_is_weighed_by_customers() -> None:
    """Of 60 who joined in August 30 are there at its end, of the 3 of September all: 33 of 63."""
    company: dict[int, list[Stay]] = {
        number: [(date(2026, 8, 5), date(2026, 8, 20) if number % 2 else None)]
        for number in range(60)
    }
    company |= {100 + number: [(date(2026, 9, 5), None)] for number in range(3)}

    lines = letters(columns_of(company)).splitlines()

    [together] = [line.split() for line in lines if line.startswith("All 2")]
    assert together[2:5] == ["63", "52.4", "%"]


def test_few_are_told_with_their_count_and_many_are_not() -> None:
    lines = letters(PRESENCE).splitlines()
    large = letters(columns_of(growing(3, 40)))

    [september] = [line for line in lines if line.startswith("Sep 2026")]
    assert september.split()[2:] == ["4", "100", "%", "(4)", "100", "%", "(4)"]
    assert "(" not in "".join(line for line in large.splitlines() if "2026 " in line[:9])


def test_who_joined_before_it_was_known_who_joins_is_told() -> None:
    """August was seen from its 16th on, so even the one who joined on the 20th is in no cohort."""
    assert "61 customers are in no cohort" in letters(PRESENCE)


def test_cohorts_without_anybody_take_no_room() -> None:
    company = {1: [(date(2024, 1, 9), None)], 2: [(date(2026, 9, 9), None)]}
    lines = letters(columns_of(company)).splitlines()

    assert [line[:8] for line in lines if line[:3] in ("Jan", "Feb", "Sep", "Oct")] == [
        "Jan 2024",
        "Sep 2026",
    ]


def test_who_came_back_counts_again() -> None:
    lines = letters(columns_of(WON_BACK)).splitlines()

    [september] = [line for line in lines if line.startswith("Sep 2026")]
    assert september.split()[2:] == ["41", "97.6", "%", "100", "%"]


def test_a_company_of_many_years_stays_within_slack_s_width() -> None:
    for name in ("cohorts", "cohorts-by-quarter", "cohorts-long"):
        [table] = [block for block in CASES[name].blocks if block["type"] == "table"]
        assert len(table["rows"]) <= 14
        assert {len(row) for row in table["rows"]} <= set(range(3, 10))


@pytest.mark.parametrize(
    ("by", "months", "ages"),
    [
        (Kind.MONTH, 2, [0, 1, 2]),
        (Kind.MONTH, 12, [0, 1, 2, 3, 6, 9, 12]),
        (Kind.QUARTER, 7, [0, 3, 6]),
        (Kind.QUARTER, 40, [0, 3, 6, 9, 12, 18, 24, 36]),
        (Kind.YEAR, 11, [0]),
        (Kind.YEAR, 96, [0, 12, 24, 36, 48, 60, 72, 84, 96]),
    ],
)
def test_ages_are_whole_periods_and_farther_apart_later(
    by: Kind, months: int, ages: list[int]
) -> None:
    heading = letters(columns_of(growing(200, 2)), by, months=months).splitlines()[2]

    assert [int(word) for word in heading.split() if word.isdigit()] == ages


def test_a_share_is_never_rounded_to_all_or_nothing() -> None:
    company: dict[int, list[Stay]] = {number: [(date(2026, 8, 5), None)] for number in range(5_000)}
    company[0] = [(date(2026, 8, 5), date(2026, 8, 9))]

    assert "99.9 % were there" in letters(columns_of(company))


def test_nobody_is_told_by_a_sentence_and_no_table() -> None:
    text = letters(columns_of({}, known_from=SEEN_FROM))

    assert "Nobody has joined yet" in text
    assert "%" not in text
    assert all(block["type"] != "table" for block in CASES["cohorts-nobody"].blocks)


def test_nobody_new_is_not_nobody() -> None:
    """All were there on the first day; who would have joined since then would be known."""
    there = columns_of({1: [(SEEN_FROM, None)]}, known_from=SEEN_FROM, known_to=TODAY)

    assert "Nobody has first joined since 1 Sep 2026" in letters(there)
    assert "1 customer is in no cohort" in letters(there)
