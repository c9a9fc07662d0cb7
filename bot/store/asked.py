"""When somebody was asked last, and who does not want to be asked."""

from collections.abc import Iterable, Mapping, Set
from datetime import datetime
from typing import Any

from sqlalchemy import Connection, Select, delete, exists, func, select, update
from sqlalchemy.dialects.postgresql import insert as pg_insert
from sqlalchemy.dialects.sqlite import insert

from bot.domain.asking import LastAsks
from bot.domain.surveys import Ask
from bot.store.database import Database
from bot.store.deliveries import DeliveryState
from bot.store.dialects import lock
from bot.store.merges import ends_of
from bot.store.schema import answers, asks, deliveries, opt_outs, participants
from bot.store.surveys import ASKS, read_ask, withdraw
from bot.store.times import from_ms, to_ms


def last_asks(
    connection: Connection,
    since: datetime,
    rated: Mapping[int, datetime],
    rated_by: Mapping[str, datetime],
) -> LastAsks:
    """Of all that was asked since then, and of when customers `rated` something in a helpdesk, or
    people were the ones who did. What Slack refused to show was not asked."""
    refused = exists().where(
        deliveries.c.key == ASKS + asks.c.id, deliveries.c.state == DeliveryState.FAILED
    )
    begins = to_ms(since)
    was_asked = (asks.c.asked_at >= begins, ~refused)
    newest = func.max(asks.c.asked_at)
    channels = _moments(
        connection,
        select(asks.c.channel, newest)
        .where(*was_asked, asks.c.person == "")
        .group_by(asks.c.channel),
    )
    of_customers = _moments(
        connection,
        select(asks.c.customer, newest)
        .where(*was_asked, asks.c.customer.is_not(None))
        .group_by(asks.c.customer),
    )
    heard = func.coalesce(asks.c.reminded_at, asks.c.asked_at)
    people = _moments(
        connection,
        select(asks.c.person, func.max(heard))
        .where(heard >= begins, ~refused, asks.c.person != "")
        .group_by(asks.c.person),
    )
    answered = _moments(
        connection,
        select(answers.c.person, newest)
        .join(asks)
        .where(asks.c.asked_at >= begins, asks.c.anonymous == 0)
        .group_by(answers.c.person),
    )
    took_part = _moments(
        connection,
        select(participants.c.person, newest)
        .join(asks)
        .where(asks.c.asked_at >= begins)
        .group_by(participants.c.person),
    )
    ends = ends_of(connection, of_customers)
    now = [{ends.get(who, who): at} for who, at in of_customers.items()]
    return LastAsks(
        channels=channels,
        customers=_newest(*now, rated),
        people=_newest(people, answered, took_part, rated_by),
    )


def opted_out(connection: Connection, people: Iterable[str]) -> Set[str]:
    """Those of them who do not want to be asked."""
    query = select(opt_outs.c.person).where(opt_outs.c.person.in_(list(people)))
    return set(connection.scalars(query))


def silent(connection: Connection, now: datetime) -> list[Ask]:
    """The open questions to one person that Slack has shown, of which nothing was heard: no answer,
    no wish not to be asked, no reminder, and nothing else that the person was asked since."""
    newer = asks.alias("newer")
    answered_since = (
        exists()
        .where(answers.c.person == asks.c.person, answers.c.ask == newer.c.id)
        .where(newer.c.asked_at > asks.c.asked_at)
    )
    query = (
        select(asks)
        .where(asks.c.person != "", asks.c.anonymous == 0, asks.c.reminded_at.is_(None))
        .where(asks.c.closed_at.is_(None), asks.c.expires_at > to_ms(now))
        .where(
            exists().where(
                deliveries.c.key == ASKS + asks.c.id, deliveries.c.state == DeliveryState.SENT
            ),
            ~exists().where(answers.c.ask == asks.c.id),
            ~exists().where(opt_outs.c.person == asks.c.person),
            ~exists().where(newer.c.person == asks.c.person, newer.c.asked_at > asks.c.asked_at),
            ~answered_since,
        )
        .order_by(asks.c.asked_at, asks.c.id)
    )
    return [read_ask(row) for row in connection.execute(query)]


def was_reminded(connection: Connection, ask: str, now: datetime) -> None:
    connection.execute(update(asks).where(asks.c.id == ask).values(reminded_at=to_ms(now)))


class OptOuts:
    def __init__(self, database: Database) -> None:
        self._database = database

    async def put(self, person: str, now: datetime) -> None:
        """They are not asked any more, also not on a later day of a round that has begun."""

        def put(connection: Connection) -> None:
            lock(connection, asks)  # who asks them at this moment knows it, or is withdrawn too
            withdraw(connection, asks.c.person == person)
            values = {"person": person, "said_at": to_ms(now)}
            make = pg_insert if connection.dialect.name == "postgresql" else insert
            connection.execute(make(opt_outs).values(values).on_conflict_do_nothing())

        await self._database.write(put)

    async def take_back(self, person: str) -> None:
        """They may be asked again."""
        query = delete(opt_outs).where(opt_outs.c.person == person)
        await self._database.write(lambda c: c.execute(query).close())

    async def among(self, people: Iterable[str]) -> Set[str]:
        """See `opted_out`."""
        return await self._database.read(lambda c: opted_out(c, people))


def _moments(connection: Connection, query: Select[Any]) -> dict[Any, datetime]:
    return {who: from_ms(at) for who, at in connection.execute(query)}


def _newest(*several: Mapping[Any, datetime]) -> dict[Any, datetime]:
    found: dict[Any, datetime] = {}
    for one in several:
        for who, at in one.items():
            found[who] = max(at, found.get(who, at))
    return found
