"""The way in over a socket: checked, watched, and ended without losing what runs."""

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager

import pytest
from aiohttp import ClientSession
from slack_bolt.async_app import AsyncAck, AsyncApp
from slack_sdk.socket_mode.aiohttp import SocketModeClient
from slack_sdk.web.async_client import AsyncWebClient

from bot.errors import SlackRejected, SlackUnavailable
from bot.slack.bolt import InFlight, bolt_app
from bot.slack.connection import SocketConnection, Watch
from bot.slack.poster import Me
from tests.slack.fake import FakeSlack, no, says

ME = Me("T1", "Ours", "UBOT", "B1", "", "", frozenset({"commands"}))
IMPATIENT = Watch(ping=0.05, silence=0.4, patience=1.0, look=0.05, give_up=0.5)
COMMAND = {"command": "/crr", "text": "month", "team_id": "T1", "user_id": "U1"}


@pytest.fixture
def in_flight() -> InFlight:
    return InFlight()


@pytest.fixture
def app(client: AsyncWebClient, in_flight: InFlight) -> AsyncApp:
    return bolt_app(client, ME, in_flight=in_flight)


@asynccontextmanager
async def connected(connection: SocketConnection) -> AsyncIterator[SocketConnection]:
    await connection.start()
    try:
        yield connection
    finally:
        await connection.stop(0.0)


async def test_an_envelope_is_acked_with_the_listeners_answer(
    app: AsyncApp, fake: FakeSlack, in_flight: InFlight
) -> None:
    async def answer(ack: AsyncAck) -> None:
        await ack("94 of 100 stayed")

    app.command("/crr")(answer)
    async with connected(SocketConnection(app, app_token="xapp-1", in_flight=in_flight)) as socket:
        await fake.envelope("e1", COMMAND, "slash_commands")

        acked = await asyncio.wait_for(fake.acks.get(), 5)
        assert acked == {"envelope_id": "e1", "payload": {"text": "94 of 100 stayed"}}
        assert socket.connected


@pytest.mark.parametrize("word", ["invalid_auth", "not_allowed_token_type"])
async def test_a_wrong_app_token_is_told_at_start(
    app: AsyncApp, fake: FakeSlack, in_flight: InFlight, word: str
) -> None:
    fake.will("apps.connections.open", no(word))

    with pytest.raises(SlackRejected, match=r"slack\.app_token") as raised:
        await SocketConnection(app, app_token="xapp-1", in_flight=in_flight).start()
    assert "xapp-1" not in str(raised.value)


async def test_a_slack_that_says_no_hello_is_told_at_start(
    app: AsyncApp, fake: FakeSlack, in_flight: InFlight
) -> None:
    fake.says_hello = False

    with pytest.raises(SlackUnavailable, match="hello"):
        await SocketConnection(
            app, app_token="xapp-1", in_flight=in_flight, watch=Watch(patience=0.2)
        ).start()


async def test_a_socket_that_falls_silent_is_built_anew(
    app: AsyncApp, fake: FakeSlack, in_flight: InFlight
) -> None:
    async def answer(ack: AsyncAck) -> None:
        await ack("again")

    app.command("/crr")(answer)
    # With so slow a ping slack_sdk notices nothing by itself.
    deaf = Watch(ping=60.0, silence=0.3, patience=1.0, look=0.05)
    async with connected(
        SocketConnection(app, app_token="xapp-1", in_flight=in_flight, watch=deaf)
    ):
        for _ in ("the first", "the one built anew"):
            await asyncio.wait_for(fake.opened.get(), 10)
        await fake.envelope("e2", COMMAND, "slash_commands")

        assert (await asyncio.wait_for(fake.acks.get(), 5))["envelope_id"] == "e2"


async def test_pongs_alone_are_a_sign_of_life(
    app: AsyncApp, fake: FakeSlack, in_flight: InFlight
) -> None:
    async with connected(
        SocketConnection(app, app_token="xapp-1", in_flight=in_flight, watch=IMPATIENT)
    ) as socket:
        await asyncio.sleep(1.0)

        assert len(fake.sockets) == 1
        assert socket.connected


async def test_says_so_when_slack_cannot_be_reached_for_long(
    app: AsyncApp, fake: FakeSlack, in_flight: InFlight
) -> None:
    told: asyncio.Queue[str] = asyncio.Queue()
    watch = Watch(ping=60.0, silence=0.2, patience=0.5, look=0.05, give_up=0.4)
    connection = SocketConnection(
        app, app_token="xapp-1", in_flight=in_flight, watch=watch, unhealthy=told.put_nowait
    )
    async with connected(connection):
        fake.will("apps.connections.open", *[says(503, "")] * 50)

        assert "no connection to Slack" in await asyncio.wait_for(told.get(), 10)
        assert not connection.connected


async def test_a_token_that_was_revoked_meanwhile_is_told_at_once(
    app: AsyncApp, fake: FakeSlack, in_flight: InFlight
) -> None:
    told: asyncio.Queue[str] = asyncio.Queue()
    watch = Watch(ping=60.0, silence=0.2, patience=0.5, look=0.05, give_up=60.0)
    connection = SocketConnection(
        app, app_token="xapp-1", in_flight=in_flight, watch=watch, unhealthy=told.put_nowait
    )
    async with connected(connection):
        fake.will("apps.connections.open", no("token_revoked"))

        assert "token_revoked" in await asyncio.wait_for(told.get(), 10)


async def test_stopping_lets_a_running_listener_end_and_its_ack_leave(
    app: AsyncApp, fake: FakeSlack, in_flight: InFlight
) -> None:
    began, ended = asyncio.Event(), asyncio.Event()

    async def slow(ack: AsyncAck) -> None:
        began.set()
        await asyncio.sleep(0.2)
        await ack("stored")
        await asyncio.sleep(0.1)
        ended.set()

    app.command("/crr")(slow)
    connection = SocketConnection(app, app_token="xapp-1", in_flight=in_flight)
    await connection.start()
    await fake.envelope("e1", COMMAND, "slash_commands")
    await began.wait()
    stopping = asyncio.create_task(connection.stop(5.0))
    await asyncio.sleep(0.05)
    await fake.envelope("e2", COMMAND, "slash_commands")

    assert await stopping == 0
    assert ended.is_set()
    assert fake.acks.get_nowait()["envelope_id"] == "e1"
    assert fake.acks.empty(), "what came while stopping must come again, to somebody else"


async def test_stopping_does_not_wait_for_ever(
    app: AsyncApp, fake: FakeSlack, in_flight: InFlight
) -> None:
    began = asyncio.Event()

    async def stuck(ack: AsyncAck) -> None:
        await ack()
        began.set()
        await asyncio.sleep(3600)

    app.command("/crr")(stuck)
    connection = SocketConnection(app, app_token="xapp-1", in_flight=in_flight)
    await connection.start()
    await fake.envelope("e1", COMMAND, "slash_commands")
    await began.wait()

    assert await connection.stop(0.1) == 1
    assert len(in_flight) == 0


async def test_leaves_no_task_and_no_session_behind(
    app: AsyncApp, fake: FakeSlack, in_flight: InFlight
) -> None:
    before = asyncio.all_tasks()
    connection = SocketConnection(app, app_token="xapp-1", in_flight=in_flight)
    await connection.start()
    await connection.stop()
    await asyncio.sleep(0.05)

    ours = {t for t in asyncio.all_tasks() - before if "slack_sdk" in repr(t.get_coro())}
    assert not ours


async def test_a_socket_that_cannot_be_closed_does_not_keep_us(
    app: AsyncApp, fake: FakeSlack, in_flight: InFlight, monkeypatch: pytest.MonkeyPatch
) -> None:
    sessions: list[ClientSession] = []

    async def breaks(client: SocketModeClient) -> None:
        sessions.append(client.aiohttp_client_session)
        raise ConnectionResetError

    connection = SocketConnection(app, app_token="xapp-1", in_flight=in_flight)
    await connection.start()
    monkeypatch.setattr(SocketModeClient, "disconnect", breaks)

    assert await connection.stop() == 0
    assert [session.closed for session in sessions] == [True]


async def test_no_log_holds_the_sockets_ticket(
    app: AsyncApp, fake: FakeSlack, in_flight: InFlight, caplog: pytest.LogCaptureFixture
) -> None:
    caplog.set_level("DEBUG")
    fake.says_hello = False
    fake.will(
        "apps.connections.open",
        says(200, {"ok": True, "url": f"{fake.url}nothing/here?ticket=secret"}),
    )

    with pytest.raises(SlackUnavailable):
        await SocketConnection(
            app, app_token="xapp-1", in_flight=in_flight, watch=Watch(ping=0.05, patience=0.3)
        ).start()
    assert "Failed to connect" in caplog.text
    assert "secret" not in caplog.text
    assert "xapp-1" not in caplog.text
