"""A Slack that does next to nothing, so that what is measured is the app.

It takes every call of the Web API at once, hands envelopes to a socket, and posts signed requests
over connections that stay open. Nothing is checked: that is what the sandbox is for.
"""

import asyncio
import base64
import hashlib
from collections.abc import Callable
from dataclasses import dataclass, field
from time import perf_counter
from typing import Any, NamedTuple, Self

import msgspec

_GUID = b"258EAFA5-E914-47DA-95CA-C5AB0DC85B11"
"""Of RFC 6455, section 1.3."""
_TEXT, _CLOSE, _PING, _PONG = 1, 8, 9, 10

PATIENCE = 3.0
"""Seconds that Slack waits for an ack; then the person sees an error."""

TEAM, BOT = "T0BENCH", "U0BOT"

_VIEW = {
    "ok": True,
    "view": {
        "id": "V0BENCH",
        "team_id": TEAM,
        "type": "modal",
        "title": {"type": "plain_text", "text": "Thank you", "emoji": True},
        "close": {"type": "plain_text", "text": "Skip", "emoji": True},
        "submit": {"type": "plain_text", "text": "Send", "emoji": True},
        "blocks": [
            {
                "type": "section",
                "block_id": "4Hk2p",
                "text": {"type": "mrkdwn", "text": "Your answer is stored.", "verbatim": False},
            },
            {
                "type": "input",
                "block_id": "comment",
                "label": {"type": "plain_text", "text": "What is the main reason?", "emoji": True},
                "optional": True,
                "element": {"type": "plain_text_input", "action_id": "text", "multiline": True},
            },
        ],
        "private_metadata": "bench",
        "callback_id": "survey:comment_form",
        "state": {"values": {}},
        "hash": "1790000000.abcdefgh",
        "clear_on_close": False,
        "notify_on_close": False,
        "previous_view_id": None,
        "root_view_id": "V0BENCH",
        "app_id": "A0BENCH",
        "external_id": "",
        "app_installed_team_id": TEAM,
        "bot_id": "B0BOT",
    },
    "response_metadata": {"warnings": []},
}


class Answer(NamedTuple):
    at: float
    """By `perf_counter`."""
    body: bytes


@dataclass(eq=False)
class Wire:
    """One such Slack, for one app."""

    port: int = 0
    opened: int = 0
    """Views."""
    answered: dict[str, "Answer"] = field(default_factory=dict)
    """What came to each response URL, by its last part."""
    published: dict[str, float] = field(default_factory=dict)
    """When each person's App Home came last, by `perf_counter`."""
    waiting: dict[str, "asyncio.Future[int | None]"] = field(default_factory=dict)
    """Who waits for the ack of which envelope."""
    connected: asyncio.Event = field(default_factory=asyncio.Event)
    sockets: "list[_Connection]" = field(default_factory=list)
    _server: asyncio.Server | None = None
    _called: asyncio.Event = field(default_factory=asyncio.Event)

    async def __aenter__(self) -> Self:
        loop = asyncio.get_running_loop()
        self._server = await loop.create_server(lambda: _Connection(self), "127.0.0.1", 0)
        self.port = int(self._server.sockets[0].getsockname()[1])
        return self

    async def __aexit__(self, *_: object) -> None:
        if self._server is not None:
            self._server.close()
        for socket in list(self.sockets):
            socket.close()

    @property
    def url(self) -> str:
        return f"http://127.0.0.1:{self.port}"

    async def deliver(self, envelope_id: str, envelope: bytes) -> float | None:
        """Seconds from sending it over the socket to its ack; None where that did not come."""
        acked = asyncio.get_running_loop().create_future()
        self.waiting[envelope_id] = acked
        began = perf_counter()
        self.sockets[-1].send(_TEXT, envelope)
        return perf_counter() - began if await _in_time(acked) else None

    async def until(self, enough: Callable[[], bool]) -> None:
        """Wait for calls until `enough` is true of them."""
        while not enough():
            self._called.clear()
            await self._called.wait()

    def called(self, path: bytes, body: bytes) -> bytes:
        """The answer to a call, as bytes of HTTP."""
        self._called.set()
        if path.startswith(b"/response/"):
            self.answered[path[10:].decode()] = Answer(perf_counter(), body)
            return _OK
        if path.startswith(b"/api/views.publish"):
            self.published[str(msgspec.json.decode(body)["user_id"])] = perf_counter()
            return _OPENED
        if path.startswith(b"/api/views.open"):
            self.opened += 1
            return _OPENED
        if path.startswith(b"/api/auth.test"):
            return _AUTH
        if path.startswith(b"/api/users.info"):
            return _PERSON
        if path.startswith(b"/api/apps.connections.open"):
            return _http({"ok": True, "url": f"ws://127.0.0.1:{self.port}/link"})
        return _http({"ok": True, "channel": "C0BENCH", "ts": "1790000000.000100"})

    def acked(self, frame: bytes) -> None:
        waiting = self.waiting.pop(msgspec.json.decode(frame)["envelope_id"], None)
        if waiting is not None and not waiting.done():
            waiting.set_result(200)


class _Connection(asyncio.Protocol):
    """HTTP/1.1 with Content-Length, until it becomes a WebSocket."""

    def __init__(self, wire: Wire) -> None:
        self._wire = wire
        self._unread = bytearray()
        self._read: Callable[[], bool] = self._read_request
        self._transport: asyncio.Transport

    def connection_made(self, transport: Any) -> None:
        self._transport = transport

    def data_received(self, data: bytes) -> None:
        self._unread += data
        while self._unread and self._read():
            pass

    def connection_lost(self, error: Exception | None) -> None:
        if self in self._wire.sockets:
            self._wire.sockets.remove(self)

    def send(self, kind: int, message: bytes) -> None:
        size = len(message)
        if size < 126:
            head = bytes((0x80 | kind, size))
        elif size < 1 << 16:
            head = bytes((0x80 | kind, 126)) + size.to_bytes(2)
        else:
            head = bytes((0x80 | kind, 127)) + size.to_bytes(8)
        self._transport.write(head + message)

    def close(self) -> None:
        self._transport.close()

    def _read_request(self) -> bool:
        """Answer the first request, if all of it is there."""
        head_end = self._unread.find(b"\r\n\r\n")
        if head_end < 0:
            return False
        head = bytes(self._unread[:head_end])
        end = head_end + 4 + content_length(head)
        if len(self._unread) < end:
            return False
        body = bytes(self._unread[head_end + 4 : end])
        del self._unread[:end]
        path = head.split(b" ", 2)[1]
        if path == b"/link":
            self._open_socket(head)
        else:
            self._transport.write(self._wire.called(path, body))
        return True

    def _open_socket(self, head: bytes) -> None:
        key = next(
            line for line in head.split(b"\r\n") if line.lower().startswith(b"sec-websocket-key:")
        )
        digest = hashlib.sha1(key.split(b":", 1)[1].strip() + _GUID).digest()
        self._transport.write(
            b"HTTP/1.1 101 Switching Protocols\r\nUpgrade: websocket\r\nConnection: Upgrade\r\n"
            b"Sec-WebSocket-Accept: " + base64.b64encode(digest) + b"\r\n\r\n"
        )
        self._read = self._read_frame
        self.send(_TEXT, b'{"type":"hello","num_connections":1}')
        self._wire.sockets.append(self)
        self._wire.connected.set()

    def _read_frame(self) -> bool:
        """Take the first frame, if all of it is there. What an app sends is short and masked."""
        unread = self._unread
        if len(unread) < 6:
            return False
        size, at = unread[1] & 0x7F, 2
        if size == 126:
            size, at = int.from_bytes(unread[2:4]), 4
        end = at + 4 + size
        if len(unread) < end:
            return False
        mask, masked = bytes(unread[at : at + 4]), bytes(unread[at + 4 : end])
        kind = unread[0] & 0x0F
        del unread[:end]
        key = (mask * (size // 4 + 1))[:size]
        message = (int.from_bytes(masked) ^ int.from_bytes(key)).to_bytes(size)
        if kind == _TEXT:
            self._wire.acked(message)
        elif kind == _PING:
            self.send(_PONG, message)
        elif kind == _CLOSE:
            self.send(_CLOSE, message)
            self.close()
        return True


class Caller(asyncio.Protocol):
    """One connection to an app in HTTP mode, kept open; one request at a time."""

    def __init__(self) -> None:
        self._unread = bytearray()
        self._answer: asyncio.Future[int | None] | None = None
        self._transport: asyncio.Transport

    @classmethod
    async def to(cls, port: int) -> Self:
        loop = asyncio.get_running_loop()
        _, caller = await loop.create_connection(cls, "127.0.0.1", port)
        return caller

    async def post(self, request: bytes) -> float | None:
        """Seconds to the answer; None where it did not come, or was not 200."""
        self._answer = asyncio.get_running_loop().create_future()
        began = perf_counter()
        self._transport.write(request)
        return perf_counter() - began if await _in_time(self._answer) == 200 else None

    def close(self) -> None:
        self._transport.close()

    def connection_made(self, transport: Any) -> None:
        self._transport = transport

    def data_received(self, data: bytes) -> None:
        self._unread += data
        head_end = self._unread.find(b"\r\n\r\n")
        if head_end < 0:
            return
        head = bytes(self._unread[:head_end])
        end = head_end + 4 + content_length(head)
        if len(self._unread) >= end and self._answer is not None and not self._answer.done():
            del self._unread[:end]
            self._answer.set_result(int(head[9:12]))

    def connection_lost(self, error: Exception | None) -> None:
        if self._answer is not None and not self._answer.done():
            self._answer.set_result(None)


async def _in_time(answer: "asyncio.Future[int | None]") -> int | None:
    """What came, or None when Slack would not have waited for it."""
    giving_up = asyncio.get_running_loop().call_later(PATIENCE, _give_up, answer)
    try:
        return await answer
    finally:
        giving_up.cancel()


def _give_up(answer: "asyncio.Future[int | None]") -> None:
    if not answer.done():
        answer.set_result(None)


def content_length(head: bytes) -> int:
    """0 where there is none."""
    at = head.lower().find(b"content-length:")
    return int(head[at + 15 :].split(b"\r\n", 1)[0]) if at >= 0 else 0


def _http(answer: dict[str, Any], **headers: str) -> bytes:
    body = msgspec.json.encode(answer)
    lines = [f"{name.replace('_', '-')}: {value}" for name, value in headers.items()]
    head = "\r\n".join(
        [
            "HTTP/1.1 200 OK",
            "Content-Type: application/json; charset=utf-8",
            *lines,
            f"Content-Length: {len(body)}",
        ]
    )
    return head.encode() + b"\r\n\r\n" + body


_OK = b"HTTP/1.1 200 OK\r\nContent-Type: text/html\r\nContent-Length: 2\r\n\r\nok"
_OPENED = _http(_VIEW)
_AUTH = _http(
    {
        "ok": True,
        "url": "https://bench.slack.com/",
        "team": "Bench",
        "user": "keeprate",
        "team_id": TEAM,
        "user_id": BOT,
        "bot_id": "B0BOT",
        "enterprise_id": None,
        "is_enterprise_install": False,
    },
    X_OAuth_Scopes="app_mentions:read,chat:write,commands,channels:read,users:read",
)
_PERSON = _http({"ok": True, "user": {"id": "U0LEAD", "name": "lead", "team_id": TEAM}})
