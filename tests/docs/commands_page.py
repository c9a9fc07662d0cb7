"""docs/commands.md, made of what the commands' own help says and of how their words are read.

python -m tests.docs.commands_page writes it anew.
"""

from collections.abc import Iterator, Sequence
from datetime import date

from bot.domain.definition import Definition
from bot.domain.questions import CrrQuestion, read_crr
from bot.domain.surveys import Scale
from bot.messages import asking, churn, crr, keeprate, wording
from bot.slack.manifest import COMMANDS
from tests.docs.pages import ROOT

PAGE = ROOT / "docs/commands.md"
TODAY = date(2026, 11, 9)

HEAD = """\
# Commands

<!-- Made by `python -m tests.docs.commands_page` of the commands' own help. -->

Only you see an answer, unless you press "Share in channel" below it or write `public`.
In channels that are shared with other companies nobody else ever sees one.
Every command knows `help`, and answers a slip with what you may have meant.
Who may do what is in [Running it](operations.md#who-may-what).

In threads, where Slack takes no commands, mention the bot:
`@Keeprate crr month` is the same as `/crr month`.

"""

PERIODS = (
    "month",
    "week",
    "last quarter",
    "this month",
    "year",
    "2026-10",
    "2026-W40",
    "2026-Q3",
    "2026",
    "october",
    "q3",
    "w40",
    "october 2025",
    "since march",
    "last 3 months",
    "last 30 days",
    "week 2026-10-14",
    "2026-10-01..2026-10-31",
    "2026-10-31",
    "from march to may 2025",
    "1 march until yesterday",
    "H1 2026",
    "year to date",
    "two weeks ago",
    "vorige maand",
    "sinds maart",
    "derde kwartaal 2025",
)
"""What may be said of a period."""

WITH = (
    ("month plan=pro", "of the customers whose plan was pro when the period began"),
    ('month region="North America"', "names of several words stand in double quotes"),
    ("month known=2026-11-02", "as it was known at the end of that day"),
    ("month public", "for everybody in the channel"),
)
"""What may stand beside it."""


def helps() -> dict[str, Sequence[tuple[str, str]]]:
    """By command, what its help says."""
    own = [(line, what) for line, what in keeprate.HELP if line.startswith("/keeprate")]
    found: dict[str, Sequence[tuple[str, str]]] = {
        "/crr": crr.HELP,
        "/churn": churn.HELP,
        "/keeprate": own,
    }
    return found | {f"/{scale}": asking.help_lines(scale) for scale in Scale}


def meant(words: str) -> str:
    """The days that the words name, on the day of the page."""
    question = read_crr(words, today=TODAY, definition=Definition())
    assert isinstance(question, CrrQuestion)
    period = question.period
    return f"{wording.day(period.first)} to {wording.day(period.last)}"


def page() -> str:
    return HEAD + "".join(_parts())


def _parts() -> Iterator[str]:
    known = helps()
    for name, description, _ in COMMANDS:
        yield f"## {name}\n\n{description}\n\n| typed | what it does |\n|---|---|\n"
        for line, what in known[name]:
            yield f"| `{line}` | {_cell(what)} |\n"
        yield "\n"
    day = wording.day(TODAY, weekday=True)
    yield f"## Periods\n\nOn {day}, with weeks from Monday and years from January, these mean:\n\n"
    yield "| typed | the days |\n|---|---|\n"
    for words in PERIODS:
        yield f"| `{words}` | {meant(words)} |\n"
    yield (
        "\nWords such as *the*, *in* and *customers* may be there or not, and Dutch is read as"
        " English is.\n`lost` and `gone` ask who left, `new` asks who joined, and `october vs"
        " september` compares.\n"
    )
    yield "\nBesides a period there may be:\n\n| typed | what it does |\n|---|---|\n"
    for words, what in WITH:
        yield f"| `{words}` | {what} |\n"


def _cell(text: str) -> str:
    return text.replace("|", "\\|")


if __name__ == "__main__":
    PAGE.write_text(page(), encoding="utf-8")
