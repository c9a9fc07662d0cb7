"""Golden files: what a message looks like, kept as JSON; the diff is the review.

`pytest tests/messages --update-golden` writes them anew. A test that has the fixture `golden` runs
in English and in Dutch (golden/nl).
"""

import importlib.util
import json
import sys
from collections.abc import Callable, Iterator
from functools import cache
from pathlib import Path
from types import ModuleType
from typing import Any

import pytest

from bot.messages.blocks import Block, Message
from bot.messages.languages import ENGLISH, TEAM_LANGUAGES, speaking
from bot.slack.poster import message_problems
from bot.slack.validation import view_problems

GOLDEN = Path(__file__).parent / "golden"

Golden = Callable[[str, Message | Block], None]


def pytest_addoption(parser: pytest.Parser) -> None:
    parser.addoption("--update-golden", action="store_true", help="write golden files anew")


HAS_ITS_OWN_LANGUAGES = "test_languages"
"""Of what customers read, which is in six."""


def pytest_generate_tests(metafunc: pytest.Metafunc) -> None:
    if "golden" in metafunc.fixturenames:
        own = metafunc.module.__name__.endswith(HAS_ITS_OWN_LANGUAGES)
        languages = (ENGLISH,) if own else TEAM_LANGUAGES
        metafunc.parametrize("golden", languages, indirect=True)


@pytest.hookimpl(tryfirst=True)
def pytest_pyfunc_call(pyfuncitem: pytest.Function) -> None:
    """Most messages are made when the module of their test is imported: so in another language the
    test is taken from that module, imported once more while that language is spoken."""
    callspec = getattr(pyfuncitem, "callspec", None)
    language = callspec.params.get("golden", ENGLISH) if callspec else ENGLISH
    if language != ENGLISH:
        again = _imported(str(pyfuncitem.path), language)
        pyfuncitem.obj = getattr(again, pyfuncitem.originalname)


@cache
def _imported(path: str, language: str) -> ModuleType:
    spec = importlib.util.spec_from_file_location(f"{Path(path).stem}_in_{language}", path)
    assert spec is not None
    assert spec.loader is not None
    module = importlib.util.module_from_spec(spec)
    sys.modules[spec.name] = module  # where dataclasses look for their module
    with speaking(language):
        spec.loader.exec_module(module)
    return module


@pytest.fixture
def golden(request: pytest.FixtureRequest) -> Iterator[Golden]:
    """Compare a message or view with its file, after Slack's limits have had their say.

    A message that the test itself makes is made in the language that it is compared in.
    """
    folder = GOLDEN if request.param == ENGLISH else GOLDEN / request.param

    def compare(name: str, shown: Message | Block) -> None:
        problems = message_problems(shown) if isinstance(shown, Message) else view_problems(shown)
        assert not problems, "\n".join(map(str, problems))
        path = folder / f"{name}.json"
        written = json.dumps(_plain(shown), indent=1, ensure_ascii=False) + "\n"
        if request.config.getoption("--update-golden", default=False):
            path.parent.mkdir(exist_ok=True)
            path.write_text(written)
        assert path.exists(), f"{path} is missing: run pytest tests/messages --update-golden"
        assert written == path.read_text()

    with speaking(request.param):
        yield compare


def _plain(shown: Message | Block) -> Any:
    if isinstance(shown, Message):
        return {"text": shown.text, "blocks": shown.blocks, "fallback": shown.fallback}
    return shown
