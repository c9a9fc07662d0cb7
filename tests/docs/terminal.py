"""What a reader of a page has before them: a folder, a terminal, and a Slack in the browser."""

import json
import os
import re
import signal
import socket
import subprocess
import sys
import time
from collections.abc import Callable
from pathlib import Path
from types import TracebackType
from typing import Any, Self
from urllib.parse import urlencode
from urllib.request import Request, urlopen

from tests.docs.pages import ROOT, shows

SANDBOX_PORT = "4700"
"""Where the pages say that the sandbox is; each reader here has a port of their own."""

PATIENCE = 60.0
"""Seconds for something that a page promises to come; most comes at once."""

PEOPLE = {"Lea": "U0LEAD", "Omar": "U0OWNER", "Ada": "U0ADMIN", "Gil": "U0GUEST", "Carla": "U0ACME"}
CHANNELS = {"#customer-success": "C0SUCCESS", "#acme-shared": "C0ACME", "#general": "C0GENERAL"}

_PLAIN = re.compile(r"keeprate [^$`|&;<>*?~\\\n]*")
"""A command in which there is nothing for a shell to do."""

_SERVERS = re.compile(r"(?:^|\s)keeprate (run|sandbox)\b")


class Terminal:
    """A checkout's folder as the pages assume it, in which commands run one after the other."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        self.port = str(_free_port())
        self._servers: dict[str, subprocess.Popen[str]] = {}
        self._typed: subprocess.Popen[str] | None = None
        for there in ("docs", "tests", "config.example.yaml", "LICENSE"):
            (folder / there).symlink_to(ROOT / there)
        beside = f"{Path(sys.executable).parent}{os.pathsep}{os.environ['PATH']}"
        self._environment = {
            **{k: v for k, v in os.environ.items() if not k.startswith(("KEEPRATE", "SLACK"))},
            "PATH": beside,
            "COLUMNS": "200",
            "PYTHONWARNINGS": "",
        }

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        for server in ("run", "sandbox"):
            self._stop(server)
        if self._typed is not None:
            self._typed.kill()
            self._typed.communicate()

    def write(self, name: str, text: str) -> None:
        (self.folder / name).write_text(self._here(text), encoding="utf-8")

    def type(self, command: str, shown: str) -> str:
        """What is seen on standard output. Of a server, what is seen until it says `shown`."""
        if given := re.fullmatch(r"export (\w+)=(\S*)", command):
            self._environment[given[1]] = self._here(given[2])
            return ""
        if server := _SERVERS.search(command):
            return self._serve(server[1], self._here(command), shown)
        if _PLAIN.fullmatch(command):
            return self._keeprate(self._here(command))
        done = subprocess.run(
            ["bash", "-c", self._here(command)],
            cwd=self.folder,
            env=self._environment,
            capture_output=True,
            text=True,
            timeout=PATIENCE,
            check=False,
        )
        return self._there(done.stdout) or self._there(done.stderr)

    def _keeprate(self, command: str) -> str:
        out, err = self.folder / "typed.out", self.folder / "typed.err"
        asked = {
            "command": command,
            "folder": str(self.folder),
            "environment": self._environment,
            "out": str(out),
            "err": str(err),
        }
        if self._typed is None:
            self._typed = subprocess.Popen(
                [sys.executable, "-m", "tests.docs.typed"],
                cwd=ROOT,
                env=self._environment,
                stdin=subprocess.PIPE,
                stdout=subprocess.PIPE,
                text=True,
            )
        assert self._typed.stdin is not None
        assert self._typed.stdout is not None
        self._typed.stdin.write(json.dumps(asked) + "\n")
        self._typed.stdin.flush()
        assert self._typed.stdout.readline().strip(), "the process that runs commands has ended"
        return self._there(out.read_text()) or self._there(err.read_text())

    def say(self, person: str, channel: str, words: str) -> None:
        """A slash command, or a click on the newest button that is called [so]."""
        who, where = PEOPLE[person], CHANNELS[channel]
        if not words.startswith("["):
            command, _, text = words.partition(" ")
            act = {"do": "command", "command": command, "text": text, "channel": where}
            self._sandbox("act", {"person": who, **act})
            return
        label = words.strip("[]")
        for message in reversed(self.messages(person, channel)):
            for block in message.get("blocks", []):
                for element in block.get("elements", []):
                    if block["type"] == "actions" and element["text"]["text"] == label:
                        act = {"do": "click", "action_id": element["action_id"]}
                        at = {"channel": where, "ts": message["ts"]}
                        self._sandbox("act", {"person": who, **act, **at})
                        return
        raise AssertionError(f"{person} sees no button {label} in {channel}")

    def messages(self, person: str, channel: str) -> list[dict[str, Any]]:
        """What the person sees there, oldest first."""
        query = urlencode({"person": PEOPLE[person], "channel": CHANNELS[channel]})
        found: list[dict[str, Any]] = self._sandbox(f"messages?{query}")["messages"]
        return found

    def sees(self, person: str, channel: str, text: str) -> bool:
        """Whether a message comes that says so."""
        return _comes(
            lambda: any(shows(text, message["text"]) for message in self.messages(person, channel))
        )

    def _serve(self, server: str, command: str, shown: str) -> str:
        self._stop(server)
        log, errors = self.folder / f"{server}.log", self.folder / f"{server}.err"
        with log.open("w") as out, errors.open("w") as err:
            self._servers[server] = subprocess.Popen(
                ["bash", "-c", f"exec env {command}"],
                cwd=self.folder,
                env=self._environment,
                stdout=out,
                stderr=err,
                text=True,
            )
        _comes(lambda: shows(shown, self._there(log.read_text())))
        return self._there(log.read_text())

    def _stop(self, server: str) -> None:
        process = self._servers.pop(server, None)
        if process is not None:
            process.send_signal(signal.SIGTERM if server == "run" else signal.SIGINT)
            try:
                process.wait(30)
            except subprocess.TimeoutExpired:
                process.kill()
                process.wait()

    def _sandbox(self, what: str, body: dict[str, Any] | None = None) -> Any:
        request = Request(
            f"http://127.0.0.1:{self.port}/sandbox/{what}",
            data=None if body is None else json.dumps(body).encode(),
        )
        with urlopen(request, timeout=PATIENCE) as answer:
            return json.load(answer)

    def _here(self, text: str) -> str:
        text = re.sub(r"keeprate sandbox$", f"keeprate sandbox --port {self.port}", text)
        return text.replace(SANDBOX_PORT, self.port)

    def _there(self, text: str) -> str:
        return text.replace(self.port, SANDBOX_PORT)


def _comes(it_is_there: Callable[[], bool]) -> bool:
    end = time.monotonic() + PATIENCE
    while not it_is_there():
        if time.monotonic() > end:
            return False
        time.sleep(0.1)
    return True


def _free_port() -> int:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        port: int = probe.getsockname()[1]
        return port
