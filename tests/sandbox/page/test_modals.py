"""Forms in front of a person."""

from typing import Any

from slack_bolt.async_app import AsyncApp
from slack_sdk.web.async_client import AsyncWebClient

from bot.messages.blocks import section
from bot.sandbox.server import Sandbox
from tests.sandbox.page import gallery
from tests.sandbox.page.browser import Page


def opening(app: AsyncApp, view: dict[str, Any]) -> None:
    @app.command("/crr")
    async def crr(ack: Any, body: dict[str, Any], client: AsyncWebClient) -> None:
        await ack()
        await client.views_open(trigger_id=body["trigger_id"], view=view)


async def form(page: Page, slack: Sandbox) -> None:
    await page.open(f"{slack.url}/#/U0LEAD/C0SUCCESS")
    await page.click("#writing")
    await page.type("/crr")
    await page.key("Enter")
    await page.see("Everything to fill in", within="#modal")


async def test_what_was_filled_in_arrives(page: Page, slack: Sandbox, app: AsyncApp) -> None:
    sent: list[dict[str, Any]] = []

    @app.view("form")
    async def save(ack: Any, view: dict[str, Any]) -> None:
        sent.append(view["state"]["values"])
        await ack()

    opening(app, gallery.FORM)
    await form(page, slack)
    await page.type("Globex")  # the first field has the focus
    await page.key("Tab")
    await page.type("two\nlines")
    await page.click("#modal .select")
    await page.click("#modal .option", "Pro")
    await page.click('#modal input[value="fri"]')
    await page.click("#modal [type=submit]")
    await page.until("!document.querySelector('#modal').open")

    values = sent[0]
    assert values["name"]["text"]["value"] == "Globex"
    assert values["why"]["text"]["value"] == "two\nlines"
    assert values["plan"]["plan"]["selected_option"]["value"] == "p"
    assert [o["value"] for o in values["days"]["days"]["selected_options"]] == ["fri"]
    assert values["start"]["start"]["selected_date"] is None
    assert await page.run("document.activeElement.id") == "writing"


async def test_what_is_missing_is_told_under_its_field(
    page: Page, slack: Sandbox, app: AsyncApp
) -> None:
    opening(app, gallery.FORM)
    await form(page, slack)
    await page.click('#modal input[value="mon"]')
    await page.click("#modal [type=submit]")
    await page.see("Please complete this required field.", within="#modal")

    described = "document.getElementById(document.activeElement.getAttribute('aria-describedby')"
    described += ".split(' ')[0]).innerText"
    assert await page.run(described) == "Please complete this required field."
    assert await page.focused() == "Name"
    assert await page.run("document.querySelector('#modal input[value=mon]').checked")


async def test_the_app_may_find_fault_with_a_field(
    page: Page, slack: Sandbox, app: AsyncApp
) -> None:
    view = {**gallery.FORM, "blocks": gallery.FORM["blocks"][:2]}

    @app.view("form")
    async def refuse(ack: Any) -> None:
        await ack(response_action="errors", errors={"name": "There is no such customer."})

    opening(app, view)
    await form(page, slack)
    await page.type("Nobody")
    await page.key("Enter")
    await page.see("There is no such customer.", within="#modal .wrong")
    assert await page.run("document.activeElement.value") == "Nobody"


async def test_a_form_on_a_form_and_back(page: Page, slack: Sandbox, app: AsyncApp) -> None:
    first = {**gallery.FORM, "blocks": gallery.FORM["blocks"][1:2], "notify_on_close": True}
    second = {
        "type": "modal",
        "callback_id": "second",
        "title": gallery.plain("Are you sure?"),
        "close": gallery.plain("Back"),
        "submit": gallery.plain("Go on"),
        "blocks": [section("It is the *last* step.")],
    }

    @app.view("form")
    async def push(ack: Any) -> None:
        await ack(response_action="push", view=second)

    @app.view("second")
    async def update(ack: Any) -> None:
        done = {**second, "title": gallery.plain("Done")}
        done.pop("submit")
        await ack(response_action="update", view=done)

    opening(app, first)
    await form(page, slack)
    await page.type("Globex")
    await page.key("Enter")
    await page.see("Are you sure?", within="#modal")
    await page.key("Escape")
    await page.see("Everything to fill in", within="#modal")
    assert await page.run("document.querySelector('#modal input').value") == "Globex"

    await page.click("#modal [type=submit]")
    await page.see("Are you sure?", within="#modal")
    await page.click("#modal [type=submit]")
    await page.see("Done", within="#modal h2")
    assert await page.count("#modal [type=submit]") == 0
    await page.click('#modal [aria-label="Close all"]')
    await page.until("!document.querySelector('#modal').open")


async def test_a_form_that_nobody_took_says_so_and_keeps_what_was_typed(
    page: Page, slack: Sandbox, app: AsyncApp
) -> None:
    opening(app, {**gallery.FORM, "blocks": gallery.FORM["blocks"][1:2]})
    await form(page, slack)
    await page.type("Globex")
    await page.key("Enter")
    await page.see("We had some trouble connecting. Try again?", within="#modal [role=alert]")
    assert await page.run("document.querySelector('#modal input').value") == "Globex"


async def test_the_focus_does_not_leave_the_form(page: Page, slack: Sandbox, app: AsyncApp) -> None:
    opening(app, gallery.FORM)
    await form(page, slack)
    outside = "document.querySelector('.columns').contains(document.activeElement)"
    for _ in range(16):
        await page.key("Tab")
        assert not await page.run(outside)


async def test_the_form_of_one_person_is_not_in_front_of_another(
    page: Page, slack: Sandbox, app: AsyncApp
) -> None:
    opening(app, gallery.FORM)
    await form(page, slack)
    await page.run("location.hash = '#/U0OWNER/C0SUCCESS'")
    await page.until("!document.querySelector('#modal').open")
    await page.run("location.hash = '#/U0LEAD/C0SUCCESS'")
    await page.see("Everything to fill in", within="#modal")
