"""What is paid again and again, as files, queries and HubSpot say it."""

import sqlite3
from datetime import date
from decimal import Decimal
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st
from pydantic import ValidationError

from integrations import csv, hubspot, sql
from integrations.errors import BadRecord
from integrations.records import DatedStay, Present, Record
from integrations.rows import number
from tests.integrations.recordings import records


def source(path: Path, **section: Any) -> csv.Settings:
    section = {"amount": "price", "currency": "EUR", "evidence": "stays", **section}
    return csv.Settings.model_validate({"kind": "csv", "name": "shop", "path": path, **section})


async def read(folder: Path, content: str, **section: Any) -> list[Record]:
    path = folder / "customers.csv"
    path.write_text(content)
    return await records(source(path, **section))


async def paid(folder: Path, content: str, **section: Any) -> list[tuple[Decimal | None, str]]:
    got = await read(folder, content, **section)
    return [(r.monthly, r.currency) for r in got if isinstance(r, DatedStay | Present)]


async def refusal(folder: Path, content: str, **section: Any) -> str:
    with pytest.raises(BadRecord) as caught:
        await read(folder, content, **section)
    return str(caught.value)


STAYS = "customer,since,until,price\n"


async def test_a_row_says_what_was_paid_in_its_days(tmp_path: Path) -> None:
    got = await read(tmp_path, STAYS + "7,2026-01-01,2026-03-01,12.50\n7,2026-03-01,,15\n")

    assert got == [
        DatedStay(
            "7", "7", date(2026, 1, 1), date(2026, 3, 1), {}, "line 2", Decimal("12.50"), "EUR"
        ),
        DatedStay("7", "7", date(2026, 3, 1), None, {}, "line 3", Decimal(15), "EUR"),
    ]


async def test_a_list_of_today_says_what_is_paid_now(tmp_path: Path) -> None:
    content = "customer,price,money\n1,9.90,usd\n2,,\n3,0,EUR\n"

    got = await paid(tmp_path, content, evidence="today", currency="money")

    assert got == [(Decimal("9.90"), "USD"), (None, ""), (Decimal(0), "EUR")]


async def test_a_years_price_is_shared_out_over_its_months(tmp_path: Path) -> None:
    [(monthly, _)] = await paid(tmp_path, STAYS + "7,2026-01-01,,100\n", every="year")

    assert monthly is not None
    assert round(monthly * 12, 20) == 100


async def test_the_currency_is_looked_for_under_our_own_word(tmp_path: Path) -> None:
    content = "customer,since,until,price,currency\n7,2026-01-01,,5,SEK\n"

    assert await paid(tmp_path, content, currency=None) == [(Decimal(5), "SEK")]


async def test_a_column_may_be_named_by_its_position(tmp_path: Path) -> None:
    content = "customer,since,until,CUR,price\n7,2026-01-01,,SEK,5\n"

    assert await paid(tmp_path, content, currency=4, amount=5) == [(Decimal(5), "SEK")]


async def test_a_column_called_amount_is_not_taken_for_revenue(tmp_path: Path) -> None:
    content = "customer,since,until,amount,currency\n7,2026-01-01,,5,SEK\n"

    got = await paid(tmp_path, content, amount=None, currency=None)

    assert got == [(None, "")]


@pytest.mark.parametrize("amount", ["-5", "5 EUR", "1,234", "1e3", "NaN", "free", "1.2.3"])
async def test_an_amount_that_is_none_is_told_with_its_line(tmp_path: Path, amount: str) -> None:
    told = await refusal(tmp_path, STAYS + f'1,2026-01-01,,5\n7,2026-01-01,,"{amount}"\n')

    assert told == (
        f'shop: customers.csv line 3, column "price": "{amount}" is not an amount like 1234.50;'
        " mend the line"
    )


async def test_who_pays_nothing_needs_no_currency(tmp_path: Path) -> None:
    content = "customer,since,until,price,currency\n7,2026-01-01,,0,\n"

    assert await paid(tmp_path, content, currency=None) == [(Decimal(0), "")]


@pytest.mark.parametrize("currency", ["", "euro", "€"])
async def test_a_currency_that_is_none_is_told_with_its_line(tmp_path: Path, currency: str) -> None:
    content = f"customer,since,until,price,currency\n7,2026-01-01,,5,{currency}\n"

    told = await refusal(tmp_path, content, currency=None)

    assert told.startswith('shop: customers.csv line 2, column "currency": ')
    assert "is not a currency like EUR; mend the line, or set currency:" in told


async def test_columns_that_are_not_there_are_told(tmp_path: Path) -> None:
    assert 'no column "mrr"' in await refusal(tmp_path, STAYS, amount="mrr")
    assert 'no column "currency"' in await refusal(tmp_path, STAYS, currency=None)


@pytest.mark.parametrize(
    ("section", "why"),
    [
        ({"evidence": "purchases"}, "purchases has no amount"),
        ({"amount": None}, "name its column in amount: too"),
        ({"amount": None, "currency": None, "every": "year"}, "name its column in amount: too"),
        ({"every": "week"}, "'month' or 'year'"),
    ],
)
def test_settings_that_do_not_go_together_are_refused(section: dict[str, Any], why: str) -> None:
    with pytest.raises(ValidationError, match=why):
        source(Path("customers.csv"), **section)


@pytest.mark.parametrize(
    ("written", "meant"),
    [
        ("1234", "1234"),
        (" 1234.5 ", "1234.5"),
        ("1234,50", "1234.50"),
        ("1,234.50", "1234.50"),
        ("1.234,5", "1234.5"),
        ("1 234 567,89", "1234567.89"),
        ("1\u202f234,89", "1234.89"),
        ("12'345.67", "12345.67"),
        ("-1.234,50", "-1234.50"),
        ("0,005", None),
        ("1,234,567", None),
        ("1,234,56", None),
        ("12,34.56", None),
        ("1.234.567,89", "1234567.89"),
        ("1,23.45", None),
        ("٣", None),
        ("", None),
        ("1_000", None),
        ("0x10", None),
        (7, "7"),
        (7.1, "7.1"),
        (Decimal("7.10"), "7.10"),
        (True, None),
        (None, None),
        (float("nan"), None),
        (b"7", None),
    ],
)
def test_numbers_as_people_write_them(written: object, meant: str | None) -> None:
    assert number(written) == (None if meant is None else Decimal(meant))


@given(st.decimals(0, 10**9, places=2))
def test_a_number_reads_the_same_however_it_is_grouped(amount: Decimal) -> None:
    english = f"{amount:,.2f}"
    german = english.translate(str.maketrans(",.", ".,"))

    assert number(english) == number(german) == number(f"{amount:.2f}") == amount


async def test_a_database_tells_numbers_of_its_own(tmp_path: Path) -> None:
    connection = sqlite3.connect(tmp_path / "crm.db")
    connection.execute("CREATE TABLE c (id INTEGER, price NUMERIC, money TEXT)")
    connection.executemany(
        "INSERT INTO c VALUES (?, ?, ?)", [(1, 9.9, "EUR"), (2, 12, "USD"), (3, None, None)]
    )
    connection.commit()
    connection.close()
    settings = sql.Settings.model_validate(
        {
            "kind": "sql",
            "url": f"sqlite:///{tmp_path}/crm.db",
            "query": "SELECT id, price, money FROM c ORDER BY id",
            "evidence": "today",
            "customer": "id",
            "amount": "price",
            "currency": "money",
        }
    )

    got = [r for r in await records(settings) if isinstance(r, Present)]

    assert [(r.monthly, r.currency) for r in got] == [
        (Decimal("9.9"), "EUR"),
        (Decimal(12), "USD"),
        (None, ""),
    ]


def company(told: str | None, **section: Any) -> Present:
    settings = hubspot.Settings.model_validate(
        {"kind": "hubspot", "token": "pat-1", "amount": "mrr", "currency": "EUR", **section}
    )
    row = hubspot._Company(id="512", properties={"name": "Acme", "mrr": told})
    return hubspot.to_present(row, settings)


class TestHubSpot:
    @pytest.mark.parametrize(
        ("told", "every", "monthly"),
        [("99.5", "month", "99.5"), ("120", "year", "10"), ("0", "month", "0")],
    )
    def test_tells_what_a_company_pays(self, told: str, every: str, monthly: str) -> None:
        found = company(told, every=every)

        assert (found.monthly, found.currency) == (Decimal(monthly), "EUR")

    @pytest.mark.parametrize("told", [None, ""])
    def test_may_not_know(self, told: str | None) -> None:
        found = company(told)

        assert (found.monthly, found.currency) == (None, "")

    @pytest.mark.parametrize("told", ["-5", "much", "NaN"])
    def test_holds_no_amount(self, told: str) -> None:
        with pytest.raises(BadRecord, match="company 512: the field named in amount:") as caught:
            company(told)
        assert told not in str(caught.value)

    def test_is_asked_for_the_property(self) -> None:
        settings = hubspot.Settings.model_validate(
            {"kind": "hubspot", "token": "p", "amount": "mrr", "currency": "EUR", "since": None}
        )

        assert "mrr" in str(hubspot.question(settings, above=0)["properties"])

    @pytest.mark.parametrize("section", [{"currency": None}, {"amount": None}])
    def test_needs_both_or_neither(self, section: dict[str, Any]) -> None:
        with pytest.raises(ValidationError, match="set both, or neither"):
            company("5", **section)
