"""No serious fault, as axe-core finds them, in any state of the page; and what it can't find."""

from typing import Any

import pytest
from slack_bolt.async_app import AsyncApp
from slack_sdk.web.async_client import AsyncWebClient

from bot.sandbox.server import Sandbox
from bot.sandbox.stage import Step
from tests.sandbox.page import gallery
from tests.sandbox.page.axe import faults
from tests.sandbox.page.browser import DESKTOP, PHONE, Page
from tests.sandbox.page.test_inspect import Demo


@pytest.mark.parametrize("scheme", ["light", "dark"])
@pytest.mark.parametrize("size", [DESKTOP, PHONE], ids=["desktop", "phone"])
async def test_a_channel_with_everything(
    page: Page, slack: Sandbox, axe: str, size: tuple[int, int], scheme: str
) -> None:
    await gallery.fill(slack)
    await page.size(*size)
    await page.prefer(prefers_color_scheme=scheme)
    await page.open(f"{slack.url}/#/U0LEAD/C0SUCCESS")
    await page.see("Calling Globex", within=".messages")
    assert await faults(page, axe) == []


@pytest.mark.parametrize("scheme", ["light", "dark"])
async def test_panes_menus_and_suggestions(
    page: Page, slack: Sandbox, axe: str, scheme: str
) -> None:
    slack.stage = Demo(slack)
    await gallery.fill(slack)
    await page.prefer(prefers_color_scheme=scheme)
    await page.open(f"{slack.url}/#/U0LEAD/C0SUCCESS")
    await page.click(".answers")
    await page.see("Noted.", within="#thread")
    assert await faults(page, axe) == []
    await page.click("#thread .close")
    await page.click("#inspect-toggle")
    await page.click("#inspect li:last-child summary")
    assert await faults(page, axe) == []
    await page.click("#inspect .close")
    await page.click("button.person")
    assert await faults(page, axe) == []
    await page.key("Escape")
    await page.click("#writing")
    await page.type("/")
    assert await faults(page, axe) == []
    await page.type("crr")
    await page.key("Enter")
    await page.see("dispatch_failed", within=".messages")
    assert await faults(page, axe) == []


@pytest.mark.parametrize("scheme", ["light", "dark"])
async def test_a_form_with_faults_and_the_home_tab(
    page: Page, slack: Sandbox, axe: str, app: AsyncApp, scheme: str
) -> None:
    @app.command("/crr")
    async def crr(ack: Any, body: dict[str, Any], client: AsyncWebClient) -> None:
        await ack()
        await client.views_open(trigger_id=body["trigger_id"], view=gallery.FORM)

    await gallery.fill(slack)
    await page.prefer(prefers_color_scheme=scheme)
    await page.open(f"{slack.url}/#/U0LEAD/home")
    await page.see("Customer retention", within="#app-panel")
    assert await faults(page, axe) == []
    await page.click("[data-place=C0ACME]")
    await page.click("#writing")
    await page.type("/crr")
    await page.key("Enter")
    await page.see("Everything", within="#modal")
    await page.click("#modal [type=submit]")
    await page.see("required field", within="#modal")
    assert await faults(page, axe) == []


async def test_axe_would_find_a_fault(page: Page, slack: Sandbox, axe: str) -> None:
    await page.open(slack.url)
    await page.run("document.querySelector('#writing').removeAttribute('aria-label')")
    await page.run("document.querySelector('#writing').removeAttribute('placeholder')")
    assert "label (critical)" in "\n".join(await faults(page, axe))


async def test_everything_is_reached_with_the_keyboard_in_the_order_of_the_page(
    page: Page, slack: Sandbox
) -> None:
    await gallery.fill(slack)
    await page.open(f"{slack.url}/#/U0LEAD/C0ACME")
    await page.see("How likely", within=".messages")
    seen = []
    for _ in range(32):
        await page.key("Tab")
        seen.append(await page.focused())

    order = [
        "Skip to writing a message",
        "Inspect",
        "You are Lea Lindqvist. Be somebody else",
        "Messages in #acme-shared",
        "0 out of 10",
        "10 out of 10",
        "Message #acme-shared",
        "Send",
    ]
    assert [one for one in seen if one in order][: len(order)] == order


async def test_the_focus_is_seen(page: Page, slack: Sandbox) -> None:
    await page.open(slack.url)
    for _ in range(3):
        await page.key("Tab")
        style = "getComputedStyle(document.activeElement)"
        assert await page.run(f"{style}.outlineStyle") == "solid"


async def test_nothing_moves_for_who_wants_no_motion(page: Page, slack: Sandbox) -> None:
    await page.size(*PHONE)
    await page.prefer(prefers_reduced_motion="reduce")
    await page.open(slack.url)
    sidebar = "getComputedStyle(document.querySelector('#sidebar'))"
    assert await page.run(f"{sidebar}.transitionDuration") == "0s"


async def test_the_guide_says_what_is_done(page: Page, slack: Sandbox) -> None:
    class Half(Demo):
        def guide(self) -> list[Step]:
            return [Step("First", True), Step("Second", False)]

    slack.stage = Half(slack)
    await page.open(slack.url)
    names = "[...document.querySelectorAll('.guide .mark')].map((one) => one.ariaLabel)"
    assert await page.run(names) == ["Done", "Not done yet"]
