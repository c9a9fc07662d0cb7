"""What somebody typed is read in small letters; what is repeated of it is as it was typed."""

import re
from collections.abc import Iterator
from contextlib import contextmanager

from bot.errors import Misunderstood, Sentence

_OF_THEIRS = frozenset({"word", "said", "kind", "guess"})
"""Values of a sentence that are somebody's words, or made of them."""


@contextmanager
def repeating(words: str) -> Iterator[None]:
    """Whoever is not understood inside is told so in their own letters."""
    try:
        yield
    except Misunderstood as error:
        raise Misunderstood(_repeated(error.sentence, words)) from None


def _repeated(sentence: str, words: str) -> str:
    if not isinstance(sentence, Sentence):
        return sentence
    values = {
        name: _repeated(value, words)
        if isinstance(value, Sentence)
        else as_typed(value, words)
        if isinstance(value, str) and name in _OF_THEIRS
        else value
        for name, value in sentence.values.items()
    }
    return Sentence(sentence.text, **values) if values else sentence


def as_typed(said: str, words: str) -> str:
    """`said` in the letters that it has in `words`: all of it, or else word by word. What is not
    in them was put in other words; of that, weeks and quarters are as we write them."""
    if (whole := _in(words, said)) is not None:
        return whole
    parts = re.split(r"(\s+|\.\.)", said)
    return "".join(_in(words, part) or _WEEK.sub(_large, part) for part in parts)


_WEEK = re.compile(r"\b\d{4}-[wq](?=\d)")


def _large(of: re.Match[str]) -> str:
    return of[0].upper()


def _in(words: str, part: str) -> str | None:
    """Where it stands in the words; region=emea also of who typed Region:EMEA. It may have been
    cut, so that nothing is asked of how it ends there."""
    if not part.strip():
        return None
    found = re.search(rf"(?<!\w){re.escape(part).replace('=', '[:=]')}", words, re.IGNORECASE)
    if found is None:
        return None
    return found[0].replace(":", "=") if "=" in part else found[0]
