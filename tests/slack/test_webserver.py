"""The way in over HTTP: signed, refused when stopping, and ended without losing what runs."""

import asyncio
import json
import time
from collections.abc import AsyncIterator
from typing import Any
from urllib.parse import urlencode

import aiohttp
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from slack_bolt.async_app import AsyncAck, AsyncApp
from slack_bolt.request.internals import parse_body
from slack_sdk.signature import SignatureVerifier
from slack_sdk.web.async_client import AsyncWebClient

from bot.errors import ConfigError
from bot.slack.bolt import InFlight, bolt_app
from bot.slack.webserver import WebServer, read_body
from tests.slack.test_connection import COMMAND, ME

SECRET = "a signing secret"
FORM = "application/x-www-form-urlencoded"


@pytest.fixture
def in_flight() -> InFlight:
    return InFlight()


@pytest.fixture
def app(client: AsyncWebClient, in_flight: InFlight) -> AsyncApp:
    return bolt_app(client, ME, in_flight=in_flight, signing_secret=SECRET)


@pytest.fixture
async def server(app: AsyncApp, in_flight: InFlight) -> AsyncIterator[WebServer]:
    server = WebServer(app, host="127.0.0.1", port=0, in_flight=in_flight)
    await server.start()
    yield server
    await server.stop(0.0)


async def send(
    server: WebServer, *, secret: str = SECRET, age: int = 0, body: str = urlencode(COMMAND)
) -> tuple[int, str]:
    sent_at = str(int(time.time()) - age)
    kind = "json" if body[:1] == "{" else "x-www-form-urlencoded"
    headers = {
        "Content-Type": f"application/{kind}",
        "X-Slack-Request-Timestamp": sent_at,
        "X-Slack-Signature": SignatureVerifier(secret).generate_signature(
            timestamp=sent_at, body=body
        )
        or "",
    }
    url = f"http://127.0.0.1:{server.port}/slack/events"
    async with (
        aiohttp.ClientSession() as session,
        session.post(url, data=body, headers=headers) as answer,
    ):
        return answer.status, await answer.text()


async def health(server: WebServer) -> int:
    url = f"http://127.0.0.1:{server.port}/healthz"
    async with aiohttp.ClientSession() as session, session.get(url) as answer:
        return answer.status


async def test_a_signed_command_is_answered(app: AsyncApp, server: WebServer) -> None:
    async def answer(ack: AsyncAck) -> None:
        await ack("94 of 100 stayed")

    app.command("/crr")(answer)

    assert await send(server) == (200, "94 of 100 stayed")


@pytest.mark.parametrize(
    "wrong", [{"secret": "another"}, {"age": 301}], ids=["wrong signature", "replayed"]
)
async def test_what_slack_did_not_sign_now_reaches_no_listener(
    app: AsyncApp, server: WebServer, wrong: dict[str, str]
) -> None:
    reached: list[str] = []

    async def listen(ack: AsyncAck) -> None:
        reached.append("command")
        await ack()

    app.command("/crr")(listen)

    assert (await send(server, **wrong))[0] == 401  # type: ignore[arg-type]
    assert not reached


@pytest.mark.parametrize(
    "body",
    ["payload=%7B", "payload=[]", "{", '{"type": "event_callback"', "payload="],
    ids=["half a form", "a list", "half of JSON", "no end", "nothing"],
)
async def test_what_cannot_be_read_is_refused(server: WebServer, body: str) -> None:
    assert (await send(server, body=body))[0] == 400


async def test_what_is_not_in_utf_8_is_refused(server: WebServer) -> None:
    url = f"http://127.0.0.1:{server.port}/slack/events"
    async with aiohttp.ClientSession() as session, session.post(url, data=b"\xff=1") as answer:
        assert answer.status == 400


@given(
    st.dictionaries(st.text(min_size=1).filter(lambda key: key != "payload"), st.text()),
    st.dictionaries(st.text(), st.text() | st.integers() | st.lists(st.none())),
)
@settings(deadline=None)
def test_a_body_is_read_as_bolt_reads_it(form: dict[str, str], payload: dict[str, Any]) -> None:
    as_json = json.dumps(payload)
    click = urlencode({**form, "payload": as_json})

    assert read_body(as_json) == payload
    assert read_body(click) == parse_body(click, FORM) == payload
    assert read_body(urlencode(form)) == form


def test_the_word_payload_in_a_command_is_a_word() -> None:
    assert read_body("command=%2Fcrr&text=payload") == {"command": "/crr", "text": "payload"}


async def test_slack_can_verify_the_address(server: WebServer) -> None:
    body = json.dumps({"type": "url_verification", "challenge": "c"})

    status, answer = await send(server, body=body)

    assert (status, json.loads(answer)) == (200, {"challenge": "c"})


async def test_stopping_lets_running_listeners_answer_and_refuses_new_ones(
    app: AsyncApp, server: WebServer
) -> None:
    began, ended = asyncio.Event(), asyncio.Event()

    async def slow(ack: AsyncAck) -> None:
        began.set()
        await asyncio.sleep(0.2)
        await ack("stored")
        await asyncio.sleep(0.05)
        ended.set()

    app.command("/crr")(slow)
    running = asyncio.create_task(send(server))
    await began.wait()
    stopping = asyncio.create_task(server.stop(5.0))
    await asyncio.sleep(0.05)

    assert (await send(server))[0] == 503
    assert await health(server) == 503
    assert await running == (200, "stored")
    assert await stopping == 0
    assert ended.is_set()


async def test_a_taken_port_is_said_in_the_words_of_the_config(
    server: WebServer, in_flight: InFlight
) -> None:
    second = WebServer(None, host="127.0.0.1", port=server.port, in_flight=in_flight)

    with pytest.raises(ConfigError, match=rf"slack\.port {server.port}"):
        await second.start()


async def test_health_is_told_without_a_way_in(in_flight: InFlight) -> None:
    healthy = True
    server = WebServer(None, host="127.0.0.1", port=0, in_flight=in_flight, healthy=lambda: healthy)
    await server.start()
    try:
        assert await health(server) == 200
        assert (await send(server))[0] == 404
        healthy = False
        assert await health(server) == 503
    finally:
        await server.stop()
