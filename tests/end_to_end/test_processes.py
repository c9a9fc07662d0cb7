"""`keeprate run` as a process: how it stops, how it fails to start, and what it never prints."""

import asyncio
import os
import re
import signal
import socket
import sys
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

import httpx
import pytest
import yaml
from aiohttp import web
from aiohttp.test_utils import TestServer

from bot.domain.pulls import PullState
from bot.sandbox.server import Sandbox
from bot.sandbox.settings import Settings
from bot.store.database import Database
from bot.store.pulls import Pulls
from bot.store.surveys import Surveys
from tests.end_to_end import companies
from tests.end_to_end.running import (
    SUCCESS,
    Place,
    ask_of,
    asked,
    free_port,
    workspace,
)

BOT_TOKEN, APP_TOKEN = "xoxb-1-hush-bot", "xapp-1-hush-app"
SIGNING, STRIPE, PASSWORD = "hush-signing-secret", "sk_live_hush", "hush-password"
SECRETS = (BOT_TOKEN, APP_TOKEN, SIGNING, STRIPE, PASSWORD, "hush")

pytestmark = pytest.mark.timeout(180)


@pytest.fixture
def settings() -> Settings:
    made = workspace()
    app = replace(made.app, bot_token=BOT_TOKEN, app_token=APP_TOKEN, signing_secret=SIGNING)
    return replace(made, app=app)


@dataclass
class Ended:
    code: int
    printed: str
    """Both streams."""


@dataclass
class Child:
    """A real `keeprate run`."""

    process: asyncio.subprocess.Process
    lines: list[str]
    reading: "asyncio.Task[None]"

    async def says(self, words: str) -> None:
        async with asyncio.timeout(40):
            while not any(words in line for line in self.lines):
                assert self.process.returncode is None, "".join(self.lines)
                await asyncio.sleep(0.02)

    def stop(self) -> None:
        self.process.send_signal(signal.SIGTERM)

    async def ended(self, *, within: float = 40.0) -> Ended:
        async with asyncio.timeout(within):
            code = await self.process.wait()
            await self.reading
        return Ended(code, "".join(self.lines))


@asynccontextmanager
async def keeprate(*words: str, folder: Path, **environment: str) -> AsyncIterator[Child]:
    process = await asyncio.create_subprocess_exec(
        sys.executable, "-m", "bot", *words,
        cwd=folder,
        env={**os.environ, "PYTHONPATH": str(Path(__file__).parents[2]), **environment},
        stdout=asyncio.subprocess.PIPE,
        stderr=asyncio.subprocess.STDOUT,
    )  # fmt: skip
    assert process.stdout
    lines: list[str] = []

    async def read(stream: asyncio.StreamReader) -> None:
        async for line in stream:
            lines.append(line.decode())  # noqa: PERF401  so that others see it at once

    child = Child(process, lines, asyncio.create_task(read(process.stdout)))
    try:
        yield child
    finally:
        if process.returncode is None:
            process.kill()
        await child.ended()


async def run_to_its_end(folder: Path, *words: str, **environment: str) -> Ended:
    async with keeprate(*words, folder=folder, **environment) as child:
        return await child.ended()


@asynccontextmanager
async def slow_stripe(
    release: asyncio.Event, asked: asyncio.Event | None = None
) -> AsyncIterator[str]:
    """Answers when it is released; `asked` is set when it is asked."""

    async def answer(_request: web.Request) -> web.StreamResponse:
        if asked is not None:
            asked.set()
        await release.wait()
        return web.json_response({"has_more": False, "data": [subscription()]})

    app = web.Application()
    app.router.add_get("/v1/subscriptions", answer)
    runner = web.AppRunner(app, access_log=None, shutdown_timeout=0.1)
    await runner.setup()
    await web.TCPSite(runner, "127.0.0.1", 0).start()
    try:
        yield f"http://127.0.0.1:{runner.addresses[0][1]}"
    finally:
        release.set()
        await runner.cleanup()


def subscription() -> dict[str, Any]:
    price = {"id": "price_1", "unit_amount": 900, "currency": "eur"}
    return {
        "id": "sub_1",
        "status": "active",
        "start_date": 1704067200,
        "ended_at": None,
        "trial_end": None,
        "currency": "eur",
        "items": {"data": [{"price": price, "quantity": 1}]},
        "customer": {"id": "cus_1", "name": "Acme", "metadata": {}},
        "metadata": {},
    }


def quiet(ended: Ended) -> None:
    """Nothing in what was printed is a secret or a traceback."""
    for secret in SECRETS:
        assert secret not in ended.printed
    assert "Traceback" not in ended.printed


async def newest(url: str, source: str) -> PullState | None:
    database = Database.open(url)
    try:
        pull = await Pulls(database).newest(source)
        return pull.state if pull else None
    finally:
        await database.close()


async def test_told_to_stop_it_ends_what_runs_first(place: Place) -> None:
    """A pull that is nearly done, and a click whose answer the store has."""
    release = asyncio.Event()
    async with slow_stripe(release) as url:
        billing = {"kind": "stripe", "name": "billing", "token": STRIPE, "url": url}
        place.config(sources=[billing], weekly_post=None)
        async with keeprate("run", folder=place.folder) as child:
            await child.says("Keeprate is connected")
            question = await asked(place.slack)
            reply = await place.slack.person("U0ACME").click(question, "score:9")
            assert reply.acked
            child.stop()
            await asyncio.sleep(0.5)
            assert child.process.returncode is None
            release.set()
            ended = await child.ended(within=20)

    assert ended.code == 0
    quiet(ended)
    assert await newest(place.database_url, "billing") is PullState.BELIEVED
    database = Database.open(place.database_url)
    answers = await Surveys(database).answers(ask_of(question))
    await database.close()
    assert [answer.score for answer in answers] == [9]


async def test_a_pull_that_takes_too_long_is_broken_off(place: Place) -> None:
    """Within the time that whoever stops it allows."""
    asked = asyncio.Event()
    async with slow_stripe(asyncio.Event(), asked) as url:
        billing = {"kind": "stripe", "name": "billing", "token": STRIPE, "url": url}
        place.config(sources=[billing], weekly_post=None)
        async with keeprate("run", folder=place.folder) as child:
            await asked.wait()
            child.stop()
            ended = await child.ended(within=28)

    assert ended.code == 0
    quiet(ended)
    assert await newest(place.database_url, "billing") is PullState.FAILED


async def test_a_pull_that_the_next_start_goes_on_with_is_broken_off_at_once(place: Place) -> None:
    """The last page does not come in a minute, and who stops the bot need not wait for it."""
    asked: list[str] = []
    second = asyncio.Event()

    async def pages(request: web.Request) -> web.StreamResponse:
        after = request.query.get("starting_after", "")
        asked.append(after)
        if after and len(asked) == 2:
            second.set()
            await asyncio.sleep(60)
        row = subscription() | {"id": "sub_2" if after else "sub_1"}
        return web.json_response({"has_more": not after, "data": [row]})

    app = web.Application()
    app.router.add_get("/v1/subscriptions", pages)
    async with TestServer(app, host="127.0.0.1") as served:
        url = str(served.make_url("")).rstrip("/")
        billing = {"kind": "stripe", "name": "billing", "token": STRIPE, "url": url}
        place.config(sources=[billing], weekly_post=None)
        async with keeprate("run", folder=place.folder) as child:
            await second.wait()
            child.stop()
            ended = await child.ended(within=15)
        stopped = await newest(place.database_url, "billing")
        pulled = await run_to_its_end(place.folder, "pull")

    assert ended.code == 0
    quiet(ended)
    assert stopped is PullState.FAILED
    assert asked == ["", "sub_1", "sub_1"]
    assert "believed  billing: 2 records" in pulled.printed


@pytest.mark.parametrize("silent", ["/api/auth.test", "/api/apps.connections.open", "/link"])
async def test_told_to_stop_while_it_starts_it_waits_for_nobody(
    place: Place, tmp_path: Path, silent: str
) -> None:
    """Slack, or a proxy before it, takes the question and says nothing."""
    asked = asyncio.Event()

    async def slack(request: web.Request) -> web.StreamResponse:
        if request.path == silent:
            asked.set()
            await asyncio.sleep(60)
        answers = {
            "/api/auth.test": {"team_id": "T1", "team": "x", "user_id": "U1", "bot_id": "B1",
                               "url": "https://x.slack.com/"},
            "/api/apps.connections.open": {"url": f"ws://{request.host}/link"},
        }  # fmt: skip
        return web.json_response({"ok": True, **answers.get(request.path, {})})

    app = web.Application()
    app.router.add_route("*", "/{path:.*}", slack)
    async with TestServer(app, host="127.0.0.1") as served:
        api_url = f"{served.make_url('/api/')}"
        companies.write(place.folder)
        place.config(sources=[companies.SOURCE], slack={"api_url": api_url})
        async with keeprate("run", folder=place.folder) as child:
            await asked.wait()
            child.stop()
            ended = await child.ended(within=10)

    assert ended.code == 0
    quiet(ended)
    assert await newest(place.database_url, "crm") is None


@pytest.mark.parametrize(
    ("words", "sections"),
    [
        (["slack.bot_token", "invalid_auth"], {"slack": {"bot_token": "xoxb-hush-wrong"}}),
        (["slack.app_token", "invalid_auth"], {"slack": {"app_token": "xapp-hush-wrong"}}),
        (["Slack can't be reached"], {"slack": {"api_url": "http://127.0.0.1:9/api/"}}),
        (["slack.bot_tokn", "did you mean bot_token?"], {"slack": {"bot_tokn": BOT_TOKEN}}),
        (["is not available"], {"store": {"url": f"postgresql://u:{PASSWORD}@127.0.0.1:9/x"}}),
        (["folder does not exist"], {"store": {"url": "sqlite:////nowhere/at/all.db"}}),
        (["sources.0.kind", "did you mean stripe?"], {"sources": [{"kind": "strip"}]}),
        (["zone"], {"definition": {"zone": "Europe/Amsterdm"}}),
        (["pull.cron", "by name"], {"pull": {"cron": "0 9 * * 1"}}),
        (["must be the id of a channel"], {"weekly_post": {"channel": "#general"}}),
    ],
)  # fmt: skip
async def test_what_is_wrong_at_start_is_a_sentence(
    place: Place, words: list[str], sections: dict[str, Any]
) -> None:
    companies.write(place.folder)
    place.config(**{"sources": [companies.SOURCE], **sections})
    ended = await run_to_its_end(place.folder, "run")

    assert ended.code == 1
    quiet(ended)
    for word in words:
        assert word in ended.printed


async def test_a_port_that_is_taken_is_told(place: Place) -> None:
    companies.write(place.folder)
    with socket.socket() as other:
        other.bind(("127.0.0.1", 0))
        other.listen()
        port = other.getsockname()[1]
        place.config(sources=[companies.SOURCE], http_port=port)
        ended = await run_to_its_end(place.folder, "run")

    assert ended.code == 1
    assert f"slack.port {port}" in ended.printed
    quiet(ended)


async def test_a_missing_file_and_a_missing_variable_are_told(tmp_path: Path) -> None:
    missing = await run_to_its_end(tmp_path, "run")
    (tmp_path / "config.yaml").write_text(yaml.safe_dump({"slack": {"bot_token": "${NOT_SET}"}}))
    unset = await run_to_its_end(tmp_path, "run")

    assert (missing.code, unset.code) == (1, 1)
    assert "Copy config.example.yaml" in missing.printed
    assert "slack.bot_token mentions ${NOT_SET}" in unset.printed
    quiet(missing)
    quiet(unset)


@pytest.mark.parametrize("mode", ["socket", "http"])
@pytest.mark.parametrize("level", ["debug", "info"])
async def test_no_secret_and_no_customers_word_is_ever_printed(
    place: Place, slack: Sandbox, mode: str, level: str
) -> None:
    """Not while all is well, and not when things break."""
    companies.write(place.folder)
    billing = {"kind": "stripe", "name": "billing", "token": STRIPE, "url": slack.url}
    place.config(
        http_port=free_port() if mode == "http" else 0,
        sources=[companies.SOURCE, billing],
        log={"level": level, "json_lines": mode == "http"},
    )
    async with keeprate("run", folder=place.folder) as child:
        await child.says("Keeprate is connected")
        # The first pulls are over, so that a pull asked for is not one that runs already.
        await child.says("pull failed")
        question = await asked(slack)
        customer = slack.person("U0ACME")
        await customer.click(question, "score:2")
        await customer.submit(await customer.modal(timeout=20), {"comment": "I was hushed up"})
        slack.faults.error("views.open", "expired_trigger_id")
        slack.faults.status("response_url", 500)
        await customer.click(question, "score:3")
        slack.faults.error("users.info", "fatal_error")
        await slack.person("U0OWNER").command("/crr", "what is hush", channel=SUCCESS)
        await slack.person("U0LEAD").command("/crr", "hush=hush", channel=SUCCESS)
        await slack.person("U0LEAD").wait_for_ephemeral(SUCCESS, timeout=20)
        (place.folder / "customers.csv").write_text("id,name,since\nhush,Hush Ltd,hush\n")
        await slack.person("U0LEAD").command("/keeprate", "pull crm", channel=SUCCESS)
        await slack.person("U0LEAD").wait_for_ephemeral(
            SUCCESS, containing="was not pulled", timeout=20
        )
        child.stop()
        ended = await child.ended()

    assert ended.code == 0
    printed = ended.printed
    for word in (*SECRETS[:-1], "hushed up", "Hush Ltd", "what is hush", "Company 3"):
        assert word not in printed
    assert not re.search(r"ticket=\w|/respond/\w", printed)


async def test_what_is_not_caught_shows_no_values(tmp_path: Path) -> None:
    """A traceback of a fault of ours names files and lines, never what variables held."""
    script = """
import logging, structlog
from bot.cli.commands import set_up_logging
class Settings:
    class log:
        level = "info"
        json_lines = False
set_up_logging(Settings.log)
def fails(token):
    raise RuntimeError("boom")
try:
    fails("-".join(["xoxb", "1-hush"]))
except RuntimeError as error:
    structlog.get_logger().exception("job failed")
    logging.getLogger("asyncio").error("never retrieved", exc_info=error)
"""
    path = tmp_path / "script.py"
    path.write_text(script)
    process = await asyncio.create_subprocess_exec(
        sys.executable, str(path),
        env={**os.environ, "PYTHONPATH": str(Path(__file__).parents[2])},
        stdout=asyncio.subprocess.PIPE, stderr=asyncio.subprocess.STDOUT,
    )  # fmt: skip
    printed = (await process.communicate())[0].decode()

    assert printed.count("RuntimeError: boom") == 2
    assert "xoxb-1-hush" not in printed


async def test_in_socket_mode_health_is_told_where_the_config_says(place: Place) -> None:
    companies.write(place.folder)
    port = free_port()
    place.config(sources=[companies.SOURCE], slack={"health_port": port})
    async with keeprate("run", folder=place.folder) as child, httpx.AsyncClient() as client:
        await child.says("connected to Slack")
        async with asyncio.timeout(20):
            while await _health(client, port) != 200:  # noqa: ASYNC110
                await asyncio.sleep(0.02)
        child.stop()
        await child.ended()
        assert await _health(client, port) == 0


async def _health(client: httpx.AsyncClient, port: int) -> int:
    """What it answers; 0 while nobody listens."""
    try:
        return (await client.get(f"http://127.0.0.1:{port}/healthz")).status_code
    except httpx.TransportError:
        return 0
