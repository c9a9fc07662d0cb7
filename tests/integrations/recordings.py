"""What an integration is tested with: what its vendor answers, and the records to make of it.

`tests/integrations/KIND/recording.json` is an object:

written_from  where the answers come from ("The examples of https://…, varied; nobody's account.")
settings      the source's section of config.yaml. `{url}` stands for the vendor's address here
              (`url` is set to it if it is not there), `{folder}` for the folder of the files.
exchanges     what is asked, and answered, to read the customers to the end
records       what is to come of it: `is` and the fields of each record (see `as_json`)
left_out      how many of what is read are no records, by the reason that the pages give
trusted_from  what the pages say of how far back the past is true, if they do
going_on      what is asked besides where a reading goes on after a mark: exchanges too
begins_anew   why a reading that was broken off cannot be gone on with, where no page has a mark
rows, empty, page_needs, row_needs   what every exchange says that does not say otherwise

and, where the module offers them, `changes`, `tickets`, `ratings` and `counts`: objects with the
same keys from `exchanges` on, `settings` to add to those above (null takes one away), `since` for
the moment to ask from (2026-01-01T00:00:00+00:00 if left out), and for changes `gone`.

An exchange:

ask           {"method": "POST", "path": "/v1/search"}
with          what must be in the query, the form or the JSON body; of an object in it, what is
              named here ({"variables": {"after": null}})
without       names that must not be there
headers       headers that must be sent ({"Accept": "application/json"})
answer        the body, as JSON; `{url}` in any text of it stands for the vendor's address
text          instead of answer: the body as it is (CSV, lines of JSON)
answer_headers, status   of the answer ({"Link": "<{url}/v1/x?page=2>; rel=\\"next\\""}, 200)
rows          where its rows are: "results", "data.companies.edges", "" if the body is the list;
              null where it is no page of a list: a token, a total, a job that is begun
list          the name of the list that it is a page of, where a reading asks for several. Its
              pages stand in their order; at least one list of a reading has two
empty         the body with which an account without a row answers instead; an object
              {"status": 204} answers so without a body. Of what is no page, such as the state of a
              job, it says that there is nothing
empty_headers of that answer, where they differ ({"X-Total": "0"})
page_needs    paths into the body without which it is refused
row_needs     paths into a row likewise
asked         how often it is asked for, where that is more than once
ends_with     "empty page", where the vendor tells the end of the list with nothing else

An exchange whose answer has an `access_token` is one with a token endpoint.

The suite asks for each exchange once, in any order; then spoils one after another: see
test_every_integration.py.
"""

import json
import sqlite3
from collections.abc import AsyncIterator, Callable, Iterator, Sequence
from contextlib import asynccontextmanager
from copy import deepcopy
from dataclasses import dataclass, field, fields
from datetime import date, datetime
from decimal import Decimal
from functools import cached_property
from pathlib import Path
from typing import Any

import httpx
import stamina
from aiohttp import web
from pydantic import SecretStr

import integrations
from integrations.base import Settings
from integrations.http import Http, trusted
from integrations.records import Identity, Other, Rating, Record, Ticket
from tests.integrations.vendor import Answer, Asked, Vendor, says, vendor

HERE = Path(__file__).parent

SINCE = datetime.fromisoformat("2026-01-01T00:00:00+00:00")


def read(kind: str) -> dict[str, Any]:
    recording: dict[str, Any] = json.loads((HERE / kind / "recording.json").read_text())
    return recording


def speak_http() -> list[str]:
    """The kinds that ask a vendor's server."""
    return [kind for kind in integrations.available() if any(r.exchanges for r in readings(kind))]


@dataclass(frozen=True, eq=False)
class Exchange:
    """One question and its answer."""

    number: int
    recorded: dict[str, Any]
    rows: str | None
    empty: Any
    page_needs: Sequence[str]
    row_needs: Sequence[str]

    @property
    def of_list(self) -> str:
        """The name of the list that it is a page of."""
        return str(self.recorded.get("list", ""))

    @property
    def body(self) -> Any:
        """A copy of the JSON body; None where it is a text."""
        return deepcopy(self.recorded.get("answer"))

    @property
    def is_page(self) -> bool:
        """Whether rows come with it, and not a token, a total or the like."""
        return self.rows is not None or "text" in self.recorded

    @property
    def gives_token(self) -> bool:
        body = self.recorded.get("answer")
        return isinstance(body, dict) and "access_token" in body

    @property
    def leads_on(self) -> bool:
        """Whether an address of the vendor is in it, which may be that of the next page."""
        told = (self.recorded.get("answer"), self.recorded.get("answer_headers"))
        return self.is_page and "{url}" in json.dumps(told)

    def found(self, body: Any) -> Any:
        """The list of rows in such a body."""
        for step in (self.rows or "").split("."):
            body = body[step] if step else body
        return body

    def answers(self, url: str, body: Any = None, **headers: str) -> Answer:
        """As it was recorded, or with another body."""
        told = self.recorded.get("answer_headers", {})
        told = {name: value.replace("{url}", url) for name, value in told.items()}
        content: Any = self.recorded.get("text") if body is None else None
        if content is None:
            content = _filled_in(self.body if body is None else body, url)
        else:
            told.setdefault("Content-Type", "text/plain")
            content = content.encode()
        return says(content, self.recorded.get("status", 200), **{**told, **headers})

    def answers_nothing(self, url: str) -> Answer:
        """As of an account without a row."""
        if isinstance(self.empty, dict) and self.empty.keys() == {"status"}:
            return says(b"", self.empty["status"])
        headers = {"Link": ""} if "Link" in self.recorded.get("answer_headers", {}) else {}
        headers.update(self.recorded.get("empty_headers", {}))
        if "text" in self.recorded:
            return says(str(self.empty).encode(), Content_Type="text/plain")
        return self.answers(url, self.empty, **headers)

    def faults(self, asked: Asked) -> list[str]:
        """What is not in the question as it must be; nothing where it is this one."""
        return [*self._astray(asked), *self._amiss(asked)]

    def is_at(self, asked: Asked) -> bool:
        """Whether it is at least the right address."""
        return not list(self._astray(asked))

    def _astray(self, asked: Asked) -> Iterator[str]:
        ask = self.recorded["ask"]
        if asked.request.method != ask["method"] or asked.request.path != ask["path"]:
            yield f"{asked.request.method} {asked.request.path}"

    def _amiss(self, asked: Asked) -> Iterator[str]:
        for name, value in self.recorded.get("with", {}).items():
            if not _is_in(value, asked.question.get(name)):
                yield f"{name} is {asked.question.get(name)!r}"
        for name in self.recorded.get("without", []):
            if name in asked.question:
                yield f"there is {name}"
        for name, value in self.recorded.get("headers", {}).items():
            if asked.request.headers.get(name) != value:
                yield f"the header {name} is {asked.request.headers.get(name)!r}"


@dataclass(frozen=True, eq=False)
class Reading:
    """One way to read a source of one kind: its customers, its tickets."""

    kind: str
    name: str
    section: dict[str, Any]
    """Of the recording: the whole of it for customers."""

    def __str__(self) -> str:
        return f"{self.kind} {self.name}"

    @cached_property
    def exchanges(self) -> list[Exchange]:
        return list(self._exchanges("exchanges", 0))

    @cached_property
    def going_on(self) -> list[Exchange]:
        """What is asked besides after a mark."""
        return list(self._exchanges("going_on", len(self.exchanges)))

    def _exchanges(self, name: str, first: int) -> Iterator[Exchange]:
        for number, recorded in enumerate(self.section.get(name, []), first):
            yield Exchange(
                number,
                recorded,
                self._of(recorded, "rows", None),
                self._of(recorded, "empty", None),
                self._of(recorded, "page_needs", ()),
                self._of(recorded, "row_needs", ()),
            )

    def _of(self, recorded: dict[str, Any], key: str, default: Any) -> Any:
        return recorded.get(key, self.section.get(key, default))

    @property
    def pages(self) -> list[Exchange]:
        return [exchange for exchange in self.exchanges if exchange.is_page]

    @property
    def lists(self) -> dict[str, list[Exchange]]:
        """The pages of rows in JSON, by the list that they are of."""
        found: dict[str, list[Exchange]] = {}
        for exchange in self.exchanges:
            if exchange.rows is not None:
                found.setdefault(exchange.of_list, []).append(exchange)
        return found

    def settings(self, *, url: str = "", folder: Path = HERE, **other: Any) -> Settings:
        own = {} if self.name == "customers" else self.section.get("settings", {})
        return settings(self.kind, url=url, folder=folder, **{**own, **other})

    @property
    def since(self) -> datetime:
        told = self.section.get("since")
        return SINCE if told is None else datetime.fromisoformat(told)

    async def read(self, source: Settings, after: str = "", **limits: Any) -> list[Any]:
        """All its pages, or those after a mark, asked at most three times for one and without
        waiting."""
        return await pages(source, self.name, self.since, after, **limits)

    async def records(
        self, source: Settings, after: str = "", **limits: Any
    ) -> list[dict[str, Any]]:
        found = await self.read(source, after=after, **limits)
        return [as_json(r) for page in found for r in page.records]


def readings(kind: str) -> list[Reading]:
    """All that the module offers. What it offers and is not recorded has no exchanges."""
    recording = read(kind)
    return [
        Reading(kind, name, recording if name == "customers" else recording.get(name, {}))
        for name in integrations.offers(kind)
    ]


@dataclass
class Replay(Vendor):
    """A vendor that answers as it was recorded, and what it was asked."""

    times: dict[int, int] = field(default_factory=dict)
    """How often each exchange was asked for, by its number."""
    strange: list[str] = field(default_factory=list)
    """Questions that are in no exchange, and why they are not."""


Instead = Callable[[Exchange, int, str], Answer | None]
"""What is answered in place of what was recorded, if anything: to an exchange that was asked so
often before, by the vendor at this address."""


@asynccontextmanager
async def replay(
    reading: Reading,
    instead: Instead = lambda exchange, before, url: None,
    more: Sequence[Exchange] = (),
) -> AsyncIterator[Replay]:
    """A server that answers each question with the exchange that it is, in any order; with `more`
    of them than the reading's own."""
    told = Replay()

    async def answer(asked: Asked) -> web.StreamResponse:
        exchange = _meant([*reading.exchanges, *more], asked, told)
        if exchange is None:
            return await says({"message": "nothing of the kind was recorded"}, 418)(asked)
        before = told.times.get(exchange.number, 0)
        told.times[exchange.number] = before + 1
        given = instead(exchange, before, told.url) or exchange.answers(told.url)
        return await given(asked)

    async with vendor(answer) as served:
        told.url, told.asked = served.url, served.asked
        yield told


def _meant(exchanges: Sequence[Exchange], asked: Asked, told: Replay) -> Exchange | None:
    """The exchange that is asked for; one at the same address where none is, and that is noted."""
    meant = [exchange for exchange in exchanges if not exchange.faults(asked)]
    if not meant:
        meant = [exchange for exchange in exchanges if exchange.is_at(asked)]
        why = [f"not {one.number}: {', '.join(one.faults(asked))}" for one in meant]
        told.strange.append(f"{asked.request.method} {asked.request.path} is {'; '.join(why)}")
    return min(meant, key=lambda one: (told.times.get(one.number, 0), one.number), default=None)


def settings(kind: str, *, url: str = "", folder: Path = HERE, **other: Any) -> Settings:
    """The recording's settings, with its vendor here or its files in `folder`."""
    section = {**read(kind)["settings"], **other}
    section = {name: value for name, value in section.items() if value is not None}
    if url and "{url}" not in str(section.get("url", "")):
        section["url"] = url
    section = _filled_in(section, url or "https://api.example.com")
    if "url" in section:
        section["url"] = section["url"].replace("{folder}", str(folder))
    model = integrations.load(kind).Settings
    return model.model_validate(section, context={"folder": folder})


def secrets(source: Settings) -> list[str]:
    """All that must not be told."""
    return [v.get_secret_value() for _, v in source if isinstance(v, SecretStr)]


def lay_out(kind: str, folder: Path) -> None:
    """Put the recording's files or database where its settings look for them."""
    recording = read(kind)
    for name, content in recording.get("files", {}).items():
        (folder / name).write_text(content)
    if script := recording.get("database"):
        connection = sqlite3.connect(folder / "database.db")
        connection.executescript(script)
        connection.close()


async def pages(
    source: Settings,
    reading: str = "customers",
    since: datetime = SINCE,
    after: str = "",
    **limits: Any,
) -> list[Any]:
    """All that a source gives, or of customers what comes after a mark, asked at most three times
    for a page and without waiting."""
    ask = getattr(integrations, "read_counts" if reading == "counts" else reading)
    asked: tuple[Any, ...] = () if reading == "counts" else (since,)
    asked = (after,) if reading == "customers" else asked
    with stamina.set_testing(True, attempts=3):
        async with httpx.AsyncClient(verify=trusted()) as client:
            http = Http(client, requests_per_second=10_000, **limits)
            return [page async for page in ask(source, http, *asked)]


async def records(source: Settings, **limits: Any) -> list[Record]:
    return [record for page in await pages(source, **limits) for record in page.records]


def as_json(record: Record | Other) -> dict[str, Any]:
    told = {f.name: _told(getattr(record, f.name)) for f in fields(record)}
    if told.get("monthly") is None:  # most sources tell no amounts
        told = {name: v for name, v in told.items() if name not in _PAID}
    # What most sources do not know either is only shown where it is told.
    told = {name: v for name, v in told.items() if v not in (None, "", []) or name not in _SELDOM}
    if told.get("direction") == "higher":  # as of nearly every scale
        del told["direction"]
    return {"is": type(record).__name__, **told}


_PAID = ("monthly", "currency", "as_of_now")
_SELDOM = {f.name for f in (*fields(Identity), *fields(Ticket), *fields(Rating))} | {
    "term_ends",
    "unpaid_since",
    "paused_since",
}


def _told(value: Any) -> Any:
    match value:
        case date():
            return value.isoformat()
        case Decimal():
            return str(value)
        case tuple() | list():
            return [_told(each) for each in value]
        case _:
            return value


def _filled_in(value: Any, url: str) -> Any:
    match value:
        case str():
            return value.replace("{url}", url)
        case dict():
            return {name: _filled_in(inner, url) for name, inner in value.items()}
        case list():
            return [_filled_in(inner, url) for inner in value]
        case _:
            return value


def _is_in(wanted: Any, told: Any) -> bool:
    """Whether it is that; of an object, whether all that is named is in it."""
    if isinstance(wanted, dict) and isinstance(told, dict):
        return all(_is_in(value, told.get(name)) for name, value in wanted.items())
    return bool(wanted == told)


def without(body: Any, path: str) -> Any:
    """A copy of a JSON object that lacks the field at `path` ("items.data")."""
    lacking = deepcopy(body)
    *way, last = path.split(".")
    inner = lacking
    for step in way:
        inner = inner[step]
    del inner[last]
    return lacking


def bodies(kind: str) -> Iterator[Any]:
    """The answers of the recording, in the order in which they are given."""
    for exchange in read(kind)["exchanges"]:
        yield deepcopy(exchange["answer"])
