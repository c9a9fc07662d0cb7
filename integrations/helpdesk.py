"""From a row of a list to a ticket or a rating: what csv and json share.

The settings say where in a row each thing is: a column of a table, or a field of an object.
"""

from collections.abc import Callable, Mapping, Sequence
from datetime import date, datetime, time
from typing import Annotated, Any, Literal, Self
from zoneinfo import ZoneInfo

from pydantic import BaseModel, BeforeValidator, ConfigDict, Field, model_validator

from integrations.errors import BadRecord
from integrations.records import Direction, Rating, Ticket
from integrations.rows import Column, Dates, Zone, moment_of, number, text

DIRECTIONS: tuple[Direction, ...] = ("higher", "lower")
"""What `direction` says of all rows; anything else is a column."""

Cells = Callable[[Column], Any]
"""A row: what stands where the settings say, a text, a number, or a list of them."""


def word(value: Any) -> str:
    """A value as the settings write it: true and 5 are what an API would call them."""
    return str(value).lower() if isinstance(value, bool) else text(value)


def _words(value: Any) -> Any:
    """One value is short for a list of it."""
    listed = value if isinstance(value, list | tuple) else [value]
    return tuple(word(each) for each in listed)


Values = Annotated[tuple[str, ...], BeforeValidator(_words), Field(min_length=1)]


class HelpFields(BaseModel):
    """Where in a row is what tickets and ratings have in common."""

    model_config = ConfigDict(extra="forbid", frozen=True, hide_input_in_errors=True)

    dates: Dates = Field(
        default="iso",
        description="How moments are written: iso, seconds or milliseconds since 1970, or a pattern"
        " such as %d/%m/%Y %H:%M.",
    )
    zone: Zone | None = Field(
        default=None, description="The time zone of times that are written without one."
    )
    id: Column = Field(default="id", description="Its id.")
    account: Column | None = Field(default=None, description="The customer's id there.")
    account_name: Column | None = Field(default=None, description="The customer's name.")
    email: Column | None = Field(default=None, description="The person's address.")
    agent: Column | None = Field(default=None, description="The id of who answered, or is to.")
    agent_name: Column | None = Field(default=None, description="Their name.")
    changed: Column | None = Field(default=None, description="When it changed the last time.")


class TicketFields(HelpFields):
    """Where in a row is what a ticket says."""

    requester: Column = Field(default="requester_id", description="The id of who asked for help.")
    opened: Column = Field(default="created_at", description="When it was opened.")
    subject: Column | None = Field(default=None, description="What it is about.")
    first_reply: Column | None = Field(default=None, description="When it was first answered.")
    solved: Column | None = Field(default=None, description="When it was solved the last time.")
    solved_if: dict[str, Values] = Field(
        default_factory=dict,
        description="What says that it is solved now, as in {status: [solved, closed]}; left out,"
        " that solved: holds a moment.",
    )
    times_solved: Column | None = Field(default=None, description="How often it was solved.")


class RatingFields(HelpFields):
    """Where in a row is what a rating says."""

    on: Column = Field(default="created_at", description="When it was given.")
    score: Column = Field(default="score", description="What was given.")
    scores: dict[str, float] = Field(
        default_factory=dict, description="What words are worth, as in {good: 1, bad: 0}."
    )
    lowest: float = Field(description="The lowest score there is.")
    highest: float = Field(description="The highest score there is.")
    scale: Literal["nps", "csat", "ces"] = Field(
        default="csat", description="What the score is read as."
    )
    direction: Column = Field(
        default="higher",
        description="Of ces: whether a higher score is the good one or a lower, as where the"
        " question asks for effort; or the column that says so.",
    )
    requester: Column | None = Field(default=None, description="The id of who gave it.")
    ticket: Column | None = Field(default=None, description="The id of the ticket it is about.")
    comment: Column | None = Field(default=None, description="What was written beside it.")

    @model_validator(mode="after")
    def _rises(self) -> Self:
        if not self.lowest < self.highest:
            raise ValueError("lowest must be below highest")
        return self

    @model_validator(mode="after")
    def _only_effort_runs_down(self) -> Self:
        if self.direction == "lower" and self.scale != "ces":
            raise ValueError(
                "direction: lower is for scale ces; where 1 is the best of another scale, say in"
                " scores: what each is worth, as in {1: 5, 2: 4, 3: 3, 4: 2, 5: 1}"
            )
        return self


def ticket(
    fields: TicketFields, where: str, place: str, cells: Cells, *, noun: str = "field"
) -> Ticket:
    """The ticket of a row; BadRecord names the row and what is wrong in it, never its words."""
    told = _Row(fields, f"{where} {place}, {noun}", cells)
    solved = told.moment("solved")
    if fields.solved_if and not has(cells, fields.solved_if):
        solved = None
    times = number(told.value("times_solved"))
    return Ticket(
        id=told.required("id"),
        requester=told.text("requester"),
        opened=told.required_moment("opened"),
        account=told.text("account"),
        account_name=told.text("account_name"),
        email=told.text("email"),
        agent=told.text("agent"),
        agent_name=told.text("agent_name"),
        subject=told.text("subject"),
        first_reply=told.moment("first_reply"),
        solved=solved,
        times_solved=None if times is None else int(times),
        changed=told.moment("changed"),
        place=place,
    )


def rating(
    fields: RatingFields, where: str, place: str, cells: Cells, *, noun: str = "field"
) -> Rating:
    """The rating of a row; BadRecord as for tickets, also of a score that is off its scale."""
    told = _Row(fields, f"{where} {place}, {noun}", cells)
    given = told.value("score")
    score = fields.scores.get(text(given))
    if score is None:
        told_number = number(given)
        score = None if told_number is None else float(told_number)
    if score is None or not fields.lowest <= score <= fields.highest:
        raise BadRecord(
            f'{where} {place}, {noun} "{fields.score}": what stands there is not a score from'
            f" {fields.lowest:g} to {fields.highest:g}; mend lowest:, highest: or scores:"
        )
    return Rating(
        id=told.required("id"),
        on=told.required_moment("on"),
        score=score,
        lowest=fields.lowest,
        highest=fields.highest,
        scale=fields.scale,
        direction=_direction(fields, told),
        requester=told.text("requester"),
        account=told.text("account"),
        account_name=told.text("account_name"),
        email=told.text("email"),
        agent=told.text("agent"),
        agent_name=told.text("agent_name"),
        ticket=told.text("ticket"),
        comment=told.text("comment"),
        changed=told.moment("changed"),
        place=place,
    )


def has(cells: Cells, only: Mapping[str, Sequence[str]]) -> bool:
    """Whether a row has one of the values in each of the fields."""
    for column, values in only.items():
        found = cells(column)
        if not any(
            text(each) in values for each in (found if isinstance(found, list) else [found])
        ):
            return False
    return True


def _direction(fields: RatingFields, told: "_Row") -> Direction:
    """Of one row; where a column says it, an empty cell is as in most files."""
    named = fields.direction not in DIRECTIONS
    way = told.text("direction").strip().lower() or "higher" if named else fields.direction
    if way == "higher":
        return "higher"
    if way != "lower":
        raise told.refused("direction", "says neither higher nor lower; set direction: to one")
    if fields.scale != "ces":
        raise told.refused("direction", "says lower, which only ces may be; set scale: ces")
    return "lower"


class _Row:
    """One row, asked for what the settings call things."""

    def __init__(self, fields: HelpFields, where: str, cells: Cells) -> None:
        self._fields = fields
        self._where = where
        self._cells = cells

    def value(self, name: str) -> Any:
        column = getattr(self._fields, name)
        return None if column is None else self._cells(column)

    def text(self, name: str) -> str:
        return text(self.value(name))

    def required(self, name: str) -> str:
        if told := self.text(name):
            return told
        raise self.refused(name, "is empty; every row needs one")

    def required_moment(self, name: str) -> datetime:
        if (moment := self.moment(name)) is not None:
            return moment
        raise self.refused(name, "is empty; every row needs one")

    def moment(self, name: str) -> datetime | None:
        value = self.value(name)
        value = value.strip() if isinstance(value, str) else value
        if value is None or value == "":
            return None
        zone = self._fields.zone
        told = moment_of(value, self._fields.dates, zone)
        if isinstance(told, date) and not isinstance(told, datetime):
            told = datetime.combine(told, time(), ZoneInfo(zone or "UTC"))
        if told is None:
            raise self.refused(name, "holds no moment: set dates:")
        if told.tzinfo is None:
            raise self.refused(name, "holds a time without a zone: set zone:")
        return told

    def refused(self, name: str, why: str) -> BadRecord:
        column = getattr(self._fields, name)
        return BadRecord(f'{self._where} "{column}" {why}')
