"""A fake Slack, and the bot's ways to it."""

from collections.abc import AsyncIterator

import pytest
from slack_sdk.web.async_client import AsyncWebClient

from bot.slack.poster import Slack, web_client
from tests.slack.fake import FakeSlack, fake_slack


@pytest.fixture
async def fake() -> AsyncIterator[FakeSlack]:
    async with fake_slack() as slack:
        yield slack


@pytest.fixture
async def client(fake: FakeSlack) -> AsyncIterator[AsyncWebClient]:
    async with web_client("xoxb-test", api_url=f"{fake.url}api/", timeout=2.0) as client:
        yield client


@pytest.fixture
def slack(client: AsyncWebClient) -> Slack:
    return Slack(client, seconds_between_posts=0.0)
