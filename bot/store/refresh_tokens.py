"""Refresh tokens that a vendor gave in the place of the one in config.yaml, which holds no more."""

from bot.store.memory import Memory


class RefreshTokens:
    """As `integrations.http.RefreshTokens` has it; what they belong to is no secret."""

    def __init__(self, memory: Memory) -> None:
        self._memory = memory

    async def newest(self, of: str) -> str | None:
        found = await self._memory.get(_key(of))
        return found if isinstance(found, str) else None

    async def put(self, of: str, token: str) -> None:
        await self._memory.put(_key(of), token)


def _key(of: str) -> str:
    return f"refresh token {of}"
