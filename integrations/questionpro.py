"""QuestionPro: the answers to a survey of yours, as ratings.

Rating: a completed response in which the question named in `question` was answered, by its code
(Q1) or its number. The score is what the chosen answer says, or with `score: scale` its place on
the scale; `lowest` and `highest` are the ends. `email`, `account`, `account_name`, `requester`,
`agent` and `ticket` name the custom variables that a link to the survey brings along; without
`requester` it is the external reference.
Customer, since, until: nobody's; a survey knows who answered, not who pays.
History: answers as far back as the first reading looks (`tickets.back_days`).

Auth: an API key of a user who may see the survey's responses.
Limits: 300 requests a minute for a key and 2,400 for the organization; 2 a second is the default
here. A licence includes 5,000 to 20,000 requests; when they are used up, every one is refused.
Traps: times are told with the letters of a zone and no offset, so `zone` must be the one of your
account; if the letters are not those of that zone, nothing is read. An answer may be told by when
it was begun, so the last day's come again.
Broken off: answers are read anew, for their pages have numbers alone, and no order is promised.

https://questionpro.com/api/create-response-filter.html
https://questionpro.com/api/get-response.html
https://questionpro.com/api/limits.html
"""

from collections.abc import AsyncGenerator
from datetime import UTC, datetime, timedelta
from typing import Any, ClassVar, Literal, Self
from zoneinfo import ZoneInfo, ZoneInfoNotFoundError

import msgspec
from pydantic import Field, field_validator, model_validator

from integrations import base
from integrations.errors import BadRecord, UnexpectedResponse
from integrations.http import Http
from integrations.records import Direction, OtherPage, Rating

PAGE = 100
OVERLAP = timedelta(days=1)
AHEAD = timedelta(days=3650)
"""A range must have an end, and nothing that is answered may lie beyond it."""

COMPLETED = 2


class Settings(base.Settings):
    """Which survey is read, and where its score stands."""

    requests_per_second_default: ClassVar[float] = 2.0

    token: base.Token = Field(description="An API key, from Integrations, API.")
    url: base.Address = Field(
        default="https://api.questionpro.com",
        description="Where the API is; https://api.questionpro.eu for accounts in Europe.",
    )
    survey: int = Field(gt=0, description="The survey's number.")
    question: str = Field(min_length=1, description="The question with the score: Q1, or a number.")
    comment: str = Field(default="", description="The question with the comment, likewise.")
    scale: Literal["nps", "csat", "ces"] = Field(
        default="nps", description="What the question asks for."
    )
    direction: Direction = Field(
        default="higher",
        description="Of ces: whether a higher score is the good one, or a lower, as where the"
        " question asks for effort.",
    )
    lowest: float = Field(default=0, description="The lowest score that can be given.")
    highest: float = Field(default=10, description="The highest one.")
    score: Literal["text", "scale"] = Field(
        default="text", description="Whether the answer says the number, or its place tells it."
    )
    zone: str = Field(
        default="America/Los_Angeles", description="The time zone of your QuestionPro account."
    )
    requester: str = Field(default="", description="The custom variable with who answers.")
    email: str = Field(default="", description="The one with their address.")
    account: str = Field(default="", description="The one with their company's id.")
    account_name: str = Field(default="", description="The one with their company's name.")
    agent: str = Field(default="", description="The one with who served them.")
    ticket: str = Field(default="", description="The one with the ticket that it is about.")

    @field_validator("zone")
    @classmethod
    def _is_a_zone(cls, zone: str) -> str:
        try:
            ZoneInfo(zone)
        except (ZoneInfoNotFoundError, ValueError, OSError) as error:
            raise ValueError("is no time zone such as Europe/Amsterdam") from error
        return zone

    @model_validator(mode="after")
    def _goes_upwards(self) -> Self:
        if self.lowest >= self.highest:
            raise ValueError("lowest must be below highest")
        return self

    @model_validator(mode="after")
    def _only_effort_runs_down(self) -> Self:
        if self.direction == "lower" and self.scale != "ces":
            raise ValueError("direction: lower is for scale ces")
        return self


class _Value(msgspec.Struct):
    scale: str | None = None
    text: str | None = None


class _Chosen(msgspec.Struct):
    answerText: str | None = None
    value: _Value | None = None


class _Question(msgspec.Struct):
    questionID: int
    questionCode: str
    answerValues: list[_Chosen]


class _Response(msgspec.Struct):
    responseID: int
    timestamp: str
    responseStatus: str
    responseSet: list[_Question]
    externalReference: str | None = None
    customVariables: dict[str, Any] | None = None


class _Pagination(msgspec.Struct):
    currentPage: int
    totalPages: int


class _Responses(msgspec.Struct):
    response: list[_Response]
    pagination: _Pagination | None = None


async def ratings(
    settings: Settings, http: Http, since: datetime
) -> AsyncGenerator[OtherPage, None]:
    url = f"{settings.url}/a/api/v2/surveys/{settings.survey}/responses/filter"
    begins = (since - OVERLAP).astimezone(UTC)
    which = {
        "resultMode": COMPLETED,
        "startDate": begins.strftime("%Y-%m-%dT%H:%M:%S"),
        "endDate": (begins + AHEAD).strftime("%Y-%m-%dT%H:%M:%S"),
        "timeZone": "GMT+00:00",
    }
    page = 1
    while True:
        answer = await http.answer(
            "POST",
            url,
            shape=_Responses,
            headers={"api-key": settings.token.get_secret_value()},
            params={"page": page, "perPage": PAGE},
            json=which,
        )
        rows, at = answer.body.response, answer.body.pagination
        if at is None and rows:
            raise UnexpectedResponse(
                f"{url} does not say whether there is more (pagination); report it to us"
            )
        if at is not None and at.currentPage != page:
            raise UnexpectedResponse(
                f"{url} gave the same page again, or another than page {page}; the pull is thrown"
                " away: report it to us if the next one ends so too"
            )
        if at is not None and page < at.totalPages and not rows:
            raise UnexpectedResponse(f"{url} gave an empty page and says that there is more")
        rated = (to_rating(row, settings) for row in rows if row.responseStatus == "Completed")
        yield OtherPage([rating for rating in rated if rating is not None])
        if at is None or page >= at.totalPages:
            return
        page += 1


def to_rating(row: _Response, settings: Settings) -> Rating | None:
    """The rating in a response; None where the question was not answered."""
    place = f"response {row.responseID}"
    chosen = _chosen(row, settings.question)
    if chosen is None:
        return None
    told = row.customVariables or {}
    when = moment(row.timestamp, ZoneInfo(settings.zone), place)

    def variable(name: str) -> str:
        return str(told.get(name) or "") if name else ""

    return Rating(
        str(row.responseID),
        when,
        _score(chosen, settings, place),
        settings.lowest,
        settings.highest,
        scale=settings.scale,
        direction=settings.direction,
        requester=variable(settings.requester) or row.externalReference or "",
        email=variable(settings.email),
        account=variable(settings.account),
        account_name=variable(settings.account_name),
        agent=variable(settings.agent),
        ticket=variable(settings.ticket),
        comment=_words(row, settings.comment),
        changed=when,
        place=place,
    )


def _chosen(row: _Response, question: str) -> _Chosen | None:
    """The answer to a question, if there is one."""
    for asked in row.responseSet:
        if question in (asked.questionCode, str(asked.questionID)):
            return asked.answerValues[0] if asked.answerValues else None
    return None


def _score(chosen: _Chosen, settings: Settings, place: str) -> float:
    told = chosen.answerText if settings.score == "text" else chosen.value and chosen.value.scale
    other = "scale" if settings.score == "text" else "text"
    try:
        score = float(told or "")
    except ValueError:
        score = float("nan")
    if not settings.lowest <= score <= settings.highest:
        raise BadRecord(
            f"{place} has no score from {settings.lowest:g} to {settings.highest:g} in the question"
            f" named in question:; name another one, set score: {other}, or mend lowest: and"
            " highest:"
        )
    return score


def _words(row: _Response, question: str) -> str:
    chosen = _chosen(row, question) if question else None
    if chosen is None:
        return ""
    return (chosen.value.text if chosen.value else None) or chosen.answerText or ""


def moment(told: str, zone: ZoneInfo, place: str) -> datetime:
    """`05 Oct, 2020 02:51:51 PM PDT`, in the zone whose letters these must be.

    In the hour that comes twice in autumn the letters say which one it is.
    """
    clock, _, letters = told.rpartition(" ")
    try:
        local = datetime.strptime(clock, "%d %b, %Y %I:%M:%S %p").replace(tzinfo=zone)
    except ValueError as error:
        raise UnexpectedResponse(
            f"{place} has a timestamp of an unknown form; report it to us"
        ) from error
    for fold in (0, 1):
        if local.replace(fold=fold).tzname() == letters:
            return local.replace(fold=fold).astimezone(UTC)
    raise BadRecord(
        f"{place} tells its time in another zone than {zone.key}; set zone: to that of your"
        " QuestionPro account"
    )
