"""Every message is drawn, in English and in Dutch, and its picture is in the docs."""

import os
import re
import shutil
from pathlib import Path

import numpy as np
import pytest
from PIL import Image

from bot.sandbox.server import Sandbox
from tests.docs.pages import ROOT
from tests.messages.conftest import GOLDEN
from tests.sandbox.page.browser import Page
from tests.sandbox.page.sheets import SHEETS_KEPT, SHEETS_TAKEN, TITLES, draw, names, take

KEEP = "KEEPRATE_PICTURES" in os.environ
PAGE = ROOT / "docs" / "messages.md"
MESSAGES = GOLDEN.parent
LARGEST = 1_000_000
"""Bytes of a sheet."""


async def test_every_message_is_drawn(page: Page, slack: Sandbox) -> None:
    SHEETS_TAKEN.mkdir(parents=True, exist_ok=True)
    await page.open(slack.url)
    page.forgive("/sandbox/files/")  # pictures that were uploaded are in no golden file
    for module in TITLES:
        every = names(module)
        await draw(page, module, every)
        assert await page.count("main > .blocks") == 2 * len(every) > 0
        assert await page.count(".unknown") == 0
        taken = await take(page, module, SHEETS_TAKEN)
        if KEEP:
            SHEETS_KEPT.mkdir(parents=True, exist_ok=True)
            shutil.copy(taken, SHEETS_KEPT)
        assert taken.stat().st_size < LARGEST, f"{module} has {taken.stat().st_size:,} bytes"
        _compare(taken, SHEETS_KEPT / taken.name)


def _compare(taken: Path, kept: Path) -> None:
    """Loosely, for each machine has letters of its own: about as large, and about as dark."""
    old = f"{kept.name} is of before what messages look like: look at the new one, `make pictures`"
    with Image.open(taken) as new, Image.open(kept) as before:
        assert new.width == before.width, old
        assert new.height == pytest.approx(before.height, rel=0.2), old
        shades = [np.asarray(each.convert("L"), np.float64).mean() for each in (new, before)]
    assert shades[0] == pytest.approx(shades[1], abs=6), old


def test_every_sheet_is_kept_and_in_the_page() -> None:
    shown = re.findall(r"!\[[^\]]+\]\(pictures/messages/(\w+)\.webp\)", PAGE.read_text())

    assert shown == list(TITLES)
    golden = {
        path.stem for path in MESSAGES.glob("test_*.py") if "golden: Golden" in path.read_text()
    }
    assert golden - {"test_languages"} == {f"test_{module}" for module in TITLES}
    assert {path.stem for path in SHEETS_KEPT.iterdir()} == set(TITLES)


@pytest.mark.parametrize("module", TITLES)
def test_every_message_of_a_sheet_is_in_both_languages(module: str) -> None:
    assert names(module)
    for name in names(module):
        assert (GOLDEN / "nl" / f"{name}.json").exists()
