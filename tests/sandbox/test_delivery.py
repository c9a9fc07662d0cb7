"""Which events the app is told of."""

from dataclasses import replace

import pytest

from bot.sandbox.server import Sandbox
from bot.sandbox.settings import Settings


async def told(slack: Sandbox) -> list[str]:
    await slack.delivery.settled()
    first = [e for e in slack.journal.since(0, "envelope") if e.data["attempt"] == 0]
    return [entry.data["payload"]["event"]["type"] for entry in first]


async def test_talk_comes_only_with_a_history_scope(slack: Sandbox) -> None:
    lead = slack.person("U0LEAD")

    lead.say("C0SUCCESS", "unheard")
    slack.admin.grant("channels:history")
    lead.say("C0SUCCESS", "heard")

    assert await told(slack) == ["message"]


async def test_a_mention_comes_only_with_its_scope(slack: Sandbox) -> None:
    slack.admin.withdraw("app_mentions:read")

    slack.person("U0LEAD").mention("C0SUCCESS", "help")

    assert await told(slack) == []


async def test_losing_the_token_needs_no_scope(slack: Sandbox) -> None:
    slack.admin.withdraw(*slack.workspace.scopes)

    slack.admin.uninstall()

    assert await told(slack) == ["tokens_revoked", "app_uninstalled"]


class TestWithoutASubscription:
    @pytest.fixture
    def settings(self, settings: Settings) -> Settings:
        return replace(settings, app=replace(settings.app, events=frozenset({"app_mention"})))

    async def test_an_event_does_not_come(self, slack: Sandbox) -> None:
        slack.admin.archive("C0SUCCESS")
        slack.person("U0LEAD").open_home()
        slack.person("U0LEAD").mention("C0ACME", "help")

        assert await told(slack) == ["app_mention"]
