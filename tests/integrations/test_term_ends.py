"""When terms end, as files, queries and Stripe say it."""

import sqlite3
from datetime import UTC, date, datetime
from pathlib import Path
from typing import Any

import pytest
from pydantic import ValidationError

from integrations import csv, sql
from integrations.errors import BadRecord
from integrations.records import DatedStay, Moment, Present
from integrations.rows import Header, Reader
from tests.integrations.recordings import records
from tests.integrations.test_stripe import price, stays


def settings(path: Path, **section: Any) -> csv.Settings:
    section = {"evidence": "stays", "term_ends": "renews", **section}
    return csv.Settings.model_validate({"kind": "csv", "name": "crm", "path": path, **section})


async def ends(folder: Path, content: str, **section: Any) -> list[list[Moment]]:
    path = folder / "customers.csv"
    path.write_text(content)
    got = await records(settings(path, **section))
    return [list(r.term_ends) for r in got if isinstance(r, DatedStay | Present)]


async def test_a_column_tells_the_day_or_several_or_none(tmp_path: Path) -> None:
    content = (
        "customer,since,until,renews\n"
        "1,2025-01-01,,2026-01-01\n"
        "2,2025-01-01,,2026-01-01; 2027-01-01|2028-01-01;\n"
        "3,2025-01-01,,\n"
        "4,2025-01-01,,9999-12-31\n"
    )

    assert await ends(tmp_path, content) == [
        [date(2026, 1, 1)],
        [date(2026, 1, 1), date(2027, 1, 1), date(2028, 1, 1)],
        [],
        [],
    ]


async def test_several_columns_of_todays_list_each_tell_a_day(tmp_path: Path) -> None:
    content = "id,last,next\n1,01/02/2026,01/02/2027\n2,,01/03/2027\n"

    found = await ends(
        tmp_path,
        content,
        evidence="today",
        customer="id",
        term_ends=["last", 3],
        dates="%d/%m/%Y",
    )

    assert found == [[date(2026, 2, 1), date(2027, 2, 1)], [date(2027, 3, 1)]]


async def test_no_column_is_looked_for_that_is_not_named(tmp_path: Path) -> None:
    content = "customer,since,until,term_ends\n1,2025-01-01,,2026-01-01\n"

    assert await ends(tmp_path, content, term_ends=None) == [[]]


@pytest.mark.parametrize(
    ("cell", "why"),
    [
        ("soon", '"renews": "soon" is not a date like 2026-10-31'),
        ("2026-01-01; 2o27-01-01", '"2o27-01-01" is not a date like 2026-10-31'),
        ("2026-01-01T09:00:00", "is a time without a zone"),
        ("1026-01-01", "is not in the years 1900 to 2199"),
    ],
)
async def test_a_day_that_is_none_is_refused_with_its_line(
    tmp_path: Path, cell: str, why: str
) -> None:
    with pytest.raises(BadRecord, match="line 2, column") as refused:
        await ends(tmp_path, f"customer,since,until,renews\n1,2025-01-01,,{cell}\n")

    assert why in str(refused.value)


def test_purchases_have_no_terms(tmp_path: Path) -> None:
    with pytest.raises(ValidationError, match="purchases has no term_ends"):
        settings(tmp_path, evidence="purchases")


async def test_a_query_gives_days_as_it_has_them(tmp_path: Path) -> None:
    path = tmp_path / "crm.db"
    with sqlite3.connect(path) as database:
        database.execute("CREATE TABLE crm (customer, since, until, renews)")
        database.execute("INSERT INTO crm VALUES (1, '2025-01-01', NULL, '2026-01-01')")
    source = sql.Settings.model_validate(
        {
            "kind": "sql",
            "name": "crm",
            "url": f"sqlite:///{path}",
            "query": "SELECT * FROM crm",
            "evidence": "stays",
            "term_ends": "renews",
        }
    )

    [found] = await records(source)

    assert isinstance(found, DatedStay)
    assert list(found.term_ends) == [date(2026, 1, 1)]


def test_a_database_may_give_a_list(tmp_path: Path) -> None:
    header = Header("crm", 4, ["customer", "since", "until", "renews"])
    days = [date(2026, 1, 1), None, date(2027, 1, 1)]

    [found] = Reader(settings(tmp_path), header).records(
        [("row 1", [7, date(2025, 1, 1), None, days])]
    )

    assert isinstance(found, DatedStay)
    assert list(found.term_ends) == [date(2026, 1, 1), date(2027, 1, 1)]


def at(*day: int) -> int:
    return int(datetime(day[0], day[1], day[2], 9, 30, tzinfo=UTC).timestamp())


def every(interval: str, count: int = 1) -> dict[str, Any]:
    return price(recurring={"interval": interval, "interval_count": count})


def stripe_ends(*items: dict[str, Any], **row: Any) -> list[str]:
    row = {"start_date": at(2024, 2, 29), "billing_cycle_anchor": at(2024, 2, 29), **row}
    return [
        str(end)[:10]
        for stay in stays(items={"data": list(items)}, **row)
        for end in stay.term_ends
    ]


@pytest.mark.parametrize(
    ("interval", "reached", "expected"),
    [
        (every("year"), (2026, 2, 28), ["2025-02-28", "2026-02-28"]),
        (every("year", 2), (2026, 2, 28), ["2026-02-28"]),
        (every("month", 6), (2025, 2, 28), ["2024-08-29", "2025-02-28"]),
        (every("month", 3), (2024, 8, 29), ["2024-05-29", "2024-08-29"]),
        (every("week", 26), (2024, 8, 29), ["2024-08-29"]),
        (every("day", 32), (2024, 4, 1), ["2024-04-01"]),
        (every("month"), (2024, 8, 29), []),
        (every("week"), (2024, 8, 29), []),
        (every("day", 31), (2024, 8, 29), []),
    ],
)
def test_a_price_for_longer_than_a_month_has_terms(
    interval: dict[str, Any], reached: tuple[int, ...], expected: list[str]
) -> None:
    assert stripe_ends(interval, current_period_end=at(*reached)) == expected


def test_of_several_prices_the_longest_term_counts() -> None:
    found = stripe_ends(every("month"), every("year"), current_period_end=at(2025, 2, 28))

    assert found == ["2025-02-28"]


def test_plans_of_older_accounts_have_terms_too() -> None:
    plan = {"plan": {"id": "gold", "amount": 900, "interval": "year", "interval_count": None}}

    assert stripe_ends(plan, current_period_end=at(2025, 2, 28)) == ["2025-02-28"]


def test_a_period_that_only_its_items_tell_is_one() -> None:
    assert stripe_ends({**every("year"), "current_period_end": at(2025, 2, 28)}) == ["2025-02-28"]


def test_without_the_end_of_a_period_nothing_is_invented() -> None:
    assert stripe_ends(every("year")) == []


def test_terms_begin_when_the_trial_is_over() -> None:
    found = stripe_ends(
        every("year"),
        trial_end=at(2024, 3, 31),
        billing_cycle_anchor=at(2024, 3, 31),
        current_period_end=at(2025, 3, 31),
    )

    assert found == ["2025-03-31"]


@pytest.mark.parametrize("ended", [(2025, 6, 1), (2026, 2, 28)])
def test_who_was_ended_inside_a_term_is_told_with_its_end(ended: tuple[int, ...]) -> None:
    found = stripe_ends(
        every("year"),
        status="canceled",
        ended_at=at(*ended),
        current_period_end=at(2026, 2, 28),
    )

    assert found == ["2025-02-28", "2026-02-28"]


def test_each_term_is_told_once_where_a_discount_makes_pieces_of_the_stay() -> None:
    coupon = {"duration": "repeating", "percent_off": 50}
    discount = {"coupon": coupon, "start": at(2024, 2, 29), "end": at(2025, 2, 28)}

    found = stripe_ends(every("year"), discounts=[discount], current_period_end=at(2026, 2, 28))

    assert found == ["2025-02-28", "2026-02-28"]
