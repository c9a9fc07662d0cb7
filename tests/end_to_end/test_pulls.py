"""What sources give that should not be believed, and how little of it is."""

from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import asynccontextmanager
from pathlib import Path
from typing import Any

import pytest
from aiohttp import web

from bot.domain.pulls import PullState
from tests.end_to_end import companies
from tests.end_to_end.running import NOTICES, SUCCESS, Place, Running, at, running, told

FRIDAY, MONDAY = at("2026-10-30T10:00"), at("2026-11-02T09:00:01")
AS_OF = "as of Friday 30 Oct 2026, 10:00"
DROP = {"name": "weekly drop", "channel": SUCCESS, "period": "week", "points": 3, "periods": 2}


@asynccontextmanager
async def friday(place: Place, **sections: Any) -> AsyncIterator[Running]:
    """A bot that has pulled on Friday."""
    companies.write(place.folder)
    async with running(place.config(sources=[companies.SOURCE], **sections), FRIDAY) as bot:
        await bot.pulled()
        yield bot


async def newest(bot: Running, source: str = "crm") -> PullState:
    pull = await bot.bot.kept.pulls.newest(source)
    assert pull is not None
    return pull.state


async def test_a_pull_without_most_customers_is_held_with_a_notice(place: Place) -> None:
    async with friday(place, rules=[DROP]) as bot:
        companies.write(place.folder, companies.rows()[:10])
        await bot.move(MONDAY)
        figure = await told(place.slack, "U0LEAD", "/crr 2026-10-01..2026-10-29")
        status = await told(place.slack, "U0LEAD", "/keeprate status")
        assert await newest(bot) is PullState.HELD

    [notice] = place.posts(NOTICES, "was held back")
    [unready] = place.posts(NOTICES, "No alert can be raised")
    assert "The pull of crm was held back" in notice.text
    assert "crm" in unready.text
    assert "missing from the pull" in notice.text
    assert f"Figures stay {AS_OF}" in notice.text
    assert "Company 11" in notice.words()
    [post] = place.posts(SUCCESS)
    assert "Retention dropped" not in post.words()
    assert AS_OF in post.text
    assert "CRR 92.5 % (37 of 40 stayed)" in figure.text
    assert AS_OF in figure.text
    assert "The newest pull is held" in status.text


async def test_a_held_pull_gives_way_to_a_whole_one(place: Place) -> None:
    async with friday(place) as bot:
        companies.write(place.folder, companies.rows()[:10])
        await bot.move(at("2026-10-31T04:00"))
        companies.write(place.folder)
        await bot.move(at("2026-11-01T04:00"))
        figure = await told(place.slack, "U0LEAD", "/crr 2026-10-01..2026-10-31")

    assert "CRR 90.0 % (36 of 40 stayed)" in figure.text
    assert "as of Sunday 1 Nov 2026" in figure.text


def bad_date(lines: list[str]) -> list[str]:
    return [line.replace("2025-01-17", "2025-01-71") for line in lines]


def ends_before_it_begins(lines: list[str]) -> list[str]:
    return [*lines, "c50,Backwards,2026-05-02,2026-05-01,pro,EMEA"]


def a_column_too_few(lines: list[str]) -> list[str]:
    return [*lines[:15], "c99,Short,2026-01-01", *lines[15:]]


def nothing(lines: list[str]) -> list[str]:
    return []


BAD = [
    (bad_date, ["crm", "line 17", "2025-01-71"]),
    (ends_before_it_begins, ["crm", "line 44", "2026-05-01", "mend the line"]),
    (a_column_too_few, ["crm", "line 17", "3 columns"]),
    (nothing, ["crm", "not one customer"]),
]


@pytest.mark.parametrize(("spoil", "words"), BAD)
async def test_a_broken_file_is_told_with_source_place_and_remedy(
    place: Place, spoil: Callable[[list[str]], list[str]], words: list[str]
) -> None:
    async with friday(place) as bot:
        companies.write(place.folder, spoil(companies.rows()))
        await bot.move(MONDAY)
        figure = await told(place.slack, "U0LEAD", "/crr 2026-10-01..2026-10-29")
        assert await newest(bot) is PullState.FAILED
        assert len(place.posts(NOTICES)) == 1
        # The next day, and by hand, it is still broken; that was told.
        await bot.move(at("2026-11-03T04:00"))
        by_hand = await pulled_by_hand(place)
        await bot.settle()

    [notice] = place.posts(NOTICES)
    for word in words:
        assert word in notice.text
        assert word in by_hand
    assert "crm could not be pulled: " in notice.text
    assert "pulled: crm: " not in notice.text, "it names the source already"
    assert f"Figures stay {AS_OF}" in notice.text
    assert "CRR 92.5 % (37 of 40 stayed)" in figure.text
    [post] = place.posts(SUCCESS)
    assert AS_OF in post.text
    assert "The newest pull failed: " in post.text
    assert "failed: crm: " not in post.text, "it names the source already"


async def pulled_by_hand(place: Place) -> str:
    since = place.slack.journal.last
    await place.slack.person("U0ADMIN").command("/keeprate", "pull", channel=SUCCESS)
    done = await place.slack.person("U0ADMIN").wait_for_ephemeral(
        SUCCESS, containing="was not pulled", since=since
    )
    return done.text


async def test_a_source_that_was_back_in_between_is_told_of_again(place: Place) -> None:
    async with friday(place) as bot:
        for day, lines in (
            ("2026-10-31", bad_date(companies.rows())),
            ("2026-11-01", companies.rows()),
            ("2026-11-02", bad_date(companies.rows())),
        ):
            companies.write(place.folder, lines)
            await bot.move(at(f"{day}T04:00"))

    first, second = place.posts(NOTICES)
    assert AS_OF in first.text
    assert "as of Sunday 1 Nov 2026, 04:00" in second.text


@pytest.mark.parametrize(
    ("content", "words"),
    [
        (b"", "is empty"),
        (b"\xff\xfe\x00", "line"),
        (b"\x1f\x8b\x08broken", "damaged"),
        (b"a,b\n1,2\n", "id"),
    ],
)
async def test_a_file_that_is_no_table(place: Place, content: bytes, words: str) -> None:
    async with friday(place) as bot:
        (place.folder / "customers.csv").write_bytes(content)
        assert words in await pulled_by_hand(place)
        assert await newest(bot) is PullState.FAILED
        assert "40" in (await told(place.slack, "U0LEAD", "/crr 2026-10-01..2026-10-29")).text


async def test_a_duplicate_id_in_todays_list_is_told(place: Place) -> None:
    source = {**companies.SOURCE, "evidence": "today", "since": "since"}
    del source["until"]
    lines = [line for line in companies.rows() if ",2026-10-" not in line]
    companies.write(place.folder, [*lines, lines[0]])
    async with running(place.config(sources=[source]), FRIDAY):
        notice = await place.slack.wait_for_message(NOTICES, timeout=20)

    assert 'line 38 has the same "id" as line 2' in notice.text
    assert "There are no figures until a pull" in notice.text


async def test_another_definition_is_no_reason_to_hold_a_pull(place: Place) -> None:
    """Purchases that keep a customer for 30 days, not 90: most are customers no more."""
    moment = at("1998-06-01T10:00")
    async with running(place.config(), moment) as bot:
        await bot.pulled()
        before = await bot.bot.figures.columns()
    definition = {"zone": "Europe/Amsterdam", "purchase_keeps_days": 30}
    async with running(place.config(definition=definition), at("1998-06-02T10:00")) as bot:
        await bot.settle()
        after = await bot.bot.figures.columns()
        assert await newest(bot, "cdnow") is PullState.BELIEVED

    assert len(after) > len(before)
    assert place.posts(NOTICES) == []


Answer = Callable[[web.Request], Awaitable[web.StreamResponse]]

FIRST_PAGE = {
    "has_more": True,
    "data": [
        {
            "id": "sub_1",
            "status": "active",
            "start_date": 1704067200,
            "ended_at": None,
            "trial_end": None,
            "currency": "eur",
            "items": {"data": []},
            "customer": {"id": "cus_1", "name": "Acme", "metadata": {}},
            "metadata": {},
        }
    ],
}


@asynccontextmanager
async def stripe(then: Answer) -> AsyncIterator[str]:
    """A Stripe whose first page is good, and what comes then is not."""

    async def answer(request: web.Request) -> web.StreamResponse:
        if "starting_after" in request.query:
            return await then(request)
        return web.json_response(FIRST_PAGE)

    app = web.Application()
    app.router.add_get("/v1/subscriptions", answer)
    runner = web.AppRunner(app, access_log=None, shutdown_timeout=0.1)
    await runner.setup()
    await web.TCPSite(runner, "127.0.0.1", 0).start()
    try:
        yield f"http://127.0.0.1:{runner.addresses[0][1]}"
    finally:
        await runner.cleanup()


def says(status: int, **headers: str) -> Answer:
    async def answer(_request: web.Request) -> web.StreamResponse:
        named = {name.replace("_", "-"): value for name, value in headers.items()}
        return web.json_response({"error": {"message": "no"}}, status=status, headers=named)

    return answer


async def hangs_up(request: web.Request) -> web.StreamResponse:
    assert request.transport
    request.transport.abort()
    return web.Response()


async def the_same_page_again(_request: web.Request) -> web.StreamResponse:
    return web.json_response(FIRST_PAGE)


async def half_a_page(_request: web.Request) -> web.StreamResponse:
    return web.Response(text='{"has_more": tr', content_type="application/json")


@pytest.mark.parametrize(
    ("then", "words"),
    [
        (says(401), "token"),
        (says(403), "token"),
        (says(429, Retry_After="3000"), "429"),
        (the_same_page_again, "again"),
        (half_a_page, "JSON"),
    ],
)
async def test_a_pull_that_breaks_in_the_middle_changes_nothing(
    place: Place, then: Answer, words: str
) -> None:
    """Over HTTP, on the second page. A source beside it is pulled all the same."""
    companies.write(place.folder)
    async with stripe(then) as url:
        billing = {"kind": "stripe", "name": "billing", "token": "sk_hush_hush", "url": url}
        config = place.config(sources=[companies.SOURCE, billing])
        async with running(config, FRIDAY) as bot:
            await place.slack.wait_for_message(NOTICES, containing="billing", timeout=30)
            assert await newest(bot, "billing") is PullState.FAILED
            assert await bot.bot.kept.pulls.newest_believed("billing") is None
            assert await newest(bot, "crm") is PullState.BELIEVED
            await bot.settle()

    [notice] = place.posts(NOTICES)
    assert "billing could not be pulled: http" in notice.text
    assert words in notice.text
    assert "There are no figures until a pull" in notice.text
    assert "hush" not in notice.words()


@pytest.mark.parametrize("hiccup", [says(503), says(429, Retry_After="0"), hangs_up])
async def test_a_hiccup_in_the_middle_is_not_felt(place: Place, hiccup: Answer) -> None:
    seen: list[str] = []

    async def then(request: web.Request) -> web.StreamResponse:
        seen.append(request.query["starting_after"])
        if len(seen) == 1:
            return await hiccup(request)
        return web.json_response({"has_more": False, "data": []})

    async with stripe(then) as url:
        billing = {"kind": "stripe", "name": "billing", "token": "sk_1", "url": url}
        async with running(place.config(sources=[billing], weekly_post=None), FRIDAY) as bot:
            await bot.pulled()

    assert seen == ["sub_1", "sub_1"]
    assert place.posts(NOTICES) == []


def test_the_spoilt_lines_are_where_the_tests_say(tmp_path: Path) -> None:
    lines = companies.write(tmp_path, bad_date(companies.rows())).read_text().splitlines()

    assert [number for number, line in enumerate(lines, 1) if "2025-01-71" in line] == [17]
