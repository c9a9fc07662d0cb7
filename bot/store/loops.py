"""Loops: one for a low answer, whoever finds it; what is said of it is stored with it."""

from collections.abc import Callable, Sequence
from datetime import datetime
from typing import Any

from sqlalchemy import Connection, Row, Select, select, text, update

from bot.domain.loops import Loop, LoopState, Low, rescored
from bot.domain.surveys import Direction, Scale
from bot.store.database import Database
from bot.store.schema import answers, asks, loops
from bot.store.texts import storable
from bot.store.times import from_ms, from_ms_or_none, to_ms

_OPEN = text("""
    INSERT INTO loops (ask, person, opened_at, told_at, state, owner)
    VALUES (:ask, :person, :now, :now, 'open', :owner)
    ON CONFLICT (ask, person) DO NOTHING
    RETURNING id
""")


def open_loop(connection: Connection, low: Low, *, owner: str, now: datetime) -> Loop | None:
    """The loop of this answer; None where there is one already.

    For a transaction that also puts the delivery which tells it.
    """
    values = {"ask": low.ask, "person": low.person, "now": to_ms(now), "owner": owner}
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


def get_loop(connection: Connection, id: int) -> tuple[Loop, str] | None:
    """The loop, for this transaction to change, and what its messages say."""
    query = _query().where(loops.c.id == id).with_for_update(of=loops)
    row = connection.execute(query).first()
    return None if row is None else (_read(row), row.shown)


class Loops:
    def __init__(self, database: Database) -> None:
        self._database = database

    async def get(self, id: int) -> Loop | None:
        row = await self._database.read(
            lambda c: c.execute(_query().where(loops.c.id == id)).first()
        )
        return None if row is None else _read(row)

    async def change(self, id: int, change: Callable[[Loop], Loop]) -> Loop | None:
        """What it has become; None where there is none. `change` may be called twice."""

        def write(connection: Connection) -> Loop | None:
            found = get_loop(connection, id)
            if found is None:
                return None
            changed = change(found[0])
            if changed != found[0]:
                put_loop(connection, changed, shown="")
            return changed

        return await self._database.write(write)

    async def unheard(self, since: datetime) -> list[Low]:
        """Answers since then, to questions that are not anonymous, of which there is no loop: low
        ones and others, in the order in which they were given."""
        query = (
            _answers()
            .outerjoin(loops, (loops.c.ask == answers.c.ask) & (loops.c.person == answers.c.person))
            .where(loops.c.id.is_(None), answers.c.answered_at >= to_ms(since))
        )
        return await self._lows(query)

    async def going(self, since: datetime) -> list[tuple[Loop, str]]:
        """All that are open or taken, all of which something is not shown yet, and those of answers
        since then, which may have changed; with what their messages say."""
        query = _query().where(
            loops.c.state.in_((LoopState.OPEN, LoopState.TAKEN))
            | (loops.c.shown == "")
            | (answers.c.answered_at >= to_ms(since))
            | (answers.c.commented_at >= to_ms(since))
        )
        rows = await self._database.read(lambda c: c.execute(query.order_by(loops.c.id)).all())
        return [(_read(row), row.shown) for row in rows]

    async def open_ones(self) -> list[Loop]:
        """All that are open or taken, oldest first, without those withdrawn meanwhile."""
        waiting = (LoopState.OPEN, LoopState.TAKEN)
        query = _query().where(loops.c.state.in_(waiting)).order_by(loops.c.id)
        rows = await self._database.read(lambda c: c.execute(query).all())
        return [loop for loop in map(_read, rows) if loop.state in waiting]

    async def opened(
        self, since: datetime, until: datetime, scale: Scale | None = None
    ) -> list[Loop]:
        """Those of a scale, or of all, that were opened from `since` to before `until`, in their
        order."""
        of_scale = () if scale is None else (asks.c.scale == scale,)
        query = (
            _query()
            .where(*of_scale)
            .where(loops.c.opened_at >= to_ms(since), loops.c.opened_at < to_ms(until))
            .order_by(loops.c.id)
        )
        rows = await self._database.read(lambda c: c.execute(query).all())
        return [_read(row) for row in rows]

    async def later(self, scale: Scale, since: datetime, persons: Sequence[str]) -> list[Low]:
        """What these people have answered since then."""
        query = _answers().where(
            asks.c.scale == scale,
            answers.c.answered_at >= to_ms(since),
            answers.c.person.in_(list(persons)),
        )
        return await self._lows(query)

    async def earlier(self, low: Low, *, most: int) -> list[Low]:
        """The newest answers of the same account, or where it is not known of the same person, to
        other questions on the same scale before this one; the newest first."""
        same = (
            asks.c.customer == low.customer
            if low.customer is not None
            else answers.c.person == low.person
        )
        query = _answers().where(
            same,
            asks.c.scale == low.scale,
            answers.c.ask != low.ask,
            answers.c.answered_at < to_ms(low.at),
        )
        return list(reversed(await self._lows(query)))[:most]

    async def _lows(self, query: Select[Any]) -> list[Low]:
        ordered = query.order_by(answers.c.answered_at, answers.c.ask, answers.c.person)
        rows = await self._database.read(lambda c: c.execute(ordered).all())
        return [_read_low(row) for row in rows]


_LOW = (
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


def _answers() -> Select[Any]:
    return select(*_LOW).join(asks, asks.c.id == answers.c.ask).where(asks.c.anonymous == 0)


def _query() -> Select[Any]:
    """With the answer as it is now: nothing that somebody said is kept twice."""
    also = [column for column in loops.columns if column.name not in ("ask", "person")]
    return (
        select(*_LOW, *also)
        .select_from(loops)
        .join(asks, asks.c.id == loops.c.ask)
        .join(answers, (answers.c.ask == loops.c.ask) & (answers.c.person == loops.c.person))
    )


def _read_low(row: Row[Any]) -> Low:
    return Low(
        ask=row.ask,
        person=row.person,
        scale=Scale(row.scale),
        score=row.score,
        direction=Direction(row.direction),
        channel=row.channel,
        at=from_ms(row.answered_at),
        comment=row.comment,
        customer=row.customer,
    )


def _read(row: Row[Any]) -> Loop:
    low = _read_low(row)
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
