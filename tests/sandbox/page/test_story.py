"""The whole story of the demo as its visitors live it: in the page, as three people, both ways in.

What is found wrong in any of its states, by axe-core or by the browser, ends it.
"""

import re
from collections.abc import AsyncIterator

import pytest

from bot.sandbox.demo import Demo, staged
from bot.sandbox.scenes import ACME_SHARED, SUCCESS
from bot.sandbox.server import Sandbox
from tests.end_to_end.running import free_port
from tests.sandbox.page.browser import PHONE, Page
from tests.sandbox.page.visitor import Visitor

LEAD, OWNER, CUSTOMER = "Lea Lindqvist", "Omar Haddad", "Carla Acosta"
IN_MESSAGES = ".message .button"
COMMENT = "The new price came without a word."


@pytest.fixture(params=["socket", "http"])
async def demo(request: pytest.FixtureRequest) -> AsyncIterator[Demo]:
    """Open, with the bot in that mode."""
    http_port = free_port() if request.param == "http" else 0
    async with staged(http_port=http_port) as demo:
        await demo.begin()
        assert demo.slack.sockets.connected == (0 if http_port else 1)
        yield demo


@pytest.fixture
def slack(demo: Demo) -> Sandbox:
    return demo.slack


@pytest.fixture
def visitor(page: Page, axe: str) -> Visitor:
    return Visitor(page, axe)


@pytest.mark.timeout(300)
async def test_the_whole_story(visitor: Visitor, slack: Sandbox) -> None:
    await visitor.page.open(slack.url)
    await _reads_what_came_on_monday(visitor)
    await _asks_where_it_happened(visitor)
    await _lets_the_owner_acknowledge(visitor)
    await _asks_the_customer(visitor)
    await _answers_as_the_customer(visitor, slack)
    await _closes_the_loop(visitor)
    await _reads_the_results(visitor)
    await _looks_at_the_home_tab(visitor)
    await _moves_to_the_next_post(visitor)
    await _looks_again_on_a_phone(visitor)


async def _reads_what_came_on_monday(visitor: Visitor) -> None:
    assert LEAD in await visitor.page.text("button.person")
    assert "#customer-success" in await visitor.page.text("#place h2")
    post = await visitor.reads("Customer retention, week 26 Oct to 1 Nov 2026")
    assert re.search(r"CRR \d\d\.\d %, (up|down) [\d.]+ points? from", post)
    assert await visitor.page.count(".message:last-child .chart svg[aria-label^='Line chart']") == 1
    await visitor.has_done(0)
    await visitor.finds_nothing_wrong()


async def _asks_where_it_happened(visitor: Visitor) -> None:
    alert = await visitor.reads("Retention dropped", "Chance of this by luck")
    await visitor.page.click("#writing")
    await visitor.page.type("/")
    for command in ("/crr", "/nps", "/csat", "/keeprate"):
        await visitor.page.see(command, within=".suggestions")
    await visitor.finds_nothing_wrong()
    await visitor.page.type("crr")
    await visitor.page.until("document.querySelectorAll('.suggestions .option').length === 1")
    await visitor.page.key("Enter")
    month = await visitor.reads("Only visible to you", "October 2026: CRR")
    assert _rate(month) == _rate(alert)
    await visitor.has_done(1)

    await visitor.types("/crr plan=team region=dach")
    segment = await visitor.reads("Only visible to you", "plan=team, region=dach")
    assert _rate(segment) < _rate(month) - 20
    await visitor.has_done(2)
    await visitor.finds_nothing_wrong()

    await visitor.types("/crr explain")
    await visitor.reads("Only visible to you", "Explained: CRR in October 2026")
    await visitor.has_done(3)
    await visitor.finds_nothing_wrong()


async def _lets_the_owner_acknowledge(visitor: Visitor) -> None:
    await visitor.become(OWNER)
    assert await visitor.page.count(f"{IN_MESSAGES}.primary") == 1
    await visitor.page.click(f"{IN_MESSAGES}.primary", "Acknowledge")
    await visitor.reads("stayed in October 2026", f"Acknowledged by @{OWNER}")
    assert await visitor.page.count(f"{IN_MESSAGES}.primary") == 0
    await visitor.has_done(4)
    await visitor.finds_nothing_wrong()


async def _asks_the_customer(visitor: Visitor) -> None:
    await visitor.become(LEAD)
    await visitor.go(ACME_SHARED)
    await visitor.types("/nps")
    await visitor.reads("Only visible to you", "This would be asked in #acme-shared")
    await visitor.finds_nothing_wrong()
    await visitor.page.click(f"{IN_MESSAGES}.primary", "Ask it here")
    await visitor.reads("Only visible to you", "The question is in #acme-shared")
    await visitor.has_done(5)


async def _answers_as_the_customer(visitor: Visitor, slack: Sandbox) -> None:
    await visitor.become(CUSTOMER)
    await visitor.reads("How likely are you to recommend us")
    assert "CRR" not in await visitor.page.text("body")
    assert "Only visible to you" not in await visitor.page.text("#place")
    await visitor.finds_nothing_wrong()
    newest = slack.messages(ACME_SHARED)[-1].ts
    await visitor.page.click(f'[data-ts="{newest}"] .button', "3 out of 10")
    await visitor.page.see("Would you like to say why?", within="#modal")
    await visitor.has_done(6)
    await visitor.finds_nothing_wrong()

    await visitor.page.click("#modal textarea")
    await visitor.page.type(COMMENT)
    await visitor.page.click("#modal [type=submit]")
    await visitor.page.until("!document.querySelector('#modal').open")
    await visitor.reads("Only visible to you", "Your answer, 3 out of 10, is stored.")
    await visitor.has_done(7)
    await visitor.finds_nothing_wrong()


async def _closes_the_loop(visitor: Visitor) -> None:
    await visitor.become(LEAD)
    await visitor.go(SUCCESS)
    await visitor.reads("NPS 3 out of 10", COMMENT)
    await visitor.finds_nothing_wrong()
    newest = f"{IN_MESSAGES}[aria-label^='Close this loop']"
    await visitor.page.until(f'document.querySelectorAll("{newest}").length === 1')
    await visitor.page.click(newest)
    await visitor.page.see("What was the cause?", within="#modal")
    await visitor.finds_nothing_wrong()
    await visitor.page.click("#modal .select")
    await visitor.page.click(".option", "Price or contract")
    await visitor.page.click("#modal textarea")
    await visitor.page.type("The old price until the contract ends.")
    await visitor.page.click("#modal [type=submit]")
    await visitor.page.until("!document.querySelector('#modal').open")
    await visitor.reads("Closed by @Lea Lindqvist. Cause: Price or contract.")
    assert await visitor.page.count(newest) == 0
    await visitor.has_done(8)
    await visitor.finds_nothing_wrong()


async def _reads_the_results(visitor: Visitor) -> None:
    await visitor.go(ACME_SHARED)
    assert COMMENT not in await visitor.page.text("#place")
    await visitor.types("/nps results")
    results = await visitor.reads("NPS -100 from 1 answer", "1 detractor")
    assert f"3: “{COMMENT}”" in results
    await visitor.has_done(9)
    await visitor.finds_nothing_wrong()


async def _looks_at_the_home_tab(visitor: Visitor) -> None:
    await visitor.go("app")
    await visitor.page.see("Brightwell Metals", within="#app-panel")  # a rating of the helpdesk
    await visitor.page.click("[role=tab]", "Home")
    await visitor.page.see("Are our customers staying?", within="#app-panel")
    await visitor.page.see("October 2026\nCRR", within="#app-panel")
    await visitor.finds_nothing_wrong()


async def _moves_to_the_next_post(visitor: Visitor) -> None:
    before = await visitor.page.run("document.querySelector('#clock time').dateTime")
    await visitor.page.click("#clock button", "To the next post")
    await visitor.has_done(10)
    await visitor.page.until("!document.querySelector('#clock').ariaBusy", timeout=60)
    assert await visitor.page.run("document.querySelector('#clock time').dateTime") > before
    assert "You have seen it all" in await visitor.page.text(".guide")
    await visitor.page.until(f"document.querySelector('[data-place={SUCCESS}] .count')")
    await visitor.go(SUCCESS)
    await visitor.page.see("New", within="#place .new-from")
    await visitor.finds_nothing_wrong()


async def _looks_again_on_a_phone(visitor: Visitor) -> None:
    await visitor.page.size(*PHONE)
    await visitor.page.prefer(prefers_color_scheme="dark")
    assert await visitor.page.run("document.documentElement.scrollWidth") == PHONE[0]
    await visitor.finds_nothing_wrong()


def _rate(message: str) -> float:
    """The first CRR that it tells."""
    found = re.search(r"CRR ([\d.]+) %", message)
    assert found, message
    return float(found[1])
