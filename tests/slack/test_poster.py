"""Posts leave once, whatever the wire does, and errors say who must act."""

import asyncio
from datetime import UTC, datetime

import pytest
from aiohttp import web
from slack_sdk.web.async_client import AsyncWebClient

from bot.errors import (
    BlocksRefused,
    ChannelUnreachable,
    OutcomeUnknown,
    SlackError,
    SlackRejected,
    SlackUnavailable,
)
from bot.messages.blocks import Message, header, home, line_chart, modal, section
from bot.slack.poster import EVENT_TYPE, Slack, web_client
from tests.slack.fake import Answer, FakeSlack, breaks, no, ok, says, waits

PLAIN = Message("All stayed.", (section("All stayed."),))
CHART = Message(
    "All stayed.", (line_chart("CRR", {"a": [1]}, ["Oct"]),), fallback=(section("Oct 1"),)
)
SINCE = datetime(2026, 11, 20, 9, tzinfo=UTC)
FAILURES: list[tuple[Answer, type[SlackError]]] = [
    (breaks, OutcomeUnknown),
    (waits(5), OutcomeUnknown),
    (says(500, ""), OutcomeUnknown),
    (says(500, {"ok": True, "ts": "1", "view": {"id": "V1"}}), OutcomeUnknown),
    (says(502, "<html>"), OutcomeUnknown),
    (says(200, "<html>a proxy's page"), OutcomeUnknown),
    (no("internal_error"), OutcomeUnknown),
    (no("fatal_error"), OutcomeUnknown),
    (says(503, {"ok": False, "error": "service_unavailable"}), SlackUnavailable),
    (says(404, "not here"), SlackRejected),
    (no("invalid_auth"), SlackRejected),
    (no("missing_scope", needed="chat:write"), SlackRejected),
    (no("a_word_nobody_knows"), SlackRejected),
    (no("not_in_channel"), ChannelUnreachable),
    (no("is_archived"), ChannelUnreachable),
    (no("channel_not_found"), ChannelUnreachable),
    (no("invalid_blocks"), BlocksRefused),
]


async def post(slack: Slack, message: Message = PLAIN) -> str:
    return await slack.post("C01", message, key="weekly:C01:2026-11-16")


async def test_a_post_carries_its_key_and_unfurls_nothing(slack: Slack, fake: FakeSlack) -> None:
    assert await post(slack) == "1700000000.000100"

    [sent] = fake.sent("chat.postMessage")
    assert sent["metadata"] == {
        "event_type": EVENT_TYPE,
        "event_payload": {"key": "weekly:C01:2026-11-16"},
    }
    assert sent["text"] == "All stayed."
    assert sent["unfurl_links"] is False
    assert "thread_ts" not in sent


@pytest.mark.parametrize(("answer", "error"), FAILURES)
async def test_what_goes_wrong_gets_our_name_and_is_sent_once(
    slack: Slack, fake: FakeSlack, answer: Answer, error: type[SlackError]
) -> None:
    fake.will("chat.postMessage", answer)

    with pytest.raises(error) as raised:
        await post(slack)

    assert len(fake.sent("chat.postMessage")) == 1
    assert "C01" in str(raised.value)
    assert "xoxb-test" not in str(raised.value)
    assert "All stayed" not in str(raised.value)


async def test_a_refused_connection_is_surely_not_taken() -> None:
    async with web_client("xoxb-test", api_url="http://127.0.0.1:9/api/") as client:
        with pytest.raises(SlackUnavailable, match="reached"):
            await post(Slack(client))


async def test_the_scope_that_is_missing_is_named(slack: Slack, fake: FakeSlack) -> None:
    fake.will("chat.postMessage", no("missing_scope", needed="chat:write.public"))

    with pytest.raises(SlackRejected, match=r"chat:write\.public") as raised:
        await post(slack)
    assert raised.value.code == "missing_scope"


async def test_waits_as_long_as_slack_asks_and_posts_once(slack: Slack, fake: FakeSlack) -> None:
    limited = says(429, {"ok": False, "error": "ratelimited"}, Retry_After="0")
    fake.will("chat.postMessage", limited, limited)

    assert await post(slack)
    assert len(fake.sent("chat.postMessage")) == 3


async def test_does_not_wait_for_minutes(slack: Slack, fake: FakeSlack) -> None:
    fake.will("chat.postMessage", says(429, "", Retry_After="120"))

    with pytest.raises(SlackUnavailable) as raised:
        await post(slack)
    assert raised.value.retry_after == 120.0
    assert len(fake.sent("chat.postMessage")) == 1


async def test_is_not_kept_waiting_for_ever_by_short_waits(slack: Slack, fake: FakeSlack) -> None:
    fake.will("chat.postMessage", *[says(429, "", Retry_After="0")] * 100)

    with pytest.raises(SlackUnavailable):
        await post(slack)
    assert len(fake.sent("chat.postMessage")) < 40


async def test_what_slack_would_refuse_is_not_sent(slack: Slack, fake: FakeSlack) -> None:
    broken = Message("a", (section("a"), {"type": "header"}))

    with pytest.raises(BlocksRefused, match="/blocks/1"):
        await post(slack, broken)
    with pytest.raises(BlocksRefused, match="/text"):
        await post(slack, Message(" "))
    with pytest.raises(BlocksRefused, match="/fallback/blocks/0"):
        await post(slack, Message("a", (), ({"type": "alert"},)))
    assert not fake.calls


async def test_a_workspace_that_refuses_charts_gets_the_fallback_from_then_on(
    client: AsyncWebClient, fake: FakeSlack
) -> None:
    told: list[str] = []

    async def refused() -> None:
        told.append("refused")

    slack = Slack(client, charts_refused=refused, seconds_between_posts=0)
    fake.will("chat.postMessage", no("invalid_blocks"))

    assert await post(slack, CHART)
    assert await post(slack, CHART)

    kinds = [body["blocks"][0]["type"] for body in fake.sent("chat.postMessage")]
    assert kinds == ["data_visualization", "section", "section"]
    assert told == ["refused"]


async def test_a_fallback_that_is_refused_too_proves_nothing_about_charts(
    client: AsyncWebClient, fake: FakeSlack
) -> None:
    told: list[str] = []

    async def refused() -> None:
        told.append("refused")

    slack = Slack(client, charts_refused=refused, seconds_between_posts=0)
    fake.will("chat.postMessage", no("invalid_blocks"), no("invalid_blocks"))

    with pytest.raises(BlocksRefused):
        await post(slack, CHART)
    assert not told


async def test_a_message_that_is_too_long_proves_nothing_about_charts(
    slack: Slack, fake: FakeSlack
) -> None:
    fake.will("chat.postMessage", no("msg_blocks_too_long"))

    with pytest.raises(BlocksRefused):
        await post(slack, CHART)
    assert len(fake.sent("chat.postMessage")) == 1


async def test_a_slack_on_this_machine_is_reached_without_the_proxy(
    fake: FakeSlack, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("HTTPS_PROXY", "http://127.0.0.1:9")

    async with web_client("xoxb-test", api_url=f"{fake.url}api/") as client:
        assert await post(Slack(client))
    async with web_client("xoxb-test", api_url="https://slack.com/api/") as client:
        assert client.proxy == "http://127.0.0.1:9"


async def test_a_chart_of_unknown_outcome_is_not_followed_by_its_fallback(
    slack: Slack, fake: FakeSlack
) -> None:
    fake.will("chat.postMessage", breaks)

    with pytest.raises(OutcomeUnknown):
        await post(slack, CHART)
    assert len(fake.sent("chat.postMessage")) == 1


async def test_posts_to_one_channel_take_turns_and_others_need_not_wait(
    client: AsyncWebClient, fake: FakeSlack
) -> None:
    slack = Slack(client, seconds_between_posts=0.2)
    first = asyncio.create_task(post(slack))
    second = asyncio.create_task(post(slack))
    other = asyncio.create_task(slack.post("C02", PLAIN, key="b"))

    await asyncio.gather(first, other)
    assert not second.done()
    await second


async def test_when_the_clock_was_moved_nobody_waits_for_a_turn(client: AsyncWebClient) -> None:
    slack = Slack(client, seconds_between_posts=3600)
    await post(slack)
    slack.clock_moved()

    await asyncio.wait_for(post(slack), 5)


def written(ts: str, key: str, event_type: str = EVENT_TYPE) -> dict[str, object]:
    return {"ts": ts, "metadata": {"event_type": event_type, "event_payload": {"key": key}}}


async def test_finds_a_post_by_its_key_on_any_page(slack: Slack, fake: FakeSlack) -> None:
    fake.will(
        "conversations.history",
        ok(
            messages=[{"ts": "3"}, written("4", "ours", "somebody_elses"), written("5", "other")],
            response_metadata={"next_cursor": "more"},
        ),
        ok(messages=[written("2", "ours")], has_more=False),
    )

    assert await slack.find("C01", "ours", SINCE) == "2"

    first, second = fake.sent("conversations.history")
    assert float(str(first["oldest"])) < SINCE.timestamp()
    assert first["include_all_metadata"] in (True, "1", "true")
    assert second["cursor"] == "more"


async def test_says_none_only_after_the_last_page(slack: Slack, fake: FakeSlack) -> None:
    more = ok(messages=[], response_metadata={"next_cursor": "more"})
    fake.will("conversations.history", ok(messages=[]), more, breaks, breaks, more, ok())

    assert await slack.find("C01", "ours", SINCE) is None
    with pytest.raises(OutcomeUnknown):
        await slack.find("C01", "ours", SINCE)
    with pytest.raises(SlackUnavailable):
        await slack.find("C01", "ours", SINCE)


async def test_cannot_look_without_the_scope(slack: Slack, fake: FakeSlack) -> None:
    fake.will("conversations.history", no("missing_scope", needed="channels:history"))

    with pytest.raises(SlackRejected) as raised:
        await slack.find("C01", "ours", SINCE)
    assert raised.value.code == "missing_scope"


async def test_looks_in_the_thread_for_a_reply(slack: Slack, fake: FakeSlack) -> None:
    fake.will("conversations.replies", ok(messages=[written("2", "ours")]))

    assert await slack.find("C01", "ours", SINCE, thread_ts="1") == "2"
    assert fake.sent("conversations.replies")[0]["ts"] == "1"


async def test_a_channel_that_is_about_to_be_shared_counts_as_shared(
    slack: Slack, fake: FakeSlack
) -> None:
    channel = {"id": "C01", "name": "acme", "is_pending_ext_shared": ["T9"], "is_member": True}
    fake.will("conversations.info", ok(channel=channel))

    found = await slack.channel_info("C01")

    assert (found.name, found.is_ext_shared, found.is_archived) == ("acme", True, False)


async def test_knows_who_we_are_and_what_we_may(slack: Slack, fake: FakeSlack) -> None:
    me = {"ok": True, "team_id": "T1", "team": "Ours", "user_id": "U1", "bot_id": "B1", "url": "u"}
    fake.will("auth.test", says(200, me, X_OAuth_Scopes="chat:write, commands"))

    found = await slack.me()

    assert (found.team, found.person, found.enterprise) == ("T1", "U1", "")
    assert found.scopes == {"chat:write", "commands"}


async def test_knows_a_guest(slack: Slack, fake: FakeSlack) -> None:
    user = {"id": "U9", "team_id": "T9", "is_ultra_restricted": True, "profile": {}, "name": "eva"}
    fake.will("users.info", ok(user=user))

    found = await slack.person_info("U9")

    assert (found.name, found.team, found.is_guest, found.is_bot) == ("eva", "T9", True, False)


async def test_finds_a_person_by_e_mail_or_nobody(slack: Slack, fake: FakeSlack) -> None:
    fake.will("users.lookupByEmail", ok(user={"id": "U9"}), no("users_not_found"))

    assert await slack.find_person("eva@example.com") == "U9"
    assert await slack.find_person("nobody@example.com") is None


async def test_an_address_is_not_in_the_error_where_the_scope_is_missing(
    slack: Slack, fake: FakeSlack
) -> None:
    fake.will("users.lookupByEmail", no("missing_scope", needed="users:read.email"))

    with pytest.raises(SlackRejected, match=r"users:read\.email") as caught:
        await slack.find_person("eva@example.com")
    assert "eva" not in str(caught.value)


async def test_a_form_is_opened_at_once_or_not_at_all(slack: Slack, fake: FakeSlack) -> None:
    view = modal("Hello", [section("a")], callback_id="c")
    fake.will("views.open", ok(view={"id": "V1"}), says(429, "", Retry_After="1"))

    assert await slack.open_view("t", view) == "V1"
    with pytest.raises(SlackUnavailable):
        await slack.open_view("t", view)
    with pytest.raises(BlocksRefused, match="title"):
        await slack.open_view("t", {"type": "modal", "blocks": []})


@pytest.mark.parametrize(("answer", "error"), FAILURES)
async def test_a_form_that_does_not_open_fails_like_a_post(
    slack: Slack, fake: FakeSlack, answer: Answer, error: type[SlackError]
) -> None:
    fake.will("views.open", answer)

    with pytest.raises(error, match="opening a view"):
        await slack.open_view("t", modal("Hello", [section("a")], callback_id="c"))

    assert len(fake.sent("views.open")) == 1


async def test_a_form_is_opened_with_the_token_of_the_bot(slack: Slack, fake: FakeSlack) -> None:
    seen: list[str] = []

    async def look(request: web.Request) -> web.StreamResponse:
        seen.append(request.headers["Authorization"])
        return web.json_response({"ok": True, "view": {"id": "V1"}})

    fake.will("views.open", look)
    view = modal("Hello", [section("a")], callback_id="c")

    await slack.open_view("t", view)

    assert seen == ["Bearer xoxb-test"]
    assert fake.sent("views.open") == [{"trigger_id": "t", "view": view}]


async def test_app_home_is_checked_like_a_message(slack: Slack, fake: FakeSlack) -> None:
    await slack.publish_home("U1", home([header("a")]))

    assert fake.sent("views.publish")[0]["user_id"] == "U1"
    with pytest.raises(BlocksRefused, match="home"):
        await slack.publish_home("U1", home([{"type": "alert", "text": {}}]))


@pytest.mark.parametrize("taken", [says(200, "ok"), says(200, {"ok": True})])
async def test_an_answer_to_a_command_is_private(
    slack: Slack, fake: FakeSlack, taken: Answer
) -> None:
    fake.will("respond", taken)

    await slack.respond(f"{fake.url}api/respond", PLAIN)

    assert fake.sent("respond")[0]["response_type"] == "ephemeral"


@pytest.mark.parametrize(
    "word", [says(404, "used_url"), says(404, {"ok": False, "error": "used_url"})]
)
async def test_an_answer_that_comes_too_late_is_told(
    slack: Slack, fake: FakeSlack, word: Answer
) -> None:
    fake.will("respond", word)

    with pytest.raises(SlackRejected, match="used_url"):
        await slack.respond(f"{fake.url}api/respond", PLAIN)


async def test_an_update_and_a_word_in_private_take_the_fallback_too(
    slack: Slack, fake: FakeSlack
) -> None:
    fake.will("chat.update", no("invalid_blocks"))

    await slack.update("C01", "1.2", CHART)
    await slack.ephemeral("C01", "U1", CHART)

    assert [b["blocks"][0]["type"] for b in fake.sent("chat.update")] == [
        "data_visualization",
        "section",
    ]
    assert fake.sent("chat.postEphemeral")[0]["blocks"][0]["type"] == "section"


def test_a_client_without_a_session_is_refused() -> None:
    with pytest.raises(ValueError, match="session"):
        Slack(AsyncWebClient())
