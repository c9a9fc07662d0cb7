"""Small facts kept between starts."""

from typing import Any

import pytest

from bot.store.database import Database
from bot.store.memory import Memory


@pytest.mark.parametrize("value", [True, 0, "half \ud83d \0", None, [1, {"a": None}]], ids=repr)
async def test_what_was_put_is_got(database: Database, value: Any) -> None:
    memory = Memory(database)
    await memory.put("fact", "before")
    await memory.put("fact", value)

    assert await memory.get("fact", default="default") == value


async def test_what_is_not_there_is_the_default(database: Database) -> None:
    memory = Memory(database)
    await memory.put("fact", 1)
    await memory.forget("fact")

    assert await memory.get("fact") is None
    assert await memory.get("fact", default=7) == 7
