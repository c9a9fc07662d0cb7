"""`kill -9` in the middle of a pull: the next process goes on after the last page."""

import asyncio
import os
import signal
import sys
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import pytest
import yaml
from aiohttp import web
from sqlalchemy import Connection, select

from bot.store.customers import Customers
from bot.store.database import Database
from bot.store.schema import readings, staged

ROOT = Path(__file__).parents[2]
PAGE, PAGES, DEADLY = 100, 12, 6

pytestmark = pytest.mark.timeout(120)


@dataclass
class HubSpot:
    """Gives a hundred companies a page, and ends whoever asks for one page too many."""

    asked: list[int] = field(default_factory=list)
    """Above which id, question by question."""
    kills: asyncio.subprocess.Process | None = None
    url: str = ""

    async def search(self, request: web.Request) -> web.Response:
        filters = (await request.json())["filterGroups"][0]["filters"]
        above = max(int(each["value"]) for each in filters if each["operator"] == "GT")
        self.asked.append(above)
        if self.kills is not None and len(self.asked) == DEADLY:
            await asyncio.sleep(0.5)  # what came before is on the disk by then
            os.kill(self.kills.pid, signal.SIGKILL)
        last = min(above + PAGE, PAGE * PAGES)
        rows = [{"id": str(n), "properties": {"name": f"Company {n}"}}
                for n in range(above + 1, last + 1)]  # fmt: skip
        more = {"paging": {"next": {"after": str(last)}}} if last < PAGE * PAGES else {}
        return web.json_response({"total": PAGE * PAGES - above, "results": rows, **more})


@asynccontextmanager
async def hubspot() -> AsyncIterator[HubSpot]:
    served = HubSpot()
    app = web.Application()
    app.router.add_post("/crm/v3/objects/companies/search", served.search)
    runner = web.AppRunner(app, access_log=None)
    await runner.setup()
    await web.TCPSite(runner, "127.0.0.1", 0).start()
    served.url = f"http://127.0.0.1:{runner.addresses[0][1]}"
    try:
        yield served
    finally:
        await runner.cleanup()


async def pulling(folder: Path) -> asyncio.subprocess.Process:
    return await asyncio.create_subprocess_exec(
        *(sys.executable, "-m", "bot", "pull", "--config", str(folder / "config.yaml")),
        cwd=ROOT,
        stdout=asyncio.subprocess.DEVNULL,
        stderr=asyncio.subprocess.DEVNULL,
    )


async def test_no_page_is_read_twice_and_none_is_missed(tmp_path: Path) -> None:
    store = f"sqlite:///{tmp_path}/keeprate.db"
    async with hubspot() as served:
        source: dict[str, Any] = {"kind": "hubspot", "token": "a-token", "url": served.url}
        config = {
            "slack": {"bot_token": "xoxb-1", "app_token": "xapp-1"},
            "sources": [{**source, "requests_per_second": 1000}],
            "store": {"url": store},
        }
        (tmp_path / "config.yaml").write_text(yaml.safe_dump(config))
        served.kills = await pulling(tmp_path)
        assert await served.kills.wait() == -signal.SIGKILL
        first, served.kills = served.asked, None
        served.asked = []
        assert await (await pulling(tmp_path)).wait() == 0

    assert first == [PAGE * n for n in range(DEADLY)]
    # The page that the first one died over is the first that is asked for again.
    assert served.asked == [PAGE * n for n in range(DEADLY - 1, PAGES)]
    database = Database.open(store)
    known = await Customers(database).known("hubspot")
    left = await database.read(_left)
    await database.close()
    assert set(known) == {str(n) for n in range(1, PAGE * PAGES + 1)}
    assert left == 0


def _left(connection: Connection) -> int:
    return sum(len(connection.execute(select(table)).all()) for table in (readings, staged))
