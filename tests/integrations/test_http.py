"""The way out to a source: its pace, its patience, and the names it gives to what goes wrong."""

import asyncio
import gzip
from datetime import UTC, datetime, timedelta
from email.utils import format_datetime
from typing import Any

import httpx
import msgspec
import pytest
import stamina
from hypothesis import given
from hypothesis import settings as budget
from hypothesis import strategies as st

from integrations import http
from integrations.errors import CredentialsRejected, SourceUnavailable, UnexpectedResponse
from integrations.http import Http, Pace, Trail, address
from tests.integrations.vendor import breaks_off, hangs_up, says, vendor


async def get(url: str, shape: type[Any] = dict, **limits: Any) -> Any:
    """Asked at most three times, without waiting in between."""
    with stamina.set_testing(True, attempts=3):
        async with httpx.AsyncClient() as client:
            return await Http(client, requests_per_second=10_000, **limits).get(url, shape=shape)


# Pace


rates = st.floats(min_value=0.05, max_value=500)
pauses = st.lists(st.floats(min_value=0, max_value=3), min_size=1, max_size=60)


@budget(deadline=None)
@given(rates, pauses)
def test_no_second_holds_more_turns_than_the_limit_and_one(
    rate: float, pauses: list[float]
) -> None:
    pace, now, turns = Pace(rate), 0.0, []
    for pause in pauses:
        now += pause
        turns.append(now + pace.turn(now))

    for first in turns:
        inside = [turn for turn in turns if first <= turn < first + 1]
        assert len(inside) <= rate * (1 + 1e-6) + 2


@budget(deadline=None)
@given(rates, st.integers(min_value=2, max_value=200))
def test_callers_at_once_are_spread_evenly(rate: float, callers: int) -> None:
    pace = Pace(rate)
    waits = [pace.turn(100.0) for _ in range(callers)]

    assert waits[:2] == [0.0, 0.0], "one turn may be taken ahead of time"
    assert waits == sorted(waits)
    assert waits[-1] == pytest.approx((callers - 2) / rate)


def test_turns_that_nobody_took_are_not_saved_up() -> None:
    pace = Pace(10)
    pace.turn(0.0)

    assert [round(pace.turn(1_000.0), 3) for _ in range(4)] == [0.0, 0.0, 0.1, 0.2]


def test_a_pause_that_the_source_asked_for_holds_everybody() -> None:
    pace = Pace(10)
    pace.turn(0.0)
    pace.hold(30.0)
    pace.hold(20.0)

    assert round(pace.turn(5.0), 3) == 25.0
    assert round(pace.turn(5.0), 3) == 25.1


async def test_several_callers_share_the_pace() -> None:
    loop = asyncio.get_running_loop()
    async with vendor(says({})) as served, httpx.AsyncClient() as client:
        shared = Http(client, requests_per_second=50)
        began = loop.time()
        await asyncio.gather(*(shared.get(served.url, shape=dict) for _ in range(12)))

        assert loop.time() - began >= 10 / 50 - 0.001, "ten of the twelve had to wait their turn"


# Patience


async def test_waits_as_long_as_it_is_told() -> None:
    loop = asyncio.get_running_loop()
    busy, fine = says({}, 429, Retry_After="1"), says({"ok": True})
    async with vendor(busy, fine) as served, httpx.AsyncClient() as client:
        began = loop.time()
        got = await Http(client, requests_per_second=100).get(served.url, shape=dict)

    assert got == {"ok": True}
    assert loop.time() - began >= 0.99


async def test_does_not_wait_for_longer_than_its_patience() -> None:
    async with vendor(says({}, 429, Retry_After="3600")) as served, httpx.AsyncClient() as client:
        with pytest.raises(SourceUnavailable, match="wait 3600 seconds") as caught:
            await Http(client, requests_per_second=100).get(served.url, shape=dict)

    assert caught.value.retry_after == 3600
    assert len(served.asked) == 1


async def test_many_short_waits_are_no_way_around_the_patience() -> None:
    async with vendor(says({}, 503, Retry_After="1")) as served, httpx.AsyncClient() as client:
        with pytest.raises(SourceUnavailable):
            await Http(client, requests_per_second=100, patience=1.5).get(served.url, shape=dict)

    assert len(served.asked) == 2


@pytest.mark.parametrize(
    ("told", "seconds"),
    [
        ("0", 0.0),
        ("17", 17.0),
        (" 17 ", 17.0),
        ("-5", 0.0),
        ("Sat, 31 Oct 2026 12:00:30 GMT", 30.0),
        ("Sat, 31 Oct 2026 11:00:00 GMT", 0.0),
        ("soon", None),
        ("1e400", None),
        ("", None),
    ],
)
def test_reads_retry_after_in_seconds_or_as_a_date(told: str, seconds: float | None) -> None:
    headers = httpx.Headers({"Retry-After": told, "Date": "Sat, 31 Oct 2026 12:00:00 GMT"})

    assert http._retry_after(headers) == seconds


def test_a_date_from_a_source_that_does_not_tell_its_time_is_measured_by_ours() -> None:
    until = datetime.now(UTC) + timedelta(seconds=60)

    after = http._retry_after(httpx.Headers({"Retry-After": format_datetime(until, usegmt=True)}))

    assert after is not None
    assert 50 < after <= 60


@pytest.mark.parametrize("fault", [hangs_up, breaks_off, says({}, 500), says(b"", 504)])
async def test_gives_up_after_a_few_attempts(fault: Any) -> None:
    async with vendor(fault) as served:
        with pytest.raises(SourceUnavailable, match=r"the next pull tries again"):
            await get(served.url)

    assert len(served.asked) == 3


async def test_nobody_there_is_unavailable() -> None:
    async with vendor(says({})) as served:
        pass

    with pytest.raises(SourceUnavailable, match="cannot be reached"):
        await get(served.url)


async def test_a_drip_of_bytes_comes_to_an_end(monkeypatch: pytest.MonkeyPatch) -> None:
    from aiohttp import web

    async def drips(asked: Any) -> web.StreamResponse:
        response = web.StreamResponse()
        await response.prepare(asked.request)
        try:
            while True:
                await response.write(b" ")
                await asyncio.sleep(0.02)
        except ConnectionError:
            return response

    monkeypatch.setattr(http, "LONGEST", 0.2)
    async with vendor(drips) as served:
        with pytest.raises(SourceUnavailable, match="did not answer in time"):
            await get(served.url)


# Answers


class Shape(msgspec.Struct):
    total: int


async def test_gives_the_shape_that_was_asked_for() -> None:
    async with vendor(says({"total": 7, "more": "than we need"})) as served:
        assert (await get(served.url, Shape)).total == 7


async def test_an_unknown_shape_is_named_by_its_place_and_not_by_its_value() -> None:
    async with vendor(says({"total": "Acme Ltd"})) as served:
        with pytest.raises(UnexpectedResponse, match=r"Expected `int`.*\$\.total") as caught:
            await get(served.url, Shape)

    assert "Acme" not in str(caught.value)


async def test_unpacks_what_was_packed_and_refuses_what_cannot_be() -> None:
    packed = gzip.compress(b'{"total": 1}')
    async with vendor(says(packed, Content_Encoding="gzip")) as served:
        assert (await get(served.url, Shape)).total == 1
    async with vendor(says(b"no gzip at all", Content_Encoding="gzip")) as served:
        with pytest.raises(UnexpectedResponse, match="unpacked"):
            await get(served.url)


async def test_an_endless_answer_is_refused_even_if_it_came_packed() -> None:
    bomb = gzip.compress(b" " * (http.LARGEST + 1))
    async with vendor(says(bomb, Content_Encoding="gzip")) as served:
        with pytest.raises(UnexpectedResponse, match="more than 64 MB"):
            await get(served.url)


@pytest.mark.parametrize(
    ("body", "scope"),
    [
        pytest.param(
            {
                "status": "error",
                "message": "This app hasn't been granted all required scopes to make this call.",
                "errors": [
                    {
                        "message": "One or more of the following scopes are required.",
                        "context": {"requiredScopes": ["crm.objects.companies.read"]},
                    }
                ],
                "category": "MISSING_SCOPES",
            },
            "give it crm.objects.companies.read",
            id="as HubSpot says it",
        ),
        pytest.param(
            {
                "error": {
                    "message": "The provided key 'rk_test_***qs8Kgd' does not have the required"
                    " permissions for this endpoint on account 'acct_1'. Having the"
                    " 'rak_subscription_read' permission would allow this request to continue.",
                    "type": "invalid_request_error",
                }
            },
            "give it rak_subscription_read$",
            id="as Stripe says it",
        ),
        pytest.param(b"<html>", "the documentation lists", id="not at all"),
    ],
)
async def test_names_the_scope_that_is_missing(body: Any, scope: str) -> None:
    async with vendor(says(body, 403)) as served:
        with pytest.raises(CredentialsRejected, match=scope):
            await get(served.url)


@pytest.mark.parametrize(
    ("url", "may_be_shown"),
    [
        ("https://api.example.com/v1/x?cursor=a#b", "https://api.example.com/v1/x"),
        ("https://me:secret@api.example.com:8443/v1", "https://api.example.com:8443/v1"),
        ("http://127.0.0.1:80", "http://127.0.0.1/"),
    ],
)
def test_an_address_is_shown_without_what_may_be_secret(url: str, may_be_shown: str) -> None:
    assert address(url) == may_be_shown


# Pages


@budget(deadline=None)
@given(st.lists(st.text(max_size=3), unique=True, max_size=20))
def test_a_trail_follows_every_new_marker(markers: list[str]) -> None:
    trail = Trail("https://api.example.com/v1/x?token=1")

    assert [trail.follow(marker) for marker in markers] == markers


def test_a_trail_refuses_to_go_in_a_circle() -> None:
    trail = Trail("https://api.example.com/v1/x?cursor=1")
    for marker in ("a", "b", "c"):
        trail.follow(marker)

    with pytest.raises(UnexpectedResponse, match=r"^https://api.example.com/v1/x gave the same"):
        trail.follow("a")
