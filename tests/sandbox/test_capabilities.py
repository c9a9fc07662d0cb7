import pytest
from slack_sdk.web.async_client import AsyncWebClient
from slack_sdk.webhook.async_client import AsyncWebhookClient

from bot.sandbox.capabilities import ResponseUrl
from bot.sandbox.server import Sandbox


@pytest.fixture
def url(slack: Sandbox) -> ResponseUrl:
    """Of a command that the lead typed."""
    return slack.response_urls.issue("U0LEAD", "C0SUCCESS")


async def test_it_answers_five_times(slack: Sandbox, url: ResponseUrl) -> None:
    webhook = AsyncWebhookClient(url.url)

    statuses = [(await webhook.send(text=str(n))).status_code for n in range(6)]

    assert statuses == [200] * 5 + [404]
    assert "used_url" in (await webhook.send(text="7")).body
    assert [post.text for post in url.posts] == list("01234")


async def test_it_answers_for_half_an_hour(slack: Sandbox, url: ResponseUrl) -> None:
    webhook = AsyncWebhookClient(url.url)

    slack.clock.advance(1799)
    in_time = await webhook.send(text="x")
    slack.clock.advance(2)
    late = await webhook.send(text="x")

    assert in_time.status_code == 200
    assert (late.status_code, "expired_url" in late.body) == (404, True)


async def test_a_url_that_nobody_was_given_answers_nothing(slack: Sandbox) -> None:
    webhook = AsyncWebhookClient(f"{slack.url}/response/commands/T0KEEP/guess")

    assert (await webhook.send(text="x")).status_code == 404


async def test_only_who_asked_sees_the_answer_unless_it_says_otherwise(
    slack: Sandbox, url: ResponseUrl
) -> None:
    webhook = AsyncWebhookClient(url.url)

    await webhook.send(text="private")
    await webhook.send(text="for all", response_type="in_channel")

    seen = [post.text for post in slack.person("U0LEAD").messages("C0SUCCESS")]
    others = [post.text for post in slack.person("U0OWNER").messages("C0SUCCESS")]
    assert seen == ["private", "for all"]
    assert others == ["for all"]


async def test_it_may_post_where_the_app_may_not(slack: Sandbox) -> None:
    url = slack.response_urls.issue("U0LEAD", "C0GENERAL")

    answer = await AsyncWebhookClient(url.url).send(text="x", response_type="in_channel")

    assert answer.status_code == 200
    assert slack.messages("C0GENERAL")[0].text == "x"


async def test_bad_blocks_are_refused_and_the_use_is_not_counted(
    slack: Sandbox, url: ResponseUrl
) -> None:
    answer = await AsyncWebhookClient(url.url).send(text="x", blocks=[{"type": "nonsense"}])

    assert answer.status_code == 400
    assert "invalid_blocks" in answer.body
    assert (url.uses, url.posts) == (0, [])


async def test_the_message_that_was_clicked_can_be_replaced_and_deleted(
    slack: Sandbox, client: AsyncWebClient
) -> None:
    await client.chat_postMessage(channel="C0SUCCESS", text="Question")
    [post] = slack.messages("C0SUCCESS")
    url = slack.response_urls.issue("U0LEAD", "C0SUCCESS", post)
    webhook = AsyncWebhookClient(url.url)

    await webhook.send(text="Answered", replace_original=True)
    replaced = [post.text for post in slack.messages("C0SUCCESS")]
    await webhook.send(delete_original=True)

    assert replaced == ["Answered"]
    assert slack.messages("C0SUCCESS") == []


async def test_a_click_is_answered_beside_the_message_by_default(
    slack: Sandbox, client: AsyncWebClient
) -> None:
    await client.chat_postMessage(channel="C0SUCCESS", text="Question")
    [post] = slack.messages("C0SUCCESS")
    url = slack.response_urls.issue("U0LEAD", "C0SUCCESS", post)

    await AsyncWebhookClient(url.url).send(text="Thank you")

    assert post.text == "Question"
    assert [(p.text, p.to) for p in url.posts] == [("Thank you", "U0LEAD")]


async def test_the_answer_may_go_into_a_thread(
    slack: Sandbox, client: AsyncWebClient, url: ResponseUrl
) -> None:
    ts = (await client.chat_postMessage(channel="C0SUCCESS", text="Alert"))["ts"]

    body = {"text": "x", "thread_ts": ts, "replace_original": False}
    await AsyncWebhookClient(url.url).send_dict(body)

    assert url.posts[0].thread_ts == ts
    assert url.posts[0].to == "U0LEAD"


def test_old_triggers_and_urls_are_forgotten(slack: Sandbox) -> None:
    for _ in range(12_000):
        slack.triggers.issue("U0LEAD")
        slack.response_urls.issue("U0LEAD", "C0SUCCESS")

    assert len(slack.triggers) <= 5001
    assert len(slack.response_urls) <= 5001
