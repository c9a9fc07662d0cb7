"""What the bot reads outside, put together from config.yaml."""

from pathlib import Path
from typing import Any

import yaml
from aiohttp import web

from bot.config import Config, load
from bot.parts import Clock, offline, sources, stores
from tests.integrations.vendor import Asked, says, vendor

ROWS = {"rows": [{"id": "a", "name": "Acme"}]}
LIST = {"path": "/rows", "rows": "rows", "pages": "one", "evidence": "today", "customer": "id"}


def configured(folder: Path, *sections: dict[str, Any]) -> Config:
    path = folder / "config.yaml"
    told = {
        "slack": {"bot_token": "xoxb-1", "app_token": "xapp-1"},
        "store": {"url": f"sqlite:///{folder}/keeprate.db"},
        "sources": sections,
    }
    path.write_text(yaml.safe_dump(told))
    return load(path, {})


def hubspot(name: str, token: str = "one", **more: Any) -> dict[str, Any]:
    return {"kind": "hubspot", "name": name, "token": token, **more}


async def paces(folder: Path, *sections: dict[str, Any]) -> tuple[list[float], int]:
    """How fast each source is read, and how many of them there are for the vendor."""
    async with sources(configured(folder, *sections), None) as reads:
        ways = [reads.way_of[name] for name in reads.customers]
        return [way.requests_per_second for way in ways], len(set(map(id, ways)))


async def test_sources_of_one_account_share_the_pace_and_the_lowest_holds(tmp_path: Path) -> None:
    found = await paces(
        tmp_path, hubspot("a", requests_per_second=8), hubspot("b", requests_per_second=3)
    )

    assert found == ([3, 3], 1)


async def test_another_token_host_or_kind_is_another_account(tmp_path: Path) -> None:
    elsewhere = hubspot("c", url="https://api-eu1.hubapi.com", requests_per_second=8)
    other_kind = {"kind": "stripe", "name": "d", "token": "one", "requests_per_second": 5}
    found = await paces(
        tmp_path, hubspot("a", requests_per_second=3), hubspot("b", "two", requests_per_second=4),
        elsewhere, other_kind,
    )  # fmt: skip

    assert found == ([3, 4, 8, 5], 4)


async def test_files_are_nobody_s_account(tmp_path: Path) -> None:
    file = {"kind": "csv", "path": "c.csv", "evidence": "stays"}
    _, ways = await paces(tmp_path, {**file, "name": "a"}, {**file, "name": "b"})

    assert ways == 2


async def test_a_refresh_token_that_the_vendor_replaced_holds_after_a_restart(
    tmp_path: Path,
) -> None:
    holds = iter(["first", "second", "third"])
    refused: list[str] = []
    expected = [next(holds)]

    async def login(asked: Asked) -> web.StreamResponse:
        if asked.question["refresh_token"] != expected[0]:
            refused.append(asked.question["refresh_token"])
            return await says({"error": "invalid_grant"}, 400)(asked)
        expected[0] = next(holds)
        return await says({"access_token": "t", "refresh_token": expected[0]})(asked)

    async with vendor(login) as granting, vendor(says(ROWS)) as served:
        config = configured(
            tmp_path,
            {
                "kind": "json", "name": "crm", "url": served.url, "auth": "oauth",
                "login": f"{granting.url}/token", "client": "me", "token": "secret",
                "refresh_token": "first", "customers": LIST,
            },
        )  # fmt: skip
        for _ in range(2):
            async with offline(config, clock=Clock()) as reader:
                assert (await reader.pull("crm")).customers == 1
    async with stores(config) as kept:
        newest = await kept.pulls.newest_believed("crm")

    assert newest is not None
    assert (newest.records, refused) == (1, [])
