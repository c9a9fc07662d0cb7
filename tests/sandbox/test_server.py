import asyncio

import pytest
from slack_sdk.web.async_client import AsyncWebClient

from bot.errors import ConfigError
from bot.sandbox.server import Sandbox, serve
from tests.sandbox.conftest import client_of


async def test_it_serves_until_it_is_stopped() -> None:
    started: asyncio.Future[Sandbox] = asyncio.get_running_loop().create_future()
    serving = asyncio.create_task(serve(started=started.set_result))
    sandbox = await started

    answer = await client_of(sandbox).auth_test()
    serving.cancel()
    with pytest.raises(asyncio.CancelledError):
        await serving

    assert answer["ok"]
    with pytest.raises(ConnectionRefusedError):
        await asyncio.open_connection("127.0.0.1", int(sandbox.url.rpartition(":")[2]))


async def test_a_port_that_is_taken_is_said_in_a_sentence(slack: Sandbox) -> None:
    port = int(slack.url.rpartition(":")[2])

    with pytest.raises(ConfigError, match=f"127.0.0.1:{port}.*choose another port"):
        await serve(port=port)


async def test_waiting_for_a_message_takes_edits_and_leaves_private_ones_out(
    slack: Sandbox, client: AsyncWebClient
) -> None:
    url = slack.response_urls.issue("U0LEAD", "C0ACME")
    private = slack.response_urls.answer(url, {"text": "Retention"})
    again = slack.response_urls.issue("U0LEAD", "C0ACME", private)
    slack.response_urls.answer(again, {"text": "Retention", "replace_original": True})
    ts = (await client.chat_postMessage(channel="C0ACME", text="…"))["ts"]
    await client.chat_update(channel="C0ACME", ts=ts, text="Retention 80 %")

    assert (await slack.wait_for_message("C0ACME", containing="Retention")).ts == ts
    with pytest.raises(TimeoutError):
        await slack.wait_for_message("C0SUCCESS", timeout=0.01)
