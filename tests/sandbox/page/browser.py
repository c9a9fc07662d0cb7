"""A real Chromium, driven over its DevTools protocol: a websocket and JSON, nothing to install.

https://chromedevtools.github.io/devtools-protocol/
"""

import asyncio
import base64
import json
import os
import shutil
import signal
import subprocess
import tempfile
import time
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager, suppress
from itertools import count
from pathlib import Path
from types import TracebackType
from typing import Any, Self

from aiohttp import ClientSession, ClientWebSocketResponse

DESKTOP = (1280, 900)
PHONE = (390, 844)

PATIENCE = 60.0
"""Seconds for what the browser is to do; it mostly does it at once, and later where others work."""

_NAMES = ("chromium", "chromium-browser", "google-chrome", "google-chrome-stable", "chrome")
_KEYS = {
    "ArrowDown": 40,
    "ArrowLeft": 37,
    "ArrowRight": 39,
    "ArrowUp": 38,
    "Backspace": 8,
    "End": 35,
    "Enter": 13,
    "Escape": 27,
    "Home": 36,
    "Tab": 9,
}


def installed() -> str | None:
    """The path of a Chromium, if there is one."""
    return next(filter(None, map(shutil.which, _NAMES)), None)


class Chromium:
    """One headless browser process, which any number of pages share."""

    def __init__(self, path: str) -> None:
        self._profile = tempfile.TemporaryDirectory(
            prefix="keeprate-chromium-", ignore_cleanup_errors=True
        )
        self._process = subprocess.Popen(
            [
                path,
                "--headless=new",
                "--no-sandbox",
                "--disable-gpu",
                "--disable-dev-shm-usage",
                "--no-first-run",
                "--disable-background-networking",
                "--disable-component-update",
                "--disable-sync",
                "--hide-scrollbars",
                "--force-color-profile=srgb",
                "--disable-lcd-text",  # grey edges, on every machine
                "--remote-debugging-port=0",
                "--remote-allow-origins=*",
                f"--user-data-dir={self._profile.name}",
                "about:blank",
            ],
            stdout=subprocess.DEVNULL,
            stderr=subprocess.DEVNULL,
            start_new_session=True,
        )
        self.address = self._listening()

    def _listening(self) -> str:
        """The websocket of the browser, when it has written where it listens."""
        told = Path(self._profile.name, "DevToolsActivePort")
        until = time.monotonic() + PATIENCE
        while time.monotonic() < until:
            if self._process.poll() is not None:
                raise RuntimeError(f"Chromium ended at once ({self._process.returncode}).")
            with suppress(OSError, ValueError):
                port, path = told.read_text().split()
                return f"ws://127.0.0.1:{port}{path}"
            time.sleep(0.05)
        raise RuntimeError(f"Chromium did not listen within {PATIENCE:g} seconds.")

    def stop(self) -> None:
        self._process.terminate()
        try:
            self._process.wait(10)
        except subprocess.TimeoutExpired:
            self._process.kill()
            self._process.wait()
        with suppress(ProcessLookupError):
            os.killpg(self._process.pid, signal.SIGKILL)  # its children, which may write yet
        self._profile.cleanup()


class Connection:
    """The protocol: commands out, answers and events in."""

    def __init__(self, stream: ClientWebSocketResponse) -> None:
        self._stream = stream
        self._numbers = count(1)
        self._waiting: dict[int, asyncio.Future[dict[str, Any]]] = {}
        self._pages: dict[str, list[dict[str, Any]]] = {}
        self._reading = asyncio.get_running_loop().create_task(self._read())

    async def _read(self) -> None:
        async for frame in self._stream:
            message = json.loads(frame.data)
            if "id" in message:
                waiting = self._waiting.pop(message["id"], None)
                if waiting is not None and not waiting.done():
                    waiting.set_result(message)
            elif (session := message.get("sessionId")) in self._pages:
                self._pages[session].append(message)

    async def ask(self, method: str, session: str = "", **arguments: Any) -> dict[str, Any]:
        number = next(self._numbers)
        self._waiting[number] = asyncio.get_running_loop().create_future()
        told = {"id": number, "method": method, "params": arguments}
        await self._stream.send_str(json.dumps(told | ({"sessionId": session} if session else {})))
        answer = await asyncio.wait_for(self._waiting[number], PATIENCE)
        if "error" in answer:
            raise RuntimeError(f"{method}: {answer['error']}")
        result: dict[str, Any] = answer["result"]
        return result

    def events(self, session: str) -> list[dict[str, Any]]:
        return self._pages.setdefault(session, [])

    async def stop(self) -> None:
        self._reading.cancel()
        await asyncio.gather(self._reading, return_exceptions=True)
        await self._stream.close()


class Page:
    """A tab with cookies and storage of its own. What the page's scripts throw is kept."""

    def __init__(self, connection: Connection, session: str) -> None:
        self._connection = connection
        self._session = session
        self._events = connection.events(session)
        self._forgiven: list[str] = []

    async def ask(self, method: str, **arguments: Any) -> dict[str, Any]:
        return await self._connection.ask(method, self._session, **arguments)

    async def size(self, width: int, height: int, *, scale: float = 1) -> None:
        await self.ask(
            "Emulation.setDeviceMetricsOverride",
            width=width,
            height=height,
            deviceScaleFactor=scale,
            mobile=False,
        )

    async def prefer(self, **features: str) -> None:
        """Media features, e.g. `prefers_color_scheme="dark"`."""
        named = [{"name": k.replace("_", "-"), "value": v} for k, v in features.items()]
        await self.ask("Emulation.setEmulatedMedia", features=named)

    async def open(self, url: str) -> None:
        await self.ask("Page.navigate", url=url)
        await self.until("document.body && document.body.dataset.ready === 'yes'")

    async def run(self, script: str) -> Any:
        """The value of an expression, awaited if it is a promise."""
        found = await self.ask(
            "Runtime.evaluate", expression=script, awaitPromise=True, returnByValue=True
        )
        if "exceptionDetails" in found:
            raise AssertionError(found["exceptionDetails"]["exception"].get("description", found))
        return found["result"].get("value")

    async def until(self, script: str, *, timeout: float = PATIENCE) -> Any:
        """As soon as an expression is true, its value. Raises AssertionError with what is shown."""
        until = asyncio.get_running_loop().time() + timeout
        while asyncio.get_running_loop().time() < until:
            with suppress(AssertionError):
                if found := await self.run(f"({_TRUTH})({script})"):
                    return found
            await asyncio.sleep(0.02)
        shown = await self.run("document.body.innerText")
        raise AssertionError(f"never: {script}\n{self.complaints()}\n{shown}")

    async def see(self, words: str, *, within: str = "body") -> None:
        """Wait until the words can be read."""
        place = f"document.querySelector({json.dumps(within)})"
        await self.until(f"{place} && {place}.innerText.includes({json.dumps(words)})")

    async def text(self, selector: str) -> str:
        return str(await self.run(f"document.querySelector({json.dumps(selector)}).innerText"))

    async def count(self, selector: str) -> int:
        return int(await self.run(f"document.querySelectorAll({json.dumps(selector)}).length"))

    async def click(self, selector: str, words: str = "") -> None:
        """With a real mouse, in the middle of the element, which must be on top there."""
        x, y = await self.until(f"({_SPOT})({json.dumps(selector)}, {json.dumps(words)})")
        for kind in ("mouseMoved", "mousePressed", "mouseReleased"):
            await self.ask(
                "Input.dispatchMouseEvent",
                type=kind,
                x=x,
                y=y,
                button="none" if kind == "mouseMoved" else "left",
                clickCount=0 if kind == "mouseMoved" else 1,
            )

    async def type(self, words: str) -> None:
        await self.ask("Input.insertText", text=words)

    async def key(self, name: str, *, shift: bool = False) -> None:
        text = {"Enter": "\r", " ": " "}.get(name, name if len(name) == 1 else "")
        code = _KEYS.get(name, ord(name.upper()[0]))
        about = {"key": name, "windowsVirtualKeyCode": code, "modifiers": 8 if shift else 0}
        await self.ask("Input.dispatchKeyEvent", type="keyDown", text=text, **about)
        await self.ask("Input.dispatchKeyEvent", type="keyUp", **about)

    async def focused(self) -> str:
        """What has the focus, as a screen reader would name it."""
        return str(await self.run(f"({_NAME})(document.activeElement)"))

    async def picture(self, path: Path, *, of: str = "") -> None:
        """A PNG of what is on screen, or of the part of it in which all such elements are."""
        clip: dict[str, Any] = {}
        if of:
            clip["clip"] = await self.run(f"({_AROUND})({json.dumps(of)})")
        shot = await self.ask("Page.captureScreenshot", format="png", **clip)
        await asyncio.to_thread(path.write_bytes, base64.b64decode(shot["data"]))

    def complaints(self) -> list[str]:
        """What the page's scripts threw, and what the browser refused or could not load.

        A 409 is the sandbox saying no, which the person reads.
        """
        found = []
        for event in self._events:
            match event:
                case {"method": "Runtime.exceptionThrown", "params": {"exceptionDetails": thrown}}:
                    found.append(thrown.get("exception", {}).get("description") or thrown["text"])
                case {"method": "Log.entryAdded", "params": {"entry": {"level": "error"} as entry}}:
                    found.append(f"{entry['text']} {entry.get('url', '')}")
        meant = ("status of 409", *self._forgiven)
        return [one for one in found if not any(words in one for words in meant)]

    def forgive(self, words: str) -> None:
        """Complaints with these words, earlier and later ones, are what the test meant."""
        self._forgiven.append(words)

    async def start(self) -> Self:
        for domain in ("Page", "Runtime", "Log"):
            await self.ask(f"{domain}.enable")
        await self.size(*DESKTOP)
        return self


class Browser:
    """A connection to a Chromium, from `async with` to its end."""

    def __init__(self, chromium: Chromium) -> None:
        self._address = chromium.address

    async def __aenter__(self) -> Self:
        self._http = ClientSession()
        stream = await self._http.ws_connect(self._address, max_msg_size=0)
        self._connection = Connection(stream)
        return self

    async def __aexit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        await self._connection.stop()
        await self._http.close()

    @asynccontextmanager
    async def page(self) -> AsyncIterator[Page]:
        ask = self._connection.ask
        context = (await ask("Target.createBrowserContext"))["browserContextId"]
        made = await ask("Target.createTarget", url="about:blank", browserContextId=context)
        attached = await ask("Target.attachToTarget", targetId=made["targetId"], flatten=True)
        try:
            yield await Page(self._connection, attached["sessionId"]).start()
        finally:
            await ask("Target.disposeBrowserContext", browserContextId=context)


_TRUTH = "(value) => value instanceof Element || value"
"""An element is true, but has no value that could be handed over."""
_SPOT = """(selector, words) => {
  for (const one of document.querySelectorAll(selector)) {
    const names = one.innerText + (one.getAttribute("aria-label") ?? "");
    if (words && !names.includes(words)) continue;
    one.scrollIntoView({ block: "nearest", behavior: "instant" });
    const box = one.getBoundingClientRect();
    const [x, y] = [box.x + box.width / 2, box.y + box.height / 2];
    const top = document.elementFromPoint(x, y);
    if (top && (one.contains(top) || top.contains(one))) return [x, y];
  }
  return null;
}"""
_AROUND = """(selector) => {
  const boxes = [...document.querySelectorAll(selector)].map((one) => one.getBoundingClientRect());
  const x = Math.floor(Math.min(...boxes.map((box) => box.left)));
  const y = Math.floor(Math.min(...boxes.map((box) => box.top)));
  const width = Math.ceil(Math.max(...boxes.map((box) => box.right))) - x;
  const height = Math.ceil(Math.max(...boxes.map((box) => box.bottom))) - y;
  return { x, y, width, height, scale: 1 };
}"""
_NAME = """(one) => {
  const labelled = (one.getAttribute("aria-labelledby") ?? "").split(" ")
    .map((id) => document.getElementById(id)?.textContent).filter(Boolean).join(" ");
  const own = one.labels?.length ? one.labels[0].innerText : "";
  return one.getAttribute("aria-label") || labelled || own || one.innerText || one.tagName;
}"""
