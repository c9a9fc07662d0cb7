"""What people read, in their language: gettext catalogues, and dates as Babel writes them.

The catalogues are read from bot/locales when a language is first spoken; nothing needs to be
compiled. English is what stands in the code.

What customers read is `said` in a language that is an argument, for it is kept with the question.
What the team reads is said in the language in force. The edge sets it: `language:` of config.yaml
for what everybody reads (`with speaking("nl"):` around the making of a message), and for an answer
the language that the person has set in Slack (`People.role`). The makers say

    tr("{kept} of {opening} stayed", kept=counts.kept, opening=counts.opening)
    trn("{n} customer left", "{n} customers left", counts.lost)

One whole sentence, or one piece that stands alone, is one text: other languages have their words
in another order, so a sentence is never glued from words. Values in {braces} are strings that were
made in the same language, or whole numbers, which are grouped as the language does (1,204; 1.204).
A number that names something, such as a year, is a string; all else (shares, days, periods, lists,
`number(3, "customer")`) comes from wording.py. A constant is marked with `later("...")` where it
stands and said by `tr(THE_CONSTANT)` where it is shown: what is said when a module is imported is
English for ever.

Each text has a row in bot/locales/nl/LC_MESSAGES, in the file that is called as the module
(crr.py: crr.po; words that many use: wording.po). `pytest tests/messages/test_catalogues.py` names
the rows that are missing, as they are to be written, and those that nobody says any more; the words
of the trade are at the head of keeprate.po. What customers read in six languages is in
customers.po.
"""

from collections.abc import Iterator
from contextlib import contextmanager
from contextvars import ContextVar
from datetime import date
from functools import lru_cache
from gettext import GNUTranslations, NullTranslations
from io import BytesIO
from pathlib import Path

from babel.dates import format_date
from babel.messages.catalog import Catalog
from babel.messages.mofile import write_mo
from babel.messages.pofile import read_po
from babel.numbers import format_decimal

from bot.errors import Sentence

LOCALES = Path(__file__).parents[1] / "locales"

ENGLISH = "en"
LANGUAGES = (ENGLISH, "nl", "af", "de", "fr", "es")
"""Which customers are asked in."""

TEAM_LANGUAGES = (ENGLISH, "nl")
"""Which all messages are in."""

OWN_NAMES = {ENGLISH: "English", "nl": "Nederlands"}
"""What these call themselves."""

_IN_FORCE: ContextVar[str] = ContextVar("language", default=ENGLISH)


@contextmanager
def speaking(language: str) -> Iterator[None]:
    """Messages made inside are in that language; in English where we don't say all in it."""
    token = _IN_FORCE.set(language if language in TEAM_LANGUAGES else ENGLISH)
    try:
        yield
    finally:
        _IN_FORCE.reset(token)


def speak(language: str) -> None:
    """The same from here on, to the end of the task: once it is known whom it speaks to."""
    _IN_FORCE.set(language if language in TEAM_LANGUAGES else ENGLISH)


def in_force() -> str:
    """The language that messages are made in."""
    return _IN_FORCE.get()


def tr(english: str, /, **values: str | int) -> str:
    """The text in the language in force, with the values in its {braces}."""
    text = _catalogue(in_force()).gettext(english)
    return text.format(**{name: _told(value) for name, value in values.items()}) if values else text


def trn(one: str, many: str, n: int, /, **values: str | int) -> str:
    """The same of a number, which is the value {n}: `one` is said of 1, `many` of the others."""
    text = _catalogue(in_force()).ngettext(one, many, n)
    return text.format(n=_told(n), **{name: _told(value) for name, value in values.items()})


def later(english: str, /) -> str:
    """Marks a text that is said by `tr` when it is shown."""
    return english


def retold(sentence: str) -> str:
    """What an error says, in the language in force."""
    if not isinstance(sentence, Sentence):
        return tr(sentence) if sentence else ""
    values = {
        name: retold(each) if isinstance(each, Sentence) else each
        for name, each in sentence.values.items()
    }
    return tr(sentence.text, **values)


def _told(value: str | int) -> str:
    return value if isinstance(value, str) else grouped(int(value))


def grouped(whole: int) -> str:
    """1,204; in Dutch 1.204."""
    return format_decimal(whole, locale=in_force())


def spoken(locale: str, otherwise: str = ENGLISH) -> str:
    """The language of a Slack locale, such as "nl-NL", or `otherwise` where we don't speak it."""
    language = locale.replace("_", "-").partition("-")[0].casefold()
    return language if language in LANGUAGES else otherwise


def said(language: str, english: str, **values: object) -> str:
    """The text in that language, with the values in its {braces}."""
    text = _catalogue(language).gettext(english)
    return text.format(**values) if values else text


def day(of: date, language: str) -> str:
    """A date in full: "2 December 2026", "2. Dezember 2026"."""
    if language == ENGLISH:
        language = "en_GB"  # day before month, as in all that we say
    return format_date(of, format="long", locale=language)


@lru_cache(maxsize=len(LANGUAGES))
def _catalogue(language: str) -> NullTranslations:
    if language not in LANGUAGES or language == ENGLISH:
        return NullTranslations()
    every = Catalog(locale=language)
    for path in sorted((LOCALES / language / "LC_MESSAGES").glob("*.po")):
        with path.open("rb") as text:
            for row in read_po(text, locale=language):
                every[row.id] = row
    compiled = BytesIO()
    write_mo(compiled, every)
    compiled.seek(0)
    return GNUTranslations(compiled)
