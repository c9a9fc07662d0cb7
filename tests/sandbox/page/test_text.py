"""What people and apps write, as elements: never as HTML of theirs."""

import json

import pytest

from bot.sandbox.server import Sandbox
from tests.sandbox.page.browser import Page

MRKDWN = {
    "words": ("plain", "plain"),
    "bold": ("*b* and *two words*", "<strong>b</strong> and <strong>two words</strong>"),
    "italic in bold": ("*_x_*", "<strong><em>x</em></strong>"),
    "struck": ("~x~", "<s>x</s>"),
    "marks inside words": ("snake_case_name 2*3*4 a~b~c", "snake_case_name 2*3*4 a~b~c"),
    "a mark that closes in a word": ("*a*b", "*a*b"),
    "a mark that never closes": ("*open", "*open"),
    "a mark before a blank": ("* not bold *", "* not bold *"),
    "marks do not cross lines": ("*a\nb*", "*a<br>b*"),
    "code keeps its marks": ("`*a* &lt;b&gt;`", "<code>*a* &lt;b&gt;</code>"),
    "entities": ("AT&amp;T &lt;b&gt;", "AT&amp;T &lt;b&gt;"),
    "entities once": ("&amp;lt;", "&amp;lt;"),
    "html is words": ("<img src=x onerror=alert(1)>", "&lt;img src=x onerror=alert(1)&gt;"),
    "pre": ("```a  b\nc```", '<pre tabindex="0">a  b\nc</pre>'),
    "quote": ("&gt; a\n> b\nc", "<blockquote>a<br>b</blockquote>c"),
    "mention": ("<@U0OWNER>", '<span class="mention ">@Omar Haddad</span>'),
    "mention of oneself": ("<@U0LEAD>", '<span class="mention me">@Lea Lindqvist</span>'),
    "nobody": ("<@U0NOBODY>", '<span class="mention ">@somebody</span>'),
    "a channel not seen": ("<#C0BOARD>", '<span class="mention ">#private-channel</span>'),
    "everybody": ("<!here>", '<span class="mention ">@here</span>'),
    "emoji": (":wave:", '<span class="emoji" role="img" aria-label="wave">👋</span>'),
    "no emoji": (":nope: 10:30:00", ":nope: 10:30:00"),
    "a script as link": ("<javascript:alert(1)|x>", "&lt;javascript:alert(1)|x&gt;"),
    "date": (
        "<!date^1763712000^{date_num} {time}|x>",
        '<time datetime="2025-11-21T08:00:00.000Z" title="Friday, 21 November 2025 at 09:00">'
        "2025-11-21 09:00</time>",
    ),
}
LINK = 'target="_blank" rel="noopener noreferrer"'
MARKDOWN = {
    "heading": ("# A", '<p class="heading heading-1" role="heading" aria-level="3">A</p>'),
    "emphasis": (
        "**b** *i* ~~s~~ `c`",
        "<p><strong>b</strong> <em>i</em> <s>s</s> <code>c</code></p>",
    ),
    "link": (
        "[a](https://x.example/b_(c))",
        f'<p><a href="https://x.example/b_(c)" {LINK}>a</a></p>',
    ),
    "a script as link": ("[a](javascript:alert(1))", "<p>a</p>"),
    "html is words": ("<b onclick=x>", "<p>&lt;b onclick=x&gt;</p>"),
    "lists": ("- a\n- b\n  1. c", '<ul><li>a</li><li>b<ol start="1"><li>c</li></ol></li></ul>'),
    "quote": ("> a", "<blockquote><p>a</p></blockquote>"),
    "fence": ("```\n# a\n```", '<pre tabindex="0"># a</pre>'),
    "an open fence": ("```\na", '<pre tabindex="0">a</pre>'),
    "rule": ("---", "<hr>"),
    "nothing": ("", ""),
}


async def html(page: Page, slack: Sandbox, maker: str, text: str) -> str:
    await page.open(f"{slack.url}/#/U0LEAD")
    return str(
        await page.run(
            f"""(async () => {{
                const text = await import("/page/text.js");
                const box = document.createElement("div");
                box.append(...text.{maker});
                return box.innerHTML;
            }})()""".replace("TEXT", json.dumps(text))
        )
    )


@pytest.mark.parametrize("case", MRKDWN)
async def test_mrkdwn(page: Page, slack: Sandbox, case: str) -> None:
    text, expected = MRKDWN[case]
    assert await html(page, slack, "messageText(TEXT)", text) == expected


@pytest.mark.parametrize("case", MARKDOWN)
async def test_markdown(page: Page, slack: Sandbox, case: str) -> None:
    text, expected = MARKDOWN[case]
    assert await html(page, slack, "markdownText(TEXT)", text) == expected


async def test_a_bare_address_is_a_link_unless_the_app_says_verbatim(
    page: Page, slack: Sandbox
) -> None:
    address = "see https://x.example/a?b=1&amp;c=2."
    link = f'<a href="https://x.example/a?b=1&amp;c=2" {LINK}>https://x.example/a?b=1&amp;c=2</a>'
    assert await html(page, slack, "messageText(TEXT)", address) == f"see {link}."
    verbatim = 'textObject({ type: "mrkdwn", text: TEXT, verbatim: true })'
    assert "<a" not in await html(page, slack, verbatim, address)


async def test_a_long_text_of_marks_is_read_in_time(page: Page, slack: Sandbox) -> None:
    shown = await html(page, slack, "messageText(TEXT)", "*a _b ~c `d <e " * 800)
    assert shown.startswith("*a _b ~c")
