"""Asks and answers. An answer is one statement, because people wait for it."""

import json
from collections.abc import Callable, Collection
from datetime import datetime
from typing import Any

from sqlalchemy import (
    ColumnElement,
    Connection,
    Row,
    Select,
    delete,
    func,
    insert,
    or_,
    select,
    text,
    update,
)

from bot.domain.audit import Deed
from bot.domain.surveys import Answer, Ask, Direction, Layout, Scale, Style, is_nameless
from bot.store.database import Database
from bot.store.deeds import put as put_deed
from bot.store.deliveries import DeliveryState
from bot.store.schema import answers, asks, deliveries
from bot.store.texts import storable
from bot.store.times import from_ms, from_ms_or_none, to_ms

ASKS = "ask:"
"""Begins the keys of the deliveries that ask."""

_PUT_ANSWER = text("""
    INSERT INTO answers (ask, person, team, score, comment, first_at, answered_at, scale,
        direction, customer, language)
    SELECT id, :person, :team, :score, :comment, :at, :at, scale, direction, customer, :language
    FROM asks
    WHERE id = :ask AND closed_at IS NULL AND (expires_at IS NULL OR expires_at > :at)
    ON CONFLICT (ask, person) DO UPDATE SET
        team = excluded.team,
        score = excluded.score,
        language = excluded.language,
        comment = CASE WHEN excluded.comment = '' THEN answers.comment ELSE excluded.comment END,
        answered_at = excluded.answered_at,
        times = answers.times + 1
    RETURNING times
""")


_TAKES_PART = text("""
    INSERT INTO participants (ask, person)
    SELECT id, :person FROM asks
    WHERE id = :ask AND closed_at IS NULL AND (expires_at IS NULL OR expires_at > :now)
    ON CONFLICT (ask, person) DO NOTHING
    RETURNING ask
""")

_PUT_NAMELESS = text("""
    INSERT INTO answers (ask, person, team, score, comment, first_at, answered_at, scale,
        direction, customer, language)
    SELECT id, :person, '', :score, :comment, :at, :at, scale, direction, customer, :language
    FROM asks WHERE id = :ask
""")


Also = Callable[[Connection], None]
"""What else is written in the transaction that stores an answer; what it raises takes all back."""


def put_ask(connection: Connection, ask: Ask) -> None:
    """For a transaction that also puts the delivery which asks it."""
    connection.execute(
        insert(asks).values(
            id=ask.id,
            scale=ask.scale,
            question=storable(ask.question),
            channel=ask.channel,
            asked_by=ask.asked_by,
            asked_at=to_ms(ask.asked_at),
            closed_at=None if ask.closed_at is None else to_ms(ask.closed_at),
            expires_at=None if ask.expires_at is None else to_ms(ask.expires_at),
            survey=storable(ask.survey),
            customer=ask.customer,
            person=ask.person,
            language=ask.language,
            direction=ask.direction,
            of_customers=int(ask.of_customers),
            anonymous=int(ask.anonymous),
            style=ask.style,
            layout=ask.layout,
            follow_ups=json.dumps([[b, storable(words)] for b, words in ask.follow_ups]),
            agent=storable(ask.agent),
        )
    )


def withdraw(connection: Connection, *of: ColumnElement[bool]) -> int:
    """What Slack was not given yet is not asked: nobody has seen it, so nothing of it stays. `of`
    says of which asks; how many they were."""
    waiting = connection.execute(
        select(asks.c.id, deliveries.c.key)
        .join(deliveries, deliveries.c.key == ASKS + asks.c.id)
        .where(*of, deliveries.c.state == DeliveryState.WAITING)
    ).all()
    keys, ids = [row.key for row in waiting], [row.id for row in waiting]
    connection.execute(delete(deliveries).where(deliveries.c.key.in_(keys)))
    connection.execute(delete(asks).where(asks.c.id.in_(ids)))
    return len(ids)


class Surveys:
    def __init__(self, database: Database) -> None:
        self._database = database

    async def put_ask(self, ask: Ask) -> None:
        await self._database.write(lambda c: put_ask(c, ask))

    async def ask(self, id: str) -> Ask | None:
        return await self._ask(select(asks).where(asks.c.id == id))

    async def newest_ask(self, scale: Scale, channel: str, now: datetime) -> Ask | None:
        """What is to be asked on a later day of a round is not among them."""
        return await self._ask(
            select(asks)
            .where(asks.c.scale == scale, asks.c.channel == channel)
            .where(asks.c.asked_at <= to_ms(now))
            .order_by(asks.c.asked_at.desc(), asks.c.id.desc())
            .limit(1)
        )

    async def posted(self, ask: str, channel: str, ts: str) -> None:
        """Where Slack has put it; `channel` is then Slack's own id for it."""
        await self._change_ask(ask, channel=channel, ts=ts)

    async def close(self, ask: str, now: datetime, by: Deed | None = None) -> None:
        """From now on, answers come too late; the listener says so. `by` is written down with it,
        where a person wanted it."""
        query = update(asks).where(asks.c.id == ask).values(closed_at=to_ms(now))

        def write(connection: Connection) -> None:
            connection.execute(query).close()
            if by is not None:
                put_deed(connection, by)

        await self._database.write(write)

    async def message(self, ask: str) -> tuple[str, str] | None:
        """The channel and ts of its message; None until Slack has it."""
        query = select(asks.c.channel, asks.c.ts).where(asks.c.id == ask, asks.c.ts != "")
        row = await self._database.read(lambda c: c.execute(query).first())
        return None if row is None else (row.channel, row.ts)

    async def asked_in(self, channel: str, ts: str) -> Ask | None:
        """The question that this message of the channel asks."""
        key = select(deliveries.c.key).where(
            deliveries.c.channel == channel,
            deliveries.c.ts == ts,
            deliveries.c.key.startswith(ASKS),
        )
        found = await self._database.read(lambda c: c.scalar(key))
        return None if found is None else await self.ask(found.removeprefix(ASKS))

    async def withdraw_all_but(self, surveys: Collection[str]) -> int:
        """What other surveys were still to ask, such as on a later day of a round, is not asked;
        how many questions that were. What somebody typed stays."""
        gone = (asks.c.survey != "", asks.c.survey.not_in(surveys))
        return await self._database.write(lambda c: withdraw(c, *gone))

    async def put_answer(self, answer: Answer, also: Also | None = None) -> bool | None:
        """Whether it is this person's first to this ask; a second one replaces the score. None if
        the ask is closed, or not known here, and nothing was stored.

        An answer without a comment keeps the comment that was there: people correct a click, and
        what they wrote stays theirs until they write something else. Returns after the disk has
        it.
        """
        values = {
            "ask": answer.ask,
            "person": answer.person,
            "team": answer.team,
            "score": answer.score,
            "comment": storable(answer.comment),
            "at": to_ms(answer.answered_at),
            "language": answer.language,
        }

        def put(connection: Connection) -> bool | None:
            times = connection.scalar(_PUT_ANSWER, values)
            if times is not None and also is not None:
                also(connection)
            return None if times is None else bool(times == 1)

        return await self._database.write(put)

    async def put_nameless(
        self, answer: Answer, person: str, now: datetime, also: Also | None = None
    ) -> bool | None:
        """Keep that the person took part, and apart from that the answer, in which a word stands
        for them (`surveys.nameless`). False if they took part before: nobody knows which answer is
        theirs, so that nothing replaces it. None if the ask is closed or not known here.
        """

        def put(connection: Connection) -> bool | None:
            about = {"ask": answer.ask, "person": person}
            if connection.scalar(_TAKES_PART, {**about, "now": to_ms(now)}) is None:
                known = select(asks.c.id).where(asks.c.id == answer.ask, *_takes_answers(now))
                return None if connection.scalar(known) is None else False
            values = {
                "ask": answer.ask,
                "person": answer.person,
                "score": answer.score,
                "comment": storable(answer.comment),
                "at": to_ms(answer.answered_at),
                "language": answer.language,
            }
            connection.execute(_PUT_NAMELESS, values).close()
            if also is not None:
                also(connection)
            return True

        return await self._database.write(put)

    async def put_comment(
        self, ask: str, person: str, comment: str, now: datetime, *, since: datetime
    ) -> bool:
        """Whether there is an answer of this person, given `since` then, that it belongs to. ""
        takes it away. When somebody without a name wrote it is not kept."""
        at = answers.c.answered_at if is_nameless(person) else to_ms(now)
        query = (
            update(answers)
            .where(answers.c.ask == ask, answers.c.person == person)
            .where(answers.c.answered_at >= to_ms(since))
            .values(comment=storable(comment), commented_at=at)
        )
        return await self._database.write(lambda c: c.execute(query).rowcount == 1)

    async def answer(self, ask: str, person: str) -> Answer | None:
        """What this person replied to it."""
        found = await self._answers(
            select(answers).where(answers.c.ask == ask, answers.c.person == person)
        )
        return found[0] if found else None

    async def comment(self, ask: str, person: str) -> str:
        """What this person wrote to it, or ""."""
        query = select(answers.c.comment).where(answers.c.ask == ask, answers.c.person == person)
        return await self._database.read(lambda c: c.scalar(query)) or ""

    async def answers(self, ask: str) -> list[Answer]:
        """The last score of each person, in the order in which they were given."""
        return await self._answers(select(answers).where(answers.c.ask == ask))

    async def answers_of(
        self, scale: Scale, since: datetime, until: datetime, channel: str | None = None
    ) -> list[Answer]:
        """To all asks of the scale, given (or given again) from `since` until before `until`."""
        query = (
            select(answers)
            .join(asks)
            .where(asks.c.scale == scale)
            .where(answers.c.answered_at >= to_ms(since), answers.c.answered_at < to_ms(until))
        )
        if channel is not None:
            query = query.where(asks.c.channel == channel)
        return await self._answers(query)

    async def answered(self, since: datetime, until: datetime) -> tuple[int, int]:
        """How many questions were asked from `since` until before `until`, and of how many of them
        somebody answered."""
        asked = select(asks.c.id).where(
            asks.c.asked_at >= to_ms(since), asks.c.asked_at < to_ms(until)
        )
        of_them = select(func.count(answers.c.ask.distinct())).where(answers.c.ask.in_(asked))
        every = select(func.count()).select_from(asked.subquery())
        return await self._database.read(lambda c: (c.scalar(every) or 0, c.scalar(of_them) or 0))

    async def _ask(self, query: Select[Any]) -> Ask | None:
        row = await self._database.read(lambda c: c.execute(query).first())
        return None if row is None else read_ask(row)

    async def _change_ask(self, ask: str, **values: Any) -> None:
        query = update(asks).where(asks.c.id == ask).values(**values)
        await self._database.write(lambda c: c.execute(query).close())

    async def _answers(self, query: Select[Any]) -> list[Answer]:
        ordered = query.order_by(answers.c.answered_at, answers.c.ask, answers.c.person)
        return await self._database.read(lambda c: [_read_answer(r) for r in c.execute(ordered)])


def _takes_answers(now: datetime) -> tuple[ColumnElement[bool], ...]:
    """As `Ask.takes_answers`."""
    return asks.c.closed_at.is_(None), or_(
        asks.c.expires_at.is_(None), asks.c.expires_at > to_ms(now)
    )


def read_ask(row: Row[Any]) -> Ask:
    return Ask(
        id=row.id,
        scale=Scale(row.scale),
        question=row.question,
        channel=row.channel,
        asked_by=row.asked_by,
        asked_at=from_ms(row.asked_at),
        closed_at=from_ms_or_none(row.closed_at),
        expires_at=from_ms_or_none(row.expires_at),
        survey=row.survey,
        customer=row.customer,
        person=row.person,
        language=row.language,
        direction=Direction(row.direction),
        of_customers=bool(row.of_customers),
        anonymous=bool(row.anonymous),
        style=Style(row.style),
        layout=Layout(row.layout),
        follow_ups=tuple((band, words) for band, words in json.loads(row.follow_ups)),
        agent=row.agent,
    )


def _read_answer(row: Row[Any]) -> Answer:
    return Answer(
        ask=row.ask,
        person=row.person,
        team=row.team,
        score=row.score,
        answered_at=from_ms(row.answered_at),
        comment=row.comment,
        scale=Scale(row.scale),
        direction=Direction(row.direction),
        customer=row.customer,
        language=row.language,
    )
