from dataclasses import replace

import pytest
from aiohttp import ClientSession
from slack_sdk.web.async_client import AsyncWebClient

from bot.sandbox.server import Sandbox
from bot.sandbox.settings import Settings
from tests.sandbox.conftest import refusal


async def test_a_picture_arrives_in_three_steps(slack: Sandbox, client: AsyncWebClient) -> None:
    await client.files_upload_v2(
        channel="C0SUCCESS",
        filename="crr.png",
        content=b"\x89PNG",
        title="CRR",
        alt_txt="A line that falls",
        initial_comment="The last 12 months",
    )

    [post] = slack.messages("C0SUCCESS")
    [file] = slack.workspace.files.values()
    assert post.text == "The last 12 months"
    assert (post.files[0]["title"], post.files[0]["mimetype"]) == ("CRR", "image/png")
    assert (file.content, file.alt_text) == (b"\x89PNG", "A line that falls")


async def test_bytes_of_another_length_are_refused(slack: Sandbox, client: AsyncWebClient) -> None:
    step = await client.files_getUploadURLExternal(filename="crr.png", length=4)

    async with (
        ClientSession() as http,
        http.post(step["upload_url"], data=b"12345") as response,
    ):
        assert response.status == 400
    body = await refusal(client.files_completeUploadExternal(files=[{"id": step["file_id"]}]))

    assert body["error"] == "file_not_found"


@pytest.mark.parametrize(
    ("channel", "error"),
    [("C0GENERAL", "not_in_channel"), ("C0NONE", "channel_not_found"), ("C0OLD", "is_archived")],
)
async def test_a_file_is_shared_only_where_the_app_may_post(
    slack: Sandbox, client: AsyncWebClient, channel: str, error: str
) -> None:
    step = await client.files_getUploadURLExternal(filename="crr.png", length=4)
    async with ClientSession() as http, http.post(step["upload_url"], data=b"1234"):
        pass

    body = await refusal(
        client.files_completeUploadExternal(files=[{"id": step["file_id"]}], channel_id=channel)
    )

    assert body["error"] == error


async def test_asking_about_a_file_needs_a_scope(slack: Sandbox, client: AsyncWebClient) -> None:
    await client.files_upload_v2(filename="crr.png", content=b"\x89PNG")
    [file] = slack.workspace.files
    refused = await refusal(client.files_info(file=file))

    slack.admin.grant("files:read")

    assert refused["error"] == "missing_scope"
    assert (await client.files_info(file=file))["file"]["size"] == 4


class TestWhileSlackLooksAtTheFile:
    @pytest.fixture
    def settings(self, settings: Settings) -> Settings:
        return replace(settings, timing=replace(settings.timing, file_processing=30.0))

    async def test_an_image_block_is_refused(self, slack: Sandbox, client: AsyncWebClient) -> None:
        await client.files_upload_v2(filename="crr.png", content=b"\x89PNG")
        [file] = slack.workspace.files
        image = {"type": "image", "alt_text": "x", "slack_file": {"id": file}}

        early = await refusal(
            client.chat_postMessage(channel="C0SUCCESS", text="x", blocks=[image])
        )
        slack.clock.advance(30)

        assert early["error"] == "invalid_blocks"
        assert (await client.chat_postMessage(channel="C0SUCCESS", text="x", blocks=[image]))["ok"]
