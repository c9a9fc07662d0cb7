"""A Slack and a folder for each test, on a database of its own."""

from collections.abc import AsyncIterator
from pathlib import Path

import pytest

from bot.sandbox.server import Sandbox
from bot.sandbox.settings import Settings
from tests.end_to_end.running import Place, free_port, workspace


@pytest.fixture
def settings() -> Settings:
    return workspace()


@pytest.fixture
async def slack(settings: Settings) -> AsyncIterator[Sandbox]:
    async with Sandbox(settings) as sandbox:
        yield sandbox


@pytest.fixture
def place(slack: Sandbox, sqlite_url: str, tmp_path: Path) -> Place:
    return Place(tmp_path, sqlite_url, slack)


@pytest.fixture(params=["socket", "http"])
def http_port(request: pytest.FixtureRequest) -> int:
    """0 in Socket Mode, a free port in HTTP mode: the test is made in both."""
    return free_port() if request.param == "http" else 0
