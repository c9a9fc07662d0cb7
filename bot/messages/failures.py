"""Why a source was not read, or Slack did not take something, in the language in force.

Such a sentence is stored where it happened, in English, and told for as long as it is so: to some
in another language. So it is known again by its words, and said anew: those that many say are here,
those of the modules under integrations/ in `vendors.py`.
"""

import re
from collections.abc import Mapping
from dataclasses import dataclass, replace
from functools import cache

from bot.messages import vendors
from bot.messages.languages import ENGLISH, in_force, later, tr

_SENTENCES = (
    later("All was read, because its changes cannot be. {why}"),
    # Of sources: integrations.refusals, .http, .paging, .errors.
    later("{where} did not answer in time; the next pull tries again"),
    later("{where} cannot be reached ({error}); look at the network and the name"),
    later("{where} broke the connection ({error}); the next pull tries again"),
    later("{where} answered with a body that cannot be unpacked; report it to us"),
    later("{where} answered with an unknown shape ({error}); report it to us"),
    later(
        "{where} answered with something that is not JSON, or only the beginning of it; set url: to"
        " the address of the API, or report it to us"
    ),
    later("{where} answered with more than {size} MB at once; set url: to the API's address"),
    later("{where} answered without an access_token; check the address"),
    later(
        "{where} answered {status} and gives no access; put a valid client id and secret, or a"
        " valid refresh token, into config.yaml"
    ),
    later("{where} answered {status}: the token is not accepted; put a valid one into config.yaml"),
    later(
        "{where} answered {status}: the token may not read this; give it the scopes that the"
        " documentation lists"
    ),
    later("{where} answered {status}: the token may not read this; give it {scopes}"),
    later(
        "{where} answered {status} and asks to wait {seconds} seconds; the next pull tries again"
    ),
    later("{where} answered {status}; the next pull tries again"),
    later("{where} answered {status}: it has moved to {host}; set url: to the address of the API"),
    later(
        "{where} answered {status}; check the source's settings, and report it to us if they are"
        " right"
    ),
    later(
        "{where} gave the same page again (page {page}); the pull is thrown away: report it to us"
        " if the next one ends so too"
    ),
    later(
        "{where} leads to a page on another host, which must not see the token; set url: to the"
        " address that the API calls itself, or report it to us"
    ),
    later("an answer of a shape we do not know ({error}); report it to us"),
    later(
        "{record} of customer {customer} ends on {end}, before it begins on {begin}; look at it in"
        " {product}"
    ),
    # Of files and databases, which most begin with: integrations.csv, .sql.
    later("{where} gave an empty page and says that there is more"),
    later("{where} cannot be opened ({error}); the next pull tries again"),
    later("{where} cannot be read ({error}); the next pull tries again"),
    later("{where} changed while it was read; write it elsewhere and move it there"),
    later(
        "{where} is not written in {encoding} (from line {line} on, or a little later); set"
        " encoding:, such as cp1252"
    ),
    later(
        "{where} has {count} columns where the first line has {first}; mend the line, or set"
        " separator:"
    ),
    later("{where} has no cell with anything in it; export it again"),
    later("{where} is empty; export it again, or set path: to another file"),
    later("{where} cannot be read as a row ({error}); mend its quotes"),
    later("{where} may not be read; give the user that runs Keeprate the right to"),
    later("there is no file {where}; put it there or set path:, the next pull tries again"),
    later("the database cannot be asked ({error}); look at url: and the driver"),
    later("the database does not answer ({error}); look at url:, the next pull tries again"),
    later("the database does not take the query ({error}); mend query:"),
    later("the database refuses the query ({error}); grant SELECT to the user in url:"),
    later("the query meets a value it cannot read ({error}); mend query:"),
    later("the database refuses us ({error}); mend url:"),
    later("the query took longer than {seconds} seconds; make it quicker, or set longest:"),
    later("there is no database {where}; set url: to it, the next pull tries again"),
    # Of pulls: bot.jobs.pull, .reading, .counting, bot.domain.stays, bot.store.
    later("A newer pull was believed first."),
    later("It was broken off, and the next one went on with it."),
    later("another process went on with the pull."),
    later("the pull was broken off because the bot was stopped; the next one goes on with it."),
    later("the pull was broken off because the bot was stopped; the next one begins anew."),
    later("the pull was broken off ({error}); the next one goes on with it."),
    later("the pull was broken off ({error}); the next one begins anew."),
    later("the pull was broken off ({error})"),
    later(
        "there is not one customer in it. Check the filter of the source and the rights of its"
        " token; what was known is kept."
    ),
    later("it gave evidence of {kinds} kinds at once."),
    later(
        "The pull has none of the {n} customers that were known. Check the filter of the source and"
        " the rights of its token."
    ),
    later(
        "{n} of {n_all} customers are missing from the pull; more than {n_most} at once are not"
        " believed. Check the filter of the source and the rights of its token."
    ),
    # Of Slack: bot.slack.errors and .poster, bot.jobs.delivery, bot.store.deliveries.
    later("Slack says {code}: {why}"),
    later("the answer is none of Slack's; check slack.api_url and the proxy"),
    later("the request could not be made ({error})"),
    later("Slack can't be reached ({error}); it is tried again later"),
    later("the connection to Slack broke ({error}), and Slack may have taken it"),
    later("Slack asks us to wait"),
    later("Slack answered {status}, and may have taken it"),
    later("{status} is no answer of Slack's; check slack.api_url and the proxy"),
    later("Slack would refuse this: {error}"),
    later("no list of messages came"),
    later(
        "#{channel} is shared with people from outside, who must not see figures. Name another"
        " channel in config.yaml."
    ),
    later(
        "Slack may have taken it or not, and the bot may not look for it. Please look yourself."
        " With the scope {scopes} it looks by itself."
    ),
    later("The process that posted it ended before it knew whether Slack took it."),
    later("The message that it changes never arrived."),
    later("The message that it answers never arrived."),
    later("put a valid token into config.yaml (the app's page, OAuth & Permissions)"),
    later("invite the bot there (/invite @Keeprate) or name another channel"),
    later("xoxb- is the bot's token, xapp- is the app's"),
    later("add the scope to the app and install it again"),
    later("ask an admin of the workspace to allow the app"),
    later("install the app again: the workspace joined an org"),
    later("install the app in this workspace"),
    later("switch it on in the app's settings"),
    later("use the token of a bot"),
    later("name a channel that is not archived"),
    later("an admin has limited who may post there"),
    later("the person is not in the channel"),
    later("nobody in this workspace has that address"),
    later("Slack does not know this person"),
    later("name a person"),
    later("the same goes out in older blocks"),
    later("the message must say less"),
    later("the click is too old; click again"),
    later("half an hour or five answers have passed"),
    later("the message was deleted"),
    later("the message is not the bot's own"),
    later("it is tried again later"),
    later("see Slack's documentation of this error"),
)
"""Values are in {braces}; {n…} is a whole number, {why} is a sentence of here, and what else is
ours is in `vendors.WITHIN`."""

_DOING = (
    later("posting to {place}"),
    later("updating a message in {place}"),
    later("telling {person} in {place}"),
    later("sending {file} to {person}"),
    later("showing App Home to {person}"),
    later("looking for a post in {place}"),
    later("looking at the user group {group}"),
    later("looking at the bot's channels"),
    later("looking at {place}"),
    later("opening the conversation with {person}"),
    later("opening a view"),
    later("changing a view"),
    later("a view"),
    later("looking for somebody by e-mail"),
    later("answering"),
    later("uploading a picture"),
)
"""What was asked of Slack, before what it said."""

_EVERY = (*_SENTENCES, *vendors.SENTENCES)
_BEFORE = (*_DOING, *vendors.PLACES)
_WITHIN = {"why": _EVERY, **vendors.WITHIN}
"""What a value may be, by its name."""

_NAMED = re.compile(r"(?P<name>[^:\n\"]+): (?P<rest>.+)", re.DOTALL)
"""Begins with the name of the source, with the place of a record, or with what was asked of
Slack."""

_NUMBER = re.compile("[0-9,]+")

_NAMES = 3
"""So many of them at most."""

_DEEP = 6
"""What is within what is within a sentence, at most."""


def failure(sentence: str, *, of: str = "") -> str:
    """What was stored, in the language in force; as it is where it is none of these. Without what
    it is about at its beginning, where it is told `of` which source, or of what, this is."""
    sentence = sentence.removeprefix(f"{of}: ") if of else sentence
    if in_force() == ENGLISH:
        return sentence
    return _told(sentence, _EVERY)


def _told(said: str, texts: tuple[str, ...], deep: int = _DEEP) -> str:
    """In the language in force, if it is one of the texts; as it is where it is none of them."""
    found = _found(said, texts) if deep else None
    if found is None:
        return said
    names = [_told(name, _BEFORE, deep - 1) for name in found.names]
    values = {name: _value(name, of, deep - 1) for name, of in found.values.items()}
    return ": ".join([*names, tr(found.pattern.text, **values)])


def _value(name: str, said: str, deep: int) -> str | int:
    if name in _WITHIN:
        return _told(said, _WITHIN[name], deep)
    return int(said.replace(",", "")) if _is_number(name) else said


def _is_number(name: str) -> bool:
    return name == "n" or name.startswith("n_")


@dataclass(frozen=True, slots=True)
class _Found:
    """Which text it is, with which values, and the names before it."""

    pattern: "_Pattern"
    values: Mapping[str, str]
    names: tuple[str, ...] = ()


def _found(said: str, texts: tuple[str, ...], names: int = _NAMES) -> _Found | None:
    fitting = (
        _Found(pattern, values)
        for pattern in _patterns(texts)
        if (values := pattern.values(said)) is not None
    )
    found = next(fitting, None)
    if found is not None and found.pattern.goes_first:
        return found
    named = _NAMED.fullmatch(said) if names else None
    behind = None if named is None else _found(named["rest"], texts, names - 1)
    if named is None or behind is None:
        return found
    # What begins with a value takes a name for a part of that; what is a wider text does not count.
    if found is None or behind.pattern.words >= found.pattern.words:
        return replace(behind, names=(named["name"], *behind.names))
    return found


class _Pattern:
    """A text, to be known again with whatever values; each is as short as it can be."""

    def __init__(self, text: str) -> None:
        self.text = text
        # Words of ours, a name of a value, words of ours, …
        parts = re.split(r"\{(\w+)\}", text)
        self._names, (self._begins, *self._between) = parts[1::2], parts[::2]
        self._ends = self._between.pop() if self._between else ""
        self.words = len("".join(parts[::2]))
        self.holds_another = "why" in self._names
        self.goes_first = self.holds_another or bool(self._begins)

    def values(self, said: str) -> Mapping[str, str] | None:
        """Those with which the text is what is `said`: from one of our words to the next, which
        takes no longer for what is meant to take long."""
        if not self._names:
            return {} if said == self.text else None
        at, end = len(self._begins), len(said) - len(self._ends)
        if at > end or not said.startswith(self._begins) or not said.endswith(self._ends):
            return None
        told = []
        for words in self._between:
            begins, at = at, said.find(words, at, end)
            if at < 0:
                return None
            told.append(said[begins:at])
            at += len(words)
        values = dict(zip(self._names, [*told, said[at:end]], strict=True))
        return values if all(map(_fits, values, values.values())) else None


def _fits(name: str, said: str) -> bool:
    return not _is_number(name) or _NUMBER.fullmatch(said) is not None


@cache
def _patterns(texts: tuple[str, ...]) -> tuple[_Pattern, ...]:
    """Those that hold a whole sentence first, and then those with the most words of ours: what fits
    them fits a wider one as well."""
    return tuple(sorted(map(_Pattern, texts), key=lambda each: (-each.holds_another, -each.words)))
