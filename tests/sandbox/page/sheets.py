"""Contact sheets: every message as Slack draws it, English on the left and Dutch on the right.

`make pictures` keeps them in docs/pictures/messages, a sheet for each module of bot/messages.
"""

import base64
import importlib
import json
from collections.abc import Sequence
from pathlib import Path
from typing import Any

from bot.messages import heatmap
from bot.messages.blocks import PICTURE
from tests.messages.conftest import GOLDEN
from tests.messages.test_heatmap import cohorts
from tests.sandbox.page.browser import Page
from tests.sandbox.page.kept import KEPT, TAKEN

SHEETS_KEPT = KEPT / "messages"
SHEETS_TAKEN = TAKEN / "messages"
WIDTH = 1180
SCALE = 0.6
"""Pixels for each of the page's: the words can still be read."""
QUALITY = 25
UNSEEN = ("markup", "nasty", "many", "older-version", "ten-thousand", "long")
"""In the names of messages that are there for what they bear, not for what they say."""

TITLES = {
    "crr": "/crr",
    "explain": "/crr explain and /crr as",
    "cohorts": "/crr cohort",
    "lifetime": "/crr lifetime",
    "compare": "/crr compare",
    "joined": "/crr joined",
    "churn": "/churn",
    "counting": "Customers who are only counted",
    "weekly": "The weekly post",
    "closing": "Restatements",
    "subscriptions": "Subscriptions",
    "home": "App Home",
    "alerts": "Alerts and notices",
    "episodes": "What is done about an alert",
    "rules": "Rules and back-tests",
    "asking": "Asking customers",
    "surveys": "Questions to customers",
    "results": "Results, themes and outcomes",
    "digest": "The digest of answers",
    "loops": "Low scores",
    "reasons": "Why customers left",
    "keeprate": "/keeprate",
    "sources": "/keeprate sources, settings and export",
    "named": "Who may what",
    "settings": "Settings chosen in App Home",
    "links": "/keeprate link",
    "merges": "/keeprate merge",
    "matching": "How sources fit together",
    "channels": "What becomes of channels",
}
"""Of each sheet, by the module whose messages are on it."""


def names(module: str) -> list[str]:
    """The golden files of its messages, in the order of its test."""
    tests = importlib.import_module(f"tests.messages.test_{module}")
    known = getattr(tests, "CASES", None)
    found = list(known) if known else _golden_like(tests)
    return [
        name
        for name in found
        if (GOLDEN / f"{name}.json").exists() and not any(part in name for part in UNSEEN)
    ]


def _golden_like(tests: Any) -> list[str]:
    """Of a test that makes its messages as it goes: those whose names begin so."""
    module = tests.__name__.rpartition("test_")[2]
    return sorted(path.stem for path in GOLDEN.glob(f"{_BEGIN[module]}*.json"))


_BEGIN = {"channels": "channel-", "episodes": "alert-", "merges": "merge", "rules": "rule"}


def pair(name: str) -> dict[str, Any]:
    """A message in both languages, as blocks."""
    return {"name": name, "shown": [_blocks(GOLDEN / name), _blocks(GOLDEN / "nl" / name)]}


def _blocks(path: Path) -> list[Any]:
    found = json.loads(path.with_suffix(".json").read_text())
    return [_with_picture(block) for block in found["blocks"]]


def _with_picture(block: dict[str, Any]) -> dict[str, Any]:
    """What is uploaded when a message is posted, in the place that waits for it."""
    if (block.get("slack_file") or {}).get("id") != PICTURE:
        return block
    drawn = base64.b64encode(heatmap.draw(cohorts(6))).decode()
    return {
        "type": "image",
        "image_url": f"data:image/png;base64,{drawn}",
        "alt_text": block["alt_text"],
    }


async def draw(page: Page, module: str, shown: Sequence[str]) -> int:
    """Puts these messages on the page, which is open on a sandbox; returns the height of it all."""
    pairs = [pair(name) for name in shown]
    await page.size(WIDTH, 800, scale=SCALE)
    height = await page.run(f"({_DRAW})({json.dumps(TITLES[module])}, {json.dumps(pairs)})")
    return int(height) + 1


async def take(page: Page, module: str, folder: Path) -> Path:
    """Writes the sheet."""
    height = await draw(page, module, names(module))
    await page.size(WIDTH, height, scale=SCALE)
    shot = await page.ask("Page.captureScreenshot", format="webp", quality=QUALITY)
    path = folder / f"{module}.webp"
    path.write_bytes(base64.b64decode(shot["data"]))
    return path


_CARD = (
    "min-width: 0; overflow: hidden; padding: 8px 12px; border: 1px solid #ddd; border-radius: 6px"
)
_GRID = (
    "display: grid; grid-template-columns: 1fr 1fr; gap: 8px 12px; padding: 16px;"
    f" width: {WIDTH}px; box-sizing: border-box; height: auto; align-items: start"
)
_ACROSS = "grid-column: 1 / -1; margin: 0; font-weight: 600"
_MADE = f"""
  const {{ blocks }} = await import("/page/blocks.js");
  const where = {{ kind: "message", value: () => undefined, keep: () => undefined,
                   send: async () => ({{}}), errors: {{}} }};
  const made = (name, css, ...inside) => {{
    const one = document.createElement(name);
    one.style.cssText = css;
    one.append(...inside);
    return one;
  }};
  const card = (list) => {{
    const one = made("div", {json.dumps(_CARD)}, ...blocks(list, where));
    one.className = "blocks";
    return one;
  }};
  const shown = async (title, rows) => {{
    const top = title ? [made("h1", {json.dumps(_ACROSS)}, title)] : [];
    const main = made("main", {json.dumps(_GRID)}, ...top, ...rows);
    document.body.replaceChildren(main);
    document.documentElement.style.cssText = "height: auto; overflow: visible";
    document.body.style.cssText = "display: block; height: auto; background: #fff";
    await new Promise((done) => requestAnimationFrame(() => requestAnimationFrame(done)));
    return main.getBoundingClientRect().height;
  }};"""
_DRAW = f"""async (title, pairs) => {{
  {_MADE}
  const rows = pairs.flatMap(({{ name, shown }}) =>
    [made("div", {json.dumps(_ACROSS)}, name), ...shown.map(card)]);
  return shown(title, rows);
}}"""
DRAW_CARDS = f"""(cards) => {{
  const draw = async () => {{
    {_MADE}
    const named = ([name, list]) =>
      made("div", "min-width: 0", made("p", {json.dumps(_ACROSS)}, name), card(list));
    return shown("", cards.map(named));
  }};
  return draw();
}}"""
"""Shows (name, blocks), two side by side."""
