"""Refresh tokens that came in the place of others."""

from bot.store.database import Database
from bot.store.memory import Memory
from bot.store.refresh_tokens import RefreshTokens


async def test_the_newest_is_told_to_every_process(database: Database, replica: Database) -> None:
    tokens = RefreshTokens(Memory(database))
    await tokens.put("zoho of acme", "first")
    await tokens.put("zoho of acme", "second")
    await tokens.put("zoho of globex", "other")

    assert await RefreshTokens(Memory(replica)).newest("zoho of acme") == "second"


async def test_there_is_none_at_first(database: Database) -> None:
    assert await RefreshTokens(Memory(database)).newest("zoho of acme") is None
