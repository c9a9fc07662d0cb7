"""What an answer deserves: decoded as the shape that it should have, or the error that names who
must act. Nothing that is said of it repeats a secret."""

import base64
import re
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress
from email.utils import parsedate_to_datetime
from functools import lru_cache
from typing import Any, TypeVar, cast
from urllib.parse import parse_qsl

import httpx
import msgspec

from integrations.errors import (
    CredentialsRejected,
    IntegrationError,
    SourceUnavailable,
    UnexpectedResponse,
)

LARGEST = 64 * 1024 * 1024
"""Bytes of one unpacked answer. The largest page in use is some 2 MB; more is no page."""

Shape = TypeVar("Shape")

Refused = Callable[[int, httpx.Headers, bytes], IntegrationError | None]
"""Reads a vendor's own words: status, headers and body of any answer, also of a 200. What it
returns is raised, and asked again if it is SourceUnavailable; None leaves the answer to us. Its
sentence must hold nothing that the vendor says freely, for that may repeat a token or a name."""


def decode(body: bytes, shape: type[Shape] | None, where: str) -> Shape:
    """JSON from `where`, as `shape`: an answer, or one line of many. Raises UnexpectedResponse."""
    if shape is None or shape is bytes:
        return cast(Shape, None if shape is None else body)
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


@lru_cache(256)
def address(url: str) -> str:
    """The URL as it may be shown: without query, fragment, user or password."""
    parsed = httpx.URL(url)
    return f"{parsed.scheme}://{parsed.netloc.decode()}{parsed.path}"


class NotAccepted(CredentialsRejected):
    """401: the one refusal that a new token may mend."""


class NotThere(UnexpectedResponse):
    """404, where that is an answer."""


def not_there(status: int, headers: httpx.Headers, body: bytes) -> IntegrationError | None:
    return NotThere("there is nothing of the kind") if status == 404 else None


@contextmanager
def named(where: str) -> Iterator[None]:
    """Our names for what can go wrong on the way."""
    try:
        yield
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


def too_much(where: str) -> str:
    return (
        f"{where} answered with more than {LARGEST // 2**20} MB at once;"
        " set url: to the API's address"
    )


async def read(response: httpx.Response, where: str) -> bytes:
    chunks, size = [], 0
    async for chunk in response.aiter_bytes():
        size += len(chunk)
        if size > LARGEST:
            raise UnexpectedResponse(too_much(where))
        chunks.append(chunk)
    return b"".join(chunks)


def refuse(
    response: httpx.Response, body: bytes, where: str, refused: Refused | None, lent: str
) -> None:
    """Raise what the answer deserves; return if it is a success. `lent` holds other secrets."""
    status = response.status_code
    said = f"{where} answered {status}"
    if refused is not None and (error := refused(status, response.headers, body)) is not None:
        raise error
    if status == 401:
        raise NotAccepted(f"{said}: the token is not accepted; put a valid one into config.yaml")
    if status == 403:
        # A source that repeats our token where a scope belongs does not get it printed, not even
        # with something around it.
        shown, secrets = _sent(response.request)
        shown = f"{shown} {lent}".casefold()
        secrets = [*secrets, *filter(None, lent.casefold().split(" "))]
        named = [*_scopes(body), *_asked_scopes(response.headers)]
        wanted = ", ".join(
            scope
            for scope in dict.fromkeys(named)
            if scope.casefold() not in shown
            and not any(secret in scope.casefold() for secret in secrets if len(secret) > 3)
        )
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


def _sent(question: httpx.Request) -> tuple[str, list[str]]:
    """All that a question said, and what in it may be secret: tokens, and what a form holds."""
    headers = [_unpacked(value) for value in question.headers.values()]
    form: list[str] = []
    if question.headers.get("Content-Type", "").startswith("application/x-www-form-urlencoded"):
        form = [value for _, value in parse_qsl(question.content.decode(errors="replace"))]
    said = [*headers, *question.url.params.values(), *form]
    token = _unpacked(question.headers.get("Authorization", "")).removeprefix("Bearer ")
    return " ".join([*said, question.content.decode(errors="replace")]), [
        each.casefold() for each in [*token.split(":"), *form] if each
    ]


def _unpacked(header: str) -> str:
    """What is sent, and what Basic authentication hides in it."""
    scheme, _, packed = header.partition(" ")
    if scheme != "Basic":
        return header
    return base64.b64decode(packed, validate=False).decode(errors="replace")


_PERMISSION = re.compile(r"\brak_[a-z_]{1,60}\b")
_SCOPE = re.compile(r"[a-z][a-z_]*(?:[.:][a-z_]+){0,5}", re.IGNORECASE)


def _scopes(body: bytes) -> list[str]:
    """The scopes that a refusal says are missing, where it says so in a form that we know:
    under a key such as `requiredScopes` (HubSpot), or as `rak_…` in the sentence (Stripe)."""
    named = _PERMISSION.findall(body[:100_000].decode(errors="replace"))
    with suppress(msgspec.DecodeError, UnicodeDecodeError, RecursionError):
        named.extend(_under_scopes(msgspec.json.decode(body[:100_000]), inside=False))
    return list(dict.fromkeys(named))[:5]


def _asked_scopes(headers: httpx.Headers) -> list[str]:
    """The same where it is told in a header (RFC 6750, 3)."""
    told = re.search(r'\bscope="([^"]{1,400})"', headers.get("WWW-Authenticate", ""))
    return [scope for scope in (told[1].split() if told else []) if _SCOPE.fullmatch(scope)][:5]


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
