"""Prism, which knows from a vendor's own description of its API what may be asked.

It sees the form of each request, and nothing of what comes of it: paging to the end, filters,
counts and rate limits are for the recordings.
"""

import os
import shutil
import socket
import subprocess
import sys
import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

import httpx

from tests.integrations.vendor import Asked

OURS = ("accept", "authorization", "content-type", "x-api-key", "intercom-version")
"""Headers that a module sends; the others are those of the connection."""


def installed() -> Path | None:
    """Where `make prism` puts it, or wherever it is."""
    ours = Path(sys.prefix) / "prism/node_modules/.bin/prism"
    if ours.exists():
        return ours
    found = shutil.which("prism")
    return Path(found) if found else None


def descriptions() -> Path | None:
    """The folder of the vendors' descriptions, which are not ours to hand on."""
    folder = os.environ.get("KEEPRATE_SPECS", "")
    return Path(folder) if folder and Path(folder).is_dir() else None


@dataclass(frozen=True)
class Prism:
    """One description, ready to be asked about."""

    url: str
    root: str
    """What the description leaves out at the beginning of every path."""

    async def objects_to(self, asked: Asked) -> str | None:
        """What is wrong with the request; None if it is allowed. Raises KeyError if there is no
        such path in the description."""
        sent = asked.request
        headers = {name: value for name, value in sent.headers.items() if name.lower() in OURS}
        path = sent.raw_path.removeprefix(self.root)
        async with httpx.AsyncClient(timeout=30) as client:
            told = await client.request(
                sent.method, f"{self.url}{path}", headers=headers, content=await sent.read()
            )
        if told.is_success and "sl-violations" not in told.headers:
            return None
        if "NO_PATH_MATCHED" in told.text:
            raise KeyError(sent.path)
        return f"{sent.method} {sent.path_qs}: {told.status_code} {told.text[:600]}"


@contextmanager
def serving(program: Path, description: Path, *, root: str = "") -> Iterator[Prism]:
    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        port = free.getsockname()[1]
    process = subprocess.Popen(
        [program, "mock", "--errors", "-h", "127.0.0.1", "-p", str(port), description],
        stdout=subprocess.DEVNULL,
        stderr=subprocess.DEVNULL,
    )
    try:
        _wait_for(port, process)
        yield Prism(f"http://127.0.0.1:{port}", root)
    finally:
        process.terminate()
        process.wait(timeout=10)


def _wait_for(port: int, process: subprocess.Popen[bytes]) -> None:
    for _ in range(600):
        assert process.poll() is None, "Prism did not start"
        try:
            socket.create_connection(("127.0.0.1", port), timeout=1).close()
        except OSError:
            time.sleep(0.1)
        else:
            return
    raise AssertionError("Prism did not answer in time")
