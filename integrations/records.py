"""The three kinds of evidence that a source can give about its customers. Pure.

A source that knows when somebody began and stopped gives `DatedStay`s (billing); one that only
knows who is a customer today gives `Present`s (most CRMs); a shop gives `Purchase`s. One source
gives one kind. The bot turns each into stays; an integration never does.

Beside these, a source may know solved tickets, ratings that people gave elsewhere, or nothing but
counts.

A day may be given as a `date` (already local) or as an aware `datetime`, which becomes a day in
the configured time zone. A naive `datetime` is refused.
"""

from collections import Counter
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import date, datetime
from decimal import Decimal
from enum import StrEnum
from typing import Literal, TypeVar

Moment = date | datetime
Told = TypeVar("Told")


@dataclass(frozen=True, slots=True, kw_only=True)
class Identity:
    """What else a source knows of who a customer is; empty where it does not tell."""

    emails: Sequence[str] = ()
    """Addresses of people there. They find the customer in other sources."""
    domains: Sequence[str] = ()
    """Internet domains of theirs, as `acme.com`."""
    parent: str = ""
    """The id of the customer that this one belongs to, in the same source."""
    was: Sequence[str] = ()
    """Ids that this one had before others were merged into it: they are no customers that left."""


@dataclass(frozen=True, slots=True)
class DatedStay(Identity):
    """One time as a customer. Several subscriptions of one customer are several of these."""

    customer: str
    name: str
    since: Moment
    until: Moment | None = None
    """The first day they are no longer a customer; None while they are."""
    fields: Mapping[str, str] = field(default_factory=dict)
    """What figures can be split by: plan, region, owner."""
    place: str = ""
    """Where the record stands ("line 17", "sub_123"), for errors about it."""
    monthly: Decimal | None = None
    """What they pay a month for this stay, in the units that people say (12.50); None where the
    source does not tell. A price that changes on a day that is known makes two stays of it."""
    currency: str = ""
    """Three capital letters (ISO 4217), where `monthly` is told."""
    as_of_now: bool = False
    """Whether `monthly` is what they pay now, of which the source forgets what it was before: a
    change holds from the day of the pull on."""
    term_ends: Sequence[Moment] = ()
    """The days, past and to come, on which a term ended or ends and they could leave: the first
    day that the term does not cover. Empty where there are no terms, or the source does not say."""
    unpaid_since: Moment | None = None
    """Since when they owe what they had to pay, while they do. For how long they are a customer
    nevertheless is for the bot's definition to say, as it is of a pause."""
    paused_since: Moment | None = None
    """Since when they have paused, while they do."""


@dataclass(frozen=True, slots=True)
class Purchase(Identity):
    """One purchase; it keeps its customer for the configured number of days."""

    customer: str
    name: str
    on: Moment
    fields: Mapping[str, str] = field(default_factory=dict)
    place: str = ""


@dataclass(frozen=True, slots=True)
class Present(Identity):
    """Somebody who is a customer now, in a source that forgets those who left."""

    customer: str
    name: str
    since: Moment | None = None
    """Where the source tells it."""
    fields: Mapping[str, str] = field(default_factory=dict)
    place: str = ""
    monthly: Decimal | None = None
    """What they pay a month now; holds from the day of the pull until another is told."""
    currency: str = ""
    term_ends: Sequence[Moment] = ()
    """As in `DatedStay`."""


@dataclass(frozen=True, slots=True)
class Count:
    """What a source that names nobody says of one day."""

    on: date
    customers: int
    """At the end of that day."""
    new: int | None = None
    """New ones since the count before; None where it is not told."""
    place: str = ""


@dataclass(frozen=True, slots=True)
class Ticket:
    """One request for help, as it stands now. It comes again whenever it changes."""

    id: str
    requester: str
    """The person's id there."""
    opened: datetime
    account: str = ""
    """The id there of the company that the person belongs to; "" where there is none."""
    account_name: str = ""
    email: str = ""
    """The requester's."""
    agent: str = ""
    """The id there of who is to answer."""
    agent_name: str = ""
    subject: str = ""
    first_reply: datetime | None = None
    solved: datetime | None = None
    """When it was solved the last time; None while it is open, also when it is open again."""
    times_solved: int | None = None
    """None where the source does not count."""
    changed: datetime | None = None
    """When the source last touched it: what the next pull goes on from."""
    place: str = ""


Direction = Literal["higher", "lower"]
"""Which end of a scale is the good one."""


@dataclass(frozen=True, slots=True)
class Rating:
    """What somebody said elsewhere about how it goes."""

    id: str
    on: datetime
    score: float
    lowest: float
    highest: float
    """The ends of the scale that it was given on: 0 and 10, 1 and 5, 0 and 1 for two thumbs."""
    scale: Literal["nps", "csat", "ces"] = "csat"
    requester: str = ""
    account: str = ""
    account_name: str = ""
    email: str = ""
    agent: str = ""
    agent_name: str = ""
    ticket: str = ""
    """The id of the ticket that it is about."""
    comment: str = ""
    changed: datetime | None = None
    direction: Direction = "higher"
    """Of ces, "how much effort did it take" runs the other way than "you made it easy"."""
    place: str = ""


Record = DatedStay | Purchase | Present
"""Evidence about customers."""
Other = Count | Ticket | Rating


class LeftOut(StrEnum):
    """Why something that was read of a source is no evidence about a customer."""

    TRIAL = "trial"
    FREE = "free plan"
    NEVER_PAID = "first payment never came"
    NOT_BEGUN = "not begun yet"
    NO_TIME = "over as it began"
    STATUS = "status that does not count"
    NO_CUSTOMER = "not a customer"
    NO_DATE = "no date"
    TEST = "test"
    CANCELED = "canceled or given back"
    NO_BUYER = "nobody's"
    MOVED = "moved to another account"
    FILTERED = "filtered by the settings"


@dataclass(frozen=True, slots=True)
class Page:
    """What a source gives at once: a page of an API, a slice of a file."""

    records: Sequence[Record]
    of: int | None = None
    """How many records there are in all, only where the source says so exactly."""
    gone: Sequence[str] = ()
    """Of changes only: ids of those who were customers and of whom the source has nothing left."""
    trusted_from: Moment | None = None
    """The first day of which the source's history tells the truth; None for all of the past. The
    latest that any page tells is the one that counts."""
    mark: str = ""
    """Where to go on after this page, if the source's own marker outlives a restart; else ""."""
    left_out: Mapping[LeftOut, int] = field(default_factory=dict)
    """How many of what was read are no records, by reason, each under the first that holds. Who was
    not asked for is not counted."""


def sorted_out(told: Iterable[Told | LeftOut]) -> tuple[list[Told], Mapping[LeftOut, int]]:
    """The records of a page, and how many others there were of each kind."""
    records: list[Told] = []
    left_out = Counter[LeftOut]()
    for each in told:
        if isinstance(each, LeftOut):
            left_out[each] += 1
        else:
            records.append(each)
    return records, left_out


@dataclass(frozen=True, slots=True)
class OtherPage:
    """The same for what is not evidence about customers."""

    records: Sequence[Other]
    of: int | None = None
    up_to: datetime | None = None
    """Where the source tells changes in their order: until when they have come with this page. A
    reading that is broken off goes on from there."""
