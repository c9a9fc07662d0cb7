"""Socket Mode: wss URLs that work once, up to ten sockets, each envelope to one of them."""

import asyncio
from contextlib import suppress
from itertools import count
from secrets import token_hex
from typing import Any, Literal

import msgspec
from aiohttp import ClientConnectionError, WSMsgType, web

from bot.sandbox.delivery import Envelope, Outcome
from bot.sandbox.errors import Refused
from bot.sandbox.journal import PATIENCE
from bot.sandbox.workspace import Workspace

Reason = Literal["warning", "refresh_requested", "too_many_websockets", "link_disabled"]


class _Socket:
    def __init__(
        self, number: int, stream: web.WebSocketResponse, transport: asyncio.Transport | None
    ) -> None:
        self.number = number
        self.stream = stream
        self.transport = transport
        self.frozen = False
        """Open, and says nothing any more."""
        self.leaving = False
        """Was asked to go, and gets no new envelopes."""
        self.closed = asyncio.Event()
        self.waiting: dict[str, asyncio.Future[Outcome]] = {}
        """Envelopes that went out here and were not acked yet."""

    async def say(self, message: dict[str, Any]) -> None:
        """Lost without a word if the socket is frozen or just broke."""
        if not self.frozen:
            with suppress(ClientConnectionError):
                await self.stream.send_str(msgspec.json.encode(message).decode())


class Sockets:
    def __init__(self, workspace: Workspace) -> None:
        self._workspace = workspace
        self._open: list[_Socket] = []
        self._opened = asyncio.Event()
        self._tickets: dict[str, float] = {}
        self._numbers = count(1)
        self._turn = 0
        self.base = ""
        """Where the server answers: ws://host:port."""
        self.refusing = ""
        """An error code that apps.connections.open answers with, while it is set."""
        self._born_frozen = False

    @property
    def connected(self) -> int:
        """Sockets that envelopes may go to."""
        return len(self._staying())

    def _staying(self) -> list[_Socket]:
        return [socket for socket in self._open if not socket.leaving]

    async def wait_until_connected(self, sockets: int = 1, *, timeout: float = PATIENCE) -> None:
        """Until so many are open at once. Raises TimeoutError."""
        async with asyncio.timeout(timeout):
            while self.connected < sockets:
                self._opened.clear()
                await self._opened.wait()

    def ticket(self) -> str:
        """A URL for one connection. Raises Refused where `refusing` says so."""
        if self.refusing:
            raise Refused(self.refusing)
        ticket = token_hex(16)
        self._tickets[ticket] = self._workspace.clock.now().timestamp()
        app = self._workspace.settings.app.id
        return f"{self.base}/link/?ticket={ticket}&app_id={app}"

    async def accept(self, request: web.Request) -> web.StreamResponse:
        """A connection to a URL from `ticket`."""
        made = self._tickets.pop(request.query.get("ticket", ""), None)
        timing = self._workspace.settings.timing
        if made is None or self._workspace.clock.now().timestamp() - made > timing.ticket:
            self._workspace.journal.add("socket_refused", reason="invalid_ticket")
            return web.Response(status=404, text="This URL was used or is too old.")
        stream = web.WebSocketResponse(autoping=False, compress=False)
        await stream.prepare(request)
        socket = _Socket(next(self._numbers), stream, request.transport)
        if len(self._open) >= timing.max_sockets:
            await socket.say(_disconnect("too_many_websockets"))
            await stream.close()
            return stream
        await self._live(socket)
        return stream

    async def _live(self, socket: _Socket) -> None:
        journal = self._workspace.journal
        socket.frozen = self._born_frozen
        self._open.append(socket)
        journal.add("socket_opened", socket=socket.number)
        await socket.say(
            {
                "type": "hello",
                "num_connections": len(self._open),
                "connection_info": {"app_id": self._workspace.settings.app.id},
                "debug_info": {
                    "host": "sandbox",
                    "build_number": 1,
                    "approximate_connection_time": 3600,
                },
            }
        )
        self._opened.set()
        pings = asyncio.create_task(self._ping(socket))
        try:
            async for message in socket.stream:
                if socket.frozen:
                    continue
                if message.type is WSMsgType.TEXT:
                    self._hear(socket, message.data)
                elif message.type is WSMsgType.PING:
                    await socket.stream.pong(message.data)
        finally:
            pings.cancel()
            self._open.remove(socket)
            socket.closed.set()
            for future in socket.waiting.values():
                if not future.done():
                    future.set_result(Outcome(False, reason="connection_failed"))
            journal.add("socket_closed", socket=socket.number)

    async def _ping(self, socket: _Socket) -> None:
        while True:
            await asyncio.sleep(self._workspace.settings.timing.server_ping)
            if not socket.frozen:
                with suppress(ClientConnectionError):
                    await socket.stream.ping(b"Ping from the sandbox")

    def _hear(self, socket: _Socket, text: str) -> None:
        try:
            message = msgspec.json.decode(text)
            name = message["envelope_id"]
        except (msgspec.DecodeError, KeyError, TypeError):
            self._workspace.journal.add("stray", socket=socket.number, text=text[:200])
            return
        future = socket.waiting.get(name)
        if future is None or future.done():
            self._workspace.journal.add("late_ack", id=name, socket=socket.number)
        else:
            future.set_result(Outcome(True, message.get("payload")))

    async def carry(self, envelope: Envelope) -> Outcome:
        """To one of the open sockets, in turn."""
        staying = self._staying()
        if not staying:
            return Outcome(False, reason="connection_failed")
        self._turn += 1
        socket = staying[self._turn % len(staying)]
        future: asyncio.Future[Outcome] = asyncio.get_running_loop().create_future()
        socket.waiting[envelope.id] = future
        try:
            async with asyncio.timeout(self._workspace.settings.timing.ack):
                await socket.say(_message(envelope))
                return await future
        except TimeoutError:
            return Outcome(False, reason="timeout")
        finally:
            del socket.waiting[envelope.id]

    async def disconnect(self, reason: Reason = "refresh_requested") -> None:
        """Tell every socket to go, and close those that did not when their time is over.

        A warning gives ten seconds, in which envelopes still come; a request to refresh gives one.
        """
        timing = self._workspace.settings.timing
        patience = {"warning": timing.warning, "refresh_requested": timing.refresh}.get(reason, 0.0)
        self._workspace.journal.add("disconnect", reason=reason)
        told = list(self._open)
        for socket in told:
            socket.leaving = reason != "warning"
            await socket.say(_disconnect(reason))
        await asyncio.gather(*(_gone(socket, patience) for socket in told))

    def freeze(self, *, new_ones_too: bool = False) -> None:
        """Every socket stays open and says nothing, not even pong: a link that died unseen."""
        for socket in self._open:
            socket.frozen = True
        self._born_frozen = new_ones_too
        self._workspace.journal.add("frozen", sockets=len(self._open))

    def thaw(self) -> None:
        for socket in self._open:
            socket.frozen = False
        self._born_frozen = False

    def abort(self) -> None:
        """Break every connection without a goodbye."""
        for socket in self._open:
            if socket.transport is not None:
                socket.transport.abort()

    async def stop(self) -> None:
        await asyncio.gather(*(socket.stream.close() for socket in list(self._open)))


async def _gone(socket: _Socket, patience: float) -> None:
    with suppress(TimeoutError):
        await asyncio.wait_for(socket.closed.wait(), patience)
    await socket.stream.close()


def _message(envelope: Envelope) -> dict[str, Any]:
    message: dict[str, Any] = {
        "envelope_id": envelope.id,
        "type": envelope.type,
        "payload": envelope.payload,
        "accepts_response_payload": envelope.type != "events_api",
    }
    if envelope.type == "events_api":
        message |= {"retry_attempt": envelope.attempt, "retry_reason": envelope.reason}
    return message


def _disconnect(reason: Reason) -> dict[str, Any]:
    return {"type": "disconnect", "reason": reason, "debug_info": {"host": "sandbox"}}
