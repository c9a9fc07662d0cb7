"""`keeprate demo`: until its page has Monday's post on it, and the memory of all that runs then."""

import asyncio
import os
import re
import signal
import sys
import time
from dataclasses import dataclass
from pathlib import Path

import httpx

from tests.benchmarks.memory import peak
from tests.benchmarks.result import Result, at_most, of_repeats
from tests.benchmarks.running import ROOT

PLACE = {"person": "U0LEAD", "channel": "C0SUCCESS"}
POST = "week 26 Oct to 1 Nov 2026"


@dataclass(frozen=True, slots=True)
class Size:
    repeats: int = 3


async def measure(size: Size) -> list[Result]:
    opened = [await _open() for _ in range(size.repeats)]
    return [
        of_repeats(
            "keeprate demo, until its page has the weekly post",
            [seconds for seconds, _ in opened],
            "s",
            at_most(5),
        ),
        of_repeats(
            "keeprate demo, memory of all its processes at most",
            [megabytes for _, megabytes in opened],
            "MB",
            at_most(250),
        ),
    ]


async def _open() -> tuple[float, float]:
    """Seconds to the post, and the most memory that was in use until then, in MB."""
    began = time.perf_counter()
    program = await asyncio.create_subprocess_exec(
        *(sys.executable, "-m", "bot", "demo", "--no-browser", "--port", "0"),
        cwd=ROOT,
        stdout=asyncio.subprocess.PIPE,
        start_new_session=True,
    )
    try:
        async with asyncio.timeout(120):
            url = await _address(program)
            async with httpx.AsyncClient(base_url=url, trust_env=False) as http:
                (await http.get("/")).raise_for_status()
                posts = (await http.get("/sandbox/messages", params=PLACE)).text
        seconds = time.perf_counter() - began
        if POST not in posts:
            raise RuntimeError(f"the page has no post about the {POST}")
        return seconds, sum(map(peak, _processes(program.pid)))
    finally:
        program.send_signal(signal.SIGINT)
        await program.communicate()


async def _address(program: asyncio.subprocess.Process) -> str:
    if program.stdout is None:
        raise RuntimeError("nothing to read from")
    async for line in program.stdout:
        if found := re.search(r"http://[\d.]+:\d+", line.decode()):
            return found[0]
    raise RuntimeError("keeprate demo ended before it was open")


def _processes(session: int) -> list[int]:
    """All processes that belong to it: it and what it started."""
    found = []
    for folder in Path("/proc").glob("[0-9]*"):
        try:
            if os.getsid(int(folder.name)) == session:
                found.append(int(folder.name))
        except ProcessLookupError:
            continue
    return found
