"""Every kind of block that the app may post, drawn."""

import json

import pytest

from bot.messages import blocks as made
from bot.messages import limits
from bot.sandbox.server import Sandbox
from tests.sandbox.conftest import client_of
from tests.sandbox.page import gallery
from tests.sandbox.page.browser import DESKTOP, PHONE, Page

CHANNEL = "/#/U0LEAD/C0SUCCESS"


async def show(page: Page, slack: Sandbox, *blocks: gallery.Block) -> None:
    await client_of(slack).chat_postMessage(channel="C0SUCCESS", text="x", blocks=list(blocks))
    await page.open(slack.url + CHANNEL)
    await page.until("document.querySelector('.block')")


@pytest.mark.parametrize("size", [DESKTOP, PHONE], ids=["desktop", "phone"])
async def test_everything_is_drawn_and_nothing_is_wider_than_the_page(
    page: Page, slack: Sandbox, size: tuple[int, int]
) -> None:
    await gallery.fill(slack)
    await page.size(*size)
    await page.open(slack.url + CHANNEL)
    await page.see("Retention dropped in October", within=".messages")

    assert "can't draw" not in await page.text(".messages")
    assert await page.count(".chart svg[role=img]") == 4
    wide = "[...document.querySelectorAll('.place *')].filter((one) => !one.closest('.table-scroll,"
    wide += " pre, .unseen') && one.getBoundingClientRect().right > innerWidth + 1).length"
    assert await page.run(wide) == 0


async def test_there_is_a_picture_of_every_block_that_a_message_may_hold(
    page: Page, slack: Sandbox
) -> None:
    known = set(await drawn(page, slack))
    rare = {"card", "carousel", "file", "plan", "task_card", "video"}
    assert (limits.BLOCKS["message"] | limits.BLOCKS["modal"]) - rare == known


async def test_every_element_that_may_stand_in_a_block_is_drawn(page: Page, slack: Sandbox) -> None:
    await page.open(slack.url + CHANNEL)
    names = sorted(set().union(*limits.ELEMENTS.values()) - {"mrkdwn", "plain_text"})
    missing = await page.run(
        f"""import("/page/elements.js").then((m) => {json.dumps(names)}.filter((type) => {{
            const words = {{ text: "t" }};
            const given = {{ type, action_id: "a", options: [], text: words, alt_text: "",
                positive_button: {{ text: words }}, negative_button: {{ text: words }} }};
            const where = {{ kind: "message", value: () => undefined }};
            const made = [m.element(given, {{ block_id: "b" }}, where)].flat();
            return made[0].className === "unknown";
        }}))"""
    )
    assert missing == ["file_input", "rich_text_input"]


async def drawn(page: Page, slack: Sandbox) -> list[str]:
    await page.open(slack.url + CHANNEL)
    found: list[str] = await page.run("import('/page/blocks.js').then((m) => m.KINDS)")
    return found


async def test_a_block_that_the_page_does_not_know_is_named(page: Page, slack: Sandbox) -> None:
    card = {"type": "card", "title": gallery.mrkdwn("A card")}
    await show(page, slack, card)
    assert "“card”" in await page.text(".block")


async def test_a_chart_has_a_name_and_its_numbers(page: Page, slack: Sandbox) -> None:
    await show(page, slack, *gallery.WEEKLY)

    name = await page.until("document.querySelector('.chart svg')?.getAttribute('aria-label')")
    assert name == "Line chart: CRR of the last 12 months"
    table = await page.run("document.querySelector('.chart table').textContent")
    assert "CRR of the last 12 monthsMonthAllEnterprise" in table
    assert "Nov91.293.4" in table
    assert await page.count(".chart .series .line") == 4  # two in the picture, two in the legend


async def test_a_chart_ends_where_its_picture_ends(page: Page, slack: Sandbox) -> None:
    await show(page, slack, *gallery.CHARTS)
    await page.until("document.querySelectorAll('.canvas svg').length === 2")
    below = await page.run(
        """(() => {
            const stream = document.querySelector("#place .stream");
            const last = document.querySelector(".messages").lastChild;
            const end = last.getBoundingClientRect().bottom - stream.getBoundingClientRect().top;
            return stream.scrollHeight - stream.scrollTop - end;
        })()"""
    )
    assert below < 40


async def test_slices_and_bars_are_hatched_each_in_its_way(page: Page, slack: Sandbox) -> None:
    await show(page, slack, *gallery.CHARTS)
    await page.until("document.querySelectorAll('.canvas svg').length === 2")
    fills = await page.run(
        """[...document.querySelectorAll(".canvas [fill^=url]")].map((one) => [
            getComputedStyle(one).fill, Boolean(document.querySelector(
                one.getAttribute("fill").slice(4, -1)))])"""
    )
    assert len({fill for fill, _ in fills}) == 5  # two of three bars, three of four slices
    assert all(fill.startswith("url") and there for fill, there in fills)


async def test_series_differ_in_more_than_colour(page: Page, slack: Sandbox) -> None:
    series = {str(n): (n, n + 1.0) for n in range(6)}
    await show(page, slack, made.line_chart("Six", series, ("a", "b")))

    looks = await page.until(
        """(() => {
            const lines = [...document.querySelectorAll(".canvas .series")].map((one) =>
                one.querySelector(".line").getAttribute("stroke-dasharray")
                + one.children[1].tagName
                + one.children[1].getAttribute("d")?.replace(/[\\d.-]+/g, ""));
            return lines.length === 6 && lines;
        })()"""
    )
    assert len(set(looks)) == 6


@pytest.mark.parametrize(
    ("low", "high", "expected"),
    [
        (91.2, 96.6, [90, 92, 94, 96, 98]),
        (0, 1, [0, 0.25, 0.5, 0.75, 1]),
        (-9, 9, [-10, -5, 0, 5, 10]),
        (5, 5, [4.5, 4.75, 5, 5.25, 5.5]),
        (0, 0, [-1, -0.5, 0, 0.5, 1]),
        (0, 123456, [0, 50000, 100000, 150000]),
    ],
)
async def test_the_numbers_beside_a_chart_are_round_and_hold_all_values(
    page: Page, slack: Sandbox, low: float, high: float, expected: list[float]
) -> None:
    await page.open(slack.url)
    found = await page.run(f"import('/page/scale.js').then((m) => m.ticks({low}, {high}))")
    assert found[0] <= low
    assert found[-1] >= high
    assert found == expected


async def test_a_data_table_sorts_and_turns_pages(page: Page, slack: Sandbox) -> None:
    await show(page, slack, gallery.TABLES[1])

    async def shown() -> list[str]:
        found: list[str] = await page.run(
            "[...document.querySelectorAll('.data-table tbody tr')].map((one) => one.innerText)"
        )
        return [row.split("\t")[0] for row in found]

    assert await shown() == ["Northwind", "Globex", "Initech"]
    await page.click(".pages button", "Next")
    assert await shown() == ["Umbrella"]
    await page.click(".sort", "MRR")
    assert await shown() == ["Initech", "Umbrella", "Northwind"]
    assert await page.focused() == "MRR\n↑"
    await page.key("Enter")
    assert await shown() == ["Globex", "Northwind", "Umbrella"]
    assert await page.count("th[aria-sort=descending]") == 1


async def test_a_picture_from_outside_is_told_not_loaded(page: Page, slack: Sandbox) -> None:
    await show(page, slack, *gallery.PICTURES)

    sources = (
        "[...document.querySelectorAll('.messages .image img')].map((i) => new URL(i.src).pathname)"
    )
    assert await page.run(sources) == ["/page/icon.svg"]
    assert await page.run("document.querySelector('.absent').getAttribute('aria-label')") == (
        "A heat map of cohorts"
    )


async def test_an_uploaded_picture_is_shown(page: Page, slack: Sandbox) -> None:
    png = bytes.fromhex(
        "89504e470d0a1a0a0000000d4948445200000001000000010806000000"
        "1f15c4890000000d49444154789c6360f8cf50000003830181b0a2b5bd0000000049454e44ae426082"
    )
    await client_of(slack).files_upload_v2(
        channel="C0SUCCESS", content=png, filename="cohorts.png", alt_txt="Cohorts"
    )
    await page.open(slack.url + CHANNEL)
    picture = "document.querySelector('.file img[alt=Cohorts]')"
    await page.until(f"{picture}?.complete && {picture}.naturalWidth === 1")
