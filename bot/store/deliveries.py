"""Deliveries: messages that must reach Slack once. Claimed, posted, then marked.

        put ──▶ waiting ──claim_next──▶ posting ──sent──▶ sent
                   ▲                      │ │ └─failed──▶ failed
                   └───────retry_at───────┘ └─uncertain, or its lease expired──▶ uncertain

What failed or is uncertain goes back to `waiting`, or is `dismissed`, on a person's word.

A post in `uncertain` may stand in Slack or not; who claims it and looks says what it is.
An update says the same however often it is made, so it goes back to `waiting` instead. Of several
updates of one message that wait, the newest stands for all: the older are `replaced`.
"""

import json
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from enum import StrEnum
from functools import cache
from typing import Any

import msgspec
from sqlalchemy import (
    ColumnElement,
    Connection,
    Row,
    Select,
    and_,
    case,
    exists,
    func,
    or_,
    select,
    text,
    update,
)

from bot.messages.blocks import Message, Picture
from bot.store.database import Database
from bot.store.schema import deliveries, incidents
from bot.store.times import from_ms, from_ms_or_none, to_ms


class Kind(StrEnum):
    POST = "post"
    UPDATE = "update"


class Audience(StrEnum):
    """Who may see it."""

    COMPANY = "company"
    """Figures and names: never in a channel that is shared with people from outside."""
    CUSTOMERS = "customers"
    """What customers are asked."""


class DeliveryState(StrEnum):
    WAITING = "waiting"
    POSTING = "posting"
    UNCERTAIN = "uncertain"
    SENT = "sent"
    FAILED = "failed"
    REPLACED = "replaced"
    """An update that a newer one of the same message has overtaken."""
    DISMISSED = "dismissed"
    """It failed, and a person said that it need not be sent."""


@dataclass(frozen=True, slots=True)
class Delivery:
    key: str
    """Names the message, so that it is one however often it is put: "weekly:C024:2026-11-16"."""
    channel: str
    message: Message
    created_at: datetime
    kind: Kind = Kind.POST
    audience: Audience = Audience.COMPANY
    thread_ts: str = ""
    edits: str = ""
    """Of an update: the key of the post that it changes, whose `ts` it then waits for."""
    answers: str = ""
    """Of a reply in a thread: the key of the post that begins it, whose `ts` it then waits for."""
    ts: str = ""
    """Of a post, where it stands in Slack; of an update, which message it changes."""
    state: DeliveryState = DeliveryState.WAITING
    attempts: int = 0
    not_before: datetime | None = None
    claimed_by: str = ""
    claimed_until: datetime | None = None
    sentence: str = ""
    """Why the last attempt did not succeed."""
    sent_at: datetime | None = None


@dataclass(frozen=True, slots=True)
class Instead:
    """What is posted because a delivery is lost."""

    posts: tuple[Delivery, ...] = ()
    moved: tuple[str, str] | None = None
    """The key of a message, and that of the one of the posts that stands for it from now on: what
    was to change the first, or to answer it, is for the second, and so is the incident whose
    message it was."""


_PUT = text("""
    INSERT INTO deliveries
        (key, kind, channel, audience, thread_ts, edits, answers, ts, message, state, not_before,
         created_at)
    VALUES
        (:key, :kind, :channel, :audience, :thread_ts, :edits, :answers, :ts, :message, 'waiting',
         :not_before, :now)
    ON CONFLICT (key) DO NOTHING
    RETURNING id
""")

_post = deliveries.alias("post")
_other = deliveries.alias("other")


def put(connection: Connection, delivery: Delivery) -> Delivery:
    """The delivery with this key, which is the older one if there is one.

    For a transaction that also writes its cause, such as an incident. An update names its post by
    key (`edits`) or, where it was not ours to deliver, by `ts`; else ValueError.
    """
    if delivery.kind is Kind.UPDATE and not (delivery.edits or delivery.ts):
        raise ValueError(f"{delivery.key} does not say which message it changes")
    now = to_ms(delivery.created_at)
    values = {
        "key": delivery.key,
        "kind": delivery.kind,
        "channel": delivery.channel,
        "audience": delivery.audience,
        "thread_ts": delivery.thread_ts,
        "edits": delivery.edits,
        "answers": delivery.answers,
        "ts": delivery.ts,
        "message": _as_json(delivery.message),
        "not_before": now if delivery.not_before is None else to_ms(delivery.not_before),
        "now": now,
    }
    connection.execute(_PUT, values).close()
    _settle_updates(connection)
    return _read(connection.execute(_by_key(delivery.key)).one())


def place_of(connection: Connection, key: str) -> str:
    """Where the message with this key was to go, whatever config.yaml says now; "" of no such."""
    return connection.scalar(select(deliveries.c.channel).where(deliveries.c.key == key)) or ""


class Deliveries:
    def __init__(self, database: Database) -> None:
        self._database = database

    async def put(self, delivery: Delivery) -> Delivery:
        """See the function of this name."""
        return await self._database.write(lambda c: put(c, delivery))

    async def claim_next(self, holder: str, now: datetime, lease: timedelta) -> Delivery | None:
        """The oldest that is due, now `posting` and this holder's until the lease ends.

        The lease must be longer than the longest that Slack may take to answer. Nobody else gets
        it; who asks at the same moment gets the next one.
        """
        return await self._database.write(lambda c: _claim_next(c, holder, now, lease))

    async def next_due(self) -> datetime | None:
        """When the first that waits may be claimed; may have passed. None if none waits."""
        return from_ms_or_none(await self._database.read(lambda c: c.scalar(_first_due())))

    async def due_posts(self, now: datetime) -> int:
        """How many posts may be claimed by now."""
        query = select(func.count()).where(
            _ready(), deliveries.c.kind == Kind.POST, deliveries.c.not_before <= to_ms(now)
        )
        return await self._database.read(lambda c: c.scalar(query)) or 0

    async def claim_uncertain(
        self, holder: str, now: datetime, lease: timedelta
    ) -> Delivery | None:
        """The oldest whose outcome nobody knows or is looking up, for this holder to look up."""
        return await self._database.write(lambda c: _claim_uncertain(c, holder, now, lease))

    async def sent(self, key: str, ts: str, now: datetime) -> None:
        """Slack has it. That is so whoever says it, and however late."""
        query = (
            update(deliveries)
            .where(deliveries.c.key == key, deliveries.c.state != DeliveryState.SENT)
            .values(state=DeliveryState.SENT, ts=ts, sent_at=to_ms(now), sentence="", **_UNCLAIMED)
        )
        await self._database.write(lambda c: c.execute(query).close())

    async def retry_at(self, key: str, when: datetime, sentence: str, *, holder: str) -> bool:
        """Slack surely does not have it, and may take it later.

        This and the next two say whether it was still the holder's to say: after its lease has
        expired it is another's.
        """
        values: dict[str, Any] = {"not_before": to_ms(when), "sentence": sentence}
        return await self._give_back(key, holder, state=DeliveryState.WAITING, **values)

    async def uncertain(self, key: str, when: datetime, sentence: str, *, holder: str) -> bool:
        """The outcome is not known, and may be looked up from `when` on. An update waits again."""
        values: dict[str, Any] = {"not_before": to_ms(when), "sentence": sentence}
        return await self._give_back(key, holder, state=_UNKNOWN_OUTCOME, **values)

    async def failed(
        self, key: str, sentence: str, *, holder: str, instead: Instead | None = None
    ) -> bool:
        """Slack will never take it; a person must act. What is posted instead is put with it."""

        def put_instead(connection: Connection) -> None:
            if instead is not None:
                if instead.moved is not None:
                    _move(connection, *instead.moved, instead.posts)
                for post in instead.posts:
                    put(connection, post)

        values: dict[str, Any] = {"state": DeliveryState.FAILED, "sentence": sentence}
        return await self._give_back(key, holder, also=put_instead, **values)

    async def again(self, key: str, now: datetime) -> Delivery | None:
        """One that failed, or of which nobody knows, waits to be posted; None of any other."""
        return await self._decide(
            key, state=DeliveryState.WAITING, not_before=to_ms(now), sentence=""
        )

    async def dismiss(self, key: str) -> Delivery | None:
        """The same, but it is not posted any more."""
        return await self._decide(key, state=DeliveryState.DISMISSED)

    async def _decide(self, key: str, **values: Any) -> Delivery | None:
        query = (
            update(deliveries)
            .where(
                deliveries.c.key == key,
                deliveries.c.state.in_((DeliveryState.FAILED, DeliveryState.UNCERTAIN)),
            )
            .values(**values, **_UNCLAIMED)
            .returning(deliveries)
        )

        def decide(connection: Connection) -> Delivery | None:
            row = connection.execute(query).first()
            return None if row is None else _read(row)

        return await self._database.write(decide)

    async def expired(self, now: datetime) -> list[Delivery]:
        """Whose holder has not said anything within its lease, in their new state."""
        query = (
            update(deliveries)
            .where(
                deliveries.c.state == DeliveryState.POSTING,
                deliveries.c.claimed_until <= to_ms(now),
            )
            .values(
                state=_UNKNOWN_OUTCOME,
                sentence="The process that posted it ended before it knew whether Slack took it.",
                **_UNCLAIMED,
            )
            .returning(deliveries.c.id)
        )

        def expire(connection: Connection) -> list[Delivery]:
            ids = connection.scalars(query).all()
            _settle_updates(connection)
            changed = select(deliveries).where(deliveries.c.id.in_(ids)).order_by(deliveries.c.id)
            return [_read(row) for row in connection.execute(changed)]

        return await self._database.write(expire)

    async def get(self, key: str) -> Delivery | None:
        row = await self._database.read(lambda c: c.execute(_by_key(key)).first())
        return None if row is None else _read(row)

    async def undelivered(self) -> list[Delivery]:
        """All that wait, are being posted, are uncertain or have failed, oldest first."""
        query = select(deliveries).where(deliveries.c.state.not_in(_OVER)).order_by(deliveries.c.id)
        return await self._database.read(lambda c: [_read(row) for row in c.execute(query)])

    async def forget(self, before: datetime) -> int:
        """Of what was delivered before then, forget the words, and keep that it was delivered and
        where it stands: a message may still be changed. Says how many; a few thousand at most."""
        old = (
            select(deliveries.c.id)
            .where(
                deliveries.c.state.in_(_OVER),
                deliveries.c.created_at < to_ms(before),
                deliveries.c.message != _FORGOTTEN,
            )
            .limit(_FORGOTTEN_AT_ONCE)
        )
        query = update(deliveries).where(deliveries.c.id.in_(old)).values(message=_FORGOTTEN)
        return await self._database.write(lambda c: c.execute(query).rowcount)

    async def _give_back(
        self,
        key: str,
        holder: str,
        *,
        also: Callable[[Connection], None] = lambda connection: None,
        **values: Any,
    ) -> bool:
        query = (
            update(deliveries)
            .where(deliveries.c.key == key, deliveries.c.claimed_by == holder)
            .where(deliveries.c.state.in_((DeliveryState.POSTING, DeliveryState.UNCERTAIN)))
            .values(**values, **_UNCLAIMED)
        )

        def give_back(connection: Connection) -> bool:
            was_theirs = connection.execute(query).rowcount == 1
            if was_theirs:
                also(connection)
            _settle_updates(connection)
            return was_theirs

        return await self._database.write(give_back)


_OVER = (DeliveryState.SENT, DeliveryState.REPLACED, DeliveryState.DISMISSED)

_FORGOTTEN = '{"text": "", "blocks": [], "fallback": null}'
_FORGOTTEN_AT_ONCE = 5000
"""So that no other write waits for long; the rest is forgotten another day."""

_UNCLAIMED: dict[str, Any] = {"claimed_by": "", "claimed_until": None}
_UNKNOWN_OUTCOME = case(
    (deliveries.c.kind == Kind.UPDATE, DeliveryState.WAITING), else_=DeliveryState.UNCERTAIN
)


def _by_key(key: str) -> Select[Any]:
    return select(deliveries).where(deliveries.c.key == key)


def _claim_next(
    connection: Connection, holder: str, now: datetime, lease: timedelta
) -> Delivery | None:
    due = (
        select(deliveries.c.id)
        .where(_ready(), deliveries.c.not_before <= to_ms(now))
        .order_by(deliveries.c.id)
        .limit(1)
        .with_for_update(skip_locked=True)  # nothing on SQLite, which has one writer
    )
    id = connection.scalar(due)
    if id is None:
        return None
    row = connection.execute(
        update(deliveries)
        .where(deliveries.c.id == id)
        .values(
            state=DeliveryState.POSTING,
            claimed_by=holder,
            claimed_until=to_ms(now + lease),
            attempts=deliveries.c.attempts + 1,
            ts=case((deliveries.c.edits == "", deliveries.c.ts), else_=_ts_of_post()),
            thread_ts=case(
                (deliveries.c.answers == "", deliveries.c.thread_ts), else_=_ts_of_answered()
            ),
        )
        .returning(deliveries)
    ).one()
    return _read(row)


def _claim_uncertain(
    connection: Connection, holder: str, now: datetime, lease: timedelta
) -> Delivery | None:
    free = or_(deliveries.c.claimed_until.is_(None), deliveries.c.claimed_until <= to_ms(now))
    oldest = (
        select(deliveries.c.id)
        .where(deliveries.c.state == DeliveryState.UNCERTAIN, free)
        .where(deliveries.c.not_before <= to_ms(now))
        .order_by(deliveries.c.id)
        .limit(1)
        .with_for_update(skip_locked=True)
    )
    row = connection.execute(
        update(deliveries)
        .where(deliveries.c.id == connection.scalar(oldest))
        .values(claimed_by=holder, claimed_until=to_ms(now + lease))
        .returning(deliveries)
    ).first()
    return None if row is None else _read(row)


def _move(connection: Connection, key: str, to: str, posts: Sequence[Delivery]) -> None:
    """Before they are put: what waits for a message that is lost is lost with it."""
    channel = next(post.channel for post in posts if post.key == to)
    waiting = deliveries.c.state == DeliveryState.WAITING
    for column in (deliveries.c.edits, deliveries.c.answers):
        connection.execute(
            update(deliveries)
            .where(waiting, column == key)
            .values({column: to, deliveries.c.channel: channel})
        ).close()
    connection.execute(
        update(incidents).where(incidents.c.delivery == key).values(delivery=to)
    ).close()


@cache
def _ready() -> ColumnElement[bool]:
    """Waiting; an update only once its message stands in Slack and no other one is on its way, a
    reply only once the post that begins its thread does, and after what was to change that."""
    before_it = exists().where(
        _other.c.kind == Kind.UPDATE,
        _other.c.state.in_((DeliveryState.WAITING, DeliveryState.POSTING)),
        _other.c.edits == deliveries.c.answers,
        _other.c.id < deliveries.c.id,
    )
    on_its_way = exists().where(_other.c.state == DeliveryState.POSTING, _changes_the_same())
    return and_(
        deliveries.c.state == DeliveryState.WAITING,
        or_(
            and_(
                deliveries.c.kind == Kind.POST,
                or_(deliveries.c.answers == "", and_(_ts_of_answered() != "", ~before_it)),
            ),
            and_(
                deliveries.c.kind == Kind.UPDATE,
                or_(deliveries.c.edits == "", _ts_of_post() != ""),
                ~on_its_way,
            ),
        ),
    )


@cache
def _first_due() -> Select[int | None]:
    """Made once: it is asked at every look, and to make it takes longer than to answer it."""
    return select(func.min(deliveries.c.not_before)).where(_ready())


def _settle_updates(connection: Connection) -> None:
    """Updates that wait for nothing: a newer one is there, or their message never will be."""
    waiting = and_(deliveries.c.state == DeliveryState.WAITING, deliveries.c.kind == Kind.UPDATE)
    newer = exists().where(
        _changes_the_same(),
        _other.c.id > deliveries.c.id,
        _other.c.state != DeliveryState.FAILED,
    )
    connection.execute(
        update(deliveries).where(waiting, newer).values(state=DeliveryState.REPLACED)
    )
    never = exists().where(_post.c.key == deliveries.c.edits, _post.c.state == DeliveryState.FAILED)
    connection.execute(
        update(deliveries)
        .where(waiting, never)
        .values(state=DeliveryState.FAILED, sentence="The message that it changes never arrived.")
    )
    unanswerable = exists().where(
        _post.c.key == deliveries.c.answers, _post.c.state == DeliveryState.FAILED
    )
    connection.execute(
        update(deliveries)
        .where(deliveries.c.state == DeliveryState.WAITING, unanswerable)
        .values(state=DeliveryState.FAILED, sentence="The message that it answers never arrived.")
    )


def _changes_the_same() -> ColumnElement[bool]:
    """Whether the update `_other` is of the same message."""
    return and_(
        _other.c.kind == Kind.UPDATE,
        _other.c.channel == deliveries.c.channel,
        _other.c.edits == deliveries.c.edits,
        or_(deliveries.c.edits != "", _other.c.ts == deliveries.c.ts),
    )


def _ts_of_post() -> ColumnElement[str]:
    sent = (_post.c.key == deliveries.c.edits) & (_post.c.state == DeliveryState.SENT)
    return select(_post.c.ts).where(sent).scalar_subquery()


def _ts_of_answered() -> ColumnElement[str]:
    sent = (_post.c.key == deliveries.c.answers) & (_post.c.state == DeliveryState.SENT)
    return select(_post.c.ts).where(sent).scalar_subquery()


def _as_json(message: Message) -> str:
    parts: dict[str, Any] = {
        "text": message.text,
        "blocks": message.blocks,
        "fallback": message.fallback,
    }
    if message.picture is not None:
        parts["picture"] = msgspec.to_builtins(message.picture)
    return json.dumps(parts)


def _message(stored: str) -> Message:
    parts = json.loads(stored)
    fallback = parts["fallback"]
    return Message(
        text=parts["text"],
        blocks=tuple(parts["blocks"]),
        fallback=None if fallback is None else tuple(fallback),
        picture=msgspec.convert(parts["picture"], Picture) if "picture" in parts else None,
    )


def _read(row: Row[Any]) -> Delivery:
    return Delivery(
        key=row.key,
        channel=row.channel,
        message=_message(row.message),
        created_at=from_ms(row.created_at),
        kind=Kind(row.kind),
        audience=Audience(row.audience),
        thread_ts=row.thread_ts,
        edits=row.edits,
        answers=row.answers,
        ts=row.ts,
        state=DeliveryState(row.state),
        attempts=row.attempts,
        not_before=from_ms(row.not_before),
        claimed_by=row.claimed_by,
        claimed_until=from_ms_or_none(row.claimed_until),
        sentence=row.sentence,
        sent_at=from_ms_or_none(row.sent_at),
    )
