"""Why a source was not read, or Slack did not take something, in the language in force.

Such a sentence is stored where it happened, in English, and told for as long as it is so: to some
in another language. So it is known again here by its words, and said anew. What a vendor's module
says of its own settings is not among these, and stays as it is.
"""

import re
from functools import cache

from bot.messages.languages import ENGLISH, in_force, later, tr

_SENTENCES = (
    # Before whatever it holds.
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
    later("{what}: Slack says {code}: {why}"),
    later("{what}: the answer is none of Slack's; check slack.api_url and the proxy"),
    later("{what}: the request could not be made ({error})"),
    later("{what}: Slack can't be reached ({error}); it is tried again later"),
    later("{what}: the connection to Slack broke ({error}), and Slack may have taken it"),
    later("{what}: Slack asks us to wait"),
    later("{what}: Slack answered {status}, and may have taken it"),
    later("{what}: {status} is no answer of Slack's; check slack.api_url and the proxy"),
    later("{what}: Slack would refuse this: {error}"),
    later("{what}: no list of messages came"),
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
"""Values are in {braces}; {n…} is a whole number, and {what} and {why} are sentences of here."""

_WITHIN = ("what", "why")
_NAMED = re.compile(r"(?P<source>[^:\n]+): (?P<rest>.+)", re.DOTALL)
"""Begins with the name of the source."""


def failure(sentence: str, *, of: str = "") -> str:
    """What was stored, in the language in force; as it is where it is none of these. Without the
    source's name at its beginning, where it is told `of` which source this is."""
    sentence = sentence.removeprefix(f"{of}: ") if of else sentence
    if in_force() == ENGLISH or not sentence:
        return sentence
    for text, pattern in _patterns():
        if (found := pattern.fullmatch(sentence)) is not None:
            return tr(text, **{name: _value(name, of) for name, of in found.groupdict().items()})
    if (named := _NAMED.fullmatch(sentence)) is not None:
        return f"{named['source']}: {failure(named['rest'])}"
    return sentence


def _value(name: str, said: str) -> str | int:
    if name in _WITHIN:
        return failure(said)
    return int(said.replace(",", "")) if _is_number(name) else said


def _is_number(name: str) -> bool:
    return name == "n" or name.startswith("n_")


@cache
def _patterns() -> tuple[tuple[str, re.Pattern[str]], ...]:
    return tuple((text, _pattern(text)) for text in _SENTENCES)


def _pattern(text: str) -> re.Pattern[str]:
    """Each value is as short as it can be."""
    parts = re.split(r"\{(\w+)\}", text)
    # Words of ours, a name of a value, words of ours, …
    told = [
        f"(?P<{part}>{r'[0-9,]+' if _is_number(part) else '.+?'})" if place % 2 else re.escape(part)
        for place, part in enumerate(parts)
    ]
    return re.compile("".join(told), re.DOTALL)
