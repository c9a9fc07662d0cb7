"""Scores as they were given, in Slack and elsewhere, for who adds them up."""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime, tzinfo
from typing import Any, NamedTuple

from sqlalchemy import Row, Select, func, select

from bot.domain.outcomes import Scored
from bot.domain.period import day_number
from bot.domain.results import Given, Solved, on_our_scale
from bot.domain.surveys import ANONYMOUS_LEAST, Band, Direction, Scale, band
from bot.domain.themes import Said
from bot.store.database import Database
from bot.store.dialects import NAMES_AT_ONCE, chunks
from bot.store.schema import answers, asks, customers, ratings, tickets
from bot.store.times import from_ms, to_ms


class Asked(NamedTuple):
    """How many questions were asked, and how many of them somebody answered."""

    asked: int
    answered: int


@dataclass(frozen=True, slots=True)
class Exported:
    """An answer or a rating, as it leaves."""

    at: datetime
    origin: str
    """"slack", or the source that told it."""
    scale: str
    direction: str
    score: float
    lowest: float
    highest: float
    comment: str
    customer: str
    """The first source's id of the customer, or the helpdesk's of the account; "" if unknown."""
    name: str
    survey: str
    channel: str
    person: str
    """A Slack id; "" of an anonymous question, and of what was given elsewhere."""
    agent: str
    ticket: str


class Results:
    def __init__(self, database: Database, source: str) -> None:
        """`source` is the one that says who is a customer: helpdesks' accounts are found by its
        ids."""
        self._database = database
        self._source = source

    async def given(
        self, scale: Scale, since: datetime, until: datetime, *, survey: str = ""
    ) -> list[Given]:
        """The scores from `since` to before `until`, in their order; those of one survey, or of all
        and of the helpdesks as well. Of an anonymous question nothing, as long as few answered."""
        query = _answers(scale, since, until)
        if survey:
            query = query.where(func.lower(asks.c.survey) == survey.casefold())
        rows = await self._rows(query.order_by(answers.c.answered_at, answers.c.ask))
        found = [_given(row) for row in rows]
        if not survey:
            rated = await self._rows(self._rated(since, until))
            found += [given for row in rated if (given := _elsewhere(row, scale)) is not None]
        return sorted(found, key=lambda each: each.at)

    async def asked(
        self, scale: Scale, since: datetime, until: datetime, *, survey: str = ""
    ) -> Asked:
        """Of the questions that were asked from `since` to before `until`."""
        is_answered = select(answers.c.ask).where(answers.c.ask == asks.c.id).exists()
        query: Any = select(
            func.count().label("asked"), func.count().filter(is_answered).label("answered")
        ).where(
            asks.c.scale == scale,
            asks.c.asked_at >= to_ms(since),
            asks.c.asked_at < to_ms(until),
        )
        if survey:
            query = query.where(func.lower(asks.c.survey) == survey.casefold())
        [row] = await self._rows(query)
        return Asked(row.asked, row.answered)

    async def surveys(self) -> list[str]:
        """The names under which anything was asked."""
        query = select(asks.c.survey).where(asks.c.survey != "").distinct().order_by(asks.c.survey)
        return [row.survey for row in await self._rows(query)]

    async def solved(self, since: datetime, until: datetime) -> list[Solved]:
        """Tickets that are solved, and were so last in that time."""
        query = select(
            tickets.c.agent, tickets.c.agent_name, tickets.c.opened, tickets.c.solved
        ).where(tickets.c.solved >= to_ms(since), tickets.c.solved < to_ms(until))
        return [
            Solved(row.agent_name or row.agent, from_ms(row.solved) - from_ms(row.opened))
            for row in await self._rows(query)
        ]

    async def scored(self, scale: Scale, zone: tzinfo) -> list[Scored]:
        """Every answer of a known customer, ever, of questions that keep who answered."""
        query = select(
            asks.c.customer, answers.c.answered_at, answers.c.ask, answers.c.score, asks.c.direction
        ).join(asks, asks.c.id == answers.c.ask)
        query = query.where(
            asks.c.scale == scale, asks.c.customer.is_not(None), asks.c.anonymous == 0
        )
        return [
            Scored(
                row.customer, _day(row.answered_at, zone), row.ask, scale, row.score,
                Direction(row.direction),
            )
            for row in await self._rows(query)
        ]  # fmt: skip

    async def first_asked(self, scale: Scale, zone: tzinfo) -> Mapping[int, int]:
        """By customer, the day on which it was first asked and could answer with its name."""
        query = (
            select(asks.c.customer, func.min(asks.c.asked_at).label("first"))
            .where(asks.c.scale == scale, asks.c.customer.is_not(None), asks.c.anonymous == 0)
            .group_by(asks.c.customer)
        )
        return {row.customer: _day(row.first, zone) for row in await self._rows(query)}

    async def solved_for(self, zone: tzinfo) -> list[tuple[int, int, Any]]:
        """Of every solved ticket of a known customer: who, the day, and how long it took."""
        query = (
            select(customers.c.number, tickets.c.opened, tickets.c.solved)
            .join(customers, customers.c.id == tickets.c.account)
            .where(customers.c.source == self._source, tickets.c.solved.is_not(None))
        )
        return [
            (row.number, _day(row.solved, zone), from_ms(row.solved) - from_ms(row.opened))
            for row in await self._rows(query)
        ]

    async def said(
        self, scale: Scale | None, since: datetime, until: datetime, *, survey: str = ""
    ) -> list[Said]:
        """The comments on one scale, or on all, in their order; of one survey, or of all and of the
        helpdesks as well. Of an anonymous question none, as long as few answered."""
        wanted = tuple(Scale) if scale is None else (scale,)
        found = []
        for each in wanted:
            query = _answers(each, since, until).where(answers.c.comment != "")
            if survey:
                query = query.where(func.lower(asks.c.survey) == survey.casefold())
            found += [_said(row) for row in await self._rows(query)]
        if not survey:
            rated = await self._rows(self._rated(since, until).where(ratings.c.comment != ""))
            found += [_said_elsewhere(row) for row in rated if row.scale in wanted]
        return sorted(found, key=lambda each: each.at)

    async def exported(self, since: datetime, scale: Scale | None) -> list[Exported]:
        """Everything since then, the oldest first; of an anonymous question nothing, as long as few
        answered, and never who."""
        last = datetime.max.replace(tzinfo=UTC)
        found = []
        for each in Scale if scale is None else (scale,):
            query = (
                _answers(each, since, last)
                .add_columns(
                    answers.c.person,
                    asks.c.anonymous,
                    asks.c.survey,
                    asks.c.channel,
                    customers.c.id.label("theirs"),
                    customers.c.name,
                )
                .outerjoin(customers, customers.c.number == asks.c.customer)
            )
            found += [_exported(row) for row in await self._rows(query)]
        found += [
            _exported_rating(row)
            for row in await self._rows(self._rated(since, last))
            if scale is None or row.scale == scale
        ]
        return sorted(found, key=lambda each: each.at)

    async def last_of(self, wanted: Iterable[int]) -> dict[int, tuple[Given, ...]]:
        """By customer, the newest score on each scale, as far as it is known whose it is."""
        found: dict[tuple[int, Scale], Given] = {}
        for some in chunks(wanted, NAMES_AT_ONCE):
            for given in await self._of(some):
                if given.customer is not None:
                    found[given.customer, given.scale] = given
        of: dict[int, tuple[Given, ...]] = {}
        for (customer, _), given in sorted(
            found.items(), key=lambda each: list(Scale).index(each[0][1])
        ):
            of[customer] = (*of.get(customer, ()), given)
        return of

    async def _of(self, customers_: Sequence[int]) -> list[Given]:
        """All scores of these customers, the newest last."""
        answered = (
            select(
                answers.c.ask,
                answers.c.score,
                answers.c.answered_at,
                answers.c.comment,
                asks.c.scale,
                asks.c.direction,
                asks.c.customer,
            )
            .join(asks, asks.c.id == answers.c.ask)
            .where(asks.c.customer.in_(customers_), asks.c.anonymous == 0)
        )
        last = datetime.max.replace(tzinfo=UTC)
        rated = self._rated(datetime.fromtimestamp(0, UTC), last)
        rated = rated.where(customers.c.number.in_(customers_))
        given = [_given(row) for row in await self._rows(answered)]
        for row in await self._rows(rated):
            elsewhere = _elsewhere(row, Scale(row.scale))
            if elsewhere is not None:
                given.append(elsewhere)
        return sorted(given, key=lambda each: each.at)

    async def open_tickets(self, customer: int) -> int | None:
        """How many of a customer are not solved; None where no helpdesk is read."""
        known = await self._rows(select(tickets.c.id).limit(1))
        if not known:
            return None
        query = (
            select(func.count().label("open"))
            .select_from(tickets)
            .join(customers, customers.c.id == tickets.c.account)
            .where(customers.c.number == customer, tickets.c.solved.is_(None))
        )
        [row] = await self._rows(query)
        return int(row.open)

    def _rated(self, since: datetime, until: datetime) -> Select[Any]:
        whose = (customers.c.id == ratings.c.account) & (customers.c.source == self._source)
        return (
            select(ratings, customers.c.number)
            .outerjoin(customers, whose)
            .where(ratings.c.on >= to_ms(since), ratings.c.on < to_ms(until))
        )

    async def _rows(self, query: Select[Any]) -> list[Row[Any]]:
        return await self._database.read(lambda c: list(c.execute(query).all()))


def _answers(scale: Scale, since: datetime, until: datetime) -> Select[Any]:
    other = answers.alias("other")
    count = select(func.count()).where(other.c.ask == asks.c.id).scalar_subquery()
    return (
        select(
            answers.c.ask,
            answers.c.score,
            answers.c.answered_at,
            answers.c.comment,
            answers.c.language,
            asks.c.scale,
            asks.c.direction,
            asks.c.customer,
        )
        .join(asks, asks.c.id == answers.c.ask)
        .where(asks.c.scale == scale)
        .where(answers.c.answered_at >= to_ms(since), answers.c.answered_at < to_ms(until))
        .where((asks.c.anonymous == 0) | (count >= ANONYMOUS_LEAST))
    )


def _given(row: Row[Any]) -> Given:
    return Given(
        scale=Scale(row.scale),
        score=row.score,
        at=from_ms(row.answered_at),
        direction=Direction(row.direction),
        customer=row.customer,
        comment=row.comment,
    )


def _elsewhere(row: Row[Any], scale: Scale) -> Given | None:
    if row.scale != scale:
        return None
    score = on_our_scale(row.score, row.lowest, row.highest, scale)
    if score is None:
        return None
    return Given(
        scale=scale,
        score=score,
        at=from_ms(row._mapping["on"]),
        customer=row.number,
        comment=row.comment,
        origin=row.source,
        agent=row.agent_name or row.agent,
    )


def _exported(row: Row[Any]) -> Exported:
    scores = Scale(row.scale).scores
    return Exported(
        at=from_ms(row.answered_at),
        origin="slack",
        scale=row.scale,
        direction=row.direction,
        score=row.score,
        lowest=scores[0],
        highest=scores[-1],
        comment=row.comment,
        customer=row.theirs or "",
        name=row.name or "",
        survey=row.survey,
        channel=row.channel,
        person="" if row.anonymous else row.person,
        agent="",
        ticket="",
    )


def _exported_rating(row: Row[Any]) -> Exported:
    return Exported(
        at=from_ms(row._mapping["on"]),
        origin=row.source,
        scale=row.scale,
        direction=Direction.HIGHER,
        score=row.score,
        lowest=row.lowest,
        highest=row.highest,
        comment=row.comment,
        customer=row.account,
        name=row.account_name,
        survey="",
        channel="",
        person="",
        agent=row.agent_name or row.agent,
        ticket=row.ticket,
    )


def _said(row: Row[Any]) -> Said:
    where = band(Scale(row.scale), row.score, Direction(row.direction))
    return Said(
        text=row.comment,
        low=where is Band.LOW,
        high=where is Band.HIGH,
        at=from_ms(row.answered_at),
        language=row.language,
        score=f"{row.score} of {Scale(row.scale).scores[-1]}",
        customer=row.customer,
    )


def _said_elsewhere(row: Row[Any]) -> Said:
    """In a language that nobody tells. On a scale that is not ours a comment is of neither end."""
    scale = Scale(row.scale)
    score = on_our_scale(row.score, row.lowest, row.highest, scale)
    where = None if score is None else band(scale, score)
    return Said(
        text=row.comment,
        low=where is Band.LOW,
        high=where is Band.HIGH,
        at=from_ms(row._mapping["on"]),
        language="",
        score=f"{row.score:g} of {row.highest:g}",
        customer=row.number,
    )


def _day(ms: int, zone: tzinfo) -> int:
    return day_number(from_ms(ms).astimezone(zone).date())
