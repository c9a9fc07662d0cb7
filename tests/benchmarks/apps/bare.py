"""A bolt app as its documentation shows it, which acknowledges clicks and does nothing else.

With --forms it also opens a form and answers by response URL, as ours does.

https://docs.slack.dev/tools/bolt-python/getting-started
https://docs.slack.dev/tools/bolt-python/concepts/async
"""

import re
from typing import Any

from slack_bolt.async_app import AsyncAck, AsyncApp, AsyncRespond
from slack_sdk.web.async_client import AsyncWebClient

from tests.benchmarks.apps.serving import client, options, serve

FORM = {
    "type": "modal",
    "callback_id": "comment",
    "title": {"type": "plain_text", "text": "Thank you"},
    "submit": {"type": "plain_text", "text": "Send"},
    "blocks": [
        {
            "type": "input",
            "block_id": "comment",
            "optional": True,
            "label": {"type": "plain_text", "text": "What is the main reason for your answer?"},
            "element": {"type": "plain_text_input", "action_id": "text", "multiline": True},
        }
    ],
}


def app(api_url: str, *, forms: bool) -> AsyncApp:
    bolt = AsyncApp(client=client(api_url), signing_secret="bench")

    async def only_ack(ack: AsyncAck) -> None:
        await ack()

    async def ack_and_thank(
        ack: AsyncAck, body: dict[str, Any], client: AsyncWebClient, respond: AsyncRespond
    ) -> None:
        await ack()
        await client.views_open(trigger_id=body["trigger_id"], view=FORM)
        await respond(text="Thank you.", response_type="ephemeral", replace_original=False)

    bolt.action(re.compile(r"score:\d{1,2}"))(ack_and_thank if forms else only_ack)
    return bolt


if __name__ == "__main__":
    asked = options()
    serve(app(asked.api_url, forms=asked.forms), asked)
