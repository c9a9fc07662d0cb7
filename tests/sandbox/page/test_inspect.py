"""What builders look at: each envelope and call; and what a demo adds: a guide, and moving time."""

from collections.abc import Sequence
from typing import Any

import pytest
from slack_bolt.async_app import AsyncApp
from slack_sdk.errors import SlackApiError
from slack_sdk.web.async_client import AsyncWebClient

from bot.sandbox.server import Sandbox
from bot.sandbox.stage import Move, Step
from tests.sandbox.page.browser import DESKTOP, PHONE, Page

ROWS = "[...document.querySelectorAll('#inspect summary')].map((one) => one.innerText)"


async def test_each_call_and_envelope_stands_with_its_answer(
    page: Page, slack: Sandbox, app: AsyncApp, client: AsyncWebClient
) -> None:
    @app.command("/crr")
    async def crr(ack: Any) -> None:
        await ack("80 %")

    await page.open(slack.url)
    await page.click("#inspect-toggle")
    await client.chat_postMessage(channel="C0SUCCESS", text="first")
    with pytest.raises(SlackApiError):
        await client.chat_postMessage(channel="C0NOWHERE", text="second")
    await slack.person("U0LEAD").command("/crr", "month", channel="C0SUCCESS")
    await slack.person("U0LEAD").command("/nps", "ask", channel="C0SUCCESS")

    await page.until(f"{ROWS}.some((one) => /\\/crr month\\s+ack \\d+\\.\\d ms/.test(one))")
    await page.until(f"{ROWS}.some((one) => /chat.postMessage\\s+ok \\d+\\.\\d ms/.test(one))")
    await page.until(f"{ROWS}.some((one) => /chat.postMessage\\s+channel_not_found/.test(one))")
    await page.until(f"{ROWS}.some((one) => /\\/nps ask\\s+no ack: /.test(one))")


async def test_the_json_opens_and_words_filter(
    page: Page, slack: Sandbox, client: AsyncWebClient
) -> None:
    await client.chat_postMessage(channel="C0SUCCESS", text="look for <b>me</b>")
    await client.auth_test()
    await page.open(slack.url)
    await page.click("#inspect-toggle")
    await page.type("LOOK FOR")
    await page.until(f"{ROWS}.length === 1")
    await page.click("#inspect summary")
    await page.see('"look for <b>me</b>"', within="#inspect .json")

    await page.click("#inspect .kinds button", "To the app")
    await page.until(f"{ROWS}.length === 0")
    await page.key("Escape")
    await page.until("document.querySelector('#inspect').hidden")
    assert await page.run("document.activeElement.id") == "inspect-toggle"


async def test_a_message_leads_to_the_call_that_made_it(
    page: Page, slack: Sandbox, client: AsyncWebClient
) -> None:
    posted = await client.chat_postMessage(channel="C0SUCCESS", text="which call?")
    await client.chat_postMessage(channel="C0SUCCESS", text="another")
    await page.open(f"{slack.url}/#/U0LEAD/C0SUCCESS")
    await page.click(f'[data-ts="{posted["ts"]}"] [aria-label="Show in Inspect"]')
    await page.until(f"{ROWS}.length === 1 && {ROWS}[0].includes('chat.postMessage')")


class Demo:
    """Time moves; one thing to try is done by moving it."""

    moves: Sequence[Move] = ("day", "next")
    read_until = ""

    def __init__(self, slack: Sandbox) -> None:
        self._slack = slack
        self.moved: list[Move] = []

    def guide(self) -> Sequence[Step]:
        return [Step("Type `/crr`", False), Step("Move time", bool(self.moved))]

    async def move(self, to: Move) -> None:
        self.moved.append(to)
        self._slack.clock.advance(86_400)


async def test_time_moves_where_a_demo_offers_it(page: Page, slack: Sandbox) -> None:
    demo = slack.stage = Demo(slack)
    await page.open(slack.url)
    before = await page.run("document.querySelector('#clock time').dateTime")
    buttons = "[...document.querySelectorAll('#clock button')].map((one) => one.innerText)"
    assert await page.run(buttons) == ["+ a day", "To the next post"]
    assert await page.count(".guide .done") == 0

    await page.click("#clock button", "a day")
    await page.until("document.querySelector('.guide .done')")
    await page.until(
        f"new Date(document.querySelector('#clock time').dateTime) - new Date('{before}') > 8e7"
    )
    assert demo.moved == ["day"]
    assert "1 of 2" in await page.text(".guide")


async def test_what_the_moved_clock_brings_is_in_sight(page: Page, slack: Sandbox) -> None:
    class Posting(Demo):
        async def move(self, to: Move) -> None:
            await super().move(to)
            slack.person("U0OWNER").say("C0SUCCESS", "Of tomorrow.")

    for number in range(60):
        slack.person("U0OWNER").say("C0SUCCESS", f"line {number}")
    slack.stage = Posting(slack)
    await page.open(slack.url + "/#/U0LEAD/C0SUCCESS")
    stream = "document.querySelector('#place .stream')"
    await page.run(f"{stream}.scrollTop = 0")
    await page.until(f"{stream}.scrollTop === 0")
    await page.click("#clock button", "a day")
    await page.see("Of tomorrow.", within=".messages")
    await page.until(f"{stream}.scrollTop > 0")


OVERLAP = """(() => {
  const box = (selector) => document.querySelector(selector).getBoundingClientRect();
  const [a, b] = [box(".guide"), box("#place")];
  return Math.min(a.right, b.right) - Math.max(a.left, b.left) > 0
    && Math.min(a.bottom, b.bottom) - Math.max(a.top, b.top) > 0;
})()"""
OPEN = "document.querySelector('.guide details').open"


@pytest.mark.parametrize(
    ("size", "unfolded"), [(DESKTOP, True), ((900, 900), False), (PHONE, False)], ids=str
)
async def test_the_guide_covers_nothing_folded_or_not(
    page: Page, slack: Sandbox, size: tuple[int, int], unfolded: bool
) -> None:
    slack.stage = Demo(slack)
    await page.size(*size)
    await page.open(slack.url)
    assert await page.run(OPEN) is unfolded
    if not unfolded:
        assert not await page.run(OVERLAP)
        await page.click(".guide summary")
        await page.until(OPEN)
    assert not await page.run(OVERLAP)
    writing = "document.querySelector('#writing').getBoundingClientRect()"
    assert await page.run(f"{writing}.bottom <= innerHeight && {writing}.top > 0")


async def test_folded_on_a_wide_window_the_guide_leaves_its_room_to_the_messages(
    page: Page, slack: Sandbox
) -> None:
    slack.stage = Demo(slack)
    await page.open(slack.url)
    width = "document.querySelector('#place').offsetWidth"
    before = await page.run(width)
    await page.click(".guide summary")
    await page.until(f"{width} > {before}")
    await page.click(".guide summary")
    await page.until(f"{width} === {before}")
    await page.click("#inspect-toggle")
    await page.until("getComputedStyle(document.querySelector('.guide')).display === 'none'")


async def test_the_guide_is_gone_when_dismissed_also_after_a_reload(
    page: Page, slack: Sandbox
) -> None:
    slack.stage = Demo(slack)
    await page.open(slack.url)
    await page.see("Things to try", within=".guide")
    assert await page.count(".guide code") == 1
    await page.click(".guide .link")
    await page.until("document.querySelector('.guide').hidden")
    await page.open(slack.url)
    assert await page.run("document.querySelector('.guide').hidden")


@pytest.mark.parametrize("size", [DESKTOP, PHONE], ids=str)
async def test_who_dismissed_the_guide_finds_it_again(
    page: Page, slack: Sandbox, size: tuple[int, int]
) -> None:
    slack.stage = Demo(slack)
    await page.size(*size)
    await page.open(slack.url)
    assert await page.count(".sidebar .again") == 0
    if size == PHONE:
        await page.click(".guide summary")
    await page.click(".guide .link")
    await page.until("document.querySelector('.guide').hidden")
    if size == PHONE:
        await page.click("#menu")
    await page.click(".sidebar .again", "Things to try")
    await page.see("Move time", within=".guide ol")
    assert await page.run("document.activeElement.matches('.guide summary')")
    assert await page.count(".sidebar .again") == 0
    await page.open(slack.url)
    assert not await page.run("document.querySelector('.guide').hidden")


async def test_without_a_demo_there_is_nothing_to_find_again(page: Page, slack: Sandbox) -> None:
    await page.open(slack.url)
    await page.run("localStorage.setItem('keeprate-guide', 'yes')")
    await page.open(slack.url)
    assert await page.count(".sidebar .again") == 0


async def test_what_was_said_before_the_demo_opened_has_been_read(
    page: Page, slack: Sandbox
) -> None:
    demo = slack.stage = Demo(slack)
    slack.person("U0ACME").say("C0ACME", "Of last week.")
    demo.read_until = slack.person("U0OWNER").say("C0SUCCESS", "Of last week too.").ts
    slack.person("U0OWNER").say("C0SUCCESS", "Of today.")
    await page.open(slack.url + "/#/U0LEAD/C0GENERAL")
    assert await page.text(".sidebar [data-place=C0SUCCESS] .count") == "1\nunread"
    assert await page.count(".sidebar .count") == 1
    await page.click("[data-place=C0SUCCESS]")
    await page.see("Of today.", within=".new-from + .message")


async def test_without_a_demo_there_is_only_the_time(page: Page, slack: Sandbox) -> None:
    await page.open(slack.url)
    assert await page.count("#clock button") == 0
    assert await page.run("document.querySelector('.guide').hidden")
