"""HTTP mode: Slack calls us, under an address that it can reach, and Bolt checks the signature."""

import asyncio
from collections.abc import Callable, Mapping
from functools import partial
from typing import Any, Protocol

import msgspec
from aiohttp import web
from slack_bolt.adapter.aiohttp import to_aiohttp_response
from slack_bolt.async_app import AsyncApp
from slack_bolt.request.async_request import AsyncBoltRequest
from yarl import URL

from bot.errors import ConfigError
from bot.slack.bolt import InFlight

EVENTS = "/slack/events"
HEALTH = "/healthz"

_PAGE_HEADERS = {
    "Content-Security-Policy": "default-src 'none'; style-src 'unsafe-inline'; form-action 'self';"
    " frame-ancestors 'none'; base-uri 'none'",
    "Cache-Control": "no-store",
    "Referrer-Policy": "no-referrer",
    "X-Content-Type-Options": "nosniff",
    "X-Robots-Tag": "noindex",
}
"""Of a page whose address is a secret, and which loads nothing."""


class Page(Protocol):
    """What is answered to a browser."""

    @property
    def html(self) -> str: ...

    @property
    def status(self) -> int: ...


class Pages(Protocol):
    """Web pages by the last part of their address."""

    async def show(self, text: str) -> Page: ...

    async def take(self, text: str, form: Mapping[str, str]) -> Page: ...


class WebServer:
    """Serves `/slack/events` and `/healthz` from `start()` until `stop()`.

    In Socket Mode it can serve `/healthz` alone (`app` None). With `pages` it serves these too,
    under `path`.
    """

    def __init__(
        self,
        app: AsyncApp | None,
        *,
        host: str,
        port: int,
        in_flight: InFlight,
        healthy: Callable[[], bool] = lambda: True,
        setting: str = "slack.port",
        pages: Pages | None = None,
        path: str = "/",
    ) -> None:
        """`setting` is where the port stands in config.yaml."""
        self._app = app
        self._host = host
        self._in_flight = in_flight
        self._healthy = healthy
        self._wanted_port = port
        self._setting = setting
        self._pages = pages
        self._path = path
        self._runner: web.AppRunner | None = None
        self._site: web.TCPSite | None = None
        self._taking = False

    @property
    def port(self) -> int:
        """The port that is listened on, which the system chose if 0 was asked for."""
        addresses = self._runner.addresses if self._runner else []
        return int(addresses[0][1]) if addresses else self._wanted_port

    async def start(self) -> None:
        """Raises ConfigError when the port is taken."""
        server = web.Application()
        server.router.add_get(HEALTH, self._tell_health)
        if self._app is not None:
            server.router.add_post(EVENTS, self._take)
        if self._pages is not None:
            server.router.add_get(f"{self._path}{{text}}", partial(self._show_page, self._pages))
            server.router.add_post(f"{self._path}{{text}}", partial(self._take_page, self._pages))
        self._runner = web.AppRunner(server, access_log=None, handle_signals=False)
        await self._runner.setup()
        self._site = web.TCPSite(self._runner, self._host, self._wanted_port)
        try:
            await self._site.start()
        except OSError as error:
            await self._runner.cleanup()
            self._runner = None
            raise ConfigError(
                f"slack.host {self._host}, {self._setting} {self._wanted_port}: cannot listen there"
                f" ({error.strerror or error}); is another program using the port?"
            ) from error
        self._taking = True

    async def stop(self, timeout: float = 20.0) -> int:
        """Refuse what is new, so that Slack sends it again, let what runs end, then close.

        Gives how many listeners had not ended in time.
        """
        self._taking = False
        left = await self._in_flight.drain(timeout)
        if self._runner:
            await self._runner.cleanup()
            self._runner = None
        return left

    async def _take(self, request: web.Request) -> web.StreamResponse:
        if not self._taking or self._app is None:
            return web.Response(status=503, headers={"Connection": "close"})
        try:
            bolt = _bolt_request(request, (await request.read()).decode())
        except (UnicodeDecodeError, msgspec.DecodeError):  # Slack sends nothing like it
            return web.Response(status=400)
        # In flight until Bolt has answered, also when Slack hangs up before.
        answer = await asyncio.shield(self._in_flight.start(self._app.async_dispatch(bolt)))
        return await to_aiohttp_response(answer)

    async def _show_page(self, pages: Pages, request: web.Request) -> web.StreamResponse:
        if not self._taking:
            return web.Response(status=503)
        return _page(await pages.show(request.match_info["text"]))

    async def _take_page(self, pages: Pages, request: web.Request) -> web.StreamResponse:
        if not self._taking:
            return web.Response(status=503)
        try:
            sent = await request.post()
        except (ValueError, UnicodeError):  # no browser sends it
            return web.Response(status=400)
        form = {name: value for name, value in sent.items() if isinstance(value, str)}
        # In flight until it is stored, also when the browser hangs up before.
        taking = self._in_flight.start(pages.take(request.match_info["text"], form))
        return _page(await asyncio.shield(taking))

    async def _tell_health(self, _request: web.Request) -> web.Response:
        ok = self._taking and self._healthy()
        return web.json_response(
            {"ok": ok, "in_flight": len(self._in_flight)}, status=200 if ok else 503
        )


def _page(page: Page) -> web.Response:
    return web.Response(
        text=page.html, status=page.status, content_type="text/html", headers=_PAGE_HEADERS
    )


def read_body(raw: str) -> dict[str, Any]:
    """JSON, a form, or a form whose `payload` is JSON: the three that Slack sends.

    Bolt's own reading of a click's form takes as long as half of all that is done with it. Raises
    msgspec.DecodeError where the JSON is none, or no object.
    """
    if not raw.startswith("{"):
        form = dict(URL.build(query_string=raw, encoded=True).query)
        if "payload" not in form:
            return form
        raw = form["payload"]
    return msgspec.json.decode(raw, type=dict[str, Any])


def _bolt_request(request: web.Request, raw: str) -> AsyncBoltRequest:
    # In Socket Mode Bolt takes a body that has been read; in HTTP mode it checks who signed it.
    bolt = AsyncBoltRequest(
        mode="socket_mode",
        body=read_body(raw),
        query=request.query_string,
        headers=dict(request.headers),
    )
    bolt.raw_body, bolt.mode = raw, "http"
    return bolt
