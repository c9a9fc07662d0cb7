from dataclasses import replace
from datetime import UTC, datetime

import pytest
from slack_sdk.errors import SlackApiError
from slack_sdk.http_retry.builtin_async_handlers import AsyncRateLimitErrorRetryHandler
from slack_sdk.web.async_client import AsyncWebClient

from bot.sandbox.clock import SandboxClock
from bot.sandbox.limits import Limits
from bot.sandbox.server import Sandbox
from bot.sandbox.settings import Rates, Settings
from tests.sandbox.conftest import client_of


class Still(SandboxClock):
    """Moves only when told, from a whole second."""

    def now(self) -> datetime:
        return datetime(2026, 11, 2, tzinfo=UTC) + self._ahead


def post(limits: Limits, channel: str = "C1") -> int | None:
    return limits.retry_after("chat.postMessage", 5, channel)


def test_a_channel_takes_a_burst_and_then_one_post_a_second() -> None:
    clock = Still()
    limits = Limits(Rates(post_burst=3), clock)

    assert [post(limits) for _ in range(4)] == [None, None, None, 1]
    clock.advance(0.5)
    assert post(limits) == 1
    clock.advance(0.5)
    assert [post(limits), post(limits)] == [None, 1]


def test_channels_have_limits_of_their_own() -> None:
    limits = Limits(Rates(post_burst=1), Still())

    assert [post(limits, "C1"), post(limits, "C2"), post(limits, "C1")] == [None, None, 1]


def test_a_burst_does_not_grow_while_nobody_posts() -> None:
    clock = Still()
    limits = Limits(Rates(post_burst=2), clock)
    post(limits)
    clock.advance(3600)

    assert [post(limits) for _ in range(3)] == [None, None, 1]


def test_a_workspace_has_a_limit_over_all_channels() -> None:
    limits = Limits(Rates(workspace_posts_per_minute=2), Still())

    assert [post(limits, f"C{n}") for n in range(3)] == [None, None, 30]


def test_a_method_has_the_limit_of_its_tier() -> None:
    limits = Limits(Rates(), Still())

    waits = [limits.retry_after("users.list", 2) for _ in range(21)]

    assert waits == [None] * 20 + [3]
    assert limits.retry_after("conversations.list", 2) is None


def test_no_limit_holds_when_they_are_switched_off() -> None:
    limits = Limits(Rates(enabled=False, post_burst=1), Still())

    assert [post(limits) for _ in range(100)] == [None] * 100


class TestOverHttp:
    @pytest.fixture
    def settings(self, settings: Settings) -> Settings:
        return replace(settings, rates=Rates(post_burst=1))

    async def test_too_many_posts_get_429_and_when_to_come_again(
        self, slack: Sandbox, client: AsyncWebClient
    ) -> None:
        await client.chat_postMessage(channel="C0ACME", text="1")

        with pytest.raises(SlackApiError) as raised:
            await client.chat_postMessage(channel="#acme-shared", text="2")

        assert raised.value.response.status_code == 429
        assert raised.value.response.headers["Retry-After"] == "1"
        assert raised.value.response["error"] == "ratelimited"
        assert [post.text for post in slack.messages("C0ACME")] == ["1"]

    async def test_slack_sdks_own_handler_waits_as_told(self, slack: Sandbox) -> None:
        client = client_of(slack, retry_handlers=[AsyncRateLimitErrorRetryHandler()])

        for text in "12":
            await client.chat_postMessage(channel="C0ACME", text=text)

        assert [post.text for post in slack.messages("C0ACME")] == ["1", "2"]
