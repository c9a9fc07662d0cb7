from typing import Any

import pytest
from aiohttp import ClientSession
from slack_bolt.async_app import AsyncAck
from slack_sdk.web.async_client import AsyncWebClient

from bot.sandbox.server import Sandbox
from tests.sandbox.conftest import BUTTONS, COMMENT, Connected, bolt, refusal

Body = dict[str, Any]


async def got(slack: Sandbox, path: str) -> Body:
    async with ClientSession() as http, http.get(f"{slack.url}/sandbox/{path}") as response:
        found: Body = await response.json()
        return found


async def posted(slack: Sandbox, path: str, **body: Any) -> Body:
    async with (
        ClientSession() as http,
        http.post(f"{slack.url}/sandbox/{path}", json=body) as response,
    ):
        found: Body = await response.json()
        return found


async def test_the_state_shows_who_and_what_is_there(slack: Sandbox) -> None:
    state = await got(slack, "state")

    assert state["team"]["name"] == "Brightside"
    assert {user["id"] for user in state["users"]} >= {"U0LEAD", "U0ACME"}
    assert {c["id"]: c["shared_with"] for c in state["channels"]}["C0ACME"] == ["T0ACME"]
    assert state["app"]["commands"] == ["/crr", "/churn", "/nps", "/csat", "/ces", "/keeprate"]
    assert "xoxb" not in str(state)
    assert slack.settings.app.signing_secret not in str(state)


async def test_a_whole_survey_is_answered_over_http(slack: Sandbox, client: AsyncWebClient) -> None:
    app = bolt(slack)

    @app.command("/nps")
    async def on_nps(ack: AsyncAck) -> None:
        await ack("Asking.")
        await client.chat_postMessage(channel="C0ACME", text="How likely?", blocks=BUTTONS)

    @app.action({"block_id": "nps"})
    async def on_score(ack: AsyncAck, body: Body) -> None:
        await ack()
        await client.views_open(trigger_id=body["trigger_id"], view=COMMENT)

    @app.view("comment")
    async def on_comment(ack: AsyncAck) -> None:
        await ack()

    async with Connected(app, slack):
        typed = await posted(
            slack, "act", person="U0LEAD", do="command", command="/nps", channel="C0SUCCESS"
        )
        await slack.wait_for_message("C0ACME")
        [message] = (await got(slack, "messages?channel=C0ACME&person=U0ACME"))["messages"]
        clicked = await posted(
            slack, "act", person="U0ACME", do="click", channel="C0ACME", ts=message["ts"],
            action_id="score:4",
        )  # fmt: skip
        await slack.person("U0ACME").modal()
        [form] = (await got(slack, "views?person=U0ACME"))["modals"]
        refused = await posted(
            slack, "act", person="U0ACME", do="submit", view_id=form["id"], values={"why": ""}
        )
        sent = await posted(
            slack, "act", person="U0ACME", do="submit", view_id=form["id"], values={"why": "Slow"}
        )

    assert typed["messages"][0]["text"] == "Asking."
    assert typed["messages"][0]["to"] == "U0LEAD"
    assert clicked["ok"]
    assert (refused["ok"], list(refused["errors"])) == (False, ["why"])
    assert sent["ok"]
    assert (await got(slack, "views?person=U0ACME"))["modals"] == []


@pytest.mark.parametrize(
    "body",
    [
        pytest.param({"person": "U0LEAD", "do": "dance"}, id="no such act"),
        pytest.param({"person": "U0LEAD", "do": "command"}, id="no command"),
        pytest.param({"person": "U0NOBODY", "do": "open_home"}, id="nobody"),
        pytest.param(
            {"person": "U0LEAD", "do": "click", "channel": "C0ACME", "ts": "1", "action_id": "a"},
            id="no such message",
        ),
        pytest.param({"person": "U0LEAD", "do": "close", "view_id": "V1"}, id="no such view"),
    ],
)
async def test_what_is_not_possible_is_said_in_a_sentence(slack: Sandbox, body: Body) -> None:
    answer = await posted(slack, "act", **body)

    assert answer["ok"] is False
    assert answer["error"].endswith(".")


async def test_a_page_of_another_origin_is_turned_away(slack: Sandbox) -> None:
    body = {"person": "U0LEAD", "do": "say", "channel": "C0ACME", "text": "x"}
    statuses = []
    async with ClientSession() as http:
        for origin in ("https://evil.example", slack.url):
            url = f"{slack.url}/sandbox/act"
            async with http.post(url, json=body, headers={"Origin": origin}) as response:
                statuses.append(response.status)

    assert statuses == [403, 200]
    assert len(slack.messages("C0ACME")) == 1


async def test_a_foreign_name_that_points_here_is_turned_away(slack: Sandbox) -> None:
    port = slack.url.rpartition(":")[2]
    statuses = []
    async with ClientSession() as http:
        for host in (f"evil.example:{port}", f"localhost:{port}", f"[::1]:{port}"):
            async with http.get(f"{slack.url}/sandbox/state", headers={"Host": host}) as response:
                statuses.append(response.status)

    assert statuses == [403, 200, 200]


async def test_the_journal_is_followed_live(slack: Sandbox, client: AsyncWebClient) -> None:
    await client.chat_postMessage(channel="C0ACME", text="before")
    entries = (await got(slack, "journal"))["entries"]
    since = entries[-1]["number"]

    async with (
        ClientSession() as http,
        http.ws_connect(f"{slack.url}/sandbox/journal?since={since}") as stream,
    ):
        await client.chat_postMessage(channel="C0ACME", text="after")
        message = await stream.receive_json(timeout=2)
        call = await stream.receive_json(timeout=2)

    assert [entry["kind"] for entry in entries] == ["message", "call"]
    assert (message["kind"], message["post"]["text"]) == ("message", "after")
    assert (call["kind"], call["method"], call["number"]) == ("call", "chat.postMessage", since + 2)


async def test_faults_and_the_admins_hands_are_reached_over_http(
    slack: Sandbox, client: AsyncWebClient
) -> None:
    await posted(slack, "faults", method="auth.test", kind="error", code="fatal_error")
    await posted(slack, "admin", do="archive", channel="C0ACME")
    nonsense = await posted(slack, "faults", method="auth.test", kind="explode")

    assert (await refusal(client.auth_test()))["error"] == "fatal_error"
    assert slack.workspace.conversations["C0ACME"].archived
    assert not nonsense["ok"]
    assert not (await posted(slack, "admin", do="explode"))["ok"]


async def test_an_uploaded_file_is_served(slack: Sandbox, client: AsyncWebClient) -> None:
    await client.files_upload_v2(filename="crr.png", content=b"\x89PNG")
    [file] = slack.workspace.files

    async with ClientSession() as http:
        async with http.get(f"{slack.url}/sandbox/files/{file}") as response:
            assert await response.read() == b"\x89PNG"
        async with http.get(f"{slack.url}/sandbox/files/F0") as response:
            assert response.status == 404
