"""What comes over the wire, without a browser."""

import asyncio
import re
from pathlib import Path

import pytest
from aiohttp import ClientSession

import bot.sandbox.page
from bot.sandbox.server import Sandbox

FILES = sorted(Path(bot.sandbox.page.__file__).parent.glob("*.*"))
SHIPPED = [path for path in FILES if path.suffix in (".css", ".html", ".js", ".svg")]


@pytest.mark.parametrize(
    ("path", "kind"),
    [
        ("/", "text/html"),
        ("/page/main.js", "text/javascript"),
        ("/page/page.css", "text/css"),
        ("/page/icon.svg", "image/svg+xml"),
    ],
)
async def test_each_file_says_what_it_is_and_what_it_may_do(
    slack: Sandbox, path: str, kind: str
) -> None:
    async with ClientSession() as http, http.get(slack.url + path) as response:
        assert response.status == 200
        assert response.content_type == kind
        policy = dict(
            rule.split(" ", 1) for rule in response.headers["Content-Security-Policy"].split("; ")
        )

    assert policy.pop("default-src") == "'none'"
    assert policy.pop("require-trusted-types-for") == "'script'"
    assert policy.pop("img-src") == "'self' data:"
    assert set(policy.values()) == {"'self'", "'none'"}


@pytest.mark.parametrize(
    "path", ["/page/__init__.py", "/page/../server.py", "/page/%2e%2e/server.py", "/page/", "/x"]
)
async def test_nothing_else_is_served(slack: Sandbox, path: str) -> None:
    async with ClientSession() as http, http.get(slack.url + path) as response:
        assert response.status == 404


@pytest.mark.parametrize("file", SHIPPED, ids=lambda path: path.name)
def test_a_file_names_no_address_outside_the_machine(file: Path) -> None:
    text = re.sub(r"^\s*(//|\*|/\*).*$", "", file.read_text(), flags=re.MULTILINE)
    addresses = re.findall(r"(?:https?:)?//[\w.-]+\.\w+[^\s\"'`)]*", text)
    assert [a for a in addresses if a != "http://www.w3.org/2000/svg"] == []


@pytest.mark.parametrize("file", SHIPPED, ids=lambda path: path.name)
def test_a_file_makes_no_html_of_text(file: Path) -> None:
    code = re.sub(r"^\s*//.*$", "", file.read_text(), flags=re.MULTILINE)
    assert not re.search(r"innerHTML|outerHTML|insertAdjacentHTML|document\.write|eval\(", code)


def test_only_one_module_speaks_to_the_server() -> None:
    speaking = [f.name for f in SHIPPED if re.search(r"fetch\(|new WebSocket", f.read_text())]
    assert speaking == ["server.js"]


@pytest.mark.parametrize("file", SHIPPED, ids=lambda path: path.name)
async def test_every_file_that_ships_is_served(slack: Sandbox, file: Path) -> None:
    lying_there = await asyncio.to_thread(file.read_bytes)
    async with ClientSession() as http, http.get(f"{slack.url}/page/{file.name}") as response:
        assert await response.read() == lying_there
