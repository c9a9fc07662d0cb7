"""Messages, threads, commands: what one writes, and what comes live."""

from typing import Any

from slack_bolt.async_app import AsyncApp

from bot.sandbox.server import Sandbox
from bot.sandbox.settings import Settings
from tests.sandbox.conftest import client_of
from tests.sandbox.page.browser import PHONE, Page

CHANNEL = "/#/U0LEAD/C0SUCCESS"


async def test_what_one_writes_is_sent_with_its_mentions(page: Page, slack: Sandbox) -> None:
    await page.open(slack.url + CHANNEL)
    await page.click("#writing")
    await page.type("Hello @om")
    await page.key("Enter")
    await page.type("& @Keeprate in #acme-shared <b>")
    await page.key("Enter")
    await page.see("@Omar Haddad", within=".messages")

    said = slack.messages("C0SUCCESS")[-1].text
    assert said == "Hello <@U0OWNER> &amp; <@U0KEEP> in <#C0ACME|acme-shared> &lt;b&gt;"
    assert await page.run("document.querySelector('#writing').value") == ""


async def test_commands_are_suggested_and_completed(
    page: Page, slack: Sandbox, app: AsyncApp
) -> None:
    @app.command("/keeprate")
    async def answer(ack: Any, command: dict[str, Any]) -> None:
        await ack(f"You typed {command['text']}")

    await page.open(slack.url + CHANNEL)
    await page.click("#writing")
    await page.type("/")
    await page.until("document.querySelectorAll('.suggestions .option').length === 6")
    assert "Are our customers staying?" in await page.text(".suggestions")
    await page.key("ArrowUp")
    active = "document.activeElement.getAttribute('aria-activedescendant')"
    assert "/keeprate" in await page.run(f"document.getElementById({active}).innerText")
    await page.key("Tab")
    assert await page.run("document.querySelector('#writing').value") == "/keeprate "
    assert await page.run("document.querySelector('.suggestions').hidden")
    await page.type("status")
    await page.key("Enter")

    await page.see("You typed status", within=".message.ephemeral")
    await page.see("Only visible to you", within=".message.ephemeral")
    await page.click(".message.ephemeral button", "Dismiss message")
    await page.until("!document.querySelector('.message.ephemeral')")


async def test_names_after_a_command_are_sent_by_their_ids_as_its_manifest_says(
    page: Page, slack: Sandbox, app: AsyncApp
) -> None:
    @app.command("/nps")
    @app.command("/crr")
    async def answer(ack: Any, command: dict[str, Any]) -> None:
        await ack(f"You typed [{command['text']}]".replace("<", "&lt;").replace(">", "&gt;"))

    await page.open(slack.url + CHANNEL)
    await page.click("#writing")
    await page.type("/nps ask #acme-shared #acme-sharedder @Omar Haddad")
    await page.key("Enter")
    await page.key("Enter")  # the first may have taken a suggestion
    by_id = "[ask <#C0ACME|acme-shared> #acme-sharedder <@U0OWNER>]"
    await page.see(by_id, within=".messages")
    await page.type("/crr owner=@Omar Haddad & sons")
    await page.key("Enter")
    await page.see("[owner=@Omar Haddad & sons]", within=".messages")


async def test_a_command_typed_to_its_end_runs_at_once(
    page: Page, slack: Sandbox, app: AsyncApp
) -> None:
    @app.command("/crr")
    async def answer(ack: Any) -> None:
        await ack("80 %")

    await page.open(slack.url + CHANNEL)
    await page.click("#writing")
    await page.type("/crr")
    await page.key("Enter")
    await page.see("80 %", within=".message.ephemeral")


async def test_a_command_that_failed_says_so_as_slack_does(page: Page, slack: Sandbox) -> None:
    await page.open(slack.url + CHANNEL)
    await page.click("#writing")
    await page.type("/crr month")
    await page.key("Enter")

    await page.see('/crr failed with the error "dispatch_failed"', within=".message.failed")
    await page.click(".message.failed button")
    await page.until("!document.querySelector('.message.failed')")


async def test_a_thread_opens_beside_and_takes_a_reply(page: Page, slack: Sandbox) -> None:
    post = slack.person("U0OWNER").say("C0SUCCESS", "Who takes Globex?")
    await page.open(slack.url + CHANNEL)
    await page.click(f'[data-ts="{post.ts}"] [aria-label="Reply in thread"]')
    await page.until("document.activeElement.id === 'replying'")
    await page.type("I do")
    await page.key("Enter")

    await page.see("1 reply", within=f'#place [data-ts="{post.ts}"]')
    await page.see("I do", within="#thread")
    assert "I do" not in await page.text("#place")
    assert slack.messages("C0SUCCESS")[-1].thread_ts == post.ts
    await page.key("Escape")
    await page.until("document.querySelector('#thread').hidden")
    assert "1 reply" in await page.focused()


async def test_no_command_is_run_in_a_thread(page: Page, slack: Sandbox) -> None:
    post = slack.person("U0OWNER").say("C0SUCCESS", "Who takes Globex?")
    await page.open(f"{slack.url}{CHANNEL}/{post.ts}")
    await page.click("#replying")
    await page.type("/crr")
    assert await page.run("document.querySelector('#thread .suggestions').hidden")
    await page.key("Enter")
    await page.see("can't be run in threads", within="#thread .failed")


async def test_a_message_elsewhere_is_unread_until_one_looks(page: Page, slack: Sandbox) -> None:
    await page.open(slack.url + CHANNEL)
    slack.person("U0ACME").say("C0ACME", "Hello?")
    await page.until("document.querySelector('[data-place=C0ACME].unread .count')")
    assert await page.run("document.title.startsWith('(1)')")
    await page.until("document.querySelector('#announcer').textContent.includes('acme-shared')")

    await page.click("[data-place=C0ACME]")
    await page.see("Hello?", within=".messages")
    assert await page.count(".unread") == 0
    slack.person("U0ACME").say("C0ACME", "Anybody there?")
    await page.until("document.querySelector('#announcer').textContent.includes('Anybody there?')")
    assert await page.count(".unread") == 0


async def test_a_deleted_message_is_gone(page: Page, slack: Sandbox) -> None:
    client = client_of(slack)
    posted = await client.chat_postMessage(channel="C0SUCCESS", text="a slip")
    await page.open(slack.url + CHANNEL)
    await page.see("a slip", within=".messages")
    await client.chat_delete(channel="C0SUCCESS", ts=posted["ts"])
    await page.until("!document.querySelector('.message')")


async def test_the_newest_message_is_in_sight_unless_one_reads_above(
    page: Page, slack: Sandbox
) -> None:
    for number in range(40):
        slack.person("U0OWNER").say("C0SUCCESS", f"line {number}")
    await page.open(slack.url + CHANNEL)
    bottom = "(() => { const s = document.querySelector('#place .stream'); return"
    bottom += " s.scrollHeight - s.scrollTop - s.clientHeight < 2 })()"
    await page.until(bottom)
    slack.person("U0OWNER").say("C0SUCCESS", "one more")
    await page.see("one more", within=".messages")
    await page.until(bottom)

    await page.run("document.querySelector('#place .stream').scrollTop = 0")
    await page.until("document.querySelector('#place .stream').scrollTop === 0")
    slack.person("U0OWNER").say("C0SUCCESS", "and another")
    await page.see("and another", within=".messages")
    assert await page.run("document.querySelector('#place .stream').scrollTop") == 0


STREAM = "document.querySelector('#place .stream')"
FROM_TOP = f"""((selector) => document.querySelector(selector).getBoundingClientRect().top
  - {STREAM}.getBoundingClientRect().top)"""


async def test_what_one_asked_for_comes_in_sight_from_wherever_one_reads(
    page: Page, slack: Sandbox, app: AsyncApp
) -> None:
    @app.command("/crr")
    async def answer(ack: Any) -> None:
        await ack("80 %")

    for number in range(40):
        slack.person("U0OWNER").say("C0SUCCESS", f"line {number}")
    await page.open(slack.url + CHANNEL)
    for words, selector in (
        ("/crr", ".message.ephemeral"),
        ("/nonsense", ".message.failed"),
        ("Mine", ".message:last-child"),
    ):
        await page.run(f"{STREAM}.scrollTop = 0")
        await page.until(f"{STREAM}.scrollTop === 0")
        await page.click("#writing")
        await page.type(words)
        await page.key("Enter")
        inside = f"{STREAM}.getBoundingClientRect().bottom"
        found = f"document.querySelector('{selector}')"
        await page.until(f"{found} && {found}.getBoundingClientRect().bottom <= {inside}")
    # What Slack said stays where it was said.
    order = "[...document.querySelectorAll('.message')].slice(-3).map((one) => one.className)"
    assert [("failed" in one) for one in await page.run(order)] == [False, True, False]


async def test_a_channel_is_read_from_what_is_new_and_a_long_message_from_its_beginning(
    page: Page, slack: Sandbox
) -> None:
    long = "\n".join(f"line {number}" for number in range(60))
    slack.person("U0OWNER").say("C0SUCCESS", long)
    await page.open(slack.url + CHANNEL)
    await page.until(f"Math.abs({FROM_TOP}('.message')) < 2")
    await page.click("[data-place=C0GENERAL]")
    for _ in range(2):
        slack.person("U0OWNER").say("C0SUCCESS", long)
    await page.until("document.querySelector('[data-place=C0SUCCESS] .count')")
    await page.click("[data-place=C0SUCCESS]")
    await page.until(f"Math.abs({FROM_TOP}('.new-from')) < 2")

    await page.click(".more", "New messages")
    await page.until(f"Math.abs({FROM_TOP}('.message:last-child')) < 2")
    assert await page.run("document.querySelector('.more').hidden")


async def test_who_reads_above_is_told_that_something_came(page: Page, slack: Sandbox) -> None:
    for number in range(40):
        slack.person("U0OWNER").say("C0SUCCESS", f"line {number}")
    await page.open(slack.url + CHANNEL)
    await page.run(f"{STREAM}.scrollTop = 0")
    await page.until(f"{STREAM}.scrollTop === 0")
    assert await page.run("document.querySelector('.more').hidden")
    slack.person("U0OWNER").say("C0SUCCESS", "and another")
    await page.until("!document.querySelector('.more').hidden")
    await page.run(f"{STREAM}.scrollTop = 99999")
    await page.until("document.querySelector('.more').hidden")


async def test_on_a_phone_the_channels_slide_in_and_out(page: Page, slack: Sandbox) -> None:
    slack.person("U0ACME").say("C0ACME", "Hello?")
    await page.size(*PHONE)
    await page.open(slack.url + CHANNEL)
    assert await page.run("document.querySelector('#sidebar').inert")
    await page.click("#menu")
    assert await page.run("document.querySelector('#menu').getAttribute('aria-expanded')") == "true"
    await page.until("document.querySelector('#sidebar').getBoundingClientRect().left === 0")
    await page.click("[data-place=C0ACME]")
    await page.see("Hello?", within=".messages")
    assert await page.run("document.querySelector('#sidebar').inert")

    await page.click("#menu")
    await page.key("Escape")
    assert await page.run("document.activeElement.id") == "menu"


async def test_a_sandbox_that_stopped_is_told_and_a_new_one_is_found(
    page: Page, settings: Settings
) -> None:
    async with Sandbox(settings) as first:
        port = int(first.url.rpartition(":")[2])
        for number in range(9):
            first.person("U0OWNER").say("C0SUCCESS", f"of old, {number}")
        await page.open(first.url + CHANNEL)
        first.clock.advance(86_400)
        first.person("U0OWNER").say("C0SUCCESS", "of old, and tomorrow")
        await page.see("of old, and tomorrow", within=".messages")
        last = first.journal.last
    await page.see("The sandbox does not answer; trying again.")

    async with Sandbox(settings, port=port) as second:
        second.person("U0OWNER").say("C0GENERAL", "of now")
        while second.journal.last <= last:
            second.person("U0OWNER").say("C0SUCCESS", "of now")
        await page.see("of now", within=".messages")
        await page.until("document.querySelector('[data-place=C0GENERAL] .count')")
        assert "of old" not in await page.text("body")
        assert "does not answer" not in await page.text("body")
        # Whatever was on its way when the first one stopped, the icon of the page among it.
        page.forgive("net::ERR_")
