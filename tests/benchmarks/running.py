"""Apps in processes of their own: started, measured, ended."""

import asyncio
import os
import signal
import socket
import sys
import time
from collections.abc import AsyncIterator, Sequence
from contextlib import asynccontextmanager, suppress
from dataclasses import dataclass
from pathlib import Path

from tests.benchmarks.wire import Caller, Wire

ROOT = Path(__file__).parents[2]
SECRET = "bench"
"""Signs requests in HTTP mode."""

_NOTHING = 0.1
"""Seconds of the processor within a second that are nothing."""

_CONFIG = """\
slack:
  bot_token: xoxb-bench
  app_token: xapp-bench
  signing_secret: {secret}
  mode: {mode}
  port: {port}
  api_url: {url}/api/
people:
  viewers: everybody
sources:
  - {{kind: csv, name: customers, path: customers.csv, evidence: stays, customer: id,
      customer_name: name, since: since, until: until, fields: [plan, region]}}
store: {{url: "{store}"}}
log: {{level: warning}}
"""


@dataclass(frozen=True)
class Running:
    """An app that is connected."""

    wire: Wire
    port: int
    """Where it listens in HTTP mode; 0 in Socket Mode."""
    pid: int

    @property
    def cpu_seconds(self) -> float:
        return cpu_seconds(self.pid)

    async def settled(self, most: float) -> None:
        """Until it has done nothing for a second; raises TimeoutError after `most` seconds."""
        async with asyncio.timeout(most):
            spent = -1.0
            while self.cpu_seconds - spent > _NOTHING:
                spent = self.cpu_seconds
                await asyncio.sleep(1)


def configured(folder: Path, wire: Wire, port: int, *, store: str = "") -> Path:
    """A config.yaml for ours, whose customers are in customers.csv beside it; `store` is the
    database, or "" for an SQLite file there."""
    path = folder / "config.yaml"
    mode = "http" if port else "socket"
    path.write_text(
        _CONFIG.format(
            secret=SECRET,
            mode=mode,
            port=port or 3000,
            url=wire.url,
            store=store or f"sqlite:///{folder}/keeprate.db",
        )
    )
    return path


async def ours(folder: Path, *words: str) -> None:
    """`keeprate` with these words, to its end."""
    program = await _start(["-m", "bot", *words, "--config", str(folder / "config.yaml")])
    if code := await program.wait():
        raise RuntimeError(f"keeprate {words[0]} ended with {code}")


@asynccontextmanager
async def running(arguments: Sequence[str], wire: Wire, port: int = 0) -> AsyncIterator[Running]:
    """`python ARGUMENTS` from when Slack reaches it until the end of the block."""
    program = await _start(arguments)
    try:
        async with asyncio.timeout(60):
            await (_listens(port) if port else wire.connected.wait())
        yield Running(wire, port, program.pid)
    finally:
        with suppress(ProcessLookupError):
            program.send_signal(signal.SIGTERM)
        with suppress(TimeoutError):
            await asyncio.wait_for(program.wait(), 30)
        if program.returncode is None:
            program.kill()
            await program.wait()


def free_port() -> int:
    with socket.socket() as taken:
        taken.bind(("127.0.0.1", 0))
        return int(taken.getsockname()[1])


def cpu_seconds(pid: int) -> float:
    """Of all its threads, so far. Linux has a clock for each process, under this number
    (clock_getcpuclockid in glibc); /proc tells it in ticks, which sleepers slip through."""
    return time.clock_gettime(~pid << 3 | 2)


async def _start(arguments: Sequence[str]) -> asyncio.subprocess.Process:
    environment = {k: v for k, v in os.environ.items() if not k.lower().endswith("_proxy")}
    return await asyncio.create_subprocess_exec(
        sys.executable,
        *arguments,
        cwd=ROOT,
        env=environment,
        stdout=asyncio.subprocess.DEVNULL,
        stderr=asyncio.subprocess.DEVNULL,
    )


async def _listens(port: int) -> None:
    while True:
        with suppress(OSError):
            (await Caller.to(port)).close()
            return
        await asyncio.sleep(0.05)
