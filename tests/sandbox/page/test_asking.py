"""Asking and answering as people live it in the page: in the customer's language, by form, by a
number in the thread, without a name, after a reminder, and on the web page for who cannot click."""

import re
from collections.abc import AsyncIterator
from dataclasses import replace
from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest

from bot.domain.surveys import Scale
from bot.sandbox.server import Sandbox
from bot.slack.manifest import REPLY_EVENTS
from tests.end_to_end import companies
from tests.end_to_end.running import (
    SHARED,
    SUCCESS,
    Place,
    Running,
    at,
    free_port,
    running,
    told,
    workspace,
)
from tests.sandbox.page.browser import DESKTOP, PHONE, Page
from tests.sandbox.page.visitor import Visitor

LEAD, OWNER, CUSTOMER = "Lea Lindqvist", "Omar Haddad", "Carla Acosta"
NEWEST = "#place .message:last-child"
NOW = at("2026-10-01T10:00")


@pytest.fixture
async def slack() -> AsyncIterator[Sandbox]:
    """Which tells the app what is written in channels."""
    usual = workspace()
    app = replace(usual.app, events=usual.app.events | set(REPLY_EVENTS))
    async with Sandbox(replace(usual, app=app)) as sandbox:
        yield sandbox


def config(slack: Sandbox, sqlite_url: str, folder: Path, **asking: Any) -> Path:
    companies.write(folder)
    port = free_port()
    return Place(folder, sqlite_url, slack).config(
        slack={"health_port": port},
        sources=[companies.SOURCE],
        weekly_post=None,
        asking={
            "person_days": 0,
            "customer_days": 0,
            "web_url": f"http://127.0.0.1:{port}",
            "replies": True,
            **asking,
        },
    )


@pytest.fixture
def visitor(page: Page, axe: str) -> Visitor:
    return Visitor(page, axe)


async def kept(bot: Running, scale: Scale, channel: str = SHARED) -> list[tuple[str, int, str]]:
    """Who gave the newest question there which score, and what they wrote."""
    surveys = bot.bot.kept.surveys
    ask = await surveys.newest_ask(scale, channel, bot.clock())
    assert ask is not None
    return [(a.person, a.score, a.comment) for a in await surveys.answers(ask.id)]


@pytest.mark.timeout(240)
async def test_a_form_in_german_a_comment_changed_later_and_the_end(
    visitor: Visitor, slack: Sandbox, sqlite_url: str, tmp_path: Path
) -> None:
    path = config(slack, sqlite_url, tmp_path, layout="form", languages={SHARED: "de"})
    async with running(path, NOW) as bot:
        await bot.pulled()
        await told(slack, "U0LEAD", "/nps ask", SHARED)
        await visitor.page.open(slack.url)
        await visitor.become(CUSTOMER)
        await visitor.go(SHARED)
        await visitor.reads("Wie wahrscheinlich ist es", "Ein Klick öffnet ein Formular")
        await _gives_by_form(visitor, "3")
        await visitor.page.see("Was sollten wir besser machen?", within="#modal")
        await visitor.finds_nothing_wrong()
        await _writes(visitor, "Zu langsam.")
        await visitor.reads("3 von 10, ist gespeichert")
        assert await kept(bot, Scale.NPS) == [("U0ACME", 3, "Zu langsam.")]

        # The comment can be changed for a while, by the button that they alone have.
        await visitor.page.click(f"{NEWEST} .button", "Kommentar")
        await visitor.page.until(
            "document.querySelector('#modal textarea').value === 'Zu langsam.'"
        )
        await _writes(visitor, " Und zu teuer.")
        assert await kept(bot, Scale.NPS) == [("U0ACME", 3, "Zu langsam. Und zu teuer.")]

        await bot.move(NOW + timedelta(days=30, minutes=10))
        await visitor.page.click("#place .button", "Antworten")
        await visitor.reads("vorbei")
        await visitor.finds_nothing_wrong()
        assert await kept(bot, Scale.NPS) == [("U0ACME", 3, "Zu langsam. Und zu teuer.")]


async def _gives_by_form(visitor: Visitor, score: str) -> None:
    await visitor.page.click(f"{NEWEST} .button.primary")
    await visitor.page.until("document.querySelector('#modal').open")
    await visitor.finds_nothing_wrong()
    await visitor.page.click("#modal .select")
    await visitor.page.click(".option", score)
    await visitor.page.click("#modal [type=submit]")


async def _writes(visitor: Visitor, words: str) -> None:
    """At the end of what stands there, and sends it."""
    await visitor.page.until("document.querySelector('#modal textarea')")
    await visitor.page.click("#modal textarea")
    await visitor.page.key("End")
    await visitor.page.type(words)
    await visitor.page.click("#modal [type=submit]")
    await visitor.page.until("!document.querySelector('#modal').open")


@pytest.mark.timeout(240)
async def test_a_number_in_the_thread_no_name_a_reminder_and_peace(
    visitor: Visitor, slack: Sandbox, sqlite_url: str, tmp_path: Path
) -> None:
    async with running(config(slack, sqlite_url, tmp_path), NOW) as bot:
        await bot.pulled()
        await visitor.page.open(slack.url)
        await _types_a_number(visitor, slack, bot)
        await _answers_without_a_name(visitor, slack, bot)
        await _is_reminded_answers_and_wants_peace(visitor, slack, bot)


async def _types_a_number(visitor: Visitor, slack: Sandbox, bot: Running) -> None:
    await told(slack, "U0LEAD", "/nps ask", SHARED)
    await visitor.become(CUSTOMER)
    await visitor.go(SHARED)
    await visitor.reads("Or type your number in the thread")
    await visitor.page.click(f'{NEWEST} [aria-label="Reply in thread"]')
    await visitor.page.until("document.activeElement.id === 'replying'")
    await visitor.page.type("9, you answer fast")
    await visitor.page.key("Enter")
    await visitor.page.see("9 out of 10, is stored", within="#thread")
    await visitor.finds_nothing_wrong()
    assert await kept(bot, Scale.NPS) == [("U0ACME", 9, "you answer fast")]
    await visitor.page.key("Escape")


async def _answers_without_a_name(visitor: Visitor, slack: Sandbox, bot: Running) -> None:
    await told(slack, "U0LEAD", "/csat ask anonymous", SUCCESS)
    await visitor.become(OWNER)
    await visitor.go(SUCCESS)
    await visitor.reads("without your name: nobody can see who answered what")
    await visitor.page.click(f"{NEWEST} .button", "2 out of 5")
    await visitor.page.see("Would you like to say why?", within="#modal")
    await _writes(visitor, "Nobody listens.")
    await visitor.reads("2 out of 5, is stored without your name", "It cannot be changed")
    await visitor.finds_nothing_wrong()
    [(person, score, comment)] = await kept(bot, Scale.CSAT, SUCCESS)
    assert (score, comment) == (2, "Nobody listens.")
    assert person.startswith("nobody-")
    await visitor.become(LEAD)
    await visitor.types("/csat results")
    results = await visitor.reads("1 answer so far", "nothing of its answers is shown")
    assert "Nobody listens." not in results
    assert "2" not in re.sub(r"\d+:\d+", "", results.partition("so far")[0])


async def _is_reminded_answers_and_wants_peace(
    visitor: Visitor, slack: Sandbox, bot: Running
) -> None:
    await told(slack, "U0LEAD", "/ces ask <@U0ACME>")
    await bot.move(NOW + timedelta(days=7, minutes=11))
    await visitor.become(CUSTOMER)
    await visitor.go("app")
    await visitor.reads("A reminder, and the only one", "Do you agree?")
    await visitor.finds_nothing_wrong()
    await visitor.page.click(".message:last-child .button", "6 out of 7")
    await visitor.page.see("Would you like to say why?", within="#modal")
    await visitor.page.click("#modal button", "Skip")
    await visitor.page.until("!document.querySelector('#modal').open")
    await visitor.reads("6 out of 7, is stored")
    await visitor.page.click(".message:last-child .button", "Don't ask me again")
    await visitor.reads("You will not be asked any more")
    await visitor.finds_nothing_wrong()
    refused = await told(slack, "U0LEAD", "/nps ask <@U0ACME>")
    assert "Does not want to be asked: <@U0ACME>" in refused.text
    await visitor.page.click(".message:last-child .button", "Ask me again")
    await visitor.reads("You may be asked again")


@pytest.mark.timeout(240)
@pytest.mark.parametrize("size", [DESKTOP, PHONE], ids=["desktop", "phone"])
async def test_the_web_page_with_nothing_but_a_keyboard(
    page: Page, axe: str, slack: Sandbox, sqlite_url: str, tmp_path: Path, size: tuple[int, int]
) -> None:
    visitor = Visitor(page, axe)
    async with running(config(slack, sqlite_url, tmp_path), NOW) as bot:
        await bot.pulled()
        await told(slack, "U0LEAD", "/nps ask", SHARED)
        links = [await _link_for(slack), await _link_for(slack)]
        await page.size(*size)
        page.forgive("status of 4")  # what was used or is over, which the page itself says
        await _visit(page, links[0])
        assert await page.run("document.documentElement.scrollWidth") <= size[0]
        await visitor.finds_nothing_wrong()

        await _tab_to(page, "0 out of 10")
        for _ in range(3):
            await page.key("ArrowRight")
        assert await page.focused() == "3 out of 10"
        style = "getComputedStyle(document.activeElement)"
        assert await page.run(f"{style}.outlineStyle") == "solid"
        await _tab_to(page, "What is the main reason for your answer?")
        await page.type("<!channel> too slow")
        await _tab_to(page, "Send")
        await page.key("Enter")
        await page.see("Your answer, 3 out of 10, is stored.")
        await visitor.finds_nothing_wrong()
        assert await kept(bot, Scale.NPS) == [("U0ACME", 3, "<!channel> too slow")]

        await _visit(page, links[0])
        await page.see("takes no second answer")
        await visitor.finds_nothing_wrong()
        await _visit(page, links[1])
        await _tab_to(page, "Don't ask me again")
        await page.key("Enter")
        await page.see("You will not be asked any more")
        await bot.move(NOW + timedelta(days=30, minutes=10))
        await _visit(page, links[1])
        await page.see("The time to answer this survey is over")
        await visitor.finds_nothing_wrong()


async def _link_for(slack: Sandbox) -> str:
    handed = await told(slack, "U0LEAD", "/nps link <@U0ACME>", SHARED)
    [found] = re.findall(r"http://\S+/answer/[\w.-]+", handed.text)
    return str(found)


async def _visit(page: Page, url: str) -> None:
    await page.ask("Page.navigate", url="about:blank")
    await page.until("location.href === 'about:blank'")
    await page.ask("Page.navigate", url=url)
    await page.until("document.readyState === 'complete' && document.querySelector('main')")


async def _tab_to(page: Page, name: str) -> None:
    for _ in range(8):
        await page.key("Tab")
        if name in await page.focused():
            return
    raise AssertionError(f"the focus never comes to {name}; it is on {await page.focused()}")
