"""A query on a database: SQLite on disk, and PostgreSQL from its own package."""

import sqlite3
import traceback
from collections.abc import Iterator
from datetime import UTC, date, datetime
from pathlib import Path
from typing import Any

import psycopg
import pytest
import sqlalchemy
from pydantic import ValidationError

from integrations import sql
from integrations.errors import (
    BadRecord,
    CredentialsRejected,
    IntegrationError,
    SourceUnavailable,
)
from integrations.records import DatedStay, Present, Purchase, Record
from tests.integrations.recordings import pages, records


def source(url: str, query: str, **section: Any) -> sql.Settings:
    return sql.Settings.model_validate(
        {"kind": "sql", "name": "warehouse", "url": url, "query": query, **section}
    )


def sqlite(folder: Path, script: str = "") -> str:
    """The URL of a database made by the script."""
    path = folder / "warehouse.db"
    connection = sqlite3.connect(path)
    connection.executescript(script)
    connection.close()
    return f"sqlite:///{path}"


async def ask(folder: Path, query: str, **section: Any) -> list[Record]:
    return await records(source(sqlite(folder), query, **{"evidence": "today", **section}))


# What a row is


async def test_a_row_is_a_stay_with_its_dates(tmp_path: Path) -> None:
    query = """
        SELECT 7 AS customer, 'Acme' AS name, '2024-02-29' AS since, NULL AS until, 'pro' AS plan
        UNION ALL SELECT 8, NULL, '2024-02-29', '2024-03-01', NULL
    """

    assert await ask(tmp_path, query, evidence="stays", fields=["plan"]) == [
        DatedStay("7", "Acme", date(2024, 2, 29), None, {"plan": "pro"}, "row 1"),
        DatedStay("8", "8", date(2024, 2, 29), date(2024, 3, 1), {}, "row 2"),
    ]


async def test_columns_are_named_by_the_settings_or_counted(tmp_path: Path) -> None:
    query = "SELECT 'a' AS id, 'Acme' AS title, 20241231 AS d"

    got = await ask(
        tmp_path, query, evidence="purchases", customer=1, customer_name="TITLE", on="d",
        dates="%Y%m%d",
    )  # fmt: skip

    assert got == [Purchase("a", "Acme", date(2024, 12, 31), {}, "row 1")]


async def test_no_rows_are_no_customers(tmp_path: Path) -> None:
    assert await ask(tmp_path, "SELECT 1 AS customer WHERE 0") == []


async def test_many_rows_come_in_pages(tmp_path: Path) -> None:
    many = f"""
        WITH RECURSIVE numbers(customer) AS
        (SELECT 1 UNION ALL SELECT customer + 1 FROM numbers WHERE customer < {2 * sql.ROWS + 1})
        SELECT customer FROM numbers;
    """

    got = await pages(source(sqlite(tmp_path), many, evidence="today"))

    assert [len(page.records) for page in got] == [sql.ROWS, sql.ROWS, 1]
    assert got[-1].records == [Present(str(2 * sql.ROWS + 1), str(2 * sql.ROWS + 1),
                                       place=f"row {2 * sql.ROWS + 1}")]  # fmt: skip


async def test_percent_signs_and_colons_are_what_they_are(tmp_path: Path) -> None:
    [record] = await ask(tmp_path, "SELECT ' :a %s 100 % ' AS customer, '%(x)s' AS name")

    assert (record.customer, record.name) == (":a %s 100 %", "%(x)s")


# Only reads


@pytest.mark.parametrize(
    "query",
    [
        "SELECT 1",
        " select 1 ; ",
        "(SELECT 1)",
        "-- the customers;\nSELECT 1 /* ; */",
        "WITH x AS (SELECT 1) SELECT * FROM x",
        "WITH x AS (SELECT 'delete; me' AS \"update\") SELECT * FROM x",
    ],
)
def test_a_select_is_taken(query: str) -> None:
    assert source("sqlite://", query, evidence="today").query == query


@pytest.mark.parametrize(
    "query",
    [
        "",
        "DELETE FROM customers",
        "UPDATE x SET y = 1",
        "DROP TABLE customers",
        "SELECT 1; DROP TABLE customers",
        "WITH gone AS (DELETE FROM x RETURNING *) SELECT * FROM gone",
        "PRAGMA writable_schema = 1",
        "ATTACH 'x' AS y",
        "/* SELECT */ TRUNCATE x",
        "EXPLAIN SELECT 1",
    ],
)
def test_a_statement_that_does_more_than_read_is_refused(query: str) -> None:
    with pytest.raises(ValidationError, match="query"):
        source("sqlite://", query, evidence="today")


async def test_a_statement_that_hides_its_writing_is_stopped_by_the_database(
    tmp_path: Path,
) -> None:
    """To whom does not know SQLite's [brackets], the DELETE stands between quotes."""
    url = sqlite(tmp_path, "CREATE TABLE customers (id); INSERT INTO customers VALUES (1)")
    hidden = "WITH a AS (SELECT 1 AS [']) DELETE FROM customers WHERE id <> 'x'"
    with pytest.raises(BadRecord, match="attempt to write a readonly database"):
        await records(source(url, hidden, evidence="today"))


async def test_a_function_that_writes_is_stopped_by_the_database(warehouse: str) -> None:
    query = "SELECT nextval('hidden') AS customer"
    with pytest.raises(BadRecord, match="read-only"):
        await records(source(warehouse, query, evidence="today"))


# Mistakes


@pytest.mark.parametrize(
    ("query", "said"),
    [
        ("SELECT customer FROM nowhere", "no such table: nowhere"),
        ("SELECT plan AS customer", "no such column: plan"),
        ("SELECT FROM", "syntax error"),
        ("SELECT 1 AS id", 'the query has no column "customer"; it has id'),
        ("SELECT NULL AS customer", 'the query row 1, column "customer" is empty'),
        ("SELECT 1 AS customer UNION ALL SELECT 1", "row 2 has the same"),
    ],
)
async def test_a_query_that_does_not_fit_is_named(tmp_path: Path, query: str, said: str) -> None:
    with pytest.raises(BadRecord) as caught:
        await ask(tmp_path, query)

    assert str(caught.value).startswith("warehouse: ")
    assert said in str(caught.value)


@pytest.mark.parametrize(
    ("written", "said"),
    [
        ("'2026-13-01'", "is not a date"),
        ("20241231", "is not a date"),
        ("1e9", "is not a date"),
        ("x'00'", "is not a date"),
        ("'2026-10-25 02:30:00'", "set zone:"),
        ("NULL", "is empty"),
    ],
)
async def test_a_value_that_is_no_day_is_named(tmp_path: Path, written: str, said: str) -> None:
    with pytest.raises(BadRecord, match=r"row 1, column") as caught:
        await ask(tmp_path, f'SELECT 1 AS customer, {written} AS "on"', evidence="purchases")

    assert said in str(caught.value)


async def test_a_database_that_is_not_there_is_not_made(tmp_path: Path) -> None:
    missing = tmp_path / "missing.db"
    with pytest.raises(SourceUnavailable, match=str(missing)):
        await records(source(f"sqlite:///{missing}", "SELECT 1", evidence="today"))

    assert not missing.exists()


async def test_a_file_that_is_no_database_is_unavailable(tmp_path: Path) -> None:
    (tmp_path / "x.db").write_text("customer\n" * 200)
    with pytest.raises(SourceUnavailable, match="not a database"):
        await records(
            source(f"sqlite:///{tmp_path}/x.db", "SELECT * FROM sqlite_master", evidence="today")
        )


@pytest.mark.parametrize(
    ("url", "because"),
    [
        ("hushhush", "is not a URL"),
        ("", "is not a URL"),
        ("postgresql://user:hushhush@host:port/db", "is not a URL"),
        ("klingon://user:hushhush@host/db", "does not know"),
        ("mysql+aiomysql://user:hushhush@host/db", "install it"),
    ],
)
def test_a_url_that_leads_nowhere_is_refused_without_being_shown(url: str, because: str) -> None:
    with pytest.raises(ValidationError, match=because) as caught:
        source(url, "SELECT 1", evidence="today")

    assert "hushhush" not in "".join(traceback.format_exception(caught.value))


@pytest.mark.parametrize("password", ["hush/hush", "hush%20hush", "hush@hush"])
def test_what_a_database_says_is_told_without_the_password(password: str) -> None:
    url = sqlalchemy.URL.create("postgresql", "user", password, "host")

    told = sql._without_secrets(f"\n FATAL: no entry for {password} of user\nmore", url)

    assert told == "FATAL: no entry for *** of user"


ENDLESS = (
    "WITH RECURSIVE n(customer) AS (SELECT 1 UNION ALL SELECT customer + 1 FROM n)"
    " SELECT max(customer) AS customer FROM n"
)


async def test_a_query_without_an_end_is_given_up(tmp_path: Path) -> None:
    with pytest.raises(SourceUnavailable, match="longer than 1 seconds; make it quicker"):
        await ask(tmp_path, ENDLESS, longest=1)


@pytest.mark.parametrize("number", [3024, 1969])
def test_mysql_and_mariadb_say_by_number_that_a_query_took_too_long(number: int) -> None:
    said = RuntimeError(number, "Query execution was interrupted")

    assert sql._took_too_long(said)
    assert not sql._took_too_long(RuntimeError(1045, "Access denied"))


# PostgreSQL


@pytest.fixture(scope="module")
def warehouse(postgres: str) -> Iterator[str]:
    """A database of its own on the embedded server, and a user who may read one table of it."""
    url = postgres.replace("/postgres?", "/warehouse?", 1)
    with psycopg.connect(postgres, autocommit=True) as server:
        server.execute("CREATE DATABASE warehouse")
        server.execute("CREATE ROLE reader LOGIN PASSWORD 'hushhush'")
        with psycopg.connect(url, autocommit=True) as connection:
            connection.execute("CREATE SEQUENCE hidden")
            connection.execute("CREATE TABLE secrets (customer int)")
            connection.execute(
                "CREATE TABLE stays AS SELECT n AS customer, DATE '2024-02-29' AS since,"
                " TIMESTAMPTZ '2024-03-31 23:30+00' AS until, 'p' || n AS name"
                f" FROM generate_series(1, {2 * sql.ROWS + 1}) AS n"
            )
            connection.execute("GRANT SELECT ON stays TO reader")
        yield url
        server.execute("DROP DATABASE warehouse WITH (FORCE)")
        server.execute("DROP ROLE reader")


async def test_streams_from_postgres_with_its_own_types(warehouse: str) -> None:
    query = "SELECT *, '50 %' AS share FROM stays ORDER BY customer"

    got = await pages(source(warehouse, query, evidence="stays", fields=["share"]))

    assert [len(page.records) for page in got] == [sql.ROWS, sql.ROWS, 1]
    first = got[0].records[0]
    assert isinstance(first, DatedStay)
    assert first.until == datetime(2024, 3, 31, 23, 30, tzinfo=UTC)
    assert (first.customer, first.name, first.since) == ("1", "p1", date(2024, 2, 29))
    assert first.fields == {"share": "50 %"}


@pytest.mark.parametrize(
    ("query", "error", "said"),
    [
        ("SELECT * FROM nowhere", BadRecord, '"nowhere" does not exist'),
        ("SELECT FROM WHERE", BadRecord, "syntax error"),
        ("SELECT CAST(name AS int) AS customer FROM stays", BadRecord, "a value"),
    ],
)
async def test_postgres_says_no_in_our_words(
    warehouse: str, query: str, error: type[IntegrationError], said: str
) -> None:
    with pytest.raises(error) as caught:
        await records(source(warehouse, query, evidence="today"))

    assert said in str(caught.value)
    assert "p1" not in "".join(traceback.format_exception(caught.value)), "no customer's words"


async def test_a_table_that_our_user_may_not_read(warehouse: str) -> None:
    as_reader = warehouse.replace("postgres:@", "reader:hushhush@")
    with pytest.raises(CredentialsRejected, match="grant SELECT") as caught:
        await records(source(as_reader, "SELECT * FROM secrets", evidence="today"))

    assert "hushhush" not in "".join(traceback.format_exception(caught.value))


async def test_a_user_whom_the_database_does_not_know(warehouse: str) -> None:
    stranger = warehouse.replace("postgres:@", "stranger:hushhush@")
    with pytest.raises(IntegrationError) as caught:
        await records(source(stranger, "SELECT 1", evidence="today"))

    assert "stranger" in str(caught.value)
    assert "hushhush" not in "".join(traceback.format_exception(caught.value))


async def test_no_database_there_is_unavailable() -> None:
    nobody = "postgresql://user:hushhush@127.0.0.1:1/db"
    with pytest.raises(SourceUnavailable, match="does not answer") as caught:
        await records(source(nobody, "SELECT 1", evidence="today"))

    assert "hushhush" not in "".join(traceback.format_exception(caught.value))


async def test_a_query_that_keeps_postgres_too_long_is_given_up(warehouse: str) -> None:
    slow = "SELECT customer FROM stays, pg_sleep(10)"
    with pytest.raises(SourceUnavailable, match="took longer than 1 seconds"):
        await records(source(warehouse, slow, evidence="today", longest=1))
