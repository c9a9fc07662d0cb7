"""Who one is: what each person sees, and what they can't do."""

from slack_sdk.web.async_client import AsyncWebClient

from bot.sandbox.server import Sandbox
from tests.sandbox.conftest import HOME
from tests.sandbox.page import gallery
from tests.sandbox.page.browser import Page

PLACES = "[...document.querySelectorAll('#sidebar .name')].map((one) => one.firstChild.textContent)"


async def become(page: Page, name: str) -> None:
    await page.click("button.person")
    await page.click(".option", name)
    await page.see(name, within="button.person")


async def test_each_person_has_their_own_channels(page: Page, slack: Sandbox) -> None:
    await page.open(slack.url)
    assert await page.run(PLACES) == ["acme-shared", "customer-success", "general", "Keeprate"]
    await become(page, "Ada Novak")
    await page.until(f"{PLACES}.join() === 'board,customer-success,general,Keeprate'")
    await become(page, "Gil Moreau")
    await page.until(f"{PLACES}.join() === 'acme-shared,Keeprate'")


async def test_a_customer_sees_the_shared_channel_and_no_more(
    page: Page, slack: Sandbox, client: AsyncWebClient
) -> None:
    await client.chat_postMessage(channel="C0SUCCESS", text="CRR 80 %")
    await client.chat_postMessage(channel="C0ACME", text="Hi", blocks=gallery.NPS)
    await page.open(slack.url)
    await become(page, "Carla Acosta")

    await page.see("How likely are you", within=".messages")
    assert await page.run(PLACES) == ["acme-shared"]
    assert await page.text("#workspace") == "Acme"
    assert "shared with Brightside" in await page.text("#place header")
    assert "CRR" not in await page.text("body")
    await page.click("#writing")
    await page.type("/")
    assert await page.run("document.querySelector('.suggestions').hidden")
    await page.type("crr")
    await page.key("Enter")
    await page.see("slash commands are for the workspace that installed the app")


async def test_outsiders_and_guests_are_offered_only_whom_they_share_a_channel_with(
    page: Page, slack: Sandbox
) -> None:
    names = "[...document.querySelectorAll('.suggestions b')].map((one) => one.innerText)"
    inside = ["@Lea Lindqvist", "@Omar Haddad", "@Gil Moreau", "@Carla Acosta", "@Keeprate"]
    for person, name, offered in (
        ("U0LEAD", "Lea Lindqvist", {"@Ada Novak", *inside}),
        ("U0ACME", "Carla Acosta", set(inside)),
        ("U0GUEST", "Gil Moreau", set(inside)),
    ):
        await page.open(f"{slack.url}/#/{person}/C0ACME")
        await page.see(name, within="button.person")  # the page was open, as somebody else
        await page.click("#writing")
        await page.type("@")
        await page.until("document.querySelectorAll('.suggestions b').length")
        assert set(await page.run(names)) == offered
        await page.type("Ada Novak")
        since = slack.journal.last
        await page.key("Enter")
        await page.key("Enter")  # the first may have taken a suggestion
        said = await slack.wait_for_message("C0ACME", since=since)
        assert said.text == ("<@U0ADMIN>" if "@Ada Novak" in offered else "@Ada Novak")


async def test_who_is_from_outside_is_marked(page: Page, slack: Sandbox) -> None:
    slack.person("U0ACME").say("C0ACME", "Hello")
    slack.person("U0LEAD").say("C0ACME", "Welcome")
    await page.open(f"{slack.url}/#/U0LEAD/C0ACME")
    names = "[...document.querySelectorAll('.byline')].map((one) => one.innerText.split('\\n')[1])"
    assert (await page.run(names))[0] == "Acme"
    await become(page, "Carla Acosta")
    await page.until(f"{names}[1] === 'Brightside'")


async def test_the_address_leads_back_to_person_place_and_thread(
    page: Page, slack: Sandbox
) -> None:
    post = slack.person("U0ACME").say("C0ACME", "Hello")
    await page.open(f"{slack.url}/#/U0OWNER/C0ACME/{post.ts}")
    await page.see("Hello", within="#thread")
    assert "Omar Haddad" in await page.text("button.person")

    await page.click("[data-place=C0SUCCESS]")
    await page.until("location.hash === '#/U0OWNER/C0SUCCESS'")
    await page.run("history.back()")
    await page.see("Hello", within="#thread")


async def test_a_place_that_one_may_not_see_leads_elsewhere(page: Page, slack: Sandbox) -> None:
    await page.open(f"{slack.url}/#/U0ACME/C0SUCCESS")
    assert "acme-shared" in await page.text("#place h2")


async def test_the_home_tab_is_asked_for_and_drawn(
    page: Page, slack: Sandbox, client: AsyncWebClient
) -> None:
    await page.open(slack.url)
    await page.click("[data-place=app]")
    await page.see("published no home tab")
    await client.views_publish(user_id="U0LEAD", view=HOME)
    await page.see("Retention 80 %", within="#app-panel")
    told = [e.data["payload"]["event"]["type"] for e in slack.journal.since(0, "envelope")]
    assert "app_home_opened" in told

    await page.run("document.querySelector('#tab-home').focus()")
    await page.key("ArrowRight")
    await page.see("Sending messages to this app has been turned off.")
    assert await page.focused() == "Messages"


async def test_a_direct_message_of_the_app_is_unread_in_the_sidebar(
    page: Page, slack: Sandbox, client: AsyncWebClient
) -> None:
    await page.open(f"{slack.url}/#/U0ACME/C0ACME")
    opened = await client.conversations_open(users="U0ACME")
    await client.chat_postMessage(channel=opened["channel"]["id"], text="How was it?")
    await page.until("document.querySelector('[data-place=app].unread')")
    await page.click("[data-place=app]")
    await page.see("How was it?", within=".messages")
    assert await page.count("[role=tab]") == 1  # no home tab for customers


async def test_joining_a_channel_makes_it_appear(page: Page, slack: Sandbox) -> None:
    await page.open(slack.url)
    slack.admin.invite("C0BOARD", "U0LEAD")
    await page.until("document.querySelector('[data-place=C0BOARD]')")
