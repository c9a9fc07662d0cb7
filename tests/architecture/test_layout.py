"""The house rules that a linter cannot see."""

import ast
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[2]
MODULES = [
    p.relative_to(ROOT) for top in ("bot", "integrations") for p in (ROOT / top).rglob("*.py")
]
PURE = [p for p in MODULES if p.is_relative_to("bot/domain") or p.is_relative_to("bot/messages")]


@pytest.mark.parametrize("path", MODULES, ids=str)
def test_a_module_says_what_it_is_for(path: Path) -> None:
    assert ast.get_docstring(ast.parse((ROOT / path).read_text())), f"{path} has no docstring"


@pytest.mark.parametrize("path", PURE, ids=str)
def test_deciding_and_rendering_never_wait(path: Path) -> None:
    tree = ast.parse((ROOT / path).read_text())

    assert not any(isinstance(node, ast.AsyncFunctionDef | ast.Await) for node in ast.walk(tree))


@pytest.mark.parametrize("path", MODULES, ids=str)
def test_a_module_is_named_for_what_it_holds(path: Path) -> None:
    drawers = {"utils", "helpers", "common", "manager", "service", "handler", "misc"}

    assert path.stem not in drawers
