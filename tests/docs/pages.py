"""The pages that people read, and what stands in them between fences."""

import re
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

ROOT = Path(__file__).parents[2]
PAGES = [ROOT / "README.md", *sorted((ROOT / "docs").glob("*.md"))]

ANYTHING = "…"
"""In what a page shows: here stands more than matters. On a line of its own it is any lines."""


@dataclass(frozen=True, slots=True)
class Block:
    """What stands between two fences."""

    page: str
    line: int
    """Of the opening fence."""
    language: str
    label: str
    """What follows the language: the name of the file that the block is."""
    text: str

    def __str__(self) -> str:
        return f"{self.page} line {self.line}"


@dataclass(frozen=True, slots=True)
class Typed:
    """A command as somebody types it, and what they see after it."""

    command: str
    shown: str


_FENCE = re.compile(r"^```([a-z]*) ?([^\n`]*)\n(.*?)^```$", re.MULTILINE | re.DOTALL)


def name(page: Path) -> str:
    return page.relative_to(ROOT).as_posix()


def blocks(page: Path) -> list[Block]:
    text = page.read_text(encoding="utf-8")
    return [
        Block(name(page), text.count("\n", 0, at.start()) + 1, at[1], at[2].strip(), at[3])
        for at in _FENCE.finditer(text)
    ]


def prose(page: Path) -> str:
    """The page without what stands between fences."""
    return _FENCE.sub("", page.read_text(encoding="utf-8"))


def session(block: Block) -> Iterator[Typed]:
    """The commands of a console block, each with the lines up to the next one."""
    for part in re.split(r"^\$ ", block.text, flags=re.MULTILINE)[1:]:
        command, _, shown = part.partition("\n")
        yield Typed(command.strip(), shown.strip("\n"))


def shows(page: str, seen: str) -> bool:
    """Whether `seen` is what the page says that one sees."""
    pattern = "".join(
        r"(?:.*\n)*?"
        if line == ANYTHING
        else re.escape(line).replace(re.escape(ANYTHING), ".*?") + r"\n"
        for line in _tidy(page).splitlines()
    )
    return re.fullmatch(pattern, _tidy(seen) + "\n" if seen.strip() else "") is not None


def _tidy(text: str) -> str:
    """Blanks at the ends of lines cannot be seen."""
    return "\n".join(line.rstrip() for line in text.strip().splitlines())
