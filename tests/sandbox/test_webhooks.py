"""HTTP mode, with bolt's own server code at the other end."""

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from typing import Any

import pytest
from aiohttp import web
from slack_bolt.async_app import AsyncAck, AsyncApp, AsyncRespond
from slack_sdk.web.async_client import AsyncWebClient

from bot.sandbox.server import Sandbox
from tests.sandbox.conftest import BUTTONS, COMMENT, bolt, impatient

Body = dict[str, Any]


@asynccontextmanager
async def listening(app: AsyncApp | web.Application, slack: Sandbox) -> AsyncIterator[str]:
    """The app on a port of its own, which Slack delivers to."""
    web_app = app if isinstance(app, web.Application) else app.web_app(path="/slack/events")
    runner = web.AppRunner(web_app, access_log=None, shutdown_timeout=0.1)
    await runner.setup()
    await web.TCPSite(runner, "127.0.0.1", 0).start()
    slack.deliver_to(f"http://127.0.0.1:{runner.addresses[0][1]}/slack/events")
    try:
        yield slack.workspace.request_url
    finally:
        await runner.cleanup()


def answering(statuses: list[int], headers: dict[str, str], seen: list[Body]) -> web.Application:
    """A bare server that answers with these statuses in turn, the last for ever."""

    async def take(request: web.Request) -> web.Response:
        body = await request.json()
        seen.append({"headers": dict(request.headers), **body})
        status = statuses.pop(0) if len(statuses) > 1 else statuses[0]
        return web.Response(status=status, headers=headers)

    app = web.Application()
    app.router.add_post("/slack/events", take)
    return app


async def test_commands_clicks_and_forms_work_as_over_a_socket(
    slack: Sandbox, client: AsyncWebClient
) -> None:
    app, comments = bolt(slack), list[str]()

    @app.command("/nps")
    async def on_nps(ack: AsyncAck, respond: AsyncRespond) -> None:
        await ack("Asking …")
        await client.chat_postMessage(channel="C0ACME", text="How likely?", blocks=BUTTONS)

    @app.action({"block_id": "nps"})
    async def on_score(ack: AsyncAck, body: Body) -> None:
        await ack()
        await client.views_open(trigger_id=body["trigger_id"], view=COMMENT)

    @app.view("comment")
    async def on_comment(ack: AsyncAck, view: Body) -> None:
        comments.append(view["state"]["values"]["why"]["text"]["value"])
        await ack(response_action="clear")

    async with listening(app, slack):
        reply = await slack.person("U0LEAD").command("/nps", channel="C0SUCCESS")
        question = await slack.wait_for_message("C0ACME", containing="likely")
        customer = slack.person("U0ACME")
        await customer.click(question, "score:10")
        await customer.submit(await customer.modal(), {"why": "Grüße & Küsse"})

    assert reply.ephemeral is not None
    assert reply.ephemeral.text == "Asking …"
    assert comments == ["Grüße & Küsse"]
    assert customer.open_modal is None


async def test_the_url_is_asked_a_challenge_first(slack: Sandbox) -> None:
    async with listening(bolt(slack), slack):
        assert await slack.webhooks.verify()
        slack.faults.wrong_signature = True
        assert not await slack.webhooks.verify()


@pytest.mark.parametrize("fault", ["old", "wrong"])
async def test_bolt_turns_away_what_is_not_signed_well(slack: Sandbox, fault: str) -> None:
    app, taken = bolt(slack), list[Body]()

    @app.command("/crr")
    async def crr(ack: AsyncAck, body: Body) -> None:
        taken.append(body)
        await ack()

    slack.faults.wrong_signature = fault == "wrong"
    slack.faults.signature_age = 600 if fault == "old" else 0
    async with listening(app, slack):
        refused = await slack.person("U0LEAD").command("/crr", channel="C0SUCCESS")
        slack.faults.clear()
        taken_now = await slack.person("U0LEAD").command("/crr", channel="C0SUCCESS")

    assert refused.error == '/crr failed with the error "dispatch_failed"'
    assert taken_now.acked
    assert len(taken) == 1


async def test_an_event_comes_again_with_its_number_and_reason(slack: Sandbox) -> None:
    seen: list[Body] = []

    async with listening(answering([500, 500, 200], {}, seen), slack):
        slack.person("U0LEAD").mention("C0SUCCESS", "help")
        await slack.delivery.settled()

    retries = [
        (one["headers"].get("x-slack-retry-num"), one["headers"].get("x-slack-retry-reason"))
        for one in seen
    ]
    assert retries == [(None, None), ("1", "http_error"), ("2", "http_error")]
    assert len({one["event_id"] for one in seen}) == 1


async def test_the_app_can_ask_not_to_be_told_again(slack: Sandbox) -> None:
    seen: list[Body] = []

    async with listening(answering([500], {"x-slack-no-retry": "1"}, seen), slack):
        slack.person("U0LEAD").mention("C0SUCCESS", "help")
        await slack.delivery.settled()

    assert len(seen) == 1


async def test_a_command_that_fails_is_not_sent_again(slack: Sandbox) -> None:
    app = bolt(slack)

    @app.command("/crr")
    async def crr() -> None:
        """Never acknowledges."""

    async with listening(app, slack):
        impatient(slack)
        reply = await slack.person("U0LEAD").command("/crr", channel="C0SUCCESS")

    assert not reply.acked
    assert len(slack.journal.since(0, "envelope")) == 1


async def test_nobody_at_the_url_is_an_error_for_the_person(slack: Sandbox) -> None:
    async with listening(bolt(slack), slack):
        """Its port is free again after this."""

    reply = await slack.person("U0LEAD").command("/crr", channel="C0SUCCESS")

    assert reply.error == '/crr failed with the error "dispatch_failed"'
    [entry] = slack.journal.since(0, "no_ack")
    assert entry.data["reason"] == "connection_failed"
