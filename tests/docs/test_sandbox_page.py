"""What docs/sandbox.md says that the sandbox can do, it can; and nothing is left out."""

import inspect
import re

import pytest
from aiohttp import ClientSession

from bot.sandbox import control
from bot.sandbox.admin import Admin
from bot.sandbox.faults import Faults
from bot.sandbox.methods import METHODS
from bot.sandbox.people import Person
from bot.sandbox.server import Sandbox
from tests.docs.pages import ROOT, blocks, prose

PAGE = ROOT / "docs/sandbox.md"
SHOWN = [
    line for block in blocks(PAGE) if block.language == "text" for line in block.text.splitlines()
]


def test_every_method_is_listed_and_no_other() -> None:
    [listed] = [line for line in prose(PAGE).splitlines() if line.startswith("`apps.")]

    assert re.findall(r"`([\w.]+)`", listed) == sorted(METHODS)


def test_every_address_of_the_control_side_is_listed_and_no_other() -> None:
    there = re.findall(r"^ {4}(GET|POST) +(\S+)", control.__doc__ or "", re.MULTILINE)

    listed = re.findall(r"^\| `(GET|POST) (/sandbox/\S+)` \|", prose(PAGE), re.MULTILINE)

    assert listed == there


def test_every_fault_is_listed() -> None:
    ways = {name for name, _ in inspect.getmembers(Faults, inspect.isfunction)}
    listed = set(re.findall(r"^\| `(\w+)\(\"chat", prose(PAGE), re.MULTILINE))

    assert listed == ways - {"__init__", "add", "clear", "take"}


@pytest.mark.parametrize(("row", "has"), [("slack.person", Person), ("slack.admin", Admin)])
def test_every_hand_that_is_named_is_there(row: str, has: type) -> None:
    [told] = [line for line in prose(PAGE).splitlines() if line.startswith(f"| `{row}")]

    assert [name for name in re.findall(r"`(\w+)`", told) if not hasattr(has, name)] == []


@pytest.mark.parametrize("line", SHOWN)
async def test_every_request_that_is_shown_is_possible(line: str) -> None:
    method, path, *body = line.split(None, 2)
    async with Sandbox() as slack, ClientSession() as http:
        data = body[0] if body else None
        async with http.request(method, slack.url + path, data=data) as answer:
            found = await answer.json()

    assert answer.status == 200, found
    # No app listens here, so what is said to one is not heard.
    assert not found.get("error") or "failed" in found["error"]
