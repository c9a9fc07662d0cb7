"""Which edition goes to which channel, and when: what people subscribe a channel to."""

import re
from collections.abc import Sequence
from dataclasses import dataclass, replace
from datetime import datetime
from enum import StrEnum
from functools import cache
from zoneinfo import ZoneInfo, available_timezones

from bot.domain.period import Kind
from bot.domain.segments import like, nearest
from bot.errors import Misunderstood, Sentence

WEEKDAYS = ("mon", "tue", "wed", "thu", "fri", "sat", "sun")
_LONG = ("monday", "tuesday", "wednesday", "thursday", "friday", "saturday", "sunday")
LANGUAGES = ("en", "nl")
"""In which a post can be written."""


class Edition(StrEnum):
    """One kind of post, about the last finished period of its kind."""

    WEEKLY = "weekly"
    MONTHLY = "monthly"
    QUARTERLY = "quarterly"

    @property
    def kind(self) -> Kind:
        return {
            Edition.WEEKLY: Kind.WEEK,
            Edition.MONTHLY: Kind.MONTH,
            Edition.QUARTERLY: Kind.QUARTER,
        }[self]


@dataclass(frozen=True, slots=True)
class Subscription:
    """One edition in one channel. Of a channel, an edition and a segment there is one."""

    channel: str
    edition: Edition = Edition.WEEKLY
    weekday: str = "mon"
    """Of each week; of a month or a quarter the first such day after it."""
    at: str = "09:00"
    zone: str = "UTC"
    """Of `weekday` and `at`. What a day of the figures is, the definition says."""
    language: str = "en"
    segment: tuple[tuple[str, str], ...] = ()
    """Customers of these segments alone: (("plan", "pro"),)."""
    paused: bool = False
    since: datetime | None = None
    """What was due before this moment is not made up for; aware."""
    made_by: str = ""
    """A person's id; "" of the one in config.yaml."""
    id: int = 0
    """0 of the one in config.yaml, and before it is stored."""
    cron: str = ""
    """Of the one in config.yaml, its own schedule."""

    @property
    def name(self) -> str:
        """weekly post, or weekly post plan=pro."""
        return " ".join([f"{self.edition} post", *(f"{n}={label}" for n, label in self.segment)])

    def schedule(self, fiscal_year_start: int = 1) -> str:
        """A cron line, weekday by name; where day and weekday are given, both must be so."""
        if self.cron:
            return self.cron
        hour, minute = (int(part) for part in self.at.split(":"))
        first_week, months = "*", "*"
        if self.edition is not Edition.WEEKLY:
            first_week = "1-7"
        if self.edition is Edition.QUARTERLY:
            begin = sorted((fiscal_year_start - 1 + 3 * n) % 12 + 1 for n in range(4))
            months = ",".join(map(str, begin))
        return f"{minute} {hour} {first_week} {months} {self.weekday}"


@dataclass(frozen=True, slots=True)
class Subscribe:
    """Post an edition in a channel. What is None was not said: it stays as it is, or is usual."""

    edition: Edition
    channel: str = ""
    """"" for the one in which the command was typed."""
    segment: tuple[tuple[str, str], ...] = ()
    weekday: str | None = None
    at: str | None = None
    zone: str | None = None
    language: str | None = None

    def over(self, before: Subscription) -> Subscription:
        """What was said, laid over how it was."""
        said = {
            name: value
            for name in ("weekday", "at", "zone", "language")
            if (value := getattr(self, name)) is not None
        }
        return replace(before, **said)


@dataclass(frozen=True, slots=True)
class Unsubscribe:
    """Post it there no more."""

    edition: Edition
    channel: str = ""
    segment: tuple[tuple[str, str], ...] = ()


@dataclass(frozen=True, slots=True)
class ListSubscriptions:
    """What is posted where, with buttons to change it."""


SubscriptionCommand = Subscribe | Unsubscribe | ListSubscriptions

_EXAMPLE = "subscribe weekly #board monday 09:00 Europe/Amsterdam nl plan=pro"
_CHANNEL = re.compile(r"<#([CG][A-Z0-9]{2,})(?:\|[^>]*)?>|([CG][A-Z0-9]{6,})")
_AT = re.compile(r"([01]?\d|2[0-3])(?:[:.h]([0-5]\d))?(?:h|u|uur)?")
_AT_HALF = re.compile(r"(0?[1-9]|1[0-2])(?:[:.]([0-5]\d))?([ap])\.?m\.?")
"""Of the half of a day, as in 9am and 2:30pm."""
_SEGMENT = re.compile(r"([^\s=\"]+)=(?:\"([^\"]*)\"|([^\s\"]+))")
_FILLERS = frozenset(
    {"at", "in", "on", "to", "every", "each", "for", "post", "of", "here", "this", "channel"}
)
_LANGUAGE_NAMES = {"english": "en", "dutch": "nl", "nederlands": "nl"}


def read_subscription(words: str) -> SubscriptionCommand:
    """Nothing, or `list`, lists; else the edition and, in any order, where and when.

    Raises Misunderstood for a word that is none of these.
    """
    text = " ".join(words.translate({ord(quote): '"' for quote in "“”„«»"}).split())
    text = re.sub(r"(?<=\d) (?=[ap]\.?m\b)", "", text, flags=re.IGNORECASE)
    if not text or text.casefold() == "list":
        return ListSubscriptions()
    segment = tuple((n, quoted or label) for n, quoted, label in _SEGMENT.findall(text))
    found: dict[str, str] = {}
    for typed in _SEGMENT.sub(" ", text).split():
        word = typed.rstrip(",.;") or typed
        what, value = _word(word)
        if what and found.setdefault(what, value) != value:
            raise Misunderstood(
                '"{word}" is the second of its kind; say one, as in {example}',
                word=word[:40],
                example=_EXAMPLE,
            )
    if "edition" not in found:
        raise Misunderstood(
            "Say which edition: {editions}, such as: {example}",
            editions=", ".join(Edition),
            example=_EXAMPLE,
        )
    return Subscribe(
        Edition(found["edition"]),
        found.get("channel", ""),
        segment,
        found.get("weekday"),
        found.get("at"),
        found.get("zone"),
        found.get("language"),
    )


def read_unsubscription(words: str) -> Unsubscribe:
    """The edition, and where if not here. Raises Misunderstood."""
    if not words.strip():
        raise Misunderstood("Say which edition ends here, such as: unsubscribe weekly")
    match read_subscription(words):
        case Subscribe(edition, channel, segment, None, None, None, None):
            return Unsubscribe(edition, channel, segment)
        case _:
            raise Misunderstood(
                "unsubscribe takes an edition and, if it is not this one, a channel, such as:"
                " unsubscribe weekly #board"
            )


def zone_named(word: str) -> str | None:
    """The time zone as it is written, whatever its case; None if there is none."""
    known = {zone.casefold(): zone for zone in _zones()}
    return known.get(word.casefold().replace(" ", "_"))


def faults(of: Subscription) -> dict[str, Sentence]:
    """What can't be, by the name of the field."""
    wrong: dict[str, Sentence] = {}
    if not re.fullmatch(r"([01]\d|2[0-3]):[0-5]\d", of.at):
        wrong["at"] = Sentence("Write a time of the day, as in 09:00.")
    if of.weekday not in WEEKDAYS:
        wrong["weekday"] = Sentence("Choose a day of the week.")
    if of.language not in LANGUAGES:
        wrong["language"] = Sentence("Choose one of {languages}.", languages=", ".join(LANGUAGES))
    try:
        ZoneInfo(of.zone)
    except (KeyError, ValueError, OSError):
        near = ", ".join(nearest(of.zone, _zones())[:3])
        wrong["zone"] = Sentence("There is no such time zone; near it are {names}.", names=near)
    return wrong


@cache
def _zones() -> frozenset[str]:
    """Looked for once: they are files."""
    return frozenset(available_timezones())


def _word(word: str) -> tuple[str, str]:
    """What a word says and its value; nothing of words that only make a sentence."""
    folded = word.casefold()
    if folded in tuple(Edition):
        return "edition", folded
    if found := _CHANNEL.fullmatch(word):
        return "channel", found[1] or found[2]
    for days in (WEEKDAYS, _LONG):
        if folded in days or (days is _LONG and folded.removesuffix("s") in days):
            return "weekday", WEEKDAYS[days.index(folded if folded in days else folded[:-1])]
    if found := _AT.fullmatch(folded):
        return "at", f"{int(found[1]):02}:{found[2] or '00'}"
    if found := _AT_HALF.fullmatch(folded):
        return "at", f"{int(found[1]) % 12 + 12 * (found[3] == 'p'):02}:{found[2] or '00'}"
    if folded in LANGUAGES or folded in _LANGUAGE_NAMES:
        return "language", _LANGUAGE_NAMES.get(folded, folded)
    if folded in _FILLERS:
        return "", ""
    if zone := zone_named(word):
        return "zone", zone
    raise Misunderstood(_unread(word))


def _unread(word: str) -> Sentence:
    if word.startswith("#"):
        return Sentence(
            '"{word}" is not a channel that Slack knows. Choose one of those that it offers after'
            " #.",
            word=word[:40],
        )
    known: Sequence[str] = [*Edition, *_LONG, *_LANGUAGE_NAMES]
    if "/" in word:
        known = sorted(_zones())
    cities = (zone for zone in sorted(_zones()) if zone.casefold().endswith(f"/{word.casefold()}"))
    guess = like(word, known) or next(cities, "")
    if not guess:
        return Sentence(
            'I can\'t read "{word}". For example: {example}', word=word[:40], example=_EXAMPLE
        )
    return Sentence(
        'I can\'t read "{word}". Did you mean "{guess}"? For example: {example}',
        word=word[:40],
        guess=guess,
        example=_EXAMPLE,
    )
