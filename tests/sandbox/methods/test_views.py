from typing import Any

import pytest
from slack_sdk.web.async_client import AsyncWebClient

from bot.sandbox.server import Sandbox
from tests.sandbox.conftest import COMMENT, HOME, refusal


def trigger(slack: Sandbox) -> str:
    return slack.triggers.issue("U0LEAD")


async def test_a_trigger_opens_one_modal(slack: Sandbox, client: AsyncWebClient) -> None:
    used = trigger(slack)

    opened = await client.views_open(trigger_id=used, view=COMMENT)
    again = await refusal(client.views_open(trigger_id=used, view=COMMENT))

    form = slack.person("U0LEAD").open_modal
    assert form is not None
    assert opened["view"]["id"] == form.id
    assert again["error"] == "exchanged_trigger_id"


async def test_a_trigger_is_good_for_three_seconds(client: AsyncWebClient, slack: Sandbox) -> None:
    late, just = trigger(slack), trigger(slack)

    slack.clock.advance(2.9)
    await client.views_open(trigger_id=just, view=COMMENT)
    slack.clock.advance(0.2)
    body = await refusal(client.views_open(trigger_id=late, view=COMMENT))

    assert body["error"] == "expired_trigger_id"


async def test_an_unknown_trigger_opens_nothing(client: AsyncWebClient) -> None:
    body = await refusal(client.views_open(trigger_id="1.2.x", view=COMMENT))

    assert body["error"] == "invalid_trigger_id"


@pytest.mark.parametrize(
    "view",
    [
        pytest.param({**COMMENT, "private_metadata": "x" * 3001}, id="private_metadata"),
        pytest.param({k: v for k, v in COMMENT.items() if k != "blocks"}, id="no blocks"),
        pytest.param({**COMMENT, "title": {"type": "plain_text", "text": "x" * 25}}, id="title"),
        pytest.param({**COMMENT, "type": "home"}, id="a home"),
        pytest.param("[", id="no JSON"),
        pytest.param("[]", id="no object"),
    ],
)
async def test_a_view_that_slack_would_not_show_leaves_the_trigger_unused(
    slack: Sandbox, client: AsyncWebClient, view: Any
) -> None:
    kept = trigger(slack)

    body = await refusal(client.api_call("views.open", json={"trigger_id": kept, "view": view}))

    assert body["error"] == "invalid_arguments"
    assert (await client.views_open(trigger_id=kept, view=COMMENT))["ok"]


async def test_an_external_id_is_of_one_view_at_a_time(
    slack: Sandbox, client: AsyncWebClient
) -> None:
    named = {**COMMENT, "external_id": "ask1"}
    await client.views_open(trigger_id=trigger(slack), view=named)

    again = await refusal(client.views_open(trigger_id=trigger(slack), view=named))
    await client.views_update(external_id="ask1", view=named)
    form = slack.person("U0LEAD").open_modal
    assert form is not None
    slack.workspace.close_modal(form)

    assert again["error"] == "duplicate_external_id"
    assert (await client.views_open(trigger_id=trigger(slack), view=named))["ok"]


async def test_pushing_needs_a_modal_that_is_open(slack: Sandbox, client: AsyncWebClient) -> None:
    body = await refusal(client.views_push(trigger_id=trigger(slack), view=COMMENT))

    assert body["error"] == "not_found"


async def test_a_home_tab_is_guarded_by_its_hash(slack: Sandbox, client: AsyncWebClient) -> None:
    first = (await client.views_publish(user_id="U0LEAD", view=HOME))["view"]
    await client.views_publish(user_id="U0LEAD", view=HOME, hash=first["hash"])

    late = await refusal(client.views_publish(user_id="U0LEAD", view=HOME, hash=first["hash"]))

    assert late["error"] == "hash_conflict"
    assert (await refusal(client.views_publish(user_id="U0NOBODY", view=HOME)))["error"] == (
        "user_not_found"
    )
    wrong = await refusal(client.views_publish(user_id="U0LEAD", view=COMMENT))
    assert wrong["error"] == "invalid_arguments"
