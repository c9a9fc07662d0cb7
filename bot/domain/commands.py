"""What people type after /nps, /csat, /ces and /keeprate, read into what they want."""

import re
from collections.abc import Sequence
from dataclasses import dataclass

from bot.domain.asking import Target
from bot.domain.segments import like, nearest
from bot.domain.subscriptions import (
    SubscriptionCommand,
    read_subscription,
    read_unsubscription,
)
from bot.errors import Misunderstood, Sentence, one_after_another

QUESTION_LONGEST = 1000

NOBODY = Target()
"""Nobody is named: the channel in which the command was typed is meant."""


@dataclass(frozen=True, slots=True)
class AskNow:
    """Ask in this channel, or whom `target` names; `question` is "" for the usual one."""

    question: str = ""
    target: Target = NOBODY
    anonymous: bool = False


@dataclass(frozen=True, slots=True)
class Preview:
    """Show what would be asked and whom, with a button that asks it."""

    question: str = ""
    target: Target = NOBODY
    anonymous: bool = False


@dataclass(frozen=True, slots=True)
class NextRound:
    """What the survey of this name in config.yaml asks next, and whom; asks nobody."""

    survey: str


@dataclass(frozen=True, slots=True)
class Results:
    """What the newest question in this channel was answered; or, with words that name a period,
    segments or a survey, what all of them were."""

    words: str = ""


@dataclass(frozen=True, slots=True)
class Themes:
    """What comments are about; `words` as in Results."""

    words: str = ""


@dataclass(frozen=True, slots=True)
class Outcomes:
    """Who is still a customer after which score."""


@dataclass(frozen=True, slots=True)
class LinkFor:
    """A web page on which this person (an id) answers the newest question in this channel."""

    person: str


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


@dataclass(frozen=True, slots=True)
class ListSources:
    """What is read, how it stands, and when it is read next."""


@dataclass(frozen=True, slots=True)
class ShowSettings:
    """What is in force."""


@dataclass(frozen=True, slots=True)
class Export:
    """A file of the customers behind a figure, which the words name, or of all answers."""

    words: str = ""
    answers: bool = False
    json_lines: bool = False
    """Of answers: an object a line, for a program."""


@dataclass(frozen=True, slots=True)
class ListRules:
    """What is watched, with buttons to change it."""


SurveyCommand = AskNow | Preview | NextRound | Results | Themes | Outcomes | LinkFor | Close | Help
KeeprateCommand = (
    Status
    | ListSources
    | ShowSettings
    | Export
    | ListRules
    | PullNow
    | MergeRecords
    | UndoMerge
    | ListMerges
    | LinkChannel
    | UnlinkChannel
    | ListLinks
    | SubscriptionCommand
    | Help
)

_AROUND = ".,;!\"'`*_\u201c\u201d\u2018\u2019"
"""What stands around a word that was copied, or ends a sentence."""

_EQUALS = re.compile(r"^((?:anonymous |ask |preview )*[^\W\d]\w*)\s*=\s*")
"""As in "plan = pro"."""

_SURVEY_WORDS = ("ask", "preview", "results", "themes", "outcomes", "link", "close", "help")
_KEEPRATE_WORDS = (
    "status",
    "sources",
    "settings",
    "export",
    "pull",
    "alerts",
    "subscribe",
    "unsubscribe",
    "merge",
    "merges",
    "link",
    "links",
    "unlink",
    "help",
)


def read_survey(words: str) -> SurveyCommand:
    """Nothing, or a question, shows a preview: nobody should ask customers by trying a command.

    `ask`, alone or with a question, asks at once; words without a question mark are shown first,
    because a slip such as "ask now" would stand before customers. Raises Misunderstood for a word
    that is neither a command nor looks like a question (three words, or a question mark).
    """
    text = _EQUALS.sub(r"\1=", " ".join(words.split()))
    first, _, rest = text.partition(" ")
    word = first.casefold().strip(_AROUND) or first
    if not rest and word.rstrip("?") in _SURVEY_WORDS:
        if word.rstrip("?") in ("ask", "close") and "?" in word:
            raise Misunderstood(_unread(text, _SURVEY_WORDS))
        text = word = word.rstrip("?")
    match word:
        case "":
            return Preview()
        case "ask":
            return _ask(rest)
        case "preview" if found := _SURVEY.fullmatch(rest):
            return NextRound(found[1].strip('"“”„«» '))
        case "preview":
            return _preview(rest)
        case "results" if not text.endswith("?"):
            return Results(rest)
        case "themes" if not text.endswith("?"):
            return Themes(rest)
        case "outcomes" if not rest:
            return Outcomes()
        case "link" if found := _PERSON.fullmatch(rest):
            return LinkFor(found[1])
        case "link" if not rest or len(rest.split()) == 1:
            raise Misunderstood("Who is to answer on a web page? Name one person: link @person.")
        case "close" if not rest:
            return Close()
        case "help" | "hulp" | "?" if not rest:
            return Help()
        case "anonymous":
            return _preview(text)
        case _ if found := _SURVEY.fullmatch(text):
            return NextRound(found[1].strip('"“”„«» '))
        case _ if read_target(text)[0]:
            return _preview(text)
        case _ if text.endswith("?") or len(text.split()) >= 3:
            return Preview(_question(text))
        case _:
            raise Misunderstood(_unread(text, _SURVEY_WORDS))


def _ask(words: str) -> AskNow | Preview:
    """Without a question mark it is shown before it is asked, if it can be meant at all."""
    asking = read_asking(words)
    if not asking.question or "?" in asking.question:
        return asking
    if len(asking.question.split()) >= 3:
        return Preview(asking.question, asking.target, asking.anonymous)
    guess = like(asking.question, ("customers", "anonymous"))
    raise Misunderstood(
        one_after_another(
            Sentence(
                '"{word}" is no question, so nobody was asked. Write yours with a question mark, or'
                " none for the usual one.",
                word=asking.question[:40],
            ),
            Sentence('Did you mean "{guess}"?', guess=f"ask {guess}") if guess else "",
        )
    )


def read_asking(words: str) -> AskNow:
    """Whom to ask what: `anonymous` before all else, a target, a question; each may be missing.

    Raises as `read_target`, and for an anonymous question to people one by one, whose answers
    would be known by whom they were asked of.
    """
    first, _, rest = words.strip().partition(" ")
    if _SURVEY.match(first):
        raise Misunderstood(
            "A survey of config.yaml asks by itself, when its time has come. Without ask, this"
            " shows whom and when."
        )
    alone = words.strip().casefold() == "anonymous"
    anonymous = first == "anonymous" or alone
    target, question = read_target(rest if anonymous else words)
    if anonymous and (target.people or target.groups):
        raise Misunderstood(
            "An anonymous question is asked in channels: in a direct message it would be known who"
            " answered."
        )
    return AskNow(_question(question), target, anonymous)


def _preview(words: str) -> Preview:
    asking = read_asking(words)
    return Preview(asking.question, asking.target, asking.anonymous)


_CHANNEL = re.compile(r"<#([CG][A-Z0-9]{2,})(?:\|[^>]*)?>")
_GROUP = re.compile(r"<!subteam\^(S[A-Z0-9]{2,})(?:\|[^>]*)?>")
_PERSON = re.compile(r"<@([UW][A-Z0-9]{2,})(?:\|[^>]*)?>")
_SURVEY = re.compile(r"survey=(.+)", re.IGNORECASE)
_SEGMENT = re.compile(r"([^\s=\"<>]+)=(\"[^\"]*\"|[^\s\"]+)")


def read_target(words: str) -> tuple[Target, str]:
    """Whom the words name at their beginning, and the rest of them.

    A channel, a person and a user group as Slack writes them (<#C…>, <@U…>, <!subteam^S…>), fields
    of customers (plan=pro), or "customers" for all of them; several of one kind may stand
    side by side, but customers are not asked together with others. Raises Misunderstood for that,
    and for a name after # or @ that Slack has left as it was typed.
    """
    channels: list[str] = []
    people: list[str] = []
    groups: list[str] = []
    segment: dict[str, str] | None = None
    rest = words.strip().translate({ord(quote): '"' for quote in "“”„«»"})
    first, _, others = rest.partition(" ")
    if first == "customers" or rest.casefold() == "customers":
        return Target(segment={}), others
    while True:
        for pattern, into in ((_CHANNEL, channels), (_GROUP, groups), (_PERSON, people)):
            if found := pattern.match(rest):
                into.append(found[1])
                break
        else:
            if not (found := _SEGMENT.match(rest)):
                break
            segment = {**(segment or {}), found[1]: found[2].strip('"')}
        rest = rest[found.end() :].lstrip()
    if segment is not None and (channels or people or groups):
        raise Misunderstood(
            "Customers of a segment are asked in their own channels. Name either a segment, such as"
            " plan=pro, or channels and people."
        )
    if slip := re.match(r"[#@][^\W\d_][\w.-]*", rest):
        # A name that Slack did not know is no question: in the channel everybody would read it.
        raise Misunderstood(
            '"{word}" is neither a channel nor anybody that Slack knows here. Choose one of those'
            " that it offers after # and @.",
            word=slip[0][:40],
        )
    return Target(tuple(channels), tuple(people), tuple(groups), segment), rest.lstrip(",;: ")


def written(asking: AskNow | Preview) -> str:
    """As `read_asking` reads it."""
    words = ("anonymous" if asking.anonymous else "", _written(asking.target), asking.question)
    return " ".join(filter(None, words))


def _written(target: Target) -> str:
    if target.segment == {}:
        return "customers"
    return " ".join(
        (
            *(f"<#{id}>" for id in target.channels),
            *(f"<!subteam^{id}>" for id in target.groups),
            *(f"<@{id}>" for id in target.people),
            *(f'{name}="{label}"' for name, label in (target.segment or {}).items()),
        )
    )


def read_keeprate(words: str, sources: Sequence[str]) -> KeeprateCommand:
    """Raises Misunderstood for an unknown word, or a source that is not among `sources`."""
    text = " ".join(words.split())
    first, _, rest = text.partition(" ")
    word = first.casefold().strip(_AROUND) or first
    if not rest and word != "pull?":  # which would be done
        word = word.rstrip("?")
    match word:
        case "" | "help" | "hulp":
            return Help()
        case "audit":
            raise Misunderstood(
                "Who did what is told where Keeprate runs: `keeprate audit` in a terminal."
            )
        case "status" if not rest:
            return Status()
        case "sources" if not rest:
            return ListSources()
        case "settings" if not rest:
            return ShowSettings()
        case "export" if rest.casefold() in ("answers", "answers csv"):
            return Export(answers=True)
        case "export" if rest.casefold() == "answers jsonl":
            return Export(answers=True, json_lines=True)
        case "export":
            return Export(rest)
        case "alerts" if not rest:
            return ListRules()
        case "pull" if not rest:
            return PullNow()
        case "pull":
            named = {source.casefold(): source for source in sources}
            if rest.casefold() in named:
                return PullNow(named[rest.casefold()])
            known = ", ".join(nearest(rest, sources))
            raise Misunderstood(
                'There is no source "{word}". There is {known}.', word=rest[:40], known=known
            )
        case "subscribe":
            return read_subscription(rest)
        case "unsubscribe":
            return read_unsubscription(rest)
        case "merges" if not rest:
            return ListMerges()
        case "merge":
            return _merge(words)
        case "link" | "links" if not rest:
            return ListLinks()
        case "link":
            return _link(words)
        case "unlink" if not rest:
            raise Misunderstood("unlink takes a channel, such as: unlink #acme")
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
            '"{word}" is not a channel. Choose one of those that Slack offers after #, or write its'
            " id, such as: {example}",
            word=text[:40],
            example=example,
        )
    return found[1] or found[2]


def _quoted(words: str) -> list[str]:
    """Words parted by blanks, outside of double quotes, which are taken away."""
    straight = words.translate({ord(quote): '"' for quote in "“”„«»"})
    if straight.count('"') % 2:
        raise Misunderstood('A quotation mark is missing. Write it so: merge "Acme Inc" Acme.')
    return [a or b for a, b in re.findall(r'"([^"]*)"|([^\s"]+)', straight)]


_MARKED = re.compile(
    r"<(?:(?P<url>(?:https?|mailto):[^|>\s]+)|(?P<sign>[@#!])(?P<id>[^|>]*))(?:\|(?P<name>[^>]*))?>"
)


def _as_read(of: re.Match[str]) -> str:
    """What customers read in the place of what Slack makes of a name or an address."""
    if of["url"]:
        return of["url"].removeprefix("mailto:")
    rings = of["id"] if of["sign"] == "!" and of["id"].isalpha() else ""
    name = (of["name"] or rings).lstrip("@#")
    if not name:
        raise Misunderstood(
            "Customers would read an id in the question. Write names in it as words, without @ and"
            " #."
        )
    return f"{'#' if of['sign'] == '#' else '@'}{name}"


def _question(text: str) -> str:
    text = _MARKED.sub(_as_read, text)
    if len(text) > QUESTION_LONGEST:
        raise Misunderstood(
            "The question has {characters} characters; at most {most} are read by anybody.",
            characters=len(text),
            most=QUESTION_LONGEST,
        )
    return text


def _unread(text: str, known: Sequence[str]) -> Sentence:
    guess = like(text.split()[0], known)
    if guess:
        return Sentence(
            'I can\'t read "{word}". Did you mean "{guess}"?', word=text[:40], guess=guess
        )
    return Sentence(
        'I can\'t read "{word}". There is {known}.', word=text[:40], known=", ".join(known)
    )
