"""The only place that talks HTTP to a source: pacing, retries, and error names.

Waiting happens between requests (pacing within the source's limit), not after refusals: a source
that has to answer 429 has already been asked too often, and a steady pace reaches what retries do
not. What fails in passing (429, 5xx, a timeout, a dropped connection) is asked again, for at most
`PATIENCE` seconds in all; what a person must mend is raised at once.
"""

import asyncio
import re
import time
from collections.abc import Iterator, Mapping
from contextlib import suppress
from email.utils import parsedate_to_datetime
from functools import partial
from typing import Any, TypeVar

import httpx
import msgspec
import stamina
from pydantic import SecretStr

from integrations.errors import CredentialsRejected, SourceUnavailable, UnexpectedResponse

PATIENCE = 300.0
"""Seconds that one page may keep us waiting, all attempts and pauses together."""

ATTEMPTS = 8
TIMEOUT = httpx.Timeout(60.0, connect=10.0)
"""The longest silence; a search over a large account may think for half a minute."""

LONGEST = 120.0
"""Seconds for one answer, so that a drip of bytes that never falls silent ends too."""

LARGEST = 64 * 1024 * 1024
"""Bytes of one unpacked answer. The largest page in use is some 2 MB; more is no page."""

Shape = TypeVar("Shape")


class Pace:
    """Evenly spaced turns: `requests_per_second`, of which one may be taken ahead of time.

    The one ahead makes up for waking late, so that a steady run reaches its limit. Times are
    seconds of any one monotonic clock.
    """

    def __init__(self, requests_per_second: float) -> None:
        self._gap = 1.0 / requests_per_second
        self._next = float("-inf")

    def turn(self, now: float) -> float:
        """Take the next turn; how many seconds from now it is."""
        begins = max(self._next, now - self._gap)
        self._next = begins + self._gap
        return max(0.0, begins - now)

    def hold(self, until: float) -> None:
        """Nobody's turn comes before this moment: the source asked for a pause."""
        self._next = max(self._next, until)


class Http:
    """One source's way out: an answer of a known shape, or an IntegrationError.

    All that read the same source share one of these, and with it the pace. The client is shared by
    all sources (to create one costs 90 ms of TLS set-up), and closed by whoever made it.
    """

    def __init__(
        self,
        client: httpx.AsyncClient,
        *,
        requests_per_second: float,
        patience: float = PATIENCE,
        timeout: httpx.Timeout = TIMEOUT,
    ) -> None:
        self._client = client
        self._timeout = timeout
        self._pace = Pace(requests_per_second)
        self._patience = patience

    async def get(
        self,
        url: str,
        *,
        shape: type[Shape],
        headers: Mapping[str, str] | None = None,
        params: Mapping[str, Any] | None = None,
    ) -> Shape:
        """The answer, decoded from JSON into `shape` (what msgspec can check: a Struct, `dict`)."""
        return await self._ask("GET", url, shape, headers=headers, params=params)

    async def post(
        self,
        url: str,
        *,
        shape: type[Shape],
        json: Any,
        headers: Mapping[str, str] | None = None,
    ) -> Shape:
        """The same for a question that travels in the body. It may be repeated: it must change
        nothing there."""
        return await self._ask("POST", url, shape, headers=headers, json=json)

    async def _ask(self, method: str, url: str, shape: type[Shape], **question: Any) -> Shape:
        deadline = asyncio.get_running_loop().time() + self._patience
        async for attempt in stamina.retry_context(
            on=partial(self._pause, deadline),
            attempts=ATTEMPTS,
            timeout=self._patience,
            wait_initial=0.5,
            wait_max=30.0,
        ):
            with attempt:
                await asyncio.sleep(self._pace.turn(asyncio.get_running_loop().time()))
                return await self._ask_once(method, url, shape, **question)
        raise AssertionError("the last attempt returns or raises")

    def _pause(self, deadline: float, error: Exception) -> bool | float:
        """Whether to ask again and, where the source told us, after how many seconds."""
        if not isinstance(error, SourceUnavailable):
            return False
        if error.retry_after is None:
            return True
        again = asyncio.get_running_loop().time() + error.retry_after
        if again > deadline:
            return False
        self._pace.hold(again)
        return error.retry_after

    async def _ask_once(self, method: str, url: str, shape: type[Shape], **question: Any) -> Shape:
        where = address(url)
        try:
            async with (
                asyncio.timeout(LONGEST),
                # A redirect is not followed: another host must not see the token.
                self._client.stream(
                    method, url, follow_redirects=False, timeout=self._timeout, **question
                ) as response,
            ):
                body = await _read(response, where)
        except (httpx.TimeoutException, TimeoutError) as error:
            raise SourceUnavailable(
                f"{where} did not answer in time; the next pull tries again"
            ) from error
        except httpx.ConnectError as error:
            raise SourceUnavailable(
                f"{where} cannot be reached ({str(error)[:120]}); look at the network and the name"
            ) from error
        except httpx.TransportError as error:
            raise SourceUnavailable(
                f"{where} broke the connection ({type(error).__name__}); the next pull tries again"
            ) from error
        except httpx.DecodingError as error:
            raise UnexpectedResponse(
                f"{where} answered with a body that cannot be unpacked; report it to us"
            ) from error
        _refuse(response, body, where)
        return _decode(body, shape, where)


class Trail:
    """The markers of the pages read so far.

    A source that gives the same one twice would be read for ever.
    """

    def __init__(self, where: str) -> None:
        self._where = address(where)
        self._seen: set[str] = set()

    def follow(self, marker: str) -> str:
        """The marker, if it leads to a page not yet read."""
        if marker in self._seen:
            raise UnexpectedResponse(
                f"{self._where} gave the same page again (page {len(self._seen) + 1});"
                " the pull is thrown away: report it to us if the next one ends so too"
            )
        self._seen.add(marker)
        return marker


def bearer(token: SecretStr) -> dict[str, str]:
    """The header in which a token travels; never in a URL, for those end up in logs."""
    return {"Authorization": f"Bearer {token.get_secret_value()}"}


def address(url: str) -> str:
    """The URL as it may be shown: without query, fragment, user or password."""
    parsed = httpx.URL(url)
    return f"{parsed.scheme}://{parsed.netloc.decode()}{parsed.path}"


async def _read(response: httpx.Response, where: str) -> bytes:
    chunks, size = [], 0
    async for chunk in response.aiter_bytes():
        size += len(chunk)
        if size > LARGEST:
            raise UnexpectedResponse(
                f"{where} answered with more than {LARGEST // 2**20} MB at once;"
                " set url: to the API's address"
            )
        chunks.append(chunk)
    return b"".join(chunks)


def _refuse(response: httpx.Response, body: bytes, where: str) -> None:
    """Raise what the status deserves; return if it is a success."""
    status = response.status_code
    said = f"{where} answered {status}"
    if status == 401:
        raise CredentialsRejected(
            f"{said}: the token is not accepted; put a valid one into config.yaml"
        )
    if status == 403:
        sent = " ".join(response.request.headers.values())
        # A source that repeats our token where a scope belongs does not get it printed.
        wanted = ", ".join(scope for scope in _scopes(body) if scope not in sent)
        remedy = (
            f"give it {wanted}" if wanted else "give it the scopes that the documentation lists"
        )
        raise CredentialsRejected(f"{said}: the token may not read this; {remedy}")
    if status == 429 or status >= 500:
        after = _retry_after(response.headers)
        asked = f" and asks to wait {after:.0f} seconds" if after else ""
        raise SourceUnavailable(f"{said}{asked}; the next pull tries again", retry_after=after)
    if response.has_redirect_location:
        host = response.url.join(response.headers["location"]).host
        raise UnexpectedResponse(
            f"{said}: it has moved to {host}; set url: to the address of the API"
        )
    if not response.is_success:
        raise UnexpectedResponse(
            f"{said}; check the source's settings, and report it to us if they are right"
        )


def _decode(body: bytes, shape: type[Shape], where: str) -> Shape:
    try:
        return msgspec.json.decode(body, type=shape)
    except msgspec.ValidationError as error:
        # Its sentence names types and a path such as `$.data[...].id`, never a value.
        raise UnexpectedResponse(
            f"{where} answered with an unknown shape ({error}); report it to us"
        ) from error
    except (msgspec.DecodeError, UnicodeDecodeError, RecursionError) as error:
        raise UnexpectedResponse(
            f"{where} answered with something that is not JSON, or only the beginning of it;"
            " set url: to the address of the API, or report it to us"
        ) from error


def _retry_after(headers: httpx.Headers) -> float | None:
    """Seconds to wait, from a number or an HTTP date (measured against the source's own clock)."""
    told = headers.get("Retry-After", "").strip()
    try:
        return max(0.0, float(int(told)))
    except ValueError:
        pass
    try:
        until = parsedate_to_datetime(told).timestamp()
    except (ValueError, TypeError, OverflowError):
        return None
    try:
        now = parsedate_to_datetime(headers.get("Date", "")).timestamp()
    except (ValueError, TypeError, OverflowError):
        now = time.time()
    return max(0.0, until - now)


_PERMISSION = re.compile(r"\brak_[a-z_]{1,60}\b")
_SCOPE = re.compile(r"[a-z][a-z_]*(?:[.:][a-z_]+){0,5}", re.IGNORECASE)


def _scopes(body: bytes) -> list[str]:
    """The scopes that a refusal says are missing, where it says so in a form that we know:
    under a key such as `requiredScopes` (HubSpot), or as `rak_…` in the sentence (Stripe)."""
    named = _PERMISSION.findall(body[:100_000].decode(errors="replace"))
    with suppress(msgspec.DecodeError, UnicodeDecodeError, RecursionError):
        named.extend(_under_scopes(msgspec.json.decode(body[:100_000]), inside=False))
    return list(dict.fromkeys(named))[:5]


def _under_scopes(node: Any, *, inside: bool) -> Iterator[str]:
    match node:
        case dict():
            for key, value in node.items():
                yield from _under_scopes(value, inside="scope" in str(key).lower())
        case list():
            for value in node:
                yield from _under_scopes(value, inside=inside)
        case str() if inside and len(node) <= 80 and _SCOPE.fullmatch(node):
            yield node
