"""Clicking, choosing and typing: what the app hears, and what it looks like if it does not."""

import asyncio
import re
from typing import Any

import pytest
from slack_bolt.async_app import AsyncApp
from slack_sdk.web.async_client import AsyncWebClient

from bot.messages import blocks as made
from bot.sandbox.server import Sandbox
from tests.sandbox.conftest import client_of
from tests.sandbox.page import gallery
from tests.sandbox.page.browser import Page

CHANNEL = "/#/U0LEAD/C0SUCCESS"


class Heard:
    """The actions that arrived."""

    def __init__(self, app: AsyncApp) -> None:
        self._bodies: asyncio.Queue[dict[str, Any]] = asyncio.Queue()

        @app.action(re.compile(".*"))
        async def heard(ack: Any, body: dict[str, Any]) -> None:
            self._bodies.put_nowait(body)
            await ack()

    async def body(self) -> dict[str, Any]:
        return await asyncio.wait_for(self._bodies.get(), 5)

    async def next(self) -> dict[str, Any]:
        action: dict[str, Any] = (await self.body())["actions"][0]
        return action

    @property
    def more(self) -> bool:
        return not self._bodies.empty()


@pytest.fixture
def heard(app: AsyncApp) -> Heard:
    return Heard(app)


async def post(slack: Sandbox, *blocks: gallery.Block, channel: str = "C0SUCCESS") -> str:
    posted = await client_of(slack).chat_postMessage(channel=channel, text="x", blocks=list(blocks))
    return str(posted["ts"])


async def test_a_button_tells_its_value(page: Page, slack: Sandbox, heard: Heard) -> None:
    await post(slack, *gallery.NPS, channel="C0ACME")
    await page.open(f"{slack.url}/#/U0ACME/C0ACME")
    await page.click("button.button", "9 out of 10")

    action = await heard.next()
    assert (action["action_id"], action["value"]) == ("score:9", "ask1:9")


async def test_of_two_buttons_of_one_name_the_one_that_was_clicked(
    page: Page, slack: Sandbox, heard: Heard
) -> None:
    first = made.actions(made.button("One", action_id="take", value="1"), block_id="a")
    second = made.actions(made.button("Two", action_id="take", value="2"), block_id="b")
    await post(slack, first, second)
    await page.open(slack.url + CHANNEL)
    await page.click("button.button", "Two")

    assert (await heard.next())["value"] == "2"


async def test_a_question_comes_before_what_it_is_about(
    page: Page, slack: Sandbox, heard: Heard
) -> None:
    await post(slack, *gallery.ALERT)
    await page.open(slack.url + CHANNEL)

    await page.click("button.button", "Discard")
    await page.see("Discard this alert?", within="#confirm")
    await page.key("Escape")
    await page.until("!document.querySelector('#confirm').open")
    assert await page.focused() == "Discard"
    await page.click("button.button", "Discard")
    await page.click("#confirm button", "Discard")

    assert (await heard.next())["action_id"] == "discard"
    assert not heard.more


async def test_a_click_that_nobody_acknowledged_is_marked_until_it_is(
    page: Page, slack: Sandbox, app: AsyncApp
) -> None:
    await post(slack, *gallery.ALERT)
    await page.open(slack.url + CHANNEL)
    await page.click("button.button", "Acknowledge")
    await page.see("This app did not respond. Try again.")
    assert await page.count("button.unheard") == 1

    heard = Heard(app)
    await page.click("button.button", "Acknowledge")
    await heard.next()
    await page.until("!document.querySelector('.no-ack, .unheard')")


async def test_a_menu_from_the_keyboard(page: Page, slack: Sandbox, heard: Heard) -> None:
    await post(slack, *gallery.ELEMENTS)
    await page.open(slack.url + CHANNEL)
    await page.run("document.querySelector('[data-action$=\"/period\"]').focus()")

    await page.key("Enter")
    await page.key("ArrowDown")
    await page.key("ArrowDown")
    await page.key("ArrowUp")
    lit = "document.getElementById(document.activeElement.getAttribute('aria-activedescendant'))"
    assert "Month" in await page.run(f"{lit}.innerText")
    assert not heard.more  # looking is not choosing
    await page.key("Enter")

    assert (await heard.next())["selected_option"]["value"] == "m"
    assert await page.focused() == "Choose a period: Month"
    assert await page.count(".options:popover-open") == 0


async def test_a_menu_is_left_with_escape_and_found_by_its_letters(
    page: Page, slack: Sandbox, heard: Heard
) -> None:
    await post(slack, *gallery.ELEMENTS)
    await page.open(slack.url + CHANNEL)
    await page.run("document.querySelector('[data-action$=\"/period\"]').focus()")

    await page.key("Enter")
    await page.key("Escape")
    assert await page.count(".options:popover-open") == 0
    await page.key("q")
    await page.key("Enter")

    assert (await heard.next())["selected_option"]["value"] == "q"
    assert not heard.more


async def test_several_choices_are_told_when_the_list_closes(
    page: Page, slack: Sandbox, heard: Heard
) -> None:
    await post(slack, *gallery.ELEMENTS)
    await page.open(slack.url + CHANNEL)
    await page.click("button.select", "Regions")
    await page.click(".option", "Nordics")
    await page.click(".option", "Brazil")
    await page.key("Escape")

    chosen = (await heard.next())["selected_options"]
    assert [one["value"] for one in chosen] == ["n", "b"]
    assert not heard.more


@pytest.mark.parametrize(
    ("selector", "words", "key", "value"),
    [
        ('[data-action$="layout/form"]', "", "selected_option", "form"),
        ('[data-action$="parts/chart"]', "", "selected_options", "chart"),
    ],
    ids=["radio", "checkbox"],
)
async def test_a_box(
    page: Page, slack: Sandbox, heard: Heard, selector: str, words: str, key: str, value: str
) -> None:
    await post(slack, *gallery.ELEMENTS)
    await page.open(slack.url + CHANNEL)
    await page.click(selector, words)

    chosen = (await heard.next())[key]
    assert (chosen if isinstance(chosen, dict) else chosen[0])["value"] == value


async def test_an_overflow_menu_and_what_was_typed(
    page: Page, slack: Sandbox, heard: Heard
) -> None:
    await post(slack, *gallery.ELEMENTS)
    await page.open(slack.url + CHANNEL)
    await page.click('[data-action="note/text"]')
    await page.type("by hand")
    await page.click('[aria-label="More actions"]')
    await page.click(".option", "Pause")

    body = await heard.body()
    assert body["actions"][0]["selected_option"]["value"] == "pause"
    assert body["state"]["values"]["note"]["text"]["value"] == "by hand"


@pytest.mark.parametrize(
    ("words", "action_id", "value"),
    [("Good", "feedback", "good"), ("Bad", "feedback", "bad"), ("Remove", "bin", None)],
)
async def test_what_one_thinks_of_a_message(
    page: Page, slack: Sandbox, heard: Heard, words: str, action_id: str, value: str | None
) -> None:
    await post(slack, gallery.ELEMENTS[-1])
    await page.open(slack.url + CHANNEL)
    await page.click(".context_actions button", words)

    action = await heard.next()
    assert (action["action_id"], action.get("value")) == (action_id, value)


async def test_what_was_chosen_stays_when_another_message_comes(
    page: Page, slack: Sandbox, heard: Heard
) -> None:
    await post(slack, *gallery.ELEMENTS)
    await page.open(slack.url + CHANNEL)
    await page.click('[data-action="note/text"]')
    await page.type("half a sen")
    slack.person("U0OWNER").say("C0SUCCESS", "Something else")
    await page.see("Something else", within=".messages")

    assert await page.run("document.activeElement.value") == "half a sen"


async def test_an_edit_is_seen_at_once_and_the_focus_stays_in_the_message(
    page: Page, slack: Sandbox, app: AsyncApp
) -> None:
    @app.action("ack")
    async def acknowledge(ack: Any, body: dict[str, Any], client: AsyncWebClient) -> None:
        await ack()
        told = [
            *gallery.ALERT[:2],
            made.context(f"Acknowledged by <@{body['user']['id']}>"),
        ]
        await client.chat_update(
            channel=body["channel"]["id"], ts=body["message"]["ts"], text="x", blocks=told
        )

    ts = await post(slack, *gallery.ALERT)
    await page.open(slack.url + CHANNEL)
    await page.run("document.querySelector('[data-action$=\"/ack\"]').focus()")
    await page.key("Enter")
    await page.see("Acknowledged by @Lea Lindqvist")

    assert "(edited)" in await page.text(f'[data-ts="{ts}"]')
    assert await page.count("button.primary:not(.send)") == 0
    await page.until(f"document.activeElement.dataset.ts === '{ts}'")
