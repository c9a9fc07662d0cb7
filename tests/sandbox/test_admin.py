from typing import Any

import pytest
from slack_sdk.web.async_client import AsyncWebClient

from bot.sandbox.errors import NotPossible
from bot.sandbox.server import Sandbox
from bot.sandbox.settings import User
from tests.sandbox.conftest import Connected, bolt, refusal

Body = dict[str, Any]


@pytest.fixture
def events(slack: Sandbox) -> list[Body]:
    """Everything that the app would be told."""
    told: list[Body] = []
    slack.workspace.emit = told.append
    return told


async def test_a_revoked_token_opens_nothing(
    slack: Sandbox, client: AsyncWebClient, events: list[Body]
) -> None:
    slack.admin.revoke_token()
    refused = await refusal(client.auth_test())
    slack.admin.reinstall()

    assert refused["error"] == "token_revoked"
    assert (await client.auth_test())["ok"]
    assert [(e["type"], e["tokens"]["bot"]) for e in events] == [("tokens_revoked", ["U0KEEP"])]


async def test_uninstalling_tells_both_and_ends_the_account(
    slack: Sandbox, client: AsyncWebClient, events: list[Body]
) -> None:
    slack.admin.uninstall()

    assert (await refusal(client.auth_test()))["error"] == "account_inactive"
    assert [event["type"] for event in events] == ["tokens_revoked", "app_uninstalled"]


async def test_an_archived_channel_takes_nothing_until_it_is_back(
    slack: Sandbox, client: AsyncWebClient, events: list[Body]
) -> None:
    slack.admin.archive("C0ACME")
    refused = await refusal(client.chat_postMessage(channel="C0ACME", text="x"))
    slack.admin.unarchive("C0ACME")

    assert refused["error"] == "is_archived"
    assert (await client.chat_postMessage(channel="C0ACME", text="x"))["ok"]
    assert [event["type"] for event in events][:2] == ["channel_archive", "channel_unarchive"]


async def test_a_renamed_channel_is_found_by_its_new_name(
    slack: Sandbox, client: AsyncWebClient, events: list[Body]
) -> None:
    slack.admin.rename("C0ACME", "acme-and-us")

    assert (await client.chat_postMessage(channel="#acme-and-us", text="x"))["ok"]
    assert events[0]["channel"]["name"] == "acme-and-us"


async def test_sharing_makes_a_channel_external_and_unsharing_sends_people_away(
    slack: Sandbox, client: AsyncWebClient, events: list[Body]
) -> None:
    async def shared(channel: str) -> Any:
        return (await client.conversations_info(channel=channel))["channel"]["is_ext_shared"]

    slack.admin.share("C0SUCCESS", "T0ACME")
    slack.admin.unshare("C0ACME", "T0ACME")

    assert await shared("C0SUCCESS")
    assert not await shared("C0ACME")
    assert "U0ACME" not in slack.workspace.conversations["C0ACME"].members
    assert [event["type"] for event in events] == ["channel_shared", "channel_unshared"]


async def test_a_changed_id_takes_the_old_one_out_of_the_world(
    slack: Sandbox, client: AsyncWebClient, events: list[Body]
) -> None:
    slack.admin.change_id("C0ACME", "C1ACME")

    assert (await refusal(client.chat_postMessage(channel="C0ACME", text="x")))["error"] == (
        "channel_not_found"
    )
    assert (await client.chat_postMessage(channel="C1ACME", text="x"))["ok"]
    assert (events[0]["old_channel_id"], events[0]["new_channel_id"]) == ("C0ACME", "C1ACME")


async def test_people_of_other_workspaces_come_only_into_shared_channels(slack: Sandbox) -> None:
    slack.admin.add_user(User("U1ACME", "carl", "Carl", "T0ACME"))

    slack.admin.invite("C0ACME", "U1ACME")

    assert slack.person("U1ACME").messages("C0ACME") == []
    for channel, user in (("C0SUCCESS", "U1ACME"), ("C0ACME", "U0NOBODY"), ("C0NONE", "U0LEAD")):
        with pytest.raises(NotPossible):
            slack.admin.invite(channel, user)


async def test_an_invitation_of_the_app_reaches_it(slack: Sandbox) -> None:
    app, events = bolt(slack), list[Body]()

    @app.event("member_joined_channel")
    async def on_join(event: Body) -> None:
        events.append(event)

    async with Connected(app, slack):
        slack.admin.invite("C0GENERAL", "U0KEEP")
        slack.admin.invite("C0GENERAL", "U0KEEP")
        await slack.delivery.settled()

    assert [(event["user"], event["channel"]) for event in events] == [("U0KEEP", "C0GENERAL")]


async def test_leaving_ends_what_the_app_may_post(slack: Sandbox, client: AsyncWebClient) -> None:
    slack.admin.remove("C0ACME", "U0KEEP")

    assert (await refusal(client.chat_postMessage(channel="C0ACME", text="x")))["error"] == (
        "not_in_channel"
    )
