"""The definition is changed in config.yaml: it is announced, and no closed figure is rewritten."""

import sqlite3
from datetime import date
from pathlib import Path

import pytest

from bot.domain.closing import Closed
from bot.domain.definition import Definition
from bot.domain.period import Kind, period_of
from tests.end_to_end import companies
from tests.end_to_end.running import SUCCESS, Place, at, running, told

ZONE = {"zone": "Europe/Amsterdam"}
OCTOBER = period_of(Kind.MONTH, date(2026, 10, 1), Definition())
TUESDAY, MONDAY = at("2026-11-03T08:00"), at("2026-11-09T18:00")
AWAY = "c50,Away,2025-01-01,2026-10-29,pro,EMEA", "c50,Away,2026-11-02,,pro,EMEA"
"""Who was away for the four days at the end of October."""


async def october_closed(config: Path) -> list[Closed]:
    async with running(config, TUESDAY) as bot:
        await bot.pulled()
        await bot.settle()
        return await bot.bot.kept.closings.versions("crm", OCTOBER)


async def announced(place: Place, config: Path, was: list[Closed]) -> tuple[str, str]:
    """Under what stands in the file now: Monday's post, and the answer about October. Nothing is
    restated, and what was closed before is there as it was."""
    async with running(config, at("2026-11-05T12:00")) as bot:
        await bot.settle()
        await bot.move(MONDAY)
        [post] = place.posts(SUCCESS, containing="Customer retention")
        answer = await told(place.slack, "U0LEAD", "/crr 2026-10")
        closed = await bot.bot.kept.closings.versions("crm", OCTOBER)
    [old], [new] = was, [each for each in closed if each not in was]
    assert old in closed
    assert old.definition != new.definition
    assert place.posts(SUCCESS, containing="Restated:") == []
    return post.text, answer.words()


@pytest.mark.parametrize(
    ("setting", "value", "news"),
    [
        ("grace_days", 2, "grace days 7 → 2"),
        ("fiscal_year_start", 4, "fiscal year start 1 → 4"),
        ("past_due_days", 10, "past due days none → 10"),
        ("parents", "top", "parents own → top"),
        ("zone", "America/New_York", "zone Europe/Amsterdam → America/New_York"),
    ],
)
async def test_each_setting_is_announced_in_the_next_post(
    place: Place, setting: str, value: object, news: str
) -> None:
    companies.write(place.folder, [*companies.rows(), *AWAY])
    sources = [companies.SOURCE]
    was = await october_closed(place.config(sources=sources, definition=ZONE))

    changed = place.config(sources=sources, definition={**ZONE, setting: value})
    post, answer = await announced(place, changed, was)

    assert f"The definition changed on 5 Nov 2026: {news}." in post
    if setting == "grace_days":
        assert "CRR 87.8 % (36 of 41 stayed)" in answer
        assert "Closed on 3 Nov 2026 under another definition: CRR 90.2 % (37 of 41" in answer
    else:
        assert "CRR 90.2 % (37 of 41 stayed)" in answer


async def test_so_is_what_a_source_itself_says_of_who_counts(place: Place) -> None:
    database = sqlite3.connect(place.folder / "crm.db")
    database.execute("create table customers (id, name, since, until, plan, region)")
    database.executemany(
        "insert into customers values (?, ?, ?, nullif(?, ''), ?, ?)",
        [row.split(",") for row in companies.rows()],
    )
    database.commit()
    database.close()
    source = {
        "kind": "sql", "name": "crm", "url": f"sqlite:///{place.folder}/crm.db",
        "evidence": "stays", "customer": "id", "customer_name": "name",
        "query": "select * from customers",
    }  # fmt: skip
    was = await october_closed(place.config(sources=[source], definition=ZONE))

    paying = {**source, "query": "select * from customers where plan <> 'free'"}
    post, answer = await announced(place, place.config(sources=[paying], definition=ZONE), was)

    assert "The definition changed on 5 Nov 2026: counting" in post
    assert "query" in post
    assert "CRR 95.0 % (19 of 20 stayed)" in answer
    assert "Closed on 3 Nov 2026 under another definition: CRR 90.0 % (36 of 40" in answer
