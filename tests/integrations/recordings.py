"""What an integration is tested with: what its vendor answers, and the records to make of it."""

import json
import sqlite3
from collections.abc import Iterator
from copy import deepcopy
from dataclasses import fields
from datetime import date
from decimal import Decimal
from pathlib import Path
from typing import Any

import httpx
import stamina

import integrations
from integrations.base import Settings
from integrations.http import Http
from integrations.records import Identity, Other, Page, Rating, Record, Ticket

HERE = Path(__file__).parent


def read(kind: str) -> dict[str, Any]:
    recording: dict[str, Any] = json.loads((HERE / kind / "recording.json").read_text())
    return recording


def speak_http() -> list[str]:
    """The kinds that ask a vendor's server."""
    return [kind for kind in integrations.available() if "exchanges" in read(kind)]


def settings(kind: str, *, url: str = "", folder: Path = HERE, **other: Any) -> Settings:
    """The recording's settings, with its vendor here or its files in `folder`."""
    section = {**read(kind)["settings"], **other}
    if url:
        section["url"] = url
    if "url" in section:
        section["url"] = section["url"].replace("{folder}", str(folder))
    return integrations.load(kind).Settings.model_validate(section, context={"folder": folder})


def lay_out(kind: str, folder: Path) -> None:
    """Put the recording's files or database where its settings look for them."""
    recording = read(kind)
    for name, content in recording.get("files", {}).items():
        (folder / name).write_text(content)
    if script := recording.get("database"):
        connection = sqlite3.connect(folder / "database.db")
        connection.executescript(script)
        connection.close()


async def pages(source: Settings, **limits: Any) -> list[Page]:
    """All that a source gives, asked at most three times for a page and without waiting."""
    with stamina.set_testing(True, attempts=3):
        async with httpx.AsyncClient() as client:
            http = Http(client, requests_per_second=10_000, **limits)
            return [page async for page in integrations.customers(source, http)]


async def records(source: Settings, **limits: Any) -> list[Record]:
    return [record for page in await pages(source, **limits) for record in page.records]


def as_json(record: Record | Other) -> dict[str, Any]:
    told = {f.name: _told(getattr(record, f.name)) for f in fields(record)}
    if told.get("monthly") is None:  # most sources tell no amounts
        told = {name: v for name, v in told.items() if name not in _PAID}
    # What most sources do not know either is only shown where it is told.
    told = {name: v for name, v in told.items() if v or name not in _SELDOM}
    return {"is": type(record).__name__, **told}


_PAID = ("monthly", "currency", "as_of_now")
_SELDOM = {f.name for f in (*fields(Identity), *fields(Ticket), *fields(Rating))} | {"term_ends"}


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
