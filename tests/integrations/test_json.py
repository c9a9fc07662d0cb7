"""An API that is described in config.yaml alone: every way of paging, every way to show a token."""

import asyncio
import logging
import traceback
from collections.abc import Callable
from datetime import UTC, date, datetime, timedelta
from typing import Any

import httpx
import pytest
from aiohttp import web
from hypothesis import given
from hypothesis import settings as budget
from hypothesis import strategies as st
from pydantic import ValidationError

import integrations
from integrations.errors import BadRecord, IntegrationError, UnexpectedResponse
from integrations.json import Settings
from integrations.records import DatedStay, Present, Purchase, Rating, Ticket
from tests.integrations.recordings import pages, records
from tests.integrations.vendor import Answer, Asked, Vendor, says, vendor

STAY = {"evidence": "stays", "customer": "id"}
CURSOR = {"pages": "cursor", "at": "n", "param": "c"}
OFFSET = {"pages": "offset", "param": "c"}
ROWS = [{"id": n, "since": "2026-01-01", "until": None} for n in range(7)]

HERE = "https://api.example.com"

Cut = Callable[[Asked], tuple[Any, dict[str, str]]]


def source(
    url: str = "https://api.example.com", *, customers: Any = STAY, **other: Any
) -> Settings:
    section = {"kind": "json", "url": url, "token": "hush", "customers": customers, **other}
    return Settings.model_validate(section)


def answers(cut: Cut) -> Answer:
    async def answer(asked: Asked) -> web.StreamResponse:
        body, headers = cut(asked)
        return await says(body, 200, **headers)(asked)

    return answer


async def ids(url: str, **customers: Any) -> list[str]:
    return [r.customer for r in await records(source(url, customers={**STAY, **customers}))]


async def refusal(body: Any, customers: Any = STAY, **other: Any) -> str:
    async with vendor(says(body)) as served:
        with pytest.raises(IntegrationError) as caught:
            await records(source(served.url, customers=customers, **other))
    return str(caught.value)


def asked(served: Vendor) -> list[dict[str, Any]]:
    return [one.question for one in served.asked]


# Pages


def by_cursor(asked: Asked) -> tuple[Any, dict[str, str]]:
    at = int(asked.question.get("after", 0))
    following = at + 3 if at + 3 < len(ROWS) else None
    return {"rows": ROWS[at : at + 3], "paging": {"next": following}}, {}


def by_last_id(asked: Asked) -> tuple[Any, dict[str, str]]:
    at = int(asked.question.get("after", -1)) + 1
    return {"rows": ROWS[at : at + 3], "has_more": at + 3 < len(ROWS)}, {}


def by_offset(asked: Asked) -> tuple[Any, dict[str, str]]:
    at = int(asked.question.get("skip", 0))
    return {"rows": ROWS[at : at + 3], "total": len(ROWS), "more": at + 3 < len(ROWS)}, {}


def by_page(asked: Asked) -> tuple[Any, dict[str, str]]:
    at = (int(asked.question.get("page", 1)) - 1) * 3
    return {"rows": ROWS[at : at + 3], "meta": {"pages": "3", "total": len(ROWS)}}, {}


def by_next(asked: Asked) -> tuple[Any, dict[str, str]]:
    at = int(asked.question.get("from", 0))
    following = f"/list?from={at + 3}&status=all" if at + 3 < len(ROWS) else None
    return {"rows": ROWS[at : at + 3], "@odata.nextLink": following}, {}


def by_link(asked: Asked) -> tuple[Any, dict[str, str]]:
    at = int(asked.question.get("from", 0))
    header = {"Link": f'</list?from={at + 3}>; rel="next"'} if at + 3 < len(ROWS) else {}
    return ROWS[at : at + 3], header


PAGED = [
    pytest.param(
        by_cursor, 3, {"pages": "cursor", "at": "paging.next", "param": "after"}, id="cursor"
    ),
    pytest.param(
        by_last_id,
        3,
        {"pages": "cursor", "at": "rows.-1.id", "param": "after", "more": "has_more"},
        id="cursor of the last row",
    ),
    pytest.param(by_offset, 4, {"pages": "offset", "param": "skip"}, id="offset to an empty page"),
    pytest.param(
        by_offset,
        4,
        {"pages": "offset", "param": "skip", "total": "total"},
        id="offset with a total",
    ),
    pytest.param(
        by_offset, 3, {"pages": "offset", "param": "skip", "more": "more"}, id="offset with a flag"
    ),
    pytest.param(by_page, 4, {"pages": "page", "param": "page"}, id="page to an empty one"),
    pytest.param(
        by_page,
        3,
        {"pages": "page", "param": "page", "count": "meta.pages"},
        id="page with their count",
    ),
    pytest.param(
        by_page,
        4,
        {"pages": "page", "param": "page", "total": "meta.total"},
        id="page with a total",
    ),
    pytest.param(by_next, 3, {"pages": "next", "at": "@odata.nextLink"}, id="next"),
    pytest.param(by_link, 3, {"pages": "link", "rows": ""}, id="link"),
]


@pytest.mark.parametrize(("cut", "requests", "listing"), PAGED)
async def test_follows_every_way_of_paging_to_the_end(
    cut: Cut, requests: int, listing: dict[str, Any]
) -> None:
    params = {"limit": 3, "status": "all"}
    async with vendor(answers(cut)) as served:
        got = await ids(
            served.url, path="/list", rows=listing.pop("rows", "rows"), params=params, **listing
        )

    assert got == [str(row["id"]) for row in ROWS]
    assert len(served.asked) == requests
    assert {one.request.path for one in served.asked} == {"/list"}
    assert served.asked[0].question.items() >= {"limit": "3", "status": "all"}.items()


async def test_pages_whose_numbers_are_known_are_asked_for_side_by_side() -> None:
    waiting, most = 0, 0

    async def slow(asked: Asked) -> web.StreamResponse:
        nonlocal waiting, most
        waiting += 1
        most = max(most, waiting)
        await asyncio.sleep(0.05)
        waiting -= 1
        at = int(asked.question["skip"])
        every = [{"id": n, "since": "2026-01-01", "until": None} for n in range(60)]
        return await says({"rows": every[at : at + 10], "total": 60})(asked)

    async with vendor(slow) as served:
        got = await ids(served.url, rows="rows", pages="offset", param="skip", total="total")

    assert got == [str(n) for n in range(60)]
    assert most == 5


@pytest.mark.parametrize("total", [{"total": "total"}, {}])
async def test_a_short_page_in_the_middle_is_not_the_end(total: dict[str, str]) -> None:
    def cut(asked: Asked) -> tuple[Any, dict[str, str]]:
        at = int(asked.question["skip"])
        size = 1 if at == 3 else 3
        return {"rows": ROWS[at : at + size], "total": len(ROWS)}, {}

    async with vendor(answers(cut)) as served:
        got = await ids(served.url, rows="rows", pages="offset", param="skip", **total)

    assert got == [str(n) for n in range(7)]


async def test_what_does_not_add_up_to_the_total_is_thrown_away() -> None:
    def cut(asked: Asked) -> tuple[Any, dict[str, str]]:
        at = int(asked.question["skip"])
        return {"rows": ROWS[at : at + 3] if at < 6 else [], "total": 7}, {}

    async with vendor(answers(cut)) as served:
        with pytest.raises(UnexpectedResponse, match=r"7 rows, .* after 6.*thrown away"):
            await ids(served.url, rows="rows", pages="offset", param="skip", total="total")


async def test_more_than_the_total_says_is_read_too() -> None:
    # A total may be a cap.
    def cut(asked: Asked) -> tuple[Any, dict[str, str]]:
        at = int(asked.question["skip"])
        return {"rows": ROWS[at : at + 2], "total": 4}, {}

    async with vendor(answers(cut)) as served:
        got = await ids(served.url, rows="rows", pages="offset", param="skip", total="total")

    assert got == [str(n) for n in range(7)]


async def test_counting_begins_where_the_settings_say() -> None:
    async with vendor(says({"rows": ROWS[:2]}), says({"rows": []})) as served:
        await ids(served.url, rows="rows", pages="page", param="p", first=0)

    assert [one["p"] for one in asked(served)] == ["0", "1"]


async def test_an_api_that_ignores_the_page_is_noticed() -> None:
    async with vendor(says({"rows": ROWS[:2]})) as served:
        with pytest.raises(UnexpectedResponse, match=r"same page again .*thrown away"):
            await ids(served.url, rows="rows", pages="page", param="p")

    assert len(served.asked) == 2


async def test_the_last_row_of_an_empty_page_is_no_marker() -> None:
    body = {"rows": [], "has_more": True}
    told = await refusal(
        body,
        {
            **STAY,
            "rows": "rows",
            "pages": "cursor",
            "at": "rows.-1.id",
            "param": "a",
            "more": "has_more",
        },
    )

    assert "an empty page without a marker and says that there is more" in told


@budget(deadline=None, max_examples=25)
@given(st.integers(0, 23), st.integers(1, 8), st.sampled_from(["offset", "page", "cursor", "link"]))
async def test_every_row_is_read_once_whatever_the_size_of_a_page(
    rows: int, size: int, style: str
) -> None:
    every = [{"id": n, "since": "2026-01-01", "until": None} for n in range(rows)]

    def cut(asked: Asked) -> tuple[Any, dict[str, str]]:
        told = int(asked.question.get("at", 0))
        at = told * size if style == "page" else told
        more = at + size < rows
        header = {"Link": f'<?at={at + size}>; rel="next"'} if more else {}
        return {"rows": every[at : at + size], "next": at + size if more else None}, header

    listing = {"pages": style, "rows": "rows", "param": "at", "first": 0}
    if style == "cursor":
        listing["at"] = "next"
    if style == "link":
        del listing["param"]
    async with vendor(answers(cut)) as served:
        assert await ids(served.url, **listing) == [str(n) for n in range(rows)]


# Tokens


@pytest.mark.parametrize(
    ("auth", "header", "value"),
    [
        ({"auth": "bearer"}, "Authorization", "Bearer hush"),
        ({"auth": "basic", "user": "me"}, "Authorization", "Basic bWU6aHVzaA=="),
        ({"auth": "header", "token_name": "X-Api-Key"}, "X-Api-Key", "hush"),
    ],
)
async def test_shows_the_token_in_a_header(auth: dict[str, str], header: str, value: str) -> None:
    async with vendor(says([])) as served:
        await records(source(served.url, **auth))

    assert served.asked[0].request.headers[header] == value
    assert served.asked[0].question == {}


async def test_shows_no_token_where_none_is_wanted() -> None:
    async with vendor(says([])) as served:
        await records(source(served.url, auth="none", token=None))

    assert "Authorization" not in served.asked[0].request.headers


async def test_a_token_in_the_address_is_in_no_error_and_no_log(
    caplog: pytest.LogCaptureFixture,
) -> None:
    caplog.set_level(logging.DEBUG, "httpx")
    customers = {**STAY, "rows": "rows", "pages": "next", "at": "next", "params": {"a": 1}}
    first = says({"rows": ROWS[:1], "next": "/?b=2"})
    async with vendor(first, says({"scopes": ["hush"]}, 403)) as served:
        settings = source(served.url, customers=customers, auth="query", token_name="key")
        with pytest.raises(IntegrationError) as caught:
            await records(settings)

    assert asked(served) == [{"a": "1", "key": "hush"}, {"b": "2", "key": "hush"}]
    told = "".join(traceback.format_exception(caught.value)) + caplog.text
    assert "HTTP Request: GET" in caplog.text
    assert "hush" not in told


async def test_asks_for_access_with_a_refresh_token() -> None:
    granted = says({"access_token": "at"})
    async with vendor(granted) as login, vendor(says([])) as served:
        await records(
            source(served.url, auth="oauth", login=login.url, client="me", refresh_token="again")
        )

    assert asked(login) == [
        {
            "client_id": "me",
            "client_secret": "hush",
            "grant_type": "refresh_token",
            "refresh_token": "again",
        }
    ]
    assert served.asked[0].request.headers["Authorization"] == "Bearer at"


# What is where


async def test_asks_with_a_body_and_pages_inside_of_it() -> None:
    def cut(asked: Asked) -> tuple[Any, dict[str, str]]:
        at = asked.question["variables"].get("after", 0)
        edges = [{"node": row} for row in ROWS[at : at + 4]]
        info = {"endCursor": at + 4, "hasNextPage": at + 4 < len(ROWS)}
        return {"data": {"companies": {"edges": edges, "pageInfo": info}}}, {}

    customers = {
        "evidence": "stays",
        "customer": "node.id",
        "since": "node.since",
        "until": "node.until",
        "method": "POST",
        "params": {"query": "{companies}", "variables": {"first": 4}},
        "rows": "data.companies.edges",
        "pages": "cursor",
        "param": "variables.after",
        "at": "data.companies.pageInfo.endCursor",
        "more": "data.companies.pageInfo.hasNextPage",
    }
    async with vendor(answers(cut)) as served:
        got = await records(source(served.url, customers=customers))

    assert [record.customer for record in got] == [str(n) for n in range(7)]
    assert [one["variables"] for one in asked(served)] == [{"first": 4}, {"first": 4, "after": 4}]
    assert {one["query"] for one in asked(served)} == {"{companies}"}


async def test_reads_purchases_and_the_customers_of_today() -> None:
    rows = [{"who": {"id": "a"}, "paid": "31/10/2026", "name": "Acme"}]
    bought = {"evidence": "purchases", "customer": "who.id", "on": "paid", "dates": "%d/%m/%Y"}
    today = {"evidence": "today", "customer": "who.id", "fields": {"who": "name"}}
    async with vendor(says(rows)) as served:
        [purchase] = await records(source(served.url, customers=bought))
        [present] = await records(source(served.url, customers=today))

    assert purchase == Purchase("a", "Acme", date(2026, 10, 31), {}, "row 1")
    assert present == Present("a", "Acme", None, {"who": "Acme"}, "row 1")


async def test_somebody_of_today_who_comes_again_on_the_next_page_is_one() -> None:
    first, again = [{"id": 1, "touched": 1}, {"id": 2, "touched": 1}], [{"id": 2, "touched": 2}]
    async with vendor(says({"r": first, "n": "x"}), says({"r": [*again, {"id": 3}]})) as served:
        got = await ids(served.url, evidence="today", rows="r", pages="cursor", at="n", param="c")

    assert got == ["1", "2", "3"]


@pytest.mark.parametrize(
    ("only", "left"),
    [
        ({"state": "active"}, [1]),
        ({"state": ["active", "late"]}, [1, 2]),
        ({"paid": True}, [1, 3]),
        ({"tags": "vip"}, [2]),
        ({"level?": 5}, [3]),
        ({"state": "active", "paid": False}, []),
    ],
)
async def test_leaves_out_the_rows_that_do_not_count(only: Any, left: list[int]) -> None:
    rows = [
        {"id": 1, "state": "active", "paid": True, "tags": []},
        {"id": 2, "state": "late", "paid": False, "tags": ["new", "vip"]},
        {"id": 3, "state": None, "paid": True, "tags": ["new"], "level": 5},
    ]
    async with vendor(says(rows)) as served:
        assert await ids(served.url, evidence="today", only=only) == [str(n) for n in left]


async def test_terms_and_the_ids_of_before_come_from_lists_inside_a_row() -> None:
    row = {**ROWS[0], "terms": [{"end": "2026-12-31"}, {"end": "2027-12-31"}], "merged": [5, "x"]}
    customers = {**STAY, "term_ends": ["terms.*.end", "until"], "was": "merged"}
    async with vendor(says([row])) as served:
        [stay] = await records(source(served.url, customers=customers))

    assert stay.was == ("5", "x")
    assert isinstance(stay, DatedStay)
    assert list(stay.term_ends) == [date(2026, 12, 31), date(2027, 12, 31)]


async def test_amounts_may_be_in_cents_and_dates_in_milliseconds() -> None:
    rows = [{"id": 1, "since": 1793404800000, "until": None, "mrr": 1999}]
    customers = {**STAY, "dates": "milliseconds", "amount": "mrr", "cents": True, "currency": "EUR"}
    async with vendor(says(rows)) as served:
        [stay] = await records(source(served.url, customers=customers))

    assert isinstance(stay, DatedStay)
    assert stay.since == datetime(2026, 10, 31, tzinfo=UTC)
    assert (str(stay.monthly), stay.currency) == ("19.99", "EUR")


@pytest.mark.parametrize(
    ("body", "customers", "told"),
    [
        (
            {"data": {"rows": []}},
            {"rows": "data.items"},
            'no "data.items"; at "data" there is an object with rows; mend rows:',
        ),
        ({"error": "no"}, {"rows": "data.items"}, 'no "data.items", but an object with error;'),
        ({"data": "Acme"}, {"rows": "data"}, 'no list at "data", but a text'),
        ({"rows": ["Acme"]}, {"rows": "rows"}, "has a text where a row should be"),
        ([{"ident": 1}], {}, 'row 1 has no "id", but an object with ident; write "id?"'),
        (
            [{"id": {"value": "Acme"}}],
            {},
            'row 1 has an object with value at "id"; name a field inside',
        ),
        (
            [{"id": 1, "a": {"x": 1}}],
            {"since": "a.b"},
            'no "a.b"; at "a" there is an object with x',
        ),
        ([{"id": 1, "a": "Acme"}], {"since": "a.b"}, 'at "a" there is a text'),
        ([{"id": 1, "a": [1]}], {"since": "a.3"}, 'at "a" there is a list of 1'),
        ([{"id": "", "since": "2026-01-01", "until": None}], {}, 'field "id" is empty'),
        ([{"id": 1, "since": None, "until": None}], {}, 'field "since" is empty'),
        (
            [{"id": 1, "since": "Acme", "until": None}],
            {},
            'field "since": what stands there is not a date',
        ),
        ([{"id": 1, "since": "2026-01-01T00:00", "until": None}], {}, "a time without a zone"),
        ([{"id": 1, "since": "2026-01-02", "until": "2026-01-01"}], {}, "is before"),
        (
            {"rows": [], "n": {"secret": "Acme"}},
            {"rows": "rows", **CURSOR},
            "an object with secret",
        ),
        (
            {"rows": []},
            {"rows": "rows", **CURSOR, "more": "has_more"},
            'no "has_more", but an object with rows; mend more:',
        ),
        (
            {"rows": [], "t": "Acme"},
            {"rows": "rows", **OFFSET, "total": "t"},
            'no number at "t", but a text',
        ),
        ({}, {"rows": "rows"}, "an empty object"),
        ({str(n): n for n in range(30)}, {"rows": "rows"}, "19 and 10 more"),
    ],
)
async def test_names_what_is_not_where_it_should_be_and_what_is_there(
    body: Any, customers: Any, told: str
) -> None:
    said = await refusal(body, {**STAY, **customers})

    assert told in said
    assert "Acme" not in said


# Changes


async def test_asks_for_what_changed_only_when_that_is_wanted() -> None:
    customers = {
        **STAY,
        "method": "POST",
        "only": {"state?": "on"},
        "params": {"filter": [{"after": "{since}"}, {"kind": "b2b"}], "sort": "id"},
    }
    rows = [{**ROWS[0], "state": "on"}, {**ROWS[1], "state": "off"}]
    async with vendor(says(rows)) as served:
        settings = source(served.url, customers=customers)
        [everything] = await pages(settings)
        [changed] = await pages(settings, "changes", datetime(2026, 1, 1, tzinfo=UTC))

    assert asked(served) == [
        {"filter": [{}, {"kind": "b2b"}], "sort": "id"},
        {"filter": [{"after": "2025-12-31T23:55:00Z"}, {"kind": "b2b"}], "sort": "id"},
    ]
    assert (everything.gone, changed.gone) == ((), ["1"])
    assert integrations.incremental(settings)
    assert not integrations.incremental(source())


@pytest.mark.parametrize(
    ("written", "told"),
    [
        ("iso", "2025-12-31T22:55:00Z"),
        ("seconds", "1767221700"),
        ("milliseconds", "1767221700000"),
        ("%Y-%m-%d", "2025-12-31"),
    ],
)
async def test_a_moment_is_written_as_the_api_wants_it(written: str, told: str) -> None:
    since = datetime.fromisoformat("2026-01-01T00:00:00+01:00")
    listing = {**STAY, "params": {"q": "updated > {since}"}, "since_as": written}
    async with vendor(says([])) as served:
        await pages(source(served.url, customers=listing), "changes", since)

    assert asked(served) == [{"q": f"updated > {told}"}]


# Tickets and ratings


async def others(reading: str, rows: Any, **listing: Any) -> list[Any]:
    async with vendor(says(rows)) as served:
        told = await pages(source(served.url, customers=None, **{reading: listing}), reading)
    return [record for page in told for record in page.records]


async def test_a_day_of_a_ticket_is_the_beginning_of_it_in_the_zone() -> None:
    rows = [{"id": 1, "requester_id": 2, "created_at": "2026-10-25"}]
    [ticket] = await others("tickets", rows, zone="Europe/Amsterdam")

    assert isinstance(ticket, Ticket)
    assert ticket.opened.isoformat() == "2026-10-25T00:00:00+02:00"
    assert (ticket.solved, ticket.times_solved) == (None, None)


@pytest.mark.parametrize(
    ("row", "told"),
    [
        ({"id": None, "created_at": "2026-10-25T00:00Z"}, 'row 1, field "id" is empty'),
        ({"id": 1, "created_at": None}, 'field "created_at" is empty'),
        ({"id": 1, "created_at": "Acme"}, "holds no moment: set dates:"),
        ({"id": 1, "created_at": "2026-10-25T00:00"}, "a time without a zone: set zone:"),
    ],
)
async def test_a_ticket_that_cannot_be_true_is_named(row: Any, told: str) -> None:
    with pytest.raises(BadRecord) as caught:
        await others("tickets", [{"requester_id": 1, **row}])

    assert told in str(caught.value)
    assert "Acme" not in str(caught.value)


@pytest.mark.parametrize(("given", "score"), [("great", 5), ("4", 4), (1, 1), (2.5, 2.5)])
async def test_a_score_may_be_a_word_or_a_number(given: Any, score: float) -> None:
    rows = [{"id": 1, "created_at": "2026-10-25T00:00Z", "score": given}]
    [rating] = await others("ratings", rows, lowest=1, highest=5, scores={"great": 5})

    assert isinstance(rating, Rating)
    assert (rating.score, rating.lowest, rating.highest) == (score, 1, 5)


async def test_a_low_score_may_be_the_good_one() -> None:
    rows = [{"id": 1, "created_at": "2026-10-25T00:00Z", "score": 2, "asked": {"way": "lower"}}]
    ends = {"lowest": 1, "highest": 7, "scale": "ces"}

    for way, direction in (("lower", "lower"), ("asked.way", "lower"), ("higher", "higher")):
        [rating] = await others("ratings", rows, direction=way, **ends)
        assert isinstance(rating, Rating)
        assert rating.direction == direction


@pytest.mark.parametrize("given", ["Acme", 0, 6, None, True])
async def test_a_score_that_is_not_on_the_scale_is_named(given: Any) -> None:
    rows = [{"id": 1, "created_at": "2026-10-25T00:00Z", "score": given}]
    with pytest.raises(BadRecord, match="not a score from 1 to 5") as caught:
        await others("ratings", rows, lowest=1, highest=5)

    assert "Acme" not in str(caught.value)


# Settings


@pytest.mark.parametrize(
    ("section", "told"),
    [
        ({"token": None}, "auth: bearer needs token:"),
        ({"auth": "basic"}, "auth: basic needs user:"),
        ({"auth": "query"}, "auth: query needs token_name:"),
        ({"auth": "oauth"}, "auth: oauth needs client:"),
        ({"customers": None}, "needs a list"),
        ({"reads": ["tickets"]}, "reads tickets, so tickets: must say"),
        ({"customers": {**STAY, "pages": "cursor", "param": "a"}}, "pages: cursor needs at:"),
        ({"customers": {**STAY, "pages": "offset"}}, "pages: offset needs param:"),
        ({"customers": {**STAY, "at": "x"}}, "pages: one has no at:"),
        ({"customers": {**STAY, "pages": "link", "param": "x"}}, "pages: link has no param:"),
        ({"customers": {**STAY, "count": "x"}}, "count is of pages: page"),
        ({"customers": {**STAY, "cents": True}}, "cents is of the amount"),
        ({"customers": {**STAY, "customer": 1}}, "a field has no position"),
        ({"customers": {**STAY, "on": "x"}}, "evidence: stays has no on"),
        ({"customers": {**STAY, "since_as": "%H"}}, "day, month and year"),
        ({"ratings": {"lowest": 5, "highest": 5}}, "lowest must be below highest"),
        (
            {"ratings": {"lowest": 1, "highest": 5, "direction": "lower"}},
            "direction: lower is for scale ces",
        ),
    ],
)
def test_settings_that_cannot_work_are_refused(section: dict[str, Any], told: str) -> None:
    with pytest.raises(ValidationError, match=told):
        source(**section)


def test_what_is_described_is_what_is_read() -> None:
    ratings = {"lowest": 0, "highest": 10}

    assert source().readings() == ("customers",)
    assert source(ratings=ratings, tickets={}).readings() == ("customers", "tickets", "ratings")
    assert source(ratings=ratings, reads=["ratings"]).readings() == ("ratings",)


async def test_asking_for_what_is_not_described_says_so() -> None:
    with pytest.raises(BadRecord, match="tickets: is not described"):
        await pages(source(), "tickets", datetime.now(UTC) - timedelta(days=1))
    with pytest.raises(BadRecord, match="customers: is not described"):
        await records(source(customers=None, tickets={}))


async def test_what_the_address_begins_with_stays_in_front() -> None:
    async with vendor(says([])) as served, httpx.AsyncClient():
        await records(source(f"{served.url}/base/", customers={**STAY, "path": "/v2/list"}))

    assert served.asked[0].request.path == "/base/v2/list"
