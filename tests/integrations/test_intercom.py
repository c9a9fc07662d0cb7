"""Intercom's conversations and tickets: what is a request, when it was solved, and by whom."""

from typing import Any

import pytest

from integrations import intercom
from integrations.errors import SourceUnavailable, UnexpectedResponse
from integrations.records import Present, Rating, Ticket
from tests.integrations.recordings import pages, replay
from tests.integrations.recordings import readings as recorded
from tests.integrations.vendor import Answer, Asked, says, vendor

DAY = 86_400
BEGAN = 1_767_225_600
"""2026-01-01T00:00:00Z"""


def settings(url: str, **section: Any) -> intercom.Settings:
    return intercom.Settings.model_validate(
        {"kind": "intercom", "token": "hush", "url": url, **section}
    )


def workspace(**answers: Any) -> Answer:
    """Answers by the path's first step; lists that nobody gives are empty."""
    given = {
        "admins": {"admins": []},
        "conversations": {"conversations": []},
        "tickets": {"tickets": []},
        "contacts": {"data": []},
        **answers,
    }

    async def answer(asked: Asked) -> Any:
        told = given[asked.request.path.split("/")[1]]
        return await (told if callable(told) else says(told))(asked)

    return answer


def talk(**other: Any) -> dict[str, Any]:
    return {
        "id": "1",
        "created_at": BEGAN,
        "updated_at": BEGAN + DAY,
        "state": "closed",
        "contacts": {"contacts": [{"id": "ann"}]},
        "first_contact_reply": {"created_at": BEGAN},
        "statistics": {"last_close_at": BEGAN + DAY, "count_reopens": 0},
        **other,
    }


def ticket(*states: tuple[str, str], now: str = "resolved", **other: Any) -> dict[str, Any]:
    """A ticket that went from state to state, one a day."""
    moves = [
        {
            "part_type": "ticket_state_updated_by_admin",
            "created_at": BEGAN + day * DAY,
            "previous_ticket_state": before,
            "ticket_state": after,
        }
        for day, (before, after) in enumerate(states, 1)
    ]
    return {
        "id": "1",
        "created_at": BEGAN,
        "updated_at": BEGAN + 99 * DAY,
        "contacts": {"contacts": []},
        "ticket_state": {"category": now},
        "ticket_parts": {"ticket_parts": moves},
        **other,
    }


async def read(answers: dict[str, Any], reading: str = "tickets", **section: Any) -> list[Any]:
    async with vendor(workspace(**answers)) as served:
        got = await pages(settings(served.url, **section), reading)
    return [record for page in got for record in page.records]


async def one(told: dict[str, Any], of: str = "conversations") -> Ticket:
    [found] = await read({of: {of: [told]}})
    assert isinstance(found, Ticket)
    return found


async def test_a_message_that_nobody_answered_is_no_request() -> None:
    sent = {"conversations": [talk(first_contact_reply=None)]}

    assert await read({"conversations": sent}) == []


async def test_a_conversation_is_solved_as_often_as_it_was_closed() -> None:
    def told(state: str, reopened: int) -> dict[str, Any]:
        numbers = {"last_close_at": BEGAN + DAY, "count_reopens": reopened}
        return talk(state=state, statistics=numbers)

    first, open_again, again = [
        await one(told(*each)) for each in [("closed", 0), ("open", 1), ("closed", 1)]
    ]

    assert (first.times_solved, open_again.times_solved, again.times_solved) == (1, 1, 2)
    assert open_again.solved is None
    assert first.solved is not None


async def test_what_does_not_say_when_it_was_closed_is_not_solved_by_a_later_note() -> None:
    assert (await one(talk(statistics=None))).solved is None
    assert (await one(ticket(), "tickets")).solved is None


async def test_a_snoozed_conversation_is_not_solved() -> None:
    assert (await one(talk(state="snoozed"))).solved is None


async def test_a_ticket_is_solved_when_it_became_resolved_the_last_time() -> None:
    went = [
        ("submitted", "resolved"),
        ("resolved", "resolved"),
        ("resolved", "in_progress"),
        ("in_progress", "resolved"),
    ]

    solved = await one(ticket(*went), "tickets")
    reopened = await one(ticket(*went[:3], now="in_progress"), "tickets")

    assert solved.solved is not None
    assert (solved.solved.timestamp(), solved.times_solved) == (BEGAN + 4 * DAY, 2)
    assert (reopened.solved, reopened.times_solved) == (None, 1)


async def test_only_teammates_reply_to_tickets() -> None:
    def comment(hour: int, by: str, kind: str = "comment") -> dict[str, Any]:
        at = BEGAN + hour * 3600
        return {"part_type": kind, "created_at": at, "author": {"type": by, "id": "7"}}

    parts = [comment(5, "admin"), comment(1, "user"), comment(2, "admin", "note"),
             comment(3, "bot"), comment(4, "admin")]  # fmt: skip
    told = await one(ticket(now="submitted", ticket_parts={"ticket_parts": parts}), "tickets")

    assert told.first_reply is not None
    assert told.first_reply.timestamp() == BEGAN + 4 * 3600


async def test_a_conversation_that_became_a_ticket_is_read_as_one_of_them() -> None:
    both = {
        "conversations": {"conversations": [talk(ticket={"id": "9"})]},
        "tickets": {"tickets": [ticket(id="9")]},
    }

    assert [each.id for each in await read(both)] == ["ticket-9"]
    alone = await read(both, requests=["conversations"])
    assert [each.id for each in alone] == ["1"]


async def test_tickets_alone_are_read_where_that_is_wanted() -> None:
    async with vendor(workspace()) as served:
        await pages(settings(served.url, requests=["tickets"]), "tickets")

    assert [one.request.path for one in served.asked] == ["/admins", "/tickets/search"]


async def test_of_several_contacts_the_one_who_wrote_asks() -> None:
    two = {"contacts": [{"id": "ann"}, {"id": "bob"}]}
    wrote = {"author": {"type": "user", "id": "bob", "email": "bob@acme.example"}}

    told = await one(talk(contacts=two, source=wrote))

    assert (told.requester, told.email) == ("bob", "bob@acme.example")


async def test_the_address_of_a_teammate_is_not_that_of_who_asks() -> None:
    wrote = {"author": {"type": "admin", "id": "7", "email": "me@our.example"}}

    told = await one(talk(source=wrote))

    assert (told.requester, told.email) == ("ann", "")


async def test_a_company_that_was_deleted_meanwhile_has_no_name() -> None:
    person = {"id": "ann", "email": "ann@acme.example", "companies": {"data": [{"id": "acme"}]}}

    [told] = await read(
        {
            "conversations": {"conversations": [talk()]},
            "contacts": {"data": [person]},
            "companies": says({"type": "error.list"}, 404),
        }
    )

    assert (told.account, told.account_name, told.email) == ("acme", "", "ann@acme.example")


async def test_a_rating_that_is_asked_for_and_not_given_is_none() -> None:
    asked_for = talk(conversation_rating={"rating": None, "created_at": BEGAN})

    assert await read({"conversations": {"conversations": [asked_for]}}, "ratings") == []


async def test_a_rating_is_on_the_day_it_was_given_not_asked_for() -> None:
    given = {"rating": 5, "created_at": BEGAN, "updated_at": BEGAN + DAY}

    rated = {"conversations": [talk(conversation_rating=given)]}

    [told] = await read({"conversations": rated}, "ratings")

    assert isinstance(told, Rating)
    assert told.on.timestamp() == BEGAN + DAY


async def test_people_and_companies_are_asked_for_once_in_a_reading() -> None:
    [reading] = [each for each in recorded("intercom") if each.name == "ratings"]
    async with replay(reading) as served:
        await reading.read(reading.settings(url=served.url))

    paths = [asked.request.path for asked in served.asked]
    assert paths.count("/contacts/search") == 1
    assert sum(path.startswith("/companies/") for path in paths) == 1


async def test_more_contacts_than_fit_into_one_question_are_asked_for_in_parts() -> None:
    talks = [talk(id=str(n), contacts={"contacts": [{"id": f"contact{n}"}]}) for n in range(101)]
    async with vendor(workspace(conversations={"conversations": talks})) as served:
        await pages(settings(served.url), "tickets")

    asked = [one.body for one in served.asked if one.request.path == "/contacts/search"]
    assert [len(body["query"]["value"][0]["value"]) for body in asked] == [50, 50, 1]


# Companies


class Companies:
    """A list in the order of last requests, in which somebody may make one at any time."""

    def __init__(self, count: int) -> None:
        self.last = {f"c{number}": BEGAN - number for number in range(count)}
        self.asked: list[int] = []

    def made_a_request(self, *ids: str) -> None:
        for id in ids:
            self.last[id] = max(self.last.values()) + 1

    def page(self, number: int) -> dict[str, Any]:
        self.asked.append(number)
        ids = sorted(self.last, key=lambda id: -self.last[id])
        rows = ids[(number - 1) * 60 : number * 60]
        return {
            "data": [
                {
                    "id": id,
                    "last_request_at": self.last[id],
                    "custom_attributes": {"paying": True},
                }
                for id in rows
            ],
            "pages": {"page": number, "total_pages": -(-len(ids) // 60)},
            "total_count": len(ids),
        }


async def listed(companies: Companies, meanwhile: Any = lambda number: None) -> list[str]:
    """The ids of all that are read, while something happens before each answer."""

    async def answer(asked: Asked) -> Any:
        meanwhile(asked.number)
        return await says(companies.page(int(asked.question["page"])))(asked)

    async with vendor(answer) as served:
        marked = settings(served.url, property="paying", values=["true"], reads=["customers"])
        return [r.customer for page in await pages(marked) for r in page.records]


@pytest.mark.parametrize(
    ("count", "asked"), [(0, [1]), (1, [1]), (60, [1]), (61, [1, 2, 1]), (180, [1, 2, 3, 1])]
)
async def test_every_company_is_read_once(count: int, asked: list[int]) -> None:
    companies = Companies(count)

    assert await listed(companies) == [f"c{number}" for number in range(count)]
    assert companies.asked == asked


async def test_a_company_that_goes_to_the_front_meanwhile_is_read_there() -> None:
    companies = Companies(200)

    def meanwhile(number: int) -> None:
        if number in (1, 2):
            companies.made_a_request(f"c{199 - number}")

    got = await listed(companies, meanwhile)

    assert sorted(got) == sorted(companies.last)


async def test_many_that_go_to_the_front_are_read_until_they_fit_on_a_page() -> None:
    companies = Companies(200)

    def meanwhile(number: int) -> None:
        if number == 2:
            companies.made_a_request(*(f"c{each}" for each in range(130, 200)))

    got = await listed(companies, meanwhile)

    assert sorted(got) == sorted(companies.last)
    assert companies.asked == [1, 2, 3, 4, 1, 2, 1]


async def test_companies_that_never_hold_still_are_unavailable() -> None:
    companies = Companies(200)
    with pytest.raises(SourceUnavailable, match="change faster"):
        await listed(companies, lambda number: companies.made_a_request(*list(companies.last)))


async def test_a_company_that_is_deleted_meanwhile_may_hide_another_one() -> None:
    companies = Companies(200)
    with pytest.raises(SourceUnavailable, match="lost a row"):
        await listed(companies, lambda number: number == 1 and companies.last.pop("c0"))


async def test_ten_thousand_companies_are_not_taken_for_all_there_are() -> None:
    with pytest.raises(UnexpectedResponse, match=r"no more than 10,000 .* another source"):
        await listed(Companies(10_000))


async def test_a_company_is_a_customer_by_what_is_noted_of_it() -> None:
    row = intercom._Listing(
        id="531ee472cce572a6ec000006",
        company_id="6",
        name="Blue Sun",
        website="https://www.bluesun.example/about",
        tags=intercom._Tags([intercom._Named("vip")]),
        custom_attributes={"paying_since_at": BEGAN, "region": "EU"},
    )
    source = settings(
        "https://api.intercom.io",
        property="tags",
        values=["vip"],
        since="paying_since_at",
        fields=["region"],
    )

    customer = intercom.to_customer(row, source)

    assert isinstance(customer, Present)
    assert (customer.customer, customer.name) == ("531ee472cce572a6ec000006", "Blue Sun")
    assert customer.since == intercom._moment(BEGAN)
    assert (customer.fields, customer.domains) == ({"region": "EU"}, ("bluesun.example",))
    other = settings("https://api.intercom.io", property="plan", values=["Pro"])
    assert intercom.to_customer(row, other) is None
