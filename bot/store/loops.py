"""Loops: one for a low answer, or a low rating of a helpdesk, whoever finds it; what is said of it
is stored with it."""

from collections.abc import Callable, Mapping, Sequence
from datetime import datetime
from typing import Any

from sqlalchemy import Connection, Row, Select, and_, or_, select, text, tuple_, update

from bot.domain.loops import Loop, LoopState, Low, Rated, rescored
from bot.domain.surveys import Direction, Scale
from bot.domain.whose import Account, Whose
from bot.store.accounts import Accounts
from bot.store.database import Database
from bot.store.schema import answers, asks, loops, ratings
from bot.store.texts import storable
from bot.store.times import from_ms, from_ms_or_none, to_ms

_OPEN = text("""
    INSERT INTO loops (ask, person, source, rating, opened_at, told_at, state, owner)
    VALUES (:ask, :person, :source, :rating, :now, :now, 'open', :owner)
    ON CONFLICT DO NOTHING
    RETURNING id
""")


def open_loop(connection: Connection, low: Low, *, owner: str, now: datetime) -> Loop | None:
    """The loop of this answer; None where there is one already.

    For a transaction that also puts the delivery which tells it.
    """
    values = {
        "ask": low.ask or None,
        "person": low.person,
        "source": low.rated.source if low.rated else None,
        "rating": low.rated.id if low.rated else None,
        "now": to_ms(now),
        "owner": owner,
    }
    id = connection.scalar(_OPEN, values)
    return None if id is None else Loop(id, low, opened_at=now, told_at=now, owner=owner)


def put_loop(connection: Connection, loop: Loop, *, shown: str) -> None:
    """As it is now. `shown` stands for what its messages say from this transaction on; "" for what
    is not shown yet."""
    values: dict[str, Any] = {
        "shown": shown,
        "state": loop.state,
        "step": loop.step,
        "told_at": _ms(loop.told_at),
        "taken_by": loop.taken_by,
        "taken_at": _ms(loop.taken_at),
        "replied_at": _ms(loop.replied_at),
        "closed_by": loop.closed_by,
        "closed_at": _ms(loop.closed_at),
        "cause": storable(loop.cause),
        "action": storable(loop.action),
    }
    connection.execute(update(loops).where(loops.c.id == loop.id).values(**values)).close()


def get_loop(connection: Connection, id: int, whose: Whose) -> tuple[Loop, str] | None:
    """The loop, for this transaction to change, and what its messages say."""
    query = _query().where(loops.c.id == id).with_for_update(of=loops)
    row = connection.execute(query).first()
    return None if row is None else (_read(row, whose), row.shown)


class Loops:
    def __init__(self, database: Database, accounts: Accounts) -> None:
        self._database = database
        self._accounts = accounts

    async def get(self, id: int) -> Loop | None:
        found = await self._loops(_query().where(loops.c.id == id))
        return found[0][0] if found else None

    async def change(self, id: int, change: Callable[[Loop], Loop]) -> Loop | None:
        """What it has become; None where there is none. `change` may be called twice."""
        whose = await self._accounts.whose()

        def write(connection: Connection) -> Loop | None:
            found = get_loop(connection, id, whose)
            if found is None:
                return None
            changed = change(found[0])
            if changed != found[0]:
                put_loop(connection, changed, shown="")
            return changed

        return await self._database.write(write)

    async def whose(self) -> Whose:
        """For `get_loop`."""
        return await self._accounts.whose()

    async def unheard(self, since: datetime) -> list[Low]:
        """Answers since then, to questions that are not anonymous, of which there is no loop: low
        ones and others, in the order in which they were given."""
        query = (
            _answers()
            .outerjoin(loops, (loops.c.ask == answers.c.ask) & (loops.c.person == answers.c.person))
            .where(loops.c.id.is_(None), answers.c.answered_at >= to_ms(since))
        )
        return await self._lows(query)

    async def unheard_ratings(self, since: Mapping[str, datetime], touched: datetime) -> list[Low]:
        """The same of ratings that were given, by the names of helpdesks, since then; of these the
        ones that were given or changed since `touched`."""
        ms = to_ms(touched)
        lately = (ratings.c.on >= ms) | (ratings.c.changed >= ms)
        mine = (loops.c.source == ratings.c.source) & (loops.c.rating == ratings.c.id)
        given = [
            (ratings.c.source == name) & (ratings.c.on >= to_ms(when))
            for name, when in since.items()
        ]
        if not given:
            return []
        query = select(*_RATING).outerjoin(loops, mine).where(loops.c.id.is_(None), lately)
        query = query.where(or_(*given))
        return await self._ratings(query)

    async def going(self, since: datetime) -> list[tuple[Loop, str]]:
        """All that are open or taken, all of which something is not shown yet, and those of answers
        since then, which may have changed; with what their messages say."""
        ms = to_ms(since)
        moments = (
            answers.c.answered_at,
            answers.c.commented_at,
            ratings.c.on,
            ratings.c.changed,
        )
        query = _query().where(
            loops.c.state.in_((LoopState.OPEN, LoopState.TAKEN))
            | (loops.c.shown == "")
            | or_(*(moment >= ms for moment in moments))
        )
        return await self._loops(query)

    async def open_ones(self) -> list[Loop]:
        """All that are open or taken, oldest first, without those withdrawn meanwhile."""
        waiting = (LoopState.OPEN, LoopState.TAKEN)
        found = await self._loops(_query().where(loops.c.state.in_(waiting)))
        return [loop for loop, _ in found if loop.state in waiting]

    async def opened(
        self, since: datetime, until: datetime, scale: Scale | None = None
    ) -> list[Loop]:
        """Those of a scale, or of all, that were opened from `since` to before `until`, in their
        order."""
        ofs = () if scale is None else ((asks.c.scale == scale) | (ratings.c.scale == scale),)
        began = (loops.c.opened_at >= to_ms(since), loops.c.opened_at < to_ms(until))
        return [loop for loop, _ in await self._loops(_query().where(*ofs, *began))]

    async def later(self, scale: Scale, since: datetime, lows: Sequence[Low]) -> list[Low]:
        """What the authors of these have answered, or rated, since then."""
        authors = {low.author for low in lows if low.author is not None}
        here = sorted(person for source, person in authors if not source)
        there = sorted(author for author in authors if author[0])
        ms, found = to_ms(since), list[Low]()
        if here:
            found += await self._lows(
                _answers().where(
                    asks.c.scale == scale,
                    answers.c.answered_at >= ms,
                    answers.c.person.in_(here),
                )
            )
        if there:
            author = tuple_(ratings.c.source, ratings.c.requester)
            found += await self._ratings(
                select(*_RATING).where(
                    ratings.c.scale == scale, ratings.c.on >= ms, author.in_(there)
                )
            )
        return found

    async def earlier(self, low: Low, *, most: int) -> list[Low]:
        """The newest answers and ratings of the same account, or where it is not known of the same
        person, on the same scale before this one, but for those to the same question; the newest
        first."""
        whose, ms = await self._accounts.whose(), to_ms(low.at)
        before = _answers().where(
            asks.c.scale == low.scale, answers.c.ask != low.ask, answers.c.answered_at < ms
        )
        rated = select(*_RATING).where(ratings.c.scale == low.scale, ratings.c.on < ms)
        found: list[Low] = []
        if low.customer is not None:
            records = whose.records_of(low.customer)
            found = await self._lows(before.where(asks.c.customer.in_(records)))
            theirs = await self._accounts_of(low.customer, whose)
            told = await self._ratings(
                rated.where(tuple_(ratings.c.source, ratings.c.account).in_(theirs))
            )
            found += [
                each for each in told if each.customer == low.customer and each.key != low.key
            ]
        elif low.rated is None:
            found = await self._lows(before.where(answers.c.person == low.person))
        elif low.rated.requester:
            author = tuple_(ratings.c.source, ratings.c.requester)
            found = await self._ratings(rated.where(author.in_([low.author])))
        return sorted(found, key=lambda each: each.at, reverse=True)[:most]

    async def _accounts_of(self, customer: int, whose: Whose) -> list[tuple[str, str]]:
        """Helpdesks and ids there under which a customer has rated; also "" for who is found by
        their address alone."""
        who = (ratings.c.source, ratings.c.account, ratings.c.account_name, ratings.c.email)
        query = select(*who).distinct()
        rows = await self._database.read(lambda c: c.execute(query).all())
        accounts = (Account(*row) for row in rows)
        return sorted(
            {(each.source, each.id) for each in accounts if whose.customer(each) == customer}
        )

    async def _loops(self, query: Select[Any]) -> list[tuple[Loop, str]]:
        """With what their messages say, the oldest first."""
        whose = await self._accounts.whose()
        ordered = query.order_by(loops.c.id)
        rows = await self._database.read(lambda c: c.execute(ordered).all())
        return [(_read(row, whose), row.shown) for row in rows]

    async def _lows(self, query: Select[Any]) -> list[Low]:
        whose = await self._accounts.whose()
        ordered = query.order_by(answers.c.answered_at, answers.c.ask, answers.c.person)
        rows = await self._database.read(lambda c: c.execute(ordered).all())
        return [_read_answer(row, whose) for row in rows]

    async def _ratings(self, query: Select[Any]) -> list[Low]:
        whose = await self._accounts.whose()
        ordered = query.order_by(ratings.c.on, ratings.c.source, ratings.c.id)
        rows = await self._database.read(lambda c: c.execute(ordered).all())
        return [_read_rating(row, whose) for row in rows]


_ANSWER = (
    answers.c.ask,
    answers.c.person,
    asks.c.scale,
    answers.c.score,
    asks.c.direction,
    asks.c.channel,
    answers.c.answered_at,
    answers.c.comment,
    asks.c.customer,
)

_RATING = tuple(column.label(f"rating_{column.name}") for column in ratings.columns)


def _answers() -> Select[Any]:
    return select(*_ANSWER).join(asks, asks.c.id == answers.c.ask).where(asks.c.anonymous == 0)


def _query() -> Select[Any]:
    """With the answer or the rating as it is now: nothing that somebody said is kept twice."""
    of = ("ask", "person", "source", "rating")
    also = [column for column in loops.columns if column.name not in of]
    answered = and_(answers.c.ask == loops.c.ask, answers.c.person == loops.c.person)
    rated = and_(ratings.c.source == loops.c.source, ratings.c.id == loops.c.rating)
    return (
        select(*_ANSWER, *_RATING, *also)
        .select_from(loops)
        .outerjoin(asks, asks.c.id == loops.c.ask)
        .outerjoin(answers, answered)
        .outerjoin(ratings, rated)
        .where(answers.c.ask.is_not(None) | ratings.c.id.is_not(None))
    )


def _read_answer(row: Row[Any], whose: Whose) -> Low:
    return Low(
        ask=row.ask,
        person=row.person,
        scale=Scale(row.scale),
        score=row.score,
        direction=Direction(row.direction),
        channel=row.channel,
        at=from_ms(row.answered_at),
        comment=row.comment,
        customer=whose.now(row.customer),
    )


def _read_rating(row: Row[Any], whose: Whose) -> Low:
    account = Account(
        row.rating_source, row.rating_account, row.rating_account_name, row.rating_email
    )
    return Low(
        ask="",
        person="",
        scale=Scale(row.rating_scale),
        score=row.rating_score,
        direction=Direction(row.rating_direction),
        channel="",
        at=from_ms(row.rating_on),
        comment=row.rating_comment,
        customer=whose.customer(account),
        rated=Rated(
            source=row.rating_source,
            id=row.rating_id,
            lowest=row.rating_lowest,
            highest=row.rating_highest,
            requester=row.rating_requester,
            ticket=row.rating_ticket,
            agent=row.rating_agent_name or row.rating_agent,
        ),
    )


def _read(row: Row[Any], whose: Whose) -> Loop:
    low = _read_rating(row, whose) if row.ask is None else _read_answer(row, whose)
    loop = Loop(
        id=row.id,
        of=low,
        opened_at=from_ms(row.opened_at),
        state=LoopState(row.state),
        owner=row.owner,
        step=row.step,
        told_at=from_ms_or_none(row.told_at),
        taken_by=row.taken_by,
        taken_at=from_ms_or_none(row.taken_at),
        replied_at=from_ms_or_none(row.replied_at),
        closed_by=row.closed_by,
        closed_at=from_ms_or_none(row.closed_at),
        cause=row.cause,
        action=row.action,
    )
    return rescored(loop, low)


def _ms(moment: datetime | None) -> int | None:
    return None if moment is None else to_ms(moment)
