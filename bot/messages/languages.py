"""What customers read, in their language: gettext catalogues, and dates as Babel writes them.

The catalogues are read from bot/locales when a language is first spoken; nothing needs to be
compiled. English is what stands in the code.
"""

from datetime import date
from functools import lru_cache
from gettext import GNUTranslations, NullTranslations
from io import BytesIO
from pathlib import Path

from babel.dates import format_date
from babel.messages.mofile import write_mo
from babel.messages.pofile import read_po

LOCALES = Path(__file__).parents[1] / "locales"

ENGLISH = "en"
LANGUAGES = (ENGLISH, "nl", "af", "de", "fr", "es")


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
    path = LOCALES / language / "LC_MESSAGES" / "keeprate.po"
    compiled = BytesIO()
    with path.open("rb") as text:
        write_mo(compiled, read_po(text, locale=language))
    compiled.seek(0)
    return GNUTranslations(compiled)
