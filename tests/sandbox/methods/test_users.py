from slack_sdk.web.async_client import AsyncWebClient

from bot.sandbox.server import Sandbox
from tests.sandbox.conftest import refusal


async def test_a_person_of_another_workspace_is_found_but_not_listed(
    client: AsyncWebClient,
) -> None:
    customer = (await client.users_info(user="U0ACME"))["user"]
    listed = [user["id"] for user in (await client.users_list())["members"]]

    assert (customer["team_id"], customer["is_stranger"]) == ("T0ACME", False)
    assert "email" not in customer["profile"]
    assert listed == ["U0LEAD", "U0OWNER", "U0ADMIN", "U0GUEST", "U0KEEP"]


async def test_without_a_shared_channel_they_are_a_stranger(
    slack: Sandbox, client: AsyncWebClient
) -> None:
    slack.admin.unshare("C0ACME", "T0ACME")

    assert (await client.users_info(user="U0ACME"))["user"]["is_stranger"]


async def test_a_private_channel_makes_nobody_known_before_the_app_is_in_it(
    slack: Sandbox, client: AsyncWebClient
) -> None:
    slack.admin.unshare("C0ACME", "T0ACME")
    slack.admin.share("C0BOARD", "T0ACME")
    slack.admin.invite("C0BOARD", "U0ACME")

    before = (await client.users_info(user="U0ACME"))["user"]["is_stranger"]
    slack.admin.invite("C0BOARD", "U0KEEP")
    after = (await client.users_info(user="U0ACME"))["user"]["is_stranger"]

    assert (before, after) == (True, False)


async def test_an_email_is_shown_with_its_scope_and_never_of_foreign_people(
    slack: Sandbox, client: AsyncWebClient
) -> None:
    hidden = (await client.users_info(user="U0LEAD"))["user"]["profile"]
    slack.admin.grant("users:read.email")
    shown = (await client.users_info(user="U0LEAD"))["user"]["profile"]
    foreign = (await client.users_info(user="U0ACME"))["user"]["profile"]

    assert "email" not in hidden
    assert shown["email"] == "lea@t0keep.example"
    assert "email" not in foreign


async def test_a_person_is_found_by_e_mail_with_its_scope_and_only_in_this_workspace(
    slack: Sandbox, client: AsyncWebClient
) -> None:
    early = await refusal(client.users_lookupByEmail(email="lea@t0keep.example"))
    slack.admin.grant("users:read.email")
    found = (await client.users_lookupByEmail(email="Lea@T0keep.example"))["user"]

    assert (early["error"], early["needed"]) == ("missing_scope", "users:read.email")
    assert (found["id"], found["profile"]["email"]) == ("U0LEAD", "lea@t0keep.example")
    for nobody in (slack.workspace.users["U0ACME"].email, slack.workspace.users["U0KEEP"].email):
        told = await refusal(client.users_lookupByEmail(email=nobody))
        assert told["error"] == "users_not_found"


async def test_a_guest_is_marked(client: AsyncWebClient) -> None:
    assert (await client.users_info(user="U0GUEST"))["user"]["is_restricted"]
    assert (await refusal(client.users_info(user="U0NOBODY")))["error"] == "user_not_found"


async def test_a_user_group_names_its_people(slack: Sandbox, client: AsyncWebClient) -> None:
    slack.admin.grant("usergroups:read")

    groups = (await client.usergroups_list(include_users=True))["usergroups"]
    users = (await client.usergroups_users_list(usergroup="S0CS"))["users"]

    assert [(g["handle"], g["users"]) for g in groups] == [("cs", ["U0LEAD"])]
    assert users == ["U0LEAD"]
    unknown = await refusal(client.usergroups_users_list(usergroup="S0NONE"))
    assert unknown["error"] == "no_such_subteam"
