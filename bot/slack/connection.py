"""Socket Mode: the way in without an address of one's own.

slack_sdk connects again by itself, but not always: a socket can stay open and silent for hours
(bolt-python#1110, python-slack-sdk#1701), and with a wrong token it tries for ever without a word.
So the token is checked first, and a watchdog builds everything anew when nothing is heard.
"""

import asyncio
import logging
from collections.abc import Callable
from contextlib import suppress
from dataclasses import dataclass
from functools import partial
from typing import Any

from slack_bolt.adapter.socket_mode.async_handler import AsyncSocketModeHandler
from slack_bolt.async_app import AsyncApp
from slack_sdk.socket_mode.request import SocketModeRequest
from slack_sdk.web.async_client import AsyncWebClient

from bot.errors import SlackError, SlackRejected, SlackUnavailable
from bot.slack.bolt import InFlight, quiet
from bot.slack.errors import named

_log = logging.getLogger("keeprate.slack")


_LONGEST_PAUSE = 60.0
"""Seconds between two tries to connect, which double from look to look."""


@dataclass(frozen=True, slots=True)
class Watch:
    """When a connection counts as lost, all in seconds."""

    ping: float = 10.0
    """Between two pings of ours, each of which Slack answers."""
    silence: float = 45.0
    """Without anything heard, pongs included, the connection is built anew."""
    patience: float = 15.0
    """For Slack to say hello on a new connection, and for a check of the token."""
    look: float = 5.0
    """Between two looks of the watchdog."""
    give_up: float = 600.0
    """Without a connection for so long, we are unhealthy and say so."""


class SocketConnection:
    """Takes envelopes from Slack to Bolt from `start()` until `stop()`."""

    def __init__(
        self,
        app: AsyncApp,
        *,
        app_token: str,
        in_flight: InFlight,
        watch: Watch | None = None,
        unhealthy: Callable[[str], None] | None = None,
    ) -> None:
        """`unhealthy` is called, with a sentence, each time the connection is given up."""
        self._app = app
        self._app_token = app_token
        self._in_flight = in_flight
        self._watch = watch or Watch()
        self._unhealthy = unhealthy
        self._handler: AsyncSocketModeHandler | None = None
        self._watchdog: asyncio.Task[None] | None = None
        self._hello = asyncio.Event()
        self._heard_at = 0.0
        self._last_pong: float | None = None
        self._taking = False

    @property
    def connected(self) -> bool:
        """Slack has said hello, and was heard of lately."""
        return self._hello.is_set() and self._silent_for() < self._watch.silence

    async def start(self) -> None:
        """Returns when Slack has said hello. Raises SlackRejected when the app token is wrong."""
        self._taking = True
        try:
            await self._connect()
        except BaseException:
            await self.stop(0.0)
            raise
        self._watchdog = asyncio.get_running_loop().create_task(self._keep_watch())

    async def stop(self, timeout: float = 20.0) -> int:
        """Take no more envelopes, let running listeners end and their acks leave, then close.

        What Slack sends meanwhile is not acked, so that it comes again, to another replica or to
        us. Gives how many listeners had not ended in time.
        """
        self._taking = False
        if self._watchdog:
            self._watchdog.cancel()
            with suppress(asyncio.CancelledError):
                await self._watchdog
            self._watchdog = None
        left = await self._in_flight.drain(timeout)
        await self._close()
        return left

    async def _connect(self) -> None:
        address = await fresh_socket(
            self._app.client, self._app_token, timeout=self._watch.patience
        )
        self._hello.clear()
        self._heard_at, self._last_pong = self._now(), None
        handler = AsyncSocketModeHandler(
            self._app, self._app_token, logger=quiet("socket"), ping_interval=self._watch.ping
        )
        self._handler = handler
        client = handler.client
        client.proxy = self._app.client.proxy
        client.wss_uri = address
        client.socket_mode_request_listeners = [partial(self._take, handler)]
        client.message_listeners.append(self._hear)
        try:
            async with asyncio.timeout(self._watch.patience):
                await handler.connect_async()  # type: ignore[no-untyped-call]
                await self._hello.wait()
        except TimeoutError:
            raise SlackUnavailable(
                f"Slack opened no socket, or said no hello on it, in {self._watch.patience:g} s"
            ) from None

    async def _take(
        self, handler: AsyncSocketModeHandler, _client: Any, envelope: SocketModeRequest
    ) -> None:
        """One envelope. `handle` ends when the ack has left, so it is in flight until then."""
        if self._taking:
            await self._in_flight.start(handler.handle(handler.client, envelope))

    async def _hear(self, _client: Any, message: dict[str, Any], _raw: str | None) -> None:
        self._heard_at = self._now()
        if message.get("type") == "hello":
            self._hello.set()

    async def _keep_watch(self) -> None:
        healthy_at, pause = self._now(), self._watch.look
        while True:
            await asyncio.sleep(pause)
            self._hear_pong()
            lost_for = self._now() - healthy_at
            if self.connected and await self._is_connected():
                healthy_at, pause = self._now(), self._watch.look
            elif max(lost_for, self._silent_for()) >= self._watch.silence:
                # Until then slack_sdk may be connecting again by itself.
                pause = min(2 * pause, _LONGEST_PAUSE)
                pause = await self._rebuild() or pause
                if not self.connected and lost_for >= self._watch.give_up:
                    self._give_up(f"no connection to Slack for {lost_for:.0f} seconds")
                    healthy_at = self._now()

    async def _rebuild(self) -> float | None:
        """Seconds to wait before the next try, where Slack said how many."""
        _log.warning("no sign of Slack on the socket; connecting anew")
        await self._close()
        try:
            await self._connect()
        except SlackUnavailable as error:
            _log.warning("%s", error)
            return error.retry_after
        except SlackRejected as error:
            self._give_up(str(error))
        except SlackError as error:
            _log.warning("%s", error)
        else:
            _log.info("connected to Slack again")
            return self._watch.look
        return None

    def _give_up(self, sentence: str) -> None:
        _log.error("%s", sentence)
        if self._unhealthy:
            self._unhealthy(sentence)

    async def _close(self) -> None:
        handler, self._handler = self._handler, None
        self._hello.clear()
        if handler is None:
            return
        client = handler.client
        with suppress(TimeoutError, OSError):
            await asyncio.wait_for(_closed(handler), timeout=5.0)
        # close() gives up at the first thing that is broken, so what it may have left is ended.
        tasks = (client.message_processor, client.current_session_monitor, client.message_receiver)
        running = [task for task in tasks if task is not None]
        for task in running:
            task.cancel()
        await asyncio.wait(running, timeout=1.0)
        if client.current_session is not None:
            with suppress(TimeoutError, OSError):
                await asyncio.wait_for(client.current_session.close(), timeout=1.0)
        await client.aiohttp_client_session.close()

    async def _is_connected(self) -> bool:
        return self._handler is not None and await self._handler.client.is_connected()

    def _hear_pong(self) -> None:
        """A pong does not pass `_hear`; slack_sdk notes when the ping that it answers left."""
        pong = self._handler.client.last_ping_pong_time if self._handler else None
        if pong is not None and pong != self._last_pong:
            self._heard_at, self._last_pong = self._now(), pong

    def _silent_for(self) -> float:
        return self._now() - self._heard_at

    @staticmethod
    def _now() -> float:
        return asyncio.get_running_loop().time()


async def fresh_socket(client: AsyncWebClient, app_token: str, *, timeout: float = 15.0) -> str:
    """The address of a new socket, which only a right app token gets; `timeout` in seconds."""
    with named("checking slack.app_token"):
        try:
            answer = await asyncio.wait_for(
                client.apps_connections_open(app_token=app_token), timeout
            )
        except TimeoutError:
            raise SlackUnavailable(
                f"checking slack.app_token: no answer in {timeout:g} s"
            ) from None
    return str(answer["url"])


async def _closed(handler: AsyncSocketModeHandler) -> None:
    await handler.close_async()  # type: ignore[no-untyped-call]
