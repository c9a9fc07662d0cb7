from typing import Any

from slack_bolt.async_app import AsyncAck, AsyncRespond

from bot.sandbox.server import Sandbox
from tests.sandbox.conftest import Connected, bolt


async def test_a_command_is_answered_privately(slack: Sandbox) -> None:
    app = bolt(slack)

    @app.command("/crr")
    async def crr(ack: AsyncAck, respond: AsyncRespond, command: dict[str, Any]) -> None:
        await ack()
        await respond(f"Retention for {command['text']}")

    async with Connected(app, slack):
        lead = slack.person("U0LEAD")
        reply = await lead.command("/crr", "month", channel="C0SUCCESS")
        answer = await lead.wait_for_ephemeral("C0SUCCESS")

    assert reply.acked
    assert answer.text == "Retention for month"
    assert reply.ephemeral is answer
