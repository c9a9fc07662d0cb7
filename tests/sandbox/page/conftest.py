"""One Chromium for all tests of the page; a tab of its own, on a sandbox of its own, for each."""

import os
from collections.abc import AsyncIterator, Iterator

import pytest
from slack_bolt.async_app import AsyncApp

from bot.sandbox.server import Sandbox
from tests.sandbox.conftest import Connected, bolt
from tests.sandbox.page import axe as axe_core
from tests.sandbox.page.browser import Browser, Chromium, Page, installed


@pytest.fixture(scope="session")
def chromium() -> Iterator[Chromium]:
    path = installed()
    if path is None:
        why = "No Chromium is installed here (Debian and Ubuntu: apt-get install chromium)."
        if os.environ.get("CI"):
            pytest.fail(why)
        pytest.skip(why)
    started = Chromium(path)
    yield started
    started.stop()


@pytest.fixture(scope="session")
def axe() -> str:
    script = axe_core.script()
    if script is None:
        why = "axe-core is not installed; `make test` does so."
        if os.environ.get("CI"):
            pytest.fail(why)
        pytest.skip(why)
    return script


@pytest.fixture
async def page(chromium: Chromium, slack: Sandbox) -> AsyncIterator[Page]:
    """A tab, not opened anywhere yet. Its scripts must throw nothing, or the test fails."""
    async with Browser(chromium) as browser, browser.page() as page:
        yield page
        assert page.complaints() == []


@pytest.fixture
async def app(slack: Sandbox) -> AsyncIterator[AsyncApp]:
    """A bolt app without listeners, connected."""
    made = bolt(slack)
    async with Connected(made, slack):
        yield made
