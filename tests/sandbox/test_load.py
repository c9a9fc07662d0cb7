import pytest
from slack_bolt.async_app import AsyncAck

from bot.sandbox.load import Load, load
from bot.sandbox.people import Reply
from bot.sandbox.server import Sandbox
from tests.sandbox.conftest import BUTTONS, Connected, bolt


async def test_many_clicks_are_all_acked(slack: Sandbox) -> None:
    app = bolt(slack)

    @app.action({"block_id": "nps"})
    async def on_score(ack: AsyncAck) -> None:
        await ack()

    await app.client.chat_postMessage(channel="C0ACME", text="?", blocks=BUTTONS)
    [post] = slack.messages("C0ACME")
    people = [slack.person("U0LEAD"), slack.person("U0ACME")]

    # A busy machine may not answer pings in a fifth of a second, which would end the connection.
    async with Connected(app, slack, ping_interval=5.0):
        result = await load(
            lambda n: people[n % 2].click(post, f"score:{n % 11}"), count=100, at_once=16
        )

    assert (len(result.latencies), result.failed) == (100, 0)
    assert result.percentile(0.5) <= result.percentile(0.99)


async def test_what_is_not_acked_is_failed_and_not_measured() -> None:
    async def act(number: int) -> Reply:
        return Reply(number % 4 != 0, 1.0)

    result = await load(act, count=10, at_once=3)

    assert (len(result.latencies), result.failed) == (7, 3)


@pytest.mark.parametrize(("share", "latency"), [(0.0, 1.0), (0.5, 2.0), (0.75, 3.0), (1.0, 4.0)])
def test_a_percentile_is_a_latency_that_was_measured(share: float, latency: float) -> None:
    assert Load(1.0, (1.0, 2.0, 3.0, 4.0), 0).percentile(share) == latency
