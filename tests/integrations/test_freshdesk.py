"""Freshdesk's tickets: all that changed, in slices that lose none, and when they were solved."""

from collections.abc import Callable, Sequence
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
from aiohttp import web

from integrations import freshdesk
from integrations.errors import BadRecord, UnexpectedResponse
from integrations.records import Ticket
from tests.integrations.recordings import pages
from tests.integrations.vendor import Answer, Asked, says, vendor

BEGAN = datetime(2026, 1, 2, 9, tzinfo=UTC)


def settings(url: str, **section: Any) -> freshdesk.Settings:
    return freshdesk.Settings.model_validate(
        {"kind": "freshdesk", "token": "hush", "url": url, **section}
    )


def written(moment: datetime) -> str:
    return moment.strftime("%Y-%m-%dT%H:%M:%SZ")


def row(id: int = 1, seconds: float = 0, status: int = 4, **other: Any) -> dict[str, Any]:
    changed = written(BEGAN + timedelta(seconds=seconds))
    return {
        "id": id,
        "status": status,
        "created_at": written(BEGAN),
        "updated_at": changed,
        "stats": {"resolved_at": changed},
        **other,
    }


def account(
    tickets: list[dict[str, Any]],
    answers: dict[str, Any] | None = None,
    *,
    inclusive: bool = True,
    meanwhile: Callable[[int], None] = lambda asked: None,
) -> Answer:
    """Freshdesk's list as its page describes it: 100 a page, and no page after the 300th.

    `inclusive`: whether what changed at the very moment asked from is in it.
    """
    lists: dict[str, Any] = {"agents": [], "satisfaction_ratings": [], **(answers or {})}
    asked_before = 0

    async def answer(asked: Asked) -> web.StreamResponse:
        nonlocal asked_before
        what = asked.request.path.split("/api/v2/")[1]
        if what != "tickets":
            told = lists[what.removeprefix("surveys/")]
            return await (told if callable(told) else says(told))(asked)
        meanwhile(asked_before)
        asked_before += 1
        since, page = asked.question["updated_since"], int(asked.question["page"])
        if page > 300:
            return await says({"description": "Validation failed"}, 400)(asked)
        found = [
            one for one in tickets
            if one["updated_at"] > since or (inclusive and one["updated_at"] == since)
        ]  # fmt: skip
        found.sort(key=lambda one: str(one["updated_at"]))
        shown, rest = found[(page - 1) * 100 : page * 100], found[page * 100 :]
        more = '<https://acme.freshdesk.com/api/v2/tickets>; rel="next"' if rest else ""
        return await says(shown, Link=more)(asked)

    return answer


async def read(answer: Answer, reading: str = "tickets", **section: Any) -> list[Any]:
    async with vendor(answer) as served:
        got = await pages(settings(served.url, **section), reading)
    return [record for page in got for record in page.records]


def ids(records: Sequence[Ticket]) -> set[int]:
    return {int(record.id) for record in records}


@pytest.mark.parametrize("inclusive", [True, False])
@pytest.mark.parametrize("count", [0, 1, 99, 100, 101, 250])
@pytest.mark.parametrize("at_once", [1, 7, 150])
async def test_reads_every_ticket(count: int, at_once: int, inclusive: bool) -> None:
    rows = [row(id, seconds=10 * (id // at_once)) for id in range(count)]

    got = await read(account(rows, inclusive=inclusive))

    assert ids(got) == set(range(count))


async def test_a_ticket_that_changes_while_it_is_read_pushes_none_out() -> None:
    rows = [row(id, seconds=10 * id) for id in range(250)]

    def meanwhile(asked: int) -> None:
        if asked == 1:
            rows[0] = row(0, seconds=5000)

    got = await read(account(rows, meanwhile=meanwhile))

    assert ids(got) == set(range(250))
    assert [each.changed for each in got if each.id == "0"] == [
        BEGAN, BEGAN + timedelta(seconds=5000),
    ]  # fmt: skip


async def test_tickets_in_another_order_are_refused() -> None:
    async with vendor(says([]), says([row(1, seconds=9), row(2)])) as served:
        with pytest.raises(UnexpectedResponse, match="order of updated_at"):
            await pages(settings(served.url), "tickets")


async def one(**other: Any) -> Ticket:
    [found] = await read(account([row(**other)]))
    assert isinstance(found, Ticket)
    return found


@pytest.mark.parametrize(("status", "solved"), [(2, None), (3, None), (4, BEGAN), (5, BEGAN)])
async def test_resolved_and_closed_tickets_are_solved(status: int, solved: datetime | None) -> None:
    assert (await one(status=status)).solved == solved


async def test_statuses_of_ones_own_may_be_solved_ones() -> None:
    [told] = await read(account([row(status=9)]), solved=[4, 5, 9])

    assert told.solved == BEGAN


async def test_closing_what_was_resolved_does_not_solve_it_again() -> None:
    later = written(BEGAN + timedelta(days=2))
    both = await one(status=5, stats={"resolved_at": written(BEGAN), "closed_at": later})
    closed = await one(status=5, stats={"closed_at": later})

    assert both.solved == BEGAN
    assert closed.solved == BEGAN + timedelta(days=2)


async def test_a_company_that_was_deleted_has_no_name_and_is_asked_for_once() -> None:
    rows = [row(id, seconds=10 * id, company_id=8) for id in range(101)]
    async with vendor(account(rows, {"companies/8": says({}, 404)})) as served:
        [page, _] = await pages(settings(served.url), "tickets")

    assert (page.records[0].account, page.records[0].account_name) == ("8", "")
    assert sum("companies" in one.request.path for one in served.asked) == 1


def rated(score: int, **other: Any) -> dict[str, Any]:
    return {"id": 1, "created_at": written(BEGAN), "ratings": {"default_question": score}, **other}


@pytest.mark.parametrize(
    ("score", "points"),
    [(103, 3), (102, 2), (101, 1), (100, 0), (-101, -1), (-102, -2), (-103, -3)],
)
async def test_scores_lie_on_one_scale(score: int, points: int) -> None:
    [told] = await read(account([], {"satisfaction_ratings": [rated(score)]}), "ratings")

    assert (told.lowest, told.score, told.highest) == (-3, points, 3)


async def test_a_survey_of_five_faces_is_told_on_a_scale_of_five() -> None:
    five = {103: 5, 102: 4, 100: 3, -102: 2, -103: 1}
    ratings = {"satisfaction_ratings": [rated(102)]}
    [told] = await read(account([], ratings), "ratings", scores=five)

    assert (told.lowest, told.score, told.highest) == (1, 4, 5)


async def test_an_unknown_score_is_refused_and_not_shown() -> None:
    with pytest.raises(BadRecord, match="rating 1") as caught:
        await read(account([], {"satisfaction_ratings": [rated(4711)]}), "ratings")

    assert "4711" not in str(caught.value)


async def test_who_rated_and_was_deleted_is_told_by_their_id_alone() -> None:
    told = {"satisfaction_ratings": [rated(103, user_id=6)], "contacts/6": says({}, 404)}
    [rating] = await read(account([], told), "ratings")

    assert (rating.requester, rating.email, rating.account) == ("6", "", "")


async def test_a_custom_field_says_who_is_a_customer() -> None:
    companies = [
        {"id": 8, "name": "Acme", "custom_fields": {"paying": True, "tier": "Gold"}},
        {"id": 9, "name": None, "custom_fields": {"paying": False, "tier": "Gold"}},
        {"id": 10, "name": "None", "custom_fields": None},
    ]

    async def customers(property: str, *values: str) -> list[tuple[str, str]]:
        section = {"reads": ["customers"], "property": property, "values": values}
        got = await read(account([], {"companies": companies}), "customers", **section)
        return [(one.customer, one.name) for one in got]

    assert await customers("paying", "true") == [("8", "Acme")]
    assert await customers("tier", "Silver", "Gold") == [("8", "Acme"), ("9", "9")]
    assert await customers("gone", "None") == []


def test_customers_are_read_only_where_it_is_said_who_is_one() -> None:
    assert settings("https://acme.freshdesk.com").readings() == ("tickets", "ratings")
    with pytest.raises(ValueError, match="set property and values"):
        settings("https://acme.freshdesk.com", reads=["customers"])
