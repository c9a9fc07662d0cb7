"""The three kinds of evidence that a source can give about its customers. Pure.

A source that knows when somebody began and stopped gives `DatedStay`s (billing); one that only
knows who is a customer today gives `Present`s (most CRMs); a shop gives `Purchase`s. One source
gives one kind. The bot turns each into stays; an integration never does.

A day may be given as a `date` (already local) or as an aware `datetime`, which becomes a day in
the configured time zone. A naive `datetime` is refused.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import date, datetime
from decimal import Decimal

Moment = date | datetime


@dataclass(frozen=True, slots=True)
class DatedStay:
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


@dataclass(frozen=True, slots=True)
class Purchase:
    """One purchase; it keeps its customer for the configured number of days."""

    customer: str
    name: str
    on: Moment
    fields: Mapping[str, str] = field(default_factory=dict)
    place: str = ""


@dataclass(frozen=True, slots=True)
class Present:
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


Record = DatedStay | Purchase | Present


@dataclass(frozen=True, slots=True)
class Page:
    """What a source gives at once: a page of an API, a slice of a file."""

    records: Sequence[Record]
    of: int | None = None
    """How many records there are in all, only where the source says so exactly."""
