"""JSON: any HTTP API that is described in config.yaml alone.

Customer: whoever a row of the list under `customers` names; what a row is, `evidence` says: `stays`
with `since` and `until`, `purchases` with `on`, or the customers of `today`. `only` leaves rows
out, as in `only: {status: [active, past_due]}`: name there everything that is to count.
Since, until: the fields of those names, or those that the settings name.
Revenue: the field that `amount` names, in `currency`; `cents` if it is in hundredths.
Ticket: a row of the list under `tickets`, and what the fields named there say of it.
Rating: a row of the list under `ratings`; `lowest` and `highest` are the ends of its scale, and
`scores` tells what words such as good and bad are worth.
History: as far back as the rows go; `today` has none before the first pull.

Fields: where something is, seen from the row, or from the answer for `rows`, `at`, `more`, `total`
and `count`: `account.id`, `tags.0` for the first of a list and `tags.-1` for the last,
`contacts.*.email` for all of them. A field must be there in every row, though it may be null; write
`ended_at?` for one that rows may leave out.
Pages: `one`, or how the next is asked for. `cursor`: what stands at `at` is sent as `param`.
`offset`: `param` is how many rows there were so far. `page`: `param` is its number. `next`: its
address is at `at`. `link`: the header Link has it. A list ends where the API says so: with no
marker at `at`, with `more` false, after `count` pages, or with a page that is empty; never with one
that is short. Where `total` is given, what does not add up to it is thrown away.
Broken off: customers go on with the marker of `cursor`, `next` and `link`. Lists whose pages are
numbered are read anew, for rows may have moved meanwhile; tickets and ratings too, for nobody knows
in what order an API tells them.
Changes: a parameter with `{since}` in it asks for what changed from a moment on; it is left out
where everything is wanted. With one under `customers` a pull may ask for changes alone: give it
only where each customer is one row.
Auth: `bearer`, `basic` (with `user`), `header` or `query` (as `token_name`), or `oauth`, for which
`login` is the address that gives tokens and `token` the secret of `client`. `query` puts the
token into addresses, which others may log: take it only where there is nothing else.
Limits: set requests_per_second below what the API allows; pages whose numbers are known are asked
for side by side within it.
Traps: with a wrong `at` only the first page is read, which looks whole: give `total` or `more`
where the API has one. Most lists leave out who left unless they are asked for them.

https://www.rfc-editor.org/rfc/rfc8259
https://www.rfc-editor.org/rfc/rfc8288
https://www.rfc-editor.org/rfc/rfc6749
"""

from collections.abc import AsyncGenerator, Callable, Mapping, Sequence
from contextlib import aclosing
from datetime import datetime
from functools import partial
from typing import Any, Literal, Self, cast
from urllib.parse import parse_qsl, urlsplit

import msgspec
from pydantic import BaseModel, ConfigDict, Field, SecretStr, model_validator

from integrations import base
from integrations.errors import BadRecord, UnexpectedResponse
from integrations.helpdesk import (
    Cells,
    RatingFields,
    TicketFields,
    Values,
    has,
    rating,
    ticket,
)
from integrations.http import (
    Access,
    Answer,
    Http,
    Trail,
    address,
    basic,
    bearer,
    link,
    same_host,
    side_by_side,
)
from integrations.parameters import SINCE, asking_from, plus
from integrations.paths import NOTHING, cell, missing, reach, what_is
from integrations.records import LeftOut, OtherPage, Page, Rating, Record, Ticket
from integrations.rows import (
    Dates,
    Header,
    Reader,
    RowFields,
    is_currency,
    number,
    text,
)

_ANYTHING = cast(type[Any], Any)


_NO_FIELDS = {"evidence", "currency", "every", "dates", "zone", "fields", "term_ends"}
"""Settings of `RowFields` that name no field, or not always."""


def _refuse_positions(columns: Sequence[object]) -> None:
    if any(type(column) is int for column in columns):
        raise ValueError(
            'a field has no position; write where it is, such as account.id, or "0" for the first'
            " of a row that is a list"
        )


class Listing(BaseModel):
    """Where a list is, and how it is read to the end."""

    model_config = ConfigDict(extra="forbid", frozen=True, hide_input_in_errors=True)

    path: str = Field(default="", description="What comes after url: such as /v2/subscriptions.")
    method: Literal["GET", "POST"] = Field(default="GET", description="How the list is asked for.")
    params: dict[str, Any] = Field(
        default_factory=dict,
        description="What is asked for: in the address, or with POST as a JSON body.",
    )
    rows: str = Field(
        default="", description="Where the rows are; left out, the answer itself is the list."
    )
    pages: Literal["one", "cursor", "offset", "page", "next", "link"] = Field(
        default="one", description="How the next page is asked for."
    )
    at: str | None = Field(default=None, description="cursor, next: where the marker is.")
    param: str | None = Field(
        default=None,
        description="cursor, offset, page: the parameter that it is sent in (variables.after is one"
        " inside another).",
    )
    first: int | None = Field(
        default=None, ge=0, description="Where counting begins: at 0 for offset, at 1 for page."
    )
    more: str | None = Field(
        default=None, description="Where it says whether more pages follow; true or false."
    )
    total: str | None = Field(
        default=None, description="Where it says how many rows there are in all, if that is exact."
    )
    count: str | None = Field(
        default=None, description="page: where it says how many pages there are."
    )
    only: dict[str, Values] = Field(
        default_factory=dict,
        description="Rows that count: the field, then the values of which it must have one.",
    )
    since_as: Dates = Field(
        default="iso",
        description="How {since} is written: iso (2026-10-31T00:00:00Z), seconds, milliseconds or a"
        " pattern such as %Y-%m-%d.",
    )

    @model_validator(mode="after")
    def _can_go_on(self) -> Self:
        needs = {
            "cursor": {"at", "param"},
            "offset": {"param"},
            "page": {"param"},
            "next": {"at"},
        }.get(self.pages, set())
        for name in ("at", "param"):
            if name in needs and getattr(self, name) is None:
                raise ValueError(f"pages: {self.pages} needs {name}:")
            if name not in needs and getattr(self, name) is not None:
                raise ValueError(f"pages: {self.pages} has no {name}: leave it out")
        if self.count is not None and self.pages != "page":
            raise ValueError("count is of pages: page; leave it out")
        return self

    def asks_for_changes(self) -> bool:
        return SINCE in str(self.params)


class Customers(RowFields, Listing):
    """Of what the rows under `customers` are."""

    cents: bool = Field(
        default=False, description="Whether the amount is in hundredths, such as cents."
    )

    @model_validator(mode="after")
    def _names_fields(self) -> Self:
        told = [getattr(self, name) for name in RowFields.model_fields]
        _refuse_positions([*told, *self.columns_of_ends(), *self.fields.values()])
        if self.cents and self.amount is None:
            raise ValueError("cents is of the amount: name its field in amount: too")
        return self

    def paths(self) -> dict[str, str]:
        """Where what the settings name is, by our word for it."""
        named = {
            name: column
            for name in RowFields.model_fields
            if name not in _NO_FIELDS and isinstance(column := getattr(self, name), str)
        }
        used = {"stays": ("since", "until"), "purchases": ("on",), "today": ()}[self.evidence]
        named |= {word: word for word in used if word not in named}
        if self.amount is not None and not is_currency(self.currency):
            named["currency"] = str(self.currency or "currency")
        ends = {f"term_ends.{n}": str(path) for n, path in enumerate(self.columns_of_ends())}
        return {
            **named,
            **ends,
            **{f"fields.{word}": str(path) for word, path in self.fields.items()},
        }


class Tickets(TicketFields, Listing):
    """Of what the rows under `tickets` are."""

    @model_validator(mode="after")
    def _names_fields(self) -> Self:
        _refuse_positions([getattr(self, name) for name in TicketFields.model_fields])
        return self


class Ratings(RatingFields, Listing):
    """Of what the rows under `ratings` are."""

    @model_validator(mode="after")
    def _names_fields(self) -> Self:
        _refuse_positions([getattr(self, name) for name in RatingFields.model_fields])
        return self


class Settings(base.Settings):
    """An API and the lists to read there."""

    url: base.Address = Field(description="The address that every path begins with.")
    auth: Literal["none", "bearer", "basic", "header", "query", "oauth"] = Field(
        default="bearer", description="How the token is shown."
    )
    token: base.Token | None = Field(
        default=None,
        description="The token; the password for basic, the client's secret for oauth.",
    )
    token_name: str | None = Field(
        default=None, description="header, query: what the header or the parameter is called."
    )
    user: str | None = Field(default=None, description="basic: the user.")
    login: base.Address | None = Field(
        default=None, description="oauth: the address that gives access tokens."
    )
    client: str | None = Field(default=None, description="oauth: the client's id.")
    scope: str | None = Field(default=None, description="oauth: the scope to ask for, if any.")
    refresh_token: base.Token | None = Field(
        default=None, description="oauth: a refresh token, where the client's secret is not enough."
    )
    headers: dict[str, str] = Field(
        default_factory=dict, description="More headers, such as a version; nothing secret."
    )
    customers: Customers | None = Field(default=None, description="The list of customers.")
    tickets: Tickets | None = Field(default=None, description="The list of tickets.")
    ratings: Ratings | None = Field(default=None, description="The list of ratings.")

    @model_validator(mode="after")
    def _has_what_it_needs(self) -> Self:
        needs = {
            "bearer": {"token"},
            "basic": {"token", "user"},
            "header": {"token", "token_name"},
            "query": {"token", "token_name"},
            "oauth": {"token", "login", "client"},
        }.get(self.auth, set())
        for name in sorted(needs):
            if getattr(self, name) is None:
                raise ValueError(f"auth: {self.auth} needs {name}:")
        told = {name: getattr(self, name) for name in ("customers", "tickets", "ratings")}
        if not any(told.values()):
            raise ValueError("needs a list: customers:, tickets: or ratings:")
        for reading in self.reads or ():
            if told.get(reading) is None:
                raise ValueError(f"reads {reading}, so {reading}: must say where they are")
        return self

    def readings(self) -> tuple[base.Reading, ...]:
        told = (self.customers, self.tickets, self.ratings)
        names: tuple[base.Reading, ...] = ("customers", "tickets", "ratings")
        given = tuple(name for name, one in zip(names, told, strict=True) if one is not None)
        return self.reads or given

    def incremental(self) -> bool:
        return self.customers is not None and self.customers.asks_for_changes()


async def customers(settings: Settings, http: Http, after: str = "") -> AsyncGenerator[Page, None]:
    async with aclosing(_customers(settings, http, None, after)) as pages:
        async for page in pages:
            yield page


async def changes(settings: Settings, http: Http, since: datetime) -> AsyncGenerator[Page, None]:
    async with aclosing(_customers(settings, http, since)) as pages:
        async for page in pages:
            yield page


async def _customers(
    settings: Settings, http: Http, since: datetime | None, after: str = ""
) -> AsyncGenerator[Page, None]:
    listing = _wanted(settings.customers, "customers")
    found = _List(settings, listing, http, since)
    to_records = _Customers(listing, found.where)
    key = to_records.id_of if listing.evidence == "today" else _as_it_is
    begin = msgspec.json.decode(after, type=_Mark) if after else _Mark()
    read = begin.read
    async with aclosing(found.pages(key, begin)) as pages:
        async for every, total, marker in pages:
            placed = [(f"row {at}", row) for at, row in enumerate(every, read + 1)]
            read += len(every)
            counted = [(place, row) for place, row in placed if found.counts(place, row)]
            gone = [to_records.id_of(row) for place, row in placed if not found.counts(place, row)]
            yield Page(
                to_records.of(counted),
                of=None if listing.only or since else total,
                gone=gone if since else (),
                mark="" if marker is None else msgspec.json.encode(_Mark(read, marker)).decode(),
                left_out={LeftOut.FILTERED: len(gone)} if gone else {},
            )


async def tickets(
    settings: Settings, http: Http, since: datetime
) -> AsyncGenerator[OtherPage, None]:
    listing = _wanted(settings.tickets, "tickets")
    found = _List(settings, listing, http, since)
    async with aclosing(found.others(partial(ticket, listing))) as pages:
        async for page in pages:
            yield page


async def ratings(
    settings: Settings, http: Http, since: datetime
) -> AsyncGenerator[OtherPage, None]:
    listing = _wanted(settings.ratings, "ratings")
    found = _List(settings, listing, http, since)
    async with aclosing(found.others(partial(rating, listing))) as pages:
        async for page in pages:
            yield page


def _wanted(listing: Any, name: str) -> Any:
    if listing is None:
        raise BadRecord(f"{name}: is not described in config.yaml; say there where they are")
    return listing


class _Mark(msgspec.Struct):
    """Where a list is gone on with: after so many rows, at the marker of the next page."""

    read: int = 0
    marker: str | int | None = None


class _List:
    """One list of the API, asked for page after page."""

    def __init__(
        self, settings: Settings, listing: Listing, http: Http, since: datetime | None
    ) -> None:
        self.url = settings.url + listing.path
        self.where = address(self.url)
        self._settings = settings
        self._listing = listing
        self._http = http
        self._params = asking_from(listing.params, since, listing.since_as)
        if settings.auth == "query" and settings.token is not None:
            self._token = {str(settings.token_name): settings.token.get_secret_value()}
        else:
            self._token = {}

    async def pages(
        self, key: Callable[[Any], object], begin: _Mark
    ) -> AsyncGenerator[tuple[list[Any], int | None, str | int | None], None]:
        """Rows that were not on the page before, how many there are in all if it says so, and the
        marker of the next page. Numbers are none: rows move on to other pages meanwhile."""
        listing, read, total, before = self._listing, begin.read, None, set[object]()
        numbered = listing.pages in ("offset", "page")
        pages = self._numbered() if numbered else self._marked(begin.marker)
        async with aclosing(pages) as answers:
            async for body, every, marker in answers:
                new = [row for row in every if key(row) not in before]
                if every and not new:
                    raise UnexpectedResponse(
                        f"{self.where} gave the same page again (after {read} rows); the pull is"
                        " thrown away: look at pages: and param:"
                    )
                before = {key(row) for row in every}
                read += len(new)
                if every or total is None:
                    total = self._number(body, listing.total)
                yield new, total, marker
        if total is not None and read < total:
            raise UnexpectedResponse(
                f"{self.where} says that there are {total} rows, and gave an empty page or none"
                f" after {read}; the pull is thrown away: look at pages: if the next ends so too"
            )

    async def others(
        self, to_record: Callable[[str, str, Cells], Ticket | Rating]
    ) -> AsyncGenerator[OtherPage, None]:
        read = 0
        async with aclosing(self.pages(_as_it_is, _Mark())) as pages:
            async for every, total, _ in pages:
                placed = [(f"row {at}", row) for at, row in enumerate(every, read + 1)]
                read += len(every)
                kept = [(place, row) for place, row in placed if self.counts(place, row)]
                yield OtherPage(
                    [
                        to_record(self.where, place, _cells(row, f"{self.where} {place}"))
                        for place, row in kept
                    ],
                    of=None if self._listing.only else total,
                )

    def counts(self, place: str, row: Any) -> bool:
        """Whether `only` lets it through."""
        return has(_cells(row, f"{self.where} {place}"), self._listing.only)

    async def _marked(
        self, marker: str | int | None
    ) -> AsyncGenerator[tuple[Any, list[Any], str | int | None], None]:
        url, params = self.url, self._params
        trail = Trail(url)
        while True:
            if marker is not None and self._listing.pages == "cursor":
                params = plus(params, str(self._listing.param), marker)
            elif marker is not None:
                url = same_host(url, str(marker))
                # The address has them all already.
                params = params if self._listing.method == "POST" else {}
            answer = await self._ask(url, params)
            every = self._rows(answer.body)
            marker = self._marker(answer, every)
            # An address may have the token in it that travels there, and is not kept then.
            safe = not self._token or self._listing.pages == "cursor"
            yield answer.body, every, marker if safe else None
            if marker is None:
                return
            trail.follow(str(marker))

    def _marker(self, answer: Answer[Any], every: Sequence[Any]) -> str | int | None:
        """What leads to the next page; None where this was the last."""
        listing = self._listing
        if listing.pages == "one":
            return None
        more = None if listing.more is None else self._flag(answer.body, listing.more)
        if more is False:
            return None
        if listing.pages == "link":
            told: Any = link(answer.headers, "next") or NOTHING
        else:
            told = reach(answer.body, str(listing.at).removesuffix("?"))
        if told is not NOTHING and told not in (None, False, ""):
            if isinstance(told, bool | dict | list):
                raise UnexpectedResponse(
                    f'{self.where} has no marker at "{listing.at}", but {what_is(told)}'
                )
            return told if isinstance(told, int) else str(told)
        if more:
            page = "a page" if every else "an empty page"
            raise UnexpectedResponse(
                f"{self.where} gave {page} without a marker and says that there is more;"
                " look at at:"
            )
        return None

    async def _numbered(self) -> AsyncGenerator[tuple[Any, list[Any], None], None]:
        listing = self._listing
        by_page = listing.pages == "page"
        at = int(by_page) if listing.first is None else listing.first
        body = (await self._ask_at(at)).body
        every = self._rows(body)
        yield body, every, None
        size, begins = len(every), at
        pages = self._number(body, listing.count)
        total = self._number(body, listing.total)
        if pages is None and total is not None and size and listing.more is None:
            pages = -(-total // size)
        step = 1 if by_page else size
        known = range(begins + step, begins + (pages or 0) * step, step) if size else range(0)
        at = begins + step
        # Those whose numbers are known do not wait for one another.
        async with aclosing(side_by_side(self._ask_at(each) for each in known)) as answers:
            async for answer in answers:
                every = self._rows(answer.body)
                yield answer.body, every, None
                at += step if by_page else len(every)
                if len(every) < size and not by_page:
                    break  # a short page: the offsets of those after it are others
        if listing.count is not None and pages is not None:
            return
        while every and not (listing.more and not self._flag(body, listing.more)):
            body = (await self._ask_at(at)).body
            every = self._rows(body)
            yield body, every, None
            at += 1 if by_page else len(every)

    async def _ask_at(self, at: int) -> Answer[Any]:
        return await self._ask(self.url, plus(self._params, str(self._listing.param), at))

    async def _ask(self, url: str, params: Mapping[str, Any]) -> Answer[Any]:
        headers = {**self._settings.headers, **await _headers(self._settings, self._http)}
        posts = self._listing.method == "POST"
        query = self._token if posts else {**params, **self._token}
        if self._token and not posts and url != self.url:
            query = {**dict(parse_qsl(urlsplit(url).query)), **self._token}
        return await self._http.answer(
            self._listing.method,
            url,
            shape=_ANYTHING,
            headers=headers,
            params=query or None,
            json=params if posts else None,
        )

    def _rows(self, body: Any) -> list[Any]:
        found = reach(body, self._listing.rows) if self._listing.rows else body
        if found is NOTHING:
            raise UnexpectedResponse(missing(self.where, body, self._listing.rows, "mend rows:"))
        if not isinstance(found, list):
            raise UnexpectedResponse(
                f'{self.where} has no list at "{self._listing.rows}", but {what_is(found)};'
                " set rows: to where the list is"
            )
        for row in found:
            if not isinstance(row, dict | list):
                raise UnexpectedResponse(f"{self.where} has {what_is(row)} where a row should be")
        return found

    def _flag(self, body: Any, path: str) -> bool:
        found = reach(body, path)
        if found is NOTHING:
            raise UnexpectedResponse(missing(self.where, body, path, "mend more:"))
        return found not in (False, None, "", 0, "false")

    def _number(self, body: Any, path: str | None) -> int | None:
        if path is None:
            return None
        found = reach(body, path.removesuffix("?"))
        if found is NOTHING and path.endswith("?"):
            return None
        if found is NOTHING:
            raise UnexpectedResponse(missing(self.where, body, path, "mend total: or count:"))
        told = number(found)
        if told is None or told != int(told) or told < 0:
            raise UnexpectedResponse(
                f'{self.where} has no number at "{path}", but {what_is(found)}'
            )
        return int(told)


class _Customers:
    """Makes records of rows."""

    def __init__(self, listing: Customers, where: str) -> None:
        self._where = where
        self._id = str(listing.customer)
        paths = listing.paths()
        # Taken where they are there, although nothing names them.
        usual = {
            "customer_name": "name",
            **({"since": "since"} if listing.evidence == "today" else {}),
        }
        self._usual = {path for word, path in usual.items() if word not in paths}
        self._paths = list(dict.fromkeys([*paths.values(), *sorted(self._usual)]))
        self._usual -= set(paths.values())
        self._cents = self._paths.index(str(listing.amount)) if listing.cents else None
        # What is in a row is somebody's: errors name the field alone.
        header = Header(where, len(self._paths), self._paths, noun="field", shows=False)
        self._reader = Reader(listing, header)

    def of(self, placed: Sequence[tuple[str, Any]]) -> list[Record]:
        return self._reader.records((place, self._cells(place, row)) for place, row in placed)

    def id_of(self, row: Any) -> str:
        return text(cell(row, self._id, self._where))

    def _cells(self, place: str, row: Any) -> list[Any]:
        where = f"{self._where} {place}"
        cells = [
            cell(row, f"{path}?" if path in self._usual else path, where) for path in self._paths
        ]
        if self._cents is not None and (amount := number(cells[self._cents])) is not None:
            cells[self._cents] = amount / 100
        return cells


def _cells(row: Any, where: str) -> Cells:
    return lambda path: cell(row, str(path), where)


def _as_it_is(row: Any) -> bytes:
    return msgspec.json.encode(row)


async def _headers(settings: Settings, http: Http) -> dict[str, str]:
    token = settings.token or SecretStr("")
    match settings.auth:
        case "bearer":
            return bearer(token)
        case "basic":
            return basic(SecretStr(str(settings.user)), token.get_secret_value())
        case "header":
            return {str(settings.token_name): token.get_secret_value()}
        case "oauth":
            return await _access(settings, http).headers()
        case _:
            return {}


def _access(settings: Settings, http: Http) -> Access:
    fields: dict[str, str | SecretStr] = {"client_id": str(settings.client)}
    if settings.token is not None:
        fields["client_secret"] = settings.token
    if settings.scope is not None:
        fields["scope"] = settings.scope
    if settings.refresh_token is not None:
        fields |= {"grant_type": "refresh_token", "refresh_token": settings.refresh_token}
    else:
        fields["grant_type"] = "client_credentials"
    return Access(http, str(settings.login), fields)
