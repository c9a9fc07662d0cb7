"""What people say for what `questions` reads: in other words, with words that say nothing, and in
Dutch.

Nothing is guessed here. Each row says a thing that has one meaning; what has two is left to be
asked about.
"""

import re
from collections.abc import Callable, Sequence

_DUTCH = {
    "weken": "weeks",
    "maand": "month",
    "mnd": "month",
    "maanden": "months",
    "kwartaal": "quarter",
    "kwartalen": "quarters",
    "jaar": "year",
    "jaren": "years",
    "dag": "day",
    "dagen": "days",
    "vorige": "last",
    "vorig": "last",
    "afgelopen": "last",
    "voorbije": "last",
    "laatste": "last",
    "deze": "this",
    "dit": "this",
    "huidige": "this",
    "huidig": "this",
    "lopende": "this",
    "volgende": "next",
    "volgend": "next",
    "sinds": "since",
    "vanaf": "since",
    "tussen": "between",
    "geleden": "ago",
    "vandaag": "today",
    "nu": "now",
    "gisteren": "yesterday",
    "morgen": "tomorrow",
    "januari": "january",
    "februari": "february",
    "maart": "march",
    "mrt": "march",
    "mei": "may",
    "juni": "june",
    "juli": "july",
    "augustus": "august",
    "oktober": "october",
    "okt": "october",
    "maandag": "monday",
    "dinsdag": "tuesday",
    "woensdag": "wednesday",
    "donderdag": "thursday",
    "vrijdag": "friday",
    "zaterdag": "saturday",
    "zondag": "sunday",
    "eerste": "first",
    "tweede": "second",
    "derde": "third",
    "vierde": "fourth",
    "halfjaar": "half year",
    "helft": "half",
    "halve": "half",
    "een": "one",
    "twee": "two",
    "drie": "three",
    "vier": "four",
    "vijf": "five",
    "zes": "six",
    "zeven": "seven",
    "acht": "eight",
    "negen": "nine",
    "tien": "ten",
    "elf": "eleven",
    "twaalf": "twelve",
    "wie": "who",
    "welke": "which",
    "vertrok": "left",
    "vertrokken": "left",
    "vertrekkers": "left",
    "verloren": "left",
    "verlies": "left",
    "kwijt": "left",
    "weg": "left",
    "opgezegd": "left",
    "opzeggers": "left",
    "retentie": "retention",
    "gestopt": "left",
    "kwam": "joined",
    "kwamen": "joined",
    "werd": "joined",
    "werden": "joined",
    "nieuw": "new",
    "nieuwe": "new",
    "nieuwkomers": "new",
    "terug": "back",
    "waarom": "why",
    "uitleg": "explain",
    "verklaar": "explain",
    "vergelijk": "compare",
    "vergeleken": "compared",
    "met": "with",
    "tegen": "against",
    "en": "and",
    "als": "as",
    "zoals": "as",
    "per": "by",
    "cohorten": "cohorts",
    "levensduur": "lifetime",
    "klantduur": "lifetime",
    "omzet": "revenue",
    "openbaar": "public",
    "publiek": "public",
    "hulp": "help",
}

_NUMBERS = {
    word: str(number)
    for number, word in enumerate(
        (
            "one", "two", "three", "four", "five", "six", "seven", "eight", "nine", "ten",
            "eleven", "twelve",
        ),
        start=1,
    )
}  # fmt: skip
_ORDINALS = {"first": "1", "second": "2", "third": "3", "fourth": "4"}

_SILENT = frozenset(
    (
        "the", "in", "for", "of", "during", "over", "on", "our", "we", "us", "did", "do", "have",
        "has", "had", "been", "were", "was", "are", "is", "customer", "customers", "client",
        "clients", "account", "accounts", "from", "please", "show", "me", "tell", "which", "what",
        "full", "whole", "calendar", "hele", "how", "many", "all", "so", "far", "crr", "rate",
        "retention", "fiscal",
        "de", "het", "van", "voor", "onze", "ons", "wij", "zijn", "er", "erbij", "hebben", "klant",
        "klanten", "toon", "laat", "zien", "hoeveel", "tot", "toe", "gegaan", "gegane", "ging",
        "gingen", "klantbehoud", "percentage",
    )
)  # fmt: skip
"""Words without which a question asks the same."""

_ITSELF = frozenset(("crr", "retention", "rate", "klantbehoud"))
"""What is asked for anyhow."""

LEFT = ("left", "leave", "leaves", "leavers", "leaving", "lost", "lose", "losses", "gone",
        "churned", "churn", "cancelled", "canceled", "quit", "stopped")  # fmt: skip
JOINED = ("joined", "join", "joins", "joiners", "new", "came", "arrived", "gained", "started")
"""Other words for who left and who joined, with or without "who" before them."""

_BY_LETTER = {"d": "day", "w": "week", "m": "month", "q": "quarter", "y": "year"}

Rule = tuple[re.Pattern[str], str | Callable[[re.Match[str]], str]]


def _rule(pattern: str, instead: str | Callable[[re.Match[str]], str]) -> Rule:
    return re.compile(pattern), instead


def _days_of_one_month(of: re.Match[str]) -> str:
    return f"{of[1]} {of[2].partition(' ')[2]}..{of[2]}"


_NAME = r"[a-z]{3,9}"
_MONTH = r"(?:jan|feb|mar|apr|may|jun|jul|aug|sep|oct|nov|dec)[a-z]*"
_PART = rf"(?:[qh]\d|w\d\d?|{_MONTH})"
_RULES: tuple[Rule, ...] = (
    _rule(r"(?:\b|\.\.)(?:so far|until now|up\.\.now|up now|now toe)\b", ""),
    _rule(r"\b(week|month|quarter|year)\.\.date\b", r"since this \1"),
    _rule(r"\b([wmqy])td\b", lambda of: f"since this {_BY_LETTER[of[1]]}"),
    _rule(r"\b(?:ttm|ltm)\b", "last 12 months"),
    _rule(r"\b(?:trailing|rolling)\b", "last"),
    _rule(r"\bpast (week|month|quarter|year)\b", r"last \1"),
    _rule(r"\bpreceding\b|\bprior\b", "previous"),
    _rule(r"\b(\d)(?:st|nd|rd|th|e) (quarter|half)\b", r"\2 \1"),
    _rule(r"\b(first|second|third|fourth) quarter\b", lambda of: f"q{_ORDINALS[of[1]]}"),
    _rule(r"\b(first|second) half\b", lambda of: f"h{_ORDINALS[of[1]]}"),
    _rule(r"\bh([12]) year\b", r"h\1"),
    _rule(r"\b(?:last )?half (?:a )?year\b", "last 6 months"),
    _rule(r"\bquarter ([1-4])\b", r"q\1"),
    _rule(r"\bhalf ([12])\b", r"h\1"),
    _rule(r"\bk([1-4])\b", r"q\1"),
    _rule(rf"\bweek (\d{{1,2}})(?![\d-]| {_MONTH})", r"w\1"),
    _rule(r"\b(\d{4}-\d\d?-\d\d?)/(\d{4}-\d\d?-\d\d?)\b", r"\1..\2"),
    _rule(r"\b([qwh]\d{1,2})[-/](\d{4})\b", r"\1 \2"),
    _rule(rf"\b({_NAME})[-/](\d{{4}})\b", r"\1 \2"),
    _rule(rf"\b(\d{{4}})[-/]({_NAME})\b", r"\1 \2"),
    _rule(r"(?<!\w)['\u2019](\d\d)\b", r"20\1"),
    _rule(r"\b(q[1-4])fy", r"\1 fy"),
    _rule(r"\bfy ?(\d{4})\b", r"\1"),
    _rule(r"\bfy ?'?(\d\d)\b", r"20\1"),
    _rule(r"(?<![\w.-])(\d{1,3})([dwmy])\b", lambda of: f"{of[1]} {_BY_LETTER[of[2]]}s"),
    _rule(r"\ban? (day|week|month|quarter|year) ago\b", r"1 \1 ago"),
    _rule(rf"\b({_PART})-({_PART})\b", r"\1..\2"),
    _rule(r"\b(\d{4})/(\d\d?)(?:/(\d\d?))?\b", lambda of: "-".join(filter(None, of.groups()))),
    _rule(r"(?<![\d/.-])(\d\d?)[-/](\d{4})\b", r"\2-\1"),
    _rule(r"\b(\d\d?)(?:st|nd|rd|th|e)\b", r"\1"),
    _rule(r"^last (who|lost|left|joined|new)\b", r"\1"),
    _rule(r"\bbetween (.+?) and (.+)$", r"\1..\2"),
    _rule(rf"(?<![\w.-])(\d\d?)(?:-|\.\.)(\d\d? {_MONTH})\b", _days_of_one_month),
    _rule(rf"\b({_MONTH} )(\d\d?)(?:-|\.\.)(\d\d?)\b", r"\1\2..\1\3"),
    _rule(r"^(?!compare )(.+?)(?: compared?(?:\.\.| with | against | )| vs\.? | versus )(.+)$",
          r"compare \1 with \2"),
    _rule(r"^(?:who )?(?:came|come|won) back\b", "who joined"),
    _rule(r"^signed up\b|^who signed(?: up)?\b", "who joined"),
    _rule(rf"^(?:who )?(?:{'|'.join(LEFT)})(?= |$)", "who left"),
    _rule(rf"^(?:who )?(?:{'|'.join(JOINED)})(?= |$)", "who joined"),
    _rule(rf"^why (?:they )?(?:{'|'.join(LEFT)})(?= |$)", "who left"),
    _rule(r"^why(?: who left)?(?= |$)", "explain"),
    _rule(r"^explain uit(?= |$)|^leg uit(?= |$)", "explain"),
)  # fmt: skip


def plain(tokens: Sequence[str]) -> list[str]:
    """The same question in the words that `questions` reads; those that nobody knows stay.

    Tokens with = in them are nobody's phrases; they come last, as they are.
    """
    tokens = tokens[1:] if tokens and tokens[0].casefold() in _COMMANDS else tokens
    said = [_bare(token.casefold()) or token for token in tokens if "=" not in token]
    others = [token for token in tokens if "=" in token]
    if said[:1] in (["calc"], ["record"]):
        return list(tokens)
    words = re.sub(r"[a-z]+", _word, " ".join(said))
    words = re.sub(r"[a-z]+", lambda of: _NUMBERS.get(of[0], of[0]), words)
    # "the first half of 2026" is one phrase, so silent words go first; but not the only ones.
    if not _ITSELF.issuperset(words.split()):
        telling = " ".join(word for word in words.split() if word not in _SILENT)
        words = telling if telling or others else words
    else:
        words = ""
    for pattern, instead in _RULES:
        words = pattern.sub(instead, words)
    return [*words.split(), *others]


def _bare(word: str) -> str:
    """Without what ends a sentence or stands around a word that was copied; 'who's' is who."""
    word = re.sub(r"(?<!\.)\.$", "", word.strip("!,;?`*"))
    if not _YEAR.fullmatch(word):
        word = word.strip("'\u2018\u2019")
    return re.sub(r"^who['\u2019]s$", "who", word)


_YEAR = re.compile(r"['\u2019]\d\d")
_COMMANDS = ("/crr", "/churn")


def _word(of: re.Match[str]) -> str:
    return _DUTCH.get(of[0], of[0])
