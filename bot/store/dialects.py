"""The few things that SQLite and PostgreSQL do not do alike, and how much is done at once."""

import json
from collections.abc import Iterable, Iterator, Sequence
from itertools import chain, islice
from typing import Any, TypeVar

from sqlalchemy import ColumnElement, Connection, Select, Table, func, select, text

T = TypeVar("T")

CHUNK = 5_000
"""Rows in one transaction of a large write: some 20 ms, so that a click between two of them is
acknowledged as if nothing else went on."""
FETCHED = 50_000
"""Rows fetched together: few enough to pass by in memory, enough not to count."""
NAMES_AT_ONCE = 10_000
"""Values in one IN (…); SQLite takes 32,766."""


def chunks(rows: Iterable[T], size: int = CHUNK) -> Iterator[list[T]]:
    rest = iter(rows)
    while chunk := list(islice(rest, size)):
        yield chunk


def insert_many(
    connection: Connection, *, table: Table, columns: Sequence[str], rows: Sequence[Sequence[Any]]
) -> None:
    """Past SQLAlchemy's parameters, which cost more than SQLite; through COPY on PostgreSQL."""
    if not rows:  # another replica was quicker with all of them
        return
    names = ", ".join(columns)
    if connection.dialect.name == "postgresql":
        cursor = connection.connection.cursor()
        with cursor.copy(f"COPY {table.name} ({names}) FROM STDIN") as copy:
            for row in rows:
                copy.write_row(row)
        cursor.close()
        return
    marks = ", ".join("?" * len(columns))
    connection.exec_driver_sql(
        f"INSERT INTO {table.name} ({names}) VALUES ({marks})",  # noqa: S608  our own names
        [tuple(row) for row in rows],
    )


def lock(connection: Connection, table: Table) -> None:
    """Until the transaction ends nobody else writes to `table`, who locks it too or not.

    SQLite has one writer anyhow.
    """
    if connection.dialect.name == "postgresql":
        connection.execute(text(f"LOCK TABLE {table.name} IN SHARE ROW EXCLUSIVE MODE"))


def having(
    connection: Connection, query: Select[Any], column: ColumnElement[Any], values: Iterable[Any]
) -> Iterator[Any]:
    """The rows of which the column has one of the values, of which there may be many."""
    for some in chunks(values, NAMES_AT_ONCE):
        yield from connection.execute(query.where(among(connection, column, some)))


def among(
    connection: Connection, column: ColumnElement[Any], values: Sequence[str] | Sequence[int]
) -> ColumnElement[bool]:
    """Whether the column has one of the values, which hold neither NUL nor half a character.

    SQLite gets them as one: of each number of values it would keep a statement of its own, and the
    values with it, which for a million customers came to 200 MB.
    """
    if connection.dialect.name != "sqlite":
        return column.in_(values)
    # numpy has integers that JSON does not know.
    plain = [each if isinstance(each, str) else int(each) for each in values]
    told = func.json_each(json.dumps(plain)).table_valued("value")
    return column.in_(select(told.c.value))


def partitions(connection: Connection, query: Select[Any]) -> Iterator[Sequence[Any]]:
    """The rows as they come, FETCHED at a time, and never all in memory at once."""
    return connection.execute(query.execution_options(yield_per=FETCHED)).partitions()


def stream(connection: Connection, query: Select[Any]) -> Iterator[Any]:
    return chain.from_iterable(partitions(connection, query))
