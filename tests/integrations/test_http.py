"""The way out to a source: its pace, its patience, and the names it gives to what goes wrong."""

import asyncio
import base64
import gzip
import logging
import traceback
from collections.abc import AsyncIterator, Coroutine
from contextlib import aclosing, asynccontextmanager
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from email.utils import format_datetime
from itertools import product
from typing import Any

import httpx
import msgspec
import pytest
import stamina
from hypothesis import given
from hypothesis import settings as budget
from hypothesis import strategies as st
from pydantic import SecretStr

from integrations import http, refusals
from integrations.errors import (
    BadRecord,
    CredentialsRejected,
    IntegrationError,
    SourceUnavailable,
    UnexpectedResponse,
)
from integrations.http import (
    Access,
    Http,
    Pace,
    Trail,
    address,
    link,
    renew_at,
    same_host,
    side_by_side,
    trusted,
)
from tests.integrations.vendor import Answer, Asked, breaks_off, hangs_up, says, vendor


async def get(url: str, shape: type[Any] = dict, **limits: Any) -> Any:
    """Asked at most three times, without waiting in between."""
    with stamina.set_testing(True, attempts=3):
        async with httpx.AsyncClient(verify=trusted()) as client:
            return await Http(client, requests_per_second=10_000, **limits).get(url, shape=shape)


@asynccontextmanager
async def way_out(**limits: Any) -> AsyncIterator[Http]:
    """The same for questions of every kind."""
    with stamina.set_testing(True, attempts=3):
        async with httpx.AsyncClient(verify=trusted()) as client:
            yield Http(client, requests_per_second=10_000, **limits)


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


async def test_a_rest_that_a_module_asks_for_holds_everybody() -> None:
    loop = asyncio.get_running_loop()
    async with vendor(says({})) as served, way_out() as out:
        begun = loop.time()
        out.rest(0.2)
        await out.get(served.url, shape=dict)

    assert loop.time() - begun >= 0.2


async def test_what_was_deleted_is_not_found_and_no_error() -> None:
    async with vendor(says({}, 404), says({"id": 1}), says({}, 403)) as served, way_out() as out:
        assert await out.find(served.url, shape=dict) is None
        assert await out.find(served.url, shape=dict) == {"id": 1}
        with pytest.raises(CredentialsRejected):
            await out.find(served.url, shape=dict)


async def test_questions_with_a_narrower_limit_wait_for_a_turn_of_their_own() -> None:
    loop = asyncio.get_running_loop()
    async with way_out() as out:
        begun = loop.time()
        await out.turn_of("exports", 10)
        await out.turn_of("exports", 10)
        at_once = loop.time() - begun
        await out.turn_of("others", 10)
        await out.turn_of("exports", 10)

    assert at_once < 0.1
    assert loop.time() - begun >= 0.1 - 0.001


async def test_several_callers_share_the_pace() -> None:
    loop = asyncio.get_running_loop()
    async with vendor(says({})) as served, httpx.AsyncClient(verify=trusted()) as client:
        shared = Http(client, requests_per_second=50)
        began = loop.time()
        await asyncio.gather(*(shared.get(served.url, shape=dict) for _ in range(12)))

        assert loop.time() - began >= 10 / 50 - 0.001, "ten of the twelve had to wait their turn"


# Patience


async def test_waits_as_long_as_it_is_told() -> None:
    loop = asyncio.get_running_loop()
    busy, fine = says({}, 429, Retry_After="1"), says({"ok": True})
    async with vendor(busy, fine) as served, httpx.AsyncClient(verify=trusted()) as client:
        began = loop.time()
        got = await Http(client, requests_per_second=100).get(served.url, shape=dict)

    assert got == {"ok": True}
    assert loop.time() - began >= 0.99


async def test_who_comes_after_a_refusal_waits_as_long_as_who_was_refused() -> None:
    busy = says({}, 429, Retry_After="30")
    async with vendor(busy) as served, way_out() as out:
        first = asyncio.create_task(out.get(served.url, shape=dict))
        loop = asyncio.get_running_loop()
        while (wait := out._pace.turn(loop.time())) < 1:
            assert not first.done()
            await asyncio.sleep(0.01)
        first.cancel()
        await asyncio.gather(first, return_exceptions=True)

    assert 29 < wait <= 31
    assert len(served.asked) == 1


async def test_does_not_wait_for_longer_than_its_patience() -> None:
    async with (
        vendor(says({}, 429, Retry_After="3600")) as served,
        httpx.AsyncClient(verify=trusted()) as client,
    ):
        with pytest.raises(SourceUnavailable, match="wait 3600 seconds") as caught:
            await Http(client, requests_per_second=100).get(served.url, shape=dict)

    assert caught.value.retry_after == 3600
    assert len(served.asked) == 1


async def test_many_short_waits_are_no_way_around_the_patience() -> None:
    async with (
        vendor(says({}, 503, Retry_After="1")) as served,
        httpx.AsyncClient(verify=trusted()) as client,
    ):
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

    assert refusals._retry_after(headers) == seconds


def test_a_date_from_a_source_that_does_not_tell_its_time_is_measured_by_ours() -> None:
    until = datetime.now(UTC) + timedelta(seconds=60)

    after = refusals._retry_after(
        httpx.Headers({"Retry-After": format_datetime(until, usegmt=True)})
    )

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


def test_a_line_is_decoded_like_a_whole_answer() -> None:
    assert http.decode(b'{"id": 1}', dict[str, int], "https://x.example") == {"id": 1}
    with pytest.raises(UnexpectedResponse, match=r"^https://x\.example .*`\$\[\.\.\.\]`") as caught:
        http.decode(b'{"id": "Acme"}', dict[str, int], "https://x.example")
    assert "Acme" not in str(caught.value)
    with pytest.raises(UnexpectedResponse, match="only the beginning"):
        http.decode(b'{"id": ', dict[str, int], "https://x.example")


def test_basic_authentication_packs_user_and_password() -> None:
    assert http.basic(SecretStr("Aladdin"), "open sesame") == {
        "Authorization": "Basic QWxhZGRpbjpvcGVuIHNlc2FtZQ=="
    }


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


def headers(told: str) -> httpx.Headers:
    return httpx.Headers({"Link": told})


@pytest.mark.parametrize(
    ("told", "found"),
    [
        ('<https://x.example/a?page=2>; rel="next"', "https://x.example/a?page=2"),
        ("</a?b=1,2>; rel=next", "/a?b=1,2"),
        ('</first>; rel="prev first", </2>; title="a, b"; rel="NEXT"', "/2"),
        ('</1>; rel="prev"', None),
        ("</1>", None),
        ("next", None),
        ("", None),
    ],
)
def test_finds_the_next_page_in_a_link_header(told: str, found: str | None) -> None:
    assert link(headers(told), "next") == found
    assert link(httpx.Headers(), "next") is None


@pytest.mark.parametrize(
    ("following", "whole"),
    [
        ("https://api.example.com/v1/x?after=2", "https://api.example.com/v1/x?after=2"),
        ("https://api.example.com:443/v2", "https://api.example.com/v2"),
        ("/v2?after=%2F", "https://api.example.com/v2?after=%2F"),
        ("?after=2", "https://api.example.com/v1/x?after=2"),
        ("http://api.example.com/v1/x?after=2", "https://api.example.com/v1/x?after=2"),
    ],
)
def test_goes_on_at_the_same_host(following: str, whole: str) -> None:
    assert same_host("https://api.example.com/v1/x?after=1", following) == whole


@pytest.mark.parametrize(
    "following",
    [
        "https://evil.example/v1",
        "//evil.example/v1",
        "https://api.example.com.evil.example/v1",
        "https://api.example.com@evil.example/v1",
        "https://user@api.example.com/v1",
        "https://api.example.com:8443/v1",
        "http://api.example.com:80@evil.example/",
        "ftp://api.example.com/v1",
        "http://[",
    ],
)
def test_never_goes_on_at_another_host(following: str) -> None:
    with pytest.raises(UnexpectedResponse, match="another host"):
        same_host("https://api.example.com/v1/x?after=1", following)


# Other questions


async def test_gives_the_headers_and_asks_for_nothing_but_them() -> None:
    async with vendor(says(b"", Recurly_Total_Records="4242")) as served, way_out() as out:
        told = await out.answer("HEAD", f"{served.url}/accounts", params={"subscriber": "true"})

    assert told.body is None
    assert told.headers["recurly-total-records"] == "4242"
    assert served.asked[0].request.method == "HEAD"
    assert served.asked[0].question == {"subscriber": "true"}


async def test_gives_a_body_as_it_came() -> None:
    async with vendor(says(b"id,name\r\n1,Acme\r\n", Locator="MTAw")) as served, way_out() as out:
        told = await out.answer("GET", served.url, shape=bytes)

    assert told.body == b"id,name\r\n1,Acme\r\n"
    assert told.headers["locator"] == "MTAw"


async def test_reads_a_vendors_own_words_of_refusal() -> None:
    def refused(status: int, headers: httpx.Headers, body: bytes) -> IntegrationError | None:
        if b"THROTTLED" in body:
            return SourceUnavailable("asked too often", retry_after=float(headers["x-wait"]))
        return BadRecord("no such list") if status == 404 else None

    throttled = says({"errors": ["THROTTLED"]}, X_Wait="0")
    async with vendor(throttled, says({"total": 1}), says({}, 404)) as served, way_out() as out:
        assert await out.post(served.url, shape=dict, json={}, refused=refused) == {"total": 1}
        with pytest.raises(BadRecord, match="no such list"):
            await out.get(served.url, shape=dict, refused=refused)

    assert len(served.asked) == 3


async def test_names_the_scope_that_a_header_asks_for() -> None:
    told = 'Bearer error="insufficient_scope", scope="tickets:read users:read"'
    async with vendor(says({}, 403, WWW_Authenticate=told)) as served:
        with pytest.raises(CredentialsRejected, match=r"give it tickets:read, users:read$"):
            await get(served.url)


@pytest.mark.parametrize(
    ("how", "told"),
    [
        *product(
            ["form", "token", "basic"], ["hushhush", "HushHush", "my.hushhush", "scope_hushhush_x"]
        ),
        *product(["json"], ["hushhush", "HushHush"]),
    ],
)
async def test_a_refusal_that_repeats_what_was_sent_as_a_scope_is_not_printed(
    told: str, how: str
) -> None:
    basic = base64.b64encode(b"me:hushhush").decode()
    async with (
        vendor(says({"requiredScopes": [told, "companies.read"]}, 403)) as served,
        httpx.AsyncClient(verify=trusted()) as client,
    ):
        out = Http(client, requests_per_second=1000)
        question = {"params": {"args": ["db", 2, "hushhush"]}}
        asks = {
            "form": lambda: out.form(served.url, shape=dict, fields=FIELDS),
            "token": lambda: out.get(
                served.url, shape=dict, headers={"Authorization": "Bearer hushhush"}
            ),
            "basic": lambda: out.get(
                served.url, shape=dict, headers={"Authorization": f"Basic {basic}"}
            ),
            "json": lambda: out.post(served.url, shape=dict, json=question),
        }
        with pytest.raises(CredentialsRejected, match=r"give it companies.read$") as caught:
            await asks[how]()
    assert "hush" not in str(caught.value).lower()


# Long texts


async def lines(out: Http, url: str) -> list[bytes]:
    return [line async for line in out.lines(url, headers={"Accept": "text/csv"})]


@pytest.mark.parametrize(
    ("text", "told"),
    [
        (b"", []),
        (b"a", [b"a"]),
        (b"a\nb\n", [b"a", b"b"]),
        (b"a\r\n\r\nb", [b"a", b"", b"b"]),
        (b"\n", [b""]),
        pytest.param(b"x" * 200_000 + b"\ny", [b"x" * 200_000, b"y"], id="a long line"),
    ],
)
async def test_streams_a_text_line_by_line(text: bytes, told: list[bytes]) -> None:
    async with vendor(says(text)) as served, way_out() as out:
        assert await lines(out, served.url) == told

    assert served.asked[0].request.headers["Accept"] == "text/csv"


async def test_streams_what_is_longer_than_any_answer_may_be(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr(http, "LARGEST", 1000)
    async with vendor(says(b"12345678\n" * 1000)) as served, way_out() as out:
        assert len(await lines(out, served.url)) == 1000
    async with vendor(says(b"1" * 1001)) as served, way_out() as out:
        with pytest.raises(UnexpectedResponse, match="at once"):
            await lines(out, served.url)


@pytest.mark.parametrize(
    ("stumble", "error"),
    [
        (says({}, 401), CredentialsRejected),
        (says({}, 404), UnexpectedResponse),
        (says({}, 503), SourceUnavailable),
        (hangs_up, SourceUnavailable),
    ],
)
async def test_a_text_is_refused_like_any_other_answer(
    stumble: Answer, error: type[IntegrationError]
) -> None:
    async with vendor(stumble) as served, way_out() as out:
        with pytest.raises(error):
            await lines(out, served.url)

    assert len(served.asked) == (3 if error is SourceUnavailable else 1)


async def test_a_text_that_does_not_begin_is_asked_for_again_but_not_one_that_breaks_off() -> None:
    async with vendor(says({}, 503), says(b"a\nb")) as served, way_out() as out:
        assert await lines(out, served.url) == [b"a", b"b"]
    async with vendor(breaks_off) as served, way_out() as out:
        with pytest.raises(SourceUnavailable, match="broke the connection"):
            await lines(out, served.url)

    assert len(served.asked) == 1


async def test_a_text_that_nobody_reads_to_the_end_is_let_go() -> None:
    async with vendor(says(b"a\n" * 500_000)) as served, way_out() as out:
        async with aclosing(out.lines(served.url)) as told:
            assert await anext(told) == b"a"
        assert await get(served.url + "/again", bytes) != b""


# Access


FIELDS = {"grant_type": "client_credentials", "client_id": "me", "client_secret": "hushhush"}


def grants(*, seconds: object = 3600, **more: object) -> Answer:
    """A token endpoint: the tokens are called t0, t1, …"""
    given = iter(range(1000))

    async def answer(asked: Asked) -> Any:
        granted = {"access_token": f"t{next(given)}", "expires_in": seconds, **more}
        return await says(granted)(asked)

    return answer


def accepts(*tokens: str) -> Answer:
    async def answer(asked: Asked) -> Any:
        sent = asked.request.headers["Authorization"].removeprefix("Bearer ")
        return await says({"by": sent} if sent in tokens else {}, 200 if sent in tokens else 401)(
            asked
        )

    return answer


async def test_asks_for_a_token_once_whoever_needs_it() -> None:
    async with vendor(grants()) as login, vendor(accepts("t0")) as served, way_out() as out:

        async def ask() -> object:
            headers = await Access(out, f"{login.url}/token", FIELDS).headers()
            return await out.get(served.url, shape=dict, headers=headers)

        got = await asyncio.gather(*(ask() for _ in range(5)))

    assert got == [{"by": "t0"}] * 5
    assert [asked.question for asked in login.asked] == [FIELDS]


async def test_two_accounts_at_one_host_have_each_their_own() -> None:
    async with vendor(grants()) as login, way_out() as out:
        one = await Access(out, login.url, FIELDS).headers()
        two = await Access(out, login.url, {**FIELDS, "client_id": "you"}).headers()

    assert one != two


async def test_a_token_that_is_refused_is_renewed_once_for_all_who_hold_it() -> None:
    async with vendor(grants()) as login, vendor(accepts("t1")) as served, way_out() as out:
        access = Access(out, login.url, FIELDS)
        old = {**await access.headers(), "X-Version": "3"}
        got = await asyncio.gather(
            *(out.get(served.url, shape=dict, headers=old) for _ in range(4))
        )
        # The headers from the beginning go on to work, without a refusal each time.
        before = len(served.asked)
        got.append(await out.get(served.url, shape=dict, headers=old))

    assert got == [{"by": "t1"}] * 5
    assert len(login.asked) == 2
    assert len(served.asked) == before + 1
    assert {asked.request.headers["X-Version"] for asked in served.asked} == {"3"}


async def test_a_new_token_that_is_refused_too_is_no_reason_to_go_on() -> None:
    async with vendor(grants()) as login, vendor(says({}, 401)) as served, way_out() as out:
        headers = await Access(out, login.url, FIELDS).headers()
        with pytest.raises(CredentialsRejected, match="not accepted"):
            await out.get(served.url, shape=dict, headers=headers)

    assert len(login.asked) == len(served.asked) == 2


@pytest.mark.parametrize(
    ("seconds", "asked"), [(0, 3), ("0", 3), (3600, 1), ("3600", 1), (None, 1), ("soon", 1)]
)
async def test_a_token_is_renewed_before_it_runs_out(seconds: object, asked: int) -> None:
    async with vendor(grants(seconds=seconds)) as login, way_out() as out:
        for _ in range(3):
            await Access(out, login.url, FIELDS).headers()

    assert len(login.asked) == asked


@pytest.mark.parametrize(
    ("lasts", "renewed"),
    [(3600, 3540), ("3600", 3540), (100, 90), (0, 0), (None, float("inf")), ("soon", float("inf"))],
)
def test_a_token_is_renewed_some_time_before_its_end(lasts: object, renewed: float) -> None:
    assert renew_at(1_000.0, lasts) == 1_000.0 + renewed


async def test_a_token_is_renewed_once_for_a_question_even_if_it_is_asked_again() -> None:
    stumbles = [says({}, 401), says({}, 503), says({}, 401)]
    async with vendor(grants()) as login, vendor(*stumbles) as served, way_out() as out:
        headers = await Access(out, login.url, FIELDS).headers()
        with pytest.raises(CredentialsRejected):
            await out.get(served.url, shape=dict, headers=headers)

    assert (len(login.asked), len(served.asked)) == (2, 3)


async def test_a_refresh_token_that_is_replaced_is_not_sent_again() -> None:
    fields = {"grant_type": "refresh_token", "refresh_token": "first"}
    async with vendor(grants(seconds=0, refresh_token="next")) as login, way_out() as out:
        for _ in range(2):
            await Access(out, login.url, fields).headers()

    assert [asked.question["refresh_token"] for asked in login.asked] == ["first", "next"]


@dataclass
class Kept:
    """What outlives a process."""

    tokens: dict[str, str] = field(default_factory=dict)

    async def newest(self, of: str) -> str | None:
        return self.tokens.get(of)

    async def put(self, of: str, token: str) -> None:
        self.tokens[of] = token


REFRESHED = {"grant_type": "refresh_token", "client_id": "me", "refresh_token": "first"}


def rotates(*, meanwhile: Kept | None = None) -> Answer:
    """Each refresh token holds once and brings the next. While the first question that comes
    `meanwhile` is on its way, another process asks with the same one and keeps what it gets."""
    holds = ["first", "second", "third", "fourth"]

    async def answer(asked: Asked) -> Any:
        if meanwhile is not None and asked.number == 1:
            holds.pop(0)
            meanwhile.tokens = dict.fromkeys(meanwhile.tokens, holds[0])
        if asked.question["refresh_token"] != holds[0]:
            return await says({"error": "invalid_grant"}, 400)(asked)
        holds.pop(0)
        return await says({"access_token": "t", "expires_in": 0, "refresh_token": holds[0]})(asked)

    return answer


async def test_a_refresh_token_that_is_replaced_outlives_the_process() -> None:
    kept = Kept()
    async with vendor(rotates()) as login:
        for _ in range(2):
            async with way_out(refresh_tokens=kept) as out:
                await Access(out, f"{login.url}/token", REFRESHED).headers()

    assert [asked.question["refresh_token"] for asked in login.asked] == ["first", "second"]
    assert "first" not in str(kept.tokens.keys())


async def test_a_new_refresh_token_in_the_settings_counts_and_not_the_one_that_was_kept() -> None:
    kept = Kept()
    async with vendor(grants(refresh_token="next")) as login:
        for told in ("first", "made anew"):
            async with way_out(refresh_tokens=kept) as out:
                await Access(out, login.url, {**REFRESHED, "refresh_token": told}).headers()

    assert [asked.question["refresh_token"] for asked in login.asked] == ["first", "made anew"]


async def test_the_refresh_token_that_another_process_got_meanwhile_is_taken() -> None:
    kept = Kept()
    async with vendor(rotates(meanwhile=kept)) as login, way_out(refresh_tokens=kept) as out:
        for _ in range(2):
            await Access(out, login.url, REFRESHED).headers()

    asked = [asked.question["refresh_token"] for asked in login.asked]
    assert asked == ["first", "second", "third"]
    assert list(kept.tokens.values()) == ["fourth"]


async def test_a_refresh_token_that_nobody_replaced_is_refused_once() -> None:
    refuses = says({"error": "invalid_grant"}, 400)
    async with vendor(refuses) as login, way_out(refresh_tokens=Kept()) as out:
        with pytest.raises(CredentialsRejected, match="refresh token"):
            await Access(out, login.url, REFRESHED).headers()

    assert len(login.asked) == 1


async def test_tells_what_else_comes_with_a_token_and_sends_what_else_is_wanted() -> None:
    told = {"instance_url": "https://eu1.example.com", "refresh_token": "x"}
    async with vendor(grants(**told)) as login, way_out() as out:
        access = Access(out, login.url, FIELDS, headers={"X-Client": "me"}, scheme="Zoho")
        assert await access.told("instance_url") == "https://eu1.example.com"
        assert await access.told("refresh_token") == await access.told("id") == ""
        assert await access.headers() == {"Authorization": "Zoho t0"}

    assert login.asked[0].request.headers["X-Client"] == "me"


@pytest.mark.parametrize(
    ("answer", "error", "says_so"),
    [
        (says({"error": "invalid_client"}, 401), CredentialsRejected, r"401 \(invalid_client\)"),
        (says({"error": "invalid_grant"}, 400), CredentialsRejected, "refresh token"),
        (says({"error": "invalid_code"}, 200), CredentialsRejected, "200"),
        (says({"error": "hushhush"}, 400), CredentialsRejected, "answered 400 and"),
        (says(b"<html>", 403), CredentialsRejected, "403"),
        (says({"access_token": "a\nb"}), UnexpectedResponse, "without an access_token"),
        (says({}), UnexpectedResponse, "without an access_token"),
        (says({}, 404), UnexpectedResponse, "404"),
        (says({}, 503), SourceUnavailable, "503"),
    ],
)
async def test_no_access_is_told_without_the_secret(
    answer: Answer, error: type[IntegrationError], says_so: str, caplog: pytest.LogCaptureFixture
) -> None:
    caplog.set_level(logging.DEBUG)
    async with vendor(answer) as login, way_out() as out:
        with pytest.raises(error, match=says_so) as caught:
            await Access(out, login.url, FIELDS).headers()

    told = "".join(traceback.format_exception(caught.value)) + caplog.text + repr(out.grants)
    assert "hushhush" not in told


# Side by side


async def test_answers_come_in_their_order_however_long_each_takes() -> None:
    async def wait(number: int) -> int:
        await asyncio.sleep(0.001 * (number % 3))
        return number

    assert [n async for n in side_by_side(wait(n) for n in range(20))] == list(range(20))
    assert [told async for told in side_by_side(wait(n) for n in list[int]())] == []
    assert [n async for n in side_by_side([wait(1)], at_once=1)] == [1]


async def test_no_more_are_under_way_than_may_be() -> None:
    under_way, most, made = 0, 0, 0

    async def work() -> None:
        nonlocal under_way, most
        under_way += 1
        most = max(most, under_way)
        await asyncio.sleep(0)
        under_way -= 1

    def questions() -> Any:
        nonlocal made
        for _ in range(50):
            made += 1
            yield work()

    async with aclosing(side_by_side(questions(), at_once=4)) as answers:
        await anext(answers)
        assert made == 4, "a question is made when its turn comes"
        async for _ in answers:
            pass

    assert most == 4


async def test_the_first_error_ends_the_others() -> None:
    ended = []

    async def wait() -> None:
        try:
            await asyncio.sleep(60)
        finally:
            ended.append(True)

    async def fails() -> None:
        await asyncio.sleep(0)
        raise SourceUnavailable("gone")

    with pytest.raises(SourceUnavailable, match="gone"):
        async for _ in side_by_side([wait(), fails(), wait()], at_once=3):
            pass

    assert ended == [True, True]


async def test_who_stops_early_leaves_nothing_running_and_nothing_unasked() -> None:
    async def wait(seconds: float) -> None:
        await asyncio.sleep(seconds)

    asks: list[Coroutine[Any, Any, None]] = [wait(0), wait(60), wait(60), wait(60)]
    async with aclosing(side_by_side(asks, at_once=2)) as answers:
        await anext(answers)

    assert len(asyncio.all_tasks()) == 1


async def test_questions_side_by_side_keep_to_the_pace() -> None:
    loop = asyncio.get_running_loop()
    async with vendor(says({})) as served, httpx.AsyncClient(verify=trusted()) as client:
        out = Http(client, requests_per_second=50)
        began = loop.time()
        asks = (out.get(served.url, shape=dict) for _ in range(12))
        assert len([told async for told in side_by_side(asks)]) == 12

        assert loop.time() - began >= 10 / 50 - 0.001
