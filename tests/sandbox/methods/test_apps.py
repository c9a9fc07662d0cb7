from slack_sdk.web.async_client import AsyncWebClient

from bot.sandbox.server import Sandbox
from tests.sandbox.conftest import BUTTONS, COMMENT, refusal


async def test_auth_test_says_who_the_app_is_and_what_it_may(client: AsyncWebClient) -> None:
    answer = await client.auth_test()

    assert (answer["team_id"], answer["user_id"], answer["bot_id"]) == (
        "T0KEEP", "U0KEEP", "B0KEEP",
    )  # fmt: skip
    assert answer.headers["x-oauth-scopes"] == (
        "app_mentions:read,channels:read,chat:write,commands,files:write,groups:read,im:write,"
        "users:read"
    )


async def test_blocks_are_validated_without_being_posted(client: AsyncWebClient) -> None:
    good = await client.blocks_validate(blocks=BUTTONS)
    bad = await refusal(client.blocks_validate(message={"blocks": [{"type": "nonsense"}]}))
    view = await refusal(client.blocks_validate(view={**COMMENT, "blocks": [{"type": "nonsense"}]}))
    both = await refusal(client.blocks_validate(blocks=BUTTONS, view=COMMENT))

    assert good["ok"]
    assert bad["error"] == "invalid_message"
    assert bad["errors"][0]["pointer"] == "/blocks/0/type"
    assert view["error"] == "invalid_view"
    assert both["error"] == "invalid_arguments"


async def test_the_workspace_is_described_with_its_scope(
    slack: Sandbox, client: AsyncWebClient
) -> None:
    refused = await refusal(client.team_info())
    slack.admin.grant("team:read")

    assert refused["error"] == "missing_scope"
    assert (await client.team_info())["team"]["name"] == "Brightside"
    assert (await client.team_info(team="T0ACME"))["team"]["name"] == "Acme"
    assert (await refusal(client.team_info(team="T0NONE")))["error"] == "team_not_found"
