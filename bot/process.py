"""The process that serves: reached by Slack, until it is told to stop."""

import asyncio
from collections.abc import AsyncIterator, Callable, Coroutine
from contextlib import asynccontextmanager
from functools import partial
from typing import Any, Protocol, TypeVar

import structlog
from slack_bolt.async_app import AsyncApp

from bot.app import Keeprate
from bot.config import Config
from bot.errors import SlackUnavailable
from bot.listeners.answer_pages import AnswerPages
from bot.messages.languages import speak
from bot.parts import Clock, sources, stores
from bot.slack.bolt import InFlight, bolt_app
from bot.slack.connection import SocketConnection
from bot.slack.poster import SECONDS_BETWEEN_POSTS, Slack, web_client
from bot.slack.webserver import WebServer
from bot.store.answer_links import PATH

log = structlog.get_logger()

T = TypeVar("T")

CHARTS_REFUSED = "charts are refused"
"""In the memory: this workspace takes no native charts."""

LAST_WORDS = 20.0
"""Seconds that jobs and listeners have to end when we stop."""


class Way(Protocol):
    """How Slack reaches us."""

    async def start(self) -> None: ...

    async def stop(self, timeout: float = ...) -> int: ...


@asynccontextmanager
async def connected(
    config: Config, *, clock: Clock, seconds_between_posts: float = SECONDS_BETWEEN_POSTS
) -> AsyncIterator[Keeprate]:
    """The bot with its store, its sources and Slack at hand, not yet listening.

    Raises ConfigError, StoreUnavailable or SlackError when one of them is not as it must be.
    """
    api_url = config.slack.api_url
    async with (
        stores(config) as kept,
        sources(config, kept.memory) as reads,
        web_client(config.slack.bot_token.get_secret_value(), api_url=api_url) as client,
    ):
        refused = await kept.memory.get(CHARTS_REFUSED, default=False)
        slack = Slack(
            client,
            draws_charts=not refused,
            charts_refused=partial(kept.memory.put, CHARTS_REFUSED, True),
            seconds_between_posts=seconds_between_posts,
        )
        yield Keeprate(config, kept, slack, reads, client=client, clock=clock)


async def run(
    config: Config,
    *,
    stop: asyncio.Event,
    clock: Clock | None = None,
    ready: Callable[[Keeprate], None] = lambda bot: None,
    seconds_between_posts: float = SECONDS_BETWEEN_POSTS,
) -> None:
    """Serve until `stop` is set. `ready` is called when Slack reaches us. Told to stop before that,
    it returns without waiting for Slack. Into one channel it posts no faster than Slack allows;
    only for a Slack without that limit is the pause a shorter one.

    Raises SlackUnavailable when the connection to Slack was lost for so long that a fresh process
    is the better try.
    """
    speak(config.language)
    pace = seconds_between_posts
    async with connected(config, clock=clock or Clock(), seconds_between_posts=pace) as bot:
        me = await _unless(stop, bot.slack.me())
        if me is None:
            return
        secret = config.slack.signing_secret
        app = bolt_app(
            bot.client,
            me,
            in_flight=bot.in_flight,
            signing_secret=secret.get_secret_value() if secret else "",
        )
        lost: list[str] = []

        def unhealthy(sentence: str) -> None:
            lost.append(sentence)
            stop.set()

        bot.listen(app, me, removed=unhealthy)
        await bot.follow_settings()
        way = _way(config, app, bot.in_flight, unhealthy, bot.answer_pages)
        health = _health(config, way, bot.answer_pages)
        begun = await _unless(stop, _begin(way, health))
        if begun is None:
            return
        try:
            log.info("connected to Slack", team=me.team_name, mode=config.slack.mode)
            ready(bot)
            await bot.keep_going(stop)
        finally:
            await asyncio.gather(way.stop(LAST_WORDS), bot.finish(LAST_WORDS))
            if health is not None:
                await health.stop()
        if lost:
            raise SlackUnavailable(lost[0])


async def _unless(stop: asyncio.Event, work: Coroutine[Any, Any, T]) -> T | None:
    """What `work` gives; None where it was broken off because of `stop`."""
    working, stopping = asyncio.create_task(work), asyncio.create_task(stop.wait())
    try:
        await asyncio.wait((working, stopping), return_when=asyncio.FIRST_COMPLETED)
        if working.done():
            return working.result()
        working.cancel()
        await asyncio.wait((working,))
        return None if working.cancelled() or working.exception() else working.result()
    finally:
        working.cancel()
        stopping.cancel()


async def _begin(way: Way, health: WebServer | None) -> bool:
    """Both, or neither."""
    await way.start()
    try:
        if health is not None:
            await health.start()
    except BaseException:
        await way.stop(0.0)
        raise
    return True


def _way(
    config: Config,
    app: AsyncApp,
    in_flight: InFlight,
    unhealthy: Callable[[str], None],
    pages: AnswerPages | None,
) -> Way:
    if config.slack.app_token is not None and config.slack.mode == "socket":
        return SocketConnection(
            app,
            app_token=config.slack.app_token.get_secret_value(),
            in_flight=in_flight,
            unhealthy=unhealthy,
        )
    return WebServer(
        app,
        host=config.slack.host,
        port=config.slack.port,
        in_flight=in_flight,
        pages=pages,
        path=PATH,
    )


def _health(config: Config, way: Way, pages: AnswerPages | None) -> WebServer | None:
    """In Socket Mode nobody asks for health, or for pages to answer on, unless config.yaml says
    where."""
    port = config.slack.health_port
    if port is None or not isinstance(way, SocketConnection):
        return None
    return WebServer(
        None,
        host=config.slack.host,
        port=port,
        in_flight=InFlight(),
        healthy=lambda: way.connected,
        setting="slack.health_port",
        pages=pages,
        path=PATH,
    )
