"""Rows of the table `pulls`: read as Pull, and brought to a state that they stay in."""

from collections.abc import Mapping
from datetime import datetime
from typing import Any

import msgspec
from sqlalchemy import ColumnElement, Connection, Row, Select, and_, delete, select, update

from bot.domain.pulls import Pull, PullState
from bot.store.schema import held, pulls
from bot.store.times import from_ms, from_ms_or_none, to_ms

OVERTAKEN = "A newer pull was believed first."


def read_pull(row: Row[Any]) -> Pull:
    return Pull(
        id=row.id,
        source=row.source,
        definition=row.definition,
        started_at=from_ms(row.started_at),
        state=PullState(row.state),
        finished_at=from_ms_or_none(row.finished_at),
        records=row.records,
        customers=row.customers,
        vanished=row.vanished,
        today=row.today,
        known_from=row.known_from,
        trusted_from=row.trusted_from,
        sentence=row.sentence,
        base=row.base,
        evidence=row.evidence,
        asked=row.asked,
        note=row.note,
        left_out=None if row.left_out is None else read_left_out(row.left_out),
    )


def read_left_out(told: str) -> dict[str, int]:
    return msgspec.json.decode(told, type=dict[str, int])


def write_left_out(left_out: Mapping[str, int]) -> str:
    return msgspec.json.encode(left_out, order="sorted").decode()


def newest_believed(
    connection: Connection, source: str, *, by: datetime | None = None
) -> Pull | None:
    """The pull that the figures are made of; with `by`, that they were made of at that moment."""
    query = (
        select(pulls)
        .where(pulls.c.source == source, pulls.c.state == PullState.BELIEVED)
        .order_by(pulls.c.id.desc())
        .limit(1)
    )
    if by is not None:
        query = query.where(pulls.c.finished_at <= to_ms(by))
    row = connection.execute(query).first()
    return None if row is None else read_pull(row)


def believed_by(source: str, newest: int) -> Select[tuple[int]]:
    """The ids of the pulls that count after the pull `newest`."""
    return select(pulls.c.id).where(
        pulls.c.source == source, pulls.c.state == PullState.BELIEVED, pulls.c.id <= newest
    )


def close(connection: Connection, pull: int, state: PullState, now: datetime, **found: Any) -> Pull:
    """The pull in its new state; or as it is, if it is neither running nor held any more."""
    row = connection.execute(
        update(pulls)
        .where(pulls.c.id == pull, pulls.c.state.in_((PullState.RUNNING, PullState.HELD)))
        .values(state=state, finished_at=to_ms(now), **found)
        .returning(pulls)
    ).first()
    return read_pull(row or connection.execute(select(pulls).where(pulls.c.id == pull)).one())


def overtake(connection: Connection, pull: Pull, now: datetime) -> None:
    """Once `pull` is believed, what is older and runs or is held has nothing to say any more."""
    connection.execute(
        update(pulls)
        .where(_older(pull), pulls.c.state == PullState.RUNNING)
        .values(state=PullState.FAILED, sentence=OVERTAKEN, finished_at=to_ms(now))
    )
    discard_older(connection, pull, OVERTAKEN, now)
    forget_held(connection, pull)


def discard_older(connection: Connection, pull: Pull, sentence: str, now: datetime) -> None:
    connection.execute(
        update(pulls)
        .where(_older(pull), pulls.c.state == PullState.HELD)
        .values(state=PullState.DISCARDED, sentence=sentence, finished_at=to_ms(now))
    )
    older = select(pulls.c.id).where(_older(pull))
    connection.execute(delete(held).where(held.c.pull.in_(older)))


def forget_held(connection: Connection, pull: Pull) -> None:
    """Its evidence, if it was held."""
    connection.execute(delete(held).where(held.c.pull == pull.id))


def _older(pull: Pull) -> ColumnElement[bool]:
    return and_(pulls.c.source == pull.source, pulls.c.id < pull.id)
