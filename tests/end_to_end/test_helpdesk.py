"""A helpdesk that speaks Zendesk's incremental export, read by the whole program time after time:
a ticket that is solved, opened again and solved again, a rating, and a page that comes twice."""

import io
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import stamina
from aiohttp import web
from rich.console import Console

from bot.cli.pulling import pull_all
from bot.config import Config, load
from bot.domain.matching import nameless
from bot.domain.tickets import Rating, Ticket
from bot.parts import Clock, stores
from tests.integrations.vendor import Asked, says, vendor

NOW = datetime(2026, 11, 16, 12, tzinfo=UTC)
DAY = timedelta(days=1)
HOUR = timedelta(hours=1)
ANN = {"id": 7, "name": "Ann", "email": "ann@acme.example", "organization_id": 9}
JOHN = {"id": 8, "name": "John", "email": "john@our.example", "organization_id": None}
ACME = {"id": 9, "name": "Acme"}


@dataclass
class Zendesk:
    """Gives one ticket a page, in the order of their last changes, without the last minute's."""

    now: datetime = NOW
    tickets: dict[int, dict[str, Any]] = field(default_factory=dict)
    ratings: list[dict[str, Any]] = field(default_factory=list)
    twice: bool = False
    """Whether every page comes twice, under another cursor each time."""
    asked: list[dict[str, Any]] = field(default_factory=list)

    def change(self, id: int, status: str, at: datetime, *, reopens: int = 0) -> None:
        old = self.tickets.get(id, {"metric_set": {}})
        solved = at.isoformat() if status == "solved" else old["metric_set"].get("solved_at")
        self.tickets[id] = {
            "id": id,
            "status": status,
            "subject": "Export",
            "created_at": (NOW - 2 * DAY).isoformat(),
            "updated_at": at.isoformat(),
            "generated_timestamp": int(at.timestamp()),
            "requester_id": 7,
            "assignee_id": 8,
            "organization_id": 9,
            "metric_set": {
                "solved_at": solved,
                "reopens": reopens,
                "reply_time_in_minutes": {"calendar": 30, "business": 30},
            },
        }

    async def answer(self, asked: Asked) -> web.StreamResponse:
        self.asked.append(asked.question)
        match asked.request.path.split("/")[-1]:
            case "cursor.json":
                told = self._exported(asked.question)
            case "satisfaction_ratings.json":
                told = {"satisfaction_ratings": self.ratings, "meta": {"has_more": False}}
            case _:
                told = {"users": [ANN, JOHN], "organizations": [ACME]}
        return await says(told)(asked)

    def _exported(self, question: dict[str, Any]) -> dict[str, Any]:
        if "start_time" in question:
            since, at = int(question["start_time"]), 0
        else:
            since, at = map(int, question["cursor"].split("-"))
        upto = int((self.now - timedelta(minutes=1)).timestamp())
        changed = sorted(self.tickets.values(), key=lambda one: int(one["generated_timestamp"]))
        rows = [one for one in changed if since <= one["generated_timestamp"] <= upto]
        rows = [one for one in rows for _ in range(1 + self.twice)]
        return {
            "tickets": rows[at : at + 1],
            "users": [ANN, JOHN],
            "organizations": [ACME],
            "after_cursor": f"{since}-{at + 1}",
            "end_of_stream": at + 1 >= len(rows),
        }


def config(folder: Path, url: str) -> Config:
    (folder / "customers.csv").write_text("customer,since,until\na,2026-01-01,\n")
    (folder / "config.yaml").write_text(
        "slack: {bot_token: xoxb-1, app_token: xapp-1, api_url: 'http://127.0.0.1:9/'}\n"
        f"store: {{url: 'sqlite:///{folder}/keeprate.db'}}\n"
        "sources:\n"
        "  - {kind: csv, name: crm, path: customers.csv, evidence: stays}\n"
        f"  - {{kind: zendesk, name: desk, url: '{url}', user: me@our.example, token: hush,\n"
        "     requests_per_second: 1000, exports_per_minute: 60000}\n"
    )
    return load(folder / "config.yaml", {})


async def read(
    settings: Config, zendesk: Zendesk, at: datetime
) -> tuple[list[Ticket], list[Rating]]:
    """Read it at that moment; the tickets that are solved then, and the ratings."""
    zendesk.now = at
    out, err = Console(file=io.StringIO(), width=200), Console(file=io.StringIO())
    with stamina.set_testing(True, attempts=1):
        assert await pull_all(settings, "desk", clock=Clock.beginning(at), out=out, err=err)
    async with stores(settings) as kept:
        solved = await kept.tickets.solved(NOW - 9 * DAY, NOW + 9 * DAY)
        return list(solved), list(await kept.tickets.given(NOW - 9 * DAY, NOW + 9 * DAY))


async def test_a_ticket_is_solved_opened_again_and_solved_again(tmp_path: Path) -> None:
    zendesk = Zendesk()
    async with vendor(zendesk.answer) as served:
        settings = config(tmp_path, served.url)
        zendesk.change(1, "open", NOW - DAY)
        zendesk.change(2, "solved", NOW - DAY + HOUR)
        before, _ = await read(settings, zendesk, NOW)

        zendesk.change(1, "solved", NOW + HOUR)
        [_, first], _ = await read(settings, zendesk, NOW + 2 * HOUR)

        zendesk.change(1, "open", NOW + 3 * HOUR, reopens=1)
        open_again, _ = await read(settings, zendesk, NOW + 4 * HOUR)

        zendesk.change(1, "solved", NOW + 5 * HOUR, reopens=1)
        [_, again], _ = await read(settings, zendesk, NOW + 6 * HOUR)

    assert [each.id for each in before] == ["2"]
    assert (first.id, first.solved, first.times_solved) == ("1", NOW + HOUR, 1)
    assert (first.account, first.account_name) == ("9", "Acme")
    assert first.email == nameless("ann@acme.example")
    assert (first.agent, first.agent_name) == ("8", "John")
    assert first.first_reply == NOW - 2 * DAY + timedelta(minutes=30)
    assert [each.id for each in open_again] == ["2"]
    assert (again.solved, again.times_solved) == (NOW + 5 * HOUR, 2)


async def test_pages_that_come_twice_change_nothing(tmp_path: Path) -> None:
    zendesk = Zendesk(twice=True)
    async with vendor(zendesk.answer) as served:
        settings = config(tmp_path, served.url)
        zendesk.change(1, "solved", NOW - DAY)
        zendesk.change(2, "solved", NOW - HOUR)
        once, _ = await read(settings, zendesk, NOW)
        twice, _ = await read(settings, zendesk, NOW + HOUR)

    assert [(each.id, each.times_solved) for each in once] == [("1", 1), ("2", 1)]
    assert twice == once


async def test_what_is_left_out_in_the_last_minute_comes_with_the_next_reading(
    tmp_path: Path,
) -> None:
    zendesk = Zendesk()
    async with vendor(zendesk.answer) as served:
        settings = config(tmp_path, served.url)
        zendesk.change(1, "solved", NOW - timedelta(seconds=90))
        zendesk.change(2, "solved", NOW - timedelta(seconds=30))
        now, _ = await read(settings, zendesk, NOW)
        later, _ = await read(settings, zendesk, NOW + timedelta(minutes=1))

    assert [each.id for each in now] == ["1"]
    assert [each.id for each in later] == ["1", "2"]
    started = [
        int(one["start_time"]) for one in zendesk.asked if "include" in one and "start_time" in one
    ]
    assert started[0] < started[-1], "later readings ask for changes alone"


async def test_a_rating_arrives_and_is_changed(tmp_path: Path) -> None:
    zendesk = Zendesk()
    async with vendor(zendesk.answer) as served:
        settings = config(tmp_path, served.url)
        told = {"id": 5, "score": "good", "ticket_id": 1, "requester_id": 7, "assignee_id": 8,
                "created_at": (NOW - HOUR).isoformat(), "updated_at": (NOW - HOUR).isoformat(),
                "comment": "Great"}  # fmt: skip
        zendesk.ratings = [told]
        _, [good] = await read(settings, zendesk, NOW)
        changed = (NOW + HOUR).isoformat()
        zendesk.ratings = [{**told, "score": "bad", "comment": "Came back", "updated_at": changed}]
        _, [bad] = await read(settings, zendesk, NOW + 2 * HOUR)

    assert (good.score, good.comment, good.ticket) == (1.0, "Great", "1")
    assert (good.account_name, good.agent_name) == ("Acme", "John")
    assert (bad.id, bad.score, bad.comment) == ("5", 0.0, "Came back")
