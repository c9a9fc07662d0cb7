"""Zendesk's exports and ratings: when a ticket is solved, how often, and what was said of it."""

import base64
import time
from datetime import UTC, date, datetime
from typing import Any

import pytest

from integrations import zendesk
from integrations.errors import BadRecord, UnexpectedResponse
from integrations.records import Rating, Ticket
from tests.integrations.recordings import pages
from tests.integrations.vendor import Answer, Asked, Vendor, says, vendor

OPENED = datetime(2026, 1, 2, 9, tzinfo=UTC)


def settings(url: str = "https://acme.zendesk.com", **section: Any) -> zendesk.Settings:
    return zendesk.Settings.model_validate(
        {"kind": "zendesk", "token": "hush", "url": url, "exports_per_minute": 60_000, **section}
    )


def row(status: str = "solved", **other: Any) -> dict[str, Any]:
    at = OPENED.isoformat()
    metrics = {"solved_at": at, "reopens": 0}
    return {"id": 1, "status": status, "created_at": at, "updated_at": at, "metric_set": metrics,
            **other}  # fmt: skip


def exported(*rows: dict[str, Any], **other: Any) -> dict[str, Any]:
    return {"tickets": list(rows), "end_of_stream": True, **other}


async def read(answer: Any, reading: str = "tickets", **section: Any) -> list[Any]:
    async with vendor(answer if callable(answer) else says(answer)) as served:
        got = await pages(settings(served.url, **section), reading)
    return [record for page in got for record in page.records]


async def one(**told: Any) -> Ticket:
    [found] = await read(exported(row(**told)))
    assert isinstance(found, Ticket)
    return found


@pytest.mark.parametrize("status", ["solved", "closed"])
async def test_solved_and_closed_tickets_are_solved(status: str) -> None:
    told = await one(status=status)

    assert (told.solved, told.times_solved) == (OPENED, 1)


@pytest.mark.parametrize("status", ["new", "open", "pending", "hold"])
async def test_a_ticket_that_is_open_again_is_not_solved_but_was(status: str) -> None:
    metrics = {"solved_at": OPENED.isoformat(), "reopens": 2}
    told = await one(status=status, metric_set=metrics)

    assert (told.solved, told.times_solved) == (None, 2)


async def test_without_metrics_nothing_is_made_up() -> None:
    told = await one(metric_set=None)

    assert (told.solved, told.first_reply, told.times_solved) == (None, None, None)


async def test_metrics_may_come_beside_the_tickets() -> None:
    beside = [{"ticket_id": 1, "solved_at": OPENED.isoformat(), "reopens": 3}]
    [told] = await read(exported(row(metric_set=None), metric_sets=beside))

    assert told.times_solved == 4


async def test_a_first_reply_within_the_minute_is_one() -> None:
    metrics = {"reopens": 0, "reply_time_in_minutes": {"calendar": 0, "business": None}}

    assert (await one(metric_set=metrics)).first_reply == OPENED


async def test_the_account_is_that_of_the_ticket_before_that_of_the_person() -> None:
    users = [{"id": 7, "email": "ann@acme.example", "organization_id": 20}]
    names = [{"id": 10, "name": "Acme"}, {"id": 20, "name": "Other"}]
    of_ticket, of_person = await read(
        exported(
            row(requester_id=7, organization_id=10),
            row(id=2, requester_id=7),
            users=users,
            organizations=names,
        )
    )

    assert (of_ticket.account, of_ticket.account_name) == ("10", "Acme")
    assert (of_person.account, of_person.account_name) == ("20", "Other")


async def test_a_moment_without_a_zone_is_refused() -> None:
    with pytest.raises(BadRecord, match="ticket 1"):
        await one(created_at="2026-01-02T09:00:00")


@pytest.mark.parametrize("cursor", [None, ""])
async def test_an_export_that_goes_on_nowhere_is_refused(cursor: str | None) -> None:
    more = {**exported(row()), "end_of_stream": False, "after_cursor": cursor}
    with pytest.raises(UnexpectedResponse, match="more, and not where"):
        await read(more)


async def test_exports_are_asked_for_at_a_pace_of_their_own() -> None:
    def page(cursor: str) -> Answer:
        return says({**exported(row()), "end_of_stream": False, "after_cursor": cursor})

    async with vendor(page("a"), page("b"), says(exported())) as served:
        begun = time.monotonic()
        await pages(settings(served.url, exports_per_minute=300), "tickets")

        # One turn may be taken ahead of time, so it is the third that waits.
        assert time.monotonic() - begun >= 0.2 - 0.001
    assert zendesk.Settings.model_fields["exports_per_minute"].default < 10, "Zendesk's limit"


def authorization(served: Vendor) -> str:
    return served.asked[0].request.headers["Authorization"]


async def test_an_oauth_token_goes_without_a_user() -> None:
    async with vendor(says(exported())) as served:
        await pages(settings(served.url), "tickets")
    assert authorization(served) == "Bearer hush"

    async with vendor(says(exported())) as served:
        await pages(settings(served.url, user="me@acme.example"), "tickets")
    scheme, packed = authorization(served).split()
    assert (scheme, base64.b64decode(packed)) == ("Basic", b"me@acme.example/token:hush")


def rated(id: int, score: str, changed: datetime) -> dict[str, Any]:
    at = changed.isoformat()
    return {"id": id, "score": score, "created_at": OPENED.isoformat(), "updated_at": at,
            "requester_id": 7}  # fmt: skip


def desk(**answers: Any) -> Answer:
    """Answers by the last step of the path."""
    given = {"show_many.json": {"users": [], "organizations": []}, **answers}

    async def answer(asked: Asked) -> Any:
        return await says(given[asked.request.path.split("/")[-1]])(asked)

    return answer


async def test_a_rating_that_was_changed_late_is_found() -> None:
    long_before = datetime(2025, 12, 1, tzinfo=UTC)
    rows = [rated(1, "bad", datetime(2026, 1, 2, tzinfo=UTC)), rated(2, "good", long_before)]
    listed = {"satisfaction_ratings": rows, "meta": {"has_more": False}}

    got = await read(desk(**{"satisfaction_ratings.json": listed}), "ratings")

    assert [(each.id, each.score) for each in got] == [("1", 0.0)]


async def test_an_offer_that_was_not_taken_up_is_no_rating() -> None:
    rows = [rated(1, "offered", datetime(2026, 1, 2, tzinfo=UTC))]
    listed = {"satisfaction_ratings": rows, "meta": {"has_more": False}}

    assert await read(desk(**{"satisfaction_ratings.json": listed}), "ratings") == []


async def test_who_was_deleted_is_not_asked_for_again_and_again() -> None:
    def listed(id: int, more: bool) -> Answer:
        rows = [rated(id, "good", datetime(2026, 1, 2, tzinfo=UTC))]
        meta = {"has_more": more, "after_cursor": "next"}
        return says({"satisfaction_ratings": rows, "meta": meta})

    async with vendor(listed(1, True), says({"users": []}), listed(2, False)) as served:
        await pages(settings(served.url), "ratings")

    asked = [one.request.path.split("/")[-1] for one in served.asked]
    assert asked == ["satisfaction_ratings.json", "show_many.json", "satisfaction_ratings.json"]


def response(**other: Any) -> dict[str, Any]:
    at = "2026-01-05T12:00:00.000Z"
    options = [{"rating": rating} for rating in range(1, 8)]
    question = {"type": "rating_scale_numeric", "alias": "customer_satisfaction"}
    answers = [
        {"type": "rating_scale", "rating": 2, "rating_category": "bad", "created_at": at,
         "updated_at": at, "question": {**question, "options": options}},
        {"type": "skipped", "created_at": at, "updated_at": at, "question": {"type": "open_ended"}},
        {"type": "open_ended", "value": "Slow", "created_at": at,
         "updated_at": "2026-01-06T12:00:00.000Z"},
    ]  # fmt: skip
    subjects = [{"id": "c-1", "type": "conversation"}, {"id": "99", "type": "ticket"}]
    return {"id": "01J1", "answers": answers, "responder_id": 7, "subjects": subjects, **other}


async def responses(*rows: dict[str, Any]) -> list[Any]:
    listed = {"survey_responses": list(rows), "meta": {"has_more": False}}
    who = {
        "users": [{"id": 7, "email": "ann@acme.example", "organization_id": 9}],
        "organizations": [{"id": 9, "name": "Acme"}],
    }
    answer = desk(**{"survey_responses": listed, "show_many.json": who})
    return await read(answer, "ratings", survey="responses")


async def test_an_answered_survey_is_a_rating_on_its_own_scale() -> None:
    [told] = await responses(response())

    assert isinstance(told, Rating)
    assert (told.score, told.lowest, told.highest) == (2.0, 1.0, 7.0)
    assert (told.ticket, told.comment, told.email) == ("99", "Slow", "ann@acme.example")
    assert (told.account, told.account_name) == ("9", "Acme")
    assert told.on == datetime(2026, 1, 5, 12, tzinfo=UTC)
    assert told.changed == datetime(2026, 1, 6, 12, tzinfo=UTC)


async def test_a_survey_whose_score_was_skipped_is_no_rating() -> None:
    assert await responses(response(answers=response()["answers"][1:])) == []
    assert await responses(response(answers=[])) == []


def organization(**other: Any) -> dict[str, Any]:
    return {"id": 9, "name": "Acme", "tags": ["smiley"], "organization_fields": {}, **other}


async def customers(*rows: dict[str, Any], **section: Any) -> list[Any]:
    listed = {"organizations": list(rows), "meta": {"has_more": False}}
    async with vendor(says(listed)) as served:
        source = settings(served.url, reads=["customers"], **section)
        return [record for page in await pages(source, "customers") for record in page.records]


async def test_a_tag_or_a_field_says_who_is_a_customer() -> None:
    rows = [
        organization(tags=["smiley", "customer"]),
        organization(id=10, organization_fields={"paying": True}),
        organization(id=11),
    ]

    tagged = await customers(*rows, property="tags", values=["customer"])
    marked = await customers(*rows, property="paying", values=["true"])

    assert [one.customer for one in tagged] == ["9"]
    assert [one.customer for one in marked] == ["10"]


@pytest.mark.parametrize("told", ["2024-02-29T00:00:00Z", "2024-02-29T00:00:00+00:00"])
async def test_a_field_with_a_day_is_that_day_everywhere(told: str) -> None:
    fields = {"since": told, "paying": True}
    row = organization(organization_fields=fields)
    [one] = await customers(row, property="paying", values=["true"], since="since")

    assert one.since == date(2024, 2, 29)


def test_customers_are_read_only_where_it_is_said_who_is_one() -> None:
    assert settings().readings() == ("tickets", "ratings")
    with pytest.raises(ValueError, match="set property and values"):
        settings(reads=["customers"])
    with pytest.raises(ValueError, match="set property and values"):
        settings(reads=["customers"], property="tags")
