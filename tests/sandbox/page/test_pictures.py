"""The pictures in the docs show what the bot says and the page draws today."""

import os
import re
import shutil
from collections.abc import AsyncIterator

import pytest

from bot.sandbox.demo import Demo, staged
from bot.sandbox.server import Sandbox
from tests.docs.pages import PAGES
from tests.sandbox.page.browser import Page
from tests.sandbox.page.kept import KEPT, TAKEN
from tests.sandbox.page.pictures import PICTURES, Picture, size, timeless
from tests.sandbox.page.visitor import Visitor

KEEP = "KEEPRATE_PICTURES" in os.environ
"""`make pictures`: what is taken is kept, instead of compared with what was kept."""

LARGEST = 200_000
"""Bytes, so that a page of the docs is there at once."""


@pytest.fixture
async def demo() -> AsyncIterator[Demo]:
    async with staged() as demo:
        await demo.begin()
        yield demo


@pytest.fixture
def slack(demo: Demo) -> Sandbox:
    return demo.slack


async def test_the_pictures_in_the_docs_show_what_there_is(
    page: Page, slack: Sandbox, axe: str
) -> None:
    TAKEN.mkdir(parents=True, exist_ok=True)
    visitor = Visitor(page, axe)
    await page.prefer(prefers_reduced_motion="reduce")  # or a picture shows what is on its way
    await page.open(slack.url)
    for picture in PICTURES:
        words = await picture.take(visitor, TAKEN)
        if KEEP:
            _keep(picture, words)
        _compare(picture, words)


def _keep(picture: Picture, words: str) -> None:
    KEPT.mkdir(exist_ok=True)
    shutil.copy(TAKEN / f"{picture.name}.png", KEPT)
    (KEPT / f"{picture.name}.txt").write_text(words, encoding="utf-8")


def _compare(picture: Picture, words: str) -> None:
    """Loosely, for each machine has letters of its own: the words, and about how large."""
    taken, kept = TAKEN / f"{picture.name}.png", KEPT / f"{picture.name}.png"
    old = "is of before what you see: look at the new one and `make pictures`"
    assert words == kept.with_suffix(".txt").read_text(encoding="utf-8"), f"{kept.name} {old}"
    (width, height), (kept_width, kept_height) = size(taken.read_bytes()), size(kept.read_bytes())
    assert width == pytest.approx(kept_width, rel=0.1), f"{kept.name} {old}"
    assert height == pytest.approx(kept_height, rel=0.2), f"{kept.name} {old}"
    for png in (taken, kept):
        drawn = png.stat().st_size
        assert width * height / 100 < drawn < LARGEST, f"{png} has {drawn:,} bytes"


def test_every_kept_picture_is_one_that_is_taken() -> None:
    names = {picture.name for picture in PICTURES}
    assert {path.stem for path in KEPT.iterdir() if path.is_file()} == names


def test_every_picture_is_in_a_page_with_its_numbers_for_who_cannot_see_it() -> None:
    shown = set()
    for page in PAGES:
        for source, told in re.findall(r'<img src="([^"]+)"[^>]* alt="([^"]+)"', page.read_text()):
            picture = page.parent / source
            shown.add(picture.resolve())
            words = picture.with_suffix(".txt").read_text()
            missing = [
                number for number in re.findall(r"\d[\d.]*\d|\d", told) if number not in words
            ]
            assert missing == [], f"{page.name} says of {picture.name} what is not on it"
    assert shown == set(KEPT.glob("*.png"))


def test_what_was_just_written_is_the_same_at_any_time() -> None:
    assert timeless("Keeprate\n APP \n09:03\n\nas of 2 Nov, 03:15\n") == timeless(
        "Keeprate\nAPP\n11:59\nas of 2 Nov, 03:15"
    )
    assert "at 09:03 sharp" in timeless("at 09:03 sharp")
