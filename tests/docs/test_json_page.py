"""docs/json.md describes an API, and how to read it: it is served here as it stands there."""

import json
import re
from typing import Any
from urllib.parse import parse_qsl, urlsplit

import yaml
from aiohttp import web

from integrations.json import Settings
from integrations.records import DatedStay
from tests.docs.pages import ROOT, Block, blocks
from tests.integrations.recordings import records
from tests.integrations.vendor import Asked, says, vendor

PAGE = ROOT / "docs/json.md"


def shown(language: str) -> list[Block]:
    return [block for block in blocks(PAGE) if block.language == language]


async def test_the_api_on_the_page_is_read_as_the_page_says() -> None:
    answers = {
        (urlsplit(block.label).path, frozenset(parse_qsl(urlsplit(block.label).query))): block.text
        for block in shown("json")
    }

    async def acme(asked: Asked) -> web.StreamResponse:
        assert asked.request.headers["Authorization"] == "Bearer acme-hush"
        found = answers.pop((asked.request.path, frozenset(asked.request.query.items())))
        return await says(json.loads(found))(asked)

    told: dict[str, Any]
    [told] = yaml.safe_load(shown("yaml")[0].text)["sources"]
    async with vendor(acme) as served:
        url = told["url"].replace("https://api.acme.example", served.url)
        section = {**told, "url": url, "token": "acme-hush"}
        got = await records(Settings.model_validate(section))

    assert answers == {}, "every answer on the page is asked for"
    assert [
        (one.name, str(one.since), str(one.until or ""), f"{one.monthly:f} {one.currency}")
        for one in got
        if isinstance(one, DatedStay)
    ] == [
        tuple(cell.strip() for cell in row)
        for row in re.findall(r"^\| (.*) \| (.*) \|(.*)\| (.*) \|$", PAGE.read_text(), re.MULTILINE)
        if row[1] != "since"
    ]
