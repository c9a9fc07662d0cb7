"""Every text of ours has its row in every language of the team, and every row its text."""

import ast
import re
from collections.abc import Iterator
from io import BytesIO
from pathlib import Path

import pytest
from babel.messages.catalog import Message as Row
from babel.messages.pofile import read_po

import bot
from bot.messages.languages import ENGLISH, LOCALES, TEAM_LANGUAGES, speaking, tr, trn
from tests.messages.test_languages import texts as said_to_customers

BOT = Path(bot.__file__).parent
OTHERS = [language for language in TEAM_LANGUAGES if language != ENGLISH]
BRACES = re.compile(r"\{\w*\}")

Text = str | tuple[str, str]
"""One, or what is said of one and of many."""


ERRORS = ("Misunderstood", "_Unreadable", "Unknown", "RatesMissing", "Sentence")
"""What is told to who asked, by `retold`; the command line speaks English."""


def texts() -> dict[Text, str]:
    """All that the code says by `tr`, `trn`, `later`, `wording.number` and in errors, with the
    module."""
    return {
        text: path.stem
        for path in sorted(BOT.rglob("*.py"))
        if "sandbox" not in path.parts
        for text in _texts(
            ast.parse(path.read_text(encoding="utf-8")),
            said="domain" not in path.parts,
            raised="cli" not in path.parts,
        )
    }


def _texts(module: ast.Module, *, said: bool = True, raised: bool = True) -> Iterator[Text]:
    for node in ast.walk(module):
        if not isinstance(node, ast.Call):
            continue
        name = getattr(node.func, "id", getattr(node.func, "attr", ""))
        of = [each for arg in node.args for each in _constants(arg)]
        if name in ERRORS:
            yield from of if raised else ()
        if not said:
            continue
        match name, of:
            case (("tr" | "later"), _):
                yield from of
            case "trn", [one, many]:
                yield one, many
            case "number", [noun]:
                yield f"{{n}} {noun}", f"{{n}} {noun}s"
            case "number", [noun, plural]:
                yield f"{{n}} {noun}", f"{{n}} {plural}"


def _constants(node: ast.expr) -> list[str]:
    """The text of a literal, or both of "a" if so else "b"."""
    match node:
        case ast.Constant(value=str(text)):
            return [text]
        case ast.IfExp(body=body, orelse=orelse):
            return [*_constants(body), *_constants(orelse)]
    return []


def rows(language: str) -> list[tuple[str, Row]]:
    """With the name of their file."""
    return [
        (path.stem, row)
        for path in sorted((LOCALES / language / "LC_MESSAGES").glob("*.po"))
        for row in read_po(BytesIO(path.read_bytes()), locale=language)
        if row.id
    ]


def known(row: Row) -> Text:
    return row.id if isinstance(row.id, str) else (row.id[0], row.id[1])


def written(text: Text) -> str:
    """The row as it is to be written."""
    if isinstance(text, str):
        return f'msgid {_quoted(text)}\nmsgstr ""\n'
    one, many = text
    return f'msgid {_quoted(one)}\nmsgid_plural {_quoted(many)}\nmsgstr[0] ""\nmsgstr[1] ""\n'


def _quoted(text: str) -> str:
    escaped = text.replace("\\", "\\\\").replace('"', '\\"').replace("\n", "\\n")
    return f'"{escaped}"'


@pytest.mark.parametrize("language", OTHERS)
def test_every_text_has_its_row(language: str) -> None:
    there = {known(row) for _, row in rows(language) if row.string}
    missing = [
        f"# {module}.po\n{written(text)}" for text, module in texts().items() if text not in there
    ]

    assert not missing, "\n" + "\n".join(sorted(missing))


@pytest.mark.parametrize("language", OTHERS)
def test_no_row_says_what_nobody_says(language: str) -> None:
    spoken = {*texts(), *said_to_customers()}

    assert [
        f"{name}.po: {row.id}" for name, row in rows(language) if known(row) not in spoken
    ] == []


@pytest.mark.parametrize("language", OTHERS)
def test_a_text_is_the_same_in_every_file(language: str) -> None:
    told: dict[Text, set[str]] = {}
    for _, row in rows(language):
        told.setdefault(known(row), set()).add(str(row.string))

    assert [text for text, ways in told.items() if len(ways) > 1] == []


@pytest.mark.parametrize("language", OTHERS)
def test_a_row_has_the_values_of_its_text(language: str) -> None:
    for name, row in rows(language):
        here = [row.id] if isinstance(row.id, str) else list(row.id)
        there = [row.string] if isinstance(row.string, str) else list(row.string or ())
        assert all(there), f"{name}.po: {row.id} is empty"
        for english, other in zip(here, there, strict=True):
            # A text of one may say "one" for its number.
            assert {*BRACES.findall(english)} - {"{n}"} == {*BRACES.findall(other)} - {"{n}"}, (
                row.id
            )
        assert ("{n}" in here[-1]) == ("{n}" in there[-1]), row.id
        assert not any("fuzzy" in flag for flag in row.flags), row.id


def test_a_text_is_never_put_together() -> None:
    """What is given to `tr` is looked up, and an f-string is in no catalogue."""
    found = [
        f"{path.relative_to(BOT)}:{node.lineno}"
        for path in BOT.rglob("*.py")
        if path.name not in ("wording.py", "languages.py")
        for node in ast.walk(ast.parse(path.read_text(encoding="utf-8")))
        if isinstance(node, ast.Call)
        and getattr(node.func, "id", "") in ("tr", "trn", "later")
        and any(isinstance(arg, ast.JoinedStr | ast.BinOp) for arg in node.args[:2])
    ]

    assert found == []


def test_an_error_is_never_put_together() -> None:
    """Its text is looked up too; what it is about are its values."""
    found = [
        f"{path.relative_to(BOT)}:{node.lineno}"
        for path in BOT.rglob("*.py")
        if not {"cli", "sandbox"} & {*path.parts}
        for node in ast.walk(ast.parse(path.read_text(encoding="utf-8")))
        if isinstance(node, ast.Call)
        and getattr(node.func, "id", "") in ERRORS
        and any(isinstance(arg, ast.JoinedStr | ast.BinOp) for arg in node.args[:2])
        and path.name != "errors.py"
    ]

    assert found == []


def test_english_is_what_stands_there() -> None:
    assert tr("in {period}", period="2026") == "in 2026"
    assert trn("{n} customer", "{n} customers", 1204) == "1,204 customers"


def test_another_language_is_spoken_for_a_while() -> None:
    with speaking("nl"):
        assert tr("in {period}", period="2026") == "in 2026"
        assert trn("{n} customer", "{n} customers", 1) == "1 klant"
        assert trn("{n} customer", "{n} customers", 1204) == "1.204 klanten"
        with speaking("en"):
            assert trn("{n} customer", "{n} customers", 2) == "2 customers"
        assert trn("{n} customer", "{n} customers", 2) == "2 klanten"
    assert trn("{n} customer", "{n} customers", 2) == "2 customers"


def test_a_language_that_is_not_whole_is_not_spoken() -> None:
    """Customers are asked in German, but half a report in German helps nobody."""
    with speaking("de"):
        assert trn("{n} customer", "{n} customers", 2) == "2 customers"


def test_what_has_no_row_is_said_in_english() -> None:
    with speaking("nl"):
        assert tr("Only {what} know", what="we") == "Only we know"
