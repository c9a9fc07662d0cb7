"""Small facts kept between starts: the day of the first one, that charts are refused here."""

import json
from typing import Any

from sqlalchemy import delete, select, text

from bot.store.database import Database
from bot.store.schema import memory

PUT = text("""
    INSERT INTO memory (key, value) VALUES (:key, :value)
    ON CONFLICT (key) DO UPDATE SET value = excluded.value
""")
"""For a transaction that does more than that; the value is JSON."""


_PUT_FIRST = text("""
    INSERT INTO memory (key, value) VALUES (:key, :value)
    ON CONFLICT (key) DO UPDATE SET value = memory.value
    RETURNING value
""")


class Memory:
    """Whatever JSON can hold, by name."""

    def __init__(self, database: Database) -> None:
        self._database = database

    async def get(self, key: str, default: Any = None) -> Any:
        query = select(memory.c.value).where(memory.c.key == key)
        value = await self._database.read(lambda c: c.scalar(query))
        return default if value is None else json.loads(value)

    async def beginning(self, prefix: str) -> dict[str, Any]:
        """All whose names begin so, by what comes after that."""
        query = select(memory).where(memory.c.key.startswith(prefix, autoescape=True))
        rows = await self._database.read(lambda c: c.execute(query).all())
        return {row.key.removeprefix(prefix): json.loads(row.value) for row in rows}

    async def put(self, key: str, value: Any) -> None:
        values = {"key": key, "value": json.dumps(value)}
        await self._database.write(lambda c: c.execute(PUT, values).close())

    async def put_first(self, key: str, value: Any) -> Any:
        """What is there under that name, which is `value` if there was nothing."""
        values = {"key": key, "value": json.dumps(value)}
        return json.loads(await self._database.write(lambda c: c.scalar(_PUT_FIRST, values)))

    async def forget(self, key: str) -> None:
        await self._database.write(
            lambda c: c.execute(delete(memory).where(memory.c.key == key)).close()
        )
