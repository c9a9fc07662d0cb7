"""The only place that talks HTTP to a source: pacing, retries, and error names.

Waiting happens between requests (pacing within the source's limit), not after refusals: a source
that has to answer 429 has already been asked too often (facts: a steady pace reaches what retries
do not).
"""

import asyncio
from collections.abc import Mapping
from typing import Any

import httpx


class Http:
    """One source's way out: JSON or an IntegrationError, at most `requests_per_second`."""

    def __init__(self, client: httpx.AsyncClient, *, requests_per_second: float) -> None:
        self._client = client
        self._gap = 1.0 / requests_per_second
        self._next = 0.0
        self._turn = asyncio.Lock()

    async def get(
        self,
        url: str,
        *,
        headers: Mapping[str, str] | None = None,
        params: Mapping[str, Any] | None = None,
    ) -> Any:
        """The decoded JSON body."""
        raise AssertionError("to be written")

    async def post(self, url: str, *, json: Any, headers: Mapping[str, str] | None = None) -> Any:
        """The decoded JSON body of a request that changes nothing there, so may be repeated."""
        raise AssertionError("to be written")
