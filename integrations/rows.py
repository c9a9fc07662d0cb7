"""From a row of a table (a file, a query, a JSON list) to a record: what csv, sql and json share.

The settings say which column holds what. A column that they do not name is looked for under our
own word: `customer`, `name`, `since`, `until`, `on`, and `currency` where `amount` is named. What
is paid is never looked for: not every column called amount comes again each month.
"""

import asyncio
import difflib
import re
from collections.abc import (
    AsyncGenerator,
    AsyncIterator,
    Callable,
    Generator,
    Iterable,
    Iterator,
    Sequence,
)
from concurrent.futures import ThreadPoolExecutor
from contextlib import aclosing, asynccontextmanager, contextmanager
from dataclasses import dataclass, replace
from datetime import UTC, date, datetime, timedelta
from decimal import Decimal
from functools import lru_cache
from typing import Annotated, Any, Literal, Self, TypeVar
from zoneinfo import ZoneInfo

from pydantic import (
    AfterValidator,
    BaseModel,
    BeforeValidator,
    ConfigDict,
    Field,
    StrictInt,
    StrictStr,
    model_validator,
)

from integrations import base
from integrations.errors import BadRecord
from integrations.records import DatedStay, Moment, OtherPage, Page, Present, Purchase, Record

AnyPage = TypeVar("AnyPage", Page, OtherPage)

Column = Annotated[StrictInt, Field(ge=1)] | Annotated[StrictStr, Field(min_length=1)]
"""A column by its position counted from 1, or by its name."""

EXAMPLE = date(2026, 10, 31)
YEARS = range(1900, 2200)
"""A day outside these is a slip of the keyboard or a database's word for "none"."""

SINCE_1970 = {"seconds": 1, "milliseconds": 1000}
"""Other ways to write a moment: how many of them are a second."""

_WRITTEN = (
    "iso", "%d/%m/%Y", "%m/%d/%Y", "%d.%m.%Y", "%d-%m-%Y", "%m-%d-%Y", "%Y/%m/%d", "%d %b %Y",
    "%d %B %Y", "%b %d, %Y", "%B %d, %Y", "%d/%m/%y", "%m/%d/%y", "%d.%m.%y", "%Y%m%d", "seconds",
    "milliseconds",
)  # fmt: skip
"""Ways in which exports write days, to name the one that a day is written in."""

_DIGITS = {"seconds": 9, "milliseconds": 12}
"""Of a moment since the seventies; shorter numbers are something else."""

_TIMES = ("", " %H:%M", " %H:%M:%S")

_CODE = re.compile(r"[A-Z]{3}")
_PLAIN = re.compile(r"-?[0-9]{1,15}(\.[0-9]{1,15})?")
_WITH_CENTS = re.compile(
    r"(?P<minus>-?)(?P<whole>[0-9]{1,15}|[0-9]{1,3}(?P<between>[,.' \u00a0\u202f\u2019])[0-9]{3}"
    r"(?:(?P=between)[0-9]{3}){0,3})(?!(?P=between))[.,](?P<cents>[0-9]{1,2})"
)
"""With signs between thousands and another one before the cents."""

_BETWEEN = re.compile("[;|]")

NAMED = 30
"""Columns that an error names; of a wider table only those that are called alike."""

NEVER = 9999
"""The year in which databases let something end that does not end."""


def _tells_a_whole_day(pattern: str) -> str:
    if pattern == "iso" or pattern in SINCE_1970:
        return pattern
    try:
        told = datetime.strptime(EXAMPLE.strftime(pattern), pattern)  # noqa: DTZ007
    except ValueError as error:
        raise ValueError("is not iso, nor a pattern such as %d/%m/%Y") from error
    if told.date() != EXAMPLE:
        raise ValueError("must have day, month and year in it, such as %d/%m/%Y")
    return pattern


def _is_a_zone(zone: str) -> str:
    try:
        ZoneInfo(zone)
    except (LookupError, ValueError, OSError) as error:
        raise ValueError("is not a time zone such as Europe/Amsterdam") from error
    return zone


Dates = Annotated[str, AfterValidator(_tells_a_whole_day)]
Zone = Annotated[str, AfterValidator(_is_a_zone)]


class RowFields(BaseModel):
    """Which column holds what."""

    model_config = ConfigDict(extra="forbid", frozen=True, hide_input_in_errors=True)

    evidence: Literal["stays", "purchases", "today"] = Field(
        description="What a row is: a stay with its dates, a purchase, or a customer of today."
    )
    customer: Column = Field(
        default="customer", description="The column with the customer's id: its name or position."
    )
    customer_name: Column | None = Field(
        default=None, description="The column with the customer's name (the id, if there is none)."
    )
    since: Column | None = Field(
        default=None, description="stays, today: the column with the first day as a customer."
    )
    until: Column | None = Field(
        default=None,
        description="stays: the column with the first day no longer a customer, or nothing.",
    )
    on: Column | None = Field(
        default=None, description="purchases: the column with the day of the purchase."
    )
    amount: Column | None = Field(
        default=None,
        description="stays, today: the column with what is paid again each month or year.",
    )
    currency: Column | None = Field(
        default=None, description="A code such as EUR for all amounts, or the column with it."
    )
    every: Literal["month", "year"] = Field(
        default="month", description="What the amount is for; a year's is divided by 12."
    )
    term_ends: Column | tuple[Column, ...] | None = Field(
        default=None,
        description="stays, today: the column, or several, with the day on which a term ends; a"
        " cell may hold several days with ; or | between them.",
    )
    fields: Annotated[dict[str, Column], BeforeValidator(base.by_name)] = Field(
        default_factory=dict,
        description="What figures can be split by: our word for it, then the column.",
    )
    emails: Column | None = Field(
        default=None, description="The column with addresses of people there, one or several."
    )
    domains: Column | None = Field(
        default=None, description="The column with internet domains of theirs, one or several."
    )
    parent: Column | None = Field(
        default=None, description="The column with the id of the customer that this one belongs to."
    )
    was: Column | None = Field(
        default=None,
        description="The column with ids of records that were merged into this one, if any.",
    )
    dates: Dates = Field(
        default="iso",
        description="How days are written: iso (2026-10-31), seconds or milliseconds since 1970, or"
        " a pattern such as %d/%m/%Y.",
    )
    zone: Zone | None = Field(
        default=None, description="The time zone of times that are written without one."
    )

    def columns_of_ends(self) -> tuple[Column, ...]:
        """Those that `term_ends` names."""
        if isinstance(self.term_ends, tuple):
            return self.term_ends
        return () if self.term_ends is None else (self.term_ends,)

    @model_validator(mode="after")
    def _names_no_column_in_vain(self) -> Self:
        used = {"stays": ("since", "until"), "purchases": ("on",), "today": ("since",)}
        for word in ("since", "until", "on"):
            if getattr(self, word) is not None and word not in used[self.evidence]:
                raise ValueError(
                    f"evidence: {self.evidence} has no {word}: leave it out, or choose the evidence"
                    " that the rows are (stays, purchases or today)"
                )
        if self.evidence == "purchases" and self.term_ends is not None:
            raise ValueError(
                "evidence: purchases has no term_ends, because nobody signs for one: leave it out"
            )
        if self.evidence == "purchases" and self.amount is not None:
            raise ValueError(
                "evidence: purchases has no amount, because what is bought once does not come"
                " again: leave it out"
            )
        if self.amount is None and (self.currency is not None or self.every != "month"):
            raise ValueError("currency and every are of the amount: name its column in amount: too")
        return self


class RowSettings(RowFields, base.Settings):
    """Of a source that is one table."""


@dataclass(frozen=True, slots=True)
class Header:
    """The columns of a table: their names, or only how many there are."""

    where: str
    count: int
    names: Sequence[str] | None
    noun: str = "column"
    """What a column is called in errors."""
    shows: bool = True
    """Whether errors may show what stands in a row."""

    def index(self, column: Column) -> int:
        """Where in a row the column is. A name must match, if need be without regard to case."""
        if isinstance(column, int):
            if column > self.count:
                raise BadRecord(
                    f"{self.where} has {self.count} columns, so no column {column};"
                    " mend the settings of this source"
                )
            return column - 1
        if self.names is None:
            raise BadRecord(
                f'{self.where} has no header, so no column "{shown(column)}";'
                " give its position, counted from 1"
            )
        exact = [at for at, name in enumerate(self.names) if name == column]
        alike = [at for at, name in enumerate(self.names) if name.casefold() == column.casefold()]
        found = exact or alike
        if len(found) > 1:
            raise BadRecord(
                f'{self.where} has two columns "{shown(column)}"; give the position, from 1'
            )
        if found:
            return found[0]
        raise BadRecord(
            f'{self.where} has no column "{shown(column)}"; it has {_near(column, self.names)}.'
            " Mend the settings of this source, or the header"
        )

    def __contains__(self, name: str) -> bool:
        return name.casefold() in [known.casefold() for known in self.names or ()]


class Reader:
    """Turns the rows of one table into records, and refuses the one that cannot be true."""

    def __init__(self, settings: RowFields, header: Header) -> None:
        self._settings = settings
        self._where = header.where
        self._noun, self._shows = header.noun, header.shows
        with _setting("customer"):
            self._customer = header.index(settings.customer)
        with _setting("customer_name"):
            self._name = _optional(header, settings.customer_name, "name")
        with _setting("fields"):
            self._fields = [(word, header.index(name)) for word, name in settings.fields.items()]
        with _setting("amount"):
            self._amount = None if settings.amount is None else header.index(settings.amount)
        with _setting("currency"):
            self._currency = _currency(header, settings)
        with _setting("term_ends"):
            self._ends = [(header.index(column), column) for column in settings.columns_of_ends()]
        self._since = self._until = self._on = None
        match settings.evidence:
            case "stays":
                with _setting("since"):
                    self._since = header.index(settings.since or "since")
                with _setting("until"):
                    self._until = header.index(settings.until or "until")
            case "purchases":
                with _setting("on"):
                    self._on = header.index(settings.on or "on")
            case "today":
                with _setting("since"):
                    self._since = _optional(header, settings.since, "since")
        self._titles = {
            word: getattr(settings, word) or word
            for word in ("customer", "since", "until", "on", "amount", "currency")
        }
        named = {word: getattr(settings, word) for word in ("emails", "domains", "parent", "was")}
        self._who = {word: header.index(column) for word, column in named.items() if column}
        self._seen: dict[str, str] = {}
        # The same days come again and again; a pattern is ten times slower than looking one up.
        self._day = lru_cache(maxsize=50_000)(self._read_day)

    def records(self, rows: Iterable[tuple[str, Sequence[Any]]]) -> list[Record]:
        """Records of rows as wide as the header, each with its place ("line 17")."""
        make: dict[str, Callable[[str, Sequence[Any]], Record]] = {
            "stays": self._stay,
            "purchases": self._purchase,
            "today": self._present,
        }
        to_record = make[self._settings.evidence]
        if not self._who:
            return [to_record(place, row) for place, row in rows]
        return [replace(to_record(place, row), **self._known_as(row)) for place, row in rows]

    def _known_as(self, row: Sequence[Any]) -> dict[str, Any]:
        """Who the customer is elsewhere."""
        told: dict[str, Any] = {word: several(row[index]) for word, index in self._who.items()}
        if "parent" in told:
            told["parent"] = text(row[self._who["parent"]])
        return told

    def _stay(self, place: str, row: Sequence[Any]) -> DatedStay:
        customer = self._id(place, row)
        since = self._required(place, row, self._since, "since")
        until = self._moment(place, row, self._until, "until")
        if until is not None and _before(until, since):
            ended, began = _apart(until, since)
            raise BadRecord(
                f'{self._where} {place}: "{self._titles["until"]}" ({ended}) is before'
                f' "{self._titles["since"]}" ({began}) of customer {customer:.60};'
                " mend the line"
            )
        name, fields, ends = (
            self._called(row, customer),
            self._split(row),
            self._ends_of(place, row),
        )
        paid = self._paid(place, row)
        return DatedStay(customer, name, since, until, fields, place, *paid, term_ends=ends)

    def _purchase(self, place: str, row: Sequence[Any]) -> Purchase:
        customer = self._id(place, row)
        on = self._required(place, row, self._on, "on")
        return Purchase(customer, self._called(row, customer), on, self._split(row), place)

    def _present(self, place: str, row: Sequence[Any]) -> Present:
        customer = self._id(place, row)
        if (first := self._seen.setdefault(customer, place)) is not place:
            raise BadRecord(
                f'{self._where} {place} has the same "{self._titles["customer"]}" as {first};'
                " a list of today's customers names each once: mend it, or set evidence: stays"
            )
        since = self._moment(place, row, self._since, "since")
        name, fields, ends = (
            self._called(row, customer),
            self._split(row),
            self._ends_of(place, row),
        )
        paid = self._paid(place, row)
        return Present(customer, name, since, fields, place, *paid, term_ends=ends)

    def _id(self, place: str, row: Sequence[Any]) -> str:
        customer = text(row[self._customer])
        if not customer:
            raise BadRecord(
                f"{self._at(place, self._titles['customer'])} is empty;"
                " every row needs the id of its customer"
            )
        return customer

    def _called(self, row: Sequence[Any], customer: str) -> str:
        return (self._name is not None and text(row[self._name])) or customer

    def _split(self, row: Sequence[Any]) -> dict[str, str]:
        found = {word: text(row[index]) for word, index in self._fields}
        return {word: value for word, value in found.items() if value}

    def _paid(self, place: str, row: Sequence[Any]) -> tuple[Decimal | None, str]:
        """What is paid a month, and its currency; None where the cell is empty."""
        if self._amount is None or text(row[self._amount]) == "":
            return None, ""
        value, currency = row[self._amount], self._currency
        amount = number(value)
        if amount is None or amount < 0:
            raise BadRecord(
                f"{self._at(place, self._titles['amount'])}: {self._shown(value)} is not"
                " an amount like 1234.50; mend the line"
            )
        if isinstance(currency, int):
            told = row[currency]
            currency = text(told).upper()
            if not amount and not currency:
                return amount, ""  # nothing is as much in every currency
            if not _CODE.fullmatch(currency):
                raise BadRecord(
                    f"{self._at(place, self._titles['currency'])}: {self._shown(told)}"
                    " is not a currency like EUR; mend the line, or set currency: to the one that"
                    " all amounts are in"
                )
        return amount / 12 if self._settings.every == "year" else amount, currency

    def _at(self, place: str, title: str | int) -> str:
        return f'{self._where} {place}, {self._noun} "{title}"'

    def _shown(self, value: Any) -> str:
        return f'"{shown(value)}"' if self._shows else "what stands there"

    def _ends_of(self, place: str, row: Sequence[Any]) -> tuple[Moment, ...]:
        """The ends of terms in all of their columns."""
        ends = (
            self._told(place, day, title, endless=True)
            for index, title in self._ends
            for day in _several(row[index])
        )
        return tuple(end for end in ends if end is not None)

    def _required(self, place: str, row: Sequence[Any], index: int | None, word: str) -> Moment:
        moment = self._moment(place, row, index, word)
        if moment is None:
            raise BadRecord(
                f"{self._at(place, self._titles[word])} is empty;"
                f" evidence: {self._settings.evidence} needs a day there"
            )
        return moment

    def _moment(
        self, place: str, row: Sequence[Any], index: int | None, word: str
    ) -> Moment | None:
        if index is None:
            return None
        return self._told(place, row[index], self._titles[word], endless=word == "until")

    def _told(self, place: str, value: Any, title: str | int, *, endless: bool) -> Moment | None:
        """None for nothing, and for what never ends where that may be."""
        if isinstance(value, str):
            value = value.strip()
        if value is None or value == "":
            return None
        moment = self._day(value)
        if moment is None:
            raise BadRecord(
                f"{self._at(place, title)}: {self._shown(value)} is not a"
                f" date like {self._example()}; mend the line or set dates:{_fitting(value)}",
                setting="dates",
            )
        if isinstance(moment, datetime) and moment.tzinfo is None:
            raise BadRecord(
                f"{self._at(place, title)}: {self._shown(value)} is a time"
                " without a zone; set zone: (such as Europe/Amsterdam), or give the day alone",
                setting="zone",
            )
        if endless and moment.year == NEVER:
            return None
        if moment.year not in YEARS:
            raise BadRecord(
                f"{self._at(place, title)}: {self._shown(value)} is not in"
                f" the years {YEARS[0]} to {YEARS[-1]}; mend the line or set dates:"
            )
        return moment

    def _read_day(self, value: Any) -> Moment | None:
        return moment_of(value, self._settings.dates, self._settings.zone)

    def _example(self) -> str:
        pattern = self._settings.dates
        if pattern in SINCE_1970:
            return str(1793404800 * SINCE_1970[pattern])
        return EXAMPLE.isoformat() if pattern == "iso" else EXAMPLE.strftime(pattern)


@asynccontextmanager
async def in_a_thread(
    pages: Generator[AnyPage, None, None],
) -> AsyncGenerator[AsyncIterator[AnyPage], None]:
    """Pages that blocking code makes: all in one thread of their own, closed there at the end."""
    thread = ThreadPoolExecutor(max_workers=1, thread_name_prefix="rows")
    loop = asyncio.get_running_loop()

    async def each() -> AsyncGenerator[AnyPage, None]:
        while (page := await loop.run_in_executor(thread, next, pages, None)) is not None:
            yield page

    try:
        async with aclosing(each()) as running:
            yield running
    finally:
        # After the step that may still be under way, for which nobody waits any more.
        thread.submit(pages.close)
        thread.shutdown(wait=False)


def moment_of(value: Any, dates: str, zone: str | None) -> Moment | None:
    """A day, or a time with a zone (without one only if none is set); None if it is neither.

    `dates` and `zone` are those of `RowFields`.
    """
    if isinstance(value, int) and not isinstance(value, bool) and dates != "iso":
        value = str(value)
    try:
        match value:
            case date():
                moment: Moment = value
            case float() | Decimal() | str() if dates in SINCE_1970:
                return datetime.fromtimestamp(float(value) / SINCE_1970[dates], UTC)
            case str() if dates != "iso":
                moment = datetime.strptime(value, dates)  # noqa: DTZ007
                if not _tells_time(dates):
                    moment = moment.date()
            case str() if len(value) == 10 and value[4] == value[7] == "-":
                moment = date.fromisoformat(value)
            case str() if len(value) > 10 and value[4] == value[7] == "-":
                moment = datetime.fromisoformat(value)
            case _:
                return None
    except (ValueError, OverflowError, OSError):
        return None
    if isinstance(moment, datetime) and moment.tzinfo is None and zone:
        return moment.replace(tzinfo=ZoneInfo(zone))
    return moment


def number(value: Any) -> Decimal | None:
    """A number, or what a person writes for one; None for anything else.

    1234.5, 1234,50, 1,234.50 and 1.234,50 are read. 1,234 may mean two things, so it is none.
    """
    if isinstance(value, int | float | Decimal) and not isinstance(value, bool):
        told = Decimal(str(value))
        return told if told.is_finite() else None
    if not isinstance(value, str):
        return None
    written = value.strip()
    if _PLAIN.fullmatch(written):
        return Decimal(written)
    if found := _WITH_CENTS.fullmatch(written):
        whole = "".join(digit for digit in found["whole"] if digit.isdigit())
        return Decimal(f"{found['minus']}{whole}.{found['cents']}")
    return None


def _several(cell: Any) -> Iterable[Any]:
    """The values of a cell that may hold more than one: a database's list, or parts of a text."""
    if isinstance(cell, str):
        return _BETWEEN.split(cell)
    return cell if isinstance(cell, list | tuple) else [cell]


def is_currency(told: object) -> bool:
    """Whether it is a code for all amounts, and not the column with them."""
    return isinstance(told, str) and _CODE.fullmatch(told) is not None


def text(value: Any) -> str:
    """A value as an id, a name or a label: without blanks around it, "" for nothing."""
    return "" if value is None else str(value).strip()


def several(value: Any) -> tuple[str, ...]:
    """The words of a value that holds a list, or of a text that has one written down."""
    told = value if isinstance(value, list | tuple) else re.split(r"[\s,;]+", text(value))
    return tuple(filter(None, map(text, told)))


def shown(value: Any) -> str:
    """A value as an error may show it: short, and nothing that a terminal would act on."""
    cut = str(value)[:40]
    return "".join(c if c.isprintable() and c != '"' else f"\\x{ord(c):02x}" for c in cut)


@contextmanager
def _setting(name: str) -> Iterator[None]:
    """What is not found in here would be mended by this setting."""
    try:
        yield
    except BadRecord as error:
        error.setting = name
        raise


def _near(column: str, names: Sequence[str]) -> str:
    """The columns of a table; of many those that are called alike, and how many more there are."""
    first = names[:NAMED]
    if len(names) > NAMED:
        lower = {name.casefold(): name for name in reversed(names)}
        alike = difflib.get_close_matches(column.casefold(), list(lower), n=5)
        within = [name for name in lower if column.casefold() in name][:5]
        first = list(dict.fromkeys(lower[name] for name in [*alike, *within])) or names[:NAMED]
    known = ", ".join(shown(name) for name in first)
    rest = len(names) - len(first)
    return f"{known} and {rest:,} more" if rest else known


def _fitting(value: Any) -> str:
    """How a day seems to be written, for the setting; "" if in no way that is known."""
    told = str(value)
    ways = [f"{way}{time}" for way in _WRITTEN for time in (_TIMES if "%" in way else ("",))]
    fitting = []
    for way in ways:
        moment = moment_of(told, way, "UTC")
        counts = way in SINCE_1970
        if moment is None or moment.year not in YEARS or (counts and len(told) < _DIGITS[way]):
            continue
        fitting.append(f'"{way}"')
    return f" {' or '.join(fitting[:3])}" if fitting else ""


def _currency(header: Header, settings: RowFields) -> int | str:
    """The column with the currency, or the one that all amounts are in; "" without amounts."""
    if settings.amount is None:
        return ""
    told = settings.currency or "currency"
    return told if isinstance(told, str) and is_currency(told) else header.index(told)


def _optional(header: Header, column: Column | None, word: str) -> int | None:
    if column is None:
        return header.index(word) if word in header else None
    return header.index(column)


def _before(one: Moment, other: Moment) -> bool:
    """A day beside a time is compared with a day to spare, for the zone is not known here."""
    if isinstance(one, datetime) and isinstance(other, datetime):
        return one < other
    spare = timedelta(days=isinstance(one, datetime) != isinstance(other, datetime))
    return _day_of(one) + spare < _day_of(other)


def _apart(one: Moment, other: Moment) -> tuple[str, str]:
    """Two moments as days, or with their times where their days do not tell them apart."""
    days = f"{one:%Y-%m-%d}", f"{other:%Y-%m-%d}"
    return days if days[0] != days[1] else (str(one), str(other))


def _day_of(moment: Moment) -> date:
    return moment.date() if isinstance(moment, datetime) else moment


def _tells_time(pattern: str) -> bool:
    return any(directive in pattern for directive in ("%H", "%I", "%M", "%S", "%s", "%X", "%c"))
