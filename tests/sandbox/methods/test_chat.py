from datetime import UTC, datetime
from typing import Any

import pytest
from slack_sdk.web.async_client import AsyncWebClient

from bot.sandbox.clock import SandboxClock
from bot.sandbox.server import Sandbox
from tests.sandbox.conftest import BUTTONS, refusal

CHART: dict[str, Any] = {
    "type": "data_visualization",
    "title": "CRR",
    "chart": {
        "type": "line",
        "series": [{"name": "CRR", "data": [{"label": "Oct", "value": 80}]}],
        "axis_config": {"categories": ["Oct"], "x_label": "Month", "y_label": "%"},
    },
}


async def test_a_post_is_there_for_everybody_in_the_channel(
    slack: Sandbox, client: AsyncWebClient
) -> None:
    answer = await client.chat_postMessage(channel="#customer-success", text="Kept 80 %")

    [post] = slack.person("U0LEAD").messages("C0SUCCESS")
    assert (answer["channel"], answer["ts"]) == ("C0SUCCESS", post.ts)
    assert answer["message"]["bot_id"] == "B0KEEP"
    assert post.text == "Kept 80 %"


class Stopped(SandboxClock):
    def now(self) -> datetime:
        return datetime(2026, 11, 2, tzinfo=UTC)


async def test_posts_in_the_same_microsecond_have_names_of_their_own() -> None:
    workspace = Sandbox(clock=Stopped()).workspace

    times = [workspace.ts() for _ in range(1000)]

    assert len(set(times)) == 1000
    assert times == sorted(times)


@pytest.mark.parametrize(
    ("channel", "error"),
    [
        pytest.param("C0NONE", "channel_not_found", id="unknown"),
        pytest.param("#nowhere", "channel_not_found", id="unknown by name"),
        pytest.param("C0BOARD", "channel_not_found", id="private, not invited"),
        pytest.param("C0GENERAL", "not_in_channel", id="public, not invited"),
        pytest.param("C0OLD", "is_archived", id="archived"),
        pytest.param("U0NOBODY", "channel_not_found", id="unknown person"),
    ],
)
async def test_a_post_goes_only_where_the_app_may_post(
    client: AsyncWebClient, channel: str, error: str
) -> None:
    assert (await refusal(client.chat_postMessage(channel=channel, text="x")))["error"] == error


async def test_a_public_channel_takes_posts_uninvited_with_the_scope_for_it(
    slack: Sandbox, client: AsyncWebClient
) -> None:
    slack.admin.grant("chat:write.public")

    await client.chat_postMessage(channel="C0GENERAL", text="x")

    assert (await refusal(client.chat_postMessage(channel="C0BOARD", text="x")))["error"] == (
        "channel_not_found"
    )


async def test_a_person_is_written_to_directly(slack: Sandbox, client: AsyncWebClient) -> None:
    opened = await client.conversations_open(users="U0ACME")
    answer = await client.chat_postMessage(channel="U0ACME", text="Thank you")

    assert answer["channel"] == opened["channel"]["id"]
    assert slack.person("U0ACME").messages(answer["channel"])[0].text == "Thank you"


@pytest.mark.parametrize(
    ("content", "error"),
    [
        pytest.param({}, "no_text", id="nothing"),
        pytest.param({"text": ""}, "no_text", id="empty"),
        pytest.param({"text": "", "blocks": []}, "no_text", id="no blocks"),
        pytest.param({"text": "x" * 40_001}, "msg_too_long", id="too long"),
        pytest.param({"text": "x", "blocks": "[{"}, "invalid_blocks_format", id="broken JSON"),
        pytest.param({"text": "x", "blocks": "{}"}, "invalid_blocks_format", id="no list"),
        pytest.param({"text": "x", "thread_ts": "1.0"}, "thread_not_found", id="no thread"),
        pytest.param({"text": "x", "metadata": {"a": 1}}, "invalid_metadata_format", id="metadata"),
        pytest.param(
            {"text": "x", "metadata": {"event_type": "k", "event_payload": {"a": {"b": {}}}}},
            "invalid_metadata_schema",
            id="deep metadata",
        ),
        pytest.param({"text": "x", "attachments": [{}] * 101}, "too_many_attachments", id="101"),
    ],
)
async def test_what_slack_would_not_post_is_not_posted(
    slack: Sandbox, client: AsyncWebClient, content: dict[str, Any], error: str
) -> None:
    body = await refusal(client.api_call("chat.postMessage", json={"channel": "C0ACME", **content}))

    assert body["error"] == error
    assert slack.messages("C0ACME") == []


async def test_the_longest_text_is_posted(client: AsyncWebClient) -> None:
    assert (await client.chat_postMessage(channel="C0ACME", text="x" * 40_000))["ok"]


@pytest.mark.parametrize(
    ("blocks", "pointer"),
    [
        pytest.param(
            [{"type": "section", "text": {"type": "mrkdwn", "text": "x" * 3001}}],
            "/blocks/0/text/text",
            id="long section",
        ),
        pytest.param(
            [{"type": "alert", "text": {"type": "plain_text", "text": "x"}}],
            "/blocks/0/type",
            id="alert outside a modal",
        ),
        pytest.param(
            [{"type": "actions", "elements": [BUTTONS[1]["elements"][0]] * 2}],
            "/blocks/0/elements/1/action_id",
            id="an action_id twice",
        ),
        pytest.param([CHART] * 3, "/blocks", id="three charts"),
        pytest.param([{"type": "divider"}] * 51, "/blocks", id="51 blocks"),
        pytest.param([{"type": "nonsense"}], "/blocks/0/type", id="unknown"),
    ],
)
async def test_one_bad_block_refuses_the_message_and_is_pointed_at(
    slack: Sandbox, client: AsyncWebClient, blocks: list[dict[str, Any]], pointer: str
) -> None:
    body = await refusal(client.chat_postMessage(channel="C0ACME", text="x", blocks=blocks))

    assert body["error"] == "invalid_blocks"
    assert any(f"[json-pointer:{pointer}" in m for m in body["response_metadata"]["messages"])
    assert slack.messages("C0ACME") == []


async def test_a_workspace_may_refuse_charts_that_others_take(
    slack: Sandbox, client: AsyncWebClient
) -> None:
    await client.chat_postMessage(channel="C0ACME", text="x", blocks=[CHART])

    slack.workspace.native_blocks = False
    body = await refusal(client.chat_postMessage(channel="C0ACME", text="x", blocks=[CHART]))

    assert body["error"] == "invalid_blocks"
    assert "data_visualization" in body["response_metadata"]["messages"][0]


async def test_blocks_get_the_ids_that_the_app_left_out(
    slack: Sandbox, client: AsyncWebClient
) -> None:
    await client.chat_postMessage(channel="C0ACME", text="x", blocks=BUTTONS)

    [post] = slack.messages("C0ACME")
    assert post.blocks[0]["block_id"]
    assert post.blocks[1]["block_id"] == "nps"


class TestUpdate:
    async def test_it_takes_the_place_of_the_old_content(
        self, slack: Sandbox, client: AsyncWebClient
    ) -> None:
        ts = (await client.chat_postMessage(channel="C0ACME", text="a", blocks=BUTTONS))["ts"]

        await client.chat_update(channel="C0ACME", ts=ts, text="b", blocks=[])

        [post] = slack.messages("C0ACME")
        assert (post.ts, post.text, post.blocks) == (ts, "b", [])
        assert post.edited

    async def test_what_is_not_given_stays(self, slack: Sandbox, client: AsyncWebClient) -> None:
        metadata = {"event_type": "k", "event_payload": {"key": "1"}}
        ts = (
            await client.chat_postMessage(
                channel="C0ACME", text="a", blocks=BUTTONS, metadata=metadata
            )
        )["ts"]

        await client.chat_update(channel="C0ACME", ts=ts, text="b")

        [post] = slack.messages("C0ACME")
        assert len(post.blocks) == 2
        assert post.metadata == metadata

    async def test_it_refuses_other_peoples_and_private_messages(
        self, slack: Sandbox, client: AsyncWebClient
    ) -> None:
        theirs = slack.person("U0LEAD").say("C0ACME", "Hi")
        private = await client.chat_postEphemeral(channel="C0ACME", user="U0LEAD", text="psst")

        async def error(ts: str) -> Any:
            return (await refusal(client.chat_update(channel="C0ACME", ts=ts, text="b")))["error"]

        assert await error(theirs.ts) == "cant_update_message"
        assert await error(private["message_ts"]) == "message_not_found"
        assert await error("1.000000") == "message_not_found"


async def test_only_the_apps_own_messages_can_be_deleted(
    slack: Sandbox, client: AsyncWebClient
) -> None:
    theirs = slack.person("U0LEAD").say("C0ACME", "Hi")
    ours = await client.chat_postMessage(channel="C0ACME", text="a")

    await client.chat_delete(channel="C0ACME", ts=ours["ts"])

    assert slack.messages("C0ACME") == [theirs]
    assert (await refusal(client.chat_delete(channel="C0ACME", ts=theirs.ts)))["error"] == (
        "cant_delete_message"
    )


async def test_an_ephemeral_message_needs_its_reader_in_the_channel(
    client: AsyncWebClient,
) -> None:
    body = await refusal(client.chat_postEphemeral(channel="C0SUCCESS", user="U0ACME", text="psst"))

    assert body["error"] == "user_not_in_channel"


async def test_a_permalink_names_channel_and_time(client: AsyncWebClient) -> None:
    ts = (await client.chat_postMessage(channel="C0ACME", text="a"))["ts"]

    answer = await client.chat_getPermalink(channel="C0ACME", message_ts=ts)

    assert answer["permalink"].endswith(f"/archives/C0ACME/p{ts.replace('.', '')}")


async def test_a_reaction_is_added_once(slack: Sandbox, client: AsyncWebClient) -> None:
    slack.admin.grant("reactions:write")
    ts = (await client.chat_postMessage(channel="C0ACME", text="a"))["ts"]

    await client.reactions_add(channel="C0ACME", timestamp=ts, name="eyes")
    again = await refusal(client.reactions_add(channel="C0ACME", timestamp=ts, name="eyes"))

    assert again["error"] == "already_reacted"
    assert slack.messages("C0ACME")[0].reactions == {"eyes": {"U0KEEP"}}
