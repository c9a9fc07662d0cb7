"""A vendor's server on this machine: it answers as it is told and remembers what it was asked."""

import asyncio
from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from typing import Any
from urllib.parse import parse_qsl

import msgspec
from aiohttp import web
from aiohttp.test_utils import TestServer


@dataclass
class Asked:
    """One request as it arrived; `number` counts from 0."""

    number: int
    request: web.Request
    body: Any

    @property
    def question(self) -> dict[str, Any]:
        """What was asked for, wherever it travels: in the query or the body."""
        return {**self.request.query, **(self.body or {})}


Answer = Callable[[Asked], Awaitable[web.StreamResponse]]


@dataclass
class Vendor:
    url: str = ""
    asked: list[Asked] = field(default_factory=list)


@asynccontextmanager
async def vendor(*answers: Answer) -> AsyncIterator[Vendor]:
    """Gives one answer after another; the last one again and again."""
    served = Vendor()

    async def serve(request: web.Request) -> web.StreamResponse:
        text = await request.read()
        body: Any = None
        if request.content_type == "application/x-www-form-urlencoded":
            body = dict(parse_qsl(text.decode()))
        elif text:
            body = msgspec.json.decode(text)
        asked = Asked(len(served.asked), request, body)
        served.asked.append(asked)
        return await answers[min(asked.number, len(answers) - 1)](asked)

    app = web.Application()
    app.router.add_route("*", "/{path:.*}", serve)
    async with TestServer(app, host="127.0.0.1") as server:
        served.url = str(server.make_url("")).rstrip("/")
        yield served


def says(body: Any, status: int = 200, **headers: str) -> Answer:
    """The body as JSON, or as it is if it is bytes; `Retry_After="1"` is a header."""

    async def answer(asked: Asked) -> web.StreamResponse:
        content = body if isinstance(body, bytes) else msgspec.json.encode(body)
        named = {name.replace("_", "-"): value for name, value in headers.items()}
        named.setdefault("Content-Type", "application/json")
        return web.Response(status=status, body=content, headers=named)

    return answer


async def hangs_up(asked: Asked) -> web.StreamResponse:
    """Drops the connection without an answer."""
    if asked.request.transport is not None:
        asked.request.transport.close()
    return web.Response()


async def says_nothing(asked: Asked) -> web.StreamResponse:
    """Takes the question and keeps silent until the one who asked is gone."""
    transport = asked.request.transport
    while transport is not None and not transport.is_closing():  # noqa: ASYNC110
        await asyncio.sleep(0.01)  # aiohttp does not tell a handler that its client has gone
    return web.Response()


async def breaks_off(asked: Asked) -> web.StreamResponse:
    """Promises 1,000 bytes, sends some, and drops the connection."""
    response = web.StreamResponse(headers={"Content-Length": "1000"})
    await response.prepare(asked.request)
    await response.write(b'{"data": [')
    if asked.request.transport is not None:
        asked.request.transport.close()
    return response
