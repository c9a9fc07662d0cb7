"""The sandbox put together: `async with Sandbox() as slack`, or `serve()` until stopped."""

import asyncio
from collections.abc import Callable
from types import TracebackType
from typing import Self

from aiohttp import web

from bot.errors import ConfigError
from bot.sandbox import page
from bot.sandbox.admin import Admin
from bot.sandbox.api import Api
from bot.sandbox.capabilities import ResponseUrls, Triggers
from bot.sandbox.clock import SandboxClock
from bot.sandbox.control import Control, same_origin
from bot.sandbox.delivery import Delivery
from bot.sandbox.errors import NotPossible
from bot.sandbox.faults import Faults
from bot.sandbox.journal import PATIENCE, Journal
from bot.sandbox.limits import Limits
from bot.sandbox.people import Person, Surroundings
from bot.sandbox.settings import Settings
from bot.sandbox.sockets import Sockets
from bot.sandbox.stage import Stage
from bot.sandbox.webhooks import Webhooks
from bot.sandbox.workspace import Post, Workspace

LARGEST_UPLOAD = 64 * 1024 * 1024


class Sandbox:
    """A local Slack on `host` and `port` (0: any free one), from `async with` to its end."""

    def __init__(
        self,
        settings: Settings | None = None,
        *,
        host: str = "127.0.0.1",
        port: int = 0,
        clock: SandboxClock | None = None,
    ) -> None:
        self.settings = settings or Settings()
        self.clock = clock or SandboxClock()
        self.journal = Journal(self.clock, self.settings.journal_entries)
        self.workspace = Workspace(self.settings, clock=self.clock, journal=self.journal)
        self.faults = Faults(self.journal)
        self.sockets = Sockets(self.workspace)
        self.webhooks = Webhooks(self.workspace, faults=self.faults)
        self.delivery = Delivery(self.workspace, sockets=self.sockets, webhooks=self.webhooks)
        self.admin = Admin(self.workspace)
        self.stage: Stage | None = None
        """Of a demo, which the page then shows."""
        self.url = ""
        self._host = host
        self._port = port
        self.triggers = Triggers(self.clock, self.settings.timing)
        self.response_urls = ResponseUrls(self.workspace)
        self._runner: web.AppRunner | None = None
        self._people: dict[str, Person] = {}
        self.workspace.emit = self.delivery.event

    @property
    def api_url(self) -> str:
        """What slack_sdk calls `base_url`."""
        return f"{self.url}/api/"

    async def start(self) -> None:
        """Raises ConfigError if the address is taken."""
        app = web.Application(middlewares=[same_origin], client_max_size=LARGEST_UPLOAD)
        app.add_routes(
            [
                *Api(
                    self.workspace,
                    triggers=self.triggers,
                    response_urls=self.response_urls,
                    sockets=self.sockets,
                    limits=Limits(self.settings.rates, self.clock),
                    faults=self.faults,
                ).routes(),
                *Control(
                    self.workspace,
                    person=self.person,
                    admin=self.admin,
                    faults=self.faults,
                    sockets=self.sockets,
                    stage=lambda: self.stage,
                ).routes(),
                *page.routes(),
                web.get("/link/", self.sockets.accept),
            ]
        )
        runner = web.AppRunner(app, access_log=None, shutdown_timeout=0.2)
        await runner.setup()
        try:
            await web.TCPSite(runner, self._host, self._port).start()
        except OSError as error:
            await runner.cleanup()
            raise ConfigError(
                f"The sandbox can't use {self._host}:{self._port} ({error.strerror}). "
                "Stop what uses it, or choose another port."
            ) from error
        self._runner = runner
        port = runner.addresses[0][1]
        self.url = f"http://{self._host}:{port}"
        self.response_urls.base = self.url
        self.sockets.base = f"ws://{self._host}:{port}"
        self.webhooks.start()

    async def stop(self) -> None:
        await self.delivery.stop()
        await self.sockets.stop()
        await self.webhooks.stop()
        if self._runner is not None:
            await self._runner.cleanup()

    async def __aenter__(self) -> Self:
        await self.start()
        return self

    async def __aexit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        await self.stop()

    def person(self, user: str) -> Person:
        """The hands of a person. Raises NotPossible for one who is not here, or a bot."""
        found = self.workspace.user(user)
        if found is None or found.bot:
            raise NotPossible(f"There is nobody called {user}.")
        if user not in self._people:
            around = Surroundings(self.workspace, self.triggers, self.response_urls, self.delivery)
            self._people[user] = Person(found, around)
        return self._people[user]

    def deliver_to(self, request_url: str) -> None:
        """Switch to HTTP mode, or with "" back to Socket Mode."""
        self.workspace.request_url = request_url

    def messages(self, channel: str) -> list[Post]:
        """Everything in a channel that all its members see, oldest first."""
        return list(self.workspace.conversations[channel].posts.values())

    async def wait_for_message(
        self, channel: str = "", *, containing: str = "", since: int = 0, timeout: float = PATIENCE
    ) -> Post:
        """The first message posted or edited after `since` in the journal that says so.

        An empty channel is any. Raises TimeoutError.
        """
        entry = await self.journal.wait_for(
            lambda entry: (
                entry.kind in ("message", "message_changed")
                and channel in ("", entry.data["post"].channel)
                and not entry.data["post"].to
                and containing in entry.data["post"].words()
            ),
            since=since,
            timeout=timeout,
        )
        post: Post = entry.data["post"]
        return post


async def serve(
    host: str = "127.0.0.1",
    port: int = 0,
    *,
    settings: Settings | None = None,
    started: Callable[[Sandbox], None] | None = None,
) -> None:
    """Run a sandbox until cancelled. `started` is told when it answers; nothing is printed.

    Raises ConfigError if the address is taken.
    """
    async with Sandbox(settings, host=host, port=port) as sandbox:
        if started is not None:
            started(sandbox)
        await asyncio.Event().wait()
