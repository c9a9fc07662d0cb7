"""What is known of one customer."""

from dataclasses import replace
from datetime import date

import numpy as np

from bot.domain.accounts import portrait
from bot.domain.columns import FOREVER, PARTS, Revenue
from bot.domain.period import day_number
from tests.domain.companies import Company, columns_of, dimension_of

NOW = date(2026, 11, 16)


def test_since_when_and_what_they_are_is_of_the_day() -> None:
    company: Company = {
        1: [(date(2024, 1, 1), date(2025, 1, 1)), (date(2026, 2, 1), None)],
        2: [(date(2024, 1, 1), NOW)],
    }
    plans = dimension_of(
        [(1, date(2024, 1, 1), "free"), (1, date(2026, 5, 1), "pro"), (2, date(2024, 1, 1), "x")]
    )
    columns = columns_of(company, dimensions={"plan": plans}, known_to=NOW)

    assert portrait(columns, 1, NOW).since == date(2026, 2, 1)
    assert portrait(columns, 1, NOW).fields == {"plan": "pro"}
    assert portrait(columns, 1, NOW).until is None
    assert portrait(columns, 1, date(2026, 4, 1)).fields == {"plan": "free"}
    assert portrait(columns, 1, date(2025, 6, 1)).until == date(2025, 1, 1)
    assert portrait(columns, 2, NOW).until == NOW
    assert portrait(columns, 1, NOW).revenue == {}


def test_who_was_never_a_customer_has_no_day() -> None:
    columns = columns_of({1: [(date(2026, 12, 1), None)]}, known_to=NOW)

    assert portrait(columns, 1, NOW).since is None
    assert portrait(columns, 9, NOW).since is None
    assert portrait(columns, 9, NOW).until is None


def test_what_they_pay_is_what_covers_the_day_by_currency() -> None:
    columns = columns_of({1: [(date(2024, 1, 1), None)]}, known_to=NOW)
    day = day_number(NOW)
    rows = [
        (0, day - 9, day, 100, 0),
        (1, day, int(FOREVER), 40, 0),
        (1, day - 5, day + 1, 2, 0),
        (1, day - 5, day + 1, 3, 1),
        (1, day - 5, day, 1000, 0),
        (1, day + 1, int(FOREVER), 1000, 0),
        (2, day - 5, int(FOREVER), 1000, 0),
    ]
    customer, since, until, amount, currency = np.array(rows, np.int64).T
    paid = Revenue(
        customer.astype(np.int32),
        since.astype(np.int32),
        until.astype(np.int32),
        amount * PARTS,
        currency.astype(np.int32),
        ("EUR", "USD"),
    )

    assert portrait(replace(columns, revenue=paid), 1, NOW).revenue == {"EUR": 42, "USD": 3}
