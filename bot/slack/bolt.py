"""Bolt, built for one workspace: nothing is asked of Slack per event, and nothing is lost at stop.

Four things differ from Bolt as it comes (slack-bolt 1.30):

- Who we are is known from the start (`Slack.me()`), so that no event waits for `auth.test`.
- Bolt looks every 10 ms whether a listener has called `ack()`; here the call itself wakes it.
- Bolt acks an event before its listener runs; here a listener that asks for `ack` says it itself.
- Bolt starts listeners as tasks that nobody holds; here `InFlight` holds them until they end.
"""

import asyncio
import logging
import re
import time
from collections.abc import Coroutine
from typing import Any

from slack_bolt.async_app import AsyncAck, AsyncApp, AsyncBoltContext
from slack_bolt.authorization import AuthorizeResult
from slack_bolt.authorization.async_authorize import AsyncAuthorize
from slack_bolt.listener.async_listener import AsyncListener
from slack_bolt.listener.asyncio_runner import AsyncioListenerRunner
from slack_bolt.request.async_request import AsyncBoltRequest
from slack_bolt.response import BoltResponse
from slack_sdk.web.async_client import AsyncWebClient

from bot.slack.poster import Me

_QUERY = re.compile(r"\?[^\s'\",)]+")


class InFlight:
    """The listeners that run now, so that stopping can wait for them."""

    def __init__(self) -> None:
        self._tasks: set[asyncio.Task[Any]] = set()

    def __len__(self) -> int:
        return len(self._tasks)

    def start(self, work: Coroutine[Any, Any, Any]) -> asyncio.Task[Any]:
        """Run it as a task that is held until it ends."""
        task = asyncio.get_running_loop().create_task(work)
        self._tasks.add(task)
        task.add_done_callback(self._tasks.discard)
        return task

    async def settle(self, timeout: float) -> None:
        """Wait until all have ended, those too that begin meanwhile, or the time is over."""
        loop = asyncio.get_running_loop()
        end = loop.time() + timeout
        while self._tasks and loop.time() < end:
            await asyncio.wait(set(self._tasks), timeout=end - loop.time())

    async def drain(self, timeout: float) -> int:
        """As settle; how many had not ended in time. Those are cancelled."""
        await self.settle(timeout)
        left = set(self._tasks)
        for task in left:
            task.cancel()
        if left:
            await asyncio.wait(left, timeout=1.0)
        return len(left)


def bolt_app(
    client: AsyncWebClient,
    me: Me,
    *,
    in_flight: InFlight,
    signing_secret: str = "",
) -> AsyncApp:
    """An AsyncApp that knows itself. With a signing secret, HTTP requests must be signed by it."""
    # Bolt warns about a token beside `authorize`, which hands it out per event.
    bare = AsyncWebClient(
        base_url=client.base_url, session=client.session, retry_handlers=[], logger=quiet("web")
    )
    bare.proxy = client.proxy
    app = AsyncApp(
        name="keeprate",
        logger=quiet("bolt"),
        client=bare,
        authorize=_Ourselves(client.token or "", me),
        signing_secret=signing_secret or None,
        request_verification_enabled=bool(signing_secret),
        ssl_check_enabled=False,
        attaching_function_token_enabled=False,
        attaching_conversation_kwargs_enabled=False,
    )
    # Bolt offers no public way to bring a runner of one's own.
    app._async_listener_runner = _Runner(app.listener_runner, in_flight)
    return app


def quiet(part: str) -> logging.Logger:
    """A logger for slack_sdk and Bolt, which at level DEBUG write tokens and what customers said,
    and in errors the addresses of sockets, whose query lets anybody in."""
    logger = logging.getLogger(f"keeprate.slack.{part}")
    logger.setLevel(logging.INFO)
    if not logger.filters:
        logger.addFilter(_without_queries)
    return logger


def _without_queries(record: logging.LogRecord) -> bool:
    record.msg, record.args = _QUERY.sub("?…", record.getMessage()), ()
    record.exc_info = record.exc_text = None
    return True


class _Ourselves(AsyncAuthorize):
    """The same answer to every event: this bot, in this workspace."""

    def __init__(self, token: str, me: Me) -> None:
        self._result = AuthorizeResult(
            enterprise_id=me.enterprise or None,
            team_id=me.team,
            team=me.team_name,
            url=me.url,
            bot_user_id=me.person,
            bot_id=me.bot,
            bot_token=token,
            bot_scopes=sorted(me.scopes),
        )

    async def __call__(
        self,
        *,
        context: AsyncBoltContext,
        enterprise_id: str | None,
        team_id: str | None,
        user_id: str | None,
        actor_enterprise_id: str | None = None,
        actor_team_id: str | None = None,
        actor_user_id: str | None = None,
    ) -> AuthorizeResult:
        return self._result


class _Ack(AsyncAck):
    """`ack()` that wakes who waits for it."""

    def __init__(self) -> None:
        super().__init__()  # type: ignore[no-untyped-call]
        self.said: asyncio.Future[None] = asyncio.get_running_loop().create_future()

    async def __call__(self, *args: Any, **kwargs: Any) -> BoltResponse:
        response = await super().__call__(*args, **kwargs)
        if not self.said.done():
            self.said.set_result(None)
        return response


def _acks_itself(listener: AsyncListener) -> bool:
    """Whether a listener of events asks for `ack`: it stores first, and Slack sends the event again
    if that fails."""
    return "ack" in getattr(listener, "arg_names", ())


class _Runner(AsyncioListenerRunner):
    """Runs a listener in flight and answers Slack as soon as it has called `ack()`."""

    def __init__(self, bolts: AsyncioListenerRunner, in_flight: InFlight) -> None:
        super().__init__(
            logger=bolts.logger,
            process_before_response=bolts.process_before_response,
            listener_error_handler=bolts.listener_error_handler,
            listener_start_handler=bolts.listener_start_handler,
            listener_completion_handler=bolts.listener_completion_handler,
            lazy_listener_runner=bolts.lazy_listener_runner,
        )
        self._in_flight = in_flight

    async def run(
        self,
        request: AsyncBoltRequest,
        response: BoltResponse,
        listener_name: str,
        listener: AsyncListener,
        starting_time: float | None = None,
    ) -> BoltResponse | None:
        if listener.lazy_functions or request.context.ack.response is not None:
            return await super().run(request, response, listener_name, listener, starting_time)
        began = time.monotonic()
        ack = request.context["ack"] = _Ack()
        if listener.auto_acknowledgement and not _acks_itself(listener):
            await ack()
        task = self._in_flight.start(self._listen(ack, request, response, listener))
        await asyncio.wait(
            {task, ack.said}, timeout=listener.ack_timeout, return_when=asyncio.FIRST_COMPLETED
        )
        ack.said.cancel()
        if ack.response is None:
            seconds = time.monotonic() - began
            self.logger.warning("%s did not call ack() in %.1f s", listener_name, seconds)
        return response or ack.response

    async def _listen(
        self,
        ack: AsyncAck,
        request: AsyncBoltRequest,
        response: BoltResponse | None,
        listener: AsyncListener,
    ) -> None:
        """As Bolt does it: an error before ack() is answered with 500, one after only told."""
        answer = response or BoltResponse(status=200)
        try:
            await self.listener_start_handler.handle(request=request, response=answer)
            await listener.run_ack_function(request=request, response=answer)
        except Exception as error:
            answer.status = 500
            already = ack.response is not None
            await self.listener_error_handler.handle(
                error=error, request=request, response=None if already else answer
            )
            if not already:
                ack.response = answer
        finally:
            await self.listener_completion_handler.handle(request=request, response=answer)
