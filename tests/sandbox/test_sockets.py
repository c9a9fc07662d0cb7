"""Socket Mode, with bolt's own handler at the other end."""

import asyncio
from collections import Counter
from typing import Any

import msgspec
import pytest
from aiohttp import ClientSession, ClientWebSocketResponse, WSMsgType, WSServerHandshakeError
from slack_bolt.async_app import AsyncAck, AsyncApp

from bot.sandbox.server import Sandbox
from tests.sandbox.conftest import Connected, bolt, client_of, impatient, refusal

Body = dict[str, Any]


def taking(slack: Sandbox, bodies: list[Body]) -> AsyncApp:
    """An app that acknowledges /crr and mentions."""
    app = bolt(slack)

    @app.command("/crr")
    async def crr(ack: AsyncAck, body: Body) -> None:
        bodies.append(body)
        await ack()

    @app.event("app_mention")
    async def on_mention(body: Body) -> None:
        bodies.append(body)

    return app


async def opened(slack: Sandbox, http: ClientSession) -> ClientWebSocketResponse:
    """A raw socket that says nothing by itself."""
    url = (await client_of(slack).apps_connections_open(app_token="xapp-sandbox"))["url"]
    return await http.ws_connect(url, autoping=False)


async def heard(stream: ClientWebSocketResponse) -> Body:
    """The next message that is no ping."""
    while True:
        message = await stream.receive(timeout=2)
        if message.type is WSMsgType.TEXT:
            found: Body = msgspec.json.decode(message.data)
            return found


async def test_a_url_opens_one_socket(slack: Sandbox) -> None:
    url = (await client_of(slack).apps_connections_open(app_token="xapp-sandbox"))["url"]

    async with ClientSession() as http:
        stream = await http.ws_connect(url)
        hello = await heard(stream)
        with pytest.raises(WSServerHandshakeError):
            await http.ws_connect(url)
        await stream.close()

    assert hello["type"] == "hello"
    assert hello["num_connections"] == 1
    assert hello["connection_info"] == {"app_id": "A0KEEP"}


async def test_a_url_is_good_for_half_a_minute(slack: Sandbox) -> None:
    url = (await client_of(slack).apps_connections_open(app_token="xapp-sandbox"))["url"]
    slack.clock.advance(31)

    async with ClientSession() as http:
        with pytest.raises(WSServerHandshakeError):
            await http.ws_connect(url)


async def test_an_envelope_says_what_it_is(slack: Sandbox) -> None:
    async with ClientSession() as http:
        stream = await opened(slack, http)
        await heard(stream)
        typing = asyncio.create_task(slack.person("U0LEAD").command("/crr", channel="C0SUCCESS"))
        envelope = await heard(stream)
        await stream.send_json({"envelope_id": envelope["envelope_id"], "payload": {"text": "Hi"}})
        reply = await typing
        await stream.close()

    assert envelope["type"] == "slash_commands"
    assert envelope["accepts_response_payload"] is True
    assert envelope["payload"]["command"] == "/crr"
    assert "retry_attempt" not in envelope
    assert reply.ephemeral is not None
    assert reply.ephemeral.text == "Hi"


async def test_each_envelope_goes_to_one_socket_and_all_get_some(slack: Sandbox) -> None:
    first, second = list[Body](), list[Body]()

    async with Connected(taking(slack, first), slack), Connected(taking(slack, second), slack):
        for _ in range(6):
            await slack.person("U0LEAD").command("/crr", channel="C0SUCCESS")

    assert len(first) + len(second) == 6
    assert first
    assert second


async def test_the_eleventh_socket_is_sent_away(slack: Sandbox) -> None:
    async with ClientSession() as http:
        streams = [await opened(slack, http) for _ in range(10)]
        hellos = [await heard(stream) for stream in streams]
        eleventh = await opened(slack, http)
        goodbye = await heard(eleventh)
        closed = await eleventh.receive(timeout=2)
        for stream in (*streams, eleventh):
            await stream.close()

    assert [hello["num_connections"] for hello in hellos] == list(range(1, 11))
    assert (goodbye["type"], goodbye["reason"]) == ("disconnect", "too_many_websockets")
    assert closed.type in (WSMsgType.CLOSE, WSMsgType.CLOSED)


class TestAnEventThatIsNotAcked:
    async def test_it_comes_again_until_it_is(self, slack: Sandbox) -> None:
        envelopes = []
        async with ClientSession() as http:
            impatient(slack)
            stream = await opened(slack, http)
            await heard(stream)
            slack.person("U0LEAD").mention("C0SUCCESS", "help")
            for _ in range(3):
                envelopes.append(await heard(stream))  # noqa: PERF401 - one after the other
            await stream.send_json({"envelope_id": envelopes[-1]["envelope_id"]})
            await slack.delivery.settled()
            await stream.close()

        assert [(e["retry_attempt"], e["retry_reason"]) for e in envelopes] == [
            (0, ""), (1, "timeout"), (2, "timeout"),
        ]  # fmt: skip
        assert len({e["payload"]["event_id"] for e in envelopes}) == 1
        assert len({e["envelope_id"] for e in envelopes}) == 3
        assert Counter(e.kind for e in slack.journal.since(0, "ack", "no_ack")) == {
            "no_ack": 2, "ack": 1,
        }  # fmt: skip

    async def test_slack_gives_up_in_the_end(self, slack: Sandbox) -> None:
        slack.person("U0LEAD").mention("C0SUCCESS", "help")
        await slack.delivery.settled()

        assert len(slack.journal.since(0, "envelope")) == 3

    async def test_it_comes_again_when_its_socket_breaks(self, slack: Sandbox) -> None:
        bodies: list[Body] = []
        async with ClientSession() as http:
            stream = await opened(slack, http)
            await heard(stream)
            slack.person("U0LEAD").mention("C0SUCCESS", "help")
            await heard(stream)
            async with Connected(taking(slack, bodies), slack):
                await stream.close()
                await slack.delivery.settled()

        assert len(bodies) == 1
        [lost] = slack.journal.since(0, "no_ack")
        assert lost.data["reason"] == "connection_failed"

    async def test_an_ack_that_comes_too_late_changes_nothing(self, slack: Sandbox) -> None:
        async with ClientSession() as http:
            stream = await opened(slack, http)
            await heard(stream)
            impatient(slack)
            typing = slack.person("U0LEAD").command("/crr", channel="C0SUCCESS")
            task = asyncio.create_task(typing)
            envelope = await heard(stream)
            reply = await task
            await stream.send_json({"envelope_id": envelope["envelope_id"]})
            await slack.journal.wait_for(lambda entry: entry.kind == "late_ack")
            await stream.close()

        assert reply.error


class TestDisconnect:
    @pytest.mark.parametrize("reason", ["refresh_requested", "warning"])
    async def test_bolt_comes_back_by_itself(self, slack: Sandbox, reason: Any) -> None:
        bodies: list[Body] = []
        async with Connected(taking(slack, bodies), slack):
            since = slack.journal.last
            await slack.sockets.disconnect(reason)
            await slack.journal.wait_for(lambda e: e.kind == "socket_opened", since=since)
            await slack.journal.wait_for(lambda e: e.kind == "socket_closed", since=since)
            await slack.sockets.wait_until_connected()
            reply = await slack.person("U0LEAD").command("/crr", channel="C0SUCCESS")

        assert reply.acked
        assert len(bodies) == 1

    async def test_a_socket_that_was_asked_to_go_gets_no_new_envelopes(
        self, slack: Sandbox
    ) -> None:
        async with ClientSession() as http:
            stream = await opened(slack, http)
            await heard(stream)
            asking = asyncio.create_task(slack.sockets.disconnect("refresh_requested"))
            goodbye = await heard(stream)
            reply = await slack.person("U0LEAD").command("/crr", channel="C0SUCCESS")
            await stream.close()
            await asking

        assert goodbye["reason"] == "refresh_requested"
        assert "dispatch_failed" in reply.error

    async def test_a_warned_socket_still_gets_envelopes(self, slack: Sandbox) -> None:
        async with ClientSession() as http:
            stream = await opened(slack, http)
            await heard(stream)
            asking = asyncio.create_task(slack.sockets.disconnect("warning"))
            await heard(stream)
            slack.person("U0LEAD").mention("C0SUCCESS", "help")
            envelope = await heard(stream)
            await asking
            await stream.close()

        assert envelope["type"] == "events_api"

    async def test_bolt_comes_back_after_the_connection_broke(self, slack: Sandbox) -> None:
        bodies: list[Body] = []
        async with Connected(taking(slack, bodies), slack):
            since = slack.journal.last
            slack.sockets.abort()
            await slack.journal.wait_for(lambda e: e.kind == "socket_opened", since=since)
            reply = await slack.person("U0LEAD").command("/crr", channel="C0SUCCESS")

        assert reply.acked

    async def test_opening_can_be_refused_for_a_while(self, slack: Sandbox) -> None:
        bodies: list[Body] = []
        async with Connected(taking(slack, bodies), slack):
            slack.sockets.refusing = "internal_error"
            since = slack.journal.last
            slack.sockets.abort()
            await slack.journal.wait_for(
                lambda e: e.kind == "call" and e.data["response"].get("error") == "internal_error",
                since=since,
            )
            slack.sockets.refusing = ""
            await slack.sockets.wait_until_connected()
            reply = await slack.person("U0LEAD").command("/crr", channel="C0SUCCESS")

        assert reply.acked


async def test_a_frozen_socket_is_open_and_silent(slack: Sandbox) -> None:
    async with ClientSession() as http:
        stream = await opened(slack, http)
        await heard(stream)
        slack.sockets.freeze()
        impatient(slack)
        await stream.ping(b"anybody?")
        reply = await slack.person("U0LEAD").command("/crr", channel="C0SUCCESS")
        still_open = slack.sockets.connected
        slack.sockets.thaw()
        await stream.ping(b"now?")
        said = await stream.receive(timeout=2)
        while said.type is WSMsgType.PING:
            said = await stream.receive(timeout=2)
        await stream.close()

    assert reply.error
    assert still_open == 1
    assert (said.type, said.data) == (WSMsgType.PONG, b"now?")


async def test_the_server_pings(slack: Sandbox) -> None:
    async with ClientSession() as http:
        stream = await opened(slack, http)
        await heard(stream)
        ping = await stream.receive(timeout=2)
        await stream.close()

    assert ping.type is WSMsgType.PING


async def test_refused_opening_is_an_error_of_the_method(slack: Sandbox) -> None:
    slack.sockets.refusing = "link_disabled"

    call = client_of(slack).apps_connections_open(app_token="xapp-sandbox")

    assert (await refusal(call))["error"] == "link_disabled"


async def test_noise_on_a_socket_is_written_down(slack: Sandbox) -> None:
    async with ClientSession() as http:
        stream = await opened(slack, http)
        for noise in ("not json", "[]", "{}"):
            await stream.send_str(noise)
        await stream.send_json({"envelope_id": "unknown"})
        await slack.journal.wait_for(lambda entry: entry.kind == "late_ack")
        await stream.close()

    assert len(slack.journal.since(0, "stray")) == 3
