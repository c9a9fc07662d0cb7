"""Who is let in, and in which shapes a call may come."""

from dataclasses import replace
from typing import Any

import pytest
from aiohttp import ClientSession
from slack_sdk.web.async_client import AsyncWebClient

from bot.sandbox.methods import METHODS
from bot.sandbox.server import Sandbox
from bot.sandbox.settings import LEAST_SCOPES, Settings
from tests.sandbox.conftest import client_of, refusal


@pytest.mark.parametrize(
    ("token", "error"),
    [
        pytest.param("", "not_authed", id="none"),
        pytest.param("xoxb-other", "invalid_auth", id="unknown"),
        pytest.param("xapp-sandbox", "not_allowed_token_type", id="the app's"),
    ],
)
async def test_a_method_wants_the_bot_token(slack: Sandbox, token: str, error: str) -> None:
    assert (await refusal(client_of(slack, token).auth_test()))["error"] == error


async def test_sockets_want_the_app_token(slack: Sandbox) -> None:
    with_bot = client_of(slack).apps_connections_open(app_token="xoxb-sandbox")
    with_app = client_of(slack).apps_connections_open(app_token="xapp-sandbox")

    assert (await refusal(with_bot))["error"] == "not_allowed_token_type"
    assert (await with_app)["url"].startswith("ws://127.0.0.1:")


async def test_an_unknown_method_is_unknown_with_any_token(slack: Sandbox) -> None:
    body = await refusal(client_of(slack, "xoxb-other").api_call("chat.shout"))

    assert body["error"] == "unknown_method"


class TestScopes:
    @pytest.fixture
    def settings(self, settings: Settings) -> Settings:
        return replace(settings, app=replace(settings.app, scopes=frozenset()))

    @pytest.mark.parametrize(
        "method", sorted(name for name, method in METHODS.items() if method.scopes)
    )
    async def test_without_its_scope_a_method_does_nothing(
        self, slack: Sandbox, client: AsyncWebClient, method: str
    ) -> None:
        body = await refusal(client.api_call(method, json={}))

        assert (body["error"], body["provided"]) == ("missing_scope", "")
        assert body["needed"] == ",".join(METHODS[method].scopes)

    async def test_commands_are_not_there_either(self, slack: Sandbox) -> None:
        with pytest.raises(Exception, match="not a command"):
            await slack.person("U0LEAD").command("/crr", channel="C0SUCCESS")


async def test_the_least_scopes_cover_what_the_bot_needs_and_no_history() -> None:
    assert not any(scope.endswith(":history") for scope in LEAST_SCOPES)


async def test_a_withdrawn_scope_is_missed_at_once(slack: Sandbox, client: AsyncWebClient) -> None:
    slack.admin.withdraw("chat:write")

    body = await refusal(client.chat_postMessage(channel="C0SUCCESS", text="x"))

    assert (body["error"], body["needed"]) == ("missing_scope", "chat:write")


@pytest.mark.parametrize(
    "request_of",
    [
        pytest.param({"json": {"channel": "C0ACME", "text": "x"}}, id="JSON"),
        pytest.param({"data": {"channel": "C0ACME", "text": "x"}}, id="form"),
        pytest.param({"params": {"channel": "C0ACME", "text": "x"}}, id="query"),
    ],
)
async def test_arguments_come_in_any_of_three_shapes(
    slack: Sandbox, request_of: dict[str, Any]
) -> None:
    headers = {"Authorization": "Bearer xoxb-sandbox"}
    async with (
        ClientSession(headers=headers) as http,
        http.post(f"{slack.api_url}chat.postMessage", **request_of) as response,
    ):
        assert (await response.json())["ok"]

    assert slack.messages("C0ACME")[0].text == "x"


async def test_a_token_may_come_in_the_body_and_is_never_written_down(slack: Sandbox) -> None:
    body = {"token": "xoxb-sandbox", "channel": "C0ACME", "text": "x"}
    async with (
        ClientSession() as http,
        http.post(f"{slack.api_url}chat.postMessage", data=body) as response,
    ):
        assert (await response.json())["ok"]

    assert "xoxb" not in repr(slack.journal.since())


async def test_a_body_that_is_no_json_is_refused(slack: Sandbox) -> None:
    headers = {"Content-Type": "application/json"}
    answers = []
    async with ClientSession(headers=headers) as http:
        for body in (b"{", b"[]"):
            async with http.post(f"{slack.api_url}auth.test", data=body) as response:
                answers.append((await response.json())["error"])

    assert answers == ["invalid_json", "json_not_object"]


async def test_every_call_is_in_the_journal(slack: Sandbox, client: AsyncWebClient) -> None:
    await client.chat_postMessage(channel="C0ACME", text="x")
    await refusal(client.chat_postMessage(channel="C0NONE", text="x"))

    good, bad = slack.journal.since(0, "call")
    assert good.data["method"] == "chat.postMessage"
    assert good.data["arguments"]["text"] == "x"
    assert good.data["response"]["ok"]
    assert bad.data["response"] == {"ok": False, "error": "channel_not_found"}
