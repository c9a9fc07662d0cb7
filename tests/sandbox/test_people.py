from collections.abc import AsyncIterator
from contextlib import suppress
from copy import deepcopy
from typing import Any

import pytest
from slack_bolt.async_app import AsyncAck, AsyncApp, AsyncRespond
from slack_sdk.errors import SlackApiError
from slack_sdk.web.async_client import AsyncWebClient

from bot.sandbox.errors import NotPossible
from bot.sandbox.people import TROUBLE
from bot.sandbox.server import Sandbox
from tests.sandbox.conftest import BUTTONS, COMMENT, HOME, Connected, bolt, impatient, refusal

Body = dict[str, Any]


@pytest.fixture
async def seen(slack: Sandbox) -> AsyncIterator[list[Body]]:
    """Bodies of all that an app took, one that opens the comment form on every click."""
    app, bodies = bolt(slack), list[Body]()

    @app.action({"block_id": "nps"})
    async def on_score(ack: AsyncAck, body: Body, client: AsyncWebClient) -> None:
        await ack()
        bodies.append(body)
        await client.views_open(trigger_id=body["trigger_id"], view=COMMENT)

    @app.view("comment")
    async def on_comment(ack: AsyncAck, body: Body) -> None:
        bodies.append(body)
        await ack()

    async with Connected(app, slack):
        yield bodies


async def asked(slack: Sandbox, client: AsyncWebClient, channel: str = "C0ACME") -> Any:
    await client.chat_postMessage(channel=channel, text="How likely?", blocks=BUTTONS)
    return slack.messages(channel)[-1]


async def test_a_command_is_answered_privately(slack: Sandbox) -> None:
    app = bolt(slack)

    @app.command("/crr")
    async def crr(ack: AsyncAck, respond: AsyncRespond, command: Body) -> None:
        await ack()
        await respond(f"Retention for {command['text']}")

    async with Connected(app, slack):
        lead = slack.person("U0LEAD")
        reply = await lead.command("/crr", "month", channel="C0SUCCESS")
        answer = await lead.wait_for_ephemeral("C0SUCCESS")

    assert reply.acked
    assert answer.text == "Retention for month"
    assert reply.ephemeral is answer
    assert slack.person("U0OWNER").ephemerals("C0SUCCESS") == []
    assert slack.messages("C0SUCCESS") == []


async def test_a_command_says_who_typed_what_where(slack: Sandbox) -> None:
    app, bodies = bolt(slack), list[Body]()

    @app.command("/nps")
    async def nps(ack: AsyncAck, body: Body) -> None:
        bodies.append(body)
        await ack({"response_type": "in_channel", "text": "Asked."})

    async with Connected(app, slack):
        reply = await slack.person("U0LEAD").command("/nps", "", channel="C0SUCCESS")

    [body] = bodies
    assert (body["user_id"], body["channel_name"]) == ("U0LEAD", "customer-success")
    assert (body["team_id"], body["team_domain"]) == ("T0KEEP", "brightside")
    assert "thread_ts" not in body
    assert [post.text for post in slack.messages("C0SUCCESS")] == ["Asked."]
    assert reply.ephemeral is None


async def test_a_command_without_an_ack_shows_an_error_and_comes_once(slack: Sandbox) -> None:
    app, taken = bolt(slack), list[Body]()

    @app.command("/crr")
    async def crr(body: Body) -> None:
        taken.append(body)

    async with Connected(app, slack):
        impatient(slack)
        reply = await slack.person("U0LEAD").command("/crr", channel="C0SUCCESS")

    assert not reply.acked
    assert reply.error == '/crr failed with the error "operation_timeout"'
    assert len(taken) == 1
    assert [entry.data["person"] for entry in slack.journal.since(0, "error_shown")] == ["U0LEAD"]


async def test_a_command_with_no_app_connected_shows_an_error(slack: Sandbox) -> None:
    reply = await slack.person("U0LEAD").command("/crr", channel="C0SUCCESS")

    assert reply.error == '/crr failed with the error "dispatch_failed"'


async def test_an_ack_with_blocks_that_slack_refuses_shows_an_error(slack: Sandbox) -> None:
    app = bolt(slack)

    @app.command("/crr")
    async def crr(ack: AsyncAck) -> None:
        await ack(text="x", blocks=[{"type": "nonsense"}])

    async with Connected(app, slack):
        reply = await slack.person("U0LEAD").command("/crr", channel="C0SUCCESS")

    assert reply.error == 'failed with the error "invalid_blocks"'


@pytest.mark.parametrize(
    ("who", "command", "channel"),
    [
        pytest.param("U0ACME", "/crr", "C0ACME", id="from another workspace"),
        pytest.param("U0LEAD", "/unknown", "C0SUCCESS", id="no such command"),
        pytest.param("U0LEAD", "/crr", "C0NONE", id="no such channel"),
        pytest.param("U0LEAD", "/crr", "C0BOARD", id="private, and not a member"),
        pytest.param("U0GUEST", "/crr", "C0GENERAL", id="a guest outside their channels"),
    ],
)
async def test_a_person_types_commands_only_where_slack_lets_them(
    slack: Sandbox, who: str, command: str, channel: str
) -> None:
    with pytest.raises(NotPossible):
        await slack.person(who).command(command, channel=channel)

    assert slack.journal.since(0, "envelope") == []


async def test_a_command_cannot_be_typed_into_a_thread(
    slack: Sandbox, client: AsyncWebClient
) -> None:
    post = await asked(slack, client)

    with pytest.raises(NotPossible, match="threads"):
        slack.person("U0LEAD").say("C0ACME", "/crr", thread_ts=post.ts)


async def test_a_click_carries_all_that_slack_sends(
    slack: Sandbox, client: AsyncWebClient, seen: list[Body]
) -> None:
    post = await asked(slack, client)

    reply = await slack.person("U0LEAD").click(post, "score:9")

    [body] = seen
    assert reply.acked
    assert body["type"] == "block_actions"
    assert body["user"] == {
        "id": "U0LEAD", "username": "lea", "name": "lea", "team_id": "T0KEEP",
    }  # fmt: skip
    assert body["team"] == {"id": "T0KEEP", "domain": "brightside"}
    assert body["container"] == {
        "type": "message", "message_ts": post.ts, "channel_id": "C0ACME", "is_ephemeral": False,
    }  # fmt: skip
    assert body["channel"] == {"id": "C0ACME", "name": "acme-shared"}
    assert body["message"]["ts"] == post.ts
    assert body["state"] == {"values": {}}
    assert body["response_url"].startswith(slack.url)
    [action] = body["actions"]
    assert (action["action_id"], action["block_id"]) == ("score:9", "nps")
    assert (action["type"], action["value"]) == ("button", "ask1:9")
    assert action["text"]["text"] == "9"


async def test_a_button_is_found_by_what_stands_on_it(
    slack: Sandbox, client: AsyncWebClient, seen: list[Body]
) -> None:
    post = await asked(slack, client)

    await slack.person("U0LEAD").click(post, label="10")

    assert seen[0]["actions"][0]["value"] == "ask1:10"


async def test_an_ephemeral_message_is_clicked_without_a_copy_of_it(
    slack: Sandbox, client: AsyncWebClient, seen: list[Body]
) -> None:
    await client.chat_postEphemeral(channel="C0ACME", user="U0LEAD", text="?", blocks=BUTTONS)
    lead = slack.person("U0LEAD")
    [post] = lead.ephemerals("C0ACME")

    await lead.click(post, "score:1")

    assert "message" not in seen[0]
    assert seen[0]["container"]["is_ephemeral"] is True
    with pytest.raises(NotPossible):
        await slack.person("U0OWNER").click(post, "score:1")


async def test_a_button_that_is_not_there_cannot_be_pressed(
    slack: Sandbox, client: AsyncWebClient
) -> None:
    post = await asked(slack, client)
    lead = slack.person("U0LEAD")

    with pytest.raises(NotPossible):
        await lead.click(post, "score:11")
    await client.chat_update(channel="C0ACME", ts=post.ts, text="Closed", blocks=[])
    with pytest.raises(NotPossible):
        await lead.click(post, "score:1")
    await client.chat_delete(channel="C0ACME", ts=post.ts)
    with pytest.raises(NotPossible, match="does not see"):
        await lead.click(post, "score:1")


async def test_a_customer_clicks_and_comments_in_a_shared_channel(
    slack: Sandbox, client: AsyncWebClient, seen: list[Body]
) -> None:
    post = await asked(slack, client)
    customer = slack.person("U0ACME")

    await customer.click(post, "score:3")
    form = await customer.modal()
    reply = await customer.submit(form, {"why/text": "Slow support"})

    click, submission = seen
    assert reply.acked
    assert click["team"]["id"] == "T0KEEP"
    assert click["user"]["team_id"] == "T0ACME"
    assert submission["team"] == {"id": "T0ACME", "domain": "acme"}
    assert submission["user"]["team_id"] == "T0ACME"
    assert submission["view"]["app_installed_team_id"] == "T0KEEP"
    assert submission["view"]["private_metadata"] == "ask1"
    assert submission["view"]["state"]["values"]["why"]["text"]["value"] == "Slow support"
    assert customer.open_modal is None


async def test_the_clicked_menu_and_the_state_around_it_are_sent(slack: Sandbox) -> None:
    app, bodies = bolt(slack), list[Body]()

    @app.action("period")
    async def on_period(ack: AsyncAck, body: Body) -> None:
        await ack()
        bodies.append(body)

    def option(text: str) -> Body:
        return {"text": {"type": "plain_text", "text": text}, "value": text.lower()}

    menu = {
        "type": "static_select",
        "action_id": "period",
        "placeholder": {"type": "plain_text", "text": "Period"},
        "options": [option("Week"), option("Month")],
    }
    days = {"type": "datepicker", "action_id": "from", "initial_date": "2026-10-01"}
    await app.client.chat_postMessage(
        channel="C0SUCCESS",
        text="Period?",
        blocks=[{"type": "actions", "block_id": "which", "elements": [menu, days]}],
    )
    [post] = slack.messages("C0SUCCESS")
    lead = slack.person("U0LEAD")

    async with Connected(app, slack):
        await lead.choose(post, "period", "Month")
        with pytest.raises(NotPossible, match="'Week', 'Month'"):
            await lead.choose(post, "period", "Year")

    [body] = bodies
    assert body["actions"][0]["selected_option"] == option("Month")
    assert body["state"]["values"]["which"]["period"]["selected_option"] == option("Month")
    assert body["state"]["values"]["which"]["from"]["selected_date"] == "2026-10-01"


class TestModals:
    async def test_a_required_input_keeps_the_modal_open_and_the_app_unasked(
        self, slack: Sandbox, client: AsyncWebClient, seen: list[Body]
    ) -> None:
        post = await asked(slack, client)
        lead = slack.person("U0LEAD")
        await lead.click(post, "score:3")
        form = await lead.modal()

        reply = await lead.submit(form, {"why": ""})

        assert reply.errors == {"why": "Please complete this required field."}
        assert lead.open_modal is form
        assert [body["type"] for body in seen] == ["block_actions"]

    @pytest.mark.parametrize(
        ("said", "stack", "errors"),
        [
            pytest.param({}, [], {}, id="closes"),
            pytest.param({"response_action": "clear"}, [], {}, id="clears"),
            pytest.param(
                {"response_action": "errors", "errors": {"why": "Too short"}},
                ["Thank you"],
                {"why": "Too short"},
                id="shows errors",
            ),
            pytest.param(
                {
                    "response_action": "update",
                    "view": {**COMMENT, "title": {"type": "plain_text", "text": "Again"}},
                },
                ["Again"],
                {},
                id="shows another",
            ),
            pytest.param(
                {
                    "response_action": "push",
                    "view": {**COMMENT, "title": {"type": "plain_text", "text": "More"}},
                },
                ["Thank you", "More"],
                {},
                id="puts one on top",
            ),
        ],
    )
    async def test_the_answer_to_a_submission_decides_what_is_open(
        self, slack: Sandbox, said: Body, stack: list[str], errors: dict[str, str]
    ) -> None:
        lead, reply = await submitted(slack, said)

        titles = [v.content["title"]["text"] for v in slack.workspace.modals[lead.id]]
        assert reply.error == ""
        assert titles == stack
        assert reply.errors == errors

    @pytest.mark.parametrize(
        "said",
        [
            pytest.param({"response_action": "errors", "errors": {"b": "x"}}, id="no such input"),
            pytest.param({"response_action": "explode"}, id="no such action"),
            pytest.param({"response_action": "update", "view": {"type": "modal"}}, id="no view"),
        ],
    )
    async def test_an_answer_that_slack_does_not_understand_shows_trouble(
        self, slack: Sandbox, said: Body
    ) -> None:
        lead, reply = await submitted(slack, said)

        assert reply.error.startswith(TROUBLE)
        assert lead.open_modal is not None

    async def test_a_submission_without_an_ack_keeps_the_modal(self, slack: Sandbox) -> None:
        lead, reply = await submitted(slack, None)

        assert reply.error == TROUBLE
        assert lead.open_modal is not None

    async def test_at_most_three_lie_on_each_other(self, slack: Sandbox) -> None:
        app = bolt(slack)

        @app.action("more")
        async def on_more(ack: AsyncAck, body: Body, client: AsyncWebClient) -> None:
            await ack()
            with suppress(SlackApiError):  # it is looked for in the journal
                await client.views_push(trigger_id=body["trigger_id"], view=WITH_BUTTON)

        @app.command("/nps")
        async def on_nps(ack: AsyncAck, body: Body, client: AsyncWebClient) -> None:
            await ack()
            await client.views_open(trigger_id=body["trigger_id"], view=WITH_BUTTON)

        lead = slack.person("U0LEAD")
        async with Connected(app, slack):
            await lead.command("/nps", channel="C0SUCCESS")
            for _ in range(3):
                since = slack.journal.last
                await lead.click(await lead.modal(), "more")
                await slack.journal.wait_for(lambda e: e.kind == "call", since=since)

        assert len(slack.workspace.modals["U0LEAD"]) == 3
        [*_, last] = slack.journal.since(0, "call")
        assert last.data["response"]["error"] == "push_limit_reached"
        assert slack.workspace.modals["U0LEAD"][2].payload()["previous_view_id"]

    async def test_a_view_may_ask_that_closing_it_closes_all(self, slack: Sandbox) -> None:
        lead = slack.person("U0LEAD")
        below = slack.workspace.make_view("U0LEAD", COMMENT)
        slack.workspace.show_modal(below, onto=False)
        above = slack.workspace.make_view("U0LEAD", deepcopy(COMMENT), below=below)
        slack.workspace.show_modal(above, onto=True)

        with pytest.raises(NotPossible, match="not in front"):
            await lead.close(below)
        above.content["clear_on_close"] = True
        await lead.close(above)

        assert lead.open_modal is None

    async def test_choosing_in_a_form_is_told_only_where_the_block_asks_for_it(
        self, slack: Sandbox
    ) -> None:
        lead = slack.person("U0LEAD")
        form = slack.workspace.make_view("U0LEAD", deepcopy(COMMENT))
        slack.workspace.show_modal(form, onto=False)

        await lead.choose(form, "text", "quiet")
        quiet = slack.journal.since(0, "envelope")
        form.content["blocks"][0]["dispatch_action"] = True
        await lead.choose(form, "text", "told")

        assert quiet == []
        [envelope] = slack.journal.since(0, "envelope")
        assert envelope.data["payload"]["container"] == {"type": "view", "view_id": form.id}
        assert envelope.data["payload"]["actions"][0]["value"] == "told"

    async def test_closing_is_told_where_the_view_asks_for_it(self, slack: Sandbox) -> None:
        app, bodies = bolt(slack), list[Body]()

        @app.command("/nps")
        async def on_nps(ack: AsyncAck, body: Body, client: AsyncWebClient) -> None:
            await ack()
            view = {**COMMENT, "notify_on_close": True}
            await client.views_open(trigger_id=body["trigger_id"], view=view)

        @app.view_closed("comment")
        async def on_closed(ack: AsyncAck, body: Body) -> None:
            await ack()
            bodies.append(body)

        lead = slack.person("U0LEAD")
        async with Connected(app, slack):
            await lead.command("/nps", channel="C0SUCCESS")
            await lead.close(await lead.modal())

        assert lead.open_modal is None
        assert bodies[0]["is_cleared"] is False

    async def test_what_was_typed_stays_when_the_view_is_updated(
        self, slack: Sandbox, client: AsyncWebClient
    ) -> None:
        lead = slack.person("U0LEAD")
        form = slack.workspace.make_view("U0LEAD", COMMENT)
        slack.workspace.show_modal(form, onto=False)
        await lead.choose(form, "text", "half a sent")

        before = form.hash
        title = {"type": "plain_text", "text": "Still open"}
        await client.views_update(view_id=form.id, hash=before, view={**COMMENT, "title": title})

        assert form.state["why"]["text"]["value"] == "half a sent"
        assert form.content["title"] == title
        late = await refusal(client.views_update(view_id=form.id, hash=before, view=COMMENT))
        assert late["error"] == "hash_conflict"


WITH_BUTTON: Body = {
    "type": "modal",
    "title": {"type": "plain_text", "text": "More"},
    "blocks": [
        {
            "type": "actions",
            "elements": [
                {
                    "type": "button",
                    "action_id": "more",
                    "text": {"type": "plain_text", "text": "More"},
                }
            ],
        }
    ],
}


async def submitted(slack: Sandbox, said: Body | None) -> Any:
    """The lead and the reply, after a submission that the app answered with `said`."""
    app = bolt(slack)

    @app.view("comment")
    async def on_comment(ack: AsyncAck) -> None:
        if said is not None:
            await ack(**said)

    if said is None:
        impatient(slack)

    lead = slack.person("U0LEAD")
    form = slack.workspace.make_view("U0LEAD", COMMENT)
    slack.workspace.show_modal(form, onto=False)
    async with Connected(app, slack):
        return lead, await lead.submit(form, {"why": "Because"})


class TestHome:
    async def test_it_is_published_when_somebody_looks(self, slack: Sandbox) -> None:
        app = published_on_opening(slack)
        lead = slack.person("U0LEAD")

        async with Connected(app, slack):
            lead.open_home()
            home = await lead.wait_for_home(containing="Retention")

        assert lead.home is home
        assert slack.person("U0OWNER").home is None

    async def test_the_second_look_carries_what_was_published(self, slack: Sandbox) -> None:
        app, views = bolt(slack), list[Any]()

        @app.event("app_home_opened")
        async def on_home(event: Body, client: AsyncWebClient) -> None:
            views.append(event.get("view"))
            await client.views_publish(user_id=event["user"], view=HOME)

        lead = slack.person("U0LEAD")
        async with Connected(app, slack):
            lead.open_home()
            await lead.wait_for_home()
            since = slack.journal.last
            lead.open_home()
            await lead.wait_for_home(since=since)

        assert views[0] is None
        assert views[1]["id"] == slack.workspace.homes["U0LEAD"].id

    async def test_nobody_from_another_workspace_has_one(
        self, slack: Sandbox, client: AsyncWebClient
    ) -> None:
        await client.views_publish(user_id="U0ACME", view=HOME)

        assert slack.person("U0ACME").home is None
        with pytest.raises(NotPossible):
            slack.person("U0ACME").open_home()


def published_on_opening(slack: Sandbox) -> AsyncApp:
    app = bolt(slack)

    @app.event("app_home_opened")
    async def on_home(event: Body, client: AsyncWebClient) -> None:
        await client.views_publish(user_id=event["user"], view=HOME)

    return app


async def test_a_mention_reaches_the_app_and_other_talk_does_not(slack: Sandbox) -> None:
    app, events = bolt(slack), list[Body]()

    @app.event("app_mention")
    async def on_mention(body: Body) -> None:
        events.append(body)

    async with Connected(app, slack):
        customer = slack.person("U0ACME")
        slack.person("U0LEAD").say("C0ACME", "Good morning")
        customer.mention("C0ACME", "help")
        await slack.delivery.settled()

    [body] = events
    assert body["event"]["text"] == "<@U0KEEP> help"
    assert body["event"]["user_team"] == "T0ACME"
    assert body["is_ext_shared_channel"] is True
    assert body["authorizations"][0]["team_id"] == "T0KEEP"


async def test_nothing_is_told_of_channels_that_the_app_is_not_in(slack: Sandbox) -> None:
    slack.admin.grant("channels:history")

    slack.person("U0LEAD").mention("C0GENERAL", "help")
    await slack.delivery.settled()

    assert slack.journal.since(0, "envelope") == []


async def test_nobody_writes_into_an_archived_channel(slack: Sandbox) -> None:
    with pytest.raises(NotPossible, match="archived"):
        slack.person("U0LEAD").say("C0OLD", "Hello?")


async def test_the_app_and_unknown_people_have_no_hands(slack: Sandbox) -> None:
    for nobody in ("U0KEEP", "U0NOBODY"):
        with pytest.raises(NotPossible):
            slack.person(nobody)
