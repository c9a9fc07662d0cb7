"""The pictures in the docs: what is on them, how they are taken, and where they are kept.

Each lies in docs/pictures/ with the words that are on it beside it, so that a test sees when the
product says something else than its picture, and a diff shows what.
"""

import asyncio
import base64
import re
import struct
import zlib
from collections.abc import Awaitable, Callable
from dataclasses import dataclass
from pathlib import Path

from bot.sandbox.scenes import ACME_SHARED, BOARD, CARLA, LEAD, SUCCESS
from tests.sandbox.page.answering import draw_ways, open_web_page
from tests.sandbox.page.browser import Page
from tests.sandbox.page.visitor import Visitor

DESKTOP = (1280, 900)
TALL = (1280, 1500)
TALLER = (1280, 2400)
"""An alert, and the weekly post below it."""
PHONE = (390, 3600)
"""As wide as a phone, and tall enough for a whole message."""


@dataclass(frozen=True, slots=True)
class Picture:
    name: str
    window: tuple[int, int]
    arrange: Callable[[Visitor], Awaitable[None]]
    """Brings on screen what is to be seen."""
    of: str = ""
    """Selects what is on it; all of the window if empty."""
    words: str = ""
    """Selects whose words are kept, if not those of all that is on it."""
    scale: float = 2
    """Pixels for each of the page's."""

    async def take(self, visitor: Visitor, folder: Path) -> str:
        """Writes the PNG; returns the words on it."""
        page = visitor.page
        await page.size(*self.window, scale=self.scale)
        await self.arrange(visitor)
        await page.run(_AWAY)
        await page.ask("Input.dispatchMouseEvent", type="mouseMoved", x=0, y=0)
        await page.until(_DRAWN)
        await page.run(_SETTLED)
        png = folder / f"{self.name}.png"
        await page.picture(png, of=self.of)
        await _shrink(page, png)
        selector = self.words or self.of
        return timeless(str(await page.run(f"({_WORDS})({selector!r})")))


async def _weekly_post(visitor: Visitor) -> None:
    await _open(visitor, LEAD, SUCCESS)
    await visitor.reads("Customer retention, week 26 Oct to 1 Nov 2026")


async def _alert(visitor: Visitor) -> None:
    await _open(visitor, LEAD, SUCCESS)
    await visitor.reads("Retention dropped", "stayed in October 2026", "Acknowledge")


async def _app_home(visitor: Visitor) -> None:
    await _open(visitor, LEAD, "home")
    await visitor.page.see("Are our customers staying?", within="#app-panel")


async def _survey(visitor: Visitor) -> None:
    """Asked by the lead, and answered by the customer, who is just to write a sentence."""
    await _open(visitor, LEAD, ACME_SHARED)
    await visitor.types("/nps ask")
    await visitor.reads("Only visible to you", "The question is in #acme-shared")
    await _open(visitor, CARLA, ACME_SHARED)
    await visitor.page.click(".message:last-child .button", "9 out of 10")
    await visitor.page.see("Would you like to say why?", within="#modal")
    await visitor.page.click("#modal footer .button", "Skip")
    await visitor.page.until("!document.querySelector('#modal').open")
    await visitor.reads("Only visible to you", "Your answer, 9 out of 10, is stored.")


async def _monthly_post(visitor: Visitor) -> None:
    await _open(visitor, LEAD, BOARD)
    await visitor.reads("Customer retention, October 2026", "Cohorts by month")
    await visitor.page.until(_LOADED)


async def _open(visitor: Visitor, person: str, place: str) -> None:
    await visitor.page.run(f"location.hash = '#/{person}/{place}'")
    await visitor.page.until(f"location.hash === '#/{person}/{place}'")


PICTURES = (
    Picture("demo", DESKTOP, _weekly_post, words=".top, .sidebar, .guide", scale=1),
    Picture("weekly-post", TALLER, _weekly_post, of=".message:last-child"),
    Picture("weekly-post-phone", PHONE, _weekly_post, of=".message:last-child"),
    Picture("alert", TALLER, _alert, of=".message:has(.primary)"),
    Picture("app-home", TALL, _app_home, of="#place .heading-bar, .home"),
    Picture("survey", TALL, _survey, of=".message:nth-last-child(-n+2)"),
    Picture(
        "monthly-post", TALLER, _monthly_post, of=".message:has(img[alt^='A table of'])", scale=1
    ),
    Picture("survey-ways", TALLER, draw_ways, of="main", scale=1),
    Picture("survey-page", TALLER, open_web_page, of="main"),
)
"""In this order, on one demo, which the last two take away."""

_LOADED = """[...document.querySelectorAll("img[alt^='A table of']")]
  .some((one) => one.complete && one.naturalWidth)"""
_AWAY = "document.activeElement.blur()"
_DRAWN = "[...document.querySelectorAll('.canvas')].every((one) => one.firstElementChild)"
_SETTLED = "new Promise((done) => requestAnimationFrame(() => requestAnimationFrame(done)))"
_WORDS = """(selector) => [...document.querySelectorAll(selector)]
  .map((one) => one.innerText).join("\\n")"""
_FEW_COLOURS = """async (png) => {
  const bytes = (text) => Uint8Array.from(atob(text), (one) => one.codePointAt(0));
  const text = (bytes) => {
    let out = "";
    for (let at = 0; at < bytes.length; at += 8192)
      out += String.fromCodePoint(...bytes.subarray(at, at + 8192));
    return btoa(out);
  };
  const image = await createImageBitmap(new Blob([bytes(png)], { type: "image/png" }));
  const canvas = new OffscreenCanvas(image.width, image.height).getContext("2d");
  canvas.drawImage(image, 0, 0);
  const { data } = canvas.getImageData(0, 0, image.width, image.height);
  const colours = new Uint32Array(data.length / 4);
  const often = new Map();
  for (let at = 0; at < colours.length; at++) {
    const colour = (data[4 * at] << 16) | (data[4 * at + 1] << 8) | data[4 * at + 2];
    colours[at] = colour;
    often.set(colour, (often.get(colour) ?? 0) + 1);
  }
  const all = [...often.keys()].sort((a, b) => often.get(b) - often.get(a));
  const palette = [];
  const parts = (colour) => [colour >> 16, (colour >> 8) & 255, colour & 255];
  const apart = (a, b) => parts(a).reduce((sum, one, at) => sum + (one - parts(b)[at]) ** 2, 0);
  // The most frequent first; of those that look the same, one.
  for (let far = 512; palette.length < 256 && far >= 1; far /= 4)
    for (const colour of all)
      if (palette.length < 256 && !palette.some((one) => apart(one, colour) < far))
        palette.push(colour);
  const nearest = new Map(all.map((colour) => [colour, palette.reduce(
    (best, one, at) => (apart(one, colour) < apart(palette[best], colour) ? at : best), 0)]));
  return {
    palette: text(Uint8Array.from(palette.flatMap(parts))),
    pixels: text(Uint8Array.from(colours, (colour) => nearest.get(colour))),
  };
}"""


def timeless(words: str) -> str:
    """Without the times at which something was just written; one line for each line."""
    lines = [line.strip() for line in words.splitlines()]
    return (
        "\n".join(re.sub(r"^(.*, )?\d\d:\d\d$", r"\1hh:mm", line) for line in lines if line) + "\n"
    )


async def _shrink(page: Page, png: Path) -> None:
    """To 256 colours, which is a third of the bytes, and nothing that one sees."""
    whole = await asyncio.to_thread(png.read_bytes)
    given = base64.b64encode(whole).decode()
    found = await page.run(f"({_FEW_COLOURS})({given!r})")
    palette, pixels = base64.b64decode(found["palette"]), base64.b64decode(found["pixels"])
    await asyncio.to_thread(png.write_bytes, _indexed(*size(whole), palette, pixels))


def _indexed(width: int, height: int, palette: bytes, pixels: bytes) -> bytes:
    """A PNG of one byte a pixel. https://www.w3.org/TR/png-3/"""
    rows = b"".join(b"\0" + pixels[at : at + width] for at in range(0, len(pixels), width))
    chunks = {
        b"IHDR": struct.pack(">IIBBBBB", width, height, 8, 3, 0, 0, 0),
        b"PLTE": palette,
        b"IDAT": zlib.compress(rows, 9),
        b"IEND": b"",
    }
    return b"\x89PNG\r\n\x1a\n" + b"".join(
        struct.pack(">I", len(data)) + kind + data + struct.pack(">I", zlib.crc32(kind + data))
        for kind, data in chunks.items()
    )


def size(png: bytes) -> tuple[int, int]:
    """Width and height in pixels."""
    width, height = struct.unpack(">II", png[16:24])
    return width, height
