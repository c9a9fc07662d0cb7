"""Scores as they were given, in Slack and elsewhere, for who adds them up."""

import hashlib
from collections.abc import Collection, Iterable, Mapping, Sequence, Set
from dataclasses import asdict, dataclass
from datetime import UTC, datetime, timedelta, tzinfo
from typing import Any, NamedTuple

from sqlalchemy import ColumnElement, Row, Select, and_, func, literal, select, text, tuple_

from bot.domain.outcomes import Scored
from bot.domain.period import day_number
from bot.domain.results import Given, Solved, Unplaced
from bot.domain.surveys import ANONYMOUS_LEAST, Band, Direction, Scale, band, on_our_scale
from bot.domain.themes import Said
from bot.domain.whose import Account, Whose
from bot.store.accounts import Accounts
from bot.store.database import Database
from bot.store.dialects import NAMES_AT_ONCE, chunks
from bot.store.schema import APART, answers, asks, customers, ratings, tickets
from bot.store.times import from_ms, to_ms

_LONGEST_DAY = 26 * 3_600_000
"""More milliseconds than any day has, also where clocks are set back."""

_PAIRS_AT_ONCE = 5_000
"""Of a source and an id in one IN (…)."""


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
    """The first source's id of the customer; of a rating whose account nobody knows, the helpdesk's
    id of that; "" if there is none."""
    name: str
    survey: str
    channel: str
    person: str
    """A Slack id; "" of an anonymous question, and of what was given elsewhere."""
    agent: str
    ticket: str
    id: str
    """Of this row: the same whenever it leaves, and nothing can be found by it."""

    def told(self) -> dict[str, Any]:
        """By name, as it is written down."""
        return {**asdict(self), "at": self.at.isoformat()}


class Results:
    def __init__(self, database: Database, accounts: Accounts) -> None:
        self._database = database
        self._accounts = accounts

    async def given(
        self,
        scale: Scale,
        since: datetime,
        until: datetime,
        *,
        survey: str = "",
        whole: bool = False,
    ) -> list[Given]:
        """The scores from `since` to before `until`, those together that have all in common that is
        told; those of one survey, or of all and of the helpdesks as well. Of an anonymous question
        nothing where few answered then. As a `whole` nothing is told of customers, agents and
        moments, which is faster."""
        whose = await self._accounts.whose()
        one_by_one = survey or await self._are_apart(scale)
        if one_by_one:
            query = _answered(scale, since, until, survey, whole=whole)
            found = _given(await self._rows(query), scale, whose)
        elif whole:
            found = await self._spread(scale, since, until)
        else:
            found = _given(await self._rows(_counted(scale, since, until)), scale, whose)
        if not survey:
            rated = await self._rows(_rated_alike(scale, since, until, whole=whole))
            elsewhere = (_elsewhere(row, scale, whose) for row in rated)
            found += [given for given in elsewhere if given is not None]
        return found

    async def _spread(self, scale: Scale, since: datetime, until: datetime) -> list[Given]:
        """How often each score was given, of questions none of which is apart: counted side by
        side, because a database that groups puts all of them in order first."""
        counts = [func.count().filter(answers.c.score == score) for score in scale.scores]
        found = list[Given]()
        for way in Direction:
            query: Any = select(*counts).where(
                answers.c.scale == scale,
                answers.c.answered_at >= to_ms(since),
                answers.c.answered_at < to_ms(until),
                answers.c.direction == way,
            )
            [row] = await self._rows(query)
            found += [
                Given(scale, score, since, way, times=times)
                for score, times in zip(scale.scores, row, strict=True)
                if times
            ]
        return found

    async def unplaced(self, scale: Scale, since: datetime, until: datetime) -> list[Unplaced]:
        """What of that time `given` leaves out because it was given on another scale."""
        found: dict[tuple[str, float, float], int] = {}
        for row in await self._rows(_rated_alike(scale, since, until, whole=True)):
            if on_our_scale(row.score, row.lowest, row.highest, scale) is None:
                key = (row.source, row.lowest, row.highest)
                found[key] = found.get(key, 0) + row.n
        return [Unplaced(*key, ratings) for key, ratings in sorted(found.items())]

    async def _are_apart(self, scale: Scale) -> bool:
        """Whether the questions of some answers have to be looked at."""
        query = select(asks.c.id).where(asks.c.scale == scale, _IS_APART).limit(1)
        return bool(await self._rows(query))

    async def asked(
        self,
        scale: Scale,
        since: datetime,
        until: datetime,
        *,
        survey: str = "",
        within: Set[int] | None = None,
    ) -> Asked:
        """Of the questions that were asked from `since` to before `until`; of these customers."""
        is_answered = select(answers.c.ask).where(answers.c.ask == asks.c.id).exists()
        each: list[ColumnElement[Any]] = [] if within is None else [asks.c.customer]
        query: Any = (
            select(
                func.count().label("asked"),
                func.count().filter(is_answered).label("answered"),
                *each,
            )
            .where(
                asks.c.scale == scale,
                asks.c.asked_at >= to_ms(since),
                asks.c.asked_at < to_ms(until),
            )
            .group_by(*each)
        )
        if survey:
            query = query.where(func.lower(asks.c.survey) == survey.casefold())
        rows, whose = await self._rows(query), await self._accounts.whose()
        if within is not None:
            rows = [row for row in rows if whose.now(row.customer) in within]
        return Asked(sum(row.asked for row in rows), sum(row.answered for row in rows))

    async def replies(self, since: datetime, until: datetime) -> list[tuple[int | None, bool]]:
        """Of each question that was asked from `since` to before `until`: the customer, None where
        it is not known whose it was, and whether somebody answered."""
        is_answered = select(answers.c.ask).where(answers.c.ask == asks.c.id).exists()
        query: Any = select(asks.c.customer, is_answered.label("answered")).where(
            asks.c.asked_at >= to_ms(since), asks.c.asked_at < to_ms(until)
        )
        whose = await self._accounts.whose()
        rows = await self._rows(query)
        return [(whose.now(row.customer), bool(row.answered)) for row in rows]

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
        """Of each known customer all answers to the questions that it answered on its first day, of
        those that keep who answered: one of these questions is the first one. And what it rated
        elsewhere on its first day there, each time as an answer to a question of its own."""
        of = [answers.c.scale == scale, answers.c.customer.is_not(None)]
        if await self._are_apart(scale):
            nameless = select(asks.c.id).where(asks.c.scale == scale, asks.c.anonymous == 1)
            of.append(answers.c.ask.not_in(nameless))
        begin = func.min(answers.c.answered_at).label("begin")
        first = select(answers.c.customer, begin).where(*of).group_by(answers.c.customer).cte()
        early = (
            select(answers.c.ask)
            .join(first, first.c.customer == answers.c.customer)
            .where(*of, answers.c.answered_at < first.c.begin + _LONGEST_DAY)
        )
        query = select(
            answers.c.customer,
            answers.c.answered_at,
            answers.c.ask,
            answers.c.score,
            answers.c.direction,
        ).where(answers.c.ask.in_(early))
        whose = await self._accounts.whose()
        rows: Sequence[Sequence[Any]] = await self._rows(query)
        return [
            Scored(
                whose.now(customer) or customer, _day(at, zone), ask,
                scale, score, Direction(direction),
            )
            for customer, at, ask, score, direction in rows
        ] + await self._first_rated(scale, zone, whose)  # fmt: skip

    async def _first_rated(self, scale: Scale, zone: tzinfo, whose: Whose) -> list[Scored]:
        begin = func.min(ratings.c.on).label("begin")
        of_scale = select(*_WHO_RATED, begin).where(ratings.c.scale == scale)
        first = of_scale.group_by(*_WHO_RATED).cte()
        query = _EACH_RATED.join(
            first, and_(*(first.c[each.name] == each for each in _WHO_RATED))
        ).where(ratings.c.scale == scale, ratings.c.on < first.c.begin + _LONGEST_DAY)
        found = []
        for row in await self._rows(query):
            given = _elsewhere(row, scale, whose)
            if given is not None and given.customer is not None:
                day, ask = _day(row.at, zone), f"{row.source}:{row.id}"
                found.append(Scored(given.customer, day, ask, scale, given.score, given.direction))
        return found

    async def first_asked(self, scale: Scale, zone: tzinfo) -> Mapping[int, int]:
        """By customer, the day on which it was first asked and could answer with its name."""
        query = (
            select(asks.c.customer, func.min(asks.c.asked_at).label("first"))
            .where(asks.c.scale == scale, asks.c.customer.is_not(None), asks.c.anonymous == 0)
            .group_by(asks.c.customer)
        )
        whose, found = await self._accounts.whose(), dict[int, int]()
        for row in await self._rows(query):
            customer, day = whose.now(row.customer) or row.customer, _day(row.first, zone)
            found[customer] = min(day, found.get(customer, day))
        return found

    async def solved_for(self, zone: tzinfo) -> list[tuple[int, int, timedelta]]:
        """Of every solved ticket of a known customer: who, the day, and how long it took."""
        whose = await self._accounts.whose()
        query = select(*_WHO_ASKED, tickets.c.opened, tickets.c.solved)
        return [
            (customer, _day(row.solved, zone), from_ms(row.solved) - from_ms(row.opened))
            for row in await self._rows(query.where(tickets.c.solved.is_not(None)))
            if (customer := whose.customer(_account(row))) is not None
        ]

    async def said(
        self, scale: Scale | None, since: datetime, until: datetime, *, survey: str = ""
    ) -> list[Said]:
        """The comments on one scale, or on all, in their order; of one survey, or of all and of the
        helpdesks as well. Of an anonymous question none where few answered then."""
        wanted = tuple(Scale) if scale is None else (scale,)
        whose, found = await self._accounts.whose(), []
        for each in wanted:
            query = _answers(each, since, until).where(answers.c.comment != "")
            if survey:
                query = query.where(func.lower(asks.c.survey) == survey.casefold())
            found += [_said(row, whose) for row in await self._rows(query)]
        if not survey:
            rated = await self._rows(_rated(since, until).where(ratings.c.comment != ""))
            found += [_said_elsewhere(row, whose) for row in rated if row.scale in wanted]
        return sorted(found, key=lambda each: each.at)

    async def exported(self, since: datetime, scale: Scale | None) -> list[Exported]:
        """Everything since then, the oldest first; of an anonymous question nothing where few have
        answered since, and never who."""
        last = datetime.max.replace(tzinfo=UTC)
        found = []
        for each in Scale if scale is None else (scale,):
            query = (
                _answers(each, since, last)
                .add_columns(
                    asks.c.anonymous,
                    asks.c.survey,
                    asks.c.channel,
                    customers.c.id.label("theirs"),
                    customers.c.name,
                )
                .outerjoin(customers, customers.c.number == asks.c.customer)
            )
            found += [_exported(row) for row in await self._rows(query)]
        whose, rated = await self._accounts.whose(), await self._rows(_rated(since, last))
        customer_of = {row: whose.customer(_account(row)) for row in rated}
        ids = await self._ids({number for number in customer_of.values() if number is not None})
        found += [
            _exported_rating(row, ids.get(customer or 0, row.account))
            for row, customer in customer_of.items()
            if scale is None or row.scale == scale
        ]
        return sorted(found, key=lambda each: each.at)

    async def last_of(self, wanted: Iterable[int]) -> dict[int, tuple[Given, ...]]:
        """By customer, the newest score on each scale, as far as it is known whose it is."""
        meant = set(wanted)
        found: dict[tuple[int, Scale], Given] = {}
        for given in await self._of(meant) if meant else ():
            if given.customer in meant:
                found[given.customer, given.scale] = given
        of: dict[int, tuple[Given, ...]] = {}
        for (customer, _), given in sorted(
            found.items(), key=lambda each: list(Scale).index(each[0][1])
        ):
            of[customer] = (*of.get(customer, ()), given)
        return of

    async def _of(self, meant: Set[int]) -> list[Given]:
        """All scores of these customers, and some of others, the newest last."""
        whose = await self._accounts.whose()
        records = meant | {old for old, now in whose.into.items() if now in meant}
        given = list[Given]()
        for some in chunks(sorted(records), NAMES_AT_ONCE):
            for scale in Scale:
                query = (
                    select(*_ALIKE, *_HOW_MANY, asks.c.customer)
                    .join(asks, asks.c.id == answers.c.ask)
                    .where(asks.c.customer.in_(some), asks.c.anonymous == 0, asks.c.scale == scale)
                    .group_by(*_ALIKE, asks.c.customer)
                )
                given += _given(await self._rows(query), scale, whose)
        rated_by = {_account(row) for row in await self._rows(select(*_WHO_RATED).distinct())}
        theirs = {each for each in rated_by if whose.customer(each) in meant}
        for few in chunks(sorted({(each.source, each.id) for each in theirs}), _PAIRS_AT_ONCE):
            rated = _EACH_RATED.where(tuple_(ratings.c.source, ratings.c.account).in_(few))
            told = [_elsewhere(row, Scale(row.scale), whose) for row in await self._rows(rated)]
            given += [each for each in told if each is not None]
        return sorted(given, key=lambda each: each.at)

    async def open_tickets(self, customer: int) -> int | None:
        """How many of a customer are not solved; None where no helpdesk is read."""
        known = await self._rows(select(tickets.c.id).limit(1))
        if not known:
            return None
        whose = await self._accounts.whose()
        query = (
            select(*_WHO_ASKED, func.count().label("open"))
            .where(tickets.c.solved.is_(None))
            .group_by(*_WHO_ASKED)
        )
        asked_by = {_account(row): int(row.open) for row in await self._rows(query)}
        return sum(
            count
            for account, count in asked_by.items()
            if whose.customer(account) == whose.now(customer)
        )

    async def last_rated(self, since: datetime) -> dict[int, datetime]:
        """By customer, when it last rated something in a helpdesk since then."""
        whose, found = await self._accounts.whose(), dict[int, datetime]()
        query = (
            select(*_WHO_RATED, func.max(ratings.c.on).label("newest"))
            .where(ratings.c.on >= to_ms(since))
            .group_by(*_WHO_RATED)
        )
        for row in await self._rows(query):
            if (customer := whose.customer(_account(row))) is not None:
                at = from_ms(row.newest)
                found[customer] = max(at, found.get(customer, at))
        return found

    async def last_rated_by(
        self, addresses: Collection[str], since: datetime
    ) -> dict[str, datetime]:
        """By address, as `matching.nameless` leaves it, when its owner last rated something in a
        helpdesk since then."""
        table, found = ratings.c, dict[str, datetime]()
        for some in chunks(sorted(addresses), NAMES_AT_ONCE):
            for column in (table.email, table.requester):
                query = (
                    select(column.label("address"), func.max(table.on).label("newest"))
                    .where(column.in_(some), table.on >= to_ms(since))
                    .group_by(column)
                )
                for row in await self._rows(query):
                    at = from_ms(row.newest)
                    found[row.address] = max(at, found.get(row.address, at))
        return found

    async def _ids(self, numbers: Set[int]) -> dict[int, str]:
        """The first source's ids, by number."""
        table, found = customers.c, dict[int, str]()
        for some in chunks(sorted(numbers), NAMES_AT_ONCE):
            query = select(table.number, table.id).where(table.number.in_(some))
            found |= {row.number: row.id for row in await self._rows(query)}
        return found

    async def _rows(self, query: Select[Any]) -> list[Row[Any]]:
        return await self._database.read(lambda c: list(c.execute(query).all()))


def _answers(scale: Scale, since: datetime, until: datetime) -> Select[Any]:
    """Of an anonymous question none unless enough answered within that time: what a month, or the
    digest of a day, tells of one answer is what one person said."""
    other = answers.alias("other")
    within = (other.c.answered_at >= to_ms(since), other.c.answered_at < to_ms(until))
    count = select(func.count()).where(other.c.ask == asks.c.id, *within).scalar_subquery()
    return (
        select(
            answers.c.ask,
            answers.c.person,
            answers.c.score,
            answers.c.answered_at,
            answers.c.comment,
            answers.c.language,
            asks.c.scale,
            asks.c.direction,
            asks.c.customer,
            asks.c.agent,
        )
        .join(asks, asks.c.id == answers.c.ask)
        .where(asks.c.scale == scale)
        .where(answers.c.answered_at >= to_ms(since), answers.c.answered_at < to_ms(until))
        .where((asks.c.anonymous == 0) | (count >= ANONYMOUS_LEAST))
    )


_ALIKE = (answers.c.direction, answers.c.score)

_IS_APART = text(f"({APART})")


def _counted(scale: Scale, since: datetime, until: datetime) -> Select[Any]:
    """How many of a customer are alike, of questions none of which is apart: from an index
    alone."""
    return (
        select(*_ALIKE, *_HOW_MANY, answers.c.customer)
        .where(answers.c.scale == scale)
        .where(answers.c.answered_at >= to_ms(since), answers.c.answered_at < to_ms(until))
        .group_by(answers.c.customer, *_ALIKE)
    )


def _answered(
    scale: Scale, since: datetime, until: datetime, survey: str, *, whole: bool
) -> Select[Any]:
    """The same, with what only the question tells."""
    also = () if whole else (asks.c.customer, asks.c.agent)
    query = _answers(scale, since, until).with_only_columns(*_ALIKE, *_HOW_MANY, *also)
    query = query.group_by(*_ALIKE, *also)
    return query.where(func.lower(asks.c.survey) == survey.casefold()) if survey else query


_HOW_MANY = (func.count().label("n"), func.max(answers.c.answered_at).label("at"))


def _rated_alike(scale: Scale, since: datetime, until: datetime, *, whole: bool) -> Select[Any]:
    table = ratings.c
    alike = [table.source, table.score, table.lowest, table.highest, table.direction]
    if not whole:
        alike += [table.account, table.account_name, table.email, table.agent, table.agent_name]
    return (
        select(*alike, func.count().label("n"), func.max(table.on).label("at"))
        .where(table.scale == scale, table.on >= to_ms(since), table.on < to_ms(until))
        .group_by(*alike)
    )


_WHO_RATED = (ratings.c.source, ratings.c.account, ratings.c.account_name, ratings.c.email)
_EACH_RATED = select(ratings, ratings.c.on.label("at"), literal(1).label("n"))
"""One by one, as `_rated_alike` has them together."""

_WHO_ASKED = (tickets.c.source, tickets.c.account, tickets.c.account_name, tickets.c.email)


def _rated(since: datetime, until: datetime) -> Select[Any]:
    return select(ratings).where(ratings.c.on >= to_ms(since), ratings.c.on < to_ms(until))


def _account(row: Row[Any]) -> Account:
    return Account(row.source, row.account, row.account_name, row.email)


def _given(rows: Iterable[Sequence[Any]], scale: Scale, whose: Whose) -> list[Given]:
    """Of rows that begin as `_counted` makes them: a hundred thousand, so each is read in place."""
    now, ways = whose.now, {each.value: each for each in Direction}
    return [
        Given(
            scale, score, from_ms(at), ways[direction],
            now(more[0]) if more else None, agent=more[1] if len(more) > 1 else "", times=n,
        )
        for direction, score, n, at, *more in rows
    ]  # fmt: skip


def _elsewhere(row: Row[Any], scale: Scale, whose: Whose) -> Given | None:
    score = on_our_scale(row.score, row.lowest, row.highest, scale)
    if score is None:
        return None
    told = row._mapping
    return Given(
        scale=scale,
        score=score,
        at=from_ms(row.at),
        direction=Direction(row.direction),
        customer=whose.customer(_account(row)) if "account" in told else None,
        origin=row.source,
        agent=told.get("agent_name") or told.get("agent", ""),
        times=row.n,
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
        agent=row.agent,
        ticket="",
        id=hashlib.sha256(f"{row.ask}:{row.person}".encode()).hexdigest()[:16],
    )


def _exported_rating(row: Row[Any], customer: str) -> Exported:
    return Exported(
        at=from_ms(row._mapping["on"]),
        origin=row.source,
        scale=row.scale,
        direction=row.direction,
        score=row.score,
        lowest=row.lowest,
        highest=row.highest,
        comment=row.comment,
        customer=customer,
        name=row.account_name,
        survey="",
        channel="",
        person="",
        agent=row.agent_name or row.agent,
        ticket=row.ticket,
        id=f"{row.source}:{row.id}",
    )


def _said(row: Row[Any], whose: Whose) -> Said:
    where = band(Scale(row.scale), row.score, Direction(row.direction))
    return Said(
        text=row.comment,
        low=where is Band.LOW,
        high=where is Band.HIGH,
        at=from_ms(row.answered_at),
        language=row.language,
        score=row.score,
        highest=Scale(row.scale).scores[-1],
        answer=(row.ask, row.person),
        customer=whose.now(row.customer),
    )


def _said_elsewhere(row: Row[Any], whose: Whose) -> Said:
    """In a language that nobody tells. On a scale that is not ours a comment is of neither end."""
    scale = Scale(row.scale)
    score = on_our_scale(row.score, row.lowest, row.highest, scale)
    where = None if score is None else band(scale, score, Direction(row.direction))
    return Said(
        text=row.comment,
        low=where is Band.LOW,
        high=where is Band.HIGH,
        at=from_ms(row._mapping["on"]),
        language="",
        score=row.score,
        highest=row.highest,
        answer=(row.source, row.id),
        customer=whose.customer(_account(row)),
    )


def _day(ms: int, zone: tzinfo) -> int:
    return day_number(from_ms(ms).astimezone(zone).date())
