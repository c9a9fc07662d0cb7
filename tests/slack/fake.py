"""A Slack that says what the test tells it to: for what goes wrong on the wire.

What Slack does when all is well is the sandbox's part; this one breaks connections, answers
nonsense and falls silent on purpose.
"""

import asyncio
import json
from collections import defaultdict, deque
from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from typing import Any

from aiohttp import WSMsgType, web

Answer = Callable[[web.Request], Awaitable[web.StreamResponse]]


def ok(**body: Any) -> Answer:
    return says(200, {"ok": True, **body})


def no(error: str, **body: Any) -> Answer:
    return says(200, {"ok": False, "error": error, **body})


def says(status: int, body: Any, **headers: str) -> Answer:
    async def answer(_request: web.Request) -> web.StreamResponse:
        named = {name.replace("_", "-"): value for name, value in headers.items()}
        if isinstance(body, str):
            return web.Response(status=status, text=body, headers=named)
        return web.json_response(body, status=status, headers=named)

    return answer


async def breaks(request: web.Request) -> web.StreamResponse:
    """Take the request, then hang up without a word."""
    await request.read()
    assert request.transport
    request.transport.abort()
    return web.Response()


def waits(seconds: float) -> Answer:
    async def answer(_request: web.Request) -> web.StreamResponse:
        await asyncio.sleep(seconds)
        return web.json_response({"ok": True})

    return answer


@dataclass
class FakeSlack:
    """Answers each method with what is queued for it, and after that with ok."""

    url: str = ""
    answers: dict[str, deque[Answer]] = field(default_factory=lambda: defaultdict(deque))
    calls: list[tuple[str, dict[str, Any]]] = field(default_factory=list)
    acks: asyncio.Queue[dict[str, Any]] = field(default_factory=asyncio.Queue)
    sockets: list[web.WebSocketResponse] = field(default_factory=list)
    opened: asyncio.Queue[web.WebSocketResponse] = field(default_factory=asyncio.Queue)
    says_hello: bool = True
    pongs: bool = True

    def will(self, method: str, *answers: Answer) -> None:
        self.answers[method].extend(answers)

    def sent(self, method: str) -> list[dict[str, Any]]:
        return [body for called, body in self.calls if called == method]

    async def envelope(self, number: str, payload: dict[str, Any], kind: str) -> None:
        """Send an envelope on the newest socket."""
        await self.sockets[-1].send_json(
            {
                "type": kind,
                "envelope_id": number,
                "payload": payload,
                "accepts_response_payload": True,
            }
        )

    async def api(self, request: web.Request) -> web.StreamResponse:
        method = request.match_info["method"]
        self.calls.append((method, await _body(request)))
        if self.answers[method]:
            return await self.answers[method].popleft()(request)
        if method == "apps.connections.open":
            return web.json_response({"ok": True, "url": f"{self.url}link?ticket=secret"})
        return web.json_response({"ok": True, "ts": "1700000000.000100"})

    async def link(self, request: web.Request) -> web.StreamResponse:
        socket = web.WebSocketResponse(autoping=False)
        await socket.prepare(request)
        self.sockets.append(socket)
        if self.says_hello:
            await socket.send_json({"type": "hello", "num_connections": 1})
        self.opened.put_nowait(socket)
        async for message in socket:
            if message.type == WSMsgType.PING and self.pongs:
                await socket.pong(message.data)
            elif message.type == WSMsgType.TEXT:
                self.acks.put_nowait(json.loads(message.data))
        return socket


@asynccontextmanager
async def fake_slack() -> AsyncIterator[FakeSlack]:
    slack = FakeSlack()
    server = web.Application()
    server.router.add_route("*", "/api/{method}", slack.api)
    server.router.add_get("/link", slack.link)
    server.router.add_get("/{nothing:.*}", says(404, ""))
    runner = web.AppRunner(server, access_log=None, shutdown_timeout=0.1)
    await runner.setup()
    await web.TCPSite(runner, "127.0.0.1", 0).start()
    slack.url = f"http://127.0.0.1:{runner.addresses[0][1]}/"
    try:
        yield slack
    finally:
        for socket in slack.sockets:
            await socket.close()
        await runner.cleanup()


async def _body(request: web.Request) -> dict[str, Any]:
    if request.content_type == "application/json":
        return dict(await request.json())
    return dict(request.query) | dict(await request.post())
