"""Golden files: what a message looks like, kept as JSON; the diff is the review.

`pytest tests/messages --update-golden` writes them anew.
"""

import json
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from bot.messages.blocks import Block, Message
from bot.slack.poster import message_problems
from bot.slack.validation import view_problems

GOLDEN = Path(__file__).parent / "golden"

Golden = Callable[[str, Message | Block], None]


def pytest_addoption(parser: pytest.Parser) -> None:
    parser.addoption("--update-golden", action="store_true", help="write golden files anew")


@pytest.fixture
def golden(request: pytest.FixtureRequest) -> Golden:
    """Compare a message or view with its file, after Slack's limits have had their say."""

    def compare(name: str, shown: Message | Block) -> None:
        problems = message_problems(shown) if isinstance(shown, Message) else view_problems(shown)
        assert not problems, "\n".join(map(str, problems))
        path = GOLDEN / f"{name}.json"
        written = json.dumps(_plain(shown), indent=1, ensure_ascii=False) + "\n"
        if request.config.getoption("--update-golden", default=False):
            path.parent.mkdir(exist_ok=True)
            path.write_text(written)
        assert path.exists(), f"{path.name} is missing: run pytest tests/messages --update-golden"
        assert written == path.read_text()

    return compare


def _plain(shown: Message | Block) -> Any:
    if isinstance(shown, Message):
        return {"text": shown.text, "blocks": shown.blocks, "fallback": shown.fallback}
    return shown
