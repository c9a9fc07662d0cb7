"""Zendesk: the tickets that its agents solved, how they were rated, and who is noted as a customer.

Ticket: a ticket of Zendesk Support with its requester and organization. It is solved while its
status is solved or closed, since the `solved_at` of its metrics, and as often as it was reopened
and once more. The first reply is told in minutes after it was opened.
Rating: of `survey: ratings` the satisfaction that was received, bad (0) or good (1), with its
comment; of `survey: responses` the answer to the newer CSAT survey, on its own scale. An account
has one of the two.

Customer: an organization of which the organization field named in `property`, or `tags`, is one
of `values`. Read only where `reads` names customers: Zendesk keeps no record of who pays, so let it
complete a source that does, or be one for want of a better.
Since: the organization field named in `since`; where it is empty, the day of the first pull.
Until: Zendesk does not say: an organization that is missing from a later pull has left.
History: none before the first pull, but for `since` of those who are still there.

Auth: an API token with the address of an admin's account (`user`), or without `user` the access
token of an OAuth client with the scope `read`. Exports are for admins alone.
Limits: 200 to 2,500 requests a minute, by plan; 2 a second is the default here. Ten exports a
minute; 9 is the default here. An export gives up to 1,000 tickets.
Identity: the domains of the organization.
Traps: an export leaves out the last minute, and what came in it comes with the next. A ticket
that was deleted is left out. A rating can be changed until the ticket is closed, at most 28 days
after it was solved, and is found by when it was asked for: so those of 28 days are looked through.
Broken off: organizations go on after the last page, tickets from the last change that was read.
Ratings begin anew: they come in the order in which they were asked for, not in that of changes.

https://developer.zendesk.com/api-reference/ticketing/ticket-management/incremental_exports/
https://developer.zendesk.com/documentation/ticketing/managing-tickets/using-the-incremental-export-api
https://developer.zendesk.com/documentation/ticketing/using-the-zendesk-api/side_loading/
https://developer.zendesk.com/api-reference/ticketing/tickets/ticket_metrics/
https://developer.zendesk.com/api-reference/ticketing/ticket-management/satisfaction_ratings/
https://developer.zendesk.com/api-reference/ticketing/ticket-management/csat_survey_responses
https://developer.zendesk.com/api-reference/ticketing/organizations/organizations/
https://developer.zendesk.com/api-reference/introduction/rate-limits/
"""

import re
from collections.abc import AsyncGenerator, Iterable, Sequence
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from typing import Any, ClassVar, Literal

import msgspec
from pydantic import Field, SecretStr

from integrations import base, crm
from integrations.errors import UnexpectedResponse
from integrations.http import Http, Trail, basic, bearer
from integrations.records import OtherPage, Page, Present, Rating, Ticket

PAGE = 100
OVERLAP = timedelta(minutes=5)
"""More than the minute that an export leaves out."""

CLOSES = timedelta(days=28)
"""After which a solved ticket is closed at the latest, and its rating stays as it is."""

_MIDNIGHT = re.compile(r"\d{4}-\d\d-\d\dT00:00:00(?:Z|\+00:00)")
SOLVED = ("solved", "closed")
SCORES = {"good": 1.0, "bad": 0.0}


class Settings(crm.MarkedSettings):
    """What of a Zendesk account is read."""

    requests_per_second_default: ClassVar[float] = 2.0

    token: base.Token = Field(description="An API token, or an OAuth client's access token.")
    url: base.Address = Field(description="Where your account is: https://acme.zendesk.com.")
    user: str = Field(
        default="",
        description="The address of the admin whose API token it is; left out for OAuth.",
    )
    survey: Literal["ratings", "responses"] = Field(
        default="ratings", description="How your account asks: satisfaction ratings, or the survey."
    )
    exports_per_minute: float = Field(
        default=9.0, gt=0, le=60_000, description="At most so many exports of tickets a minute."
    )


class _Minutes(msgspec.Struct):
    calendar: float | None = None


class _Metrics(msgspec.Struct):
    ticket_id: int | None = None
    solved_at: str | None = None
    reopens: int | None = None
    reply_time_in_minutes: _Minutes | None = None


class _Ticket(msgspec.Struct):
    id: int
    status: str
    created_at: str
    updated_at: str
    requester_id: int | None = None
    organization_id: int | None = None
    assignee_id: int | None = None
    subject: str | None = None
    generated_timestamp: int | None = None
    metric_set: _Metrics | None = None


class _User(msgspec.Struct):
    id: int
    name: str | None = None
    email: str | None = None
    organization_id: int | None = None


class _Organization(msgspec.Struct):
    id: int
    name: str | None = None


class _Listed(msgspec.Struct):
    id: int
    name: str
    organization_fields: dict[str, Any] = msgspec.field(default_factory=dict)
    tags: list[str] = msgspec.field(default_factory=list)
    domain_names: list[str] = msgspec.field(default_factory=list)


class _Exported(msgspec.Struct):
    tickets: list[_Ticket]
    end_of_stream: bool
    after_cursor: str | None = None
    users: list[_User] = msgspec.field(default_factory=list)
    organizations: list[_Organization] = msgspec.field(default_factory=list)
    metric_sets: list[_Metrics] = msgspec.field(default_factory=list)


class _Rated(msgspec.Struct):
    id: int
    score: str
    created_at: str
    updated_at: str
    ticket_id: int | None = None
    requester_id: int | None = None
    assignee_id: int | None = None
    comment: str | None = None


class _Meta(msgspec.Struct):
    has_more: bool
    after_cursor: str | None = None


class _Ratings(msgspec.Struct):
    rows: list[_Rated] = msgspec.field(name="satisfaction_ratings")
    meta: _Meta


class _Option(msgspec.Struct):
    rating: float | None = None


class _Question(msgspec.Struct):
    options: list[_Option] = msgspec.field(default_factory=list)


class _Answer(msgspec.Struct):
    type: str
    created_at: str = ""
    updated_at: str = ""
    rating: float | None = None
    value: str | None = None
    question: _Question | None = None


class _Subject(msgspec.Struct):
    id: str
    type: str


class _Response(msgspec.Struct):
    id: str
    answers: list[_Answer]
    responder_id: int | None = None
    subjects: list[_Subject] = msgspec.field(default_factory=list)


class _Responses(msgspec.Struct):
    rows: list[_Response] = msgspec.field(name="survey_responses")
    meta: _Meta


class _All(msgspec.Struct):
    rows: list[_Listed] = msgspec.field(name="organizations")
    meta: _Meta


class _Users(msgspec.Struct):
    users: list[_User]


class _Organizations(msgspec.Struct):
    organizations: list[_Organization]


@dataclass
class Known:
    """Who asks, who answers, and their organizations, as far as a reading has met them."""

    users: dict[int, _User] = field(default_factory=dict)
    organizations: dict[int, str] = field(default_factory=dict)

    def meet(self, users: Iterable[_User], organizations: Iterable[_Organization]) -> None:
        self.users |= {user.id: user for user in users}
        self.organizations |= {each.id: each.name or "" for each in organizations}

    def told(
        self, requester: int | None, agent: int | None, organization: int | None = None
    ) -> dict[str, Any]:
        """What a record says of them; without an organization, that of the requester."""
        asks, answers = self.users.get(requester or 0), self.users.get(agent or 0)
        of = organization or (asks.organization_id if asks else None)
        return {
            "requester": str(requester or ""),
            "email": (asks.email if asks else None) or "",
            "account": str(of or ""),
            "account_name": self.organizations.get(of or 0, ""),
            "agent": str(agent or ""),
            "agent_name": (answers.name if answers else None) or "",
        }


async def customers(settings: Settings, http: Http, after: str = "") -> AsyncGenerator[Page, None]:
    seen: set[int] = set()
    begin = {"page[after]": after} if after else {}
    async for rows, mark in _pages("organizations.json", _All, begin, settings, http):
        new = [row for row in rows if row.id not in seen]
        seen |= {row.id for row in new}
        told = (to_customer(row, settings) for row in new)
        found = [customer for customer in told if customer is not None]
        yield Page(found, mark=mark, left_out=crm.no_customers(len(new), found))


def to_customer(row: _Listed, settings: Settings) -> Present | None:
    """The organization, if it is a customer."""
    company = crm.Company(
        id=str(row.id),
        name=row.name,
        place=f"organization {row.id}",
        domains=crm.domains(*row.domain_names),
    )
    told = {name: _day(value) for name, value in row.organization_fields.items()}
    return settings.customer(company, {**told, "tags": row.tags})


def _day(value: Any) -> Any:
    """Zendesk writes a field with a day as midnight in UTC, which is the day before elsewhere."""
    if isinstance(value, str) and _MIDNIGHT.fullmatch(value):
        return value[:10]
    return value


async def tickets(
    settings: Settings, http: Http, since: datetime
) -> AsyncGenerator[OtherPage, None]:
    url = f"{settings.url}/api/v2/incremental/tickets/cursor.json"
    params: dict[str, str | int] = {
        "include": "users,organizations,metric_sets",
        "start_time": int((since - OVERLAP).timestamp()),
    }
    trail = Trail(url)
    while True:
        await http.turn_of("exports", settings.exports_per_minute / 60)
        found = await http.get(url, shape=_Exported, headers=_headers(settings), params=params)
        if not found.end_of_stream and not found.tickets:
            raise UnexpectedResponse(f"{url} gave an empty page and says that there is more")
        known = Known()
        known.meet(found.users, found.organizations)
        metrics = {each.ticket_id: each for each in found.metric_sets}
        last = found.tickets[-1].generated_timestamp if found.tickets else None
        yield OtherPage(
            [
                to_ticket(row, row.metric_set or metrics.get(row.id), known)
                for row in found.tickets
                if row.status != "deleted"
            ],
            up_to=None if last is None else datetime.fromtimestamp(last, UTC),
        )
        if found.end_of_stream:
            return
        if not found.after_cursor:
            raise UnexpectedResponse(
                f"{url} says that there is more, and not where; report it to us"
            )
        params = {"include": params["include"], "cursor": trail.follow(found.after_cursor)}


async def ratings(
    settings: Settings, http: Http, since: datetime
) -> AsyncGenerator[OtherPage, None]:
    known = Known()
    asked = int((since - CLOSES).timestamp())
    newer = since - OVERLAP
    if settings.survey == "ratings":
        which: dict[str, Any] = {"score": "received", "start_time": asked}
        async for page in _listed("satisfaction_ratings.json", _Ratings, which, settings, http):
            rated: list[_Rated] = [
                row
                for row in page
                if row.score in SCORES and _at(row.updated_at, f"rating {row.id}") >= newer
            ]
            people = [id for row in rated for id in (row.requester_id, row.assignee_id)]
            await _look_up(people, known, settings, http)
            yield OtherPage([to_rating(row, known) for row in rated])
        return
    which = {"filter[created_at_start]": asked}
    async for page in _listed("guide/survey_responses", _Responses, which, settings, http):
        given = [rating for row in page if (rating := from_response(row, known)) is not None]
        fresh = [rating for rating in given if rating.changed and rating.changed >= newer]
        ids = {rating.id for rating in fresh}
        answered: list[_Response] = [row for row in page if row.id in ids]
        await _look_up([row.responder_id for row in answered], known, settings, http)
        told = [from_response(row, known) for row in answered]
        yield OtherPage([rating for rating in told if rating is not None])


def to_ticket(row: _Ticket, metrics: _Metrics | None, known: Known) -> Ticket:
    place = f"ticket {row.id}"
    opened, told = _at(row.created_at, place), metrics or _Metrics()
    solved = row.status in SOLVED
    replied = told.reply_time_in_minutes.calendar if told.reply_time_in_minutes else None
    changed = _at(row.updated_at, place)
    if row.generated_timestamp is not None:
        # Also moved by what Zendesk itself changes; exports are in its order.
        changed = datetime.fromtimestamp(row.generated_timestamp, UTC)
    return Ticket(
        str(row.id),
        opened=opened,
        subject=row.subject or "",
        first_reply=None if replied is None else opened + timedelta(minutes=replied),
        solved=_at(told.solved_at, place) if solved and told.solved_at else None,
        times_solved=None if told.reopens is None else told.reopens + solved,
        changed=changed,
        place=place,
        **known.told(row.requester_id, row.assignee_id, row.organization_id),
    )


def to_rating(row: _Rated, known: Known) -> Rating:
    place = f"rating {row.id}"
    when = _at(row.updated_at, place)
    return Rating(
        str(row.id),
        when,
        SCORES[row.score],
        0.0,
        1.0,
        ticket=str(row.ticket_id or ""),
        comment=row.comment or "",
        changed=when,
        place=place,
        **known.told(row.requester_id, row.assignee_id),
    )


def from_response(row: _Response, known: Known) -> Rating | None:
    """The rating in an answered survey; None where that question was skipped."""
    place = f"survey response {row.id}"
    chosen = [answer for answer in row.answers if answer.rating is not None]
    words = [answer.value for answer in row.answers if answer.type == "open_ended" and answer.value]
    if not chosen:
        return None
    best = chosen[0]
    options = [each.rating for each in (best.question or _Question()).options]
    ends = sorted(rating for rating in options if rating is not None) or [1.0, 5.0]
    return Rating(
        row.id,
        _at(best.created_at, place),
        float(best.rating or 0),
        ends[0],
        ends[-1],
        ticket=next((each.id for each in row.subjects if each.type == "ticket"), ""),
        comment="\n".join(words),
        changed=max(
            _at(each.updated_at or each.created_at, place)
            for each in row.answers
            if each.updated_at or each.created_at
        ),
        place=place,
        **known.told(row.responder_id, None),
    )


def _at(told: str, place: str) -> datetime:
    return crm.instant(told, place, "a time in Zendesk's answer")


def _headers(settings: Settings) -> dict[str, str]:
    if not settings.user:
        return bearer(settings.token)
    return basic(SecretStr(f"{settings.user}/token"), settings.token.get_secret_value())


async def _listed(
    of: str, shape: Any, which: dict[str, Any], settings: Settings, http: Http
) -> AsyncGenerator[Sequence[Any], None]:
    async for rows, _ in _pages(of, shape, which, settings, http):
        yield rows


async def _pages(
    of: str, shape: Any, which: dict[str, Any], settings: Settings, http: Http
) -> AsyncGenerator[tuple[Sequence[Any], str], None]:
    """The pages of a list that has cursors, and the cursor of the next one."""
    url = f"{settings.url}/api/v2/{of}"
    params = {**which, "page[size]": PAGE}
    trail = Trail(url)
    while True:
        found = await http.get(url, shape=shape, headers=_headers(settings), params=params)
        if found.meta.has_more and not found.rows:
            raise UnexpectedResponse(f"{url} gave an empty page and says that there is more")
        cursor = (found.meta.after_cursor or "") if found.meta.has_more else ""
        yield found.rows, cursor
        if not found.meta.has_more:
            return
        if not cursor:
            raise UnexpectedResponse(
                f"{url} says that there is more, and not where; report it to us"
            )
        params = {**params, "page[after]": trail.follow(cursor)}


async def _look_up(
    people: Iterable[int | None], known: Known, settings: Settings, http: Http
) -> None:
    """Learn who these are, and of their organizations, what is not known yet."""
    new = sorted({id for id in people if id is not None and id not in known.users})
    for some in crm.some(new, PAGE):
        # Who was deleted is not in the answer, and not asked for again.
        known.meet([_User(id) for id in some], [])
        url = f"{settings.url}/api/v2/users/show_many.json"
        params = {"ids": ",".join(map(str, some))}
        users = await http.get(url, shape=_Users, headers=_headers(settings), params=params)
        known.meet(users.users, [])
    theirs = {known.users[id].organization_id for id in new}
    missing = sorted({id for id in theirs if id is not None and id not in known.organizations})
    for some in crm.some(missing, PAGE):
        url = f"{settings.url}/api/v2/organizations/show_many.json"
        params = {"ids": ",".join(map(str, some))}
        told = await http.get(url, shape=_Organizations, headers=_headers(settings), params=params)
        known.meet([], [_Organization(id) for id in some])
        known.meet([], told.organizations)
