"""What people type after /crr, read into what they ask.

A question is a period, segments and `public`, in any order. The table `_RUNS` says
which words name a run of days: a new way to say one is a new row.
"""

import difflib
import re
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field, replace
from datetime import date, datetime, time, timedelta
from functools import partial
from itertools import pairwise

from bot.domain.definition import Definition
from bot.domain.peers import Peer, peer_named
from bot.domain.period import (
    Kind,
    Period,
    before,
    last_finished,
    period_of,
    quarter_of,
    week_of,
    year_of,
)
from bot.domain.phrases import JOINED, LEFT, plain
from bot.domain.repeated import repeating
from bot.domain.segments import like, nearest
from bot.errors import Misunderstood, Sentence, one_after_another

PERIODS = ("month", "2026-10", "2026-10-01..2026-10-31 plan=pro")
"""Examples of what every command about a period can read."""


class _Unreadable(Misunderstood):
    """Words that name no period. Whoever knows which command was typed says what it can read."""

    def __init__(
        self,
        sentence: str,
        /,
        *,
        word: str = "",
        guess: str = "",
        example: str = "",
        **values: str,
    ) -> None:
        """`word` is to be guessed, unless the `guess` is known; `example` stands for the usual."""
        super().__init__(sentence, **values)
        self.word, self.guess, self.example = word, guess, example
        self.said = ""
        """The words for the period, all of them, where the slip is in there."""

    def of(
        self,
        command: str,
        guesses: Sequence[str],
        *examples: str,
        words: str,
        reads: Callable[[str], object],
    ) -> Misunderstood:
        """For who typed `words` after the command; what is offered is what it `reads`."""
        guess = next(filter(partial(_is_read, reads), self._meant(words, guesses)), "")
        example = self.example or _in_quotes(words, self._slip)
        shown = (example,) if example else (*PERIODS, *examples)
        examples_shown = ", ".join(f"{command} {each}" for each in shown)
        return Misunderstood(
            one_after_another(
                self.sentence,
                Sentence('Did you mean "{guess}"?', guess=guess) if guess else "",
                Sentence("For example: {examples}.", examples=examples_shown),
            )
        )

    @property
    def _slip(self) -> str:
        """The word that can't be read, where it is one."""
        said = self.sentence.values.get("said") if isinstance(self.sentence, Sentence) else None
        return self.word or str(said or "")

    def _meant(self, words: str, guesses: Sequence[str]) -> Iterator[str]:
        """All that was typed with the slip set right; else the word that may be meant alone."""
        tokens = [token for token in plain(_tokens(words)) if token.casefold() != "public"]
        typed = " ".join(map(requoted, tokens))
        if self.guess and self.said and self.said in typed:
            yield typed.replace(self.said, self.guess, 1)
        if self._slip in tokens:
            at = tokens.index(self._slip)
            for meant in (_field(self._slip), _likely(self._slip, (*_AMONG_OTHERS, *guesses))):
                if meant not in ("", self._slip):
                    yield " ".join(map(requoted, (*tokens[:at], meant, *tokens[at + 1 :])))
        if self.guess:
            yield self.guess
        if (meant := _likely(self.word, guesses)) != self.word:
            yield meant


@dataclass(frozen=True, slots=True)
class CrrQuestion:
    """How many stayed over a period, among the customers of the segments."""

    period: Period
    segments: Mapping[str, str] = field(default_factory=dict)
    """Dimension to label, as typed: ("plan", "pro"). All of them must hold."""
    public: bool = False
    """Whether everybody in the channel sees the answer."""
    known_at: datetime | None = None
    """As it was known at that moment (aware); None for as it is known now."""


@dataclass(frozen=True, slots=True)
class CalcQuestion:
    """What the formula says of three counts."""

    start: int
    end: int
    new: int
    public: bool = False


@dataclass(frozen=True, slots=True)
class ExplainQuestion:
    """How a figure came to be."""

    about: CrrQuestion


@dataclass(frozen=True, slots=True)
class PeerQuestion:
    """What another product would say of the same customers and days."""

    peer: Peer
    about: CrrQuestion


@dataclass(frozen=True, slots=True)
class CohortQuestion:
    """How many of those who first joined at the same time are there later, or what they pay."""

    by: Kind
    """A month, quarter or year."""
    segments: Mapping[str, str] = field(default_factory=dict)
    """As in CrrQuestion; what counts is what they were when they first joined."""
    public: bool = False
    known_at: datetime | None = None
    revenue: bool = False
    """Whether what they pay is followed, not how many they are."""


@dataclass(frozen=True, slots=True)
class LifetimeQuestion:
    """How long customers stay."""

    segments: Mapping[str, str] = field(default_factory=dict)
    """As in CohortQuestion."""
    public: bool = False
    known_at: datetime | None = None


@dataclass(frozen=True, slots=True)
class LeftQuestion:
    """Who left in a period."""

    about: CrrQuestion
    words: str
    """What `read_churn` reads as the same."""


@dataclass(frozen=True, slots=True)
class JoinedQuestion:
    """Who joined in a period."""

    about: CrrQuestion


@dataclass(frozen=True, slots=True)
class CompareQuestion:
    """Two periods, or two segments, side by side."""

    first: CrrQuestion
    second: CrrQuestion


@dataclass(frozen=True, slots=True)
class RecordQuestion:
    """A day's count, which somebody says."""

    on: date
    customers: int
    new: int | None


@dataclass(frozen=True, slots=True)
class HelpQuestion:
    """What can be asked at all."""


Question = (
    CrrQuestion
    | CalcQuestion
    | ExplainQuestion
    | PeerQuestion
    | CohortQuestion
    | LifetimeQuestion
    | LeftQuestion
    | JoinedQuestion
    | CompareQuestion
    | RecordQuestion
    | HelpQuestion
)


def read_crr(words: str, *, today: date, definition: Definition) -> Question:
    """The question in `words`, the text after /crr.

    After `explain` it asks how the figure came to be, after `as stripe` what Stripe would say.
    `who left` and `who joined` ask for names; `compare` sets two periods side by side, two values
    of a field, or a period and the one before. `cohort`, `cohort quarter revenue` and `lifetime`
    are about all times and take no period.
    Without a period it is about the last finished month. A kind alone (`week`, `last quarter`) is
    the last finished one, `this month` the one that runs. `2026-10`, `2026-W40`, `2026-Q3` and
    `2026` name one period, a date after a kind (`week 2026-10-31`) the one with that day in it, a
    date alone that day. `a..b` runs from the first day of a to the last day of b, both of them
    included, as people count: 2026-10-01..2026-10-31 has 31 days. `october`, `q3` and `w40` are the
    last ones that have begun, or with a year behind them those of that year; `since march` runs
    from its first day to today, `last 3 months` over as many finished ones, `last 30 days` to
    yesterday. What else people say, and what they say in Dutch, is in `phrases`. Quarters and years
    follow the fiscal year and carry the name of the calendar year in which that begins.
    `known=2026-10-05` asks as it was known at the end of that day, `known=2026-10-05T12:00` at that
    minute.

    Raises Misunderstood, with what is nearest to the word that can't be read and an example.
    """
    with repeating(words):
        try:
            return _read(words, today, definition)
        except _Unreadable as unread:
            raise unread.of(
                "/crr",
                (*_GUESSES, *_WORDS),
                "calc 150 200 80",
                words=words,
                reads=partial(_read, today=today, definition=definition),
            ) from None


def is_public(words: str) -> bool:
    """Whether everybody is to see the answer, in whatever way that is said; what cannot be read
    asks for nothing."""
    return "public" in _said(words)


def is_record(words: str) -> bool:
    """Whether a count is to be kept, as `read_crr` reads it."""
    return [word for word in _said(words) if word != "public"][:1] == ["record"]


def _said(words: str) -> list[str]:
    try:
        return [token.casefold() for token in plain(_tokens(words))]
    except Misunderstood:
        return []


def without_command(words: str) -> str:
    """What a question is about, as it can be typed behind another word: "october plan=pro" of
    "explain october plan=pro public"."""
    tokens = [token for token in plain(_tokens(words)) if token.casefold() != "public"]
    return " ".join(map(requoted, tokens[1:] if tokens[:1] == ["explain"] else tokens))


def read_churn(
    words: str, *, command: str = "/churn", today: date, definition: Definition
) -> CrrQuestion | HelpQuestion:
    """The same for the text after /churn, or after the `command` that a list of customers is asked
    for with: a period, segments and `public`, or help."""
    reads = partial(_read_churn, today=today, definition=definition)
    with repeating(words):
        try:
            return reads(words)
        except _Unreadable as unread:
            raise unread.of(command, (*_GUESSES, "help"), words=words, reads=reads) from None


def as_left(words: str) -> str:
    """What was typed after /churn, as it can be typed after /crr; without `public`."""
    tokens = [token for token in plain(_tokens(words)) if token.casefold() != "public"]
    return " ".join(("who left", *map(requoted, _of_churn(tokens))))


def read_results(
    words: str, *, command: str, today: date, definition: Definition
) -> tuple[CrrQuestion, str]:
    """Of which period, segments and survey (its name, or "") answers are to be told. Without a
    period it is the quarter that runs; `command` is what stood before the words, for examples.
    Raises Misunderstood as `read_crr`."""
    reads = partial(_read_results, today=today, definition=definition)
    with repeating(words):
        try:
            return reads(words)
        except _Unreadable as unread:
            guesses = [each for each in _GUESSES if each != "public"]
            raise unread.of(command, guesses, "survey=NAME", words=words, reads=reads) from None


def _read(words: str, today: date, definition: Definition) -> Question:
    tokens = plain(_tokens(words))
    if not tokens:
        return CrrQuestion(last_finished(Kind.MONTH, today, definition))
    if {"help", "?"} & {token.casefold() for token in tokens}:
        return HelpQuestion()
    rest = [token for token in tokens if token.casefold() != "public"]
    public = len(rest) < len(tokens)
    match [token.casefold() for token in rest]:
        case ["calc", *_]:
            return _calc(rest[1:], public=public)
        case ["record", *_]:
            return _record(rest[1:])
        case ["explain", *_]:
            return ExplainQuestion(_about(rest[1:], public, today, definition))
        case ["as"]:
            known = ", ".join(Peer)
            raise Misunderstood(
                "As whom? There is {known}. For example: /crr as stripe 2026-10.", known=known
            )
        case ["as", peer, *_]:
            return PeerQuestion(peer_named(peer), _about(rest[2:], public, today, definition))
        case ["who"]:
            raise Misunderstood("Who left, or who joined? For example: /crr who left october.")
        case ["who", "left" | "leaves", *_]:
            about = _about(rest[2:], public, today, definition)
            return LeftQuestion(about, " ".join(map(requoted, rest[2:])))
        case ["who", "joined" | "joins", *_]:
            return JoinedQuestion(_about(rest[2:], public, today, definition))
        case ["compare", *_]:
            return _compare(rest[1:], public, today, definition)
        case ["cohort" | "cohorts", *_]:
            return _cohort(rest[1:], public, today, definition)
        case ["lifetime" | "lifetimes", *_]:
            return _lifetime(rest[1:], public, today, definition)
        case [*said] if {"vs", "vs.", "versus", "against"}.intersection(said):
            return _compare(rest, public, today, definition)
        case _:
            return _about(rest, public, today, definition)


def _read_churn(words: str, today: date, definition: Definition) -> CrrQuestion | HelpQuestion:
    tokens = plain(_tokens(words))
    if {"help", "?"} & {token.casefold() for token in tokens}:
        return HelpQuestion()
    rest = [token for token in tokens if token.casefold() != "public"]
    return _about(_of_churn(rest), len(rest) < len(tokens), today, definition)


def _of_churn(tokens: list[str]) -> list[str]:
    """Without what /churn tells anyhow."""
    if tokens[:2] == ["who", "left"]:
        return tokens[2:]
    return tokens[1:] if tokens[:1] in (["explain"], ["revenue"], ["reasons"]) else tokens


def _read_results(words: str, today: date, definition: Definition) -> tuple[CrrQuestion, str]:
    tokens = _tokens(words)
    named = [token for token in tokens if token.casefold().startswith(_SURVEY)]
    if len(named) > 1:
        raise Misunderstood("Only one survey can be asked for at a time: choose one survey=.")
    if any(token.casefold().startswith(_KNOWN) for token in tokens):
        raise Misunderstood("Answers are told as they are now: leave out known=.")
    if "public" in [token.casefold() for token in tokens]:
        raise Misunderstood("What customers answered is told to you alone: leave out public.")
    rest = [token for token in tokens if token not in named]
    if all("=" in token for token in rest):
        rest += ["this", Kind.QUARTER.value]
    about = _about(rest, False, today, definition)
    return about, named[0][len(_SURVEY) :] if named else ""


def known_at(text: str, *, today: date, definition: Definition) -> datetime:
    """The moment of which `text` speaks: a local time, one with an offset, or the end of a day.

    Raises Misunderstood for what is neither, or has not come yet. A local time that the clocks
    showed twice is the first of the two.
    """
    zone = definition.zone_info
    try:
        if len(text) == len("2026-10-05"):
            moment = datetime.combine(date.fromisoformat(text), time.max, zone)
        else:
            moment = datetime.fromisoformat(text)
    except ValueError:
        raise Misunderstood(
            '"{word}" is no moment. Write it like 2026-10-05, which is the end of that day, or like'
            " 2026-10-05T12:00.",
            word=text[:40],
        ) from None
    moment = moment if moment.tzinfo else moment.replace(tzinfo=zone)
    if moment.astimezone(zone).date() > today:
        raise Misunderstood(
            "What will be known at {moment} nobody knows yet: it is {today}.",
            moment=text,
            today=str(today),
        )
    return moment


def _about(tokens: list[str], public: bool, today: date, definition: Definition) -> CrrQuestion:
    """The period and the segments, in any order, and as of when they are asked for."""
    said, segments, known = _apart(tokens, today, definition)
    if known:
        today = min(today, known.astimezone(definition.zone_info).date())
    if named := next((word for word in said if word.startswith(("<@", "<#", "<!"))), ""):
        raise Misunderstood(
            "Leave {word} out: a figure is of a period, and of segments such as plan=pro.",
            word=_called(named),
        )
    try:
        period = _period(said, today, definition)
    except _Unreadable as unread:
        unread.said = " ".join(said)
        raise
    if period.first > today:
        raise Misunderstood(
            "The period {first} to {last} has not begun: it is {today}.",
            first=str(period.first),
            last=str(period.last),
            today=str(today),
        )
    return CrrQuestion(period, segments, public, known)


def _called(mention: str) -> str:
    """What Slack shows for <@U0123|lea>, as far as it says so."""
    sign = "#" if mention.startswith("<#") else "@"
    rings, _, named = mention.strip("<>").partition("|")
    name = named.lstrip("@#") or (rings[1:] if rings in ("!channel", "!here", "!everyone") else "")
    return f"{sign}{name or '…'}"[:40]


def _is_read(reads: Callable[[str], object], words: str) -> bool:
    try:
        reads(words)
    except Misunderstood:
        return False
    return True


def _likely(word: str, guesses: Sequence[str]) -> str:
    """Of the many words for who left and who joined one must be nearly there."""
    if close := difflib.get_close_matches(word, _MEANT, 1, 0.8):
        return _MEANT[close[0]]
    return like(word, [guess for guess in guesses if guess not in _MEANT])


def _field(word: str) -> str:
    """A field and its value as others write them, plan:pro, as we do; or ""."""
    return word.replace(":", "=", 1) if re.fullmatch(r"[^\W\d]\w*:\w[\w.-]*", word) else ""


def _in_quotes(words: str, slip: str) -> str:
    """The field and its value of two words, the second of which was taken for something else."""
    tokens = [re.sub("[\"'\u2018\u2019\u201c\u201d]", "", token) for token in words.split()]
    for before_it, token in pairwise(tokens):
        if "=" in before_it and slip.isalpha() and token.casefold() == slip:
            return requoted(f"{before_it} {token}")
    return ""


def requoted(token: str) -> str:
    """As it can be typed."""
    name, _, label = token.partition("=")
    return f'{name}="{label}"' if " " in label else token


_AGAINST = ("with", "vs", "vs.", "and", "against", "versus")


def _compare(
    tokens: list[str], public: bool, today: date, definition: Definition
) -> CompareQuestion:
    """Two values of one field over one period; else two periods, or one and the one before it.

    Of two periods the later one comes first: what is up or down since is told of it."""
    named = [token for token in tokens if "=" in token and not token.casefold().startswith(_KNOWN)]
    fields = [token.partition("=")[0].casefold() for token in named]
    twice = [name for name in fields if fields.count(name) == 2]
    if twice:
        both = [token for token, name in zip(named, fields, strict=True) if name == twice[0]]
        rest = [token for token in tokens if token not in both and token not in _AGAINST]
        sides = [_about([*rest, each], public, today, definition) for each in both]
        return CompareQuestion(*sides)
    said, _, known = _apart(tokens, today, definition)
    others = [token for token in tokens if "=" in token]
    last = min(today, known.astimezone(definition.zone_info).date()) if known else today
    for at in range(1, len(said)):
        sides_said = [said[:at], said[at + (said[at] in _AGAINST) :]]
        try:
            for side in sides_said:
                _period(side, last, definition)
        except _Unreadable:
            continue
        if sides_said[1]:
            first, second = (
                _about([*side, *others], public, today, definition) for side in sides_said
            )
            if first.period == second.period:
                raise Misunderstood(
                    "Both are the period {first} to {last}, so there is nothing to compare. Say of"
                    " which year each is, such as: /crr compare october 2026 october 2025.",
                    first=str(first.period.first),
                    last=str(first.period.last),
                )
            if first.period.next <= second.period.first:
                first, second = second, first
            return CompareQuestion(first, second)
    about = _about([*said, *others], public, today, definition)
    return CompareQuestion(about, replace(about, period=before(about.period, definition)))


def _cohort(tokens: list[str], public: bool, today: date, definition: Definition) -> CohortQuestion:
    said, segments, known = _apart(tokens, today, definition)
    revenue = "revenue" in said
    if revenue:
        said.remove("revenue")
    match said:
        case []:
            by = Kind.MONTH
        case ["by"] if revenue:
            by = Kind.MONTH
        case [kind] | ["by", kind] if kind in COHORT_KINDS:
            by = COHORT_KINDS[kind]
        case [*_, word]:
            [guess, *_] = nearest(word, COHORT_KINDS)
            raise Misunderstood(
                "Cohorts are made by month, quarter or year of first joining; I can't read"
                ' "{word}". Did you mean "/crr cohort {guess}"? For example: /crr cohort quarter'
                " plan=pro.",
                word=" ".join(said)[:40],
                guess=guess,
            )
    return CohortQuestion(by, segments, public, known, revenue)


def _lifetime(
    tokens: list[str], public: bool, today: date, definition: Definition
) -> LifetimeQuestion:
    said, segments, known = _apart(tokens, today, definition)
    if said:
        raise Misunderstood(
            'I can\'t read "{word}": how long customers stay is a figure of no period. For example:'
            " /crr lifetime plan=pro.",
            word=" ".join(said)[:40],
        )
    return LifetimeQuestion(segments, public, known)


def _apart(
    tokens: list[str], today: date, definition: Definition
) -> tuple[list[str], dict[str, str], datetime | None]:
    """The words, in small letters, the segments, and the moment as of which it is asked."""
    moments = [token for token in tokens if token.casefold().startswith(_KNOWN)]
    if len(moments) > 1:
        raise Misunderstood("Only one moment can be asked for at a time: choose one known=.")
    known = None
    if moments:
        known = known_at(moments[0][len(_KNOWN) :], today=today, definition=definition)
    rest = [token for token in tokens if token not in moments]
    segments = _segments([token for token in rest if "=" in token])
    return [token.casefold() for token in rest if "=" not in token], segments, known


_KNOWN, _SURVEY = "known=", "survey="

_DOTS = re.compile(
    r"\s*(?:\.{2,3}|[\u2026\u2013\u2014])\s*"
    r"|\s+(?:-|to|until|till|through|thru|t/m|tot(?: en met)?)\s+",
    re.IGNORECASE,
)
"""Two dots, what keyboards make of them (…, and dashes), and other ways to say so."""


def _tokens(words: str) -> list[str]:
    """Words parted by blanks, outside of double quotes, which are taken away."""
    straight = words.translate({ord(quote): '"' for quote in "“”„«»"})
    if straight.count('"') % 2:
        raise Misunderstood('A quotation mark is missing. Write it so: region="North America".')
    parts = straight.split('"')
    parts[::2] = [re.sub(r"\s*=\s*", "=", _DOTS.sub("..", part)) for part in parts[::2]]
    found = re.findall(r'(?:[^\s"]|"[^"]*")+', '"'.join(parts))
    return [token.replace('"', "") for token in found]


def _segments(tokens: list[str]) -> dict[str, str]:
    segments: dict[str, str] = {}
    for token in tokens:
        name, _, label = token.partition("=")
        if not name or not label:
            raise Misunderstood(
                '"{word}" names no segment. Write what to split by and its value, such as'
                " plan=pro.",
                word=token[:40],
            )
        if segments.setdefault(name, label) != label:
            raise Misunderstood(
                "{name} is given twice. Nobody is in both: choose one.", name=name[:40]
            )
    return segments


_COUNT = re.compile(r"\d{1,3}(?:[,.'_]\d{3}){1,3}|\d{1,12}")


def _calc(tokens: list[str], *, public: bool) -> CalcQuestion:
    if len(tokens) != 3 or not all(_COUNT.fullmatch(token) for token in tokens):
        raise Misunderstood(
            "calc takes three counts: customers at the start, customers at the end, and how many"
            " of those at the end are new. For example: /crr calc 150 200 80"
        )
    start, end, new = (int(re.sub(r"\D", "", token)) for token in tokens)
    return CalcQuestion(start, end, new, public)


def _record(tokens: list[str]) -> RecordQuestion:
    """A day, customers and new ones; the words that say which is which may be left out."""
    words = [token.casefold().strip(",") for token in tokens]
    numbers = [word for word in words[1:] if word not in ("customers", "customer", "new", "and")]
    try:
        on = date.fromisoformat(words[0] if words else "")
    except ValueError:
        on = None
    orders = ("", "customers", "customer", "new", "customers new", "customer new")
    said = " ".join(word for word in words[1:] if word in ("customers", "customer", "new"))
    read = 1 <= len(numbers) <= 2 and all(_COUNT.fullmatch(number) for number in numbers)
    if on is None or not read or said not in orders or (len(numbers) == 1 and "new" in said):
        raise Misunderstood(
            "record takes a day, how many customers there were at its end, and how many of them"
            " were new since the count before. For example: /crr record 2026-10-31 200 customers 80"
            " new"
        )
    customers, *new = (int(re.sub(r"\D", "", number)) for number in numbers)
    return RecordQuestion(on, customers, new[0] if new else None)


_KINDS = {kind.value: kind for kind in (Kind.WEEK, Kind.MONTH, Kind.QUARTER, Kind.YEAR)}
COHORT_KINDS = {kind.value: kind for kind in (Kind.MONTH, Kind.QUARTER, Kind.YEAR)}
"""What cohorts can be made by, as it is typed."""
_MONTHS = (
    "january", "february", "march", "april", "may", "june", "july", "august", "september",
    "october", "november", "december",
)  # fmt: skip
_WHICH = ("last", "previous", "this", "current")
_WEEKDAYS = ("monday", "tuesday", "wednesday", "thursday", "friday", "saturday", "sunday")
_HALF = re.compile(r"h[12]")
_GUESSES = (
    *_KINDS,
    *(f"{which} {kind}" for which in _WHICH for kind in _KINDS),
    *(month for month in ("january", "february", "march", "april", "june", "july", "august")),
    "september",
    "october",
    "november",
    "december",
    "since march",
    "last 3 months",
    "q4",
    "public",
)
_AMONG_OTHERS = (
    *_WHICH, "past", "since", "ago", "between", *_KINDS, "weeks", "months", "quarters", "days",
    *_MONTHS, "who", "left", "joined", "compare", "explain", "cohort", "public",
)  # fmt: skip
"""What a word can be that stands beside others."""
_MEANT = {
    **{word: "who left" for word in (*LEFT, "left")},
    **{word: "who joined" for word in JOINED},
}
"""What is guessed for a slip in another word for it."""
_WORDS = (
    "help", "calc", "explain", "cohort", "lifetime", "record", "who left", "who joined", "compare"
)  # fmt: skip
"""With which a question to /crr begins that is of no period, or of more than that."""


def _period(said: list[str], today: date, definition: Definition) -> Period:
    """The period that the words name, all of which must be of use."""
    if any(".." in word for word in said):
        return _from_to(" ".join(said), today, definition)
    match said:
        case []:
            return last_finished(Kind.MONTH, today, definition)
        case [kind] | ["last" | "previous" | "past", kind] if kind in _KINDS:
            return last_finished(_KINDS[kind], today, definition)
        case ["this" | "current", kind] if kind in _KINDS:
            return period_of(_KINDS[kind], today, definition)
        case ["last" | "this" | "previous" | "past" as which]:
            raise _Unreadable('I can\'t read "{said}".', guess=f"{which} week", said=which)
        case ["next", kind] if kind in _KINDS:
            return period_of(
                _KINDS[kind], period_of(_KINDS[kind], today, definition).next, definition
            )
        case ["today" | "now"] | ["this", "day"]:
            return Period(today, today + timedelta(days=1), Kind.DAYS)
        case ["tomorrow"]:
            return Period(today + timedelta(days=1), today + timedelta(days=2), Kind.DAYS)
        case ["yesterday"] | ["last", "day"]:
            return Period(today - timedelta(days=1), today, Kind.DAYS)
        case [day] | ["last", day] if day in _WEEKDAYS:
            back = (today.weekday() - _WEEKDAYS.index(day)) % 7
            on = today - timedelta(days=back or 7 * (len(said) - 1))
            return Period(on, on + timedelta(days=1), Kind.DAYS)
        case [count, unit, "ago"] if count.isdecimal():
            return _ago(int(count), unit, today, definition)
        case [year, "year"] if re.fullmatch(r"\d{4}", year):
            return _run(year, definition)
        case [count, unit] if count.isdecimal() and unit.removesuffix("s") in (*_KINDS, "day"):
            return _last(int(count), unit, today, definition)
        case ["last" | "this", *rest] if rest and (_named(rest[0]) or _HALF.fullmatch(rest[0])):
            return _period(rest, today, definition)
        case [half, *year] | [*year, half] if _HALF.fullmatch(half) and (
            not year or re.fullmatch(r"\d{4}", " ".join(year))
        ):
            return _half(int(half[1]), year, today, definition)
        case [one, other, *year] if (written := _day_of(one, other) or _day_of(other, one)) and (
            not year or re.fullmatch(r"\d{4}", " ".join(year))
        ):
            return _on_day(written, year, today, definition)
        case [kind, one, other, *year] if (
            kind in _KINDS
            and (written := _day_of(one, other) or _day_of(other, one))
            and re.fullmatch(r"(\d{4})?", " ".join(year))
        ):
            on = _on_day(written, year, today, definition).first
            return period_of(_KINDS[kind], on, definition)
        case ["since", *begin] if begin:
            return _since(_period(begin, today, definition), today)
        case ["last" | "past" | "previous", count, unit] if count.isdecimal():
            return _last(int(count), unit, today, definition)
        case [name] if _named(name):
            return _newest(name, today, definition)
        case [name, year] if _named(name) and re.fullmatch(r"\d{4}", year):
            return _run(_named(name).format(year=year), definition)
        case [year, name] if _named(name) and re.fullmatch(r"\d{4}", year):
            return _run(_named(name).format(year=year), definition)
        case [name, "last" | "this" as which, "year"] | [
            "last" | "this" as which,
            "year",
            name,
        ] if _named(name):
            kind = Kind.QUARTER if name.startswith("q") else Kind.MONTH
            return _run(_named(name).format(year=_year(which, kind, today, definition)), definition)
        case [kind, day] if kind in _KINDS and day not in (*_KINDS, *_WHICH):
            run = _run(day, definition)
            if run.days > 1 and run.kind is not _KINDS[kind]:
                raise _Unreadable(
                    'After "{kind}" comes a day of it, such as {today}, or nothing.',
                    kind=kind,
                    today=str(today),
                )
            return period_of(_KINDS[kind], run.first, definition)
        case [run]:
            return _run(run, definition)
        case _:
            for at, word in enumerate(said):
                if word in (*_KINDS, *_WHICH) or _named(word):
                    continue
                try:
                    _run(word, definition)
                except _Unreadable as unread:  # say which word it is, and what the whole may be
                    others = [*said[:at], *said[at + 1 :]]
                    if (meant := like(word, _AMONG_OTHERS)) and not all(map(str.isdecimal, others)):
                        unread.guess = " ".join((*said[:at], meant, *said[at + 1 :]))
                    raise
            days = all(re.match(r"\d{4}-", word) for word in said)
            guess = "..".join(said) if days and len(said) == 2 else ""
            raise _Unreadable("Only one period can be asked for at a time.", guess=guess)


_LEAST = 3
"""Letters of a month's name by which it is known."""
_MOST = 600
"""Weeks, months or days that can be counted back at once."""


def _named(word: str) -> str:
    """How we write the run that is named without a year, with a place for the year; or ""."""
    if len(word) >= _LEAST:
        for number, month in enumerate(_MONTHS, start=1):
            if month.startswith(word) or (word == "sept" and month == "september"):
                return f"{{year}}-{number:02}"
    return f"{{year}}-{word}" if re.fullmatch(r"q\d|w[0-5]?\d", word) else ""


def _year(which: str, kind: Kind, today: date, definition: Definition) -> int:
    """What "last year" is called of which a quarter is meant; else it is the calendar's."""
    year = today.year
    if kind is Kind.QUARTER:
        year = period_of(Kind.YEAR, today, definition).first.year
    return year - (which == "last")


def _newest(word: str, today: date, definition: Definition) -> Period:
    """The last run of this name that has begun: in March, October is last year's."""
    return _newest_of(_named(word), today, definition)


def _newest_of(written: str, today: date, definition: Definition) -> Period:
    for year in (today.year + 1, today.year, today.year - 1):
        try:
            found = _run(written.format(year=year), definition)
        except Misunderstood:  # not every year has a week 53
            continue
        if found.first <= today:
            return found
    return _run(written.format(year=today.year), definition)


def _day_of(day: str, name: str) -> str:
    """How we write the first of march, with a place for the year; or ""."""
    if not (name.isalpha() and re.fullmatch(r"0?[1-9]|[12]\d|3[01]", day)):
        return ""
    month = _named(name)
    return f"{month}-{int(day):02}" if month else ""


def _on_day(written: str, year: Sequence[str], today: date, definition: Definition) -> Period:
    """A day of a month by its name, of this year or the last that has begun."""
    if year:
        return _run(written.format(year=year[0]), definition)
    return _newest_of(written, today, definition)


def _half(which: int, year: Sequence[str], today: date, definition: Definition) -> Period:
    """Two quarters of a year, or of the last in which they have begun."""
    quarter = 2 * which - 1
    first = (
        quarter_of(int(year[0]), quarter, definition)
        if year
        else _newest(f"q{quarter}", today, definition)
    )
    return Period(first.first, period_of(Kind.QUARTER, first.next, definition).next, Kind.DAYS)


def _ago(count: int, unit: str, today: date, definition: Definition) -> Period:
    """The day, week, month … that was so many before the one that runs."""
    kind = unit.removesuffix("s")
    if not 1 <= count <= _MOST:
        raise Misunderstood(
            "From 1 to {most} can be counted back, not {count}.", most=_MOST, count=str(count)
        )
    if kind == "day":
        return Period(today - timedelta(days=count), today - timedelta(days=count - 1), Kind.DAYS)
    if kind not in _KINDS:
        [guess, *_] = nearest(unit, [*(f"{name}s" for name in _KINDS), "days"])
        raise _Unreadable('I can\'t read "{said}".', guess=f"{count} {guess} ago", said=unit[:40])
    found = period_of(_KINDS[kind], today, definition)
    for _ in range(count):
        found = before(found, definition)
    return found


def _since(begun: Period, today: date) -> Period:
    if begun.first > today:
        raise Misunderstood(
            "{day} has not come yet: it is {today}.", day=str(begun.first), today=str(today)
        )
    return Period(begun.first, today + timedelta(days=1), Kind.DAYS)


def _last(count: int, unit: str, today: date, definition: Definition) -> Period:
    """So many finished ones, up to the last; days up to yesterday."""
    if not 1 <= count <= _MOST:
        raise Misunderstood(
            "From 1 to {most} can be counted back, not {count}.", most=_MOST, count=str(count)
        )
    kind = unit.removesuffix("s")
    if kind == "day":
        return Period(today - timedelta(days=count), today, Kind.DAYS)
    if kind not in _KINDS:
        [guess, *_] = nearest(unit, [*(f"{name}s" for name in _KINDS), "days"])
        raise _Unreadable('I can\'t read "{said}".', guess=f"last {count} {guess}", said=unit[:40])
    last = first = last_finished(_KINDS[kind], today, definition)
    for _ in range(count - 1):
        first = period_of(_KINDS[kind], first.first - timedelta(days=1), definition)
    return last if count == 1 else Period(first.first, last.next, Kind.DAYS)


def _from_to(words: str, today: date, definition: Definition) -> Period:
    """`a..b`, where a year behind b holds for both, unless a has its own."""
    begin, _, end = (side.split() for side in words.partition(".."))
    begin = begin[1:] if begin[:1] == ["since"] else begin
    if not begin or not end:
        raise _Unreadable('"{said}" has only one end.', example=PERIODS[-1], said=words[:40])
    if ".." in " ".join(end):
        raise _Unreadable("Only one period can be asked for at a time.")
    first, last = _period(begin, today, definition), _period(end, today, definition)
    if year := re.search(r"\b\d{4}$", " ".join(end)) if "-" not in " ".join(end) else None:
        if not re.search(r"\d{4}", " ".join(begin)) and _named(begin[-1]):
            first = _period([*begin, year[0]], today, definition)
    elif _named(begin[-1]) and _named(end[-1]) and last.next <= first.first:
        # "november to february": of the newest february, the november before it.
        first = _period([*begin, str(first.first.year - 1)], today, definition)
    if last.next <= first.first:
        raise Misunderstood(
            "{one} comes after {other}. Write the earlier day first.",
            one=str(first.first),
            other=str(last.last),
        )
    return Period(first.first, last.next, Kind.DAYS)


def _day(text: dict[str, int], definition: Definition) -> Period:
    day = date(text["year"], text["month"], text["day"])
    return Period(day, day + timedelta(days=1), Kind.DAYS)


def _month(text: dict[str, int], definition: Definition) -> Period:
    return period_of(Kind.MONTH, date(text["year"], text["month"], 1), definition)


_RUNS: tuple[tuple[re.Pattern[str], Callable[[dict[str, int], Definition], Period]], ...] = (
    (re.compile(r"(?P<year>\d{4})-(?P<month>\d\d?)-(?P<day>\d\d?)"), _day),
    (re.compile(r"(?P<year>\d{4})-(?P<month>\d\d?)"), _month),
    (
        re.compile(r"(?P<year>\d{4})-?w(?P<week>\d\d?)"),
        lambda text, definition: week_of(text["year"], text["week"], definition),
    ),
    (
        re.compile(r"(?P<year>\d{4})-?q(?P<quarter>\d)"),
        lambda text, definition: quarter_of(text["year"], text["quarter"], definition),
    ),
    (
        re.compile(r"(?P<year>\d{4})"),
        lambda text, definition: year_of(text["year"], definition),
    ),
)


def _run(word: str, definition: Definition) -> Period:
    """The days that one word names, all of them."""
    for pattern, run in _RUNS:
        found = pattern.fullmatch(word)
        if not found:
            continue
        numbers = {name: int(digits) for name, digits in found.groupdict().items()}
        if not 1900 <= numbers["year"] < 2200:
            raise Misunderstood(
                '"{word}" lies too far away: years go from 1900 to 2199.', word=word
            )
        try:
            return run(numbers, definition)
        except ValueError:
            raise Misunderstood('"{word}" is not in the calendar.', word=word) from None
    if found := re.fullmatch(r"(\d\d?)[-/.](\d\d?)[-/.](\d{4})", word):
        return _run(_unambiguous(*found.groups()), definition)
    raise _Unreadable('I can\'t read "{said}".', word=word, said=word[:40])


def _unambiguous(one: str, other: str, year: str) -> str:
    """A day that some write before the month and some behind it, as ISO 8601 writes it."""
    if int(one) != int(other) and int(one) <= 12 and int(other) <= 12:
        raise Misunderstood(
            '"{word}" is one day to some and another to others. Write {first} or {second}.',
            word=f"{one}/{other}/{year}",
            first=f"{year}-{int(other):02}-{int(one):02}",
            second=f"{year}-{int(one):02}-{int(other):02}",
        )
    day, month = (one, other) if int(one) > 12 else (other, one)
    return f"{year}-{int(month):02}-{int(day):02}"
