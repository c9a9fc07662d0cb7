from typing import Any

import pytest
from slack_sdk.web.async_client import AsyncWebClient

from bot.sandbox.server import Sandbox
from tests.sandbox.conftest import refusal


async def test_a_shared_channel_says_so(client: AsyncWebClient) -> None:
    shared = (await client.conversations_info(channel="C0ACME"))["channel"]
    own = (await client.conversations_info(channel="C0SUCCESS"))["channel"]

    assert (shared["is_ext_shared"], shared["connected_team_ids"]) == (True, ["T0ACME"])
    assert (own["is_ext_shared"], own["is_member"], own["is_archived"]) == (False, True, False)


async def test_a_private_channel_is_unknown_until_the_app_is_invited(
    slack: Sandbox, client: AsyncWebClient
) -> None:
    before = await refusal(client.conversations_info(channel="C0BOARD"))

    slack.admin.invite("C0BOARD", "U0KEEP")

    assert before["error"] == "channel_not_found"
    assert (await client.conversations_info(channel="C0BOARD"))["channel"]["is_private"]


async def test_every_page_of_a_list_is_reached_by_its_cursor(client: AsyncWebClient) -> None:
    names, cursor = [], ""
    while True:
        page = await client.conversations_list(limit=1, cursor=cursor)
        names += [channel["name"] for channel in page["channels"]]
        cursor = page["response_metadata"]["next_cursor"]
        if not cursor:
            break

    assert names == ["general", "customer-success", "acme-shared", "old-project"]


async def test_archived_channels_can_be_left_out(client: AsyncWebClient) -> None:
    page = await client.conversations_list(exclude_archived=True)

    assert "old-project" not in [channel["name"] for channel in page["channels"]]


@pytest.mark.parametrize(
    ("arguments", "error"),
    [
        pytest.param({"cursor": "nonsense"}, "invalid_cursor", id="cursor"),
        pytest.param({"limit": 0}, "invalid_limit", id="none"),
        pytest.param({"limit": 1001}, "invalid_limit", id="too many"),
        pytest.param({"types": "secret"}, "invalid_types", id="type"),
        pytest.param({"types": "im"}, "missing_scope", id="scope"),
    ],
)
async def test_a_list_refuses_what_it_does_not_understand(
    client: AsyncWebClient, arguments: dict[str, Any], error: str
) -> None:
    assert (await refusal(client.conversations_list(**arguments)))["error"] == error


async def test_members_are_listed(client: AsyncWebClient) -> None:
    members = (await client.conversations_members(channel="C0ACME"))["members"]

    assert members == ["U0ACME", "U0GUEST", "U0KEEP", "U0LEAD", "U0OWNER"]


async def test_own_channels_are_those_that_the_app_is_in(client: AsyncWebClient) -> None:
    found = await client.users_conversations(types="public_channel,private_channel")

    assert [c["id"] for c in found["channels"]] == ["C0SUCCESS", "C0ACME", "C0OLD"]


class TestHistory:
    async def test_it_needs_a_scope_that_is_not_granted_by_default(
        self, client: AsyncWebClient
    ) -> None:
        body = await refusal(client.conversations_history(channel="C0SUCCESS"))

        assert body["error"] == "missing_scope"
        assert "channels:history" in body["needed"]
        assert "chat:write" in body["provided"]

    async def test_it_gives_the_newest_first_within_its_bounds(
        self, slack: Sandbox, client: AsyncWebClient
    ) -> None:
        slack.admin.grant("channels:history")
        times = [
            (await client.chat_postMessage(channel="C0SUCCESS", text=str(n)))["ts"]
            for n in range(4)
        ]

        async def texts(**bounds: Any) -> list[str]:
            found = await client.conversations_history(channel="C0SUCCESS", **bounds)
            return [message["text"] for message in found["messages"]]

        assert await texts() == ["3", "2", "1", "0"]
        assert await texts(limit=2) == ["3", "2"]
        assert await texts(oldest=times[1]) == ["3", "2"]
        assert await texts(oldest=times[1], inclusive=True) == ["3", "2", "1"]
        assert await texts(latest=times[1]) == ["0"]

    async def test_it_shows_metadata_only_when_asked(
        self, slack: Sandbox, client: AsyncWebClient
    ) -> None:
        slack.admin.grant("channels:history")
        metadata = {"event_type": "keeprate_delivery", "event_payload": {"key": "k1"}}
        await client.chat_postMessage(channel="C0SUCCESS", text="x", metadata=metadata)

        async def shown(**more: Any) -> Any:
            found = await client.conversations_history(channel="C0SUCCESS", **more)
            return found["messages"][0]["metadata"]

        assert await shown() == {"event_type": "keeprate_delivery"}
        assert await shown(include_all_metadata=True) == metadata

    async def test_it_is_closed_to_an_app_that_was_not_invited(
        self, slack: Sandbox, client: AsyncWebClient
    ) -> None:
        slack.admin.grant("channels:history")

        body = await refusal(client.conversations_history(channel="C0GENERAL"))

        assert body["error"] == "not_in_channel"

    async def test_answers_are_in_the_thread_and_not_in_the_channel(
        self, slack: Sandbox, client: AsyncWebClient
    ) -> None:
        slack.admin.grant("channels:history")
        first = (await client.chat_postMessage(channel="C0SUCCESS", text="a"))["ts"]
        await client.chat_postMessage(channel="C0SUCCESS", text="b", thread_ts=first)

        channel = await client.conversations_history(channel="C0SUCCESS")
        thread = await client.conversations_replies(channel="C0SUCCESS", ts=first)

        assert [(m["text"], m["reply_count"]) for m in channel["messages"]] == [("a", 1)]
        assert [m["text"] for m in thread["messages"]] == ["a", "b"]


async def test_joining_needs_its_scope_and_a_public_channel(
    slack: Sandbox, client: AsyncWebClient
) -> None:
    refused = await refusal(client.conversations_join(channel="C0GENERAL"))
    slack.admin.grant("channels:join")
    joined = await client.conversations_join(channel="C0GENERAL")

    slack.admin.invite("C0BOARD", "U0KEEP")
    private = await refusal(client.conversations_join(channel="C0BOARD"))

    assert refused["error"] == "missing_scope"
    assert joined["channel"]["is_member"]
    assert private["error"] == "method_not_supported_for_channel_type"


async def test_a_stranger_cannot_be_written_to(slack: Sandbox, client: AsyncWebClient) -> None:
    slack.admin.unshare("C0ACME", "T0ACME")

    assert (await refusal(client.conversations_open(users="U0ACME")))["error"] == "user_not_visible"
    assert (await refusal(client.chat_postMessage(channel="U0ACME", text="x")))["error"] == (
        "channel_not_found"
    )
