"""The only place that talks HTTP to a source: pacing, retries, and error names.

Waiting happens between requests (pacing within the source's limit), not after refusals: a source
that has to answer 429 has already been asked too often, and a steady pace reaches what retries do
not. What fails in passing (429, 5xx, a timeout, a dropped connection) is asked again, for at most
`PATIENCE` seconds in all; what a person must mend is raised at once.
"""

import asyncio
import base64
import hashlib
import logging
import ssl
from collections import deque
from collections.abc import (
    AsyncGenerator,
    AsyncIterator,
    Callable,
    Coroutine,
    Iterable,
    Iterator,
    Mapping,
)
from contextlib import asynccontextmanager, suppress
from dataclasses import dataclass
from functools import cache, partial
from typing import Any, Generic, Protocol, TypeVar, overload

import httpx
import msgspec
import stamina
from pydantic import SecretStr

from integrations.errors import (
    CredentialsRejected,
    IntegrationError,
    SourceUnavailable,
    UnexpectedResponse,
)
from integrations.paging import Trail, link, repeated, same_host
from integrations.refusals import (
    LARGEST,
    NotAccepted,
    NotThere,
    Refused,
    Shape,
    address,
    decode,
    named,
    not_there,
    read,
    refuse,
    too_much,
)

__all__ = [
    "AT_ONCE",
    "LARGEST",
    "PATIENCE",
    "Access",
    "Answer",
    "Http",
    "Pace",
    "RefreshTokens",
    "Refused",
    "Trail",
    "address",
    "basic",
    "bearer",
    "decode",
    "link",
    "renew_at",
    "repeated",
    "same_host",
    "side_by_side",
]
"""What a module needs of the way out, wherever it stands."""

PATIENCE = 300.0
"""Seconds that one page may keep us waiting, all attempts and pauses together."""

ATTEMPTS = 8
TIMEOUT = httpx.Timeout(60.0, connect=10.0)
"""The longest silence; a search over a large account may think for half a minute."""

LONGEST = 120.0
"""Seconds for one answer, so that a drip of bytes that never falls silent ends too."""

BLOCK = 64 * 1024
"""Bytes of a streamed text that must come within `LONGEST` seconds."""

AT_ONCE = 8
"""Requests under way at the same time, where one does not depend on another."""

_log = logging.getLogger("httpx")

Result = TypeVar("Result")


@dataclass(frozen=True, slots=True)
class Answer(Generic[Shape]):
    """A decoded answer and what came before it."""

    body: Shape
    headers: httpx.Headers


class RefreshTokens(Protocol):
    """Remembers what came in the place of a refresh token, also after a restart."""

    async def newest(self, of: str) -> str | None: ...

    async def put(self, of: str, token: str) -> None: ...


@cache
def trusted() -> ssl.SSLContext:
    """Whom TLS trusts, for every client of the process: to read it takes as long as dozens of
    requests."""
    return httpx.create_ssl_context()


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

    All that read the same account share one of these, and with it the pace. The client is shared by
    all sources (to create one costs 90 ms of TLS set-up), and closed by whoever made it.
    """

    def __init__(
        self,
        client: httpx.AsyncClient,
        *,
        requests_per_second: float,
        patience: float = PATIENCE,
        timeout: httpx.Timeout = TIMEOUT,
        refresh_tokens: RefreshTokens | None = None,
    ) -> None:
        self._client = client
        self.refresh_tokens = refresh_tokens
        """None where nothing outlives the process."""
        self._timeouts = timeout.as_dict()
        self._always = dict(client.headers)
        self.requests_per_second = requests_per_second
        self._pace = Pace(requests_per_second)
        self._patience = patience
        self.grants: dict[Any, _Grant] = {}
        """What `Access` was given here; all that read the source share it."""
        self._narrower: dict[str, Pace] = {}

    async def turn_of(self, what: str, requests_per_second: float) -> None:
        """Wait for a turn of questions that have a narrower limit of their own.

        All that read the source share it; the question itself takes its turn among all as well.
        """
        pace = self._narrower.setdefault(what, Pace(requests_per_second))
        await asyncio.sleep(pace.turn(asyncio.get_running_loop().time()))

    def rest(self, seconds: float) -> None:
        """Ask nothing before so many seconds are over: the source says what it can take."""
        self._pace.hold(asyncio.get_running_loop().time() + seconds)

    async def get(
        self,
        url: str,
        *,
        shape: type[Shape],
        headers: Mapping[str, str] | None = None,
        params: Mapping[str, Any] | None = None,
        refused: Refused | None = None,
    ) -> Shape:
        """The answer, decoded from JSON into `shape` (what msgspec can check: a Struct, `dict`)."""
        answer = await self._ask("GET", url, shape, refused, {"headers": headers, "params": params})
        return answer.body

    async def find(
        self, url: str, *, shape: type[Shape], headers: Mapping[str, str] | None = None
    ) -> Shape | None:
        """The same of one thing that may have been deleted since: None where it is not there."""
        try:
            return await self.get(url, shape=shape, headers=headers, refused=not_there)
        except NotThere:
            return None

    async def post(
        self,
        url: str,
        *,
        shape: type[Shape],
        json: Any,
        headers: Mapping[str, str] | None = None,
        refused: Refused | None = None,
    ) -> Shape:
        """The same for a question that travels in the body. It may be repeated: it must change
        nothing there."""
        return (
            await self._ask("POST", url, shape, refused, {"headers": headers, "json": json})
        ).body

    async def form(
        self,
        url: str,
        *,
        shape: type[Shape],
        fields: Mapping[str, str],
        headers: Mapping[str, str] | None = None,
        refused: Refused | None = None,
    ) -> Shape:
        """The same for a form, as token endpoints want it."""
        answer = await self._ask(
            "POST", url, shape, refused, {"headers": headers, "data": dict(fields)}
        )
        return answer.body

    @overload
    async def answer(
        self,
        method: str,
        url: str,
        *,
        shape: type[Shape],
        headers: Mapping[str, str] | None = None,
        params: Mapping[str, Any] | None = None,
        json: Any = None,
        refused: Refused | None = None,
    ) -> Answer[Shape]: ...

    @overload
    async def answer(
        self,
        method: str,
        url: str,
        *,
        shape: None = None,
        headers: Mapping[str, str] | None = None,
        params: Mapping[str, Any] | None = None,
        json: Any = None,
        refused: Refused | None = None,
    ) -> Answer[None]: ...

    async def answer(
        self,
        method: str,
        url: str,
        *,
        shape: Any = None,
        headers: Mapping[str, str] | None = None,
        params: Mapping[str, Any] | None = None,
        json: Any = None,
        refused: Refused | None = None,
    ) -> Answer[Any]:
        """The answer with its headers. Two shapes are not decoded: `bytes` is the body as it came,
        and None, for HEAD, leaves it out."""
        question = {"headers": headers, "params": params}
        if json is not None:
            question["json"] = json
        return await self._ask(method, url, shape, refused, question)

    async def lines(
        self,
        url: str,
        *,
        headers: Mapping[str, str] | None = None,
        params: Mapping[str, Any] | None = None,
        refused: Refused | None = None,
    ) -> AsyncGenerator[bytes, None]:
        """The lines of a long text (CSV, JSONL) as they come, without their ends.

        What fails in passing is asked again until the first byte is there; a text that breaks off
        later ends in SourceUnavailable. In CSV a quoted cell may go over several lines.
        """
        question: dict[str, Any] = {"headers": headers, "params": params}
        where = address(url)
        rest = b""
        async with self._beginning(url, refused, question) as response:
            blocks = response.aiter_bytes(BLOCK)
            while True:
                with named(where):
                    async with asyncio.timeout(LONGEST):
                        block = await anext(blocks, None)
                if block is None:
                    break
                *whole, rest = (rest + block).split(b"\n")
                for line in whole:
                    yield line.removesuffix(b"\r")
                if len(rest) > LARGEST:
                    raise UnexpectedResponse(too_much(where))
        if rest:
            yield rest.removesuffix(b"\r")

    @asynccontextmanager
    async def _beginning(
        self, url: str, refused: Refused | None, question: dict[str, Any]
    ) -> AsyncIterator[httpx.Response]:
        """An answer of which only the head is read, unless it is a refusal."""
        where = address(url)

        async def begin(question: dict[str, Any]) -> httpx.Response:
            with named(where):
                async with asyncio.timeout(LONGEST):
                    response = await self._send(self._request("GET", url, question))
            if not response.is_success:
                try:
                    with named(where):
                        async with asyncio.timeout(LONGEST):
                            body = await read(response, where)
                finally:
                    await response.aclose()
                refuse(response, body, where, refused, self._lent())
            return response

        response = await self._patiently(begin, question)
        try:
            yield response
        finally:
            await response.aclose()

    async def _ask(
        self,
        method: str,
        url: str,
        shape: type[Shape] | None,
        refused: Refused | None,
        question: dict[str, Any],
    ) -> Answer[Shape]:
        async def ask(question: dict[str, Any]) -> Answer[Shape]:
            return await self._ask_once(method, url, shape, refused, question)

        return await self._patiently(ask, question)

    async def _patiently(
        self,
        ask: Callable[[dict[str, Any]], Coroutine[Any, Any, Result]],
        question: dict[str, Any],
    ) -> Result:
        """Ask at our turn: again after what passes and, once, after an access that has run out."""
        deadline = asyncio.get_running_loop().time() + self._patience
        renewed = False

        async def once() -> Result:
            nonlocal renewed
            headers = await self._with_access(question["headers"])
            await self._turn()
            try:
                return await ask({**question, "headers": headers})
            except NotAccepted:
                if renewed:
                    raise
                fresh = await self._with_access(headers, refused=True)
                if fresh is headers:
                    raise
            renewed = True
            await self._turn()
            return await ask({**question, "headers": fresh})

        # What goes well, as nearly all does, pays nothing for the counting of attempts.
        first: SourceUnavailable | None = None
        try:
            return await once()
        except SourceUnavailable as error:
            first = error
        async for attempt in stamina.retry_context(
            on=partial(self._pause, deadline),
            attempts=ATTEMPTS,
            timeout=self._patience,
            wait_initial=0.5,
            wait_max=30.0,
        ):
            with attempt:
                if first is not None:
                    failed, first = first, None
                    raise failed
                return await once()
        raise AssertionError("the last attempt returns or raises")

    async def _turn(self) -> None:
        wait = self._pace.turn(asyncio.get_running_loop().time())
        # Also who need not wait lets others go on.
        await asyncio.sleep(wait)

    def _lent(self) -> str:
        """The secrets with which we ask for access."""
        return " ".join(
            value.get_secret_value()
            for grant in self.grants.values()
            for value in grant.fields.values()
        )

    async def _with_access(
        self, headers: Mapping[str, str] | None, *, refused: bool = False
    ) -> Mapping[str, str] | None:
        """The same headers with a token that holds now, if one of `Access` is in them."""
        for name, value in (headers or {}).items():
            scheme, blank, token = value.rpartition(" ")
            for grant in self.grants.values():
                if token in grant.given:
                    now = await grant.token(instead_of=token if refused else "")
                    return {**(headers or {}), name: f"{scheme}{blank}{now}"}
        return headers

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

    async def _ask_once(
        self,
        method: str,
        url: str,
        shape: type[Shape] | None,
        refused: Refused | None,
        question: dict[str, Any],
    ) -> Answer[Shape]:
        where = address(url)
        with named(where):
            async with asyncio.timeout(LONGEST):
                response = await self._send(self._request(method, url, question))
                try:
                    body = await read(response, where)
                finally:
                    await response.aclose()
        refuse(response, body, where, refused, self._lent())
        return Answer(decode(body, shape, where), response.headers)

    def _request(self, method: str, url: str, question: dict[str, Any]) -> httpx.Request:
        headers = dict(self._always)
        for name, value in (question.pop("headers", None) or {}).items():
            headers[name.lower()] = value
        if "json" in question:
            question["content"] = msgspec.json.encode(question.pop("json"))
            headers.setdefault("content-type", "application/json")
        return httpx.Request(
            method, url, headers=headers, extensions={"timeout": self._timeouts}, **question
        )

    async def _send(self, request: httpx.Request) -> httpx.Response:
        """By the client's transport (a proxy of the environment's, too), past the client itself:
        its cookies, redirects and authentication cost a third of a question and none is wanted.
        Another host must not see the token, so a redirect is not followed."""
        way = self._client._transport_for_url(request.url)
        response = await way.handle_async_request(request)
        response.request = request
        if _log.isEnabledFor(logging.INFO):
            # Without what is after the ?, which may be secret, or a name.
            said = (request.method, address(str(request.url)), response.status_code)
            _log.info("HTTP Request: %s %s %d", *said)
        return response


class Access:
    """A token that is asked for and runs out (OAuth 2): of a client's secret or a refresh token.

        access = Access(http, f"{settings.login}/oauth/token", {
            "grant_type": "client_credentials", "client_id": …, "client_secret": settings.secret,
        })
        await http.get(url, shape=_Rows, headers=await access.headers())

    It is renewed before it runs out and once when it is refused, also while a reading goes on with
    the headers from its beginning. All that read one source share it: it is asked for once. Where
    each refresh token holds once and the answer brings the next one, that is kept before the access
    token is used: a process that starts later, or works beside this one, asks with it.
    """

    def __init__(
        self,
        http: Http,
        token_url: str,
        fields: Mapping[str, str | SecretStr],
        *,
        headers: Mapping[str, str] | None = None,
        scheme: str = "Bearer",
    ) -> None:
        """`headers` go with the question for a token: some servers want the client's there."""
        self._scheme = scheme
        kept = {name: v if isinstance(v, SecretStr) else SecretStr(v) for name, v in fields.items()}
        sent = {name: SecretStr(value) for name, value in (headers or {}).items()}
        key = (token_url, frozenset(kept.items()), frozenset(sent.items()))
        self._grant = http.grants.setdefault(key, _Grant(http, token_url, kept, sent))

    async def headers(self) -> dict[str, str]:
        """The header in which the token travels."""
        return {"Authorization": f"{self._scheme} {await self._grant.token()}"}

    async def told(self, name: str) -> str:
        """What else the answer with the token says, such as Salesforce's `instance_url`; "" if it
        does not. A token goes there: see that the host is one of the vendor's."""
        await self._grant.token()
        return self._grant.told.get(name, "")


class _Grant:
    """The tokens that one question was answered with."""

    def __init__(
        self,
        http: Http,
        url: str,
        fields: Mapping[str, SecretStr],
        headers: Mapping[str, SecretStr],
    ) -> None:
        self.given: deque[str] = deque(maxlen=20)
        """The last one is in force; readings may still go on with those before it."""
        self.told: dict[str, str] = {}
        self._http = http
        self._url = url
        self.fields = dict(fields)
        """What it is asked for with."""
        told = "\n".join(f"{name}={fields[name].get_secret_value()}" for name in sorted(fields))
        self._called = hashlib.sha256(f"{url}\n{told}".encode()).hexdigest()[:32]
        """With another refresh token in config.yaml it is called otherwise: that one counts."""
        self._headers = headers
        self._until = float("inf")
        self._one_asks = asyncio.Lock()

    async def token(self, *, instead_of: str = "") -> str:
        """One that holds: not one that runs out now, nor `instead_of`."""
        async with self._one_asks:
            old = asyncio.get_running_loop().time() >= self._until
            if not self.given or old or self.given[-1] == instead_of:
                await self._ask()
            return self.given[-1]

    async def _ask(self) -> None:
        await self._has_a_newer_one()
        try:
            granted = await self._granted()
        except CredentialsRejected:
            # Another process may have asked with it a moment ago.
            if not await self._has_a_newer_one():
                raise
            granted = await self._granted()
        token, lasts = granted.get("access_token"), granted.get("expires_in_sec")
        lasts = granted.get("expires_in") if lasts is None else lasts
        if not isinstance(token, str) or not token.isascii() or not token.isprintable():
            raise UnexpectedResponse(
                f"{address(self._url)} answered without an access_token; check the address"
            )
        self._until = renew_at(asyncio.get_running_loop().time(), lasts)
        renewal = granted.get("refresh_token")
        if isinstance(renewal, str) and renewal and "refresh_token" in self.fields:
            await self._keep(renewal)
        self.told = {
            str(name): value
            for name, value in granted.items()
            if isinstance(value, str) and not str(name).endswith("token")
        }
        self.given.append(token)

    async def _granted(self) -> dict[str, Any]:
        return await self._http.form(
            self._url,
            shape=dict,
            fields={name: value.get_secret_value() for name, value in self.fields.items()},
            headers={name: value.get_secret_value() for name, value in self._headers.items()},
            refused=partial(_not_granted, address(self._url)),
        )

    async def _has_a_newer_one(self) -> bool:
        """Takes the refresh token that was kept last, if that is another one."""
        kept, now = self._http.refresh_tokens, self.fields.get("refresh_token")
        newest = await kept.newest(self._called) if kept is not None and now is not None else None
        if newest is None or now is None or newest == now.get_secret_value():
            return False
        self.fields["refresh_token"] = SecretStr(newest)
        return True

    async def _keep(self, renewal: str) -> None:
        if renewal == self.fields["refresh_token"].get_secret_value():
            return
        self.fields["refresh_token"] = SecretStr(renewal)
        if self._http.refresh_tokens is not None:
            await self._http.refresh_tokens.put(self._called, renewal)


def renew_at(now: float, lasts: Any) -> float:
    """When a token is to be renewed that is given now and lasts so many seconds, told in any way.

    A minute early, or a tenth, so that it does not run out on the way. One that lasts for a time
    that is not told is used until it is refused.
    """
    try:
        seconds = float("inf") if lasts is None else float(lasts)
    except (ValueError, TypeError):
        seconds = float("inf")
    return now + seconds - min(60.0, seconds / 10)


_OAUTH_SAYS = {
    "access_denied", "invalid_client", "invalid_client_secret", "invalid_code", "invalid_grant",
    "invalid_request", "invalid_scope", "unauthorized_client", "unsupported_grant_type",
}  # fmt: skip
"""Words of RFC 6749 (5.2) and of Zoho, which may be shown; what else is said may hold a secret."""


def _not_granted(
    where: str, status: int, headers: httpx.Headers, body: bytes
) -> IntegrationError | None:
    """Token endpoints refuse with 400 and with 401, some with 200."""
    said: Any = None
    with suppress(msgspec.DecodeError, UnicodeDecodeError, RecursionError):
        said = msgspec.json.decode(body)
    code = said.get("error") if isinstance(said, dict) else None
    if status not in (400, 401, 403) and not (status == 200 and isinstance(code, str)):
        return None
    named = f" ({code})" if isinstance(code, str) and code in _OAUTH_SAYS else ""
    return CredentialsRejected(
        f"{where} answered {status}{named} and gives no access; put a valid client id and secret,"
        " or a valid refresh token, into config.yaml"
    )


async def side_by_side(
    asks: Iterable[Coroutine[Any, Any, Result]], *, at_once: int = AT_ONCE
) -> AsyncGenerator[Result, None]:
    """What each gives, in their order, with so many under way at the same time.

    Give a generator (`http.get(url, …) for page in range(2, last + 1)`): each question is made
    when its turn comes, so that no more than `at_once` answers wait to be taken. The first error
    ends all; so does closing this generator (`contextlib.aclosing`).
    """
    waiting = iter(asks)
    running: deque[asyncio.Task[Result]] = deque()
    try:
        while True:
            while len(running) < at_once and (ask := next(waiting, None)) is not None:
                running.append(asyncio.create_task(ask))
            if not running:
                return
            # An error further back ends all too: nobody need wait for what comes before it.
            while not running[0].done():
                await asyncio.wait(running, return_when=asyncio.FIRST_COMPLETED)
                for task in running:
                    if task.done() and not task.cancelled() and task.exception() is not None:
                        task.result()
            yield running.popleft().result()
    finally:
        for task in running:
            task.cancel()
        await asyncio.gather(*running, return_exceptions=True)
        if not isinstance(asks, Iterator):
            for ask in waiting:
                ask.close()


def bearer(token: SecretStr) -> dict[str, str]:
    """The header in which a token travels; never in a URL, for those end up in logs."""
    return {"Authorization": f"Bearer {token.get_secret_value()}"}


def basic(user: SecretStr, password: str = "") -> dict[str, str]:
    """The same for a token that travels as the user's name of Basic authentication."""
    pair = f"{user.get_secret_value()}:{password}".encode()
    return {"Authorization": f"Basic {base64.b64encode(pair).decode()}"}
