"""docs/commands.md is what the commands say of themselves, and all of it can be typed."""

import pytest

from bot.domain.commands import read_keeprate, read_survey
from bot.domain.definition import Definition
from bot.domain.questions import HelpQuestion, read_churn, read_crr
from bot.domain.surveys import Scale
from bot.slack.manifest import COMMANDS
from tests.docs.commands_page import PAGE, PERIODS, TODAY, WITH, helps, page

LINES = [(name, line) for name, lines in helps().items() for line, _ in lines]


def test_the_page_is_what_the_commands_say() -> None:
    assert PAGE.read_text(encoding="utf-8") == page(), "python -m tests.docs.commands_page"


def test_every_command_is_on_it() -> None:
    assert {name for name, _, _ in COMMANDS} == helps().keys()


@pytest.mark.parametrize(("name", "line"), LINES, ids=[line for _, line in LINES])
def test_every_line_can_be_typed(name: str, line: str) -> None:
    words = line.removeprefix(name).strip()
    for general, meant in (
        ("#channel", "<#C0ACME|acme>"),
        ("@person", "<@U0ACME>"),
        ("OLD NEW", "C-17 C-4"),
        ("NAME", "Acme"),
    ):
        words = words.replace(general, meant)
    match name.removeprefix("/"):
        case "crr":
            read_crr(words, today=TODAY, definition=Definition())
        case "churn":
            read_churn(words, today=TODAY, definition=Definition())
        case "keeprate":
            read_keeprate(words, ["crm"])
        case scale:
            assert scale in list(Scale)
            read_survey(words)


@pytest.mark.parametrize("words", [*PERIODS, *(words for words, _ in WITH)])
def test_every_period_is_read_by_both_commands_about_one(words: str) -> None:
    asked = read_crr(words, today=TODAY, definition=Definition())

    assert read_churn(words, today=TODAY, definition=Definition()) == asked
    assert not isinstance(asked, HelpQuestion)
