"""Which customer a channel is of: what was said, and who it probably is where nobody said it."""

import re
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import datetime

_GENERIC = frozenset(
    re.findall(
        r"\w+",
        "and bv channel client clients co collab company connect customer customers cust ext"
        " external gmbh group help inc limited llc ltd nv our partner partners plc project proj sa"
        " sarl shared slack support team the together us with www com net org io nl de fr eu uk",
    )
)
"""Words of channels, of companies and of domains that tell nothing of who it is."""


@dataclass(frozen=True, slots=True)
class Link:
    """A word of a person about one channel; the newest counts."""

    channel: str
    customer: int | None
    """The store's number; None: from then on it is nobody's."""
    id: str
    """The source's id of the customer, "" for nobody's."""
    name: str
    said_at: datetime
    said_by: str


@dataclass(frozen=True, slots=True)
class Candidate:
    """A customer who may be the one of a channel."""

    id: str
    name: str
    domain: str = ""


@dataclass(frozen=True, slots=True)
class Unlinked:
    """A channel that is shared with another company, and of which nobody said whose it is."""

    channel: str
    name: str
    perhaps: tuple[Candidate, ...] = ()
    """The likeliest first."""


def telling(text: str) -> tuple[str, ...]:
    """The words of a name of a channel, a company or a domain that tell who it is."""
    words = re.findall(r"[^\W_]+", text.casefold())
    return tuple(word for word in words if word not in _GENERIC and len(word) > 1)


def suggestions(channel: str, known: Iterable[Candidate], most: int = 3) -> Sequence[Candidate]:
    """Of the customers, those of whom the channel's name speaks; the best match first.

    Every word of a customer's name, or of its domain, must be in the channel's name, or the other
    way around; so "ext-acme-support" is Acme, and "acme-labs" is Acme Labs before Acme.
    """
    of_channel = set(telling(channel))
    joined = "".join(telling(channel))
    found: list[tuple[float, str, Candidate]] = []
    for candidate in known:
        best = 0.0
        for text in (candidate.name, candidate.domain.removeprefix("www.")):
            words = set(telling(text))
            if not words or not of_channel:
                continue
            shared = len(words & of_channel)
            if "".join(telling(text)) == joined:
                best = 1.0
            elif shared == len(words) or shared == len(of_channel):
                best = max(best, shared / len(words | of_channel))
        if best:
            found.append((-best, candidate.name.casefold(), candidate))
    return [candidate for *_, candidate in sorted(found, key=lambda f: f[:2])[:most]]
