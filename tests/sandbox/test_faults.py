from typing import Any

import aiohttp
import pytest
from slack_sdk.errors import SlackApiError
from slack_sdk.web.async_client import AsyncWebClient
from slack_sdk.webhook.async_client import AsyncWebhookClient

from bot.sandbox.server import Sandbox
from tests.sandbox.conftest import client_of, refusal

LOST = (aiohttp.ServerDisconnectedError, aiohttp.ClientOSError)


def texts(slack: Sandbox) -> list[str]:
    return [post.text for post in slack.messages("C0ACME")]


async def test_slack_sdk_repeats_a_post_whose_answer_was_lost(slack: Sandbox) -> None:
    slack.faults.drop_after("chat.postMessage")

    await client_of(slack).chat_postMessage(channel="C0ACME", text="once?")

    assert texts(slack) == ["once?", "once?"]


async def test_without_retry_handlers_it_is_posted_once_and_nobody_knows(slack: Sandbox) -> None:
    slack.faults.drop_after("chat.postMessage")

    with pytest.raises(LOST):
        await client_of(slack, retry_handlers=[]).chat_postMessage(channel="C0ACME", text="once")

    assert texts(slack) == ["once"]


async def test_a_connection_that_breaks_before_leaves_nothing(slack: Sandbox) -> None:
    slack.faults.drop_before("chat.postMessage")
    client = client_of(slack, retry_handlers=[])

    with pytest.raises(LOST):
        await client.chat_postMessage(channel="C0ACME", text="1")
    await client.chat_postMessage(channel="C0ACME", text="2")

    assert texts(slack) == ["2"]


@pytest.mark.parametrize("done", [False, True])
async def test_an_error_of_slacks_own_says_nothing_of_what_was_done(
    slack: Sandbox, client: AsyncWebClient, done: bool
) -> None:
    slack.faults.status("chat.postMessage", 503, done=done)

    with pytest.raises(SlackApiError) as raised:
        await client.chat_postMessage(channel="C0ACME", text="x")

    assert raised.value.response.status_code == 503
    assert texts(slack) == (["x"] if done else [])


@pytest.mark.parametrize("done", [False, True])
async def test_an_answer_may_come_too_late(slack: Sandbox, done: bool) -> None:
    slack.faults.delay("chat.postMessage", 0.2, done=done)
    client = client_of(slack, retry_handlers=[])
    client.timeout = 0.05  # type: ignore[assignment]  # a float works

    with pytest.raises(TimeoutError):
        await client.chat_postMessage(channel="C0ACME", text="x")

    assert texts(slack) == (["x"] if done else [])


async def test_any_error_can_be_had_for_some_calls(slack: Sandbox, client: AsyncWebClient) -> None:
    slack.faults.error("chat.postMessage", "fatal_error", times=2)

    async def post() -> Any:
        return await client.chat_postMessage(channel="C0ACME", text="x")

    assert (await refusal(post()))["error"] == "fatal_error"
    assert (await refusal(post()))["error"] == "fatal_error"
    assert (await post())["ok"]


async def test_a_429_can_be_had_without_many_calls(slack: Sandbox, client: AsyncWebClient) -> None:
    slack.faults.rate_limited("auth.test", retry_after=7)

    with pytest.raises(SlackApiError) as raised:
        await client.auth_test()

    assert raised.value.response.headers["Retry-After"] == "7"


async def test_other_methods_do_not_meet_the_fault(slack: Sandbox, client: AsyncWebClient) -> None:
    slack.faults.status("chat.postMessage", 500)

    assert (await client.auth_test())["ok"]
    slack.faults.clear()
    assert (await client.chat_postMessage(channel="C0ACME", text="x"))["ok"]


async def test_the_star_is_any_method(slack: Sandbox, client: AsyncWebClient) -> None:
    slack.faults.error("*", "fatal_error")

    assert (await refusal(client.auth_test()))["error"] == "fatal_error"


async def test_an_answer_to_an_interaction_can_be_lost_too(slack: Sandbox) -> None:
    url = slack.response_urls.issue("U0LEAD", "C0ACME")
    slack.faults.drop_after("response_url")

    with pytest.raises(LOST):
        await AsyncWebhookClient(url.url, retry_handlers=[]).send(text="x")

    assert [post.text for post in url.posts] == ["x"]
