"""Survey clicks, 16 at once: ours beside a bolt app that only acks, and beside an ORM.

Each click is another person's first answer, and a new one leaves when one is acknowledged. Ours
also opens a form and answers by response URL after each ack; the clock stops when the last of
these has arrived, so that no work is left behind. All run on uvloop, one at a time, in turns.
Whatever was acknowledged must be in the database, and all of ours must be acknowledged.
"""

import asyncio
import hmac
import sqlite3
import tempfile
import time
from collections.abc import AsyncIterator, Awaitable, Callable, Iterator
from contextlib import AsyncExitStack, asynccontextmanager, suppress
from dataclasses import dataclass
from datetime import UTC, datetime
from functools import partial
from hashlib import sha256
from pathlib import Path
from typing import Any
from urllib.parse import quote_plus

import msgspec

from bot.domain.surveys import Ask, Scale
from bot.messages.surveys import default_question, question
from bot.store import engines
from bot.store.database import Database
from bot.store.surveys import Surveys
from tests.benchmarks.result import Result, at_least, at_most, of_repeats, percentile
from tests.benchmarks.running import SECRET, Running, configured, free_port, running
from tests.benchmarks.wire import BOT, TEAM, Caller, Wire

AT_ONCE = 16
ASK = Ask("bench", Scale.NPS, default_question(Scale.NPS), "C0BENCH", "U0LEAD", datetime.now(UTC))
_MARK = "\0"
"""Stands for the number of a click in what is prepared."""


@dataclass(frozen=True, slots=True)
class Size:
    clicks: int = 2000
    """Of ours and of the bare app in each repeat; the slower ones get a share."""
    repeats: int = 5


@dataclass(frozen=True, slots=True)
class Burst:
    """What became of some clicks."""

    seconds: float
    """From the first click to the last ack, form and answer."""
    latencies: list[float]
    """Seconds from click to ack, sorted."""
    unacked: int
    """Clicks whose person saw an error, because no ack came in time."""
    app_cpu: float
    """Seconds of the app's process."""
    driver_cpu: float
    """Seconds of ours, which plays Slack."""

    @property
    def per_second(self) -> float:
        return len(self.latencies) / self.seconds


@dataclass(eq=False)
class Contender:
    """An app under load."""

    name: str
    app: Running
    share: float
    """Of the clicks that the others get."""
    thanks: bool
    """Whether a form and an answer follow each ack."""
    answers: Callable[[], int] | None
    """How many answers its database holds; None where it has none."""
    clicked: int = 0
    acked: int = 0


async def measure(size: Size) -> list[Result]:
    found = []
    for mode in ("Socket Mode", "HTTP"):
        found += await _in_mode(mode, size)
    return found


async def _in_mode(mode: str, size: Size) -> list[Result]:
    async with AsyncExitStack() as stack:
        contenders = [
            await stack.enter_async_context(_contender(name, 0 if mode == "Socket Mode" else -1))
            for name in ("ours", "bare", "bare with form", "orm")
        ]
        bursts: dict[str, list[Burst]] = {each.name: [] for each in contenders}
        for repeat in range(size.repeats + 1):
            for each in contenders:
                burst = await _burst(each, max(AT_ONCE, round(size.clicks * each.share)))
                if repeat:  # the first warms up
                    bursts[each.name].append(burst)
        return list(_results(mode, bursts))


@asynccontextmanager
async def _contender(name: str, port: int) -> AsyncIterator[Contender]:
    port = port and free_port()
    with tempfile.TemporaryDirectory(prefix="keeprate-bench-") as made:
        folder = Path(made)
        async with Wire() as wire:
            answers: Callable[[], int] | None = None
            options = ["--api-url", f"{wire.url}/api/", "--port", str(port)]
            match name:
                case "ours":
                    config = configured(folder, wire, port)
                    await prepare(folder, f"sqlite:///{folder / 'keeprate.db'}")
                    arguments = ["-m", "bot", "run", "--config", str(config)]
                    answers = partial(_answers, folder / "keeprate.db")
                case "orm":
                    path = folder / "orm.db"
                    arguments = ["-m", "tests.benchmarks.apps.orm", *options]
                    arguments += ["--database", str(path), "--ask", ASK.id]
                    answers = partial(_answers, path)
                case _:
                    arguments = ["-m", "tests.benchmarks.apps.bare", *options]
                    arguments += ["--forms"] if name == "bare with form" else []
            async with running(arguments, wire, port) as app:
                yield Contender(
                    name,
                    app,
                    share=1.0 if name in ("ours", "bare") else 0.3,
                    thanks=name in ("ours", "bare with form"),
                    answers=answers,
                )


async def prepare(folder: Path, url: str) -> None:
    """A database with the question in it, of whose answers none is lost with the power."""
    (folder / "customers.csv").write_text("id,name,since,until,plan,region\n1,Acme,2025-01-01,,,\n")
    database = Database.open(url)
    await Surveys(database).put_ask(ASK)
    await database.close()
    if not url.startswith("sqlite"):
        return  # which keeps what it has committed unless it is told otherwise
    engine = engines.writing(database.url)
    with engine.connect() as connection:
        synchronous = connection.exec_driver_sql("PRAGMA synchronous").scalar()
        if synchronous != 2:
            raise RuntimeError(f"synchronous is {synchronous}, not FULL")
    engine.dispose()


async def _burst(contender: Contender, clicks: int) -> Burst:
    """So many clicks; raises where one was acknowledged and is not in the database."""
    app, wire = contender.app, contender.app.wire
    numbers = [f"{contender.clicked + i:08d}" for i in range(clicks)]
    contender.clicked += clicks
    latencies: list[float | None] = []
    async with delivering(app, numbers, AT_ONCE) as deliver:
        waiting = iter(numbers)

        async def one_after_the_other(sender: int) -> None:
            latencies.extend([await deliver(sender, number) for number in waiting])

        app_cpu, driver_cpu = app.cpu_seconds, time.process_time()
        began = time.perf_counter()
        await asyncio.gather(*(one_after_the_other(i) for i in range(AT_ONCE)))
        acked = sorted(seconds for seconds in latencies if seconds is not None)
        contender.acked += len(acked)
        if contender.thanks:
            await wire.until(lambda: wire.opened + len(wire.answered) >= 2 * contender.acked)
        ended = time.perf_counter()
    burst = Burst(
        seconds=ended - began,
        latencies=acked,
        unacked=clicks - len(acked),
        app_cpu=app.cpu_seconds - app_cpu,
        driver_cpu=time.process_time() - driver_cpu,
    )
    if contender.answers and (stored := contender.answers()) < contender.acked:
        raise RuntimeError(f"{contender.name}: {contender.acked} answers acked, {stored} stored")
    if contender.name == "ours" and burst.unacked:
        raise RuntimeError(f"{burst.unacked} clicks of {clicks} were not acknowledged")
    if not all(b"Thank you" in answer.body for answer in wire.answered.values()):
        raise RuntimeError(f"{contender.name}: somebody was not thanked")
    return burst


Deliver = Callable[[int, str], Awaitable[float | None]]
"""Sends click `number` over connection `sender`; the seconds until its ack, None if none came."""


@asynccontextmanager
async def delivering(app: Running, numbers: list[str], at_once: int) -> AsyncIterator[Deliver]:
    """In the app's mode; over HTTP there are so many connections, numbered from 0."""
    by = _by_http(app, numbers, at_once) if app.port else _by_socket(app, numbers)
    async with by as deliver:
        yield deliver


@asynccontextmanager
async def _by_socket(app: Running, numbers: list[str]) -> AsyncIterator[Deliver]:
    envelope = {
        "envelope_id": f"5d0b4e6a-0000-4000-8000-{_MARK}",
        "payload": _click(app.wire),
        "type": "interactive",
        "accepts_response_payload": False,
    }
    parts = msgspec.json.encode(envelope).decode().split("\\u0000")
    ready = {number: number.join(parts).encode() for number in numbers}
    ids = {number: f"5d0b4e6a-0000-4000-8000-{number}" for number in numbers}

    async def deliver(_sender: int, number: str) -> float | None:
        return await app.wire.deliver(ids[number], ready[number])

    yield deliver


@asynccontextmanager
async def _by_http(app: Running, numbers: list[str], at_once: int) -> AsyncIterator[Deliver]:
    callers = [await Caller.to(app.port) for _ in range(at_once)]
    form = "payload=" + quote_plus(msgspec.json.encode(_click(app.wire)).decode())
    parts = form.split(quote_plus("\\u0000"))
    ready = {number: signed_request("/slack/events", number.join(parts)) for number in numbers}

    async def deliver(sender: int, number: str) -> float | None:
        seconds = await callers[sender].post(ready[number])
        if seconds is None:  # what may still come over it belongs to no other click
            callers[sender].close()
            with suppress(ConnectionError):  # of an app that is dead
                callers[sender] = await Caller.to(app.port)
        return seconds

    yield deliver
    for caller in callers:
        caller.close()


def signed_request(path: str, form: str) -> bytes:
    """https://docs.slack.dev/authentication/verifying-requests-from-slack"""
    body, now = form.encode(), str(int(time.time()))
    signature = hmac.new(SECRET.encode(), f"v0:{now}:".encode() + body, sha256).hexdigest()
    head = (
        f"POST {path} HTTP/1.1\r\nHost: bench.example.com\r\n"
        "User-Agent: Slackbot 1.0 (+https://api.slack.com/robots)\r\n"
        "Accept: application/json,*/*\r\nAccept-Encoding: gzip,deflate\r\n"
        "Content-Type: application/x-www-form-urlencoded\r\n"
        f"X-Slack-Signature: v0={signature}\r\nX-Slack-Request-Timestamp: {now}\r\n"
        f"Content-Length: {len(body)}\r\n\r\n"
    )
    return head.encode() + body


def _click(wire: Wire) -> dict[str, Any]:
    """As Slack sends it: with the whole message that the button is in."""
    asked = question(ASK)
    blocks: list[Any] = list(asked.blocks)
    button = blocks[1]["elements"][9]
    message = {
        "type": "message",
        "user": BOT,
        "bot_id": "B0BOT",
        "app_id": "A0BENCH",
        "ts": "1790000000.000100",
        "text": asked.text,
        "team": TEAM,
        "blocks": blocks,
    }
    return {
        "type": "block_actions",
        "user": {"id": f"U{_MARK}", "username": "someone", "name": "someone", "team_id": TEAM},
        "api_app_id": "A0BENCH",
        "token": "verification",
        "container": {
            "type": "message",
            "message_ts": "1790000000.000100",
            "channel_id": ASK.channel,
            "is_ephemeral": False,
        },
        "trigger_id": f"9{_MARK}.1790000000.0123456789abcdef0123456789abcdef",
        "team": {"id": TEAM, "domain": "bench"},
        "enterprise": None,
        "is_enterprise_install": False,
        "channel": {"id": ASK.channel, "name": "customers"},
        "message": message,
        "state": {"values": {}},
        "response_url": f"{wire.url}/response/{_MARK}",
        "actions": [
            {
                "action_id": button["action_id"],
                "block_id": blocks[1]["block_id"],
                "text": button["text"],
                "value": button["value"],
                "type": "button",
                "action_ts": "1790000000.123456",
            }
        ],
    }


def _answers(path: Path) -> int:
    connection = sqlite3.connect(path)
    [(count,)] = connection.execute("SELECT count(*) FROM answers")
    connection.close()
    return int(count)


def _results(mode: str, bursts: dict[str, list[Burst]]) -> Iterator[Result]:
    speed = {name: [burst.per_second for burst in of] for name, of in bursts.items()}
    for name, against, target in (
        ("bare", "a bolt app that only acks", at_least(0.8)),
        ("orm", "bolt + ORM + aiosqlite", at_least(4.0)),
        ("bare with form", "a bolt app that acks, opens a form, answers", None),
    ):
        ratios = [a / b for a, b in zip(speed["ours"], speed[name], strict=True)]
        yield of_repeats(f"clicks, {mode}: ours over {against}", ratios, "x", target)
    for name, of in bursts.items():
        yield of_repeats(f"clicks, {mode}, {name}", speed[name], "1/s")
        cpu = [1e6 * burst.app_cpu / len(burst.latencies) for burst in of]
        yield of_repeats(f"clicks, {mode}, {name}: CPU of one", cpu, "us")
        for share in (0.5, 0.99):
            ms = [1e3 * percentile(burst.latencies, share) for burst in of]
            target = at_most(40.0) if (name, share) == ("ours", 0.99) else None
            yield of_repeats(f"clicks, {mode}, {name}: ack p{100 * share:g}", ms, "ms", target)
        if any(burst.unacked for burst in of):
            unacked = [100.0 * b.unacked / (b.unacked + len(b.latencies)) for b in of]
            yield of_repeats(f"clicks, {mode}, {name}: no ack in 3 s", unacked, "%")
    busy = [burst.driver_cpu / burst.seconds for burst in bursts["ours"]]
    yield of_repeats(f"clicks, {mode}: CPU share of who clicks", busy, "cores")
