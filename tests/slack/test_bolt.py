"""Bolt as we build it: it asks Slack nothing per event, and answers when ack() is called."""

import asyncio
import json
from typing import Any

import pytest
from slack_bolt.async_app import AsyncAck, AsyncApp, AsyncBoltContext
from slack_bolt.request.async_request import AsyncBoltRequest
from slack_bolt.response import BoltResponse
from slack_sdk.web.async_client import AsyncWebClient

from bot.slack.bolt import InFlight, bolt_app
from tests.slack.fake import FakeSlack
from tests.slack.test_connection import COMMAND, ME


@pytest.fixture
def in_flight() -> InFlight:
    return InFlight()


@pytest.fixture
def app(client: AsyncWebClient, in_flight: InFlight) -> AsyncApp:
    return bolt_app(client, ME, in_flight=in_flight)


async def dispatch(app: AsyncApp, body: dict[str, Any] = COMMAND) -> BoltResponse:
    return await app.async_dispatch(AsyncBoltRequest(mode="socket_mode", body=body))


async def test_asks_slack_nothing_and_knows_who_we_are(app: AsyncApp, fake: FakeSlack) -> None:
    seen: list[AsyncBoltContext] = []

    async def look(ack: AsyncAck, context: AsyncBoltContext) -> None:
        seen.append(context)
        await ack()

    app.command("/crr")(look)

    assert (await dispatch(app)).status == 200
    assert not fake.calls
    assert (seen[0].bot_user_id, seen[0].bot_token) == ("UBOT", "xoxb-test")


async def test_answers_at_ack_and_lets_the_listener_go_on(
    app: AsyncApp, in_flight: InFlight
) -> None:
    go_on, done = asyncio.Event(), asyncio.Event()

    async def work(ack: AsyncAck) -> None:
        await ack("working")
        await go_on.wait()
        done.set()

    app.command("/crr")(work)
    answer = await dispatch(app)

    assert answer.body == "working"
    assert len(in_flight) == 1
    go_on.set()
    assert await in_flight.drain(5.0) == 0
    assert done.is_set()


async def test_a_listener_that_fails_before_ack_is_answered_with_500(app: AsyncApp) -> None:
    told: list[Exception] = []

    async def fails(ack: AsyncAck) -> None:
        raise LookupError("before ack")

    async def on_error(error: Exception) -> None:
        told.append(error)

    app.error(on_error)
    app.command("/crr")(fails)

    assert (await dispatch(app)).status == 500
    assert [str(error) for error in told] == ["before ack"]


async def test_a_listener_that_fails_after_ack_was_answered_and_is_told(
    app: AsyncApp, in_flight: InFlight
) -> None:
    told: list[Exception] = []

    async def fails(ack: AsyncAck) -> None:
        await ack("taken")
        raise LookupError("after ack")

    async def on_error(error: Exception) -> None:
        told.append(error)

    app.error(on_error)
    app.command("/crr")(fails)
    answer = await dispatch(app)
    await in_flight.drain(5.0)

    assert (answer.status, answer.body) == (200, "taken")
    assert [str(error) for error in told] == ["after ack"]


async def test_a_listener_that_returns_without_ack_is_not_waited_for(app: AsyncApp) -> None:
    async def forgets(ack: AsyncAck) -> None:
        pass

    app.command("/crr")(forgets)
    began = asyncio.get_running_loop().time()

    assert (await dispatch(app)).status == 404
    assert asyncio.get_running_loop().time() - began < 2.0


async def test_events_are_acked_before_their_listener_runs(
    app: AsyncApp, in_flight: InFlight
) -> None:
    go_on = asyncio.Event()

    async def opened(event: dict[str, Any]) -> None:
        await go_on.wait()

    app.event("app_home_opened")(opened)
    body = {
        "type": "event_callback",
        "team_id": "T1",
        "event": {"type": "app_home_opened", "user": "U1"},
    }

    assert (await dispatch(app, body)).status == 200
    assert len(in_flight) == 1
    go_on.set()
    await in_flight.drain(5.0)


async def test_a_form_can_be_answered_with_errors(app: AsyncApp) -> None:
    async def refuse(ack: AsyncAck) -> None:
        await ack(response_action="errors", errors={"comment": "too long"})

    app.view("form")(refuse)
    body = {
        "type": "view_submission",
        "team": {"id": "T1"},
        "user": {"id": "U1"},
        "view": {"type": "modal", "callback_id": "form"},
    }

    assert json.loads((await dispatch(app, body)).body)["errors"] == {"comment": "too long"}


async def test_draining_waits_for_what_begins_meanwhile(in_flight: InFlight) -> None:
    done = asyncio.Event()

    async def second() -> None:
        await asyncio.sleep(0.02)
        done.set()

    async def first() -> None:
        await asyncio.sleep(0.02)
        in_flight.start(second())

    in_flight.start(first())

    assert await in_flight.drain(5.0) == 0
    assert done.is_set()


async def test_draining_nothing_ends_at_once(in_flight: InFlight) -> None:
    assert await in_flight.drain(60.0) == 0


async def test_settling_waits_for_as_long_as_it_may_and_breaks_nothing_off(
    in_flight: InFlight,
) -> None:
    go_on = asyncio.Event()
    slow = in_flight.start(go_on.wait())
    await in_flight.settle(0.01)
    assert not slow.done()

    go_on.set()
    await in_flight.settle(5.0)

    assert slow.done()
    assert not slow.cancelled()
