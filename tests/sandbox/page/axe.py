"""axe-core, which looks for what keeps people with a disability from using a page.

It (MPL-2.0, https://github.com/dequelabs/axe-core) comes inside a package of PyPI, installed
without what else that package is for, so that no Node.js is needed; nothing of it ships with us.
"""

from importlib.util import find_spec
from pathlib import Path
from typing import Any

from tests.sandbox.page.browser import Page


def script() -> str | None:
    """What a page runs to have it, if it is installed."""
    package = find_spec("axe_playwright_python")
    if package is None or package.origin is None:
        return None
    return Path(package.origin).with_name("axe.min.js").read_text()


async def faults(page: Page, axe: str) -> list[str]:
    """Serious and critical ones, each with where it is."""
    await page.ask("Runtime.evaluate", expression=axe)
    found: dict[str, Any] = await page.run("axe.run({ resultTypes: ['violations'] })")
    return [
        f"{one['id']} ({one['impact']}): {node['target']} {node['html'][:120]}"
        for one in found["violations"]
        if one["impact"] in ("serious", "critical")
        for node in one["nodes"]
    ]
