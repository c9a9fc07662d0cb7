"""`keeprate pull` and `keeprate check` of sources that give tickets and ratings."""

import io
from datetime import UTC, datetime, timedelta
from pathlib import Path

import stamina
from aiohttp import web
from rich.console import Console

from bot.cli.check import Finding, findings
from bot.cli.pulling import pull_all
from bot.config import Config, load
from bot.domain.tickets import What
from bot.parts import Clock, stores
from tests.integrations.vendor import Answer, Asked, says, vendor

NOW = datetime(2026, 11, 16, 12, tzinfo=UTC)
TICKETS = [
    {"id": 1, "requester_id": 7, "created_at": "2026-11-16T08:00:00Z", "solved": None},
    {"id": 2, "requester_id": 7, "created_at": "2026-11-16T08:00:00Z", "solved": "2026-11-16T09Z"},
]  # fmt: skip
RATINGS = [{"id": 9, "created_at": "2026-11-16T09:30:00Z", "score": 4}]


def desk(tickets: Answer, ratings: Answer) -> Answer:
    async def answer(asked: Asked) -> web.StreamResponse:
        return await (tickets if asked.request.path == "/tickets" else ratings)(asked)

    return answer


def config(folder: Path, url: str) -> Config:
    (folder / "customers.csv").write_text("customer,since,until\na,2026-01-01,\n")
    (folder / "config.yaml").write_text(
        "slack: {bot_token: xoxb-1, app_token: xapp-1, api_url: 'http://127.0.0.1:9/'}\n"
        f"store: {{url: 'sqlite:///{folder}/keeprate.db'}}\n"
        "sources:\n"
        "  - {kind: csv, name: crm, path: customers.csv, evidence: stays}\n"
        f"  - {{kind: json, name: desk, url: '{url}', token: hush,\n"
        "     tickets: {path: /tickets, params: {since: '{since}'}, solved: solved},\n"
        "     ratings: {path: /ratings, lowest: 1, highest: 5}}\n"
    )
    return load(folder / "config.yaml", {})


async def pulled(config: Config, source: str = "") -> tuple[bool, str]:
    out, err = Console(file=io.StringIO(), width=200), Console(file=io.StringIO())
    with stamina.set_testing(True, attempts=1):
        well = await pull_all(config, source, clock=Clock.beginning(NOW), out=out, err=err)
    assert isinstance(out.file, io.StringIO)
    return well, out.file.getvalue()


async def checked(config: Config) -> dict[str, Finding]:
    with stamina.set_testing(True, attempts=1):
        return {found.what: found async for found in findings(config)}


async def test_a_check_tells_what_the_first_page_leaves_out(tmp_path: Path) -> None:
    rows = [{"customer": n, "since": "2026-01-01", "kind": kind} for n, kind in enumerate("aab")]
    async with vendor(says(rows)) as served:
        (tmp_path / "config.yaml").write_text(
            "slack: {bot_token: xoxb-1, app_token: xapp-1, api_url: 'http://127.0.0.1:9/'}\n"
            f"store: {{url: 'sqlite:///{tmp_path}/keeprate.db'}}\n"
            "sources:\n"
            f"  - {{kind: json, name: crm, url: '{served.url}', token: hush,\n"
            "     customers: {path: /all, evidence: today, customer: customer, since: since,\n"
            "                 only: {kind: [a]}}}\n"
        )
        found = await checked(load(tmp_path / "config.yaml", {}))

    told = found["source crm"]
    assert told.ok
    assert "gives customers; of the first page, left out: filtered by the settings (1)" in (
        told.sentence
    )


async def test_a_pull_reads_customers_tickets_and_ratings(tmp_path: Path) -> None:
    async with vendor(desk(says(TICKETS), says(RATINGS))) as served:
        settings = config(tmp_path, served.url)
        well, told = await pulled(settings)
        again, _ = await pulled(settings, "desk")

    assert well
    assert again
    assert [line.split() for line in told.splitlines()] == [
        ["believed", "crm:", "1", "record,", "1", "customer", "today"],
        ["read", "desk,", "tickets:", "2", "records,", "new", "or", "changed"],
        ["read", "desk,", "ratings:", "1", "record,", "new", "or", "changed"],
    ]
    asked = [one.question["since"] for one in served.asked if one.request.path == "/tickets"]
    assert [moment[:15] for moment in asked] == ["2026-08-18T11:5", "2026-11-16T11:4"]
    async with stores(settings) as kept:
        [solved] = await kept.tickets.solved(NOW - timedelta(days=1), NOW)
        [rated] = await kept.tickets.given(NOW - timedelta(days=1), NOW)
    assert (solved.source, solved.id, rated.score) == ("desk", "2", 4)


async def test_a_pull_that_may_not_read_says_what_is_missing_and_goes_on(tmp_path: Path) -> None:
    refused = says({"required_scopes": ["tickets:read"]}, 403)
    async with vendor(desk(refused, says(RATINGS))) as served:
        settings = config(tmp_path, served.url)
        well, told = await pulled(settings)

    assert not well
    assert "failed    desk, tickets: " in told
    assert "give it tickets:read" in told
    assert "read      desk, ratings" in told
    async with stores(settings) as kept:
        assert (await kept.tickets.last_read("desk", What.TICKETS)).failed_at is not None


async def test_a_check_tries_each_and_names_the_scope_that_is_missing(tmp_path: Path) -> None:
    refused = says({"required_scopes": ["tickets:read"]}, 403)
    async with vendor(desk(refused, says(RATINGS))) as served:
        found = await checked(config(tmp_path, served.url))

    assert found["source crm"].ok
    assert not found["source desk, tickets"].ok
    assert "give it tickets:read" in found["source desk, tickets"].sentence
    assert found["source desk, ratings"].sentence == "gives ratings"


async def test_a_check_of_a_quiet_helpdesk_is_well(tmp_path: Path) -> None:
    async with vendor(desk(says([]), says([]))) as served:
        found = await checked(config(tmp_path, served.url))

    assert found["source desk, tickets"].ok
    assert "source desk" not in found
