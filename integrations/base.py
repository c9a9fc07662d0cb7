"""What a module must offer to be an integration. Read this, then stripe.py.

A module `integrations/acme.py` answers to `kind: acme` in config.yaml. It defines `Settings` and
any of `customers`, `changes`, `counts`, `tickets` and `ratings`; its docstring, which users read,
says which objects count as customers and links the API's page. Beside it stands a recording,
from which it is tested (tests/integrations/recordings.py says what is in one). No list names it,
and nothing else is edited, unless it raises a sentence that no other module does: that has its
Dutch beside bot/messages/vendors.py, and the tests name it until it has.
"""

import hashlib
import sys
from collections.abc import AsyncGenerator, Callable, Iterable, Iterator, Mapping
from datetime import datetime, timedelta
from decimal import Decimal
from functools import lru_cache
from itertools import groupby
from typing import Annotated, Any, ClassVar, Literal, Protocol, Self, TypeVar, get_args

import httpx
from pydantic import (
    AfterValidator,
    BaseModel,
    BeforeValidator,
    ConfigDict,
    Field,
    SecretStr,
    field_validator,
    model_validator,
)

from integrations.errors import UnexpectedResponse
from integrations.http import Http
from integrations.records import OtherPage, Page

Reading = Literal["customers", "counts", "tickets", "ratings"]

LONG_VALUE = 60
"""Characters of a setting beyond which a message shows a mark of it instead."""

OVERRIDING = ("trials", "free", "statuses", "paused", "past_due")
"""Settings that have their own word on what the bot's definition says of all sources."""

READINGS: tuple[Reading, ...] = get_args(Reading)
"""What can be read of a source; `changes` is another way to read customers."""


def offered(module: object) -> tuple[Reading, ...]:
    """Which readings an integration module defines."""
    return tuple(reading for reading in READINGS if hasattr(module, reading))


class Matching(BaseModel):
    """How customers are found among those of the first source."""

    model_config = ConfigDict(extra="forbid", frozen=True, hide_input_in_errors=True)

    by: Literal["id", "domain", "email", "field", "first"]
    field: str = ""
    """Of `field`: the one here that holds the first source's id; of `first`: the one there."""


def _matching(told: Any) -> Any:
    match told:
        case None | Matching():
            return told
        case "id" | "domain" | "email":
            return Matching(by=told)
        case {"field": str(name)} if name and len(told) == 1:
            return Matching(by="field", field=name)
        case {"first": str(name)} if name and len(told) == 1:
            return Matching(by="first", field=name)
    raise ValueError("must be id, domain, email, {field: crm_id} or {first: stripe_id}")


class Settings(BaseModel):
    """A source's section of config.yaml. Subclass it and add your fields."""

    model_config = ConfigDict(extra="forbid", frozen=True, hide_input_in_errors=True)

    requests_per_second_default: ClassVar[float] = 5.0
    """What the vendor's published limit allows with room for the company's other programs."""

    reads_default: ClassVar[tuple[Reading, ...] | None] = None
    """What is read if `reads` is left out; None is all that the module offers but counts."""

    kind: str = Field(description="Which system this is.")
    name: str = Field(default="", description="How messages call this source; its kind if empty.")
    requests_per_second: float | None = Field(
        default=None,
        gt=0,
        le=1000,
        description="At most so many requests a second. Sources with the same token share them;"
        " where they say different numbers, the lowest holds.",
    )
    reads: tuple[Reading, ...] | None = Field(
        default=None,
        min_length=1,
        description="What to read of it, such as [customers, tickets], of what its kind gives.",
    )
    matches: Annotated[Matching | None, BeforeValidator(_matching)] = Field(
        default=None,
        description="How its customers are found among those of the first source: id, domain,"
        " email, {field: crm_id} or {first: stripe_id}; if left out, it stands on its own.",
    )
    gives: tuple[str, ...] | None = Field(
        default=None,
        description="Which of its fields, and revenue, matched customers have from here; if left"
        " out, all that the sources before do not have.",
    )

    deciding: ClassVar[tuple[str, ...]] = (
        "evidence",
        "object",
        "property",
        "values",
        "stages",
        "account",
        *OVERRIDING,
    )
    """Settings that decide who is a customer, of those that a module has."""

    @model_validator(mode="before")
    @classmethod
    def _called_by_its_kind(cls, section: Any) -> Any:
        if isinstance(section, dict) and not section.get("name"):
            return {**section, "name": section.get("kind", "")}
        return section

    @field_validator("reads")
    @classmethod
    def _is_offered(cls, reads: tuple[Reading, ...] | None) -> tuple[Reading, ...] | None:
        offers = cls._offers()
        for reading in reads or ():
            if reading not in offers:
                raise ValueError(f"there are no {reading} here, but {' and '.join(offers)}")
        return reads

    @classmethod
    def _offers(cls) -> tuple[Reading, ...]:
        return offered(sys.modules[cls.__module__])

    def readings(self) -> tuple[Reading, ...]:
        """What is to be read of this source."""
        if self.reads is not None:
            return self.reads
        usual = tuple(reading for reading in self._offers() if reading != "counts")
        return self.reads_default or usual or self._offers()

    def incremental(self) -> bool:
        """Whether `changes`, where the module has it, serves a source that is set up so."""
        return True

    def counting(self) -> tuple[tuple[str, str], ...]:
        """What the section itself says of who is a customer: each setting and its value in words.
        It is part of what the figures mean; what is as it is by default goes without saying."""
        fields = type(self).model_fields
        return tuple(
            (name, _in_words(getattr(self, name)))
            for name in self.deciding
            if name in fields
            and (
                getattr(self, name) != fields[name].default
                or (name in OVERRIDING and name in self.model_fields_set)
            )
        )

    def completed(self, defined: Mapping[str, object]) -> Self:
        """With what the bot's definition says where the section says nothing itself."""
        taken = {
            name: value
            for name, value in defined.items()
            if name in type(self).model_fields and name not in self.model_fields_set
        }
        return self.model_copy(update=taken) if taken else self

    def seen_as(self) -> tuple[str, ...]:
        """Whom the vendor takes us for: sections that have the same here read
        one account, and share its limit. It holds secrets."""
        secrets = [
            value.get_secret_value() for _, value in self if isinstance(value, SecretStr) and value
        ]
        url = getattr(self, "url", None)
        if not secrets and not isinstance(url, str):
            return (self.kind, self.name)
        return (self.kind, httpx.URL(url).netloc.decode() if isinstance(url, str) else "", *secrets)

    def pace(self) -> float:
        """Requests a second that may be sent."""
        return self.requests_per_second or self.requests_per_second_default


def _in_words(value: object) -> str:
    match value:
        case None:
            return "none"
        case bool():
            return "yes" if value else "no"
        case tuple() | list():
            return " ".join(map(str, value)) or "none"
        case str() if len(value) > LONG_VALUE:
            # A query is told apart from another one; nobody could read it in a message.
            return hashlib.sha256(value.encode()).hexdigest()[:8]
        case _:
            return str(value)


class Integration(Protocol):
    """The names that an integration module may define, each of them a reading to the end.

    They raise what the source's answers deserve. `Settings` and one of the others must be there.
    """

    Settings: type[Settings]

    def customers(self, settings: Any, http: Http) -> AsyncGenerator[Page, None]:
        """Every record about customers, of those who left too where the source still has them; and
        in `left_out` how much of what was read is none, and why.

        A module whose pages carry a `mark` takes `after: str = ""` as well: the mark of the page
        after which to go on.
        """
        ...

    def changes(self, settings: Any, http: Http, since: datetime) -> AsyncGenerator[Page, None]:
        """All records of each customer of whom anything changed since then (UTC; the module adds
        the overlap that its source needs), and who is gone. A customer that is not in it is as
        before."""
        ...

    def counts(self, settings: Any, http: Http) -> AsyncGenerator[OtherPage, None]:
        """Every `Count` that there is."""
        ...

    def tickets(
        self, settings: Any, http: Http, since: datetime
    ) -> AsyncGenerator[OtherPage, None]:
        """`Ticket`s, and `Rating`s given to them, that changed since then. The same may come
        again."""
        ...

    def ratings(
        self, settings: Any, http: Http, since: datetime
    ) -> AsyncGenerator[OtherPage, None]:
        """`Rating`s given or changed since then. The same may come again."""
        ...


def _sendable(token: SecretStr) -> SecretStr:
    """HTTP refuses a token with a line break or a space in it, in words that show the token."""
    text = token.get_secret_value().strip()
    if not text:
        raise ValueError("is empty; put the token there, or the name of a variable that holds it")
    if not text.isascii() or not text.isprintable() or " " in text:
        raise ValueError("has a character that no token has; copy it again")
    return SecretStr(text)


def _reachable(url: str) -> str:
    """https, or http to a machine of one's own; without user and query, which would be logged."""
    try:
        parsed = httpx.URL(url)
    except httpx.InvalidURL as error:
        raise ValueError("is not an address like https://api.example.com") from error
    if parsed.scheme not in ("http", "https") or not parsed.host or (parsed.port or 0) > 65535:
        raise ValueError("is not an address like https://api.example.com")
    if parsed.userinfo or parsed.query or parsed.fragment:
        raise ValueError("must be an address alone, without user, password, ? or #")
    own = "." not in parsed.host or parsed.host.startswith("127.")
    if parsed.scheme == "http" and not own:
        raise ValueError("must begin with https://, or the token would travel in the open")
    return url.rstrip("/")


def by_name(fields: Any) -> Any:
    """A list of names is short for a mapping of each name to itself."""
    if isinstance(fields, list | tuple) and all(isinstance(name, str) for name in fields):
        return {name: name for name in fields}
    return fields


Token = Annotated[SecretStr, AfterValidator(_sendable)]
Address = Annotated[str, AfterValidator(_reachable)]
Fields = Annotated[dict[str, str], BeforeValidator(by_name)]
"""What figures can be split by: our word for it, then the source's."""

_DECIMALS = {
    0: "BIF CLP DJF GNF ISK JPY KMF KRW PYG RWF UGX VND VUV XAF XOF XPF",
    3: "BHD IQD JOD KWD LYD OMR TND",
}
_A_YEAR = {"day": 365, "week": 52, "month": 12, "year": 1}


@lru_cache(1024)
def unit(currency: str) -> int:
    """How many of the smallest unit make one (ISO 4217): 100 cents a dollar, one yen a yen."""
    found = (n for n, names in _DECIMALS.items() if currency.upper() in names.split())
    return int(10 ** next(found, 2))


def monthly(amount: Decimal, interval: str, count: int = 1) -> Decimal:
    """A month's worth of what comes every `count` days, weeks, months or years.

    A year has 12 months, 52 weeks, 365 days.
    """
    if interval not in _A_YEAR or count < 1:
        raise UnexpectedResponse(
            f"a price comes again in an interval that we do not know ({interval[:40]!r});"
            " report it to us"
        )
    return amount * _A_YEAR[interval] / (12 * count)


def term_end(begins: datetime | None, ends: datetime | None) -> list[datetime]:
    """The end of a term as `term_ends` has it, if it is one: longer than a month.

    Who pays by the month or more often may leave at any end of it, and CRR says as much.
    """
    if begins is None or ends is None or ends - begins <= timedelta(days=31):
        return []
    return [ends]


At = TypeVar("At", int, datetime)


def same_price(
    since: At,
    until: At | None,
    changes: Iterable[At | None],
    price: Callable[[At], Decimal | None],
) -> Iterator[tuple[At, At | None, Decimal | None]]:
    """A time cut where what is paid changes: from when to when how much.

    `price` says what is paid from a moment on; it is asked for the beginning and for each of
    `changes` that lies inside.
    """
    starts: set[At] = {since}
    starts.update(
        at for at in changes if at is not None and since < at and (until is None or at < until)
    )
    pieces: list[tuple[At, Decimal | None]] = [(at, price(at)) for at in sorted(starts)]
    runs = [list(run) for _, run in groupby(pieces, key=lambda piece: piece[1])]
    ends: list[At | None] = [run[0][0] for run in runs[1:]]
    ends.append(until)
    for run, end in zip(runs, ends, strict=True):
        yield run[0][0], end, run[0][1]
