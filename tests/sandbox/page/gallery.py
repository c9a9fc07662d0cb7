"""A sandbox in which every kind of block was posted, by slack_sdk as it is.

For the tests, and to look at while one works on the page: `python -m tests.sandbox.page.gallery`.
"""

import asyncio
from typing import Any

from slack_sdk.web.async_client import AsyncWebClient

from bot.messages import blocks as made
from bot.sandbox.server import Sandbox, serve
from bot.sandbox.settings import Rates, Settings

Block = dict[str, Any]


def plain(text: str) -> Block:
    return {"type": "plain_text", "text": text, "emoji": True}


def mrkdwn(text: str) -> Block:
    return {"type": "mrkdwn", "text": text}


def option(label: str, value: str, **more: Any) -> Block:
    return {"text": plain(label), "value": value, **more}


MONTHS = ("Dec", "Jan", "Feb", "Mar", "Apr", "May", "Jun", "Jul", "Aug", "Sep", "Oct", "Nov")
RATES = (96.1, 95.8, 96.4, 95.9, 96.6, 96.2, 95.7, 96.3, 96.0, 95.1, 92.4, 91.2)

TEXT = (
    "*Bold*, _italic_, ~struck~, `code` and *_both_*; snake_case_name and 2*3*4 stay.\n"
    "> A quotation\n> of two lines\nBy <@U0LEAD> in <#C0SUCCESS>, "
    "<https://example.com/a?b=1&amp;c=2|a link>, <!date^1763712000^{date_short} at {time}|then>, "
    "<!here> :tada: :no_such_emoji: AT&amp;T &lt;b&gt;not bold&lt;/b&gt;\n"
    "```week  kept\n46    97.1 %```"
)

WEEKLY: list[Block] = [
    made.header("Customer retention, week of 9 November"),
    made.section(
        "219 of 226 customers stayed in the week of 9 November: CRR 96.9 %, down 1.4 points."
    ),
    made.section(
        fields=(
            "*Week of 9 November*\nCRR 96.9 %\n1.4 points down\n219 kept, 7 lost",
            "*October 2026*\nCRR 92.4 %\n2.7 points down\n208 kept, 17 lost",
            "*Q3 2026*\nCRR 88.0 %\nas the quarter before\n198 kept, 27 lost",
        )
    ),
    made.line_chart(
        "CRR of the last 12 months",
        {"All": RATES, "Enterprise": tuple(round(min(99.5, r + 2.2), 1) for r in RATES)},
        MONTHS,
        x_label="Month",
        y_label="% of customers kept",
    ),
    made.section("*Left:* Northwind, Globex, Initech, Umbrella and 3 more"),
    made.context("HubSpot: as of Monday 06:00", "CRR = kept / opening. Days of Europe/Berlin."),
]

ALERT: list[Block] = [
    made.header("Retention dropped in October"),
    made.section("*92.4 %* of customers stayed, where 95.9 % was expected."),
    made.context("Rule: a fall of more than 2 points."),
    made.actions(
        made.button("Acknowledge", action_id="ack", value="incident-1", style="primary"),
        {
            **made.button("Discard", action_id="discard", value="incident-1", style="danger"),
            "confirm": {
                "title": plain("Discard this alert?"),
                "text": mrkdwn("It is *not* raised again for October."),
                "confirm": plain("Discard"),
                "deny": plain("Keep it"),
                "style": "danger",
            },
        },
        made.button("Docs", action_id="docs", url="https://example.com/docs"),
    ),
]

NPS: list[Block] = [
    made.section("*How likely are you to recommend us to a friend or colleague?*"),
    made.actions(
        *(
            made.button(
                str(score),
                action_id=f"score:{score}",
                value=f"ask1:{score}",
                accessibility_label=f"{score} out of 10",
            )
            for score in range(11)
        ),
        block_id="nps",
    ),
    made.context("0 = not at all likely · 10 = extremely likely"),
]

ELEMENTS: list[Block] = [
    made.section(
        "A menu beside a sentence",
        accessory=made.static_select(
            "Choose a period", {"w": "Week", "m": "Month", "q": "Quarter"}, action_id="period"
        ),
    ),
    made.section(
        "Three dots",
        accessory={
            "type": "overflow",
            "action_id": "more",
            "options": [option("Preview", "preview"), option("Pause", "pause")],
        },
    ),
    made.section(
        "A picture",
        accessory={"type": "image", "image_url": "/page/icon.svg", "alt_text": "A rising line"},
    ),
    made.actions(
        {
            "type": "multi_static_select",
            "action_id": "regions",
            "placeholder": plain("Regions"),
            "option_groups": [
                {
                    "label": plain("Europe"),
                    "options": [option("Nordics", "n"), option("DACH", "d")],
                },
                {"label": plain("Americas"), "options": [option("Brazil", "b")]},
            ],
        },
        {"type": "datepicker", "action_id": "day", "initial_date": "2026-11-16"},
        {
            "type": "radio_buttons",
            "action_id": "layout",
            "options": [option("Buttons", "buttons"), option("A form", "form")],
            "initial_option": option("Buttons", "buttons"),
        },
        {
            "type": "checkboxes",
            "action_id": "parts",
            "options": [
                option("Chart", "chart", description=plain("Twelve months")),
                option("Names", "names"),
            ],
        },
        block_id="elements",
    ),
    {
        "type": "input",
        "block_id": "note",
        "label": plain("A note"),
        "hint": plain("Only colleagues see it."),
        "element": {"type": "plain_text_input", "action_id": "text"},
    },
    {
        "type": "context_actions",
        "elements": [
            {
                "type": "feedback_buttons",
                "action_id": "feedback",
                "positive_button": {"text": plain("Good"), "value": "good"},
                "negative_button": {"text": plain("Bad"), "value": "bad"},
            },
            {"type": "icon_button", "action_id": "bin", "icon": "trash", "text": plain("Remove")},
        ],
    },
]

CHARTS: list[Block] = [
    made.bar_chart(
        "Customers by what happened",
        {"New": (6, 9, 4, 8), "Won back": (1, 0, 2, 1), "Lost": (-3, -4, -9, -7)},
        ("Aug", "Sep", "Oct", "Nov"),
        y_label="Customers",
    ),
    {
        "type": "data_visualization",
        "title": "Why they left",
        "chart": {
            "type": "pie",
            "segments": [
                {"label": "Price", "value": 9},
                {"label": "Product", "value": 6},
                {"label": "Champion left", "value": 4},
                {"label": "Other", "value": 1},
            ],
        },
    },
]

AREA: Block = {
    "type": "data_visualization",
    "title": "Customers by plan",
    "chart": {
        "type": "area",
        "series": [
            {
                "name": name,
                "data": [{"label": m, "value": v} for m, v in zip(MONTHS[:4], values, strict=True)],
            }
            for name, values in {"Pro": (140, 144, 150, 149), "Free": (80, 82, 75, 77)}.items()
        ],
        "axis_config": {"categories": list(MONTHS[:4])},
    },
}

TABLES: list[Block] = [
    made.table(
        (("Segment", "Kept", "CRR"), ("Enterprise", "61 of 62", "98.4 %"), ("Self-serve", "", "")),
        align=("left", "right", "right"),
    ),
    {
        "type": "data_table",
        "caption": "Who left in October",
        "page_size": 3,
        "rows": [
            [{"type": "raw_text", "text": t} for t in ("Customer", "Owner", "MRR")],
            *(
                [
                    {"type": "raw_text", "text": name},
                    {"type": "raw_text", "text": owner},
                    {"type": "raw_number", "value": mrr, "text": f"{mrr} €"},
                ]
                for name, owner, mrr in (
                    ("Northwind", "Lea", 900),
                    ("Globex", "Omar", 1250),
                    ("Initech", "Lea", 90),
                    ("Umbrella", "Ada", 410),
                )
            ),
        ],
    },
]

RICH: list[Block] = [
    {
        "type": "rich_text",
        "elements": [
            {
                "type": "rich_text_section",
                "elements": [
                    {"type": "text", "text": "Said by "},
                    {"type": "user", "user_id": "U0OWNER"},
                    {"type": "text", "text": " in bold", "style": {"bold": True, "italic": True}},
                    {"type": "emoji", "name": "wave"},
                ],
            },
            {
                "type": "rich_text_list",
                "style": "ordered",
                "elements": [
                    {"type": "rich_text_section", "elements": [{"type": "text", "text": "first"}]},
                    {
                        "type": "rich_text_section",
                        "elements": [
                            {"type": "link", "url": "https://example.com/", "text": "second"}
                        ],
                    },
                ],
            },
            {"type": "rich_text_quote", "elements": [{"type": "text", "text": "a quotation"}]},
            {"type": "rich_text_preformatted", "elements": [{"type": "text", "text": "a  b"}]},
        ],
    },
    {
        "type": "markdown",
        "text": (
            "# Churn\n\nWhat **three** customers *said* about ~~price~~ `value`:\n\n"
            "1. too dear\n2. [too slow](https://example.com/)\n   - on phones\n\n"
            "> Not now\n\n| plan | left |\n|:-----|-----:|\n| pro | 3 |\n\n"
            '---\n\n```\nSELECT 1\n```\n\n<img src=x onerror="alert(1)"> [x](javascript:alert(1))'
        ),
    },
]

PICTURES: list[Block] = [
    made.image("/page/icon.svg", "A rising line", title="The app's picture"),
    made.image("https://example.com/outside.png", "A heat map of cohorts"),
]

FORM: Block = {
    "type": "modal",
    "callback_id": "form",
    "title": plain("Everything to fill in"),
    "submit": plain("Save"),
    "close": plain("Cancel"),
    "blocks": [
        {
            "type": "alert",
            "level": "warning",
            "text": plain("This changes what everybody sees."),
        },
        made.plain_input("Name", block_id="name", action_id="text", hint="At most 20 characters."),
        made.plain_input("Why?", block_id="why", action_id="text", multiline=True, optional=True),
        {
            "type": "input",
            "block_id": "plan",
            "label": plain("Plan"),
            "element": made.static_select("A plan", {"f": "Free", "p": "Pro"}, action_id="plan"),
        },
        {
            "type": "input",
            "block_id": "days",
            "optional": True,
            "label": plain("Days"),
            "element": {
                "type": "checkboxes",
                "action_id": "days",
                "options": [option("Monday", "mon"), option("Friday", "fri")],
            },
        },
        {
            "type": "input",
            "block_id": "start",
            "optional": True,
            "label": plain("From"),
            "element": {"type": "datepicker", "action_id": "start"},
        },
    ],
}

EVERYTHING: tuple[tuple[str, str, list[Block]], ...] = (
    # channel, text, blocks
    ("C0ACME", "How likely are you to recommend us?", NPS),
    ("C0SUCCESS", TEXT, []),
    ("C0SUCCESS", "Elements", ELEMENTS),
    ("C0SUCCESS", "Pictures", PICTURES),
    ("C0SUCCESS", "Rich text and Markdown", RICH),
    ("C0SUCCESS", "Tables", TABLES),
    ("C0SUCCESS", "Charts", CHARTS),
    ("C0SUCCESS", "An area chart", [AREA]),
    ("C0SUCCESS", "219 of 226 customers stayed", WEEKLY),
    ("C0SUCCESS", "Retention dropped in October", ALERT),
)


async def fill(slack: Sandbox) -> None:
    """Post everything, and a little talk around it."""
    client = AsyncWebClient(slack.settings.app.bot_token, base_url=slack.api_url)
    posts = []
    for channel, text, shown in EVERYTHING:
        more: dict[str, Any] = {"blocks": shown} if shown else {}
        posts.append(await client.chat_postMessage(channel=channel, text=text, **more))
    alert = posts[-1]["ts"]
    slack.person("U0OWNER").say("C0SUCCESS", "Two of these were mine. I am on it.")
    slack.person("U0OWNER").say("C0SUCCESS", "Calling Globex now :phone:")
    slack.person("U0LEAD").say("C0SUCCESS", "Thanks, <@U0OWNER>!", thread_ts=alert)
    await client.chat_postMessage(channel="C0SUCCESS", text="Noted.", thread_ts=alert)
    slack.person("U0ACME").say("C0ACME", "Hello from Acme.")
    await client.views_publish(user_id="U0LEAD", view=made.home(WEEKLY[:3] + TABLES))
    await client.chat_postMessage(channel=slack.workspace.direct("U0LEAD").id, text="Good morning!")


async def main() -> None:
    def started(slack: Sandbox) -> None:
        print(slack.url, flush=True)
        tasks.append(asyncio.get_running_loop().create_task(fill(slack)))

    tasks: list[asyncio.Task[None]] = []
    await serve(settings=Settings(rates=Rates(enabled=False)), started=started)


if __name__ == "__main__":
    asyncio.run(main())
