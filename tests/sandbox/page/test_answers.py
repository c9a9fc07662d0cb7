"""Answers as people live them in the page: the customer from another workspace who gives a low
score, the owner who takes it, replies and closes it, and the lead who reads what came of it."""

from collections.abc import AsyncIterator
from pathlib import Path
from typing import Any

import pytest

from bot.sandbox.server import Sandbox
from tests.end_to_end import companies
from tests.end_to_end.running import SHARED, SUCCESS, Place, Running, at, running, workspace
from tests.sandbox.page.browser import Page
from tests.sandbox.page.visitor import MESSAGES, Visitor

LEAD, OWNER, CUSTOMER = "Lea Lindqvist", "Omar Haddad", "Carla Acosta"
BUTTON = ".message .button"
NOW = at("2026-10-01T10:00")
SETTINGS: dict[str, Any] = {
    "weekly_post": None,
    "loop": {"channel": SUCCESS, "causes": ["Invoicing", "Something else"]},
    "digest": {"channel": SUCCESS, "cron": "0 9 * * *"},
    "results": {"themes": {"invoices": ["invoic*"]}},
}


@pytest.fixture
async def slack() -> AsyncIterator[Sandbox]:
    async with Sandbox(workspace()) as sandbox:
        yield sandbox


@pytest.fixture
async def bot(slack: Sandbox, sqlite_url: str, tmp_path: Path) -> AsyncIterator[Running]:
    companies.write(tmp_path)
    config = Place(tmp_path, sqlite_url, slack).config(sources=[companies.SOURCE], **SETTINGS)
    async with running(config, NOW) as bot:
        await bot.pulled()
        await bot.bot.kept.links.link("crm", SHARED, "c1", by="U0LEAD", now=bot.clock())
        yield bot


@pytest.fixture
def visitor(page: Page, axe: str) -> Visitor:
    return Visitor(page, axe)


@pytest.mark.timeout(240)
async def test_a_low_score_from_the_click_to_who_stayed(
    visitor: Visitor, slack: Sandbox, bot: Running
) -> None:
    await visitor.page.open(slack.url)
    await _asked(visitor)
    await _answers(visitor, 3, "Each invoice needs three e-mails.")
    await _takes_and_replies(visitor)
    await _sees_the_reply_and_no_score(visitor)
    await _closes(visitor)
    await bot.move(at("2026-11-02T10:00"))
    await _asked(visitor)
    await _answers(visitor, 9, "")
    await _reads_results(visitor)
    await bot.move(at("2026-11-03T09:01"))
    await _reads_the_digest(visitor)
    await bot.move(at("2027-01-05T10:00"))
    await _reads_who_stayed(visitor)


async def _asked(visitor: Visitor) -> None:
    await visitor.become(LEAD)
    await visitor.go(SHARED)
    await visitor.types("/nps ask")
    await visitor.reads("Only visible to you", "The question is in #acme-shared")


async def _answers(visitor: Visitor, score: int, comment: str) -> None:
    await visitor.become(CUSTOMER)
    await visitor.go(SHARED)
    await visitor.reads("How likely are you to recommend us")
    await visitor.page.click(f".message:last-child {BUTTON.split()[-1]}", f"{score} out of 10")
    await visitor.page.until("document.querySelector('#modal').open")
    if comment:
        await visitor.page.click("#modal textarea")
        await visitor.page.type(comment)
    await visitor.page.click("#modal [type=submit]")
    await visitor.page.until("!document.querySelector('#modal').open")
    await visitor.reads("Only visible to you", f"{score} out of 10, is stored")
    assert "/nps" not in await visitor.page.text("#place")
    await visitor.finds_nothing_wrong()


async def _takes_and_replies(visitor: Visitor) -> None:
    await visitor.become(OWNER)
    await visitor.go(SUCCESS)
    await visitor.reads("NPS 3 out of 10 from Company 1", "Each invoice", "Customer since")
    await visitor.finds_nothing_wrong()
    await visitor.page.click(BUTTON, "Take it")
    await visitor.reads("NPS 3 out of 10", f"@{OWNER} took it on")
    await visitor.page.click(BUTTON, "Reply in the channel")
    await visitor.page.see("Their score is not told", within="#modal")
    await visitor.finds_nothing_wrong()
    await visitor.page.click("#modal textarea")
    await visitor.page.type("I call you at two.")
    await visitor.page.click("#modal [type=submit]")
    await visitor.page.until("!document.querySelector('#modal').open")
    await visitor.reads("NPS 3 out of 10", "and has replied")


async def _sees_the_reply_and_no_score(visitor: Visitor) -> None:
    await visitor.become(CUSTOMER)
    await visitor.go(SHARED)
    reply = await visitor.reads("I call you at two.", OWNER)
    assert "3" not in reply.replace("Company 1", "").partition("writes")[2]
    assert "out of 10 from" not in await visitor.page.text("body")
    await visitor.finds_nothing_wrong()


async def _closes(visitor: Visitor) -> None:
    await visitor.become(OWNER)
    await visitor.go(SUCCESS)
    await visitor.page.click(f"{BUTTON}[aria-label^='Close this loop']")
    await visitor.page.see("What was the cause?", within="#modal")
    await visitor.page.click("#modal .select")
    await visitor.page.click(".option", "Invoicing")
    await visitor.page.click("#modal textarea")
    await visitor.page.type("One e-mail from now on.")
    await visitor.page.click("#modal [type=submit]")
    await visitor.page.until("!document.querySelector('#modal').open")
    await visitor.reads(f"Closed by @{OWNER}. Cause: Invoicing.")
    await visitor.finds_nothing_wrong()


async def _reads_results(visitor: Visitor) -> None:
    await visitor.become(LEAD)
    await visitor.go(SUCCESS)
    await visitor.types("/nps results 2026-11")
    found = await visitor.reads("NPS in November 2026", "With one voice for each account")
    assert "NPS +100 from 1 answer." in found
    assert "Margin of error" in found
    read = f"{MESSAGES}.findLast((one) => one.innerText.includes('NPS in November 2026'))"
    await visitor.page.until(f"{read}.querySelector(\".chart svg[aria-label^='Line chart']\")")
    await visitor.types("/nps results this quarter")
    quarter = await visitor.reads("NPS in October to December 2026")
    assert "1 of 1 low score followed up to the end (100 %)" in quarter
    assert "Of 1 author who answered again, 1 no longer gives a low score." in quarter
    await visitor.types("/nps themes this quarter")
    themes = await visitor.reads("What comments with NPS are about")
    assert "invoices: in 1 of 1 comment" in themes
    assert "Each invoice needs three e-mails." in themes
    await visitor.finds_nothing_wrong()


async def _reads_the_digest(visitor: Visitor) -> None:
    digest = await visitor.reads("What customers answered", "2 Nov 2026")
    assert "NPS +100 from 1 answer." in digest
    await visitor.finds_nothing_wrong()


async def _reads_who_stayed(visitor: Visitor) -> None:
    await visitor.types("/nps outcomes")
    await visitor.reads("Who is still a customer after NPS", "detractors")
    table = await visitor.page.text(".message:last-child table")
    assert "100 %, 1 of 1 (21-100 %)" in table
    await visitor.finds_nothing_wrong()
