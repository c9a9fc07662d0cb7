"""What SQLite and PostgreSQL do not do alike."""

from collections.abc import Sequence
from functools import partial

import numpy as np
import pytest
from sqlalchemy import Connection, insert, select

from bot.store.database import Database
from bot.store.dialects import NAMES_AT_ONCE, among, having
from bot.store.schema import customers

ODD = ["it's", 'say "x"', "null", "1", "[1]", "Ünïcode 漢字 😀", " ", "%_\\"]


async def put(database: Database, ids: Sequence[str]) -> None:
    rows = [
        {"number": n, "source": "crm", "id": id, "name": id.upper()} for n, id in enumerate(ids, 1)
    ]
    await database.write(lambda c: c.execute(insert(customers), rows).close())


async def found(database: Database, values: Sequence[str]) -> list[str]:
    query = select(customers.c.id).order_by(customers.c.number)
    return await database.read(lambda c: [id for (id,) in having(c, query, customers.c.id, values)])


async def test_rows_are_found_by_any_text(database: Database) -> None:
    await put(database, [*ODD, "another", "2"])

    assert await found(database, ODD) == ODD
    assert await found(database, ["nobody"]) == await found(database, []) == []


async def test_rows_are_found_by_more_values_than_one_question_takes(database: Database) -> None:
    await put(database, ["a", "b", "c"])
    others = [f"x{n}" for n in range(NAMES_AT_ONCE)]

    assert await found(database, ["c", *others, "a"]) == ["c", "a"]


@pytest.mark.parametrize("number", [2, np.int32(2), np.int64(2)], ids=["int", "int32", "int64"])
async def test_rows_are_found_by_numbers_of_columns(database: Database, number: int) -> None:
    await put(database, ["a", "b"])
    query = select(customers.c.id)

    def read(connection: Connection) -> list[str]:
        return [id for (id,) in having(connection, query, customers.c.number, [number])]

    assert await database.read(read) == ["b"]


async def test_sqlite_has_one_statement_for_any_number_of_values(sqlite_url: str) -> None:
    """Each would be kept with its values, by every connection, for as long as the process lives."""
    database = Database.open(sqlite_url)

    def said(connection: Connection, *, count: int) -> str:
        query = select(customers.c.id).where(among(connection, customers.c.number, range(count)))
        return str(query.compile(connection, compile_kwargs={"render_postcompile": True}))

    statements = {await database.read(partial(said, count=count)) for count in (1, 2, 9_000)}
    await database.close()

    assert len(statements) == 1
