"""What people type after /nps, /csat, /ces and /keeprate, read into what they want."""

import re
from collections.abc import Sequence
from dataclasses import dataclass

from bot.domain.segments import nearest
from bot.errors import Misunderstood

QUESTION_LONGEST = 1000


@dataclass(frozen=True, slots=True)
class AskNow:
    """Ask in this channel; `question` is "" for the usual one."""

    question: str = ""


@dataclass(frozen=True, slots=True)
class Preview:
    """Show what would be asked, with a button that asks it."""

    question: str = ""


@dataclass(frozen=True, slots=True)
class Results:
    """What the newest question in this channel was answered."""


@dataclass(frozen=True, slots=True)
class Close:
    """Take no more answers to the newest question in this channel."""


@dataclass(frozen=True, slots=True)
class Help:
    """What can be typed."""


@dataclass(frozen=True, slots=True)
class Status:
    """Whether all is well."""


@dataclass(frozen=True, slots=True)
class PullNow:
    """Read one source, or all of them if `source` is ""."""

    source: str = ""


@dataclass(frozen=True, slots=True)
class MergeRecords:
    """One record is another customer from now on; both by id or name."""

    old: str
    new: str


@dataclass(frozen=True, slots=True)
class UndoMerge:
    """The record is a customer of its own again."""

    old: str


@dataclass(frozen=True, slots=True)
class ListMerges:
    """Which records belong to another customer."""


@dataclass(frozen=True, slots=True)
class LinkChannel:
    """The channel (an id) is this customer's, by id or name."""

    channel: str
    customer: str


@dataclass(frozen=True, slots=True)
class UnlinkChannel:
    """The channel (an id) is no customer's."""

    channel: str


@dataclass(frozen=True, slots=True)
class ListLinks:
    """Which channel is whose, and of which nobody said it."""


SurveyCommand = AskNow | Preview | Results | Close | Help
KeeprateCommand = (
    Status
    | PullNow
    | MergeRecords
    | UndoMerge
    | ListMerges
    | LinkChannel
    | UnlinkChannel
    | ListLinks
    | Help
)

_SURVEY_WORDS = ("ask", "results", "close", "help")
_KEEPRATE_WORDS = ("status", "pull", "merge", "merges", "link", "links", "unlink", "help")


def read_survey(words: str) -> SurveyCommand:
    """Nothing, or a question, shows a preview: nobody should ask customers by trying a command.

    `ask`, with or without a question, asks at once. Raises Misunderstood for a word that is
    neither a command nor looks like a question (three words, or a question mark).
    """
    text = " ".join(words.split())
    first, _, rest = text.partition(" ")
    match first.casefold():
        case "":
            return Preview()
        case "ask":
            return AskNow(_question(rest))
        case "results" if not rest:
            return Results()
        case "close" if not rest:
            return Close()
        case "help" | "?" if not rest:
            return Help()
        case _ if text.endswith("?") or len(text.split()) >= 3:
            return Preview(_question(text))
        case _:
            raise Misunderstood(_unread(text, _SURVEY_WORDS))


def read_keeprate(words: str, sources: Sequence[str]) -> KeeprateCommand:
    """Raises Misunderstood for an unknown word, or a source that is not among `sources`."""
    text = " ".join(words.split())
    first, _, rest = text.partition(" ")
    match first.casefold():
        case "" | "help" | "?":
            return Help()
        case "status" if not rest:
            return Status()
        case "pull" if not rest:
            return PullNow()
        case "pull":
            named = {source.casefold(): source for source in sources}
            if rest.casefold() in named:
                return PullNow(named[rest.casefold()])
            known = ", ".join(nearest(rest, sources))
            raise Misunderstood(f'There is no source "{rest:.40}". There is {known}.')
        case "merges" if not rest:
            return ListMerges()
        case "merge":
            return _merge(words)
        case "link" | "links" if not rest:
            return ListLinks()
        case "link":
            return _link(words)
        case "unlink":
            return UnlinkChannel(_channel(rest, "unlink #acme"))
        case _:
            raise Misunderstood(_unread(text, _KEEPRATE_WORDS))


def _merge(words: str) -> MergeRecords | UndoMerge:
    """`merge OLD NEW` or `merge undo OLD`; names of several words stand in double quotes."""
    match _quoted(words)[1:]:
        case ["undo" | "--undo", old]:
            return UndoMerge(old)
        case [old, new]:
            return MergeRecords(old, new)
        case _:
            raise Misunderstood(
                'merge takes two customers, by id or name, such as: merge C-17 C-4, merge "Acme'
                ' Inc" Acme; or, to take that back: merge undo C-17.'
            )


def _link(words: str) -> LinkChannel:
    match _quoted(words)[1:]:
        case [channel, *customer] if customer:
            return LinkChannel(_channel(channel, "link #acme Acme"), " ".join(customer))
        case _:
            raise Misunderstood(
                "link takes a channel and a customer, by id or name, such as: link #acme Acme"
            )


def _channel(text: str, example: str) -> str:
    """The id in what Slack makes of a channel's name, <#C0123ABCD|acme>, or the id itself."""
    found = re.fullmatch(r"<#([CG][A-Z0-9]{2,})(?:\|[^>]*)?>|([CG][A-Z0-9]{2,})", text.strip())
    if not found:
        raise Misunderstood(
            f'"{text:.40}" is not a channel. Choose one of those that Slack offers after #, or'
            f" write its id, such as: {example}"
        )
    return found[1] or found[2]


def _quoted(words: str) -> list[str]:
    """Words parted by blanks, outside of double quotes, which are taken away."""
    straight = words.translate({ord(quote): '"' for quote in "“”„«»"})
    if straight.count('"') % 2:
        raise Misunderstood('A quotation mark is missing. Write it so: merge "Acme Inc" Acme.')
    return [a or b for a, b in re.findall(r'"([^"]*)"|([^\s"]+)', straight)]


def _question(text: str) -> str:
    if len(text) > QUESTION_LONGEST:
        raise Misunderstood(
            f"The question has {len(text):,} characters; at most {QUESTION_LONGEST:,} are read by"
            " anybody."
        )
    return text


def _unread(text: str, known: Sequence[str]) -> str:
    [guess, *_] = nearest(text.split()[0], known)
    return f'I can\'t read "{text:.40}". Did you mean "{guess}"?'
